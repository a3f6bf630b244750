//! A checkout in a temporary directory, with the cases, guests and runtimes that a test needs.

// The two test targets use different parts of this.
#![allow(dead_code)]

#[cfg(target_os = "linux")]
pub mod chaos;
pub mod installed;
pub mod trials;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;
use wasi_conformance::results::run_file::{Run, VerdictRow};

/// The smallest module; the fakes look only at its name.
pub const EMPTY_MODULE: &[u8] = b"\0asm\x01\0\0\0";
/// The directory of the fakes that are scripts: a command-line runtime, and npm.
pub const FAKES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fakes");
/// The runner without a runtime: `fake_runner.rs`.
pub const FAKE_RUNNER: &str = env!("CARGO_BIN_EXE_fake-runner");

/// The head of a file of cases for the guest that the fakes know.
pub const FAKE_CASES: &str = "area: path\nspec: https://example.org\nguest: fake\nrequires: [named_preopens]\n\
    rules: [{ id: x, text: It holds., basis: wasi }]\ncases:\n";

/// The entry of the only default script runtime.
const NODE_ENTRY: &str = "runtimes:
  - name: node
    kind: script
    default: true
    binary: node
    script: runner.mjs
    args: [--no-warnings, '{script}']
    install: install Node.js
";

pub struct Checkout {
    directory: TempDir,
}

impl Checkout {
    /// A checkout with one passing case, its guests, and only the runtime `node`, with its real
    /// runner.
    pub fn new() -> Self {
        let checkout = Checkout { directory: tempfile::tempdir().unwrap() };
        checkout.write("expectations/a.yaml", FAKE_CASES);
        checkout.append("expectations/a.yaml", &good_case("fine"));
        checkout.write("guests/prebuilt/fake.wasm", EMPTY_MODULE);
        let runners = concat!(env!("CARGO_MANIFEST_DIR"), "/runners/javascript");
        let allow = format!("    allow: {{ read: [{runners}] }}\n");
        checkout.write("harness/runners/registry.yaml", NODE_ENTRY.to_owned() + &allow);
        let runner = format!("import '{runners}/node-wasi.mjs';\n");
        checkout.write("harness/runners/runner.mjs", runner);
        checkout
    }

    /// A checkout in which the fake runner replaces node's.
    pub fn with_fake(mode: &str) -> Self {
        let checkout = Checkout::new();
        let entry = NODE_ENTRY.replace("binary: node", &format!("binary: {FAKE_RUNNER}"));
        let entry = entry.replace("runner.mjs", "fake.json").replace("--no-warnings, ", "");
        checkout.write("harness/runners/registry.yaml", entry + &checkout.allow());
        checkout.fake(mode);
        checkout
    }

    /// What an entry must say so that the fake runner works although it is contained: it logs.
    pub fn allow(&self) -> String {
        let (log, program) = (self.root(), Path::new(FAKE_RUNNER).parent().unwrap());
        let (log, program) = (log.display(), program.display());
        let read = format!("[{program}, {FAKES}]");
        format!("    allow: {{ env: [FAKE_RUNNER_VERSION], read: {read}, write: [{log}] }}\n")
    }

    /// Sets the mode of the fake runner, a fault.
    pub fn fake(&self, mode: &str) {
        self.write("harness/runners/fake.json", self.fake_config(mode));
    }

    /// The configuration of a fake runner that logs to this checkout.
    pub fn fake_config(&self, mode: &str) -> String {
        serde_json::json!({ "log": self.path("log"), "mode": mode }).to_string()
    }

    pub fn root(&self) -> PathBuf {
        // Resolved, because messages of the program contain its resolved current directory.
        self.directory.path().canonicalize().unwrap()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.root().join(name)
    }

    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn append(&self, name: &str, text: &str) {
        let old = fs::read_to_string(self.path(name)).unwrap();
        self.write(name, old + text);
    }

    pub fn remove(&self, name: &str) {
        fs::remove_file(self.path(name)).unwrap();
    }

    /// The lines that the fake runner logged.
    pub fn log(&self) -> Vec<String> {
        let text = fs::read_to_string(self.path("log")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// The process ids of the fake runners that were started.
    pub fn started(&self) -> Vec<u32> {
        let log = self.log();
        log.iter().filter_map(|line| line.strip_prefix("start ")?.parse().ok()).collect()
    }

    /// The command, with this checkout as its current directory.
    pub fn program(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wasi-conformance"));
        command.args(args).current_dir(self.root());
        command.env("WASI_CONFORMANCE_CACHE", self.path("cache"));
        command
    }

    pub fn output(&self, args: &[&str]) -> Output {
        self.program(args).output().unwrap()
    }

    /// The run file that the program wrote.
    pub fn run_file(&self) -> Run {
        Run::read(&self.path("target/wasi-conformance/run.json")).unwrap()
    }

    pub fn wasi_testsuite_run_file(&self) -> Run {
        Run::read(&self.path("target/wasi-conformance/wasi-testsuite/run.json")).unwrap()
    }
}

/// A case for the guest that the fakes know, as YAML: its tree has one file, `args` is a sequence, and
/// `stdout` is the whole expected output.
pub fn case(id: &str, args: &str, stdout: &str) -> String {
    format!(
        "  - id: {id}\n    rules: [x]\n    args: {args}\n    fs: {{a.txt: x}}\n    \
         stdout: {stdout:?}\n"
    )
}

/// A case that passes on the fakes.
pub fn good_case(id: &str) -> String {
    case(id, "[open, a.txt]", "open a.txt -> success\n")
}

/// A file for `--runtimes-file` with an entry for a fake command.
pub fn command_entries(name: &str, binary: &str) -> String {
    format!(
        r#"runtimes:
  - name: {name}
    kind: command
    binary: {binary}
    version: {{ args: [--version], pattern: 'fake (\S+)' }}
    run: ["{{dirs}}", "{{env}}", --, "{{wasm}}", "{{args}}"]
    dir: [--dir, "{{guest}}={{host}}"]
    env: [--env, "{{name}}={{value}}"]
    trap: {{ status: 134, stderr: '^trap' }}
    missing_capabilities: [{{ capability: read_only_preopens, reason: it knows no rights }}]
"#
    )
}

/// Writes a script that can be run, and returns its path.
pub fn make_program(checkout: &Checkout, name: &str, script: &str) -> String {
    checkout.write(name, script);
    let path = checkout.path(name);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path.into_os_string().into_string().unwrap()
}

/// The verdict of a case.
pub fn verdict_of<'a>(rows: &'a [VerdictRow], id: &str) -> &'a VerdictRow {
    rows.iter().find(|row| row.case == id).unwrap_or_else(|| panic!("no verdict of {id}"))
}

/// Whether a process exists, even as a zombie.
pub fn exists(pid: u32) -> bool {
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid as i32), None).is_ok()
}

/// A run file as text, without times and without the list of merged runs.
pub fn timeless(run: &Run) -> String {
    let mut value = serde_json::to_value(run).unwrap();
    clear_times(&mut value);
    value["merged"] = Value::Null;
    serde_json::to_string_pretty(&value).unwrap()
}

fn clear_times(value: &mut Value) {
    const TIMES: [&str; 8] = [
        "started",
        "seconds",
        "build_ms",
        "start_ms",
        "compile_ms",
        "execute_ms",
        "compile_us",
        "execute_us",
    ];
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                if TIMES.contains(&key.as_str()) {
                    *value = Value::Null;
                } else {
                    clear_times(value);
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(clear_times),
        _ => {}
    }
}
