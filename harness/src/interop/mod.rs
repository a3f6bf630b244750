//! The layout of [wasi-testsuite](https://github.com/WebAssembly/wasi-testsuite), read and written.
//!
//! [`wasi_testsuite`] reads a directory in that layout as cases, so that everything else works on them
//! as on ours. [`mod@export`] writes our cases in that layout, as far as it can express them. Another
//! format of another project would be another module here.
//!
//! This layer knows cases only: it must not run them, and no other layer below `exec` knows it.
//!
//! Start reading at [`wasi_testsuite::load`] and [`export::select::to_test`].

pub mod export;
pub mod wasi_testsuite;
