//! The world of one guest: the model's state, and what connects it to the host.

use std::path::PathBuf;

use anyhow::{Context, Result};
use model::{
    Call, Clocks, Errno, Host, Interest, Limits, Outcome, Rule, State, StreamKind, Value, allowed,
};
use runner_kit::{RunRequest, Socket};

use crate::wires::Wires;
use crate::{clocks, tree};

/// How a call ended.
pub enum End {
    Succeeds(Value),
    Fails(Errno),
    Traps(Vec<Rule>),
    Exits(u32),
}

pub struct World {
    state: State,
    /// The file system as it was found.
    found: model::Files,
    /// The directories on the host, with their inodes.
    roots: Vec<(PathBuf, model::Ino)>,
    start: Clocks,
    wires: Wires,
}

impl World {
    pub fn load(request: &RunRequest) -> Result<World> {
        let bytes = |text: &String| text.clone().into_bytes();
        let host = Host {
            args: request.args.iter().map(bytes).collect(),
            environ: request.env.iter().map(|(n, v)| format!("{n}={v}").into_bytes()).collect(),
            limits: Limits::default(),
        };
        let stdin = match request.socket {
            None => StreamKind::Input,
            Some(Socket::Connected) => StreamKind::Socket,
            Some(Socket::Listening) => StreamKind::Listener,
        };
        let mut state = State::new(host, stdin);
        let mut loader = tree::Loader::default();
        let mut roots = Vec::new();
        for preopen in &request.preopens {
            let ino = loader
                .load(&mut state.files, &preopen.host)
                .with_context(|| format!("read {}", preopen.host.display()))?;
            state.preopen(preopen.guest.as_bytes(), ino, preopen.read_only);
            roots.push((preopen.host.clone(), ino));
        }
        let found = state.files.clone();
        let wires = Wires::connect(stdin)?;
        Ok(World { state, found, roots, start: clocks::now()?, wires })
    }

    pub fn state(&self) -> &State {
        &self.state
    }

    /// Makes a call, and waits as long as it does.
    pub fn call(&mut self, call: &Call) -> Result<End> {
        self.state.clocks = clocks::since(&self.start)?;
        self.state.began = self.state.clocks;
        if looks_at_streams(call) {
            self.wires.receive(&mut self.state)?;
        }
        loop {
            let branch = allowed(&self.state, call).into_iter().next();
            let branch = branch.context("the model allows nothing")?;
            if let Some(next) = branch.next {
                self.state = next;
                self.wires.send(&mut self.state)?;
            }
            match branch.outcome {
                Outcome::Succeeds(value) => return Ok(End::Succeeds(value)),
                Outcome::Fails(errno) => return Ok(End::Fails(errno)),
                Outcome::Traps => return Ok(End::Traps(branch.rules)),
                Outcome::Exits(code) => return Ok(End::Exits(code)),
                Outcome::Waits => {
                    self.wires.wait(&self.state, self.time_left(call))?;
                    self.state.clocks = clocks::since(&self.start)?;
                    self.wires.receive(&mut self.state)?;
                }
            }
        }
    }

    /// The nanoseconds until the first timeout of a call. CPU time passes only while this process is
    /// busy.
    fn time_left(&self, call: &Call) -> Option<u64> {
        let Call::PollOneoff { subscriptions: Ok(subscriptions), .. } = call else { return None };
        let left = subscriptions.iter().filter_map(|subscription| {
            let Interest::Clock { clock, timeout, flags } = subscription.interest else {
                return None;
            };
            if clock > 1 {
                return Some(0);
            }
            let deadline = match flags {
                0 => self.state.began.get(clock)?.checked_add(timeout)?,
                _ => timeout,
            };
            Some(deadline.saturating_sub(self.state.clocks.get(clock)?))
        });
        left.min()
    }

    /// Leaves the files on the host as the guest left them.
    pub fn save(&mut self) -> Result<()> {
        tree::save(&self.found, &self.state.files, &self.roots)
    }
}

/// Whether a call depends on what arrives from outside.
fn looks_at_streams(call: &Call) -> bool {
    matches!(
        call,
        Call::FdRead { .. }
            | Call::PollOneoff { .. }
            | Call::SockAccept { .. }
            | Call::SockRecv { .. }
    )
}
