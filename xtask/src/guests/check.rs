//! Checks that the committed guests match their sources. Needs no compiler.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use wasi_conformance::support::digest;
use wasi_conformance::support::output::{print, warn};

use super::provenance::{Built, FILE, Provenance};
use super::sources::{self, Guest};
use super::too_big;
use crate::Status;

/// Prints the problems of a directory of guests, one per line.
pub fn check(checkout: &Path, prebuilt: &Path) -> Result<Status> {
    let problems = problems(checkout, prebuilt)?;
    for problem in &problems {
        warn(problem);
    }
    if problems.is_empty() {
        print(&format!("the guests in {} match their sources\n", prebuilt.display()))?;
        return Ok(Status::Fine);
    }
    warn("run `cargo xtask guests` and commit what it writes");
    Ok(Status::Failed)
}

fn problems(checkout: &Path, prebuilt: &Path) -> Result<Vec<String>> {
    let guests = sources::find(checkout)?;
    let Some(provenance) = Provenance::read(prebuilt)? else {
        return Ok(vec![format!("{}: is missing", prebuilt.join(FILE).display())]);
    };
    let mut problems = Vec::new();
    for guest in &guests {
        match provenance.guests.get(&guest.name) {
            Some(built) => problems.extend(of_guest(guest, built, checkout, prebuilt)?),
            None => problems.push(format!("{}: was never built", guest.name)),
        }
    }
    let sourced: BTreeSet<&str> = guests.iter().map(|guest| guest.name.as_str()).collect();
    for name in provenance.guests.keys().filter(|name| !sourced.contains(name.as_str())) {
        problems.push(format!("{name}: is in {FILE}, but has no source"));
    }
    let mut size = 0;
    for entry in fs::read_dir(prebuilt).with_context(|| format!("read {}", prebuilt.display()))? {
        let path = entry?.path();
        size += path.metadata().with_context(|| format!("look at {}", path.display()))?.len();
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if path.extension().is_some_and(|e| e == "wasm") && !provenance.guests.contains_key(&name) {
            problems.push(format!("{}: is not in {FILE}: remove it", path.display()));
        }
    }
    problems.extend(too_big(size, prebuilt));
    Ok(problems)
}

fn of_guest(
    guest: &Guest,
    built: &Built,
    checkout: &Path,
    prebuilt: &Path,
) -> Result<Option<String>> {
    let wasm = prebuilt.join(format!("{}.wasm", guest.name));
    let Ok(bytes) = fs::read(&wasm) else {
        return Ok(Some(format!("{}: cannot be read", wasm.display())));
    };
    if digest::of_bytes(&bytes) != built.sha256 {
        return Ok(Some(format!("{}: is not the file that {FILE} describes", wasm.display())));
    }
    let now = guest.digests(checkout)?;
    let paths: BTreeSet<&String> = now.keys().chain(built.sources.keys()).collect();
    let changed: Vec<&str> = paths
        .into_iter()
        .filter(|&path| now.get(path) != built.sources.get(path))
        .map(String::as_str)
        .collect();
    Ok((!changed.is_empty())
        .then(|| format!("{}: {} changed since it was built", guest.name, changed.join(", "))))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::sources::tests::checkout;
    use super::*;

    /// Writes guests and a provenance that match the sources.
    fn build(checkout: &Path) {
        let prebuilt = checkout.join("guests/prebuilt");
        fs::create_dir_all(&prebuilt).unwrap();
        let mut built = BTreeMap::new();
        for guest in sources::find(checkout).unwrap() {
            fs::write(prebuilt.join(format!("{}.wasm", guest.name)), &guest.name).unwrap();
            let entry = Built {
                sha256: digest::of_bytes(guest.name.as_bytes()),
                size: guest.name.len() as u64,
                compiler: "cc".into(),
                libc: "libc".into(),
                sources: guest.digests(checkout).unwrap(),
            };
            built.insert(guest.name, entry);
        }
        Provenance::new(built).write(&prebuilt).unwrap();
    }

    /// The problems after a change, without the checkout's path.
    fn found(change: impl Fn(&Path)) -> Vec<String> {
        let directory = checkout();
        build(directory.path());
        change(directory.path());
        let problems =
            problems(directory.path(), &directory.path().join("guests/prebuilt")).unwrap();
        let root = format!("{}/guests/", directory.path().display());
        problems.into_iter().map(|problem| problem.replace(&root, "")).collect()
    }

    fn write(path: &'static str) -> impl Fn(&Path) {
        move |checkout| fs::write(checkout.join("guests").join(path), "new").unwrap()
    }

    fn remove(path: &'static str) -> impl Fn(&Path) {
        move |checkout| fs::remove_file(checkout.join("guests").join(path)).unwrap()
    }

    #[test]
    fn guests_that_are_up_to_date_have_no_problem() {
        assert_eq!(found(|_| {}), Vec::<String>::new());
    }

    #[test]
    fn a_source_that_changed_is_named_for_each_of_its_guests() {
        assert_eq!(
            found(write("rust/src/bin/calls/verbs.rs")),
            ["rust-calls: guests/rust/src/bin/calls/verbs.rs changed since it was built"]
        );
        assert_eq!(found(write("rust/src/lib.rs")).len(), 2);
        assert_eq!(found(write("c/lib/new.h")).len(), 2);
        assert_eq!(
            found(remove("rust/src/bin/calls/verbs.rs")),
            ["rust-calls: guests/rust/src/bin/calls/verbs.rs changed since it was built"]
        );
    }

    #[test]
    fn guests_without_sources_and_sources_without_guests_are_found() {
        assert_eq!(found(write("c/new.c")), ["c-new: was never built"]);
        assert_eq!(found(remove("c/fd.c")), ["c-fd: is in provenance.json, but has no source"]);
        assert_eq!(
            found(write("prebuilt/old.wasm")),
            ["prebuilt/old.wasm: is not in provenance.json: remove it"]
        );
    }

    #[test]
    fn a_wasm_that_does_not_match_its_provenance_is_found() {
        assert_eq!(
            found(write("prebuilt/c-fd.wasm")),
            ["prebuilt/c-fd.wasm: is not the file that provenance.json describes"]
        );
        assert_eq!(found(remove("prebuilt/c-fd.wasm")), ["prebuilt/c-fd.wasm: cannot be read"]);
        assert_eq!(
            found(remove("prebuilt/provenance.json")),
            ["prebuilt/provenance.json: is missing"]
        );
    }

    #[test]
    fn a_folder_that_is_too_big_is_found() {
        let big = |checkout: &Path| {
            let path = checkout.join("guests/prebuilt/README");
            fs::File::create(path).unwrap().set_len(3 << 20).unwrap();
        };
        assert!(found(big)[0].contains("may have 2 MB"), "{:?}", found(big));
    }
}
