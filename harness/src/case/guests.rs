//! The guests that cases run: core modules for preview 1, components for preview 2.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::{Path, PathBuf};

use runner_kit::WasiVersion;
use serde::Deserialize;

use super::refuse::{Wrong, stem, wrong};
use super::{Area, Case};
use crate::support::diagnostics::{self, Problem};
use crate::support::digest;
use crate::support::input;

/// What says from which sources and with which tools guests were built; `cargo xtask guests` writes
/// it.
const PROVENANCE: &str = "provenance.json";
/// Guests that no case needs: that of the smoke test, and the one that executes what `explore` makes up.
const WITHOUT_CASES: [&str; 2] = ["rust-explore", "smoke_test"];

/// By their names.
pub(super) type Guests = BTreeMap<String, Guest>;

pub(super) struct Guest {
    pub path: PathBuf,
    pub of: WasiVersion,
}

/// Guests that no case uses.
pub(super) fn unused(guests: &Guests, cases: &[Case]) -> Vec<Problem> {
    let used: BTreeSet<&str> = cases.iter().map(|case| case.guest.as_str()).collect();
    let unused = guests.iter().filter(|(name, _)| {
        !WITHOUT_CASES.contains(&name.as_str()) && !used.contains(name.as_str())
    });
    unused
        .map(|(name, guest)| {
            let what = format!("no case uses the guest `{name}`");
            Problem::new(&guest.path, None, what, "write a case for it or remove it")
        })
        .collect()
}

/// The guest of this name, if it is made for the WASI version of an area.
pub(super) fn of_area<'a>(guests: &'a Guests, name: &str, area: Area) -> Result<&'a Path, Wrong> {
    let Some(guest) = guests.get(name) else {
        let known = guests.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        return wrong(format!("there is no guest `{name}`"), format!("known guests: {known}"));
    };
    match (area.of(), guest.of) {
        (WasiVersion::Preview1, WasiVersion::Preview2) => wrong(
            format!("the guest `{name}` is a component, and the area `{area}` is of preview 1"),
            "name another guest, or an area that begins with `wasi:`",
        ),
        (WasiVersion::Preview2, WasiVersion::Preview1) => wrong(
            format!("the guest `{name}` is no component, and the area `{area}` is of preview 2"),
            "name another guest, or an area that does not begin with `wasi:`",
        ),
        _ => Ok(&guest.path),
    }
}

/// Every guest in a directory.
pub(super) fn find_guests(directory: &Path) -> Result<Guests, Problem> {
    let digests = recorded_digests(directory)?;
    let mut guests = Guests::new();
    for path in diagnostics::list(directory)? {
        if path.extension().is_some_and(|e| e == "wasm") {
            let of = kind_of_wasm(&path)?;
            let name = stem(&path);
            if let Some(recorded) = digests.get(&name) {
                let bytes = input::read(&path).map_err(|e| diagnostics::unreadable(&path, &e))?;
                if digest::of_bytes(&bytes) != *recorded {
                    let what = format!("damaged: it is not the file that {PROVENANCE} describes");
                    let todo = "restore it, or rebuild it with `cargo xtask guests`";
                    return Err(Problem::new(&path, None, what, todo));
                }
            }
            guests.insert(name, Guest { path, of });
        }
    }
    Ok(guests)
}

/// The digests of the guests that were built here, by name; none if nobody recorded them.
fn recorded_digests(directory: &Path) -> Result<BTreeMap<String, String>, Problem> {
    #[derive(Deserialize)]
    struct Provenance {
        guests: BTreeMap<String, Built>,
    }
    #[derive(Deserialize)]
    struct Built {
        sha256: String,
    }
    let path = directory.join(PROVENANCE);
    if !path.is_file() {
        return Ok(BTreeMap::new());
    }
    let text = input::read_text(&path).map_err(|e| diagnostics::unreadable(&path, &e))?;
    let provenance: Provenance = serde_json::from_str(&text).map_err(|e| {
        let what = format!("not the provenance of guests: {e}");
        Problem::new(&path, Some(e.line()), what, "restore it")
    })?;
    Ok(provenance.guests.into_iter().map(|(name, built)| (name, built.sha256)).collect())
}

/// Refuses a file that is not a core WebAssembly module.
pub(crate) fn check_wasm(path: &Path) -> Result<(), Problem> {
    match kind_of_wasm(path)? {
        WasiVersion::Preview1 => Ok(()),
        WasiVersion::Preview2 => {
            let todo = "rebuild it as a core module";
            Err(Problem::new(path, None, "a component, not a core WebAssembly module", todo))
        }
    }
}

/// Whether a file is a core module or a component, by its first eight bytes.
fn kind_of_wasm(path: &Path) -> Result<WasiVersion, Problem> {
    let mut bytes = Vec::new();
    let head = input::open(path).and_then(|file| file.take(8).read_to_end(&mut bytes));
    head.map_err(|e| diagnostics::unreadable(path, &e))?;
    match bytes.as_slice() {
        b"\0asm\x01\0\0\0" => Ok(WasiVersion::Preview1),
        [0, b'a', b's', b'm', 0x0d, 0, 1, 0] => Ok(WasiVersion::Preview2),
        _ => {
            let todo = "rebuild it with `cargo xtask guests`";
            Err(Problem::new(path, None, "not a WebAssembly module", todo))
        }
    }
}
