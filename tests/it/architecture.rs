//! Who may use whom: the table of the design, held against the sources. A judge cannot reach the network, a file or the
//! clock, and nobody but the ladder says that a check passes.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// What touches the world outside of the arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Power {
    /// `std::fs`.
    Files,
    /// Sockets of `std::net`; addresses are plain data.
    Network,
    /// `std::env`.
    Environment,
    /// The current moment.
    Clock,
    /// Standard input, output and error.
    Terminal,
    /// Threads and child processes.
    Processes,
}

/// One row: a module (or a deeper path of it, which wins), and all that it may use.
struct Row {
    module: &'static str,
    /// Modules of ours, beside itself.
    ours: &'static [&'static str],
    /// Crates beside the standard library.
    crates: &'static [&'static str],
    powers: &'static [Power],
}

const DATA: &[&str] = &["jiff", "schemars", "serde"];
/// What both kinds of probe may use.
const NETWORK: &[&str] = &[
    "cookie",
    "der",
    "flate2",
    "futures_util",
    "hickory_resolver",
    "http_body_util",
    "hyper",
    "hyper_util",
    "jiff",
    "reqwest",
    "ring",
    "rustls",
    "rustls_native_certs",
    "serde_json",
    "sysinfo",
    "tokio",
    "tokio_rustls",
    "webpki",
    "webpki_roots",
    "x509_ocsp",
    "x509_parser",
];

const TABLE: &[Row] = &[
    // Words that all share.
    Row { module: "finding", ours: &[], crates: DATA, powers: &[] },
    Row { module: "span", ours: &[], crates: &["serde"], powers: &[] },
    Row { module: "version", ours: &[], crates: &["thiserror"], powers: &[] },
    Row { module: "domain", ours: &[], crates: &["psl"], powers: &[] },
    Row { module: "hash", ours: &[], crates: &["ring"], powers: &[] },
    Row { module: "evidence", ours: &["finding"], crates: DATA, powers: &[] },
    // The description, and what is embedded.
    Row { module: "yaml", ours: &[], crates: &["granit_parser", "serde", "serde_saphyr", "serde_yaml"], powers: &[] },
    Row {
        module: "site",
        ours: &["yaml", "evidence", "finding", "span"],
        crates: &["annotate_snippets", "iso3166", "jiff", "schemars", "serde", "serde_json", "strsim"],
        powers: &[],
    },
    Row { module: "site::load", ours: &["yaml", "evidence", "finding", "span"], crates: &["jiff", "serde", "serde_json"], powers: &[Power::Files] },
    Row { module: "catalogue", ours: &["yaml", "finding", "span"], crates: &["serde", "thiserror"], powers: &[] },
    Row { module: "knowledge", ours: &["yaml", "finding", "span"], crates: &["jiff", "serde", "thiserror"], powers: &[] },
    Row { module: "texts", ours: &["finding", "span"], crates: &["fluent_bundle", "jiff", "serde_json", "thiserror"], powers: &[] },
    Row { module: "embedded", ours: &["catalogue", "checks", "texts", "hash"], crates: &["ring"], powers: &[] },
    // Looking and judging, apart.
    Row {
        module: "checks",
        ours: &["site", "evidence", "catalogue", "knowledge", "finding", "span", "domain", "hash", "version"],
        crates: &["jiff"],
        powers: &[],
    },
    Row { module: "checks::settle", ours: &["catalogue", "finding"], crates: &["jiff"], powers: &[] },
    Row { module: "plan", ours: &["site", "evidence", "checks", "knowledge", "finding"], crates: &[], powers: &[] },
    Row { module: "probe", ours: &["evidence", "finding", "hash", "domain", "span"], crates: NETWORK, powers: &[Power::Files, Power::Network, Power::Clock] },
    Row { module: "probe::files", ours: &["evidence", "finding", "hash", "span", "yaml"], crates: &["jiff", "ring"], powers: &[Power::Files] },
    // From findings to bytes.
    Row { module: "score", ours: &["finding", "catalogue"], crates: &["schemars", "serde"], powers: &[] },
    Row { module: "trouble", ours: &["finding", "score", "catalogue"], crates: &["schemars", "serde"], powers: &[] },
    Row { module: "report", ours: &["finding", "score", "catalogue", "texts", "trouble", "diff"], crates: DATA, powers: &[] },
    // A difference is between two reports; a run that is held against a baseline carries one.
    Row { module: "diff", ours: &["finding", "score", "report"], crates: DATA, powers: &[] },
    Row { module: "explain", ours: &["finding", "score", "catalogue", "texts", "span"], crates: &["serde", "serde_json"], powers: &[] },
    // A report is made of findings and scores.
    Row {
        module: "render",
        ours: &["report", "texts", "finding", "score", "trouble", "diff"],
        crates: &["anstyle", "comfy_table", "csv", "jiff", "serde", "serde_json"],
        powers: &[],
    },
    // The command line ties them together; the clock, the environment and the terminal are handed to it.
    Row {
        module: "cli",
        ours: &[
            "catalogue",
            "checks",
            "diff",
            "embedded",
            "evidence",
            "explain",
            "finding",
            "knowledge",
            "plan",
            "probe",
            "render",
            "report",
            "site",
            "span",
            "texts",
        ],
        crates: &["clap", "clap_complete", "jiff", "rustls", "schemars", "serde", "serde_json", "strsim", "tokio"],
        powers: &[],
    },
    Row {
        module: "cli::files",
        ours: &["diff", "embedded", "evidence", "probe", "render", "report", "texts"],
        crates: &["rustls", "serde", "serde_json"],
        powers: &[Power::Files],
    },
    Row { module: "cli::manual", ours: &[], crates: &["clap", "clap_complete", "clap_mangen"], powers: &[Power::Files] },
    Row {
        module: "main",
        ours: &["cli"],
        crates: &["anstream", "anyhow", "clap", "jiff", "rustls", "supports_hyperlinks", "terminal_size", "tokio"],
        powers: &[Power::Environment, Power::Clock, Power::Terminal, Power::Processes],
    },
    Row { module: "lib", ours: &[], crates: &[], powers: &[] },
];

