//! A runtime that can run cases, and one case on it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use runner_kit::{Capability, Globals, MissingCapability, Outcome, RunRequest, WasiVersion};

use super::backend::command_line::CommandLine;
use super::backend::containment::Containment;
use super::backend::limits::Limits;
use super::backend::pool::Pool;
use super::backend::process::RunResult;
use super::config::Allow;
use super::guest_exit::GuestExits;
use super::missing_imports::MissingImports;
use crate::case::Case;
use crate::instrument::missing_imports::{called, without_own};
use crate::observe::fixture::Fixture;
use crate::observe::observation::{Observation, Times};
use crate::observe::tree::SeenTree;
use crate::support::bytes;
use crate::support::digest;
use crate::support::paths;

/// What all runtimes of an invocation share.
pub struct RunContext {
    pub harness: PathBuf,
    pub cache: PathBuf,
    /// Where cases and logs live while running.
    pub work: PathBuf,
    pub limits: Limits,
    /// One process per case instead of long-lived ones.
    pub isolate: bool,
    /// How many runners of each runtime are kept, whether idle or in use.
    pub kept_runners: usize,
    /// Whether processes are contained, as far as the kernel can.
    pub contain: bool,
    /// The directories of guests.
    pub guests: BTreeSet<PathBuf>,
}

impl RunContext {
    /// A context with the user's cache directory.
    pub fn new(harness: &Path, work: &Path, limits: Limits, isolate: bool) -> Result<Self> {
        let cache = paths::cache()?;
        let modules = cache.join("modules");
        std::fs::create_dir_all(&modules).with_context(|| format!("make {}", modules.display()))?;
        let (harness, work) = (harness.into(), work.into());
        let (kept_runners, guests) = (usize::MAX, BTreeSet::new());
        Ok(RunContext {
            harness,
            cache,
            work,
            limits,
            isolate,
            kept_runners,
            contain: true,
            guests,
        })
    }

    /// Adds the guests of these cases to what runtimes may read.
    pub fn with_guests<'a>(mut self, cases: impl IntoIterator<Item = &'a Case>) -> Self {
        let directories = cases.into_iter().filter_map(|case| case.wasm.parent());
        self.guests.extend(directories.map(Path::to_owned));
        self
    }

    /// The directory of compiled modules.
    pub(super) fn modules(&self) -> PathBuf {
        self.cache.join("modules")
    }

    /// The directory of the guests that are made during a run.
    pub(super) fn made_guests(&self) -> Result<PathBuf> {
        let directory = self.work.join("guests");
        std::fs::create_dir_all(&directory)
            .with_context(|| format!("make {}", directory.display()))?;
        Ok(directory)
    }

    /// What the processes of a runtime may reach beside their cases.
    pub(super) fn containment(&self, allow: &Allow) -> Result<Containment> {
        if !self.contain {
            return Ok(Containment::off());
        }
        let ours = [self.cache.join("runners"), self.cache.join("fetched"), self.made_guests()?];
        let guests = self.guests.iter().cloned();
        Ok(Containment::new(allow).read(ours).read(guests))
    }
}

/// A runtime, available or not.
pub struct Runtime {
    pub name: String,
    /// The runtime, or why it is unavailable.
    pub state: Result<PreparedRuntime, String>,
    /// Whether it is a failure if it is unavailable: it was asked for by name, or it was found and
    /// does not start.
    pub required: bool,
    /// How long it took to build its runner.
    pub build: Duration,
    /// How long it took to start it and run its smoke test.
    pub start: Duration,
}

impl Runtime {
    /// Whether it runs guests of this version. An unavailable runtime counts as one of preview 1.
    pub fn runs(&self, version: WasiVersion) -> bool {
        match &self.state {
            Ok(prepared) => prepared.wasi_versions.contains(&version),
            Err(_) => version == WasiVersion::Preview1,
        }
    }
}

/// A runtime that can run cases.
pub struct PreparedRuntime {
    pub version: String,
    pub details: String,
    /// Where it comes from, in words that do not depend on the machine.
    pub source: String,
    /// Its program on this machine. No report contains it.
    pub program: PathBuf,
    /// The runtime whose divergences apply.
    pub divergences_of: String,
    pub missing_capabilities: Vec<MissingCapability>,
    /// The versions of WASI that it runs.
    pub wasi_versions: Vec<WasiVersion>,
    pub(super) missing_imports: MissingImports,
    pub(super) guest_exits: GuestExits,
    pub(super) backend: Backend,
    /// Why its verdicts do not count, if the smoke test failed.
    pub smoke_test_failure: Option<String>,
}

pub(super) enum Backend {
    Runners(Box<Pool>),
    Command(Box<CommandLine>),
}

impl PreparedRuntime {
    /// Whether the runtime declares that it lacks this capability.
    pub fn lacks(&self, capability: Capability) -> bool {
        self.missing_capabilities.iter().any(|missing| missing.capability == capability)
    }

    /// Why this runtime cannot run a case, if so.
    pub fn cannot_run(&self, case: &Case) -> Option<&str> {
        let lacks = |need: &_| self.missing_capabilities.iter().find(|c| c.capability == *need);
        case.requires.iter().find_map(lacks).map(|missing| missing.reason.as_str())
    }

    /// Runs one case in a private directory and returns the observation. An `Err` is a harness error.
    pub fn observe(&self, case: &Case, context: &RunContext) -> Result<Observation> {
        self.with_missing_imports(case, context, |case| {
            let (observation, is_suspect) = self.observe_once(case, context, false)?;
            // What another process does says nothing about an escape that was seen in this one.
            if is_suspect && observation.escaped.is_none() {
                return Ok(self.observe_once(case, context, true)?.0);
            }
            Ok(observation)
        })
    }

