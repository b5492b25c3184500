//! What the description says of the copies: which count, which word can be stood on, and which answers best.
//!
//! Copies are redundant: a question is answered by those that together answer it best, and one more, poorer copy costs
//! nothing.

use std::cmp::Reverse;

use crate::{
    checks::{Context, Graded, Judgement, Question, asks, claim::Own, settle},
    evidence::files::JobKind,
    finding::{Arg, Basis, Cause, CauseKind, Verdict, args},
    site::{BackupCopy, Locality, Site, scalar::Day},
};

use super::super::settle::Document;

/// Where the copies are written.
pub(in crate::checks) const PATH: &str = "backups.copies";

/// The copies that are copies at all: mirrors and cluster nodes repeat every mistake at once.
pub(in crate::checks) fn counting(site: &Site) -> Vec<&BackupCopy> {
    site.said.backups.copies.iter().filter(|copy| copy.kind.counts()).collect()
}

/// The word that copies are named, but none that counts; nothing where none is named or one counts.
pub(in crate::checks) fn none_counts(cx: &Context<'_>, message: &'static str) -> Option<Own> {
    let copies = &cx.site.said.backups.copies;
    let ids: Vec<String> = copies.iter().map(|copy| copy.id.clone()).collect();
    (!copies.is_empty() && counting(cx.site).is_empty()).then(|| Own::undated(Graded::bad(message, args([("copies", ids.into())])), PATH))
}

/// A word on a copy that its own `last` stands behind: whoever saw the copy saw this.
pub(in crate::checks) fn word(copy: &BackupCopy, graded: Graded) -> Own {
    let record = copy.last.as_ref().and_then(|last| last.record.clone());
    Own { record, ..content_word(copy, graded) }
}

/// A word on what is inside a copy: of the day of its `last`, but whoever saw the copy has not seen this.
pub(in crate::checks) fn content_word(copy: &BackupCopy, graded: Graded) -> Own {
    let by = copy.last.as_ref().and_then(|last| last.by.clone());
    Own { graded, date: day(copy), by, record: None, ageless: false, path: PATH }
}

/// The day on which a copy was last seen to be good.
pub(in crate::checks) fn day(copy: &BackupCopy) -> Option<Day> {
    copy.last.as_ref().and_then(|last| last.date)
}

/// How a word would end if nothing else were said or seen.
fn alone(cx: &Context<'_>, own: &Own) -> Judgement {
    let claim = cx.own_claim(own);
    let measurement = Err(Cause::new(CauseKind::NotCollected, ""));
    cx.settle(Question { subject: String::new(), path: own.path.to_owned(), best: None, claim, document: None, measurement })
}

/// Pass, warn, fail, unknown, and within each the better basis: a word that says nothing never hides one that does.
fn worth(judgement: &Judgement) -> (u8, Basis) {
    let verdict = match judgement.verdict {
        Verdict::Pass => 3,
        Verdict::Warn => 2,
        Verdict::Fail => 1,
        Verdict::Unknown | Verdict::NotApplicable => 0,
    };
    (verdict, judgement.basis)
}

/// The word that ends best, the first of equals.
pub(in crate::checks) fn best(cx: &Context<'_>, words: Vec<Own>) -> Option<Own> {
    words.into_iter().rev().max_by_key(|own| worth(&alone(cx, own)))
}

/// The judgement that ends best, the first of equals.
pub(in crate::checks) fn better(first: Judgement, second: Judgement) -> Judgement {
    if worth(&second) > worth(&first) { second } else { first }
}

/// Whether a word can be stood on: dated, not too long ago, its record there. A bad one always can.
pub(in crate::checks) fn tells(cx: &Context<'_>, own: &Own) -> bool {
    alone(cx, own).verdict != Verdict::Unknown
}

/// Whether the `last` of a copy can be stood on.
pub(in crate::checks) fn stands(cx: &Context<'_>, copy: &BackupCopy) -> bool {
    seen_good(cx, copy).verdict == Verdict::Pass
}

/// How the plain word that a copy was seen to be good would end.
fn seen_good(cx: &Context<'_>, copy: &BackupCopy) -> Judgement {
    alone(cx, &word(copy, Graded::good("yes", args([]))))
}

