//! `wasi-conformance --version`: the version of the program, and the cases that it would run.

use anyhow::Result;

use super::status::Status;
use crate::support::bundle;
use crate::support::checkout;
use crate::support::directories::{Directories, DirectoryOptions};
use crate::support::output::print;

pub fn version() -> Result<Status> {
    let cases = match checkout::find_beside_bundle()? {
        Some(checkout) => {
            let options = DirectoryOptions::default();
            let digest = Directories::in_checkout(checkout.clone(), &options)?.digest()?;
            format!("cases {digest} of {}", checkout.display())
        }
        None => match bundle::digest_of_cases() {
            Some(digest) => format!("cases {digest}, bundled"),
            None => "no cases: there is no checkout here".into(),
        },
    };
    print(&format!("wasi-conformance {}\n{cases}\n", env!("CARGO_PKG_VERSION")))?;
    Ok(Status::Clean)
}
