//! The version of a command that cannot print it, from its Debian package.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::process::output;

/// The version of an installed package, if a program belongs to it.
pub fn owner_version(package: &str, program: &OsStr) -> Option<String> {
    let query = |words: &[&str]| {
        let mut query = Command::new("dpkg-query");
        query.args(words);
        let output = output::of(query, "dpkg-query", output::QUESTION_TIME).ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let program = fs::canonicalize(program).ok()?;
    let files = query(&["--listfiles", package])?;
    let owns = files.lines().any(|file| Path::new(file) == program);
    if owns { query(&["--show", "--showformat=${Version}", package]) } else { None }
}

/// The upstream part of a package's version: without the epoch, Debian's suffix and the revision.
pub fn upstream_version(version: &str) -> &str {
    let version = version.split_once(':').map_or(version, |(_, rest)| rest);
    let version = version.rsplit_once('-').map_or(version, |(upstream, _)| upstream);
    version.split('+').next().unwrap_or(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_upstream_version_is_extracted() {
        for (version, upstream) in [
            ("1.12.0-2", "1.12.0"),
            ("1:1.2-rc-3", "1.2-rc"),
            ("0.14.1+dfsg-3.1", "0.14.1"),
            ("7.4", "7.4"),
        ] {
            assert_eq!(upstream_version(version), upstream);
        }
    }

    #[test]
    fn a_program_outside_the_package_has_no_version() {
        assert_eq!(owner_version("no-such-package", "/bin/sh".as_ref()), None);
        assert_eq!(owner_version("dpkg", "/no/such/program".as_ref()), None);
    }
}
