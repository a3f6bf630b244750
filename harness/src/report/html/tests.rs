//! The page as bytes; `tests/full/browser` looks at it in a browser.

use runner_kit::Outcome;
use serde_json::{Value, json};

use super::*;
use crate::results::run_file::sample::{row, run, wrong};
use crate::results::run_file::{CaseRow, TimeoutsRow, VariantRow, VerdictRow};
use crate::verdict::judge::{Mismatch, Part, Verdict};

/// The data in a page.
fn data(page: &str) -> Value {
    serde_json::from_str(&unpacked(page)).unwrap()
}

#[test]
fn the_same_run_gives_the_same_bytes() {
    assert_eq!(
        render(&run(), &Side::default()).unwrap(),
        render(&run(), &Side::default()).unwrap()
    );
}

#[test]
fn the_page_holds_every_verdict() {
    let data = data(&render(&run(), &Side::default()).unwrap());
    let letters: Vec<&Value> =
        data["runtimes"].as_array().unwrap().iter().map(|r| &r["verdicts"]).collect();
    assert_eq!(letters, ["fdkxsp", "ek....", "......"]);
    assert_eq!(data["areas"], json!(["fd", "path"]));
    // A reason, and what was observed.
    assert_eq!(data["runtimes"][0]["details"][0], json!([0, [0], 0]));
    assert_eq!(data["reasons"][0]["note"], "diverges in another way");
    let [part, expected, observed, diff] =
        [0, 1, 2, 3].map(|i| &data["observations"][0]["parts"][0][i]);
    assert_eq!(part, "stdout");
    let text = |place: &Value| data["texts"][place.as_u64().unwrap() as usize].clone();
    assert_eq!(text(expected), "open a -> success\nclose -> success\n");
    assert_eq!(text(observed), "open a -> acces\n```\nclose -> success\n");
    let diff = &data["diffs"][diff.as_u64().unwrap() as usize];
    assert_eq!(diff, &json!([[1, 2, [[[[10, 7]], [[10, 5]]]]], [1, 1, null]]));
}

#[test]
fn equal_observations_are_stored_once_and_expected_ones_not_at_all() {
    let mut run = run();
    run.verdicts = vec![
        wrong("one", "path_open::a", Verdict::Fail, None),
        wrong("two", "path_open::a", Verdict::Fail, None),
        wrong("two", "fd_read::d", Verdict::Fail, None),
    ];
    let mut passed = wrong("one", "path_open::c", Verdict::Pass, None);
    passed.mismatches.clear();
    passed.difference.clear();
    let case = run.cases.iter_mut().find(|case| case.id == "path_open::c").unwrap();
    case.stdout = vec!["open a -> acces\n".into()];
    run.verdicts.push(passed);
    let data = data(&render(&run, &Side::default()).unwrap());
    assert_eq!(data["observations"].as_array().unwrap().len(), 1);
    assert_eq!(data["diffs"].as_array().unwrap().len(), 1);
    assert_eq!(data["runtimes"][0]["details"], json!([[0, [], 0]]));
    assert_eq!(data["runtimes"][1]["details"], json!([[0, [], 0], [3, [], 0]]));
}

#[test]
fn the_page_tells_which_of_several_allowed_texts_came() {
    let mut run = run();
    let mut passed = wrong("one", "path_open::a", Verdict::Pass, None);
    passed.mismatches.clear();
    passed.difference.clear();
    run.verdicts = vec![passed];
    run.cases[0].stdout = vec!["other\n".into(), "open a -> acces\n".into()];
    let data = data(&render(&run, &Side::default()).unwrap());
    assert_eq!(data["observations"][0]["stdout"], data["cases"][0]["stdout"][1]);
}

#[test]
fn flaky_cases_say_how_often_each_result_came() {
    let mut run = run();
    let way = |times, verdict| VariantRow { times, verdict, mismatches: vec![] };
    run.verdicts[0].varies = vec![way(3, Verdict::Fail), way(2, Verdict::Pass)];
    let data = data(&render(&run, &Side::default()).unwrap());
    assert_eq!(data["runtimes"][0]["varies"], json!([[0, "3 × fail, 2 × pass"]]));
}

/// Whatever is in a run, the markup of the page is the same.
#[test]
fn nothing_of_a_run_becomes_markup() {
    let markup = |page: &str| {
        let (before, rest) = page.split_once("id=\"data\">").unwrap();
        format!("{before}{}", rest.split_once('<').unwrap().1)
    };
    let evil = "</script><script>alert(1)</script>{{script}}<!--\u{202e}\0";
    let mut run = run();
    let plain = markup(&render(&run, &Side::default()).unwrap());
    run.tool = evil.into();
    run.runtimes[0].name = evil.into();
    run.cases[0] = CaseRow { title: evil.into(), args: vec![evil.into()], ..run.cases[0].clone() };
    run.verdicts[0] = VerdictRow {
        mismatches: vec![Mismatch {
            part: Part::Stdout,
            expected: evil.into(),
            observed: format!("{evil}{evil}"),
        }],
        ..row("one", "path_open::a", Verdict::Fail, Some(evil))
    };
    assert_eq!(markup(&render(&run, &Side::default()).unwrap()), plain);
}

