//! Reports: a run, shown to people. No report knows a runtime or a case by name.

pub mod coverage;
pub mod markdown;
pub mod tables;
pub mod terminal;

#[cfg(test)]
mod tests;
