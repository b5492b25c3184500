//! Judges of `renewals`; the rules are in `checks/renewals/`.

mod certificate;
mod domain;
mod renewal;

use std::{collections::BTreeMap, net::IpAddr};

use jiff::Timestamp;

use crate::{
    domain::registrable,
    evidence::{Asks, ChtPart, DnsAsk, FileAsk, Outcome, RegistrationAsk, Seen, TlsAsk, WhoisAsk, seen, tls::Handshake},
    finding::{Cause, CauseKind, Tier, args},
    knowledge::Knowledge,
    site::Site,
};

use super::{
    Check, Consideration, Context, Graded, Judgement, Measurement, Question, Rating,
    asks::{ask_cht, ask_compose, ask_env, ask_helm},
    claim::Said,
    needs_nothing, settle,
};

/// The consideration and its rows.
pub(super) const CONSIDERATION: Consideration = Consideration {
    id: "renewals",
    definition: include_str!("../../../checks/renewals/checks.yaml"),
    texts: include_str!("../../../checks/renewals/en.ftl"),
    guide: include_str!("../../../checks/renewals/README.md"),
    checks: &[
        Check {
            id: "renewals.tls-trusted",
            params: &[],
            messages: &[
                "pass",
                "private-ca",
                "default",
                "developer",
                "staging",
                "self-signed",
                "unknown-root",
                "incomplete",
                "bad-signature",
                "not-usable",
                "wrong-name",
                "chain-ended",
                "disordered",
                "revoked",
                "must-staple",
                "bad-staple",
                "too-long",
            ],
            needs: |site, _: &Knowledge, asks| ask_tls(site, asks),
            evaluate: certificate::trusted,
        },
        Check {
            id: "renewals.tls-expiry",
            params: &["automated-lifetime", "automated-pass", "automated-warn", "automated-days", "short-lifetime", "pass", "warn"],
            messages: &["pass", "due", "ending", "ended", "not-yet"],
            needs: |site, _: &Knowledge, asks| ask_tls(site, asks),
            evaluate: certificate::expiry,
        },
        Check {
            id: "renewals.tls-automation",
            params: &["automated-lifetime", "pass", "warn", "schedule"],
            messages: &["pass", "overdue", "never", "scheduled", "seldom", "managed", "uploaded", "declared", "by-hand"],
            needs: |site, knowledge: &Knowledge, asks| {
                ask_tls(site, asks);
                ask_crontab(site, asks);
                ask_helm(site, knowledge, asks);
            },
            evaluate: renewal::automation,
        },
        Check {
            id: "renewals.tls-reload",
            params: &["pass"],
            messages: &["reloads", "wants-terminal", "old-name", "odd-time", "other-container", "on-host", "no-reload"],
            needs: |site, knowledge, asks| {
                ask_crontab(site, asks);
                ask_compose(site, knowledge, asks);
            },
            evaluate: renewal::reload,
        },
        Check {
            id: "renewals.acme-path",
            params: &[],
            messages: &["pass", "open", "broken", "one-of-several", "blocked", "not-acme"],
            needs: |site, knowledge: &Knowledge, asks| {
                ask_tls(site, asks);
                ask_cht(site, asks, ChtPart::AcmePath);
                ask_env(site, knowledge, asks);
            },
            evaluate: renewal::acme_path,
        },
        Check {
            id: "renewals.mode-consistent",
            params: &[],
            messages: &["pass", "mismatch", "declared", "filed", "differs"],
            needs: |site, knowledge: &Knowledge, asks| {
                ask_tls(site, asks);
                ask_cht(site, asks, ChtPart::AcmePath);
                ask_env(site, knowledge, asks);
            },
            evaluate: renewal::mode_consistent,
        },
        Check {
            id: "renewals.domain-expiry",
            params: &["pass", "warn"],
            messages: &["pass", "due", "ending", "ended", "released", "declared", "declared-ended", "no-domain"],
            needs: ask_registration,
            evaluate: domain::expiry,
        },
        Check {
            id: "renewals.domain-agrees",
            params: &["pass", "warn"],
            messages: &["pass", "off", "declared", "not-declared", "no-domain"],
            needs: ask_registration,
            evaluate: domain::agrees,
        },
        Check {
            id: "renewals.domain-owner",
            params: &["contacts"],
            messages: &["declared", "few-contacts", "dynamic", "no-domain"],
            needs: needs_nothing,
            evaluate: domain::owner,
        },
        Check { id: "renewals.schedule", params: &[], messages: &["declared", "gaps", "nobody"], needs: needs_nothing, evaluate: domain::schedule },
        Check {
            id: "renewals.caa",
            params: &[],
            messages: &["pass", "forbids", "absent", "no-domain"],
            needs: |site, _: &Knowledge, asks| {
                ask_tls(site, asks);
                asks.dns.extend(dns_ask(site));
            },
            evaluate: domain::caa,
        },
    ],
};

