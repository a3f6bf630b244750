//! `explore`: makes the calls of a batch of scenarios, and writes down what each of them gave. It
//! judges nothing. Each scenario has a preopen of its own, `/0`, `/1` and so on; the preopen
//! `/control` holds the file `batch` and gets the file `results`. The formats are those of
//! `harness/explore/src/machine.rs`, with a number in front of the batch (whether to write down each
//! result before the next call) and the numbers of all preopens in front of the results.
//!
//! Nothing is allocated, so that memory is the same wherever this runs: the arena, in which the calls
//! find their data and leave their results, is the last page.

mod calls;
mod files;
mod preopens;
mod reader;

use core::arch::wasm32::{memory_grow, memory_size};
use core::slice;
use std::process::exit;

use guests::imports;
use preopens::Preopens;
use reader::Reader;

const PAGE: usize = 1 << 16;
/// Where the batch is, then the results, then the arena. Below is all that the compiler places.
const BATCH: usize = 0x14_0000;
const RESULTS: usize = BATCH + (1 << 20);
const ARENA: usize = RESULTS + (1 << 20);
const ARENA_SIZE: usize = PAGE;

/// The exit status for a batch that is not as described.
const INVALID: i32 = 64;
/// The exit status if the preopen `/control` or its files cannot be used.
const NO_CONTROL: i32 = 70;

/// Slot 0 is the scenario's preopen; the others are what its steps opened.
const SLOTS: usize = 256;
/// The number of a descriptor that was never opened.
const NEVER_OPENED: u32 = 1 << 20;
/// What results that nobody has written look like.
const FILL: u8 = 0xa5;

/// The kinds of arguments and patches.
const NUMBER: u8 = 0;
const ADDRESS: u8 = 1;
const SLOT: u8 = 2;
const PATCH_BYTES: u8 = 0;
const PATCH_SLOT: u8 = 1;
const PATCH_ADDRESS: u8 = 2;

fn main() {
    make_room();
    let Some(mut preopens) = Preopens::find() else { exit(NO_CONTROL) };
    let Some(results) = files::create(preopens.control, b"results") else { exit(NO_CONTROL) };
    preopens.results = results;
    // SAFETY: `make_room` made sure that nothing else is there, for this and the next two.
    let room = unsafe { slice::from_raw_parts_mut(BATCH as *mut u8, RESULTS - BATCH) };
    let Some(length) = files::read(preopens.control, b"batch", room) else { exit(NO_CONTROL) };
    let out = unsafe { slice::from_raw_parts_mut(RESULTS as *mut u8, ARENA - RESULTS) };
    let arena = unsafe { slice::from_raw_parts_mut(ARENA as *mut u8, ARENA_SIZE) };
    let results = Results { file: results, out, length: 0, written: 0 };
    let mut run = Run { preopens, arena, results };
    let mut batch = Reader(&room[..length]);
    let keeps_journal = batch.u32() != 0;
    let programs = batch.u32() as usize;
    for place in 0..programs {
        run.results.put(&run.preopens.of_scenario(place).to_le_bytes());
    }
    for place in 0..programs {
        // So that it is known in which program the guest ended, if it does.
        run.results.flush();
        run.program(place, &mut batch, keeps_journal);
    }
    run.results.flush();
}

/// Makes memory end behind the arena.
fn make_room() {
    let pages = memory_size(0);
    let wanted = (ARENA + ARENA_SIZE) / PAGE;
    if pages * PAGE > BATCH || memory_grow(0, wanted - pages) != pages {
        exit(NO_CONTROL);
    }
}

/// Ends for a batch that is invalid.
fn refuse() -> ! {
    exit(INVALID)
}

struct Run {
    preopens: Preopens,
    arena: &'static mut [u8],
    results: Results,
}

/// Kept until the end, or written after each call: then they tell which call never came back.
struct Results {
    file: i32,
    out: &'static mut [u8],
    length: usize,
    written: usize,
}

impl Results {
    fn put(&mut self, bytes: &[u8]) {
        let end = self.length + bytes.len();
        match self.out.get_mut(self.length..end) {
            Some(room) => room.copy_from_slice(bytes),
            None => refuse(),
        }
        self.length = end;
    }

