//! Several runs as one: the rows of all, where they can stand beside each other.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::record::Run;

/// Reads run files and joins them.
pub fn read_all(files: &[PathBuf]) -> Result<Run> {
    let mut joined: Option<Run> = None;
    for (i, file) in files.iter().enumerate() {
        let run = Run::read(file)?;
        joined = Some(match joined {
            None => run,
            Some(before) => join(before, run, &files[..i], file)?,
        });
    }
    match joined {
        Some(run) => Ok(run),
        None => bail!("no run was named"),
    }
}

/// One more run after those joined already. What cannot be shown truly in one report is refused.
fn join(mut all: Run, more: Run, before: &[PathBuf], file: &Path) -> Result<Run> {
    let clash = |what: String, todo: &str| -> Result<Run> {
        let before: Vec<String> = before.iter().map(|f| f.display().to_string()).collect();
        bail!("{} and {}: {what}: {todo}", before.join(", "), file.display())
    };
    if let Some(row) =
        more.runtimes.iter().find(|row| all.runtimes.iter().any(|r| r.name == row.name))
    {
        let todo = "name one of them only, or make two reports";
        return clash(format!("both have a row `{}`", row.name), todo);
    }
    let platform = |run: &Run| format!("{} {}", run.host.os, run.host.arch);
    if platform(&all) != platform(&more) {
        let what = format!("one was made on {}, the other on {}", platform(&all), platform(&more));
        return clash(what, "make a report of each");
    }
    let todo = "they come from different versions of the suite: make both runs with the same";
    if let Some(id) = merge(&mut all.cases, more.cases, |case| &case.id) {
        return clash(format!("the case `{id}` is not the same"), todo);
    }
    if let Some(id) = merge(&mut all.rules, more.rules, |rule| &rule.id) {
        return clash(format!("the rule `{id}` is not the same"), todo);
    }
    for (file, text) in more.sources {
        match all.sources.get(&file) {
            Some(known) if *known != text => {
                return clash(format!("the guest's source {file} is not the same"), todo);
            }
            _ => all.sources.insert(file, text),
        };
    }
    if all.tool != more.tool {
        all.tool = format!("{}, {}", all.tool, more.tool);
    }
    // RFC 3339 in UTC sorts as text.
    all.started = all.started.min(more.started);
    all.seconds = ((all.seconds + more.seconds) * 1000.0).round() / 1000.0;
    all.complete &= more.complete;
    all.host.cpus = all.host.cpus.max(more.host.cpus);
    all.host.jobs = all.host.jobs.max(more.host.jobs);
    all.runtimes.extend(more.runtimes);
    all.verdicts.extend(more.verdicts);
    Ok(all)
}

/// Puts entries among those that are there already, each behind the one that it was behind, so that
/// the order of both stays. Returns the id of an entry that is there and not the same.
fn merge<T: PartialEq>(all: &mut Vec<T>, more: Vec<T>, id: fn(&T) -> &String) -> Option<String> {
    let mut next = 0;
    for entry in more {
        match all.iter().position(|known| id(known) == id(&entry)) {
            Some(at) if all[at] == entry => next = at + 1,
            Some(_) => return Some(id(&entry).clone()),
            None => {
                all.insert(next, entry);
                next += 1;
            }
        }
    }
    None
}

#[cfg(test)]
mod tests;
