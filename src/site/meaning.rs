//! What a description means: mistakes that its shape cannot show, each at its place.

use std::{collections::BTreeMap, net::IpAddr};

use jiff::{
    civil::{Date, date},
    tz::TimeZone,
};
use serde_json::Value as Json;

use super::{
    check::{Seen, nearest, shown, walk},
    problem::MAX_PROBLEMS,
    scalar::{Day, Span},
};
use crate::{
    evidence::address::is_forbidden,
    span::Unit,
    yaml::{self, Mark, Mistake, Node, Value},
};

/// The checks that there are, by id, and the thresholds of each, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KnownChecks(pub BTreeMap<String, BTreeMap<String, Unit>>);

/// Longest time for which a waiver may be given, in days: a year, leap years included.
const WAIVER_DAYS: i32 = 366;

/// No day in a description is earlier: the CHT is from 2010. A day before it is a year that was typed wrong, and unlike a
/// day to come it never becomes right by waiting.
const EARLIEST: Date = date(2000, 1, 1);
/// The last day on which something may end or be planned.
const LATEST: Date = date(2099, 12, 31);

/// What meaning has to say of a tree.
#[derive(Debug, Default)]
pub(super) struct Meant {
    /// What has to be put right.
    pub(super) mistakes: Vec<Mistake>,
    /// What a person should know.
    pub(super) warnings: Vec<Mistake>,
    /// Where something stands that nobody should see.
    pub(super) secrets: Vec<Mark>,
}

impl Meant {
    fn wrong(&mut self, node: &Node, message: impl Into<String>) {
        self.mistakes.push(Mistake::at(node.mark, message));
    }

    fn wrong_help(&mut self, node: &Node, message: impl Into<String>, help: impl Into<String>) {
        self.mistakes.push(Mistake::at(node.mark, message).help(help));
    }
}

/// Whether a word processor has turned the quotes of a text, so that they quote nothing.
fn in_typographic_quotes(node: &Node) -> bool {
    let Value::Scalar { text, plain: true } = &node.value else { return false };
    text.starts_with(['“', '”', '„', '«', '‘', '’', '‚']) && text.chars().count() > 1 && text.ends_with(['“', '”', '»', '‘', '’'])
}

/// The zone that a tree names; UTC where it names none, or none that is known.
pub(super) fn zone(root: &Node) -> TimeZone {
    text_of(root, "timezone").and_then(|name| TimeZone::get(name).ok()).unwrap_or(TimeZone::UTC)
}

/// Goes through a merged tree. `allow_env` holds further names of environment variables, `today` is the day in the
/// site's zone. Parts of the wrong shape are passed over: the checker has told of them.
pub(super) fn meaning(root: &mut Node, schema: &Json, known: &KnownChecks, allow_env: &[String], today: Date) -> Meant {
    let mut out = Meant::default();
    let roles: Vec<String> = root.get("people").map_or(&[][..], Node::entries).iter().map(|(key, _)| key.text.trim().to_owned()).collect();
    walk(root, schema, schema, &mut |node, seen| {
        if seen.secret {
            secret(node, allow_env, &mut out);
        }
        if in_typographic_quotes(node) {
            out.wrong_help(node, "these are typographic quotes: YAML takes them as a part of the text", "write straight quotes, or none");
        }
        in_range(node, seen, today, &mut out);
        if seen.agreed && node.as_text().is_some_and(says_nothing) {
            out.wrong_help(node, format!("`{}` is nothing that was agreed", shown(node.as_text().unwrap_or_default())), SILENCE);
        }
        if seen.person {
            people(node, &roles, &mut out);
        }
    });
    let root = &*root;
    if let Some(name) = root.get("name")
        && name.as_text().is_some_and(|text| text.trim().is_empty())
    {
        out.wrong(name, "the name is empty");
    }
    if let Some(zone) = root.get("timezone")
        && zone.as_text().is_some_and(|name| TimeZone::get(name).is_err())
    {
        let name = zone.as_text().unwrap_or_default();
        out.wrong_help(zone, format!("`{}` is no time zone that this computer knows", shown(name)), "write its IANA name, for example Africa/Nairobi");
    }
    countries(root, &mut out);
    addresses(root, &mut out);
    distinct_ids(root.get("hosts"), "host", &mut out);
    disks(root, &mut out);
    distinct_ids(root.get("backups").and_then(|backups| backups.get("copies")), "copy", &mut out);
    about_checks(root, known, &mut out);
    waivers(root, known, &mut out);
    out
}

