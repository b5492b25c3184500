//! A pipeline's way: a run limited to files, a run held against a baseline, the difference of two runs, and the shipped
//! workflows, by the real binary.

use std::{
    fs,
    net::{TcpListener, UdpSocket},
    path::Path,
    process::Command,
};

use cht_audit::{checks, cli::args::Cli};
use clap::Parser;
use serde_json::{Value, json};

use crate::{
    cli::{Desk, Ran, day, findings},
    support::program,
};

const GOOD: &str = "services:\n  api: { image: \"public.ecr.aws/medic/cht-api:5.2.0\", restart: always }\n  couchdb: { image: \"public.ecr.aws/medic/cht-couchdb:5.2.0\", restart: always }\n";
const BAD: &str = "services:\n  api: { image: \"public.ecr.aws/medic/cht-api:5.2.0\", restart: \"no\" }\n  couchdb: { image: \"public.ecr.aws/medic/cht-couchdb:5.2.0\", restart: always }\n";

/// A desk with a compose file, and one answer.
fn desk(compose: &str, answer: &str) -> Desk {
    let desk = Desk::new(&keys(answer));
    desk.write("compose.yml", compose);
    desk
}

fn keys(answer: &str) -> String {
    let answer =
        if answer.is_empty() { String::new() } else { format!("answers: {{ privacy.breach-plan: {{ answer: {answer}, date: {}, by: ict }} }}\n", day(-5)) };
    format!("files: {{ compose: [compose.yml] }}\n{answer}")
}

/// Writes the description anew, for the same address.
fn rewrite(desk: &Desk, keys: &str) {
    let head: String = desk.read("site.yaml").split_inclusive('\n').take(3).collect();
    desk.write("site.yaml", head + keys);
}

fn assert_ends(ran: &Ran, code: i32, last: &str) {
    assert_eq!(ran.code, code, "{ran:?}");
    assert!(ran.last_line().starts_with(&format!("cht-audit: {last}")), "{ran:?}");
}

const FILES: &str = "check site.yaml --tier files";

// --tier files ---------------------------------------------------------------------------------------------------------

#[test]
fn a_run_of_files_opens_no_socket() {
    let Some(strace) = program("strace") else { return };
    let desk = desk(GOOD, "yes");
    let sockets = |args: &str| {
        let command = desk.command(args);
        let mut traced = Command::new(&strace);
        traced.args(["-f", "-qq", "-e", "trace=socket,connect,sendto", "-o", "trace.txt"]).arg(command.get_program()).args(command.get_args());
        let output = traced.current_dir(desk.path("")).env_clear().output().expect("strace runs");
        assert!(output.status.code().is_some_and(|code| code < 5), "{}", String::from_utf8_lossy(&output.stderr));
        let trace = desk.read("trace.txt");
        trace.lines().filter(|line| line.contains("socket(") || line.contains("connect(") || line.contains("sendto(")).count()
    };
    assert_eq!(sockets(FILES), 0);
    assert_eq!(sockets("collect site.yaml --tier files --record seen.json"), 0);
    assert!(sockets("check site.yaml --no-phone-out --timeout 1s") > 0, "a whole run would be seen");
}

#[test]
fn a_run_of_files_asks_nobody_that_the_description_names() {
    let (tcp, udp) = (TcpListener::bind(("127.0.0.1", 0)).expect("a port"), UdpSocket::bind(("127.0.0.1", 0)).expect("a port"));
    tcp.set_nonblocking(true).and_then(|()| udp.set_nonblocking(true)).expect("non-blocking");
    let desk = Desk::at(
        tcp.local_addr().expect("an address").port(),
        &format!("{}hosts: [ {{ id: main, address: 127.0.0.1, role: cht }} ]\nscan_allowed: {{ by: ict }}\n", keys("")),
    );
    desk.write("compose.yml", GOOD);
    let resolver = udp.local_addr().expect("an address");
    let ran = desk.run(&format!("{FILES} --resolver {resolver} -o json"));
    assert_eq!((&ran.json()["run"]["mode"], &ran.json()["run"]["tiers"]), (&json!("offline"), &json!(["files"])));
    assert!(tcp.accept().is_err() && udp.recv(&mut [0; 16]).is_err(), "nobody called");
    assert_eq!(desk.run(&format!("{FILES} --dry-run")).stdout, "READ   compose.yml\n");
}

