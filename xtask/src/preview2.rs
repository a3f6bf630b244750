//! `cargo xtask preview2`: writes the tables of two pages: the changes by the preview 1 adapter, and the
//! functions of preview 2 that the cases call.

mod adapter;
mod functions;

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use wasi_conformance::known;
use wasi_conformance::results::run_file::Run;
use wasi_conformance::support::directories::{Directories, DirectoryOptions};
use wasi_conformance::support::output::print;
use wasi_conformance::support::paths;

use crate::Status;

/// The command that makes a run with both rows.
const MAKE: &str = "cargo run --release -- run --runtime wasmtime,wasmtime-p2";

/// Write the tables of docs/findings/preview1-adapter.md and docs/reference/preview2.md
///
/// They come from a run of `wasmtime` and `wasmtime-p2`: the same Wasmtime without and with the adapter.
#[derive(clap::Args)]
pub struct Args {
    /// The run file to read [default: the last run]
    #[arg(long, value_name = "FILE")]
    run: Option<PathBuf>,
}

pub fn run(args: &Args) -> Result<Status> {
    let directories = Directories::find(&DirectoryOptions::default())?;
    let (cases, _) = known::load_with_cases(&directories)?;
    let file = directories.run_file(&args.run);
    let run = Run::read(&file)?;
    let Some(changes) = adapter::render(&run) else {
        bail!(
            "{}: it does not have results of both wasmtime and wasmtime-p2: make a run with `{MAKE}`",
            file.display()
        );
    };
    let functions = functions::render(&directories.guests.join("p2-calls.wasm"), &cases.cases)?;
    let written = [
        ("docs/findings/preview1-adapter.md", "what the adapter changes", &changes),
        ("docs/reference/preview2.md", "what is called", &functions),
    ];
    for (page, section, text) in written {
        let page = directories.checkout.join(page);
        let old = fs::read_to_string(&page).with_context(|| format!("read {}", page.display()))?;
        let new = splice(&old, section, text).with_context(|| page.display().to_string())?;
        paths::write_whole(&page, new.as_bytes())?;
        print(&format!("wrote {}\n", page.display()))?;
    }
    Ok(Status::Fine)
}

/// Puts a text between the two comments that mark a section of a page.
fn splice(page: &str, section: &str, text: &str) -> Result<String> {
    let begin = format!("<!-- {section}: written by `cargo xtask preview2` -->\n");
    let end = format!("<!-- end of {section} -->\n");
    let (before, rest) =
        page.split_once(&begin).with_context(|| format!("no line `{}`", begin.trim()))?;
    let (_, after) = rest.split_once(&end).with_context(|| format!("no line `{}`", end.trim()))?;
    Ok(format!("{before}{begin}\n{}\n\n{end}{after}", text.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_section_between_the_comments_changes() {
        let page = "a\n<!-- x: written by `cargo xtask preview2` -->\nold\n<!-- end of x -->\nb\n";
        let new = splice(page, "x", "new\n").unwrap();
        assert_eq!(
            new,
            "a\n<!-- x: written by `cargo xtask preview2` -->\n\nnew\n\n<!-- end of x -->\nb\n"
        );
        assert_eq!(splice(&new, "x", "new\n").unwrap(), new);
        assert!(splice(page, "y", "new").is_err());
    }
}
