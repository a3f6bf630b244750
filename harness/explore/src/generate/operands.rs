//! The operands of a call, by the types and the names of its parameters.

use preview1::{Flags, RIGHTS, Type};

use super::names;
use super::trees::{TARGETS, content};
use crate::lower::is_misplaced;
use crate::machine::UNOPENED;
use crate::random::Random;
use crate::rights;
use crate::scenario::{Descriptor, Fault, How, Interest, Operand, Step, Subscription};

/// What there is to choose from.
pub struct Choice<'c> {
    pub random: &'c mut Random,
    /// What exists below the preopen.
    pub paths: &'c [Vec<u8>],
    pub files: &'c [Descriptor],
    pub directories: &'c [Descriptor],
    /// Descriptors that were open, and are not.
    pub closed: &'c [Descriptor],
    /// The size of a file that is open.
    pub size: u64,
    /// Whether the scenario has an instance of its own.
    pub alone: bool,
}

/// Sizes and offsets. A file system can have limits between 1 TiB and those of 64 bits.
const OFFSETS: [u64; 16] =
    [0, 0, 1, 2, 3, 7, 16, 4095, 4096, 4097, 65_536, 1 << 31, 1 << 32, 1 << 40, 1 << 63, u64::MAX];
/// What a file can really be allocated to.
const ALLOCATED: [u64; 9] = [0, 1, 2, 5, 100, 4096, 65_536, 1 << 63, u64::MAX];
const ROOMS: [u32; 8] = [0, 1, 2, 5, 16, 64, 1000, 4096];
const TIMES: [u64; 7] = [
    0,
    1,
    1_000_000_000,
    1_500_000_000_123_456_789,
    4_000_000_000_000_000_001,
    i64::MAX as u64,
    1 << 31,
];

