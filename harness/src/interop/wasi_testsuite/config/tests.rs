//! What the JSON of a test says, in both forms, and what is refused.

use super::*;

fn read(text: &str) -> Result<Config, String> {
    parse(Path::new("x.json"), text).map_err(|e| e.to_string())
}

fn skip_reason(text: &str) -> String {
    read(text).unwrap().skip.unwrap()
}

fn operations(list: &str) -> String {
    format!(r#"{{"operations": [{list}]}}"#)
}

#[test]
fn nothing_said_expects_exit_status_0_and_looks_at_no_output() {
    assert_eq!(read("{}").unwrap(), Config::default());
    assert_eq!(
        read(&operations(r#"{"type": "run"}, {"type": "wait"}"#)).unwrap(),
        Config::default()
    );
}

#[test]
fn both_forms_say_the_same() {
    let older = r#"{"args": ["a", "b c"], "env": {"Z": "1", "A": "x=y"}, "root": "files",
                    "exit_code": 33, "stdout": "out", "stderr": "err"}"#;
    let newer = operations(
        r#"{"type": "run", "args": ["a", "b c"], "env": {"Z": "1", "A": "x=y"}, "root": "files"},
           {"type": "read", "payload": "o"}, {"type": "read", "id": "stderr", "payload": "err"},
           {"type": "read", "id": "stdout", "payload": "ut"}, {"type": "wait", "exit_code": 33}"#,
    );
    let config = read(older).unwrap();
    assert_eq!(config, read(&newer).unwrap());
    assert_eq!(config.env, [("Z".into(), "1".into()), ("A".into(), "x=y".into())]);
    assert_eq!(config.stdout.as_deref(), Some("out"));
}

#[test]
fn an_empty_expectation_is_an_expectation() {
    assert_eq!(read(r#"{"stdout": ""}"#).unwrap().stdout.as_deref(), Some(""));
    let newer = operations(r#"{"type": "run"}, {"type": "read"}, {"type": "wait"}"#);
    assert_eq!(read(&newer).unwrap().stdout.as_deref(), Some(""));
}

#[test]
fn stdin_is_what_is_written_before_anything_is_read() {
    let write = r#"{"type": "write", "id": "stdin", "payload": "x"}"#;
    let first = operations(&format!(
        r#"{{"type": "run"}}, {write}, {write}, {{"type": "read"}}, {{"type": "wait"}}"#
    ));
    assert_eq!(read(&first).unwrap().stdin, "xx");
    let later = operations(&format!(
        r#"{{"type": "run"}}, {{"type": "read"}}, {write}, {{"type": "wait"}}"#
    ));
    assert_eq!(skip_reason(&later), "it writes to the guest only after reading from it");
}

#[test]
fn what_cannot_be_done_is_skipped_with_the_reason() {
    let talk = operations(r#"{"type": "run"}, {"type": "connect", "id": "x"}, {"type": "wait"}"#);
    assert_eq!(skip_reason(&talk), "it needs the operation `connect`");
    let unknown = operations(r#"{"type": "run"}, {"type": "dance"}, {"type": "wait"}"#);
    assert_eq!(skip_reason(&unknown), "it needs the operation `dance`");
    let twice =
        operations(r#"{"type": "run"}, {"type": "wait"}, {"type": "run"}, {"type": "wait"}"#);
    assert_eq!(skip_reason(&twice), "it runs its guest more than once");
    assert_eq!(
        skip_reason(r#"{"world": "wasi:http/service"}"#),
        "it is for the world `wasi:http/service`: only commands are run"
    );
    assert_eq!(
        skip_reason(r#"{"proposals": ["sockets"]}"#),
        "it needs the proposal `sockets`, which preview 1 does not have"
    );
    assert_eq!(skip_reason(r#"{"servers": [{}]}"#), "it needs servers beside the guest");
    assert_eq!(read(r#"{"world": "wasi:cli/command", "proposals": []}"#).unwrap().skip, None);
}

#[test]
fn mistakes_name_their_line() {
    for (text, message) in [
        ("{\n\"arg\": []}", "x.json:2: unknown field `arg`"),
        ("{\n\"exit_code\": -1}", "x.json:2: invalid value: integer `-1`, expected u32"),
        ("{\n\"env\": {\n\"A\": 1}}", "x.json:3: invalid type: integer `1`, expected a string"),
        ("{\n\"env\": {\"A=\": \"\"}}", "x.json:2: `A=` cannot name a variable"),
        ("{\n\"env\": {\"A\": \"\",\n\"A\": \"\"}}", "x.json:3: `A` is given twice"),
        ("{\n\"args\": [],\n\"operations\": []}", "x.json:3: mixes the two forms"),
        ("{\n\"operations\": []}", "x.json:2: there is no `run` among the operations"),
        ("{\n\"operations\": [{}]}", "x.json:2: an operation has no `type`"),
        ("{\"operations\": [{\"type\": \"run\"}]}", "x.json:1: `run` without a `wait`"),
        ("{\"operations\": [{\"type\": \"wait\"}]}", "x.json:1: `wait` while no guest runs"),
        (
            "{\"operations\": [\n{\"type\": \"run\", \"arg\": []}]}",
            "x.json:2: operation `run`: unknown field `arg`",
        ),
        (
            "{\"operations\": [{\"type\": \"run\"}, {\"type\": \"read\", \"id\": \"x\"}]}",
            "x.json:1: `read` of `x`: only stdout and stderr",
        ),
        ("{\n\"root\": \"a\",\n\"dirs\": [\"b\"]}", "x.json:3: `root` and `dirs` exclude"),
        ("{\n", "x.json:2: EOF while parsing an object"),
    ] {
        let error = read(text).unwrap_err();
        assert!(error.starts_with(message), "{text}\n{error}");
    }
}
