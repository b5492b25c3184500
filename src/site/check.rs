//! A tree against the JSON Schema of the description: every mistake, each at its place.
//!
//! Accepts exactly what serde accepts (a property test holds the two together), so that a description without mistakes
//! can be deserialised, and a person never has to read serde's words.

use serde_json::Value as Json;

use super::{
    problem::{MAX_PROBLEMS, secret_word},
    scalar::{self, Span},
};
use crate::yaml::{self, Mark, Mistake, Node, Value};

const NO_SECRETS: &str = "write { env: CHT_AUDIT_NAME } or { file: name-of-a-file }, and change a secret that others may have seen";

/// What the schema says of a tree.
#[derive(Debug, Default)]
pub(super) struct Checked {
    /// What is written and does not fit.
    pub(super) mistakes: Vec<Mistake>,
    /// What must be written and is not. Apart, because a file that is extended need not say everything.
    pub(super) missing: Vec<Mistake>,
    /// Where something stands that nobody should see.
    pub(super) secrets: Vec<Mark>,
}

/// Checks a tree without nulls ([`without_nulls`]).
pub(super) fn check(node: &Node, schema: &Json) -> Checked {
    let mut checker = Checker { root: schema, out: Checked::default() };
    checker.value(node, schema, "");
    checker.out
}

/// The schema that a reference, or a choice between one and nothing, stands for.
fn resolve<'a>(mut schema: &'a Json, root: &'a Json) -> &'a Json {
    loop {
        let next = if let Some(name) = schema["$ref"].as_str() {
            &root["$defs"][name.trim_start_matches("#/$defs/")]
        } else if let Some(choices) = schema["anyOf"].as_array() {
            choices.iter().find(|choice| choice["type"] != "null").unwrap_or(&Json::Null)
        } else {
            return schema;
        };
        schema = next;
    }
}

/// The schema of a map's key: a property, else that of all others.
fn of_key<'a>(schema: &'a Json, key: &str) -> Option<&'a Json> {
    schema["properties"].get(key).or_else(|| schema.get("additionalProperties").filter(|others| others.is_object()))
}

/// What a part of the description is.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "the marks of a schema, each there or not")]
pub(super) struct Seen {
    /// A path of a file, or a list of them.
    pub(super) path: bool,
    /// A person by role, or a list of them.
    pub(super) person: bool,
    /// What was agreed, in words.
    pub(super) agreed: bool,
    /// A day that may lie in the future.
    pub(super) ahead: bool,
    /// A secret by reference.
    pub(super) secret: bool,
    /// A day.
    pub(super) day: bool,
    /// A whole number, from the least to the most that makes sense.
    pub(super) number: Option<(u64, u64)>,
    /// A length of time, likewise.
    pub(super) span: Option<(Span, Span)>,
}

impl Seen {
    /// `said` is the schema as a key has it, `schema` what it refers to.
    fn of(said: &Json, schema: &Json) -> Self {
        let span = |bound: &str| said[bound].as_str().and_then(|text| text.parse().ok());
        Self {
            path: said["x-path"] == true,
            person: said["x-person"] == true,
            agreed: said["x-agreed"] == true,
            ahead: said["x-ahead"] == true,
            secret: schema["x-secret"] == true,
            day: schema["format"] == "day",
            number: schema["minimum"].as_u64().zip(schema["maximum"].as_u64()),
            span: span("x-least").zip(span("x-most")),
        }
    }
}

/// Shows each part of a tree that the schema knows.
pub(super) fn walk(node: &mut Node, schema: &Json, root: &Json, visit: &mut impl FnMut(&mut Node, Seen)) {
    let said = schema;
    let schema = resolve(schema, root);
    visit(node, Seen::of(said, schema));
    match &mut node.value {
        Value::Scalar { .. } => {}
        Value::List(items) => items.iter_mut().for_each(|item| walk(item, &schema["items"], root, visit)),
        Value::Map(entries) => {
            for (key, value) in entries {
                if let Some(schema) = of_key(schema, &key.text) {
                    walk(value, schema, root, visit);
                }
            }
        }
    }
}

