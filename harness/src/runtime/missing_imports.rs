//! The imports that a runtime lacks. A guest that has one would not start, whether it calls it or
//! not; so it runs with a function of its own in place of it, and only the cases that call it are
//! skipped.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use anyhow::{Context, Result};
use regex::Regex;
use runner_kit::{Globals, Outcome, WasiVersion};

use crate::case::Case;
use crate::instrument::missing_imports::{imported, replace};
use crate::support::digest;
use crate::support::paths::write_whole;

/// What is known about one runtime: some are declared, others show when it refuses a guest.
#[derive(Default)]
pub struct MissingImports {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    names: BTreeSet<String>,
    /// What replaces a guest, with the globals that this adds; `None` if it imports none of `names`.
    replaced: HashMap<PathBuf, Option<(PathBuf, Globals)>>,
}

impl MissingImports {
    pub fn declared(names: &[String]) -> Self {
        let state = State { names: names.iter().cloned().collect(), ..State::default() };
        MissingImports { state: Mutex::new(state) }
    }

    /// The case with a guest that needs none of the missing imports; `None` if its own does not.
    pub fn replaced(&self, case: &Case, work: &Path) -> Result<Option<Case>> {
        let mut state = self.lock();
        if state.names.is_empty() || case.area.of() == WasiVersion::Preview2 {
            return Ok(None);
        }
        if !state.replaced.contains_key(&case.wasm) {
            let guest = replaced_guest(&case.wasm, &state.names, work)
                .with_context(|| format!("replace imports of {}", case.wasm.display()))?;
            state.replaced.insert(case.wasm.clone(), guest);
        }
        let Some((wasm, own)) = state.replaced[&case.wasm].clone() else { return Ok(None) };
        let globals = case.globals.clone().into_iter().chain(own).collect();
        Ok(Some(Case { wasm, globals, ..case.clone() }))
    }

    /// Whether the runtime refused the guest of a case because it lacks an import. From now on it is
    /// known to be missing, and the case can run again.
    pub fn learn(&self, case: &Case, outcome: &Outcome) -> Result<bool> {
        let Outcome::Unsupported { reason } = outcome else { return Ok(false) };
        let guest = fs::read(&case.wasm).with_context(|| case.wasm.display().to_string())?;
        // A guest that is refused may be no module at all.
        let imports = imported(&guest).unwrap_or_default();
        let Some(name) = imports.into_iter().find(|name| is_missing(name, reason)) else {
            return Ok(false);
        };
        let mut state = self.lock();
        // Another thread may have learned it meanwhile.
        if state.names.insert(name) {
            state.replaced.clear();
        }
        Ok(true)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        // Nothing is left half-done by a thread that panics while it holds this.
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// Whether a runtime's reason to refuse a guest is that it lacks this import. An import of another
/// type than the guest's is there, and wrong.
fn is_missing(import: &str, reason: &str) -> bool {
    let named = Regex::new(&format!(r"\b{}\b", regex::escape(import))).expect("a valid pattern");
    let is_wrong = ["incompatible", "mismatch", "signature"].iter().any(|w| reason.contains(w));
    named.is_match(reason) && !is_wrong
}

/// Writes a guest of the same name without the missing imports; `None` if it has none of them.
fn replaced_guest(
    wasm: &Path,
    missing: &BTreeSet<String>,
    work: &Path,
) -> Result<Option<(PathBuf, Globals)>> {
    let bytes = fs::read(wasm)?;
    // What is no module is for the runtime to refuse.
    if imported(&bytes).is_err() {
        return Ok(None);
    }
    let Some((bytes, globals)) = replace(&bytes, missing)? else { return Ok(None) };
    let directory = work.join("without-imports").join(&digest::of_bytes(&bytes)[..16]);
    let path = directory.join(wasm.file_name().unwrap_or_default());
    write_whole(&path, &bytes)?;
    Ok(Some((path, globals)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_that_names_an_import_says_that_it_is_missing() {
        for (reason, expected) in [
            ("unknown import: `wasi_snapshot_preview1::sock_accept` has not been defined", true),
            (r#"Import #5 "wasi_snapshot_preview1" "sock_accept": requires a callable"#, true),
            ("incompatible import type for `wasi_snapshot_preview1::sock_accept`", false),
            ("unknown import: `wasi_snapshot_preview1::sock_accept_v2`", false),
            ("the module is malformed", false),
        ] {
            assert_eq!(is_missing("sock_accept", reason), expected, "{reason}");
        }
    }
}
