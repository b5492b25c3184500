//! Audits one deployment of the Community Health Toolkit: is it ready for what hosting will throw at it?
//!
//! The flow is a line of values, each arrow one function of its arguments:
//!
//! ```text
//! site.yaml ─▶ Site ──plan──▶ Asks ──collect──▶ Evidence
//!               │                                  │
//!  checks/ ─▶ Catalogue ──────── evaluate ◀────────┤ ◀── now
//!               ▼
//!           Findings ──score──▶ Score ──▶ Report ──render──▶ bytes
//! ```

pub mod catalogue;
pub mod checks;
pub mod cli;
pub mod diff;
pub mod domain;
pub mod embedded;
pub mod evidence;
pub mod explain;
pub mod finding;
pub mod hash;
pub mod knowledge;
pub mod plan;
pub mod probe;
pub mod render;
pub mod report;
pub mod score;
pub mod site;
pub mod span;
pub mod texts;
pub mod trouble;
pub mod version;
pub mod yaml;
