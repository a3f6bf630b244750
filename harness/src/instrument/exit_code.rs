//! Guests that exit with a code of ours, whenever they exit. What a command ends with then tells an exit
//! of the guest from everything else, whatever the guest prints.

use anyhow::Result;
use walrus::{ImportKind, Module};

const EXIT: &str = "proc_exit";

/// The module, whose `proc_exit` has this code. `None` if it does not import `proc_exit`.
pub fn replace(wasm: &[u8], code: u8) -> Result<Option<Vec<u8>>> {
    let mut module = Module::from_buffer(wasm)?;
    let imported = module.imports.iter().find_map(|import| match import.kind {
        ImportKind::Function(id) if import.module == preview1::MODULE && import.name == EXIT => {
            Some(id)
        }
        _ => None,
    });
    let Some(function) = imported else { return Ok(None) };
    let ty = module.funcs.get(function).ty();
    let (import, _) = module.add_import_func(preview1::MODULE, EXIT, ty);
    module.replace_imported_func(function, |(body, _)| {
        body.i32_const(code.into()).call(import);
    })?;
    Ok(Some(module.emit_wasm()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_guests_that_can_exit_are_changed() {
        let guest = |import: &str| {
            let text = format!(
                r#"(module
                    (import "wasi_snapshot_preview1" "{import}" (func $exit (param i32)))
                    (func (export "_start") (call $exit (i32.const 1))))"#
            );
            wat::parse_str(text).unwrap()
        };
        assert_eq!(replace(&guest("other"), 99).unwrap(), None);
        let replaced = replace(&guest(EXIT), 99).unwrap().unwrap();
        let module = Module::from_buffer(&replaced).unwrap();
        let names: Vec<&str> = module.imports.iter().map(|i| i.name.as_str()).collect();
        assert_eq!(names, [EXIT], "it still exits by itself");
        // The constant of the new function, as it is encoded.
        assert!(replaced.windows(3).any(|bytes| bytes == [0x41, 0xe3, 0x00]), "{replaced:?}");
    }
}
