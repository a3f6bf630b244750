//! The run log: a run as it happens, in lines of JSON. The first line is the run without verdicts,
//! each further line is a verdict, or a runtime that became ready later. The run file is made from the
//! same values; if a run is killed, its log holds every verdict that was reached, and `run --resume`
//! goes on from there.

use std::collections::HashSet;
use std::fs::{self, File, TryLockError};
use std::io::{BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use super::run_file::{FORMAT, Run, RuntimeRow, VerdictRow};
use crate::support::input;

/// Its name, in the directory of the run file.
pub const FILE_NAME: &str = "run.jsonl";
/// How much a power failure may cost.
const SYNC_INTERVAL: Duration = Duration::from_secs(1);

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Line {
    Run(Box<Run>),
    /// Options that may change a verdict, and that the run file does not have.
    Options(Vec<String>),
    Runtime(Box<RuntimeRow>),
    Verdict(Box<LoggedVerdict>),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LoggedVerdict {
    /// Since the run started, without the time between it and its continuation.
    seconds: f64,
    row: VerdictRow,
}

/// A log that this process writes, and no other.
pub struct RunLog {
    path: PathBuf,
    open: Mutex<Open>,
    /// Whether to go on with the run in the file.
    resumes: bool,
    /// The runtimes of an earlier process, and the verdicts that it reached.
    earlier_runtimes: Vec<RuntimeRow>,
    earlier: Vec<VerdictRow>,
    earlier_seconds: f64,
    /// When this process began to log. Until then the file belongs to an earlier run.
    began: Option<Instant>,
}

struct Open {
    file: File,
    synced: Instant,
    /// The first thing that went wrong. Nothing is written after it.
    failed: Option<std::io::Error>,
}

impl RunLog {
    /// Opens the log of a directory and keeps other runs from writing there. What it holds stays
    /// until the run begins. If `resumes`, the run will go on with the one in the file.
    pub fn open(directory: &Path, resumes: bool) -> Result<RunLog> {
        let path = directory.join(FILE_NAME);
        let cannot = || format!("write {}", path.display());
        // A link would lead to a file that belongs to somebody else.
        if fs::symlink_metadata(&path).is_ok_and(|found| !found.is_file()) {
            bail!(
                "{}: it is not a file: remove it, or name another directory with --out",
                path.display()
            );
        }
        let mut options = File::options();
        options.read(true).write(true).create(true).truncate(false);
        let file = options.open(&path).with_context(cannot)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => bail!(
                "another run is writing to {}: wait until it ends, or name another directory with --out",
                directory.display()
            ),
            // A file system without locks. Runs there can disturb each other, as everywhere.
            Err(TryLockError::Error(_)) => {}
        }
        let open = Open { file, synced: Instant::now(), failed: None };
        Ok(RunLog {
            path,
            open: Mutex::new(open),
            resumes,
            earlier_runtimes: vec![],
            earlier: vec![],
            earlier_seconds: 0.0,
            began: None,
        })
    }

    /// Begins the log with a run that has no verdicts yet, or goes on with the run in the file, which
    /// must have been the same, with the same options.
    pub fn begin(&mut self, run: &Run, options: &[String]) -> Result<()> {
        if self.resumes {
            self.resume(run, options)?
        } else {
            self.start(run, options)?
        }
        self.began = Some(Instant::now());
        Ok(())
    }

    pub fn has_begun(&self) -> bool {
        self.began.is_some()
    }

    fn start(&mut self, run: &Run, options: &[String]) -> Result<()> {
        let mut line = to_line(&Line::Run(Box::new(run.clone())))?;
        line.extend(to_line(&Line::Options(options.to_vec()))?);
        let file = &mut self.open.get_mut().unwrap_or_else(|poisoned| poisoned.into_inner()).file;
        let mut begin = || -> std::io::Result<()> {
            file.set_len(0)?;
            file.rewind()?;
            file.write_all(&line)?;
            file.sync_data()
        };
        begin().with_context(|| format!("write {}", self.path.display()))
    }

    fn resume(&mut self, run: &Run, options: &[String]) -> Result<()> {
        let path = self.path.display().to_string();
        let file = &mut self.open.get_mut().unwrap_or_else(|poisoned| poisoned.into_inner()).file;
        let logged = read(file).with_context(|| path.clone())?;
        let Some(Logged { run: earlier, options: with, verdicts, seconds, end }) = logged else {
            bail!("{path}: it holds no unfinished run: leave out --resume");
        };
        let difference = difference(&earlier, run).or_else(|| other_options(&with, options));
        if let Some(difference) = difference {
            bail!("{}", is_another(&path, &difference));
        }
        // A verdict that was cut off in the middle is reached again.
        file.set_len(end)?;
        file.seek(SeekFrom::End(0))?;
        self.earlier = verdicts;
        self.earlier_seconds = seconds;
        self.earlier_runtimes = earlier.runtimes;
        run.runtimes.iter().try_for_each(|row| self.add_runtime(row))
    }

    /// Adds a runtime that is ready now and was not when the log began. If the log of a run that goes on
    /// has it already, its version must be the same.
    pub fn add_runtime(&self, row: &RuntimeRow) -> Result<()> {
        let earlier = self.earlier_runtimes.iter().find(|earlier| earlier.name == row.name);
        if let Some(earlier) = earlier.filter(|earlier| earlier.unavailable.is_none()) {
            let identity = |row: &RuntimeRow| {
                (row.version.clone(), row.implementation().to_owned(), row.source.clone())
            };
            if identity(earlier) != identity(row) {
                let (version, what, source) = identity(earlier);
                let difference = match version == row.version {
                    true => format!("{} {version} ({what}; {source})", earlier.name),
                    false => format!("{} {version}", earlier.name),
                };
                bail!("{}", is_another(&self.path.display().to_string(), &difference));
            }
            return Ok(());
        }
        self.write(to_line(&Line::Runtime(Box::new(row.clone()))));
        Ok(())
    }

    /// Whether the run has a verdict on this case from before it was resumed.
    pub fn earlier(&self) -> HashSet<(&str, &str)> {
        self.earlier.iter().map(|row| (row.runtime.as_str(), row.case.as_str())).collect()
    }

    /// The verdicts from before the run was resumed.
    pub fn earlier_verdicts(&self) -> &[VerdictRow] {
        &self.earlier
    }

    /// How long the run has taken until now, with the time before it was resumed.
    pub fn seconds(&self) -> f64 {
        self.earlier_seconds + self.began.map_or(0.0, |began| began.elapsed().as_secs_f64())
    }

    /// Adds a verdict. If it cannot be written, [`RunLog::close`] says so: a run does not end because
    /// of its log.
    pub fn append(&self, row: &VerdictRow) {
        let verdict = LoggedVerdict { seconds: self.seconds(), row: row.clone() };
        self.write(to_line(&Line::Verdict(Box::new(verdict))));
    }

    fn write(&self, line: Result<Vec<u8>>) {
        let mut open = self.open.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if open.failed.is_some() {
            return;
        }
        let written = line.map_err(std::io::Error::other).and_then(|line| {
            open.file.write_all(&line)?;
            if open.synced.elapsed() >= SYNC_INTERVAL {
                open.file.sync_data()?;
                open.synced = Instant::now();
            }
            Ok(())
        });
        open.failed = written.err();
    }

    /// Ends the log. It is removed if nothing is left to resume.
    pub fn close(self, complete: bool) -> Result<()> {
        let open = self.open.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
        let is_over = match self.began {
            Some(_) => complete,
            None => open.file.metadata()?.len() == 0,
        };
        if is_over {
            fs::remove_file(&self.path)
                .with_context(|| format!("remove {}", self.path.display()))?;
        }
        match open.failed {
            Some(error) => {
                Err(error).with_context(|| format!("{}: cannot be written", self.path.display()))
            }
            None => Ok(open.file.sync_data()?),
        }
    }
}

fn to_line(line: &Line) -> Result<Vec<u8>> {
    let mut text = serde_json::to_vec(line).context("encode a line of the run log")?;
    text.push(b'\n');
    Ok(text)
}

/// What a log holds.
struct Logged {
    run: Run,
    options: Vec<String>,
    verdicts: Vec<VerdictRow>,
    seconds: f64,
    /// Where the last whole line ends, in bytes.
    end: u64,
}

/// Reads a log up to the last whole line. `None` if it holds no run.
fn read(file: &mut File) -> Result<Option<Logged>> {
    file.rewind()?;
    let mut reader = BufReader::new(file);
    let mut logged: Option<Logged> = None;
    let mut text = Vec::new();
    for number in 1.. {
        text.clear();
        reader.read_until(b'\n', &mut text)?;
        if text.last() != Some(&b'\n') {
            break;
        }
        let line: Line = serde_json::from_slice(&text).with_context(|| format!("line {number}"))?;
        match (line, &mut logged) {
            (Line::Run(run), None) => {
                if run.format != FORMAT {
                    bail!("run format {} (this program reads {FORMAT})", run.format);
                }
                if let Some(problem) = run.inconsistency() {
                    bail!("line {number}: it contradicts itself: {problem}");
                }
                let (options, verdicts, end) = (vec![], vec![], text.len() as u64);
                logged = Some(Logged { run: *run, options, verdicts, seconds: 0.0, end });
            }
            (Line::Options(options), Some(logged)) => {
                logged.options = options;
                logged.end += text.len() as u64;
            }
            (Line::Runtime(row), Some(logged)) => {
                let of_name = logged.run.runtimes.iter_mut().find(|one| one.name == row.name);
                *of_name.with_context(|| format!("line {number}: no such runtime"))? = *row;
                logged.end += text.len() as u64;
            }
            (Line::Verdict(verdict), Some(logged)) => {
                let LoggedVerdict { row, .. } = &*verdict;
                let run = &logged.run;
                if run.runtimes.iter().all(|runtime| runtime.name != row.runtime)
                    || run.case(&row.case).is_none()
                {
                    let id = format!("{}::{}", row.runtime, row.case);
                    bail!("line {number}: the run has no {id}, which has a verdict");
                }
                logged.seconds = verdict.seconds;
                logged.verdicts.push(verdict.row);
                logged.end += text.len() as u64;
            }
            _ => bail!("line {number}: a log has one run, and its runtimes and verdicts after it"),
        }
    }
    Ok(logged)
}

/// The run that a log holds: incomplete, with every verdict that was reached.
pub fn run_of_log(path: &Path) -> Result<Run> {
    let read = || -> Result<Option<Logged>> { read(&mut input::open(path)?) };
    let Some(logged) = read().with_context(|| path.display().to_string())? else {
        bail!("{}: the run in it had not begun to run cases", path.display());
    };
    let mut run = logged.run;
    run.seconds = logged.seconds;
    run.set_verdicts(logged.verdicts);
    Ok(run.without_machine_paths())
}

fn is_another(path: &str, difference: &str) -> String {
    format!(
        "{path}: the unfinished run had {difference}: repeat its command with --resume, or leave out \
         --resume to start again"
    )
}

/// What an earlier run had that the other has not, in words; `None` if the one can go on with the
/// other. Versions of runtimes are compared when they are ready.
fn difference(earlier: &Run, run: &Run) -> Option<String> {
    let runtimes =
        |run: &Run| -> Vec<String> { run.runtimes.iter().map(|row| row.name.clone()).collect() };
    if runtimes(earlier) != runtimes(run) {
        return Some(format!("the runtimes {}", runtimes(earlier).join(", ")));
    }
    if earlier.shard != run.shard {
        let shard = earlier.shard.map_or("no shard".to_owned(), |shard| format!("shard {shard}"));
        return Some(shard);
    }
    if earlier.filters != run.filters {
        return Some(match earlier.filters.is_empty() {
            true => "no filters".to_owned(),
            false => format!("the filters {}", earlier.filters.join(", ")),
        });
    }
    let same_cases =
        serde_json::to_value(&earlier.cases).ok() == serde_json::to_value(&run.cases).ok();
    if earlier.cases_digest != run.cases_digest || !same_cases {
        return Some("other cases".to_owned());
    }
    (earlier.tool != run.tool).then(|| format!("another version of this program, {}", earlier.tool))
}

/// What a run that goes on with other options had.
fn other_options(earlier: &[String], options: &[String]) -> Option<String> {
    let had: Vec<&str> =
        earlier.iter().filter(|one| !options.contains(one)).map(String::as_str).collect();
    let lacked: Vec<String> = options
        .iter()
        .filter(|one| !earlier.contains(one) && !one.contains(' '))
        .map(|one| format!("no {one}"))
        .collect();
    let all = [had.into_iter().map(str::to_owned).collect(), lacked].concat();
    (!earlier.is_empty() && !all.is_empty()).then(|| all.join(", "))
}

#[cfg(test)]
mod tests;
