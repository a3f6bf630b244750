//! Guests that take space, most of them more than they may.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::thread;
use std::time::Duration;

pub const NAMES: [&str; 4] =
    ["fills_the_disk", "fills_the_disk_secretly", "makes_files_for_ever", "fills_the_memory"];

pub fn run(name: &str, directory: &Path) -> ! {
    match name {
        "makes_files_for_ever" => make_files(directory),
        "fills_the_memory" => fill_the_memory(),
        _ => fill_the_disk(directory, name == "fills_the_disk_secretly"),
    }
}

/// Longer than files may be, but it takes no space.
pub fn make_a_hole(directory: &Path) {
    let file = File::create(directory.join("big")).expect("there is a directory");
    file.set_len(1 << 40).expect("a file may be long");
    // Longer than the harness waits before it looks.
    thread::sleep(Duration::from_millis(100));
}

/// After a moment, when the disk may be full.
pub fn make_a_file(directory: &Path) -> &'static str {
    thread::sleep(Duration::from_millis(30));
    if fs::write(directory.join("new"), "y").is_ok() { "made\n" } else { "not made\n" }
}

fn fill_the_disk(directory: &Path, is_secret: bool) -> ! {
    let path = directory.join("big");
    let mut file = File::create(&path).expect("there is a directory");
    if is_secret {
        // A file without a name, which no walk finds.
        fs::remove_file(path).expect("it was made");
    }
    loop {
        let _ = file.write_all(&[1; 64 * 1024]);
    }
}

fn make_files(directory: &Path) -> ! {
    let mut made = 0_u64;
    loop {
        let _ = File::create(directory.join(made.to_string()));
        made += 1;
    }
}

fn fill_the_memory() -> ! {
    let mut all = Vec::new();
    loop {
        all.push(vec![1_u8; 1 << 20]);
        thread::sleep(Duration::from_millis(1));
    }
}
