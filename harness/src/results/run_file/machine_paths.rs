//! Directories of the machine that made a run. They say nothing about a runtime, so run files and
//! reports have placeholders instead.
//!
//! | placeholder | stands for |
//! | --- | --- |
//! | `{work}` | the directory of a case, or of the run |
//! | `{cache}` | the cache |
//! | `{checkout}` | the checkout; paths in it become relative |
//! | `{home}` | a home directory |
//!
//! Paths in cargo's registry become relative to it.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use regex::{Captures, Regex};
use runner_kit::Outcome;

use super::{Run, RuntimeRow, VerdictRow};
use crate::verdict::judge::Part;

/// Nothing before a path that would make it the end of a longer one.
const BEFORE: &str = r"(?P<before>^|file://|[^\w./~}-])";

/// Where cargo keeps crates, also of a machine that is not this one.
static CRATES: LazyLock<Regex> = LazyLock::new(|| {
    let crates = r"(?:/[\w.-]+)+/(?:registry/src|git/checkouts)/[\w.-]+/";
    Regex::new(&format!("{BEFORE}{crates}")).expect("a valid pattern")
});

/// A home directory, also of a machine that is not this one.
static HOME: LazyLock<Regex> = LazyLock::new(|| {
    let home = r"(?:/root|/home/[\w.-]+|/Users/[\w.-]+)";
    Regex::new(&format!(r"{BEFORE}{home}(?P<after>/|\b)")).expect("a valid pattern")
});

/// The directories of this machine. By default none are known, and only those that look like a home
/// directory or cargo's are hidden.
#[derive(Debug, Default)]
pub struct MachinePaths {
    work: Option<Regex>,
    /// Directories and what takes their place, the longest first.
    others: Vec<(Regex, &'static str)>,
}

impl MachinePaths {
    /// `work` is where cases have their directories.
    pub fn new(work: &Path, cache: Option<&Path>, checkout: &Path, home: Option<&Path>) -> Self {
        let work = spellings(work)
            .map(|path| format!(r"{}(?:/runner-\w{{6}})?(?:/case-\w{{6}})?", regex::escape(&path)))
            .collect::<Vec<_>>();
        let work = Regex::new(&format!(r"{BEFORE}(?:{})(?P<after>/|\b)", work.join("|")));
        let mut others = Vec::new();
        for (directory, placeholder) in
            [(cache, "{cache}"), (Some(checkout), "{checkout}"), (home, "{home}")]
        {
            let spellings = directory.into_iter().flat_map(spellings);
            others.extend(spellings.map(|path| (path, placeholder)));
        }
        others.sort_by_key(|(path, _)| std::cmp::Reverse(path.len()));
        let pattern = |(path, placeholder): (String, &'static str)| {
            let pattern = Regex::new(&format!(r"{BEFORE}{}(?P<after>/|\b)", regex::escape(&path)));
            Some((pattern.ok()?, placeholder))
        };
        MachinePaths { work: work.ok(), others: others.into_iter().filter_map(pattern).collect() }
    }

    /// A text of the harness or of a runtime, without directories of this machine.
    pub fn hide(&self, text: &str) -> String {
        let mut text = self.hide_work(text);
        for (pattern, placeholder) in &self.others {
            text = replace(pattern, &text, placeholder);
        }
        let text = text.replace("{checkout}/", "");
        replace(&HOME, &CRATES.replace_all(&text, "$before"), "{home}")
    }

    /// What a guest printed is evidence and stays, but for the random name of its directory.
    fn hide_work(&self, text: &str) -> String {
        match &self.work {
            Some(work) => replace(work, text, "{work}"),
            None => text.to_owned(),
        }
    }

    pub fn hide_in_run(&self, mut run: Run) -> Run {
        run.runtimes.iter_mut().for_each(|row| self.hide_in_runtime(row));
        for case in &mut run.cases {
            // A test of wasi-testsuite may be anywhere.
            case.source = self.hide(&case.source);
        }
        run.verdicts.iter_mut().for_each(|row| self.hide_in_verdict(row));
        run
    }

    fn hide_in_runtime(&self, row: &mut RuntimeRow) {
        let texts = [&mut row.version, &mut row.details, &mut row.source];
        let optional = [&mut row.unavailable, &mut row.smoke_test_failure];
        for text in texts.into_iter().chain(optional.into_iter().flatten()) {
            *text = self.hide(text);
        }
    }

