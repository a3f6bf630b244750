//! The operands of a statement, taken in order and by type, as the guest takes them.

use std::collections::VecDeque;

use model::{Fault, Fd, Given, State, Time};
use preview1::{Enum, FSTFLAGS, Flags, LOOKUPFLAGS};

use crate::names;
use crate::word::{Word, identifier};
use crate::world::{Entries, Stop, Value, World};

/// The guest's memory ends before this address.
const MEMORY: u64 = 1 << 26;

pub struct Operands {
    words: VecDeque<Word>,
    options: Vec<(String, Word)>,
}

/// What operands refer to.
pub struct Place<'a> {
    pub world: &'a mut World,
    pub state: &'a State,
}

/// A cookie of `fd_readdir`.
pub enum Cookie {
    /// The number in the statement.
    Number(u64),
    /// That after so many of these entries; none: after the last.
    After(Entries, Option<usize>),
}

impl Operands {
    pub fn new(words: VecDeque<Word>, options: Vec<(String, Word)>) -> Operands {
        Operands { words, options }
    }

    pub fn fd(&mut self, place: &mut Place) -> Result<Fd, Stop> {
        let word = self.word("a descriptor")?;
        fd(&word, place)
    }

    pub fn bytes(&mut self, what: &str) -> Result<Vec<u8>, Stop> {
        Ok(self.word(what)?.bytes)
    }

    pub fn number(&mut self, what: &str, place: &Place) -> Result<u64, Stop> {
        let word = self.word(what)?;
        number(&word, place.world)
    }

    pub fn time(&mut self, what: &str, place: &Place) -> Result<Time, Stop> {
        let word = self.word(what)?;
        time(&word, place.world)
    }

    /// A name of an enumeration, or any number.
    pub fn choice(&mut self, what: &str, known: &Enum, place: &Place) -> Result<u32, Stop> {
        let word = self.word(what)?;
        match word.bare_text().and_then(|text| known.number(text)) {
            Some(number) => Ok(number),
            None => Ok(number(&word, place.world)? as u32),
        }
    }

    /// Names joined by `|`, or any number.
    pub fn flags(&mut self, known: &Flags, place: &Place) -> Result<u64, Stop> {
        let word = self.word(known.name)?;
        flags(&word, known, place.world)
    }

    pub fn optional_flags(&mut self, known: &Flags, place: &Place) -> Result<u64, Stop> {
        if self.is_at_end() { Ok(0) } else { self.flags(known, place) }
    }

    pub fn optional_number(&mut self, default: u64, place: &Place) -> Result<u64, Stop> {
        if self.is_at_end() { Ok(default) } else { self.number("a number", place) }
    }

    pub fn cookie(&mut self, place: &Place) -> Result<Cookie, Stop> {
        if self.is_at_end() {
            return Ok(Cookie::Number(0));
        }
        let word = self.word("a cookie")?;
        match entries(&word, place.world)? {
            Some((entries, after)) => Ok(Cookie::After(entries, after)),
            None => Ok(Cookie::Number(number(&word, place.world)?)),
        }
    }

    /// Whether a bare word is present, at any position.
    pub fn switch(&mut self, name: &str) -> bool {
        let at = self.words.iter().position(|word| word.bare_text() == Some(name));
        at.and_then(|at| self.words.remove(at)).is_some()
    }

    /// The word after `key=`.
    pub fn option(&mut self, key: &str) -> Option<Word> {
        let at = self.options.iter().position(|option| option.0 == key)?;
        Some(self.options.remove(at).1)
    }

    pub fn number_option(&mut self, key: &str, place: &Place) -> Result<Option<u64>, Stop> {
        self.option(key).map(|word| number(&word, place.world)).transpose()
    }

    /// The address after `key=`, if there is one.
    pub fn address(&mut self, key: &str, place: &Place) -> Result<Option<u32>, Stop> {
        Ok(self.number_option(key, place)?.map(|address| address as u32))
    }

    /// Whether a call can use so many bytes of memory, which are at the address after `key=` if the
    /// statement gives one.
    pub fn memory(
        &mut self,
        key: &str,
        size: usize,
        align: u32,
        place: &Place,
    ) -> Result<Given<()>, Stop> {
        Ok(memory(self.address(key, place)?, size, align))
    }

    /// Bytes that a call reads from memory.
    pub fn text(&mut self, key: &str, place: &Place) -> Result<Given<Vec<u8>>, Stop> {
        let text = self.bytes(key)?;
        Ok(self.memory(key, text.len(), 1, place)?.map(|()| text))
    }

    /// `atim mtim fstflags`, as the calls that set times take them.
    pub fn times(&mut self, place: &Place) -> Result<(u64, u64, u64), Stop> {
        let (atim, mtim) = (self.number("atim", place)?, self.number("mtim", place)?);
        Ok((atim, mtim, self.flags(&FSTFLAGS, place)?))
    }

    pub fn flags_option(
        &mut self,
        key: &str,
        known: &Flags,
        default: u64,
        place: &Place,
    ) -> Result<u64, Stop> {
        self.option(key).map_or(Ok(default), |word| flags(&word, known, place.world))
    }

