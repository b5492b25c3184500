//! TLS against real servers. Every expected value follows from how the certificate was made.

mod hostile;
pub(crate) mod lab;

use std::{collections::BTreeMap, net::SocketAddr, path::Path as File};

use cht_audit::{
    evidence::{
        Outcome, TlsAsk, TlsFacts,
        tls::{Certificate, Handshake, LegacyTls, Path},
    },
    finding::{Cause, CauseKind},
    probe::{
        Override,
        tls::{self, chain, crl},
    },
};
use rustls::RootCertStore;

use self::lab::{Lab, Made, SINCE, UNTIL, ca, leaf};
use crate::support::{free_port, reach};

async fn look(base: &File, host: &str, at: &[SocketAddr], roots: RootCertStore) -> Result<TlsFacts, Cause> {
    let mut reach = reach(base, roots);
    reach.overrides.push(Override { host: host.to_owned(), port: 443, to: at.to_vec() });
    tls::look(&TlsAsk { host: host.to_owned(), port: 443 }, &reach).await
}

/// Where a chain leads, and until when.
type Leads = (Path, Option<jiff::Timestamp>);

fn seen(facts: &TlsFacts) -> Handshake {
    facts.addresses["127.0.0.1"].facts().expect("the handshake goes through").clone()
}

fn day(text: &str) -> jiff::Timestamp {
    format!("{text}T00:00:00Z").parse().expect("a day")
}

fn accepted(version: Option<&str>) -> Outcome<LegacyTls> {
    Outcome::Seen(LegacyTls { accepted: version.map(str::to_owned) })
}

#[tokio::test]
async fn a_good_chain_shows_what_it_was_made_of() {
    let Some(lab) = Lab::new() else { return };
    let extensions = "subjectAltName=DNS:good.example.org,DNS:*.example.org,IP:192.0.2.7,IP:2001:db8::7\n".to_owned();
    lab.make("good", &Made { extensions, ..leaf("good") });
    let suites = "ssl_protocols TLSv1.2 TLSv1.3; ssl_conf_command Ciphersuites TLS_CHACHA20_POLY1305_SHA256;";
    let (_nginx, at) = lab.nginx(&[lab.block("good", &["good", "intermediate"], suites)]);
    let facts = lab.look("good", at, &["root"]).await;
    let seen = seen(&facts);
    let hex = |name: &str, what: &str| {
        let line = lab.openssl(&["x509", "-noout", what, "-sha256", "-in", &format!("{name}.pem")]);
        line.split_once('=').expect("name=value").1.replace(':', "").to_lowercase()
    };
    let expected = Handshake {
        version: "TLS 1.3".to_owned(),
        suite: "TLS_CHACHA20_POLY1305_SHA256".to_owned(),
        chain: vec![
            Certificate {
                subject: "O=County, CN=good.example.org".to_owned(),
                common_name: Some("good.example.org".to_owned()),
                organisation: Some("County".to_owned()),
                issuer: "O=Test, CN=intermediate".to_owned(),
                issuer_name: Some("Test".to_owned()),
                self_issued: false,
                names: ["good.example.org", "*.example.org", "192.0.2.7", "2001:db8::7"].map(str::to_owned).to_vec(),
                not_before: day(SINCE),
                not_after: day(UNTIL),
                key: "EC".to_owned(),
                key_bits: 256,
                signature: "ecdsa-with-SHA256".to_owned(),
                must_staple: false,
                serial: hex("good", "-serial"),
                sha256: hex("good", "-fingerprint"),
            },
            Certificate {
                subject: "O=Test, CN=intermediate".to_owned(),
                common_name: Some("intermediate".to_owned()),
                organisation: Some("Test".to_owned()),
                issuer: "O=Test, CN=root".to_owned(),
                issuer_name: Some("Test".to_owned()),
                self_issued: false,
                names: Vec::new(),
                not_before: day("2020-01-01"),
                not_after: day("2040-01-01"),
                key: "EC".to_owned(),
                key_bits: 256,
                signature: "ecdsa-with-SHA256".to_owned(),
                must_staple: false,
                serial: hex("intermediate", "-serial"),
                sha256: hex("intermediate", "-fingerprint"),
            },
        ],
        name_matches: true,
        ordered: true,
        path: Path::Trusted,
        path_until: Some(day(UNTIL)),
        stapled: false,
        staple: None,
        crl: Some(Outcome::Missed(Cause::new(CauseKind::NotNamed, "O=County, CN=good.example.org"))),
    };
    assert_eq!(seen, expected);
    assert_eq!(facts.legacy, Some(accepted(None)));
}

