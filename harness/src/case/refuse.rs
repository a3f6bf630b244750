//! Errors of the loader, and the names that it accepts.

use std::path::Path;

/// The characters of ids, which need no quotes in a shell and no escapes in a filter.
pub(super) fn is_word(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    !text.is_empty() && text.chars().all(fits)
}

/// A problem of a case, and how to fix it.
pub(super) type Wrong = (String, String);

pub(super) fn wrong<T>(what: impl Into<String>, todo: impl Into<String>) -> Result<T, Wrong> {
    Err((what.into(), todo.into()))
}

/// The name of a file without its ending: the first part of ids.
pub(super) fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}
