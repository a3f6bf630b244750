//! The loop from the hello to the end of the requests.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;

use runner_kit::protocol::{PROTOCOL_VERSION, Reply};
use runner_kit::{Capability, Globals, Outcome, WasiVersion};

use crate::runner::{Runner, open_reader, program};

#[test]
fn the_hello_describes_the_runtime_and_its_missing_capabilities() {
    let hello = Runner::start().reply().unwrap();
    let Reply::Hello { protocol, runtime, version, details, missing_capabilities, wasi_versions } =
        hello
    else {
        panic!("{hello:?}");
    };
    assert_eq!(protocol, PROTOCOL_VERSION);
    assert_eq!((runtime.as_str(), version.as_str()), ("words", "1.2.3"));
    assert_eq!(details, "for tests");
    assert_eq!(missing_capabilities[0].capability, Capability::Symlinks);
    assert_eq!(wasi_versions, [WasiVersion::Preview1]);
}

#[test]
fn each_request_is_answered_with_started_and_done() {
    let mut runner = Runner::greeted();
    for _ in 0..3 {
        let request = runner.request_for("leave");
        let _streams = [1, 2].map(|stream| open_reader(&request.stdio[stream]));
        let id = runner.send_request(&request);
        fs::write(&request.stdio[0], "").unwrap();
        assert!(matches!(runner.reply(), Some(Reply::Started { id: started }) if started == id));
        let Some(Reply::Done { id: done, outcome, .. }) = runner.reply() else { panic!() };
        assert_eq!((done, outcome), (id, Outcome::Exit { code: 0 }));
    }
}

#[test]
fn the_guest_gets_its_arguments_and_environment() {
    let mut runner = Runner::greeted();
    let mut request = runner.request_for("print_args");
    request.args.push("a b".into());
    request.env.push(("A".into(), "b=c".into()));
    let ran = runner.run_request(&request, "");
    assert_eq!(ran.stdout, r#"["print_args.wasm", "a b"] [("A", "b=c")]"#);
}

#[test]
fn globals_come_back_as_the_guest_left_them() {
    let mut runner = Runner::greeted();
    let mut request = runner.request_for("double_globals");
    request.globals = Globals::from([("a".to_owned(), 4), ("b".to_owned(), -1)]);
    let ran = runner.run_request(&request, "");
    assert_eq!(ran.globals, Globals::from([("a".to_owned(), 8), ("b".to_owned(), -2)]));
}

#[test]
fn a_trap_and_an_error_are_outcomes_and_the_runner_goes_on() {
    let mut runner = Runner::greeted();
    assert_eq!(runner.run("trap").outcome, Outcome::Trap { message: "unreachable".into() });
    assert_eq!(runner.run("error").outcome, Outcome::Error { message: "no memory left".into() });
    assert_eq!(runner.run("leave").outcome, Outcome::Exit { code: 0 });
}

#[test]
fn a_refused_module_is_unsupported_and_never_started() {
    let mut runner = Runner::greeted();
    let request = runner.request_for("refused");
    runner.send_request(&request);
    let Some(Reply::Done { outcome, execute_us, .. }) = runner.reply() else { panic!() };
    let reason = "unknown import: wasi:nothing".to_owned();
    assert_eq!(outcome, Outcome::Unsupported { reason });
    assert_eq!(execute_us, 0);
    assert_eq!(runner.run("leave").outcome, Outcome::Exit { code: 0 });
}

#[test]
fn a_missing_module_is_an_error_that_names_the_file() {
    let mut runner = Runner::greeted();
    let request = runner.request_for("leave");
    fs::remove_file(&request.wasm).unwrap();
    runner.send_request(&request);
    let Some(Reply::Done { outcome: Outcome::Error { message }, .. }) = runner.reply() else {
        panic!();
    };
    assert!(message.starts_with(&format!("{}: No such file", request.wasm.display())), "{message}");
}

#[test]
fn a_module_is_compiled_once_in_a_process() {
    let mut runner = Runner::greeted();
    for _ in 0..3 {
        assert_eq!(runner.run("count_compilations").outcome, Outcome::Exit { code: 1 });
    }
    runner.run("leave");
    assert_eq!(runner.run("count_compilations").outcome, Outcome::Exit { code: 2 });
}

#[test]
fn a_module_compiled_by_an_earlier_process_is_loaded_from_the_cache() {
    let mut first = Runner::greeted();
    assert_eq!(first.run("count_compilations").outcome, Outcome::Exit { code: 1 });
    let cached = first.path("words-1.2.3-sha-of-count_compilations");
    assert!(cached.is_file());
    let mut second = Runner::greeted();
    let mut request = second.request_for("count_compilations");
    request.cache = cached.parent().unwrap().to_owned();
    assert_eq!(second.run_request(&request, "").outcome, Outcome::Exit { code: 0 });
}

#[test]
fn an_outdated_cached_module_is_compiled_again() {
    let mut runner = Runner::greeted();
    let cached = runner.path("words-1.2.3-sha-of-count_compilations");
    fs::write(&cached, "made by another version").unwrap();
    assert_eq!(runner.run("count_compilations").outcome, Outcome::Exit { code: 1 });
    assert_eq!(fs::read_to_string(cached).unwrap(), "compiled:count_compilations");
}

#[test]
fn an_unwritable_cache_changes_no_outcome() {
    let mut runner = Runner::greeted();
    let mut request = runner.request_for("leave");
    request.cache = runner.path("missing");
    assert_eq!(runner.run_request(&request, "").outcome, Outcome::Exit { code: 0 });
}

#[test]
fn a_malformed_request_ends_the_runner_with_the_request_in_its_message() {
    for (line, why) in [
        ("}{", "not a request: }{"),
        (r#"{"id":1}"#, "missing field `run`"),
        (r#"{"id":1,"more":2}"#, "unknown field `more`"),
    ] {
        let mut runner = Runner::greeted();
        runner.send(line);
        assert!(runner.reply().is_none());
        let (status, said) = runner.end();
        assert_eq!(status.code(), Some(1));
        assert!(said.contains(why), "{said}");
    }
}

#[test]
fn a_panic_ends_the_runner_with_its_message_and_without_a_verdict() {
    let mut runner = Runner::greeted();
    let request = runner.request_for("panic");
    let _streams = [1, 2].map(|stream| open_reader(&request.stdio[stream]));
    let id = runner.send_request(&request);
    fs::write(&request.stdio[0], "").unwrap();
    assert!(matches!(runner.reply(), Some(Reply::Started { id: started }) if started == id));
    let Some(Reply::Panicked { message }) = runner.reply() else { panic!("no message") };
    assert!(message.contains("test_runner.rs:"), "{message}");
    assert!(runner.reply().is_none());
    let (status, _) = runner.end();
    assert_eq!((status.code(), status.signal()), (Some(101), None));
}

#[test]
fn the_end_of_the_requests_is_a_normal_end() {
    let mut runner = Runner::greeted();
    runner.hang_up();
    assert!(runner.reply().is_none());
    let (status, said) = runner.end();
    assert_eq!((status.code(), said.as_str()), (Some(0), ""));
}

#[test]
fn a_runner_started_by_hand_says_who_starts_it() {
    let output = program().stdin(Stdio::null()).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("this program is started by wasi-conformance, not by hand"), "{said}");
}
