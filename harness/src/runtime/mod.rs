//! The runtimes: which there are, how each is had, and how a case runs on one.

pub mod acquire;
pub mod backend;
pub mod config;
pub mod overrides;
mod prepare;
pub mod registry;
pub mod selection;
mod smoke_test;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use runner_kit::{Capability, Globals, MissingCapability, Outcome, RunRequest, WasiVersion};

use crate::case::Case;
use crate::observe::fixture::Fixture;
use crate::observe::observation::{Observation, Times};
use crate::support::paths;
use crate::support::progress::Progress;
use crate::support::text::readable;

use backend::command_line::CommandLine;
use backend::pool::Pool;
pub use backend::session::Limits;
pub use overrides::{given, merge};
pub use registry::{RuntimeSpec, catalogue, select};
pub use selection::RuntimeOptions;

/// What all runtimes of an invocation share.
pub struct RunContext {
    pub harness: PathBuf,
    pub guests: PathBuf,
    pub cache: PathBuf,
    /// Where cases and logs live while running.
    pub work: PathBuf,
    pub limits: Limits,
    pub isolate: bool,
}

impl RunContext {
    /// The checkout's harness, the user's cache, and what the invocation asks for.
    pub fn new(
        harness: &Path,
        guests: &Path,
        work: &Path,
        limits: Limits,
        isolate: bool,
    ) -> Result<Self> {
        let cache = paths::cache()?;
        let modules = cache.join("modules");
        std::fs::create_dir_all(&modules).with_context(|| format!("make {}", modules.display()))?;
        let (harness, guests, work) = (harness.into(), guests.into(), work.into());
        Ok(RunContext { harness, guests, cache, work, limits, isolate })
    }
}

/// A runtime, had or not.
pub struct Runtime {
    pub name: String,
    pub state: Result<PreparedRuntime, String>,
    /// Building its runner or fetching it, then starting and proving it.
    pub build: Duration,
    pub start: Duration,
}

/// A runtime that can run cases.
pub struct PreparedRuntime {
    pub version: String,
    pub details: String,
    pub source: String,
    /// Whose recorded divergences apply.
    pub divergences_of: String,
    pub missing_capabilities: Vec<MissingCapability>,
    /// Which kinds of guests it runs.
    pub wasi_versions: Vec<WasiVersion>,
    backend: Backend,
    /// Why its verdicts cannot count, if its runner did not prove itself.
    pub smoke_test_failure: Option<String>,
}

enum Backend {
    Runners(Pool),
    Command(Box<CommandLine>),
}

/// Builds or finds a runtime, starts it and lets its runner prove itself. Never fails: what could
/// not be had is a row of its own.
pub fn prepare(wanted: &RuntimeSpec, setting: &RunContext, progress: &Progress) -> Runtime {
    let began = Instant::now();
    let mut build = Duration::ZERO;
    let state = prepare::had(wanted, setting, progress, &mut build)
        .and_then(|mut ready| {
            ready.smoke_test_failure = smoke_test::of(&ready, setting)?;
            Ok(ready)
        })
        .map_err(|e| format!("{e:#}"));
    Runtime {
        name: wanted.name.clone(),
        state,
        build,
        start: began.elapsed().saturating_sub(build),
    }
}

impl Runtime {
    /// Whether it runs guests of this kind. Of a runtime that could not be had it is not known.
    pub fn runs(&self, kind: WasiVersion) -> bool {
        match &self.state {
            Ok(ready) => ready.wasi_versions.contains(&kind),
            Err(_) => kind == WasiVersion::Preview1,
        }
    }
}

impl PreparedRuntime {
    /// Whether the runtime declares that it has no way to do this.
    pub fn lacks(&self, what: Capability) -> bool {
        self.missing_capabilities.iter().any(|c| c.capability == what)
    }

    /// Why this runtime has no way to run a case, if so.
    pub fn cannot_run(&self, case: &Case) -> Option<&str> {
        let lacks = |need: &_| self.missing_capabilities.iter().find(|c| c.capability == *need);
        case.requires.iter().find_map(lacks).map(|c| c.reason.as_str())
    }

    /// Runs one case in a private directory and says what was seen. An error here is ours.
    pub fn observe(&self, case: &Case, setting: &RunContext) -> Result<Observation> {
        let (observation, suspect) = self.observe_once(case, setting, false)?;
        if suspect {
            return Ok(self.observe_once(case, setting, true)?.0);
        }
        Ok(observation)
    }

    /// Also says whether another case may be to blame for what was seen.
    fn observe_once(
        &self,
        case: &Case,
        to: &RunContext,
        fresh: bool,
    ) -> Result<(Observation, bool)> {
        let fixture = Fixture::make(case, &to.work)?;
        let request = run_request(case, &fixture, to)?;
        let time = case.timeout.map_or(to.limits.time, |timeout| timeout.min(to.limits.time));
        let limits = Limits { time, ..to.limits };
        let (answer, start, suspect) = match &self.backend {
            Backend::Runners(pool) => {
                let ran = pool.run(request, &case.stdin, &limits, fresh)?;
                let suspect = ran.is_suspect();
                (ran.answer, ran.start, suspect)
            }
            Backend::Command(command) => {
                (command.run(&request, &case.stdin, &limits)?, Duration::ZERO, false)
            }
        };
        let observation = Observation {
            outcome: answer.outcome,
            stdout: readable(&answer.stdout),
            stderr: readable(&answer.stderr),
            tree: fixture.tree()?,
            escaped: fixture.escaped(),
            times: Times { start, compile: answer.compile, execute: answer.execute },
            globals: answer.globals,
        };
        Ok((observation, suspect))
    }
}

fn run_request(case: &Case, fixture: &Fixture, setting: &RunContext) -> Result<RunRequest> {
    let name = case.wasm.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(RunRequest {
        sha256: crate::support::digest::of_file(&case.wasm)?,
        wasm: case.wasm.clone(),
        args: std::iter::once(name).chain(case.args.iter().cloned()).collect(),
        env: case.env.clone(),
        preopens: fixture.preopens(case),
        stdio: fixture.streams(),
        socket: case.socket,
        cache: setting.cache.join("modules"),
        globals: case.globals.clone(),
    })
}

/// Turns our own failure into an observation, so that it costs one case and not the run.
pub fn our_error(error: &anyhow::Error) -> Observation {
    Observation {
        outcome: Outcome::Error { message: format!("{error:#}") },
        stdout: String::new(),
        stderr: String::new(),
        tree: Default::default(),
        escaped: None,
        globals: Globals::new(),
        times: Times::default(),
    }
}
