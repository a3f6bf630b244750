//! From lines of text to a scenario.

use preview1::{CLOCKID, Enum, Flags, RIGHTS, Type, function};

use super::form::{Part, addresses, form, types};
use super::print::{OUTSIDE, PLACES, PREOPEN, SETS, default};
use super::words::{self, Word};
use crate::lower::fits;
use crate::scenario::{
    Descriptor, Fault, How, Interest, Node, Operand, Scenario, Step, Subscription,
};

/// Slots are numbered in a byte.
const MOST_CALLS: usize = 200;

/// The scenario of these lines. Empty lines, and those that begin with `#`, mean nothing; what follows
/// ` -> ` is a result, and is not read.
pub fn scenario(text: &str) -> Result<Scenario, String> {
    let mut scenario = Scenario::default();
    for (place, line) in text.lines().enumerate() {
        let line = line.split(" -> ").next().unwrap_or_default().trim();
        if !line.is_empty() && !line.starts_with('#') {
            add(&mut scenario, line).map_err(|what| format!("line {}: {what}", place + 1))?;
        }
    }
    Ok(scenario)
}

fn add(scenario: &mut Scenario, line: &str) -> Result<(), String> {
    let words = words::read(line)?;
    let text = |place: usize| {
        let word: &Word = words.get(place).ok_or("a word is missing")?;
        String::from_utf8(word.bytes.clone()).map_err(|_| "this must be UTF-8".to_owned())
    };
    let node = match words.first().and_then(Word::text) {
        Some("read_only") => {
            scenario.read_only = true;
            return Ok(());
        }
        Some("dir") => Node::Directory,
        Some("file") => Node::File(words.get(2).ok_or("the content is missing")?.bytes.clone()),
        Some("symlink") => Node::Symlink(text(2)?),
        Some("link") => Node::Link(text(2)?),
        Some("large") => Node::Large(text(2)?.parse().map_err(|_| "this must be a number")?),
        _ => {
            if scenario.calls.len() == MOST_CALLS {
                return Err(format!("a scenario has {MOST_CALLS} calls at most"));
            }
            let step = Statement::new(words)?.step(scenario.calls.len())?;
            scenario.calls.push(step);
            return Ok(());
        }
    };
    scenario.tree.0.push((text(1)?, node));
    Ok(())
}

/// The words of a statement that were not read yet.
struct Statement {
    name: Option<String>,
    function: &'static str,
    words: Vec<Word>,
}

impl Statement {
    fn new(mut words: Vec<Word>) -> Result<Statement, String> {
        let mut name = None;
        if words.get(1).and_then(Word::text) == Some("=") {
            name = words[0].text().map(str::to_owned);
            words.drain(..2);
        }
        let verb = words.first().and_then(Word::text).ok_or("there is no function")?.to_owned();
        let function = function(&verb).ok_or_else(|| format!("there is no function `{verb}`"))?;
        words.remove(0);
        Ok(Statement { name, function: function.name, words })
    }

    fn step(mut self, place: usize) -> Result<Step, String> {
        let function = function(self.function).ok_or("there is no such function")?;
        if self.name.as_ref().is_some_and(|name| *name != format!("f{place}")) {
            return Err(format!("what this opens is called `f{place}`"));
        }
        let mut step = Step::of(self.function, Vec::new());
        step.fault = self.fault(function)?;
        let types = types(function);
        let parts = form(function);
        let places = parts.iter().filter(|part| !matches!(part, Part::Subscriptions)).count();
        let mut operands = vec![Operand::Number(0); places];
        // Keys and switches can be anywhere.
        let mut missing = Vec::new();
        for part in &parts {
            match *part {
                Part::Lookup(at) => operands[at] = Operand::Number(self.lookup()?),
                Part::Key("", _) => {}
                Part::Key(key, at) => match self.key(key) {
                    Some(word) => operands[at] = operand(&word, types[at])?,
                    None => missing.push((key, at)),
                },
                _ => {}
            }
        }
        for part in &parts {
            match *part {
                Part::Word(at) => operands[at] = operand(&self.next()?, types[at])?,
                Part::Key("", at) if !self.words.is_empty() => {
                    operands[at] = operand(&self.next()?, types[at])?;
                }
                Part::List(at) => operands[at] = list(&std::mem::take(&mut self.words), types[at])?,
                Part::Subscriptions => {
                    let words = std::mem::take(&mut self.words);
                    let list = words.iter().enumerate().map(|(at, word)| subscription(at, word));
                    operands.push(Operand::Subscriptions(list.collect::<Result<_, _>>()?));
                }
                Part::Lookup(_) | Part::Key(..) => {}
            }
        }
        if let Some(word) = self.words.first() {
            return Err(format!("`{}` has no meaning here", String::from_utf8_lossy(&word.bytes)));
        }
        for (key, at) in missing {
            operands[at] = Operand::Number(default(key, &operands));
        }
        step.operands = operands;
        if fits(&step) { Ok(step) } else { Err("its operands are too long".into()) }
    }

