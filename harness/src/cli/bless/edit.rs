//! Adds divergences to a file that people also edit: its text stays as it is, with its comments.

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::known::DivergenceKind;
use crate::support::paths::write_whole;

/// A divergence to add.
#[derive(Clone, Serialize)]
pub struct Proposed {
    pub case: String,
    #[serde(skip)]
    pub why: Why,
    pub observed: Observed,
}

/// What all cases of a group have in common.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Why {
    pub versions: String,
    pub applies_to: Option<String>,
    pub kind: DivergenceKind,
    pub reason: String,
    pub link: String,
}

#[derive(Clone, Serialize)]
pub struct Observed {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stdout: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stderr: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fs_after: Option<BTreeMap<String, Value>>,
}

/// A longer reason is wrapped at about this width.
const WIDTH: usize = 94;

/// Adds divergences to a file, which is created if it does not exist.
pub fn add(path: &Path, runtime: &str, entries: &[Proposed], group: bool) -> Result<()> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => format!(
            "# yaml-language-server: $schema=schema.json\n\
             # How {runtime} differs; docs/reference/divergences.md describes every key.\n\
             runtime: {runtime}\n"
        ),
        Err(e) => return Err(e).with_context(|| format!("read {}", path.display())),
    };
    let new = if group { with_groups(&text, entries)? } else { with_divergences(&text, entries)? };
    // Lines cannot be added to a file in an unusual style, for example with lists in brackets.
    let fits = count(&new)
        .is_ok_and(|after| count(&text).is_ok_and(|before| after == before + entries.len()));
    if !fits {
        bail!(
            "{}: divergences cannot be added without changing what it contains\n    \
             write its lists and maps with one entry a line, without brackets",
            path.display()
        );
    }
    write_whole(path, new.as_bytes())
}

/// How many divergences a file has.
fn count(text: &str) -> Result<usize> {
    #[derive(Deserialize)]
    struct Outline {
        divergences: Option<Vec<serde_yaml::Value>>,
        groups: Option<Vec<Group>>,
    }
    #[derive(Deserialize)]
    struct Group {
        cases: serde_yaml::Mapping,
    }
    let outline: Outline = serde_yaml::from_str(text)?;
    let groups = outline.groups.unwrap_or_default();
    let of_groups: usize = groups.iter().map(|group| group.cases.len()).sum();
    Ok(outline.divergences.map_or(0, |list| list.len()) + of_groups)
}

fn with_divergences(text: &str, entries: &[Proposed]) -> Result<String> {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let mut new = Vec::new();
    for entry in entries {
        new.push(format!("- case: {}", scalar(&entry.case)?));
        new.extend(indented(why_lines(&entry.why)?, 2));
        new.push("  observed:".into());
        new.extend(indented(yaml_lines(&entry.observed)?, 4));
    }
    append_to_list(&mut lines, "divergences", new);
    Ok(joined(&lines))
}

/// Adds cases to the group with the same reason, or to a new one.
fn with_groups(text: &str, entries: &[Proposed]) -> Result<String> {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let mut whys: Vec<&Why> = Vec::new();
    for entry in entries {
        if !whys.contains(&&entry.why) {
            whys.push(&entry.why);
        }
    }
    for why in whys {
        let mut cases = Vec::new();
        for entry in entries.iter().filter(|entry| entry.why == *why) {
            cases.push(format!("{}:", scalar(&entry.case)?));
            cases.extend(indented(yaml_lines(&entry.observed)?, 2));
        }
        if let Some((at, indent)) = end_of_cases(&lines, why) {
            lines.splice(at..at, indented(cases, indent));
        } else {
            let mut new = why_lines(why)?;
            new.push("cases:".into());
            new.extend(indented(cases, 2));
            let mut new: Vec<String> = indented(new, 2).collect();
            new[0].replace_range(..2, "- ");
            append_to_list(&mut lines, "groups", new);
        }
    }
    Ok(joined(&lines))
}

