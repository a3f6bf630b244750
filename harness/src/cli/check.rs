//! `wasi-conformance check`: everything that a run would refuse, without running anything.

use anyhow::{Result, bail};

use super::{Status, print};
use crate::cli::args::CheckArgs;
use crate::known;
use crate::runtime::registry;
use crate::support::directories::Directories;

pub fn check(args: &CheckArgs) -> Result<Status> {
    let folders = Directories::find(&args.suite.options())?;
    let (library, records) = known::load_with_cases(&folders)?;
    let known = registry::load(&folders.harness(), &args.runtimes_file)?;
    for runtime in records.runtimes() {
        if !known.iter().any(|wanted| wanted.divergences_of() == runtime) {
            let file = folders.divergences().join(format!("{runtime}.yaml"));
            bail!(
                "{}: there is no runtime `{runtime}`, so nothing would read these records\n    \
                 rename the file and its `runtime`, or name the file of its entry (--runtimes-file)",
                file.display()
            );
        }
    }
    print(&format!(
        "{} cases and {} recorded divergences hold together\n",
        library.cases.len(),
        records.len()
    ))?;
    Ok(Status::Clean)
}
