//! The finished report: its order, its waivers, what it says of a partial run, and that a saved one is drawn as it was.

use cht_audit::{
    catalogue::Catalogue,
    cli::{self, Outcome, World, args::Cli},
    embedded,
    finding::{Arg, Basis, Finding, Planned, Severity, Verdict, Waiver, WaiverState, args},
    report::{Frame, Limit, Mode, Report, Run, SiteStamp, report, who},
    score::Score,
};
use clap::Parser;
use jiff::{SignedDuration, Timestamp};

use super::{
    score::{finding, on},
    support,
};

const CATALOGUE: [(&str, &str); 3] =
    [("backups", "weight: 18\nchecks: []\n"), ("security", "weight: 12\nchecks: []\n"), ("privacy", "weight: 8\nchecks: []\n")];

/// A report for noon of 22 November 2026 in Nairobi.
fn reported(findings: Vec<Finding>, waivers: Vec<Waiver>, cut: &[&str], limits: Vec<Limit>) -> Report {
    let as_of: Timestamp = "2026-11-22T09:00:00Z".parse().expect("a timestamp");
    let catalogue = Catalogue::read(&CATALOGUE, "00".to_owned()).expect("a catalogue");
    let cut: Vec<String> = cut.iter().map(|id| (*id).to_owned()).collect();
    let frame = Frame {
        version: "0.1.0",
        catalogue: &catalogue,
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
        limits,
        cut: &cut,
    };
    report(findings, frame, &embedded::texts().expect("texts"))
}

fn passing(check: &str) -> Finding {
    finding(check, Severity::High, Verdict::Pass, Basis::Measured, Basis::Measured)
}

fn failing(check: &str) -> Finding {
    finding(check, Severity::High, Verdict::Fail, Basis::Measured, Basis::Measured)
}

/// The points of each trouble.
fn points(report: &Report) -> Vec<(&str, u32)> {
    report.troubles.iter().map(|trouble| (trouble.check.as_str(), trouble.points)).collect()
}

fn waiver(check: &str, until: &str) -> Waiver {
    let until = until.parse().expect("a date");
    // The state that comes in is nobody's.
    Waiver { check: check.to_owned(), reason: "agreed".to_owned(), owner: Some("it".to_owned()), until, state: WaiverState::Expired }
}

#[test]
fn contradictions_come_first_then_what_is_worst_and_gravest() {
    let of = |check: &str, severity, verdict, contradicted| Finding { contradicted, ..finding(check, severity, verdict, Basis::Measured, Basis::Measured) };
    let findings = vec![
        of("backups.n", Severity::Critical, Verdict::NotApplicable, false),
        of("backups.p", Severity::Critical, Verdict::Pass, false),
        of("backups.u", Severity::Critical, Verdict::Unknown, false),
        of("backups.w", Severity::Critical, Verdict::Warn, false),
        of("backups.a", Severity::Low, Verdict::Fail, false),
        on("b", of("backups.f", Severity::High, Verdict::Fail, false)),
        on("a", of("backups.f", Severity::High, Verdict::Fail, false)),
        of("backups.e", Severity::High, Verdict::Fail, false),
        of("backups.z", Severity::Critical, Verdict::Fail, false),
        of("security.c", Severity::Low, Verdict::Fail, true),
    ];
    let order: Vec<String> = reported(findings, vec![], &[], vec![]).findings.iter().map(|it| format!("{}{}", it.check, it.subject)).collect();
    let expected = ["security.c", "backups.z", "backups.e", "backups.fa", "backups.fb", "backups.a", "backups.w", "backups.u", "backups.p", "backups.n"];
    assert_eq!(order, expected);
}

