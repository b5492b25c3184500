//! Certificates made by openssl, shown by nginx: what the program says of each fault, and that none hides another.

use std::net::SocketAddr;

use jiff::{Timestamp, ToSpan, tz::TimeZone};

use super::{Audit, Done};
use crate::{
    support::free_port,
    tls::lab::{Lab, Made, ca, leaf},
};

const CHECKS: &str = "renewals.tls-trusted,renewals.tls-expiry";

/// What is good about a certificate that does not name the site says nothing of the site; what is bad is told.
const OTHERS: &str = "unknown not-understood";

/// What the CHT's nginx speaks.
const NEW: &str = "ssl_protocols TLSv1.2 TLSv1.3;";

/// From so many days ago until so many days ahead.
pub(super) fn days(from: i64, until: i64) -> (&'static str, &'static str) {
    let day = |days: i64| -> &'static str {
        let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
        today.checked_add(days.days()).unwrap().to_string().leak()
    };
    (day(from), day(until))
}

/// A certificate like those of today: 90 days, two thirds of them left.
pub(super) fn fresh(name: &str) -> Made {
    Made { dates: days(-30, 60), ..leaf(name) }
}

/// What the program says of `https://<name>.example.org` at these addresses.
fn audit(lab: &Lab, name: &str, at: &[SocketAddr], more: &str) -> Done {
    audit_of(CHECKS, lab, name, at, more)
}

fn audit_of(checks: &str, lab: &Lab, name: &str, at: &[SocketAddr], more: &str) -> Done {
    let host = format!("{name}.example.org");
    Audit::of(&format!("https://{host}"), more).at(&host, 443, at).trusting(&lab.file("root.pem")).with(&["--only", checks]).run()
}

