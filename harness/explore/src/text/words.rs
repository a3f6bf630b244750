//! Words as the statements of `rust-calls` write them: bare, quoted, `repeat(…)` and `concat(…)`.

use transcript::text::quote;

/// Runs of one byte that are at least this long become `repeat(…)`.
const LONG_RUN: usize = 16;

/// Words that mean something else if they are bare.
const SWITCHES: [&[u8]; 3] = [b"follow", b"nbytes", b"flags"];

/// A word for these bytes.
pub fn show(bytes: &[u8]) -> String {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-/".contains(byte);
    if !bytes.is_empty() && bytes.iter().all(is_plain) && bytes.len() < LONG_RUN {
        let text = String::from_utf8_lossy(bytes).into_owned();
        return if SWITCHES.contains(&bytes) { quote(bytes) } else { text };
    }
    let parts = parts(bytes);
    match &parts[..] {
        [] => quote(b""),
        [part] => part.clone(),
        several => format!("concat({})", several.join(",")),
    }
}

fn parts(bytes: &[u8]) -> Vec<String> {
    let mut parts = Vec::new();
    let (mut start, mut at) = (0, 0);
    while at < bytes.len() {
        let (unit, run) = run(&bytes[at..]);
        if unit * run >= LONG_RUN && run > 1 {
            if start < at {
                parts.push(quote(&bytes[start..at]));
            }
            parts.push(format!("repeat({},{run})", quote(&bytes[at..at + unit])));
            at += unit * run;
            start = at;
        } else {
            at += 1;
        }
    }
    if start < at {
        parts.push(quote(&bytes[start..at]));
    }
    parts
}

/// How long the unit is that the bytes begin with, and how often it is repeated.
fn run(bytes: &[u8]) -> (usize, usize) {
    let times = |unit: usize| {
        let first = &bytes[..unit];
        bytes.chunks_exact(unit).take_while(|chunk| *chunk == first).count()
    };
    let runs = [23, 2, 1].into_iter().filter(|unit| *unit <= bytes.len());
    let runs = runs.map(|unit| (unit, times(unit))).filter(|(_, times)| *times > 1);
    // The shortest of the units that cover as much.
    runs.max_by_key(|(unit, times)| unit * times).unwrap_or((1, 1))
}

/// A word that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// `key` of `key=word`.
    pub key: Option<String>,
    pub bytes: Vec<u8>,
    pub bare: bool,
}

impl Word {
    pub fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.bytes).ok().filter(|_| self.bare)
    }
}

/// The words of a line.
pub fn read(line: &str) -> Result<Vec<Word>, String> {
    let mut reader = Reader(line.trim().as_bytes());
    let mut words = Vec::new();
    while !reader.0.is_empty() {
        let key = reader.key();
        let (bytes, bare) = reader.word(b" ")?;
        words.push(Word { key, bytes, bare });
        if !matches!(reader.0.first(), None | Some(b' ')) {
            return Err("a word goes on after its closing quote or parenthesis".into());
        }
        reader.0 = reader.0.trim_ascii_start();
    }
    Ok(words)
}

struct Reader<'l>(&'l [u8]);

impl Reader<'_> {
    fn take(&mut self, start: &[u8]) -> bool {
        let Some(rest) = self.0.strip_prefix(start) else { return false };
        self.0 = rest;
        true
    }

    fn key(&mut self) -> Option<String> {
        let end = self.0.iter().position(|byte| !byte.is_ascii_lowercase() && *byte != b'_')?;
        if end == 0 || self.0[end] != b'=' {
            return None;
        }
        let key = String::from_utf8_lossy(&self.0[..end]).into_owned();
        self.0 = &self.0[end + 1..];
        Some(key)
    }

    fn expect(&mut self, what: &str) -> Result<(), String> {
        if self.take(what.as_bytes()) { Ok(()) } else { Err(format!("`{what}` is missing")) }
    }

    /// The bytes of a word, and whether it is bare.
    fn word(&mut self, ends: &[u8]) -> Result<(Vec<u8>, bool), String> {
        if self.take(b"\"") {
            return Ok((self.quoted()?, false));
        }
        if self.take(b"repeat(") {
            let (unit, _) = self.word(b",)")?;
            self.expect(",")?;
            let (times, _) = self.word(b")")?;
            self.expect(")")?;
            let times = String::from_utf8_lossy(&times).trim().parse::<usize>();
            let times = times.map_err(|_| "`repeat(TEXT,TIMES)` needs a number of times")?;
            return Ok((unit.repeat(times.min(1 << 20)), false));
        }
        if self.take(b"concat(") {
            let (mut bytes, _) = self.word(b",)")?;
            while self.take(b",") {
                bytes.extend(self.word(b",)")?.0);
            }
            self.expect(")")?;
            return Ok((bytes, false));
        }
        let end = self.0.iter().position(|byte| ends.contains(byte)).unwrap_or(self.0.len());
        let (bytes, rest) = self.0.split_at(end);
        self.0 = rest;
        Ok((bytes.to_vec(), true))
    }

    fn quoted(&mut self) -> Result<Vec<u8>, String> {
        let mut bytes = Vec::new();
        loop {
            match self.byte()? {
                b'"' => return Ok(bytes),
                b'\\' => bytes.push(match self.byte()? {
                    b'n' => b'\n',
                    b't' => b'\t',
                    b'0' => 0,
                    same @ (b'\\' | b'"') => same,
                    b'x' => {
                        let digits = [self.byte()?, self.byte()?];
                        let digits = std::str::from_utf8(&digits).unwrap_or_default();
                        u8::from_str_radix(digits, 16)
                            .map_err(|_| r"`\x` needs two hexadecimal digits")?
                    }
                    _ => return Err(r#"escapes are \n \t \0 \\ \" and \xNN"#.into()),
                }),
                byte => bytes.push(byte),
            }
        }
    }

    fn byte(&mut self) -> Result<u8, String> {
        let (first, rest) = self.0.split_first().ok_or("a quote is never closed")?;
        self.0 = rest;
        Ok(*first)
    }
}
