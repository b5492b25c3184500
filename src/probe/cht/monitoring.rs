//! The monitoring API. It answers 200 with `-1` and `""` where it could not compute a value: those become `None` and
//! are listed, so that nobody takes one for a good number.

use jiff::Timestamp;
use serde_json::Value;

use crate::{
    evidence::cht::{Database, Monitoring},
    finding::Cause,
};

use super::http::{Answer, kept};

/// The newer answer, since 3.12. Users are counted over 30 days, as Watchdog does.
pub(super) const V2: &str = "/api/v2/monitoring?connected_user_interval=30";
/// The older one, since 3.9.
pub(super) const V1: &str = "/api/v1/monitoring?connected_user_interval=30";

/// Numbers outside the databases that the server asks its database for; its own clock and uptime are not among them.
const NUMBERS: &[&str] = &[
    "sentinel.backlog",
    "outbound_push.backlog",
    "feedback.count",
    "conflict.count",
    "replication_limit.count",
    "replication_failure.count",
    "connected_users.count",
    // api 1
    "messaging.outgoing.state.due",
    "messaging.outgoing.state.scheduled",
    "messaging.outgoing.state.muted",
    "messaging.outgoing.state.failed",
    "messaging.outgoing.state.delivered",
    // api 2
    "messaging.outgoing.total.due",
    "messaging.outgoing.total.scheduled",
    "messaging.outgoing.total.muted",
    "messaging.outgoing.total.failed",
    "messaging.outgoing.total.delivered",
    "messaging.outgoing.seven_days.due",
    "messaging.outgoing.seven_days.scheduled",
    "messaging.outgoing.seven_days.muted",
    "messaging.outgoing.seven_days.failed",
    "messaging.outgoing.seven_days.delivered",
    "messaging.outgoing.last_hundred.pending.pending",
    "messaging.outgoing.last_hundred.pending.forwarded-to-gateway",
    "messaging.outgoing.last_hundred.pending.received-by-gateway",
    "messaging.outgoing.last_hundred.pending.forwarded-by-gateway",
    "messaging.outgoing.last_hundred.final.sent",
    "messaging.outgoing.last_hundred.final.delivered",
    "messaging.outgoing.last_hundred.final.failed",
    "messaging.outgoing.last_hundred.muted.denied",
    "messaging.outgoing.last_hundred.muted.cleared",
    "messaging.outgoing.last_hundred.muted.muted",
    "messaging.outgoing.last_hundred.muted.duplicate",
];

/// Numbers of one database.
const DATABASE_NUMBERS: [&str; 6] = ["update_sequence", "doc_count", "doc_del_count", FRAGMENTATION, "sizes.active", "sizes.file"];

/// File size over active size: a ratio, no count.
const FRAGMENTATION: &str = "fragmentation";

/// What may be listed, against answers without end.
const MAX_LISTED: usize = 200;
/// Databases, and indexes of each, that are read: the CHT names 4 and at most 6.
const MAX_DATABASES: usize = 16;
const MAX_INDEXES: usize = 64;

/// The largest whole number that JSON's readers agree on.
const MAX_COUNT: f64 = 9_007_199_254_740_992.0;

/// What an answer says.
///
/// # Errors
/// `Status`, `ApiDown`, `DatabaseDown`, `Starting`, `RateLimited`, `TooLarge`; `NotUnderstood` where it is no
/// monitoring answer.
pub(super) fn facts(api: u8, answer: &Answer) -> Result<Monitoring, Cause> {
    let value = answer.json()?;
    let half = answer.took / 2;
    let middle = answer.at.saturating_add(half).unwrap_or(answer.at);
    let mut facts = parse(&value, middle).ok_or_else(|| answer.not_understood())?;
    facts.api = api;
    // Rounded up: the doubt is a bound.
    facts.clock_doubt_ms = u64::try_from(half.as_micros().div_ceil(1000)).unwrap_or(u64::MAX);
    Ok(facts)
}

