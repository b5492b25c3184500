//! The vocabulary of `site.yaml`, as it is written. The doc comments are the descriptions in its JSON Schema.
//!
//! Beside what JSON Schema knows, `x-path` marks a path of a file, `x-secret` a secret by reference, `x-ahead` a day that
//! may lie in the future; `x-least` and `x-most` bound a length of time. What lies outside a range is no bad answer but a
//! slip of the pen: the ranges are wide, and a value at their edge is judged like any other.
//!
//! No `flatten`, no untagged or internally tagged enums: places and paths would be lost.

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use super::scalar::{Day, Reply, Span, YesNo};

/// One production deployment of the Community Health Toolkit.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Description {
    /// What people call it.
    pub name: String,
    /// The https address that health workers use.
    pub url: String,
    /// Where the server stands. Without it every kind's checks apply.
    pub kind: Option<Kind>,
    /// When this description was last gone through: the age of every answer that has no date of its own.
    pub reviewed: Option<Reviewed>,
    /// ISO 3166 code of the country whose law applies, for example KE.
    pub country: Option<String>,
    /// IANA name, for example Africa/Nairobi. Days begin in this zone; UTC without it.
    pub timezone: Option<String>,
    /// Descriptions that this one is laid over, in order: maps by key, scalars and lists replace, waivers append.
    #[serde(default)]
    #[schemars(extend("x-path" = true))]
    pub extends: Vec<String>,
    /// Roles that the rest of the description refers to. Names and phone numbers can stay out.
    #[serde(default)]
    pub people: BTreeMap<String, String>,
    /// The servers.
    #[serde(default)]
    pub hosts: Vec<Host>,
    /// Permission to try the ports of the hosts.
    pub scan_allowed: Option<ScanAllowed>,
    /// Files beside this description that say more.
    #[serde(default)]
    pub files: Files,
    /// The CHT itself.
    #[serde(default)]
    pub cht: Cht,
    /// Who hears of trouble.
    #[serde(default)]
    pub alerting: Alerting,
    /// Power failures and unplanned restarts.
    #[serde(default)]
    pub restarts: Restarts,
    /// Copies of the data.
    #[serde(default)]
    pub backups: Backups,
    /// When the building is lost.
    #[serde(default)]
    pub disaster_recovery: DisasterRecovery,
    /// Room to grow.
    #[serde(default)]
    pub scale: Scale,
    /// Keeping it current.
    #[serde(default)]
    pub updates: Updates,
    /// What ends on a date.
    #[serde(default)]
    pub renewals: Renewals,
    /// Keeping strangers out.
    #[serde(default)]
    pub security: Security,
    /// Protecting patients.
    #[serde(default)]
    pub privacy: Privacy,
    /// Answers to checks, by check id.
    #[serde(default)]
    pub answers: BTreeMap<String, Answer>,
    /// Other limits than the catalogue's, by check id and limit name. A looser one is shown in the report.
    #[serde(default)]
    #[schemars(schema_with = "limits")]
    pub thresholds: BTreeMap<String, BTreeMap<String, String>>,
    /// Gates that are set aside for a reason and a time. They change no number.
    #[serde(default)]
    pub waivers: Vec<WaiverEntry>,
}

/// Limits are numbers or lengths of time: bare numbers are texts too.
fn limits(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "object", "additionalProperties": { "type": "object", "additionalProperties": { "type": ["string", "integer"] } } })
}

/// Where the server stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// In a health facility or office.
    Facility,
    /// In a data centre.
    Datacenter,
    /// Rented from a cloud.
    Cloud,
}

/// When and by whom the description was gone through.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reviewed {
    /// The day.
    pub date: Day,
    /// Who.
    #[schemars(extend("x-person" = true))]
    pub by: Option<String>,
    /// A file that shows it.
    #[schemars(extend("x-path" = true))]
    pub record: Option<String>,
    /// Anything worth knowing.
    pub note: Option<String>,
}

/// Permission to try ports.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScanAllowed {
    /// The day it was given.
    pub date: Option<Day>,
    /// Who gave it.
    #[schemars(extend("x-person" = true))]
    pub by: String,
    /// A file that shows it.
    #[schemars(extend("x-path" = true))]
    pub record: Option<String>,
    /// Anything worth knowing.
    pub note: Option<String>,
}

