//! The parts of wasmtime-wasi's API that differ between versions.

use runner_kit::Preopen;
use wasmtime_wasi::WasiCtxBuilder;

#[cfg(not(feature = "before-36"))]
pub use wasmtime_wasi::cli::{InputFile, OutputFile};
#[cfg(not(feature = "before-37"))]
pub use wasmtime_wasi::p1::{WasiP1Ctx, add_to_linker_sync};
#[cfg(feature = "before-37")]
pub use wasmtime_wasi::preview1::{WasiP1Ctx, add_to_linker_sync};

#[cfg(feature = "before-36")]
pub use input::InputFile;
#[cfg(feature = "before-36")]
pub use wasmtime_wasi::OutputFile;

#[cfg(not(feature = "before-48"))]
pub fn preopen(builder: &mut WasiCtxBuilder, preopen: &Preopen) -> wasmtime::Result<()> {
    use wasmtime_wasi::FsPerms;
    let perms = if preopen.read_only { FsPerms::ReadOnly } else { FsPerms::ReadWrite };
    builder.preopened_dir(&preopen.host, &preopen.guest, perms)?;
    Ok(())
}

#[cfg(feature = "before-48")]
pub fn preopen(builder: &mut WasiCtxBuilder, preopen: &Preopen) -> wasmtime::Result<()> {
    use wasmtime_wasi::{DirPerms, FilePerms};
    let (dirs, files) = match preopen.read_only {
        true => (DirPerms::READ, FilePerms::READ),
        false => (DirPerms::all(), FilePerms::all()),
    };
    builder.preopened_dir(&preopen.host, &preopen.guest, dirs, files)?;
    Ok(())
}

/// Like `wasmtime_wasi::cli::InputFile` of 36 and later, for older versions.
#[cfg(feature = "before-36")]
mod input {
    use std::fs::File;
    use std::io::Read;
    use std::sync::Arc;

    use bytes::{Bytes, BytesMut};
    use wasmtime_wasi::{HostInputStream, StdinStream, StreamError, StreamResult, Subscribe};

    /// The most that wasmtime-wasi allocates for one read.
    const LONGEST_READ: usize = 64 * 1024;

    #[derive(Clone)]
    pub struct InputFile(Arc<File>);

    impl InputFile {
        pub fn new(file: File) -> Self {
            InputFile(Arc::new(file))
        }
    }

    impl StdinStream for InputFile {
        fn stream(&self) -> Box<dyn HostInputStream> {
            Box::new(self.clone())
        }

        fn isatty(&self) -> bool {
            false
        }
    }

    #[wasmtime_wasi::async_trait]
    impl Subscribe for InputFile {
        async fn ready(&mut self) {}
    }

    impl HostInputStream for InputFile {
        fn read(&mut self, size: usize) -> StreamResult<Bytes> {
            let mut buffer = BytesMut::zeroed(size.min(LONGEST_READ));
            let read = (&*self.0).read(&mut buffer);
            let read = read.map_err(|e| StreamError::LastOperationFailed(e.into()))?;
            if read == 0 {
                return Err(StreamError::Closed);
            }
            buffer.truncate(read);
            Ok(buffer.into())
        }
    }
}