/// Takes out every key and list item without a value: it counts as not written. Where that can only be an oversight
/// (an item, a name of the site's own), it is a mistake.
pub(super) fn without_nulls(node: &mut Node, schema: &Json, root: &Json, mistakes: &mut Vec<Mistake>) {
    let schema = resolve(schema, root);
    match &mut node.value {
        Value::Scalar { .. } => {}
        Value::List(items) => items.retain_mut(|item| {
            if item.is_null() {
                mistakes.push(Mistake::at(item.mark, "this item of the list is empty").help("write its value, or take the line out"));
                return false;
            }
            without_nulls(item, &schema["items"], root, mistakes);
            true
        }),
        Value::Map(entries) => entries.retain_mut(|(key, value)| {
            if value.is_null() {
                if schema["properties"].get(&key.text).is_none() && schema["additionalProperties"].is_object() {
                    mistakes.push(Mistake::at(key.mark, format!("`{}` has no value", shown(&key.text))).help("write its value, or take the line out"));
                    return false;
                }
                // A known key may wait for its value; an unknown one is told by the checker.
                return schema["properties"].get(&key.text).is_none();
            }
            without_nulls(value, of_key(schema, &key.text).unwrap_or(&Json::Null), root, mistakes);
            true
        }),
    }
}

struct Checker<'a> {
    root: &'a Json,
    out: Checked,
}

