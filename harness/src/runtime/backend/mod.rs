//! TODO

pub mod command_line;
pub mod pool;
pub mod process;
pub mod session;
