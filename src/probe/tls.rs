//! TLS handshakes on every address of a name.

use crate::{
    evidence::{TlsAsk, TlsFacts},
    finding::{Cause, CauseKind},
};

use super::Reach;

/// Looks.
///
/// # Errors
/// Why nothing was seen.
pub async fn look(ask: &TlsAsk, reach: &Reach) -> Result<TlsFacts, Cause> {
    let _ = (ask, reach);
    Err(Cause::new(CauseKind::NotCollected, ""))
}