// Reading sources.

/// The words and marks of a source: no comments, no texts, no unit tests.
fn tokens(source: &str) -> Vec<String> {
    let chars: Vec<char> = source.chars().collect();
    let (mut tokens, mut i) = (Vec::<String>::new(), 0);
    let at = |i: usize| chars.get(i).copied().unwrap_or(' ');
    while i < chars.len() {
        let c = chars[i];
        if c.is_whitespace() {
            i += 1;
        } else if c == '/' && at(i + 1) == '/' {
            i += chars[i..].iter().take_while(|c| **c != '\n').count();
        } else if c == 'r' && (at(i + 1) == '"' || (at(i + 1) == '#' && matches!(at(i + 2), '"' | '#'))) {
            let hashes = chars[i + 1..].iter().take_while(|c| **c == '#').count();
            let end: Vec<char> = std::iter::once('"').chain(std::iter::repeat_n('#', hashes)).collect();
            let start = i + 2 + hashes;
            i = (start..chars.len()).find(|from| chars[*from..].starts_with(&end)).map_or(chars.len(), |from| from + end.len());
            tokens.push("\"\"".to_owned());
        } else if c == '"' {
            i += 1;
            while i < chars.len() && chars[i] != '"' {
                i += if chars[i] == '\\' { 2 } else { 1 };
            }
            i += 1;
            tokens.push("\"\"".to_owned());
        } else if c == '\'' && (at(i + 1) == '\\' || at(i + 2) == '\'') {
            // A character; what else begins with the mark is a lifetime.
            i += if at(i + 1) == '\\' { 3 } else { 2 };
            while i < chars.len() && chars[i] != '\'' {
                i += 1;
            }
            i += 1;
            tokens.push("''".to_owned());
        } else if c.is_alphanumeric() || c == '_' {
            let word: String = chars[i..].iter().take_while(|c| c.is_alphanumeric() || **c == '_').collect();
            i += word.chars().count();
            tokens.push(word);
        } else {
            let pair: String = [c, at(i + 1)].iter().collect();
            let long = ["::", "=>", "->", "==", "!=", "<=", ">=", "..", "&&", "||"].contains(&pair.as_str());
            i += if long { 2 } else { 1 };
            tokens.push(if long { pair } else { c.to_string() });
        }
    }
    without_tests(tokens)
}

