//! The formula: the worked example to the number, and every edge of weights, ceilings, grades and coverage.

use cht_audit::{
    finding::{Args, Basis, Finding, Severity, Verdict, credit},
    score::{Ceiling, ConsiderationScore, Grade, Part, Score, grade, score},
};

use Basis::{Claimed, Documented, Measured};
use Severity::{Critical, High, Info, Low, Medium};
use Verdict::{Fail, NotApplicable, Pass, Unknown, Warn};

/// The weights of the nine.
pub(crate) const WEIGHTS: [(&str, u32); 9] = [
    ("alerting", 12),
    ("restarts", 8),
    ("backups", 18),
    ("disaster-recovery", 14),
    ("scale", 8),
    ("updates", 10),
    ("renewals", 10),
    ("security", 12),
    ("privacy", 8),
];

pub(crate) fn parts() -> Vec<Part<'static>> {
    WEIGHTS.iter().map(|(id, weight)| Part { id, weight: *weight, full: true }).collect()
}

/// One check on the whole site.
pub(crate) fn finding(check: &str, severity: Severity, verdict: Verdict, basis: Basis, best: Basis) -> Finding {
    Finding {
        check: check.to_owned(),
        title: String::new(),
        consideration: check.split('.').next().unwrap_or_default().to_owned(),
        severity,
        subject: String::new(),
        verdict,
        basis,
        best,
        credit: credit(verdict, basis, best),
        contradicted: false,
        stale: false,
        message: String::new(),
        message_id: format!("{check}.yes"),
        args: Args::new(),
        cause: None,
        other: None,
        remedy: String::new(),
        tier: None,
        observed_at: None,
        max_age: None,
        location: None,
        waiver: None,
        planned: None,
        references: Vec::new(),
    }
}

pub(crate) fn on(subject: &str, finding: Finding) -> Finding {
    Finding { subject: subject.to_owned(), ..finding }
}

fn whole(findings: &[Finding]) -> Score {
    score(findings, &parts()).0
}

/// The consideration that most tests put their checks into.
fn backups(findings: &[Finding]) -> ConsiderationScore {
    score(findings, &parts()).1.into_iter().find(|it| it.id == "backups").expect("backups")
}

/// The example of the scoring page.
fn worked_example() -> Vec<Finding> {
    let contradicted = Finding { contradicted: true, ..finding("security.b", Critical, Fail, Measured, Measured) };
    vec![
        finding("alerting.a", Critical, Pass, Measured, Measured),
        finding("alerting.b", High, Pass, Claimed, Measured),
        finding("restarts.a", High, Pass, Measured, Measured),
        finding("restarts.b", Medium, Unknown, Basis::None, Measured),
        finding("backups.a", Critical, Pass, Documented, Measured),
        finding("backups.b", Critical, Pass, Claimed, Documented),
        finding("backups.c", High, Fail, Measured, Measured),
        finding("disaster-recovery.a", High, Pass, Documented, Documented),
        finding("disaster-recovery.b", High, Pass, Claimed, Documented),
        finding("scale.a", Medium, Pass, Measured, Measured),
        finding("scale.b", Low, Warn, Measured, Measured),
        finding("updates.a", High, Pass, Measured, Measured),
        finding("updates.b", Medium, Pass, Claimed, Documented),
        finding("renewals.a", Critical, Pass, Measured, Measured),
        finding("renewals.b", High, Unknown, Basis::None, Measured),
        finding("security.a", Critical, Pass, Measured, Measured),
        contradicted,
        finding("security.c", High, Fail, Measured, Measured),
        finding("privacy.a", High, Pass, Documented, Documented),
        finding("privacy.b", Medium, Pass, Claimed, Documented),
    ]
}

/// The example with one check replaced.
fn with(mut findings: Vec<Finding>, check: &str, verdict: Verdict, basis: Basis) -> Vec<Finding> {
    let found = findings.iter_mut().find(|finding| finding.check == check).expect("the check");
    *found = finding(check, found.severity, verdict, basis, found.best);
    findings
}

