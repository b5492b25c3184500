//! What to mend first, and what to find out first. Findings that share one cause are one trouble: told once, and its points
//! are counted once.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    catalogue::Catalogue,
    finding::{CauseKind, Finding, Severity, Verdict, WaiverState},
    score::{Part, score},
};

/// One thing to mend.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Trouble {
    /// The check at its root: what mends it mends the others, or lets them be seen.
    pub check: String,
    /// The checks that fail, are in doubt or are unknown for the same cause, in the order of the findings.
    pub with: Vec<String>,
    /// The gravest severity among them.
    pub severity: Severity,
    /// The points that mending all of them brings, ceilings aside; 0 in a partial run.
    pub points: u32,
}

impl Trouble {
    /// The finding at its root.
    #[must_use]
    pub fn root<'a>(&self, findings: &'a [Finding]) -> Option<&'a Finding> {
        findings.iter().find(|finding| finding.check == self.check && finding.verdict == Verdict::Fail)
    }
}

/// What to find out first: the unknown that brings most once it turns out well.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NextStep {
    /// The part of the description that would tell; none where the check's own message says what settles it.
    pub key: Option<String>,
    /// The checks that wait for it, gravest first.
    pub checks: Vec<String>,
    /// The points that it brings if all of them turn out well, ceilings aside; 0 in a partial run.
    pub points: u32,
}

/// The troubles of a run, gravest first, then by points. Every check that fails and is not waived is in exactly one.
#[must_use]
pub fn troubles(findings: &[Finding], catalogue: &Catalogue, parts: &[Part<'_>]) -> Vec<Trouble> {
    let causes = causes(findings, catalogue);
    let raw = score(findings, parts).0.raw;
    let mut groups: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in findings.iter().filter(|finding| counts(finding)) {
        groups.entry(root(&finding.check, &causes)).or_default().push(finding);
    }
    let mut troubles: Vec<Trouble> = groups
        .into_iter()
        .filter(|(_, group)| group.iter().any(|finding| finding.verdict == Verdict::Fail))
        .filter_map(|(check, group)| {
            let mut with: Vec<&str> = group.iter().map(|finding| finding.check.as_str()).filter(|other| *other != check).collect();
            let mut told = BTreeSet::new();
            with.retain(|other| told.insert(*other));
            let all: Vec<&str> = std::iter::once(check).chain(with.iter().copied()).collect();
            let severity = group.iter().filter(|finding| finding.verdict == Verdict::Fail).map(|finding| finding.severity).max()?;
            let with = with.iter().map(|other| (*other).to_owned()).collect();
            Some(Trouble { check: check.to_owned(), with, severity, points: gained(raw, findings, parts, &all) })
        })
        .collect();
    troubles.sort_by(|a, b| (b.severity, b.points).cmp(&(a.severity, a.points)).then_with(|| a.check.cmp(&b.check)));
    troubles
}

/// The check that each check's finding comes from: one that fails in a way of which the catalogue says that it implies the
/// other. The first that does, in the order of the findings.
fn causes<'a>(findings: &'a [Finding], catalogue: &'a Catalogue) -> BTreeMap<&'a str, &'a str> {
    let mut causes = BTreeMap::new();
    for finding in findings.iter().filter(|finding| finding.verdict == Verdict::Fail && counts(finding)) {
        let message = finding.message_id.rsplit('.').next().unwrap_or_default();
        let implied = catalogue.check(&finding.check).and_then(|check| check.implies.get(message));
        for other in implied.into_iter().flatten() {
            causes.entry(other.as_str()).or_insert(finding.check.as_str());
        }
    }
    causes
}

/// Where a check's causes lead to, or itself.
fn root<'a>(mut check: &'a str, causes: &BTreeMap<&'a str, &'a str>) -> &'a str {
    let mut seen = BTreeSet::new();
    // A catalogue whose causes go in a circle is a mistake that its tests find; a report must end all the same.
    while let Some(cause) = causes.get(check).filter(|_| seen.insert(check)) {
        check = cause;
    }
    check
}

/// The unknown that brings most, beside those that a trouble explains. What waits for one part of the description is one
/// step.
#[must_use]
pub fn next_step(findings: &[Finding], troubles: &[Trouble], parts: &[Part<'_>]) -> Option<NextStep> {
    let explained: BTreeSet<&str> = troubles.iter().flat_map(|trouble| &trouble.with).map(String::as_str).collect();
    let mut steps: BTreeMap<(Option<&str>, &str), Vec<&Finding>> = BTreeMap::new();
    for finding in findings.iter().filter(|finding| finding.verdict == Verdict::Unknown && counts(finding)).filter(|it| !explained.contains(it.check.as_str()))
    {
        let key = finding.cause.as_ref().filter(|cause| cause.kind == CauseKind::NotSaid).and_then(|cause| whole(&cause.detail));
        steps.entry((key, if key.is_some() { "" } else { &finding.check })).or_default().push(finding);
    }
    let raw = score(findings, parts).0.raw;
    let ranked = steps.into_iter().map(|((key, _), mut waiting)| {
        waiting.sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| a.check.cmp(&b.check)));
        waiting.dedup_by(|a, b| a.check == b.check);
        let checks: Vec<&str> = waiting.iter().map(|finding| finding.check.as_str()).collect();
        (gained(raw, findings, parts, &checks), waiting[0].severity, key, checks)
    });
    let (points, _, key, checks) = ranked.max_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)).then_with(|| b.3.cmp(&a.3)))?;
    Some(NextStep { key: key.map(str::to_owned), checks: checks.into_iter().map(str::to_owned).collect(), points })
}

/// The map or list that a key belongs to: `backups.copies` of `backups.copies[].place`. None for an answer, which is one
/// check's own, and where several keys are missing.
fn whole(keys: &str) -> Option<&str> {
    let key = keys.split_once("[]").map_or(keys, |(list, _)| list);
    (!key.is_empty() && !key.contains(',') && !key.starts_with("answers.")).then_some(key)
}

/// Not in order, and not set aside by a waiver that holds.
fn counts(finding: &Finding) -> bool {
    let waived = finding.waiver.as_ref().is_some_and(|waiver| waiver.state == WaiverState::Active);
    !waived && matches!(finding.verdict, Verdict::Fail | Verdict::Warn | Verdict::Unknown)
}

/// The points that the whole gains over `raw`, ceilings aside, if these checks pass on their best rungs.
fn gained(raw: Option<u32>, findings: &[Finding], parts: &[Part<'_>], checks: &[&str]) -> u32 {
    let Some(raw) = raw else { return 0 };
    let (touched, others): (Vec<&Finding>, Vec<&Finding>) = findings.iter().partition(|finding| checks.contains(&finding.check.as_str()));
    let mended: Vec<Finding> = touched.into_iter().map(mended).collect();
    score(others.into_iter().chain(&mended), parts).0.raw.map_or(0, |then| then.saturating_sub(raw))
}

/// The finding as it would be if its check passed on its best rung.
fn mended(finding: &Finding) -> Finding {
    match finding.verdict {
        Verdict::NotApplicable => finding.clone(),
        _ => Finding { verdict: Verdict::Pass, basis: finding.best, ..finding.clone() },
    }
}
