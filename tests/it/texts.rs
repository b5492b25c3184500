//! What a person reads: dates, lengths, sizes and plurals, a phrase for every cause, and no text that breaks on an argument.

use std::{collections::BTreeSet, fs, path::Path};

use cht_audit::{
    embedded,
    finding::{Arg, Args, Cause, CauseKind, args},
    render::harmless,
    texts::{Texts, size},
};
use jiff::{
    Timestamp,
    civil::{Date, date},
    tz::TimeZone,
};
use proptest::prelude::*;

fn texts() -> Texts {
    embedded::texts().expect("texts")
}

#[test]
fn days_are_written_with_the_month_as_a_word() {
    let texts = texts();
    let months: Vec<String> = (1..=12).map(|month| texts.date(date(2026, month, 3))).collect();
    let names = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
    assert_eq!(months, names.map(|name| format!("3 {name} 2026")));
    assert_eq!(texts.date(date(2024, 2, 29)), "29 February 2024");
}

#[test]
fn moments_are_drawn_in_the_sites_zone() {
    let texts = texts();
    let at: Timestamp = "2026-12-31T22:05:59Z".parse().expect("a timestamp");
    assert_eq!(texts.instant(at, &TimeZone::UTC), "31 December 2026, 22:05");
    assert_eq!(texts.instant(at, &TimeZone::get("Africa/Nairobi").expect("a zone")), "1 January 2027, 01:05");
}

#[test]
fn lengths_are_drawn_in_the_units_that_matter() {
    const HOUR: i64 = 3_600;
    const DAY: i64 = 24 * HOUR;
    let texts = texts();
    for (seconds, expected) in [
        (0, "0 seconds"),
        (1, "1 second"),
        (59, "59 seconds"),
        (60, "1 minute"),
        (119, "1 minute"),
        (HOUR - 1, "59 minutes"),
        (HOUR, "1 hour"),
        (HOUR + 59, "1 hour"),
        (HOUR + 60, "1 hour 1 minute"),
        (5 * HOUR + 30 * 60, "5 hours 30 minutes"),
        (DAY - 1, "23 hours 59 minutes"),
        (DAY, "1 day"),
        (DAY + HOUR, "1 day 1 hour"),
        (3 * DAY - 1, "2 days 23 hours"),
        (3 * DAY, "3 days"),
        (400 * DAY + 5, "400 days"),
        (-2 * HOUR, "2 hours"),
    ] {
        assert_eq!(texts.duration(seconds), expected, "{seconds}");
    }
    assert!(!texts.duration(i64::MIN).is_empty());
}

#[test]
fn sizes_are_drawn_in_powers_of_a_thousand() {
    for (bytes, expected) in [
        (0, "0 B"),
        (999, "999 B"),
        (1_000, "1.0 kB"),
        (1_260, "1.2 kB"),
        (9_999, "9.9 kB"),
        (10_000, "10 kB"),
        (999_999, "999 kB"),
        (1_000_000, "1.0 MB"),
        (1_500_000_000, "1.5 GB"),
        (999_999_999_999, "999 GB"),
        (1_000_000_000_000, "1.0 TB"),
        (u64::MAX, "18446744 TB"),
    ] {
        assert_eq!(size(bytes), expected, "{bytes}");
    }
}

/// Texts with one message for each shape of argument.
fn sample() -> Texts {
    let files = [(
        "sample",
        "shapes =\n    .one = { $x }\n    .two = { $x ->\n        [one] one visit\n       *[other] { $x } visits\n    }\n    .three = { $x } and { $y }\n    .four = { $flag ->\n        [yes] on\n       *[other] off\n    }\n",
    )];
    Texts::read(&files, include_str!("../../checks/common.ftl")).expect("texts")
}

