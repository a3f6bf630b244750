//! What a bump changed: differences that are gone, new or changed, by cause; and causes to close.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use wasi_conformance::case::{Case, CaseSet, Level};
use wasi_conformance::known::{
    CaseList, Cause, Difference, Divergences, Snapshot, claims, plain_version,
};
use wasi_conformance::support::text::count;

/// How many cases of a group are named.
const MOST_NAMED: usize = 4;
const NO_CAUSE: &str = "NO CAUSE";

/// What the review reads.
pub struct Bump<'a> {
    pub set: &'a CaseSet,
    pub divergences: &'a Divergences,
    /// The runtime whose divergences apply.
    pub file: &'a str,
    /// All runtimes that share these divergences.
    pub families: &'a [String],
    pub old: &'a Snapshot,
    pub new: &'a Snapshot,
    /// The cases that each of them ran.
    pub old_cases: &'a CaseList,
    pub new_cases: &'a CaseList,
}

/// Cases by what explains them.
type Groups<'a> = BTreeMap<String, Vec<&'a str>>;

impl Bump<'_> {
    /// The review as text.
    pub fn review(&self) -> String {
        let (mut gone, mut new, mut changed) = (Groups::new(), Groups::new(), Groups::new());
        let (mut same, mut not_before) = (Groups::new(), 0);
        let not_run: BTreeSet<&String> =
            self.new.skipped.values().flatten().chain(&self.new.unjudged).collect();
        for case in &self.set.cases {
            if self.old_cases.0.get(&case.id) != self.new_cases.0.get(&case.id) {
                not_before += 1;
                continue;
            }
            let of = |snapshot: &'_ Snapshot| snapshot.differs.get(&case.id).cloned();
            let (before, after) = (of(self.old), of(self.new));
            let (groups, by) = match (&before, &after) {
                (Some(old), None) if !not_run.contains(&case.id) => {
                    (&mut gone, self.causes(self.old, case, old))
                }
                (None, Some(after)) => (&mut new, self.causes(self.new, case, after)),
                (Some(old), Some(after)) if old != after => {
                    (&mut changed, self.causes(self.new, case, after))
                }
                (Some(_), Some(after)) => (&mut same, self.causes(self.new, case, after)),
                _ => continue,
            };
            groups.entry(by).or_default().push(&case.id);
        }
        same.retain(|by, _| by.contains(NO_CAUSE));
        let total = |groups: &Groups| groups.values().map(Vec::len).sum::<usize>();
        let mut out = format!(
            "{} {} -> {} {}: {} gone, {} new, {} changed\n",
            self.old.runtime,
            self.old.version,
            self.new.runtime,
            self.new.version,
            total(&gone),
            total(&new),
            total(&changed)
        );
        list(&mut out, "gone", &gone);
        list(&mut out, "new", &new);
        list(&mut out, "changed", &changed);
        list(&mut out, "as before, but no cause is for this version", &same);
        if not_before > 0 {
            let _ = writeln!(
                out,
                "not compared: {}: new, or changed since that snapshot",
                count(not_before, "case")
            );
        }
        let closing = self.to_close();
        if !closing.is_empty() {
            let _ =
                writeln!(out, "close: causes that explain nothing from {} on", self.new.version);
        }
        for cause in closing {
            let head = &cause.head;
            let old = match head.versions.to_string() {
                any if any == "*" => String::new(),
                range => format!("{range}, "),
            };
            let _ = writeln!(
                out,
                "  {}: {}: versions: \"{old}<{}\"",
                head.source, head.id, self.new.version
            );
        }
        out
    }

    /// The ids of the causes of a case, or that there is none.
    fn causes(&self, snapshot: &Snapshot, case: &Case, difference: &Difference) -> String {
        let row = self.divergences.row(&snapshot.runtime, self.file, &snapshot.version);
        let mut ids = BTreeSet::new();
        for found in claims(&row.causes, case, difference) {
            let none = match case.level {
                Level::May => "level may, no cause",
                _ => NO_CAUSE,
            };
            ids.extend(found.iter().map(|cause| cause.head.id.clone()));
            ids.extend(found.is_empty().then(|| none.to_owned()));
        }
        ids.into_iter().collect::<Vec<_>>().join(" + ")
    }

    /// The causes that apply to the new version, explained something in the old one, and explain
    /// nothing in the new one or a newer one.
    fn to_close(&self) -> Vec<&Cause> {
        let newer = plain_version(&self.new.version);
        let later = self.divergences.snapshots.files.iter().map(|file| &file.snapshot);
        let later = later.filter(|snapshot| plain_version(&snapshot.version) >= newer);
        let mut used = self.used(self.new);
        for snapshot in later.filter(|snapshot| self.shares_file(snapshot)) {
            used.extend(self.used(snapshot));
        }
        let old = self.used(self.old);
        let row = self.divergences.row(&self.new.runtime, self.file, &self.new.version);
        let is_idle = |cause: &&Cause| {
            old.contains(cause.head.id.as_str()) && !used.contains(cause.head.id.as_str())
        };
        row.causes.iter().copied().filter(is_idle).collect()
    }

    fn shares_file(&self, snapshot: &Snapshot) -> bool {
        self.families.contains(&snapshot.runtime)
    }

    /// The ids of the causes that explain something in a snapshot.
    fn used(&self, snapshot: &Snapshot) -> BTreeSet<String> {
        let row = self.divergences.row(&snapshot.runtime, self.file, &snapshot.version);
        let of_case = |case: &Case| {
            let difference = snapshot.differs.get(&case.id).cloned().unwrap_or_default();
            let found = claims(&row.causes, case, &difference);
            found.into_iter().flatten().map(|cause| cause.head.id.clone()).collect::<Vec<_>>()
        };
        self.set.cases.iter().flat_map(of_case).collect()
    }
}

