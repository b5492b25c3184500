//! When a domain's registration ends, over RDAP (RFC 7480 to 9083), else over WHOIS.

use jiff::{Timestamp, civil, tz::TimeZone};
use reqwest::{Response, StatusCode, Url, header::LOCATION};
use serde_json::Value;
use tokio::time::timeout;

use crate::{
    evidence::{RegistrationAsk, RegistrationFacts},
    finding::{Cause, CauseKind},
};

use super::{
    Reach,
    web::{addresses, body, get},
    whois,
};

/// Registries send on to another of their own servers; longer chains are loops.
const REDIRECTS: usize = 3;

/// Words and names from the registry are kept up to this many characters, and this many words.
const LONGEST_TEXT: usize = 120;
pub(super) const MOST_STATUSES: usize = 32;

/// Asks the domain's registry: over RDAP, once; the next of its base addresses only where one does not answer at all. Over
/// WHOIS, once, where there is no RDAP, or where it is silent, broken, or does not know the domain.
///
/// # Errors
/// `NotCollected` where registries may not be asked. `NotPublished` with the ending where its registry is known to publish
/// nothing, and where the registry does not know the domain (`404`, or the WHOIS server); `Knowledge` with the top level domain
/// where no server is known. `RateLimited`, `Status` with the code, `TooLarge`, `NotUnderstood`; `NoAddress`, `Timeout`,
/// `Refused`, `Tls`, `Broken` or `Forbidden` where there was no answer. Where both were asked, the cause is that of WHOIS.
pub async fn look(ask: &RegistrationAsk, reach: &Reach) -> Result<RegistrationFacts, Cause> {
    if !reach.phone_out {
        return Err(Cause::new(CauseKind::NotCollected, ask.domain.clone()));
    }
    let over_rdap = rdap(ask, reach).await;
    match &ask.whois {
        Some(server) if over_rdap.as_ref().is_err_and(|cause| is_silence(cause.kind) || leaves_open(cause.kind)) => {
            whois::look(&ask.domain, server, reach).await
        }
        _ => over_rdap,
    }
}

async fn rdap(ask: &RegistrationAsk, reach: &Reach) -> Result<RegistrationFacts, Cause> {
    // A registry that has https is never asked without: whoever blocks the one could forge the other.
    let secure = ask.rdap.iter().any(|base| base.starts_with("https://"));
    let bases = ask.rdap.iter().filter(|base| !secure || base.starts_with("https://"));
    let mut failure = match &ask.silent {
        Some(ending) => Cause::new(CauseKind::NotPublished, format!(".{ending}")),
        None => Cause::new(CauseKind::Knowledge, format!(".{}", ask.domain.rsplit('.').next().unwrap_or_default())),
    };
    for base in bases {
        let asked = async { read(&ask.domain, &fetch(base, &ask.domain, reach).await?, base) };
        match timeout(reach.timeout, asked).await.unwrap_or_else(|_| Err(Cause::new(CauseKind::Timeout, base.clone()))) {
            Err(cause) if is_silence(cause.kind) => failure = cause,
            answered => return answered,
        }
    }
    Err(failure)
}

/// Nothing was said of the domain that another service of the registry may not know better. A request to slow down is heeded.
fn leaves_open(kind: CauseKind) -> bool {
    matches!(kind, CauseKind::Knowledge | CauseKind::NotPublished | CauseKind::Status)
}

/// Nothing came back that a registry said.
fn is_silence(kind: CauseKind) -> bool {
    matches!(kind, CauseKind::NoAddress | CauseKind::Timeout | CauseKind::Refused | CauseKind::Tls | CauseKind::Broken)
}

/// The body of the answer, after redirects to other https addresses.
async fn fetch(base: &str, domain: &str, reach: &Reach) -> Result<Vec<u8>, Cause> {
    let mut url = Url::parse(base).ok().filter(|url| matches!(url.scheme(), "https" | "http")).ok_or_else(|| Cause::new(CauseKind::NotUnderstood, base))?;
    // By segments, so that no domain can leave the path.
    url.path_segments_mut().map_err(|()| Cause::new(CauseKind::NotUnderstood, base))?.pop_if_empty().extend(["domain", domain]);
    for _ in 0..=REDIRECTS {
        let (_permit, answer) = get(&url, "application/rdap+json", &addresses(&url, reach).await?, reach).await?;
        let status = answer.status();
        let code = status.as_u16().to_string();
        url = match status {
            StatusCode::OK => return body(answer).await,
            StatusCode::NOT_FOUND => return Err(Cause::new(CauseKind::NotPublished, code)),
            StatusCode::TOO_MANY_REQUESTS => return Err(Cause::new(CauseKind::RateLimited, base)),
            _ if status.is_redirection() => next(&url, &answer).ok_or_else(|| Cause::new(CauseKind::Status, code))?,
            _ => return Err(Cause::new(CauseKind::Status, code)),
        };
    }
    Err(Cause::new(CauseKind::Status, format!("{REDIRECTS}+ redirects")))
}

