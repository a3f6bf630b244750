//! Adds causes to a file that people also edit: its text stays as it is, with its comments.

use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use super::propose::Proposed;
use crate::support::input;

/// Longer lines are wrapped.
const WIDTH: usize = 100;

/// The text of a file with these causes added; it need not exist.
pub fn appended(path: &Path, runtime: &str, causes: &[Proposed]) -> Result<String> {
    let text = match input::read_text(path) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => format!(
            "# Why {runtime} differs; docs/reference/divergences.md describes every key.\n\
             runtime: {runtime}\ncauses:\n"
        ),
        Err(e) => return Err(e).with_context(|| format!("read {}", path.display())),
    };
    let new = with_causes(&text, causes)?;
    // Lines cannot be added to a file in an unusual style, for example with lists in brackets.
    let fits = count(&new)
        .is_ok_and(|after| count(&text).is_ok_and(|before| after == before + causes.len()));
    if !fits {
        bail!(
            "{}: causes cannot be added without changing what it contains\n    \
             write `causes` with one entry a line, without brackets",
            path.display()
        );
    }
    Ok(new)
}

/// How many causes a file has.
fn count(text: &str) -> Result<usize> {
    #[derive(Deserialize)]
    struct Outline {
        causes: Option<Vec<serde_yaml::Value>>,
    }
    let outline: Outline = serde_yaml::from_str(text)?;
    Ok(outline.causes.map_or(0, |list| list.len()))
}

fn with_causes(text: &str, causes: &[Proposed]) -> Result<String> {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    if let Some(line) = lines.iter_mut().find(|line| line.trim_end() == "causes: []") {
        *line = "causes:".to_owned();
    }
    let Some(heading) = lines.iter().position(|line| line.trim_end() == "causes:") else {
        lines.push("causes:".to_owned());
        lines.extend(new_lines(causes, 2)?);
        return Ok(joined(&lines));
    };
    let next_key = |line: &String| !line.is_empty() && !line.starts_with([' ', '#', '-']);
    let end =
        lines[heading + 1..].iter().position(next_key).map_or(lines.len(), |n| heading + 1 + n);
    // Comments in front of the next key belong to that key.
    let belongs = |line: &String| !line.trim().is_empty() && !line.starts_with('#');
    let last = lines[heading..end].iter().rposition(belongs).map_or(heading, |n| heading + n);
    let first = lines[heading + 1..end].iter().find(|line| line.trim_start().starts_with("- "));
    let indent = first.map_or(2, |line| line.len() - line.trim_start().len());
    lines.splice(last + 1..last + 1, new_lines(causes, indent)?);
    Ok(joined(&lines))
}

fn new_lines(causes: &[Proposed], indent: usize) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    for cause in causes {
        let mut keys = vec![("id", scalar(&cause.id)?), ("versions", scalar(&cause.versions)?)];
        if let Some(only) = &cause.applies_to {
            keys.push(("applies_to", scalar(only)?));
        }
        keys.push(("kind", cause.kind.to_string()));
        keys.push(("why", folded(&cause.why, indent + 4)?));
        keys.push(("link", scalar(&cause.link)?));
        keys.push(("cases", list(&cause.cases, indent + 4)?));
        if !cause.predicate.is_empty() {
            let pairs: Vec<String> = cause
                .predicate
                .iter()
                .map(|(key, value)| Ok(format!("{key}: {}", quoted(value)?)))
                .collect::<Result<_>>()?;
            keys.push(("where", format!("{{ {} }}", pairs.join(", "))));
        }
        for (n, (key, value)) in keys.into_iter().enumerate() {
            let dash = if n == 0 { "- " } else { "  " };
            let text = format!("{}{dash}{key}: {value}", " ".repeat(indent));
            lines.extend(text.lines().map(str::to_owned));
        }
    }
    Ok(lines)
}

/// A text, folded if it is long.
fn folded(text: &str, indent: usize) -> Result<String> {
    if text.len() + indent + 5 <= WIDTH {
        return scalar(text);
    }
    let space = " ".repeat(indent);
    Ok(format!(">-\n{}", wrapped(text.split_whitespace(), &space, " ")))
}

