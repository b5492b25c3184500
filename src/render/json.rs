//! The report itself: the source of every other format.

use std::{fmt::Write as _, io};

use serde::Serialize;

use crate::{report::Report, texts::Texts};

use super::{Style, is_unsafe};

/// Two-space JSON with a final newline, so that a saved run reads well in a diff.
pub(super) fn write(report: &Report, _: &Texts, _: Style, out: &mut dyn io::Write) -> io::Result<()> {
    out.write_all(pretty(report)?.as_bytes())
}

/// Two-space JSON with a final newline. Its values are what they are, but the text does nothing to a terminal: what
/// controls it or turns the direction of writing stands there as `\uXXXX`.
///
/// # Errors
/// The value cannot be written as JSON.
pub fn pretty(value: &impl Serialize) -> serde_json::Result<String> {
    let plain = serde_json::to_string_pretty(value)?;
    let mut text = String::with_capacity(plain.len() + 1);
    for c in plain.chars() {
        // All that is not ASCII stands inside a text, and so does DEL; serde_json spells out what is below a blank.
        if c >= '\u{7f}' && is_unsafe(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(text, "\\u{unit:04x}");
            }
        } else {
            text.push(c);
        }
    }
    text.push('\n');
    Ok(text)
}
