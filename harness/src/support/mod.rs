//! Utilities for all other layers: paths, text, digests, progress, and the errors of YAML files.
//!
//! This layer knows neither cases nor runtimes. Start with [`diagnostics`] for how a mistake in a
//! YAML file becomes a message, with [`directories`] for where cases and guests are found, and with
//! [`bundle`] for how an installed command works without a checkout.

pub mod bundle;
pub mod bytes;
pub mod cache_entry;
pub mod checkout;
pub mod diagnostics;
pub mod digest;
pub mod directories;
pub mod escape;
pub mod input;
pub mod interrupt;
pub mod memory;
pub mod output;
pub mod paths;
pub mod process;
pub mod progress;
pub mod shared_lock;
pub mod slots;
pub mod text;
pub mod work_directory;
