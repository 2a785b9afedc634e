//! Orthogonal weights.

use fathom_ntk::Architecture;
use fathom_ntk::sample::Method;

use crate::{agrees, mean, network, observe, sampler, theta};

fn orthogonal(widths: &str, more: &str) -> Architecture {
    network(&format!("widths = '{widths}'\nweight_law = 'orthogonal'\nactivation = 'linear'\n{more}"))
}

/// With $\max(n, n')$ in the scale, $A = \sigma_w \sqrt{\max/n_{l-1}}\, Q$.
#[test]
fn rows_or_columns_are_orthogonal() {
    let arch = orthogonal("7,7,12,5,1", "weight_var = [1, 2, 0.5, 3]\nbias_var = 0.3");
    let sampler = sampler(&arch, &[0.5; 7], Method::Direct);
    for index in 0..20 {
        for (l, layer) in (1..).zip(sampler.network(1, index).unwrap().layers()) {
            let (n_in, n_out) = (layer.inputs(), layer.outputs());
            let size = arch.weight_var(l) * n_in.max(n_out) as f64 / n_in as f64;
            let entry = |i: usize, j: usize| layer.weights()[i * n_in + j];
            for a in 0..n_in.min(n_out) {
                for b in 0..=a {
                    let inner: f64 = if n_out <= n_in {
                        (0..n_in).map(|j| entry(a, j) * entry(b, j)).sum()
                    } else {
                        (0..n_out).map(|i| entry(i, a) * entry(i, b)).sum()
                    };
                    let expected = if a == b { size } else { 0.0 };
                    assert!((inner - expected).abs() < 1e-13 * size, "layer {l}: {inner}, expected {expected}");
                }
            }
        }
    }
}

/// Of $W = \sqrt n\, Q$ with uniform $Q$: $E W_{11}^4 = 3n/(n+2)$, $E W_{11}^2 W_{12}^2 = n/(n+2)$,
/// $E W_{11}^2 W_{22}^2 = n (n+1)/((n-1)(n+2))$, $E W_{11} W_{12} W_{21} W_{22} = -n/((n-1)(n+2))$, and of each place. The trace
/// sees signs: $E \operatorname{tr}(Q)^2 = 1$, $E \operatorname{tr}(Q)^4 = 3$ (for $n \ge 2$), and half of the determinants are
/// negative.
#[test]
fn matrices_are_uniform() {
    const N: usize = 4;
    let sampler = sampler(&orthogonal("4,4,1", "weight_var = 1"), &[1.0; N], Method::Direct);
    let matrices: Vec<[f64; N * N]> = (0..40_000)
        .map(|i| {
            let network = sampler.network(2, i).unwrap();
            // σ_w = 1 and A = W/√n.
            std::array::from_fn(|at| network.layers()[0].weights()[at] * (N as f64).sqrt())
        })
        .collect();
    let of = |read: &dyn Fn(&[f64; N * N]) -> f64| mean(matrices.iter().map(read));
    let n = N as f64;
    for at in 0..N * N {
        agrees("mean", of(&|w| w[at]), 0.0, 1.0, 0.01);
        agrees("fourth moment", of(&|w| w[at].powi(4)), 3.0 * n / (n + 2.0), 1.0, 0.02);
    }
    agrees("neighbours", of(&|w| (w[0] * w[1]).powi(2)), n / (n + 2.0), 1.0, 0.01);
    let apart = n * (n + 1.0) / ((n - 1.0) * (n + 2.0));
    agrees("diagonal", of(&|w| (w[2 * N + 2] * w[3 * N + 3]).powi(2)), apart, 1.0, 0.02);
    let square = -n / ((n - 1.0) * (n + 2.0));
    agrees("square", of(&|w| w[10] * w[11] * w[14] * w[15]), square, 1.0, 0.01);
    let trace = |w: &[f64; N * N]| (0..N).map(|i| w[i * (N + 1)]).sum::<f64>() / n.sqrt();
    agrees("trace²", of(&|w| trace(w).powi(2)), 1.0, 1.0, 0.02);
    agrees("trace⁴", of(&|w| trace(w).powi(4)), 3.0, 1.0, 0.1);
    agrees("sign", of(&|w| determinant(w).signum()), 0.0, 1.0, 0.01);
}

