//! Runs cases on mutants until one notices.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rayon::prelude::*;
use runner_kit::Outcome;
use wasi_conformance::case::{Case, Level};
use wasi_conformance::instrument::SWITCH;
use wasi_conformance::instrument::coverage;
use wasi_conformance::known::{Divergence, Divergences};
use wasi_conformance::observe::observation::Observation;
use wasi_conformance::runtime::{PreparedRuntime, RunContext, Runtime};
use wasi_conformance::support::interrupt;
use wasi_conformance::support::progress::Progress;
use wasi_conformance::verdict::judge::compare;

use super::catalogue::Mutant;
use super::equivalent;

/// How long a guest may take on a mutant: many a fault makes it wait for ever.
const LEAST_TIME: Duration = Duration::from_millis(1500);
/// How many times as long as without a fault it may take, if that is more.
const SLOWER: u32 = 20;

/// What became of a mutant.
pub struct Fate<'a> {
    pub mutant: &'a Mutant,
    /// The case that killed it, and the runtime that it is a mutant of.
    pub killer: Option<(&'a Case, &'a str)>,
    /// A case of level `may` that noticed it, if no other did.
    pub noticed: Option<&'a Case>,
    /// How many cases call a function in which it has a fault.
    pub reached: usize,
    /// Whether it was tried at all before an interrupt.
    pub tried: bool,
}

impl<'a> Fate<'a> {
    pub fn unknown(mutant: &'a Mutant) -> Self {
        Fate { mutant, killer: None, noticed: None, reached: 0, tried: false }
    }
}

/// A case that passes without a fault.
struct Sound<'a> {
    case: &'a Case,
    /// The functions that its guest calls.
    calls: Vec<String>,
    took: Duration,
}

pub struct Hunt<'a> {
    name: &'a str,
    ready: &'a PreparedRuntime,
    setting: &'a RunContext,
    sound: Vec<Sound<'a>>,
    /// By function, the places in `sound` of the cases that killed a mutant of it.
    killers: Mutex<HashMap<&'static str, Vec<usize>>>,
}

impl<'a> Hunt<'a> {
    /// Runs every case without a fault. Those that pass can kill, except those that are known to be
    /// flaky on this runtime.
    pub fn begin(
        runtime: &'a Runtime,
        cases: &'a [Case],
        divergences: &Divergences,
        setting: &'a RunContext,
        progress: &Progress,
    ) -> Result<Self> {
        let ready = match &runtime.state {
            Ok(ready) => ready,
            Err(why) => bail!("{}: {why}", runtime.name),
        };
        let bar = progress.bar(cases.len());
        bar.set_message("without a fault");
        let try_one = |case: &'a Case| -> Result<Option<Sound<'a>>> {
            bar.inc(1);
            if interrupt::requested() || case.skip.is_some() || ready.cannot_run(case).is_some() {
                return Ok(None);
            }
            let known =
                divergences.find(&runtime.name, &ready.divergences_of, &ready.version, &case.id);
            if known.is_some_and(Divergence::is_flaky) {
                return Ok(None);
            }
            let observed = ready.observe(case, setting)?;
            if !compare(&case.expect, &observed).is_empty() {
                return Ok(None);
            }
            let calls = coverage::calls(&observed.globals).into_keys().collect();
            Ok(Some(Sound { case, calls, took: observed.times.execute }))
        };
        let sound: Vec<Option<Sound>> = cases.par_iter().map(try_one).collect::<Result<_>>()?;
        bar.finish_and_clear();
        stop_if_interrupted()?;
        let sound: Vec<Sound> = sound.into_iter().flatten().collect();
        if sound.is_empty() {
            bail!("{}: no case passes without a fault, so none can kill", runtime.name);
        }
        Ok(Hunt { name: &runtime.name, ready, setting, sound, killers: Mutex::default() })
    }

    /// The runtime and its version.
    pub fn name(&self) -> String {
        format!("{} {}", self.name, self.ready.version)
    }