/// The line after the last case of the group with this reason, and the indentation of its cases.
fn end_of_cases(lines: &[String], why: &Why) -> Option<(usize, usize)> {
    let block = block_of(lines, "groups")?;
    let dash = indent_of(lines.get(block.start)?);
    let is_item =
        |i: &usize| indent_of(&lines[*i]) == dash && lines[*i].trim_start().starts_with("- ");
    let starts: Vec<usize> = block.clone().filter(is_item).collect();
    for (n, &start) in starts.iter().enumerate() {
        let end = starts.get(n + 1).copied().unwrap_or(block.end);
        let item = joined(&lines[start..end]);
        let Ok(found) = serde_yaml::from_str::<Vec<Why>>(&item) else { continue };
        let same = found.iter().any(|w| {
            let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
            (&w.versions, &w.applies_to, w.kind, &w.link)
                == (&why.versions, &why.applies_to, why.kind, &why.link)
                && one_line(&w.reason) == one_line(&why.reason)
        });
        if !same {
            continue;
        }
        let keys = dash + 2;
        let is_cases = |i: &usize| {
            let key = lines[*i].trim_start().trim_start_matches("- ");
            lines[*i].find("cases:") == Some(keys) && key.trim_end() == "cases:"
        };
        let first = (start..end).find(is_cases)? + 1;
        let last = extent(lines, first..end, keys);
        return Some((last, indent_of(lines.get(first)?)));
    }
    None
}

/// Adds items to the list of a key of the outermost map. The list is created if it does not exist.
fn append_to_list(lines: &mut Vec<String>, key: &str, new: Vec<String>) {
    let empty = format!("{key}: []");
    if let Some(line) = lines.iter_mut().find(|line| line.trim_end() == empty) {
        *line = format!("{key}:");
    }
    let (at, indent) = match block_of(lines, key) {
        Some(block) if block.is_empty() => (block.end, 2),
        Some(block) => (block.end, indent_of(&lines[block.start])),
        None => {
            lines.push(format!("{key}:"));
            (lines.len(), 2)
        }
    };
    lines.splice(at..at, indented(new, indent));
}

/// The lines below a key of the outermost map that belong to it, from its first item on.
fn block_of(lines: &[String], key: &str) -> Option<Range<usize>> {
    let heading = format!("{key}:");
    let after = lines.iter().position(|line| line.trim_end() == heading)? + 1;
    let is_item = |line: &String| line.trim_start().starts_with("- ");
    let next_key = |line: &String| !line.is_empty() && !line.starts_with([' ', '#', '-']);
    let end = lines[after..].iter().position(next_key).map_or(lines.len(), |n| after + n);
    let Some(first) = lines[after..end].iter().position(is_item) else { return Some(after..after) };
    let first = after + first;
    // Comments in front of the next key belong to that key.
    let belongs = |line: &String| !line.trim().is_empty() && !line.starts_with('#');
    let last = lines[first..end].iter().rposition(belongs).map_or(first, |n| first + n + 1);
    Some(first..last)
}

/// Where the lines end that are indented further than `indent`.
fn extent(lines: &[String], within: Range<usize>, indent: usize) -> usize {
    let further_in = |i: &usize| {
        let line = &lines[*i];
        line.trim().is_empty() || indent_of(line) > indent
    };
    let end = within.clone().find(|i| !further_in(i)).unwrap_or(within.end);
    let filled = |i: &usize| !lines[*i].trim().is_empty();
    (within.start..end).rev().find(filled).map_or(within.start, |i| i + 1)
}

