//! Large data: packed and recomputed kernels, refinement, the preconditioner, and kernels from the engine.

use std::ops::ControlFlow;

use fathom_ntk::infinite::gram;
use fathom_ntk::infinite::matrix::{KernelKind as Which, Watch};
use fathom_ntk::predict::{
    ConjugateOptions, Covariance, DenseKernel, Distinct, FastKernel, Iterate, IterativeOptions, Kernel, KernelKind,
    KernelOperator, Kernels, LargeProblem, Method, PackedKernel, Preconditioner, PredictError, PredictOptions,
    Progress, RecomputedKernel, Ridge, Stage, Targets, TestBlock, predict, predict_iteratively, predict_owned, refine,
};
use fathom_ntk::spec::{Architecture, ArchitectureSpec};

use super::{close, eliminate, positive_matrix, scattered};

const FEATURES: usize = 12;

fn network(depth: usize, weight_var: &str, bias_var: &str) -> Architecture {
    Architecture::try_from(ArchitectureSpec {
        depth: Some(depth),
        weight_var: Some(weight_var.parse().unwrap()),
        bias_var: Some(bias_var.parse().unwrap()),
        ..Default::default()
    })
    .unwrap()
}

/// Entries of the scalar recursion.
fn entries(arch: &Architecture, rows: &[f64], kind: KernelKind) -> Vec<f64> {
    let rows: Vec<&[f64]> = rows.chunks(FEATURES).collect();
    let gram = gram(arch, &rows).unwrap();
    let of = |i: usize, j: usize| match kind {
        KernelKind::Ntk => gram.pair(i, j).ntk[2].to_f64(),
        KernelKind::Nngp => gram.pair(i, j).nngp[2].to_f64(),
    };
    (0..rows.len() * rows.len()).map(|k| of(k / rows.len(), k % rows.len())).collect()
}