fn list(out: &mut String, what: &str, groups: &Groups) {
    if groups.is_empty() {
        return;
    }
    let _ = writeln!(out, "{what}:");
    let mut sorted: Vec<_> = groups.iter().collect();
    sorted.sort_by_key(|(_, cases)| std::cmp::Reverse(cases.len()));
    for (causes, cases) in sorted {
        let mut named: Vec<&str> = cases.iter().take(MOST_NAMED).copied().collect();
        if cases.len() > MOST_NAMED {
            named.push("…");
        }
        let _ = writeln!(out, "  {causes}: {}: {}", count(cases.len(), "case"), named.join(", "));
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use semver::VersionReq;
    use wasi_conformance::case::Source;
    use wasi_conformance::known::{
        self, DivergenceKind, File, Head, Part, SNAPSHOT_FORMAT, SnapshotFile, of_texts,
    };
    use wasi_conformance::support::directories::{Directories, DirectoryOptions};

    use super::*;

    const CASES: [&str; 3] =
        ["fd_close::closed_twice", "fd_close::not_open", "sched_yield::succeeds"];

    fn cause(id: &str, case: &str, line: usize) -> Cause {
        Cause {
            head: Head {
                id: id.into(),
                versions: VersionReq::parse(">=1").unwrap(),
                applies_to: None,
                kind: DivergenceKind::Bug,
                why: "It forgets.".into(),
                link: "https://a.b".into(),
                unfinished: false,
                source: Source { file: PathBuf::from("engine.yaml"), line },
            },
            cases: Some([case.to_owned()].into()),
            predicate: None,
            consequences: false,
        }
    }

    fn snapshot(version: &str, differs: &[(&str, &str)]) -> Snapshot {
        let difference = |said: &str| of_texts(Part::Stdout, "", said);
        let differs = differs.iter().map(|(id, said)| ((*id).to_owned(), difference(said)));
        Snapshot {
            snapshot_format: SNAPSHOT_FORMAT,
            tool: String::new(),
            runtime: "engine".into(),
            version: version.into(),
            details: String::new(),
            os: "linux".into(),
            arch: "x86_64".into(),
            cases: String::new(),
            based_on: None,
            differs: differs.collect(),
            flaky: BTreeMap::new(),
            skipped: BTreeMap::new(),
            unjudged: vec![],
        }
    }

    #[test]
    fn a_bump_shows_what_is_gone_new_and_changed_and_which_causes_to_close() {
        let directories = Directories::find(&DirectoryOptions::default()).unwrap();
        let (mut set, _) = known::load_with_cases(&directories).unwrap();
        set.cases.truncate(CASES.len());
        for (case, id) in set.cases.iter_mut().zip(CASES) {
            case.id = id.into();
            case.level = Level::Must;
        }
        let [a, b, c] = CASES;
        let old = snapshot("1.0.0", &[(a, "x -> 1\n"), (b, "x -> 1\n")]);
        let new = snapshot("1.5.0", &[(b, "x -> 2\n"), (c, "x -> 3\n")]);
        let causes = vec![cause("forgets-it", a, 3), cause("keeps-it", b, 9)];
        let file = File { runtime: "engine".into(), causes, flaky: vec![] };
        let mut divergences = Divergences::of_file(file);
        let families = ["engine".to_owned()];
        let list = |added: &str| {
            let entry = |id: &str| (id.to_owned(), (Level::Must, "0".to_owned()));
            CaseList(CASES.into_iter().filter(|id| *id != added).map(entry).collect())
        };
        let mut lists = [list(""), list("")];
        let review = |divergences: &Divergences, lists: &[CaseList; 2]| {
            let (set, old, new) = (&set, &old, &new);
            let (file, families) = ("engine", &families[..]);
            let (old_cases, new_cases) = (&lists[0], &lists[1]);
            Bump { set, divergences, file, families, old, new, old_cases, new_cases }.review()
        };
        let shown = "engine 1.0.0 -> engine 1.5.0: 1 gone, 1 new, 1 changed\n\
            gone:\n  forgets-it: 1 case: fd_close::closed_twice\n\
            new:\n  NO CAUSE: 1 case: sched_yield::succeeds\n\
            changed:\n  keeps-it: 1 case: fd_close::not_open\n";
        let close = "close: causes that explain nothing from 1.5.0 on\n  \
            engine.yaml:3: forgets-it: versions: \">=1, <1.5.0\"\n";
        assert_eq!(review(&divergences, &lists), format!("{shown}{close}"));
        // A newer version that still differs keeps the cause.
        let newer = snapshot("2.0.0", &[(a, "x -> 1\n")]);
        let newer = SnapshotFile { path: PathBuf::new(), snapshot: newer };
        divergences.snapshots.files.push(newer);
        assert_eq!(review(&divergences, &lists), shown);
        // A case that did not run before says nothing about the version.
        lists[0] = list(c);
        let without = shown
            .replace("1 new", "0 new")
            .replace("new:\n  NO CAUSE: 1 case: sched_yield::succeeds\n", "");
        let note = "not compared: 1 case: new, or changed since that snapshot\n";
        assert_eq!(review(&divergences, &lists), without + note);
    }
}