    pub fn value_option(&mut self, key: &str, place: &Place) -> Result<Option<Value>, Stop> {
        let Some(word) = self.option(key) else { return Ok(None) };
        match identifier(&word) {
            Some(name) => Ok(Some(place.world.value(&name)?.clone())),
            None => Ok(Some(Value::Number(time(&word, place.world)?))),
        }
    }

    /// `lookupflags`: `follow`, or `lookup=` with anything.
    pub fn lookupflags(&mut self, place: &Place) -> Result<u64, Stop> {
        let follow = u64::from(self.switch("follow"));
        self.flags_option("lookup", &LOOKUPFLAGS, follow, place)
    }

    /// Names joined by `,`.
    pub fn list(&mut self, what: &str) -> Result<Vec<String>, Stop> {
        let bytes = self.bytes(what)?;
        Ok(String::from_utf8_lossy(&bytes).split(',').map(str::to_owned).collect())
    }

    pub fn is_at_end(&self) -> bool {
        self.words.is_empty()
    }

    /// Rejects operands that nothing has taken.
    pub fn end(&self) -> Result<(), Stop> {
        let word = self.words.front().map(|word| String::from_utf8_lossy(&word.bytes).into_owned());
        let option = || self.options.first().map(|option| format!("{}=", option.0));
        match word.or_else(option) {
            Some(extra) => Err(Stop::Usage(format!("`{extra}` has no meaning here"))),
            None => Ok(()),
        }
    }

    fn word(&mut self, what: &str) -> Result<Word, Stop> {
        self.words.pop_front().ok_or_else(|| Stop::Usage(format!("{what} is missing")))
    }
}

/// Whether so many bytes can be at an address; the guest's own addresses are good.
pub fn memory(address: Option<u32>, size: usize, align: u32) -> Given<()> {
    match address {
        Some(address) if !address.is_multiple_of(align) => Err(Fault::Misaligned),
        Some(address) if size > 0 && u64::from(address) + size as u64 > MEMORY => {
            Err(Fault::Outside)
        }
        _ => Ok(()),
    }
}

/// A literal number, or the name of one.
pub fn number(word: &Word, world: &World) -> Result<u64, Stop> {
    Ok(time(word, world)?.earliest())
}

fn time(word: &Word, world: &World) -> Result<Time, Stop> {
    if let Some(number) = word.bare_text().and_then(literal) {
        return Ok(Time::Exactly(number));
    }
    let no_number = || Stop::Usage(format!("{} is no number", shown(word)));
    match world.value(&identifier(word).ok_or_else(no_number)?)? {
        Value::Number(time) => Ok(*time),
        _ => Err(no_number()),
    }
}

/// `e.3`: the entries named `e`, and 3.
pub fn entries(word: &Word, world: &World) -> Result<Option<(Entries, Option<usize>)>, Stop> {
    let Some((name, place)) = word.bare_text().and_then(|text| text.split_once('.')) else {
        return Ok(None);
    };
    let Value::Entries(entries) = world.value(name)? else {
        return Err(Stop::Usage(format!("`{name}` is no list of entries")));
    };
    if place == "last" {
        return Ok(Some((entries.clone(), entries.count)));
    }
    let place = place.parse();
    let place = place.map_err(|_| format!("after `{name}.` comes a number or `last`"))?;
    Ok(Some((entries.clone(), Some(place))))
}

pub fn fd(word: &Word, place: &mut Place) -> Result<Fd, Stop> {
    if !word.bare || word.bytes.starts_with(b"/") || word.bytes.starts_with(b".") {
        return place.world.preopen(&word.bytes, place.state);
    }
    if let Some(number) = word.bare_text().and_then(literal) {
        return Ok(number as Fd);
    }
    let no_fd = || Stop::Usage(format!("{} is no descriptor", shown(word)));
    match place.world.value(&identifier(word).ok_or_else(no_fd)?)? {
        Value::Fd(fd) => Ok(*fd),
        _ => Err(no_fd()),
    }
}

/// Names joined by `|`, each of which may be a number, with `-` before those to omit.
pub fn flags(word: &Word, known: &Flags, world: &World) -> Result<u64, Stop> {
    let text = word.bare_text().unwrap_or_default();
    if text == "-" {
        return Ok(0);
    }
    if let Some(number) = literal(text) {
        return Ok(number);
    }
    let mut sum = 0;
    for term in text.split('|') {
        for (at, name) in term.split('-').enumerate() {
            let bits = match names::flag(known, name).or_else(|| literal(name)) {
                Some(bits) => bits,
                None => number(&bare(name), world)
                    .map_err(|_| format!("`{name}` is none of the {}", known.name))?,
            };
            sum = if at == 0 { sum | bits } else { sum & !bits };
        }
    }
    Ok(sum)
}

pub fn bare(text: &str) -> Word {
    Word { bytes: text.into(), bare: true }
}

/// Decimal or hexadecimal, with `_` between digits; a negative number is its two's complement.
fn literal(text: &str) -> Option<u64> {
    let digits = text.replace('_', "");
    if let Some(digits) = digits.strip_prefix("0x") {
        return u64::from_str_radix(digits, 16).ok();
    }
    if !text.starts_with(|first: char| first.is_ascii_digit() || first == '-') {
        return None;
    }
    digits.parse::<u64>().ok().or_else(|| digits.parse::<i64>().ok().map(|number| number as u64))
}

fn shown(word: &Word) -> String {
    crate::text::show(&word.bytes)
}
