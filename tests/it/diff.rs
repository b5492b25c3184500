//! What changed between two runs, and the gate that decides by it: over random findings, over the shipped example with
//! answers, evidence and time changed at random, and case by case.

use std::sync::LazyLock;

use cht_audit::{
    catalogue::Catalogue,
    checks::{self, Now},
    cli::{args::GateArgs, gate},
    diff::{Diff, Kind, WaiverKind, diff, saved},
    embedded,
    evidence::Evidence,
    finding::{Arg, Basis, Cause, CauseKind, Finding, Other, Severity, Tier, Verdict, Waiver, WaiverState, args},
    knowledge::Knowledge,
    report::{Frame, Mode, Report, Run, SiteStamp, report},
    site::{Answer, Site, scalar::Reply},
    texts::Texts,
};
use jiff::{SignedDuration, Timestamp};
use proptest::{collection::vec, prelude::*, sample::Index};

use super::{
    properties::{reported, sites, some_sites, waivers},
    score::{finding, on},
    settle::at,
};

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| embedded::catalogue().expect("the catalogue"));
static KNOWLEDGE: LazyLock<Knowledge> = LazyLock::new(|| Knowledge::embedded().expect("knowledge"));

fn gate_args(fail_on: Severity) -> GateArgs {
    GateArgs { fail_on, min_score: None, min_coverage: None, baseline: None, accept_unknown: false }
}

/// The exit code of a run that is held against another one.
fn exit(old: &Report, new: &Report, then: Option<&[Finding]>, fail_on: Severity) -> u8 {
    let held = Report { baseline: Some(diff(old, new, then)), ..new.clone() };
    gate::decide(&held, &gate_args(fail_on), false).exit
}

fn plain(findings: Vec<Finding>) -> Report {
    reported(findings, vec![], &[])
}

fn severities() -> impl Strategy<Value = Severity> {
    prop_oneof![Just(Severity::Critical), Just(Severity::High), Just(Severity::Medium), Just(Severity::Low)]
}

// Random findings ------------------------------------------------------------------------------------------------------

