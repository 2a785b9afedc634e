//! Another formula for the second moment: a sum over pairs of layers, $O(L^2)$, at $\sigma_w^2 = 2$ without biases.

use fathom_ntk::moments::{InputNorm, relu_moments, weights_only};

use super::{assert_relative, constants};

/// $E\Theta^2$ at $|x|^2 = q n_0$. With $F_l$ the scaled squared norm below weight layer $l$ and $B_l$ that of the
/// backward signal, sums $E[F_l^2 B_l^2]$ and twice the products of two layers, which share the masks between them.
fn second_moment_by_pairs(widths: &[usize], q: f64) -> f64 {
    let depth = widths.len() - 1;
    let n: Vec<f64> = widths.iter().map(|&n| n as f64).collect();
    let pairs = |l: usize| n[l] * (n[l] - 1.0) / 4.0;
    let growth = |from: f64, l: usize| 4.0 / (from * from) * (1.5 * n[l] + pairs(l));

    let mut below = vec![0.0; depth + 1];
    below[1] = 4.0 * q * q;
    let mut norm = 4.0 * q * q * (1.5 * n[1] + pairs(1));
    for l in 2..=depth {
        below[l] = 4.0 / (n[l - 1] * n[l - 1]) * norm;
        norm *= growth(n[l - 1], l);
    }
    let mut above = vec![1.0; depth + 1];
    for l in (1..depth).rev() {
        above[l] = above[l + 1] * growth(n[l], l);
    }
    let mut sum = 0.0;
    for l in 1..=depth {
        sum += below[l] * above[l];
        let (mut x, mut y) = (n[l] / 2.0 + pairs(l), n[l] / 2.0);
        for m in l + 1..=depth {
            sum += 2.0 * below[l] * 4.0 / (n[m - 1] * n[m - 1]) * above[m] * x;
            let factor = 4.0 / (n[m - 1] * n[m - 1]);
            let own = n[m] / 2.0 * (x + 2.0 * y);
            (x, y) = (factor * (own + pairs(m) * x), factor * (own + pairs(m) * y));
        }
    }
    sum
}

#[test]
fn second_moment_agrees_with_the_sum_over_pairs_of_layers() {
    let deep: Vec<usize> = (0..80).map(|l| 20 + 7 * (l % 5)).chain([1]).collect();
    for widths in [vec![3, 4, 1], vec![3, 1, 1, 2, 1], vec![5, 8, 6, 10, 1], vec![2, 100, 3, 50, 7, 1], deep] {
        let q = 0.7;
        let input = InputNorm::new(q * widths[0] as f64, None).unwrap();
        let m = relu_moments(&constants(&widths, 2.0, 0.0, 1.0, 0.0), &input).unwrap();
        let want = second_moment_by_pairs(&widths, q);
        // Some tens of roundings a layer in either sum, all terms positive.
        assert_relative(m.second_moment.to_f64(), want, 1e-13, "second moment");
        let closed = weights_only(&widths).unwrap();
        assert_relative(m.log_dispersion, closed.log_dispersion, 1e-13, "log dispersion");
        let ratio = (m.update_sum / m.mean / m.mean).ln();
        assert!((ratio - closed.log_update_ratio).abs() < 1e-13 * ratio.abs().max(1.0), "{ratio}");
    }
}

#[test]
fn tiny_relative_variance_keeps_its_digits() {
    // Equal widths: n Var/E² → (L − 1)(11 L − 4)/(3 L); the next order is 1/n ≈ 1e-12 times a small multiple.
    let n = 1_000_000_000_000;
    for depth in [2_usize, 5, 30] {
        let mut widths = vec![n; depth + 1];
        widths[depth] = 1;
        let m = relu_moments(&constants(&widths, 1.3, 0.0, 1.0, 0.0), &InputNorm::new(1.0, None).unwrap()).unwrap();
        let l = depth as f64;
        let want = (l - 1.0) * (11.0 * l - 4.0) / (3.0 * l) / n as f64;
        assert_relative(m.relative_variance.to_f64(), want, 1e-9, "relative variance");
        assert_relative(m.log_dispersion, want, 1e-9, "log dispersion");
        assert_relative(weights_only(&widths).unwrap().log_dispersion, want, 1e-9, "closed form");
    }
}
