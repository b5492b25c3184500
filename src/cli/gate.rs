//! Which gate decides the exit code.

use crate::{
    diff::{Diff, Kind},
    finding::{CauseKind, Finding, Severity, Tier, Verdict, WaiverState},
    report::{Gate, Mode, Report},
};

use super::{args::GateArgs, exit};

/// Decides the exit code of an audit. `broke`: a check panicked.
#[must_use]
pub fn decide(report: &Report, args: &GateArgs, broke: bool) -> Gate {
    if report.run.interrupted {
        return Gate { exit: exit::INTERRUPTED, message: "interrupted: this report is not the whole one".to_owned() };
    }
    if broke {
        return Gate { exit: exit::BUG, message: "a check broke, which is a fault of cht-audit: please report it; the other checks are told here".to_owned() };
    }
    let held = report.baseline.as_ref().map_or_else(|| alone(report, args.fail_on), |diff| against(report, diff, args.fail_on));
    if let Some(message) = held.failed {
        return Gate { exit: exit::GATE, message };
    }
    if let (Some(wanted), Some(score), Some(_)) = (args.min_score, report.score.score, report.score.grade)
        && score < wanted
    {
        return Gate { exit: exit::GATE, message: format!("failed: the score is {score}, and {wanted} was asked for") };
    }
    if let (Some(wanted), Some(coverage)) = (args.min_coverage, report.score.coverage)
        && coverage < wanted
    {
        return Gate { exit: exit::GATE, message: format!("failed: {coverage} percent was measured or documented, and {wanted} percent was asked for") };
    }
    if args.accept_unknown {
        return Gate { exit: exit::OK, message: "met; what is unknown was accepted".to_owned() };
    }
    if let Some(message) = held.inconclusive {
        return Gate { exit: exit::INCONCLUSIVE, message };
    }
    if args.min_score.is_some() && report.score.grade.is_none() {
        return Gate { exit: exit::INCONCLUSIVE, message: "inconclusive: a score was asked for, and there is no grade yet".to_owned() };
    }
    Gate { exit: exit::OK, message: held.met }
}

/// What the findings come to, each in the words of its message.
struct Held {
    failed: Option<String>,
    inconclusive: Option<String>,
    met: String,
}

/// A finding that a gate looks at.
fn gates(finding: &Finding, fail_on: Severity) -> bool {
    finding.severity >= fail_on && finding.waiver.as_ref().is_none_or(|waiver| waiver.state != WaiverState::Active)
}

/// By the run alone: what fails, and what is unknown.
fn alone(report: &Report, fail_on: Severity) -> Held {
    let with = |verdict: Verdict| report.findings.iter().filter(move |finding| gates(finding, fail_on) && finding.verdict == verdict);
    let at = from(fail_on);
    let failed = named(with(Verdict::Fail).map(|it| it.check.as_str())).map(|(count, first)| format!("failed: {first}{} ({at})", more(count, "fails", "fail")));
    let unknown = named(with(Verdict::Unknown).filter(|it| !beyond(report, it)).map(|it| it.check.as_str()))
        .map(|(count, first)| format!("inconclusive: {first}{} ({at}); --accept-unknown accepts that", more(count, "is unknown", "are unknown")));
    let out_of_reach = named(with(Verdict::Unknown).filter(|it| beyond(report, it)).map(|it| it.check.as_str())).map_or(0, |(count, _)| count);
    let known = |finding: &Finding| matches!(finding.verdict, Verdict::Pass | Verdict::Warn | Verdict::Fail);
    let nothing = || {
        (out_of_reach > 0 && !report.findings.iter().any(known))
            .then(|| format!("inconclusive: {} showed nothing; --accept-unknown accepts that", words(&report.run.tiers)))
    };
    let met = match out_of_reach {
        0 => format!("met: no check fails or is unknown ({at})"),
        n => format!("met: no check fails ({at}); {n} cannot be decided by {} and {} not gated", words(&report.run.tiers), if n == 1 { "is" } else { "are" }),
    };
    Held { failed, inconclusive: unknown.or_else(nothing), met }
}

/// A run that looked at some tiers only cannot be asked for what nobody could have seen or said there. What was looked at
/// in vain is another matter; so is recorded evidence, which may just lack what these tiers hold.
fn beyond(report: &Report, finding: &Finding) -> bool {
    let unasked = finding.cause.as_ref().is_some_and(|cause| matches!(cause.kind, CauseKind::NotCollected | CauseKind::NotSaid));
    !report.run.tiers.is_empty() && report.run.mode != Mode::Recorded && unasked
}

/// By what changed: what is new or worse, and what is no longer shown.
fn against(report: &Report, diff: &Diff, fail_on: Severity) -> Held {
    let gating = |kind: Kind| diff.of(kind).filter(move |change| change.severity >= fail_on && !change.waived);
    let baseline = format!("the baseline of {}", diff.old.as_of.to_zoned(report.zone()).date());
    let (at, other_rules) = (from(fail_on), if diff.other_rules() { "; that one was judged by other rules" } else { "" });
    let failed = named(gating(Kind::Broken).filter(|change| change.new.verdict == Verdict::Fail).map(|change| change.check.as_str()))
        .map(|(count, first)| format!("failed: {first}{} than in {baseline} ({at}){other_rules}", more(count, "is worse", "are worse")));
    let lost = named(gating(Kind::NoLongerShown).map(|change| change.check.as_str())).map(|(count, first)| {
        format!(
            "inconclusive: {first}{} as in {baseline} ({at}){other_rules}; --accept-unknown accepts that",
            more(count, "is no longer shown", "are no longer shown")
        )
    });
    let nothing = || (diff.compared == 0).then(|| format!("inconclusive: {baseline} and this run have no check in common; --accept-unknown accepts that"));
    let failing = report.findings.iter().filter(|finding| gates(finding, fail_on) && finding.verdict == Verdict::Fail);
    let still = match named(failing.map(|it| it.check.as_str())) {
        None => String::new(),
        Some((1, first)) => format!("; {first} fails, and is not gated"),
        Some((count, _)) => format!("; {count} checks fail, and are not gated"),
    };
    Held { failed, inconclusive: lost.or_else(nothing), met: format!("met: nothing is worse than in {baseline} ({at}){still}") }
}

/// The accesses of a limited run.
fn words(tiers: &[Tier]) -> String {
    let words: Vec<&str> = tiers.iter().map(|tier| tier.word()).collect();
    words.join(" and ")
}

/// How many checks, and the first of them.
fn named<'a>(checks: impl Iterator<Item = &'a str>) -> Option<(usize, &'a str)> {
    let mut checks: Vec<&str> = checks.collect();
    let first = *checks.first()?;
    checks.sort_unstable();
    checks.dedup();
    Some((checks.len(), first))
}

fn more(count: usize, one: &str, several: &str) -> String {
    match count {
        1 => format!(" {one}"),
        2 => format!(" and 1 more check {several}"),
        n => format!(" and {} more checks {several}", n - 1),
    }
}

/// This severity and what is graver.
fn from(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "critical severity",
        Severity::High => "high severity or above",
        Severity::Medium => "medium severity or above",
        Severity::Low => "low severity or above",
        Severity::Info => "any severity",
    }
}
