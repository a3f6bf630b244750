//! The order of merged rows, and runs that are refused.

use super::*;
use crate::case::shard::Shard;
use crate::case::{Area, Level};
use crate::results::run_file::sample::{case, row, run, runtime, wrong};
use crate::verdict::judge::Verdict;

/// A run of one runtime on some cases.
fn of(name: &str, cases: &[&str]) -> Run {
    Run {
        started: format!("2030-01-02T03:04:0{}Z", cases.len()),
        runtimes: vec![runtime(name)],
        cases: cases.iter().map(|id| case(id, Area::Fd, Level::Must)).collect(),
        verdicts: cases.iter().map(|id| row(name, id, Verdict::Pass, None)).collect(),
        ..run()
    }
}

fn written(runs: &[Run]) -> Result<Run> {
    let directory = tempfile::tempdir().unwrap();
    let files: Vec<PathBuf> =
        (0..runs.len()).map(|i| directory.path().join(format!("{i}"))).collect();
    for (file, run) in files.iter().zip(runs) {
        run.write(file).unwrap();
    }
    read_all(&files).map(|merged| merged.run)
}

#[test]
fn rows_are_in_the_order_of_the_cases() {
    let mut second = of("two", &["a", "b", "c"]);
    second.complete = false;
    second.host.jobs = 9;
    let merged = written(&[of("one", &["a", "c"]), second, of("three", &["z"])]).unwrap();
    let names: Vec<&str> = merged.runtimes.iter().map(|r| r.name.as_str()).collect();
    assert_eq!(names, ["one", "two", "three"]);
    let cases: Vec<&str> = merged.cases.iter().map(|c| c.id.as_str()).collect();
    assert_eq!(cases, ["a", "b", "c", "z"]);
    assert_eq!(merged.verdicts.len(), 6);
    assert_eq!(merged.started, "2030-01-02T03:04:01Z");
    assert_eq!((merged.complete, merged.host.jobs, merged.seconds), (false, 9, 20.25));
}

#[test]
fn one_run_is_unchanged() {
    let alone = written(&[run()]).unwrap();
    assert_eq!(alone.to_json().unwrap(), run().to_json().unwrap());
}

#[test]
fn contradicting_runs_are_refused() {
    let refused = |second: Run| written(&[of("one", &["a"]), second]).unwrap_err().to_string();
    let mut other = of("two", &["b"]);
    other.host.os = "macos".into();
    let platform = refused(other);
    assert!(platform.contains("one ran on linux x86_64, the other on macos x86_64"), "{platform}");
    let mut changed = of("two", &["a", "b"]);
    changed.cases[0].level = Level::May;
    let case = refused(changed);
    assert!(case.contains("the case `a` differs"), "{case}");
    let mut newer = of("one", &["b", "c"]);
    newer.runtimes[0].version = "2".into();
    let version = refused(newer);
    assert!(
        version.contains("the version of one is `1.2.3` in one and `2` in the other"),
        "{version}"
    );
    let mut failed = of("one", &["a", "b"]);
    failed.verdicts[0].verdict = Verdict::Fail;
    let verdict = refused(failed);
    assert!(verdict.contains("one::a is pass in one and fail in the other"), "{verdict}");
    let failing = |verdict: VerdictRow| {
        let mut run = of("one", &["a", "b"]);
        run.verdicts[0] = verdict;
        run
    };
    let fails = failing(row("one", "a", Verdict::Fail, None));
    let fails_differently = failing(wrong("one", "a", Verdict::Fail, None));
    let output =
        written(&[fails, Run { seconds: 7.0, ..fails_differently }]).unwrap_err().to_string();
    assert!(output.contains("one::a is fail in both, but in different ways"), "{output}");
    // Passing cases may print different outputs, if several are allowed.
    let mut again = of("one", &["a", "b"]);
    again.verdicts[0].observed = wrong("one", "a", Verdict::Pass, None).observed;
    assert_eq!(written(&[of("one", &["a"]), again]).unwrap().verdicts.len(), 2);
}

/// The shards of a run with cases `a` to `e`, as files of these names.
fn shards(of_all: usize) -> Vec<(PathBuf, Run)> {
    let shard = |index: usize| {
        let shard = Shard { index, of: of_all };
        let ids = ["a", "b", "c", "d", "e"];
        let places = ids.iter().enumerate().filter(|(place, _)| shard.holds(*place));
        let chosen: Vec<&str> = places.map(|(_, id)| *id).collect();
        let mut run = Run { shard: Some(shard), ..of("one", &chosen) };
        for case in &mut run.cases {
            case.source =
                format!("expectations/x.yaml:{}", 90 + 5 * (case.id.as_bytes()[0] - b'a'));
        }
        (PathBuf::from(format!("{index}.json")), run)
    };
    (1..=of_all).map(shard).collect()
}

