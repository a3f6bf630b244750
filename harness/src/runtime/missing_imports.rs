//! The imports that a runtime lacks. A guest with a missing import would not start, even if it never
//! calls it. So the import is replaced by a function in the guest, and only the cases that call it
//! are skipped.

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

/// The missing imports of one runtime: declared in the registry, or discovered when it refuses a guest.
#[derive(Default)]
pub struct MissingImports {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    names: BTreeSet<String>,
    /// By guest: its replacement with the added globals, or `None` if it imports none of `names`.
    replaced: HashMap<PathBuf, Option<(PathBuf, Globals)>>,
}

impl MissingImports {
    pub fn declared(names: &[String]) -> Self {
        let state = State { names: names.iter().cloned().collect(), ..State::default() };
        MissingImports { state: Mutex::new(state) }
    }

    /// The case with a guest that needs none of the missing imports, or `None` if it needs none
    /// already.
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
        let Some((wasm, added)) = state.replaced[&case.wasm].clone() else { return Ok(None) };
        let globals = case.globals.clone().into_iter().chain(added).collect();
        Ok(Some(Case { wasm, globals, ..case.clone() }))
    }

    /// Whether the runtime refused the guest of a case because it lacks an import. If so, the import is
    /// remembered as missing, and the case can run again.
    pub fn learn(&self, case: &Case, outcome: &Outcome) -> Result<bool> {
        let Outcome::Unsupported { reason } = outcome else { return Ok(false) };
        let guest = fs::read(&case.wasm).with_context(|| case.wasm.display().to_string())?;
        // The refused guest may not even be a module.
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
        // A thread that panics while it holds the lock leaves the state consistent.
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// Whether a runtime refused a guest because it lacks this import. An import with another type is not
/// missing but wrong.
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
    // The runtime itself must refuse a file that is not a module.
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
    fn a_missing_import_is_recognized_from_the_reason() {
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
