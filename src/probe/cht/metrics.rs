//! The public metrics of the API: whether they name users, and how long a sync takes.

use std::{borrow::Cow, collections::BTreeSet};

use crate::{
    evidence::cht::ExpressMetrics,
    finding::{Cause, CauseKind},
};

use super::{http::Answer, monitoring::whole};

/// Where they are.
pub(super) const PATH: &str = "/api/v1/express-metrics";

/// The first step of a sync, which takes nearly all of its time.
const SYNC: &str = "/api/v1/replication/get-ids";
/// How long a request took.
const DURATION: &str = "cht_api_http_request_duration_seconds";

/// What an answer says.
///
/// # Errors
/// As of any answer that is not the one asked for; `NotUnderstood` where it has no metric of the API.
pub(super) fn facts(answer: &Answer) -> Result<ExpressMetrics, Cause> {
    let text = answer.ok(|media_type| media_type == "text/plain" || media_type == "application/openmetrics-text")?;
    parse(&text).ok_or_else(|| Cause::new(CauseKind::NotUnderstood, answer.media_type()))
}

/// Reads the exposition; `None` where no line is a metric of the API.
fn parse(text: &str) -> Option<ExpressMetrics> {
    let (mut users, mut syncs, mut under_180, mut under_360, mut known) = (BTreeSet::new(), 0_u64, 0_u64, 0_u64, false);
    for line in text.lines() {
        let Some(sample) = Sample::parse(line) else { continue };
        if !sample.name.starts_with("cht_api_") {
            continue;
        }
        known = true;
        let Some(route) = sample.label("route") else { continue };
        if let Some(user) = user_in(route) {
            users.insert(user);
        }
        // An answer that is refused or fails is no finished step. Versions that give no code count all.
        let finished = sample.label("code").is_none_or(|code| code.starts_with('2'));
        let Some(kind) = sample.name.strip_prefix(DURATION) else { continue };
        if route != SYNC || !finished {
            continue;
        }
        let sum = match (kind, sample.label("le").and_then(|le| le.parse::<f64>().ok())) {
            ("_count", _) => &mut syncs,
            ("_bucket", Some(180.0)) => &mut under_180,
            ("_bucket", Some(360.0)) => &mut under_360,
            _ => continue,
        };
        *sum = sum.saturating_add(sample.count.unwrap_or(0));
    }
    let user_names = u64::try_from(users.len()).ok()?;
    // Buckets are cumulative. A server that says otherwise is held to what can be.
    let satisfied = under_180.min(syncs);
    let tolerated = under_360.min(syncs).saturating_sub(satisfied);
    known.then_some(ExpressMetrics { user_names, syncs, syncs_satisfied: satisfied, syncs_tolerated: tolerated })
}

/// One line `name{label="value",…} number`.
struct Sample<'a> {
    name: &'a str,
    labels: Vec<(&'a str, Cow<'a, str>)>,
    /// `None` where it is no count.
    count: Option<u64>,
}

impl<'a> Sample<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let name_end = line.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == ':'))?;
        let (name, mut rest) = line.split_at(name_end);
        let mut labels = Vec::new();
        if let Some(inner) = rest.strip_prefix('{') {
            rest = inner;
            loop {
                rest = rest.trim_start_matches([',', ' ']);
                if let Some(after) = rest.strip_prefix('}') {
                    rest = after;
                    break;
                }
                let (key, value) = rest.split_once("=\"")?;
                let (value, after) = quoted(value)?;
                labels.push((key.trim(), value));
                rest = after;
            }
        }
        let count = rest.split_whitespace().next().and_then(|number| number.parse().ok()).and_then(whole);
        (!name.is_empty()).then_some(Self { name, labels, count })
    }

    fn label(&self, key: &str) -> Option<&str> {
        self.labels.iter().find(|(name, _)| *name == key).map(|(_, value)| value.as_ref())
    }
}

/// A label's value up to its closing quote, unescaped, and what follows.
fn quoted(text: &str) -> Option<(Cow<'_, str>, &str)> {
    let end = text.bytes().scan(false, |escaped, byte| {
        let ends = byte == b'"' && !*escaped;
        *escaped = byte == b'\\' && !*escaped;
        Some(ends)
    });
    let end = end.enumerate().find(|(_, ends)| *ends)?.0;
    let (value, after) = (text.get(..end)?, text.get(end + 1..)?);
    let value = if value.contains('\\') { Cow::Owned(value.replace("\\\"", "\"").replace("\\\\", "\\")) } else { Cow::Borrowed(value) };
    Some((value, after))
}

