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

/// Asks for the addresses of a host, unless it is an address itself.
pub(super) fn ask_addresses(host: &str, asks: &mut Asks) {
    if host.parse::<IpAddr>().is_err() {
        asks.dns.insert(DnsAsk { name: host.to_owned() });
    }
}

/// The addresses of a host, and when its name was looked up; no moment where it is an address itself.
///
/// # Errors
/// Why none are known.
pub(super) fn addresses(cx: &Context<'_>, host: &str) -> Result<(Option<Timestamp>, Vec<IpAddr>), Cause> {
    if let Ok(address) = host.parse() {
        return Ok((None, vec![address]));
    }
    let seen = seen(&cx.evidence.dns, &DnsAsk { name: host.to_owned() }.key())?;
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
