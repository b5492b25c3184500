//! Lengths of time, and limits of every unit, as people write them.

use std::{fmt, str::FromStr};

use serde::Deserialize;

/// A length of time in whole seconds, written `90s`, `15m`, `4h`, `7d`, `2w`, or several of them: `1h 30m`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(pub i64);

impl Span {
    /// A day of 24 hours.
    pub const DAY: i64 = 86_400;
    /// 100 years: more is a typing mistake, and every later sum stays inside an `i64`.
    const LONGEST: i64 = 36_525 * Self::DAY;
}

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "write a length of time such as 30m, 4h or 7d".to_owned();
        let mut seconds: i64 = 0;
        let mut rest = text.trim();
        if rest.is_empty() {
            return Err(wrong());
        }
        while !rest.is_empty() {
            let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let number: i64 = rest[..digits].parse().map_err(|_| wrong())?;
            let mut after = rest[digits..].chars();
            let unit = match after.next() {
                Some('s') => 1,
                Some('m') => 60,
                Some('h') => 3_600,
                Some('d') => Self::DAY,
                Some('w') => 7 * Self::DAY,
                _ => return Err(wrong()),
            };
            let sum = number.checked_mul(unit).and_then(|part| seconds.checked_add(part));
            seconds = sum.filter(|sum| *sum <= Self::LONGEST).ok_or_else(|| "this is longer than 100 years".to_owned())?;
            rest = after.as_str().trim_start();
        }
        Ok(Self(seconds))
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (amount, unit) = match self.0 {
            s if s % Self::DAY == 0 => (s / Self::DAY, "d"),
            s if s % 3_600 == 0 => (s / 3_600, "h"),
            s if s % 60 == 0 => (s / 60, "m"),
            s => (s, "s"),
        };
        write!(f, "{amount}{unit}")
    }
}

/// What a limit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// Seconds, written `12h`.
    Duration,
    /// A whole number.
    Count,
    /// Whole percents.
    Percent,
}

impl Unit {
    /// Reads a limit of this unit.
    ///
    /// # Errors
    /// What to write instead.
    pub fn read(self, text: &str) -> Result<i64, String> {
        match self {
            Self::Duration => text.parse::<Span>().map(|span| span.0),
            Self::Count => text.parse::<u32>().map(i64::from).map_err(|_| "write a whole number".to_owned()),
            Self::Percent => {
                let number = text.strip_suffix('%').unwrap_or(text);
                number.parse::<u8>().ok().filter(|percent| *percent <= 100).map(i64::from).ok_or_else(|| "write a whole number from 0 to 100".to_owned())
            }
        }
    }

    /// A limit of this unit, as it is read: `12h`, `3`, `25%`.
    #[must_use]
    pub fn spell(self, value: i64) -> String {
        match self {
            Self::Duration => Span(value).to_string(),
            Self::Count => value.to_string(),
            Self::Percent => format!("{value}%"),
        }
    }
}
