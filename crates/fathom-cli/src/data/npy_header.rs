//! Header of a NumPy array: a Python dictionary with three known keys, read without recursion.
//!
//! Source: `numpy.lib.format`, versions 1.0, 2.0 and 3.0.

use super::element::{Element, Endian};
use super::error::{Problem, Quoted};

pub(super) const MAGIC: &[u8] = b"\x93NUMPY";
const FORMAT: &str = "NumPy array";
/// NumPy refuses headers longer than this, too.
const MAX_HEADER: usize = 10_000;
/// NumPy allows 64 dimensions.
const MAX_DIMENSIONS: usize = 64;

/// What the header says.
#[derive(Debug, PartialEq)]
pub(super) struct Header {
    pub(super) element: Element,
    pub(super) endian: Endian,
    pub(super) fortran_order: bool,
    pub(super) shape: Vec<u64>,
}

impl Header {
    /// Reads the header, and returns it with the data that follow.
    pub(super) fn parse(bytes: &[u8]) -> Result<(Self, &[u8]), Problem> {
        let cut_short = || damaged("the header is cut short");
        let rest = bytes.strip_prefix(MAGIC).ok_or(Problem::WrongFormat { format: FORMAT })?;
        let (&[major, minor], rest) = rest.split_first_chunk().ok_or_else(cut_short)?;
        let (length, rest) = match (major, minor) {
            (1, 0) => {
                let (&length, rest) = rest.split_first_chunk().ok_or_else(cut_short)?;
                (usize::from(u16::from_le_bytes(length)), rest)
            }
            (2 | 3, 0) => {
                let (&length, rest) = rest.split_first_chunk().ok_or_else(cut_short)?;
                (usize::try_from(u32::from_le_bytes(length)).unwrap_or(usize::MAX), rest)
            }
            _ => return Err(damaged(format!("unknown version {major}.{minor}"))),
        };
        if length > MAX_HEADER {
            return Err(damaged(format!("a header has at most {MAX_HEADER} bytes, got {length}")));
        }
        let (text, data) = rest.split_at_checked(length).ok_or_else(cut_short)?;
        let text = str::from_utf8(text).map_err(|_| damaged("the header is not text"))?;
        Ok((Scanner { rest: text }.dictionary()?, data))
    }
}

fn damaged(what: impl std::fmt::Display) -> Problem {
    Problem::damaged(FORMAT, what)
}

/// Type string such as `<f8`.
fn element_type(descr: &str) -> Result<(Element, Endian), Problem> {
    let unknown = || Problem::ElementType { given: Quoted::new(descr) };
    let mut characters = descr.chars();
    let endian = match characters.next() {
        Some('<' | '|' | '=') => Endian::Little,
        Some('>') => Endian::Big,
        _ => return Err(unknown()),
    };
    let element = match characters.as_str() {
        "b1" | "?" => Element::Bool,
        "i1" => Element::I8,
        "i2" => Element::I16,
        "i4" => Element::I32,
        "i8" => Element::I64,
        "u1" => Element::U8,
        "u2" => Element::U16,
        "u4" => Element::U32,
        "u8" => Element::U64,
        "f2" => Element::F16,
        "f4" => Element::F32,
        "f8" => Element::F64,
        _ => return Err(unknown()),
    };
    Ok((element, endian))
}

/// Position in the text of the header.
struct Scanner<'a> {
    rest: &'a str,
}

impl<'a> Scanner<'a> {
    fn dictionary(mut self) -> Result<Header, Problem> {
        let (mut descr, mut fortran_order, mut shape) = (None, None, None);
        self.expect('{')?;
        while !self.accept('}') {
            let key = self.string()?;
            self.expect(':')?;
            match key {
                "descr" => descr = Some(self.descr()?),
                "fortran_order" => fortran_order = Some(self.boolean()?),
                "shape" => shape = Some(self.shape()?),
                other => return Err(damaged(format!("unknown key {}", Quoted::new(other)))),
            }
            if !self.accept(',') {
                self.expect('}')?;
                break;
            }
        }
        if !self.rest.trim().is_empty() {
            return Err(damaged("text after the header's dictionary"));
        }
        let missing = |key: &str| damaged(format!("the header has no {key}"));
        let (element, endian) = descr.ok_or_else(|| missing("descr"))?;
        let fortran_order = fortran_order.ok_or_else(|| missing("fortran_order"))?;
        let shape = shape.ok_or_else(|| missing("shape"))?;
        Ok(Header { element, endian, fortran_order, shape })
    }

