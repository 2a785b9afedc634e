//! Against the exact second moments of relu networks at finite width, with any layer coefficients.

use fathom_ntk::moments::first_order::first_order;
use fathom_ntk::spec::{Architecture, ArchitectureSpec, Biases, Constants, Parameterization, PerLayer};

use crate::apart;

/// $E\,\Theta$, $E\,\Theta^2$ and $E[z\,dH]/2$ (formal), exactly, for Gaussian weights and one output.
fn exact(c: &Constants, sq_norm: f64) -> [f64; 3] {
    let depth = c.depth();
    let n: Vec<f64> = c.widths.iter().map(|&n| n as f64).collect();
    let quarter = |l: usize| (c.weight_var[l] / 2.0).powi(2);
    let mut back = vec![1.0; depth + 1];
    for l in (1..depth).rev() {
        back[l] = back[l + 1] * quarter(l) * (1.0 + 5.0 / n[l]);
    }
    let mut w1 = c.weight_var[0] * sq_norm / n[0];
    let mut w2 = w1 * w1;
    let (mut pw, mut r, mut a, mut s) = (0.0, 0.0, 0.0, 0.0);
    let mut e1 = c.alpha[0] * w1 + c.beta[0];
    let mut e2 = back[1] * (c.alpha[0].powi(2) * w2 + 2.0 * c.alpha[0] * c.beta[0] * w1 + c.beta[0].powi(2));
    for l in 1..depth {
        let (half, q, e) = (c.weight_var[l] / 2.0, quarter(l), c.bias_var[l - 1]);
        let (alpha, beta) = (c.alpha[l - 1], c.beta[l - 1]);
        let c1 = alpha * w1 + beta;
        let cv = alpha * w2 + (alpha * e + beta) * w1 + beta * e;
        let (v1, v2) = (w1 + e, w2 + 2.0 * e * w1 + e * e);
        let pf = pw + e * a;
        let y = pf + 2.0 * r;
        pw = q * (2.0 / n[l] * y + (1.0 - 1.0 / n[l]) * pf + (1.0 + 1.0 / n[l]) * cv);
        r = q * (2.0 / n[l] * y + (1.0 - 1.0 / n[l]) * r + 2.0 / n[l] * cv);
        a = half * (a + c1);
        w2 = q * (1.0 + 5.0 / n[l]) * v2;
        w1 = half * v1;
        let (alpha, beta) = (c.alpha[l], c.beta[l]);
        e1 = half * e1 + alpha * w1 + beta;
        e2 += back[l + 1] * (alpha * alpha * w2 + 2.0 * alpha * beta * w1 + beta * beta);
        e2 += back[l + 1] * 2.0 * (alpha * pw + beta * a);
        s += back[l + 1] * alpha * r;
    }
    [e1, e2, s]
}

/// Exact over first order for Var Θ and $E[z\,dH]$, extrapolated from widths `n` and `2n` to infinite width.
fn ratios(n: usize, parameterization: Parameterization, biases: Biases, bias_var: [f64; 4]) -> [f64; 2] {
    let at = |n: usize| {
        let spec = ArchitectureSpec {
            widths: Some(format!("3,{n},{},{},1", 2 * n, 3 * n / 2).parse().unwrap()),
            weight_var: Some(PerLayer::Layers(vec![1.5, 3.0, 2.0, 1.0])),
            bias_var: Some(PerLayer::Layers(bias_var.to_vec())),
            biases: Some(biases),
            parameterization: Some(parameterization),
            ..Default::default()
        };
        let arch = Architecture::try_from(spec).unwrap();
        let [e1, e2, s] = exact(&arch.constants().unwrap(), 2.7);
        let first = first_order(&arch, 2.7).unwrap();
        // The mean of a relu NTK has no correction at any width.
        assert!(apart(first.ntk.to_f64(), e1) < 1e-14);
        let gradient = first.formal_movement.unwrap().formal_mean_gradient.to_f64();
        [(e2 - e1 * e1) / first.ntk_variance.to_f64(), 2.0 * s / gradient]
    };
    let (coarse, fine) = (at(n), at(2 * n));
    [2.0 * fine[0] - coarse[0], 2.0 * fine[1] - coarse[1]]
}

/// At n = 20,000 the extrapolation leaves (L/n)² ≈ 4e-8 times a factor of order 10, and e2 − e1² cancels to 1e-12.
#[test]
fn first_order_of_the_exact_moments_for_every_parameterization() {
    use Parameterization::{HaninNica, Ntk, Standard};
    let random = [0.3, 0.1, 0.2, 0.5];
    for (parameterization, biases, bias_var) in [
        (Ntk, Biases::None, [0.0; 4]),
        (Ntk, Biases::Trained, random),
        (Ntk, Biases::Untrained, random),
        (HaninNica, Biases::ZeroInit, [0.0; 4]),
        (HaninNica, Biases::Trained, random),
        (Standard, Biases::Trained, random),
        (Standard, Biases::Untrained, random),
        (Standard, Biases::ZeroInit, [0.0; 4]),
    ] {
        let [variance, gradient] = ratios(20_000, parameterization, biases, bias_var);
        assert!((variance - 1.0).abs() < 1e-6, "{parameterization} {biases}: variance {variance}");
        assert!((gradient - 1.0).abs() < 1e-6, "{parameterization} {biases}: gradient {gradient}");
    }
}
