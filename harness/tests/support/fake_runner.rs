//! A runner without a runtime, for the tests. It speaks the protocol correctly, or fails in the way
//! selected by the first argument of a guest or by the mode in its configuration.
//!
//!     fake-runner CONFIG.json
//!
//! It has its own loop, as `runner_kit::serve` cannot break the protocol, and logs starts and requests.

#[path = "fake_runner/escapes.rs"]
mod escapes;
#[path = "fake_runner/hogs.rs"]
mod hogs;

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::fd::{FromRawFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::process;
use std::thread;
use std::time::Duration;

use nix::sys::signal::{Signal, raise};
use nix::unistd::{Pid, getpgid, getppid, setpgid};
use runner_kit::protocol::{PROTOCOL_VERSION, REPLY_FD, REQUEST_FD, Reply, Request, preview_1};
use runner_kit::{Globals, Outcome, RunRequest, panics};
use serde::Deserialize;

/// The version in its hello, unless a test sets another one. The output of the guest `changed_in_5`
/// depends on its major version.
const VERSION: &str = "1.2.3";
const VERSION_VARIABLE: &str = "FAKE_RUNNER_VERSION";
const GARBAGE: &str = "}{ no reply\n";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    /// The file to which a line is added for each start and each guest.
    log: PathBuf,
    mode: Mode,
}

/// Faults of the whole runner. Every other fault belongs to a guest.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Mode {
    Correct,
    /// Exits before its hello.
    Refuses,
    OtherProtocol,
    GarbageHello,
    HangsInSmokeTest,
    /// Prints to its stderr for ever.
    Floods,
    /// Leaves the process group that it was started in.
    LeavesItsGroup,
    FailsSmokeTest,
    /// Reports missing files as found, and existing ones as missing.
    Contrary,
    /// Refuses every guest that imports `sock_accept`.
    LacksSockAccept,
}

fn main() {
    let path = std::env::args().nth(1).expect("usage: fake-runner CONFIG.json");
    let config = fs::read(path).expect("the configuration can be read");
    let config: Config = serde_json::from_slice(&config).expect("the configuration is JSON");
    panics::report();
    FakeRunner::new(config).serve();
}

struct FakeRunner {
    config: Config,
    version: String,
    replies: File,
    /// How often this process has run the flaky guest.
    runs_of_sometimes: u32,
    /// Whether a guest has corrupted this process for the next one.
    ruined: bool,
}

/// A fault after the reply to a guest, which must not change the verdict of the next one.
enum Afterwards {
    Nothing,
    Dies,
    Garbage,
    HalfReply,
    SameReply,
}

impl FakeRunner {
    fn new(config: Config) -> FakeRunner {
        let version = std::env::var(VERSION_VARIABLE).unwrap_or_else(|_| VERSION.into());
        let replies = File::from(wire(REPLY_FD));
        FakeRunner { config, version, replies, runs_of_sometimes: 0, ruined: false }
    }

    fn serve(mut self) {
        self.log(&format!("start {}", process::id()));
        if self.config.mode == Mode::Refuses {
            eprintln!("this machine has no such engine");
            process::exit(1);
        }
        if self.config.mode == Mode::GarbageHello {
            self.put(GARBAGE);
        }
        if self.config.mode == Mode::Floods {
            loop {
                eprint!("{}", "more\n".repeat(10_000));
            }
        }
        if self.config.mode == Mode::LeavesItsGroup {
            let group = getpgid(Some(getppid())).expect("the harness has a group");
            setpgid(Pid::this(), group).expect("it is of the same session");
        }
        let other = u32::from(self.config.mode == Mode::OtherProtocol);
        self.send(&Reply::Hello {
            protocol: PROTOCOL_VERSION + other,
            runtime: "fake".into(),
            version: self.version.clone(),
            details: "a fake".into(),
            missing_capabilities: vec![],
            wasi_versions: preview_1(),
        });
        for line in BufReader::new(File::from(wire(REQUEST_FD))).lines() {
            let request = line.expect("the harness writes whole requests");
            self.answer(serde_json::from_str(&request).expect("the harness writes requests"));
        }
    }

