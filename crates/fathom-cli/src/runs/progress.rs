//! How far a run is, on stderr.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};

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
    new: u64,
    total: Option<u64>,
    /// What is counted: draws, bands.
    unit: &'static str,
    /// Seconds after which the run ends.
    limit: Option<f64>,
    /// Units that a target will take, roughly.
    aim: Option<u64>,
    message: String,
    /// Cost of what is done and of all, where units are percent of it.
    cost: Option<[f64; 2]>,
}

impl Progress {
    /// Of `total` units (draws, bands), if that is known, of which `done` have been made before; at most `limit` seconds.
    pub(crate) fn new(unit: &'static str, total: Option<u64>, done: u64, limit: Option<f64>) -> Self {
        let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::hidden());
        bar.set_position(done);
        bar.reset_eta();
        let now = Instant::now();
        let progress = Self {
            bar,
            terminal: std::io::stderr().is_terminal(),
            started: now,
            last_line: now,
            done,
            new: 0,
            total,
            unit,
            limit,
            aim: None,
            message: String::new(),
            cost: None,
        };
        let count = if total.is_some() { "{bar:30} {pos}/{len}" } else { "{spinner} {pos}" };
        progress.style(&format!("{count} {unit}{{msg}}"));
        progress
    }

    /// Of work that costs so much in all, shown in percent.
    pub(crate) fn by_cost(cost: f64) -> Self {
        let mut progress = Self::new("% of the work", Some(100), 0, None);
        progress.cost = Some([0.0, cost]);
        progress.style("{bar:30} {pos} % of the work{msg}");
        progress
    }

    /// Work of this cost was done before.
    pub(crate) fn add_earlier_cost(&mut self, cost: f64) {
        self.pay(cost);
        self.done = self.percent();
        self.bar.set_position(self.done);
        self.bar.reset_eta();
    }

    /// Work of this cost is done.
    pub(crate) fn add_cost(&mut self, cost: f64) {
        self.pay(cost);
        self.add(self.percent().saturating_sub(self.done + self.new));
    }

    fn pay(&mut self, cost: f64) {
        if let Some([done, _]) = &mut self.cost {
            *done += cost;
        }
    }

    fn percent(&self) -> u64 {
        match self.cost {
            Some([done, all]) if all > 0.0 => (100.0 * done / all).round().clamp(0.0, 100.0) as u64,
            _ => 100,
        }
    }

    /// So many units more.
    pub(crate) fn add(&mut self, units: u64) {
        self.new += units;
        if self.terminal {
            if self.started.elapsed() > QUIET {
                self.bar.set_message(self.words());
                if self.bar.is_hidden() {
                    self.bar.set_draw_target(ProgressDrawTarget::stderr());
                }
            }
        } else if self.last_line.elapsed() > BETWEEN_LINES {
            self.last_line = Instant::now();
            // There is nowhere left to report a failure to.
            let _ = writeln!(std::io::stderr(), "{}", self.line());
        }
        self.bar.inc(units);
    }

    /// How far the run is, on a line.
    fn line(&self) -> String {
        let total = self.total.filter(|_| self.cost.is_none()).map_or(String::new(), |total| format!(" of {total}"));
        format!("{}{total} {}{}", self.done + self.new, self.unit, self.words())
    }

    /// How near a run is to what it waits for, and about how many units that takes in all.
    pub(crate) fn aim(&mut self, units: f64, message: String) {
        self.aim = (units < 1e15).then(|| (units as u64).min(self.total.unwrap_or(u64::MAX)));
        self.message = format!(", {message}");
        if let (Some(aim), None) = (self.aim, self.total) {
            self.bar.set_length(aim);
            let template = format!("{{bar:30}} {{pos}} of about {{len}} {}{{msg}}", self.unit);
            self.style(&template);
        }
    }

    /// Seconds since the beginning.
    pub(crate) fn seconds(&self) -> f64 {
        self.started.elapsed().as_secs_f64()
    }

    /// Nothing more is shown.
    pub(crate) fn hide(&self) {
        self.bar.finish_and_clear();
    }

    /// Rate, time left, and how near the target is.
    fn words(&self) -> String {
        let seconds = self.seconds();
        let rate = self.new as f64 / seconds;
        let position = self.done + self.new;
        let by_draws = self.aim.or(self.total).map(|total| total.saturating_sub(position) as f64 / rate);
        let by_time = self.limit.map(|limit| limit - seconds);
        let left = by_draws.into_iter().chain(by_time).reduce(f64::min).map_or(String::new(), |left| {
            let left = Duration::try_from_secs_f64(left.max(0.0).ceil()).map(HumanDuration);
            left.map_or(String::new(), |left| format!(", {left} left"))
        });
        let rate = match self.cost {
            Some(_) => String::new(),
            None if rate < 100.0 => format!(", {rate:.2} per second"),
            None => format!(", {rate:.0} per second"),
        };
        format!("{rate}{left}{}", self.message)
    }

    fn style(&self, template: &str) {
        if let Ok(style) = ProgressStyle::with_template(template) {
            self.bar.set_style(style);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.hide();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_are_not_counted_out_of_a_hundred() {
        let mut work = Progress::by_cost(200.0);
        work.add_earlier_cost(20.0);
        work.add_cost(10.0);
        let line = work.line();
        assert!(line.starts_with("15 % of the work, ") && line.ends_with(" left"), "{line}");
        let mut draws = Progress::new("draws", Some(400), 100, None);
        draws.add(7);
        assert!(draws.line().starts_with("107 of 400 draws, "), "{}", draws.line());
    }
}
