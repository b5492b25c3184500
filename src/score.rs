//! The score: integers only, floor division, one weighted mean. `scoring.md` has the rules and the reasons; this file has
//! nothing else.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finding::{Basis, Finding, Severity, Verdict, credit};

/// The letter of a score. Ordered from best to worst; no letter ranks below F.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub enum Grade {
    /// 90 and more: ready.
    A,
    /// 75 and more: nearly ready.
    B,
    /// 60 and more: at risk.
    C,
    /// 40 and more: at risk.
    D,
    /// Below 40: not ready.
    F,
}

/// Why a score can be no higher.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Ceiling {
    /// The check that holds it there.
    pub check: String,
    /// The highest score it allows.
    pub at: u32,
}

/// The score of the whole site. Without one: nothing applied, or the run was partial.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Score {
    /// 0 to 100, ceilings included.
    pub score: Option<u32>,
    /// The same without ceilings; also the share that is shown.
    pub raw: Option<u32>,
    /// None while coverage is below 50.
    pub grade: Option<Grade>,
    /// What the score comes to if all that is unknown, only said or stale turns out well.
    pub potential: Option<u32>,
    /// Percent of the weight that was measured or documented, whatever came of it.
    pub coverage: Option<u32>,
    /// The share of 100 that is shown to be in order.
    pub shown: Option<u32>,
    /// The share that nobody has shown.
    pub unshown: Option<u32>,
    /// The share that is shown not to be in order.
    pub gap: Option<u32>,
    /// What holds the score, lowest first; only what lies below the raw score.
    pub ceilings: Vec<Ceiling>,
}

/// The score of one consideration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ConsiderationScore {
    /// Its id.
    pub id: String,
    /// English.
    #[serde(default)]
    pub title: String,
    /// Its weight in the whole.
    pub weight: u32,
    /// 0 to 100, its own ceilings included; none where nothing applied or its run was partial.
    pub score: Option<u32>,
    /// The same without ceilings.
    pub raw: Option<u32>,
    /// Percent of its weight that was measured or documented.
    pub coverage: Option<u32>,
    /// At least one scored check applied.
    pub assessed: bool,
    /// Its share of 100 that is shown, is not shown, and is shown to be bad.
    pub shares: Option<Shares>,
}

/// Three shares that sum to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Shares {
    /// Shown to be in order.
    pub shown: u32,
    /// Not shown.
    pub unshown: u32,
    /// Shown not to be in order.
    pub gap: u32,
}

/// What is to be scored: `(id, weight)` of each consideration, in order, and whether it ran in full.
#[derive(Debug, Clone, Copy)]
pub struct Part<'a> {
    /// The consideration.
    pub id: &'a str,
    /// Its weight.
    pub weight: u32,
    /// Every check of it ran, on every tier that it lists.
    pub full: bool,
}

/// One check over its subjects, as the formula sees it.
struct Item<'a> {
    check: &'a str,
    severity: Severity,
    /// Lowest credit over the subjects, permille.
    credit: u32,
    /// The same with all that is unknown, claimed, documented or stale raised.
    potential: u32,
    /// 1000 for a fail, 500 for a warn, else 0: of the worst verdict over the subjects.
    gap: u32,
    covered: bool,
    /// The highest score that it allows, now and at best.
    ceiling: u32,
    best_ceiling: u32,
}

/// No ceiling.
const OPEN: u32 = 100;

