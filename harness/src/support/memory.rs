//! How much memory this program and its children may use.

use std::fs;
use std::path::{Path, PathBuf};

/// In bytes: what the machine has, or less if a control group of this process has a limit, as in a
/// container. `None` if it is not known.
pub fn limit() -> Option<u64> {
    machine().into_iter().chain(groups().iter().filter_map(|file| read_limit(file))).min()
}

fn machine() -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    Some(line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()? << 10)
}

/// The files that may hold a limit of this process: those of its groups and of all above these. In a
/// container, the path of a group may be that outside of it; the topmost group is then its own.
fn groups() -> Vec<PathBuf> {
    let text = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    files_of(&text)
}

/// `text` has lines like `0::/a/b` (version 2) and `3:memory:/a/b` (version 1).
fn files_of(text: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for line in text.lines() {
        let mut parts = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(group)) = (parts.next(), parts.next()) else { continue };
        let (mount, file) = match controllers {
            "" => ("/sys/fs/cgroup", "memory.max"),
            _ if controllers.split(',').any(|name| name == "memory") => {
                ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")
            }
            _ => continue,
        };
        let groups = Path::new(group).ancestors();
        files.extend(groups.map(|group| {
            Path::new(mount).join(group.strip_prefix("/").unwrap_or(group)).join(file)
        }));
    }
    files
}

/// A group without a limit says `max`.
fn read_limit(file: &Path) -> Option<u64> {
    fs::read_to_string(file).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limits_of_all_groups_above_count() {
        let text = "7:cpu,memory:/ci/job\n3:cpuset:/ci\n0::/user\n";
        let paths: Vec<_> = files_of(text).iter().map(|path| path.display().to_string()).collect();
        assert_eq!(
            paths,
            [
                "/sys/fs/cgroup/memory/ci/job/memory.limit_in_bytes",
                "/sys/fs/cgroup/memory/ci/memory.limit_in_bytes",
                "/sys/fs/cgroup/memory/memory.limit_in_bytes",
                "/sys/fs/cgroup/user/memory.max",
                "/sys/fs/cgroup/memory.max",
            ]
        );
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_machine_has_memory() {
        assert!(limit().unwrap() > 1 << 20);
    }
}
