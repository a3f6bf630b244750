//! Text that a guest, a runner, a wasi-testsuite directory or a run file can name, made harmless for
//! where it is shown: a terminal, the log of a CI server, HTML, JSON, and ([`markdown`]) Markdown.
//!
//! All reports and messages go through this module. It has one idea of what cannot be seen
//! ([`is_unseen`]): characters that move the cursor, start a command of a terminal, or hide or reorder
//! the text around them. XML allows all others.

pub mod markdown;

use std::fmt::Write;
use std::ops::RangeInclusive;
use std::sync::LazyLock;

use regex::{Captures, Regex};

/// Beside control characters: what has no width, changes the direction, ends a line somewhere or is no
/// character at all.
const UNSEEN: [RangeInclusive<char>; 17] = [
    '\u{ad}'..='\u{ad}',
    '\u{34f}'..='\u{34f}',
    '\u{61c}'..='\u{61c}',
    '\u{115f}'..='\u{1160}',
    '\u{17b4}'..='\u{17b5}',
    '\u{180b}'..='\u{180f}',
    '\u{200b}'..='\u{200f}',
    '\u{2028}'..='\u{202e}',
    '\u{2060}'..='\u{206f}',
    '\u{3164}'..='\u{3164}',
    '\u{fdd0}'..='\u{fdef}',
    '\u{fe00}'..='\u{fe0f}',
    '\u{feff}'..='\u{feff}',
    '\u{ffa0}'..='\u{ffa0}',
    '\u{fff0}'..='\u{fffb}',
    '\u{fffe}'..='\u{ffff}',
    // Tags and variation selectors.
    '\u{e0000}'..='\u{e0fff}',
];

/// Whether a character cannot be seen, or changes how others are. Tabs and newlines are not among them.
pub fn is_unseen(c: char) -> bool {
    let is_control = c.is_control() && !matches!(c, '\n' | '\t');
    is_control || !c.is_ascii() && UNSEEN.iter().any(|range| range.contains(&c))
}

/// Every character can be seen: `\u{1b}` stands for an escape character. Newlines and tabs stay.
pub fn visible(text: &str) -> String {
    replaced(text, is_unseen)
}

/// The same in one line: newlines become `\n`.
pub fn line(text: &str) -> String {
    replaced(text, |c| c == '\n' || is_unseen(c))
}

fn replaced(text: &str, is_replaced: impl Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match is_replaced(c) {
            true if c.is_control() => out.extend(c.escape_default()),
            true => out.extend(c.escape_unicode()),
            false => out.push(c),
        }
    }
    out
}

/// Text for a terminal or a log, which has no colours.
pub fn plain(text: &str) -> String {
    without_commands(&visible(text))
}

/// Text for a terminal or a log, whose colours stay. Other commands of a terminal do not.
pub fn colored(text: &str) -> String {
    static COLOR: LazyLock<Regex> =
        LazyLock::new(|| Regex::new("\u{1b}\\[[0-9;]*m").expect("a valid pattern"));
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for color in COLOR.find_iter(text) {
        out.push_str(&visible(&text[done..color.start()]));
        out.push_str(color.as_str());
        done = color.end();
    }
    out.push_str(&visible(&text[done..]));
    without_commands(&out)
}

/// Text without commands to a CI server, which reads them from the log of a job: `::set-output` at the
/// start of a line, `##[command]` and `##vso[command]` anywhere. A backslash takes their meaning away.
fn without_commands(text: &str) -> String {
    static COMMAND: LazyLock<Regex> = LazyLock::new(|| {
        let start = "(?m)^(?:\\s|\u{1b}\\[[0-9;]*m)*::|##[A-Za-z]*\\[";
        Regex::new(start).expect("a valid pattern")
    });
    let defused = |found: &Captures| {
        let found = &found[0];
        match found.strip_suffix("::") {
            Some(before) => format!("{before}\\::"),
            None => format!("{}\\[", found.trim_end_matches('[')),
        }
    };
    COMMAND.replace_all(text, defused).into_owned()
}

