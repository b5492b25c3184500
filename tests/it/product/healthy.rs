//! A healthy CHT 5.2.0: the verdict of every check that the network alone can decide from its captured answers.

use std::{io::Write, net::SocketAddr};

use serde_json::Value;

use super::{Done, HOST, audit, cht, monitoring};
use crate::{
    captured::{self, MONITORING, reply, whole},
    support::raw_server,
};

/// Port 80 as the CHT's nginx serves it with `AUTO_GENERATE`.
fn port_80() -> SocketAddr {
    raw_server(|stream, head| {
        let challenge = head.starts_with("GET /.well-known/acme-challenge/ ");
        let redirect = || whole(&format!("HTTP/1.1 301 Moved Permanently\nServer: nginx\nLocation: https://{HOST}/"), b"<html></html>");
        let answer = if challenge { reply("200 OK", "text/html", "CERTIFICATE_MODE AUTO_GENERATE\n") } else { redirect() };
        let _ = stream.write_all(&answer);
    })
}

/// A run over a CHT that answers as captured but for its monitoring answer, which has a change.
fn changed(more: &str, change: impl Fn(&mut Value) + Send + Sync + 'static) -> Option<Done> {
    let served = cht(move |path, _| (path == MONITORING).then(|| monitoring(&change)))?;
    Some(audit(&served, more).at(HOST, 80, &[port_80()]).run())
}

/// What the network decides of a healthy 5.2.0. Supported, newest and above every version of reference 4.2; a new
/// certificate of an authority that issues to programs; the headers of `observed.md` 11; nothing open to strangers.
const HEALTHY: &[(&str, &str)] = &[
    ("alerting.monitoring-api", "pass pass"),
    ("restarts.version-restart-bug", "pass pass"),
    ("restarts.time-sync", "pass right"),
    // Nobody has connected to this fresh install: that nobody is over the limit says nothing yet.
    ("scale.doc-limit-users", "unknown vantage"),
    ("scale.sentinel-backlog", "pass keeps-up"),
    ("updates.supported", "pass newest"),
    ("updates.latest-patch", "pass latest"),
    ("updates.stable-build", "pass release"),
    ("updates.upgrade-path", "pass direct"),
    ("renewals.tls-trusted", "pass pass"),
    ("renewals.tls-expiry", "pass pass"),
    ("renewals.tls-automation", "pass pass"),
    ("renewals.acme-path", "pass pass"),
    ("security.couchdb-anonymous", "pass pass"),
    ("security.tls-config", "pass pass"),
    ("security.headers", "pass pass"),
    ("security.cors", "pass pass"),
    ("security.http-redirect", "pass pass"),
    ("security.password-version", "pass enforced"),
    ("privacy.policy-published", "warn short"),
    // Nobody has synced, so that no name could have come in yet.
    ("privacy.username-leak", "unknown vantage"),
    ("privacy.log-phi", "pass left-out"),
    // It is written since 4.20; that somebody reads it, the network cannot see.
    ("privacy.audit-trail", "warn recorded"),
    // A version that is written down agrees.
    ("disaster-recovery.version-pinned", "pass same"),
];

#[test]
fn a_healthy_cht_is_seen_to_be_healthy() {
    let Some(done) = changed("kind: facility\ncht: { version: 5.2.0 }", |_| {}) else { return };
    done.expect(HEALTHY);
    // Nobody synced since the API began: nothing can be said of how fast they do (reference 10.5, our own minimum).
    done.expect(&[("scale.replication-apdex", "unknown vantage"), ("scale.cpu-per-user", "unknown vantage")]);
    assert!(done.report()["findings"].as_array().unwrap().iter().all(|finding| !finding["contradicted"].as_bool().unwrap()));
    // Backups are not known: that is no pass of the gate.
    assert_eq!(done.code, Some(4), "{}", done.stderr);
}

