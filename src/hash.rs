//! SHA-256, written as hex: of records, and of salted values that must not be shown.

use std::fmt::Write as _;

use ring::digest::{Context, Digest, SHA256};

/// A digest in lower-case hex.
#[must_use]
pub fn hex(digest: &Digest) -> String {
    digest.as_ref().iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The hex SHA-256 of `salt` followed by `value`: tells whether two secrets are the same, and neither of them.
#[must_use]
pub fn salted(salt: &str, value: &str) -> String {
    let mut context = Context::new(&SHA256);
    context.update(salt.as_bytes());
    context.update(value.as_bytes());
    hex(&context.finish())
}
