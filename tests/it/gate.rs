//! The exit code: what decides it, and what comes first where several things do.

use std::{
    io::Read,
    net::TcpListener,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use cht_audit::checks::{self, Check};
use serde_json::{Value, json};

use crate::{
    cli::{Desk, Ran, day, findings},
    support::program,
};

/// A desk with one answer to `privacy.breach-plan` (high) and one to `privacy.purging` (medium); none where empty.
fn desk(high: &str, medium: &str, more: &str) -> Desk {
    let answer =
        |check: &str, word: &str| if word.is_empty() { String::new() } else { format!("  {check}: {{ answer: {word}, date: {}, by: ict }}\n", day(-5)) };
    let answers = answer("privacy.breach-plan", high) + &answer("privacy.purging", medium);
    Desk::new(&format!("{}{answers}{more}", if answers.is_empty() { "" } else { "answers:\n" }))
}

const HIGH: &str = "check site.yaml --offline --only privacy.breach-plan";
const BOTH: &str = "check site.yaml --offline --only privacy.breach-plan,privacy.purging";

/// A whole site in which every check is answered yes with a record of its own: graded, and as good as paper can be.
fn on_paper() -> Desk {
    let answer = |id: &str| format!("  {id}: {{ answer: yes, date: {}, by: ict, record: records/{id}.txt }}\n", day(-5));
    let answers: String = checks::all().map(|check| answer(check.id)).collect();
    let desk = Desk::new(&format!("answers:\n{answers}"));
    for check in checks::all() {
        desk.write(&format!("records/{}.txt", check.id), check.id);
    }
    desk
}

fn assert_ends(ran: &Ran, code: i32, last: &str) {
    assert_eq!(ran.code, code, "{ran:?}");
    assert!(ran.last_line().starts_with(&format!("cht-audit: {last}")), "{ran:?}");
}

#[test]
fn nought_is_audited_and_every_gate_met() {
    assert_ends(&desk("yes", "", "").run(HIGH), 0, "met: no check fails or is unknown (high severity or above)");
    assert_ends(&desk("partly", "", "").run(HIGH), 0, "met");
}

#[test]
fn one_is_a_failed_gate_that_is_named() {
    assert_ends(&desk("no", "", "").run(HIGH), 1, "failed: privacy.breach-plan fails (high severity or above)");
    let both = desk("no", "no", "").run(&format!("{BOTH} --fail-on medium"));
    assert_ends(&both, 1, "failed: privacy.breach-plan and 1 more check fail (medium severity or above)");
}

#[test]
fn two_is_a_command_line_that_cannot_be_followed() {
    let desk = desk("no", "", "");
    let mistakes = [
        ("check", "SITE"),
        ("check site.yaml --frobnicate", "--frobnicate"),
        ("check site.yaml --only privacy.breech-plan", "did you mean privacy.breach-plan?"),
        ("check site.yaml --skip securty", "did you mean security?"),
        ("check site.yaml --tier newtork", "write one of network"),
        ("check site.yaml --fail-on severe", "write one of critical"),
        ("check site.yaml --fail-on info", "write one of critical"),
        ("check site.yaml --min-score 101", "101"),
        ("check site.yaml --min-coverage 101", "101"),
        ("check site.yaml --offline --min-score 1 --only privacy", "whole run"),
        ("check site.yaml --offline --min-coverage 0 --skip privacy", "whole run"),
        ("check site.yaml --offline --min-score 0 --tier answer", "whole run"),
        ("check site.yaml --offline --as-of soon", "write a date"),
        ("check site.yaml --offline --as-of 2099-02-30", "write a date"),
        ("check site.yaml --offline --as-of 2099-1-1", "write a date"),
        ("check site.yaml --offline --as-of=-90d", "write a date"),
        ("check site.yaml --offline --as-of +90", "write a date"),
        ("check site.yaml --offline --as-of 2020-01-01", "--evidence"),
        ("check site.yaml --offline --as-of 2020-01-01T00:00:00Z", "--evidence"),
        ("check site.yaml -o pdf", "there is no format pdf"),
        ("check site.yaml -o json:", "name a file"),
        ("check site.yaml --timeout 0s", "no time"),
        ("check site.yaml --deadline soon", "30m, 4h or 7d"),
        ("check site.yaml --resolve example.org:443", "HOST:PORT:ADDR"),
        ("check site.yaml --resolver example.org", "IP address"),
        ("check site.yaml --vantage moon", "write one of outside"),
        ("explain privacy.nothing", "There is no check"),
        ("schema life", "life"),
    ];
    for (args, told) in mistakes {
        let ran = desk.run(args);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{args}: {ran:?}");
        assert!(ran.stderr.contains(told), "{args}: {ran:?}");
    }
}

#[test]
fn three_is_an_input_that_cannot_be_used() {
    let desk = desk("no", "", "");
    desk.write("broken.yaml", "name: [");
    desk.write("broken.json", "{");
    desk.write("knowledge.yaml", "releases: 7");
    desk.write("empty.pem", "");
    let inputs = [
        ("check absent.yaml", "absent.yaml"),
        ("check broken.yaml --offline", "broken.yaml"),
        ("collect broken.yaml --offline", "broken.yaml"),
        ("validate broken.yaml", "broken.yaml"),
        ("check site.yaml --evidence absent.json", "absent.json"),
        ("check site.yaml --evidence broken.json", "broken.json"),
        ("report absent.json", "absent.json"),
        ("report broken.json", "broken.json"),
        ("check site.yaml --offline --knowledge knowledge.yaml", "knowledge.yaml"),
        ("check site.yaml --offline --knowledge absent.yaml", "absent.yaml"),
        ("check site.yaml --offline --ca-file absent.pem", "absent.pem"),
        ("check site.yaml --offline --ca-file empty.pem", "empty.pem"),
        ("check site.yaml --offline --only privacy --skip privacy", "select no check"),
        ("check site.yaml --offline --only privacy.breach-plan --tier network", "select no check"),
    ];
    for (args, told) in inputs {
        let ran = desk.run(args);
        assert_eq!((ran.code, ran.stdout.as_str()), (3, ""), "{args}: {ran:?}");
        assert!(ran.stderr.contains(told), "{args}: {ran:?}");
    }
}

#[test]
fn four_is_inconclusive_until_the_unknown_is_accepted() {
    let desk = desk("", "", "");
    assert_ends(&desk.run(HIGH), 4, "inconclusive: privacy.breach-plan is unknown (high severity or above); --accept-unknown accepts that");
    assert_ends(&desk.run(&format!("{HIGH} --accept-unknown")), 0, "met; what is unknown was accepted");
    assert_ends(&desk.run(&format!("{BOTH} --fail-on medium")), 4, "inconclusive: privacy.breach-plan and 1 more check are unknown (medium severity or above)");
    assert_ends(&desk.run(&format!("{HIGH} --fail-on critical")), 0, "met");
    // No grade yet, and a score was asked for. Nothing gates beside it.
    let entry = |check: &Check| format!("  - {{ check: {}, reason: x, date: {}, until: {} }}", check.id, day(-1), day(30));
    let waived = checks::all().map(entry).collect::<Vec<_>>().join("\n");
    let ungraded = Desk::new(&format!("waivers:\n{waived}\n"));
    assert_ends(&ungraded.run("check site.yaml --offline"), 0, "met");
    for wanted in ["0", "1"] {
        assert_ends(&ungraded.run(&format!("check site.yaml --offline --min-score {wanted}")), 4, "inconclusive: a score was asked for");
        assert_eq!(ungraded.run(&format!("check site.yaml --offline --min-score {wanted} --accept-unknown")).code, 0);
    }
}

#[test]
fn five_is_a_report_that_could_not_be_written_whatever_the_gate() {
    for (answer, gate) in [("yes", "met"), ("no", "failed"), ("", "inconclusive")] {
        let ran = desk(answer, "", "").run(&format!("{HIGH} -o table -o json:nowhere/run.json"));
        assert_ends(&ran, 5, gate);
        assert!(ran.stderr.contains("nowhere/run.json") && ran.stdout.contains("Findings"), "{ran:?}");
        assert_eq!(desk(answer, "", "").run(&format!("{HIGH} --record nowhere/seen.json")).code, 5);
    }
}

#[test]
fn where_several_apply_the_graver_word_wins() {
    // A fail and an unknown.
    assert_ends(&desk("no", "", "").run(&format!("{BOTH} --fail-on medium")), 1, "failed: privacy.breach-plan fails");
    assert_ends(&desk("", "no", "").run(&format!("{BOTH} --fail-on medium")), 1, "failed: privacy.purging fails");
    assert_ends(&desk("", "no", "").run(&format!("{BOTH} --fail-on medium --accept-unknown")), 1, "failed");
    // An input that cannot be used, and a fail, and a file that cannot be written.
    let desk = desk("no", "", "");
    desk.write("broken.json", "{");
    assert_eq!(desk.run(&format!("{HIGH} --evidence broken.json -o json:nowhere/run.json")).code, 3);
    // Usage comes before anything is read but the description.
    assert_eq!(desk.run(&format!("{HIGH} --evidence broken.json --min-score 1")).code, 2);
}

/// A run of the program whose server takes the connection and never answers: once it is greeted, the program listens for
/// signals. What it asks for besides is in `args`.
#[cfg(unix)]
fn hanging(args: &str) -> (Desk, std::process::Child, (TcpListener, std::net::TcpStream)) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let desk = Desk::at(port, &format!("answers: {{ privacy.breach-plan: {{ answer: no, date: {} }} }}", day(-5)));
    let mut command = desk.command(&format!("{args} --timeout 60s"));
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program runs");
    let (mut stream, _) = listener.accept().expect("it calls");
    stream.read_exact(&mut [0; 5]).expect("it greets");
    (desk, child, (listener, stream))
}

