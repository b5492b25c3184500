//! Judges of what leads the way back: the version that is recorded, and the name that moves.

use crate::{
    checks::{Context, Graded, Judgement, Measurement, Question, Rating, asks, claim::Own, running, settle},
    finding::{Arg, Cause, CauseKind, Tier, args},
};

/// `disaster-recovery.version-pinned`
pub(super) fn version_pinned(cx: &Context<'_>) -> Vec<Judgement> {
    let recorded = cx.site.said.cht.version.as_deref();
    let filed = asks::helm(cx).and_then(Result::ok).and_then(|seen| seen.facts.image_tag.as_deref());
    let answered = cx.site.said.answers.contains_key(&cx.definition.id);
    if recorded.is_none() && filed.is_none() && !answered {
        return vec![settle::not_applicable(cx.definition, "undeclared", args([("key", "cht.version".into())]))];
    }
    let measurement = match (recorded, filed) {
        (None, None) => Err(Cause::new(CauseKind::NotSaid, "cht.version")),
        (recorded, filed) => asks::monitoring(cx).and_then(|seen| {
            let running = seen.facts.app.as_deref().ok_or_else(|| Cause::new(CauseKind::NotUnderstood, "version.app"))?;
            if let Ok(version) = running.parse() {
                running::believable(cx, version)?;
            }
            let by_hand = recorded.map(|recorded| compare(recorded, running));
            let in_values = filed.map(|filed| compare_values(cx, filed, running));
            // Each must be right: the next `helm upgrade` follows the values, the person who restores the record.
            let both = by_hand.into_iter().chain(in_values).collect::<Result<Vec<Graded>, Cause>>()?;
            let graded = both.into_iter().min_by_key(|graded| graded.rating).ok_or_else(|| Cause::new(CauseKind::NotSaid, "cht.version"))?;
            Ok(Measurement { graded, at: seen.at, tier: Tier::Network })
        }),
    };
    // A word that names no release pins none, unless the server calls itself the same.
    let release = |version: &str| version.trim().trim_start_matches('v').parse().ok().and_then(|version| running::believable(cx, version).ok());
    let pins = |version: &&str| measurement.is_ok() || release(version).is_some();
    let own = recorded.filter(pins).map(|version| Own::undated(Graded::good("declared", args([("version", version.into())])), "cht.version"));
    let (claim, path) = cx.said(own);
    vec![cx.settle(Question { subject: String::new(), path, best: None, claim, document: None, measurement })]
}

/// The same, another patch of the same minor, or another release: a restore of that would downgrade.
fn compare(recorded: &str, running: &str) -> Result<Graded, Cause> {
    let told = args([("version", recorded.into()), ("running", running.into())]);
    let recorded = recorded.trim().trim_start_matches('v');
    if recorded == running {
        return Ok(Graded::good("same", told));
    }
    let running = minor(running).ok_or_else(|| Cause::new(CauseKind::NotUnderstood, running))?;
    Ok(if minor(recorded) == Some(running) { Graded::middling("patch", told) } else { Graded::bad("differs", told) })
}

/// The same of the tag in the Helm values.
fn compare_values(cx: &Context<'_>, filed: &str, running: &str) -> Result<Graded, Cause> {
    let graded = compare(filed, running)?;
    let file = cx.site.said.files.helm_values.as_deref().unwrap_or_default();
    let args = args([("file", file.into()), ("version", filed.into()), ("running", running.into())]);
    let message = if graded.rating == Rating::Good { "values-same" } else { "values-differ" };
    Ok(Graded { message, args, ..graded })
}

/// Major and minor of `5.2.0`, `5.2` or `5.2.0-beta.1`.
fn minor(version: &str) -> Option<(u32, u32)> {
    let release = version.split(['-', '+']).next()?;
    let mut parts = release.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// `disaster-recovery.dns-ttl`
pub(super) fn dns_ttl(cx: &Context<'_>) -> Vec<Judgement> {
    let Some(looked) = asks::dns(cx, cx.site.host()) else {
        let graded = Graded::bad("no-name", args([("address", cx.site.host().into())]));
        let (claim, path) = cx.said(Some(Own::undated(graded, "url")));
        let measurement = Err(Cause::new(CauseKind::NotCollected, ""));
        return vec![cx.settle(Question { subject: String::new(), path, best: None, claim, document: None, measurement })];
    };
    let measurement = looked.and_then(|seen| {
        let (pass, warn) = (cx.limit("pass"), cx.limit("warn"));
        let told = |ttl: i64| args([("name", cx.site.host().into()), ("ttl", Arg::Duration(ttl))]);
        let graded = match (seen.facts.ttl.facts(), seen.facts.resolver_ttl.map(i64::from)) {
            (Ok(ttl), _) => match i64::from(*ttl) {
                ttl if ttl <= pass => Graded::good("short", told(ttl)),
                ttl if ttl <= warn => Graded::middling("long", told(ttl)),
                ttl => Graded::bad("too-long", told(ttl)),
            },
            // What is left of it is at most the whole.
            (Err(_), Some(ttl)) if ttl > warn => Graded::bad("remaining-too-long", told(ttl)),
            (Err(_), Some(ttl)) if ttl > pass => Graded::middling("remaining-long", told(ttl)),
            (Err(cause), _) => return Err(cause.clone()),
        };
        Ok(Measurement { graded, at: seen.at, tier: Tier::Network })
    });
    let (claim, path) = cx.said(None);
    vec![cx.settle(Question { subject: String::new(), path, best: None, claim, document: None, measurement })]
}
