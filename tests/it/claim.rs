//! From the description's words to a claim: which of them speaks, from what day, and what stands behind it.
#![expect(clippy::needless_pass_by_value, reason = "JSON is written where it is used")]

use cht_audit::{
    catalogue::Catalogue,
    checks::{
        self, Check, Context, Graded, Judgement, Now,
        claim::{Occasion, Own},
    },
    evidence::{Asks, Evidence, Vantage},
    finding::{Args, Basis, Cause, CauseKind, Finding, Verdict},
    knowledge::Knowledge,
    site::{Site, scalar::Reply},
};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::cases;

const DEFINITIONS: &str = "
weight: 18
checks:
  - { id: backups.plain, severity: high, best: measured, tiers: [answer], max_age: { answer: 365d, evidence: 90d }, references: [/x/] }
  - id: backups.day
    severity: critical
    best: documented
    tiers: [answer]
    max_age: { answer: none, evidence: none }
    thresholds:
      pass: { value: 365d, unit: duration, stricter: lower, source: x }
      warn: { value: 730d, unit: duration, stricter: lower, source: x }
    references: [/x/]
";

fn needs_nothing(_: &Site, _: &Knowledge, _: &mut Asks) {}

/// The own keys of these tests are those of the last restore: good within an hour.
fn own(cx: &Context<'_>) -> Option<Own> {
    let restore = cx.site.said.backups.last_restore.as_ref()?;
    let graded = if restore.minutes? <= 60 { Graded::good("quick", Args::new()) } else { Graded::bad("slow", Args::new()) };
    Some(Own { date: restore.date, by: restore.by.clone(), record: restore.record.clone(), ..Own::undated(graded, "backups.last_restore") })
}

fn occasion(cx: &Context<'_>) -> Option<Occasion> {
    let restore = cx.site.said.backups.last_restore.as_ref()?;
    Some(Occasion { partly: None, date: restore.date, by: restore.by.clone(), record: restore.record.clone(), path: "backups.last_restore" })
}

fn plain(cx: &Context<'_>) -> Vec<Judgement> {
    cx.answered(own(cx))
}

fn day(cx: &Context<'_>) -> Vec<Judgement> {
    cx.dated(occasion(cx))
}

const PLAIN: Check = Check { id: "backups.plain", params: &[], messages: &["quick", "slow"], needs: needs_nothing, evaluate: plain };
const DAY: Check = Check { id: "backups.day", params: &["pass", "warn"], messages: &["recent", "ageing", "too-old"], needs: needs_nothing, evaluate: day };

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        other => panic!("{other} is no map"),
    }
}

/// The one finding on a site described so, with these records seen, on 22 November 2026.
fn judged(check: &Check, site: Value, records: Value, answers: bool) -> Finding {
    let as_of: Timestamp = "2026-11-22T12:00:00Z".parse().expect("a timestamp");
    let site = cases::site(object(site));
    let evidence =
        if records.is_null() { Evidence::empty("test", as_of, Vantage::Inside) } else { cases::evidence(object(json!({ "records": records })), as_of) };
    let catalogue = Catalogue::read(&[("backups", DEFINITIONS)], String::new()).expect("a catalogue");
    let knowledge = Knowledge::embedded().expect("knowledge");
    let now = Now { as_of, zone: site.zone.clone() };
    let (mut findings, broke) = checks::evaluate(&[check], &site, &evidence, &catalogue, &knowledge, &now, answers);
    assert!(!broke && findings.len() == 1, "{findings:#?}");
    findings.remove(0)
}

/// The plain check with this answer and these own keys; JSON null for what is not described.
fn said(answer: Value, own: Value) -> Finding {
    described(&PLAIN, answer, own, Value::Null)
}

fn described(check: &Check, answer: Value, own: Value, reviewed: Value) -> Finding {
    let mut site = Map::new();
    if !answer.is_null() {
        site.insert("answers".to_owned(), json!({ check.id: answer }));
    }
    if !own.is_null() {
        site.insert("backups".to_owned(), json!({ "last_restore": own }));
    }
    if !reviewed.is_null() {
        site.insert("reviewed".to_owned(), json!({ "date": reviewed, "by": "ict" }));
    }
    judged(check, Value::Object(site), Value::Null, true)
}

fn came(finding: &Finding) -> (Verdict, Basis, &str) {
    (finding.verdict, finding.basis, finding.message_id.split('.').nth(2).unwrap_or_default())
}

