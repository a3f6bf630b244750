//! Puts the guest's standard streams on the process's descriptors 0 to 2, and restores them afterwards.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::PathBuf;

use anyhow::{Context, Result};
use nix::unistd::{dup2_stderr, dup2_stdin, dup2_stdout};

use crate::peer::Peer;
use crate::protocol::RunRequest;

/// The original descriptors of the process, which are restored between guests.
pub struct OwnStdio {
    null: File,
    stderr: File,
}

impl OwnStdio {
    pub fn keep() -> Result<Self> {
        let null = OpenOptions::new()
            .read(true)
            .write(true)
            .open("/dev/null")
            .context("open /dev/null")?;
        let stderr = File::from(nix::unistd::dup(io::stderr()).context("keep stderr")?);
        let own = OwnStdio { null, stderr };
        own.restore()?;
        Ok(own)
    }

    /// Opens the named pipes and puts them on descriptors 0 to 2; or in the place of stdin a
    /// socket, whose peer it returns.
    pub fn give(&self, request: &RunRequest) -> Result<Option<Peer>> {
        let [stdin, stdout, stderr] = &request.stdio;
        let open = |path: &PathBuf, write: bool| {
            OpenOptions::new()
                .read(!write)
                .write(write)
                .open(path)
                .with_context(|| format!("open {}", path.display()))
        };
        let mut peer = None;
        match request.socket {
            None => dup2_stdin(open(stdin, false)?),
            Some(socket) => {
                let (guests, other) = Peer::start(socket, stdin)?;
                peer = Some(other);
                dup2_stdin(guests)
            }
        }
        .context("redirect stdin")?;
        dup2_stdout(open(stdout, true)?).context("redirect stdout")?;
        dup2_stderr(open(stderr, true)?).context("redirect stderr")?;
        Ok(peer)
    }

    pub fn restore(&self) -> Result<()> {
        dup2_stdin(&self.null).context("restore stdin")?;
        dup2_stdout(&self.null).context("restore stdout")?;
        dup2_stderr(&self.stderr).context("restore stderr")?;
        Ok(())
    }
}