    /// Like `observe`, but in a new process.
    pub fn observe_in_new_process(&self, case: &Case, context: &RunContext) -> Result<Observation> {
        self.with_missing_imports(case, context, |case| {
            Ok(self.observe_once(case, context, true)?.0)
        })
    }

    /// Runs a case, and again for each import of its guest that turns out to be missing.
    fn with_missing_imports(
        &self,
        case: &Case,
        context: &RunContext,
        observe: impl Fn(&Case) -> Result<Observation>,
    ) -> Result<Observation> {
        loop {
            let replaced = self.missing_imports.replaced(case, &context.made_guests()?)?;
            let as_run = replaced.as_ref().unwrap_or(case);
            let mut observation = observe(as_run)?;
            if self.missing_imports.learn(as_run, &observation.outcome)? {
                continue;
            }
            if replaced.is_some() {
                let globals = std::mem::take(&mut observation.globals);
                observation.missing_import = called(&globals, &observation.stderr);
                observation.globals = without_own(globals);
            }
            return Ok(observation);
        }
    }

    /// Also says whether an earlier case in the same process may be the cause.
    fn observe_once(
        &self,
        case: &Case,
        context: &RunContext,
        fresh: bool,
    ) -> Result<(Observation, bool)> {
        let time = case.timeout.map_or(context.limits.time, |time| time.min(context.limits.time));
        let limits = Limits { time, ..context.limits };
        match &self.backend {
            Backend::Runners(pool) => {
                let mut runner = pool.take(fresh)?;
                let fixture = Fixture::make(case, &runner.directory())?;
                let request = run_request(case, &fixture, context)?;
                let directory = fixture.directory();
                let result = runner.run(request, &case.stdin, &limits, directory)?;
                let is_suspect = runner.makes_suspect(&result);
                Ok((observation(&fixture, result, runner.start)?, is_suspect))
            }
            Backend::Command(command) => {
                let fixture = Fixture::make(case, &context.work)?;
                let request = run_request(case, &fixture, context)?;
                let directory = fixture.directory();
                let mut result = command.run(&request, &case.stdin, &limits, directory)?;
                if let Some(exit) = result.as_exit.take()
                    && self.is_guests(case, exit.code, context, &limits)?
                {
                    result.outcome = Outcome::Exit { code: exit.code };
                    (result.stdout, result.stderr) = (exit.stdout, exit.stderr);
                }
                Ok((observation(&fixture, result, Duration::ZERO)?, false))
            }
        }
    }

    /// Whether a command ended with this status because its guest exited.
    fn is_guests(
        &self,
        case: &Case,
        status: u32,
        context: &RunContext,
        limits: &Limits,
    ) -> Result<bool> {
        let Backend::Command(command) = &self.backend else { return Ok(false) };
        let made = context.made_guests()?;
        let Some((case, code)) = self.guest_exits.with_our_code(case, status, &made)? else {
            return Ok(false);
        };
        let fixture = Fixture::make(&case, &context.work)?;
        let request = run_request(&case, &fixture, context)?;
        let again = command.run(&request, &case.stdin, limits, fixture.directory())?;
        Ok(again.status == Some(code))
    }
}

/// Everything that came out. If the harness cannot see what the guest did, that is no fault of the
/// runtime.
fn observation(fixture: &Fixture, result: RunResult, start: Duration) -> Result<Observation> {
    let mut outcome = result.outcome;
    let is_guests_fault = outcome == Outcome::OutputLimit;
    let mut fail =
        |error: anyhow::Error| outcome = Outcome::Error { message: format!("{error:#}") };
    // Whoever fills the disk is at fault, and its neighbours are not.
    if !is_guests_fault {
        fixture.check_space().unwrap_or_else(&mut fail);
    }
    let SeenTree { tree, cut } = fixture.tree().unwrap_or_else(|error| {
        fail(error);
        SeenTree::default()
    });
    let escaped = fixture.escaped().unwrap_or_else(|error| {
        fail(error);
        None
    });
    Ok(Observation {
        outcome,
        stdout: bytes::output(&result.stdout),
        stderr: bytes::output(&result.stderr),
        tree,
        tree_cut: cut,
        escaped,
        left_running: result.left_running,
        times: Times { start, compile: result.compile, execute: result.execute },
        globals: result.globals,
        missing_import: None,
    })
}

fn run_request(case: &Case, fixture: &Fixture, context: &RunContext) -> Result<RunRequest> {
    let name = case.wasm.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(RunRequest {
        sha256: digest::of_file(&case.wasm)?,
        wasm: case.wasm.clone(),
        args: std::iter::once(name).chain(case.args.iter().cloned()).collect(),
        env: case.env.clone(),
        preopens: fixture.preopens(case),
        stdio: fixture.streams(),
        socket: case.socket,
        cache: context.modules(),
        globals: case.globals.clone(),
    })
}

/// Turns a harness error into an observation, so that it affects one case and not the whole run.
pub fn our_error(error: &anyhow::Error) -> Observation {
    Observation {
        outcome: Outcome::Error { message: format!("{error:#}") },
        stdout: String::new(),
        stderr: String::new(),
        tree: Default::default(),
        tree_cut: None,
        escaped: None,
        left_running: vec![],
        globals: Globals::new(),
        missing_import: None,
        times: Times::default(),
    }
}