/// Reads an answer whose request was half over at `middle`; `None` where it has not the shape of one.
fn parse(value: &Value, middle: Timestamp) -> Option<Monitoring> {
    let databases = value.get("couchdb")?.as_object()?;
    value.get("version")?.as_object()?.get("app")?;
    let mut reader = Reader::default();
    let app = reader.text(value, "", "version.app");
    reader.text(value, "", "version.node");
    let couchdb = reader.text(value, "", "version.couchdb");
    let databases = databases
        .iter()
        .filter(|(key, database)| is_plain(key) && database.is_object())
        .take(MAX_DATABASES)
        .map(|(key, database)| (key.clone(), reader.database(database, &format!("couchdb.{key}."))))
        .collect();
    for path in NUMBERS {
        reader.number(value, "", path);
    }
    let clock = reader.clock(value, "date.current").and_then(|clock| i64::try_from(clock).ok());
    let uptime_seconds = reader.clock(value, "date.uptime");
    Some(Monitoring {
        app,
        couchdb,
        databases,
        clock_skew_ms: clock.map(|clock| clock - middle.as_millisecond()),
        uptime_seconds,
        sentinel_backlog: number(value, "sentinel.backlog"),
        users_over_limit: number(value, "replication_limit.count"),
        connected_users: number(value, "connected_users.count"),
        numbers: reader.numbers,
        not_computed: reader.not_computed,
        ..Monitoring::default()
    })
}

/// Counts what is there and lists what could not be computed.
#[derive(Default)]
struct Reader {
    numbers: usize,
    not_computed: Vec<String>,
}

impl Reader {
    /// A text that is not empty. An absent key was not asked for; it is not listed.
    fn text(&mut self, value: &Value, prefix: &str, path: &str) -> Option<String> {
        let text = at(value, path)?.as_str().map(kept).filter(|text| !text.trim().is_empty());
        if text.is_none() {
            self.list(prefix, path);
        }
        text
    }

    /// A number that the server computed.
    fn number(&mut self, value: &Value, prefix: &str, path: &str) -> Option<u64> {
        at(value, path)?;
        self.numbers += 1;
        let found = at(value, path).and_then(if path == FRAGMENTATION { measure } else { count });
        if found.is_none() {
            self.list(prefix, path);
        }
        found
    }

    /// A number that needs no database.
    fn clock(&mut self, value: &Value, path: &str) -> Option<u64> {
        let found = measure(at(value, path)?);
        if found.is_none() {
            self.list("", path);
        }
        found
    }

    fn list(&mut self, prefix: &str, path: &str) {
        if self.not_computed.len() < MAX_LISTED {
            self.not_computed.push(format!("{prefix}{path}"));
        }
    }

    fn database(&mut self, value: &Value, prefix: &str) -> Database {
        self.text(value, prefix, "name");
        for path in DATABASE_NUMBERS {
            self.number(value, prefix, path);
        }
        let docs = number(value, "doc_count");
        let views = self.indexes(value, prefix, "view_indexes", &["sizes.active", "sizes.file"]);
        let searches = self.indexes(value, prefix, "nouveau_indexes", &["doc_count", "file_size"]);
        // Each of the four databases has views; a list without any is one that could not be read.
        let views = views.filter(|views| views.count > 0);
        Database {
            docs,
            fragmentation_percent: at(value, FRAGMENTATION).and_then(Value::as_f64).and_then(|ratio| whole(ratio * 100.0)),
            file_bytes: number(value, "sizes.file"),
            index_bytes: views.and_then(|views| views.bytes?.checked_add(searches.map_or(Some(0), |searches| searches.bytes)?)),
            // Empty beside a document count that is unknown, it tells of the database, not of the search service.
            search_indexes: docs.and(searches).map(|searches| searches.count),
        }
    }

    /// The indexes of a list; the last of `paths` is the size on disk. `None` where there is no such list.
    fn indexes(&mut self, value: &Value, prefix: &str, key: &str, paths: &[&str]) -> Option<Indexes> {
        let list = at(value, key)?.as_array()?;
        let mut bytes = Some(0_u64);
        for (place, index) in list.iter().take(MAX_INDEXES).enumerate() {
            let mut size = None;
            for path in paths {
                size = self.number(index, &format!("{prefix}{key}.{place}."), path);
            }
            bytes = bytes.zip(size).and_then(|(sum, size)| sum.checked_add(size));
        }
        let count = u64::try_from(list.len()).ok()?;
        Some(Indexes { count, bytes: bytes.filter(|_| list.len() <= MAX_INDEXES) })
    }
}

#[derive(Clone, Copy)]
struct Indexes {
    count: u64,
    /// `None` where the size of any of them is unknown.
    bytes: Option<u64>,
}

fn at<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(value, |value, key| value.get(key))
}

fn number(value: &Value, path: &str) -> Option<u64> {
    at(value, path).and_then(count)
}

/// A number that can be a count: whole, not negative, not absurd.
fn count(value: &Value) -> Option<u64> {
    value.as_f64().filter(|number| number.fract() == 0.0).and_then(whole)
}

