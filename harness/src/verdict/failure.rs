//! A failure in a few words, such as `path_open: perm instead of success`: coarse enough that cases
//! with the same cause usually get the same words. Reports group failures without a divergence by it.

use std::fmt;

use crate::support::text::diff;
use crate::verdict::judge::{Mismatch, Part};

/// How an observation is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FailureKind {
    /// The guest reached something outside its preopens.
    Escape,
    Timeout,
    Crash,
    Trap,
    /// The call should have trapped.
    NoTrap,
    OutputLimit,
    /// The runtime reports that it does not support this.
    Unsupported,
    /// A call returned another errno than expected; success counts as one.
    WrongErrno,
    /// A call returned the right errno and the wrong value.
    WrongContent,
    /// The guest printed less than expected.
    MissingOutput,
    /// The guest printed more than expected.
    ExtraOutput,
    WrongExitStatus,
    WrongFiles,
    WrongStderr,
}

impl fmt::Display for FailureKind {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.pad(match self {
            FailureKind::Escape => "escape",
            FailureKind::Timeout => "timeout",
            FailureKind::Crash => "crash",
            FailureKind::Trap => "trap",
            FailureKind::NoTrap => "no trap",
            FailureKind::OutputLimit => "output limit",
            FailureKind::Unsupported => "unsupported",
            FailureKind::WrongErrno => "wrong errno",
            FailureKind::WrongContent => "wrong content",
            FailureKind::MissingOutput => "missing output",
            FailureKind::ExtraOutput => "extra output",
            FailureKind::WrongExitStatus => "wrong exit status",
            FailureKind::WrongFiles => "wrong files",
            FailureKind::WrongStderr => "wrong stderr",
        })
    }
}

/// The first failure of a case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Failure {
    pub kind: FailureKind,
    /// `path_open: perm instead of success`.
    pub summary: String,
}

/// A part that differs, with the lines that only one side has.
pub struct DifferentLines<'a> {
    pub part: &'a str,
    pub expected: Vec<&'a str>,
    pub observed: Vec<&'a str>,
}

impl Failure {
    /// `None` if there is no mismatch.
    pub fn new(mismatches: &[Mismatch]) -> Option<Failure> {
        let text: String = mismatches.iter().map(Mismatch::difference).collect();
        Failure::from_parts(&different_lines(&text))
    }

    /// The same, from the text that [`Mismatch::difference`] writes, for one or several parts.
    pub fn from_difference(text: &str) -> Option<Failure> {
        Failure::from_parts(&different_lines(text))
    }

    fn from_parts(parts: &[DifferentLines]) -> Option<Failure> {
        let part = |part: Part| parts.iter().find(|found| found.part == part.to_string());
        let failure = |kind: FailureKind, summary: String| Some(Failure { kind, summary });
        if part(Part::Canary).is_some() {
            let kind = FailureKind::Escape;
            return failure(kind, "touches files outside the preopen".into());
        }
        if part(Part::Processes).is_some() {
            return failure(FailureKind::Escape, "leaves a process running".into());
        }
        let call = part(Part::Stdout).and_then(Call::first);
        let function = call.as_ref().map(|call| format!("{}: ", call.function)).unwrap_or_default();
        let exit = part(Part::Exit);
        if let Some(kind) = exit.and_then(ending) {
            return failure(kind, format!("{function}{kind}"));
        }
        if let Some(call) = call {
            return failure(call.kind, call.summary());
        }
        if let Some(stdout) = part(Part::Stdout) {
            let kind = only_one_side(stdout).unwrap_or(FailureKind::WrongContent);
            return failure(kind, format!("stdout: {kind}"));
        }
        if let Some(exit) = exit {
            let observed = exit.observed.first().copied().unwrap_or("another ending");
            let expected = exit.expected.first().copied().unwrap_or("the expected one");
            let kind = FailureKind::WrongExitStatus;
            return failure(kind, format!("{observed} instead of {expected}"));
        }
        if part(Part::Tree).is_some() {
            let kind = FailureKind::WrongFiles;
            return failure(kind, "the final tree differs".into());
        }
        let stderr = part(Part::Stderr)?;
        let kind = FailureKind::WrongStderr;
        let summary =
            only_one_side(stderr).map_or_else(|| kind.to_string(), |k| format!("stderr: {k}"));
        failure(kind, summary)
    }
}

impl Mismatch {
    /// The name of the part, `stdout:`, followed by a diff: `-` expected, `+` observed.
    pub fn difference(&self) -> String {
        format!("{}:\n{}", self.part, diff(&self.expected, &self.observed))
    }
}

