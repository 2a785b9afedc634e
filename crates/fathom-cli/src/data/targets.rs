//! Targets: one row of numbers for each input.

use std::path::Path;

use super::dataset::{Inputs, finite_labels};
use super::error::{DataError, Problem, Shape};
use super::load::{LoadOptions, parse, read_file, unpacked};
use super::{idx, npy};
use crate::output::protect;

/// Loads targets: an array of one or two dimensions, labels in IDX format, or columns of separated values.
pub(crate) fn load_targets(path: &Path) -> Result<Inputs, DataError> {
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    protect(path);
    let content = read_file(path).and_then(|bytes| read(&name, &bytes));
    content.map_err(|problem| DataError { path: path.to_owned(), problem })
}

fn read(name: &str, bytes: &[u8]) -> Result<Inputs, Problem> {
    let plain = unpacked(bytes)?;
    let bytes: &[u8] = &plain;
    let (shape, values) = if bytes.starts_with(npy::MAGIC) {
        npy::read_array(bytes)?
    } else if idx::begins_idx(bytes) {
        idx::read_array(bytes)?
    } else {
        let content = parse(name, bytes, &LoadOptions::default())?;
        return match content.labels {
            // A column of labels found among others is all that is asked for.
            Some(labels) => Inputs::new(labels.len(), 1, labels),
            None => Ok(content.inputs),
        };
    };
    match shape[..] {
        [rows] => Inputs::new(rows as usize, 1, finite_labels(values)?),
        [rows, cols] => Inputs::new(rows as usize, cols as usize, values),
        _ => Err(Problem::Dimensions { shape: Shape(shape) }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::npy_file;

    #[test]
    fn one_and_two_dimensions_and_columns_are_targets() {
        let flat = read("y.npy", &npy_file(&[3], [1.0, 2.0, 3.0].iter())).unwrap();
        assert_eq!((flat.rows, flat.cols), (3, 1));
        let wide = read("y.npy", &npy_file(&[2, 2], [1.0, 2.0, 3.0, 4.0].iter())).unwrap();
        assert_eq!((wide.rows, wide.cols, wide.values[2]), (2, 2, 3.0));
        let text = read("y.csv", b"1.5\n2.5\n").unwrap();
        assert_eq!((text.rows, text.cols, text.values[1]), (2, 1, 2.5));
        let labels = read("labels-ubyte", &[0, 0, 8, 1, 0, 0, 0, 2, 7, 9]).unwrap();
        assert_eq!(labels.values, [7.0, 9.0]);
        assert!(matches!(read("y.npy", &npy_file(&[1, 1, 1], [1.0].iter())), Err(Problem::Dimensions { .. })));
    }
}
