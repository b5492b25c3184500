//! RDAP: the reading of answers, a real https server (nginx), and servers that misbehave. All on loopback.

#![expect(clippy::unwrap_used, reason = "what cannot be set up fails its test")]

use std::{
    io::Write,
    net::{Ipv4Addr, SocketAddr, TcpStream},
    path::Path,
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use cht_audit::{
    evidence::{RegistrationAsk, RegistrationFacts},
    finding::{Cause, CauseKind},
    probe::{self, Override, Reach, registration::read},
};
use proptest::prelude::*;
use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};
use tempfile::TempDir;

use crate::support::{Running, free_port, program, raw_server, reach, serve};

const VERISIGN: &str = include_str!("../captures/rdap/verisign.json");
const CZNIC: &str = include_str!("../captures/rdap/cznic.json");
const KENIC: &str = include_str!("../captures/rdap/kenic.json");
const DENIC: &str = include_str!("../captures/rdap/denic.json");
const RESERVED: &str = include_str!("../captures/rdap/reserved.json");
const SERVER: &str = "https://rdap.registry.example/rdap/";

fn facts(expires: Option<&str>, statuses: &[&str], registrar: Option<&str>) -> RegistrationFacts {
    RegistrationFacts {
        expires: expires.map(|date| date.parse().unwrap()),
        statuses: statuses.iter().map(|&status| status.to_owned()).collect(),
        registrar: registrar.map(str::to_owned),
        server: SERVER.to_owned(),
    }
}

#[test]
fn registries_answers_are_read() {
    let cases = [
        ("county-health.com", VERISIGN, facts(Some("2027-07-05T19:46:15Z"), &["client transfer prohibited"], Some("Made-up Registrar, Inc."))),
        ("county-health.cz", CZNIC, facts(Some("2027-08-30T12:00:00Z"), &["active"], Some("REG-MADE-UP-CZ"))),
        ("county-health.or.ke", KENIC, facts(Some("2027-03-01T08:00:00Z"), &["active"], Some("MADE-UP REGISTRAR LTD"))),
        ("county-health.de", DENIC, facts(None, &["active"], None)),
    ];
    for (domain, body, expected) in cases {
        assert_eq!(read(domain, body.as_bytes(), SERVER), Ok(expected), "{domain}");
    }
}

#[test]
fn a_domain_on_its_way_out_shows_its_statuses() {
    let body =
        r#"{"objectClassName": "domain", "status": ["redemption period", "pendingDelete", "clientTransferProhibited https://icann.org/epp#x", "ACTIVE", 7]}"#;
    let found = read("example.org", body.as_bytes(), SERVER).unwrap();
    assert_eq!(found.statuses, ["redemption period", "pending delete", "client transfer prohibited", "active"]);
}

fn with_date(written: &str) -> Result<RegistrationFacts, Cause> {
    let body = serde_json::json!({ "ldhName": "example.org", "events": [{ "eventAction": "Expiration", "eventDate": written }] });
    read("example.org", body.to_string().as_bytes(), SERVER)
}

#[test]
fn dates_are_read_in_the_forms_that_registries_write() {
    let cases = [
        ("2027-03-01T00:00:00Z", "2027-03-01T00:00:00Z"),
        ("2027-03-01T00:00:00.000Z", "2027-03-01T00:00:00Z"),
        ("2027-03-01t03:00:00+03:00", "2027-03-01T00:00:00Z"),
        ("2027-03-01T03:00:00+0300", "2027-03-01T00:00:00Z"),
        ("2027-03-01 00:00:00Z", "2027-03-01T00:00:00Z"),
        (" 2027-03-01T12:30:00 ", "2027-03-01T12:30:00Z"), // no zone: UTC
        ("2027-03-01 12:30:00", "2027-03-01T12:30:00Z"),
        ("2027-03-01", "2027-03-01T00:00:00Z"), // no time: its start
    ];
    for (written, expected) in cases {
        assert_eq!(with_date(written).unwrap().expires, Some(expected.parse().unwrap()), "{written}");
    }
    for written in ["", "never", "01/03/2027", "2027-02-30", "99999-01-01"] {
        assert_eq!(with_date(written).unwrap_err().kind, CauseKind::NotUnderstood, "a date that cannot be read is not an absent one: {written}");
    }
}

