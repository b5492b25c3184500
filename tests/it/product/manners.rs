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

/// A CHT that takes its time for every answer: whatever looks at it at the same time meets there. How many connections it
/// saw at a time, and how many requests it refused.
fn met_at_once() -> Option<(usize, usize)> {
    let refused = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&refused);
    let served = serve_tls(move |connection, head| {
        std::thread::sleep(Duration::from_millis(50));
        let path = path_of(head);
        let answer = if path == MONITORING { monitoring(|_| {}) } else { healthy(path, head.contains("application/json")) };
        counted.fetch_add(usize::from(answer.starts_with(b"HTTP/1.1 401")), Ordering::SeqCst);
        connection.write_all(&answer).is_ok()
    })?;
    // The staging site is another name for the same address: its look waits for a place too.
    let at = [([127, 0, 0, 1], served.port).into()];
    let more = "kind: facility\ncht: { staging_url: \"https://staging.county-health.example\" }";
    let done = audit(&served, more).at("staging.county-health.example", 443, &at).run();
    assert_eq!(done.found("alerting.monitoring-api"), ["pass pass"]);
    let hosts = served.heads().iter().filter(|head| head.to_lowercase().contains("host: staging.")).count();
    assert!(hosts > 0, "the staging site is asked too");
    Some((served.most_at_once(), refused.load(Ordering::SeqCst)))
}

#[test]
fn a_slow_server_is_not_met_by_a_crowd() {
    // The client may, on a machine that is very busy, open a connection that it then does not use; three times in a row it
    // does not. Without the places that an address grants, three looks meet every time.
    let mut fewest = usize::MAX;
    for _ in 0..3 {
        let Some((at_once, refused)) = met_at_once() else { return };
        // Ten in ten seconds lock out everybody behind this address (`observed.md` 8).
        assert!(refused <= 5, "{refused} refusals");
        fewest = fewest.min(at_once);
        if fewest <= 2 {
            break;
        }
    }
    assert!((1..=2).contains(&fewest), "{fewest} connections at a time");
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
