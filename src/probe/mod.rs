//! The only code that talks to the outside, one file a kind. Collecting cannot fail: a probe that fails is evidence of
//! that.

pub mod cht;
pub mod dns;
pub mod files;
pub mod ports;
pub mod reach;
pub mod registration;
pub mod tls;
pub mod vantage;
mod waits;
mod web;
pub mod whois;

use std::{
    collections::{BTreeMap, BTreeSet},
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use futures_util::{StreamExt, stream};
use jiff::Timestamp;

use crate::{
    evidence::{Asks, ChtAsk, ChtPart, Entries, Entry, Evidence, Outcome},
    finding::{Cause, CauseKind},
};

pub use reach::{Override, Reach};
pub use waits::Waiting;

/// One look that writes what it saw.
type Look = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Looks at everything that was asked, `jobs` at a time, and ends at `deadline` or when `interrupted` does. What was not
/// looked at by then is recorded as such. `waiting` hears once a second what has not answered yet, first after a second.
pub async fn collect(
    asks: &Asks,
    reach: Arc<Reach>,
    jobs: usize,
    deadline: Duration,
    tool: &str,
    interrupted: impl Future<Output = ()>,
    waiting: impl FnMut(&[Waiting]),
) -> Evidence {
    let began = now();
    let evidence = Arc::new(Mutex::new(Evidence::empty(tool, began, reach.vantage)));
    let work = stream::iter(looks(asks.clone(), &reach, &evidence)).for_each_concurrent(jobs.max(1), |look| look);
    tokio::select! {
        () = work => {}
        () = tokio::time::sleep(deadline) => {}
        () = interrupted => {}
        () = waits::tell(asks, &reach, &evidence, waiting) => {}
    }
    let mut seen = evidence.lock().unwrap_or_else(PoisonError::into_inner).clone();
    mark_unfinished(&mut seen, asks, &reach, began);
    seen
}

#[expect(clippy::disallowed_methods, reason = "the probes read the clock")]
fn now() -> Timestamp {
    Timestamp::now()
}

/// Files first: they are quick, and a network that hangs must not keep them waiting.
fn looks(asks: Asks, reach: &Arc<Reach>, evidence: &Arc<Mutex<Evidence>>) -> Vec<Look> {
    let mut looks: Vec<Look> = Vec::new();
    for ask in asks.compose {
        looks.push(read_file(reach, evidence, |seen| &mut seen.compose, ask.key(), move |reach| files::compose(&ask, reach)));
    }
    for ask in asks.env {
        looks.push(read_file(reach, evidence, |seen| &mut seen.env, ask.key(), move |reach| files::env(&ask, reach)));
    }
    for ask in asks.helm_values {
        looks.push(read_file(reach, evidence, |seen| &mut seen.helm_values, ask.key(), move |reach| files::helm_values(&ask, reach)));
    }
    for ask in asks.crontab {
        looks.push(read_file(reach, evidence, |seen| &mut seen.crontab, ask.key(), move |reach| files::crontab(&ask, reach)));
    }
    for ask in asks.watchdog_instances {
        looks.push(read_file(reach, evidence, |seen| &mut seen.watchdog_instances, ask.key(), move |reach| files::watchdog_instances(&ask, reach)));
    }
    for ask in asks.records {
        looks.push(read_file(reach, evidence, |seen| &mut seen.records, ask.key(), move |reach| files::record(&ask, reach)));
    }
    for (url, parts) in parts_by_url(&asks.cht) {
        let (reach, evidence) = (Arc::clone(reach), Arc::clone(evidence));
        looks.push(Box::pin(async move {
            let mut record = |part: ChtPart, entry: Entry<_>| {
                evidence.lock().unwrap_or_else(PoisonError::into_inner).cht.insert(ChtAsk::new(&url, part).key(), entry);
            };
            cht::look(&url, &parts, &reach, &mut record).await;
        }));
    }
    for ask in asks.tls {
        let own = Arc::clone(reach);
        looks.push(timed(evidence, |seen| &mut seen.tls, ask.key(), async move { tls::look(&ask, &own).await }));
    }
    for ask in asks.dns {
        let own = Arc::clone(reach);
        looks.push(timed(evidence, |seen| &mut seen.dns, ask.key(), async move { dns::look(&ask, &own).await }));
    }
    for ask in asks.registration {
        let own = Arc::clone(reach);
        looks.push(timed(evidence, |seen| &mut seen.registration, ask.key(), async move { registration::look(&ask, &own).await }));
    }
    for ask in asks.ports {
        let own = Arc::clone(reach);
        looks.push(timed(evidence, |seen| &mut seen.ports, ask.key(reach.vantage), async move { ports::look(&ask, &own).await }));
    }
    looks
}

fn parts_by_url(asks: &BTreeSet<ChtAsk>) -> BTreeMap<String, BTreeSet<ChtPart>> {
    let mut by_url: BTreeMap<String, BTreeSet<ChtPart>> = BTreeMap::new();
    for ask in asks {
        by_url.entry(ask.url.clone()).or_default().insert(ask.part);
    }
    by_url
}

/// Runs a look and writes what came of it, with when and how long.
fn timed<T: Send + 'static>(
    evidence: &Arc<Mutex<Evidence>>,
    entries: fn(&mut Evidence) -> &mut Entries<T>,
    key: String,
    look: impl Future<Output = Result<T, Cause>> + Send + 'static,
) -> Look {
    let evidence = Arc::clone(evidence);
    Box::pin(async move {
        let (at, began) = (now(), Instant::now());
        let result = Outcome::from(look.await);
        let took_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        entries(&mut evidence.lock().unwrap_or_else(PoisonError::into_inner)).insert(key, Entry { at, took_ms, result });
    })
}