/// What to do where there is nothing to say.
const SILENCE: &str = "leave it out instead: silence is unknown";

/// Whether a text only fills a key.
fn says_nothing(text: &str) -> bool {
    let words = ["none", "no", "no one", "noone", "nobody", "nothing", "unknown", "not known", "n/a", "tbd", "todo", "false", "null"];
    !text.contains(char::is_alphanumeric) || words.contains(&text.trim().trim_end_matches(['.', '?', '!']).to_lowercase().as_str())
}

/// People, by role: somebody at all, written as `people` writes the role, and nobody twice in other letters. Who is
/// counted twice would be taken for two.
fn people(node: &Node, roles: &[String], out: &mut Meant) {
    let one_or_many = if node.items().is_empty() { std::slice::from_ref(node) } else { node.items() };
    let mut before: Vec<&str> = Vec::new();
    for item in one_or_many {
        let Some(text) = item.as_text().map(str::trim) else { continue };
        if says_nothing(text) {
            out.wrong_help(item, format!("`{}` is nobody", shown(text)), SILENCE);
        } else if let Some(role) = roles.iter().find(|role| is_slip(text, role)).filter(|_| !roles.iter().any(|role| role == text)) {
            out.wrong_help(
                item,
                format!("`{}` is no role in `people`", shown(text)),
                format!("did you mean `{}`? Somebody else is added to `people`", shown(role)),
            );
        } else if let Some(first) = before.iter().find(|first| **first != text && first.to_lowercase() == text.to_lowercase()) {
            out.wrong_help(item, format!("`{}` is `{}` again", shown(text), shown(first)), "name each person once, always in the same letters");
        }
        before.push(text);
    }
}

/// Whether a word is a known role in other letters, or one or two letters off.
fn is_slip(word: &str, role: &str) -> bool {
    let (word, role) = (word.to_lowercase(), role.to_lowercase());
    let most = match word.chars().count().min(role.chars().count()) {
        0..3 => 0,
        3..6 => 1,
        _ => 2,
    };
    word.len() <= 64 && strsim::damerau_levenshtein(&word, &role) <= most
}

/// The country whose law applies, and the one in which the data must stay.
fn countries(root: &Node, out: &mut Meant) {
    let (country, residency) = (root.get("country"), root.get("privacy").and_then(|privacy| privacy.get("residency")));
    let known = |node: &Node| node.as_text().is_some_and(is_country);
    for node in [country, residency].into_iter().flatten().filter(|node| !known(node)) {
        let Some(text) = node.as_text() else { continue };
        let help = meant_country(text).map_or_else(|| "write its two letters, for example KE".to_owned(), |code| format!("did you mean `{code}`?"));
        out.wrong_help(node, format!("`{}` is not the ISO 3166 code of a country", shown(text)), help);
    }
    // Which country a server stands in cannot be seen, so no check judges it; that the two differ may be a slip.
    if let (Some(country), Some(residency)) = (country.filter(|node| known(node)), residency.filter(|node| known(node)))
        && let (Some(law), Some(stay)) = (country.as_text(), residency.as_text())
        && law != stay
    {
        let message = format!("the law of {law} applies (`country`), but the data must stay in {stay}: one of them may be a slip; no check judges this yet");
        out.warnings.push(Mistake::at(residency.mark, message));
    }
}

/// ISO 3166 leaves XK to its users, who all mean Kosovo by it.
fn is_country(code: &str) -> bool {
    code == "XK" || iso3166::LIST.iter().any(|country| country.alpha2 == code)
}