proptest! {
    #![proptest_config(ProptestConfig { cases: 120, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_run_is_no_worse_than_itself(findings in some_sites(), waivers in waivers(), fail_on in severities()) {
        let run = reported(findings, waivers, &[]);
        let found = diff(&run, &run, None);
        prop_assert!(found.changes.is_empty() && found.waivers.is_empty() && found.only_old.is_empty() && found.only_new.is_empty() && found.left_out.is_empty());
        prop_assert_eq!(exit(&run, &run, None, fail_on), 0);
        prop_assert_eq!(exit(&run, &run, Some(&run.findings), fail_on), 0);
    }

    #[test]
    fn the_order_of_findings_changes_nothing(old in sites().prop_flat_map(|it| (Just(it.clone()), Just(it).prop_shuffle())), new in sites().prop_flat_map(|it| (Just(it.clone()), Just(it).prop_shuffle())), fail_on in severities()) {
        let mut runs = [plain(old.0), plain(new.0), plain(vec![]), plain(vec![])];
        // As a saved run may hold them: in any order.
        (runs[2].findings, runs[3].findings) = (old.1, new.1);
        for run in &mut runs[2..] {
            for finding in &mut run.findings {
                let drawn = [&finding.title, &finding.message].iter().all(|it| it.is_empty());
                prop_assert!(drawn);
            }
        }
        let bare = |found: Diff| (found.changes.iter().map(|it| (it.kind, it.check.clone(), it.subject.clone(), it.severity)).collect::<Vec<_>>(), found.only_old, found.only_new, found.compared);
        prop_assert_eq!(bare(diff(&runs[0], &runs[1], None)), bare(diff(&runs[2], &runs[3], None)));
        prop_assert_eq!(exit(&runs[0], &runs[1], None, fail_on), exit(&runs[2], &runs[3], None, fail_on));
    }

    #[test]
    fn what_the_baseline_does_not_know_never_gates(findings in some_sites(), fail_on in severities()) {
        // A part of the checks is new in the catalogue: whatever they come to, the rest decides.
        let known = |it: &Finding| !it.check.ends_with('0');
        let old = plain(findings.iter().filter(|it| known(it)).cloned().collect());
        let new = plain(findings.clone());
        let expected = if findings.iter().any(known) { 0 } else { 4 };
        prop_assert_eq!(exit(&old, &new, None, fail_on), expected);
        prop_assert!(diff(&old, &new, None).only_new.iter().all(|check| check.ends_with('0')));
    }

    #[test]
    fn a_check_that_fails_anew_gates_exactly_where_the_gate_stands(findings in some_sites(), which: Index, fail_on in severities(), contradicted: bool) {
        let old = plain(findings.clone());
        let mut worse = findings;
        let it = which.get_mut(&mut worse);
        let was = it.clone();
        (it.verdict, it.basis, it.contradicted) = (Verdict::Fail, Basis::Measured, contradicted);
        let is_worse = was.verdict != Verdict::Fail || contradicted;
        let expected = u8::from(is_worse && was.severity >= fail_on);
        prop_assert_eq!(exit(&old, &plain(worse), None, fail_on), expected, "{:?}", was);
    }

    #[test]
    fn a_severity_that_the_catalogue_raised_blames_nobody(findings in some_sites(), which: Index) {
        let old = plain(findings.clone());
        let mut raised = findings;
        let chosen = which.get(&raised).check.clone();
        for it in raised.iter_mut().filter(|it| it.check == chosen) {
            it.severity = Severity::Critical;
        }
        let mut new = plain(raised);
        "11".clone_into(&mut new.catalogue.sha256);
        prop_assert_eq!(exit(&old, &new, None, Severity::Low), 0);
    }

    #[test]
    fn what_is_unknown_now_is_inconclusive_and_never_a_failure(findings in some_sites(), which in vec(any::<Index>(), 1..6), fail_on in severities()) {
        let old = plain(findings.clone());
        let mut less = findings;
        let mut lost = false;
        for index in which {
            let it = index.get_mut(&mut less);
            lost |= it.severity >= fail_on && it.verdict != Verdict::Unknown;
            (it.verdict, it.basis, it.contradicted) = (Verdict::Unknown, Basis::None, false);
        }
        prop_assert_eq!(exit(&old, &plain(less), None, fail_on), if lost { 4 } else { 0 });
    }
}

// The shipped example ----------------------------------------------------------------------------------------------------

/// The example, its evidence, and the moment it is judged for.
#[derive(Clone)]
struct Example {
    site: Site,
    evidence: Evidence,
    as_of: Timestamp,
}

static EXAMPLE: LazyLock<Example> = LazyLock::new(|| {
    let site = Site::from_text(include_str!("../../examples/facility/site.yaml")).expect("the example can be read");
    let evidence = serde_json::from_str(include_str!("../../examples/facility/evidence.json")).expect("the evidence can be read");
    Example { site, evidence, as_of: at("2026-11-22T20:59:59Z") }
});

fn example() -> Example {
    EXAMPLE.clone()
}

impl Example {
    fn findings(&self, as_of: Timestamp) -> Vec<Finding> {
        let selected: Vec<_> = checks::all().collect();
        let now = Now { as_of, zone: self.site.zone.clone() };
        let (findings, broke) = checks::evaluate(&selected, &self.site, &self.evidence, &CATALOGUE, &KNOWLEDGE, &now, true);
        assert!(!broke);
        findings
    }

