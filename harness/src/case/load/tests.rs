//! The YAML of a case, and its meaning.

use runner_kit::{Capability, WasiVersion};

use super::super::guests::Guest;
use super::super::{Basis, Ending, Files, Kind, PreopenSpec, Tag};
use super::*;

const HEAD: &str = "area: fd\nspec: https://a.b\nguest: g\nrequires: [named_preopens]\n\
    rules: [{ id: x, text: It holds., basis: wasi }]\ncases:\n";

/// The cases of a file whose head is [`HEAD`].
fn read(cases: &str) -> Result<Vec<Case>, String> {
    read_file_of(&format!("{HEAD}{cases}"))
}

/// The cases of a file, where `g` is a core module and `c` a component.
fn read_file_of(text: &str) -> Result<Vec<Case>, String> {
    let guest = |name: &str, of| {
        (name.to_owned(), Guest { path: format!("/guests/{name}.wasm").into(), of })
    };
    let guests = Guests::from([
        guest("g", WasiVersion::Preview1),
        guest("c", WasiVersion::Preview2),
        guest("rust-calls", WasiVersion::Preview1),
        guest("p2-calls", WasiVersion::Preview2),
    ]);
    parse_alone(Path::new("fd_read.yaml"), text, &guests).map_err(|problems| problems.to_string())
}

/// The case of this id with these further lines.
fn case(lines: &str) -> Case {
    let text = format!("  - id: one\n    rules: [x]\n{lines}");
    read(&text).unwrap().remove(0)
}

