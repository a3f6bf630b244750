//! Executes scenarios on a runtime, many in one instance of the guest.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Result, bail};
use explore::{Ending, Scenario};
use runner_kit::Capability;

use super::batch::{Batch, Executed, Seen};
use crate::runtime::{PreparedRuntime, RunContext};
use crate::support::interrupt;

/// A runtime that executes scenarios.
pub struct Machine<'a> {
    pub name: &'a str,
    pub ready: &'a PreparedRuntime,
    pub context: &'a RunContext,
    /// The directory of guests.
    pub guests: PathBuf,
    /// How many scenarios an instance executes at most.
    pub most: usize,
    /// How many it executes now: fewer if they end it often, since those behind must begin again.
    size: AtomicUsize,
}

/// An instance that its scenarios end often still executes so many.
const FEWEST: usize = 4;

impl<'a> Machine<'a> {
    pub fn new(
        name: &'a str,
        ready: &'a PreparedRuntime,
        context: &'a RunContext,
        guests: PathBuf,
        most: usize,
    ) -> Machine<'a> {
        Machine { name, ready, context, guests, most, size: AtomicUsize::new(most) }
    }

    /// Whether it can execute a scenario.
    pub fn can_run(&self, scenario: &Scenario) -> bool {
        let has_link =
            scenario.tree.0.iter().any(|(_, node)| matches!(node, explore::Node::Symlink(_)));
        (!scenario.read_only || !self.ready.lacks(Capability::ReadOnlyPreopens))
            && (!has_link || !self.ready.lacks(Capability::Symlinks))
    }

    /// What comes of each scenario. If one of them ends its instance, it runs again, alone, and those
    /// behind it in a new one.
    pub fn run(&self, scenarios: &[&Scenario]) -> Result<Vec<Seen>> {
        // Those that need an instance of their own come last, so that they part no batch.
        let mut order: Vec<usize> = (0..scenarios.len()).collect();
        order.sort_by_key(|&place| scenarios[place].is_alone());
        let ordered: Vec<&Scenario> = order.iter().map(|&place| scenarios[place]).collect();
        let shared = ordered.iter().take_while(|scenario| !scenario.is_alone()).count();
        let mut seen = Vec::with_capacity(scenarios.len());
        while seen.len() < ordered.len() {
            if interrupt::requested() {
                bail!("interrupted");
            }
            match seen.len() {
                done if done < shared => {
                    let size = self.size.load(Ordering::Relaxed);
                    self.together(&ordered[done..shared.min(done + size)], &mut seen)?;
                }
                done => seen.push(self.alone(ordered[done])?),
            }
        }
        let mut placed: Vec<(usize, Seen)> = order.into_iter().zip(seen).collect();
        placed.sort_by_key(|(place, _)| *place);
        Ok(placed.into_iter().map(|(_, seen)| seen).collect())
    }

    fn together(&self, scenarios: &[&Scenario], seen: &mut Vec<Seen>) -> Result<()> {
        let batch = Batch::new(scenarios);
        let size = self.size.load(Ordering::Relaxed);
        let keeps_journal = size < self.most;
        let Executed { seen: finished, rest } = match batch.fits() || scenarios.len() == 1 {
            true => self.execute(&batch, keeps_journal)?,
            false => return self.in_halves(scenarios, seen),
        };
        let count = finished.len();
        seen.extend(finished);
        if count == scenarios.len() {
            self.size.store((size + size / 4 + 1).min(self.most), Ordering::Relaxed);
            return Ok(());
        }
        self.size
            .store(((size + count) / 2).clamp(FEWEST.min(self.most), self.most), Ordering::Relaxed);
        match rest {
            Some(rest) if rest.escaped.is_some() && scenarios.len() > 1 => {
                self.in_halves(&scenarios[count..], seen)?;
            }
            Some(rest) if keeps_journal && rest.ran.ending == Ending::Trapped => seen.push(rest),
            _ => seen.push(self.alone(scenarios[count])?),
        }
        Ok(())
    }

    fn in_halves(&self, scenarios: &[&Scenario], seen: &mut Vec<Seen>) -> Result<()> {
        let (first, second) = scenarios.split_at(scenarios.len() / 2);
        for half in [first, second] {
            let end = seen.len() + half.len();
            while seen.len() < end {
                self.together(&half[half.len() - (end - seen.len())..], seen)?;
            }
        }
        Ok(())
    }

    /// Executes one scenario in an instance of its own.
    pub fn alone(&self, scenario: &Scenario) -> Result<Seen> {
        let Executed { mut seen, rest } = self.execute(&Batch::new(&[scenario]), true)?;
        match rest.or_else(|| seen.pop()) {
            Some(seen) => Ok(seen),
            None => bail!("{}: the guest has not begun with its scenario", self.name),
        }
    }

    fn execute(&self, batch: &Batch, keeps_journal: bool) -> Result<Executed> {
        let case = batch.case(&self.guests, keeps_journal);
        let observed = self.ready.observe(&case, self.context)?;
        batch.executed(observed).map_err(|said| anyhow::anyhow!("{}: {said}", self.name))
    }
}
