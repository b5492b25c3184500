//! When a domain's registration ends, over RDAP.

use crate::{
    evidence::{RegistrationAsk, RegistrationFacts},
    finding::{Cause, CauseKind},
};

use super::Reach;

/// Looks.
///
/// # Errors
/// Why nothing was seen.
pub async fn look(ask: &RegistrationAsk, reach: &Reach) -> Result<RegistrationFacts, Cause> {
    let _ = (ask, reach);
    Err(Cause::new(CauseKind::NotCollected, ""))
}
