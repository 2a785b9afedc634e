//! Images of some classes, brought to one norm.

use super::{Labelled, StudyError};

/// Inputs on the sphere with the places of their classes.
#[derive(Clone, Debug)]
pub(super) struct Chosen {
    /// Row after row, $|x|^2$ equal to the number of features.
    pub(super) inputs: Vec<f64>,
    pub(super) features: usize,
    /// Places in the list of classes asked for.
    pub(super) classes: Vec<usize>,
}

/// Images of some classes, in their order in the data: of each class, `each` after the first `skip` of it.
///
/// # Errors
/// [`StudyError::Data`] if there are not so many, or one of them is zero.
pub(super) fn of_classes(data: &Labelled<'_>, wanted: &[f64], skip: usize, each: usize) -> Result<Chosen, StudyError> {
    let features = data.features;
    let mut chosen = Chosen { inputs: Vec::new(), features, classes: Vec::new() };
    let mut seen = vec![0; wanted.len()];
    for (row, class) in data.values.chunks_exact(features).zip(data.classes) {
        let Some(place) = wanted.iter().position(|known| known == class) else { continue };
        seen[place] += 1;
        if seen[place] > skip && seen[place] <= skip + each {
            let size = row.iter().map(|v| v * v).sum::<f64>();
            let factor = (features as f64 / size).sqrt();
            if !factor.is_finite() {
                let what = format!("an image of {}", data.name);
                return Err(StudyError::Data { what, needed: "other than zero".into(), got: "zeros".into() });
            }
            chosen.inputs.extend(row.iter().map(|v| v * factor));
            chosen.classes.push(place);
        }
    }
    if let Some(count) = seen.iter().find(|count| **count < skip + each) {
        let (what, needed) = (format!("images of a class of {}", data.name), format!("{} or more", skip + each));
        return Err(StudyError::Data { what, needed, got: count.to_string() });
    }
    Ok(chosen)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_chosen_by_class_and_lie_on_the_sphere() {
        let values = [1.0, 0.0, 0.0, 2.0, 3.0, 3.0, 0.0, 4.0];
        let data = Labelled { name: "d", features: 2, values: &values, classes: &[5.0, 7.0, 5.0, 7.0] };
        let root = 2.0_f64.sqrt();
        let chosen = of_classes(&data, &[7.0, 5.0], 0, 1).unwrap();
        assert_eq!((chosen.inputs, chosen.classes), (vec![root, 0.0, 0.0, root], vec![1, 0]));
        let later = of_classes(&data, &[5.0], 1, 1).unwrap();
        assert!(later.inputs.iter().all(|v| (v - 1.0).abs() < 1e-15));
        assert!(of_classes(&data, &[5.0], 1, 2).is_err());
    }
}
