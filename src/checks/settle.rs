//! The evidence ladder: claim, document and measurement become the one judgement.
//!
//! The rules are those of `scoring.md`, "One check". This is the only place that constructs a pass: a judge grades
//! values, and never says how an audit ends.

use jiff::{Timestamp, civil::Date, tz::TimeZone};

use crate::{
    catalogue::CheckDef,
    finding::{Args, Basis, Cause, CauseKind, Other, Planned, Tier, Verdict},
};

/// What a value comes to under its check's rule. Ordered from worst to best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rating {
    /// The rule does not hold.
    Bad,
    /// It holds in part, or will not for long.
    Middling,
    /// It holds.
    Good,
}

/// A graded value, with the message that tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Graded {
    /// What it comes to.
    pub rating: Rating,
    /// The attribute of the check's Fluent message.
    pub message: &'static str,
    /// The arguments of that message.
    pub args: Args,
}

impl Graded {
    /// The rule holds.
    #[must_use]
    pub fn good(message: &'static str, args: Args) -> Self {
        Self { rating: Rating::Good, message, args }
    }

    /// The rule holds in part, or will not for long.
    #[must_use]
    pub fn middling(message: &'static str, args: Args) -> Self {
        Self { rating: Rating::Middling, message, args }
    }

    /// The rule does not hold.
    #[must_use]
    pub fn bad(message: &'static str, args: Args) -> Self {
        Self { rating: Rating::Bad, message, args }
    }
}

/// The moment that is judged for.
#[derive(Debug, Clone)]
pub struct Now {
    /// The moment.
    pub as_of: Timestamp,
    /// The zone in which the site's days begin.
    pub zone: TimeZone,
}

impl Now {
    /// The day that `as_of` falls on.
    #[must_use]
    pub fn today(&self) -> Date {
        self.day(self.as_of)
    }

    /// The day that a moment falls on.
    #[must_use]
    pub fn day(&self, at: Timestamp) -> Date {
        at.to_zoned(self.zone.clone()).date()
    }

    /// The first moment of a day.
    #[must_use]
    pub fn start(&self, day: Date) -> Timestamp {
        // A day outside the range of timestamps is clamped: it is in the far past or the far future either way.
        day.to_zoned(self.zone.clone()).map_or(if day.year() < 0 { Timestamp::MIN } else { Timestamp::MAX }, |zoned| zoned.timestamp())
    }
}

/// The description's word.
#[derive(Debug, Clone)]
pub struct Claim {
    /// What it comes to.
    pub graded: Graded,
    /// Its day: its own, else the day of the review; none where neither is written.
    pub date: Option<Date>,
    /// The day is its own.
    pub own_date: bool,
    /// A record that exists stands behind it.
    pub backed: bool,
    /// The graded value is itself the day: it has no maximum age besides.
    pub ageless: bool,
    /// Who says so.
    pub by: Option<String>,
    /// What is meant to be done about a no.
    pub planned: Option<Planned>,
    /// What the description itself says besides: own keys that yielded to this word.
    pub beside: Option<Box<Claim>>,
}

/// What a named file says.
#[derive(Debug, Clone)]
pub struct Document {
    /// What it comes to.
    pub graded: Graded,
    /// When the file was read.
    pub at: Timestamp,
}

/// What a probe saw.
#[derive(Debug, Clone)]
pub struct Measurement {
    /// What it comes to.
    pub graded: Graded,
    /// When.
    pub at: Timestamp,
    /// The access it took.
    pub tier: Tier,
}

/// All that bears on one subject.
#[derive(Debug, Clone)]
pub struct Question {
    /// A host, an address, a certificate; empty for the whole site.
    pub subject: String,
    /// Where the description speaks of it, as a key path.
    pub path: String,
    /// The best rung that this site can reach, where it is lower than the catalogue's.
    pub best: Option<Basis>,
    /// The description's word, or why it is none.
    pub claim: Result<Option<Claim>, Cause>,
    /// What a named file says.
    pub document: Option<Document>,
    /// What a probe saw, or why nothing was seen.
    pub measurement: Result<Measurement, Cause>,
}

/// One check's word on one subject. Only [`settle`], [`unknown`] and [`not_applicable`] make one.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Judgement {
    /// What it is about; empty for the whole site.
    pub subject: String,
    /// Where the description speaks of it, as a key path.
    pub path: String,
    /// How it came out.
    pub verdict: Verdict,
    /// What that rests on.
    pub basis: Basis,
    /// The best rung that this site could reach here.
    pub best: Basis,
    /// The description says good, evidence of the same time or later says bad.
    pub contradicted: bool,
    /// The deciding word is older than the check accepts.
    pub stale: bool,
    /// The attribute of the check's Fluent message, or a `common.` message.
    pub message: &'static str,
    /// The arguments of the message.
    pub args: Args,
    /// Why it is not known, or why something else had to stand in.
    pub cause: Option<Cause>,
    /// The word that was overruled, where the two differ.
    pub other: Option<Other>,
    /// The access that the deciding word came by.
    pub tier: Option<Tier>,
    /// When the deciding word was said or seen.
    pub observed_at: Option<Timestamp>,
    /// Seconds after which the deciding word counts one rung less.
    pub max_age: Option<i64>,
    /// What the site means to do about a no.
    pub planned: Option<Planned>,
}

