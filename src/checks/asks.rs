//! Asks that judges of several considerations share, and the way back to what came of them.

use crate::{
    evidence::{Asks, ChtAsk, ChtFacts, ChtPart, EnvAsk, EnvFacts, Seen, cht::Monitoring, seen},
    finding::{Cause, CauseKind},
    hash,
    knowledge::Knowledge,
    site::Site,
};

use super::Context;

/// A part of the site's own CHT.
pub(super) fn cht_ask(site: &Site, part: ChtPart) -> ChtAsk {
    ChtAsk::new(&site.said.url, part)
}

/// Asks the site's own CHT for a part.
pub(super) fn ask_cht(site: &Site, asks: &mut Asks, part: ChtPart) {
    asks.cht.insert(cht_ask(site, part));
}

/// What the site's own CHT told of a part.
pub(super) fn cht<'a>(cx: &Context<'a>, part: ChtPart) -> Result<Seen<'a, ChtFacts>, Cause> {
    seen(&cx.evidence.cht, &cht_ask(cx.site, part).key())
}

/// The cause for facts of another part than the ask's: a bundle that somebody edited.
pub(super) fn other_part(cx: &Context<'_>) -> Cause {
    Cause::new(CauseKind::NotUnderstood, &cx.site.said.url)
}

/// Asks for the monitoring API of the site's own CHT.
pub(super) fn ask_monitoring(site: &Site, asks: &mut Asks) {
    ask_cht(site, asks, ChtPart::Monitoring);
}

/// What the monitoring API said.
pub(super) fn monitoring<'a>(cx: &Context<'a>) -> Result<Seen<'a, Monitoring>, Cause> {
    let seen = cht(cx, ChtPart::Monitoring)?;
    match seen.facts {
        ChtFacts::Monitoring(facts) => Ok(Seen { at: seen.at, facts }),
        _ => Err(other_part(cx)),
    }
}

/// Asks for the environment file, where the description names one. Its secrets come back as classes; the published
/// defaults travel as hashes, so that a list of asks that is shown holds none of them.
pub(super) fn ask_env(site: &Site, knowledge: &Knowledge, asks: &mut Asks) {
    let Some(path) = site.said.files.env.clone() else { return };
    let salt = site.host().to_owned();
    let hashed = |values: &[String]| values.iter().map(|value| hash::salted(&salt, value)).collect();
    let defaults = &knowledge.defaults;
    let secrets = defaults.secrets.iter().map(|secret| (secret.variable.clone(), hashed(&secret.published))).collect();
    asks.env.insert(EnvAsk { path, plain: defaults.plain.iter().cloned().collect(), secrets, salt });
}

/// What the environment file says; none where the description names no such file.
pub(super) fn env<'a>(cx: &Context<'a>) -> Option<Result<Seen<'a, EnvFacts>, Cause>> {
    let path = cx.site.said.files.env.as_ref()?;
    // The key of an `EnvAsk` is its path.
    Some(seen(&cx.evidence.env, path))
}
