//! Folder = row = definition = texts = guide = cases, both ways, so that nothing can be added by half.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use cht_audit::{
    catalogue::CheckDef,
    checks::{self, COMMON_MESSAGES, CONSIDERATIONS},
    embedded,
    finding::{Basis, Severity, Tier},
    knowledge::Knowledge,
    yaml,
};
use serde_yaml::Value;

fn folder(consideration: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("checks").join(consideration)
}

fn file_names(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8")).collect()
}

/// The texts of one message of a consideration, as `attributes` reads them.
pub(crate) fn texts_of<'a>(texts: &'a BTreeMap<String, BTreeMap<String, String>>, consideration: &str, message: &str) -> &'a BTreeMap<String, String> {
    texts.get(message).unwrap_or_else(|| panic!("{consideration}.{message}: no message in checks/{consideration}/en.ftl"))
}

/// The attributes of each message of a Fluent file, by message.
pub(crate) fn attributes(ftl: &str) -> BTreeMap<String, BTreeMap<String, String>> {
    let mut messages: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    let (mut message, mut attribute) = (String::new(), String::new());
    for line in ftl.lines().filter(|line| !line.starts_with('#')) {
        if let Some((name, _)) = line.split_once('=').filter(|_| !line.starts_with([' ', '}'])) {
            name.trim().clone_into(&mut message);
            assert!(messages.insert(message.clone(), BTreeMap::new()).is_none(), "{message} is written twice");
        } else if let Some((name, text)) = line.trim_start().strip_prefix('.').and_then(|rest| rest.split_once('=')) {
            name.trim().clone_into(&mut attribute);
            let known = messages.get_mut(&message).expect("an attribute follows its message").insert(attribute.clone(), text.trim().to_owned());
            assert!(known.is_none(), "{message}.{attribute} is written twice");
        } else if !line.trim().is_empty() {
            let text = messages.get_mut(&message).and_then(|attributes| attributes.get_mut(&attribute)).expect("a text goes on");
            text.push(' ');
            text.push_str(line.trim());
        }
    }
    messages
}

#[test]
fn every_folder_is_a_consideration_and_back() {
    let folders: BTreeSet<String> = file_names(&folder("")).into_iter().filter(|name| folder(name).is_dir() && name != "knowledge").collect();
    let rows: BTreeSet<String> = CONSIDERATIONS.iter().map(|it| it.id.to_owned()).collect();
    assert_eq!(folders, rows);
}

#[test]
fn rows_definitions_texts_guides_and_cases_name_the_same_checks() {
    let catalogue = embedded::catalogue().expect("the catalogue");
    for consideration in CONSIDERATIONS {
        let rows: Vec<&str> = consideration.checks.iter().map(|check| check.id).collect();
        let defined: Vec<String> =
            catalogue.considerations.iter().filter(|it| it.id == consideration.id).flat_map(|it| it.checks.iter().map(|check| check.id.clone())).collect();
        assert_eq!(rows, defined, "rows and checks.yaml of {}", consideration.id);
        let guide: Vec<&str> = consideration.guide.lines().filter_map(|line| line.strip_prefix("## ")).collect();
        assert_eq!(rows, guide, "rows and guide of {}", consideration.id);
        let short = |id: &str| id.split_once('.').map_or_else(String::new, |(_, name)| name.to_owned());
        let mut expected: BTreeSet<String> = rows.iter().map(|id| short(id)).collect();
        let cases = file_names(&folder(consideration.id).join("cases")).into_iter().map(|name| name.trim_end_matches(".yaml").to_owned()).collect();
        assert_eq!(expected, cases, "rows and cases of {}", consideration.id);
        expected.insert("consideration".to_owned());
        let texts = attributes(consideration.texts).into_keys().collect();
        assert_eq!(expected, texts, "rows and texts of {}", consideration.id);
    }
}

#[test]
fn a_check_has_exactly_the_messages_of_its_row() {
    for consideration in CONSIDERATIONS {
        let texts = attributes(consideration.texts);
        for check in consideration.checks {
            let own = check.id.split_once('.').map_or("", |(_, name)| name);
            let expected: BTreeSet<&str> =
                ["title", "question", "why", "remedy"].into_iter().chain(COMMON_MESSAGES.iter().copied()).chain(check.messages.iter().copied()).collect();
            let found: BTreeSet<&str> = texts_of(&texts, consideration.id, own).keys().map(String::as_str).collect();
            assert_eq!(expected, found, "{}", check.id);
        }
    }
}

