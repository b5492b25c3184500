//! What a run wants to know, complete before anything is looked at. An ask's key is also the key of its evidence.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// One part of what a CHT server tells over HTTP, in the order in which they are asked: what matters most goes first,
/// because a run that is refused too often asks for no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChtPart {
    /// `GET /api/v2/monitoring`, else `/api/v1/monitoring`.
    Monitoring,
    /// `GET /medic/login`.
    LoginPage,
    /// `GET /_all_dbs`, `/_utils/` and `/_up` without a login.
    Anonymous,
    /// `GET /` as a browser sends it: where to, and with which cookies.
    StartPage,
    /// `GET /api/info` with a foreign `Origin`.
    Cors,
    /// `GET /api/v1/express-metrics`.
    ExpressMetrics,
    /// `GET /medic/privacy-policy`.
    PrivacyPolicy,
    /// `GET /deploy-info.json`.
    DeployInfo,
    /// `GET http://…/` on port 80, on each address.
    PlainHttp,
    /// `GET http://…/.well-known/acme-challenge/` on port 80, on each address.
    AcmePath,
}

/// One part of one CHT server.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ChtAsk {
    /// The address that users type, `https://host[:port]`, without a trailing slash.
    pub url: String,
    /// Which part.
    pub part: ChtPart,
}

impl ChtAsk {
    /// The part of the server at `url` (a trailing slash is dropped).
    #[must_use]
    pub fn new(url: &str, part: ChtPart) -> Self {
        Self { url: url.trim_end_matches('/').to_owned(), part }
    }

    /// The key of its evidence: `<part> <url>`.
    #[must_use]
    pub fn key(&self) -> String {
        let part = match self.part {
            ChtPart::Monitoring => "monitoring",
            ChtPart::LoginPage => "login-page",
            ChtPart::PrivacyPolicy => "privacy-policy",
            ChtPart::DeployInfo => "deploy-info",
            ChtPart::Anonymous => "anonymous",
            ChtPart::StartPage => "start-page",
            ChtPart::Cors => "cors",
            ChtPart::ExpressMetrics => "express-metrics",
            ChtPart::PlainHttp => "plain-http",
            ChtPart::AcmePath => "acme-path",
        };
        format!("{part} {}", self.url)
    }
}

/// TLS on every address of a name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TlsAsk {
    /// The name that is asked for by SNI and checked in the certificate; an IP address for a site without a name.
    pub host: String,
    /// The TCP port.
    pub port: u16,
}

impl TlsAsk {
    /// The key of its evidence: `host:port`.
    #[must_use]
    pub fn key(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}

/// Addresses, aliases, lifetimes, name servers and CAA of a name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DnsAsk {
    /// The name, without a trailing dot.
    pub name: String,
}

impl DnsAsk {
    /// The key of its evidence: the name.
    #[must_use]
    pub fn key(&self) -> String {
        self.name.clone()
    }
}

/// The registration of a registrable domain.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RegistrationAsk {
    /// The registrable domain, for example `county.example.org`'s `example.org`.
    pub domain: String,
    /// RDAP base addresses of its registry, with a trailing slash; none where the registry has no RDAP.
    pub rdap: Vec<String>,
    /// Its registry's WHOIS, asked where RDAP tells nothing; none where none is known.
    pub whois: Option<WhoisAsk>,
    /// The ending whose registry is known to publish no end of a registration; nobody is asked then, RDAP apart.
    pub silent: Option<String>,
}

/// A WHOIS server, and the form of its answers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct WhoisAsk {
    /// Its name; it is asked on port 43.
    pub host: String,
    /// The labels of the date, in any case.
    pub expiry: Vec<String>,
    /// A date of numbers alone begins with the day; not known where it is not so.
    pub day_first: bool,
    /// Phrases that say that there is no such domain, in any case.
    pub absent: Vec<String>,
}

impl RegistrationAsk {
    /// The key of its evidence: the domain.
    #[must_use]
    pub fn key(&self) -> String {
        self.domain.clone()
    }
}