    fn report(&self, texts: &Texts) -> Report {
        let said = &self.site.said;
        let waivers = said.waivers.iter().map(|it| Waiver {
            check: it.check.clone(),
            reason: it.reason.clone(),
            owner: it.owner.clone(),
            until: it.until.0,
            state: WaiverState::Unused,
        });
        let frame = Frame {
            version: "0.1.0",
            catalogue: &CATALOGUE,
            gathered: KNOWLEDGE.gathered(),
            site: SiteStamp { name: said.name.clone(), url: said.url.clone(), kind: None, timezone: "Africa/Nairobi".to_owned() },
            run: Run {
                started: self.as_of,
                ended: self.as_of,
                as_of: self.as_of,
                mode: Mode::Recorded,
                vantage: "inside".to_owned(),
                partial: false,
                tiers: vec![],
                interrupted: false,
            },
            waivers: waivers.collect(),
            own_limits: &[],
            limits: vec![],
            cut: &[],
        };
        Report { answered: said.answers.keys().cloned().collect(), ..report(self.findings(self.as_of), frame, texts) }
    }

    /// This run held against that of `old`.
    fn against(&self, old: &Self, fail_on: Severity) -> (u8, Diff) {
        let texts = embedded::texts().expect("texts");
        let (old, new) = (old.report(&texts), self.report(&texts));
        let found = diff(&old, &new, Some(&self.findings(old.run.as_of)));
        let held = Report { baseline: Some(found.clone()), ..new };
        (gate::decide(&held, &gate_args(fail_on), false).exit, found)
    }

    /// Takes evidence away, and lets answers say something else, so that the words meet in many ways.
    fn shaken(mut self, without: &[Index], said: &[(Index, u8, i64)]) -> Self {
        let mut evidence = serde_json::to_value(&self.evidence).expect("JSON");
        for index in without {
            let kinds = ["cht", "tls", "dns", "registration", "compose", "env", "crontab", "watchdog_instances", "records"];
            if let Some(entries) = evidence.get_mut(*index.get(&kinds)).and_then(serde_json::Value::as_object_mut)
                && !entries.is_empty()
            {
                let key = index.get(&entries.keys().cloned().collect::<Vec<_>>()).clone();
                entries.remove(&key);
            }
        }
        self.evidence = serde_json::from_value(evidence).expect("evidence");
        let all: Vec<&str> = checks::all().map(|check| check.id).collect();
        let spare = self.site.said.answers.values().next().cloned().expect("an answer");
        for (index, word, days) in said {
            let answer = match word {
                0 => Reply::Yes,
                1 => Reply::Partly,
                _ => Reply::No,
            };
            let day = (self.as_of - SignedDuration::from_hours(24 * days)).to_zoned(self.site.zone.clone()).date();
            let date = serde_json::from_value(serde_json::json!(day.to_string())).expect("a day");
            self.site.said.answers.insert((*index.get(&all)).to_owned(), Answer { answer, date: Some(date), record: None, planned: None, ..spare.clone() });
        }
        self
    }

    fn later(&self, seconds: i64) -> Self {
        Self { site: self.site.clone(), evidence: self.evidence.clone(), as_of: self.as_of + SignedDuration::from_secs(seconds) }
    }

    fn without_answers(&self, lost: impl Fn(usize) -> bool) -> Self {
        let mut site = self.site.clone();
        site.said.answers = site.said.answers.into_iter().enumerate().filter(|(i, _)| !lost(*i)).map(|(_, it)| it).collect();
        Self { site, evidence: self.evidence.clone(), as_of: self.as_of }
    }
}

type Shakes = (Vec<Index>, Vec<(Index, u8, i64)>);

fn shakes() -> impl Strategy<Value = Shakes> {
    (vec(any::<Index>(), 0..8), vec((any::<Index>(), 0..3_u8, -30..700_i64), 0..30))
}

