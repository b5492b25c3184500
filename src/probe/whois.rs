//! When a domain's registration ends, over WHOIS (RFC 3912): a line out, a text of no fixed form back.
//!
//! What a form is called by is the ask's (`checks/knowledge/whois.yaml`). What does not fit it is not guessed at: an unknown
//! label, a date that can be read two ways, an answer about another name.

use std::collections::BTreeMap;

use jiff::{
    Timestamp,
    civil::{Date, Time},
    tz::{Offset, TimeZone},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::{
    evidence::{RegistrationFacts, WhoisAsk},
    finding::{Cause, CauseKind},
};

use super::{
    Reach,
    reach::io_cause,
    registration::{MOST_STATUSES, cut, moment, status_words},
};

const PORT: u16 = 43;

/// Answers are a few kilobytes, mostly terms of use; of a larger one nothing is kept.
const LARGEST_ANSWER: usize = 64 << 10;

/// How registries call the name that the answer is about, and the registrar.
const NAME: [&str; 4] = ["domain name", "domain", "query", "nom de domaine"];
const STATUS: [&str; 3] = ["domain status", "status", "statut"];
const REGISTRAR: [&str; 3] = ["registrar", "sponsoring registrar", "registrar name"];

/// What a registration leaves behind, and a reserved or unknown name does not: how such labels begin.
const REGISTERED: [&str; 9] =
    ["registrar", "sponsoring registrar", "registry domain id", "creation date", "created", "name server", "nameserver", "nserver", "nsset"];

/// How a server says that it was asked too often.
const LIMITED: [&str; 8] = ["limit exceeded", "limit reached", "quota", "too many", "slow down", "try again later", "go away", "only 1 request per"];

/// Written in place of a date that is not published.
const NO_DATE: [&str; 6] = ["", "-", "null", "none", "n/a", "not available"];

/// No domain was registered before, and none is for longer: a year beyond is a mistake, or stands for "never".
const YEARS: std::ops::RangeInclusive<i16> = 1985..=2199;

/// The time zones that registries write by name, with hours east of Greenwich.
const ZONES: [(&str, i8); 7] = [("utc", 0), ("gmt", 0), ("z", 0), ("wat", 1), ("cat", 2), ("sast", 2), ("eat", 3)];

const MONTHS: [&str; 12] = ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"];

/// Asks the registry's WHOIS server, once. Nothing that it refers to is asked.
///
/// # Errors
/// `NoAddress`, `Timeout`, `Refused`, `Broken` (an empty answer too) or `Forbidden` where there was no answer; `TooLarge`; and those of [`read`].
pub async fn look(domain: &str, ask: &WhoisAsk, reach: &Reach) -> Result<RegistrationFacts, Cause> {
    let asked = async { read(domain, &fetch(domain, &ask.host, reach).await?, ask) };
    timeout(reach.timeout, asked).await.unwrap_or_else(|_| Err(Cause::new(CauseKind::Timeout, server(&ask.host))))
}

/// How the facts name a server, and that it was asked over WHOIS.
fn server(host: &str) -> String {
    format!("whois://{host}")
}

async fn fetch(domain: &str, host: &str, reach: &Reach) -> Result<Vec<u8>, Cause> {
    // The query is a line: nothing but a name may be in it.
    if !domain.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.')) {
        return Err(Cause::new(CauseKind::NotUnderstood, cut(domain)));
    }
    let mut failure = Cause::new(CauseKind::NoAddress, host);
    for address in reach.addresses(host, PORT).await? {
        let _permit = reach.permit(address.ip()).await?;
        match reach.connect(address).await {
            Ok(stream) => return converse(stream, domain).await.map_err(|error| io_cause(&error, &server(host))).and_then(|answer| bounded(answer, host)),
            Err(cause) => failure = cause,
        }
    }
    Err(failure)
}

async fn converse(mut stream: TcpStream, domain: &str) -> std::io::Result<Vec<u8>> {
    stream.write_all(format!("{domain}\r\n").as_bytes()).await?;
    let mut answer = Vec::new();
    stream.take(LARGEST_ANSWER as u64 + 1).read_to_end(&mut answer).await?;
    Ok(answer)
}

fn bounded(answer: Vec<u8>, host: &str) -> Result<Vec<u8>, Cause> {
    match answer.len() {
        _ if answer.trim_ascii().is_empty() => Err(Cause::new(CauseKind::Broken, server(host))),
        length if length > LARGEST_ANSWER => Err(Cause::new(CauseKind::TooLarge, server(host))),
        _ => Ok(answer),
    }
}

