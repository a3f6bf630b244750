//! `wasi-conformance runtimes`: the list of runtimes, and whether they pass the smoke test.

use std::fmt::Write;

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};

use super::arguments::{RuntimeArgs, RuntimeFileArgs};
use super::status::Status;
use crate::runtime::acquire::build;
use crate::runtime::acquire::fetch::{FetchedPackages, Wanted};
use crate::runtime::{
    Limits, PreparedRuntime, RunContext, RuntimeOptions, RuntimeSpec, needs_build, prepare,
};
use crate::support::cache_entry::Check;
use crate::support::directories::{Directories, DirectoryOptions};
use crate::support::interrupt;
use crate::support::output::print;
use crate::support::paths;
use crate::support::progress::{Progress, show};
use crate::support::work_directory::WorkDirectory;

/// List the runtimes: version, source and smoke test, or why one is unavailable
///
/// A library runtime that is named is built first, if it has to be; others are only listed.
#[derive(Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:
  wasi-conformance runtimes
  wasi-conformance runtimes -r wasmtime@47,node
  wasi-conformance runtimes fetch wazero wasmtime-cli@48.0.2"
)]
pub struct RuntimesArgs {
    #[command(subcommand)]
    command: Option<RuntimesCommand>,
    #[command(flatten)]
    runtimes: RuntimeArgs,
}

#[derive(Subcommand)]
enum RuntimesCommand {
    Fetch(FetchArgs),
}

/// Fetch runtimes into the cache directory; nothing is installed
#[derive(Args)]
#[command(after_help = "Examples:
  wasi-conformance runtimes fetch wazero
  wasi-conformance runtimes fetch node@22 node@24      # two versions to compare")]
struct FetchArgs {
    /// The runtimes, as NAME or NAME@VERSION
    #[arg(value_name = "NAME", required = true, value_delimiter = ',')]
    names: Vec<String>,
    #[command(flatten)]
    files: RuntimeFileArgs,
}

pub fn runtimes(args: &RuntimesArgs) -> Result<Status> {
    let directories = Directories::find(&DirectoryOptions::default())?;
    let progress = Progress::on_stderr();
    let (specs, named) = match &args.command {
        None => {
            let options = args.runtimes.options();
            (options.select(&directories.harness())?, options.names)
        }
        Some(RuntimesCommand::Fetch(args)) => {
            let (names, files) = (args.names.clone(), args.files.runtimes_file.clone());
            let options = RuntimeOptions { names, files, ..Default::default() };
            let specs = options.select(&directories.harness())?;
            fetch_all(&specs, &progress)?;
            (specs, options.names)
        }
    };
    list(&specs, &named, &directories, &progress)
}

fn list(
    specs: &[RuntimeSpec],
    named: &[String],
    directories: &Directories,
    progress: &Progress,
) -> Result<Status> {
    let work = WorkDirectory::create()?;
    let limits = Limits { output: 1 << 20, ..Limits::default() };
    let context = RunContext::new(&directories.harness(), work.path(), limits, false)?;
    let mut status = Status::Clean;
    for spec in specs {
        // Nobody wants to wait for builds to see a list.
        if !named.contains(&spec.name) && needs_build(spec, &context)? {
            print(&format!(
                "{0}\n    not built yet: `wasi-conformance runtimes -r {0}` builds its runner, which \
                 takes minutes\n",
                spec.name
            ))?;
            continue;
        }
        let runtime = prepare(spec, &context, progress);
        match &runtime.state {
            Ok(ready) => {
                if ready.smoke_test_failure.is_some() {
                    status = Status::Unexpected;
                }
                print(&available(&runtime.name, ready))?;
            }
            Err(reason) => {
                let reason = reason.replace('\n', "\n      ");
                print(&format!("{}\n    unavailable: {reason}\n", runtime.name))?;
                if runtime.required && status == Status::Clean {
                    status = Status::MissingRuntime;
                }
            }
        }
    }
    Ok(status)
}

fn available(name: &str, runtime: &PreparedRuntime) -> String {
    let mut out = format!("{name} {}\n", runtime.version);
    let _ = writeln!(out, "    {}", runtime.details);
    let _ = match runtime.source.as_str() {
        "PATH" => writeln!(out, "    from PATH: {}", runtime.program.display()),
        source => writeln!(out, "    from {source}"),
    };
    let _ = match &runtime.smoke_test_failure {
        None => writeln!(out, "    smoke test passed"),
        Some(why) => writeln!(out, "    smoke test failed: {}", why.replace('\n', "\n      ")),
    };
    for missing in &runtime.missing_capabilities {
        let _ = writeln!(out, "    missing: {}", missing.reason);
    }
    out
}

/// Fetches runtimes one by one. If one cannot be fetched, the earlier ones are kept.
fn fetch_all(specs: &[RuntimeSpec], progress: &Progress) -> Result<()> {
    interrupt::watch()?;
    // Library runtimes are built when they are listed.
    let cannot = |spec: &&RuntimeSpec| spec.fetch_source().is_none() && !spec.is_library();
    if let Some(spec) = specs.iter().find(cannot) {
        bail!("{} cannot be fetched: docs/reference/runtimes.md says how to install it", spec.name);
    }
    let cache = paths::cache()?;
    for spec in specs {
        let Some(source) = spec.fetch_source() else {
            build::read_all(&spec.name, &cache, &|text| progress.say(text))?;
            continue;
        };
        if interrupt::requested() {
            bail!("interrupted");
        }
        let spinner = progress.spinner(&spec.name);
        let say = |text: &str| show(&spinner, text);
        let wanted = Wanted::new(source, &spec.name, spec.version.as_deref());
        let fetched = wanted.and_then(|wanted| wanted.fetch(&cache, Check::Full, &say));
        spinner.finish_and_clear();
        let fetched = fetched.with_context(|| format!("fetch {}", spec.name))?;
        let directory = fetched.directory.display();
        progress.say(&format!("{}: {} is in {directory}", spec.name, fetched.source));
        for text in trusted(&fetched) {
            progress.say(&format!("{}: {text}", spec.name));
        }
    }
    Ok(())
}

/// What was not pinned: the hashes of the runtime's own packages, and how many others there are.
fn trusted(fetched: &FetchedPackages) -> Vec<String> {
    let is_own = |name: &String| {
        let begins = |own: &String| name.strip_prefix(own.as_str());
        let mut rest = fetched.versions.keys().filter_map(begins);
        rest.any(|rest| rest.starts_with(['@', '-']))
    };
    let (own, others): (Vec<_>, Vec<_>) =
        fetched.trusted.iter().partition(|(name, _)| is_own(name));
    let line = |(name, hash): (&String, &String)| format!("not pinned; trusting {name} as {hash}");
    let mut lines: Vec<String> = own.into_iter().map(line).collect();
    if !others.is_empty() {
        let count = others.len();
        lines.push(format!("and {count} packages that they depend on, listed in its directory"));
    }
    lines
}
