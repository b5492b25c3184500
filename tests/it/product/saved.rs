//! Evidence and saved runs from anywhere: what cannot be read is refused, and what is absurd is bounded.

use serde_json::{Value, json};

use super::{Audit, Done, HOST, audit, cht};

/// Evidence of a healthy CHT, and the report made of it.
fn recorded() -> Option<(Value, Vec<u8>)> {
    let served = cht(|_, _| None)?;
    let run =
        audit(&served, SITE).file("env", "COUCHDB_USER=medic\n").file("crontab", "0 2 * * * root restic backup /srv\n").with(&["--record", "evidence.json"]);
    let done = run.run();
    assert!(matches!(done.code, Some(1 | 4)), "{}", done.stderr);
    let evidence = serde_json::from_slice(&std::fs::read(run.path("evidence.json")).unwrap()).unwrap();
    Some((evidence, done.stdout))
}

const SITE: &str = "kind: facility\nfiles: { env: env, crontab: crontab }";

/// What is judged of this bundle, without a network.
fn judge(bundle: impl AsRef<[u8]>, more: &[&str]) -> Done {
    Audit::of(&format!("https://{HOST}"), SITE)
        .file("env", "")
        .file("crontab", "")
        .file("bundle.json", bundle)
        .with(&["--evidence", "bundle.json"])
        .with(more)
        .run()
}

/// Refused as an input, in one line that names the file, within bounds.
fn is_refused(what: &str, done: &Done, file: &str) {
    assert_eq!(done.code, Some(3), "{what}: {}", done.stderr);
    assert!(done.stdout.is_empty() && done.stderr.starts_with(&format!("{file}: ")) && done.stderr.len() < 1000, "{what}: {}", done.stderr);
    assert!(done.peak < 300_000 && done.took.as_secs() < 20, "{what}: {} kB, {:?}", done.peak, done.took);
}

#[test]
fn recorded_evidence_is_judged_as_it_was_live() {
    let Some((evidence, report)) = recorded() else { return };
    let live: Value = serde_json::from_slice(&report).unwrap();
    let done = judge(evidence.to_string(), &[]);
    let verdicts = |report: &Value| -> Vec<(Value, Value, Value)> {
        let findings = report["findings"].as_array().unwrap().iter();
        let mut all: Vec<_> = findings.map(|it| (it["check"].clone(), it["subject"].clone(), json!([it["verdict"], it["message_id"], it["basis"]]))).collect();
        all.sort_by_key(|(check, subject, _)| format!("{check} {subject}"));
        all
    };
    assert_eq!(verdicts(&live), verdicts(&done.report()));
    assert_eq!(done.report()["run"]["mode"], "recorded");
}

#[test]
fn what_is_no_evidence_is_refused() {
    let Some((evidence, report)) = recorded() else { return };
    let whole = evidence.to_string();
    let edited = |change: fn(&mut Value)| {
        let mut value = evidence.clone();
        change(&mut value);
        value.to_string()
    };
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    for (what, bytes) in [
        ("empty", String::new()),
        ("cut", whole[..whole.len() / 2].to_owned()),
        ("doubled", format!("{whole}{whole}")),
        ("a report", String::from_utf8(report).unwrap()),
        ("another schema", edited(|value| value["schema"] = "cht-audit/evidence/2".into())),
        ("no schema", edited(|value| drop(value.as_object_mut().unwrap().remove("schema")))),
        ("schema is a number", edited(|value| value["schema"] = 1.into())),
        ("a list", "[]".to_owned()),
        ("null", "null".to_owned()),
        ("text", "schema: cht-audit/evidence/1-draft\n".to_owned()),
        ("deep", nested(200_000)),
        ("deep inside", whole.replacen("\"cht\":{", &format!("\"cht\":{{\"x\":{},", nested(200_000)), 1)),
        ("a date that is none", edited(|value| value["collected"] = "2026-13-45T99:00:00Z".into())),
        ("a date beyond time", edited(|value| value["collected"] = "99999-01-01T00:00:00Z".into())),
        ("a number too many", whole.replacen("\"took_ms\":", "\"took_ms\":1e999,\"x\":", 1)),
        ("less than nothing", whole.replacen("\"took_ms\":", "\"took_ms\":-1,\"x\":", 1)),
        ("an unknown vantage", edited(|value| value["vantage"] = "moon".into())),
    ] {
        is_refused(what, &judge(bytes, &[]), "bundle.json");
    }
    is_refused("not UTF-8", &judge(b"\xff\xfe{}", &[]), "bundle.json");
    let padded = format!("{whole}{}", " ".repeat(40 << 20));
    is_refused("40 MB", &judge(padded, &[]), "bundle.json");
    let long = format!("[{}]", "0,".repeat(16 << 20));
    is_refused("32 MB of numbers", &judge(long, &[]), "bundle.json");
}

