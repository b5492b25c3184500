//! Certificates that their authority took back, and authorities that cannot be asked: openssl is the authority, nginx shows
//! the certificates and hands out the lists.

use std::{
    io::{Read, Write},
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use der::{
    Decode, Encode,
    asn1::{BitString, GeneralizedTime, OctetString},
};
use rustls::{
    ServerConfig,
    pki_types::{PrivateKeyDer, pem::PemObject},
};
use serde_json::Value;
use x509_ocsp::{BasicOcspResponse, OcspGeneralizedTime, OcspResponse};

use super::{
    Audit, Done,
    certificates::{days, fresh},
};
use crate::{
    captured::serve_tls_with,
    support::{Running, free_port, install_crypto, raw_server},
    tls::lab::{Lab, Made, ca},
};

const CHECK: &str = "renewals.tls-trusted";
const CRL_HOST: &str = "crl.example.org";
const MUST_STAPLE: &str = "1.3.6.1.5.5.7.1.24=DER:30:03:02:01:05\n";

/// A certificate of today that names the list `http://crl.example.org/<list>.crl`.
fn naming(name: &str, list: &str) -> Made {
    with_points(name, &format!("URI:http://{CRL_HOST}/{list}.crl"))
}

fn with_points(name: &str, points: &str) -> Made {
    Made { extensions: format!("subjectAltName=DNS:{name}.example.org\ncrlDistributionPoints={points}\n"), ..fresh(name) }
}

/// An nginx that hands out what lies in the lab's folder as `http://crl.example.org/`.
fn authority(lab: &Lab) -> (Running, SocketAddr) {
    lab.nginx(&[format!("server {{ listen 127.0.0.1:PORT; server_name {CRL_HOST}; root {}; }}", lab.dir.path().display())])
}

/// The program looks at `https://<name>.example.org` at `at`; lists of `crl.example.org` are had from `crl`.
fn audit(lab: &Lab, name: &str, at: SocketAddr, crl: SocketAddr) -> Audit {
    let host = format!("{name}.example.org");
    let audit = Audit::of(&format!("https://{host}"), "").at(&host, 443, &[at]).at(CRL_HOST, 80, &[crl]);
    audit.trusting(&lab.file("root.pem")).env("NO_PHONE_OUT", "").with(&["--only", CHECK])
}

/// Why the run does not know whether a certificate was revoked.
fn unknown(done: &Done) -> Vec<String> {
    let report = done.report();
    let limits = report["limits"].as_array().unwrap().iter().filter(|limit| limit["what"] == "revocation");
    limits.map(|limit| format!("{} {}", limit["cause"]["kind"].as_str().unwrap(), limit["cause"]["detail"].as_str().unwrap_or_default())).collect()
}

/// The finding that tells of a revocation.
fn revoked(done: &Done) -> Value {
    let report = done.report();
    report["findings"].as_array().unwrap().iter().find(|it| it["message_id"] == "renewals.tls-trusted.revoked").cloned().unwrap()
}

/// Today, as JSON writes it.
fn today() -> &'static str {
    days(0, 0).0
}

