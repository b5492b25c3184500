//! What names, registries and ports show.

use std::net::IpAddr;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Outcome;

/// What the domain name system says of a name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct DnsFacts {
    /// A and AAAA, sorted.
    #[schemars(with = "Vec<String>")]
    pub addresses: Vec<IpAddr>,
    /// Aliases that were followed, in order.
    pub aliases: Vec<String>,
    /// The shortest path's longest lifetime in seconds, as the zone's own servers give it (recursion off).
    pub ttl: Outcome<u32>,
    /// The same as the resolver has it: what is left of it.
    pub resolver_ttl: Option<u32>,
    /// The zone that holds the name.
    pub zone: Option<String>,
    /// The zone's name servers, sorted.
    pub name_servers: Vec<String>,
    /// The CAA set that applies to the name: none where no level has one.
    pub caa: Outcome<Option<Caa>>,
}

impl<T> Default for Outcome<T> {
    fn default() -> Self {
        Self::Missed(crate::finding::Cause::new(crate::finding::CauseKind::NotCollected, ""))
    }
}

/// A CAA set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Caa {
    /// The name that holds it.
    pub at: String,
    /// The domains of the authorities that may issue; an empty text stands for "nobody".
    pub issue: Vec<String>,
}

/// What the registry says of a domain.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct RegistrationFacts {
    /// When the registration ends; `None` where the registry publishes no date.
    #[schemars(with = "Option<String>")]
    pub expires: Option<Timestamp>,
    /// The registry's status words, lower case.
    pub statuses: Vec<String>,
    /// The registrar.
    pub registrar: Option<String>,
    /// The address that answered.
    pub server: String,
}

/// TCP connects to a short list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PortsFacts {
    /// Where from.
    pub vantage: super::Vantage,
    /// The address that was asked.
    pub address: String,
    /// Accepted.
    pub open: Vec<u16>,
    /// Refused by the host.
    pub closed: Vec<u16>,
    /// No answer, or unreachable: a firewall, or nothing there.
    pub silent: Vec<u16>,
}