impl Checker<'_> {
    fn wrong(&mut self, mark: Mark, message: String, help: Option<String>) {
        self.out.mistakes.push(Mistake { mark: Some(mark), message, help });
    }

    /// What was probably meant; looked for no longer where so much is wrong that it would not be shown.
    fn near<'a>(&self, word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
        if self.out.mistakes.len() < MAX_PROBLEMS { nearest(word, known) } else { None }
    }

    fn value(&mut self, node: &Node, schema: &Json, path: &str) {
        let schema = resolve(schema, self.root);
        if schema["x-secret"] == true {
            return self.secret(node, schema, path);
        }
        if let Some(words) = words(schema) {
            return self.word(node, &words);
        }
        if let Some(format) = schema["format"].as_str()
            && scalar::read(format, "").is_some()
        {
            return self.formatted(node, format);
        }
        match () {
            () if has_type(schema, "object") => self.map(node, schema, path),
            () if has_type(schema, "array") => {
                let Value::List(items) = &node.value else {
                    let help = node.as_text().map(|text| format!("write a list, also of one: [{}]", shown(text)));
                    return self.wrong(node.mark, format!("a list belongs here, not {}", kind(node)), help);
                };
                for (i, item) in items.iter().enumerate() {
                    self.value(item, &schema["items"], &format!("{path}[{i}]"));
                }
            }
            () if has_type(schema, "string") => {
                if node.as_text().is_none() {
                    self.wrong(node.mark, format!("a text belongs here, not {}", kind(node)), None);
                }
            }
            () => self.number(node, schema),
        }
    }

    fn map(&mut self, node: &Node, schema: &Json, path: &str) {
        let Value::Map(entries) = &node.value else {
            let help = key_list(schema).map(|keys| format!("keys here: {keys}"));
            return self.wrong(node.mark, format!("keys with values (`key: value`) belong here, not {}", kind(node)), help);
        };
        for (key, value) in entries {
            let Some(of_value) = of_key(schema, &key.text) else {
                self.unknown(key, value, schema, path);
                continue;
            };
            let path = if path.is_empty() { key.text.clone() } else { format!("{path}.{}", key.text) };
            self.value(value, of_value, &path);
        }
        for key in schema["required"].as_array().into_iter().flatten().filter_map(Json::as_str) {
            if node.get(key).is_none() {
                let mark = (!path.is_empty()).then_some(node.mark);
                let message = if path.is_empty() { format!("`{key}` is missing") } else { format!("`{path}` lacks `{key}`") };
                let help = schema["properties"][key]["description"].as_str().map(|text| format!("{key}: {text}"));
                self.out.missing.push(Mistake { mark, message, help });
            }
        }
    }

    fn unknown(&mut self, key: &yaml::Key, value: &Node, schema: &Json, path: &str) {
        if schema["x-secret"] == true {
            // `{ the secret itself }` is a key without a value.
            self.out.secrets.push(key.mark);
            self.hide(value);
            return self.wrong(key.mark, format!("`{}` takes `env` or `file` only", shown(path)), Some(NO_SECRETS.to_owned()));
        }
        let keys = || schema["properties"].as_object().into_iter().flatten();
        let near = self.near(&key.text, keys().map(|(name, _)| name.as_str()));
        let is_secret = |of_key: &Json| resolve(of_key, self.root)["x-secret"] == true;
        let meant_secret = near.map_or_else(|| keys().any(|(_, of_key)| is_secret(of_key)), |near| is_secret(&schema["properties"][near]));
        if meant_secret || secret_word(&key.text).is_some() {
            self.hide(value);
        }
        let help = near
            .map(|near| format!("did you mean `{near}`?"))
            .or_else(|| key_list(schema).map(|keys| format!("keys here: {keys}")))
            .or_else(|| Some("`cht-audit schema site` lists every key".to_owned()));
        let place = if path.is_empty() { "the description".to_owned() } else { format!("`{}`", shown(path)) };
        self.wrong(key.mark, format!("`{}` is not a key of {place}", shown(&key.text)), help);
    }

    /// A secret by reference. Anything else in its place may be the secret itself.
    fn secret(&mut self, node: &Node, schema: &Json, path: &str) {
        if node.entries().is_empty() && node.value != Value::Map(Vec::new()) {
            self.hide(node);
            return self.wrong(node.mark, "a secret does not belong into this file".to_owned(), Some(NO_SECRETS.to_owned()));
        }
        // `{ env: [the secret itself] }`
        node.entries().iter().filter(|(_, value)| value.as_text().is_none()).for_each(|(_, value)| self.hide(value));
        self.map(node, schema, path);
    }

    fn hide(&mut self, node: &Node) {
        self.out.secrets.push(node.mark);
        node.items().iter().for_each(|item| self.hide(item));
        node.entries().iter().for_each(|(key, value)| {
            self.out.secrets.push(key.mark);
            self.hide(value);
        });
    }

    fn word(&mut self, node: &Node, words: &[&str]) {
        let list = words.join(", ");
        match node.as_text() {
            Some(text) if words.contains(&text) => {}
            Some(text) => {
                let near = self.near(text, words.iter().copied()).map(|near| format!("did you mean `{near}`?"));
                self.wrong(node.mark, format!("`{}` is not one of {list}", shown(text)), near);
            }
            None => self.wrong(node.mark, format!("one of {list} belongs here, not {}", kind(node)), None),
        }
    }

    fn formatted(&mut self, node: &Node, format: &str) {
        let text = node.as_text();
        if let Some(Err(why)) = scalar::read(format, text.unwrap_or_default()) {
            let message = text.map_or_else(|| format!("{why}, not {}", kind(node)), |text| format!("`{}`: {why}", shown(text)));
            self.wrong(node.mark, message, None);
        }
    }

    fn number(&mut self, node: &Node, schema: &Json) {
        let Value::Scalar { text, plain } = &node.value else {
            return self.wrong(node.mark, format!("a whole number belongs here, not {}", kind(node)), None);
        };
        let most = match schema["format"].as_str() {
            Some("uint8") => u64::from(u8::MAX),
            Some("uint16") => u64::from(u16::MAX),
            _ => u64::from(u32::MAX),
        };
        // Read by serde_yaml itself, whose spellings of numbers (0x1f, +5, but not 010) are its own.
        match yaml::typed::<u64>(node) {
            Ok(number) if number <= most => {}
            Ok(number) => self.wrong(node.mark, format!("{number} is more than {most}"), None),
            Err(_) if !plain && text.parse::<u64>().is_ok() => {
                self.wrong(node.mark, format!("`\"{}\"` is a text", shown(text)), Some("write the number without quotes".to_owned()));
            }
            Err(_) => self.wrong(node.mark, format!("`{}` is not a whole number from 0 to {most}", shown(text)), None),
        }
    }
}

