//! `wasi-conformance bisect RUNTIME CASE --good V --bad V`: the version in which a case changed.

use std::fmt::Write;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;
use semver::Version;

use super::arguments::{DirectoryArgs, RuntimeFileArgs, seconds};
use super::status::Status;
use crate::case::{Case, filter};
use crate::known;
use crate::results::bisect::{Bisection, Side, path};
use crate::runtime::{Limits, RunContext, RuntimeSpec, prepare, registry, releases, selection};
use crate::support::directories::Directories;
use crate::support::interrupt;
use crate::support::output::print;
use crate::support::progress::Progress;
use crate::support::text::{diff, shorten};
use crate::support::work_directory::WorkDirectory;
use crate::verdict::judge::{Judgement, judge_unknown};

/// Find the first version of a runtime in which a case changed
#[derive(Args)]
#[command(after_help = "Examples:
  wasi-conformance bisect wasmtime-py path_filestat_get::trailing_slash_on_file --good 24 --bad 36
  wasi-conformance bisect node std_path::metadata --good 24 --bad 18    # finds a fix")]
pub struct BisectArgs {
    /// The runtime
    runtime: String,
    /// The id of the case
    case: String,
    /// A version in which the case is as expected; 47 is the newest 47.x
    #[arg(long, value_name = "VERSION")]
    good: String,
    /// A version in which it is not. If it is older than the good one, the search is for the fix
    #[arg(long, value_name = "VERSION")]
    bad: String,
    #[command(flatten)]
    directories: DirectoryArgs,
    /// Seconds that a guest may take
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    timeout: Duration,
    #[command(flatten)]
    files: RuntimeFileArgs,
}

/// `run` and `explain` show longer diffs in full.
const LONGEST_DIFF: usize = 2000;
const OUTPUT_LIMIT: usize = 16 << 20;

/// The result of a case on one version, or why it is unknown.
enum Tried {
    Seen(Judgement),
    Skipped(String),
}

/// A search for the change of one case.
struct Search<'a> {
    spec: RuntimeSpec,
    case: &'a Case,
    context: RunContext,
    progress: Progress,
}

pub fn bisect(args: &BisectArgs) -> Result<Status> {
    let directories = Directories::find(&args.directories.options())?;
    let (set, _) = known::load_with_cases(&directories)?;
    let case = filter::named(&args.case, &set.cases)?;
    let registry = registry::load(&directories.harness(), &args.files.runtimes_file)?;
    let spec = selection::named(&args.runtime, &registry)?;
    interrupt::watch()?;
    let progress = Progress::on_stderr();
    let released = spec.releases(&progress)?;
    let good = releases::choose(&spec.name, &args.good, &released).context("--good")?;
    let bad = releases::choose(&spec.name, &args.bad, &released).context("--bad")?;
    if good == bad {
        bail!("--good and --bad are both {good}: name two versions");
    }
    let work = WorkDirectory::create()?;
    let limits = Limits { time: args.timeout, output: OUTPUT_LIMIT, ..Limits::default() };
    let context = RunContext::new(&directories.harness(), work.path(), limits, false)?;
    let context = context.with_guests([case]);
    let search = Search { spec: spec.clone(), case, context, progress };
    // From the oldest on: the result is the first version in which something changed.
    let path = path(&released, (&good).min(&bad), (&good).max(&bad));
    search.run(&path, &good)
}

