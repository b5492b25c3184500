//! Judges of `alerting`; the rules are in `checks/alerting/`.

use std::{collections::BTreeSet, net::IpAddr};

use jiff::Timestamp;

use crate::{
    evidence::{Asks, ChtPart, FileAsk, InstancesFacts, cht::Monitoring, seen},
    finding::{Arg, Cause, CauseKind, Tier, args},
    knowledge::Knowledge,
    site::{Locality, Monitor, Site},
    version::Version,
};

use super::{
    Check, Consideration, Context, Graded, Judgement, Measurement, Question, Rating, asks,
    claim::{Occasion, Own, who_and_when},
    needs_nothing,
    settle::Document,
};

/// The consideration and its rows.
pub(super) const CONSIDERATION: Consideration = Consideration {
    id: "alerting",
    definition: include_str!("../../checks/alerting/checks.yaml"),
    texts: include_str!("../../checks/alerting/en.ftl"),
    guide: include_str!("../../checks/alerting/README.md"),
    checks: &[
        Check {
            id: "alerting.monitoring-api",
            params: &["fragmentation", "documents"],
            messages: &["pass", "fragmented", "no-search", "not-computed", "database-away", "api-away"],
            needs: |site, _: &Knowledge, asks| asks::ask_monitoring(site, asks),
            evaluate: monitoring_api,
        },
        Check {
            id: "alerting.monitor-present",
            params: &[],
            messages: &["listed", "declared", "not-listed"],
            needs: |site, _: &Knowledge, asks| asks.watchdog_instances.extend(instances_ask(site)),
            evaluate: monitor_present,
        },
        Check {
            id: "alerting.monitor-separate",
            params: &[],
            messages: &["apart", "near", "same-server", "same-address"],
            needs: ask_monitors,
            evaluate: monitor_separate,
        },
        Check { id: "alerting.downtime-rule", params: &["delay"], messages: &["prompt", "slow"], needs: needs_nothing, evaluate: downtime_rule },
        Check {
            id: "alerting.contact-point",
            params: &["pass"],
            messages: &["declared", "single", "placeholder"],
            needs: needs_nothing,
            evaluate: contact_point,
        },
        Check { id: "alerting.smtp", params: &[], messages: &[], needs: needs_nothing, evaluate: said },
        Check {
            id: "alerting.delivery-proof",
            params: &["pass", "warn"],
            messages: &["recent", "ageing", "too-old"],
            needs: needs_nothing,
            evaluate: delivery_proof,
        },
        Check { id: "alerting.on-call", params: &["pass"], messages: &["declared", "single"], needs: needs_nothing, evaluate: on_call },
        Check { id: "alerting.os-metrics", params: &[], messages: &[], needs: needs_nothing, evaluate: said },
        Check { id: "alerting.os-rules", params: &[], messages: &[], needs: needs_nothing, evaluate: said },
        Check { id: "alerting.expiry-rules", params: &[], messages: &[], needs: needs_nothing, evaluate: said },
        Check { id: "alerting.deadman", params: &[], messages: &["second"], needs: needs_nothing, evaluate: deadman },
    ],
};

/// Nothing but an answer decides it yet: Grafana is not asked.
fn said(cx: &Context<'_>) -> Vec<Judgement> {
    cx.answered(None)
}

// monitoring-api

fn monitoring_api(cx: &Context<'_>) -> Vec<Judgement> {
    let measured = |at, graded| Measurement { graded, at, tier: Tier::Network };
    let key = asks::cht_ask(cx.site, ChtPart::Monitoring).key();
    let at = cx.evidence.cht.get(&key).map(|entry| entry.at);
    let measurement = match (asks::monitoring(cx), at) {
        (Ok(seen), _) => grade_api(cx, seen.facts, seen.at).map(|graded| measured(seen.at, graded)),
        // The server's own front says that what stands behind it is away: that is an answer, not a probe that failed.
        (Err(cause), Some(at)) if cause.kind == CauseKind::DatabaseDown => Ok(measured(at, Graded::bad("database-away", args([("at", at.into())])))),
        (Err(cause), Some(at)) if cause.kind == CauseKind::ApiDown => Ok(measured(at, Graded::bad("api-away", args([("at", at.into())])))),
        (Err(cause), _) => Err(cause),
    };
    asks::probed(cx, measurement)
}

