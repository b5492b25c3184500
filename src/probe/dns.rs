//! Addresses, aliases, lifetimes, name servers and CAA of a name.
//!
//! Two kinds of server are asked: the resolver (`--resolver`, else the system's; never the hosts file) for what users get, and
//! the zone's own name servers for the lifetime, because a resolver only tells what is left of it.

use std::{net::IpAddr, time::Duration};

use hickory_resolver::{
    TokioResolver,
    config::ResolveHosts,
    lookup::Lookup,
    net::{DnsError, NetError},
    proto::rr::{Name, RData, Record, RecordType, rdata::CAA},
};
use tokio::time::timeout;

use crate::{
    evidence::{DnsAsk, DnsFacts, Outcome, dns::Caa},
    finding::{Cause, CauseKind},
};

use super::{Reach, reach::io_cause};

/// Aliases are followed this far; resolvers give up around here too.
const LINKS: usize = 8;

/// Name servers of the zone that are tried in turn.
const SERVERS: usize = 3;

/// What one of them is given, its own address included.
const SERVER_PATIENCE: Duration = Duration::from_secs(3);

/// Looks up the name, then its zone and CAA set.
///
/// # Errors
/// `NotCollected` for an IP address: no question of DNS arises. `NotUnderstood` for what is no name. `NoAddress` where the name
/// does not exist, has no address, or is `localhost`, which is not the DNS's. `Timeout` or `Broken` where the resolver does not
/// answer or answers with an error. What fails later is told by the field it belongs to.
pub async fn look(ask: &DnsAsk, reach: &Reach) -> Result<DnsFacts, Cause> {
    let name = question(&ask.name)?;
    let resolver = reach.dns(ResolveHosts::Never)?;
    let (v4, v6) = tokio::join!(
        within(reach.timeout, &name, lookup(&resolver, &name, RecordType::A)),
        within(reach.timeout, &name, lookup(&resolver, &name, RecordType::AAAA))
    );
    let answers = either(v4, v6)?;
    let path = follow(&name, &answers);
    if path.addresses.is_empty() {
        return Err(Cause::new(CauseKind::NoAddress, ask.name.clone()));
    }
    let (zone, caa) = tokio::join!(within(reach.timeout, &name, zone(&resolver, &name)), within(reach.timeout, &name, caa(&resolver, &name)));
    let (zone, name_servers, ttl) = match zone {
        Ok((zone, servers)) => {
            let ttl = lifetime(&name, &zone, &servers, reach).await;
            (Some(text(&zone)), servers, Outcome::from(ttl))
        }
        Err(cause) => (None, Vec::new(), Outcome::Missed(cause)),
    };
    Ok(DnsFacts { addresses: path.addresses, aliases: path.aliases, ttl, resolver_ttl: path.ttl, zone, name_servers, caa: caa.into() })
}

/// The name to ask for, fully qualified, so that no search list answers for it.
fn question(name: &str) -> Result<Name, Cause> {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    if name.parse::<IpAddr>().is_ok() {
        return Err(Cause::new(CauseKind::NotCollected, name));
    }
    if name == "localhost" || name.ends_with(".localhost") {
        return Err(Cause::new(CauseKind::NoAddress, name));
    }
    match Name::from_utf8(format!("{name}.")) {
        Ok(parsed) if !parsed.is_root() => Ok(parsed),
        _ => Err(Cause::new(CauseKind::NotUnderstood, name)),
    }
}

/// What came back, or `Timeout` after `patience`.
async fn within<T>(patience: Duration, name: &Name, work: impl Future<Output = Result<T, Cause>>) -> Result<T, Cause> {
    timeout(patience, work).await.unwrap_or_else(|_| Err(Cause::new(CauseKind::Timeout, format!("DNS {}", text(name)))))
}

