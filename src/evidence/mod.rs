//! What was asked of the outside, and what came back: plain data, the seam at which the line can be cut.
//!
//! A bundle holds one map a kind of probe. An entry is keyed by the canonical text of its ask ([`asks`]) and says when
//! it was looked at, how long that took, and either the facts or why there are none. No entry holds a secret, a patient's
//! data or a user's name: where a judge must know how good a secret is, the probe answers with a class.

pub mod address;
pub mod asks;
pub mod cht;
pub mod dns;
pub mod files;
pub mod helm;
pub mod tls;

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finding::{Cause, CauseKind, Tier};

pub use asks::{Asks, ChtAsk, ChtPart, ComposeAsk, DnsAsk, EnvAsk, FileAsk, HelmAsk, PortsAsk, RegistrationAsk, TlsAsk, WhoisAsk};
pub use cht::ChtFacts;
pub use dns::{DnsFacts, PortsFacts, RegistrationFacts};
pub use files::{ComposeFacts, CrontabFacts, EnvFacts, InstancesFacts, RecordFacts};
pub use helm::HelmFacts;
pub use tls::TlsFacts;

/// The name and version of the evidence format.
pub const SCHEMA: &str = "cht-audit/evidence/1-draft";

/// Where a run looked from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Vantage {
    /// A network that the site's firewall does not trust.
    Outside,
    /// Some network; unless a person says otherwise, it may be the site's own.
    Inside,
    /// The server itself.
    Host,
}

impl Vantage {
    /// The word used in keys and on the command line.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Outside => "outside",
            Self::Inside => "inside",
            Self::Host => "host",
        }
    }
}

/// Facts, or why there are none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome<T> {
    /// What was seen.
    Seen(T),
    /// Why nothing was.
    Missed(Cause),
}

impl<T> Outcome<T> {
    /// The facts, or the cause of there being none.
    ///
    /// # Errors
    /// The cause, where nothing was seen.
    pub fn facts(&self) -> Result<&T, &Cause> {
        match self {
            Self::Seen(facts) => Ok(facts),
            Self::Missed(cause) => Err(cause),
        }
    }
}

impl<T> From<Result<T, Cause>> for Outcome<T> {
    fn from(result: Result<T, Cause>) -> Self {
        match result {
            Ok(facts) => Self::Seen(facts),
            Err(cause) => Self::Missed(cause),
        }
    }
}

/// One look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Entry<T> {
    /// When it began.
    #[schemars(with = "String")]
    pub at: Timestamp,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// What came of it.
    pub result: Outcome<T>,
}

/// Facts with the moment they were seen at.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a, T> {
    /// When.
    pub at: Timestamp,
    /// What.
    pub facts: &'a T,
}

/// Entries of one kind by the key of their ask.
pub type Entries<T> = BTreeMap<String, Entry<T>>;

/// Everything that was seen, or was tried to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// [`SCHEMA`].
    pub schema: String,
    /// Name and version of the program that collected it.
    pub tool: String,
    /// When collecting began.
    #[schemars(with = "String")]
    pub collected: Timestamp,
    /// Where from.
    pub vantage: Vantage,
    /// The CHT over HTTP and HTTPS.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub cht: Entries<ChtFacts>,
    /// TLS handshakes and certificates.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tls: Entries<TlsFacts>,
    /// Names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub dns: Entries<DnsFacts>,
    /// Domain registrations.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub registration: Entries<RegistrationFacts>,
    /// TCP ports, by host and vantage.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub ports: Entries<PortsFacts>,
    /// Compose files, merged.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub compose: Entries<ComposeFacts>,
    /// Environment files.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub env: Entries<EnvFacts>,
    /// Values files of the Helm chart.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub helm_values: Entries<HelmFacts>,
    /// Crontabs.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub crontab: Entries<CrontabFacts>,
    /// Watchdog's lists of instances.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub watchdog_instances: Entries<InstancesFacts>,
    /// Records that answers name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub records: Entries<RecordFacts>,
}

