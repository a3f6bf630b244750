//! The results of a run: where they are written, failures to write them, and the exit status.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output};

use crate::support::{Checkout, FAKE_CASES, case, good_case};

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Runs the program in a shell whose processes can write no file, as on a full disk. (Writing then
/// fails, because the signal for it is ignored.)
fn with_full_disk(checkout: &Checkout, args: &[&str]) -> Output {
    let program = checkout.program(args);
    let mut shell = Command::new("bash");
    shell.args(["-c", "trap '' XFSZ; ulimit -f 0; exec \"$0\" \"$@\""]);
    shell.arg(program.get_program()).args(program.get_args());
    shell.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
    shell.current_dir(checkout.root()).output().unwrap()
}

#[test]
fn a_run_that_cannot_be_written_is_refused_before_it_starts() {
    let checkout = Checkout::with_fake("correct");
    checkout.write("file", "");
    fs::create_dir(checkout.path("sealed")).unwrap();
    fs::set_permissions(checkout.path("sealed"), fs::Permissions::from_mode(0o555)).unwrap();
    // Permissions do not stop root.
    let is_root = fs::write(checkout.path("sealed/x"), "").is_ok();
    let run = |out: &str| checkout.output(&["run", "-r", "node", "--out", out]);
    let mut refused = vec![
        (run("file"), "file (--out moves them): File exists"),
        (
            with_full_disk(&checkout, &["run", "-r", "node", "--out", "full"]),
            "full (--out moves them): File too large",
        ),
    ];
    match is_root {
        true => refused.push((run("/proc/results"), "/proc/results (--out moves them)")),
        false => refused.push((run("sealed"), "sealed (--out moves them): Permission denied")),
    }
    for (output, message) in refused {
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(&format!("results cannot be written to {message}")), "{said}");
        assert_eq!(text(&output.stdout), "");
    }
    assert_eq!(checkout.log(), Vec::<String>::new(), "a runner was started");
}

#[test]
fn results_that_cannot_be_written_are_still_shown() {
    let checkout = Checkout::with_fake("correct");
    // A directory is in the place of a file.
    fs::create_dir_all(checkout.path("target/wasi-conformance/report.html/x")).unwrap();
    let output = checkout.output(&["run", "-r", "node"]);
    let (shown, said) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(shown.contains("1 pass: nothing unexpected"), "{shown}");
    assert!(said.contains("not all results could be written:\n    report.html: write "), "{said}");
    // The other files are written.
    assert_eq!(checkout.run_file().verdicts.len(), 1);
    assert!(checkout.path("target/wasi-conformance/junit.xml").is_file());
}

#[test]
fn an_empty_run_replaces_nothing() {
    let checkout = Checkout::with_fake("correct");
    assert!(checkout.output(&["run", "-r", "node"]).status.success());
    let output = checkout.output(&["run", "-r", "node@999"]);
    assert_eq!(output.status.code(), Some(3));
    let shown = text(&output.stdout);
    assert!(shown.contains("no case ran, so ") && shown.contains("stays as it was"), "{shown}");
    assert!(text(&output.stderr).contains("no case ran: no runtime is available"));
    assert_eq!(checkout.run_file().verdicts.len(), 1);
    let page = fs::read_to_string(checkout.path("target/wasi-conformance/report.md")).unwrap();
    assert!(page.contains("node"), "{page}");
    // If no earlier run would be lost, it is written: it says why the runtime was unavailable.
    checkout.output(&["run", "-r", "node@999", "--out", "new"]);
    assert!(checkout.path("new/run.json").is_file());
}

/// A fake runner under the name `mine`, which a plain run includes if it is asked to.
fn registry_of_two(checkout: &Checkout, binary: &str, by_default: bool) {
    checkout.write(
        "harness/runners/registry.yaml",
        format!(
            "runtimes:\n  - {{ name: node, kind: script, default: true, binary: {0}, script: fake.json,\n      \
             args: ['{{script}}'], install: x,\n      {allow} }}\n  - {{ name: mine, kind: script, default: {by_default}, \
             binary: {binary},\n      script: mine.json, args: ['{{script}}'], install: x,\n      \
             {allow} }}\n",
            crate::support::FAKE_RUNNER,
            allow = checkout.allow().trim(),
        ),
    );
    checkout.write("harness/runners/mine.json", checkout.fake_config("refuses"));
}

