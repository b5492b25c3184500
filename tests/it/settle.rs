//! The ladder: every sentence of the scoring rules on one check, as a test of `settle::settle`.

use cht_audit::{
    catalogue::CheckDef,
    checks::{
        Graded, Judgement, Measurement, Now, Question, Rating,
        settle::{self, Claim, Document},
    },
    finding::{Args, Basis, Cause, CauseKind, Severity, Tier, Verdict, args},
    span::Span,
};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};

/// Answers hold for a year, evidence for 90 days.
pub(crate) fn definition(best: Basis) -> CheckDef {
    CheckDef {
        id: "security.rule".to_owned(),
        severity: Severity::Critical,
        best,
        tiers: vec![Tier::Network, Tier::Files, Tier::Answer],
        answer_max_age: Some(365 * Span::DAY),
        evidence_max_age: Some(90 * Span::DAY),
        kinds: Vec::new(),
        platform: None,
        thresholds: std::collections::BTreeMap::new(),
        implies: std::collections::BTreeMap::new(),
        references: Vec::new(),
    }
}

/// Judged for noon of 22 November 2026 in Nairobi, whose days begin at 21:00 UTC.
pub(crate) fn now() -> Now {
    Now { as_of: at("2026-11-22T09:00:00Z"), zone: TimeZone::get("Africa/Nairobi").expect("a zone") }
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().expect("a timestamp")
}

/// A claim with a date of its own, no record, from the word's message.
pub(crate) fn claim(rating: Rating, date: &str) -> Claim {
    let message = match rating {
        Rating::Good => "yes",
        Rating::Middling => "partly",
        Rating::Bad => "no",
    };
    Claim {
        graded: Graded { rating, message, args: Args::new() },
        date: Some(date.parse().expect("a date")),
        own_date: true,
        backed: false,
        beside: None,
        ageless: false,
        by: Some("ict".to_owned()),
        planned: None,
    }
}

fn yes(date: &str) -> Claim {
    claim(Rating::Good, date)
}

fn partly(date: &str) -> Claim {
    claim(Rating::Middling, date)
}

fn no(date: &str) -> Claim {
    claim(Rating::Bad, date)
}

fn undated(claim: Claim) -> Claim {
    Claim { date: None, own_date: false, ..claim }
}

fn backed(claim: Claim) -> Claim {
    Claim { backed: true, ..claim }
}

/// Its day is that of the review.
fn reviewed(claim: Claim) -> Claim {
    Claim { own_date: false, ..claim }
}

fn measured(rating: Rating, when: &str) -> Measurement {
    let message = match rating {
        Rating::Good => "seen-good",
        Rating::Middling => "seen-middling",
        Rating::Bad => "seen-bad",
    };
    Measurement { graded: Graded { rating, message, args: Args::new() }, at: at(when), tier: Tier::Network }
}

fn file(rating: Rating, when: &str) -> Document {
    let message = match rating {
        Rating::Good => "file-good",
        Rating::Middling => "file-middling",
        Rating::Bad => "file-bad",
    };
    Document { graded: Graded { rating, message, args: Args::new() }, at: at(when) }
}

/// All that bears on the question.
#[derive(Default)]
struct Given {
    claim: Option<Claim>,
    file: Option<Document>,
    seen: Option<Measurement>,
}

impl Given {
    fn question(self) -> Question {
        Question {
            subject: String::new(),
            path: "answers.security.rule".to_owned(),
            best: None,
            claim: Ok(self.claim),
            document: self.file,
            measurement: self.seen.ok_or_else(nobody_looked),
        }
    }
}

fn nobody_looked() -> Cause {
    Cause::new(CauseKind::NotCollected, "")
}

fn said(claim: Claim) -> Given {
    Given { claim: Some(claim), ..Given::default() }
}

fn saw(seen: Measurement) -> Given {
    Given { seen: Some(seen), ..Given::default() }
}

fn read(file: Document) -> Given {
    Given { file: Some(file), ..Given::default() }
}

fn both(claim: Claim, seen: Measurement) -> Given {
    Given { claim: Some(claim), seen: Some(seen), file: None }
}

fn settled(given: Given) -> Judgement {
    settle::settle(&definition(Basis::Measured), &now(), given.question())
}

