//! `wasi-conformance explore`: sequences of calls that nobody wrote down, judged by the model.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, anyhow, bail};
use clap::Args;
use explore::{Generator, Matrix, Options, Scenario, Signature, text};

use super::arguments::{DirectoryArgs, RuntimeArgs};
use super::status::Status;
use crate::case::CaseSet;
use crate::case::shard::Shard;
use crate::exec::engine;
use crate::explore::attribute::Causes;
use crate::explore::batch;
use crate::explore::finding::{Found, Group, Groups, gave};
use crate::explore::machine::Machine;
use crate::explore::reduce::reduce;
use crate::explore::search::{Searched, Until, search};
use crate::explore::show;
use crate::known::{self, Divergences};
use crate::runtime::{Limits, PreparedRuntime, RunContext, prepare};
use crate::support::directories::Directories;
use crate::support::interrupt;
use crate::support::output::{print, warn};
use crate::support::paths;
use crate::support::progress::{Progress, show as show_step};
use crate::support::text::count;
use crate::support::work_directory::WorkDirectory;

/// Search for differences that no case covers: random sequences of calls, judged by the model
#[derive(Args)]
#[command(after_help = "Examples:
  wasi-conformance explore -r wasmtime --time 60s           # a minute of chance
  wasi-conformance explore -r node --sequences 20000 --seed 7
  wasi-conformance explore -r wasmtime --matrix --shard 1/4 # a quarter of the combinations
  wasi-conformance explore -r all --replay finding.txt      # one sequence, side by side")]
pub struct ExploreArgs {
    #[command(flatten)]
    runtimes: RuntimeArgs,
    #[command(flatten)]
    directories: DirectoryArgs,
    /// How long to search: 90s, 30m or 2h [default: 60s]
    #[arg(long, value_name = "TIME", value_parser = time, conflicts_with = "sequences")]
    time: Option<Duration>,
    /// How many sequences to execute
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    sequences: Option<u32>,
    /// Where chance begins: the same seed gives the same sequences [default: the time]
    #[arg(long, value_name = "S")]
    seed: Option<u64>,
    /// Instead of chance, every combination of a call's operands within a small scope
    #[arg(long, conflicts_with = "seed")]
    matrix: bool,
    /// Execute one of N equal parts of the sequences, from 1/N to N/N
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,
    /// Execute the sequence in a file, as findings are printed
    #[arg(long, value_name = "FILE", conflicts_with_all = ["matrix", "time", "sequences", "seed", "shard"])]
    replay: Option<PathBuf>,
    /// Write all findings, known ones too, to a file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// How many calls a sequence has
    #[arg(long, value_name = "LEAST..MOST", value_parser = calls, default_value = "2..12")]
    calls: (usize, usize),
    /// How many instances execute sequences at once [default: the number of processors]
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,
    /// How many sequences an instance executes
    #[arg(long, value_name = "N", hide = true, default_value = "100", value_parser = clap::value_parser!(u16).range(1..=1000))]
    batch: u16,
}

/// A search ends a sequence that takes longer than this.
const SEQUENCE_TIME: Duration = Duration::from_secs(10);

/// How long the findings of a runtime are reduced.
const REDUCE_TIME: Duration = Duration::from_secs(120);

/// The value of `--time`.
fn time(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let unit = match &text[digits.len()..] {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => return Err("write it as 90s, 30m or 2h".into()),
    };
    match digits.parse::<u64>() {
        Ok(number) if (1..=86_400).contains(&(number.saturating_mul(unit))) => {
            Ok(Duration::from_secs(number * unit))
        }
        _ => Err("it must be between 1s and 24h".into()),
    }
}

/// The value of `--calls`.
fn calls(text: &str) -> Result<(usize, usize), String> {
    let (least, most) = text.split_once("..").unwrap_or((text, text));
    match (least.parse(), most.parse()) {
        (Ok(least), Ok(most)) if 0 < least && least <= most && most <= 64 => Ok((least, most)),
        _ => Err("write it as 2..12, with at most 64 calls".into()),
    }
}

