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
    /// A and AAAA, sorted; never empty. Where only one of the two questions was answered, what that answer held.
    #[schemars(with = "Vec<String>")]
    pub addresses: Vec<IpAddr>,
    /// CNAME targets that were followed, in order, lower case.
    pub aliases: Vec<String>,
    /// Seconds for which others may keep the old answer after a change, as one of the zone's own servers has it
    /// (recursion off, authoritative answers only): the longest lifetime among the CNAMEs that were followed and the A and
    /// AAAA records at their end. Where an alias leads out of the zone, or to what that server has
    /// no authority for, its own lifetime is the last that counts: the site moves by changing that alias.
    pub ttl: Outcome<u32>,
    /// The same as the resolver has it, that is, what is left of it.
    pub resolver_ttl: Option<u32>,
    /// The zone that holds the name: the closest level with name servers. `None` where it was not found; `ttl` says why.
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
    /// The domains of the authorities that may issue, lower case, without parameters; an empty text stands for "nobody".
    /// An empty list restricts nobody: the set holds other properties only (`issuewild`, `iodef`).
    pub issue: Vec<String>,
}

/// What the registry says of a domain.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct RegistrationFacts {
    /// When the registration ends; `None` where the registry publishes no date.
    #[schemars(with = "Option<String>")]
    pub expires: Option<Timestamp>,
    /// The registry's status words in RDAP's form, lower case: `redemption period`, `pending delete`, …
    pub statuses: Vec<String>,
    /// The registrar.
    pub registrar: Option<String>,
    /// Who answered: the base address over RDAP, `whois://<host>` over WHOIS.
    pub server: String,
}

/// TCP connects to a short list, each port on every address of the host; each port is in exactly one list, each sorted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PortsFacts {
    /// Where from.
    pub vantage: super::Vantage,
    /// The host as the description has it: an IP address or a name.
    pub address: String,
    /// Some address accepted.
    pub open: Vec<u16>,
    /// Every address refused.
    pub closed: Vec<u16>,
    /// None accepted, and some address did not answer or was out of reach: a firewall, or nothing there.
    pub silent: Vec<u16>,
}
