//! The catalogue and the guide of one check, as text.

use serde::Serialize;

use crate::{
    catalogue::{CheckDef, Stricter, Threshold},
    span::Span,
    texts::Texts,
};

/// The word of a closed list, as the data spells it.
#[must_use]
pub fn word(value: &impl Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

/// Everything that a person may want to know of a check.
#[must_use]
pub fn explain(check: &CheckDef, guide: &str, texts: &Texts) -> String {
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
    lines.extend([String::new(), format!("To answer it: answers: {{ {}: {{ answer: yes, date: YYYY-MM-DD, by: WHO, record: FILE }} }}", check.id)]);
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

/// The guide's section on a check, without its heading.
fn section(guide: &str, id: &str) -> String {
    let heading = format!("## {id}");
    let lines = guide.lines().skip_while(|line| *line != heading).skip(1).take_while(|line| !line.starts_with("## "));
    lines.collect::<Vec<_>>().join("\n").trim().to_owned()
}
