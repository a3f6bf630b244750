//! What the guest may print for a result: a text of which parts are free.

use std::fmt;

use model::Time;

/// A text, in pieces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shown(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    /// One of these.
    OneOf(Vec<String>),
    /// Whatever number a host chooses.
    Number,
    /// The rest of the line.
    Anything,
}

/// All three ways in which a number can relate to another.
const ANY: &[&str] = &["same", "less", "greater"];

/// No clock shows an earlier time now, or a later one: 2020 and 2100.
const PAST: u64 = 1_577_836_800_000_000_000;
const FUTURE: u64 = 4_102_444_800_000_000_000;

impl Shown {
    pub fn text(text: impl Into<String>) -> Shown {
        Shown::default().and(text)
    }

    pub fn anything() -> Shown {
        Shown(vec![Piece::Anything])
    }

    pub fn and(mut self, text: impl Into<String>) -> Shown {
        self.0.push(Piece::Text(text.into()));
        self
    }

    pub fn and_one_of<S: AsRef<str>>(mut self, texts: &[S]) -> Shown {
        self.0.push(Piece::OneOf(texts.iter().map(|text| text.as_ref().to_owned()).collect()));
        self
    }

    pub fn and_number(mut self) -> Shown {
        self.0.push(Piece::Number);
        self
    }

    pub fn then(mut self, mut other: Shown) -> Shown {
        self.0.append(&mut other.0);
        self
    }

    /// What the guest prints after a call that succeeded.
    pub fn of_success(self) -> Shown {
        let is_empty =
            self.0.iter().all(|piece| matches!(piece, Piece::Text(text) if text.is_empty()));
        if is_empty { Shown::text("success") } else { Shown::text("success ").then(self) }
    }

    /// Whether this is the text of a line.
    pub fn matches(&self, line: &str) -> bool {
        matches(&self.0, line)
    }

    /// One of the texts.
    pub fn first(&self) -> String {
        let piece = |piece: &Piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::OneOf(texts) => texts.first().cloned().unwrap_or_default(),
            Piece::Number | Piece::Anything => "0".into(),
        };
        self.0.iter().map(piece).collect()
    }
}

fn matches(pieces: &[Piece], line: &str) -> bool {
    let Some((first, rest)) = pieces.split_first() else { return line.is_empty() };
    let goes_on = |text: &str| line.strip_prefix(text).is_some_and(|line| matches(rest, line));
    match first {
        Piece::Text(text) => goes_on(text),
        Piece::OneOf(texts) => texts.iter().any(|text| goes_on(text)),
        Piece::Number => {
            let after = line.trim_start_matches(|c: char| c.is_ascii_digit());
            after.len() < line.len() && matches(rest, after)
        }
        Piece::Anything => true,
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => f.write_str(text)?,
                Piece::OneOf(texts) => write!(f, "({})", texts.join("|"))?,
                Piece::Number => f.write_str("NUMBER")?,
                Piece::Anything => f.write_str("…")?,
            }
        }
        Ok(())
    }
}

/// How the guest shows the relation of two numbers, of which those that count from some time on may be
/// later.
pub fn relation(first: Time, second: Time) -> &'static [&'static str] {
    match (first, second) {
        (Time::Exactly(a), Time::Exactly(b)) => exact(a, b),
        // The clock need not have gone on between two readings.
        (Time::Since(a), Time::Since(b)) => match exact(a, b) {
            _ if a.min(b) == 0 => ANY,
            ["same"] => &["same"],
            ["less"] => &["less", "same"],
            _ => &["greater", "same"],
        },
        (Time::Since(_), Time::Exactly(b)) if b > FUTURE => &["less"],
        (Time::Since(a), Time::Exactly(b)) if a > b || b < PAST => &["greater"],
        (Time::Exactly(a), Time::Since(_)) if a > FUTURE => &["greater"],
        (Time::Exactly(a), Time::Since(b)) if b > a || a < PAST => &["less"],
        _ => ANY,
    }
}

fn exact(a: u64, b: u64) -> &'static [&'static str] {
    match a.cmp(&b) {
        std::cmp::Ordering::Less => &["less"],
        std::cmp::Ordering::Equal => &["same"],
        std::cmp::Ordering::Greater => &["greater"],
    }
}

/// How the guest shows whether two times are within ten seconds of each other.
pub fn nearness(first: Time, second: Time) -> &'static [&'static str] {
    let (a, b) = (first.earliest(), second.earliest());
    match (first, second) {
        (Time::Since(_), Time::Since(_)) if a.min(b) > 0 => &["near"],
        (Time::Exactly(_), Time::Exactly(_)) => match a.abs_diff(b) <= 10_000_000_000 {
            true => &["near"],
            false => &["far"],
        },
        (Time::Exactly(a), Time::Since(_)) | (Time::Since(_), Time::Exactly(a))
            if !(PAST..FUTURE).contains(&a) =>
        {
            &["far"]
        }
        _ => &["near", "far"],
    }
}
