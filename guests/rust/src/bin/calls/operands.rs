//! The operands of a statement, taken in order and by type. A verb takes all of them before it
//! makes its call.

use std::collections::VecDeque;

use guests::block::Block;
use guests::names;
use preview1::{Enum, FSTFLAGS, Flags, LOOKUPFLAGS};

use crate::buffer::Buffer;
use crate::outcome::Stop;
use crate::stat::Wanted;
use crate::value::{Entry, Value};
use crate::word::{Word, identifier};
use crate::world::World;

pub struct Operands {
    words: VecDeque<Word>,
    options: Vec<(String, Word)>,
}

impl Operands {
    pub fn new(words: VecDeque<Word>, options: Vec<(String, Word)>) -> Operands {
        Operands { words, options }
    }

    /// A descriptor: a number, a preopen's name (quoted, or starting with `/` or `.`), or the name
    /// of a result.
    pub fn fd(&mut self, world: &mut World) -> Result<i32, Stop> {
        let word = self.word("a descriptor")?;
        fd(&word, world)
    }

    /// The bytes of a word.
    pub fn bytes(&mut self, what: &str) -> Result<Vec<u8>, Stop> {
        Ok(self.word(what)?.bytes)
    }

    pub fn number(&mut self, what: &str, world: &World) -> Result<u64, Stop> {
        let word = self.word(what)?;
        number(&word, world)
    }

    /// A name of an enumeration, or any number.
    pub fn choice(&mut self, what: &str, known: &Enum, world: &World) -> Result<i32, Stop> {
        let word = self.word(what)?;
        let named = word.bare_text().and_then(|text| known.number(text));
        named.map_or_else(|| Ok(number(&word, world)? as i32), |number| Ok(number as i32))
    }

    /// Names joined by `|`, or any number.
    pub fn flags(&mut self, known: &Flags, world: &World) -> Result<u64, Stop> {
        let word = self.word(known.name)?;
        flags(&word, known, world)
    }

    /// Like [`Operands::flags`]; if there is no word, no flags.
    pub fn optional_flags(&mut self, known: &Flags, world: &World) -> Result<u64, Stop> {
        if self.is_at_end() { Ok(0) } else { self.flags(known, world) }
    }

