//! wasi:sockets/ip-name-lookup.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use wasip2::sockets::ip_name_lookup::{ResolveAddressStream, resolve_addresses};

use super::{address, network, until_over};
use crate::args::Args;
use crate::outcome::{Called, Named, Stop, made, plain, resource, shown};
use crate::value::Value;
use crate::world::World;

pub fn resolve(args: &mut Args, world: &World) -> Called {
    let network = network(args, world)?;
    let name = args.text("a name")?;
    resource(resolve_addresses(network, &name), Value::Addresses)
}

pub fn addresses(it: &ResolveAddressStream, verb: &str) -> Called {
    match verb {
        "resolve-next-address" => shown(it.resolve_next_address(), |address| match address {
            Some(address) => address::show_ip(address),
            None => "none".to_owned(),
        }),
        "subscribe" => made(Value::Pollable(it.subscribe())),
        "all" => all(it),
        _ => Err(Stop::Usage(format!("no method `{verb}` of resolve-address-stream"))),
    }
}

/// All addresses, waiting for them where necessary.
fn all(it: &ResolveAddressStream) -> Called {
    let mut found: Vec<String> = Vec::new();
    loop {
        match until_over(|| it.subscribe(), || it.resolve_next_address()) {
            Ok(Some(address)) => found.push(address::show_ip(&address)),
            Ok(None) => return plain(format!("ok {}", found.join(" "))),
            Err(error) => return plain(format!("err {}", error.named())),
        }
    }
}
