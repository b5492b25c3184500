//! The report itself: the source of every other format.

use std::io;

use crate::{report::Report, texts::Texts};

use super::Style;

/// Two-space JSON with a final newline, so that a saved run reads well in a diff.
pub(super) fn write(report: &Report, _: &Texts, _: Style, out: &mut dyn io::Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, report)?;
    out.write_all(b"\n")
}
