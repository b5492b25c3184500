//! `examples/cloud`: what its report shows, and what it shows no longer once it is mended.

use serde_json::Value;

use super::{AS_OF, Copy, Judged, cht_audit, example_of, text};

const FOLDER: &str = "cloud";

#[test]
fn what_the_report_shows() {
    let judged = Judged::of(&Copy::of(FOLDER));
    let score = &judged.report["score"];
    assert!(score["grade"].is_string() && score["score"] == 59, "a critical check fails: {score}");
    let contradicted: Vec<&Value> = judged.findings().iter().filter(|finding| finding["contradicted"] == true).map(|finding| &finding["check"]).collect();
    assert_eq!(contradicted, ["security.exposed-ports", "security.secret-quality"]);
    for (check, verdict, basis, message) in [
        ("security.exposed-ports", "fail", "documented", "service"),
        ("security.secret-quality", "fail", "documented", "published"),
        ("security.default-credentials", "pass", "documented", "pass"),
        ("restarts.k8s-safety", "warn", "documented", "tied"),
        ("backups.vm-or-pv-policy", "pass", "documented", "yes"),
        ("updates.image-skew", "warn", "documented", "values-differ"),
        ("disaster-recovery.rebuild-from-scratch", "warn", "documented", "development"),
        ("disaster-recovery.version-pinned", "pass", "measured", "same"),
        ("renewals.tls-automation", "fail", "documented", "uploaded"),
        ("renewals.mode-consistent", "pass", "measured", "pass"),
    ] {
        let finding = judged.finding(check);
        assert_eq!((&finding["verdict"], &finding["basis"], &finding["message_id"]), (&verdict.into(), &basis.into(), &format!("{check}.{message}").into()));
    }
    // What belongs to Docker, or to a building of one's own, does not arise.
    for check in ["restarts.restart-policy", "restarts.version-restart-bug", "restarts.ups", "security.env-permissions", "renewals.tls-reload"] {
        assert_eq!(judged.finding(check)["verdict"], "not-applicable", "{check}");
    }
    assert_eq!(judged.finding("renewals.tls-automation")["waiver"]["state"], "active");
}

/// Mends one thing in the values, which turns the verdict of `check` and no other.
fn mended(check: &str, from: &str, to: &str) -> (Judged, Judged) {
    let copy = Copy::of(FOLDER);
    copy.change("values.yaml", from, to);
    copy.read_files_again();
    let (before, after) = (Judged::of(&Copy::of(FOLDER)), Judged::of(&copy));
    let verdicts = |judged: &Judged| {
        let mut all: Vec<String> = judged.findings().iter().map(|it| format!("{} {}", it["check"], it["verdict"])).collect();
        all.retain(|line| !line.contains(check));
        all.sort();
        all
    };
    assert_eq!(verdicts(&before), verdicts(&after), "{check} alone was mended");
    assert_ne!(before.finding(check)["verdict"], after.finding(check)["verdict"], "{check}");
    (before, after)
}

#[test]
fn the_published_secret_replaced() {
    let (_, after) = mended("security.secret-quality", "f9053a0a-ef77-4be3-994d-87d6732600fd", "9d0e6f5c-3b1a-4f43-8b55-0f5b2f0c7a11");
    assert_eq!(after.finding("security.secret-quality")["verdict"], "pass");
}

#[test]
fn the_api_taken_from_the_internet() {
    let (before, after) = mended("security.exposed-ports", "  service: { type: LoadBalancer }", "  service: { type: ClusterIP }");
    // A file that opens no door leaves the word of the description standing; it shows no more than that.
    let finding = after.finding("security.exposed-ports");
    assert_eq!((&finding["verdict"], &finding["basis"]), (&"pass".into(), &"claimed".into()));
    assert!(after.report["score"]["score"].as_u64() > before.report["score"]["score"].as_u64(), "{}", after.report["score"]);
}

#[test]
fn the_version_that_was_forgotten() {
    let (_, after) = mended("updates.image-skew", "chtversion: 5.1.1", "chtversion: 5.2.0");
    assert_eq!(after.finding("updates.image-skew")["message_id"], "updates.image-skew.one-tag");
}

#[test]
fn the_cloud_of_the_developers_left() {
    let copy = Copy::of(FOLDER);
    copy.change("values.yaml", "Z3304WUAJTCM7P", "Z0000000PWANI");
    copy.change("values.yaml", "groupname: dev-cht-alb", "groupname: pwani");
    copy.read_files_again();
    assert_eq!(Judged::of(&copy).finding("disaster-recovery.rebuild-from-scratch")["message_id"], "disaster-recovery.rebuild-from-scratch.kept");
}

#[test]
fn no_secret_comes_out() {
    let copy = Copy::of(FOLDER);
    let values = std::fs::read_to_string(copy.file("values.yaml")).expect("a file of the example");
    let value = |key: &str| values.lines().find_map(|line| line.trim().strip_prefix(key)?.split_whitespace().next()).expect("it is set").to_owned();
    let secrets = ["password: ", "secret: ", "uuid: "].map(value);
    let mut told = std::fs::read_to_string(example_of(FOLDER, "evidence.json")).expect("it is shipped");
    for words in [&["--offline"][..], &["--offline", "--tier", "files"], &["--dry-run"], &["--evidence", "evidence.json", "--as-of", AS_OF]] {
        for format in ["table", "json"] {
            let done = cht_audit(&["check", "site.yaml", "-o", format]).args(words).current_dir(copy.dir.path()).output().expect("the program runs");
            told += &(text(&done.stdout) + &text(&done.stderr));
        }
    }
    assert!(told.contains("READ   values.yaml"), "the file is told of before it is read");
    for secret in secrets {
        assert!(secret.len() > 20 && !told.contains(&secret), "{secret} came out");
    }
}
