//! The expansions in 1 / width are approached like 1 / width.

use fathom_ntk::infinite::PairInput;
use fathom_ntk::moments::first_order::{first_order, two_inputs};
use fathom_ntk::moments::{InputNorm, relu_moments};
use fathom_ntk::sample::Method;
use fathom_ntk::{Architecture, Scaled};

use crate::{agrees, mean, network, observe, sampler, theta};

/// $n \operatorname{Var}$ with its standard error.
fn scaled_variance(values: &[f64], n: f64) -> (f64, f64) {
    let (centre, _) = mean(values.iter().copied());
    let (variance, error) = mean(values.iter().map(|v| (v - centre).powi(2)));
    (n * variance, n * error)
}

/// $2 q(2n) - q(n)$, free of the next order; the errors are independent.
fn extrapolated(narrow: (f64, f64), wide: (f64, f64)) -> (f64, f64) {
    (2.0 * wide.0 - narrow.0, (4.0 * wide.1 * wide.1 + narrow.1 * narrow.1).sqrt())
}

const X: [f64; 3] = [1.0, -1.0, 1.0];

/// $n \operatorname{Var}\Theta = c + c'/n + c''/n^2 + \dots$: extrapolated from $n$ and $2n$ it is $c - c''/(2n^2)$, where
/// $c''/c$ is about the square of $c'/c$; `excess` is $c'/(16 c)$.
#[track_caller]
fn approaches(toml: impl Fn(usize) -> String, draws: u64, excess: f64) {
    let limit = |n: usize| n as f64 * first_order(&network(&toml(n)), 3.0).unwrap().ntk_variance.to_f64();
    // All hidden widths are n, so the coefficient is one number.
    let theory = limit(16);
    assert!((limit(64) / theory - 1.0).abs() < 1e-12);
    let [narrow, middle, wide] = [16, 32, 64].map(|n: usize| {
        let sampler = sampler(&network(&toml(n)), &X, Method::Projected);
        scaled_variance(&observe(&sampler, n as u64, draws, |draw| theta(draw, 0, 0)), n as f64)
    });
    // The second order at n is about the square of the first; extrapolation from n and 2n leaves half of it.
    let allowed = |n: f64| 0.5 * (excess * 16.0 / n).powi(2) * theory;
    for (n, (got, error)) in [(16.0, extrapolated(narrow, middle)), (32.0, extrapolated(middle, wide))] {
        assert!(error < 0.05 * theory, "± {error} of {theory} is too noisy to tell");
        assert!((got - theory).abs() < 4.5 * error + allowed(n), "from {n}: {got} ± {error}, theory {theory}");
    }
    // The approach itself is seen: at 16 the excess is there, and at 64 a quarter of it.
    let over = |(got, error): (f64, f64), n: f64| (n / 16.0 * (got / theory - 1.0), n / 16.0 * error / theory);
    let (at_16, at_64) = (over(narrow, 16.0), over(wide, 64.0));
    assert!(at_16.0 > 5.0 * at_16.1, "no excess to follow: {at_16:?}");
    let spread = (at_16.1 * at_16.1 + at_64.1 * at_64.1).sqrt();
    assert!(spread < 0.6 * at_16.0, "too noisy to tell: {at_16:?} {at_64:?}");
    assert!((at_16.0 - at_64.0).abs() < 4.5 * spread + excess * excess, "{at_16:?} {at_64:?}");
}

#[test]
fn the_variance_of_tanh_approaches_its_coefficient_like_1_over_width() {
    approaches(
        |n| format!("widths = '3,{n},{n},{n},1'\nactivation = 'tanh'\nweight_var = 2\nbias_var = 0.05"),
        100_000,
        0.2,
    );
}

#[test]
fn the_variance_of_relu_approaches_its_coefficient_like_1_over_width() {
    approaches(|n| format!("widths = '3,{n},{n},{n},1'"), 100_000, 0.5);
}