/// The code that was meant by one in small letters, by one of three letters, or by a country's name or its beginning.
fn meant_country(text: &str) -> Option<&'static str> {
    let text = text.trim().to_lowercase();
    let is_word = text.len() > 3;
    let meant = iso3166::LIST.iter().find(|country| {
        let codes = [country.alpha2, country.alpha3].iter().any(|code| code.to_lowercase() == text);
        codes || (is_word && country.name.to_lowercase().starts_with(&text))
    });
    let by_spelling = || {
        let near = nearest(&text, iso3166::LIST.iter().map(|country| country.name)).filter(|_| is_word)?;
        iso3166::LIST.iter().find(|country| country.name == near)
    };
    meant.or_else(by_spelling).map(|country| country.alpha2)
}

/// Days, numbers and lengths of time that cannot be meant. A day to come may be: its answer counts from then on.
fn in_range(node: &Node, seen: Seen, today: Date, out: &mut Meant) {
    let Some(text) = node.as_text() else { return };
    if seen.day
        && let Ok(Day(day)) = text.parse()
    {
        if day < EARLIEST {
            out.wrong_help(node, format!("{day} is before {EARLIEST}: nothing that is told here is that old"), "write the year in full");
        } else if seen.ahead && day > LATEST {
            out.wrong(node, format!("{day} is after {LATEST}: nothing that is told here is that far ahead"));
        } else if !seen.ahead && day > today {
            out.warnings.push(Mistake::at(node.mark, format!("{day} is after today, {today}: until then this counts for nothing")));
        }
    }
    if let Some((least, most)) = seen.number
        && let Ok(number) = yaml::typed::<u32>(node).map(u64::from)
        && !(least..=most).contains(&number)
        // That it is no port at all, the checker has told.
        && (number < least || most != u64::from(u16::MAX))
    {
        out.wrong(node, format!("{number} cannot be meant here: write a whole number from {least} to {most}"));
    }
    if let Some((least, most)) = seen.span
        && let Ok(span) = text.parse::<Span>()
        && !(least..=most).contains(&span)
    {
        out.wrong(node, format!("`{}` cannot be meant here: write a length of time from {least} to {most}", shown(text)));
    }
}

/// The text of a key's value.
fn text_of<'a>(node: &'a Node, key: &str) -> Option<&'a str> {
    node.get(key).and_then(Node::as_text)
}

fn secret(node: &Node, allow_env: &[String], out: &mut Meant) {
    let Value::Map(entries) = &node.value else { return };
    match (node.get("env"), node.get("file")) {
        (Some(env), None) => env_name(env, allow_env, out),
        (None, Some(_)) => {}
        _ if entries.iter().all(|(key, _)| key.text == "env" || key.text == "file") => out.wrong(node, "a secret comes from exactly one of `env` and `file`"),
        _ => {}
    }
}

fn env_name(env: &Node, allow_env: &[String], out: &mut Meant) {
    let Some(name) = env.as_text() else { return };
    let begins = name.starts_with(|c: char| c.is_ascii_uppercase() || c == '_');
    if allow_env.iter().any(|allowed| allowed == name) {
        return;
    }
    if !begins || !name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_') {
        // It may be the secret itself.
        out.secrets.push(env.mark);
        out.wrong_help(env, "this is not the name of an environment variable", "write a name in capital letters, CHT_AUDIT_…; never the secret itself");
    } else if !name.starts_with("CHT_AUDIT_") {
        let message = format!("the environment variable {} is not for this program", shown(name));
        out.wrong_help(env, message, format!("name one that begins with CHT_AUDIT_, or add `--allow-env {}`", shown(name)));
    }
}

/// Addresses that this program would go to.
fn addresses(root: &Node, out: &mut Meant) {
    if let Some(url) = root.get("url") {
        address(url, true, out);
    }
    if let Some(staging) = root.get("cht").and_then(|cht| cht.get("staging_url")) {
        address(staging, false, out);
    }
    for monitor in root.get("alerting").and_then(|alerting| alerting.get("monitors")).map_or(&[][..], Node::items) {
        for url in ["grafana", "prometheus"].iter().filter_map(|key| monitor.get(key)) {
            address(url, false, out);
            if monitor.get("token").is_some() && url.as_text().is_some_and(|text| text.starts_with("http://")) {
                out.wrong_help(url, "a token is sent over https only", "write the https address, or leave the token out");
            }
        }
    }
    for host in root.get("hosts").map_or(&[][..], Node::items).iter().filter_map(|host| host.get("address")) {
        if let Some(Err((message, help))) = host.as_text().map(host_name) {
            out.mistakes.push(Mistake { mark: Some(host.mark), message, help });
        }
    }
}