/// A JSON text whose strings have escapes for what cannot be seen, and for commands to a CI server. It
/// means the same.
pub fn json(text: &str) -> String {
    static COMMAND: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(##[A-Za-z]*)\[").expect("a valid pattern"));
    let text = COMMAND.replace_all(text, r"$1\u005b");
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match is_unseen(c) {
            true => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
            false => out.push(c),
        }
    }
    out
}

/// Text as the content of an element or of an attribute in quotes.
pub fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in visible(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}

/// An address, if it leads to the web: other schemes run scripts or name files.
pub fn web_address(text: &str) -> Option<&str> {
    let is_address = |c: char| !c.is_whitespace() && !is_unseen(c) && !matches!(c, '<' | '>' | '"');
    let is_web = ["https://", "http://"].iter().any(|scheme| text.starts_with(scheme));
    (is_web && text.chars().all(is_address)).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_spelled_out() {
        assert_eq!(
            visible("a\u{1b}[31m\tb\u{202e}c\0\n\r"),
            "a\\u{1b}[31m\tb\\u{202e}c\\u{0}\n\\r"
        );
        assert_eq!(visible("\u{9b}m\u{7f}\u{200b}\u{e0041}"), "\\u{9b}m\\u{7f}\\u{200b}\\u{e0041}");
        assert_eq!(visible("naïve 日本語 → \u{301}"), "naïve 日本語 → \u{301}");
        assert_eq!(line("a\nb"), "a\\nb");
    }

    #[test]
    fn colors_stay_and_other_commands_of_a_terminal_do_not() {
        let text = "\u{1b}[1m\u{1b}[31mred\u{1b}[0m\u{1b}[2J\u{1b}]8;;x\u{7}";
        assert_eq!(colored(text), "\u{1b}[1m\u{1b}[31mred\u{1b}[0m\\u{1b}[2J\\u{1b}]8;;x\\u{7}");
        assert_eq!(plain("\u{1b}[1m"), "\\u{1b}[1m");
    }

    #[test]
    fn commands_to_ci_servers_lose_their_meaning() {
        for (text, harmless) in [
            ("::set-output name=a::b", "\\::set-output name=a::b"),
            ("a\n  ::add-mask::x", "a\n  \\::add-mask::x"),
            ("\u{1b}[1m::error::x", "\u{1b}[1m\\::error::x"),
            ("a ##[group]b", "a ##\\[group]b"),
            ("##vso[task.setvariable]x", "##vso\\[task.setvariable]x"),
            ("node::fd_read::all\n## Title [1]", "node::fd_read::all\n## Title [1]"),
        ] {
            assert_eq!(colored(text), harmless);
        }
        assert_eq!(plain("a\u{2028}::b"), "a\\u{2028}::b");
    }

    #[test]
    fn json_means_the_same() {
        let text = "\"a\u{202e}\u{e0041}\u{7f}##vso[\"";
        assert_eq!(json(text), "\"a\\u202e\\udb40\\udc41\\u007f##vso\\u005b\"");
        assert_eq!(colored(&json(text)), json(text));
        let read = |text: &str| serde_json::from_str::<String>(text).unwrap();
        assert_eq!(read(&json(text)), read(text));
    }

    #[test]
    fn html_has_no_markup_of_a_text() {
        assert_eq!(html("<a b='c\"&\u{1b}'>"), "&lt;a b=&#39;c&quot;&amp;\\u{1b}&#39;&gt;");
    }

    #[test]
    fn only_addresses_of_the_web_are_links() {
        assert_eq!(web_address("https://a.b/c#d"), Some("https://a.b/c#d"));
        for text in ["javascript:alert(1)", "file:///etc", "https://a b", "https://a\u{202e}", "#a"]
        {
            assert_eq!(web_address(text), None, "{text}");
        }
    }
}
