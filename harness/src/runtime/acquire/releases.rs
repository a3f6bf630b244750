//! Which versions of a runtime there are to choose from, of whatever kind it is.

use std::path::Path;

use anyhow::{Context, Result, bail};
use semver::{Version, VersionReq};

use super::build;
use super::pins::Sources;
use crate::runtime::acquire::registries::of_crate;
use crate::runtime::registry::{Kind, RuntimeSpec};
use crate::support::progress::Progress;

impl RuntimeSpec {
    /// The versions that have been published and that this program can do something with, from the
    /// oldest to the newest.
    pub fn published(&self, harness: &Path, progress: &Progress) -> Result<Vec<Version>> {
        let releases = match (&self.kind, self.get()) {
            (Kind::Embedded, _) => {
                let sources = self.sources(harness)?;
                let mut releases = of_crate(sources.crate_name(), &|text| progress.say(text))?;
                releases.retain(|release| sources.support(&release.version));
                releases
            }
            (_, Some(get)) => get.published()?,
            (_, None) => bail!(
                "versions of {} cannot be had by their number: name programs, as in \
                 `--runtime-bin {0}@OLD=PATH`",
                self.base
            ),
        };
        Ok(releases.into_iter().map(|release| release.version).collect())
    }

    /// The version that an embedded runtime's runner is built with if no other is asked for.
    pub fn locked(&self, harness: &Path) -> Result<Option<Version>> {
        match self.kind {
            Kind::Embedded => Ok(Some(self.sources(harness)?.locked()?)),
            Kind::Script(_) | Kind::Command(_) => Ok(None),
        }
    }

    /// The version of an embedded runtime that is meant by what was asked for, if it can be built here.
    pub fn buildable(&self, asked: &str, harness: &Path, progress: &Progress) -> Result<Version> {
        build::choose(&self.sources(harness)?, asked, progress)
    }

    /// Fetches what this row needs, if it is one that is fetched and was not yet.
    pub fn fetch(&self, cache: &Path, progress: &Progress) -> Result<()> {
        let (Some(get), Some(version), None) = (self.get(), &self.version, &self.binary) else {
            return Ok(());
        };
        let spinner = progress.spinner(&self.name);
        let say = |text: &str| spinner.set_message(text.to_owned());
        let got = get.fetch(&self.name, Some(version), cache, &say);
        spinner.finish_and_clear();
        got.with_context(|| format!("fetch {}", self.name))?;
        Ok(())
    }

    fn sources(&self, harness: &Path) -> Result<Sources> {
        Sources::read(&self.base, &harness.join("runners").join(&self.base))
    }
}

/// The version that is meant by what was asked for: `47.0.2`, or the newest of `47`.
pub fn choose(name: &str, asked: &str, published: &[Version]) -> Result<Version> {
    let exact = Version::parse(asked).ok();
    let Ok(range) = VersionReq::parse(&format!("={asked}")) else {
        bail!("`{asked}` is no version of {name}: write it as `47.0.2`, or `47` for its newest");
    };
    let meant = |v: &&Version| exact.as_ref() == Some(*v) || range.matches(v);
    let found = published.iter().rfind(meant).cloned();
    found.with_context(|| {
        let ends = match (published.first(), published.last()) {
            (Some(first), Some(last)) => format!("they go from {first} to {last}"),
            _ => "there are none".into(),
        };
        format!("{name} {asked} is not among the versions that can be had: {ends}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_so_is_meant_and_of_it_the_newest() {
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
            ("1.2.1", "x 1.2.1 is not among"),
            ("*", "no version"),
        ] {
            let error = choose(asked).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
    }
}
