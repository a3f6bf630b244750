//! A runner whose modules are words that select the guest's behaviour. The tests of `serve` need a whole
//! runner, because descriptors belong to a process, not to a thread.

use std::fs;
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;

use anyhow::{Result, bail};
use runner_kit::{Capability, Globals, Identity, MissingCapability, Outcome, RunRequest, Runtime};

/// The start of a compiled module, by which other files are recognised.
const COMPILED: &str = "compiled:";

#[derive(Default)]
struct Words {
    /// How many modules this process has compiled.
    compiled: u32,
}

fn main() -> Result<()> {
    runner_kit::serve(Words::default())
}

impl Runtime for Words {
    type Module = String;

    fn identity(&self) -> Identity {
        Identity {
            name: "words".into(),
            version: "1.2.3".into(),
            details: "for tests".into(),
            missing_capabilities: vec![MissingCapability {
                capability: Capability::Symlinks,
                reason: "it has no files".into(),
            }],
        }
    }

    fn compile(&mut self, wasm: &[u8]) -> Result<String> {
        // A guest must see none of this.
        println!("compiling");
        eprintln!("compiling");
        let word = String::from_utf8(wasm.to_vec())?;
        if word == "refused" {
            bail!("unknown import: wasi:nothing");
        }
        self.compiled += 1;
        Ok(word)
    }

    fn run(&mut self, module: &String, request: &RunRequest, globals: &mut Globals) -> Outcome {
        match module.as_str() {
            "echo" => echo().unwrap(),
            "print_args" => print!("{:?} {:?}", request.args, request.env),
            "double_globals" => globals.values_mut().for_each(|value| *value *= 2),
            "converse" => converse(UnixStream::from(stdin())),
            "accept" => converse(UnixListener::from(stdin()).accept().unwrap().0),
            "leave" => {}
            "trap" => return Outcome::Trap { message: "unreachable".into() },
            "error" => return Outcome::Error { message: "no memory left".into() },
            "panic" => panic!("the runtime is broken"),
            "count_compilations" => return Outcome::Exit { code: self.compiled },
            other => panic!("there is no guest `{other}`"),
        }
        io::stdout().flush().unwrap();
        Outcome::Exit { code: 0 }
    }

    fn serialize(&self, module: &String) -> Option<Vec<u8>> {
        Some(format!("{COMPILED}{module}").into_bytes())
    }

    fn deserialize(&self, path: &Path) -> Option<String> {
        let text = fs::read_to_string(path).ok()?;
        text.strip_prefix(COMPILED).map(str::to_owned)
    }
}

fn stdin() -> std::os::fd::OwnedFd {
    io::stdin().as_fd().try_clone_to_owned().unwrap()
}

/// Copies stdin to stdout, and says on stderr that it is done.
fn echo() -> io::Result<()> {
    // Not `io::stdin`, whose buffer would outlive this guest.
    io::copy(&mut fs::File::from(stdin()), &mut io::stdout())?;
    io::stdout().flush()?;
    io::stderr().write_all(b"echoed")
}

/// Prints the peer's first text, and the echo of an answer.
fn converse(mut peer: UnixStream) {
    let mut receive = |length: usize| {
        let mut bytes = vec![0; length];
        peer.read_exact(&mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    };
    print!("{}", receive("hello".len()));
    peer.write_all(b" again").unwrap();
    let mut receive = |length: usize| {
        let mut bytes = vec![0; length];
        peer.read_exact(&mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    };
    print!("{}", receive(" again".len()));
}
