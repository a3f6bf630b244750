//! Compares each part of an observation with the expectation.

use std::fmt::Write;

use runner_kit::Outcome;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::case::{Ending, Entry, Expect, Kind, Tree};
use crate::known::Part;
use crate::observe::observation::Observation;
use crate::support::text::nearest;
use crate::support::{bytes, digest};

/// A part of an observation that is not as expected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "mismatch")]
pub struct Mismatch {
    pub part: Part,
    pub expected: String,
    pub observed: String,
}

/// The parts that are not as expected.
pub fn compare(expect: &Expect, observed: &Observation) -> Vec<Mismatch> {
    let mut mismatches = Vec::new();
    let mut mismatch = |part, expected: String, observed: String| {
        mismatches.push(Mismatch { part, expected, observed });
    };
    let ending = Ending::of(&observed.outcome);
    if let Some(exit) = expect.exit
        && ending != Some(exit)
    {
        mismatch(Part::Exit, describe_ending(exit), describe_outcome(&observed.outcome));
    }
    let texts = [
        (Part::Stdout, &expect.stdout, &observed.stdout),
        (Part::Stderr, &expect.stderr, &observed.stderr),
    ];
    for (part, allowed, text) in texts {
        // If the guest did not exit by itself, stderr is the runtime's message about that.
        if part == Part::Stderr && !matches!(ending, Some(Ending::Exit(_))) {
            continue;
        }
        if let Some(allowed) = allowed
            && !allowed.contains(text)
        {
            mismatch(part, nearest(allowed, text).to_owned(), text.clone());
        }
    }
    if let Some(tree) = &expect.tree
        && (observed.tree_cut.is_some() || !same_tree(tree, &observed.tree))
    {
        let mut left = list_tree(&observed.tree, tree);
        if let Some(why) = &observed.tree_cut {
            let _ = writeln!(left, "and more: {why}");
        }
        mismatch(Part::Tree, list_tree(tree, tree), left);
    }
    if let Some(escape) = &observed.escaped {
        mismatch(
            Part::Canary,
            "nothing outside the preopen is touched\n".into(),
            format!("{escape}\n"),
        );
    }
    if !observed.left_running.is_empty() {
        let names = observed.left_running.iter().map(|name| bytes::name(name.as_bytes()));
        let names: Vec<String> = names.collect();
        mismatch(
            Part::Processes,
            "no process outlives the guest\n".into(),
            format!("left running: {}\n", names.join(", ")),
        );
    }
    mismatches
}

fn describe_ending(ending: Ending) -> String {
    match ending {
        Ending::Exit(code) => format!("exit {code}\n"),
        other => format!("{other}\n"),
    }
}

/// An outcome in a line, for diffs and reports.
pub fn describe_outcome(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Exit { code } => format!("exit {code}\n"),
        Outcome::Trap { message } => format!("trap: {message}\n"),
        Outcome::Unsupported { reason } => format!("unsupported: {reason}\n"),
        Outcome::Timeout => "timeout\n".into(),
        Outcome::Crash { how } => format!("crash: {how}\n"),
        Outcome::OutputLimit => "output_limit: the guest wrote more than it may\n".into(),
        Outcome::Error { message } => format!("error: {message}\n"),
    }
}

fn same_tree(expected: &Tree, observed: &Tree) -> bool {
    expected.len() == observed.len()
        && expected
            .iter()
            .all(|(path, entry)| observed.get(path).is_some_and(|o| same_entry(entry, o)))
}

/// Attributes that the expectation leaves out are not compared.
fn same_entry(expected: &Entry, observed: &Entry) -> bool {
    let same = |e: Option<u64>, o: Option<u64>| e.is_none() || e == o;
    expected.kind == observed.kind
        && same(expected.mode.map(u64::from), observed.mode.map(u64::from))
        && same(expected.mtime, observed.mtime)
        && same(expected.atime, observed.atime)
}

/// A tree as lines. Attributes are shown only where `wanted` has them.
fn list_tree(tree: &Tree, wanted: &Tree) -> String {
    let mut out = String::new();
    for (path, entry) in tree {
        let description = match &entry.kind {
            Kind::Directory => "directory".to_owned(),
            Kind::File(bytes) => format!("file, {}", describe_content(bytes)),
            Kind::Symlink(target) => format!("symlink to {target}"),
            Kind::HardLink(target) => format!("hard link to {target}"),
            Kind::Zeros(size) => format!("file, {size} bytes, all 0x00"),
            Kind::Large(file) => {
                format!("file, {} bytes with the digest {}", file.size, file.digest)
            }
            Kind::Other => "neither file, directory nor symlink".to_owned(),
        };
        let _ = write!(out, "{path}: {description}");
        let wanted = wanted.get(path);
        if let (Some(mode), Some(_)) = (entry.mode, wanted.and_then(|w| w.mode)) {
            let _ = write!(out, ", mode 0o{mode:o}");
        }
        if let (Some(mtime), Some(_)) = (entry.mtime, wanted.and_then(|w| w.mtime)) {
            let _ = write!(out, ", mtime {mtime}");
        }
        if let (Some(atime), Some(_)) = (entry.atime, wanted.and_then(|w| w.atime)) {
            let _ = write!(out, ", atime {atime}");
        }
        out.push('\n');
    }
    out
}

pub(super) fn describe_content(content: &[u8]) -> String {
    const SHOWN: usize = 200;
    if content.len() <= SHOWN {
        return format!("{:?}", bytes::name(content));
    }
    match content.iter().position(|&b| b != content[0]) {
        None => format!("{} bytes, all 0x{:02x}", content.len(), content[0]),
        Some(_) => {
            let digest = &digest::of_bytes(content)[..12];
            format!(
                "{} bytes with the digest {digest}, {:?}…",
                content.len(),
                bytes::name(&content[..SHOWN])
            )
        }
    }
}