#[test]
fn the_worked_example() {
    let (site, considerations) = score(&worked_example(), &parts());
    // S_c of the page, permille; a consideration's raw is its tenth, rounded down.
    let raws: Vec<(&str, Option<u32>)> = considerations.iter().map(|it| (it.id.as_str(), it.raw)).collect();
    let expected = [775, 666, 500, 850, 875, 900, 625, 384, 900];
    assert_eq!(raws, WEIGHTS.iter().zip(expected).map(|((id, _), permille)| (*id, Some(permille / 10))).collect::<Vec<_>>());
    assert_eq!((site.score, site.grade, site.raw, site.potential), (Some(59), Some(Grade::D), Some(69), Some(59)));
    assert_eq!(site.ceilings, [Ceiling { check: "security.b".to_owned(), at: 59 }]);
    // By hand: S_c of what is covered 625 666 615 500 1000 666 625 1000 666; of what fails 0 0 230 0 125 0 0 615 0 (a warn of weight 1 in 4 is 125).
    let covered = (12 * 625 + 8 * 666 + 18 * 615 + 14 * 500 + 8 * 1000 + 10 * 666 + 10 * 625 + 12 * 1000 + 8 * 666) / 100 / 10;
    let gap = (18 * 230 + 8 * 125 + 12 * 615) / 100 / 10;
    assert_eq!((site.coverage, site.shown, site.gap, site.unshown), (Some(covered), Some(69), Some(gap), Some(100 - 69 - gap)));
    assert_eq!((covered, gap), (69, 12));
}

#[test]
fn the_potential_of_the_worked_example_is_87_under_its_ceiling() {
    // All that is unknown or only said turned out well, what fails and warns as it was: the page says raw 87.
    let raised: Vec<Finding> = worked_example()
        .into_iter()
        .map(|it| if it.verdict == Unknown || it.verdict == Pass { Finding { verdict: Pass, basis: it.best, ..it } } else { it })
        .collect();
    let site = whole(&raised);
    assert_eq!((site.raw, site.score, site.potential), (Some(87), Some(59), Some(59)));
}

#[test]
fn the_two_repairs_of_the_worked_example() {
    let mended = with(worked_example(), "security.b", Pass, Measured);
    let site = whole(&mended);
    assert_eq!((site.raw, site.score, site.grade), (Some(74), Some(74), Some(Grade::C)));
    // The ceiling of the claim lies at the raw score: it holds nothing down, so it is not told. With one more repair it does.
    assert_eq!(site.ceilings, []);
    let held = whole(&with(mended.clone(), "backups.c", Pass, Measured));
    assert_eq!((held.score, held.ceilings), (Some(74), vec![Ceiling { check: "backups.b".to_owned(), at: 74 }]));

    let recorded = whole(&with(mended, "backups.b", Pass, Documented));
    assert_eq!((recorded.raw, recorded.score, recorded.grade), (Some(76), Some(76), Some(Grade::B)));
}

#[test]
fn weights() {
    assert_eq!([Critical, High, Medium, Low, Info].map(Severity::weight), [10, 6, 3, 1, 0]);
    assert_eq!(WEIGHTS.iter().map(|(_, weight)| weight).sum::<u32>(), 100);
    let catalogue = cht_audit::embedded::catalogue().expect("the catalogue");
    assert_eq!(catalogue.considerations.iter().map(|it| (it.id.as_str(), it.weight)).collect::<Vec<_>>(), WEIGHTS);
}

#[test]
fn credit_by_rung() {
    let passes = |best| [Measured, Documented, Claimed, Basis::None].map(|basis| credit(Pass, basis, best));
    let warns = |best| [Measured, Documented, Claimed, Basis::None].map(|basis| credit(Warn, basis, best));
    assert_eq!(passes(Measured), [1000, 600, 400, 0]);
    assert_eq!(passes(Documented), [1000, 1000, 700, 0]);
    assert_eq!(warns(Measured), [500, 300, 200, 0]);
    assert_eq!(warns(Documented), [500, 500, 350, 0]);
    for verdict in [Fail, Unknown, NotApplicable] {
        for best in [Measured, Documented] {
            assert_eq!([Measured, Documented, Claimed, Basis::None].map(|basis| credit(verdict, basis, best)), [0; 4]);
        }
    }
}

