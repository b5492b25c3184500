//! Judges of `scale`; the rules are in `checks/scale/`.

use jiff::Timestamp;

use crate::{
    evidence::{ChtFacts, ChtPart, cht::Monitoring, seen},
    finding::{Arg, Cause, CauseKind, Tier, args},
    knowledge::Knowledge,
    site::{Host, Role, Site, scalar::YesNo},
};

use super::{Check, Consideration, Context, Graded, Judgement, Measurement, Question, Rating, asks, claim::Own, needs_nothing};

/// The consideration and its rows.
pub(super) const CONSIDERATION: Consideration = Consideration {
    id: "scale",
    definition: include_str!("../../checks/scale/checks.yaml"),
    texts: include_str!("../../checks/scale/en.ftl"),
    guide: include_str!("../../checks/scale/README.md"),
    checks: &[
        Check {
            id: "scale.minimum-spec",
            params: &["cpus", "ram", "disk", "tolerance"],
            messages: &["enough", "tight", "few-cpus", "little-memory", "small-disk", "spinning-disk"],
            needs: needs_nothing,
            evaluate: |cx| each(cx, &cht_hosts(cx.site), minimum_spec),
        },
        Check {
            id: "scale.cpu-per-user",
            params: &["pass", "warn"],
            messages: &["enough", "busy", "overloaded"],
            needs: |site, _: &Knowledge, asks| asks::ask_monitoring(site, asks),
            evaluate: cpu_per_user,
        },
        Check {
            id: "scale.ram",
            params: &["pass", "warn", "least"],
            messages: &["enough", "low", "too-low"],
            needs: needs_nothing,
            evaluate: |cx| each(cx, &cht_hosts(cx.site), ram),
        },
        Check {
            id: "scale.disk-headroom-upgrade",
            params: &["pass", "warn"],
            messages: &["enough", "tight", "too-little"],
            needs: |site, _: &Knowledge, asks| asks::ask_monitoring(site, asks),
            evaluate: disk_headroom,
        },
        Check {
            id: "scale.disk-free-now",
            params: &["pass", "warn"],
            messages: &["free", "filling", "full"],
            needs: needs_nothing,
            evaluate: |cx| each(cx, &database_hosts(cx.site), disk_free),
        },
        Check { id: "scale.days-to-full", params: &[], messages: &[], needs: needs_nothing, evaluate: |cx| cx.answered(None) },
        Check { id: "scale.growth-plan", params: &[], messages: &["lead-time"], needs: needs_nothing, evaluate: growth_plan },
        Check {
            id: "scale.doc-limit-users",
            params: &["warn"],
            messages: &["none-over", "few-over", "many-over"],
            needs: |site, _: &Knowledge, asks| asks::ask_monitoring(site, asks),
            evaluate: doc_limit_users,
        },
        Check {
            id: "scale.replication-apdex",
            params: &["pass", "warn", "syncs"],
            messages: &["quick", "uneven", "slow"],
            needs: |site, _: &Knowledge, asks| {
                asks.cht.insert(asks::cht_ask(site, ChtPart::ExpressMetrics));
            },
            evaluate: replication_apdex,
        },
        Check {
            id: "scale.sentinel-backlog",
            params: &["pass"],
            messages: &["keeps-up", "behind"],
            needs: |site, _: &Knowledge, asks| asks::ask_monitoring(site, asks),
            evaluate: sentinel_backlog,
        },
        Check { id: "scale.vertical-room", params: &[], messages: &[], needs: needs_nothing, evaluate: |cx| cx.answered(None) },
    ],
};

const GB: u64 = 1_000_000_000;

/// A limit as a count; limits are never negative.
fn limit(cx: &Context<'_>, name: &str) -> u64 {
    cx.limit(name).unsigned_abs()
}

fn unsaid(what: impl Into<String>) -> Cause {
    Cause::new(CauseKind::NotCollected, what)
}

// the figures of hosts

/// A host of the description with its place there.
type Described<'a> = (usize, &'a Host);

