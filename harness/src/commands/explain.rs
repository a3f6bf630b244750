//! x
pub fn explain(_: &crate::cli::ExplainArgs) -> anyhow::Result<super::Status> { todo!() }
