//! `cargo xtask bench`: how long warm runs take, on this machine.
//!
//! A shared machine makes one wall time worthless, so each figure is measured several times, in turns
//! with the others, and shown as a median with its spread, beside the CPU time that it took.

mod case;
mod figure;
mod history;
mod process;

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use wasi_conformance::exec::engine::processors;
use wasi_conformance::runtime::registry;
use wasi_conformance::support::directories::{Directories, DirectoryOptions};
use wasi_conformance::support::output::{print, warn};

use crate::Status;
use figure::{Figure, Sample};
use history::Record;
use process::Programs;

/// Measure how long warm runs take: all default runtimes together, each alone, one case, one test
///
/// Prints medians, spreads and CPU times. Whatever has to be built or compiled is built first, by a
/// round that does not count. A figure is a fact about this machine: no test compares it with a limit.
#[derive(clap::Args)]
pub struct Args {
    /// How often each figure is measured
    #[arg(long, value_name = "N", default_value = "5", value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,
    /// Only figures whose name contains TEXT
    #[arg(long, short, value_name = "TEXT")]
    filter: Option<String>,
    /// Also measure a run of this wasi-testsuite directory on wasmtime
    #[arg(long, value_name = "DIR")]
    wasi_testsuite: Option<PathBuf>,
    /// Also measure `cargo xtask mutants`, once: it takes minutes
    #[arg(long)]
    mutants: bool,
    /// Append the medians to reports/performance.jsonl
    #[arg(long)]
    record: bool,
}

pub fn run(args: &Args) -> Result<Status> {
    let directories = Directories::find(&DirectoryOptions::default())?;
    let machine = machine();
    print(&format!("{machine}\n"))?;
    let figures = figures(args, &directories)?;
    if figures.is_empty() {
        bail!("no figure has a name that contains {:?}", args.filter.as_deref().unwrap_or(""));
    }
    let samples = measure(&figures, args.rounds)?;
    let rows: Vec<(&str, &[Sample])> =
        figures.iter().zip(&samples).map(|(figure, all)| (&*figure.name, &**all)).collect();
    print(&figure::table(&rows))?;
    if args.wasi_testsuite.is_none() {
        print("not measured: a wasi-testsuite directory (--wasi-testsuite DIR)\n")?;
    }
    if !args.mutants {
        print("not measured: mutants (--mutants)\n")?;
    }
    if args.record {
        let path = directories.checkout.join("reports/performance.jsonl");
        Record::new(&machine, &rows).append(&path)?;
        print(&format!("added to {}\n", path.display()))?;
    }
    Ok(Status::Fine)
}

/// All that is to be measured, in the order in which it is shown.
fn figures(args: &Args, directories: &Directories) -> Result<Vec<Figure>> {
    let programs = Programs::build(&directories.checkout)?;
    let registry = registry::load(&directories.harness(), &[])?;
    let names: Vec<String> =
        registry.into_iter().filter(|spec| spec.by_default).map(|spec| spec.name).collect();
    let mut figures = vec![programs.run(&format!("run: {}", names.join(", ")), &[])?];
    for name in &names {
        figures.push(programs.run(&format!("run: {name} alone"), &["--runtime", name])?);
    }
    if let Some(directory) = &args.wasi_testsuite {
        let directory = directory.to_str().context("the directory's name is not UTF-8")?;
        let arguments = ["--runtime", "wasmtime", "--wasi-testsuite", directory];
        figures.push(programs.run("run: wasi-testsuite on wasmtime", &arguments)?);
    }
    figures.push(programs.check());
    figures.extend(case::figures(directories)?);
    figures.push(programs.one_test());
    if args.mutants {
        figures.push(programs.mutants()?);
    }
    figures.retain(|figure| args.filter.as_ref().is_none_or(|text| figure.name.contains(text)));
    Ok(figures)
}

/// Measures all figures once, then all again, and so on, after a first round that warms everything up.
/// A figure that takes minutes is measured once.
fn measure(figures: &[Figure], rounds: u32) -> Result<Vec<Vec<Sample>>> {
    let mut samples: Vec<Vec<Sample>> = figures.iter().map(|_| vec![]).collect();
    for round in 0..=rounds {
        for (figure, samples) in figures.iter().zip(&mut samples) {
            if figure.once && round != 1 {
                continue;
            }
            let sample = (figure.measure)().with_context(|| format!("measure {}", figure.name))?;
            if round > 0 {
                samples.push(sample);
            }
        }
        match round {
            0 => warn("warm"),
            round => warn(&format!("round {round} of {rounds}")),
        }
    }
    Ok(samples)
}

/// The machine, in words for a table's heading.
fn machine() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or("unknown processor", |(_, model)| model.trim());
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or("unknown").to_owned();
    format!("{} × {model}, {}, load {load} before", processors(), std::env::consts::OS)
}
