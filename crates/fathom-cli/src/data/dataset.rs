//! The result of loading: a named matrix of inputs, perhaps with labels.

use fathom_data::Images;

use super::error::{Problem, Shape};

/// Most values of one dataset: 4 GiB of `f64`, far beyond what a kernel matrix over its rows could use.
const MAX_VALUES: usize = 1 << 29;

/// Inputs and where they come from.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Dataset {
    /// File name, or the name of the built-in set.
    pub(crate) name: String,
    /// One input a row.
    pub(crate) inputs: Inputs,
    /// One finite label a row, where the source has them: a class as a whole number, or a real target.
    pub(crate) labels: Option<Vec<f64>>,
}

impl Dataset {
    /// Built-in images with their classes, pixels from 0 to 1.
    pub(crate) fn built_in(images: &Images) -> Self {
        Self {
            name: images.name.to_owned(),
            inputs: Inputs { rows: images.rows(), cols: images.features, values: images.pixels() },
            labels: Some(images.classes()),
        }
    }
}

/// A matrix of finite numbers, row after row; at least one row and one column.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Inputs {
    /// Number of inputs.
    pub(crate) rows: usize,
    /// Number of features of each input.
    pub(crate) cols: usize,
    /// `rows * cols` values.
    pub(crate) values: Vec<f64>,
}

/// What a format's reader hands back: everything but the name.
#[derive(Debug)]
pub(super) struct Content {
    pub(super) inputs: Inputs,
    pub(super) labels: Option<Vec<f64>>,
}

impl Inputs {
    /// Checks what every format must guarantee: rows, columns, and finite values.
    pub(super) fn new(rows: usize, cols: usize, values: Vec<f64>) -> Result<Self, Problem> {
        if rows == 0 {
            return Err(Problem::NoRows);
        }
        if cols == 0 {
            return Err(Problem::NoColumns);
        }
        debug_assert_eq!(values.len(), rows * cols);
        if let Some(place) = values.iter().position(|value| !value.is_finite()) {
            return Err(Problem::NotFinite { row: place / cols, column: place % cols, value: values[place] });
        }
        Ok(Self { rows, cols, values })
    }
}

/// Rows and columns of an array of this shape: all dimensions but the first are flattened.
pub(super) fn rows_and_columns(shape: &[u64]) -> Result<(usize, usize), Problem> {
    let [rows, rest @ ..] = shape else { return Err(Problem::Dimensions { shape: Shape(shape.to_vec()) }) };
    if rest.is_empty() {
        return Err(Problem::Dimensions { shape: Shape(shape.to_vec()) });
    }
    if *rows == 0 {
        return Err(Problem::NoRows);
    }
    if rest.contains(&0) {
        return Err(Problem::NoColumns);
    }
    let too_large = || Problem::TooManyValues { shape: Shape(shape.to_vec()), limit: MAX_VALUES };
    let count = shape.iter().try_fold(1_u64, |product, &size| product.checked_mul(size)).ok_or_else(too_large)?;
    let count = usize::try_from(count).ok().filter(|&count| count <= MAX_VALUES).ok_or_else(too_large)?;
    let rows = usize::try_from(*rows).map_err(|_| too_large())?;
    Ok((rows, count / rows))
}

/// Labels, once they are known to be finite.
pub(super) fn finite_labels(labels: Vec<f64>) -> Result<Vec<f64>, Problem> {
    match labels.iter().position(|label| !label.is_finite()) {
        Some(row) => Err(Problem::LabelNotFinite { row, value: labels[row] }),
        None => Ok(labels),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_dimensions_but_the_first_are_flattened() {
        assert_eq!(rows_and_columns(&[5, 3]).unwrap(), (5, 3));
        assert_eq!(rows_and_columns(&[5, 3, 2, 4]).unwrap(), (5, 24));
    }

    #[test]
    fn absurd_shapes_are_refused_without_overflow() {
        for shape in [&[u64::MAX, 2][..], &[1 << 32, 1 << 32, 1 << 32], &[1, 1 << 30]] {
            assert!(matches!(rows_and_columns(shape), Err(Problem::TooManyValues { .. })), "{shape:?}");
        }
        assert!(matches!(rows_and_columns(&[0, u64::MAX]), Err(Problem::NoRows)));
        assert!(matches!(rows_and_columns(&[u64::MAX, u64::MAX, 0]), Err(Problem::NoColumns)));
    }

    #[test]
    fn the_first_value_that_is_not_finite_is_named() {
        let problem = Inputs::new(2, 3, vec![0.0, 1.0, 2.0, 3.0, f64::NEG_INFINITY, f64::NAN]).unwrap_err();
        assert_eq!(
            problem.to_string(),
            "every value must be finite, got -inf at row 1, column 1 (both counted from 0)"
        );
    }

    #[test]
    fn the_first_label_that_is_not_finite_is_named() {
        assert_eq!(finite_labels(vec![-3.0, 0.5]).unwrap(), [-3.0, 0.5]);
        let problem = finite_labels(vec![0.0, f64::INFINITY, f64::NAN]).unwrap_err();
        assert_eq!(problem.to_string(), "every label must be finite, got inf at row 1 (counted from 0)");
    }
}
