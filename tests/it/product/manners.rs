//! What a guest may do: what it said before that it would, gently, and nothing else.

use std::{
    collections::BTreeSet,
    io::Write,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use super::{HOST, audit, cht, monitoring};
use crate::{
    captured::{MONITORING, capture, healthy, path_of, reply, serve_tls},
    support::raw_server,
};

const SITE: &str = "kind: facility\nfiles: { env: .env }";

#[test]
fn a_dry_run_lists_what_the_run_then_asks() {
    let on_80 = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&on_80);
    let port_80 = raw_server(move |stream, head| {
        kept.lock().unwrap().push(head.to_owned());
        let _ = stream.write_all(&capture("front/http-301"));
    });
    let Some(served) = cht(|_, _| None) else { return };
    let run = |more: &[&str]| audit(&served, SITE).file(".env", "COUCHDB_USER=medic\n").at(HOST, 80, &[port_80]).with(more).run();

    let dry = run(&["--dry-run"]);
    assert_eq!((dry.code, served.connections(), on_80.lock().unwrap().len()), (Some(0), 0, 0), "a dry run sends nothing: {}", dry.stderr);
    let listed = String::from_utf8(dry.stdout).unwrap();
    // Each address that a line names; what stands in brackets is asked only where the first fails.
    let named: BTreeSet<String> = listed
        .lines()
        .filter(|line| line.starts_with("GET "))
        .flat_map(|line| line.split('(').next().unwrap().split([' ', ',']))
        .filter(|word| word.starts_with("http"))
        .map(|url| url.split('?').next().unwrap().to_owned())
        .collect();

    let done = run(&[]);
    assert_eq!(done.found("alerting.monitoring-api"), ["pass pass"]);
    let asked = |scheme: &str, heads: &[String]| heads.iter().map(|head| format!("{scheme}://{HOST}{}", path_of(head))).collect::<Vec<_>>();
    let heads = [asked("https", &served.heads()), asked("http", &on_80.lock().unwrap())].concat();
    assert_eq!(heads.iter().cloned().collect::<BTreeSet<_>>(), named, "{listed}");
    assert_eq!(heads.len(), named.len(), "each is asked once: {heads:?}");
    assert!(listed.contains(&format!("TLS    {HOST}:443")) && listed.contains(&format!("DNS    {HOST}")) && listed.contains("READ   .env"), "{listed}");
    // Nobody beyond the site is asked unless it may be.
    assert!(!listed.contains("RDAP") && !listed.contains("TCP "), "{listed}");
}

#[test]
fn every_request_is_a_guest_s() {
    let Some(served) = cht(|_, _| None) else { return };
    audit(&served, SITE).run();
    let heads = served.heads();
    assert!(heads.len() >= 8, "{heads:?}");
    for head in &heads {
        assert!(head.starts_with("GET /"), "{head}");
        let lower = head.to_lowercase();
        assert!(lower.contains(&format!("\r\nuser-agent: cht-audit/{} ", env!("CARGO_PKG_VERSION"))), "{head}");
        assert!(lower.contains(&format!("\r\nhost: {HOST}\r\n")), "{head}");
        // A browser's page is asked for as a browser does; all else as a program.
        let page = ["/", "/admin/"].contains(&path_of(head));
        assert_eq!(lower.contains("\r\naccept: application/json\r\n"), !page, "{head}");
        assert!(!lower.contains("\r\ncookie:") && !lower.contains("\r\nauthorization:") && !lower.contains("\r\nreferer:"), "{head}");
    }
    assert_eq!(
        served.paths().iter().filter(|path| path.ends_with("/monitoring")).count(),
        1,
        "one monitoring call: it makes the server ask its database 31 times"
    );
}

