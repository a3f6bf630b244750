//! Programs that the user names: `--runtime-bin NAME=PATH`.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::{Context, Result, bail};

use super::registry::{Kind, RuntimeSpec};

/// The row that `NAME=PATH` or `NAME@LABEL=PATH` asks for.
pub fn given(all: &[RuntimeSpec], spec: &str) -> Result<RuntimeSpec> {
    let wrong = |what: String| anyhow::anyhow!("--runtime-bin {spec}: {what}");
    let parts = spec.split_once('=').filter(|(name, path)| !name.is_empty() && !path.is_empty());
    let Some((label, path)) = parts else {
        return Err(wrong("write it as NAME=PATH, such as node=/opt/node/bin/node".into()));
    };
    let (base, version) = match label.split_once('@') {
        Some((base, version)) => (base, Some(version)),
        None => (label, None),
    };
    let wanted = entry(all, base).map_err(|e| wrong(e.to_string()))?;
    let wanted = match version {
        Some(version) => wanted.at(version).map_err(|e| wrong(e.to_string()))?,
        None => wanted.clone(),
    };
    let path = std::path::absolute(path).context("make the program's path absolute")?;
    can_run(&path).map_err(|what| wrong(format!("{} {what}", path.display())))?;
    Ok(RuntimeSpec { binary: Some(path), ..wanted })
}

/// The runtime with a program of its own of this name; of a library, the one that is its command.
fn entry<'a>(all: &'a [RuntimeSpec], name: &str) -> Result<&'a RuntimeSpec> {
    let has_program = |wanted: &&RuntimeSpec| !matches!(wanted.kind, Kind::Embedded);
    let find = |name: &str| all.iter().find(|wanted| wanted.name == name);
    let command = format!("{name}-cli");
    let found = find(name).filter(has_program).or_else(|| find(&command).filter(has_program));
    if let Some(found) = found {
        return Ok(found);
    }
    if find(name).is_some() {
        bail!(
            "`{name}` is a library that its runner is built with, and there is no `{command}`: use \
             `--runtime {name}@VERSION`, or describe the command in a file for --runtimes-file"
        );
    }
    let known: Vec<&str> = all.iter().filter(has_program).map(|w| w.name.as_str()).collect();
    bail!("there is no such runtime: those with a program are {}", known.join(", "))
}

fn can_run(path: &Path) -> Result<(), &'static str> {
    let Ok(metadata) = path.metadata() else { return Err("is not there: mend the path") };
    if !metadata.is_file() {
        return Err("is no file: name the program itself");
    }
    if metadata.permissions().mode() & 0o111 == 0 {
        return Err("is not executable: name a program, or `chmod +x` it");
    }
    Ok(())
}

/// The rows of a selection, with those that the user's programs make: in the place of a row of that
/// name, or beside the others.
pub fn merge(chosen: &mut Vec<RuntimeSpec>, all: &[RuntimeSpec], specs: &[String]) -> Result<()> {
    let mut named: Vec<String> = Vec::new();
    for spec in specs {
        let wanted = given(all, spec)?;
        if named.contains(&wanted.name) {
            bail!(
                "--runtime-bin {spec}: `{0}` is named twice: tell them apart, as in \
                 `{0}@OLD=PATH` and `{0}@NEW=PATH`",
                wanted.name
            );
        }
        named.push(wanted.name.clone());
        match chosen.iter_mut().find(|other| other.name == wanted.name) {
            Some(other) => *other = wanted,
            None => chosen.push(wanted),
        }
    }
    // A stable sort: the versions of one runtime stay as they were named.
    chosen.sort_by_key(|wanted| all.iter().position(|other| other.name == wanted.base));
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const ENTRIES: &str = "
scripts:
  - { name: script, binary: x, script: x.mjs, args: ['{script}'], install: install it }
runtimes:
  - name: lib-cli
    binary: lib
    version: { args: [], pattern: '(.)' }
    run: ['{dirs}', '{env}', '{wasm}', '{args}']
    dir: ['{guest}']
    read_only_dir: []
    env: []
    trap: { status: 1 }
";

    fn all() -> Vec<RuntimeSpec> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("entries.yaml");
        fs::write(&file, ENTRIES).unwrap();
        fs::write(folder.path().join("x.mjs"), "").unwrap();
        let entries = super::super::config::load(&file).unwrap();
        let embedded = ["lib", "alone"].map(|name| RuntimeSpec::new(name, Kind::Embedded, true));
        let scripts = entries.scripts.into_iter().map(|e| (e.name.clone(), Kind::Script(e.into())));
        let commands =
            entries.runtimes.into_iter().map(|e| (e.name.clone(), Kind::Command(e.into())));
        let others =
            scripts.chain(commands).map(|(name, kind)| RuntimeSpec::new(&name, kind, false));
        embedded.into_iter().chain(others).collect()
    }

    #[test]
    fn a_librarys_name_stands_for_its_command() {
        for (spec, row) in [
            ("lib=/bin/sh", "lib-cli"),
            ("lib-cli=/bin/sh", "lib-cli"),
            ("lib@50=/bin/sh", "lib-cli@50"),
            ("script@old=/bin/sh", "script@old"),
        ] {
            let wanted = given(&all(), spec).unwrap();
            assert_eq!(wanted.name, row);
            assert_eq!(wanted.binary.as_deref(), Some(Path::new("/bin/sh")));
        }
    }

    #[test]
    fn what_cannot_be_run_is_refused() {
        for (spec, part) in [
            ("script", "NAME=PATH"),
            ("=/bin/sh", "NAME=PATH"),
            ("script=", "NAME=PATH"),
            ("nope=/bin/sh", "those with a program are script, lib-cli"),
            ("alone=/bin/sh", "there is no `alone-cli`"),
            ("script@=/bin/sh", "no version"),
            ("script=/nowhere/at/all", "is not there"),
            ("script=/etc", "is no file"),
            (concat!("script=", env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"), "is not executable"),
        ] {
            let error = given(&all(), spec).unwrap_err().to_string();
            assert!(error.starts_with(&format!("--runtime-bin {spec}: ")), "{error}");
            assert!(error.contains(part), "{error}");
        }
    }

    #[test]
    fn a_program_takes_the_place_of_its_row() {
        let all = all();
        let specs = ["script@2=/bin/sh", "lib=/bin/sh", "script@1=/bin/cat"].map(String::from);
        let mut chosen = vec![all[2].clone()];
        merge(&mut chosen, &all, &specs).unwrap();
        let names: Vec<&str> = chosen.iter().map(|w| w.name.as_str()).collect();
        assert_eq!(names, ["script", "script@2", "script@1", "lib-cli"]);
        assert!(chosen[0].binary.is_none());
        let twice = ["script=/bin/sh", "script=/bin/cat"].map(String::from);
        let error = merge(&mut chosen, &all, &twice).unwrap_err().to_string();
        assert!(error.contains("named twice"), "{error}");
        merge(&mut chosen, &all, &twice[..1]).unwrap();
        assert!(chosen[0].binary.is_some());
    }
}