#[test]
fn the_page_makes_no_request() {
    let page = render(&run(), &Side::default()).unwrap();
    let allowed = page.replace("http://www.w3.org/2000/svg", "");
    for asking in ["src=", "@import", "url(", "fetch(", "XMLHttpRequest", "innerHTML", "eval("] {
        assert!(!allowed.contains(asking), "{asking}");
    }
    assert!(page.contains("default-src 'none'; script-src 'sha256-"), "the page has a policy");
}

/// Twelve runtimes, fifteen hundred cases, a third of them wrong in ways of their own.
#[test]
fn a_full_matrix_stays_small() {
    let mut run = run();
    let names: Vec<String> = (0..12).map(|i| format!("runtime-{i}")).collect();
    run.runtimes =
        names.iter().map(|name| crate::results::run_file::sample::runtime(name)).collect();
    let template = run.cases[0].clone();
    run.cases = (0..1500)
        .map(|i| CaseRow { id: format!("path_open::case_{i}"), ..template.clone() })
        .collect();
    run.verdicts.clear();
    for (r, name) in names.iter().enumerate() {
        for (i, case) in run.cases.iter().enumerate() {
            let mut row = match (i + r) % 3 {
                0 => wrong(
                    name,
                    &case.id,
                    Verdict::Fail,
                    Some(&format!("reason {} of {name}", i % 50)),
                ),
                _ => row(name, &case.id, Verdict::Pass, None),
            };
            for mismatch in &mut row.mismatches {
                let digits = crate::support::digest::of_bytes(format!("{r} {i}").as_bytes());
                mismatch.observed =
                    format!("open {} -> noent\nread {} -> io\n", &digits[..16], &digits[16..40]);
            }
            run.verdicts.push(row);
        }
    }
    let page = render(&run, &Side::default()).unwrap();
    assert!(page.len() < 2_000_000, "{} bytes", page.len());
}

/// Tests of wasi-testsuite often check the exit status only: runtimes that print something else did
/// not do the same.
#[test]
fn output_that_no_case_compares_is_a_behaviour() {
    let mut run = run();
    let case = run.cases.iter_mut().find(|case| case.id == "path_open::a").unwrap();
    case.stdout = vec![];
    let passed = |runtime: &str, stdout: &str| {
        let mut row = wrong(runtime, "path_open::a", Verdict::Pass, None);
        row.mismatches.clear();
        row.observed.as_mut().unwrap().stdout = stdout.into();
        row
    };
    let behaviours = |run: &Run| -> Vec<Value> {
        let data = data(&render(run, &Side::default()).unwrap());
        let place = |i: usize| data["runtimes"][i]["details"][0][2].as_u64().unwrap() as usize;
        [0, 1].map(|i| data["observations"][place(i)]["behaviour"].clone()).to_vec()
    };
    run.verdicts = vec![passed("one", "a\n"), passed("two", "b\n")];
    let differ = behaviours(&run);
    assert_ne!(differ[0], differ[1]);
    run.verdicts = vec![passed("one", "a\n"), passed("two", "a\n")];
    let same = behaviours(&run);
    assert_eq!(same[0], same[1]);
}

#[test]
fn a_message_of_a_trap_is_no_behaviour() {
    let mut run = run();
    let trapped = |runtime: &str, message: &str| {
        let mut row = wrong(runtime, "path_open::a", Verdict::Fail, None);
        let observed = format!("trap: {message}\n");
        row.mismatches = vec![Mismatch { part: Part::Exit, expected: "exit 0\n".into(), observed }];
        row.observed.as_mut().unwrap().outcome = Outcome::Trap { message: message.into() };
        row
    };
    run.verdicts = vec![trapped("one", "at 0x1"), trapped("two", "at 0x2")];
    let data = data(&render(&run, &Side::default()).unwrap());
    let observations = data["observations"].as_array().unwrap();
    assert_eq!(observations.len(), 2, "both messages can be read");
    assert_eq!(observations[0]["behaviour"], observations[1]["behaviour"]);
    assert_eq!(observations[0]["summary"], "trap");
}

#[test]
fn findings_are_the_causes_that_every_report_counts() {
    let run = run();
    let data = data(&render(&run, &Side::default()).unwrap());
    let findings = data["findings"].as_array().unwrap();
    assert_eq!(findings.len(), crate::report::causes::count_findings(&run));
    let reason = &data["reasons"][findings[0]["reason"].as_u64().unwrap() as usize];
    assert_eq!(reason["note"], "It forgets.");
    assert_eq!((&findings[0]["runtimes"], &findings[0]["cases"]), (&json!([1]), &json!([1])));
}

#[test]
fn time_outs_that_ran_again_are_counted() {
    let mut run = run();
    let retried = |case: &str, confirmed: u32, verdict| VerdictRow {
        timeouts: Some(TimeoutsRow { retried: 1, confirmed }),
        ..row("one", case, verdict, None)
    };
    run.verdicts =
        vec![retried("path_open::a", 0, Verdict::Pass), retried("path_open::b", 1, Verdict::Fail)];
    let data = data(&render(&run, &Side::default()).unwrap());
    assert_eq!(data["runtimes"][0]["retried"], json!([[0, false], [1, true]]));
    let said = "2 cases timed out; 2 were run again alone: 1 passed, 1 timed out again";
    assert_eq!(data["timeouts"], said);
    assert_eq!(data["runtimes"][0]["timeouts"], said);
    assert_eq!(data["runtimes"][1]["timeouts"], Value::Null);
}
