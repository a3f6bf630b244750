//! Each verdict, and what counts as a difference.

use semver::VersionReq;

use super::*;
use crate::case::{Ending, Entry, Expect, Kind, Tree};
use crate::case::{Source, sample};
use crate::known::{
    DivergenceKind, Divergences, File, Part as P, Pattern, Place, Predicate, Values,
};
use crate::verdict::mismatch::describe_content;

fn file(text: &str) -> Entry {
    Entry::plain(Kind::File(text.into()))
}

fn expect() -> Expect {
    Expect {
        exit: Some(Ending::Exit(0)),
        stdout: Some(vec!["a\nb\n".into()]),
        stderr: Some(vec![String::new()]),
        tree: Some(Tree::from([("f".into(), file("x"))])),
    }
}

fn case(level: Level, expect: Expect) -> Case {
    Case { level, expect, ..sample::case("a::x") }
}

/// An observation that is exactly as `expect` says.
fn observed() -> Observation {
    Observation {
        outcome: Outcome::Exit { code: 0 },
        stdout: "a\nb\n".into(),
        stderr: String::new(),
        tree: Tree::from([("f".into(), Entry { mode: Some(0o644), ..file("x") })]),
        tree_cut: None,
        escaped: None,
        left_running: vec![],
        globals: Default::default(),
        missing_import: None,
        times: Default::default(),
    }
}

fn head(id: &str) -> Head {
    Head {
        id: id.into(),
        versions: VersionReq::parse(">=2, <4").unwrap(),
        applies_to: None,
        kind: DivergenceKind::Bug,
        why: "It is wrong.".into(),
        link: "https://example.org".into(),
        unfinished: false,
        source: Source { file: "x.yaml".into(), line: 3 },
    }
}

/// A cause of all differences of the case.
fn cause(id: &str) -> Cause {
    let cases = Some(["a::x".to_owned()].into());
    Cause { head: head(id), cases, predicate: None, consequences: false }
}

/// What is known: a snapshot of version 3 in which the case came out like this, and these causes.
fn known(stored: Option<&Observation>, causes: Vec<Cause>) -> Divergences {
    let mut divergences = Divergences::of_file(File { runtime: "x".into(), causes, flaky: vec![] });
    let differs = stored.map(|seen| judge_unknown(&case(Level::Must, expect()), seen).difference);
    divergences.snapshots.add_for_test("x", "3.0.0", "a::x", differs);
    divergences
}

fn verdict(known: &Divergences, version: &str, level: Level, seen: &Observation) -> Judgement {
    judge(&case(level, expect()), seen, &known.row("x", "x", version))
}

/// The parts of an observation that differ from `expect`.
fn parts(observed: &Observation) -> Vec<Part> {
    compare(&expect(), observed).into_iter().map(|m| m.part).collect()
}

#[test]
fn an_observation_as_expected_passes() {
    let judgement = judge_unknown(&case(Level::Must, expect()), &observed());
    assert_eq!(judgement, Judgement::new(Verdict::Pass, Differs::default()));
}

#[test]
fn output_must_match_exactly() {
    for stdout in ["a\n", "a\nb\nc\n", "a\nb", ""] {
        let seen = Observation { stdout: stdout.into(), ..observed() };
        assert_eq!(parts(&seen), [Part::Stdout], "{stdout:?}");
    }
    let seen = Observation { stderr: "x".into(), ..observed() };
    assert_eq!(parts(&seen), [Part::Stderr]);
}

#[test]
fn stderr_belongs_to_the_runtime_when_the_guest_does_not_exit() {
    let outcome = Outcome::Trap { message: "unreachable".into() };
    let seen = Observation { outcome, stderr: "a backtrace".into(), ..observed() };
    let trap = Expect { exit: Some(Ending::Trap), ..expect() };
    assert_eq!(compare(&trap, &seen), []);
    let mismatches = compare(&expect(), &seen);
    let [mismatch] = mismatches.as_slice() else { panic!("{mismatches:?}") };
    assert_eq!(mismatch.expected, "exit 0\n");
    assert_eq!(mismatch.observed, "trap: unreachable\n");
}

