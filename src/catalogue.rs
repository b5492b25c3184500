//! What is checked and how it weighs: the `checks.yaml` of each consideration, read once, with the site's own limits
//! laid over it.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::{
    finding::{Basis, Severity, Tier},
    span::{Span, Unit},
    yaml,
};

/// Where the pages of the references live.
pub const DOCS: &str = "https://docs.communityhealthtoolkit.org";

/// Every consideration, in the order of the documentation.
#[derive(Debug, Clone)]
pub struct Catalogue {
    /// The nine.
    pub considerations: Vec<ConsiderationDef>,
    /// SHA-256 of the embedded texts, hex: two reports with the same one were judged by the same rules.
    pub sha256: String,
}

/// One consideration.
#[derive(Debug, Clone)]
pub struct ConsiderationDef {
    /// The folder's name.
    pub id: String,
    /// Its weight in the whole score.
    pub weight: u32,
    /// Its checks, in the order of the file.
    pub checks: Vec<CheckDef>,
}

/// One check.
#[derive(Debug, Clone)]
pub struct CheckDef {
    /// `<consideration>.<name>`.
    pub id: String,
    /// How much harm a failure stands for.
    pub severity: Severity,
    /// The best rung that evidence for it can reach.
    pub best: Basis,
    /// The access that can decide it, cheapest first.
    pub tiers: Vec<Tier>,
    /// Seconds after which an answer counts one rung less; none where the answer's day is itself what is graded.
    pub answer_max_age: Option<i64>,
    /// Seconds after which evidence counts one rung less.
    pub evidence_max_age: Option<i64>,
    /// The kinds of site that it applies to: `facility`, `datacenter`, `cloud`; empty for all.
    pub kinds: Vec<String>,
    /// The platform that it applies to: `docker` or `kubernetes`; none for both.
    pub platform: Option<Platform>,
    /// Its limits by name.
    pub thresholds: BTreeMap<String, Threshold>,
    /// By message with which it fails: the checks that then fail, or cannot be decided, for the same cause.
    pub implies: BTreeMap<String, Vec<String>>,
    /// Pages to read, as absolute addresses.
    pub references: Vec<String>,
}

/// What the CHT runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Platform {
    /// Docker Compose.
    Docker,
    /// Kubernetes.
    Kubernetes,
}

impl Platform {
    /// The word in the data.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Docker => "docker",
            Self::Kubernetes => "kubernetes",
        }
    }
}

/// One limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Threshold {
    /// Seconds, a count or whole percents, as `unit` says.
    pub value: i64,
    /// What `value` counts.
    pub unit: Unit,
    /// Which way is stricter.
    pub stricter: Stricter,
    /// Where the number comes from.
    pub source: String,
}

/// Which way a limit is stricter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stricter {
    /// A lower value asks for more.
    Lower,
    /// A higher value asks for more.
    Higher,
}

/// A limit that a site has set, looser or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnLimit {
    /// The check.
    pub check: String,
    /// The limit's name.
    pub name: String,
    /// As the catalogue has it.
    pub usual: i64,
    /// As the site has it.
    pub own: i64,
    /// What both count.
    pub unit: Unit,
    /// The site asks for less than the catalogue.
    pub looser: bool,
}

/// A catalogue file or a limit that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Broken(String);

impl Catalogue {
    /// Reads `(consideration id, text of its checks.yaml)` pairs. `sha256` is the caller's, over all embedded texts.
    ///
    /// # Errors
    /// A text that is not a catalogue: a mistake of this program, found by its tests.
    pub fn read(files: &[(&str, &str)], sha256: String) -> Result<Self, Broken> {
        let considerations = files.iter().map(|(id, text)| consideration(id, text)).collect::<Result<_, _>>()?;
        Ok(Self { considerations, sha256 })
    }

    /// The definition of a check.
    #[must_use]
    pub fn check(&self, id: &str) -> Option<&CheckDef> {
        self.considerations.iter().flat_map(|c| &c.checks).find(|check| check.id == id)
    }

