//! `wasi-conformance --version`: the program's version, and which suite it would run.

use anyhow::Result;

use super::{Folders, Status, print};
use crate::cli::args::Suite;
use crate::support::bundle;
use crate::support::paths;

pub fn version() -> Result<Status> {
    let suite = match paths::checkout_found()? {
        Some(checkout) => {
            let digest = Folders::of(checkout.clone(), &Suite::default())?.digest()?;
            format!("suite {digest} of {}", checkout.display())
        }
        None => match bundle::suite_digest() {
            Some(digest) => format!("suite {digest}, carried inside"),
            None => "no suite: there is no checkout here".into(),
        },
    };
    print(&format!("wasi-conformance {}\n{suite}\n", env!("CARGO_PKG_VERSION")))?;
    Ok(Status::Clean)
}
