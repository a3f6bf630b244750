//! The self-proof: before a runner's verdicts count, it must pass everything through.

use std::path::Path;

use anyhow::Result;
use runner_kit::{Capability, WasiVersion};

use super::{PreparedRuntime, RunContext};
use crate::case::{self, Ending};
use crate::support::text::diff;
use crate::verdict::judge::{Verdict, judge};

/// `None` if the runner proved itself, else what it got wrong.
pub fn of(ready: &PreparedRuntime, setting: &RunContext) -> Result<Option<String>> {
    let of_kind = [
        (WasiVersion::Preview1, "smoke_test.yaml", include_str!("smoke_test.yaml")),
        (WasiVersion::Preview2, "smoke_test-p2.yaml", include_str!("smoke_test-p2.yaml")),
    ];
    let mut cases = Vec::new();
    for (_, name, text) in of_kind.iter().filter(|(kind, ..)| ready.wasi_versions.contains(kind)) {
        cases.extend(case::parse_builtin(Path::new(name), text, &setting.guests)?);
    }
    if ready.lacks(Capability::ExitStatuses) {
        // What is left of an exit status is whether it is that of a failure.
        for case in &mut cases {
            case.expect.exit = case.expect.exit.map(failure_is_1);
            case.requires.retain(|need| *need != Capability::ExitStatuses);
        }
    }
    let no_names = ready.lacks(Capability::NamedPreopens);
    for case in &cases {
        let stands_in = case.preopens.is_empty() && case.area.of() == WasiVersion::Preview1;
        if ready.cannot_run(case).is_some() || (stands_in && !no_names) {
            continue;
        }
        let observed = ready.observe(case, setting)?;
        let judgement = judge(case, &observed, None);
        if judgement.verdict != Verdict::Pass {
            let parts = judgement.mismatches.iter();
            let shown: Vec<String> =
                parts.map(|m| format!("{}:\n{}", m.part, diff(&m.expected, &m.observed))).collect();
            let note = judgement.note.unwrap_or_default();
            return Ok(Some(format!("{}: {note}\n{}", case.title, shown.join(""))));
        }
    }
    Ok(None)
}

fn failure_is_1(exit: Ending) -> Ending {
    match exit {
        Ending::Exit(1..) => Ending::Exit(1),
        other => other,
    }
}
