//! Merges runs: shards of one run, runs of different runtimes, or both.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use serde_json::Value;

use crate::results::run_file::{CaseRow, MergedRun, Run, RuntimeRow, VerdictRow, missing_of};
use crate::verdict::judge::Verdict;

/// The merged run, with notes for its reader.
#[derive(Debug)]
pub struct Merged {
    pub run: Run,
    /// Differences between the runs that do not prevent merging them.
    pub notes: Vec<String>,
}

/// Reads run files and merges them. A single run is returned unchanged.
pub fn read_all(files: &[PathBuf]) -> Result<Merged> {
    let read = |file: &PathBuf| Ok((file.clone(), Run::read(file)?));
    let mut runs = files.iter().map(read).collect::<Result<Vec<(PathBuf, Run)>>>()?;
    match runs.len() {
        1 => Ok(Merged { run: runs.remove(0).1, notes: vec![] }),
        _ => merge(runs),
    }
}

/// Merges runs, each with the file that it was read from. The result equals that of a single run,
/// whatever the order of the files. Runs that cannot be merged correctly are refused.
pub fn merge(runs: Vec<(PathBuf, Run)>) -> Result<Merged> {
    let Some((_, first)) = runs.first() else { bail!("no run was named") };
    let mut all = Run {
        complete: true,
        seconds: 0.0,
        shard: None,
        runtimes: vec![],
        cases: vec![],
        rules: vec![],
        verdict_count: 0,
        verdicts: vec![],
        merged: vec![],
        ..first.clone()
    };
    let mut merger = Merger::default();
    for (file, run) in runs {
        merger.add(&mut all, run, file)?;
    }
    all.seconds = (all.seconds * 1000.0).round() / 1000.0;
    all.complete = missing_of(&all.merged).is_empty();
    put_in_order(&mut all);
    Ok(Merged { run: all, notes: merger.notes })
}

/// The sources of the runs that were merged already.
#[derive(Default)]
struct Merger {
    /// The file that each runtime's row is from, and each case, rule and verdict.
    rows: HashMap<String, PathBuf>,
    entries: HashMap<String, (usize, PathBuf)>,
    verdicts: HashMap<(String, String), (usize, PathBuf)>,
    notes: Vec<String>,
    files: Vec<PathBuf>,
}

impl Merger {
    fn add(&mut self, all: &mut Run, run: Run, file: PathBuf) -> Result<()> {
        let mut parts =
            if run.merged.is_empty() { vec![MergedRun::of(&run)] } else { run.merged.clone() };
        parts.retain(|part| !all.merged.contains(part));
        if parts.is_empty() {
            // It was named twice, or is contained in a merged run that was also named.
            self.notes.push(format!("{} is already part of the others", file.display()));
            return Ok(());
        }
        self.compare_circumstances(all, &run, &file)?;
        for part in parts {
            self.check_shards(all, &part, &file)?;
            all.merged.push(part);
        }
        // RFC 3339 in UTC sorts as text.
        all.started = std::mem::take(&mut all.started).min(run.started);
        all.seconds += run.seconds;
        for row in run.runtimes {
            self.add_runtime(all, row, &file)?;
        }
        for case in run.cases {
            self.add_entry("case", &mut all.cases, case, |case| &case.id, &file)?;
        }
        for rule in run.rules {
            self.add_entry("rule", &mut all.rules, rule, |rule| &rule.id, &file)?;
        }
        all.sources.extend(run.sources);
        for row in run.verdicts {
            self.add_verdict(all, row, &file)?;
        }
        self.files.push(file);
        Ok(())
    }