/// The facts in a WHOIS answer about `domain`: date, status words and registrar. Nothing of any person is kept.
///
/// # Errors
/// `NotPublished` where the registry says that it has no such domain; `RateLimited`; `NotUnderstood` where the answer is about
/// another name, or about none, where its date cannot be read or could be read two ways, where it has two, and where it has
/// none but a label that looks like one.
pub fn read(domain: &str, answer: &[u8], ask: &WhoisAsk) -> Result<RegistrationFacts, Cause> {
    let server = server(&ask.host);
    // What cannot be read is named, unless it names a person.
    let strange = |what: &str| Cause::new(CauseKind::NotUnderstood, if what.contains('@') { server.clone() } else { cut(what) });
    // Registries that have not moved to UTF-8 write Latin-1, in which every byte is a character.
    let text = str::from_utf8(answer).map_or_else(|_| answer.iter().map(|&byte| char::from(byte)).collect(), str::to_owned);
    // A gateway that answers in the registry's place speaks HTTP, and its "404 Not Found" is not the registry's.
    if text.trim_start().starts_with('<') || text.starts_with("HTTP/") {
        return Err(strange(&server));
    }
    let fields = fields(&text);
    let of = |labels: &[&str]| fields.iter().filter(|(label, _)| labels.contains(&label.as_str())).map(|(_, value)| *value).collect::<Vec<_>>();

    let names = of(&NAME);
    if let Some(other) = names.iter().find(|name| !name.trim_end_matches('.').eq_ignore_ascii_case(domain)) {
        return Err(strange(other));
    }
    let expiry: Vec<String> = ask.expiry.iter().map(|label| label.to_lowercase()).collect();
    let dates = of(&expiry.iter().map(String::as_str).collect::<Vec<_>>());
    let expires = expires(&dates, ask.day_first).map_err(|written| strange(&written))?;
    if names.is_empty() || dates.is_empty() {
        let lower = text.to_lowercase();
        let says = |phrases: &[String]| phrases.iter().any(|phrase| lower.contains(&phrase.to_lowercase()));
        // A registry that has changed its form publishes still: only a person can say what the new label means.
        if let Some((label, _)) = fields.iter().find(|(label, value)| looks_like_expiry(label) && !is_no_date(value)) {
            return Err(strange(label));
        }
        if says(&ask.absent) {
            return Err(Cause::new(CauseKind::NotPublished, format!("{server}: {domain}")));
        }
        if LIMITED.iter().any(|phrase| lower.contains(phrase)) {
            return Err(Cause::new(CauseKind::RateLimited, server));
        }
        let is_registered = fields.iter().any(|(label, _)| REGISTERED.iter().any(|start| label.starts_with(start)));
        if names.is_empty() || !is_registered {
            return Err(strange(&server));
        }
    }
    let statuses = of(&STATUS).into_iter().flat_map(|value| value.split(',')).map(status_words).filter(|words| !words.is_empty()).take(MOST_STATUSES).collect();
    let registrar = of(&REGISTRAR).into_iter().find(|name| !name.is_empty() && !name.contains('@')).map(cut);
    Ok(RegistrationFacts { expires, statuses, registrar, server })
}

/// The lines `label: value`, the labels in lower case; lines of comment are left out. Points may fill up either side, and a
/// value may stand alone on the next line, further in.
fn fields(text: &str) -> Vec<(String, &str)> {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with(['%', '#'])).collect();
    let indent = |line: &str| line.len() - line.trim_start().len();
    let mut fields = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let Some((label, value)) = line.split_once(':') else { continue };
        let label = label.trim_end_matches(['.', ' ']).split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
        let mut value = value.trim_start_matches('.').trim();
        if let Some(next) = lines.get(at + 1).filter(|next| value.is_empty() && indent(next) > indent(line)) {
            value = next.trim();
        }
        fields.push((label, value));
    }
    fields
}

fn is_no_date(value: &str) -> bool {
    NO_DATE.contains(&value.to_lowercase().as_str())
}

/// The registrar's own term, and that of its privacy service, are not the registration's.
fn looks_like_expiry(label: &str) -> bool {
    let ends = ["expir", "exp date", "paid-till", "valid until", "renewal date"].iter().any(|word| label.contains(word));
    ends && label.chars().count() <= 40 && !label.starts_with("registrar") && !label.starts_with("privacy")
}

