//! The command line as people and pipelines use it: the real binary, in a scrubbed environment, on loopback only.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    path::PathBuf,
    process::{Command, Stdio},
};

use cht_audit::{
    checks::{self, CONSIDERATIONS},
    cli::args::Cli,
    evidence::{ChtAsk, ChtFacts, ChtPart, Entry, Evidence, Outcome, Vantage, cht::Monitoring},
    site,
};
use clap::CommandFactory;
use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};
use proptest::{prelude::*, test_runner::TestRunner};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::free_port;

/// What a run came to.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub(crate) fn last_line(&self) -> &str {
        self.stderr.lines().last().unwrap_or_default()
    }
}

/// A folder with a description in it, from which the program is run.
pub(crate) struct Desk {
    folder: TempDir,
}

impl Desk {
    /// A desk whose `site.yaml` is a name, an address where nobody listens, and `keys`.
    pub(crate) fn new(keys: &str) -> Self {
        Self::at(free_port(), keys)
    }

    /// The same with a port of loopback.
    pub(crate) fn at(port: u16, keys: &str) -> Self {
        let desk = Self { folder: TempDir::new().expect("a folder") };
        desk.write("site.yaml", format!("name: Test County\nurl: https://127.0.0.1:{port}\nkind: cloud\n{keys}\n"));
        desk
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, bytes).expect("a file");
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// The program with arguments that are parted by blanks; nothing of this process's environment reaches it.
    pub(crate) fn command(&self, args: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cht-audit"));
        command.args(args.split_whitespace()).current_dir(self.folder.path()).env_clear().env("NO_COLOR", "1").env("COLUMNS", "80").stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, args: &str) -> Ran {
        ran(&mut self.command(args))
    }

    /// `check site.yaml` without network, as JSON.
    pub(crate) fn offline(&self, args: &str) -> (Ran, Value) {
        let ran = self.run(&format!("check site.yaml --offline -o json {args}"));
        let report = ran.json();
        (ran, report)
    }
}

fn ran(command: &mut Command) -> Ran {
    let output = command.output().expect("the program runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    Ran { code: output.status.code().unwrap_or(-1), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// The day so many days from now; nothing here depends on which day a test runs on.
pub(crate) fn day(days: i64) -> Date {
    (Timestamp::now() + SignedDuration::from_hours(24 * days)).to_zoned(TimeZone::UTC).date()
}

/// The findings of one check.
pub(crate) fn findings<'a>(report: &'a Value, check: &str) -> Vec<&'a Value> {
    report["findings"].as_array().expect("findings").iter().filter(|finding| finding["check"] == check).collect()
}

/// A bundle in which the site's monitoring API said this version at that moment.
fn bundle(desk: &Desk, version: &str, at: Timestamp) -> String {
    let site: Value = serde_yaml::from_str(&desk.read("site.yaml")).expect("YAML");
    let key = ChtAsk::new(site["url"].as_str().expect("an address"), ChtPart::Monitoring).key();
    let facts = ChtFacts::Monitoring(Monitoring { api: 2, app: Some(version.to_owned()), ..Monitoring::default() });
    let mut evidence = Evidence::empty("test", at, Vantage::Outside);
    evidence.cht.insert(key, Entry { at, took_ms: 5, result: Outcome::Seen(facts) });
    serde_json::to_string(&evidence).expect("JSON")
}

fn ago(hours: i64) -> Timestamp {
    Timestamp::now() - SignedDuration::from_hours(hours)
}

#[test]
fn of_several_bundles_the_newest_entry_not_after_the_moment_wins() {
    let desk = Desk::new("");
    desk.write("older.json", bundle(&desk, "4.19.0", ago(72)));
    desk.write("newer.json", bundle(&desk, "5.2.0", ago(24)));
    let message = |args: &str| {
        let ran = desk.run(&format!("check site.yaml --only privacy.log-phi -o json {args}"));
        (ran.code, ran.json()["findings"][0]["message_id"].clone())
    };
    for both in ["--evidence older.json --evidence newer.json", "--evidence newer.json,older.json"] {
        assert_eq!(message(both), (0, json!("privacy.log-phi.left-out")), "{both}");
        // A past moment is judged by what was seen until then.
        assert_eq!(message(&format!("{both} --as-of {}", ago(48))), (1, json!("privacy.log-phi.bodies-logged")), "{both}");
        assert_eq!(message(&format!("{both} --as-of {}", ago(96))).0, 4, "{both}: nothing had been seen");
    }
}

#[test]
fn with_evidence_nothing_is_looked_at_unless_asked() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    listener.set_nonblocking(true).expect("non-blocking");
    let desk = Desk::at(listener.local_addr().expect("an address").port(), "");
    desk.write("seen.json", bundle(&desk, "5.2.0", ago(1)));
    let ran = desk.run("check site.yaml --only privacy.log-phi --evidence seen.json -o json");
    assert_eq!((ran.code, &ran.json()["run"]["mode"], &ran.json()["run"]["vantage"]), (0, &json!("recorded"), &json!("outside")));
    assert!(listener.accept().is_err(), "nobody called");
    drop(listener);
    let live = desk.run("check site.yaml --only privacy.log-phi --evidence seen.json --live --timeout 1s -o json");
    let report = live.json();
    assert_eq!((live.code, &report["run"]["mode"], &report["findings"][0]["cause"]["kind"]), (4, &json!("live"), &json!("refused")), "the newer look wins");
}

