//! Reading a run, from its file or from its log.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::run_file::Run;
use super::run_log;

impl Run {
    /// Reads a run file, or the log of an unfinished run.
    pub fn read(path: &Path) -> Result<Run> {
        if path.extension().is_some_and(|extension| extension == "jsonl") {
            return run_log::run_of_log(path);
        }
        let text = fs::read_to_string(path).with_context(|| {
            let log = path.with_file_name(run_log::FILE_NAME);
            let hint = match log.exists() {
                true => format!(", or read the log of the unfinished one, {}", log.display()),
                false => String::new(),
            };
            format!("{}: cannot be read: run `wasi-conformance run` first{hint}", path.display())
        })?;
        Run::parse(path, &text)
    }
}
