//! What a case says in YAML, and what it then means.

use runner_kit::WasiVersion;

use super::super::guests::Guest;
use super::*;

const HEAD: &str =
    "area: fd\nspec: https://a.b\nguest: g\nrules: [{ id: x, text: It holds. }]\ncases:\n";

/// The cases of a file whose head is [`HEAD`].
fn read(cases: &str) -> Result<Vec<Case>, String> {
    read_file_of(&format!("{HEAD}{cases}"))
}

/// The cases of a file, where `g` is a core module and `c` a component.
fn read_file_of(text: &str) -> Result<Vec<Case>, String> {
    let guest = |name: &str, of| {
        (name.to_owned(), Guest { path: format!("/guests/{name}.wasm").into(), of })
    };
    let guests =
        Guests::from([guest("g", WasiVersion::Preview1), guest("c", WasiVersion::Preview2)]);
    let path = Path::new("fd_read.yaml");
    let mut registry = Registry::default();
    parse(path, text, &mut registry)
        .and_then(|file| to_cases(path, text, &file, &registry, &guests))
        .map_err(|problems| problems.to_string())
}

/// The case of this id with these further lines.
fn case(lines: &str) -> Case {
    let text = format!("  - id: one\n    rules: [x]\n{lines}");
    read(&text).unwrap().remove(0)
}

#[test]
fn nothing_said_expects_nothing_but_exit_status_0() {
    let case = case("    fs: { f: text }\n");
    assert_eq!(case.id, "fd_read::one");
    assert_eq!(case.wasm, Path::new("/guests/g.wasm"));
    assert_eq!(case.expect.exit, Some(Ending::Exit(0)));
    assert_eq!(case.expect.stdout, Some(vec![String::new()]));
    assert_eq!(case.expect.stderr, Some(vec![String::new()]));
    assert_eq!(case.expect.tree.unwrap().keys().collect::<Vec<_>>(), ["f"]);
    let whole = PreopenSpec { guest: "/data".into(), host: String::new(), read_only: false };
    assert_eq!(case.preopens, [whole]);
    assert!(case.args.is_empty() && case.env.is_empty() && case.stdin.is_empty());
}

#[test]
fn a_transcript_is_the_arguments_and_the_output() {
    let case = case("    transcript:\n      - open a -> 3\n      - read 3  -> success x -> y\n");
    assert_eq!(case.args, ["open a", "read 3"]);
    let text = "open a -> 3\nread 3 -> success x -> y\n";
    assert_eq!(case.expect.stdout, Some(vec![text.to_owned()]));
}

#[test]
fn alternatives_of_a_transcript_multiply() {
    let case = case(
        "    transcript:\n      - { call: a, any_of: [x, y] }\n      - b -> z\n      \
         - { call: c, any_of: [v, w] }\n",
    );
    assert_eq!(case.args, ["a", "b", "c"]);
    let texts = [
        "a -> x\nb -> z\nc -> v\n",
        "a -> x\nb -> z\nc -> w\n",
        "a -> y\nb -> z\nc -> v\n",
        "a -> y\nb -> z\nc -> w\n",
    ];
    assert_eq!(case.expect.stdout.unwrap(), texts);
}

#[test]
fn too_many_alternatives_are_refused() {
    let statements = |n: usize| {
        let lines = "      - { call: a, any_of: [x, y] }\n".repeat(n);
        read(&format!("  - id: one\n    rules: [x]\n    transcript:\n{lines}"))
    };
    assert_eq!(statements(6).unwrap()[0].expect.stdout.as_ref().unwrap().len(), 64);
    let message = "fd_read.yaml:6: case `one`: its `any_of`s multiply to too many transcripts\n    \
                   split the case";
    assert_eq!(statements(7).unwrap_err(), message);
}

#[test]
fn a_call_that_the_guest_does_not_survive_prints_nothing() {
    let case = case("    transcript:\n      - a -> x\n      - exit 5 -> (ends)\n    exit: 5\n");
    assert_eq!(case.args, ["a", "exit 5"]);
    assert_eq!(case.expect.stdout, Some(vec!["a -> x\n".to_owned()]));
    assert_eq!(case.expect.exit, Some(Ending::Exit(5)));
}

#[test]
fn every_ending_can_be_expected() {
    for (word, ending) in [
        ("4294967295", Ending::Exit(u32::MAX)),
        ("trap", Ending::Trap),
        ("unsupported", Ending::Unsupported),
        ("timeout", Ending::Timeout),
        ("crash", Ending::Crash),
        ("output_limit", Ending::OutputLimit),
    ] {
        assert_eq!(case(&format!("    exit: {word}\n")).expect.exit, Some(ending), "{word}");
    }
}