#[test]
fn what_is_bad_or_unknown_stays_in_the_denominator() {
    // 10 of 10 + 6, of 10 + 3, of 10 + 1.
    let beside = |severity, verdict| {
        let basis = if verdict == Unknown { Basis::None } else { Measured };
        backups(&[finding("backups.a", Critical, Pass, Measured, Measured), finding("backups.b", severity, verdict, basis, Measured)]).raw
    };
    assert_eq!([beside(High, Fail), beside(Medium, Fail), beside(Low, Fail)], [Some(62), Some(76), Some(90)]);
    assert_eq!([beside(High, Unknown), beside(Medium, Unknown), beside(Low, Unknown)], [Some(62), Some(76), Some(90)]);
    assert_eq!(beside(High, Warn), Some(81));
}

#[test]
fn information_is_told_and_never_scored() {
    let findings = [finding("backups.a", Medium, Pass, Measured, Measured), finding("backups.b", Info, Fail, Measured, Measured)];
    assert_eq!((backups(&findings).raw, backups(&findings).coverage, whole(&findings).score), (Some(100), Some(100), Some(100)));
    let only = backups(&findings[1..]);
    assert_eq!((only.assessed, only.score, whole(&findings[1..]).score), (false, None, None));
}

#[test]
fn what_does_not_apply_leaves_both_sums() {
    let findings = [finding("backups.a", Medium, Pass, Measured, Measured), finding("backups.b", Critical, NotApplicable, Basis::None, Measured)];
    let site = whole(&findings);
    assert_eq!((site.score, site.coverage, site.ceilings), (Some(100), Some(100), vec![]));
    // A consideration in which nothing applies leaves the whole.
    let findings = [finding("backups.a", Medium, Warn, Measured, Measured), finding("security.a", Critical, NotApplicable, Basis::None, Measured)];
    let (site, considerations) = score(&findings, &parts());
    assert_eq!(site.score, Some(50));
    let security = considerations.iter().find(|it| it.id == "security").expect("security");
    assert_eq!((security.assessed, security.score, security.raw, security.coverage, security.shares), (false, None, None, None, None));
    assert_eq!(considerations.len(), 9);
}

#[test]
fn nothing_that_applies_has_no_score() {
    assert_eq!(whole(&[]), Score::default());
    assert_eq!(whole(&[finding("backups.a", Critical, NotApplicable, Basis::None, Measured)]), Score::default());
    assert_eq!(score(&worked_example(), &[]).0, Score::default());
}

#[test]
fn the_lowest_subject_decides_a_check() {
    let subjects = |each: &[(Verdict, Basis)]| -> Vec<Finding> {
        each.iter().enumerate().map(|(i, (verdict, basis))| on(&i.to_string(), finding("backups.a", Critical, *verdict, *basis, Measured))).collect()
    };
    let came = |each: &[(Verdict, Basis)]| {
        let site = whole(&subjects(each));
        (site.raw, site.score, site.coverage, site.gap)
    };
    assert_eq!(came(&[(Pass, Measured), (Pass, Measured)]), (Some(100), Some(100), Some(100), Some(0)));
    assert_eq!(came(&[(Pass, Measured), (Pass, Claimed)]), (Some(40), Some(40), Some(0), Some(0)));
    assert_eq!(came(&[(Warn, Measured), (Pass, Claimed)]), (Some(40), Some(40), Some(0), Some(50)));
    assert_eq!(came(&[(Pass, Measured), (Fail, Measured)]), (Some(0), Some(0), Some(100), Some(100)));
    assert_eq!(came(&[(Fail, Measured), (Unknown, Basis::None)]), (Some(0), Some(0), Some(0), Some(100)));
    // The worst of fail, unknown, warn, pass: what nobody knows is not shown to be bad.
    assert_eq!(came(&[(Warn, Measured), (Unknown, Basis::None)]), (Some(0), Some(0), Some(0), Some(0)));
    // One that does not apply weighs nothing.
    assert_eq!(came(&[(NotApplicable, Basis::None), (Warn, Measured)]), (Some(50), Some(50), Some(100), Some(50)));
    // The number of subjects never weighs: ten hosts that pass do not outweigh another check.
    let mut many = subjects(&[(Pass, Measured); 10]);
    many.push(finding("backups.b", Critical, Fail, Measured, Measured));
    assert_eq!(whole(&many).raw, Some(50));
    // Potential: a fail on one subject stays, whatever the other turns out to be.
    assert_eq!(whole(&subjects(&[(Fail, Measured), (Unknown, Basis::None)])).potential, Some(0));
    assert_eq!(whole(&subjects(&[(Pass, Claimed), (Unknown, Basis::None)])).potential, Some(100));
    assert_eq!(whole(&subjects(&[(Warn, Claimed), (Unknown, Basis::None)])).potential, Some(50));
}

