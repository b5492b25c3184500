//! Reading saved runs and evidence, and writing reports: whole or not at all.

use std::{
    fmt::Write as _,
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    path::Path,
};

use crate::{
    diff, embedded,
    evidence::{self, Evidence},
    render::{self, Style},
    report::{self, Report},
    texts::Texts,
};

use super::{
    Outcome, World,
    args::{DiffArgs, DiffFormat, Output, ReportArgs},
    exit, unwritten,
};

/// Saved runs and bundles are a few hundred kilobytes; more is a mistake or an attack.
const LARGEST: u64 = 32 << 20;

/// Draws a saved run again.
pub(super) fn redraw(args: &ReportArgs, world: &World) -> Outcome {
    let report = match read_report(&args.run) {
        Ok(report) => report,
        Err(told) => return Outcome::refused(exit::INPUT, told),
    };
    let texts = match embedded::texts() {
        Ok(texts) => texts,
        Err(error) => return Outcome::refused(exit::BUG, error),
    };
    let mut outcome = Outcome::default();
    write_outputs(&args.output.output, &report, &texts, world, &mut outcome);
    outcome
}

/// Tells what changed between two saved runs. It is no gate: 0 whatever it finds.
pub(super) fn compare(args: &DiffArgs, world: &World) -> Outcome {
    let runs = read_report(&args.old).and_then(|old| read_report(&args.new).map(|new| (old, new)));
    let (old, new) = match runs.and_then(|(old, new)| same_site(&args.old, &old, &new.site.url).map(|()| (old, new))) {
        Ok(runs) => runs,
        Err(told) => return Outcome::refused(exit::INPUT, told),
    };
    let diff = diff::saved(&old, &new);
    if args.output == DiffFormat::Json {
        let mut bytes = serde_json::to_vec_pretty(&diff).unwrap_or_default();
        bytes.push(b'\n');
        return Outcome::printed(bytes);
    }
    match embedded::texts() {
        Ok(texts) => Outcome::printed(render::diff(&diff, &texts, Style { width: world.width, color: world.color, links: false })),
        Err(error) => Outcome::refused(exit::BUG, error),
    }
}

/// Reads the run that a gate holds this one against.
///
/// # Errors
/// What is wrong with the file, naming it: it cannot be read, is a run of another site, or one that was interrupted.
pub(super) fn read_baseline(path: &Path, url: &str) -> Result<Report, String> {
    let report = read_report(path)?;
    same_site(path, &report, url)?;
    if report.run.interrupted {
        return Err(format!("{}: this run was interrupted, so what it leaves out says nothing: take a whole one as the baseline", path.display()));
    }
    Ok(report)
}

/// Two sites have nothing to be held against each other.
fn same_site(path: &Path, report: &Report, url: &str) -> Result<(), String> {
    let bare = |url: &str| url.trim_end_matches('/').to_ascii_lowercase();
    if bare(&report.site.url) == bare(url) {
        return Ok(());
    }
    Err(format!("{}: this is a run of another site: it audited {}, and not {url}", path.display(), report.site.url))
}

/// Draws a report in every format that was asked for. What cannot be written is told; the others still are.
pub(super) fn write_outputs(outputs: &[Output], report: &Report, texts: &Texts, world: &World, outcome: &mut Outcome) {
    for output in outputs {
        let Some(format) = render::format(&output.format) else { continue };
        let style = Style { width: world.width, color: world.color && output.file.is_none(), links: world.links && output.file.is_none() };
        let mut bytes = Vec::new();
        let drawn = (format.write)(report, texts, style, &mut bytes);
        let written = drawn.and_then(|()| {
            if let Some(file) = &output.file {
                return write_whole(file, &bytes);
            }
            outcome.stdout.extend_from_slice(&bytes);
            Ok(())
        });
        if let Err(error) = written {
            let to = output.file.as_deref().map_or_else(|| "standard output".to_owned(), |file| file.display().to_string());
            let _ = writeln!(outcome.stderr, "The {} report could not be written to {to}: {error}.", output.format);
            outcome.code = unwritten(outcome.code);
        }
    }
}

/// Writes beside the file and renames, so that nobody ever reads half a report. A link stays one: the file that it leads to
/// is replaced. What is there and no file (a device, a pipe) is written to as it is.
pub(super) fn write_whole(file: &Path, bytes: &[u8]) -> io::Result<()> {
    if fs::metadata(file).is_ok_and(|there| !there.is_file()) {
        return OpenOptions::new().write(true).open(file).and_then(|mut there| there.write_all(bytes));
    }
    let file = fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
    let name = file.file_name().ok_or_else(|| io::Error::other("this names no file"))?;
    let beside = file.with_file_name(format!(".{}.part", name.to_string_lossy()));
    let result = File::create(&beside).and_then(|mut part| part.write_all(bytes).and_then(|()| part.sync_all())).and_then(|()| fs::rename(&beside, &file));
    if result.is_err() {
        let _ = fs::remove_file(&beside);
    }
    result
}

fn read_report(path: &Path) -> Result<Report, String> {
    let told = |why: String| format!("{}: {why}", path.display());
    let bytes = read_bounded(path).map_err(&told)?;
    let found: Named = serde_json::from_slice(&bytes).map_err(|error| told(format!("this is no saved run: {error}")))?;
    if found.schema.as_deref() != Some(report::SCHEMA) {
        return Err(told(format!(
            "this is no saved run of this version: its schema is {}, and {} is read",
            found.schema.as_deref().unwrap_or("missing"),
            report::SCHEMA
        )));
    }
    serde_json::from_slice(&bytes).map_err(|error| told(format!("this saved run is damaged: {error}")))
}

/// Reads a bundle that may come from anywhere.
///
/// # Errors
/// What is wrong with the file, naming it.
pub(super) fn read_evidence(path: &Path) -> Result<Evidence, String> {
    let told = |why: String| format!("{}: {why}", path.display());
    let bytes = read_bounded(path).map_err(&told)?;
    let found: Named = serde_json::from_slice(&bytes).map_err(|error| told(format!("this is no evidence: {error}")))?;
    if found.schema.as_deref() != Some(evidence::SCHEMA) {
        return Err(told(format!(
            "this is no evidence of this version: its schema is {}, and {} is read",
            found.schema.as_deref().unwrap_or("missing"),
            evidence::SCHEMA
        )));
    }
    serde_json::from_slice(&bytes).map_err(|error| told(format!("this evidence is damaged: {error}")))
}

/// The one field that tells what a file is.
#[derive(serde::Deserialize)]
struct Named {
    schema: Option<String>,
}

/// Reads a file of at most [`LARGEST`] bytes, without a byte order mark.
pub(super) fn read_bounded(path: &Path) -> Result<Vec<u8>, String> {
    let metadata = fs::metadata(path).map_err(|error| format!("this file cannot be read: {error}"))?;
    if !metadata.is_file() {
        return Err("this is no file".to_owned());
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|error| format!("this file cannot be read: {error}"))?;
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(|error| format!("this file cannot be read: {error}"))?;
    if bytes.len() as u64 > LARGEST {
        return Err(format!("this file is larger than {} MB", LARGEST >> 20));
    }
    if bytes.starts_with(&[0xff, 0xfe]) {
        return Err("this file is saved as UTF-16, as `>` does in Windows PowerShell: let the program write it, with -o json:FILE or --record FILE".to_owned());
    }
    // Windows editors begin UTF-8 with a mark.
    if bytes.starts_with(&[0xef, 0xbb, 0xbf]) {
        bytes.drain(..3);
    }
    Ok(bytes)
}
