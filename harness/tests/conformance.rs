//! One trial for each runtime and case: `wasmtime::path_open::trunc_on_directory`. A runtime is built,
//! started and smoke-tested when its first trial runs, so that listing is cheap and a single trial
//! needs only its own runtime. All trials share the running runners.

use std::fmt::Write;
use std::process::ExitCode;
use std::sync::{Arc, OnceLock};

use anyhow::Result;
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use runner_kit::WasiVersion;
use wasi_conformance::case::Case;
use wasi_conformance::exec::engine::{Job, JudgedCase, run_one};
use wasi_conformance::known::{self, Divergences};
use wasi_conformance::runtime::{
    Limits, RunContext, Runtime, RuntimeOptions, RuntimeSpec, prepare,
};
use wasi_conformance::support::directories::{Directories, DirectoryOptions};
use wasi_conformance::support::progress::Progress;
use wasi_conformance::support::text::diff;
use wasi_conformance::support::work_directory::WorkDirectory;
use wasi_conformance::verdict::judge::Verdict;

struct Shared {
    divergences: Divergences,
    context: RunContext,
    progress: Progress,
}

/// A runtime that is prepared on first use.
struct Lazy {
    wanted: RuntimeSpec,
    runtime: OnceLock<Runtime>,
}

fn main() -> ExitCode {
    match trials() {
        Ok((trials, _work)) => libtest_mimic::run(&Arguments::from_args(), trials).exit_code(),
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// The trials and their working directory, which is removed when it is dropped.
fn trials() -> Result<(Vec<Trial>, WorkDirectory)> {
    let directories = Directories::find(&DirectoryOptions::default())?;
    let (library, divergences) = known::load_with_cases(&directories)?;
    let work = WorkDirectory::create()?;
    let limits = Limits::default();
    let context = RunContext::new(&directories.harness(), work.path(), limits, false)?;
    let context = context.with_guests(&library.cases);
    let shared = Arc::new(Shared { divergences, context, progress: Progress::on_stderr() });
    let cases: Vec<Arc<Case>> = library.cases.into_iter().map(Arc::new).collect();
    let mut trials = Vec::new();
    for wanted in RuntimeOptions::default().select(&directories.harness())? {
        let lazy = Arc::new(Lazy { wanted, runtime: OnceLock::new() });
        // The default runtimes run preview 1.
        for case in cases.iter().filter(|case| case.area.of() == WasiVersion::Preview1) {
            let (lazy, case, shared) = (Arc::clone(&lazy), Arc::clone(case), Arc::clone(&shared));
            let name = case.id_on(&lazy.wanted.name);
            trials.push(Trial::ignorable_test(name, move || trial(&lazy, &case, &shared)));
        }
    }
    Ok((trials, work))
}

fn trial(lazy: &Lazy, case: &Case, shared: &Shared) -> Result<Completion, Failed> {
    let prepared = || prepare(&lazy.wanted, &shared.context, &shared.progress);
    let runtime = lazy.runtime.get_or_init(prepared);
    let ready = match &runtime.state {
        Ok(ready) => ready,
        Err(reason) => return Ok(Completion::ignored_with(format!("not available: {reason}"))),
    };
    let job = Job { runtime: &runtime.name, ready, case };
    let finished = run_one(job, &shared.divergences, &shared.context)
        .ok_or_else(|| Failed::from("interrupted"))?;
    let judgement = &finished.judgement;
    match judgement.verdict {
        Verdict::Skip => {
            Ok(Completion::ignored_with(judgement.note.as_deref().unwrap_or("skipped")))
        }
        verdict if verdict.is_unexpected() => Err(Failed::from(explain(case, &finished))),
        _ => Ok(Completion::Completed),
    }
}

fn explain(case: &Case, finished: &JudgedCase) -> String {
    let judgement = &finished.judgement;
    let mut text =
        format!("{}: {}\n{}\n{}\n", judgement.verdict, case.title, case.spec, case.source);
    if let Some(note) = &judgement.note {
        let _ = writeln!(text, "{note}");
    }
    for mismatch in &judgement.mismatches {
        let _ =
            writeln!(text, "{}:\n{}", mismatch.part, diff(&mismatch.expected, &mismatch.observed));
    }
    text
}
