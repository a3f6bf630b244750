//! Reading files that people name, or that lie where they keep theirs. A pipe or a device there would
//! keep the program waiting, or fill its memory.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

/// Larger than any file that this program writes.
const MOST_BYTES: u64 = 1 << 30;

/// Reads a file of text.
pub fn read_text(path: &Path) -> io::Result<String> {
    check(path)?;
    fs::read_to_string(path)
}

/// Reads a file.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    check(path)?;
    fs::read(path)
}

/// Opens a file to read it.
pub fn open(path: &Path) -> io::Result<File> {
    check(path)?;
    File::open(path)
}

/// Refuses what reading might never end, and what is too large. The pipes of a shell, `<(…)` and
/// `/dev/stdin`, have a writer.
fn check(path: &Path) -> io::Result<()> {
    let metadata = fs::metadata(path)?;
    let of_shell = path.starts_with("/dev") || path.starts_with("/proc");
    if metadata.len() > MOST_BYTES && metadata.is_file() {
        return Err(io::Error::new(ErrorKind::FileTooLarge, "it is larger than 1 GiB"));
    }
    let is_readable = metadata.is_file() || metadata.is_dir();
    if is_readable || of_shell && metadata.file_type().is_fifo() {
        return Ok(());
    }
    Err(io::Error::new(ErrorKind::InvalidInput, "it is a pipe or a device, not a file"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pipes_devices_and_huge_files_are_refused() {
        let directory = tempfile::tempdir().unwrap();
        let [pipe, device, huge] =
            ["pipe", "device", "huge"].map(|name| directory.path().join(name));
        nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
        std::os::unix::fs::symlink("/dev/zero", &device).unwrap();
        File::create(&huge).unwrap().set_len(MOST_BYTES + 1).unwrap();
        for path in [&pipe, &device, Path::new("/dev/zero")] {
            let refused = read_text(path).unwrap_err().to_string();
            assert_eq!(refused, "it is a pipe or a device, not a file");
        }
        assert_eq!(read(&huge).unwrap_err().to_string(), "it is larger than 1 GiB");
        assert_eq!(
            read_text(&directory.path().join("no")).unwrap_err().kind(),
            ErrorKind::NotFound
        );
    }
}
