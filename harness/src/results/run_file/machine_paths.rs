//! Paths of the machine that made a run, which are nobody's business and no fact about a runtime.

use std::sync::LazyLock;

use regex::Regex;
use runner_kit::Outcome;

use super::{Run, RuntimeRow, VerdictRow};
use crate::verdict::judge::Part;

/// A home directory, with what cargo keeps of a crate in it.
static HOME: LazyLock<Regex> = LazyLock::new(|| {
    let home = r"(?P<before>^|[^\w./~-])(?:/root|/home/[\w.-]+|/Users/[\w.-]+)";
    let crates = r"(?P<crates>/\.cargo/(?:registry/src|git/checkouts)/[\w.-]+/)?";
    Regex::new(&format!("{home}{crates}(?P<after>/|\\b)")).expect("the pattern is one")
});

/// A text without home directories: `~` stands for them, and nothing for where cargo keeps crates.
pub fn hide(text: &str) -> String {
    let replaced = HOME.replace_all(text, |found: &regex::Captures| {
        let before = &found["before"];
        match found.name("crates") {
            Some(_) => before.to_owned(),
            None => format!("{before}~{}", found.name("after").map_or("", |after| after.as_str())),
        }
    });
    replaced.into_owned()
}

impl Run {
    /// The same run, without paths of the machine in what runtimes and the harness say. What a guest
    /// printed is evidence and stays.
    pub fn without_machine_paths(&self) -> Run {
        let mut run = self.clone();
        run.runtimes.iter_mut().for_each(RuntimeRow::hide_machine_paths);
        for case in &mut run.cases {
            // A test of wasi-testsuite may be anywhere.
            case.source = hide(&case.source);
        }
        run.verdicts.iter_mut().for_each(VerdictRow::hide_machine_paths);
        run
    }
}

impl RuntimeRow {
    fn hide_machine_paths(&mut self) {
        for text in [&mut self.version, &mut self.details, &mut self.source] {
            *text = hide(text);
        }
        for text in [&mut self.unavailable, &mut self.smoke_test_failure].into_iter().flatten() {
            *text = hide(text);
        }
    }
}

impl VerdictRow {
    fn hide_machine_paths(&mut self) {
        if let Some(note) = &mut self.note {
            *note = hide(note);
        }
        let varied = self.varies.iter_mut().flat_map(|way| &mut way.mismatches);
        for mismatch in self.mismatches.iter_mut().chain(varied) {
            // The message of a trap or a crash.
            if mismatch.part == Part::Exit {
                mismatch.observed = hide(&mismatch.observed);
            }
        }
        if let Some(observed) = &mut self.observed {
            match &mut observed.outcome {
                Outcome::Trap { message } | Outcome::Error { message } => *message = hide(message),
                Outcome::Unsupported { reason } => *reason = hide(reason),
                Outcome::Crash { how } => *how = hide(how),
                Outcome::Exit { .. } | Outcome::Timeout | Outcome::OutputLimit => {}
            }
            // A guest that does not exit leaves stderr to its runtime.
            if !matches!(observed.outcome, Outcome::Exit { .. }) {
                observed.stderr = hide(&observed.stderr);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::hide;

    #[test]
    fn home_directories_are_hidden_and_other_paths_stay() {
        for (text, hidden) in [
            ("/root/x/y", "~/x/y"),
            ("at /home/me/x.rs:3", "at ~/x.rs:3"),
            ("(/Users/some.one/x)", "(~/x)"),
            ("/root", "~"),
            (
                "panicked at /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/a-1.2.3/src/x.rs:5",
                "panicked at a-1.2.3/src/x.rs:5",
            ),
            ("/data/home/me/x", "/data/home/me/x"),
            ("box/root/etc", "box/root/etc"),
            ("/rooted/x", "/rooted/x"),
            ("/usr/bin/node", "/usr/bin/node"),
        ] {
            assert_eq!(hide(text), hidden);
        }
    }
}
