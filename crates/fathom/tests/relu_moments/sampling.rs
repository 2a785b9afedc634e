//! Networks drawn at random, weight by weight.

use fathom_ntk::moments::{InputNorm, crossing_update, relu_moments};
use fathom_ntk::spec::Constants;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use rand_distr::StandardNormal;

use super::constants;

/// One layer: weights with their scale (row-major), biases with theirs.
struct Layer {
    weights: Vec<f64>,
    biases: Vec<f64>,
}

struct Drawn<'a> {
    c: &'a Constants,
    layers: Vec<Layer>,
}

/// Signals of one pass: $h^l$ for $l = 0..L$ (the last is $f$), and $\delta^l_a$ for $l = 1..L$ at index $l - 1$.
struct Signals {
    h: Vec<Vec<f64>>,
    delta: Vec<Vec<Vec<f64>>>,
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

impl<'a> Drawn<'a> {
    fn new(c: &'a Constants, rng: &mut StdRng) -> Self {
        let uniform = c.weight_kurtosis < 0.0;
        let layers = (0..c.depth())
            .map(|l| {
                let scale = (c.weight_var[l] / c.widths[l] as f64).sqrt();
                let mut weight = || {
                    if uniform { rng.random_range(-1.0..1.0) * 3.0_f64.sqrt() } else { rng.sample(StandardNormal) }
                };
                let weights = (0..c.widths[l] * c.widths[l + 1]).map(|_| scale * weight()).collect();
                let spread = c.bias_var[l].sqrt();
                let biases = (0..c.widths[l + 1]).map(|_| spread * rng.sample::<f64, _>(StandardNormal)).collect();
                Layer { weights, biases }
            })
            .collect();
        Self { c, layers }
    }

    /// Active neurons of each hidden layer.
    fn pattern(&self, x: &[f64]) -> Vec<Vec<bool>> {
        let mut h = x.to_vec();
        let mut pattern = Vec::new();
        for layer in &self.layers[..self.c.depth() - 1] {
            let z: Vec<f64> =
                layer.weights.chunks(h.len()).zip(&layer.biases).map(|(row, b)| dot(row, &h) + b).collect();
            pattern.push(z.iter().map(|z| *z > 0.0).collect());
            h = z.iter().map(|z| z.max(0.0)).collect();
        }
        pattern
    }

    fn signals(&self, x: &[f64], pattern: &[Vec<bool>]) -> Signals {
        let depth = self.c.depth();
        let mut h = vec![x.to_vec()];
        for (l, layer) in self.layers.iter().enumerate() {
            let active = |i: usize| l + 1 == depth || pattern[l][i];
            let rows = layer.weights.chunks(h[l].len()).zip(&layer.biases).enumerate();
            let next = rows.map(|(i, (row, b))| if active(i) { dot(row, &h[l]) + b } else { 0.0 }).collect();
            h.push(next);
        }
        let outputs = self.c.widths[depth];
        let unit = |a: usize| (0..outputs).map(|b| f64::from(u8::from(a == b))).collect::<Vec<_>>();
        let mut delta = vec![(0..outputs).map(unit).collect::<Vec<_>>()];
        for l in (1..depth).rev() {
            let width = self.c.widths[l];
            let below = delta[0].iter().map(|above: &Vec<f64>| {
                (0..width)
                    .map(|j| {
                        let column = (0..above.len()).map(|i| above[i] * self.layers[l].weights[i * width + j]);
                        if pattern[l - 1][j] { column.sum() } else { 0.0 }
                    })
                    .collect()
            });
            let below = below.collect();
            delta.insert(0, below);
        }
        Signals { h, delta }
    }

    fn ntk(&self, s: &Signals, a: usize, b: usize) -> f64 {
        let c = self.c;
        (0..c.depth())
            .map(|l| {
                let w = c.weight_var[l] / c.widths[l] as f64 * dot(&s.h[l], &s.h[l]);
                (c.alpha[l] * w + c.beta[l]) * dot(&s.delta[l][a], &s.delta[l][b])
            })
            .sum()
    }

    /// Moves the parameters by `step` times the gradient of the first output.
    fn step(&mut self, s: &Signals, step: f64) {
        for (l, layer) in self.layers.iter_mut().enumerate() {
            let rate = step * self.c.alpha[l] * self.c.weight_var[l] / self.c.widths[l] as f64;
            let delta = &s.delta[l][0];
            for (row, d) in layer.weights.chunks_mut(s.h[l].len()).zip(delta) {
                row.iter_mut().zip(&s.h[l]).for_each(|(w, h)| *w += rate * d * h);
            }
            layer.biases.iter_mut().zip(delta).for_each(|(b, d)| *b += step * self.c.beta[l] * d);
        }
    }