/// One server.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Host {
    /// A short name; port scans and host evidence are keyed by it.
    pub id: String,
    /// IP address or name.
    pub address: Option<String>,
    /// What it does.
    pub role: Option<Role>,
    /// Operating system and release, for example ubuntu-24.04.
    pub os: Option<String>,
    /// Processor cores.
    #[schemars(range(min = 1, max = 4_096))]
    pub cpus: Option<u32>,
    /// Memory, in GB.
    #[schemars(range(min = 1, max = 65_536))]
    pub ram_gb: Option<u32>,
    /// Size of the disk that holds the database, in GB.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub disk_gb: Option<u32>,
    /// What is free on it, in GB.
    #[schemars(range(min = 0, max = 1_000_000))]
    pub disk_free_gb: Option<u32>,
    /// Whether it is solid state.
    pub ssd: Option<YesNo>,
    /// When these figures were read.
    pub date: Option<Day>,
    /// By whom.
    #[schemars(extend("x-person" = true))]
    pub by: Option<String>,
    /// A file that shows it.
    #[schemars(extend("x-path" = true))]
    pub record: Option<String>,
    /// Anything worth knowing.
    pub note: Option<String>,
}

/// What a server does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// The CHT.
    Cht,
    /// A CouchDB node of its own.
    Couchdb,
    /// Monitoring.
    Monitor,
    /// Backups.
    Backup,
    /// Analytics: Postgres and dashboards.
    Analytics,
}

/// Files beside the description. What they say counts as documented.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Files {
    /// Compose files, in the order in which they are merged.
    #[serde(default)]
    #[schemars(extend("x-path" = true))]
    pub compose: Vec<String>,
    /// The environment file that holds the CHT's secrets.
    #[schemars(extend("x-path" = true))]
    pub env: Option<String>,
    /// The output of `crontab -l`, or a file from `/etc/cron.d`.
    #[schemars(extend("x-path" = true))]
    pub crontab: Option<String>,
    /// The values file of the Helm chart.
    #[schemars(extend("x-path" = true))]
    pub helm_values: Option<String>,
    /// Watchdog's `cht-instances.yml`.
    #[schemars(extend("x-path" = true))]
    pub watchdog_instances: Option<String>,
}

/// The CHT itself.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cht {
    /// The version that is meant to run.
    pub version: Option<String>,
    /// The https address of a test instance.
    pub staging_url: Option<String>,
    /// A login for checks that need one; goes to `url` only.
    pub credentials: Option<Credentials>,
    /// Whether endpoints that need a database administrator may be read.
    pub allow_admin: Option<YesNo>,
}

/// A login.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Credentials {
    /// The user name.
    pub user: Secret,
    /// The password.
    pub password: Secret,
}

/// A secret by reference: exactly one of `env` and `file`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-secret" = true))]
pub struct Secret {
    /// The name of an environment variable, `CHT_AUDIT_…` unless allowed by --allow-env.
    pub env: Option<String>,
    /// A file that holds the secret and nothing else.
    #[schemars(extend("x-path" = true))]
    pub file: Option<String>,
}

/// Who hears of trouble.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Alerting {
    /// What watches the instance.
    #[serde(default)]
    pub monitors: Vec<Monitor>,
    /// The people who are called, by role.
    #[serde(default)]
    #[schemars(extend("x-person" = true))]
    pub on_call: Vec<String>,
    /// Where alerts go: addresses, groups, phone numbers (roles will do).
    #[serde(default)]
    #[schemars(extend("x-person" = true))]
    pub contacts: Vec<String>,
    /// The last alert that was sent as a test and reached a person.
    pub last_test: Option<AlertTest>,
}

/// One monitor.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Monitor {
    /// watchdog, prometheus, uptimerobot, zabbix, …
    pub kind: String,
    /// The address of its Grafana.
    pub grafana: Option<String>,
    /// The address of its Prometheus.
    pub prometheus: Option<String>,
    /// A token for it.
    pub token: Option<Secret>,
    /// Where it stands, seen from the CHT server.
    pub place: Option<Locality>,
}

