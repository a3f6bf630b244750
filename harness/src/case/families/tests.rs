//! The instances of a family, and families that are refused.

use std::fs;

use runner_kit::Capability;

use crate::case::{Basis, Case, Ending, Files, Level, Tag, load};

const CASES: &str = "area: fd\nspec: https://a.b\nguest: g\nrequires: [named_preopens]\nrules:\n  \
    - { id: x, text: It holds., basis: wasi }\n  - { id: y, text: It may., basis: posix, level: may }\n";

/// The cases of the files `fd_read` and `fd_write`, and of a file with one family.
fn load_all(family: &str) -> Result<Vec<Case>, String> {
    let directory = tempfile::tempdir().unwrap();
    let write = |path: &str, bytes: &[u8]| {
        let path = directory.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    };
    let first = format!("{CASES}cases:\n  - {{ id: first, rules: [x, y] }}\n");
    write("cases/fd_read.yaml", first.as_bytes());
    write("cases/fd_write.yaml", first.as_bytes());
    write("cases/families/all.yaml", format!("families:\n{family}").as_bytes());
    write("guests/g.wasm", b"\0asm\x01\0\0\0");
    let loaded = load(&directory.path().join("cases"), &directory.path().join("guests"));
    let root = format!("{}/cases/", directory.path().display());
    loaded.map(|set| set.cases).map_err(|problems| problems.to_string().replace(&root, ""))
}

/// The case of this id.
fn instance(id: &str, family: &str) -> Case {
    load_all(family).unwrap().into_iter().find(|case| case.id == id).unwrap()
}

fn refused(family: &str, message: &str) {
    let problems = load_all(family).unwrap_err();
    assert!(problems.starts_with(message), "{problems}");
}

const BADF: &str = "  - family: badf
    rules: [x]
    transcript:
      - \"{function} 99 {args} -> badf\"
    calls:
      fd_read: 16
      fd_write: text
";

#[test]
fn instances_follow_the_cases_of_their_files() {
    let cases = load_all(BADF).unwrap();
    let ids: Vec<&str> = cases.iter().map(|case| case.id.as_str()).collect();
    assert_eq!(ids, ["fd_read::first", "fd_read::badf", "fd_write::first", "fd_write::badf"]);
    let case = &cases[1];
    assert_eq!(case.args, ["fd_read 99 16"]);
    assert_eq!(case.expect.stdout.as_ref().unwrap(), &["fd_read 99 16 -> badf\n"]);
    assert_eq!(case.rules, ["fd_read.x"]);
    assert_eq!(case.requires, [Capability::NamedPreopens]);
    assert!(case.source.file.ends_with("cases/families/all.yaml"));
    assert_eq!(case.source.line, 7);
}

#[test]
fn several_arguments_repeat_the_statements_that_name_them() {
    let family = "  - family: many
    rules: [x]
    transcript:
      - a -> 1
      - n = {call} -> 2
      - call: \"{function} 0 {args}\"
        any_of: [3, 4]
    calls:
      fd_read: [one, two]
      fd_write:
";
    let read = instance("fd_read::many", family);
    let calls = ["a", "n = fd_read one", "n = fd_read two", "fd_read 0 one", "fd_read 0 two"];
    assert_eq!(read.args, calls);
    assert_eq!(read.expect.stdout.unwrap().len(), 4);
    let write = instance("fd_write::many", family);
    assert_eq!(write.args, ["a", "n = fd_write", "fd_write 0"]);
}

#[test]
fn placeholders_stand_for_texts_statements_and_results() {
    let family = "  - family: words
    rules: [x]
    title: \"It {does}.\"
    with: { does: works, before: [], right: '{function}' }
    result: badf
    transcript:
      - \"{before}\"
      - open {right} -> success
      - \"{call} -> {result}\"
    calls:
      fd_read: f
      fd_write:
        args: f
        title: It does not.
        with: { before: [a -> 1, b -> 2], right: all }
        result: { any_of: [inval, perm] }
";
    let read = instance("fd_read::words", family);
    assert_eq!(read.title, "It works.");
    assert_eq!(read.args, ["open fd_read", "fd_read f"]);
    let write = instance("fd_write::words", family);
    assert_eq!(write.title, "It does not.");
    let text =
        |result: &str| format!("a -> 1\nb -> 2\nopen all -> success\nfd_write f -> {result}\n");
    assert_eq!(write.expect.stdout.unwrap(), [text("inval"), text("perm")]);
}