/// Verdict, basis, message, stale and contradicted: what the score and the headline read.
fn word(judgement: &Judgement) -> (Verdict, Basis, &str, bool, bool) {
    (judgement.verdict, judgement.basis, judgement.message, judgement.stale, judgement.contradicted)
}

#[track_caller]
fn assert_word(given: Given, verdict: Verdict, basis: Basis, message: &str) -> Judgement {
    let judgement = settled(given);
    assert_eq!(word(&judgement), (verdict, basis, message, false, false), "{judgement:#?}");
    judgement
}

#[track_caller]
fn assert_stale(given: Given, verdict: Verdict, basis: Basis, message: &str) -> Judgement {
    let judgement = settled(given);
    assert_eq!(word(&judgement), (verdict, basis, message, true, false), "{judgement:#?}");
    judgement
}

#[track_caller]
fn assert_contradicted(given: Given, basis: Basis, message: &str) -> Judgement {
    let judgement = settled(given);
    assert_eq!(word(&judgement), (Verdict::Fail, basis, message, false, true), "{judgement:#?}");
    judgement
}

#[track_caller]
fn assert_unknown(given: Given, cause: CauseKind) -> Judgement {
    let judgement = settled(given);
    assert_eq!((judgement.verdict, judgement.basis, judgement.message), (Verdict::Unknown, Basis::None, settle::UNKNOWN), "{judgement:#?}");
    assert_eq!(judgement.cause.as_ref().map(|cause| cause.kind), Some(cause), "{judgement:#?}");
    assert!(!judgement.contradicted && judgement.other.is_none() && judgement.tier.is_none() && judgement.observed_at.is_none(), "{judgement:#?}");
    judgement
}

const NOW: &str = "2026-11-22T09:00:00Z";

// Basis.

#[test]
fn a_probe_is_measured_a_file_documented_an_answer_claimed_and_silence_nothing() {
    let seen = assert_word(saw(measured(Rating::Good, NOW)), Verdict::Pass, Basis::Measured, "seen-good");
    assert_eq!((seen.tier, seen.observed_at, seen.max_age, &seen.cause), (Some(Tier::Network), Some(at(NOW)), Some(90 * Span::DAY), &None));
    let read = assert_word(read(file(Rating::Good, NOW)), Verdict::Pass, Basis::Documented, "file-good");
    assert_eq!((read.tier, read.observed_at, read.max_age), (Some(Tier::Files), Some(at(NOW)), Some(90 * Span::DAY)));
    let said = assert_word(said(yes("2026-11-01")), Verdict::Pass, Basis::Claimed, "yes");
    assert_eq!((said.tier, said.observed_at, said.max_age), (Some(Tier::Answer), Some(at("2026-10-31T21:00:00Z")), Some(365 * Span::DAY)));
    assert_unknown(Given::default(), CauseKind::NotCollected);
}

#[test]
fn a_dated_answer_with_a_record_is_documented() {
    assert_word(said(backed(yes("2026-11-01"))), Verdict::Pass, Basis::Documented, "yes");
    assert_word(said(backed(no("2026-11-01"))), Verdict::Fail, Basis::Documented, "no");
}

#[test]
fn partly_warns_and_no_fails() {
    assert_word(said(partly("2026-11-01")), Verdict::Warn, Basis::Claimed, "partly");
    assert_word(said(no("2026-11-01")), Verdict::Fail, Basis::Claimed, "no");
    assert_word(saw(measured(Rating::Middling, NOW)), Verdict::Warn, Basis::Measured, "seen-middling");
    assert_word(saw(measured(Rating::Bad, NOW)), Verdict::Fail, Basis::Measured, "seen-bad");
    assert_word(read(file(Rating::Middling, NOW)), Verdict::Warn, Basis::Documented, "file-middling");
    assert_word(read(file(Rating::Bad, NOW)), Verdict::Fail, Basis::Documented, "file-bad");
}

