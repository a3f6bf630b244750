//! Tests that need a tool that not every machine has. If it is missing, they are reported as ignored,
//! with the reason. libtest cannot ignore a test at run time, so libtest-mimic runs them.

use std::path::{Path, PathBuf};

use libtest_mimic::Trial;
use wasi_conformance::runtime::acquire::build::Runner;
use wasi_conformance::support::paths;

/// The names of Chromium on different systems.
const CHROMIUM: [&str; 4] =
    ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];

pub fn chromium() -> Option<PathBuf> {
    CHROMIUM.iter().find_map(|name| which::which(name).ok())
}

/// A requirement of a test on the machine.
#[derive(Clone, Copy)]
pub enum Need {
    Node,
    Chromium,
    /// Built by an earlier run: building it takes minutes.
    WasmtimeRunner,
}

impl Need {
    pub fn is_met(self) -> bool {
        self.missing().is_none()
    }

    /// Why this machine does not meet the requirement, if so.
    fn missing(self) -> Option<&'static str> {
        let (there, reason) = match self {
            Need::Node => (which::which("node").is_ok(), "no node on PATH"),
            Need::Chromium => (chromium().is_some(), "no chromium on PATH"),
            Need::WasmtimeRunner => {
                let harness = Path::new(env!("CARGO_MANIFEST_DIR"));
                let package = harness.join("runners/wasmtime");
                let built = paths::cache().and_then(|cache| {
                    let (name, package, cache) = ("wasmtime", &*package, &*cache);
                    Runner { name, package, harness, cache }.is_built(None)
                });
                (built.unwrap_or(false), "the wasmtime runner is not built")
            }
        };
        (!there).then_some(reason)
    }
}

/// A test that is ignored if its requirement is not met; `--include-ignored` runs it anyway.
pub fn trial(need: Need, name: &str, test: fn()) -> Trial {
    // Like libtest, without the name of the crate.
    let name = name.split_once("::").map_or(name, |(_, rest)| rest);
    let trial = Trial::test(name, move || {
        test();
        Ok(())
    });
    match need.missing() {
        Some(reason) => trial.with_ignored_flag(true).with_kind(reason),
        None => trial,
    }
}

/// Tests of a module with the same requirement: `trials![Need::Node; one, another]`. The compiler warns
/// about a test that is in no list, because nothing calls it.
#[macro_export]
macro_rules! trials {
    ($need:expr; $($test:ident),+ $(,)?) => {
        vec![$($crate::support::trials::trial(
            $need,
            concat!(module_path!(), "::", stringify!($test)),
            $test,
        )),+]
    };
}