pub fn explore(args: &ExploreArgs) -> Result<Status> {
    let directories = Directories::find(&args.directories.options())?;
    let replayed = args.replay.as_deref().map(read).transpose()?;
    batch::check_guest(&directories.guests)?;
    let (set, divergences) = known::load_with_cases(&directories)?;
    let specs = args.runtimes.options().select(&directories.harness())?;
    interrupt::watch()?;
    let progress = Progress::on_stderr();
    let work = WorkDirectory::create()?;
    let jobs = args.jobs.map_or_else(engine::processors, usize::from);
    let limits = Limits { time: SEQUENCE_TIME, ..Limits::default() };
    let mut context = RunContext::new(&directories.harness(), work.path(), limits, false)?;
    context.kept_runners = jobs;
    context.guests.insert(directories.guests.clone());
    let mut ready: Vec<(String, PreparedRuntime)> = Vec::new();
    for spec in &specs {
        match prepare(spec, &context, &progress).state {
            Ok(prepared) => match &prepared.smoke_test_failure {
                None => ready.push((spec.name.clone(), prepared)),
                Some(failure) => bail!("{}: its smoke test failed: {failure}", spec.name),
            },
            Err(reason) if spec.requested => bail!("{} is unavailable: {reason}", spec.name),
            Err(reason) => progress.say(&format!("{} is unavailable: {reason}", spec.name)),
        }
    }
    let machines: Vec<Machine> = ready
        .iter()
        .map(|(name, ready)| {
            Machine::new(name, ready, &context, directories.guests.clone(), args.batch.into())
        })
        .collect();
    if machines.is_empty() {
        bail!("no runtime is available: `wasi-conformance runtimes` says why");
    }
    let seed = args.seed.map_or_else(now, Ok)?;
    let mut options = Options::new(seed);
    options.calls = args.calls.0..=args.calls.1;
    let matrix = Matrix::default();
    let is_ours = |place: usize| args.shard.is_none_or(|shard| shard.holds(place));
    let of_matrix = (0..matrix.len()).filter(|place| is_ours(*place));
    let by_chance = Generator::new(options, batch::world(0)).enumerate();
    let by_chance = by_chance.filter(|(place, _)| is_ours(*place)).map(|(_, scenario)| scenario);
    let until = match (args.time, args.sequences) {
        _ if replayed.is_some() => Until::Scenarios(1),
        (Some(time), _) => Until::Time(time),
        (None, Some(sequences)) => Until::Scenarios(sequences as usize),
        (None, None) if args.matrix => Until::Scenarios(of_matrix.clone().count()),
        (None, None) => Until::Time(Duration::from_secs(60)),
    };
    let mut scenarios: Box<dyn Iterator<Item = Scenario> + Send> = match (&replayed, args.matrix) {
        (Some(scenario), _) => Box::new(std::iter::once(scenario.clone())),
        (None, true) => Box::new(of_matrix.filter_map(|place| matrix.get(place))),
        (None, false) => Box::new(by_chance),
    };
    let searched = run(&machines, &mut *scenarios, until, jobs, &progress);
    let session = Session { machines: &machines, set: &set, divergences: &divergences, jobs, seed };
    session.report(searched, args.json.as_deref(), &progress)
}

/// The sequence of `--replay`.
fn read(path: &Path) -> Result<Scenario> {
    let text = fs::read_to_string(path).with_context(|| format!("read {}", path.display()))?;
    text::parse(&text).map_err(|said| anyhow!("{}: {said}", path.display()))
}

fn now() -> Result<u64> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).context("read the clock")?;
    Ok(since.as_secs())
}