fn address(node: &Node, https_only: bool, out: &mut Meant) {
    if let Some(Err((message, help))) = node.as_text().map(|text| url(text, https_only)) {
        out.mistakes.push(Mistake { mark: Some(node.mark), message, help });
    }
}

/// What is wrong, and what to do.
type Wrong = (String, Option<String>);

/// An address for HTTP: a scheme, a host, perhaps a port and more; no user, no password.
fn url(text: &str, https_only: bool) -> Result<(), Wrong> {
    let wrong = |message: &str, help: Option<&str>| Err((message.to_owned(), help.map(str::to_owned)));
    let Some(rest) = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://").filter(|_| !https_only)) else {
        let scheme = if https_only { "https://" } else { "https:// or http://" };
        return wrong(&format!("an address that begins with {scheme} belongs here"), Some("for example https://cht.county.example.org"));
    };
    if text.chars().any(|c| c.is_whitespace() || c.is_control() || c == '\\') {
        return wrong("an address holds no space, control character or backslash", None);
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return wrong("a user name or password does not belong into an address", Some("leave out all from `//` up to the `@`"));
    }
    let (host, port) = match authority.strip_prefix('[') {
        Some(v6) => {
            let Some((host, port)) = v6.split_once(']') else { return wrong("the bracket `[` of this address is not closed", None) };
            if host.parse::<std::net::Ipv6Addr>().is_err() || !(port.is_empty() || port.starts_with(':')) {
                return wrong("only an IPv6 address belongs between `[` and `]`", None);
            }
            (host, port.strip_prefix(':'))
        }
        None => authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port))),
    };
    if port.is_some_and(|port| !port.bytes().all(|b| b.is_ascii_digit()) || !port.parse::<u16>().is_ok_and(|port| port > 0)) {
        return wrong("a port is a number from 1 to 65535", None);
    }
    host_name(host)
}

/// An IP address or a host name that may be asked.
fn host_name(host: &str) -> Result<(), Wrong> {
    if host.is_empty() {
        return Err(("the host is missing".to_owned(), None));
    }
    let name = host.strip_suffix('.').unwrap_or(host);
    if let Ok(ip) = name.parse::<IpAddr>() {
        return if is_forbidden(ip) {
            Err((format!("{ip} is an address that is never asked"), Some("link-local and metadata addresses are no servers of a site".to_owned())))
        } else {
            Ok(())
        };
    }
    let is_name = name.len() <= 253
        && name.split('.').all(|label| (1..=63).contains(&label.len()) && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'));
    if !is_name {
        let help = (!name.is_ascii()).then(|| "write a name with other letters in its xn-- form".to_owned());
        return Err((format!("`{}` is neither a host name nor an IP address", shown(host)), help));
    }
    // Some readers take 2852039166, 0xA9FEA9FE and 169.16689662 for addresses: a name never ends like that.
    let last = name.rsplit('.').next().unwrap_or_default();
    if last.bytes().all(|b| b.is_ascii_digit()) || last.to_ascii_lowercase().strip_prefix("0x").is_some_and(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit())) {
        return Err((format!("`{}` is neither a host name nor an IP address", shown(host)), Some("write an IPv4 address as four numbers".to_owned())));
    }
    Ok(())
}

/// No disk has more free than it holds.
fn disks(root: &Node, out: &mut Meant) {
    for host in root.get("hosts").map_or(&[][..], Node::items) {
        let gb = |key: &str| host.get(key).and_then(|node| Some((node, yaml::typed::<u32>(node).ok()?)));
        if let (Some((_, size)), Some((node, free))) = (gb("disk_gb"), gb("disk_free_gb"))
            && free > size
        {
            out.wrong(node, format!("{free} GB cannot be free on a disk of {size} GB"));
        }
    }
}