/// The score of a site that is all right but for one check of the weight and outcome given.
fn held(severity: Severity, verdict: Verdict, basis: Basis, best: Basis) -> (u32, Vec<u32>) {
    // So much else that the raw score stays above every ceiling.
    let mut findings: Vec<Finding> = (0..40).map(|i| finding(&format!("backups.ok{i}"), Critical, Pass, Measured, Measured)).collect();
    findings.push(finding("backups.bad", severity, verdict, basis, best));
    let site = whole(&findings);
    let own = backups(&findings);
    assert_eq!((own.score, own.raw), (site.score, site.raw), "a consideration is held by the same ceilings");
    (site.score.expect("a score"), site.ceilings.iter().map(|ceiling| ceiling.at).collect())
}

#[test]
fn ceilings_of_critical_checks() {
    for basis in [Measured, Documented, Claimed] {
        assert_eq!(held(Critical, Fail, basis, Measured), (59, vec![59]), "{basis:?}");
    }
    assert_eq!(held(Critical, Unknown, Basis::None, Measured), (59, vec![59]));
    assert_eq!(held(Critical, Unknown, Basis::None, Documented), (59, vec![59]));
    assert_eq!(held(Critical, Pass, Claimed, Measured), (74, vec![74]));
    assert_eq!(held(Critical, Pass, Claimed, Documented), (74, vec![74]));
    assert_eq!(held(Critical, Warn, Claimed, Measured), (74, vec![74]));
    assert_eq!(held(Critical, Warn, Measured, Measured), (89, vec![89]));
    assert_eq!(held(Critical, Warn, Documented, Documented), (89, vec![89]));
    assert_eq!(held(Critical, Pass, Documented, Measured), (89, vec![89]));
    assert_eq!(held(Critical, Pass, Documented, Documented), (100, vec![]));
    assert_eq!(held(Critical, Pass, Measured, Measured), (100, vec![]));
    assert_eq!(held(Critical, NotApplicable, Basis::None, Measured), (100, vec![]));
}

#[test]
fn ceilings_of_other_checks() {
    for basis in [Measured, Documented, Claimed] {
        assert_eq!(held(High, Fail, basis, Measured), (89, vec![89]), "{basis:?}");
    }
    assert_eq!(held(High, Unknown, Basis::None, Measured), (89, vec![89]));
    // 400 of 406 in weight and less: 98 or 99, and no ceiling.
    assert_eq!(held(High, Warn, Measured, Measured), (99, vec![]));
    assert_eq!(held(High, Pass, Claimed, Measured), (99, vec![]));
    for severity in [Medium, Low] {
        assert_eq!(held(severity, Fail, Measured, Measured), (99, vec![]), "{severity:?}");
        assert_eq!(held(severity, Unknown, Basis::None, Measured), (99, vec![]), "{severity:?}");
    }
    assert_eq!(held(Info, Fail, Measured, Measured), (100, vec![]));
}

