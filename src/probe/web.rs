//! One GET at a service beyond the site: a registry, an authority. Nothing is followed, repeated or kept alive.

use std::{
    error::Error,
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use reqwest::{
    Client, Response, Url,
    header::{ACCEPT, HOST},
    redirect, retry,
};
use rustls::ClientConfig;
use tokio::sync::OwnedSemaphorePermit;

use super::{
    Reach,
    reach::{USER_AGENT, io_cause},
};
use crate::finding::{Cause, CauseKind};

/// An answer is read up to this size, in bytes; of a larger one nothing is kept.
const LARGEST_BODY: usize = 1 << 20;

/// The addresses that the reach gives for the URL's host: none that is forbidden, and overrides hold.
///
/// # Errors
/// As [`Reach::addresses`].
pub(super) async fn addresses(url: &Url, reach: &Reach) -> Result<Vec<SocketAddr>, Cause> {
    reach.addresses(host(url), port(url)).await
}

/// The host of a URL as the DNS and the overrides know it: an IPv6 address without brackets.
pub(super) fn host(url: &Url) -> &str {
    url.host_str().unwrap_or_default().trim_matches(['[', ']'])
}

/// The port that is asked.
pub(super) fn port(url: &Url) -> u16 {
    url.port_or_known_default().unwrap_or(443)
}

/// One GET at these addresses. The permit is for as long as the answer is read.
///
/// # Errors
/// `NoAddress`, `Timeout`, `Refused`, `Tls` or `Broken`, with the host as detail.
pub(super) async fn get(url: &Url, accept: &str, addresses: &[SocketAddr], reach: &Reach) -> Result<(OwnedSemaphorePermit, Response), Cause> {
    let host = url.host_str().unwrap_or_default();
    let Some(first) = addresses.first() else { return Err(Cause::new(CauseKind::NoAddress, host)) };
    // reqwest looks for an IP address at itself, and lets a port of the URL win over those of `addresses`.
    let mut to = url.clone();
    let done = match self::host(url).parse::<IpAddr>() {
        Ok(_) => to.set_ip_host(first.ip()).and_then(|()| to.set_port(Some(first.port()))),
        Err(_) => to.set_port(None),
    };
    done.map_err(|()| Cause::new(CauseKind::Broken, host))?;
    let authority = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    let permit = reach.permit(first.ip()).await?;
    let tls = ClientConfig::builder().with_root_certificates(reach.roots.clone()).with_no_client_auth();
    let client = Client::builder()
        .tls_backend_preconfigured(tls)
        .user_agent(USER_AGENT)
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .no_proxy()
        .timeout(reach.timeout)
        .connect_timeout(reach.timeout.min(Duration::from_secs(5)))
        .resolve_to_addrs(host, addresses)
        .build()
        .map_err(|error| http_cause(&error, host))?;
    let answer = client.get(to).header(HOST, authority).header(ACCEPT, accept).send().await.map_err(|error| http_cause(&error, host))?;
    Ok((permit, answer))
}

/// The whole body.
///
/// # Errors
/// `TooLarge`, `Timeout` or `Broken`, with the host as detail.
pub(super) async fn body(mut answer: Response) -> Result<Vec<u8>, Cause> {
    let host = answer.url().host_str().unwrap_or_default().to_owned();
    let mut body = Vec::new();
    // Counted as it comes: the length that a server announces is its own word, and compressed bodies grow.
    while let Some(chunk) = answer.chunk().await.map_err(|error| http_cause(&error, &host))? {
        if body.len() + chunk.len() > LARGEST_BODY {
            return Err(Cause::new(CauseKind::TooLarge, host));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The cause behind an HTTP client's error, which wraps it several times.
fn http_cause(error: &reqwest::Error, host: &str) -> Cause {
    if error.is_timeout() {
        return Cause::new(CauseKind::Timeout, host);
    }
    let mut source = error.source();
    while let Some(inner) = source {
        if inner.is::<rustls::Error>() {
            return Cause::new(CauseKind::Tls, host);
        }
        source = match inner.downcast_ref::<std::io::Error>() {
            // Its own `source` would pass over the error that it wraps.
            Some(io) => match io.get_ref() {
                Some(wrapped) => Some(wrapped),
                None => return io_cause(io, host),
            },
            None => inner.source(),
        };
    }
    Cause::new(CauseKind::Broken, host)
}
