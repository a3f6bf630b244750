use super::*;
use crate::results::run_file::sample;
use crate::verdict::judge::Verdict;

fn head() -> Run {
    Run { verdicts: vec![], verdict_count: 0, complete: false, ..sample::run() }
}

fn options() -> Vec<String> {
    vec!["--timeout 10".into(), "--isolate".into()]
}

fn rows() -> Vec<VerdictRow> {
    sample::run().verdicts
}

#[test]
fn a_log_holds_every_verdict_and_survives_a_torn_line() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(FILE_NAME);
    let mut log = RunLog::open(directory.path(), false).unwrap();
    log.begin(&head(), &options()).unwrap();
    let rows = rows();
    rows.iter().for_each(|row| log.append(row));
    drop(log);
    let run = run_of_log(&path).unwrap();
    assert!(!run.complete);
    assert_eq!(run.verdicts.len(), rows.len());

    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() - 10]).unwrap();
    assert_eq!(run_of_log(&path).unwrap().verdicts.len(), rows.len() - 1);

    let mut log = RunLog::open(directory.path(), true).unwrap();
    log.begin(&head(), &options()).unwrap();
    assert_eq!(log.earlier_verdicts().len(), rows.len() - 1);
    log.append(rows.last().unwrap());
    drop(log);
    assert_eq!(run_of_log(&path).unwrap().verdicts.len(), rows.len());
}

#[test]
fn the_order_of_verdicts_is_that_of_the_run_and_the_last_of_a_case_counts() {
    let directory = tempfile::tempdir().unwrap();
    let mut log = RunLog::open(directory.path(), false).unwrap();
    log.begin(&head(), &options()).unwrap();
    let mut in_order = head();
    in_order.set_verdicts(rows());
    let rows = in_order.verdicts;
    rows.iter().rev().for_each(|row| log.append(row));
    log.append(&VerdictRow { verdict: Verdict::HarnessError, ..rows[0].clone() });
    let run = run_of_log(&directory.path().join(FILE_NAME)).unwrap();
    let ids = |rows: &[VerdictRow]| -> Vec<(String, String)> {
        rows.iter().map(|row| (row.runtime.clone(), row.case.clone())).collect()
    };
    assert_eq!(ids(&run.verdicts), ids(&rows));
    assert_eq!(run.verdicts[0].verdict, Verdict::HarnessError);
}

#[test]
fn two_runs_cannot_write_to_one_directory() {
    let directory = tempfile::tempdir().unwrap();
    let log = RunLog::open(directory.path(), false).unwrap();
    let refused = RunLog::open(directory.path(), false).err().unwrap().to_string();
    assert!(refused.starts_with("another run is writing to "), "{refused}");
    log.close(true).unwrap();
    RunLog::open(directory.path(), false).unwrap();
}

/// Begins a run, after which another process goes on with this one.
fn resumed(directory: &Path, run: &Run) -> Result<RunLog> {
    let mut log = RunLog::open(directory, true).unwrap();
    log.begin(run, &options()).map(|()| log)
}

