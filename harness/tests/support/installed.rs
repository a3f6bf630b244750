//! The installed command, outside of a checkout.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// A copy of the program, an empty directory, and a cache of its own.
pub struct Installed {
    directory: TempDir,
}

impl Installed {
    pub fn new() -> Self {
        let installed = Installed { directory: tempfile::tempdir().unwrap() };
        fs::create_dir(installed.path("bin")).unwrap();
        fs::create_dir(installed.here()).unwrap();
        let built = env!("CARGO_BIN_EXE_wasi-conformance");
        // Not by this process: a child that another test forks would have the copy open, and a program
        // that is open for writing cannot start.
        let copy = Command::new("cp").arg(built).arg(installed.path("bin/")).status().unwrap();
        assert!(copy.success());
        installed
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().canonicalize().unwrap().join(name)
    }

    pub fn here(&self) -> PathBuf {
        self.path("here")
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(self.path("bin/wasi-conformance"));
        command
            .args(args)
            .current_dir(self.here())
            .env("WASI_CONFORMANCE_CACHE", self.path("cache"));
        command
    }

    pub fn output(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

pub fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap().flatten();
    let mut names: Vec<String> =
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}
