//! The `wasi-conformance` command.

mod embedded;

use std::process::ExitCode;

use clap::Parser;
use wasi_conformance::support::bundle;
use wasi_conformance::cli::{Cli, Command};
use wasi_conformance::cli::{self, Status};
use wasi_conformance::support::interrupt;

fn main() -> ExitCode {
    bundle::offer(embedded::list);
    let cli = Cli::parse();
    let result = match cli.command {
        None if cli.version => commands::version::version(),
        None => commands::run::run(&cli.run),
        Some(Command::Run(args)) => commands::run::run(&args),
        Some(Command::Runtimes(args)) => commands::runtimes::runtimes(&args),
        Some(Command::List(args)) => commands::list::list(&args),
        Some(Command::Explain(args)) => commands::explain::explain(&args),
        Some(Command::Coverage(args)) => commands::coverage::coverage(&args),
        Some(Command::Export(args)) => commands::export::export(&args),
        Some(Command::Merge(args)) => commands::merge::merge(&args),
        Some(Command::Report(args)) => commands::report::report(&args),
        Some(Command::Baseline(args)) => commands::baseline::baseline(&args),
        Some(Command::Compare(args)) => commands::compare::compare(&args),
        Some(Command::Bless(args)) => commands::bless::bless(&args),
        Some(Command::Upgrade(args)) => commands::upgrade::upgrade(&args),
        Some(Command::Bisect(args)) => commands::bisect::bisect(&args),
        Some(Command::Check(args)) => commands::check::check(&args),
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
