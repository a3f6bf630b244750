//! wasi:sockets/tcp.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use wasip2::io::streams::{InputStream, OutputStream};
use wasip2::sockets::network::{ErrorCode, IpSocketAddress};
use wasip2::sockets::tcp::{ShutdownType, TcpSocket};

use super::{address, network, of_family, until_over};
use crate::args::Args;
use crate::outcome::{Called, Stop, made, number, plain, shown, some_number, unit, valued};
use crate::value::Value;
use crate::world::World;

pub fn call(it: &TcpSocket, verb: &str, args: &mut Args, world: &World) -> Called {
    match verb {
        "start-bind" => {
            let network = network(args, world)?;
            unit(it.start_bind(network, args.address(world)?))
        }
        "finish-bind" => unit(it.finish_bind()),
        // Both halves, with a wait in between.
        "bind" => {
            let network = network(args, world)?;
            let started = it.start_bind(network, args.address(world)?);
            unit(started.and_then(|()| until_over(|| it.subscribe(), || it.finish_bind())))
        }
        "start-connect" => {
            let network = network(args, world)?;
            unit(it.start_connect(network, args.address(world)?))
        }
        "finish-connect" => streams(it.finish_connect()),
        "connect" => {
            let network = network(args, world)?;
            let started = it.start_connect(network, args.address(world)?);
            streams(started.and_then(|()| until_over(|| it.subscribe(), || it.finish_connect())))
        }
        "start-listen" => unit(it.start_listen()),
        "finish-listen" => unit(it.finish_listen()),
        "listen" => {
            let started = it.start_listen();
            unit(started.and_then(|()| until_over(|| it.subscribe(), || it.finish_listen())))
        }
        "accept" => accepted(it.accept()),
        "await-accept" => accepted(until_over(|| it.subscribe(), || it.accept())),
        "local-address" => of_address(it.local_address()),
        "remote-address" => of_address(it.remote_address()),
        "is-listening" => plain(it.is_listening().to_string()),
        "address-family" => plain(of_family(it.address_family()).to_string()),
        "subscribe" => made(Value::Pollable(it.subscribe())),
        "shutdown" => {
            let text = args.text("receive, send or both")?;
            unit(it.shutdown(match text.as_str() {
                "receive" => ShutdownType::Receive,
                "send" => ShutdownType::Send,
                "both" => ShutdownType::Both,
                _ => return Err(Stop::Usage(format!("`{text}` is no shutdown-type"))),
            }))
        }
        _ => option(it, verb, args, world),
    }
}

/// Options, which can be set and read back.
fn option(it: &TcpSocket, verb: &str, args: &mut Args, world: &World) -> Called {
    match verb {
        "keep-alive-enabled" => shown(it.keep_alive_enabled(), bool::to_string),
        "keep-alive-idle-time" => number(it.keep_alive_idle_time()),
        "keep-alive-interval" => number(it.keep_alive_interval()),
        "keep-alive-count" => number(it.keep_alive_count().map(u64::from)),
        "hop-limit" => number(it.hop_limit().map(u64::from)),
        "receive-buffer-size" => some_number(it.receive_buffer_size()),
        "send-buffer-size" => some_number(it.send_buffer_size()),
        "set-keep-alive-enabled" => {
            let text = args.text("true or false")?;
            let on = text.parse().map_err(|_| Stop::usage("true or false"))?;
            unit(it.set_keep_alive_enabled(on))
        }
        _ => {
            let value = args.number("a number", world)?;
            let small = || Stop::usage("the number is too large");
            unit(match verb {
                "set-listen-backlog-size" => it.set_listen_backlog_size(value),
                "set-keep-alive-idle-time" => it.set_keep_alive_idle_time(value),
                "set-keep-alive-interval" => it.set_keep_alive_interval(value),
                "set-keep-alive-count" => {
                    it.set_keep_alive_count(value.try_into().map_err(|_| small())?)
                }
                "set-hop-limit" => it.set_hop_limit(value.try_into().map_err(|_| small())?),
                "set-receive-buffer-size" => it.set_receive_buffer_size(value),
                "set-send-buffer-size" => it.set_send_buffer_size(value),
                _ => return Err(Stop::Usage(format!("no method `{verb}` of tcp-socket"))),
            })
        }
    }
}

fn nothing<T>(_: &T) -> String {
    String::new()
}

/// `NAME.in` and `NAME.out`.
fn streams(result: Result<(InputStream, OutputStream), ErrorCode>) -> Called {
    valued(result, nothing, |(input, output)| {
        vec![(".in", Value::Input(input)), (".out", Value::Output(output))]
    })
}

/// `NAME`, `NAME.in` and `NAME.out`.
fn accepted(result: Result<(TcpSocket, InputStream, OutputStream), ErrorCode>) -> Called {
    valued(result, nothing, |(socket, input, output)| {
        vec![
            ("", Value::Tcp(socket)),
            (".in", Value::Input(input)),
            (".out", Value::Output(output)),
        ]
    })
}

pub fn of_address(result: Result<IpSocketAddress, ErrorCode>) -> Called {
    let values = |gave| -> Vec<_> { vec![("", Value::Address(gave))] };
    valued(result, address::show, values)
}
