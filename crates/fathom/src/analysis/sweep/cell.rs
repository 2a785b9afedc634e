//! The grid, cell by cell.

use serde::{Deserialize, Serialize};

use super::{Axis, Key, OptionValue, Setting, SweepError, Template};
use crate::spec::Architecture;

/// Most cells of a grid.
pub const MAX_CELLS: usize = 100_000;

/// What is done with every network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SweepCommand {
    /// It is drawn many times.
    Sample,
    /// It is trained.
    Train,
    /// It is judged.
    Verdict,
}

impl SweepCommand {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sample => "sample",
            Self::Train => "train",
            Self::Verdict => "verdict",
        }
    }
}

impl std::str::FromStr for SweepCommand {
    type Err = SweepError;

    fn from_str(text: &str) -> Result<Self, SweepError> {
        let all = [Self::Sample, Self::Train, Self::Verdict];
        all.into_iter().find(|command| command.name() == text.trim()).ok_or_else(|| SweepError::Toml {
            message: format!("the command of a sweep is sample, train or verdict, got {:?}", text.trim()),
        })
    }
}

/// One combination of values.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// Its place, counted from 0; the last axis varies fastest.
    pub index: usize,
    /// The value of every axis, in their order.
    pub settings: Vec<Setting>,
    /// The network.
    pub architecture: Architecture,
    /// The seed.
    pub seed: u64,
}

/// What is done with which networks.
///
/// # Example
/// ```
/// use fathom_ntk::analysis::sweep::Sweep;
/// let sweep = Sweep::from_toml(
///     "command = \"verdict\"\n[network]\nwidth = 100\n[grid]\ndepth = [2, 4]\nweight_var = {from = 1, to = 3, count = 5}\n",
/// )?;
/// let cells = sweep.cells(10, 1)?;
/// assert_eq!((cells.len(), cells[6].architecture.depth(), cells[6].architecture.weight_var(1)), (10, 4, 1.5));
/// # Ok::<(), fathom_ntk::analysis::sweep::SweepError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Sweep {
    /// What is done.
    pub command: SweepCommand,
    /// What all networks have in common.
    pub template: Template,
    axes: Vec<Axis>,
    /// Options of the command by name, in their order.
    pub options: Vec<(String, OptionValue)>,
}

impl Sweep {
    /// Of axes of different keys.
    ///
    /// # Errors
    /// [`SweepError::TwoAxes`], [`SweepError::TooManyCells`].
    pub fn new(
        command: SweepCommand,
        template: Template,
        axes: Vec<Axis>,
        options: Vec<(String, OptionValue)>,
    ) -> Result<Self, SweepError> {
        for (i, axis) in axes.iter().enumerate() {
            if axes[..i].iter().any(|other| other.key() == axis.key()) {
                return Err(SweepError::TwoAxes { key: axis.key() });
            }
        }
        let got = axes.iter().fold(1_u128, |cells, axis| cells.saturating_mul(axis.values().len() as u128));
        if got > MAX_CELLS as u128 {
            return Err(SweepError::TooManyCells { most: MAX_CELLS, got });
        }
        Ok(Self { command, template, axes, options })
    }

    /// What varies.
    pub fn axes(&self) -> &[Axis] {
        &self.axes
    }

    /// The keys of the axes.
    pub fn keys(&self) -> Vec<Key> {
        self.axes.iter().map(Axis::key).collect()
    }

    /// All cells, in order.
    ///
    /// # Arguments
    /// * `inputs`, `outputs`: of networks of which nothing is said about them.
    ///
    /// # Errors
    /// [`SweepError::Cell`] for the first one that is no network.
    pub fn cells(&self, inputs: usize, outputs: usize) -> Result<Vec<Cell>, SweepError> {
        let count = self.axes.iter().map(|axis| axis.values().len()).product();
        (0..count).map(|index| self.cell(index, inputs, outputs)).collect()
    }

    fn cell(&self, index: usize, inputs: usize, outputs: usize) -> Result<Cell, SweepError> {
        let mut rest = index;
        let mut settings: Vec<Setting> = Vec::with_capacity(self.axes.len());
        for axis in self.axes.iter().rev() {
            settings.push(axis.values()[rest % axis.values().len()].clone());
            rest /= axis.values().len();
        }
        settings.reverse();
        let mut template = self.template.clone();
        settings.iter().for_each(|setting| template.set(setting));
        template.complete(inputs, outputs);
        let architecture = template.architecture().map_err(|source| {
            let settings: Vec<String> = settings.iter().map(|s| format!("{} = {s}", s.key())).collect();
            SweepError::Cell { cell: index, settings: settings.join(", "), source: Box::new(source) }
        })?;
        Ok(Cell { index, settings, architecture, seed: template.seed().unwrap_or(0) })
    }
}
