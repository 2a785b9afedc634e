//! Against sampled networks with explicit weights; derivatives by finite differences.

use fathom_ntk::moments::first_order::{Movement, first_order};
use fathom_ntk::spec::{ArchitectureSpec, Biases, Constants, Parameterization, PerLayer};
use fathom_ntk::{Architecture, Scaled};
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand_distr::{Distribution, StandardNormal};

use crate::activation;

pub(crate) type Phi<'a> = &'a dyn Fn(f64) -> (f64, f64);

/// Weights (row by row) and biases of every layer.
#[derive(Clone)]
pub(crate) struct Network<'a> {
    constants: &'a Constants,
    phi: Phi<'a>,
    weights: Vec<Vec<f64>>,
    biases: Vec<Vec<f64>>,
}

/// Output, NTK, and for each layer the input values and the derivative of the output by its preactivations.
pub(crate) struct Pass {
    pub(crate) output: f64,
    ntk: f64,
    inputs: Vec<Vec<f64>>,
    deltas: Vec<Vec<f64>>,
}

impl<'a> Network<'a> {
    pub(crate) fn draw(constants: &'a Constants, phi: Phi<'a>, rng: &mut StdRng) -> Self {
        let mut normal = |count: usize, scale: f64| -> Vec<f64> {
            (0..count).map(|_| scale * Distribution::<f64>::sample(&StandardNormal, rng)).collect()
        };
        let n = &constants.widths;
        let weights = (0..constants.depth()).map(|l| normal(n[l] * n[l + 1], 1.0)).collect();
        let biases = (0..constants.depth()).map(|l| normal(n[l + 1], constants.bias_var[l].sqrt())).collect();
        Self { constants, phi, weights, biases }
    }

    fn scale(&self, l: usize) -> f64 {
        (self.constants.weight_var[l] / self.constants.widths[l] as f64).sqrt()
    }

    pub(crate) fn pass(&self, x: &[f64]) -> Pass {
        let depth = self.constants.depth();
        let (mut inputs, mut slopes) = (vec![x.to_vec()], Vec::new());
        let mut output = 0.0;
        for l in 0..depth {
            let h = &inputs[l];
            let rows = self.weights[l].chunks(h.len()).zip(&self.biases[l]);
            let z: Vec<f64> =
                rows.map(|(w, b)| b + self.scale(l) * w.iter().zip(h).map(|(w, h)| w * h).sum::<f64>()).collect();
            output = z[0];
            let (values, slope): (Vec<f64>, Vec<f64>) = z.iter().map(|&z| (self.phi)(z)).unzip();
            inputs.push(values);
            slopes.push(slope);
        }
        inputs.pop();
        let mut deltas = vec![vec![1.0]];
        for l in (1..depth).rev() {
            let above = deltas.last().unwrap();
            let mut delta = vec![0.0; self.constants.widths[l]];
            for (row, d) in self.weights[l].chunks(delta.len()).zip(above) {
                delta.iter_mut().zip(row).for_each(|(sum, w)| *sum += w * d);
            }
            delta.iter_mut().zip(&slopes[l - 1]).for_each(|(d, slope)| *d *= slope * self.scale(l));
            deltas.push(delta);
        }
        deltas.reverse();
        let mut pass = Pass { output, ntk: 0.0, inputs, deltas };
        pass.ntk = self.kernel(&pass, &pass);
        pass
    }

    /// The NTK between the inputs of two passes.
    pub(crate) fn kernel(&self, left: &Pass, right: &Pass) -> f64 {
        let dot = |v: &[f64], w: &[f64]| v.iter().zip(w).map(|(x, y)| x * y).sum::<f64>();
        (0..self.constants.depth())
            .map(|l| {
                let weight = self.constants.alpha[l] * self.scale(l).powi(2) * dot(&left.inputs[l], &right.inputs[l]);
                (weight + self.constants.beta[l]) * dot(&left.deltas[l], &right.deltas[l])
            })
            .sum()
    }

    /// The network after a step of size `t` along the gradient of its output.
    pub(crate) fn moved(&self, pass: &Pass, t: f64) -> Self {
        let mut next = self.clone();
        for l in 0..self.constants.depth() {
            let step = t * self.constants.alpha[l] * self.scale(l);
            let rows = next.weights[l].chunks_mut(pass.inputs[l].len());
            for (row, d) in rows.zip(&pass.deltas[l]) {
                row.iter_mut().zip(&pass.inputs[l]).for_each(|(w, h)| *w += step * d * h);
            }
            let step = t * self.constants.beta[l];
            next.biases[l].iter_mut().zip(&pass.deltas[l]).for_each(|(b, d)| *b += step * d);
        }
        next
    }
}