    /// $d\Theta_{00}/d\eta$ along the gradient of $\tfrac12 f_0^2$ at fixed pattern, by central differences.
    fn derivative(&mut self, x: &[f64], pattern: &[Vec<bool>], s: &Signals) -> f64 {
        let eta = 1e-5;
        let f = s.h[self.c.depth()][0];
        self.step(s, -eta * f);
        let forward = self.ntk(&self.signals(x, pattern), 0, 0);
        self.step(s, 2.0 * eta * f);
        let back = self.ntk(&self.signals(x, pattern), 0, 0);
        (forward - back) / (2.0 * eta)
    }
}

/// Means over `draws` networks of $\Theta_{00}$, its square, $d\Theta_{00}/d\eta$, $\Theta_{00}\Theta_{11}$,
/// $\Theta_{01}^2$ (the last two 0 for one output), each with its standard error.
fn sample(c: &Constants, x: &[f64], draws: u32, seed: u64) -> [(f64, f64); 5] {
    let mut rng = StdRng::seed_from_u64(seed);
    let (mut sums, mut squares) = ([0.0; 5], [0.0; 5]);
    for _ in 0..draws {
        let mut network = Drawn::new(c, &mut rng);
        let pattern = network.pattern(x);
        let s = network.signals(x, &pattern);
        let theta = network.ntk(&s, 0, 0);
        let (mut product, mut off) = (0.0, 0.0);
        if c.widths[c.depth()] > 1 {
            product = theta * network.ntk(&s, 1, 1);
            off = network.ntk(&s, 0, 1).powi(2);
        }
        let values = [theta, theta * theta, network.derivative(x, &pattern, &s), product, off];
        for (i, v) in values.into_iter().enumerate() {
            sums[i] += v;
            squares[i] += v * v;
        }
    }
    let n = f64::from(draws);
    std::array::from_fn(|i| {
        let mean = sums[i] / n;
        (mean, ((squares[i] / n - mean * mean) / n).sqrt())
    })
}

/// Draws networks and compares all moments. Beyond 4 standard errors: 6e-5 each, and the seeds are fixed. The noise must
/// stay below 1 % in the mean and `noise` in the others, so that more noise cannot make the test pass.
#[track_caller]
fn compare(c: &Constants, x: &[f64], draws: u32, seed: u64, noise: f64) {
    let m = relu_moments(c, &InputNorm::of(x).unwrap()).unwrap();
    let sampled = sample(c, x, draws, seed);
    let mut wanted = vec![
        ("mean", m.mean, sampled[0]),
        ("second moment", m.second_moment, sampled[1]),
        ("derivative", m.update_sum * -4.0, sampled[2]),
    ];
    if let Some(o) = &m.outputs {
        wanted.push(("diagonal product", o.diagonal_product, sampled[3]));
        wanted.push(("off-diagonal square", o.off_diagonal_square, sampled[4]));
    }
    for (what, want, (mean, error)) in wanted {
        let want = want.to_f64();
        let allowed = if what == "mean" { 0.01 } else { noise };
        assert!(error < allowed * want.abs(), "{what}: standard error {error} of {want}");
        assert!((mean - want).abs() < 4.0 * error, "{what}: drawn {mean} ± {error}, exact {want}");
    }
}

#[test]
fn moments_agree_with_drawn_networks_with_random_trained_biases() {
    let mut c = constants(&[3, 6, 5, 7, 2], 1.5, 0.3, 1.0, 0.3);
    c.weight_var = vec![1.5, 3.0, 2.0, 1.0];
    c.bias_var = vec![0.3, 0.1, 0.2, 0.5];
    c.alpha = vec![1.0, 2.0, 0.5, 1.0];
    c.beta = vec![0.3, 0.0, 1.0, 0.5];
    compare(&c, &[1.0, -0.8, 0.4], 60_000, 1, 0.04);
}

#[test]
fn moments_agree_with_drawn_networks_with_zero_initialised_biases_and_dead_layers() {
    let c = constants(&[3, 2, 3, 2, 2], 2.0, 0.0, 1.0, 1.0);
    let x = [0.3, -0.4, 0.2];
    compare(&c, &x, 200_000, 2, 0.05);
    // The correction is far above the noise: without it the test would fail.
    let m = relu_moments(&c, &InputNorm::of(&x).unwrap()).unwrap();
    let uncorrected = m.without_dead_layers.unwrap().mean.to_f64();
    assert!(uncorrected > 1.05 * m.mean.to_f64(), "{uncorrected}");
}

#[test]
fn moments_agree_with_drawn_networks_where_only_some_layers_have_random_biases() {
    // A dead layer below the biased one does not cut off the layers above it; one above does.
    let mut c = constants(&[2, 2, 2, 3, 2, 1], 1.2, 0.0, 0.2, 1.0);
    c.bias_var[2] = 0.8;
    c.beta = vec![0.5, 2.0, 1.0, 2.0, 0.5];
    compare(&c, &[0.5, 0.5], 200_000, 3, 0.05);
    compare(&c, &[0.0, 0.0], 200_000, 4, 0.05);
    let m = relu_moments(&c, &InputNorm::of(&[0.5, 0.5]).unwrap()).unwrap();
    let uncorrected = m.without_dead_layers.unwrap().mean.to_f64();
    assert!(uncorrected > 1.05 * m.mean.to_f64(), "{uncorrected} {}", m.mean.to_f64());
}

#[test]
fn moments_agree_with_drawn_networks_of_uniform_weights_at_a_concentrated_input() {
    let mut c = constants(&[4, 3, 4, 2], 2.0, 0.2, 1.0, 0.2);
    c.weight_kurtosis = -1.2;
    let x = [2.0, 0.0, 0.1, 0.0];
    compare(&c, &x, 100_000, 5, 0.04);
    let gaussian = relu_moments(&Constants { weight_kurtosis: 0.0, ..c.clone() }, &InputNorm::of(&x).unwrap());
    let m = relu_moments(&c, &InputNorm::of(&x).unwrap()).unwrap();
    // Not a test of noise: the kurtosis matters here.
    assert!(gaussian.unwrap().second_moment.to_f64() > 1.2 * m.second_moment.to_f64());
}

#[test]
fn finite_step_agrees_with_real_gradient_steps() {
    let c = constants(&[3, 64, 1], 2.0, 0.0, 1.0, 0.0);
    for (target, seed) in [(0.0, 6), (1.0, 7)] {
        compare_step(&c, target, 3e-3, 100_000, seed);
    }
}

/// Standard parameterization, α_l = n_l/σ², β = 1, where both weight layers matter; and layers of different rates.
#[test]
fn finite_step_agrees_with_real_gradient_steps_at_other_learning_rates() {
    let mut c = constants(&[32, 64, 1], 2.0, 0.0, 1.0, 1.0);
    c.alpha = vec![16.0, 32.0];
    compare_step(&c, 1.0, 1e-4, 60_000, 8);
    let mut c = constants(&[3, 48, 48, 1], 2.0, 0.1, 1.0, 0.5);
    c.alpha = vec![3.0, 0.3, 1.0];
    compare_step(&c, 0.0, 1e-3, 60_000, 9);
}

fn compare_step(c: &Constants, target: f64, eta: f64, draws: u32, seed: u64) {
    let x = vec![1.0; c.widths[0]];
    let depth = c.depth();
    let mut rng = StdRng::seed_from_u64(seed);
    let (mut sum, mut square) = (0.0, 0.0);
    for _ in 0..draws {
        let mut network = Drawn::new(c, &mut rng);
        let before = network.signals(&x, &network.pattern(&x));
        network.step(&before, -eta * (before.h[depth][0] - target));
        let after = network.signals(&x, &network.pattern(&x));
        let change = (network.ntk(&after, 0, 0) - network.ntk(&before, 0, 0)) / eta;
        sum += change;
        square += change * change;
    }
    let n = f64::from(draws);
    let (mean, error) = (sum / n, ((square / n - (sum / n).powi(2)) / n).sqrt());
    let update = crossing_update(c, &InputNorm::of(&x).unwrap(), target).unwrap();
    let (crossing, want) = (update.crossing.to_f64(), update.finite_step.to_f64());
    // Leading order in width: 5 % of the crossing term at width 64. The noise resolves the crossing term.
    assert!(error < 0.08 * crossing.abs(), "standard error {error} of {crossing}");
    assert!((mean - want).abs() < 4.0 * error + 0.05 * crossing.abs(), "drawn {mean} ± {error}, want {want}");
    // The derivative at fixed pattern alone is refuted.
    assert!((mean - update.fixed_pattern.to_f64()).abs() > 10.0 * error);
}
