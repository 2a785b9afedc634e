//! The order in which mini-batches take the inputs.

use super::TrainOptions;
use crate::random::Stream;

/// The inputs of one step after the other.
#[derive(Clone, Debug)]
pub(crate) struct Batches {
    rows: usize,
    size: usize,
    seed: u64,
    order: Vec<usize>,
    /// The epoch that `order` is of.
    epoch: Option<u64>,
}

impl Batches {
    /// Those of a training on so many inputs.
    pub(crate) fn new(rows: usize, options: &TrainOptions) -> Self {
        let size = options.batch.unwrap_or(rows).clamp(1, rows.max(1));
        Self { rows, size, seed: options.seed, order: Vec::new(), epoch: None }
    }

    /// Whether every step takes all inputs.
    pub(crate) fn are_full(&self) -> bool {
        self.size >= self.rows
    }

    /// Whether step number `step`, counted from 0, is the first of an epoch.
    pub(super) fn begins_epoch(&self, step: u64) -> bool {
        step.is_multiple_of(self.rows.div_ceil(self.size) as u64)
    }

    /// The inputs of step number `step`, counted from 0; `None` for all of them.
    pub(crate) fn of_step(&mut self, step: u64) -> Option<&[usize]> {
        if self.are_full() {
            return None;
        }
        let per_epoch = self.rows.div_ceil(self.size) as u64;
        let (epoch, place) = (step / per_epoch, step % per_epoch);
        if self.epoch != Some(epoch) {
            self.order.resize(self.rows, 0);
            shuffle(&mut self.order, self.seed, epoch);
            self.epoch = Some(epoch);
        }
        let first = usize::try_from(place).unwrap_or(0) * self.size;
        Some(&self.order[first..(first + self.size).min(self.rows)])
    }
}

/// Puts `0..order.len()` into the order of an epoch (Fisher–Yates).
///
/// Epoch $e$ reads stream $2^{64} - 1 - e$ of the seed, far from the streams that networks are drawn from, so an epoch is
/// known without those before it.
fn shuffle(order: &mut [usize], seed: u64, epoch: u64) {
    order.iter_mut().enumerate().for_each(|(place, row)| *row = place);
    let mut stream = Stream::new(seed, !epoch);
    for last in (1..order.len()).rev() {
        order.swap(last, below(&mut stream, last as u64 + 1));
    }
}

/// A whole number below `bound`: the upper half of a product of 128 bits, biased by less than $2^{-64}$ `bound`.
fn below(stream: &mut Stream, bound: u64) -> usize {
    let product = u128::from(stream.word()) * u128::from(bound);
    usize::try_from(product >> 64).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_epoch_is_another_permutation() {
        let epoch = |seed, e| {
            let mut order = vec![0; 50];
            shuffle(&mut order, seed, e);
            order
        };
        let (first, second) = (epoch(7, 0), epoch(7, 1));
        assert!(first != second && first != epoch(8, 0) && first == epoch(7, 0));
        for order in [first, second] {
            let mut sorted = order.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, (0..50).collect::<Vec<_>>());
        }
    }

    /// χ² of the 24 orders of 4 inputs over 24 000 epochs: 23 degrees of freedom, above 58 with probability 1e-4.
    #[test]
    fn all_orders_are_equally_likely() {
        let mut counts = std::collections::HashMap::new();
        let mut order = [0; 4];
        for epoch in 0..24_000 {
            shuffle(&mut order, 3, epoch);
            *counts.entry(order).or_insert(0.0) += 1.0;
        }
        assert_eq!(counts.len(), 24);
        let statistic: f64 = counts.values().map(|count: &f64| (count - 1000.0).powi(2) / 1000.0).sum();
        assert!(statistic < 58.0, "{statistic}");
    }
}