#[test]
fn a_waiver_holds_through_its_last_day() {
    let state = |until: &str, verdict| {
        let report =
            reported(vec![finding("backups.a", Severity::High, verdict, Basis::Measured, Basis::Measured)], vec![waiver("backups.a", until)], &[], vec![]);
        assert_eq!(report.findings[0].waiver.as_ref(), Some(&report.waivers[0]), "the finding carries it whatever its state");
        report.waivers[0].state
    };
    for verdict in [Verdict::Fail, Verdict::Warn, Verdict::Unknown] {
        assert_eq!(state("2026-11-22", verdict), WaiverState::Active, "{verdict:?}");
        assert_eq!(state("2026-11-21", verdict), WaiverState::Expired, "{verdict:?}");
    }
    for verdict in [Verdict::Pass, Verdict::NotApplicable] {
        assert_eq!(state("2026-11-22", verdict), WaiverState::Unused, "{verdict:?}");
        assert_eq!(state("2026-11-21", verdict), WaiverState::Expired, "{verdict:?}");
    }
    let other = reported(vec![failing("backups.a")], vec![waiver("backups.b", "2027-01-01")], &[], vec![]);
    assert_eq!((other.findings[0].waiver.as_ref(), other.waivers[0].state), (None, WaiverState::Unused));
}

#[test]
fn a_renewed_waiver_counts_beside_its_old_one_in_any_order() {
    let (old, new, newer) = (waiver("backups.a", "2026-06-30"), waiver("backups.a", "2027-06-30"), waiver("backups.a", "2027-09-30"));
    for waivers in [vec![old.clone(), new.clone(), newer.clone()], vec![newer, new, old]] {
        let report = reported(vec![failing("backups.a")], waivers, &[], vec![]);
        let held = report.findings[0].waiver.as_ref().expect("a waiver");
        assert_eq!((held.state, held.until.to_string().as_str()), (WaiverState::Active, "2027-09-30"));
        assert_eq!(report.waivers.len(), 3, "all are listed");
    }
}

#[test]
fn a_pass_needs_no_remedy() {
    let check = cht_audit::checks::all().next().expect("a check").id;
    let remedy =
        |verdict| reported(vec![finding(check, Severity::High, verdict, Basis::Measured, Basis::Measured)], vec![], &[], vec![]).findings[0].remedy.clone();
    assert_eq!((remedy(Verdict::Pass), remedy(Verdict::NotApplicable)), (String::new(), String::new()));
    for verdict in [Verdict::Fail, Verdict::Warn, Verdict::Unknown] {
        assert!(remedy(verdict).len() > 10 && !remedy(verdict).ends_with(".remedy"), "{}", remedy(verdict));
    }
}

#[test]
fn a_saved_partial_run_stays_partial() {
    // A run of one consideration: the others ran no check, so that nothing in them is assessed.
    let run = reported(vec![passing("backups.a"), failing("backups.b")], vec![], &["security", "privacy"], vec![]);
    assert_eq!(run.score, Score::default());
    assert_eq!(run.parts().iter().map(|part| part.full).collect::<Vec<_>>(), [true, false, false]);
    assert_eq!(points(&run), [("backups.b", 0)], "what has no score gains none");
    // A whole run in which nothing of two considerations applies is no partial one.
    let whole = reported(vec![passing("backups.a"), failing("backups.b")], vec![], &[], vec![]);
    assert!(whole.parts().iter().all(|part| part.full));
    assert_eq!((whole.score.score, points(&whole)), (Some(50), vec![("backups.b", 50)]));
}

#[test]
fn mending_a_check_mends_all_that_applies_of_it() {
    let not_applicable =
        Finding { severity: Severity::Critical, ..finding("security.n", Severity::Critical, Verdict::NotApplicable, Basis::None, Basis::Measured) };
    let claimed = finding("privacy.a", Severity::High, Verdict::Pass, Basis::Claimed, Basis::Documented);
    let findings = vec![
        on("a", failing("backups.a")),
        on("b", finding("backups.a", Severity::High, Verdict::Unknown, Basis::None, Basis::Measured)),
        not_applicable,
        claimed,
    ];
    let report = reported(findings, vec![], &[], vec![]);
    // backups gains 18 of 26 parts; security does not apply, and mending it makes nothing of it.
    assert_eq!((report.score.raw, points(&report)), (Some(8 * 700 / 26 / 10), vec![("backups.a", (18 * 1000 + 8 * 700) / 26 / 10 - 8 * 700 / 26 / 10)]));
}

