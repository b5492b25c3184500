//! What changed between two runs, and the gate that decides by it: over random findings, over the shipped example with
//! answers, evidence and time changed at random, and case by case.

use std::sync::LazyLock;

use cht_audit::{
    catalogue::Catalogue,
    checks::{self, Now},
    cli::{args::GateArgs, gate},
    diff::{Change, Diff, Kind, WaiverKind, diff, saved},
    embedded,
    evidence::{Evidence, Vantage},
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
