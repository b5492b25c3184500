//! An environment file: what may be kept of it by value, and of secrets a class.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    evidence::{
        EnvAsk, EnvFacts,
        files::{SecretFacts, SecretLength},
    },
    finding::{Cause, CauseKind},
    hash,
};

use super::{
    Reach, cut, of_lines, text,
    variables::{fill, names_secret},
    without_login,
};

/// What all values together may grow to, in bytes.
const ROOM: usize = 4 << 20;

/// Kept of one value, in characters.
const VALUE_CHARACTERS: usize = 200;

/// Stands for a secret wherever the value of another variable names it.
const MASK: &str = "***";

/// What an environment file says of the variables that were asked about.
///
/// # Errors
/// `File`, `Permission`, `TooLarge` over 1 MiB, `Forbidden` outside the folders that may be read; `Encoding` for UTF-16
/// and the line ends of an old Mac; `File` with the line where Compose would not read it either.
pub fn env(ask: &EnvAsk, reach: &Reach) -> Result<EnvFacts, Cause> {
    let text = of_lines(&ask.path, text(&ask.path, reach)?)?;
    let secret = |name: &str| ask.secrets.contains_key(name) || (names_secret(name) && !ask.plain.contains(name));
    let refused = |line| unusable(&ask.path, line);
    let all = parse(&text, |_| false).map_err(refused)?;
    // Read once more with the secrets masked, so that no value that is kept can hold one by `$NAME`.
    let shown = parse(&text, secret).map_err(refused)?;
    Ok(EnvFacts {
        values: ask
            .plain
            .iter()
            .filter(|name| !secret(name))
            .filter_map(|name| Some((name.clone(), cut(&without_login(shown.get(name)?), VALUE_CHARACTERS))))
            .collect(),
        secrets: ask.secrets.iter().map(|(name, published)| (name.clone(), class(all.get(name).map(String::as_str), published, &ask.salt))).collect(),
    })
}

/// The variables of an environment file for filling in a compose file.
#[derive(Default)]
pub(super) struct Variables {
    /// Those that hold secrets are masked.
    pub(super) shown: BTreeMap<String, String>,
    /// As they are: for the class of a secret, never for a text that is kept.
    pub(super) all: BTreeMap<String, String>,
}

/// The variables of an environment file, for a compose file.
pub(super) fn for_compose(path: &str, reach: &Reach) -> Result<Variables, Cause> {
    let text = of_lines(path, text(path, reach)?)?;
    let refused = |line| unusable(path, line);
    Ok(Variables { shown: parse(&text, names_secret).map_err(refused)?, all: parse(&text, |_| false).map_err(refused)? })
}

/// What may be known of a secret, by the salted hashes of the published ones.
pub(super) fn class(value: Option<&str>, published: &BTreeSet<String>, salt: &str) -> SecretFacts {
    let published_default = value.is_some_and(|value| published.contains(&hash::salted(salt, value)));
    SecretFacts { length: length(value), published_default }
}

fn unusable(path: &str, line: usize) -> Cause {
    Cause::new(CauseKind::File, format!("{path}:{line}"))
}

/// The class of a secret.
pub(super) fn length(value: Option<&str>) -> SecretLength {
    match value.map(|value| value.chars().count()) {
        None => SecretLength::Absent,
        Some(0) => SecretLength::Empty,
        Some(1..8) => SecretLength::Under8,
        Some(8..12) => SecretLength::Under12,
        Some(12..15) => SecretLength::Under15,
        Some(_) => SecretLength::Long,
    }
}

/// The variables of an environment file as Docker Compose v2 reads it: `export` is skipped, single quotes are literal,
/// bare and double-quoted values have their variables filled in (from the lines above; Compose would also ask its own
/// environment), ` #` begins a comment, quoted values may span lines, a name alone is not set, the last of two wins.
///
/// # Errors
/// The line, counted from 1, that Compose refuses.
fn parse(text: &str, masked: impl Fn(&str) -> bool) -> Result<BTreeMap<String, String>, usize> {
    let mut known = BTreeMap::new();
    let (mut rest, mut room) = (text, ROOM);
    let mut line = 1;
    // Counts lines as it goes; each byte is counted once.
    let mut step = |rest: &mut &str, bytes: usize| {
        line += rest[..bytes].matches('\n').count();
        *rest = &rest[bytes..];
        line
    };
    loop {
        let blank = rest.len() - rest.trim_start().len();
        let at = step(&mut rest, blank);
        if rest.is_empty() {
            return Ok(known);
        }
        if rest.starts_with('#') {
            let end = rest.find('\n').unwrap_or(rest.len());
            step(&mut rest, end);
            continue;
        }
        let end = rest.find(['=', ':', '\n']).unwrap_or(rest.len());
        let name = rest[..end].trim();
        let name = name.strip_prefix("export").filter(|name| name.starts_with([' ', '\t'])).map_or(name, str::trim_start);
        if !name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '[' | ']')) {
            return Err(at);
        }
        let bare = !rest[end..].starts_with(['=', ':']);
        step(&mut rest, end + usize::from(!bare));
        if bare {
            continue;
        }
        let blank = rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\x0b', '\x0c', '\u{85}', '\u{a0}']).len();
        step(&mut rest, blank);
        let (value, bytes) = if let Some(quote @ ('"' | '\'')) = rest.chars().next() {
            quoted(rest, quote).ok_or(at)?
        } else {
            let whole = rest.split('\n').next().unwrap_or(rest);
            let value = whole.split(" #").next().unwrap_or(whole).trim_end();
            // A comment may follow the sign at once: the blank before it is taken already.
            (if value.starts_with('#') && blank > 0 { String::new() } else { value.to_owned() }, whole.len())
        };
        let literal = rest.starts_with('\'');
        step(&mut rest, bytes);
        let value = if literal { value } else { fill(&value, &known, &mut room).ok_or(at)?.text };
        let value = if masked(name) && !value.is_empty() { MASK.to_owned() } else { value };
        known.insert(name.to_owned(), value);
    }
}

