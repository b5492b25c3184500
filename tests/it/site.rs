//! Descriptions: what is refused, and how that is said.

use std::{collections::BTreeMap, fs, path::Path};

use cht_audit::site::{KnownChecks, Level, Loaded, Options, Problem, Refused, Unit, load};

fn known() -> KnownChecks {
    let one = |name: &str, unit| BTreeMap::from([(name.to_owned(), unit)]);
    KnownChecks(BTreeMap::from([
        ("backups.age".to_owned(), one("pass", Unit::Duration)),
        ("scale.users".to_owned(), one("warn", Unit::Count)),
        ("scale.disk".to_owned(), one("warn", Unit::Percent)),
        ("restarts.ups".to_owned(), BTreeMap::new()),
        ("disaster-recovery.exercise".to_owned(), BTreeMap::new()),
        ("privacy.breach-plan".to_owned(), BTreeMap::new()),
    ]))
}

fn options() -> Options {
    Options { roots: Vec::new(), allow_env: Vec::new(), as_of: "2026-11-22T12:00:00Z".parse().unwrap() }
}

fn load_text(text: impl AsRef<[u8]>) -> Result<Loaded, Refused> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("site.yaml"), text).unwrap();
    let mut result = load(&folder.path().join("site.yaml"), &options(), &known());
    // As if it had been run from the folder.
    let shorten = |problem: &mut Problem| problem.file = problem.file.replace(&format!("{}/", folder.path().display()), "");
    match &mut result {
        Ok(loaded) => loaded.warnings.iter_mut().for_each(shorten),
        Err(refused) => refused.problems.iter_mut().for_each(shorten),
    }
    result
}

fn rendered(problems: &[Problem]) -> String {
    problems.iter().map(|problem| problem.render(false)).collect::<Vec<_>>().join("\n\n")
}

#[test]
fn look() {
    let text = "name: Kisumu\nurl: https://user:hunter2@cht.example.org\nkind: colud\nreviewed: { date: 2026-02-30, by: ict }\nbackups:\n  copies:\n    - { id: nas, kind: restic, evry: 4 hrs, km: \"6\", password: hunter2 }\nbakups: {}\nwaivers:\n  - { check: restart.ups, until: 2027-06-30 }\nfiles: { env: ../x.env }\nalerting:\n  last_test: { date: 2027-01-01 }\n  monitors:\n    - kind: x\n      token: |\n        hunter2\n      grafana: http://169.254.169.254/\n";
    println!("{}", rendered(&load_text(text).unwrap_err().problems));
    println!("{}", rendered(&load_text("name: x\n password: hunter2: y\nurl: a").unwrap_err().problems));
    println!("{}", load_text(text).unwrap_err().problems[0].render(true));
}

#[test]
fn the_examples_load_without_a_warning() {
    for name in ["minimal.yaml", "full.yaml"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name);
        let loaded = load(&path, &options(), &known()).map_err(|refused| rendered(&refused.problems)).unwrap();
        assert_eq!(rendered(&loaded.warnings), "", "{name}");
    }
}
