//! `cargo xtask COMMAND`: the maintainers' commands, one file each.

#![deny(clippy::print_stdout, clippy::print_stderr)]

mod bench;
mod bump;
mod guests;
mod mutants;
mod preview2;
mod report;
mod schemas;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use wasi_conformance::support::output;

/// Commands for maintainers of the conformance suite.
///
/// Exit status: 0 success, 1 failure (a source does not compile, a check finds a problem), 2 bad
/// usage, a missing tool, or an error of this program.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Bench(bench::Args),
    Bump(bump::Args),
    Guests(guests::Args),
    Mutants(mutants::Args),
    Preview2(preview2::Args),
    Report(report::Args),
    Schemas(schemas::Args),
}

/// The result of a command that could do its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    Fine,
    Failed,
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Bench(args) => bench::run(&args),
        Command::Bump(args) => bump::run(&args),
        Command::Guests(args) => guests::run(&args),
        Command::Mutants(args) => mutants::run(&args),
        Command::Preview2(args) => preview2::run(&args),
        Command::Report(args) => report::run(&args),
        Command::Schemas(args) => schemas::run(&args),
    };
    match result {
        Ok(Status::Fine) => ExitCode::SUCCESS,
        Ok(Status::Failed) => ExitCode::from(1),
        Err(error) => {
            output::warn(&format!("error: {error:#}"));
            ExitCode::from(2)
        }
    }
}