#[test]
fn evidence_that_cannot_be_used_is_refused_by_name() {
    let desk = Desk::new("");
    let good = bundle(&desk, "5.2.0", ago(1));
    desk.write("broken.json", &good[..good.len() - 3]);
    desk.write("other.json", good.replace("cht-audit/evidence/1-draft", "cht-audit/evidence/9"));
    desk.write("none.json", "{}");
    desk.write("list.json", "[1, 2]");
    desk.write("deep.json", "[".repeat(100_000));
    desk.write("field.json", good.replacen('{', "{\"red\": 1, ", 1));
    desk.write("binary.json", [0, 159, 146, 150]);
    desk.write("folder/inside.json", &good);
    // A file with a hole: nobody reads 64 GB to see that it is none.
    fs::File::create(desk.path("huge.json")).and_then(|file| file.set_len(1 << 36)).expect("a sparse file");
    for name in ["broken.json", "other.json", "none.json", "list.json", "deep.json", "field.json", "binary.json", "folder", "huge.json", "absent.json"] {
        let ran = desk.run(&format!("check site.yaml --evidence {name}"));
        assert_eq!((ran.code, ran.stdout.as_str()), (3, ""), "{name}: {ran:?}");
        assert!(ran.stderr.contains(name) && ran.stderr.lines().count() == 1, "{name}: {ran:?}");
        let redrawn = desk.run(&format!("report {name}"));
        assert_eq!((redrawn.code, redrawn.stdout.as_str()), (3, ""), "{name}: {redrawn:?}");
    }
    // One good bundle does not make up for a bad one.
    desk.write("good.json", &good);
    assert_eq!(desk.run("check site.yaml --evidence good.json,broken.json --only privacy.log-phi").code, 3);
    assert_eq!(desk.run("check site.yaml --evidence good.json --only privacy.log-phi").code, 0);
}

#[test]
fn what_is_recorded_judges_the_same_again() {
    let desk = Desk::new("files: { env: .env }\nanswers: { privacy.retention: { answer: yes, date: 2026-01-01, record: rule.txt } }");
    desk.write(".env", "COUCHDB_PASSWORD=correct horse battery\nPOSTGRES_PASSWORD=postgres\n");
    desk.write("rule.txt", "ten years");
    let first = desk.run("check site.yaml --timeout 1s --no-phone-out --record seen.json -o json");
    let recorded = desk.read("seen.json");
    let evidence: Evidence = serde_json::from_str(&recorded).expect("evidence");
    assert!(!evidence.cht.is_empty() && evidence.env.contains_key(".env") && evidence.records.contains_key("rule.txt"));
    assert!(!recorded.contains("horse"), "no secret is recorded");
    // Nothing is looked at again, not even the files.
    fs::remove_file(desk.path(".env")).expect("the file is there");
    let again = desk.run(&format!("check site.yaml --evidence seen.json -o json --as-of {}", first.json()["run"]["as_of"].as_str().expect("a moment")));
    assert_eq!(first.json()["findings"], again.json()["findings"]);
    assert_eq!(first.json()["score"], again.json()["score"]);
    assert_eq!(findings(&again.json(), "privacy.analytics-db")[0]["message_id"], "privacy.analytics-db.published-password");

    let collected = desk.run("collect site.yaml --timeout 1s --only privacy");
    let on_stdout: Evidence = serde_json::from_str(&collected.stdout).expect("evidence on standard output");
    assert_eq!((collected.code, on_stdout.cht.is_empty()), (0, false));
    let to_file = desk.run("collect site.yaml --offline --record later.json");
    assert_eq!((to_file.code, to_file.stdout.as_str()), (0, ""));
    let later: Evidence = serde_json::from_str(&desk.read("later.json")).expect("evidence in the file");
    assert!(later.cht.is_empty(), "offline");
    let lost = desk.run("collect site.yaml --offline --record missing/later.json");
    assert!(lost.code == 5 && lost.stderr.contains("missing/later.json"), "{lost:?}");
}

#[test]
fn each_report_goes_where_it_was_asked_to() {
    let desk = Desk::new("");
    let check = "check site.yaml --offline --only privacy";
    let ran = desk.run(&format!("{check} -o table -o json:run.json"));
    assert!(ran.stdout.contains("The nine considerations") && !ran.stdout.contains("\"schema\""), "{ran:?}");
    let report: Value = serde_json::from_str(&desk.read("run.json")).expect("JSON");
    assert_eq!((ran.code, &report["gate"]["exit"]), (4, &json!(4)));
    // A saved run draws the same.
    let redrawn = desk.run("report run.json");
    assert_eq!((redrawn.code, redrawn.stdout.as_str(), redrawn.stderr.as_str()), (0, ran.stdout.as_str(), ""));
    let copied = desk.run("report run.json -o json");
    assert_eq!(copied.stdout, desk.read("run.json"));
    // The same through a variable; a file that is there is replaced.
    desk.write("other.json", "old");
    let mut by_variable = desk.command(check);
    let by_variable = self::ran(by_variable.env("CHT_AUDIT_OUTPUT", "table,json:other.json"));
    assert_eq!(by_variable.code, 4);
    assert!(by_variable.stdout.contains("The nine") && desk.read("other.json").starts_with("{\n"));
    assert!(fs::read_dir(desk.path("")).expect("a folder").all(|entry| !entry.expect("an entry").file_name().to_string_lossy().ends_with(".part")));
}