    /// Compares the facts that all verdicts of a run share: the machine, the tool and the cases.
    fn compare_circumstances(&mut self, all: &mut Run, run: &Run, file: &Path) -> Result<()> {
        let Some(before) = self.files.first().map(|file| file.display().to_string()) else {
            return Ok(());
        };
        let file = file.display();
        let platform = |run: &Run| format!("{} {}", run.host.os, run.host.arch);
        if platform(all) != platform(run) {
            bail!(
                "{before} and {file}: one ran on {}, the other on {}: make a report of each",
                platform(all),
                platform(run)
            );
        }
        let mut note = |what: String| {
            if !self.notes.contains(&what) {
                self.notes.push(what);
            }
        };
        if !all.tool.split(", ").any(|tool| tool == run.tool) {
            note(format!("{before} was made by {}, {file} by {}", all.tool, run.tool));
            all.tool = format!("{}, {}", all.tool, run.tool);
        }
        if all.cases_digest != run.cases_digest {
            note(format!("{before} and {file}: their cases, divergences or guests differ"));
            all.cases_digest = None;
        }
        if all.host != run.host {
            note(format!(
                "{before} ran {} cases at once on {} processors, {file} ran {} on {}",
                all.host.jobs, all.host.cpus, run.host.jobs, run.host.cpus
            ));
            all.host.cpus = all.host.cpus.max(run.host.cpus);
            all.host.jobs = all.host.jobs.max(run.host.jobs);
        }
        if all.filters.is_empty() || run.filters.is_empty() {
            // One of them has all cases.
            all.filters.clear();
        } else {
            let new = run.filters.iter().filter(|filter| !all.filters.contains(filter));
            let new: Vec<String> = new.cloned().collect();
            all.filters.extend(new);
        }
        Ok(())
    }

    /// The shards of a runtime can be merged only with the same count and the same filters.
    fn check_shards(&self, all: &Run, part: &MergedRun, file: &Path) -> Result<()> {
        let Some(shard) = part.shard else { return Ok(()) };
        for other in &all.merged {
            let Some(known) = other.shard else { continue };
            let Some(runtime) = part.runtimes.iter().find(|name| other.runtimes.contains(name))
            else {
                continue;
            };
            if known.of != shard.of {
                bail!(
                    "{}: it has shard {shard} of {runtime}, another run has shard {known}: \
                     merge shards with the same count",
                    file.display()
                );
            }
            if other.filters != part.filters {
                bail!(
                    "{}: shard {shard} of {runtime} has other filters than shard {known}: \
                     run all shards with the same `--filter`",
                    file.display()
                );
            }
        }
        Ok(())
    }

    fn add_runtime(&mut self, all: &mut Run, row: RuntimeRow, file: &Path) -> Result<()> {
        let Some(known) = all.runtimes.iter_mut().find(|known| known.name == row.name) else {
            self.rows.insert(row.name.clone(), file.into());
            all.runtimes.push(row);
            return Ok(());
        };
        let mut times = known.times;
        times.build_ms = times.build_ms.saturating_add(row.times.build_ms);
        times.start_ms = times.start_ms.saturating_add(row.times.start_ms);
        times.compile_ms = times.compile_ms.saturating_add(row.times.compile_ms);
        times.execute_ms = times.execute_ms.saturating_add(row.times.execute_ms);
        known.required |= row.required;
        let before = &self.rows[&row.name];
        match (&known.unavailable, &row.unavailable) {
            (None, None) => {
                for (what, ours, other) in [
                    ("version", &*known.version, &*row.version),
                    ("details", known.implementation(), row.implementation()),
                    ("`divergences_of`", &*known.divergences_of, &*row.divergences_of),
                ] {
                    if ours != other {
                        bail!(
                            "{} and {}: the {what} of {} is `{ours}` in one and `{other}` in the \
                             other: a row has one runtime",
                            before.display(),
                            file.display(),
                            row.name
                        );
                    }
                }
                if known.source != row.source {
                    self.notes.push(format!(
                        "{} comes from {} in {}, and from {} in {}",
                        row.name,
                        known.source,
                        before.display(),
                        row.source,
                        file.display()
                    ));
                }
                known.smoke_test_failure =
                    known.smoke_test_failure.take().or(row.smoke_test_failure);
                // This many are true for all its cases.
                known.repeats = known.repeats.min(row.repeats);
            }
            (Some(_), None) => {
                self.rows.insert(row.name.clone(), file.into());
                *known = row;
            }
            (_, Some(_)) => {}
        }
        known.times = times;
        Ok(())
    }

