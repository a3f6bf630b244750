//! Two texts next to each other, no wider than the screen: expected on the left, observed on the right.

use similar::TextDiff;

use super::screen::{GREEN, RED, Screen, pad, paint, pieces};
use crate::support::escape::visible;

const GAP: &str = " | ";
const NARROWEST: usize = 8;

/// `|` separates lines that differ; `<` and `>` mark a line on one side only. Long lines continue on the
/// next line.
pub fn side_by_side(expected: &str, observed: &str, screen: Screen, indent: &str) -> String {
    let room = screen.width.saturating_sub(indent.len() + GAP.len());
    let longest = visible(expected).lines().map(|line| line.chars().count()).max().unwrap_or(0);
    let left = longest.clamp(NARROWEST, (room / 2).max(NARROWEST));
    let right = room.saturating_sub(left).max(NARROWEST);
    let diff = TextDiff::from_lines(expected, observed);
    let mut out = format!("{indent}{}   observed\n", pad("expected", left));
    for op in diff.ops() {
        let old: Vec<&str> = op.old_range().filter_map(|i| diff.old_slice(i)).collect();
        let new: Vec<&str> = op.new_range().filter_map(|i| diff.new_slice(i)).collect();
        for i in 0..old.len().max(new.len()) {
            let (l, r) = (old.get(i), new.get(i));
            let sign = match (l, r) {
                (Some(l), Some(r)) if l == r => ' ',
                (Some(_), Some(_)) => '|',
                (Some(_), None) => '<',
                _ => '>',
            };
            let cell = |side: Option<&&str>, width: usize| {
                let line = side.map_or("", |line| line.trim_end_matches('\n'));
                pieces(&visible(line), width)
            };
            row(&mut out, indent, sign, left, &cell(l, left), &cell(r, right));
        }
    }
    out
}

fn row(out: &mut String, indent: &str, sign: char, left: usize, l: &[String], r: &[String]) {
    for i in 0..l.len().max(r.len()) {
        let (l, r) = (l.get(i).map_or("", String::as_str), r.get(i).map_or("", String::as_str));
        let sign = if i == 0 { sign } else { ' ' };
        let differs = sign != ' ' || i > 0;
        let l = if differs && !l.is_empty() {
            paint(GREEN, l) + &pad(l, left)[l.len()..]
        } else {
            pad(l, left)
        };
        let r = if differs && !r.is_empty() { paint(RED, r) } else { r.to_owned() };
        out.push_str(format!("{indent}{l} {sign} {r}").trim_end());
        out.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use unicode_width::UnicodeWidthStr;

    use super::*;

    fn plain(expected: &str, observed: &str, width: usize) -> String {
        let shown = side_by_side(expected, observed, Screen { width }, "  ");
        anstream::adapter::strip_str(&shown).to_string()
    }

    #[test]
    fn different_lines_are_marked() {
        assert_eq!(
            plain("one\ntwo\n", "one\n2\n3\n", 80),
            "  expected   observed\n  one        one\n  two      | 2\n           > 3\n"
        );
    }

    #[test]
    fn long_lines_stay_in_their_column() {
        let expected = format!("short\n{}\n", "E".repeat(100));
        let observed = format!("short\n{}\n", "O".repeat(100));
        let shown = plain(&expected, &observed, 60);
        assert!(shown.lines().all(|line| line.width() <= 60), "{shown}");
        assert_eq!((shown.matches('E').count(), shown.matches('O').count()), (100, 100));
        assert_eq!(shown.matches('|').count(), 1, "{shown}");
    }

    #[test]
    fn equal_lines_have_no_colour() {
        let shown = side_by_side("same\na\n", "same\nb\n", Screen::default(), "");
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!(lines[1], "same       same");
        assert!(lines[2].starts_with(&paint(GREEN, "a")), "{shown:?}");
        assert!(lines[2].ends_with(&paint(RED, "b")), "{shown:?}");
    }
}
