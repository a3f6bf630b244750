//! Time-outs that were not expected, and the results of running those cases again, alone.

use runner_kit::Outcome;

use crate::results::run_file::VerdictRow;
use crate::verdict::judge::Verdict;

/// Verdicts by how their time-outs ended. With `--repeat`, a verdict counts once.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Timeouts {
    /// All that timed out, also those that were not run again because others were confirmed.
    all: usize,
    retried: usize,
    passed: usize,
    confirmed: usize,
}

impl Timeouts {
    pub fn of<'a>(rows: impl IntoIterator<Item = &'a VerdictRow>) -> Self {
        let mut counts = Timeouts::default();
        for row in rows {
            counts.all += usize::from(row.timeouts.is_some() || is_unconfirmed(row));
            if let Some(timeouts) = row.timeouts {
                counts.retried += 1;
                match (timeouts.confirmed, row.verdict) {
                    (0, Verdict::Pass | Verdict::Flaky) => counts.passed += 1,
                    (0, _) => {}
                    _ => counts.confirmed += 1,
                }
            }
        }
        counts
    }

    /// `3 cases timed out; 3 were run again alone: 2 passed, 1 timed out again`; nothing if none ran
    /// again.
    pub fn sentence(&self) -> Option<String> {
        if self.retried == 0 {
            return None;
        }
        let cases = if self.all == 1 { "case" } else { "cases" };
        let were = if self.retried == 1 { "was" } else { "were" };
        let results = [
            (self.passed, "passed"),
            (self.confirmed, "timed out again"),
            (self.retried - self.passed - self.confirmed, "ended in another way"),
        ];
        let results = results.iter().filter(|(count, _)| *count > 0);
        let results: Vec<String> = results.map(|(count, what)| format!("{count} {what}")).collect();
        let (all, retried) = (self.all, self.retried);
        let results = results.join(", ");
        Some(format!("{all} {cases} timed out; {retried} {were} run again alone: {results}"))
    }
}

/// Whether it timed out unexpectedly, and was not run again.
fn is_unconfirmed(row: &VerdictRow) -> bool {
    let timed_out = row.observed.as_ref().is_some_and(|o| o.outcome == Outcome::Timeout);
    timed_out && matches!(row.verdict, Verdict::Fail | Verdict::Differs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::run_file::TimeoutsRow;
    use crate::results::run_file::sample::wrong;

    fn retried(verdict: Verdict, confirmed: u32) -> VerdictRow {
        VerdictRow {
            timeouts: Some(TimeoutsRow { retried: 1, confirmed }),
            ..wrong("one", "path_open::a", verdict, None)
        }
    }

    #[test]
    fn late_cases_are_counted_apart_from_those_that_time_out_again() {
        let rows = [
            retried(Verdict::Flaky, 0),
            retried(Verdict::Fail, 1),
            retried(Verdict::Fail, 0),
            wrong("one", "path_open::b", Verdict::Fail, None),
        ];
        assert_eq!(
            Timeouts::of(&rows).sentence().unwrap(),
            "3 cases timed out; 3 were run again alone: \
             1 passed, 1 timed out again, 1 ended in another way"
        );
        let one = Timeouts::of(&rows[..1]).sentence().unwrap();
        assert_eq!(one, "1 case timed out; 1 was run again alone: 1 passed");
        assert_eq!(Timeouts::of(&rows[3..]).sentence(), None);
    }

    #[test]
    fn a_time_out_that_was_not_run_again_counts_as_one() {
        let mut hangs = wrong("one", "path_open::b", Verdict::Fail, None);
        hangs.observed.as_mut().unwrap().outcome = Outcome::Timeout;
        assert_eq!(Timeouts::of([&hangs]).sentence(), None);
        let rows = [retried(Verdict::Fail, 1), hangs];
        assert_eq!(
            Timeouts::of(&rows).sentence().unwrap(),
            "2 cases timed out; 1 was run again alone: 1 timed out again"
        );
    }
}
