//! Selecting cases: substrings and globs on ids as `--filter` takes them, tags, bases, and single ids.

use anyhow::{Context, Result, anyhow, bail};
use globset::{Glob, GlobMatcher};

use super::{Basis, Case, Tag};

/// A selection of cases: those that the filter accepts and that have one of the tags and of the bases.
#[derive(Debug, Default)]
pub struct Selection {
    filter: Filter,
    /// Empty: any tags.
    tags: Vec<Tag>,
    /// Empty: any basis.
    bases: Vec<Basis>,
}

impl Selection {
    /// The values of `--filter`, of `--tag` and of `--basis`.
    pub fn new(filters: &[String], tags: &[Tag], bases: &[Basis]) -> Result<Self> {
        let filter = Filter::new(filters)?;
        Ok(Selection { filter, tags: tags.to_vec(), bases: bases.to_vec() })
    }

    pub fn accepts(&self, runtime: &str, case: &Case) -> bool {
        self.has_tag(case) && self.has_basis(case) && self.filter.accepts(runtime, &case.id)
    }

    /// The accepted cases, for any runtime: at least one.
    pub fn of<'a>(&self, cases: &'a [Case]) -> Result<Vec<&'a Case>> {
        let left: Vec<&Case> = cases.iter().filter(|case| self.accepts("", case)).collect();
        if left.is_empty() { Err(self.no_case()) } else { Ok(left) }
    }

    /// The error of a selection that leaves no case.
    pub fn no_case(&self) -> anyhow::Error {
        anyhow!("{}: no case matches; see `wasi-conformance list`", self.typed())
    }

    /// The options as the user typed them.
    fn typed(&self) -> String {
        let filters = self.filter.patterns.iter().map(|pattern| match pattern {
            Pattern::Substring(text) => format!("--filter {text}"),
            Pattern::Glob(glob) => format!("--filter {}", glob.glob()),
        });
        let tags = self.tags.iter().map(|tag| format!("--tag {tag}"));
        let bases = self.bases.iter().map(|basis| format!("--basis {basis}"));
        filters.chain(tags).chain(bases).collect::<Vec<_>>().join(" ")
    }

    fn has_basis(&self, case: &Case) -> bool {
        self.bases.is_empty() || self.bases.contains(&case.basis)
    }

    fn has_tag(&self, case: &Case) -> bool {
        self.tags.is_empty() || self.tags.iter().any(|tag| case.tags.contains(tag))
    }
}

/// Matches `path_open::trunc_on_directory` alone and with its runtime in front.
#[derive(Debug, Default)]
pub struct Filter {
    patterns: Vec<Pattern>,
}

#[derive(Debug)]
enum Pattern {
    Substring(String),
    Glob(GlobMatcher),
}

impl Filter {
    /// A text that contains `*`, `?` or `[` is a glob for the whole id; any other is a substring. Several
    /// texts mean any of them, none means every case.
    pub fn new(texts: &[String]) -> Result<Self> {
        Filter::of_option("--filter", texts)
    }

    /// The same for another option, which messages name.
    pub fn of_option(option: &str, texts: &[String]) -> Result<Self> {
        let pattern = |text: &String| {
            if text.is_empty() {
                bail!("{option} '' is empty: write a part of an id, or leave the option out");
            }
            if !text.contains(['*', '?', '[']) {
                return Ok(Pattern::Substring(text.clone()));
            }
            let glob =
                Glob::new(text).with_context(|| format!("{option} `{text}` is not a glob"))?;
            Ok(Pattern::Glob(glob.compile_matcher()))
        };
        Ok(Filter { patterns: texts.iter().map(pattern).collect::<Result<_>>()? })
    }

    pub fn accepts(&self, runtime: &str, case: &str) -> bool {
        let full = format!("{runtime}::{case}");
        self.patterns.is_empty()
            || self.patterns.iter().any(|pattern| match pattern {
                Pattern::Substring(text) => full.contains(text.as_str()),
                Pattern::Glob(glob) => glob.is_match(case) || glob.is_match(&full),
            })
    }
}