#[test]
fn a_run_of_files_says_what_it_goes_by() {
    let desk = desk(GOOD, "yes");
    let head = |args: &str| desk.run(args).stdout.lines().take(4).collect::<Vec<_>>().join(" ");
    let files = head(FILES);
    assert!(files.contains("files only; no network was used; no answer of the description counts"), "{files}");
    let both = head("check site.yaml --tier files,answer");
    assert!(both.contains("files and answers only; no network was used") && !both.contains("counts"), "{both}");
    let network = head("check site.yaml --tier network --no-phone-out --timeout 1s");
    assert!(network.contains("Limited to a part: network only; no answer of the description counts."), "{network}");
    assert!(!head("check site.yaml --offline").contains("only;"), "a run of all that is there says nothing of the kind");
    let report = desk.run(&format!("{FILES} -o json")).json();
    assert!(report["findings"].as_array().is_some_and(|all| all.iter().all(|finding| finding["tier"] != "answer" && finding["tier"] != "network")));
    assert!(findings(&report, "privacy.breach-plan").is_empty(), "no file decides it");
    assert!(report["considerations"].as_array().is_some_and(|all| all.iter().all(|it| it["score"].is_null())), "each lost a tier of some check");
    assert!(report["answered"].is_null());
}

#[test]
fn a_run_of_files_gates_what_files_show_and_not_what_they_never_could() {
    let ends = |compose: &str, code: i32, last: &str| assert_ends(&desk(compose, "").run(FILES), code, last);
    ends(BAD, 1, "failed: restarts.restart-policy fails (high severity or above)");
    ends(GOOD, 0, "met: no check fails (high severity or above); ");
    let met = desk(GOOD, "").run(FILES);
    assert!(met.last_line().ends_with("cannot be decided by files and are not gated"), "{met:?}");
    // A file that is named and cannot be read was looked at in vain.
    ends("services: [", 4, "inconclusive: ");
    let absent = desk(GOOD, "");
    rewrite(&absent, "files: { compose: [gone.yml] }\n");
    assert_ends(&absent.run(FILES), 4, "inconclusive: restarts.restart-policy");
    assert_ends(&absent.run(&format!("{FILES} --accept-unknown")), 0, "met; what is unknown was accepted");
    // Where no file is named, nothing was shown.
    let bare = Desk::new("");
    assert_ends(&bare.run(FILES), 4, "inconclusive: files showed nothing; --accept-unknown accepts that");
    // Recorded evidence may just lack what files hold.
    let desk = desk(GOOD, "");
    assert_eq!(desk.run("collect site.yaml --tier answer --record seen.json").code, 0);
    let recorded = desk.run(&format!("{FILES} --evidence seen.json"));
    assert!(recorded.code == 4 && recorded.stdout.contains("UNKNOWN restarts.restart-policy"), "{recorded:?}");
    // And a run of everything still answers for everything.
    assert_eq!(desk.run("check site.yaml --offline --only backups.age").code, 4);
}

// --baseline -------------------------------------------------------------------------------------------------------------

const TWO: &str = "check site.yaml --offline --only privacy.breach-plan,restarts.restart-policy";

fn against(desk: &Desk, more: &str) -> Ran {
    desk.run(&format!("{TWO} --baseline old.json {more}"))
}

fn baseline(desk: &Desk) {
    desk.run(&format!("{TWO} -o json:old.json"));
}

