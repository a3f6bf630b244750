//! Addresses, in the types of the interface and as text.

use alloc::format;
use alloc::string::String;
use core::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

use wasip2::sockets::network::{
    IpAddress, IpSocketAddress, Ipv4Address, Ipv4SocketAddress, Ipv6Address, Ipv6SocketAddress,
};

pub fn to_wit(address: SocketAddr) -> IpSocketAddress {
    match address {
        SocketAddr::V4(address) => {
            let [a, b, c, d] = address.ip().octets();
            IpSocketAddress::Ipv4(Ipv4SocketAddress { port: address.port(), address: (a, b, c, d) })
        }
        SocketAddr::V6(address) => {
            let [a, b, c, d, e, f, g, h] = address.ip().segments();
            IpSocketAddress::Ipv6(Ipv6SocketAddress {
                port: address.port(),
                flow_info: address.flowinfo(),
                address: (a, b, c, d, e, f, g, h),
                scope_id: address.scope_id(),
            })
        }
    }
}

pub fn of_wit(address: &IpSocketAddress) -> SocketAddr {
    match address {
        IpSocketAddress::Ipv4(it) => SocketAddrV4::new(v4(it.address), it.port).into(),
        IpSocketAddress::Ipv6(it) => {
            SocketAddrV6::new(v6(it.address), it.port, it.flow_info, it.scope_id).into()
        }
    }
}

fn v4((a, b, c, d): Ipv4Address) -> Ipv4Addr {
    Ipv4Addr::new(a, b, c, d)
}

fn v6((a, b, c, d, e, f, g, h): Ipv6Address) -> Ipv6Addr {
    Ipv6Addr::new(a, b, c, d, e, f, g, h)
}

/// The system chooses the port, so only whether there is one is shown.
pub fn show(address: &IpSocketAddress) -> String {
    let address = of_wit(address);
    format!("{} port {}", address.ip(), if address.port() == 0 { "0" } else { "some" })
}

pub fn show_ip(address: &IpAddress) -> String {
    match address {
        IpAddress::Ipv4(address) => format!("{}", v4(*address)),
        IpAddress::Ipv6(address) => format!("{}", v6(*address)),
    }
}