/// Scores findings. A check's findings are those that bear its id, whatever their order.
#[must_use]
pub fn score<'a>(findings: impl IntoIterator<Item = &'a Finding>, parts: &[Part<'_>]) -> (Score, Vec<ConsiderationScore>) {
    let mut by_check: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in findings {
        by_check.entry(&finding.check).or_default().push(finding);
    }
    let mut items: BTreeMap<&str, Vec<Item<'_>>> = BTreeMap::new();
    for subjects in by_check.values() {
        if let Some(item) = item(subjects) {
            items.entry(&subjects[0].consideration).or_default().push(item);
        }
    }

    let mut considerations = Vec::new();
    for part in parts {
        let own = items.get(part.id).map(Vec::as_slice).unwrap_or_default();
        let assessed = !own.is_empty();
        let scored = assessed && part.full;
        let (raw, gap) = (mean(own, |item| item.credit) / 10, mean(own, |item| item.gap) / 10);
        considerations.push(ConsiderationScore {
            id: part.id.to_owned(),
            title: String::new(),
            weight: part.weight,
            score: scored.then(|| raw.min(lowest(own, |item| item.ceiling))),
            raw: scored.then_some(raw),
            coverage: scored.then(|| mean(own, |item| u32::from(item.covered) * 1000) / 10),
            assessed,
            shares: scored.then(|| Shares { shown: raw, unshown: 100 - raw - gap, gap }),
        });
    }

    let complete = parts.iter().all(|part| part.full);
    let weighed: Vec<(u32, &[Item<'_>])> =
        parts.iter().filter_map(|part| items.get(part.id).map(|own| (part.weight, own.as_slice()))).filter(|(weight, _)| *weight > 0).collect();
    if !complete || weighed.is_empty() {
        return (Score::default(), considerations);
    }
    (whole(&weighed), considerations)
}

fn whole(weighed: &[(u32, &[Item<'_>])]) -> Score {
    let total = |value: fn(&Item<'_>) -> u32| {
        // A saved run may name any weight: 64 bits hold the sum of them all.
        let sum: u64 = weighed.iter().map(|(weight, own)| u64::from(*weight) * u64::from(mean(own, value))).sum();
        let weights: u64 = weighed.iter().map(|(weight, _)| u64::from(*weight)).sum();
        u32::try_from(sum.checked_div(weights).unwrap_or(0) / 10).unwrap_or(OPEN)
    };
    let all = || weighed.iter().flat_map(|(_, own)| own.iter());
    let (raw, gap) = (total(|item| item.credit), total(|item| item.gap));
    let mut ceilings: Vec<Ceiling> = all().filter(|item| item.ceiling < raw).map(|item| Ceiling { check: item.check.to_owned(), at: item.ceiling }).collect();
    ceilings.sort_by(|a, b| a.at.cmp(&b.at).then_with(|| a.check.cmp(&b.check)));
    let score = raw.min(all().map(|item| item.ceiling).min().unwrap_or(OPEN));
    let coverage = total(|item| u32::from(item.covered) * 1000);
    Score {
        score: Some(score),
        raw: Some(raw),
        grade: (coverage >= 50).then(|| grade(score)),
        potential: Some(total(|item| item.potential).min(all().map(|item| item.best_ceiling).min().unwrap_or(OPEN))),
        coverage: Some(coverage),
        shown: Some(raw),
        unshown: Some(100 - raw - gap),
        gap: Some(gap),
        ceilings,
    }
}

/// The weighted mean over the checks of one consideration, permille.
fn mean(items: &[Item<'_>], value: fn(&Item<'_>) -> u32) -> u32 {
    let weights: u32 = items.iter().map(|item| item.severity.weight()).sum();
    let sum: u32 = items.iter().map(|item| item.severity.weight() * value(item)).sum();
    sum.checked_div(weights).unwrap_or(0)
}

fn lowest(items: &[Item<'_>], value: fn(&Item<'_>) -> u32) -> u32 {
    items.iter().map(value).min().unwrap_or(OPEN)
}

/// The letter of a score.
#[must_use]
pub fn grade(score: u32) -> Grade {
    match score {
        90.. => Grade::A,
        75.. => Grade::B,
        60.. => Grade::C,
        40.. => Grade::D,
        _ => Grade::F,
    }
}

/// One check over its applicable subjects; none where it is told only, or applies to nothing.
fn item<'a>(subjects: &[&'a Finding]) -> Option<Item<'a>> {
    let first = subjects.first()?;
    let applicable: Vec<&&Finding> = subjects.iter().filter(|finding| finding.verdict != Verdict::NotApplicable).collect();
    if applicable.is_empty() || first.severity.weight() == 0 {
        return None;
    }
    let lowest = |value: fn(&Finding) -> u32| applicable.iter().map(|finding| value(finding)).min().unwrap_or(0);
    Some(Item {
        check: &first.check,
        severity: first.severity,
        credit: lowest(|finding| credit(finding.verdict, finding.basis, finding.best)),
        potential: lowest(|finding| at_best(finding).0),
        gap: gap(&applicable),
        covered: applicable.iter().all(|finding| finding.verdict != Verdict::Unknown && finding.basis >= Basis::Documented),
        ceiling: lowest(|finding| ceiling(finding.severity, finding.verdict, finding.basis, finding.best)),
        best_ceiling: lowest(|finding| at_best(finding).1),
    })
}

/// By the worst of a check's verdicts: contradicted or fail, unknown, warn, pass.
fn gap(subjects: &[&&Finding]) -> u32 {
    let any = |verdict: Verdict| subjects.iter().any(|finding| finding.verdict == verdict);
    if any(Verdict::Fail) {
        1000
    } else if any(Verdict::Warn) && !any(Verdict::Unknown) {
        500
    } else {
        0
    }
}

/// Credit and ceiling if what is unknown, only said or stale turns out well. A fail stays, a warn stays a warn.
fn at_best(finding: &Finding) -> (u32, u32) {
    let verdict = match finding.verdict {
        Verdict::Unknown => Verdict::Pass,
        known => known,
    };
    let rung = finding.best.max(finding.basis);
    (credit(verdict, rung, rung), ceiling(finding.severity, verdict, rung, rung))
}

/// The highest score that a finding allows (`scoring.md`, "The whole").
fn ceiling(severity: Severity, verdict: Verdict, basis: Basis, best: Basis) -> u32 {
    let missing = matches!(verdict, Verdict::Fail | Verdict::Unknown);
    match severity {
        Severity::Critical if missing => 59,
        Severity::Critical if basis == Basis::Claimed => 74,
        Severity::Critical if verdict == Verdict::Warn || basis < best => 89,
        Severity::High if missing => 89,
        _ => OPEN,
    }
}
