//! wasi:sockets/udp.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use wasip2::sockets::udp::{
    IncomingDatagramStream, OutgoingDatagram, OutgoingDatagramStream, UdpSocket,
};

use super::tcp::of_address;
use super::{network, of_family, until_over};
use crate::args::Args;
use crate::outcome::{Called, Named, Stop, made, number, plain, shown, some_number, unit, valued};
use crate::text::show;
use crate::value::Value;
use crate::world::World;

pub fn socket(it: &UdpSocket, verb: &str, args: &mut Args, world: &World) -> Called {
    match verb {
        "start-bind" => {
            let network = network(args, world)?;
            unit(it.start_bind(network, args.address(world)?))
        }
        "finish-bind" => unit(it.finish_bind()),
        "bind" => {
            let network = network(args, world)?;
            let started = it.start_bind(network, args.address(world)?);
            unit(started.and_then(|()| until_over(|| it.subscribe(), || it.finish_bind())))
        }
        // `NAME.in` and `NAME.out`, with a peer if an address is given.
        "stream" => {
            let peer = if args.is_empty() { None } else { Some(args.address(world)?) };
            valued(
                it.stream(peer),
                |_| String::new(),
                |(incoming, outgoing)| {
                    vec![(".in", Value::Incoming(incoming)), (".out", Value::Outgoing(outgoing))]
                },
            )
        }
        "local-address" => of_address(it.local_address()),
        "remote-address" => of_address(it.remote_address()),
        "address-family" => plain(of_family(it.address_family()).to_string()),
        "unicast-hop-limit" => number(it.unicast_hop_limit().map(u64::from)),
        "receive-buffer-size" => some_number(it.receive_buffer_size()),
        "send-buffer-size" => some_number(it.send_buffer_size()),
        "subscribe" => made(Value::Pollable(it.subscribe())),
        _ => {
            let value = args.number("a number", world)?;
            let limit = || value.try_into().map_err(|_| Stop::usage("the number is too large"));
            unit(match verb {
                "set-unicast-hop-limit" => it.set_unicast_hop_limit(limit()?),
                "set-receive-buffer-size" => it.set_receive_buffer_size(value),
                "set-send-buffer-size" => it.set_send_buffer_size(value),
                _ => return Err(Stop::Usage(format!("no method `{verb}` of udp-socket"))),
            })
        }
    }
}

pub fn incoming(it: &IncomingDatagramStream, verb: &str, args: &mut Args, world: &World) -> Called {
    match verb {
        "subscribe" => made(Value::Pollable(it.subscribe())),
        "receive" | "await-receive" => {
            let most = args.number("a number of datagrams", world)?;
            let received = loop {
                let received = it.receive(most);
                let wait = verb == "await-receive" && received.as_ref().is_ok_and(Vec::is_empty);
                if !wait {
                    break received;
                }
                it.subscribe().block();
            };
            // The sender of the first datagram can be named.
            let sender = received.as_ref().ok().and_then(|all| all.first());
            let sender = sender.map(|first| first.remote_address);
            valued(
                received,
                |all| match all.as_slice() {
                    [] => "nothing".to_owned(),
                    all => all.iter().map(|it| show(&it.data)).collect::<Vec<_>>().join(" "),
                },
                |_| sender.map(|it| ("", Value::Address(it))).into_iter().collect(),
            )
        }
        _ => Err(Stop::Usage(format!("no method `{verb}` of incoming-datagram-stream"))),
    }
}

pub fn outgoing(it: &OutgoingDatagramStream, verb: &str, args: &mut Args, world: &World) -> Called {
    match verb {
        "subscribe" => made(Value::Pollable(it.subscribe())),
        "check-send" => some_number(it.check_send()),
        // `send ADDRESS TEXT…`, where `-` means no address; `send` calls check-send first,
        // `send-unchecked` does not.
        "send" | "send-unchecked" => {
            let first = args.text("an address")?;
            let remote_address = match first.as_str() {
                "-" => None,
                _ => Some(Args::new(vec![bare(&first)]).address(world)?),
            };
            let mut datagrams = Vec::new();
            while !args.is_empty() {
                datagrams.push(OutgoingDatagram { data: args.bytes("a text")?, remote_address });
            }
            if verb == "send" {
                let permitted = until_permitted(it);
                if let Err(error) = permitted {
                    return plain(format!("check-send err {}", error.named()));
                }
            }
            shown(it.send(&datagrams), u64::to_string)
        }
        _ => Err(Stop::Usage(format!("no method `{verb}` of outgoing-datagram-stream"))),
    }
}

fn bare(text: &str) -> crate::word::Word {
    crate::word::Word { bytes: text.as_bytes().to_owned(), bare: true }
}

fn until_permitted(
    it: &OutgoingDatagramStream,
) -> Result<u64, wasip2::sockets::network::ErrorCode> {
    loop {
        match it.check_send() {
            Ok(0) => it.subscribe().block(),
            over => return over,
        }
    }
}
