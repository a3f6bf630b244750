//! Passes linker arguments on, so that the runner finds the library at run time. The harness knows
//! where the library is. The arguments apply only to the runner, not to programs that run during the
//! build.

const LINK_ARGS: &str = "WASI_CONFORMANCE_LINK_ARGS";

fn main() {
    println!("cargo::rerun-if-env-changed={LINK_ARGS}");
    for argument in std::env::var(LINK_ARGS).unwrap_or_default().split_whitespace() {
        println!("cargo::rustc-link-arg-bins={argument}");
    }
}
