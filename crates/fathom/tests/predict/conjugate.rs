//! Conjugate gradients against direct solutions.

use std::ops::ControlFlow;

use fathom_ntk::predict::{
    ConjugateOptions, DenseKernel, KernelOperator, PackedKernel, Preconditioner, PredictError, TiledKernel,
    conjugate_gradients,
};

use super::{close, eliminate, scattered};

/// $e^{-|x_i - x_j|}$ on scattered points of a line, with a wide spectrum.
fn kernel(n: usize) -> Vec<f64> {
    let x = scattered(n, 11);
    (0..n * n).map(|k| (-0.5 * (x[k / n] - x[k % n]).powi(2)).exp()).collect()
}

fn go_on(_: fathom_ntk::predict::Progress) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

#[test]
fn every_operator_and_preconditioner_gives_the_direct_solution() {
    let (n, k, ridge) = (70, 3, 1e-2);
    let entries = kernel(n);
    let y = scattered(n * k, 12);
    let matrix: Vec<f64> = (0..n * n).map(|i| entries[i] + if i / n == i % n { ridge } else { 0.0 }).collect();
    let mut want = vec![0.0; n * k];
    for output in 0..k {
        let column = eliminate(matrix.clone(), (0..n).map(|i| y[i * k + output]).collect());
        (0..n).for_each(|i| want[i * k + output] = column[i]);
    }
    let dense = DenseKernel::new(&entries).unwrap();
    let diagonal = (0..n).map(|i| entries[i * (n + 1)]).collect();
    let fill = |first: usize, rows: &mut [f64]| {
        rows.copy_from_slice(&entries[first * n..first * n + rows.len()]);
        Ok(())
    };
    let tiled = TiledKernel::new(diagonal, fill);
    let options = ConjugateOptions { ridge, tolerance: 1e-11, max_iterations: 2000 };
    let operators: [&dyn KernelOperator; 2] = [&dense, &tiled];
    let mut steps = Vec::new();
    for operator in operators {
        for rank in [0, 5, 40] {
            let preconditioner =
                (rank > 0).then(|| Preconditioner::pivoted_cholesky(operator, rank, ridge, 1).unwrap());
            let solution = conjugate_gradients(operator, &y, k, None, preconditioner.as_ref(), options, go_on).unwrap();
            assert!(solution.converged && solution.residuals.iter().all(|r| *r <= 1e-11));
            // A residual of 1e-11 |y| moves α by 1e-11 |y|/ρ = 1e-9 |y|, |y| < 8.
            close(&solution.coefficients, &want, 1e-8);
            steps.push(solution.iterations);
        }
    }
    assert!(steps[2] <= 5 && steps[2] < steps[1] && steps[1] <= steps[0], "{steps:?}");
    assert_eq!(steps[..3], steps[3..]);
}

/// Four bytes a pair move the entries by 2.4e-10, so the solution by that times √n/ρ.
#[test]
fn a_packed_kernel_solves_nearly_the_same_system() {
    let (n, ridge) = (110, 0.1);
    let entries = kernel(n);
    let mut packed = PackedKernel::new(&vec![1.0; n]).unwrap();
    // In pieces, with and without what lies above the diagonal.
    packed.set_rows(0, n, &entries[..40 * n]).unwrap();
    let half: Vec<f64> = (40..n).flat_map(|i| entries[i * n..(i + 1) * n].to_vec()).collect();
    packed.set_rows(40, n, &half).unwrap();
    let y = scattered(n, 13);
    let options = ConjugateOptions { ridge, tolerance: 1e-12, max_iterations: 500 };
    let a = conjugate_gradients(&packed, &y, 1, None, None, options, go_on).unwrap();
    let matrix = (0..n * n).map(|k| entries[k] + if k / n == k % n { ridge } else { 0.0 }).collect();
    // |α| ≤ |y|/ρ = 60, an error matrix of norm 2.4e-10 · √n at most twice, divided by ρ.
    close(&a.coefficients, &eliminate(matrix, y), 60.0 * 2.0 * 2.4e-10 * 11.0 / ridge);
}