    fn next(&mut self) -> Result<Word, String> {
        let is_word = |word: &Word| word.key.is_none();
        let at = self.words.iter().position(is_word).ok_or("an operand is missing")?;
        Ok(self.words.remove(at))
    }

    fn key(&mut self, key: &str) -> Option<Word> {
        let at = self.words.iter().position(|word| word.key.as_deref() == Some(key))?;
        Some(self.words.remove(at))
    }

    fn lookup(&mut self) -> Result<u64, String> {
        let is_switch = |word: &Word| word.key.is_none() && word.text() == Some("follow");
        if let Some(at) = self.words.iter().position(is_switch) {
            self.words.remove(at);
            return Ok(1);
        }
        self.key("lookup").map_or(Ok(0), |word| number(&word))
    }

    fn fault(&mut self, function: &preview1::Function) -> Result<Option<Fault>, String> {
        let all = addresses(function);
        for (key, argument) in &all {
            if let Some(word) = self.key(key) {
                return Ok(Some(Fault { argument: *argument, how: place(&word)? }));
            }
        }
        let list = all.iter().find(|(key, _)| *key == "iovs");
        match (list, self.key("buffer")) {
            (Some((_, argument)), Some(_)) => {
                Ok(Some(Fault { argument: *argument, how: How::Buffer }))
            }
            (None, Some(_)) => Err("`buffer=` has no meaning here".into()),
            (_, None) => Ok(None),
        }
    }
}

/// What is wrong with an address.
fn place(word: &Word) -> Result<How, String> {
    let text = word.text().unwrap_or_default();
    let named = PLACES.iter().find(|(name, _)| *name == text);
    match named {
        Some((_, how)) => Ok(*how),
        None if text == OUTSIDE => Ok(How::Outside),
        None => Err(format!("an address is {OUTSIDE}, `across`, `misaligned` or `overlap`")),
    }
}

fn operand(word: &Word, ty: Type) -> Result<Operand, String> {
    Ok(match ty {
        Type::Fd => Operand::Fd(descriptor(&word.bytes, word.bare)?),
        Type::String => Operand::Path(word.bytes.clone()),
        Type::Pointer(_) => Operand::Room(number(word)? as u32),
        Type::Flags(of) => Operand::Number(flags(word, of)?),
        Type::Enum(of) => Operand::Number(choice(word, of)?),
        _ => Operand::Number(number(word)?),
    })
}

fn list(words: &[Word], ty: Type) -> Result<Operand, String> {
    Ok(match ty {
        Type::CiovecArray => Operand::Data(words.iter().map(|word| word.bytes.clone()).collect()),
        _ => {
            let rooms = words.iter().map(|word| Ok(number(word)? as u32));
            Operand::Rooms(rooms.collect::<Result<_, String>>()?)
        }
    })
}

