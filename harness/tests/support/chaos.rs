//! A run under attack: its runners are killed, they and the harness are stopped and continued, and the
//! disk is filled, at random. Each verdict must then be that of a quiet run, or a harness error with its
//! reason; and nothing may be left, no process and no file.

use std::collections::hash_map::RandomState;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs::{self, File};
use std::hash::{BuildHasher, Hasher};
use std::io::Write;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use wasi_conformance::results::run_file::{Run, VerdictRow};
use wasi_conformance::verdict::judge::Verdict;

/// The variable that repeats the attacks of an earlier test.
const SEED: &str = "CHAOS_SEED";
/// The process that outlives the harness to clean up: if it is killed, only a kill of the harness shows.
const GUARD: &str = "wasi-guard";

/// Runs the command twice, in peace and under attack, and compares the verdicts. `arguments` are those
/// of the program; each run gets a directory for its results in addition. The attacks end after a while,
/// so that the run does. More processes than `most` are never there.
pub fn compare(command: impl Fn() -> Command, arguments: &[&str], attacks: Duration, most: usize) {
    let seed = std::env::var(SEED).ok().and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(|| RandomState::new().build_hasher().finish());
    println!("{SEED}={seed}");
    let disk = Disk::new();
    let out = tempfile::tempdir().unwrap();
    let start = |name: &str| {
        let mut whole: Vec<OsString> = disk.launcher.iter().map(OsString::from).collect();
        let command = command();
        whole.push(command.get_program().to_owned());
        whole.extend(arguments.iter().map(OsString::from));
        whole.extend(["--out".into(), out.path().join(name).into()]);
        let mut wrapped = Command::new(&whole[0]);
        wrapped.args(&whole[1..]).env("TMPDIR", disk.directory.path());
        wrapped.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        wrapped.current_dir(command.get_current_dir().unwrap_or(Path::new(".")));
        wrapped.stdout(Stdio::null()).stderr(File::create(out.path().join("said")).unwrap());
        wrapped.spawn().unwrap()
    };
    let mut quiet = start("quiet");
    quiet.wait().unwrap();
    let quiet = Run::read(&out.path().join("quiet/run.json")).unwrap();
    let mut attack = Attack::new(start("attacked"), &disk, seed);
    if !attack.go_on(&out.path().join("attacked/run.jsonl"), attacks) {
        let said = fs::read_to_string(out.path().join("said")).unwrap();
        let left = fs::read_to_string(out.path().join("attacked/run.jsonl")).unwrap();
        panic!("the run does not end: {} verdicts, {said}", left.lines().count());
    }
    let attacked = Run::read(&out.path().join("attacked/run.json")).unwrap();
    attack.assert_nothing_is_left();
    println!("{:?}", attack.counts);
    assert!(attack.counts.most_processes <= most, "runners that nobody uses are kept");
    assert!(attacked.complete);
    assert_same(&quiet, &attacked);
}

/// No verdict is lost, and none is wrong.
fn assert_same(quiet: &Run, attacked: &Run) {
    let key = |row: &VerdictRow| (row.runtime.clone(), row.case.clone());
    let found: BTreeMap<_, _> = attacked.verdicts.iter().map(|row| (key(row), row)).collect();
    assert_eq!(found.len(), quiet.verdicts.len(), "a verdict is lost, or was made up");
    let (mut wrong, mut errors, mut flaky) = (vec![], 0, 0);
    for expected in &quiet.verdicts {
        let row = found[&key(expected)];
        match row.verdict {
            verdict if verdict == expected.verdict => {}
            Verdict::HarnessError if row.note.as_ref().is_some_and(|note| !note.is_empty()) => {
                errors += 1;
            }
            // What came out at first did not come out again: nobody is blamed.
            Verdict::Flaky => flaky += 1,
            // A divergence says that it comes out in several ways.
            _ if !row.varying.is_empty()
                || !expected.varying.is_empty()
                || expected.verdict == Verdict::Flaky => {}
            _ => wrong.push(format!("{} in peace, and then {row:?}", expected.verdict)),
        }
    }
    let notes = attacked.verdicts.iter().filter(|row| row.verdict == Verdict::HarnessError);
    let notes: BTreeSet<&str> = notes.filter_map(|row| row.note.as_deref()).collect();
    println!("{} verdicts, {errors} harness errors, {flaky} flaky: {notes:#?}", found.len());
    assert!(wrong.is_empty(), "{} wrong verdicts: {}", wrong.len(), wrong.join("\n"));
    assert!(errors + flaky <= found.len() / 10, "more than a tenth of the verdicts say nothing");
}

