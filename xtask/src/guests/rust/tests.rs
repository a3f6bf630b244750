//! Which toolchain is chosen, and its flags.

use super::super::machine::tests::Fake;
use super::*;

fn rustc(fake: &Fake, sysroot: &str) -> Rustc {
    let sysroot = fake.machine.at(sysroot);
    Rustc {
        program: sysroot.join("bin/rustc"),
        cargo: sysroot.join("bin/cargo"),
        version: "rustc 1.96.0".into(),
        host: "x86_64-unknown-linux-gnu".into(),
        llvm: "22".into(),
        libraries: sysroot.join("lib/rustlib/wasm32-wasip1/lib"),
        sysroot,
    }
}

fn flags(toolchain: &Toolchain) -> String {
    let flags = toolchain.flags(Product::Programs, Path::new("/work/suite"));
    flags.join(OsStr::new(" ")).into_string().unwrap()
}

#[test]
fn a_target_of_rustup_is_complete() {
    let fake = Fake::new();
    let found = rustc(&fake, "/rustup");
    fake.file("/rustup/lib/rustlib/wasm32-wasip1/lib/libstd-0a.rlib");
    fake.file("/rustup/lib/rustlib/wasm32-wasip1/lib/self-contained/crt1-command.o");
    let toolchain = choose(vec![found], &fake.machine).unwrap();
    assert!(!toolchain.builds_std);
    assert_eq!(toolchain.link, None);
    assert!(!flags(&toolchain).contains("-Clinker"));
    assert!(flags(&toolchain).contains("--remap-path-prefix=/work/suite=/suite"));
}

#[test]
fn debian_compiles_std_and_links_with_the_systems_libc() {
    let fake = Fake::new();
    let (rustup, debian) = (rustc(&fake, "/rustup"), rustc(&fake, "/usr"));
    fake.file("/usr/lib/rustlib/src/rust/library/std/Cargo.toml");
    let linker = fake.program("/usr/bin/wasm-ld-22");
    fake.file("/usr/lib/wasm32-wasi/crt1-command.o");
    let toolchain = choose(vec![rustup, debian.clone()], &fake.machine).unwrap();
    assert!(toolchain.builds_std);
    assert_eq!(toolchain.rustc, debian);
    assert_eq!(toolchain.link.as_ref().unwrap().linker, linker);
    let flags = flags(&toolchain);
    assert!(flags.contains("-Clink-self-contained=no"), "{flags}");
    assert!(flags.contains("lib/wasm32-wasi/crt1-command.o"), "{flags}");
}

#[test]
fn a_std_without_a_libc_of_its_own_is_linked_with_the_systems() {
    let fake = Fake::new();
    fake.file("/usr/lib/rustlib/wasm32-wasip1/lib/libstd-0a.rlib");
    fake.file("/usr/lib/wasm32-wasi/crt1-command.o");
    let own = fake.program("/usr/lib/rustlib/x86_64-unknown-linux-gnu/bin/rust-lld");
    let toolchain = choose(vec![rustc(&fake, "/usr")], &fake.machine).unwrap();
    assert!(!toolchain.builds_std);
    assert_eq!(toolchain.link.unwrap().linker, own);
}

#[test]
fn a_library_has_no_start_object_and_links_memcpy() {
    let fake = Fake::new();
    let found = rustc(&fake, "/rustup");
    let of = |builds_std| {
        let toolchain = Toolchain { rustc: found.clone(), builds_std, link: None };
        toolchain.flags(Product::Library, Path::new("/suite"))
    };
    assert!(of(false).contains(&"-Clink-arg=-lc".into()));
    assert!(!of(true).contains(&"-Clink-arg=-lc".into()));
    fake.file("/usr/lib/rustlib/src/rust/library/std/Cargo.toml");
    fake.program("/usr/bin/wasm-ld-22");
    fake.file("/usr/lib/wasm32-wasi/crt1-command.o");
    let debian = choose(vec![rustc(&fake, "/usr")], &fake.machine).unwrap();
    let flags = debian.flags(Product::Library, Path::new("/suite"));
    let has_start = |flag: &OsString| flag.to_string_lossy().contains("crt1");
    assert!(!flags.iter().any(has_start), "{flags:?}");
}

#[test]
fn a_compiled_std_is_preferred() {
    let fake = Fake::new();
    let (first, second) = (rustc(&fake, "/usr"), rustc(&fake, "/rustup"));
    fake.file("/usr/lib/rustlib/src/rust/library/std/Cargo.toml");
    fake.program("/usr/bin/wasm-ld-22");
    fake.file("/usr/lib/wasm32-wasi/crt1-command.o");
    fake.file("/rustup/lib/rustlib/wasm32-wasip1/lib/libstd-0a.rlib");
    fake.file("/rustup/lib/rustlib/wasm32-wasip1/lib/self-contained/crt1-command.o");
    let toolchain = choose(vec![first, second.clone()], &fake.machine).unwrap();
    assert_eq!(toolchain.rustc, second);
}

#[test]
fn the_error_names_what_is_missing() {
    let fake = Fake::new();
    let tried =
        |fake: &Fake| choose(vec![rustc(fake, "/usr")], &fake.machine).unwrap_err().join("\n");
    assert!(tried(&fake).contains("neither std for wasm32-wasip1 nor the source of std"));
    fake.file("/usr/lib/rustlib/src/rust/library/std/Cargo.toml");
    assert!(tried(&fake).contains("no wasi-libc to link with"));
    fake.file("/usr/lib/wasm32-wasi/crt1-command.o");
    assert!(tried(&fake).contains("no wasm-ld of LLVM 22"));
    assert_eq!(choose(Vec::new(), &fake.machine).unwrap_err(), ["no rustc on PATH"]);
}