fn with_role(site: &Site, role: Option<Role>) -> Vec<Described<'_>> {
    site.said.hosts.iter().enumerate().filter(|(_, host)| host.role == role).collect()
}

/// The hosts of the CHT: where none is called so, those that are called nothing.
fn cht_hosts(site: &Site) -> Vec<Described<'_>> {
    let named = with_role(site, Some(Role::Cht));
    if named.is_empty() { with_role(site, None) } else { named }
}

/// The hosts that hold the database: nodes of its own, else the CHT's.
fn database_hosts(site: &Site) -> Vec<Described<'_>> {
    let nodes = with_role(site, Some(Role::Couchdb));
    if nodes.is_empty() { cht_hosts(site) } else { nodes }
}

/// The figures of one host as the description's word.
fn figures(host: &Host, graded: Graded) -> Own {
    Own { graded, date: host.date, by: host.by.clone(), record: host.record.clone(), ageless: false, path: HOSTS }
}

const HOSTS: &str = "hosts";

/// Each host must hold, by its figures alone.
fn each(cx: &Context<'_>, hosts: &[Described<'_>], grade: fn(&Context<'_>, &Host) -> Result<Graded, Cause>) -> Vec<Judgement> {
    if hosts.is_empty() {
        return cx.answered(None);
    }
    let judge = |&(place, host): &Described<'_>| {
        let (own, cause) = match grade(cx, host) {
            Ok(graded) => (Some(figures(host, graded)), unsaid("")),
            Err(cause) => (None, cause),
        };
        weigh(cx, Some((place, host)), own, Err(cause))
    };
    hosts.iter().map(judge).collect()
}

/// A measured figure with a declared one beside it rests on the declared one: it is handed over as the description's
/// word. The measurement speaks for itself only where it refutes a word that would have passed.
fn weigh(cx: &Context<'_>, host: Option<Described<'_>>, own: Option<Own>, measured: Result<(Timestamp, Graded), Cause>) -> Judgement {
    let (claim, path) = cx.said(own);
    let path = match host {
        Some((place, _)) if path == HOSTS => format!("{HOSTS}[{place}]"),
        _ => path,
    };
    let good = matches!(&claim, Ok(Some(claim)) if claim.graded.rating == Rating::Good);
    let measurement = match measured {
        Ok((at, graded)) if good && graded.rating == Rating::Bad => Ok(Measurement { graded, at, tier: Tier::Network }),
        Ok(_) => Err(unsaid("")),
        Err(cause) => Err(cause),
    };
    let subject = host.map(|(_, host)| host.id.clone()).unwrap_or_default();
    cx.settle(Question { subject, path, best: None, claim, document: None, measurement })
}

/// The word that the description is taken to say: a declared number that would have passed stays its word where the
/// measured one fails, so that the two contradict each other; else the measured number takes its place.
fn word(declared: Option<Graded>, measured: Option<&(Timestamp, Graded)>) -> Option<Graded> {
    match (declared, measured) {
        (Some(declared), Some((_, seen))) if declared.rating == Rating::Good && seen.rating == Rating::Bad => Some(declared),
        (_, Some((_, seen))) => Some(seen.clone()),
        (declared, None) => declared,
    }
}

