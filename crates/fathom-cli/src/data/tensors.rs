//! Files of named arrays: NumPy archives and `.safetensors`.

use std::path::Path;

use fathom_ntk::network::arrays::NamedArray;
use safetensors::{Dtype, SafeTensors};

use super::element::{Element, Endian};
use super::error::{DataError, Problem, Quoted};
use super::load::read_file;
use super::npz;
use crate::output::protect;

const FORMAT: &str = "safetensors file";

/// Loads all arrays of a file.
pub(crate) fn load_tensors(path: &Path) -> Result<Vec<NamedArray>, DataError> {
    protect(path);
    read_file(path).and_then(|bytes| parse(&bytes)).map_err(|problem| DataError { path: path.to_owned(), problem })
}

fn parse(bytes: &[u8]) -> Result<Vec<NamedArray>, Problem> {
    if bytes.is_empty() {
        return Err(Problem::Empty);
    }
    if npz::begins_archive(bytes) {
        return npz::read_all(bytes);
    }
    // The length of the header in eight bytes, then the header, which is JSON.
    if bytes.get(8) != Some(&b'{') {
        return Err(Problem::NoTensorFile);
    }
    let file = SafeTensors::deserialize(bytes).map_err(|error| Problem::damaged(FORMAT, error))?;
    file.iter().map(|(name, view)| read(name, view.dtype(), view.shape(), view.data())).collect()
}

fn read(name: &str, dtype: Dtype, shape: &[usize], data: &[u8]) -> Result<NamedArray, Problem> {
    let element = match dtype {
        Dtype::F64 => Element::F64,
        Dtype::F32 => Element::F32,
        Dtype::F16 => Element::F16,
        Dtype::BF16 => Element::BF16,
        Dtype::I64 => Element::I64,
        Dtype::I32 => Element::I32,
        other => {
            let problem = Problem::ElementType { given: Quoted::new(&format!("{other:?}")) };
            return Err(Problem::InArray { name: Quoted::new(name), problem: Box::new(problem) });
        }
    };
    Ok(NamedArray { name: name.to_owned(), shape: shape.to_vec(), values: element.decode(data, Endian::Little) })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file by the format's own description: length of the header, header, data.
    fn file(header: &str, data: &[u8]) -> Vec<u8> {
        [&(header.len() as u64).to_le_bytes(), header.as_bytes(), data].concat()
    }

    #[test]
    fn all_real_types_are_read() {
        let header = r#"{"a":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},"b":{"dtype":"BF16","shape":[1],"data_offsets":[8,10]},"__metadata__":{"format":"pt"}}"#;
        let data = [&1.5_f32.to_le_bytes()[..], &(-2.0_f32).to_le_bytes(), &[0x40, 0xc0]].concat();
        let mut tensors = parse(&file(header, &data)).unwrap();
        tensors.sort_by(|a, b| a.name.cmp(&b.name));
        assert_eq!(tensors[0], NamedArray { name: "a".into(), shape: vec![1, 2], values: vec![1.5, -2.0] });
        assert_eq!(tensors[1], NamedArray { name: "b".into(), shape: vec![1], values: vec![-3.0] });
    }

    #[test]
    fn damaged_files_are_refused() {
        let header = r#"{"a":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}}"#;
        let whole = file(header, &[0; 8]);
        assert!(parse(&whole).is_ok());
        for length in 0..whole.len() {
            assert!(parse(&whole[..length]).is_err(), "{length}");
        }
        let claims = file(&header.replace("[0,8]", "[0,18446744073709551615]"), &[0; 8]);
        assert!(matches!(parse(&claims), Err(Problem::Damaged { .. })));
        let claims = file(&header.replace("[1,2]", "[4294967296,4294967296]"), &[0; 8]);
        assert!(matches!(parse(&claims), Err(Problem::Damaged { .. })));
        let complex = file(&header.replace("F32", "C64").replace("[1,2]", "[1,1]"), &[0; 8]);
        assert!(matches!(parse(&complex), Err(Problem::InArray { .. })));
        assert!(matches!(parse(b"a,b\n1,2\n3,4\n"), Err(Problem::NoTensorFile)));
    }

    #[test]
    fn changed_bytes_are_errors_or_other_numbers_but_no_panic() {
        let header = r#"{"a":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},"b":{"dtype":"F16","shape":[3],"data_offsets":[8,14]}}"#;
        let mut state = 1_u64;
        for original in [file(header, &[7; 14]), npz::tests::archive(&[("W1", &[2, 3]), ("b1", &[2])])] {
            assert_eq!(parse(&original).unwrap().len(), 2);
            for _ in 0..20_000 {
                let mut bytes = original.clone();
                for _ in 0..=state >> 62 {
                    state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    let place = (state >> 33) as usize % bytes.len();
                    bytes[place] = (state >> 20) as u8;
                }
                let _ = parse(&bytes);
            }
        }
    }
}
