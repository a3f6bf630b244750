//! Which row is compared with which, and what a case of both has become.

use super::rows::matches;
use super::*;
use crate::results::run_file::sample::run;
use crate::verdict::judge::Verdict;

fn entry(verdict: Verdict, signature: Option<&str>) -> Entry {
    Entry {
        level: Level::Must,
        verdict,
        definition: "00000000".into(),
        flaky: false,
        varies: false,
        signature: signature.map(str::to_owned),
        difference: signature.map(|signature| format!("stdout:\n+ {signature}\n")),
    }
}

fn pass() -> Entry {
    entry(Verdict::Pass, None)
}

fn fails(how: &str) -> Entry {
    entry(Verdict::Fail, Some(how))
}

fn row(runtime: &str, version: &str, cases: &[(&str, Entry)]) -> Snapshot {
    Snapshot {
        snapshot_format: crate::results::snapshot::FORMAT,
        tool: "wasi-conformance 0.1.0".into(),
        started: "2030-01-02T03:04:05Z".into(),
        os: "linux".into(),
        arch: "x86_64".into(),
        runtime: runtime.into(),
        version: version.into(),
        details: String::new(),
        repeats: 1,
        cases: cases.iter().map(|(id, entry)| (id.to_string(), entry.clone())).collect(),
    }
}

fn rows(rows: &[Snapshot]) -> Rows {
    let rows = rows.iter().map(|row| (row.file_name(), row.clone())).collect();
    Rows { rows, ..Rows::default() }
}

/// Empty rows: only what they are of matters.
fn of(names: &[(&str, &str)]) -> Rows {
    rows(&names.iter().map(|(name, version)| row(name, version, &[])).collect::<Vec<_>>())
}

fn history(names: &[(&str, &str)]) -> Rows {
    Rows { history: true, ..of(names) }
}

/// The pairs as `A with B`, and after them what is said: of a pair, and of rows alone.
fn matched(a: &Rows, b: &Rows) -> Vec<String> {
    let (found, alone) = matches(a, b);
    let title = |rows: &Rows, at: usize| rows.rows[at].1.title();
    let pairs = found.iter().map(|m| {
        let note = m.note.as_deref().map(|note| format!(" ({note})")).unwrap_or_default();
        format!("{} with {}{note}", title(a, m.a), title(b, m.b))
    });
    let alone = alone.iter().map(|r| format!("{} of {}: {}", r.runtime, r.side, r.why));
    pairs.chain(alone).collect()
}

#[test]
fn two_rows_alone_are_compared_whatever_they_are_of() {
    assert_eq!(matched(&of(&[("w", "47")]), &of(&[("w@48", "48")])), ["w 47 with w 48"]);
    assert_eq!(matched(&of(&[("w", "1")]), &of(&[("node", "2")])), ["w 1 with node 2"]);
}

#[test]
fn of_several_the_same_name_and_then_the_family_is_compared() {
    let a = of(&[("w", "47"), ("node", "20"), ("node@24", "24"), ("gone", "1")]);
    let b = of(&[("node", "22"), ("node@24", "24.1"), ("w@48", "48"), ("new", "1")]);
    assert_eq!(
        matched(&a, &b),
        [
            "node 20 with node 22",
            "node 24 with node 24.1",
            "w 47 with w 48",
            "new of B: there is no new in A",
            "gone of A: nothing in B belongs to it",
        ]
    );
}

#[test]
fn of_many_versions_the_same_or_the_newest_older_one_is_compared() {
    let known = history(&[("w", "9.0.0"), ("w", "46.0.0"), ("w", "47.0.2"), ("x", "1")]);
    let with = |version: &str| matched(&known, &of(&[("w", version)]));
    assert_eq!(with("46.0.0"), ["w 46.0.0 with w 46.0.0"]);
    assert_eq!(
        with("48.0.0"),
        ["w 47.0.2 with w 48.0.0 \
          (there is no w 48.0.0 in A: the newest older one, 47.0.2, is compared)"]
    );
    assert_eq!(with("8.0.0"), ["w of B: there is no w 8.0.0 in A, and none that is older"]);
    assert_eq!(with("dev"), ["w of B: there is no w dev in A, and none that is older"]);
    let backwards = matched(&of(&[("w", "46.0.0")]), &known);
    assert_eq!(backwards, ["w 46.0.0 with w 46.0.0"]);
}