#[test]
fn the_list_that_the_certificate_names_decides() {
    let Some(lab) = Lab::new() else { return };
    let sections = "[scoped]\nissuingDistributionPoint=critical,@here\n[here]\nfullname=URI:http://crl.example.org/scoped.crl\nonlyuser=TRUE\n\
                    [other]\nissuingDistributionPoint=critical,@there\n[there]\nfullname=URI:http://crl.example.org/elsewhere.crl\n\
                    [indirect]\nissuingDistributionPoint=critical,@many\n[many]\nfullname=URI:http://crl.example.org/indirect.crl\nindirectCRL=TRUE\n\
                    [delta]\n2.5.29.27=critical,DER:02:01:01\n";
    let config = std::fs::read_to_string(lab.file("ca.cnf")).unwrap();
    lab.write("ca.cnf", &(config + sections));
    lab.make("stranger", &Made { subject: "/O=Test/CN=intermediate".to_owned(), ..ca("stranger", "stranger") });
    lab.make("other-ca", &ca("other-ca", "root"));
    let lists = ["now", "past", "coming", "forged", "others", "scoped", "shard", "indirect", "delta", "large", "garbage", "missing"];
    for list in lists {
        lab.make(list, &naming(list, list));
    }
    lab.make("taken", &naming("taken", "now"));
    lab.make("held", &naming("held", "now"));
    lab.make("silent", &fresh("silent"));
    lab.make("directory", &with_points("directory", "URI:ldap://crl.example.org/cn=list"));
    lab.make("both", &with_points("both", "URI:ldap://crl.example.org/cn=list,URI:http://crl.example.org/now.crl"));
    lab.make("door", &with_points("door", "URI:http://crl.example.org:8080/now.crl"));
    lab.make("login", &with_points("login", "URI:http://somebody:secret@crl.example.org/now.crl"));
    lab.make("inside", &with_points("inside", "URI:http://127.0.0.1/now.crl"));
    lab.make("cloud", &with_points("cloud", "URI:http://169.254.169.254/latest/meta-data"));
    lab.make("stray", &naming("stray", "past"));
    lab.revoke("taken", "keyCompromise");
    lab.revoke("held", "certificateHold");
    lab.revoke("stray", "superseded");

    let week = days(-1, 6);
    lab.list("now", "intermediate", week, &[]);
    lab.list("past", "intermediate", days(-9, -2), &[]);
    lab.list("coming", "intermediate", days(2, 9), &[]);
    lab.list("forged", "stranger", week, &[]);
    lab.list("others", "other-ca", week, &[]);
    lab.list("scoped", "intermediate", week, &["-crlexts", "scoped"]);
    lab.list("shard", "intermediate", week, &["-crlexts", "other"]);
    lab.list("indirect", "intermediate", week, &["-crlexts", "indirect"]);
    lab.list("delta", "intermediate", week, &["-crlexts", "delta"]);
    lab.write("large.crl", &"0".repeat((1 << 20) + 1));
    lab.write("garbage.crl", "<html>Welcome to the hotspot</html>");

    let sites = ["taken", "held", "silent", "directory", "both", "door", "login", "inside", "cloud", "stray"];
    let blocks: Vec<_> = lists.iter().chain(&sites).map(|name| lab.block(name, &[name, "intermediate"], "")).collect();
    let (_nginx, at) = lab.nginx(&blocks);
    let (_lists, crl) = authority(&lab);
    let from = |list: &str, why: &str| format!("not-proven http://{CRL_HOST}/{list}.crl{why}");
    let span = |dates: (&str, &str)| format!(", {}T00:00:00Z to {}T00:00:00Z", dates.0, dates.1);
    // Name, and why it is not known whether it was revoked; none where the list says that it was not.
    let cases = [
        ("now", None),
        ("both", None),
        ("scoped", None),
        ("past", Some(from("past", &span(days(-9, -2))))),
        ("coming", Some(from("coming", &span(days(2, 9))))),
        ("forged", Some(from("forged", ": not signed by the certificate's authority"))),
        ("others", Some(from("others", ": about other certificates"))),
        ("shard", Some(from("shard", ": about other certificates"))),
        ("indirect", Some(from("indirect", ": unsupported indirect crl"))),
        ("delta", Some(from("delta", ": unsupported delta crl"))),
        ("garbage", Some(from("garbage", ": no list of revoked certificates"))),
        ("large", Some(format!("too-large {CRL_HOST}"))),
        ("missing", Some(format!("status {CRL_HOST} 404"))),
        ("silent", Some("not-named O=County, CN=silent.example.org".to_owned())),
        ("directory", Some("not-named ldap://crl.example.org/cn=list".to_owned())),
        ("door", Some(format!("forbidden {CRL_HOST}:8080"))),
        ("login", Some(format!("forbidden {CRL_HOST}"))),
        ("inside", Some("forbidden 127.0.0.1 127.0.0.1".to_owned())),
        ("cloud", Some("forbidden 169.254.169.254".to_owned())),
    ];
    for (name, why) in cases {
        let done = audit(&lab, name, at, crl).run();
        let why: Vec<String> = why.into_iter().collect();
        // Not knowing is no fault.
        assert_eq!((done.found(CHECK), unknown(&done), done.code), (vec!["pass pass".to_owned()], why, Some(0)), "{name}: {}", done.stderr);
    }
    // A list that has run out still tells what was taken back for good.
    for (name, reason) in [("taken", "key-compromise"), ("held", "certificate-hold"), ("stray", "superseded")] {
        let done = audit(&lab, name, at, crl).run();
        assert_eq!((done.found(CHECK), unknown(&done), done.code), (["fail revoked", "pass pass"].map(str::to_owned).to_vec(), vec![], Some(1)), "{name}");
        let finding = revoked(&done);
        assert_eq!(
            (&finding["basis"], &finding["args"]["reason"]["text"], &finding["args"]["date"]["date"]),
            (&"measured".into(), &reason.into(), &today().into()),
            "{finding}"
        );
        assert_eq!(finding["subject"], "127.0.0.1 revocation");
    }
    // Nobody is asked who must not be.
    let done = audit(&lab, "taken", at, crl).env("NO_PHONE_OUT", "true").run();
    assert_eq!((done.found(CHECK), unknown(&done)), (vec!["pass pass".to_owned()], vec!["not-collected --no-phone-out".to_owned()]));
    // On another port only where it is said where that is.
    let done = audit(&lab, "door", at, crl).at(CRL_HOST, 8080, &[crl]).run();
    assert_eq!(unknown(&done), [""; 0]);
}

