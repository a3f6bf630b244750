//! The smoke test: before a runner's verdicts count, it must show that it passes arguments,
//! environment, streams and preopens through. If it fails, its cases are harness errors, never
//! failures of its runtime.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use runner_kit::{Capability, WasiVersion};
use tempfile::TempDir;

use super::prepared::{PreparedRuntime, RunContext};
use crate::case::{self, Ending};
use crate::support::text::diff;
use crate::verdict::judge::{Verdict, judge_unknown};

const GUESTS: [(&str, &[u8]); 2] = [
    ("smoke_test.wasm", include_bytes!("../../../guests/prebuilt/smoke_test.wasm")),
    ("p2-calls.wasm", include_bytes!("../../../guests/prebuilt/p2-calls.wasm")),
];

/// Returns `None` if the test passed, else a description of the failure.
pub fn run(prepared: &PreparedRuntime, context: &RunContext) -> Result<Option<String>> {
    let guests = write_guests(&context.made_guests()?)?;
    let files = [
        (WasiVersion::Preview1, "smoke_test.yaml", include_str!("smoke_test.yaml")),
        (WasiVersion::Preview2, "smoke_test-p2.yaml", include_str!("smoke_test-p2.yaml")),
    ];
    let mut cases = Vec::new();
    for (_, name, text) in files.iter().filter(|(v, ..)| prepared.wasi_versions.contains(v)) {
        cases.extend(case::parse_builtin(Path::new(name), text, guests.path())?);
    }
    if prepared.lacks(Capability::ExitStatuses) {
        // Without exit statuses, only success and failure can be told apart.
        for case in &mut cases {
            case.expect.exit = case.expect.exit.map(failure_is_1);
            case.requires.retain(|need| *need != Capability::ExitStatuses);
        }
    }
    let has_names = !prepared.lacks(Capability::NamedPreopens);
    for case in &cases {
        // The case without preopens replaces the one with a named preopen.
        let is_substitute = case.preopens.is_empty() && case.area.of() == WasiVersion::Preview1;
        if prepared.cannot_run(case).is_some() || (is_substitute && has_names) {
            continue;
        }
        let observed = prepared.observe(case, context)?;
        let judgement = judge_unknown(case, &observed);
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

/// Writes the guests of the smoke test, which are bundled: the user's own directory of guests need
/// not have them.
fn write_guests(work: &Path) -> Result<TempDir> {
    let directory = tempfile::tempdir_in(work)?;
    for (name, bytes) in GUESTS {
        let file = directory.path().join(name);
        fs::write(&file, bytes).with_context(|| format!("write {}", file.display()))?;
    }
    Ok(directory)
}

fn failure_is_1(exit: Ending) -> Ending {
    match exit {
        Ending::Exit(1..) => Ending::Exit(1),
        other => other,
    }
}
