//! What is there at first, and what is called.

use preview1::{FUNCTIONS, Function};

/// A preopened directory, and calls on it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Scenario {
    /// What is in the preopen at first.
    pub tree: Tree,
    /// Whether the guest may not change what is in the preopen.
    pub read_only: bool,
    pub calls: Vec<Step>,
}

/// Paths below the preopen, and what is there. A directory comes before what is in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Tree(pub Vec<(String, Node)>);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Node {
    Directory,
    File(Vec<u8>),
    /// A symbolic link to a target.
    Symlink(String),
    /// Another name for what is not a directory, at an earlier path.
    Link(String),
    /// Only in a tree that was found: a file of [`crate::LARGE`] bytes or more, by its size.
    Large(u64),
}

/// A call of one of the 46 functions.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Step {
    /// Its place in [`FUNCTIONS`].
    pub function: u8,
    /// One for each parameter of the witx, except that an address and the length behind it are one
    /// [`Operand::Room`], the two addresses of `args_get` and `environ_get` are none, and all of
    /// `poll_oneoff` is one [`Operand::Subscriptions`].
    pub operands: Vec<Operand>,
    /// An address that is not what it should be.
    pub fault: Option<Fault>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Operand {
    Fd(Descriptor),
    /// An integer, an enumeration or flags, as they are passed.
    Number(u64),
    /// A path, or the target of a symbolic link.
    Path(Vec<u8>),
    /// The lengths of buffers to fill.
    Rooms(Vec<u32>),
    /// What is in the buffers to read from.
    Data(Vec<Vec<u8>>),
    /// The length of one buffer to fill.
    Room(u32),
    Subscriptions(Vec<Subscription>),
}

/// A descriptor, by where it comes from. Its number is known when the call is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Descriptor {
    Stdin,
    Stdout,
    Stderr,
    Preopen,
    /// What the call at this place has opened. If it has not, [`crate::machine::UNOPENED`].
    Opened(u8),
    /// A number. No number below [`crate::machine::UNOPENED`] is used, because what has it depends on
    /// the runtime.
    Number(u32),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Subscription {
    pub userdata: u64,
    pub interest: Interest,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Interest {
    Clock {
        clock: u32,
        timeout: u64,
        flags: u16,
    },
    Read(Descriptor),
    Write(Descriptor),
    /// A tag that has no meaning.
    Unknown(u8),
}

/// An address that is not what it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fault {
    /// Which of the arguments of WebAssembly it is.
    pub argument: u8,
    pub how: How,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum How {
    /// Far outside memory.
    Outside,
    /// The last byte of memory, so that anything longer reaches beyond the end.
    AcrossTheEnd,
    Misaligned,
    /// A result where the first operand in memory is.
    Overlap,
    /// The first buffer of the list there is far outside memory.
    Buffer,
}

impl Step {
    pub fn function(&self) -> &'static Function {
        &FUNCTIONS[usize::from(self.function)]
    }

    pub fn name(&self) -> &'static str {
        self.function().name
    }

    /// A call of a function by its name. Panics if there is none.
    pub fn of(function: &str, operands: Vec<Operand>) -> Step {
        let place = FUNCTIONS.iter().position(|f| f.name == function);
        let function = place.unwrap_or_else(|| panic!("no function `{function}`")) as u8;
        Step { function, operands, fault: None }
    }

    /// Whether it gives a new descriptor.
    pub fn opens(&self) -> bool {
        matches!(self.name(), "path_open" | "sock_accept")
    }

    /// Replaces descriptors among its operands.
    pub fn change_descriptors(&mut self, change: impl Fn(Descriptor) -> Descriptor) {
        for operand in &mut self.operands {
            match operand {
                Operand::Fd(fd) => *fd = change(*fd),
                Operand::Subscriptions(list) => {
                    for subscription in list {
                        if let Interest::Read(fd) | Interest::Write(fd) = &mut subscription.interest
                        {
                            *fd = change(*fd);
                        }
                    }
                }
                _ => {}
            }
        }
    }

    /// The descriptors among its operands.
    pub fn descriptors(&self) -> impl Iterator<Item = Descriptor> {
        self.operands.iter().flat_map(|operand| match operand {
            Operand::Fd(fd) => vec![*fd],
            Operand::Subscriptions(list) => list
                .iter()
                .filter_map(|subscription| match subscription.interest {
                    Interest::Read(fd) | Interest::Write(fd) => Some(fd),
                    Interest::Clock { .. } | Interest::Unknown(_) => None,
                })
                .collect(),
            _ => Vec::new(),
        })
    }
}

impl Scenario {
    /// Whether it needs an instance of its own: it may end the guest, or changes what other scenarios
    /// of the same instance share.
    pub fn is_alone(&self) -> bool {
        let is_stdio =
            |fd| matches!(fd, Descriptor::Stdin | Descriptor::Stdout | Descriptor::Stderr);
        self.calls.iter().any(|step| {
            let ends = matches!(step.name(), "proc_exit" | "proc_raise");
            let may_trap = step.fault.is_some_and(|fault| fault.how != How::Overlap);
            ends || may_trap || step.descriptors().any(is_stdio)
        })
    }
}
