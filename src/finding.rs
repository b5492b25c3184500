//! What one check says of one subject: the words that every other part of the program shares.
//!
//! A finding never holds a finished sentence. It names a message and carries typed arguments, so that a saved run can
//! be drawn again in any language.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a check came out for one subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The rule holds.
    Pass,
    /// The rule holds in part, or will not hold for long.
    Warn,
    /// The rule does not hold.
    Fail,
    /// Nothing that may be trusted says whether the rule holds.
    Unknown,
    /// The question does not arise for this site.
    NotApplicable,
}

/// What a verdict rests on: the rungs of the evidence ladder, lowest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// Nothing.
    None,
    /// A dated answer.
    Claimed,
    /// A dated answer with a record that exists, or what a named file says.
    Documented,
    /// A probe saw it.
    Measured,
}

impl Basis {
    /// The rung below; nothing is below `None`.
    #[must_use]
    pub fn lower(self) -> Self {
        match self {
            Self::Measured => Self::Documented,
            Self::Documented => Self::Claimed,
            Self::Claimed | Self::None => Self::None,
        }
    }
}

/// How much harm a failing check stands for. Ordered from told-only to gravest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Told, never scored.
    Info,
    /// Weight 1.
    Low,
    /// Weight 3.
    Medium,
    /// Weight 6.
    High,
    /// Weight 10: data lost for good, strangers read it, or health workers cut off unheard.
    Critical,
}

impl Severity {
    /// The weight of a check in its consideration (`scoring`: critical 10, high 6, medium 3, low 1, info 0).
    #[must_use]
    pub fn weight(self) -> u32 {
        match self {
            Self::Info => 0,
            Self::Low => 1,
            Self::Medium => 3,
            Self::High => 6,
            Self::Critical => 10,
        }
    }
}

/// The access that a piece of evidence needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Tier {
    /// The network alone, without credentials.
    Network,
    /// A CHT account with few permissions.
    Account,
    /// A CHT database administrator (asked for explicitly).
    Admin,
    /// Credentials of the monitoring system.
    Monitoring,
    /// Files named by the description.
    Files,
    /// The server itself.
    Host,
    /// A Kubernetes cluster.
    Kubernetes,
    /// The description's own word.
    Answer,
}

impl Tier {
    /// The word in the data and on the command line.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Network => "network",
            Self::Account => "account",
            Self::Admin => "admin",
            Self::Monitoring => "monitoring",
            Self::Files => "files",
            Self::Host => "host",
            Self::Kubernetes => "kubernetes",
            Self::Answer => "answer",
        }
    }
}

/// One typed argument of a message. No floats: they have no one spelling.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Arg {
    /// A name, an address, a version: drawn as it is, hostile until escaped.
    Text(String),
    /// A whole number; chooses the plural.
    Count(i64),
    /// A day.
    #[schemars(with = "String")]
    Date(Date),
    /// A moment; drawn in the site's time zone.
    #[schemars(with = "String")]
    Instant(Timestamp),
    /// Seconds; drawn in the largest unit that keeps it readable.
    Duration(i64),
    /// Bytes; drawn in powers of 1,000.
    Bytes(u64),
    /// Names, addresses, files.
    List(Vec<String>),
    /// The id of a shared phrase (`checks/common.ftl`), so that it can be translated.
    Phrase(String),
}

impl From<&str> for Arg {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Arg {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Date> for Arg {
    fn from(date: Date) -> Self {
        Self::Date(date)
    }
}

impl From<Timestamp> for Arg {
    fn from(at: Timestamp) -> Self {
        Self::Instant(at)
    }
}

impl From<i64> for Arg {
    fn from(count: i64) -> Self {
        Self::Count(count)
    }
}

impl From<usize> for Arg {
    fn from(count: usize) -> Self {
        Self::Count(i64::try_from(count).unwrap_or(i64::MAX))
    }
}

impl From<Vec<String>> for Arg {
    fn from(list: Vec<String>) -> Self {
        Self::List(list)
    }
}

/// The arguments of a message by name.
pub type Args = BTreeMap<String, Arg>;

/// Builds [`Args`] from pairs: `args([("days", 12_i64.into())])`.
#[must_use]
pub fn args<const N: usize>(pairs: [(&str, Arg); N]) -> Args {
    pairs.into_iter().map(|(name, arg)| (name.to_owned(), arg)).collect()
}

/// A place in a file of the description; paths are relative to the description's folder.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Place {
    /// The file, as a person would name it from the description's folder.
    pub file: String,
    /// Counted from 1.
    pub line: u32,
    /// Counted from 1, in characters.
    pub column: u32,
}

/// Why something could not be looked at or could not be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CauseKind {
    /// Nobody looked: offline, another tier, or no probe for it.
    NotCollected,
    /// The name has no address.
    NoAddress,
    /// The connection was refused.
    Refused,
    /// No answer in time.
    Timeout,
    /// The connection broke.
    Broken,
    /// TLS could not be agreed.
    Tls,
    /// Another HTTP status than the question needs.
    Status,
    /// The CHT is starting.
    Starting,
    /// nginx answers, the CHT behind it does not.
    ApiDown,
    /// The CHT answers, its database does not.
    DatabaseDown,
    /// The answer is larger than is read.
    TooLarge,
    /// The answer is not what this question is answered with.
    NotUnderstood,
    /// The server could not compute the number.
    NotComputed,
    /// More rights are needed.
    Permission,
    /// The server asked to slow down.
    RateLimited,
    /// Not asked: the run has been refused as often as a guest may be, and each refusal counts against everybody behind
    /// its address.
    HeldBack,
    /// The file is missing, empty or cannot be read.
    File,
    /// The file is UTF-16, or its lines end as on an old Mac.
    Encoding,
    /// The address is one that is never asked (link-local, metadata).
    Forbidden,
    /// The registry publishes nothing of the kind.
    NotPublished,
    /// The certificate names no list of revoked certificates.
    NotNamed,
    /// What came proves nothing: signed by somebody else, about something else, or out of date.
    NotProven,
    /// What this program knows of releases and systems does not cover it: too new, too old, or no such thing.
    Knowledge,
    /// Evidence from a later moment than the one judged for.
    Future,
    /// An answer that no date stands behind.
    Undated,
    /// An answer or evidence older than its check accepts.
    TooOld,
    /// A record that the answer names is missing, empty or a file of the description itself.
    Record,
    /// One record stands behind so many answers that it backs none of them.
    SharedRecord,
    /// The description leaves out what the question needs; the detail names the keys.
    NotSaid,
    /// What the vantage of this run cannot show.
    Vantage,
    /// The total time of the run was used up.
    Deadline,
    /// The check itself broke: a bug of this program.
    Bug,
}