fn determinant(w: &[f64; 16]) -> f64 {
    let pair = |r: usize, a: usize, b: usize| w[4 * r + a] * w[4 * r + 4 + b] - w[4 * r + b] * w[4 * r + 4 + a];
    pair(0, 0, 1) * pair(2, 2, 3) - pair(0, 0, 2) * pair(2, 1, 3)
        + pair(0, 0, 3) * pair(2, 1, 2)
        + pair(0, 1, 2) * pair(2, 0, 3)
        - pair(0, 1, 3) * pair(2, 0, 2)
        + pair(0, 2, 3) * pair(2, 0, 1)
}

/// If no layer before the last is narrower than the one below, a linear orthogonal network keeps all inner products up to a
/// factor: $\langle h^l, h'^l\rangle = (n_l/n_0)\, \sigma^{2l} \langle x, x'\rangle$. From a last layer no wider than the
/// hidden ones, gradients keep theirs as long as hidden widths are equal:
/// $\langle\delta^l_c, \delta^l_d\rangle = \sigma^{2(L-l)} 1_{c=d}$. So $\Theta_{cd}(x, x') = 1_{c=d} L \sigma^{2L} \langle x, x'\rangle/n_0$
/// for every network, while a first layer that loses a direction makes it random.
#[test]
fn linear_networks_of_orthogonal_weights_have_a_certain_ntk() {
    let x = [[0.5, -1.0, 0.8], [1.5, 0.1, -0.4]];
    let gram = |a: usize, b: usize| x[a].iter().zip(&x[b]).map(|(x, y)| x * y).sum::<f64>();
    for (widths, outputs) in [("3,6,6,6,1", 1), ("3,6,6,6,2", 2), ("3,3,3,3,3", 3)] {
        let arch = orthogonal(widths, "weight_var = 1.3");
        let sampler = sampler(&arch, &x.concat(), Method::Direct);
        for draw in observe(&sampler, 3, 200, Clone::clone) {
            for (c, d) in (0..outputs).flat_map(|c| (0..outputs).map(move |d| (c, d))) {
                for (a, b) in [(0, 0), (0, 1), (1, 1)] {
                    let expected = if c == d { 4.0 * 1.3_f64.powi(4) * gram(a, b) / 3.0 } else { 0.0 };
                    let got = draw.ntk((c, a), (d, b)).to_f64();
                    assert!((got - expected).abs() < 1e-12 * gram(1, 1), "{widths}: {got}, expected {expected}");
                }
            }
        }
    }
    let narrowing = sampler(&orthogonal("3,2,2,1", ""), &x[0], Method::Direct);
    let drawn = observe(&narrowing, 3, 200, |draw| theta(draw, 0, 0));
    assert!(mean(drawn).1 > 0.01);
}

/// The mean of Θ of a relu network of orthogonal weights: at one input, $h$ and δ of each layer are as with Gaussian weights
/// on average, because $W$ and $W S$ have the same law for every diagonal of signs $S$. In a square layer
/// $|h^1|^2$ has mean $\sigma^2 |x|^2/2$ and the layers above see a fair coin for each neuron.
#[test]
fn relu_networks_of_orthogonal_weights_have_the_mean_of_gaussian_ones() {
    let x = [1.0, -1.0, 1.0, 1.0];
    for widths in ["4,4,4,1", "4,8,3,1"] {
        let arch = network(&format!("widths = '{widths}'\nweight_law = 'orthogonal'"));
        let drawn = observe(&sampler(&arch, &x, Method::Direct), 4, 40_000, |draw| theta(draw, 0, 0));
        agrees(widths, mean(drawn), 6.0, 6.0, 0.01);
    }
}
