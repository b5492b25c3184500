//! What a run is still waiting for, for whoever watches it.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use crate::evidence::{Asks, ChtPart, Evidence};

use super::Reach;

/// How often it is told, and how long a run may last untold.
const EVERY: Duration = Duration::from_secs(1);

/// Something that was asked and has not answered yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Whom or what was asked: a host, a domain, a file.
    pub place: String,
    /// What was asked, in a word or two.
    pub what: &'static str,
}

/// Tells for as long as it is polled.
pub(super) async fn tell(asks: &Asks, reach: &Reach, evidence: &Arc<Mutex<Evidence>>, mut waiting: impl FnMut(&[Waiting])) {
    loop {
        tokio::time::sleep(EVERY).await;
        let unanswered = unanswered(&evidence.lock().unwrap_or_else(PoisonError::into_inner), asks, reach);
        waiting(&unanswered);
    }
}

/// What was asked and is no evidence yet.
fn unanswered(seen: &Evidence, asks: &Asks, reach: &Reach) -> Vec<Waiting> {
    let at = |place: &str, what| Waiting { place: place.to_owned(), what };
    let mut all = Vec::new();
    let tls = asks.tls.iter().map(crate::evidence::TlsAsk::key).filter(|key| !seen.tls.contains_key(key));
    // The server is named as it is for the CHT, whose address leaves the usual port out.
    all.extend(tls.map(|key| at(key.trim_end_matches(":443"), "TLS")));
    let cht = asks.cht.iter().filter(|ask| !seen.cht.contains_key(&ask.key()));
    all.extend(cht.map(|ask| at(ask.url.trim_start_matches("https://"), part(ask.part))));
    all.extend(asks.dns.iter().filter(|ask| !seen.dns.contains_key(&ask.key())).map(|ask| at(&ask.name, "DNS")));
    all.extend(asks.registration.iter().filter(|ask| !seen.registration.contains_key(&ask.key())).map(|ask| at(&ask.domain, "registration")));
    all.extend(asks.ports.iter().filter(|ask| !seen.ports.contains_key(&ask.key(reach.vantage))).map(|ask| at(&ask.address, "ports")));
    all.extend(asks.compose.iter().filter(|ask| !seen.compose.contains_key(&ask.key())).map(|ask| at(&ask.key(), "file")));
    all.extend(asks.env.iter().filter(|ask| !seen.env.contains_key(&ask.key())).map(|ask| at(&ask.path, "file")));
    let files = [
        (&asks.crontab, seen.crontab.keys().collect::<Vec<_>>()),
        (&asks.watchdog_instances, seen.watchdog_instances.keys().collect()),
        (&asks.records, seen.records.keys().collect()),
    ];
    for (asked, read) in files {
        all.extend(asked.iter().filter(|ask| !read.contains(&&ask.path)).map(|ask| at(&ask.path, "file")));
    }
    all
}

fn part(part: ChtPart) -> &'static str {
    match part {
        ChtPart::Monitoring => "monitoring",
        ChtPart::LoginPage => "login page",
        ChtPart::PrivacyPolicy => "privacy policy",
        ChtPart::DeployInfo => "deploy info",
        ChtPart::Anonymous => "databases without a login",
        ChtPart::StartPage => "start page",
        ChtPart::Cors => "foreign origin",
        ChtPart::ExpressMetrics => "metrics",
        ChtPart::PlainHttp => "port 80",
        ChtPart::AcmePath => "ACME path",
    }
}