/// The parts of a difference. A line printed by a guest is never taken for the name of a part, because
/// it has a sign or two spaces in front.
pub fn different_lines(text: &str) -> Vec<DifferentLines<'_>> {
    let mut parts: Vec<DifferentLines> = Vec::new();
    for line in text.lines() {
        let last = parts.last_mut();
        match (line.strip_prefix("- "), line.strip_prefix("+ "), last) {
            (Some(line), _, Some(part)) => part.expected.push(line),
            (_, Some(line), Some(part)) => part.observed.push(line),
            _ if line.starts_with(' ') => {}
            _ => {
                if let Some(part) = line.strip_suffix(':') {
                    parts.push(DifferentLines { part, expected: vec![], observed: vec![] });
                }
            }
        }
    }
    parts
}

/// The kind of failure, if the ending alone decides it: all but a wrong exit status.
fn ending(exit: &DifferentLines) -> Option<FailureKind> {
    // The runtime's message may follow the word.
    let word = |lines: &[&str]| {
        lines.first().and_then(|line| line.split(':').next()).unwrap_or_default().trim().to_owned()
    };
    Some(match word(&exit.observed).as_str() {
        "timeout" => FailureKind::Timeout,
        "crash" => FailureKind::Crash,
        "trap" => FailureKind::Trap,
        "output_limit" => FailureKind::OutputLimit,
        "unsupported" => FailureKind::Unsupported,
        _ if word(&exit.expected) == "trap" => FailureKind::NoTrap,
        _ => return None,
    })
}

fn only_one_side(part: &DifferentLines) -> Option<FailureKind> {
    match (part.expected.is_empty(), part.observed.is_empty()) {
        (false, true) => Some(FailureKind::MissingOutput),
        (true, false) => Some(FailureKind::ExtraOutput),
        _ => None,
    }
}

/// The first call of a transcript whose line differs.
struct Call<'a> {
    kind: FailureKind,
    function: &'a str,
    /// The observed and the expected result, if both are known.
    results: Option<(&'a str, &'a str)>,
}

