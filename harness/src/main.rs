//! The `wasi-conformance` command.

#![deny(clippy::print_stdout, clippy::print_stderr)]

mod bundled_files;

use std::process::ExitCode;

use clap::Parser;
use wasi_conformance::cli::status::Status;
use wasi_conformance::cli::{self, Cli, Command};
use wasi_conformance::support::{bundle, interrupt, output};

fn main() -> ExitCode {
    bundle::register(bundled_files::list);
    let cli = Cli::parse();
    let result = match cli.command {
        None if cli.version => cli::version::version(),
        None => cli::run::run(&cli.run),
        Some(Command::Run(args)) => cli::run::run(&args),
        Some(Command::List(args)) => cli::list::list(&args),
        Some(Command::Explain(args)) => cli::explain::explain(&args),
        Some(Command::Check(args)) => cli::check::check(&args),
        Some(Command::Runtimes(args)) => cli::runtimes::runtimes(&args),
        Some(Command::Report(args)) => cli::report::report(&args),
        Some(Command::Compare(args)) => cli::compare::compare(&args),
        Some(Command::Merge(args)) => cli::merge::merge(&args),
        Some(Command::Snapshot(args)) => cli::snapshot::snapshot(&args),
        Some(Command::Bless(args)) => cli::bless::bless(&args),
        Some(Command::Bisect(args)) => cli::bisect::bisect(&args),
        Some(Command::Explore(args)) => cli::explore::explore(&args),
        Some(Command::Export(args)) => cli::export::export(&args),
    };
    match result {
        Ok(Status::Clean) => ExitCode::SUCCESS,
        Ok(Status::Unexpected) => ExitCode::from(1),
        Ok(Status::MissingRuntime) => ExitCode::from(3),
        Ok(Status::Interrupted) => ExitCode::from(interrupt::EXIT_STATUS),
        Err(error) => {
            output::warn(&format!("error: {error:#}"));
            ExitCode::from(2)
        }
    }
}