/// The copies that stand, those with a record before the others, within each the newest first. Where none does, all of
/// them: their age is then what there is to tell.
pub(in crate::checks) fn standing<'a>(cx: &Context<'a>, copies: Vec<&'a BackupCopy>) -> Vec<&'a BackupCopy> {
    let mut standing: Vec<&BackupCopy> = copies.iter().copied().filter(|copy| stands(cx, copy)).collect();
    standing.sort_by_key(|copy| {
        let said = seen_good(cx, copy);
        Reverse((said.basis, said.observed_at))
    });
    if standing.is_empty() { copies } else { standing }
}

/// One word for several copies: as old as the oldest, and with a record only where each has one.
pub(in crate::checks) fn set_word(cx: &Context<'_>, graded: Graded, members: &[&BackupCopy]) -> Own {
    let days: Option<Vec<Day>> = members.iter().map(|copy| day(copy)).collect();
    let oldest = members.iter().min_by_key(|copy| day(copy));
    let records = members.iter().map(|copy| copy.last.as_ref().and_then(|last| last.record.clone()));
    // A record that is missing or empty is kept: it makes the word none, and is told.
    let spoilt = records.clone().flatten().find(|record| cx.backed(Some(record)).is_err());
    let backed = members.iter().all(|copy| copy.last.as_ref().is_some_and(|last| cx.backed(last.record.as_deref()) == Ok(true)));
    Own {
        graded,
        date: days.and_then(|days| days.into_iter().min()),
        by: oldest.and_then(|copy| copy.last.as_ref()).and_then(|last| last.by.clone()),
        record: spoilt.or_else(|| records.flatten().next().filter(|_| backed)),
        ageless: false,
        path: PATH,
    }
}

/// The ids of copies, as an argument.
pub(in crate::checks) fn ids<'a>(copies: impl IntoIterator<Item = &'a &'a BackupCopy>) -> Arg {
    Arg::List(copies.into_iter().map(|copy| copy.id.clone()).collect())
}

/// A place, as a phrase that ends a sentence: "in another town".
pub(in crate::checks) fn place(place: Locality) -> Arg {
    let phrase = match place {
        Locality::SameServer => "place-same-server",
        Locality::SameRoom => "place-same-room",
        Locality::SameBuilding => "place-same-building",
        Locality::SameCampus => "place-same-campus",
        Locality::OtherTown => "place-other-town",
        Locality::OtherRegion => "place-other-region",
        Locality::Elsewhere => "place-elsewhere",
    };
    Arg::Phrase(phrase.to_owned())
}

/// Settles the description's word with what a file says. `missing` names the keys that would have said something.
pub(in crate::checks) fn decide(cx: &Context<'_>, own: Option<Own>, document: Result<Option<Document>, Cause>, missing: &str) -> Judgement {
    let (claim, path) = cx.said(own);
    let silent = matches!(claim, Ok(None));
    let (document, cause) = match document {
        Ok(document) => (document, if silent { Cause::new(CauseKind::NotSaid, missing) } else { Cause::new(CauseKind::NotCollected, "") }),
        Err(cause) => (None, cause),
    };
    let path = if document.is_some() && silent { "files.crontab".to_owned() } else { path };
    cx.settle(Question { subject: String::new(), path, best: None, claim, document, measurement: Err(cause) })
}

/// A check about backups cannot pass where no copy that counts is named, and no job that makes one was read.
pub(in crate::checks) fn only_with_a_copy(cx: &Context<'_>, judgements: Vec<Judgement>) -> Vec<Judgement> {
    let job_read = matches!(asks::crontab(cx), Some(Ok(seen)) if seen.facts.jobs.iter().any(|job| job.kind == JobKind::Backup));
    if job_read || !counting(cx.site).is_empty() {
        return judgements;
    }
    let capped = |judgement: Judgement| match judgement.verdict {
        Verdict::Pass | Verdict::Warn => settle::unknown(cx.definition, judgement.subject, PATH, Cause::new(CauseKind::NotSaid, PATH)),
        Verdict::Fail | Verdict::Unknown | Verdict::NotApplicable => judgement,
    };
    judgements.into_iter().map(capped).collect()
}
