//! Every format is a function of the saved report; what comes from outside comes back as text, read by somebody else's
//! parser.

use std::{
    collections::BTreeSet,
    io::Write,
    process::{Command, Stdio},
};

use cht_audit::{
    embedded,
    render::{self, FORMATS, Style},
    report::Report,
};
use comrak::{
    Arena, Options,
    nodes::{AstNode, NodeValue},
    parse_document,
};
use proptest::{prelude::*, test_runner::TestRunner};
use serde_json::{Value, json};

use crate::{
    cli::{Desk, day},
    support,
};

/// A site with something of everything: a contradiction, a warning, silence, a plan, a waiver, a looser limit.
fn desk() -> Desk {
    let desk = Desk::new(&format!(
        "timezone: Africa/Nairobi\nfiles: {{ compose: [compose.yml] }}\nreviewed: {{ date: {0}, by: ict }}\n\
         answers:\n  restarts.restart-policy: {{ answer: yes }}\n  privacy.breach-plan: {{ answer: no, planned: {{ date: {1}, by: it }} }}\n\
         \x20 privacy.retention: {{ answer: partly }}\n  privacy.purging: {{ answer: no }}\n  disaster-recovery.exercise: {{ answer: yes, date: {0} }}\n\
         waivers: [ {{ check: privacy.purging, reason: later, owner: it, until: {1} }} ]\n\
         thresholds: {{ disaster-recovery.exercise: {{ pass: 800d }} }}",
        day(-3),
        day(60)
    ));
    desk.write("compose.yml", "services: { api: { image: a, restart: always }, nginx: { image: b } }\n");
    desk
}

fn saved() -> Value {
    desk().offline("").1
}

fn drawn(format: &str, report: &Value) -> String {
    let report: Report = serde_json::from_value(report.clone()).expect("a saved run");
    let mut bytes = Vec::new();
    let style = Style { width: 80, color: false, links: false };
    (render::format(format).expect("a format").write)(&report, &embedded::texts().expect("texts"), style, &mut bytes).expect("it is drawn");
    String::from_utf8(bytes).expect("UTF-8")
}

#[test]
fn every_format_is_drawn_from_the_saved_run_byte_for_byte() {
    let desk = desk();
    let outputs: Vec<String> = FORMATS.iter().map(|format| format!("-o {0}:first.{0}", format.name)).collect();
    let first = desk.run(&format!("check site.yaml --offline {}", outputs.join(" ")));
    assert_eq!((first.code, first.stdout.as_str()), (1, ""), "{first:?}");
    for format in FORMATS.iter().map(|format| format.name) {
        let again = desk.run(&format!("report first.json -o {format}"));
        assert!(again.code == 0 && again.stdout.len() > 1_000, "{format}: {again:?}");
        assert_eq!(again.stdout, desk.read(&format!("first.{format}")), "{format}");
    }
    let names: BTreeSet<&str> = FORMATS.iter().map(|format| format.name).collect();
    assert_eq!(names.len(), FORMATS.len());
}

// Markdown.

/// GitHub's additions, and whatever else a wiki may know.
fn github() -> Options<'static> {
    let mut options = Options::default();
    let on = &mut options.extension;
    (on.strikethrough, on.table, on.autolink, on.tasklist, on.footnotes, on.alerts) = (true, true, true, true, true, true);
    (on.math_dollars, on.math_code, on.superscript, on.description_lists, on.multiline_block_quotes) = (true, true, true, true, true);
    (on.wikilinks_title_after_pipe, on.underline, on.subscript, on.spoiler, on.inline_footnotes) = (true, true, true, true, true);
    options.parse.relaxed_autolinks = true;
    options
}

/// The document without its texts: the kind of each part, with the addresses of links and the levels of headings.
fn skeleton<'a>(node: &'a AstNode<'a>, out: &mut Vec<String>) {
    match &node.data().value {
        NodeValue::Text(_) | NodeValue::Code(_) => return,
        NodeValue::Link(link) => out.push(format!("link {}", link.url)),
        NodeValue::Heading(heading) => out.push(format!("heading {}", heading.level)),
        NodeValue::Table(table) => out.push(format!("table {}", table.num_columns)),
        other => out.push(format!("{other:?}").split(['(', ' ', '{']).next().unwrap_or_default().to_owned()),
    }
    for child in node.children() {
        skeleton(child, out);
    }
    out.push("end".to_owned());
}

