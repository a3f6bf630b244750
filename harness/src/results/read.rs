//! Reading a run, from its file or from its log.

use std::path::Path;

use anyhow::{Context, Result};

use super::run_file::Run;
use super::run_log;
use crate::support::input;

impl Run {
    /// Reads a run file, or the log of an unfinished run.
    pub fn read(path: &Path) -> Result<Run> {
        if path.extension().is_some_and(|extension| extension == "jsonl") {
            return run_log::run_of_log(path);
        }
        let text = input::read_text(path).with_context(|| {
            let log = path.with_file_name(run_log::FILE_NAME);
            let hint = match (path.exists(), log.exists()) {
                (true, _) => ": name a run file",
                (false, false) => ": run `wasi-conformance run` first",
                (false, true) => {
                    ": run `wasi-conformance run` first, or read the log of the unfinished run, \
                     run.jsonl"
                }
            };
            format!("{}: cannot be read{hint}", path.display())
        })?;
        Run::parse(path, &text)
    }
}