/// A small disk that only one run sees, if this machine lets us make one.
struct Disk {
    directory: tempfile::TempDir,
    /// What starts a program with the disk.
    launcher: Vec<String>,
}

impl Disk {
    fn new() -> Disk {
        const MOUNT: &str = "mount -t tmpfs -o size=48m,mode=0700 none \"$TMPDIR\" && exec \"$@\"";
        let directory = tempfile::tempdir().unwrap();
        let launcher = |flags: &str| -> Vec<String> {
            ["unshare", flags, "sh", "-c", MOUNT, "sh"].map(str::to_owned).into()
        };
        let works = |launcher: &Vec<String>| {
            let mut trial = Command::new(&launcher[0]);
            trial.args(&launcher[1..]).arg("true").env("TMPDIR", directory.path());
            trial.output().is_ok_and(|output| output.status.success())
        };
        let found = [launcher("-m"), launcher("-rm")].into_iter().find(works);
        if found.is_none() {
            println!("no disk is filled: this machine lets us mount none");
        }
        Disk { directory, launcher: found.unwrap_or_default() }
    }

    fn is_small(&self) -> bool {
        !self.launcher.is_empty()
    }
}

#[derive(Debug, Default)]
struct Counts {
    kills: u32,
    stops: u32,
    stops_of_the_harness: u32,
    full_disks: u32,
    most_processes: usize,
}

struct Attack {
    harness: Child,
    /// Of the work directory, as the harness sees it. It stays readable after the end of the harness.
    work: (PathBuf, Option<File>),
    is_small: bool,
    /// All processes that were seen: by number, the time of their start.
    seen: BTreeMap<i32, String>,
    counts: Counts,
    random: u64,
}

/// A path of an open directory that is good as long as it is open.
fn opened(directory: &File) -> PathBuf {
    format!("/proc/self/fd/{}", directory.as_raw_fd()).into()
}

impl Attack {
    fn new(harness: Child, disk: &Disk, seed: u64) -> Attack {
        let root = PathBuf::from(format!("/proc/{}/root", harness.id()));
        let work = root.join(disk.directory.path().strip_prefix("/").unwrap());
        let is_small = disk.is_small();
        let (seen, counts) = Default::default();
        Attack { harness, work: (work, None), is_small, seen, counts, random: seed }
    }

    /// Attacks until the run ends. A run that has no log has no runtime yet.
    /// `false` if it does not.
    fn go_on(&mut self, log: &Path, at_most: Duration) -> bool {
        const PATIENCE: Duration = Duration::from_secs(150);
        let began = Instant::now();
        while self.harness.try_wait().unwrap().is_none() {
            if began.elapsed() > PATIENCE {
                self.harness.kill().unwrap();
                return false;
            }
            sleep(self.between(5, 40));
            let has_begun = fs::metadata(log).is_ok_and(|log| log.len() > 0);
            if !has_begun || began.elapsed() > at_most {
                continue;
            }
            if self.work.1.is_none() {
                self.work.1 = Some(File::open(&self.work.0).unwrap());
            }
            match self.below(20) {
                0..9 => self.kill_one(),
                9..18 => self.stop_one(),
                18 => {
                    self.counts.stops_of_the_harness += 1;
                    self.stop(self.harness.id() as i32);
                }
                _ => self.fill_the_disk(),
            }
        }
        true
    }

