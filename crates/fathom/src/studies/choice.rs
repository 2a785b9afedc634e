//! Choosing inputs by class, and bringing them to one size.

use std::ops::Range;

use super::{Labelled, StudyError};
use crate::train::Examples;

/// A row of the data, and the place of its class among those that are wanted.
pub(super) type Place = (usize, usize);

/// What each input is brought to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Size {
    /// $|x|^2$; zeros stay zeros.
    SquaredNorm(f64),
    /// $|x|^2$ equal to the number of features.
    Sphere,
    /// Mean 0 and mean square 1 over features.
    Standard,
}

/// Inputs of some classes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Chosen {
    /// Row after row.
    pub(super) inputs: Vec<f64>,
    pub(super) features: usize,
    /// Places in the list of classes that are wanted.
    pub(super) classes: Vec<usize>,
}

impl Labelled<'_> {
    /// The inputs of the wanted classes of which so many (a number in `ranks`) of the same class come before.
    ///
    /// # Arguments
    /// * `order`: rows in which inputs are counted and come out.
    pub(super) fn places(&self, wanted: &[f64], order: impl Iterator<Item = usize>, ranks: Range<usize>) -> Vec<Place> {
        let mut seen = vec![0; wanted.len()];
        let place = |row: usize| {
            let class = self.classes.get(row)?;
            let place = wanted.iter().position(|known| known == class)?;
            seen[place] += 1;
            ranks.contains(&(seen[place] - 1)).then_some((row, place))
        };
        order.filter_map(place).collect()
    }

    /// Inputs brought to one size.
    ///
    /// # Errors
    /// [`StudyError::Data`] for an input that cannot be.
    pub(super) fn chosen(&self, places: &[Place], size: Size) -> Result<Chosen, StudyError> {
        let mut inputs = Vec::with_capacity(places.len() * self.features);
        for &(row, _) in places {
            self.sized(row, size, &mut inputs)?;
        }
        Ok(Chosen { inputs, features: self.features, classes: places.iter().map(|&(_, place)| place).collect() })
    }

    fn sized(&self, row: usize, size: Size, inputs: &mut Vec<f64>) -> Result<(), StudyError> {
        let x = self.row(row)?;
        let square = || x.iter().map(|v| v * v).sum::<f64>();
        match size {
            Size::SquaredNorm(wanted) => {
                let norm = square().sqrt().max(f64::MIN_POSITIVE);
                inputs.extend(x.iter().map(|v| v / norm * wanted.sqrt()));
            }
            Size::Sphere => {
                let factor = (x.len() as f64 / square()).sqrt();
                if !factor.is_finite() {
                    let what = format!("an image of {}", self.name);
                    return Err(StudyError::Data { what, needed: "other than zero".into(), got: "zeros".into() });
                }
                inputs.extend(x.iter().map(|v| v * factor));
            }
            Size::Standard => {
                // Squares of numbers of any size stay in range when the numbers are of order 1.
                let largest = x.iter().fold(0.0_f64, |largest, v| largest.max(v.abs()));
                let count = x.len() as f64;
                let mean = x.iter().map(|v| v / largest).sum::<f64>() / count;
                let root = (x.iter().map(|v| (v / largest - mean).powi(2)).sum::<f64>() / count).sqrt();
                if root.is_nan() || root <= 0.0 {
                    let (what, needed) = (format!("input {row} of {}", self.name), "of several values".into());
                    return Err(StudyError::Data { what, needed, got: format!("{:e} everywhere", x[0]) });
                }
                inputs.extend(x.iter().map(|v| (v / largest - mean) / root));
            }
        }
        Ok(())
    }

    /// Images of some classes on the sphere, in their order in the data: of each class, `each` after the first `skip`.
    ///
    /// # Errors
    /// [`StudyError::Data`] if there are not so many, or one of them is zero.
    pub(super) fn of_classes(&self, wanted: &[f64], skip: usize, each: usize) -> Result<Chosen, StudyError> {
        let places = self.places(wanted, 0..self.classes.len(), skip..skip + each);
        self.enough(
            places.len(),
            wanted.len() * each,
            &format!("of {} classes, {skip} left out of each,", wanted.len()),
        )?;
        self.chosen(&places, Size::Sphere)
    }

    /// Inputs of classes $0, \dots, C - 1$ with one output for each class, and targets of mean 0 over classes:
    /// $1 - 1/C$ for the class of the input, $-1/C$ for the others.
    ///
    /// # Arguments
    /// * `ranges`: which inputs of each class, in their order; for each range, class after class.
    /// * `sq_norm`: $|x|^2$ that all inputs are scaled to.
    ///
    /// # Errors
    /// [`StudyError::Data`] if there are too few.
    pub(super) fn few_classes(
        &self,
        classes: usize,
        ranges: &[Range<usize>],
        sq_norm: f64,
    ) -> Result<Examples, StudyError> {
        let wanted: Vec<f64> = (0..classes).map(|class| class as f64).collect();
        let mut places = Vec::new();
        for range in ranges {
            let mut of_range = self.places(&wanted, 0..self.classes.len(), range.clone());
            of_range.sort_by_key(|&(_, class)| class);
            places.extend(of_range);
        }
        let needed = classes * ranges.iter().map(ExactSizeIterator::len).sum::<usize>();
        self.enough(places.len(), needed, &format!("of classes 0 to {}", classes.saturating_sub(1)))?;
        let Chosen { inputs, classes: chosen, .. } = self.chosen(&places, Size::SquaredNorm(sq_norm))?;
        let target = |class: usize, output: usize| f64::from(u8::from(class == output)) - 1.0 / classes as f64;
        let targets = chosen.iter().flat_map(|class| (0..classes).map(|output| target(*class, output))).collect();
        Ok(Examples::new(inputs, self.features, targets, classes)?.with_classes(chosen)?)
    }

    fn enough(&self, got: usize, needed: usize, which: &str) -> Result<(), StudyError> {
        if got >= needed {
            return Ok(());
        }
        let what = format!("inputs {which} of {}", self.name);
        Err(StudyError::Data { what, needed: needed.to_string(), got: got.to_string() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALUES: [f64; 8] = [1.0, 0.0, 0.0, 2.0, 3.0, 3.0, 0.0, 4.0];

    fn data(classes: &[f64; 4]) -> Labelled<'_> {
        Labelled { name: "d", features: 2, values: &VALUES, classes }
    }

    #[test]
    fn images_are_chosen_by_class_and_lie_on_the_sphere() {
        let data = data(&[5.0, 7.0, 5.0, 7.0]);
        let root = 2.0_f64.sqrt();
        let chosen = data.of_classes(&[7.0, 5.0], 0, 1).unwrap();
        assert_eq!((chosen.inputs, chosen.classes), (vec![root, 0.0, 0.0, root], vec![1, 0]));
        let later = data.of_classes(&[5.0], 1, 1).unwrap();
        assert!(later.inputs.iter().all(|v| (v - 1.0).abs() < 1e-15));
        assert!(data.of_classes(&[5.0], 1, 2).is_err());
    }

    #[test]
    fn examples_come_class_after_class_with_targets_of_mean_zero() {
        let data = data(&[1.0, 0.0, 0.0, 1.0]);
        let places = data.places(&[0.0, 1.0], 0..4, 1..2);
        assert_eq!(places, [(2, 0), (3, 1)]);
        assert_eq!(data.places(&[0.0, 1.0], (0..4).rev(), 0..1), [(3, 1), (2, 0)]);
        let examples = data.few_classes(2, &[0..1, 1..2], 9.0).unwrap();
        assert_eq!(examples.rows(), 4);
        assert!(data.few_classes(3, &[0..1, 1..2], 9.0).is_err());
    }

    #[test]
    fn standard_inputs_have_mean_zero_and_mean_square_one() {
        let data = data(&[0.0; 4]);
        assert_eq!(data.chosen(&[(0, 0), (1, 0)], Size::Standard).unwrap().inputs, [1.0, -1.0, -1.0, 1.0]);
        assert!(data.chosen(&[(2, 0)], Size::Standard).is_err(), "3, 3 has no spread");
    }
}