/// One question; `None` where the name, or the kind at that name, does not exist.
async fn lookup(resolver: &TokioResolver, name: &Name, kind: RecordType) -> Result<Option<Lookup>, Cause> {
    match resolver.lookup(name.clone(), kind).await {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.is_no_records_found() => Ok(None),
        Err(error) => {
            let detail = format!("DNS {}", text(name));
            Err(match error {
                NetError::Timeout => Cause::new(CauseKind::Timeout, detail),
                NetError::Io(io) => io_cause(&io, &detail),
                NetError::Dns(DnsError::ResponseCode(code)) => Cause::new(CauseKind::Broken, format!("{detail}: {code}")),
                _ => Cause::new(CauseKind::Broken, detail),
            })
        }
    }
}

/// The answers to both questions. One that failed counts only where the other found nothing: some servers never answer for
/// AAAA, and users reach such a site all the same.
fn either(v4: Result<Option<Lookup>, Cause>, v6: Result<Option<Lookup>, Cause>) -> Result<Vec<Record>, Cause> {
    let (found, failed): (Vec<_>, Vec<_>) = [v4, v6].into_iter().partition(Result::is_ok);
    let found: Vec<Record> = found.into_iter().flatten().flatten().flat_map(|answer| answer.answers().to_vec()).collect();
    match failed.into_iter().find_map(Result::err) {
        Some(cause) if found.is_empty() => Err(cause),
        _ => Ok(found),
    }
}

/// Where a name leads within a set of records.
#[derive(Debug, PartialEq, Eq)]
struct Path {
    addresses: Vec<IpAddr>,
    aliases: Vec<String>,
    /// The longest lifetime on the way.
    ttl: Option<u32>,
}

fn follow(name: &Name, records: &[Record]) -> Path {
    let mut on_the_way: Vec<&Record> = Vec::new();
    let mut at = name;
    while let Some((record, target)) = records.iter().find_map(|record| alias(record).filter(|_| record.name == *at).map(|target| (record, target))) {
        if on_the_way.len() == LINKS || target == name || on_the_way.iter().any(|seen| alias(seen) == Some(target)) {
            break;
        }
        on_the_way.push(record);
        at = target;
    }
    let aliases = on_the_way.iter().filter_map(|record| alias(record)).map(text).collect();
    let ends: Vec<&Record> = records.iter().filter(|record| record.name == *at && record.data.ip_addr().is_some()).collect();
    let mut addresses: Vec<IpAddr> = ends.iter().filter_map(|record| record.data.ip_addr()).collect();
    addresses.sort_unstable();
    addresses.dedup();
    Path { addresses, aliases, ttl: on_the_way.iter().chain(&ends).map(|record| record.ttl).max() }
}

/// The target of a CNAME record.
fn alias(record: &Record) -> Option<&Name> {
    if let RData::CNAME(target) = &record.data { Some(target) } else { None }
}

/// The closest level at or above `name` that has name servers, and these, sorted.
async fn zone(resolver: &TokioResolver, name: &Name) -> Result<(Name, Vec<String>), Cause> {
    let mut at = name.clone();
    while !at.is_root() {
        if let Some(answer) = lookup(resolver, &at, RecordType::NS).await? {
            // The owner is checked: an alias would bring the name servers of its target.
            let of_this_level = answer.message().all_sections().filter(|record| record.name == at);
            let mut servers: Vec<String> =
                of_this_level.filter_map(|record| if let RData::NS(server) = &record.data { Some(text(server)) } else { None }).collect();
            if !servers.is_empty() {
                servers.sort_unstable();
                servers.dedup();
                return Ok((at, servers));
            }
        }
        at = at.base_name();
    }
    Err(Cause::new(CauseKind::NotUnderstood, format!("DNS {} NS", text(name))))
}