fn minimum_spec(cx: &Context<'_>, host: &Host) -> Result<Graded, Cause> {
    let told = |name: &str, is: u32, wanted: &str| args([("host", host.id.as_str().into()), (name, i64::from(is).into()), ("wanted", cx.limit(wanted).into())]);
    // In percent of what is asked for.
    let below = |is: u32, wanted: &str| i64::from(is) * 100 < cx.limit(wanted) * (100 - cx.limit("tolerance"));
    let short = |is: u32, wanted: &str| i64::from(is) < cx.limit(wanted);
    // One figure that falls short decides, whatever the others are.
    if let Some(cpus) = host.cpus.filter(|cpus| below(*cpus, "cpus")) {
        return Ok(Graded::bad("few-cpus", told("cpus", cpus, "cpus")));
    }
    if let Some(ram) = host.ram_gb.filter(|ram| below(*ram, "ram")) {
        return Ok(Graded::bad("little-memory", told("ram", ram, "ram")));
    }
    if let Some(disk) = host.disk_gb.filter(|disk| below(*disk, "disk")) {
        return Ok(Graded::bad("small-disk", told("disk", disk, "disk")));
    }
    if host.ssd == Some(YesNo(false)) {
        return Ok(Graded::bad("spinning-disk", args([("host", host.id.as_str().into())])));
    }
    let missing = |key: &str| unsaid(format!("{}: {key}", host.id));
    let cpus = host.cpus.ok_or_else(|| missing("cpus"))?;
    let ram = host.ram_gb.ok_or_else(|| missing("ram_gb"))?;
    let disk = host.disk_gb.ok_or_else(|| missing("disk_gb"))?;
    host.ssd.ok_or_else(|| missing("ssd"))?;
    let all = args([("host", host.id.as_str().into()), ("cpus", i64::from(cpus).into()), ("ram", i64::from(ram).into()), ("disk", i64::from(disk).into())]);
    let tight = short(cpus, "cpus") || short(ram, "ram") || short(disk, "disk");
    Ok(if tight { Graded::middling("tight", all) } else { Graded::good("enough", all) })
}

fn ram(cx: &Context<'_>, host: &Host) -> Result<Graded, Cause> {
    let missing = |key: &str| unsaid(format!("{}: {key}", host.id));
    let ram = i64::from(host.ram_gb.ok_or_else(|| missing("ram_gb"))?);
    let cpus = i64::from(host.cpus.filter(|cpus| *cpus > 0).ok_or_else(|| missing("cpus"))?);
    let told = args([("host", host.id.as_str().into()), ("ram", ram.into()), ("cpus", cpus.into())]);
    Ok(if ram < cpus * cx.limit("warn") {
        Graded::bad("too-low", told)
    } else if ram < cpus * cx.limit("pass") || ram < cx.limit("least") {
        Graded::middling("low", told)
    } else {
        Graded::good("enough", told)
    })
}

fn disk_free(cx: &Context<'_>, host: &Host) -> Result<Graded, Cause> {
    let missing = |key: &str| unsaid(format!("{}: {key}", host.id));
    let size = u64::from(host.disk_gb.filter(|size| *size > 0).ok_or_else(|| missing("disk_gb"))?);
    let free = u64::from(host.disk_free_gb.ok_or_else(|| missing("disk_free_gb"))?);
    if free > size {
        return Err(missing("disk_free_gb > disk_gb"));
    }
    let told =
        args([("host", host.id.as_str().into()), ("free", Arg::Bytes(free * GB)), ("size", Arg::Bytes(size * GB)), ("percent", count(free * 100 / size))]);
    Ok(if free * 100 < size * limit(cx, "warn") {
        Graded::bad("full", told)
    } else if free * 100 <= size * limit(cx, "pass") {
        Graded::middling("filling", told)
    } else {
        Graded::good("free", told)
    })
}

fn count(count: u64) -> Arg {
    Arg::Count(i64::try_from(count).unwrap_or(i64::MAX))
}

// measured numbers with declared ones