fn ids(run: &Run) -> String {
    run.verdicts.iter().map(|row| row.case.as_str()).collect()
}

#[test]
fn shards_merge_in_any_order() {
    let mut runs = shards(3);
    runs.reverse();
    let Merged { run, notes } = merge(runs.clone()).unwrap();
    assert_eq!((ids(&run).as_str(), run.complete, run.shard), ("abcde", true, None));
    assert_eq!(run.runtimes.len(), 1);
    assert_eq!(run.runtimes[0].times.compile_ms, 3 * 1500);
    assert_eq!((run.merged.len(), notes.len()), (3, 0));
    // A merged run does not need its parts, but they do no harm.
    runs.push(("whole.json".into(), run));
    let again = merge(runs).unwrap();
    assert_eq!((ids(&again.run).as_str(), again.run.merged.len()), ("abcde", 3));
    assert_eq!(again.notes, ["whole.json is already part of the others"]);
}

#[test]
fn missing_shards_are_named_and_can_be_added_later() {
    let mut runs = shards(3);
    let (_, late) = runs.remove(1);
    let part = merge(runs).unwrap().run;
    assert_eq!((ids(&part).as_str(), part.complete), ("acd", false));
    assert_eq!(part.missing(), ["shard 2/3 is not there (one)"]);
    let whole = merge(vec![("late".into(), late), ("part".into(), part)]).unwrap().run;
    assert_eq!((ids(&whole).as_str(), whole.complete), ("abcde", true));
    assert_eq!(whole.missing(), Vec::<String>::new());
}

#[test]
fn incompatible_shards_are_refused() {
    let refused = |mut more: (PathBuf, Run), change: fn(&mut Run)| {
        change(&mut more.1);
        more.0 = "more.json".into();
        merge([shards(3), vec![more]].concat()).unwrap_err().to_string()
    };
    assert_eq!(
        refused(shards(2).remove(0), |_| ()),
        "more.json: it has shard 1/2 of one, another run has shard 1/3: merge shards with the same \
         count"
    );
    let filters = refused(shards(3).remove(0), |run| run.filters = vec!["x".into()]);
    assert!(filters.contains("shard 1/3 of one has other filters"), "{filters}");
}

#[test]
fn harmless_differences_are_notes() {
    let mut second = of("one", &["b", "c"]);
    second.tool = "wasi-conformance 0.2.0".into();
    second.cases_digest = Some("another".into());
    second.host.jobs = 7;
    second.runtimes[0].source = "/opt/it".into();
    let merged = merge(vec![("1".into(), of("one", &["a"])), ("2".into(), second)]).unwrap();
    assert_eq!(
        merged.notes,
        [
            "1 was made by wasi-conformance 0.1.0, 2 by wasi-conformance 0.2.0",
            "1 and 2: their cases, divergences or guests differ",
            "1 ran 2 cases at once on 2 processors, 2 ran 7 on 2",
            "one comes from /usr/bin/it in 1, and from /opt/it in 2",
        ]
    );
    assert_eq!(merged.run.tool, "wasi-conformance 0.1.0, wasi-conformance 0.2.0");
    assert_eq!((merged.run.cases_digest, merged.run.host.jobs), (None, 7));
}

#[test]
fn runtimes_are_sorted_with_their_verdicts() {
    let mut run =
        merge(vec![("1".into(), of("two", &["a", "b"])), ("2".into(), of("one", &["a", "b"]))])
            .unwrap()
            .run;
    order_runtimes(&mut run, |name| usize::from(name == "two"));
    let order: Vec<String> =
        run.verdicts.iter().map(|row| format!("{} {}", row.runtime, row.case)).collect();
    assert_eq!(order, ["one a", "one b", "two a", "two b"]);
}

#[test]
fn instances_of_families_follow_the_cases_of_their_function() {
    let mut run = run();
    let row = |id: &str, source: &str| CaseRow {
        id: id.into(),
        source: source.into(),
        ..run.cases[0].clone()
    };
    let sorted = [
        row("fd_read::own", "expectations/fd_read.yaml:20"),
        row("fd_read::closed", "expectations/families/descriptors.yaml:9"),
        row("fd_read::null", "expectations/families/pointers.yaml:3"),
        row("fd_seek::own", "expectations/fd_seek.yaml:4"),
    ];
    run.cases = sorted.iter().rev().cloned().collect();
    put_in_order(&mut run);
    assert_eq!(run.cases, sorted);
}
