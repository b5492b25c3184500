//! What a CHT server tells over HTTP, typed at parsing: `-1`, `""` and absent become `None`, so that no judge can take
//! one for a value.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Outcome;

/// The facts of one [`super::ChtPart`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ChtFacts {
    /// Of `Monitoring`.
    Monitoring(Monitoring),
    /// Of `LoginPage`.
    LoginPage(LoginPage),
    /// Of `PrivacyPolicy`.
    PrivacyPolicy(PrivacyPolicy),
    /// Of `DeployInfo`.
    DeployInfo(DeployInfo),
    /// Of `Anonymous`: by path.
    Anonymous(BTreeMap<String, Outcome<AnonymousAnswer>>),
    /// Of `StartPage`.
    StartPage(StartPage),
    /// Of `Cors`.
    Cors(Cors),
    /// Of `ExpressMetrics`.
    ExpressMetrics(ExpressMetrics),
    /// Of `PlainHttp`: by address.
    PlainHttp(BTreeMap<String, Outcome<PlainHttp>>),
    /// Of `AcmePath`: by address.
    AcmePath(BTreeMap<String, Outcome<AcmePath>>),
}

/// What a bundle leaves out reads as its worst value.
fn left_out() -> bool {
    true
}

/// What the monitoring API says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Monitoring {
    /// 2, or 1 where only the older one answers.
    pub api: u8,
    /// The CHT version, `version.app`.
    pub app: Option<String>,
    /// The CouchDB version; empty in the answer while the database is away.
    pub couchdb: Option<String>,
    /// By the answer's own key: `medic`, `sentinel`, `usersmeta`, `users`.
    pub databases: BTreeMap<String, Database>,
    /// The server's clock minus ours at the middle of the request, in milliseconds.
    pub clock_skew_ms: Option<i64>,
    /// Half the time of the request, in milliseconds: how far `clock_skew_ms` may be off.
    pub clock_doubt_ms: u64,
    /// Seconds since the API process began.
    pub uptime_seconds: Option<u64>,
    /// Changes that Sentinel has not processed yet.
    pub sentinel_backlog: Option<u64>,
    /// Users above 10,000 documents.
    pub users_over_limit: Option<u64>,
    /// Users who connected within the interval asked for (30 days).
    pub connected_users: Option<u64>,
    /// How many numbers the answer holds that the server asks its database for; its own clock and uptime are not among
    /// them.
    pub numbers: usize,
    /// The dotted paths of the numbers that are -1 and the texts that are empty: what the server could not compute.
    pub not_computed: Vec<String>,
}

impl Monitoring {
    /// Nothing that needs the database could be computed: a dead database behind a 200.
    #[must_use]
    pub fn is_database_away(&self) -> bool {
        let is_text = |path: &&String| path.starts_with("version.") || path.rsplit('.').next() == Some("name");
        let clocks = ["date.current", "date.uptime"];
        let missing = self.not_computed.iter().filter(|path| !is_text(path) && !clocks.contains(&path.as_str())).count();
        self.couchdb.is_none() && self.numbers > 0 && missing == self.numbers
    }
}

/// One database in the monitoring answer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Database {
    /// Documents, deleted ones left out.
    pub docs: Option<u64>,
    /// File size over active size, in hundredths.
    pub fragmentation_percent: Option<u64>,
    /// Bytes of the database files (4.12 and later).
    pub file_bytes: Option<u64>,
    /// Bytes of its view indexes, and of its search indexes on 5.x; `None` where any of them is unknown.
    pub index_bytes: Option<u64>,
    /// How many search indexes it has; `None` where the answer has no such list (before 5.0), or while `docs` is
    /// unknown too.
    pub search_indexes: Option<u64>,
}

/// The login page, as an answer of the running API.
#[expect(clippy::struct_excessive_bools, reason = "independent facts, not a state")]
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct LoginPage {
    /// The page links a privacy policy.
    pub links_privacy_policy: bool,
    /// `Strict-Transport-Security` max-age in seconds; `None` without the header.
    pub hsts_seconds: Option<u64>,
    /// A `Content-Security-Policy` is sent.
    pub content_security_policy: bool,
    /// `X-Content-Type-Options: nosniff` is sent.
    pub nosniff: bool,
    /// `X-Frame-Options` or `frame-ancestors` is sent.
    pub frame_options: bool,
    /// The `Server` header where it names a version.
    pub server_version: Option<String>,
}

/// The privacy policy page.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct PrivacyPolicy {
    /// A policy is published; false for a CHT's own 404.
    pub published: bool,
    /// Characters of its text, mark-up left out.
    pub text_chars: u64,
    /// The text is filler ("lorem ipsum").
    pub filler: bool,
}

/// The public deploy information.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct DeployInfo {
    /// The deployed version.
    pub version: Option<String>,
    /// When it was deployed.
    #[schemars(with = "Option<String>")]
    pub deployed: Option<Timestamp>,
    /// The public file names the user who deployed (the name itself is not kept).
    #[serde(default = "left_out")]
    pub names_user: bool,
}

/// How a path answers somebody without a login.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AnonymousAnswer {
    /// The HTTP status.
    pub status: u16,
    /// Refused by the CHT or CouchDB: a 401 or 403, or a redirect to the login page. A 404 is neither this nor the next.
    pub refused: bool,
    /// A 200 whose body is CouchDB's own answer or front end: open to strangers.
    pub couchdb_answered: bool,
}

/// The start page as a browser without a login gets it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct StartPage {
    /// The HTTP status of `/`.
    pub status: u16,
    /// It leads to this server's login page; since 4.0 `/` is the same for everybody, and the admin app does.
    pub to_login: bool,
    /// Cookies that were set on the way.
    pub cookies: Vec<SetCookie>,
}

/// The attributes of a cookie; its value is not kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SetCookie {
    /// Its name.
    pub name: String,
    /// Sent over TLS only.
    pub secure: bool,
}

/// The answer to a request with a foreign origin.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Cors {
    /// `Access-Control-Allow-Origin` echoes the foreign origin or is `*`.
    #[serde(default = "left_out")]
    pub allows_foreign_origin: bool,
    /// `Access-Control-Allow-Credentials: true`.
    #[serde(default = "left_out")]
    pub allows_credentials: bool,
}

/// What the public metrics of the API tell.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ExpressMetrics {
    /// Route labels that hold a user's name (counted; the names are not kept).
    pub user_names: u64,
    /// Finished first steps of a sync (`/api/v1/replication/get-ids`, answered with a 2xx).
    pub syncs: u64,
    /// Those under 180 seconds.
    pub syncs_satisfied: u64,
    /// Those from 180 to under 360 seconds.
    pub syncs_tolerated: u64,
}

/// Port 80 on one address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct PlainHttp {
    /// The HTTP status.
    pub status: u16,
    /// It redirects to `https` on the same host.
    pub to_https: bool,
    /// A 2xx with a body: content without TLS.
    pub content: bool,
}

/// The path of the ACME HTTP challenge on one address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct AcmePath {
    /// The HTTP status.
    pub status: u16,
    /// The mode that the CHT's own file names: `AUTO_GENERATE`.
    pub certificate_mode: Option<String>,
}
