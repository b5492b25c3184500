//! What a site's files say, and what its numbers say beside its description.

use jiff::{Timestamp, ToSpan, tz::TimeZone};
use serde_json::Value;

use super::{Audit, Done, audit, cht, monitoring};
use crate::captured::{MONITORING, capture_body, reply};

const COMPOSE: &str = include_str!("../../../examples/full/compose/cht-core.yml");
const COUCHDB: &str = include_str!("../../../examples/full/compose/cht-couchdb.yml");
const ENV: &str = include_str!("../../../examples/full/cht.env");
const CRONTAB: &str = include_str!("../../../examples/full/crontab.txt");
const INSTANCES: &str = include_str!("../../../examples/full/cht-instances.yml");

/// A run without a network over these files.
fn read(compose: &str, env: &str, crontab: &str, instances: &str) -> Done {
    let more = format!(
        "kind: facility\nreviewed: {{ date: {}, by: ict }}\nbackups: {{ keys_held_by: [ict, it] }}\n\
         files: {{ compose: [core.yml, couchdb.yml], env: env, crontab: crontab, watchdog_instances: instances.yml }}",
        day(0)
    );
    let audit = Audit::of("https://cht.county.example.org", &more).file("core.yml", compose).file("couchdb.yml", COUCHDB).file("env", env);
    audit.file("crontab", crontab).file("instances.yml", instances).with(&["--offline"]).run()
}

#[test]
fn files_as_the_documentation_has_them_are_good() {
    let done = read(COMPOSE, ENV, CRONTAB, INSTANCES);
    done.expect(&[
        ("restarts.restart-policy", "pass pass"),
        ("restarts.version-restart-bug", "pass pass"),
        ("alerting.monitor-present", "pass listed"),
        ("backups.automated", "pass scheduled"),
        ("backups.covers-couchdb", "pass covered"),
        ("backups.covers-env", "pass covered"),
        ("backups.key-escrow", "pass held"),
        ("renewals.tls-reload", "pass reloads"),
        ("renewals.tls-automation", "pass scheduled"),
        ("security.default-credentials", "pass pass"),
        ("security.secret-quality", "pass pass"),
        ("security.password-version", "pass enforced"),
        ("updates.supported", "pass newest"),
        ("updates.latest-patch", "pass latest"),
        ("updates.stable-build", "pass release"),
        ("updates.image-skew", "pass same"),
        // That a file opens no door says nothing of the others.
        ("security.exposed-ports", "unknown not-collected"),
    ]);
    assert_eq!(done.passed_by_measurement(), [""; 0], "a file says what it says, not what runs");
}

/// A key that this version makes nothing of says so in the report.
#[test]
fn what_is_described_and_not_used_is_told() {
    let told = |more: &str| {
        let done = Audit::of("https://cht.county.example.org", more).file("t", "x").env("USER", "u").env("PASSWORD", "p").with(&["--offline"]).run();
        let report = done.report();
        let all = report["limits"].as_array().unwrap().iter().map(|limit| limit["what"].as_str().unwrap().to_owned());
        all.filter(|what| ["login", "grafana", "residency"].contains(&what.as_str())).collect::<Vec<_>>()
    };
    assert_eq!(told("kind: cloud"), [""; 0]);
    assert_eq!(told("cht: { credentials: { user: { env: CHT_AUDIT_USER }, password: { env: CHT_AUDIT_PASSWORD } } }"), ["login"]);
    assert_eq!(told("alerting: { monitors: [ { kind: uptimerobot }, { kind: watchdog, token: { file: t } } ] }"), ["grafana"]);
    assert_eq!(told("alerting: { monitors: [ { kind: watchdog, grafana: \"https://watchdog.example.org\" } ] }"), ["grafana"]);
    assert_eq!(told("privacy: { residency: KE }"), ["residency"]);
}

