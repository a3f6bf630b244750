//! Finds the version in which something changed, among versions of which some cannot be tried.

use std::collections::BTreeSet;

use semver::Version;

/// What one version showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The same as the first one.
    Before,
    /// Something else.
    After,
    /// It could not be tried.
    Skip,
}

/// A search among versions by their place in a list. The first is known to be before the change and
/// the last after it.
#[derive(Debug)]
pub struct Bisection {
    before: usize,
    after: usize,
    skipped: BTreeSet<usize>,
}

impl Bisection {
    pub fn new(count: usize) -> Self {
        assert!(count >= 2, "a change needs two versions");
        Bisection { before: 0, after: count - 1, skipped: BTreeSet::new() }
    }

    /// The one to try next: of those that are left, the nearest to their middle. Nothing if none is
    /// left that could tell more.
    pub fn next(&self) -> Option<usize> {
        let middle = (self.before + self.after) / 2;
        let left = (self.before + 1..self.after).filter(|at| !self.skipped.contains(at));
        left.min_by_key(|at| at.abs_diff(middle))
    }

    pub fn note(&mut self, at: usize, side: Side) {
        match side {
            Side::Before => self.before = at,
            Side::After => self.after = at,
            Side::Skip => _ = self.skipped.insert(at),
        }
    }

    /// How many more have to be tried at most, if none is skipped.
    pub fn steps(&self) -> u32 {
        let left = (self.before + 1..self.after).filter(|at| !self.skipped.contains(at)).count();
        usize::BITS - left.leading_zeros()
    }

    /// The last one that is known to be before the change.
    pub fn before(&self) -> usize {
        self.before
    }

    /// The first one that is known to be after the change.
    pub fn after(&self) -> usize {
        self.after
    }

    /// Those in between, which could not be tried: the change may have come with any of them.
    pub fn doubtful(&self) -> impl Iterator<Item = usize> {
        self.before + 1..self.after
    }
}

/// The versions that lead from an older to a newer one, both included.
///
/// Projects keep several lines of releases at once, and mend the old ones after newer ones have come
/// out: in the order of their numbers, a fault could end and begin several times. So only the first
/// release of each line in between counts, and within the last line what led to its end.
pub fn path(published: &[Version], low: &Version, high: &Version) -> Vec<Version> {
    let mut between: Vec<&Version> = published
        .iter()
        .filter(|version| *version > low && *version < high && version.pre.is_empty())
        .collect();
    between.sort();
    let mut path = vec![low.clone()];
    for version in between {
        let begins = path.last().is_none_or(|last| line(last) != line(version));
        if begins || line(version) == line(high) {
            path.push(version.clone());
        }
    }
    path.push(high.clone());
    path
}

/// Versions that differ in nothing that cargo's rules take for a break.
fn line(version: &Version) -> (u64, u64) {
    match version.major {
        0 => (0, version.minor),
        major => (major, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Searches in a list in which `broken` is what is after the change, and says what was tried.
    fn search(count: usize, change: usize, cannot: &[usize]) -> (Bisection, Vec<usize>) {
        let mut bisection = Bisection::new(count);
        let mut tried = vec![];
        while let Some(at) = bisection.next() {
            tried.push(at);
            let side = match at {
                at if cannot.contains(&at) => Side::Skip,
                at if at < change => Side::Before,
                _ => Side::After,
            };
            bisection.note(at, side);
        }
        (bisection, tried)
    }

    #[test]
    fn every_change_is_found_in_few_steps() {
        for count in 2..40 {
            for change in 1..count {
                let (found, tried) = search(count, change, &[]);
                assert_eq!((found.before(), found.after()), (change - 1, change));
                assert_eq!(found.doubtful().count(), 0);
                assert!(tried.len() as u32 <= Bisection::new(count).steps(), "{count} {change}");
            }
        }
    }

    #[test]
    fn what_cannot_be_tried_is_passed_over_and_named_where_it_matters() {
        // The middle cannot be tried, but the change is elsewhere.
        let (found, tried) = search(9, 7, &[4]);
        assert_eq!((found.before(), found.after()), (6, 7));
        assert!(tried.contains(&4));
        // The change is among those that cannot be tried.
        let (found, _) = search(9, 4, &[3, 4, 5]);
        assert_eq!((found.before(), found.after()), (2, 6));
        assert_eq!(found.doubtful().collect::<Vec<_>>(), [3, 4, 5]);
        // Nothing in between can be tried, and each was tried once.
        let (found, tried) = search(6, 3, &[1, 2, 3, 4]);
        assert_eq!((found.before(), found.after(), tried.len()), (0, 5, 4));
    }

    #[test]
    fn two_neighbours_leave_nothing_to_try() {
        let found = Bisection::new(2);
        assert_eq!((found.next(), found.before(), found.after(), found.steps()), (None, 0, 1, 0));
    }

    fn path_of(published: &[&str], from: &str, to: &str) -> Vec<String> {
        let parse = |text: &str| Version::parse(text).unwrap();
        let published: Vec<Version> = published.iter().map(|v| parse(v)).collect();
        path(&published, &parse(from), &parse(to)).iter().map(Version::to_string).collect()
    }

    #[test]
    fn a_path_keeps_to_the_main_line() {
        let published = [
            "1.0.0",
            "1.0.1",
            "2.0.0",
            "1.0.2",
            "2.0.1",
            "2.1.0",
            "3.0.0-rc.1",
            "3.0.0",
            "3.0.1",
            "3.0.2",
            "4.0.0",
        ];
        let path = path_of(&published, "1.0.1", "3.0.1");
        assert_eq!(path, ["1.0.1", "2.0.0", "3.0.0", "3.0.1"]);
        assert_eq!(path_of(&published, "1.0.0", "1.0.2"), ["1.0.0", "1.0.1", "1.0.2"]);
        assert_eq!(path_of(&published, "3.0.2", "4.0.0"), ["3.0.2", "4.0.0"]);
        assert_eq!(
            path_of(&["0.1.0", "0.1.1", "0.2.0", "0.2.1"], "0.1.0", "0.2.1"),
            ["0.1.0", "0.2.0", "0.2.1"]
        );
    }
}
