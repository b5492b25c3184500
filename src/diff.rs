//! What changed between two runs of one site, told by its cause: what is worse, what aged by itself, what is only no longer
//! shown. `diff` prints it, and the gate of a run with a baseline decides by it.
//!
//! A check's findings are compared by their subject. *Worse* is a higher `rank`. Worse is not yet the change's fault: time
//! may have done it (`by_time`), or a word that is no longer said (`words_went`); then it is told apart.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    finding::{Arg, Basis, CauseKind, Finding, Severity, Tier, Verdict, Waiver, WaiverState},
    report::{Mode, Report, Run},
    score::{Grade, Part, score},
};

/// The name and version of the format.
pub const SCHEMA: &str = "cht-audit/diff/1-draft";

/// What changed from an older run to a newer one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Diff {
    /// [`SCHEMA`].
    pub schema: String,
    /// What people call the site.
    pub site: String,
    /// The address that health workers use.
    pub url: String,
    /// The zone that dates are drawn in.
    pub timezone: String,
    /// The older run.
    pub old: Stamp,
    /// The newer run.
    pub new: Stamp,
    /// Both scored by the rules of the newer run; none where the two share their rules, or one of them has no score.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub same_rules: Option<SameRules>,
    /// How many checks were compared.
    pub compared: usize,
    /// Worst first.
    pub changes: Vec<Change>,
    /// Waivers that came, went, ran out or were changed.
    pub waivers: Vec<WaiverChange>,
    /// Checks that only the older run has.
    pub only_old: Vec<String>,
    /// Checks that only the newer run has.
    pub only_new: Vec<String>,
    /// Checks that both have, but whose word in the older run came by an access that the newer one was told to leave alone.
    pub left_out: Vec<String>,
}

/// One of the two runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Stamp {
    /// The moment it was judged for.
    #[schemars(with = "String")]
    pub as_of: Timestamp,
    /// The version of the program.
    pub version: String,
    /// SHA-256 of the catalogue.
    pub catalogue: String,
    /// A selection of checks or tiers.
    pub partial: bool,
    /// Its score.
    pub score: Option<u32>,
    /// Its letter.
    pub grade: Option<Grade>,
}

/// Two runs under the rules of the newer one, over the checks that both have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SameRules {
    /// How many checks both have.
    pub checks: usize,
    /// The older run's score.
    pub old: u32,
    /// The newer run's score.
    pub new: u32,
}

/// What kind of change. In the order in which they are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Worse, and neither time nor silence alone made it so.
    Broken,
    /// Something was known, and is not any more; or the answer that made it better is gone.
    NoLongerShown,
    /// Worse, or resting on less, by time alone.
    Aged,
    /// The same verdict, resting on less.
    Weaker,
    /// The question does not arise any more.
    NoLongerApplies,
    /// Better.
    Fixed,
    /// Known now and not before, or the same verdict resting on more.
    NewlyShown,
}

/// One check on one subject that is not as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// The check.
    pub check: String,
    /// English; its title.
    pub title: String,
    /// What it is about; empty for the whole site.
    pub subject: String,
    /// The lower of the two where the catalogue changed it: what the rules did is not the site's doing.
    pub severity: Severity,
    /// What kind of change.
    pub kind: Kind,
    /// A waiver holds for it in the newer run.
    pub waived: bool,
    /// As it was; none for a subject that the older run does not have.
    pub old: Option<Word>,
    /// As it is.
    pub new: Word,
}

/// How a finding came out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Word {
    /// The verdict.
    pub verdict: Verdict,
    /// What it rests on.
    pub basis: Basis,
    /// Description and evidence disagree.
    pub contradicted: bool,
    /// English.
    pub message: String,
}

/// A waiver that is not as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WaiverChange {
    /// The check.
    pub check: String,
    /// What became of it.
    pub kind: WaiverKind,
    /// As it was.
    pub old: Option<Waiver>,
    /// As it is.
    pub new: Option<Waiver>,
}

/// What became of a waiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WaiverKind {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// Its last day has passed since.
    Expired,
    /// Its last day, its reason or its owner is another.
    Changed,
}

