//! NumPy arrays (`.npy`).

use super::dataset::{Content, Inputs, finite_labels, rows_and_columns};
use super::error::{Problem, Shape};
use super::npy_header::Header;

pub(super) use super::npy_header::MAGIC;

const FORMAT: &str = "NumPy array";

/// An array of two or more dimensions as inputs.
pub(super) fn read(bytes: &[u8]) -> Result<Content, Problem> {
    let (header, data) = Header::parse(bytes)?;
    let (rows, cols) = rows_and_columns(&header.shape)?;
    let values = values(&header, data)?;
    let values = if header.fortran_order { row_major(&header.shape, rows, cols, &values) } else { values };
    Ok(Content { inputs: Inputs::new(rows, cols, values)?, labels: None })
}

/// An array of shape `(rows,)` or `(rows, 1)` as labels.
pub(super) fn read_labels(bytes: &[u8], rows: usize) -> Result<Vec<f64>, Problem> {
    let (header, data) = Header::parse(bytes)?;
    if !matches!(header.shape.as_slice(), [n] | [n, 1] if usize::try_from(*n) == Ok(rows)) {
        return Err(Problem::LabelShape { rows, shape: Shape(header.shape) });
    }
    finite_labels(values(&header, data)?)
}

/// An array of any shape: its dimensions, and its values with the last index fastest.
pub(super) fn read_array(bytes: &[u8]) -> Result<(Vec<u64>, Vec<f64>), Problem> {
    let (header, data) = Header::parse(bytes)?;
    let values = values(&header, data)?;
    if header.fortran_order && header.shape.len() > 1 && !values.is_empty() {
        let (rows, cols) = rows_and_columns(&header.shape)?;
        let values = row_major(&header.shape, rows, cols, &values);
        return Ok((header.shape, values));
    }
    Ok((header.shape, values))
}

/// All values in the order of the file, once their number is known to match the shape.
fn values(header: &Header, data: &[u8]) -> Result<Vec<f64>, Problem> {
    let size = header.shape.iter().try_fold(header.element.size(), |product, &size| product.checked_mul(size));
    let (expected, got) = (size.unwrap_or(u64::MAX), data.len() as u64);
    if expected != got {
        return Err(Problem::DataLength { format: FORMAT, shape: Shape(header.shape.clone()), expected, got });
    }
    Ok(header.element.decode(data, header.endian))
}

/// Values in Fortran order (first index fastest) rearranged to rows, each with its last index fastest.
fn row_major(shape: &[u64], rows: usize, cols: usize, values: &[f64]) -> Vec<f64> {
    let place = |column: usize| {
        let (mut rest, mut span, mut place) = (column, cols, 0);
        let mut stride = rows;
        for &size in &shape[1..] {
            let size = size as usize; // a factor of `cols`, hence within usize
            span /= size;
            place += rest / span * stride;
            rest %= span;
            stride *= size;
        }
        place
    };
    let places: Vec<usize> = (0..cols).map(place).collect();
    (0..rows).flat_map(|row| places.iter().map(move |place| values[row + place])).collect()
}

#[cfg(test)]
pub(super) mod tests {
    use npyz::WriterBuilder;

    use super::*;

    /// A file written by `npyz`, an independent implementation of the format.
    pub(crate) fn written<T: npyz::AutoSerialize + Copy>(shape: &[u64], order: npyz::Order, values: &[T]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut writer =
            npyz::WriteOptions::new().default_dtype().shape(shape).order(order).writer(&mut bytes).begin_nd().unwrap();
        writer.extend(values.iter().copied()).unwrap();
        writer.finish().unwrap();
        bytes
    }

    #[test]
    fn reads_what_npyz_writes() {
        let bytes = written(&[2, 3], npyz::Order::C, &[1.0_f64, 2.0, 3.0, 4.0, 5.0, 6.5]);
        assert_eq!(read(&bytes).unwrap().inputs.values, [1.0, 2.0, 3.0, 4.0, 5.0, 6.5]);
        let bytes = written(&[2, 3], npyz::Order::Fortran, &[1_i32, 4, 2, 5, 3, -6]);
        assert_eq!(read(&bytes).unwrap().inputs.values, [1.0, 2.0, 3.0, 4.0, 5.0, -6.0]);
        let bytes = written(&[1, 2], npyz::Order::C, &[true, false]);
        assert_eq!(read(&bytes).unwrap().inputs.values, [1.0, 0.0]);
    }

    /// Element (i, j, k) holds the number ijk, so its place in a row tells its indices.
    #[test]
    fn fortran_order_of_three_dimensions_is_rearranged() {
        let mut values = Vec::new();
        for k in 0..4_u16 {
            for j in 0..3 {
                for i in 0..2 {
                    values.push(100 * i + 10 * j + k);
                }
            }
        }
        let inputs = read(&written(&[2, 3, 4], npyz::Order::Fortran, &values)).unwrap().inputs;
        assert_eq!((inputs.rows, inputs.cols), (2, 12));
        let first_row = [0.0, 1.0, 2.0, 3.0, 10.0, 11.0, 12.0, 13.0, 20.0, 21.0, 22.0, 23.0];
        assert_eq!(inputs.values[..12], first_row);
        assert_eq!(inputs.values[12..], first_row.map(|value| value + 100.0));
    }

    #[test]
    fn one_dimension_and_none_are_errors_that_show_the_shape() {
        let problem = read(&written(&[3], npyz::Order::C, &[1.0_f64, 2.0, 3.0])).unwrap_err();
        assert_eq!(problem.to_string(), "expected 2 dimensions (rows, features), got shape (3,)");
        let problem = read(&written(&[], npyz::Order::C, &[1.0_f64])).unwrap_err();
        assert_eq!(problem.to_string(), "expected 2 dimensions (rows, features), got shape ()");
    }

    #[test]
    fn no_rows_no_columns_and_wrong_lengths_are_errors() {
        assert!(matches!(read(&written::<f64>(&[0, 3], npyz::Order::C, &[])), Err(Problem::NoRows)));
        assert!(matches!(read(&written::<f64>(&[3, 0], npyz::Order::C, &[])), Err(Problem::NoColumns)));
        let mut bytes = written(&[2, 2], npyz::Order::C, &[1.0_f64, 2.0, 3.0, 4.0]);
        bytes.push(0);
        assert!(matches!(read(&bytes), Err(Problem::DataLength { expected: 32, got: 33, .. })));
        bytes.truncate(bytes.len() - 2);
        assert!(matches!(read(&bytes), Err(Problem::DataLength { expected: 32, got: 31, .. })));
    }

    #[test]
    fn labels_are_finite_numbers_one_a_row() {
        let labels = written(&[3], npyz::Order::C, &[1_u8, 0, 7]);
        assert_eq!(read_labels(&labels, 3).unwrap(), [1.0, 0.0, 7.0]);
        let column = written(&[3, 1], npyz::Order::C, &[1.0_f64, -2.5, 7.0]);
        assert_eq!(read_labels(&column, 3).unwrap(), [1.0, -2.5, 7.0]);
        assert!(matches!(read_labels(&labels, 4), Err(Problem::LabelShape { rows: 4, .. })));
        let unknown = written(&[2], npyz::Order::C, &[1.0_f64, f64::NAN]);
        assert!(matches!(read_labels(&unknown, 2), Err(Problem::LabelNotFinite { row: 1, .. })));
    }
}
