//! `list` and `explain`: what is checked, why, how it is measured, and how to mend it.

use comfy_table::{ContentArrangement, Table, TableStyle};

use crate::{catalogue::Catalogue, checks::CONSIDERATIONS, embedded, explain, texts::Texts};

use super::{Outcome, exit};

fn catalogue_and_texts() -> Result<(Catalogue, Texts), Outcome> {
    let catalogue = embedded::catalogue().map_err(|error| Outcome::refused(exit::BUG, error))?;
    let texts = embedded::texts().map_err(|error| Outcome::refused(exit::BUG, error))?;
    Ok((catalogue, texts))
}

/// A line a check.
pub(super) fn list() -> Outcome {
    let (catalogue, texts) = match catalogue_and_texts() {
        Ok(both) => both,
        Err(outcome) => return outcome,
    };
    let mut table = Table::new();
    table.load_style(TableStyle::new()).set_content_arrangement(ContentArrangement::Disabled);
    for check in catalogue.considerations.iter().flat_map(|it| &it.checks) {
        let tiers: Vec<String> = check.tiers.iter().map(explain::word).collect();
        table.add_row([
            check.id.clone(),
            explain::word(&check.severity),
            explain::word(&check.best),
            tiers.join(","),
            texts.plain(&format!("{}.title", check.id)),
        ]);
    }
    let mut text = String::from("check, severity, best evidence, tiers that can decide it, what holds when it passes\n");
    for row in table.to_string().lines() {
        text.push_str(row.trim());
        text.push('\n');
    }
    Outcome::printed(text)
}

/// Everything about one check.
pub(super) fn explain(id: &str) -> Outcome {
    let (catalogue, texts) = match catalogue_and_texts() {
        Ok(both) => both,
        Err(outcome) => return outcome,
    };
    let Some(check) = catalogue.check(id) else {
        let known = catalogue.considerations.iter().flat_map(|it| &it.checks).map(|check| check.id.as_str());
        let near = known.min_by_key(|known| strsim::damerau_levenshtein(known, id)).unwrap_or_default();
        return Outcome::refused(exit::USAGE, format!("There is no check {id}; did you mean {near}? `cht-audit list` names them all."));
    };
    let guide = CONSIDERATIONS.iter().find(|it| id.starts_with(&format!("{}.", it.id))).map_or("", |it| it.guide);
    Outcome::printed(explain::explain(check, guide, &texts))
}