/// Compares two runs of one site. `then` is what the newer run's evidence comes to for the older run's moment: with it, what
/// is worse by time alone is told exactly; without it, by whether the same word decides both times.
#[must_use]
pub fn diff(old: &Report, new: &Report, then: Option<&[Finding]>) -> Diff {
    let (olds, news) = (by_check(&old.findings), by_check(&new.findings));
    let (mut changes, mut left_out, mut compared) = (Vec::new(), BTreeSet::new(), 0);
    for (check, after) in &news {
        let Some(before) = olds.get(check) else { continue };
        compared += 1;
        for (before, after) in pairs(before, after) {
            match before.map_or_else(|| new_subject(after), |before| judged(before, after, old, new, then)) {
                Found::Change(kind) => changes.push(change(kind, before, after)),
                Found::LeftOut => {
                    left_out.insert((*check).to_owned());
                }
                Found::Same => {}
            }
        }
    }
    // What turned before what only rests on less.
    let order =
        |it: &Change| (it.kind, it.old.as_ref().is_some_and(|old| old.verdict == it.new.verdict), Reverse(it.severity), it.check.clone(), it.subject.clone());
    changes.sort_by_cached_key(order);
    let only = |these: &BTreeMap<&str, Vec<&Finding>>, those: &BTreeMap<&str, Vec<&Finding>>| {
        these.keys().filter(|check| !those.contains_key(*check)).map(|check| (*check).to_owned()).collect()
    };
    Diff {
        schema: SCHEMA.to_owned(),
        site: new.site.name.clone(),
        url: new.site.url.clone(),
        timezone: new.site.timezone.clone(),
        old: stamp(old),
        new: stamp(new),
        same_rules: (old.catalogue != new.catalogue).then(|| same_rules(old, new)).flatten(),
        compared,
        changes,
        waivers: waivers(&old.waivers, &new.waivers),
        only_old: only(&olds, &news),
        only_new: only(&news, &olds),
        left_out: left_out.into_iter().collect(),
    }
}

/// The same of two saved runs. Where the newer one was held against the older one when it was made, what was found then holds.
#[must_use]
pub fn saved(old: &Report, new: &Report) -> Diff {
    new.baseline.as_ref().filter(|known| known.old == stamp(old)).cloned().unwrap_or_else(|| diff(old, new, None))
}

/// What came of comparing two findings.
enum Found {
    Same,
    LeftOut,
    Change(Kind),
}

/// How bad a finding is. What does not apply is no worse than what is in order.
fn rank(finding: &Finding) -> u8 {
    match finding.verdict {
        Verdict::Pass | Verdict::NotApplicable => 0,
        Verdict::Warn => 1,
        Verdict::Unknown => 2,
        Verdict::Fail if finding.contradicted => 4,
        Verdict::Fail => 3,
    }
}

fn new_subject(after: &Finding) -> Found {
    match after.verdict {
        Verdict::Pass | Verdict::NotApplicable => Found::Same,
        Verdict::Unknown => Found::Change(Kind::NoLongerShown),
        Verdict::Warn | Verdict::Fail => Found::Change(Kind::Broken),
    }
}

fn judged(before: &Finding, after: &Finding, old: &Report, new: &Report, then: Option<&[Finding]>) -> Found {
    let left_alone = left_alone(before, &new.run);
    let time = || by_time(before, after, old, new, then);
    let lost = before.verdict != Verdict::Unknown && after.verdict == Verdict::Unknown;
    if lost && left_alone {
        return Found::LeftOut;
    }
    if lost || rank(after) > rank(before) {
        let went = words_went(before, after, old, new, left_alone);
        return match (time(), went) {
            (true, _) => Found::Change(Kind::Aged),
            (false, true) if left_alone => Found::LeftOut,
            (false, true) => Found::Change(Kind::NoLongerShown),
            (false, false) if lost || after.verdict == Verdict::Unknown => Found::Change(Kind::NoLongerShown),
            (false, false) => Found::Change(Kind::Broken),
        };
    }
    match (before.verdict, after.verdict) {
        (Verdict::NotApplicable, Verdict::NotApplicable) => Found::Same,
        (_, Verdict::NotApplicable) => Found::Change(Kind::NoLongerApplies),
        (Verdict::Unknown | Verdict::NotApplicable, now) if now != Verdict::Unknown => Found::Change(Kind::NewlyShown),
        (was, now) if was != now => Found::Change(Kind::Fixed),
        _ if after.basis > before.basis => Found::Change(Kind::NewlyShown),
        _ if after.basis < before.basis && left_alone => Found::LeftOut,
        _ if after.basis < before.basis => Found::Change(if time() { Kind::Aged } else { Kind::Weaker }),
        _ => Found::Same,
    }
}