#[cfg(unix)]
fn send(signal: &str, child: &std::process::Child) {
    let kill = program("kill").expect("asked for before");
    assert!(Command::new(kill).args([signal, &child.id().to_string()]).status().expect("it runs").success());
}

#[cfg(unix)]
#[test]
fn a_signal_prints_what_there_is_and_comes_first() {
    if program("kill").is_none() {
        return;
    }
    for signal in ["-INT", "-TERM"] {
        let (desk, child, _server) = hanging("check site.yaml --only privacy -o json -o json:nowhere/run.json --record seen.json");
        send(signal, &child);
        let output = child.wait_with_output().expect("it ends");
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(130), "{signal}: {told}");
        let report: Value = serde_json::from_slice(&output.stdout).expect("the report is whole");
        assert_eq!((&report["run"]["interrupted"], &report["gate"]["exit"]), (&json!(true), &json!(130)));
        assert_eq!(findings(&report, "privacy.log-phi")[0]["cause"]["kind"], "deadline");
        assert_eq!(findings(&report, "privacy.breach-plan")[0]["verdict"], "fail", "what was known is told");
        assert!(told.lines().last().is_some_and(|line| line.starts_with("cht-audit: interrupted")), "{told}");
        assert!(desk.read("seen.json").contains("\"deadline\""));
    }
}

