//! Judgement: one file a consideration, one row a check, one pure function each. No judge knows the network, files, the
//! environment or a clock, and none says how an audit ends: [`settle`] does.

pub mod claim;
pub mod settle;

mod alerting;
mod asks;
mod backups;
mod disaster_recovery;
mod kubernetes;
mod privacy;
mod renewals;
mod restarts;
mod running;
mod scale;
mod security;
mod updates;

use std::{
    collections::{BTreeMap, BTreeSet},
    panic::{AssertUnwindSafe, catch_unwind},
};

use crate::{
    catalogue::{Catalogue, CheckDef, Platform},
    evidence::{Asks, Evidence},
    finding::{Arg, Args, Cause, CauseKind, Finding, Other, Planned, Tier, Verdict, credit},
    knowledge::Knowledge,
    site::{Kind, Site},
};

pub use settle::{Graded, Judgement, Measurement, Now, Question, Rating};

/// One consideration: its folder's texts and its rows.
#[derive(Debug, Clone, Copy)]
pub struct Consideration {
    /// The folder under `checks/`.
    pub id: &'static str,
    /// Its `checks.yaml`.
    pub definition: &'static str,
    /// Its `en.ftl`.
    pub texts: &'static str,
    /// Its `README.md`: the guide.
    pub guide: &'static str,
    /// Its rows.
    pub checks: &'static [Check],
}

/// One check.
#[derive(Debug, Clone, Copy)]
pub struct Check {
    /// `<consideration>.<name>`, the key of its definition, texts, guide and cases.
    pub id: &'static str,
    /// The limits it reads.
    pub params: &'static [&'static str],
    /// The messages it can end with, beside those of every check (`yes`, `partly`, `no`, `unknown`).
    pub messages: &'static [&'static str],
    /// What must be asked; adding twice is harmless.
    pub needs: fn(&Site, &Knowledge, &mut Asks),
    /// The judgement, one a subject.
    pub evaluate: fn(&Context<'_>) -> Vec<Judgement>,
}

/// The messages that every check has: those of a plain answer, and of knowing nothing.
pub const COMMON_MESSAGES: &[&str] = &["yes", "partly", "no", settle::UNKNOWN];

/// All that a judge may look at.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// What was described.
    pub site: &'a Site,
    /// What was seen.
    pub evidence: &'a Evidence,
    /// What is known of CHT releases, systems and authorities.
    pub knowledge: &'a Knowledge,
    /// This check, with the site's own limits.
    pub definition: &'a CheckDef,
    /// The moment that is judged for.
    pub now: &'a Now,
    /// The description's own words may be used: not in a run that is limited to other tiers.
    pub answers: bool,
    /// How many words each record stands behind ([`claim::record_uses`]).
    pub record_uses: &'a BTreeMap<&'a str, usize>,
}

impl Context<'_> {
    /// The limit `name` of this check, in seconds, pieces or whole percents.
    ///
    /// # Panics
    /// When the check has no such limit: a mistake of this program, caught by [`evaluate`] and by its tests.
    #[must_use]
    pub fn limit(&self, name: &str) -> i64 {
        match self.definition.thresholds.get(name) {
            Some(threshold) => threshold.value,
            None => panic!("{} has no limit {name}", self.definition.id),
        }
    }

    /// The one judgement on all that bears on a subject.
    #[must_use]
    pub fn settle(&self, question: Question) -> Judgement {
        settle::settle(self.definition, self.now, question)
    }

    /// Nothing is known, for a cause.
    #[must_use]
    pub fn unknown(&self, subject: impl Into<String>, cause: Cause) -> Judgement {
        settle::unknown(self.definition, subject, "url", cause)
    }

    /// The question does not arise here.
    #[must_use]
    pub fn not_applicable(&self, message: &'static str) -> Vec<Judgement> {
        vec![settle::not_applicable(self.definition, message, crate::finding::Args::new())]
    }
}

/// The nine, in the order of the documentation's page.
pub const CONSIDERATIONS: &[Consideration] = &[
    alerting::CONSIDERATION,
    restarts::CONSIDERATION,
    backups::CONSIDERATION,
    disaster_recovery::CONSIDERATION,
    scale::CONSIDERATION,
    updates::CONSIDERATION,
    renewals::CONSIDERATION,
    security::CONSIDERATION,
    privacy::CONSIDERATION,
];

/// Every row.
pub fn all() -> impl Iterator<Item = &'static Check> {
    CONSIDERATIONS.iter().flat_map(|consideration| consideration.checks)
}

/// A check that needs nothing but the description.
pub(crate) fn needs_nothing(_: &Site, _: &Knowledge, _: &mut Asks) {}

/// What the platform is found to be; none where nothing says so.
#[must_use]
pub fn platform(site: &Site) -> Option<Platform> {
    if site.said.files.helm_values.is_some() {
        Some(Platform::Kubernetes)
    } else if site.said.files.compose.is_empty() {
        None
    } else {
        Some(Platform::Docker)
    }
}

