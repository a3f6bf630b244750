//! What a guest printed, from what was expected and the changed lines.

use super::{Output, expected};
use crate::case::{Case, Ending};
use crate::known::{Change, Part};

/// What a guest printed that differs in this way from what its case accepts. None if the difference does
/// not say: parts of it may be kept as digests.
pub fn of_difference(case: &Case, difference: &[Change]) -> Option<Output> {
    if !is_of_output(difference) {
        return None;
    }
    expected(case).into_iter().find_map(|output| {
        let ending = match difference.iter().find(|change| change.part == Part::Exit) {
            Some(change) => ending(&change.observed.as_ref()?.text)?,
            None => output.ending?,
        };
        let stdout = apply(Part::Stdout, &output.stdout, difference)?;
        let stderr = match output.stderr {
            Some(text) if ending != Ending::Trap => Some(apply(Part::Stderr, &text, difference)?),
            _ => None,
        };
        Some(Output { stdout, stderr, ending: Some(ending) })
    })
}

/// Whether a difference is about more than the final tree and what is around it, which are not checked.
pub fn is_of_output(difference: &[Change]) -> bool {
    let parts = [Part::Stdout, Part::Stderr, Part::Exit];
    difference.iter().any(|change| parts.contains(&change.part))
}

/// A text with changed lines; none if they are changes of another text.
fn apply(part: Part, expected: &str, difference: &[Change]) -> Option<String> {
    let mut lines: Vec<Option<&str>> = expected.split_inclusive('\n').map(Some).collect();
    let changes = difference.iter().filter(|change| change.part == part);
    let (removed, added): (Vec<_>, Vec<_>) =
        changes.map(|change| (&change.expected, &change.observed)).unzip();
    for line in removed.into_iter().flatten() {
        let old = lines.get_mut(line.number - 1)?;
        if old.is_none_or(|old| old.strip_suffix('\n') != Some(&line.text)) {
            return None;
        }
        *old = None;
    }
    let mut all: Vec<String> = lines.into_iter().flatten().map(str::to_owned).collect();
    for line in added.into_iter().flatten() {
        let is_whole = !line.text.contains('…') && !line.text.contains("(no newline at the end)");
        if !is_whole || line.number > all.len() + 1 {
            return None;
        }
        all.insert(line.number - 1, format!("{}\n", line.text));
    }
    Some(all.concat())
}

fn ending(text: &str) -> Option<Ending> {
    Some(match text {
        "trap" => Ending::Trap,
        "timeout" => Ending::Timeout,
        "unsupported" => Ending::Unsupported,
        "crash" => Ending::Crash,
        "output_limit" => Ending::OutputLimit,
        code => Ending::Exit(code.parse().ok()?),
    })
}
