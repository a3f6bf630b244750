//! A runtime with a hole in its sandbox reaches the canary, which is seen, and nothing else.
#![cfg(target_os = "linux")]

use std::fs;
use std::os::unix::net::UnixListener;

use tempfile::TempDir;
use wasi_conformance::results::run_file::Run;
use wasi_conformance::verdict::judge::{Part, Verdict};

use crate::support::{Checkout, FAKE_CASES, case, verdict_of};

/// A guest that reads a file of the user's, writes beside it, and so on. What it could do is compared
/// with what it can do when it is contained.
struct Guest {
    checkout: Checkout,
    home: TempDir,
    /// A program of the user's that listens, such as Docker's daemon.
    _daemon: UnixListener,
}

impl Guest {
    fn new() -> Guest {
        let (checkout, home) = (Checkout::with_fake("correct"), tempfile::tempdir().unwrap());
        let secret = home.path().join("secret");
        fs::write(&secret, "secret").unwrap();
        let _daemon = UnixListener::bind(home.path().join("secret.socket")).unwrap();
        let contained = "read -> failure\nwrite -> failure\nsocket -> failure\n\
                         variable -> failure\ncanary -> success\n";
        let around = case("around", &format!("[looks_around, {}]", secret.display()), contained);
        checkout.write("expectations/a.yaml", format!("{FAKE_CASES}{around}"));
        Guest { checkout, home, _daemon }
    }

    fn run(&self, more: &[&str]) -> Run {
        let mut program = self.checkout.program(&[&["run", "-r", "node"], more].concat());
        program.env("A_SECRET", "secret").output().unwrap();
        self.checkout.run_file()
    }
}

#[test]
fn only_the_canary_is_in_reach() {
    let guest = Guest::new();
    let run = guest.run(&[]);
    if !run.runtimes[0].details.contains("landlock") {
        return;
    }
    let row = verdict_of(&run.verdicts, "a::around");
    let parts: Vec<Part> = row.mismatches.iter().map(|mismatch| mismatch.part).collect();
    assert_eq!((row.verdict, &*parts), (Verdict::Fail, &[Part::Canary][..]), "{row:?}");
    assert_eq!(fs::read_dir(guest.home.path()).unwrap().count(), 2);
}

#[test]
fn without_containment_everything_is() {
    let guest = Guest::new();
    let run = guest.run(&["--no-containment"]);
    assert_eq!(run.runtimes[0].details, "a fake; not contained");
    let stdout = &verdict_of(&run.verdicts, "a::around").observed.as_ref().unwrap().stdout;
    assert!(!stdout.contains("failure"), "{stdout}");
    assert_eq!(fs::read_dir(guest.home.path()).unwrap().count(), 3);
}
