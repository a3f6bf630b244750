//! The model in the place of a runtime: what it does is what it allows, also through memory.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::fs;
use std::path::Path;

use model::{Branch, Call, Errno, Outcome, State, allowed};

use crate::executor::Session;
use crate::{Executor, Finding, Generator, Judge, Matrix, Options, Scenario, Specification, World};
use crate::{UNREACHED, lower, shrink};

fn world() -> World {
    World {
        args: vec![b"explore".to_vec(), b"x y".to_vec()],
        environ: vec![b"A=1".to_vec()],
        preopen: b"/0".to_vec(),
    }
}

fn no_finding(scenarios: impl Iterator<Item = Scenario>) -> usize {
    let mut executor = Executor::new(world());
    let mut judge = Judge::default();
    let mut count = 0;
    for scenario in scenarios {
        let program = lower(&scenario, 3);
        let ran = executor.run(&scenario, &program);
        if let Some(finding) = judge.judge(&world(), &scenario, &program, &ran) {
            panic!("scenario {count}: {scenario:?}\n{finding:?}");
        }
        count += 1;
    }
    count
}

#[test]
fn random_scenarios_on_the_model_give_no_finding() {
    let options = Options { alone: 10, ..Options::new(7) };
    no_finding(Generator::new(options, world()).take(20_000));
}

#[test]
fn the_matrix_on_the_model_gives_no_finding() {
    let matrix = Matrix::default();
    assert_eq!(no_finding(matrix.iter()), matrix.len());
    // docs/reference/explore.md says so.
    assert_eq!(matrix.len(), 83_796);
}

/// Finds the first finding on a faulty model, and reduces it.
fn shrunk(specification: Specification) -> (Scenario, Finding) {
    let mut executor = Executor::with(world(), specification);
    let mut judge = Judge::default();
    let mut run = |scenario: &Scenario| {
        let program = lower(scenario, 3);
        let ran = executor.run(scenario, &program);
        judge.judge(&world(), scenario, &program, &ran)
    };
    let mut scenarios = Generator::new(Options::new(1), world()).take(20_000);
    let (scenario, finding) = scenarios
        .find_map(|scenario| run(&scenario).map(|finding| (scenario, finding)))
        .expect("the fault is found");
    let signature = finding.signature();
    let signatures = |batch: &[Scenario]| {
        let all = batch.iter().map(|scenario| run(scenario).map(|finding| finding.signature()));
        Ok::<_, Infallible>(all.collect())
    };
    let Ok(small) = shrink(&scenario, &signature, 100, signatures);
    let finding = run(&small).expect("a smaller scenario has the same finding");
    assert_eq!(finding.signature(), signature);
    (small, finding)
}

#[test]
fn a_wrong_errno_is_found_and_reduced() {
    fn fault(state: &State, call: &Call) -> Vec<Branch> {
        let mut branches = allowed(state, call);
        if let (Call::FdSeek { .. }, Outcome::Fails(errno)) = (call, &mut branches[0].outcome)
            && errno.name() == "inval"
        {
            *errno = Errno(29);
        }
        branches
    }
    let (small, finding) = shrunk(fault);
    assert_eq!((finding.function, small.calls.len()), ("fd_seek", 2), "{small:?}");
    let signature = finding.signature();
    assert_eq!((&signature.allowed[..], &signature.observed[..]), ("inval", "io"));
    assert!(small.tree.0.len() <= 1, "{small:?}");
}

#[test]
fn an_unlinked_target_is_found_and_reduced() {
    fn fault(state: &State, call: &Call) -> Vec<Branch> {
        let Call::PathUnlinkFile { fd, path: Ok(path) } = call else { return allowed(state, call) };
        let all = (0..8).fold(path.clone(), |path, _| {
            let look =
                Call::PathReadlink { fd: *fd, path: Ok(path.clone()), room: Ok(4096), to: Ok(()) };
            match allowed(state, &look).swap_remove(0).outcome {
                Outcome::Succeeds(model::Value::Counted(target)) => target,
                _ => path,
            }
        });
        allowed(state, &Call::PathUnlinkFile { fd: *fd, path: Ok(all) })
    }
    let (small, finding) = shrunk(fault);
    assert!(small.calls.len() <= 2, "{small:?}\n{finding:?}");
    assert_eq!(finding.function, "path_unlink_file", "{small:?}");
}

/// The rules that the model's branches cite.
fn cited() -> BTreeSet<String> {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("../model/src");
    let calls = fs::read_dir(sources.join("calls")).unwrap();
    let files = calls.map(|entry| entry.unwrap().path());
    let files = files.chain(["walk.rs", "branch.rs"].map(|name| sources.join(name)));
    let text = files.map(|path| fs::read_to_string(path).unwrap()).collect::<String>();
    let is_rule = |word: &&str| {
        let part = |part: &str| {
            !part.is_empty()
                && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        };
        word.split_once('.').is_some_and(|(area, name)| part(area) && part(name))
    };
    text.split('"').filter(is_rule).map(str::to_owned).collect()
}

#[test]
fn every_branch_is_reached_or_says_why_not() {
    let mut generator = Generator::new(Options { alone: 10, ..Options::new(5) }, world());
    generator.by_ref().take(20_000).for_each(drop);
    let mut coverage = generator.coverage;
    let mut session = Session::new(allowed);
    // One in seven is enough to show it, except where there are few.
    let scenarios = Matrix::default();
    let scenarios = scenarios.iter().enumerate();
    for (_, scenario) in scenarios.filter(|(at, scenario)| at % 7 == 0 || scenario.is_alone()) {
        coverage.explore(&mut session, &world(), &scenario);
    }
    let reached: BTreeSet<String> = coverage.rules().into_iter().map(str::to_owned).collect();
    let why: BTreeSet<String> = UNREACHED.iter().map(|(rule, _)| (*rule).to_owned()).collect();
    let silent: Vec<_> =
        cited().difference(&reached).filter(|rule| !why.contains(*rule)).cloned().collect();
    assert!(silent.is_empty(), "not reached, and nothing says why: {silent:#?}");
    let both: Vec<_> = why.intersection(&reached).collect();
    assert!(both.is_empty(), "reached, and said not to be: {both:?}");
}