// What is asked --------------------------------------------------------------------------------------------------------

/// TLS on the name that health workers use.
pub(super) fn tls_ask(site: &Site) -> TlsAsk {
    TlsAsk { host: site.host().to_owned(), port: site.port() }
}

/// Asks for TLS on the name that health workers use.
pub(super) fn ask_tls(site: &Site, asks: &mut Asks) {
    asks.tls.insert(tls_ask(site));
}

/// The name that health workers use; none where they use an IP address.
fn dns_ask(site: &Site) -> Option<DnsAsk> {
    let name = site.host();
    name.parse::<IpAddr>().is_err().then(|| DnsAsk { name: name.to_owned() })
}

/// The registration of the site's domain; none where nobody registers such a name.
fn registration_ask(site: &Site, knowledge: &Knowledge) -> Option<RegistrationAsk> {
    let domain = registrable(site.host())?;
    let top = domain.rsplit('.').next().unwrap_or_default();
    let rdap = knowledge.rdap.servers(top);
    let whois = knowledge.whois.server(&domain).map(|(server, form)| WhoisAsk {
        host: server.host.clone(),
        expiry: form.expiry.clone(),
        day_first: form.day_first,
        absent: form.absent.clone(),
    });
    let silent = knowledge.whois.silent(&domain).map(str::to_owned);
    Some(RegistrationAsk { domain, rdap, whois, silent })
}

fn ask_registration(site: &Site, knowledge: &Knowledge, asks: &mut Asks) {
    asks.registration.extend(registration_ask(site, knowledge));
}

fn crontab_ask(site: &Site) -> Option<FileAsk> {
    site.said.files.crontab.clone().map(|path| FileAsk { path })
}

fn ask_crontab(site: &Site, asks: &mut Asks) {
    asks.crontab.extend(crontab_ask(site));
}

// What its judges share ------------------------------------------------------------------------------------------------

/// A question on the whole site about which only words are known yet.
fn only_said((claim, path): Said) -> Question {
    Question { subject: String::new(), path, best: None, claim, document: None, measurement: Err(Cause::new(CauseKind::NotCollected, "")) }
}

/// What each address of the site's name showed.
pub(super) fn handshakes<'a>(cx: &Context<'a>) -> Result<Seen<'a, BTreeMap<String, Outcome<Handshake>>>, Cause> {
    let seen = seen(&cx.evidence.tls, &tls_ask(cx.site).key())?;
    if seen.facts.addresses.is_empty() {
        return Err(Cause::new(CauseKind::NoAddress, cx.site.host()));
    }
    Ok(Seen { at: seen.at, facts: &seen.facts.addresses })
}

/// The leaf names the site. One without a name in the place where browsers look names nobody.
pub(super) fn names_site(handshake: &Handshake) -> bool {
    handshake.name_matches && handshake.chain.first().is_some_and(|leaf| !leaf.names.is_empty())
}

/// A verdict on a certificate as one on the site. A certificate that does not name the site may be somebody else's, that of
/// a captive portal for one: what is bad about it is told, what is good about it says nothing of the site.
///
/// # Errors
/// `NotUnderstood` where nothing can be said.
pub(super) fn of_the_site(address: &str, handshake: &Handshake, graded: Graded) -> Result<Graded, Cause> {
    if graded.rating == Rating::Good && !handshake.name_matches {
        let subject = handshake.chain.first().map_or("", |leaf| leaf.subject.as_str());
        return Err(Cause::new(CauseKind::NotUnderstood, format!("{address}: {subject}")));
    }
    Ok(graded)
}

/// One judgement an address: a phone takes whichever it gets, so each must hold.
fn each_address(cx: &Context<'_>, question: &Question, grade: impl Fn(&str, &Handshake, Timestamp) -> Result<Graded, Cause>) -> Vec<Judgement> {
    let seen = match handshakes(cx) {
        Ok(seen) => seen,
        Err(cause) => return vec![cx.settle(Question { measurement: Err(cause), ..question.clone() })],
    };
    let each = seen.facts.iter().map(|(address, outcome)| {
        let graded = outcome.facts().map_err(Clone::clone).and_then(|handshake| of_the_site(address, handshake, grade(address, handshake, seen.at)?));
        let measurement = graded.map(|graded| Measurement { graded, at: seen.at, tier: Tier::Network });
        cx.settle(Question { subject: address.clone(), measurement, ..question.clone() })
    });
    each.collect()
}

/// Nobody registers the name that this site is reached by.
fn no_domain(cx: &Context<'_>) -> Vec<Judgement> {
    vec![settle::not_applicable(cx.definition, "no-domain", args([("host", cx.site.host().into())]))]
}
