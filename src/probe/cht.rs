//! The CHT over HTTPS, and its port 80.

use std::collections::{BTreeMap, BTreeSet};

use crate::evidence::{ChtFacts, ChtPart, Entry};

use super::Reach;

/// Looks at the parts of the CHT at `url`, one after the other, as a guest would.
pub async fn look(url: &str, parts: &BTreeSet<ChtPart>, reach: &Reach) -> BTreeMap<ChtPart, Entry<ChtFacts>> {
    let _ = (url, parts, reach);
    BTreeMap::new()
}
