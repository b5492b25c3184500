//! The only door to YAML.

use serde::de::DeserializeOwned;

/// Reads a text that is part of this program.
///
/// # Errors
/// What serde says, with line and column.
pub fn embedded<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_yaml::from_str(text).map_err(|error| error.to_string())
}
