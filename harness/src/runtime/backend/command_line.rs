//! Command-line runtimes: described as data in the registry, run as one process per case.

use std::collections::{BTreeMap, HashMap};
use std::ffi::{OsStr, OsString};
use std::fs::{File, OpenOptions};
use std::ops::Range;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use regex::bytes::Regex;
use runner_kit::{Globals, Outcome, Preopen, RunRequest};
use tempfile::TempDir;

use super::containment::Containment;
use super::debian_package;
use super::limits::Limits;
use super::process::{AsExit, RunResult, describe, too_much_memory};
use super::session::{Stop, wait_for};
use super::streams::Streams;
use super::watch::Watch;
use crate::runtime::config::{CommandEntry, ExitPattern};
use crate::support::interrupt;
use crate::support::paths::fill_in;
use crate::support::process::{Family, output};

/// How often to check whether a command has ended that has closed its output.
const CHECK_INTERVAL: Duration = Duration::from_millis(1);

/// The message of an ending, if its pattern matches. Removes the matched lines from the output.
fn matched(
    ending: &ExitPattern,
    status: i32,
    [stdout, stderr]: [&mut Vec<u8>; 2],
) -> Option<String> {
    if ending.status.is_some_and(|wanted| wanted != status) {
        return None;
    }
    let mut matches = vec![];
    for (pattern, text) in [(&ending.stderr, &*stderr), (&ending.stdout, &*stdout)] {
        let Some(pattern) = pattern else { continue };
        let pattern = Regex::new(pattern).expect("checked when the entry was read");
        let found = pattern.captures(text)?;
        let group = found.get(1).map(|group| lossy(group.as_bytes()));
        let lines = whole_lines(text, found.get(0)?.range());
        matches.push((group.unwrap_or_else(|| last_line(text)), lines));
    }
    let message = matches.first().map_or_else(|| last_line(stderr), |(message, _)| message.clone());
    let mut lines = matches.into_iter().map(|(_, lines)| lines);
    for (pattern, text) in [(&ending.stderr, stderr), (&ending.stdout, stdout)] {
        if pattern.is_some() {
            text.drain(lines.next()?);
        }
    }
    Some(message)
}

fn lossy(text: &[u8]) -> String {
    String::from_utf8_lossy(text).trim().to_owned()
}

fn last_line(text: &[u8]) -> String {
    lossy(text).lines().last().unwrap_or_default().to_owned()
}

/// The range of whole lines around a range. A newline at its start belongs to the guest's last line.
fn whole_lines(text: &[u8], range: Range<usize>) -> Range<usize> {
    let newlines = text[range.clone()].iter().take_while(|b| **b == b'\n').count();
    let start =
        text[..range.start + newlines].iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
    if text[start..range.end].ends_with(b"\n") {
        return start..range.end;
    }
    let end = text[range.end..].iter().position(|b| *b == b'\n');
    start..end.map_or(text.len(), |at| range.end + at + 1)
}

/// A command that was found and printed its version.
#[derive(Debug)]
pub struct CommandLine {
    entry: CommandEntry,
    /// The program, and the arguments before those of the entry.
    launcher: Vec<OsString>,
    /// The working directory. It is empty, so that no guest sees the user's files.
    directory: TempDir,
    /// Its home directory, which it may write.
    home: TempDir,
    containment: Containment,
    pub version: String,
    /// Other details, as reports show them.
    pub details: String,
}