fn descriptor(bytes: &[u8], bare: bool) -> Result<Descriptor, String> {
    let text = String::from_utf8_lossy(bytes);
    if !bare || text.starts_with(['/', '.']) {
        return if text == PREOPEN {
            Ok(Descriptor::Preopen)
        } else {
            Err(format!("the preopen is {PREOPEN}, not {text}"))
        };
    }
    if let Some(place) = text.strip_prefix('f') {
        let place = place.parse().map_err(|_| format!("no call has opened `{text}`"))?;
        return Ok(Descriptor::Opened(place));
    }
    match literal(&text).and_then(|number| u32::try_from(number).ok()) {
        Some(0) => Ok(Descriptor::Stdin),
        Some(1) => Ok(Descriptor::Stdout),
        Some(2) => Ok(Descriptor::Stderr),
        Some(number) => Ok(Descriptor::Number(number)),
        None => Err(format!("`{text}` is no descriptor")),
    }
}

fn number(word: &Word) -> Result<u64, String> {
    let number = word.text().and_then(literal);
    number.ok_or_else(|| format!("`{}` is no number", String::from_utf8_lossy(&word.bytes)))
}

/// Decimal or hexadecimal, with `_` between digits; a negative number is its two's complement.
fn literal(text: &str) -> Option<u64> {
    let digits = text.replace('_', "");
    if let Some(digits) = digits.strip_prefix("0x") {
        return u64::from_str_radix(digits, 16).ok();
    }
    digits.parse::<u64>().ok().or_else(|| digits.parse::<i64>().ok().map(|number| number as u64))
}

fn choice(word: &Word, of: &Enum) -> Result<u64, String> {
    let named = word.text().and_then(|text| of.number(text));
    named.map_or_else(|| number(word), |number| Ok(number.into()))
}

/// Names joined by `|`, each of which may be a number, with `-` before those to omit.
fn flags(word: &Word, of: &Flags) -> Result<u64, String> {
    let text = word.text().unwrap_or_default();
    if text == "-" {
        return Ok(0);
    }
    if let Some(number) = literal(text) {
        return Ok(number);
    }
    let one = |name: &str| {
        let sets = if of.name == RIGHTS.name { &SETS[..] } else { &[] };
        let set = sets.iter().find(|(set, _)| *set == name).map(|(_, value)| *value);
        let found = of.value(name).or(set).or_else(|| literal(name));
        found.ok_or_else(|| format!("`{name}` is none of the {}", of.name))
    };
    let mut sum = 0;
    for term in text.split('|') {
        let mut names = term.split('-');
        sum |= one(names.next().unwrap_or_default())?;
        for name in names {
            sum &= !one(name)?;
        }
    }
    Ok(sum)
}

fn subscription(place: usize, word: &Word) -> Result<Subscription, String> {
    let text = word.text().ok_or("a subscription is a bare word")?;
    let wrong = || format!("`{text}` is no subscription");
    let (userdata, interest) = match text.split_once('@') {
        Some((userdata, rest)) => (literal(userdata).ok_or_else(wrong)?, rest),
        None => (place as u64 + 1, text),
    };
    let parts: Vec<&str> = interest.split(':').collect();
    let fd = |name: &str| descriptor(name.as_bytes(), true);
    let interest = match parts[..] {
        ["clock", clock, timeout] | ["clock", clock, timeout, _] => {
            let named = CLOCKID.number(clock).map(u64::from);
            let clock = named.or_else(|| literal(clock)).ok_or_else(wrong)?;
            let flags = match parts.get(3) {
                None | Some(&"-") => 0,
                Some(&"abstime") => 1,
                Some(number) => literal(number).ok_or_else(wrong)?,
            };
            let timeout = literal(timeout).ok_or_else(wrong)?;
            Interest::Clock { clock: clock as u32, timeout, flags: flags as u16 }
        }
        ["fd_read", name] => Interest::Read(fd(name)?),
        ["fd_write", name] => Interest::Write(fd(name)?),
        ["tag", tag] => Interest::Unknown(literal(tag).ok_or_else(wrong)? as u8),
        _ => return Err(wrong()),
    };
    Ok(Subscription { userdata, interest })
}
