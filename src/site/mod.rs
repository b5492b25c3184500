//! One deployment, described: `site.yaml`, checked as a whole, merged with what it extends, and resolved.

mod description;
pub mod scalar;

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use crate::finding::Place;

pub use description::*;

/// A description without mistakes.
#[derive(Debug, Clone)]
pub struct Site {
    /// What was written, merged.
    pub said: Description,
    /// Where each key was written: `backups.copies[1].every` → its place. A key's ancestors are there too.
    pub places: BTreeMap<String, Place>,
    /// The zone in which its days begin.
    pub zone: TimeZone,
}

impl Site {
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
