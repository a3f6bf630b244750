//! Threads that never end, to start processes on.
//!
//! The kernel kills a child when the thread that started it ends, and the threads that run cases end
//! with their pool, while runners go on.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, OnceLock};
use std::thread;

type Job = Box<dyn FnOnce() + Send>;

/// Runs something on one of the lasting threads, and waits for its result.
pub fn on_lasting_thread<T: Send + 'static>(job: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, result) = channel();
    let job = move || drop(done.send(job()));
    spawners().send(Box::new(job)).expect("these threads never end");
    result.recv().expect("these threads never end")
}

/// There are several, because starting a process takes a millisecond.
fn spawners() -> Sender<Job> {
    static JOBS: OnceLock<Mutex<Sender<Job>>> = OnceLock::new();
    static WAITING: OnceLock<Mutex<Receiver<Job>>> = OnceLock::new();
    let jobs = JOBS.get_or_init(|| {
        let (jobs, waiting) = channel();
        let waiting = WAITING.get_or_init(|| Mutex::new(waiting));
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            thread::spawn(move || {
                loop {
                    let job = waiting.lock().expect(NO_PANIC).recv();
                    job.expect("the sender is never dropped")();
                }
            });
        }
        Mutex::new(jobs)
    });
    jobs.lock().expect(NO_PANIC).clone()
}

const NO_PANIC: &str = "no code panics while holding this";
