//! All pairs at once: the same numbers as pair by pair, and a positive semidefinite matrix.

use fathom_ntk::infinite::{Gram, GramError, InputError, PairInput, gram, pair_kernel};

use super::{Numbers, SAMPLES, network};

/// Random rows, a tight cluster, a duplicate, an opposite, a multiple, and the zero vector.
fn data() -> Vec<Vec<f64>> {
    let mut numbers = Numbers(11);
    let mut rows: Vec<Vec<f64>> = (0..3).map(|_| numbers.vector(6)).collect();
    let base = rows[0].clone();
    for noise in [1e-2, 1e-7] {
        rows.push(base.iter().map(|a| a + noise * numbers.next()).collect());
    }
    rows.push(base.clone());
    rows.push(base.iter().map(|a| -a).collect());
    rows.push(base.iter().map(|a| 1.5 * a).collect());
    rows.push(vec![0.0; 6]);
    rows
}

/// Smallest pivot of the Cholesky factorisation relative to the diagonal entry it started from.
fn smallest_pivot(n: usize, entry: impl Fn(usize, usize) -> f64, ridge: f64) -> f64 {
    let mut factor = vec![vec![0.0; n]; n];
    let mut smallest = f64::INFINITY;
    for i in 0..n {
        for j in 0..=i {
            let mut sum = entry(i, j) + if i == j { ridge * entry(i, i) } else { 0.0 };
            sum -= factor[i].iter().zip(&factor[j]).take(j).map(|(a, b)| a * b).sum::<f64>();
            if i == j {
                smallest = smallest.min(sum / entry(i, i));
                factor[i][i] = sum.max(f64::MIN_POSITIVE).sqrt();
            } else {
                factor[i][j] = sum / factor[j][j];
            }
        }
    }
    smallest
}

fn compute(name: &str, depth: usize, weight_var: f64, bias_var: f64) -> Option<Gram> {
    let rows = data();
    let rows: Vec<&[f64]> = rows.iter().map(Vec::as_slice).collect();
    gram(&network(name, depth, weight_var, bias_var), &rows).ok()
}

#[test]
fn gram_agrees_with_the_kernel_of_each_pair() {
    let rows = data();
    for name in SAMPLES {
        let Some(all) = compute(name, 4, 1.1, 0.1) else {
            assert!(["exp", "rectified-power:5"].contains(name), "{name}");
            continue;
        };
        assert_eq!(all.size(), rows.len());
        for i in 0..rows.len() {
            for j in 0..rows.len() {
                let (x, y) = (&rows[i.min(j)], &rows[i.max(j)]);
                let arch = network(name, 4, 1.1, 0.1);
                let one = pair_kernel(&arch, &PairInput::from_vectors(x, y).unwrap()).unwrap();
                let bulk = all.pair(i, j);
                for (a, b) in bulk.nngp.iter().chain(&bulk.ntk).zip(one.nngp.iter().chain(&one.ntk)) {
                    // Relative to the diagonal: entries near zero are differences.
                    let error = ((*a - *b).abs() / (one.ntk[0] + one.ntk[1])).to_f64();
                    assert!(error < 1e-13, "{name} {i} {j}: {error:e}");
                }
                for (a, b) in [(bulk.gap, one.gap), (bulk.ntk_gap, one.ntk_gap)] {
                    let error = if b.is_zero() { a.to_f64() } else { ((a - b).abs() / b.abs()).to_f64() };
                    // Ten digits above 1e-6, four more layers of it, all below.
                    assert!(error < 1e-9, "{name} {i} {j}: gap {a:?}, not {b:?} ({error:e})");
                }
            }
        }
    }
}

#[test]
fn gram_matrices_are_positive_semidefinite() {
    for name in SAMPLES {
        for (depth, weight_var, bias_var) in [(2, 1.0, 0.3), (6, 0.8, 0.05)] {
            let Some(all) = compute(name, depth, weight_var, bias_var) else { continue };
            for ntk in [false, true] {
                let entry = |i: usize, j: usize| {
                    let k = all.pair(i, j);
                    let entries = if ntk { k.ntk } else { k.nngp };
                    entries[if i == j { 0 } else { 2 }].to_f64()
                };
                // Duplicates make it singular: with a ridge of 1e-11 every pivot must stay above it, minus rounding.
                let pivot = smallest_pivot(all.size(), entry, 1e-11);
                assert!(pivot > 5e-12, "{name} depth {depth} ntk {ntk}: {pivot:e}");
            }
        }
    }
}

#[test]
fn bad_rows_are_named() {
    let error = gram(&network("relu", 2, 2.0, 0.0), &[&[1.0, 2.0], &[1.0, f64::INFINITY]]).unwrap_err();
    assert!(
        matches!(&error, GramError::Input { row: 1, source: InputError::NotFinite { position: 1, .. } }),
        "{error}"
    );
    let error = gram(&network("relu", 2, 2.0, 0.0), &[&[1.0, 2.0], &[1.0]]).unwrap_err();
    assert!(matches!(&error, GramError::Input { row: 1, source: InputError::Length { left: 2, right: 1 } }), "{error}");
    assert_eq!(gram(&network("relu", 2, 2.0, 0.0), &[]).unwrap().size(), 0);
}
