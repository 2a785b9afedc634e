//! Why inputs could not be loaded. Every message is one line, whatever the file holds.

use std::fmt;
use std::path::PathBuf;

/// Longest piece of a file quoted in a message, in characters.
const QUOTED: usize = 40;

/// A file that could not be loaded, and why.
#[derive(Debug, thiserror::Error)]
#[error("cannot load {}: {problem}", one_line(&path.to_string_lossy()))]
pub(crate) struct DataError {
    /// The file as it was named.
    pub(crate) path: PathBuf,
    /// What is wrong with it.
    pub(crate) problem: Problem,
}

/// What is wrong with a file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum Problem {
    #[error("no such file")]
    Missing,
    #[error("this is a directory, not a file")]
    Directory,
    #[error("this is a device, not a file")]
    Device,
    #[error("reading fails: {0}")]
    Io(std::io::Error),
    #[error("the file is empty")]
    Empty,
    #[error("the contents exceed {limit} bytes")]
    TooManyBytes { limit: u64 },
    #[error("at most {limit} values can be loaded, got shape {shape}")]
    TooManyValues { shape: Shape, limit: usize },
    #[error("the name says {format}, but the contents do not begin like {format}")]
    WrongFormat { format: &'static str },
    #[error("neither UTF-8 text nor a known binary format (invalid byte at offset {offset}, counted from 0)")]
    NotText { offset: usize },
    #[error("damaged or truncated {format}: {what}")]
    Damaged { format: &'static str, what: String },
    #[error("{format} should have {expected} bytes of data for shape {shape}, got {got}")]
    DataLength { format: &'static str, shape: Shape, expected: u64, got: u64 },
    #[error("element type {given} cannot be read: expected booleans, integers, or real numbers of up to 64 bits")]
    ElementType { given: Quoted },
    #[error("expected 2 dimensions (rows, features), got shape {shape}")]
    Dimensions { shape: Shape },
    #[error(
        "expected images of 2 or more dimensions (rows, features), got shape {shape}: this looks like the labels file"
    )]
    LabelsFile { shape: Shape },
    #[error("expected a matrix of {n} × {n} numbers, one row and column for each training input, got shape {shape}")]
    NotSquare { n: usize, shape: Shape },
    #[error("no rows of data")]
    NoRows,
    #[error("no columns of features")]
    NoColumns,
    #[error("every value must be finite, got {value} at row {row}, column {column} (both counted from 0)")]
    NotFinite { row: usize, column: usize, value: f64 },
    #[error("line {line} has {got} cells, but line {first_line} has {expected} (lines counted from 1)")]
    Ragged { line: u64, got: usize, first_line: u64, expected: usize },
    #[error("expected a number at line {line}, column {column} (both counted from 1), got {given}")]
    NotANumber { line: u64, column: usize, given: Quoted },
    #[error(
        "line {line} has the number {number} in column {number_column} and the text {text} in column {text_column} \
         (counted from 1): data must be numbers, and a header must have no numeric cell"
    )]
    HeaderOrData { line: u64, number: Quoted, number_column: usize, text: Quoted, text_column: usize },
    #[error("expected at most one set of labels, got {names}")]
    SeveralLabels { names: Names },
    #[error("the archive has no arrays")]
    NoArrays,
    #[error("the archive has no array {asked}: expected one of {names}")]
    NoSuchArray { asked: Quoted, names: Names },
    #[error("the archive has several arrays: name one of {names}")]
    WhichArray { names: Names },
    #[error("array {asked} was asked for, but only NumPy archives (.npz) have named arrays")]
    NotAnArchive { asked: Quoted },
    #[error("every label must be finite, got {value} at row {row} (counted from 0)")]
    LabelNotFinite { row: usize, value: f64 },
    #[error("expected one label for each of the {rows} rows, got labels of shape {shape}")]
    LabelShape { rows: usize, shape: Shape },
    #[error("neither a NumPy archive (.npz) nor a .safetensors file")]
    NoTensorFile,
    #[error("array {name}: {problem}")]
    InArray { name: Quoted, problem: Box<Problem> },
}

/// Dimensions of an array, written as NumPy writes them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Shape(pub(crate) Vec<u64>);

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [one] => write!(f, "({one},)"),
            dimensions => {
                let shown: Vec<String> = dimensions.iter().map(ToString::to_string).collect();
                write!(f, "({})", shown.join(", "))
            }
        }
    }
}

/// A piece of the file: quoted, escaped and cut, so that it fits in one line.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Quoted(pub(crate) String);

impl Quoted {
    pub(crate) fn new(text: &str) -> Self {
        let mut cut: String = text.chars().take(QUOTED).collect();
        if cut.len() < text.len() {
            cut.push('…');
        }
        Self(cut)
    }
}

impl fmt::Display for Quoted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

/// Names to choose from, at most the first twelve.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Names(pub(crate) Vec<String>);

impl fmt::Display for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 12;
        let shown: Vec<String> = self.0.iter().take(SHOWN).map(|name| Quoted::new(name).to_string()).collect();
        write!(f, "{}", shown.join(", "))?;
        match self.0.len().saturating_sub(SHOWN) {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

impl Problem {
    pub(super) fn damaged(format: &'static str, what: impl fmt::Display) -> Self {
        Self::Damaged { format, what: one_line(&what.to_string()) }
    }
}

fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_stay_in_one_line_and_name_the_path() {
        let error = DataError {
            path: PathBuf::from("a\nb.csv"),
            problem: Problem::NotANumber { line: 2, column: 1, given: Quoted::new(&"x\n".repeat(1_000)) },
        };
        let message = error.to_string();
        assert!(message.starts_with("cannot load a\u{fffd}b.csv: expected a number at line 2, column 1"), "{message}");
        assert!(!message.contains('\n') && message.len() < 250, "{message}");
    }

    #[test]
    fn shapes_are_written_as_numpy_writes_them() {
        for (shape, expected) in [(vec![], "()"), (vec![7], "(7,)"), (vec![2, 3], "(2, 3)")] {
            assert_eq!(Shape(shape).to_string(), expected);
        }
    }

    #[test]
    fn long_lists_of_names_are_cut() {
        let names = Names((0..15).map(|i| format!("a{i}")).collect());
        assert!(names.to_string().ends_with("\"a11\" and 3 more"), "{names}");
    }
}
