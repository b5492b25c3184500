//! How the `evidence.json` of the examples came about: `cht-audit collect` against servers on loopback, twice for the
//! facility and once for the cloud.
//!
//! A CHT that answers as CHT 5.2.0 did (captures, with the site's own numbers), an nginx on its port 80, a name server that
//! holds the zone, and a certificate of a test authority. What was set afterwards, because no recording on loopback can
//! have it: the instants of the looks, and the address of the site in the place of 127.0.0.1.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use rustls::{
    ServerConfig,
    pki_types::{PrivateKeyDer, pem::PemObject},
};
use serde_json::{Value, json};

use super::{cht_audit, example_of, json_of};
use crate::{
    captured::{Served, capture, capture_body, capture_with, healthy, path_of, serve_tls_with},
    dns::has_zones,
    support::{Running, free_port, install_crypto, program, serve},
    tls::lab::{Lab, Made, ca, leaf},
};

/// One example's site, as it is played on loopback.
struct Place {
    /// The folder under `examples/`.
    folder: &'static str,
    host: &'static str,
    domain: &'static str,
    /// The address that the zone gives.
    address: &'static str,
    /// What the zone holds; the two name servers are one here.
    zone: &'static str,
    authority: &'static str,
    dates: (&'static str, &'static str),
    /// What the CHT's nginx puts beside ACME challenges; none where another program ends TLS.
    mode: Option<&'static str>,
    /// When the CHT was last upgraded, in milliseconds, and in words.
    deployed: (u64, &'static str),
    numbers: fn() -> Vec<(&'static str, Value)>,
}

static FACILITY: Place = Place {
    folder: "facility",
    host: super::HOST,
    domain: "maendeleo.example",
    address: "203.0.113.10",
    zone: FACILITY_ZONE,
    authority: "/O=Maendeleo Test CA/CN=Maendeleo Test CA R1",
    dates: ("2026-10-05", "2027-01-03"),
    mode: Some("AUTO_GENERATE"),
    // 26 September 2026 at 20:40 in Nairobi.
    deployed: (1_790_444_400_000, "2026-09-26T17:40:00.000Z"),
    numbers: hospital_numbers,
};

static CLOUD: Place = Place {
    folder: "cloud",
    host: "cht.pwani.example",
    domain: "pwani.example",
    address: "198.51.100.30",
    zone: CLOUD_ZONE,
    authority: "/O=Pwani Test CA/CN=Pwani Test CA R1",
    dates: ("2026-09-01", "2027-03-15"),
    mode: None,
    // 4 October 2026 at 22:25 in Nairobi.
    deployed: (1_791_141_900_000, "2026-10-04T19:25:00.000Z"),
    numbers: region_numbers,
};

const FACILITY_ZONE: &str = "$TTL 3600
@        SOA  ns1 hostmaster 2026112101 3600 600 86400 300
@        NS   ns1
@        NS   ns2
@        CAA  0 issue \"ca.maendeleo.example\"
ns1      A    203.0.113.53
ns2      A    198.51.100.53
cht      A    203.0.113.10
watchdog A    198.51.100.20
";

const CLOUD_ZONE: &str = "$TTL 300
@        SOA  ns1 hostmaster 2026112101 3600 600 86400 300
@        NS   ns1
@        NS   ns2
@        CAA  0 issue \"ca.pwani.example\"
ns1      A    198.51.100.53
ns2      A    203.0.113.53
cht      A    198.51.100.30
watchdog A    203.0.113.40
";

/// The county's data protection officer looked at what concerns privacy, weeks before the hospital looked at the rest.
const PRIVACY_LOOK: &str = "2026-09-28T08:00:00Z";
const MAIN_LOOK: &str = "2026-11-21T12:00:00Z";

/// Everything that the recording talks to; ends with its scope.
struct Stage {
    place: &'static Place,
    lab: Lab,
    cht: Served,
    port_80: (Running, SocketAddr),
    name_server: (Running, SocketAddr),
}

impl Stage {
    /// `None` where a program is not installed.
    fn open(place: &'static Place) -> Option<Self> {
        let (lab, named) = (Lab::new()?, program("named")?);
        let authority = Made { subject: place.authority.to_owned(), ..ca("", "authority") };
        lab.make("authority", &authority);
        let certificate = Made {
            subject: format!("/CN={}", place.host),
            issuer: "authority".to_owned(),
            dates: place.dates,
            extensions: format!("subjectAltName=DNS:{}\nextendedKeyUsage=serverAuth\n", place.host),
            ..leaf("")
        };
        lab.make("cht", &certificate);
        install_crypto();
        let key = PrivateKeyDer::from_pem_file(lab.file("cht.key")).expect("a key");
        let config = ServerConfig::builder().with_no_client_auth().with_single_cert(vec![lab.der("cht"), lab.der("authority")], key);
        let cht = serve_tls_with(Arc::new(config.expect("key and certificate fit")), move |connection, head| {
            std::io::Write::write_all(connection, &answer(place, path_of(head), head.to_ascii_lowercase().contains("accept: application/json"))).is_ok()
        });
        // The file that the CHT's nginx puts beside ACME challenges in this mode.
        let challenges = lab.file("www/.well-known/acme-challenge");
        std::fs::create_dir_all(&challenges).expect("a folder");
        let mut locations = "location / { return 301 https://$host$request_uri; }".to_owned();
        if let Some(mode) = place.mode {
            std::fs::write(challenges.join("index.html"), format!("CERTIFICATE_MODE {mode}\n")).expect("a file");
            locations = format!("location ^~ /.well-known/acme-challenge/ {{ }} {locations}");
        }
        let block = format!("server {{ listen 127.0.0.1:PORT; server_name {}; root {}; {locations} }}", place.host, lab.file("www").display());
        let port_80 = lab.nginx(&[block]);
        let name_server = name_server(place, &named, &lab);
        Some(Self { place, lab, cht, port_80, name_server })
    }

    /// `cht-audit collect` on the shipped description with this selection, into `<name>.json`.
    fn collect(&self, name: &str, selection: &[&str]) -> PathBuf {
        let record = self.lab.file(&format!("{name}.json"));
        let (names, web, Place { host, domain, .. }) = (self.name_server.1, self.port_80.1, self.place);
        let done = cht_audit(&["collect"])
            .arg(example_of(self.place.folder, "site.yaml"))
            .args(selection)
            .args(["--resolve", &format!("{host}:443:127.0.0.1:{}", self.cht.port), "--resolve", &format!("{host}:80:{web}")])
            .args(["--resolve", &format!("ns1.{domain}:53:{names}"), "--resolver", &names.to_string()])
            .arg("--ca-file")
            .arg(self.lab.file("authority.pem"))
            .arg("--record")
            .arg(&record)
            .output()
            .expect("the program runs");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        record
    }
}

fn name_server(place: &Place, named: &Path, lab: &Lab) -> (Running, SocketAddr) {
    let (folder, port) = (lab.dir.path().display().to_string(), free_port());
    lab.write("zone", place.zone);
    lab.write(
        "named.conf",
        &format!(
            "options {{ directory \"{folder}\"; listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }}; recursion no; dnssec-validation no;\n\
             pid-file none; session-keyfile \"{folder}/session\"; managed-keys-directory \"{folder}\"; notify no; }};\ncontrols {{ }};\n\
             zone \"{}\" {{ type primary; file \"zone\"; }};\n",
            place.domain
        ),
    );
    let at = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let running = serve(Command::new(named).args(["-f", "-n", "1", "-c"]).arg(lab.file("named.conf")), at);
    let started = Instant::now();
    while !has_zones(at, &[&format!("{}.", place.domain)]) {
        assert!(started.elapsed() < Duration::from_secs(20), "named does not load its zone");
        std::thread::sleep(Duration::from_millis(20));
    }
    (running, at)
}

/// A CHT's answer, with the numbers of the site in the place of a new installation's.
fn answer(place: &Place, path: &str, wants_json: bool) -> Vec<u8> {
    match path {
        "/api/v2/monitoring" => with("cht-core-5.2.0/monitoring-v2-interval", &(place.numbers)()),
        "/deploy-info.json" => with("cht-core-5.2.0/deploy-info-admin", &[("/timestamp", json!(place.deployed.0)), ("/time", json!(place.deployed.1))]),
        "/medic/login" => capture("reconstructed/login-page"),
        _ => healthy(path, wants_json),
    }
}

/// A captured JSON answer with other values at these pointers.
fn with(name: &str, values: &[(&str, Value)]) -> Vec<u8> {
    let mut body: Value = serde_json::from_str(&capture_body(name)).expect("a captured answer is JSON");
    for (pointer, value) in values {
        *body.pointer_mut(pointer).unwrap_or_else(|| panic!("{name} has no {pointer}")) = value.clone();
    }
    capture_with(name, &body.to_string())
}

fn clock() -> Value {
    let clock = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is past 1970");
    json!(u64::try_from(clock.as_millis()).expect("a clock of this era"))
}

fn region_numbers() -> Vec<(&'static str, Value)> {
    vec![
        ("/date/current", clock()),
        ("/date/uptime", json!(4_147_200.5)), // 48 days
        ("/couchdb/medic/doc_count", json!(3_204_911)),
        ("/couchdb/medic/fragmentation", json!(1.41)),
        ("/couchdb/medic/sizes", json!({ "active": 88_000_000_000_u64, "file": 124_080_000_000_u64 })),
        ("/couchdb/medic/view_indexes/2/sizes", json!({ "active": 41_000_000_000_u64, "file": 58_300_000_000_u64 })),
        ("/couchdb/sentinel/doc_count", json!(5_870_244)),
        ("/couchdb/sentinel/fragmentation", json!(1.7)),
        ("/couchdb/sentinel/sizes", json!({ "active": 14_200_000_000_u64, "file": 24_140_000_000_u64 })),
        ("/couchdb/usersmeta/doc_count", json!(301_877)),
        ("/couchdb/usersmeta/fragmentation", json!(1.9)),
        ("/couchdb/usersmeta/sizes", json!({ "active": 1_900_000_000_u64, "file": 3_610_000_000_u64 })),
        ("/couchdb/users/doc_count", json!(2_164)),
        ("/couchdb/users/fragmentation", json!(2.6)),
        ("/sentinel/backlog", json!(431)),
        ("/replication_limit/count", json!(19)),
        ("/connected_users/count", json!(1_987)),
    ]
}

fn hospital_numbers() -> Vec<(&'static str, Value)> {
    vec![
        ("/date/current", clock()),
        ("/date/uptime", json!(1_036_800.5)), // twelve days
        ("/couchdb/medic/doc_count", json!(214_380)),
        ("/couchdb/medic/fragmentation", json!(1.62)),
        ("/couchdb/medic/sizes", json!({ "active": 14_100_000_000_u64, "file": 22_842_000_000_u64 })),
        ("/couchdb/medic/view_indexes/2/sizes", json!({ "active": 6_300_000_000_u64, "file": 9_700_000_000_u64 })),
        ("/couchdb/sentinel/doc_count", json!(398_112)),
        ("/couchdb/sentinel/fragmentation", json!(1.9)),
        ("/couchdb/sentinel/sizes", json!({ "active": 2_400_000_000_u64, "file": 4_560_000_000_u64 })),
        ("/couchdb/usersmeta/doc_count", json!(51_204)),
        ("/couchdb/usersmeta/fragmentation", json!(2.1)),
        ("/couchdb/usersmeta/sizes", json!({ "active": 310_000_000, "file": 651_000_000 })),
        ("/couchdb/users/doc_count", json!(503)),
        ("/sentinel/backlog", json!(212)),
        ("/replication_limit/count", json!(6)),
        ("/connected_users/count", json!(441)),
    ]
}

/// A bundle as if it had been recorded at `at` on the site's own address.
fn set_in(place: &Place, bundle: &Path, at: &str) {
    let text = std::fs::read_to_string(bundle).expect("it was recorded").replace("127.0.0.1", place.address);
    let mut value: Value = serde_json::from_str(&text).expect("a bundle is JSON");
    value["collected"] = json!(at);
    for entries in value.as_object_mut().expect("a bundle is a map").values_mut().filter_map(Value::as_object_mut) {
        for entry in entries.values_mut() {
            entry["at"] = json!(at);
        }
    }
    std::fs::write(bundle, value.to_string()).expect("the test's folder can be written");
}

/// The evidence as it is shipped, made anew: one bundle for each of these looks, merged by `check`. `None` where a program
/// is missing.
fn record(place: &'static Place, looks: &[(&str, &[&str], &str)]) -> Option<(Stage, PathBuf)> {
    let stage = Stage::open(place)?;
    let bundles: Vec<String> = looks
        .iter()
        .map(|(name, selection, at)| {
            let bundle = stage.collect(name, selection);
            set_in(place, &bundle, at);
            bundle.display().to_string()
        })
        .collect();
    let merged = stage.lab.file("evidence.json");
    let done = cht_audit(&["check"])
        .arg(example_of(place.folder, "site.yaml"))
        .args(["--as-of", super::AS_OF, "--evidence", &bundles.join(",")])
        .arg("--record")
        .arg(&merged)
        .output()
        .expect("the program runs");
    assert_eq!(done.status.code(), Some(1), "{}", String::from_utf8_lossy(&done.stderr));
    Some((stage, merged))
}

/// What differs from recording to recording.
fn normalised(mut value: Value) -> Value {
    fn walk(value: &mut Value) {
        match value {
            Value::Object(map) => {
                for name in ["took_ms", "clock_skew_ms", "clock_doubt_ms", "serial", "sha256", "tool"] {
                    // A record's hash is that of a shipped file: it has a size beside it.
                    if let Some(value) = map.get_mut(name).filter(|_| name != "sha256") {
                        *value = Value::Null;
                    }
                }
                if map.contains_key("serial") {
                    map["sha256"] = Value::Null;
                }
                map.values_mut().for_each(walk);
            }
            Value::Array(list) => list.iter_mut().for_each(walk),
            _ => {}
        }
    }
    walk(&mut value);
    value
}

fn is_what_the_product_records(place: &'static Place, looks: &[(&str, &[&str], &str)]) {
    let Some((_stage, merged)) = record(place, looks) else { return };
    let shipped = example_of(place.folder, "evidence.json");
    if std::env::var_os("CHT_AUDIT_BLESS").is_some() {
        std::fs::copy(&merged, &shipped).expect("the example can be written");
    }
    let (anew, shipped) = (normalised(json_of(&merged)), normalised(json_of(&shipped)));
    for (kind, entries) in anew.as_object().expect("a bundle is a map") {
        assert_eq!(&shipped[kind], entries, "{kind}: record it again with CHT_AUDIT_BLESS=1");
    }
    assert_eq!(anew, shipped, "record it again with CHT_AUDIT_BLESS=1");
}

#[test]
fn the_shipped_evidence_is_what_the_product_records() {
    is_what_the_product_records(&FACILITY, &[("privacy", &["--only", "privacy"], PRIVACY_LOOK), ("rest", &["--skip", "privacy"], MAIN_LOOK)]);
}

#[test]
fn the_shipped_evidence_of_the_cloud_is_what_the_product_records() {
    is_what_the_product_records(&CLOUD, &[("all", &[], MAIN_LOOK)]);
}
