//! Findings that share one cause are one trouble, and the step that tells most comes first.

use std::collections::{BTreeMap, BTreeSet};

use cht_audit::{
    catalogue::Catalogue,
    checks::{self, COMMON_MESSAGES},
    embedded,
    finding::{Basis, Cause, CauseKind, Finding, Severity, Verdict, Waiver, WaiverState},
    score::{Part, score},
    trouble::{Trouble, next_step, troubles},
};

use super::{cases::findings_of, score::finding};

/// Three checks in a row of causes, and one that stands alone.
const BACKUPS: &str = r"
weight: 18
checks:
  - { id: backups.job, severity: high, best: measured, tiers: [answer], max_age: { answer: none, evidence: none }, references: [], implies: { broken: [backups.age] } }
  - { id: backups.age, severity: critical, best: measured, tiers: [answer], max_age: { answer: none, evidence: none }, references: [], implies: { none: [backups.away, privacy.plan] } }
  - { id: backups.away, severity: medium, best: measured, tiers: [answer], max_age: { answer: none, evidence: none }, references: [] }
  - { id: backups.alone, severity: low, best: measured, tiers: [answer], max_age: { answer: none, evidence: none }, references: [] }
";
const PARTS: [Part<'_>; 2] = [Part { id: "backups", weight: 18, full: true }, Part { id: "privacy", weight: 8, full: true }];

fn catalogue() -> Catalogue {
    Catalogue::read(&[("backups", BACKUPS)], String::new()).expect("a catalogue")
}

fn ends(check: &str, severity: Severity, verdict: Verdict, message: &str) -> Finding {
    Finding { message_id: format!("{check}.{message}"), ..finding(check, severity, verdict, Basis::Measured, Basis::Measured) }
}

fn told(troubles: &[Trouble]) -> Vec<(&str, Vec<&str>, Severity)> {
    troubles.iter().map(|it| (it.check.as_str(), it.with.iter().map(String::as_str).collect(), it.severity)).collect()
}

#[test]
fn what_shares_a_cause_is_one_trouble_and_counts_once() {
    let findings = [
        ends("backups.age", Severity::Critical, Verdict::Fail, "none"),
        ends("backups.job", Severity::High, Verdict::Fail, "broken"),
        ends("backups.alone", Severity::Low, Verdict::Fail, "no"),
        ends("backups.away", Severity::Medium, Verdict::Warn, "near"),
        ends("privacy.plan", Severity::High, Verdict::Unknown, "unknown"),
    ];
    let found = troubles(&findings, &catalogue(), &PARTS);
    let with = vec!["backups.age", "backups.away", "privacy.plan"];
    assert_eq!(told(&found), [("backups.job", with, Severity::Critical), ("backups.alone", vec![], Severity::Low)]);
    // 100 less the one low check of backups that stays bad.
    let raw = score(&findings, &PARTS).0.raw.expect("a score");
    assert_eq!(found[0].points, (18 * (19_000 / 20) + 8 * 1000) / 26 / 10 - raw);
}

#[test]
fn only_the_message_that_implies_it_makes_a_cause() {
    let pair = |message| [ends("backups.age", Severity::Critical, Verdict::Fail, message), ends("backups.away", Severity::Medium, Verdict::Fail, "near")];
    assert_eq!(troubles(&pair("too-old"), &catalogue(), &PARTS).len(), 2);
    assert_eq!(troubles(&pair("none"), &catalogue(), &PARTS).len(), 1);
}

#[test]
fn what_passes_or_is_waived_is_no_trouble_and_no_cause() {
    let waived = |finding: Finding, state| {
        let waiver = Waiver { check: finding.check.clone(), reason: "x".to_owned(), owner: None, until: "2027-01-01".parse().expect("a day"), state };
        Finding { waiver: Some(waiver), ..finding }
    };
    let age = ends("backups.age", Severity::Critical, Verdict::Fail, "none");
    let away = ends("backups.away", Severity::Medium, Verdict::Fail, "near");
    let found = |findings: &[Finding]| told(&troubles(findings, &catalogue(), &PARTS)).iter().map(|it| it.0.to_owned()).collect::<Vec<_>>();
    assert_eq!(found(&[waived(age.clone(), WaiverState::Active), away.clone()]), ["backups.away"]);
    assert_eq!(found(&[waived(age.clone(), WaiverState::Expired), away.clone()]), ["backups.age"]);
    assert_eq!(found(&[age, waived(away, WaiverState::Active)]), ["backups.age"]);
    assert_eq!(found(&[ends("backups.job", Severity::High, Verdict::Pass, "broken"), ends("backups.away", Severity::Medium, Verdict::Warn, "near")]), [""; 0]);
}

#[test]
fn a_circle_of_causes_ends() {
    let text = BACKUPS.replace("none: [backups.away", "none: [backups.job");
    let catalogue = Catalogue::read(&[("backups", &text)], String::new()).expect("a catalogue");
    let findings = [ends("backups.age", Severity::Critical, Verdict::Fail, "none"), ends("backups.job", Severity::High, Verdict::Fail, "broken")];
    let found = troubles(&findings, &catalogue, &PARTS);
    assert_eq!(found.iter().map(|it| 1 + it.with.len()).sum::<usize>(), 2);
}

#[test]
fn what_waits_for_one_part_of_the_description_is_one_step() {
    let unsaid = |check: &str, severity, key: &str| Finding {
        cause: Some(Cause::new(CauseKind::NotSaid, key)),
        ..finding(check, severity, Verdict::Unknown, Basis::None, Basis::Measured)
    };
    let findings = [
        unsaid("backups.a", Severity::Medium, "backups.copies[].place"),
        unsaid("backups.b", Severity::High, "backups.copies"),
        unsaid("backups.c", Severity::High, "answers.backups.c"),
        unsaid("backups.d", Severity::High, "backups.keys_held_by, backups.copies"),
    ];
    let step = next_step(&findings, &[], &PARTS).expect("a step");
    assert_eq!((step.key.as_deref(), step.checks), (Some("backups.copies"), vec!["backups.b".to_owned(), "backups.a".to_owned()]));
    assert_eq!(step.points, 9 * 1000 / 21 / 10);
    // What a trouble explains is mended with it.
    let trouble = Trouble { check: "x".to_owned(), with: vec!["backups.a".to_owned(), "backups.b".to_owned()], severity: Severity::High, points: 0 };
    let step = next_step(&findings, &[trouble], &PARTS).expect("a step");
    assert_eq!((step.key, step.checks), (None, vec!["backups.c".to_owned()]));
    assert_eq!(next_step(&[ends("backups.a", Severity::High, Verdict::Fail, "no")], &[], &PARTS), None);
}

#[test]
fn each_cause_of_the_catalogue_is_a_way_to_fail_and_none_goes_in_a_circle() {
    let catalogue = embedded::catalogue().expect("the catalogue");
    let mut edges: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut faults = Vec::new();
    for check in checks::all() {
        let implies = &catalogue.check(check.id).expect("a definition").implies;
        let cases = if implies.is_empty() { Vec::new() } else { findings_of(check) };
        for (message, implied) in implies {
            assert!(check.messages.contains(&message.as_str()) || COMMON_MESSAGES.contains(&message.as_str()), "{} has no message {message}", check.id);
            let id = format!("{}.{message}", check.id);
            if !cases.iter().any(|finding| finding.message_id == id && finding.verdict == Verdict::Fail) {
                faults.push(id);
            }
            for other in implied {
                assert!(catalogue.check(other).is_some(), "{} implies {other}, which is no check", check.id);
                edges.entry(check.id).or_default().insert(other);
            }
        }
    }
    assert!(faults.is_empty(), "no case fails with these: {faults:#?}");
    assert!(edges.len() > 10, "{edges:#?}");
    // Taking away what leads nowhere leaves nothing, where nothing goes in a circle.
    while let Some(leaf) = edges.iter().find(|(_, to)| to.iter().all(|other| !edges.contains_key(other))).map(|(from, _)| *from) {
        edges.remove(leaf);
    }
    assert!(edges.is_empty(), "these causes go in a circle: {edges:#?}");
}