fn unknown(finding: &Finding) -> Option<CauseKind> {
    assert_eq!((finding.verdict, finding.basis, finding.message_id.ends_with(".unknown")), (Verdict::Unknown, Basis::None, true), "{finding:#?}");
    finding.cause.as_ref().map(|cause| cause.kind)
}

#[test]
fn the_three_answers() {
    let answered = |word: &str| said(json!({ "answer": word, "date": "2026-11-01", "by": "ict" }), Value::Null);
    assert_eq!(came(&answered("yes")), (Verdict::Pass, Basis::Claimed, "yes"));
    assert_eq!(came(&answered("partly")), (Verdict::Warn, Basis::Claimed, "partly"));
    assert_eq!(came(&answered("no")), (Verdict::Fail, Basis::Claimed, "no"));
    assert_eq!(unknown(&said(Value::Null, Value::Null)), Some(CauseKind::NotCollected));
    assert_eq!(serde_json::from_value::<Reply>(json!("no")).expect("a reply"), Reply::No);
}

#[test]
fn an_answer_without_a_day_takes_that_of_the_review() {
    let answered = |reviewed: Value| described(&PLAIN, json!({ "answer": "yes" }), Value::Null, reviewed);
    let taken = answered(json!("2026-11-01"));
    assert_eq!(came(&taken), (Verdict::Pass, Basis::Claimed, "yes"));
    assert_eq!(taken.observed_at, Some("2026-11-01T00:00:00Z".parse().expect("a timestamp")));
    assert_eq!(unknown(&answered(json!("2025-11-01"))), Some(CauseKind::TooOld));
    assert_eq!(unknown(&answered(json!("2026-11-23"))), Some(CauseKind::Future));
    assert_eq!(unknown(&answered(Value::Null)), Some(CauseKind::Undated));
    // Its own day goes before the review's.
    let own = described(&PLAIN, json!({ "answer": "yes", "date": "2025-01-01" }), Value::Null, json!("2026-11-01"));
    assert_eq!(unknown(&own), Some(CauseKind::TooOld));
}

#[test]
fn the_newer_of_answer_and_own_keys_speaks_and_the_own_keys_on_a_tie() {
    let both = |answer: Value, own: Value| came(&described(&PLAIN, answer, own, json!("2026-11-15"))).2.to_owned();
    let answer = |date: Value| json!({ "answer": "no", "date": date });
    let own = |date: Value| json!({ "minutes": 30, "date": date });
    assert_eq!(both(answer(json!("2026-11-02")), own(json!("2026-11-01"))), "no");
    assert_eq!(both(answer(json!("2026-11-01")), own(json!("2026-11-02"))), "quick");
    assert_eq!(both(answer(json!("2026-11-01")), own(json!("2026-11-01"))), "quick");
    // Own keys without a day yield to an answer that has one, and an answer without one to them.
    assert_eq!(both(answer(json!("2020-01-01")), own(Value::Null)), "no");
    assert_eq!(both(answer(Value::Null), own(json!("2026-11-01"))), "quick");
    assert_eq!(both(answer(Value::Null), own(Value::Null)), "quick");
}

#[test]
fn a_description_that_contradicts_itself_is_told_and_passes_nothing() {
    let both = |answer: &str, minutes: u32| {
        said(json!({ "answer": answer, "date": "2026-11-02", "by": "ict" }), json!({ "minutes": minutes, "date": "2026-11-01", "by": "it" }))
    };
    let other = |finding: &Finding| finding.other.as_ref().map(|other| (other.message_id.clone(), other.by.clone()));
    let own = |message: &str| Some((format!("backups.plain.{message}"), Some("it".to_owned())));
    // The newer word speaks, and the own keys that it overruled are told.
    let better = both("yes", 90);
    assert_eq!((came(&better), other(&better)), ((Verdict::Warn, Basis::Claimed, "yes"), own("slow")));
    let worse = both("no", 30);
    assert_eq!((came(&worse), other(&worse)), ((Verdict::Fail, Basis::Claimed, "no"), own("quick")));
    let same = both("yes", 30);
    assert_eq!((came(&same), other(&same)), ((Verdict::Pass, Basis::Claimed, "yes"), None));
    // Own keys without a day, or with a record that is not there, are a word all the same.
    let undated = said(json!({ "answer": "yes", "date": "2026-11-02" }), json!({ "minutes": 90 }));
    assert_eq!(came(&undated), (Verdict::Warn, Basis::Claimed, "yes"));
    let restore = json!({ "minutes": 90, "date": "2026-11-01", "record": "gone.txt" });
    let site = json!({ "answers": { "backups.plain": { "answer": "yes", "date": "2026-11-02" } }, "backups": { "last_restore": restore } });
    let lost = judged(&PLAIN, site, json!({ "gone.txt": { "missed": { "kind": "record", "detail": "gone.txt" } } }), true);
    assert_eq!(came(&lost), (Verdict::Warn, Basis::Claimed, "yes"));
}

