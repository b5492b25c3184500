//! The name: how long it is registered for, to whom, and who may issue certificates for it.

use jiff::civil::Date;

use crate::{
    checks::{
        Context, Graded, Judgement, Measurement, Question,
        claim::{Own, who_and_when},
        settle::{self, Document},
    },
    domain::registrable,
    evidence::{RegistrationFacts, Seen, seen},
    finding::{Arg, Args, Basis, Cause, CauseKind, Tier, args},
    site::{Domain, scalar::Day},
    span::Span,
};

use super::{
    certificate::{ends_with_name, issuer, leaf},
    dns_ask, handshakes, no_domain, of_the_site, only_said, registration_ask,
};

/// The registry's words for a domain that is being taken back (RFC 8056): its owner can lose it any day.
const RELEASED: [&str; 2] = ["redemption period", "pending delete"];

/// Nobody registers a name for longer than ten years (3,653 days, and a few to spare): what is said to end later is a
/// slip of the pen, or a registry's placeholder.
const LONGEST: i64 = 3_660 * Span::DAY;

/// The day that the registry names for the end, as a question's measurement; and the rung that can be reached here.
///
/// Many registries of countries have neither RDAP nor WHOIS, or publish no end: there a dated answer with a record is the best there is.
fn registered<'a>(cx: &Context<'a>) -> (Result<Seen<'a, RegistrationFacts>, Cause>, Option<Basis>) {
    let Some(ask) = registration_ask(cx.site, cx.knowledge) else {
        return (Err(Cause::new(CauseKind::NotPublished, cx.site.host())), Some(Basis::Documented));
    };
    let found = seen(&cx.evidence.registration, &ask.key()).and_then(|seen: Seen<'a, RegistrationFacts>| match seen.facts.expires {
        _ if is_released(seen.facts) => Ok(seen),
        None => Err(Cause::new(CauseKind::NotPublished, seen.facts.server.clone())),
        Some(expires) if expires.duration_since(seen.at).as_secs() > LONGEST => {
            Err(Cause::new(CauseKind::Knowledge, format!("{}: {}", seen.facts.server, cx.now.day(expires))))
        }
        Some(_) => Ok(seen),
    });
    let best = found.as_ref().err().filter(|cause| cause.kind == CauseKind::NotPublished).map(|_| Basis::Documented);
    (found, best)
}

fn is_released(facts: &RegistrationFacts) -> bool {
    facts.statuses.iter().any(|status| RELEASED.contains(&status.as_str()))
}

/// The own key `renewals.domain`, graded.
fn own(cx: &Context<'_>, domain: &Domain, path: &'static str, graded: impl FnOnce(Args) -> Graded) -> Own {
    let date = domain.date.or(cx.site.said.reviewed.as_ref().map(|reviewed| reviewed.date));
    let graded = graded(who_and_when(domain.by.as_deref(), date.map(|day| day.0)));
    Own { graded, date: domain.date, by: domain.by.clone(), record: domain.record.clone(), ageless: false, path }
}

/// Days from the day that is judged for to `day`; negative once it has passed.
fn days_until(cx: &Context<'_>, day: Date) -> i64 {
    cx.now.today().duration_until(day).as_secs() / Span::DAY
}

// renewals.domain-expiry -----------------------------------------------------------------------------------------------

pub(super) fn expiry(cx: &Context<'_>) -> Vec<Judgement> {
    let Some(name) = registrable(cx.site.host()) else { return no_domain(cx) };
    let declared = cx.site.said.renewals.domain.as_ref().and_then(|domain| Some((domain, domain.expires?)));
    let claim = declared.map(|(domain, Day(day))| {
        own(cx, domain, "renewals.domain.expires", |mut told| {
            let days = days_until(cx, day);
            told.extend(args([("domain", name.as_str().into()), ("ends", day.into()), ("days", Arg::Count(days.abs()))]));
            let message = if days < 0 { "declared-ended" } else { "declared" };
            rated(cx, days * Span::DAY, |grade| grade(message, told))
        })
    });
    let (found, best) = registered(cx);
    let measurement = found.map(|seen| Measurement { graded: grade_registration(cx, &name, seen.facts), at: seen.at, tier: Tier::Network });
    let said = match declared.filter(|(domain, Day(day))| is_too_far(cx, domain, *day)) {
        None => cx.said(claim),
        // Why the date counts for nothing is worth telling where no answer stands beside it.
        Some((_, Day(day))) => match cx.said(None) {
            (Ok(None), _) if cx.answers => (Err(Cause::new(CauseKind::Knowledge, format!("{name}: {day}"))), "renewals.domain.expires".to_owned()),
            said => said,
        },
    };
    vec![cx.settle(Question { best, measurement, ..only_said(said) })]
}