/// Cuts `#[cfg(test)] mod … { … }` out.
fn without_tests(tokens: Vec<String>) -> Vec<String> {
    let mark = ["#", "[", "cfg", "(", "test", ")", "]", "mod"];
    let Some(start) = tokens.windows(mark.len()).position(|window| window == mark) else { return tokens };
    let open = start + mark.len() + 1;
    let end = closing(&tokens, open).map_or(tokens.len(), |close| close + 1);
    [&tokens[..start], &tokens[end..]].concat()
}

/// The mark that closes the one at `open`.
fn closing(tokens: &[String], open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (i, token) in tokens.iter().enumerate().skip(open) {
        match token.as_str() {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" if depth <= 1 => return Some(i),
            ")" | "]" | "}" => depth -= 1,
            _ => {}
        }
    }
    None
}

/// Every path, imports spelled out: `use a::{b, c::d}` is `a::b` and `a::c::d`. `super` and `self` are those of `module`.
fn paths(tokens: &[String], module: &[String]) -> BTreeSet<Vec<String>> {
    let mut found = BTreeSet::new();
    let mut i = 0;
    while i < tokens.len() {
        let starts = is_word(&tokens[i]) && tokens.get(i + 1).is_some_and(|next| next == "::") && (i == 0 || tokens[i - 1] != "::");
        if starts {
            let mut each = Vec::new();
            i = tree(tokens, i, &mut Vec::new(), &mut each);
            found.extend(each.into_iter().map(|path| resolved(path, module)));
        } else {
            i += 1;
        }
    }
    found
}

fn is_word(token: &str) -> bool {
    token.chars().next().is_some_and(|c| c.is_alphabetic() || c == '_')
}

/// Follows one path or import tree from `i`; gives the index after it.
fn tree(tokens: &[String], mut i: usize, prefix: &mut Vec<String>, found: &mut Vec<Vec<String>>) -> usize {
    let depth = prefix.len();
    loop {
        let token = tokens.get(i).map_or("", String::as_str);
        if token == "{" {
            i += 1;
            while tokens.get(i).is_some_and(|token| token != "}") {
                i = tree(tokens, i, prefix, found).max(i + 1);
                i += usize::from(tokens.get(i).is_some_and(|token| token == ","));
            }
            prefix.truncate(depth);
            return i + 1;
        }
        if is_word(token) || token == "*" {
            prefix.push(token.to_owned());
            i += 1;
        }
        let goes_on = tokens.get(i).is_some_and(|token| token == "::") && tokens.get(i + 1).is_some_and(|next| is_word(next) || next == "{" || next == "*");
        if !goes_on {
            found.push(prefix.clone());
            prefix.truncate(depth);
            return i;
        }
        i += 1;
    }
}

/// A path from the root of the crate where it begins with `crate`, `self` or `super`.
fn resolved(path: Vec<String>, module: &[String]) -> Vec<String> {
    let ups = path.iter().take_while(|part| *part == "super").count();
    let base = match path[0].as_str() {
        "super" => &module[..module.len().saturating_sub(ups)],
        "self" => module,
        _ => return path,
    };
    let rest = path.into_iter().skip_while(|part| part == "super" || part == "self");
    std::iter::once("crate".to_owned()).chain(base.iter().cloned()).chain(rest).collect()
}

