//! How snapshots are written to a directory: most versions of a runtime do nearly the same, so a snapshot
//! has only the entries that are not the same in an older one beside it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use rayon::prelude::*;

use super::case_list::CaseList;
use super::snapshot::{Base, Snapshot, SnapshotFile};
use crate::support::digest;

/// The files of these snapshots and their lists: each as small as it can be.
pub fn texts(
    directory: &Path,
    files: &[SnapshotFile],
    lists: &BTreeMap<String, CaseList>,
) -> Result<BTreeMap<PathBuf, String>> {
    let mut texts = BTreeMap::new();
    for (index, file) in files.iter().enumerate() {
        let text = shortest(&file.snapshot, &files[..index])?;
        texts.insert(directory.join(file.snapshot.file_name()), text);
    }
    let uses = |digest: &str| files.iter().filter(|f| f.snapshot.cases == digest).count();
    // The base stays the base as long as there is a use for it: otherwise all lists would change with a case.
    let first = lists
        .iter()
        .max_by_key(|(digest, _)| (CaseList::is_complete_in(directory, digest), uses(digest)));
    for (digest, list) in lists {
        let complete = list.text();
        let based = first.filter(|(other, _)| *other != digest).map(|(_, base)| list.text_on(base));
        let shorter = based.filter(|text| is_worth_it(text, &complete));
        texts.insert(CaseList::path(directory, digest), shorter.unwrap_or(complete));
    }
    Ok(texts)
}

/// A small file that can be read alone is better than one that cannot.
fn is_worth_it(based: &str, complete: &str) -> bool {
    based.len() * 2 < complete.len()
}

/// The text of a snapshot: complete, or based on one of these, which come before it. Of those that give
/// the shortest text, the last.
fn shortest(snapshot: &Snapshot, before: &[SnapshotFile]) -> Result<String> {
    let complete = snapshot.to_json()?;
    let mut best: Option<String> = None;
    for file in before.iter().rev().filter(|file| may_base(&file.snapshot, snapshot)) {
        let text = changes(snapshot, &file.snapshot)?.to_json()?;
        if best.as_ref().is_none_or(|best| text.len() < best.len()) {
            best = Some(text);
        }
    }
    Ok(best.filter(|text| is_worth_it(text, &complete)).unwrap_or(complete))
}

/// Whether they are of one code base: `wasmer` is the base of `wasmer` and `wasmer-cli`.
fn may_base(base: &Snapshot, other: &Snapshot) -> bool {
    let rest = other.runtime.strip_prefix(base.runtime.as_str());
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

/// What is not the same in the other snapshot.
fn changes(snapshot: &Snapshot, base: &Snapshot) -> Result<Snapshot> {
    Ok(Snapshot {
        based_on: Some(Base { file: base.file_name(), complete: digest_of(snapshot)? }),
        differs: changed(&snapshot.differs, &base.differs),
        flaky: changed(&snapshot.flaky, &base.flaky),
        skipped: changed(&snapshot.skipped, &base.skipped),
        ..snapshot.clone()
    })
}

/// The entries that the other map has not, and an empty one for each that only the other has.
fn changed<T: Clone + PartialEq>(
    map: &BTreeMap<String, Vec<T>>,
    base: &BTreeMap<String, Vec<T>>,
) -> BTreeMap<String, Vec<T>> {
    let gone = base.keys().filter(|key| !map.contains_key(*key)).map(|key| (key.clone(), vec![]));
    let new = map.iter().filter(|(key, value)| base.get(*key) != Some(value));
    gone.chain(new.map(|(key, value)| (key.clone(), value.clone()))).collect()
}

/// Makes every snapshot complete, with those beside it in the same directory.
pub fn complete(files: &mut [SnapshotFile]) -> Result<()> {
    let bases: Vec<Option<Base>> =
        files.iter().map(|file| file.snapshot.based_on.clone()).collect();
    for index in 0..files.len() {
        complete_one(files, index, 0)?;
    }
    let changed = files.par_iter().zip(&bases).find_map_first(|(file, base)| {
        let base = base.as_ref()?;
        let digest = digest_of(&file.snapshot);
        (!digest.is_ok_and(|digest| digest == base.complete)).then_some((file, base))
    });
    match changed {
        None => Ok(()),
        Some((file, base)) => bail!(
            "{}: {}, which it is based on, was changed\n    take both files from one commit, or \
             write this one again with `wasi-conformance bless`",
            file.path.display(),
            base.file
        ),
    }
}

fn complete_one(files: &mut [SnapshotFile], index: usize, depth: usize) -> Result<()> {
    let Some(base) = &files[index].snapshot.based_on else { return Ok(()) };
    let path = &files[index].path;
    let wanted = path.with_file_name(&base.file);
    let other = files.iter().position(|file| file.path == wanted).with_context(|| {
        format!("{}: it is based on {}, which is not beside it", path.display(), base.file)
    })?;
    if depth > files.len() {
        bail!("{}: it is based on itself", path.display());
    }
    complete_one(files, other, depth + 1)?;
    let below = files[other].snapshot.clone();
    let snapshot = &mut files[index].snapshot;
    snapshot.based_on = None;
    add(&mut snapshot.differs, below.differs);
    add(&mut snapshot.flaky, below.flaky);
    add(&mut snapshot.skipped, below.skipped);
    Ok(())
}

fn add<T>(map: &mut BTreeMap<String, Vec<T>>, base: BTreeMap<String, Vec<T>>) {
    for (key, value) in base {
        map.entry(key).or_insert(value);
    }
    map.retain(|_, value| !value.is_empty());
}

fn digest_of(snapshot: &Snapshot) -> Result<String> {
    Ok(digest::of_bytes(snapshot.to_json()?.as_bytes())[..16].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::Level;

    fn list(cases: &[&str]) -> CaseList {
        let case = |id: &&str| ((*id).to_owned(), (Level::Must, "0".to_owned()));
        CaseList(cases.iter().map(case).collect())
    }

    #[test]
    fn the_list_that_others_are_based_on_stays_the_same() {
        let directory = tempfile::tempdir().unwrap();
        let old = list(&["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"]);
        let new = list(&["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "m"]);
        let lists = BTreeMap::from([(old.digest(), old), (new.digest(), new)]);
        for base in lists.keys() {
            let path = CaseList::path(directory.path(), base);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, lists[base].text()).unwrap();
            let texts = texts(directory.path(), &[], &lists).unwrap();
            assert_eq!(texts[&path], lists[base].text());
            assert_eq!(texts.values().filter(|text| text.starts_with("based on ")).count(), 1);
            std::fs::remove_file(&path).unwrap();
        }
    }
}
