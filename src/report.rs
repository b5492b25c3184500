//! The finished report: sorted, complete, ready to draw, and enough to score it again.

use std::{cmp::Reverse, collections::BTreeMap};

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    catalogue::{Catalogue, OwnLimit},
    diff::Diff,
    finding::{Arg, Basis, Cause, Finding, Tier, Verdict, Waiver, WaiverState, credit},
    score::{ConsiderationScore, Part, Score, score},
    texts::Texts,
    trouble::{self, NextStep, Trouble},
};

/// The name and version of the report format.
pub const SCHEMA: &str = "cht-audit/report/1-draft";

/// One audit of one site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// [`SCHEMA`].
    pub schema: String,
    /// What made it.
    pub tool: Tool,
    /// What it was judged by.
    pub catalogue: CatalogueStamp,
    /// How old the knowledge is.
    pub knowledge: KnowledgeStamp,
    /// The weight of each consideration.
    pub weights: BTreeMap<String, u32>,
    /// What was audited.
    pub site: SiteStamp,
    /// When and how.
    pub run: Run,
    /// The whole.
    pub score: Score,
    /// The nine, in their fixed order.
    pub considerations: Vec<ConsiderationScore>,
    /// What to mend first: failing checks by their causes, gravest first.
    pub troubles: Vec<Trouble>,
    /// What to find out first; none where nothing is unknown.
    pub next_step: Option<NextStep>,
    /// Worst first.
    pub findings: Vec<Finding>,
    /// Every waiver of the description, with its state.
    pub waivers: Vec<Waiver>,
    /// Limits that the site has set for itself.
    pub own_limits: Vec<OwnLimitStamp>,
    /// What could not be looked at.
    pub limits: Vec<Limit>,
    /// The checks that the description answers, where its answers count in this run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answered: Vec<String>,
    /// What changed since the run that this one was held against.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<Diff>,
    /// The gate that decided the exit code of the run.
    pub gate: Gate,
}

/// The gate that decided the exit code.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Gate {
    /// The exit code.
    pub exit: u8,
    /// English; which gate it was.
    pub message: String,
}

/// The program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Tool {
    /// `cht-audit`.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// The catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CatalogueStamp {
    /// Two reports with the same one were judged by the same rules.
    pub sha256: String,
}

/// The knowledge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KnowledgeStamp {
    /// The day its oldest part was gathered on.
    #[schemars(with = "String")]
    pub gathered: Date,
}

/// The site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SiteStamp {
    /// What people call it.
    pub name: String,
    /// The address that health workers use.
    pub url: String,
    /// facility, datacenter or cloud.
    pub kind: Option<String>,
    /// The zone that dates are drawn in.
    pub timezone: String,
}

/// The run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Run {
    /// When it began.
    #[schemars(with = "String")]
    pub started: Timestamp,
    /// When it ended.
    #[schemars(with = "String")]
    pub ended: Timestamp,
    /// The moment that was judged for.
    #[schemars(with = "String")]
    pub as_of: Timestamp,
    /// How evidence came in.
    pub mode: Mode,
    /// Where from.
    pub vantage: String,
    /// A selection of checks or tiers: no overall score.
    pub partial: bool,
    /// The accesses that this run was limited to; empty for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tiers: Vec<Tier>,
    /// The run was cut short by a signal.
    #[serde(default)]
    pub interrupted: bool,
}

/// How evidence came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Looked at now.
    Live,
    /// Files and answers only.
    Offline,
    /// Recorded before.
    Recorded,
}

/// A limit that the site has set for itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OwnLimitStamp {
    /// The check.
    pub check: String,
    /// The limit.
    pub name: String,
    /// As the catalogue has it, with its unit.
    pub usual: String,
    /// As the site has it, with its unit.
    pub own: String,
    /// The site asks for less than the catalogue.
    pub looser: bool,
}

/// Something that could not be looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Limit {
    /// What: the key of an ask, or a part of the run.
    pub what: String,
    /// English.
    pub message: String,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
}

