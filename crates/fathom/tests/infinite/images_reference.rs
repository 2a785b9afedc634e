//! Kernels on images by their definition: every pair of places of every pair of two images, in plain arithmetic.

use std::f64::consts::PI;

use fathom_ntk::activation::{Activation, Covariance};
use fathom_ntk::infinite::Expectations;
use fathom_ntk::spec::{Biases, Block, Composition, Padding, Parameterization};

/// Σ and Θ of the pairs (x, x), (y, y), (x, y), all places with all places.
#[derive(Clone)]
struct State {
    height: usize,
    width: usize,
    channels: Option<usize>,
    /// Whether the places are one list of features.
    flat: bool,
    covariance: [Vec<f64>; 3],
    ntk: [Vec<f64>; 3],
}

impl State {
    fn places(&self) -> usize {
        self.height * self.width
    }

    /// New entries for all pairs of places: variances of both, Σ, Θ.
    fn map(mut self, f: impl Fn(f64, f64, f64, f64) -> [f64; 2]) -> Self {
        let n = self.places();
        let before = self.clone();
        for pair in 0..3 {
            let sides = [[0, 0], [1, 1], [0, 1]][pair];
            for p in 0..n {
                for q in 0..n {
                    let (a, b) = (before.covariance[sides[0]][p * (n + 1)], before.covariance[sides[1]][q * (n + 1)]);
                    let at = p * n + q;
                    let [k, t] = f(a, b, before.covariance[pair][at], before.ntk[pair][at]);
                    (self.covariance[pair][at], self.ntk[pair][at]) = (k, t);
                }
            }
        }
        self
    }

    /// Sums over pairs of windows: `matched` pairs each place of a window with the same one of the other, else with all.
    fn windows(&self, window: [usize; 2], stride: [usize; 2], padding: Padding, matched: bool) -> Self {
        let size = [self.height, self.width];
        let out = [0, 1].map(|i| match padding {
            Padding::Valid => (size[i] - window[i]) / stride[i] + 1,
            _ => size[i].div_ceil(stride[i]),
        });
        let before = [0, 1].map(|i| match padding {
            Padding::Valid => 0,
            _ => ((out[i] - 1) * stride[i] + window[i]).saturating_sub(size[i]) / 2,
        });
        let place = |axis: usize, at: usize, b: usize| {
            let (raw, n) = ((at * stride[axis] + b) as i64 - before[axis] as i64, size[axis] as i64);
            let raw = if padding == Padding::Circular { raw.rem_euclid(n) } else { raw };
            (0..n).contains(&raw).then_some(raw as usize)
        };
        let members = |at: usize| -> Vec<Option<usize>> {
            let (y, x) = (at / out[1], at % out[1]);
            let all = (0..window[0]).flat_map(|b| (0..window[1]).map(move |c| (b, c)));
            all.map(|(b, c)| Some(place(0, y, b)? * size[1] + place(1, x, c)?)).collect()
        };
        let (n, m) = (self.places(), out[0] * out[1]);
        let sums = |list: &Vec<f64>| -> Vec<f64> {
            let mut sums = vec![0.0; m * m];
            for p in 0..m {
                for q in 0..m {
                    for (i, a) in members(p).into_iter().enumerate() {
                        for (j, b) in members(q).into_iter().enumerate() {
                            if let (Some(a), Some(b)) = (a, b)
                                && (i == j || !matched)
                            {
                                sums[p * m + q] += list[a * n + b];
                            }
                        }
                    }
                }
            }
            let count = (window[0] * window[1]) as f64;
            sums.iter().map(|s| s / if matched { count } else { count * count }).collect()
        };
        let covariance = [0, 1, 2].map(|i| sums(&self.covariance[i]));
        let ntk = [0, 1, 2].map(|i| sums(&self.ntk[i]));
        Self { height: out[0], width: out[1], channels: self.channels, flat: self.flat, covariance, ntk }
    }

    /// Sums over all features of a list.
    fn summed(self) -> Self {
        let all = [self.height, self.width];
        if self.flat { Self { flat: false, ..self.windows(all, all, Padding::Valid, true) } } else { self }
    }

    /// Independent features of a list, one for each of `n` places.
    fn repeated(self, like: &Self) -> Self {
        let n = like.places();
        if self.places() > 1 || n == 1 {
            return self;
        }
        let spread = |list: &Vec<f64>| {
            let mut all = vec![0.0; n * n];
            (0..n).for_each(|p| all[p * (n + 1)] = list[0]);
            all
        };
        let covariance = [0, 1, 2].map(|i| spread(&self.covariance[i]));
        let ntk = [0, 1, 2].map(|i| spread(&self.ntk[i]));
        Self { height: like.height, width: like.width, covariance, ntk, flat: true, ..self }
    }
}