/// How far something is from the CHT server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Locality {
    /// On the server.
    SameServer,
    /// In its room.
    SameRoom,
    /// In its building.
    SameBuilding,
    /// On its campus.
    SameCampus,
    /// In another town (say how far with `km`).
    OtherTown,
    /// In another region.
    OtherRegion,
    /// Somewhere that shares nothing with it.
    Elsewhere,
}

/// A test alert that reached a person.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AlertTest {
    /// The day.
    pub date: Option<Day>,
    /// Who received it.
    #[schemars(extend("x-person" = true))]
    pub by: Option<String>,
    /// Minutes from the failure to the person.
    #[schemars(range(min = 1, max = 10_080))]
    pub minutes: Option<u32>,
    /// A file that shows it.
    #[schemars(extend("x-path" = true))]
    pub record: Option<String>,
    /// Anything worth knowing.
    pub note: Option<String>,
}

/// Power failures and unplanned restarts.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Restarts {
    /// How an encrypted disk is unlocked at boot.
    pub unlock: Option<Unlock>,
    /// The battery that carries the server.
    pub ups: Option<Ups>,
    /// The last power cut, or a rehearsal of one.
    pub last_power_cut: Option<PowerCut>,
}

/// How an encrypted disk is unlocked at boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Unlock {
    /// By the machine's own security chip.
    Tpm,
    /// By a server on the network (Clevis and Tang).
    Tang,
    /// By a person who types a passphrase.
    Person,
    /// Nothing is encrypted.
    None,
}

/// A battery.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ups {
    /// How many minutes it carries the server.
    #[schemars(range(min = 0, max = 10_080))]
    pub minutes: Option<u32>,
    /// When its battery was put in.
    pub battery: Option<Day>,
    /// Whether it tells the server to shut down.
    pub signals_shutdown: Option<YesNo>,
    /// When this was looked at.
    pub date: Option<Day>,
    /// By whom.
    #[schemars(extend("x-person" = true))]
    pub by: Option<String>,
    /// A file that shows it.
    #[schemars(extend("x-path" = true))]
    pub record: Option<String>,
    /// Anything worth knowing.
    pub note: Option<String>,
}

/// A power cut that was lived through.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PowerCut {
    /// The day.
    pub date: Option<Day>,
    /// Who was there.
    #[schemars(extend("x-person" = true))]
    pub by: Option<String>,
    /// Minutes until the login page answered again.
    #[schemars(range(min = 1, max = 527_040))]
    pub minutes_to_service: Option<u32>,
    /// A file that shows it.
    #[schemars(extend("x-path" = true))]
    pub record: Option<String>,
    /// Anything worth knowing.
    pub note: Option<String>,
}

/// Copies of the data.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Backups {
    /// Copies beside the live database.
    #[serde(default)]
    pub copies: Vec<BackupCopy>,
    /// The last restore that was tried.
    pub last_restore: Option<Restore>,
    /// Who holds the key of the backups, outside the server.
    #[serde(default)]
    #[schemars(extend("x-person" = true))]
    pub keys_held_by: Vec<String>,
}

/// One copy.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BackupCopy {
    /// A short name.
    pub id: String,
    /// How it is made.
    pub kind: CopyKind,
    /// The repository or folder.
    pub repository: Option<String>,
    /// Its password.
    pub password: Option<Secret>,
    /// Where it stands, seen from the CHT server.
    pub place: Option<Locality>,
    /// How far away, in km.
    #[schemars(range(min = 0, max = 20_040))]
    pub km: Option<u32>,
    /// What it is kept on.
    pub media: Option<Media>,
    /// How often it is made.
    #[schemars(extend("x-least" = "1m", "x-most" = "366d"))]
    pub every: Option<Span>,
    /// When it was last seen to be good.
    pub last: Option<LastCopy>,
    /// What it holds.
    #[serde(default)]
    pub includes: Vec<Included>,
    /// Whether it is encrypted (borg, restic and kopia say so themselves).
    pub encrypted: Option<YesNo>,
    /// Who carries it, where a person does.
    #[schemars(extend("x-person" = true))]
    pub carried_by: Option<String>,
    /// Anything worth knowing.
    pub note: Option<String>,
}

