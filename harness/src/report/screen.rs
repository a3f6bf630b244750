//! Text for a terminal: its width and its colours. Colours are always written; [`crate::support::output`]
//! removes them if stdout is not a terminal or NO_COLOR is set.

use std::fmt::Write;

use anstyle::{AnsiColor, Style};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::support::escape::visible;

/// The width of text that goes to a file or a pipe.
pub const PLAIN_WIDTH: usize = 100;
/// Narrower terminals get lines of this width.
const NARROWEST: usize = 40;

/// The terminal or file that shows the text.
#[derive(Clone, Copy, Debug)]
pub struct Screen {
    /// In columns.
    pub width: usize,
}

impl Default for Screen {
    fn default() -> Self {
        Screen { width: PLAIN_WIDTH }
    }
}

impl Screen {
    pub fn new(width: usize) -> Self {
        Screen { width: width.max(NARROWEST) }
    }

    /// The terminal that stdout is, or a file or a pipe.
    pub fn of_stdout() -> Self {
        match terminal_size::terminal_size_of(std::io::stdout()) {
            Some((width, _)) => Screen::new(width.0.into()),
            None => Screen::default(),
        }
    }

    /// A paragraph, each line with an indent.
    pub fn wrap(self, text: &str, indent: &str) -> String {
        let options = textwrap::Options::new(self.width)
            .initial_indent(indent)
            .subsequent_indent(indent)
            .break_words(false)
            .word_splitter(textwrap::WordSplitter::NoHyphenation);
        let mut out = String::new();
        for line in text.trim_end().lines() {
            for line in textwrap::wrap(line, &options) {
                let _ = writeln!(out, "{}", line.trim_end());
            }
        }
        out
    }
}

pub const GREEN: Style = AnsiColor::Green.on_default();
pub const RED: Style = AnsiColor::Red.on_default();
pub const YELLOW: Style = AnsiColor::Yellow.on_default();
pub const CYAN: Style = AnsiColor::Cyan.on_default();
pub const BOLD: Style = Style::new().bold();
pub const DIM: Style = Style::new().dimmed();

pub fn paint(style: Style, text: impl std::fmt::Display) -> String {
    format!("{style}{text}{style:#}")
}

/// A diff whose `-` lines (expected or earlier) have one colour and whose `+` lines another.
pub fn diff(text: &str, minus: Style, plus: Style, indent: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let line = visible(line);
        let line = match line.chars().next() {
            Some('-') => paint(minus, line),
            Some('+') => paint(plus, line),
            _ => line,
        };
        let _ = writeln!(out, "{}", format!("{indent}{line}").trim_end());
    }
    out
}

/// A text in pieces of at most this many columns.
pub fn pieces(text: &str, width: usize) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let mut used = 0;
    for c in text.chars() {
        let wide = c.width().unwrap_or(0);
        if used + wide > width {
            pieces.push(String::new());
            used = 0;
        }
        used += wide;
        pieces.last_mut().expect("there is always one").push(c);
    }
    pieces
}

/// A text padded with spaces to this many columns.
pub fn pad(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(text.width())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_are_wrapped_and_indented() {
        let screen = Screen::new(40);
        assert_eq!(
            screen.wrap("a sentence that is too long for one line of it\nnext", "  "),
            "  a sentence that is too long for one\n  line of it\n  next\n"
        );
        let link = format!("https://example.org/{}", "x".repeat(50));
        assert_eq!(screen.wrap(&link, ""), format!("{link}\n"), "links stay whole");
    }

    #[test]
    fn the_lines_of_a_diff_have_colours() {
        let shown = diff("stdout:\n- a\n+ b\n", GREEN, RED, " ");
        assert_eq!(anstream::adapter::strip_str(&shown).to_string(), " stdout:\n - a\n + b\n");
        assert!(shown.contains(&paint(GREEN, "- a")), "{shown:?}");
        assert!(shown.contains(&paint(RED, "+ b")), "{shown:?}");
    }

    #[test]
    fn pieces_have_at_most_the_width() {
        assert_eq!(pieces("abcdef", 4), ["abcd", "ef"]);
        assert_eq!(pieces("", 4), [""]);
        assert_eq!(pieces("日本語", 4), ["日本", "語"], "wide characters take two columns");
    }
}