fn worst(found: &Diff, kinds: &[Kind]) -> Vec<String> {
    found
        .changes
        .iter()
        .filter(|it| kinds.contains(&it.kind))
        .map(|it| format!("{:?} {} {} {:?} {:?}", it.kind, it.check, it.subject, it.old, it.new))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, max_shrink_iters: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn time_alone_never_gates((without, said) in shakes(), seconds in prop_oneof![0..4_000_000_i64, 0..90_000_000_i64]) {
        let site = example().shaken(&without, &said);
        let (exit, found) = site.later(seconds).against(&site, Severity::Low);
        prop_assert_eq!(exit, 0, "{:#?}", worst(&found, &[Kind::Broken, Kind::NoLongerShown]));
    }

    #[test]
    fn lost_answers_never_fail_a_gate((without, said) in shakes(), lost: [bool; 7], seconds in prop_oneof![Just(0_i64), 0..4_000_000_i64]) {
        let site = example().shaken(&without, &said);
        let (exit, found) = site.without_answers(|i| lost[i % 7]).later(seconds).against(&site, Severity::Low);
        prop_assert!(exit == 0 || exit == 4, "{exit}: {:#?}", worst(&found, &[Kind::Broken]));
    }
}

#[test]
fn each_single_answer_that_is_lost_is_told_and_fails_nothing() {
    let whole = example();
    let mut told = 0;
    for i in 0..whole.site.said.answers.len() {
        let (exit, found) = whole.without_answers(|it| it == i).against(&whole, Severity::Low);
        let check = whole.site.said.answers.keys().nth(i).expect("an answer");
        assert!(exit == 0 || exit == 4, "{check}: {exit} {:#?}", worst(&found, &[Kind::Broken]));
        if exit == 4 {
            told += 1;
            assert!(found.of(Kind::NoLongerShown).any(|change| &change.check == check), "{check}: {found:#?}");
        }
    }
    assert!(told > 20, "{told} answers decide something");
}

// Case by case -----------------------------------------------------------------------------------------------------------

const CHECK: &str = "backups.c";

fn of(verdict: Verdict, basis: Basis) -> Finding {
    finding(CHECK, Severity::High, verdict, basis, Basis::Measured)
}

fn contradicted() -> Finding {
    Finding { contradicted: true, ..of(Verdict::Fail, Basis::Measured) }
}

/// The kinds of what changed between two runs of these findings.
fn kinds(before: Vec<Finding>, after: Vec<Finding>) -> Vec<Kind> {
    diff(&plain(before), &plain(after), None).changes.iter().map(|change| change.kind).collect()
}

#[test]
fn each_turn_has_its_kind() {
    let (pass, warn, fail) = (|| of(Verdict::Pass, Basis::Measured), || of(Verdict::Warn, Basis::Measured), || of(Verdict::Fail, Basis::Measured));
    let (unknown, moot) = (|| of(Verdict::Unknown, Basis::None), || of(Verdict::NotApplicable, Basis::None));
    let said = || of(Verdict::Pass, Basis::Claimed);
    let turns = vec![
        (pass(), warn(), Some(Kind::Broken)),
        (pass(), fail(), Some(Kind::Broken)),
        (warn(), fail(), Some(Kind::Broken)),
        (unknown(), fail(), Some(Kind::Broken)),
        (moot(), fail(), Some(Kind::Broken)),
        (fail(), contradicted(), Some(Kind::Broken)),
        (pass(), unknown(), Some(Kind::NoLongerShown)),
        (warn(), unknown(), Some(Kind::NoLongerShown)),
        (fail(), unknown(), Some(Kind::NoLongerShown)),
        (moot(), unknown(), Some(Kind::NoLongerShown)),
        (fail(), moot(), Some(Kind::NoLongerApplies)),
        (pass(), moot(), Some(Kind::NoLongerApplies)),
        (fail(), warn(), Some(Kind::Fixed)),
        (contradicted(), pass(), Some(Kind::Fixed)),
        (unknown(), pass(), Some(Kind::NewlyShown)),
        (unknown(), warn(), Some(Kind::NewlyShown)),
        (moot(), pass(), Some(Kind::NewlyShown)),
        (said(), pass(), Some(Kind::NewlyShown)),
        (pass(), said(), Some(Kind::Weaker)),
        (contradicted(), fail(), None),
        (pass(), pass(), None),
        (moot(), moot(), None),
    ];
    for (before, after, kind) in turns {
        assert_eq!(kinds(vec![before.clone()], vec![after.clone()]), kind.into_iter().collect::<Vec<_>>(), "{:?} then {:?}", before.verdict, after.verdict);
    }
}

