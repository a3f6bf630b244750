//! A run that has every verdict in it, for tests.

use runner_kit::Outcome;

use super::{CaseRow, FORMAT, Host, ObservedRow, Run, RuntimeRow, TimesRow, VerdictRow};
use crate::case::{Area, Basis, Level};
use crate::known::{DivergenceKind, of_texts};
use crate::verdict::judge::{Known, Mismatch, Part, Verdict};

pub fn runtime(name: &str) -> RuntimeRow {
    RuntimeRow {
        name: name.into(),
        version: "1.2.3".into(),
        details: "a | b".into(),
        source: "/usr/bin/it".into(),
        divergences_of: name.into(),
        unavailable: None,
        required: false,
        smoke_test_failure: None,
        repeats: 1,
        times: TimesRow { build_ms: 0, start_ms: 50, compile_ms: 1500, execute_ms: 12_345 },
    }
}

pub fn case(id: &str, area: Area, level: Level) -> CaseRow {
    CaseRow {
        id: id.into(),
        area,
        level,
        basis: Basis::Wasi,
        title: format!("The rule of {id}."),
        rules: vec![],
        spec: "https://example.org/spec".into(),
        requires: vec![],
        tags: Default::default(),
        guest: "guest".into(),
        args: vec![],
        env: vec![],
        stdin: "".into(),
        socket: None,
        timeout: None,
        preopens: vec![],
        fs: None,
        exit: 0.into(),
        stdout: vec![String::new()],
        stderr: vec![String::new()],
        fs_after: None,
        source: "expectations/a.yaml:1".into(),
        guest_sources: vec![],
    }
}

/// The note of a known difference is why.
pub fn row(runtime: &str, case: &str, verdict: Verdict, note: Option<&str>) -> VerdictRow {
    let is_known = verdict == Verdict::Known;
    let known = Known {
        cause: "one-cause".into(),
        kind: DivergenceKind::Unsupported,
        why: note.unwrap_or_default().into(),
        link: "https://example.org/issues/1".into(),
    };
    VerdictRow {
        runtime: runtime.into(),
        case: case.into(),
        verdict,
        note: note.filter(|_| !is_known).map(str::to_owned),
        known: if is_known { vec![known] } else { vec![] },
        varying: vec![],
        varies: vec![],
        timeouts: None,
        difference: vec![],
        mismatches: vec![],
        observed: None,
    }
}

/// A verdict whose guest printed something else.
pub fn wrong(runtime: &str, case: &str, verdict: Verdict, note: Option<&str>) -> VerdictRow {
    let expected = "open a -> success\nclose -> success\n";
    let observed = "open a -> acces\n```\nclose -> success\n";
    VerdictRow {
        difference: of_texts(Part::Stdout, expected, observed),
        mismatches: vec![Mismatch {
            part: Part::Stdout,
            expected: expected.into(),
            observed: observed.into(),
        }],
        observed: Some(ObservedRow {
            outcome: Outcome::Exit { code: 0 },
            stdout: "open a -> acces\n".into(),
            stderr: String::new(),
            tree_changes: None,
            compile_us: 1,
            execute_us: 2,
            calls: None,
        }),
        ..row(runtime, case, verdict, note)
    }
}

pub fn run() -> Run {
    Run {
        format: FORMAT,
        tool: "wasi-conformance 0.1.0".into(),
        started: "2030-01-02T03:04:05Z".into(),
        seconds: 6.75,
        complete: true,
        host: Host { os: "linux".into(), arch: "x86_64".into(), cpus: 2, jobs: 2 },
        cases_digest: Some("0123456789abcdef".into()),
        filters: vec![],
        shard: None,
        merged: vec![],
        runtimes: vec![
            runtime("one"),
            RuntimeRow { smoke_test_failure: Some("It echoes\nnothing.".into()), ..runtime("two") },
            RuntimeRow {
                version: String::new(),
                unavailable: Some("there is no `three` on PATH:\ninstall it".into()),
                ..runtime("three")
            },
        ],
        cases: vec![
            case("path_open::a", Area::Path, Level::Must),
            case("path_open::b", Area::Path, Level::May),
            CaseRow { basis: Basis::Practice, ..case("path_open::c", Area::Path, Level::Should) },
            CaseRow { basis: Basis::Posix, ..case("fd_read::d", Area::Fd, Level::Must) },
            case("fd_read::e", Area::Fd, Level::Must),
            case("fd_read::f", Area::Fd, Level::Must),
        ],
        rules: vec![],
        sources: Default::default(),
        verdict_count: 8,
        verdicts: vec![
            wrong("one", "path_open::a", Verdict::Fail, Some("diverges in another way")),
            wrong("one", "path_open::b", Verdict::Differs, None),
            wrong("one", "path_open::c", Verdict::Known, Some("It is wrong.")),
            row("one", "fd_read::d", Verdict::UnexpectedPass, Some("remove the divergence")),
            row("one", "fd_read::e", Verdict::Skip, Some("it has no sockets")),
            row("one", "fd_read::f", Verdict::Pass, None),
            VerdictRow {
                known: vec![Known {
                    cause: "it-forgets".into(),
                    kind: DivergenceKind::Bug,
                    why: "It forgets.".into(),
                    link: "https://example.org/blob/a.c#L1".into(),
                }],
                ..row("two", "path_open::b", Verdict::Known, None)
            },
            row(
                "two",
                "path_open::a",
                Verdict::HarnessError,
                Some("its runner\nfailed the smoke test"),
            ),
        ],
    }
}
