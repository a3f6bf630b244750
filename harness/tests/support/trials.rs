//! Tests that need something that not every machine has. If it is missing they are reported as
//! ignored, with the reason. libtest cannot ignore a test at run time, so libtest-mimic runs them.

use std::path::{Path, PathBuf};

use libtest_mimic::Trial;
use wasi_conformance::runtime::acquire::build::Runner;
use wasi_conformance::support::paths;

/// What Chromium is called on different systems.
const CHROMIUM: [&str; 4] =
    ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];

pub fn chromium() -> Option<PathBuf> {
    CHROMIUM.iter().find_map(|name| which::which(name).ok())
}

/// What a test needs of the machine that it runs on.
#[derive(Clone, Copy)]
pub enum Need {
    Node,
    Chromium,
    /// Built by an earlier run: building it takes minutes.
    WasmtimeRunner,
}

impl Need {
    /// The reason why this machine cannot meet the need, if it cannot.
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

/// A test that is ignored if its need is not met; `--include-ignored` runs it anyway.
pub fn trial(need: Need, name: &str, test: fn()) -> Trial {
    // libtest leaves the name of the crate out too.
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

/// The tests of a module that need the same: `trials![Need::Node; one, another]`. The compiler warns
/// of a test that is in no such list, because nothing calls it.
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
