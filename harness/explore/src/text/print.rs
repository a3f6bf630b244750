//! From a scenario to lines of text.

use preview1::{CLOCKID, EVENTTYPE, Flags, OFLAGS, RIGHTS, Type};

use super::form::{Part, addresses, form, types};
use super::words;
use crate::rights;
use crate::scenario::{Descriptor, Fault, How, Interest, Node, Operand, Scenario, Step};

/// The name of the preopen in statements.
pub const PREOPEN: &str = "/data";

/// The tree, a line for each entry, then the calls.
pub fn lines(scenario: &Scenario) -> Vec<String> {
    let mut lines = Vec::new();
    lines.extend(scenario.read_only.then(|| "read_only".to_owned()));
    for (path, node) in &scenario.tree.0 {
        let path = words::show(path.as_bytes());
        lines.push(match node {
            Node::Directory => format!("dir {path}"),
            Node::File(bytes) => format!("file {path} {}", words::show(bytes)),
            Node::Symlink(target) => format!("symlink {path} {}", words::show(target.as_bytes())),
            Node::Link(to) => format!("link {path} {}", words::show(to.as_bytes())),
            Node::Large(size) => format!("large {path} {size}"),
        });
    }
    lines.extend(statements(scenario));
    lines
}

/// The calls as statements of `rust-calls`.
pub fn statements(scenario: &Scenario) -> Vec<String> {
    scenario.calls.iter().enumerate().map(|(place, step)| statement(place, step)).collect()
}

fn statement(place: usize, step: &Step) -> String {
    let mut parts = Vec::new();
    if step.opens() {
        parts.push(format!("f{place} ="));
    }
    parts.push(step.name().to_owned());
    let types = types(step.function());
    for part in form(step.function()) {
        match part {
            Part::Word(place) => parts.push(word(&step.operands[place], types[place])),
            Part::Lookup(place) => match step.operands[place] {
                Operand::Number(0) => {}
                Operand::Number(1) => parts.push("follow".into()),
                Operand::Number(other) => parts.push(format!("lookup={other:#x}")),
                _ => {}
            },
            Part::Key(key, place) => {
                if step.operands[place] != Operand::Number(default(key, &step.operands)) {
                    let word = word(&step.operands[place], types[place]);
                    parts.push(if key.is_empty() { word } else { format!("{key}={word}") });
                }
            }
            Part::List(place) => match &step.operands[place] {
                Operand::Rooms(rooms) => parts.extend(rooms.iter().map(u32::to_string)),
                Operand::Data(data) => parts.extend(data.iter().map(|bytes| words::show(bytes))),
                _ => {}
            },
            Part::Subscriptions => parts.extend(subscriptions(&step.operands)),
        }
    }
    parts.extend(step.fault.and_then(|fault| address(step, fault)));
    parts.join(" ")
}

/// What a statement means by a key that it does not have.
pub fn default(key: &str, operands: &[Operand]) -> u64 {
    let directory = OFLAGS.values(&["directory"]);
    let oflags = operands.get(3);
    let is_directory = matches!(oflags, Some(Operand::Number(flags)) if flags & directory != 0);
    match (key, is_directory) {
        ("rights", true) => rights::DIRECTORY,
        ("rights", false) => rights::FILE,
        ("inheriting", true) => rights::ALL,
        _ => 0,
    }
}

fn word(operand: &Operand, ty: Type) -> String {
    match operand {
        Operand::Fd(fd) => descriptor(*fd),
        Operand::Path(path) => words::show(path),
        Operand::Room(length) => length.to_string(),
        Operand::Number(number) => match ty {
            Type::Flags(of) => flags(of, *number),
            Type::Enum(of) => {
                let name = u32::try_from(*number).ok().and_then(|number| of.case(number));
                name.map_or_else(|| number.to_string(), str::to_owned)
            }
            Type::Filedelta => (*number as i64).to_string(),
            _ => number.to_string(),
        },
        Operand::Rooms(_) | Operand::Data(_) | Operand::Subscriptions(_) => String::new(),
    }
}

