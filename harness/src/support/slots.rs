//! How many jobs run at once. A job that only waits, for a guest that sleeps or hangs, passes its slot
//! on to another job, so that cases that wait do not keep those that compute from running.

use std::cell::RefCell;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};

/// A number of slots.
#[derive(Clone)]
pub struct Slots(Arc<Shared>);

struct Shared {
    counts: Mutex<Counts>,
    freed: Condvar,
}

struct Counts {
    free: usize,
    /// How many more jobs may wait without a slot.
    may_wait: usize,
}

/// The right to compute, until this is dropped.
pub struct Slot {
    shared: Arc<Shared>,
    is_passed_on: bool,
}

thread_local! {
    /// The slot of the job that this thread runs.
    static HELD: RefCell<Option<Slot>> = const { RefCell::new(None) };
}

impl Slots {
    /// Slots for so many jobs at once. So many more may run while they only wait.
    pub fn new(at_once: usize, waiting: usize) -> Slots {
        let counts = Mutex::new(Counts { free: at_once, may_wait: waiting });
        Slots(Arc::new(Shared { counts, freed: Condvar::new() }))
    }

    /// Waits for a slot.
    pub fn take(&self) -> Slot {
        let mut counts = self.0.lock();
        while counts.free == 0 {
            counts = self.0.freed.wait(counts).expect("no code panics while holding this");
        }
        counts.free -= 1;
        Slot { shared: Arc::clone(&self.0), is_passed_on: false }
    }
}

impl Slot {
    /// Runs a job, which may call [`only_waits`].
    pub fn run<R>(self, job: impl FnOnce() -> R) -> R {
        HELD.with(|held| held.replace(Some(self)));
        let result = job();
        HELD.with(RefCell::take);
        result
    }

    fn pass_on(&mut self) {
        let mut counts = self.shared.lock();
        if !self.is_passed_on && counts.may_wait > 0 {
            counts.may_wait -= 1;
            counts.free += 1;
            self.is_passed_on = true;
            self.shared.freed.notify_one();
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut counts = self.shared.lock();
        match self.is_passed_on {
            true => counts.may_wait += 1,
            false => counts.free += 1,
        }
        self.shared.freed.notify_one();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().expect("no code panics while holding this")
    }
}

/// Says that the job of this thread will compute no more, except to conclude. Outside a job, this does
/// nothing.
pub fn only_waits() {
    HELD.with_borrow_mut(|held| held.iter_mut().for_each(Slot::pass_on));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn free(slots: &Slots) -> usize {
        slots.0.lock().free
    }

    #[test]
    fn a_job_that_only_waits_passes_its_slot_on_once() {
        let slots = Slots::new(1, 1);
        let waiting = slots.take();
        waiting.run(|| {
            assert_eq!(free(&slots), 0);
            only_waits();
            only_waits();
            assert_eq!(free(&slots), 1);
            // No more may wait, so this one keeps its slot.
            let other = slots.clone();
            std::thread::spawn(move || {
                other.take().run(|| (only_waits(), assert_eq!(free(&other), 0)))
            })
            .join()
            .unwrap();
        });
        assert_eq!(free(&slots), 1);
        assert_eq!(slots.0.lock().may_wait, 1);
        only_waits();
    }

    #[test]
    fn a_slot_comes_back_when_its_job_panics() {
        let slots = Slots::new(1, 0);
        let other = slots.clone();
        let panicked = std::thread::spawn(move || other.take().run(|| panic!("as it should")));
        assert!(panicked.join().is_err());
        drop(slots.take());
    }
}