#[test]
fn every_fault_of_a_certificate_has_its_own_word() {
    let Some(lab) = Lab::new() else { return };
    let feature = "1.3.6.1.5.5.7.1.24=DER:30:03:02:01:05\n";
    for (name, made) in [
        ("fine", fresh("fine")),
        ("due", Made { dates: days(-80, 20), ..leaf("due") }),
        ("ending", Made { dates: days(-90, 10), ..leaf("ending") }),
        ("expired", Made { dates: days(-100, -10), ..leaf("expired") }),
        ("future", Made { dates: days(10, 100), ..leaf("future") }),
        ("manualdue", Made { dates: days(-150, 40), ..leaf("manualdue") }),
        ("manualending", Made { dates: days(-170, 10), ..leaf("manualending") }),
        ("othername", fresh("elsewhere")),
        ("twofaults", Made { dates: days(-100, -10), ..leaf("elsewhere") }),
        ("selfsigned", Made { issuer: "selfsigned".to_owned(), ..fresh("selfsigned") }),
        ("private-root", ca("private-root", "private-root")),
        ("private-int", ca("private-int", "private-root")),
        ("private", Made { issuer: "private-int".to_owned(), ..fresh("private") }),
        ("sha1", Made { digest: "sha1", ..fresh("sha1") }),
        ("rsa1024", Made { key: &["RSA", "-pkeyopt", "rsa_keygen_bits:1024"], ..fresh("rsa1024") }),
        ("p384", Made { key: &["EC", "-pkeyopt", "ec_paramgen_curve:P-384"], ..fresh("p384") }),
        ("staple", Made { extensions: format!("subjectAltName=DNS:staple.example.org\n{feature}"), ..fresh("staple") }),
        // As `nginx/ssl-install.sh` of the CHT makes it, but signed by another of its kind and short-lived.
        (
            "stock",
            Made {
                subject: "/O=medic/CN=test-nginx.dev.medicmobile.org".to_owned(),
                issuer: "stock".to_owned(),
                extensions: "\n".to_owned(),
                ..fresh("stock")
            },
        ),
    ] {
        lab.make(name, &made);
    }
    // Name, what is sent, what is said of trust, and of time.
    let cases: &[(&str, &[&str], &[&str], &str)] = &[
        ("fine", &["fine", "intermediate"], &["pass pass"], "pass pass"),
        // Of 100 days 20 are left: under a quarter, above a sixth.
        ("due", &["due", "intermediate"], &["pass pass"], "warn due"),
        ("ending", &["ending", "intermediate"], &["pass pass"], "fail ending"),
        // Time is the other check's matter: the chain of an ended certificate is told as it is.
        ("expired", &["expired", "intermediate"], &["pass pass"], "fail ended"),
        ("future", &["future", "intermediate"], &["pass pass"], "fail not-yet"),
        ("manualdue", &["manualdue", "intermediate"], &["pass pass"], "warn due"),
        ("manualending", &["manualending", "intermediate"], &["pass pass"], "fail ending"),
        ("othername", &["othername", "intermediate"], &["fail wrong-name", "pass pass"], OTHERS),
        ("twofaults", &["twofaults", "intermediate"], &["fail wrong-name", "pass pass"], "fail ended"),
        ("selfsigned", &["selfsigned"], &["fail self-signed"], "pass pass"),
        ("private", &["private", "private-int"], &["fail unknown-root"], "pass pass"),
        ("alone", &["fine"], &["fail incomplete", "fail wrong-name"], OTHERS),
        ("misordered", &["fine", "root", "intermediate"], &["fail wrong-name", "pass pass", "warn disordered"], OTHERS),
        ("sha1", &["sha1", "intermediate"], &["fail bad-signature"], "pass pass"),
        ("rsa1024", &["rsa1024", "intermediate"], &["fail bad-signature"], "pass pass"),
        ("p384", &["p384", "intermediate"], &["pass pass"], "pass pass"),
        ("staple", &["staple", "intermediate"], &["pass pass", "warn must-staple"], "pass pass"),
        ("stock", &["stock"], &["fail default", "fail wrong-name"], OTHERS),
    ];
    let blocks: Vec<_> = cases.iter().map(|(name, chain, ..)| lab.block(name, chain, "")).collect();
    let (_nginx, at) = lab.nginx(&blocks);
    for (name, _, trusted, expiry) in cases {
        let done = audit(&lab, name, &[at], "");
        assert_eq!(
            (done.found("renewals.tls-trusted"), done.found("renewals.tls-expiry")),
            (trusted.iter().map(|it| (*it).to_owned()).collect(), vec![(*expiry).to_owned()]),
            "{name}"
        );
        let fails = trusted.iter().any(|it| it.starts_with("fail")) || expiry.starts_with("fail");
        assert_eq!(done.code, Some(i32::from(fails)), "{name}: {}", done.stderr);
    }
}

#[test]
fn a_private_authority_is_declared_or_a_fault() {
    let Some(lab) = Lab::new() else { return };
    lab.make("private-root", &ca("private-root", "private-root"));
    lab.make("private", &Made { issuer: "private-root".to_owned(), ..fresh("private") });
    let blocks = [lab.block("private", &["private"], ""), lab.block("withroot", &["private", "private-root"], "")];
    let (_nginx, at) = lab.nginx(&blocks);
    let declared = "renewals: { tls: { private_ca: \"no Internet at the clinic\" } }";
    // Its root is not sent, as is usual: a chain that breaks off, unless it is declared.
    assert_eq!(audit(&lab, "private", &[at], "").found("renewals.tls-trusted"), ["fail incomplete"]);
    assert_eq!(audit(&lab, "private", &[at], declared).found("renewals.tls-trusted"), ["warn private-ca"]);
    assert_eq!(audit(&lab, "withroot", &[at], "").found("renewals.tls-trusted"), ["fail unknown-root", "fail wrong-name"]);
    // A reason for a private authority is none for a wrong name.
    assert_eq!(audit(&lab, "withroot", &[at], declared).found("renewals.tls-trusted"), ["fail wrong-name", "warn private-ca"]);
    // Nor is it one for a certificate that signs itself.
    lab.make("itself", &Made { issuer: "itself".to_owned(), ..fresh("itself") });
    let (_nginx, at) = lab.nginx(&[lab.block("itself", &["itself"], "")]);
    assert_eq!(audit(&lab, "itself", &[at], declared).found("renewals.tls-trusted"), ["fail self-signed"]);
}

