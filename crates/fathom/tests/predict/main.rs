//! What infinitely wide networks predict, against other methods and other software.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod choice;
mod conjugate;
mod duplicates;
mod errors;
mod large;
mod norms;
mod oracle;
mod propagation;
mod training;
mod vectors;

use fathom_ntk::predict::{Distinct, Targets};

/// Numbers between −1 and 1 that look random: multiples of the golden ratio, modulo one.
fn scattered(count: usize, seed: u64) -> Vec<f64> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    (0..count).map(|_| 2.0 * next() - 1.0).collect()
}

/// $Z Z^\top/n$ + `ridge` for a scattered square matrix.
fn positive_matrix(n: usize, seed: u64, ridge: f64) -> Vec<f64> {
    let z = scattered(n * n, seed);
    let entry = |i: usize, j: usize| (0..n).map(|k| z[i * n + k] * z[j * n + k]).sum::<f64>() / n as f64;
    (0..n * n).map(|k| entry(k / n, k % n) + if k / n == k % n { ridge } else { 0.0 }).collect()
}

fn different(values: &[f64], outputs: usize) -> Targets {
    Targets::new(values, outputs, &Distinct::all(values.len() / outputs)).unwrap()
}

#[track_caller]
fn close(got: &[f64], want: &[f64], tolerance: f64) {
    assert_eq!(got.len(), want.len());
    for (i, (g, w)) in got.iter().zip(want).enumerate() {
        assert!((g - w).abs() <= tolerance, "entry {i}: got {g:e}, want {w:e}, off by {:e}", (g - w).abs());
    }
}

/// The solution of $A x = b$ by elimination with pivoting: slow, and nothing like the library's solvers.
fn eliminate(mut a: Vec<f64>, mut b: Vec<f64>) -> Vec<f64> {
    let n = b.len();
    for k in 0..n {
        let pivot = (k..n).max_by(|&i, &j| a[i * n + k].abs().total_cmp(&a[j * n + k].abs())).unwrap();
        (0..n).for_each(|j| a.swap(k * n + j, pivot * n + j));
        b.swap(k, pivot);
        for i in k + 1..n {
            let share = a[i * n + k] / a[k * n + k];
            (k..n).for_each(|j| a[i * n + j] -= share * a[k * n + j]);
            b[i] -= share * b[k];
        }
    }
    for k in (0..n).rev() {
        let rest: f64 = (k + 1..n).map(|j| a[k * n + j] * b[j]).sum();
        b[k] = (b[k] - rest) / a[k * n + k];
    }
    b
}

#[test]
fn elimination_solves_a_system_known_by_hand() {
    close(&eliminate(vec![0.0, 2.0, 1.0, 1.0], vec![4.0, 5.0]), &[3.0, 2.0], 1e-15);
}
