//! The pairing of rows, and the kinds of changes.

use super::pairing::pair_up;
use super::*;
use crate::known::{Part, of_texts};
use crate::results::run_file::sample::{self, run};
use crate::results::run_file::{Run, VerdictRow};
use crate::results::snapshot::Entry;
use crate::verdict::judge::Verdict;

fn entry(result: Class, difference: &str) -> Entry {
    Entry {
        level: Level::Must,
        result,
        definition: "00000000".into(),
        varies: false,
        difference: of_texts(Part::Stdout, "", difference),
        output: None,
    }
}

fn pass() -> Entry {
    entry(Class::AsExpected, "")
}

fn fails(how: &str) -> Entry {
    entry(Class::NotAsExpected, &format!("{how}\n"))
}

fn row(runtime: &str, version: &str, cases: &[(&str, Entry)]) -> Row {
    Row {
        tool: "wasi-conformance 0.1.0".into(),
        os: "linux".into(),
        arch: "x86_64".into(),
        runtime: runtime.into(),
        version: version.into(),
        details: String::new(),
        cases: cases.iter().map(|(id, entry)| (id.to_string(), entry.clone())).collect(),
    }
}

fn side(rows: &[Row]) -> Side {
    let rows = rows.iter().map(|row| SideRow::new(row.title(), row.clone())).collect();
    Side { rows, ..Side::default() }
}

/// Empty rows: only their names matter.
fn empty_side(names: &[(&str, &str)]) -> Side {
    side(&names.iter().map(|(name, version)| row(name, version, &[])).collect::<Vec<_>>())
}

fn history(names: &[(&str, &str)]) -> Side {
    Side { is_history: true, ..empty_side(names) }
}

/// The pairs as `A with B` with their notes, then the rows that have no partner.
fn matched(a: &Side, b: &Side) -> Vec<String> {
    let (found, unpaired) = pair_up(a, b);
    let title = |side: &Side, at: usize| side.rows[at].row.title();
    let pairs = found.iter().map(|m| {
        let note = m.note.as_deref().map(|note| format!(" ({note})")).unwrap_or_default();
        format!("{} with {}{note}", title(a, m.a), title(b, m.b))
    });
    let unpaired = unpaired.iter().map(|r| format!("{} of {}: {}", r.runtime, r.side, r.why));
    pairs.chain(unpaired).collect()
}

#[test]
fn single_rows_are_compared_even_if_their_runtimes_differ() {
    assert_eq!(
        matched(&empty_side(&[("w", "47")]), &empty_side(&[("w@48", "48")])),
        ["w 47 with w 48"]
    );
    assert_eq!(
        matched(&empty_side(&[("w", "1")]), &empty_side(&[("node", "2")])),
        ["w 1 with node 2"]
    );
}

#[test]
fn rows_are_paired_by_name_then_by_family() {
    let a = empty_side(&[("w", "47"), ("node", "20"), ("node@24", "24"), ("gone", "1")]);
    let b = empty_side(&[("node", "22"), ("node@24", "24.1"), ("w@48", "48"), ("new", "1")]);
    assert_eq!(
        matched(&a, &b),
        [
            "node 20 with node 22",
            "node 24 with node 24.1",
            "w 47 with w 48",
            "new of B: there is no new in A",
            "gone of A: B has no row for it",
        ]
    );
}

#[test]
fn a_history_is_searched_for_the_same_or_the_newest_older_version() {
    let known = history(&[("w", "9.0.0"), ("w", "46.0.0"), ("w", "47.0.2"), ("x", "1")]);
    let with = |version: &str| matched(&known, &empty_side(&[("w", version)]));
    assert_eq!(with("46.0.0"), ["w 46.0.0 with w 46.0.0"]);
    assert_eq!(
        with("48.0.0"),
        ["w 47.0.2 with w 48.0.0 \
          (there is no w 48.0.0 in A: compared with the newest older one, 47.0.2)"]
    );
    assert_eq!(with("8.0.0"), ["w of B: there is no w 8.0.0 in A, and no older one"]);
    assert_eq!(with("dev"), ["w of B: there is no w dev in A, and no older one"]);
    let backwards = matched(&empty_side(&[("w", "46.0.0")]), &known);
    assert_eq!(backwards, ["w 46.0.0 with w 46.0.0"]);
}

fn kind_of(a: Option<Entry>, b: Option<Entry>) -> Option<ChangeKind> {
    ChangeKind::of(a.as_ref(), b.as_ref())
}