/// How a copy is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CopyKind {
    /// `BorgBackup`.
    Borg,
    /// restic.
    Restic,
    /// Kopia.
    Kopia,
    /// rclone.
    Rclone,
    /// A folder or disk that files are copied to.
    Folder,
    /// An object store.
    S3,
    /// A snapshot of a volume.
    Snapshot,
    /// Mirrored disks. Never counts as a copy.
    Raid,
    /// Several CouchDB nodes. Never counts as a copy.
    Cluster,
}

impl CopyKind {
    /// Whether it is a copy at all: a mirror and a cluster repeat every mistake at once.
    #[must_use]
    pub fn counts(self) -> bool {
        !matches!(self, Self::Raid | Self::Cluster)
    }
}

/// What a copy is kept on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Media {
    /// The disk of the live database.
    ServerDisk,
    /// Another hard disk.
    Hdd,
    /// A disk on USB.
    UsbDisk,
    /// Network storage.
    Nas,
    /// A storage network.
    San,
    /// An object store.
    Object,
    /// Tape.
    Tape,
}

/// What a copy holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Included {
    /// The folder of `CouchDB`, of every node.
    Couchdb,
    /// The environment file.
    Env,
    /// The volume `cht-credentials`.
    Credentials,
    /// The volume `cht-ssl`.
    Tls,
    /// Compose files or Helm values.
    Compose,
    /// The repository of forms and settings.
    Config,
    /// Watchdog's data.
    Monitoring,
}

/// When a copy was last seen to be good.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LastCopy {
    /// The day.
    pub date: Option<Day>,
    /// Who looked.
    #[schemars(extend("x-person" = true))]
    pub by: Option<String>,
    /// A file that shows it.
    #[schemars(extend("x-path" = true))]
    pub record: Option<String>,
    /// Anything worth knowing.
    pub note: Option<String>,
}

/// A restore that was tried.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Restore {
    /// The day.
    pub date: Option<Day>,
    /// Who did it.
    #[schemars(extend("x-person" = true))]
    pub by: Option<String>,
    /// Minutes it took.
    #[schemars(range(min = 1, max = 527_040))]
    pub minutes: Option<u32>,
    /// A file that shows it.
    #[schemars(extend("x-path" = true))]
    pub record: Option<String>,
    /// Anything worth knowing.
    pub note: Option<String>,
}

/// When the building is lost.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DisasterRecovery {
    /// How much work may be lost.
    #[schemars(extend("x-least" = "0s", "x-most" = "366d"))]
    pub may_lose: Option<Span>,
    /// How soon the CHT must be back.
    #[schemars(extend("x-least" = "1m", "x-most" = "366d"))]
    pub back_within: Option<Span>,
    /// The line over which a copy would come back, in Mbit/s.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub link_mbps: Option<u32>,
    /// Where the CHT would run.
    pub alternate: Option<Alternate>,
    /// The written plan.
    pub plan: Option<RecoveryPlan>,
}

/// Where the CHT would run.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Alternate {
    /// How soon it is ready.
    #[schemars(extend("x-least" = "0s", "x-most" = "366d"))]
    pub ready: Option<Span>,
    /// When this was agreed.
    pub date: Option<Day>,
    /// By whom.
    #[schemars(extend("x-person" = true))]
    pub by: Option<String>,
    /// A file that shows it.
    #[schemars(extend("x-path" = true))]
    pub record: Option<String>,
    /// Anything worth knowing.
    pub note: Option<String>,
}

/// The written plan.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecoveryPlan {
    /// When it was last gone through.
    pub date: Option<Day>,
    /// By whom.
    #[schemars(extend("x-person" = true))]
    pub by: Option<String>,
    /// The plan itself.
    #[schemars(extend("x-path" = true))]
    pub record: Option<String>,
    /// Where a copy is kept, seen from the CHT server.
    pub stored: Option<Locality>,
    /// Anything worth knowing.
    pub note: Option<String>,
}

