//! The directory of snapshots: which one counts for a version of a runtime.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use rayon::prelude::*;

use super::case_list::{CaseList, LISTS};
use super::snapshot::{Snapshot, SnapshotFile};
use super::{compact, plain_version};
use crate::support::input;

/// Snapshots, each family's from the oldest version to the newest, and the lists of cases they name.
#[derive(Clone, Debug, Default)]
pub struct Snapshots {
    pub files: Vec<SnapshotFile>,
    pub lists: BTreeMap<String, CaseList>,
}

impl Snapshots {
    /// All of a directory; none if it does not exist.
    pub fn read(directory: &Path) -> Result<Snapshots> {
        let mut found = Snapshots::default();
        let paths = with_extension(directory, "json")?;
        found.files = paths.par_iter().map(|path| read_snapshot(path)).collect::<Result<_>>()?;
        compact::complete(&mut found.files)?;
        let paths = Snapshots::lists_in(directory)?;
        let lists = paths.par_iter().map(|path| CaseList::read(path));
        let with_digest = lists.map(|list| list.map(|list| (list.digest(), list)));
        found.lists = with_digest.collect::<Result<_>>()?;
        found.sort();
        Ok(found)
    }

    /// The files of the lists of cases beside the snapshots.
    pub fn lists_in(directory: &Path) -> Result<Vec<PathBuf>> {
        with_extension(&directory.join(LISTS), "txt")
    }

    /// One file, with what lies beside it: the snapshots it is based on, and its list of cases.
    pub fn read_file(path: &Path) -> Result<Snapshots> {
        let mut found = Snapshots::default();
        let mut next = Some(path.to_owned());
        while let Some(path) = next.filter(|path| found.files.iter().all(|f| f.path != *path)) {
            found.files.push(read_snapshot(&path)?);
            let base = found.files.last().and_then(|file| file.snapshot.based_on.as_ref());
            next = base.map(|base| path.with_file_name(&base.file)).filter(|path| path.exists());
        }
        compact::complete(&mut found.files)?;
        found.files.truncate(1);
        let digest = &found.files[0].snapshot.cases;
        let beside = CaseList::path(path.parent().unwrap_or(Path::new("")), digest);
        if beside.exists() {
            found.lists.insert(digest.clone(), CaseList::read(&beside)?);
        }
        Ok(found)
    }

    /// Puts a snapshot into the place of the one of the same version, and drops lists that no snapshot
    /// names any more.
    pub fn put(&mut self, path: &Path, snapshot: Snapshot, list: CaseList) {
        self.files.retain(|file| file.snapshot.file_name() != snapshot.file_name());
        self.lists.insert(snapshot.cases.clone(), list);
        self.files.push(SnapshotFile { path: path.to_owned(), snapshot });
        self.sort();
        let is_named = |digest: &String| self.files.iter().any(|f| f.snapshot.cases == *digest);
        self.lists.retain(|digest, _| is_named(digest));
    }

    /// A snapshot of one case.
    #[cfg(test)]
    pub fn add_for_test(
        &mut self,
        runtime: &str,
        version: &str,
        case: &str,
        difference: Option<super::Difference>,
    ) {
        let snapshot = Snapshot {
            snapshot_format: super::SNAPSHOT_FORMAT,
            tool: "wasi-conformance 0.1.0".into(),
            runtime: runtime.into(),
            version: version.into(),
            details: String::new(),
            os: "linux".into(),
            arch: "x86_64".into(),
            cases: CaseList::default().digest(),
            based_on: None,
            differs: difference.map(|it| (case.to_owned(), it)).into_iter().collect(),
            flaky: BTreeMap::new(),
            skipped: BTreeMap::new(),
            unjudged: vec![],
        };
        self.files.push(SnapshotFile { path: snapshot.file_name().into(), snapshot });
    }

    fn sort(&mut self) {
        self.files.sort_by(|a, b| {
            let key = |file: &SnapshotFile| {
                (file.snapshot.runtime.clone(), file.snapshot.plain_version())
            };
            key(a).cmp(&key(b)).then_with(|| a.path.cmp(&b.path))
        });
    }

    /// Adds others; those of the same version replace the ones that are there.
    pub fn extend(&mut self, others: Snapshots) {
        for file in others.files {
            let name = (&file.snapshot.runtime, &file.snapshot.version);
            self.files.retain(|old| (&old.snapshot.runtime, &old.snapshot.version) != name);
            self.files.push(file);
        }
        self.lists.extend(others.lists);
        self.sort();
    }

    pub fn of_family<'a>(&'a self, family: &'a str) -> impl Iterator<Item = &'a SnapshotFile> {
        self.files.iter().filter(move |file| file.snapshot.runtime == family)
    }

    /// The snapshot of this version, or else of the nearest older one, or else of the nearest newer one.
    pub fn nearest(&self, family: &str, version: &str) -> Option<&SnapshotFile> {
        let is_of = |file: &&SnapshotFile| file.snapshot.runtime == family;
        let all: Vec<&SnapshotFile> = self.files.iter().filter(is_of).collect();
        let plain = plain_version(version);
        let exact = all.iter().find(|file| file.snapshot.version == version);
        let older = || all.iter().rfind(|file| file.snapshot.plain_version() <= plain);
        exact.or_else(older).or(all.first()).copied()
    }

    /// What a snapshot that names no list of cases here lacks, or a list that no snapshot names.
    pub fn check(&self, directory: &Path) -> Result<()> {
        for file in &self.files {
            if !self.lists.contains_key(&file.snapshot.cases) {
                bail!(
                    "{}: its list of cases, {LISTS}/{}.txt, is not there\n    \
                     write the snapshot again with `wasi-conformance bless`",
                    file.path.display(),
                    file.snapshot.cases
                );
            }
        }
        let is_named = |digest: &String| self.files.iter().any(|f| f.snapshot.cases == *digest);
        if let Some(digest) = self.lists.keys().find(|digest| !is_named(digest)) {
            let path = CaseList::path(directory, digest);
            bail!("{}: no snapshot names it\n    remove it", path.display());
        }
        Ok(())
    }
}

fn read_snapshot(path: &Path) -> Result<SnapshotFile> {
    let text =
        input::read_text(path).with_context(|| format!("{}: cannot be read", path.display()))?;
    Ok(SnapshotFile { path: path.to_owned(), snapshot: Snapshot::parse(path, &text)? })
}

fn with_extension(directory: &Path, wanted: &str) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    if !directory.is_dir() {
        return Ok(found);
    }
    for entry in fs::read_dir(directory).with_context(|| format!("read {}", directory.display()))? {
        let path = entry.with_context(|| format!("read {}", directory.display()))?.path();
        if path.extension().is_some_and(|extension| extension == wanted) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
