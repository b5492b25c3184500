//! Every sentence that a person reads, drawn from a message id and typed arguments.
//!
//! A message id is `<consideration>.<check>.<attribute>`; `<consideration>.consideration.<attribute>` for the
//! consideration itself; `common.<message>` for what all share (`checks/common.ftl`); `words.<word>` for what a word of
//! the report means (`checks/words.ftl`).

use std::{collections::BTreeMap, rc::Rc};

use fluent_bundle::{FluentArgs, FluentBundle, FluentResource, FluentValue};
use jiff::{Timestamp, civil::Date, tz::TimeZone};

use crate::{
    finding::{Arg, Args, Cause},
    span::Span,
};

/// The sentences of one language.
pub struct Texts {
    bundles: BTreeMap<String, FluentBundle<Rc<FluentResource>>>,
}

/// Texts that cannot be read, or a sentence that cannot be drawn.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Broken(String);

/// The bundle of what all share.
const COMMON: &str = "common";

impl Texts {
    /// Reads `(consideration id, text of its en.ftl)` pairs and the common texts.
    ///
    /// # Errors
    /// A text that is not Fluent: a mistake of this program, found by its tests.
    pub fn read(files: &[(&str, &str)], common: &str) -> Result<Self, Broken> {
        let mut bundles = BTreeMap::new();
        let broken = |id: &str, errors: &dyn std::fmt::Debug| Broken(format!("the texts of {id}: {errors:?}"));
        let read = |id: &str, text: &str| FluentResource::try_new(text.to_owned()).map(Rc::new).map_err(|(_, errors)| broken(id, &errors));
        // Read once: every bundle shares it.
        let shared = read(COMMON, common)?;
        for (id, text) in files.iter().copied().map(|(id, text)| (id, Some(text))).chain([(COMMON, None)]) {
            let language = "en".parse().map_err(|error| Broken(format!("{error:?}")))?;
            let mut bundle = FluentBundle::new(vec![language]);
            // Isolating marks would end up in terminals and in JSON.
            bundle.set_use_isolating(false);
            if let Some(text) = text {
                bundle.add_resource(read(id, text)?).map_err(|errors| broken(id, &errors))?;
            }
            // A sentence may take in a part that all share, as `{ days-ago }`.
            bundle.add_resource(Rc::clone(&shared)).map_err(|errors| broken(id, &errors))?;
            bundles.insert(id.to_owned(), bundle);
        }
        Ok(Self { bundles })
    }

    /// The sentence of a message. One that does not exist is drawn as its id: a report is never lost over a text.
    #[must_use]
    pub fn draw(&self, message_id: &str, args: &Args, zone: &TimeZone) -> String {
        self.try_draw(message_id, args, zone).unwrap_or_else(|_| message_id.to_owned())
    }

    /// The sentence of a message.
    ///
    /// # Errors
    /// There is none, or it uses a variable that `args` lacks.
    pub fn try_draw(&self, message_id: &str, args: &Args, zone: &TimeZone) -> Result<String, Broken> {
        let missing = || Broken(format!("there is no text {message_id}"));
        let (bundle_id, rest) = message_id.split_once('.').ok_or_else(missing)?;
        let bundle = self.bundles.get(bundle_id).ok_or_else(missing)?;
        let (name, attribute) = rest.split_once('.').map_or((rest, None), |(name, attribute)| (name, Some(attribute)));
        let message = bundle.get_message(name).ok_or_else(missing)?;
        let pattern = match attribute {
            Some(attribute) => message.get_attribute(attribute).ok_or_else(missing)?.value(),
            None => message.value().ok_or_else(missing)?,
        };
        let mut given = FluentArgs::new();
        for (name, arg) in args {
            given.set(name.clone(), self.value(arg, zone));
        }
        let mut errors = Vec::new();
        let sentence = bundle.format_pattern(pattern, Some(&given), &mut errors).into_owned();
        if !errors.is_empty() {
            return Err(Broken(format!("{message_id}: {errors:?}")));
        }
        let mut phrases = args.values().filter_map(|arg| if let Arg::Phrase(id) = arg { Some(self.plain(&format!("{COMMON}.{id}"))) } else { None });
        let begins = phrases.any(|phrase| !phrase.is_empty() && sentence.starts_with(&phrase));
        Ok(if begins { capital(&sentence) } else { sentence })
    }