fn cpu_per_user(cx: &Context<'_>) -> Vec<Judgement> {
    let scale = &cx.site.said.scale;
    let hosts = cht_hosts(cx.site);
    // Instances that share the server are taken to share it evenly.
    let instances = scale.instances_on_host.filter(|instances| *instances > 0).map_or(1, u64::from);
    let cpus: Option<u64> = hosts.iter().map(|(_, host)| host.cpus.map(u64::from)).sum::<Option<u64>>().filter(|cpus| *cpus > 0);
    let grade = |users: u64, cpus: u64| {
        let load = users.saturating_mul(instances);
        let told = args([("users", count(users)), ("cpus", count(cpus)), ("per-cpu", count(load.div_ceil(cpus))), ("instances", count(instances))]);
        if load <= cpus.saturating_mul(limit(cx, "pass")) {
            Graded::good("enough", told)
        } else if load <= cpus.saturating_mul(limit(cx, "warn")) {
            Graded::middling("busy", told)
        } else {
            Graded::bad("overloaded", told)
        }
    };
    let measured = asks::monitoring(cx).and_then(|seen| {
        let users = seen.facts.connected_users.ok_or_else(|| asks::not_computed(seen.facts, "connected_users.count"))?;
        // Nobody is no load to judge by: a new server, or not the one that health workers use.
        if users == 0 {
            return Err(Cause::new(CauseKind::Vantage, "connected_users.count: 0"));
        }
        let cpus = cpus.ok_or_else(|| unsaid("hosts: cpus"))?;
        Ok((seen.at, grade(users, cpus)))
    });
    let declared = scale.users.filter(|users| *users > 0).zip(cpus).map(|(users, cpus)| grade(u64::from(users), cpus));
    let own = word(declared, measured.as_ref().ok()).map(|graded| {
        let only = if let [(_, host)] = hosts.as_slice() { host.record.clone() } else { None };
        let by = hosts.iter().find_map(|(_, host)| host.by.clone());
        // As old as the oldest of the figures; one without a day makes it one without a day.
        let date = hosts.iter().map(|(_, host)| host.date).min().flatten();
        Own { graded, date, by, record: only, ageless: false, path: HOSTS }
    });
    vec![weigh(cx, None, own, measured)]
}

/// Bytes of every database in the answer, with its indexes.
fn database_bytes(facts: &Monitoring) -> Result<u64, Cause> {
    // Without the database of the visits the sum is not that of the data.
    let sum: Option<u64> = facts.databases.get("medic").and_then(|_| {
        facts.databases.values().map(|database| database.file_bytes?.checked_add(database.index_bytes?)).try_fold(0_u64, |sum, it| sum.checked_add(it?))
    });
    sum.filter(|sum| *sum > 0).ok_or_else(|| asks::not_computed(facts, "couchdb.*.sizes"))
}

fn disk_headroom(cx: &Context<'_>) -> Vec<Judgement> {
    let hosts = database_hosts(cx.site);
    let bytes = asks::monitoring(cx).and_then(|seen| Ok((seen.at, database_bytes(seen.facts)?)));
    if hosts.is_empty() {
        return vec![weigh(cx, None, None, bytes.and_then(|_| Err(unsaid("hosts: disk_free_gb"))))];
    }
    // Several nodes share the data; the CHT keeps one copy of each shard.
    let nodes = u64::try_from(hosts.len()).unwrap_or(u64::MAX);
    let judge = |&(place, host): &Described<'_>| {
        // More free than there is: one of the two numbers is wrong, and nobody knows which.
        let possible = host.disk_free_gb.filter(|free| host.disk_gb.is_none_or(|size| *free <= size));
        let free = possible.map(|free| u64::from(free) * GB);
        let grade = |data: u64, free: u64| {
            let data = data.div_ceil(nodes);
            let told = args([("host", host.id.as_str().into()), ("free", Arg::Bytes(free)), ("data", Arg::Bytes(data))]);
            if free < data.saturating_mul(limit(cx, "warn")) {
                Graded::bad("too-little", told)
            } else if free < data.saturating_mul(limit(cx, "pass")) {
                Graded::middling("tight", told)
            } else {
                Graded::good("enough", told)
            }
        };
        let measured = bytes.clone().and_then(|(at, bytes)| {
            let missing = if host.disk_free_gb.is_some() { "disk_free_gb > disk_gb" } else { "disk_free_gb" };
            let free = free.ok_or_else(|| unsaid(format!("{}: {missing}", host.id)))?;
            Ok((at, grade(bytes, free)))
        });
        let declared = cx.site.said.scale.data_gb.filter(|data| *data > 0).zip(free).map(|(data, free)| grade(u64::from(data) * GB, free));
        let own = word(declared, measured.as_ref().ok()).map(|graded| figures(host, graded));
        weigh(cx, Some((place, host)), own, measured)
    };
    hosts.iter().map(judge).collect()
}

// people

