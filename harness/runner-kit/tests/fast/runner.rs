//! The test runner, started like the harness starts one: requests on descriptor 3, replies on 4, and
//! named pipes for each guest.

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, PipeReader, PipeWriter, Read, Write, pipe};
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;

use command_fds::{CommandFdExt, FdMapping};
use nix::fcntl::OFlag;
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use runner_kit::protocol::{REPLY_FD, REQUEST_FD, Reply, Request};
use runner_kit::{Globals, Outcome, RunRequest};
use tempfile::TempDir;

pub struct Runner {
    child: Child,
    requests: Option<PipeWriter>,
    replies: BufReader<PipeReader>,
    directory: TempDir,
    last_id: u64,
}

/// The result of one guest.
#[derive(Debug)]
pub struct Ran {
    pub outcome: Outcome,
    pub stdout: String,
    pub stderr: String,
    pub globals: Globals,
}

pub fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_test-runner"))
}

impl Runner {
    /// Starts a runner whose hello is still to be read.
    pub fn start() -> Runner {
        let (their_requests, requests) = pipe().unwrap();
        let (replies, their_replies) = pipe().unwrap();
        let mut command = program();
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        command
            .fd_mappings(vec![
                FdMapping { parent_fd: OwnedFd::from(their_requests), child_fd: REQUEST_FD },
                FdMapping { parent_fd: OwnedFd::from(their_replies), child_fd: REPLY_FD },
            ])
            .unwrap();
        let child = command.spawn().unwrap();
        Runner {
            child,
            requests: Some(requests),
            replies: BufReader::new(replies),
            directory: tempfile::tempdir().unwrap(),
            last_id: 0,
        }
    }

    /// Starts a runner and reads its hello.
    pub fn greeted() -> Runner {
        let mut runner = Runner::start();
        assert!(matches!(runner.reply(), Some(Reply::Hello { .. })));
        runner
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// The next reply; none if the runner has closed its end.
    pub fn reply(&mut self) -> Option<Reply> {
        let mut line = String::new();
        self.replies.read_line(&mut line).unwrap();
        (!line.is_empty()).then(|| serde_json::from_str(&line).unwrap())
    }

    pub fn send(&mut self, line: &str) {
        writeln!(self.requests.as_mut().unwrap(), "{line}").unwrap();
    }

    /// The request of the harness for a guest, whose pipes exist.
    pub fn request_for(&self, guest: &str) -> RunRequest {
        let wasm = self.path(&format!("{guest}.wasm"));
        fs::write(&wasm, guest).unwrap();
        let stdio = ["stdin", "stdout", "stderr"].map(|name| self.path(name));
        for pipe in &stdio {
            let _ = fs::remove_file(pipe);
            mkfifo(pipe, Mode::S_IRUSR | Mode::S_IWUSR).unwrap();
        }
        RunRequest {
            wasm,
            sha256: format!("sha-of-{guest}"),
            args: vec![format!("{guest}.wasm")],
            env: vec![],
            preopens: vec![],
            stdio,
            socket: None,
            cache: self.directory.path().to_owned(),
            globals: Globals::new(),
        }
    }

    pub fn send_request(&mut self, request: &RunRequest) -> u64 {
        self.last_id += 1;
        let message = Request { id: self.last_id, run: request.clone() };
        self.send(&serde_json::to_string(&message).unwrap());
        self.last_id
    }

    /// Runs a guest by its name, with nothing on its stdin.
    pub fn run(&mut self, guest: &str) -> Ran {
        let request = self.request_for(guest);
        self.run_request(&request, "")
    }

    /// Runs a guest to its end.
    pub fn run_request(&mut self, request: &RunRequest, stdin: &str) -> Ran {
        let [input, output, errors] = request.stdio.clone();
        let (mut stdout, mut stderr) = (open_reader(&output), open_reader(&errors));
        let id = self.send_request(request);
        // Opening waits until the runner has opened its end, which it does not do for a module that
        // it refuses; then this thread ends with the test.
        let stdin = stdin.to_owned();
        thread::spawn(move || {
            let mut pipe = OpenOptions::new().write(true).open(input).unwrap();
            pipe.write_all(stdin.as_bytes()).unwrap();
        });
        let mut reply = self.reply().expect("the runner ended instead of starting the guest");
        if matches!(reply, Reply::Started { id: started } if started == id) {
            reply = self.reply().expect("the runner ended while the guest ran");
        }
        let Reply::Done { id: done, outcome, globals, .. } = reply else { panic!("{reply:?}") };
        assert_eq!(done, id);
        Ran { outcome, stdout: read_all(&mut stdout), stderr: read_all(&mut stderr), globals }
    }

    /// No more requests.
    pub fn hang_up(&mut self) {
        self.requests = None;
    }

    /// Waits for the end of the runner: its status, and what it said on its own stderr.
    pub fn end(mut self) -> (ExitStatus, String) {
        self.hang_up();
        let mut said = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        (self.child.wait().unwrap(), said)
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        // After a test that failed it may still wait for something.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The reading end of a named pipe, open before anybody writes to it.
pub fn open_reader(path: &Path) -> File {
    let flags = OFlag::O_NONBLOCK.bits();
    OpenOptions::new().read(true).custom_flags(flags).open(path).unwrap()
}

/// What is in a pipe whose writer is gone.
fn read_all(pipe: &mut File) -> String {
    let mut text = String::new();
    pipe.read_to_string(&mut text).expect("the runner still holds the guest's output");
    text
}
