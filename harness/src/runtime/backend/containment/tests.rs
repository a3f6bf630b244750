use std::fs;

use super::*;
use crate::support::process::output;

/// What a contained shell prints that runs a script in its home directory.
fn contained(script: &str, allow: &Allow) -> String {
    let home = tempfile::tempdir().unwrap();
    let mut command = Command::new("sh");
    command.args(["-c", script]).current_dir(home.path());
    Containment::new(allow).apply(&mut command, home.path(), &[]).unwrap();
    let output = output::of(command, "sh", output::QUESTION_TIME).unwrap();
    String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
}

fn has(feature: &str) -> bool {
    kernel::features().contains(&feature)
}

#[test]
fn only_its_home_can_be_written_and_no_other_file_read() {
    if !has("landlock") {
        return;
    }
    let other = tempfile::tempdir().unwrap();
    let secret = other.path().join("secret");
    fs::write(&secret, "secret").unwrap();
    let script = format!(
        "echo mine >file && cat file; cat {0}; echo x >{0}; mv file {0}; cat /etc/group",
        secret.display()
    );
    let said = contained(&script, &Allow::default());
    assert!(said.starts_with("mine\n"), "{said}");
    assert!(!said.contains("secret\n") && !said.contains("root:"), "{said}");
    assert_eq!(fs::read(&secret).unwrap(), b"secret");
    let allow = Allow { read: vec![other.path().into()], ..Allow::default() };
    assert_eq!(contained(&format!("cat {}", secret.display()), &allow), "secret");
}

/// With their effective, permitted, inheritable, bounding and ambient sets.
#[test]
fn there_are_no_capabilities_and_no_way_to_get_them() {
    let status = contained("cat /proc/self/status", &Allow::default());
    let value = |key: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(key));
        line.unwrap_or_default().trim_start_matches(':').trim().to_owned()
    };
    for set in ["CapEff", "CapPrm", "CapInh", "CapAmb"] {
        assert_eq!(value(set), "0000000000000000", "{set}");
    }
    assert_eq!(value("NoNewPrivs"), "1");
    if has("seccomp") {
        assert_eq!(value("Seccomp"), "2");
        let said = contained("unshare --user true; unshare --mount true", &Allow::default());
        assert_eq!(said.matches("Operation not permitted").count(), 2, "{said}");
    }
}

#[test]
fn only_named_variables_pass() {
    let said = contained("env", &Allow { env: vec!["CARGO_PKG_NAME".into()], ..Allow::default() });
    let mut names: Vec<&str> =
        said.lines().filter_map(|line| Some(line.split_once('=')?.0)).collect();
    names.retain(|name| !["PWD", "OLDPWD", "SHLVL", "_"].contains(name));
    names.retain(|name| !VARIABLES.contains(name));
    names.sort_unstable();
    let expected = match env::var_os("CARGO_PKG_NAME") {
        Some(_) => vec!["CARGO_PKG_NAME", "HOME", "TMPDIR"],
        None => vec!["HOME", "TMPDIR"],
    };
    assert_eq!(names, expected);
}

#[test]
fn no_other_descriptor_is_open() {
    // One that any child would inherit.
    let file = fs::File::open("/dev/null").unwrap();
    let inherited = nix::unistd::dup(&file).unwrap();
    let said = contained("ls /proc/self/fd | wc -l", &Allow::default());
    // The standard streams, and that of `ls`.
    assert_eq!(said.trim(), "4");
    drop(inherited);
}

/// `~/.pyenv/shims/python3` starts `~/.pyenv/libexec/pyenv`, which starts one of `~/.pyenv/versions`.
#[test]
fn the_programs_of_a_version_manager_can_be_read() {
    let manager = tempfile::tempdir().unwrap();
    let [shims, libexec] = ["shims", "libexec"].map(|name| manager.path().join(name));
    fs::create_dir(&shims).unwrap();
    fs::create_dir(&libexec).unwrap();
    let program = shims.join("python3");
    fs::write(&program, "").unwrap();
    fs::write(libexec.join("pyenv"), "started").unwrap();
    let home = tempfile::tempdir().unwrap();
    let mut command = Command::new("cat");
    command.arg(libexec.join("pyenv"));
    Containment::new(&Allow::default())
        .program(&program)
        .apply(&mut command, home.path(), &[])
        .unwrap();
    let output = output::of(command, "cat", output::QUESTION_TIME).unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "started");
}