#[test]
fn files_that_were_spoilt_are_told() {
    // Reference 10.2, 8.4, 10.6: a restart taken out, the database's port published, tags that do not match.
    let compose = COMPOSE.replacen("    restart: always\n", "", 1).replace("cht-sentinel:5.2.0", "cht-sentinel:5.1.0");
    let compose = compose.replace("    networks: [cht-net]\n  api:", "    ports: [\"5984:5984\"]\n    networks: [cht-net]\n  api:");
    let env = ENV.replace("example-kettle-marble-sunrise-goat-ledger-violin", "password");
    let env = env.replace("example-harbour-pencil-acacia-drum-lantern-mango", "f9053a0a-ef77-4be3-994d-87d6732600fd");
    // Reference 7.2: cron has no terminal. The passphrase stands where the server's thief finds it, and a week is seven days.
    let crontab = "0 2 * * 0 BORG_PASSPHRASE=hunter borg create /mnt/nas::x /home/ubuntu/cht/couchdb\n0 3 * * 0 cd /certbot && docker compose up && docker exec -it cht-nginx-1 nginx -s reload\n";
    let done = read(&compose, &env, crontab, "- targets:\n  - https://other.example.org\n");
    done.expect(&[
        ("restarts.restart-policy", "fail stays-down"),
        ("alerting.monitor-present", "fail not-listed"),
        ("backups.age", "fail cron-too-rare"),
        ("backups.key-escrow", "warn in-crontab"),
        ("renewals.tls-reload", "warn wants-terminal"),
        ("security.default-credentials", "fail published"),
        ("security.secret-quality", "fail published"),
        ("security.exposed-ports", "fail published"),
        ("updates.image-skew", "fail mixed"),
    ]);
    assert_eq!(done.code, Some(1));
}

/// A run over a CHT whose monitoring answer has a change.
fn changed(more: &str, change: impl Fn(&mut Value) + Send + Sync + 'static) -> Option<Done> {
    let served = cht(move |path, _| (path == MONITORING).then(|| monitoring(&change)))?;
    Some(audit(&served, more).run())
}

fn day(days: i64) -> String {
    Timestamp::now().to_zoned(TimeZone::UTC).date().checked_add(days.days()).unwrap().to_string()
}

#[test]
fn measured_numbers_are_held_against_declared_ones() {
    let host =
        |cpus: u32, free: u32| format!("hosts: [ {{ id: main, role: cht, cpus: {cpus}, disk_gb: 600, disk_free_gb: {free}, date: {}, by: ict }} ]", day(0));
    // Reference 10.5: 288 and 430 active users a CPU; four and two times the database's space.
    for (users, cpu) in [(8 * 288, "pass enough"), (8 * 430, "warn busy"), (8 * 430 + 1, "fail overloaded")] {
        let Some(done) = changed(&host(8, 100), move |body| body["connected_users"]["count"] = users.into()) else { return };
        done.expect(&[("scale.cpu-per-user", cpu)]);
    }
    for (gigabytes, disk) in [(20_u64, "pass enough"), (40, "warn tight"), (90, "fail too-little")] {
        let change = move |body: &mut Value| body["couchdb"]["medic"]["sizes"]["file"] = (gigabytes * 1_000_000_000).into();
        let Some(done) = changed(&host(8, 100), change) else { return };
        done.expect(&[("scale.disk-headroom-upgrade", disk)]);
    }
    // Reference 10.2: nothing restarted for longer than the window; a young process may have been upgraded.
    for (uptime, expected) in [(40.5 * 86_400.0, "pass none"), (3600.0, "unknown vantage")] {
        let Some(done) = changed("", move |body| body["date"]["uptime"] = uptime.into()) else { return };
        done.expect(&[("restarts.unexpected-restarts", expected)]);
    }
    // 5.2 came with CouchDB 3.5 (reference 4.2): another one is half an upgrade.
    let Some(done) = changed("", |body| body["version"]["couchdb"] = "2.3.1".into()) else { return };
    assert!(done.found("updates.image-skew")[0].ends_with(" other-database"), "{:?}", done.found("updates.image-skew"));
    let Some(done) = changed("", |_| {}) else { return };
    done.expect(&[("updates.image-skew", "unknown not-collected")]);
}

