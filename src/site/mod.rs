//! One deployment, described: `site.yaml`, checked as a whole, merged with what it extends, and resolved.

mod check;
mod description;
mod load;
mod meaning;
mod problem;
pub mod scalar;

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::TimeZone;
use serde_json::Value as Json;

use crate::{
    finding::Place,
    yaml::{self, Mistake, Node},
};

pub use description::*;
pub use load::{Loaded, Options, Refused, load};
pub use meaning::KnownChecks;
pub use problem::{Level, Problem};

/// A description without mistakes.
#[derive(Debug, Clone)]
pub struct Site {
    /// What was written, merged.
    pub said: Description,
    /// Where each key was written: `backups.copies[1].every` → its place. A key's ancestors are there too.
    pub places: BTreeMap<String, Place>,
    /// The zone in which its days begin.
    pub zone: TimeZone,
    /// The paths of records that are files of the description itself: those it is made of and those named under `files`.
    /// They back nothing: a word is not its own proof.
    pub own_files: BTreeSet<String>,
}

impl Site {
    /// Reads a description from its text alone: no file is touched, nothing is extended, and what it means is not
    /// checked. For tests of judges.
    ///
    /// # Errors
    /// Every mistake of its shape, a line each.
    pub fn from_text(text: &str) -> Result<Self, String> {
        let lines = |mistakes: Vec<Mistake>| -> String {
            let line = |mistake: &Mistake| match mistake.mark {
                Some(mark) => format!("{}:{}: {}", mark.line, mark.column, mistake.message),
                None => mistake.message.clone(),
            };
            mistakes.iter().map(line).collect::<Vec<_>>().join("\n")
        };
        let mut root = yaml::read(text, 0).map_err(lines)?;
        let schema = schema();
        let mut mistakes = Vec::new();
        check::without_nulls(&mut root, &schema, &schema, &mut mistakes);
        let checked = check::check(&root, &schema);
        mistakes.extend(checked.mistakes.into_iter().chain(checked.missing));
        if mistakes.is_empty() { Self::from_tree(&root, &["site.yaml".to_owned()], |one, other| one == other) } else { Err(lines(mistakes)) }
    }

    /// Makes a site of a tree that has been checked; `files` holds the names of the files by the number of their marks,
    /// `same` says whether two paths are one file.
    fn from_tree(root: &Node, files: &[String], same: impl Fn(&str, &str) -> bool) -> Result<Self, String> {
        let said: Description = yaml::typed(root)?;
        let mut places = BTreeMap::new();
        note_places(root, "", files, &mut places);
        let own_files = {
            let own = || files.iter().map(String::as_str).chain(said.files.paths());
            said.records().into_iter().map(|(_, record)| record).filter(|record| own().any(|own| same(own, record))).map(str::to_owned).collect()
        };
        Ok(Self { said, places, zone: meaning::zone(root), own_files })
    }

    /// Where `path` was written, else its nearest ancestor that was.
    #[must_use]
    pub fn place(&self, path: &str) -> Option<&Place> {
        let mut path = path;
        loop {
            if let Some(place) = self.places.get(path) {
                return Some(place);
            }
            path = &path[..path.rfind(['.', '['])?];
        }
    }

    /// The site's own limits by check and name. What may be lost is the limit of the age of backups, unless that has one.
    #[must_use]
    pub fn limits(&self) -> BTreeMap<String, BTreeMap<String, String>> {
        let mut limits = self.said.thresholds.clone();
        if let Some(may_lose) = self.said.disaster_recovery.may_lose {
            limits.entry("backups.age".to_owned()).or_default().entry("pass".to_owned()).or_insert_with(|| may_lose.to_string());
        }
        limits
    }

    /// Who a role is, as `people` names them; the word itself where it is no role.
    #[must_use]
    pub fn person<'a>(&'a self, role: &'a str) -> &'a str {
        let role = role.trim();
        self.said.people.get(role).map_or(role, |name| name.trim())
    }

    /// The host part of `url`, without the port.
    #[must_use]
    pub fn host(&self) -> &str {
        host_and_port(&self.said.url).0
    }

    /// The port of `url`: 443 where none is written.
    #[must_use]
    pub fn port(&self) -> u16 {
        host_and_port(&self.said.url).1
    }
}

/// The JSON Schema of the description (2020-12): what it is checked against, and what editors complete from.
#[must_use]
pub fn schema() -> Json {
    let mut schema = schemars::schema_for!(Description).to_value();
    schema["title"] = "site.yaml of cht-audit".into();
    schema["description"] =
        "One production deployment of the Community Health Toolkit. Save this as site.schema.json beside the description and begin that with the \
                             line `# yaml-language-server: $schema=site.schema.json`: editors then complete and check it."
            .into();
    schema
}

/// Notes the place of each key and list item under a path.
fn note_places(node: &Node, path: &str, files: &[String], places: &mut BTreeMap<String, Place>) {
    let place = |mark: yaml::Mark| Place { file: files.get(mark.file as usize).cloned().unwrap_or_default(), line: mark.line, column: mark.column };
    for (i, item) in node.items().iter().enumerate() {
        let path = format!("{path}[{i}]");
        note_places(item, &path, files, places);
        places.insert(path, place(item.mark));
    }
    for (key, value) in node.entries() {
        let path = if path.is_empty() { key.text.clone() } else { format!("{path}.{}", key.text) };
        note_places(value, &path, files, places);
        places.insert(path, place(key.mark));
    }
}

/// Host and port of an `https://host[:port][/…]` address. The description's checks have made sure that it is one.
#[must_use]
pub fn host_and_port(url: &str) -> (&str, u16) {
    let rest = url.strip_prefix("https://").unwrap_or(url);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    if let Some(v6) = authority.strip_prefix('[') {
        let (host, after) = v6.split_once(']').unwrap_or((v6, ""));
        return (host, after.strip_prefix(':').and_then(|port| port.parse().ok()).unwrap_or(443));
    }
    match authority.rsplit_once(':') {
        Some((host, port)) => (host, port.parse().unwrap_or(443)),
        None => (authority, 443),
    }
}
