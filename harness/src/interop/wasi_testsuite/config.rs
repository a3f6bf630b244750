//! The JSON beside a test's `.wasm`, which says how to run it and what must come out. The older form has
//! keys for both; the newer form is a list of operations.

use std::fmt;
use std::path::Path;

use serde::de::{self, Deserialize, DeserializeOwned, Deserializer, MapAccess, Visitor};
use serde_json::{Map, Value};

use crate::support::diagnostics::Problem;

const HELP: &str = "docs/reference/wasi-testsuite.md describes every key";
const COMMAND: &str = "wasi:cli/command";

/// What both forms express.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Config {
    pub args: Vec<String>,
    pub env: Vec<(String, String)>,
    /// The directory given as `/`.
    pub root: Option<String>,
    /// Directories given by their own names.
    pub dirs: Vec<String>,
    pub stdin: String,
    pub exit_code: u32,
    pub stdout: Option<String>,
    pub stderr: Option<String>,
    /// Why the test cannot run here.
    pub skip: Option<String>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct WireConfig {
    args: Option<Vec<String>>,
    env: Option<WireEnv>,
    root: Option<String>,
    dirs: Option<Vec<String>>,
    exit_code: Option<u32>,
    stdout: Option<String>,
    stderr: Option<String>,
    operations: Option<Vec<WireOperation>>,
    proposals: Option<Vec<String>>,
    world: Option<String>,
    servers: Option<Vec<Value>>,
    /// How loudly the official runner logs.
    #[serde(rename = "debug")]
    _debug: Option<bool>,
}

enum WireOperation {
    Run(WireRun),
    Wait(WireWait),
    Read(WirePayload),
    Write(WirePayload),
    /// One that needs a partner, by its name. There is none here.
    Other(String),
}

#[derive(Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct WireRun {
    args: Option<Vec<String>>,
    env: Option<WireEnv>,
    root: Option<String>,
    dirs: Option<Vec<String>>,
}

#[derive(Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct WireWait {
    exit_code: Option<u32>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct WirePayload {
    id: Option<String>,
    payload: Option<String>,
}

/// In the order of the file: a guest can see the order of its environment.
struct WireEnv(Vec<(String, String)>);

/// Parses a JSON file's text, with the parser's position in the error.
pub fn parse_json<T: DeserializeOwned>(path: &Path, text: &str) -> Result<T, Problem> {
    serde_json::from_str(text).map_err(|e| {
        let what = e.to_string();
        // The problem has the position already.
        let what = what.rsplit_once(" at line ").map_or(what.as_str(), |(what, _)| what);
        Problem::new(path, (e.line() > 0).then(|| e.line()), what, HELP)
    })
}

/// The first line of a JSON text with a key, for mistakes that are found only after parsing, when the
/// parser's positions are gone.
pub fn line_of(text: &str, key: &str) -> Option<usize> {
    let quoted = format!("\"{key}\"");
    text.lines().position(|line| line.contains(&quoted)).map(|i| i + 1)
}

/// Reads the text of a test's JSON file.
pub fn parse(path: &Path, text: &str) -> Result<Config, Problem> {
    let wire: WireConfig = parse_json(path, text)?;
    let wrong = |key: &str, what: String| Problem::new(path, line_of(text, key), what, HELP);
    let older = wire.args.is_some()
        || wire.env.is_some()
        || wire.root.is_some()
        || wire.dirs.is_some()
        || wire.exit_code.is_some()
        || wire.stdout.is_some()
        || wire.stderr.is_some();
    let newer = wire.operations.is_some()
        || wire.proposals.is_some()
        || wire.world.is_some()
        || wire.servers.is_some();
    if older && newer {
        return Err(wrong(
            "operations",
            "mixes the two forms: everything belongs into `operations`".into(),
        ));
    }
    let needs = beyond_us(&wire);
    let mut config = match wire.operations {
        Some(operations) => follow(operations).map_err(|what| wrong("operations", what))?,
        None => Config {
            exit_code: wire.exit_code.unwrap_or(0),
            stdout: wire.stdout,
            stderr: wire.stderr,
            ..given(WireRun { args: wire.args, env: wire.env, root: wire.root, dirs: wire.dirs })
        },
    };
    config.skip = needs.or(config.skip);
    if config.root.is_some() && !config.dirs.is_empty() {
        return Err(wrong("dirs", "`root` and `dirs` exclude each other".into()));
    }
    Ok(config)
}

fn beyond_us(wire: &WireConfig) -> Option<String> {
    if let Some(world) = wire.world.as_ref().filter(|world| *world != COMMAND) {
        return Some(format!("it is for the world `{world}`: only commands are run"));
    }
    if let Some(proposal) = wire.proposals.iter().flatten().next() {
        return Some(format!("it needs the proposal `{proposal}`, which preview 1 does not have"));
    }
    let servers = wire.servers.as_ref().filter(|servers| !servers.is_empty());
    servers.map(|_| "it needs servers beside the guest".into())
}

