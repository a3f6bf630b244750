//! Cases of the guest `rust-calls`, checked with the model of preview 1: whether it allows what a case
//! expects, and what a runtime did.
//!
//! This layer knows no runtime and no verdict: it is given what was observed.

mod start;
mod texts;

use std::collections::{BTreeMap, BTreeSet};

use transcript::{Allowed, Ending, Mistake, Observed, Refusal};

use crate::case::{self, Case, Files};
use crate::support::bytes;

pub use texts::{is_of_output, of_difference};

/// The guest whose statements are calls.
const GUEST: &str = "rust-calls";

/// What a guest printed, and how it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// As text: see [`crate::support::bytes::output`].
    pub stdout: String,
    /// None if it counts for nothing.
    pub stderr: Option<String>,
    pub ending: Option<case::Ending>,
}

/// Whether the model can be asked about a case.
pub fn covers(case: &Case) -> bool {
    case.guest == GUEST && matches!(case.files, Files::Tree(_)) && case.skip.is_none()
}

/// All that a case accepts.
pub fn expected(case: &Case) -> Vec<Output> {
    let expect = &case.expect;
    let ending = expect.exit.or(Some(case::Ending::Exit(0)));
    let traps = ending == Some(case::Ending::Trap);
    let stderrs: Vec<Option<String>> = match &expect.stderr {
        Some(texts) if !traps => texts.iter().cloned().map(Some).collect(),
        _ => vec![None],
    };
    let mut all = Vec::new();
    for stdout in expect.stdout.iter().flatten() {
        for stderr in &stderrs {
            all.push(Output { stdout: stdout.clone(), stderr: stderr.clone(), ending });
        }
    }
    all
}

/// What a case accepts and the model does not allow. A result that a line may have counts as allowed if
/// it is in some output with accepted results elsewhere: not all that lines may have go together.
pub fn refused(case: &Case) -> Vec<String> {
    let mut accepted: BTreeSet<(usize, String)> = BTreeSet::new();
    let mut refused: BTreeMap<(usize, String), String> = BTreeMap::new();
    for output in expected(case) {
        let lines = output.stdout.lines().enumerate();
        let lines = lines.map(|(place, line)| (place, line.to_owned()));
        match check(case, &output) {
            Ok(Ok(_)) => accepted.extend(lines),
            Ok(Err(refusal)) => {
                refused.extend(lines.map(|line| (line, refusal.to_string())));
            }
            Err(Mistake { statement, message }) => {
                return vec![format!("`{statement}`: {message}")];
            }
        }
    }
    refused.retain(|line, _| !accepted.contains(line));
    let whys: BTreeSet<String> = refused.into_values().collect();
    whys.into_iter().collect()
}

/// What the model allows of this: each result with its rules, or the first that it does not allow.
pub fn check(case: &Case, output: &Output) -> Result<Result<Vec<Allowed>, Refusal>, Mistake> {
    let stdout = bytes::to_output(&output.stdout);
    let stderr = output.stderr.as_deref().map(bytes::to_output);
    let ending = match output.ending {
        Some(case::Ending::Exit(code)) => Ending::Exit(code),
        Some(case::Ending::Trap) => Ending::Trap,
        Some(case::Ending::Timeout) => Ending::Timeout,
        _ => Ending::Other,
    };
    let observed = Observed { stdout: &stdout, stderr: stderr.as_deref(), ending };
    transcript::check(&start::state(case), &case.stdin, &case.args, observed)
}
