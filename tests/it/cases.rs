//! Runs `checks/*/cases/*.yaml`: evidence in, verdict out. The executable specification, written from the reference.
//!
//! A case is `name`, `site` (keys laid over a name and a url), `evidence` (short form, below), `as_of` (2026-11-22T12:00Z
//! without it) and `expect`: one expectation, or one a subject.
//! Short form of evidence: an entry is its facts, or `missed: {kind, detail}`, with `at:` beside (`as_of` without it).
//! The kind of CHT facts follows from the key (`monitoring https://…`). What is left out has its type's worst value.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    sync::LazyLock,
};

use cht_audit::{
    catalogue::Catalogue,
    checks::{self, Check, Now},
    embedded,
    evidence::{Evidence, Vantage},
    finding::{Basis, Finding, Verdict},
    knowledge::Knowledge,
    site::{Description, Site},
};
use jiff::{Timestamp, tz::TimeZone};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::contract::{attributes, texts_of};

/// Read once: hundreds of cases are judged by them.
static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| embedded::catalogue().expect("the catalogue"));
static KNOWLEDGE: LazyLock<Knowledge> = LazyLock::new(|| Knowledge::embedded().expect("knowledge"));

const AS_OF: &str = "2026-11-22T12:00:00Z";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    as_of: Option<Timestamp>,
    #[serde(default)]
    site: Map<String, Value>,
    #[serde(default)]
    evidence: Map<String, Value>,
    expect: Value,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    subject: Option<String>,
    verdict: Verdict,
    basis: Option<Basis>,
    best: Option<Basis>,
    message: Option<String>,
    cause: Option<String>,
    #[serde(default)]
    contradicted: bool,
    #[serde(default)]
    stale: bool,
    /// Arguments of the message that must have exactly these values, as JSON.
    #[serde(default)]
    args: BTreeMap<String, Value>,
}

/// The site of a case: its keys over a name and a url.
pub(crate) fn site(mut keys: Map<String, Value>) -> Site {
    keys.entry("name").or_insert_with(|| json!("Maendeleo County CHT"));
    keys.entry("url").or_insert_with(|| json!("https://cht.example.org"));
    let zone = keys.get("timezone").and_then(Value::as_str).map_or(TimeZone::UTC, |name| TimeZone::get(name).expect("a zone"));
    let said: Description = serde_json::from_value(Value::Object(keys)).expect("a description");
    Site { said, places: BTreeMap::new(), zone, own_files: BTreeSet::new() }
}

/// Evidence from its short form.
pub(crate) fn evidence(short: Map<String, Value>, as_of: Timestamp) -> Evidence {
    let mut full = serde_json::to_value(Evidence::empty("case", as_of, Vantage::Inside)).expect("evidence is JSON");
    for (kind, entries) in short {
        if kind == "vantage" {
            full["vantage"] = entries;
            continue;
        }
        let Value::Object(entries) = entries else { panic!("evidence.{kind} is a map of entries") };
        let filled: Map<String, Value> = entries.into_iter().map(|(key, entry)| (key.clone(), fill(&kind, &key, entry, as_of))).collect();
        full[kind.as_str()] = Value::Object(filled);
    }
    let read: Evidence = serde_json::from_value(full.clone()).unwrap_or_else(|error| panic!("{error}: {full:#}"));
    // A key that is not there any more after reading was a typing mistake.
    assert_contained(&full, &serde_json::to_value(&read).expect("evidence is JSON"), "evidence");
    read
}

fn fill(kind: &str, key: &str, entry: Value, as_of: Timestamp) -> Value {
    let Value::Object(mut entry) = entry else { panic!("evidence.{kind}.{key} is a map") };
    let at = entry.remove("at").unwrap_or_else(|| json!(as_of));
    let result = match entry.remove("missed") {
        Some(cause) => json!({ "missed": cause }),
        None if kind == "cht" => {
            let part = key.split(' ').next().expect("a part and an address");
            json!({ "seen": { part: entry } })
        }
        None => json!({ "seen": entry }),
    };
    json!({ "at": at, "took_ms": 1, "result": result })
}

fn assert_contained(given: &Value, read: &Value, path: &str) {
    match (given, read) {
        (Value::Object(given), Value::Object(read)) => {
            for (key, value) in given {
                // A cause without a detail, an empty map and a null are left out when written.
                let empty = value.is_null() || value.as_object().is_some_and(Map::is_empty) || value.as_str().is_some_and(str::is_empty);
                match read.get(key) {
                    Some(inner) => assert_contained(value, inner, &format!("{path}.{key}")),
                    None => assert!(empty, "{path}.{key} is no fact"),
                }
            }
        }
        (Value::Array(given), Value::Array(read)) => given.iter().zip(read).enumerate().for_each(|(i, (g, r))| assert_contained(g, r, &format!("{path}[{i}]"))),
        _ => {}
    }
}

