//! Servers that are not well, and servers that are no CHT (reference 11.4): no check passes on what they say.

use super::{Done, audit, cht, monitoring};
use crate::captured::{MONITORING, capture, reply, whole};

/// What TLS and port 80 alone decide: it holds whatever stands behind them.
const BY_TLS: &[&str] = &["renewals.tls-trusted", "renewals.tls-expiry", "renewals.tls-automation", "security.tls-config"];

/// What rests on an answer of the CHT itself.
const BY_THE_CHT: &[&str] = &[
    "restarts.version-restart-bug",
    "restarts.time-sync",
    "scale.doc-limit-users",
    "scale.sentinel-backlog",
    "scale.replication-apdex",
    "updates.supported",
    "updates.latest-patch",
    "updates.stable-build",
    "updates.upgrade-path",
    "security.headers",
    "security.cors",
    "security.password-version",
    "privacy.policy-published",
    "privacy.username-leak",
    "privacy.log-phi",
    "privacy.audit-trail",
];

/// A run over a server that answers everything with `answer`.
fn always(answer: impl Fn(bool) -> Vec<u8> + Send + Sync + 'static) -> Option<Done> {
    let served = cht(move |_, head| Some(answer(head.contains("application/json"))))?;
    Some(audit(&served, "kind: facility").run())
}

/// Nothing but TLS passes, and each of the CHT's checks is unknown for one of these causes.
fn is_unknown(done: &Done, causes: &[&str]) {
    let passed: Vec<String> = done.passed_by_measurement().into_iter().filter(|check| !BY_TLS.contains(&check.as_str())).collect();
    assert!(passed.is_empty(), "these pass on a server that is not well: {passed:?}");
    for check in BY_THE_CHT {
        let found = done.found(check);
        assert!(found.iter().all(|line| causes.iter().any(|cause| line == &format!("unknown {cause}"))), "{check}: {found:?}");
    }
    for check in BY_TLS {
        assert!(done.found(check).iter().all(|line| line.starts_with("pass")), "{check}: {:?}", done.found(check));
    }
}

#[test]
fn numbers_that_could_not_be_computed_are_not_good_ones() {
    let served = cht(|path, _| {
        (path == MONITORING).then(|| {
            monitoring(|body| {
                body["sentinel"]["backlog"] = (-1).into();
                body["replication_limit"]["count"] = (-1).into();
            })
        })
    });
    let Some(served) = served else { return };
    audit(&served, "").run().expect(&[
        ("alerting.monitoring-api", "warn not-computed"),
        ("scale.sentinel-backlog", "unknown not-computed"),
        ("scale.doc-limit-users", "unknown not-computed"),
        // What is there is judged all the same.
        ("updates.supported", "pass newest"),
        ("restarts.time-sync", "pass right"),
        ("privacy.log-phi", "pass left-out"),
    ]);
}

#[test]
fn a_dead_database_behind_a_200_is_found() {
    // `observed.md` 3: every number -1, every text of the database empty, every list empty; the version stays.
    fn dead(value: &mut serde_json::Value) {
        match value {
            serde_json::Value::Number(number) => *number = (-1).into(),
            serde_json::Value::String(text) => text.clear(),
            serde_json::Value::Array(list) => list.clear(),
            serde_json::Value::Object(map) => map.values_mut().for_each(dead),
            _ => {}
        }
    }
    let served = cht(|path, _| {
        (path == MONITORING).then(|| {
            monitoring(|body| {
                let (clock, app) = (body["date"].clone(), body["version"]["app"].clone());
                dead(body);
                body["date"] = clock;
                body["version"]["app"] = app;
            })
        })
    });
    let Some(served) = served else { return };
    let done = audit(&served, "").run();
    done.expect(&[
        ("alerting.monitoring-api", "fail database-away"),
        ("scale.sentinel-backlog", "unknown database-down"),
        ("scale.doc-limit-users", "unknown database-down"),
        ("scale.cpu-per-user", "unknown database-down"),
        ("updates.supported", "pass newest"),
    ]);
    assert_eq!(done.code, Some(1));
}

#[test]
fn a_search_service_that_is_down_shows_by_an_empty_list_alone() {
    let served = cht(|path, _| (path == MONITORING).then(|| monitoring(|body| body["couchdb"]["medic"]["nouveau_indexes"] = serde_json::json!([]))));
    let Some(served) = served else { return };
    audit(&served, "").run().expect(&[("alerting.monitoring-api", "warn no-search"), ("scale.sentinel-backlog", "pass keeps-up")]);
}