#[test]
fn a_run_is_held_against_its_baseline() {
    for (compose, answer) in [(GOOD, "yes"), (BAD, "no"), ("services: [", "")] {
        let desk = desk(compose, answer);
        baseline(&desk);
        assert_ends(&against(&desk, ""), 0, "met: nothing is worse than in the baseline of ");
        assert_ends(&desk.run("check site.yaml --offline --baseline old.json"), 0, "met");
    }
    let desk = desk(GOOD, "yes");
    baseline(&desk);
    desk.write("compose.yml", BAD);
    let broken = against(&desk, "-o table -o json:new.json");
    assert_ends(&broken, 1, "failed: restarts.restart-policy is worse than in the baseline of ");
    assert!(broken.stdout.contains("Since the baseline  of ") && broken.stdout.contains("1 worse (restarts.restart-policy)"), "{broken:?}");
    assert_eq!(desk.run("report new.json").stdout, broken.stdout, "a saved run is drawn as it was");
    assert_eq!(against(&desk, "--fail-on critical").code, 1);
    // What failed before does not gate, and is not hidden.
    baseline(&desk);
    rewrite(&desk, &keys("no"));
    assert_ends(&against(&desk, ""), 1, "failed: privacy.breach-plan is worse");
    assert_ends(&against(&desk, "--fail-on critical"), 0, "met: nothing is worse than in the baseline of");
    assert!(against(&desk, "--fail-on critical").last_line().ends_with("; restarts.restart-policy fails, and is not gated"));
    // A waiver opens the gate for what is worse, too.
    rewrite(&desk, &format!("{}waivers: [ {{ check: privacy.breach-plan, reason: x, date: {}, until: {} }} ]\n", keys("no"), day(-1), day(9)));
    assert_eq!(against(&desk, "").code, 0);
}

#[test]
fn an_answer_that_is_lost_is_inconclusive() {
    let desk = desk(GOOD, "yes");
    baseline(&desk);
    rewrite(&desk, &keys(""));
    assert_ends(&against(&desk, ""), 4, "inconclusive: privacy.breach-plan is no longer shown as in the baseline of ");
    assert!(against(&desk, "").stdout.contains("1 no longer shown (privacy.breach-plan)"));
    assert_eq!(against(&desk, "--accept-unknown").code, 0);
    assert_eq!(against(&desk, "--fail-on critical").code, 0, "high is below critical");
    // An honest no that is taken back is told as well: silence is no better.
    rewrite(&desk, &keys("no"));
    baseline(&desk);
    rewrite(&desk, &keys(""));
    assert_eq!(against(&desk, "").code, 4);
}

#[test]
fn what_ages_is_told_and_not_gated() {
    let desk = desk(GOOD, "yes");
    rewrite(&desk, &format!("{}waivers: [ {{ check: restarts.ups, reason: x, date: {}, until: {} }} ]\n", keys("yes"), day(-1), day(9)));
    let three = format!("{TWO},restarts.ups");
    desk.run(&format!("{three} -o json:old.json"));
    let run = |more: &str| desk.run(&format!("{three} {more}"));
    // The plan was tried five days ago: too long in two years, and the waiver ends in ten days.
    assert_ends(&run("--as-of +800d"), 1, "failed: privacy.breach-plan fails");
    let aged = run("--as-of +800d --baseline old.json -o table -o json:new.json");
    assert_ends(&aged, 0, "met: nothing is worse");
    let words = aged.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("aged by itself, not gated (privacy.breach-plan"), "{words}");
    assert!(words.contains("1 no longer waived, not gated (restarts.ups)") && words.contains("; privacy.breach-plan fails, and is not gated"), "{words}");
    let found = desk.run("diff old.json new.json");
    assert!(found.code == 0 && found.stdout.contains("Aged by itself") && found.stdout.contains("restarts.ups: has run out since"), "{found:?}");
    // A plan that is said to be old is no work of time.
    rewrite(&desk, &keys("yes").replace(&day(-5).to_string(), &day(-900).to_string()));
    assert_eq!(run("--baseline old.json").code, 1);
}

#[test]
fn a_check_that_the_baseline_does_not_know_is_told_and_not_gated() {
    let desk = desk(BAD, "no");
    desk.run("check site.yaml --offline --only restarts.restart-policy -o json:old.json");
    let ran = against(&desk, "");
    assert_ends(&ran, 0, "met: nothing is worse than in the baseline of");
    assert!(ran.stdout.contains("1 unknown to the baseline, not gated"), "{ran:?}");
    // With nothing in common, nothing was compared.
    desk.run("check site.yaml --offline --only privacy.purging -o json:old.json");
    assert_ends(&against(&desk, ""), 4, "inconclusive: the baseline of ");
    // What this run was told to leave alone has not become worse.
    desk.write("compose.yml", GOOD);
    desk.run("check site.yaml --offline --only privacy.breach-plan,updates.supported,restarts.restart-policy -o json:old.json");
    let files = desk.run(&format!("{FILES} --baseline old.json"));
    assert_ends(&files, 0, "met");
}