#[test]
fn a_judge_may_lower_the_best_rung_to_documented_and_no_further_and_never_raise_it() {
    let best =
        |of: Basis, lowered: Option<Basis>| settle::settle(&definition(of), &now(), Question { best: lowered, ..said(yes("2026-11-01")).question() }).best;
    assert_eq!(best(Basis::Measured, None), Basis::Measured);
    assert_eq!(best(Basis::Documented, None), Basis::Documented);
    assert_eq!(best(Basis::Measured, Some(Basis::Documented)), Basis::Documented);
    assert_eq!(best(Basis::Documented, Some(Basis::Measured)), Basis::Documented);
    assert_eq!(best(Basis::Measured, Some(Basis::Claimed)), Basis::Documented);
    assert_eq!(best(Basis::Measured, Some(Basis::None)), Basis::Documented);
}

#[test]
fn an_unknown_keeps_the_lowered_best_and_its_place() {
    let question = Question { best: Some(Basis::Documented), subject: "main".to_owned(), ..Given::default().question() };
    let judgement = settle::settle(&definition(Basis::Measured), &now(), question);
    assert_eq!((judgement.best, judgement.subject.as_str(), judgement.path.as_str()), (Basis::Documented, "main", "answers.security.rule"));
}

// Age.

#[test]
fn an_answer_older_than_its_maximum_loses_a_rung() {
    // A day begins at 21:00 UTC: 2025-11-22 began 365 days and 12 hours before.
    assert_word(said(yes("2025-11-23")), Verdict::Pass, Basis::Claimed, "yes");
    assert_word(said(backed(yes("2025-11-23"))), Verdict::Pass, Basis::Documented, "yes");
    assert_stale(said(backed(yes("2025-11-22"))), Verdict::Pass, Basis::Claimed, "yes");
    assert_stale(said(backed(yes("1999-01-01"))), Verdict::Pass, Basis::Claimed, "yes");
    assert_stale(said(backed(partly("2025-11-22"))), Verdict::Warn, Basis::Claimed, "partly");
}

#[test]
fn a_maximum_age_is_held_to_the_second() {
    let judged = |as_of: &str| {
        let now = Now { as_of: at(as_of), ..now() };
        let judgement = settle::settle(&definition(Basis::Measured), &now, said(backed(yes("2025-11-22"))).question());
        (judgement.basis, judgement.stale)
    };
    assert_eq!(judged("2026-11-21T21:00:00Z"), (Basis::Documented, false));
    assert_eq!(judged("2026-11-21T21:00:01Z"), (Basis::Claimed, true));
}

#[test]
fn one_rung_below_claimed_is_unknown() {
    for (claim, day) in [(yes("2025-11-22"), "2025-11-22"), (partly("2020-01-01"), "2020-01-01")] {
        let judgement = assert_unknown(said(claim), CauseKind::TooOld);
        assert_eq!(judgement.cause.map(|cause| cause.detail).as_deref(), Some(day), "the cause names the day");
    }
}

#[test]
fn evidence_older_than_its_maximum_loses_a_rung() {
    assert_word(saw(measured(Rating::Good, "2026-08-24T09:00:00Z")), Verdict::Pass, Basis::Measured, "seen-good");
    assert_stale(saw(measured(Rating::Good, "2026-08-24T08:59:59Z")), Verdict::Pass, Basis::Documented, "seen-good");
    assert_stale(saw(measured(Rating::Middling, "2020-01-01T00:00:00Z")), Verdict::Warn, Basis::Documented, "seen-middling");
    assert_word(read(file(Rating::Good, "2026-08-24T09:00:00Z")), Verdict::Pass, Basis::Documented, "file-good");
    assert_stale(read(file(Rating::Good, "2026-08-24T08:59:59Z")), Verdict::Pass, Basis::Claimed, "file-good");
}

#[test]
fn a_fail_stays_a_fail_however_old() {
    assert_stale(said(no("1999-01-01")), Verdict::Fail, Basis::Claimed, "no");
    assert_stale(said(backed(no("1999-01-01"))), Verdict::Fail, Basis::Claimed, "no");
    assert_stale(said(undated(no("2026-11-01"))), Verdict::Fail, Basis::Claimed, "no");
    assert_stale(saw(measured(Rating::Bad, "1999-01-01T00:00:00Z")), Verdict::Fail, Basis::Documented, "seen-bad");
    assert_stale(read(file(Rating::Bad, "1999-01-01T00:00:00Z")), Verdict::Fail, Basis::Claimed, "file-bad");
}