    fn accept(&mut self, character: char) -> bool {
        self.rest = self.rest.trim_start();
        let after = self.rest.strip_prefix(character);
        self.rest = after.unwrap_or(self.rest);
        after.is_some()
    }

    fn expect(&mut self, character: char) -> Result<(), Problem> {
        if self.accept(character) { Ok(()) } else { Err(self.expected(&format!("'{character}'"))) }
    }

    fn expected(&self, what: &str) -> Problem {
        damaged(format!("the header should have {what} before {}", Quoted::new(self.rest)))
    }

    fn string(&mut self) -> Result<&'a str, Problem> {
        let quote = if self.accept('\'') { '\'' } else { self.expect('"').map(|()| '"')? };
        let (text, rest) = self.rest.split_once(quote).ok_or_else(|| self.expected("a closing quote"))?;
        self.rest = rest;
        Ok(text)
    }

    fn descr(&mut self) -> Result<(Element, Endian), Problem> {
        self.rest = self.rest.trim_start();
        if self.rest.starts_with('[') {
            return Err(Problem::ElementType { given: Quoted::new(self.rest) }); // a structure
        }
        element_type(self.string()?)
    }

    fn boolean(&mut self) -> Result<bool, Problem> {
        self.rest = self.rest.trim_start();
        for (word, value) in [("True", true), ("False", false)] {
            if let Some(rest) = self.rest.strip_prefix(word) {
                self.rest = rest;
                return Ok(value);
            }
        }
        Err(self.expected("True or False"))
    }

    fn shape(&mut self) -> Result<Vec<u64>, Problem> {
        let mut shape = Vec::new();
        self.expect('(')?;
        while !self.accept(')') {
            self.rest = self.rest.trim_start();
            let digits = self.rest.len() - self.rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let (number, rest) = self.rest.split_at(digits);
            shape.push(number.parse().map_err(|_| self.expected("a dimension below 2^64"))?);
            self.rest = rest.strip_prefix('L').unwrap_or(rest); // written by Python 2
            if shape.len() > MAX_DIMENSIONS {
                return Err(damaged(format!("an array has at most {MAX_DIMENSIONS} dimensions")));
            }
            if !self.accept(',') {
                self.expect(')')?;
                break;
            }
        }
        Ok(shape)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> Vec<u8> {
        let length = u16::try_from(text.len()).unwrap().to_le_bytes();
        [MAGIC, &[1, 0], &length, text.as_bytes(), b"data"].concat()
    }

    #[test]
    fn reads_every_order_of_keys_both_quotes_and_python_2_integers() {
        let expected = Header { element: Element::F32, endian: Endian::Big, fortran_order: true, shape: vec![12, 3] };
        for text in [
            "{'descr': '>f4', 'fortran_order': True, 'shape': (12, 3), }     \n",
            "{\"shape\":(12L,3L,),\"fortran_order\":True,\"descr\":\">f4\"}",
        ] {
            let bytes = file(text);
            let (header, data) = Header::parse(&bytes).unwrap();
            assert_eq!(header, expected);
            assert_eq!(data, b"data");
        }
    }

    #[test]
    fn malformed_headers_are_errors() {
        let nested = format!("{{'shape': {}", "(".repeat(9_000));
        let dimensions = format!("{{'shape': ({})}}", "1,".repeat(65));
        for text in [
            "",
            "{",
            "{}",
            "{'descr': '<f8'}",
            "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3)} more",
            "{'descr': '<f8', 'fortran_order': Maybe, 'shape': (2, 3)}",
            "{'descr': '<f8', 'fortran_order': False, 'shape': (-2, 3)}",
            "{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999, 3)}",
            "{'descr': '<f8', 'fortran_order': False, 'shape': 6}",
            "{'descr': '<f8', 'fortran_order': False 'shape': (2, 3)}",
            "{'descr': '<f8, 'fortran_order': False, 'shape': (2, 3)}",
            "{'colour': 1}",
            &nested,
            &dimensions,
        ] {
            let problem = Header::parse(&file(text)).unwrap_err();
            assert!(matches!(problem, Problem::Damaged { .. } | Problem::ElementType { .. }), "{text}: {problem}");
        }
    }

    #[test]
    fn other_element_types_are_named() {
        for descr in ["'<c16'", "'|O'", "'<U5'", "'<f16'", "'<M8[ns]'", "[('a', '<f8')]", "'f8'", "''"] {
            let text = format!("{{'descr': {descr}, 'fortran_order': False, 'shape': (2, 3), }}");
            let problem = Header::parse(&file(&text)).unwrap_err();
            assert!(matches!(problem, Problem::ElementType { .. }), "{descr}: {problem}");
        }
    }
}
