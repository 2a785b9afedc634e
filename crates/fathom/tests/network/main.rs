//! Networks with explicit weights and their empirical NTK.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod bits;
mod errors;
mod gradients;
mod kernels;
mod oracle;

use fathom_ntk::network::{GradientScale, Layer, Network};

/// Numbers between −1 and 1 from a linear congruential generator.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    }

    fn list(&mut self, count: usize, size: f64) -> Vec<f64> {
        (0..count).map(|_| size * self.next()).collect()
    }
}

/// A network with weights of variance 2/n, biases where asked for, and gradient scales that differ from layer to layer.
fn network(activation: &str, widths: &[usize], biases: bool, seed: u64) -> Network {
    let mut numbers = Numbers(seed);
    let layers = widths.windows(2).enumerate().map(|(i, pair)| {
        let weights = numbers.list(pair[0] * pair[1], (6.0 / pair[0] as f64).sqrt());
        let biases = biases.then(|| numbers.list(pair[1], 0.5));
        let scale = GradientScale { weights: 1.0 / (1 + i) as f64, biases: 0.5 + i as f64 };
        Layer::new(pair[0], pair[1], weights, biases, scale).unwrap()
    });
    Network::new(activation.parse().unwrap(), layers.collect()).unwrap()
}