#[test]
fn recorded_evidence_of_a_list_is_judged_for_its_moment() {
    let Some(lab) = Lab::new() else { return };
    for name in ["kept", "taken", "held"] {
        lab.make(name, &naming(name, "now"));
    }
    lab.revoke("taken", "keyCompromise");
    lab.revoke("held", "certificateHold");
    lab.list("now", "intermediate", days(-1, 6), &[]);
    let blocks: Vec<_> = ["kept", "taken", "held"].iter().map(|name| lab.block(name, &[name, "intermediate"], "")).collect();
    let (_nginx, at) = lab.nginx(&blocks);
    let (_lists, crl) = authority(&lab);
    let late = format!("not-proven http://{CRL_HOST}/now.crl, {}T00:00:00Z to {}T00:00:00Z", days(-1, 6).0, days(-1, 6).1);
    // What is good holds for as long as the list does, and so does what is on hold; what was taken back is so for ever.
    for (name, now, later, unknown_later) in [
        ("kept", &["pass pass"][..], &["pass pass"][..], vec![late.clone()]),
        ("taken", &["fail revoked", "pass pass"], &["fail revoked", "pass pass"], vec![]),
        ("held", &["fail revoked", "pass pass"], &["pass pass"], vec![late]),
    ] {
        let live = audit(&lab, name, at, crl).with(&["--record", "evidence.json"]);
        assert_eq!(live.run().found(CHECK), now, "{name}");
        let evidence = std::fs::read(live.path("evidence.json")).unwrap();
        let again = |as_of: &str| {
            let recorded = Audit::of(&format!("https://{name}.example.org"), "").file("evidence.json", &evidence);
            recorded.with(&["--only", CHECK, "--evidence", "evidence.json", "--as-of", as_of]).run()
        };
        let soon = again("+3d");
        assert_eq!((soon.found(CHECK), unknown(&soon)), (now.iter().map(|it| (*it).to_owned()).collect(), vec![]), "{name}");
        let late = again("+20d");
        assert_eq!((late.found(CHECK), unknown(&late)), (later.iter().map(|it| (*it).to_owned()).collect(), unknown_later), "{name}");
        // A certificate that has ended has bigger trouble.
        assert_eq!(unknown(&again("+200d")), [""; 0], "{name}");
    }
}