#[test]
fn only_the_first_equals_sign_ends_a_name() {
    let case = case("    env: [A=b=c, EMPTY=]\n");
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(case.env, [pair("A", "b=c"), pair("EMPTY", "")]);
}

#[test]
fn bytes_are_given_as_text_hex_or_size() {
    assert_eq!(case("    stdin: é\n").stdin, "é".as_bytes());
    assert_eq!(case("    stdin: { hex: '00 fF' }\n").stdin, [0, 0xff]);
    assert_eq!(case("    stdin: { size: 3 }\n").stdin, [0, 0, 0]);
}

#[test]
fn directories_that_paths_imply_are_made() {
    let Files::Tree(tree) = case("    fs: { a/b/c: text, a/d/: {} }\n").files else { panic!() };
    let kinds: Vec<_> =
        tree.iter().map(|(path, e)| (path.as_str(), e.kind == Kind::Directory)).collect();
    assert_eq!(kinds, [("a", true), ("a/b", true), ("a/b/c", false), ("a/d", true)]);
}

#[test]
fn a_preopen_is_the_whole_tree_or_a_directory_in_it() {
    let case = case(
        "    fs: { .d/e/: {} }\n    preopens:\n      - { guest: /, host: . }\n      \
         - { guest: x, host: .d/e/, read_only: true }\n",
    );
    let hosts: Vec<_> = case.preopens.iter().map(|p| (p.host.as_str(), p.read_only)).collect();
    assert_eq!(hosts, [("", false), (".d/e", true)]);
}

#[test]
fn problems_stand_on_the_line_of_their_case() {
    let text = "  - id: one\n    rules: [x]\n    env: [A]\n  - { id: two, rules: [] }\n";
    let problems = read(text).unwrap_err();
    assert!(problems.starts_with("fd_read.yaml:6: case `one`: env entry"), "{problems}");
    assert!(problems.contains("\nfd_read.yaml:9: case `two`: it names no rule"), "{problems}");
}

#[test]
fn what_a_case_needs_follows_from_what_it_says() {
    use runner_kit::Capability::{
        ExitStatuses, FileTimes, NamedPreopens, ReadOnlyPreopens, Sockets, Symlinks, Traps,
    };
    let needs_of = |area: &str, lines: &str| {
        let text =
            format!("{}  - id: one\n    rules: [x]\n{lines}", HEAD.replace("area: fd", area));
        read_file_of(&text).unwrap()[0].needs().collect::<Vec<_>>()
    };
    assert_eq!(needs_of("area: fd", ""), [NamedPreopens]);
    assert_eq!(needs_of("area: path", ""), [NamedPreopens]);
    let needs = |lines: &str| needs_of("area: proc", lines);
    assert_eq!(needs(""), []);
    assert_eq!(needs("    exit: trap\n"), [Traps]);
    let read_only = "    preopens: [{ guest: /, host: ., read_only: true }]\n";
    assert_eq!(needs(read_only), [ReadOnlyPreopens, NamedPreopens]);
    assert_eq!(needs("    socket: listening\n"), [Sockets]);
    assert_eq!(needs("    args: [open /data]\n"), [NamedPreopens]);
    assert_eq!(needs("    preopens: []\n    args: [open /data]\n"), []);
    assert_eq!(needs("    fs_after: { a: x }\n"), [NamedPreopens]);
    assert_eq!(needs("    fs: { a: x, l: { symlink: a } }\n"), [NamedPreopens, Symlinks]);
    let times = "    fs: { a: { content: x, mtime: 1 } }\n";
    assert_eq!(needs(times), [NamedPreopens, FileTimes]);
    assert_eq!(needs("    exit: 1\n"), []);
    assert_eq!(needs("    exit: 2\n"), [ExitStatuses]);
}

#[test]
fn the_kind_of_a_guest_is_that_of_its_area() {
    let of = |area: &str, guest: &str| {
        let head = HEAD.replace("area: fd", &format!("area: {area}"));
        let text = format!(
            "{}  - id: one\n    rules: [x]\n",
            head.replace("guest: g", &format!("guest: {guest}"))
        );
        read_file_of(&text).map(|cases| cases[0].area.of())
    };
    assert_eq!(of("fd", "g"), Ok(WasiVersion::Preview1));
    assert_eq!(of("wasi:io", "c"), Ok(WasiVersion::Preview2));
    let message = of("fd", "c").unwrap_err();
    assert!(message.contains("`c` is a component, and the area `fd` is of preview 1"), "{message}");
    let message = of("wasi:io", "g").unwrap_err();
    assert!(message.contains("`g` is no component, and the area `wasi:io`"), "{message}");
}