#[test]
fn every_shape_of_argument_is_drawn() {
    let (texts, zone) = (sample(), TimeZone::get("Africa/Nairobi").expect("a zone"));
    let drawn = |attribute: &str, x: Arg| texts.try_draw(&format!("sample.shapes.{attribute}"), &args([("x", x)]), &zone).expect("a sentence");
    assert_eq!(drawn("one", "a.example.org".into()), "a.example.org");
    assert_eq!(drawn("one", 12_345_i64.into()), "12345");
    assert_eq!(drawn("one", date(2026, 11, 22).into()), "22 November 2026");
    assert_eq!(drawn("one", Arg::Instant("2026-11-22T09:00:00Z".parse().expect("a timestamp"))), "22 November 2026, 12:00");
    assert_eq!(drawn("one", Arg::Duration(7_200)), "2 hours");
    assert_eq!(drawn("one", Arg::Bytes(2_000)), "2.0 kB");
    assert_eq!(drawn("one", vec!["api".to_owned(), "nginx".to_owned()].into()), "api, nginx");
    assert_eq!(drawn("one", Arg::List(Vec::new())), "");
    assert_eq!(drawn("one", Arg::Phrase("nobody-named".to_owned())), "Somebody unnamed");
    let inside = args([("x", "The UPS".into()), ("y", Arg::Phrase("nobody-named".to_owned()))]);
    assert_eq!(texts.try_draw("sample.shapes.three", &inside, &zone).expect("a sentence"), "The UPS and somebody unnamed");
    let outside = args([("x", "somebody".into()), ("y", "it".into())]);
    assert_eq!(texts.try_draw("sample.shapes.three", &outside, &zone).expect("a sentence"), "somebody and it");
    assert_eq!(drawn("two", 1_i64.into()), "one visit");
    assert_eq!(drawn("two", 0_i64.into()), "0 visits");
    assert_eq!(drawn("two", 2_usize.into()), "2 visits");
    // Isolating marks would end up in terminals and in JSON.
    assert!(!drawn("one", "x".into()).contains(['\u{2068}', '\u{2069}']));
}

#[test]
fn what_cannot_be_drawn_is_an_error_and_shown_as_its_id() {
    let texts = sample();
    let none = Args::new();
    for id in ["", "sample", "sample.shapes", "sample.shapes.five", "sample.none", "nowhere.shapes.one", "common.none", "sample.shapes.one.two", "."] {
        assert!(texts.try_draw(id, &none, &TimeZone::UTC).is_err(), "{id}");
        assert_eq!(texts.draw(id, &none, &TimeZone::UTC), id);
        assert_eq!(texts.plain(id), id);
    }
    assert!(texts.try_draw("sample.shapes.three", &args([("x", "a".into())]), &TimeZone::UTC).is_err(), "$y is missing");
    assert!(Texts::read(&[("a", "broken")], "").is_err());
    assert!(Texts::read(&[("a", "x = 1\nx = 2\n")], "").is_err());
}

/// Every kind, as its schema lists them.
fn kinds() -> Vec<CauseKind> {
    let schema = schemars::schema_for!(CauseKind).to_value();
    let words = schema["oneOf"].as_array().expect("one of several").iter().map(|one| one["const"].clone());
    words.map(|word| serde_json::from_value(word).expect("a kind")).collect()
}

#[test]
fn every_cause_has_its_phrase_and_tells_its_detail() {
    let texts = texts();
    let kinds = kinds();
    assert!(kinds.len() >= 24);
    let mut seen = BTreeSet::new();
    for kind in kinds {
        let told = texts.cause(&Cause::new(kind, "203.0.113.10:443"));
        assert!(!told.starts_with("common."), "{kind:?} has no phrase");
        // Where there is no date there is nothing more to tell.
        assert!(told.contains("203.0.113.10:443") || kind == CauseKind::Undated, "{kind:?} hides its detail: {told}");
        assert!(seen.insert(told.clone()), "two kinds say: {told}");
        assert!(!texts.cause(&Cause::new(kind, "")).starts_with("common."));
    }
    assert_eq!(texts.cause(&Cause::new(CauseKind::NotCollected, "")), "Nobody looked.");
    // Files too can be too large: who sent it is not told.
    assert!(!texts.cause(&Cause::new(CauseKind::TooLarge, ".env")).contains("server"));
    assert_eq!(texts.cause(&Cause::new(CauseKind::NotCollected, "tls a:443")), "Nobody looked (tls a:443).");
}

/// The ids behind `before` in the sources: `"common.x"` gives `x`.
fn named(folder: &Path, before: &str, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            named(&path, before, found);
        } else {
            let source = fs::read_to_string(&path).expect("a source");
            let ids = source
                .split(before)
                .skip(1)
                .map(|rest| rest.split(|c: char| !c.is_ascii_lowercase() && !c.is_ascii_digit() && c != '-').next().unwrap_or_default().to_owned());
            found.extend(ids.filter(|id| !id.is_empty() && !id.ends_with('-')));
        }
    }
}

