//! Time, randomness, stdio and how a program exits.

use std::collections::HashMap;
use std::ffi::OsString;
use std::io::{self, BufRead, IsTerminal, Read, Write};
use std::time::{Duration, Instant, SystemTime};

use guests::scenario::Scenario;
use guests::{scenarios, text};

use crate::{done, show};

pub const SCENARIOS: [Scenario; 12] = scenarios![
    instants,
    sleep,
    system_time,
    hash_map,
    read_stdin,
    read_stdin_lines,
    write_both,
    terminals,
    exit,
    exit_flushes,
    abort,
    panic,
];

/// 2020-01-01 and 2100-01-01, in seconds.
const YEAR_2020: u64 = 1_577_836_800;
const YEAR_2100: u64 = 4_102_444_800;

/// No instant is earlier than the one taken before it.
fn instants(_: &[OsString]) {
    let mut last = Instant::now();
    let mut goes_back = 0;
    for _ in 0..1000 {
        let now = Instant::now();
        if now < last {
            goes_back += 1;
        }
        last = now;
    }
    show("instants before the last", Ok(goes_back));
}

/// Many short sleeps, not of whole milliseconds: a wrong runtime may not cut every sleep short.
fn sleep(_: &[OsString]) {
    const SLEEPS: u32 = 50;
    let wanted = Duration::from_micros(1900);
    let start = Instant::now();
    let mut shortest = Duration::MAX;
    for _ in 0..SLEEPS {
        let before = Instant::now();
        std::thread::sleep(wanted);
        shortest = shortest.min(before.elapsed());
    }
    show("each of 50 sleeps at least 1.9 ms", Ok(shortest >= wanted));
    show("all of them less than 5 s", Ok(start.elapsed() < Duration::from_secs(5)));
}

fn system_time(_: &[OsString]) {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    show("between 2020 and 2100", Ok((YEAR_2020..YEAR_2100).contains(&now.as_secs())));
}

/// A map's keys are hashed with a random seed.
fn hash_map(_: &[OsString]) {
    let mut map = HashMap::new();
    for number in 0..1000_u32 {
        map.insert(number, number * number);
    }
    let right = map.iter().filter(|(number, square)| *number * *number == **square).count();
    show("entries", Ok(right));
}

fn read_stdin(_: &[OsString]) {
    let mut all = Vec::new();
    let read = io::stdin().read_to_end(&mut all);
    show("read_to_end", read.map(|_| text::show(&all)));
    show("read at the end", io::stdin().read(&mut [0; 8]));
}

fn read_stdin_lines(_: &[OsString]) {
    for line in io::stdin().lock().lines() {
        show("line", line.map(|line| text::quote(line.as_bytes())));
    }
}

fn write_both(_: &[OsString]) {
    done("write to stderr", io::stderr().write_all(b"to stderr\n"));
    done("write to stdout", io::stdout().write_all(b"to stdout\n"));
    done("flush", io::stdout().flush());
}

fn terminals(_: &[OsString]) {
    show("stdin is a terminal", Ok(io::stdin().is_terminal()));
    show("stdout is a terminal", Ok(io::stdout().is_terminal()));
    show("stderr is a terminal", Ok(io::stderr().is_terminal()));
}

fn exit(arguments: &[OsString]) {
    println!("before the exit");
    let status = arguments.first().and_then(|status| status.to_str()?.parse().ok());
    std::process::exit(status.unwrap_or(0));
}

/// The buffer of stdout is flushed when the program exits.
fn exit_flushes(_: &[OsString]) {
    print!("a line\nand a part of one");
    std::process::exit(5);
}

/// Nothing more is written when the program aborts.
fn abort(_: &[OsString]) {
    print!("a line\nand a part of one");
    std::process::abort();
}

/// A panic ends the program, which is built to abort on it: that is a trap.
fn panic(_: &[OsString]) {
    println!("before the panic");
    panic!("on purpose");
}
