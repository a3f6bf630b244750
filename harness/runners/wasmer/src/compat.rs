//! Building a guest's tree, which differs between versions of wasmer-wasix.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use wasmer_wasix::WasiEnvBuilder;
use wasmer_wasix::virtual_fs::{TmpFileSystem, host_fs};

/// The place of a host directory in the guest's tree.
pub type Mount = (PathBuf, host_fs::FileSystem);

/// Gives the guest a tree of these directories, and a root in memory if none of them is the root.
#[cfg(not(feature = "before-7-2"))]
pub fn set_tree(builder: &mut WasiEnvBuilder, mounts: Vec<Mount>) -> Result<()> {
    let root = wasmer_wasix::virtual_fs::MountFileSystem::new();
    if mounts.iter().all(|(at, _)| at != Path::new("/")) {
        root.mount(Path::new("/"), Arc::new(TmpFileSystem::new())).context("mount /")?;
    }
    for (at, host) in mounts {
        root.mount(&at, Arc::new(host)).with_context(|| format!("mount {}", at.display()))?;
    }
    builder.set_mount_fs(root);
    Ok(())
}

/// Like `WasiRunner` of these versions, except if the only directory is the root: it is used directly,
/// instead of as mounts of its initial entries.
#[cfg(feature = "before-7-2")]
pub fn set_tree(builder: &mut WasiEnvBuilder, mut mounts: Vec<Mount>) -> Result<()> {
    use wasmer_wasix::virtual_fs::{FileSystem, create_dir_all};
    if let [(at, _)] = &mounts[..]
        && at == Path::new("/")
        && let Some((_, host)) = mounts.pop()
    {
        builder.set_fs(Box::new(host) as Box<dyn FileSystem + Send + Sync>);
        return Ok(());
    }
    let root = TmpFileSystem::new();
    for (at, host) in mounts {
        let host: Arc<dyn FileSystem + Send + Sync> = Arc::new(host);
        let mounted = match at.parent() {
            None => root.mount_directory_entries(&at, &host, Path::new("/")),
            Some(parent) => create_dir_all(&root, parent)
                .and_then(|()| TmpFileSystem::mount(&root, at.clone(), &host, PathBuf::from("/"))),
        };
        mounted.with_context(|| format!("mount {}", at.display()))?;
    }
    builder.set_fs(Box::new(root) as Box<dyn FileSystem + Send + Sync>);
    Ok(())
}
