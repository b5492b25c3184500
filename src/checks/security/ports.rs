//! Which doors of the hosts stand open.

use crate::{
    checks::{
        Context, Graded, Judgement, Measurement, Question,
        asks::{allowed_ports, compose, helm, ports_ask},
        kubernetes,
        settle::Document,
    },
    evidence::{
        ComposeFacts, PortsFacts, Vantage,
        address::is_local,
        files::{PublishedPort, Service},
        helm::ServiceType,
        seen,
    },
    finding::{Arg, Cause, CauseKind, Tier, args},
    site::{Host, Role},
};

use super::only_said;

/// One judgement a host, and one for each Service that the Helm values open: each must hold.
pub(super) fn exposed_ports(cx: &Context<'_>) -> Vec<Judgement> {
    let question = only_said(cx.said(None));
    let published = published(cx);
    let one = |subject: &str, place: &str, document: Option<Document>, measurement| {
        let path = if document.is_some() && matches!(question.claim, Ok(None)) { place.to_owned() } else { question.path.clone() };
        cx.settle(Question { subject: subject.to_owned(), path, document, measurement, ..question.clone() })
    };
    let unseen = || Err(Cause::new(CauseKind::NotCollected, ""));
    // Each has an address or a port of its own, which no look at the machines' short list of ports would find closed.
    let services = opened(cx).into_iter().map(|(subject, document)| one(&subject, kubernetes::PATH, Some(document), unseen()));
    // The compose files are about where the CHT runs.
    let hosts = cx.site.said.hosts.iter().map(|host| one(&host.id, "files.compose", published.clone().filter(|_| runs_cht(host)), look(cx, host)));
    let judgements: Vec<Judgement> = hosts.chain(services).collect();
    if judgements.is_empty() { vec![one("", "files.compose", published.clone(), unseen())] } else { judgements }
}

fn runs_cht(host: &Host) -> bool {
    matches!(host.role, None | Some(Role::Cht))
}

/// The look from outside, else what one from nearer can tell: an open port, but never a closed one.
fn look(cx: &Context<'_>, host: &Host) -> Result<Measurement, Cause> {
    let ask = ports_ask(cx.site, cx.knowledge, host).ok_or_else(|| Cause::new(CauseKind::NoAddress, &host.id))?;
    // A look at an address that the host has left, or from elsewhere than its key says, tells nothing of this host.
    let from = |vantage| match seen(&cx.evidence.ports, &ask.key(vantage)) {
        Ok(seen) if seen.facts.address != ask.address || seen.facts.vantage != vantage => Err(Cause::new(CauseKind::NotCollected, ask.key(vantage))),
        looked => looked,
    };
    let mut missed = match from(Vantage::Outside) {
        Ok(seen) => return Ok(Measurement { graded: grade_outside(cx, host, seen.facts)?, at: seen.at, tier: Tier::Network }),
        Err(cause) => cause,
    };
    for (vantage, tier) in [(Vantage::Inside, Tier::Network), (Vantage::Host, Tier::Host)] {
        match from(vantage) {
            Ok(seen) => match forbidden(cx, seen.facts).as_slice() {
                [] if missed.kind == CauseKind::NotCollected => missed = Cause::new(CauseKind::Vantage, format!("{} {}", host.id, vantage.word())),
                [] => {}
                open => {
                    let told = args([("host", host.id.as_str().into()), ("address", seen.facts.address.as_str().into()), ("ports", names(cx, open))]);
                    return Ok(Measurement { graded: Graded::middling("open-inside", told), at: seen.at, tier });
                }
            },
            Err(cause) if missed.kind == CauseKind::NotCollected => missed = cause,
            Err(_) => {}
        }
    }
    Err(missed)
}

/// The open ports that strangers have no business with.
fn forbidden(cx: &Context<'_>, facts: &PortsFacts) -> Vec<u16> {
    let allowed = allowed_ports(cx.site);
    facts.open.iter().copied().filter(|port| !allowed.contains(port)).collect()
}

fn is_grave(cx: &Context<'_>, port: u16) -> bool {
    cx.knowledge.ports.ports.iter().any(|known| known.port == port && known.grave)
}

/// `5984 (CouchDB)`.
fn names(cx: &Context<'_>, ports: &[u16]) -> Arg {
    let service = |port: u16| cx.knowledge.ports.ports.iter().find(|known| known.port == port).map(|known| known.service.as_str());
    let name = |port: &u16| service(*port).map_or_else(|| port.to_string(), |service| format!("{port} ({service})"));
    ports.iter().map(name).collect::<Vec<_>>().into()
}