/// What a path reaches out to.
fn power(path: &[String]) -> Option<Power> {
    let parts: Vec<&str> = path.iter().map(String::as_str).collect();
    match parts.as_slice() {
        ["std", "fs", ..] => Some(Power::Files),
        ["std", "net", "TcpStream" | "TcpListener" | "UdpSocket" | "ToSocketAddrs" | "*", ..] | ["std", "os", ..] => Some(Power::Network),
        ["std", "env", ..] => Some(Power::Environment),
        ["std", "time", "Instant" | "SystemTime" | "*", ..] | [.., "Timestamp" | "Zoned" | "Instant" | "SystemTime", "now"] => Some(Power::Clock),
        ["std", "io", "stdin" | "stdout" | "stderr" | "*", ..] | ["io", "stdin" | "stdout" | "stderr", ..] => Some(Power::Terminal),
        ["std", "process" | "thread", ..] => Some(Power::Processes),
        _ => None,
    }
}

/// What a source of a module uses that its row does not allow.
fn forbidden(source: &str, module: &[String], row: &Row, externals: &[String]) -> Vec<String> {
    let mut wrong = Vec::new();
    for path in paths(&tokens(source), module) {
        let first = path[0].as_str();
        let ours = matches!(first, "crate" | "cht_audit").then(|| path.get(1).map_or("*", String::as_str));
        if ours.is_some_and(|used| used != module[0] && !row.ours.contains(&used)) || externals.iter().any(|it| it == first) && !row.crates.contains(&first) {
            wrong.push(path.join("::"));
        }
        if power(&path).is_some_and(|power| !row.powers.contains(&power)) {
            wrong.push(format!("{} ({:?})", path.join("::"), power(&path)));
        }
    }
    wrong
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every source with its module path.
fn sources(folder: &Path, module: &[String], found: &mut Vec<(PathBuf, Vec<String>)>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_stem().and_then(|name| name.to_str()).expect("a name").to_owned();
        let inner = || module.iter().cloned().chain([name.clone()]).collect::<Vec<_>>();
        if path.is_dir() {
            sources(&path, &inner(), found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            // A folder's own file is the folder.
            found.push((path.clone(), if name == "mod" { module.to_vec() } else { inner() }));
        }
    }
}

fn all_sources() -> Vec<(PathBuf, Vec<String>)> {
    let mut found = Vec::new();
    sources(&root().join("src"), &[], &mut found);
    found
}

/// The crates that the package depends on, as code spells them.
fn externals() -> Vec<String> {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).expect("the manifest");
    let section = manifest.split("\n[dependencies]\n").nth(1).and_then(|rest| rest.split("\n[").next()).expect("dependencies");
    section.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('=')).map(|(name, _)| name.trim().replace('-', "_")).collect()
}

/// The row of the deepest path that the module lies under.
fn row_of(module: &[String]) -> Option<&'static Row> {
    let name = module.join("::");
    let under = |row: &&Row| name == row.module || name.starts_with(&format!("{}::", row.module));
    TABLE.iter().filter(under).max_by_key(|row| row.module.len())
}

#[test]
fn every_module_uses_only_what_its_row_allows() {
    let externals = externals();
    assert!(externals.contains(&"tokio_rustls".to_owned()) && externals.len() > 25, "{externals:?}");
    let mut wrong = Vec::new();
    for (path, module) in all_sources() {
        let row = row_of(&module).unwrap_or_else(|| panic!("{} has no row in the table", module.join("::")));
        let source = fs::read_to_string(&path).expect("a source");
        wrong.extend(forbidden(&source, &module, row, &externals).into_iter().map(|what| format!("{}: {what}", module.join("::"))));
    }
    assert!(wrong.is_empty(), "used against the table:\n{}", wrong.join("\n"));
}