    /// How many cases pass without a fault.
    pub fn sound(&self) -> usize {
        self.sound.len()
    }

    /// The cases that each null runtime passes.
    pub fn nulls<'m>(
        &self,
        nulls: &'m [Mutant],
        progress: &Progress,
    ) -> Result<Vec<(&'m Mutant, Vec<&'a Case>)>> {
        let bar = progress.bar(nulls.len() * self.sound.len());
        let mut all = Vec::new();
        for null in nulls {
            bar.set_message(null.description.clone());
            let passes = |sound: &Sound<'a>| -> Result<Option<&'a Case>> {
                bar.inc(1);
                Ok((!self.notices(sound, null)?).then_some(sound.case))
            };
            let passed: Vec<Option<&Case>> =
                self.sound.par_iter().map(passes).collect::<Result<_>>()?;
            stop_if_interrupted()?;
            all.push((null, passed.into_iter().flatten().collect()));
        }
        bar.finish_and_clear();
        Ok(all)
    }

    /// Tries to kill those that are still alive and not known to be equivalent.
    pub fn mutants(&self, fates: Vec<Fate<'a>>, progress: &Progress) -> Result<Vec<Fate<'a>>> {
        let bar = progress.bar(fates.len());
        let fates: Result<Vec<Fate>> = fates
            .into_par_iter()
            .map(|fate| {
                bar.set_message(fate.mutant.name());
                bar.inc(1);
                // On another runtime, what is argued to be no fault would be none either.
                let tried = fate.reached > 0 && equivalent::reason(fate.mutant).is_some();
                if fate.killer.is_some() || tried {
                    return Ok(fate);
                }
                let name = fate.mutant.name();
                self.kill(fate).with_context(|| name)
            })
            .collect();
        bar.finish_and_clear();
        fates
    }

    fn kill(&self, mut fate: Fate<'a>) -> Result<Fate<'a>> {
        let mutant = fate.mutant;
        fate.tried = false;
        let order = self.likeliest_first(mutant);
        fate.reached = fate.reached.max(order.len());
        for i in order {
            let sound = &self.sound[i];
            // A busy machine can fail a case by itself, so a kill counts only if it repeats.
            let noticed = self
                .notices(sound, mutant)
                .and_then(|once| Ok(once && self.notices(sound, mutant)?));
            if interrupt::requested() {
                return Ok(fate);
            }
            if !noticed? {
                continue;
            }
            if sound.case.level == Level::May {
                fate.noticed.get_or_insert(sound.case);
                continue;
            }
            fate.killer = Some((sound.case, self.name));
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

    /// The cases that call a function in which a mutant has a fault: first those that killed others
    /// of the same function, the last one in front; then those of that function's file; then the
    /// quickest.
    fn likeliest_first(&self, mutant: &Mutant) -> Vec<usize> {
        let faulty = |name: &String| mutant.faults.iter().any(|fault| fault.function == *name);
        let killers = self.killers.lock().expect("no code panics while holding this");
        let killed = killers.get(mutant.function).cloned().unwrap_or_default();
        drop(killers);
        let mut order: Vec<usize> =
            (0..self.sound.len()).filter(|&i| self.sound[i].calls.iter().any(faulty)).collect();
        let own_file = format!("{}::", mutant.function);
        order.sort_by_key(|&i| {
            let sound = &self.sound[i];
            let rank = killed.iter().position(|&other| other == i).unwrap_or(killed.len());
            (rank, !sound.case.id.starts_with(&own_file), sound.took)
        });
        order
    }

    /// Whether a case fails with a fault.
    fn notices(&self, sound: &Sound, mutant: &Mutant) -> Result<bool> {
        let mut case = sound.case.clone();
        case.globals.insert(SWITCH.into(), mutant.number);
        case.timeout = Some(LEAST_TIME.max(sound.took * SLOWER));
        let observed: Observation = self.ready.observe(&case, self.setting)?;
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
