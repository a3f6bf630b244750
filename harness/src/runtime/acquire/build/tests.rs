//! Finished runners in the cache: built once, and again if they or what they need are damaged.

use std::cell::Cell;

use super::*;

/// A cache, and how often a runner was built for it.
struct Cache {
    directory: TempDir,
    builds: Cell<usize>,
    needs: Option<PathBuf>,
}

impl Cache {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        Cache { directory, builds: Cell::new(0), needs: None }
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    fn build(&self) -> Built {
        let make = |target: &Path| {
            self.builds.set(self.builds.get() + 1);
            write_program(&target.join("release/runner"), b"#!/bin/sh\n").unwrap();
            let needs = self.needs.clone();
            Ok(Recipe { source: "somewhere".into(), needs, ..Recipe::default() })
        };
        once("engine", "00ff", self.path(), &Progress::on_stderr(), &make).unwrap()
    }
}

#[test]
fn a_runner_is_built_once_and_again_if_it_is_damaged() {
    let cache = Cache::new();
    let built = cache.build();
    assert_eq!(built.source, "somewhere");
    assert_eq!(cache.build().program, built.program);
    assert_eq!(cache.builds.get(), 1);
    let names: Vec<String> = fs::read_dir(cache.path().join("runners"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(names, ["engine-00ff"]);

    fs::write(&built.program, "#!/bin/no\n").unwrap();
    assert_eq!(fs::read(cache.build().program).unwrap(), b"#!/bin/sh\n");
    assert_eq!(cache.builds.get(), 2);
    // As an older version of this program left it, or a killed one.
    fs::remove_file(built.program.with_file_name(".digests.json")).unwrap();
    cache.build();
    assert_eq!(cache.builds.get(), 3);
    cache.build();
    assert_eq!(cache.builds.get(), 3);
}

#[test]
fn a_change_that_only_a_full_check_finds_is_removed() {
    let cache = Cache::new();
    let program = cache.build().program;
    let time = fs::metadata(&program).unwrap().modified().unwrap();
    fs::write(&program, "#!/bin/SH\n").unwrap();
    fs::File::options().write(true).open(&program).unwrap().set_modified(time).unwrap();
    let said = Cell::new(0);
    let say = |_: &str| said.set(said.get() + 1);
    read_all("other", cache.path(), &say).unwrap();
    assert!(program.exists());
    read_all("engine", cache.path(), &say).unwrap();
    assert!(!program.exists());
    assert_eq!(said.get(), 1);
    cache.build();
    assert_eq!(cache.builds.get(), 2);
}

#[test]
fn a_runner_whose_libraries_are_damaged_is_built_again() {
    let mut cache = Cache::new();
    let libraries = cache.path().join("fetched/libengine");
    let fresh = || {
        let made = cache.path().join("made");
        write_whole(&made.join("lib.so"), b"library").unwrap();
        cache_entry::install(&made, &libraries).unwrap();
    };
    fresh();
    let library = libraries.join("lib.so");
    cache.needs = Some(libraries.clone());
    cache.build();
    cache.build();
    assert_eq!(cache.builds.get(), 1);
    fs::write(&library, "Library!").unwrap();
    cache.build();
    assert_eq!(cache.builds.get(), 2);
}

#[test]
fn a_runner_is_built_from_its_packages_and_from_those_that_they_use() {
    let harness = Path::new(env!("CARGO_MANIFEST_DIR"));
    let others = |name: &str| other_packages(&harness.join("runners").join(name), harness).unwrap();
    assert_eq!(others("reference"), [harness.join("model"), harness.join("preview1")]);
    assert!(others("wasmtime").is_empty());
}
