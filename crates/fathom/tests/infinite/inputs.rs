//! Inputs that are nearly or exactly alike, opposite, zero, or named in another order.

use fathom_ntk::Scaled;
use fathom_ntk::infinite::{InputError, PairInput, PairKernel, pair_kernel};

use super::{Numbers, SAMPLES, assert_close, kernel, network};

/// $\sin^2$ of the angle between two vectors of whole numbers, exact up to the last division (Lagrange's identity).
fn exact_sine_sq(x: &[i64], y: &[i64]) -> f64 {
    let mut cross = 0.0;
    for i in 0..x.len() {
        for j in 0..i {
            let minor = i128::from(x[i]) * i128::from(y[j]) - i128::from(x[j]) * i128::from(y[i]);
            cross += (minor as f64).powi(2);
        }
    }
    let square = |v: &[i64]| v.iter().map(|a| i128::from(*a).pow(2)).sum::<i128>() as f64;
    cross / square(x) / square(y)
}

#[test]
fn near_duplicates_and_near_opposites_have_the_gap_of_their_digits() {
    // Whole numbers of 50 bits with noise of relative size 1e-9, 1e-13, and of the last bit.
    let mut numbers = Numbers(1);
    for noise in [1e-3, 1e-9, 1e-13, 1e-15] {
        let x: Vec<i64> = (0..40).map(|_| (numbers.next() * 2f64.powi(50)) as i64).collect();
        for factor in [1, 2, 3, -1, -5] {
            let y: Vec<i64> =
                x.iter().map(|a| factor * (a + (numbers.next() * noise * 2f64.powi(50)).round() as i64)).collect();
            let float = |v: &[i64]| v.iter().map(|a| *a as f64).collect::<Vec<_>>();
            // Products by 3 and 5 need 53 bits: still exact.
            let pair = PairInput::from_vectors(&float(&x), &float(&y)).unwrap();
            let sine_sq = exact_sine_sq(&x, &y);
            let small = sine_sq / (1.0 + (1.0 - sine_sq).sqrt());
            // What is small: 1 − c, or 1 + c, which the linear kernel of x and the mirror image shows.
            let got = if factor > 0 {
                pair.gap()
            } else {
                let mirrored: Vec<f64> = y.iter().map(|b| -(*b as f64)).collect();
                assert!((pair.gap() - (2.0 - small)).abs() < 1e-15);
                PairInput::from_vectors(&float(&x), &mirrored).unwrap().gap()
            };
            // Sums of 40 terms.
            assert_close(&format!("noise {noise}, factor {factor}"), got, small, 1e-14);
        }
    }
}

#[test]
fn no_scale_of_the_features_over_or_underflows_the_angle() {
    for scale in [5e-324, 1e-300, 1e-160, 1.0, 1e150] {
        let pair = PairInput::from_vectors(&[scale, scale], &[scale, -scale]).unwrap();
        assert_eq!(pair.gap(), 1.0, "{scale}");
        let pair = PairInput::from_vectors(&[scale, 0.0], &[1.0, 1.0]).unwrap();
        assert_close("45°", pair.gap(), 1.0 - 0.5_f64.sqrt(), 1e-15);
    }
    assert!(matches!(PairInput::from_vectors(&[1e200], &[1.0]), Err(InputError::Inner(_))));
    assert!(matches!(PairInput::from_vectors(&[], &[]), Err(InputError::Length { left: 0, right: 0 })));
    assert!(matches!(PairInput::from_vectors(&[1.0], &[1.0, 2.0]), Err(InputError::Length { left: 1, right: 2 })));
    let not_finite = PairInput::from_vectors(&[1.0, 2.0], &[1.0, f64::NAN]);
    assert!(matches!(not_finite, Err(InputError::NotFinite { position: 1, .. })));
}

fn entries(k: &PairKernel) -> [f64; 8] {
    let [a, b, c] = k.nngp.map(Scaled::to_f64);
    let [d, e, f] = k.ntk.map(Scaled::to_f64);
    [a, b, c, d, e, f, k.gap.to_f64(), k.ntk_gap.to_f64()]
}

#[test]
fn duplicates_stay_duplicates_at_every_depth() {
    let x = Numbers(2).vector(13);
    let pair = PairInput::from_vectors(&x, &x).unwrap();
    for name in SAMPLES {
        for depth in [1, 2, 5, 30] {
            let Ok(k) = pair_kernel(&network(name, depth, 1.2, 0.1), &pair) else {
                assert!(
                    ["exp", "rectified-power:2", "rectified-power:5", "polynomial:0.25,1,-0.5,0.125"].contains(name),
                    "{name}"
                );
                continue;
            };
            assert!(k.gap.is_zero() && k.ntk_gap.is_zero(), "{name} {depth}: {k:?}");
            // Diagonal entries come from one-dimensional, the others from two-dimensional expectations.
            assert_close(name, (k.nngp[2] / k.nngp[0]).to_f64(), 1.0, 1e-13 * depth as f64);
            assert_close(name, (k.ntk[2] / k.ntk[0]).to_f64(), 1.0, 1e-13 * depth as f64);
            assert!(k.nngp[0] == k.nngp[1] && k.ntk[0] == k.ntk[1]);
        }
    }
}

