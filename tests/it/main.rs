//! One test binary: each further one would cost a link of the whole tree.
//!
//! Everything runs on loopback. A test that needs a program of the system asks [`support::program`] for it.
#![expect(clippy::disallowed_methods, clippy::print_stderr, reason = "tests read the environment and tell what they skip")]

mod captured;
mod cases;
mod cht;
mod cli;
mod contract;
mod dns;
mod facility;
mod files;
mod formats;
mod gate;
mod helm;
mod pipeline;
mod ports;
mod product;
mod registration;
mod site;
mod support;
mod terminal;
mod tls;
mod whois;

// The core: the ladder, the score, and who may use whom.
mod architecture;
mod claim;
mod diff;
mod properties;
mod records;
mod report;
mod score;
mod settle;
mod texts;
mod trouble;
