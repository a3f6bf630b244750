//! The run file itself; several runs are merged.

use super::format::{Format, Made, Uses};
use crate::support::escape;

pub const FORMAT: Format = Format {
    name: "json",
    help: "the run file; several runs are merged into one",
    file: None,
    uses: Uses::Run,
    make: |run, _| Ok(Made::Text(escape::json(&run.to_json()?))),
};