/// All that a report is made of, beside its findings.
#[derive(Debug)]
pub struct Frame<'a> {
    /// The program's version.
    pub version: &'a str,
    /// With the site's own limits.
    pub catalogue: &'a Catalogue,
    /// The day the knowledge was gathered on.
    pub gathered: Date,
    /// What was audited.
    pub site: SiteStamp,
    /// When and how.
    pub run: Run,
    /// The description's waivers: `state` is set here.
    pub waivers: Vec<Waiver>,
    /// Limits that the site has set for itself.
    pub own_limits: &'a [OwnLimit],
    /// What could not be looked at; English is set here where there is a cause.
    pub limits: Vec<Limit>,
    /// Considerations that did not run in full.
    pub cut: &'a [String],
}

/// Puts a report together: texts, waivers, order, score.
#[must_use]
pub fn report(mut findings: Vec<Finding>, frame: Frame<'_>, texts: &Texts) -> Report {
    let zone = TimeZone::get(&frame.site.timezone).unwrap_or(TimeZone::UTC);
    let today = frame.run.as_of.to_zoned(zone.clone()).date();
    let waivers = waivers(frame.waivers, &findings, today);
    for finding in &mut findings {
        // A waiver that was renewed stands beside its old one: the one that holds counts.
        finding.waiver = waivers.iter().filter(|waiver| waiver.check == finding.check).min_by_key(|waiver| (waiver.state, Reverse(waiver.until))).cloned();
        draw(finding, texts, &zone);
    }
    findings.sort_by(|a, b| rank(a).cmp(&rank(b)).then_with(|| (&a.check, &a.subject).cmp(&(&b.check, &b.subject))));
    let parts: Vec<Part<'_>> =
        frame.catalogue.considerations.iter().map(|it| Part { id: &it.id, weight: it.weight, full: !frame.cut.contains(&it.id) }).collect();
    let (score, mut considerations) = score(&findings, &parts);
    for consideration in &mut considerations {
        consideration.title = texts.plain(&format!("{}.consideration.title", consideration.id));
    }
    let troubles = trouble::troubles(&findings, frame.catalogue, &parts);
    let next_step = trouble::next_step(&findings, &troubles, &parts);
    let limits = frame.limits.into_iter().map(|limit| with_message(limit, texts)).collect();
    Report {
        schema: SCHEMA.to_owned(),
        tool: Tool { name: "cht-audit".to_owned(), version: frame.version.to_owned() },
        catalogue: CatalogueStamp { sha256: frame.catalogue.sha256.clone() },
        knowledge: KnowledgeStamp { gathered: frame.gathered },
        weights: frame.catalogue.considerations.iter().map(|it| (it.id.clone(), it.weight)).collect(),
        site: frame.site,
        run: frame.run,
        score,
        considerations,
        troubles,
        next_step,
        findings,
        waivers,
        own_limits: frame.own_limits.iter().map(own_limit).collect(),
        limits,
        answered: Vec::new(),
        baseline: None,
        gate: Gate::default(),
    }
}

/// Contradictions first, then what fails, warns, is unknown, passes, does not apply; the graver first within each.
fn rank(finding: &Finding) -> (u8, Reverse<crate::finding::Severity>) {
    let order = match finding.verdict {
        Verdict::Fail if finding.contradicted => 0,
        Verdict::Fail => 1,
        Verdict::Warn => 2,
        Verdict::Unknown => 3,
        Verdict::Pass => 4,
        Verdict::NotApplicable => 5,
    };
    (order, Reverse(finding.severity))
}

fn draw(finding: &mut Finding, texts: &Texts, zone: &TimeZone) {
    finding.title = texts.plain(&format!("{}.title", finding.check));
    finding.message = texts.draw(&finding.message_id, &finding.args, zone);
    finding.remedy = match finding.verdict {
        Verdict::Pass | Verdict::NotApplicable => String::new(),
        Verdict::Fail | Verdict::Warn | Verdict::Unknown => texts.plain(&format!("{}.remedy", finding.check)),
    };
    if let Some(other) = &mut finding.other {
        other.message = texts.draw(&other.message_id, &other.args, zone);
    }
}

