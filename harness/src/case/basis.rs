//! Who says so: the text on which a rule rests.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::refuse::{Wrong, wrong};
use crate::support::text::most_like;

/// The text on which a rule rests, the firmest first, so that the basis of a case is the greatest of
/// those of its rules.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "basis")]
pub enum Basis {
    /// The text of WASI or of core WebAssembly says it, or it follows directly.
    Wasi,
    /// WASI is silent, or only names a similar function of POSIX, and POSIX decides.
    Posix,
    /// Neither decides; implementations agree.
    Practice,
}

impl Basis {
    pub const ALL: [Basis; 3] = [Basis::Wasi, Basis::Posix, Basis::Practice];

    /// The basis of this name, or what is wrong and how to fix it.
    pub(super) fn find(text: &str) -> Result<Basis, Wrong> {
        if let Some(basis) = Basis::ALL.into_iter().find(|basis| basis.word() == text) {
            return Ok(basis);
        }
        let known = most_like(Basis::ALL.into_iter().map(Basis::word), text).unwrap_or_default();
        let todo = format!("did you mean `{known}`? A basis is `wasi`, `posix` or `practice`");
        wrong(format!("there is no basis `{text}`"), todo)
    }

    /// As it stands in prose and in the heads of tables.
    pub fn name(self) -> &'static str {
        match self {
            Basis::Wasi => "WASI",
            Basis::Posix => "POSIX",
            Basis::Practice => "practice",
        }
    }

    /// As files and options write it.
    fn word(self) -> &'static str {
        match self {
            Basis::Wasi => "wasi",
            Basis::Posix => "posix",
            Basis::Practice => "practice",
        }
    }
}

impl fmt::Display for Basis {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.pad(self.word())
    }
}

impl FromStr for Basis {
    type Err = String;

    fn from_str(text: &str) -> Result<Basis, String> {
        Basis::find(text).map_err(|(what, todo)| format!("{what}; {todo}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bases_are_typed_as_files_write_them() {
        for basis in Basis::ALL {
            assert_eq!(serde_json::to_value(basis).unwrap(), basis.to_string().as_str());
            assert_eq!(basis.to_string().parse(), Ok(basis));
        }
    }

    #[test]
    fn an_unknown_basis_names_the_nearest() {
        let error = "posic".parse::<Basis>().unwrap_err();
        assert!(error.starts_with("there is no basis `posic`; did you mean `posix`?"), "{error}");
    }

    #[test]
    fn practice_is_the_weakest() {
        assert!(Basis::Wasi < Basis::Posix && Basis::Posix < Basis::Practice);
    }
}