#[test]
fn a_report_that_cannot_be_written_does_not_cost_the_others() {
    let desk = Desk::new("answers: { privacy.breach-plan: { answer: no, date: 2026-01-01 } }");
    let ran = desk.run("check site.yaml --offline --only privacy.breach-plan -o json:missing/a.json -o table -o json:good.json --record missing/b.json");
    assert_eq!(ran.code, 5, "{ran:?}");
    assert!(ran.stderr.contains("missing/a.json") && ran.stderr.contains("missing/b.json"), "{ran:?}");
    assert!(ran.last_line().starts_with("cht-audit: failed: privacy.breach-plan fails"), "{ran:?}");
    let good: Value = serde_json::from_str(&desk.read("good.json")).expect("JSON");
    assert!(ran.stdout.contains("Findings, worst first") && good["gate"]["exit"] == 1);
    fs::create_dir(desk.path("folder")).expect("a folder");
    let folder = desk.run("report good.json -o json:folder -o table");
    assert!(folder.code == 5 && folder.stdout.contains("Findings, worst first"), "{folder:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_behind_standard_output_is_told() {
    let desk = Desk::new("answers: { privacy.breach-plan: { answer: no, date: 2026-01-01 } }");
    let full = fs::OpenOptions::new().write(true).open("/dev/full").expect("Linux has it");
    let mut command = desk.command("check site.yaml --offline --only privacy.breach-plan");
    let output = command.stdout(full).output().expect("the program runs");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(5), "{stderr}");
    assert!(stderr.contains("standard output") && stderr.lines().last().is_some_and(|line| line.starts_with("cht-audit: failed")), "{stderr}");
}

#[cfg(unix)]
#[test]
fn links_and_devices_stay_what_they_are() {
    let desk = Desk::new("");
    desk.write("kept/real.json", "old");
    std::os::unix::fs::symlink("kept/real.json", desk.path("link.json")).expect("a link");
    std::os::unix::fs::symlink("/dev/null", desk.path("nowhere")).expect("a link");
    let ran = desk.run("check site.yaml --offline --only privacy -o json:link.json -o json:nowhere");
    assert_eq!(ran.code, 4, "{ran:?}");
    for link in ["link.json", "nowhere"] {
        assert!(fs::symlink_metadata(desk.path(link)).expect("it is there").is_symlink(), "{link}");
    }
    assert!(desk.read("kept/real.json").contains("\"findings\""));
    assert!(!fs::metadata("/dev/null").expect("it is there").is_file());
}

#[cfg(unix)]
#[test]
fn a_pipe_with_a_name_is_written_to() {
    let Some(mkfifo) = crate::support::program("mkfifo") else { return };
    let desk = Desk::new("");
    let pipe = desk.path("pipe");
    assert!(Command::new(mkfifo).arg(&pipe).status().expect("it runs").success());
    let reader = std::thread::spawn({
        let pipe = pipe.clone();
        move || fs::read_to_string(pipe).expect("UTF-8")
    });
    let ran = desk.run("check site.yaml --offline --only privacy -o json:pipe");
    // Had nobody written, the reader would wait for ever.
    drop(fs::OpenOptions::new().read(true).write(true).open(&pipe).and_then(|mut pipe| pipe.flush()));
    let read = reader.join().expect("the reader ends");
    assert!(ran.code == 4 && read.contains("\"findings\""), "{ran:?}");
    assert!(!fs::metadata(&pipe).expect("it is there").is_file());
}

#[test]
fn reports_go_to_one_side_and_all_else_to_the_other() {
    // A warning about the description (a date to come), and a gate line.
    let desk = Desk::new(&format!("answers: {{ privacy.retention: {{ answer: yes, date: {} }} }}", day(30)));
    let ran = desk.run("check site.yaml --offline --only privacy.retention -o json");
    assert_eq!(ran.code, 4);
    assert_eq!(ran.json()["schema"], "cht-audit/report/1-draft");
    assert!(ran.stderr.contains("warning") && ran.stderr.contains("site.yaml:4:"), "{ran:?}");
    assert!(ran.last_line().starts_with("cht-audit: inconclusive: privacy.retention is unknown"), "{ran:?}");
    let broken = Desk::new("nmae: x");
    let refused = broken.run("check site.yaml --offline");
    assert_eq!((refused.code, refused.stdout.as_str()), (3, ""));
    assert!(refused.stderr.contains("nothing was looked at"), "{refused:?}");
    for args in ["--help", "--version", "check --help", "list", "schema site"] {
        let ran = desk.run(args);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{args}");
        assert!(!ran.stdout.is_empty(), "{args}");
    }
    for args in ["", "chekc", "check", "check site.yaml --jobs many"] {
        let ran = desk.run(args);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{args}");
        assert!(!ran.stderr.is_empty(), "{args}");
    }
}

#[cfg(unix)]
#[test]
fn a_record_with_a_hostile_name_is_told_harmlessly() {
    let desk = Desk::new("answers: { privacy.retention: { answer: yes, date: 2026-01-01, record: \"gone\\e[31m.txt\" } }");
    let ran = desk.run("check site.yaml --offline --only privacy.retention");
    assert!(ran.stderr.contains("missing or empty") && !ran.stderr.contains('\u{1b}') && !ran.stdout.contains('\u{1b}'), "{ran:?}");
}

#[test]
fn a_description_is_no_proof_of_itself() {
    for record in ["site.yaml", "./site.yaml", "above.yaml", "crontab.txt", "folder/../crontab.txt"] {
        let desk = Desk::new(&format!(
            "extends: [above.yaml]\nfiles: {{ crontab: crontab.txt }}\nanswers: {{ privacy.retention: {{ answer: yes, date: 2026-01-01, record: {record} }} }}"
        ));
        desk.write("above.yaml", "country: KE\n");
        desk.write("crontab.txt", "0 3 * * * borg create r::a /srv\n");
        desk.write("folder/note.txt", "a note\n");
        let ran = desk.run("check site.yaml --offline --only privacy.retention -o json");
        let finding = &ran.json()["findings"][0];
        assert_eq!((&finding["verdict"], &finding["cause"]["kind"]), (&json!("unknown"), &json!("record")), "{record}: {finding:#}");
        assert!(ran.stderr.contains("is a file of the description itself"), "{record}: {ran:?}");
        assert!(desk.run("validate site.yaml").stderr.contains("is a file of the description itself"), "{record}");
    }
}