fn given(run: WireRun) -> Config {
    Config {
        args: run.args.unwrap_or_default(),
        env: run.env.map(|env| env.0).unwrap_or_default(),
        root: run.root,
        dirs: run.dirs.unwrap_or_default(),
        ..Config::default()
    }
}

/// Turns a list of operations into what the test is given at the start and what is expected at the end. The
/// error says why the list has no meaning.
fn follow(operations: Vec<WireOperation>) -> Result<Config, String> {
    #[derive(PartialEq)]
    enum Guest {
        NotStarted,
        Running,
        Ended,
    }
    let mut guest = Guest::NotStarted;
    let mut config = Config::default();
    for operation in operations {
        match operation {
            WireOperation::Run(run) if guest == Guest::NotStarted => {
                config = given(run);
                guest = Guest::Running;
            }
            WireOperation::Run(_) if guest == Guest::Ended => {
                return Ok(skipped(config, "it runs its guest more than once".into()));
            }
            WireOperation::Run(_) => return Err("`run` while the guest still runs".into()),
            operation if guest != Guest::Running => {
                return Err(format!("`{}` while no guest runs", operation.name()));
            }
            WireOperation::Wait(wait) => {
                config.exit_code = wait.exit_code.unwrap_or(0);
                guest = Guest::Ended;
            }
            WireOperation::Read(read) => expect_output(&mut config, read)?,
            WireOperation::Write(write) => config = give_input(config, write)?,
            WireOperation::Other(name) => {
                config = skipped(config, format!("it needs the operation `{name}`"));
            }
        }
    }
    match guest {
        Guest::Ended => Ok(config),
        Guest::Running => Err("`run` without a `wait`".into()),
        Guest::NotStarted => Err("there is no `run` among the operations".into()),
    }
}

/// Adds a reason to skip a test, unless there is one already.
fn skipped(config: Config, reason: String) -> Config {
    Config { skip: config.skip.or(Some(reason)), ..config }
}

/// Reads follow each other, so together they are the whole stream.
fn expect_output(config: &mut Config, read: WirePayload) -> Result<(), String> {
    let stream = match read.id.as_deref().unwrap_or("stdout") {
        "stdout" => &mut config.stdout,
        "stderr" => &mut config.stderr,
        other => return Err(format!("`read` of `{other}`: only stdout and stderr can be read")),
    };
    stream.get_or_insert_default().push_str(&read.payload.unwrap_or_default());
    Ok(())
}

fn give_input(mut config: Config, write: WirePayload) -> Result<Config, String> {
    let to = write.id.as_deref().unwrap_or_default();
    if to != "stdin" {
        return Err(format!("`write` to `{to}`: only stdin can be written to"));
    }
    if config.stdout.is_some() || config.stderr.is_some() {
        // The guest gets its whole stdin at once, so such a test would prove nothing.
        return Ok(skipped(config, "it writes to the guest only after reading from it".into()));
    }
    config.stdin.push_str(&write.payload.unwrap_or_default());
    Ok(config)
}

impl WireOperation {
    fn name(&self) -> &str {
        match self {
            WireOperation::Run(_) => "run",
            WireOperation::Wait(_) => "wait",
            WireOperation::Read(_) => "read",
            WireOperation::Write(_) => "write",
            WireOperation::Other(name) => name,
        }
    }
}

/// Written by hand, because serde's tagged enums refuse an unknown tag, or lose it.
impl<'de> Deserialize<'de> for WireOperation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut map = Map::deserialize(deserializer)?;
        let Some(Value::String(name)) = map.remove("type") else {
            return Err(de::Error::custom("an operation has no `type`"));
        };
        let rest = Value::Object(map);
        let operation = match name.as_str() {
            "run" => serde_json::from_value(rest).map(WireOperation::Run),
            "wait" => serde_json::from_value(rest).map(WireOperation::Wait),
            "read" => serde_json::from_value(rest).map(WireOperation::Read),
            "write" => serde_json::from_value(rest).map(WireOperation::Write),
            _ => Ok(WireOperation::Other(name.clone())),
        };
        operation.map_err(|e| de::Error::custom(format!("operation `{name}`: {e}")))
    }
}

impl<'de> Deserialize<'de> for WireEnv {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct EnvVisitor;
        impl<'de> Visitor<'de> for EnvVisitor {
            type Value = WireEnv;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a map from names to values")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<WireEnv, A::Error> {
                let mut env: Vec<(String, String)> = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, String>()? {
                    if name.is_empty() || name.contains('=') {
                        return Err(de::Error::custom(format!("`{name}` cannot name a variable")));
                    }
                    if env.iter().any(|(earlier, _)| *earlier == name) {
                        return Err(de::Error::custom(format!("`{name}` is given twice")));
                    }
                    env.push((name, value));
                }
                Ok(WireEnv(env))
            }
        }
        deserializer.deserialize_map(EnvVisitor)
    }
}

#[cfg(test)]
mod tests;
