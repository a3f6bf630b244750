//! The runs that a merged run was made from, and what is missing from it.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Host, Run};
use crate::case::shard::Shard;
use crate::results::schema_parts;

/// A run that was merged with others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "merged_run")]
pub struct MergedRun {
    #[schemars(regex(pattern = schema_parts::TIME))]
    pub started: String,
    #[schemars(range(min = 0))]
    pub seconds: f64,
    pub complete: bool,
    pub tool: String,
    pub host: Host,
    pub filters: Vec<String>,
    pub shard: Option<Shard>,
    /// The runtimes that ran, by name.
    pub runtimes: Vec<String>,
    /// The requested runtimes that were unavailable.
    pub unavailable: Vec<String>,
}

impl MergedRun {
    /// A run as a part of another.
    pub fn of(run: &Run) -> MergedRun {
        let names = |available: bool| {
            let rows = run.runtimes.iter().filter(|r| r.unavailable.is_none() == available);
            rows.map(|row| row.name.clone()).collect()
        };
        MergedRun {
            started: run.started.clone(),
            seconds: run.seconds,
            complete: run.complete,
            tool: run.tool.clone(),
            host: run.host.clone(),
            filters: run.filters.clone(),
            shard: run.shard,
            runtimes: names(true),
            unavailable: names(false),
        }
    }

    fn name(&self) -> String {
        match self.shard {
            Some(shard) => format!("shard {shard}, started {}", self.started),
            None => format!("the run started {}", self.started),
        }
    }
}

impl Run {
    /// What was requested and is missing, a sentence for each; empty if the run is complete.
    pub fn missing(&self) -> Vec<String> {
        if self.complete {
            return vec![];
        }
        if self.merged.is_empty() {
            return vec!["the run was interrupted".into()];
        }
        missing_of(&self.merged)
    }
}

/// What these parts lack: shards that are not there, runtimes that were available to only some of the
/// parts, and what was interrupted. A part that was run again completely is not missing.
pub fn missing_of(parts: &[MergedRun]) -> Vec<String> {
    let ran: BTreeSet<&str> = parts.iter().flat_map(|p| &p.runtimes).map(String::as_str).collect();
    let mut missing: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for &runtime in &ran {
        for filters in parts.iter().map(|part| &part.filters).collect::<BTreeSet<_>>() {
            for what in missing_of_runtime(runtime, filters, parts) {
                missing.entry(what).or_default().insert(runtime);
            }
        }
    }
    let list = |names: &BTreeSet<&str>| names.iter().copied().collect::<Vec<_>>().join(", ");
    let mut all: Vec<String> =
        missing.iter().map(|(what, names)| format!("{what} ({})", list(names))).collect();
    // A part that was interrupted early names no runtime.
    let early = parts.iter().filter(|part| !part.complete && part.runtimes.is_empty());
    let again = |part: &MergedRun, other: &MergedRun| {
        other.complete && other.filters == part.filters && covers(other.shard, part.shard)
    };
    let early = early.filter(|part| !parts.iter().any(|other| again(part, other)));
    all.extend(early.map(|part| format!("{} was interrupted", part.name())));
    all
}

fn missing_of_runtime(runtime: &str, filters: &[String], parts: &[MergedRun]) -> Vec<String> {
    let has = |names: &[String]| names.iter().any(|name| name == runtime);
    let asked = parts.iter().filter(|part| part.filters == filters);
    let asked: Vec<&MergedRun> =
        asked.filter(|part| has(&part.runtimes) || has(&part.unavailable)).collect();
    let complete =
        |shard| asked.iter().any(|p| p.complete && has(&p.runtimes) && covers(p.shard, shard));
    let mut wanted: BTreeSet<Option<Shard>> = asked.iter().map(|part| part.shard).collect();
    wanted.extend(asked.iter().filter_map(|part| part.shard).flat_map(Shard::all).map(Some));
    let mut missing = Vec::new();
    for shard in wanted.into_iter().filter(|shard| !complete(*shard)) {
        let there: Vec<&&MergedRun> = asked.iter().filter(|part| part.shard == shard).collect();
        missing.extend(match (shard, there.as_slice()) {
            // Shards may have been run again as a whole, or the whole in shards.
            (None, _) if asked.iter().any(|part| part.shard.is_some()) => None,
            (Some(shard), []) => Some(format!("shard {shard} is not there")),
            (_, there) => there.first().map(|part| match has(&part.runtimes) {
                true => format!("{} was interrupted", part.name()),
                false => format!("{} did not have this runtime", part.name()),
            }),
        });
    }
    missing
}