#[test]
fn calls_add_to_their_family() {
    let family = "  - family: more
    rules: [x]
    requires: [symlinks]
    tags: [core]
    stdin: a
    exit: 1
    fs: { a: one, l: { symlink: a } }
    transcript: [\"{call} -> 1\"]
    fs_after: { a: two }
    calls:
      fd_read: f
      fd_write:
        args: f
        rules: [y]
        requires: [traps]
        tags: [sandbox]
        stdin: b
        exit: trap
        fs: { a: absent, b: three }
        fs_after: { a: four, c: five }
";
    let read = instance("fd_read::more", family);
    assert_eq!((read.stdin.as_slice(), read.expect.exit), (b"a".as_slice(), Some(Ending::Exit(1))));
    assert_eq!(read.requires, [Capability::NamedPreopens, Capability::Symlinks]);
    let write = instance("fd_write::more", family);
    assert_eq!((write.stdin.as_slice(), write.expect.exit), (b"b".as_slice(), Some(Ending::Trap)));
    assert_eq!((write.level, write.tags.len()), (Level::May, 2));
    assert_eq!((read.basis, write.basis), (Basis::Wasi, Basis::Posix));
    assert!(write.tags.contains(&Tag::Sandbox));
    assert_eq!(write.requires.len(), 3);
    let Files::Tree(tree) = &write.files else { panic!() };
    assert_eq!(tree.keys().collect::<Vec<_>>(), ["b", "l"]);
    assert_eq!(write.expect.tree.unwrap().keys().collect::<Vec<_>>(), ["a", "b", "c", "l"]);
}

#[test]
fn a_call_may_have_an_id_of_its_own() {
    let family = "  - family: any
    rules: [x]
    transcript: [\"{args} -> 1\"]
    calls:
      fd_read::other: fd_seek 1
      fd_read: fd_seek 2
";
    assert_eq!(instance("fd_read::other", family).args, ["fd_seek 1"]);
    assert_eq!(instance("fd_read::any", family).args, ["fd_seek 2"]);
}

#[test]
fn mistakes_name_the_file_the_line_and_the_instance() {
    let with = |old: &str, new: &str| BADF.replace(old, new);
    for (family, message) in [
        (with("[x]", "[z]"), "families/all.yaml:7: `fd_read::badf`: there is no rule `z`"),
        (
            with("text", "{ with: { a: b } }"),
            "families/all.yaml:8: family `badf`: `fd_write`: the family has no `{a}`",
        ),
        (
            with("text", "{ result: b }"),
            "families/all.yaml:8: family `badf`: `fd_write`: the family has no `{result}`",
        ),
        (
            with("badf\"", "{result}\""),
            "families/all.yaml:7: family `badf`: `fd_read`: the family has `{result}`, and no result",
        ),
        (
            with(" {args}", " {more}"),
            "families/all.yaml:7: family `badf`: `fd_read`: the family has `{more}`, and no text",
        ),
        (
            with("99 {args} -> badf", "{args}"),
            "families/all.yaml:7: family `badf`: `fd_read`: `fd_read 16` has no ` -> result`",
        ),
        (
            with("text", "{ with: { args: b } }"),
            "families/all.yaml:8: family `badf`: `fd_write`: `with` cannot name `args`",
        ),
        (
            with("text", "{ argz: b }"),
            "families/all.yaml:8: families[0].calls.fd_write: unknown field `argz`",
        ),
        (
            with("fd_write", "fd_writ"),
            "families/all.yaml:8: `fd_writ::badf`: there is no `fd_writ.yaml` with cases",
        ),
        (
            with("fd_write: text", "fd_read: 17"),
            "families/all.yaml:8: `fd_read::badf`: is defined twice (first in ",
        ),
        (
            with("badf\n    rules", "first\n    rules"),
            "families/all.yaml:7: `fd_read::first`: is defined twice (first in fd_read.yaml",
        ),
        (
            with("      fd_write: text\n", ""),
            "families/all.yaml:2: family `badf`: it has fewer than two calls",
        ),
        (
            with("family: badf", "family: Bad"),
            "families/all.yaml:2: family `Bad`: its name has other characters",
        ),
        (
            with("[x]\n", "[x]\n    exit: trap\n"),
            "families/all.yaml:8: `fd_read::badf`: it needs `traps`",
        ),
    ] {
        refused(&family, message);
    }
}

#[test]
fn a_complete_family_has_every_call_or_a_reason() {
    let family =
        |more: &str| BADF.replace("    rules", &format!("    complete: sock\n{more}    rules"));
    let call = |name: &str| format!("there is no `sock_{name}::badf`");
    let problems = load_all(&family("")).unwrap_err();
    for name in ["accept", "recv", "send", "shutdown"] {
        assert!(problems.contains(&call(name)), "{problems}");
    }
    let except = |more: &str| {
        format!("    except: {{ sock_accept: a, sock_recv: b, sock_send: c, {more} }}\n")
    };
    assert_eq!(load_all(&family(&except("sock_shutdown: d"))).unwrap().len(), 4);
    let start = "families/all.yaml:2: family `badf`: ";
    refused(
        &family(&except("sock_shutdown: ' '")),
        &format!("{start}`except` names `sock_shutdown`, and gives no reason"),
    );
    refused(
        &family(&except("sock_shutdown: d, fd_close: e")),
        &format!("{start}`except` names `fd_close`, which is not one of the calls"),
    );
    let spelt_out =
        family(&except("sock_shutdown: d")).replace("fd_write: text", "fd_write::z: sock_send f");
    refused(&spelt_out, &format!("{start}`except` names `sock_send`, which has a case"));
}