/// Longer after the day on which it was said than anybody can register a name for.
fn is_too_far(cx: &Context<'_>, domain: &Domain, ends: Date) -> bool {
    let said = domain.date.or(cx.site.said.reviewed.as_ref().map(|reviewed| reviewed.date)).map_or(cx.now.today(), |day| day.0);
    said.duration_until(ends).as_secs() > LONGEST
}

/// The grade for so many seconds left.
fn rated(cx: &Context<'_>, left: i64, graded: impl FnOnce(fn(&'static str, Args) -> Graded) -> Graded) -> Graded {
    match left {
        left if left >= cx.limit("pass") => graded(Graded::good),
        left if left >= cx.limit("warn") => graded(Graded::middling),
        _ => graded(Graded::bad),
    }
}

fn grade_registration(cx: &Context<'_>, name: &str, facts: &RegistrationFacts) -> Graded {
    let mut told = args([("domain", name.into()), ("registrar", facts.registrar.as_deref().map_or_else(|| Arg::Phrase("nobody-named".to_owned()), Arg::from))]);
    let released: Vec<String> = facts.statuses.iter().filter(|status| RELEASED.contains(&status.as_str())).cloned().collect();
    let Some(expires) = facts.expires.filter(|_| released.is_empty()) else {
        told.insert("statuses".to_owned(), released.into());
        return Graded::bad("released", told);
    };
    let left = expires.duration_since(cx.now.as_of).as_secs();
    told.extend(args([("date", cx.now.day(expires).into()), ("days", Arg::Count(left.abs() / Span::DAY))]));
    if left < 0 {
        return Graded::bad("ended", told);
    }
    match left {
        left if left >= cx.limit("pass") => Graded::good("pass", told),
        left if left >= cx.limit("warn") => Graded::middling("due", told),
        _ => Graded::bad("ending", told),
    }
}

// renewals.domain-agrees -----------------------------------------------------------------------------------------------

pub(super) fn agrees(cx: &Context<'_>) -> Vec<Judgement> {
    let host = || args([("host", cx.site.host().into())]);
    let Some(name) = registrable(cx.site.host()) else { return no_domain(cx) };
    let declared = cx.site.said.renewals.domain.as_ref().and_then(|domain| Some((domain, domain.expires?)));
    let Some((domain, Day(day))) = declared else {
        return vec![settle::not_applicable(cx.definition, "not-declared", host())];
    };
    let (found, best) = registered(cx);
    let measurement = found.and_then(|seen| {
        let expires = seen.facts.expires.ok_or_else(|| Cause::new(CauseKind::NotPublished, seen.facts.server.clone()))?;
        Ok(Measurement { graded: grade_difference(cx, &name, day, cx.now.day(expires)), at: seen.at, tier: Tier::Network })
    });
    // A date alone agrees with itself: it counts only where the registry's is there to hold it against.
    let claim = measurement.is_ok().then(|| {
        own(cx, domain, "renewals.domain.expires", |mut told| {
            told.extend(args([("domain", name.as_str().into()), ("ends", day.into())]));
            Graded::good("declared", told)
        })
    });
    vec![cx.settle(Question { best, measurement, ..only_said(cx.said(claim)) })]
}

fn grade_difference(cx: &Context<'_>, name: &str, declared: Date, registry: Date) -> Graded {
    let off = (days_until(cx, declared) - days_until(cx, registry)).abs();
    let told = args([("domain", name.into()), ("declared", declared.into()), ("registry", registry.into()), ("days", Arg::Count(off))]);
    match off * Span::DAY {
        off if off <= cx.limit("pass") => Graded::good("pass", told),
        off if off <= cx.limit("warn") => Graded::middling("off", told),
        _ => Graded::bad("off", told),
    }
}

// renewals.domain-owner ------------------------------------------------------------------------------------------------

pub(super) fn owner(cx: &Context<'_>) -> Vec<Judgement> {
    let host = cx.site.host();
    let dynamic = cx.knowledge.certificates.dynamic.iter().find(|ending| ends_with_name(host, ending));
    if dynamic.is_none() && registrable(host).is_none() {
        return no_domain(cx);
    }
    let declared = cx.site.said.renewals.domain.as_ref().and_then(|domain| Some((domain, domain.owner.as_deref().filter(|owner| !owner.trim().is_empty())?)));
    let claim = declared.map(|(domain, owner)| {
        own(cx, domain, "renewals.domain.owner", |mut told| {
            let mut contacts: Vec<String> = domain.contacts.iter().map(|role| cx.site.person(role).to_owned()).collect();
            contacts.sort_unstable();
            contacts.dedup();
            contacts.retain(|contact| !contact.trim().is_empty());
            let enough = i64::try_from(contacts.len()).is_ok_and(|count| count >= cx.limit("contacts"));
            told.extend(args([("owner", cx.site.person(owner).into()), ("count", contacts.len().into()), ("contacts", contacts.into())]));
            if enough { Graded::good("declared", told) } else { Graded::middling("few-contacts", told) }
        })
    });
    // The address itself says it: no probe is needed, and none can show that a name is the institution's own.
    let document = dynamic.map(|service| Document {
        graded: Graded::bad("dynamic", args([("host", host.into()), ("service", service.as_str().into())])),
        at: cx.evidence.collected,
    });
    vec![cx.settle(Question { document, ..only_said(cx.said(claim)) })]
}

