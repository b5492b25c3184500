//! Asks that several considerations share, and the way to what came of them.

use std::collections::BTreeSet;

use crate::{
    evidence::{Asks, ChtAsk, ChtFacts, ChtPart, CrontabFacts, DnsAsk, DnsFacts, EnvAsk, EnvFacts, FileAsk, Seen, cht::Monitoring, seen},
    finding::{Cause, CauseKind},
    hash,
    knowledge::Knowledge,
    site::Site,
};

use super::Context;

/// Asks for the monitoring answer of the CHT.
pub(super) fn ask_monitoring(site: &Site, asks: &mut Asks) {
    asks.cht.insert(ChtAsk::new(&site.said.url, ChtPart::Monitoring));
}

/// The monitoring answer.
pub(super) fn monitoring<'a>(cx: &Context<'a>) -> Result<Seen<'a, Monitoring>, Cause> {
    let key = ChtAsk::new(&cx.site.said.url, ChtPart::Monitoring).key();
    let seen = seen(&cx.evidence.cht, &key)?;
    match seen.facts {
        ChtFacts::Monitoring(facts) => Ok(Seen { at: seen.at, facts }),
        _ => Err(Cause::new(CauseKind::NotUnderstood, key)),
    }
}

/// Asks the domain name system for the name that health workers use.
pub(super) fn ask_dns(site: &Site, asks: &mut Asks) {
    asks.dns.extend(dns_ask(site));
}

fn dns_ask(site: &Site) -> Option<DnsAsk> {
    let name = site.host().trim_end_matches('.');
    name.parse::<std::net::IpAddr>().is_err().then(|| DnsAsk { name: name.to_owned() })
}

/// What the domain name system says of that name; none where the address is no name.
pub(super) fn dns<'a>(cx: &Context<'a>) -> Option<Result<Seen<'a, DnsFacts>, Cause>> {
    dns_ask(cx.site).map(|ask| seen(&cx.evidence.dns, &ask.key()))
}

/// Asks for the environment file, where the description names one.
pub(super) fn ask_env(site: &Site, knowledge: &Knowledge, asks: &mut Asks) {
    let Some(path) = site.said.files.env.clone() else { return };
    let salt = site.host().to_owned();
    let hashed = |values: &[String]| -> BTreeSet<String> { values.iter().map(|value| hash::salted(&salt, value)).collect() };
    let secrets = knowledge.defaults.secrets.iter().map(|secret| (secret.variable.clone(), hashed(&secret.published))).collect();
    let plain = knowledge.defaults.plain.iter().cloned().collect();
    asks.env.insert(EnvAsk { path, plain, secrets, salt });
}

/// The environment file; none where the description names none.
pub(super) fn env<'a>(cx: &Context<'a>) -> Option<Result<Seen<'a, EnvFacts>, Cause>> {
    cx.site.said.files.env.as_ref().map(|path| seen(&cx.evidence.env, path))
}

/// Asks for the crontab, where the description names one.
pub(super) fn ask_crontab(site: &Site, asks: &mut Asks) {
    asks.crontab.extend(site.said.files.crontab.clone().map(|path| FileAsk { path }));
}

/// The crontab; none where the description names none.
pub(super) fn crontab<'a>(cx: &Context<'a>) -> Option<Result<Seen<'a, CrontabFacts>, Cause>> {
    cx.site.said.files.crontab.as_ref().map(|path| seen(&cx.evidence.crontab, path))
}
