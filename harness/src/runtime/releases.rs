//! The published versions of a runtime of any kind.

use std::path::Path;

use anyhow::{Context, Result, bail};
use semver::{Version, VersionReq};

use super::acquire::crates_io;
use super::acquire::pins::Sources;
use super::acquire::{build, fetch};
use super::config::Entry;
use super::registry::RuntimeSpec;
use crate::support::cache_entry::Check;
use crate::support::progress::{Progress, show};

impl RuntimeSpec {
    /// The published versions that this program can run, oldest first.
    pub fn releases(&self, progress: &Progress) -> Result<Vec<Version>> {
        let releases = match (&self.entry, self.fetch_source()) {
            (Entry::Library(_), _) => {
                let sources = self.sources()?;
                let mut releases =
                    crates_io::releases(sources.crate_name(), &|text| progress.say(text))?;
                releases.retain(|release| sources.support(&release.version));
                releases
            }
            (_, Some(source)) => fetch::releases(source)?,
            (_, None) => bail!(
                "{0} cannot be downloaded, so its versions are unknown: name programs, as in \
                 `--runtime-bin {0}@OLD=PATH`",
                self.base
            ),
        };
        Ok(releases.into_iter().map(|release| release.version).collect())
    }

    /// The version of a library runtime that its runner is built with by default.
    pub fn locked(&self) -> Result<Option<Version>> {
        match self.is_library() {
            true => Ok(Some(self.sources()?.locked()?)),
            false => Ok(None),
        }
    }

    /// Resolves `asked` to a version of a library runtime that can be built here.
    pub fn buildable(&self, asked: &str, progress: &Progress) -> Result<Version> {
        build::choose(&self.sources()?, asked, progress)
    }

    /// Fetches this version if it must be fetched and is not in the cache.
    pub fn fetch(&self, cache: &Path, progress: &Progress) -> Result<()> {
        let (Some(source), Some(version), None) =
            (self.fetch_source(), &self.version, &self.binary)
        else {
            return Ok(());
        };
        let spinner = progress.spinner(&self.name);
        let say = |text: &str| show(&spinner, text);
        let wanted = fetch::Wanted::new(source, &self.name, Some(version))?;
        let fetched = wanted.fetch(cache, Check::Quick, &say);
        spinner.finish_and_clear();
        fetched.with_context(|| format!("fetch {}", self.name))?;
        Ok(())
    }

    fn sources(&self) -> Result<Sources> {
        match &self.entry {
            Entry::Library(entry) => Sources::read(&self.base, &entry.package),
            _ => bail!("{} is not a library runtime", self.base),
        }
    }
}

/// Resolves a requested version: `47.0.2`, or the newest of `47`.
pub fn choose(name: &str, asked: &str, published: &[Version]) -> Result<Version> {
    let exact = Version::parse(asked).ok();
    let Ok(range) = VersionReq::parse(&format!("={asked}")) else {
        bail!("`{asked}` is not a version of {name}: write `47.0.2`, or `47` for the newest 47.x");
    };
    let matches = |v: &&Version| exact.as_ref() == Some(*v) || range.matches(v);
    let found = published.iter().rfind(matches).cloned();
    found.with_context(|| {
        let ends = match (published.first(), published.last()) {
            (Some(first), Some(last)) => format!("versions go from {first} to {last}"),
            _ => "there are no versions".into(),
        };
        format!("{name} {asked} is not available: {ends}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newest_matching_release_wins() {
        let published: Vec<Version> = ["1.0.0", "1.2.0", "1.10.0", "2.0.0", "3.0.0-rc.1"]
            .map(|v| Version::parse(v).unwrap())
            .into();
        let choose = |asked: &str| choose("x", asked, &published).map(|v| v.to_string());
        for (asked, meant) in
            [("1", "1.10.0"), ("1.2", "1.2.0"), ("2.0.0", "2.0.0"), ("3.0.0-rc.1", "3.0.0-rc.1")]
        {
            assert_eq!(choose(asked).unwrap(), meant);
        }
        for (asked, part) in [
            ("3", "from 1.0.0 to 3.0.0-rc.1"),
            ("1.2.1", "x 1.2.1 is not available"),
            ("*", "not a version"),
        ] {
            let error = choose(asked).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
    }
}