fn dual(activation: &Activation, q1: f64, q2: f64, k: f64) -> [f64; 2] {
    let g = (q1 * q2).sqrt();
    match activation.homogeneous() {
        // By arccosines.
        Some(h) if g > 0.0 => {
            let theta = (k / g).clamp(-1.0, 1.0).acos();
            let even = g * 2.0 / PI * (theta.sin() + (0.5 * PI - theta) * theta.cos());
            [h.a * h.a * k + h.b * h.b * even, h.a * h.a + h.b * h.b * (1.0 - 2.0 * theta / PI)]
        }
        Some(_) => [0.0, 0.0],
        None => {
            let k = k.clamp(-g, g);
            let moments = Expectations::new(activation).at(&Covariance::new(q1, q2, k).unwrap());
            [moments.value, moments.slope]
        }
    }
}

fn pair_of(sizes: &[usize], rest: usize) -> [usize; 2] {
    if sizes.len() == 2 { [sizes[0], sizes[1]] } else { [rest, *sizes.first().unwrap_or(&rest)] }
}

fn apply(network: &Composition, block: &Block, state: State) -> State {
    match block {
        Block::Dense { weight_var, bias_var, width } => {
            weights(network, state.summed(), *weight_var, *bias_var, 1, *width)
        }
        Block::Conv { filter, stride, padding, weight_var, bias_var, channels } => {
            let (window, stride) = (pair_of(filter, 1), pair_of(stride, 1));
            let sums = state.windows(window, stride, *padding, true);
            weights(network, sums, *weight_var, *bias_var, window[0] * window[1], *channels)
        }
        Block::Activation { function } => state.map(|a, b, k, t| {
            let [value, slope] = dual(function, a, b, k);
            [value, slope * t]
        }),
        Block::Residual { lambda_sq, branch, shortcut } => {
            let y = branch.iter().fold(state.clone(), |state, block| apply(network, block, state));
            let z = shortcut.iter().fold(state, |state, block| apply(network, block, state));
            let (y, mut z) = (y.clone().repeated(&z), z.repeated(&y));
            for i in 0..3 {
                for at in 0..z.covariance[i].len() {
                    z.covariance[i][at] += lambda_sq * y.covariance[i][at];
                    z.ntk[i][at] += lambda_sq * y.ntk[i][at];
                }
            }
            z
        }
        Block::AveragePool { window, stride, padding } => {
            let window = pair_of(window, 1);
            let stride = if stride.is_empty() { window } else { pair_of(stride, 1) };
            state.windows(window, stride, *padding, false)
        }
        Block::GlobalAveragePool => {
            let all = [state.height, state.width];
            state.windows(all, all, Padding::Valid, false)
        }
        Block::Flatten => {
            let channels = state.channels.map(|n| n * state.places());
            State { channels, flat: true, ..state }
        }
        Block::LayerNorm if state.flat => {
            let n = state.places();
            let mean = |i: usize| (0..n).map(|p| state.covariance[i][p * (n + 1)]).sum::<f64>() / n as f64;
            let means = [mean(0), mean(1)];
            let divisors = [means[0], means[1], (means[0] * means[1]).sqrt()];
            let mut normal = state.clone();
            for (i, divisor) in divisors.into_iter().enumerate() {
                normal.covariance[i].iter_mut().chain(&mut normal.ntk[i]).for_each(|x| *x /= divisor);
            }
            normal
        }
        Block::LayerNorm => state.map(|a, b, k, t| [k / (a * b).sqrt(), t / (a * b).sqrt()]),
    }
}

fn weights(
    network: &Composition,
    state: State,
    weight_var: f64,
    bias_var: f64,
    window: usize,
    width: Option<usize>,
) -> State {
    let standard = network.parameterization() == Parameterization::Standard;
    let own = if standard { (state.channels.unwrap() * window) as f64 } else { weight_var };
    let bias = match (network.biases(), standard) {
        (Biases::Untrained, _) => 0.0,
        (_, true) => 1.0,
        (_, false) => bias_var,
    };
    let state = state.map(|_, _, k, t| [weight_var * k + bias_var, own * k + bias + weight_var * t]);
    State { channels: width, ..state }
}

/// Σ and Θ of two images.
pub fn reference(network: &Composition, x: &[f64], y: &[f64]) -> [f64; 2] {
    let [height, width] = pair_of(network.input().space(), 1);
    let channels = network.input().channels().unwrap();
    let product = |a: &[f64], b: &[f64]| -> Vec<f64> {
        let dot = |p: &[f64], q: &[f64]| p.iter().zip(q).map(|(a, b)| a * b).sum::<f64>() / channels as f64;
        a.chunks(channels).flat_map(|p| b.chunks(channels).map(move |q| dot(p, q))).collect()
    };
    let covariance = [product(x, x), product(y, y), product(x, y)];
    let ntk = [0, 1, 2].map(|_| vec![0.0; covariance[0].len()]);
    let state = State { height, width, channels: Some(channels), flat: false, covariance, ntk };
    let end = network.blocks().iter().fold(state, |state, block| apply(network, block, state));
    let n = end.places();
    let mean = |list: &[f64]| (0..n).map(|p| list[p * (n + 1)]).sum::<f64>() / n as f64;
    [mean(&end.covariance[2]), mean(&end.ntk[2])]
}