fn distinct_ids(list: Option<&Node>, what: &str, out: &mut Meant) {
    let mut lines: BTreeMap<&str, u32> = BTreeMap::new();
    for id in list.map_or(&[][..], Node::items).iter().filter_map(|item| item.get("id")) {
        let Some(text) = id.as_text() else { continue };
        if text.is_empty() || !text.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-')) {
            out.wrong(id, format!("the id of a {what} is made of letters, digits, `.`, `_` and `-`"));
        } else if let Some(first) = lines.insert(text, id.mark.line) {
            out.wrong(id, format!("`{}` is already the id of the {what} on line {first}", shown(text)));
        }
    }
}

fn check_id(text: &str, mark: Mark, known: &KnownChecks, out: &mut Meant) {
    if known.0.contains_key(text) {
        return;
    }
    // Not looked for where so much is wrong that it would not be shown.
    let near = if out.mistakes.len() < MAX_PROBLEMS { nearest(text, known.0.keys().map(String::as_str)) } else { None };
    let help = near.map_or_else(|| "`cht-audit list` names them all".to_owned(), |near| format!("did you mean `{near}`?"));
    out.mistakes.push(Mistake::at(mark, format!("there is no check `{}`", shown(text))).help(help));
}

/// Answers and thresholds: each for a check that there is, each threshold one that the check has.
fn about_checks(root: &Node, known: &KnownChecks, out: &mut Meant) {
    for (key, _) in root.get("answers").map_or(&[][..], Node::entries) {
        check_id(&key.text, key.mark, known, out);
    }
    for (key, limits) in root.get("thresholds").map_or(&[][..], Node::entries) {
        check_id(&key.text, key.mark, known, out);
        let Some(units) = known.0.get(&key.text) else { continue };
        for (name, value) in limits.entries() {
            let Some(unit) = units.get(&name.text) else {
                let list: Vec<&str> = units.keys().map(String::as_str).collect();
                let help = match nearest(&name.text, list.iter().copied()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None if list.is_empty() => "it has none".to_owned(),
                    None => format!("its limits: {}", list.join(", ")),
                };
                out.mistakes.push(Mistake::at(name.mark, format!("`{}` has no limit `{}`", key.text, shown(&name.text))).help(help));
                continue;
            };
            if let Some(Err(why)) = value.as_text().map(|text| unit.read(text)) {
                out.wrong(value, format!("`{}`: {why}", shown(value.as_text().unwrap_or_default())));
            }
        }
    }
}

fn waivers(root: &Node, known: &KnownChecks, out: &mut Meant) {
    let day = |node: &Node, key: &str| text_of(node, key).and_then(|text| text.parse::<Day>().ok()).map(|day| day.0);
    let reviewed = root.get("reviewed").and_then(|reviewed| day(reviewed, "date"));
    for waiver in root.get("waivers").map_or(&[][..], Node::items) {
        if let Some(check) = waiver.get("check")
            && let Some(text) = check.as_text()
        {
            check_id(text, check.mark, known, out);
        }
        let (Some(at), Some(until)) = (waiver.get("until"), day(waiver, "until")) else { continue };
        let own = day(waiver, "date");
        if waiver.get("date").is_some() && own.is_none() {
            continue;
        }
        let Some(given) = own.or(reviewed) else {
            out.wrong_help(at, "nothing says when this waiver was given", "add `date:` to it, or `reviewed: { date: … }` to the description");
            continue;
        };
        if own.is_some_and(|own| until < own) {
            out.wrong(at, format!("this waiver ends before it begins, on {given}"));
        } else if given.until(until).is_ok_and(|time| time.get_days() > WAIVER_DAYS) {
            let from = if own.is_some() { "its date" } else { "`reviewed.date`" };
            out.wrong_help(at, format!("a waiver ends at most {WAIVER_DAYS} days after {from}, {given}"), "give a nearer day, and look at it again then");
        }
    }
}
