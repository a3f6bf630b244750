//! From a scenario with a finding to the few calls that matter.

use std::iter;

use preview1::{RIGHTS, Type};

use crate::machine::UNOPENED;
use crate::rights;
use crate::scenario::{Descriptor, Interest, Node, Operand, Scenario, Step};
use crate::signature::Signature;
use crate::text::form;

/// How many candidates are run at once.
const BATCH: usize = 64;

/// A smaller scenario of the same signature. `run` gives the signatures of scenarios, in their order.
///
/// Each round takes the first candidate that keeps the signature, until none does or until `rounds`
/// are over.
pub fn shrink<E>(
    scenario: &Scenario,
    signature: &Signature,
    rounds: usize,
    mut run: impl FnMut(&[Scenario]) -> Result<Vec<Option<Signature>>, E>,
) -> Result<Scenario, E> {
    let mut best = scenario.clone();
    for _ in 0..rounds {
        let limit = cost(&best);
        let mut smaller = candidates(&best);
        smaller.retain(|candidate| cost(candidate) < limit);
        let mut found = None;
        for batch in smaller.chunks(BATCH) {
            let signatures = run(batch)?;
            let mut pairs = batch.iter().zip(signatures);
            found = pairs.find(|(_, seen)| seen.as_ref() == Some(signature));
            if found.is_some() {
                break;
            }
        }
        match found {
            Some((candidate, _)) => best = candidate.clone(),
            None => break,
        }
    }
    Ok(best)
}

/// Scenarios that are simpler in one respect, the boldest first.
pub fn candidates(scenario: &Scenario) -> Vec<Scenario> {
    let mut found = Vec::new();
    let calls = scenario.calls.len();
    let mut length = calls / 2;
    while length > 0 {
        for start in (0..calls).step_by(length).rev() {
            for instead in [Descriptor::Preopen, Descriptor::Number(UNOPENED)] {
                found.push(without(scenario, start, (start + length).min(calls), instead));
            }
        }
        length /= 2;
    }
    found.extend(not_renumbered(scenario));
    found.extend(simpler_trees(scenario));
    found.extend(scenario.tree.0.iter().filter_map(|(path, _)| on_top(scenario, path)));
    for (place, step) in scenario.calls.iter().enumerate() {
        for simpler in simpler_steps(step) {
            let mut candidate = scenario.clone();
            candidate.calls[place] = simpler;
            found.push(candidate);
        }
    }
    found
}

/// Without the calls from a place to another. What they have opened is replaced.
fn without(scenario: &Scenario, start: usize, end: usize, instead: Descriptor) -> Scenario {
    let mut smaller = scenario.clone();
    smaller.calls.drain(start..end);
    let renamed = |fd: Descriptor| match fd {
        Descriptor::Opened(place) if usize::from(place) >= end => {
            Descriptor::Opened(place - (end - start) as u8)
        }
        Descriptor::Opened(place) if usize::from(place) >= start => instead,
        other => other,
    };
    for step in &mut smaller.calls {
        step.change_descriptors(renamed);
    }
    smaller
}

/// Without a call of `fd_renumber`: what it renumbers keeps its number.
fn not_renumbered(scenario: &Scenario) -> Vec<Scenario> {
    let calls = scenario.calls.iter().enumerate();
    let renumbers = calls.filter_map(|(place, step)| match step.operands[..] {
        [Operand::Fd(from), Operand::Fd(onto)] => Some((place, from, onto)),
        _ => None,
    });
    let changed = renumbers.map(|(place, from, onto)| {
        let mut renamed = scenario.clone();
        for step in &mut renamed.calls[place + 1..] {
            step.change_descriptors(|fd| if fd == onto { from } else { fd });
        }
        without(&renamed, place, place + 1, Descriptor::Preopen)
    });
    changed.collect()
}

/// With something below a directory moved to the top, and renamed in all operands.
fn on_top(scenario: &Scenario, path: &str) -> Option<Scenario> {
    let (_, name) = path.rsplit_once('/')?;
    if scenario.tree.get(name).is_some() {
        return None;
    }
    let below = format!("{path}/");
    let rename = |other: &mut String| {
        if other == path || other.starts_with(&below) {
            other.replace_range(..path.len(), name);
        }
    };
    let mut candidate = scenario.clone();
    for (other, node) in &mut candidate.tree.0 {
        rename(other);
        if let Node::Link(to) | Node::Symlink(to) = node {
            rename(to);
        }
    }
    for operand in candidate.calls.iter_mut().flat_map(|step| &mut step.operands) {
        if let Operand::Path(bytes) = operand
            && let Ok(mut text) = String::from_utf8(bytes.clone())
        {
            rename(&mut text);
            *bytes = text.into_bytes();
        }
    }
    Some(candidate)
}