fn read_markdown(markdown: &str) -> (Vec<String>, String) {
    let arena = Arena::new();
    let root = parse_document(&arena, markdown, &github());
    let mut parts = Vec::new();
    skeleton(root, &mut parts);
    let text = root.descendants().fold(String::new(), |mut all, node| {
        match &node.data().value {
            NodeValue::Text(text) => all.push_str(text),
            NodeValue::Code(code) => all.push_str(&code.literal),
            NodeValue::Paragraph | NodeValue::Heading(_) | NodeValue::TableCell => all.push('\n'),
            _ => {}
        }
        all
    });
    (parts, text)
}

/// Closed words, dates and numbers, without which it would be no saved run; and the pages, which may be links.
const CLOSED: [&str; 21] = [
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
    "sha256",
    "references",
];

/// Every text of a report is this one.
fn filled(value: &mut Value, text: &str) {
    match value {
        Value::String(old) => text.clone_into(old),
        Value::Array(items) => items.iter_mut().for_each(|item| filled(item, text)),
        Value::Object(entries) => entries.iter_mut().filter(|(key, _)| !CLOSED.contains(&key.as_str())).for_each(|(_, value)| filled(value, text)),
        _ => {}
    }
}

/// A report with a finding of each kind, and nothing more than a test of many cases needs.
fn short() -> Value {
    let mut report = saved();
    let all = report["findings"].as_array().expect("findings").clone();
    let of = |pick: &dyn Fn(&Value) -> bool| all.iter().filter(|finding| pick(finding)).take(2).cloned().collect::<Vec<_>>();
    let is = |verdict: &'static str| move |finding: &Value| finding["verdict"] == verdict && finding["contradicted"] == false;
    let mut findings = of(&|finding| finding["contradicted"] == true);
    assert!(!findings.is_empty(), "a file refutes an answer");
    for verdict in ["fail", "warn", "unknown", "pass", "not-applicable"] {
        let these = of(&is(verdict));
        assert!(!these.is_empty(), "{verdict}");
        findings.extend(these);
    }
    findings.extend(of(&|finding| !finding["waiver"].is_null()));
    findings.extend(of(&|finding| !finding["planned"].is_null()));
    report["findings"] = findings.into();
    report
}

/// What a text looks like where control characters are spelled out and blanks are one.
fn settled(text: &str) -> String {
    text.split_whitespace().map(render::harmless).collect::<Vec<_>>().join(" ")
}

fn hostile_text() -> impl Strategy<Value = String> {
    let sign = prop::sample::select(vec![
        "|",
        "||",
        "`",
        "``",
        "```",
        "~~~",
        "\\",
        "\\|",
        "*",
        "**",
        "_",
        "__",
        "<b>",
        "</details>",
        "<!--",
        "-->",
        "<https://e.org>",
        "[x](http://e.org)",
        "![i](u)",
        "[[w]]",
        "[x]: http://e.org",
        "[^1]",
        "^[n]",
        "https://e.org/a_b",
        "HTTP://E.ORG",
        "ftp://e.org",
        "www.e.org",
        "@user",
        "a@b.org",
        "mailto:a@b.org",
        "#12",
        "GH-1",
        "\n# h",
        "\n\n- l",
        "\r\n",
        "\r",
        "\t",
        "    ",
        "&lt;",
        "&#60;",
        "$x$",
        "$$",
        "~x~",
        "==",
        "===",
        ":smile:",
        "\u{202e}",
        "\u{2028}",
        "\u{85}",
        "\u{0}",
        "\u{1b}[2J",
        "1. ",
        "2) ",
        "- ",
        "+ ",
        "> ",
        "# ",
        "---",
        ": ",
        "[ ] ",
        "> [!NOTE]",
        "| a |\n|---|",
        "::: x",
        "a",
        "word",
        " ",
        ".",
        ",",
        ")",
        "(",
        "!",
        "?",
        "é",
        "{",
        "}",
        "{#id}",
        "^x^",
    ]);
    prop::collection::vec(prop_oneof![8 => sign.prop_map(str::to_owned), 1 => any::<char>().prop_map(String::from), 1 => "\\PC{0,6}"], 1..8)
        .prop_map(|parts| parts.concat())
        .prop_filter("something to see", |text| !text.trim().is_empty())
}