#[test]
fn a_runtime_that_should_run_and_cannot_fails_the_run_with_a_status_of_its_own() {
    let checkout = Checkout::with_fake("correct");
    let run = |args: &[&str]| {
        let output = checkout.output(&[&["run"], args].concat());
        (output.status.code().unwrap(), text(&output.stdout))
    };
    // It does not start: a failure, whether it was asked for or only found.
    registry_of_two(&checkout, crate::support::FAKE_RUNNER, true);
    let (status, shown) = run(&[]);
    assert_eq!(status, 3, "{shown}");
    assert!(shown.contains("1 pass: nothing unexpected, but a runtime is missing"), "{shown}");
    let reason = "it was found and does not start: start the mine runner";
    assert!(shown.contains(&format!("mine: not available: {reason}")), "{shown}");
    let row = &checkout.run_file().runtimes[1];
    assert!(row.required && row.unavailable.is_some());
    let junit = fs::read_to_string(checkout.path("target/wasi-conformance/junit.xml")).unwrap();
    assert!(
        junit.contains("<error message=\"not available\" type=\"missing runtime\">"),
        "{junit}"
    );
    assert_eq!(run(&["--fail-on", "never"]).0, 3);
    // It is not installed: a failure only if it was asked for.
    registry_of_two(&checkout, "no-such-engine", true);
    assert_eq!(run(&[]).0, 0);
    assert_eq!(run(&["-r", "node,mine"]).0, 3);
    assert_eq!(run(&["-r", "mine"]).0, 3);
    // What is unexpected counts more.
    checkout.fake("contrary");
    assert_eq!(run(&["-r", "node,mine"]).0, 1);
}

/// One case passes, one fails, and a snapshot says that both did so before.
fn checkout_with_an_old_failure() -> Checkout {
    let checkout = Checkout::with_fake("correct");
    let old = case("old", "[open, a.txt]", "open a.txt -> acces\n");
    checkout.write("expectations/a.yaml", format!("{FAKE_CASES}{}{old}", good_case("fine")));
    checkout.output(&["run", "-r", "node"]);
    assert!(checkout.output(&["snapshot", "--out", "before"]).status.success());
    checkout
}

#[test]
fn fail_on_selects_the_verdicts_that_fail_a_run() {
    let checkout = checkout_with_an_old_failure();
    let run = |more: &[&str]| {
        let output = checkout.output(&[&["run", "-r", "node"], more].concat());
        (output.status.code().unwrap(), text(&output.stderr))
    };
    let baseline = ["--baseline", "before"];
    let with_baseline = |more: &[&str]| run(&[&baseline[..], more].concat()).0;
    assert_eq!(with_baseline(&[]), 1);
    assert_eq!(with_baseline(&["--fail-on", "unexpected"]), 1);
    assert_eq!(with_baseline(&["--fail-on", "regression"]), 0);
    assert_eq!(run(&["--fail-on", "never"]).0, 0);
    // From now on the other case fails as well.
    checkout.fake("contrary");
    assert_eq!(with_baseline(&["--fail-on", "regression"]), 1);
    assert_eq!(with_baseline(&["--fail-on", "never"]), 0);
    let allowed = ["--fail-on", "regression", "--allow", "a::fine"];
    assert_eq!(with_baseline(&allowed), 0);
    let (status, said) = run(&["--fail-on", "regression"]);
    assert_eq!(status, 2);
    assert!(said.contains("--fail-on regression needs something to compare with: add --baseline"));
    let (status, said) = run(&["--allow", "a::fine"]);
    assert_eq!(status, 2);
    assert!(said.contains("add --baseline"), "{said}");
}

#[test]
fn the_users_cases_and_guests_need_none_of_ours() {
    let checkout = Checkout::with_fake("correct");
    checkout.write("mine/cases/b.yaml", format!("{FAKE_CASES}{}", good_case("mine")));
    checkout.write("mine/guests/fake.wasm", crate::support::EMPTY_MODULE);
    let own = ["--expectations", "mine/cases", "--guests", "mine/guests"];
    let output = checkout.output(&[&["run", "-r", "node"], &own[..]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(checkout.run_file().verdicts[0].case, "b::mine");
}

#[test]
fn a_wrong_directory_of_guests_is_a_short_message() {
    let checkout = Checkout::new();
    let many: String = (0..500).map(|i| good_case(&format!("c{i}"))).collect();
    checkout.write("expectations/a.yaml", format!("{FAKE_CASES}{many}"));
    fs::create_dir(checkout.path("empty")).unwrap();
    let output = checkout.output(&["check", "--guests", "empty"]);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2));
    assert!(said.lines().count() < 50, "{said}");
    assert!(said.ends_with("and 480 more\n"), "{said}");
}
