//! Our cases in the layout of wasi-testsuite, for runners that know that layout and not us.
//!
//! What such a test can say is less than what a case text: a folder given as `/`, arguments, an
//! environment, an exit status, stdout and stderr. A case of which that is not enough is left out.

pub mod select;
pub mod write;

use serde::{Deserialize, Serialize};

/// The name of the suite, and so the beginning of its tests' ids.
pub const NAME: &str = "wasi-conformance";
/// What is written beside the tests, and says that a folder is an export.
pub const RECORD: &str = "export.yaml";
/// Raised when a reader of the format before would misread it.
pub const FORMAT: u32 = 1;

/// What became of every case.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    pub format: u32,
    pub tool: String,
    /// The digest of the suite.
    pub suite: String,
    pub tests: usize,
    /// Cases whose final tree is a part of what they show: their tests do not look at it.
    pub without_final_tree: Vec<String>,
    pub left_out: Vec<LeftOut>,
}

/// Cases that have no test, for one reason.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeftOut {
    pub reason: String,
    pub cases: Vec<String>,
}
