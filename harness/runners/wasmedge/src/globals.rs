//! The globals of a guest.

use runner_kit::Globals;
use wasmedge_sdk::error::WasmEdgeError;
use wasmedge_sdk::{AsInstance, Instance, WasmValue};

pub fn set(globals: &Globals, instance: &mut Instance) -> Result<(), Box<WasmEdgeError>> {
    for (name, value) in globals {
        if let Ok(mut global) = instance.get_global_mut(name) {
            global.set_value(WasmValue::from_i32(*value))?;
        }
    }
    Ok(())
}

pub fn get(globals: &mut Globals, instance: &Instance) {
    for (name, value) in globals {
        if let Ok(global) = instance.get_global(name) {
            *value = global.get_value().to_i32();
        }
    }
}