/// The lifetime (see [`DnsFacts::ttl`]) by the first of the zone's servers that tells; else why the last one did not.
async fn lifetime(name: &Name, zone: &Name, servers: &[String], reach: &Reach) -> Result<u32, Cause> {
    let mut failure = Cause::new(CauseKind::NoAddress, text(zone));
    for server in servers.iter().take(SERVERS) {
        match within(reach.timeout.min(SERVER_PATIENCE), name, lifetime_at(server, name, zone, reach)).await {
            Ok(ttl) => return Ok(ttl),
            Err(cause) => failure = Cause { detail: format!("{} @{server}", cause.detail), ..cause },
        }
    }
    Err(failure)
}

async fn lifetime_at(server: &str, name: &Name, zone: &Name, reach: &Reach) -> Result<u32, Cause> {
    let Some(address) = reach.addresses(server, 53).await?.first().copied() else {
        return Err(Cause::new(CauseKind::NoAddress, server));
    };
    let resolver = reach.dns_at(address)?;
    let mut longest: Option<u32> = None;
    let mut at = name.clone();
    for _ in 0..LINKS {
        let Some((ttl, target)) = link(&resolver, &at).await? else { break };
        longest = longest.max(Some(ttl));
        match target {
            Some(target) if zone.zone_of(&target) => at = target,
            _ => break,
        }
    }
    longest.ok_or_else(|| Cause::new(CauseKind::NotUnderstood, format!("DNS {}", text(name))))
}

/// What a server says of its own knowledge about one name: the lifetime, and where an alias leads. `None` where it knows of
/// nothing, or only by hearsay (a child zone, or a resolver that is listed as a name server).
async fn link(resolver: &TokioResolver, at: &Name) -> Result<Option<(u32, Option<Name>)>, Cause> {
    // The alias is asked for by its kind: the crate would chase an answer's alias at this same server, which may refuse.
    let own = |answer: Option<Lookup>| answer.filter(|answer| answer.message().metadata.authoritative);
    if let Some(answer) = own(lookup(resolver, at, RecordType::CNAME).await?)
        && let Some((ttl, target)) = answer.answers().iter().find_map(|record| alias(record).filter(|_| record.name == *at).map(|target| (record.ttl, target)))
    {
        return Ok(Some((ttl, Some(target.clone()))));
    }
    let (v4, v6) = tokio::join!(lookup(resolver, at, RecordType::A), lookup(resolver, at, RecordType::AAAA));
    let records = either(v4.map(own), v6.map(own))?;
    Ok(follow(at, &records).ttl.map(|ttl| (ttl, None)))
}

/// The closest CAA set at or above `name`, up to the top level (RFC 8659, 3). The resolver follows aliases; a lookup that fails
/// ends the climb, as it would an authority's.
async fn caa(resolver: &TokioResolver, name: &Name) -> Result<Option<Caa>, Cause> {
    let mut at = name.clone();
    while !at.is_root() {
        if let Some(answer) = lookup(resolver, &at, RecordType::CAA).await?
            && let Some(set) = caa_set(answer.answers())
        {
            return Ok(Some(set));
        }
        at = at.base_name();
    }
    Ok(None)
}

fn caa_set(records: &[Record]) -> Option<Caa> {
    let property = |record: &Record| if let RData::CAA(property) = &record.data { issuer(property) } else { None };
    let holder = records.iter().find(|record| record.record_type() == RecordType::CAA)?;
    let mut issue: Vec<String> = records.iter().filter_map(property).collect();
    issue.sort_unstable();
    issue.dedup();
    Some(Caa { at: text(&holder.name), issue })
}

/// The issuer's domain of an `issue` property: what stands before the parameters.
fn issuer(property: &CAA) -> Option<String> {
    let value = String::from_utf8_lossy(&property.value);
    let domain = value.split(';').next().unwrap_or_default();
    property.tag.eq_ignore_ascii_case("issue").then(|| domain.trim().to_ascii_lowercase())
}

/// A name as people write it: lower case, without the final dot.
fn text(name: &Name) -> String {
    name.to_lowercase().to_ascii().trim_end_matches('.').to_owned()
}