/// Why something is not known, with the detail that a person needs to act.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cause {
    /// The kind; its sentence is the shared phrase `cause-<kind>`.
    pub kind: CauseKind,
    /// Names, addresses, numbers: no sentence, no secret; hostile until escaped.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
}

impl Cause {
    /// A cause with its detail.
    pub fn new(kind: CauseKind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into() }
    }
}

/// The word that lost against the one that decided, where the two differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Other {
    /// What the losing word rests on.
    pub basis: Basis,
    /// Its message, like a finding's.
    pub message_id: String,
    /// The arguments of that message.
    pub args: Args,
    /// English, drawn from `message_id` and `args` when the report is made.
    #[serde(default)]
    pub message: String,
    /// When it was said or seen.
    #[schemars(with = "Option<String>")]
    pub at: Option<Timestamp>,
    /// Who said it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// What a site means to do about an honest no.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Planned {
    /// By when.
    #[schemars(with = "String")]
    pub date: Date,
    /// By whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// Where a waiver stands on the day that is judged for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WaiverState {
    /// It holds.
    Active,
    /// Its last day has passed.
    Expired,
    /// Nothing that it names needed it.
    Unused,
}

/// A gate that the site has set aside for a reason and a time. It changes no number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Waiver {
    /// The check.
    pub check: String,
    /// Why.
    pub reason: String,
    /// Who answers for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Its last day.
    #[schemars(with = "String")]
    pub until: Date,
    /// Where it stands.
    pub state: WaiverState,
}

/// One check's word on one subject, with what the catalogue and the site say of the check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// The check's id, `<consideration>.<name>`.
    pub check: String,
    /// English; the check's title.
    #[serde(default)]
    pub title: String,
    /// The consideration's id.
    pub consideration: String,
    /// From the catalogue.
    pub severity: Severity,
    /// What it is about: a host, an address, a certificate, or the whole site.
    pub subject: String,
    /// How it came out.
    pub verdict: Verdict,
    /// What that rests on.
    pub basis: Basis,
    /// The best rung that this site could reach here.
    pub best: Basis,
    /// Permille of the check's weight that is earned.
    pub credit: u32,
    /// The description says good, evidence of the same time or later says bad.
    pub contradicted: bool,
    /// The deciding word is older than the check accepts.
    pub stale: bool,
    /// English; drawn from `message_id` and `args`.
    #[serde(default)]
    pub message: String,
    /// `<check>.<attribute>`, or `common.<attribute>`.
    pub message_id: String,
    /// The arguments of the message.
    pub args: Args,
    /// Why it is not known, where it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// The word that was overruled, where the two differ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other: Option<Other>,
    /// English; what to do about it, one line. Empty on a pass.
    #[serde(default)]
    pub remedy: String,
    /// The access that the deciding word came by.
    pub tier: Option<Tier>,
    /// When the deciding word was said or seen.
    #[schemars(with = "Option<String>")]
    pub observed_at: Option<Timestamp>,
    /// Seconds after which the deciding word counts one rung less; none where it has no age.
    pub max_age: Option<i64>,
    /// Where the description speaks of it.
    pub location: Option<Place>,
    /// The waiver that names this check, whatever its state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiver: Option<Waiver>,
    /// What the site means to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub planned: Option<Planned>,
    /// Pages to read, as absolute addresses.
    pub references: Vec<String>,
}

/// The permille of a check's weight that a verdict on a basis earns (`scoring.md`, "Credit").
#[must_use]
pub fn credit(verdict: Verdict, basis: Basis, best: Basis) -> u32 {
    let full = match (best, basis) {
        (_, Basis::None) => 0,
        (Basis::Measured, Basis::Documented) => 600,
        (Basis::Measured, Basis::Claimed) => 400,
        (_, Basis::Measured | Basis::Documented) => 1000,
        (_, Basis::Claimed) => 700,
    };
    match verdict {
        Verdict::Pass => full,
        Verdict::Warn => full / 2,
        Verdict::Fail | Verdict::Unknown | Verdict::NotApplicable => 0,
    }
}
