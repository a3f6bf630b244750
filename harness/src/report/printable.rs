//! A run or a comparison in which every text can be printed: see [`crate::support::escape`]. Formats for
//! people begin with it, so that a new key of the run file is harmless as well.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::support::escape;

/// The keys whose texts have lines. Every other text becomes one line.
const WITH_LINES: [&str; 14] = [
    "difference",
    "expected",
    "how",
    "message",
    "note",
    "observed",
    "reason",
    "smoke_test_failure",
    "stderr",
    "stdout",
    "text",
    "title",
    "unavailable",
    "untested",
];

/// The keys of contents of files, which are shown quoted or line by line, by code that escapes them. A
/// file with an escape character would otherwise look like one with a backslash.
const CONTENTS: [&str; 5] = ["fs", "fs_after", "sources", "stdin", "tree_changes"];

/// The same value with visible texts.
pub fn printable<T: Serialize + DeserializeOwned>(value: &T) -> T {
    let mut json = serde_json::to_value(value).expect("what is in a file is JSON");
    escape_in(&mut json, false);
    serde_json::from_value(json).expect("a value reads back with other texts")
}

fn escape_in(value: &mut Value, has_lines: bool) {
    match value {
        Value::String(text) => {
            let escape = if has_lines { escape::visible } else { escape::line };
            *text = escape(text);
        }
        Value::Array(list) => list.iter_mut().for_each(|value| escape_in(value, has_lines)),
        Value::Object(map) => {
            let entries = std::mem::take(map).into_iter();
            map.extend(entries.map(|(key, mut value)| {
                if !CONTENTS.contains(&key.as_str()) {
                    escape_in(&mut value, WITH_LINES.contains(&key.as_str()));
                }
                (escape::line(&key), value)
            }));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::run_file::sample::run;

    #[test]
    fn texts_can_be_seen_and_most_have_one_line() {
        let mut run = run();
        run.tool = "a\u{1b}\nb".into();
        run.verdicts[0].note = Some("a\u{1b}\nb".into());
        let fs = [("a\nb".to_owned(), "\u{1b}".into())];
        run.cases[0].fs = Some(fs.clone().into());
        let shown = printable(&run);
        assert_eq!(shown.tool, "a\\u{1b}\\nb");
        assert_eq!(shown.verdicts[0].note.as_deref(), Some("a\\u{1b}\nb"));
        assert_eq!(shown.cases[0].fs, Some(fs.into()));
        assert_eq!(shown.seconds, run.seconds);
    }
}
