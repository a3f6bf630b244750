//! Mistakes in arguments: options, names, filters and paths.

use std::fs;

use super::assert_refused;
use crate::support::Checkout;

/// The exit status of a command and what it says.
fn refusal(checkout: &Checkout, args: &[&str]) -> (Option<i32>, String) {
    let output = checkout.output(args);
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn missing_directories_are_refused() {
    let checkout = Checkout::new();
    let todo = "    check the path and its permissions";
    for flag in ["--expectations", "--guests"] {
        for (directory, problem) in [
            ("gone", "No such file or directory (os error 2)"),
            ("guests/prebuilt/fake.wasm", "Not a directory (os error 20)"),
        ] {
            let message = format!("$ROOT/{directory}: cannot be read: {problem}\n{todo}");
            assert_refused(&checkout, &["check", flag, directory], &message);
        }
    }
    assert_refused(
        &checkout,
        &["run", "--out", "guests/prebuilt/fake.wasm/x"],
        "results cannot be written to guests/prebuilt/fake.wasm/x (--out moves them): \
         Not a directory (os error 20)",
    );
}

#[test]
fn unknown_names_and_bad_filters_are_refused() {
    let checkout = Checkout::new();
    for command in ["run", "list"] {
        assert_refused(
            &checkout,
            &[command, "--filter", "fine_not"],
            "--filter fine_not: no case matches; see `wasi-conformance list`",
        );
        // The cases of this checkout rest on WASI.
        assert_refused(
            &checkout,
            &[command, "--basis", "posix", "--basis", "practice"],
            "--basis posix --basis practice: no case matches; see `wasi-conformance list`",
        );
    }
    assert_refused(
        &checkout,
        &["run", "--filter", "["],
        "--filter `[` is not a glob: error parsing glob '[': unclosed character class; \
         missing ']'",
    );
    assert_refused(
        &checkout,
        &["run", "--runtime", "nod"],
        "--runtime nod: there is no such runtime: known are node, and all",
    );
    let message = "--filter '' is empty: write a part of an id, or leave the option out";
    for command in ["run", "list", "export", "bless"] {
        let place: &[&str] = if command == "export" { &["out"] } else { &[] };
        assert_refused(&checkout, &[&[command, "--filter", ""], place].concat(), message);
    }
    assert_refused(
        &checkout,
        &["explain", "a::fin"],
        "no case is called `a::fin`; did you mean a::fine?",
    );
    assert_refused(
        &checkout,
        &["explain", "x"],
        "no case is called `x`; see `wasi-conformance list`",
    );
    assert_refused(
        &checkout,
        &["explain", "nod::a::fine"],
        "there is no runtime `nod`: known are node",
    );
}

#[test]
fn bad_option_values_are_refused() {
    let checkout = Checkout::new();
    let more = "\n\nFor more information, try '--help'.";
    assert_refused(
        &checkout,
        &["run", "--frob"],
        &format!(
            "unexpected argument '--frob' found\n\nUsage: wasi-conformance run [OPTIONS]{more}"
        ),
    );
    for (shard, what) in [
        ("0/3", "shards are counted from 1: the first is 1/3"),
        ("4/3", "there is no shard 4 of 3: the last is 3/3"),
        ("x", "write it as I/N, from 1/N to N/N, with N from 1 to 9999"),
    ] {
        assert_refused(
            &checkout,
            &["run", &format!("--shard={shard}")],
            &format!("invalid value '{shard}' for '--shard <I/N>': {what}{more}"),
        );
    }
    for timeout in ["0", "-1", "nan", "soon"] {
        assert_refused(
            &checkout,
            &["run", &format!("--timeout={timeout}")],
            &format!(
                "invalid value '{timeout}' for '--timeout <SECONDS>': \
                 it must be greater than 0 and at most 86400 (seconds){more}"
            ),
        );
    }
    assert_refused(
        &checkout,
        &["run", "--jobs=0"],
        &format!("invalid value '0' for '--jobs <N>': 0 is not in 1..=1024{more}"),
    );
}

#[test]
fn bad_run_files_are_refused() {
    let checkout = Checkout::new();
    let explain = ["explain", "a::fine", "--run", "run.json"];
    assert_refused(
        &checkout,
        &explain,
        "run.json: cannot be read: run `wasi-conformance run` first: \
         No such file or directory (os error 2)",
    );
    let todo = "make a new one with `wasi-conformance run`";
    for (text, message) in [
        ("{", format!("not a run file: {todo}: EOF while parsing an object at line 1 column 1")),
        ("{}", format!("not a run file: {todo}: missing field `format` at line 1 column 2")),
        ("{\"format\": 99}", format!("run format 99 (this program reads 6): {todo}")),
        (
            "{\"format\": 6}",
            format!("not a run file: {todo}: missing field `tool` at line 1 column 13"),
        ),
    ] {
        checkout.write("run.json", text);
        assert_refused(&checkout, &explain, &format!("run.json: {message}"));
    }
    assert_refused(
        &checkout,
        &["bless"],
        "$ROOT/target/wasi-conformance/run.json: cannot be read: \
         run `wasi-conformance run` first: No such file or directory (os error 2)",
    );
}

#[test]
fn report_and_compare_refuse_bad_input() {
    let checkout = Checkout::new();
    checkout.write("directory/x", "");
    for command in [&["report", "directory"][..], &["snapshot", "directory"]] {
        let message = "directory: cannot be read: name a run file: Is a directory (os error 21)";
        assert_refused(&checkout, command, message);
    }
    // Nobody writes to this pipe.
    nix::unistd::mkfifo(&checkout.path("pipe"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    for command in [&["report", "pipe"][..], &["compare", "pipe", "pipe"], &["merge", "pipe"]] {
        let (status, said) = refusal(&checkout, command);
        assert_eq!(status, Some(2), "{said}");
        assert!(said.contains("pipe: cannot be read"), "{said}");
        assert!(said.contains("it is a pipe or a device, not a file"), "{said}");
    }
    fs::create_dir_all(checkout.path("expectations/snapshots")).unwrap();
    fs::rename(checkout.path("pipe"), checkout.path("expectations/snapshots/x.json")).unwrap();
    let (status, said) = refusal(&checkout, &["check"]);
    assert_eq!(status, Some(2), "{said}");
    assert!(said.contains("x.json: cannot be read: it is a pipe"), "{said}");
    fs::remove_file(checkout.path("expectations/snapshots/x.json")).unwrap();
    std::os::unix::fs::symlink("nothing", checkout.path("expectations/z.yaml")).unwrap();
    let (status, said) = refusal(&checkout, &["check"]);
    assert_eq!(status, Some(2), "a dangling link is passed over: {said}");
    fs::remove_file(checkout.path("expectations/z.yaml")).unwrap();
    checkout.write("run.json", "{\"format\": 5, \"tool\"");
    let todo = "make a new one with `wasi-conformance run`";
    assert_refused(
        &checkout,
        &["report", "run.json"],
        &format!(
            "run.json: not a run file: {todo}: EOF while parsing an object at line 1 column 20"
        ),
    );
    assert_refused(
        &checkout,
        &["compare", "gone.json", "run.json"],
        "gone.json: there is no such file: name a run file, a snapshot, or a runtime as NAME@VERSION",
    );
    assert_refused(
        &checkout,
        &["compare", "directory", "run.json"],
        "directory: it has no snapshots: write some with `wasi-conformance snapshot`",
    );
}

#[test]
fn bad_report_destinations_are_refused() {
    let checkout = Checkout::with_fake("correct");
    // Two runs that differ in how they ran: their times may be the same to the millisecond.
    checkout.output(&["run", "-r", "node", "-j1"]);
    checkout.write("directory/x", "");
    assert_refused(
        &checkout,
        &["report", "--out", "directory"],
        "--out directory: it is a directory: name a file",
    );
    assert_refused(
        &checkout,
        &["report", "--format", "badge"],
        "this format makes several files: name a directory for them with --out",
    );
    assert_refused(
        &checkout,
        &["report", "--format", "badge", "--out", "directory/x"],
        "create the directory directory/x: File exists (os error 17)",
    );
    let run = "target/wasi-conformance/run.json";
    checkout.fake("contrary");
    checkout.output(&["run", "-r", "node", "-j2", "--out", "other"]);
    assert_refused(
        &checkout,
        &["report", run, "other/run.json"],
        &format!(
            "{run} and other/run.json: node::a::fine is pass in one and fail in the other: \
             name only one of them, or find out why"
        ),
    );
    assert_refused(
        &checkout,
        &["snapshot", run, run],
        &format!("{run}: node 1.2.3 was named twice: name only one of its runs"),
    );
    checkout.output(&["run", "-r", "node", "-f", "fine", "--out", "part"]);
    assert_refused(
        &checkout,
        &["snapshot", "part/run.json"],
        "part/run.json: it has only some of the cases (--filter or --shard): run all cases, or \
         merge the shards",
    );
    assert_refused(
        &checkout,
        &["report", "--baseline", "part/run.json"],
        "--baseline goes with --format html or comment; `wasi-conformance compare` has others",
    );
    let run = checkout.run_file();
    wasi_conformance::results::run_file::Run { complete: false, ..run }
        .write(&checkout.path("cut.json"))
        .unwrap();
    assert_refused(
        &checkout,
        &["snapshot", "cut.json"],
        "cut.json: the run was interrupted: make a complete one",
    );
}
