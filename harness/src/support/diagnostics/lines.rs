//! Finds the lines of keys and values in a YAML text, for mistakes that are found only after parsing,
//! when the parser's positions are gone.

/// The line of a YAML text on which `key: value` stands, for mistakes that are found only after
/// parsing, when the parser's positions are gone.
pub fn line_of(text: &str, key: &str, value: &str) -> Option<usize> {
    Lines::below(text, 0).find(key, value)
}

/// Finds the lines of many values that stand one below the other, in one walk through the text: files
/// have thousands of lines and hundreds of cases.
#[derive(Clone)]
pub struct Lines<'a> {
    rest: std::str::Lines<'a>,
    line: usize,
}

impl<'a> Lines<'a> {
    /// Begins below a line.
    pub fn below(text: &'a str, above: usize) -> Self {
        let mut rest = text.lines();
        if above > 0 {
            rest.nth(above - 1);
        }
        Lines { rest, line: above }
    }

    /// The next line on which `key: value` stands. If there is none, the place stays as it was.
    pub fn find(&mut self, key: &str, value: &str) -> Option<usize> {
        self.next_where(|line| gives(line, key, value))
    }

    /// The next line on which this key of any map stands, whatever follows it.
    pub fn find_key(&mut self, key: &str) -> Option<usize> {
        self.next_where(|line| is_key(line, key))
    }

    fn next_where(&mut self, wanted: impl Fn(&str) -> bool) -> Option<usize> {
        let mut rest = self.rest.clone();
        let found = rest.position(wanted)?;
        self.rest = rest;
        self.line += found + 1;
        Some(self.line)
    }

    /// The line that was found last, or the one to begin below.
    pub fn last(&self) -> usize {
        self.line
    }
}

/// Whether this key of any map stands on a line.
fn is_key(line: &str, key: &str) -> bool {
    let line = line.trim_start_matches([' ', '-', '{', ',', '"', '\'']);
    let rest = line.strip_prefix(key).map(|rest| rest.trim_start_matches(['"', '\'']));
    rest.is_some_and(|rest| rest.trim_start() == ":" || rest.starts_with(": "))
}

/// Whether a line says `key: value`.
fn gives(line: &str, key: &str, value: &str) -> bool {
    let quotes = ['"', '\''];
    let line = line.trim_start_matches([' ', '-', '{']);
    let rest = line.strip_prefix(key).and_then(|rest| rest.trim_start().strip_prefix(':'));
    let rest = rest.map(|rest| rest.trim_start().trim_start_matches(quotes));
    rest.and_then(|rest| rest.strip_prefix(value)).is_some_and(|after| {
        let after = after.trim_start_matches(quotes).trim_start();
        after.is_empty() || after.starts_with([',', '}', '#'])
    })
}

/// The line of a YAML text on which a key of the outermost map stands.
pub fn line_of_key(text: &str, key: &str) -> Option<usize> {
    let stands = |line: &str| line.strip_prefix(key).is_some_and(|rest| rest.starts_with(':'));
    text.lines().position(stands).map(|i| i + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_line_of_a_value() {
        let text = "area: fd\ncases:\n  - id: one\n    guest: x\n  - id: \"two\" # note\n";
        assert_eq!(line_of(text, "id", "one"), Some(3));
        assert_eq!(line_of(text, "guest", "x"), Some(4));
        assert_eq!(line_of(text, "id", "two"), Some(5));
        assert_eq!(line_of(text, "id", "three"), None);
        assert_eq!(line_of(text, "id", "tw"), None);
        assert_eq!(line_of("- { id: x, rule: y }\n- {id: 'xy'}\n", "id", "xy"), Some(2));
    }

    #[test]
    fn a_key_is_found_whatever_follows_it() {
        let text = "cases:\n  a::x:\n    exit: 1\n  a::xy: { exit: 1 }\n  'a::z': {}\n";
        assert_eq!(Lines::below(text, 1).find_key("a::x"), Some(2));
        assert_eq!(Lines::below(text, 2).find_key("a::x"), None);
        assert_eq!(Lines::below(text, 2).find_key("a::xy"), Some(4));
        assert_eq!(Lines::below(text, 0).find_key("a::z"), Some(5));
    }

    #[test]
    fn many_values_are_found_in_one_walk() {
        let text = "id: head\ncases:\n- id: one\n- id: two\n- id: one\n";
        let mut lines = Lines::below(text, 2);
        assert_eq!(lines.find("id", "one"), Some(3));
        assert_eq!(lines.find("id", "three"), None);
        assert_eq!(lines.last(), 3);
        assert_eq!(lines.find("id", "one"), Some(5));
        assert_eq!(lines.find("id", "two"), None);
        assert_eq!(Lines::below(text, 0).find("id", "head"), Some(1));
    }
}