#[test]
fn a_pipe_that_nobody_reads_is_no_error() {
    let desk = Desk::new("answers: { privacy.breach-plan: { answer: yes, date: 2026-01-01 } }");
    for (args, code) in [("schema report", 0), ("check site.yaml --offline -o json", 4), ("list", 0)] {
        let mut child = desk.command(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program runs");
        drop(child.stdout.take());
        let mut told = String::new();
        child.stderr.take().expect("a pipe").read_to_string(&mut told).expect("UTF-8");
        assert_eq!(child.wait().expect("it ends").code(), Some(code), "{args}: {told}");
        assert!(!told.contains("panic") && !told.contains("pipe"), "{args}: {told}");
    }
    // `| head -1`: the first line, then nobody.
    let mut child = desk.command("check site.yaml --offline -o json").stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the program runs");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
    assert_eq!((line.as_str(), child.wait().expect("it ends").code()), ("{\n", Some(4)));
}

#[test]
fn a_dry_run_sends_nothing_and_names_everything() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    listener.set_nonblocking(true).expect("non-blocking");
    let port = listener.local_addr().expect("an address").port();
    let desk = Desk::at(port, "scan_allowed: { by: ict }\nhosts: [ { id: main, address: 127.0.0.1, role: cht } ]\nfiles: { env: .env }");
    desk.write(".env", "A=b\n");
    for (command, args) in [("check", ""), ("collect", ""), ("check", "--no-phone-out")] {
        let ran = desk.run(&format!("{command} site.yaml --dry-run {args}"));
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{command}");
        let url = format!("https://127.0.0.1:{port}");
        let wanted = [
            format!("GET    {url}/api/v2/monitoring"),
            format!("TLS    127.0.0.1:{port}"),
            "READ   .env".to_owned(),
            "TCP    main (127.0.0.1) ports".to_owned(),
        ];
        for line in wanted {
            assert!(ran.stdout.contains(&line), "{line}: {ran:?}");
        }
        assert!(ran.stdout.lines().last().is_some_and(|line| line.starts_with("Longest chain: ")), "{ran:?}");
    }
    assert!(listener.accept().is_err(), "nobody called");
    let offline = desk.run("check site.yaml --dry-run --offline");
    assert_eq!(offline.stdout, "READ   .env\n");
    let one = desk.run("check site.yaml --dry-run --only privacy.log-phi");
    assert!(one.stdout.contains("monitoring") && !one.stdout.contains("TLS    "), "{one:?}");
    desk.write("seen.json", bundle(&desk, "5.2.0", ago(1)));
    let recorded = desk.run("check site.yaml --dry-run --evidence seen.json");
    assert_eq!(recorded.stdout, "Nothing would be looked at.\n", "recorded evidence is judged, and nothing else");
    let live = desk.run("check site.yaml --dry-run --evidence seen.json --live");
    assert!(live.stdout.contains("GET    "), "{live:?}");
}

#[test]
fn the_first_screen_says_when_nothing_answered_and_when_it_is_for_another_moment_than_the_look() {
    let top = |ran: &Ran| ran.stdout.split("\n\n").next().unwrap_or_default().replace('\n', " ");
    let desk = Desk::new("");
    let silent = desk.run("check site.yaml --no-phone-out --timeout 2s");
    assert!(top(&silent).contains("Nothing of the CHT could be seen: The connection was refused: 127.0.0.1"), "{silent:?}");
    assert!(!top(&silent).contains("Judged for"), "{silent:?}");
    let later = desk.run("check site.yaml --offline --as-of +90d");
    assert!(top(&later).contains("Judged for ") && top(&later).ends_with("files and answers only"), "{later:?}");
    assert!(!top(&later).contains("Nothing of the CHT"), "nobody asked: {later:?}");
    desk.write("seen.json", bundle(&desk, "5.2.0", ago(1)));
    let recorded = desk.run("check site.yaml --evidence seen.json");
    assert!(top(&recorded).contains("Judged for ") && top(&recorded).contains("from evidence until "), "{recorded:?}");
    assert!(!top(&recorded).contains("Nothing of the CHT"), "{recorded:?}");
}

#[test]
fn the_list_has_a_line_a_check_in_the_order_of_the_catalogue() {
    let desk = Desk::new("");
    let ran = ran(desk.command("list").env("COLUMNS", "100"));
    let listed = |ran: &Ran| -> Vec<String> {
        ran.stdout
            .lines()
            .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
            .filter_map(|line| line.split_whitespace().next().map(str::to_owned))
            .collect()
    };
    let all: Vec<&str> = checks::all().map(|check| check.id).collect();
    assert_eq!(listed(&ran), all);
    let line = ran.stdout.lines().find(|line| line.starts_with("  privacy.audit-trail")).expect("a line");
    assert!(line.contains("medium") && line.contains("Changes are recorded"), "{line}");
    for consideration in CONSIDERATIONS {
        let counted = format!("({} checks, weight ", consideration.checks.len());
        assert!(ran.stdout.lines().any(|line| line.starts_with(&format!("{}: ", consideration.id)) && line.contains(&counted)), "{}", consideration.id);
    }
    let some = desk.run("list --only backups,security.cors");
    assert_eq!(listed(&some).len(), 15);
    assert!(some.stdout.contains("(1 of 16 checks, weight 12 of 100)") && !some.stdout.contains("privacy"), "{some:?}");
    let json = desk.run("list --only backups --json").json();
    assert_eq!((json.as_array().map(Vec::len), &json[1]["check"], &json[1]["limits"]["pass"]), (Some(14), &json!("backups.age"), &json!("1d")));
    let wrong = desk.run("list --only backup");
    assert!(wrong.code == 2 && wrong.stderr.contains("did you mean backups?"), "{wrong:?}");
}