/// The older word came by an access that the newer run was told to leave alone: that it is missing tells nothing.
fn left_alone(before: &Finding, run: &Run) -> bool {
    let other_tier = |tier: Tier| !run.tiers.is_empty() && !run.tiers.contains(&tier);
    before.tier.is_some_and(|tier| other_tier(tier) || run.mode == Mode::Offline && tier == Tier::Network)
}

/// Nothing new was said or seen: the answer that decided, or that admitted what is contradicted now, is gone; or what decides
/// now was there before, set aside by a look that the newer run leaves alone.
fn words_went(before: &Finding, after: &Finding, old: &Report, new: &Report, left_alone: bool) -> bool {
    let answered = |report: &Report| report.answered.contains(&after.check);
    let admitted = before.verdict == Verdict::Fail && after.verdict == Verdict::Fail;
    // An answer that decided nothing may still have kept another word of the description from deciding.
    let kept_back = before.verdict == Verdict::Unknown && after.tier == Some(Tier::Answer);
    let lost_answer = answered(old) && !answered(new) && (before.tier == Some(Tier::Answer) || admitted || kept_back);
    lost_answer || left_alone && before.other.as_ref().is_some_and(|other| other.message_id == after.message_id)
}

/// Time alone did it: for the older run's moment, the newer run's evidence comes to nothing worse than was found then.
fn by_time(before: &Finding, after: &Finding, old: &Report, new: &Report, then: Option<&[Finding]>) -> bool {
    let Some(then) = then else { return new.run.as_of > old.run.as_of && same_word(before, after) };
    // What was answered since is no effect of time, though it did not count then. A day that lay ahead was known.
    let since = after.tier == Some(Tier::Answer) && after.observed_at.is_some_and(|at| at > old.run.as_of);
    let ahead = before.cause.as_ref().is_some_and(|cause| cause.kind == CauseKind::Future);
    let same = then.iter().filter(|it| it.check == after.check && it.subject == after.subject).max_by_key(|it| rank(it));
    (!since || ahead)
        && same.is_some_and(|then| {
            let no_worse = rank(then) <= rank(before) && (then.verdict != Verdict::Unknown || before.verdict == Verdict::Unknown);
            no_worse && (after.verdict != before.verdict || then.basis >= before.basis)
        })
}

/// The same word decides both: of the same access and moment, or about the same dates, with the same names in it.
fn same_word(before: &Finding, after: &Finding) -> bool {
    if after.verdict == Verdict::Unknown {
        return after.cause.as_ref().is_some_and(|cause| cause.kind == CauseKind::TooOld);
    }
    // Counts and lengths of time move by themselves; names, dates and sizes do not.
    let moves = |arg: &Arg| matches!(arg, Arg::Count(_) | Arg::Duration(_));
    let mut shared = before.args.iter().filter_map(|(name, was)| after.args.get(name).map(|is| (was, is))).filter(|(was, is)| !moves(was) && !moves(is));
    let (same, dated) = shared
        .try_fold(false, |dated, (was, is)| (was == is).then_some(dated || matches!(is, Arg::Date(_) | Arg::Instant(_))))
        .map_or((false, false), |dated| (true, dated));
    // A plain yes or no turns only where somebody says something else.
    let plain = |finding: &Finding| [".yes", ".partly", ".no"].iter().any(|word| finding.message_id.ends_with(word));
    let said_anew = before.message_id != after.message_id && plain(before) && plain(after);
    same && !said_anew && after.tier.is_some() && after.tier == before.tier && (dated || after.observed_at == before.observed_at)
}

fn by_check(findings: &[Finding]) -> BTreeMap<&str, Vec<&Finding>> {
    let mut checks: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in findings {
        checks.entry(&finding.check).or_default().push(finding);
    }
    checks
}

