//! Which files a contained process may reach, enforced by Landlock.

use std::os::fd::OwnedFd;
use std::path::PathBuf;

use anyhow::{Context, Result};
use landlock::{
    ABI, Access, AccessFs, AccessNet, Ruleset, RulesetAttr, RulesetCreatedAttr, Scope,
    path_beneath_rules,
};

/// The newest version whose rights are known here. An older kernel enforces those that it knows.
const KNOWN: ABI = ABI::V6;
/// Under the first version of Landlock, a contained process cannot move a file to another directory,
/// which would change verdicts.
const OLDEST: i64 = 2;

/// Whether the kernel has a version of Landlock that changes no verdict.
pub fn is_available() -> bool {
    const VERSION: u32 = 1;
    let none = std::ptr::null::<libc::c_void>();
    // SAFETY: this combination of arguments asks for the version, and reads no memory.
    let version =
        unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, none, 0_usize, VERSION) };
    version >= OLDEST
}

/// The paths that may be read and executed, and those that may be written. Paths that do not exist are
/// left out. Directories can be listed anywhere, because verdicts depend on it. Signals and abstract
/// sockets reach contained processes only.
pub fn ruleset(read: &[PathBuf], write: &[PathBuf], network: bool) -> Result<Option<OwnedFd>> {
    let make = || -> Result<_, landlock::RulesetError> {
        let mut ruleset = Ruleset::default()
            .handle_access(AccessFs::from_all(KNOWN))?
            .scope(Scope::AbstractUnixSocket | Scope::Signal)?;
        if !network {
            ruleset = ruleset.handle_access(AccessNet::from_all(KNOWN))?;
        }
        ruleset
            .create()?
            // A runtime that follows a link to a directory outside must not look as if it did not.
            .add_rules(path_beneath_rules(["/"], AccessFs::ReadDir))?
            .add_rules(path_beneath_rules(read, AccessFs::from_read(KNOWN)))?
            .add_rules(path_beneath_rules(write, AccessFs::from_all(KNOWN)))
    };
    Ok(make().context("make the rules of Landlock")?.into())
}