#[test]
fn considerations_and_words_are_explained_at_the_width_of_the_terminal() {
    let desk = Desk::new("");
    for consideration in CONSIDERATIONS {
        let ran = desk.run(&format!("explain {}", consideration.id));
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{}", consideration.id);
        assert!(consideration.checks.iter().all(|check| ran.stdout.contains(check.id)), "{ran:?}");
    }
    // The texts and the list of words are the same, in order.
    let ftl = include_str!("../../checks/words.ftl");
    let texts: Vec<&str> = ftl.lines().filter(|line| !line.starts_with(['#', ' '])).filter_map(|line| Some(line.split_once(" = ")?.0)).collect();
    assert_eq!(texts, cht_audit::explain::WORDS);
    let all = desk.run("explain words").stdout;
    for word in cht_audit::explain::WORDS {
        let ran = desk.run(&format!("explain {word}"));
        assert!(ran.code == 0 && ran.stdout.starts_with(&format!("{word}: ")) && ran.stdout.len() > word.len() + 30, "{ran:?}");
        assert!(all.contains(&format!("\n{word} ")) || all.starts_with(word), "{word}");
    }
    // Every word of the report that stands for a verdict, a basis, a tier or a severity is there or explained with one.
    for word in ["measured", "documented", "claimed", "contradicted", "stale", "coverage", "potential", "waiver", "ceiling", "network", "answer", "unknown"] {
        assert!(cht_audit::explain::WORDS.contains(&word), "{word}");
    }
    assert_eq!(desk.run("explain exit codes").stdout, desk.run("explain Exit-Codes").stdout);
    let nothing = desk.run("explain");
    assert!(nothing.code == 0 && CONSIDERATIONS.iter().all(|it| nothing.stdout.contains(it.id)) && nothing.stdout.contains("explain words"), "{nothing:?}");
    let near = desk.run("explain contradicton");
    assert!(near.code == 2 && near.stderr.contains("did you mean contradicted?"), "{near:?}");
    for columns in ["40", "60", "100"] {
        for args in ["explain", "explain words", "explain backups", "explain backups.age", "list"] {
            let ran = ran(desk.command(args).env("COLUMNS", columns));
            let room: usize = columns.parse().expect("a number");
            // What is to be copied stays whole, and so does an id.
            let copied =
                |line: &str| line.starts_with("See ") || line.contains("answer: yes") || line.contains("cht-audit ") || line.split_whitespace().count() < 3;
            let long = ran.stdout.lines().find(|line| line.chars().count() > room && !copied(line));
            assert_eq!(long, None, "{args} at {columns}");
        }
    }
}

#[test]
fn shells_and_manuals_can_read_what_is_made_for_them() {
    let desk = Desk::new("");
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ran = desk.run(&format!("completions {shell}"));
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{shell}");
        assert!(ran.stdout.contains("cht-audit") && ran.stdout.contains("accept-unknown") && ran.stdout.contains("explain"), "{shell}");
        desk.write(shell, ran.stdout);
    }
    assert_eq!(desk.run("completions csh").code, 2);
    if let Some(bash) = crate::support::program("bash") {
        let script = "set -eu; . ./bash; COMP_WORDS=(cht-audit ch); COMP_CWORD=1; _cht__audit cht-audit ch cht-audit; echo \"${COMPREPLY[@]}\"";
        let completed = Command::new(&bash).args(["--norc", "-c", script]).current_dir(desk.path("")).output().expect("bash runs");
        assert_eq!((String::from_utf8_lossy(&completed.stdout).trim(), String::from_utf8_lossy(&completed.stderr).trim()), ("check", ""));
        assert!(Command::new(bash).arg("-n").arg(desk.path("bash")).status().expect("bash runs").success());
    }
    let page = desk.run("man");
    assert!(page.code == 0 && page.stdout.contains(".TH cht-audit 1") && page.stdout.contains("130 interrupted"), "{page:?}");
    desk.write("cht-audit.1", page.stdout);
    assert_eq!(desk.run("man --dir pages/man1").code, 0);
    let pages: Vec<PathBuf> = fs::read_dir(desk.path("pages/man1")).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    let commands = Cli::command().get_subcommands().count();
    assert_eq!(pages.len(), commands + 1, "{pages:?}");
    assert!(desk.read("pages/man1/cht-audit-check.1").contains("accept"));
    desk.write("file", "");
    let lost = desk.run("man --dir file/below");
    assert!(lost.code == 5 && lost.stderr.contains("file/below"), "{lost:?}");
    if let Some(groff) = crate::support::program("groff") {
        for page in pages.iter().chain([&desk.path("cht-audit.1")]) {
            let drawn = Command::new(&groff).args(["-man", "-Tutf8", "-ww"]).arg(page).output().expect("groff runs");
            assert!(drawn.status.success() && drawn.stderr.is_empty(), "{}: {}", page.display(), String::from_utf8_lossy(&drawn.stderr));
            assert!(String::from_utf8_lossy(&drawn.stdout).contains("cht"), "{}", page.display());
        }
    }
}

