//! From a call to what the guest `explore` executes: where everything lies in the arena.

use preview1::{EVENT, IOVEC, SUBSCRIPTION, SUBSCRIPTION_CLOCK, SUBSCRIPTION_FD_READWRITE};
use preview1::{EVENTTYPE, SUBSCRIPTION_U, Type};

use crate::machine::{ARENA, Arg, Op, Patch, Program, UNOPENED};
use crate::scenario::{Descriptor, Fault, How, Interest, Operand, Scenario, Step, Subscription};

/// Bytes after each result that nothing may write to.
pub const GUARD: u32 = 8;
/// How much room `args_get` and `environ_get` have for pointers and for text, and how these are
/// aligned.
const STRINGS: [(u32, u32); 2] = [(256, 4), (2048, 1)];
/// An address outside memory. It is aligned for everything.
const OUTSIDE: u32 = u32::MAX - 7;

/// The program of a scenario whose preopen has this number.
pub fn lower(scenario: &Scenario, preopen: u32) -> Program {
    let ops = scenario.calls.iter().enumerate().map(|(place, step)| lower_step(place, step));
    Program { preopen, ops: ops.collect() }
}

/// Whether a call has a fault that changes its arguments.
pub fn is_misplaced(step: &Step) -> bool {
    step.fault.is_some()
        && lower_step(0, step) != lower_step(0, &Step { fault: None, ..step.clone() })
}

/// Whether the operands of a call have room in the arena.
pub fn fits(step: &Step) -> bool {
    let op = lower_step(0, &Step { fault: None, ..step.clone() });
    let patches = op.patches.iter().map(|patch| match patch {
        Patch::Bytes(offset, bytes) => offset.saturating_add(bytes.len() as u32),
        Patch::Slot(offset, _) | Patch::Address(offset, _) => offset + 4,
    });
    let dumps = op.dump.iter().map(|(offset, length)| offset.saturating_add(*length));
    patches.chain(dumps).all(|end| end <= ARENA)
}

/// An address among the arguments, and what is there.
struct Pointer {
    argument: usize,
    size: u32,
    align: u32,
    is_result: bool,
}

/// What is laid out so far.
struct Layout {
    op: Op,
    /// Where the next thing can be.
    free: u32,
    pointers: Vec<Pointer>,
}

pub fn lower_step(place: usize, step: &Step) -> Op {
    let function = step.function();
    let op = Op {
        function: step.function,
        patches: Vec::new(),
        args: Vec::new(),
        keep: None,
        dump: Vec::new(),
    };
    let mut layout = Layout { op, free: 0, pointers: Vec::new() };
    for operand in &step.operands {
        layout.operand(operand, step.fault);
    }
    if step.operands.is_empty() && matches!(step.name(), "args_get" | "environ_get") {
        for (size, align) in STRINGS {
            layout.result(size, align);
        }
        // How much of it is needed is known to the runtime only.
        layout.pointers.iter_mut().for_each(|pointer| pointer.size = 0);
    }
    for result in function.results {
        let align = if result.ty.size() < 8 { result.ty.size() } else { 8 };
        let align = if matches!(result.ty, Type::Union(_)) { 4 } else { align };
        layout.result(result.ty.size() as u32, align as u32);
    }
    if let Some(fault) = step.fault {
        layout.misplace(fault);
    }
    let mut op = layout.op;
    if step.opens()
        && let Some(Arg::Address(offset)) = op.args.last()
    {
        op.keep = Some((place as u8 + 1, *offset));
    }
    op
}

impl Layout {
    /// Room for something.
    fn room(&mut self, size: u32) -> u32 {
        let offset = self.free;
        // What does not fit is refused when a scenario is read.
        self.free = offset.saturating_add(size).saturating_add(GUARD).min(1 << 31);
        self.free = self.free.next_multiple_of(8);
        offset
    }

    fn pointer(&mut self, offset: u32, size: u32, align: u32, is_result: bool) {
        self.pointers.push(Pointer { argument: self.op.args.len(), size, align, is_result });
        self.op.args.push(Arg::Address(offset));
    }

    /// Somewhere to write to, and its address as an argument.
    fn result(&mut self, size: u32, align: u32) {
        let offset = self.room(size);
        self.op.dump.push((offset, size.saturating_add(GUARD)));
        self.pointer(offset, size, align, true);
    }

    fn number(&mut self, number: u64) {
        self.op.args.push(Arg::Number(number));
    }

    fn operand(&mut self, operand: &Operand, fault: Option<Fault>) {
        match operand {
            Operand::Fd(fd) => self.op.args.push(match number_of(*fd) {
                Ok(number) => Arg::Number(number.into()),
                Err(slot) => Arg::Slot(slot),
            }),
            Operand::Number(number) => self.number(*number),
            Operand::Path(bytes) => {
                let size = bytes.len() as u32;
                let offset = self.bytes(bytes);
                self.pointer(offset, size, 1, false);
                self.number(size.into());
            }
            Operand::Room(size) => {
                self.result(*size, 1);
                self.number((*size).into());
            }
            Operand::Rooms(sizes) => {
                let rooms = sizes.iter().map(|size| {
                    let offset = self.room(*size);
                    self.op.dump.push((offset, size.saturating_add(GUARD)));
                    (offset, *size)
                });
                let rooms = rooms.collect();
                self.buffers(rooms, fault);
            }
            Operand::Data(data) => {
                let buffers = data.iter().map(|bytes| (self.bytes(bytes), bytes.len() as u32));
                let buffers = buffers.collect();
                self.buffers(buffers, fault);
            }
            Operand::Subscriptions(list) => self.subscriptions(list),
        }
    }