#[test]
fn evidence_of_tomorrow_is_none() {
    let Some((evidence, _)) = recorded() else { return };
    let done = judge(evidence.to_string(), &["--as-of", "2026-01-01"]);
    for check in ["alerting.monitoring-api", "renewals.tls-trusted", "security.headers", "updates.supported"] {
        let found = done.found(check);
        assert!(["unknown future", "unknown not-collected"].contains(&found[0].as_str()), "{check}: {found:?}");
    }
    assert!(done.passed_by_measurement().is_empty());
    // Each entry on its own: one that says it was seen in a hundred years is not believed today.
    let mut late = evidence;
    set_instants(&mut late, "2126-01-01T00:00:00Z");
    let done = judge(late.to_string(), &[]);
    assert!(done.passed_by_measurement().is_empty(), "{:?}", done.passed_by_measurement());
    assert!(matches!(done.code, Some(4)), "{:?} {}", done.code, done.stderr);
}

fn set_instants(value: &mut Value, to: &str) {
    each(value, &mut |value| {
        if value.as_str().is_some_and(|text| text.parse::<jiff::Timestamp>().is_ok()) {
            *value = to.into();
        }
    });
}

/// The entries of one kind of evidence.
fn entries<'a>(bundle: &'a mut Value, kind: &str) -> impl Iterator<Item = &'a mut Value> {
    bundle.get_mut(kind).and_then(Value::as_object_mut).into_iter().flat_map(|map| map.values_mut())
}

/// Every leaf of a tree.
fn each(value: &mut Value, change: &mut impl FnMut(&mut Value)) {
    match value {
        Value::Array(list) => list.iter_mut().for_each(|value| each(value, change)),
        Value::Object(map) => map.values_mut().for_each(|value| each(value, change)),
        leaf => change(leaf),
    }
}

