//! Statements as text: `[NAME =] [OBJECT.]VERB WORD…`.

use alloc::borrow::ToOwned;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::args::Args;

/// A word of a statement.
#[derive(Clone)]
pub struct Word {
    pub bytes: Vec<u8>,
    /// Not quoted: may be a number, a name or a switch.
    pub bare: bool,
}

impl Word {
    pub fn text(&self) -> Result<&str, String> {
        core::str::from_utf8(&self.bytes).map_err(|_| "a word is no UTF-8".to_owned())
    }

    fn bare_text(&self) -> Option<&str> {
        self.text().ok().filter(|_| self.bare)
    }
}

pub struct Statement {
    pub name: Option<String>,
    /// The object that the verb is called on, if it is a method.
    pub object: Option<String>,
    pub verb: String,
    pub args: Args,
}

impl Statement {
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut words = words(text.as_bytes())?;
        let mut name = None;
        if words.get(1).and_then(Word::bare_text) == Some("=") {
            name = words[0].bare_text().map(ToString::to_string);
            if name.is_none() {
                return Err("what is before `=` is not a name".to_owned());
            }
            words.drain(..2);
        }
        if words.is_empty() {
            return Err("there is no verb".to_owned());
        }
        let verb = words.remove(0);
        let verb = verb.bare_text().ok_or("the verb is quoted")?;
        // Objects may have dots in their names, verbs do not.
        let (object, verb) = match verb.rsplit_once('.') {
            Some((object, verb)) => (Some(object.to_owned()), verb.to_owned()),
            None => (None, verb.to_owned()),
        };
        Ok(Statement { name, object, verb, args: Args::new(words) })
    }
}

fn words(mut rest: &[u8]) -> Result<Vec<Word>, String> {
    let mut words = Vec::new();
    loop {
        rest = rest.trim_ascii_start();
        if rest.is_empty() {
            return Ok(words);
        }
        words.push(word(&mut rest, b" ")?);
        if !matches!(rest.first(), None | Some(b' ')) {
            return Err("a word goes on after its closing quote or parenthesis".to_owned());
        }
    }
}

/// A word that, if bare, ends before any of `ends`.
fn word(rest: &mut &[u8], ends: &[u8]) -> Result<Word, String> {
    if let Some(after) = rest.strip_prefix(b"\"") {
        *rest = after;
        return Ok(Word { bytes: quoted(rest)?, bare: false });
    }
    if let Some(after) = rest.strip_prefix(b"repeat(") {
        *rest = after;
        let unit = word(rest, b",")?.bytes;
        *rest = rest.strip_prefix(b",").ok_or("`repeat(` needs a comma")?;
        let times = word(rest, b")")?;
        *rest = rest.strip_prefix(b")").ok_or("`repeat(` needs its `)`")?;
        let times = times.text()?.parse().map_err(|_| "`repeat(what,times)` needs a number")?;
        return Ok(Word { bytes: unit.repeat(times), bare: false });
    }
    let end = rest.iter().position(|byte| ends.contains(byte)).unwrap_or(rest.len());
    let (bytes, after) = rest.split_at(end);
    *rest = after;
    Ok(Word { bytes: bytes.to_owned(), bare: true })
}

/// The rest of a quoted word and its closing quote.
fn quoted(rest: &mut &[u8]) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    loop {
        let (first, after) = rest.split_first().ok_or("a quote is never closed")?;
        *rest = after;
        match first {
            b'"' => return Ok(bytes),
            b'\\' => {
                let (escaped, after) = rest.split_first().ok_or("a quote is never closed")?;
                *rest = after;
                bytes.push(match escaped {
                    b'n' => b'\n',
                    b'0' => 0,
                    b'\\' | b'"' => *escaped,
                    _ => return Err(r#"escapes are \n \0 \\ and \""#.to_owned()),
                });
            }
            byte => bytes.push(*byte),
        }
    }
}
