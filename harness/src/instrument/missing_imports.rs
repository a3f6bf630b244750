//! Guests that start on a runtime without all of their imports: a function of the guest takes the
//! place of each missing one. If the guest calls it, it says so and traps.
//!
//! It says so in two ways: in an exported global, for runtimes whose runner reads globals, and on
//! stderr, for command lines.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use runner_kit::Globals;
use walrus::ir::{MemArg, StoreKind};
use walrus::{FunctionId, ImportKind, InstrSeqBuilder, MemoryId, Module};

use super::global;

/// How the global begins that says that an import was called. Its name follows.
const GLOBAL: &str = "conformance:missing-import:";
/// What the guest prints before the name of the import.
const MESSAGE: &str = "wasi-conformance: missing import ";

/// The functions of preview 1 that a module imports.
pub fn imported(wasm: &[u8]) -> Result<BTreeSet<String>> {
    let module = Module::from_buffer(wasm)?;
    Ok(functions(&module).map(|(name, _)| name.to_owned()).collect())
}

/// The module with functions of its own in place of these imports, and the globals by which it tells
/// what it called. `None` if it imports none of them.
pub fn replace(wasm: &[u8], missing: &BTreeSet<String>) -> Result<Option<(Vec<u8>, Globals)>> {
    let mut module = Module::from_buffer(wasm)?;
    let imports: Vec<(String, FunctionId)> =
        functions(&module).map(|(name, id)| (name.to_owned(), id)).collect();
    let (replaced, kept): (Vec<_>, Vec<_>) =
        imports.into_iter().partition(|(name, _)| missing.contains(name));
    let print = kept.iter().find(|(name, _)| name == "fd_write").map(|(_, id)| *id);
    let memory = module.memories.iter().next().map(|memory| memory.id());
    let mut globals = Globals::new();
    for (name, import) in replaced {
        let global_name = format!("{GLOBAL}{name}");
        let called = global(&mut module, &global_name);
        globals.insert(global_name, 0);
        let replaced = module.replace_imported_func(import, |(body, _)| {
            body.i32_const(1).global_set(called);
            if let (Some(print), Some(memory)) = (print, memory) {
                say(body, print, memory, &format!("{MESSAGE}{name}\n"));
            }
            body.unreachable();
        });
        replaced.with_context(|| format!("replace the import {name}"))?;
    }
    Ok((!globals.is_empty()).then(|| (module.emit_wasm(), globals)))
}

/// The missing import that such a guest called, if any.
pub fn called(globals: &Globals, stderr: &str) -> Option<String> {
    let mut set = globals.iter().filter(|(_, value)| **value != 0);
    let name = set.find_map(|(name, _)| name.strip_prefix(GLOBAL));
    let printed = || stderr.lines().find_map(|line| line.split_once(MESSAGE)).map(|(_, name)| name);
    name.or_else(printed).map(str::to_owned)
}

/// Removes what such a guest adds to the globals of others.
pub fn without_own(globals: Globals) -> Globals {
    globals.into_iter().filter(|(name, _)| !name.starts_with(GLOBAL)).collect()
}

fn functions(module: &Module) -> impl Iterator<Item = (&str, FunctionId)> {
    let imports = module.imports.iter().filter(|import| import.module == preview1::MODULE);
    imports.filter_map(|import| match import.kind {
        ImportKind::Function(id) => Some((import.name.as_str(), id)),
        _ => None,
    })
}

/// Writes a text to stderr, by way of the first bytes of the memory: the guest traps next, so that
/// it no longer needs them.
fn say(body: &mut InstrSeqBuilder, fd_write: FunctionId, memory: MemoryId, text: &str) {
    /// Where the number of written bytes, the list of buffers and the text are.
    const WRITTEN: i32 = 0;
    const BUFFERS: i32 = 8;
    const TEXT: i32 = 16;
    let mut store = |address: i32, value: i32, kind| {
        let at = MemArg { align: 1, offset: 0 };
        body.i32_const(address).i32_const(value).store(memory, kind, at);
    };
    let word = StoreKind::I32 { atomic: false };
    store(BUFFERS, TEXT, word);
    store(BUFFERS + 4, text.len() as i32, word);
    for (address, byte) in (TEXT..).zip(text.bytes()) {
        store(address, byte.into(), StoreKind::I32_8 { atomic: false });
    }
    body.i32_const(2).i32_const(BUFFERS).i32_const(1).i32_const(WRITTEN).call(fd_write).drop();
}

#[cfg(test)]
mod tests {
    use super::*;

    const GUEST: &str = r#"(module
        (import "wasi_snapshot_preview1" "fd_write"
            (func (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "sock_accept"
            (func $accept (param i32 i32 i32) (result i32)))
        (memory (export "memory") 1)
        (func (export "_start")
            (drop (call $accept (i32.const 3) (i32.const 0) (i32.const 0)))))"#;

    #[test]
    fn only_missing_imports_are_replaced() {
        let guest = wat::parse_str(GUEST).unwrap();
        let missing = |name: &str| BTreeSet::from([name.to_owned()]);
        assert!(replace(&guest, &missing("fd_read")).unwrap().is_none());
        let (replaced, globals) = replace(&guest, &missing("sock_accept")).unwrap().unwrap();
        assert_eq!(imported(&replaced).unwrap(), missing("fd_write"));
        let name = "conformance:missing-import:sock_accept".to_owned();
        assert_eq!(globals, Globals::from([(name, 0)]));
    }

    #[test]
    fn a_call_shows_in_a_global_or_on_stderr() {
        let global = |value| Globals::from([(format!("{GLOBAL}sock_accept"), value)]);
        let name = Some("sock_accept".to_owned());
        assert_eq!(called(&global(1), ""), name);
        assert_eq!(called(&global(0), ""), None);
        let stderr = format!("before {MESSAGE}sock_accept\nafter\n");
        assert_eq!(called(&Globals::new(), &stderr), name);
        assert_eq!(without_own(global(1)), Globals::new());
    }
}
