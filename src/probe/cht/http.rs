//! A careful HTTP client: one kept-alive connection, no hop followed, no body above a bound, no retry but one.
//!
//! Its requests carry no secret, so it takes any certificate: an expired one must not blind all else. Whether the
//! certificate can be trusted is told by the TLS probe.

use std::{
    borrow::Cow,
    error::Error,
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use reqwest::{
    Url,
    header::{ACCEPT, CONTENT_TYPE, HOST, HeaderMap, LOCATION},
};
use rustls::{
    ClientConfig, DigitallySignedStruct, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime},
};
use tokio::time::sleep;

use crate::{
    finding::{Cause, CauseKind},
    probe::{
        Reach,
        reach::{USER_AGENT, io_cause},
    },
};

/// Bytes of a body that are read at most, after decompression.
pub(super) const MAX_BODY: usize = 1 << 20;

/// What a client asks for that wants no HTML: without it a starting CHT and a missing login answer with a page.
pub(super) const JSON: &str = "application/json";

/// What a browser asks for.
pub(super) const HTML: &str = "text/html";

/// After so many requests in a row without an answer, the rest is not asked.
const PATIENCE: u32 = 2;

/// An answer, whatever its status.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    /// At most [`MAX_BODY`] bytes.
    pub(super) body: Vec<u8>,
    /// The body was longer.
    pub(super) cut: bool,
    /// When the request began.
    pub(super) at: Timestamp,
    /// Until the body had ended.
    pub(super) took: Duration,
}

impl Answer {
    /// The first header of that name, if it is text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Every header of that name that is text.
    pub(super) fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.headers.get_all(name).iter().filter_map(|value| value.to_str().ok())
    }

    /// The media type, without parameters, in lower case.
    pub(super) fn media_type(&self) -> String {
        let whole = self.header(CONTENT_TYPE.as_str()).unwrap_or_default();
        kept(whole.split(';').next().unwrap_or_default().trim()).to_ascii_lowercase()
    }

    /// The body as text; what is no UTF-8 is replaced.
    pub(super) fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }

    /// The text of a 200 whose media type satisfies `fits`.
    ///
    /// # Errors
    /// As [`Self::refusal`], `NotUnderstood` with another media type, `TooLarge`.
    pub(super) fn ok(&self, fits: impl Fn(&str) -> bool) -> Result<Cow<'_, str>, Cause> {
        if self.status != 200 {
            return Err(self.refusal());
        }
        if !fits(&self.media_type()) {
            return Err(self.not_understood());
        }
        if self.cut {
            return Err(Cause::new(CauseKind::TooLarge, MAX_BODY.to_string()));
        }
        Ok(self.text())
    }

    /// The JSON of a 200.
    ///
    /// # Errors
    /// As [`Self::ok`]; `NotUnderstood` where it is none.
    pub(super) fn json(&self) -> Result<serde_json::Value, Cause> {
        let text = self.ok(is_json)?;
        serde_json::from_str(&text).map_err(|_| self.not_understood())
    }

    /// It answers another question than was asked; the media type tells which kind of server did.
    pub(super) fn not_understood(&self) -> Cause {
        Cause::new(CauseKind::NotUnderstood, self.media_type())
    }

    /// What an answer that is not the one asked for says of the tiers behind it: nginx, the API, haproxy, the database.
    pub(super) fn refusal(&self) -> Cause {
        let status = self.status.to_string();
        let body = if self.status >= 500 { self.text() } else { Cow::Borrowed("") };
        let haproxy = body.contains("\"haproxy\"") || body.contains("No server is available to handle this request");
        let kind = match self.status {
            200..=299 => return self.not_understood(),
            300..=399 => {
                // A query may carry a token of somebody's login; host and path are enough to see where it leads.
                let to = self.header(LOCATION.as_str()).unwrap_or_default();
                let to = Url::parse(to).map_or_else(
                    |_| to.split(['?', '#']).next().unwrap_or_default().to_owned(),
                    |url| format!("{}://{}{}", url.scheme(), authority(&url), url.path()),
                );
                return Cause::new(CauseKind::Status, kept(&format!("{status} {to}")));
            }
            429 => CauseKind::RateLimited,
            502..=504 if haproxy => CauseKind::DatabaseDown,
            503 if body.contains("\"Service unavailable\"") => CauseKind::Starting,
            502 | 504 => CauseKind::ApiDown,
            503 if body.contains("\"nginx\"") || body.contains("<center>nginx</center>") => CauseKind::ApiDown,
            _ => CauseKind::Status,
        };
        Cause::new(kind, status)
    }
}

