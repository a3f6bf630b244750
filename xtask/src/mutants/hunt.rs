//! Runs cases on each mutant until one kills it.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rayon::prelude::*;
use runner_kit::Outcome;
use wasi_conformance::case::{Case, Level};
use wasi_conformance::instrument::SWITCH;
use wasi_conformance::instrument::coverage;
use wasi_conformance::known::Divergences;
use wasi_conformance::observe::observation::Observation;
use wasi_conformance::runtime::{PreparedRuntime, RunContext, Runtime};
use wasi_conformance::support::interrupt;
use wasi_conformance::support::progress::Progress;
use wasi_conformance::verdict::judge::compare;

use super::catalogue::Mutant;
use super::equivalent;

/// The shortest time limit of a guest on a mutant. There is one because many faults make guests hang.
const MIN_TIME: Duration = Duration::from_millis(1500);
/// The time limit as a multiple of the time without the fault, if that is longer.
const TIME_FACTOR: u32 = 20;

/// The result for a mutant.
pub struct Fate<'a> {
    pub mutant: &'a Mutant,
    /// The case that killed it, and the mutated runtime.
    pub killer: Option<(&'a Case, &'a str)>,
    /// A case of level `may` that fails on it, if no other case does.
    pub noticed: Option<&'a Case>,
    /// The number of cases that call the faulty function.
    pub reached: usize,
    /// Whether it was tried before an interrupt.
    pub tried: bool,
}

impl<'a> Fate<'a> {
    pub fn untried(mutant: &'a Mutant) -> Self {
        Fate { mutant, killer: None, noticed: None, reached: 0, tried: false }
    }
}

/// A case that passes on the unmodified runtime.
struct BaselineCase<'a> {
    case: &'a Case,
    /// The functions that its guest calls.
    calls: Vec<String>,
    took: Duration,
}

/// The mutants of one runtime, and the cases that can kill them.
pub struct Hunt<'a> {
    name: &'a str,
    prepared: &'a PreparedRuntime,
    context: &'a RunContext,
    baseline: Vec<BaselineCase<'a>>,
    /// By function, the indexes in `baseline` of the cases that killed a mutant of it.
    killers: Mutex<HashMap<&'static str, Vec<usize>>>,
}

impl<'a> Hunt<'a> {
    /// Runs every case on the unmodified runtime. A case that passes can kill mutants, unless it is
    /// known to be flaky on this runtime.
    pub fn begin(
        runtime: &'a Runtime,
        cases: &'a [Case],
        divergences: &Divergences,
        context: &'a RunContext,
        progress: &Progress,
    ) -> Result<Self> {
        let prepared = match &runtime.state {
            Ok(prepared) => prepared,
            Err(why) => bail!("{}: {why}", runtime.name),
        };
        let bar = progress.bar(cases.len());
        bar.set_message("without a fault");
        let try_one = |case: &'a Case| -> Result<Option<BaselineCase<'a>>> {
            bar.inc(1);
            if interrupt::requested() || case.skip.is_some() || prepared.cannot_run(case).is_some()
            {
                return Ok(None);
            }
            let known = divergences.row(&runtime.name, &prepared.divergences_of, &prepared.version);
            if !known.flaky_of(&case.id).is_empty() {
                return Ok(None);
            }
            let observed = prepared.observe(case, context)?;
            if !compare(&case.expect, &observed).is_empty() {
                return Ok(None);
            }
            let calls = coverage::calls(&observed.globals).into_keys().collect();
            Ok(Some(BaselineCase { case, calls, took: observed.times.execute }))
        };
        let baseline: Vec<Option<BaselineCase>> =
            cases.par_iter().map(try_one).collect::<Result<_>>()?;
        bar.finish_and_clear();
        stop_if_interrupted()?;
        let baseline: Vec<BaselineCase> = baseline.into_iter().flatten().collect();
        if baseline.is_empty() {
            bail!("{}: no case passes without a fault, so no case can kill a mutant", runtime.name);
        }
        Ok(Hunt { name: &runtime.name, prepared, context, baseline, killers: Mutex::default() })
    }

    /// The runtime and its version.
    pub fn name(&self) -> String {
        format!("{} {}", self.name, self.prepared.version)
    }

    /// How many cases pass on the unmodified runtime.
    pub fn baseline_len(&self) -> usize {
        self.baseline.len()
    }