impl CommandLine {
    /// Asks the command for its version: a command without one is not used. `packages` are the
    /// versions of its packages, if it was fetched.
    pub fn new(
        entry: CommandEntry,
        mut launcher: Vec<OsString>,
        packages: &BTreeMap<String, String>,
        containment: Containment,
        work: &Path,
    ) -> Result<Self> {
        // It is started in another directory, so the path must be absolute.
        launcher[0] = std::path::absolute(&launcher[0])?.into_os_string();
        let directory =
            tempfile::tempdir_in(work).context("make a directory for the command to run in")?;
        let home = tempfile::tempdir_in(work).context("make a home directory for the command")?;
        let containment =
            containment.program(Path::new(&launcher[0])).read([directory.path().to_owned()]);
        let mut command = Command::new(&launcher[0]);
        command.args(&launcher[1..]).args(&entry.version.args);
        containment.apply(&mut command, home.path(), &[])?;
        let said = ask(command).with_context(|| format!("run {}", shown(&launcher)))?;
        let pattern = Regex::new(&entry.version.pattern).expect("checked when the entry was read");
        let version = pattern.captures(said.as_bytes()).and_then(|c| c.get(1));
        let version = version.map(|found| String::from_utf8_lossy(found.as_bytes()).into_owned());
        let details = "command line".to_owned();
        if let Some(version) = version {
            return Ok(CommandLine {
                entry,
                launcher,
                directory,
                home,
                containment,
                version,
                details,
            });
        }
        let said = said.trim();
        let package = entry.version.package.as_ref().and_then(|package| {
            let fetched = packages.get(package).cloned();
            let version =
                fetched.or_else(|| debian_package::owner_version(package, &launcher[0]))?;
            Some((package, version))
        });
        let Some((package, full)) = package else {
            bail!("asked for its version, `{}` printed: {said}", shown(&launcher));
        };
        let details = format!("{details}; prints `{said}`, and is Debian's {package} {full}");
        let version = debian_package::upstream_version(&full).to_owned();
        Ok(CommandLine { entry, launcher, directory, home, containment, version, details })
    }

    /// The whole command for a request.
    pub fn command_for(&self, request: &RunRequest) -> Vec<OsString> {
        let fill = |template: &[String], values: &[(&str, &OsStr)]| {
            template.iter().map(|part| fill_in(part, values)).collect::<Vec<_>>()
        };
        let dir = |preopen: &Preopen| {
            let template = match &self.entry.read_only_dir {
                Some(template) if preopen.read_only => template,
                _ => &self.entry.dir,
            };
            let (host, guest) = (preopen.host.as_os_str(), preopen.guest.as_ref());
            fill(template, &[("host", host), ("guest", guest)])
        };
        let env = |(name, value): &(String, String)| {
            fill(&self.entry.env, &[("name", name.as_ref()), ("value", value.as_ref())])
        };
        let lists: HashMap<&str, Vec<OsString>> = HashMap::from([
            ("{dirs}", request.preopens.iter().flat_map(dir).collect()),
            ("{env}", request.env.iter().flat_map(env).collect()),
            ("{args}", request.args.iter().skip(1).map(OsString::from).collect()),
        ]);
        let mut command = self.launcher.clone();
        for part in &self.entry.run {
            match lists.get(part.as_str()) {
                Some(list) => command.extend(list.iter().cloned()),
                None => command.push(fill_in(part, &[("wasm", request.wasm.as_os_str())])),
            }
        }
        command
    }

