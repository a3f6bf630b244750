//! The formats of `compare`. Each is declared in its own file and listed in [`super::FORMATS`].

use anyhow::Result;

use crate::report::screen::Screen;
use crate::results::compare::Comparison;

#[derive(Clone, Copy)]
pub struct Format {
    /// The value of `--format`.
    pub name: &'static str,
    /// The line of `--help` about it.
    pub help: &'static str,
    pub make: fn(&Comparison, Screen) -> Result<String>,
}