#[tokio::test]
async fn every_fault_is_told_apart() {
    let Some(lab) = Lab::new() else { return };
    let past = ("2020-01-01", "2021-01-01");
    for (key, again) in [("root", "cross"), ("intermediate", "twin")] {
        std::fs::copy(lab.file(&format!("{key}.key")), lab.file(&format!("{again}.key"))).expect("the key is there");
    }
    let future = ("2035-01-01", "2036-01-01");
    for (name, made) in [
        ("fine", leaf("fine")),
        ("expired", Made { dates: past, ..leaf("expired") }),
        ("future", Made { dates: future, ..leaf("future") }),
        ("othername", leaf("elsewhere")),
        ("twofaults", Made { dates: past, ..leaf("elsewhere") }),
        ("selfsigned", Made { issuer: "selfsigned".to_owned(), ..leaf("selfsigned") }),
        ("private-root", ca("private-root", "private-root")),
        ("private-int", ca("private-int", "private-root")),
        ("private", Made { issuer: "private-int".to_owned(), ..leaf("private") }),
        // Of the same name as the intermediate, with another key.
        ("impostor", Made { subject: "/O=Test/CN=intermediate".to_owned(), ..ca("impostor", "root") }),
        ("client", Made { extensions: "subjectAltName=DNS:client.example.org\nextendedKeyUsage=clientAuth\n".to_owned(), ..leaf("client") }),
        ("authority", Made { extensions: "subjectAltName=DNS:authority.example.org\nbasicConstraints=CA:TRUE\n".to_owned(), ..leaf("authority") }),
        ("old-int", Made { dates: past, ..ca("old-int", "root") }),
        ("late", Made { issuer: "old-int".to_owned(), ..leaf("late") }),
        ("short-int", Made { dates: (SINCE, "2030-01-01"), ..ca("short-int", "root") }),
        ("outlives", Made { issuer: "short-int".to_owned(), ..leaf("outlives") }),
        // The root once more, signed by another that has ended: sent along for old clients.
        ("cross", Made { dates: past, ..ca("root", "private-root") }),
        // The intermediate once more, with an earlier end.
        ("twin", Made { dates: (SINCE, "2030-01-01"), ..ca("intermediate", "root") }),
        ("private-brief", Made { dates: (SINCE, "2030-01-01"), ..ca("private-brief", "private-root") }),
        ("brief", Made { issuer: "private-brief".to_owned(), ..leaf("brief") }),
        ("sha1", Made { digest: "sha1", ..leaf("sha1") }),
        ("v1", Made { extensions: String::new(), ..leaf("v1") }),
        ("rsa1024", Made { key: &["RSA", "-pkeyopt", "rsa_keygen_bits:1024"], ..leaf("rsa1024") }),
    ] {
        lab.make(name, &made);
    }
    let trusted = |until| (Path::Trusted, Some(day(until)));
    let not = |path| (path, None);
    // Name, what is sent, where it leads and until when, in order, of the right name.
    let cases: &[(&str, &[&str], Leads, bool, bool)] = &[
        ("fine", &["fine", "intermediate"], trusted(UNTIL), true, true),
        ("withroot", &["fine", "intermediate", "root"], trusted(UNTIL), true, false),
        ("expired", &["expired", "intermediate"], trusted("2021-01-01"), true, true),
        ("future", &["future", "intermediate"], trusted("2036-01-01"), true, true),
        ("othername", &["othername", "intermediate"], trusted(UNTIL), true, false),
        ("twofaults", &["twofaults", "intermediate"], trusted("2021-01-01"), true, false),
        ("selfsigned", &["selfsigned"], not(Path::SelfSigned), true, true),
        ("alone", &["fine"], not(Path::Incomplete), true, false),
        ("unrelated", &["fine", "private-int"], not(Path::Incomplete), false, false),
        ("broken", &["fine", "root"], not(Path::Incomplete), false, false),
        ("misordered", &["fine", "root", "intermediate"], trusted(UNTIL), false, false),
        ("doubled", &["fine", "fine", "intermediate"], trusted(UNTIL), false, false),
        ("private", &["private", "private-int"], not(Path::UnknownRoot), true, true),
        ("privateroot", &["private", "private-int", "private-root"], not(Path::UnknownRoot), true, false),
        ("privatemix", &["private", "private-root", "private-int"], not(Path::UnknownRoot), false, false),
        ("privatealone", &["private"], not(Path::Incomplete), true, false),
        ("impostor", &["fine", "impostor"], not(Path::BadSignature), false, false),
        ("client", &["client", "intermediate"], not(Path::NotUsable), true, true),
        ("authority", &["authority", "intermediate"], not(Path::NotUsable), true, true),
        ("late", &["late", "old-int"], not(Path::NotUsable), true, true),
        ("outlives", &["outlives", "short-int"], trusted("2030-01-01"), true, true),
        ("crossed", &["fine", "intermediate", "cross"], trusted(UNTIL), true, false),
        ("twopaths", &["fine", "twin", "intermediate"], trusted(UNTIL), false, false),
        ("brief", &["brief", "private-brief"], not(Path::UnknownRoot), true, true),
        ("gap", &["private", "private-int", "short-int"], not(Path::Incomplete), false, false),
        ("sha1", &["sha1", "intermediate"], not(Path::BadSignature), true, true),
        ("v1", &["v1", "intermediate"], not(Path::NotUsable), true, false),
        ("rsa1024", &["rsa1024", "intermediate"], not(Path::BadSignature), true, true),
    ];
    let blocks: Vec<_> = cases.iter().map(|(name, chain, ..)| lab.block(name, chain, "")).collect();
    let (_nginx, at) = lab.nginx(&blocks);
    let mut all = BTreeMap::new();
    for (name, chain, path, ordered, name_matches) in cases {
        let seen = lab.handshake(name, at).await;
        assert_eq!(seen.chain.len(), chain.len(), "{name}");
        assert_eq!(((seen.path, seen.path_until), seen.ordered, seen.name_matches), (*path, *ordered, *name_matches), "{name}");
        all.insert(*name, seen.chain);
    }
    assert_eq!((all["expired"][0].not_before, all["expired"][0].not_after), (day("2020-01-01"), day("2021-01-01")));
    assert_eq!(all["future"][0].not_before, day("2035-01-01"));
    assert_eq!(all["othername"][0].names, ["elsewhere.example.org"]);
    assert!(all["selfsigned"][0].self_issued && !all["private"][1].self_issued && all["privateroot"][2].self_issued);
    assert_eq!(all["sha1"][0].signature, "ecdsa-with-SHA1");
    assert_eq!((all["rsa1024"][0].key.as_str(), all["rsa1024"][0].key_bits), ("RSA", 1024));
    // The same chains, with the private root given by hand.
    let private = [
        ("private", Path::Trusted),
        ("privatemix", Path::Trusted),
        ("privatealone", Path::Incomplete),
        ("fine", Path::UnknownRoot),
        ("impostor", Path::BadSignature),
    ];
    for (name, path) in private {
        assert_eq!(seen(&lab.look(name, at, &["private-root"]).await).path, path, "{name}");
    }
}

