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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use jiff::tz::TimeZone;

    use super::*;
    use crate::{checks::CONSIDERATIONS, site::Description};

    fn asks_of(check: &str, description: &str) -> Asks {
        let said: Description = serde_json::from_str(description).expect("a description");
        let site = Site { said, places: BTreeMap::new(), zone: TimeZone::UTC };
        let mut asks = Asks::default();
        let row = CONSIDERATIONS.iter().flat_map(|it| it.checks).find(|row| row.id == check).expect("a row");
        (row.needs)(&site, &Knowledge::embedded().expect("knowledge"), &mut asks);
        asks
    }

    #[test]
    fn published_defaults_travel_as_hashes_and_secrets_are_never_plain() {
        let asks = asks_of("security.default-credentials", r#"{"name": "x", "url": "https://cht.example.org", "files": {"env": ".env"}}"#);
        let ask = asks.env.first().expect("an ask");
        assert!(ask.secrets["COUCHDB_PASSWORD"].contains(&hash::salted(&ask.salt, "password")));
        assert!(ask.secrets.values().flatten().all(|hash| hash.len() == 64 && hash.chars().all(|c| c.is_ascii_hexdigit())));
        assert!(ask.secrets.keys().all(|secret| !ask.plain.contains(secret)));
        assert_eq!(asks_of("renewals.mode-consistent", r#"{"name": "x", "url": "https://cht.example.org", "files": {"env": ".env"}}"#).env, asks.env);
    }

    #[test]
    fn ports_are_tried_only_where_a_person_allowed_it() {
        let hosts = r#""name": "x", "url": "https://cht.example.org:8443", "hosts": [{"id": "main", "address": "203.0.113.10"}, {"id": "nowhere"}]"#;
        assert!(asks_of("security.exposed-ports", &format!("{{{hosts}}}")).ports.is_empty());
        let asks = asks_of("security.exposed-ports", &format!(r#"{{{hosts}, "scan_allowed": {{"by": "ict"}}}}"#));
        let [ask] = asks.ports.iter().collect::<Vec<_>>()[..] else { panic!("one host has an address") };
        assert!(["main", "203.0.113.10"] == [ask.host.as_str(), ask.address.as_str()] && [5984, 8443].iter().all(|port| ask.ports.contains(port)));
    }

    #[test]
    fn a_registry_is_asked_about_the_registered_part_and_never_about_an_address() {
        let domain = |url: &str| {
            let asks = asks_of("renewals.domain-expiry", &format!(r#"{{"name": "x", "url": "{url}"}}"#));
            asks.registration.first().map(|ask| ask.domain.clone())
        };
        assert_eq!(domain("https://cht.health.go.ke").as_deref(), Some("health.go.ke"));
        assert_eq!(domain("https://203.0.113.10"), None);
        assert_eq!(domain("https://cht.county.lan"), None);
    }
}