#[test]
fn what_is_undated_is_older_than_every_maximum() {
    assert_unknown(said(undated(yes("2026-11-01"))), CauseKind::Undated);
    assert_unknown(said(undated(partly("2026-11-01"))), CauseKind::Undated);
    let backed = assert_stale(said(undated(backed(yes("2026-11-01")))), Verdict::Pass, Basis::Claimed, "yes");
    assert_eq!(backed.observed_at, None);
    // Also where the check itself sets no maximum.
    let ageless = Claim { ageless: true, ..undated(yes("2026-11-01")) };
    assert_unknown(said(ageless), CauseKind::Undated);
    let endless = CheckDef { answer_max_age: None, ..definition(Basis::Measured) };
    assert_eq!(settle::settle(&endless, &now(), said(undated(yes("2026-11-01"))).question()).verdict, Verdict::Unknown);
}

#[test]
fn a_graded_day_has_no_maximum_age_besides() {
    let judgement = assert_word(said(Claim { ageless: true, ..yes("1999-01-01") }), Verdict::Pass, Basis::Claimed, "yes");
    assert_eq!(judgement.max_age, None);
    let endless = CheckDef { answer_max_age: None, evidence_max_age: None, ..definition(Basis::Measured) };
    let old = settle::settle(&endless, &now(), said(yes("1999-01-01")).question());
    assert_eq!(word(&old), (Verdict::Pass, Basis::Claimed, "yes", false, false));
    let seen = settle::settle(&endless, &now(), saw(measured(Rating::Good, "1999-01-01T00:00:00Z")).question());
    assert_eq!(word(&seen), (Verdict::Pass, Basis::Measured, "seen-good", false, false));
}

#[test]
fn the_day_of_the_review_ages_like_any_other() {
    assert_word(said(reviewed(yes("2025-11-23"))), Verdict::Pass, Basis::Claimed, "yes");
    assert_unknown(said(reviewed(yes("2025-11-22"))), CauseKind::TooOld);
}

#[test]
fn an_answer_from_the_future_is_no_answer() {
    assert_word(said(yes("2026-11-22")), Verdict::Pass, Basis::Claimed, "yes");
    let judgement = assert_unknown(said(yes("2026-11-23")), CauseKind::Future);
    assert_eq!(judgement.cause.map(|cause| cause.detail).as_deref(), Some("2026-11-23"));
    assert_unknown(said(no("2026-11-23")), CauseKind::Future);
    // It supersedes nothing, and nothing refutes it.
    let bad = assert_word(both(yes("2026-11-23"), measured(Rating::Bad, NOW)), Verdict::Fail, Basis::Measured, "seen-bad");
    assert_eq!(bad.other, None);
    assert_word(both(no("2026-11-23"), measured(Rating::Good, NOW)), Verdict::Pass, Basis::Measured, "seen-good");
}

#[test]
fn days_begin_in_the_sites_timezone() {
    // 22:00 UTC on the 22nd is the 23rd in Nairobi.
    let late = Now { as_of: at("2026-11-22T22:00:00Z"), ..now() };
    let in_utc = Now { zone: TimeZone::UTC, ..late.clone() };
    let verdict = |now: &Now| settle::settle(&definition(Basis::Measured), now, said(yes("2026-11-23")).question()).verdict;
    assert_eq!((verdict(&late), verdict(&in_utc)), (Verdict::Pass, Verdict::Unknown));
    assert_eq!(late.today(), "2026-11-23".parse().expect("a date"));
    // A day that begins at one o'clock (Lebanon, spring 2026), and days outside the range of timestamps.
    let beirut = Now { zone: TimeZone::get("Asia/Beirut").expect("a zone"), ..now() };
    assert_eq!(beirut.start("2026-03-29".parse().expect("a date")), at("2026-03-28T22:00:00Z"));
    assert_eq!(now().start(jiff::civil::Date::MIN), Timestamp::MIN);
    let west = Now { zone: TimeZone::get("Pacific/Honolulu").expect("a zone"), ..now() };
    assert!(west.start(jiff::civil::Date::MAX) > at("9999-01-01T00:00:00Z"));
}

// An answer and a measurement.