#[test]
fn every_row_is_a_module_and_names_modules() {
    let modules: BTreeSet<String> = all_sources().into_iter().flat_map(|(_, module)| (1..=module.len()).map(move |n| module[..n].join("::"))).collect();
    for row in TABLE {
        for named in row.ours.iter().chain([&row.module]) {
            assert!(modules.contains(*named), "there is no module {named}");
        }
    }
}

// The one place that passes.

/// How a judge would say by itself that a check passes.
fn passes(tokens: &[String]) -> Vec<&'static str> {
    let mut wrong = Vec::new();
    let is = |i: usize, wanted: &str| tokens.get(i).is_some_and(|token| token == wanted);
    for i in 0..tokens.len() {
        let before = |wanted: &[&str]| i > 0 && wanted.contains(&tokens[i - 1].as_str());
        if is(i, "Verdict") && is(i + 1, "::") && (is(i + 2, "Pass") && !compared(tokens, i) || is(i + 2, "*") || is(i + 2, "{")) {
            wrong.push("Verdict::Pass");
        }
        if is(i, "Judgement") && is(i + 1, "{") && !before(&["->", "struct", "impl", "for"]) {
            wrong.push("Judgement { .. }");
        }
        if is(i, ".") && is(i + 1, "verdict") && is(i + 2, "=") {
            wrong.push(".verdict =");
        }
    }
    wrong
}

/// The verdict at `i` is a pattern or one side of a comparison: it is asked for, not made.
fn compared(tokens: &[String], i: usize) -> bool {
    let is = |i: usize, wanted: &[&str]| tokens.get(i).is_some_and(|token| wanted.contains(&token.as_str()));
    if i > 0 && is(i - 1, &["==", "!=", "|", "let"]) || is(i + 3, &["==", "!=", "|", "=>", "if"]) {
        return true;
    }
    // Out of every bracket around it, until an arm begins.
    let mut at = i;
    while let Some(open) = (0..at).rev().find(|open| is(*open, &["(", "["]) && closing(tokens, *open).is_some_and(|close| close > i)) {
        if open >= 2 && tokens[open - 1] == "!" && tokens[open - 2] == "matches" {
            return true;
        }
        if closing(tokens, open).is_some_and(|close| is(close + 1, &["=>", "|", "if"])) {
            return true;
        }
        at = open;
    }
    false
}

/// Arms for whatever is left, and values for what is not there, that grade it good.
fn good_by_default(tokens: &[String]) -> Vec<String> {
    let good = |tokens: &[String]| tokens.windows(3).any(|it| it[1] == "::" && (it[0] == "Graded" && it[2] == "good" || it[0] == "Rating" && it[2] == "Good"));
    let mut wrong = Vec::new();
    for (i, token) in tokens.iter().enumerate() {
        if token == "=>" && catches_all(arm(tokens, i)) && good(&tokens[i + 1..argument_end(tokens, i + 1)]) {
            wrong.push(format!("{} =>", arm(tokens, i).concat()));
        }
        if ["unwrap_or", "unwrap_or_else", "map_or", "map_or_else"].contains(&token.as_str()) && tokens.get(i + 1).is_some_and(|next| next == "(") {
            wrong.extend(good(&tokens[i + 2..argument_end(tokens, i + 2)]).then(|| token.clone()));
        }
    }
    wrong
}

/// The pattern before the `=>` at `i`, with its guard.
fn arm(tokens: &[String], i: usize) -> &[String] {
    let begins = |at: usize| ["{", "}", "=>", ";", ","].contains(&tokens[at].as_str()) && outside_brackets(tokens, at + 1, i);
    &tokens[(0..i).rev().find(|at| begins(*at)).map_or(0, |at| at + 1)..i]
}

/// A pattern that names nothing: `_`, `other`, `(_, _)`.
fn catches_all(pattern: &[String]) -> bool {
    let names_nothing = |token: &String| {
        let name = token.chars().all(|c| c.is_lowercase() || c == '_') && !["true", "false", "if"].contains(&token.as_str());
        name || ["..", "(", ")", ","].contains(&token.as_str())
    };
    !pattern.is_empty() && pattern.iter().all(names_nothing)
}

