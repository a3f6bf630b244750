//! The matrix: every combination within a small scope, without chance.
//!
//! The tables say what each operand can be, and the number of a scenario says which of it it is. So a
//! scenario is made when it is asked for, and a part of the matrix is a range of numbers.

mod setting;
mod tables;

use crate::lower::is_misplaced;
use crate::machine::UNOPENED;
use crate::rights;
use crate::scenario::{Descriptor, Fault, How, Interest, Operand, Scenario, Step, Subscription};
use setting::{OWN, PATHS, STREAMS};
use tables::{Axis, Line, OTHERS};

/// What a line is combined with.
#[derive(Clone, Copy)]
enum Group {
    /// A descriptor is open on the path; the preopen is read-only; the directory lacks the right.
    OnPath,
    OnTwoPaths,
    /// A descriptor is open on each path; the preopen is read-only; a directory lacks a right.
    InSituations,
    /// Each kind of descriptor, in a preopen that is read-only or is not.
    OnDescriptor,
    OnStream,
    OnNothing,
    /// Each argument is a bad address in each way.
    OnAddress,
    /// What `poll_oneoff` waits for, on each kind of descriptor.
    Polls,
}

const FAULTS: [How; 5] =
    [How::Outside, How::AcrossTheEnd, How::Misaligned, How::Overlap, How::Buffer];
/// The most arguments that a function has.
const ARGUMENTS: usize = 9;

/// All scenarios, by their numbers.
pub struct Matrix {
    /// With the number behind the last scenario of each.
    lines: Vec<(Group, &'static Line, usize)>,
}

static POLL: Line = Line { function: "poll_oneoff", rights: &[], axes: &[] };

impl Default for Matrix {
    fn default() -> Matrix {
        let mut matrix = Matrix { lines: Vec::new() };
        matrix.add(Group::OnPath, &tables::ON_PATHS);
        matrix.add(Group::OnTwoPaths, &tables::ON_TWO_PATHS);
        matrix.add(Group::InSituations, &tables::ON_TWO_PLAIN_PATHS);
        matrix.add(Group::OnDescriptor, &tables::ON_DESCRIPTORS);
        matrix.add(Group::OnNothing, &tables::ON_NOTHING);
        matrix.add(Group::Polls, std::slice::from_ref(&POLL));
        // These need an instance each.
        matrix.add(Group::OnStream, &tables::ON_DESCRIPTORS);
        matrix.add(Group::OnNothing, &tables::ENDING);
        matrix.add(Group::OnAddress, &tables::ON_ADDRESSES);
        matrix
    }
}

impl Matrix {
    fn add(&mut self, group: Group, lines: &'static [Line]) {
        for line in lines {
            let end = self.len() + sizes(group, line).iter().product::<usize>();
            self.lines.push((group, line, end));
        }
    }

    pub fn len(&self) -> usize {
        self.lines.last().map_or(0, |(_, _, end)| *end)
    }

    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The scenario of a number below the length.
    pub fn get(&self, number: usize) -> Option<Scenario> {
        let place = self.lines.partition_point(|(_, _, end)| *end <= number);
        let (group, line, end) = self.lines.get(place)?;
        let sizes = sizes(*group, line);
        let mut left = number + sizes.iter().product::<usize>() - end;
        let mut digits = Vec::new();
        for size in sizes {
            digits.push(left % size);
            left /= size;
        }
        Some(scenario(*group, line, digits[0], &digits[1..]))
    }