#[test]
fn a_measurement_of_the_same_day_is_later_than_an_answer() {
    // The first second of 22 November in Nairobi, and the last of the 21st.
    assert_contradicted(both(yes("2026-11-22"), measured(Rating::Bad, "2026-11-21T21:00:00Z")), Basis::Measured, "seen-bad");
    assert_word(both(yes("2026-11-22"), measured(Rating::Bad, "2026-11-21T20:59:59Z")), Verdict::Pass, Basis::Claimed, "yes");
    assert_word(both(no("2026-11-22"), measured(Rating::Good, "2026-11-21T21:00:00Z")), Verdict::Pass, Basis::Measured, "seen-good");
    assert_word(both(no("2026-11-22"), measured(Rating::Good, "2026-11-21T20:59:59Z")), Verdict::Fail, Basis::Claimed, "no");
}

#[test]
fn a_contradiction_names_both_words() {
    let judgement = assert_contradicted(both(yes("2026-11-01"), measured(Rating::Bad, NOW)), Basis::Measured, "seen-bad");
    assert_eq!((judgement.tier, judgement.observed_at), (Some(Tier::Network), Some(at(NOW))));
    let other = judgement.other.expect("the refuted word");
    assert_eq!((other.basis, other.message_id.as_str(), other.by.as_deref()), (Basis::Claimed, "yes", Some("ict")));
    assert_eq!(other.at, Some(at("2026-10-31T21:00:00Z")));
}

#[test]
fn only_an_answer_that_would_have_passed_is_contradicted() {
    let told = assert_word(both(partly("2026-11-01"), measured(Rating::Bad, NOW)), Verdict::Fail, Basis::Measured, "seen-bad");
    assert_eq!(told.other.map(|other| other.message_id).as_deref(), Some("partly"));
    let honest = assert_word(both(no("2026-11-01"), measured(Rating::Bad, NOW)), Verdict::Fail, Basis::Measured, "seen-bad");
    assert_eq!(honest.other, None);
}

#[test]
fn only_evidence_that_fails_the_rule_contradicts() {
    let warned = assert_word(both(yes("2026-11-01"), measured(Rating::Middling, NOW)), Verdict::Warn, Basis::Measured, "seen-middling");
    assert_eq!(warned.other.map(|other| other.message_id).as_deref(), Some("yes"));
    let agreed = assert_word(both(yes("2026-11-01"), measured(Rating::Good, NOW)), Verdict::Pass, Basis::Measured, "seen-good");
    assert_eq!(agreed.other, None);
}

#[test]
fn evidence_from_before_an_undecided_day_fails_without_contradicting() {
    // The review does not supersede, and evidence from before it does not refute.
    let given = both(reviewed(yes("2026-11-10")), measured(Rating::Bad, "2026-11-01T09:00:00Z"));
    let told = assert_word(given, Verdict::Fail, Basis::Measured, "seen-bad");
    assert_eq!(told.other.map(|other| other.message_id).as_deref(), Some("yes"));
}

#[test]
fn a_refuted_answer_is_a_contradiction_also_when_it_is_undated_or_too_old() {
    assert_contradicted(both(undated(yes("2026-11-01")), measured(Rating::Bad, NOW)), Basis::Measured, "seen-bad");
    assert_contradicted(both(yes("1999-01-01"), measured(Rating::Bad, NOW)), Basis::Measured, "seen-bad");
    assert_contradicted(both(undated(yes("2026-11-01")), measured(Rating::Bad, "2026-09-01T00:00:00Z")), Basis::Measured, "seen-bad");
}

#[test]
fn a_contradiction_by_old_evidence_is_stale_and_still_a_fail() {
    let judgement = settled(both(yes("2026-01-01"), measured(Rating::Bad, "2026-02-01T00:00:00Z")));
    assert_eq!(word(&judgement), (Verdict::Fail, Basis::Documented, "seen-bad", true, true));
}