/// The message of every unknown: it names the access that would settle the question.
pub const UNKNOWN: &str = "unknown";

/// One word on its rung, aged.
struct Rung {
    graded: Graded,
    basis: Basis,
    stale: bool,
    at: Option<Timestamp>,
    tier: Tier,
    max_age: Option<i64>,
    by: Option<String>,
    planned: Option<Planned>,
}

/// Decides precedence, age, contradiction and basis.
#[must_use]
pub fn settle(definition: &CheckDef, now: &Now, question: Question) -> Judgement {
    let Question { subject, path, best, claim, document, measurement } = question;
    // Paper can be had everywhere: no site's best is below it.
    let best = best.map_or(definition.best, |lowered| lowered.max(Basis::Documented).min(definition.best));

    let mut claim = claim;
    let beside = claim.as_mut().ok().and_then(|claim| claim.as_mut()?.beside.take()).and_then(|own| place_claim(definition, now, *own).ok());
    let (claim, claim_cause) = match claim.map(|claim| claim.map(|claim| place_claim(definition, now, claim))) {
        Ok(Some(Ok(placed))) => {
            let cause = placed.unfit.clone();
            (Some(placed), cause)
        }
        Ok(None) => (None, None),
        Ok(Some(Err(cause))) | Err(cause) => (None, Some(cause)),
    };
    let document = document.map(|d| place_seen(definition, now, d.graded, d.at, Basis::Documented, Tier::Files));
    let (measurement, missed) = match measurement {
        Ok(m) => (Some(place_seen(definition, now, m.graded, m.at, Basis::Measured, m.tier)), None),
        Err(cause) => (None, Some(cause)),
    };

    let (evidence, filed) = strongest(now, measurement, document);
    // A worse word of a later day has outdated the evidence for good, also when it is itself too old to rest on.
    let evidence = evidence.filter(|evidence| !claim.as_ref().is_some_and(|claim| claim.unfit.is_some() && outdates(now, claim, evidence)));
    let (mut decided, overruled, contradicted) = match (claim, evidence) {
        (Some(claim), None) if claim.unfit.is_none() => (claim.rung, None, false),
        (_, None) => {
            let cause = claim_cause.or(missed);
            return Judgement { cause, ..empty(subject, path, Verdict::Unknown, best, UNKNOWN) };
        }
        (None, Some(evidence)) => against_file(now, evidence, filed),
        (Some(claim), Some(evidence)) => against_claim(now, claim, evidence, filed),
    };

    // Where the description contradicts itself and nothing else is known, its better word is no more than a warning.
    let beside = beside.map(|own| own.rung).filter(|own| decided.tier == Tier::Answer && own.graded.rating != decided.graded.rating);
    if beside.as_ref().is_some_and(|own| own.graded.rating == Rating::Bad) {
        decided.graded.rating = decided.graded.rating.min(Rating::Middling);
    }
    let verdict = match decided.graded.rating {
        Rating::Good => Verdict::Pass,
        Rating::Middling => Verdict::Warn,
        Rating::Bad => Verdict::Fail,
    };
    Judgement {
        subject,
        path,
        verdict,
        basis: decided.basis,
        best,
        contradicted,
        stale: decided.stale,
        message: decided.graded.message,
        args: decided.graded.args,
        // Where an answer had to stand in for a probe that tried, the report says why.
        cause: missed.filter(|cause| decided.tier == Tier::Answer && cause.kind != CauseKind::NotCollected).or(claim_cause),
        other: overruled.or(beside.map(other)),
        tier: Some(decided.tier),
        observed_at: decided.at,
        max_age: decided.max_age,
        planned: decided.planned,
    }
}

/// Nothing is known, and no word was said that could be graded.
#[must_use]
pub fn unknown(definition: &CheckDef, subject: impl Into<String>, path: impl Into<String>, cause: Cause) -> Judgement {
    Judgement { cause: Some(cause), ..empty(subject.into(), path.into(), Verdict::Unknown, definition.best, UNKNOWN) }
}

/// The question does not arise, as evidence or the absence of a declaration shows.
#[must_use]
pub fn not_applicable(definition: &CheckDef, message: &'static str, args: Args) -> Judgement {
    Judgement { args, ..empty(String::new(), "url".to_owned(), Verdict::NotApplicable, definition.best, message) }
}

fn empty(subject: String, path: String, verdict: Verdict, best: Basis, message: &'static str) -> Judgement {
    Judgement {
        subject,
        path,
        verdict,
        basis: Basis::None,
        best,
        contradicted: false,
        stale: false,
        message,
        args: Args::new(),
        cause: None,
        other: None,
        tier: None,
        observed_at: None,
        max_age: None,
        planned: None,
    }
}

/// A claim on its rung.
struct PlacedClaim {
    rung: Rung,
    /// Its day is its own, not the review's.
    own_date: bool,
    /// Why nothing can rest on it alone. It can still be refuted.
    unfit: Option<Cause>,
}

