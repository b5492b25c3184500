//! Which gate decides the exit code.

use crate::{
    finding::{Finding, Severity, Verdict, WaiverState},
    report::{Gate, Report},
};

use super::{args::GateArgs, exit};

/// Decides the exit code of an audit. `broke`: a check panicked.
pub(super) fn decide(report: &Report, args: &GateArgs, broke: bool) -> Gate {
    if report.run.interrupted {
        return Gate { exit: exit::INTERRUPTED, message: "interrupted: this report is not the whole one".to_owned() };
    }
    if broke {
        return Gate { exit: exit::BUG, message: "a check broke, which is a fault of cht-audit: please report it; the other checks are told here".to_owned() };
    }
    let gates = |finding: &&Finding| finding.severity >= args.fail_on && finding.waiver.as_ref().is_none_or(|waiver| waiver.state != WaiverState::Active);
    let with = |verdict: Verdict| named(report.findings.iter().filter(gates).filter(|finding| finding.verdict == verdict));
    let failed = with(Verdict::Fail);
    if let Some((count, first)) = failed {
        let message = format!("failed: {first}{} ({})", more(count, "fails", "fail"), from(args.fail_on));
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
    if let Some((count, first)) = with(Verdict::Unknown) {
        let message = format!("inconclusive: {first}{} ({}); --accept-unknown accepts that", more(count, "is unknown", "are unknown"), from(args.fail_on));
        return Gate { exit: exit::INCONCLUSIVE, message };
    }
    if args.min_score.is_some() && report.score.grade.is_none() {
        return Gate { exit: exit::INCONCLUSIVE, message: "inconclusive: a score was asked for, and there is no grade yet".to_owned() };
    }
    Gate { exit: exit::OK, message: format!("met: no check fails or is unknown ({})", from(args.fail_on)) }
}

/// How many checks, and the first of them.
fn named<'a>(findings: impl Iterator<Item = &'a Finding>) -> Option<(usize, &'a str)> {
    let mut checks: Vec<&str> = findings.map(|finding| finding.check.as_str()).collect();
    checks.dedup();
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
