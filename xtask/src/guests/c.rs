//! A C compiler for guests: finding one, and compiling with it.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use super::STACK;
use super::machine::{Machine, ask, is_program};
use super::sysroot::{self, Sysroot};

/// A compiler must build this before it is chosen: it needs headers and libraries.
const TRIAL: &str = "#include <stdio.h>\n#include <wasi/api.h>\n\
                     int main(void) { return puts(\"\") < 0; }\n";

/// A compiler, and how to start it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compiler {
    /// Its name in messages.
    pub name: String,
    program: PathBuf,
    /// Arguments that come before all others.
    args: Vec<OsString>,
    /// Whether its linker has an option for the place of the stack. Zig's has none; it always puts it
    /// first.
    takes_stack_first: bool,
}

impl Compiler {
    fn new(name: String, program: impl Into<PathBuf>, args: Vec<OsString>) -> Self {
        Compiler { name, program: program.into(), args, takes_stack_first: true }
    }

    fn clang(name: String, program: &Path, sysroot: &Sysroot) -> Self {
        let mut args = vec![
            format!("--target={}", sysroot.triple).into(),
            // The target's old name is deprecated, and the only one for which Debian has a libc.
            "-Wno-deprecated".into(),
            with("--sysroot=", &sysroot.path),
        ];
        if sysroot.is_shared_with_host() {
            args.extend(["-nostdlibinc".into(), "-isystem".into(), sysroot.headers().into()]);
        }
        Compiler::new(name, program, args)
    }

    /// The compiler's version.
    pub fn version(&self) -> Result<String> {
        if self.is_zig() {
            return Ok(format!("zig {}", self.zig_version()?));
        }
        let text = self.ask(&["--version"]).with_context(|| format!("{} --version", self.name))?;
        Ok(text.lines().next().unwrap_or_default().to_owned())
    }

    /// The wasi-libc that guests are linked with.
    pub fn libc(&self) -> Result<String> {
        if self.is_zig() {
            return Ok(format!("wasi-libc of zig {}", self.zig_version()?));
        }
        // If a compiler does not find the library, it prints only its name.
        let library = self.ask(&["-print-file-name=libc.a"]).map(PathBuf::from);
        match library.filter(|path| path.is_absolute() && path.is_file()) {
            Some(library) => sysroot::libc_version(&library),
            None => Ok(format!("that of {}", self.name)),
        }
    }

    /// Compiles and links one program. Returns the compiler's warnings, or its errors as an error.
    ///
    /// In two steps: if a clang links with `-O`, it runs any `wasm-opt` on PATH on the result, and not
    /// every clang has the option that prevents that.
    pub fn build(&self, source: &Path, output: &Path, job: &Job) -> Result<String, String> {
        let object = output.with_extension("o");
        let mut compile = self.command();
        compile.args(["-std=gnu17", "-Wall", "-Wextra", "-O2", "-I"]).arg(job.headers);
        let mut map = with("-ffile-prefix-map=", job.root);
        map.push("=.");
        compile.arg(map).arg("-c").arg(source).arg("-o").arg(&object);
        let warnings = run(&mut compile)?;
        let mut link = self.command();
        link.arg("-s").arg(format!("-Wl,-z,stack-size={STACK}"));
        if self.takes_stack_first {
            // An overflow then traps instead of changing the program's data.
            link.arg("-Wl,--stack-first");
        }
        link.arg(&object).arg("-o").arg(output);
        Ok(warnings + &run(&mut link)?)
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.args).stdin(Stdio::null());
        command
    }

    fn ask(&self, args: &[&str]) -> Option<String> {
        let all: Vec<&OsStr> =
            self.args.iter().map(OsString::as_os_str).chain(args.iter().map(OsStr::new)).collect();
        ask(&self.program, &all)
    }

    fn is_zig(&self) -> bool {
        self.args.iter().any(|arg| arg == "cc")
    }

    fn zig_version(&self) -> Result<String> {
        let before = self.args.iter().take_while(|arg| *arg != "cc").map(OsString::as_os_str);
        let args: Vec<&OsStr> = before.chain([OsStr::new("version")]).collect();
        ask(&self.program, &args).with_context(|| format!("ask {} for zig's version", self.name))
    }
}

