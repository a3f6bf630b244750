//! Verdicts by what is behind them: one cause often shows in many cases, and in several rows of one
//! code base.

use std::collections::{BTreeSet, HashMap};

use crate::known::DivergenceKind;
use crate::results::run_file::{Run, RuntimeRow, VerdictRow};
use crate::verdict::judge::Known;

/// Rows whose divergences are in one file: versions of a runtime, and ways to embed it.
pub struct CodeBase<'a> {
    /// The runtime whose divergences apply.
    pub name: &'a str,
    pub rows: Vec<&'a RuntimeRow>,
}

/// Why cases of a code base have their verdicts.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Reason<'a> {
    /// The id of the cause, if it is known.
    pub cause: Option<&'a str>,
    pub kind: Option<DivergenceKind>,
    pub link: Option<&'a str>,
    pub text: &'a str,
}

/// A reason, and what it stands behind.
pub struct Cause<'a> {
    pub reason: Reason<'a>,
    /// In the order of the run.
    pub cases: Vec<&'a str>,
    /// The rows of the code base that have it.
    pub rows: BTreeSet<&'a str>,
}

impl<'a> Reason<'a> {
    /// The causes of a verdict, or else its note.
    pub fn of(row: &'a VerdictRow) -> Vec<Self> {
        let cause = |known: &'a Known| Reason {
            cause: Some(&known.cause),
            kind: Some(known.kind),
            link: Some(&known.link),
            text: known.why.trim(),
        };
        if !row.known.is_empty() {
            return row.known.iter().map(cause).collect();
        }
        let text = row.note.as_deref().unwrap_or_default().trim();
        vec![Reason { cause: None, kind: None, link: None, text }]
    }

    /// Whether it is a bug of which no report is known upstream.
    pub fn is_finding(&self) -> bool {
        self.kind == Some(DivergenceKind::Bug) && !self.link.is_some_and(is_reported)
    }
}

/// The code bases of a run, in the order of their first rows.
pub fn code_bases(run: &Run) -> Vec<CodeBase<'_>> {
    let mut all: Vec<CodeBase> = Vec::new();
    for row in run.runtimes.iter().filter(|row| row.unavailable.is_none()) {
        let name = row.divergences_of.as_str();
        match all.iter_mut().find(|code_base| code_base.name == name) {
            Some(code_base) => code_base.rows.push(row),
            None => all.push(CodeBase { name, rows: vec![row] }),
        }
    }
    all
}

impl<'a> CodeBase<'a> {
    /// What is behind its verdicts that are wanted: what stands behind most cases comes first.
    pub fn causes(&self, run: &'a Run, wanted: impl Fn(&VerdictRow) -> bool) -> Vec<Cause<'a>> {
        let mut causes: Vec<Cause> = Vec::new();
        let mut places: HashMap<Reason, usize> = HashMap::new();
        let mut seen: BTreeSet<(usize, &str)> = BTreeSet::new();
        for row in &self.rows {
            for verdict in run.of_runtime(&row.name).filter(|verdict| wanted(verdict)) {
                for reason in Reason::of(verdict) {
                    let place = *places.entry(reason).or_insert_with(|| {
                        causes.push(Cause { reason, cases: vec![], rows: BTreeSet::new() });
                        causes.len() - 1
                    });
                    let cause = &mut causes[place];
                    cause.rows.insert(&row.name);
                    if seen.insert((place, &verdict.case)) {
                        cause.cases.push(&verdict.case);
                    }
                }
            }
        }
        causes.sort_by_key(|cause| std::cmp::Reverse(cause.cases.len()));
        causes
    }
}

/// How many bugs of which no report is known upstream a run has: a cause counts once for each code
/// base, however many rows and cases show it.
pub fn count_findings(run: &Run) -> usize {
    let is_known = |row: &VerdictRow| !row.known.is_empty();
    let causes = |code_base: &CodeBase| {
        let causes = code_base.causes(run, is_known);
        causes.iter().filter(|cause| cause.reason.is_finding()).count()
    };
    code_bases(run).iter().map(causes).sum()
}

/// Whether a link leads to where somebody has reported or discussed it, and not only to the source.
pub fn is_reported(link: &str) -> bool {
    ["/issues/", "/pull/", "/discussions/", "/advisories/"].iter().any(|part| link.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::run_file::sample::{run, runtime, wrong};
    use crate::verdict::judge::Verdict;

    fn known(runtime: &str, case: &str, reason: &str, link: &str) -> VerdictRow {
        VerdictRow {
            known: vec![Known {
                cause: "forgets".into(),
                kind: DivergenceKind::Bug,
                why: reason.into(),
                link: link.into(),
            }],
            ..wrong(runtime, case, Verdict::Known, None)
        }
    }

    #[test]
    fn a_cause_counts_once_for_all_rows_of_a_code_base() {
        let mut run = run();
        let of =
            |name: &str, base: &str| RuntimeRow { divergences_of: base.into(), ..runtime(name) };
        run.runtimes = vec![of("one", "one"), of("one@2", "one"), of("other", "other")];
        let (source, issue) = ("https://a.b/blob/x.c", "https://a.b/issues/1");
        run.verdicts = vec![
            known("one", "path_open::a", "It forgets.", source),
            known("one", "path_open::b", "It forgets.", source),
            known("one@2", "path_open::b", "It forgets.", source),
            known("one@2", "fd_read::d", "It forgets.", source),
            known("one@2", "fd_read::e", "It is reported.", issue),
            known("other", "path_open::a", "It forgets.", source),
        ];
        let bases = code_bases(&run);
        let causes = bases[0].causes(&run, |row| !row.known.is_empty());
        let shown: Vec<(&str, usize, usize)> =
            causes.iter().map(|c| (c.reason.text, c.cases.len(), c.rows.len())).collect();
        assert_eq!(shown, [("It forgets.", 3, 2), ("It is reported.", 1, 1)]);
        assert_eq!(count_findings(&run), 2, "one of each code base");
    }
}