#[test]
fn an_answer_of_a_later_day_supersedes_what_it_disagrees_with() {
    let october = "2026-10-01T09:00:00Z";
    let mended = assert_word(both(yes("2026-11-01"), measured(Rating::Bad, october)), Verdict::Pass, Basis::Claimed, "yes");
    let other = mended.other.expect("the superseded evidence");
    assert_eq!((other.basis, other.message_id.as_str(), other.at, other.by), (Basis::Measured, "seen-bad", Some(at(october)), None));
    assert_word(both(backed(yes("2026-11-01")), measured(Rating::Bad, october)), Verdict::Pass, Basis::Documented, "yes");
    assert_word(both(partly("2026-11-01"), measured(Rating::Bad, october)), Verdict::Warn, Basis::Claimed, "partly");
    assert_word(both(no("2026-11-01"), measured(Rating::Good, october)), Verdict::Fail, Basis::Claimed, "no");
    assert_word(both(no("2026-11-01"), measured(Rating::Middling, october)), Verdict::Fail, Basis::Claimed, "no");
    assert_word(both(partly("2026-11-01"), measured(Rating::Good, october)), Verdict::Warn, Basis::Claimed, "partly");
}

#[test]
fn an_agreeing_answer_changes_nothing() {
    let october = "2026-10-01T09:00:00Z";
    for (claim, seen, verdict, message) in [
        (yes("2026-11-01"), Rating::Good, Verdict::Pass, "seen-good"),
        (backed(yes("2026-11-01")), Rating::Good, Verdict::Pass, "seen-good"),
        (partly("2026-11-01"), Rating::Middling, Verdict::Warn, "seen-middling"),
        (no("2026-11-01"), Rating::Bad, Verdict::Fail, "seen-bad"),
    ] {
        let judgement = assert_word(both(claim, measured(seen, october)), verdict, Basis::Measured, message);
        assert_eq!(judgement.other, None);
    }
    // Not even where the evidence is stale.
    assert_stale(both(backed(yes("2026-11-01")), measured(Rating::Good, "2026-01-01T00:00:00Z")), Verdict::Pass, Basis::Documented, "seen-good");
}

#[test]
fn a_yes_does_not_supersede_a_warning() {
    assert_word(both(yes("2026-11-01"), measured(Rating::Middling, "2026-10-01T09:00:00Z")), Verdict::Warn, Basis::Measured, "seen-middling");
}

#[test]
fn the_day_of_the_review_never_supersedes() {
    let october = "2026-10-01T09:00:00Z";
    assert_word(both(reviewed(yes("2026-11-01")), measured(Rating::Bad, october)), Verdict::Fail, Basis::Measured, "seen-bad");
    assert_word(both(reviewed(no("2026-11-01")), measured(Rating::Good, october)), Verdict::Pass, Basis::Measured, "seen-good");
    assert_word(both(reviewed(partly("2026-11-01")), measured(Rating::Good, october)), Verdict::Pass, Basis::Measured, "seen-good");
    assert_word(both(undated(no("2026-11-01")), measured(Rating::Good, october)), Verdict::Pass, Basis::Measured, "seen-good");
}

#[test]
fn an_older_no_that_a_measurement_finds_good_yields_and_is_told() {
    let judgement = assert_word(both(no("2026-10-01"), measured(Rating::Good, NOW)), Verdict::Pass, Basis::Measured, "seen-good");
    assert_eq!(judgement.other.map(|other| other.message_id).as_deref(), Some("no"));
    assert_word(both(partly("2026-10-01"), measured(Rating::Good, NOW)), Verdict::Pass, Basis::Measured, "seen-good");
}

#[test]
fn a_yes_too_old_to_rest_on_supersedes_nothing() {
    // Evidence of 2025-01, a yes of 2025-03, judged 20 months later.
    assert_stale(both(yes("2025-03-01"), measured(Rating::Bad, "2025-01-01T00:00:00Z")), Verdict::Fail, Basis::Documented, "seen-bad");
}

#[test]
fn good_evidence_that_a_later_worse_word_outdated_does_not_come_back() {
    // As long as the word can be rested on it warns; after that nothing is known. Time alone never makes a pass of it.
    let given = || both(partly("2025-03-01"), measured(Rating::Good, "2025-01-01T00:00:00Z"));
    let spring = Now { as_of: at("2025-04-01T09:00:00Z"), ..now() };
    assert_eq!(settle::settle(&definition(Basis::Measured), &spring, given().question()).verdict, Verdict::Warn);
    assert_unknown(given(), CauseKind::TooOld);
    assert_stale(both(no("2025-03-01"), measured(Rating::Good, "2025-01-01T00:00:00Z")), Verdict::Fail, Basis::Claimed, "no");
}

