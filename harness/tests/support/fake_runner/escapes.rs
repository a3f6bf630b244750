//! Guests that leave their sandbox.

use std::fs;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Command;

/// Tries to read a file, to write beside it, to speak to the program at a socket there, to see the
/// user's environment and to change the canary.
pub fn look_around(directory: &Path, path: &Path) -> String {
    let says = |found: bool| if found { "success" } else { "failure" };
    let secret = std::env::var_os("A_SECRET").is_some();
    let (read, wrote) = (fs::read(path), fs::write(path.with_extension("new"), "x"));
    let spoke = UnixStream::connect(path.with_extension("socket"));
    let touched = fs::write(directory.join("../canary"), "x");
    format!(
        "read -> {}\nwrite -> {}\nsocket -> {}\nvariable -> {}\ncanary -> {}\n",
        says(read.is_ok()),
        says(wrote.is_ok()),
        says(spoke.is_ok()),
        says(secret),
        says(touched.is_ok())
    )
}

pub fn touch_canary(directory: &Path) {
    fs::write(directory.join("../canary"), "x").expect("a file of the case");
}

/// Starts a process in another session and without an environment, which is nobody's child.
pub fn daemon() -> String {
    let script = "setsid env -i sleep 1000 </dev/null >/dev/null 2>&1 & echo $!";
    let output = Command::new("sh").args(["-c", script]).output();
    let output = output.expect("there is a shell").stdout;
    String::from_utf8(output).expect("a number").trim().to_owned()
}
