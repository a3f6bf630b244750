//! Our cases in the layout of wasi-testsuite, for runners that read that layout.
//!
//! Such a test can express less than a case: a directory given as `/`, arguments, an environment, an
//! exit status, stdout and stderr. Cases that check more than that are left out.

pub mod select;
pub mod write;

use serde::{Deserialize, Serialize};

/// The name of the exported tests, and so the first part of their ids.
pub const NAME: &str = "wasi-conformance";
/// The file beside the tests that marks a directory as an export.
pub const MANIFEST: &str = "export.yaml";
/// Raised whenever a reader of the previous format would misread the manifest.
pub const FORMAT: u32 = 2;

/// Which cases were exported, and which were not.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    pub format: u32,
    pub tool: String,
    /// The digest of the cases.
    pub cases_digest: String,
    pub tests: usize,
    /// The names that the export has in its directory. A later export replaces these and no others.
    pub files: Vec<String>,
    /// Cases that also check the final tree, which their tests do not.
    pub without_final_tree: Vec<String>,
    pub left_out: Vec<LeftOutCases>,
}

/// Cases that are left out for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeftOutCases {
    pub reason: String,
    pub cases: Vec<String>,
}
