//! Output that cannot be written: a closed pipe is not an error, a full disk is, and neither panics.

use std::fs::File;
use std::process::{Output, Stdio};

use crate::support::Checkout;

/// A pipe without a reader.
fn closed_pipe() -> Stdio {
    let (_, writer) = std::io::pipe().unwrap();
    writer.into()
}

fn full_disk() -> Stdio {
    File::options().write(true).open("/dev/full").unwrap().into()
}

fn without_panic(output: Output, args: &[&str]) -> (i32, String) {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!said.contains("panicked"), "{args:?}: {said}");
    (output.status.code().unwrap(), said)
}

/// A checkout with a run that has a difference to bless.
fn checkout() -> Checkout {
    let checkout = Checkout::with_fake("contrary");
    checkout.output(&["run", "-r", "node"]);
    checkout
}

const COMMANDS: [&[&str]; 10] = [
    &["--version"],
    &["--help"],
    &["list"],
    &["check"],
    &["explain", "a::fine"],
    &["runtimes", "-r", "node"],
    &["report"],
    &["bless"],
    &["snapshot", "--out", "snapshots"],
    &["run", "-r", "node", "--fail-on", "never"],
];

#[test]
fn a_reader_that_stops_reading_is_not_an_error() {
    for args in COMMANDS {
        let output = checkout().program(args).stdout(closed_pipe()).output().unwrap();
        assert_eq!(without_panic(output, args), (0, String::new()), "{args:?}");
    }
}

#[test]
fn a_full_disk_is_an_error_with_a_message() {
    // clap prints the help, and exits with 0 anyway.
    for args in COMMANDS.iter().filter(|args| **args != ["--help"]) {
        let output = checkout().program(args).stdout(full_disk()).output().unwrap();
        let (status, said) = without_panic(output, args);
        assert_eq!(status, 2, "{args:?}");
        assert!(said.contains("error: write to stdout: No space left on device"), "{said}");
    }
}

#[test]
fn errors_that_nobody_reads_keep_their_exit_status() {
    for (args, status) in [
        (&["run", "-r", "node@999"][..], 3),
        (&["explain", "a::gone"], 2),
        (&["snapshot", "--out", "snapshots"], 0),
    ] {
        for stderr in [closed_pipe(), full_disk()] {
            let output = checkout().program(args).stderr(stderr).output().unwrap();
            assert_eq!(without_panic(output, args).0, status, "{args:?}");
        }
    }
}