/// The exact variance at each width, so that no remainder is left.
#[test]
fn the_variance_of_relu_is_exact_at_each_width() {
    for n in [16, 32, 64] {
        let arch = network(&format!("widths = '3,{n},{n},{n},1'"));
        let exact = relu_moments(&arch.constants().unwrap(), &InputNorm::of(&X).unwrap()).unwrap().variance.to_f64();
        let drawn = observe(&sampler(&arch, &X, Method::Chain), 7, 200_000, |draw| theta(draw, 0, 0));
        agrees(&format!("width {n}"), scaled_variance(&drawn, 1.0), exact, exact, 0.02);
    }
}

const PAIR: [[f64; 3]; 2] = [[1.0, -1.0, 1.0], [0.2, -0.9, 1.2]];

/// Sums of Θ00, Θ01, Θ11 and of their products, from the projected sampler at both inputs.
fn pair_statistics(arch: &Architecture, seed: u64, draws: u64) -> [Vec<f64>; 3] {
    let sampler = sampler(arch, &PAIR.concat(), Method::Projected);
    let all = observe(&sampler, seed, draws, |draw| [(0, 0), (0, 1), (1, 1)].map(|(a, b)| theta(draw, a, b)));
    std::array::from_fn(|p| all.iter().map(|row| row[p]).collect())
}

/// Covariances at two inputs, extrapolated from two widths, and the mean shift of Θ01 at the narrower one. What is left is
/// half the square of the relative next order, `excess` at the narrower width, and for the shift `excess` itself.
#[track_caller]
fn pairs_agree(toml: impl Fn(usize) -> String, draws: u64, excess: f64) {
    let input = PairInput::from_vectors(&PAIR[0], &PAIR[1]).unwrap();
    let [narrow, wide] = [(16, 4 * draws), (32, draws)].map(|(n, draws)| {
        let arch = network(&toml(n));
        let theory = two_inputs(&arch, &input).unwrap();
        let drawn = pair_statistics(&arch, n as u64, draws);
        let limit = theory.ntk[1].to_f64();
        let n = n as f64;
        let means = [0, 1, 2].map(|p| mean(drawn[p].iter().copied()).0);
        let product = |p: usize, q: usize| {
            let terms = drawn[p].iter().zip(&drawn[q]).map(|(a, b)| (a - means[p]) * (b - means[q]));
            let (covariance, error) = mean(terms);
            (n * covariance, n * error)
        };
        let sampled = [product(1, 1), product(0, 2), product(0, 1), product(1, 2)];
        let c = theory.ntk_covariance.map(|row| row.map(Scaled::to_f64));
        let expected = [c[1][1], c[0][2], c[0][1], c[1][2]].map(|x| n * x);
        let shift = (mean(drawn[1].iter().map(|t| t - limit)), theory.ntk_mean_shift[1].to_f64());
        (sampled, expected, shift)
    });
    for (i, what) in ["Var Θ01", "Cov(Θ00, Θ11)", "Cov(Θ00, Θ01)", "Cov(Θ01, Θ11)"].iter().enumerate() {
        let (got, error) = extrapolated(narrow.0[i], wide.0[i]);
        let expected = wide.1[i];
        assert!(error < 0.05 * expected.abs(), "{what}: {expected} ± {error} is too noisy to tell");
        let allowed = 4.5 * error + 0.5 * excess * excess * expected.abs();
        assert!((got - expected).abs() < allowed, "{what}: {got} ± {error}, theory {expected}");
    }
    let ((got, error), expected) = narrow.2;
    assert!(error < 0.25 * expected.abs(), "shift: {expected} ± {error} is too noisy to tell");
    assert!(
        (got - expected).abs() < 4.5 * error + excess * expected.abs(),
        "shift: {got} ± {error}, theory {expected}"
    );
}

#[test]
fn two_inputs_of_tanh_approach_the_theory() {
    let more = "activation = 'tanh'\nweight_var = 4\nbias_var = 0.1";
    pairs_agree(|n| format!("widths = '3,{n},{n},{n},1'\n{more}"), 60_000, 0.3);
}

#[test]
fn two_inputs_of_gelu_approach_the_theory() {
    pairs_agree(|n| format!("widths = '3,{n},{n},1'\nactivation = 'gelu'\nbias_var = 0.05"), 50_000, 0.35);
}

#[test]
fn two_inputs_of_relu_approach_the_theory() {
    pairs_agree(|n| format!("widths = '3,{n},{n},{n},1'"), 60_000, 0.5);
}