    fn bytes(&mut self, bytes: &[u8]) -> u32 {
        let offset = self.room(bytes.len() as u32);
        self.op.patches.push(Patch::Bytes(offset, bytes.to_vec()));
        offset
    }

    fn buffers(&mut self, buffers: Vec<(u32, u32)>, fault: Option<Fault>) {
        let size = IOVEC.size() as u32;
        let list = self.room(buffers.len() as u32 * size);
        let is_bad = fault.is_some_and(|fault| {
            fault.how == How::Buffer && usize::from(fault.argument) == self.op.args.len()
        });
        for (place, (offset, length)) in buffers.iter().enumerate() {
            let at = list + place as u32 * size;
            let buffer = at + IOVEC.offset("buf") as u32;
            self.op.patches.push(match is_bad && place == 0 {
                true => Patch::Bytes(buffer, OUTSIDE.to_le_bytes().into()),
                false => Patch::Address(buffer, *offset),
            });
            let at = at + IOVEC.offset("buf_len") as u32;
            self.op.patches.push(Patch::Bytes(at, length.to_le_bytes().into()));
        }
        self.pointer(list, buffers.len() as u32 * size, 4, false);
        self.number(buffers.len() as u64);
    }

    /// All arguments of `poll_oneoff` but the last.
    fn subscriptions(&mut self, list: &[Subscription]) {
        let (size, count) = (SUBSCRIPTION.size(), list.len());
        let start = self.room((size * count) as u32);
        self.pointer(start, (size * count) as u32, 8, false);
        for (place, subscription) in list.iter().enumerate() {
            self.subscription(start + (place * size) as u32, subscription);
        }
        self.result((EVENT.size() * count) as u32, 8);
        self.number(count as u64);
    }

    fn subscription(&mut self, at: u32, subscription: &Subscription) {
        let mut bytes = vec![0; SUBSCRIPTION.size()];
        let mut put = |offset: usize, number: &[u8]| {
            bytes[offset..offset + number.len()].copy_from_slice(number);
        };
        put(SUBSCRIPTION.offset("userdata"), &subscription.userdata.to_le_bytes());
        let tag = SUBSCRIPTION.offset("u");
        let body = tag + SUBSCRIPTION_U.offset();
        let kind = |name| EVENTTYPE.number(name).unwrap_or_default() as u8;
        let fd = body + SUBSCRIPTION_FD_READWRITE.offset("file_descriptor");
        let mut slot = None;
        match subscription.interest {
            Interest::Clock { clock, timeout, flags } => {
                put(tag, &[kind("clock")]);
                put(body + SUBSCRIPTION_CLOCK.offset("id"), &clock.to_le_bytes());
                put(body + SUBSCRIPTION_CLOCK.offset("timeout"), &timeout.to_le_bytes());
                put(body + SUBSCRIPTION_CLOCK.offset("flags"), &flags.to_le_bytes());
            }
            Interest::Read(descriptor) | Interest::Write(descriptor) => {
                let reads = matches!(subscription.interest, Interest::Read(_));
                put(tag, &[kind(if reads { "fd_read" } else { "fd_write" })]);
                match number_of(descriptor) {
                    Ok(number) => put(fd, &number.to_le_bytes()),
                    Err(of) => slot = Some(of),
                }
            }
            Interest::Unknown(number) => put(tag, &[number]),
        }
        self.op.patches.push(Patch::Bytes(at, bytes));
        if let Some(slot) = slot {
            self.op.patches.push(Patch::Slot(at + fd as u32, slot));
        }
    }

    /// Replaces an address by one that is not what it should be.
    fn misplace(&mut self, fault: Fault) {
        let argument = usize::from(fault.argument);
        let first = self.pointers.iter().find(|pointer| !pointer.is_result);
        let first = first.map(|pointer| self.op.args[pointer.argument]);
        let pointer = self.pointers.iter().find(|pointer| pointer.argument == argument);
        let (Some(pointer), Some(Arg::Address(offset))) =
            (pointer, self.op.args.get(argument).copied())
        else {
            return;
        };
        let to = match fault.how {
            How::Outside => Arg::Number(OUTSIDE.into()),
            How::AcrossTheEnd if pointer.size <= pointer.align => Arg::Address(ARENA),
            How::AcrossTheEnd => {
                Arg::Address((ARENA - pointer.size + 1).next_multiple_of(pointer.align))
            }
            How::Misaligned if pointer.align > 1 => Arg::Address(offset + 1),
            How::Overlap if pointer.is_result => match first {
                Some(Arg::Address(shared)) => {
                    for (from, _) in self.op.dump.iter_mut().filter(|(from, _)| *from == offset) {
                        *from = shared;
                    }
                    Arg::Address(shared)
                }
                _ => return,
            },
            How::Misaligned | How::Overlap | How::Buffer => return,
        };
        self.op.args[argument] = to;
    }
}

/// The number of a descriptor, or the slot that has it.
fn number_of(descriptor: Descriptor) -> Result<u32, u8> {
    match descriptor {
        Descriptor::Stdin => Ok(0),
        Descriptor::Stdout => Ok(1),
        Descriptor::Stderr => Ok(2),
        Descriptor::Number(number) => Ok(number),
        Descriptor::Preopen => Err(0),
        Descriptor::Opened(place) if place < u8::MAX => Err(place + 1),
        Descriptor::Opened(_) => Ok(UNOPENED),
    }
}