/// To know how long hardware takes is a part of a plan. An answer says the whole.
fn growth_plan(cx: &Context<'_>) -> Vec<Judgement> {
    let answered = cx.site.said.answers.contains_key(&cx.definition.id);
    let lead = cx.site.said.scale.lead_time.filter(|_| !answered);
    cx.answered(lead.map(|lead| Own::undated(Graded::middling("lead-time", args([("lead", Arg::Duration(lead.0))])), "scale.lead_time")))
}

// measured numbers

fn network(at: Timestamp, graded: Graded) -> Measurement {
    Measurement { graded, at, tier: Tier::Network }
}

fn doc_limit_users(cx: &Context<'_>) -> Vec<Judgement> {
    let measurement = asks::monitoring(cx).and_then(|seen| {
        let over = seen.facts.users_over_limit.ok_or_else(|| asks::not_computed(seen.facts, "replication_limit.count"))?;
        let users = seen.facts.connected_users.ok_or_else(|| asks::not_computed(seen.facts, "connected_users.count"))?;
        // The server counts whoever syncs: where nobody did, nobody was counted.
        if over == 0 && users == 0 {
            return Err(Cause::new(CauseKind::Vantage, "connected_users.count: 0"));
        }
        if over == 0 {
            return Ok(network(seen.at, Graded::good("none-over", args([("at", seen.at.into())]))));
        }
        let told = args([("over", count(over)), ("users", count(users))]);
        let few = over.saturating_mul(100) <= users.saturating_mul(limit(cx, "warn"));
        Ok(network(seen.at, if few { Graded::middling("few-over", told) } else { Graded::bad("many-over", told) }))
    });
    asks::probed(cx, measurement)
}

fn replication_apdex(cx: &Context<'_>) -> Vec<Judgement> {
    let key = asks::cht_ask(cx.site, ChtPart::ExpressMetrics).key();
    let measurement = seen(&cx.evidence.cht, &key).and_then(|seen| {
        let ChtFacts::ExpressMetrics(facts) = seen.facts else { return Err(Cause::new(CauseKind::NotUnderstood, key.as_str())) };
        let (syncs, satisfied, tolerated) = (facts.syncs, facts.syncs_satisfied, facts.syncs_tolerated);
        if satisfied.checked_add(tolerated).is_none_or(|quick| quick > syncs) {
            return Err(Cause::new(CauseKind::NotUnderstood, format!("{satisfied} + {tolerated} > {syncs}")));
        }
        // Too few to judge by: the counters begin with the process.
        let least = limit(cx, "syncs").max(1);
        if syncs < least {
            return Err(Cause::new(CauseKind::Vantage, format!("get-ids: {syncs} < {least}")));
        }
        // Apdex: a tolerated one counts half. Both sides doubled.
        let twice = satisfied.saturating_mul(2).saturating_add(tolerated);
        let reaches = |name| twice.saturating_mul(100) >= syncs.saturating_mul(2).saturating_mul(limit(cx, name));
        let told = args([("syncs", count(syncs)), ("slow", count(syncs - satisfied)), ("percent", count(twice.saturating_mul(50) / syncs))]);
        let graded = match (reaches("pass"), reaches("warn")) {
            (true, _) => Graded::good("quick", told),
            (false, true) => Graded::middling("uneven", told),
            (false, false) => Graded::bad("slow", told),
        };
        Ok(network(seen.at, graded))
    });
    asks::probed(cx, measurement)
}

fn sentinel_backlog(cx: &Context<'_>) -> Vec<Judgement> {
    let measurement = asks::monitoring(cx).and_then(|seen| {
        let backlog = seen.facts.sentinel_backlog.ok_or_else(|| asks::not_computed(seen.facts, "sentinel.backlog"))?;
        let told = args([("backlog", count(backlog)), ("at", seen.at.into())]);
        // One sample cannot show whether it grows, so that it never fails.
        let graded = if backlog < limit(cx, "pass") { Graded::good("keeps-up", told) } else { Graded::middling("behind", told) };
        Ok(network(seen.at, graded))
    });
    asks::probed(cx, measurement)
}