#[test]
fn a_saved_run_that_powershell_wrote_is_told_from_a_broken_one() {
    let desk = Desk::new("");
    let (ran, _) = desk.offline("--only privacy");
    desk.write("bom.json", format!("\u{feff}{}", ran.stdout.replace('\n', "\r\n")));
    assert_eq!(desk.run("report bom.json -o json").stdout, ran.stdout);
    let wide: Vec<u8> = std::iter::once(0xfeff).chain(ran.stdout.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    desk.write("wide.json", wide);
    for args in ["report wide.json", "check site.yaml --evidence wide.json"] {
        let refused = desk.run(args);
        assert!(refused.code == 3 && refused.stderr.contains("wide.json") && refused.stderr.contains("PowerShell"), "{refused:?}");
    }
}

#[test]
fn a_check_is_explained_and_a_typing_mistake_is_helped() {
    let desk = Desk::new("");
    for consideration in CONSIDERATIONS {
        let check = consideration.checks.last().expect("a check");
        let ran = desk.run(&format!("explain {}", check.id));
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{}", check.id);
        assert!(ran.stdout.starts_with(check.id) && ran.stdout.contains("\nSee https://"), "{ran:?}");
    }
    let plan = desk.run("explain privacy.breach-plan").stdout;
    let parts = [
        "Severity       high",
        "Best evidence  documented",
        "Decided by     answer",
        "pass: 365d (lower is stricter",
        "Rehearse with a lost phone",
        "To mend it: Write a plan",
    ];
    for part in parts {
        assert!(plan.contains(part), "{part}: {plan}");
    }
    let ran = desk.run("explain privacy.breachplan");
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
    assert!(ran.stderr.contains("did you mean privacy.breach-plan?"), "{ran:?}");
    let only = desk.run("check site.yaml --only privcy");
    assert!(only.code == 2 && only.stderr.contains("did you mean privacy?"), "{only:?}");
}

#[test]
fn a_description_is_validated_without_looking_at_anything() {
    let desk = Desk::new(&format!("reviewed: {{ date: 2026-01-01 }}\nanswers: {{ privacy.purging: {{ answer: yes, date: {} }} }}", day(30)));
    let ran = desk.run("validate site.yaml");
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.contains("Test County can be used"), "{ran:?}");
    assert!(ran.stderr.contains("warning"), "{ran:?}");
    let broken = Desk::new("kin: cloud\nanswers: { privacy.purgin: { answer: yes } }\nwaivers: [ { check: privacy.purging, reason: x } ]");
    let refused = broken.run("validate site.yaml");
    assert_eq!((refused.code, refused.stdout.as_str()), (3, ""));
    for mistake in ["kin", "privacy.purgin", "until"] {
        assert!(refused.stderr.contains(mistake), "every mistake at once: {mistake}: {refused:?}");
    }
    assert_eq!(desk.run("validate absent.yaml").code, 3);
}