#[test]
fn what_each_check_rests_on_is_that_of_its_weakest_subject() {
    let of = |check: &str, verdict, basis| finding(check, Severity::High, verdict, basis, Basis::Measured);
    let findings = vec![
        on("a", of("backups.a", Verdict::Pass, Basis::Measured)),
        on("b", of("backups.a", Verdict::Fail, Basis::Documented)),
        of("backups.b", Verdict::Warn, Basis::Measured),
        of("backups.c", Verdict::Pass, Basis::Claimed),
        on("a", of("backups.d", Verdict::Pass, Basis::Measured)),
        on("b", of("backups.d", Verdict::Unknown, Basis::None)),
        of("backups.e", Verdict::NotApplicable, Basis::None),
        of("security.a", Verdict::Pass, Basis::Measured),
    ];
    let report = reported(findings, vec![], &[], vec![]);
    assert_eq!((report.bases("backups"), report.bases("security"), report.bases("privacy")), ([1, 1, 1, 1], [1, 0, 0, 0], [0; 4]));
}

#[test]
fn who_can_act_is_who_plans_it_else_who_owns_the_waiver_else_who_answered() {
    let bare = failing("backups.a");
    assert_eq!(who(&bare), None);
    let answered = Finding { args: args([("by", "ict".into())]), ..bare.clone() };
    assert_eq!(who(&answered), Some("ict"));
    assert_eq!(who(&Finding { args: args([("by", Arg::Phrase("nobody-named".to_owned()))]), ..bare }), None);
    let waived = Finding { waiver: Some(waiver("backups.a", "2027-01-01")), ..answered };
    assert_eq!(who(&waived), Some("it"));
    let planned = Finding { planned: Some(Planned { date: "2027-02-01".parse().expect("a date"), by: Some("county".to_owned()) }), ..waived };
    assert_eq!(who(&planned), Some("county"));
}

#[test]
fn limits_are_told_by_their_cause_or_their_kind() {
    let limit = |what: &str, cause| Limit { what: what.to_owned(), message: String::new(), cause };
    let refused = cht_audit::finding::Cause::new(cht_audit::finding::CauseKind::Refused, "203.0.113.10:443");
    let report = reported(vec![], vec![], &[], vec![limit("network", None), limit("tls a:443", Some(refused))]);
    let texts = embedded::texts().expect("texts");
    assert_eq!(report.limits[0].message, texts.plain("common.limit-network"));
    assert!(report.limits[1].message.contains("203.0.113.10:443") && !report.limits[1].message.starts_with("common."));
}

// Saved and drawn again.

fn run(arguments: &[&str]) -> Outcome {
    support::install_crypto();
    let cli = Cli::try_parse_from(std::iter::once("cht-audit").chain(arguments.iter().copied())).expect("a command line");
    let world = World { now: clock, width: 80, color: false, color_err: false, links: false, watcher: None, interrupted: Box::pin(std::future::pending()) };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    runtime.block_on(cli::run(cli, world))
}

/// The clock, which the probes read too: a look after the moment that is judged for would not count.
#[expect(clippy::disallowed_methods, reason = "a test stands where main does")]
fn clock() -> Timestamp {
    Timestamp::now()
}

/// A site that has something of everything: an answer that holds, one that a file refutes, silence, a waiver.
fn described() -> tempfile::TempDir {
    let day = |offset: i64| (clock() + SignedDuration::from_hours(24 * offset)).strftime("%F").to_string();
    let site = format!(
        "name: Maendeleo County CHT\nurl: https://cht.county.example.org\nkind: facility\ntimezone: Africa/Nairobi\nfiles: {{ compose: [compose.yml] }}\n\
         answers:\n  disaster-recovery.exercise: {{ answer: yes, date: {0}, by: ict }}\n  restarts.restart-policy: {{ answer: yes, date: {0} }}\n\
         waivers: [ {{ check: renewals.tls-expiry, reason: closed network, date: {0}, until: {1} }} ]\n",
        day(-30),
        day(30),
    );
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("site.yaml"), site).expect("the description");
    std::fs::write(folder.path().join("compose.yml"), "services: { api: { image: a, restart: always }, nginx: { image: b } }\n").expect("the compose file");
    folder
}

