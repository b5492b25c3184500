//! Secrets stay where they are: a canary in every place that the program reads, and in none that it writes.

use std::{io::Write, path::Path};

use super::{Audit, Done, HOST, audit, cht};
use crate::{
    captured::{MONITORING, reply, whole},
    support::raw_server,
};

/// Long enough never to stand anywhere by chance.
const CANARY: &str = "Kanarie7f3a91c4e2";

/// Nothing that was printed or written holds the canary, plain or in the ways that secrets travel.
fn keeps_quiet(what: &str, done: &Done, files: &[&Path]) {
    let mut all = vec![("stdout".to_owned(), done.stdout.clone()), ("stderr".to_owned(), done.stderr.clone().into_bytes())];
    all.extend(files.iter().map(|file| (file.display().to_string(), std::fs::read(file).unwrap())));
    let base64 = ["S2FuYXJpZTdmM2E5MWM0ZTI", "thbmFyaWU3ZjNhOTFjNGUy", "LYW5hcmllN2YzYTkxYzRlM"];
    for (name, bytes) in all {
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.to_lowercase().contains(&CANARY.to_lowercase()), "{what}: {name} holds the canary");
        assert!(!base64.iter().any(|coded| text.contains(coded)), "{what}: {name} holds the canary in base64");
    }
}

/// A folder full of canaries.
fn planted(audit: Audit) -> Audit {
    let env =
        format!("COUCHDB_USER=medic\nCOUCHDB_PASSWORD={CANARY}\nCOUCHDB_SECRET={CANARY}{CANARY}\nCOUCHDB_UUID={CANARY}\nCERTIFICATE_MODE=AUTO_GENERATE\n");
    let crontab = format!(
        "RESTIC_PASSWORD={CANARY}\nMAILTO={CANARY}@example.org\n0 2 * * * root BORG_PASSPHRASE={CANARY} borg create /mnt/nas::x /srv && curl -fsS https://user:{CANARY}@hc.example.org/{CANARY}\n\
         5 3 * * * root PGPASSWORD='{CANARY}' pg_dump > /backup/x.sql\n"
    );
    let compose = format!(
        "services:\n  api:\n    image: public.ecr.aws/medic/cht-api:5.2.0\n    restart: always\n    environment:\n      COUCH_URL: http://medic:{CANARY}@haproxy:5984/medic\n      X: ${{COUCHDB_PASSWORD}}\n      COUCHDB_PASSWORD: {CANARY}\n      COUCHDB_SECRET: ${{COUCHDB_PASSWORD}}\n"
    );
    let values = format!(
        "cht_image_tag: 5.2.0\ncouchdb:\n  password: &canary {CANARY}\n  secret: {CANARY}{CANARY}\n  uuid: {CANARY}\nnodes: {{ node-1: *canary }}\nextra: {CANARY}\n"
    );
    let audit = audit
        .file("values.yaml", values)
        .file(".env", env)
        .file("crontab.txt", crontab)
        .file("cht.yml", compose)
        .file("restic.key", CANARY)
        .file("grafana.token", CANARY);
    let audit = audit.file("records/drill.txt", CANARY).file("cht-instances.yml", format!("- targets:\n  - https://user:{CANARY}@{HOST}\n"));
    audit.env("USER", CANARY).env("PASSWORD", CANARY)
}