/// Judges the selected checks, in the order of the catalogue; with `answers`, the description's own words count. The
/// flag that comes back: a check broke, which is a bug of this program.
#[must_use]
pub fn evaluate(
    selected: &[&Check],
    site: &Site,
    evidence: &Evidence,
    catalogue: &Catalogue,
    knowledge: &Knowledge,
    now: &Now,
    answers: bool,
) -> (Vec<Finding>, bool) {
    let mut findings = Vec::new();
    let mut broke = false;
    let record_uses = &claim::record_uses(site);
    for check in selected {
        let Some(definition) = catalogue.check(check.id) else { continue };
        let cx = Context { site, evidence, knowledge, definition, now, answers, record_uses };
        let judgements = match inapplicable(&cx) {
            Some(judgement) => vec![judgement],
            None => match catch_unwind(AssertUnwindSafe(|| (check.evaluate)(&cx))) {
                Ok(judgements) if !judgements.is_empty() => judgements,
                Ok(_) => {
                    broke = true;
                    vec![cx.unknown("", Cause::new(CauseKind::Bug, "the check said nothing"))]
                }
                Err(_) => {
                    broke = true;
                    vec![cx.unknown("", Cause::new(CauseKind::Bug, "the check broke off"))]
                }
            },
        };
        findings.extend(judgements.into_iter().map(|judgement| finding(definition, site, judgement)));
    }
    (findings, broke)
}

/// A check that failed by what was last seen, and does not fail now that a later look missed it, still fails: not knowing
/// more is no repair.
#[must_use]
pub fn outlast(mut findings: Vec<Finding>, last_seen: Vec<Finding>) -> Vec<Finding> {
    let fails = |findings: &[Finding], check: &str| findings.iter().any(|finding| finding.check == check && finding.verdict == Verdict::Fail);
    let mut outlasting = last_seen;
    let failed: BTreeSet<String> = outlasting.iter().filter(|finding| finding.verdict == Verdict::Fail).map(|finding| finding.check.clone()).collect();
    outlasting.retain(|finding| failed.contains(&finding.check) && !fails(&findings, &finding.check));
    findings.retain(|finding| !outlasting.iter().any(|older| older.check == finding.check));
    findings.extend(outlasting);
    findings
}

/// The catalogue's word on whether the question arises for this kind of site and platform.
fn inapplicable(cx: &Context<'_>) -> Option<Judgement> {
    let definition = cx.definition;
    let word = cx.site.said.kind.map(|kind| match kind {
        Kind::Facility => "facility",
        Kind::Datacenter => "datacenter",
        Kind::Cloud => "cloud",
    });
    if let Some(word) = word.filter(|_| !definition.kinds.is_empty())
        && !definition.kinds.iter().any(|kind| kind == word)
    {
        return Some(settle::not_applicable(definition, COMMON_KIND, crate::finding::args([("kind", word.into())])));
    }
    match (definition.platform, platform(cx.site)) {
        (Some(Platform::Docker), Some(Platform::Kubernetes)) => Some(settle::not_applicable(definition, COMMON_DOCKER, crate::finding::Args::new())),
        (Some(Platform::Kubernetes), Some(Platform::Docker) | None) => Some(settle::not_applicable(definition, COMMON_KUBERNETES, crate::finding::Args::new())),
        _ => None,
    }
}

/// Messages of `checks/common.ftl`, for questions that do not arise.
const COMMON_KIND: &str = "common.not-this-kind";
const COMMON_DOCKER: &str = "common.docker-only";
const COMMON_KUBERNETES: &str = "common.kubernetes-only";

/// A message's full id: an attribute of the check's own, unless it names a common one.
fn message_id(definition: &CheckDef, message: &str) -> String {
    if message.starts_with("common.") { message.to_owned() } else { format!("{}.{message}", definition.id) }
}

/// A judgement with what the catalogue and the site say of its check. Texts and waivers are laid on by the report.
fn finding(definition: &CheckDef, site: &Site, judgement: Judgement) -> Finding {
    let consideration = definition.id.split_once('.').map_or("", |(consideration, _)| consideration).to_owned();
    // A role is named as the description names it for people: `ict` is the County ICT lead.
    let person = |role: String| site.person(&role).to_owned();
    let named = |mut args: Args| {
        if let Some(Arg::Text(role)) = args.get_mut("by") {
            *role = person(std::mem::take(role));
        }
        args
    };
    let other = judgement.other.map(|other| Other {
        message_id: message_id(definition, &other.message_id),
        args: named(other.args),
        by: other.by.map(person),
        ..other
    });
    Finding {
        title: String::new(),
        severity: definition.severity,
        credit: credit(judgement.verdict, judgement.basis, judgement.best),
        message: String::new(),
        message_id: message_id(definition, judgement.message),
        remedy: String::new(),
        location: site.place(&judgement.path).or_else(|| site.place("url")).cloned(),
        waiver: None,
        references: definition.references.clone(),
        check: definition.id.clone(),
        consideration,
        subject: judgement.subject,
        verdict: judgement.verdict,
        basis: judgement.basis,
        best: judgement.best,
        contradicted: judgement.contradicted,
        stale: judgement.stale,
        args: named(judgement.args),
        cause: judgement.cause,
        other,
        tier: judgement.tier,
        observed_at: judgement.observed_at,
        max_age: judgement.max_age,
        planned: judgement.planned.map(|planned| Planned { by: planned.by.map(person), ..planned }),
    }
}

/// Whether a check can be decided with these tiers.
#[must_use]
pub fn has_tier(definition: &CheckDef, tiers: &[Tier]) -> bool {
    definition.tiers.iter().any(|tier| tiers.contains(tier))
}

/// The verdict of a check over its subjects: the worst of contradicted, fail, unknown, warn, pass.
#[must_use]
pub fn worst(findings: &[&Finding]) -> Verdict {
    let rank = |verdict: Verdict| match verdict {
        Verdict::NotApplicable => 0,
        Verdict::Pass => 1,
        Verdict::Warn => 2,
        Verdict::Unknown => 3,
        Verdict::Fail => 4,
    };
    findings.iter().map(|finding| finding.verdict).max_by_key(|verdict| rank(*verdict)).unwrap_or(Verdict::Unknown)
}