// renewals.schedule ----------------------------------------------------------------------------------------------------

/// Everything that the description says will end: `renewals.also`, and the domain where its end is written.
pub(super) fn schedule(cx: &Context<'_>) -> Vec<Judgement> {
    let renewals = &cx.site.said.renewals;
    let own = (!renewals.also.is_empty()).then(|| {
        let domain = renewals.domain.as_ref().and_then(|domain| Some((cx.site.host(), domain.expires?.0, domain.owner.is_some())));
        let also = renewals.also.iter().map(|ending| (ending.item.as_str(), ending.ends.0, ending.owner.is_some()));
        let items: Vec<(&str, Date, bool)> = also.chain(domain).collect();
        Own::undated(grade_schedule(cx, &items), "renewals.also")
    });
    cx.answered(own)
}

fn grade_schedule(cx: &Context<'_>, items: &[(&str, Date, bool)]) -> Graded {
    let today = cx.now.today();
    let is_fine = |(_, ends, owned): &&(&str, Date, bool)| *ends >= today && *owned;
    let gaps: Vec<String> = items.iter().filter(|item| !is_fine(item)).map(|(item, ends, _)| format!("{item} ({ends})")).collect();
    let next = items.iter().filter(is_fine).min_by_key(|(_, ends, _)| *ends);
    let told = |gaps: Vec<String>| args([("count", items.len().into()), ("gaps", gaps.into())]);
    match next {
        Some((item, ends, _)) if gaps.is_empty() => {
            Graded::good("declared", args([("count", items.len().into()), ("item", (*item).into()), ("date", (*ends).into())]))
        }
        Some(_) => Graded::middling("gaps", told(gaps)),
        None => Graded::bad("nobody", told(gaps)),
    }
}

// renewals.caa ---------------------------------------------------------------------------------------------------------

pub(super) fn caa(cx: &Context<'_>) -> Vec<Judgement> {
    let Some(ask) = dns_ask(cx.site).filter(|_| registrable(cx.site.host()).is_some()) else { return no_domain(cx) };
    let measurement = seen(&cx.evidence.dns, &ask.key()).and_then(|seen| {
        let set = seen.facts.caa.facts().map_err(Clone::clone)?;
        // A set without `issue` restricts nobody.
        let graded = match set.as_ref().filter(|set| !set.issue.is_empty()) {
            None => Graded::middling("absent", args([("host", cx.site.host().into())])),
            Some(set) => grade_caa(cx, &set.at, &set.issue)?,
        };
        Ok(Measurement { graded, at: seen.at, tier: Tier::Network })
    });
    vec![cx.settle(Question { measurement, ..only_said(cx.said(None)) })]
}

/// Whether the authorities whose certificates are served may issue the next ones. One that is not known here, or that is
/// none, cannot be held against the set.
fn grade_caa(cx: &Context<'_>, at: &str, allowed: &[String]) -> Result<Graded, Cause> {
    let known = &cx.knowledge.certificates;
    let mut permitted = Vec::new();
    for (address, outcome) in handshakes(cx)?.facts {
        let handshake = outcome.facts().map_err(Clone::clone)?;
        let leaf = leaf(address, handshake)?;
        let name = issuer(leaf);
        let authority = known.authorities.iter().chain(&known.not_acme).find(|authority| name.starts_with(&authority.issuer));
        let authority = authority.ok_or_else(|| Cause::new(CauseKind::Vantage, format!("{address}: {name}")))?;
        let told = || args([("at", at.into()), ("allowed", allowed.to_vec().into()), ("issuer", name.into())]);
        if !authority.caa.iter().any(|domain| allowed.contains(domain)) {
            return Ok(Graded::bad("forbids", told()));
        }
        permitted.push(of_the_site(address, handshake, Graded::good("pass", told()))?);
    }
    permitted.pop().ok_or_else(|| Cause::new(CauseKind::NoAddress, cx.site.host()))
}
