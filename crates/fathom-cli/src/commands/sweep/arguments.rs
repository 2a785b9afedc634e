//! Flags of `fathom sweep`.

use std::path::PathBuf;

use clap::ValueEnum;
use fathom_ntk::analysis::sweep::{Axis, Key, OptionValue, Setting, Sweep, SweepCommand, SweepError, Template};

use crate::error::CommandError;
use crate::output::{OutputArgs, protect, read_text};
use crate::page::ReportArgs;
use crate::plot::PlotArgs;
use crate::runs::Part;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Description of the sweep, which --example prints; or sample, train or verdict, with --grid
    #[arg(value_name = "FILE.toml|COMMAND", required_unless_present = "example")]
    description: Option<PathBuf>,
    /// Print a description that works, to begin with
    #[arg(long, value_enum, value_name = "COMMAND")]
    pub(super) example: Option<Example>,
    /// What varies: KEY=VALUE,… or KEY=FROM..TO:COUNT or KEY=FROM..TO:COUNT:log; once for each key
    #[arg(long, value_name = "KEY=VALUES", value_parser = parse_axis)]
    grid: Vec<Axis>,
    /// A value of all networks, or an option of the command
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Cells at a time [default: one for each processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(super) threads: Option<u16>,
    /// Keep the cells that are done in this file, every few seconds
    #[arg(long, value_name = "FILE", help_heading = "Long runs")]
    pub(super) checkpoint: Option<PathBuf>,
    /// Take the cells that --checkpoint holds from there
    #[arg(long, requires = "checkpoint", help_heading = "Long runs")]
    pub(super) resume: bool,
    /// Do every Kth cell only, from the Ith on; --merge puts the checkpoints of all parts together
    #[arg(long, value_name = "I/K", requires = "checkpoint", help_heading = "Long runs")]
    pub(super) shard: Option<Part>,
    /// Do nothing: take all cells from these checkpoints
    #[arg(long, value_name = "FILE", num_args = 1.., conflicts_with_all = ["checkpoint", "shard"], help_heading = "Long runs")]
    pub(super) merge: Vec<PathBuf>,
    /// Accept that cells are missing from --merge
    #[arg(long, requires = "merge", help_heading = "Long runs")]
    pub(super) partial: bool,
    /// Write the means over seeds to a table
    #[arg(long, value_name = "FILE.csv", help_heading = "Output")]
    pub(super) over_seeds: Option<PathBuf>,
    /// Which quantity is drawn [default: drift and loss; spread; randomness]
    #[arg(long, value_name = "QUANTITY", requires = "plot", help_heading = "Output")]
    pub(super) show: Option<String>,
    /// With --out FILE.csv, the table is written there
    #[command(flatten)]
    pub(super) output: OutputArgs,
    #[command(flatten)]
    pub(super) plot: PlotArgs,
    #[command(flatten)]
    pub(super) report: ReportArgs,
}

/// A description that is built in.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Example {
    Sample,
    Train,
    Verdict,
}

impl Example {
    pub(super) fn example(self) -> &'static str {
        match self {
            Self::Sample => include_str!("sample.toml"),
            Self::Train => include_str!("train.toml"),
            Self::Verdict => include_str!("verdict.toml"),
        }
    }
}

fn parse_axis(text: &str) -> Result<Axis, String> {
    text.parse().map_err(|error: SweepError| error.to_string())
}

impl Args {
    /// What the file and the flags say together.
    pub(super) fn sweep(&self) -> Result<Sweep, CommandError> {
        let path = self.description.clone().unwrap_or_default();
        let command: Option<SweepCommand> = path.to_str().and_then(|name| name.parse().ok());
        let (sweep, file) = match command {
            Some(command) => (Sweep::new(command, Template::default(), Vec::new(), Vec::new())?, None),
            None => {
                protect(&path);
                let text = read_text(&path)?;
                let failed = |source| CommandError::SweepFile { path: path.clone(), source };
                (Sweep::from_toml(&text).map_err(failed)?, Some(&path))
            }
        };
        let mut axes = sweep.axes().to_vec();
        for axis in &self.grid {
            match axes.iter_mut().find(|other| other.key() == axis.key()) {
                Some(of_file) if file.is_some() => *of_file = axis.clone(),
                _ => axes.push(axis.clone()),
            }
        }
        let (mut template, mut options) = (sweep.template, sweep.options);
        for text in &self.set {
            let Some((name, value)) = text.split_once('=') else {
                return Err(CommandError::Usage(format!("--set takes KEY=VALUE, got {text:?}")));
            };
            match name.parse::<Key>() {
                Ok(key) => template.set(&Setting::parse(key, value)?),
                Err(_) => {
                    let name = name.trim().replace('-', "_");
                    options.retain(|(other, _)| *other != name);
                    options.push((name, OptionValue::Text(value.into())));
                }
            }
        }
        Ok(Sweep::new(sweep.command, template, axes, options)?)
    }

    /// Whether this process does the cell.
    pub(super) fn is_mine(&self, cell: usize) -> bool {
        let part = self.shard.unwrap_or(Part::WHOLE);
        cell as u64 % part.count == part.index - 1
    }
}