#[test]
fn a_stopped_iteration_can_go_on_from_where_it_was() {
    let n = 60;
    let entries = kernel(n);
    let dense = DenseKernel::new(&entries).unwrap();
    let y = scattered(n, 14);
    let options = ConjugateOptions { ridge: 0.01, tolerance: 1e-10, max_iterations: 300 };
    let stop = |p: fathom_ntk::predict::Progress| {
        if p.iterations == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let part = conjugate_gradients(&dense, &y, 1, None, None, options, stop).unwrap();
    assert!(!part.converged && part.iterations == 3 && part.residuals[0] > 1e-10);
    let rest = conjugate_gradients(&dense, &y, 1, Some(&part.coefficients), None, options, go_on).unwrap();
    let whole = conjugate_gradients(&dense, &y, 1, None, None, options, go_on).unwrap();
    close(&rest.coefficients, &whole.coefficients, 1e-6);
}

/// One output converges at once (an eigenvector), one is zero, one takes its time.
#[test]
fn outputs_that_are_done_do_not_disturb_the_others() {
    let n = 40;
    let mut entries = kernel(n);
    // The last input stands alone.
    (0..n).for_each(|i| (entries[i * n + n - 1], entries[(n - 1) * n + i]) = (0.0, 0.0));
    entries[n * n - 1] = 2.0;
    let mut y = scattered(3 * n, 15);
    (0..n).for_each(|i| (y[3 * i], y[3 * i + 1]) = (if i == n - 1 { 1.0 } else { 0.0 }, 0.0));
    let dense = DenseKernel::new(&entries).unwrap();
    let options = ConjugateOptions { ridge: 1e-4, tolerance: 1e-11, max_iterations: 3000 };
    let solution = conjugate_gradients(&dense, &y, 3, None, None, options, go_on).unwrap();
    assert!((solution.coefficients[3 * (n - 1)] - 1.0 / 2.0001).abs() < 1e-11);
    assert!((0..n).all(|i| solution.coefficients[3 * i + 1] == 0.0));
    assert!(solution.converged && solution.iterations > 3);
}

#[test]
fn indefinite_kernels_and_impatience_are_errors() {
    let options = ConjugateOptions::default();
    let indefinite = [1.0, 2.0, 2.0, 1.0];
    let dense = DenseKernel::new(&indefinite).unwrap();
    let result = conjugate_gradients(&dense, &[1.0, -1.0], 1, None, None, options, go_on);
    assert!(matches!(result, Err(PredictError::Indefinite { .. })), "{result:?}");
    let entries = kernel(60);
    let dense = DenseKernel::new(&entries).unwrap();
    let hasty = ConjugateOptions { ridge: 1e-6, max_iterations: 2, ..options };
    let result = conjugate_gradients(&dense, &scattered(60, 16), 1, None, None, hasty, go_on);
    assert!(matches!(result, Err(PredictError::NotConverged { iterations: 2, .. })), "{result:?}");
    let result = conjugate_gradients(&dense, &[1.0; 59], 1, None, None, options, go_on);
    assert!(matches!(result, Err(PredictError::Length { expected: 60, got: 59, .. })));
    let negative = ConjugateOptions { ridge: -1.0, ..options };
    let result = conjugate_gradients(&dense, &[1.0; 60], 1, None, None, negative, go_on);
    assert!(matches!(result, Err(PredictError::OutOfRange { .. })));
    // A residual below what rounding leaves: ε times a condition number of 10⁸.
    let exact = ConjugateOptions { ridge: 1e-6, tolerance: 1e-15, max_iterations: 100_000 };
    let result = conjugate_gradients(&dense, &scattered(60, 16), 1, None, None, exact, go_on);
    assert!(matches!(result, Err(PredictError::NotConverged { iterations: ..100_000, .. })), "{result:?}");
    assert!(matches!(Preconditioner::pivoted_cholesky(&dense, 3, 0.0, 0), Err(PredictError::OutOfRange { .. })));
}
