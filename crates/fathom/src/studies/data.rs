//! The data that studies use.

use super::StudyError;
use super::choice::{Chosen, Size};

/// Inputs with classes.
#[derive(Clone, Copy, Debug)]
pub struct Labelled<'a> {
    /// Where they come from, for the descriptions of pieces: it must tell other data apart.
    pub name: &'a str,
    /// Numbers of each input.
    pub features: usize,
    /// Inputs row after row.
    pub values: &'a [f64],
    /// The class of each row, a whole number.
    pub classes: &'a [f64],
}

/// The data that studies use.
#[derive(Clone, Copy, Debug)]
pub struct Material<'a> {
    /// Handwritten digits.
    pub digits: Labelled<'a>,
    /// Real images: of clothes, or those that the user gives.
    pub images: Labelled<'a>,
}

/// Images to learn from and images to be tested on, centred and of equal norm.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Split {
    pub(super) train: Chosen,
    pub(super) test: Chosen,
    /// How many classes there are.
    pub(super) count: usize,
}

impl<'a> Labelled<'a> {
    /// An input.
    pub(super) fn row(&self, row: usize) -> Result<&'a [f64], StudyError> {
        let found = self.values.get(row * self.features..(row + 1) * self.features);
        found.ok_or_else(|| self.too_few(row + 1))
    }

    /// The side of square images.
    pub(super) fn side(&self) -> Result<usize, StudyError> {
        let side = self.features.isqrt();
        if side >= 3 && side * side == self.features {
            return Ok(side);
        }
        let (what, needed) = (format!("the number of features of {}", self.name), "a square, at least 9".into());
        Err(StudyError::Data { what, needed, got: self.features.to_string() })
    }

    /// The first inputs to learn from and the last ones to be tested on, as many of each class as can be; from each its mean
    /// over features is subtracted, and its mean square is made 1.
    pub(super) fn split(&self, [train, test]: [usize; 2]) -> Result<Split, StudyError> {
        let rows = self.classes.len();
        let mut classes = Vec::with_capacity(rows);
        for (row, &class) in self.classes.iter().enumerate() {
            if class < 0.0 || class.fract() != 0.0 || class >= 1_000.0 {
                let (what, needed) = (format!("classes of {}", self.name), "whole numbers from 0 to 999".into());
                return Err(StudyError::Data { what, needed, got: format!("{class:e} in row {row}") });
            }
            classes.push(class as usize);
        }
        let count = classes.iter().max().map_or(0, |class| class + 1);
        let wanted: Vec<f64> = (0..count).map(|class| class as f64).collect();
        let ranks = |most: usize| 0..most.div_ceil(count.max(1));
        let mut learnt = self.places(&wanted, 0..rows, ranks(train));
        learnt.truncate(train);
        let is_free = |row: &usize| learnt.binary_search_by_key(row, |&(row, _)| row).is_err();
        let mut tested = self.places(&wanted, (0..rows).rev().filter(is_free), ranks(test));
        tested.truncate(test);
        if learnt.len() < train || tested.len() < test {
            return Err(self.too_few(train + test));
        }
        let [train, test] = [self.chosen(&learnt, Size::Standard)?, self.chosen(&tested, Size::Standard)?];
        Ok(Split { train, test, count })
    }

    fn too_few(&self, needed: usize) -> StudyError {
        StudyError::Data {
            what: format!("the number of inputs of {}", self.name),
            needed: format!("at least {needed}, evenly among classes"),
            got: self.classes.len().to_string(),
        }
    }

    pub(super) fn check(&self) -> Result<(), StudyError> {
        let wrong = |what: &str, needed: String, got: String| {
            Err(StudyError::Data { what: format!("{what} of {}", self.name), needed, got })
        };
        let rows = self.values.len().checked_div(self.features).unwrap_or(0);
        if rows == 0 || rows != self.classes.len() || rows * self.features != self.values.len() {
            let needed = format!("one for each of its {rows} inputs");
            return wrong("the number of classes", needed, self.classes.len().to_string());
        }
        if let Some(bad) = self.values.iter().chain(self.classes).find(|v| !v.is_finite()) {
            return wrong("every value", "finite".into(), bad.to_string());
        }
        Ok(())
    }
}