/// The partial report goes to a pipe that nobody reads from, so that making it takes for ever: the second signal ends that.
#[cfg(unix)]
#[test]
fn a_second_signal_ends_the_program_at_once() {
    let Some(mkfifo) = program("mkfifo").filter(|_| program("kill").is_some()) else { return };
    for signal in ["-INT", "-TERM"] {
        let folder = tempfile::tempdir().expect("a folder");
        let pipe = folder.path().join("pipe");
        assert!(Command::new(&mkfifo).arg(&pipe).status().expect("it runs").success());
        let args = format!("check site.yaml --only privacy -o json:{} --record seen.json", pipe.display());
        let (desk, mut child, _server) = hanging(&args);
        send(signal, &child);
        // The evidence is written before the reports: from then on the partial report is being made.
        let waited = Instant::now();
        while !desk.path("seen.json").exists() {
            assert!(waited.elapsed() < Duration::from_secs(20) && child.try_wait().expect("it runs").is_none(), "{signal}: no partial report");
            std::thread::sleep(Duration::from_millis(5));
        }
        send(signal, &child);
        let waited = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait().expect("it runs") {
                break status;
            }
            if waited.elapsed() > Duration::from_secs(20) {
                let _ = child.kill();
                let _ = child.wait();
                panic!("{signal}: it still waits for somebody to read");
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        assert_eq!(status.code(), Some(130), "{signal}");
    }
}

#[test]
fn the_gate_stands_where_it_is_put() {
    for (level, code) in [("critical", 0), ("high", 0), ("medium", 1), ("low", 1)] {
        assert_eq!(desk("yes", "no", "").run(&format!("{BOTH} --fail-on {level}")).code, code, "a medium fail at {level}");
        assert_eq!(desk("no", "yes", "").run(&format!("{BOTH} --fail-on {level}")).code, i32::from(level != "critical"), "a high fail at {level}");
    }
    assert_eq!(desk("yes", "no", "").run(BOTH).code, 0, "high without a word");
}

#[test]
fn minimums_hold_for_a_whole_run() {
    let desk = on_paper();
    let (ran, report) = desk.offline("--accept-unknown --fail-on critical");
    let (score, coverage) = (report["score"]["score"].as_i64().expect("a score"), report["score"]["coverage"].as_i64().expect("a coverage"));
    assert!(report["score"]["grade"].is_string() && score > 0 && score < 100 && coverage < 100, "{:?} {:?}", report["score"], ran.last_line());
    assert_eq!(ran.code, 0, "nothing critical fails on paper: {}", ran.last_line());
    let run = |args: String| desk.run(&format!("check site.yaml --offline --accept-unknown --fail-on critical {args}"));
    assert_eq!(run(format!("--min-score {score}")).code, 0);
    assert_ends(&run(format!("--min-score {}", score + 1)), 1, &format!("failed: the score is {score}, and {} was asked for", score + 1));
    assert_eq!(run(format!("--min-coverage {coverage}")).code, 0);
    assert_ends(&run(format!("--min-coverage {}", coverage + 1)), 1, &format!("failed: {coverage} percent was measured or documented"));
    assert_eq!(run(format!("--min-score {score} --min-coverage {}", coverage + 1)).code, 1);
    // A minimum that is missed comes before what is unknown.
    assert_ends(&desk.run("check site.yaml --offline --fail-on critical"), 4, "inconclusive");
    assert_ends(&desk.run("check site.yaml --offline --fail-on critical --min-score 100"), 1, "failed: the score is");
}

#[test]
fn a_waiver_moves_the_gate_and_no_number() {
    let waiver = |check: &str, from: i64, until: i64| {
        format!("waivers: [ {{ check: {check}, reason: the lawyer is ill, owner: dpo, date: {}, until: {} }} ]", day(from), day(until))
    };
    let (plain, without) = desk("no", "yes", "").offline("--only privacy");
    assert_eq!(plain.code, 1);
    for (from, until, code, state) in [(-5, 30, 4, "active"), (-100, -2, 1, "expired")] {
        let (ran, report) = desk("no", "yes", &waiver("privacy.breach-plan", from, until)).offline("--only privacy");
        assert_eq!((ran.code, &report["waivers"][0]["state"]), (code, &json!(state)), "{from} {until}: {ran:?}");
        assert_eq!(report["considerations"], without["considerations"]);
        assert_eq!(findings(&report, "privacy.breach-plan")[0]["verdict"], "fail");
        assert_eq!(findings(&report, "privacy.breach-plan")[0]["waiver"]["state"], state);
    }
    // What is unknown can be waived too; what is in order needs no waiver.
    let unknown = desk("", "yes", &waiver("privacy.breach-plan", -5, 30)).run(HIGH);
    assert_ends(&unknown, 0, "met");
    let in_order = desk("yes", "yes", &waiver("privacy.breach-plan", -5, 30));
    let (ran, report) = in_order.offline("--only privacy.breach-plan");
    assert_eq!((ran.code, &report["waivers"][0]["state"]), (0, &json!("unused")));
    let table = in_order.run(HIGH).stdout;
    assert!(table.contains("privacy.breach-plan covers nothing now"), "{table}");
    let expired = desk("no", "yes", &waiver("privacy.breach-plan", -100, -2)).run(HIGH).stdout;
    assert!(expired.contains("privacy.breach-plan has run out"), "{expired}");
    // It holds through its last day, and no longer.
    let ending = desk("no", "yes", &waiver("privacy.breach-plan", -5, 10));
    assert_eq!((ending.run(&format!("{HIGH} --as-of {}", day(10))).code, ending.run(&format!("{HIGH} --as-of {}", day(11))).code), (0, 1));
    // Another check's waiver opens nothing.
    assert_eq!(desk("no", "yes", &waiver("privacy.purging", -5, 30)).run(HIGH).code, 1);
}

#[test]
fn a_part_of_the_checks_has_no_overall_score() {
    let desk = on_paper();
    let (_, whole) = desk.offline("");
    assert_eq!((&whole["run"]["partial"], whole["score"]["score"].is_i64()), (&json!(false), true));
    let own = |report: &Value, id: &str| report["considerations"].as_array().expect("nine").iter().find(|it| it["id"] == id).expect("it is there").clone();
    let parts = [
        ("--only privacy", "privacy", "security"),
        ("--only privacy,alerting.on-call", "privacy", "alerting"),
        ("--skip security", "privacy", "security"),
        ("--skip security.cors", "privacy", "security"),
        ("--tier answer", "", "security"),
        ("--tier answer,files", "", "security"),
    ];
    for (args, full, cut) in parts {
        let (_, part) = desk.offline(args);
        assert_eq!(part["run"]["partial"], true, "{args}");
        for number in ["score", "grade", "raw", "potential", "coverage"] {
            assert_eq!(part["score"][number], json!(null), "{args}: {number}");
        }
        assert_eq!(own(&part, cut)["score"], json!(null), "{args}");
        if !full.is_empty() {
            assert_eq!(own(&part, full), own(&whole, full), "{args}");
        }
        let page = desk.run(&format!("check site.yaml --offline {args}")).stdout;
        assert!(page.contains("No overall score: this run looked at a part only."), "{args}: {page}");
    }
    // What is selected is what is judged.
    let (_, some) = desk.offline("--only privacy,alerting.on-call --skip privacy.purging");
    assert!(findings(&some, "privacy.purging").is_empty() && findings(&some, "alerting.deadman").is_empty());
    assert_eq!((findings(&some, "alerting.on-call").len(), findings(&some, "privacy.retention").len()), (1, 1));
    // Every consideration by name is the whole.
    let all = "alerting,restarts,backups,disaster-recovery,scale,updates,renewals,security,privacy";
    let (_, named) = desk.offline(&format!("--only {all}"));
    assert_eq!((&named["score"], &named["findings"], &named["run"]["partial"]), (&whole["score"], &whole["findings"], &json!(false)));
    // A tier's checks, and nothing but its evidence.
    let (_, network) = desk.offline("--tier network");
    assert!(findings(&network, "privacy.breach-plan").is_empty() && !findings(&network, "privacy.log-phi").is_empty());
    assert!(network["findings"].as_array().is_some_and(|all| all.iter().all(|finding| finding["tier"] != "answer")), "answers are of another tier");
}

#[test]
fn moments_are_read_as_people_write_them() {
    let desk = desk("yes", "yes", "timezone: Africa/Nairobi");
    let as_of = |text: &str| {
        let ran = desk.run(&format!("{HIGH} -o json --as-of {text}"));
        ran.json()["run"]["as_of"].as_str().expect("a moment").parse::<jiff::Timestamp>().expect("an instant")
    };
    // A date is its end where the site is: three hours before it ends in Greenwich.
    assert_eq!(as_of("2099-12-01").to_string(), "2099-12-01T20:59:59Z");
    assert_eq!(as_of("2099-12-01T08:00:00Z").to_string(), "2099-12-01T08:00:00Z");
    assert_eq!(as_of("2099-12-01T08:00:00+03:00").to_string(), "2099-12-01T05:00:00Z");
    let now = jiff::Timestamp::now();
    for (text, hours) in [("+90d", 90 * 24), ("+30h", 30), ("+2w", 14 * 24)] {
        let off = as_of(text).duration_since(now).as_secs() - hours * 3_600;
        assert!((0..120).contains(&off), "{text}: {off}");
    }
    // Today has not ended, so it is no past moment.
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::get("Africa/Nairobi").expect("a zone")).date();
    assert!(as_of(&today.to_string()) > now);
    // What was said ages with the moment: a plan tried five days ago is old in two years.
    let later = desk.run(&format!("{HIGH} -o json --as-of +400d"));
    assert_eq!((later.code, &later.json()["findings"][0]["message_id"]), (0, &json!("privacy.breach-plan.ageing")));
    let much_later = desk.run(&format!("{HIGH} -o json --as-of +800d"));
    assert_eq!((much_later.code, &much_later.json()["findings"][0]["message_id"]), (1, &json!("privacy.breach-plan.too-old")));
}