#[test]
fn the_earliest_expiration_counts_and_only_the_registrys() {
    let body = r#"{"ldhName": "example.org", "events": [
        {"eventAction": "registrar expiration", "eventDate": "2026-01-01"}, {"eventAction": "expiration", "eventDate": "2029-01-01"},
        {"eventAction": "expiration", "eventDate": "2028-01-01"}, {"eventAction": "expiration of nothing", "eventDate": "x"}, 3, null, {}]}"#;
    assert_eq!(read("example.org", body.as_bytes(), SERVER).unwrap().expires, Some("2028-01-01T00:00:00Z".parse().unwrap()));
}

#[test]
fn what_is_no_registration_of_this_domain_is_not_read() {
    let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
    let cases = [
        ("health.or.ke", RESERVED),
        ("other.com", VERISIGN),
        ("example.org", ""),
        ("example.org", "<html>"),
        ("example.org", "null"),
        ("example.org", "{}"),
        ("example.org", "[]"),
        ("example.org", r#"{"errorCode": 404, "title": "not found"}"#),
        ("example.org", r#"{"objectClassName": "entity", "handle": "x"}"#),
        ("example.org", deep.as_str()),
    ];
    for (domain, body) in cases {
        let body_start: String = body.chars().take(40).collect();
        assert_eq!(read(domain, body.as_bytes(), SERVER).unwrap_err().kind, CauseKind::NotUnderstood, "{domain} {body_start}");
    }
}

#[test]
fn what_a_registry_writes_is_kept_short() {
    let long = "a".repeat(10_000);
    let body = serde_json::json!({ "ldhName": "example.org", "status": vec![long.clone(); 1000],
        "entities": [{ "roles": ["registrar"], "vcardArray": ["vcard", [["fn", {}, "text", long]]] }] });
    let found = read("example.org", body.to_string().as_bytes(), SERVER).unwrap();
    assert!(found.statuses.len() <= 100 && found.statuses.iter().chain(&found.registrar).all(|text| text.len() <= 200));
}

/// JSON of any shape, with RDAP's own keys and words in it more often than chance.
fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let words = ["domain", "example.org", "expiration", "registrar", "fn", "vcard", "2027-03-01", "active"];
    let keys = ["objectClassName", "ldhName", "status", "events", "eventAction", "eventDate", "entities", "roles", "vcardArray", "handle"];
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        proptest::sample::select(words.to_vec()).prop_map(Into::into),
        any::<String>().prop_map(Into::into),
    ];
    leaf.prop_recursive(6, 64, 8, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
            proptest::collection::vec((proptest::sample::select(keys.to_vec()), inner), 0..8)
                .prop_map(|pairs| serde_json::Value::Object(pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_json_is_read_or_refused(json in any_json()) {
        let _ = read("example.org", json.to_string().as_bytes(), SERVER);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(read("example.org", &bytes, SERVER).is_err());
    }
}

fn ask(domain: &str, bases: &[&str]) -> RegistrationAsk {
    RegistrationAsk { domain: domain.to_owned(), rdap: bases.iter().map(|&base| base.to_owned()).collect(), whois: None, silent: None }
}

fn quick() -> Reach {
    let mut reach = reach(".", RootCertStore::empty());
    reach.timeout = Duration::from_millis(1500);
    reach
}

/// A registry without TLS that writes `answer` to each connection, and how often it was asked.
fn registry(answer: impl Fn(&mut TcpStream, &str) + Send + Sync + 'static) -> (String, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let at = raw_server(move |stream, head| {
        count.fetch_add(1, Ordering::SeqCst);
        answer(stream, head);
    });
    (format!("http://{at}/rdap/"), asked)
}

fn reply(status: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\nContent-Type: application/rdap+json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
}

#[tokio::test]
async fn one_polite_query_is_made() {
    let (base, asked) = registry(|stream, head| {
        let polite = head.starts_with("GET /rdap/domain/county-health.com HTTP/1.1\r\n")
            && head.contains("accept: application/rdap+json\r\n")
            && head.contains("user-agent: cht-audit/");
        let _ = stream.write_all(if polite { reply("200 OK", VERISIGN) } else { reply("400 Bad", head) }.as_bytes());
    });
    let found = probe::registration::look(&ask("county-health.com", &[&base]), &quick()).await.unwrap();
    assert_eq!((found.expires, found.server), (Some("2027-07-05T19:46:15Z".parse().unwrap()), base));
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn every_bad_answer_has_its_cause() {
    let cases = [
        ("404 Not Found", "{\"errorCode\":404}", Cause::new(CauseKind::NotPublished, "404")),
        ("500 Oops", "", Cause::new(CauseKind::Status, "500")),
        ("403 Forbidden", "", Cause::new(CauseKind::Status, "403")),
        ("302 Found", "", Cause::new(CauseKind::Status, "302")), // without saying where to
    ];
    for (status, body, expected) in cases {
        let (base, asked) = registry(move |stream, _| drop(stream.write_all(reply(status, body).as_bytes())));
        let found = probe::registration::look(&ask("example.org", &[&base, "http://127.0.0.1:9/"]), &quick()).await;
        assert_eq!(found, Err(expected));
        assert_eq!(asked.load(Ordering::SeqCst), 1, "an answer, however bad, ends the asking");
    }
    let bodies: [(&str, CauseKind); 2] = [("429 Too Many Requests", CauseKind::RateLimited), ("200 OK", CauseKind::NotUnderstood)];
    for (status, expected) in bodies {
        let (base, _) = registry(move |stream, _| drop(stream.write_all(reply(status, "slow down").as_bytes())));
        assert_eq!(probe::registration::look(&ask("example.org", &[&base]), &quick()).await.unwrap_err().kind, expected);
    }
}

#[tokio::test]
async fn a_hostile_body_is_bounded_in_time_and_size() {
    let (endless, _) = registry(|stream, _| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        while stream.write_all(&[b' '; 8192]).is_ok() {}
    });
    assert_eq!(probe::registration::look(&ask("example.org", &[&endless]), &quick()).await.unwrap_err().kind, CauseKind::TooLarge);

    // Drips until the client has gone.
    let (slow, _) = registry(|stream, _| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        while stream.write_all(b" ").is_ok() {
            std::thread::sleep(Duration::from_millis(50));
        }
    });
    let started = Instant::now();
    assert_eq!(probe::registration::look(&ask("example.org", &[&slow]), &quick()).await.unwrap_err().kind, CauseKind::Timeout);
    assert!(started.elapsed() < Duration::from_secs(4));

    let (broken, _) = registry(|stream, _| drop(stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{")));
    assert_eq!(probe::registration::look(&ask("example.org", &[&broken]), &quick()).await.unwrap_err().kind, CauseKind::Broken);
}

#[tokio::test]
async fn a_compressed_body_is_counted_as_it_unfolds() {
    let Some(gzip) = program("gzip") else { return };
    let mut child = Command::new(gzip).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(&vec![b' '; 3 << 20]).unwrap();
    drop(input);
    let small = child.wait_with_output().unwrap().stdout;
    assert!(small.len() < 100_000);
    let (base, _) = registry(move |stream, _| {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", small.len());
        let _ = stream.write_all(&[head.as_bytes(), &small].concat());
    });
    assert_eq!(probe::registration::look(&ask("example.org", &[&base]), &quick()).await.unwrap_err().kind, CauseKind::TooLarge);
}

#[tokio::test]
async fn the_next_base_is_asked_only_where_one_is_silent() {
    let (base, _) = registry(|stream, _| drop(stream.write_all(reply("200 OK", VERISIGN).as_bytes())));
    let dead = format!("http://127.0.0.1:{}/", free_port());
    let found = probe::registration::look(&ask("county-health.com", &[&dead, &base]), &quick()).await.unwrap();
    assert_eq!(found.server, base);
    assert_eq!(probe::registration::look(&ask("county-health.com", &[&dead]), &quick()).await.unwrap_err().kind, CauseKind::Refused);
}

#[tokio::test]
async fn a_registry_with_tls_is_never_asked_without() {
    let (base, asked) = registry(|stream, _| drop(stream.write_all(reply("200 OK", VERISIGN).as_bytes())));
    let dead = format!("https://127.0.0.1:{}/", free_port());
    assert_eq!(probe::registration::look(&ask("county-health.com", &[&base, &dead]), &quick()).await.unwrap_err().kind, CauseKind::Refused);
    assert_eq!(asked.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn nothing_is_asked_where_nothing_may_or_can_be() {
    let (base, asked) = registry(|_, _| ());
    let mut silent = quick();
    silent.phone_out = false;
    assert_eq!(probe::registration::look(&ask("example.org", &[&base]), &silent).await.unwrap_err().kind, CauseKind::NotCollected);
    assert_eq!(asked.load(Ordering::SeqCst), 0);
    // A registry that is known to publish nothing is another answer than one that is not known.
    let silent = RegistrationAsk { silent: Some("zw".to_owned()), ..ask("example.co.zw", &[]) };
    assert_eq!(probe::registration::look(&silent, &quick()).await, Err(Cause::new(CauseKind::NotPublished, ".zw")));
    assert_eq!(probe::registration::look(&ask("example.co.xy", &[]), &quick()).await, Err(Cause::new(CauseKind::Knowledge, ".xy")));
    for base in ["ftp://127.0.0.1/", "nonsense", "data:text/plain,x"] {
        assert_eq!(probe::registration::look(&ask("example.org", &[base]), &quick()).await.unwrap_err().kind, CauseKind::NotUnderstood, "{base}");
    }
}

/// A registry on https: nginx with a certificate for `rdap.registry.example` by a CA of its own.
struct Https {
    at: SocketAddr,
    root: CertificateDer<'static>,
    _running: Running,
    _dir: TempDir,
}

fn openssl(program: &Path, dir: &Path, args: &[&str]) {
    let done = Command::new(program).current_dir(dir).args(args).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

fn https() -> Option<Https> {
    let (nginx, ssl) = (program("nginx")?, program("openssl")?);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path();
    std::fs::write(path.join("req.cnf"), "[req]\ndistinguished_name = name\n[name]\n").unwrap();
    let new = ["req", "-config", "req.cnf", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
    let ca = ["-subj", "/CN=Test CA", "-addext", "basicConstraints=critical,CA:TRUE", "-keyout", "ca.key", "-out", "ca.pem"];
    let san = "subjectAltName=DNS:rdap.registry.example";
    let leaf = ["-CA", "ca.pem", "-CAkey", "ca.key", "-subj", "/CN=registry", "-addext", "basicConstraints=CA:FALSE", "-addext", san];
    openssl(&ssl, path, &[&new[..], &ca].concat());
    openssl(&ssl, path, &[&new[..], &leaf, &["-keyout", "leaf.key", "-out", "leaf.pem"]].concat());
    std::fs::create_dir_all(path.join("rdap/domain")).unwrap();
    std::fs::write(path.join("rdap/domain/county-health.com"), VERISIGN).unwrap();
    let port = free_port();
    let redirects = [
        ("one", "https://rdap.registry.example/rdap/domain/county-health.com"),
        ("two", "/one/domain/county-health.com"),
        ("three", "/two/domain/county-health.com"),
        ("four", "/three/domain/county-health.com"),
        ("ring", "/ring/domain/county-health.com"),
        ("plain", "http://rdap.registry.example/rdap/domain/county-health.com"),
        ("login", "https://user:password@rdap.registry.example/rdap/domain/county-health.com"),
        ("inward", "https://169.254.169.254/latest/meta-data/"),
    ];
    let locations = redirects.map(|(name, to)| format!("location /{name}/ {{ return 302 {to}; }}\n")).concat();
    let config = format!(
        "daemon off; master_process off; pid nginx.pid; error_log stderr;\nevents {{}}\nhttp {{ access_log off; default_type application/rdap+json;\n\
         client_body_temp_path t1; proxy_temp_path t2; fastcgi_temp_path t3; uwsgi_temp_path t4; scgi_temp_path t5; absolute_redirect off;\n\
         server {{ listen 127.0.0.1:{port} ssl; ssl_certificate {0}/leaf.pem; ssl_certificate_key {0}/leaf.key; root {0};\n{locations}}} }}\n",
        path.display()
    );
    std::fs::write(path.join("nginx.conf"), config).unwrap();
    let at = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let running = serve(Command::new(nginx).args(["-e", "stderr", "-c", "nginx.conf", "-p"]).arg(path), at);
    let root = CertificateDer::from_pem_file(path.join("ca.pem")).unwrap();
    Some(Https { at, root, _running: running, _dir: dir })
}

/// A reach that trusts `root` and finds the registry at `at`.
fn reach_to(at: SocketAddr, root: Option<&CertificateDer<'static>>) -> Reach {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(root.cloned());
    let mut reach = reach(".", roots);
    reach.overrides = vec![Override { host: "rdap.registry.example".to_owned(), port: 443, to: vec![at] }];
    reach
}

async fn look_at(folder: &str, reach: &Reach) -> Result<RegistrationFacts, Cause> {
    probe::registration::look(&ask("county-health.com", &[&format!("https://rdap.registry.example/{folder}/")]), reach).await
}

#[tokio::test]
async fn a_registry_is_asked_over_verified_tls() {
    let Some(https) = https() else { return };
    let trusting = reach_to(https.at, Some(&https.root));
    let expected = facts(Some("2027-07-05T19:46:15Z"), &["client transfer prohibited"], Some("Made-up Registrar, Inc."));
    assert_eq!(look_at("rdap", &trusting).await, Ok(expected));
    assert_eq!(look_at("rdap", &reach_to(https.at, None)).await.unwrap_err().kind, CauseKind::Tls);
    // The certificate is for another name.
    let other = format!("https://{}/rdap/", https.at);
    assert_eq!(probe::registration::look(&ask("county-health.com", &[&other]), &trusting).await.unwrap_err().kind, CauseKind::Tls);
}

#[tokio::test]
async fn three_redirects_are_followed_to_https_only() {
    let Some(https) = https() else { return };
    let mut reach = reach_to(https.at, Some(&https.root));
    // What waits on http would be believed, if anybody went there.
    let plain = raw_server(|stream, _| drop(stream.write_all(reply("200 OK", VERISIGN).as_bytes())));
    reach.overrides.push(Override { host: "rdap.registry.example".to_owned(), port: 80, to: vec![plain] });
    for folder in ["one", "two", "three"] {
        assert!(look_at(folder, &reach).await.is_ok(), "{folder}");
    }
    let refused = [
        ("four", CauseKind::Status),
        ("ring", CauseKind::Status),
        ("plain", CauseKind::Status),
        ("login", CauseKind::Status),
        ("inward", CauseKind::Forbidden),
    ];
    for (folder, expected) in refused {
        assert_eq!(look_at(folder, &reach).await.unwrap_err().kind, expected, "{folder}");
    }
}