/// What a schema says against a document.
fn mistakes(schema: &Value, document: &Value) -> Vec<String> {
    let validator = jsonschema::validator_for(schema).expect("a schema");
    validator.iter_errors(document).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

#[test]
fn what_is_written_fits_the_schemas_that_are_printed() {
    let desk = Desk::new(&format!(
        "reviewed: {{ date: {0}, by: ict }}\nfiles: {{ env: .env, compose: [compose.yml] }}\ntimezone: Africa/Nairobi\nhosts: [ {{ id: main, address: 127.0.0.1, role: cht }} ]\n\
         scan_allowed: {{ by: ict }}\nprivacy: {{ controller: County }}\nthresholds: {{ privacy.breach-plan: {{ pass: 800d }} }}\n\
         answers:\n  privacy.breach-plan: {{ answer: no, planned: {{ date: {1}, by: it }} }}\n  privacy.analytics-db: {{ answer: yes, date: {0}, record: rule.txt }}\n\
         waivers: [ {{ check: privacy.purging, reason: later, owner: it, until: {1} }} ]",
        day(-3),
        day(60)
    ));
    desk.write(".env", "POSTGRES_PASSWORD=postgres\nCERTIFICATE_MODE=AUTO_GENERATE\n");
    desk.write("compose.yml", "services:\n  api: { image: \"cht-api:5.2.0\", restart: always, ports: [\"443:443\"] }\n");
    desk.write("rule.txt", "the analytics database");
    let ran = desk.run("check site.yaml --timeout 1s --no-phone-out --record seen.json -o json");
    let schema = |of: &str| -> Value { serde_json::from_str(&desk.run(&format!("schema {of}")).stdout).expect("JSON") };
    let (site, report, evidence) = (schema("site"), schema("report"), schema("evidence"));
    for schema in [&site, &report, &evidence] {
        assert!(jsonschema::meta::is_valid(schema), "a valid schema of its draft");
        assert!(schema["$schema"].as_str().is_some_and(|draft| draft.contains("2020-12")));
    }
    let written = ran.json();
    assert!(written["findings"].as_array().is_some_and(|findings| findings.iter().any(|finding| finding["contradicted"] == true)), "a rich report");
    assert_eq!(mistakes(&report, &written), [""; 0]);
    let seen: Value = serde_json::from_str(&desk.read("seen.json")).expect("JSON");
    assert_eq!(mistakes(&evidence, &seen), [""; 0]);
    assert_eq!(site, site::schema());
    let minimal: Value = serde_yaml::from_str(include_str!("../../examples/minimal.yaml")).expect("YAML");
    let full: Value = serde_yaml::from_str(include_str!("../../examples/full.yaml")).expect("YAML");
    assert_eq!((mistakes(&site, &minimal), mistakes(&site, &full)), (Vec::new(), Vec::new()));

    // And the schemas bite.
    let spoilt = |document: &Value, path: &str, value: Value| {
        let mut document = document.clone();
        *document.pointer_mut(path).expect("it is there") = value;
        document
    };
    assert!(!mistakes(&report, &spoilt(&written, "/findings/0/verdict", json!("good"))).is_empty());
    assert!(!mistakes(&report, &spoilt(&written, "/score", json!(7))).is_empty());
    assert!(!mistakes(&evidence, &spoilt(&seen, "/vantage", json!("moon"))).is_empty());
    assert!(!mistakes(&site, &json!({ "name": "x" })).is_empty());
}

#[test]
fn each_flag_has_its_variable() {
    let command = Cli::command();
    command.clone().debug_assert();
    let mut flags = 0;
    for sub in command.get_subcommands() {
        for arg in sub.get_arguments().filter(|arg| !matches!(arg.get_id().as_str(), "help" | "version")) {
            let Some(long) = arg.get_long() else { continue };
            flags += 1;
            let wanted = format!("CHT_AUDIT_{}", long.to_uppercase().replace('-', "_"));
            assert_eq!(arg.get_env().and_then(|name| name.to_str()), Some(wanted.as_str()), "{} --{long}", sub.get_name());
            assert!(arg.get_help().is_some(), "{} --{long} is not explained", sub.get_name());
        }
    }
    assert!(flags > 30, "{flags} flags were looked at");
}

#[test]
fn variables_do_what_their_flags_do() {
    let desk = Desk::new("answers: { privacy.purging: { answer: no, date: 2026-01-01 } }");
    let with = |variables: &[(&str, &str)], args: &str| ran(desk.command(args).envs(variables.iter().copied()));
    let only = ("CHT_AUDIT_ONLY", "privacy.purging");
    for (word, offline) in [("1", true), ("yes", true), ("true", true), ("on", true), ("0", false), ("no", false), ("false", false)] {
        let ran = with(&[only, ("CHT_AUDIT_OFFLINE", word), ("CHT_AUDIT_OUTPUT", "json")], "check site.yaml");
        assert_eq!(ran.json()["run"]["mode"], if offline { "offline" } else { "live" }, "{word}");
        assert_eq!(ran.code, 0, "{word}: medium is below high");
    }
    assert_eq!(with(&[only, ("CHT_AUDIT_OFFLINE", "perhaps")], "check site.yaml").code, 2);
    assert_eq!(with(&[only, ("CHT_AUDIT_FAIL_ON", "medium")], "check site.yaml --offline").code, 1);
    assert_eq!(with(&[only, ("CHT_AUDIT_FAIL_ON", "medium")], "check site.yaml --offline --fail-on high").code, 0, "the flag comes first");
    assert_eq!(with(&[("CHT_AUDIT_SITE", "site.yaml"), ("CHT_AUDIT_SKIP", "privacy"), ("CHT_AUDIT_DRY_RUN", "1")], "check").code, 0);
    assert_eq!(with(&[only, ("CHT_AUDIT_AS_OF", "2020-01-01")], "check site.yaml --offline").code, 2);
    assert_eq!(with(&[("CHT_AUDIT_MIN_SCORE", "100")], "check site.yaml --offline --only privacy").code, 2);
    let unknown = Desk::new("");
    let accepted = |variables: &[(&str, &str)]| ran(unknown.command("check site.yaml --offline --only privacy").envs(variables.iter().copied())).code;
    assert_eq!((accepted(&[]), accepted(&[("CHT_AUDIT_ACCEPT_UNKNOWN", "1")])), (4, 0));
}

#[test]
fn nothing_is_coloured_for_a_pipe_and_the_page_keeps_its_width() {
    let name = "County Department of Health and Sanitation, Maendeleo, with a name that goes on and on and on";
    let desk = Desk::new(&format!(
        "reviewed: {{ date: {0}, by: the person who looks after the servers of the whole county }}\nanswers:\n  privacy.breach-plan: {{ answer: no, planned: {{ date: {1} }} }}\n\
         \x20 privacy.retention: {{ answer: no }}\n  privacy.analytics-db: {{ answer: yes }}\nfiles: {{ env: .env }}\n\
         waivers: [ {{ check: privacy.purging, reason: x, date: {2}, until: {0} }}, {{ check: privacy.breach-plan, reason: x, until: {1} }} ]\n\
         thresholds: {{ disaster-recovery.exercise: {{ pass: 800d }} }}",
        day(-3),
        day(100),
        day(-100)
    ));
    desk.write("site.yaml", desk.read("site.yaml").replace("Test County", name));
    desk.write(".env", "POSTGRES_PASSWORD=\n");
    for (columns, widest) in [("80", 80), ("60", 60), ("20", 60), ("400", 120), ("wide", 80)] {
        let ran = ran(desk.command("check site.yaml --offline").env("COLUMNS", columns).env_remove("NO_COLOR"));
        assert!(!ran.stdout.contains('\u{1b}'), "no colour in a pipe");
        let mut in_table = false;
        for line in ran.stdout.lines() {
            in_table = (in_table || line == "The nine considerations") && !line.starts_with('#');
            // One word cannot be broken, and the table of the nine needs its 80 columns.
            let may = if in_table { widest.max(80) } else { widest };
            assert!(line.chars().count() <= may || line.split_whitespace().count() <= 1, "{columns}: {line}");
        }
        let order = [
            "County Department",
            "Where the description and the evidence disagree",
            "What to mend first",
            "The nine considerations",
            "Cheapest next step",
            "Knowledge gathered",
            "Waiver  ",
            "Looser limit",
            "Gate  ",
            "Findings, worst first",
        ];
        let places: Vec<usize> = order.iter().map(|part| ran.stdout.find(part).unwrap_or_else(|| panic!("{part}: {}", ran.stdout))).collect();
        assert!(places.is_sorted(), "{places:?}");
    }
}

/// Puts something hostile into every text of a JSON value.
fn poison(value: &mut Value, hostile: &str, skip: &[&str]) {
    match value {
        Value::String(text) => text.push_str(hostile),
        Value::Array(items) => items.iter_mut().for_each(|item| poison(item, hostile, skip)),
        Value::Object(entries) => entries.iter_mut().filter(|(key, _)| !skip.contains(&key.as_str())).for_each(|(_, value)| poison(value, hostile, skip)),
        _ => {}
    }
}

#[test]
fn a_saved_run_from_a_stranger_cannot_steer_the_terminal() {
    let desk = Desk::new(&format!(
        "answers: {{ privacy.breach-plan: {{ answer: no, date: {0} }}, privacy.purging: {{ answer: yes, date: {0} }} }}\nfiles: {{ env: missing.env }}\n\
         thresholds: {{ privacy.breach-plan: {{ pass: 800d }} }}\nwaivers: [ {{ check: privacy.purging, reason: x, date: {0}, until: {1} }} ]",
        day(-3),
        day(20)
    ));
    let (_, mut report) = desk.offline("");
    let mut contradicted = report["findings"][0].clone();
    contradicted["contradicted"] = json!(true);
    contradicted["other"] = json!({ "basis": "claimed", "message_id": "x", "args": {}, "message": "said", "at": null });
    report["findings"].as_array_mut().expect("findings").insert(0, contradicted);
    // Closed words, dates and numbers would make it no saved run at all.
    let closed = [
        "schema",
        "verdict",
        "basis",
        "best",
        "severity",
        "tier",
        "kind",
        "state",
        "mode",
        "grade",
        "gathered",
        "started",
        "ended",
        "as_of",
        "until",
        "date",
        "at",
        "observed_at",
        "args",
        "max_age",
    ];
    for hostile in ["\u{1b}[2J\u{1b}]0;owned\u{7}", "\u{9b}31m", "\u{202e}txt", "\r\nGate  met", "\u{8}\u{8}"] {
        let mut poisoned = report.clone();
        poison(&mut poisoned, hostile, &closed);
        desk.write("hostile.json", poisoned.to_string());
        for format in ["table", "markdown", "csv"] {
            let ran = desk.run(&format!("report hostile.json -o {format}"));
            assert_eq!(ran.code, 0, "{ran:?}");
            let steering = |c: &char| (c.is_control() && *c != '\n') || ('\u{202a}'..='\u{202e}').contains(c);
            assert_eq!(ran.stdout.chars().find(steering), None, "{format}: {hostile:?}");
            assert!(!ran.stdout.lines().any(|line| line.starts_with("Gate  met")), "no line of its own: {format}: {hostile:?}");
        }
    }
}

#[test]
fn no_argument_makes_it_panic() {
    let desk = Desk::new("");
    let argument = prop_oneof![
        Just("check".to_owned()),
        Just("site.yaml".to_owned()),
        Just("--only".to_owned()),
        Just("--as-of".to_owned()),
        Just("--resolve".to_owned()),
        Just("-o".to_owned()),
        Just("--timeout".to_owned()),
        "[-+a-z0-9:.,\\[\\]é]{0,12}",
        "[+][0-9]{1,20}[dhms]",
        "[0-9]{4}-[0-9]{2}-[0-9]{2}",
        "json:?",
    ];
    let mut runner = TestRunner::new(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() });
    let tried = runner.run(&prop::collection::vec(argument, 0..6), |arguments| {
        let mut command = desk.command("check site.yaml --offline --only privacy.purging");
        let output = command.args(&arguments).output().expect("the program runs");
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        prop_assert!(output.status.code().is_some_and(|code| code <= 5), "{arguments:?}: {:?}: {told}", output.status);
        prop_assert!(!told.contains("panicked"), "{arguments:?}: {told}");
        Ok(())
    });
    if let Err(error) = tried {
        panic!("{error}");
    }
}

