//! Runtimes that are only a command: described as data in a YAML file, run as one process per case.

use std::collections::{BTreeMap, HashMap};
use std::fs::{File, OpenOptions};
use std::ops::Range;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use regex::bytes::Regex;
use runner_kit::protocol::MissingCapability;
use runner_kit::{Globals, Outcome, Preopen, RunRequest};
use serde::Deserialize;
use tempfile::TempDir;

use super::process::{RunResult, describe, kill_group};
use super::session::{Feed, Limits, Stop, wait_for};
use crate::runtime::acquire::debian;
use crate::runtime::acquire::fetch::Get;
use crate::support::interrupt;

/// How long a command may take to say its version.
const VERSION_TIME: Duration = Duration::from_secs(30);
/// How often a command with nothing more to say is looked at, whether it has ended.
const ENDING_GLANCE: Duration = Duration::from_millis(1);

/// One entry of `command-line.yaml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    pub name: String,
    /// The command, looked up on PATH unless it holds a `/`.
    pub binary: String,
    /// The runtime whose recorded divergences apply to this command too.
    pub divergences_of: Option<String>,
    /// How it is fetched, for when the binary is not on PATH, or another version is wanted.
    pub fetch: Option<Get>,
    pub version: VersionCommand,
    /// The arguments; `{dirs}`, `{env}` and `{args}` stand for lists, `{wasm}` for the module.
    pub run: Vec<String>,
    /// Per preopen; `{host}` and `{guest}`.
    pub dir: Vec<String>,
    /// The same for a read-only preopen; left out where there is no such thing.
    pub read_only_dir: Option<Vec<String>>,
    /// Per variable; `{name}` and `{value}`.
    pub env: Vec<String>,
    /// How a trap shows.
    pub trap: ExitPattern,
    /// How a module shows that the runtime refuses to run.
    pub refusal: Option<ExitPattern>,
    #[serde(default)]
    pub missing_capabilities: Vec<MissingCapability>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VersionCommand {
    pub args: Vec<String>,
    /// Its first group is the version.
    pub pattern: String,
    /// The Debian package whose version counts where the command does not know its own.
    pub package: Option<String>,
}

/// How to recognise an ending: by its exit status (128 + N for signal N), and by what the runtime
/// prints where the status alone could be the guest's own. What a pattern matches is the runtime's,
/// and is taken out of what the guest printed.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExitPattern {
    /// Any, where a pattern is enough.
    pub status: Option<i32>,
    pub stdout: Option<String>,
    pub stderr: Option<String>,
}

impl ExitPattern {
    pub fn patterns(&self) -> impl Iterator<Item = &String> {
        [&self.stdout, &self.stderr].into_iter().flatten()
    }

    /// What it says of how the command ended, if it shows. Takes the lines that it is seen by out
    /// of the output.
    fn shown(&self, status: i32, [stdout, stderr]: [&mut Vec<u8>; 2]) -> Option<String> {
        if self.status.is_some_and(|wanted| wanted != status) {
            return None;
        }
        let mut said = vec![];
        for (pattern, text) in [(&self.stderr, &*stderr), (&self.stdout, &*stdout)] {
            let Some(pattern) = pattern else { continue };
            let pattern = Regex::new(pattern).expect("checked when the entry was read");
            let found = pattern.captures(text)?;
            let group = found.get(1).map(|group| lossy(group.as_bytes()));
            let lines = whole_lines(text, found.get(0)?.range());
            said.push((group.unwrap_or_else(|| last_line(text)), lines));
        }
        let message =
            said.first().map_or_else(|| last_line(stderr), |(message, _)| message.clone());
        let mut lines = said.into_iter().map(|(_, lines)| lines);
        for (pattern, text) in [(&self.stderr, stderr), (&self.stdout, stdout)] {
            if pattern.is_some() {
                text.drain(lines.next()?);
            }
        }
        Some(message)
    }
}

fn lossy(text: &[u8]) -> String {
    String::from_utf8_lossy(text).trim().to_owned()
}

fn last_line(text: &[u8]) -> String {
    lossy(text).lines().last().unwrap_or_default().to_owned()
}

/// The range of the lines that a range is in.
fn whole_lines(text: &[u8], range: Range<usize>) -> Range<usize> {
    let start = text[..range.start].iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
    if text[start..range.end].ends_with(b"\n") {
        return start..range.end;
    }
    let end = text[range.end..].iter().position(|b| *b == b'\n');
    start..end.map_or(text.len(), |at| range.end + at + 1)
}

