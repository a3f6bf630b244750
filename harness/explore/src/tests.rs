//! The model in the place of a runtime: what it does is what it allows, also through memory.

use crate::{Executor, Generator, Judge, Options, Scenario, World, lower};

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
