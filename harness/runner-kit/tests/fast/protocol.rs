//! The text of each message: one line of JSON, on which every implementation of the protocol relies,
//! in any language.

use std::fmt::Debug;
use std::path::PathBuf;

use runner_kit::protocol::{Reply, Request};
use runner_kit::{
    Capability, Globals, MissingCapability, Outcome, Preopen, RunRequest, Socket, WasiVersion,
};
use serde::{Serialize, de::DeserializeOwned};

const REQUEST: &str = r#"{"id":7,"run":{"wasm":"/g.wasm","sha256":"ab","args":["g.wasm","a b"],"env":[["A","b=c"]],"preopens":[{"host":"/tmp/x","guest":"/data","read_only":true}],"stdio":["/0","/1","/2"],"cache":"/cache"}}"#;
const HELLO: &str = r#"{"event":"hello","protocol":1,"runtime":"r","version":"1.0","details":"","missing_capabilities":[{"capability":"named_preopens","reason":"why"}]}"#;
const STARTED: &str = r#"{"event":"started","id":7}"#;
const DONE: &str =
    r#"{"event":"done","id":7,"outcome":{"kind":"exit","code":3},"compile_us":1,"execute_us":2}"#;

fn run_request() -> RunRequest {
    RunRequest {
        wasm: "/g.wasm".into(),
        sha256: "ab".into(),
        args: vec!["g.wasm".into(), "a b".into()],
        env: vec![("A".into(), "b=c".into())],
        preopens: vec![Preopen { host: "/tmp/x".into(), guest: "/data".into(), read_only: true }],
        stdio: ["/0", "/1", "/2"].map(PathBuf::from),
        socket: None,
        cache: "/cache".into(),
        globals: Globals::new(),
    }
}

fn done(outcome: Outcome) -> Reply {
    Reply::Done { id: 7, outcome, compile_us: 1, execute_us: 2, globals: Globals::new() }
}

/// A message has this text, and the text gives the message.
#[track_caller]
fn assert_round_trip<T: Serialize + DeserializeOwned + Debug>(message: &T, text: &str) {
    assert_eq!(serde_json::to_string(message).unwrap(), text);
    let read: T = serde_json::from_str(text).unwrap();
    assert_eq!(format!("{read:?}"), format!("{message:?}"));
}

#[track_caller]
fn assert_refused<T: DeserializeOwned + Debug>(text: &str, why: &str) {
    let error = serde_json::from_str::<T>(text).unwrap_err().to_string();
    assert!(error.contains(why), "{error}");
}

#[test]
fn a_request_is_one_line_of_json() {
    assert_round_trip(&Request { id: 7, run: run_request() }, REQUEST);
}

#[test]
fn socket_and_globals_are_written_only_if_a_case_has_them() {
    let globals = Globals::from([("mode".to_owned(), 2)]);
    let request = RunRequest { socket: Some(Socket::Listening), globals, ..run_request() };
    let with_both = REQUEST
        .replace(r#""cache":"#, r#""socket":"listening","cache":"#)
        .replace(r#""/cache""#, r#""/cache","globals":{"mode":2}"#);
    assert_round_trip(&Request { id: 7, run: request }, &with_both);
}

#[test]
fn each_reply_is_one_line_of_json() {
    let missing_capabilities =
        vec![MissingCapability { capability: Capability::NamedPreopens, reason: "why".into() }];
    let hello = |wasi_versions| Reply::Hello {
        protocol: 1,
        runtime: "r".into(),
        version: "1.0".into(),
        details: String::new(),
        missing_capabilities: missing_capabilities.clone(),
        wasi_versions,
    };
    assert_round_trip(&hello(vec![WasiVersion::Preview1]), HELLO);
    let both = HELLO.replace("}]}", r#"}],"wasi_versions":["preview1","preview2"]}"#);
    assert_round_trip(&hello(vec![WasiVersion::Preview1, WasiVersion::Preview2]), &both);
    assert_round_trip(&Reply::Started { id: 7 }, STARTED);
    assert_round_trip(&done(Outcome::Exit { code: 3 }), DONE);
}

#[test]
fn each_outcome_has_its_kind() {
    for (outcome, text) in [
        (Outcome::Exit { code: u32::MAX }, r#"{"kind":"exit","code":4294967295}"#),
        (Outcome::Trap { message: "m".into() }, r#"{"kind":"trap","message":"m"}"#),
        (Outcome::Unsupported { reason: "r".into() }, r#"{"kind":"unsupported","reason":"r"}"#),
        (Outcome::Timeout, r#"{"kind":"timeout"}"#),
        (Outcome::Crash { how: "h".into() }, r#"{"kind":"crash","how":"h"}"#),
        (Outcome::OutputLimit, r#"{"kind":"output_limit"}"#),
        (Outcome::Error { message: "m".into() }, r#"{"kind":"error","message":"m"}"#),
    ] {
        assert_round_trip(&outcome, text);
    }
}

#[test]
fn a_line_break_in_a_text_does_not_end_the_message() {
    let line = serde_json::to_string(&done(Outcome::Trap { message: "a\nb".into() })).unwrap();
    assert!(!line.contains('\n'), "{line}");
}

#[test]
fn unknown_keys_are_refused_everywhere() {
    for place in ["{\"id\"", "{\"wasm\"", "{\"host\""] {
        let text = REQUEST.replace(place, &place.replace('{', "{\"more\":1,"));
        assert_ne!(text, REQUEST);
        assert_refused::<Request>(&text, "unknown field `more`");
    }
    for (reply, place) in [
        (HELLO, "{\"event\""),
        (HELLO, "{\"capability\""),
        (STARTED, "{\"event\""),
        (DONE, "{\"kind\""),
    ] {
        let text = reply.replace(place, &place.replace('{', "{\"more\":1,"));
        assert_ne!(text, reply);
        assert_refused::<Reply>(&text, "unknown field `more`");
    }
}

#[test]
fn unknown_words_are_refused() {
    assert_refused::<Reply>(&STARTED.replace("started", "begun"), "unknown variant `begun`");
    assert_refused::<Reply>(&DONE.replace("exit", "sleep"), "unknown variant `sleep`");
    assert_refused::<Reply>(&HELLO.replace("named_preopens", "flight"), "unknown variant `flight`");
}

#[test]
fn missing_keys_are_refused() {
    assert_refused::<Request>(r#"{"id":7}"#, "missing field `run`");
    assert_refused::<Reply>(&DONE.replace(r#","execute_us":2"#, ""), "missing field `execute_us`");
}
