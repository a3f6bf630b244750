//! Progress of long work: bars and spinners on a terminal, otherwise a line from time to time, so that
//! the log of a CI job shows progress.

use std::io::IsTerminal;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle, WeakProgressBar};

use crate::support::escape;
use crate::support::output::warn;

/// The interval of lines if there is no terminal.
const EVERY: Duration = Duration::from_secs(15);

/// Shows the progress of work.
pub struct Progress {
    bars: MultiProgress,
    shown: Shown,
}

enum Shown {
    Terminal,
    Lines(Lines),
    Nothing,
}

impl Progress {
    /// Shows progress on stderr.
    pub fn on_stderr() -> Self {
        let shown = match std::io::stderr().is_terminal() {
            true => Shown::Terminal,
            false => Shown::Lines(Lines::start(EVERY, warn)),
        };
        Progress { bars: MultiProgress::new(), shown }
    }

    /// Shows nothing, for commands whose only output is their result.
    pub fn silent() -> Self {
        let bars = MultiProgress::with_draw_target(ProgressDrawTarget::hidden());
        Progress { bars, shown: Shown::Nothing }
    }

    /// A line that stays.
    pub fn say(&self, text: &str) {
        match &self.shown {
            // A failure to write to the terminal must not stop the work.
            Shown::Terminal => drop(self.bars.println(escape::plain(text))),
            Shown::Lines(_) => warn(text),
            Shown::Nothing => {}
        }
    }

    /// For work of unknown length. The prefix names the work, and the message the current step.
    pub fn spinner(&self, prefix: &str) -> ProgressBar {
        let bar = ProgressBar::new_spinner();
        bar.set_prefix(escape::line(prefix));
        let bar = self.add(bar, "{spinner} {prefix} [{elapsed}] {wide_msg}");
        if let Shown::Terminal = self.shown {
            bar.enable_steady_tick(Duration::from_millis(120));
        }
        bar
    }

    /// For a known number of steps.
    pub fn bar(&self, length: usize) -> ProgressBar {
        self.add(ProgressBar::new(length as u64), "{wide_bar} {pos}/{len} {msg}")
    }

    fn add(&self, bar: ProgressBar, template: &str) -> ProgressBar {
        let bar = self.bars.add(bar);
        bar.set_style(ProgressStyle::with_template(template).expect("the template is right"));
        if let Shown::Lines(lines) = &self.shown {
            lines.watch(&bar);
        }
        bar
    }
}

/// Shows what the work of a bar is doing.
pub fn show(bar: &ProgressBar, step: &str) {
    bar.set_message(escape::line(step));
}

/// Writes a line about each unfinished bar from time to time, until this is dropped.
struct Lines {
    bars: Arc<Mutex<Vec<WeakProgressBar>>>,
    /// The thread that writes ends when this is dropped.
    _running: Sender<()>,
}

impl Lines {
    fn start(every: Duration, write: impl Fn(&str) + Send + 'static) -> Self {
        let (running, stopped) = mpsc::channel();
        let bars: Arc<Mutex<Vec<WeakProgressBar>>> = Arc::default();
        let watched = Arc::clone(&bars);
        thread::spawn(move || {
            while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(every) {
                let mut bars = watched.lock().expect(NO_PANIC);
                bars.retain(|bar| bar.upgrade().is_some_and(|bar| !bar.is_finished()));
                for bar in bars.iter().filter_map(WeakProgressBar::upgrade) {
                    write(&line(&bar));
                }
            }
        });
        Lines { bars, _running: running }
    }

    fn watch(&self, bar: &ProgressBar) {
        self.bars.lock().expect(NO_PANIC).push(bar.downgrade());
    }
}

const NO_PANIC: &str = "no code panics while holding this";

/// `wasmtime runner: Compiling cranelift (45 s)`, or `120 of 1670 done (15 s): node::fd_read::all`.
fn line(bar: &ProgressBar) -> String {
    let seconds = bar.elapsed().as_secs();
    let (prefix, message) = (bar.prefix(), bar.message());
    match bar.length() {
        Some(length) if message.is_empty() => {
            format!("{} of {length} done ({seconds} s)", bar.position())
        }
        Some(length) => format!("{} of {length} done ({seconds} s): {message}", bar.position()),
        None if message.is_empty() => format!("{prefix} ({seconds} s)"),
        None => format!("{prefix}: {message} ({seconds} s)"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Far longer than anything here takes; only a failure waits for it.
    const PATIENCE: Duration = Duration::from_secs(30);

    #[test]
    fn without_a_terminal_unfinished_work_is_a_line_from_time_to_time() {
        let (write, written) = mpsc::channel();
        let lines = Lines::start(Duration::from_millis(20), move |line: &str| {
            let _ = write.send(line.to_owned());
        });
        let progress = Progress {
            bars: MultiProgress::with_draw_target(ProgressDrawTarget::hidden()),
            shown: Shown::Lines(lines),
        };
        let next = || written.recv_timeout(PATIENCE).unwrap();
        let spinner = progress.spinner("wasmtime runner");
        spinner.set_message("Compiling cranelift");
        while next() != "wasmtime runner: Compiling cranelift (0 s)" {}
        spinner.finish_and_clear();
        let bar = progress.bar(1670);
        bar.inc(120);
        bar.set_message("node::fd_read::all");
        while next() != "120 of 1670 done (0 s): node::fd_read::all" {}
        // Finished work is not mentioned again, and the thread ends with the progress.
        drop(bar);
        drop(progress);
        let rest: Vec<String> = written.iter().collect();
        assert!(rest.len() < 3, "{rest:?}");
    }
}