    fn answer(&mut self, Request { id, run: request }: Request) {
        let argument = request.args.get(1).map_or("", String::as_str);
        self.log(&format!("run {argument}"));
        if self.config.mode == Mode::LacksSockAccept && imports_sock_accept(&request) {
            let reason = "unknown import: `wasi_snapshot_preview1::sock_accept`".into();
            self.send(&done(id, Outcome::Unsupported { reason }));
            return;
        }
        match argument {
            "never_starts" => sleep_forever(),
            "done_without_started" => return self.send(&done(id, Outcome::Exit { code: 0 })),
            _ => {}
        }
        let mut streams = Streams::open(&request);
        self.send(&Reply::Started { id });
        let (reply, afterwards) = if argument == "call_sock_accept" {
            let outcome = Outcome::Trap { message: "unreachable".into() };
            let globals = request.globals.keys().map(|name| (name.clone(), 1)).collect();
            let reply = Reply::Done { id, outcome, compile_us: 1, execute_us: 1, globals };
            (reply, Afterwards::Nothing)
        } else if argument == "name_directories" {
            let (directory, guest) = (data(&request), &request.wasm);
            streams.print(&format!("in {}\n", directory.display()));
            let message = format!("{} in {}", guest.display(), directory.display());
            (done(id, Outcome::Trap { message }), Afterwards::Nothing)
        } else if request.args[0] == "smoke_test.wasm" {
            (done(id, self.smoke_test(&request, &mut streams)), Afterwards::Nothing)
        } else {
            let reply = done(id, Outcome::Exit { code: 0 });
            let afterwards = self.guest(id, &request, &mut streams, &reply);
            (reply, afterwards)
        };
        drop(streams);
        self.send(&reply);
        match afterwards {
            Afterwards::Nothing => {}
            Afterwards::Dies => raise(Signal::SIGKILL).expect("a process can kill itself"),
            Afterwards::Garbage => self.put(GARBAGE),
            Afterwards::HalfReply => self.put(&half_of(&reply)),
            Afterwards::SameReply => self.send(&reply),
        }
    }

    /// Behaves like the guest of the smoke test.
    fn smoke_test(&mut self, request: &RunRequest, streams: &mut Streams) -> Outcome {
        if request.args[1] == "trap" {
            return Outcome::Trap { message: "unreachable".into() };
        }
        if self.config.mode == Mode::HangsInSmokeTest {
            sleep_forever();
        }
        for (i, argument) in request.args[1..].iter().enumerate() {
            streams.print(&format!("arg {}={argument}\n", i + 1));
        }
        for (name, value) in &request.env {
            streams.print(&format!("env {name}={value}\n"));
        }
        let file = fs::read_to_string(data(request).join("in.txt")).expect("the case has a file");
        let mut stdin = String::new();
        streams.stdin.read_to_string(&mut stdin).expect("the case has a text on its stdin");
        streams.print(&format!("stdin {stdin}\nfile {file}\n"));
        let out = format!("{file}\n{}\n", request.args[1..].join("\n"));
        fs::write(data(request).join("out.txt"), out).expect("the case has a directory");
        let code = if self.config.mode == Mode::FailsSmokeTest { 0 } else { 33 };
        Outcome::Exit { code }
    }

    /// Behaves like the guest that the first argument names.
    fn guest(
        &mut self,
        id: u64,
        request: &RunRequest,
        streams: &mut Streams,
        reply: &Reply,
    ) -> Afterwards {
        match request.args[1].as_str() {
            "open" if self.ruined => process::abort(),
            "open" => {
                let name = &request.args[2];
                let exists = data(request).join(name).exists();
                let found = exists != (self.config.mode == Mode::Contrary);
                let errno = if found { "success" } else { "noent" };
                streams.print(&format!("open {name} -> {errno}\n"));
            }
            "changed_in_5" => {
                let major: u32 = self.version.split('.').next().unwrap().parse().unwrap();
                let errno = if major < 5 { "success" } else { "acces" };
                streams.print(&format!("open a.txt -> {errno}\n"));
            }
            "sometimes" => {
                self.runs_of_sometimes += 1;
                let errno = if self.runs_of_sometimes % 3 == 2 { "acces" } else { "success" };
                streams.print(&format!("open a.txt -> {errno}\n"));
            }
            "wrong_errno" => streams.print("open missing -> acces\n"),
            "hang" => {
                streams.print("before\n");
                sleep_forever();
            }
            // Late only the first time, in whichever process.
            "late_once" => {
                if self.is_first("late_once") {
                    sleep_forever();
                }
                streams.print("in time\n");
            }
            "fails_once" => {
                let errno = if self.is_first("fails_once") { "acces" } else { "success" };
                streams.print(&format!("open a.txt -> {errno}\n"));
            }
            "fails_in_two_ways" => {
                let errno = if self.is_first("fails_in_two_ways") { "acces" } else { "noent" };
                streams.print(&format!("open a.txt -> {errno}\n"));
            }
            "killed_once" if !self.is_first("killed_once") => {
                streams.print("open a.txt -> success\n");
            }
            "killed" | "killed_once" => {
                raise(Signal::SIGKILL).expect("a process can kill itself");
            }
            "abort" => {
                streams.print("before\n");
                process::abort();
            }
            "panics" => panic!("the runner has a bug"),
            "panics_in_a_package" => serde_json::json!([])["key"] = true.into(),
            "exit" => process::exit(7),
            "makes_a_hole" => {
                hogs::make_a_hole(data(request));
                streams.print("made\n");
            }
            hog if hogs::NAMES.contains(&hog) => hogs::run(hog, data(request)),
            "endless_output" => loop {
                streams.print(&"more\n".repeat(1000));
            },
            "garbage" => self.put(GARBAGE),
            "endless_reply" => loop {
                self.put(&"no end of line ".repeat(1000));
            },
            "half_reply_then_end" => {
                self.put(&half_of(reply));
                process::exit(0);
            }
            "half_reply_then_hang" => {
                self.put(&half_of(reply));
                sleep_forever();
            }
            "reply_to_another" => self.send(&done(id + 1000, Outcome::Exit { code: 0 })),
            "leaves_a_daemon" => self.log(&format!("start {}", escapes::daemon())),
            "leaves_a_daemon_and_hangs" => {
                self.log(&format!("start {}", escapes::daemon()));
                sleep_forever();
            }
            // Like a runtime with a hole in its sandbox.
            "looks_around" => {
                let found = escapes::look_around(data(request), Path::new(&request.args[2]));
                streams.print(&found);
            }
            "escapes_once" | "escapes_once_and_aborts" | "leaves_a_daemon_once" => {
                let guest = request.args[1].as_str();
                match self.is_first(guest) {
                    true if guest == "leaves_a_daemon_once" => {
                        self.log(&format!("start {}", escapes::daemon()));
                    }
                    true => escapes::touch_canary(data(request)),
                    false => {}
                }
                if self.is_first(guest) && guest.ends_with("aborts") {
                    process::abort();
                }
                streams.print("open a.txt -> success\n");
            }
            "makes_a_file" => streams.print(hogs::make_a_file(data(request))),
            "prints_late" => {
                let mut stdout = streams.stdout.try_clone().expect("a descriptor is free");
                thread::spawn(move || {
                    thread::sleep(Duration::from_millis(50));
                    stdout.write_all(b"late\n").expect("the harness reads to the end");
                });
            }
            "dies_after" => return Afterwards::Dies,
            "garbage_after" => return Afterwards::Garbage,
            "half_reply_after" => return Afterwards::HalfReply,
            "replies_twice" => return Afterwards::SameReply,
            // Like a guest that corrupts the memory of its runtime.
            "ruins_the_next" => self.ruined = true,
            other => panic!("the fake runner has no guest that does `{other}`"),
        }
        Afterwards::Nothing
    }

