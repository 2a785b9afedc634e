//! Inputs with targets.

use super::TrainError;

/// Inputs with their targets, and perhaps their classes. Always of fitting sizes, and finite.
///
/// # Example
/// ```
/// use fathom_ntk::train::Examples;
/// let examples = Examples::new(vec![1.0, 2.0, 3.0, 4.0], 2, vec![1.0, -1.0], 1)?;
/// assert_eq!((examples.rows(), examples.inputs()[2]), (2, 3.0));
/// # Ok::<(), fathom_ntk::train::TrainError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Examples {
    inputs: Vec<f64>,
    features: usize,
    targets: Vec<f64>,
    outputs: usize,
    classes: Option<Vec<usize>>,
}

impl Examples {
    /// From rows of features and rows of targets.
    ///
    /// # Arguments
    /// * `inputs`: $n$ rows of `features` numbers.
    /// * `targets`: $n$ rows of `outputs` numbers.
    ///
    /// # Errors
    /// [`TrainError::Empty`], [`TrainError::Length`], [`TrainError::NotFinite`].
    pub fn new(inputs: Vec<f64>, features: usize, targets: Vec<f64>, outputs: usize) -> Result<Self, TrainError> {
        if inputs.is_empty() || features == 0 {
            return Err(TrainError::Empty { what: "features", rows: inputs.len(), cols: features });
        }
        let rows = inputs.len() / features;
        if outputs == 0 {
            return Err(TrainError::Empty { what: "targets", rows, cols: outputs });
        }
        let rows = if inputs.len().is_multiple_of(features) { rows } else { rows + 1 };
        check_matrix("inputs", &inputs, rows, features)?;
        check_matrix("targets", &targets, rows, outputs)?;
        Ok(Self { inputs, features, targets, outputs, classes: None })
    }

    /// The same with the class of every input, by which accuracy is counted.
    ///
    /// With several outputs, the class that a network decides for is the place of the largest; with one, class 1 if it is
    /// positive and class 0 otherwise.
    ///
    /// # Errors
    /// [`TrainError::Length`] for another number of classes than inputs, [`TrainError::Class`] for one without an output.
    pub fn with_classes(self, classes: Vec<usize>) -> Result<Self, TrainError> {
        if classes.len() != self.rows() {
            return Err(TrainError::Length { what: "classes", rows: self.rows(), cols: 1, got: classes.len() });
        }
        let count = self.outputs.max(2);
        if let Some(row) = classes.iter().position(|class| *class >= count) {
            return Err(TrainError::Class { row, classes: count, got: classes[row] });
        }
        Ok(Self { classes: Some(classes), ..self })
    }

    /// $n$.
    pub fn rows(&self) -> usize {
        self.inputs.len() / self.features
    }

    /// Features of an input.
    pub fn features(&self) -> usize {
        self.features
    }

    /// Targets of an input.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// The inputs, row after row.
    pub fn inputs(&self) -> &[f64] {
        &self.inputs
    }

    /// The targets, row after row.
    pub fn targets(&self) -> &[f64] {
        &self.targets
    }

    /// The class of every input, where it was given.
    pub fn classes(&self) -> Option<&[usize]> {
        self.classes.as_deref()
    }

    /// That a network has as many inputs and outputs.
    pub(super) fn check_fit(&self, data: &'static str, widths: &[usize]) -> Result<(), TrainError> {
        let ends = [("inputs", widths.first(), self.features), ("outputs", widths.last(), self.outputs)];
        for (what, expected, got) in ends {
            let expected = expected.copied().unwrap_or(0);
            if expected != got {
                return Err(TrainError::Shape { what, expected, data, got });
            }
        }
        Ok(())
    }
}

/// That a list is a matrix of finite numbers.
fn check_matrix(what: &'static str, values: &[f64], rows: usize, cols: usize) -> Result<(), TrainError> {
    if rows.checked_mul(cols) != Some(values.len()) {
        return Err(TrainError::Length { what, rows, cols, got: values.len() });
    }
    match values.iter().position(|value| !value.is_finite()) {
        Some(place) => Err(TrainError::NotFinite { what, row: place / cols, got: values[place] }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_that_do_not_fit_are_refused() {
        let refused = |inputs: usize, features, targets: usize, outputs| {
            Examples::new(vec![0.5; inputs], features, vec![1.0; targets], outputs).unwrap_err().to_string()
        };
        assert_eq!(refused(0, 3, 0, 1), "data needs at least one row and one column, got 0 rows of 3 features");
        assert_eq!(refused(6, 3, 2, 0), "data needs at least one row and one column, got 2 rows of 0 targets");
        assert_eq!(refused(7, 3, 2, 1), "inputs must be 3 rows of 3 numbers, got 7 numbers");
        assert_eq!(refused(6, 3, 3, 1), "targets must be 2 rows of 1 numbers, got 3 numbers");
        let error = Examples::new(vec![0.0, 1.0, f64::NAN], 1, vec![0.0; 3], 1).unwrap_err();
        assert_eq!(error.to_string(), "every one of the inputs must be finite, got NaN in row 2 (counted from 0)");
    }

    #[test]
    fn classes_need_an_output() {
        let examples = |outputs| Examples::new(vec![0.0; 2], 1, vec![0.0; 2 * outputs], outputs).unwrap();
        assert!(examples(1).with_classes(vec![0, 1]).is_ok());
        assert!(matches!(examples(3).with_classes(vec![0, 3]), Err(TrainError::Class { row: 1, classes: 3, got: 3 })));
        assert!(matches!(examples(3).with_classes(vec![0]), Err(TrainError::Length { .. })));
    }
}