#[test]
fn an_answer_stands_in_for_a_probe_that_failed_and_says_why() {
    let timeout = || Cause::new(CauseKind::Timeout, "203.0.113.10:443");
    let question = Question { measurement: Err(timeout()), ..said(yes("2026-11-01")).question() };
    let judgement = settle::settle(&definition(Basis::Measured), &now(), question);
    assert_eq!(word(&judgement), (Verdict::Pass, Basis::Claimed, "yes", false, false));
    assert_eq!(judgement.cause, Some(timeout()));
    let question = Question { measurement: Err(timeout()), ..Given::default().question() };
    let judgement = settle::settle(&definition(Basis::Measured), &now(), question);
    assert_eq!((judgement.verdict, judgement.cause), (Verdict::Unknown, Some(timeout())));
    // Nobody looked: that is no reason worth telling beside an answer, and no file needs one.
    assert_eq!(settled(said(yes("2026-11-01"))).cause, None);
    let question = Question { measurement: Err(timeout()), ..read(file(Rating::Good, NOW)).question() };
    assert_eq!(settle::settle(&definition(Basis::Measured), &now(), question).cause, None);
}

#[test]
fn a_word_that_is_none_is_told_whatever_decides() {
    let record = || Cause::new(CauseKind::Record, "records/a.pdf");
    let question = Question { claim: Err(record()), ..Given::default().question() };
    let judgement = settle::settle(&definition(Basis::Measured), &now(), question);
    assert_eq!((judgement.verdict, judgement.cause), (Verdict::Unknown, Some(record())));
    let question = Question { claim: Err(record()), ..saw(measured(Rating::Good, NOW)).question() };
    let judgement = settle::settle(&definition(Basis::Measured), &now(), question);
    assert_eq!((judgement.verdict, judgement.basis, judgement.cause), (Verdict::Pass, Basis::Measured, Some(record())));
}

#[test]
fn what_is_planned_comes_with_the_no_that_decides() {
    let planned = cht_audit::finding::Planned { date: "2027-02-01".parse().expect("a date"), by: Some("ict".to_owned()) };
    let claim = || Claim { planned: Some(planned.clone()), ..no("2026-11-01") };
    assert_eq!(settled(said(claim())).planned, Some(planned.clone()));
    assert_eq!(settled(both(claim(), measured(Rating::Good, NOW))).planned, None);
}

// A named file.

#[test]
fn a_file_refutes_an_answer_of_the_same_day_or_before() {
    let given = |day: &str| Given { claim: Some(yes(day)), file: Some(file(Rating::Bad, NOW)), seen: None };
    let judgement = assert_contradicted(given("2026-11-22"), Basis::Documented, "file-bad");
    assert_eq!(judgement.tier, Some(Tier::Files));
    assert_contradicted(given("2026-11-01"), Basis::Documented, "file-bad");
    let given = Given { claim: Some(yes("2026-11-22")), file: Some(file(Rating::Bad, "2026-11-21T09:00:00Z")), seen: None };
    assert_word(given, Verdict::Pass, Basis::Claimed, "yes");
}

#[test]
fn a_probe_decides_over_a_file_of_the_same_day_and_the_file_is_told() {
    let given = |seen: Rating, said: Rating| Given { claim: None, file: Some(file(said, NOW)), seen: Some(measured(seen, "2026-11-22T06:00:00Z")) };
    let judgement = assert_word(given(Rating::Good, Rating::Bad), Verdict::Pass, Basis::Measured, "seen-good");
    let other = judgement.other.expect("the file");
    assert_eq!((other.basis, other.message_id.as_str()), (Basis::Documented, "file-bad"));
    assert_word(given(Rating::Middling, Rating::Good), Verdict::Warn, Basis::Measured, "seen-middling");
    assert_eq!(assert_word(given(Rating::Good, Rating::Good), Verdict::Pass, Basis::Measured, "seen-good").other, None);
    assert_contradicted(given(Rating::Bad, Rating::Good), Basis::Measured, "seen-bad");
    assert_word(given(Rating::Bad, Rating::Middling), Verdict::Fail, Basis::Measured, "seen-bad");
}

#[test]
fn a_probe_of_an_earlier_day_does_not_refute_a_good_file() {
    let given = Given { claim: None, file: Some(file(Rating::Good, NOW)), seen: Some(measured(Rating::Bad, "2026-11-21T09:00:00Z")) };
    let judgement = assert_word(given, Verdict::Fail, Basis::Measured, "seen-bad");
    assert_eq!(judgement.other.map(|other| other.message_id).as_deref(), Some("file-good"));
}

