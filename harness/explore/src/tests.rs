//! The model in the place of a runtime: what it does is what it allows, also through memory.

use std::convert::Infallible;

use model::{Branch, Call, Errno, Outcome, State, allowed};

use crate::{Executor, Finding, Generator, Judge, Matrix, Options, Scenario, Specification, World};
use crate::{lower, shrink};

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
    assert!(matrix.len() >= 50_000, "{}", matrix.len());
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
