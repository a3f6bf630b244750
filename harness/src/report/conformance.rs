//! How much of what binds a runtime it does as expected, by who says so. The first number that a report
//! shows is that of the cases based on WASI.

use std::collections::BTreeMap;

use crate::case::{Basis, Level};
use crate::results::run_file::{Run, RuntimeRow, VerdictRow};
use crate::verdict::judge::Verdict;

/// Of the cases of one basis: those of level `must` and `should` that ran. A known divergence is not as
/// expected: this is about the runtime, not about our knowledge of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// How many are as expected.
    pub held: usize,
    pub all: usize,
}

impl Share {
    /// Rounded down, so that only all is 100 %.
    pub fn percent(self) -> Option<String> {
        let tenths = (self.held * 1000).checked_div(self.all)?;
        Some(format!("{}.{} %", tenths / 10, tenths % 10))
    }
}

/// The share of each basis.
#[derive(Debug, Default)]
pub struct Conformance(BTreeMap<Basis, Share>);

impl Conformance {
    pub fn of(run: &Run, runtime: &RuntimeRow) -> Self {
        let mut shares: BTreeMap<Basis, Share> = BTreeMap::new();
        for row in run.of_runtime(&runtime.name) {
            if let Some(basis) = binding(run, row) {
                let share = shares.entry(basis).or_default();
                share.all += 1;
                share.held += usize::from(row.mismatches.is_empty());
            }
        }
        Conformance(shares)
    }

    pub fn get(&self, basis: Basis) -> Share {
        self.0.get(&basis).copied().unwrap_or_default()
    }

    /// `91.2 % (606/664)` for WASI, `668/700` for others.
    pub fn shown(&self, basis: Basis) -> String {
        let share = self.get(basis);
        let counts = format!("{}/{}", share.held, share.all);
        match (share.percent(), basis) {
            (None, _) => "–".to_owned(),
            (Some(percent), Basis::Wasi) => format!("{percent} ({counts})"),
            (Some(_), Basis::Posix | Basis::Practice) => counts,
        }
    }
}

/// The bases for which any of these runtimes has a share, the one of the first number first.
pub fn bases(all: &[Conformance]) -> Vec<Basis> {
    let has = |basis: &Basis| all.iter().any(|of_one| of_one.0.contains_key(basis));
    Basis::ALL.into_iter().filter(has).collect()
}

/// The basis of the case of a verdict, if it counts.
fn binding(run: &Run, row: &VerdictRow) -> Option<Basis> {
    if matches!(row.verdict, Verdict::Skip | Verdict::HarnessError) {
        return None;
    }
    run.case(&row.case).filter(|case| case.level != Level::May).map(|case| case.basis)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::Area;
    use crate::results::run_file::CaseRow;
    use crate::results::run_file::sample::{case, row, run, runtime, wrong};

    #[test]
    fn only_all_is_100_percent() {
        let percent = |held, all| Share { held, all }.percent();
        assert_eq!(percent(1999, 2000).as_deref(), Some("99.9 %"));
        assert_eq!(percent(2000, 2000).as_deref(), Some("100.0 %"));
        assert_eq!(percent(0, 0), None);
    }

    #[test]
    fn each_basis_counts_its_binding_cases_that_ran() {
        let mut run = run();
        run.runtimes = vec![runtime("one")];
        let of = |id: &str, level, basis| CaseRow { basis, ..case(id, Area::Fd, level) };
        run.cases = vec![
            of("a::wasi", Level::Must, Basis::Wasi),
            of("a::known", Level::Should, Basis::Wasi),
            of("a::may", Level::May, Basis::Wasi),
            of("a::skipped", Level::Must, Basis::Wasi),
            of("a::posix", Level::Must, Basis::Posix),
        ];
        run.verdicts = vec![
            row("one", "a::wasi", Verdict::Pass, None),
            wrong("one", "a::known", Verdict::Known, None),
            row("one", "a::may", Verdict::Pass, None),
            row("one", "a::skipped", Verdict::Skip, None),
            wrong("one", "a::posix", Verdict::Fail, None),
        ];
        let counted = Conformance::of(&run, &run.runtimes[0]);
        assert_eq!(counted.get(Basis::Wasi), Share { held: 1, all: 2 });
        assert_eq!(counted.get(Basis::Posix), Share { held: 0, all: 1 });
        assert_eq!(bases(&[counted]), [Basis::Wasi, Basis::Posix]);
    }
}