fn has_type(schema: &Json, name: &str) -> bool {
    match &schema["type"] {
        Json::String(only) => only == name,
        Json::Array(several) => several.iter().any(|one| one == name),
        _ => false,
    }
}

/// The words of a closed list.
fn words(schema: &Json) -> Option<Vec<&str>> {
    if let Some(words) = schema["enum"].as_array() {
        return Some(words.iter().filter_map(Json::as_str).collect());
    }
    let choices = schema["oneOf"].as_array()?;
    let mut words = Vec::new();
    for choice in choices {
        match choice["enum"].as_array() {
            Some(several) => words.extend(several.iter().filter_map(Json::as_str)),
            None => words.extend(choice["const"].as_str()),
        }
    }
    Some(words)
}

/// The keys of a map, where they are few enough to be read.
fn key_list(schema: &Json) -> Option<String> {
    let properties = schema["properties"].as_object().filter(|keys| keys.len() <= 12)?;
    Some(properties.keys().map(String::as_str).collect::<Vec<_>>().join(", "))
}

fn kind(node: &Node) -> &'static str {
    match &node.value {
        Value::Scalar { .. } if node.is_null() => "nothing",
        Value::Scalar { .. } => "a single value",
        Value::List(_) => "a list",
        Value::Map(_) => "keys with values",
    }
}

/// A text as it is repeated in a message: not longer than a line.
pub(super) fn shown(text: &str) -> String {
    if text.chars().count() <= 60 { text.to_owned() } else { text.chars().take(59).chain(['…']).collect() }
}