fn descriptor(descriptor: Descriptor) -> String {
    match descriptor {
        Descriptor::Stdin => "0".into(),
        Descriptor::Stdout => "1".into(),
        Descriptor::Stderr => "2".into(),
        Descriptor::Preopen => PREOPEN.into(),
        Descriptor::Opened(place) => format!("f{place}"),
        Descriptor::Number(number) => number.to_string(),
    }
}

/// Names for several rights at once, as statements know them.
pub const SETS: [(&str, u64); 5] = [
    ("all", rights::ALL),
    ("rw", rights::FILE),
    ("dir", rights::DIRECTORY),
    ("r", rights::READ),
    ("w", rights::WRITE),
];

fn flags(of: &Flags, value: u64) -> String {
    if value == 0 {
        return "-".into();
    }
    if of.name == RIGHTS.name {
        for (name, set) in SETS {
            let missing = set & !value;
            if value & !set == 0 && missing.count_ones() <= 1 {
                let without = RIGHTS.bits.get(missing.trailing_zeros() as usize);
                return without.map_or_else(|| name.into(), |right| format!("{name}-{right}"));
            }
        }
    }
    if value & !of.all() != 0 || value.count_ones() > 10 {
        return format!("{value:#x}");
    }
    let bits = of.bits.iter().enumerate().filter(|(bit, _)| value & (1 << bit) != 0);
    bits.map(|(_, name)| *name).collect::<Vec<_>>().join("|")
}

fn subscriptions(operands: &[Operand]) -> Vec<String> {
    let Some(Operand::Subscriptions(list)) = operands.first() else { return Vec::new() };
    let one = |(place, subscription): (usize, &crate::Subscription)| {
        let interest = match subscription.interest {
            Interest::Clock { clock, timeout, flags } => {
                let clock = CLOCKID.case(clock).map_or_else(|| clock.to_string(), str::to_owned);
                match flags {
                    0 => format!("clock:{clock}:{timeout}"),
                    1 => format!("clock:{clock}:{timeout}:abstime"),
                    other => format!("clock:{clock}:{timeout}:{other}"),
                }
            }
            Interest::Read(fd) => format!("{}:{}", EVENTTYPE.cases[1], descriptor(fd)),
            Interest::Write(fd) => format!("{}:{}", EVENTTYPE.cases[2], descriptor(fd)),
            Interest::Unknown(tag) => format!("tag:{tag}"),
        };
        match subscription.userdata {
            userdata if userdata == place as u64 + 1 => interest,
            userdata => format!("{userdata}@{interest}"),
        }
    };
    list.iter().enumerate().map(one).collect()
}

/// Names for addresses that depend on the guest's memory. `rust-calls` does not know them.
pub const PLACES: [(&str, How); 4] = [
    ("outside", How::Outside),
    ("across", How::AcrossTheEnd),
    ("misaligned", How::Misaligned),
    ("overlap", How::Overlap),
];

/// An address outside memory, as statements write it.
pub const OUTSIDE: &str = "0xfffffff8";

fn address(step: &Step, fault: Fault) -> Option<String> {
    let all = addresses(step.function());
    let (key, _) = all.iter().find(|(_, argument)| *argument == fault.argument)?;
    Some(match fault.how {
        How::Buffer => format!("buffer={OUTSIDE}"),
        How::Outside => format!("{key}={OUTSIDE}"),
        how => {
            let (name, _) = PLACES.iter().find(|(_, other)| *other == how)?;
            format!("{key}={name}")
        }
    })
}

/// What keeps a call from being a statement of `rust-calls`, if something does.
pub fn inexpressible(step: &Step) -> Option<&'static str> {
    let buffers = step.operands.iter().any(|operand| match operand {
        Operand::Rooms(rooms) => rooms.len() > 1,
        Operand::Data(data) => data.len() > 1,
        _ => false,
    });
    match (step.name(), step.fault.map(|fault| fault.how)) {
        ("args_get" | "args_sizes_get", _) => Some("its arguments are its statements"),
        (_, Some(How::AcrossTheEnd)) => Some("it has no address for the end of memory"),
        (_, Some(How::Misaligned | How::Overlap)) => Some("it has no address of its own operands"),
        (_, Some(How::Buffer)) if buffers => Some("its `buffer=` is for all buffers"),
        _ => None,
    }
}
