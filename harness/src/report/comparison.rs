//! Formats of a comparison, one file each.

pub mod format;
pub mod html;
pub mod json;
pub mod markdown;
pub mod text;
pub mod wording;

pub use format::Format;

/// The formats of `compare`, by name, each with the line of `--help` about it.
pub static FORMATS: [(&str, Format, &str); 4] =
    [named(text::FORMAT), named(markdown::FORMAT), named(json::FORMAT), named(html::FORMAT)];

const fn named(format: Format) -> (&'static str, Format, &'static str) {
    (format.name, format, format.help)
}

#[cfg(test)]
mod tests;
