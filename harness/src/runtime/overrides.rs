//! Programs named by the user: `--runtime-bin NAME=PATH`.

use std::path::Path;

use anyhow::{Context, Result, bail};

use super::registry::RuntimeSpec;

/// The runtime for `NAME=PATH` or `NAME@LABEL=PATH`.
pub fn parse(all: &[RuntimeSpec], text: &str) -> Result<RuntimeSpec> {
    let wrong = |what: String| anyhow::anyhow!("--runtime-bin {text}: {what}");
    let parts = text.split_once('=').filter(|(name, path)| !name.is_empty() && !path.is_empty());
    let Some((name, path)) = parts else {
        return Err(wrong("write it as NAME=PATH: node=/opt/node/bin/node".into()));
    };
    let (base, version) = match name.split_once('@') {
        Some((base, version)) => (base, Some(version)),
        None => (name, None),
    };
    let spec = with_program(all, base).map_err(|e| wrong(e.to_string()))?;
    let spec = match version {
        Some(version) => spec.at(version).map_err(|e| wrong(e.to_string()))?,
        None => spec.clone(),
    };
    let path = std::path::absolute(path).context("make the program's path absolute")?;
    can_run(&path).map_err(|what| wrong(format!("{} {what}", path.display())))?;
    Ok(RuntimeSpec { binary: Some(path), requested: true, ..spec })
}

/// The runtime of this name that has a program; for a library, the runtime that is its command.
fn with_program<'a>(all: &'a [RuntimeSpec], name: &str) -> Result<&'a RuntimeSpec> {
    let has_program = |spec: &&RuntimeSpec| !spec.is_library();
    let find = |name: &str| all.iter().find(|spec| spec.name == name);
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
    let known: Vec<&str> = all.iter().filter(has_program).map(|s| s.name.as_str()).collect();
    bail!("there is no such runtime: those with a program are {}", known.join(", "))
}

fn can_run(path: &Path) -> Result<(), &'static str> {
    match path.metadata() {
        Err(_) => Err("does not exist: correct the path"),
        Ok(metadata) if !metadata.is_file() => Err("is not a file: name the program itself"),
        Ok(_) if which::which(path).is_err() => {
            Err("is not executable: name a program, or `chmod +x` it")
        }
        Ok(_) => Ok(()),
    }
}

/// Adds the user's programs to a selection. Each replaces the selected runtime of the same name,
/// or is added.
pub fn apply(selected: &mut Vec<RuntimeSpec>, all: &[RuntimeSpec], texts: &[String]) -> Result<()> {
    let mut named: Vec<String> = Vec::new();
    for text in texts {
        let spec = parse(all, text)?;
        if named.contains(&spec.name) {
            bail!(
                "--runtime-bin {text}: `{0}` is named twice: tell them apart, as in \
                 `{0}@OLD=PATH` and `{0}@NEW=PATH`",
                spec.name
            );
        }
        named.push(spec.name.clone());
        match selected.iter_mut().find(|other| other.name == spec.name) {
            Some(other) => *other = spec,
            None => selected.push(spec),
        }
    }
    // A stable sort: the versions of one runtime stay in the order in which they were named.
    selected.sort_by_key(|spec| all.iter().position(|other| other.name == spec.base));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::registry::tests::registry;
    use super::*;

    fn all() -> Vec<RuntimeSpec> {
        registry(
            "
runtimes:
  - { name: lib, kind: library }
  - { name: alone, kind: library }
  - { name: script, kind: script, binary: x, script: x.mjs, args: ['{script}'], install: x }
  - name: lib-cli
    kind: command
    binary: lib
    version: { args: [], pattern: '(.)' }
    run: ['{dirs}', '{env}', '{wasm}', '{args}']
    dir: ['{guest}']
    read_only_dir: []
    env: []
    trap: { status: 1 }
",
        )
    }

    #[test]
    fn a_librarys_name_selects_its_command() {
        for (text, name) in [
            ("lib=/bin/sh", "lib-cli"),
            ("lib-cli=/bin/sh", "lib-cli"),
            ("lib@50=/bin/sh", "lib-cli@50"),
            ("script@old=/bin/sh", "script@old"),
        ] {
            let spec = parse(&all(), text).unwrap();
            assert_eq!(spec.name, name);
            assert_eq!(spec.binary.as_deref(), Some(Path::new("/bin/sh")));
        }
    }

    #[test]
    fn a_path_that_is_not_a_program_is_refused() {
        for (text, part) in [
            ("script", "NAME=PATH"),
            ("=/bin/sh", "NAME=PATH"),
            ("script=", "NAME=PATH"),
            ("nope=/bin/sh", "those with a program are script, lib-cli"),
            ("alone=/bin/sh", "there is no `alone-cli`"),
            ("script@=/bin/sh", "no valid version"),
            ("script=/nowhere/at/all", "does not exist"),
            ("script=/etc", "is not a file"),
            (concat!("script=", env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"), "is not executable"),
        ] {
            let error = parse(&all(), text).unwrap_err().to_string();
            assert!(error.starts_with(&format!("--runtime-bin {text}: ")), "{error}");
            assert!(error.contains(part), "{error}");
        }
    }

    #[test]
    fn a_program_replaces_the_runtime_of_its_name() {
        let all = all();
        let texts = ["script@2=/bin/sh", "lib=/bin/sh", "script@1=/bin/cat"].map(String::from);
        let mut selected = vec![all[2].clone()];
        apply(&mut selected, &all, &texts).unwrap();
        let names: Vec<&str> = selected.iter().map(|spec| spec.name.as_str()).collect();
        assert_eq!(names, ["script", "script@2", "script@1", "lib-cli"]);
        assert!(selected[0].binary.is_none());
        let twice = ["script=/bin/sh", "script=/bin/cat"].map(String::from);
        let error = apply(&mut selected, &all, &twice).unwrap_err().to_string();
        assert!(error.contains("named twice"), "{error}");
        apply(&mut selected, &all, &twice[..1]).unwrap();
        assert!(selected[0].binary.is_some());
    }
}
