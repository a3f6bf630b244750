//! The functions of preview 2 that the cases call: the guest's imports, by their names in statements.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use runner_kit::WasiVersion;
use wasi_conformance::case::Case;
use wit_component::{DecodedWasm, decode};

/// Statements that call other functions than the one they are named after.
const ALIASES: [(&str, &[&str]); 14] = [
    ("bind", &["start-bind", "finish-bind", "subscribe"]),
    ("connect", &["start-connect", "finish-connect", "subscribe"]),
    ("listen", &["start-listen", "finish-listen"]),
    ("await-accept", &["accept"]),
    ("await-receive", &["receive"]),
    ("send", &["check-send", "send"]),
    ("send-unchecked", &["send"]),
    ("all", &["resolve-next-address"]),
    ("content", &["read"]),
    ("read-to-end", &["blocking-read"]),
    ("list", &["read-directory", "read-directory-entry"]),
    ("write-permitted", &["check-write", "write"]),
    ("wall-now", &["now"]),
    ("wall-resolution", &["resolution"]),
];

/// Functions that the guest always calls, for its arguments, its output and its errors.
const ALWAYS: [&str; 6] = [
    "get-arguments",
    "get-directories",
    "get-stdout",
    "blocking-write-and-flush",
    "to-debug-string",
    "filesystem-error-code",
];

/// A table of interfaces: how many functions each has, how many of them the cases call, and the
/// functions that no case calls. Functions are counted by name: `subscribe` of one resource counts for
/// all resources.
pub fn render(guest: &Path, cases: &[Case]) -> Result<String> {
    let of_preview_2 = cases.iter().filter(|case| case.area.of() == WasiVersion::Preview2);
    let calls: BTreeSet<String> = of_preview_2.flat_map(called).collect();
    let mut out =
        String::from("| interface | functions | called | not called |\n|---|---:|---:|---|\n");
    for (interface, functions) in imports(guest)? {
        let is_called = |name: &str| ALWAYS.contains(&name) || calls.contains(name);
        let missing: Vec<&str> =
            functions.iter().map(String::as_str).filter(|name| !is_called(name)).collect();
        let called = functions.len() - missing.len();
        let missing = if missing.is_empty() { "–".to_owned() } else { missing.join(", ") };
        let _ = writeln!(out, "| {interface} | {} | {called} | {missing} |", functions.len());
    }
    Ok(out)
}

/// The functions that the statements of a case name.
fn called(case: &Case) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for statement in &case.args {
        let call = statement.split_once(" = ").map_or(statement.as_str(), |(_, call)| call);
        let verb = call.split(' ').next().unwrap_or_default();
        let verb = verb.rsplit('.').next().unwrap_or_default();
        match ALIASES.iter().find(|(name, _)| *name == verb) {
            Some((_, functions)) => all.extend(functions.iter().map(|name| (*name).to_owned())),
            None => _ = all.insert(verb.to_owned()),
        }
    }
    all
}

/// The functions of each interface that a component imports, without the names of their resources.
fn imports(guest: &Path) -> Result<BTreeMap<String, BTreeSet<String>>> {
    let bytes = fs::read(guest).with_context(|| format!("read {}", guest.display()))?;
    let decoded = decode(&bytes).with_context(|| format!("read {}", guest.display()))?;
    let DecodedWasm::Component(resolve, world) = decoded else {
        anyhow::bail!("{}: not a component", guest.display());
    };
    let mut all = BTreeMap::new();
    for key in resolve.worlds[world].imports.keys() {
        let name = resolve.name_world_key(key);
        let interface = match key {
            wit_parser::WorldKey::Interface(id) => &resolve.interfaces[*id],
            wit_parser::WorldKey::Name(_) => continue,
        };
        let functions: BTreeSet<String> =
            interface.functions.values().map(|f| f.item_name().to_owned()).collect();
        if !functions.is_empty() {
            all.insert(name, functions);
        }
    }
    Ok(all)
}