#[test]
fn a_word_of_own_keys_is_placed_like_an_answer() {
    let own = |minutes: u32, date: &str| said(Value::Null, json!({ "minutes": minutes, "date": date, "by": "it" }));
    assert_eq!(came(&own(60, "2026-11-01")), (Verdict::Pass, Basis::Claimed, "quick"));
    assert_eq!(came(&own(61, "2026-11-01")), (Verdict::Fail, Basis::Claimed, "slow"));
    assert_eq!(unknown(&own(60, "2020-01-01")), Some(CauseKind::TooOld));
    assert_eq!(came(&own(61, "2020-01-01")), (Verdict::Fail, Basis::Claimed, "slow"));
}

#[test]
fn a_run_without_answers_hears_none() {
    let site = json!({ "answers": { "backups.plain": { "answer": "yes", "date": "2026-11-01" }, "backups.day": { "answer": "yes", "date": "2026-11-01" } } });
    for check in [&PLAIN, &DAY] {
        assert_eq!(unknown(&judged(check, site.clone(), Value::Null, false)), Some(CauseKind::NotCollected));
        assert_eq!(judged(check, site.clone(), Value::Null, true).verdict, Verdict::Pass);
    }
    let own = json!({ "backups": { "last_restore": { "date": "2026-11-01", "minutes": 30 } } });
    assert_eq!(unknown(&judged(&DAY, own, Value::Null, false)), Some(CauseKind::NotCollected));
}

const RECORD: &str = "records/a.pdf";

fn recorded(check: &Check, answer: &str, records: Value) -> Finding {
    judged(check, json!({ "answers": { check.id: { "answer": answer, "date": "2026-11-01", "record": RECORD } } }), records, true)
}

#[test]
fn a_record_that_exists_makes_a_word_documented() {
    for check in [&PLAIN, &DAY] {
        let there = json!({ RECORD: { "bytes": 2_048, "sha256": "ab" } });
        assert_eq!(recorded(check, "yes", there.clone()).basis, Basis::Documented);
        assert_eq!(recorded(check, "no", there).basis, Basis::Documented);
        // Where nobody looked for it, the word stands alone.
        assert_eq!(recorded(check, "yes", Value::Null).basis, Basis::Claimed);
    }
}

#[test]
fn a_record_that_is_missing_makes_it_no_answer_and_is_named() {
    for check in [&PLAIN, &DAY] {
        for (missed, detail) in [(json!({ "kind": "record", "detail": RECORD }), RECORD), (json!({ "kind": "permission" }), RECORD)] {
            let finding = recorded(check, "yes", json!({ RECORD: { "missed": missed } }));
            assert_eq!(unknown(&finding), Some(CauseKind::Record));
            assert_eq!(finding.cause, Some(Cause::new(CauseKind::Record, detail)));
        }
        assert_eq!(unknown(&recorded(check, "no", json!({ RECORD: { "missed": { "kind": "record", "detail": RECORD } } }))), Some(CauseKind::Record));
    }
}

#[test]
fn one_file_backs_two_words_and_not_three() {
    let with = |others: &[&str], restore: bool| {
        let mut answers = json!({ "backups.plain": { "answer": "yes", "date": "2026-11-01", "record": RECORD } });
        for other in others {
            answers[*other] = json!({ "answer": "yes", "date": "2026-11-01", "record": RECORD });
        }
        let mut site = json!({ "answers": answers });
        if restore {
            site["backups"] = json!({ "last_restore": { "date": "2026-01-01", "record": RECORD } });
        }
        judged(&PLAIN, site, json!({ RECORD: { "bytes": 1, "sha256": "ab" } }), true).basis
    };
    assert_eq!(with(&[], false), Basis::Documented);
    assert_eq!(with(&["backups.day"], false), Basis::Documented);
    assert_eq!(with(&["backups.day", "privacy.breach-plan"], false), Basis::Claimed);
    // Own keys count as well.
    assert_eq!(with(&["backups.day"], true), Basis::Claimed);
}