/// Whether a part with the one shard has all cases of a part with the other.
fn covers(one: Option<Shard>, other: Option<Shard>) -> bool {
    one.is_none() || one == other
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(shard: Option<(usize, usize)>, runtimes: &[&str]) -> MergedRun {
        MergedRun {
            started: "2030-01-01T00:00:00Z".into(),
            seconds: 1.0,
            complete: true,
            tool: "it 1".into(),
            host: Host { os: "linux".into(), arch: "x86_64".into(), cpus: 1, jobs: 1 },
            filters: vec![],
            shard: shard.map(|(index, of)| Shard { index, of }),
            runtimes: runtimes.iter().map(|name| (*name).to_owned()).collect(),
            unavailable: vec![],
        }
    }

    fn interrupted(part: MergedRun) -> MergedRun {
        MergedRun { complete: false, ..part }
    }

    const NOTHING: [&str; 0] = [];

    #[test]
    fn all_shards_or_a_whole_are_complete() {
        assert_eq!(missing_of(&[part(Some((2, 2)), &["a"]), part(Some((1, 2)), &["a"])]), NOTHING);
        assert_eq!(missing_of(&[part(Some((2, 2)), &["a"]), part(None, &["a"])]), NOTHING);
        assert_eq!(missing_of(&[part(None, &["a"]), part(None, &["b"])]), NOTHING);
    }

    #[test]
    fn a_missing_shard_is_named_with_its_runtimes() {
        let parts = [
            part(Some((1, 3)), &["a", "b"]),
            part(Some((3, 3)), &["a", "b"]),
            part(Some((2, 3)), &["c"]),
        ];
        assert_eq!(
            missing_of(&parts),
            [
                "shard 1/3 is not there (c)",
                "shard 2/3 is not there (a, b)",
                "shard 3/3 is not there (c)"
            ]
        );
    }

    #[test]
    fn an_interrupted_part_is_missing_until_it_is_run_again() {
        let mut parts = vec![part(Some((1, 2)), &["a"]), interrupted(part(Some((2, 2)), &["a"]))];
        let says = "shard 2/2, started 2030-01-01T00:00:00Z was interrupted (a)";
        assert_eq!(missing_of(&parts), [says]);
        parts.push(part(Some((2, 2)), &["a"]));
        assert_eq!(missing_of(&parts), NOTHING);
        let mut parts = vec![part(None, &["a"]), interrupted(part(Some((1, 1)), &[]))];
        assert_eq!(missing_of(&parts), NOTHING);
        parts[0].complete = false;
        assert_eq!(missing_of(&parts).len(), 2);
    }

    #[test]
    fn a_runtime_that_some_jobs_lacked_is_missing_there() {
        let without = MergedRun { unavailable: vec!["b".into()], ..part(Some((2, 2)), &["a"]) };
        let parts = [part(Some((1, 2)), &["a", "b"]), without.clone()];
        let says = "shard 2/2, started 2030-01-01T00:00:00Z did not have this runtime (b)";
        assert_eq!(missing_of(&parts), [says]);
        // A runtime that was available to no part is a row with the reason, as in one run.
        let neither = MergedRun { shard: Some(Shard { index: 1, of: 2 }), ..without.clone() };
        assert_eq!(missing_of(&[neither, without]), NOTHING);
    }
}