fn grade_api(cx: &Context<'_>, facts: &Monitoring, at: Timestamp) -> Result<Graded, Cause> {
    let missing = &facts.not_computed;
    if facts.couchdb.is_none() && !missing.is_empty() && nothing_computed(facts) {
        return Ok(Graded::bad("database-away", args([("at", at.into())])));
    }
    if !missing.is_empty() {
        // Enough of them to know where to look.
        let first: Vec<String> = missing.iter().take(5).cloned().collect();
        return Ok(Graded::middling("not-computed", args([("count", missing.len().into()), ("all", facts.numbers.into()), ("paths", first.into())])));
    }
    // What is neither there nor listed as not computed: not the answer of a CHT.
    let absent = |what: &str| Cause::new(CauseKind::NotUnderstood, what);
    let version: Version = facts.app.as_deref().and_then(|app| app.parse().ok()).ok_or_else(|| absent("version.app"))?;
    facts.couchdb.as_ref().filter(|version| !version.is_empty()).ok_or_else(|| absent("version.couchdb"))?;
    if facts.numbers == 0 {
        return Err(absent("numbers"));
    }
    facts.sentinel_backlog.ok_or_else(|| absent("sentinel.backlog"))?;
    let medic = facts.databases.get("medic").ok_or_else(|| absent("couchdb.medic"))?;
    medic.docs.ok_or_else(|| absent("couchdb.medic.doc_count"))?;
    match (medic.search_indexes, version.major) {
        (Some(0), _) => return Ok(Graded::middling("no-search", args([("version", version.to_string().into())]))),
        // The search service came with 5.0.
        (Some(_), _) | (None, ..5) => {}
        (None, _) => return Err(absent("couchdb.medic.nouveau_indexes")),
    }
    let mut fragmented = Vec::new();
    for (name, database) in &facts.databases {
        // A small database is fragmented from its first day and loses nothing by it.
        if database.docs.is_some_and(|docs| docs > count(cx, "documents")) {
            let hundredths = database.fragmentation_percent.ok_or_else(|| absent(&format!("couchdb.{name}.fragmentation")))?;
            if hundredths > count(cx, "fragmentation").saturating_mul(100) {
                fragmented.push(name.clone());
            }
        }
    }
    if !fragmented.is_empty() {
        return Ok(Graded::middling("fragmented", args([("databases", fragmented.into()), ("times", cx.limit("fragmentation").into())])));
    }
    Ok(Graded::good("pass", args([("version", version.to_string().into()), ("count", facts.numbers.into())])))
}

/// Not one number that comes from the database is there.
fn nothing_computed(facts: &Monitoring) -> bool {
    let counts = [facts.sentinel_backlog, facts.users_over_limit, facts.connected_users];
    let sizes = facts.databases.values().flat_map(|it| [it.docs, it.fragmentation_percent, it.file_bytes, it.index_bytes]);
    counts.into_iter().chain(sizes).all(|number| number.is_none())
}

/// A limit as a count; limits are never negative.
fn count(cx: &Context<'_>, name: &str) -> u64 {
    cx.limit(name).unsigned_abs()
}

// monitor-present

fn instances_ask(site: &Site) -> Option<FileAsk> {
    site.said.files.watchdog_instances.clone().map(|path| FileAsk { path })
}

fn is_watchdog(monitor: &Monitor) -> bool {
    monitor.kind.eq_ignore_ascii_case("watchdog")
}

/// The monitors that the description names: a kind `none`, or without a letter, is a way to say that there is none.
fn monitors(site: &Site) -> impl Iterator<Item = &Monitor> {
    let named = |monitor: &&Monitor| !matches!(monitor.kind.trim().to_lowercase().as_str(), "" | "none" | "no" | "nothing" | "n/a");
    site.said.alerting.monitors.iter().filter(named)
}

/// The kinds of monitors, as the description names them.
fn kinds<'a>(monitors: impl IntoIterator<Item = &'a Monitor>) -> Arg {
    monitors.into_iter().map(|monitor| monitor.kind.clone()).collect::<Vec<_>>().into()
}

fn lists(facts: &InstancesFacts, site: &Site) -> bool {
    facts.targets.iter().any(|target| {
        let (host, port) = asks::authority(target);
        host.eq_ignore_ascii_case(site.host()) && port == site.port()
    })
}