#[test]
fn ceilings_are_told_lowest_first_and_only_where_they_hold_something() {
    let mut findings: Vec<Finding> = (0..60).map(|i| finding(&format!("backups.ok{i}"), Critical, Pass, Measured, Measured)).collect();
    findings.extend([
        finding("updates.z", High, Fail, Measured, Measured),
        finding("updates.a", High, Unknown, Basis::None, Measured),
        finding("backups.said", Critical, Pass, Claimed, Measured),
        finding("backups.gone", Critical, Fail, Measured, Measured),
    ]);
    // updates is 0 of 100: raw is backups alone, (1000 * 60 + 400) / 62 = 974 permille of 18 in 28.
    let site = whole(&findings);
    assert_eq!((site.raw, site.score), (Some(62), Some(59)));
    assert_eq!(site.ceilings, [Ceiling { check: "backups.gone".to_owned(), at: 59 }]);
    findings.extend((0..60).map(|i| finding(&format!("updates.ok{i}"), Critical, Pass, Measured, Measured)));
    let told: Vec<(String, u32)> = whole(&findings).ceilings.into_iter().map(|it| (it.check, it.at)).collect();
    let expected = [("backups.gone", 59), ("backups.said", 74), ("updates.a", 89), ("updates.z", 89)];
    assert_eq!(told, expected.map(|(check, at)| (check.to_owned(), at)));
    // A ceiling in one consideration holds the whole, and leaves another consideration's own score alone.
    let updates = score(&findings, &parts()).1.into_iter().find(|it| it.id == "updates").expect("updates");
    assert_eq!((updates.score, updates.raw), (Some(89), Some(98)));
}

#[test]
fn grades_at_their_edges() {
    let edges = [
        (0, Grade::F),
        (39, Grade::F),
        (40, Grade::D),
        (59, Grade::D),
        (60, Grade::C),
        (74, Grade::C),
        (75, Grade::B),
        (89, Grade::B),
        (90, Grade::A),
        (100, Grade::A),
    ];
    for (points, letter) in edges {
        assert_eq!(grade(points), letter, "{points}");
    }
    assert!(Grade::A < Grade::B && Grade::B < Grade::C && Grade::C < Grade::D && Grade::D < Grade::F);
}

#[test]
fn there_is_no_grade_below_a_coverage_of_50() {
    // Of 100 checks of one weight in one consideration, so many are measured.
    let covered = |measured: usize| -> Score {
        let of = |i: usize| if i < measured { (Pass, Measured) } else { (Pass, Claimed) };
        whole(&(0..100).map(|i| finding(&format!("backups.c{i}"), Medium, of(i).0, of(i).1, Measured)).collect::<Vec<_>>())
    };
    let (short, enough) = (covered(49), covered(50));
    assert_eq!((short.coverage, short.grade, short.score), (Some(49), None, Some(69)));
    assert_eq!((enough.coverage, enough.grade, enough.score), (Some(50), Some(Grade::C), Some(70)));
}

#[test]
fn covered_is_what_was_looked_at_whatever_came_of_it() {
    let coverage = |verdict, basis, best| whole(&[finding("backups.a", High, verdict, basis, best)]).coverage;
    for verdict in [Pass, Warn, Fail] {
        assert_eq!(coverage(verdict, Measured, Measured), Some(100), "{verdict:?}");
        assert_eq!(coverage(verdict, Documented, Measured), Some(100), "{verdict:?}");
        assert_eq!(coverage(verdict, Claimed, Measured), Some(0), "{verdict:?}");
        assert_eq!(coverage(verdict, Claimed, Documented), Some(0), "{verdict:?}");
    }
    assert_eq!(coverage(Unknown, Basis::None, Measured), Some(0));
    // Weighed by severity within, and by W between considerations: 10 of 16 in backups (18), all of privacy (8).
    let findings = [
        finding("backups.a", Critical, Fail, Measured, Measured),
        finding("backups.b", High, Pass, Claimed, Measured),
        finding("privacy.a", Low, Pass, Documented, Documented),
    ];
    assert_eq!(whole(&findings).coverage, Some((18 * 625 + 8 * 1000) / 26 / 10));
    assert_eq!(backups(&findings).coverage, Some(62));
}

