//! The `wasi-conformance` command.

mod bundled_files;

use std::process::ExitCode;

use clap::Parser;
use wasi_conformance::cli::args::{Cli, Command};
use wasi_conformance::cli::{self, Status};
use wasi_conformance::support::bundle;
use wasi_conformance::support::interrupt;

fn main() -> ExitCode {
    bundle::offer(bundled_files::list);
    let cli = Cli::parse();
    let result = match cli.command {
        None if cli.version => cli::version::version(),
        None => cli::run::run(&cli.run),
        Some(Command::Run(args)) => cli::run::run(&args),
        Some(Command::Runtimes(args)) => cli::runtimes::runtimes(&args),
        Some(Command::List(args)) => cli::list::list(&args),
        Some(Command::Explain(args)) => cli::explain::explain(&args),
        Some(Command::Coverage(args)) => cli::coverage::coverage(&args),
        Some(Command::Export(args)) => cli::export::export(&args),
        Some(Command::Merge(args)) => cli::merge::merge(&args),
        Some(Command::Report(args)) => cli::report::report(&args),
        Some(Command::Snapshot(args)) => cli::snapshot::snapshot(&args),
        Some(Command::Compare(args)) => cli::compare::compare(&args),
        Some(Command::Bless(args)) => cli::bless::bless(&args),
        Some(Command::Upgrade(args)) => cli::upgrade::upgrade(&args),
        Some(Command::Bisect(args)) => cli::bisect::bisect(&args),
        Some(Command::Check(args)) => cli::check::check(&args),
    };
    match result {
        Ok(Status::Clean) => ExitCode::SUCCESS,
        Ok(Status::Unexpected) => ExitCode::from(1),
        Ok(Status::Interrupted) => ExitCode::from(interrupt::EXIT_STATUS),
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}
