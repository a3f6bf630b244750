//! A run in one line: the number of verdicts of each kind, and whether the run is complete.

use super::counts::Counts;
use crate::results::run_file::Run;
use crate::verdict::judge::Verdict;

pub fn summary(run: &Run) -> String {
    let counts = Counts::of(&run.verdicts);
    let shown = Verdict::ALL.into_iter().filter(|&v| counts.get(v) > 0);
    let parts: Vec<String> = shown.map(|v| format!("{} {v}", counts.get(v))).collect();
    let shard = run.shard.map(|shard| format!(" of shard {shard}")).unwrap_or_default();
    let all = format!("{} verdicts{shard} in {:.1} s", counts.total(), run.seconds);
    let parts = parts.join(", ");
    [all.as_str(), &parts, state(run)]
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
