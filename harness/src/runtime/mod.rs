//! The runtimes: which there are, how each is had, and how a case runs on one.

pub mod acquire;
pub mod backend;
pub mod config;
pub mod overrides;
mod prepare;
pub mod registry;
mod smoke_test;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use runner_kit::{Cannot, Capability, Globals, Launch, Offer, Outcome};

use crate::case::Case;
use crate::observe::fixture::Fixture;
use crate::observe::observation::{Observation, Times};
use crate::support::paths;
use crate::support::progress::Progress;
use crate::support::text::readable;

pub use registry::{Wanted, catalogue, select};
use backend::command_line::CommandLine;
pub use backend::session::Limits;
pub use overrides::{given, merge};
use backend::pool::Pool;

/// What all runtimes of an invocation share.
pub struct Setting {
    pub harness: PathBuf,
    pub guests: PathBuf,
    pub cache: PathBuf,
    /// Where cases and logs live while running.
    pub work: PathBuf,
    pub limits: Limits,
    pub isolate: bool,
}

impl Setting {
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
        Ok(Setting { harness, guests, cache, work, limits, isolate })
    }
}

/// A runtime, had or not.
pub struct Runtime {
    pub name: String,
    pub state: Result<Ready, String>,
    /// Building its runner or fetching it, then starting and proving it.
    pub build: Duration,
    pub start: Duration,
}

/// A runtime that can run cases.
pub struct Ready {
    pub version: String,
    pub details: String,
    pub source: String,
    /// Whose recorded divergences apply.
    pub records: String,
    pub cannot: Vec<Cannot>,
    /// Which kinds of guests it runs.
    pub offers: Vec<Offer>,
    backend: Backend,
    /// Why its verdicts cannot count, if its runner did not prove itself.
    pub unproven: Option<String>,
}

enum Backend {
    Runners(Pool),
    Command(Box<CommandLine>),
}

/// Builds or finds a runtime, starts it and lets its runner prove itself. Never fails: what could
/// not be had is a row of its own.
pub fn prepare(wanted: &Wanted, setting: &Setting, progress: &Progress) -> Runtime {
    let began = Instant::now();
    let mut build = Duration::ZERO;
    let state = prepare::had(wanted, setting, progress, &mut build)
        .and_then(|mut ready| {
            ready.unproven = smoke_test::of(&ready, setting)?;
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
    pub fn offers(&self, kind: Offer) -> bool {
        match &self.state {
            Ok(ready) => ready.offers.contains(&kind),
            Err(_) => kind == Offer::Preview1,
        }
    }
}

impl Ready {
    /// Whether the runtime declares that it has no way to do this.
    pub fn lacks(&self, what: Capability) -> bool {
        self.cannot.iter().any(|c| c.what == what)
    }

    /// Why this runtime has no way to run a case, if so.
    pub fn cannot_run(&self, case: &Case) -> Option<&str> {
        let lacks = |need| self.cannot.iter().find(|c| c.what == need);
        case.needs().find_map(lacks).map(|c| c.reason.as_str())
    }

    /// Runs one case in a private directory and says what was seen. An error here is ours.
    pub fn observe(&self, case: &Case, setting: &Setting) -> Result<Observation> {
        let (observation, suspect) = self.observe_once(case, setting, false)?;
        if suspect {
            return Ok(self.observe_once(case, setting, true)?.0);
        }
        Ok(observation)
    }

    /// Also says whether another case may be to blame for what was seen.
    fn observe_once(&self, case: &Case, to: &Setting, fresh: bool) -> Result<(Observation, bool)> {
        let fixture = Fixture::make(case, &to.work)?;
        let launch = launch(case, &fixture, to)?;
        let time = case.timeout.map_or(to.limits.time, |timeout| timeout.min(to.limits.time));
        let limits = Limits { time, ..to.limits };
        let (answer, start, suspect) = match &self.backend {
            Backend::Runners(pool) => {
                let ran = pool.run(launch, &case.stdin, &limits, fresh)?;
                let suspect = ran.is_suspect();
                (ran.answer, ran.start, suspect)
            }
            Backend::Command(command) => {
                (command.run(&launch, &case.stdin, &limits)?, Duration::ZERO, false)
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

fn launch(case: &Case, fixture: &Fixture, setting: &Setting) -> Result<Launch> {
    let name = case.wasm.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(Launch {
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
