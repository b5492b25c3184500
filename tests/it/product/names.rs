//! Names: a real BIND as resolver and as the zone's own server, and a registry over real TLS.

use std::{
    fmt::Write as _,
    io::Write as _,
    net::{SocketAddr, UdpSocket},
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use jiff::{Timestamp, ToSpan, tz::TimeZone};
use tempfile::TempDir;

use super::{Audit, Done, audit, cht};
use crate::{
    captured::{Served, authority, reply, serve_tls},
    support::{Running, free_port, program, serve},
    whois,
};

/// The top level and the county's zone. `cht` may be given certificates by the authority of our servers, `wrong` by
/// another one only.
const ZONES: [(&str, &str); 2] = [
    ("org", "@ 7200 SOA ns h 1 3600 600 86400 300\n@ 7200 NS ns\nns 7200 A 192.0.2.1\nexample 7200 NS ns1.example\nns1.example 7200 A 192.0.2.53\n"),
    (
        "example.org",
        "@ 7200 SOA ns1 h 1 3600 600 86400 300\n@ 7200 NS ns1\n@ 7200 CAA 0 issue \"letsencrypt.org\"\nns1 7200 A 192.0.2.53\n\
         cht 300 A 192.0.2.10\nday 7200 A 192.0.2.10\nweek 604800 A 192.0.2.10\n\
         wrong 300 A 192.0.2.10\nwrong 300 CAA 0 issue \"digicert.com\"\n\
         free 300 A 192.0.2.10\nfree 300 CAA 0 iodef \"mailto:ict@example.org\"\n\
         same 300 A 192.0.2.10\nother 300 A 192.0.2.99\n",
    ),
];

struct Named {
    at: SocketAddr,
    _running: Running,
    _dir: TempDir,
}

/// BIND with [`ZONES`]; `None` where it is not installed.
fn named() -> Option<Named> {
    let program = program("named")?;
    let dir = tempfile::tempdir().unwrap();
    let at = SocketAddr::from(([127, 0, 0, 1], free_port()));
    let mut config = format!(
        "options {{ directory \"{0}\"; listen-on port {1} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }}; recursion no; dnssec-validation no;\n\
         pid-file none; session-keyfile \"{0}/key\"; managed-keys-directory \"{0}\"; notify no; }};\ncontrols {{ }};\n",
        dir.path().display(),
        at.port()
    );
    for (zone, text) in ZONES {
        std::fs::write(dir.path().join(zone), text).unwrap();
        writeln!(config, "zone \"{zone}\" {{ type primary; file \"{zone}\"; }};").unwrap();
    }
    let file = dir.path().join("named.conf");
    std::fs::write(&file, config).unwrap();
    let running = serve(Command::new(program).args(["-f", "-n", "1", "-c"]).arg(&file), at);
    // It listens before it has read its zones: the last one's SOA is asked for until it is there (no error code).
    let query = b"\0\x01\0\0\0\x01\0\0\0\0\0\0\x07example\x03org\0\0\x06\0\x01";
    let started = Instant::now();
    loop {
        let socket = UdpSocket::bind(("127.0.0.1", 0)).unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
        let mut answer = [0; 512];
        if socket.send_to(query, at).is_ok() && socket.recv(&mut answer).is_ok_and(|length| length > query.len() && answer[3].trailing_zeros() >= 4) {
            break;
        }
        assert!(started.elapsed() < Duration::from_secs(20), "named does not load its zones");
        std::thread::sleep(Duration::from_millis(20));
    }
    Some(Named { at, _running: running, _dir: dir })
}

/// A run for `https://<name>.example.org`, which `named` knows and `served` answers for.
fn looked_up(named: &Named, served: &Served, name: &str, more: &str) -> Done {
    let host = format!("{name}.example.org");
    let audit = Audit::of(&format!("https://{host}"), more).file("ca.pem", authority().unwrap()).trusting(Path::new("ca.pem"));
    let audit = audit.at(&host, 443, &[([127, 0, 0, 1], served.port).into()]).at("ns1.example.org", 53, &[named.at]);
    audit.env("RESOLVER", &named.at.to_string()).run()
}

#[test]
fn the_zone_itself_is_asked() {
    let (Some(named), Some(served)) = (named(), cht(|_, _| None)) else { return };
    // The certificate of our servers is by "Let's Encrypt". It names `cht` alone: good news from a certificate of
    // another name is no news of this one.
    for (name, caa, ttl) in [
        ("cht", "pass pass", "pass short"),
        ("day", "unknown not-understood", "warn long"),
        ("week", "unknown not-understood", "fail too-long"),
        ("wrong", "fail forbids", "pass short"),
        // A set that names nobody restricts nobody.
        ("free", "warn absent", "pass short"),
        ("gone", "unknown no-address", "unknown no-address"),
    ] {
        let done = looked_up(&named, &served, name, "");
        done.expect(&[("renewals.caa", caa), ("disaster-recovery.dns-ttl", ttl)]);
    }
}

#[test]
fn a_resolver_that_hangs_leaves_names_unknown_and_all_else_alone() {
    let Some(served) = cht(|_, _| None) else { return };
    let silent = UdpSocket::bind(("127.0.0.1", 0)).unwrap();
    let done = audit(&served, "").env("RESOLVER", &silent.local_addr().unwrap().to_string()).env("DEADLINE", "5s").run();
    done.expect(&[("alerting.monitoring-api", "pass pass"), ("renewals.tls-trusted", "pass pass")]);
    for check in ["renewals.caa", "disaster-recovery.dns-ttl"] {
        assert!(["unknown timeout", "unknown broken", "unknown deadline"].contains(&done.found(check)[0].as_str()), "{:?}", done.found(check));
    }
}

#[test]
fn a_monitor_on_the_cht_s_own_address_is_not_apart() {
    let (Some(named), Some(served)) = (named(), cht(|_, _| None)) else { return };
    let monitor = |name: &str, place: &str| {
        let more = format!(
            "reviewed: {{ date: {}, by: ict }}\nalerting:\n  monitors: [ {{ kind: watchdog, grafana: \"https://{name}.example.org\"{place} }} ]",
            today(0)
        );
        looked_up(&named, &served, "cht", &more)
    };
    // What the description says, the DNS refutes.
    let done = monitor("same", ", place: elsewhere");
    done.expect(&[("alerting.monitor-separate", "fail same-address")]);
    let report = done.report();
    let finding = report["findings"].as_array().unwrap().iter().find(|finding| finding["check"] == "alerting.monitor-separate").unwrap().clone();
    assert_eq!((&finding["contradicted"], &finding["basis"]), (&true.into(), &"measured".into()));
    // Another address is not another building: only the description's word is left.
    monitor("other", ", place: elsewhere").expect(&[("alerting.monitor-separate", "pass apart")]);
    monitor("other", ", place: same-server").expect(&[("alerting.monitor-separate", "fail same-server")]);
    assert!(monitor("other", "").found("alerting.monitor-separate")[0].starts_with("unknown"));
    assert!(!monitor("other", ", place: elsewhere").passed_by_measurement().contains(&"alerting.monitor-separate".to_owned()));
}

/// The day so many days from now, in UTC.
fn today(days: i64) -> String {
    Timestamp::now().to_zoned(TimeZone::UTC).date().checked_add(days.days()).unwrap().to_string()
}

/// A run with a registry of the top level `org` that answers `answer`; how often it was asked.
fn registered(more: &str, answer: Vec<u8>) -> Option<(Done, usize)> {
    let registry = serve_tls(move |connection, head| {
        assert!(head.starts_with("GET /rdap/domain/example.org HTTP/1.1\r\n"), "{head}");
        connection.write_all(&answer).is_ok()
    })?;
    let knowledge = "rdap:\n  gathered: 2026-11-22\n  source: this test\n  iana: { org: \"https://rdap.registry.example/rdap/\" }\n  unconfirmed: {}\n";
    let served = cht(|_, _| None)?;
    let audit = audit(&served, more).file("newer.yaml", knowledge).with(&["--knowledge", "newer.yaml", "--only", "renewals"]);
    let done = audit.env("NO_PHONE_OUT", "").at("rdap.registry.example", 443, &[([127, 0, 0, 1], registry.port).into()]).run();
    Some((done, registry.paths().len()))
}

fn rdap(days: i64, status: &str) -> Vec<u8> {
    let events = format!(
        r#"[{{"eventAction":"registration","eventDate":"2015-01-01T00:00:00Z"}},{{"eventAction":"expiration","eventDate":"{}T12:00:00Z"}}]"#,
        today(days)
    );
    let body = format!(r#"{{"objectClassName":"domain","ldhName":"EXAMPLE.ORG","status":["{status}"],"events":{events}}}"#);
    reply("200 OK", "application/rdap+json", &body)
}

#[test]
fn the_registry_tells_when_the_domain_ends() {
    let declared = |days: i64| format!("reviewed: {{ date: {}, by: ict }}\nrenewals: {{ domain: {{ expires: {} }} }}", today(0), today(days));
    let undated = r#"{"objectClassName":"domain","ldhName":"example.org","status":["active"],"events":[]}"#;
    // Reference 7.4: fail under 30 days or in redemption, warn under 90. Reference 10.7: 2 days and 30 days apart.
    let cases = [
        (declared(200), rdap(200, "active"), "pass pass", "pass pass"),
        (declared(60), rdap(60, "active"), "warn due", "pass pass"),
        (declared(20), rdap(20, "active"), "fail ending", "pass pass"),
        (declared(-3), rdap(-3, "active"), "fail ended", "pass pass"),
        (declared(220), rdap(200, "active"), "pass pass", "warn off"),
        (declared(300), rdap(200, "active"), "pass pass", "fail off"),
        (declared(200), rdap(200, "redemption period"), "fail released", "pass pass"),
        (declared(200), rdap(200, "pendingDelete"), "fail released", "pass pass"),
        (String::new(), rdap(200, "active"), "pass pass", "not-applicable not-declared"),
        // No date, no domain, too many questions: what is declared stands, as a claim.
        (declared(200), reply("200 OK", "application/rdap+json", undated), "pass declared", "unknown not-published"),
        (declared(200), reply("404 Not Found", "application/rdap+json", r#"{"errorCode":404}"#), "pass declared", "unknown not-published"),
        (declared(200), reply("429 Too Many Requests", "text/plain", ""), "pass declared", "unknown rate-limited"),
        (String::new(), reply("429 Too Many Requests", "text/plain", ""), "unknown rate-limited", "not-applicable not-declared"),
        (String::new(), reply("200 OK", "text/html", "<html>welcome</html>"), "unknown not-understood", "not-applicable not-declared"),
    ];
    for (number, (more, answer, expiry, agrees)) in cases.into_iter().enumerate() {
        let Some((done, asked)) = registered(&more, answer) else { return };
        assert_eq!(
            (done.found("renewals.domain-expiry"), done.found("renewals.domain-agrees")),
            (vec![expiry.to_owned()], vec![agrees.to_owned()]),
            "case {number}"
        );
        assert_eq!(asked, 1, "case {number}: a registry is asked once");
    }
}

#[test]
fn the_registry_is_left_alone_where_nobody_beyond_the_site_may_be_asked() {
    let Some(registry) = serve_tls(|_, _| false) else { return };
    let Some(served) = cht(|_, _| None) else { return };
    let at: SocketAddr = ([127, 0, 0, 1], registry.port).into();
    let done = audit(&served, "").at("rdap.publicinterestregistry.org", 443, &[at]).with(&["--only", "renewals"]).run();
    done.expect(&[("renewals.domain-expiry", "unknown not-collected")]);
    assert_eq!(registry.connections(), 0);
}

/// A run for a name of Uganda, whose registry has WHOIS alone and says `answer`; how often it was asked.
fn registered_in_uganda(more: &str, answer: String, args: &[&str]) -> (Done, usize) {
    let (at, asked) = whois::server(move |stream, query| {
        assert_eq!(query, "county-health.go.ug\r\n");
        let _ = stream.write_all(answer.as_bytes());
    });
    let audit = Audit::of("https://cht.county-health.go.ug", more).env("NO_PHONE_OUT", "").at("whois.co.ug", 43, &[at]);
    (audit.with(&["--only", "renewals.domain-expiry,renewals.domain-agrees"]).with(args).run(), asked.load(std::sync::atomic::Ordering::SeqCst))
}

#[test]
fn a_registry_without_rdap_tells_over_whois() {
    let declared = format!("reviewed: {{ date: {}, by: ict }}\nrenewals: {{ domain: {{ expires: {} }} }}", today(0), today(200));
    let record = |days: i64| {
        format!("Domain name:      county-health.go.ug\nStatus:           ACTIVE\nExpires On:       {}\nNameserver:       ns1.example\n", today(days))
    };
    let cases = [
        (record(200), "pass pass", "pass pass", Some(0)),
        // That the dates differ is of medium severity.
        (record(60), "warn due", "fail off", Some(0)),
        (record(20), "fail ending", "fail off", Some(1)),
        (record(-3), "fail ended", "fail off", Some(1)),
        // What is declared stands, as a claim.
        ("Domain Name: county-health.go.ug\n>>> Domain not Found\n".to_owned(), "pass declared", "unknown not-published", None),
        ("Query rate limit exceeded\n".to_owned(), "pass declared", "unknown rate-limited", None),
        ("<html>welcome</html>\n".to_owned(), "pass declared", "unknown not-understood", None),
        (record(200).replace("Expires On", "Valid until"), "pass declared", "unknown not-understood", None),
        (String::new(), "pass declared", "unknown broken", None),
    ];
    for (number, (answer, expiry, agrees, code)) in cases.into_iter().enumerate() {
        let (done, asked) = registered_in_uganda(&declared, answer, &[]);
        done.expect(&[("renewals.domain-expiry", expiry), ("renewals.domain-agrees", agrees)]);
        assert_eq!(asked, 1, "case {number}: one query a run");
        assert!(code.is_none_or(|code| done.code == Some(code)), "case {number}: {:?} {}", done.code, done.stderr);
        assert_eq!(done.passed_by_measurement().contains(&"renewals.domain-expiry".to_owned()), number == 0, "case {number}");
    }
    for more in [&["--no-phone-out"][..], &["--offline"], &["--dry-run"]] {
        assert_eq!(registered_in_uganda(&declared, record(200), more).1, 0, "{more:?}");
    }
}

#[test]
fn a_registry_that_publishes_nothing_lowers_what_can_be_reached() {
    for (url, cause, best) in [("https://cht.moh.gov.np", "not-published", "documented"), ("https://cht.example.com.fj", "knowledge", "measured")] {
        let done = Audit::of(url, "").env("NO_PHONE_OUT", "").with(&["--only", "renewals.domain-expiry"]).run();
        done.expect(&[("renewals.domain-expiry", &format!("unknown {cause}"))]);
        assert_eq!(done.report()["findings"][0]["best"], best, "{url}");
    }
}