#[test]
fn when_it_was_deployed_shows_how_late_the_next_is() {
    // Reference 10.6: half a year, a year; one deploy time alone shows no rate.
    for (days, expected) in [(-20, "unknown"), (-200, "warn deployed-ageing"), (-400, "fail deployed-too-old")] {
        let at = Timestamp::now().as_millisecond() + days * 86_400_000;
        let mut info: Value = serde_json::from_str(&capture_body("cht-core-5.2.0/deploy-info-admin")).unwrap();
        info["timestamp"] = at.into();
        let answer = reply("200 OK", "application/json", &info.to_string());
        let Some(served) = cht(move |path, _| (path == "/deploy-info.json").then(|| answer.clone())) else { return };
        let found = audit(&served, "").run().found("updates.cadence");
        assert!(found.len() == 1 && found[0].starts_with(expected), "{days}: {found:?}");
    }
}

#[test]
fn a_staging_site_is_looked_at_too() {
    let staging = "staging.county-health.example";
    let run = |version: &'static str| {
        let other = cht(move |path, _| (path == MONITORING).then(|| monitoring(|body| body["version"]["app"] = version.into())))?;
        let served = cht(|_, _| None)?;
        Some(audit(&served, &format!("cht: {{ staging_url: \"https://{staging}\" }}")).at(staging, 443, &[([127, 0, 0, 1], other.port).into()]).run())
    };
    for (version, expected) in [("5.2.0", "pass ahead"), ("5.1.0", "warn older")] {
        let Some(done) = run(version) else { return };
        done.expect(&[("updates.staging", expected)]);
    }
    let Some(served) = cht(|_, _| None) else { return };
    audit(&served, "cht: { staging_url: \"https://cht.example.org/\" }").run().expect(&[("updates.staging", "fail same-server")]);
}

#[test]
fn the_certificate_that_is_served_is_held_against_the_mode() {
    let Some(served) = cht(|_, _| None) else { return };
    let mode = |mode: &str| audit(&served, &format!("renewals: {{ tls: {{ mode: {mode}, date: {}, by: ict }} }}", day(-1))).run();
    // Reference 7.1: the certificate is by "Let's Encrypt".
    mode("AUTO_GENERATE").expect(&[("renewals.mode-consistent", "pass pass")]);
    let done = mode("SELF_SIGNED");
    done.expect(&[("renewals.mode-consistent", "fail mismatch")]);
    // Reference 7.4: a name of a free dynamic service is nobody's own.
    let done = Audit::of("https://county.duckdns.org", "").with(&["--offline"]).run();
    done.expect(&[("renewals.domain-owner", "fail dynamic")]);
}

#[test]
fn headers_that_a_proxy_took_away_are_missed() {
    let login = || String::from_utf8(crate::captured::capture("reconstructed/login-page")).unwrap();
    let without = |name: &str| login().split_inclusive("\r\n").filter(|line| !line.to_lowercase().starts_with(name)).collect::<String>();
    let cookie = String::from_utf8(crate::captured::capture("cht-core-5.2.0/admin-app-anon")).unwrap().replace("; Secure", "");
    // Reference 8.7: HSTS of 180 days at least, cookies over TLS only, the rest of the headers.
    for (path, answer, expected) in [
        ("/medic/login", without("strict-transport-security:"), "fail no-hsts"),
        ("/medic/login", login().replace("max-age=31536000", "max-age=86400"), "warn short-hsts"),
        ("/medic/login", without("x-content-type-options:"), "warn missing"),
        ("/medic/login", login().replacen("\r\n", "\r\nServer: nginx/1.25.3\r\n", 1), "warn names-version"),
        ("/admin/", cookie, "fail insecure-cookie"),
    ] {
        let Some(served) = cht(move |asked, _| (asked == path).then(|| answer.clone().into_bytes())) else { return };
        audit(&served, "").run().expect(&[("security.headers", expected)]);
    }
}
