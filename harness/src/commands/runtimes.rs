//! `wasi-conformance runtimes`: which there are, and whether their runners prove themselves.

use std::time::Duration;

use anyhow::Result;

use super::{Folders, Status, wanted};
use crate::cli::{RuntimesArgs, Suite};
use crate::paths;
use crate::progress::Progress;
use crate::runtimes::{Limits, Setting, prepare};

pub fn runtimes(args: &RuntimesArgs) -> Result<Status> {
    let folders = Folders::find(&Suite::default())?;
    let wanted = wanted(&args.which, &folders)?;
    let work = tempfile::tempdir_in(paths::scratch())?;
    let limits = Limits { time: Duration::from_secs(10), output: 1 << 20 };
    let setting = Setting::new(&folders.harness(), &folders.guests, work.path(), limits, false)?;
    let progress = Progress::on_stderr();
    let mut status = Status::Clean;
    for wanted in &wanted {
        let runtime = prepare(wanted, &setting, &progress);
        match &runtime.state {
            Ok(ready) => {
                println!("{} {}", runtime.name, ready.version);
                println!("    {}", ready.details);
                println!("    from {}", ready.source);
                match &ready.unproven {
                    None => println!("    self-proof passed"),
                    Some(reason) => {
                        status = Status::Unexpected;
                        println!("    self-proof failed: {}", reason.replace('\n', "\n      "));
                    }
                }
                for cannot in &ready.cannot {
                    println!("    cannot: {}", cannot.reason);
                }
            }
            Err(reason) => {
                println!(
                    "{}\n    not available: {}",
                    runtime.name,
                    reason.replace('\n', "\n      ")
                );
            }
        }
    }
    Ok(status)
}