#[test]
fn swapping_the_inputs_swaps_the_entries() {
    let mut numbers = Numbers(3);
    for name in SAMPLES {
        let (x, y) = (numbers.vector(7), numbers.vector(7));
        let arch = network(name, 3, 0.9, 0.2);
        let run = |a: &[f64], b: &[f64]| pair_kernel(&arch, &PairInput::from_vectors(a, b).unwrap()).unwrap();
        let [a, b, c, d, e, f, gap, ntk_gap] = entries(&run(&x, &y));
        for (got, expected) in entries(&run(&y, &x)).into_iter().zip([b, a, c, e, d, f, gap, ntk_gap]) {
            // The two run through different nodes of the same rules.
            assert_close(name, got, expected, 1e-12);
        }
        // Another order of the features changes roundings only.
        let reversed = |v: &[f64]| v.iter().rev().copied().collect::<Vec<_>>();
        for (got, expected) in
            entries(&run(&reversed(&x), &reversed(&y))).into_iter().zip([a, b, c, d, e, f, gap, ntk_gap])
        {
            assert_close(name, got, expected, 1e-12);
        }
    }
}

#[test]
fn homogeneous_networks_without_bias_scale_with_their_inputs() {
    for name in ["relu", "leaky-relu:0.3", "abs", "linear"] {
        let arch = network(name, 12, 1.7, 0.0);
        let base = kernel(&arch, 1.0, 3.0, 0.7);
        let scaled = kernel(&arch, 4.0, 3.0 * 0.25, 0.7);
        let factors = [4.0, 0.25, 1.0];
        for ((a, b), factor) in base.ntk.iter().zip(scaled.ntk).zip(factors) {
            assert_close(name, b.to_f64(), a.to_f64() * factor, 1e-14);
        }
        assert_eq!(base.gap.to_f64(), scaled.gap.to_f64());
    }
}

#[test]
fn opposite_inputs_of_odd_networks_without_bias_stay_opposite() {
    for name in ["linear", "erf", "tanh", "arctan", "softsign", "hard-tanh", "sin"] {
        let k = kernel(&network(name, 10, 1.3, 0.0), 1.0, 1.0, 2.0);
        assert_eq!(k.gap.to_f64(), 2.0, "{name}");
        assert_close(name, k.ntk[2].to_f64(), -k.ntk[0].to_f64(), 1e-13);
    }
    // relu: one layer later they are orthogonal, E[relu(u) relu(−u)] = 0.
    let k = kernel(&network("relu", 2, 2.0, 0.0), 1.0, 1.0, 2.0);
    assert_eq!((k.gap.to_f64(), k.nngp[2].to_f64()), (1.0, 0.0));
}

#[test]
fn zero_inputs_have_the_kernel_of_their_biases() {
    // relu without biases: nothing. With biases: Σ¹ = B for any pair with the zero vector, Θ by the recursion on c = B/√(B q).
    let k = kernel(&network("relu", 5, 2.0, 0.0), 0.0, 1.0, 1.0);
    assert!(k.nngp[0].is_zero() && k.nngp[2].is_zero() && k.ntk[0].is_zero() && k.ntk[2].is_zero());
    let both = kernel(&network("relu", 5, 2.0, 0.0), 0.0, 0.0, 1.0);
    assert!(both.ntk.iter().all(|t| t.is_zero()));
    for name in ["relu", "tanh", "elu", "softplus"] {
        let arch = network(name, 4, 1.5, 0.2);
        let zero = kernel(&arch, 0.0, 1.0, 1.0);
        // The limit of small inputs, whose distance is of order |x|² = 1e-24 on the diagonal and |x| off it.
        let small = kernel(&arch, 1e-26, 1.0, 1.0);
        for (a, b) in zero.ntk.iter().chain(&zero.nngp).zip(small.ntk.iter().chain(&small.nngp)) {
            assert_close(name, a.to_f64(), b.to_f64(), 1e-12);
        }
        assert_close(name, zero.gap.to_f64(), small.gap.to_f64(), 1e-12);
    }
    // φ(0) ≠ 0 without bias: the zero vector has output variance φ(0)² σ_w², and Σ₁₂ = σ_w² φ(0) E φ(v).
    let k = kernel(&network("cos", 2, 1.0, 0.0), 0.0, 1.0, 1.0);
    assert_close("Σ11", k.nngp[0].to_f64(), 1.0, 1e-15);
    assert_close("Σ12", k.nngp[2].to_f64(), (-0.5_f64).exp(), 1e-14);
}
