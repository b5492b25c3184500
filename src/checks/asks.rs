//! Asks that several considerations share, and the way to what came of them.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
};

use jiff::Timestamp;

use crate::{
    evidence::{
        Asks, ChtAsk, ChtFacts, ChtPart, ComposeAsk, ComposeFacts, CrontabFacts, DnsAsk, DnsFacts, EnvAsk, EnvFacts, FileAsk, HelmAsk, HelmFacts, PortsAsk,
        Seen, cht::Monitoring, seen,
    },
    finding::{Cause, CauseKind},
    hash,
    knowledge::{Knowledge, PublishedSecret},
    site::{Host, Site, host_and_port},
};

use super::{Context, Judgement, Measurement, Question};

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
///
/// # Errors
/// Why it said nothing.
pub(super) fn monitoring<'a>(cx: &Context<'a>) -> Result<Seen<'a, Monitoring>, Cause> {
    let seen = cht(cx, ChtPart::Monitoring)?;
    match seen.facts {
        ChtFacts::Monitoring(facts) => Ok(Seen { at: seen.at, facts }),
        _ => Err(other_part(cx)),
    }
}

/// Why the monitoring API's number at `path` is not known.
pub(super) fn not_computed(facts: &Monitoring, path: &str) -> Cause {
    let kind = if facts.couchdb.is_none() { CauseKind::DatabaseDown } else { CauseKind::NotComputed };
    Cause::new(kind, path)
}

/// Host and port of an address with either scheme; the port is 443 where none is written.
pub(super) fn authority(url: &str) -> (&str, u16) {
    let url = url.trim();
    host_and_port(url.strip_prefix("http://").unwrap_or(url))
}

/// A name's ask; none for a host that is an address itself.
fn dns_ask(host: &str) -> Option<DnsAsk> {
    let name = host.trim_end_matches('.');
    name.parse::<IpAddr>().is_err().then(|| DnsAsk { name: name.to_owned() })
}

/// Asks the domain name system for a host, unless it is an address itself.
pub(super) fn ask_dns(host: &str, asks: &mut Asks) {
    asks.dns.extend(dns_ask(host));
}

/// What the domain name system says of a host; none where it is an address itself.
pub(super) fn dns<'a>(cx: &Context<'a>, host: &str) -> Option<Result<Seen<'a, DnsFacts>, Cause>> {
    dns_ask(host).map(|ask| seen(&cx.evidence.dns, &ask.key()))
}

/// The addresses of a host, and when its name was looked up; no moment where it is an address itself.
///
/// # Errors
/// Why none are known.
pub(super) fn addresses(cx: &Context<'_>, host: &str) -> Result<(Option<Timestamp>, Vec<IpAddr>), Cause> {
    if let Ok(address) = host.parse() {
        return Ok((None, vec![address]));
    }
    let seen = dns(cx, host).unwrap_or_else(|| Err(Cause::new(CauseKind::NoAddress, host)))?;
    if seen.facts.addresses.is_empty() {
        return Err(Cause::new(CauseKind::NoAddress, host));
    }
    Ok((Some(seen.at), seen.facts.addresses.clone()))
}

/// Asks for the environment file, where the description names one. Its secrets come back as classes; the published
/// defaults travel as hashes, so that a list of asks that is shown holds none of them.
pub(super) fn ask_env(site: &Site, knowledge: &Knowledge, asks: &mut Asks) {
    let Some(path) = site.said.files.env.clone() else { return };
    let (secrets, salt) = hashed_secrets(site, knowledge, |secret| Some(secret.variable.clone()));
    asks.env.insert(EnvAsk { path, plain: knowledge.defaults.plain.iter().cloned().collect(), secrets, salt });
}

/// The hashes of the published values of each secret, by the name that `named` gives it, and the salt: the site's host.
fn hashed_secrets(site: &Site, knowledge: &Knowledge, named: impl Fn(&PublishedSecret) -> Option<String>) -> (BTreeMap<String, BTreeSet<String>>, String) {
    let salt = site.host().to_owned();
    let hashed = |values: &[String]| values.iter().map(|value| hash::salted(&salt, value)).collect();
    let secrets = knowledge.defaults.secrets.iter().filter_map(|secret| Some((named(secret)?, hashed(&secret.published)))).collect();
    (secrets, salt)
}

/// Asks for the compose files, where the description names any. Secrets that they set come back as classes.
pub(super) fn ask_compose(site: &Site, knowledge: &Knowledge, asks: &mut Asks) {
    let files = &site.said.files;
    if !files.compose.is_empty() {
        let (secrets, salt) = hashed_secrets(site, knowledge, |secret| Some(secret.variable.clone()));
        asks.compose.insert(ComposeAsk { paths: files.compose.clone(), env: files.env.clone(), secrets, salt });
    }
}

/// What the compose files say; none where the description names none.
pub(super) fn compose<'a>(cx: &Context<'a>) -> Option<Result<Seen<'a, ComposeFacts>, Cause>> {
    let paths = &cx.site.said.files.compose;
    (!paths.is_empty()).then(|| seen(&cx.evidence.compose, &ComposeAsk::key_of(paths)))
}

/// What the environment file says; none where the description names no such file.
pub(super) fn env<'a>(cx: &Context<'a>) -> Option<Result<Seen<'a, EnvFacts>, Cause>> {
    // The key of an `EnvAsk` is its path.
    cx.site.said.files.env.as_ref().map(|path| seen(&cx.evidence.env, path))
}

