//! From the description's words to a claim: an answer, own keys, or the newer of the two.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::{
    evidence::{FileAsk, seen},
    finding::{Arg, Args, Cause, CauseKind, Planned, args},
    site::{
        Site,
        scalar::{Day, Reply},
    },
};

use super::{
    Context, Judgement, Question, Rating,
    settle::{Claim, Graded},
};

/// What the description's own keys say on a check, graded.
#[derive(Debug, Clone)]
pub struct Own {
    /// What it comes to.
    pub graded: Graded,
    /// Its own day.
    pub date: Option<Day>,
    /// Who says so.
    pub by: Option<String>,
    /// The record behind it.
    pub record: Option<String>,
    /// The graded value is itself the day, so that it has no maximum age besides.
    pub ageless: bool,
    /// Where it is written.
    pub path: &'static str,
}

impl Own {
    /// An own key that carries no day, author or record of its own.
    #[must_use]
    pub fn undated(graded: Graded, path: &'static str) -> Self {
        Self { graded, date: None, by: None, record: None, ageless: false, path }
    }
}

/// A record that stands behind more answers than this backs none of them (`design.md` 4).
pub const MOST_RECORD_USES: usize = 2;

/// A claim with the place that it was written at.
pub type Said = (Result<Option<Claim>, Cause>, String);

