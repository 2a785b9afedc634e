//! Networks drawn weight by weight.

use fathom_ntk::Architecture;
use fathom_ntk::spec::Constants;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use rand_distr::StandardNormal;

/// Weights with their scale $\sigma_w/\sqrt n$ (row-major) and biases with theirs, layer by layer.
pub struct Network<'a> {
    arch: &'a Architecture,
    c: &'a Constants,
    weights: Vec<Vec<f64>>,
    biases: Vec<Vec<f64>>,
}

/// One pass for the first output: $f$, $h^{l-1}$ and $\delta^l$ of each weight layer, and the slopes φ′ of hidden layers.
pub struct Pass {
    pub output: f64,
    pub inputs: Vec<Vec<f64>>,
    pub deltas: Vec<Vec<f64>>,
    pub slopes: Vec<Vec<f64>>,
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

impl<'a> Network<'a> {
    pub fn draw(arch: &'a Architecture, c: &'a Constants, rng: &mut StdRng) -> Self {
        let mut normal = |count: usize, variance: f64| -> Vec<f64> {
            let scale = variance.sqrt();
            (0..count).map(|_| scale * rng.sample::<f64, _>(StandardNormal)).collect()
        };
        let n = &c.widths;
        let weights = (0..c.depth()).map(|l| normal(n[l] * n[l + 1], c.weight_var[l] / n[l] as f64)).collect();
        let biases = (0..c.depth()).map(|l| normal(n[l + 1], c.bias_var[l])).collect();
        Self { arch, c, weights, biases }
    }

    pub fn pass(&self, x: &[f64]) -> Pass {
        self.pass_with(x, None)
    }

    /// With `slopes`, a piecewise linear network keeps that activation pattern.
    pub fn pass_with(&self, x: &[f64], fixed: Option<&[Vec<f64>]>) -> Pass {
        let act = self.arch.activation();
        let depth = self.c.depth();
        let (mut inputs, mut slopes) = (vec![x.to_vec()], Vec::new());
        let mut output = 0.0;
        for l in 0..depth {
            let rows = self.weights[l].chunks(inputs[l].len()).zip(&self.biases[l]);
            let z: Vec<f64> = rows.map(|(w, b)| dot(w, &inputs[l]) + b).collect();
            output = z[0];
            if l + 1 < depth {
                let slope = match fixed {
                    Some(fixed) => fixed[l].clone(),
                    None => z.iter().map(|&z| act.slope(z)).collect(),
                };
                let value = |(z, s): (&f64, &f64)| if fixed.is_some() { z * s } else { act.value(*z) };
                inputs.push(z.iter().zip(&slope).map(value).collect());
                slopes.push(slope);
            }
        }
        let mut delta = vec![0.0; self.c.widths[depth]];
        delta[0] = 1.0;
        let mut deltas = vec![delta];
        for l in (1..depth).rev() {
            let mut delta = vec![0.0; self.c.widths[l]];
            for (row, d) in self.weights[l].chunks(delta.len()).zip(&deltas[deltas.len() - 1]) {
                delta.iter_mut().zip(row).for_each(|(sum, w)| *sum += w * d);
            }
            delta.iter_mut().zip(&slopes[l - 1]).for_each(|(d, s)| *d *= s);
            deltas.push(delta);
        }
        deltas.reverse();
        Pass { output, inputs, deltas, slopes }
    }

    /// $\Theta(x, x')$ of the first output, a sum over the layers.
    pub fn ntk(&self, x: &Pass, y: &Pass) -> f64 {
        let layer = |l: usize| {
            let weights = self.c.alpha[l] * self.c.weight_var[l] / self.c.widths[l] as f64;
            (weights * dot(&x.inputs[l], &y.inputs[l]) + self.c.beta[l]) * dot(&x.deltas[l], &y.deltas[l])
        };
        (0..self.c.depth()).map(layer).sum()
    }