#[test]
fn a_check_reads_exactly_the_limits_of_its_definition() {
    let catalogue = embedded::catalogue().expect("the catalogue");
    for check in checks::all() {
        let definition = catalogue.check(check.id).expect("a definition");
        let defined: BTreeSet<&str> = definition.thresholds.keys().map(String::as_str).collect();
        let params: BTreeSet<&str> = check.params.iter().copied().collect();
        assert_eq!(defined, params, "{}", check.id);
        for (name, threshold) in &definition.thresholds {
            assert!(!threshold.source.is_empty(), "{}: {name} has no source", check.id);
        }
    }
}

/// What is kept of an environment file by value has a judge that reads it: `"NAME"` stands in the code of one.
#[test]
fn no_variable_is_kept_by_value_for_nothing() {
    fn code(folder: &Path) -> String {
        let read = |path: std::path::PathBuf| if path.is_dir() { code(&path) } else { fs::read_to_string(&path).expect("code") };
        fs::read_dir(folder).expect("a folder").map(|entry| read(entry.expect("an entry").path())).collect()
    }
    let judges = code(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/checks"));
    for name in &Knowledge::embedded().expect("knowledge").defaults.plain {
        assert!(judges.contains(&format!("\"{name}\"")), "no judge reads {name}: take it out of checks/knowledge/defaults.yaml");
        assert!(!name.contains("USER"), "{name}: no name of a user is kept");
    }
}

#[test]
fn the_table_of_the_readme_agrees_with_the_catalogue() {
    let rows = include_str!("../../README.md").lines().skip_while(|line| *line != "| consideration | weight | checks |").skip(2);
    let told: Vec<&str> = rows.take_while(|line| line.starts_with('|')).collect();
    let catalogue = embedded::catalogue().expect("the catalogue");
    let expected = CONSIDERATIONS.iter().map(|consideration| {
        let texts = attributes(consideration.texts);
        let title = &texts_of(&texts, consideration.id, "consideration")["title"];
        let weight = catalogue.considerations.iter().find(|it| it.id == consideration.id).expect("a definition").weight;
        format!("| {title} (`{}`) | {weight} | {} |", consideration.id, consideration.checks.len())
    });
    assert_eq!(told, expected.collect::<Vec<_>>());
}

/// The twelve of `scoring.md`, and no more.
const CRITICAL: &[&str] = &[
    "restarts.restart-policy",
    "restarts.docker-enabled",
    "backups.age",
    "backups.offsite-1",
    "backups.restore-tested",
    "renewals.tls-trusted",
    "renewals.tls-expiry",
    "security.disk-encryption",
    "security.exposed-ports",
    "security.couchdb-anonymous",
    "security.default-credentials",
    "alerting.delivery-proof",
];

#[test]
fn definitions_make_sense() {
    let catalogue = embedded::catalogue().expect("the catalogue");
    let all: Vec<&CheckDef> = catalogue.considerations.iter().flat_map(|it| &it.checks).collect();
    for check in &all {
        assert_eq!(check.severity == Severity::Critical, CRITICAL.contains(&check.id.as_str()), "{}: critical is kept for twelve", check.id);
        assert!(check.best >= Basis::Documented, "{}: the best rung is documented or measured", check.id);
        let measurable = check.tiers.iter().any(|tier| !matches!(tier, Tier::Answer | Tier::Files));
        assert!(check.best < Basis::Measured || measurable, "{}: nothing measures it", check.id);
        assert!(check.tiers.contains(&Tier::Answer), "{}: any check can be answered", check.id);
        assert!(!check.references.is_empty(), "{} has no reference", check.id);
    }
}

#[test]
fn guides_are_short() {
    for consideration in CONSIDERATIONS {
        for section in consideration.guide.split("\n## ").skip(1) {
            let lines = section.lines().skip(1).filter(|line| !line.trim().is_empty()).count();
            assert!(lines <= 10, "{}: {lines} lines", section.lines().next().unwrap_or_default());
        }
    }
}

/// Outcomes that need neither a number nor a name nor a date: `unknown` names the access instead.
const WITHOUT_ARGUMENTS: &[&str] = &["title", "question", "why", "remedy", "unknown"];

/// Outcomes that are about the whole site and carry their weight in words.
const EXCEPTIONS: &[&str] = &[];

#[test]
fn no_two_checks_share_a_sentence_and_outcomes_are_specific() {
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    for consideration in CONSIDERATIONS {
        for (message, attributes) in attributes(consideration.texts).into_iter().filter(|(message, _)| message != "consideration") {
            for (attribute, text) in attributes {
                let id = format!("{}.{message}.{attribute}", consideration.id);
                assert!(!text.is_empty(), "{id} is empty");
                let specific = text.contains('$') || WITHOUT_ARGUMENTS.contains(&attribute.as_str()) || EXCEPTIONS.contains(&id.as_str());
                assert!(specific, "{id} carries no number, name or date");
                if let Some(other) = seen.insert(text, id.clone()) {
                    panic!("{id} and {other} are the same sentence");
                }
            }
        }
    }
}

/// What every sentence of one kind has in common: whoever has read one knows where to look in the next.
#[test]
fn sentences_of_one_kind_are_built_alike() {
    let mut faults = Vec::new();
    for consideration in CONSIDERATIONS {
        for (message, attributes) in attributes(consideration.texts).into_iter().filter(|(message, _)| message != "consideration") {
            for (attribute, text) in attributes {
                let id = format!("{}.{message}.{attribute}", consideration.id);
                let words: Vec<String> = text.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase).collect();
                let kind = match attribute.as_str() {
                    "title" => !text.ends_with(['.', '?']),
                    "question" => text.ends_with('?'),
                    "yes" | "partly" | "no" => text.starts_with("{ $by } said on { $date } that "),
                    "unknown" => text.contains(" is not known. ") && text.contains("settle"),
                    _ => true,
                };
                let rules = [
                    (attribute == "title" || text.ends_with(['.', '?', '}']), "does not end"),
                    (text.split(". ").count() <= 2, "is longer than two sentences"),
                    (kind, "is not built as its kind is"),
                    // No check can keep such a promise.
                    (!words.iter().any(|word| matches!(word.as_str(), "compliant" | "safe" | "safely" | "securely")), "promises too much"),
                ];
                faults.extend(rules.into_iter().filter(|(holds, _)| !holds).map(|(_, fault)| format!("{id} {fault}: {text}")));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

/// What this version cannot do: nobody is sent after it. Whoever builds an access takes its words out here.
const NOT_BUILT: &[&str] = &["collect on the host", "look at the server itself", "token for", "CHT login", "login for", "the cluster"];

#[test]
fn what_would_settle_a_check_can_be_had_today() {
    for consideration in CONSIDERATIONS {
        for (message, attributes) in attributes(consideration.texts) {
            let Some(text) = attributes.get("unknown") else { continue };
            let id = format!("{}.{message}", consideration.id);
            assert_eq!(NOT_BUILT.iter().find(|words| text.contains(**words)), None, "{id}: {text}");
            for named in text.split("answers: ").skip(1) {
                assert_eq!(named.split('"').next(), Some(id.as_str()), "{id} names the answer to another check");
            }
        }
    }
}

/// What is built in is read without the guard that a stranger's text goes through: it would stop nothing there, and keys that
/// are written twice show here.
#[test]
fn what_is_built_in_stands_before_the_guard_too() {
    let root = folder("");
    let definitions = CONSIDERATIONS.iter().map(|it| root.join(it.id).join("checks.yaml"));
    let knowledge = file_names(&root.join("knowledge")).into_iter().map(|name| root.join("knowledge").join(name));
    for file in definitions.chain(knowledge) {
        let text = fs::read_to_string(&file).expect("a file of the catalogue");
        let (quick, guarded) = (yaml::embedded::<Value>(&text).expect("YAML"), yaml::given::<Value>(&text).expect("YAML without mistakes"));
        assert_eq!(quick, guarded, "{}", file.display());
    }
}
