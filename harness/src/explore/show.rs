//! Findings as text.

use std::collections::BTreeSet;
use std::fmt::Write;

use explore::{Signature, text};
use serde_json::{Value, json};

use super::finding::Group;
use super::search::Searched;
use crate::support::text::{count, shorten};

/// More of a text says nothing.
const LONGEST: usize = 160;

/// A group of findings: what was called, what was allowed, and what came out, on other runtimes too.
pub fn group(
    runtime: &str,
    signature: &Signature,
    group: &Group,
    known: &BTreeSet<String>,
    others: &[(String, String)],
) -> String {
    let Signature { function, allowed, observed, .. } = signature;
    let cause = match known.is_empty() {
        true => "new".to_owned(),
        false => known.iter().cloned().collect::<Vec<_>>().join(" or "),
    };
    let doubt = if group.is_confirmed { "" } else { ", not reduced" };
    let mut out = format!(
        "{runtime}: {function}: {allowed} -> {observed}: {cause} ({}{doubt})\n",
        count(group.count, "sequence")
    );
    let finding = &group.shortest.finding;
    let scenario = &group.shortest.scenario;
    let lines = text::lines(scenario);
    // What comes after the call of the finding does not matter.
    let behind = scenario.calls.len().saturating_sub(finding.step + 1);
    for line in &lines[..lines.len() - behind] {
        let _ = writeln!(out, "    {line}");
    }
    let _ = writeln!(out, "  gave {}", shorten(&finding.observed(), LONGEST));
    for (outcome, rules) in finding.allowed() {
        let _ = writeln!(out, "  allowed: {}: {}", shorten(&outcome, LONGEST), rules.join(", "));
    }
    for (runtime, gave) in others {
        let _ = writeln!(out, "  {runtime}: {}", shorten(gave, LONGEST));
    }
    out
}

/// A finding for other programs.
pub fn row(
    runtime: &str,
    version: &str,
    signature: &Signature,
    group: &Group,
    known: &BTreeSet<String>,
) -> Value {
    json!({
        "runtime": runtime,
        "version": version,
        "function": signature.function,
        "allowed": signature.allowed,
        "observed": signature.observed,
        "rules": signature.rules,
        "causes": known,
        "times": group.count,
        "confirmed_alone": group.is_confirmed,
        "transcript": text::lines(&group.shortest.scenario),
    })
}

/// All of them.
pub fn rows(seed: u64, searched: &Searched, findings: Vec<Value>) -> Value {
    json!({
        "explore_format": 1,
        "seed": seed,
        "sequences": searched.scenarios,
        "seconds": searched.took.as_secs_f64(),
        "findings": findings,
    })
}
