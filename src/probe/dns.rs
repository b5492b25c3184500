//! Addresses, aliases, lifetimes, name servers and CAA of a name.

use crate::{
    evidence::{DnsAsk, DnsFacts},
    finding::{Cause, CauseKind},
};

use super::Reach;

/// Looks.
///
/// # Errors
/// Why nothing was seen.
pub async fn look(ask: &DnsAsk, reach: &Reach) -> Result<DnsFacts, Cause> {
    let _ = (ask, reach);
    Err(Cause::new(CauseKind::NotCollected, ""))
}
