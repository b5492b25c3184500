//! A row a finding, for a spreadsheet. The columns and their order stay as they are; new ones come last.

use std::io;

use serde::Serialize;

use crate::{finding::Finding, report::Report, texts::Texts};

use super::{Style, harmless};

const COLUMNS: [&str; 26] = [
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

/// UTF-8, commas, a head line, dates as ISO 8601; a row is one line, because [`harmless`] spells line breaks out.
pub(super) fn write(report: &Report, _: &Texts, _: Style, out: &mut dyn io::Write) -> io::Result<()> {
    let mut rows = csv::Writer::from_writer(out);
    rows.write_record(COLUMNS)?;
    for finding in &report.findings {
        rows.write_record(row(report, finding).map(|cell| no_formula(&harmless(&cell))))?;
    }
    rows.flush()
}

fn row(report: &Report, finding: &Finding) -> [String; COLUMNS.len()] {
    let (place, waiver, planned) = (finding.location.as_ref(), finding.waiver.as_ref(), finding.planned.as_ref());
    [
        report.site.name.clone(),
        report.run.as_of.to_string(),
        finding.check.clone(),
        finding.consideration.clone(),
        finding.title.clone(),
        word(&finding.severity),
        finding.subject.clone(),
        word(&finding.verdict),
        word(&finding.basis),
        word(&finding.best),
        finding.credit.to_string(),
        finding.contradicted.to_string(),
        finding.stale.to_string(),
        finding.message.clone(),
        finding.remedy.clone(),
        word(&finding.tier),
        text(finding.observed_at),
        text(place.map(|place| &place.file)),
        text(place.map(|place| place.line)),
        text(place.map(|place| place.column)),
        waiver.map(|waiver| word(&waiver.state)).unwrap_or_default(),
        text(waiver.map(|waiver| waiver.until)),
        text(waiver.and_then(|waiver| waiver.owner.as_ref())),
        text(planned.map(|planned| planned.date)),
        text(planned.and_then(|planned| planned.by.as_ref())),
        finding.references.join(" "),
    ]
}

/// The word of a closed list, as the data spells it.
fn word(value: &impl Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

fn text(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

/// An apostrophe before what a spreadsheet would take for a formula. Some drop blanks at the start, some read the wide
/// signs of East Asian keyboards as the narrow ones.
fn no_formula(cell: &str) -> String {
    let formula = cell.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']);
    if formula { format!("'{cell}") } else { cell.to_owned() }
}
