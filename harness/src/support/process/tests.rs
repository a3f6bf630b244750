use super::*;

/// Far longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(30);

fn shell(script: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", script]);
    command
}

fn exists(pid: i32) -> bool {
    kill(Pid::from_raw(pid), None).is_ok()
}

/// The number that a script printed.
fn printed(text: &[u8]) -> i32 {
    String::from_utf8_lossy(text).trim().parse().unwrap()
}

#[test]
fn a_grandchild_that_keeps_stdout_is_not_waited_for() {
    let began = Instant::now();
    let output = output::of(shell("sleep 1000 & echo $!"), "sh", PATIENCE).unwrap();
    assert!(began.elapsed() < PATIENCE);
    assert!(!exists(printed(&output.stdout)));
}

#[test]
fn what_a_program_prints_is_whole() {
    let output = output::of(shell("seq 100000; exit 3"), "sh", PATIENCE).unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(output.stdout.ends_with(b"\n100000\n"));
}

#[test]
fn a_program_that_hangs_is_ended() {
    let error = output::of(shell("sleep 1000"), "it", Duration::from_millis(100)).err().unwrap();
    assert_eq!(error.to_string(), "it did not end within 0 s");
}

/// It has another session, group and parent, and no environment.
#[test]
fn a_daemon_is_found() {
    let script = "setsid env -i sleep 1000 & sleep 0.1; exit 0";
    let mut family = Family::spawn(shell(script)).unwrap();
    assert!(family.wait_for(PATIENCE).unwrap().is_some());
    let left = family.kill_left_behind();
    assert_eq!(left.iter().map(|m| m.name.as_str()).collect::<Vec<_>>(), ["sleep"]);
    family.kill().unwrap();
    assert!(!exists(left[0].pid));
}

/// Looking again is left out only as long as nothing was started.
#[test]
fn what_a_child_starts_later_is_found() {
    let mut command = shell("read line; setsid sleep 1000 & read line");
    command.stdin(std::process::Stdio::piped());
    let mut family = Family::spawn(command).unwrap();
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!(family.kill_left_behind(), []);
    let stdin = family.child.stdin.as_mut().unwrap();
    std::io::Write::write_all(stdin, b"go\n").unwrap();
    std::thread::sleep(Duration::from_millis(200));
    let left = family.kill_left_behind();
    assert_eq!(left.iter().map(|m| m.name.as_str()).collect::<Vec<_>>(), ["sleep"]);
}

#[test]
fn a_child_outside_of_its_group_is_killed() {
    let mut family = Family::spawn(shell("exec setsid --wait sleep 1000")).unwrap();
    std::thread::sleep(Duration::from_millis(100));
    let began = Instant::now();
    assert!(family.kill().unwrap().is_some());
    assert!(began.elapsed() < DYING_TIME);
    assert!(family.others().is_empty());
}

#[test]
fn helpers_and_those_about_to_end_are_not_left_behind() {
    let mut family = Family::spawn(shell("sleep 1000 & setsid sleep 1000 & wait")).unwrap();
    let until = Instant::now() + PATIENCE;
    while family.others().len() < 2 || family.others().iter().any(|m| m.name != "sleep") {
        assert!(Instant::now() < until);
    }
    assert_eq!(family.left_behind().len(), 1);
    family.accept_helpers();
    assert!(family.kill_left_behind().is_empty());
    drop(family);
    let mut family = Family::spawn(shell("sleep 0.05 &")).unwrap();
    family.wait_for(PATIENCE).unwrap();
    assert!(family.kill_left_behind().is_empty());
}

#[test]
fn a_child_outlives_the_thread_that_asked_for_it() {
    let mut family =
        std::thread::spawn(|| Family::spawn(shell("sleep 1000")).unwrap()).join().unwrap();
    std::thread::sleep(Duration::from_millis(50));
    assert!(family.try_wait().unwrap().is_none());
}

#[test]
fn a_child_ends_first_if_memory_runs_out() {
    let family = Family::spawn(shell("sleep 1000")).unwrap();
    let score = fs::read_to_string(format!("/proc/{}/oom_score_adj", family.child.id())).unwrap();
    assert_eq!(score, "1000\n");
}

#[test]
fn a_program_that_is_still_open_for_writing_is_waited_for() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("program");
    fs::write(&path, "#!/bin/sh\nexit 3\n").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    let open = fs::OpenOptions::new().append(true).open(&path).unwrap();
    let writer = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(50));
        drop(open);
    });
    let output = output::of(Command::new(&path), "it", PATIENCE).unwrap();
    assert_eq!(output.status.code(), Some(3));
    writer.join().unwrap();
}

/// Without its tag, it would not be found when it is left behind.
#[test]
fn a_contained_child_cannot_change_its_tag() {
    let status = |contained: bool, args: &[&str]| {
        let mut command = Command::new("prlimit");
        command.arg("--rttime=0").args(args).stderr(std::process::Stdio::null());
        if contained {
            // SAFETY: this makes a system call only.
            let enter = || nix::sys::prctl::set_no_new_privs().map_err(Into::into);
            unsafe { command.pre_exec(enter) };
        }
        let mut family = Family::spawn(command).unwrap();
        family.wait_for(PATIENCE).unwrap().unwrap()
    };
    let mut other = Command::new("sleep").arg("1000").spawn().unwrap();
    let of_other = format!("--pid={}", other.id());
    assert!(status(false, &["true"]).success());
    assert!(!status(true, &["true"]).success());
    assert!(!status(true, &[&of_other]).success());
    assert!(status(false, &[&of_other]).success());
    other.kill().unwrap();
    other.wait().unwrap();
}
