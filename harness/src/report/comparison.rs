//! A comparison, shown to people: a file for each format.

pub mod html;
pub mod markdown;
pub mod text;
pub mod wording;

use anyhow::{Context, Result};

use crate::report::screen::Screen;
use crate::results::compare::Comparison;

/// The formats of `compare`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Text,
    Markdown,
    Json,
    Html,
}

impl Format {
    /// The formats by name, each with a line about it.
    pub const ALL: [(&str, Format, &str); 4] = [
        ("text", Format::Text, "for the terminal"),
        ("markdown", Format::Markdown, "for a comment on a pull request, with collapsible details"),
        ("json", Format::Json, "everything, for other programs"),
        ("html", Format::Html, "a page that needs no network"),
    ];
}

/// The same comparison gives the same bytes.
pub fn make(comparison: &Comparison, format: Format, screen: Screen) -> Result<String> {
    Ok(match format {
        Format::Text => text::render(comparison, screen),
        Format::Markdown => markdown::render(comparison),
        Format::Html => html::render(comparison),
        Format::Json => {
            serde_json::to_string_pretty(comparison).context("encode the comparison")? + "\n"
        }
    })
}

#[cfg(test)]
mod tests;
