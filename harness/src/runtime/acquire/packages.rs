//! Packages of npm and PyPI: their names on this machine, the version to install, and what is known
//! of their contents.

use std::fs;

use anyhow::{Context, Result, bail};

use crate::runtime::config::{Packages, Pin};

/// The version that means the newest one, whatever is pinned.
pub const LATEST: &str = "latest";

/// A package whose contents are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    pub name: String,
    pub version: String,
    /// npm: `sha512-…`; PyPI: `sha256:…`. Several, with spaces between them, for several files.
    pub hash: String,
}

impl Packages {
    /// The pin of a requested version, or of a plain name.
    pub fn pin(&self, version: Option<&str>) -> Option<&Pin> {
        let Some(asked) = version else { return self.pins.first() };
        let exact = self.pins.iter().find(|pin| pin.version == asked);
        // `26` is the pinned 26.12.1, but `26.1` is not.
        let begins =
            |pin: &&Pin| pin.version.strip_prefix(asked).is_some_and(|rest| rest.starts_with('.'));
        exact.or_else(|| self.pins.iter().find(begins))
    }

    /// The names of the packages, without versions.
    pub fn names(&self) -> Vec<String> {
        let name = |package: &String| package_name(&for_machine(package)).to_owned();
        self.packages.iter().map(name).collect()
    }

    /// The packages in the notation of npm or pip, the first at the requested version.
    pub fn at(&self, version: Option<&str>, separator: &str) -> Vec<String> {
        let mut all: Vec<String> = self.packages.iter().map(|name| for_machine(name)).collect();
        if let (Some(version), Some(first)) = (version.filter(|v| *v != LATEST), all.first_mut()) {
            first.push_str(separator);
            first.push_str(version);
        }
        all
    }

    /// The packages of a pin that are for this machine.
    pub fn known(&self, pin: &Pin) -> Result<Vec<Known>> {
        let names = self.names();
        let mut known = Vec::new();
        for (key, hash) in &pin.hashes {
            let name = package_name(key);
            let version = key[name.len()..].strip_prefix('@');
            if version.is_some() || names.iter().any(|other| other == name) {
                let version = version.unwrap_or(&pin.version).to_owned();
                let hash = hash.split_whitespace().collect::<Vec<_>>().join(" ");
                known.push(Known { name: name.to_owned(), version, hash });
            }
        }
        if let Some(name) = names.iter().find(|name| !known.iter().any(|k| k.name == **name)) {
            bail!(
                "{name} is not pinned at {}: add its hash to the registry entry, or ask for \
                 @{LATEST}",
                pin.version
            );
        }
        Ok(known)
    }

    /// Whether a pin says something else about a package.
    pub fn contradiction(&self, found: &Known) -> Option<String> {
        let pinned = self.pins.iter().filter_map(|pin| self.known(pin).ok()).flatten();
        let mut same = pinned.filter(|k| (&k.name, &k.version) == (&found.name, &found.version));
        let differs = same.find(|k| !k.hash.split(' ').any(|hash| hash == found.hash));
        differs.map(|known| known.hash)
    }
}

impl Pin {
    /// The lock file's text, if there is one.
    pub fn lock_text(&self) -> Result<Option<String>> {
        let Some(path) = &self.lock else { return Ok(None) };
        let text = fs::read_to_string(path).with_context(|| format!("read {}", path.display()))?;
        Ok(Some(text))
    }
}

/// A name with the machine's architecture filled in.
pub fn for_machine(name: &str) -> String {
    let arch = match std::env::consts::ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        other => other,
    };
    name.replace("{arch}", arch)
}

/// A package's name without a version: `NAME@VERSION` for npm, `NAME==VERSION` for pip.
pub fn package_name(package: &str) -> &str {
    let end = package.char_indices().skip(1).find(|(_, c)| matches!(c, '@' | '='));
    &package[..end.map_or(package.len(), |(at, _)| at)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packages(text: &str) -> Packages {
        serde_yaml::from_str(text).unwrap()
    }

    #[test]
    fn a_requested_version_applies_to_the_first_package() {
        let npm = packages("{ packages: [a, b@2] }");
        assert_eq!(npm.at(Some("24"), "@"), ["a@24", "b@2"]);
        assert_eq!(npm.at(Some("latest"), "@"), ["a", "b@2"]);
        assert_eq!(npm.at(None, "@"), ["a", "b@2"]);
        assert_eq!(npm.names(), ["a", "b"]);
    }

    #[test]
    fn a_partial_version_selects_the_pin_that_begins_with_it() {
        let npm = packages(
            "{ packages: [a], pins: [{ version: 26.12.1, hashes: { a: x } },
               { version: 26.10.0, hashes: { a: x } }, { version: 24.1.0, hashes: { a: x } }] }",
        );
        let pin = |version| npm.pin(version).map(|pin| pin.version.as_str());
        assert_eq!(pin(None), Some("26.12.1"));
        assert_eq!(pin(Some("26")), Some("26.12.1"));
        assert_eq!(pin(Some("26.10.0")), Some("26.10.0"));
        assert_eq!(pin(Some("24")), Some("24.1.0"));
        for version in ["26.1", "2", "27", "latest"] {
            assert_eq!(pin(Some(version)), None, "{version}");
        }
    }

    #[test]
    fn only_the_hashes_for_this_machine_count() {
        let arch = for_machine("{arch}");
        let npm = packages(&format!(
            "{{ packages: ['@x/a-{{arch}}'], pins: [{{ version: '1.0', hashes: {{
                 '@x/a-{arch}': h, '@x/a-other': i, 'b@2.0': ' j  k ' }} }}] }}"
        ));
        let known = |name: &str, version: &str, hash: &str| Known {
            name: name.into(),
            version: version.into(),
            hash: hash.into(),
        };
        let a = format!("@x/a-{arch}");
        let all = [known(&a, "1.0", "h"), known("b", "2.0", "j k")];
        let mut found = npm.known(&npm.pins[0]).unwrap();
        found.sort_by(|a, b| a.name.cmp(&b.name));
        assert_eq!(found, all);
        assert_eq!(npm.contradiction(&known("b", "2.0", "k")), None);
        assert_eq!(npm.contradiction(&known("b", "2.1", "l")), None);
        assert_eq!(npm.contradiction(&known("b", "2.0", "l")), Some("j k".into()));

        let other = packages("{ packages: [a], pins: [{ version: '1.0', hashes: { b: h } }] }");
        let error = other.known(&other.pins[0]).unwrap_err().to_string();
        assert!(error.starts_with("a is not pinned at 1.0"), "{error}");
    }
}