    /// The cases that each null runtime passes.
    pub fn nulls<'m>(
        &self,
        nulls: &'m [Mutant],
        progress: &Progress,
    ) -> Result<Vec<(&'m Mutant, Vec<&'a Case>)>> {
        let bar = progress.bar(nulls.len() * self.baseline.len());
        let mut all = Vec::new();
        for null in nulls {
            bar.set_message(null.description.clone());
            let passes = |baseline: &BaselineCase<'a>| -> Result<Option<&'a Case>> {
                bar.inc(1);
                Ok((!self.fails_on(baseline, null)?).then_some(baseline.case))
            };
            let passed: Vec<Option<&Case>> =
                self.baseline.par_iter().map(passes).collect::<Result<_>>()?;
            stop_if_interrupted()?;
            all.push((null, passed.into_iter().flatten().collect()));
        }
        bar.finish_and_clear();
        Ok(all)
    }

    /// Tries to kill the mutants that are still alive. Equivalent ones are tried on one runtime only.
    pub fn mutants(&self, fates: Vec<Fate<'a>>, progress: &Progress) -> Result<Vec<Fate<'a>>> {
        let bar = progress.bar(fates.len());
        let fates: Result<Vec<Fate>> = fates
            .into_par_iter()
            .map(|fate| {
                bar.set_message(fate.mutant.name());
                bar.inc(1);
                // A mutant that is equivalent on one runtime is equivalent on another.
                let is_done = fate.reached > 0 && equivalent::reason(fate.mutant).is_some();
                if fate.killer.is_some() || is_done {
                    return Ok(fate);
                }
                let name = fate.mutant.name();
                self.try_to_kill(fate).with_context(|| name)
            })
            .collect();
        bar.finish_and_clear();
        fates
    }

    fn try_to_kill(&self, mut fate: Fate<'a>) -> Result<Fate<'a>> {
        let mutant = fate.mutant;
        fate.tried = false;
        let order = self.likeliest_first(mutant);
        fate.reached = fate.reached.max(order.len());
        for i in order {
            let baseline = &self.baseline[i];
            // On a busy machine a case may fail anyway, so a kill counts only if it repeats.
            let fails = self
                .fails_on(baseline, mutant)
                .and_then(|once| Ok(once && self.fails_on(baseline, mutant)?));
            if interrupt::requested() {
                return Ok(fate);
            }
            if !fails? {
                continue;
            }
            if baseline.case.level == Level::May {
                fate.noticed.get_or_insert(baseline.case);
                continue;
            }
            fate.killer = Some((baseline.case, self.name));
            fate.noticed = None;
            let mut killers = self.killers.lock().expect("no code panics while holding this");
            let earlier = killers.entry(mutant.function).or_default();
            earlier.retain(|&other| other != i);
            earlier.insert(0, i);
            break;
        }
        fate.tried = true;
        Ok(fate)
    }

    /// The cases that call a faulty function of a mutant: first the cases that killed other mutants of
    /// the function, the latest killer first; then the cases in that function's file; then the rest.
    /// Within each group, fast cases come first.
    fn likeliest_first(&self, mutant: &Mutant) -> Vec<usize> {
        let faulty = |name: &String| mutant.faults.iter().any(|fault| fault.function == *name);
        let killers = self.killers.lock().expect("no code panics while holding this");
        let killed = killers.get(mutant.function).cloned().unwrap_or_default();
        drop(killers);
        let mut order: Vec<usize> = (0..self.baseline.len())
            .filter(|&i| self.baseline[i].calls.iter().any(faulty))
            .collect();
        let own_file = format!("{}::", mutant.function);
        order.sort_by_key(|&i| {
            let baseline = &self.baseline[i];
            let rank = killed.iter().position(|&other| other == i).unwrap_or(killed.len());
            (rank, !baseline.case.id.starts_with(&own_file), baseline.took)
        });
        order
    }

    /// Whether a case fails on a mutant.
    fn fails_on(&self, baseline: &BaselineCase, mutant: &Mutant) -> Result<bool> {
        let mut case = baseline.case.clone();
        case.globals.insert(SWITCH.into(), mutant.number);
        case.timeout = Some(MIN_TIME.max(baseline.took * TIME_FACTOR));
        let observed: Observation = self.prepared.observe(&case, self.context)?;
        if let Outcome::Error { message } = &observed.outcome {
            bail!("{}: {message}", case.id);
        }
        Ok(!compare(&case.expect, &observed).is_empty())
    }
}

fn stop_if_interrupted() -> Result<()> {
    if interrupt::requested() {
        bail!("interrupted");
    }
    Ok(())
}
