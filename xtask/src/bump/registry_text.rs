//! Changes pins in the text of the registry, and leaves everything that people wrote as it is.

use std::ops::Range;

use anyhow::{Context, Result, bail};
use semver::Version;

/// The registry's text, with its path for messages.
pub struct RegistryText {
    path: String,
    lines: Vec<String>,
}

impl RegistryText {
    pub fn new(path: &str, text: &str) -> Self {
        RegistryText { path: path.to_owned(), lines: text.lines().map(str::to_owned).collect() }
    }

    pub fn text(&self) -> String {
        self.lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect()
    }

    /// The lines of an entry; of one that shares another's `fetch`, those of the other.
    fn entry(&self, name: &str) -> Result<Range<usize>> {
        let heads = |line: &String| line.starts_with("  - ");
        let is_it = |line: &String| {
            let rest = line.trim_start_matches("  - ").trim_start_matches("{ ");
            let named = rest.strip_prefix("name: ");
            heads(line) && named.is_some_and(|n| n.split(',').next() == Some(name))
        };
        let todo = "is its entry written with `- name: NAME` first?";
        let start = self.lines.iter().position(is_it);
        let start = start.with_context(|| format!("{}: no entry of {name}: {todo}", self.path))?;
        let rest = self.lines[start + 1..].iter().position(heads);
        let range = start..rest.map_or(self.lines.len(), |n| start + 1 + n);
        let alias = self.lines[range.clone()]
            .iter()
            .find_map(|line| line.trim().strip_prefix("fetch: *").map(str::to_owned));
        match alias {
            Some(alias) => self.entry(&alias),
            None => Ok(range),
        }
    }

    /// Adds a pin in front of the first older one. `body` is what follows `version`, in lines that
    /// are indented from 0 on.
    pub fn add_pin(&mut self, name: &str, version: &Version, body: &[String]) -> Result<()> {
        let entry = self.entry(name)?;
        let pinned = |line: &String| {
            let text = line.trim_start().strip_prefix("- version: ")?;
            Some((line.len() - line.trim_start().len(), Version::parse(text).ok()?))
        };
        let mut pins = entry.clone().filter_map(|n| Some((n, pinned(&self.lines[n])?)));
        let first = pins.clone().next();
        let Some((_, (indent, _))) = first else {
            bail!(
                "{}:{}: {name} has no pin to follow\n    write its first one by hand: `- version: …` \
                 on a line of its own below `pins:`",
                self.path,
                entry.start + 1
            );
        };
        let older = pins.find(|(_, (_, pin))| pin < version).map(|(n, _)| n);
        let end = || {
            let deep = |line: &String| {
                line.trim().is_empty() || !line.starts_with(&" ".repeat(indent + 1))
            };
            let (last, _) =
                entry.clone().filter_map(|n| Some((n, pinned(&self.lines[n])?))).next_back()?;
            let more = self.lines[last + 1..entry.end].iter().position(deep);
            Some(more.map_or(entry.end, |n| last + 1 + n))
        };
        let at = older.or_else(end).unwrap_or(entry.end);
        let mut new = vec![format!("{}- version: {version}", " ".repeat(indent))];
        new.extend(body.iter().map(|line| format!("{}{line}", " ".repeat(indent + 2))));
        self.lines.splice(at..at, new);
        Ok(())
    }

    /// Replaces the value of a key of an entry: `version` of a crate, `suite` of Debian.
    pub fn replace(&mut self, name: &str, key: &str, old: &str, new: &str) -> Result<()> {
        let entry = self.entry(name)?;
        let (before, after) = (format!("{key}: {old}"), format!("{key}: {new}"));
        let ends = |rest: &str| !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '.');
        for line in &mut self.lines[entry.clone()] {
            if let Some((_, rest)) = line.split_once(&before)
                && ends(rest)
            {
                *line = line.replacen(&before, &after, 1);
                return Ok(());
            }
        }
        bail!("{}:{}: the entry of {name} has no `{before}`", self.path, entry.start + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
# About runtimes.
runtimes:
  - { name: lib, kind: library }
  - name: engine # ours
    fetch: &engine
      npm:
        packages: [engine]
        pins:
          - version: 3.10.0
            hashes:
              engine: sha512-c
          - version: 2.0.0
            hashes:
              engine: sha512-a
    install: install it
  - name: engine-node
    fetch: *engine
  - name: engine-cli
    fetch: { cargo: { crate: engine_cli, version: 1.2.3, binary: engine } }
";

    fn text() -> RegistryText {
        RegistryText::new("registry.yaml", &TEXT.replace(" # ours", ""))
    }

    fn with_pin(name: &str, version: &str) -> Vec<String> {
        let mut registry = text();
        let version = Version::parse(version).unwrap();
        let body = ["hashes:".to_owned(), "  engine: sha512-b".to_owned()];
        registry.add_pin(name, &version, &body).unwrap();
        let lines = registry.text();
        let pins = lines.lines().filter_map(|line| line.trim().strip_prefix("- version: "));
        assert!(lines.contains(&format!(
            "          - version: {version}\n            hashes:\n              engine: sha512-b\n"
        )));
        assert!(
            lines.contains("engine: sha512-a\n    install")
                || lines.contains("sha512-b\n    install")
        );
        pins.map(str::to_owned).collect()
    }

    #[test]
    fn pins_stay_from_the_newest_to_the_oldest() {
        assert_eq!(with_pin("engine", "3.11.0"), ["3.11.0", "3.10.0", "2.0.0"]);
        assert_eq!(with_pin("engine", "3.9.0"), ["3.10.0", "3.9.0", "2.0.0"]);
        assert_eq!(with_pin("engine", "1.0.0"), ["3.10.0", "2.0.0", "1.0.0"]);
    }

    #[test]
    fn an_entry_that_shares_its_pins_changes_them_where_they_are() {
        assert_eq!(with_pin("engine-node", "4.0.0"), ["4.0.0", "3.10.0", "2.0.0"]);
    }

    #[test]
    fn a_version_is_replaced_in_its_own_entry_only() {
        let mut registry = text();
        registry.replace("engine-cli", "version", "1.2.3", "1.3.0").unwrap();
        assert_eq!(registry.text(), text().text().replace("1.2.3", "1.3.0"));
        let error = text().replace("engine-cli", "version", "1.2", "2").unwrap_err().to_string();
        assert_eq!(error, "registry.yaml:18: the entry of engine-cli has no `version: 1.2`");
    }

    #[test]
    fn an_entry_without_pins_is_an_error_with_its_line() {
        let version = Version::new(1, 0, 0);
        let error = text().add_pin("lib", &version, &[]).unwrap_err().to_string();
        assert!(error.starts_with("registry.yaml:3: lib has no pin to follow"), "{error}");
        let error = text().add_pin("other", &version, &[]).unwrap_err().to_string();
        assert!(error.starts_with("registry.yaml: no entry of other"), "{error}");
    }
}