#[test]
fn an_authority_that_does_not_answer_harms_nothing_else() {
    let Some(lab) = Lab::new() else { return };
    for name in ["fine", "again"] {
        lab.make(name, &naming(name, "now"));
    }
    lab.list("now", "intermediate", days(-1, 6), &[]);
    let list = std::fs::read(lab.file("now.crl")).unwrap();
    let (_nginx, at) = lab.nginx(&[lab.block("fine", &["fine", "intermediate"], "")]);
    let hold = |mut stream: &std::net::TcpStream| drop(stream.read_to_end(&mut Vec::new()));
    let sends_on = |to: &'static str| {
        let list = list.clone();
        raw_server(move |stream, head| {
            let body: &[u8] = if head.starts_with("GET /there.crl ") { &list } else { b"" };
            let status = if body.is_empty() { format!("302 Found\r\nLocation: {to}") } else { "200 OK".to_owned() };
            let _ = stream.write_all(format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n", body.len()).as_bytes());
            let _ = stream.write_all(body);
        })
    };
    let cases = [
        ("refuses", SocketAddr::from(([127, 0, 0, 1], free_port())), Some("refused crl.example.org")),
        ("hangs", raw_server(move |stream, _| hold(stream)), Some("timeout crl.example.org")),
        (
            "does not end",
            raw_server(|stream, _| {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
                while stream.write_all(&[0x30; 4096]).is_ok() {}
            }),
            Some("too-large crl.example.org"),
        ),
        ("sends on once", sends_on("/there.crl"), None),
        ("sends on in a circle", sends_on("/here.crl"), Some("status crl.example.org 302")),
        ("sends on elsewhere", sends_on("https://crl.example.org/there.crl"), Some("status crl.example.org 302")),
        ("sends on to a file", sends_on("file:///etc/passwd"), Some("status crl.example.org 302")),
        ("sends on to the inside", sends_on("http://127.0.0.1/there.crl"), Some("forbidden 127.0.0.1 127.0.0.1")),
        ("sends on to the cloud", sends_on("http://169.254.169.254/there.crl"), Some("forbidden 169.254.169.254")),
    ];
    for (name, crl, why) in cases {
        let done = audit(&lab, "fine", at, crl).run();
        let why: Vec<String> = why.into_iter().map(str::to_owned).collect();
        assert_eq!((done.found(CHECK), unknown(&done), done.code), (vec!["pass pass".to_owned()], why, Some(0)), "{name}: {}", done.stderr);
        assert!(done.took.as_secs() < 20, "{name}: {:?}", done.took);
    }
    // One list for all addresses of a name, fetched once, as a guest fetches it.
    let (_more, second) = lab.nginx(&[lab.block("fine", &["again", "intermediate"], "")]);
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let crl = raw_server(move |stream, head| {
        let lower = head.to_lowercase();
        assert!(lower.starts_with("get /now.crl http/1.1\r\n") && lower.contains("user-agent: cht-audit/") && lower.contains("host: crl.example.org\r\n"));
        assert!(!lower.contains("cookie:") && !lower.contains("authorization:"));
        counted.fetch_add(1, Ordering::SeqCst);
        let _ = stream.write_all(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", list.len()).as_bytes());
        let _ = stream.write_all(&list);
    });
    let host = "fine.example.org";
    let both = Audit::of(&format!("https://{host}"), "").at(host, 443, &[at, second]).at(CRL_HOST, 80, &[crl]);
    let done = both.trusting(&lab.file("root.pem")).env("NO_PHONE_OUT", "").with(&["--only", CHECK]).run();
    assert_eq!((unknown(&done), asked.load(Ordering::SeqCst)), (vec![], 1), "{}", done.stderr);
    // Nobody is asked about a certificate that is not trusted, or has ended.
    lab.make("ended", &Made { dates: days(-100, -10), ..naming("fine", "now") });
    for chain in [&["ended", "intermediate"][..], &["fine"]] {
        let (_nginx, at) = lab.nginx(&[lab.block("fine", chain, "")]);
        let done = audit(&lab, "fine", at, crl).run();
        assert_eq!((unknown(&done), asked.load(Ordering::SeqCst)), (vec![], 1), "{chain:?} {}", done.stderr);
    }
    let dry = audit(&lab, "fine", at, crl).with(&["--dry-run"]).run();
    let listed = String::from_utf8(dry.stdout).unwrap();
    assert!(listed.contains("CRL    fine.example.org:443 ") && listed.contains("Longest chain: 6 round trips"), "{listed}");
    let dry = audit(&lab, "fine", at, crl).env("NO_PHONE_OUT", "true").with(&["--dry-run"]).run();
    let listed = String::from_utf8(dry.stdout).unwrap();
    assert!(!listed.contains("CRL") && listed.contains("Longest chain: 5 round trips"), "{listed}");
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

/// The answer with other words in it, signed anew by the authority.
fn retold(lab: &Lab, name: &str, change: impl FnOnce(&mut BasicOcspResponse)) {
    retold_by(lab, name, "intermediate", change);
}

fn retold_by(lab: &Lab, name: &str, signer: &str, change: impl FnOnce(&mut BasicOcspResponse)) {
    let path = lab.file(&format!("{name}.staple"));
    let mut answer = OcspResponse::from_der(&std::fs::read(&path).unwrap()).unwrap();
    let bytes = answer.response_bytes.as_mut().unwrap();
    let mut basic = BasicOcspResponse::from_der(bytes.response.as_bytes()).unwrap();
    change(&mut basic);
    std::fs::write(lab.file("words"), basic.tbs_response_data.to_der().unwrap()).unwrap();
    lab.openssl(&["dgst", "-sha256", "-sign", &format!("{signer}.key"), "-out", "signature", "words"]);
    basic.signature = BitString::from_bytes(&std::fs::read(lab.file("signature")).unwrap()).unwrap();
    bytes.response = OctetString::new(basic.to_der().unwrap()).unwrap();
    std::fs::write(path, answer.to_der().unwrap()).unwrap();
}

fn moment(year: u16) -> OcspGeneralizedTime {
    OcspGeneralizedTime(GeneralizedTime::from_date_time(der::DateTime::new(year, 1, 1, 0, 0, 0).unwrap()))
}

#[test]
fn a_stapled_answer_decides_first() {
    let Some(lab) = Lab::new() else { return };
    let names = ["good", "gone", "old", "endless", "others", "delegate", "impostor", "strange", "spoilt", "foreign", "namesake"];
    for name in names {
        lab.make(name, &Made { extensions: format!("subjectAltName=DNS:{name}.example.org\n{MUST_STAPLE}"), ..fresh(name) });
    }
    // Whom the authority lets answer, and one whom it does not.
    let responder =
        |use_of: &str| Made { subject: "/CN=answers".to_owned(), extensions: format!("extendedKeyUsage={use_of}\n"), dates: days(-1, 20), ..fresh("answers") };
    lab.make("responder", &responder("OCSPSigning"));
    lab.make("pretender", &responder("serverAuth"));
    lab.revoke("gone", "cessationOfOperation");
    for name in names {
        let (of, signer) = match name {
            "others" => ("good", "intermediate"),
            "delegate" => (name, "responder"),
            "impostor" => (name, "pretender"),
            _ => (name, "intermediate"),
        };
        lab.staple(name, of, signer, "600");
    }
    retold(&lab, "old", |basic| {
        for single in &mut basic.tbs_response_data.responses {
            (single.this_update, single.next_update) = (moment(2025), Some(moment(2026)));
        }
    });
    retold(&lab, "endless", |basic| basic.tbs_response_data.responses.iter_mut().for_each(|single| single.next_update = None));
    retold(&lab, "strange", |basic| {
        basic.tbs_response_data.responses.iter_mut().for_each(|single| single.cert_status = x509_ocsp::CertStatus::unknown());
    });
    // The same serial number of another authority's, by its key or by its name.
    let other = || OctetString::new([7; 20]).unwrap();
    retold(&lab, "foreign", |basic| basic.tbs_response_data.responses[0].cert_id.issuer_key_hash = other());
    retold(&lab, "namesake", |basic| basic.tbs_response_data.responses[0].cert_id.issuer_name_hash = other());
    // Said by the authority, and then made to last by somebody else.
    retold_by(&lab, "spoilt", "pretender", |basic| basic.tbs_response_data.responses[0].next_update = Some(moment(2040)));

    let blocks = names.map(|name| {
        let staple = format!("ssl_stapling on; ssl_stapling_file {};", lab.file(&format!("{name}.staple")).display());
        lab.block(name, &[name, "intermediate"], &staple)
    });
    let (_nginx, at) = lab.nginx(&blocks);
    let nobody = SocketAddr::from(([127, 0, 0, 1], free_port()));
    // A useless answer is a fault where one is demanded. No list is named here, so nothing else tells.
    let cases = [
        ("good", &["pass pass"][..], None),
        ("delegate", &["pass pass"], None),
        ("gone", &["fail revoked", "pass pass"], None),
        ("old", &["pass pass", "warn bad-staple"], Some("2025-01-01T00:00:00Z - 2026-01-01T00:00:00Z")),
        ("endless", &["pass pass", "warn bad-staple"], Some("stapled: without an end")),
        ("others", &["pass pass", "warn bad-staple"], Some("stapled: about another certificate")),
        ("foreign", &["pass pass", "warn bad-staple"], Some("stapled: about another certificate")),
        ("namesake", &["pass pass", "warn bad-staple"], Some("stapled: about another certificate")),
        ("impostor", &["pass pass", "warn bad-staple"], Some("stapled: not signed by the certificate's authority")),
        ("spoilt", &["pass pass", "warn bad-staple"], Some("stapled: not signed by the certificate's authority")),
        ("strange", &["pass pass", "warn bad-staple"], Some("stapled: the authority does not know the certificate")),
    ];
    for (name, found, why) in cases {
        let done = audit(&lab, name, at, nobody).run();
        assert_eq!(done.found(CHECK), found, "{name}: {}", done.stderr);
        assert_eq!(done.code, Some(i32::from(found[0].starts_with("fail"))), "{name}");
        let report = done.report();
        let fault = report["findings"].as_array().unwrap().iter().find(|it| it["message_id"] == "renewals.tls-trusted.bad-staple").cloned();
        assert_eq!(fault.as_ref().and_then(|it| it["args"]["cause"]["text"].as_str()), why, "{name}");
        let not_named = why.map(|_| format!("not-named O=County, CN={name}.example.org"));
        assert_eq!(unknown(&done), not_named.into_iter().collect::<Vec<_>>(), "{name}");
    }
    let gone = revoked(&audit(&lab, "gone", at, nobody).run());
    assert_eq!((&gone["args"]["reason"]["text"], &gone["args"]["date"]["date"]), (&"cessation-of-operation".into(), &today().into()));
    // A server gets itself a new answer in time: that the recorded one has run out later is no fault of its own.
    let live = audit(&lab, "good", at, nobody).with(&["--record", "evidence.json"]);
    live.run();
    let evidence = std::fs::read(live.path("evidence.json")).unwrap();
    let again = Audit::of("https://good.example.org", "")
        .file("evidence.json", evidence)
        .with(&["--only", CHECK, "--evidence", "evidence.json", "--as-of", "+2d"])
        .run();
    assert!(unknown(&again)[0].starts_with("not-proven stapled, "), "{:?}", unknown(&again));
    assert_eq!(again.found(CHECK), ["pass pass"]);
}

#[test]
fn where_the_stapled_answer_is_useless_the_list_tells() {
    let Some(lab) = Lab::new() else { return };
    lab.make("taken", &naming("taken", "now"));
    lab.make("good", &naming("good", "now"));
    // Said before it was taken back.
    lab.staple("taken", "taken", "intermediate", "600");
    lab.staple("good", "good", "intermediate", "600");
    lab.revoke("taken", "superseded");
    lab.list("now", "intermediate", days(-1, 6), &[]);
    let (_lists, crl) = authority(&lab);
    install_crypto();
    // nginx refuses to start with garbage for an answer; other servers send it.
    let serve = |name: &str, staple: Vec<u8>| {
        let key = PrivateKeyDer::from_pem_file(lab.file(&format!("{name}.key"))).unwrap();
        let chain = vec![lab.der(name), lab.der("intermediate")];
        let config = ServerConfig::builder().with_no_client_auth().with_single_cert_with_ocsp(chain, key, staple).unwrap();
        SocketAddr::from(([127, 0, 0, 1], serve_tls_with(Arc::new(config), |_, _| false).port))
    };
    let at = serve("taken", b"garbage".to_vec());
    assert_eq!(audit(&lab, "taken", at, crl).run().found(CHECK), ["fail revoked", "pass pass"]);
    let at = serve("good", vec![0x30; 40_000]);
    let done = audit(&lab, "good", at, crl).run();
    assert_eq!((done.found(CHECK), unknown(&done)), (vec!["pass pass".to_owned()], vec![]));
    // A good answer that still holds is believed, as every browser believes it, and nobody is asked.
    let at = serve("taken", std::fs::read(lab.file("taken.staple")).unwrap());
    assert_eq!(audit(&lab, "taken", at, crl).run().found(CHECK), ["pass pass"]);
}
