//! Separated values: commas, semicolons or tabs.
//!
//! The separator is the one that the first line has outside quotes, tabs before semicolons before commas. The first line
//! is a header if it has text and no number; a first line with both is an error, for it may be either. A header named `label`,
//! `target`, `class` or `y` marks the column of labels. Numbers have a decimal point, as in `-1.5e-3`.

use csv::{ReaderBuilder, StringRecord, Trim};

use super::dataset::{Content, Inputs, finite_labels};
use super::error::{Names, Problem, Quoted};

const LABEL_NAMES: [&str; 4] = ["label", "target", "class", "y"];

/// Inputs from text, and labels if a header names them.
pub(super) fn read(text: &str) -> Result<Content, Problem> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = ReaderBuilder::new()
        .delimiter(separator(text))
        .has_headers(false)
        .flexible(true)
        .trim(Trim::All)
        .from_reader(text.as_bytes());
    let mut table = Table::default();
    let mut record = StringRecord::new();
    while reader.read_record(&mut record).map_err(|error| Problem::damaged("separated values", error))? {
        let is_blank = record.len() == 1 && record[0].is_empty();
        if !is_blank {
            table.push(line_of(text, &record), &record)?;
        }
    }
    table.finish()
}

fn separator(text: &str) -> u8 {
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let outside_quotes = |separator: u8| {
        let mut quoted = false;
        first.bytes().any(|byte| {
            quoted ^= byte == b'"';
            byte == separator && !quoted
        })
    };
    [b'\t', b';'].into_iter().find(|&separator| outside_quotes(separator)).unwrap_or(b',')
}

/// Line on which a record begins, counted from 1; its position is that of the blank lines before it.
fn line_of(text: &str, record: &StringRecord) -> u64 {
    let Some(position) = record.position() else { return 0 };
    let start = usize::try_from(position.byte()).unwrap_or(usize::MAX);
    let blank = text.as_bytes().get(start..).unwrap_or_default();
    let breaks = blank.iter().take_while(|byte| matches!(byte, b'\n' | b'\r')).filter(|&&byte| byte == b'\n');
    position.line() + breaks.count() as u64
}

/// Rows read so far.
#[derive(Debug, Default)]
struct Table {
    /// Line and number of cells of the first record, header or not.
    first: Option<(u64, usize)>,
    label_column: Option<usize>,
    rows: usize,
    values: Vec<f64>,
    labels: Vec<f64>,
}

impl Table {
    fn push(&mut self, line: u64, record: &StringRecord) -> Result<(), Problem> {
        let Some((first_line, expected)) = self.first else {
            self.first = Some((line, record.len()));
            return if is_header(line, record)? { self.header(record) } else { self.row(line, record) };
        };
        if record.len() != expected {
            return Err(Problem::Ragged { line, got: record.len(), first_line, expected });
        }
        self.row(line, record)
    }

    fn header(&mut self, record: &StringRecord) -> Result<(), Problem> {
        let is_label = |name: &str| LABEL_NAMES.iter().any(|label| name.eq_ignore_ascii_case(label));
        let found: Vec<usize> = (0..record.len()).filter(|&column| is_label(&record[column])).collect();
        if found.len() > 1 {
            let names = found.iter().map(|&column| record[column].to_owned()).collect();
            return Err(Problem::SeveralLabels { names: Names(names) });
        }
        self.label_column = found.first().copied();
        Ok(())
    }

    fn row(&mut self, line: u64, record: &StringRecord) -> Result<(), Problem> {
        for (column, cell) in record.iter().enumerate() {
            let not_a_number = |_| Problem::NotANumber { line, column: column + 1, given: Quoted::new(cell) };
            let number = cell.parse().map_err(not_a_number)?;
            let is_label = self.label_column == Some(column);
            if is_label { self.labels.push(number) } else { self.values.push(number) }
        }
        self.rows += 1;
        Ok(())
    }

    fn finish(self) -> Result<Content, Problem> {
        let cells = self.first.map_or(0, |(_, cells)| cells);
        let cols = cells - usize::from(self.label_column.is_some());
        let inputs = Inputs::new(self.rows, cols, self.values)?;
        let labels = self.label_column.map(|_| finite_labels(self.labels)).transpose()?;
        Ok(Content { inputs, labels })
    }
}