fn simpler_trees(scenario: &Scenario) -> Vec<Scenario> {
    let mut found = Vec::new();
    let mut add = |change: &dyn Fn(&mut Scenario)| {
        let mut candidate = scenario.clone();
        change(&mut candidate);
        found.push(candidate);
    };
    add(&|candidate| candidate.tree.0.clear());
    add(&|candidate| candidate.read_only = false);
    for (path, node) in &scenario.tree.0 {
        let below = format!("{path}/");
        add(&|candidate| {
            candidate.tree.0.retain(|(other, node)| {
                let links = matches!(node, Node::Link(to) if to == path || to.starts_with(&below));
                other != path && !other.starts_with(&below) && !links
            });
        });
        let simpler: &[Node] = match node {
            Node::File(_) => &[Node::File(Vec::new()), Node::File(b"hello".to_vec())],
            Node::Symlink(_) | Node::Link(_) => &[Node::File(Vec::new())],
            Node::Directory | Node::Large(_) => &[],
        };
        for node in simpler {
            add(&|candidate| {
                for (_, other) in candidate.tree.0.iter_mut().filter(|(other, _)| other == path) {
                    *other = node.clone();
                }
            });
        }
    }
    found
}

/// The same call with one simpler operand.
fn simpler_steps(step: &Step) -> Vec<Step> {
    let mut found = Vec::new();
    if step.fault.is_some() {
        found.push(Step { fault: None, ..step.clone() });
    }
    for (place, operand) in step.operands.iter().enumerate() {
        let ty = form::types(step.function()).get(place).copied();
        for simpler in simpler_operands(operand, ty) {
            let mut step = step.clone();
            step.operands[place] = simpler;
            found.push(step);
        }
    }
    found
}

fn simpler_operands(operand: &Operand, ty: Option<Type>) -> Vec<Operand> {
    match operand {
        Operand::Fd(_) => vec![Operand::Fd(Descriptor::Preopen)],
        Operand::Number(number) => simpler_numbers(*number, ty),
        Operand::Path(path) => {
            let mut simpler: Vec<&[u8]> = vec![b"a", b"b", b"d"];
            simpler.extend(path.strip_suffix(b"/"));
            for (place, _) in path.iter().enumerate().filter(|(_, byte)| **byte == b'/') {
                simpler.extend([&path[..place], &path[place + 1..]]);
            }
            simpler.into_iter().map(|path| Operand::Path(path.to_vec())).collect()
        }
        Operand::Rooms(_) => [vec![], vec![1], vec![16]].map(Operand::Rooms).into(),
        Operand::Data(_) => {
            [vec![], vec![b"a".to_vec()], vec![b"hello".to_vec()]].map(Operand::Data).into()
        }
        Operand::Room(_) => [0, 1, 16, 64].map(Operand::Room).into(),
        Operand::Subscriptions(list) => {
            let without = |place| {
                let mut list = list.clone();
                list.remove(place);
                Operand::Subscriptions(list)
            };
            (0..list.len()).map(without).collect()
        }
    }
}

fn simpler_numbers(number: u64, ty: Option<Type>) -> Vec<Operand> {
    let simpler: Vec<u64> = match ty {
        Some(Type::Flags(of)) => {
            let bits = (0..64).map(|bit| 1 << bit).filter(|bit| number & bit != 0);
            let sets = if of.name == RIGHTS.name { &SETS[..] } else { &[] };
            [0].into_iter().chain(sets.to_vec()).chain(bits.map(|bit| number & !bit)).collect()
        }
        _ => vec![0, 1, 5, 16, 100, 4096, 1 << 32],
    };
    simpler.into_iter().map(Operand::Number).collect()
}

/// Sets of rights that are short to write.
const SETS: [u64; 3] = [rights::FILE, rights::ALL, rights::DIRECTORY];

/// How much there is to read, roughly: calls first, then the tree, then operands.
fn cost(scenario: &Scenario) -> u64 {
    let tree = scenario.tree.0.iter().map(|(path, node)| {
        let content = match node {
            Node::Directory => 0,
            Node::File(bytes) => magnitude(bytes.len() as u64),
            Node::Symlink(target) => 10 + target.len() as u64,
            Node::Link(_) | Node::Large(_) => 10,
        };
        100 + path.len() as u64 + content
    });
    let calls = scenario.calls.iter().map(|step| {
        let types = form::types(step.function()).into_iter();
        let operands = step.operands.iter().zip(types.map(Some).chain(iter::repeat(None)));
        let operands: u64 = operands.map(|(operand, ty)| operand_cost(operand, ty)).sum();
        10_000 + operands + if step.fault.is_some() { 50 } else { 0 }
    });
    tree.sum::<u64>() + calls.sum::<u64>() + u64::from(scenario.read_only) * 500
}

fn operand_cost(operand: &Operand, ty: Option<Type>) -> u64 {
    match operand {
        Operand::Fd(Descriptor::Preopen) => 0,
        Operand::Fd(Descriptor::Opened(_)) => 1,
        Operand::Fd(_) => 2,
        Operand::Number(0) => 0,
        Operand::Number(number) => match ty {
            Some(Type::Flags(of)) if of.name == RIGHTS.name && SETS.contains(number) => 2,
            _ => 1 + magnitude(*number) + u64::from(number.count_ones()),
        },
        Operand::Path(path) => path.len() as u64,
        Operand::Rooms(rooms) => rooms.iter().map(|room| 2 + magnitude((*room).into())).sum(),
        Operand::Data(data) => data.iter().map(|bytes| 2 + magnitude(bytes.len() as u64)).sum(),
        Operand::Room(room) => magnitude((*room).into()),
        Operand::Subscriptions(list) => list
            .iter()
            .map(|subscription| match subscription.interest {
                Interest::Clock { .. } => 4,
                _ => 5,
            })
            .sum(),
    }
}

fn magnitude(number: u64) -> u64 {
    (u64::BITS - number.leading_zeros()).into()
}
