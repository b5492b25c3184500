//! Files of the description: read within its folders, bounded, and only what may be kept of them.
//!
//! Nothing in a file is run, and nothing that it names is followed out of [`Reach::file_roots`].

mod compose;
mod container;
mod crontab;
mod env;
mod excludes;
mod helm;
mod instances;
mod job;
mod record;
mod rehearsal;
mod schedule;
mod shell;
mod variables;

use std::{
    fs::{self, File},
    io::{ErrorKind, Read},
};

use crate::finding::{Cause, CauseKind};

use super::Reach;

pub use compose::compose;
pub use crontab::crontab;
pub use env::env;
pub use helm::helm_values;
pub use instances::watchdog_instances;
pub use record::record;

/// The most that is read of a text, in bytes.
const TEXT_LIMIT: u64 = 1 << 20;

/// Opens a regular file that lies, all links followed, under one of the roots; with its size in bytes.
///
/// What lies outside is `Forbidden` whether or not it exists: a description from a stranger learns nothing about the
/// machine that audits it.
fn open(path: &str, reach: &Reach) -> Result<(File, u64), Cause> {
    let cause = |kind| Cause::new(kind, path);
    let failed = |error: &std::io::Error| cause(if error.kind() == ErrorKind::PermissionDenied { CauseKind::Permission } else { CauseKind::File });
    let asked = reach.base.join(path);
    let resolved = asked.canonicalize();
    let nearest = resolved.as_ref().ok().cloned().or_else(|| asked.ancestors().skip(1).find_map(|folder| folder.canonicalize().ok()));
    if !nearest.is_some_and(|place| reach.file_roots.iter().any(|root| place.starts_with(root))) {
        return Err(cause(CauseKind::Forbidden));
    }
    let resolved = resolved.map_err(|error| failed(&error))?;
    // Asked before opening: opening a pipe waits for whoever writes to it.
    if !fs::metadata(&resolved).map_err(|error| failed(&error))?.is_file() {
        return Err(cause(CauseKind::File));
    }
    let file = File::open(&resolved).map_err(|error| failed(&error))?;
    let metadata = file.metadata().map_err(|error| failed(&error))?;
    if metadata.is_file() { Ok((file, metadata.len())) } else { Err(cause(CauseKind::File)) }
}

/// The text of a file, without a byte order mark. Bytes that are no UTF-8 become U+FFFD: a note in an old encoding does
/// not make a crontab unreadable.
fn text(path: &str, reach: &Reach) -> Result<String, Cause> {
    let (file, _) = open(path, reach)?;
    let mut bytes = Vec::new();
    file.take(TEXT_LIMIT + 1).read_to_end(&mut bytes).map_err(|_| Cause::new(CauseKind::File, path))?;
    if bytes.len() as u64 > TEXT_LIMIT {
        return Err(Cause::new(CauseKind::TooLarge, path));
    }
    // Notepad's "Unicode". Nothing on a server would read it, so it is not read here either.
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(Cause::new(CauseKind::Encoding, format!("{path} (UTF-16)")));
    }
    let text = String::from_utf8_lossy(&bytes);
    let text = text.trim_start_matches('\u{feff}');
    if text.trim().is_empty() {
        return Err(Cause::new(CauseKind::File, path));
    }
    if text.contains(|c: char| c.is_ascii_control() && !matches!(c, '\t' | '\n' | '\r' | '\x0b' | '\x0c')) {
        return Err(Cause::new(CauseKind::File, path));
    }
    Ok(text.to_owned())
}

/// A text whose lines matter. A carriage return alone ends no line for those who read it on a server: all behind the
/// first `#` would be a comment.
fn of_lines(path: &str, text: String) -> Result<String, Cause> {
    let alone = text.trim_end_matches('\r').split('\n').position(|line| line.trim_end_matches('\r').contains('\r'));
    match alone {
        Some(before) => Err(Cause::new(CauseKind::Encoding, format!("{path}:{} (a carriage return within a line)", before + 1))),
        None => Ok(text),
    }
}

/// The first `characters` of a text that is kept.
fn cut(text: &str, characters: usize) -> String {
    text.chars().take(characters).collect()
}

/// An address without the login that may stand in it: `https://user:secret@host/` becomes `https://host/`.
fn without_login(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    match authority.rfind('@') {
        Some(at) => format!("{scheme}://{}", &rest[at + 1..]),
        None => text.to_owned(),
    }
}