#[test]
fn a_bad_file_of_a_later_day_decides() {
    let older = "2026-10-01T09:00:00Z";
    let given = |claim| Given { claim, file: Some(file(Rating::Bad, NOW)), seen: Some(measured(Rating::Good, older)) };
    let judgement = assert_word(given(None), Verdict::Fail, Basis::Documented, "file-bad");
    let other = judgement.other.expect("the measurement");
    assert_eq!((other.basis, other.message_id.as_str(), other.at), (Basis::Measured, "seen-good", Some(at(older))));
    assert_contradicted(given(Some(yes("2026-11-01"))), Basis::Documented, "file-bad");
    // A file that merely warns does not.
    let given = Given { claim: None, file: Some(file(Rating::Middling, NOW)), seen: Some(measured(Rating::Good, older)) };
    assert_word(given, Verdict::Pass, Basis::Measured, "seen-good");
}

#[test]
fn an_answer_cannot_supersede_a_probe_past_a_bad_file_read_after_it() {
    // Bad in October, said to be mended on 1 November, and the file of today is still bad.
    let given = Given { claim: Some(yes("2026-11-01")), file: Some(file(Rating::Bad, NOW)), seen: Some(measured(Rating::Bad, "2026-10-01T09:00:00Z")) };
    assert_contradicted(given, Basis::Documented, "file-bad");
    // An answer later than both supersedes both.
    let given = Given {
        claim: Some(yes("2026-11-22")),
        file: Some(file(Rating::Bad, "2026-11-10T09:00:00Z")),
        seen: Some(measured(Rating::Bad, "2026-10-01T09:00:00Z")),
    };
    assert_word(given, Verdict::Pass, Basis::Claimed, "yes");
}

#[test]
fn an_honest_no_is_not_contradicted_by_what_the_probe_says_of_a_file() {
    let given = |claim| Given { claim: Some(claim), file: Some(file(Rating::Good, NOW)), seen: Some(measured(Rating::Bad, NOW)) };
    let judgement = assert_word(given(no("2026-11-01")), Verdict::Fail, Basis::Measured, "seen-bad");
    assert_eq!(judgement.other.map(|other| other.message_id).as_deref(), Some("file-good"), "the file is still told");
    assert_contradicted(given(yes("2026-11-01")), Basis::Measured, "seen-bad");
}

// Without a question to weigh.

#[test]
fn nothing_known_and_not_applicable_rest_on_nothing() {
    let definition = definition(Basis::Documented);
    let unknown = settle::unknown(&definition, "main", "hosts", Cause::new(CauseKind::Vantage, "inside"));
    assert_eq!((unknown.verdict, unknown.basis, unknown.best, unknown.message), (Verdict::Unknown, Basis::None, Basis::Documented, "unknown"));
    assert_eq!((unknown.subject.as_str(), unknown.path.as_str(), unknown.cause), ("main", "hosts", Some(Cause::new(CauseKind::Vantage, "inside"))));
    let without = settle::not_applicable(&definition, "none-declared", args([("count", 0_i64.into())]));
    assert_eq!((without.verdict, without.basis, without.best, without.message), (Verdict::NotApplicable, Basis::None, Basis::Documented, "none-declared"));
    assert_eq!((without.args.len(), without.contradicted, without.stale), (1, false, false));
}

#[test]
fn a_moment_long_after_everything_breaks_nothing() {
    let far = Now { as_of: Timestamp::MAX, zone: TimeZone::get("Pacific/Kiritimati").expect("a zone") };
    let judgement = settle::settle(&definition(Basis::Measured), &far, both(yes("2026-11-01"), measured(Rating::Good, NOW)).question());
    assert_eq!(word(&judgement), (Verdict::Pass, Basis::Documented, "seen-good", true, false));
    let first = Now { as_of: Timestamp::MIN + SignedDuration::from_hours(48), ..far };
    let judgement = settle::settle(&definition(Basis::Measured), &first, said(yes("2026-11-01")).question());
    assert_eq!(judgement.verdict, Verdict::Unknown);
}