/// All cases of a check, by its id.
fn cases_of(check: &Check) -> Vec<Case> {
    let (consideration, name) = check.id.split_once('.').expect("an id has two parts");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("checks").join(consideration).join("cases").join(format!("{name}.yaml"));
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What the cases of a check come to.
pub(crate) fn findings_of(check: &Check) -> Vec<Finding> {
    cases_of(check).iter().flat_map(|case| judge(check, case)).collect()
}

fn judge(check: &Check, case: &Case) -> Vec<Finding> {
    let as_of = case.as_of.unwrap_or_else(|| AS_OF.parse().expect("a timestamp"));
    let site = site(case.site.clone());
    let evidence = evidence(case.evidence.clone(), as_of);
    let (catalogue, _) = CATALOGUE.clone().with_limits(&site.limits()).expect("limits");
    let knowledge = &*KNOWLEDGE;
    let now = Now { as_of, zone: site.zone.clone() };
    let (findings, broke) = checks::evaluate(&[check], &site, &evidence, &catalogue, knowledge, &now, true);
    assert!(!broke, "{}: {}: the check broke", check.id, case.name);
    findings
}

fn assert_expected(check: &Check, case: &Case, expected: &Expected, findings: &[Finding]) {
    let told = format!("{}: {}: expected {expected:?}, found {findings:#?}", check.id, case.name);
    let matching: Vec<_> = findings.iter().filter(|finding| expected.subject.as_ref().is_none_or(|subject| &finding.subject == subject)).collect();
    assert_eq!(matching.len(), 1, "{told}");
    let finding = matching[0];
    assert_eq!(finding.verdict, expected.verdict, "{told}");
    assert!(expected.basis.is_none_or(|basis| basis == finding.basis), "{told}");
    assert!(expected.best.is_none_or(|best| best == finding.best), "{told}");
    if let Some(message) = &expected.message {
        let id = if message.starts_with("common.") { message.clone() } else { format!("{}.{message}", check.id) };
        assert_eq!(finding.message_id, id, "{told}");
    }
    if let Some(cause) = &expected.cause {
        let kind = finding.cause.as_ref().map(|cause| serde_json::to_value(cause.kind).expect("a word"));
        assert_eq!(kind, Some(json!(cause)), "{told}");
    }
    assert_eq!(finding.contradicted, expected.contradicted, "{told}");
    assert_eq!(finding.stale, expected.stale, "{told}");
    for (name, value) in &expected.args {
        let arg = finding.args.get(name).map(|arg| serde_json::to_value(arg).expect("JSON"));
        let bare = arg.as_ref().and_then(Value::as_object).and_then(|map| map.values().next());
        assert_eq!(bare, Some(value), "{told}");
    }
}

#[test]
fn every_case_comes_out_as_it_says() {
    let only = std::env::var("CASES").ok();
    for check in checks::all().filter(|check| only.as_ref().is_none_or(|only| check.id.contains(only.as_str()))) {
        for case in cases_of(check) {
            let findings = judge(check, &case);
            let expected: Vec<Expected> = match &case.expect {
                Value::Array(each) => each.iter().map(|one| serde_json::from_value(one.clone()).expect("an expectation")).collect(),
                one => vec![serde_json::from_value(one.clone()).unwrap_or_else(|error| panic!("{}: {}: {error}", check.id, case.name))],
            };
            assert_eq!(findings.len(), expected.len(), "{}: {}: one expectation a subject; found {findings:#?}", check.id, case.name);
            for one in &expected {
                assert_expected(check, &case, one, &findings);
            }
        }
    }
}

#[test]
fn every_check_has_cases_for_pass_for_bad_and_for_unknown() {
    for check in checks::all() {
        let verdicts: Vec<Verdict> = findings_of(check).iter().map(|finding| finding.verdict).collect();
        assert!(verdicts.contains(&Verdict::Pass), "{} has no case that passes", check.id);
        assert!(verdicts.contains(&Verdict::Fail) || verdicts.contains(&Verdict::Warn), "{} has no case that fails or warns", check.id);
        assert!(verdicts.contains(&Verdict::Unknown), "{} has no case that is unknown", check.id);
    }
}

#[test]
fn every_message_of_a_check_is_seen_in_a_case_and_can_be_drawn() {
    let texts = embedded::texts().expect("texts");
    for check in checks::all() {
        let findings = findings_of(check);
        for message in check.messages {
            let id = format!("{}.{message}", check.id);
            assert!(findings.iter().any(|finding| finding.message_id == id), "no case of {} ends with {message}", check.id);
        }
        for finding in &findings {
            if let Err(error) = texts.try_draw(&finding.message_id, &finding.args, &TimeZone::UTC) {
                panic!("{}: {error}", check.id);
            }
        }
    }
}

/// The variables of each message that all considerations share.
fn shared_variables() -> BTreeMap<&'static str, BTreeSet<String>> {
    let messages = include_str!("../../checks/common.ftl").lines().fold(Vec::<(&str, String)>::new(), |mut messages, line| {
        match line.split_once(" =").filter(|_| line.starts_with(|c: char| c.is_ascii_lowercase())) {
            Some((name, text)) => messages.push((name, text.to_owned())),
            None => messages.iter_mut().last().into_iter().for_each(|(_, text)| text.push_str(line)),
        }
        messages
    });
    messages.into_iter().map(|(name, text)| (name, variables(&text))).collect()
}

