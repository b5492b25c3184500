//! The certificate itself: whom it convinces, and for how long.

use jiff::{Timestamp, tz::TimeZone};

use crate::{
    checks::{Context, Graded, Judgement, Measurement, Question},
    evidence::{
        Outcome,
        tls::{Certificate, Handshake, Path, Revocation, RevocationStatus},
    },
    finding::{Arg, Args, Cause, CauseKind, Tier, args},
    knowledge::Authority,
    span::Span,
};

use super::{each_address, handshakes, names_site, only_said};

/// Names of a certificate that a sentence shows; one certificate can hold a hundred.
const SHOWN_NAMES: usize = 5;

/// A hundred years: a certificate for longer, such as to the year 9999, names no end at all (RFC 5280, 4.1.2.5).
const LONGEST_LIFETIME: i64 = 36_525 * Span::DAY;

/// Who made a certificate, as far as it tells.
#[derive(Debug, Clone, Copy)]
pub(super) enum Maker<'a> {
    /// The CHT's own installer, for tests.
    Installer,
    /// The developers' helper, whose private key anybody can download.
    Helper,
    /// The test service of a public authority.
    Staging,
    /// Whoever runs the server: it is signed by itself.
    Itself,
    /// A public authority that issues to programs.
    Acme,
    /// Another public authority; none where its name is not known here.
    Public(Option<&'a Authority>),
    /// An authority that is not trusted here.
    Private,
    /// The certificate cannot be relied on to say who made it.
    Unclear,
}

/// The certificate that an address identifies itself with.
pub(super) fn leaf<'a>(address: &str, handshake: &'a Handshake) -> Result<&'a Certificate, Cause> {
    handshake.chain.first().ok_or_else(|| Cause::new(CauseKind::NotUnderstood, format!("{address}: no certificate")))
}

/// Who issued a certificate, for a sentence.
pub(super) fn issuer(leaf: &Certificate) -> &str {
    leaf.issuer_name.as_deref().unwrap_or(&leaf.issuer)
}

/// Who made the certificate that was served.
pub(super) fn maker<'a>(cx: &Context<'a>, handshake: &Handshake, leaf: &Certificate) -> Maker<'a> {
    let known = &cx.knowledge.certificates;
    let by = |authorities: &'a [Authority]| authorities.iter().find(|authority| issuer(leaf).starts_with(&authority.issuer));
    let is_default = |name: &String| known.defaults.iter().any(|default| default.eq_ignore_ascii_case(name));
    if leaf.common_name.iter().chain(&leaf.names).any(|name| known.developer.iter().any(|ending| ends_with_name(name, ending))) {
        return Maker::Helper;
    }
    if leaf.common_name.iter().any(is_default) {
        return Maker::Installer;
    }
    // Let's Encrypt marks the organisation of some test authorities, and only the common name of others.
    if by(&known.authorities).is_some_and(|authority| authority.staging) || leaf.issuer.contains("(STAGING)") {
        return Maker::Staging;
    }
    match (handshake.path, by(&known.authorities), by(&known.not_acme)) {
        (Path::SelfSigned, _, _) => Maker::Itself,
        (Path::Trusted | Path::Incomplete, Some(_), _) => Maker::Acme,
        (Path::Trusted | Path::Incomplete, None, Some(authority)) => Maker::Public(Some(authority)),
        (Path::Trusted, None, None) => Maker::Public(None),
        (Path::Incomplete, None, None) | (Path::UnknownRoot, _, _) => Maker::Private,
        (Path::BadSignature | Path::NotUsable, _, _) => Maker::Unclear,
    }
}