#[test]
fn minimums_stay_what_they_are_beside_a_baseline() {
    let desk = desk(GOOD, "yes");
    desk.run("check site.yaml --offline -o json:old.json");
    assert_ends(&desk.run("check site.yaml --offline --baseline old.json --min-coverage 100"), 1, "failed: ");
    assert_ends(&desk.run("check site.yaml --offline --baseline old.json --min-score 1"), 4, "inconclusive: a score was asked for");
    assert_eq!(against(&desk, "--min-score 1").code, 2, "a part has no score");
}

#[test]
fn a_baseline_that_cannot_be_used_is_refused_by_name() {
    let desk = desk(GOOD, "yes");
    baseline(&desk);
    let old: Value = serde_json::from_str(&desk.read("old.json")).expect("JSON");
    let spoilt = |name: &str, path: &str, value: Value| {
        let mut report = old.clone();
        *report.pointer_mut(path).expect("it is there") = value;
        desk.write(name, report.to_string());
    };
    spoilt("other.json", "/site/url", json!("https://other.example.org"));
    spoilt("later.json", "/schema", json!("cht-audit/report/9"));
    spoilt("cut.json", "/run/interrupted", json!(true));
    spoilt("damaged.json", "/findings", json!(7));
    desk.write("empty.json", "");
    for (name, told) in [
        ("absent.json", "cannot be read"),
        ("empty.json", "no saved run"),
        ("damaged.json", "damaged"),
        ("later.json", "cht-audit/report/9"),
        ("other.json", "a run of another site: it audited https://other.example.org, and not https://127.0.0.1"),
        ("cut.json", "interrupted"),
        (".", "it is a folder"),
    ] {
        let ran = desk.run(&format!("{TWO} --baseline {name}"));
        assert_eq!((ran.code, ran.stdout.as_str()), (3, ""), "{name}: {ran:?}");
        assert!(ran.stderr.contains(told) && ran.stderr.contains(name), "{name}: {ran:?}");
        if name != "cut.json" {
            let ran = desk.run(&format!("diff {name} old.json"));
            assert!(ran.code == 3 && ran.stderr.contains(told) && ran.stdout.is_empty(), "{name}: {ran:?}");
        }
    }
    // A slash at the end is no other site.
    spoilt("slash.json", "/site/url", json!(format!("{}/", old["site"]["url"].as_str().expect("an address"))));
    assert_eq!(desk.run(&format!("{TWO} --baseline slash.json")).code, 0);
}

// diff -------------------------------------------------------------------------------------------------------------------

#[test]
fn two_runs_are_laid_beside_each_other() {
    let desk = desk(GOOD, "no");
    desk.run("check site.yaml --offline -o json:old.json");
    desk.write("compose.yml", BAD);
    rewrite(&desk, &format!("{}waivers: [ {{ check: restarts.ups, reason: x, date: {}, until: {} }} ]\n", keys("yes"), day(-1), day(9)));
    desk.run("check site.yaml --offline -o json:new.json");
    let page = desk.run("diff old.json new.json");
    assert_eq!((page.code, page.stderr.as_str()), (0, ""));
    for told in [
        "Worse\n- restarts.restart-policy (critical)",
        "Mended\n- privacy.breach-plan (high)",
        "Waivers\n- restarts.ups: new, until",
        "Was   failing, said: ",
        "Score: ",
    ] {
        assert!(page.stdout.contains(told), "{told}: {page:?}");
    }
    assert!(page.stdout.lines().all(|line| line.chars().count() <= 80), "{page:?}");
    let found = desk.run("diff old.json new.json -o json").json();
    let schema: Value = serde_json::from_str(&desk.run("schema diff").stdout).expect("JSON");
    assert!(jsonschema::is_valid(&schema, &found) && found["schema"] == "cht-audit/diff/1-draft", "{found}");
    assert!(!jsonschema::is_valid(&schema, &json!({ "schema": "cht-audit/diff/1-draft" })));
    let same = desk.run("diff new.json new.json");
    assert!(same.code == 0 && same.stdout.contains("Nothing that both runs looked at has changed."), "{same:?}");
    assert_eq!(desk.run("diff old.json").code, 2);
    assert_eq!(desk.run("diff old.json new.json -o pdf").code, 2);
}

