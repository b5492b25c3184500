//! The small words of the description: yes and no, lengths of time, closed lists.
//!
//! Each has one reader, [`read`], which both the checker (with a place and a caret) and serde use, so that the two
//! accept the same texts.

use std::{borrow::Cow, fmt, str::FromStr};

use jiff::civil::Date;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

pub use crate::span::Span;

/// Yes or no; `true` and `false` are the same words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct YesNo(pub bool);

impl FromStr for YesNo {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" => Ok(Self(true)),
            "no" | "No" | "NO" | "false" | "False" | "FALSE" => Ok(Self(false)),
            _ => Err("write yes or no".to_owned()),
        }
    }
}

impl fmt::Display for YesNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0 { "yes" } else { "no" })
    }
}

/// The word of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    /// The rule holds.
    Yes,
    /// The rule holds in part.
    Partly,
    /// The rule does not hold.
    No,
}

impl FromStr for Reply {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" => Ok(Self::Yes),
            "partly" => Ok(Self::Partly),
            "no" | "No" | "NO" | "false" | "False" | "FALSE" => Ok(Self::No),
            _ => Err("write yes, partly or no".to_owned()),
        }
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Yes => "yes",
            Self::Partly => "partly",
            Self::No => "no",
        })
    }
}

/// A day, written `2026-11-01`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(pub Date);

impl FromStr for Day {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let shaped = text.len() == 10 && text.bytes().enumerate().all(|(i, b)| if i == 4 || i == 7 { b == b'-' } else { b.is_ascii_digit() });
        if !shaped {
            return Err("write a day as year-month-day, for example 2026-11-01".to_owned());
        }
        text.parse().map(Self).map_err(|_| "there is no such day".to_owned())
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Serde and JSON Schema for a word that is read by `FromStr`: also from a bare number or truth value, as people write.
trait Word: FromStr<Err = String> + fmt::Display {
    /// The `format` in the JSON Schema, by which [`read`] finds the reader.
    const FORMAT: &'static str;
    /// A regular expression for editors; the reader decides.
    const PATTERN: &'static str;
}

impl Word for YesNo {
    const FORMAT: &'static str = "yes-no";
    const PATTERN: &'static str = "^(yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE)$";
}

impl Word for Reply {
    const FORMAT: &'static str = "reply";
    const PATTERN: &'static str = "^(yes|Yes|YES|partly|no|No|NO|true|True|TRUE|false|False|FALSE)$";
}

impl Word for Span {
    const FORMAT: &'static str = "span";
    const PATTERN: &'static str = r"^\s*(\d+[smhdw]\s*)+$";
}

impl Word for Day {
    const FORMAT: &'static str = "day";
    const PATTERN: &'static str = r"^\d{4}-\d{2}-\d{2}$";
}

/// Reads `text` as the word that the JSON Schema's `format` names; `None` for a format that is not ours.
#[must_use]
pub fn read(format: &str, text: &str) -> Option<Result<(), String>> {
    match format {
        YesNo::FORMAT => Some(text.parse::<YesNo>().map(drop)),
        Reply::FORMAT => Some(text.parse::<Reply>().map(drop)),
        Span::FORMAT => Some(text.parse::<Span>().map(drop)),
        Day::FORMAT => Some(text.parse::<Day>().map(drop)),
        _ => None,
    }
}

/// Takes a scalar of any YAML kind as its text.
fn deserialize_word<'de, T: Word, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    struct Text<T>(std::marker::PhantomData<T>);
    impl<T: Word> de::Visitor<'_> for Text<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "a {}", T::FORMAT)
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
            text.parse().map_err(E::custom)
        }

        fn visit_bool<E: de::Error>(self, value: bool) -> Result<T, E> {
            self.visit_str(if value { "true" } else { "false" })
        }
    }
    deserializer.deserialize_any(Text(std::marker::PhantomData))
}

/// The schema of a word: a text with our format. Truth values are allowed where the words are yes and no.
fn word_schema<T: Word>() -> Schema {
    if T::PATTERN.contains("true") {
        json_schema!({ "type": ["string", "boolean"], "format": T::FORMAT, "pattern": T::PATTERN })
    } else {
        json_schema!({ "type": "string", "format": T::FORMAT, "pattern": T::PATTERN })
    }
}

impl<'de> Deserialize<'de> for YesNo {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserialize_word(deserializer)
    }
}

impl<'de> Deserialize<'de> for Reply {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserialize_word(deserializer)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserialize_word(deserializer)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserialize_word(deserializer)
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for YesNo {
    fn schema_name() -> Cow<'static, str> {
        "YesNo".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        word_schema::<Self>()
    }
}

impl JsonSchema for Reply {
    fn schema_name() -> Cow<'static, str> {
        "Reply".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        word_schema::<Self>()
    }
}

impl JsonSchema for Span {
    fn schema_name() -> Cow<'static, str> {
        "Span".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        word_schema::<Self>()
    }
}

impl JsonSchema for Day {
    fn schema_name() -> Cow<'static, str> {
        "Day".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        word_schema::<Self>()
    }
}