/// The findings of one check, matched by subject. A subject that came takes the place of one that went, the worst that of the
/// worst: a server that answers from another address has not become worse by it. What went without a successor is left out.
fn pairs<'a>(before: &[&'a Finding], after: &[&'a Finding]) -> Vec<(Option<&'a Finding>, &'a Finding)> {
    let worst_first = |mut these: Vec<&'a Finding>| {
        these.sort_by(|a, b| rank(b).cmp(&rank(a)).then_with(|| (&a.subject, &a.message_id, a.basis).cmp(&(&b.subject, &b.message_id, b.basis))));
        these
    };
    let (mut gone, mut came, mut pairs) = (worst_first(before.to_vec()), Vec::new(), Vec::new());
    for finding in worst_first(after.to_vec()) {
        match gone.iter().position(|before| before.subject == finding.subject) {
            Some(at) => pairs.push((Some(gone.remove(at)), finding)),
            None => came.push(finding),
        }
    }
    let mut gone = gone.into_iter();
    pairs.extend(came.into_iter().map(|finding| (gone.next(), finding)));
    pairs
}

fn change(kind: Kind, before: Option<&Finding>, after: &Finding) -> Change {
    Change {
        check: after.check.clone(),
        title: after.title.clone(),
        subject: after.subject.clone(),
        severity: before.map_or(after.severity, |before| before.severity.min(after.severity)),
        kind,
        waived: after.waiver.as_ref().is_some_and(|waiver| waiver.state == WaiverState::Active),
        old: before.map(word),
        new: word(after),
    }
}

fn word(finding: &Finding) -> Word {
    Word { verdict: finding.verdict, basis: finding.basis, contradicted: finding.contradicted, message: finding.message.clone() }
}

fn stamp(report: &Report) -> Stamp {
    Stamp {
        as_of: report.run.as_of,
        version: report.tool.version.clone(),
        catalogue: report.catalogue.sha256.clone(),
        partial: report.run.partial,
        score: report.score.score,
        grade: report.score.grade,
    }
}

/// Both runs over the checks that both have, with the weights and severities of the newer one.
fn same_rules(old: &Report, new: &Report) -> Option<SameRules> {
    let severities: BTreeMap<&str, Severity> = new.findings.iter().map(|finding| (finding.check.as_str(), finding.severity)).collect();
    let known: BTreeSet<&str> = old.findings.iter().map(|finding| finding.check.as_str()).filter(|check| severities.contains_key(check)).collect();
    let parts: Vec<Part<'_>> = new.parts().into_iter().map(|part| Part { full: part.full && !old.run.partial && !new.run.partial, ..part }).collect();
    let of = |report: &Report| {
        let common = report.findings.iter().filter(|finding| known.contains(finding.check.as_str()));
        let judged: Vec<Finding> = common.map(|it| Finding { severity: severities[it.check.as_str()], ..it.clone() }).collect();
        score(&judged, &parts).0.score
    };
    Some(SameRules { checks: known.len(), old: of(old)?, new: of(new)? })
}

/// By check; of several the one that holds, as in the report.
fn waivers(old: &[Waiver], new: &[Waiver]) -> Vec<WaiverChange> {
    let holding = |waivers: &'_ [Waiver]| {
        let mut held: BTreeMap<String, Waiver> = BTreeMap::new();
        for waiver in waivers {
            let order = |it: &Waiver| (it.state == WaiverState::Expired, Reverse(it.until));
            if held.get(&waiver.check).is_none_or(|known| order(waiver) < order(known)) {
                held.insert(waiver.check.clone(), waiver.clone());
            }
        }
        held
    };
    let (olds, news) = (holding(old), holding(new));
    let checks: BTreeSet<&String> = olds.keys().chain(news.keys()).collect();
    let changed = |check: &String| {
        let (old, new) = (olds.get(check), news.get(check));
        let kind = match (old, new) {
            (None, Some(_)) => WaiverKind::Added,
            (Some(_), None) => WaiverKind::Removed,
            (Some(was), Some(is)) if (was.until, &was.reason, &was.owner) != (is.until, &is.reason, &is.owner) => WaiverKind::Changed,
            (Some(was), Some(is)) if was.state != WaiverState::Expired && is.state == WaiverState::Expired => WaiverKind::Expired,
            _ => return None,
        };
        Some(WaiverChange { check: check.clone(), kind, old: old.cloned(), new: new.cloned() })
    };
    checks.into_iter().filter_map(changed).collect()
}

impl Diff {
    /// The changes of one kind, worst first.
    pub fn of(&self, kind: Kind) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(move |change| change.kind == kind)
    }

    /// The two runs were judged by other rules.
    #[must_use]
    pub fn other_rules(&self) -> bool {
        self.old.catalogue != self.new.catalogue
    }
}