/// A list in brackets, wrapped.
fn list(items: &[String], indent: usize) -> Result<String> {
    let one = items.join(", ");
    if one.len() + indent + 9 <= WIDTH {
        return Ok(format!("[{one}]"));
    }
    let space = " ".repeat(indent);
    let with_commas = items.iter().enumerate().map(|(n, item)| {
        let comma = if n + 1 < items.len() { "," } else { "]" };
        format!("{item}{comma}")
    });
    let all: Vec<String> = with_commas.collect();
    Ok(format!("[\n{}", wrapped(all.iter().map(String::as_str), &space, " ")))
}

fn wrapped<'a>(words: impl Iterator<Item = &'a str>, indent: &str, between: &str) -> String {
    let mut lines = vec![indent.to_owned()];
    for word in words {
        let line = lines.last_mut().expect("there is always a line");
        if line.trim().is_empty() {
            line.push_str(word);
        } else if line.len() + between.len() + word.len() <= WIDTH {
            line.push_str(between);
            line.push_str(word);
        } else {
            lines.push(format!("{indent}{word}"));
        }
    }
    lines.join("\n")
}

fn scalar(text: &str) -> Result<String> {
    Ok(serde_yaml::to_string(text).context("encode a proposal")?.trim_end().to_owned())
}

/// A text that may stand in braces.
fn quoted(text: &str) -> Result<String> {
    serde_json::to_string(text).context("encode a proposal")
}

fn joined(lines: &[String]) -> String {
    lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::known::DivergenceKind;

    fn proposed(id: &str, cases: &[&str]) -> Proposed {
        Proposed {
            id: id.into(),
            versions: ">=1".into(),
            applies_to: None,
            kind: DivergenceKind::Bug,
            why: "It is wrong.".into(),
            link: "https://a.b".into(),
            cases: cases.iter().map(|case| (*case).to_owned()).collect(),
            predicate: vec![],
        }
    }

    const FILE: &str = "runtime: x\n# About causes.\ncauses:\n  - id: one # first\n    \
                        cases: [a::x]\n\n# About flaky.\nflaky:\n  - id: two\n";

    #[test]
    fn a_cause_is_added_at_the_end_and_the_rest_stays() {
        let new = with_causes(FILE, &[proposed("new", &["a::y", "a::z"])]).unwrap();
        let added = "  - id: new\n    versions: '>=1'\n    kind: bug\n    why: It is wrong.\n    \
                     link: https://a.b\n    cases: [a::y, a::z]\n";
        assert_eq!(new, FILE.replace("\n\n# About flaky", &format!("\n{added}\n# About flaky")));
    }

    #[test]
    fn what_is_long_is_wrapped_and_reads_back_unchanged() {
        let many: Vec<String> = (0..40).map(|n| format!("path_open::case_{n}")).collect();
        let why = "The specification says so, and so does POSIX. ".repeat(9);
        let cause = Proposed {
            why: why.trim().into(),
            cases: many.clone(),
            predicate: vec![("part", "stdout".into()), ("observed", "(none)".into())],
            ..proposed("new", &[])
        };
        let new = with_causes("runtime: x\ncauses: []\n", &[cause]).unwrap();
        assert!(new.lines().all(|line| line.len() <= WIDTH), "{new}");
        let read: serde_yaml::Value = serde_yaml::from_str(&new).unwrap();
        assert_eq!(read["causes"][0]["why"], why.trim());
        assert_eq!(read["causes"][0]["cases"].as_sequence().unwrap().len(), many.len());
        assert_eq!(read["causes"][0]["where"]["observed"], "(none)");
    }

    #[test]
    fn a_file_with_brackets_is_refused_and_unchanged() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x.yaml");
        let text = "runtime: x\ncauses: [{ id: one }]\n";
        fs::write(&path, text).unwrap();
        let error = appended(&path, "x", &[proposed("new", &["a::y"])]).unwrap_err();
        assert!(error.to_string().contains("without brackets"), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
}
