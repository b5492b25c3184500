//! Which TCP ports of a host accept a connection.

use crate::{
    evidence::{PortsAsk, PortsFacts},
    finding::{Cause, CauseKind},
};

use super::Reach;

/// Looks.
///
/// # Errors
/// Why nothing was seen.
pub async fn look(ask: &PortsAsk, reach: &Reach) -> Result<PortsFacts, Cause> {
    let _ = (ask, reach);
    Err(Cause::new(CauseKind::NotCollected, ""))
}
