//! A run in one line: the number of verdicts of each kind, and whether the run is complete.

use super::counts::Counts;
use crate::results::run_file::Run;
use crate::support::text::count;

pub fn summary(run: &Run) -> String {
    let counts = Counts::of(&run.verdicts);
    let shard = run.shard.map(|shard| format!(" of shard {shard}")).unwrap_or_default();
    let all = format!("{}{shard} in {:.1} s", count(counts.total(), "verdict"), run.seconds);
    [all.as_str(), &counts.parts(), state(run)]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(": ")
}

fn state(run: &Run) -> &'static str {
    let no_runtime = run.runtimes.iter().all(|runtime| runtime.unavailable.is_some());
    match (run.complete, run.is_clean()) {
        (false, _) if run.merged.is_empty() => "interrupted: incomplete",
        (false, _) => "incomplete",
        (true, _) if run.verdicts.is_empty() && no_runtime => "no runtime",
        (true, _) if run.verdicts.is_empty() => "no case",
        (true, true) if run.missing_runtimes().next().is_some() => {
            "nothing unexpected, but a runtime is missing"
        }
        (true, true) => "nothing unexpected",
        (true, false) => "unexpected verdicts",
    }
}
