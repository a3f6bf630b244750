//! Formats of other projects: the layout of WebAssembly/wasi-testsuite, read and written.

pub mod export;
pub mod wasi_testsuite;