/// Reads a file on a thread of its own: a network file system may hang.
fn read_file<T: Send + 'static>(
    reach: &Arc<Reach>,
    evidence: &Arc<Mutex<Evidence>>,
    entries: fn(&mut Evidence) -> &mut Entries<T>,
    key: String,
    read: impl FnOnce(&Reach) -> Result<T, Cause> + Send + 'static,
) -> Look {
    let reach = Arc::clone(reach);
    let named = key.clone();
    timed(
        evidence,
        entries,
        key,
        async move { tokio::task::spawn_blocking(move || read(&reach)).await.unwrap_or_else(|_| Err(Cause::new(CauseKind::Bug, named))) },
    )
}

/// What was asked and not looked at is evidence too.
fn mark_unfinished(seen: &mut Evidence, asks: &Asks, reach: &Reach, at: Timestamp) {
    fn mark<T>(entries: &mut Entries<T>, keys: impl Iterator<Item = String>, at: Timestamp) {
        for key in keys {
            let missed = Outcome::Missed(Cause::new(CauseKind::Deadline, key.clone()));
            entries.entry(key).or_insert(Entry { at, took_ms: 0, result: missed });
        }
    }
    mark(&mut seen.cht, asks.cht.iter().map(ChtAsk::key), at);
    mark(&mut seen.tls, asks.tls.iter().map(crate::evidence::TlsAsk::key), at);
    mark(&mut seen.dns, asks.dns.iter().map(crate::evidence::DnsAsk::key), at);
    mark(&mut seen.registration, asks.registration.iter().map(crate::evidence::RegistrationAsk::key), at);
    mark(&mut seen.ports, asks.ports.iter().map(|ask| ask.key(reach.vantage)), at);
    mark(&mut seen.compose, asks.compose.iter().map(crate::evidence::ComposeAsk::key), at);
    mark(&mut seen.env, asks.env.iter().map(crate::evidence::EnvAsk::key), at);
    mark(&mut seen.helm_values, asks.helm_values.iter().map(crate::evidence::HelmAsk::key), at);
    mark(&mut seen.crontab, asks.crontab.iter().map(crate::evidence::FileAsk::key), at);
    mark(&mut seen.watchdog_instances, asks.watchdog_instances.iter().map(crate::evidence::FileAsk::key), at);
    mark(&mut seen.records, asks.records.iter().map(crate::evidence::FileAsk::key), at);
}
