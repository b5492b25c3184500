//! The commands: each a line of the library's functions, with the inputs read before and the outputs written after.

pub mod args;
mod check;
mod explain;
mod files;
pub mod gate;
mod manual;
mod progress;
mod records;

use std::{future::Future, io, pin::Pin};

use jiff::Timestamp;

use crate::{diff::Diff, embedded, evidence::Evidence, render::harmless, report::Report, site};

use args::{Cli, Command, SchemaOf, SiteArgs};

pub use progress::Watcher;

/// What only `main` may read: the clock and the terminal.
pub struct World {
    /// The clock.
    pub now: fn() -> Timestamp,
    /// Columns of the terminal.
    pub width: usize,
    /// Standard output may be coloured.
    pub color: bool,
    /// Standard error may be coloured.
    pub color_err: bool,
    /// Standard output draws links (OSC 8).
    pub links: bool,
    /// Standard error, where somebody watches it.
    pub watcher: Option<Watcher>,
    /// Ends when the user interrupts.
    pub interrupted: Pin<Box<dyn Future<Output = ()> + Send>>,
}

/// Characters of a refusal that are shown.
const LONGEST_MESSAGE: usize = 600;

/// What a command comes to.
#[derive(Debug, Default)]
pub struct Outcome {
    /// For standard output.
    pub stdout: Vec<u8>,
    /// For standard error, after it.
    pub stderr: String,
    /// The exit code (`design.md` 6).
    pub code: u8,
}

impl Outcome {
    /// One line of a bounded length: the message may quote a file from anywhere.
    fn refused(code: u8, message: impl std::fmt::Display) -> Self {
        let message: String = message.to_string().chars().take(LONGEST_MESSAGE).collect();
        Self { stderr: format!("{}\n", harmless(&message)), code, ..Self::default() }
    }

    fn printed(text: impl Into<Vec<u8>>) -> Self {
        Self { stdout: text.into(), ..Self::default() }
    }
}

/// The exit code of a program that a signal ends.
pub const INTERRUPTED: u8 = exit::INTERRUPTED;

/// Exit codes.
pub(crate) mod exit {
    /// Every gate met.
    pub(crate) const OK: u8 = 0;
    /// A gate failed.
    pub(crate) const GATE: u8 = 1;
    /// The command line cannot be followed.
    pub(crate) const USAGE: u8 = 2;
    /// An input cannot be used, or nothing was selected.
    pub(crate) const INPUT: u8 = 3;
    /// No gate failed, but something that gates is unknown.
    pub(crate) const INCONCLUSIVE: u8 = 4;
    /// A report could not be written.
    pub(crate) const OUTPUT: u8 = 5;
    /// A bug of this program.
    pub(crate) const BUG: u8 = 70;
    /// Interrupted.
    pub(crate) const INTERRUPTED: u8 = 130;
}

/// Runs a command.
pub async fn run(cli: Cli, world: World) -> Outcome {
    match cli.command {
        Command::Check(args) => check::check(*args, world).await,
        Command::Collect(args) => check::collect(*args, world).await,
        Command::Report(args) => files::redraw(&args, &world),
        Command::Diff(args) => files::compare(&args, &world),
        Command::Validate(args) => validate(&args, world).await,
        Command::List(args) => explain::list(&args, world.width),
        Command::Explain { what } => explain::explain(&what.join("-").to_lowercase(), world.width),
        Command::Schema { of } => schema(of),
        Command::Completions { shell } => manual::completions(shell),
        Command::Man { dir } => manual::man(dir.as_deref()),
    }
}

async fn validate(args: &SiteArgs, world: World) -> Outcome {
    let catalogue = match embedded::catalogue() {
        Ok(catalogue) => catalogue,
        Err(error) => return Outcome::refused(exit::BUG, error),
    };
    match check::load(args, &catalogue, (world.now)(), world.color_err) {
        Ok((loaded, mut warnings)) => {
            let mut interrupted = false;
            let signalled = async {
                world.interrupted.await;
                interrupted = true;
            };
            let of_records = records::told(&loaded.site, &records::look(&loaded, check::TOOL, signalled).await);
            if interrupted {
                return Outcome { stderr: warnings, code: exit::INTERRUPTED, ..Outcome::default() };
            }
            warnings.extend(of_records.iter().map(String::as_str));
            let said = &loaded.site.said;
            let counted = |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
            let [answers, waivers, warnings_told] =
                [counted(said.answers.len(), "answer"), counted(said.waivers.len(), "waiver"), counted(loaded.warnings.len() + of_records.len(), "warning")];
            let text = format!("{} can be used: {answers}, {waivers}, {warnings_told}.\n", harmless(&said.name));
            Outcome { stdout: text.into_bytes(), stderr: warnings, code: exit::OK }
        }
        Err(told) => Outcome { stderr: told, code: exit::INPUT, ..Outcome::default() },
    }
}

fn schema(of: SchemaOf) -> Outcome {
    let schema = match of {
        SchemaOf::Site => site::schema(),
        SchemaOf::Report => schemars::schema_for!(Report).to_value(),
        SchemaOf::Evidence => schemars::schema_for!(Evidence).to_value(),
        SchemaOf::Diff => schemars::schema_for!(Diff).to_value(),
    };
    let mut text = serde_json::to_vec_pretty(&schema).unwrap_or_default();
    text.push(b'\n');
    Outcome::printed(text)
}

/// The exit code where a report could not be written: an interrupt and a bug of this program come before it.
#[must_use]
pub fn unwritten(code: u8) -> u8 {
    if matches!(code, exit::BUG | exit::INTERRUPTED) { code } else { exit::OUTPUT }
}

/// Writes what a command printed. A pipe that nobody reads any more is no error.
///
/// # Errors
/// Standard output cannot be written.
pub fn print(bytes: &[u8], out: &mut dyn io::Write) -> io::Result<()> {
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}
