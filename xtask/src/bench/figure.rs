//! A figure, its samples, and the table of all.

use std::time::Duration;

use anyhow::Result;

/// Something to measure.
pub struct Figure {
    pub name: String,
    /// Whether it takes minutes.
    pub once: bool,
    pub measure: Box<dyn Fn() -> Result<Sample>>,
}

/// One measurement.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    pub wall: Duration,
    /// User and system time of all processes that took part. `None` if nobody counts it.
    pub cpu: Option<Duration>,
}

/// What is shown of the samples of a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    pub median: Duration,
    pub least: Duration,
    pub most: Duration,
    pub cpu: Option<Duration>,
}

impl Summary {
    /// `None` of no samples.
    pub fn of(samples: &[Sample]) -> Option<Summary> {
        let mut walls: Vec<Duration> = samples.iter().map(|sample| sample.wall).collect();
        let mut cpus: Vec<Duration> = samples.iter().filter_map(|sample| sample.cpu).collect();
        let median = median(&mut walls)?;
        Some(Summary {
            median,
            least: walls[0],
            most: *walls.last()?,
            cpu: self::median(&mut cpus),
        })
    }
}

/// Sorts them. The lower of two in the middle: it was measured.
pub fn median(all: &mut [Duration]) -> Option<Duration> {
    all.sort_unstable();
    all.get(all.len().checked_sub(1)? / 2).copied()
}

/// The figures, one a line.
pub fn table(rows: &[(&str, &[Sample])]) -> String {
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let mut text = format!(
        "{:width$}  {:>9}  {:>21}  {:>9}  {:>2}\n",
        "figure", "median", "spread", "CPU", "n"
    );
    for (name, samples) in rows {
        let Some(Summary { median, least, most, cpu }) = Summary::of(samples) else { continue };
        let spread = format!("{} – {}", shown(least), shown(most));
        let cpu = cpu.map_or("–".into(), shown);
        let count = samples.len();
        text +=
            &format!("{name:width$}  {:>9}  {spread:>21}  {cpu:>9}  {count:>2}\n", shown(median));
    }
    text
}

fn shown(time: Duration) -> String {
    match time.as_secs_f64() {
        seconds if seconds >= 1.0 => format!("{seconds:.2} s"),
        seconds if seconds >= 0.01 => format!("{:.0} ms", seconds * 1e3),
        seconds => format!("{:.0} µs", seconds * 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(wall: u64, cpu: Option<u64>) -> Sample {
        Sample { wall: Duration::from_millis(wall), cpu: cpu.map(Duration::from_millis) }
    }

    #[test]
    fn one_slow_round_does_not_move_the_median() {
        let samples = [sample(20, Some(9)), sample(900, Some(8)), sample(10, None)];
        let found = Summary::of(&samples).unwrap();
        let ms = Duration::from_millis;
        assert_eq!((found.median, found.least, found.most), (ms(20), ms(10), ms(900)));
        assert_eq!(found.cpu, Some(ms(8)));
        assert_eq!(Summary::of(&[]), None);
    }

    #[test]
    fn a_table_shows_wall_and_cpu() {
        let table =
            table(&[("a case", &[sample(2, None)]), ("a run", &[sample(8100, Some(15500))])]);
        let lines: Vec<Vec<&str>> =
            table.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(lines[1].join(" "), "a case 2000 µs 2000 µs – 2000 µs – 1");
        assert_eq!(lines[2].join(" "), "a run 8.10 s 8.10 s – 8.10 s 15.50 s 1");
    }
}
