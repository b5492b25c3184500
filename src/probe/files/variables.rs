//! `$NAME` and `${NAME…}` as Docker Compose fills them in.

use std::collections::BTreeMap;

/// How deep `${A:-${B:-…}}` may nest.
const DEPTH: usize = 20;

/// A text with its variables filled in.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Filled {
    /// The text. A variable without a value is empty, as for Compose.
    pub(super) text: String,
    /// Variables that were used without a value.
    pub(super) unset: Vec<String>,
    /// Variables that Compose refuses to start without (`${NAME:?…}`).
    pub(super) required: Vec<String>,
    /// Variables whose value became part of the text.
    pub(super) used: Vec<String>,
    /// Something that Compose would not accept; it stays as it was written.
    pub(super) malformed: bool,
}

/// Fills in `template`: `$NAME`, `${NAME}`, `${NAME:-default}`, `${NAME-default}`, `${NAME:?error}`, `${NAME?error}`,
/// `${NAME:+other}`, `${NAME+other}`, nested, and `$$` for a dollar sign. The error text is not kept.
///
/// Every byte that is written, also for a default that is not used then, is taken from `room`; `None` where that does not
/// suffice: values that double each other grow without end.
pub(super) fn fill(template: &str, known: &BTreeMap<String, String>, room: &mut usize) -> Option<Filled> {
    let mut filler = Filler { rest: template, known, room, filled: Filled::default() };
    let text = filler.text(false, 0)?;
    Some(Filled { text, ..filler.filled })
}

/// Whether a variable of this name holds a secret that must not be kept.
pub(super) fn names_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let place_of_one = ["_FILE", "_COMMAND", "_FD", "_PATH"].iter().any(|end| name.ends_with(end));
    !place_of_one && ["PASSPHRASE", "PASSWORD", "PASSWD", "SECRET", "TOKEN", "PRIVATE_KEY", "API_KEY", "ACCOUNT_KEY"].iter().any(|word| name.contains(word))
}

struct Filler<'a> {
    rest: &'a str,
    known: &'a BTreeMap<String, String>,
    room: &'a mut usize,
    filled: Filled,
}

impl<'a> Filler<'a> {
    /// What follows, to the end, or `inside` braces to the brace that closes them.
    fn text(&mut self, inside: bool, depth: usize) -> Option<String> {
        let mut text = String::new();
        loop {
            let stop = self.rest.find(|c| c == '$' || (inside && c == '}'));
            let (plain, rest) = self.rest.split_at(stop.unwrap_or(self.rest.len()));
            self.write(&mut text, plain)?;
            self.rest = rest;
            if let Some(rest) = self.rest.strip_prefix("$$") {
                self.rest = rest;
                self.write(&mut text, "$")?;
            } else if let Some(rest) = self.rest.strip_prefix("${") {
                self.rest = rest;
                let value = self.braced(depth)?;
                self.write(&mut text, &value)?;
            } else if let Some(rest) = self.rest.strip_prefix('$') {
                self.rest = rest;
                let name = self.name();
                if name.is_empty() {
                    self.filled.malformed = true;
                    self.write(&mut text, "$")?;
                } else {
                    let value = self.value(name);
                    self.write(&mut text, value)?;
                }
            } else {
                match self.rest.strip_prefix('}') {
                    Some(rest) => self.rest = rest,
                    None => self.filled.malformed |= inside,
                }
                return Some(text);
            }
        }
    }

