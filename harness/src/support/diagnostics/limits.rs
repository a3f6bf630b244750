//! What a file of YAML may cost: a few lines can stand for more than any memory holds, and brackets in
//! brackets take the parser for ever.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser};

/// The largest file, in bytes. Ours have less than 0.2 MB.
const LARGEST: u64 = 16 << 20;
/// What a file may amount to with all its aliases replaced: bytes of text, and 16 for each value.
const EXPANDED: u64 = 64 << 20;
const PER_VALUE: u64 = 16;
/// How deep lists and maps may be nested, as written and with all aliases replaced.
const DEEPEST: usize = 100;

/// A line, what is wrong, and what to do.
pub type Found = (Option<usize>, String, &'static str);

pub fn check_size(size: u64) -> Result<(), Found> {
    if size <= LARGEST {
        return Ok(());
    }
    let what = format!("is too large: {size} bytes, and the limit is {LARGEST}");
    Err((None, what, "split it into several files"))
}

/// Refuses a text that costs more than a file by hand ever would.
pub fn check(text: &str) -> Result<(), Found> {
    check_size(text.len() as u64)?;
    brackets(text)?;
    // Without an anchor there is no alias, and the parser has its own limit of depth.
    if may_have_anchors(text) { aliases(text) } else { Ok(()) }
}

/// The open brackets, wherever they are: text in quotes does not have that many either.
fn brackets(text: &str) -> Result<(), Found> {
    // Text has unbalanced ones, so this is more generous.
    let deepest = 10 * DEEPEST;
    let mut open = 0usize;
    for (line, text) in text.lines().enumerate() {
        for byte in text.bytes() {
            match byte {
                b'[' | b'{' => open += 1,
                b']' | b'}' => open = open.saturating_sub(1),
                _ => {}
            }
            if open > deepest {
                let what = format!("more than {deepest} brackets are open");
                return Err((Some(line + 1), what, "close them, or nest less"));
            }
        }
    }
    Ok(())
}

/// Whether an `&` begins a word anywhere.
fn may_have_anchors(text: &str) -> bool {
    let bytes = text.as_bytes();
    let begins = |at: usize| {
        at == 0
            || matches!(
                bytes[at - 1],
                b' ' | b'\t' | b'\n' | b'\r' | b'[' | b'{' | b',' | b':' | b'-' | b'?'
            )
    };
    let is_anchor = |at: usize| {
        bytes[at] == b'&'
            && begins(at)
            && bytes.get(at + 1).is_some_and(|b| !b.is_ascii_whitespace())
    };
    (0..bytes.len()).any(is_anchor)
}

/// A list or map that is not complete, or what an anchor stands for.
#[derive(Clone, Copy, Default)]
struct Node {
    anchor: usize,
    size: u64,
    depth: usize,
}

/// Counts what the text amounts to with all aliases replaced.
fn aliases(text: &str) -> Result<(), Found> {
    let mut anchors: HashMap<usize, Node> = HashMap::new();
    let mut open: Vec<Node> = Vec::new();
    let mut total = 0u64;
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|e| {
            (
                Some(e.marker().line()),
                e.info().to_owned(),
                "correct the YAML, or do without anchors",
            )
        })?;
        let line = span.start.line();
        let (node, anchor) = match event {
            Event::Alias(id) => match anchors.get(&id) {
                Some(node) => (*node, 0),
                None => {
                    let what = "an alias stands for something that it is part of".to_owned();
                    return Err((Some(line), what, "write out what it stands for"));
                }
            },
            Event::Scalar(text, _, anchor, _) => {
                (Node { anchor, size: text.len() as u64 + PER_VALUE, depth: 0 }, anchor)
            }
            Event::SequenceStart(anchor, _) | Event::MappingStart(anchor, _) => {
                open.push(Node { anchor, size: 0, depth: 0 });
                (Node { anchor: 0, size: PER_VALUE, depth: 0 }, 0)
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(node) = open.pop() else { continue };
                // Its own size was counted when each part was.
                total = total.saturating_sub(node.size);
                (node, node.anchor)
            }
            _ => continue,
        };
        total = total.saturating_add(node.size);
        if let Some(parent) = open.last_mut() {
            parent.size = parent.size.saturating_add(node.size);
            parent.depth = parent.depth.max(node.depth + 1);
        }
        if anchor != 0 {
            anchors.insert(anchor, node);
        }
        if total > EXPANDED {
            let what = format!("its aliases stand for more than {} MB", EXPANDED >> 20);
            return Err((Some(line), what, "write less, or split the file"));
        }
        if open.len() + node.depth > DEEPEST {
            let what = format!("lists and maps are nested more than {DEEPEST} deep");
            return Err((Some(line), what, "nest less, and do not make aliases of aliases"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(text: &str, line: usize, part: &str) {
        let (found, what, _) = check(text).unwrap_err();
        assert_eq!(found, Some(line), "{what}");
        assert!(what.contains(part), "{what}");
    }

    fn list(item: &str, count: usize) -> String {
        format!("[{}]", vec![item; count].join(","))
    }

    #[test]
    fn bombs_are_refused_with_their_line() {
        let laughs: String = (1..12)
            .map(|i| format!("a{i}: &a{i} {}\n", list(&format!("*a{}", i - 1), 10)))
            .collect();
        refused(&format!("a0: &a0 [x,x,x]\n{laughs}"), 7, "stand for more than 64 MB");
        let long = format!("- &a {}\n- {}\n", "x".repeat(200_000), list("*a", 20_000));
        refused(&long, 2, "stand for more than 64 MB");
        let lists = format!("a: &a {}\nb: {}\n", list("x", 20_000), list("*a", 20_000));
        refused(&lists, 2, "stand for more than 64 MB");
        let chain: String = (1..20_000).map(|i| format!("- &a{i} [*a{}]\n", i - 1)).collect();
        refused(&format!("- &a0 x\n{chain}"), 101, "more than 100 deep");
        refused("a: &a [*a]\n", 1, "it is part of");
        refused(&format!("x: y\na: {}{}\n", "[".repeat(200_000), "]".repeat(200_000)), 2, "open");
        refused(&format!("x: &x y\n{}", "- ".repeat(200)), 2, "");
    }

    #[test]
    fn ordinary_anchors_are_accepted() {
        let many = format!("a: [&a {}, {}\n", "k".repeat(1024), &list("*a", 20_000)[1..]);
        check(&many).unwrap();
        check("text: 'R&D [[[[' # &x\n").unwrap();
        let depth = 90;
        let deep = format!("x: &x {}{}\n", "[".repeat(depth), "]".repeat(depth));
        check(&deep).unwrap();
    }

    #[test]
    fn a_huge_file_is_refused() {
        let (_, what, _) = check_size(LARGEST + 1).unwrap_err();
        assert_eq!(what, "is too large: 16777217 bytes, and the limit is 16777216");
    }
}