/// A number that can be a measure, likewise: its fraction is dropped.
fn measure(value: &Value) -> Option<u64> {
    value.as_f64().and_then(whole)
}

/// The whole part of a number from 0 to 2^53; nothing else is a count.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked in the same line")]
pub(super) fn whole(number: f64) -> Option<u64> {
    (0.0..=MAX_COUNT).contains(&number).then_some(number as u64)
}

/// A key that may stand in a dotted path: the CHT's own are such.
fn is_plain(key: &str) -> bool {
    (1..=40).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn read(value: &Value) -> Option<Monitoring> {
        parse(value, Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn no_shape_no_facts() {
        for value in
            [json!(null), json!([]), json!({}), json!({"version": {"app": "5.2.0"}}), json!({"version": "5.2.0", "couchdb": {}}), json!({"couchdb": {}})]
        {
            assert_eq!(read(&value), None, "{value}");
        }
    }

    #[test]
    fn what_is_no_count_is_unknown_and_listed() {
        for bad in [json!(-1), json!(-0.5), json!(0.5), json!(1e300), json!(9_007_199_254_740_994_u64), json!("12"), json!(null), json!({}), json!([3])] {
            let value = json!({"version": {"app": "5.2.0", "couchdb": "3.5.0"}, "couchdb": {}, "sentinel": {"backlog": bad}});
            let facts = read(&value).expect("has the shape");
            assert_eq!(facts.sentinel_backlog, None, "{bad}");
            assert_eq!(facts.not_computed, ["sentinel.backlog"], "{bad}");
            assert_eq!(facts.numbers, 1);
        }
    }

    #[test]
    fn a_sum_with_an_unknown_part_is_unknown() {
        let database =
            |file: i64| json!({"doc_count": 3, "view_indexes": [{"sizes": {"file": 10}}, {"sizes": {"file": file}}], "nouveau_indexes": [{"file_size": 5}]});
        let read =
            |file| read(&json!({"version": {"app": "5.2.0"}, "couchdb": {"medic": database(file)}})).expect("has the shape").databases["medic"].index_bytes;
        assert_eq!(read(7), Some(22));
        assert_eq!(read(-1), None);
    }

    #[test]
    fn an_answer_without_end_is_listed_in_part() {
        let index = json!({"sizes": {"file": -1}});
        let database = json!({"view_indexes": vec![index; 5000]});
        let databases: serde_json::Map<_, _> = (0..100).map(|n| (format!("db{n}"), database.clone())).collect();
        let facts = read(&json!({"version": {"app": "x"}, "couchdb": databases})).expect("has the shape");
        assert_eq!((facts.databases.len(), facts.not_computed.len()), (MAX_DATABASES, MAX_LISTED));
    }

    /// JSON whose keys are often those of the answer.
    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            ".{0,12}".prop_map(Value::from)
        ];
        let key = prop_oneof![
            prop::sample::select(vec![
                "version",
                "app",
                "couchdb",
                "medic",
                "sizes",
                "file",
                "view_indexes",
                "nouveau_indexes",
                "file_size",
                "doc_count",
                "fragmentation",
                "date",
                "current",
                "uptime",
                "sentinel",
                "backlog",
            ])
            .prop_map(str::to_owned),
            ".{0,8}"
        ];
        leaf.prop_recursive(5, 64, 8, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::vec((key.clone(), inner), 0..6).prop_map(|entries| Value::Object(entries.into_iter().collect()))
            ]
        })
    }

    proptest! {
        #[test]
        fn nothing_absurd_gets_through(version in any_json(), couchdb in any_json(), rest in any_json()) {
            let mut value = json!({"version": {"app": version}, "couchdb": {"medic": couchdb.clone()}, "sentinel": {"backlog": rest}, "date": couchdb});
            value["couchdb"]["users"] = value["date"].clone();
            let facts = read(&value).expect("has the shape");
            let counts = facts.databases.values().flat_map(|d| [d.docs, d.file_bytes, d.fragmentation_percent]);
            for count in counts.chain([facts.sentinel_backlog, facts.uptime_seconds]).flatten() {
                prop_assert!(count <= 1 << 53);
            }
            prop_assert!(facts.not_computed.len() <= MAX_LISTED);
            prop_assert!(facts.app.is_none_or(|app| !app.is_empty() && app.chars().count() <= 200));
        }

        #[test]
        fn any_value_is_read(value in any_json()) {
            let _ = read(&value);
        }
    }
}
