//! Reading saved runs and evidence, and writing reports: whole or not at all.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use rustls::RootCertStore;

use crate::{
    diff, embedded,
    evidence::{self, Evidence},
    probe,
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
pub(super) const LARGEST: u64 = 32 << 20;
/// The largest `--ca-file`: all authorities of a browser are a quarter of a megabyte.
const LARGEST_CA_FILE: u64 = 4 << 20;

/// Why the outputs of a run cannot go where they were asked to: two of them would end up in one place, or one of them in
/// place of an input. `record` is the file for the evidence, and may be one that evidence was read from.
pub(super) fn clash(outputs: &[Output], record: Option<&Path>, inputs: &[&Path]) -> Option<String> {
    let unnamed: Vec<&str> = outputs.iter().filter(|output| output.file.is_none()).map(|output| output.format.as_str()).collect();
    if let [first, .., last] = unnamed[..] {
        return Some(format!(
            "--output {first} and --output {last} would both go to standard output: name a file for all but one, for example --output {last}:FILE."
        ));
    }
    let reports = outputs.iter().filter_map(|output| Some((format!("--output {}", output.format), output.file.as_deref()?)));
    let mut taken: BTreeMap<PathBuf, String> = BTreeMap::new();
    for (what, file) in reports.chain(record.map(|file| ("--record".to_owned(), file))) {
        // A device or a pipe takes all that is written to it.
        if fs::metadata(file).is_ok_and(|there| !there.is_file()) {
            continue;
        }
        if let Some(first) = taken.insert(place(file), what.clone()) {
            return Some(format!("{first} and {what} would both be written to {}: name a file for each.", file.display()));
        }
        if inputs.iter().any(|input| place(input) == place(file)) {
            return Some(format!("{what} would overwrite {}, which this run reads: name another file.", file.display()));
        }
    }
    None
}

/// Where a file is or would be, under whatever name.
fn place(file: &Path) -> PathBuf {
    let folder = file.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
    let new = || Some(folder.canonicalize().ok()?.join(file.file_name()?));
    file.canonicalize().ok().or_else(new).unwrap_or_else(|| file.to_owned())
}

/// Draws a saved run again.
pub(super) fn redraw(args: &ReportArgs, world: &World) -> Outcome {
    if let Some(told) = clash(&args.output.output, None, &[&args.run]) {
        return Outcome::refused(exit::USAGE, told);
    }
    let report = match read_report(&args.run) {
        Ok(report) => report,
        Err(told) => return Outcome::refused(exit::INPUT, told),
    };
    // It may be paper for officials: nobody must be able to write another score into it.
    if !report.adds_up() {
        let told = format!("{}: this saved run does not add up: its score is not that of its findings. Audit again.", args.run.display());
        return Outcome::refused(exit::INPUT, told);
    }
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
        return Outcome::printed(render::pretty(&diff).unwrap_or_default());
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
    let bytes = read_bounded(path, LARGEST).map_err(&told)?;
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
    let bytes = read_bounded(path, LARGEST).map_err(&told)?;
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

/// The roots that count as public, with those of `--ca-file`.
///
/// # Errors
/// What is wrong with that file, naming it as it was given.
pub(super) fn read_roots(ca_file: Option<&Path>) -> Result<RootCertStore, String> {
    let told = |why: &str| format!("--ca-file {}: {why}", ca_file.unwrap_or(Path::new("")).display());
    let pem = ca_file.map(|path| read_bounded(path, LARGEST_CA_FILE)).transpose().map_err(|why| told(&why))?;
    probe::tls::roots(pem.as_deref()).ok_or_else(|| told("holds no certificate in PEM form"))
}

/// Reads a text of a megabyte at most: `--knowledge`.
pub(super) fn read_text(path: &Path) -> Result<String, String> {
    String::from_utf8(read_bounded(path, 1 << 20)?).map_err(|_| "is no text in UTF-8".to_owned())
}

/// Reads a file of at most `largest` bytes, without a byte order mark.
///
/// # Errors
/// What is wrong with the file, without its name.
fn read_bounded(path: &Path, largest: u64) -> Result<Vec<u8>, String> {
    let cannot = |error: io::Error| {
        // Rust adds the number of the error, which helps nobody here.
        let why = error.to_string();
        format!("cannot be read: {}", why.split(" (os error").next().unwrap_or(&why))
    };
    let metadata = fs::metadata(path).map_err(cannot)?;
    if !metadata.is_file() {
        return Err(format!("cannot be read: it is {}", if metadata.is_dir() { "a folder" } else { "no ordinary file" }));
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(cannot)?;
    file.take(largest + 1).read_to_end(&mut bytes).map_err(cannot)?;
    if bytes.len() as u64 > largest {
        return Err(format!("is larger than {} MB", largest >> 20));
    }
    if bytes.starts_with(&[0xff, 0xfe]) {
        return Err("is saved as UTF-16, as `>` does in Windows PowerShell: let the program write it, with -o json:FILE or --record FILE".to_owned());
    }
    // Windows editors begin UTF-8 with a mark.
    if bytes.starts_with(&[0xef, 0xbb, 0xbf]) {
        bytes.drain(..3);
    }
    Ok(bytes)
}