    fn flush(&mut self) {
        if !files::write(self.file, &self.out[self.written..self.length]) {
            exit(NO_CONTROL);
        }
        self.written = self.length;
    }
}

impl Run {
    fn program(&mut self, place: usize, batch: &mut Reader, keeps_journal: bool) {
        let _its_place = batch.u32();
        let ops = batch.u8();
        for clock in 0..2 {
            self.results.put(&time(clock).to_le_bytes());
        }
        let mut slots = [NEVER_OPENED; SLOTS];
        slots[0] = self.preopens.of_scenario(place);
        for _ in 0..ops {
            if keeps_journal {
                self.results.flush();
            }
            self.op(batch, &mut slots);
        }
        for fd in slots {
            if fd != NEVER_OPENED && !self.preopens.needs(place, fd) {
                // SAFETY: no address is passed.
                unsafe { imports::fd_close(fd as i32) };
            }
        }
    }

    fn op(&mut self, batch: &mut Reader, slots: &mut [u32; SLOTS]) {
        let function = batch.u8();
        let [patches, arguments, dumps] = [batch.u8(), batch.u8(), batch.u8()];
        let (kept_in, kept_from) = (usize::from(batch.u8()), batch.u32() as usize);
        let rest = batch.0;
        // What is dumped comes last, and is filled first.
        (0..patches).for_each(|_| self.patch(batch, slots, false));
        let mut numbers = [0; 16];
        for place in 0..usize::from(arguments) {
            let (kind, number) = (batch.u8(), batch.u64());
            let number = match kind {
                NUMBER => number,
                ADDRESS => (ARENA as u64) + number,
                SLOT => slots[usize::from(number as u8)].into(),
                _ => refuse(),
            };
            *numbers.get_mut(place).unwrap_or_else(|| refuse()) = number;
        }
        let dumped = batch.0;
        for _ in 0..dumps {
            let (from, length) = (batch.u32() as usize, batch.u32() as usize);
            self.arena_at(from, length).fill(FILL);
        }
        let mut again = Reader(rest);
        (0..patches).for_each(|_| self.patch(&mut again, slots, true));
        let errno = calls::call(function, &numbers) as u32;
        self.results.put(&errno.to_le_bytes());
        if errno != 0 {
            return;
        }
        if kept_in != 0 {
            slots[kept_in] = Reader(self.arena_at(kept_from, 4)).u32();
        }
        let mut dumped = Reader(dumped);
        for _ in 0..dumps {
            let (from, length) = (dumped.u32() as usize, dumped.u32() as usize);
            let Run { arena, results, .. } = self;
            results.put(range(arena, from, length));
        }
    }

    /// Reads a patch and, if `applies`, makes it.
    fn patch(&mut self, batch: &mut Reader, slots: &[u32; SLOTS], applies: bool) {
        let (kind, at) = (batch.u8(), batch.u32() as usize);
        let number = match kind {
            PATCH_BYTES => {
                let length = batch.u32() as usize;
                let bytes = batch.take(length);
                if applies {
                    self.arena_at(at, length).copy_from_slice(bytes);
                }
                return;
            }
            PATCH_SLOT => slots[usize::from(batch.u8())],
            PATCH_ADDRESS => (ARENA as u32) + batch.u32(),
            _ => refuse(),
        };
        if applies {
            self.arena_at(at, 4).copy_from_slice(&number.to_le_bytes());
        }
    }

    fn arena_at(&mut self, from: usize, length: usize) -> &mut [u8] {
        range(self.arena, from, length)
    }
}

fn range(arena: &mut [u8], from: usize, length: usize) -> &mut [u8] {
    arena.get_mut(from..).and_then(|rest| rest.get_mut(..length)).unwrap_or_else(|| refuse())
}

/// What a clock shows, or 0.
fn time(clock: i32) -> u64 {
    let mut time = 0u64;
    // SAFETY: there is room for the result.
    match unsafe { imports::clock_time_get(clock, 0, &raw mut time as i32) } {
        0 => time,
        _ => 0,
    }
}