#[test]
fn every_shared_text_that_the_sources_name_exists() {
    let texts = texts();
    let source = |of: &str| Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(of);
    let ids = |of: &str, before: &str| {
        let mut found = BTreeSet::new();
        named(&source(of), before, &mut found);
        found
    };
    let messages = ids("", "\"common.");
    assert!(messages.contains("not-this-kind") && messages.contains("docker-only"), "{messages:?}");
    let phrases = ids("", "Phrase(\"");
    assert!(phrases.contains("nobody-named") && phrases.contains("no-date"), "{phrases:?}");
    // What a report could not look at, in the command that says so.
    let limits = ids("cli", "limits.push(plain(\"");
    assert!(limits.contains("network") && limits.contains("vantage"), "{limits:?}");
    let all = messages.into_iter().chain(phrases).chain(limits.into_iter().map(|what| format!("limit-{what}")));
    for id in all {
        // A message with arguments exists too, whatever they are.
        let told = texts.try_draw(&format!("common.{id}"), &args([("kind", "cloud".into())]), &TimeZone::UTC);
        assert!(told.is_ok(), "common.ftl has no {id}: {told:?}");
    }
}

#[test]
fn text_from_outside_cannot_move_a_terminal() {
    assert_eq!(harmless("plain text, ümläute, 日本 and 👩‍⚕️"), "plain text, ümläute, 日本 and 👩‍⚕️");
    assert_eq!(harmless("\u{1b}[2Jgone"), "\\u{1b}[2Jgone");
    assert_eq!(harmless("a\r\nb\tc\0"), "a\\u{d}\\u{a}b\\u{9}c\\u{0}");
    assert_eq!(harmless("\u{7f}\u{9b}31m"), "\\u{7f}\\u{9b}31m");
    assert_eq!(harmless("txt.\u{202e}exe"), "txt.\\u{202e}exe");
    for mark in ['\u{200e}', '\u{200f}', '\u{202a}', '\u{202e}', '\u{2066}', '\u{2069}', '\u{61c}', '\u{feff}'] {
        assert_eq!(harmless(&mark.to_string()), format!("\\u{{{:x}}}", u32::from(mark)));
    }
    assert_eq!(harmless(""), "");
}

fn dates() -> impl Strategy<Value = Date> {
    (-9_999..=9_999_i16, 1..=12_i8, 1..=28_i8).prop_map(|(year, month, day)| date(year, month, day))
}

fn moments() -> impl Strategy<Value = Timestamp> {
    (Timestamp::MIN.as_second()..=Timestamp::MAX.as_second()).prop_map(|second| Timestamp::from_second(second).expect("in range"))
}

fn arguments() -> impl Strategy<Value = Arg> {
    prop_oneof![
        any::<String>().prop_map(Arg::Text),
        any::<i64>().prop_map(Arg::Count),
        dates().prop_map(Arg::Date),
        moments().prop_map(Arg::Instant),
        any::<i64>().prop_map(Arg::Duration),
        any::<u64>().prop_map(Arg::Bytes),
        proptest::collection::vec(any::<String>(), 0..4).prop_map(Arg::List),
        any::<String>().prop_map(Arg::Phrase),
    ]
}

fn zones() -> impl Strategy<Value = TimeZone> {
    prop_oneof![Just("UTC"), Just("Africa/Nairobi"), Just("Asia/Kathmandu"), Just("Pacific/Kiritimati")].prop_map(|name| TimeZone::get(name).expect("a zone"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_argument_breaks_a_text(x in arguments(), y in arguments(), id in "[a-z.]{0,20}", attribute in "one|two|three|four", zone in zones()) {
        thread_local! {
            static TEXTS: Texts = sample();
        }
        TEXTS.with(|texts| {
            let args = args([("x", x.clone()), ("y", y.clone()), ("flag", x.clone())]);
            let drawn = texts.try_draw(&format!("sample.shapes.{attribute}"), &args, &zone);
            prop_assert!(drawn.is_ok(), "{:?}", drawn);
            // What a server sent is data: it chooses no message, and comes out as it went in.
            if let (Arg::Text(text), "one") = (&x, attribute.as_str()) {
                let expected = Ok(text.clone());
                prop_assert_eq!(drawn.map_err(|error| error.to_string()), expected);
            }
            let _ = texts.draw(&id, &args, &zone);
            Ok(())
        })?;
    }

    #[test]
    fn harmless_text_has_nothing_left_that_steers(text in any::<String>()) {
        let shown = harmless(&text);
        prop_assert!(!shown.chars().any(char::is_control));
        let turns = |c: char| matches!(u32::from(c), 0x200e | 0x200f | 0x202a..=0x202e | 0x2066..=0x2069 | 0x61c | 0xfeff);
        prop_assert!(!shown.chars().any(turns));
        prop_assert_eq!(harmless(&shown), shown);
    }
}
