//! The ten properties of the scoring page, over random findings, and over random words and looks through `settle`.

use cht_audit::{
    catalogue::Catalogue,
    checks::{
        Graded, Judgement, Measurement, Now, Question, Rating,
        settle::{self, Claim, Document},
    },
    embedded,
    finding::{Args, Basis, Cause, CauseKind, Finding, Severity, Tier, Verdict, Waiver, WaiverState, credit},
    report::{Frame, Mode, Report, Run, SiteStamp, report},
    score::{Grade, Part, Score, grade, score},
    texts::Texts,
};
use jiff::{SignedDuration, Timestamp};
use proptest::{collection::vec, option, prelude::*, sample::Index};

use super::{
    score::{WEIGHTS, finding, on, parts},
    settle::{at, definition, now},
};

// Random findings.

fn severities() -> impl Strategy<Value = Severity> {
    prop_oneof![Just(Severity::Critical), Just(Severity::High), Just(Severity::Medium), Just(Severity::Low), Just(Severity::Info)]
}

fn bests() -> impl Strategy<Value = Basis> {
    prop_oneof![Just(Basis::Measured), Just(Basis::Documented)]
}

fn rungs() -> impl Strategy<Value = Basis> {
    prop_oneof![Just(Basis::Measured), Just(Basis::Documented), Just(Basis::Claimed)]
}

/// What a judgement can be: a basis where there is a verdict, none where nothing is known or asked.
fn outcomes() -> impl Strategy<Value = (Verdict, Basis)> {
    prop_oneof![
        5 => rungs().prop_map(|basis| (Verdict::Pass, basis)),
        2 => rungs().prop_map(|basis| (Verdict::Warn, basis)),
        2 => rungs().prop_map(|basis| (Verdict::Fail, basis)),
        2 => Just((Verdict::Unknown, Basis::None)),
        1 => Just((Verdict::NotApplicable, Basis::None)),
    ]
}

/// The findings of a site: up to five checks a consideration, up to three subjects a check.
pub(crate) fn sites() -> impl Strategy<Value = Vec<Finding>> {
    let check = (severities(), vec((outcomes(), bests()), 1..=3));
    vec(vec(check, 0..=5), WEIGHTS.len()).prop_map(|considerations| {
        let mut findings = Vec::new();
        for ((id, _), checks) in WEIGHTS.iter().zip(considerations) {
            for (i, (severity, subjects)) in checks.into_iter().enumerate() {
                for (j, ((verdict, basis), best)) in subjects.into_iter().enumerate() {
                    findings.push(on(&format!("host{j}"), finding(&format!("{id}.c{i}"), severity, verdict, basis, best)));
                }
            }
        }
        findings
    })
}

/// Sites with at least one finding.
pub(crate) fn some_sites() -> impl Strategy<Value = Vec<Finding>> {
    sites().prop_filter("a finding", |findings| !findings.is_empty())
}

fn whole(findings: &[Finding]) -> Score {
    score(findings, &parts()).0
}

/// How good a letter is; none ranks below F.
fn rank(grade: Option<Grade>) -> u32 {
    match grade {
        None => 0,
        Some(Grade::F) => 1,
        Some(Grade::D) => 2,
        Some(Grade::C) => 3,
        Some(Grade::B) => 4,
        Some(Grade::A) => 5,
    }
}