    pub fn hide_in_verdict(&self, row: &mut VerdictRow) {
        if let Some(note) = &mut row.note {
            *note = self.hide(note);
        }
        let varied = row.varies.iter_mut().flat_map(|way| &mut way.mismatches);
        for mismatch in row.mismatches.iter_mut().chain(varied) {
            mismatch.observed = match mismatch.part {
                // The message of a trap or a crash.
                Part::Exit => self.hide(&mismatch.observed),
                _ => self.hide_work(&mismatch.observed),
            };
        }
        for line in row.difference.iter_mut().filter_map(|change| change.observed.as_mut()) {
            line.text = self.hide_work(&line.text);
        }
        let Some(observed) = &mut row.observed else { return };
        match &mut observed.outcome {
            Outcome::Trap { message } | Outcome::Error { message } => *message = self.hide(message),
            Outcome::Unsupported { reason } => *reason = self.hide(reason),
            Outcome::Crash { how } => *how = self.hide(how),
            Outcome::Exit { .. } | Outcome::Timeout | Outcome::OutputLimit => {}
        }
        observed.stdout = self.hide_work(&observed.stdout);
        // A guest that does not exit leaves stderr to its runtime.
        observed.stderr = match observed.outcome {
            Outcome::Exit { .. } => self.hide_work(&observed.stderr),
            _ => self.hide(&observed.stderr),
        };
    }
}

impl Run {
    /// The same run, for one that may come from another machine: without what looks like a home
    /// directory there.
    pub fn without_machine_paths(&self) -> Run {
        MachinePaths::default().hide_in_run(self.clone())
    }
}

/// A directory as it was named, and without symbolic links. None for the root, which is in every path.
fn spellings(directory: &Path) -> impl Iterator<Item = String> + use<> {
    let real = directory.canonicalize().ok().filter(|real| real != directory);
    let all: [Option<PathBuf>; 2] = [Some(directory.to_owned()), real];
    let texts = all.into_iter().flatten().map(|path| path.display().to_string());
    texts.map(|text| text.trim_end_matches('/').to_owned()).filter(|text| !text.is_empty())
}

fn replace(pattern: &Regex, text: &str, placeholder: &str) -> String {
    let replaced = pattern.replace_all(text, |found: &Captures| {
        format!("{}{placeholder}{}", &found["before"], &found["after"])
    });
    replaced.into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::run_file::sample;
    use crate::verdict::judge::Verdict;

    fn of_this_machine() -> MachinePaths {
        MachinePaths::new(
            Path::new("/mem/wasi-conformance-a1b2c3"),
            Some(Path::new("/srv/me/.cache/wasi-conformance")),
            Path::new("/srv/me/checkout"),
            Some(Path::new("/srv/me")),
        )
    }

    #[test]
    fn homes_and_crates_of_any_machine_are_hidden() {
        for (text, hidden) in [
            ("/root/x/y", "{home}/x/y"),
            ("at /home/me/x.rs:3", "at {home}/x.rs:3"),
            ("(/Users/some.one/x)", "({home}/x)"),
            ("/root", "{home}"),
            ("at file:///root/x.mjs:5", "at file://{home}/x.mjs:5"),
            (
                "panicked at /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/a-1.2.3/src/x.rs:5",
                "panicked at a-1.2.3/src/x.rs:5",
            ),
            ("/usr/local/cargo/registry/src/i-1/a-1.2.3/x.rs", "a-1.2.3/x.rs"),
            ("/data/home/me/x", "/data/home/me/x"),
            ("box/root/etc", "box/root/etc"),
            ("/rooted/x", "/rooted/x"),
            ("/usr/bin/node", "/usr/bin/node"),
        ] {
            assert_eq!(MachinePaths::default().hide(text), hidden);
        }
    }

    #[test]
    fn known_directories_are_hidden_the_longest_first() {
        for (text, hidden) in [
            ("start /srv/me/bin/x: no such file", "start {home}/bin/x: no such file"),
            ("`/srv/me/.cache/wasi-conformance/x`", "`{cache}/x`"),
            ("at /srv/me/checkout/expectations/a.yaml:3", "at expectations/a.yaml:3"),
            ("in /srv/me/checkout", "in {checkout}"),
            ("file:///srv/me/checkout/harness/x.mjs:5", "file://harness/x.mjs:5"),
            ("open /mem/wasi-conformance-a1b2c3/case-x1y2z3/root/f", "open {work}/root/f"),
            ("/mem/wasi-conformance-a1b2c3/runner-u1v2w3/case-x1y2z3/root/f", "{work}/root/f"),
            ("/mem/wasi-conformance-a1b2c3/guests/a.wasm", "{work}/guests/a.wasm"),
            ("/srv/menu/x and /mnt/srv/me/x", "/srv/menu/x and /mnt/srv/me/x"),
        ] {
            let paths = of_this_machine();
            assert_eq!(paths.hide(text), hidden);
            assert_eq!(paths.hide(hidden), hidden, "hidden twice");
        }
        let of_root = MachinePaths::new(Path::new("/mem/w"), None, Path::new("/"), None);
        assert_eq!(of_root.hide("/usr/bin/node"), "/usr/bin/node");
    }

    #[test]
    fn a_run_has_no_machine_paths_and_keeps_its_verdicts_and_what_guests_printed() {
        let secret = "/srv/me/x and /mem/wasi-conformance-a1b2c3/case-x1y2z3/root";
        let mut run = sample::run();
        run.runtimes[0].source = secret.into();
        run.runtimes[2].unavailable = Some(secret.into());
        for row in &mut run.verdicts {
            row.note = Some(secret.into());
            let Some(observed) = &mut row.observed else { continue };
            observed.outcome = Outcome::Trap { message: secret.into() };
            observed.stdout = secret.into();
            observed.stderr = secret.into();
            for mismatch in &mut row.mismatches {
                mismatch.observed = secret.into();
            }
        }
        let verdicts =
            |run: &Run| run.verdicts.iter().map(|row| row.verdict).collect::<Vec<Verdict>>();
        let hidden = of_this_machine().hide_in_run(run.clone());
        assert_eq!(verdicts(&hidden), verdicts(&run));
        assert_eq!(hidden.verdicts[0].mismatches[0].observed, "/srv/me/x and {work}/root");
        assert_eq!(
            hidden.verdicts[0].observed.as_ref().unwrap().stdout,
            "/srv/me/x and {work}/root"
        );
        let text = hidden.to_json().unwrap();
        assert!(!text.contains("/mem"), "{text}");
        let evidence = hidden.verdicts.iter().map(|row| row.mismatches.len()).sum::<usize>()
            + hidden.verdicts.iter().filter(|row| row.observed.is_some()).count();
        assert_eq!(text.matches("/srv/me").count(), evidence, "{text}");
    }
}
