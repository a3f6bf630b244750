//! Instruments guests: each call of a preview 1 function goes through a wrapper inside the guest's own
//! module.
//!
//! A wrapper stores which errnos the function returned, in exported globals that a runner reads when
//! the guest has ended ([`coverage`]). It can also carry faults, of which one is switched on through
//! another global before the guest starts; `cargo xtask mutants` uses that to measure the cases. The
//! guest's own code, memory and calls do not change, so instrumented guests run on any runtime.
//!
//! This layer knows WebAssembly modules and cases. It must not know runtimes or verdicts.
//!
//! Start reading at [`cases`]. `emit.rs` writes the wrappers.

pub mod coverage;
mod emit;
pub mod exit_code;
pub mod missing_imports;
pub mod op;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use runner_kit::{Globals, WasiVersion};
use walrus::{ConstExpr, ExportItem, FunctionBuilder, FunctionId, GlobalId, Module, ValType, ir};

use crate::case::Case;

use op::Fault;

/// The function that a runtime calls. A fault may stand in front of it.
pub const START: &str = "_start";
/// The global that says which fault is on; 0 is none.
pub const SWITCH: &str = "conformance:fault";

/// Writes instrumented copies of the guests of some cases into a directory, and gives the cases with
/// those guests, told to report every call.
pub fn cases(cases: &[Case], faults: &[Fault], directory: &Path) -> Result<Vec<Case>> {
    let mut made: BTreeMap<&Path, (std::path::PathBuf, Globals)> = BTreeMap::new();
    let mut all = Vec::new();
    for case in cases {
        // What will not run may be no module at all, and a component has no calls of preview 1.
        if case.skip.is_some() || case.area.of() == WasiVersion::Preview2 {
            all.push(case.clone());
            continue;
        }
        if !made.contains_key(case.wasm.as_path()) {
            // Tests of wasi-testsuite directories may share a name, which is also the program's.
            let directory = directory.join(made.len().to_string());
            let path = directory.join(case.wasm.file_name().unwrap_or_default());
            let bytes =
                fs::read(&case.wasm).with_context(|| format!("read {}", case.wasm.display()))?;
            let (bytes, globals) = instrument(&bytes, faults)
                .with_context(|| format!("instrument {}", case.wasm.display()))?;
            fs::create_dir_all(&directory)
                .with_context(|| format!("create {}", directory.display()))?;
            fs::write(&path, bytes).with_context(|| format!("write {}", path.display()))?;
            made.insert(&case.wasm, (path, globals));
        }
        let (wasm, globals) = &made[case.wasm.as_path()];
        all.push(Case { wasm: wasm.clone(), globals: globals.clone(), ..case.clone() });
    }
    Ok(all)
}

/// Wraps every call of preview 1 that a module can make. Also gives the globals by which it tells
/// what the calls returned.
fn instrument(wasm: &[u8], faults: &[Fault]) -> Result<(Vec<u8>, Globals)> {
    let mut module = Module::from_buffer(wasm)?;
    let switch = global(&mut module, SWITCH);
    let mut globals = Globals::new();
    let imported: Vec<(String, FunctionId)> = module
        .imports
        .iter()
        .filter(|import| import.module == preview1::MODULE)
        .filter_map(|import| match import.kind {
            walrus::ImportKind::Function(function) => Some((import.name.clone(), function)),
            _ => None,
        })
        .collect();
    for (name, function) in imported {
        let notes = coverage::globals_of(&name).map(|global_name| {
            let id = global(&mut module, &global_name);
            globals.insert(global_name, 0);
            id
        });
        let faults: Vec<&Fault> = faults.iter().filter(|f| f.function == name).collect();
        wrap_import(&mut module, &name, function, &notes, switch, &faults)?;
    }
    let faults: Vec<&Fault> = faults.iter().filter(|f| f.function == START).collect();
    wrap_start(&mut module, switch, &faults)?;
    Ok((module.emit_wasm(), globals))
}

fn global(module: &mut Module, name: &str) -> GlobalId {
    let zero = ConstExpr::Value(ir::Value::I32(0));
    let id = module.globals.add_local(ValType::I32, true, false, zero);
    module.exports.add(name, id);
    id
}

/// Makes of an import a function of the module that calls the same import.
fn wrap_import(
    module: &mut Module,
    name: &str,
    function: FunctionId,
    notes: &[GlobalId; coverage::WORDS],
    switch: GlobalId,
    faults: &[&Fault],
) -> Result<()> {
    let ty = module.funcs.get(function).ty();
    let returns = !module.types.results(ty).is_empty();
    let (import, _) = module.add_import_func(preview1::MODULE, name, ty);
    let memory = module.memories.iter().next().map(|memory| memory.id());
    let scratch = emit::Scratch::new(&mut module.locals);
    module.replace_imported_func(function, |(body, params)| {
        let frame = emit::Frame { params, scratch: &scratch, memory, import: Some(import) };
        emit::note_call(body, notes);
        emit::faults(body, &frame, switch, faults, |fault| &fault.before);
        for &param in params {
            body.local_get(param);
        }
        body.call(import);
        if returns {
            body.local_set(scratch.result);
            emit::faults(body, &frame, switch, faults, |fault| &fault.after);
            emit::note_result(body, scratch.result, notes);
            body.local_get(scratch.result);
        }
    })?;
    Ok(())
}

fn wrap_start(module: &mut Module, switch: GlobalId, faults: &[&Fault]) -> Result<()> {
    if faults.is_empty() {
        return Ok(());
    }
    let start = module.exports.get_func(START).context("a command exports `_start`")?;
    let scratch = emit::Scratch::new(&mut module.locals);
    let mut builder = FunctionBuilder::new(&mut module.types, &[], &[]);
    let mut body = builder.func_body();
    let frame = emit::Frame { params: &[], scratch: &scratch, memory: None, import: None };
    emit::faults(&mut body, &frame, switch, faults, |fault| &fault.before);
    body.call(start);
    let wrapper = builder.finish(vec![], &mut module.funcs);
    let export = module.exports.iter_mut().find(|export| export.name == START);
    export.context("a command exports `_start`")?.item = ExportItem::Function(wrapper);
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use preview1::CoreType;

    use super::*;

    #[test]
    fn guests_import_functions_as_the_table_of_preview_1_has_them() {
        let guests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../guests/prebuilt");
        let mut imported = BTreeSet::new();
        for entry in fs::read_dir(guests).unwrap() {
            let bytes = fs::read(entry.unwrap().path()).unwrap();
            // Neither components nor the provenance of the guests.
            if !bytes.starts_with(b"\0asm\x01\0\0\0") {
                continue;
            }
            let module = Module::from_buffer(&bytes).unwrap();
            for import in module.imports.iter() {
                let walrus::ImportKind::Function(id) = import.kind else { continue };
                let ty = module.types.get(module.funcs.get(id).ty());
                let function = preview1::function(&import.name).unwrap();
                assert_eq!(import.module, preview1::MODULE);
                let core = |ty| if ty == CoreType::I64 { ValType::I64 } else { ValType::I32 };
                let params: Vec<ValType> = function.core_params().map(core).collect();
                assert_eq!(ty.params(), params, "{}", function.name);
                let results: &[ValType] = if function.returns { &[ValType::I32] } else { &[] };
                // One guest declares that `proc_exit` may return, but not that it gives anything.
                assert_eq!(ty.results(), results, "{}", function.name);
                imported.insert(function.name);
            }
        }
        assert_eq!(imported.len(), preview1::FUNCTIONS.len());
    }
}
