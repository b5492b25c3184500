//! Dated knowledge: releases, ends of support, rules of certificate authorities. Each part has its source and the day it
//! was gathered; the report says how old it is.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Deserialize;

use crate::yaml;

/// All that is known.
#[derive(Debug, Clone)]
pub struct Knowledge {
    /// CHT Core.
    pub releases: Releases,
    /// Operating systems.
    pub systems: Systems,
    /// Certificates and names.
    pub certificates: Certificates,
    /// Published default secrets.
    pub defaults: Defaults,
    /// Ports.
    pub ports: Ports,
    /// Registries with RDAP.
    pub rdap: Rdap,
    /// Registries with WHOIS, and those with neither.
    pub whois: Whois,
}

/// Releases of CHT Core, newest first.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Releases {
    /// The day this was gathered.
    pub gathered: Date,
    /// Where from.
    pub source: String,
    /// Minor releases.
    pub minors: Vec<Minor>,
    /// Patch releases.
    pub patches: Vec<Patch>,
}

/// A minor release.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Minor {
    /// `5.2`.
    pub version: String,
    /// The day it came out.
    pub released: Date,
    /// The last day of its support; none while it is the newest.
    pub ends: Option<Date>,
}

/// A patch release.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Patch {
    /// `5.2.0`.
    pub version: String,
    /// The day it came out.
    pub released: Date,
}

/// Operating systems.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Systems {
    /// The day this was gathered.
    pub gathered: Date,
    /// Where from.
    pub source: String,
    /// By id.
    pub systems: Vec<OperatingSystem>,
}

/// One operating system.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OperatingSystem {
    /// As `hosts[].os` spells it: `ubuntu-24.04`.
    pub id: String,
    /// The last day of its standard support.
    pub ends: Date,
}

/// Certificates and names.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certificates {
    /// The day this was gathered.
    pub gathered: Date,
    /// Where from.
    pub source: String,
    /// The longest lifetime of a public certificate, by the day of issue, newest first.
    pub longest: Vec<Longest>,
    /// Authorities that issue by ACME.
    pub authorities: Vec<Authority>,
    /// Other authorities.
    pub not_acme: Vec<Authority>,
    /// Common names of the CHT's own test certificates.
    pub defaults: Vec<String>,
    /// Endings of names whose private key is public.
    pub developer: Vec<String>,
    /// Endings of names that belong to nobody in particular.
    pub dynamic: Vec<String>,
}

/// From a day of issue on, a public certificate may live no longer than this.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Longest {
    /// The first day of the rule.
    pub from: Date,
    /// Days.
    pub days: i64,
}

/// A certificate authority.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Authority {
    /// How the organisation of its issuer begins.
    pub issuer: String,
    /// The names that a CAA record allows it by.
    pub caa: Vec<String>,
    /// Issues for tests only; trusted by nobody.
    #[serde(default)]
    pub staging: bool,
}

/// Published default secrets.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Defaults {
    /// The day this was gathered.
    pub gathered: Date,
    /// Where from.
    pub source: String,
    /// By variable.
    pub secrets: Vec<PublishedSecret>,
    /// Variables that hold no secret.
    pub plain: Vec<String>,
    /// Values of the Helm charts that belong to the chart's own development.
    #[serde(default)]
    pub development: Vec<DevelopmentValue>,
}

/// A key of the Helm charts, and what stands there where nobody has changed the development's own value.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DevelopmentValue {
    /// `ingress.host`.
    pub key: String,
    /// The values; `*` stands for any text.
    pub values: Vec<String>,
}

/// A variable and the values for it that anybody can look up.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublishedSecret {
    /// The variable.
    pub variable: String,
    /// The key of the Helm charts that becomes this variable.
    #[serde(default)]
    pub helm: Option<String>,
    /// The values.
    pub published: Vec<String>,
}

/// Ports.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ports {
    /// The day this was gathered.
    pub gathered: Date,
    /// Where from.
    pub source: String,
    /// The short list.
    pub ports: Vec<KnownPort>,
}

/// A port and what answers there.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownPort {
    /// TCP.
    pub port: u16,
    /// What answers there.
    pub service: String,
    /// Open to strangers, it gives away data or the server.
    #[serde(default)]
    pub grave: bool,
}

/// Registries with RDAP.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rdap {
    /// The day this was gathered.
    pub gathered: Date,
    /// Where from.
    pub source: String,
    /// Base addresses by top-level domain, as IANA lists them.
    pub iana: BTreeMap<String, String>,
    /// Base addresses that IANA does not list; a starting table.
    pub unconfirmed: BTreeMap<String, String>,
}

impl Rdap {
    /// The RDAP servers of a top-level domain; none where none is known.
    #[must_use]
    pub fn servers(&self, top_level_domain: &str) -> Vec<String> {
        self.iana.get(top_level_domain).or_else(|| self.unconfirmed.get(top_level_domain)).cloned().into_iter().collect()
    }
}