/// `name` is `ending` or lies below it.
pub(super) fn ends_with_name(name: &str, ending: &str) -> bool {
    let (name, ending) = (name.to_ascii_lowercase(), ending.to_ascii_lowercase());
    name.strip_suffix(&ending).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

// renewals.tls-trusted -------------------------------------------------------------------------------------------------

/// One judgement an address on where its chain leads, and one more for each other fault, so that none hides another.
pub(super) fn trusted(cx: &Context<'_>) -> Vec<Judgement> {
    let question = only_said(cx.said(None));
    let seen = match handshakes(cx) {
        Ok(seen) => seen,
        Err(cause) => return vec![cx.settle(Question { measurement: Err(cause), ..question })],
    };
    let mut judgements = Vec::new();
    for (address, outcome) in seen.facts {
        match outcome.facts().map_err(Clone::clone).and_then(|handshake| grade_trust(cx, address, handshake, seen.at)) {
            Err(cause) => judgements.push(cx.settle(Question { subject: address.clone(), measurement: Err(cause), ..question.clone() })),
            Ok(graded) => judgements.extend(graded.into_iter().map(|(aspect, graded)| {
                let subject = format!("{address} {aspect}").trim_end().to_owned();
                let measurement = Ok(Measurement { graded, at: seen.at, tier: Tier::Network });
                cx.settle(Question { subject, measurement, ..question.clone() })
            })),
        }
    }
    judgements
}

/// Where the chain leads (aspect ""), and each other fault under its own aspect.
fn grade_trust(cx: &Context<'_>, address: &str, handshake: &Handshake, at: Timestamp) -> Result<Vec<(&'static str, Graded)>, Cause> {
    let leaf = leaf(address, handshake)?;
    let told = || args([("address", address.into()), ("issuer", issuer(leaf).into())]);
    let with = |name: &str, arg: Arg| {
        let mut told = told();
        told.insert(name.to_owned(), arg);
        told
    };
    // The CHT's own test certificates carry their name in the old place only, where no browser looks.
    let mut names: Vec<String> = leaf.names.iter().take(SHOWN_NAMES).cloned().collect();
    if names.is_empty() {
        names.push(leaf.common_name.clone().unwrap_or_else(|| leaf.subject.clone()));
    }
    let mut graded = vec![("", grade_path(cx, handshake, leaf, told()))];
    if !names_site(handshake) {
        let mut told = with("host", cx.site.host().into());
        told.insert("names".to_owned(), names.into());
        graded.push(("name", Graded::bad("wrong-name", told)));
    }
    // The end of the certificate itself is the matter of renewals.tls-expiry.
    if let Some(until) = handshake.path_until.filter(|until| *until < cx.now.as_of && *until < leaf.not_after) {
        graded.push(("chain", Graded::bad("chain-ended", with("date", cx.now.day(until).into()))));
    }
    if handshake.path == Path::Trusted && !handshake.ordered {
        graded.push(("order", Graded::middling("disordered", with("count", handshake.chain.len().into()))));
    }
    // Not knowing is no fault of the site: it is told among the limits of the run.
    if let Ok(revocation) = handshake.revocation(cx.now.as_of)
        && revocation.status == RevocationStatus::Revoked
    {
        let reason = revocation.reason.as_deref().unwrap_or("none").into();
        let date = revocation.revoked_at.map_or_else(|| Arg::Phrase("no-date".to_owned()), |at| cx.now.day(at).into());
        let mut told = with("date", date);
        told.insert("reason".to_owned(), reason);
        graded.push(("revocation", Graded::bad("revoked", told)));
    }
    if leaf.must_staple && !handshake.stapled {
        graded.push(("staple", Graded::middling("must-staple", told())));
    }
    // A server gets itself a new answer every few days: what counts is the one that it sent then.
    if let Some(cause) = handshake.staple.as_ref().filter(|_| leaf.must_staple).and_then(|staple| useless(staple, at)) {
        graded.push(("staple", Graded::middling("bad-staple", with("cause", cause.into()))));
    }
    if handshake.path == Path::Trusted && cx.site.said.renewals.tls.as_ref().is_none_or(|tls| tls.private_ca.is_none()) {
        graded.extend(grade_lifetime(cx, leaf, told()).map(|graded| ("lifetime", graded)));
    }
    Ok(graded)
}

/// Why a stapled answer was of no use to whoever got it at that moment; none where it was.
fn useless(staple: &Outcome<Revocation>, at: Timestamp) -> Option<String> {
    match staple.facts() {
        Err(cause) => Some(cause.detail.clone()),
        Ok(told) if told.holds(at) => None,
        Ok(told) => Some(format!("{} - {}", told.this_update, told.next_update)),
    }
}

fn grade_path(cx: &Context<'_>, handshake: &Handshake, leaf: &Certificate, mut told: Args) -> Graded {
    let maker = maker(cx, handshake, leaf);
    if matches!(maker, Maker::Installer | Maker::Helper) {
        let name = leaf.common_name.as_ref().or(leaf.names.first()).cloned().unwrap_or_default();
        told.insert("name".to_owned(), name.into());
    }
    let private_ca = cx.site.said.renewals.tls.as_ref().and_then(|tls| tls.private_ca.as_deref()).filter(|reason| !reason.trim().is_empty());
    // A private root that signs server certificates itself and is not sent looks like a chain that breaks off.
    let private = handshake.path == Path::UnknownRoot || (handshake.path == Path::Incomplete && handshake.chain.len() == 1 && matches!(maker, Maker::Private));
    match (maker, handshake.path, private_ca) {
        (Maker::Installer, _, _) => Graded::bad("default", told),
        (Maker::Helper, _, _) => Graded::bad("developer", told),
        (Maker::Staging, _, _) => Graded::bad("staging", told),
        (_, Path::Trusted, _) => Graded::good("pass", told),
        (_, _, Some(reason)) if private => {
            told.insert("reason".to_owned(), reason.into());
            Graded::middling("private-ca", told)
        }
        (_, Path::SelfSigned, _) => Graded::bad("self-signed", told),
        (_, Path::UnknownRoot, _) => Graded::bad("unknown-root", told),
        (_, Path::Incomplete, _) => Graded::bad("incomplete", told),
        (_, Path::BadSignature, _) => Graded::bad("bad-signature", told),
        (_, Path::NotUsable, _) => Graded::bad("not-usable", told),
    }
}

/// A public certificate that was issued for longer than the rule of its day of issue; none where it keeps it.
///
/// Browsers refuse what is longer than the laxest rule ever was; between the two its authority must revoke it.
fn grade_lifetime(cx: &Context<'_>, leaf: &Certificate, mut told: Args) -> Option<Graded> {
    let rules = &cx.knowledge.certificates.longest;
    let issued = leaf.not_before.to_zoned(TimeZone::UTC).date();
    let rule = rules.iter().filter(|rule| rule.from <= issued).max_by_key(|rule| rule.from)?;
    let laxest = rules.iter().map(|rule| rule.days).max()?;
    let lifetime = leaf.not_after.duration_since(leaf.not_before).as_secs();
    if lifetime <= rule.days * Span::DAY {
        return None;
    }
    told.extend(args([("date", issued.into()), ("days", Arg::Count(lifetime / Span::DAY)), ("limit", Arg::Count(rule.days))]));
    Some(if lifetime > laxest * Span::DAY { Graded::bad("too-long", told) } else { Graded::middling("too-long", told) })
}

// renewals.tls-expiry --------------------------------------------------------------------------------------------------

pub(super) fn expiry(cx: &Context<'_>) -> Vec<Judgement> {
    each_address(cx, &only_said(cx.said(None)), |address, handshake, _| grade_expiry(cx, address, leaf(address, handshake)?))
}

fn grade_expiry(cx: &Context<'_>, address: &str, leaf: &Certificate) -> Result<Graded, Cause> {
    let left = leaf.not_after.duration_since(cx.now.as_of).as_secs();
    let lifetime = leaf.not_after.duration_since(leaf.not_before).as_secs();
    let told = |day| {
        args([
            ("address", address.into()),
            ("date", Arg::Date(cx.now.day(day))),
            ("days", Arg::Count(left.abs() / Span::DAY)),
            ("lifetime", Arg::Count(lifetime / Span::DAY)),
        ])
    };
    let ends = told(leaf.not_after);
    if leaf.not_before > cx.now.as_of {
        let mut begins = told(leaf.not_before);
        begins.remove("days");
        return Ok(Graded::bad("not-yet", begins));
    }
    if left < 0 {
        return Ok(Graded::bad("ended", ends));
    }
    if lifetime > LONGEST_LIFETIME {
        return Err(Cause::new(CauseKind::Knowledge, format!("{address}: {}", cx.now.day(leaf.not_after))));
    }
    let (bad, middling) = if lifetime <= cx.limit("automated-lifetime") {
        let within_part = |name| left.saturating_mul(cx.limit(name)) <= lifetime;
        let nearly_gone = lifetime > cx.limit("short-lifetime") && left < cx.limit("automated-days");
        (nearly_gone || within_part("automated-warn"), within_part("automated-pass"))
    } else {
        (left < cx.limit("warn"), left < cx.limit("pass"))
    };
    Ok(match (bad, middling) {
        (true, _) => Graded::bad("ending", ends),
        (false, true) => Graded::middling("due", ends),
        (false, false) => Graded::good("pass", ends),
    })
}
