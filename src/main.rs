//! The command: reads the clock, the environment and the terminal, and prints.
#![expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock and the environment")]

use std::{
    future::Future,
    io::{self, IsTerminal},
    pin::Pin,
    process::ExitCode,
};

use anyhow::Context;
use cht_audit::cli::{self, Outcome, World, args::Cli};
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
        interrupt().context("the program cannot listen for an interrupt")?
    };
    let width = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok()).unwrap_or(80);
    let color = anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never && io::stdout().is_terminal();
    let color_err = anstream::AutoStream::choice(&io::stderr()) != anstream::ColorChoice::Never && io::stderr().is_terminal();
    let world = World { now: Timestamp::now, width, color, color_err, interrupted };
    let Outcome { stdout, stderr, code } = runtime.block_on(cli::run(cli, world));
    // A file system that hangs must not keep a finished run from ending.
    runtime.shutdown_background();
    let printed = cli::print(&stdout, &mut io::stdout().lock());
    if let Err(error) = &printed {
        anstream::eprintln!("The report could not be written to standard output: {error}.");
    }
    // Where nobody can be told, the exit code still tells.
    let _ = cli::print(stderr.as_bytes(), &mut io::stderr().lock());
    Ok(if printed.is_err() { cli::unwritten(code) } else { code })
}

/// Listens from now on, not from when somebody first waits: an interrupt in between would end the program unheard.
#[cfg(unix)]
fn interrupt() -> io::Result<Interrupted> {
    let mut signal = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::interrupt())?;
    Ok(Box::pin(async move {
        signal.recv().await;
    }))
}

/// Listens as soon as somebody waits.
#[cfg(not(unix))]
fn interrupt() -> io::Result<Interrupted> {
    Ok(Box::pin(async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }))
}