#[test]
fn any_text_comes_back_from_markdown_as_text() {
    let plain = short();
    let with = |text: &str| {
        let mut report = plain.clone();
        filled(&mut report, text);
        drawn("markdown", &report)
    };
    let (wanted, told) = read_markdown(&with("xqzx"));
    let count = told.matches("xqzx").count();
    assert!(count > 60, "{count} texts are drawn");
    let mut runner = TestRunner::new(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() });
    let tried = runner.run(&hostile_text(), |text| {
        let markdown = with(&text);
        let (parts, told) = read_markdown(&markdown);
        prop_assert_eq!(&parts, &wanted, "{}", &markdown);
        let settled = settled(&text);
        prop_assert!(told.matches(&settled).count() >= count, "{:?} in {}", settled, told);
        let steers = |c: char| (c.is_control() && c != '\n') || ('\u{2028}'..='\u{202e}').contains(&c);
        prop_assert!(!markdown.chars().any(steers), "{}", markdown);
        Ok(())
    });
    if let Err(error) = tried {
        panic!("{error}");
    }
}

#[test]
fn only_pages_of_the_web_become_links() {
    let mut report = short();
    let bad = [
        "javascript:alert(1)",
        "https://e.org/ b",
        "https://e.org/>\n# x",
        "https://e.org/)](x",
        "file:///etc/passwd",
        "https://é.org/",
        "<script>",
        "data:text/html,x",
    ];
    report["findings"][0]["references"] = json!(bad);
    let markdown = drawn("markdown", &report);
    let (parts, told) = read_markdown(&markdown);
    for page in bad {
        assert!(told.contains(&settled(page)), "{page}: {told}");
    }
    let links: Vec<&String> = parts.iter().filter(|part| part.starts_with("link ")).collect();
    assert!(links.len() > 3 && links.iter().all(|link| link.starts_with("link https://docs.communityhealthtoolkit.org/")), "{links:?}");
    assert!(!parts.iter().any(|part| part.starts_with("Html")), "{parts:?}");
}

#[test]
fn markdown_says_first_what_matters_and_everything_once() {
    let report = saved();
    let markdown = drawn("markdown", &report);
    let order = [
        "# Test County: ",
        "## Where the description",
        "## What to mend first",
        "## The nine",
        "## Fails",
        "## Warns",
        "## Unknown",
        "## Not looked at",
        "- Gate: ",
    ];
    let places: Vec<usize> = order.iter().map(|part| markdown.find(part).unwrap_or_else(|| panic!("{part}: {markdown}"))).collect();
    assert!(places.is_sorted(), "{places:?}");
    let findings = &markdown[markdown.find("## Fails").expect("it is there")..];
    for finding in report["findings"].as_array().expect("findings") {
        let check = finding["check"].as_str().expect("an id");
        assert!(findings.contains(&format!("`{check}`")), "{check}");
    }
    assert!(!markdown.contains("Cut here"));
}

#[test]
fn a_report_that_is_too_long_for_a_job_summary_is_cut_and_says_so() {
    let mut report = short();
    let finding = report["findings"][0].clone();
    let findings = report["findings"].as_array_mut().expect("findings");
    findings.splice(0..0, std::iter::repeat_n(finding, 3_000));
    let all = findings.len();
    report["findings"][5]["message"] = json!("|".repeat(2_000_000));
    let markdown = drawn("markdown", &report);
    assert!((900_000..=1 << 20).contains(&markdown.len()), "{} bytes", markdown.len());
    let last = markdown.lines().last().expect("a line");
    let told: usize = last.split(" of ").next().and_then(|head| head.rsplit(' ').next()?.parse().ok()).expect("a number");
    assert!(last.contains(&format!("{told} of {all} findings are told above")) && told > 10 && told < all, "{last}");
    // A name alone that is too long takes nothing away from the rest.
    let mut named = short();
    named["site"]["name"] = json!("x ".repeat(3 << 20));
    let markdown = drawn("markdown", &named);
    assert!(markdown.len() < 200_000 && markdown.contains("- Gate: "), "{} bytes", markdown.len());
}

