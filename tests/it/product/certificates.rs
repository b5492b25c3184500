//! Certificates made by openssl, shown by nginx: what the program says of each fault, and that none hides another.

use std::net::SocketAddr;

use jiff::{Timestamp, ToSpan, tz::TimeZone};

use super::{Audit, Done};
use crate::{
    support::free_port,
    tls::lab::{Lab, Made, ca, leaf},
};

const CHECKS: &str = "renewals.tls-trusted,renewals.tls-expiry";

/// From so many days ago until so many days ahead.
fn days(from: i64, until: i64) -> (&'static str, &'static str) {
    let day = |days: i64| -> &'static str {
        let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
        today.checked_add(days.days()).unwrap().to_string().leak()
    };
    (day(from), day(until))
}

/// A certificate like those of today: 90 days, two thirds of them left.
fn fresh(name: &str) -> Made {
    Made { dates: days(-30, 60), ..leaf(name) }
}

/// What the program says of `https://<name>.example.org` at these addresses.
fn audit(lab: &Lab, name: &str, at: &[SocketAddr], more: &str) -> Done {
    let host = format!("{name}.example.org");
    Audit::of(&format!("https://{host}"), more).at(&host, 443, at).trusting(&lab.file("root.pem")).with(&["--only", CHECKS]).run()
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
        ("othername", &["othername", "intermediate"], &["fail wrong-name", "pass pass"], "pass pass"),
        ("twofaults", &["twofaults", "intermediate"], &["fail wrong-name", "pass pass"], "fail ended"),
        ("selfsigned", &["selfsigned"], &["fail self-signed"], "pass pass"),
        ("private", &["private", "private-int"], &["fail unknown-root"], "pass pass"),
        ("alone", &["fine"], &["fail incomplete", "fail wrong-name"], "pass pass"),
        ("misordered", &["fine", "root", "intermediate"], &["fail wrong-name", "pass pass", "warn disordered"], "pass pass"),
        ("sha1", &["sha1", "intermediate"], &["fail bad-signature"], "pass pass"),
        ("rsa1024", &["rsa1024", "intermediate"], &["fail bad-signature"], "pass pass"),
        ("p384", &["p384", "intermediate"], &["pass pass"], "pass pass"),
        ("staple", &["staple", "intermediate"], &["pass pass", "warn must-staple"], "pass pass"),
        ("stock", &["stock"], &["fail default", "fail wrong-name"], "pass pass"),
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
    let _ = free_port();
}