#[test]
fn a_saved_run_is_drawn_again_as_it_was_written() {
    let folder = described();
    let (saved, site) = (folder.path().join("run.json"), folder.path().join("site.yaml"));
    let (saved, site) = (saved.to_str().expect("UTF-8"), site.to_str().expect("UTF-8"));
    let json = format!("json:{saved}");
    for extra in [&[][..], &["--only", "renewals"]] {
        let first = run(&[&["check", site, "--offline", "-o", "table", "-o", &json], extra].concat());
        assert!(matches!(first.code, 0 | 1 | 4), "{}", first.stderr);
        let again = run(&["report", saved, "-o", "table"]);
        assert_eq!(String::from_utf8_lossy(&first.stdout), String::from_utf8_lossy(&again.stdout));
        let bytes = std::fs::read(saved).expect("the saved run");
        assert_eq!(String::from_utf8_lossy(&run(&["report", saved, "-o", "json"]).stdout), String::from_utf8_lossy(&bytes));
        let read: Report = serde_json::from_slice(&bytes).expect("a report");
        assert!(read.findings.iter().any(|it| it.contradicted) || !extra.is_empty(), "the file refutes the answer");
        assert_eq!(cht_audit::score::score(&read.findings, &read.parts()).0, read.score);
        assert_eq!(read.score.score.is_none(), !extra.is_empty());
    }
}

#[test]
fn the_union_of_runs_by_consideration_is_the_whole() {
    let folder = described();
    let site = folder.path().join("site.yaml");
    let site = site.to_str().expect("UTF-8");
    // All judge the same look for the same moment.
    let looked = folder.path().join("evidence.json");
    let (looked, as_of) = (looked.to_str().expect("UTF-8"), (clock() + SignedDuration::from_hours(1)).to_string());
    assert_eq!(run(&["collect", site, "--offline", "--record", looked]).code, 0);
    let read = |extra: &[&str]| -> Report {
        let outcome = run(&[&["check", site, "--evidence", looked, "--as-of", &as_of, "-o", "json"], extra].concat());
        serde_json::from_slice(&outcome.stdout).unwrap_or_else(|error| panic!("{error}: {}", outcome.stderr))
    };
    let whole = read(&[]);
    let mut union = Vec::new();
    for (i, consideration) in cht_audit::checks::CONSIDERATIONS.iter().enumerate().filter(|(_, it)| !it.checks.is_empty()) {
        let part = read(&["--only", consideration.id]);
        assert_eq!(part.considerations[i], whole.considerations[i]);
        assert_eq!(part.score, Score::default());
        let others: Vec<&str> = cht_audit::checks::CONSIDERATIONS.iter().map(|it| it.id).filter(|id| *id != consideration.id).collect();
        assert_eq!(read(&["--skip", &others.join(",")]).findings, part.findings);
        union.extend(part.findings);
    }
    let sorted = |mut findings: Vec<Finding>| {
        findings.sort_by(|a, b| (&a.check, &a.subject).cmp(&(&b.check, &b.subject)));
        findings
    };
    assert_eq!(sorted(union), sorted(whole.findings));
}

#[test]
fn a_saved_run_whose_score_was_written_by_hand_is_no_report() {
    let report = reported(vec![passing("backups.a"), failing("backups.b"), passing("security.a")], vec![], &[], vec![]);
    assert!(report.adds_up());
    let mut better = report.clone();
    better.score.score = Some(99);
    let mut milder = report.clone();
    milder.findings.retain(|finding| finding.verdict == Verdict::Pass);
    let mut part = report;
    part.considerations[0].score = Some(100);
    assert!(!better.adds_up() && !milder.adds_up() && !part.adds_up());
}
