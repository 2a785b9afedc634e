//! Some inputs of a few classes.

use std::ops::Range;

use super::{Labelled, StudyError};
use crate::train::Examples;

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
    data: &Labelled<'_>,
    classes: usize,
    ranges: &[Range<usize>],
    sq_norm: f64,
) -> Result<Examples, StudyError> {
    let rows = || data.values.chunks_exact(data.features).zip(data.classes);
    let (mut inputs, mut chosen) = (Vec::new(), Vec::new());
    for range in ranges {
        for class in 0..classes {
            let of_class = rows().filter(|(_, of)| **of == class as f64).map(|(x, _)| x);
            for x in of_class.skip(range.start).take(range.len()) {
                let norm = x.iter().map(|v| v * v).sum::<f64>().sqrt().max(f64::MIN_POSITIVE);
                inputs.extend(x.iter().map(|v| v / norm * sq_norm.sqrt()));
                chosen.push(class);
            }
        }
    }
    let needed: usize = classes * ranges.iter().map(ExactSizeIterator::len).sum::<usize>();
    if chosen.len() != needed {
        let what = format!("inputs of classes 0 to {} of {}", classes.saturating_sub(1), data.name);
        return Err(StudyError::Data { what, needed: needed.to_string(), got: chosen.len().to_string() });
    }
    let target = |class: usize, output: usize| f64::from(u8::from(class == output)) - 1.0 / classes as f64;
    let targets = chosen.iter().flat_map(|class| (0..classes).map(|output| target(*class, output))).collect();
    Ok(Examples::new(inputs, data.features, targets, classes)?.with_classes(chosen)?)
}
