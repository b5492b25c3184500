//! How upgrades are done: how often, when, by whom, after which rehearsal, on which system.

use std::collections::BTreeSet;

use crate::{
    checks::{
        Context, Graded, Judgement, Measurement, Question, Rating,
        asks::{cht, monitoring, other_part},
        claim::{Occasion, Own, Said},
        running,
        settle::Claim,
    },
    evidence::{ChtAsk, ChtFacts, ChtPart, Seen, cht::Monitoring, seen},
    finding::{Arg, Cause, CauseKind, Tier, args},
    knowledge::OperatingSystem,
    site::{Host, Trained, host_and_port, scalar::Day},
    span::Span,
};

// updates.cadence ------------------------------------------------------------------------------------------------------

const LAST: &str = "updates.last";

pub(super) fn cadence(cx: &Context<'_>) -> Vec<Judgement> {
    let updates = &cx.site.said.updates;
    let own = updates.last.map(|last| Occasion { partly: None, date: Some(last), by: None, record: None, path: LAST });
    let (claim, path) = cx.on_day(own);
    // Whoever upgraded lately and means to wait longer than support lasts keeps the rule this once.
    let seldom = updates.every.filter(|every| every.0 > cx.limit("pass"));
    let claim = match (claim, seldom, updates.last) {
        (Ok(Some(claim)), Some(every), Some(Day(last))) if path == LAST && claim.graded.rating == Rating::Good => {
            let graded = Graded::middling("seldom", args([("every", Arg::Duration(every.0)), ("date", last.into())]));
            Ok(Some(Claim { graded, ..claim }))
        }
        (claim, ..) => claim,
    };
    let question = Question { subject: String::new(), path, best: None, claim, document: None, measurement: deployed(cx) };
    vec![cx.settle(question)]
}

/// The last deployment. A recent one is one upgrade and shows no rate; an old one shows that there was none since.
fn deployed(cx: &Context<'_>) -> Result<Measurement, Cause> {
    let seen = cht(cx, ChtPart::DeployInfo)?;
    let ChtFacts::DeployInfo(facts) = seen.facts else { return Err(other_part(cx)) };
    let deployed = facts.deployed.ok_or_else(|| Cause::new(CauseKind::NotUnderstood, "timestamp"))?;
    let day = cx.now.day(deployed);
    let age = seen.at.duration_since(deployed).as_secs();
    let told = args([("date", day.into()), ("days", Arg::Count(age / Span::DAY))]);
    let graded = match age {
        // One of the two clocks is wrong.
        age if age < 0 => return Err(Cause::new(CauseKind::Future, day.to_string())),
        age if age <= cx.limit("pass") => return Err(Cause::new(CauseKind::Vantage, day.to_string())),
        age if age <= cx.limit("warn") => Graded::middling("deployed-ageing", told),
        _ => Graded::bad("deployed-too-old", told),
    };
    Ok(Measurement { graded, at: seen.at, tier: Tier::Network })
}

// updates.window -------------------------------------------------------------------------------------------------------

pub(super) fn window(cx: &Context<'_>) -> Vec<Judgement> {
    let window = cx.site.said.updates.window.as_deref().map(str::trim).filter(|window| !window.is_empty());
    cx.answered(window.map(|window| Own::undated(Graded::good("declared", args([("window", window.into())])), "updates.window")))
}

// updates.trained-staff ------------------------------------------------------------------------------------------------

pub(super) fn trained_staff(cx: &Context<'_>) -> Vec<Judgement> {
    let trained = &cx.site.said.updates.trained;
    let answered = || only_said(cx, cx.on_day(None));
    if trained.is_empty() || !cx.answers {
        return answered();
    }
    let Some(own) = grade_trained(cx, trained) else {
        // Trainings without a day, or on one that is still to come, count for nothing; an answer may.
        let cause = match trained.iter().filter_map(|training| training.date).min() {
            Some(day) => Cause::new(CauseKind::Future, day.to_string()),
            None => Cause::new(CauseKind::Undated, TRAINED),
        };
        let (claim, path) = cx.on_day(None);
        return only_said(cx, if matches!(claim, Ok(None)) { (Err(cause), TRAINED.to_owned()) } else { (claim, path) });
    };
    let (claim, path) = cx.said(Some(own));
    if path == TRAINED { only_said(cx, (claim, path)) } else { answered() }
}

const TRAINED: &str = "updates.trained";

fn only_said(cx: &Context<'_>, (claim, path): Said) -> Vec<Judgement> {
    let measurement = Err(Cause::new(CauseKind::NotCollected, ""));
    vec![cx.settle(Question { subject: String::new(), path, best: None, claim, document: None, measurement })]
}

/// The people of all trainings that have taken place, each by the last one. Who was trained twice is one person.
fn grade_trained(cx: &Context<'_>, trained: &[Trained]) -> Option<Own> {
    let held = |training: &&Trained| training.date.is_some_and(|day| day.0 <= cx.now.today());
    let newest = trained.iter().filter(held).filter_map(|training| training.date).max()?;
    let within = |limit: &str| -> Vec<String> {
        let fresh = |day: Day| cx.now.as_of.duration_since(cx.now.start(day.0)).as_secs() <= cx.limit(limit);
        let people: BTreeSet<&str> =
            trained.iter().filter(held).filter(|training| training.date.is_some_and(fresh)).map(|training| cx.site.person(&training.who)).collect();
        people.into_iter().filter(|who| !who.is_empty()).map(str::to_owned).collect()
    };
    let (fresh, still) = (within("pass"), within("warn"));
    let count = i64::try_from(fresh.len()).ok()?;
    let graded = if count >= cx.limit("people") {
        Graded::good("enough", args([("people", fresh.into()), ("count", count.into())]))
    } else if still.is_empty() {
        Graded::bad("lapsed", args([("date", newest.0.into())]))
    } else {
        Graded::middling("few", args([("people", still.into()), ("count", count.into()), ("wanted", cx.limit("people").into())]))
    };
    Some(Own { graded, date: Some(newest), by: None, record: None, ageless: true, path: TRAINED })
}

