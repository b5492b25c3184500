//! Drawing a finished report: one file a format, each a function of the report, its texts and a style.

mod json;
mod table;

use std::io;

use crate::{report::Report, texts::Texts};

pub use json::pretty;

/// How wide and how colourful a drawing may be.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// Columns.
    pub width: usize,
    /// ANSI colours may be used.
    pub color: bool,
}

/// One format.
#[derive(Debug, Clone, Copy)]
pub struct Format {
    /// Its name on the command line.
    pub name: &'static str,
    /// Draws a report.
    pub write: fn(&Report, &Texts, Style, &mut dyn io::Write) -> io::Result<()>,
}

/// Every format.
pub const FORMATS: &[Format] = &[Format { name: "table", write: table::write }, Format { name: "json", write: json::write }];

/// The format of a name.
#[must_use]
pub fn format(name: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.name == name)
}

/// Makes text from outside harmless on a terminal: control characters and marks that turn the direction of writing are
/// spelled out.
#[must_use]
pub fn harmless(text: &str) -> String {
    text.chars().flat_map(|c| if is_unsafe(c) { c.escape_unicode().collect::<Vec<_>>() } else { vec![c] }).collect()
}

/// Whether a character controls a terminal or turns the direction of writing.
fn is_unsafe(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{061c}' | '\u{feff}')
}