    /// Adds a case or a rule, or checks that the known one is the same.
    fn add_entry<T: PartialEq>(
        &mut self,
        what: &str,
        entries: &mut Vec<T>,
        entry: T,
        id: fn(&T) -> &String,
        file: &Path,
    ) -> Result<()> {
        let key = format!("{what} {}", id(&entry));
        match self.entries.get(&key) {
            None => {
                self.entries.insert(key, (entries.len(), file.into()));
                entries.push(entry);
            }
            Some((at, _)) if entries[*at] == entry => {}
            Some((_, before)) => bail!(
                "{} and {}: the {what} `{}` differs, because they come from different versions of \
                 the cases: make both runs with the same",
                before.display(),
                file.display(),
                id(&entry)
            ),
        }
        Ok(())
    }

    fn add_verdict(&mut self, all: &mut Run, row: VerdictRow, file: &Path) -> Result<()> {
        let key = (row.runtime.clone(), row.case.clone());
        match self.verdicts.get(&key) {
            None => {
                self.verdicts.insert(key, (all.verdicts.len(), file.into()));
                all.verdicts.push(row);
            }
            Some((at, _)) if timeless(&all.verdicts[*at]) == timeless(&row) => {}
            // Several outputs may be allowed.
            Some((at, _))
                if row.verdict == Verdict::Pass && all.verdicts[*at].verdict == row.verdict => {}
            // What is known to vary is in neither difference.
            Some((at, _))
                if !row.varying.is_empty() && same_difference(&all.verdicts[*at], &row) => {}
            Some((at, before)) => {
                let (one, other) = (all.verdicts[*at].verdict, row.verdict);
                let differ = if one == other {
                    format!("{one} in both, but in different ways")
                } else {
                    format!("{one} in one and {other} in the other")
                };
                bail!(
                    "{} and {}: {}::{} is {differ}: name only one of them, or find out why",
                    before.display(),
                    file.display(),
                    row.runtime,
                    row.case
                )
            }
        }
        Ok(())
    }
}

fn same_difference(one: &VerdictRow, other: &VerdictRow) -> bool {
    (one.verdict, &one.difference) == (other.verdict, &other.difference)
}

/// A verdict without the times and without time-outs that were run again, which no two runs share.
fn timeless(row: &VerdictRow) -> Value {
    let mut row = VerdictRow { timeouts: None, ..row.clone() };
    if let Some(observed) = &mut row.observed {
        (observed.compile_us, observed.execute_us) = (0, 0);
    }
    serde_json::to_value(row).expect("a verdict has keys that are texts")
}

/// Sorts cases by file and line, and verdicts by runtime and case.
fn put_in_order(run: &mut Run) {
    run.cases.sort_by(|a, b| place(a).cmp(&place(b)));
    run.rules.sort_by(|a, b| a.id.cmp(&b.id));
    sort_verdicts(run);
}

/// Sorts runtimes by rank, and their verdicts with them. Runtimes of the same rank keep their order.
pub fn order_runtimes(run: &mut Run, rank: impl Fn(&str) -> usize) {
    run.runtimes.sort_by_key(|runtime| rank(&runtime.name));
    sort_verdicts(run);
}

fn sort_verdicts(run: &mut Run) {
    let numbers = |ids: Vec<&String>| -> BTreeMap<String, usize> {
        ids.into_iter().enumerate().map(|(i, id)| (id.clone(), i)).collect()
    };
    let runtimes = numbers(run.runtimes.iter().map(|runtime| &runtime.name).collect());
    let cases = numbers(run.cases.iter().map(|case| &case.id).collect());
    run.verdicts.sort_by_key(|row| (runtimes.get(&row.runtime), cases.get(&row.case)));
}

/// Where a case stands among all: the file of its function, then the line. An instance of a family
/// is written elsewhere, and follows the cases of that file.
fn place(case: &CaseRow) -> (PathBuf, PathBuf, usize, &str) {
    let (file, line) = case.source.rsplit_once(':').unwrap_or((&case.source, ""));
    let (file, line) = (PathBuf::from(file), line.parse().unwrap_or(0));
    let directory = file.parent().filter(|directory| directory.ends_with("families"));
    match (directory.and_then(Path::parent), case.id.split_once("::")) {
        (Some(directory), Some((function, _))) => {
            (directory.join(format!("{function}.yaml")), file, line, &case.id)
        }
        _ => (file, PathBuf::new(), line, &case.id),
    }
}

#[cfg(test)]
mod tests;