#[tokio::test]
async fn a_self_signed_certificate_of_the_cht_is_known_for_what_it_is() {
    let Some(lab) = Lab::new() else { return };
    // As `nginx/ssl-install.sh` of the CHT makes it, with a smaller key: no alternative name, a CA by openssl's default.
    let subject = "/emailAddress=domains@medic.org/C=US/ST=California/L=San_Francisco/O=medic/OU=Information_Security/CN=test-nginx.dev.medicmobile.org";
    lab.openssl(&["req", "-x509", "-nodes", "-newkey", "rsa:2048", "-days", "365", "-subj", subject, "-keyout", "cht.key", "-out", "cht.pem"]);
    // What nginx of the CHT takes: secp384r1 and nothing else.
    let more = "ssl_protocols TLSv1.2 TLSv1.3; ssl_ecdh_curve secp384r1; ssl_session_tickets off;";
    let (_nginx, at) = lab.nginx(&[lab.block("cht", &["cht"], more)]);
    let seen = lab.handshake("cht", at).await;
    let leaf = &seen.chain[0];
    assert_eq!((seen.path, seen.ordered, seen.name_matches, seen.version.as_str()), (Path::SelfSigned, true, false, "TLS 1.3"));
    assert_eq!((leaf.common_name.as_deref(), leaf.organisation.as_deref()), (Some("test-nginx.dev.medicmobile.org"), Some("medic")));
    assert_eq!((leaf.subject.clone(), leaf.self_issued, leaf.names.len()), (leaf.issuer.clone(), true, 0));
    assert_eq!((leaf.key.as_str(), leaf.key_bits, leaf.signature.as_str()), ("RSA", 2048, "sha256WithRSAEncryption"));
    assert_eq!(leaf.not_after.duration_since(leaf.not_before).as_hours(), 365 * 24);
    // Nor does its own name match: no client looks at the common name any more.
    let facts = look(lab.dir.path(), "test-nginx.dev.medicmobile.org", &[at], lab.roots(&[])).await.expect("it has an address");
    assert!(!self::seen(&facts).name_matches);
}