#[test]
fn defaults_expect_no_output_and_exit_status_0() {
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
fn a_case_rests_on_the_weakest_basis_of_its_rules() {
    let head = "area: fd\nspec: https://a.b\nguest: g\nrequires: [named_preopens]\nrules:\n  \
        - { id: w, text: It holds., basis: wasi }\n  - { id: v, text: So., basis: wasi }\n  \
        - { id: p, text: It may., basis: posix }\n";
    let basis = |rules: &str| {
        let case = format!("cases:\n  - id: one\n    rules: [{rules}]\n    fs: {{ f: text }}\n");
        read_file_of(&format!("{head}{case}")).unwrap().remove(0).basis
    };
    assert_eq!(basis("w, v"), Basis::Wasi);
    assert_eq!(basis("w, p"), Basis::Posix);
    assert_eq!(basis("p, w"), Basis::Posix);
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
    let message = "fd_read.yaml:7: case `one`: its `any_of`s multiply to too many transcripts\n    \
                   split the case";
    assert_eq!(statements(7).unwrap_err(), message);
}

#[test]
fn a_call_that_the_guest_does_not_survive_prints_nothing() {
    let case = case(
        "    requires: [exit_statuses]\n    transcript:\n      - a -> x\n      - exit 5 -> (ends)\n    exit: 5\n",
    );
    assert_eq!(case.args, ["a", "exit 5"]);
    assert_eq!(case.expect.stdout, Some(vec!["a -> x\n".to_owned()]));
    assert_eq!(case.expect.exit, Some(Ending::Exit(5)));
}

/// The errors for a case of a guest with these statements, which begin two lines below the head.
fn said_of_statements(guest: &str, area: &str, statements: &[&str]) -> String {
    let head = HEAD.replace("area: fd", &format!("area: {area}"));
    let case = format!("  - {{ id: one, rules: [x], guest: {guest}, transcript: [\n");
    let lines: String =
        statements.iter().map(|line| format!("      {line} -> success,\n")).collect();
    read_file_of(&format!("{head}{case}{lines}    ] }}\n")).err().unwrap_or_default()
}

#[test]
fn misspelt_verbs_are_refused_on_their_line() {
    let said = said_of_statements("rust-calls", "fd", &["f = path_opne /data a", "fd_close f"]);
    let line = |n: usize| format!("fd_read.yaml:{}: case `one`: ", HEAD.lines().count() + 1 + n);
    let message = line(1)
        + "`rust-calls` knows no statement `path_opne`\n    \
           did you mean `path_open`? guests/README.md describes the statements";
    assert_eq!(said, message);
    let statements = ["f = /data.open-at a", "f.reed 1 0", "drpo f"];
    let said = said_of_statements("p2-calls", "wasi:filesystem", &statements);
    assert!(said.contains(&(line(2) + "`p2-calls` knows no statement `reed`")), "{said}");
    assert!(said.contains(&(line(3) + "`p2-calls` knows no statement `drpo`")), "{said}");
    assert!(said.contains("mean `read`?") && said.contains("mean `drop`?"), "{said}");
    // The arguments of other guests are not statements.
    assert_eq!(said_of_statements("g", "fd", &["f = path_opne /data a"]), "");
}

#[test]
fn every_ending_can_be_expected() {
    for (word, requires, ending) in [
        ("4294967295", "exit_statuses", Ending::Exit(u32::MAX)),
        ("trap", "traps", Ending::Trap),
        ("unsupported", "", Ending::Unsupported),
        ("timeout", "", Ending::Timeout),
        ("crash", "", Ending::Crash),
        ("output_limit", "", Ending::OutputLimit),
    ] {
        let case = case(&format!("    requires: [{requires}]\n    exit: {word}\n"));
        assert_eq!(case.expect.exit, Some(ending), "{word}");
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
fn implied_directories_are_created() {
    let Files::Tree(tree) = case("    fs: { a/b/c: text, a/d/: {} }\n").files else { panic!() };
    let kinds: Vec<_> =
        tree.iter().map(|(path, e)| (path.as_str(), e.kind == Kind::Directory)).collect();
    assert_eq!(kinds, [("a", true), ("a/b", true), ("a/b/c", false), ("a/d", true)]);
}

#[test]
fn a_preopen_is_the_whole_tree_or_a_directory_in_it() {
    let case = case(
        "    requires: [read_only_preopens]\n    fs: { .d/e/: {} }\n    preopens:\n      - { guest: /, host: . }\n      \
         - { guest: x, host: .d/e/, read_only: true }\n",
    );
    let hosts: Vec<_> = case.preopens.iter().map(|p| (p.host.as_str(), p.read_only)).collect();
    assert_eq!(hosts, [("", false), (".d/e", true)]);
}

#[test]
fn problems_name_the_line_of_their_case() {
    let text = "  - id: one\n    rules: [x]\n    env: [A]\n  - { id: two, rules: [] }\n";
    let problems = read(text).unwrap_err();
    assert!(problems.starts_with("fd_read.yaml:7: case `one`: env entry"), "{problems}");
    assert!(problems.contains("\nfd_read.yaml:10: case `two`: it names no rule"), "{problems}");
}

/// The capabilities of a case in a file that declares none for all cases.
fn requires(lines: &str) -> Result<Vec<Capability>, String> {
    let head = HEAD.replace("requires: [named_preopens]\n", "");
    let cases = read_file_of(&format!("{head}  - id: one\n    rules: [x]\n{lines}"))?;
    Ok(cases[0].requires.clone())
}

#[test]
fn visible_needs_must_be_declared() {
    assert_eq!(requires(""), Ok(vec![]));
    for (capabilities, lines) in [
        ("traps", "    exit: trap\n"),
        (
            "read_only_preopens, named_preopens",
            "    preopens: [{ guest: /, host: ., read_only: true }]\n",
        ),
        ("named_preopens", "    args: [open /data]\n"),
        ("named_preopens", "    fs_after: { a: x }\n"),
        ("named_preopens", "    preopens: [{ guest: x, host: . }]\n"),
        ("sockets", "    socket: listening\n"),
        ("named_preopens, symlinks", "    fs: { a: x, l: { symlink: a } }\n"),
        ("named_preopens, file_times", "    fs: { a: { content: x, mtime: 1 } }\n"),
        ("exit_statuses", "    exit: 2\n"),
        ("program_name", "    stdout: g.wasm\n"),
    ] {
        let declared = requires(&format!("    requires: [{capabilities}]\n{lines}")).unwrap();
        assert_eq!(declared.len(), capabilities.split(',').count());
        let last = capabilities.rsplit(' ').next().unwrap();
        let others = capabilities.strip_suffix(last).unwrap().trim_end_matches(", ");
        let problem = requires(&format!("    requires: [{others}]\n{lines}")).unwrap_err();
        assert!(problem.contains(&format!("it needs `{last}`, because ")), "{problem}");
        assert!(problem.ends_with(&format!("add it: `requires: [{last}]`")), "{problem}");
    }
}

#[test]
fn impossible_needs_are_refused() {
    for (capability, lines) in [
        ("traps", ""),
        ("read_only_preopens", ""),
        ("named_preopens", "    preopens: []\n    args: [open /data]\n"),
        ("sockets", ""),
        ("symlinks", ""),
        ("file_times", ""),
        ("exit_statuses", "    exit: 1\n"),
    ] {
        let problem = requires(&format!("    requires: [{capability}]\n{lines}")).unwrap_err();
        let message = format!("it requires `{capability}` and does not need it");
        assert!(problem.contains(&message), "{problem}");
    }
    // Names can be built into a guest.
    assert_eq!(requires("    requires: [named_preopens]\n"), Ok(vec![Capability::NamedPreopens]));
}

#[test]
fn declarations_of_a_file_apply_to_each_case() {
    let head = HEAD.replace("rules:", "tags: [sandbox]\nrules:");
    let case = |lines: &str| {
        let text = format!("{head}  - id: one\n    rules: [x]\n{lines}");
        read_file_of(&text).map(|mut cases| cases.remove(0))
    };
    let trap = case("    requires: [traps]\n    tags: [core]\n    exit: trap\n").unwrap();
    assert_eq!(trap.requires, [Capability::NamedPreopens, Capability::Traps]);
    assert_eq!(trap.tags, [Tag::Core, Tag::Sandbox].into());
    let twice = case("    requires: [named_preopens]\n").unwrap_err();
    assert!(twice.contains("`requires` names `named_preopens` twice"), "{twice}");
    let twice = case("    tags: [sandbox]\n").unwrap_err();
    assert!(twice.contains("`tags` names `sandbox` twice"), "{twice}");
}

#[test]
fn a_guest_must_fit_its_area() {
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