    /// Runs a guest. The command may write to the directory of its case.
    pub fn run(
        &self,
        request: &RunRequest,
        stdin: &[u8],
        limits: &Limits,
        case: &Path,
    ) -> Result<RunResult> {
        let mut streams = Streams::open(&request.stdio, stdin)?;
        let [input, output, errors] = &request.stdio;
        let command = self.command_for(request);
        let mut starting = Command::new(&command[0]);
        starting
            .args(&command[1..])
            .stdin(File::open(input).context("open the guest's stdin")?)
            .stdout(OpenOptions::new().write(true).open(output).context("open the guest's stdout")?)
            .stderr(OpenOptions::new().write(true).open(errors).context("open the guest's stderr")?)
            .current_dir(self.directory.path());
        self.containment.apply(&mut starting, self.home.path(), &[case])?;
        let mut family =
            Family::spawn(starting).with_context(|| format!("start {}", command[0].display()))?;
        streams.started = true;
        let began = Instant::now();
        let mut watch = Watch::new(case, family.child.id(), limits);
        let mut end = run_to_end(&mut family, &mut streams, limits, began, &mut watch);
        let execute = began.elapsed();
        let left = if end.is_ok() { family.kill_left_behind() } else { vec![] };
        let status = family.kill().context("end the command")?;
        let Some(status) = status else { bail!("the command did not end when it was killed") };
        let exit_status = status.code().and_then(|code| u32::try_from(code).ok());
        if end.is_ok() {
            // All that could write has ended.
            end = streams
                .pump(limits.output)
                .map_err(Stop::from)
                .and_then(|()| Ok(watch.look_at_rest()?));
        }
        let mut as_exit = None;
        let outcome = match end {
            Ok(()) => {
                let printed = [streams.stdout.clone(), streams.stderr.clone()];
                let Streams { stdout, stderr, .. } = &mut streams;
                let outcome = self.outcome(describe_status(status), [stdout, stderr]);
                if !matches!(outcome, Outcome::Exit { .. }) {
                    let [stdout, stderr] = printed;
                    as_exit = exit_status.map(|code| Box::new(AsExit { code, stdout, stderr }));
                }
                outcome
            }
            Err(Stop::Late) => Outcome::Timeout,
            Err(Stop::OutputLimit) => Outcome::OutputLimit,
            Err(Stop::MemoryLimit) => too_much_memory(limits),
            Err(Stop::NoSpace(e)) => return Err(e),
            Err(Stop::Interrupted) => bail!("interrupted"),
            Err(Stop::Io(e)) => return Err(e).context("talk to the command"),
            Err(Stop::Gone | Stop::Garbage(_) | Stop::Panicked(_) | Stop::Flood) => {
                unreachable!("a command speaks no protocol")
            }
        };
        Ok(RunResult {
            outcome,
            stdout: streams.stdout,
            stderr: streams.stderr,
            compile: Duration::ZERO,
            execute,
            globals: Globals::new(),
            started: true,
            alive: false,
            left_running: left.into_iter().map(|member| member.name).collect(),
            status: exit_status,
            as_exit,
        })
    }

    /// The guest's outcome. Messages of the command itself are removed from the output.
    fn outcome(&self, (status, how): (i32, String), output: [&mut Vec<u8>; 2]) -> Outcome {
        let [stdout, stderr] = output;
        let mut matched = |ending: &ExitPattern| matched(ending, status, [stdout, stderr]);
        if let Some(reason) = self.entry.refusal.as_ref().and_then(&mut matched) {
            Outcome::Unsupported { reason }
        } else if let Some(message) = matched(&self.entry.trap) {
            Outcome::Trap { message }
        } else if status > 128 && how.starts_with("killed") {
            Outcome::Crash { how }
        } else {
            Outcome::Exit { code: status as u32 }
        }
    }
}

/// A command for a message.
fn shown(words: &[OsString]) -> String {
    words.iter().map(|word| word.display().to_string()).collect::<Vec<_>>().join(" ")
}

/// What a command prints that ends soon.
fn ask(command: Command) -> Result<String> {
    let output = output::of(command, "asked for its version, it", output::QUESTION_TIME)?;
    let said = [output.stdout, output.stderr].concat();
    Ok(String::from_utf8_lossy(&said).into_owned())
}

/// Moves the guest's input and output until the command ends.
fn run_to_end(
    family: &mut Family,
    streams: &mut Streams,
    limits: &Limits,
    began: Instant,
    watch: &mut Watch,
) -> Result<(), Stop> {
    loop {
        streams.pump(limits.output)?;
        if interrupt::requested() {
            return Err(Stop::Interrupted);
        }
        // A command may leave its output open in another process, or close it long before it ends:
        // only its own end counts.
        if family.try_wait().map_err(Stop::Io)?.is_some() {
            return Ok(streams.pump(limits.output)?);
        }
        let left = limits.time.checked_sub(began.elapsed()).ok_or(Stop::Late)?;
        watch.check()?;
        let left = left.min(watch.pause());
        // Closed output usually means that the end is near, and there is nothing else to wait for.
        let at_most = if streams.is_over() { left.min(CHECK_INTERVAL) } else { left };
        wait_for(&mut streams.poll_fds(), at_most)?;
    }
}

/// The status as a shell reports it, and its description.
fn describe_status(status: std::process::ExitStatus) -> (i32, String) {
    use std::os::unix::process::ExitStatusExt;
    let number = status.code().or(status.signal().map(|s| 128 + s)).unwrap_or(-1);
    (number, describe(Some(status)))
}

#[cfg(test)]
mod tests;
