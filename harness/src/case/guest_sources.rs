//! The sources of guests, and the lines that a case runs.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use regex::Regex;

use crate::support::input;

/// The sources of a checkout's guests.
#[derive(Default)]
pub struct GuestSources {
    /// By language: the first part of a guest's name and of its path.
    languages: BTreeMap<String, Vec<SourceFile>>,
}

struct SourceFile {
    /// From the checkout: `guests/rust/src/bin/calls/areas/io.rs`.
    path: String,
    stem: String,
    text: String,
    /// The line of the first definition of each function.
    lines: HashMap<String, usize>,
}

impl GuestSources {
    /// Reads the sources, if the checkout has any.
    pub fn read(checkout: &Path) -> Self {
        let definition =
            Regex::new(r"(?:fn|static\s+\w+)\s+(\w+)\s*[(<]").expect("the pattern is one");
        let mut languages: BTreeMap<String, Vec<SourceFile>> = BTreeMap::new();
        let guests = checkout.join("guests");
        for entry in walkdir::WalkDir::new(&guests).sort_by_file_name().into_iter().flatten() {
            let path = entry.path();
            let is_source = path.extension().is_some_and(|e| e == "rs" || e == "c");
            let inside = path.strip_prefix(&guests).ok().filter(|_| is_source);
            let language = inside.and_then(|inside| inside.components().next());
            let (Some(language), Ok(text)) = (language, input::read_text(path)) else { continue };
            let language = language.as_os_str().to_string_lossy().into_owned();
            languages.entry(language).or_default().push(SourceFile {
                path: path.strip_prefix(checkout).unwrap_or(path).display().to_string(),
                stem: path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
                lines: definitions(&definition, &text),
                text,
            });
        }
        GuestSources { languages }
    }

    /// `FILE:LINE` of the guest's code for these arguments: the functions whose names begin them, or
    /// else the guest's main source file.
    pub fn places(&self, guest: &str, args: &[String]) -> Vec<String> {
        let Some((language, name)) = guest.split_once('-') else { return vec![] };
        let Some(files) = self.languages.get(language) else { return vec![] };
        // The guest's own file first: helpers of other guests may have functions of the same name.
        let mut files: Vec<&SourceFile> = files.iter().collect();
        files.sort_by_key(|file| file.stem != name);
        let mut places: Vec<String> = Vec::new();
        for arg in args {
            let statement = arg.split_once(" = ").map_or(arg.as_str(), |(_, call)| call);
            let word = statement.split_whitespace().next().unwrap_or_default();
            let place = files
                .iter()
                .find_map(|file| Some(format!("{}:{}", file.path, file.lines.get(word)?)));
            places.extend(place.filter(|place| !places.contains(place)));
        }
        if places.is_empty() {
            places.extend(files.first().map(|file| file.path.clone()));
        }
        places
    }

    /// The texts of the files of these places, by path.
    pub fn texts<'a>(
        &self,
        places: impl IntoIterator<Item = &'a String>,
    ) -> BTreeMap<String, String> {
        let all: BTreeMap<&str, &SourceFile> =
            self.languages.values().flatten().map(|file| (file.path.as_str(), file)).collect();
        let file_of =
            |place: &'a String| place.split_once(':').map_or(&place[..], |(file, _)| file);
        let named = places.into_iter().filter_map(|place| all.get(file_of(place)));
        named.map(|file| (file.path.clone(), file.text.clone())).collect()
    }
}

fn definitions(definition: &Regex, text: &str) -> HashMap<String, usize> {
    let mut lines = HashMap::new();
    for (i, line) in text.lines().enumerate() {
        for found in definition.captures_iter(line) {
            lines.entry(found[1].to_owned()).or_insert(i + 1);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn sources() -> GuestSources {
        let directory = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = directory.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("guests/c/args.c", "static int echo(void) {}\nstatic int two(int a) {}\n");
        write("guests/c/lib/other.c", "// Not this one.\nstatic void echo(int x) {}\n");
        write("guests/rust/src/bin/calls/io.rs", "\nfn fd_read<T>() {}\npub fn fd_seek() {}\n");
        write("guests/rust/notes.md", "fn fd_tell() {}\n");
        GuestSources::read(directory.path())
    }

    fn places(guest: &str, args: &[&str]) -> Vec<String> {
        sources().places(guest, &args.iter().map(|&arg| arg.to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn places_are_the_definitions_of_called_functions() {
        let calls = ["n = fd_seek 3 0 set", "fd_read f 1", "fd_seek 3 1 set", "fd_tell f"];
        let file = "guests/rust/src/bin/calls/io.rs";
        assert_eq!(places("rust-calls", &calls), [format!("{file}:3"), format!("{file}:2")]);
    }

    #[test]
    fn the_guests_own_file_comes_first_and_is_the_fallback() {
        assert_eq!(places("c-other", &["echo"]), ["guests/c/lib/other.c:2"]);
        assert_eq!(places("c-args", &["echo", "x"]), ["guests/c/args.c:1"]);
        assert_eq!(places("c-args", &[]), ["guests/c/args.c"]);
        assert_eq!(places("go-args", &["echo"]), [""; 0]);
        assert_eq!(places("theirs", &["echo"]), [""; 0]);
    }

    #[test]
    fn texts_are_those_of_the_files_of_places() {
        let places = ["guests/c/args.c:2".to_owned(), "guests/c/args.c".to_owned()];
        let texts = sources().texts(&places);
        assert_eq!(texts.keys().collect::<Vec<_>>(), ["guests/c/args.c"]);
        assert!(texts["guests/c/args.c"].ends_with("two(int a) {}\n"));
    }
}
