//! The numbers of a record by name, for tables.

use super::{KernelRecord, Record};

/// A name and its value.
type Named<T> = (&'static str, fn(&T) -> Option<f64>);

const FITS: [Named<Record>; 6] = [
    ("step", |r| Some(r.step as f64)),
    ("time", |r| Some(r.time)),
    ("train_loss", |r| Some(r.train.loss)),
    ("train_accuracy", |r| r.train.accuracy),
    ("test_loss", |r| r.test.map(|test| test.loss)),
    ("test_accuracy", |r| r.test.and_then(|test| test.accuracy)),
];

const KERNEL: [Named<KernelRecord>; 11] = [
    ("ntk_drift", |k| k.drift),
    ("ntk_alignment_initial", |k| k.alignment_initial),
    ("ntk_alignment_infinite", |k| k.alignment_reference),
    ("ntk_alignment_labels", |k| k.alignment_labels),
    ("ntk_alignment_labels_centred", |k| k.alignment_labels_centred),
    ("ntk_trace", |k| Some(k.trace)),
    ("ntk_largest_eigenvalue", |k| Some(k.largest_eigenvalue)),
    ("ntk_smallest_eigenvalue", |k| Some(k.smallest_eigenvalue)),
    ("ntk_condition", |k| k.condition),
    ("ntk_within_classes", |k| k.within_classes),
    ("ntk_between_classes", |k| k.between_classes),
];

impl Record {
    /// Loss, accuracy and the NTK by name, the same names in the same order for every record; `None` where there is no
    /// number.
    ///
    /// # Example
    /// ```
    /// use fathom_ntk::train::{Fit, Record};
    /// let train = Fit { loss: 0.5, accuracy: None };
    /// let record = Record { step: 3, time: 0.3, train, test: None, kernel: None, layers: Vec::new() };
    /// let loss = record.quantities().find(|(name, _)| *name == "train_loss");
    /// assert_eq!(loss, Some(("train_loss", Some(0.5))));
    /// ```
    pub fn quantities(&self) -> impl Iterator<Item = (&'static str, Option<f64>)> + '_ {
        let fits = FITS.iter().map(|(name, value)| (*name, value(self)));
        fits.chain(KERNEL.iter().map(|(name, value)| (*name, self.kernel.as_ref().and_then(value))))
    }

    /// Movement of the weight layers by name, `weight_change_1` to `weight_change_L` and `pattern_change_1` to
    /// `pattern_change_{L−1}`; `None` where there is no number.
    pub fn layer_quantities(&self) -> impl Iterator<Item = (String, Option<f64>)> + '_ {
        let weights = self.layers.iter().zip(1..);
        let weights = weights.map(|(layer, i)| (format!("weight_change_{i}"), layer.weight_change));
        let hidden = self.layers.iter().take(self.layers.len().saturating_sub(1)).zip(1..);
        weights.chain(hidden.map(|(layer, i)| (format!("pattern_change_{i}"), layer.pattern_change)))
    }
}