#[test]
fn a_server_that_answers_from_another_address_has_not_become_worse() {
    let fail = |subject: &str| on(subject, of(Verdict::Fail, Basis::Measured));
    let pass = |subject: &str| on(subject, of(Verdict::Pass, Basis::Measured));
    assert_eq!(kinds(vec![fail("a"), pass("b")], vec![fail("c"), pass("b")]), []);
    assert_eq!(kinds(vec![pass("a"), pass("b")], vec![fail("c"), pass("b")]), [Kind::Broken], "in the place of a good one");
    assert_eq!(kinds(vec![fail("a")], vec![fail("a"), fail("c")]), [Kind::Broken], "beside the old one it is a fault of its own");
    assert_eq!(kinds(vec![fail("a")], vec![fail("a"), pass("c")]), []);
    assert_eq!(kinds(vec![pass("a"), fail("b")], vec![pass("a")]), [], "what went is no news of what stayed");
    assert_eq!(kinds(vec![pass("")], vec![on("a", of(Verdict::Unknown, Basis::None))]), [Kind::NoLongerShown]);
}

#[test]
fn without_a_second_judgement_the_same_word_tells_that_time_did_it() {
    let seen = |verdict, at_: &str, day: &str, left: i64, message: &str| Finding {
        tier: Some(Tier::Network),
        observed_at: Some(at(at_)),
        args: args([("until", Arg::Date(day.parse().expect("a day"))), ("days", Arg::Count(left))]),
        message_id: format!("{CHECK}.{message}"),
        ..of(verdict, Basis::Measured)
    };
    let kind = |before: Finding, after: Finding, days: i64| {
        let (old, mut new) = (plain(vec![before]), plain(vec![after]));
        new.run.as_of += SignedDuration::from_hours(24 * days);
        diff(&old, &new, None).changes.iter().map(|change| change.kind).collect::<Vec<_>>()
    };
    let first = || seen(Verdict::Pass, "2026-11-20T00:00:00Z", "2027-01-01", 40, "fine");
    assert_eq!(kind(first(), seen(Verdict::Fail, "2026-12-20T00:00:00Z", "2027-01-01", 10, "soon"), 30), [Kind::Aged], "the same certificate");
    assert_eq!(kind(first(), seen(Verdict::Fail, "2026-12-20T00:00:00Z", "2026-12-30", 10, "soon"), 30), [Kind::Broken], "another certificate");
    assert_eq!(kind(first(), seen(Verdict::Fail, "2026-11-20T00:00:00Z", "2027-01-01", 40, "soon"), 0), [Kind::Broken], "no time has passed");
    let said = |message: &str, verdict| Finding { tier: Some(Tier::Answer), args: args([]), ..seen(verdict, "2026-11-01T00:00:00Z", "2027-01-01", 0, message) };
    assert_eq!(kind(said("yes", Verdict::Pass), said("no", Verdict::Fail), 30), [Kind::Broken], "somebody said something else");
    let old = Finding { cause: Some(Cause::new(CauseKind::TooOld, "")), ..of(Verdict::Unknown, Basis::None) };
    assert_eq!(kind(said("yes", Verdict::Pass), old.clone(), 300), [Kind::Aged]);
    assert_eq!(kind(said("yes", Verdict::Pass), Finding { cause: None, ..old }, 300), [Kind::NoLongerShown]);
}