    pub fn optional_number(&mut self, default: u64, world: &World) -> Result<u64, Stop> {
        if self.is_at_end() { Ok(default) } else { self.number("a number", world) }
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

    pub fn number_option(&mut self, key: &str, world: &World) -> Result<Option<u64>, Stop> {
        self.option(key).map(|word| number(&word, world)).transpose()
    }

    /// An address that the statement gives in place of that of a buffer.
    pub fn address(&mut self, key: &str, world: &World) -> Result<Option<i32>, Stop> {
        Ok(self.number_option(key, world)?.map(|address| address as i32))
    }

    /// A block, or the address after `key=`.
    pub fn buffer(&mut self, key: &str, block: Block, world: &World) -> Result<Buffer, Stop> {
        Ok(Buffer::new(block, self.address(key, world)?))
    }

    /// `atim mtim fstflags`, as the calls that set times take them.
    pub fn times(&mut self, world: &World) -> Result<(i64, i64, i32), Stop> {
        let atim = self.number("atim", world)? as i64;
        let mtim = self.number("mtim", world)? as i64;
        Ok((atim, mtim, self.flags(&FSTFLAGS, world)? as i32))
    }

    pub fn flags_option(
        &mut self,
        key: &str,
        known: &Flags,
        default: u64,
        world: &World,
    ) -> Result<u64, Stop> {
        self.option(key).map_or(Ok(default), |word| Operands::flags_of(word, known, world))
    }

    /// The flags that an option names.
    pub fn flags_of(word: Word, known: &Flags, world: &World) -> Result<u64, Stop> {
        flags(&word, known, world)
    }

    pub fn value_option(&mut self, key: &str, world: &World) -> Result<Option<Value>, Stop> {
        let Some(word) = self.option(key) else { return Ok(None) };
        match identifier(&word) {
            Some(name) => Ok(Some(world.value(&name)?.clone())),
            None => Ok(Some(Value::Number(number(&word, world)?))),
        }
    }

    /// `lookupflags`: `follow`, or `lookup=` with anything.
    pub fn lookupflags(&mut self, world: &World) -> Result<i32, Stop> {
        let follow = u64::from(self.switch("follow"));
        Ok(self.flags_option("lookup", &LOOKUPFLAGS, follow, world)? as i32)
    }

    /// What to show of a `filestat`: all remaining operands.
    pub fn wanted(&mut self, world: &World) -> Result<Wanted, Stop> {
        let versus = self.value_option("versus", world)?;
        let near = self.value_option("near", world)?;
        let fields = if self.is_at_end() { Vec::new() } else { self.list("fields")? };
        self.end()?;
        Ok(Wanted { fields, versus, near })
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

/// A literal number, or the name of one; names of entries take `.N`, the cookie after entry N,
/// counted from 1, or `.last`.
pub fn number(word: &Word, world: &World) -> Result<u64, Stop> {
    if let Some(number) = word.bare_text().and_then(literal) {
        return Ok(number);
    }
    if let Some((entries, place)) = entries(word, world)? {
        return Ok(place.checked_sub(1).map_or(0, |at| entries[at].next));
    }
    let name =
        identifier(word).ok_or_else(|| Stop::Usage(format!("{} is no number", shown(word))))?;
    match world.value(&name)? {
        Value::Number(number) => Ok(*number),
        _ => Err(Stop::Usage(format!("`{name}` is no number"))),
    }
}

/// `e.3`: the entries named `e`, and 3.
pub fn entries<'a>(word: &Word, world: &'a World) -> Result<Option<(&'a [Entry], usize)>, Stop> {
    let Some((name, place)) = word.bare_text().and_then(|text| text.split_once('.')) else {
        return Ok(None);
    };
    let Value::Entries(entries) = world.value(name)? else {
        return Err(Stop::Usage(format!("`{name}` is no list of entries")));
    };
    let place = if place == "last" { Some(entries.len()) } else { place.parse().ok() };
    match place {
        None => Err(Stop::Usage(format!("after `{name}.` comes a number or `last`"))),
        Some(place) if place > entries.len() => {
            Err(Stop::Seen(format!("no {name}.{place}: there are {} entries", entries.len())))
        }
        Some(place) => Ok(Some((entries, place))),
    }
}

pub fn fd(word: &Word, world: &mut World) -> Result<i32, Stop> {
    if !word.bare || word.bytes.starts_with(b"/") || word.bytes.starts_with(b".") {
        return world.preopen(&word.bytes);
    }
    if let Some(number) = word.bare_text().and_then(literal) {
        return Ok(number as i32);
    }
    let name =
        identifier(word).ok_or_else(|| Stop::Usage(format!("{} is no descriptor", shown(word))))?;
    match world.value(&name)? {
        Value::Fd(fd) => Ok(*fd),
        _ => Err(Stop::Usage(format!("`{name}` is no descriptor"))),
    }
}

/// Names joined by `|`, each of which may be a number, with `-` before those to omit.
fn flags(word: &Word, known: &Flags, world: &World) -> Result<u64, Stop> {
    let text = word.bare_text().unwrap_or_default();
    if text == "-" {
        return Ok(0);
    }
    if let Some(number) = literal(text) {
        return Ok(number);
    }
    let one = |text: &str| names::flag(known, text).or_else(|| literal(text));
    let mut sum = 0;
    for term in text.split('|') {
        let mut names = term.split('-');
        for (at, name) in names.by_ref().enumerate() {
            let bits = match one(name) {
                Some(bits) => bits,
                None => number(&Word { bytes: name.into(), bare: true }, world)
                    .map_err(|_| Stop::Usage(format!("`{name}` is none of the {}", known.name)))?,
            };
            sum = if at == 0 { sum | bits } else { sum & !bits };
        }
    }
    Ok(sum)
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
    guests::text::show(&word.bytes)
}