fn go_on(_: Stage<'_>) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

#[test]
fn packed_products_are_those_of_the_entries() {
    // Fewer than a tile, a tile, several tiles with a rest; one vector, a few, more than one panel.
    for n in [5, 96, 97, 250] {
        let entries = positive_matrix(n, n as u64, 0.2);
        let diagonal: Vec<f64> = (0..n).map(|i| entries[i * (n + 1)]).collect();
        let mut packed = PackedKernel::new(&diagonal).unwrap();
        packed.set_rows(0, n, &entries).unwrap();
        let dense = DenseKernel::new(&entries).unwrap();
        for columns in [1, 3, 10, 16, 21] {
            let v = scattered(n * columns, 5);
            let (mut got, mut want) = (vec![0.0; n * columns], vec![0.0; n * columns]);
            packed.apply(&v, columns, &mut got).unwrap();
            dense.apply(&v, columns, &mut want).unwrap();
            // n entries, each off by 2.4e-10 of a diagonal below 1.
            close(&got, &want, n as f64 * 2.4e-10);
        }
        close(&packed.rows(&[n - 1, 0]).unwrap(), &dense.rows(&[n - 1, 0]).unwrap(), 2.4e-10);
        close(&packed.diagonal(), &diagonal, 1e-15);
    }
}

#[test]
fn what_a_packed_kernel_cannot_hold_is_refused() {
    assert!(matches!(PackedKernel::new(&[]), Err(PredictError::NoInputs)));
    assert!(matches!(PackedKernel::new(&[1.0, -1.0]), Err(PredictError::OutOfRange { .. })));
    let mut packed = PackedKernel::new(&[1.0, 4.0]).unwrap();
    for beyond in [2.1, f64::NAN] {
        assert!(matches!(packed.set_rows(1, 2, &[beyond, 4.0]), Err(PredictError::OutOfRange { .. })));
    }
    assert!(matches!(packed.set_rows(1, 2, &[0.0; 4]), Err(PredictError::Length { .. })));
    assert!(matches!(packed.set_rows(1, 1, &[0.0]), Err(PredictError::Length { .. })));
}

#[test]
fn a_recomputed_kernel_is_that_of_the_scalar_recursion() {
    let (n, m, columns) = (70, 9, 3);
    let (train, test) = (scattered(n * FEATURES, 21), scattered(m * FEATURES, 22));
    let arch = network(4, "2", "0.1");
    for kind in [KernelKind::Ntk, KernelKind::Nngp] {
        let kernel = RecomputedKernel::new(&arch, &train, FEATURES, kind).unwrap();
        let all = entries(&arch, &[train.as_slice(), &test].concat(), kind);
        let v = scattered(n * columns, 23);
        let product = |i: usize, c: usize| (0..n).map(|j| all[i * (n + m) + j] * v[j * columns + c]).sum::<f64>();
        let want = |rows: std::ops::Range<usize>| -> Vec<f64> {
            rows.flat_map(|i| (0..columns).map(move |c| (i, c))).map(|(i, c)| product(i, c)).collect()
        };
        let mut got = vec![0.0; n * columns];
        kernel.apply(&v, columns, &mut got).unwrap();
        // Seventy products of entries below 10, each to 1e-12.
        close(&got, &want(0..n), 7e-10);
        let mut between = vec![0.0; m * columns];
        kernel.apply_between(&test, &v, columns, &mut between).unwrap();
        close(&between, &want(n..n + m), 7e-10);
        let row: Vec<f64> = (0..n).map(|j| all[7 * (n + m) + j]).collect();
        close(&kernel.rows(&[7]).unwrap(), &row, 1e-11);
    }
}

/// What is left of the trace is that of the Schur complement, by elimination.
#[test]
fn the_preconditioner_explains_what_its_inputs_explain() {
    let (n, rank) = (60, 17);
    let entries = positive_matrix(n, 31, 0.01);
    let dense = DenseKernel::new(&entries).unwrap();
    let first = Preconditioner::pivoted_cholesky(&dense, rank, 0.1, 3).unwrap();
    let chosen = first.pivots();
    assert_eq!(chosen.len(), rank);
    let block: Vec<f64> =
        chosen.iter().flat_map(|&i| chosen.iter().map(move |&j| (i, j))).map(|(i, j)| entries[i * n + j]).collect();
    let explained = |i: usize| {
        let row: Vec<f64> = chosen.iter().map(|&j| entries[i * n + j]).collect();
        eliminate(block.clone(), row.clone()).iter().zip(&row).map(|(a, k)| a * k).sum::<f64>()
    };
    let left: f64 = (0..n).map(|i| entries[i * (n + 1)] - explained(i)).sum();
    // Sixty eliminations of a matrix of condition 100 or so.
    assert!((first.unexplained() - left).abs() < 1e-11, "{} {left}", first.unexplained());
    assert_eq!(Preconditioner::pivoted_cholesky(&dense, rank, 0.1, 3).unwrap().pivots(), chosen);
    assert_ne!(Preconditioner::pivoted_cholesky(&dense, rank, 0.1, 4).unwrap().pivots(), chosen);
    // All inputs explain all.
    let all = Preconditioner::pivoted_cholesky(&dense, n, 0.1, 3).unwrap();
    assert!(all.pivots().len() == n && all.unexplained() < 1e-12);
}

/// The fast kernel is wrong by a share of the ridge; what comes out solves the exact system, also in two halves.
#[test]
fn refinement_solves_the_exact_system_and_goes_on_to_the_bit() {
    let (n, k, ridge) = (80, 2, 0.05);
    let entries = positive_matrix(n, 41, 0.0);
    let wrong: Vec<f64> =
        entries.iter().enumerate().map(|(i, e)| e + if i % (n + 1) == 0 { 0.1 * ridge } else { 0.0 }).collect();
    let (exact, fast) = (DenseKernel::new(&entries).unwrap(), DenseKernel::new(&wrong).unwrap());
    let y = scattered(n * k, 42);
    let options = ConjugateOptions { ridge, tolerance: 1e-10, max_iterations: 2000 };
    let run = |iterate: &mut Iterate, stop_at: usize| {
        let watch = |p: Progress, _: &Iterate| {
            if p.iterations == stop_at { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        refine(&exact, &fast, &y, k, None, options, iterate, watch).unwrap()
    };
    let mut whole = Iterate::new(&y);
    let solution = run(&mut whole, usize::MAX);
    assert!(solution.converged && solution.corrections >= 3, "{}", solution.corrections);
    assert!(solution.residuals.iter().all(|r| *r <= 1e-10));
    for c in 0..k {
        let matrix = (0..n * n).map(|i| entries[i] + if i % (n + 1) == 0 { ridge } else { 0.0 }).collect();
        let want = eliminate(matrix, (0..n).map(|i| y[i * k + c]).collect());
        let got: Vec<f64> = (0..n).map(|i| solution.coefficients[i * k + c]).collect();
        // 1e-10 |y|/ρ with |y| < 9.
        close(&got, &want, 2e-8);
    }
    for stop_at in [3, solution.iterations - 2] {
        let mut part = Iterate::new(&y);
        assert!(!run(&mut part, stop_at).converged);
        let text = serde_json::to_string(&part).unwrap();
        let mut read: Iterate = serde_json::from_str(&text).unwrap();
        assert_eq!(read, part);
        assert_eq!(run(&mut read, usize::MAX), solution);
    }
    // A fast kernel that has nothing to do with the exact one.
    let far: Vec<f64> = entries.iter().map(|e| 0.3 * e).collect();
    let far = DenseKernel::new(&far).unwrap();
    let go_on = |_: Progress, _: &Iterate| ControlFlow::Continue(());
    let result = refine(&exact, &far, &y, k, None, options, &mut Iterate::new(&y), go_on);
    assert!(matches!(result, Err(PredictError::NotConverged { .. })), "{result:?}");
}

#[test]
fn conjugate_gradients_predict_what_a_factorization_predicts() {
    let (n, m, k) = (150, 20, 3);
    let (train, test) = (scattered(n * FEATURES, 51), scattered(m * FEATURES, 52));
    let y = scattered(n * k, 53);
    let targets = Targets::new(&y, k, &Distinct::all(n)).unwrap();
    let arch = network(3, "2", "0");
    let problem = LargeProblem {
        network: (&arch).into(),
        train: &train,
        test: &test,
        features: FEATURES,
        targets: &y,
        outputs: k,
    };
    for method in [Method::Ntk, Method::Nngp] {
        let ridge = Ridge::Relative(1e-3);
        let options = IterativeOptions { method, ridge, tolerance: 1e-9, rank: 40, ..Default::default() };
        let kernels =
            Kernels::compute(&arch, &train, &test, FEATURES, Which::Both, TestBlock::Diagonal, &Watch::default())
                .unwrap();
        let direct = PredictOptions { method, ridge, ..Default::default() };
        let want = predict_owned(kernels.ntk, kernels.nngp, &targets, &direct).unwrap();
        let kind = if method == Method::Ntk { KernelKind::Ntk } else { KernelKind::Nngp };
        let given = entries(&arch, &train, kind);
        let given = DenseKernel::new(&given).unwrap();
        for fast in [FastKernel::Packed, FastKernel::Recomputed, FastKernel::Given(&given)] {
            let got = predict_iteratively(&problem, fast, &options, None, go_on).unwrap().unwrap();
            // A residual of 1e-9 |y| moves α by 1e-9 |y|/ρ and predictions by √n K/ρ times that: below 1e-9 · 13 · 12 · 1e3.
            close(&got.at[0].mean, &want.at[0].mean, 2e-4);
            let mean_square = got.at[0].mean.iter().zip(&want.at[0].mean).map(|(a, b)| (a - b).powi(2)).sum::<f64>();
            assert!(mean_square.sqrt() < 1e-6, "{mean_square}");
            close(&got.at[0].train_mean, &want.at[0].train_mean, 1e-7);
            assert!((got.lambda_max.to_f64() / want.lambda_max.to_f64() - 1.0).abs() < 1e-8);
            assert!(got.iterative.unwrap().residuals.iter().all(|r| *r <= 1e-9));
        }
    }
    let other = positive_matrix(n, 54, 0.0);
    let other = DenseKernel::new(&other).unwrap();
    let result = predict_iteratively(&problem, FastKernel::Given(&other), &IterativeOptions::default(), None, go_on);
    assert!(matches!(result, Err(PredictError::Unreadable { .. })));
    let negative = IterativeOptions { ridge: Ridge::Relative(-1.0), ..Default::default() };
    let result = predict_iteratively(&problem, FastKernel::Packed, &negative, None, go_on);
    assert!(matches!(result, Err(PredictError::OutOfRange { .. })));
}

#[test]
fn threads_do_not_change_a_bit() {
    let (n, k) = (400, 2);
    let (train, y) = (scattered(n * FEATURES, 61), scattered(n * k, 62));
    let arch = network(3, "2", "0");
    let problem = LargeProblem {
        network: (&arch).into(),
        train: &train,
        test: &train,
        features: FEATURES,
        targets: &y,
        outputs: k,
    };
    let options = IterativeOptions { ridge: Ridge::Relative(1e-2), rank: 150, ..Default::default() };
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let run = || predict_iteratively(&problem, FastKernel::Packed, &options, None, go_on).unwrap().unwrap();
        pool.install(run).at[0].mean.clone()
    };
    assert_eq!(run(1), run(3));
}

#[test]
fn kernels_from_the_engine_are_those_of_the_scalar_recursion() {
    let (n, m) = (20, 6);
    let rows = scattered((n + m) * FEATURES, 71);
    let (train, test) = rows.split_at(n * FEATURES);
    let pairs: Vec<&[f64]> = rows.chunks(FEATURES).collect();
    // Wide; nearly constant; beyond the range of f64.
    for (depth, weight_var, bias_var, gaps) in [(3, "2", "0.1", false), (60, "1", "0.1", true), (2000, "3", "0", false)]
    {
        let arch = network(depth, weight_var, bias_var);
        let scalar = gram(&arch, &pairs).unwrap();
        let kernels =
            Kernels::compute(&arch, train, test, FEATURES, Which::Both, TestBlock::Full, &Watch::default()).unwrap();
        let y = scattered(n, 72);
        let targets = Targets::new(&y, 1, &Distinct::all(n)).unwrap();
        let relative = Ridge::Relative(1e-2);
        // Variances of the last are beyond the range, means are not.
        let covariance = if depth < 100 { Covariance::Full } else { Covariance::None };
        let options = PredictOptions { ridge: relative, covariance, ..Default::default() };
        let of = |kind| Kernel::from_gram(&scalar, n, kind, TestBlock::Full).unwrap();
        let want = predict(Some(&of(KernelKind::Ntk)), Some(&of(KernelKind::Nngp)), &targets, &options).unwrap();
        assert_eq!(kernels.ntk.as_ref().unwrap().has_gaps(), gaps, "depth {depth}");
        let got = predict_owned(kernels.ntk, kernels.nngp, &targets, &options).unwrap();
        assert_eq!(got.solvers, want.solvers);
        // Entries to 1e-11, divided by a ridge of a hundredth.
        close(&got.at[0].mean, &want.at[0].mean, 1e-8);
        if let (Some(got), Some(want)) = (&got.at[0].variance, &want.at[0].variance) {
            let size = want.iter().fold(0.0_f64, |m, v| m.max(*v));
            close(got, want, 1e-8 * size);
        }
    }
}

#[test]
fn a_kernel_that_is_owned_gives_the_same_bits() {
    let n = 30;
    let entries = positive_matrix(n + 4, 81, 0.1);
    let pick = |rows: std::ops::Range<usize>, cols: std::ops::Range<usize>| -> Vec<f64> {
        rows.flat_map(|i| cols.clone().map(move |j| (i, j))).map(|(i, j)| entries[i * (n + 4) + j]).collect()
    };
    let kernel =
        Kernel::from_entries(pick(0..n, 0..n), pick(n..n + 4, 0..n), pick(n..n + 4, n..n + 4), fathom_ntk::Scaled::ONE)
            .unwrap();
    let y = scattered(n, 82);
    let targets = Targets::new(&y, 1, &Distinct::all(n)).unwrap();
    for method in [Method::Ntk, Method::Nngp] {
        for covariance in [Covariance::None, Covariance::Full] {
            let options = PredictOptions { method, covariance, ..Default::default() };
            let want = predict(Some(&kernel), Some(&kernel), &targets, &options).unwrap();
            let got = predict_owned(Some(kernel.clone()), Some(kernel.clone()), &targets, &options).unwrap();
            assert_eq!(got.at[0].mean, want.at[0].mean);
            assert_eq!(got.at[0].covariance, want.at[0].covariance);
        }
    }
    let none = predict_owned(None, None, &targets, &PredictOptions::default());
    assert!(matches!(none, Err(PredictError::Missing { needed: "ntk" })));
}
