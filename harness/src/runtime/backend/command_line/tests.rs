//! How an entry becomes a command, and the end of the command an outcome.

use std::os::unix::ffi::OsStringExt;

use super::*;

fn entry(more: &str) -> CommandEntry {
    let text = format!(
        r#"
        name: x
        kind: command
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
    let directory = tempfile::tempdir().unwrap();
    let (version, details) = (String::new(), String::new());
    let home = tempfile::tempdir().unwrap();
    let containment = Containment::off();
    CommandLine { entry: entry(more), launcher, directory, home, containment, version, details }
}

#[test]
fn a_request_becomes_arguments() {
    // A path need not be UTF-8.
    let host = OsString::from_vec(b"/tmp/\xff".to_vec());
    let of_host = |before: &str| OsString::from_vec([before.as_bytes(), b"/tmp/\xff"].concat());
    let preopen = |guest: &str, read_only| Preopen {
        host: host.clone().into(),
        guest: guest.into(),
        read_only,
    };
    let request = RunRequest {
        wasm: "/g.wasm".into(),
        sha256: String::new(),
        args: vec!["g.wasm".into(), "{dirs}".into(), String::new()],
        env: vec![("A".into(), "b=c".into())],
        preopens: vec![preopen("/", false), preopen("x", true)],
        stdio: Default::default(),
        socket: None,
        cache: Default::default(),
        globals: Default::default(),
    };
    let with = "read_only_dir: ['--ro={host}']";
    let words = ["loader", "/bin/x", "run", "--dir"].map(OsString::from);
    let of_hosts = [of_host("/="), of_host("--ro=")];
    let rest = ["-eA=b=c", "--file=/g.wasm", "{dirs}", ""].map(OsString::from);
    assert_eq!(command(with).command_for(&request), [&words[..], &of_hosts, &rest].concat());
}

#[test]
fn an_ending_is_recognized_by_status_and_stderr() {
    let command = command("refusal: { status: 1, stderr: malformed }");
    let outcome = |status, how: &str, stderr: &str| {
        let mut output = [vec![], stderr.as_bytes().to_vec()];
        let [stdout, stderr] = &mut output;
        command.outcome((status, how.to_owned()), [stdout, stderr])
    };
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
fn output_of_the_command_itself_is_removed() {
    let mut command = command("");
    let mut end = |ending: &str, stdout: &str, stderr: &str| {
        command.entry.trap = serde_yaml::from_str(ending).unwrap();
        let mut output = [stdout.as_bytes().to_vec(), stderr.as_bytes().to_vec()];
        let [out, err] = &mut output;
        let outcome = command.outcome((1, "exited with 1".into()), [out, err]);
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        (outcome, text(&output[0]), text(&output[1]))
    };
    let trap = |message: &str| Outcome::Trap { message: message.into() };
    let as_it_was = |stdout: &str, stderr: &str| {
        (Outcome::Exit { code: 1 }, stdout.to_owned(), stderr.to_owned())
    };
    let ending = r"{ status: 1, stderr: '(?s)^fatal: .*(wasm error: [^\n]*).*' }";
    assert_eq!(
        end(ending, "a\n", "fatal: module: wasm error: unreachable\nstack:\n  f\n"),
        (trap("wasm error: unreachable"), "a\n".into(), String::new())
    );
    assert_eq!(end(ending, "a\n", "b\n"), as_it_was("a\n", "b\n"));
    // The line before the match is the guest's, although the pattern begins with its newline.
    let ending = r"{ status: 1, stderr: '(?s)(?:^|\n)fatal: ([^\n]*).*' }";
    assert_eq!(
        end(ending, "", "b\nfatal: unreachable\nstack\n"),
        (trap("unreachable"), String::new(), "b\n".into())
    );
    // Only the lines that a pattern matches are removed.
    let ending = "{ status: 1, stdout: 'Exception: ' }";
    assert_eq!(
        end(ending, "a\nException: unreachable\nb", "c"),
        (trap("b"), "a\nb".into(), "c".into())
    );
    let both = "{ status: 1, stdout: 'Exception: (.*)', stderr: trap }";
    assert_eq!(end(both, "a\nException: x", "trap"), (trap("trap"), "a\n".into(), String::new()));
    assert_eq!(end(both, "Exception: x", "c"), as_it_was("Exception: x", "c"));
}