fn grade_outside(cx: &Context<'_>, host: &Host, facts: &PortsFacts) -> Result<Graded, Cause> {
    if facts.address.parse().is_ok_and(is_local) || is_local_name(&facts.address) {
        // Nobody outside can reach such an address, whatever stands open behind the router.
        return Err(Cause::new(CauseKind::Vantage, facts.address.clone()));
    }
    let told = |ports: &[u16]| args([("host", host.id.as_str().into()), ("address", facts.address.as_str().into()), ("ports", names(cx, ports))]);
    let forbidden = forbidden(cx, facts);
    let grave = |ports: &[u16]| -> Vec<u16> { ports.iter().copied().filter(|port| is_grave(cx, *port)).collect() };
    if !grave(&forbidden).is_empty() {
        return Ok(Graded::bad("grave", told(&grave(&forbidden))));
    }
    if !grave(&facts.open).is_empty() {
        return Ok(Graded::middling("declared-grave", told(&grave(&facts.open))));
    }
    if !forbidden.is_empty() {
        return Ok(Graded::middling("open", told(&forbidden)));
    }
    let tried = |port: &u16| facts.open.contains(port) || facts.closed.contains(port) || facts.silent.contains(port);
    let untried: Vec<String> = cx.knowledge.ports.ports.iter().map(|known| known.port).filter(|port| !tried(port)).map(|port| port.to_string()).collect();
    if !untried.is_empty() {
        return Err(Cause::new(CauseKind::NotCollected, format!("{}: {}", host.id, untried.join(", "))));
    }
    if runs_cht(host) && facts.open.is_empty() && facts.closed.is_empty() {
        // A server that health workers use answers somewhere: this address may not be its own.
        return Err(Cause::new(CauseKind::Timeout, facts.address.clone()));
    }
    let mut told = told(&facts.open);
    let count = facts.open.len() + facts.closed.len() + facts.silent.len();
    told.extend(args([("count", count.into()), ("open", facts.open.len().into())]));
    Ok(Graded::good("pass", told))
}

/// A name that means the machine itself, wherever it is asked (RFC 6761).
fn is_local_name(name: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost")
}

/// The parts of the CHT that the Helm values put on the network by a Service of their own, past the ingress and its TLS.
fn opened(cx: &Context<'_>) -> Vec<(String, Document)> {
    let Some(Ok(seen)) = helm(cx) else { return Vec::new() };
    let file = cx.site.said.files.helm_values.as_deref().unwrap_or_default();
    let open = seen.facts.services.iter().filter(|(_, kind)| matches!(kind, ServiceType::NodePort | ServiceType::LoadBalancer));
    let told = open.map(|(part, kind)| {
        let told = args([("file", file.into()), ("service", part.as_str().into()), ("kind", kind.word().into())]);
        (format!("Service {part}"), Document { graded: Graded::bad("service", told), at: seen.at })
    });
    told.collect()
}

/// What the compose files publish beside the allowed ports; none where they publish nothing more. That a file opens no
/// door says nothing of the others.
fn published(cx: &Context<'_>) -> Option<Document> {
    let seen = compose(cx)?.ok()?;
    let facts: &ComposeFacts = seen.facts;
    let running = facts.services.iter().filter(|(_, service)| service.profiles.is_empty());
    let doors: Vec<(&String, &PublishedPort)> = running.flat_map(|(name, service): (_, &Service)| service.ports.iter().map(move |port| (name, port))).collect();
    let allowed = allowed_ports(cx.site);
    let opens = |port: &PublishedPort| port.address.as_ref().is_none_or(|address| !address.parse().is_ok_and(is_local));
    let is_grave_door = |port: &PublishedPort| is_grave(cx, port.container) || port.host.is_some_and(|host| is_grave(cx, host));
    let is_allowed = |port: &PublishedPort| port.host.is_some_and(|host| allowed.contains(&host));
    let wrong: Vec<_> = doors.into_iter().filter(|(_, port)| opens(port) && (!is_allowed(port) || is_grave_door(port))).collect();
    if wrong.is_empty() {
        return None;
    }
    let grave = wrong.iter().any(|(_, port)| is_grave_door(port) && !is_allowed(port));
    let told: Vec<String> = wrong.iter().map(|(name, port)| format!("{name} {}", port.host.unwrap_or(port.container))).collect();
    let told = args([("services", told.into())]);
    Some(Document { graded: if grave { Graded::bad("published", told) } else { Graded::middling("published", told) }, at: seen.at })
}
