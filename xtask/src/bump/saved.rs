//! Files as they were, for a bump that fails: a pin is changed only together with a run of its version.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use wasi_conformance::support::output::warn;
use wasi_conformance::support::paths::write_whole;

/// Files with what was in them.
pub struct Saved(Vec<(PathBuf, Vec<u8>)>);

impl Saved {
    pub fn of(files: Vec<PathBuf>) -> Result<Self> {
        let read = |path: PathBuf| {
            let bytes = fs::read(&path).with_context(|| format!("read {}", path.display()))?;
            Ok((path, bytes))
        };
        Ok(Saved(files.into_iter().map(read).collect::<Result<_>>()?))
    }

    /// Does something, and puts back what it changed in these files if it fails.
    pub fn unless_it_fails<T>(self, work: impl FnOnce() -> Result<T>) -> Result<T> {
        let error = match work() {
            Ok(done) => return Ok(done),
            Err(error) => error,
        };
        for (path, bytes) in &self.0 {
            if fs::read(path).is_ok_and(|now| now == *bytes) {
                continue;
            }
            match write_whole(path, bytes) {
                Ok(()) => warn(&format!("{} is as it was", path.display())),
                Err(error) => warn(&format!("{} is not as it was: {error:#}", path.display())),
            }
        }
        Err(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_whose_version_cannot_run_is_put_back() {
        let directory = tempfile::tempdir().unwrap();
        let pin = directory.path().join("registry.yaml");
        fs::write(&pin, "version: 1.0.0\n").unwrap();
        let bump = |result: Result<u8>| {
            Saved::of(vec![pin.clone()]).unwrap().unless_it_fails(|| {
                fs::write(&pin, "version: 2.0.0\n").unwrap();
                result
            })
        };
        let error = bump(Err(anyhow::anyhow!("2.0.0 does not build"))).unwrap_err();
        assert_eq!(error.to_string(), "2.0.0 does not build");
        assert_eq!(fs::read_to_string(&pin).unwrap(), "version: 1.0.0\n");
        assert_eq!(bump(Ok(7)).unwrap(), 7);
        assert_eq!(fs::read_to_string(&pin).unwrap(), "version: 2.0.0\n");
    }
}
