//! Passes on what the linker must be told so that the runner finds the library when it runs. The
//! harness knows where the library is; only this program, and none that runs while it is built, is
//! to be linked so.

const LINK_ARGS: &str = "WASI_CONFORMANCE_LINK_ARGS";

fn main() {
    println!("cargo::rerun-if-env-changed={LINK_ARGS}");
    for argument in std::env::var(LINK_ARGS).unwrap_or_default().split_whitespace() {
        println!("cargo::rustc-link-arg-bins={argument}");
    }
}
