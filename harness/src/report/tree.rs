//! A file tree as readable lines. They are made here because the page's script cannot represent times in
//! nanoseconds exactly.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

type Written = BTreeMap<String, Value>;

/// One name.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Name<'a> {
    pub path: &'a str,
    /// What is there; empty for a directory.
    pub what: String,
    /// Of a final tree: `+` is new, `~` holds something else, `-` is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<char>,
}

/// An initial tree.
pub fn before(tree: &Written) -> Vec<Name<'_>> {
    tree.iter().map(|(path, entry)| name(path, entry, None)).collect()
}

/// A final tree, and how it differs from the initial one.
pub fn after<'a>(initial: &'a Written, tree: &'a Written) -> Vec<Name<'a>> {
    let mut names: BTreeMap<&str, Name> = BTreeMap::new();
    for (path, entry) in initial.iter().filter(|(path, _)| !tree.contains_key(*path)) {
        names.insert(path, name(path, entry, Some('-')));
    }
    for (path, entry) in tree {
        let change = match initial.get(path) {
            None => Some('+'),
            Some(old) if content(old) != content(entry) => Some('~'),
            Some(_) => None,
        };
        names.insert(path, name(path, entry, change));
    }
    names.into_values().collect()
}

fn name<'a>(path: &'a str, entry: &Value, change: Option<char>) -> Name<'a> {
    let mut what = content(entry);
    for key in ["mode", "mtime", "atime"] {
        if let Some(number) = entry.get(key) {
            let shown = match (key, number.as_u64()) {
                ("mode", Some(mode)) => format!("0o{mode:o}"),
                _ => number.to_string(),
            };
            let comma = if what.is_empty() { "" } else { ", " };
            what.push_str(&format!("{comma}{key} {shown}"));
        }
    }
    Name { path, what, change }
}

fn content(entry: &Value) -> String {
    if entry.is_string() {
        return entry.to_string();
    }
    let key = |name: &str| entry.get(name);
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    if let Some(content) = key("content") {
        content.to_string()
    } else if let Some(size) = key("size") {
        format!("{size} bytes")
    } else if let Some(hex) = key("hex") {
        format!("bytes {}", text(hex))
    } else if let Some(target) = key("symlink") {
        format!("symlink to {}", text(target))
    } else if let Some(target) = key("hard_link") {
        format!("hard link to {}", text(target))
    } else {
        String::new()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn written(value: Value) -> Written {
        serde_json::from_value(value).unwrap()
    }

    fn lines(names: Vec<Name>) -> Vec<String> {
        let line = |n: Name| format!("{} {}: {}", n.change.unwrap_or(' '), n.path, n.what);
        names.into_iter().map(line).collect()
    }

    #[test]
    fn entries_are_readable_and_numbers_exact() {
        let tree = written(json!({
            "d/": {}, "a": "x\n", "b": { "content": "y", "mtime": 1_234_567_890_123_456_789_u64 },
            "c": { "size": 9 }, "e": { "hex": "ff", "mode": 420 }, "s": { "symlink": "a" },
            "h": { "hard_link": "a" }, "p/": { "mode": 448 },
        }));
        assert_eq!(
            lines(before(&tree)),
            [
                r#"  a: "x\n""#,
                r#"  b: "y", mtime 1234567890123456789"#,
                "  c: 9 bytes",
                "  d/: ",
                "  e: bytes ff, mode 0o644",
                "  h: hard link to a",
                "  p/: mode 0o700",
                "  s: symlink to a",
            ]
        );
    }

    #[test]
    fn a_final_tree_shows_the_changes() {
        let initial = written(json!({ "a": "x", "b": "y", "c": { "content": "z", "mtime": 1 } }));
        let tree = written(json!({ "a": "new", "c": "z", "d": "w" }));
        assert_eq!(
            lines(after(&initial, &tree)),
            [r#"~ a: "new""#, r#"- b: "y""#, r#"  c: "z""#, r#"+ d: "w""#]
        );
    }
}