    fn kill_one(&mut self) {
        if let Some(victim) = self.victim() {
            let _ = kill(Pid::from_raw(victim), Signal::SIGKILL);
            self.counts.kills += 1;
        }
    }

    fn stop_one(&mut self) {
        if let Some(victim) = self.victim() {
            self.stop(victim);
            self.counts.stops += 1;
        }
    }

    fn stop(&mut self, victim: i32) {
        let _ = kill(Pid::from_raw(victim), Signal::SIGSTOP);
        sleep(self.between(20, 300));
        let _ = kill(Pid::from_raw(victim), Signal::SIGCONT);
    }

    fn fill_the_disk(&mut self) {
        // The path through the harness ends with it, and the filler would stay.
        let path = opened(self.work.1.as_ref().unwrap()).join("filler");
        if let (true, Ok(mut filler)) = (self.is_small, File::create(&path)) {
            while filler.write_all(&[0; 4096]).is_ok() {}
            sleep(self.between(100, 200));
            let _ = fs::remove_file(path);
            self.counts.full_disks += 1;
        }
    }

    /// A process that the harness has started, or one that this has started.
    fn victim(&mut self) -> Option<i32> {
        let mut family = vec![self.harness.id() as i32];
        let all = processes();
        // Parents are mostly older than their children, but numbers start anew.
        for _ in 0..3 {
            let children = all.iter().filter(|process| family.contains(&process.parent));
            let children: Vec<i32> = children.map(|process| process.number).collect();
            family.extend(
                children.into_iter().filter(|child| !family.contains(child)).collect::<Vec<_>>(),
            );
        }
        let members = all.iter().filter(|process| family[1..].contains(&process.number));
        let members: Vec<_> = members.filter(|process| process.name != GUARD).collect();
        let alive = members.iter().filter(|process| process.state != "Z").count();
        self.counts.most_processes = self.counts.most_processes.max(alive);
        self.seen.extend(members.iter().map(|process| (process.number, process.started.clone())));
        let place = self.below(members.len().max(1) as u64) as usize;
        members.get(place).map(|process| process.number)
    }

    fn assert_nothing_is_left(&self) {
        let until = Instant::now() + Duration::from_secs(10);
        let is_left = |process: &Process| self.seen.get(&process.number) == Some(&process.started);
        while processes().iter().any(|process| is_left(process) && process.state != "Z") {
            assert!(Instant::now() < until, "a process is left");
            sleep(Duration::from_millis(20));
        }
        let Some(work) = &self.work.1 else { panic!("the run was over before the first attack") };
        let left = fs::read_dir(opened(work)).unwrap();
        let left: Vec<_> = left.flatten().map(|entry| entry.file_name()).collect();
        assert!(left.is_empty(), "files are left: {left:?}");
    }

    fn between(&mut self, low: u64, high: u64) -> Duration {
        Duration::from_millis(low + self.below(high - low))
    }

    /// A number from 0 to below this, by SplitMix64.
    fn below(&mut self, limit: u64) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % limit
    }
}

struct Process {
    number: i32,
    parent: i32,
    name: String,
    state: String,
    started: String,
}

fn processes() -> Vec<Process> {
    let entries = fs::read_dir("/proc").unwrap().flatten();
    let numbers = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    numbers.filter_map(process).collect()
}

fn process(number: i32) -> Option<Process> {
    let text = fs::read_to_string(format!("/proc/{number}/stat")).ok()?;
    let (before, after) = text.rsplit_once(") ")?;
    let name = before.split_once('(')?.1.to_owned();
    let words: Vec<&str> = after.split(' ').collect();
    let (state, started) = (words[0].to_owned(), words.get(19)?.to_string());
    Some(Process { number, parent: words[1].parse().ok()?, name, state, started })
}
