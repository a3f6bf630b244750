//! `args_get`, `args_sizes_get`, `environ_get`, `environ_sizes_get`: what a guest was started with.

use crate::branch::{Branch, Branches, Value};
use crate::call::Given;

pub fn args_get(mut may: Branches, to: Given<()>) -> Vec<Branch> {
    may.needs(to);
    let args = may.state.host.args.clone();
    let rules = ["args_get.list", "args_get.nul", "args_get.as_given", "args_get.empty"];
    let layout = ["args_get.inside", "args_get.packed", "args_get.copy", "args_get.text_anywhere"];
    may.succeed(&[rules, layout].concat(), Value::Strings(args))
}

pub fn args_sizes_get(mut may: Branches, to: Given<()>) -> Vec<Branch> {
    may.needs(to);
    let sizes = sizes(&may.state.host.args);
    may.succeed(&["args_sizes_get.count", "args_sizes_get.size"], sizes)
}

pub fn environ_get(mut may: Branches, to: Given<()>) -> Vec<Branch> {
    may.needs(to);
    let variables = may.state.host.environ.clone();
    let rules =
        ["environ_get.list", "environ_get.nul", "environ_get.as_given", "environ_get.order"];
    let layout = [
        "environ_get.inside",
        "environ_get.packed",
        "environ_get.copy",
        "environ_get.text_anywhere",
    ];
    may.succeed(&[rules, layout].concat(), Value::Strings(variables))
}

pub fn environ_sizes_get(mut may: Branches, to: Given<()>) -> Vec<Branch> {
    may.needs(to);
    let sizes = sizes(&may.state.host.environ);
    may.succeed(&["environ_sizes_get.count", "environ_sizes_get.size"], sizes)
}

/// Each string ends with a NUL.
fn sizes(strings: &[Vec<u8>]) -> Value {
    let size = strings.iter().map(|string| string.len() as u64 + 1).sum();
    Value::Sizes { count: strings.len() as u64, size }
}
