//! Drawing a finished report: one file a format, each a function of the report, its texts and a style.

mod csv;
mod diff;
mod json;
mod markdown;
mod table;

use std::io;

use crate::{report::Report, texts::Texts};

pub use diff::text as diff;
pub use json::pretty;

/// How wide and how colourful a drawing may be.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// Columns.
    pub width: usize,
    /// ANSI colours may be used.
    pub color: bool,
    /// The terminal draws links (OSC 8).
    pub links: bool,
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
pub const FORMATS: &[Format] = &[
    Format { name: "table", write: table::write },
    Format { name: "json", write: json::write },
    Format { name: "markdown", write: markdown::write },
    Format { name: "csv", write: csv::write },
];

/// The format of a name.
#[must_use]
pub fn format(name: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.name == name)
}

/// Makes text from outside harmless on a terminal: control characters, line breaks of any kind and marks that turn the
/// direction of writing are spelled out.
#[must_use]
pub fn harmless(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if is_unsafe(c) {
            shown.extend(c.escape_unicode());
        } else {
            shown.push(c);
        }
    }
    shown
}

/// Whether a character controls a terminal or turns the direction of writing.
fn is_unsafe(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{061c}' | '\u{feff}')
}

/// Whether an address may become a link: one of the web that holds no sign which ends a link or means something else.
fn linkable(address: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/:.-_~#?=&%+,;@".contains(c);
    (address.starts_with("https://") || address.starts_with("http://")) && address.chars().all(plain)
}

/// Words on lines of at most `room` characters; a longer word has a line of its own. At least one line.
#[must_use]
pub fn wrap(text: &str, room: usize) -> Vec<String> {
    let (mut lines, mut line) = (Vec::new(), String::new());
    for word in text.split_whitespace() {
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > room {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines
}
