//! What maintainers run, one file per command.
fn main() {}
