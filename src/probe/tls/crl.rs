//! The list of revoked certificates that a certificate names: which one, and its bytes. The address stands in a certificate,
//! so it is as hostile as its authority may be.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::{IpAddr, SocketAddr},
};

use futures_util::{StreamExt, stream};
use reqwest::{StatusCode, Url, header::LOCATION};
use rustls::pki_types::CertificateDer;
use tokio::time::timeout;
use x509_parser::{
    certificate::X509Certificate,
    extensions::{DistributionPointName, GeneralName, ParsedExtension},
    prelude::FromDer,
};

use super::chain::cut;
use crate::{
    evidence::address::{is_forbidden, is_local},
    finding::{Cause, CauseKind},
    probe::{Reach, web},
};

/// Lists of one run that are fetched; the addresses of a name show one certificate, or two while it is being renewed.
const MAX_LISTS: usize = 4;

/// The address of the list that tells of this certificate: the first over HTTP. Those by reason or by another authority
/// do not tell all, and directories (LDAP) are not asked.
///
/// # Errors
/// `NotNamed`, with the certificate's subject, or with the address that is not asked; `Forbidden` where it has a login.
pub fn named(leaf: &CertificateDer<'_>) -> Result<Url, Cause> {
    let Ok((_, leaf)) = X509Certificate::from_der(leaf) else { return Err(Cause::new(CauseKind::NotNamed, "")) };
    let points = leaf.extensions().iter().filter_map(|extension| match extension.parsed_extension() {
        ParsedExtension::CRLDistributionPoints(points) => Some(&points.points),
        _ => None,
    });
    let whole = points.flatten().filter(|point| point.reasons.is_none() && point.crl_issuer.is_none());
    let names = whole.filter_map(|point| match &point.distribution_point {
        Some(DistributionPointName::FullName(names)) => Some(names),
        _ => None,
    });
    let addresses: Vec<&str> = names.flatten().filter_map(|name| if let GeneralName::URI(address) = name { Some(*address) } else { None }).collect();
    let url = addresses.iter().filter_map(|address| Url::parse(address).ok()).find(|url| matches!(url.scheme(), "http" | "https"));
    let url = url.ok_or_else(|| Cause::new(CauseKind::NotNamed, cut(addresses.first().map_or(&leaf.subject().to_string(), |address| address))))?;
    if url.username().is_empty() && url.password().is_none() { Ok(url) } else { Err(Cause::new(CauseKind::Forbidden, web::host(&url))) }
}

/// The lists at these addresses, the first four, each fetched once, all within the time for one answer. A site that is
/// itself on a private network (`local`) may have its authority there.
///
/// # Errors
/// Each has its own: `Forbidden`, `Status`, `TooLarge`, and those of no answer.
pub(super) async fn fetch(urls: BTreeSet<Url>, local: bool, reach: &Reach) -> BTreeMap<Url, Result<Vec<u8>, Cause>> {
    let fetches = stream::iter(urls).take(MAX_LISTS).map(|url| async move {
        let list = timeout(reach.timeout, get(url.clone(), local, reach)).await;
        let list = list.unwrap_or_else(|_| Err(Cause::new(CauseKind::Timeout, web::host(&url))));
        (url, list)
    });
    fetches.buffer_unordered(MAX_LISTS).collect().await
}

/// The list at this address, or at the one that it sends on to.
async fn get(mut url: Url, local: bool, reach: &Reach) -> Result<Vec<u8>, Cause> {
    let mut may_go_on = true;
    loop {
        let addresses = addresses(&url, local, reach).await?;
        let (_permit, answer) = web::get(&url, "application/pkix-crl", &addresses, reach).await?;
        let status = Cause::new(CauseKind::Status, format!("{} {}", web::host(&url), answer.status().as_u16()));
        if answer.status() == StatusCode::OK {
            return web::body(answer).await;
        }
        let to = answer.headers().get(LOCATION).filter(|_| may_go_on && answer.status().is_redirection());
        let to = to.and_then(|to| url.join(to.to_str().ok()?).ok());
        let fits = |to: &Url| to.scheme() == url.scheme() && to.username().is_empty() && to.password().is_none();
        url = to.filter(fits).ok_or(status)?;
        may_go_on = false;
    }
}

/// Where the URL's host may be asked: wherever `--resolve` says, else on the port of its scheme at addresses of the world.
async fn addresses(url: &Url, local: bool, reach: &Reach) -> Result<Vec<SocketAddr>, Cause> {
    let (host, port) = (web::host(url), web::port(url));
    if reach.overrides.iter().any(|it| it.port == port && it.host.eq_ignore_ascii_case(host)) {
        return web::addresses(url, reach).await;
    }
    if url.port().is_some() {
        return Err(Cause::new(CauseKind::Forbidden, format!("{host}:{port}")));
    }
    let addresses = web::addresses(url, reach).await?;
    match addresses.iter().find(|address| !may_ask(address.ip(), local)) {
        Some(bad) => Err(Cause::new(CauseKind::Forbidden, format!("{host} {}", bad.ip()))),
        None => Ok(addresses),
    }
}

/// Whether an authority may be asked at this address, where `--resolve` does not say so: never on this machine, and on a
/// private network only where the site is on one too.
#[must_use]
pub fn may_ask(address: IpAddr, local: bool) -> bool {
    !is_forbidden(address) && (!is_local(address) || (local && !address.to_canonical().is_loopback()))
}