fn waivers(described: Vec<Waiver>, findings: &[Finding], today: Date) -> Vec<Waiver> {
    let needed =
        |check: &str| findings.iter().any(|finding| finding.check == check && matches!(finding.verdict, Verdict::Fail | Verdict::Unknown | Verdict::Warn));
    described
        .into_iter()
        .map(|waiver| {
            let state = match (waiver.until < today, needed(&waiver.check)) {
                (true, _) => WaiverState::Expired,
                (false, true) => WaiverState::Active,
                (false, false) => WaiverState::Unused,
            };
            Waiver { state, ..waiver }
        })
        .collect()
}

fn own_limit(limit: &OwnLimit) -> OwnLimitStamp {
    let spelled = |value: i64| limit.unit.spell(value);
    OwnLimitStamp { check: limit.check.clone(), name: limit.name.clone(), usual: spelled(limit.usual), own: spelled(limit.own), looser: limit.looser }
}

fn with_message(limit: Limit, texts: &Texts) -> Limit {
    let message = limit.cause.as_ref().map_or_else(|| texts.plain(&format!("common.limit-{}", limit.what)), |cause| texts.cause(cause));
    Limit { message, ..limit }
}

impl Report {
    /// The parts of the score, from the report alone.
    #[must_use]
    pub fn parts(&self) -> Vec<Part<'_>> {
        // In a partial run, a consideration without a score either lost checks or had none that applied: neither makes a whole.
        self.considerations.iter().map(|it| Part { id: &it.id, weight: it.weight, full: !self.run.partial || it.score.is_some() }).collect()
    }

    /// Whether the scores are those of the findings, and each finding's credit is that of its verdict.
    #[must_use]
    pub fn adds_up(&self) -> bool {
        let silent = |finding: &Finding| matches!(finding.verdict, Verdict::Unknown | Verdict::NotApplicable);
        let sound = |it: &Finding| it.credit == credit(it.verdict, it.basis, it.best) && silent(it) == (it.basis == Basis::None);
        if !self.findings.iter().all(sound) {
            return false;
        }
        let (whole, considerations) = score(&self.findings, &self.parts());
        let numbers = |it: &ConsiderationScore| (it.id.clone(), it.score, it.raw, it.coverage, it.shares);
        whole == self.score && considerations.iter().map(numbers).eq(self.considerations.iter().map(numbers))
    }

    /// The zone that its dates are drawn in.
    #[must_use]
    pub fn zone(&self) -> TimeZone {
        TimeZone::get(&self.site.timezone).unwrap_or(TimeZone::UTC)
    }

    /// How many checks rest on each basis, applicable ones only: measured, documented, claimed, none.
    #[must_use]
    pub fn bases(&self, consideration: &str) -> [usize; 4] {
        let mut lowest: BTreeMap<&str, Basis> = BTreeMap::new();
        for finding in self.findings.iter().filter(|finding| finding.consideration == consideration && finding.verdict != Verdict::NotApplicable) {
            let basis = if finding.verdict == Verdict::Unknown { Basis::None } else { finding.basis };
            lowest.entry(&finding.check).and_modify(|known| *known = (*known).min(basis)).or_insert(basis);
        }
        let count = |wanted| lowest.values().filter(|basis| **basis == wanted).count();
        [count(Basis::Measured), count(Basis::Documented), count(Basis::Claimed), count(Basis::None)]
    }
}

/// Who can act: whom the plan, the waiver or the answer names, on the finding itself or beside it.
#[must_use]
pub fn who(finding: &Finding) -> Option<&str> {
    let planned = finding.planned.as_ref().and_then(|planned| planned.by.as_deref());
    let owner = finding.waiver.as_ref().and_then(|waiver| waiver.owner.as_deref());
    let answered = match finding.args.get("by") {
        Some(Arg::Text(name)) => Some(name.as_str()),
        _ => None,
    };
    let beside = finding.other.as_ref().and_then(|other| other.by.as_deref());
    planned.or(owner).or(answered).or(beside)
}
