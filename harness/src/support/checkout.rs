//! The checkout of an invocation, or the bundled files if there is none.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::support::bundle;

/// The root of the checkout: the nearest directory, from the current one upwards, that contains
/// expectations and guests; otherwise the checkout in whose `target` this program was built; otherwise
/// the unpacked bundled files.
pub fn find() -> Result<PathBuf> {
    if let Some(found) = find_beside_bundle()? {
        return Ok(found);
    }
    match bundle::unpack()? {
        Some(unpacked) => Ok(unpacked),
        None => {
            let here = env::current_dir().context("find the current directory")?;
            bail!("{} is not in a checkout of wasi-conformance: change into one", here.display())
        }
    }
}

/// The same, without the bundled files.
pub fn find_beside_bundle() -> Result<Option<PathBuf>> {
    let here = env::current_dir().context("find the current directory")?;
    let is_checkout = |directory: &&Path| {
        directory.join("expectations").is_dir() && directory.join("guests").is_dir()
    };
    if let Some(found) = here.ancestors().find(is_checkout) {
        return Ok(Some(found.to_owned()));
    }
    let program = env::current_exe().context("find this program")?;
    Ok(program.ancestors().skip(1).find(is_checkout).map(Path::to_owned))
}

/// The directory of the results of the last run: in the checkout, or in the current directory if
/// there is none.
pub fn results(checkout: &Path) -> PathBuf {
    if bundle::is_unpacked(checkout) {
        return env::current_dir().unwrap_or_default().join("wasi-conformance-results");
    }
    checkout.join("target/wasi-conformance")
}
