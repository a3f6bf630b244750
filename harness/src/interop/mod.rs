//! Other suites' formats: the layout of WebAssembly/wasi-testsuite, read and written.

pub mod export;
pub mod wasi_testsuite;
