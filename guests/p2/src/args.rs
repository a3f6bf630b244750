//! The operands of a statement, taken one after the other.

use alloc::borrow::ToOwned;
use alloc::collections::VecDeque;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::net::SocketAddr;
use core::ops::BitOr;

use wasip2::sockets::network::IpSocketAddress;

use crate::outcome::Stop;
use crate::sockets::address;
use crate::value::Value;
use crate::word::Word;
use crate::world::World;

pub struct Args {
    words: VecDeque<Word>,
}

impl Args {
    pub fn new(words: Vec<Word>) -> Self {
        Args { words: words.into() }
    }

    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// No operand may be left when a call is made.
    pub fn end(&self) -> Result<(), Stop> {
        match self.words.is_empty() {
            true => Ok(()),
            false => Err(Stop::usage("there are operands too many")),
        }
    }

    /// Whether this bare word is among the remaining ones; removes it.
    pub fn switch(&mut self, name: &str) -> bool {
        let at = self.words.iter().position(|w| w.bare && w.bytes == name.as_bytes());
        at.and_then(|at| self.words.remove(at)).is_some()
    }

    pub fn word(&mut self, what: &str) -> Result<Word, Stop> {
        self.words.pop_front().ok_or_else(|| Stop::Usage(format!("{what} is missing")))
    }

    pub fn bytes(&mut self, what: &str) -> Result<Vec<u8>, Stop> {
        Ok(self.word(what)?.bytes)
    }

    pub fn text(&mut self, what: &str) -> Result<String, Stop> {
        let word = self.word(what)?;
        Ok(word.text().map_err(Stop::Usage)?.to_owned())
    }

    /// A number, or the name of one; `t+1000` is a sum.
    pub fn number(&mut self, what: &str, world: &World) -> Result<u64, Stop> {
        let text = self.text(what)?;
        let mut sum = 0_u64;
        for part in text.split('+') {
            let number = match part.parse() {
                Ok(number) => number,
                Err(_) => match world.value(part)? {
                    Value::Number(number) => *number,
                    _ => return Err(Stop::Usage(format!("`{part}` is no number"))),
                },
            };
            sum = sum.wrapping_add(number);
        }
        Ok(sum)
    }

    /// Flags by name, joined by `|`; `-` is none. Without a word, the default.
    pub fn flags<T: BitOr<Output = T>>(
        &mut self,
        what: &str,
        [none, default]: [T; 2],
        named: impl Fn(&str) -> Option<T>,
    ) -> Result<T, Stop> {
        if self.words.is_empty() {
            return Ok(default);
        }
        let text = self.text(what)?;
        let mut all = none;
        for name in text.split('|').filter(|name| *name != "-") {
            let flag = named(name);
            all = all | flag.ok_or_else(|| Stop::Usage(format!("`{name}` is no {what}")))?;
        }
        Ok(all)
    }

    /// The value of a name.
    pub fn named<'w>(&mut self, what: &str, world: &'w World) -> Result<&'w Value, Stop> {
        let name = self.text(what)?;
        world.value(&name)
    }

    /// An address as `127.0.0.1:0` or `[::1]:0`, or the name of one.
    pub fn address(&mut self, world: &World) -> Result<IpSocketAddress, Stop> {
        let text = self.text("an address")?;
        if let Ok(parsed) = text.parse::<SocketAddr>() {
            return Ok(address::to_wit(parsed));
        }
        match world.value(&text)? {
            Value::Address(address) => Ok(*address),
            _ => Err(Stop::Usage(format!("`{text}` is no address"))),
        }
    }
}
