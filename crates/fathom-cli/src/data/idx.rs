//! MNIST's IDX format: two zero bytes, a type, the number of dimensions, the dimensions, and the data, all big-endian.
//!
//! Source: Y. LeCun, C. Cortes & C. J. C. Burges, "The MNIST database of handwritten digits", section "the IDX file format".

use super::dataset::{Content, Inputs, rows_and_columns};
use super::element::{Element, Endian};
use super::error::{Problem, Shape};

const FORMAT: &str = "IDX file";

/// Whether these are the first bytes of an IDX file.
pub(super) fn begins_idx(bytes: &[u8]) -> bool {
    matches!(bytes, [0, 0, kind, dimensions, ..] if element(*kind).is_some() && *dimensions > 0)
}

fn element(kind: u8) -> Option<Element> {
    match kind {
        0x08 => Some(Element::U8),
        0x09 => Some(Element::I8),
        0x0b => Some(Element::I16),
        0x0c => Some(Element::I32),
        0x0d => Some(Element::F32),
        0x0e => Some(Element::F64),
        _ => None,
    }
}

/// The dimensions, the type of the elements, and their bytes.
fn header(bytes: &[u8]) -> Result<(Vec<u64>, Element, &[u8]), Problem> {
    let [0, 0, kind, dimensions, rest @ ..] = bytes else { return Err(Problem::WrongFormat { format: FORMAT }) };
    let element = element(*kind).ok_or(Problem::WrongFormat { format: FORMAT })?;
    let sizes = 4 * usize::from(*dimensions);
    let (sizes, data) =
        rest.split_at_checked(sizes).ok_or_else(|| Problem::damaged(FORMAT, "the header is cut short"))?;
    let (sizes, _) = sizes.as_chunks();
    Ok((sizes.iter().map(|&size| u32::from_be_bytes(size).into()).collect(), element, data))
}

/// All values, once their number is known to match the shape.
fn values(shape: &[u64], element: Element, data: &[u8]) -> Result<Vec<f64>, Problem> {
    let size = shape.iter().try_fold(element.size(), |product, &size| product.checked_mul(size));
    let (expected, got) = (size.unwrap_or(u64::MAX), data.len() as u64);
    if expected != got {
        return Err(Problem::DataLength { format: FORMAT, shape: Shape(shape.to_vec()), expected, got });
    }
    Ok(element.decode(data, Endian::Big))
}

/// Images, each flattened to a row.
pub(super) fn read(bytes: &[u8]) -> Result<Content, Problem> {
    let (shape, element, data) = header(bytes)?;
    if shape.len() == 1 {
        return Err(Problem::LabelsFile { shape: Shape(shape) });
    }
    let (rows, cols) = rows_and_columns(&shape)?;
    Ok(Content { inputs: Inputs::new(rows, cols, values(&shape, element, data)?)?, labels: None })
}

/// An array of any shape: its dimensions, and its values with the last index fastest.
pub(super) fn read_array(bytes: &[u8]) -> Result<(Vec<u64>, Vec<f64>), Problem> {
    let (shape, element, data) = header(bytes)?;
    let values = values(&shape, element, data)?;
    Ok((shape, values))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(kind: u8, shape: &[u32], data: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0, 0, kind, u8::try_from(shape.len()).unwrap()];
        bytes.extend(shape.iter().flat_map(|size| size.to_be_bytes()));
        bytes.extend(data);
        bytes
    }

    #[test]
    fn images_are_flattened() {
        let inputs = read(&file(0x08, &[2, 2, 3], &[0, 1, 2, 3, 4, 5, 250, 251, 252, 253, 254, 255])).unwrap().inputs;
        assert_eq!((inputs.rows, inputs.cols), (2, 6));
        assert_eq!(inputs.values[5..8], [5.0, 250.0, 251.0]);
    }

    #[test]
    fn all_element_types_are_big_endian() {
        let cases: [(u8, &[u8], f64); 6] = [
            (0x08, &[200], 200.0),
            (0x09, &[200], -56.0),
            (0x0b, &[0xff, 0x00], -256.0),
            (0x0c, &[0, 1, 0, 0], 65_536.0),
            (0x0d, &[0x3f, 0xc0, 0, 0], 1.5),
            (0x0e, &[0xc0, 0x04, 0, 0, 0, 0, 0, 0], -2.5),
        ];
        for (kind, data, expected) in cases {
            assert_eq!(read(&file(kind, &[1, 1], data)).unwrap().inputs.values, [expected], "{kind:#x}");
        }
    }

    #[test]
    fn a_labels_file_is_recognised() {
        let problem = read(&file(0x08, &[3], &[1, 2, 3])).unwrap_err();
        assert_eq!(
            problem.to_string(),
            "expected images of 2 or more dimensions (rows, features), got shape (3,): this looks like the labels file"
        );
    }

    #[test]
    fn sizes_beyond_the_file_are_refused() {
        let problem = read(&file(0x08, &[60_000, 28, 28], &[0; 100])).unwrap_err();
        assert_eq!(
            problem.to_string(),
            "IDX file should have 47040000 bytes of data for shape (60000, 28, 28), got 100"
        );
        let problem = read(&file(0x0e, &[u32::MAX; 200], &[])).unwrap_err();
        assert!(matches!(problem, Problem::TooManyValues { .. }), "{problem}");
    }
}
