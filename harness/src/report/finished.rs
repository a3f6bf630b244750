//! What a run says about a runtime that has run its cases, while others are still being built.

use std::fmt::Write;

use super::counts::Counts;
use crate::results::run_file::{RuntimeRow, VerdictRow};
use crate::results::snapshot::title;
use crate::support::escape::{line, visible};
use crate::support::text::count;

/// How many unexpected verdicts are named. The end of the run shows them.
const MOST_NAMED: usize = 10;

/// `node 20.20.2: 1507 verdicts: 1170 pass, 271 known, 66 skip: nothing unexpected`, or the unexpected
/// ones, each on a line.
pub fn finished(runtime: &RuntimeRow, verdicts: &[VerdictRow]) -> String {
    let name = line(&title(&runtime.name, &runtime.version));
    if let Some(reason) = &runtime.unavailable {
        return format!("{name}: not available: {}", visible(reason).replace('\n', "\n    "));
    }
    let counts = Counts::of(verdicts);
    let unexpected: Vec<&VerdictRow> =
        verdicts.iter().filter(|row| row.verdict.is_unexpected()).collect();
    let mut out = format!("{name}: {}: {}", count(counts.total(), "verdict"), counts.parts());
    if unexpected.is_empty() {
        out.push_str(": nothing unexpected");
    }
    for row in unexpected.iter().take(MOST_NAMED) {
        let _ = write!(out, "\n    {} {}", row.verdict, line(&row.case));
    }
    if let Some(more) = unexpected.len().checked_sub(MOST_NAMED).filter(|&more| more > 0) {
        let _ = write!(out, "\n    and {more} more");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::run_file::sample;
    use crate::verdict::judge::Verdict;

    fn rows(verdict: Verdict, number: usize) -> Vec<VerdictRow> {
        let row = VerdictRow { verdict, ..sample::run().verdicts[0].clone() };
        vec![row; number]
    }

    #[test]
    fn unexpected_verdicts_are_named_up_to_a_number() {
        let runtime = RuntimeRow { unavailable: None, ..sample::run().runtimes[0].clone() };
        let quiet = finished(&runtime, &rows(Verdict::Pass, 3));
        assert!(quiet.ends_with(": 3 verdicts: 3 pass: nothing unexpected"), "{quiet}");
        let mut some = rows(Verdict::Fail, 12);
        some.extend(rows(Verdict::Known, 1));
        let loud = finished(&runtime, &some);
        assert!(loud.contains(": 13 verdicts: 12 fail, 1 known\n    fail "), "{loud}");
        assert!(loud.ends_with("\n    and 2 more"), "{loud}");
        let missing = RuntimeRow { unavailable: Some("no compiler".into()), ..runtime };
        assert!(finished(&missing, &[]).ends_with(": not available: no compiler"));
    }
}
