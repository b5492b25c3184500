//! From a description and the selected checks to all that a run will ask, before anything is looked at.

use std::collections::BTreeSet;

use crate::{
    checks::{self, Check},
    evidence::{Asks, ChtPart, FileAsk},
    finding::Tier,
    knowledge::Knowledge,
    site::Site,
};

/// Everything that the selected checks want to know, on the tiers that may be used; all of them where `tiers` is empty.
#[must_use]
pub fn plan(site: &Site, selected: &[&Check], knowledge: &Knowledge, tiers: &[Tier]) -> Asks {
    let mut asks = Asks::default();
    for check in selected {
        (check.needs)(site, knowledge, &mut asks);
    }
    let whole = selected.len() == checks::all().count();
    let records = site.said.records().into_iter().filter(|(key, _)| whole || selected.iter().any(|check| stands_behind(key, check.id)));
    asks.records.extend(records.map(|(_, path)| FileAsk { path: path.to_owned() }));
    let may = |tier| tiers.is_empty() || tiers.contains(&tier);
    if !may(Tier::Network) {
        asks = without_network(asks);
    }
    if !may(Tier::Files) {
        asks =
            Asks { cht: asks.cht, tls: asks.tls, dns: asks.dns, registration: asks.registration, ports: asks.ports, records: asks.records, ..Asks::default() };
    }
    if !may(Tier::Answer) {
        asks.records.clear();
    }
    asks
}

/// The checks whose own keys have a record, by the key; a name without a dot stands for all checks of a consideration.
const BEHIND: &[(&str, &[&str])] = &[
    ("alerting.last_test", &["alerting.downtime-rule", "alerting.delivery-proof"]),
    ("restarts.ups", &["restarts.ups"]),
    ("restarts.last_power_cut", &["restarts.boot-to-service", "restarts.reboot-drill"]),
    ("backups.last_restore", &["backups.restore-tested"]),
    ("backups.copies", &["backups", "disaster-recovery"]),
    ("disaster_recovery.alternate", &["disaster-recovery.alternate-host"]),
    ("disaster_recovery.plan", &["disaster-recovery.plan"]),
    ("renewals.domain", &["renewals.domain-expiry", "renewals.domain-owner"]),
    ("renewals.tls", &["renewals.tls-automation", "renewals.cert-mode-consistent"]),
    ("privacy.retention", &["privacy.retention"]),
    ("hosts", &["scale", "updates.os-support"]),
];

/// Whether the record that a key of the description names may change what a check comes to.
fn stands_behind(key: &str, check: &str) -> bool {
    if let Some(answered) = key.strip_prefix("answers.").and_then(|key| key.strip_suffix(".record")) {
        // Whether a disk must be unlocked rests on whether it is encrypted.
        return answered == check || (answered, check) == ("security.disk-encryption", "restarts.unattended-unlock");
    }
    let row = BEHIND.iter().find(|(prefix, _)| key.strip_prefix(prefix).is_some_and(|rest| rest.starts_with(['.', '['])));
    row.is_some_and(|(_, checks)| checks.iter().any(|one| *one == check || check.split('.').next() == Some(*one)))
}

/// The same without a single packet.
#[must_use]
pub fn without_network(asks: Asks) -> Asks {
    Asks { cht: BTreeSet::new(), tls: BTreeSet::new(), dns: BTreeSet::new(), registration: BTreeSet::new(), ports: BTreeSet::new(), ..asks }
}