impl<'a> Call<'a> {
    fn first(stdout: &DifferentLines<'a>) -> Option<Call<'a>> {
        let expected = stdout.expected.first().and_then(|line| statement(line));
        let observed = stdout.observed.first().and_then(|line| statement(line));
        match (expected, observed) {
            (Some((call, expected)), Some((other, observed))) if call == other => {
                let (left, right) = (first_word(expected), first_word(observed));
                let kind = match left != right && is_errno(left) && is_errno(right) {
                    true => FailureKind::WrongErrno,
                    false => FailureKind::WrongContent,
                };
                Some(Call { kind, function: function(call), results: Some((right, left)) })
            }
            (Some((call, _)), None) => Some(Call::one(FailureKind::MissingOutput, call)),
            (None, Some((call, _))) => Some(Call::one(FailureKind::ExtraOutput, call)),
            (Some((call, _)), Some(_)) => Some(Call::one(FailureKind::WrongContent, call)),
            (None, None) => None,
        }
    }

    fn one(kind: FailureKind, call: &'a str) -> Self {
        Call { kind, function: function(call), results: None }
    }

    fn summary(&self) -> String {
        let function = self.function;
        match (self.kind, self.results) {
            (FailureKind::WrongErrno, Some((observed, expected))) => {
                format!("{function}: {observed} instead of {expected}")
            }
            (kind, _) => format!("{function}: {kind}"),
        }
    }
}

/// The call and the result of `name = call -> result`.
fn statement(line: &str) -> Option<(&str, &str)> {
    let (call, result) = line.rsplit_once(" -> ")?;
    Some((call.split_once(" = ").map_or(call, |(_, call)| call), result))
}

/// `path_open` of `path_open /data a.txt`, `lseek` of `lseek(fd, 0, SEEK_CUR)`.
fn function(call: &str) -> &str {
    let name = call.split([' ', '(']).next().unwrap_or(call);
    // Of a method, without its object.
    name.rsplit_once('.').map_or(name, |(_, method)| method)
}

fn first_word(result: &str) -> &str {
    result.split(' ').next().unwrap_or(result)
}

/// Whether a word is an errno or success: `success`, `badf`, `ENOENT`, `bad-descriptor`.
fn is_errno(word: &str) -> bool {
    let is_answer = matches!(word, "yes" | "no" | "true" | "false");
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let has_letter = word.contains(|c: char| c.is_ascii_alphabetic());
    !is_answer && has_letter && word.chars().all(is_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mismatch(part: Part, expected: &str, observed: &str) -> Mismatch {
        Mismatch { part, expected: expected.into(), observed: observed.into() }
    }

    fn failure(mismatches: &[Mismatch]) -> (FailureKind, String) {
        let failure = Failure::new(mismatches).unwrap();
        (failure.kind, failure.summary)
    }

    fn of_stdout(expected: &str, observed: &str) -> (FailureKind, String) {
        failure(&[mismatch(Part::Stdout, expected, observed)])
    }

    #[test]
    fn no_mismatch_is_no_failure() {
        assert_eq!(Failure::new(&[]), None);
    }

    #[test]
    fn the_first_call_that_differs_names_the_failure() {
        for (expected, observed, kind, summary) in [
            (
                "f = path_open /data a -> success\nfd_read f 1 -> isdir\n",
                "f = path_open /data a -> success\nfd_read f 1 -> badf\n",
                FailureKind::WrongErrno,
                "fd_read: badf instead of isdir",
            ),
            (
                "fd_read f 2 -> success 2 \"he\"\n",
                "fd_read f 2 -> notsup\n",
                FailureKind::WrongErrno,
                "fd_read: notsup instead of success",
            ),
            (
                "fd_read f 2 -> success 2 \"he\"\n",
                "fd_read f 2 -> success 1 \"h\"\n",
                FailureKind::WrongContent,
                "fd_read: wrong content",
            ),
            (
                "lseek(fd, 0, SEEK_CUR) -> ENOTSUP\n",
                "lseek(fd, 0, SEEK_CUR) -> EINVAL\n",
                FailureKind::WrongErrno,
                "lseek: EINVAL instead of ENOTSUP",
            ),
            (
                "f.read 2 1 -> ok \"el\"\n",
                "f.read 2 1 -> bad-descriptor\n",
                FailureKind::WrongErrno,
                "read: bad-descriptor instead of ok",
            ),
            (
                "missing == 0 -> yes\n",
                "missing == 0 -> no\n",
                FailureKind::WrongContent,
                "missing: wrong content",
            ),
            ("fd_sync f -> success\n", "", FailureKind::MissingOutput, "fd_sync: missing output"),
            ("", "fd_sync f -> io\n", FailureKind::ExtraOutput, "fd_sync: extra output"),
            ("hello\n", "hallo\n", FailureKind::WrongContent, "stdout: wrong content"),
        ] {
            assert_eq!(of_stdout(expected, observed), (kind, summary.to_owned()), "{summary}");
        }
    }

    #[test]
    fn an_ending_takes_precedence_over_the_output_it_cut_off() {
        let stdout = mismatch(Part::Stdout, "fd_read f 1 -> io\n", "");
        for (expected, observed, kind, summary) in [
            ("exit 0\n", "timeout\n", FailureKind::Timeout, "fd_read: timeout"),
            ("exit 0\n", "trap: at 0x12\n", FailureKind::Trap, "fd_read: trap"),
            ("exit 0\n", "crash: signal 11\n", FailureKind::Crash, "fd_read: crash"),
            ("trap\n", "exit 0\n", FailureKind::NoTrap, "fd_read: no trap"),
            ("exit 0\n", "exit 1\n", FailureKind::MissingOutput, "fd_read: missing output"),
        ] {
            let exit = mismatch(Part::Exit, expected, observed);
            assert_eq!(failure(&[exit, stdout.clone()]), (kind, summary.to_owned()));
        }
    }

    #[test]
    fn other_parts_name_the_failure_if_stdout_is_right() {
        let exit = mismatch(Part::Exit, "exit 0\n", "exit 1\n");
        let tree = mismatch(Part::Tree, "a: file, \"x\"\n", "");
        let stderr = mismatch(Part::Stderr, "", "warning\n");
        let canary = mismatch(Part::Canary, "nothing outside\n", "a file\n");
        let summary = |mismatches: &[Mismatch]| failure(mismatches).1;
        assert_eq!(summary(&[exit.clone(), tree.clone()]), "exit 1 instead of exit 0");
        assert_eq!(summary(&[stderr.clone(), tree]), "the final tree differs");
        assert_eq!(summary(&[stderr]), "stderr: extra output");
        assert_eq!(summary(&[exit, canary]), "touches files outside the preopen");
    }

    #[test]
    fn a_line_of_a_guest_is_never_taken_for_the_name_of_a_part() {
        let parts = different_lines("stdout:\n- stderr:\n+ exit:\n  final tree:\n");
        assert_eq!(parts.len(), 1);
        assert_eq!(parts[0].expected, ["stderr:"]);
        assert_eq!(parts[0].observed, ["exit:"]);
    }
}