// A check whose graded value is itself a day. Limits: 365 and 730 days, counted from the start of the day to noon of 22 November 2026.

#[test]
fn a_day_is_graded_by_its_own_limits_and_has_no_age_besides() {
    let on = |date: &str| described(&DAY, json!({ "answer": "yes", "date": date }), Value::Null, Value::Null);
    assert_eq!(came(&on("2026-11-22")), (Verdict::Pass, Basis::Claimed, "recent"));
    assert_eq!(came(&on("2025-11-23")), (Verdict::Pass, Basis::Claimed, "recent"));
    assert_eq!(came(&on("2025-11-22")), (Verdict::Warn, Basis::Claimed, "ageing"));
    assert_eq!(came(&on("2024-11-23")), (Verdict::Warn, Basis::Claimed, "ageing"));
    assert_eq!(came(&on("2024-11-22")), (Verdict::Fail, Basis::Claimed, "too-old"));
    assert_eq!(unknown(&on("2026-11-23")), Some(CauseKind::Future));
    assert!(!on("2025-11-22").stale && on("2025-11-22").max_age.is_none());
    let told = &on("2025-11-22").args;
    assert_eq!((json!(told["days"]), json!(told["date"])), (json!({ "count": 365 }), json!({ "date": "2025-11-22" })));
}

#[test]
fn partly_is_at_best_a_warning_and_no_stays_no() {
    let on = |answer: &str, date: &str| described(&DAY, json!({ "answer": answer, "date": date }), Value::Null, Value::Null);
    assert_eq!(came(&on("partly", "2026-11-01")), (Verdict::Warn, Basis::Claimed, "partly"));
    assert_eq!(came(&on("partly", "2025-06-01")), (Verdict::Warn, Basis::Claimed, "partly"));
    assert_eq!(came(&on("partly", "2020-01-01")), (Verdict::Fail, Basis::Claimed, "too-old"));
    assert_eq!(came(&on("no", "2026-11-01")), (Verdict::Fail, Basis::Claimed, "no"));
    assert_eq!(came(&on("no", "2010-01-01")), (Verdict::Fail, Basis::Claimed, "no"));
}

#[test]
fn the_newer_day_is_graded() {
    let both = |answer: Value, own: Value, reviewed: Value| {
        let finding = described(&DAY, answer, own, reviewed);
        (finding.verdict, finding.args.get("date").map(|date| json!(date)["date"].clone()))
    };
    let yes = |date: Value| json!({ "answer": "yes", "date": date });
    let own = |date: Value| json!({ "date": date });
    let day = |text: &str| Some(json!(text));
    assert_eq!(both(yes(json!("2026-10-01")), own(json!("2024-01-01")), Value::Null), (Verdict::Pass, day("2026-10-01")));
    assert_eq!(both(yes(json!("2024-01-01")), own(json!("2026-10-01")), Value::Null), (Verdict::Pass, day("2026-10-01")));
    assert_eq!(both(Value::Null, own(json!("2025-06-01")), Value::Null), (Verdict::Warn, day("2025-06-01")));
    // An own key without a day yields to an answer that has one; a day of its own is never replaced by the review's.
    assert_eq!(both(yes(json!("2024-01-01")), own(Value::Null), json!("2026-11-01")), (Verdict::Fail, day("2024-01-01")));
    assert_eq!(both(yes(Value::Null), own(json!("2024-01-01")), json!("2026-11-01")), (Verdict::Fail, day("2024-01-01")));
    // A deed without a day was not done on the day of the review.
    assert_eq!(both(Value::Null, own(Value::Null), json!("2026-11-01")), (Verdict::Unknown, None));
    // A later no is heard over an earlier deed, and a later deed over an earlier no.
    let no = json!({ "answer": "no", "date": "2026-11-01" });
    assert_eq!(both(no.clone(), own(json!("2026-10-01")), Value::Null), (Verdict::Fail, day("2026-11-01")));
    assert_eq!(both(no.clone(), own(json!("2026-11-02")), Value::Null), (Verdict::Pass, day("2026-11-02")));
    assert_eq!(both(no, own(json!("2026-11-01")), Value::Null), (Verdict::Pass, day("2026-11-01")));
    assert_eq!(unknown(&described(&DAY, yes(Value::Null), Value::Null, Value::Null)), Some(CauseKind::Undated));
}