fn monitor_present(cx: &Context<'_>) -> Vec<Judgement> {
    let all: Vec<&Monitor> = monitors(cx.site).collect();
    let others: Vec<&Monitor> = all.iter().copied().filter(|monitor| !is_watchdog(monitor)).collect();
    let (document, cause, counted) = match instances_ask(cx.site).map(|ask| (seen(&cx.evidence.watchdog_instances, &ask.key()), ask.path)) {
        None => (None, Cause::new(CauseKind::NotCollected, ""), all),
        Some((Err(cause), _)) => (None, cause, all),
        Some((Ok(seen), path)) => {
            let told = args([("file", path.into()), ("url", cx.site.said.url.as_str().into()), ("count", seen.facts.targets.len().into())]);
            let at = seen.at;
            let document = |graded| Some(Document { graded, at });
            let (document, counted) = match (lists(seen.facts, cx.site), others.is_empty()) {
                (true, _) => (document(Graded::good("listed", told)), all),
                (false, true) => (document(Graded::bad("not-listed", told)), all),
                // Watchdog does not look, but the file says nothing about the others.
                (false, false) => (None, others),
            };
            (document, Cause::new(CauseKind::NotCollected, ""), counted)
        }
    };
    let own = (!counted.is_empty()).then(|| {
        let told = args([("monitors", kinds(counted))]);
        Own::undated(Graded::good("declared", told), "alerting.monitors")
    });
    let (claim, path) = cx.said(own);
    let path = if document.is_some() && matches!(claim, Ok(None)) { "files.watchdog_instances".to_owned() } else { path };
    vec![cx.settle(Question { subject: String::new(), path, best: None, claim, document, measurement: Err(cause) })]
}

// monitor-separate

/// The hosts that a monitor is reached at.
fn hosts(monitor: &Monitor) -> impl Iterator<Item = &str> {
    [&monitor.grafana, &monitor.prometheus].into_iter().flatten().map(|url| asks::authority(url).0)
}

fn ask_monitors(site: &Site, _: &Knowledge, asks: &mut Asks) {
    asks::ask_dns(site.host(), asks);
    for host in monitors(site).flat_map(hosts) {
        asks::ask_dns(host, asks);
    }
}

/// The addresses that a monitor shares with the CHT, and the older of the two looks; none where it shares none.
type Shared = Option<(Timestamp, Vec<IpAddr>)>;

fn shared(cx: &Context<'_>, monitor: &Monitor) -> Result<Shared, Cause> {
    let (looked, cht) = asks::addresses(cx, cx.site.host())?;
    let mut result = Err(Cause::new(CauseKind::NotCollected, monitor.kind.as_str()));
    for host in hosts(monitor) {
        match asks::addresses(cx, host) {
            Err(cause) => result = Err(cause),
            Ok((when, addresses)) => {
                let common: Vec<IpAddr> = addresses.into_iter().filter(|address| cht.contains(address)).collect();
                match [looked, when].into_iter().flatten().min() {
                    Some(at) if !common.is_empty() => return Ok(Some((at, common))),
                    Some(_) => result = Ok(None),
                    // Two addresses of the description: nobody looked.
                    None => {}
                }
            }
        }
    }
    result
}

fn grade_place(place: Locality) -> (Rating, &'static str) {
    match place {
        Locality::OtherTown | Locality::OtherRegion | Locality::Elsewhere => (Rating::Good, "apart"),
        Locality::SameRoom | Locality::SameBuilding | Locality::SameCampus => (Rating::Middling, "near"),
        Locality::SameServer => (Rating::Bad, "same-server"),
    }
}

