//! The data of `fathom train`.

use fathom_ntk::predict::one_hot;
use fathom_ntk::train::{Examples, Loss};

use super::arguments::DataArgs;
use crate::commands::supervised::{Classes, Supervised};
use crate::error::CommandError;
use crate::flags::usage;

/// Rows of the built-in data that are trained on, and held out.
const DIGITS: (usize, usize) = (500, 300);

/// Training and test data with their targets.
pub(in crate::commands) struct Data {
    pub(in crate::commands) train: Examples,
    pub(in crate::commands) test: Option<Examples>,
    /// The labels of the classes, in the order of outputs.
    pub(super) labels: Option<Vec<f64>>,
    pub(in crate::commands) source: String,
}

impl Data {
    pub(super) fn load(args: &DataArgs, loss: Loss) -> Result<Self, CommandError> {
        let named = ["one-hot", "labels"].iter().any(|name| args.targets.as_os_str() == *name);
        let file = (!named).then_some(args.targets.as_path());
        let built_in = args.data.as_os_str() == "digits" && file.is_none() && args.test_data.is_none();
        let mut train = Supervised::load(&args.data, args.array.as_deref(), file)?;
        let test = match (&args.test_data, args.hold_out.or(built_in.then_some(DIGITS.1))) {
            (Some(path), _) => Some(Supervised::load(path, args.array.as_deref(), args.test_targets.as_deref())?),
            (None, Some(rows)) if rows > 0 => Some(train.split_last(rows)?),
            _ => None,
        };
        if let Some(rows) = args.rows.or(built_in.then_some(DIGITS.0)) {
            train.truncate(rows)?;
        }
        let source = test.as_ref().map_or(train.source.clone(), |test| format!("{}, {}", train.source, test.source));
        if args.targets.as_os_str() == "one-hot" {
            return Self::classified(train, test, loss, source);
        }
        let test = test.map(|test| numeric(test, "--test-targets")).transpose()?;
        Ok(Self { train: numeric(train, "--targets")?, test, labels: None, source })
    }

    /// An output for each class: for the squared loss as `fathom predict --classify` has it, otherwise probabilities.
    fn classified(
        train: Supervised,
        test: Option<Supervised>,
        loss: Loss,
        source: String,
    ) -> Result<Self, CommandError> {
        let classes = Classes::of(&train, test.as_ref())?;
        let count = classes.labels.len();
        let examples = |data: Supervised, classes: Vec<usize>| -> Result<Examples, CommandError> {
            let mut targets = one_hot(&classes, count)?;
            if loss == Loss::CrossEntropy {
                targets.iter_mut().for_each(|target| *target = f64::from(u8::from(*target > 0.0)));
            }
            Ok(Examples::new(data.inputs.values, data.inputs.cols, targets, count)?.with_classes(classes)?)
        };
        let test = match (test, classes.test) {
            (Some(test), Some(classes)) => Some(examples(test, classes)?),
            (Some(test), None) => return Err(usage(format!("{} holds no labels", test.source))),
            (None, _) => None,
        };
        Ok(Self { train: examples(train, classes.train)?, test, labels: Some(classes.labels), source })
    }

    /// The classes of the first inputs.
    pub(super) fn probe_classes(&self, rows: usize) -> Option<&[usize]> {
        self.train.classes().and_then(|classes| classes.get(..rows))
    }
}

/// Targets as they stand in the file.
fn numeric(data: Supervised, flag: &str) -> Result<Examples, CommandError> {
    let Some(targets) = data.targets else {
        return Err(usage(format!("{} holds no labels: give targets with {flag}", data.source)));
    };
    Ok(Examples::new(data.inputs.values, data.inputs.cols, targets.values, targets.cols)?)
}