/// Asks for the values file of the Helm chart, where the description names one. Its secrets come back as classes too.
pub(super) fn ask_helm(site: &Site, knowledge: &Knowledge, asks: &mut Asks) {
    let Some(path) = site.said.files.helm_values.clone() else { return };
    let (secrets, salt) = hashed_secrets(site, knowledge, |secret| secret.helm.clone());
    let development = knowledge.defaults.development.iter().map(|known| (known.key.clone(), known.values.iter().cloned().collect())).collect();
    asks.helm_values.insert(HelmAsk { path, secrets, salt, development });
}

/// What the values file says; none where the description names none.
pub(super) fn helm<'a>(cx: &Context<'a>) -> Option<Result<Seen<'a, HelmFacts>, Cause>> {
    // The key of a `HelmAsk` is its path.
    cx.site.said.files.helm_values.as_ref().map(|path| seen(&cx.evidence.helm_values, path))
}

/// Asks for all that tells which version runs: the monitoring API, the compose files, the values file.
pub(super) fn ask_version(site: &Site, knowledge: &Knowledge, asks: &mut Asks) {
    ask_monitoring(site, asks);
    ask_compose(site, knowledge, asks);
    ask_helm(site, knowledge, asks);
}

/// Asks for the crontab, where the description names one.
pub(super) fn ask_crontab(site: &Site, asks: &mut Asks) {
    asks.crontab.extend(site.said.files.crontab.clone().map(|path| FileAsk { path }));
}

/// What the crontab says; none where the description names none.
pub(super) fn crontab<'a>(cx: &Context<'a>) -> Option<Result<Seen<'a, CrontabFacts>, Cause>> {
    cx.site.said.files.crontab.as_ref().map(|path| seen(&cx.evidence.crontab, path))
}

/// Asks for the ports of each host, where a person has allowed it.
pub(super) fn ask_ports(site: &Site, knowledge: &Knowledge, asks: &mut Asks) {
    if site.said.scan_allowed.is_some() {
        asks.ports.extend(site.said.hosts.iter().filter_map(|host| ports_ask(site, knowledge, host)));
    }
}

/// The ports of one host: the short list and those declared, one ask for all checks, since the evidence is keyed by host.
pub(super) fn ports_ask(site: &Site, knowledge: &Knowledge, host: &Host) -> Option<PortsAsk> {
    let ports: BTreeSet<u16> = knowledge.ports.ports.iter().map(|known| known.port).chain(allowed_ports(site)).collect();
    Some(PortsAsk { host: host.id.clone(), address: host.address.clone()?, ports: ports.into_iter().collect() })
}

/// The ports that may be open to the world: those declared, else 80 and 443; and the one that health workers use.
pub(super) fn allowed_ports(site: &Site) -> BTreeSet<u16> {
    let declared = site.said.security.allowed_ports.clone().unwrap_or_else(|| vec![80, 443]);
    declared.into_iter().chain([site.port()]).collect()
}

/// One probe's word on the whole site, beside the answer.
pub(super) fn probed(cx: &Context<'_>, measurement: Result<Measurement, Cause>) -> Vec<Judgement> {
    let (claim, path) = cx.said(None);
    vec![cx.settle(Question { subject: String::new(), path, best: None, claim, document: None, measurement })]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::CONSIDERATIONS;

    fn asks_of(check: &str, description: &str) -> Asks {
        let site = Site::from_text(description).expect("a description");
        let mut asks = Asks::default();
        let row = CONSIDERATIONS.iter().flat_map(|it| it.checks).find(|row| row.id == check).expect("a row");
        (row.needs)(&site, &Knowledge::embedded().expect("knowledge"), &mut asks);
        asks
    }

    #[test]
    fn a_name_is_looked_up_and_an_address_is_not() {
        let mut asks = Asks::default();
        ask_dns("203.0.113.10", &mut asks);
        ask_dns("2001:db8::1", &mut asks);
        assert!(asks.dns.is_empty());
        ask_dns("watchdog.example.org.", &mut asks);
        assert_eq!(asks.dns.into_iter().map(|ask| ask.name).collect::<Vec<_>>(), ["watchdog.example.org"]);
    }

    #[test]
    fn an_address_may_have_either_scheme() {
        assert_eq!(authority(" http://10.0.0.5:3000/d/x "), ("10.0.0.5", 3000));
        assert_eq!(authority("https://watchdog.example.org/"), ("watchdog.example.org", 443));
        assert_eq!(authority("http://[2001:db8::1]:3000"), ("2001:db8::1", 3000));
    }

    #[test]
    fn published_defaults_travel_as_hashes_and_secrets_are_never_plain() {
        let asks = asks_of("security.default-credentials", r#"{"name": "x", "url": "https://cht.example.org", "files": {"env": ".env"}}"#);
        let ask = asks.env.first().expect("an ask");
        assert!(ask.secrets["COUCHDB_PASSWORD"].contains(&hash::salted(&ask.salt, "password")));
        assert!(ask.secrets.values().flatten().all(|hash| hash.len() == 64 && hash.chars().all(|c| c.is_ascii_hexdigit())));
        assert!(ask.secrets.keys().all(|secret| !ask.plain.contains(secret)));
        let asks_of_compose = asks_of("security.secret-quality", r#"{"name": "x", "url": "https://cht.example.org", "files": {"compose": ["a.yml"]}}"#);
        let compose = asks_of_compose.compose.first().expect("an ask");
        assert_eq!((&compose.secrets, &compose.salt), (&ask.secrets, &ask.salt), "the compose files are asked about the same");
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
