//! The CHT over HTTPS, and its port 80 beside it, as a guest sees them: read-only, without a login, one request after the
//! other on each.

mod connection;
mod http;
mod metrics;
mod monitoring;
mod pages;
mod port80;

use std::{
    collections::BTreeSet,
    net::SocketAddr,
    sync::{Mutex, PoisonError},
    time::Instant,
};

use jiff::Timestamp;
use reqwest::{
    Url,
    header::{ACCEPT, ORIGIN},
};
use tokio::sync::OwnedSemaphorePermit;

use crate::{
    evidence::{ChtFacts, ChtPart, Entry},
    finding::{Cause, CauseKind},
};

use self::http::{Answer, Client, JSON, host, now};
use super::Reach;

/// Looks at the parts of the CHT at `url`, monitoring first, and hands each to `record` as soon as it is done: a caller
/// that runs out of time drops the look and keeps what was recorded.
///
/// Each part is recorded once, with its facts or why there are none. At most two parts wait for a server that does not
/// answer; the others then share its cause.
pub async fn look(url: &str, parts: &BTreeSet<ChtPart>, reach: &Reach, record: &mut (impl FnMut(ChtPart, Entry<ChtFacts>) + Send)) {
    let (on_80, over_tls): (Vec<ChtPart>, Vec<ChtPart>) = parts.iter().copied().partition(|part| matches!(part, ChtPart::PlainHttp | ChtPart::AcmePath));
    let site = match Url::parse(url) {
        Ok(site) if site.scheme() == "https" && site.has_host() => site,
        _ => {
            let clock = Clock::start();
            let cause = Cause::new(CauseKind::NoAddress, http::kept(url));
            return parts.iter().for_each(|part| record(*part, clock.entry(Err(cause.clone()))));
        }
    };
    // Side by side: on a slow line port 80 costs nothing then. What is done first is recorded first.
    let record = &Mutex::new(record);
    let told = move |part, entry| record.lock().unwrap_or_else(PoisonError::into_inner)(part, entry);
    let main = async {
        if !over_tls.is_empty() {
            visit(&site, &over_tls, reach, &mut told.clone()).await;
        }
    };
    let plain = async {
        if !on_80.is_empty() {
            port80::visit(&site, &on_80, reach, &mut told.clone()).await;
        }
    };
    tokio::join!(main, plain);
}

/// When a look began, by the calendar and by the stop watch.
struct Clock {
    at: Timestamp,
    began: Instant,
}

impl Clock {
    fn start() -> Self {
        Self { at: now(), began: Instant::now() }
    }

    fn entry(&self, result: Result<ChtFacts, Cause>) -> Entry<ChtFacts> {
        Entry { at: self.at, took_ms: u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX), result: result.into() }
    }
}

/// The parts over TLS, by one connection.
async fn visit(site: &Url, parts: &[ChtPart], reach: &Reach, record: &mut (impl FnMut(ChtPart, Entry<ChtFacts>) + Send)) {
    let clock = Clock::start();
    let opened = async {
        let addresses = reach.addresses(&host(site), site.port_or_known_default().unwrap_or(443)).await?;
        let permits = permits(&addresses, reach).await?;
        Ok((permits, Client::https(site, &addresses, reach)?))
    };
    // Dropped last to first: the connection is closed before its place is free.
    let (_permits, mut client) = match opened.await {
        Ok(opened) => opened,
        Err(cause) => {
            let cause: Cause = cause;
            return parts.iter().for_each(|part| record(*part, clock.entry(Err(cause.clone()))));
        }
    };
    for part in parts {
        let clock = Clock::start();
        let result = look_at(*part, &mut client, site, reach).await;
        record(*part, clock.entry(result));
    }
}

/// A place at each address, taken in the order of the addresses so that two looks never wait for each other.
async fn permits(addresses: &[SocketAddr], reach: &Reach) -> Result<Vec<OwnedSemaphorePermit>, Cause> {
    let hosts: BTreeSet<_> = addresses.iter().map(SocketAddr::ip).collect();
    let mut permits = Vec::with_capacity(hosts.len());
    for address in hosts {
        permits.push(reach.permit(address).await?);
    }
    Ok(permits)
}

async fn look_at(part: ChtPart, client: &mut Client<'_>, site: &Url, reach: &Reach) -> Result<ChtFacts, Cause> {
    Ok(match part {
        ChtPart::Monitoring => ChtFacts::Monitoring(look_at_monitoring(client, reach).await?),
        ChtPart::LoginPage => ChtFacts::LoginPage(pages::login_page(&client.get(pages::LOGIN, JSON).await?)?),
        ChtPart::PrivacyPolicy => ChtFacts::PrivacyPolicy(pages::privacy_policy(&client.get(pages::PRIVACY_POLICY, JSON).await?)?),
        ChtPart::DeployInfo => ChtFacts::DeployInfo(pages::deploy_info(&client.get(pages::DEPLOY_INFO, JSON).await?)?),
        ChtPart::Anonymous => ChtFacts::Anonymous(pages::anonymous(client, site).await),
        ChtPart::StartPage => ChtFacts::StartPage(pages::start_page(client, site).await?),
        ChtPart::Cors => {
            let headers = [(ACCEPT.as_str(), JSON), (ORIGIN.as_str(), pages::FOREIGN_ORIGIN)];
            ChtFacts::Cors(pages::cors(&client.get_within(pages::INFO, &headers, reach.timeout).await?)?)
        }
        ChtPart::ExpressMetrics => ChtFacts::ExpressMetrics(metrics::facts(&client.get(metrics::PATH, JSON).await?)?),
        ChtPart::PlainHttp | ChtPart::AcmePath => return Err(Cause::new(CauseKind::NotCollected, "port 80")),
    })
}

/// One answered monitoring call: it makes the server ask its database some 31 times.
async fn look_at_monitoring(client: &mut Client<'_>, reach: &Reach) -> Result<crate::evidence::cht::Monitoring, Cause> {
    let headers = [(ACCEPT.as_str(), JSON)];
    let newer = client.get_within(monitoring::V2, &headers, reach.monitoring_timeout).await?;
    if !is_unknown_path(&newer) {
        return monitoring::facts(2, &newer);
    }
    monitoring::facts(1, &client.get_within(monitoring::V1, &headers, reach.monitoring_timeout).await?)
}

/// The server does not know the path. A CHT before 3.12 takes it for one of CouchDB's and asks for a login.
fn is_unknown_path(answer: &Answer) -> bool {
    answer.status == 404 || (answer.status == 401 && answer.header("logout-authorization").is_some())
}
