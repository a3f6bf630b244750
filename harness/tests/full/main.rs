//! The full tier, with `conformance`: tests that need a real runtime, a browser or minutes. Tests that
//! this machine cannot run are reported as ignored, with the reason.

#[path = "../support/mod.rs"]
mod support;

mod browser;
#[cfg(target_os = "linux")]
mod chaos;
mod coverage;
mod explore;
mod export;
mod installed;
mod javascript;
mod missing_imports;
mod shards;
mod wasi_testsuite;

use std::process::ExitCode;

use libtest_mimic::Arguments;

fn main() -> ExitCode {
    let tests = [
        browser::tests(),
        #[cfg(target_os = "linux")]
        chaos::tests(),
        coverage::tests(),
        explore::tests(),
        export::tests(),
        installed::tests(),
        javascript::tests(),
        missing_imports::tests(),
        shards::tests(),
        wasi_testsuite::tests(),
    ];
    libtest_mimic::run(&Arguments::from_args(), tests.into_iter().flatten().collect()).exit_code()
}
