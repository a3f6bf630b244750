//! How fast the model is alone, and which part of a scenario takes how long. The times are those of
//! one processor.

use std::cell::RefCell;

use explore::{Executor, Generator, Judge, Matrix, Options, Scenario, World, lower};
use model::{Branch, Call, State, allowed};

thread_local! {
    static CALLS: RefCell<Vec<(State, Call)>> = const { RefCell::new(Vec::new()) };
}

/// Remembers all calls, and the states in which they were made.
fn remember(state: &State, call: &Call) -> Vec<Branch> {
    CALLS.with_borrow_mut(|calls| calls.push((state.clone(), call.clone())));
    allowed(state, call)
}

/// The seconds that this thread was running.
fn now() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|first| first.parse::<f64>().ok()).unwrap_or(0.0) / 1e9
}

/// Does something so many times, and says how many calls that were in a second.
fn time(what: &str, times: usize, calls: usize, work: impl FnMut(usize)) {
    let start = now();
    (0..times).for_each(work);
    let seconds = now() - start;
    println!("{what:<10} {:>9.0} calls/s", calls as f64 / seconds);
}

fn main() {
    let matrix = Matrix::default();
    let alone = matrix.iter().filter(Scenario::is_alone).count();
    println!("the matrix has {} scenarios, {alone} of them alone", matrix.len());
    let world = World { preopen: b"/0".to_vec(), ..World::default() };
    let options = Options { calls: 10..=10, ..Options::new(1) };
    let mut generator = Generator::new(options, world.clone());
    let start = now();
    let scenarios: Vec<Scenario> = generator.by_ref().take(20_000).collect();
    let calls: usize = scenarios.iter().map(|scenario| scenario.calls.len()).sum();
    println!("generation {:>9.0} scenarios/s", scenarios.len() as f64 / (now() - start));
    let coverage = &generator.coverage;
    println!("{} branches of {} rules", coverage.branches().len(), coverage.rules().len());
    let programs: Vec<_> = scenarios.iter().map(|scenario| lower(scenario, 3)).collect();
    let count = scenarios.len();
    time("lower", count, calls, |place| drop(lower(&scenarios[place], 3)));
    let mut executor = Executor::new(world.clone());
    let mut ran = Vec::new();
    time("execute", count, calls, |at| ran.push(executor.run(&scenarios[at], &programs[at])));
    let mut judge = Judge::default();
    time("judge", count, calls, |at| {
        let finding = judge.judge(&world, &scenarios[at], &programs[at], &ran[at]);
        assert!(finding.is_none(), "{:?}\n{finding:?}", scenarios[at]);
    });
    let mut executor = Executor::with(world, remember);
    for (scenario, program) in scenarios.iter().zip(&programs) {
        executor.run(scenario, program);
    }
    let made = CALLS.take();
    time("model", made.len(), made.len(), |at| drop(allowed(&made[at].0, &made[at].1)));
}