/// The page's formulas once more, the long way round: every sum written out in wide integers.
fn by_the_page(findings: &[Finding]) -> Option<(u32, u32, u32, u32, u32)> {
    let (mut weights, mut sums, mut ceiling, mut best_ceiling) = (0_u128, [0_u128; 4], 100, 100);
    for (id, weight) in WEIGHTS {
        let mut names: Vec<&str> = findings.iter().filter(|it| it.consideration == id).map(|it| it.check.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        let (mut own, mut own_sums) = (0_u128, [0_u128; 4]);
        for name in names {
            let subjects: Vec<&Finding> = findings.iter().filter(|it| it.check == name && it.verdict != Verdict::NotApplicable).collect();
            let Some(first) = subjects.first() else { continue };
            let heavy = match first.severity {
                Severity::Critical => 10,
                Severity::High => 6,
                Severity::Medium => 3,
                Severity::Low => 1,
                Severity::Info => continue,
            };
            let table = |basis: Basis, best: Basis| match (best, basis) {
                (_, Basis::None) => 0,
                (Basis::Measured, Basis::Measured) | (_, Basis::Documented | Basis::Measured) if best != Basis::Measured || basis == Basis::Measured => 1000,
                (Basis::Measured, Basis::Documented) => 600,
                (Basis::Measured, _) => 400,
                _ => 700,
            };
            let earned = |verdict: Verdict, points: u128| match verdict {
                Verdict::Pass => points,
                Verdict::Warn => points / 2,
                _ => 0,
            };
            let hoped = |verdict: Verdict| if verdict == Verdict::Unknown { Verdict::Pass } else { verdict };
            let held = |verdict: Verdict, basis: Basis, best: Basis| {
                let mut at = 100;
                if matches!(verdict, Verdict::Fail | Verdict::Unknown) && first.severity >= Severity::High {
                    at = at.min(if first.severity == Severity::Critical { 59 } else { 89 });
                }
                if first.severity == Severity::Critical && verdict == Verdict::Warn {
                    at = at.min(89);
                }
                if first.severity == Severity::Critical && basis == Basis::Claimed {
                    at = at.min(74);
                }
                if first.severity == Severity::Critical && basis == Basis::Documented && best == Basis::Measured {
                    at = at.min(89);
                }
                at
            };
            let lowest = |of: &dyn Fn(&Finding) -> u128| subjects.iter().map(|it| of(it)).min().unwrap_or(0);
            let any = |verdict: Verdict| subjects.iter().any(|it| it.verdict == verdict);
            let worst = [Verdict::Fail, Verdict::Unknown, Verdict::Warn].into_iter().find(|verdict| any(*verdict));
            own += heavy;
            own_sums[0] += heavy * lowest(&|it| earned(it.verdict, table(it.basis, it.best)));
            own_sums[1] += heavy * lowest(&|it| earned(hoped(it.verdict), 1000));
            own_sums[2] += heavy * lowest(&|it| if it.verdict != Verdict::Unknown && it.basis >= Basis::Documented { 1000 } else { 0 });
            own_sums[3] += heavy
                * match worst {
                    Some(Verdict::Fail) => 1000,
                    Some(Verdict::Warn) => 500,
                    _ => 0,
                };
            ceiling = subjects.iter().map(|it| held(it.verdict, it.basis, it.best)).fold(ceiling, u32::min);
            best_ceiling = subjects.iter().map(|it| held(hoped(it.verdict), it.best, it.best)).fold(best_ceiling, u32::min);
        }
        weights += u128::from(weight) * u128::from(own > 0);
        for (sum, own_sum) in sums.iter_mut().zip(own_sums) {
            *sum += u128::from(weight) * own_sum.checked_div(own).unwrap_or(0);
        }
    }
    let part = |sum: u128| u32::try_from(sum / weights / 10).expect("at most 100");
    (weights > 0).then(|| (part(sums[0]), part(sums[0]).min(ceiling), part(sums[1]).min(best_ceiling), part(sums[2]), part(sums[3])))
}

/// The report of findings, with the weights of the nine.
pub(crate) fn reported(findings: Vec<Finding>, waivers: Vec<Waiver>, cut: &[String]) -> Report {
    thread_local! {
        static WORDS: (Catalogue, Texts) = {
            let files: Vec<(&str, String)> = WEIGHTS.iter().map(|(id, weight)| (*id, format!("weight: {weight}\nchecks: []\n"))).collect();
            let files: Vec<(&str, &str)> = files.iter().map(|(id, text)| (*id, text.as_str())).collect();
            (Catalogue::read(&files, "00".to_owned()).expect("a catalogue"), embedded::texts().expect("texts"))
        };
    }
    let as_of = at("2026-11-22T09:00:00Z");
    WORDS.with(|(catalogue, texts)| {
        let frame = Frame {
            version: "0.1.0",
            catalogue,
            gathered: "2026-11-01".parse().expect("a date"),
            site: SiteStamp { name: "Maendeleo".to_owned(), url: "https://cht.example.org".to_owned(), kind: None, timezone: "Africa/Nairobi".to_owned() },
            run: Run {
                started: as_of,
                ended: as_of,
                as_of,
                mode: Mode::Recorded,
                vantage: "inside".to_owned(),
                partial: !cut.is_empty(),
                tiers: Vec::new(),
                interrupted: false,
            },
            waivers,
            own_limits: &[],
            limits: Vec::new(),
            cut,
        };
        report(findings, frame, texts)
    })
}

pub(crate) fn waivers() -> impl Strategy<Value = Vec<Waiver>> {
    let waiver = (0..WEIGHTS.len(), 0..5_usize, 1..=12_i8).prop_map(|(of, check, month)| Waiver {
        check: format!("{}.c{check}", WEIGHTS[of].0),
        reason: "agreed".to_owned(),
        owner: None,
        until: jiff::civil::date(2026, month, 22),
        state: WaiverState::Unused,
    });
    vec(waiver, 0..6)
}

fn json(report: &Report) -> String {
    serde_json::to_string(report).expect("JSON")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 80, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_formula_is_that_of_the_page(findings in sites()) {
        let site = whole(&findings);
        let found = site.raw.map(|raw| (raw, site.score.expect("with raw"), site.potential.expect("with raw"), site.coverage.expect("with raw"), site.gap.expect("with raw")));
        prop_assert_eq!(found, by_the_page(&findings));
        prop_assert_eq!(site.grade, site.score.filter(|_| site.coverage >= Some(50)).map(grade));
    }

    #[test]
    fn p1_better_never_lowers(mut findings in some_sites(), which: Index, by_basis: bool) {
        let before = whole(&findings);
        let it = which.get_mut(&mut findings);
        prop_assume!(!matches!(it.verdict, Verdict::NotApplicable | Verdict::Unknown));
        if by_basis {
            it.basis = if it.basis == Basis::Claimed { Basis::Documented } else { Basis::Measured };
        } else {
            it.verdict = if it.verdict == Verdict::Fail { Verdict::Warn } else { Verdict::Pass };
        }
        let after = whole(&findings);
        prop_assert!(after.score >= before.score && rank(after.grade) >= rank(before.grade), "{:?} then {:?}", before, after);
    }

    #[test]
    fn p2_unknown_raises_nothing(mut findings in some_sites(), which: Index, whole_check: bool) {
        let before = whole(&findings);
        let chosen = which.get(&findings).clone();
        for it in findings.iter_mut().filter(|it| it.check == chosen.check && (whole_check || it.subject == chosen.subject) && it.verdict != Verdict::NotApplicable) {
            prop_assert!(credit(Verdict::Unknown, Basis::None, it.best) <= credit(it.verdict, it.basis, it.best));
            (it.verdict, it.basis) = (Verdict::Unknown, Basis::None);
        }
        let after = whole(&findings);
        prop_assert!(after.score <= before.score && after.raw <= before.raw && after.coverage <= before.coverage && rank(after.grade) <= rank(before.grade));
    }

    #[test]
    fn p3_waivers_change_no_number(findings in sites(), waivers in waivers()) {
        let (bare, waived) = (reported(findings.clone(), vec![], &[]), reported(findings, waivers.clone(), &[]));
        prop_assert_eq!(&bare.score, &waived.score);
        prop_assert_eq!(&bare.considerations, &waived.considerations);
        prop_assert_eq!(waived.waivers.len(), waivers.len());
        let without = |report: &Report| report.findings.iter().map(|it| Finding { waiver: None, ..it.clone() }).collect::<Vec<_>>();
        prop_assert_eq!(without(&bare), without(&waived));
    }

    #[test]
    fn p4_order_changes_no_byte(findings in sites(), shuffled in sites().prop_flat_map(|findings| (Just(findings.clone()), Just(findings).prop_shuffle()))) {
        let (straight, mixed) = shuffled;
        prop_assert_eq!(json(&reported(straight, vec![], &[])), json(&reported(mixed, vec![], &[])));
        // The order of the considerations changes no number.
        let mut backwards = parts();
        backwards.reverse();
        prop_assert_eq!(score(&findings, &backwards).0, whole(&findings));
    }

    #[test]
    fn p5_a_critical_that_fails_or_is_unknown_holds_at_59(findings in sites()) {
        let held = findings.iter().any(|it| it.severity == Severity::Critical && matches!(it.verdict, Verdict::Fail | Verdict::Unknown));
        // A check's weight is that of its severity, so that all its findings share one.
        prop_assert!(!held || whole(&findings).score <= Some(59));
    }

    #[test]
    fn p6_score_potential_and_shares_keep_their_bounds(findings in sites()) {
        let (site, considerations) = score(&findings, &parts());
        let scored: Vec<&Finding> = findings.iter().filter(|it| it.severity != Severity::Info && it.verdict != Verdict::NotApplicable).collect();
        prop_assert_eq!(site.score.is_some(), !scored.is_empty());
        if let (Some(points), Some(raw), Some(potential), Some(coverage)) = (site.score, site.raw, site.potential, site.coverage) {
            prop_assert!(points <= raw && points <= potential && potential <= 100 && raw <= 100 && coverage <= 100);
            prop_assert_eq!(points == 100, scored.iter().all(|it| it.verdict == Verdict::Pass && it.basis >= it.best));
            prop_assert_eq!(site.shown.zip(site.unshown).zip(site.gap).map(|((shown, unshown), gap)| shown + unshown + gap), Some(100));
            prop_assert!(site.unshown <= Some(100) && site.gap <= Some(100));
            prop_assert_eq!(site.ceilings.first().map_or(raw, |lowest| lowest.at), points);
        }
        for own in considerations {
            prop_assert_eq!(own.assessed, own.score.is_some());
            prop_assert!(own.score <= own.raw && own.raw <= Some(100) && own.coverage <= Some(100));
            if let Some(shares) = own.shares {
                prop_assert_eq!((Some(shares.shown), shares.shown + shares.unshown + shares.gap), (own.raw, 100));
                prop_assert!(shares.unshown <= 100 && shares.gap <= 100);
            }
        }
    }

    #[test]
    fn p9_partial_runs_have_no_grade_and_their_union_is_the_whole(findings in sites()) {
        let all = reported(findings.clone(), vec![], &[]);
        for (i, (id, _)) in WEIGHTS.iter().enumerate() {
            let cut: Vec<String> = WEIGHTS.iter().map(|(other, _)| (*other).to_owned()).filter(|other| other != id).collect();
            let only: Vec<Finding> = findings.iter().filter(|it| it.consideration == *id).cloned().collect();
            let run = reported(only, vec![], &cut);
            prop_assert_eq!(&run.score, &Score::default());
            prop_assert_eq!(&run.considerations[i], &all.considerations[i]);
            prop_assert!(run.considerations.iter().enumerate().all(|(j, own)| i == j || own.score.is_none()));
            let own: Vec<&Finding> = all.findings.iter().filter(|it| it.consideration == *id).collect();
            prop_assert_eq!(run.findings.iter().collect::<Vec<_>>(), own);
        }
    }

    #[test]
    fn a_report_is_enough_to_score_it_again(findings in sites(), cut in vec(0..WEIGHTS.len(), 0..3), waivers in waivers()) {
        let cut: Vec<String> = cut.into_iter().map(|i| WEIGHTS[i].0.to_owned()).collect();
        // A consideration that is cut may still have some findings, or none.
        let run = reported(findings, waivers, &cut);
        let written = json(&run);
        let read: Report = serde_json::from_str(&written).expect("a report");
        prop_assert_eq!(&read, &run);
        prop_assert_eq!(json(&read), written);
        let (again, considerations) = score(&read.findings, &read.parts());
        prop_assert_eq!(again, read.score);
        let numbers = |own: &cht_audit::score::ConsiderationScore| (own.id.clone(), own.score, own.raw, own.coverage, own.assessed, own.shares);
        prop_assert_eq!(considerations.iter().map(numbers).collect::<Vec<_>>(), read.considerations.iter().map(numbers).collect::<Vec<_>>());
    }

    #[test]
    fn p10_no_findings_and_no_weights_break_the_score(
        findings in vec((0..3_usize, 0..4_usize, severities(), any::<bool>(), 0..5_usize, 0..4_usize, 0..4_usize), 0..12),
        weights in vec(any::<u32>(), 3),
    ) {
        // As a saved run may hold them: a check of two severities, a pass that rests on nothing, a best rung of none.
        let verdicts = [Verdict::Pass, Verdict::Warn, Verdict::Fail, Verdict::Unknown, Verdict::NotApplicable];
        let rungs = [Basis::None, Basis::Claimed, Basis::Documented, Basis::Measured];
        let findings: Vec<Finding> = findings
            .into_iter()
            .map(|(of, check, severity, same, verdict, basis, best)| on(if same { "" } else { "host" }, finding(&format!("{}.c{check}", ["a", "b", "c"][of]), severity, verdicts[verdict], rungs[basis], rungs[best])))
            .collect();
        let parts: Vec<Part<'_>> = ["a", "b", "c"].into_iter().zip(&weights).map(|(id, weight)| Part { id, weight: *weight, full: true }).collect();
        let site = score(&findings, &parts).0;
        prop_assert!(site.score <= Some(100) && site.potential <= Some(100) && site.coverage <= Some(100) && site.score <= site.potential);
        prop_assert_eq!(site.shown.unwrap_or(100) + site.unshown.unwrap_or(0) + site.gap.unwrap_or(0), 100);
    }
}

// Random words and looks.

/// All that bears on one question.
#[derive(Debug, Clone)]
struct World {
    claim: Option<Claim>,
    file: Option<Document>,
    seen: Option<Measurement>,
    answer_max_age: Option<i64>,
    evidence_max_age: Option<i64>,
    best: Basis,
    lowered: Option<Basis>,
}

fn ratings() -> impl Strategy<Value = Rating> {
    prop_oneof![Just(Rating::Good), Just(Rating::Middling), Just(Rating::Bad)]
}

fn graded(rating: Rating) -> Graded {
    Graded { rating, message: "graded", args: Args::new() }
}

/// Hours before `now`: days that meet often, now and then the same one.
fn hours() -> impl Strategy<Value = i64> {
    prop_oneof![4 => 0..96_i64, 4 => 0..20_000_i64, 1 => 0..400_000_i64]
}

fn before(hours: i64) -> Timestamp {
    now().as_of - SignedDuration::from_hours(hours)
}

fn claims() -> impl Strategy<Value = Claim> {
    (ratings(), option::weighted(0.9, hours()), any::<[bool; 3]>()).prop_map(|(rating, hours, [own, backed, ageless])| Claim {
        graded: graded(rating),
        date: hours.map(|hours| now().day(before(hours))),
        own_date: own && hours.is_some(),
        backed,
        ageless,
        by: None,
        planned: None,
        beside: None,
    })
}

fn worlds() -> impl Strategy<Value = World> {
    let looks = || option::of((ratings(), hours()));
    let ages = || option::weighted(0.8, 0..40_000_000_i64);
    (option::weighted(0.8, claims()), looks(), looks(), ages(), ages(), bests(), option::of(bests())).prop_map(
        |(claim, file, seen, answer_max_age, evidence_max_age, best, lowered)| World {
            claim,
            file: file.map(|(rating, hours)| Document { graded: graded(rating), at: before(hours) }),
            seen: seen.map(|(rating, hours)| Measurement { graded: graded(rating), at: before(hours), tier: Tier::Network }),
            answer_max_age,
            evidence_max_age,
            best,
            lowered,
        },
    )
}

/// The judgement on a world, `later` seconds after `now`.
fn judged(world: &World, later: i64) -> Judgement {
    let definition =
        cht_audit::catalogue::CheckDef { answer_max_age: world.answer_max_age, evidence_max_age: world.evidence_max_age, ..definition(world.best) };
    let now = Now { as_of: now().as_of + SignedDuration::from_secs(later), ..now() };
    let world = world.clone();
    let question = Question {
        subject: String::new(),
        path: "url".to_owned(),
        best: world.lowered,
        claim: Ok(world.claim),
        document: world.file,
        measurement: world.seen.ok_or_else(|| Cause::new(CauseKind::NotCollected, "")),
    };
    settle::settle(&definition, &now, question)
}

/// The score of a site that has this one check, or this one beside a measured pass.
fn scored(judgement: &Judgement, severity: Severity, beside: bool) -> Score {
    let mut findings = vec![finding("backups.c", severity, judgement.verdict, judgement.basis, judgement.best)];
    if beside {
        findings.extend((0..20).map(|i| finding(&format!("backups.ok{i}"), Severity::Critical, Verdict::Pass, Basis::Measured, Basis::Measured)));
    }
    whole(&findings)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn p7_time_alone_never_raises_the_score(world in worlds(), later in 0..80_000_000_i64, severity in severities(), beside: bool) {
        let (today, then) = (judged(&world, 0), judged(&world, later));
        prop_assert!(credit(then.verdict, then.basis, then.best) <= credit(today.verdict, today.basis, today.best), "{:?} then {:?}", today, then);
        let (today, then) = (scored(&today, severity, beside), scored(&then, severity, beside));
        // The letter may appear: where an answer no longer hides what was measured, more of the site is covered.
        prop_assert!(then.score <= today.score, "{:?} then {:?}", today, then);
    }

    #[test]
    fn p8_a_contradicted_answer_is_never_above_the_honest_no(world in worlds(), claim in claims(), severity in severities(), beside: bool) {
        let of = |rating| judged(&World { claim: Some(Claim { graded: graded(rating), ..claim.clone() }), ..world.clone() }, 0);
        let (told, honest) = (of(Rating::Good), of(Rating::Bad));
        prop_assert!(!honest.contradicted);
        if told.contradicted {
            prop_assert_eq!(told.verdict, Verdict::Fail);
            let (told, honest) = (scored(&told, severity, beside), scored(&honest, severity, beside));
            prop_assert!(told.score <= honest.score && rank(told.grade) <= rank(honest.grade), "{:?} above {:?}", told, honest);
        }
    }

    #[test]
    fn a_good_answer_is_contradicted_exactly_by_bad_evidence_that_it_does_not_postdate(world in worlds(), claim in claims()) {
        let judgement = judged(&World { claim: Some(Claim { graded: graded(Rating::Good), ..claim.clone() }), ..world.clone() }, 0);
        // Of the two, a bad file counts where the probe did not look on its day or later, or saw the same.
        let (seen, file) = (world.seen.map(|it| (it.graded.rating, it.at)), world.file.map(|it| (it.graded.rating, it.at)));
        let day = |at| now().day(at);
        let decides = match (seen, file) {
            (Some((_, probed)), Some((Rating::Bad, read))) if day(read) > day(probed) => file,
            (Some(_), _) => seen,
            (None, _) => file,
        };
        let expected = decides.is_some_and(|(rating, at)| rating == Rating::Bad && claim.date.is_none_or(|date| day(at) >= date));
        prop_assert_eq!(judgement.contradicted, expected, "{:?}", judgement);
    }

    #[test]
    fn a_better_answer_never_scores_below_a_worse_one(world in worlds()) {
        let Some(claim) = world.claim.clone() else { return Ok(()) };
        let of = |rating| judged(&World { claim: Some(Claim { graded: graded(rating), ..claim.clone() }), ..world.clone() }, 0);
        let points = |it: &Judgement| credit(it.verdict, it.basis, it.best);
        let (yes, partly, no) = (of(Rating::Good), of(Rating::Middling), of(Rating::Bad));
        prop_assert!(points(&yes) >= points(&partly) && points(&partly) >= points(&no), "{:?} {:?} {:?}", yes, partly, no);
    }

    #[test]
    fn p10_every_judgement_is_one_that_the_page_allows(world in worlds(), later in -400_000_000_i64..4_000_000_000) {
        let judgement = judged(&world, later);
        match judgement.verdict {
            Verdict::Unknown => {
                prop_assert_eq!(judgement.basis, Basis::None);
                prop_assert!(judgement.cause.is_some() && !judgement.contradicted);
            }
            Verdict::Pass | Verdict::Warn => prop_assert!(judgement.basis > Basis::None && !judgement.contradicted),
            Verdict::Fail => prop_assert!(judgement.basis > Basis::None),
            Verdict::NotApplicable => prop_assert!(false, "settling never finds a question moot"),
        }
        prop_assert!(judgement.best >= Basis::Documented && judgement.best <= world.best);
        prop_assert!(!judgement.stale || judgement.basis < Basis::Measured);
    }

    #[test]
    fn a_pass_rests_on_something_good_that_nothing_later_refutes(world in worlds()) {
        let judgement = judged(&world, 0);
        let zone_day = |at| now().day(at);
        let seen = [world.seen.as_ref().map(|it| (it.graded.rating, it.at)), world.file.as_ref().map(|it| (it.graded.rating, it.at))];
        let claim = world.claim.as_ref();
        if judgement.verdict == Verdict::Pass {
            let good = seen.iter().flatten().any(|(rating, _)| *rating == Rating::Good) || claim.is_some_and(|it| it.graded.rating == Rating::Good);
            prop_assert!(good);
            // A probe that saw it bad leaves a pass only to an answer with a date of its own, on a later day.
            if let Some((Rating::Bad, at)) = seen[0] {
                prop_assert!(claim.is_some_and(|it| it.graded.rating == Rating::Good && it.own_date && it.date > Some(zone_day(at))));
            }
            // A bad file leaves it to such an answer, or to a probe of the same day or later.
            if let Some((Rating::Bad, at)) = seen[1] {
                let probed = seen[0].is_some_and(|(rating, probed)| rating == Rating::Good && zone_day(probed) >= zone_day(at));
                prop_assert!(probed || claim.is_some_and(|it| it.graded.rating == Rating::Good && it.own_date && it.date > Some(zone_day(at))));
            }
            // An honest no of a later day than all that was seen is never passed over.
            if let Some(no) = claim.filter(|it| it.graded.rating == Rating::Bad) {
                prop_assert!(!no.own_date || seen.iter().flatten().any(|(rating, at)| *rating == Rating::Good && no.date <= Some(zone_day(*at))));
            }
        }
        if claim.is_none() && seen.iter().flatten().next().is_none() {
            prop_assert_eq!(judgement.verdict, Verdict::Unknown);
        }
    }

    #[test]
    fn the_day_of_the_review_decides_against_no_evidence(world in worlds()) {
        let Some(claim) = world.claim.clone() else { return Ok(()) };
        prop_assume!(world.seen.is_some() || world.file.is_some());
        let with = judged(&World { claim: Some(Claim { own_date: false, ..claim }), ..world.clone() }, 0);
        let without = judged(&World { claim: None, ..world }, 0);
        prop_assert_eq!((with.verdict, with.basis, with.stale, with.tier), (without.verdict, without.basis, without.stale, without.tier));
    }
}