#[test]
fn kinds_of_changes() {
    assert_eq!(kind_of(Some(pass()), Some(pass())), None);
    assert_eq!(kind_of(Some(pass()), Some(fails("x"))), Some(ChangeKind::Regressed));
    assert_eq!(kind_of(Some(fails("x")), Some(pass())), Some(ChangeKind::Fixed));
    assert_eq!(kind_of(Some(fails("x")), Some(fails("x"))), None);
    assert_eq!(kind_of(Some(fails("x")), Some(fails("y"))), Some(ChangeKind::Changed));
    assert_eq!(kind_of(None, Some(fails("x"))), Some(ChangeKind::Added));
    assert_eq!(kind_of(Some(fails("x")), None), Some(ChangeKind::Removed));
}

#[test]
fn cases_that_did_not_run_are_not_compared() {
    let skip = || entry(Class::NotRun, "");
    let error = || entry(Class::Unjudged, "");
    assert_eq!(kind_of(Some(pass()), Some(skip())), Some(ChangeKind::Removed));
    assert_eq!(kind_of(Some(skip()), Some(fails("x"))), Some(ChangeKind::Added));
    assert_eq!(kind_of(Some(skip()), Some(skip())), None);
    assert_eq!(kind_of(Some(fails("x")), Some(error())), Some(ChangeKind::Unjudged));
    assert_eq!(kind_of(Some(skip()), Some(error())), Some(ChangeKind::Unjudged));
    assert_eq!(kind_of(Some(error()), Some(pass())), Some(ChangeKind::Added));
    assert_eq!(kind_of(Some(error()), Some(skip())), None);
}

#[test]
fn flaky_cases_do_not_regress() {
    let varies = |entry| Entry { varies: true, ..entry };
    for (a, b) in [(varies(pass()), fails("x")), (varies(fails("x")), pass())] {
        assert_eq!(kind_of(Some(a), Some(b)), Some(ChangeKind::Flaky));
    }
    // It always passed; failing sometimes is worse.
    assert_eq!(kind_of(Some(pass()), Some(varies(fails("x")))), Some(ChangeKind::Regressed));
}

/// D5: what is known to vary is in no difference, so it is no change.
#[test]
fn what_varies_is_no_change() {
    let mut before = run();
    let known = sample::wrong("one", "path_open::a", Verdict::Known, Some("It varies."));
    before.verdicts = vec![VerdictRow { difference: vec![], varying: vec!["it".into()], ..known }];
    let mut after = before.clone();
    after.verdicts[0].mismatches[0].observed = "another time\n".into();
    after.verdicts[0].observed.as_mut().unwrap().stdout = "another time\n".into();
    let side = |run: &Run| Side::of_run("run.json", run);
    let comparison = Comparison::new(&side(&before), &side(&after), &[]).unwrap();
    assert!(comparison.pairs[0].changes.is_empty(), "{:?}", comparison.pairs[0].changes);
    assert_eq!(comparison.pairs[0].same.total(), 1);
}

#[test]
fn a_new_definition_makes_a_new_case() {
    let other = |entry| Entry { definition: "11111111".into(), ..entry };
    assert_eq!(kind_of(Some(pass()), Some(other(fails("x")))), Some(ChangeKind::Redefined));
    assert_eq!(kind_of(Some(pass()), Some(other(pass()))), None);
}

#[test]
fn output_that_no_case_compares_is_a_separate_kind_of_change() {
    let printed = |text: &str, entry: Entry| {
        let output = snapshot::Printed { digest: text.into(), text: text.into() };
        Entry { output: Some(output), ..entry }
    };
    let one = || printed("one", pass());
    assert_eq!(kind_of(Some(one()), Some(one())), None);
    assert_eq!(kind_of(Some(one()), Some(printed("two", pass()))), Some(ChangeKind::Output));
    let failing = |text| printed(text, fails("x"));
    assert_eq!(kind_of(Some(failing("one")), Some(failing("two"))), Some(ChangeKind::Output));
    // An older snapshot does not hold it.
    assert_eq!(kind_of(Some(pass()), Some(one())), None);
    let varies = Entry { varies: true, ..one() };
    assert_eq!(kind_of(Some(varies), Some(printed("two", pass()))), None);
}

