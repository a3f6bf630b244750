//! The installed command outside of a checkout: it uses the bundled cases.

use std::fs;
use std::process::Command;

use crate::support::installed::{Installed, names, text};

#[test]
fn version_shows_the_digest_of_the_bundled_cases() {
    let installed = Installed::new();
    let said = text(&installed.output(&["--version"]).stdout);
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines[0], concat!("wasi-conformance ", env!("CARGO_PKG_VERSION")));
    let digest = lines[1].strip_prefix("cases ").unwrap().strip_suffix(", bundled").unwrap();
    // Nothing is unpacked to answer this.
    assert!(!installed.path("cache/suites").exists());
    let home = Command::new(env!("CARGO_BIN_EXE_wasi-conformance")).arg("-V").output().unwrap();
    assert!(text(&home.stdout).contains(&format!("cases {digest} of ")), "{}", text(&home.stdout));
}

#[test]
fn concurrent_commands_unpack_the_bundled_cases_once() {
    let installed = Installed::new();
    let mut children: Vec<_> = (0..4)
        .map(|_| installed.command(&["check"]).stdout(std::process::Stdio::null()).spawn().unwrap())
        .collect();
    assert!(children.iter_mut().all(|child| child.wait().unwrap().success()));
    assert_eq!(names(&installed.path("cache/suites")).len(), 1);
    assert_eq!(names(&installed.here()), Vec::<String>::new());
}

#[test]
fn a_checkout_in_the_current_directory_takes_precedence() {
    let installed = Installed::new();
    for directory in ["expectations", "guests/prebuilt"] {
        fs::create_dir_all(installed.here().join(directory)).unwrap();
    }
    let output = installed.output(&["check"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("here/expectations: no case found"), "{output:?}");
    assert!(!installed.path("cache/suites").exists());
}

#[test]
fn an_unwritable_cache_is_named_in_the_error() {
    let installed = Installed::new();
    fs::write(installed.path("cache"), "").unwrap();
    let output = installed.output(&["check"]);
    assert_eq!(output.status.code(), Some(2));
    let said = text(&output.stderr);
    assert!(said.contains("(set WASI_CONFORMANCE_CACHE to move it)"), "{said}");
}