/// JSON, also as `application/problem+json`.
pub(super) fn is_json(media_type: &str) -> bool {
    media_type == "application/json" || media_type.ends_with("+json")
}

/// An HTML page.
pub(super) fn is_html(media_type: &str) -> bool {
    media_type == "text/html"
}

/// Text of a server as it may be kept: no control characters, at most 200 characters.
pub(super) fn kept(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}

/// One server, as a guest visits it.
#[derive(Debug)]
pub(super) struct Client {
    http: reqwest::Client,
    /// Where requests are sent.
    origin: Url,
    /// What the `Host` header says.
    authority: String,
    timeout: Duration,
    /// One repetition is left.
    may_repeat: bool,
    /// Requests without an answer, in a row.
    unanswered: u32,
    /// Why nothing more is asked.
    given_up: Option<Cause>,
}

/// Why there is no answer.
struct Failure {
    cause: Cause,
    /// No connection came about: every other path would fail alike.
    unreachable: bool,
}

impl Client {
    /// A client for the site over TLS at these addresses.
    ///
    /// # Errors
    /// `Broken` where the client cannot be built.
    pub(super) fn https(site: &Url, addresses: &[SocketAddr], reach: &Reach) -> Result<Self, Cause> {
        let host = host(site);
        let mut origin = site.clone();
        // reqwest asks no override for an IP address, and lets a port of the URL win over that of an override: so an
        // address goes into the URL, and a name goes there without its port.
        let done = match (host.parse::<IpAddr>(), addresses.first()) {
            (Ok(_), Some(first)) => origin.set_ip_host(first.ip()).and_then(|()| origin.set_port(Some(first.port()))),
            _ => origin.set_port(None),
        };
        done.map_err(|()| Cause::new(CauseKind::Broken, authority(site)))?;
        let http = http_client(reach)?.resolve_to_addrs(&host, addresses).build().map_err(|_| Cause::new(CauseKind::Broken, "TLS"))?;
        Ok(Self { http, origin, authority: authority(site), timeout: reach.timeout, may_repeat: true, unanswered: 0, given_up: None })
    }

    /// A client for plain HTTP at one address, which repeats nothing.
    ///
    /// # Errors
    /// `Broken` where the client cannot be built.
    pub(super) fn plain(site: &Url, address: SocketAddr, reach: &Reach) -> Result<Self, Cause> {
        let broken = || Cause::new(CauseKind::Broken, address.to_string());
        // Two requests: no connection is worth keeping, and none can go stale in between.
        let http = http_client(reach)?.pool_max_idle_per_host(0).build().map_err(|_| broken())?;
        let origin = Url::parse(&format!("http://{address}/")).map_err(|_| broken())?;
        let authority = site.host_str().unwrap_or_default().to_owned();
        Ok(Self { http, origin, authority, timeout: reach.timeout, may_repeat: false, unanswered: 0, given_up: None })
    }

    /// Asks for a path within the usual time.
    ///
    /// # Errors
    /// As [`Self::get_within`].
    pub(super) async fn get(&mut self, path: &str, accept: &str) -> Result<Answer, Cause> {
        self.get_within(path, &[(ACCEPT.as_str(), accept)], self.timeout).await
    }

    /// Asks for a path. The first failure of a visit (no answer, or a 5xx that is no starting CHT) is asked once more,
    /// after as long a pause as an answer may take: one failed probe is not an outage. A time-out has been waited for.
    ///
    /// # Errors
    /// `Timeout`, `Refused`, `Tls`, `Broken`, `NotUnderstood`; the earlier cause where it makes no sense to ask on.
    pub(super) async fn get_within(&mut self, path: &str, headers: &[(&str, &str)], timeout: Duration) -> Result<Answer, Cause> {
        if let Some(cause) = &self.given_up {
            return Err(cause.clone());
        }
        let mut result = self.once(path, headers, timeout).await;
        if self.may_repeat && is_worth_repeating(&result) {
            self.may_repeat = false;
            sleep(self.timeout).await;
            result = self.once(path, headers, timeout).await;
        }
        match &result {
            Ok(answer) => {
                self.unanswered = 0;
                // Each further 401 or 429 would keep everybody behind our address locked out.
                if answer.status == 429 {
                    self.given_up = Some(answer.refusal());
                }
            }
            Err(failure) => {
                self.unanswered += 1;
                if failure.unreachable || self.unanswered >= PATIENCE {
                    self.given_up = Some(failure.cause.clone());
                }
            }
        }
        result.map_err(|failure| failure.cause)
    }