/// Room to grow.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scale {
    /// Health workers who sync.
    #[schemars(range(min = 0, max = 1_000_000))]
    pub users: Option<u32>,
    /// Size of the data, in GB.
    #[schemars(range(min = 0, max = 1_000_000))]
    pub data_gb: Option<u32>,
    /// How long it takes to get more hardware.
    #[schemars(extend("x-least" = "0s", "x-most" = "1830d"))]
    pub lead_time: Option<Span>,
    /// How many CHT instances share the server.
    #[schemars(range(min = 1, max = 1_000))]
    pub instances_on_host: Option<u32>,
}

/// Keeping it current.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Updates {
    /// The agreed hours for maintenance, in words.
    #[schemars(extend("x-agreed" = true))]
    pub window: Option<String>,
    /// How often upgrades are meant to happen.
    #[schemars(extend("x-least" = "1d", "x-most" = "3660d"))]
    pub every: Option<Span>,
    /// The day of the last upgrade.
    pub last: Option<Day>,
    /// Who was trained, and when.
    #[serde(default)]
    pub trained: Vec<Trained>,
}

/// A training.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Trained {
    /// Who, by role.
    #[schemars(extend("x-person" = true))]
    pub who: String,
    /// The day.
    pub date: Option<Day>,
}

/// What ends on a date.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Renewals {
    /// The domain name.
    pub domain: Option<Domain>,
    /// The certificate.
    pub tls: Option<TlsRenewal>,
    /// Other things that end.
    #[serde(default)]
    pub also: Vec<Ending>,
}

/// The registration of the domain name.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Domain {
    /// The day it ends.
    #[schemars(extend("x-ahead" = true))]
    pub expires: Option<Day>,
    /// Who it belongs to.
    #[schemars(extend("x-person" = true))]
    pub owner: Option<String>,
    /// Who is told by the registrar, by role.
    #[serde(default)]
    #[schemars(extend("x-person" = true))]
    pub contacts: Vec<String>,
    /// When this was looked up.
    pub date: Option<Day>,
    /// By whom.
    #[schemars(extend("x-person" = true))]
    pub by: Option<String>,
    /// A file that shows it.
    #[schemars(extend("x-path" = true))]
    pub record: Option<String>,
    /// Anything worth knowing.
    pub note: Option<String>,
}

/// How the certificate is renewed.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TlsRenewal {
    /// The CHT's `CERTIFICATE_MODE`, or what stands in front.
    pub mode: Option<TlsMode>,
    /// Why a private authority is right here: a closed network.
    pub private_ca: Option<String>,
    /// When this was looked at.
    pub date: Option<Day>,
    /// By whom.
    #[schemars(extend("x-person" = true))]
    pub by: Option<String>,
    /// A file that shows it.
    #[schemars(extend("x-path" = true))]
    pub record: Option<String>,
    /// Anything worth knowing.
    pub note: Option<String>,
}

/// Where the certificate comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
pub enum TlsMode {
    /// The CHT's own, for tests.
    #[serde(rename = "SELF_SIGNED")]
    SelfSigned,
    /// Bought or issued, put in place by hand.
    #[serde(rename = "OWN_CERT")]
    OwnCert,
    /// certbot.
    #[serde(rename = "AUTO_GENERATE")]
    AutoGenerate,
    /// An ingress or load balancer.
    #[serde(rename = "ingress")]
    Ingress,
    /// cert-manager.
    #[serde(rename = "cert-manager")]
    CertManager,
    /// Amazon's certificate manager.
    #[serde(rename = "acm")]
    Acm,
    /// Something else.
    #[serde(rename = "other")]
    Other,
}

/// Something that ends on a date.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ending {
    /// What.
    pub item: String,
    /// When.
    #[schemars(extend("x-ahead" = true))]
    pub ends: Day,
    /// Who renews it, by role.
    #[schemars(extend("x-person" = true))]
    pub owner: Option<String>,
}

/// Keeping strangers out.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Security {
    /// TCP ports that may be open to the world. 80 and 443 without it.
    #[schemars(inner(range(min = 1)))]
    pub allowed_ports: Option<Vec<u16>>,
    /// How health workers log in.
    pub chw_login: Option<ChwLogin>,
}

/// How health workers log in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ChwLogin {
    /// By a link in an SMS.
    MagicLink,
    /// By a password.
    Password,
    /// Through an identity provider.
    Sso,
}