// updates.staging ------------------------------------------------------------------------------------------------------

pub(super) fn staging(cx: &Context<'_>) -> Vec<Judgement> {
    let url = cx.site.said.cht.staging_url.as_deref();
    let is_production = url.is_some_and(|url| same_server(url, &cx.site.said.url));
    let own = url.map(|url| {
        let told = args([("url", url.into())]);
        Own::undated(if is_production { Graded::bad("same-server", told) } else { Graded::middling("declared", told) }, "cht.staging_url")
    });
    let (claim, path) = cx.said(own);
    let measurement = url.ok_or_else(|| Cause::new(CauseKind::NotCollected, "cht.staging_url")).and_then(|url| {
        let production = monitoring(cx)?;
        let (at, graded) = if is_production {
            (production.at, Graded::bad("same-server", args([("url", url.into())])))
        } else {
            let staging = staging_monitoring(cx, url)?;
            (staging.at.min(production.at), grade_staging(cx, url, staging.facts, production.facts)?)
        };
        Ok(Measurement { graded, at, tier: Tier::Network })
    });
    vec![cx.settle(Question { subject: String::new(), path, best: None, claim, document: None, measurement })]
}

/// Both addresses lead to one host and port, however they are written.
fn same_server(one: &str, other: &str) -> bool {
    let server = |url: &str| {
        let (host, port) = host_and_port(url.strip_prefix("http://").unwrap_or(url));
        (host.trim_end_matches('.').to_ascii_lowercase(), port)
    };
    server(one) == server(other)
}

fn staging_monitoring<'a>(cx: &Context<'a>, url: &str) -> Result<Seen<'a, Monitoring>, Cause> {
    let key = ChtAsk::new(url, ChtPart::Monitoring).key();
    let seen = seen(&cx.evidence.cht, &key)?;
    match seen.facts {
        ChtFacts::Monitoring(facts) => Ok(Seen { at: seen.at, facts }),
        _ => Err(Cause::new(CauseKind::NotUnderstood, key)),
    }
}

fn grade_staging(cx: &Context<'_>, url: &str, staging: &Monitoring, production: &Monitoring) -> Result<Graded, Cause> {
    // A copy whose database is away rehearses nothing, whatever version its API names.
    if staging.is_database_away() {
        return Err(Cause::new(CauseKind::DatabaseDown, url));
    }
    let (staging, production) = (running::running(cx, staging)?, running::running(cx, production)?);
    let told = args([("url", url.into()), ("staging", staging.to_string().into()), ("production", production.to_string().into())]);
    Ok(if staging.is_at_least(&production) { Graded::good("ahead", told) } else { Graded::middling("older", told) })
}

// updates.os-support ---------------------------------------------------------------------------------------------------

pub(super) fn os_support(cx: &Context<'_>) -> Vec<Judgement> {
    let hosts = &cx.site.said.hosts;
    if hosts.is_empty() {
        return cx.answered(None);
    }
    // A server without fixes is a way into the network of the others, whatever its role.
    hosts.iter().enumerate().map(|(place, host)| host_support(cx, place, host)).collect()
}

const HOSTS: &str = "hosts";

fn host_support(cx: &Context<'_>, place: usize, host: &Host) -> Judgement {
    let told = host.os.as_deref().map(|os| {
        let known = system(cx, os).ok_or_else(|| Cause::new(CauseKind::Knowledge, format!("{os}, {}", cx.knowledge.systems.gathered)))?;
        Ok(grade_system(cx, host, known))
    });
    let (own, cause) = match told {
        None => (None, Cause::new(CauseKind::NotCollected, format!("{}: os", host.id))),
        Some(Ok(graded)) => {
            let own = Own { graded, date: host.date, by: host.by.clone(), record: host.record.clone(), ageless: false, path: HOSTS };
            (Some(own), Cause::new(CauseKind::NotCollected, ""))
        }
        Some(Err(cause)) => (None, cause),
    };
    let (claim, path) = cx.said(own);
    let path = if path == HOSTS { format!("hosts[{place}].os") } else { path };
    cx.settle(Question { subject: host.id.clone(), path, best: None, claim, document: None, measurement: Err(cause) })
}

/// The system by its id, with or without a point release: `debian-12.5` is `debian-12`.
fn system<'a>(cx: &Context<'a>, os: &str) -> Option<&'a OperatingSystem> {
    let os = os.trim().to_ascii_lowercase().replace(' ', "-");
    cx.knowledge.systems.systems.iter().find(|system| os.strip_prefix(&system.id).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
}

fn grade_system(cx: &Context<'_>, host: &Host, system: &OperatingSystem) -> Graded {
    let left = cx.now.today().duration_until(system.ends).as_hours() / 24;
    let told = args([("host", host.id.as_str().into()), ("system", system.id.as_str().into()), ("date", system.ends.into()), ("days", Arg::Count(left.abs()))]);
    if left < 0 {
        Graded::bad("ended", told)
    } else if left * Span::DAY <= cx.limit("pass") {
        Graded::middling("ending", told)
    } else {
        Graded::good("supported", told)
    }
}