#[test]
fn any_allowed_text_passes_and_a_difference_shows_the_nearest_one() {
    let texts = vec!["x\ny\n".to_owned(), "a\nc\n".to_owned()];
    let either = Expect { stdout: Some(texts), ..expect() };
    let seen = Observation { stdout: "x\ny\n".into(), ..observed() };
    assert_eq!(compare(&either, &seen), []);
    assert_eq!(compare(&either, &observed())[0].expected, "a\nc\n");
}

#[test]
fn a_part_without_an_expectation_is_not_compared() {
    let nothing = Expect { exit: None, stdout: None, stderr: None, tree: None };
    let outcome = Outcome::Timeout;
    let seen = Observation { outcome, stdout: "?".into(), tree: Tree::new(), ..observed() };
    assert_eq!(compare(&nothing, &seen), []);
}

#[test]
fn the_whole_final_tree_is_compared() {
    let with = |path: &str, entry: Entry| {
        let mut seen = observed();
        seen.tree.insert(path.into(), entry);
        parts(&seen)
    };
    assert_eq!(with("f", file("x")), []);
    assert_eq!(with("f", file("y")), [Part::Tree]);
    assert_eq!(with("f", Entry::plain(Kind::Directory)), [Part::Tree]);
    assert_eq!(with("g", file("x")), [Part::Tree]);
    assert_eq!(parts(&Observation { tree: Tree::new(), ..observed() }), [Part::Tree]);
}

#[test]
fn attributes_are_compared_and_shown_only_where_they_are_expected() {
    let mode = |mode| Tree::from([("f".into(), Entry { mode: Some(mode), ..file("x") })]);
    let same = Expect { tree: Some(mode(0o644)), ..expect() };
    assert_eq!(compare(&same, &observed()), []);
    let other = Expect { tree: Some(mode(0o600)), ..expect() };
    let mismatches = compare(&other, &observed());
    assert_eq!(mismatches[0].expected, "f: file, \"x\", mode 0o600\n");
    assert_eq!(mismatches[0].observed, "f: file, \"x\", mode 0o644\n");
}

#[test]
fn a_change_outside_the_preopen_is_a_mismatch() {
    let seen = Observation { escaped: Some("gone".into()), ..observed() };
    assert_eq!(parts(&seen), [Part::Canary]);
}

#[test]
fn a_case_of_level_may_differs_instead_of_failing() {
    let seen = Observation { stdout: "?".into(), ..observed() };
    let verdict = |level| judge_unknown(&case(level, expect()), &seen).verdict;
    assert_eq!(verdict(Level::Must), Verdict::Fail);
    assert_eq!(verdict(Level::Should), Verdict::Fail);
    assert_eq!(verdict(Level::May), Verdict::Differs);
}

fn wrong(stdout: &str) -> Observation {
    Observation { stdout: stdout.into(), ..observed() }
}

#[test]
fn the_difference_of_the_snapshot_with_one_cause_is_known() {
    let seen = wrong("a\nB\n");
    let judged = verdict(&known(Some(&seen), vec![cause("one")]), "3.0.0", Level::Must, &seen);
    assert_eq!(judged.verdict, Verdict::Known);
    assert_eq!(judged.known, [Known::new(&head("one"))]);
    assert_eq!(judged.note, None);
    assert_eq!(judged.mismatches.len(), 1);
}

#[test]
fn what_the_snapshot_lacks_fails_though_a_cause_claims_it() {
    for (stored, note) in [
        (None, "not in the snapshot x-3.0.0.json"),
        (
            Some(wrong("a\nC\n")),
            "differs from the snapshot x-3.0.0.json: was -2 b +2 C; is -2 b +2 B",
        ),
    ] {
        let known = known(stored.as_ref(), vec![cause("one")]);
        let judged = verdict(&known, "3.0.0", Level::Must, &wrong("a\nB\n"));
        assert_eq!((judged.verdict, judged.note.as_deref()), (Verdict::Fail, Some(note)));
        let may = verdict(&known, "3.0.0", Level::May, &wrong("a\nB\n"));
        assert_eq!(may.verdict, Verdict::Differs);
    }
}

