//! A run to show: large, with every verdict, and with the worst that guests can print.

use runner_kit::Outcome;
use wasi_conformance::case::{Basis, Tag};
use wasi_conformance::known::{DivergenceKind, of_texts};
use wasi_conformance::results::compare::{Side, SideRow};
use wasi_conformance::results::run_file::{Run, TimeoutsRow, VerdictRow};
use wasi_conformance::results::snapshot::Row;
use wasi_conformance::verdict::judge::{Known, Mismatch, Part, Verdict};

use crate::support::{Checkout, FAKE_CASES, case, good_case};

pub const RUNTIMES: usize = 12;
pub const CASES: usize = 1500;
/// Guest output that would be markup if it were not escaped.
pub const EVIL: &str = "</script><script>hacked = 1</script><img src=x onerror=hacked=1>";
pub const EVIL_CASE: &str = "path_open::case_7";

/// A run of twelve runtimes and fifteen hundred cases, made from a small real one, with the worst that
/// guests can print.
pub fn fabricated() -> Run {
    let checkout = Checkout::with_fake("correct");
    let wrong = case("wrong", "[wrong_errno]", "open missing -> noent\n");
    checkout.write("expectations/a.yaml", format!("{FAKE_CASES}{}{wrong}", good_case("fine")));
    checkout.output(&["run", "-r", "node"]);
    let mut run = checkout.run_file();
    let (case, runtime) = (run.cases[0].clone(), run.runtimes[0].clone());
    let (passed, failed) = (run.verdicts[0].clone(), run.verdicts[1].clone());
    assert_eq!((passed.verdict, failed.verdict), (Verdict::Pass, Verdict::Fail));
    let groups = ["path_open", "path_link", "fd_read", "sandbox"];
    run.cases = (0..CASES)
        .map(|i| {
            let mut case = case.clone();
            case.id = format!("{}::case_{i}", groups[i * groups.len() / CASES]);
            case.guest_sources = vec!["guests/c/fake.c:3".into()];
            case.tags.extend(case.id.starts_with("sandbox").then_some(Tag::Sandbox));
            case.basis = if i % 3 == 0 { Basis::Posix } else { Basis::Wasi };
            if i == 301 {
                // As wasi-testsuite's: only the exit status counts.
                case.stdout = vec![];
            }
            case
        })
        .collect();
    run.sources.insert(
        "guests/c/fake.c".into(),
        "// Says.\n\nstatic int open(void) {\n    return 1;\n}\n".into(),
    );
    run.runtimes = (0..RUNTIMES)
        .map(|r| {
            let mut runtime = runtime.clone();
            // Rows 8 and 9 are one runtime, run in two ways.
            runtime.divergences_of = format!("runtime-{}", if r == 9 { 8 } else { r });
            runtime.name = if r == 3 { "node@24".into() } else { format!("runtime-{r}") };
            runtime
        })
        .collect();
    let mut gone = runtime.clone();
    gone.name = "absent".into();
    gone.unavailable = Some("there is no `absent` on PATH:\ninstall it".into());
    run.runtimes.push(gone);
    run.verdicts.clear();
    for r in 0..RUNTIMES {
        for i in 0..CASES {
            let mut row = verdict(r, i, &passed, &failed);
            row.runtime = run.runtimes[r].name.clone();
            row.case = run.cases[i].id.clone();
            run.verdicts.push(row);
        }
    }
    run
}

/// Snapshots of earlier versions of two runtimes, one of them with fewer failures.
pub fn snapshots() -> Side {
    let mut before = fabricated();
    for runtime in &mut before.runtimes {
        runtime.version = "0.9.0".into();
    }
    let passed = before.verdicts.iter().find(|row| row.verdict == Verdict::Pass).unwrap().clone();
    for row in before.verdicts.iter_mut().filter(|row| row.runtime == "runtime-8") {
        if row.case.ends_with("_101") || row.case.ends_with("_102") {
            let (runtime, case) = (row.runtime.clone(), row.case.clone());
            *row = VerdictRow { runtime, case, ..passed.clone() };
        }
    }
    let all = Row::of_run(&before);
    let kept = all.into_iter().filter(|b| ["runtime-8", "node@24"].contains(&b.runtime.as_str()));
    let rows = kept.map(|snapshot| SideRow::new("snapshots".into(), snapshot)).collect();
    Side { rows, is_history: true, ..Side::default() }
}

fn verdict(r: usize, i: usize, passed: &VerdictRow, failed: &VerdictRow) -> VerdictRow {
    let printed = |text: &str| {
        let mut row = failed.clone();
        let expected = row.mismatches[0].expected.clone();
        row.difference = of_texts(Part::Stdout, &expected, text);
        row.mismatches = vec![Mismatch { part: Part::Stdout, expected, observed: text.to_owned() }];
        row
    };
    match (r, i) {
        (0, 7) => printed(EVIL),
        (1, 7) => printed("\u{202e}naïve 😀 \u{1b}[31mred\u{0}\n"),
        (2, 7) => printed(&"0123456789abcde\n".repeat(4096)),
        (4, 7) => VerdictRow {
            known: vec![known(EVIL, "javascript:hacked=1")],
            verdict: Verdict::Known,
            ..printed(&"x".repeat(64 * 1024))
        },
        (5, 7) => {
            let mut row = printed("");
            row.observed.as_mut().unwrap().outcome = Outcome::Trap { message: EVIL.into() };
            row
        }
        (6, _) if i.is_multiple_of(9) => VerdictRow {
            verdict: Verdict::Skip,
            note: Some("it has no sockets".into()),
            observed: None,
            ..passed.clone()
        },
        // These fail only here, and in one function only.
        (8, 100..110) | (9, 100..105) => failed.clone(),
        (8 | 9, 1001 | 1002) => VerdictRow {
            verdict: Verdict::Known,
            known: vec![known_bug("Both rows have it.")],
            ..failed.clone()
        },
        (10, 200..208) => printed("open missing -> notdir\n"),
        (10, 208..212) => printed("open missing -> isdir\n"),
        (11, 301) => {
            let mut row = passed.clone();
            row.observed.as_mut().unwrap().stdout = "something else\n".into();
            row
        }
        (7, 400) => VerdictRow {
            timeouts: Some(TimeoutsRow { retried: 1, confirmed: 0 }),
            ..passed.clone()
        },
        (7, 401) => VerdictRow {
            timeouts: Some(TimeoutsRow { retried: 1, confirmed: 1 }),
            ..failed.clone()
        },
        (3, _) if i.is_multiple_of(5) => VerdictRow {
            verdict: Verdict::Known,
            known: vec![known_bug(&format!("It is wrong in way {}.", i % 7))],
            ..failed.clone()
        },
        _ => passed.clone(),
    }
}

fn known_bug(why: &str) -> Known {
    known(why, "https://example.org/blob/a.c#L1")
}

fn known(why: &str, link: &str) -> Known {
    let (why, link) = (why.to_owned(), link.to_owned());
    Known { cause: "a-cause".into(), kind: DivergenceKind::Bug, why, link }
}