impl Evidence {
    /// A bundle in which nothing has been seen yet.
    #[must_use]
    pub fn empty(tool: impl Into<String>, collected: Timestamp, vantage: Vantage) -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            tool: tool.into(),
            collected,
            vantage,
            cht: Entries::new(),
            tls: Entries::new(),
            dns: Entries::new(),
            registration: Entries::new(),
            ports: Entries::new(),
            compose: Entries::new(),
            env: Entries::new(),
            helm_values: Entries::new(),
            crontab: Entries::new(),
            watchdog_instances: Entries::new(),
            records: Entries::new(),
        }
    }

    /// What was seen by these tiers alone.
    #[must_use]
    pub fn only(self, tiers: &[Tier]) -> Self {
        let bare = Self::empty(self.tool.clone(), self.collected, self.vantage);
        let (network, files, answers) = (tiers.contains(&Tier::Network), tiers.contains(&Tier::Files), tiers.contains(&Tier::Answer));
        Self {
            cht: if network { self.cht } else { bare.cht },
            tls: if network { self.tls } else { bare.tls },
            dns: if network { self.dns } else { bare.dns },
            registration: if network { self.registration } else { bare.registration },
            ports: if network { self.ports } else { bare.ports },
            compose: if files { self.compose } else { bare.compose },
            env: if files { self.env } else { bare.env },
            helm_values: if files { self.helm_values } else { bare.helm_values },
            crontab: if files { self.crontab } else { bare.crontab },
            watchdog_instances: if files { self.watchdog_instances } else { bare.watchdog_instances },
            records: if answers { self.records } else { bare.records },
            ..bare
        }
    }

    /// What was seen, without what was only tried.
    #[must_use]
    pub fn without_missed(mut self) -> Self {
        fn keep<T>(entries: &mut Entries<T>) {
            entries.retain(|_, entry| matches!(entry.result, Outcome::Seen(_)));
        }
        keep(&mut self.cht);
        keep(&mut self.tls);
        keep(&mut self.dns);
        keep(&mut self.registration);
        keep(&mut self.ports);
        keep(&mut self.compose);
        keep(&mut self.env);
        keep(&mut self.helm_values);
        keep(&mut self.crontab);
        keep(&mut self.watchdog_instances);
        keep(&mut self.records);
        self
    }

    /// Takes over every entry of `other` that is newer than what is here; entries after `as_of` are left out of both.
    #[must_use]
    pub fn merged(mut self, other: Self, as_of: Timestamp) -> Self {
        /// Keeps the newer of two entries a key, none after `as_of`.
        fn newer<T>(into: &mut Entries<T>, from: Entries<T>, as_of: Timestamp) {
            into.retain(|_, entry| entry.at <= as_of);
            for (key, entry) in from {
                if entry.at <= as_of && into.get(&key).is_none_or(|known| known.at < entry.at) {
                    into.insert(key, entry);
                }
            }
        }
        newer(&mut self.cht, other.cht, as_of);
        newer(&mut self.tls, other.tls, as_of);
        newer(&mut self.dns, other.dns, as_of);
        newer(&mut self.registration, other.registration, as_of);
        newer(&mut self.ports, other.ports, as_of);
        newer(&mut self.compose, other.compose, as_of);
        newer(&mut self.env, other.env, as_of);
        newer(&mut self.helm_values, other.helm_values, as_of);
        newer(&mut self.crontab, other.crontab, as_of);
        newer(&mut self.watchdog_instances, other.watchdog_instances, as_of);
        newer(&mut self.records, other.records, as_of);
        if other.collected > self.collected {
            self.collected = other.collected;
            self.vantage = other.vantage;
            self.tool = other.tool;
        }
        self
    }
}

/// What one look saw.
///
/// # Errors
/// Why nothing was seen: `NotCollected` where nobody looked.
pub fn seen<'a, T>(entries: &'a Entries<T>, key: &str) -> Result<Seen<'a, T>, Cause> {
    let entry = entries.get(key).ok_or_else(|| Cause::new(CauseKind::NotCollected, key))?;
    match &entry.result {
        Outcome::Seen(facts) => Ok(Seen { at: entry.at, facts }),
        Outcome::Missed(cause) => Err(cause.clone()),
    }
}
