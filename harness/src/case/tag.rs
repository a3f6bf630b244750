//! What a case is about: words that select cases and that reports group them by.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A word about a case. It never changes what the case expects.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "tag")]
pub enum Tag {
    /// A young runtime should pass it first.
    Core,
    /// It is about what a guest must not reach.
    Sandbox,
    /// It reproduces a published security advisory.
    Advisory,
    /// The guest uses its stdin, which must end.
    UsesStdin,
    /// The guest looks at the name of a preopen.
    PreopenName,
    /// Its files must be in the preopen itself, not in a directory below it.
    PreopenRoot,
    /// The guest writes bytes to stdout that are not plain text.
    RawOutput,
}

impl Tag {
    pub const ALL: [Tag; 7] = [
        Tag::Core,
        Tag::Sandbox,
        Tag::Advisory,
        Tag::UsesStdin,
        Tag::PreopenName,
        Tag::PreopenRoot,
        Tag::RawOutput,
    ];
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.pad(match self {
            Tag::Core => "core",
            Tag::Sandbox => "sandbox",
            Tag::Advisory => "advisory",
            Tag::UsesStdin => "uses_stdin",
            Tag::PreopenName => "preopen_name",
            Tag::PreopenRoot => "preopen_root",
            Tag::RawOutput => "raw_output",
        })
    }
}

impl FromStr for Tag {
    type Err = String;

    fn from_str(text: &str) -> Result<Tag, String> {
        Tag::ALL.into_iter().find(|tag| tag.to_string() == text).ok_or_else(|| {
            let known: Vec<String> = Tag::ALL.iter().map(Tag::to_string).collect();
            format!("there is no tag `{text}`; the tags are {}", known.join(", "))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_typed_as_files_write_them() {
        for tag in Tag::ALL {
            assert_eq!(serde_json::to_value(tag).unwrap(), tag.to_string().as_str());
            assert_eq!(tag.to_string().parse(), Ok(tag));
        }
    }

    #[test]
    fn an_unknown_tag_names_the_known_ones() {
        let error = "cor".parse::<Tag>().unwrap_err();
        assert!(error.starts_with("there is no tag `cor`; the tags are core, sandbox"), "{error}");
    }
}
