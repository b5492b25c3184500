//! What a check, a consideration or a word means, as text: one line a paragraph, to be wrapped by whoever prints it.

use serde::Serialize;

use crate::{
    catalogue::{Catalogue, CheckDef, ConsiderationDef, Stricter, Threshold},
    span::Span,
    texts::Texts,
};

/// The words that are explained, each a message of `checks/words.ftl`.
pub const WORDS: &[&str] = &[
    "accept-unknown",
    "account",
    "admin",
    "answer",
    "as-of",
    "baseline",
    "basis",
    "ceiling",
    "check",
    "claimed",
    "consideration",
    "contradicted",
    "coverage",
    "critical",
    "documented",
    "evidence",
    "exit-codes",
    "fail",
    "files",
    "finding",
    "gate",
    "grade",
    "host",
    "kubernetes",
    "limit",
    "measured",
    "monitoring",
    "network",
    "not-applicable",
    "partial",
    "pass",
    "potential",
    "probe",
    "record",
    "remedy",
    "score",
    "severity",
    "site",
    "stale",
    "tier",
    "unknown",
    "vantage",
    "verdict",
    "waiver",
    "warn",
    "weight",
];

/// The word of a closed list, as the data spells it.
#[must_use]
pub fn word(value: &impl Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

/// What can be explained, for somebody who does not know yet what to ask.
#[must_use]
pub fn overview(catalogue: &Catalogue, texts: &Texts) -> String {
    let checks: usize = catalogue.considerations.iter().map(|it| it.checks.len()).sum();
    let mut lines = vec![format!("{checks} checks in {} considerations. Each of these can be explained:", catalogue.considerations.len()), String::new()];
    lines.extend(catalogue.considerations.iter().map(|it| format!("  {:<18}  {}", it.id, texts.plain(&format!("{}.consideration.question", it.id)))));
    lines.extend([
        String::new(),
        "  cht-audit explain backups                 a consideration: what it asks, its checks".to_owned(),
        "  cht-audit explain backups.restore-tested  a check: why, how it is measured, how to mend it".to_owned(),
        "  cht-audit explain stale                   a word of the report".to_owned(),
        "  cht-audit explain words                   all of its words".to_owned(),
        "  cht-audit list                            all checks".to_owned(),
        String::new(),
    ]);
    lines.join("\n")
}

/// Every word of the report.
#[must_use]
pub fn words(texts: &Texts) -> String {
    let mut lines: Vec<String> = WORDS.iter().map(|word| format!("{word:<15}  {}", meaning(word, texts))).collect();
    lines.push(String::new());
    lines.join("\n")
}

/// One of [`WORDS`].
#[must_use]
pub fn meaning(word: &str, texts: &Texts) -> String {
    texts.plain(&format!("words.{word}"))
}

/// What a consideration asks, and its checks.
#[must_use]
pub fn consideration(it: &ConsiderationDef, guide: &str, texts: &Texts) -> String {
    let text = |attribute: &str| texts.plain(&format!("{}.consideration.{attribute}", it.id));
    let all: u32 = it.checks.iter().map(|check| check.severity.weight()).sum();
    let mut lines = vec![format!("{}: {}", it.id, text("title")), text("question"), String::new()];
    // The guide's own opening, between its title and its first check.
    let opening: Vec<&str> = guide.lines().skip(1).take_while(|line| !line.starts_with("## ")).collect();
    lines.extend([opening.join(" ").trim().to_owned(), String::new()]);
    lines.push(format!("Weight {} of 100. {} checks, whose weights add up to {all}:", it.weight, it.checks.len()));
    lines.push(String::new());
    let widest = it.checks.iter().map(|check| check.id.len()).max().unwrap_or_default();
    lines.extend(it.checks.iter().map(|check| {
        let severity = format!("{} {}", word(&check.severity), check.severity.weight());
        format!("  {:<widest$}  {severity:<11}  {}", check.id, texts.plain(&format!("{}.title", check.id)))
    }));
    lines.extend([String::new(), format!("Look at these alone: cht-audit check SITE --only {}", it.id), String::new()]);
    lines.join("\n")
}

/// Everything that a person may want to know of a check.
#[must_use]
pub fn check(check: &CheckDef, guide: &str, texts: &Texts) -> String {
    let text = |attribute: &str| texts.plain(&format!("{}.{attribute}", check.id));
    let tiers: Vec<String> = check.tiers.iter().map(word).collect();
    let mut lines = vec![
        check.id.clone(),
        text("title"),
        String::new(),
        text("question"),
        text("why"),
        String::new(),
        format!("Severity       {} (weight {} in its consideration)", word(&check.severity), check.severity.weight()),
        format!("Best evidence  {}", word(&check.best)),
        format!("Decided by     {}", tiers.join(", ")),
    ];
    if !check.kinds.is_empty() {
        lines.push(format!("Applies to     sites of the kind {}", check.kinds.join(" or ")));
    }
    if let Some(platform) = check.platform {
        lines.push(format!("Applies to     {}", platform.word()));
    }
    let age = |age: Option<i64>| {
        age.map_or_else(|| "no age limit besides the rule itself".to_owned(), |seconds| format!("counts one rung less after {}", Span(seconds)))
    };
    lines.push(format!("Answers        {}", age(check.answer_max_age)));
    lines.push(format!("Evidence       {}", age(check.evidence_max_age)));
    if !check.thresholds.is_empty() {
        lines.extend([String::new(), "Limits (a site may set its own under `thresholds`)".to_owned()]);
        lines.extend(check.thresholds.iter().map(|(name, threshold)| limit(name, threshold)));
    }
    let section = section(guide, &check.id);
    if !section.is_empty() {
        lines.extend([String::new(), section]);
    }
    lines.extend([String::new(), format!("To mend it: {}", text("remedy"))]);
    lines.extend([String::new(), "To answer it, in site.yaml:".to_owned(), "  answers:".to_owned()]);
    lines.push(format!("    {}: {{ answer: yes, date: YYYY-MM-DD, by: WHO, record: FILE }}", check.id));
    lines.push(String::new());
    lines.extend(check.references.iter().map(|page| format!("See {page}")));
    lines.push(String::new());
    lines.join("\n")
}

fn limit(name: &str, threshold: &Threshold) -> String {
    let way = match threshold.stricter {
        Stricter::Lower => "lower is stricter",
        Stricter::Higher => "higher is stricter",
    };
    format!("  {name}: {} ({way}; {})", threshold.unit.spell(threshold.value), threshold.source)
}

/// The guide's section on a check, without its heading; one line a paragraph or item of a list.
fn section(guide: &str, id: &str) -> String {
    let heading = format!("## {id}");
    let lines = guide.lines().skip_while(|line| *line != heading).skip(1).take_while(|line| !line.starts_with("## "));
    let mut text = String::new();
    for line in lines {
        let item = line.starts_with("- ") || line.trim_start_matches(|c: char| c.is_ascii_digit()).starts_with(". ");
        match line.trim() {
            "" => text.push_str("\n\n"),
            line if item || text.is_empty() || text.ends_with('\n') => text.extend([if item && !text.ends_with('\n') { "\n" } else { "" }, line]),
            line => text.extend([" ", line]),
        }
    }
    text.trim().to_owned()
}