#[test]
fn absurd_facts_end_in_a_verdict() {
    let Some((evidence, _)) = recorded() else { return };
    let evil = "\u{1b}[2J\u{202e}x".repeat(50);
    for number in [0_u64, 1, 255, u64::from(u32::MAX), i64::MAX.unsigned_abs(), u64::MAX] {
        let mut bundle = evidence.clone();
        each(&mut bundle, &mut |leaf| {
            if leaf.is_number() {
                *leaf = number.into();
            }
        });
        // Too large for its field is no evidence; else it is judged.
        let done = judge(bundle.to_string(), &[]);
        assert!(matches!(done.code, Some(1 | 3 | 4)), "{number}: {:?} {}", done.code, done.stderr);
    }
    for instant in ["-009999-01-02T01:59:59Z", "1970-01-01T00:00:00Z", "9999-12-30T22:00:00Z"] {
        let mut bundle = evidence.clone();
        set_instants(&mut bundle, instant);
        let done = judge(bundle.to_string(), &[]);
        assert!(matches!(done.code, Some(1 | 3 | 4)), "{instant}: {:?} {}", done.code, done.stderr);
    }
    // Only inside facts: when it was seen stays.
    for instant in ["-009999-01-02T01:59:59Z", "9999-12-30T22:00:00Z"] {
        let mut bundle = evidence.clone();
        for kind in ["tls", "cht", "registration"] {
            for entry in entries(&mut bundle, kind) {
                set_instants(&mut entry["result"], instant);
            }
        }
        let done = judge(bundle.to_string(), &[]);
        assert!(matches!(done.code, Some(1 | 4)), "{instant}: {:?} {}", done.code, done.stderr);
    }
    let mut bundle = evidence.clone();
    for kind in ["tls", "cht", "env", "crontab"] {
        for entry in entries(&mut bundle, kind) {
            each(&mut entry["result"], &mut |leaf| {
                if leaf.as_str().is_some_and(|text| text.parse::<jiff::Timestamp>().is_err()) {
                    *leaf = evil.as_str().into();
                }
            });
        }
    }
    let text = bundle.to_string();
    for format in ["json", "table"] {
        let done = judge(&text, &["-o", format]);
        assert!(matches!(done.code, Some(1 | 3 | 4)), "{:?} {}", done.code, done.stderr);
        let raw: Vec<char> = String::from_utf8(done.stdout).unwrap().chars().chain(done.stderr.chars()).filter(|c| c.is_control() && *c != '\n').collect();
        assert!(raw.is_empty(), "{format}: {raw:?}");
    }
}

#[test]
fn a_saved_run_is_drawn_or_refused() {
    let Some((evidence, report)) = recorded() else { return };
    let draw = |bytes: &[u8]| {
        let audit = Audit::of(&format!("https://{HOST}"), "").file("run.json", bytes).env("OUTPUT", "table");
        audit.report("run.json").run()
    };
    let done = draw(&report);
    assert!(done.code == Some(0) && done.stdout.len() > 1000, "{:?} {}", done.code, done.stderr);
    let text = String::from_utf8(report.clone()).unwrap();
    let nested = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    for (what, bytes) in [
        ("cut", text[..text.len() / 2].to_owned()),
        ("evidence", evidence.to_string()),
        ("another schema", text.replacen("cht-audit/report/1-draft", "cht-audit/report/9", 1)),
        ("deep", nested.clone()),
        ("deep inside", text.replacen("\"args\": {", &format!("\"args\": {{\"x\": {nested},"), 1)),
        ("an unknown verdict", text.replacen("\"verdict\": \"pass\"", "\"verdict\": \"splendid\"", 1)),
        ("40 MB", format!("{text}{}", " ".repeat(40 << 20))),
    ] {
        is_refused(what, &draw(bytes.as_bytes()), "run.json");
    }
    // Absurd numbers and texts are drawn, or refused, and nothing of them reaches a terminal raw.
    let saved: Value = serde_json::from_slice(&report).unwrap();
    for (number, words) in [(0_u64, "\u{1b}[2J\u{202e}"), (u64::from(u32::MAX), "\u{9b}31m"), (u64::MAX, "x"), (100, "{ $x -> [a] b }")] {
        let mut changed = saved.clone();
        for finding in changed["findings"].as_array_mut().unwrap() {
            for field in ["args", "credit", "subject", "max_age", "title", "message", "remedy", "references"] {
                each(&mut finding[field], &mut |leaf| {
                    if leaf.is_number() {
                        *leaf = number.into();
                    } else if leaf.is_string() {
                        *leaf = words.repeat(20).into();
                    }
                });
            }
        }
        let done = draw(changed.to_string().as_bytes());
        assert!(matches!(done.code, Some(0 | 3)), "{number}: {:?} {}", done.code, done.stderr);
        let raw: Vec<char> = String::from_utf8(done.stdout).unwrap().chars().chain(done.stderr.chars()).filter(|c| c.is_control() && *c != '\n').collect();
        assert!(raw.is_empty(), "{number}: {raw:?}");
    }
}
