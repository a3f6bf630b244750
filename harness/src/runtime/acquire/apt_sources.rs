//! The machine's own package sources, of which a private folder uses the archive.

use std::fs;
use std::path::{Path, PathBuf};

/// The archive that a machine takes Debian's packages from.
#[derive(Debug, PartialEq, Eq)]
pub struct Archive {
    pub uri: String,
    /// The keyring that its releases are signed with, if the source names one.
    pub signed_by: Option<String>,
}

/// The archive of Debian among the sources below `/etc/apt`.
pub fn archive(etc_apt: &Path) -> Option<Archive> {
    let mut files = vec![etc_apt.join("sources.list")];
    let folder = fs::read_dir(etc_apt.join("sources.list.d")).into_iter().flatten().flatten();
    let mut others: Vec<PathBuf> = folder.map(|entry| entry.path()).collect();
    others.sort();
    files.extend(others);
    files.iter().find_map(|file| {
        let text = fs::read_to_string(file).ok()?;
        match file.extension()?.to_str()? {
            "list" => text.lines().find_map(of_line),
            "sources" => stanzas(&text).find_map(|stanza| of_stanza(&stanza)),
            _ => None,
        }
    })
}

/// `deb [signed-by=KEYRING] URI SUITE COMPONENT…`
fn of_line(line: &str) -> Option<Archive> {
    let rest = line.trim().strip_prefix("deb ")?.trim_start();
    let (options, rest) = match rest.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?,
        None => ("", rest),
    };
    let mut words = rest.split_whitespace();
    let (uri, suite) = (words.next()?, words.next()?);
    let signed_by = options.split_whitespace().find_map(|option| option.strip_prefix("signed-by="));
    chosen(uri, suite, words.any(|component| component == "main"), signed_by)
}

/// The paragraphs of a file in deb822 format, without comments.
fn stanzas(text: &str) -> impl Iterator<Item = Vec<&str>> {
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    let stanzas: Vec<Vec<&str>> =
        lines.split(|line| line.trim().is_empty()).map(<[&str]>::to_vec).collect();
    stanzas.into_iter()
}

fn of_stanza(lines: &[&str]) -> Option<Archive> {
    let field = |name: &str| {
        lines.iter().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    };
    if field("Enabled").is_some_and(|enabled| enabled.eq_ignore_ascii_case("no")) {
        return None;
    }
    field("Types")?.split_whitespace().find(|kind| *kind == "deb")?;
    let has_main = field("Components")?.split_whitespace().any(|component| component == "main");
    let uri = field("URIs")?.split_whitespace().next()?;
    // A key may stand in the file itself, on lines of its own; that is no file to point at.
    let signed_by = field("Signed-By").filter(|keyring| keyring.starts_with('/'));
    field("Suites")?.split_whitespace().find_map(|suite| chosen(uri, suite, has_main, signed_by))
}

/// Debian's archive has `main`, and ends in `/debian` wherever it is mirrored; the archive of
/// security updates, and those of other vendors, don't hold other suites.
fn chosen(uri: &str, suite: &str, has_main: bool, signed_by: Option<&str>) -> Option<Archive> {
    let is_debian = uri.trim_end_matches('/').ends_with("/debian");
    (is_debian && has_main && !suite.ends_with("-security"))
        .then(|| Archive { uri: uri.to_owned(), signed_by: signed_by.map(str::to_owned) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn archive_of(name: &str, text: &str) -> Option<Archive> {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("sources.list.d")).unwrap();
        fs::write(folder.path().join(name), text).unwrap();
        archive(folder.path())
    }

    fn expected(signed_by: Option<&str>) -> Option<Archive> {
        let uri = "http://mirror.example/debian".to_owned();
        Some(Archive { uri, signed_by: signed_by.map(str::to_owned) })
    }

    #[test]
    fn one_line_sources_with_options() {
        let text = "# deb http://old.example/debian bookworm main\n\
                    deb http://mirror.example/debian-security bookworm-security main\n\
                    deb [arch=amd64 signed-by=/k.gpg] http://mirror.example/debian bookworm main\n";
        assert_eq!(archive_of("sources.list", text), expected(Some("/k.gpg")));
    }

    #[test]
    fn one_line_sources_without_options() {
        let text = "deb http://mirror.example/debian bookworm main contrib\n";
        assert_eq!(archive_of("sources.list.d/debian.list", text), expected(None));
    }

    #[test]
    fn stanzas_with_comments() {
        let text = "Types: deb\n# a comment\nURIs: http://mirror.example/debian\n\
                    Suites: bookworm bookworm-updates\nComponents: main\nSigned-By: /k.gpg\n\n\
                    Types: deb\nURIs: http://mirror.example/debian-security\n\
                    Suites: bookworm-security\nComponents: main\n";
        assert_eq!(archive_of("sources.list.d/debian.sources", text), expected(Some("/k.gpg")));
    }

    #[test]
    fn what_is_switched_off_or_of_another_vendor_is_not_taken() {
        let text = "Enabled: no\nTypes: deb\nURIs: http://mirror.example/debian\n\
                    Suites: bookworm\nComponents: main\n\n\
                    Types: deb\nURIs: http://vendor.example/apt\nSuites: stable\nComponents: main\n";
        assert_eq!(archive_of("sources.list.d/debian.sources", text), None);
    }
}