/// The directories that compiling a guest needs.
pub struct Job<'a> {
    /// Its path must not appear in the program.
    pub root: &'a Path,
    pub headers: &'a Path,
}

/// The first compiler on this machine that can build a guest; or what was tried, and why not.
pub fn find(machine: &Machine, workshop: &Path) -> Result<Compiler, Vec<String>> {
    choose(candidates(machine), |compiler| {
        let directory = workshop.join("trial");
        let source = directory.join("trial.c");
        fs::create_dir_all(&directory)
            .and_then(|()| fs::write(&source, TRIAL))
            .map_err(|e| format!("write {}: {e}", source.display()))?;
        let job = Job { root: &directory, headers: &directory };
        compiler.build(&source, &directory.join("trial.wasm"), &job).map(drop)
    })
}

fn choose(
    candidates: Vec<Compiler>,
    works: impl Fn(&Compiler) -> Result<(), String>,
) -> Result<Compiler, Vec<String>> {
    let mut tried = Vec::new();
    for compiler in candidates {
        let Err(first) = works(&compiler) else {
            return Ok(compiler);
        };
        let otherwise = Compiler { takes_stack_first: false, ..compiler };
        if works(&otherwise).is_ok() {
            return Ok(otherwise);
        }
        let reason = first.lines().find(|line| line.contains("error")).or(first.lines().next());
        let reason = reason.unwrap_or("fails and does not say why");
        tried.push(format!("{}: {}", otherwise.name, reason.trim()));
    }
    if tried.is_empty() {
        tried.push(
            "no WASI_CC, no wasi-sdk, no clang with a wasi-libc of the system, no zig".to_owned(),
        );
    }
    Err(tried)
}

/// The possible compilers, the preferred one first. If a variable names one, it is the only one.
fn candidates(machine: &Machine) -> Vec<Compiler> {
    if let Some(command) = machine.variable("WASI_CC") {
        let command = command.to_string_lossy();
        let mut words = command.split_whitespace().map(OsString::from);
        let program = words.next().unwrap_or_default();
        return vec![Compiler::new(format!("WASI_CC ({command})"), program, words.collect())];
    }
    let sdk = sysroot::sdk(machine).map(|directory| {
        let clang = directory.join("bin/clang");
        let name = format!("wasi-sdk ({})", clang.display());
        match sysroot::of_sdk(&directory) {
            Some(sysroot) => Compiler::clang(name, &clang, &sysroot),
            // The compiler's error will say what is wrong.
            None => Compiler::new(name, clang, vec!["--target=wasm32-wasip1".into()]),
        }
    });
    if let Some(sdk) = &sdk
        && machine.variable("WASI_SDK_PATH").is_some()
    {
        return vec![sdk.clone()];
    }
    let mut found: Vec<Compiler> = sdk.into_iter().collect();
    let sysroots = sysroot::of_system(machine);
    for clang in clangs(machine) {
        for sysroot in &sysroots {
            let name = format!("{} with {}", clang.display(), sysroot.libraries().display());
            found.push(Compiler::clang(name, &clang, sysroot));
        }
    }
    if let Some(zig) = machine.program("zig") {
        let args = ["cc", "-target", "wasm32-wasi"].map(OsString::from);
        found.push(Compiler::new(format!("{} cc", zig.display()), zig, args.into()));
    }
    found
}

/// `clang`, then `clang-N` from the newest on, then Homebrew's, which is on nobody's PATH.
fn clangs(machine: &Machine) -> Vec<PathBuf> {
    let mut versions: Vec<u32> = machine
        .program_names()
        .iter()
        .filter_map(|name| name.strip_prefix("clang-")?.parse().ok())
        .collect();
    versions.sort_by(|a, b| b.cmp(a));
    let names = std::iter::once("clang".to_owned())
        .chain(versions.iter().map(|version| format!("clang-{version}")));
    let brewed = sysroot::homebrews(machine)
        .into_iter()
        .map(|prefix| prefix.join("opt/llvm/bin/clang"))
        .filter(|program| is_program(program));
    names.filter_map(|name| machine.program(&name)).chain(brewed).collect()
}

/// Runs a compiler. Returns its messages, as an error if it fails.
fn run(command: &mut Command) -> Result<String, String> {
    let output = command
        .output()
        .map_err(|e| format!("error: start {}: {e}", command.get_program().to_string_lossy()))?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() { Ok(said) } else { Err(said) }
}