fn monitor_separate(cx: &Context<'_>) -> Vec<Judgement> {
    let looks: Vec<(&Monitor, Result<Shared, Cause>)> = monitors(cx.site).map(|monitor| (monitor, shared(cx, monitor))).collect();
    let refuted: Vec<(&Monitor, &(Timestamp, Vec<IpAddr>))> =
        looks.iter().filter_map(|(monitor, look)| look.as_ref().ok()?.as_ref().map(|shared| (*monitor, shared))).collect();
    let none_left = refuted.len() == looks.len();
    let measurement = match refuted.iter().map(|(_, (at, _))| *at).min() {
        Some(at) if none_left => {
            let addresses: BTreeSet<String> = refuted.iter().flat_map(|(_, (_, common))| common).map(ToString::to_string).collect();
            let told = args([("monitors", kinds(refuted.iter().map(|(it, _)| *it))), ("addresses", addresses.into_iter().collect::<Vec<_>>().into())]);
            Ok(Measurement { graded: Graded::bad("same-address", told), at, tier: Tier::Network })
        }
        // Another address is not another building: the network cannot show where a server stands.
        _ => Err(looks.iter().find_map(|(monitor, look)| cause(monitor, look)).unwrap_or_else(|| Cause::new(CauseKind::NotCollected, ""))),
    };
    // One monitor that stands apart is enough; those on the CHT's own address count only where there is no other.
    let placed: Vec<(&Monitor, Rating, &'static str)> = looks
        .iter()
        .filter(|(_, look)| none_left || !matches!(look, Ok(Some(_))))
        .filter_map(|(monitor, _)| monitor.place.map(grade_place).map(|(rating, message)| (*monitor, rating, message)))
        .collect();
    let own = placed.iter().map(|(_, rating, message)| (*rating, *message)).max_by_key(|(rating, _)| *rating).map(|(rating, message)| {
        let best = placed.iter().filter(|(_, its, _)| *its == rating).map(|(monitor, ..)| *monitor);
        Own::undated(Graded { rating, message, args: args([("monitors", kinds(best))]) }, "alerting.monitors")
    });
    let (claim, path) = cx.said(own);
    vec![cx.settle(Question { subject: String::new(), path, best: None, claim, document: None, measurement })]
}

/// Why the network does not settle where a monitor stands.
fn cause(monitor: &Monitor, look: &Result<Shared, Cause>) -> Option<Cause> {
    match look {
        Ok(Some(_)) => None,
        Ok(None) => Some(Cause::new(CauseKind::Vantage, monitor.kind.as_str())),
        Err(cause) => Some(cause.clone()),
    }
}

// people

/// A real failure that reached a person within the time proves the rule; one that took longer proves a slow one.
fn downtime_rule(cx: &Context<'_>) -> Vec<Judgement> {
    let own = cx.site.said.alerting.last_test.as_ref().and_then(|test| {
        // An alert takes time: 0 minutes are those of a message that no failure set off.
        let minutes = i64::from(test.minutes.filter(|minutes| *minutes > 0)?);
        let mut told = who_and_when(test.by.as_deref(), test.date.map(|day| day.0));
        told.insert("minutes".to_owned(), minutes.into());
        let graded = if minutes * 60 <= cx.limit("delay") { Graded::good("prompt", told) } else { Graded::middling("slow", told) };
        Some(Own { graded, date: test.date, by: test.by.clone(), record: test.record.clone(), ageless: false, path: "alerting.last_test" })
    });
    cx.answered(own)
}

/// What Grafana ships with (reference 3.5): mail to it reaches nobody.
const PLACEHOLDER: &str = "example@email.com";

fn contact_point(cx: &Context<'_>) -> Vec<Judgement> {
    let said = &cx.site.said.alerting.contacts;
    let real: BTreeSet<String> = said.iter().map(|contact| contact.trim().to_lowercase()).filter(|it| !it.is_empty() && !it.contains(PLACEHOLDER)).collect();
    let enough = i64::try_from(real.len()).is_ok_and(|count| count >= cx.limit("pass"));
    let told = |contacts: Vec<String>| args([("contacts", contacts.into())]);
    let own = (!said.is_empty()).then(|| {
        let graded = match (real.is_empty(), enough) {
            (true, _) => Graded::bad("placeholder", told(said.clone())),
            (false, false) => Graded::middling("single", told(real.into_iter().collect())),
            (false, true) => Graded::good("declared", told(real.into_iter().collect())),
        };
        Own::undated(graded, "alerting.contacts")
    });
    cx.answered(own)
}

fn delivery_proof(cx: &Context<'_>) -> Vec<Judgement> {
    cx.dated(cx.site.said.alerting.last_test.as_ref().map(|test| Occasion {
        partly: None,
        date: test.date,
        by: test.by.clone(),
        record: test.record.clone(),
        path: "alerting.last_test",
    }))
}

fn on_call(cx: &Context<'_>) -> Vec<Judgement> {
    let said = &cx.site.said;
    // Two roles that one person fills are one person.
    let people: BTreeSet<&str> = said.alerting.on_call.iter().map(|role| cx.site.person(role)).filter(|it| !it.is_empty()).collect();
    let enough = i64::try_from(people.len()).is_ok_and(|count| count >= cx.limit("pass"));
    let own = (!people.is_empty()).then(|| {
        let names: Vec<String> = people.iter().map(|it| (*it).to_owned()).collect();
        let graded = if enough {
            Graded::good("declared", args([("count", names.len().into()), ("people", names.into())]))
        } else {
            Graded::middling("single", args([("people", names.into())]))
        };
        Own::undated(graded, "alerting.on_call")
    });
    cx.answered(own)
}

/// A second monitor half answers it: each tells of the server, none of the other's death.
fn deadman(cx: &Context<'_>) -> Vec<Judgement> {
    let monitors: Vec<&Monitor> = monitors(cx.site).collect();
    // Monitors that all stand on the CHT's server die together.
    let apart = monitors.iter().any(|monitor| monitor.place.is_some_and(|place| place != Locality::SameServer));
    let own = (monitors.len() > 1 && apart).then(|| Own::undated(Graded::middling("second", args([("monitors", kinds(monitors))])), "alerting.monitors"));
    cx.answered(own)
}