impl Choice<'_> {
    /// A call of a function.
    pub fn step(&mut self, function: u8) -> Step {
        let declared = &preview1::FUNCTIONS[usize::from(function)];
        let mut operands = Vec::new();
        let mut params = declared.params.iter();
        while let Some(param) = params.next() {
            match (declared.name, param.ty) {
                ("args_get" | "environ_get", _) => break,
                ("poll_oneoff", _) => {
                    operands.push(Operand::Subscriptions(self.subscriptions()));
                    break;
                }
                (_, Type::Pointer(_)) => {
                    operands.push(Operand::Room(*self.random.one(&ROOMS)));
                    params.next();
                }
                (name, ty) => operands.push(self.operand(name, param.name, ty)),
            }
        }
        let mut step = Step { function, operands, fault: None };
        let arguments = declared.core_params().count();
        if self.alone && self.random.in_hundred(25) {
            let argument = self.random.below(arguments) as u8;
            let all = [How::Outside, How::AcrossTheEnd, How::Misaligned, How::Overlap, How::Buffer];
            step.fault = Some(Fault { argument, how: *self.random.one(&all) });
        } else if self.random.in_hundred(1) {
            let argument = arguments.saturating_sub(1) as u8;
            step.fault = Some(Fault { argument, how: How::Overlap });
        }
        step.fault = step.fault.filter(|_| is_misplaced(&step));
        step
    }

    /// A call of `path_open` that mostly succeeds.
    pub fn open(&mut self) -> Step {
        let exists = !self.paths.is_empty() && self.random.in_hundred(85);
        let path = if exists { self.random.one(self.paths).clone() } else { self.path() };
        let oflags = if exists { &[0, 0, 0, 1, 8] } else { &[1, 1, 1, 5, 9] };
        let base = [rights::FILE, rights::FILE, rights::READ, rights::DIRECTORY, rights::ALL];
        let numbers = [
            *self.random.one(oflags),
            *self.random.one(&base),
            *self.random.one(&[0, rights::ALL]),
            *self.random.one(&[0, 0, 0, 1, 4]),
        ];
        let fd = match self.random.below(4) {
            0 if !self.directories.is_empty() => *self.random.one(self.directories),
            _ => Descriptor::Preopen,
        };
        let follow = Operand::Number(self.random.below(2) as u64);
        let mut operands = vec![Operand::Fd(fd), follow, Operand::Path(path)];
        operands.extend(numbers.map(Operand::Number));
        Step::of("path_open", operands)
    }

    fn operand(&mut self, function: &str, name: &str, ty: Type) -> Operand {
        match ty {
            Type::Fd => Operand::Fd(self.descriptor(function)),
            Type::String if (function, name) == ("path_symlink", "old_path") => {
                Operand::Path(match self.random.below(5) {
                    0 => self.path(),
                    1 => self.random.one(&names::special()).clone(),
                    _ => self.random.one(&TARGETS).as_bytes().to_vec(),
                })
            }
            Type::String => Operand::Path(self.path()),
            Type::IovecArray => {
                let count = *self.random.one(&[0, 1, 1, 1, 1, 2, 3]);
                Operand::Rooms((0..count).map(|_| *self.random.one(&ROOMS)).collect())
            }
            Type::CiovecArray => {
                let count = *self.random.one(&[0, 1, 1, 1, 1, 2, 3]);
                let mut text = || content(*self.random.one(&[0, 1, 3, 10, 100, 4097]));
                Operand::Data((0..count).map(|_| text()).collect())
            }
            Type::Flags(of) if of.name == RIGHTS.name => {
                Operand::Number(self.rights(function, name))
            }
            Type::Flags(of) => Operand::Number(self.flags(of)),
            Type::Enum(of) => {
                let cases = of.cases.len() as u64;
                Operand::Number(match self.random.below(20) {
                    0 => *self.random.one(&[cases, 255, 256, 1 << 31, u32::MAX.into()]),
                    _ => self.random.below(of.cases.len()) as u64,
                })
            }
            _ => Operand::Number(self.number(function, name)),
        }
    }

    fn path(&mut self) -> Vec<u8> {
        names::path(self.random, self.paths)
    }

    /// A descriptor of the kind that a function is for, mostly.
    fn descriptor(&mut self, function: &str) -> Descriptor {
        let on_directory = function.starts_with("path_") || function == "fd_readdir";
        let (meant, other) = match on_directory {
            true => (self.directories, self.files),
            false => (self.files, self.directories),
        };
        if self.alone && self.random.in_hundred(30) {
            let all = [Descriptor::Stdin, Descriptor::Stdout, Descriptor::Stderr];
            return *self.random.one(&all);
        }
        match self.random.below(100) {
            0..30 if on_directory => Descriptor::Preopen,
            0..82 if !meant.is_empty() => *self.random.one(meant),
            0..92 if !other.is_empty() => *self.random.one(other),
            92..96 if !self.closed.is_empty() => *self.random.one(self.closed),
            96 => Descriptor::Number(*self.random.one(&[UNOPENED, 1 << 31, u32::MAX])),
            _ => Descriptor::Preopen,
        }
    }

    fn rights(&mut self, function: &str, name: &str) -> u64 {
        let one = 1 << self.random.below(RIGHTS.bits.len());
        if name == "fs_rights_inheriting" || function == "fd_fdstat_set_rights" {
            return match self.random.below(10) {
                0..5 => rights::ALL,
                5 => 0,
                6 => rights::FILE,
                7 => rights::DIRECTORY,
                8 => rights::ALL & !one,
                _ => *self.random.one(&[RIGHTS.all(), rights::ALL | 1 << 30, u64::MAX, one]),
            };
        }
        match self.random.below(20) {
            0..7 => rights::FILE,
            7..11 => rights::DIRECTORY,
            11..13 => rights::READ,
            13 => rights::WRITE,
            14 => rights::FILE & !one,
            15 => rights::DIRECTORY & !one,
            16 => 0,
            17 => one,
            _ => *self.random.one(&[rights::ALL, rights::ALL, RIGHTS.all(), 1 << 30, 1 << 63]),
        }
    }

    /// Few flags, mostly such as have a name.
    fn flags(&mut self, of: &Flags) -> u64 {
        let mut value = 0;
        for bit in 0..of.bits.len() {
            let cases = if of.bits.len() == 1 { 50 } else { 22 };
            value |= u64::from(self.random.in_hundred(cases)) << bit;
        }
        if self.random.in_hundred(3) {
            let last = of.size * 8 - 1;
            value |= *self.random.one(&[1 << of.bits.len(), 1 << last]);
        }
        value
    }

    fn number(&mut self, function: &str, name: &str) -> u64 {
        let near = self.size.wrapping_add(self.random.below(3) as u64).wrapping_sub(1);
        match (function, name) {
            (_, "atim" | "mtim") => *self.random.one(&TIMES),
            ("fd_allocate", _) => match self.random.below(4) {
                0 if near < ALLOCATED[6] => near,
                _ => *self.random.one(&ALLOCATED),
            },
            ("fd_seek", _) => match self.random.below(4) {
                0 => near,
                1 => near.wrapping_neg(),
                2 => *self.random.one(&[u64::MAX, -5_i64 as u64, i64::MIN as u64, i64::MAX as u64]),
                _ => *self.random.one(&OFFSETS),
            },
            ("fd_readdir", _) => *self.random.one(&[0, 0, 0, 0, 1 << 31, 1 << 62, i64::MAX as u64]),
            ("proc_exit", _) => *self.random.one(&[0, 1, 3, 125, 126, 255, 256, 0xffff_ffff]),
            _ if self.random.in_hundred(35) => near,
            _ => *self.random.one(&OFFSETS),
        }
    }

    /// Subscriptions that do not wait for ever: the model decides that.
    fn subscriptions(&mut self) -> Vec<Subscription> {
        let count = *self.random.one(&[0, 1, 1, 1, 2, 3]);
        let one = |choice: &mut Self| {
            let interest = match choice.random.below(8) {
                0..4 => Interest::Clock {
                    clock: *choice.random.one(&[0, 1, 1, 2, 4, u32::MAX]),
                    timeout: *choice.random.one(&[0, 0, 0, 1, u64::MAX]),
                    flags: *choice.random.one(&[0, 0, 0, 1, 1, 2, 1 << 15]),
                },
                4..6 => Interest::Read(choice.descriptor("poll_oneoff")),
                6 => Interest::Write(choice.descriptor("poll_oneoff")),
                _ => Interest::Unknown(*choice.random.one(&[3, 255])),
            };
            let userdata = *choice.random.one(&[0, 1, 2, u64::MAX]);
            Subscription { userdata, interest }
        };
        (0..count).map(|_| one(self)).collect()
    }
}
