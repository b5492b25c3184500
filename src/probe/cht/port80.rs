//! Port 80 without TLS, on each address: where it leads, and which certificate mode it betrays.

use std::{collections::BTreeMap, net::SocketAddr};

use reqwest::Url;

use crate::{
    evidence::{
        ChtFacts, ChtPart, Entry, Outcome,
        cht::{AcmePath, PlainHttp},
    },
    finding::Cause,
    probe::Reach,
};

use super::{
    Clock,
    http::{Answer, Client, HTML, hop_on_same_host, host},
    pages::certificate_mode,
    permits,
};

/// The folder of ACME HTTP challenges.
const ACME: &str = "/.well-known/acme-challenge/";
/// Addresses of a name that are looked at.
const MAX_ADDRESSES: usize = 8;

/// One request an address and part.
pub(super) async fn visit(site: &Url, parts: &[ChtPart], reach: &Reach, record: &mut (impl FnMut(ChtPart, Entry<ChtFacts>) + Send)) {
    let clock = Clock::start();
    let opened = async {
        let mut addresses = reach.addresses(&host(site), 80).await?;
        addresses.truncate(MAX_ADDRESSES);
        let permits = permits(&addresses, reach).await?;
        Ok((permits, addresses.iter().map(|address| (*address, Client::plain(site, *address, reach))).collect::<Vec<_>>()))
    };
    let (_permits, mut clients) = match opened.await {
        Ok(opened) => opened,
        Err(cause) => {
            let cause: Cause = cause;
            return parts.iter().for_each(|part| record(*part, clock.entry(Err(cause.clone()))));
        }
    };
    // The base of a relative redirect: what is asked here is no https address.
    let plain = Url::parse(&format!("http://{}/", site.host_str().unwrap_or_default())).ok();
    for part in parts {
        let clock = Clock::start();
        let facts = match part {
            ChtPart::PlainHttp => ChtFacts::PlainHttp(each(&mut clients, "/", |answer| plain_http(answer, plain.as_ref())).await),
            _ => ChtFacts::AcmePath(each(&mut clients, ACME, acme_path).await),
        };
        record(*part, clock.entry(Ok(facts)));
    }
}

/// What each address answers, by address.
async fn each<T>(clients: &mut [(SocketAddr, Client<'_>)], path: &str, read: impl Fn(&Answer) -> T) -> BTreeMap<String, Outcome<T>> {
    let mut answers = BTreeMap::new();
    for (address, client) in clients {
        let answer = client.get(path, HTML).await.map(|answer| read(&answer));
        answers.insert(address.ip().to_string(), answer.into());
    }
    answers
}

fn plain_http(answer: &Answer, asked: Option<&Url>) -> PlainHttp {
    PlainHttp {
        status: answer.status,
        to_https: asked.and_then(|asked| hop_on_same_host(answer, asked)).is_some_and(|to| to.scheme() == "https"),
        content: (200..300).contains(&answer.status) && !answer.body.is_empty(),
    }
}

fn acme_path(answer: &Answer) -> AcmePath {
    AcmePath { status: answer.status, certificate_mode: certificate_mode(answer) }
}
