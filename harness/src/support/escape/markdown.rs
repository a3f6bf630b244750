//! Text in Markdown, as GitHub reads it: no markup, no HTML, no image, no mention of a person, and no
//! cell or line of its own.

use super::{line, visible, web_address};

/// Sentences in one line, with what is between backquotes as code, as in reasons and rules.
pub fn prose(text: &str) -> String {
    sentences(text, false)
}

/// The same in a cell of a table, where `|` would end the cell, also in code.
pub fn cell(text: &str) -> String {
    sentences(text, true)
}

fn sentences(text: &str, in_cell: bool) -> String {
    let text = visible(text.trim()).replace('\n', " ");
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(at) = rest.find('`') {
        words(&mut out, &rest[..at], in_cell);
        let length = quotes(&rest[at..]);
        let after = &rest[at + length..];
        rest = match code_span(after, in_cell).filter(|_| length == 1) {
            Some(end) => {
                let inside = &after[..end];
                let inside = if in_cell { inside.replace('|', "\\|") } else { inside.to_owned() };
                out.push_str(&format!("`{inside}`"));
                &after[end + 1..]
            }
            None => {
                out.push_str(&"\\`".repeat(length));
                after
            }
        };
    }
    words(&mut out, rest, in_cell);
    out
}

/// How many backquotes a text begins with.
fn quotes(text: &str) -> usize {
    text.len() - text.trim_start_matches('`').len()
}

/// Where the code after a backquote ends, if Markdown and we agree on it: there is something in it, and
/// the backquote at its end stands alone. A cell cannot have a backslash before a `|` in code.
fn code_span(text: &str, in_cell: bool) -> Option<usize> {
    let end = text.find('`').filter(|&end| end > 0 && quotes(&text[end..]) == 1)?;
    (!in_cell || !text[..end].contains("\\|")).then_some(end)
}

/// Adds text without markup to a line.
fn words(out: &mut String, text: &str, in_cell: bool) {
    let is_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let mut is_start = out.is_empty();
    let mut last = out.chars().next_back();
    for (at, c) in text.char_indices() {
        let rest = &text[at + c.len_utf8()..];
        let next = rest.chars().next();
        let word = text[at..].split_whitespace().next().unwrap_or_default();
        let is_markup = match c {
            '\\' | '*' | '[' | ']' | '<' | '~' | '$' => true,
            // Within a word it is no emphasis.
            '_' => !(is_word(last) && is_word(next)),
            '&' => next.is_some_and(|c| c == '#' || c.is_alphanumeric()),
            '|' => in_cell || is_start,
            // What begins a quotation, or the line below the head of a table.
            '>' => is_start,
            ':' => is_start && next.is_some_and(|c| matches!(c, ':' | '-')),
            // What begins a list, or makes a heading.
            '#' | '-' | '+' | '=' => is_start && word.chars().all(|other| other == c),
            '.' | ')' => {
                let before = out.trim_start();
                let is_number = !before.is_empty() && before.chars().all(|c| c.is_ascii_digit());
                is_number && next.is_none_or(char::is_whitespace)
            }
            _ => false,
        };
        if is_markup {
            out.push('\\');
        }
        out.push(c);
        // GitHub notifies whoever is mentioned, and lists the page at an issue that it mentions.
        let mentions = match c {
            '@' => !is_word(last) && next.is_some_and(|c| !c.is_whitespace()),
            '#' => next.is_some_and(|c| c.is_ascii_digit()),
            _ => false,
        };
        if mentions {
            out.push_str("&#8203;");
        }
        is_start &= c.is_whitespace();
        last = Some(c);
    }
}

/// A name in one line, as code.
pub fn code(text: &str) -> String {
    let text = line(text);
    let fence = "`".repeat(longest_run(&text) + 1);
    let pad =
        if text.starts_with('`') || text.ends_with('`') || text.is_empty() { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// A link; without one if the address does not lead to the web.
pub fn link(text: &str, address: &str) -> String {
    let Some(address) = web_address(address) else {
        return format!("{} ({})", prose(text), code(address));
    };
    let address = address.replace('\\', "%5C").replace('(', "%28").replace(')', "%29");
    format!("[{}]({address})", prose(text))
}

/// Lines of text in a fence that none of them can close, each with an indent.
pub fn fenced(language: &str, text: &str, indent: &str) -> String {
    let text = visible(text);
    let fence = "`".repeat(longest_run(&text).max(2) + 1);
    let lines = text.trim_end().replace('\n', &format!("\n{indent}"));
    format!("{indent}{fence}{language}\n{indent}{lines}\n{indent}{fence}\n")
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_keeps_code_and_has_no_other_markup() {
        for (text, shown) in [
            ("It forgets `fd_read`.", "It forgets `fd_read`."),
            ("path_open -> success, 1.5 s (x)", "path_open -> success, 1.5 s (x)"),
            ("a [b](c) ![d](e)", "a \\[b\\](c) !\\[d\\](e)"),
            ("<img src=x> &lt; & c", "\\<img src=x> \\&lt; & c"),
            ("*a* _b_ c_d ~~e~~", "\\*a\\* \\_b\\_ c_d \\~\\~e\\~\\~"),
            ("a\n# b\n", "a # b"),
            ("# a", "\\# a"),
            ("- a", "\\- a"),
            ("12. a", "12\\. a"),
            ("1.2.3 --all", "1.2.3 --all"),
            ("--allow", "--allow"),
            ("--- | ---", "\\--- | ---"),
            ("@someone wasmtime@36 #12", "@&#8203;someone wasmtime@36 #&#8203;12"),
            ("`<b>` `a``<b>`", "`<b>` \\`a\\`\\`\\<b>\\`"),
            ("a ` b", "a \\` b"),
            ("\\`<b>`", "\\\\`<b>`"),
        ] {
            assert_eq!(prose(text), shown);
        }
    }

    #[test]
    fn a_cell_ends_where_it_should() {
        assert_eq!(cell("a | `b|c` \\| d"), "a \\| `b\\|c` \\\\\\| d");
        assert_eq!(cell("|"), "\\|");
        assert_eq!(cell("`a\\|b`"), "\\`a\\\\\\|b\\`");
    }

    #[test]
    fn code_is_closed_by_nothing_in_it() {
        assert_eq!(code("a::b"), "`a::b`");
        assert_eq!(code("`a``b"), "``` `a``b ```");
        assert_eq!(code("a\nb"), "`a\\nb`");
    }

    #[test]
    fn a_link_leads_to_the_web_or_is_none() {
        assert_eq!(link("rule", "https://a.b/c(d)"), "[rule](https://a.b/c%28d%29)");
        assert_eq!(link("[x]", "javascript:a"), "\\[x\\] (`javascript:a`)");
    }

    #[test]
    fn a_fence_is_closed_by_nothing_in_it() {
        assert_eq!(
            fenced("diff", "- a\n+ ````\n", "  "),
            "  `````diff\n  - a\n  + ````\n  `````\n"
        );
    }
}