    pub fn iter(&self) -> impl Iterator<Item = Scenario> {
        (0..self.len()).filter_map(|number| self.get(number))
    }
}

/// How many choices there are: for the situation, and for each operand.
fn sizes(group: Group, line: &Line) -> Vec<usize> {
    let is_brief = matches!(group, Group::OnStream);
    let situations = match group {
        Group::OnPath => 8,
        Group::OnTwoPaths | Group::OnNothing => 1,
        Group::InSituations => 4,
        Group::OnDescriptor => 2 * OWN,
        Group::OnStream => STREAMS,
        Group::OnAddress => ARGUMENTS * FAULTS.len(),
        Group::Polls => OWN * POLLED.len(),
    };
    let axes = line.axes.iter().map(|axis| {
        let size = size(axis);
        if is_brief { size.min(2) } else { size }
    });
    std::iter::once(situations).chain(axes).collect()
}

fn size(axis: &Axis) -> usize {
    match axis {
        Axis::Fd => 1,
        Axis::Follow => 2,
        Axis::Path => 2 * PATHS.len(),
        Axis::PlainPath => PATHS.len(),
        Axis::Other => 2 + OTHERS.len(),
        Axis::Texts(texts) => texts.len(),
        Axis::Numbers(numbers) => numbers.len(),
        Axis::Below(limit) => *limit as usize,
        Axis::Rooms(rooms) => rooms.len(),
        Axis::Data(data) => data.len(),
        Axis::Room(rooms) => rooms.len(),
    }
}

fn operand(axis: &Axis, choice: usize, fd: Descriptor) -> Operand {
    match axis {
        Axis::Fd => Operand::Fd(fd),
        Axis::Follow => Operand::Number(choice as u64),
        Axis::Path => {
            let mut path = PATHS[choice / 2].to_vec();
            path.extend((choice % 2 == 1).then_some(b'/'));
            Operand::Path(path)
        }
        Axis::PlainPath => Operand::Path(PATHS[choice].to_vec()),
        Axis::Other => Operand::Fd(match choice {
            0 => fd,
            1 => Descriptor::Preopen,
            other => OTHERS[other - 2].map_or(Descriptor::Opened(OTHER), Descriptor::Number),
        }),
        Axis::Texts(texts) => Operand::Path(texts[choice].to_vec()),
        Axis::Numbers(numbers) => Operand::Number(numbers[choice]),
        Axis::Below(_) => Operand::Number(choice as u64),
        Axis::Rooms(rooms) => Operand::Rooms(rooms[choice].to_vec()),
        Axis::Data(data) => Operand::Data(data[choice].iter().map(|text| text.to_vec()).collect()),
        Axis::Room(rooms) => Operand::Room(rooms[choice]),
    }
}

/// Stands for a file that is opened when the place of that call is known.
const OTHER: u8 = u8::MAX;

fn scenario(group: Group, line: &Line, situation: usize, choices: &[usize]) -> Scenario {
    let mut scenario = Scenario { tree: setting::tree(), read_only: false, calls: Vec::new() };
    let calls = &mut scenario.calls;
    let main = |fds: &mut dyn Iterator<Item = Descriptor>| {
        let operands = line.axes.iter().zip(choices).map(|(axis, choice)| {
            let fd = match axis {
                Axis::Fd => fds.next().unwrap_or(Descriptor::Preopen),
                _ => Descriptor::Preopen,
            };
            operand(axis, *choice, fd)
        });
        Step::of(line.function, operands.collect())
    };
    match group {
        Group::OnPath => {
            let (is_open, lacks) = (situation & 1 != 0, situation & 4 != 0);
            scenario.read_only = situation & 2 != 0;
            let mut fd = Descriptor::Preopen;
            if lacks {
                calls.push(setting::open_directory(b".", tables::without(line.rights[0])));
                fd = Descriptor::Opened(0);
            }
            let step = main(&mut std::iter::repeat(fd));
            with_open(calls, step, is_open);
        }
        Group::OnTwoPaths => calls.push(main(&mut std::iter::empty())),
        Group::InSituations => {
            scenario.read_only = situation == 1;
            let mut fds = [Descriptor::Preopen; 2];
            if let Some(lacking) = situation.checked_sub(2) {
                let rights = tables::without(line.rights[lacking]);
                calls.push(setting::open_directory(b".", rights));
                fds[lacking] = Descriptor::Opened(0);
            }
            let step = main(&mut fds.into_iter());
            with_open(calls, step, situation == 0);
        }
        Group::OnDescriptor | Group::OnStream => {
            let kind = match group {
                Group::OnStream => OWN + situation,
                _ => {
                    scenario.read_only = situation >= OWN;
                    situation % OWN
                }
            };
            let (before, fd) = setting::descriptor(kind);
            *calls = before;
            on_descriptor(calls, line, choices, fd);
        }
        Group::OnNothing => calls.push(main(&mut std::iter::empty())),
        Group::OnAddress => {
            let on_directory = line.function.starts_with("path_")
                || ["fd_readdir", "fd_prestat_get", "fd_prestat_dir_name"].contains(&line.function);
            let mut fd = Descriptor::Preopen;
            if !on_directory {
                (*calls, fd) = setting::descriptor(0);
            }
            let mut step = main(&mut std::iter::repeat(fd));
            let argument = (situation % ARGUMENTS) as u8;
            step.fault = Some(Fault { argument, how: FAULTS[situation / ARGUMENTS] });
            // Not every argument is an address, nor has every address a type to be aligned for.
            step.fault = step.fault.filter(|_| is_misplaced(&step));
            calls.push(step);
        }
        Group::Polls => {
            let (before, fd) = setting::descriptor(situation % OWN);
            *calls = before;
            let list = POLLED[situation / OWN].iter().zip(1..);
            let list = list.map(|(interest, userdata)| Subscription {
                userdata,
                interest: match *interest {
                    Interest::Read(_) => Interest::Read(fd),
                    Interest::Write(_) => Interest::Write(fd),
                    other => other,
                },
            });
            calls.push(Step::of("poll_oneoff", vec![Operand::Subscriptions(list.collect())]));
        }
    }
    scenario
}

/// The call, with descriptors open on its paths that are looked at afterwards.
fn with_open(calls: &mut Vec<Step>, step: Step, is_open: bool) {
    let first = calls.len();
    if is_open {
        for operand in &step.operands {
            if let Operand::Path(path) = operand {
                calls.push(setting::open(path, 0, rights::READ, 0));
            }
        }
    }
    let opens = step.opens();
    let place = calls.len();
    calls.push(step);
    for fd in (first..place).map(|place| Descriptor::Opened(place as u8)) {
        calls.push(Step::of("fd_filestat_get", vec![Operand::Fd(fd)]));
        calls.push(Step::of("fd_read", vec![Operand::Fd(fd), Operand::Rooms(vec![16])]));
    }
    if opens {
        let fd = Operand::Fd(Descriptor::Opened(place as u8));
        calls.push(Step::of("fd_fdstat_get", vec![fd.clone()]));
        calls.push(Step::of("fd_filestat_get", vec![fd.clone()]));
        calls.push(Step::of("fd_read", vec![fd.clone(), Operand::Rooms(vec![16])]));
        calls.push(Step::of("fd_write", vec![fd, Operand::Data(vec![b"x".to_vec()])]));
    }
}

/// The call on a descriptor, which is looked at afterwards.
fn on_descriptor(calls: &mut Vec<Step>, line: &Line, choices: &[usize], fd: Descriptor) {
    let operands = line.axes.iter().zip(choices);
    let mut step = Step::of(
        line.function,
        operands.map(|(axis, choice)| operand(axis, *choice, fd)).collect(),
    );
    let mut looked_at = vec![fd];
    if step.descriptors().any(|fd| fd == Descriptor::Opened(OTHER)) {
        let other = Descriptor::Opened(calls.len() as u8);
        calls.push(setting::open(b"d/f", 0, rights::READ, 0));
        step.change_descriptors(|fd| if fd == Descriptor::Opened(OTHER) { other } else { fd });
        looked_at.push(other);
    }
    if step.opens() {
        looked_at.push(Descriptor::Opened(calls.len() as u8));
    }
    let is_look = matches!(line.function, "fd_fdstat_get" | "fd_tell" | "fd_filestat_get");
    calls.push(step);
    if !is_look {
        for fd in looked_at {
            for name in ["fd_fdstat_get", "fd_tell", "fd_filestat_get"] {
                calls.push(Step::of(name, vec![Operand::Fd(fd)]));
            }
        }
    }
}

const NOW: Interest = Interest::Clock { clock: 1, timeout: 0, flags: 0 };
const NEVER: Interest = Interest::Clock { clock: 1, timeout: u64::MAX, flags: 0 };
const READ: Interest = Interest::Read(Descriptor::Number(UNOPENED));
const WRITE: Interest = Interest::Write(Descriptor::Number(UNOPENED));
const fn clock(clock: u32, timeout: u64, flags: u16) -> Interest {
    Interest::Clock { clock, timeout, flags }
}

/// What to wait for, where the descriptor is the one that the line is about.
const POLLED: [&[Interest]; 18] = [
    &[],
    &[READ],
    &[WRITE],
    &[READ, WRITE],
    &[NOW],
    &[NOW, READ],
    &[NEVER, READ, NOW],
    &[NOW, NOW],
    &[clock(0, 0, 0)],
    &[clock(0, 1, 1)],
    &[clock(1, 1, 1)],
    &[clock(2, 0, 0)],
    &[clock(3, 0, 0)],
    &[clock(4, 0, 0)],
    &[clock(1, 0, 2)],
    &[clock(1, 0, 0x8000)],
    &[Interest::Unknown(3)],
    &[Interest::Unknown(255), NOW],
];