#[test]
fn what_the_rules_did_is_told_apart_from_what_the_site_did() {
    let copy = |name: &str| Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/facility").join(name).display().to_string();
    let desk = Desk::new("");
    desk.run(&format!("check {} --evidence {} --as-of 2026-11-22 -o json:new.json", copy("site.yaml"), copy("evidence.json")));
    let new: Value = serde_json::from_str(&desk.read("new.json")).expect("JSON");
    // The same site under older rules, which weighed one consideration less and did not know one check.
    let mut old = new.clone();
    old["catalogue"]["sha256"] = json!("00");
    for finding in old["findings"].as_array_mut().expect("findings") {
        finding["severity"] = json!("low");
    }
    old["findings"].as_array_mut().expect("findings").retain(|finding| finding["check"] != "privacy.purging");
    old["score"]["score"] = json!(90);
    desk.write("old.json", old.to_string());
    let found = desk.run("diff old.json new.json -o json").json();
    assert_eq!((&found["changes"], &found["only_new"]), (&json!([]), &json!(["privacy.purging"])));
    assert_eq!((&found["same_rules"]["old"], &found["same_rules"]["checks"]), (&found["same_rules"]["new"], &json!(checks::all().count() - 1)));
    let words = desk.run("diff old.json new.json").stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    let score = new["score"]["score"].as_i64().expect("a score");
    assert!(words.contains(&format!("Of {} points, the site made +0 and the rules {}.", score - 90, score - 90)), "{words}");
    // The same findings under raised severities gate nothing.
    let ran = desk.run(&format!("check {} --evidence {} --as-of 2026-11-22 --baseline old.json", copy("site.yaml"), copy("evidence.json")));
    assert_ends(&ran, 0, "met: nothing is worse");
    assert!(ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ").contains("judged by other rules: take a new baseline"), "{ran:?}");
}

#[test]
fn a_difference_with_a_stranger_cannot_steer_the_terminal() {
    let desk = desk(GOOD, "no");
    baseline(&desk);
    let hostile = "\u{1b}]0;x\u{7}\u{202e}";
    let mut old: Value = serde_json::from_str(&desk.read("old.json")).expect("JSON");
    old["site"]["name"] = json!(hostile);
    for finding in old["findings"].as_array_mut().expect("findings") {
        for field in ["message", "title", "subject"] {
            finding[field] = json!(hostile);
        }
        finding["verdict"] = json!("pass");
    }
    desk.write("hostile.json", old.to_string());
    for args in ["diff hostile.json old.json", "diff old.json hostile.json"] {
        let ran = desk.run(args);
        assert!(ran.code == 0 && !ran.stdout.contains('\u{1b}') && !ran.stdout.contains('\u{202e}'), "{ran:?}");
    }
}

// The shipped workflows ----------------------------------------------------------------------------------------------------

fn workflow(name: &str) -> Value {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/ci").join(name)).expect("a workflow");
    serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Every line of shell in a workflow, job by job.
fn shell(job: &Value) -> Vec<String> {
    let steps = job["steps"].as_array().map(|steps| steps.iter().filter_map(|step| step["run"].as_str()).collect::<Vec<_>>());
    let script = job["script"].as_array().map(|lines| lines.iter().filter_map(Value::as_str).collect());
    let blocks: Vec<&str> = steps.or(script).unwrap_or_default();
    blocks.iter().flat_map(|block| block.lines()).map(|line| line.trim().to_owned()).collect()
}

fn jobs(name: &str) -> Vec<(String, Value)> {
    let all = workflow(name);
    let jobs = all.get("jobs").unwrap_or(&all).as_object().expect("jobs").clone();
    jobs.into_iter().filter(|(_, job)| !shell(job).is_empty()).collect()
}

#[test]
fn each_command_of_the_shipped_workflows_is_one_of_this_program() {
    let desk = desk(GOOD, "yes");
    let mut commands = 0;
    for file in ["github.yml", "gitlab.yml"] {
        for (job, value) in jobs(file) {
            for line in shell(&value).iter().filter(|line| line.starts_with("cht-audit ")) {
                commands += 1;
                let line = line.split(" ||").next().expect("a command");
                Cli::try_parse_from(line.split_whitespace()).unwrap_or_else(|error| panic!("{file}, {job}: {line}: {error}"));
                let ran = desk.run(&format!("{} --dry-run", line.trim_start_matches("cht-audit ").replace("../base/", "")));
                assert_eq!(ran.code, 0, "{file}, {job}: {line}: {ran:?}");
                assert_eq!(ran.stdout.contains("GET "), !line.contains("--tier files"), "{line}: {ran:?}");
            }
        }
    }
    assert_eq!(commands, 8);
    // Those of the page beside them.
    let page = include_str!("../../examples/ci/README.md");
    let lines: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("    cht-audit ")).collect();
    for line in &lines {
        Cli::try_parse_from(format!("cht-audit {line}").split_whitespace()).unwrap_or_else(|error| panic!("{line}: {error}"));
    }
    assert_eq!(lines.len(), 2);
}

/// Runs what the job for a change does, in a repository where the change is checked out: its exit code.
fn change_job(desk: &Desk, file: &str, job: &str, git: &Path, bash: &Path) -> (i32, String) {
    let (_, job) = jobs(file).into_iter().find(|(name, _)| name == job).expect("the job");
    let script: Vec<String> = shell(&job).into_iter().filter(|line| !line.starts_with("cargo ")).collect();
    let path = [Path::new(env!("CARGO_BIN_EXE_cht-audit")).parent(), git.parent(), Some(Path::new("/usr/bin"))];
    let path = path.into_iter().flatten().map(|dir| dir.display().to_string()).collect::<Vec<_>>().join(":");
    let mut command = Command::new(bash);
    command.args(["-e", "-c", &script.join("\n")]).current_dir(desk.path("work")).env_clear().env("PATH", path).env("HOME", desk.path("")).env("NO_COLOR", "1");
    let output = command.env("BASE", "main").env("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main").output().expect("bash runs");
    let _ = fs::remove_dir_all(desk.path("base"));
    (output.status.code().unwrap_or(-1), String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr))
}