/// Protecting patients.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Privacy {
    /// Who answers for the data before the law.
    pub controller: Option<String>,
    /// ISO 3166 code of the country in which the data must stay. No check judges it yet.
    pub residency: Option<String>,
    /// How long data is kept.
    pub retention: Option<Retention>,
}

/// How long data is kept.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    /// Years.
    #[schemars(range(min = 1, max = 150))]
    pub years: Option<u32>,
    /// When this was decided.
    pub date: Option<Day>,
    /// By whom.
    #[schemars(extend("x-person" = true))]
    pub by: Option<String>,
    /// A file that shows it.
    #[schemars(extend("x-path" = true))]
    pub record: Option<String>,
    /// Anything worth knowing.
    pub note: Option<String>,
}

/// The dated answer to one check.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// yes, partly or no.
    pub answer: Reply,
    /// The day it was true.
    pub date: Option<Day>,
    /// Who says so.
    #[schemars(extend("x-person" = true))]
    pub by: Option<String>,
    /// A file that shows it.
    #[schemars(extend("x-path" = true))]
    pub record: Option<String>,
    /// Anything worth knowing.
    pub note: Option<String>,
    /// What is meant to be done about a no.
    pub planned: Option<PlannedStep>,
}

/// What is meant to be done.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlannedStep {
    /// By when.
    #[schemars(extend("x-ahead" = true))]
    pub date: Day,
    /// By whom.
    #[schemars(extend("x-person" = true))]
    pub by: Option<String>,
}

/// A gate that is set aside.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WaiverEntry {
    /// The check's id.
    pub check: String,
    /// Why.
    pub reason: String,
    /// Who answers for it.
    #[schemars(extend("x-person" = true))]
    pub owner: Option<String>,
    /// When it was given; `reviewed.date` without it.
    pub date: Option<Day>,
    /// Its last day, at most 366 days after `date`.
    #[schemars(extend("x-ahead" = true))]
    pub until: Day,
}

impl Files {
    /// Every file that is named.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        let single = [&self.env, &self.crontab, &self.helm_values, &self.watchdog_instances];
        self.compose.iter().chain(single.into_iter().flatten()).map(String::as_str)
    }
}

impl Description {
    /// Every record that a word of the description names, with the path of its key, once for each word.
    #[must_use]
    pub fn records(&self) -> Vec<(String, &str)> {
        let keyed = [
            ("reviewed", self.reviewed.as_ref().map(|it| &it.record)),
            ("scan_allowed", self.scan_allowed.as_ref().map(|it| &it.record)),
            ("alerting.last_test", self.alerting.last_test.as_ref().map(|it| &it.record)),
            ("restarts.ups", self.restarts.ups.as_ref().map(|it| &it.record)),
            ("restarts.last_power_cut", self.restarts.last_power_cut.as_ref().map(|it| &it.record)),
            ("backups.last_restore", self.backups.last_restore.as_ref().map(|it| &it.record)),
            ("disaster_recovery.alternate", self.disaster_recovery.alternate.as_ref().map(|it| &it.record)),
            ("disaster_recovery.plan", self.disaster_recovery.plan.as_ref().map(|it| &it.record)),
            ("renewals.domain", self.renewals.domain.as_ref().map(|it| &it.record)),
            ("renewals.tls", self.renewals.tls.as_ref().map(|it| &it.record)),
            ("privacy.retention", self.privacy.retention.as_ref().map(|it| &it.record)),
        ];
        let keyed = keyed.into_iter().filter_map(|(key, record)| Some((key.to_owned(), record?)));
        let hosts = self.hosts.iter().enumerate().map(|(i, host)| (format!("hosts[{i}]"), &host.record));
        let copies = self.backups.copies.iter().enumerate().filter_map(|(i, copy)| Some((format!("backups.copies[{i}].last"), &copy.last.as_ref()?.record)));
        let answers = self.answers.iter().map(|(check, answer)| (format!("answers.{check}"), &answer.record));
        keyed.chain(hosts).chain(copies).chain(answers).filter_map(|(key, record)| Some((format!("{key}.record"), record.as_deref()?))).collect()
    }
}
