//! What is told of the records that a description names: a word whose record does not hold counts for less, or nothing.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use rustls::RootCertStore;

use crate::{
    checks::claim::MOST_RECORD_USES,
    evidence::{Asks, Evidence, FileAsk, Outcome},
    finding::CauseKind,
    probe::{self, Reach},
    render::harmless,
    site::{Loaded, Site},
};

/// Records lie on a disk; one that does not answer for this long must not keep anybody waiting.
const PATIENCE: Duration = Duration::from_secs(10);

/// Looks at the records of a description, and at nothing else.
pub(super) async fn look(loaded: &Loaded, tool: &str, interrupted: impl Future<Output = ()>) -> Evidence {
    let records = loaded.site.said.records().into_iter().map(|(_, path)| FileAsk { path: path.to_owned() }).collect();
    let mut reach = Reach::new(loaded.base.clone(), Arc::new(RootCertStore::empty()));
    reach.file_roots.clone_from(&loaded.file_roots);
    probe::collect(&Asks { records, ..Asks::default() }, Arc::new(reach), 1, PATIENCE, tool, interrupted, |_| {}).await
}

/// A warning for each word whose record is missing or empty, a file of the description itself, or stands behind too many
/// words, with its place.
pub(super) fn told(site: &Site, evidence: &Evidence) -> Vec<String> {
    let records = site.said.records();
    // A copy of a record is no further record: the same content is one, whatever its names.
    let content = |path: &str| match evidence.records.get(path).map(|entry| &entry.result) {
        Some(Outcome::Seen(facts)) => facts.sha256.clone(),
        _ => path.to_owned(),
    };
    let mut uses: BTreeMap<String, usize> = BTreeMap::new();
    for (_, path) in &records {
        *uses.entry(content(path)).or_default() += 1;
    }
    let mut told = Vec::new();
    for (key, path) in &records {
        // These two date what others say; no check asks for more than their day.
        let (lost, shared) = if key.starts_with("reviewed.") || key.starts_with("scan_allowed.") {
            ("so nothing shows it", "so it shows none of them")
        } else {
            ("so this answer counts for nothing", "so it backs none of them")
        };
        let why = match evidence.records.get(*path).map(|entry| &entry.result) {
            _ if site.own_files.contains(*path) => format!("is a file of the description itself and proves nothing, {lost}"),
            Some(Outcome::Missed(cause)) if cause.kind == CauseKind::Record => format!("is missing or empty, {lost}"),
            Some(Outcome::Missed(cause)) if cause.kind == CauseKind::Permission => format!("may not be read, {lost}"),
            Some(Outcome::Missed(cause)) if cause.kind == CauseKind::TooLarge => format!("is larger than 100 MB, {lost}"),
            Some(Outcome::Seen(_)) if uses[&content(path)] > MOST_RECORD_USES => {
                format!("stands behind {} answers, more than {MOST_RECORD_USES}, {shared}", uses[&content(path)])
            }
            _ => continue,
        };
        if let Some(place) = site.place(key) {
            let at = format!("{}:{}:{}", harmless(&place.file), place.line, place.column);
            told.push(format!("warning: {at}: the record {} {why}\n", harmless(path)));
        }
    }
    told
}