#[test]
fn what_a_limited_run_was_told_to_leave_alone_is_not_compared() {
    let pass = |tier| Finding { tier: Some(tier), observed_at: Some(at("2026-11-20T00:00:00Z")), ..of(Verdict::Pass, Basis::Measured) };
    let file = |verdict| Finding { tier: Some(Tier::Files), message_id: format!("{CHECK}.from-file"), ..of(verdict, Basis::Documented) };
    let held = |before: Finding, after: Finding| {
        let (old, mut new) = (plain(vec![before]), plain(vec![after]));
        new.run.tiers = vec![Tier::Files];
        let found = diff(&old, &new, Some(&new.findings));
        (found.changes.iter().map(|change| change.kind).collect::<Vec<_>>(), found.left_out.len())
    };
    assert_eq!(held(pass(Tier::Network), of(Verdict::Unknown, Basis::None)), (vec![], 1));
    assert_eq!(held(pass(Tier::Network), file(Verdict::Pass)), (vec![], 1), "resting on less");
    assert_eq!(held(pass(Tier::Files), of(Verdict::Unknown, Basis::None)), (vec![Kind::NoLongerShown], 0));
    assert_eq!(held(pass(Tier::Network), file(Verdict::Fail)), (vec![Kind::Broken], 0));
    // The file was bad before, and a probe that looked later said otherwise.
    let other = Other { basis: Basis::Documented, message_id: format!("{CHECK}.from-file"), args: args([]), message: String::new(), at: None, by: None };
    assert_eq!(held(Finding { other: Some(other), ..pass(Tier::Network) }, file(Verdict::Fail)), (vec![], 1));
    // Offline leaves the network alone, and nothing else.
    let (old, mut new) = (plain(vec![pass(Tier::Network)]), plain(vec![of(Verdict::Unknown, Basis::None)]));
    assert_eq!(diff(&old, &new, None).left_out.len(), 0);
    new.run.mode = Mode::Offline;
    assert_eq!(diff(&old, &new, None).left_out, [CHECK]);
}

#[test]
fn what_was_found_when_a_run_was_made_holds_later() {
    let (old, new) = (plain(vec![of(Verdict::Pass, Basis::Measured)]), plain(vec![of(Verdict::Fail, Basis::Measured)]));
    let held = Report { baseline: Some(diff(&old, &new, Some(&old.findings))), ..new.clone() };
    let first = |found: Diff| found.changes[0].kind;
    assert_eq!((first(saved(&old, &held)), first(saved(&old, &new))), (Kind::Aged, Kind::Broken));
    let mut other = old;
    other.run.as_of -= SignedDuration::from_hours(1);
    assert_eq!(first(saved(&other, &held)), Kind::Broken, "that was another baseline");
}

#[test]
fn each_turn_of_a_waiver_is_told() {
    let waiver = |until: &str, reason: &str, state| Waiver {
        check: CHECK.to_owned(),
        reason: reason.to_owned(),
        owner: None,
        until: until.parse().expect("a day"),
        state,
    };
    let (active, expired) = (|until| waiver(until, "x", WaiverState::Active), waiver("2026-12-01", "x", WaiverState::Expired));
    let turn = |old: Vec<Waiver>, new: Vec<Waiver>| {
        let (mut before, mut after) = (plain(vec![of(Verdict::Fail, Basis::Measured)]), plain(vec![of(Verdict::Fail, Basis::Measured)]));
        (before.waivers, after.waivers) = (old, new);
        diff(&before, &after, None).waivers.iter().map(|change| change.kind).collect::<Vec<_>>()
    };
    assert_eq!(turn(vec![], vec![active("2026-12-01")]), [WaiverKind::Added]);
    assert_eq!(turn(vec![active("2026-12-01")], vec![]), [WaiverKind::Removed]);
    assert_eq!(turn(vec![active("2026-12-01")], vec![expired.clone()]), [WaiverKind::Expired]);
    assert_eq!(turn(vec![active("2026-12-01")], vec![active("2027-12-01")]), [WaiverKind::Changed]);
    assert_eq!(turn(vec![active("2026-12-01")], vec![waiver("2026-12-01", "y", WaiverState::Active)]), [WaiverKind::Changed]);
    assert_eq!(turn(vec![active("2026-12-01")], vec![waiver("2026-12-01", "x", WaiverState::Unused)]), []);
    assert_eq!(turn(vec![active("2026-12-01")], vec![active("2027-12-01"), expired]), [WaiverKind::Changed], "the one that holds counts");
}