#[test]
fn each_address_of_the_name_must_hold() {
    let Some(lab) = Lab::new() else { return };
    lab.make("two", &fresh("two"));
    lab.make("ended", &Made { dates: days(-100, -10), ..leaf("two") });
    let (_good, good) = lab.nginx(&[lab.block("two", &["two", "intermediate"], "")]);
    let (_bad, bad) = lab.nginx(&[lab.block("two", &["ended", "intermediate"], "")]);
    let done = audit(&lab, "two", &[good, bad], "");
    assert_eq!(done.found("renewals.tls-expiry"), ["fail ended", "pass pass"]);
    assert_eq!(done.code, Some(1));
    let nobody = SocketAddr::from(([127, 0, 0, 2], free_port()));
    let done = audit(&lab, "two", &[good, nobody], "");
    assert_eq!(done.found("renewals.tls-expiry"), ["pass pass", "unknown refused"]);
    assert_eq!(done.found("renewals.tls-trusted"), ["pass pass", "unknown refused"]);
    assert_eq!(done.code, Some(4), "{}", done.stderr);
}

#[test]
fn what_the_server_agrees_to_is_told() {
    let Some(lab) = Lab::new() else { return };
    lab.make("v", &fresh("v"));
    lab.make("sha1", &Made { digest: "sha1", ..fresh("v") });
    lab.make("rsa1024", &Made { key: &["RSA", "-pkeyopt", "rsa_keygen_bits:1024"], ..fresh("v") });
    // Reference 10.8: 1.2 and 1.3 pass, no 1.3 warns, 1.0 or 1.1 fail, and so do keys and signatures that are forged.
    for (leaf, settings, config, trusted) in [
        ("v", NEW, "pass pass", "pass pass"),
        // The CHT's own nginx takes this curve and no other (reference 7.1).
        ("v", "ssl_protocols TLSv1.2 TLSv1.3; ssl_ecdh_curve secp384r1; ssl_session_tickets off;", "pass pass", "pass pass"),
        ("v", "ssl_protocols TLSv1.2; ssl_ecdh_curve secp384r1;", "warn no-13", "pass pass"),
        ("v", "ssl_protocols TLSv1.1 TLSv1.2 TLSv1.3;", "fail legacy", "pass pass"),
        ("v", "ssl_protocols TLSv1;", "fail legacy", "unknown tls"),
        ("sha1", NEW, "fail weak-signature", "fail bad-signature"),
        ("rsa1024", NEW, "fail weak-key", "fail bad-signature"),
    ] {
        // Whoever does not name the host is sent away.
        let default = format!("server {{ listen 127.0.0.1:PORT ssl default_server; ssl_reject_handshake on; {settings} }}");
        let (_nginx, at) = lab.nginx(&[default, lab.block("v", &[leaf, "intermediate"], settings)]);
        let done = audit_of("security.tls-config,renewals.tls-trusted", &lab, "v", &[at], "");
        assert_eq!(
            (done.found("security.tls-config"), done.found("renewals.tls-trusted")),
            (vec![config.to_owned()], vec![trusted.to_owned()]),
            "{leaf} {settings}"
        );
    }
}

#[test]
fn a_public_certificate_for_too_long_is_told() {
    let Some(lab) = Lab::new() else { return };
    // 200 days since 2026-03-15 (reference 7.3), and no browser ever took more than 398.
    for (name, dates, expected) in
        [("within", days(-1, 198), None), ("beyond", days(-1, 220), Some("warn too-long")), ("absurd", days(-1, 700), Some("fail too-long"))]
    {
        lab.make(name, &Made { dates, ..leaf(name) });
        let (_nginx, at) = lab.nginx(&[lab.block(name, &[name, "intermediate"], "")]);
        let expected: Vec<&str> = if expected.is_some_and(|it| it.starts_with("fail")) {
            vec!["fail too-long", "pass pass"]
        } else {
            std::iter::once("pass pass").chain(expected).collect()
        };
        assert_eq!(audit(&lab, name, &[at], "").found("renewals.tls-trusted"), expected, "{name}");
    }
}