fn run(
    machines: &[Machine],
    scenarios: &mut (dyn Iterator<Item = Scenario> + Send),
    until: Until,
    jobs: usize,
    progress: &Progress,
) -> Searched {
    let bar = match until {
        Until::Scenarios(count) => progress.bar(count),
        Until::Time(_) => progress.spinner("explore"),
    };
    let began = Instant::now();
    let searched = search(machines, scenarios, until, jobs, &|more, groups| {
        bar.inc(more as u64);
        let rate = bar.position() as f64 / began.elapsed().as_secs_f64();
        let groups = count(groups, "group");
        show_step(&bar, &format!("{} sequences, {rate:.0}/s, {groups}", bar.position()));
    });
    bar.finish_and_clear();
    searched
}

/// What all that is printed needs.
struct Session<'a> {
    machines: &'a [Machine<'a>],
    set: &'a CaseSet,
    divergences: &'a Divergences,
    jobs: usize,
    seed: u64,
}

impl Session<'_> {
    fn report(
        &self,
        mut searched: Searched,
        json: Option<&Path>,
        progress: &Progress,
    ) -> Result<Status> {
        let (mut known, mut new) = (0, 0);
        let mut rows = vec![];
        for machine in self.machines {
            let Some(groups) = searched.groups.remove(machine.name) else { continue };
            let PreparedRuntime { divergences_of, version, .. } = machine.ready;
            let row = self.divergences.row(machine.name, divergences_of, version);
            let causes = Causes::new(self.set, &row);
            let groups = self.reduced(machine, groups, &causes, progress);
            for (signature, group) in &groups.0 {
                let explained = causes.of(signature);
                rows.push(show::row(machine.name, version, signature, group, &explained));
                if !explained.is_empty() {
                    known += 1;
                    continue;
                }
                new += 1;
                let others = match interrupt::requested() {
                    true => vec![],
                    false => self.side_by_side(group),
                };
                print(&format!(
                    "{}\n",
                    show::group(machine.name, signature, group, &explained, &others)
                ))?;
            }
        }
        let seconds = searched.took.as_secs_f64();
        let rate = searched.scenarios as f64 / seconds;
        print(&format!(
            "{} in {seconds:.1} s ({rate:.0} a second) on {}, seed {}: {known} known, {new} new\n",
            count(searched.scenarios, "sequence"),
            count(self.machines.len(), "runtime"),
            self.seed,
        ))?;
        if let Some(path) = json {
            let text = serde_json::to_string_pretty(&show::rows(self.seed, &searched, rows))?;
            paths::write_whole(path, text.as_bytes())?;
        }
        for (name, reason) in &searched.failed {
            warn(&format!("{name} did not finish: {reason}"));
        }
        if !searched.failed.is_empty() {
            bail!("{} did not finish", count(searched.failed.len(), "runtime"));
        }
        Ok(match (interrupt::requested(), new) {
            (true, _) => Status::Interrupted,
            (false, 0) => Status::Clean,
            (false, _) => Status::Unexpected,
        })
    }

    fn reduced(
        &self,
        machine: &Machine,
        groups: Groups,
        causes: &Causes,
        progress: &Progress,
    ) -> Groups {
        let is_new = |signature: &Signature| causes.of(signature).is_empty();
        let bar = progress.bar(groups.0.keys().filter(|signature| is_new(signature)).count());
        show_step(&bar, &format!("{}: reducing what is new", machine.name));
        let until = Instant::now() + REDUCE_TIME;
        let reduced = reduce(machine, groups, &is_new, until, self.jobs, &|| bar.inc(1));
        bar.finish_and_clear();
        reduced
    }

    /// What each runtime does with the call of a finding.
    fn side_by_side(&self, group: &Group) -> Vec<(String, String)> {
        let Found { scenario, finding, .. } = &group.shortest;
        let gave = |machine: &Machine| match machine.can_run(scenario) {
            false => "cannot run this".to_owned(),
            true => match machine.alone(scenario) {
                Ok(seen) => gave(scenario, &seen, finding.step),
                Err(error) => format!("{error:#}"),
            },
        };
        self.machines.iter().map(|machine| (machine.name.to_owned(), gave(machine))).collect()
    }
}