impl Search<'_> {
    fn run(&self, path: &[Version], good: &Version) -> Result<Status> {
        let mut bisection = Bisection::new(path.len());
        let (oldest, newest) = (&path[0], &path[path.len() - 1]);
        self.say(&format!(
            "{} on {}: {} versions from {oldest} to {newest}. Both ends and about {} more \
             are tried",
            self.case.id,
            self.spec.name,
            path.len(),
            bisection.steps()
        ))?;
        let Some(first) = self.end(oldest, oldest == good)? else {
            return Ok(Status::Interrupted);
        };
        let Some(last) = self.end(newest, newest == good)? else {
            return Ok(Status::Interrupted);
        };
        if alike(&first, &last) {
            bail!(
                "`{}` comes out the same on {oldest} and on {newest}: there is no change to look \
                 for; what comes out is:\n{}",
                self.case.id,
                show(&first)
            );
        }
        let oldest_is_good =
            self.oldest_is_good(oldest == good, [oldest, newest], [&first, &last])?;
        let (mut before, mut after) = (first, last);
        while let Some(at) = bisection.next() {
            let tried = self.attempt(&path[at])?;
            if interrupt::requested() {
                return Ok(Status::Interrupted);
            }
            let side = match &tried {
                Tried::Skipped(_) => Side::Skip,
                Tried::Seen(seen) if alike(seen, &before) => Side::Before,
                Tried::Seen(_) => Side::After,
            };
            let is_good = (side == Side::Before) == oldest_is_good;
            let line = match &tried {
                Tried::Skipped(reason) => line(&path[at], "skip", &first_line(reason)),
                Tried::Seen(seen) => line(&path[at], word(is_good), &summary(seen)),
            };
            self.say(&line)?;
            bisection.note(at, side);
            match (tried, side) {
                (Tried::Seen(seen), Side::Before) => before = seen,
                (Tried::Seen(seen), _) => after = seen,
                (Tried::Skipped(_), _) => {}
            }
        }
        self.say(&conclusion(path, &bisection, &before, &after))?;
        Ok(Status::Clean)
    }

    /// Which end is good: the one named so, unless only the other one is as expected.
    fn oldest_is_good(
        &self,
        named: bool,
        [oldest, newest]: [&Version; 2],
        [first, last]: [&Judgement; 2],
    ) -> Result<bool> {
        let (passes, change) = match (first.mismatches.is_empty(), last.mismatches.is_empty()) {
            (true, false) => (true, "broke"),
            (false, true) => (false, "fixed"),
            _ => return Ok(named),
        };
        if passes != named {
            let (good, bad) = if passes { (newest, oldest) } else { (oldest, newest) };
            self.say(&format!(
                "--good {good} and --bad {bad} are swapped: the case is as expected on {bad} only; \
                 looking for the version that {change} it"
            ))?;
        }
        Ok(passes)
    }

    /// Tries one end, which must work. `None` if it was interrupted.
    fn end(&self, version: &Version, good: bool) -> Result<Option<Judgement>> {
        let tried = self.attempt(version)?;
        if interrupt::requested() {
            return Ok(None);
        }
        let word = word(good);
        match tried {
            Tried::Seen(seen) => {
                self.say(&line(version, word, &summary(&seen)))?;
                Ok(Some(seen))
            }
            Tried::Skipped(reason) => {
                bail!("--{word} {version} cannot be tried: {reason}\nchoose another version")
            }
        }
    }

    /// Runs the case on one version, which is fetched or built if necessary.
    fn attempt(&self, version: &Version) -> Result<Tried> {
        let spec = self.spec.at(&version.to_string())?;
        if let Err(e) = spec.fetch(&self.context.cache, &self.progress) {
            return Ok(Tried::Skipped(format!("{e:#}")));
        }
        let ready = match prepare(&spec, &self.context, &self.progress).state {
            Ok(ready) => ready,
            Err(reason) => return Ok(Tried::Skipped(reason)),
        };
        if let Some(reason) = ready.smoke_test_failure {
            return Ok(Tried::Skipped(format!("its smoke test failed: {reason}")));
        }
        if let Some(reason) = ready.cannot_run(self.case) {
            return Ok(Tried::Skipped(reason.to_owned()));
        }
        let observed = ready.observe(self.case, &self.context)?;
        if let runner_kit::Outcome::Error { message } = &observed.outcome {
            return Ok(Tried::Skipped(message.clone()));
        }
        Ok(Tried::Seen(judge_unknown(self.case, &observed)))
    }

    /// Printed at once, because the next version may take minutes.
    fn say(&self, text: &str) -> Result<()> {
        print(&format!("{text}\n"))
    }
}

fn word(good: bool) -> &'static str {
    if good { "good" } else { "bad" }
}

fn line(version: &Version, word: &str, what: &str) -> String {
    format!("{:10} {word:5}{what}", version.to_string())
}

fn first_line(reason: &str) -> String {
    shorten(reason.lines().next().unwrap_or_default(), 200).trim_end().to_owned()
}

fn alike(a: &Judgement, b: &Judgement) -> bool {
    a.difference == b.difference
}

/// One line: `as expected`, or the first unexpected line.
fn summary(seen: &Judgement) -> String {
    let Some(mismatch) = seen.mismatches.first() else { return "as expected".into() };
    let diff = diff(&mismatch.expected, &mismatch.observed);
    let line = diff.lines().find(|l| l.starts_with('+')).or_else(|| diff.lines().next());
    let line = line.unwrap_or_default().trim_start_matches(['+', '-', ' ']);
    format!("{}: {}", mismatch.part, shorten(line, 100).trim_end())
}

/// Everything that is not as expected.
fn show(seen: &Judgement) -> String {
    if seen.mismatches.is_empty() {
        return "    all as expected\n".into();
    }
    let mut out = String::new();
    for mismatch in &seen.mismatches {
        let _ = writeln!(out, "    {}:", mismatch.part);
        let lines = shorten(&diff(&mismatch.expected, &mismatch.observed), LONGEST_DIFF);
        for line in lines.lines() {
            let _ = writeln!(out, "      {line}");
        }
    }
    out
}

fn conclusion(
    path: &[Version],
    found: &Bisection,
    before: &Judgement,
    after: &Judgement,
) -> String {
    let (last, first) = (&path[found.before()], &path[found.after()]);
    let doubtful: Vec<String> = found.doubtful().map(|at| path[at].to_string()).collect();
    let head = match doubtful.as_slice() {
        [] => format!("\n{first} is the first version in which it changed"),
        [..] => format!(
            "\nit changed after {last}, and at the latest in {first}; could not be tried: {}",
            doubtful.join(", ")
        ),
    };
    format!("{head}\n{last}:\n{}{first}:\n{}", show(before), show(after)).trim_end().to_owned()
}