/// The value between quotes at the start of `text`, and how many bytes it takes up; `None` where they are not closed.
fn quoted(text: &str, quote: char) -> Option<(String, usize)> {
    let mut value = String::new();
    let mut chars = text.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            _ if c == quote => return Some((value, at + c.len_utf8())),
            '\\' => {
                let (_, next) = chars.next()?;
                match next {
                    _ if next == quote => value.push(next),
                    '\\' if quote == '"' => value.push('\\'),
                    'n' if quote == '"' => value.push('\n'),
                    'r' if quote == '"' => value.push('\r'),
                    't' if quote == '"' => value.push('\t'),
                    '$' if quote == '"' => value.push_str("$$"),
                    _ => value.extend(['\\', next]),
                }
            }
            _ => value.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{BTreeMap, parse};

    fn read(text: &str) -> Result<BTreeMap<String, String>, usize> {
        parse(text, |_| false)
    }

    /// After Docker's page on the syntax of environment files.
    #[test]
    fn the_syntax_of_docker_compose() {
        for (line, expected) in [
            ("V=VAL", Some("VAL")),
            ("V=\"VAL\"", Some("VAL")),
            ("V='VAL'", Some("VAL")),
            ("V=VAL # comment", Some("VAL")),
            ("V=VAL# not a comment", Some("VAL# not a comment")),
            ("V=\"VAL # not a comment\"", Some("VAL # not a comment")),
            ("V=\"VAL\" # comment", Some("VAL")),
            ("V=${OTHER}", Some("other")),
            ("V='$OTHER'", Some("$OTHER")),
            ("V=\"${OTHER}\"", Some("other")),
            ("V=${NONE:-default}", Some("default")),
            ("V=\"some\\tvalue\"", Some("some\tvalue")),
            ("V='some\\tvalue'", Some("some\\tvalue")),
            ("V='Let\\'s go!'", Some("Let's go!")),
            ("V=\"{\\\"hello\\\": \\\"json\\\"}\"", Some("{\"hello\": \"json\"}")),
            ("V=\"a\\$b\"", Some("a$b")),
            ("V=a$$b", Some("a$b")),
            ("V=", Some("")),
            ("V= # comment", Some("")),
            ("V=\"\"", Some("")),
            ("export V=x", Some("x")),
            ("  V = x  ", Some("x")),
            ("V: x", Some("x")),
            ("V=first\nV=last", Some("last")),
            ("V=x\r", Some("x")),
            ("V='two\nlines'", Some("two\nlines")),
            ("V=a=b", Some("a=b")),
            ("V", None),
            ("# V=x", None),
        ] {
            let text = format!("OTHER=other\n{line}\nLAST=1\n");
            let known = read(&text).unwrap_or_else(|at| panic!("{line}: refused at {at}"));
            assert_eq!(known.get("V").map(String::as_str), expected, "{line}");
            assert_eq!(known.get("LAST").map(String::as_str), Some("1"), "{line}");
        }
    }

    #[test]
    fn a_refusal_names_the_line() {
        assert_eq!(read("A=1\n\n# x\nB='open\nC=2"), Err(4));
        assert_eq!(read("A=1\nrm -rf /\n"), Err(2));
    }

    #[test]
    fn values_that_double_each_other_are_refused() {
        let doubling: Vec<String> = (1..60).map(|n| format!("A{n}=$A{0}$A{0}\n", n - 1)).collect();
        assert!(read(&format!("A0=xxxxxxxx\n{}", doubling.concat())).is_err());
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[A-C=:'\"\\\\$#{}\\-? \r\n\u{e9}]{0,60}") {
            let _ = read(&text);
        }

        #[test]
        fn a_single_quoted_value_is_read_as_it_is(value in "[^'\\\\\u{0}]{0,40}") {
            let known = read(&format!("X='{value}'\nY=1")).expect("it is closed");
            prop_assert_eq!(&known["X"], &value);
            prop_assert_eq!(&known["Y"], "1");
        }
    }
}