#[test]
fn the_shipped_jobs_stop_a_change_for_what_it_broke_and_for_nothing_else() {
    let (Some(git), Some(bash)) = (program("git"), program("bash")) else { return };
    for (file, job) in [("github.yml", "pull-request"), ("gitlab.yml", "merge-request")] {
        for (before, after, code) in [(GOOD, GOOD, 0), (GOOD, BAD, 1), (BAD, BAD, 0), (BAD, GOOD, 0), (GOOD, "services: [", 4)] {
            let desk = desk(before, "yes");
            let run = |words: &[&str], at: &str| {
                let mut command = Command::new(&git);
                command.args(["-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "init.defaultBranch=main"]).args(words);
                let output = command.current_dir(desk.path(at)).env("HOME", desk.path("")).output().expect("git runs");
                assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
            };
            fs::create_dir(desk.path("origin")).expect("a folder");
            for name in ["site.yaml", "compose.yml"] {
                fs::rename(desk.path(name), desk.path(&format!("origin/{name}"))).expect("a file");
            }
            run(&["init", "-q", "."], "origin");
            run(&["add", "-A"], "origin");
            run(&["commit", "-qm", "before"], "origin");
            run(&["clone", "-q", "origin", "work"], "");
            desk.write("work/compose.yml", after);
            let (exit, told) = change_job(&desk, file, job, &git, &bash);
            assert_eq!(exit, code, "{file}: {before} then {after}: {told}");
        }
    }
}