/// A command that was found, and said its version.
#[derive(Debug)]
pub struct CommandLine {
    entry: Entry,
    /// The program and what comes before the entry's own arguments.
    launcher: Vec<String>,
    /// The working folder, which is empty: no guest is to see what is where we were started.
    folder: TempDir,
    pub version: String,
    /// What else is known of it, for people.
    pub details: String,
}

impl CommandLine {
    /// Asks the command for its version: without one, it is not used. `packages` are the versions
    /// of those that it was fetched with, if it was.
    pub fn new(
        entry: Entry,
        mut launcher: Vec<String>,
        packages: &BTreeMap<String, String>,
    ) -> Result<Self> {
        // Found from here, and started elsewhere.
        launcher[0] = std::path::absolute(&launcher[0])?.to_string_lossy().into_owned();
        let folder = tempfile::tempdir().context("make a folder for the command to run in")?;
        let mut command = Command::new(&launcher[0]);
        command.args(&launcher[1..]).args(&entry.version.args);
        let said = ask(&mut command).with_context(|| format!("run {}", launcher.join(" ")))?;
        let pattern = Regex::new(&entry.version.pattern).expect("checked when the entry was read");
        let version = pattern.captures(said.as_bytes()).and_then(|c| c.get(1));
        let version = version.map(|found| String::from_utf8_lossy(found.as_bytes()).into_owned());
        let details = "command line".to_owned();
        if let Some(version) = version {
            return Ok(CommandLine { entry, launcher, folder, version, details });
        }
        let said = said.trim();
        let package = entry.version.package.as_ref().and_then(|package| {
            let fetched = packages.get(package).cloned();
            let version = fetched.or_else(|| debian::owner_version(package, &launcher[0]))?;
            Some((package, version))
        });
        let Some((package, full)) = package else {
            bail!("asked for its version, `{}` said: {said}", launcher.join(" "));
        };
        let details = format!("{details}; says `{said}`, and is Debian's {package} {full}");
        let version = debian::upstream_version(&full).to_owned();
        Ok(CommandLine { entry, launcher, folder, version, details })
    }

    /// The whole command for a request.
    pub fn command_for(&self, request: &RunRequest) -> Vec<String> {
        let fill = |template: &[String], values: &[(&str, &str)]| {
            template.iter().map(|part| fill_in(part, values)).collect::<Vec<_>>()
        };
        let dir = |preopen: &Preopen| {
            let template = match &self.entry.read_only_dir {
                Some(template) if preopen.read_only => template,
                _ => &self.entry.dir,
            };
            fill(template, &[("host", &preopen.host.to_string_lossy()), ("guest", &preopen.guest)])
        };
        let env = |(name, value): &(String, String)| {
            fill(&self.entry.env, &[("name", name), ("value", value)])
        };
        let lists: HashMap<&str, Vec<String>> = HashMap::from([
            ("{dirs}", request.preopens.iter().flat_map(dir).collect()),
            ("{env}", request.env.iter().flat_map(env).collect()),
            ("{args}", request.args.iter().skip(1).cloned().collect()),
        ]);
        let wasm = request.wasm.to_string_lossy();
        let mut command = self.launcher.clone();
        for part in &self.entry.run {
            match lists.get(part.as_str()) {
                Some(list) => command.extend(list.iter().cloned()),
                None => command.push(fill_in(part, &[("wasm", &wasm)])),
            }
        }
        command
    }

    pub fn run(&self, request: &RunRequest, stdin: &[u8], limits: &Limits) -> Result<RunResult> {
        let mut feed = Feed::open(&request.stdio, stdin)?;
        let [input, output, errors] = &request.stdio;
        let command = self.command_for(request);
        let mut child = Command::new(&command[0])
            .args(&command[1..])
            .stdin(File::open(input).context("open the guest's stdin")?)
            .stdout(OpenOptions::new().write(true).open(output).context("open the guest's stdout")?)
            .stderr(OpenOptions::new().write(true).open(errors).context("open the guest's stderr")?)
            .current_dir(self.folder.path())
            .process_group(0)
            .spawn()
            .with_context(|| format!("start {}", command[0]))?;
        feed.started = true;
        let began = Instant::now();
        let end = converse(&mut child, &mut feed, limits, began);
        kill_group(&child);
        let status = child.wait().context("wait for the command")?;
        let outcome = match end {
            Ok(()) => {
                let Feed { stdout, stderr, .. } = &mut feed;
                self.outcome(describe_status(status), [stdout, stderr])
            }
            Err(Stop::Late) => Outcome::Timeout,
            Err(Stop::OutputLimit) => Outcome::OutputLimit,
            Err(Stop::Interrupted) => bail!("interrupted"),
            Err(Stop::Io(e)) => return Err(e).context("talk to the command"),
            Err(Stop::Gone | Stop::Garbage(_)) => unreachable!("a command has no wire"),
        };
        Ok(RunResult {
            outcome,
            stdout: feed.stdout,
            stderr: feed.stderr,
            compile: Duration::ZERO,
            execute: began.elapsed(),
            globals: Globals::new(),
            started: true,
            alive: false,
        })
    }