/// Puts a claim on its rung; an answer from the future is none.
fn place_claim(definition: &CheckDef, now: &Now, claim: Claim) -> Result<PlacedClaim, Cause> {
    if let Some(date) = claim.date.filter(|date| *date > now.today()) {
        return Err(Cause::new(CauseKind::Future, date.to_string()));
    }
    let at = claim.date.map(|date| now.start(date));
    let max_age = if claim.ageless { None } else { definition.answer_max_age };
    let too_old = match (at, max_age) {
        (None, _) => true,
        (Some(at), Some(max_age)) => now.as_of.duration_since(at).as_secs() > max_age,
        (Some(_), None) => false,
    };
    let full = if claim.backed { Basis::Documented } else { Basis::Claimed };
    let (mut basis, mut unfit) = (if too_old { full.lower() } else { full }, None);
    if basis == Basis::None {
        if claim.graded.rating == Rating::Bad {
            // A fail stays a fail however old.
            basis = Basis::Claimed;
        } else {
            let kind = if claim.date.is_some() { CauseKind::TooOld } else { CauseKind::Undated };
            unfit = Some(Cause::new(kind, claim.date.map(|date| date.to_string()).unwrap_or_default()));
        }
    }
    let rung = Rung { graded: claim.graded, basis, stale: too_old, at, tier: Tier::Answer, max_age, by: claim.by, planned: claim.planned };
    Ok(PlacedClaim { rung, own_date: claim.own_date, unfit })
}

fn place_seen(definition: &CheckDef, now: &Now, graded: Graded, at: Timestamp, rung: Basis, tier: Tier) -> Rung {
    let max_age = definition.evidence_max_age;
    let stale = max_age.is_some_and(|max_age| now.as_of.duration_since(at).as_secs() > max_age);
    let basis = if stale { rung.lower() } else { rung };
    Rung { graded, basis, stale, at: Some(at), tier, max_age, by: None, planned: None }
}

/// A file says what should run, a probe what does: the probe decides, and the file becomes one more thing said. Only a
/// file that fails the rule, read on a later day than the probe looked, decides itself.
fn strongest(now: &Now, measurement: Option<Rung>, document: Option<Rung>) -> (Option<Rung>, Option<Rung>) {
    match (measurement, document) {
        (Some(measured), Some(file)) if file.graded.rating == Rating::Bad && on_later_day(now, file.at, measured.at) => (Some(file), Some(measured)),
        (Some(measured), file) => (Some(measured), file),
        (None, file) => (file, None),
    }
}

/// Without an answer: a file that said good, refuted by a probe of the same day or later, is a contradiction.
fn against_file(now: &Now, evidence: Rung, weaker: Option<Rung>) -> (Rung, Option<Other>, bool) {
    let (said, seen) = (weaker.as_ref().map(|weaker| weaker.graded.rating), evidence.graded.rating);
    let refuted = weaker.as_ref().is_some_and(|weaker| {
        weaker.tier == Tier::Files && weaker.graded.rating == Rating::Good && seen == Rating::Bad && !on_later_day(now, weaker.at, evidence.at)
    });
    (evidence, weaker.filter(|_| said != Some(seen)).map(other), refuted)
}

/// An answer of its own, later day supersedes evidence that it disagrees with; evidence of the same time or later that
/// is bad refutes a good answer. What the answer admits, nothing contradicts.
fn against_claim(now: &Now, placed: PlacedClaim, evidence: Rung, weaker: Option<Rung>) -> (Rung, Option<Other>, bool) {
    let (said, seen) = (placed.rung.graded.rating, evidence.graded.rating);
    if placed.unfit.is_none() && (outdates(now, &placed, &evidence) || excuses(now, &placed, &evidence)) {
        return (placed.rung, Some(other(evidence)), false);
    }
    let refuted = said == Rating::Good && seen == Rating::Bad && evidence.at >= placed.rung.at;
    if said != seen {
        return (evidence, Some(other(placed.rung)), refuted);
    }
    let (evidence, other, _) = against_file(now, evidence, weaker);
    (evidence, other, false)
}

/// A worse word, with a date of its own, of a later day than the evidence.
fn outdates(now: &Now, claim: &PlacedClaim, evidence: &Rung) -> bool {
    claim.own_date && claim.rung.graded.rating < evidence.graded.rating && on_later_day(now, claim.rung.at, evidence.at)
}

/// A better word than bad evidence, with a date of its own, of a later day.
fn excuses(now: &Now, claim: &PlacedClaim, evidence: &Rung) -> bool {
    let mended = evidence.graded.rating == Rating::Bad && claim.rung.graded.rating > Rating::Bad;
    claim.own_date && mended && on_later_day(now, claim.rung.at, evidence.at)
}

/// `a` is on a later day than `b`; an undated word is on no later day than any.
fn on_later_day(now: &Now, a: Option<Timestamp>, b: Option<Timestamp>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => now.day(a) > now.day(b),
        _ => false,
    }
}

fn other(rung: Rung) -> Other {
    Other { basis: rung.basis, message_id: rung.graded.message.to_owned(), args: rung.graded.args, message: String::new(), at: rung.at, by: rung.by }
}
