//! How fast the model is alone, and which part of a scenario takes how long.

use std::time::Instant;

use explore::{Executor, Generator, Judge, Matrix, Options, Scenario, World, lower};

/// Repeats something over all scenarios, and says how many calls that were in a second.
fn time(what: &str, scenarios: &[Scenario], mut work: impl FnMut(usize)) {
    let calls: usize = scenarios.iter().map(|scenario| scenario.calls.len()).sum();
    let start = Instant::now();
    (0..scenarios.len()).for_each(&mut work);
    let seconds = start.elapsed().as_secs_f64();
    println!("{what:<10} {:>10.0} calls/s", calls as f64 / seconds);
}

fn main() {
    let matrix = Matrix::default();
    let alone = matrix.iter().filter(Scenario::is_alone).count();
    println!("matrix: {} scenarios, {alone} of them alone", matrix.len());
    let world = World::default();
    let mut generator =
        Generator::new(Options { calls: 10..=10, ..Options::new(1) }, world.clone());
    let start = Instant::now();
    let scenarios: Vec<Scenario> = generator.by_ref().take(20_000).collect();
    println!("generation: {:.0} scenarios/s", 20_000.0 / start.elapsed().as_secs_f64());
    println!("branches: {}", generator.coverage.branches().len());
    println!("rules: {}", generator.coverage.rules().len());
    let programs: Vec<_> = scenarios.iter().map(|scenario| lower(scenario, 3)).collect();
    time("lower", &scenarios, |place| drop(lower(&scenarios[place], 3)));
    let mut executor = Executor::new(world.clone());
    let mut ran = Vec::new();
    time("execute", &scenarios, |place| {
        ran.push(executor.run(&scenarios[place], &programs[place]));
    });
    let mut judge = Judge::default();
    time("judge", &scenarios, |place| {
        let finding = judge.judge(&world, &scenarios[place], &programs[place], &ran[place]);
        assert!(finding.is_none(), "{:?}\n{finding:?}", scenarios[place]);
    });
}