#[test]
fn a_cht_that_starts_is_told_as_such() {
    // JSON is told so; a browser gets the page of the start (`observed.md` 2).
    let Some(done) =
        always(|json| if json { reply("503 Service Unavailable", "application/json", r#"{"error":"Service unavailable"}"#) } else { start_page() })
    else {
        return;
    };
    is_unknown(&done, &["starting", "not-understood"]);
    done.expect(&[("alerting.monitoring-api", "unknown starting"), ("security.couchdb-anonymous", "unknown starting")]);
}

fn start_page() -> Vec<u8> {
    reply("200 OK", "text/html; charset=utf-8", "<!DOCTYPE html><html><head><title>CHT</title></head><body>Starting the CHT: Installing 12%</body></html>")
}

#[test]
fn the_page_of_the_start_is_no_answer() {
    let Some(done) = always(|_| start_page()) else { return };
    is_unknown(&done, &["not-understood"]);
    done.expect(&[("alerting.monitoring-api", "unknown not-understood"), ("security.couchdb-anonymous", "unknown not-understood")]);
}

#[test]
fn a_database_that_is_down_is_told_from_an_api_that_is() {
    let haproxy = r#"{"error":"503 Service Unavailable","reason":"No server is available to handle this request","server":"haproxy"}"#;
    let Some(done) = always(move |_| reply("503 Service Unavailable", "application/json", haproxy)) else { return };
    is_unknown(&done, &["database-down"]);
    done.expect(&[("alerting.monitoring-api", "fail database-away"), ("security.couchdb-anonymous", "unknown database-down")]);
    assert_eq!(done.code, Some(1));

    let answers: [fn(bool) -> Vec<u8>; 2] = [
        |_| capture("front/tls-front-bad-gateway"),
        |json| {
            if json {
                reply("502 Bad Gateway", "application/json", r#"{"type":"ERROR","error":"502 Bad Gateway","server":"nginx"}"#)
            } else {
                capture("front/tls-front-bad-gateway")
            }
        },
    ];
    for answer in answers {
        let Some(done) = always(answer) else { return };
        is_unknown(&done, &["api-down"]);
        done.expect(&[("alerting.monitoring-api", "fail api-away"), ("security.couchdb-anonymous", "unknown api-down")]);
        assert_eq!(done.code, Some(1));
    }
}

#[test]
fn a_server_that_leads_everybody_to_the_login_says_nothing_more() {
    let Some(done) = always(|_| whole("HTTP/1.1 302 Found\nLocation: /medic/login?redirect=%2F\nSet-Cookie: login=force; Path=/; Secure; SameSite=Lax", b""))
    else {
        return;
    };
    // That a stranger is sent to log in is what couchdb-anonymous asks for.
    done.expect(&[("alerting.monitoring-api", "unknown status"), ("security.couchdb-anonymous", "pass pass")]);
    let passed: Vec<String> = done.passed_by_measurement().into_iter().filter(|check| !BY_TLS.contains(&check.as_str())).collect();
    assert_eq!(passed, ["security.couchdb-anonymous"]);
}

#[test]
fn a_server_that_asks_to_slow_down_is_left_alone() {
    let Some(served) = cht(|_, _| Some(reply("429 Too Many Requests", "text/plain", "Too Many Requests"))) else { return };
    let done = audit(&served, "kind: facility").run();
    is_unknown(&done, &["rate-limited"]);
    done.expect(&[("alerting.monitoring-api", "unknown rate-limited"), ("security.couchdb-anonymous", "unknown rate-limited")]);
    assert_eq!(served.paths().len(), 1, "{:?}", served.paths());
}

#[test]
fn on_a_captive_portal_nothing_passes() {
    let portal =
        || reply("200 OK", "text/html", "<html><head><title>Welcome to AirportNet</title></head><body><form action=\"/login\">Accept</form></body></html>");
    let Some(served) = cht(move |_, _| Some(portal())) else { return };
    let on_80 = crate::support::raw_server(move |stream, _| {
        let _ = std::io::Write::write_all(stream, &portal());
    });
    // Its certificate is its own.
    let at = std::net::SocketAddr::from(([127, 0, 0, 1], served.port));
    let done =
        super::Audit::of("https://cht.health.example", "kind: facility").at("cht.health.example", 443, &[at]).at("cht.health.example", 80, &[on_80]).run();
    done.expect(&[
        ("alerting.monitoring-api", "unknown not-understood"),
        ("security.couchdb-anonymous", "unknown not-understood"),
        ("security.headers", "unknown not-understood"),
        ("privacy.policy-published", "unknown not-understood"),
        ("security.http-redirect", "fail content"),
    ]);
    assert!(done.found("renewals.tls-trusted").iter().all(|line| line.starts_with("fail")), "{:?}", done.found("renewals.tls-trusted"));
    assert_eq!(done.passed_by_measurement(), [""; 0]);
    assert_eq!(done.code, Some(1));
}