/// What became of a case.
fn kind_of(a: Option<Entry>, b: Option<Entry>) -> Option<Kind> {
    kind(a.as_ref(), b.as_ref())
}

#[test]
fn a_case_that_held_and_does_not_has_regressed() {
    assert_eq!(kind_of(Some(pass()), Some(pass())), None);
    assert_eq!(kind_of(Some(pass()), Some(fails("x"))), Some(Kind::Regressed));
    assert_eq!(kind_of(Some(fails("x")), Some(pass())), Some(Kind::Fixed));
    assert_eq!(kind_of(Some(fails("x")), Some(fails("x"))), None);
    assert_eq!(kind_of(Some(fails("x")), Some(fails("y"))), Some(Kind::Changed));
    assert_eq!(kind_of(None, Some(fails("x"))), Some(Kind::Added));
    assert_eq!(kind_of(Some(fails("x")), None), Some(Kind::Removed));
}

#[test]
fn recording_a_divergence_changes_nothing() {
    let known = || entry(Verdict::Known, Some("x"));
    assert_eq!(kind_of(Some(pass()), Some(known())), Some(Kind::Regressed));
    assert_eq!(kind_of(Some(fails("x")), Some(known())), None);
    let fixed = entry(Verdict::UnexpectedPass, None);
    assert_eq!(kind_of(Some(known()), Some(fixed.clone())), Some(Kind::Fixed));
    assert_eq!(kind_of(Some(fixed), Some(pass())), None);
}

#[test]
fn what_was_not_run_is_not_compared() {
    let skip = || entry(Verdict::Skip, None);
    let error = || entry(Verdict::HarnessError, None);
    assert_eq!(kind_of(Some(pass()), Some(skip())), Some(Kind::Removed));
    assert_eq!(kind_of(Some(skip()), Some(fails("x"))), Some(Kind::Added));
    assert_eq!(kind_of(Some(skip()), Some(skip())), None);
    assert_eq!(kind_of(Some(fails("x")), Some(error())), Some(Kind::Unjudged));
    assert_eq!(kind_of(Some(skip()), Some(error())), Some(Kind::Unjudged));
    assert_eq!(kind_of(Some(error()), Some(pass())), Some(Kind::Added));
    assert_eq!(kind_of(Some(error()), Some(skip())), None);
}

#[test]
fn what_differs_from_run_to_run_is_no_regression() {
    let unstable = |entry| Entry { flaky: true, ..entry };
    let varies = |entry| Entry { varies: true, ..entry };
    for (a, b) in [
        (unstable(pass()), fails("x")),
        (pass(), unstable(fails("x"))),
        (varies(pass()), fails("x")),
        (unstable(fails("x")), fails("y")),
    ] {
        assert_eq!(kind_of(Some(a), Some(b)), Some(Kind::Unstable));
    }
    // It always held; that it now fails from time to time is worse.
    assert_eq!(kind_of(Some(pass()), Some(varies(fails("x")))), Some(Kind::Regressed));
}

#[test]
fn another_definition_is_another_case() {
    let other = |entry| Entry { definition: "11111111".into(), ..entry };
    assert_eq!(kind_of(Some(pass()), Some(other(fails("x")))), Some(Kind::Redefined));
    assert_eq!(kind_of(Some(pass()), Some(other(pass()))), None);
}

fn sample() -> Comparison {
    let may = |entry| Entry { level: Level::May, ..entry };
    let a = row(
        "w",
        "47",
        &[
            ("a::kept", pass()),
            ("a::known", fails("x")),
            ("a::worse", pass()),
            ("a::worse_too", pass()),
            ("a::worse_may", may(pass())),
            ("a::better", fails("x")),
            ("a::gone", pass()),
        ],
    );
    let b = row(
        "w@48",
        "48",
        &[
            ("a::kept", pass()),
            ("a::known", fails("x")),
            ("a::worse", fails("y")),
            ("a::worse_too", fails("y")),
            ("a::worse_may", may(fails("y"))),
            ("a::better", pass()),
            ("a::new", pass()),
        ],
    );
    let allow = ["a::worse_t*", "better", "nothing"].map(str::to_owned);
    Comparison::new(&rows(&[a]), &rows(&[b]), &allow).unwrap()
}