    /// Moves the parameters along the gradient of the output: $\theta \leftarrow \theta + t \nabla f$.
    pub fn step(&mut self, pass: &Pass, t: f64) {
        for l in 0..self.c.depth() {
            let rate = t * self.c.alpha[l] * self.c.weight_var[l] / self.c.widths[l] as f64;
            for (row, d) in self.weights[l].chunks_mut(pass.inputs[l].len()).zip(&pass.deltas[l]) {
                row.iter_mut().zip(&pass.inputs[l]).for_each(|(w, h)| *w += rate * d * h);
            }
            let rate = t * self.c.beta[l];
            self.biases[l].iter_mut().zip(&pass.deltas[l]).for_each(|(b, d)| *b += rate * d);
        }
    }
}

/// $\Theta(x, x)$ of `draws` networks.
pub fn thetas(arch: &Architecture, x: &[f64], draws: usize, seed: u64) -> Vec<f64> {
    let c = arch.constants().unwrap();
    let mut rng = StdRng::seed_from_u64(seed);
    let theta = |_| {
        let network = Network::draw(arch, &c, &mut rng);
        let pass = network.pass(x);
        network.ntk(&pass, &pass)
    };
    (0..draws).map(theta).collect()
}

/// An input with entries of size 1 and alternating sign.
pub fn unit(n0: usize) -> Vec<f64> {
    (0..n0).map(|i| if i % 2 == 0 { 1.0 } else { -1.0 }).collect()
}

/// Mean and standard error.
pub fn mean(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let var = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0);
    (mean, (var / n).sqrt())
}

/// Standard deviation over mean, with the standard error by the jackknife over 50 batches.
pub fn relative_std(values: &[f64]) -> (f64, f64) {
    let batches = 50;
    assert_eq!(values.len() % batches, 0);
    let sums: Vec<[f64; 2]> =
        (values.chunks(values.len() / batches)).map(|b| [b.iter().sum(), b.iter().map(|v| v * v).sum()]).collect();
    let all = [0, 1].map(|i| sums.iter().map(|s| s[i]).sum::<f64>());
    let estimate = |s: [f64; 2], n: f64| (n * s[1] / (s[0] * s[0]) - 1.0).sqrt();
    let n = values.len() as f64;
    let without: Vec<f64> =
        (sums.iter()).map(|s| estimate([all[0] - s[0], all[1] - s[1]], n * (1.0 - 1.0 / batches as f64))).collect();
    let (centre, _) = mean(&without);
    let spread = without.iter().map(|w| (w - centre).powi(2)).sum::<f64>();
    (estimate(all, n), (spread * (batches as f64 - 1.0) / batches as f64).sqrt())
}

#[test]
fn the_statistics_are_those_of_normal_numbers() {
    let mut rng = StdRng::seed_from_u64(0);
    let values: Vec<f64> = (0..20_000).map(|_| 5.0 + rng.sample::<f64, _>(StandardNormal)).collect();
    let (centre, error) = mean(&values);
    assert!((centre - 5.0).abs() < 4.0 * error && (error - 0.00707).abs() < 2e-4);
    // The error of std/mean is 0.2·√(1/2N + 0.04/N) = 0.00104; the jackknife finds it to about 10 %.
    let (ratio, error) = relative_std(&values);
    assert!((ratio - 0.2).abs() < 4.0 * error && (error - 0.00104).abs() < 0.0005, "{ratio} ± {error}");
}

/// Θ by its definition: the squared gradient, from central differences of $f$ in every parameter.
#[test]
fn the_kernel_is_the_squared_gradient() {
    let arch = super::arch("widths = \"3,5,4,2\"\nactivation = \"tanh\"\nbias_var = 0.3\nweight_var = 1.4");
    let c = arch.constants().unwrap();
    let mut network = Network::draw(&arch, &c, &mut StdRng::seed_from_u64(3));
    let x = [0.3, -1.0, 0.5];
    let pass = network.pass(&x);
    let (theta, h) = (network.ntk(&pass, &pass), 1e-5);
    let mut sum = 0.0;
    for l in 0..3 {
        for i in 0..network.weights[l].len() {
            let w = network.weights[l][i];
            let mut at = |v| {
                network.weights[l][i] = v;
                network.pass(&x).output
            };
            let slope = (at(w + h) - at(w - h)) / (2.0 * h);
            at(w);
            sum += slope * slope * c.weight_var[l] / c.widths[l] as f64;
        }
        for i in 0..network.biases[l].len() {
            let b = network.biases[l][i];
            let mut at = |v| {
                network.biases[l][i] = v;
                network.pass(&x).output
            };
            let slope = (at(b + h) - at(b - h)) / (2.0 * h);
            at(b);
            sum += slope * slope * c.bias_var[l];
        }
    }
    // Central differences are good to h² = 1e-10 and rounding 1e-16/h = 1e-11.
    assert!((sum / theta - 1.0).abs() < 1e-8, "{sum} {theta}");
}