#[test]
fn a_difference_without_a_cause_or_with_two_fails() {
    let seen = wrong("a\nB\n");
    for (causes, note) in [
        (vec![], "no cause explains: -2 b +2 B"),
        (vec![cause("one"), cause("two")], "`one` and `two` both explain: -2 b +2 B"),
    ] {
        let judged = verdict(&known(Some(&seen), causes), "3.0.0", Level::Must, &seen);
        assert_eq!((judged.verdict, judged.note.as_deref()), (Verdict::Fail, Some(note)));
    }
    // Nobody has to explain what the specification leaves open.
    let judged = verdict(&known(Some(&seen), vec![]), "3.0.0", Level::May, &seen);
    assert_eq!((judged.verdict, judged.note), (Verdict::Differs, None));
}

#[test]
fn a_difference_that_is_gone_is_an_unexpected_pass() {
    let known = known(Some(&wrong("a\nB\n")), vec![cause("one")]);
    let judged = verdict(&known, "3.0.0", Level::Must, &observed());
    let note = "differs in the snapshot x-3.0.0.json, and no longer: end the `versions` of `one`, or \
                remove it";
    assert_eq!((judged.verdict, judged.note.as_deref()), (Verdict::UnexpectedPass, Some(note)));
}

#[test]
fn other_versions_are_judged_by_the_nearest_snapshot() {
    let seen = wrong("a\nB\n");
    let known = known(Some(&seen), vec![cause("one")]);
    let of =
        |version: &str, seen: &Observation| verdict(&known, version, Level::Must, seen).verdict;
    for version in ["2.5.0", "3.9.0"] {
        assert_eq!(of(version, &seen), Verdict::Known, "{version}");
        assert_eq!(of(version, &observed()), Verdict::UnexpectedPass, "{version}");
    }
    // The cause ends before this version.
    assert_eq!(of("4.0.0", &seen), Verdict::Fail);
    assert_eq!(of("4.0.0", &observed()), Verdict::Pass);
}

#[test]
fn each_change_has_its_own_cause() {
    let with = |id: &str, predicate: Predicate, consequences: bool| Cause {
        predicate: Some(predicate),
        consequences,
        ..cause(id)
    };
    let all = |text: &str| vec![Pattern::new(text)];
    let stdout = with("line", Predicate { observed: all("A"), ..Predicate::default() }, false);
    let exit = with("exit", Predicate { part: Some(P::Exit), ..Predicate::default() }, false);
    let outcome = Outcome::Exit { code: 1 };
    let seen = Observation { outcome, ..wrong("A\nb\n") };
    let judged =
        |causes: Vec<Cause>| verdict(&known(Some(&seen), causes), "3.0.0", Level::Must, &seen);
    let both = judged(vec![stdout.clone(), exit.clone()]);
    assert_eq!(both.verdict, Verdict::Known);
    let ids: Vec<&str> = both.known.iter().map(|known| known.cause.as_str()).collect();
    assert_eq!(ids, ["line", "exit"]);
    assert_eq!(
        judged(vec![stdout.clone()]).note.as_deref(),
        Some("no cause explains: exit -1 0 exit +1 1")
    );
    let first = Cause { consequences: true, ..stdout };
    assert_eq!(judged(vec![first]).verdict, Verdict::Known, "what follows is a consequence");
    // The ending counts for every change of a case.
    let ending = with("ending", Predicate { exit: all("1"), ..Predicate::default() }, false);
    assert_eq!(judged(vec![ending]).verdict, Verdict::Known);
}

