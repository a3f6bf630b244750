//! The code that the Rust guests share. A guest prints what it observes and judges nothing: the
//! files of cases do that.

pub mod block;
pub mod names;
pub mod output;
pub mod scenario;
pub mod strings;
pub mod text;

/// The raw imports: integers in, an errno out, so that a guest can pass what typed bindings forbid.
pub use wasip1::wasi_snapshot_preview1 as imports;
