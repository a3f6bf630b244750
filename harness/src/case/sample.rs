//! A case for tests: of a guest that is given nothing, and that must print nothing and exit with 0.

use std::path::PathBuf;

use super::{Area, Basis, Case, Ending, Expect, Files, Level, Source, Tree};

pub fn case(id: &str) -> Case {
    Case {
        id: id.into(),
        area: Area::Fd,
        title: "It holds.".into(),
        rules: vec![],
        spec: "https://example.org".into(),
        level: Level::Must,
        basis: Basis::Wasi,
        guest: "g".into(),
        wasm: PathBuf::new(),
        source: Source { file: PathBuf::from("a.yaml"), line: 1 },
        args: vec![],
        env: vec![],
        stdin: vec![],
        socket: None,
        timeout: None,
        preopens: vec![],
        files: Files::Tree(Tree::new()),
        expect: Expect {
            exit: Some(Ending::Exit(0)),
            stdout: Some(vec![String::new()]),
            stderr: Some(vec![String::new()]),
            tree: Some(Tree::new()),
        },
        requires: vec![],
        tags: Default::default(),
        globals: Default::default(),
        skip: None,
    }
}
