//! How an entry becomes a command, and the command's end an outcome.

use super::*;

#[test]
fn values_are_filled_in_once() {
    let values = [("host", "/tmp/{guest}"), ("guest", "/data")];
    assert_eq!(fill_in("{guest}:{host}:{x}", &values), "/data:/tmp/{guest}:{x}");
}

fn entry(more: &str) -> Entry {
    let text = format!(
        r#"
        name: x
        binary: x
        version: {{ args: [], pattern: '(.*)' }}
        run: [run, "{{dirs}}", "{{env}}", "--file={{wasm}}", "{{args}}"]
        dir: [--dir, "{{guest}}={{host}}"]
        env: ["-e{{name}}={{value}}"]
        trap: {{ status: 134, stderr: ^trap }}
        {more}"#
    );
    serde_yaml::from_str(&text).unwrap()
}

fn command(more: &str) -> CommandLine {
    let launcher = vec!["loader".into(), "/bin/x".into()];
    CommandLine { entry: entry(more), launcher, version: String::new() }
}

#[test]
fn a_launch_becomes_arguments() {
    let preopen = |host: &str, guest: &str, read_only| Preopen {
        host: host.into(),
        guest: guest.into(),
        read_only,
    };
    let launch = Launch {
        wasm: "/g.wasm".into(),
        sha256: String::new(),
        args: vec!["g.wasm".into(), "{dirs}".into(), String::new()],
        env: vec![("A".into(), "b=c".into())],
        preopens: vec![preopen("/tmp/a", "/", false), preopen("/tmp/b", "x", true)],
        stdio: Default::default(),
        socket: None,
        cache: PathBuf::new(),
        globals: Default::default(),
    };
    let with = "read_only_dir: ['--ro={host}']";
    let words = ["loader", "/bin/x", "run", "--dir", "/=/tmp/a", "--ro=/tmp/b", "-eA=b=c"];
    let rest = ["--file=/g.wasm", "{dirs}", ""];
    assert_eq!(command(with).command_for(&launch), [&words[..], &rest[..]].concat());
}

#[test]
fn an_ending_is_told_by_status_and_stderr() {
    let command = command("refusal: { status: 1, stderr: malformed }");
    let outcome =
        |status, how: &str, stderr: &str| command.outcome((status, how.to_owned()), stderr);
    let killed = "killed by SIGABRT";
    let trap = |message: &str| Outcome::Trap { message: message.into() };
    assert_eq!(outcome(134, killed, "trap: x\n"), trap("trap: x"));
    assert_eq!(outcome(134, "exited with 134", "trap: x\n"), trap("trap: x"));
    assert_eq!(outcome(134, killed, "oh\n"), Outcome::Crash { how: killed.into() });
    assert_eq!(outcome(134, "exited with 134", "oh"), Outcome::Exit { code: 134 });
    assert_eq!(outcome(1, "exited with 1", "trap"), Outcome::Exit { code: 1 });
    let reason = "it is malformed".to_owned();
    assert_eq!(outcome(1, "exited with 1", &reason), Outcome::Unsupported { reason });
}

#[test]
fn a_plain_name_is_looked_up_on_path() {
    assert!(find_binary("sh").is_some());
    assert!(find_binary("/bin/sh").is_some());
    assert!(find_binary("no-such-command-here").is_none());
}