/// Means and standard errors of z dH, D, dH², Θ, (Θ − `centre`)², and z² (Θ − `centre`).
///
/// Differences are taken over a step of the relative size `step`.
fn sample(arch: &Architecture, x: &[f64], centre: f64, step: f64, draws: usize) -> [(f64, f64); 6] {
    let constants = arch.constants().unwrap();
    let act = arch.activation();
    let phi = |z: f64| (act.value(z), act.slope(z));
    let mut rng = StdRng::seed_from_u64(1);
    let t = step / centre;
    let mut sums = [[0.0; 2]; 6];
    for _ in 0..draws {
        let network = Network::draw(&constants, &phi, &mut rng);
        let here = network.pass(x);
        let [plus, minus] = [t, -t].map(|t| network.moved(&here, t).pass(x).ntk);
        let dh = (plus - minus) / (4.0 * t);
        let curvature = (plus - 2.0 * here.ntk + minus) / (2.0 * t * t);
        let excess = here.ntk - centre;
        let z = here.output;
        for (sum, value) in sums.iter_mut().zip([z * dh, curvature, dh * dh, here.ntk, excess * excess, z * z * excess])
        {
            sum[0] += value;
            sum[1] += value * value;
        }
    }
    let count = draws as f64;
    sums.map(|[s, s2]| (s / count, ((s2 / count - (s / count).powi(2)) / count).sqrt()))
}

/// A comparison of theory and sample.
struct Case {
    name: &'static str,
    widths: &'static str,
    parameterization: Parameterization,
    draws: usize,
    /// Relative size of the step over which differences are taken.
    step: f64,
    /// Relative size of the next term of the expansion: order of the coefficient over the smaller width.
    excess: f64,
}

impl Case {
    fn network(&self) -> Architecture {
        let spec = ArchitectureSpec {
            widths: Some(self.widths.parse().unwrap()),
            activation: Some(activation(self.name)),
            weight_var: Some(PerLayer::Layers(vec![1.0, 1.5, 2.0])),
            bias_var: Some(PerLayer::Uniform(0.1)),
            biases: Some(Biases::Trained),
            parameterization: Some(self.parameterization),
            ..Default::default()
        };
        Architecture::try_from(spec).unwrap()
    }

    /// Agreement within 4 standard errors and the next term, which for dH² has the squares of larger coefficients.
    fn check(&self, skipped: &[&str]) {
        let arch = self.network();
        let x = [0.9, -0.4, 1.3, 0.2];
        let theory = first_order(&arch, x.iter().map(|x| x * x).sum()).unwrap();
        let zero = Scaled::ZERO;
        let none = Movement { mean_gradient: zero, mean_curvature: zero, dh_squared: zero, nngp: zero };
        let movement = theory.movement.unwrap_or(none);
        let sampled = sample(&arch, &x, theory.ntk.to_f64(), self.step, self.draws);
        // E z² (Θ − Θ∞) = Cov + K t1 at this order.
        let with_square = theory.cov_ntk_output_sq + theory.nngp * theory.ntk_mean_shift;
        let expected = [
            ("z dH", movement.mean_gradient, 0.06, 1.0),
            ("D", movement.mean_curvature, 0.06, 1.0),
            ("dH²", movement.dh_squared, 0.06, 2.0),
            ("mean", theory.ntk + theory.ntk_mean_shift, 0.01, 0.1),
            ("variance", theory.ntk_variance, 0.06, 1.0),
            ("covariance", with_square, 0.35, 1.0),
        ];
        for ((what, value, noise, order), (mean, error)) in expected.into_iter().zip(sampled) {
            if skipped.contains(&what) {
                continue;
            }
            let (name, value) = (self.name, value.to_f64());
            assert!(error < noise * value.abs(), "{name} {what}: {value} ± {error} is too noisy to tell");
            let allowed = 4.0 * error + order * self.excess * value.abs();
            assert!((mean - value).abs() < allowed, "{name} {what}: theory {value}, sampled {mean} ± {error}");
        }
    }
}

#[test]
fn tanh_in_the_ntk_parameterization_agrees_with_sampled_networks() {
    // Over this step the differences are good to about 1e-5 relative.
    let (widths, parameterization) = ("4,64,48,1", Parameterization::Ntk);
    let case = Case { name: "tanh", widths, parameterization, draws: 12_000, step: 3e-4, excess: 4.0 / 48.0 };
    case.check(&[]);
}

/// Here α is about 100, so that each place where it enters counts.
#[test]
fn gelu_in_the_standard_parameterization_agrees_with_sampled_networks() {
    let (widths, parameterization) = ("4,128,96,1", Parameterization::Standard);
    Case { name: "gelu", widths, parameterization, draws: 6_000, step: 3e-4, excess: 8.0 / 96.0 }.check(&[]);
}

/// φ″ of elu jumps, so Θ has kinks along the step. The second difference needs a long step to cross enough of them and is
/// noisy even then: 192,000 draws gave D = −638 ± 55 against −563 (to which order 1 / width adds some 10 %).
#[test]
fn elu_with_its_jump_of_curvature_agrees_with_sampled_networks() {
    let (widths, parameterization) = ("4,64,48,1", Parameterization::Standard);
    let case = Case { name: "elu", widths, parameterization, draws: 24_000, step: 3e-2, excess: 4.0 / 48.0 };
    case.check(&["D"]);
}

#[test]
fn the_variance_of_hard_tanh_agrees_with_sampled_networks() {
    let (widths, parameterization) = ("4,64,48,1", Parameterization::Ntk);
    let case = Case { name: "hard-tanh", widths, parameterization, draws: 24_000, step: 3e-4, excess: 4.0 / 48.0 };
    case.check(&["z dH", "D", "dH²"]);
}