/// The user whose own database a route names: `/medic-user-<name>-meta/…`. A pattern such as `:name` is nobody.
fn user_in(route: &str) -> Option<String> {
    let (_, rest) = route.split_once("/medic-user-")?;
    let segment = rest.split(['/', '?', '#']).next()?;
    let name = decoded(segment).to_lowercase();
    let name = name.strip_suffix("-meta")?;
    (!name.is_empty() && !name.starts_with([':', '*', '#', '<', '{', '('])).then(|| name.to_owned())
}

/// Percent-encoding undone; what is no encoding stays as it is.
fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut out, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while let Some(&byte) = bytes.get(at) {
        let code = bytes.get(at + 1..at + 3).filter(|_| byte == b'%').and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        out.push(code.unwrap_or(byte));
        at += if code.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn users_are_counted_once_and_patterns_not_at_all() {
        let text = r#"
# TYPE cht_api_http_request_duration_seconds histogram
cht_api_http_request_duration_seconds_bucket{le="180",route="/medic-user-alice-meta/_changes",code="200"} 3
cht_api_http_request_size_bytes_sum{route="/medic-user-alice-meta/",code="200"} 3
cht_api_http_request_size_bytes_sum{route="/+medic-user-bob-meta?x=1",code="401"} 3
cht_api_http_request_size_bytes_sum{route="/medic-user-carol%2Esmith-meta/x"} 1
cht_api_http_request_size_bytes_sum{route="/medic-user-:name-meta/x"} 1
cht_api_http_request_size_bytes_sum{route="/medic-user-%3Aname-meta/x"} 1
cht_api_http_request_size_bytes_sum{route="/medic-user-dan/x"} 1
"#;
        // alice and carol.smith; bob's route has no slash before it, dan's no end
        assert_eq!(parse(text).map(|facts| facts.user_names), Some(2));
    }

    #[test]
    fn syncs_are_summed_over_methods_and_only_where_they_ended_well() {
        let text = r#"cht_api_http_request_duration_seconds_bucket{le="90",method="GET",route="/api/v1/replication/get-ids",code="200"} 4
cht_api_http_request_duration_seconds_bucket{le="180",method="GET",route="/api/v1/replication/get-ids",code="200"} 6
cht_api_http_request_duration_seconds_bucket{le="360",method="GET",route="/api/v1/replication/get-ids",code="200"} 9
cht_api_http_request_duration_seconds_bucket{le="+Inf",method="GET",route="/api/v1/replication/get-ids",code="200"} 10
cht_api_http_request_duration_seconds_count{method="GET",route="/api/v1/replication/get-ids",code="200"} 10
cht_api_http_request_duration_seconds_bucket{le="180",method="POST",route="/api/v1/replication/get-ids",code="200"} 1
cht_api_http_request_duration_seconds_bucket{le="360",method="POST",route="/api/v1/replication/get-ids",code="200"} 1
cht_api_http_request_duration_seconds_count{method="POST",route="/api/v1/replication/get-ids",code="200"} 1
cht_api_http_request_duration_seconds_bucket{le="180",method="GET",route="/api/v1/replication/get-ids",code="401"} 50
cht_api_http_request_duration_seconds_count{method="GET",route="/api/v1/replication/get-ids",code="401"} 50
cht_api_http_request_duration_seconds_count{method="GET",route="/api/info",code="200"} 70
"#;
        assert_eq!(parse(text), Some(ExpressMetrics { user_names: 0, syncs: 11, syncs_satisfied: 7, syncs_tolerated: 3 }));
    }

    #[test]
    fn another_text_is_no_metrics() {
        for text in ["", "Welcome to the hotel\nlog in here", "process_open_fds 12\n", "# HELP cht_api_x y\n"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn labels_may_hold_quotes_and_braces() {
        let sample = Sample::parse(r#"m{a="x\"},y\\",b="2"} 7 1700000000"#).expect("a sample");
        assert_eq!((sample.label("a"), sample.label("b"), sample.count), (Some("x\"},y\\"), Some("2"), Some(7)));
        assert_eq!(Sample::parse("m NaN").expect("a sample").count, None);
        assert_eq!(Sample::parse("m -3").expect("a sample").count, None);
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "(?s).{0,400}", line in r#"cht_api_http_request_duration_seconds(_bucket|_count)?\{(le="(180|360|x)",)?route="/(api/v1/replication/get-ids|medic-user-.{0,9}-meta)"\}? [-+0-9eE.NaInf]{0,9}"#) {
            let _ = parse(&text);
            if let Some(facts) = parse(&format!("cht_api_x 1\n{line}\n{text}\n{line}")) {
                prop_assert!(facts.syncs_satisfied + facts.syncs_tolerated <= facts.syncs);
            }
        }
    }
}