    /// How the guest ended. What the command itself said of that is taken out of the output.
    fn outcome(&self, (status, how): (i32, String), output: [&mut Vec<u8>; 2]) -> Outcome {
        let [stdout, stderr] = output;
        let mut shows = |sign: &ExitPattern| sign.shown(status, [stdout, stderr]);
        if let Some(reason) = self.entry.refusal.as_ref().and_then(&mut shows) {
            Outcome::Unsupported { reason }
        } else if let Some(message) = shows(&self.entry.trap) {
            Outcome::Trap { message }
        } else if status > 128 && how.starts_with("killed") {
            Outcome::Crash { how }
        } else {
            Outcome::Exit { code: status as u32 }
        }
    }
}

/// What a command that soon ends prints.
fn ask(command: &mut Command) -> Result<String> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    let mut child = command.spawn()?;
    let until = Instant::now() + VERSION_TIME;
    let mut ended = false;
    while !ended && Instant::now() < until && !interrupt::requested() {
        std::thread::sleep(ENDING_GLANCE);
        ended = child.try_wait()?.is_some();
    }
    // Also where it ended: what it left running would keep its output open.
    kill_group(&child);
    let output = child.wait_with_output()?;
    if !ended {
        bail!("asked for its version, it did not end within {} s", VERSION_TIME.as_secs());
    }
    let said = [output.stdout, output.stderr].concat();
    Ok(String::from_utf8_lossy(&said).into_owned())
}

fn converse(
    child: &mut Child,
    feed: &mut Feed,
    limits: &Limits,
    began: Instant,
) -> Result<(), Stop> {
    loop {
        feed.pump(limits.output)?;
        if interrupt::requested() {
            return Err(Stop::Interrupted);
        }
        // A command may leave its output open in a process of its own, or close it long before it
        // ends: its own end counts.
        if child.try_wait()?.is_some() {
            return feed.pump(limits.output);
        }
        let left = limits.time.checked_sub(began.elapsed()).ok_or(Stop::Late)?;
        // Closed output mostly means that the end is near, and nothing but it is left to wait for.
        let at_most = if feed.is_over() { left.min(ENDING_GLANCE) } else { left };
        wait_for(&mut feed.poll_fds(), at_most)?;
    }
}

/// The status as a shell has it, and in words.
fn describe_status(status: std::process::ExitStatus) -> (i32, String) {
    use std::os::unix::process::ExitStatusExt;
    let number = status.code().or(status.signal().map(|s| 128 + s)).unwrap_or(-1);
    (number, describe(Some(status)))
}

/// Replaces every `{key}`, once: a value that itself holds a `{key}` stays as it is.
fn fill_in(template: &str, values: &[(&str, &str)]) -> String {
    let mut out = String::new();
    let mut rest = template;
    'template: while let Some(at) = rest.find('{') {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        for (key, value) in values {
            let after = from
                .strip_prefix('{')
                .and_then(|r| r.strip_prefix(key))
                .and_then(|r| r.strip_prefix('}'));
            if let Some(after) = after {
                out.push_str(value);
                rest = after;
                continue 'template;
            }
        }
        out.push('{');
        rest = &from[1..];
    }
    out + rest
}

/// Finds a command on PATH, or checks the path that it is given as.
pub fn find_binary(binary: &str) -> Option<PathBuf> {
    use std::os::unix::fs::PermissionsExt;
    let runs = |path: &Path| {
        path.metadata().is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0)
    };
    if binary.contains('/') {
        let path = PathBuf::from(binary);
        return runs(&path).then_some(path);
    }
    std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|folder| folder.join(binary))
        .find(|p| runs(p))
}

#[cfg(test)]
mod tests;