#[test]
fn changes_are_grouped_by_cause_then_by_what_differs() {
    let mut before = run();
    before.verdicts.clear();
    let mut after = before.clone();
    for case in ["path_open::a", "path_open::b", "path_open::c"] {
        before.verdicts.push(sample::row("one", case, Verdict::Pass, None));
        after.verdicts.push(sample::wrong("one", case, Verdict::Known, Some("It is wrong.")));
    }
    for case in ["fd_read::d", "fd_read::e"] {
        before.verdicts.push(sample::wrong("one", case, Verdict::Known, Some("It was wrong.")));
        after.verdicts.push(sample::row("one", case, Verdict::Pass, None));
    }
    before.verdicts.push(sample::row("one", "fd_read::f", Verdict::Pass, None));
    after.verdicts.push(sample::wrong("one", "fd_read::f", Verdict::Fail, None));
    let side = |run: &Run| Side::of_run("run.json", run);
    let comparison = Comparison::new(&side(&before), &side(&after), &[]).unwrap();
    let pair = &comparison.pairs[0];
    let groups = |kind: ChangeKind| -> Vec<(String, usize)> {
        let name = |group: &Group| match (group.cause, group.summary) {
            (Some(cause), _) => format!("{}: {}", cause.side, cause.why),
            (None, summary) => summary.unwrap_or("nothing").to_owned(),
        };
        pair.groups(kind).iter().map(|group| (name(group), group.changes.len())).collect()
    };
    assert_eq!(
        groups(ChangeKind::Regressed),
        [("B: It is wrong.".to_owned(), 3), ("open: acces instead of success".to_owned(), 1)]
    );
    assert_eq!(groups(ChangeKind::Fixed), [("A: It was wrong.".to_owned(), 2)]);
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
    Comparison::new(&side(&[a]), &side(&[b]), &allow).unwrap()
}

#[test]
fn a_regression_fails_unless_it_is_allowed_or_of_level_may() {
    let sample = self::sample();
    let failures: Vec<&str> = sample.failures().map(|(_, change)| change.case.as_str()).collect();
    assert_eq!(failures, ["a::worse"]);
    assert_eq!(sample.unused_allowances, ["better", "nothing"]);
    let pair = &sample.pairs[0];
    assert_eq!(pair.same, Same { as_expected: 1, not_as_expected: 1, not_run: 0 });
    assert_eq!(pair.count(ChangeKind::Regressed, Level::Must), 2);
    assert_eq!(pair.count(ChangeKind::Regressed, Level::May), 1);
    assert_eq!(pair.notes, ["different cases: 1 only in A, 1 only in B"]);
    assert!(!sample.is_empty());
}

#[test]
fn an_invalid_glob_is_refused() {
    let error = Comparison::new(&side(&[]), &side(&[]), &["a[".to_owned()]).unwrap_err();
    assert_eq!(error.to_string(), "--allow `a[` is not a glob");
}

#[test]
fn notes_name_every_difference_between_two_rows() {
    let a = row("w", "1", &[("a::x", pass())]);
    let mut b = row("node", "1", &[("a::y", pass())]);
    b.os = "macos".into();
    b.tool = "wasi-conformance 0.2.0".into();
    let compared = Comparison::new(&side(&[a]), &side(&[b]), &[]).unwrap();
    assert!(compared.is_empty());
    assert_eq!(
        compared.pairs[0].notes,
        [
            "different platforms: A has linux x86_64, B has macos x86_64",
            "different versions of the cases: A has wasi-conformance 0.1.0, \
             B has wasi-conformance 0.2.0",
            "different runtimes: A has w, B has node",
            "different cases: 1 only in A, 1 only in B",
        ]
    );
}

#[test]
fn a_run_has_titles_and_notes() {
    let incomplete = Run { complete: false, ..run() };
    let side = Side::of_run("run.json", &incomplete);
    assert_eq!(side.rows.len(), 2);
    assert_eq!(side.titles["fd_read::d"].0, "The rule of fd_read::d.");
    assert_eq!(
        side.notes,
        [
            "run.json is incomplete: the run was interrupted",
            "run.json: three was not available: there is no `three` on PATH",
        ]
    );
    let same = Comparison::new(&side, &side, &[]).unwrap();
    assert_eq!(same.pairs.len(), 2);
    assert!(same.pairs.iter().all(|pair| pair.changes.is_empty()));
}

/// The error when a file is read, without the name of its directory.
fn refused(name: &str, text: Option<&str>) -> String {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(name);
    if let Some(text) = text {
        std::fs::write(&path, text).unwrap();
    }
    let error = format!("{:#}", read(&path).unwrap_err());
    error.replace(&format!("{}/", directory.path().display()), "")
}

#[test]
fn other_files_are_refused() {
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
            "x.json: snapshot format 9 (this program reads 3): write it again with `wasi-conformance bless`",
        ),
        (
            "{\"snapshot_format\": 3}",
            "x.json: not a snapshot: write it again with `wasi-conformance bless`: \
             missing field `tool` at line 1 column 22",
        ),
        (
            "{\"format\": 1}",
            "x.json: run format 1 (this program reads 6): make a new one with `wasi-conformance run`",
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
    assert!(error.ends_with("it has no snapshots: write some with `wasi-conformance snapshot`"));
}