/// A short list of TCP ports on one host of the description.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PortsAsk {
    /// `hosts[].id`.
    pub host: String,
    /// `hosts[].address`: an IP address or a name.
    pub address: String,
    /// The ports.
    pub ports: Vec<u16>,
}

impl PortsAsk {
    /// The key of its evidence: `<host id> <vantage word>`.
    #[must_use]
    pub fn key(&self, vantage: super::Vantage) -> String {
        format!("{} {}", self.host, vantage.word())
    }
}

/// One file of the description, read for its own sake.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileAsk {
    /// Relative to the description's folder.
    pub path: String,
}

impl FileAsk {
    /// The key of its evidence: the path.
    #[must_use]
    pub fn key(&self) -> String {
        self.path.clone()
    }
}

/// Compose files that are started together, with the environment file that fills their variables.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ComposeAsk {
    /// In the order in which they are merged, relative to the description's folder.
    pub paths: Vec<String>,
    /// The environment file, relative to the description's folder.
    pub env: Option<String>,
    /// Variables of a service that hold secrets, each with the hex SHA-256 of `salt` followed by each published default.
    pub secrets: BTreeMap<String, BTreeSet<String>>,
    /// The salt of those hashes.
    pub salt: String,
}

impl ComposeAsk {
    /// The key of its evidence.
    #[must_use]
    pub fn key(&self) -> String {
        Self::key_of(&self.paths)
    }

    /// The key of the evidence of these files: the paths, parted by `+`.
    #[must_use]
    pub fn key_of(paths: &[String]) -> String {
        paths.join(" + ")
    }
}

/// An environment file. What may be read from it by value, and what only by its class.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct EnvAsk {
    /// Relative to the description's folder.
    pub path: String,
    /// Variables whose values are no secret and are kept.
    pub plain: BTreeSet<String>,
    /// Variables that hold secrets, each with the hex SHA-256 of `salt` followed by each published default.
    pub secrets: BTreeMap<String, BTreeSet<String>>,
    /// The salt of those hashes.
    pub salt: String,
}

impl EnvAsk {
    /// The key of its evidence: the path.
    #[must_use]
    pub fn key(&self) -> String {
        self.path.clone()
    }
}

/// The values file of the Helm chart. Its secrets are told by their class only.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct HelmAsk {
    /// Relative to the description's folder.
    pub path: String,
    /// Keys (`couchdb.password`) that hold secrets, each with the hex SHA-256 of `salt` followed by each published default.
    pub secrets: BTreeMap<String, BTreeSet<String>>,
    /// The salt of those hashes.
    pub salt: String,
    /// Keys with the values that belong to the chart's own development; `*` stands for any text.
    pub development: BTreeMap<String, BTreeSet<String>>,
}

impl HelmAsk {
    /// The key of its evidence: the path.
    #[must_use]
    pub fn key(&self) -> String {
        self.path.clone()
    }
}

/// Everything that a run wants to know; adding twice is harmless.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asks {
    /// CHT servers.
    pub cht: BTreeSet<ChtAsk>,
    /// TLS.
    pub tls: BTreeSet<TlsAsk>,
    /// Names.
    pub dns: BTreeSet<DnsAsk>,
    /// Domain registrations.
    pub registration: BTreeSet<RegistrationAsk>,
    /// Ports.
    pub ports: BTreeSet<PortsAsk>,
    /// Compose files.
    pub compose: BTreeSet<ComposeAsk>,
    /// Environment files.
    pub env: BTreeSet<EnvAsk>,
    /// Values files of the Helm chart.
    pub helm_values: BTreeSet<HelmAsk>,
    /// Crontabs.
    pub crontab: BTreeSet<FileAsk>,
    /// Watchdog's lists of instances.
    pub watchdog_instances: BTreeSet<FileAsk>,
    /// Records.
    pub records: BTreeSet<FileAsk>,
}
