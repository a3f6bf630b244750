//! The files that the command is bundled with. They belong to the command and not to the library, so
//! a changed case costs a link and no compilation. A development build reads the files in place.

use rust_embed::RustEmbed;
use wasi_conformance::support::bundle::File;
use wasi_conformance::support::digest::{hex, of_bytes};

#[derive(RustEmbed)]
#[folder = "../expectations"]
#[prefix = "expectations/"]
#[include = "*.yaml"]
#[include = "*.json"]
#[include = "snapshots/cases/*.txt"]
struct Expectations;

#[derive(RustEmbed)]
#[folder = "../guests"]
#[prefix = "guests/"]
#[exclude = "rust/target/*"]
struct Guests;

#[derive(RustEmbed)]
#[folder = "runners"]
#[prefix = "harness/runners/"]
#[exclude = "*/target/*"]
#[exclude = "*/node_modules/*"]
struct Runners;

#[derive(RustEmbed)]
#[folder = "runner-kit"]
#[prefix = "harness/runner-kit/"]
#[exclude = "target/*"]
struct RunnerKit;

#[derive(RustEmbed)]
#[folder = "model"]
#[prefix = "harness/model/"]
#[exclude = "target/*"]
struct Model;

#[derive(RustEmbed)]
#[folder = "preview1"]
#[prefix = "harness/preview1/"]
#[exclude = "target/*"]
struct Preview1;

/// runner-kit inherits its version and edition from this file.
const WORKSPACE: &[u8] = include_bytes!("../../Cargo.toml");
const LICENSE: &[u8] = include_bytes!("../../LICENSE");

/// All files, by their paths in a checkout.
pub fn list() -> Vec<File> {
    let mut files = vec![single("Cargo.toml", WORKSPACE), single("LICENSE", LICENSE)];
    add::<Expectations>(&mut files);
    add::<Guests>(&mut files);
    add::<Runners>(&mut files);
    add::<RunnerKit>(&mut files);
    add::<Model>(&mut files);
    add::<Preview1>(&mut files);
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

fn single(path: &str, bytes: &'static [u8]) -> File {
    File { path: path.into(), bytes: bytes.into(), sha256: of_bytes(bytes) }
}

fn add<E: RustEmbed>(files: &mut Vec<File>) {
    for path in E::iter() {
        // In a development build, a file may disappear meanwhile.
        let Some(file) = E::get(&path) else { continue };
        let sha256 = hex(&file.metadata.sha256_hash());
        files.push(File { path: path.into_owned(), bytes: file.data, sha256 });
    }
}