/// Where a redirect leads; `None` unless that is an https address without a login.
fn next(from: &Url, answer: &Response) -> Option<Url> {
    let to = from.join(answer.headers().get(LOCATION)?.to_str().ok()?).ok()?;
    (to.scheme() == "https" && to.username().is_empty() && to.password().is_none()).then_some(to)
}

/// The facts in an RDAP answer about `domain` from `server`.
///
/// The date of the `expiration` event counts, the earliest where there are several; a registry that has none publishes none. An
/// event whose date cannot be read is not the same: it ends the reading.
///
/// # Errors
/// `NotUnderstood` where the body is no RDAP domain object, is one about another name, or its date cannot be read.
pub fn read(domain: &str, body: &[u8], server: &str) -> Result<RegistrationFacts, Cause> {
    let strange = |what: &str| Cause::new(CauseKind::NotUnderstood, cut(what));
    let answer: Value = serde_json::from_slice(body).map_err(|_| strange(server))?;
    let (class, name) = (answer["objectClassName"].as_str(), answer["ldhName"].as_str());
    // A reserved name gets a 200 too: a name and a notice, and nothing that a registration leaves behind.
    let is_registered = ["handle", "status", "events", "entities"].iter().any(|key| !answer[key].is_null());
    if class.is_some_and(|class| !class.eq_ignore_ascii_case("domain")) || class.or(name).is_none() || !is_registered {
        return Err(strange(server));
    }
    if let Some(other) = name.filter(|name| !name.trim_end_matches('.').eq_ignore_ascii_case(domain)) {
        return Err(strange(other));
    }
    let mut expires: Option<Timestamp> = None;
    for event in list(&answer["events"]).iter().filter(|event| event["eventAction"].as_str().is_some_and(|action| action.eq_ignore_ascii_case("expiration"))) {
        let written = event["eventDate"].as_str().unwrap_or_default();
        let date = moment(written).ok_or_else(|| strange(written))?;
        expires = Some(expires.map_or(date, |earlier| earlier.min(date)));
    }
    Ok(RegistrationFacts {
        expires,
        statuses: list(&answer["status"]).iter().filter_map(Value::as_str).take(MOST_STATUSES).map(status_words).collect(),
        registrar: registrar(list(&answer["entities"])),
        server: server.to_owned(),
    })
}

/// An instant in one of the forms that registries use: RFC 3339, and without a zone (taken as UTC) or a time (taken as the
/// day's start, the earlier and so the safer reading).
pub(super) fn moment(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    text.parse::<Timestamp>().ok().or_else(|| text.parse::<civil::DateTime>().ok()?.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp()))
}

/// RDAP writes `redemption period`; some servers write EPP's `redemptionPeriod`, or that with an address behind it.
pub(super) fn status_words(written: &str) -> String {
    let word = written.split(" http").next().unwrap_or_default().trim();
    let mut words = String::new();
    let mut after_small = false;
    for letter in word.chars() {
        if after_small && letter.is_ascii_uppercase() {
            words.push(' ');
        }
        after_small = letter.is_ascii_lowercase();
        words.push(letter.to_ascii_lowercase());
    }
    cut(&words)
}

/// The name of the first entity in the registrar's role. Where it has none, a name within it (the Kenyan registry has it on the abuse contact),
/// else its handle (all that the Czech registry gives).
fn registrar(entities: &[Value]) -> Option<String> {
    let is_registrar = |entity: &&Value| list(&entity["roles"]).iter().any(|role| role.as_str().is_some_and(|role| role.eq_ignore_ascii_case("registrar")));
    let registrar = entities.iter().find(is_registrar)?;
    name(registrar).or_else(|| registrar["handle"].as_str().map(cut))
}

/// The depth is bounded by the JSON parser's own limit.
fn name(entity: &Value) -> Option<String> {
    let card = list(&entity["vcardArray"][1]);
    let full_name = card.iter().find(|property| property[0].as_str() == Some("fn")).and_then(|property| property[3].as_str());
    let own = full_name.map(str::trim).filter(|name| !name.is_empty()).map(cut);
    own.or_else(|| list(&entity["entities"]).iter().find_map(name))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

pub(super) fn cut(text: &str) -> String {
    text.chars().take(LONGEST_TEXT).collect()
}
