//! Square matrices in NumPy files, read a few rows at a time.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::error::{DataError, Problem, Shape};
use super::npy_header::Header;

/// No header is longer than this.
const LONGEST_HEADER: u64 = 16 << 10;

/// A matrix that stays in its file: it is read at given places and not mapped into memory, which would need unsafe code.
pub(crate) struct MatrixRows {
    path: PathBuf,
    file: Mutex<File>,
    header: Header,
    /// Where the entries begin.
    start: u64,
    n: usize,
}

impl MatrixRows {
    /// Opens a file of $n \times n$ numbers.
    pub(crate) fn open(path: &Path, n: usize) -> Result<Self, DataError> {
        let open = || {
            let mut file = File::open(path).map_err(Problem::Io)?;
            let mut head = Vec::new();
            file.by_ref().take(LONGEST_HEADER).read_to_end(&mut head).map_err(Problem::Io)?;
            let (header, data) = Header::parse(&head)?;
            let start = (head.len() - data.len()) as u64;
            if header.shape != [n as u64, n as u64] || header.fortran_order {
                return Err(Problem::NotSquare { n, shape: Shape(header.shape) });
            }
            let expected = (n as u64).saturating_mul(n as u64).saturating_mul(header.element.size());
            let got = file.metadata().map_err(Problem::Io)?.len().saturating_sub(start);
            if expected != got {
                return Err(Problem::DataLength { format: "NumPy array", shape: Shape(header.shape), expected, got });
            }
            Ok(Self { path: path.into(), file: Mutex::new(file), header, start, n })
        };
        open().map_err(|problem| DataError { path: path.into(), problem })
    }

    /// Reads as many rows from `first` on as `rows` has space for.
    pub(crate) fn read(&self, first: usize, rows: &mut [f64]) -> Result<(), DataError> {
        let size = self.header.element.size();
        let mut bytes = vec![0; rows.len() * size as usize];
        let place = self.start + (first as u64 * self.n as u64) * size;
        {
            let mut file = self.file.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            let read = file.seek(SeekFrom::Start(place)).and_then(|_| file.read_exact(&mut bytes));
            read.map_err(|e| DataError { path: self.path.clone(), problem: Problem::Io(e) })?;
        }
        rows.copy_from_slice(&self.header.element.decode(&bytes, self.header.endian));
        Ok(())
    }

    /// The diagonal.
    pub(crate) fn diagonal(&self) -> Result<Vec<f64>, DataError> {
        let size = self.header.element.size();
        let mut bytes = vec![0; size as usize];
        let mut diagonal = Vec::with_capacity(self.n);
        let mut file = self.file.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        for i in 0..self.n as u64 {
            let place = self.start + i * (self.n as u64 + 1) * size;
            let read = file.seek(SeekFrom::Start(place)).and_then(|_| file.read_exact(&mut bytes));
            read.map_err(|e| DataError { path: self.path.clone(), problem: Problem::Io(e) })?;
            diagonal.extend(self.header.element.decode(&bytes, self.header.endian));
        }
        Ok(diagonal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::npy_file;

    #[test]
    fn rows_and_diagonal_are_those_of_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("k.npy");
        let values: Vec<f64> = (0..9).map(f64::from).collect();
        std::fs::write(&path, npy_file(&[3, 3], values.iter())).unwrap();
        let matrix = MatrixRows::open(&path, 3).unwrap();
        let mut rows = [0.0; 6];
        matrix.read(1, &mut rows).unwrap();
        assert_eq!(rows, [3.0, 4.0, 5.0, 6.0, 7.0, 8.0]);
        assert_eq!(matrix.diagonal().unwrap(), [0.0, 4.0, 8.0]);
        let wrong = MatrixRows::open(&path, 4).map(|_| ()).unwrap_err();
        assert!(wrong.to_string().contains("4 × 4"), "{wrong}");
        std::fs::write(&path, &npy_file(&[3, 3], values.iter())[..180]).unwrap();
        assert!(MatrixRows::open(&path, 3).is_err());
    }
}