#[test]
fn a_privacy_policy_is_more_than_a_page() {
    let policy = |text: &str| {
        let page = format!("<!DOCTYPE html><html><body><p>{text}</p></body></html>");
        captured::capture_with("reconstructed/privacy-policy", &page)
    };
    let none = || captured::capture("reconstructed/privacy-policy-none");
    // Reference 10.9: more than 500 characters, and no filler.
    let cases = [
        (policy(&"We keep what you tell us. ".repeat(30)), "pass published"),
        (policy("We keep it."), "warn short"),
        (policy(&"Lorem ipsum dolor sit amet. ".repeat(30)), "warn filler"),
        (none(), "fail absent"),
        (reply("404 Not Found", "text/html", "<html>nginx</html>"), "unknown not-understood"),
    ];
    for (answer, expected) in cases {
        let Some(served) = cht(move |path, _| (path == "/medic/privacy-policy").then(|| answer.clone())) else { return };
        audit(&served, "kind: facility").run().expect(&[("privacy.policy-published", expected)]);
    }
}

#[test]
fn what_strangers_are_shown_is_told() {
    let metrics = |lines: &str| {
        captured::capture_with("cht-core-5.2.0/express-metrics-anon", &format!("{}\n{lines}", captured::capture_body("cht-core-5.2.0/express-metrics-anon")))
    };
    let couchdb = || reply("200 OK", "application/json", r#"["_users","medic","medic-sentinel"]"#);
    let reflects = || {
        whole(
            "HTTP/1.1 200 OK\nContent-Type: application/json\nAccess-Control-Allow-Origin: https://example.invalid\nAccess-Control-Allow-Credentials: true",
            br#"{"version":"0.1.0"}"#,
        )
    };
    let deployed = captured::capture_body("cht-core-5.2.0/deploy-info-admin").replace("\"user\": \"\"", "\"user\": \"amina\"");
    let cases: [(&str, Vec<u8>, &str, &str); 5] = [
        ("/_all_dbs", couchdb(), "security.couchdb-anonymous", "fail open"),
        ("/api/info", reflects(), "security.cors", "fail reflected"),
        ("/deploy-info.json", reply("200 OK", "application/json", &deployed), "privacy.username-leak", "warn deployer"),
        ("/api/v1/express-metrics", metrics(USERS), "privacy.username-leak", "fail names"),
        ("/api/v1/express-metrics", metrics(SYNC), "privacy.username-leak", "pass clean"),
    ];
    for (at, answer, check, expected) in cases {
        let Some(served) = cht(move |path, _| (path == at).then(|| answer.clone())) else { return };
        audit(&served, "kind: facility").run().expect(&[(check, expected), ("alerting.monitoring-api", "pass pass")]);
    }
}

/// One phone has synced, and its user is not named.
const SYNC: &str = "cht_api_http_request_duration_seconds_count{method=\"GET\",route=\"/api/v1/replication/get-ids\",code=\"200\"} 1\n";

/// Paths of the API that name users, as the metrics list them (reference 2.4).
const USERS: &str = "cht_api_http_request_duration_seconds_count{method=\"GET\",route=\"/api/v1/users/amina\",code=\"200\"} 3
cht_api_http_request_duration_seconds_count{method=\"GET\",route=\"/_users/org.couchdb.user:baraka\",code=\"200\"} 1
cht_api_http_request_duration_seconds_count{method=\"GET\",route=\"/medic-user-chiku-meta/\",code=\"200\"} 1
";

#[test]
fn how_fast_phones_sync_is_told() {
    // Reference 10.5: Apdex of the first step, satisfied under 180 s, tolerated under 360; 0.94 and 0.85; 20 syncs at least.
    let syncs = |under_180: u32, under_360: u32, all: u32| {
        let line = |suffix: &str, more: &str, value: u32| {
            format!("cht_api_http_request_duration_seconds_{suffix}{{{more}method=\"GET\",route=\"/api/v1/replication/get-ids\",code=\"200\"}} {value}\n")
        };
        [line("bucket", "le=\"180\",", under_180), line("bucket", "le=\"360\",", under_360), line("bucket", "le=\"+Inf\",", all), line("count", "", all)]
            .concat()
    };
    for (lines, expected) in [
        (syncs(100, 100, 100), "pass quick"),
        (syncs(90, 98, 100), "pass quick"),
        (syncs(85, 90, 100), "warn uneven"),
        (syncs(50, 60, 100), "fail slow"),
        (syncs(19, 19, 19), "unknown vantage"),
    ] {
        let answer = captured::capture_with("cht-core-5.2.0/express-metrics-anon", &lines);
        let Some(served) = cht(move |path, _| (path == "/api/v1/express-metrics").then(|| answer.clone())) else { return };
        audit(&served, "kind: facility").run().expect(&[("scale.replication-apdex", expected)]);
    }
}

#[test]
fn a_description_that_the_server_refutes_is_contradicted() {
    let more = "kind: facility\ncht: { version: 5.1.0 }\nreviewed: { date: 2026-11-20, by: ict }\nanswers: { updates.supported: { answer: yes, date: 2026-11-20, by: ict } }";
    let Some(done) = changed(more, |body| body["version"]["app"] = "5.0.3".into()) else { return };
    // 5.0 ended on 2026-05-26, more than 90 days ago.
    done.expect(&[("updates.supported", "fail ended")]);
    let report = done.report();
    let supported = report["findings"].as_array().unwrap().iter().find(|finding| finding["check"] == "updates.supported").unwrap().clone();
    assert_eq!((&supported["contradicted"], &supported["basis"], &supported["tier"]), (&true.into(), &"measured".into(), &"network".into()));
    assert_eq!(supported["other"]["by"], "ict");
    assert_eq!(report["findings"][0]["contradicted"], true, "contradictions come first");
    assert_eq!(done.code, Some(1));
}

#[test]
fn an_old_cht_is_told_of_what_it_lacks() {
    let change = |body: &mut Value| {
        body["version"]["app"] = "4.9.0".into();
        body["version"]["couchdb"] = "3.3.3".into();
        body.as_object_mut().unwrap().remove("replication_failure");
        for database in body["couchdb"].as_object_mut().unwrap().values_mut() {
            for newer in ["sizes", "view_indexes", "nouveau_indexes"] {
                database.as_object_mut().unwrap().remove(newer);
            }
        }
    };
    let Some(done) = changed("kind: facility", change) else { return };
    done.expect(&[
        ("alerting.monitoring-api", "pass pass"),
        // 4.0.1 to 4.9.0: a restart of CouchDB takes the CHT down; one node or many is not known.
        ("restarts.version-restart-bug", "fail affected"),
        ("updates.supported", "fail ended"),
        ("updates.stable-build", "pass release"),
        // Rate limits since 4.6, forced change of passwords since 4.17.
        ("security.password-version", "warn limits-only"),
        // Request bodies in HAProxy's log before 4.20; no audit database before it either.
        ("privacy.log-phi", "fail bodies-logged"),
        ("privacy.audit-trail", "fail no-trail"),
        ("scale.sentinel-backlog", "pass keeps-up"),
    ]);
    assert_eq!(done.code, Some(1));
}

#[test]
fn a_clock_that_is_off_is_told() {
    let off = |seconds: i64| move |body: &mut Value| body["date"]["current"] = (body["date"]["current"].as_i64().unwrap() + seconds * 1000).into();
    for (seconds, expected) in [(60, "warn"), (-60, "warn"), (301, "fail"), (-4000, "fail")] {
        let Some(done) = changed("kind: facility", off(seconds)) else { return };
        let found = done.found("restarts.time-sync");
        assert!(found.len() == 1 && found[0].starts_with(expected), "{seconds} s: {found:?}");
    }
}

#[test]
fn a_build_that_is_no_release_is_told() {
    for (version, expected) in [("5.2.0-beta.1", "fail"), ("5.2.0-FR-dhis2", "warn"), ("5.2.0-9123-branch.456", "fail")] {
        let Some(done) = changed("kind: facility", move |body| body["version"]["app"] = version.into()) else { return };
        let found = done.found("updates.stable-build");
        assert!(found.len() == 1 && found[0].starts_with(expected), "{version}: {found:?}");
    }
}
