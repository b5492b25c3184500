//! The shipped examples, audited from recorded evidence: a rural hospital's server, as README's first command does, and a
//! region's cluster in a cloud.

mod cloud;
mod recording;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::Value;
use tempfile::TempDir;

/// The example's site.
const HOST: &str = "cht.maendeleo.example";
/// The day that the example is judged for.
const AS_OF: &str = "2026-11-22";

/// A file of an example.
fn example_of(folder: &str, name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(folder).join(name)
}

/// A file of the facility.
fn example(name: &str) -> PathBuf {
    example_of("facility", name)
}

/// The program with its first words, without the flags that whoever runs the tests may have set.
fn cht_audit(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cht-audit"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("CHT_AUDIT_")) {
        command.env_remove(name);
    }
    command.args(words);
    command
}

fn json_of(path: &Path) -> Value {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The example in a folder of its own, to be changed.
struct Copy {
    dir: TempDir,
}

impl Copy {
    fn new() -> Self {
        Self::of("facility")
    }

    /// Of the example in this folder.
    fn of(folder: &str) -> Self {
        fn copied(from: &Path, to: &Path) {
            fs::create_dir_all(to).expect("the test's folder can be written");
            for entry in fs::read_dir(from).expect("a folder").map(|entry| entry.expect("an entry").path()) {
                let target = to.join(entry.file_name().expect("a name"));
                if entry.is_dir() {
                    copied(&entry, &target);
                } else {
                    fs::copy(&entry, &target).expect("the test's folder can be written");
                }
            }
        }
        let copy = Self { dir: tempfile::tempdir().expect("a folder for the test") };
        copied(&example_of(folder, ""), copy.dir.path());
        copy
    }

    fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Replaces `from`, which must occur once, by `to`.
    fn change(&self, name: &str, from: &str, to: &str) {
        let before = fs::read_to_string(self.file(name)).expect("a file of the example");
        assert_eq!(before.matches(from).count(), 1, "{name}: {from}");
        fs::write(self.file(name), before.replace(from, to)).expect("the test's folder can be written");
    }

    /// Judges the recorded evidence.
    fn checked(&self, words: &[&str]) -> Output {
        cht_audit(&["check"]).arg(self.file("site.yaml")).arg("--evidence").arg(self.file("evidence.json")).args(words).output().expect("the program runs")
    }

    /// The recorded evidence with what the files of this copy say now, as if they had said it then.
    fn read_files_again(&self) {
        let read = self.file("read.json");
        let done = cht_audit(&["collect"]).arg(self.file("site.yaml")).args(["--offline", "--record"]).arg(&read).output().expect("the program runs");
        assert!(done.status.success(), "{}", text(&done.stderr));
        let (mut evidence, read) = (json_of(&self.file("evidence.json")), json_of(&read));
        for kind in ["compose", "env", "helm_values", "crontab", "watchdog_instances", "records"] {
            for (key, entry) in read[kind].as_object().into_iter().flatten() {
                let recorded = evidence[kind][key]["at"].as_str().unwrap_or("2026-11-21T12:00:00Z").to_owned();
                evidence[kind][key] = entry.clone();
                evidence[kind][key]["at"] = recorded.into();
            }
        }
        fs::write(self.file("evidence.json"), evidence.to_string()).expect("the test's folder can be written");
    }
}

/// A judged example.
struct Judged {
    table: String,
    report: Value,
}

impl Judged {
    fn of(copy: &Copy) -> Self {
        let file = copy.file("run.json");
        let done = copy.checked(&["--as-of", AS_OF, "-o", "table", "-o", &format!("json:{}", file.display())]);
        assert_eq!(done.status.code(), Some(1), "{}", text(&done.stderr));
        Self { table: text(&done.stdout), report: json_of(&file) }
    }

    fn findings(&self) -> &[Value] {
        self.report["findings"].as_array().expect("findings are a list")
    }

    fn finding(&self, check: &str) -> &Value {
        self.findings().iter().find(|finding| finding["check"] == check).unwrap_or_else(|| panic!("{check} was judged"))
    }

    /// The lines between when the site was looked at and the first heading, as one.
    fn headline(&self) -> String {
        let lines = self.table.lines().skip_while(|line| !line.is_empty()).skip_while(|line| line.is_empty()).take_while(|line| !line.is_empty());
        lines.collect::<Vec<_>>().join(" ")
    }
}

#[test]
fn what_the_report_shows() {
    let judged = Judged::of(&Copy::new());
    let score = &judged.report["score"];
    assert!(score["grade"].is_string(), "{score}");
    assert!((50..=75).contains(&score["coverage"].as_u64().expect("a coverage")), "{score}");
    assert!(score["score"].as_u64().expect("a score") < 60, "a critical check fails: {score}");

    let findings = judged.findings();
    let contradicted: Vec<&str> =
        findings.iter().take_while(|finding| finding["contradicted"] == true).filter_map(|finding| finding["check"].as_str()).collect();
    assert_eq!(contradicted, ["restarts.restart-policy", "security.default-credentials"], "contradictions come first");
    assert!(findings.iter().skip(contradicted.len()).all(|finding| finding["contradicted"] == false));

    let has = |what: &str, is: &dyn Fn(&Value) -> bool| assert!(findings.iter().any(is), "the example shows no {what}");
    for verdict in ["pass", "warn", "fail", "unknown", "not-applicable"] {
        has(verdict, &|finding| finding["verdict"] == verdict);
    }
    for basis in ["measured", "documented", "claimed"] {
        has(basis, &|finding| finding["basis"] == basis && finding["verdict"] == "pass");
    }
    has("stale answer", &|finding| finding["stale"] == true && finding["tier"] == "answer");
    has("stale evidence", &|finding| finding["stale"] == true && finding["tier"] == "network");
    has("planned step", &|finding| finding["planned"].is_object() && finding["verdict"] == "fail");
    let waivers: BTreeSet<&str> = judged.report["waivers"].as_array().expect("a list").iter().filter_map(|waiver| waiver["state"].as_str()).collect();
    assert_eq!(waivers, BTreeSet::from(["active", "expired", "unused"]));
    // People are told by their titles.
    assert!(judged.table.contains("Hospital IT assistant said on 20 August 2026") && !judged.table.contains("it said on"), "{}", judged.table);
}

/// Judged before and after one change of one file, which turns the verdict of `check` from fail to pass and no other.
fn repaired(check: &str, change: impl FnOnce(&Copy)) -> (Judged, Judged) {
    let (before, copy) = (Judged::of(&Copy::new()), Copy::new());
    change(&copy);
    copy.read_files_again();
    let after = Judged::of(&copy);
    assert_eq!((&before.finding(check)["verdict"], &after.finding(check)["verdict"]), (&"fail".into(), &"pass".into()), "{check}");
    let others = |judged: &Judged| -> Vec<(Value, Value)> {
        judged.findings().iter().filter(|it| it["check"] != check).map(|it| (it["check"].clone(), it["verdict"].clone())).collect()
    };
    let sorted = |mut list: Vec<(Value, Value)>| {
        list.sort_by_key(|(check, _)| check.to_string());
        list
    };
    assert_eq!(sorted(others(&before)), sorted(others(&after)), "{check} alone was repaired");
    let (was, is) = (&before.report["score"], &after.report["score"]);
    assert!(is["raw"].as_u64() > was["raw"].as_u64() || is["gap"].as_u64() < was["gap"].as_u64(), "{check}: {was} {is}");
    let changed = ["score", "potential", "ceilings"].iter().any(|name| was[name] != is[name]);
    assert!(changed, "{check}: {was} {is}");
    // What holds the score there is told by its title, and no longer once it is mended.
    let title = before.finding(check)["title"].as_str().expect("a title");
    assert!(before.headline().contains(title) && !after.headline().contains(title), "{}\n{}", before.headline(), after.headline());
    assert!(after.headline().starts_with(&format!("{} {}, ", is["score"], is["grade"].as_str().expect("a grade"))), "{}", after.headline());
    (before, after)
}

#[test]
fn the_lost_restart_policy_repaired() {
    let image = "image: public.ecr.aws/medic/cht-couchdb-nouveau:5.2.0\n";
    let (before, after) = repaired("restarts.restart-policy", |copy| copy.change("compose/cht-couchdb.yml", image, &format!("{image}    restart: always\n")));
    assert!(before.table.contains("CONTRADICTED restarts.restart-policy") && !after.table.contains("CONTRADICTED restarts.restart-policy"));
    assert!(before.table.contains("server restarts: nouveau.") && !after.table.contains("server restarts: nouveau."), "{}", after.table);
}

#[test]
fn the_published_password_repaired() {
    let (before, after) = repaired("security.default-credentials", |copy| {
        copy.change(".env", "COUCHDB_PASSWORD=password\n", "COUCHDB_PASSWORD=twiga-harambee-lorry-47-quartz\n");
    });
    assert!(before.table.contains("CONTRADICTED security.default-credentials") && !after.table.contains("CONTRADICTED security.default-credentials"));
}

#[test]
fn a_restore_that_was_tried() {
    let (_, after) =
        repaired("backups.restore-tested", |copy| copy.change("site.yaml", "last_restore: { date: 2025-10-02,", "last_restore: { date: 2026-11-07,"));
    assert!(after.table.contains("documented backups.restore-tested"), "{}", after.table);
}

#[test]
fn the_same_inputs_give_the_same_bytes() {
    let (one, two) = (Copy::new(), Copy::new());
    let judged = [&one, &two].map(|copy| {
        let Judged { table, mut report } = Judged::of(copy);
        let run = report.as_object_mut().and_then(|report| report.remove("run")).expect("a run stanza");
        assert_eq!(run["as_of"], "2026-11-22T20:59:59Z", "the day ends in Nairobi");
        // Order is part of the bytes.
        (table, report.to_string())
    });
    assert_eq!(judged[0], judged[1]);
}

/// No secret of the files, and none of the environment, gets into anything that the program writes.
#[test]
fn no_secret_comes_out() {
    let copy = Copy::new();
    // The shipped password is a word that every report may use.
    copy.change(".env", "COUCHDB_PASSWORD=password\n", "COUCHDB_PASSWORD=changeme\n");
    copy.change(
        "site.yaml",
        "cht: { version: 5.2.0 }",
        "cht: { version: 5.2.0, credentials: { user: { env: CHT_AUDIT_USER }, password: { env: CHT_AUDIT_PASSWORD } } }",
    );
    let mut secrets = vec!["canary-user-7301".to_owned(), "canary-password-7302".to_owned()];
    let env = fs::read_to_string(copy.file(".env")).expect("a file of the example");
    let value = |name: &str| env.lines().find_map(|line| line.strip_prefix(&format!("{name}="))).expect("it is set").to_owned();
    secrets.extend(["COUCHDB_PASSWORD", "COUCHDB_SECRET", "COUCHDB_UUID"].map(value));
    secrets.push("made-up-kifaru-9-lantern".to_owned());
    assert!(fs::read_to_string(copy.file("crontab.txt")).expect("a file of the example").contains(&secrets[5]));

    let run = |words: &[&str]| {
        let mut command = cht_audit(words);
        command.current_dir(copy.dir.path()).env("CHT_AUDIT_USER", &secrets[0]).env("CHT_AUDIT_PASSWORD", &secrets[1]);
        command.output().expect("the program runs")
    };
    let mut told = String::new();
    let mut tell = |done: &Output| told.push_str(&(text(&done.stdout) + &text(&done.stderr)));
    tell(&run(&["validate", "site.yaml"]));
    tell(&run(&["collect", "site.yaml", "--offline"]));
    tell(&run(&["collect", "site.yaml", "--dry-run"]));
    tell(&run(&["check", "site.yaml", "--offline", "--record", "again.json", "-o", "table", "-o", "json:first.json"]));
    copy.read_files_again();
    let judged =
        run(&["check", "site.yaml", "--evidence", "evidence.json", "--as-of", AS_OF, "-o", "table", "-o", "json:judged.json", "-o", "markdown:judged.md"]);
    tell(&judged);
    assert!(text(&judged.stdout).contains("CONTRADICTED security.default-credentials"), "the secrets were read");
    // Mistakes beside the secrets: what is quoted of a file is not they.
    copy.change(".env", "COUCHDB_UUID", "=COUCHDB_UUID");
    copy.change("crontab.txt", "0 3 * * 1 cd", "0 3 * * cd");
    copy.change("site.yaml", "cht: { version: 5.2.0", "cht: { versoin: 5.2.0");
    tell(&run(&["validate", "site.yaml"]));
    copy.change("site.yaml", "cht: { versoin: 5.2.0", "cht: { version: 5.2.0");
    tell(&run(&["check", "site.yaml", "--offline", "-o", "table", "-o", "json:spoilt.json"]));
    for file in ["first.json", "judged.json", "judged.md", "spoilt.json", "again.json"] {
        told.push_str(&fs::read_to_string(copy.file(file)).expect("it was written"));
    }
    told.push_str(&fs::read_to_string(example("evidence.json")).expect("it is shipped"));
    for secret in secrets {
        assert!(!told.contains(&secret), "{secret} came out");
    }
}

#[test]
fn every_description_under_examples_can_be_used() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let folders = [root.clone(), root.join("facility"), root.join("cloud")];
    let files = folders.iter().flat_map(|folder| fs::read_dir(folder).expect("a folder")).map(|entry| entry.expect("an entry").path());
    let is_site = |file: &PathBuf| file.extension().is_some_and(|it| it == "yaml") && file.file_name().is_some_and(|it| it != "values.yaml");
    let sites: Vec<PathBuf> = files.filter(is_site).collect();
    assert!(sites.len() >= 4, "{sites:?}");
    for site in sites {
        let done = cht_audit(&["validate"]).arg(&site).output().expect("the program runs");
        assert!(done.status.success(), "{}: {}", site.display(), text(&done.stderr));
        assert!(text(&done.stdout).contains("0 warnings"), "{}: {}", site.display(), text(&done.stderr));
    }
}
