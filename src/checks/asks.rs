//! What checks of several considerations ask for, and how they read what came back.

use std::net::IpAddr;

use jiff::Timestamp;

use crate::{
    evidence::{Asks, ChtAsk, ChtFacts, ChtPart, DnsAsk, Seen, cht::Monitoring, seen},
    finding::{Cause, CauseKind},
    site::{Site, host_and_port},
};

use super::{Context, Judgement, Measurement, Question};

/// One part of the site's CHT.
pub(super) fn cht_ask(site: &Site, part: ChtPart) -> ChtAsk {
    ChtAsk::new(&site.said.url, part)
}

/// Asks for the answer of the monitoring API.
pub(super) fn ask_monitoring(site: &Site, asks: &mut Asks) {
    asks.cht.insert(cht_ask(site, ChtPart::Monitoring));
}

/// The answer of the monitoring API.
///
/// # Errors
/// Why there is none.
pub(super) fn monitoring<'a>(cx: &Context<'a>) -> Result<Seen<'a, Monitoring>, Cause> {
    let key = cht_ask(cx.site, ChtPart::Monitoring).key();
    let Seen { at, facts } = seen(&cx.evidence.cht, &key)?;
    match facts {
        ChtFacts::Monitoring(facts) => Ok(Seen { at, facts }),
        _ => Err(Cause::new(CauseKind::NotUnderstood, key)),
    }
}

/// Why the monitoring API's number at `path` is not known.
pub(super) fn not_computed(facts: &Monitoring, path: &str) -> Cause {
    let kind = if facts.couchdb.is_none() { CauseKind::DatabaseDown } else { CauseKind::NotUnderstood };
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

/// Asks for the addresses of a host, unless it is an address itself.
pub(super) fn ask_addresses(host: &str, asks: &mut Asks) {
    asks.dns.extend(dns_ask(host));
}

/// The addresses of a host, and when its name was looked up; no moment where it is an address itself.
///
/// # Errors
/// Why none are known.
pub(super) fn addresses(cx: &Context<'_>, host: &str) -> Result<(Option<Timestamp>, Vec<IpAddr>), Cause> {
    if let Ok(address) = host.parse() {
        return Ok((None, vec![address]));
    }
    let Some(ask) = dns_ask(host) else { return Err(Cause::new(CauseKind::NoAddress, host)) };
    let seen = seen(&cx.evidence.dns, &ask.key())?;
    if seen.facts.addresses.is_empty() {
        return Err(Cause::new(CauseKind::NoAddress, host));
    }
    Ok((Some(seen.at), seen.facts.addresses.clone()))
}

/// One probe's word on the whole site, beside the answer.
pub(super) fn probed(cx: &Context<'_>, measurement: Result<Measurement, Cause>) -> Vec<Judgement> {
    let (claim, path) = cx.said(None);
    vec![cx.settle(Question { subject: String::new(), path, best: None, claim, document: None, measurement })]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_looked_up_and_an_address_is_not() {
        let mut asks = Asks::default();
        ask_addresses("203.0.113.10", &mut asks);
        ask_addresses("2001:db8::1", &mut asks);
        assert!(asks.dns.is_empty());
        ask_addresses("watchdog.example.org.", &mut asks);
        assert_eq!(asks.dns.into_iter().map(|ask| ask.name).collect::<Vec<_>>(), ["watchdog.example.org"]);
    }

    #[test]
    fn an_address_may_have_either_scheme() {
        assert_eq!(authority(" http://10.0.0.5:3000/d/x "), ("10.0.0.5", 3000));
        assert_eq!(authority("https://watchdog.example.org/"), ("watchdog.example.org", 443));
        assert_eq!(authority("http://[2001:db8::1]:3000"), ("2001:db8::1", 3000));
    }
}
