//! Whether a guest exited by itself, although its command ended as with a trap or a refusal. A guest
//! can print whatever the command prints and exit with the same status. So it runs again, with an exit
//! code of ours in its `proc_exit`: only a guest that exits ends with that.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result};
use runner_kit::WasiVersion;

use crate::case::Case;
use crate::instrument::exit_code;
use crate::support::digest;
use crate::support::paths::write_whole;

/// Statuses that no runtime ends with by itself.
const CODES: [u8; 2] = [99, 98];

/// The guests with an exit code of ours that were made so far.
#[derive(Default)]
pub struct GuestExits {
    made: Mutex<HashMap<(PathBuf, u8), Option<PathBuf>>>,
}

impl GuestExits {
    /// The case with a guest that always exits with a code which is not the one that was seen, and
    /// that code. `None` if the guest cannot exit.
    pub fn with_our_code(
        &self,
        case: &Case,
        seen: u32,
        work: &Path,
    ) -> Result<Option<(Case, u32)>> {
        if case.area.of() == WasiVersion::Preview2 {
            return Ok(None);
        }
        let [first, other] = CODES;
        let code = if seen == u32::from(first) { other } else { first };
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (case.wasm.clone(), code);
        if !made.contains_key(&key) {
            let guest = make(&case.wasm, code, work)
                .with_context(|| format!("replace `proc_exit` of {}", case.wasm.display()))?;
            made.insert(key.clone(), guest);
        }
        let Some(wasm) = made[&key].clone() else { return Ok(None) };
        Ok(Some((Case { wasm, ..case.clone() }, code.into())))
    }
}

fn make(wasm: &Path, code: u8, work: &Path) -> Result<Option<PathBuf>> {
    let bytes = fs::read(wasm)?;
    // What is no module does not exit.
    let Ok(Some(bytes)) = exit_code::replace(&bytes, code) else { return Ok(None) };
    let directory = work.join(format!("exits-{code}")).join(&digest::of_bytes(&bytes)[..16]);
    let path = directory.join(wasm.file_name().unwrap_or_default());
    write_whole(&path, &bytes)?;
    Ok(Some(path))
}