#[test]
fn what_varies_is_known_and_nothing_else() {
    let flaky = |part, values: &str| crate::known::Flaky {
        head: head("varies"),
        cases: ["a::x".to_owned()].into(),
        part,
        place: if part == P::Exit { Place::Whole } else { Place::Line(2) },
        values: Values::Patterns(values.split('|').map(Pattern::new).collect()),
    };
    let of = |flaky, seen: &Observation| {
        let file = File { runtime: "x".into(), causes: vec![], flaky: vec![flaky] };
        let mut known = Divergences::of_file(file);
        known.snapshots.add_for_test("x", "3.0.0", "a::x", None);
        verdict(&known, "3.0.0", Level::Must, seen)
    };
    let line = || flaky(P::Stdout, "b|B*");
    assert_eq!(of(line(), &observed()).verdict, Verdict::Pass, "a flaky line may be as expected");
    let varied = of(line(), &wrong("a\nBb\n"));
    assert_eq!((varied.verdict, varied.difference.len()), (Verdict::Known, 0));
    assert_eq!(varied.known, [Known::new(&head("varies"))]);
    for other in [wrong("a\nC\n"), wrong("A\nB\n")] {
        assert_eq!(of(line(), &other).verdict, Verdict::Fail, "another value, or another line");
    }
    for outcome in [Outcome::Crash { how: "killed by SIGSEGV".into() }, Outcome::Timeout] {
        let seen = Observation { outcome, ..wrong("a\nB\n") };
        assert_eq!(of(line(), &seen).verdict, Verdict::Fail, "never a crash or a time-out");
    }
    let outcome = Outcome::Exit { code: 7 };
    let seen = Observation { outcome, ..observed() };
    assert_eq!(of(flaky(P::Exit, "7|trap"), &seen).verdict, Verdict::Known);
    assert_eq!(of(flaky(P::Exit, "8|trap"), &seen).verdict, Verdict::Fail);
    let escaped = Observation { escaped: Some("out".into()), ..observed() };
    assert_eq!(of(line(), &escaped).verdict, Verdict::Fail);
}

#[test]
fn an_escape_is_never_known() {
    let seen = Observation { escaped: Some("out".into()), ..observed() };
    let judged = verdict(&known(Some(&seen), vec![cause("one")]), "3.0.0", Level::Must, &seen);
    assert_eq!(judged.verdict, Verdict::Fail);
}

/// Neither may a case leave it open, nor does trouble of ours undo what was seen.
#[test]
fn an_escape_fails_whatever_else_is_true() {
    let killed = Outcome::Crash { how: "killed by SIGKILL".into() };
    let trouble = Outcome::Error { message: "no space".into() };
    let left_running = vec!["sleep".to_owned()];
    for seen in [
        Observation { escaped: Some("gone".into()), ..observed() },
        Observation { escaped: Some("gone".into()), outcome: killed.clone(), ..observed() },
        Observation { escaped: Some("gone".into()), outcome: trouble, ..observed() },
        Observation { left_running, outcome: killed, ..observed() },
    ] {
        for level in [Level::Must, Level::May] {
            let judgement = judge_unknown(&case(level, expect()), &seen);
            assert_eq!(judgement.verdict, Verdict::Fail);
            let [mismatch] = judgement.mismatches.as_slice() else { panic!("{judgement:?}") };
            assert!(mismatch.part.is_containment(), "{judgement:?}");
        }
    }
}

#[test]
fn a_harness_error_is_never_a_failure_of_the_runtime_or_known() {
    let outcome = Outcome::Error { message: "no space".into() };
    let seen = Observation { outcome, ..observed() };
    let judgement = verdict(&known(None, vec![cause("one")]), "3.0.0", Level::May, &seen);
    assert_eq!(judgement.verdict, Verdict::HarnessError);
    assert_eq!(judgement.note.as_deref(), Some("no space"));
}

#[test]
fn long_content_is_shortened() {
    assert_eq!(describe_content(b"a\xff"), "\"a\\\\xff\"");
    assert_eq!(describe_content(&[0; 201]), "201 bytes, all 0x00");
    let mixed = [vec![b'a'; 200], vec![b'b']].concat();
    let shown = describe_content(&mixed);
    assert!(shown.starts_with("201 bytes with the digest "), "{shown}");
    assert!(shown.ends_with(&format!(", \"{}\"…", "a".repeat(200))), "{shown}");
}

#[test]
fn a_kill_that_nobody_expects_is_a_harness_error() {
    let killed = || Observation {
        outcome: Outcome::Crash { how: "killed by SIGKILL".into() },
        ..observed()
    };
    let case = case(Level::Must, expect());
    assert_eq!(judge_unknown(&case, &killed()).verdict, Verdict::HarnessError);
    let known = known(Some(&aborted()), vec![cause("one")]);
    let judged = verdict(&known, "3.0.0", Level::Must, &killed());
    assert_eq!(judged.verdict, Verdict::Known, "a crash is a crash");
    assert_eq!(judge_unknown(&case, &aborted()).verdict, Verdict::Fail);
}

fn aborted() -> Observation {
    Observation { outcome: Outcome::Crash { how: "killed by SIGABRT".into() }, ..observed() }
}