/// Nothing that is opened before `at` is closed between it and `end`.
fn outside_brackets(tokens: &[String], at: usize, end: usize) -> bool {
    let mut depth = 0_i32;
    for token in &tokens[at..end] {
        match token.as_str() {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            _ => {}
        }
        if depth < 0 {
            return false;
        }
    }
    true
}

/// Where the argument or the arm that begins at `start` ends.
fn argument_end(tokens: &[String], start: usize) -> usize {
    let mut depth = 0_i32;
    for (i, token) in tokens.iter().enumerate().skip(start) {
        match token.as_str() {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            _ => {}
        }
        if depth < 0 || depth == 0 && (token == "," || i > start && token == "}" && tokens[start] == "{") {
            return i;
        }
    }
    tokens.len()
}

fn judges() -> Vec<(String, Vec<String>)> {
    let judges = all_sources().into_iter().filter(|(_, module)| module[0] == "checks" && module.join("::") != "checks::settle");
    judges.map(|(path, module)| (module.join("::"), tokens(&fs::read_to_string(path).expect("a source")))).collect()
}

#[test]
fn only_the_ladder_passes() {
    let judges = judges();
    assert!(judges.len() > 9);
    for (module, tokens) in judges {
        assert_eq!(passes(&tokens), [""; 0], "{module} makes a verdict of its own");
    }
}

#[test]
fn no_judge_grades_good_what_it_did_not_name() {
    for (module, tokens) in judges() {
        assert_eq!(good_by_default(&tokens), [""; 0], "{module} grades good by default");
    }
}

// The scanner itself.

fn judged(source: &str) -> Vec<String> {
    let module = ["checks".to_owned(), "sample".to_owned()];
    forbidden(source, &module, row_of(&module).expect("a row"), &externals())
}

#[test]
fn the_scanner_finds_what_is_forbidden() {
    for (source, wrong) in [
        ("use crate::probe::Reach;", "crate::probe::Reach"),
        ("use crate::{site::Site, probe::{self, Reach}};", "crate::probe::self"),
        ("use crate::{\n    finding::Cause,\n    render, // a list\n};", "crate::render"),
        ("fn f() { crate::score::grade(1); }", "crate::score::grade"),
        ("use super::super::probe;", "crate::probe"),
        ("use crate::*;", "crate::*"),
        ("use tokio::net::TcpStream;", "tokio::net::TcpStream"),
        ("async fn f() { reqwest::get(\"x\").await; }", "reqwest::get"),
        ("use std::fs;", "std::fs (Some(Files))"),
        ("use std::{collections::BTreeMap, fs::File};", "std::fs::File (Some(Files))"),
        ("fn f() { std::env::var(\"X\"); }", "std::env::var (Some(Environment))"),
        ("use std::net::TcpStream;", "std::net::TcpStream (Some(Network))"),
        ("fn f() { jiff::Timestamp::now(); }", "jiff::Timestamp::now (Some(Clock))"),
        ("fn f() { Timestamp::now(); }", "Timestamp::now (Some(Clock))"),
        ("use std::time::{Duration, Instant};", "std::time::Instant (Some(Clock))"),
        ("fn f() { std::thread::sleep(x); }", "std::thread::sleep (Some(Processes))"),
        ("fn f() { std::io::stdout(); }", "std::io::stdout (Some(Terminal))"),
    ] {
        assert!(judged(source).contains(&wrong.to_owned()), "{source}: {:?}", judged(source));
    }
}