/// The variables that a Fluent text names.
fn variables(text: &str) -> BTreeSet<String> {
    let name = |rest: &str| rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').next().unwrap_or_default().to_owned();
    text.split('$').skip(1).map(name).collect()
}

#[test]
fn a_message_uses_exactly_the_arguments_that_its_findings_give() {
    let shared = shared_variables();
    let mut faults = BTreeSet::new();
    for consideration in checks::CONSIDERATIONS {
        let texts = attributes(consideration.texts);
        for check in consideration.checks {
            let findings = findings_of(check);
            let messages = findings
                .iter()
                .map(|finding| (&finding.message_id, &finding.args))
                .chain(findings.iter().filter_map(|finding| finding.other.as_ref()).map(|other| (&other.message_id, &other.args)));
            for (id, args) in messages {
                let used: BTreeSet<String> = if let Some(name) = id.strip_prefix("common.") {
                    shared.get(name).unwrap_or_else(|| panic!("{id}: no message in checks/common.ftl")).clone()
                } else {
                    let (message, attribute) = id.split_once('.').and_then(|(_, rest)| rest.split_once('.')).expect("an id has three parts");
                    let text = texts_of(&texts, consideration.id, message).get(attribute);
                    let text = text.unwrap_or_else(|| panic!("{id}: no such text in checks/{}/en.ftl", consideration.id));
                    let parts = shared.iter().filter(|(name, _)| text.contains(&format!("{{ {name} }}")));
                    parts.flat_map(|(_, variables)| variables.clone()).chain(variables(text)).collect()
                };
                let given: BTreeSet<String> = args.keys().cloned().collect();
                faults.extend(used.difference(&given).map(|name| format!("{id} uses ${name}, which is not given")));
                // Whose word it is, and of which day, is told beside a finding too.
                let idle = given.difference(&used).filter(|name| !matches!(name.as_str(), "by" | "date"));
                faults.extend(idle.map(|name| format!("{id} makes nothing of ${name}")));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn with_nothing_described_and_nothing_seen_nothing_passes() {
    let as_of: Timestamp = AS_OF.parse().expect("a timestamp");
    let site = site(Map::new());
    let selected: Vec<&Check> = checks::all().collect();
    let catalogue = embedded::catalogue().expect("the catalogue");
    let knowledge = Knowledge::embedded().expect("knowledge");
    let now = Now { as_of, zone: TimeZone::UTC };
    let (findings, broke) = checks::evaluate(&selected, &site, &Evidence::empty("test", as_of, Vantage::Inside), &catalogue, &knowledge, &now, true);
    assert!(!broke);
    for finding in findings {
        assert!(matches!(finding.verdict, Verdict::Unknown | Verdict::NotApplicable), "{} is {:?}", finding.check, finding.verdict);
    }
}

#[test]
fn more_than_a_day_that_may_be_lost_is_told_as_a_looser_limit() {
    let told = |keys: Value| {
        let Value::Object(keys) = keys else { panic!("keys are a map") };
        let (_, told) = embedded::catalogue().expect("the catalogue").with_limits(&site(keys).limits()).expect("limits");
        told.into_iter().map(|limit| (limit.check, limit.name, limit.usual, limit.own, limit.looser)).collect::<Vec<_>>()
    };
    let age = |own, looser| vec![("backups.age".to_owned(), "pass".to_owned(), 86_400, own, looser)];
    assert_eq!(told(json!({})), vec![]);
    assert_eq!(told(json!({ "disaster_recovery": { "may_lose": "25h" } })), age(90_000, true));
    assert_eq!(told(json!({ "disaster_recovery": { "may_lose": "4h" } })), age(14_400, false));
    // A threshold replaces it.
    assert_eq!(told(json!({ "disaster_recovery": { "may_lose": "7d" }, "thresholds": { "backups.age": { "pass": "12h" } } })), age(43_200, false));
}