    /// A sentence without arguments, such as a title.
    #[must_use]
    pub fn plain(&self, message_id: &str) -> String {
        self.draw(message_id, &Args::new(), &TimeZone::UTC)
    }

    /// Why something is not known, with its detail.
    #[must_use]
    pub fn cause(&self, cause: &Cause) -> String {
        // The kind's word in the data is its word in the texts.
        let kind = serde_json::to_value(cause.kind).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default();
        let mut args = Args::new();
        args.insert("detail".to_owned(), Arg::Text(cause.detail.clone()));
        args.insert("has-detail".to_owned(), Arg::Text(if cause.detail.is_empty() { "no" } else { "yes" }.to_owned()));
        self.draw(&format!("{COMMON}.cause-{kind}"), &args, &TimeZone::UTC)
    }

    fn value<'a>(&self, arg: &'a Arg, zone: &TimeZone) -> FluentValue<'a> {
        match arg {
            Arg::Text(text) => FluentValue::from(text.as_str()),
            Arg::Count(count) => FluentValue::from(*count),
            Arg::Date(date) => FluentValue::from(self.date(*date)),
            Arg::Instant(at) => FluentValue::from(self.instant(*at, zone)),
            Arg::Duration(seconds) => FluentValue::from(self.duration(*seconds)),
            Arg::Bytes(bytes) => FluentValue::from(size(*bytes)),
            Arg::List(items) => FluentValue::from(items.join(", ")),
            Arg::Phrase(id) => FluentValue::from(self.plain(&format!("{COMMON}.{id}"))),
        }
    }

    /// `3 December 2026`: never 03/12, which two readers read as two days.
    #[must_use]
    pub fn date(&self, date: Date) -> String {
        let month = self.plain(&format!("{COMMON}.month-{}", date.month()));
        format!("{} {month} {}", date.day(), date.year())
    }

    /// `3 December 2026, 14:05`, in the site's zone.
    #[must_use]
    pub fn instant(&self, at: Timestamp, zone: &TimeZone) -> String {
        let local = at.to_zoned(zone.clone());
        format!("{}, {:02}:{:02}", self.date(local.date()), local.hour(), local.minute())
    }

    /// The two largest units that matter: `3 days`, `1 hour 30 minutes`, `40 seconds`.
    #[must_use]
    pub fn duration(&self, seconds: i64) -> String {
        let unit = |name: &str, count: i64| {
            let mut args = Args::new();
            args.insert("count".to_owned(), Arg::Count(count));
            self.draw(&format!("{COMMON}.{name}"), &args, &TimeZone::UTC)
        };
        let length = seconds.unsigned_abs().try_into().unwrap_or(i64::MAX);
        match length {
            s if s >= 3 * Span::DAY => unit("days", s / Span::DAY),
            s if s >= Span::DAY => pair(unit("days", s / Span::DAY), s % Span::DAY / 3_600, |count| unit("hours", count)),
            s if s >= 3_600 => pair(unit("hours", s / 3_600), s % 3_600 / 60, |count| unit("minutes", count)),
            s if s >= 60 => unit("minutes", s / 60),
            s => unit("seconds", s),
        }
    }
}

/// A sentence that begins with a shared phrase, such as "somebody unnamed".
fn capital(sentence: &str) -> String {
    let mut rest = sentence.chars();
    rest.next().map_or_else(String::new, |first| first.to_uppercase().chain(rest).collect())
}

/// The larger unit, and the smaller one where there is any of it.
fn pair(larger: String, count: i64, smaller: impl Fn(i64) -> String) -> String {
    if count == 0 { larger } else { format!("{larger} {}", smaller(count)) }
}

/// Bytes in powers of 1,000, as disks are sold: `1.2 GB`.
#[must_use]
pub fn size(bytes: u64) -> String {
    let (unit, name) = match bytes {
        0..1_000 => return format!("{bytes} B"),
        1_000..1_000_000 => (1_000, "kB"),
        1_000_000..1_000_000_000 => (1_000_000, "MB"),
        1_000_000_000..1_000_000_000_000 => (1_000_000_000, "GB"),
        _ => (1_000_000_000_000, "TB"),
    };
    let tenths = bytes / (unit / 10);
    if tenths < 100 { format!("{}.{} {name}", tenths / 10, tenths % 10) } else { format!("{} {name}", tenths / 10) }
}
