//! The command: reads the clock, the environment and the terminal, and prints.
#![expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock and the environment")]

use std::{
    future::Future,
    io::{self, IsTerminal, Write},
    pin::Pin,
    process::ExitCode,
};

use anyhow::Context;
use cht_audit::cli::{self, Outcome, Watcher, World, args::Cli};
use clap::Parser;
use jiff::Timestamp;

/// Ends when the user interrupts.
type Interrupted = Pin<Box<dyn Future<Output = ()> + Send>>;

fn main() -> ExitCode {
    let cli = Cli::parse();
    match answer(cli) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            anstream::eprintln!("cht-audit: {error:#}");
            ExitCode::from(5)
        }
    }
}

fn answer(cli: Cli) -> anyhow::Result<u8> {
    // The first provider stays; installing it twice is no fault.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().context("the runtime could not be started")?;
    let interrupted = {
        let _inside = runtime.enter();
        listen().context("the program cannot listen for an interrupt")?
    };
    let stated = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let width = stated.or_else(|| columns(terminal_size::terminal_size_of(io::stdout()))).unwrap_or(80);
    let color = anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never && io::stdout().is_terminal();
    let color_err = anstream::AutoStream::choice(&io::stderr()) != anstream::ColorChoice::Never && io::stderr().is_terminal();
    let links = color && !dumb() && supports_hyperlinks::supports_hyperlinks();
    let somebody = io::stderr().is_terminal() && !dumb() && !unattended();
    let watcher = somebody.then(|| Watcher { width: columns(terminal_size::terminal_size_of(io::stderr())).or(stated).unwrap_or(80), write: tell });
    let world = World { now: Timestamp::now, width, color, color_err, links, watcher, interrupted };
    let Outcome { stdout, stderr, code } = runtime.block_on(cli::run(cli, world));
    let printed = cli::print(&stdout, &mut io::stdout().lock());
    if let Err(error) = &printed {
        anstream::eprintln!("The report could not be written to standard output: {error}.");
    }
    // Where nobody can be told, the exit code still tells.
    let _ = cli::print(stderr.as_bytes(), &mut io::stderr().lock());
    // Not before: until all is printed, a signal ends the program. A file system that hangs must not keep a finished run
    // from ending.
    runtime.shutdown_background();
    Ok(if printed.is_err() { cli::unwritten(code) } else { code })
}

/// The columns of a terminal.
fn columns(size: Option<(terminal_size::Width, terminal_size::Height)>) -> Option<usize> {
    size.map(|(width, _)| usize::from(width.0))
}

/// A terminal that only types.
fn dumb() -> bool {
    std::env::var_os("TERM").is_some_and(|term| term == "dumb")
}

/// A pipeline: its log would keep every line that is drawn over another.
fn unattended() -> bool {
    std::env::var("CI").is_ok_and(|ci| !matches!(ci.as_str(), "" | "0" | "false"))
}

/// Writes to standard error at once. Where nobody can be told, the run goes on.
fn tell(text: &str) {
    let mut stderr = io::stderr().lock();
    let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
}

/// Listens from now on, not from when somebody first waits: a signal in between would end the program unheard. The first
/// one ends the look, and what was seen until then is reported; where nothing is looked at any more, and at the second
/// one, the program ends at once.
fn listen() -> io::Result<Interrupted> {
    let mut signals = Signals::new()?;
    let (tell, told) = tokio::sync::oneshot::channel();
    tokio::spawn(async move {
        signals.next().await;
        if tell.send(()).is_ok() {
            signals.next().await;
        }
        #[expect(clippy::exit, reason = "nobody waits for what is still being made")]
        std::process::exit(cli::INTERRUPTED.into());
    });
    Ok(Box::pin(async {
        if told.await.is_err() {
            std::future::pending::<()>().await;
        }
    }))
}

/// The wishes to end this program: an interrupt from the keyboard, and what `kill`, `timeout` and a pipeline send.
#[cfg(unix)]
struct Signals(tokio::signal::unix::Signal, tokio::signal::unix::Signal);

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self(signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?))
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.0.recv() => {}
            _ = self.1.recv() => {}
        }
    }
}

/// The wishes to end this program.
#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    #[expect(clippy::unnecessary_wraps, reason = "it can fail elsewhere")]
    fn new() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
