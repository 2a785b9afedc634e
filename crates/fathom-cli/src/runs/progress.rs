//! How far a run is, on stderr.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A run that ends sooner shows nothing.
const QUIET: Duration = Duration::from_millis(700);
/// Time between lines where stderr is not a terminal.
const BETWEEN_LINES: Duration = Duration::from_secs(20);

/// A bar on a terminal, a line now and then elsewhere.
pub(crate) struct Progress {
    bar: ProgressBar,
    terminal: bool,
    started: Instant,
    last_line: Instant,
    done: u64,
    drawn: u64,
    total: Option<u64>,
    unit: &'static str,
}

impl Progress {
    /// Of `total` units (draws, rows), if that is known, of which `done` have been made before.
    pub(crate) fn new(unit: &'static str, total: Option<u64>, done: u64) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::hidden());
        let template = match total {
            Some(_) => format!("{{bar:30}} {{pos}}/{{len}} {unit}, {{per_sec}}, {{eta}} left{{msg}}"),
            None => format!("{{spinner}} {{pos}} {unit}, {{per_sec}}, {{elapsed}}{{msg}}"),
        };
        if let Ok(style) = ProgressStyle::with_template(&template) {
            bar.set_style(style);
        }
        bar.set_position(done);
        bar.reset_eta();
        let now = Instant::now();
        Self { bar, terminal, started: now, last_line: now, done, drawn: 0, total, unit }
    }

    /// So many units more.
    pub(crate) fn add(&mut self, units: u64) {
        self.drawn += units;
        self.bar.inc(units);
        if self.terminal {
            if self.bar.is_hidden() && self.started.elapsed() > QUIET {
                self.bar.set_draw_target(ProgressDrawTarget::stderr());
            }
        } else if self.last_line.elapsed() > BETWEEN_LINES {
            self.last_line = Instant::now();
            let position = self.done + self.drawn;
            let rate = self.drawn as f64 / self.started.elapsed().as_secs_f64();
            let rest = self.total.map(|total| total.saturating_sub(position) as f64 / rate);
            let rest = rest.map_or(String::new(), |seconds| format!(", {seconds:.0} s left"));
            // There is nowhere left to report a failure to.
            let _ = writeln!(std::io::stderr(), "{position} {}, {rate:.3} per second{rest}", self.unit);
        }
    }

    /// How near a run is to what it waits for.
    pub(crate) fn say(&self, message: String) {
        self.bar.set_message(message);
    }

    /// Seconds since the beginning.
    pub(crate) fn seconds(&self) -> f64 {
        self.started.elapsed().as_secs_f64()
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