/// The known word that was probably meant.
pub(super) fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    if word.len() > 64 {
        return None;
    }
    let plain = |word: &str| word.to_lowercase().replace('_', "-");
    let word = plain(word);
    known
        .map(|candidate| (strsim::damerau_levenshtein(&word, &plain(candidate)), candidate))
        .filter(|(distance, candidate)| *distance <= (candidate.len().max(word.len()) / 3).max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        site::{Description, schema},
        yaml::{Key, read, typed},
    };

    /// Words that one reader or another takes for something special.
    const WORDS: &[&str] = &[
        "yes",
        "No",
        "TRUE",
        "true",
        "False",
        "y",
        "partly",
        "none",
        "None",
        "0",
        "6",
        "+6",
        "-1",
        "010",
        "0x1F",
        "0o17",
        "0b1",
        "1_000",
        "1e3",
        "1.5",
        ".5",
        ".inf",
        ".NaN",
        "65536",
        "4294967295",
        "4294967296",
        "18446744073709551616",
        "4h",
        "4 h",
        "1h 30m",
        "h4",
        "99999999999999w",
        "2026-02-28",
        "2026-02-30",
        "2026-2-3",
        "20260228",
        "facility",
        "Facility",
        "same-room",
        "AUTO_GENERATE",
        "null",
        "NULL",
        "~",
        "",
        " ",
        "-",
        "---",
        "...",
        "?",
        "a b",
        "a: b",
        "#",
        "é",
        "\u{2028}",
        "\u{85}",
        "\t",
        "\u{7f}",
        "\"",
        "'",
        "!x",
        "*x",
        "&x",
        "<<",
        "@",
        "%",
        "`",
        "[",
        "{",
        "|",
        ">",
        "=",
        "name",
        "date",
        "env",
        "file",
    ];

    #[derive(Debug, Clone)]
    enum Change {
        Scalar(usize, bool),
        EmptyList,
        EmptyMap,
        IntoList,
        Remove(usize),
        Rename(usize, usize),
        Add(usize, usize),
    }

    fn change() -> impl Strategy<Value = Change> {
        let word = || 0..WORDS.len();
        prop_oneof![
            4 => (word(), any::<bool>()).prop_map(|(i, plain)| Change::Scalar(i, plain)),
            1 => Just(Change::EmptyList),
            1 => Just(Change::EmptyMap),
            1 => Just(Change::IntoList),
            1 => any::<usize>().prop_map(Change::Remove),
            1 => (any::<usize>(), word()).prop_map(|(i, name)| Change::Rename(i, name)),
            1 => (word(), word()).prop_map(|(name, value)| Change::Add(name, value)),
        ]
    }

    fn scalar(word: usize, plain: bool) -> Value {
        Value::Scalar { text: WORDS[word].to_owned(), plain }
    }

    fn apply(node: &mut Node, change: &Change) {
        match (change, &mut node.value) {
            (Change::Scalar(word, plain), value) => *value = scalar(*word, *plain),
            (Change::EmptyList, value) => *value = Value::List(Vec::new()),
            (Change::EmptyMap, value) => *value = Value::Map(Vec::new()),
            (Change::IntoList, value) => *value = Value::List(vec![Node { mark: node.mark, value: value.clone() }]),
            (Change::Remove(i), Value::Map(entries)) if !entries.is_empty() => _ = entries.remove(i % entries.len()),
            (Change::Remove(i), Value::List(items)) if !items.is_empty() => _ = items.remove(i % items.len()),
            (Change::Rename(i, name), Value::Map(entries)) if !entries.is_empty() && entries.iter().all(|(key, _)| key.text != WORDS[*name]) => {
                let at = i % entries.len();
                entries[at].0.text = WORDS[*name].to_owned();
            }
            (Change::Add(name, word), Value::Map(entries)) if entries.iter().all(|(key, _)| key.text != WORDS[*name]) => {
                let key = Key { text: WORDS[*name].to_owned(), mark: node.mark };
                entries.push((key, Node { mark: node.mark, value: scalar(*word, true) }));
            }
            _ => {}
        }
    }

    /// Applies a change to the part of a tree that is `left` steps away in writing order.
    fn change_at(node: &mut Node, left: &mut usize, change: &Change) -> bool {
        if *left == 0 {
            apply(node, change);
            return true;
        }
        *left -= 1;
        match &mut node.value {
            Value::Scalar { .. } => false,
            Value::List(items) => items.iter_mut().any(|item| change_at(item, left, change)),
            Value::Map(entries) => entries.iter_mut().any(|(_, value)| change_at(value, left, change)),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

        /// The checker and serde accept the same descriptions.
        #[test]
        fn the_checker_accepts_what_serde_accepts(changes in proptest::collection::vec((0..260_usize, change()), 0..4)) {
            let schema = schema();
            let mut tree = read(include_str!("../../examples/full.yaml"), 0).unwrap();
            for (at, change) in &changes {
                change_at(&mut tree, &mut at.clone(), change);
            }
            without_nulls(&mut tree, &schema, &schema, &mut Vec::new());
            let checked = check(&tree, &schema);
            let serde = typed::<Description>(&tree);
            prop_assert_eq!(checked.mistakes.is_empty() && checked.missing.is_empty(), serde.is_ok(), "{:?} {:?} {:?}", checked, serde.err(), changes);
        }
    }

    #[test]
    fn near_words() {
        let words = ["every", "encrypted", "keys_held_by"];
        assert_eq!(nearest("evry", words.into_iter()), Some("every"));
        assert_eq!(nearest("keys-held-by", words.into_iter()), Some("keys_held_by"));
        assert_eq!(nearest("colour", words.into_iter()), None);
    }
}