/// The case of this id.
pub fn named<'a>(id: &str, cases: &'a [Case]) -> Result<&'a Case> {
    if let Some(case) = cases.iter().find(|case| case.id == id) {
        return Ok(case);
    }
    let similar: Vec<&str> =
        cases.iter().map(|c| c.id.as_str()).filter(|known| known.contains(id)).take(5).collect();
    match similar.as_slice() {
        [] => bail!("no case is called `{id}`; see `wasi-conformance list`"),
        similar => bail!("no case is called `{id}`; did you mean {}?", similar.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::sample;

    fn filter(text: &str) -> Filter {
        Filter::new(&[text.to_owned()]).unwrap()
    }

    #[test]
    fn a_substring_is_looked_for_anywhere() {
        assert!(filter("open::trunc").accepts("node", "path_open::trunc_it"));
        assert!(filter("node::path").accepts("node", "path_open::trunc_it"));
        assert!(!filter("wasmtime::").accepts("node", "path_open::trunc_it"));
    }

    #[test]
    fn a_glob_is_for_the_whole_id() {
        assert!(filter("path_*::trunc*").accepts("node", "path_open::trunc_it"));
        assert!(filter("node::*").accepts("node", "path_open::trunc_it"));
        assert!(!filter("trunc*").accepts("node", "path_open::trunc_it"));
    }

    #[test]
    fn each_sign_of_a_glob_makes_one() {
        for glob in ["path_open::trunc_?t", "path_open::trunc_[i]t", "*::trunc_it"] {
            assert!(filter(glob).accepts("node", "path_open::trunc_it"), "{glob}");
            assert!(!filter(glob).accepts("node", "path_open::trunc_it_twice"), "{glob}");
        }
    }

    #[test]
    fn any_of_several_texts_is_enough() {
        let filter = Filter::new(&["trunc".to_owned(), "node::*".to_owned()]).unwrap();
        assert!(filter.accepts("wasmtime", "path_open::trunc_it"));
        assert!(filter.accepts("node", "fd_read::all"));
        assert!(!filter.accepts("wasmtime", "fd_read::all"));
    }

    #[test]
    fn a_broken_glob_is_shown() {
        let error = Filter::new(&["a".to_owned(), "b[".to_owned()]).unwrap_err();
        assert_eq!(error.to_string(), "--filter `b[` is not a glob");
    }

    #[test]
    fn an_empty_filter_is_refused() {
        let error = Filter::of_option("--allow", &[String::new()]).unwrap_err().to_string();
        assert!(error.starts_with("--allow '' is empty"), "{error}");
    }

    #[test]
    fn no_filter_accepts_every_case() {
        assert!(Filter::default().accepts("node", "x::y"));
    }

    fn case(id: &str, tags: &[Tag]) -> Case {
        Case { tags: tags.iter().copied().collect(), ..sample::case(id) }
    }

    #[test]
    fn a_selection_needs_a_tag_and_a_filter() {
        let cases = [case("a::x", &[Tag::Core]), case("a::y", &[Tag::Core]), case("b::x", &[])];
        let chosen = |filters: &[&str], tags: &[Tag]| {
            let filters: Vec<String> = filters.iter().map(|&text| text.into()).collect();
            let chosen = Selection::new(&filters, tags, &[]).unwrap().of(&cases);
            chosen
                .map(|chosen| chosen.into_iter().map(|case| case.id.clone()).collect::<Vec<_>>())
                .map_err(|error| error.to_string())
        };
        assert_eq!(chosen(&[], &[]).unwrap(), ["a::x", "a::y", "b::x"]);
        assert_eq!(chosen(&[], &[Tag::Core]).unwrap(), ["a::x", "a::y"]);
        assert_eq!(chosen(&["x"], &[Tag::Core, Tag::Sandbox]).unwrap(), ["a::x"]);
        assert_eq!(
            chosen(&["b", "c*"], &[Tag::Core]).unwrap_err(),
            "--filter b --filter c* --tag core: no case matches; see `wasi-conformance list`"
        );
    }
    #[test]
    fn a_selection_by_basis_takes_any_of_several() {
        let cases = Basis::ALL.map(|basis| Case { basis, ..sample::case(&format!("a::{basis}")) });
        let chosen = |bases: &[Basis]| {
            let chosen = Selection::new(&[], &[], bases).unwrap();
            let chosen = chosen.of(&cases).unwrap().into_iter();
            chosen.map(|case| case.basis).collect::<Vec<_>>()
        };
        assert_eq!(chosen(&[]), Basis::ALL);
        assert_eq!(chosen(&[Basis::Wasi]), [Basis::Wasi]);
        assert_eq!(chosen(&[Basis::Practice, Basis::Wasi]), [Basis::Wasi, Basis::Practice]);
        let none = Selection::new(&["b".into()], &[], &[Basis::Posix]).unwrap().no_case();
        assert!(none.to_string().starts_with("--filter b --basis posix: no case matches"));
    }
}