#[tokio::test]
async fn keys_and_staples() {
    let Some(lab) = Lab::new() else { return };
    let feature = "1.3.6.1.5.5.7.1.24=DER:30:03:02:01:05\n";
    for (name, made) in [
        ("ed25519", Made { key: &["ED25519"], ..leaf("ed25519") }),
        ("p384", Made { key: &["EC", "-pkeyopt", "ec_paramgen_curve:P-384"], ..leaf("p384") }),
        ("rsa3072", Made { key: &["RSA", "-pkeyopt", "rsa_keygen_bits:3072"], ..leaf("rsa3072") }),
        ("rsa2047", Made { key: &["RSA", "-pkeyopt", "rsa_keygen_bits:2047"], ..leaf("rsa2047") }),
        // status_request_v2 (17) alone demands nothing.
        ("feature", Made { extensions: "subjectAltName=DNS:feature.example.org\n1.3.6.1.5.5.7.1.24=DER:30:03:02:01:11\n".to_owned(), ..leaf("feature") }),
        ("must", Made { extensions: format!("subjectAltName=DNS:must.example.org\n{feature}"), ..leaf("must") }),
        ("eternal", Made { dates: (SINCE, "9999-12-31"), ..leaf("eternal") }),
    ] {
        lab.make(name, &made);
    }
    lab.openssl(&["ocsp", "-issuer", "intermediate.pem", "-cert", "must.pem", "-reqout", "ask.der"]);
    let signer = ["-CA", "intermediate.pem", "-rsigner", "intermediate.pem", "-rkey", "intermediate.key"];
    lab.openssl(&[&["ocsp", "-index", "index.txt", "-reqin", "ask.der", "-respout", "staple.der"], &signer[..]].concat());
    let staple = format!("ssl_stapling on; ssl_stapling_file {};", lab.file("staple.der").display());
    let (_nginx, at) = lab.nginx(&[
        lab.block("ed25519", &["ed25519", "intermediate"], ""),
        lab.block("p384", &["p384", "intermediate"], ""),
        lab.block("rsa3072", &["rsa3072", "intermediate"], ""),
        lab.block("feature", &["feature", "intermediate"], ""),
        lab.block("eternal", &["eternal", "intermediate"], ""),
        lab.block("must", &["must", "intermediate"], ""),
        lab.block("stapled", &["must", "intermediate"], &staple),
    ]);
    for (name, key, bits) in [("ed25519", "Ed25519", 256), ("p384", "EC", 384), ("rsa3072", "RSA", 3072)] {
        let seen = lab.handshake(name, at).await;
        assert_eq!((seen.chain[0].key.as_str(), seen.chain[0].key_bits, seen.path), (key, bits, Path::Trusted), "{name}");
    }
    assert_eq!(chain::certificate(&lab.der("rsa2047")).map(|made| made.key_bits), Some(2047));
    for (name, must_staple, stapled) in [("feature", false, false), ("must", true, false), ("stapled", true, true)] {
        let seen = lab.handshake(name, at).await;
        assert_eq!((seen.chain[0].must_staple, seen.stapled), (must_staple, stapled), "{name}");
    }
    let eternal = lab.handshake("eternal", at).await;
    assert_eq!((eternal.chain[0].not_after, eternal.path), (jiff::Timestamp::MAX, Path::Trusted));
}