    /// Whether a guest runs for the first time, whichever process ran it before.
    fn is_first(&self, guest: &str) -> bool {
        let log = fs::read_to_string(&self.config.log).expect("the log was written");
        log.lines().filter(|line| *line == format!("run {guest}")).count() == 1
    }

    fn send(&mut self, reply: &Reply) {
        self.put(&(line_of(reply) + "\n"));
    }

    fn put(&mut self, text: &str) {
        self.replies.write_all(text.as_bytes()).expect("the harness reads replies");
    }

    fn log(&self, line: &str) {
        let log = OpenOptions::new().create(true).append(true).open(&self.config.log);
        // In a single write, because other runners write to the same file.
        log.and_then(|mut log| log.write_all(format!("{line}\n").as_bytes()))
            .expect("the log can be written");
    }
}

/// The guest's standard streams; stderr is only opened.
struct Streams {
    stdin: File,
    stdout: File,
    _stderr: File,
}

impl Streams {
    fn open(request: &RunRequest) -> Streams {
        let writer = |path: &Path| OpenOptions::new().write(true).open(path).expect("a named pipe");
        let [stdin, stdout, stderr] = &request.stdio;
        Streams {
            stdin: File::open(stdin).expect("a named pipe"),
            stdout: writer(stdout),
            _stderr: writer(stderr),
        }
    }

    fn print(&mut self, text: &str) {
        self.stdout.write_all(text.as_bytes()).expect("the harness reads the guest's output");
    }
}

/// In a module, a name is preceded by its length.
fn imports_sock_accept(request: &RunRequest) -> bool {
    let module = fs::read(&request.wasm).expect("the guest can be read");
    let name = b"\x0bsock_accept";
    module.windows(name.len()).any(|bytes| bytes == name)
}

/// The host directory of the preopen `/data`.
fn data(request: &RunRequest) -> &Path {
    let preopen = request.preopens.iter().find(|preopen| preopen.guest == "/data");
    &preopen.expect("the cases of the tests have a preopen").host
}

fn done(id: u64, outcome: Outcome) -> Reply {
    Reply::Done { id, outcome, compile_us: 1, execute_us: 1, globals: Globals::new() }
}

fn line_of(reply: &Reply) -> String {
    serde_json::to_string(reply).expect("a reply is JSON")
}

fn half_of(reply: &Reply) -> String {
    let line = line_of(reply);
    line[..line.len() / 2].to_owned()
}

fn sleep_forever() -> ! {
    loop {
        thread::park();
    }
}

fn wire(fd: i32) -> OwnedFd {
    // SAFETY: the harness gives the descriptor to this process, and each is taken once.
    unsafe { OwnedFd::from_raw_fd(fd) }
}
