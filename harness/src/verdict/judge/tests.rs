//! Each verdict, and what counts as a difference.

use semver::VersionReq;

use super::*;
use crate::case::{Source, sample};
use crate::known::DivergenceKind;

fn source() -> Source {
    Source { file: "a.yaml".into(), line: 3 }
}

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

fn divergence(observed: Expect) -> Divergence {
    Divergence {
        case: "a::x".into(),
        versions: VersionReq::STAR,
        applies_to: None,
        kind: DivergenceKind::Bug,
        reason: "It is wrong.".into(),
        link: "https://example.org".into(),
        observed: Some(observed),
        source: source(),
    }
}

/// The parts of an observation that differ from `expect`.
fn parts(observed: &Observation) -> Vec<Part> {
    compare(&expect(), observed).into_iter().map(|m| m.part).collect()
}

#[test]
fn an_observation_as_expected_passes() {
    let judgement = judge(&case(Level::Must, expect()), &observed(), None);
    let expected = Judgement {
        verdict: Verdict::Pass,
        mismatches: vec![],
        note: None,
        known: None,
        flaky: false,
    };
    assert_eq!(judgement, expected);
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
    let verdict = |level| judge(&case(level, expect()), &seen, None).verdict;
    assert_eq!(verdict(Level::Must), Verdict::Fail);
    assert_eq!(verdict(Level::Should), Verdict::Fail);
    assert_eq!(verdict(Level::May), Verdict::Differs);
}

#[test]
fn a_divergence_must_match_exactly() {
    let divergence = divergence(Expect { stdout: Some(vec!["wrong\n".into()]), ..expect() });
    let judged = |stdout: &str, level| {
        let seen = Observation { stdout: stdout.into(), ..observed() };
        judge(&case(level, expect()), &seen, Some(&divergence))
    };
    let known = judged("wrong\n", Level::Must);
    assert_eq!(known.verdict, Verdict::Known);
    assert_eq!(known.note.as_deref(), Some("It is wrong."));
    assert_eq!(known.mismatches.len(), 1);
    let other = judged("wrong in another way\n", Level::Must);
    assert_eq!(other.verdict, Verdict::Fail);
    let note = "does not match the divergence at a.yaml:3";
    assert_eq!(other.note.as_deref(), Some(note));
    assert_eq!(judged("other\n", Level::May).verdict, Verdict::Differs);
    for level in [Level::Must, Level::May] {
        let passed = judged("a\nb\n", level);
        assert_eq!(passed.verdict, Verdict::UnexpectedPass);
        let note = "no longer diverges: remove the divergence at a.yaml:3";
        assert_eq!(passed.note.as_deref(), Some(note));
    }
}

#[test]
fn a_flaky_divergence_matches_anything_but_an_escape() {
    let flaky = Divergence { observed: None, ..divergence(expect()) };
    let case = case(Level::Must, expect());
    let verdict = |seen: &Observation| judge(&case, seen, Some(&flaky)).verdict;
    let outcome = Outcome::Crash { how: "killed by SIGSEGV".into() };
    assert_eq!(verdict(&Observation { outcome, ..observed() }), Verdict::Known);
    assert_eq!(verdict(&Observation { stdout: "?".into(), ..observed() }), Verdict::Known);
    assert_eq!(verdict(&observed()), Verdict::Pass, "a flaky case may pass");
    let escaped = Some("out".into());
    assert_eq!(verdict(&Observation { escaped, ..observed() }), Verdict::Fail);
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
            let judgement = judge(&case(level, expect()), &seen, None);
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
    let divergence = divergence(Expect { exit: None, ..expect() });
    let judgement = judge(&case(Level::May, expect()), &seen, Some(&divergence));
    assert_eq!(judgement.verdict, Verdict::HarnessError);
    assert_eq!(judgement.note.as_deref(), Some("no space"));
}

#[test]
fn long_content_is_shortened() {
    assert_eq!(describe_content(b"a\xff"), "\"a\\\\xff\"");
    assert_eq!(describe_content(&[0; 201]), "201 bytes, all 0x00");
    let mixed = [vec![b'a'; 200], vec![b'b']].concat();
    assert_eq!(describe_content(&mixed), format!("201 bytes, \"{}\"…", "a".repeat(200)));
}

#[test]
fn a_kill_that_nobody_expects_is_a_harness_error() {
    let killed = || Observation {
        outcome: Outcome::Crash { how: "killed by SIGKILL".into() },
        ..observed()
    };
    let case = case(Level::Must, expect());
    assert_eq!(judge(&case, &killed(), None).verdict, Verdict::HarnessError);
    let crash = Expect { exit: Some(Ending::Crash), ..expect() };
    let known = divergence(crash);
    assert_eq!(judge(&case, &killed(), Some(&known)).verdict, Verdict::Known);
    let aborted =
        Observation { outcome: Outcome::Crash { how: "killed by SIGABRT".into() }, ..observed() };
    assert_eq!(judge(&case, &aborted, None).verdict, Verdict::Fail);
}