    /// Lays the site's own limits (`Site::limits`) over the catalogue's and tells which.
    ///
    /// # Errors
    /// A check, limit or value that there is not; the description's reader has told of it before.
    pub fn with_limits(mut self, own: &BTreeMap<String, BTreeMap<String, String>>) -> Result<(Self, Vec<OwnLimit>), Broken> {
        let mut told = Vec::new();
        for (id, limits) in own {
            let check = self
                .considerations
                .iter_mut()
                .flat_map(|c| &mut c.checks)
                .find(|check| &check.id == id)
                .ok_or_else(|| Broken(format!("thresholds: there is no check {id}")))?;
            for (name, text) in limits {
                let threshold = check.thresholds.get_mut(name).ok_or_else(|| Broken(format!("thresholds: {id} has no limit {name}")))?;
                let value = threshold.unit.read(text).map_err(|why| Broken(format!("thresholds: {id}.{name}: {why}")))?;
                let looser = match threshold.stricter {
                    Stricter::Lower => value > threshold.value,
                    Stricter::Higher => value < threshold.value,
                };
                told.push(OwnLimit { check: id.clone(), name: name.clone(), usual: threshold.value, own: value, unit: threshold.unit, looser });
                threshold.value = value;
            }
        }
        Ok((self, told))
    }
}

/// The file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConsiderationFile {
    weight: u32,
    checks: Vec<CheckEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CheckEntry {
    id: String,
    severity: Severity,
    best: Basis,
    tiers: Vec<Tier>,
    max_age: MaxAge,
    #[serde(default)]
    kinds: Vec<String>,
    platform: Option<Platform>,
    #[serde(default)]
    thresholds: BTreeMap<String, ThresholdEntry>,
    #[serde(default)]
    implies: BTreeMap<String, Vec<String>>,
    references: Vec<String>,
}

/// `none` is written, not left out: an age that was forgotten is a mistake.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MaxAge {
    answer: String,
    evidence: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ThresholdEntry {
    value: String,
    unit: Unit,
    stricter: Stricter,
    source: String,
}

fn consideration(id: &str, text: &str) -> Result<ConsiderationDef, Broken> {
    let broken = |why: String| Broken(format!("checks/{id}/checks.yaml: {why}"));
    let file: ConsiderationFile = yaml::embedded(text).map_err(&broken)?;
    let checks = file.checks.into_iter().map(|entry| check(id, entry)).collect::<Result<_, String>>().map_err(&broken)?;
    Ok(ConsiderationDef { id: id.to_owned(), weight: file.weight, checks })
}

fn check(consideration: &str, entry: CheckEntry) -> Result<CheckDef, String> {
    let id = entry.id;
    if !id.starts_with(&format!("{consideration}.")) {
        return Err(format!("{id} does not begin with {consideration}."));
    }
    let age = |text: &str| match text {
        "none" => Ok(None),
        _ => text.parse::<Span>().map(|span| Some(span.0)).map_err(|why| format!("{id}: max_age: {why}")),
    };
    let thresholds = entry
        .thresholds
        .into_iter()
        .map(|(name, t)| {
            let value = t.unit.read(&t.value).map_err(|why| format!("{id}: {name}: {why}"))?;
            Ok((name, Threshold { value, unit: t.unit, stricter: t.stricter, source: t.source }))
        })
        .collect::<Result<_, String>>()?;
    Ok(CheckDef {
        severity: entry.severity,
        best: entry.best,
        tiers: entry.tiers,
        answer_max_age: age(&entry.max_age.answer)?,
        evidence_max_age: age(&entry.max_age.evidence)?,
        kinds: entry.kinds,
        platform: entry.platform,
        thresholds,
        implies: entry.implies,
        references: entry.references.into_iter().map(|page| if page.starts_with('/') { format!("{DOCS}{page}") } else { page }).collect(),
        id,
    })
}
