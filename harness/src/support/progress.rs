//! What is shown while long work goes on: bars and spinners on a terminal, plain lines elsewhere.

use std::io::IsTerminal;
use std::time::Duration;

use crate::support::output::warn;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

pub struct Progress {
    bars: MultiProgress,
    terminal: bool,
    quiet: bool,
}

impl Progress {
    /// Shows on stderr what a person there can follow.
    pub fn on_stderr() -> Self {
        let terminal = std::io::stderr().is_terminal();
        Progress { bars: MultiProgress::new(), terminal, quiet: false }
    }

    /// Shows nothing; for commands whose whole output is their result.
    pub fn silent() -> Self {
        let bars = MultiProgress::with_draw_target(ProgressDrawTarget::hidden());
        Progress { bars, terminal: false, quiet: true }
    }

    /// A line that stays.
    pub fn say(&self, text: &str) {
        if self.quiet {
            return;
        }
        if self.terminal {
            // A terminal that cannot be written to is no reason to stop.
            let _ = self.bars.println(text);
        } else {
            warn(text);
        }
    }

    pub fn spinner(&self, prefix: &str) -> ProgressBar {
        let style = ProgressStyle::with_template("{spinner} {prefix} [{elapsed}] {wide_msg}");
        let bar = self.bars.add(ProgressBar::new_spinner());
        bar.set_style(style.expect("the template is right"));
        bar.set_prefix(prefix.to_owned());
        if self.terminal {
            bar.enable_steady_tick(Duration::from_millis(120));
        }
        bar
    }

    pub fn bar(&self, length: usize) -> ProgressBar {
        let style = ProgressStyle::with_template("{wide_bar} {pos}/{len} {msg}");
        let bar = self.bars.add(ProgressBar::new(length as u64));
        bar.set_style(style.expect("the template is right"));
        bar
    }
}
