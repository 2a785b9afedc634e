//! Inputs with targets, for `fathom predict`, `fathom select` and `fathom train`.

use std::path::Path;

use fathom_ntk::predict::{Distinct, Targets, one_hot};

use crate::data::{Inputs, load_targets};
use crate::error::CommandError;
use crate::flags::{check_rows, data_named, usage};

/// Most classes of a classification.
const MAX_CLASSES: usize = 10_000;

/// Inputs, and their targets where they are known.
pub(super) struct Supervised {
    pub inputs: Inputs,
    pub targets: Option<Inputs>,
    pub source: String,
}

impl Supervised {
    /// Reads inputs, and targets from a file of their own or from the labels beside the inputs.
    pub fn load(data: &Path, array: Option<&str>, targets: Option<&Path>) -> Result<Self, CommandError> {
        let (dataset, source) = data_named(data, array)?;
        let targets = match targets {
            Some(path) => Some(load_targets(path)?),
            None => dataset.labels.map(|labels| Inputs { rows: labels.len(), cols: 1, values: labels }),
        };
        if let Some(targets) = targets.as_ref().filter(|targets| targets.rows != dataset.inputs.rows) {
            let message = format!("there are {} inputs, but targets for {}", dataset.inputs.rows, targets.rows);
            return Err(usage(format!("{source}: {message}")));
        }
        Ok(Self { inputs: dataset.inputs, targets, source })
    }

    /// The first `rows` only.
    pub fn truncate(&mut self, rows: usize) -> Result<(), CommandError> {
        check_rows(rows, self.inputs.rows)?;
        for part in [Some(&mut self.inputs), self.targets.as_mut()].into_iter().flatten() {
            part.rows = rows;
            part.values.truncate(part.rows * part.cols);
        }
        Ok(())
    }

    /// The last `rows` apart.
    pub fn split_last(&mut self, rows: usize) -> Result<Self, CommandError> {
        let total = self.inputs.rows;
        if rows == 0 || rows >= total {
            return Err(usage(format!("between 1 and {} of {total} rows can be held out, got {rows}", total - 1)));
        }
        let split = |part: &mut Inputs| {
            part.rows -= rows;
            Inputs { rows, cols: part.cols, values: part.values.split_off(part.rows * part.cols) }
        };
        Ok(Self {
            inputs: split(&mut self.inputs),
            targets: self.targets.as_mut().map(split),
            source: format!("the last {rows} rows of {}", self.source),
        })
    }

    fn needed(&self) -> Result<&Inputs, CommandError> {
        self.targets.as_ref().ok_or_else(|| {
            usage(format!("{} holds no labels: give the targets of the training inputs with --targets", self.source))
        })
    }
}

/// Classes of training and of test inputs, if they are known, from their labels.
pub(super) struct Classes {
    pub labels: Vec<f64>,
    pub train: Vec<usize>,
    pub test: Option<Vec<usize>>,
}

impl Classes {
    pub fn of(train: &Supervised, test: Option<&Supervised>) -> Result<Self, CommandError> {
        let targets = train.needed()?;
        if targets.cols != 1 {
            return Err(usage(format!("classes need one label for each input, got {} columns", targets.cols)));
        }
        let mut labels = targets.values.clone();
        labels.sort_by(f64::total_cmp);
        labels.dedup();
        if !(2..=MAX_CLASSES).contains(&labels.len()) {
            let count = labels.len();
            return Err(usage(format!("classes need 2 to {MAX_CLASSES} different labels, got {count}")));
        }
        let place = |label: &f64| labels.iter().position(|known| known == label);
        let known = |inputs: &Inputs| -> Result<Vec<usize>, CommandError> {
            let class = |label| place(label).ok_or_else(|| usage(format!("no training input has the label {label}")));
            inputs.values.iter().map(class).collect()
        };
        let test = test.and_then(|test| test.targets.as_ref()).map(known).transpose()?;
        Ok(Self { train: known(targets)?, test, labels })
    }
}

/// What is learnt.
pub(super) struct Task {
    pub targets: Targets,
    pub distinct: Distinct,
    pub test_targets: Option<Vec<f64>>,
    pub classes: Option<Classes>,
}

impl Task {
    pub fn new(train: &Supervised, test: Option<&Supervised>, classify: bool) -> Result<Self, CommandError> {
        let distinct = Distinct::rows(&train.inputs.values, train.inputs.cols)?;
        if !classify {
            let targets = train.needed()?;
            let test_targets = test.and_then(|test| test.targets.as_ref());
            if let Some(got) = test_targets.map(|t| t.cols).filter(|&got| got != targets.cols) {
                let cols = targets.cols;
                return Err(usage(format!("training targets have {cols} columns, test targets {got}")));
            }
            return Ok(Self {
                targets: Targets::new(&targets.values, targets.cols, &distinct)?,
                distinct,
                test_targets: test_targets.map(|t| t.values.clone()),
                classes: None,
            });
        }
        let classes = Classes::of(train, test)?;
        let count = classes.labels.len();
        let targets = Targets::new(&one_hot(&classes.train, count)?, count, &distinct)?;
        let test_targets = classes.test.as_ref().map(|test| one_hot(test, count)).transpose()?;
        Ok(Self { targets, distinct, test_targets, classes: Some(classes) })
    }

    pub fn test_classes(&self) -> Option<&[usize]> {
        self.classes.as_ref()?.test.as_deref()
    }
}