#[test]
fn potential_raises_all_but_what_is_shown_to_be_bad() {
    let potential = |severity, verdict, basis, best| whole(&[finding("backups.a", severity, verdict, basis, best)]).potential;
    for (verdict, basis) in [(Unknown, Basis::None), (Pass, Claimed), (Pass, Documented), (Pass, Measured)] {
        assert_eq!(potential(Critical, verdict, basis, Measured), Some(100), "{verdict:?} {basis:?}");
        assert_eq!(potential(High, verdict, basis, Measured), Some(100), "{verdict:?} {basis:?}");
    }
    assert_eq!(potential(Critical, Pass, Claimed, Documented), Some(100));
    assert_eq!(potential(High, Warn, Claimed, Measured), Some(50));
    assert_eq!(potential(High, Fail, Claimed, Measured), Some(0));
    // Ceilings included: a warning holds the potential at 89, a fail at 59.
    let beside = |verdict| {
        let mut findings: Vec<Finding> = (0..40).map(|i| finding(&format!("backups.ok{i}"), Critical, Pass, Claimed, Measured)).collect();
        findings.push(finding("backups.bad", Critical, verdict, Claimed, Measured));
        whole(&findings).potential
    };
    assert_eq!((beside(Warn), beside(Fail), beside(Unknown)), (Some(89), Some(59), Some(100)));
}

#[test]
fn three_shares_sum_to_100() {
    let shares = |findings: &[Finding]| {
        let site = whole(findings);
        let own = backups(findings).shares.expect("shares");
        assert_eq!((Some(own.shown), Some(own.unshown), Some(own.gap)), (site.shown, site.unshown, site.gap));
        (own.shown, own.unshown, own.gap)
    };
    let of = |verdict, basis| finding("backups.a", Critical, verdict, basis, Measured);
    assert_eq!(shares(&[of(Pass, Measured)]), (100, 0, 0));
    assert_eq!(shares(&[of(Pass, Documented)]), (60, 40, 0));
    assert_eq!(shares(&[of(Pass, Claimed)]), (40, 60, 0));
    assert_eq!(shares(&[of(Unknown, Basis::None)]), (0, 100, 0));
    assert_eq!(shares(&[of(Fail, Measured)]), (0, 0, 100));
    assert_eq!(shares(&[of(Fail, Claimed)]), (0, 0, 100));
    assert_eq!(shares(&[of(Warn, Measured)]), (50, 0, 50));
    assert_eq!(shares(&[of(Warn, Claimed)]), (20, 30, 50));
}

#[test]
fn a_partial_run_has_no_overall_score() {
    let mut some = parts();
    some[2].full = false;
    let (site, considerations) = score(&worked_example(), &some);
    assert_eq!(site, Score::default());
    let (_, all) = score(&worked_example(), &parts());
    for (partial, full) in considerations.iter().zip(&all) {
        if partial.id == "backups" {
            assert_eq!((partial.score, partial.raw, partial.coverage, partial.shares, partial.assessed), (None, None, None, None, true));
        } else {
            assert_eq!(partial, full);
        }
    }
}

#[test]
fn weights_of_a_saved_run_that_nobody_would_choose() {
    let findings = [finding("a.x", Critical, Pass, Measured, Measured), finding("b.x", Low, Warn, Measured, Measured)];
    let score_of = |a, b| score(&findings, &[Part { id: "a", weight: a, full: true }, Part { id: "b", weight: b, full: true }]).0;
    assert_eq!(score_of(u32::MAX, u32::MAX).raw, Some(75));
    assert_eq!(score_of(u32::MAX, 0).raw, Some(100));
    assert_eq!(score_of(0, 0), Score::default());
}
