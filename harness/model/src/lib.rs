//! WASI preview 1 as a specification that executes: for any state of a guest's world and any call,
//! [`allowed`] gives all that may happen.
//!
//! Each [`Branch`] names the rules of `expectations/` that it rests on, says what the call may give,
//! and holds the state afterwards. Where the rules leave a choice there are several branches; the
//! first is the one that the reference runtime takes. This crate reads no file and no clock, and
//! knows no runtime: whatever comes from outside (the time, data on stdin) is put into the [`State`]
//! before a call.

mod branch;
mod call;
mod calls;
mod content;
mod errno;
mod files;
mod flags;
mod listing;
pub mod memory;
mod shared;
mod state;
mod streams;
mod trace;
pub mod uncited;
mod walk;

pub use branch::{Branch, Event, Fdstat, Filestat, Number, Outcome, Rule, Value};
pub use call::{Call, Fault, Fd, Given, Interest, Subscription};
pub use calls::allowed;
pub use content::Content;
pub use errno::Errno;
pub use files::{Directory, Entry, Files, Ino, Inode, Kind, Name, Time, Times};
pub use flags::{every_right, file_type, stdio_rights};
pub use listing::{Dirent, Listing};
pub use shared::Shared;
pub use state::{Clocks, Descriptor, Host, Limits, Object, State};
pub use streams::{Stream, StreamKind};
pub use trace::{Observation, Refusal, Step, check};
