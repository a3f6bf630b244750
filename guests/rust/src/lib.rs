//! What the Rust guests share. A guest prints what it observes and judges nothing: the expectation
//! files do that.

pub mod block;
pub mod names;
pub mod output;
pub mod scenario;
pub mod strings;
pub mod text;

/// The raw imports: integers in, an errno out, so that a guest can pass what no typed binding would.
pub use wasip1::wasi_snapshot_preview1 as imports;