/// Registries with WHOIS, and those that tell nobody.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Whois {
    /// The day this was gathered.
    pub gathered: Date,
    /// Where from.
    pub source: String,
    /// Forms of answers, each with the servers that answer in it.
    pub forms: BTreeMap<String, WhoisForm>,
    /// Endings whose registry has neither WHOIS nor RDAP.
    pub none: Vec<String>,
    /// Endings whose registry answers, and publishes no end of a registration.
    pub undated: Vec<String>,
}

/// How answers are written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WhoisForm {
    /// The labels of the date.
    pub expiry: Vec<String>,
    /// A date of numbers alone begins with the day; not known where it is not so.
    #[serde(default)]
    pub day_first: bool,
    /// Phrases that say that there is no such domain.
    pub absent: Vec<String>,
    /// By ending: a top-level domain, or a longer one (`co.za`).
    pub servers: BTreeMap<String, WhoisServer>,
}

/// A WHOIS server.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WhoisServer {
    /// Its name.
    pub host: String,
    /// The day of the youngest answer that shows its form.
    pub seen: Date,
}

impl Whois {
    /// The server of the longest ending that fits a domain, and the form it answers in; none where none is known.
    #[must_use]
    pub fn server(&self, domain: &str) -> Option<(&WhoisServer, &WhoisForm)> {
        endings(domain).find_map(|ending| self.forms.values().find_map(|form| form.servers.get(ending).map(|server| (server, form))))
    }

    /// The longest ending that fits a domain and is known to tell nobody when a registration ends.
    #[must_use]
    pub fn silent(&self, domain: &str) -> Option<&str> {
        endings(domain).find_map(|ending| self.none.iter().chain(&self.undated).find(|silent| *silent == ending)).map(String::as_str)
    }
}

/// What a domain ends with, from label to label, the longest first.
fn endings(domain: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(domain.split_once('.'), |(_, ending)| ending.split_once('.')).map(|(_, ending)| ending)
}

/// The parts that `--knowledge FILE` may bring, each whole.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Newer {
    releases: Option<Releases>,
    systems: Option<Systems>,
    certificates: Option<Certificates>,
    defaults: Option<Defaults>,
    ports: Option<Ports>,
    rdap: Option<Rdap>,
    whois: Option<Whois>,
}

/// Knowledge that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Broken(String);

impl Knowledge {
    /// What is built into the program.
    ///
    /// # Errors
    /// A text that cannot be read: a mistake of this program, found by its tests.
    pub fn embedded() -> Result<Self, Broken> {
        let broken = |part: &'static str| move |why: String| Broken(format!("checks/knowledge/{part}.yaml: {why}"));
        Ok(Self {
            releases: yaml::embedded(include_str!("../checks/knowledge/releases.yaml")).map_err(broken("releases"))?,
            systems: yaml::embedded(include_str!("../checks/knowledge/systems.yaml")).map_err(broken("systems"))?,
            certificates: yaml::embedded(include_str!("../checks/knowledge/certificates.yaml")).map_err(broken("certificates"))?,
            defaults: yaml::embedded(include_str!("../checks/knowledge/defaults.yaml")).map_err(broken("defaults"))?,
            ports: yaml::embedded(include_str!("../checks/knowledge/ports.yaml")).map_err(broken("ports"))?,
            rdap: yaml::embedded(include_str!("../checks/knowledge/rdap.yaml")).map_err(broken("rdap"))?,
            whois: yaml::embedded(include_str!("../checks/knowledge/whois.yaml")).map_err(broken("whois"))?,
        })
    }

    /// Replaces each part that `text` brings: a map with any of `releases`, `systems`, `certificates`, `defaults`,
    /// `ports`, `rdap` and `whois`, each as its file under `checks/knowledge` is.
    ///
    /// # Errors
    /// Text that is not such a map.
    pub fn newer(mut self, text: &str) -> Result<Self, Broken> {
        let newer: Newer = yaml::given(text).map_err(Broken)?;
        self.releases = newer.releases.unwrap_or(self.releases);
        self.systems = newer.systems.unwrap_or(self.systems);
        self.certificates = newer.certificates.unwrap_or(self.certificates);
        self.defaults = newer.defaults.unwrap_or(self.defaults);
        self.ports = newer.ports.unwrap_or(self.ports);
        self.rdap = newer.rdap.unwrap_or(self.rdap);
        self.whois = newer.whois.unwrap_or(self.whois);
        Ok(self)
    }

    /// The day that the oldest part was gathered on.
    #[must_use]
    pub fn gathered(&self) -> Date {
        let Self { releases, systems, certificates, defaults, ports, rdap, whois } = self;
        let days = [releases.gathered, systems.gathered, certificates.gathered, defaults.gathered, ports.gathered, rdap.gathered, whois.gathered];
        days.into_iter().min().unwrap_or_default()
    }
}