#[tokio::test]
async fn versions_are_told() {
    let Some(lab) = Lab::new() else { return };
    lab.make("v", &leaf("v"));
    let tls = |cause: &str| Outcome::<Handshake>::Missed(Cause::new(CauseKind::Tls, cause));
    // What the server speaks; what is agreed, or the cause; the old version that is still accepted.
    for (protocols, agreed, old) in [
        ("TLSv1.3", Ok("TLS 1.3"), None),
        ("TLSv1.2", Ok("TLS 1.2"), None),
        ("TLSv1.1 TLSv1.2", Ok("TLS 1.2"), Some("TLS 1.1")),
        ("TLSv1 TLSv1.1 TLSv1.2 TLSv1.3", Ok("TLS 1.3"), Some("TLS 1.1")),
        ("TLSv1.1", Err("alert: protocol version"), Some("TLS 1.1")),
        ("TLSv1", Err("alert: protocol version"), Some("TLS 1.0")),
    ] {
        // Whoever does not name the host is sent away.
        let default = format!("server {{ listen 127.0.0.1:PORT ssl default_server; ssl_reject_handshake on; ssl_protocols {protocols}; }}");
        let (_nginx, at) = lab.nginx(&[default, lab.block("v", &["v", "intermediate"], &format!("ssl_protocols {protocols};"))]);
        let facts = lab.look("v", at, &["root"]).await;
        match agreed {
            Ok(version) => assert_eq!(seen(&facts).version, version, "{protocols}"),
            Err(cause) => assert_eq!(facts.addresses["127.0.0.1"], tls(cause), "{protocols}"),
        }
        assert_eq!(facts.legacy, Some(accepted(old)), "{protocols}");
    }
    let one = "ssl_protocols TLSv1.2; ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256;";
    let (_nginx, at) = lab.nginx(&[lab.block("v", &["v", "intermediate"], one)]);
    assert_eq!(lab.handshake("v", at).await.suite, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256");
    // A server without any suite that is still in use.
    let old = "ssl_protocols TLSv1.2; ssl_ciphers ECDHE-ECDSA-AES128-SHA;";
    let (_nginx, at) = lab.nginx(&[lab.block("v", &["v", "intermediate"], old)]);
    assert_eq!(lab.look("v", at, &[]).await.addresses["127.0.0.1"], tls("alert: handshake failure"));
}

#[tokio::test]
async fn every_address_is_looked_at_and_an_address_can_be_the_host() {
    let Some(lab) = Lab::new() else { return };
    lab.make("one", &Made { extensions: "subjectAltName=DNS:one.example.org,IP:127.0.0.1\n".to_owned(), ..leaf("one") });
    lab.make("two", &leaf("two"));
    let (_one, first) = lab.nginx(&[lab.block("one", &["one", "intermediate"], "")]);
    let (_two, second) = lab.nginx(&[lab.block("one", &["two"], "ssl_protocols TLSv1.3;")]);
    let nobody = SocketAddr::from(([127, 0, 0, 2], free_port()));
    let facts = look(lab.dir.path(), "one.example.org", &[nobody, first, second], lab.roots(&["root"])).await.expect("it has addresses");
    let short: BTreeMap<_, _> =
        facts.addresses.iter().map(|(at, look)| (at.clone(), look.facts().map(|seen| (seen.path, seen.name_matches)).map_err(|cause| cause.kind))).collect();
    let expected = BTreeMap::from([
        (first.to_string(), Ok((Path::Trusted, true))),
        (second.to_string(), Ok((Path::Incomplete, false))),
        ("127.0.0.2".to_owned(), Err(CauseKind::Refused)),
    ]);
    assert_eq!(short, expected);
    assert!(matches!(facts.legacy, Some(Outcome::Seen(_))));

    let mut reach = reach(lab.dir.path(), lab.roots(&["root"]));
    let ask = TlsAsk { host: "127.0.0.1".to_owned(), port: first.port() };
    assert!(seen(&tls::look(&ask, &reach).await.expect("it is an address")).name_matches);
    reach.overrides.push(Override { host: "nowhere.example.org".to_owned(), port: 443, to: Vec::new() });
    let ask = TlsAsk { host: "nowhere.example.org".to_owned(), port: 443 };
    assert_eq!(tls::look(&ask, &reach).await.map_err(|cause| cause.kind), Err(CauseKind::NoAddress));
    // A name with very many addresses: those that nobody looked at are told. Runs on another thread, as a collector would.
    let crowd: Vec<_> = (1..=40).map(|host| SocketAddr::from(([127, 0, 1, host], nobody.port()))).collect();
    let base = lab.dir.path().to_owned();
    let task = tokio::spawn(async move { look(&base, "crowd.example.org", &crowd, RootCertStore::empty()).await });
    let crowd = task.await.expect("it ends").expect("it has addresses").addresses;
    let count = |kind| crowd.values().filter(|look| look.facts().is_err_and(|cause| cause.kind == kind)).count();
    assert_eq!((count(CauseKind::Refused), count(CauseKind::NotCollected), crowd.len()), (32, 8, 40));
    let ask = TlsAsk { host: "no host".to_owned(), port: 443 };
    assert_eq!(tls::look(&ask, &reach).await.map_err(|cause| cause.kind), Err(CauseKind::NotUnderstood));
}

#[test]
fn roots_are_the_hosts_and_those_given() {
    let Some(lab) = Lab::new() else { return };
    let system = tls::roots(None).expect("the system's or Mozilla's");
    assert!(!system.is_empty());
    let pem = std::fs::read(lab.file("root.pem")).expect("openssl wrote it");
    assert_eq!(tls::roots(Some(&pem)).expect("a root").len(), system.len() + 1);
    for none in ["", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        assert!(tls::roots(Some(none.as_bytes())).is_none(), "{none}");
    }
}

#[test]
fn the_first_list_that_can_be_asked_for_is_named() {
    let Some(lab) = Lab::new() else { return };
    // How the certificate names its lists, and the address that is asked or why none is.
    let cases = [
        ("crlDistributionPoints=URI:http://a.example/1.crl,URI:http://b.example/2.crl\n", Ok("http://a.example/1.crl")),
        ("crlDistributionPoints=URI:ftp://a.example/1.crl,URI:https://b.example/2.crl\n", Ok("https://b.example/2.crl")),
        ("crlDistributionPoints=URI:no address,URI:http://b.example/2.crl\n", Ok("http://b.example/2.crl")),
        (
            "crlDistributionPoints=part,whole\n[part]\nfullname=URI:http://a.example/1.crl\nreasons=keyCompromise\n[whole]\nfullname=URI:http://b.example/2.crl\n",
            Ok("http://b.example/2.crl"),
        ),
        (
            "crlDistributionPoints=by\n[by]\nfullname=URI:http://a.example/1.crl\nCRLissuer=dirName:who\n[who]\nCN=somebody\n",
            Err((CauseKind::NotNamed, "O=County, CN=lists.example.org")),
        ),
        ("crlDistributionPoints=URI:file:///etc/passwd\n", Err((CauseKind::NotNamed, "file:///etc/passwd"))),
        ("crlDistributionPoints=URI:http://me@a.example/1.crl\n", Err((CauseKind::Forbidden, "a.example"))),
        ("basicConstraints=CA:FALSE\n", Err((CauseKind::NotNamed, "O=County, CN=lists.example.org"))),
    ];
    for (extensions, expected) in cases {
        lab.make("lists", &Made { extensions: extensions.to_owned(), ..leaf("lists") });
        let named = crl::named(&lab.der("lists")).map(|url| url.to_string()).map_err(|cause| (cause.kind, cause.detail));
        assert_eq!(named, expected.map(str::to_owned).map_err(|(kind, detail): (CauseKind, &str)| (kind, detail.to_owned())), "{extensions}");
    }
    assert_eq!(crl::named(&rustls::pki_types::CertificateDer::from(vec![0x30])).map_err(|cause| cause.kind), Err(CauseKind::NotNamed));
    // Whether it is asked at an address: the site in the world, and the site on a private network.
    for (address, world, private) in [
        ("203.0.113.10", true, true),
        ("2001:db8::1", true, true),
        ("10.1.2.3", false, true),
        ("100.64.0.1", false, true),
        ("fd12::1", false, true),
        ("::ffff:192.168.0.1", false, true),
        ("127.0.0.1", false, false),
        ("::ffff:127.0.0.1", false, false),
        ("::1", false, false),
        ("169.254.169.254", false, false),
    ] {
        let ip = address.parse().expect("an address");
        assert_eq!((crl::may_ask(ip, false), crl::may_ask(ip, true)), (world, private), "{address}");
    }
}
