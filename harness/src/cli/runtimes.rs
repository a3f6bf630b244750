//! `wasi-conformance runtimes`: which there are, and whether their runners prove themselves.

use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::Status;
use crate::cli::args::{RuntimesArgs, Which};
use crate::runtime::acquire::fetch;
use crate::runtime::{Limits, RunContext, RuntimeSpec, prepare};
use crate::support::directories::{Directories, DirectoryOptions};
use crate::support::interrupt;
use crate::support::paths;
use crate::support::progress::Progress;

pub fn runtimes(args: &RuntimesArgs) -> Result<Status> {
    let folders = Directories::find(&DirectoryOptions::default())?;
    let progress = Progress::on_stderr();
    let which = match args.get.as_slice() {
        [] => args.which.clone(),
        names => Which { runtimes: names.to_vec(), ..args.which.clone() },
    };
    let wanted = which.options().select(&folders.harness())?;
    if !args.get.is_empty() {
        fetch_all(&wanted, &progress)?;
    }
    let work = tempfile::tempdir_in(paths::scratch())?;
    let limits = Limits { time: Duration::from_secs(10), output: 1 << 20 };
    let setting = RunContext::new(&folders.harness(), &folders.guests, work.path(), limits, false)?;
    let mut status = Status::Clean;
    for wanted in &wanted {
        let runtime = prepare(wanted, &setting, &progress);
        match &runtime.state {
            Ok(ready) => {
                println!("{} {}", runtime.name, ready.version);
                println!("    {}", ready.details);
                println!("    from {}", ready.source);
                match &ready.smoke_test_failure {
                    None => println!("    self-proof passed"),
                    Some(reason) => {
                        status = Status::Unexpected;
                        println!("    self-proof failed: {}", reason.replace('\n', "\n      "));
                    }
                }
                for cannot in &ready.missing_capabilities {
                    println!("    cannot: {}", cannot.reason);
                }
            }
            Err(reason) => {
                println!(
                    "{}\n    not available: {}",
                    runtime.name,
                    reason.replace('\n', "\n      ")
                );
            }
        }
    }
    Ok(status)
}

/// Fetches runtimes, one after the other. What was fetched stays, also where a later one fails.
fn fetch_all(wanted: &[RuntimeSpec], progress: &Progress) -> Result<()> {
    interrupt::watch()?;
    // One that is built is so when it is looked at, just below.
    let cannot = |wanted: &&RuntimeSpec| wanted.fetch_source().is_none() && !wanted.is_library();
    if let Some(not) = wanted.iter().find(cannot) {
        bail!(
            "--get {}: there is nothing to fetch: docs/reference/runtimes.md says how it is had",
            not.name
        );
    }
    let cache = paths::cache()?;
    for wanted in wanted {
        let Some(source) = wanted.fetch_source() else { continue };
        if interrupt::requested() {
            bail!("interrupted");
        }
        let spinner = progress.spinner(&wanted.name);
        let say = |text: &str| spinner.set_message(text.to_owned());
        let got = fetch::fetch(source, &wanted.name, wanted.version.as_deref(), &cache, &say);
        spinner.finish_and_clear();
        let got = got.with_context(|| format!("--get {}", wanted.name))?;
        progress.say(&format!("{}: {} is in {}", wanted.name, got.source, got.directory.display()));
    }
    Ok(())
}