#[test]
fn only_the_same_run_is_resumed() {
    let directory = tempfile::tempdir().unwrap();
    let refused = |run: &Run| resumed(directory.path(), run).err().map(|e| e.to_string()).unwrap();
    let nothing = refused(&head());
    assert!(nothing.ends_with("it holds no unfinished run: leave out --resume"), "{nothing}");
    RunLog::open(directory.path(), false).unwrap().begin(&head(), &options()).unwrap();
    let refusal = refused(&Run { filters: vec!["fd_read".into()], ..head() });
    assert!(refusal.contains("the unfinished run had no filters: "), "{refusal}");
    let mut other = head();
    other.runtimes[0].version = "9.9.9".into();
    let refusal = refused(&other);
    let (name, version) = (&head().runtimes[0].name, &head().runtimes[0].version);
    assert!(refusal.contains(&format!("the unfinished run had {name} {version}: ")), "{refusal}");
    other.runtimes.remove(0);
    let refusal = refused(&other);
    assert!(refusal.contains("the unfinished run had the runtimes "), "{refusal}");
    let mut other = head();
    other.cases[0].title = "another".into();
    assert!(refused(&other).contains("the unfinished run had other cases: "));
    let mut other = head();
    other.runtimes[0].source = "elsewhere".into();
    assert!(refused(&other).contains(&head().runtimes[0].source));
    let with = |options: &[&str]| {
        let options: Vec<String> = options.iter().map(|text| (*text).to_owned()).collect();
        RunLog::open(directory.path(), true).unwrap().begin(&head(), &options)
    };
    let refusal = with(&["--timeout 5", "--coverage"]).unwrap_err().to_string();
    let had = "the unfinished run had --timeout 10, --isolate, no --coverage: ";
    assert!(refusal.contains(had), "{refusal}");
    resumed(directory.path(), &head()).unwrap();
}

#[test]
fn a_runtime_may_become_ready_after_the_log_began() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(FILE_NAME);
    let ready = head().runtimes[0].clone();
    let mut unready = head();
    unready.runtimes[0].unavailable = Some("not ready".into());
    let mut log = RunLog::open(directory.path(), false).unwrap();
    log.begin(&unready, &options()).unwrap();
    log.add_runtime(&ready).unwrap();
    log.append(&rows()[0]);
    drop(log);
    assert_eq!(run_of_log(&path).unwrap().runtimes[0].unavailable, None);

    // Of a run that goes on, each process finds out by itself what is ready.
    let log = resumed(directory.path(), &unready).unwrap();
    log.add_runtime(&ready).unwrap();
    let other = RuntimeRow { version: "9.9.9".into(), ..ready };
    let refused = log.add_runtime(&other).unwrap_err().to_string();
    assert!(refused.contains("the unfinished run had "), "{refused}");
}

#[test]
fn a_line_that_is_none_of_a_log_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(FILE_NAME);
    fs::write(&path, "{\"x\": 1}\n").unwrap();
    let error = format!("{:#}", run_of_log(&path).unwrap_err());
    assert!(error.contains("run.jsonl: line 1: unknown variant `x`"), "{error}");
    let row = VerdictRow { case: "no::case".into(), ..rows()[0].clone() };
    let verdict = Line::Verdict(Box::new(LoggedVerdict { seconds: 1.0, row }));
    let lines = |run: Run| [Line::Run(Box::new(run)), verdict].map(|line| to_line(&line).unwrap());
    fs::write(&path, lines(head()).concat()).unwrap();
    let error = format!("{:#}", run_of_log(&path).unwrap_err());
    assert!(error.ends_with("::no::case, which has a verdict"), "{error}");
    assert!(error.contains("run.jsonl: line 2: the run has no "), "{error}");
    let mut twice = head();
    twice.runtimes.push(twice.runtimes[0].clone());
    fs::write(&path, to_line(&Line::Run(Box::new(twice))).unwrap()).unwrap();
    let error = format!("{:#}", run_of_log(&path).unwrap_err());
    assert!(error.contains("line 1: it contradicts itself: "), "{error}");
    fs::write(&path, "").unwrap();
    let error = run_of_log(&path).unwrap_err().to_string();
    assert!(error.ends_with("the run in it had not begun to run cases"), "{error}");
}

/// A run truncates its log, and nobody else's file.
#[test]
fn a_link_or_a_pipe_in_its_place_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let (path, mine) = (directory.path().join(FILE_NAME), directory.path().join("mine"));
    fs::write(&mine, "mine").unwrap();
    std::os::unix::fs::symlink(&mine, &path).unwrap();
    let refused = RunLog::open(directory.path(), false).err().unwrap().to_string();
    assert!(refused.ends_with("it is not a file: remove it, or name another directory with --out"));
    assert_eq!(fs::read(&mine).unwrap(), b"mine");
}