// CSV.

/// The rows as Python reads them; none where Python is not installed.
fn read_csv(text: &str) -> Option<Vec<Vec<String>>> {
    let python = support::program("python3")?;
    let script = "import csv, json, sys; sys.stdin.reconfigure(encoding='utf-8', newline=''); print(json.dumps(list(csv.reader(sys.stdin, strict=True))))";
    let mut child = Command::new(python).args(["-c", script]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("Python runs");
    child.stdin.take().expect("a pipe").write_all(text.as_bytes()).expect("Python reads");
    let output = child.wait_with_output().expect("Python ends");
    assert!(output.status.success());
    Some(serde_json::from_slice(&output.stdout).expect("JSON"))
}

#[test]
fn a_spreadsheet_gets_a_row_a_finding_and_no_formula() {
    let texts = [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "  =1",
        "＝1+1",
        "a=1",
        "a,b",
        "say \"x\"",
        "\"",
        "'",
        "line\nbreak",
        "line\r\nbreak",
        "é\u{202e}",
        "",
        ";=1",
        "\u{0}",
    ];
    let mut report = saved();
    let all = report["findings"].as_array().expect("findings").clone();
    let expected: Vec<(Value, &str)> = all.iter().cloned().zip(texts.into_iter().cycle()).collect();
    for (finding, (_, text)) in report["findings"].as_array_mut().expect("findings").iter_mut().zip(&expected) {
        finding["message"] = json!(text);
        finding["subject"] = json!(text);
    }
    let Some(rows) = read_csv(&drawn("csv", &report)) else { return };
    let head = [
        "site",
        "as_of",
        "check",
        "consideration",
        "title",
        "severity",
        "subject",
        "verdict",
        "basis",
        "best",
        "credit",
        "contradicted",
        "stale",
        "message",
        "remedy",
        "tier",
        "observed_at",
        "file",
        "line",
        "column",
        "waiver",
        "waived_until",
        "waiver_owner",
        "planned_for",
        "planned_by",
        "references",
    ];
    assert_eq!(rows[0], head, "people's sheets name these columns: add new ones at the end");
    assert_eq!(rows.len(), expected.len() + 1);
    let at = |name: &str| head.iter().position(|known| *known == name).expect("a column");
    for (row, (finding, text)) in rows[1..].iter().zip(&expected) {
        assert_eq!(row.len(), head.len());
        for name in ["check", "consideration", "title", "severity", "verdict", "basis", "best", "remedy"] {
            assert_eq!(row[at(name)], finding[name].as_str().expect("a text"), "{name}");
        }
        assert_eq!((&row[at("credit")], &row[at("contradicted")]), (&finding["credit"].to_string(), &finding["contradicted"].to_string()));
        assert_eq!(row[at("line")], finding["location"]["line"].as_u64().map(|line| line.to_string()).unwrap_or_default());
        let harmless = render::harmless(text);
        for cell in [&row[at("message")], &row[at("subject")]] {
            assert_eq!(cell.strip_prefix('\'').filter(|rest| *rest == harmless).unwrap_or(cell), harmless, "{text:?}");
            assert!(!cell.trim_start().starts_with(['=', '+', '-', '@', '＝', '\t', '\r']), "{cell:?}");
        }
    }
    let waived = rows.iter().find(|row| row[at("check")] == "privacy.purging").expect("a row");
    assert_eq!((waived[at("waiver")].as_str(), waived[at("waiver_owner")].as_str(), &waived[at("waived_until")]), ("active", "it", &day(60).to_string()));
}