/// One line for each request that a run would make, and each file that it would read, as `--dry-run` prints them. Where it
/// may `phone_out`, those too that nobody can name before a certificate was seen.
#[must_use]
pub fn requests(asks: &Asks, phone_out: bool) -> Vec<String> {
    let mut lines = Vec::new();
    for ask in &asks.dns {
        lines.push(format!("DNS    {} A AAAA CNAME NS CAA, and the zone's own servers for its lifetime", ask.name));
    }
    for ask in &asks.tls {
        lines.push(format!("TLS    {} on each address: one handshake, and one old ClientHello to one of them", ask.key()));
        if phone_out {
            lines.push(format!("CRL    {} the list of revoked certificates that its certificate names, unless a stapled answer tells", ask.key()));
        }
    }
    for ask in &asks.cht {
        let plain = ask.url.replacen("https://", "http://", 1);
        lines.push(match ask.part {
            ChtPart::Monitoring => format!("GET    {}/api/v2/monitoring?connected_user_interval=30 (else /api/v1/monitoring)", ask.url),
            ChtPart::LoginPage => format!("GET    {}/medic/login", ask.url),
            ChtPart::PrivacyPolicy => format!("GET    {}/medic/privacy-policy", ask.url),
            ChtPart::DeployInfo => format!("GET    {}/deploy-info.json", ask.url),
            ChtPart::Anonymous => format!("GET    {0}/_all_dbs, {0}/_utils/, {0}/_up (each is meant to be refused)", ask.url),
            ChtPart::StartPage => format!("GET    {0}/, {0}/admin/ as a browser", ask.url),
            ChtPart::Cors => format!("GET    {}/api/info with a foreign Origin", ask.url),
            ChtPart::ExpressMetrics => format!("GET    {}/api/v1/express-metrics", ask.url),
            ChtPart::PlainHttp => format!("GET    {plain}/ on port 80 of each address"),
            ChtPart::AcmePath => format!("GET    {plain}/.well-known/acme-challenge/ on port 80 of each address"),
        });
    }
    for ask in &asks.registration {
        if !ask.rdap.is_empty() {
            lines.push(format!("RDAP   {} ({})", ask.domain, ask.rdap.join(", ")));
        }
        if let Some(whois) = &ask.whois {
            let only_if = if ask.rdap.is_empty() { "" } else { ", only if RDAP does not tell" };
            lines.push(format!("WHOIS  {} ({}, port 43{only_if})", ask.domain, whois.host));
        }
    }
    for ask in &asks.ports {
        let ports: Vec<String> = ask.ports.iter().map(u16::to_string).collect();
        lines.push(format!("TCP    {} ({}) ports {}", ask.host, ask.address, ports.join(" ")));
    }
    let files = asks.compose.iter().flat_map(|ask| ask.paths.iter().cloned().chain(ask.env.clone())).chain(asks.env.iter().map(|ask| ask.path.clone()));
    let files = files.chain(asks.helm_values.iter().map(|ask| ask.path.clone()));
    let files = files.chain([&asks.crontab, &asks.watchdog_instances, &asks.records].into_iter().flatten().map(|ask| ask.path.clone()));
    lines.extend(files.collect::<BTreeSet<_>>().into_iter().map(|path| format!("READ   {path}")));
    lines
}

/// How many requests a part takes over TLS, one after the other. A CHT that lacks the newer monitoring API takes one more.
fn requests_of(part: ChtPart) -> usize {
    match part {
        ChtPart::PlainHttp | ChtPart::AcmePath => 0,
        ChtPart::Anonymous => 3,
        ChtPart::StartPage => 2,
        _ => 1,
    }
}

/// The longest chain of round trips that wait for each other, as `(what, how many)`: what a slow line multiplies.
#[must_use]
pub fn longest_chain(asks: &Asks, phone_out: bool) -> Option<(String, usize)> {
    // A name costs one, a TCP connection one, TLS 1.3 one (1.2: two), each request on a kept connection one.
    let mut chains: Vec<(String, usize)> = Vec::new();
    let urls: BTreeSet<&str> = asks.cht.iter().map(|ask| ask.url.as_str()).collect();
    for url in urls {
        let parts = || asks.cht.iter().filter(|ask| ask.url == url);
        let requests: usize = parts().map(|ask| requests_of(ask.part)).sum();
        if requests > 0 {
            chains.push((format!("HTTPS {url}: name, connection, TLS, {requests} requests"), 3 + requests));
        }
        let plain = parts().filter(|ask| requests_of(ask.part) == 0).count();
        if plain > 0 {
            chains.push((format!("HTTP {url} on port 80: name, {plain} connections and requests"), 1 + 2 * plain));
        }
    }
    let (then, trips) = if phone_out { ("its authority's list: name, connection, request", 6) } else { ("connection and old hello", 5) };
    chains.extend(asks.tls.iter().map(|ask| (format!("TLS {}: name, connection, handshake, then {then}", ask.key()), trips)));
    for ask in &asks.registration {
        match (ask.rdap.is_empty(), &ask.whois) {
            (true, None) => {}
            (false, None) => chains.push((format!("RDAP {}: name, connection, TLS, request", ask.domain), 4)),
            (true, Some(_)) => chains.push((format!("WHOIS {}: name, connection, request", ask.domain), 3)),
            (false, Some(_)) => chains.push((format!("RDAP {}: name, connection, TLS, request; else WHOIS: name, connection, request", ask.domain), 7)),
        }
    }
    chains.extend(asks.dns.iter().map(|ask| (format!("DNS {}: address, zone, its servers, their answer", ask.name), 5)));
    chains.extend(asks.ports.iter().map(|ask| (format!("TCP {}: name, connections four at a time", ask.host), 1 + ask.ports.len().div_ceil(4))));
    chains.into_iter().max_by_key(|(_, trips)| *trips)
}
