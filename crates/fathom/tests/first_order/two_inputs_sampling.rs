//! Two inputs against sampled networks with explicit weights; derivatives by finite differences.

use fathom_ntk::infinite::PairInput;
use fathom_ntk::moments::first_order::two_inputs;
use fathom_ntk::spec::{ArchitectureSpec, Biases, Parameterization, PerLayer};
use fathom_ntk::{Architecture, Scaled};
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::sampling::{Network, Pass};

const X: [[f64; 4]; 2] = [[0.9, -0.4, 1.3, 0.2], [0.1, 0.8, 1.1, -0.9]];

fn network(name: &str, widths: &str, parameterization: Parameterization) -> Architecture {
    let spec = ArchitectureSpec {
        widths: Some(widths.parse().unwrap()),
        activation: Some(name.parse().unwrap()),
        weight_var: Some(PerLayer::Layers(vec![1.0, 1.5, 2.0])),
        bias_var: Some(PerLayer::Uniform(0.1)),
        biases: Some(Biases::Trained),
        parameterization: Some(parameterization),
        ..Default::default()
    };
    Architecture::try_from(spec).unwrap()
}

fn kernels(network: &Network<'_>, passes: &[Pass; 2]) -> [f64; 3] {
    [(0, 0), (0, 1), (1, 1)].map(|(a, b)| network.kernel(&passes[a], &passes[b]))
}

/// Means and standard errors of what `observe` gives for each sampled network.
fn sample<const N: usize>(
    arch: &Architecture,
    draws: usize,
    observe: impl Fn(&Network<'_>) -> [f64; N],
) -> [(f64, f64); N] {
    let constants = arch.constants().unwrap();
    let act = arch.activation();
    let phi = |z: f64| (act.value(z), act.slope(z));
    let mut rng = StdRng::seed_from_u64(2);
    let mut sums = [[0.0; 2]; N];
    for _ in 0..draws {
        for (sum, value) in sums.iter_mut().zip(observe(&Network::draw(&constants, &phi, &mut rng))) {
            sum[0] += value;
            sum[1] += value * value;
        }
    }
    let count = draws as f64;
    sums.map(|[s, s2]| (s / count, ((s2 / count - (s / count).powi(2)) / count).sqrt()))
}

/// Agreement within 4 standard errors (false alarm 6e-5, and the seed is fixed) and the next order in 1 / width.
#[track_caller]
fn check(what: &str, expected: f64, (mean, error): (f64, f64), noise: f64, excess: f64) {
    assert!(error < noise * expected.abs(), "{what}: {expected} ± {error} is too noisy to tell");
    let allowed = 4.0 * error + excess * expected.abs();
    assert!((mean - expected).abs() < allowed, "{what}: theory {expected}, sampled {mean} ± {error}");
}

/// Leaky relu, a function with both an odd and an even part, where the mean shift of Θ(x, x′) can be seen: standard
/// parameterization, so that α counts.
#[test]
fn leaky_relu_agrees_with_sampled_networks() {
    let arch = network("leaky-relu:0.2", "4,24,16,1", Parameterization::Standard);
    let theory = two_inputs(&arch, &PairInput::from_vectors(&X[0], &X[1]).unwrap()).unwrap();
    let centre = theory.ntk.map(Scaled::to_f64);
    let sampled = sample(&arch, 150_000, |network| {
        let passes = X.map(|x| network.pass(&x));
        let theta = kernels(network, &passes);
        let excess: [f64; 3] = std::array::from_fn(|p| theta[p] - centre[p]);
        let product = passes[0].output * passes[1].output;
        [excess[1], excess[1] * excess[1], excess[0] * excess[2], excess[0] * excess[1], product * excess[1]]
    });
    let covariance = theory.ntk_covariance.map(|row| row.map(Scaled::to_f64));
    let shift = theory.ntk_mean_shift[1].to_f64();
    // E z z′ (Θ − Θ∞) = Cov + K t1 at this order. The next order is some L / n of each.
    let with_outputs = theory.ntk_output_covariance[1][1].to_f64() + theory.nngp[1].to_f64() * shift;
    let excess = 4.0 / 16.0;
    check("mean shift", shift, sampled[0], 0.25, excess);
    check("Var Θ01", covariance[1][1], sampled[1], 0.03, excess);
    check("Cov(Θ00, Θ11)", covariance[0][2], sampled[2], 0.06, excess);
    check("Cov(Θ00, Θ01)", covariance[0][1], sampled[3], 0.06, excess);
    check("Cov(Θ01, z0 z1)", with_outputs, sampled[4], 0.1, excess);
}

/// The movement when either input or both are trained on: the mixed second order is seen along the sum of the gradients.
#[test]
fn the_movement_of_gelu_agrees_with_sampled_networks() {
    let arch = network("gelu", "4,128,96,1", Parameterization::Standard);
    let theory = two_inputs(&arch, &PairInput::from_vectors(&X[0], &X[1]).unwrap()).unwrap();
    let t = 3e-4 / theory.ntk[0].to_f64();
    let sampled = sample(&arch, 6_000, |network| {
        let passes = X.map(|x| network.pass(&x));
        let here = kernels(network, &passes);
        let both = |t: f64| network.moved(&passes[0], t).moved(&passes[1], t);
        let at = |network: &Network<'_>| kernels(network, &X.map(|x| network.pass(&x)));
        let [plus, minus] = [t, -t].map(|t| at(&network.moved(&passes[0], t)));
        let [up, down] = [t, -t].map(|t| at(&both(t)));
        let slope = |p: usize| passes[0].output * (plus[p] - minus[p]) / (2.0 * t);
        let bend = |a: &[f64; 3], b: &[f64; 3], p: usize| (a[p] - 2.0 * here[p] + b[p]) / (t * t);
        [slope(1), slope(2), bend(&plus, &minus, 1), bend(&up, &down, 0), bend(&up, &down, 1)]
    });
    let m = theory.movement.unwrap();
    let along_both = |p: usize| {
        let c = &m.mean_curvature;
        [c[0][0][p], c[0][1][p], c[1][0][p], c[1][1][p]].iter().map(|x| x.to_f64()).sum::<f64>()
    };
    let excess = 8.0 / 96.0;
    check("step on x, Θ01", m.mean_gradient[0][1].to_f64(), sampled[0], 0.12, excess);
    check("step on x, Θ11", m.mean_gradient[0][2].to_f64(), sampled[1], 0.12, excess);
    check("second order on x, Θ01", m.mean_curvature[0][0][1].to_f64(), sampled[2], 0.06, excess);
    check("second order on both, Θ00", along_both(0), sampled[3], 0.06, excess);
    check("second order on both, Θ01", along_both(1), sampled[4], 0.06, excess);
}