#[test]
fn a_regression_fails_unless_it_is_allowed_or_may_be() {
    let sample = sample();
    let failures: Vec<&str> = sample.failures().map(|(_, change)| change.case.as_str()).collect();
    assert_eq!(failures, ["a::worse"]);
    assert_eq!(sample.unused_allowances, ["better", "nothing"]);
    let pair = &sample.pairs[0];
    assert_eq!(pair.same, Same { hold: 1, fail: 1, not_run: 0 });
    assert_eq!(pair.count(Kind::Regressed, Level::Must), 2);
    assert_eq!(pair.count(Kind::Regressed, Level::May), 1);
    assert_eq!(pair.notes, ["not the same cases: 1 only in A, 1 only in B"]);
    assert!(!sample.is_empty());
}

#[test]
fn a_glob_that_is_none_is_refused() {
    let error = Comparison::new(&of(&[]), &of(&[]), &["a[".to_owned()]).unwrap_err();
    assert_eq!(error.to_string(), "--allow `a[` is not a glob");
}

#[test]
fn what_makes_two_rows_unlike_is_said() {
    let a = row("w", "1", &[("a::x", pass())]);
    let mut b = row("node", "1", &[("a::y", pass())]);
    b.os = "macos".into();
    b.tool = "wasi-conformance 0.2.0".into();
    let compared = Comparison::new(&rows(&[a]), &rows(&[b]), &[]).unwrap();
    assert!(compared.is_empty());
    assert_eq!(
        compared.pairs[0].notes,
        [
            "not the same platform: A is of linux x86_64, B of macos x86_64",
            "not the same version of the suite: A is of wasi-conformance 0.1.0, \
             B of wasi-conformance 0.2.0",
            "not the same runtime: A is of w, B of node",
            "not the same cases: 1 only in A, 1 only in B",
        ]
    );
}

#[test]
fn a_run_says_what_its_cases_are_about_and_what_it_lacks() {
    let rows =
        Rows::of_run("run.json", &crate::results::run_file::Run { complete: false, ..run() });
    assert_eq!(rows.rows.len(), 2);
    assert_eq!(rows.title["fd_read::d"].0, "The rule of fd_read::d.");
    assert_eq!(
        rows.notes,
        [
            "run.json is incomplete: the run was interrupted",
            "run.json: three was not available: there is no `three` on PATH",
        ]
    );
    let same = Comparison::new(&rows, &rows, &[]).unwrap();
    assert_eq!(same.pairs.len(), 2);
    assert!(same.pairs.iter().all(|pair| pair.changes.is_empty()));
}

/// What is refused when it is read, without the names of the folder.
fn refused(name: &str, text: Option<&str>) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    if let Some(text) = text {
        std::fs::write(&path, text).unwrap();
    }
    let error = format!("{:#}", read(&path).unwrap_err());
    error.replace(&format!("{}/", folder.path().display()), "")
}

#[test]
fn what_is_neither_a_run_nor_a_snapshot_is_refused() {
    for (text, message) in [
        (
            "{}",
            "x.json: neither a run file nor a snapshot: it has no `format` and no `snapshot_format`",
        ),
        (
            "{",
            "x.json: neither a run file nor a snapshot: EOF while parsing an object at line 1 column 1",
        ),
        (
            "{\"snapshot_format\": 9}",
            "x.json: snapshot format 9 (this program reads 2): write it anew with `wasi-conformance snapshot`",
        ),
        (
            "{\"snapshot_format\": 2}",
            "x.json: not a snapshot: write it anew with `wasi-conformance snapshot`: \
             missing field `tool` at line 1 column 22",
        ),
        (
            "{\"format\": 1}",
            "x.json: run format 1 (this program reads 4): make it anew with `wasi-conformance run`",
        ),
    ] {
        assert_eq!(refused("x.json", Some(text)), message);
    }
    assert_eq!(
        refused("gone.json", None),
        "gone.json: cannot be read: No such file or directory (os error 2)"
    );
    let empty = tempfile::tempdir().unwrap();
    let error = read(empty.path()).unwrap_err().to_string();
    assert!(error.ends_with("no snapshots in it: write some with `wasi-conformance snapshot`"));
}
