//! What a shell and a manual are told of the command line, made from its own definition.

use std::{fs, path::Path};

use clap::CommandFactory;
use clap_complete::Shell;

use super::{Outcome, args::Cli, exit};

/// The completion script of a shell.
pub(super) fn completions(shell: Shell) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "cht-audit", &mut script);
    Outcome::printed(script)
}

/// The manual page of the program, or into a folder a page a command.
pub(super) fn man(folder: Option<&Path>) -> Outcome {
    let Some(folder) = folder else {
        let mut page = Vec::new();
        return match clap_mangen::Man::new(Cli::command()).render(&mut page) {
            Ok(()) => Outcome::printed(page),
            Err(error) => Outcome::refused(exit::BUG, error),
        };
    };
    match fs::create_dir_all(folder).and_then(|()| clap_mangen::generate_to(Cli::command(), folder)) {
        Ok(()) => Outcome::default(),
        Err(error) => Outcome::refused(exit::OUTPUT, format!("The manual could not be written to {}: {error}.", folder.display())),
    }
}