/// The one day that all the dates name, at the earliest time of it; none where none is published.
///
/// # Errors
/// What was written, where it cannot be read, or where there are two days.
fn expires(written: &[&str], day_first: bool) -> Result<Option<Timestamp>, String> {
    let mut days: BTreeMap<Date, Timestamp> = BTreeMap::new();
    for text in written.iter().filter(|text| !is_no_date(text)) {
        let moment = date(text, day_first).ok_or_else(|| (*text).to_owned())?;
        let earliest = days.entry(moment.to_zoned(TimeZone::UTC).date()).or_insert(moment);
        *earliest = moment.min(*earliest);
    }
    match days.len() {
        0 | 1 => Ok(days.into_values().next()),
        _ => Err(days.keys().map(Date::to_string).collect::<Vec<_>>().join(", ")),
    }
}

/// An instant in one of the forms that registries write; without a zone it is taken as UTC, without a time as the day's start.
fn date(text: &str, day_first: bool) -> Option<Timestamp> {
    let instant = moment(text).or_else(|| spelled(text, day_first))?;
    YEARS.contains(&instant.to_zoned(TimeZone::UTC).year()).then_some(instant)
}

/// Words in any order that leaves one reading: `01-Aug-2027 23:59:59 UTC`, `1st August, 2027`, `Sun Aug 1 10:00:00 EAT 2027`.
fn spelled(text: &str, day_first: bool) -> Option<Timestamp> {
    let (mut parts, mut time, mut offset) = (Vec::new(), Time::midnight(), Offset::UTC);
    for word in text.split([' ', '\t', ',']).filter(|word| !word.is_empty()) {
        if let Some(known) = zone(word) {
            offset = known;
        } else if word.contains(':') {
            time = word.parse().ok()?;
        } else if !is_weekday(word) {
            parts.extend(word.split(['-', '/', '.']).filter(|part| !part.is_empty()));
        }
    }
    let date = match parts[..] {
        [whole] if whole.len() == 8 => ordered(whole.get(..4)?, whole.get(4..6)?, whole.get(6..)?, day_first)?,
        [first, second, third] => ordered(first, second, third, day_first)?,
        _ => return None,
    };
    date.to_datetime(time).to_zoned(TimeZone::fixed(offset)).ok().map(|zoned| zoned.timestamp())
}

/// Year, month and day, where their order is beyond doubt.
fn ordered(first: &str, second: &str, third: &str, day_first: bool) -> Option<Date> {
    let (year, day, month) = match (year(first), year(third)) {
        (Some(year), None) => (year, number(third)?, month(second).or_else(|| number(second))?),
        (None, Some(year)) => match (month(first), month(second)) {
            (None, Some(month)) => (year, number(first)?, month),
            (Some(month), None) => (year, number(second)?, month),
            (None, None) => match (number(first)?, number(second)?) {
                (day, month) if day_first || day > 12 || day == month => (year, day, month),
                (month, day) if day > 12 => (year, day, month),
                _ => return None,
            },
            _ => return None,
        },
        _ => return None,
    };
    Date::new(year, month, day).ok()
}

fn year(word: &str) -> Option<i16> {
    word.parse().ok().filter(|_| word.len() == 4 && word.bytes().all(|byte| byte.is_ascii_digit()))
}

/// One or two digits, as an ordinal number too: `1st`.
fn number(word: &str) -> Option<i8> {
    let digits = word.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let is_ordinal = ["", "st", "nd", "rd", "th"].contains(&word.get(digits.len()..)?.to_ascii_lowercase().as_str());
    digits.parse().ok().filter(|_| is_ordinal && digits.len() <= 2 && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

/// By its name, or the first letters of it, three at least.
fn month(word: &str) -> Option<i8> {
    let word = word.to_ascii_lowercase();
    let at = MONTHS.iter().position(|name| word.len() >= 3 && name.starts_with(&word))?;
    i8::try_from(at + 1).ok()
}

fn is_weekday(word: &str) -> bool {
    ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
        .iter()
        .any(|name| word.len() >= 3 && name.starts_with(&word.to_ascii_lowercase()))
}

/// A zone by name, or as hours and minutes: `+0300`.
fn zone(word: &str) -> Option<Offset> {
    let lower = word.to_ascii_lowercase();
    if let Some((_, hours)) = ZONES.iter().find(|(name, _)| *name == lower) {
        return Offset::from_hours(*hours).ok();
    }
    let sign = match word.get(..1)? {
        "+" => 1,
        "-" => -1,
        _ => return None,
    };
    let digits = word.get(1..)?.replace(':', "");
    let (hours, minutes): (i32, i32) = (digits.get(..2)?.parse().ok()?, digits.get(2..)?.parse().ok()?);
    Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok().filter(|_| digits.len() == 4 && minutes < 60)
}
