//! Statements as text: `[NAME =] VERB WORD… KEY=WORD…`.

use std::collections::VecDeque;

use crate::operands::Operands;

/// A word of a statement.
#[derive(Clone)]
pub struct Word {
    pub bytes: Vec<u8>,
    /// Neither quoted nor built by a function: may be a number, a name or a switch.
    pub bare: bool,
}

impl Word {
    /// The text of a bare word.
    pub fn bare_text(&self) -> Option<&str> {
        std::str::from_utf8(&self.bytes).ok().filter(|_| self.bare)
    }
}

pub struct Statement {
    pub name: Option<String>,
    pub verb: String,
    pub operands: Operands,
}

impl Statement {
    pub fn parse(text: &[u8]) -> Result<Statement, String> {
        let mut reader = Reader { rest: text };
        let (mut words, mut options) = (VecDeque::new(), Vec::new());
        loop {
            reader.skip_spaces();
            if reader.rest.is_empty() {
                break;
            }
            match reader.key() {
                Some(key) => options.push((key, reader.word(b" ")?)),
                None => words.push_back(reader.word(b" ")?),
            }
            if !matches!(reader.rest.first(), None | Some(b' ')) {
                return Err("a word goes on after its closing quote or parenthesis".into());
            }
        }
        let mut name = None;
        if words.get(1).and_then(Word::bare_text) == Some("=") {
            let word = words.pop_front().and_then(|word| identifier(&word));
            name = Some(word.ok_or("what is before `=` is not a name")?);
            words.pop_front();
        }
        let verb =
            words.pop_front().and_then(|word| identifier(&word)).ok_or("there is no verb")?;
        Ok(Statement { name, verb, operands: Operands::new(words, options) })
    }
}

/// A letter, then letters, digits and underscores.
pub fn identifier(word: &Word) -> Option<String> {
    let text = word.bare_text()?;
    let starts = text.starts_with(|first: char| first.is_ascii_alphabetic());
    let goes_on = text.chars().all(|each| each.is_ascii_alphanumeric() || each == '_');
    (starts && goes_on).then(|| text.to_owned())
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl Reader<'_> {
    fn skip_spaces(&mut self) {
        self.rest = self.rest.trim_ascii_start();
    }

    fn take(&mut self, start: &[u8]) -> bool {
        let Some(rest) = self.rest.strip_prefix(start) else { return false };
        self.rest = rest;
        true
    }

    /// `key=`, if the next word starts with it.
    fn key(&mut self) -> Option<String> {
        let end = self.rest.iter().position(|byte| !byte.is_ascii_lowercase() && *byte != b'_')?;
        if end == 0 || self.rest[end] != b'=' {
            return None;
        }
        let key = String::from_utf8_lossy(&self.rest[..end]).into_owned();
        self.rest = &self.rest[end + 1..];
        Some(key)
    }

    /// A word that, if bare, ends before any of `ends`.
    fn word(&mut self, ends: &[u8]) -> Result<Word, String> {
        if self.take(b"\"") {
            return Ok(Word { bytes: self.quoted()?, bare: false });
        }
        if self.take(b"repeat(") {
            let unit = self.word(b",)")?.bytes;
            self.expect(b",")?;
            let times = self.word(b")")?;
            self.expect(b")")?;
            let times = times.bare_text().and_then(|text| text.trim().parse().ok());
            let times: usize = times.ok_or("`repeat(what,times)` needs a number of times")?;
            return Ok(Word { bytes: unit.repeat(times), bare: false });
        }
        if self.take(b"concat(") {
            let mut bytes = self.word(b",)")?.bytes;
            while self.take(b",") {
                bytes.extend(self.word(b",)")?.bytes);
            }
            self.expect(b")")?;
            return Ok(Word { bytes, bare: false });
        }
        let end = self.rest.iter().position(|byte| ends.contains(byte)).unwrap_or(self.rest.len());
        let (bytes, rest) = self.rest.split_at(end);
        if bytes.contains(&b'"') {
            return Err("a quote inside a bare word: quote the whole word".into());
        }
        self.rest = rest;
        Ok(Word { bytes: bytes.to_owned(), bare: true })
    }

    fn expect(&mut self, what: &[u8]) -> Result<(), String> {
        let what_text = String::from_utf8_lossy(what);
        if self.take(what) { Ok(()) } else { Err(format!("`{what_text}` is missing")) }
    }

    /// The rest of a quoted word and its closing quote.
    fn quoted(&mut self) -> Result<Vec<u8>, String> {
        let mut bytes = Vec::new();
        loop {
            let (first, rest) = self.rest.split_first().ok_or("a quote is never closed")?;
            self.rest = rest;
            match first {
                b'"' => return Ok(bytes),
                b'\\' => bytes.push(self.escaped()?),
                byte => bytes.push(*byte),
            }
        }
    }

    fn escaped(&mut self) -> Result<u8, String> {
        let (first, rest) = self.rest.split_first().ok_or("a quote is never closed")?;
        self.rest = rest;
        Ok(match first {
            b'n' => b'\n',
            b't' => b'\t',
            b'0' => 0,
            b'\\' | b'"' => *first,
            b'x' if self.rest.len() >= 2 => {
                let (digits, rest) = self.rest.split_at(2);
                self.rest = rest;
                let digits = std::str::from_utf8(digits).ok();
                let value = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
                value.ok_or(r"`\x` needs two hexadecimal digits")?
            }
            _ => return Err(r#"escapes are \n \t \0 \\ \" and \xNN"#.into()),
        })
    }
}