impl Context<'_> {
    /// The description's word on this check: the newer of its answer and its own keys, the own keys on a tie. An own key
    /// without a day yields to an answer that has one, and is kept beside it.
    pub fn said(&self, own: Option<Own>) -> Said {
        if !self.answers {
            return (Ok(None), "url".to_owned());
        }
        let answer = self.site.said.answers.get(&self.definition.id);
        let own_wins = match (&own, answer) {
            (Some(own), Some(answer)) => match (own.date, answer.date) {
                (Some(own), Some(answer)) => own >= answer,
                (None, Some(_)) => false,
                (_, None) => true,
            },
            (own, _) => own.is_some(),
        };
        match own {
            Some(own) if own_wins => (self.own_claim(&own), own.path.to_owned()),
            own => {
                // What the own keys say stands whether or not their record does.
                let beside = own.and_then(|own| self.own_claim(&own).or_else(|_| self.own_claim(&Own { record: None, ..own })).ok().flatten());
                let claim = self.answer_claim().map(|claim| claim.map(|claim| Claim { beside: beside.map(Box::new), ..claim }));
                (claim, format!("answers.{}", self.definition.id))
            }
        }
    }

    /// The answer alone, for a check without own keys.
    fn answer_claim(&self) -> Result<Option<Claim>, Cause> {
        let Some(answer) = self.site.said.answers.get(&self.definition.id) else { return Ok(None) };
        let (date, own_date) = self.date(answer.date);
        // What has no day of its own was said in the review, by whoever made that.
        let reviewer = self.site.said.reviewed.as_ref().filter(|_| !own_date).and_then(|reviewed| reviewed.by.as_ref());
        let by = answer.by.as_ref().or(reviewer).cloned();
        let (rating, message) = match answer.answer {
            Reply::Yes => (Rating::Good, "yes"),
            Reply::Partly => (Rating::Middling, "partly"),
            Reply::No => (Rating::Bad, "no"),
        };
        Ok(Some(Claim {
            graded: Graded { rating, message, args: who_and_when(by.as_deref(), date) },
            date,
            own_date,
            backed: self.backed(answer.record.as_deref())?,
            ageless: self.definition.answer_max_age.is_none(),
            by,
            planned: answer.planned.as_ref().map(|planned| Planned { date: planned.date.0, by: planned.by.clone() }),
            beside: None,
        }))
    }

    /// What the own keys say, whatever an answer says beside them.
    pub(super) fn own_claim(&self, own: &Own) -> Result<Option<Claim>, Cause> {
        let (date, own_date) = self.date(own.date);
        Ok(Some(Claim {
            graded: own.graded.clone(),
            date,
            own_date,
            backed: self.backed(own.record.as_deref())?,
            ageless: own.ageless,
            by: own.by.clone(),
            planned: None,
            beside: None,
        }))
    }

    /// A word's own day, else the day of the review.
    fn date(&self, own: Option<Day>) -> (Option<Date>, bool) {
        let reviewed = self.site.said.reviewed.as_ref().map(|reviewed| reviewed.date.0);
        (own.map(|day| day.0).or(reviewed), own.is_some())
    }

    /// Whether a record stands behind a word.
    ///
    /// # Errors
    /// A record that is named but missing, empty or a file of the description itself makes the word none. Where records
    /// were not looked at, the word stands without it.
    pub(super) fn backed(&self, record: Option<&str>) -> Result<bool, Cause> {
        let Some(path) = record else { return Ok(false) };
        if self.site.own_files.contains(path) {
            return Err(Cause::new(CauseKind::Record, path));
        }
        match seen(&self.evidence.records, &FileAsk { path: path.to_owned() }.key()) {
            Ok(seen) if seen.facts.bytes == 0 => Err(Cause::new(CauseKind::Record, path)),
            Ok(seen) => Ok(self.uses_of(path, &seen.facts.sha256) <= MOST_RECORD_USES),
            Err(cause) if cause.kind == CauseKind::NotCollected => Ok(false),
            Err(cause) => Err(Cause::new(CauseKind::Record, if cause.detail.is_empty() { path.to_owned() } else { cause.detail })),
        }
    }

    /// How many words this file stands behind, under whatever names: a copy of a record is no further record.
    fn uses_of(&self, path: &str, sha256: &str) -> usize {
        let same = |other: &str| {
            let content = seen(&self.evidence.records, &FileAsk { path: other.to_owned() }.key()).map(|seen| seen.facts.sha256.as_str());
            other == path || (!sha256.is_empty() && content == Ok(sha256))
        };
        self.record_uses.iter().filter(|(other, _)| same(other)).map(|(_, uses)| uses).sum()
    }

    /// A check that only its answer and own keys can decide.
    #[must_use]
    pub fn answered(&self, own: Option<Own>) -> Vec<Judgement> {
        let (claim, path) = self.said(own);
        let measurement = Err(Cause::new(CauseKind::NotCollected, ""));
        vec![self.settle(Question { subject: String::new(), path, best: None, claim, document: None, measurement })]
    }

    /// A check whose graded value is the day on which something was last done: good within the limit `pass`, middling
    /// within `warn`, bad after that. Its messages are `recent`, `ageing` and `too-old`, with `date`, `days` and `by`.
    ///
    /// An answer *yes* or *partly* is graded by its own day in the same way; without one it says nothing.
    #[must_use]
    pub fn dated(&self, own: Option<Occasion>) -> Vec<Judgement> {
        let (claim, path) = self.on_day(own);
        let measurement = Err(Cause::new(CauseKind::NotCollected, ""));
        vec![self.settle(Question { subject: String::new(), path, best: None, claim, document: None, measurement })]
    }

    /// The description's word on such a check, for a judge that has more to lay beside it.
    pub fn on_day(&self, own: Option<Occasion>) -> Said {
        if !self.answers {
            return self.said(None);
        }
        let answer = self.site.said.answers.get(&self.definition.id);
        let from_answer = answer.filter(|answer| answer.answer != Reply::No).map(|answer| Occasion {
            partly: (answer.answer == Reply::Partly).then_some("partly"),
            date: answer.date,
            by: answer.by.clone(),
            record: answer.record.clone(),
            path: "answers",
        });
        let own_newer = match (&own, answer.and_then(|answer| answer.date)) {
            (Some(own), Some(answered)) => own.date.is_some_and(|own| own >= answered),
            (own, None) => own.is_some(),
            (None, Some(_)) => false,
        };
        let occasion = if own_newer { own } else { from_answer };
        let Some(occasion) = occasion else { return self.said(None) };
        let path = if occasion.path == "answers" { format!("answers.{}", self.definition.id) } else { occasion.path.to_owned() };
        // A review has a day of its own: it does not say on which day something was done.
        let Some(Day(date)) = occasion.date else {
            return (Err(Cause::new(CauseKind::Undated, &path)), path);
        };
        let mut graded = self.grade_day(date, occasion.by.as_deref());
        if let Some(message) = occasion.partly.filter(|_| graded.rating > Rating::Bad) {
            graded = Graded::middling(message, who_and_when(occasion.by.as_deref(), Some(date)));
        }
        let claim = self
            .backed(occasion.record.as_deref())
            .map(|backed| Some(Claim { graded, date: Some(date), own_date: true, backed, ageless: true, by: occasion.by, planned: None, beside: None }));
        (claim, path)
    }

    /// Grades how long ago a day is.
    fn grade_day(&self, date: Date, by: Option<&str>) -> Graded {
        let age = self.now.as_of.duration_since(self.now.start(date)).as_secs().max(0);
        let mut told = who_and_when(by, Some(date));
        told.insert("days".to_owned(), Arg::Count(age / crate::span::Span::DAY));
        match age {
            age if age <= self.limit("pass") => Graded::good("recent", told),
            age if age <= self.limit("warn") => Graded::middling("ageing", told),
            _ => Graded::bad("too-old", told),
        }
    }
}

/// A day on which something was done.
#[derive(Debug, Clone)]
pub struct Occasion {
    /// The message for what was done in part only; none where it was done in full.
    pub partly: Option<&'static str>,
    /// The day.
    pub date: Option<Day>,
    /// Who did it.
    pub by: Option<String>,
    /// The record of it.
    pub record: Option<String>,
    /// Where it is written.
    pub path: &'static str,
}

/// `by` and `date`, as every answer's messages have them.
#[must_use]
pub fn who_and_when(by: Option<&str>, date: Option<Date>) -> Args {
    args([
        ("by", by.map_or_else(|| Arg::Phrase("nobody-named".to_owned()), Arg::from)),
        ("date", date.map_or_else(|| Arg::Phrase("no-date".to_owned()), Arg::Date)),
    ])
}

/// How many answers and own keys each record stands behind. One file behind more than two backs none of them.
#[must_use]
pub fn record_uses(site: &Site) -> BTreeMap<&str, usize> {
    let mut uses = BTreeMap::new();
    for (_, record) in site.said.records() {
        *uses.entry(record).or_insert(0) += 1;
    }
    uses
}
