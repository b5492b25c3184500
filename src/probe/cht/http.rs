//! A careful HTTP client: one connection, no hop followed, no body above a bound, no retry but one.

use std::{
    borrow::Cow,
    net::SocketAddr,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use reqwest::{
    Url,
    header::{ACCEPT, CONTENT_TYPE, HeaderMap, LOCATION},
};
use tokio::time::sleep;

use crate::{
    finding::{Cause, CauseKind},
    probe::Reach,
};

use super::connection::{Failure, Line, MAX_BODY};

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
pub(super) struct Client<'a> {
    reach: &'a Reach,
    line: Line,
    /// What the `Host` header says.
    authority: String,
    /// One repetition is left.
    may_repeat: bool,
    /// Requests without an answer, in a row.
    unanswered: u32,
    /// Why nothing more is asked.
    given_up: Option<Cause>,
}

impl<'a> Client<'a> {
    /// A client for the site over TLS at these addresses.
    ///
    /// # Errors
    /// `Broken` where TLS cannot be set up.
    pub(super) fn https(site: &Url, addresses: &[SocketAddr], reach: &'a Reach) -> Result<Self, Cause> {
        let line = Line::over_tls(&host(site), addresses)?;
        Ok(Self { reach, line, authority: authority(site), may_repeat: true, unanswered: 0, given_up: None })
    }

    /// A client for plain HTTP at one address, which repeats nothing.
    pub(super) fn plain(site: &Url, address: SocketAddr, reach: &'a Reach) -> Self {
        let authority = site.host_str().unwrap_or_default().to_owned();
        Self { reach, line: Line::plain(address), authority, may_repeat: false, unanswered: 0, given_up: None }
    }

    /// Asks for a path within the usual time.
    ///
    /// # Errors
    /// As [`Self::get_within`].
    pub(super) async fn get(&mut self, path: &str, accept: &str) -> Result<Answer, Cause> {
        self.get_within(path, &[(ACCEPT.as_str(), accept)], self.reach.timeout).await
    }

    /// Asks for a path. The first failure of a visit (no answer, or a 5xx that is no starting CHT) is asked once more,
    /// after as long a pause as an answer may take: one failed probe is not an outage. A time-out has been waited for.
    ///
    /// # Errors
    /// `Timeout`, `Refused`, `Tls`, `Broken`, `NotUnderstood`; `HeldBack` where the run has been refused too often; the
    /// earlier cause where it makes no sense to ask on.
    pub(super) async fn get_within(&mut self, path: &str, headers: &[(&str, &str)], timeout: Duration) -> Result<Answer, Cause> {
        if let Some(cause) = &self.given_up {
            return Err(cause.clone());
        }
        let request = self.reach.may_be_refused().await?;
        let mut result = self.once(path, headers, timeout).await;
        if self.may_repeat && is_worth_repeating(&result) {
            self.may_repeat = false;
            sleep(self.reach.timeout).await;
            result = self.once(path, headers, timeout).await;
        }
        match &result {
            Ok(answer) => {
                self.unanswered = 0;
                if matches!(answer.status, 401 | 403 | 429) {
                    self.reach.refused(request);
                }
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

    async fn once(&mut self, path: &str, headers: &[(&str, &str)], timeout: Duration) -> Result<Answer, Failure> {
        let (at, began) = (now(), Instant::now());
        let reply = self.line.ask(&self.authority, path, headers, self.reach.timeout, timeout).await?;
        Ok(Answer { status: reply.status, headers: reply.headers, body: reply.body, cut: reply.cut, at, took: began.elapsed() })
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

fn is_worth_repeating(result: &Result<Answer, Failure>) -> bool {
    match result {
        Ok(answer) => answer.status >= 500 && answer.refusal().kind != CauseKind::Starting,
        Err(failure) => matches!(failure.cause.kind, CauseKind::Refused | CauseKind::Broken),
    }
}
