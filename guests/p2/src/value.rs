//! The values that a statement can name.

use alloc::vec::Vec;

use wasip2::cli::terminal_input::TerminalInput;
use wasip2::cli::terminal_output::TerminalOutput;
use wasip2::filesystem::types::{
    Descriptor, DescriptorStat, DirectoryEntryStream, MetadataHashValue,
};
use wasip2::io::poll::Pollable;
use wasip2::io::streams::{InputStream, OutputStream};
use wasip2::sockets::ip_name_lookup::ResolveAddressStream;
use wasip2::sockets::network::{IpSocketAddress, Network};
use wasip2::sockets::tcp::TcpSocket;
use wasip2::sockets::udp::{IncomingDatagramStream, OutgoingDatagramStream, UdpSocket};

pub enum Value {
    Descriptor(Descriptor),
    Entries(DirectoryEntryStream),
    Input(InputStream),
    Output(OutputStream),
    Pollable(Pollable),
    Network(Network),
    Tcp(TcpSocket),
    Udp(UdpSocket),
    Incoming(IncomingDatagramStream),
    Outgoing(OutgoingDatagramStream),
    Addresses(ResolveAddressStream),
    /// Kept only so that they can be dropped by name.
    TerminalInput(#[expect(dead_code)] TerminalInput),
    TerminalOutput(#[expect(dead_code)] TerminalOutput),
    Address(IpSocketAddress),
    Number(u64),
    Bytes(Vec<u8>),
    Hash(MetadataHashValue),
    Stat(DescriptorStat),
}