const DESCRIBED: &str = "kind: facility
reviewed: { date: 2026-11-01, by: ict }
files: { compose: [cht.yml], env: .env, crontab: crontab.txt, helm_values: values.yaml, watchdog_instances: cht-instances.yml }
cht: { credentials: { user: { env: CHT_AUDIT_USER }, password: { env: CHT_AUDIT_PASSWORD } } }
alerting: { monitors: [ { kind: watchdog, grafana: \"https://watchdog.example.org\", token: { file: grafana.token } } ] }
backups:
  copies: [ { id: nas, kind: restic, repository: /mnt/nas/cht, password: { file: restic.key }, place: other-town } ]
answers: { disaster-recovery.exercise: { answer: yes, date: 2026-10-15, by: ict, record: records/drill.txt } }
";

#[test]
fn no_secret_leaves_by_any_output() {
    // A server that sends it as well: in cookies and in the query of a redirect.
    let Some(served) = cht(|path, _| {
        let bait = || format!("HTTP/1.1 302 Found\nLocation: /medic/login?redirect=%2F&token={CANARY}#{CANARY}\nSet-Cookie: AuthSession={CANARY}; Path=/");
        (path != MONITORING).then(|| whole(&bait(), CANARY.as_bytes()))
    }) else {
        return;
    };
    let on_80 = raw_server(|stream, _| drop(stream.write_all(&reply("200 OK", "text/html", CANARY))));
    for format in ["json", "table"] {
        let run = planted(audit(&served, DESCRIBED)).at(HOST, 80, &[on_80]).env("OUTPUT", format).with(&["--record", "evidence.json"]);
        let done = run.run();
        assert!(matches!(done.code, Some(1 | 4)), "{:?} {}", done.code, done.stderr);
        keeps_quiet(format, &done, &[&run.path("evidence.json")]);
        // The files were read: it is not by looking away that nothing is told.
        let evidence: serde_json::Value = serde_json::from_slice(&std::fs::read(run.path("evidence.json")).unwrap()).unwrap();
        for (kind, file) in
            [("env", ".env"), ("crontab", "crontab.txt"), ("compose", "cht.yml"), ("helm_values", "values.yaml"), ("watchdog_instances", "cht-instances.yml")]
        {
            assert!(evidence[kind][file]["result"]["seen"].is_object(), "{kind}: {}", evidence[kind]);
        }
    }
    for head in served.heads() {
        assert!(!head.contains(CANARY) && !head.to_lowercase().contains("authorization"), "no login is sent where none is needed: {head}");
    }
    for more in [&["--dry-run"][..], &["--offline"], &["--offline", "--tier", "files"]] {
        keeps_quiet(&more.join(" "), &planted(audit(&served, DESCRIBED)).with(more).run(), &[]);
    }
}

#[test]
fn a_secret_that_is_written_out_is_refused_and_not_repeated() {
    for (what, url, more) in [
        ("in the address", format!("https://medic:{CANARY}@{HOST}"), String::new()),
        ("as a password", format!("https://{HOST}"), format!("cht: {{ credentials: {{ user: {{ env: CHT_AUDIT_USER }}, password: {CANARY} }} }}")),
        (
            "as a token",
            format!("https://{HOST}"),
            format!("alerting: {{ monitors: [ {{ kind: watchdog, grafana: \"https://w.example.org\", token: {CANARY} }} ] }}"),
        ),
        (
            "in a monitor's address",
            format!("https://{HOST}"),
            format!("alerting: {{ monitors: [ {{ kind: watchdog, grafana: \"https://a:{CANARY}@w.example.org\" }} ] }}"),
        ),
        ("in a staging address", format!("https://{HOST}"), format!("cht: {{ staging_url: \"https://a:{CANARY}@w.example.org\" }}")),
        (
            "in a mapping of a secret",
            format!("https://{HOST}"),
            format!("cht: {{ credentials: {{ user: {{ env: CHT_AUDIT_USER }}, password: {{ value: {CANARY} }} }} }}"),
        ),
    ] {
        let done = Audit::of(&url, &more).run();
        assert_eq!(done.code, Some(3), "{what}: {}", done.stderr);
        keeps_quiet(what, &done, &[]);
    }
}

#[test]
fn a_file_that_is_no_description_is_not_repeated_either() {
    // Somebody names the wrong file: its lines are shown only where they are a description's.
    for content in [
        format!("COUCHDB_PASSWORD={CANARY}\n"),
        CANARY.to_owned(),
        format!("password: {CANARY}\n"),
        format!("name: x\nurl: https://{HOST}\npassword: {CANARY}\n"),
    ] {
        let done = Audit::of("https://x.example.org", "").file("site.yaml", &content).run();
        assert_eq!(done.code, Some(3), "{content}");
        keeps_quiet(&content, &done, &[]);
    }
}
