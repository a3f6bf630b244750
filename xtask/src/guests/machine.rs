//! The machine: programs on PATH, directories, variables. Tests use a fake one.

use std::collections::HashMap;
use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub struct Machine {
    root: PathBuf,
    path: Vec<PathBuf>,
    variables: HashMap<OsString, OsString>,
}

impl Machine {
    /// The one that this program runs on.
    pub fn here() -> Self {
        let path = env::var_os("PATH").unwrap_or_default();
        Machine {
            root: "/".into(),
            path: env::split_paths(&path).collect(),
            variables: env::vars_os().collect(),
        }
    }

    /// The value of a variable, if it is set and not empty.
    pub fn variable(&self, name: &str) -> Option<&OsStr> {
        let value = self.variables.get(OsStr::new(name))?;
        (!value.is_empty()).then_some(value)
    }

    /// An absolute path of this machine.
    pub fn at(&self, path: &str) -> PathBuf {
        self.root.join(path.trim_start_matches('/'))
    }

    /// The first program on PATH with this name.
    pub fn program(&self, name: &str) -> Option<PathBuf> {
        self.programs(name).into_iter().next()
    }

    /// All programs on PATH with this name, in that order, without repetitions: /bin may be /usr/bin.
    pub fn programs(&self, name: &str) -> Vec<PathBuf> {
        let mut seen: Vec<PathBuf> = Vec::new();
        let mut found = Vec::new();
        for directory in &self.path {
            let program = directory.join(name);
            // Compare directories, not programs: all programs of rustup are one file.
            let real = fs::canonicalize(directory).unwrap_or_else(|_| directory.clone());
            if is_program(&program) && !seen.contains(&real) {
                seen.push(real);
                found.push(program);
            }
        }
        found
    }

    /// The names of all programs on PATH.
    pub fn program_names(&self) -> Vec<String> {
        let entries =
            self.path.iter().filter_map(|directory| fs::read_dir(directory).ok()).flatten();
        let mut names: Vec<String> =
            entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.sort();
        names.dedup();
        names
    }
}

/// Whether this can be started.
pub fn is_program(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0)
}

/// A program's stdout, without the final newline; `None` if it fails or prints nothing.
pub fn ask<A: AsRef<OsStr>>(program: impl AsRef<OsStr>, args: &[A]) -> Option<String> {
    let output = Command::new(program).args(args).stdin(Stdio::null()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    (output.status.success() && !text.trim().is_empty()).then(|| text.trim_end().to_owned())
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// An empty machine in a temporary directory, with /usr/bin on its PATH.
    pub struct Fake {
        pub machine: Machine,
        directory: tempfile::TempDir,
    }

    impl Fake {
        pub fn new() -> Self {
            let directory = tempfile::tempdir().unwrap();
            let root = directory.path().to_owned();
            let path = vec![root.join("usr/bin")];
            let machine = Machine { root, path, variables: HashMap::new() };
            Fake { machine, directory }
        }

        pub fn file(&self, path: &str) -> PathBuf {
            let path = self.directory.path().join(path.trim_start_matches('/'));
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, "").unwrap();
            path
        }

        pub fn program(&self, path: &str) -> PathBuf {
            let path = self.file(path);
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
            path
        }

        pub fn set(&mut self, name: &str, value: impl Into<OsString>) {
            self.machine.variables.insert(name.into(), value.into());
        }

        pub fn also_on_path(&mut self, directory: &str) {
            let directory = self.machine.at(directory);
            self.machine.path.push(directory);
        }
    }

    #[test]
    fn programs_are_executable_files_on_path_each_once() {
        let mut fake = Fake::new();
        fake.file("/usr/bin/text");
        let first = fake.program("/usr/bin/tool");
        let second = fake.program("/opt/bin/tool");
        std::os::unix::fs::symlink("usr/bin", fake.machine.at("/bin")).unwrap();
        fake.also_on_path("/bin");
        fake.also_on_path("/nowhere");
        fake.also_on_path("/opt/bin");
        assert_eq!(fake.machine.programs("tool"), [first, second]);
        assert_eq!(fake.machine.program("text"), None);
        assert_eq!(fake.machine.program_names(), ["text", "tool"]);
    }

    #[test]
    fn an_empty_variable_is_not_set() {
        let mut fake = Fake::new();
        fake.set("EMPTY", "");
        fake.set("FULL", "x");
        assert_eq!(fake.machine.variable("EMPTY"), None);
        assert_eq!(fake.machine.variable("FULL"), Some(OsStr::new("x")));
        assert_eq!(fake.machine.variable("NONE"), None);
    }
}
