//! What files of the description say: what is meant to run, not what runs.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Compose files, merged and with their variables filled in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ComposeFacts {
    /// By service name.
    pub services: BTreeMap<String, Service>,
    /// What could not be followed, as `<file>: <what>`: `extends base.yml`, `include more.yml`, `web.deploy.restart_policy`,
    /// `${NAME}` for a variable without a value that something kept here depends on, `${NAME:?}` for one without which
    /// Compose refuses to start, and ports or volumes that are not understood.
    pub not_followed: Vec<String>,
}

/// One service. Of its environment only the classes of its secrets are kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Service {
    /// The file that names it last.
    pub file: String,
    /// The image with its tag.
    pub image: Option<String>,
    /// `no`, `always`, `unless-stopped`, `on-failure[:n]`; `None` where nothing is written (which means `no`).
    pub restart: Option<String>,
    /// Published ports, as `[address:]host-port` of the host side, with the container's port.
    pub ports: Vec<PublishedPort>,
    /// `volume` or host folder, and where it is mounted.
    pub mounts: Vec<Mount>,
    /// Started only with one of these profiles; empty for always.
    pub profiles: Vec<String>,
    /// The name that the file gives the container; without it Compose makes one of project, service and number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container_name: Option<String>,
    /// It shares the host's network: whatever it listens on is open on the host, without `ports`.
    #[serde(default)]
    pub host_network: bool,
    /// The secrets that were asked about and that the files set, by variable; not those that Compose takes from the
    /// environment under their own name, nor those that depend on a variable without a value.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub secrets: BTreeMap<String, SetSecret>,
}

/// A secret that a compose file sets for a service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct SetSecret {
    /// The file that sets it.
    pub file: String,
    /// Its class, variables filled in.
    pub class: SecretFacts,
    /// It stands in the file itself, as the value or as the default of a variable that has none; no variable has a part in it.
    pub written_out: bool,
}

/// A port that a container publishes on its host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PublishedPort {
    /// The host address it binds to; `None` for every address.
    pub address: Option<String>,
    /// The host port; `None` where Docker chooses one.
    pub host: Option<u16>,
    /// The container's port.
    pub container: u16,
    /// What is spoken on it.
    #[serde(default)]
    pub protocol: Protocol,
}

/// The protocol of a published port.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Protocol {
    /// TCP.
    #[default]
    Tcp,
    /// UDP.
    Udp,
    /// SCTP.
    Sctp,
}

/// A mount of a container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Mount {
    /// A volume's name or a folder of the host; `None` for an anonymous volume.
    pub source: Option<String>,
    /// Where it is mounted.
    pub target: String,
}

/// An environment file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct EnvFacts {
    /// The variables that may be kept by value, where set.
    pub values: BTreeMap<String, String>,
    /// The secrets that were asked about, set or not.
    pub secrets: BTreeMap<String, SecretFacts>,
}

/// What may be known of a secret.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct SecretFacts {
    /// How long it is.
    pub length: SecretLength,
    /// It is one of the defaults that the CHT or its documentation publishes.
    pub published_default: bool,
}

/// The class of a secret's length, in characters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SecretLength {
    /// Not in the file.
    #[default]
    Absent,
    /// Set to nothing.
    Empty,
    /// 1 to 7.
    Under8,
    /// 8 to 11.
    Under12,
    /// 12 to 14.
    Under15,
    /// 15 and more.
    Long,
}

/// A crontab. Commands are not kept, only what they do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct CrontabFacts {
    /// Lines that back something up or renew a certificate.
    pub jobs: Vec<CronJob>,
    /// `MAILTO` is set to somebody.
    pub mails: bool,
}

/// One line of a crontab.
#[expect(clippy::struct_excessive_bools, reason = "independent facts, not a state")]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CronJob {
    /// Counted from 1.
    pub line: u32,
    /// The five fields, or `@daily` and the like.
    pub schedule: String,
    /// The longest time between two runs, in seconds; `None` for `@reboot` or a schedule that is not understood.
    pub every: Option<i64>,
    /// What it is for.
    pub kind: JobKind,
    /// The program that tells: `borg`, `restic`, `certbot`, …
    pub tool: String,
    /// `docker exec -it` and the like: cron has no terminal, so it fails. (`-t` alone works, and Compose v2 finds out itself.)
    pub wants_terminal: bool,
    /// A `%` without a backslash before it: cron ends the command there and hands the rest to it as input, quoted or not.
    #[serde(default)]
    pub cut_at_percent: bool,
    /// The container that `docker exec` names.
    pub container: Option<String>,
    /// It reloads or restarts nginx, whatever became of the commands before it or when they went well.
    pub reloads_nginx: bool,
    /// That nginx is the host's own, in no container.
    #[serde(default)]
    pub reloads_host: bool,
    /// A passphrase or password stands in the line itself, or in a variable set above it.
    pub secret_in_line: bool,
    /// Folders and files that a backup reads, at most 20; not where it writes to. Those of another host without its name.
    pub paths: Vec<String>,
    /// Patterns that a backup leaves out, as the line writes them, at most 20; `None` where that cannot be told from the
    /// line: a file of patterns, rules, one disk alone, several backups on one line.
    #[serde(default)]
    pub excludes: Option<Vec<String>>,
    /// It tells a heartbeat service: an `http` address is called after success, or with the exit status.
    pub heartbeat: bool,
}

/// What a scheduled job is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum JobKind {
    /// Copies data away.
    Backup,
    /// Renews a certificate, or loads a renewed one.
    Renewal,
}

/// Watchdog's list of instances.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct InstancesFacts {
    /// The addresses it scrapes, as written.
    pub targets: Vec<String>,
}

/// A record that backs an answer: it exists and is not empty. It is hashed, not read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct RecordFacts {
    /// Its size.
    pub bytes: u64,
    /// SHA-256, hex.
    pub sha256: String,
}