#[test]
fn the_report_says_which_gate_decided() {
    for (answer, code) in [("yes", 0), ("no", 1), ("", 4)] {
        let (ran, report) = desk(answer, "", "").offline("--only privacy.breach-plan");
        assert_eq!((ran.code, &report["gate"]["exit"]), (code, &json!(code)));
        assert_eq!(ran.last_line(), format!("cht-audit: {}", report["gate"]["message"].as_str().expect("a message")));
    }
    // A format never changes the code.
    for format in ["table", "json"] {
        assert_eq!(desk("no", "", "").run(&format!("{HIGH} -o {format}")).code, 1);
    }
}

#[test]
fn a_look_that_failed_makes_no_fail_forgotten() {
    // The file refutes the answer. Then it is gone, and the answer stands alone: what was seen is not undone by that.
    let desk = Desk::new(&format!(
        "files: {{ compose: [compose.yml] }}\nanswers: {{ restarts.restart-policy: {{ answer: yes, date: {0} }}, privacy.breach-plan: {{ answer: yes, date: {0} }} }}",
        day(-3)
    ));
    desk.write("compose.yml", "services: { nginx: { image: public.ecr.aws/medic/cht-nginx:5.2.0 } }\n");
    let only = "check site.yaml --only restarts.restart-policy";
    assert_eq!(desk.run(&format!("{only} --offline --record first.json")).code, 1);
    std::fs::remove_file(desk.path("compose.yml")).expect("it was there");
    let again = desk.run(&format!("{only} --offline --live --evidence first.json -o json"));
    assert_eq!((again.code, &again.json()["findings"][0]["verdict"], &again.json()["findings"][0]["contradicted"]), (1, &json!("fail"), &json!(true)));
    // Without the earlier look there is nothing to remember, and a file that was mended is seen to be.
    assert_eq!(desk.run(&format!("{only} --offline -o json")).json()["findings"][0]["verdict"], "pass");
    desk.write("compose.yml", "services: { nginx: { image: public.ecr.aws/medic/cht-nginx:5.2.0, restart: always } }\n");
    assert_eq!(desk.run(&format!("{only} --offline --live --evidence first.json")).code, 0);
}

#[test]
fn a_waiver_that_begins_later_opens_nothing_yet() {
    let waived = |from: i64, until: i64| {
        let waiver = format!("waivers: [ {{ check: privacy.breach-plan, reason: later, owner: it, date: {}, until: {} }} ]", day(from), day(until));
        let desk = Desk::new(&format!("answers: {{ privacy.breach-plan: {{ answer: no, date: {} }} }}\n{waiver}", day(-3)));
        desk.run("check site.yaml --offline --only privacy.breach-plan").code
    };
    assert_eq!((waived(-1, 30), waived(1, 30)), (0, 1));
}
