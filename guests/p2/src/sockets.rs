//! wasi:sockets.

pub mod address;
pub mod lookup;
pub mod tcp;
pub mod udp;

use alloc::format;

use wasip2::io::poll::Pollable;
use wasip2::sockets::instance_network::instance_network;
use wasip2::sockets::network::{ErrorCode, IpAddressFamily, Network};
use wasip2::sockets::tcp_create_socket::create_tcp_socket;
use wasip2::sockets::udp_create_socket::create_udp_socket;

use crate::args::Args;
use crate::outcome::{Called, Stop, made, resource};
use crate::value::Value;
use crate::world::World;

/// `None` if the function belongs to another package.
pub fn call(verb: &str, args: &mut Args, world: &World) -> Option<Called> {
    Some(match verb {
        "instance-network" => made(Value::Network(instance_network())),
        "create-tcp-socket" => {
            family(args).and_then(|family| resource(create_tcp_socket(family), Value::Tcp))
        }
        "create-udp-socket" => {
            family(args).and_then(|family| resource(create_udp_socket(family), Value::Udp))
        }
        "resolve-addresses" => lookup::resolve(args, world),
        _ => return None,
    })
}

fn family(args: &mut Args) -> Result<IpAddressFamily, Stop> {
    let text = args.text("ipv4 or ipv6")?;
    match text.as_str() {
        "ipv4" => Ok(IpAddressFamily::Ipv4),
        "ipv6" => Ok(IpAddressFamily::Ipv6),
        _ => Err(Stop::Usage(format!("`{text}` is no address family"))),
    }
}

fn of_family(family: IpAddressFamily) -> &'static str {
    match family {
        IpAddressFamily::Ipv4 => "ipv4",
        IpAddressFamily::Ipv6 => "ipv6",
    }
}

fn network<'w>(args: &mut Args, world: &'w World) -> Result<&'w Network, Stop> {
    match args.named("a network", world)? {
        Value::Network(network) => Ok(network),
        _ => Err(Stop::usage("a network is needed")),
    }
}

/// Calls the second half of an operation until it is over, waiting in between.
fn until_over<T>(
    subscribe: impl Fn() -> Pollable,
    finish: impl Fn() -> Result<T, ErrorCode>,
) -> Result<T, ErrorCode> {
    loop {
        match finish() {
            Err(ErrorCode::WouldBlock) => subscribe().block(),
            over => return over,
        }
    }
}
