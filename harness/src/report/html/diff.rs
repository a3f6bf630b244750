//! Differences of two texts as numbers, for a page that has both texts.

use serde::Serialize;
use similar::{ChangeTag, DiffTag, TextDiff};

/// Above this many comparisons of lines, or of characters in a line, what differs is one block.
/// (A limit of time would make the same run give different bytes.)
const MOST_COMPARISONS: usize = 4_000_000;

/// Stretches of lines that make up both texts.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Diff(pub Vec<Stretch>);

/// How many lines on the left are shown beside how many on the right, and for each pair of them the
/// differences within; nothing if the lines are equal.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Stretch(pub usize, pub usize, pub Option<Vec<Within>>);

/// The differences within two lines: starts and lengths of the marked parts, left and right, in
/// UTF-16 code units.
pub type Within = (Vec<(usize, usize)>, Vec<(usize, usize)>);

pub fn diff(left: &str, right: &str) -> Diff {
    let (old, new) = (lines(left), lines(right));
    let same_head = old.iter().zip(&new).take_while(|(o, n)| o == n).count();
    let (old_tail, new_tail) = (&old[same_head..], &new[same_head..]);
    let mut stretches = Vec::new();
    if same_head > 0 {
        stretches.push(equal(same_head));
    }
    if old_tail.is_empty() && new_tail.is_empty() {
        return Diff(stretches);
    }
    if (old_tail.len() + new_tail.len()).pow(2) > MOST_COMPARISONS {
        stretches.push(changed(old_tail, new_tail));
        return Diff(stretches);
    }
    let ops = similar::capture_diff_slices(similar::Algorithm::Myers, old_tail, new_tail);
    for op in ops {
        stretches.push(match op.tag() {
            DiffTag::Equal => equal(op.old_range().len()),
            _ => changed(&old_tail[op.old_range()], &new_tail[op.new_range()]),
        });
    }
    Diff(stretches)
}

/// As the page splits a text: the rest after the last newline is a line unless it is empty.
fn lines(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text.split('\n').collect();
    if lines.last() == Some(&"") {
        lines.pop();
    }
    lines
}

fn equal(lines: usize) -> Stretch {
    Stretch(lines, lines, None)
}

fn changed(old: &[&str], new: &[&str]) -> Stretch {
    let pairs = old.iter().zip(new).map(|(old, new)| within(old, new)).collect();
    Stretch(old.len(), new.len(), Some(pairs))
}

/// By words, as people read a call and its result.
fn within(old: &str, new: &str) -> Within {
    if (old.len() + new.len()).pow(2) > MOST_COMPARISONS {
        return Default::default();
    }
    let diff = TextDiff::from_words(old, new);
    let (mut left, mut right) = (Vec::new(), Vec::new());
    let (mut at_left, mut at_right) = (0, 0);
    for change in diff.iter_all_changes() {
        let length = change.value().encode_utf16().count();
        match change.tag() {
            ChangeTag::Equal => (at_left, at_right) = (at_left + length, at_right + length),
            ChangeTag::Delete => {
                mark(&mut left, at_left, length);
                at_left += length;
            }
            ChangeTag::Insert => {
                mark(&mut right, at_right, length);
                at_right += length;
            }
        }
    }
    (left, right)
}

/// Adds a marked part, to the one before it if they touch.
fn mark(parts: &mut Vec<(usize, usize)>, start: usize, length: usize) {
    match parts.last_mut() {
        Some((last, its_length)) if *last + *its_length == start => *its_length += length,
        _ => parts.push((start, length)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is found, as the page reads it.
    fn found(left: &str, right: &str) -> String {
        serde_json::to_string(&diff(left, right)).unwrap()
    }

    #[test]
    fn lines_and_words_that_differ_are_marked() {
        let marked = found("a\nopen f -> exist\nz\n", "a\nopen f -> noent 1\nz\n");
        assert_eq!(marked, "[[1,1,null],[1,1,[[[[10,5]],[[10,7]]]]],[1,1,null]]");
    }

    #[test]
    fn lines_of_one_side_only() {
        assert_eq!(found("a\nb\n", "a\n"), "[[1,1,null],[1,0,[]]]");
        assert_eq!(found("", "a\n"), "[[0,1,[]]]");
        assert_eq!(found("a\n", "a\n"), "[[1,1,null]]");
        assert_eq!(found("", ""), "[]");
    }

    #[test]
    fn parts_are_counted_as_scripts_count() {
        // The face is two units, and four bytes.
        assert_eq!(found("😀 a", "😀 b"), "[[1,1,[[[[3,1]],[[3,1]]]]]]");
    }

    #[test]
    fn what_would_take_long_is_one_block() {
        let many = |text: &str| text.repeat(32 * 1024);
        assert_eq!(diff(&many("\n"), &many("x\n")).0.len(), 1);
        assert_eq!(found(&many("ab"), &many("ba")), "[[1,1,[[[],[]]]]]");
    }

    #[test]
    fn the_missing_newline_is_no_line() {
        assert_eq!(found("a\n", "a"), "[[1,1,null]]");
    }
}
