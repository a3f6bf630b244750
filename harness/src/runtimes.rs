//! The runtimes: which there are, how each is had, and how a case runs on one.

pub mod build;
pub mod command_line;
mod exchange;
mod pool;
mod process;
mod proof;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use runner_kit::{Cannot, Capability, Globals, Launch, Offer, Outcome};

use crate::case::Case;
use crate::fixture::Fixture;
use crate::observe::{Observation, Times};
use crate::paths;
use crate::progress::Progress;
use crate::provision::debian;
use crate::text::readable;

use command_line::{CommandLine, Entry};
pub use exchange::Limits;
use pool::Pool;

/// The runtimes of a plain run, in the order in which they are reported.
const EMBEDDED: [&str; 3] = ["wasmtime", "wasmer", "wasmedge"];
/// Embedded runtimes that must be asked for.
const EMBEDDED_TOO: [&str; 1] = ["wasmtime-p2"];
const NODE: &str = "node";

/// A runtime that can be asked for.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub name: String,
    kind: Kind,
    /// Whether a run includes it without being asked to.
    pub by_default: bool,
}

#[derive(Clone, Debug)]
enum Kind {
    Embedded,
    Node,
    CommandLine(Box<Entry>),
}

impl Wanted {
    /// The runtime whose recorded divergences apply.
    pub fn records(&self) -> &str {
        match &self.kind {
            Kind::CommandLine(entry) => entry.records.as_ref().unwrap_or(&entry.name),
            Kind::Embedded | Kind::Node => &self.name,
        }
    }
}

/// Every runtime that this checkout knows, and those of the user's own files.
pub fn catalogue(harness: &Path, users: &[PathBuf]) -> Result<Vec<Wanted>> {
    let mut all: Vec<Wanted> = Vec::new();
    for name in EMBEDDED {
        all.push(Wanted { name: name.into(), kind: Kind::Embedded, by_default: true });
    }
    all.push(Wanted { name: NODE.into(), kind: Kind::Node, by_default: true });
    for name in EMBEDDED_TOO {
        all.push(Wanted { name: name.into(), kind: Kind::Embedded, by_default: false });
    }
    let ours = harness.join("runners/command-line.yaml");
    for file in std::iter::once(&ours).chain(users) {
        for entry in command_line::load(file)? {
            if all.iter().any(|wanted| wanted.name == entry.name) {
                bail!(
                    "{}: there is already a runtime called `{}`: choose another name",
                    file.display(),
                    entry.name
                );
            }
            let by_default = file != &ours;
            let name = entry.name.clone();
            all.push(Wanted { name, kind: Kind::CommandLine(Box::new(entry)), by_default });
        }
    }
    Ok(all)
}

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
    let state = had(wanted, setting, progress, &mut build)
        .and_then(|mut ready| {
            ready.unproven = proof::of(&ready, setting)?;
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

fn had(
    wanted: &Wanted,
    setting: &Setting,
    progress: &Progress,
    build: &mut Duration,
) -> Result<Ready> {
    match &wanted.kind {
        Kind::Embedded => {
            let built = build::runner(&wanted.name, &setting.harness, &setting.cache, progress)?;
            *build = built.took;
            from_runner(&wanted.name, built.program, vec![], built.source, setting)
        }
        Kind::Node => {
            let Some(node) = command_line::find_binary("node") else {
                bail!("there is no `node` on PATH: install Node.js 18 or later");
            };
            let script = setting.harness.join("runners/node/runner.mjs");
            let args = vec!["--no-warnings".into(), script.to_string_lossy().into_owned()];
            from_runner(NODE, node.clone(), args, node.display().to_string(), setting)
        }
        Kind::CommandLine(entry) => {
            let began = Instant::now();
            let (launcher, source) = launcher(entry, setting, progress)?;
            *build = began.elapsed();
            let command = CommandLine::new((**entry).clone(), launcher)?;
            Ok(Ready {
                version: command.version.clone(),
                details: "command line".into(),
                source,
                records: wanted.records().to_owned(),
                cannot: cannot(entry),
                offers: vec![Offer::Preview1],
                backend: Backend::Command(Box::new(command)),
                unproven: None,
            })
        }
    }
}

fn from_runner(
    name: &str,
    program: PathBuf,
    args: Vec<String>,
    source: String,
    setting: &Setting,
) -> Result<Ready> {
    let pool = Pool::new(program, args, setting.work.clone(), setting.isolate);
    let hello = pool.greet().with_context(|| format!("start the {name} runner"))?;
    Ok(Ready {
        version: hello.version,
        details: hello.details,
        source,
        records: name.to_owned(),
        cannot: hello.cannot,
        offers: hello.offers,
        backend: Backend::Runners(pool),
        unproven: None,
    })
}

/// The words that start a command-line runtime, and where it was found.
fn launcher(
    entry: &Entry,
    setting: &Setting,
    progress: &Progress,
) -> Result<(Vec<String>, String)> {
    if let Some(path) = command_line::find_binary(&entry.binary) {
        let path = path.to_string_lossy().into_owned();
        return Ok((vec![path.clone()], path));
    }
    let Some(from) = &entry.debian else {
        bail!("there is no `{}` on PATH: install it, or name its path in the entry", entry.binary);
    };
    let root =
        setting.cache.join("debian").join(format!("{}-{}", from.suite, from.packages.join("+")));
    let packages: Vec<&str> = from.packages.iter().map(String::as_str).collect();
    debian::fetch(&from.suite, &packages, &root, &|text| progress.say(text))
        .with_context(|| format!("`{}` is not on PATH", entry.binary))?;
    let launcher = debian::launcher(&root, &from.path)?;
    Ok((launcher, format!("Debian {} ({})", from.suite, from.packages.join(", "))))
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

/// A command is started with pipes: nothing tells it to take its stdin for a socket.
fn cannot(entry: &Entry) -> Vec<Cannot> {
    let reason = "commands are given no sockets".into();
    let sockets = Cannot { what: Capability::Sockets, reason };
    entry.cannot.iter().cloned().chain([sockets]).collect()
}

fn launch(case: &Case, fixture: &Fixture, setting: &Setting) -> Result<Launch> {
    let name = case.wasm.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(Launch {
        sha256: crate::digest::of_file(&case.wasm)?,
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