fn indent_of(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

fn indented(lines: Vec<String>, by: usize) -> impl Iterator<Item = String> {
    let space = " ".repeat(by);
    lines.into_iter().map(move |line| if line.is_empty() { line } else { format!("{space}{line}") })
}

fn joined(lines: &[String]) -> String {
    lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect()
}

fn why_lines(why: &Why) -> Result<Vec<String>> {
    let mut lines = vec![format!("versions: {}", scalar(&why.versions)?)];
    if let Some(only) = &why.applies_to {
        lines.push(format!("applies_to: {}", scalar(only)?));
    }
    lines.push(format!("kind: {}", why.kind));
    if why.reason.len() + "reason: ".len() <= WIDTH {
        lines.push(format!("reason: {}", scalar(&why.reason)?));
    } else {
        lines.push("reason: >-".into());
        lines.extend(indented(folded(&why.reason), 2));
    }
    lines.push(format!("link: {}", scalar(&why.link)?));
    Ok(lines)
}

/// The lines of a folded text, in which a line break means a space.
fn folded(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().expect("there is always a line");
        if line.is_empty() {
            line.push_str(word);
        } else if line.len() + 1 + word.len() <= WIDTH {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

fn scalar(text: &str) -> Result<String> {
    Ok(serde_yaml::to_string(text).context("encode a proposal")?.trim_end().to_owned())
}

fn yaml_lines(value: &impl Serialize) -> Result<Vec<String>> {
    let yaml = serde_yaml::to_string(value).context("encode a proposal")?;
    Ok(yaml.lines().map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proposed(case: &str, reason: &str) -> Proposed {
        Proposed {
            case: case.into(),
            why: Why {
                versions: ">=1".into(),
                applies_to: None,
                kind: DivergenceKind::Bug,
                reason: reason.into(),
                link: "https://a.b".into(),
            },
            observed: Observed {
                exit: None,
                stdout: Some("x -> io\n".into()),
                stderr: None,
                fs_after: None,
            },
        }
    }

    const FILE: &str = "runtime: x\n# About divergences.\ndivergences:\n  - case: a::x\n    \
                        observed: { exit: 1 }\n\n# About groups.\ngroups:\n  # One.\n  \
                        - versions: '>=1'\n    kind: bug\n    reason: >-\n      Because\n      \
                        it is.\n    link: https://a.b\n    cases:\n      a::y:\n        exit: 1\n";

    #[test]
    fn a_divergence_is_added_at_the_end() {
        let new = with_divergences(FILE, &[proposed("a::z", "Why.")]).unwrap();
        let added = "  - case: a::z\n    versions: '>=1'\n    kind: bug\n    reason: Why.\n    \
                     link: https://a.b\n    observed:\n      stdout: |\n        x -> io\n";
        assert_eq!(new, FILE.replace("\n\n# About groups", &format!("\n{added}\n# About groups")));
    }

    #[test]
    fn a_case_is_added_to_the_group_with_the_same_reason() {
        let new = with_groups(FILE, &[proposed("a::z", "Because it is.")]).unwrap();
        assert_eq!(new, format!("{FILE}      a::z:\n        stdout: |\n          x -> io\n"));
        assert_eq!(count(&new).unwrap(), 3);
    }

    #[test]
    fn cases_with_another_reason_form_one_new_group() {
        let more = [proposed("a::z", "No."), proposed("a::w", "No.")];
        let new = with_groups(FILE, &more).unwrap();
        let added = "  - versions: '>=1'\n    kind: bug\n    reason: No.\n    link: https://a.b\n    \
                     cases:\n      a::z:\n        stdout: |\n          x -> io\n      \
                     a::w:\n        stdout: |\n          x -> io\n";
        assert_eq!(new, format!("{FILE}{added}"));
    }

    #[test]
    fn a_missing_list_is_created() {
        let new = with_groups("runtime: x\ndivergences: []\n", &[proposed("a::z", "No.")]).unwrap();
        assert!(new.starts_with("runtime: x\ndivergences: []\ngroups:\n  - versions: "), "{new}");
        let new =
            with_divergences("runtime: x\ndivergences: []\n", &[proposed("a::z", "No.")]).unwrap();
        assert!(new.starts_with("runtime: x\ndivergences:\n  - case: a::z\n"), "{new}");
    }

    #[test]
    fn a_long_reason_is_wrapped_and_reads_back_unchanged() {
        let reason = "The specification says so, and so does POSIX. ".repeat(9);
        let new = with_groups("runtime: x\n", &[proposed("a::z", reason.trim())]).unwrap();
        assert!(new.lines().all(|line| line.len() <= 100), "{new}");
        let read: serde_yaml::Value = serde_yaml::from_str(&new).unwrap();
        assert_eq!(read["groups"][0]["reason"], reason.trim());
    }

    #[test]
    fn a_file_with_brackets_is_refused_and_unchanged() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x.yaml");
        let text = "runtime: x\ngroups: [{ cases: { a::y: { exit: 1 } } }]\n";
        fs::write(&path, text).unwrap();
        let error = add(&path, "x", &[proposed("a::z", "No.")], true).unwrap_err();
        assert!(error.to_string().contains("without brackets"), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
}