/// Whether the first line is a header: it has text and no number. Empty cells decide nothing.
fn is_header(line: u64, record: &StringRecord) -> Result<bool, Problem> {
    let is_number = |cell: &str| cell.parse::<f64>().is_ok();
    let number = record.iter().position(is_number);
    let text = record.iter().position(|cell| !cell.is_empty() && !is_number(cell));
    match (number, text) {
        (Some(number), Some(text)) => Err(Problem::HeaderOrData {
            line,
            number: Quoted::new(&record[number]),
            number_column: number + 1,
            text: Quoted::new(&record[text]),
            text_column: text + 1,
        }),
        (_, text) => Ok(text.is_some()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix(text: &str) -> (usize, usize, Vec<f64>) {
        let inputs = read(text).unwrap().inputs;
        (inputs.rows, inputs.cols, inputs.values)
    }

    #[test]
    fn reads_all_separators_line_ends_quotes_and_blank_lines() {
        let expected = (2, 2, vec![1.0, -2.5, 3e-3, 4.0]);
        for text in [
            "1,-2.5\n3e-3,4\n",
            "1;-2.5\r\n3e-3;4",
            "1\t-2.5\n3e-3\t4\n",
            "\n\n1, -2.5\n\n  \n0.003 ,+4.\n\n",
            "\u{feff}a,b\n\"1\",\"-2.5\"\n3E-3,4\n",
            "\"a;b\",\"c\td\"\n1,-2.5\n.003,4\n",
        ] {
            assert_eq!(matrix(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_column_with_a_label_name_becomes_labels() {
        for name in ["label", "Target", "CLASS", "y"] {
            let content = read(&format!("a,{name},b\n1,7,2\n3,-8.25,4\n")).unwrap();
            assert_eq!(content.inputs.values, [1.0, 2.0, 3.0, 4.0]);
            assert_eq!(content.labels, Some(vec![7.0, -8.25]));
        }
        assert_eq!(read("a,b\n1,2\n").unwrap().labels, None);
    }

    #[test]
    fn a_first_line_of_numbers_and_text_is_neither_header_nor_data() {
        for (text, expected) in [
            ("a,7,c\n1,2,3\n", "line 1 has the number \"7\" in column 2 and the text \"a\" in column 1 "),
            ("\n1,x\n3,4\n", "line 2 has the number \"1\" in column 1 and the text \"x\" in column 2 "),
        ] {
            let message = read(text).unwrap_err().to_string();
            let rule = "(counted from 1): data must be numbers, and a header must have no numeric cell";
            assert_eq!(message, format!("{expected}{rule}"), "{text:?}");
        }
        // Spreadsheets leave the corner of a table empty.
        assert_eq!(matrix(",a\n1,2\n"), (1, 2, vec![1.0, 2.0]));
    }

    #[test]
    fn mistakes_are_placed() {
        let cases = [
            ("1,2\n3\n", "line 2 has 1 cells, but line 1 has 2 (lines counted from 1)"),
            ("a,b\n\n\n1,2\n\n1,2,3\n", "line 6 has 3 cells, but line 1 has 2 (lines counted from 1)"),
            ("1,2\n\n3,x\n", "expected a number at line 3, column 2 (both counted from 1), got \"x\""),
            ("1,2\r\n\r\n3,x\r\n", "expected a number at line 3, column 2 (both counted from 1), got \"x\""),
            ("1,,2\n", "expected a number at line 1, column 2 (both counted from 1), got \"\""),
            ("1,2\n3,nan\n", "every value must be finite, got NaN at row 1, column 1 (both counted from 0)"),
            ("1,2\n1e999,3\n", "every value must be finite, got inf at row 1, column 0 (both counted from 0)"),
            ("a,y\n1,0\n1,-inf\n", "every label must be finite, got -inf at row 1 (counted from 0)"),
            ("a,y\n1,cat\n", "expected a number at line 2, column 2 (both counted from 1), got \"cat\""),
            ("y,label,a\n1,2,3\n", "expected at most one set of labels, got \"y\", \"label\""),
            ("a,b\n", "no rows of data"),
            ("\n \n", "no rows of data"),
            ("y\n1\n", "no columns of features"),
        ];
        for (text, expected) in cases {
            assert_eq!(read(text).unwrap_err().to_string(), expected, "{text:?}");
        }
    }
}