#[test]
fn no_output_takes_the_place_of_an_input() {
    let desk = Desk::new("");
    let (site, _) = (desk.read("site.yaml"), desk.run("check site.yaml --offline -o json:run.json --record evidence.json"));
    for args in [
        "check site.yaml --offline -o json:site.yaml",
        "check site.yaml --offline -o json:./site.yaml",
        "check site.yaml --offline --record site.yaml",
        "collect site.yaml --offline --record site.yaml",
        "check site.yaml --offline --baseline run.json -o json:run.json",
        "check site.yaml --evidence evidence.json -o markdown:evidence.json",
        "report run.json -o markdown:run.json",
    ] {
        let ran = desk.run(args);
        assert!(ran.code == 2 && ran.stderr.contains("would overwrite"), "{args}: {ran:?}");
    }
    assert_eq!(desk.read("site.yaml"), site);
    // Evidence is brought up to date in its own file.
    let ran = desk.run("check site.yaml --offline --live --evidence evidence.json --record evidence.json");
    assert!(matches!(ran.code, 1 | 4), "{ran:?}");
    // A run that somebody touched up is not drawn.
    desk.write("run.json", desk.read("run.json").replace("\"verdict\": \"unknown\"", "\"verdict\": \"pass\""));
    let ran = desk.run("report run.json");
    assert!(ran.code == 3 && ran.stderr.contains("does not add up") && ran.stdout.is_empty(), "{ran:?}");
}
