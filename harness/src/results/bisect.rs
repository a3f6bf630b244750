//! Finds the version that brought a change, even if some versions cannot be tried.

use std::collections::BTreeSet;

use semver::Version;

/// The result of trying a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// It behaves like the first version.
    Before,
    /// It behaves differently.
    After,
    /// It could not be tried.
    Skip,
}

/// A search in a list of versions. The first is known to be before the change, the last after it.
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

    /// The index to try next: the one nearest to the middle of the remaining range. `None` if further
    /// versions would not narrow it down.
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

    /// The maximum number of further versions to try, if none is skipped.
    pub fn steps(&self) -> u32 {
        let left = (self.before + 1..self.after).filter(|at| !self.skipped.contains(at)).count();
        usize::BITS - left.leading_zeros()
    }

    /// The last index known to be before the change.
    pub fn before(&self) -> usize {
        self.before
    }

    /// The first index known to be after the change.
    pub fn after(&self) -> usize {
        self.after
    }

    /// The indices in between, which could not be tried: any of them may have brought the change.
    pub fn doubtful(&self) -> impl Iterator<Item = usize> {
        self.before + 1..self.after
    }
}

/// The versions from an older to a newer one, both included, that are worth trying.
///
/// Projects maintain several release lines at once and fix older ones after newer ones are released:
/// in the order of version numbers, one bug could appear and disappear several times. So between the two
/// ends, only the first release of each line counts, and every release of the last line.
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

/// Versions that cargo considers compatible have the same line.
fn line(version: &Version) -> (u64, u64) {
    match version.major {
        0 => (0, version.minor),
        major => (major, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Searches a list in which everything from `change` on is after the change. Returns what was tried.
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
    fn untested_versions_are_skipped_and_named_if_they_matter() {
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
    fn two_adjacent_versions_leave_nothing_to_try() {
        let found = Bisection::new(2);
        assert_eq!((found.next(), found.before(), found.after(), found.steps()), (None, 0, 1, 0));
    }

    fn path_of(published: &[&str], from: &str, to: &str) -> Vec<String> {
        let parse = |text: &str| Version::parse(text).unwrap();
        let published: Vec<Version> = published.iter().map(|v| parse(v)).collect();
        path(&published, &parse(from), &parse(to)).iter().map(Version::to_string).collect()
    }

    #[test]
    fn a_path_follows_the_main_line() {
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
