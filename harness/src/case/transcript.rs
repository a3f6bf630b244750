//! The guests whose arguments are statements, and the verbs of these statements. A guest also refuses a
//! misspelt verb, but that would look like a failure of every runtime.

use preview1::FUNCTIONS;

use super::Case;
use crate::support::diagnostics::Problem;
use crate::support::text::most_like;

/// Statements of `rust-calls` that stand for several calls.
const SEVERAL_CALLS: [&str; 3] = ["advance", "apart", "list"];
/// Functions that `rust-calls` has no statement for: its own arguments are the statements.
const WITHOUT_STATEMENT: [&str; 2] = ["args_get", "args_sizes_get"];

/// The functions and the methods that `p2-calls` knows.
#[rustfmt::skip]
const OF_PREVIEW_2: &[&str] = &[
    "compare", "drop", "return",
    // wasi:cli
    "exit", "get-arguments", "get-environment", "get-stderr", "get-stdin", "get-stdout",
    "get-terminal-stderr", "get-terminal-stdin", "get-terminal-stdout", "initial-cwd",
    // wasi:clocks
    "apart", "now", "resolution", "subscribe-duration", "subscribe-instant", "wall-now",
    "wall-resolution",
    // wasi:random
    "get-insecure-random-bytes", "get-insecure-random-u64", "get-random-bytes", "get-random-u64",
    "insecure-seed",
    // wasi:io
    "block", "blocking-flush", "blocking-read", "blocking-skip", "blocking-splice",
    "blocking-write-and-flush", "blocking-write-zeroes-and-flush", "check-write", "flush", "poll",
    "read", "read-to-end", "ready", "skip", "splice", "subscribe", "write", "write-permitted",
    "write-zeroes",
    // wasi:filesystem
    "advise", "append-via-stream", "content", "create-directory-at", "get-flags", "get-type",
    "is-same-object", "link-at", "list", "metadata-hash", "metadata-hash-at", "open-at",
    "read-directory", "read-directory-entry", "read-via-stream", "readlink-at",
    "remove-directory-at", "rename-at", "set-size", "set-times", "set-times-at", "stat", "stat-at",
    "symlink-at", "sync", "sync-data", "unlink-file-at", "write-via-stream",
    // wasi:sockets
    "accept", "address-family", "all", "await-accept", "await-receive", "bind", "check-send",
    "connect", "create-tcp-socket", "create-udp-socket", "finish-bind", "finish-connect",
    "finish-listen", "hop-limit", "instance-network", "is-listening", "keep-alive-count",
    "keep-alive-enabled", "keep-alive-idle-time", "keep-alive-interval", "listen", "local-address",
    "receive", "receive-buffer-size", "remote-address", "resolve-addresses", "resolve-next-address",
    "send", "send-buffer-size", "send-unchecked", "set-hop-limit", "set-keep-alive-count",
    "set-keep-alive-enabled", "set-keep-alive-idle-time", "set-keep-alive-interval",
    "set-listen-backlog-size", "set-receive-buffer-size", "set-send-buffer-size",
    "set-unicast-hop-limit", "shutdown", "start-bind", "start-connect", "start-listen", "stream",
    "unicast-hop-limit",
];

/// The verbs of a guest whose arguments are statements.
fn verbs(guest: &str) -> Option<Vec<&'static str>> {
    match guest {
        "rust-calls" => {
            let functions = FUNCTIONS.iter().map(|function| function.name);
            let with_statement = functions.filter(|name| !WITHOUT_STATEMENT.contains(name));
            Some(with_statement.chain(SEVERAL_CALLS).collect())
        }
        "p2-calls" => Some(OF_PREVIEW_2.to_vec()),
        _ => None,
    }
}

/// The verb of `[NAME =] VERB …` or, as only `p2-calls` has it, `[NAME =] OBJECT.VERB …`.
fn verb<'a>(guest: &str, statement: &'a str) -> &'a str {
    let mut words = statement.split_whitespace();
    let first = words.next().unwrap_or_default();
    let verb = match words.next() {
        Some("=") => words.next().unwrap_or_default(),
        _ => first,
    };
    if guest == "p2-calls" { verb.rsplit('.').next().unwrap_or_default() } else { verb }
}

/// The statements with an unknown verb of a case in a file of this text.
pub(super) fn problems(case: &Case, text: &str) -> Vec<Problem> {
    let Some(verbs) = verbs(&case.guest) else { return vec![] };
    let id = case.id.rsplit("::").next().unwrap_or_default();
    let mut problems = Vec::new();
    for statement in &case.args {
        let verb = verb(&case.guest, statement);
        if verbs.contains(&verb) {
            continue;
        }
        let what = format!("case `{id}`: `{}` knows no statement `{verb}`", case.guest);
        let known = most_like(verbs.iter().copied(), verb).unwrap_or_default();
        let todo = format!("did you mean `{known}`? guests/README.md describes the statements");
        let line = line(text, case.source.line, verb);
        problems.push(Problem::new(&case.source.file, line, what, todo));
    }
    problems
}

/// The first line with a word in it from that of the case on, or the case's own.
fn line(text: &str, of_case: usize, word: &str) -> usize {
    let of_word = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    let has_word = |line: &str| line.split(|c| !of_word(c)).any(|part| part == word);
    let below = text.lines().skip(of_case.saturating_sub(1)).position(has_word);
    of_case + below.unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use regex::Regex;

    use super::*;

    /// The matches of a pattern in the sources below a directory of guests.
    fn found(directory: &str, pattern: &str) -> BTreeSet<String> {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../guests").join(directory);
        let pattern = Regex::new(pattern).unwrap();
        let mut found = BTreeSet::new();
        for entry in walkdir::WalkDir::new(directory) {
            let entry = entry.unwrap();
            // These two have the names of values.
            let of_values = ["names.rs", "stat.rs", "address.rs"];
            if !entry.file_type().is_file() || of_values.iter().any(|n| entry.path().ends_with(n)) {
                continue;
            }
            let text = std::fs::read_to_string(entry.path()).unwrap();
            let all = pattern.captures_iter(&text);
            found.extend(all.map(|captures| captures.extract::<1>().1[0].to_owned()));
        }
        found
    }

    fn known(guest: &str) -> BTreeSet<String> {
        verbs(guest).unwrap().into_iter().map(str::to_owned).collect()
    }

    #[test]
    fn verbs_are_those_of_the_guests_sources() {
        assert_eq!(found("rust/src/bin/calls/areas", r#"name: "(\w+)""#), known("rust-calls"));
        let mut of_p2 = found("p2/src", r#""([a-z][a-z0-9-]+)(?: ok| err)?"(?: =>| \||\) =)"#);
        of_p2.extend(found("p2/src", r#"verb == "([a-z-]+)""#));
        // Operands.
        for value in ["ok", "err", "both", "ipv4", "ipv6"] {
            of_p2.remove(value);
        }
        assert_eq!(of_p2, known("p2-calls"));
    }

    #[test]
    fn verbs_follow_names_and_objects() {
        for (guest, statement, expected) in [
            ("rust-calls", "fd_close f", "fd_close"),
            ("rust-calls", "f = path_open /data a.b", "path_open"),
            ("rust-calls", "sched_yield", "sched_yield"),
            ("rust-calls", "", ""),
            ("p2-calls", "f = /data.open-at a.b", "open-at"),
            ("p2-calls", "k.in.blocking-read 1", "blocking-read"),
            ("p2-calls", "return ok", "return"),
        ] {
            assert_eq!(verb(guest, statement), expected, "{statement}");
        }
    }
}