/// A CHT that takes its time for every answer: whatever looks at it at the same time meets there.
#[test]
fn a_slow_server_is_not_met_by_a_crowd() {
    let refused = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&refused);
    let Some(served) = serve_tls(move |connection, head| {
        std::thread::sleep(Duration::from_millis(50));
        let path = path_of(head);
        let answer = if path == MONITORING { monitoring(|_| {}) } else { healthy(path, head.contains("application/json")) };
        counted.fetch_add(usize::from(answer.starts_with(b"HTTP/1.1 401")), Ordering::SeqCst);
        connection.write_all(&answer).is_ok()
    }) else {
        return;
    };
    // The staging site is another name for the same address: its look waits for a place too.
    let at = [([127, 0, 0, 1], served.port).into()];
    let more = "kind: facility\ncht: { staging_url: \"https://staging.county-health.example\" }";
    let done = audit(&served, more).at("staging.county-health.example", 443, &at).run();
    assert_eq!(done.found("alerting.monitoring-api"), ["pass pass"]);
    let hosts = served.heads().iter().filter(|head| head.to_lowercase().contains("host: staging.")).count();
    assert!(hosts > 0, "the staging site is asked too");
    assert!((1..=2).contains(&served.most_at_once()), "{} connections at a time", served.most_at_once());
    // Both sites over one connection each, the handshake that is looked at, and the old hello.
    assert!(served.connections() <= 4, "{} connections", served.connections());
    // Ten in ten seconds lock out everybody behind this address (`observed.md` 8).
    let refused = refused.load(Ordering::SeqCst);
    assert!(refused <= 5, "{refused} refusals");
}

/// A server that hangs up after each answer without a word: the next question goes over another connection, never beside
/// the old one, and nothing is asked twice.
#[test]
fn a_server_that_hangs_up_is_met_by_one_connection_after_the_other() {
    let Some(served) = serve_tls(|connection, head| {
        let path = path_of(head);
        let answer = if path == MONITORING { monitoring(|_| {}) } else { healthy(path, head.contains("application/json")) };
        let _ = connection.write_all(&answer);
        false
    }) else {
        return;
    };
    let done = audit(&served, "").run();
    assert_eq!(done.found("alerting.monitoring-api"), ["pass pass"]);
    assert!(served.connections() >= 8 && served.most_at_once() <= 2, "{} connections, {} at a time", served.connections(), served.most_at_once());
}

/// A gate in front of everything, as a proxy with a password is: each 401 counts against everybody behind this address.
#[test]
fn a_server_that_refuses_everything_is_left_alone() {
    for status in ["401 Unauthorized", "403 Forbidden"] {
        let refuse = move |_: &str, _: &str| Some(reply(status, "application/json", r#"{"code":401,"error":"unauthorized"}"#));
        let (Some(served), Some(staging)) = (cht(refuse), cht(refuse)) else { return };
        let at = [([127, 0, 0, 1], staging.port).into()];
        let more = "cht: { staging_url: \"https://staging.county-health.example\" }";
        let done = audit(&served, more).at("staging.county-health.example", 443, &at).run();
        let asked = served.heads().len() + staging.heads().len();
        assert_eq!(asked, 5, "{status}: {:?} {:?}", served.paths(), staging.paths());
        // What matters most was asked, and what was not says why.
        assert!(served.paths().contains(&MONITORING.to_owned()), "{:?}", served.paths());
        let report = done.report();
        let held: Vec<&str> = report["limits"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|limit| limit["cause"]["kind"] == "held-back")
            .filter_map(|limit| limit["message"].as_str())
            .collect();
        assert!(held.len() >= 3 && held.iter().all(|message| message.contains("refused 5 times")), "{held:?}");
        assert!(!done.passed_by_measurement().iter().any(|check| check == "security.couchdb-anonymous"), "three paths, and not all were asked");
    }
}

#[test]
fn an_older_api_is_asked_for_once_too() {
    let Some(served) = cht(|path, _| match path {
        MONITORING => Some(reply("404 Not Found", "application/json", r#"{"code":404,"error":"Not found"}"#)),
        _ => None,
    }) else {
        return;
    };
    audit(&served, "").run();
    let monitoring: Vec<String> = served.paths().into_iter().filter(|path| path.ends_with("/monitoring")).collect();
    assert_eq!(monitoring, ["/api/v2/monitoring", "/api/v1/monitoring"]);
}

#[test]
fn offline_means_that_nothing_is_sent() {
    let Some(served) = cht(|_, _| None) else { return };
    for more in [&["--offline"][..], &["--tier", "answer"], &["--tier", "files,answer"]] {
        let done = audit(&served, SITE).file(".env", "COUCHDB_USER=medic\n").with(more).run();
        assert_eq!(served.connections(), 0, "{more:?}");
        assert!(done.passed_by_measurement().is_empty(), "{more:?}");
    }
}
