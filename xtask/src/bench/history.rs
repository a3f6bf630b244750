//! The history of figures: a line of JSON for each time that they were recorded.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use serde::Serialize;

use super::figure::{Sample, Summary};

/// The medians of one time.
#[derive(Serialize)]
pub struct Record {
    /// Seconds since 1970.
    at: u64,
    machine: String,
    figures: BTreeMap<String, Medians>,
}

#[derive(Serialize)]
struct Medians {
    wall_us: u64,
    cpu_us: Option<u64>,
    samples: usize,
}

impl Record {
    pub fn new(machine: &str, rows: &[(&str, &[Sample])]) -> Record {
        let at = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let medians = |(name, samples): &(&str, &[Sample])| {
            let found = Summary::of(samples)?;
            let cpu_us = found.cpu.map(|cpu| cpu.as_micros() as u64);
            let wall_us = found.median.as_micros() as u64;
            Some(((*name).to_owned(), Medians { wall_us, cpu_us, samples: samples.len() }))
        };
        let figures = rows.iter().filter_map(medians).collect();
        Record { at, machine: machine.to_owned(), figures }
    }

    /// Adds it to the end of a file.
    pub fn append(&self, path: &Path) -> Result<()> {
        let line = serde_json::to_string(self).context("encode the figures")? + "\n";
        let file = OpenOptions::new().create(true).append(true).open(path);
        file.and_then(|mut file| file.write_all(line.as_bytes()))
            .with_context(|| format!("write {}", path.display()))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn each_time_adds_a_line() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("history.jsonl");
        let sample = Sample { wall: Duration::from_micros(1500), cpu: None };
        let record = Record::new("a machine", &[("a case", &[sample]), ("not measured", &[])]);
        record.append(&path).unwrap();
        record.append(&path).unwrap();
        let text = std::fs::read_to_string(path).unwrap();
        assert_eq!(text.lines().count(), 2);
        let line: serde_json::Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
        assert_eq!(line["figures"]["a case"]["wall_us"], 1500);
        assert!(line["figures"].get("not measured").is_none());
    }
}