    async fn once(&self, path: &str, headers: &[(&str, &str)], timeout: Duration) -> Result<Answer, Failure> {
        let url = self.origin.join(path).map_err(|_| Failure { cause: Cause::new(CauseKind::Broken, path), unreachable: false })?;
        let mut request = self.http.get(url).timeout(timeout).header(HOST, &self.authority);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (at, began) = (now(), Instant::now());
        let failure = |error: reqwest::Error| Failure { unreachable: error.is_connect(), cause: cause(&error, &self.authority, path) };
        let mut response = request.send().await.map_err(failure)?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let (mut body, mut cut) = (Vec::new(), false);
        while let Some(chunk) = response.chunk().await.map_err(failure)? {
            let room = MAX_BODY - body.len();
            body.extend_from_slice(&chunk[..chunk.len().min(room)]);
            if chunk.len() > room {
                cut = true;
                break;
            }
        }
        let took = began.elapsed();
        if !cut {
            // The connection goes back to its pool in a task of its own; asked at once, the next request would open another.
            sleep(Duration::from_millis(1)).await;
        }
        Ok(Answer { status, headers, body, cut, at, took })
    }
}

/// The host of a URL as the DNS and the overrides know it: an IPv6 address without brackets.
pub(super) fn host(url: &Url) -> String {
    url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned()
}

/// Where a redirect leads, if it is one that stays on the host of `asked`, the address that was asked.
pub(super) fn hop_on_same_host(answer: &Answer, asked: &Url) -> Option<Url> {
    let to = answer.header(LOCATION.as_str()).filter(|_| matches!(answer.status, 301 | 302 | 303 | 307 | 308))?;
    asked.join(to).ok().filter(|to| to.host() == asked.host())
}

/// The moment of a look.
#[expect(clippy::disallowed_methods, reason = "a probe reads the clock")]
pub(super) fn now() -> Timestamp {
    Timestamp::now()
}

fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

fn http_client(reach: &Reach) -> Result<reqwest::ClientBuilder, Cause> {
    let broken = || Cause::new(CauseKind::Broken, "TLS");
    let provider = Arc::clone(CryptoProvider::get_default().ok_or_else(broken)?);
    let mut tls = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|_| broken())?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(AnyCertificate(provider)))
        .with_no_client_auth();
    tls.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .http1_only()
        .pool_max_idle_per_host(1)
        .connect_timeout(reach.timeout)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy()
        .gzip(true)
        .user_agent(USER_AGENT))
}

fn is_worth_repeating(result: &Result<Answer, Failure>) -> bool {
    match result {
        Ok(answer) => answer.status >= 500 && answer.refusal().kind != CauseKind::Starting,
        Err(failure) => matches!(failure.cause.kind, CauseKind::Refused | CauseKind::Broken),
    }
}

fn cause(error: &reqwest::Error, authority: &str, path: &str) -> Cause {
    if error.is_timeout() {
        return Cause::new(CauseKind::Timeout, format!("{authority}{path}"));
    }
    let mut source = error.source();
    while let Some(inner) = source {
        if let Some(mut io) = inner.downcast_ref::<io::Error>() {
            // An I/O error hides what it wraps from its `source`.
            while let Some(wrapped) = io.get_ref().and_then(<dyn Error + Send + Sync>::downcast_ref) {
                io = wrapped;
            }
            // A connection that ends within the handshake has no error of TLS to show.
            let tls =
                io.get_ref().is_some_and(<dyn Error + Send + Sync>::is::<rustls::Error>) || (error.is_connect() && io.kind() == io::ErrorKind::UnexpectedEof);
            // What cannot be unpacked arrived whole.
            let garbled = error.is_decode() && io.kind() == io::ErrorKind::InvalidData;
            return match (tls, garbled) {
                (true, _) => Cause::new(CauseKind::Tls, authority),
                (_, true) => Cause::new(CauseKind::NotUnderstood, path),
                _ => io_cause(io, authority),
            };
        }
        source = inner.source();
    }
    Cause::new(CauseKind::Broken, format!("{authority}{path}"))
}

/// Takes every certificate; the handshake must still be signed with its key.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(&self, message: &[u8], cert: &CertificateDer<'_>, dss: &DigitallySignedStruct) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(&self, message: &[u8], cert: &CertificateDer<'_>, dss: &DigitallySignedStruct) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