#[test]
fn the_scanner_leaves_alone_what_is_allowed() {
    for source in [
        "use crate::{evidence::{Asks, seen}, finding::args, span::Span};\nuse super::{Context, settle::Claim};\nuse crate::checks::Now;",
        "use std::net::IpAddr; use std::time::Duration; use jiff::{Timestamp, civil::Date};",
        "// use tokio::net;\n/// [`std::fs`]\nfn f() { g(\"std::env::var\", r#\"crate::probe \" x\"#, '\"', '\\'', b); }",
        "#[cfg(test)]\nmod tests {\n    use std::fs;\n    fn f() { if x { crate::probe::look() } }\n}",
        "fn f<'a>(x: &'a str) -> Vec<&'a str> { Vec::new() }",
    ] {
        assert_eq!(judged(source), [""; 0], "{source}");
    }
    let module = ["probe".to_owned(), "files".to_owned(), "env".to_owned()];
    assert_eq!(row_of(&module).map(|row| row.module), Some("probe::files"), "the deepest row wins");
    assert_eq!(resolved(vec!["super".to_owned(), "x".to_owned()], &["probe".to_owned(), "tls".to_owned()]).join("::"), "crate::probe::x");
}

#[test]
fn the_scanner_finds_a_pass() {
    for source in [
        "let verdict = Verdict::Pass;",
        "Judgement { verdict: Verdict::Pass, ..it }",
        "x => Verdict::Pass, y => Verdict::Fail",
        "match x { A => Verdict::Pass, }",
        "f(Verdict::Pass), x => 1",
        "use crate::finding::Verdict::*;",
        "use crate::finding::Verdict::{Fail, Pass};",
        "return settle::Judgement { subject, ..other };",
        "judgement.verdict = better;",
        "if x { Verdict::Pass } else { y }",
    ] {
        assert_ne!(passes(&tokens(source)), [""; 0], "{source}");
    }
    for source in [
        "match v { Verdict::Pass => 1, Verdict::Warn | Verdict::Pass => 2, _ => 3 }",
        "if said.verdict == Verdict::Pass && Verdict::Pass != x {}",
        "matches!(v, Verdict::Pass | Verdict::Warn) || matches!(w, Verdict::Fail, Verdict::Pass)",
        "match (a, b) { (Verdict::Pass, _) => 1, (Some(Verdict::Pass), x) if x => 2, _ => 3 }",
        "fn f(x: u8) -> Judgement { settle(x) }",
        "if judgement.verdict == x {} // Verdict::Pass;",
    ] {
        assert_eq!(passes(&tokens(source)), [""; 0], "{source}");
    }
}

#[test]
fn the_scanner_finds_good_by_default() {
    for source in [
        "match x { 1 => Graded::bad(a, b), _ => Graded::good(a, b) }",
        "match x { 1 => bad, _ => { let y = 1; Ok(Graded::good(a, y)) } }",
        "match (x, y) { (1, 2) => bad, (_, _) => Graded::good(a, b) }",
        "match x { 1 => bad, other => Graded { rating: Rating::Good, message, args } }",
        "x.unwrap_or(Graded::good(a, b))",
        "x.map(f).unwrap_or_else(|| Graded::good(a, b))",
        "x.map_or(Graded::good(a, b), f)",
    ] {
        assert_ne!(good_by_default(&tokens(source)), [""; 0], "{source}");
    }
    for source in [
        "match x { 1 => Graded::good(a, b), _ => Graded::bad(a, b) }",
        "match x { _ => Graded::bad(f(a, b), c), }; Graded::good(a, b)",
        "match (x, y) { (true, _) => bad, (false, false) => Graded::good(a, b) }",
        "match x { age if age <= limit => Graded::good(a, b), _ => Graded::bad(a, b) }",
        "match x { Err(e) => no, Ok(Seen { at, facts }) => Graded::good(a, b), Seen { at } => Graded::good(a, b) }",
        "match x { _ if known => Graded::good(a, b), _ => Graded::bad(a, b) }",
        "match x { None => Graded::bad(a, b), Some(x) => Graded::good(a, b) }",
        "x.map_or(bad, |x| Graded::good(a, x))",
        "x.unwrap_or(0); Graded::good(a, b)",
    ] {
        assert_eq!(good_by_default(&tokens(source)), [""; 0], "{source}");
    }
}
