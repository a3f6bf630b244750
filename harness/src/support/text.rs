//! Text for people, and diffs.

use std::fmt::Write;
use std::sync::LazyLock;

use regex::{Captures, Regex};
use similar::{ChangeTag, TextDiff};

/// A text without the directories of this machine: only the last component of an absolute path remains.
pub fn without_paths(text: &str) -> String {
    static PATH: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#"(^|[\s'"`(=])/(?:[^\s/'"`:]+/)+"#).expect("a valid pattern")
    });
    PATH.replace_all(text, |found: &Captures| format!("{}…/", &found[1])).into_owned()
}

/// A line diff: `-` for expected lines, `+` for observed ones. Long common parts are left out.
pub fn diff(expected: &str, observed: &str) -> String {
    let diff = TextDiff::from_lines(expected, observed);
    let mut out = String::new();
    for (i, group) in diff.grouped_ops(2).iter().enumerate() {
        if i > 0 {
            out.push_str("  ⋮\n");
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let sign = match change.tag() {
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
                ChangeTag::Equal => ' ',
            };
            let line = change.value();
            let _ = writeln!(out, "{sign} {}", line.strip_suffix('\n').unwrap_or(line));
            if !line.ends_with('\n') && diff.newline_terminated() {
                out.push_str("  (no newline at the end)\n");
            }
        }
    }
    out
}

/// Whether an unexpected line contains this text.
pub fn observed_only(expected: &str, observed: &str, part: &str) -> bool {
    TextDiff::from_lines(expected, observed)
        .iter_all_changes()
        .any(|change| change.tag() == ChangeTag::Insert && change.value().contains(part))
}

/// The allowed text that is most similar to the observed one, to show a short difference.
pub fn nearest<'a>(allowed: &'a [String], observed: &str) -> &'a str {
    let ratio = |text: &&String| TextDiff::from_lines(text.as_str(), observed).ratio();
    allowed
        .iter()
        .max_by(|a, b| ratio(a).total_cmp(&ratio(b)))
        .map(String::as_str)
        .unwrap_or_default()
}

/// The known word that is most similar to an unknown one.
pub fn most_like<'a>(known: impl Iterator<Item = &'a str>, word: &str) -> Option<&'a str> {
    let ratio = |text: &str| TextDiff::from_chars(text, word).ratio();
    known.max_by(|a, b| ratio(a).total_cmp(&ratio(b)))
}

/// At most `limit` bytes of a text, with a note about the number of bytes left out.
pub fn shorten(text: &str, limit: usize) -> String {
    if text.len() <= limit {
        return text.to_owned();
    }
    let end = (0..=limit).rev().find(|&i| text.is_char_boundary(i)).unwrap_or(0);
    format!("{}… ({} more bytes)\n", &text[..end], text.len() - end)
}

/// `1 case`, `2 cases`.
pub fn count(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

/// Whether a text was cut by [`shorten`].
pub fn is_shortened(text: &str) -> bool {
    let cut = text.strip_suffix(" more bytes)\n").and_then(|text| text.rsplit_once("… ("));
    cut.is_some_and(|(_, count)| count.parse::<usize>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_part_of_a_path_remains() {
        for (text, portable) in [
            ("start /usr/bin/node: no such file", "start …/node: no such file"),
            ("there is no program /x/y", "there is no program …/y"),
            ("see `/home/me/a.log`, --root=/opt/b", "see `…/a.log`, --root=…/b"),
            (
                "https://example.org/a/b and a/b/c and /data",
                "https://example.org/a/b and a/b/c and /data",
            ),
        ] {
            assert_eq!(without_paths(text), portable);
        }
    }

    #[test]
    fn a_diff_marks_both_sides() {
        assert_eq!(diff("a\nb\n", "a\nc\n"), "  a\n- b\n+ c\n");
    }

    #[test]
    fn only_unexpected_lines_are_searched() {
        let (expected, observed) = ("same\nb\n", "same\nc\n");
        assert!(observed_only(expected, observed, "c"));
        assert!(!observed_only(expected, observed, "b"));
        assert!(!observed_only(expected, observed, "same"));
    }

    #[test]
    fn a_diff_shows_a_missing_newline() {
        assert_eq!(diff("a\n", "a"), "- a\n+ a\n  (no newline at the end)\n");
        assert_eq!(diff("", "a\n"), "+ a\n");
        assert_eq!(diff("a\n", "a\n"), "");
    }

    #[test]
    fn a_diff_leaves_out_long_common_parts() {
        let lines = |changed: &str| {
            let common: String = (1..=6).map(|i| format!("{i}\n")).collect();
            format!("{changed}\n{common}{changed}\n")
        };
        let shown = diff(&lines("x"), &lines("y"));
        assert_eq!(shown, "- x\n+ y\n  1\n  2\n  ⋮\n  5\n  6\n- x\n+ y\n");
    }

    #[test]
    fn the_nearest_alternative_shares_the_most_lines() {
        let allowed = ["a\nb\n".to_owned(), "x\ny\n".to_owned()];
        assert_eq!(nearest(&allowed, "x\nz\n"), "x\ny\n");
        assert_eq!(nearest(&allowed, "z\nb\n"), "a\nb\n");
        assert_eq!(nearest(&[], "x\n"), "");
    }

    #[test]
    fn shortening_counts_the_bytes_left_out() {
        assert_eq!(shorten("héllo", 2), "h… (5 more bytes)\n");
        assert_eq!(shorten("hi", 2), "hi");
        assert!(is_shortened(&shorten("héllo", 2)));
        assert!(!is_shortened("hi"));
    }
}