    /// What stands for `${…}`; the opening brace is taken already.
    fn braced(&mut self, depth: usize) -> Option<String> {
        let (name, known) = (self.name(), self.known);
        let set = known.get(name).map(String::as_str);
        let full = set.filter(|value| !value.is_empty());
        let signs = [":-", ":?", ":+", "-", "?", "+"];
        let sign = signs.into_iter().find(|sign| self.rest.starts_with(sign));
        if let Some(rest) = self.rest.strip_prefix('}').filter(|_| !name.is_empty()) {
            self.rest = rest;
            return Some(self.value(name).to_owned());
        }
        let Some(sign) = sign.filter(|_| !name.is_empty() && depth < DEPTH) else {
            self.filled.malformed = true;
            return Some(format!("${{{name}"));
        };
        self.rest = &self.rest[sign.len()..];
        let (unset, required, used) = (self.filled.unset.len(), self.filled.required.len(), self.filled.used.len());
        let operand = self.text(true, depth + 1)?;
        let counts = if sign.starts_with(':') { full } else { set };
        let uses_operand = match sign {
            ":-" | "-" => counts.is_none(),
            ":+" | "+" => counts.is_some(),
            _ => false,
        };
        if !uses_operand {
            self.filled.unset.truncate(unset);
            self.filled.required.truncate(required);
            self.filled.used.truncate(used);
        }
        match (sign, counts) {
            _ if uses_operand => Some(operand),
            (":?" | "?", None) => {
                self.filled.required.push(name.to_owned());
                Some(String::new())
            }
            (":+" | "+", _) => Some(String::new()),
            (_, value) => {
                self.filled.used.push(name.to_owned());
                Some(value.unwrap_or_default().to_owned())
            }
        }
    }

    /// The name at this place; empty where there is none.
    fn name(&mut self) -> &'a str {
        let starts = self.rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        let end = if starts { self.rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(self.rest.len()) } else { 0 };
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest;
        name
    }

    /// The value of a variable that is used without a default.
    fn value(&mut self, name: &str) -> &'a str {
        let known = self.known;
        if let Some(value) = known.get(name) {
            self.filled.used.push(name.to_owned());
            return value;
        }
        self.filled.unset.push(name.to_owned());
        ""
    }

    /// Adds to `text` what there is room for.
    fn write(&mut self, text: &mut String, more: &str) -> Option<()> {
        *self.room = self.room.checked_sub(more.len())?;
        text.push_str(more);
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::{BTreeMap, Filled, fill};

    fn known() -> BTreeMap<String, String> {
        [("A", "a"), ("EMPTY", ""), ("PORT", "8443")].into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    /// After the Compose specification's chapter on interpolation.
    #[test]
    fn the_forms_of_the_compose_specification() {
        for (template, expected) in [
            ("$A-$A", "a-a"),
            ("${A}b", "ab"),
            ("${NO:-d}", "d"),
            ("${EMPTY:-d}", "d"),
            ("${EMPTY-d}", ""),
            ("${NO-d}", "d"),
            ("${A:?must}", "a"),
            ("${EMPTY?must}", ""),
            ("${A:+x}", "x"),
            ("${EMPTY:+x}", ""),
            ("${EMPTY+x}", "x"),
            ("${NO+x}", ""),
            ("$$A", "$A"),
            ("${NO:-${PORT}}:443", "8443:443"),
            ("${NO:-${NEITHER:-deep}}", "deep"),
            ("${NO:-$A}", "a"),
            ("${NO:-http://x:1/y?z}", "http://x:1/y?z"),
            ("$NO_/x", "/x"),
        ] {
            assert_eq!(fill(template, &known(), &mut 1000).map(|filled| filled.text).as_deref(), Some(expected), "{template}");
        }
    }

    #[test]
    fn what_has_no_value_is_told_apart() {
        let all = |template| fill(template, &known(), &mut 1000).expect("there is room");
        assert_eq!(all("$NO"), Filled { unset: vec!["NO".to_owned()], ..Filled::default() });
        assert_eq!(all("${NO:?x $ALSO}"), Filled { required: vec!["NO".to_owned()], ..Filled::default() });
        assert_eq!(all("${EMPTY:?x}").required, ["EMPTY"]);
        let unused = Filled { text: "a".to_owned(), used: vec!["A".to_owned()], ..Filled::default() };
        assert_eq!(all("${A:-$NO}"), unused, "an unused default asks for nothing");
        assert_eq!(all("${NO:-$A}-$A").used, ["A", "A"]);
        assert_eq!(all("${A:+x}${EMPTY:-y}").used, Vec::<String>::new(), "neither value is in the text");
        for bad in ["$1", "${", "${}", "${A", "${A!x}", "${A:-x", "a$", "${1}"] {
            assert!(all(bad).malformed, "{bad}");
        }
    }

    #[test]
    fn nothing_grows_beyond_its_room() {
        assert_eq!(fill(&"${A}".repeat(100), &known(), &mut 99), None);
        assert!(fill(&"${N:-".repeat(100_000), &known(), &mut 50_000_000).is_some_and(|filled| filled.malformed));
    }
}
