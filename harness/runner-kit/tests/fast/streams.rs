//! The guest's standard streams: named pipes or a socket while it runs, the runner's own otherwise.

use std::fs;
use std::time::{Duration, Instant};

use runner_kit::{Outcome, Socket};

use crate::runner::Runner;

#[test]
fn the_guest_reads_and_writes_the_named_pipes() {
    let mut runner = Runner::greeted();
    for text in ["first", "second, longer", ""] {
        let request = runner.request_for("echo");
        // That all of it is there and the pipes have ended when the reply comes is checked on the way.
        let ran = runner.run_request(&request, text);
        assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), (text, "echoed"));
    }
}

#[test]
fn output_of_the_runner_between_guests_reaches_no_guest() {
    let mut runner = Runner::greeted();
    for guest in ["leave", "echo"] {
        let ran = runner.run(guest);
        assert!(!ran.stdout.contains("compiling"), "{ran:?}");
        assert!(!ran.stderr.contains("compiling"), "{ran:?}");
    }
    let (_, said) = runner.end();
    assert_eq!(said, "compiling\ncompiling\n");
}

#[test]
fn a_missing_pipe_ends_the_runner_with_its_name() {
    let mut runner = Runner::greeted();
    let request = runner.request_for("leave");
    fs::remove_file(&request.stdio[0]).unwrap();
    runner.send_request(&request);
    assert!(runner.reply().is_none());
    let (status, said) = runner.end();
    assert_eq!(status.code(), Some(1));
    assert!(said.contains(&format!("open {}", request.stdio[0].display())), "{said}");
}

#[test]
fn a_socket_takes_the_place_of_stdin() {
    let mut runner = Runner::greeted();
    for (guest, socket) in [("converse", Socket::Connected), ("accept", Socket::Listening)] {
        let mut request = runner.request_for(guest);
        request.socket = Some(socket);
        let ran = runner.run_request(&request, "hello");
        assert_eq!(ran.outcome, Outcome::Exit { code: 0 });
        assert_eq!(ran.stdout, "hello again");
    }
    // The next guest has a pipe again.
    let request = runner.request_for("echo");
    assert_eq!(runner.run_request(&request, "text").stdout, "text");
}

#[test]
fn a_guest_that_ignores_its_socket_is_not_waited_for() {
    let mut runner = Runner::greeted();
    for socket in [Socket::Connected, Socket::Listening] {
        let mut request = runner.request_for("leave");
        request.socket = Some(socket);
        let began = Instant::now();
        assert_eq!(runner.run_request(&request, "hello").outcome, Outcome::Exit { code: 0 });
        assert!(began.elapsed() < Duration::from_secs(10));
    }
}
