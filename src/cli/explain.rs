//! `list` and `explain`: what is checked, why, how it is measured, and how to mend it.

use std::fmt::Write as _;

use serde_json::json;

use crate::{
    catalogue::{Catalogue, CheckDef},
    checks::CONSIDERATIONS,
    embedded, explain,
    render::wrap,
    texts::Texts,
};

use super::{Outcome, args::ListArgs, exit};

/// Lines longer than this are hard to read, however wide the terminal is.
const WIDEST: usize = 100;
/// The least room for the last column of a line.
const NARROWEST: usize = 24;
/// Where text begins that stands below its columns.
const BELOW: usize = 6;

fn catalogue_and_texts() -> Result<(Catalogue, Texts), Outcome> {
    let catalogue = embedded::catalogue().map_err(|error| Outcome::refused(exit::BUG, error))?;
    let texts = embedded::texts().map_err(|error| Outcome::refused(exit::BUG, error))?;
    Ok((catalogue, texts))
}

/// A line a check, by consideration.
pub(super) fn list(args: &ListArgs, width: usize) -> Outcome {
    let (catalogue, texts) = match catalogue_and_texts() {
        Ok(both) => both,
        Err(outcome) => return outcome,
    };
    let ids = catalogue.considerations.iter().flat_map(|it| std::iter::once(&it.id).chain(it.checks.iter().map(|check| &check.id)));
    for wanted in &args.only {
        if !ids.clone().any(|id| id == wanted) {
            let near = nearest(wanted, ids.clone().map(String::as_str));
            return Outcome::refused(exit::USAGE, format!("There is no check or consideration {wanted}; did you mean {near}?"));
        }
    }
    let listed = |check: &CheckDef| args.only.is_empty() || args.only.iter().any(|id| check.id == *id || check.id.starts_with(&format!("{id}.")));
    let title = |id: &str| texts.plain(&format!("{id}.title"));
    if args.json {
        let checks = catalogue.considerations.iter().flat_map(|it| &it.checks).filter(|check| listed(check));
        let all: Vec<_> = checks.map(|check| as_json(check, &title(&check.id))).collect();
        return Outcome::printed(format!("{:#}\n", serde_json::Value::from(all)));
    }
    let mut text = String::new();
    for it in &catalogue.considerations {
        let checks: Vec<&CheckDef> = it.checks.iter().filter(|check| listed(check)).collect();
        if checks.is_empty() {
            continue;
        }
        let counted =
            if checks.len() == it.checks.len() { format!("{} checks", checks.len()) } else { format!("{} of {} checks", checks.len(), it.checks.len()) };
        let _ = writeln!(text, "{}: {} ({counted}, weight {} of 100)", it.id, title(&format!("{}.consideration", it.id)), it.weight);
        for check in checks {
            let _ = writeln!(text, "  {:<36}  {:<8}  {}", check.id, explain::word(&check.severity), title(&check.id));
        }
        text.push('\n');
    }
    text.push_str("Each line: the check, its severity, what holds when it passes. `cht-audit explain CHECK` tells the rest.\n");
    Outcome::printed(wrapped(&text, width))
}

fn as_json(check: &CheckDef, title: &str) -> serde_json::Value {
    let limits: serde_json::Map<_, _> = check.thresholds.iter().map(|(name, limit)| (name.clone(), limit.unit.spell(limit.value).into())).collect();
    json!({
        "check": check.id,
        "title": title,
        "severity": check.severity,
        "best": check.best,
        "tiers": check.tiers,
        "limits": limits,
        "references": check.references,
    })
}

/// Everything about a check, a consideration or a word; what there is, where nothing was asked.
pub(super) fn explain(what: &str, width: usize) -> Outcome {
    let (catalogue, texts) = match catalogue_and_texts() {
        Ok(both) => both,
        Err(outcome) => return outcome,
    };
    let guide = |id: &str| CONSIDERATIONS.iter().find(|it| id.split('.').next() == Some(it.id)).map_or("", |it| it.guide);
    let text = if what.is_empty() {
        explain::overview(&catalogue, &texts)
    } else if what == "words" {
        explain::words(&texts)
    } else if let Some(check) = catalogue.check(what) {
        explain::check(check, guide(what), &texts)
    } else if let Some(it) = catalogue.considerations.iter().find(|it| it.id == what) {
        explain::consideration(it, guide(what), &texts)
    } else if explain::WORDS.contains(&what) {
        format!("{what}: {}\n", explain::meaning(what, &texts))
    } else {
        let checks = catalogue.considerations.iter().flat_map(|it| std::iter::once(it.id.as_str()).chain(it.checks.iter().map(|check| check.id.as_str())));
        let near = nearest(what, checks.chain(explain::WORDS.iter().copied()));
        return Outcome::refused(
            exit::USAGE,
            format!("There is no check, consideration or word {what}; did you mean {near}? `cht-audit explain` tells what there is."),
        );
    };
    Outcome::printed(wrapped(&text, width))
}

fn nearest<'a>(wanted: &str, known: impl Iterator<Item = &'a str>) -> &'a str {
    known.min_by_key(|known| strsim::damerau_levenshtein(known, wanted)).unwrap_or_default()
}

/// Breaks lines at the width; what follows hangs under the text of its line, behind a list mark or the last column.
fn wrapped(text: &str, width: usize) -> String {
    let width = width.clamp(40, WIDEST);
    let mut all = String::new();
    for line in text.lines() {
        // What is to be copied stays on its line: an address, a piece of YAML.
        if line.chars().count() <= width || line.starts_with("See ") || line.starts_with("    ") {
            let _ = writeln!(all, "{line}");
            continue;
        }
        let hang = hang(line);
        let (lead, rest) = line.split_at(line.char_indices().nth(hang).map_or(0, |(at, _)| at));
        // Where the columns leave no room for the text, it goes below them.
        let below = hang + NARROWEST > width;
        let hang = if below { BELOW } else { hang };
        if below {
            let _ = writeln!(all, "{}", lead.trim_end());
        }
        for (at, part) in wrap(rest, width - hang).iter().enumerate() {
            let lead = if at == 0 && !below { lead.to_owned() } else { " ".repeat(hang) };
            let _ = writeln!(all, "{lead}{part}");
        }
    }
    all
}

/// Characters before the text of a line: its blanks and list mark, or its columns, which two blanks part.
fn hang(line: &str) -> usize {
    let blanks = line.len() - line.trim_start().len();
    let columns = line.rfind("  ").map_or(0, |at| at + 2).max(blanks);
    let rest = &line[columns..];
    let digits = rest.chars().take_while(char::is_ascii_digit).count();
    let mark = if rest.starts_with("- ") {
        2
    } else if digits > 0 && rest[digits..].starts_with(". ") {
        digits + 2
    } else {
        0
    };
    line[..columns].chars().count() + mark
}