fn with(prefix: &str, path: &Path) -> OsString {
    let mut text = OsString::from(prefix);
    text.push(path);
    text
}

#[cfg(test)]
mod tests {
    use super::super::machine::tests::Fake;
    use super::*;

    const DEBIAN: &str = "/usr/lib/wasm32-wasi/crt1-command.o";

    fn names(fake: &Fake) -> Vec<String> {
        let root = fake.machine.at("/");
        let root = root.to_string_lossy();
        let root = root.trim_end_matches('/');
        candidates(&fake.machine).into_iter().map(|c| c.name.replace(root, "")).collect()
    }

    #[test]
    fn a_compiler_named_by_a_variable_is_the_only_one() {
        let mut fake = Fake::new();
        fake.file(DEBIAN);
        fake.program("/usr/bin/clang");
        fake.set("WASI_SDK_PATH", fake.machine.at("/sdk"));
        assert_eq!(names(&fake), ["wasi-sdk (/sdk/bin/clang)"]);
        fake.set("WASI_CC", "/cross/cc  --target=x");
        let found = candidates(&fake.machine);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].program, Path::new("/cross/cc"));
        assert_eq!(found[0].args, ["--target=x"]);
    }

    #[test]
    fn the_usual_sdk_comes_first_then_clangs_from_the_newest_then_zig() {
        let fake = Fake::new();
        fake.program("/usr/bin/clang-9");
        fake.program("/usr/bin/clang-22");
        fake.program("/usr/bin/clang-format-22");
        fake.program("/usr/bin/clang");
        fake.program("/usr/bin/zig");
        assert_eq!(names(&fake), ["/usr/bin/zig cc"], "a clang without a libc is none");
        fake.file(DEBIAN);
        fake.file("/opt/wasi-sdk/share/wasi-sysroot/lib/wasm32-wasip1/crt1-command.o");
        assert_eq!(
            names(&fake),
            [
                "wasi-sdk (/opt/wasi-sdk/bin/clang)",
                "/usr/bin/clang with /usr/lib/wasm32-wasi",
                "/usr/bin/clang-22 with /usr/lib/wasm32-wasi",
                "/usr/bin/clang-9 with /usr/lib/wasm32-wasi",
                "/usr/bin/zig cc",
            ]
        );
    }

    #[test]
    fn headers_of_the_host_are_not_used() {
        let fake = Fake::new();
        let clang = fake.program("/usr/bin/clang-22");
        fake.file(DEBIAN);
        let of =
            |fake: &Fake| Compiler::clang("".into(), &clang, &sysroot::of_system(&fake.machine)[0]);
        assert!(!of(&fake).args.contains(&"-nostdlibinc".into()));
        fake.file("/usr/include/stdio.h");
        let args = of(&fake).args;
        let headers = fake.machine.at("/usr/include/wasm32-wasi").into_os_string();
        assert!(args.ends_with(&["-nostdlibinc".into(), "-isystem".into(), headers]), "{args:?}");
    }

    #[test]
    fn the_first_compiler_that_works_is_chosen() {
        let compiler = |name: &str| Compiler::new(name.into(), name, Vec::new());
        let works = |c: &Compiler| match c.name.as_str() {
            "good" => Ok(()),
            "zig" if !c.takes_stack_first => Ok(()),
            _ => Err("In file x:\nerror: no crt\n".to_owned()),
        };
        let chosen = choose(vec![compiler("bad"), compiler("zig"), compiler("good")], works);
        let chosen = chosen.unwrap();
        assert_eq!((chosen.name.as_str(), chosen.takes_stack_first), ("zig", false));
        let none = choose(vec![compiler("bad"), compiler("worse")], works);
        assert_eq!(none.unwrap_err(), ["bad: error: no crt", "worse: error: no crt"]);
        assert!(choose(Vec::new(), works).unwrap_err()[0].contains("no zig"));
    }

    #[test]
    fn a_missing_compiler_is_an_error() {
        let missing = Compiler::new("x".into(), "/nowhere/cc", Vec::new());
        let tried = choose(vec![missing], |c| run(&mut c.command()).map(drop)).unwrap_err();
        assert!(tried[0].contains("start /nowhere/cc"), "{tried:?}");
    }
}
