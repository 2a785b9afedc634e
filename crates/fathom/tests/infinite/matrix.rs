//! Kernel matrices against the recursion pair by pair, and what they must not depend on.

use fathom_ntk::Scaled;
use fathom_ntk::infinite::matrix::{
    KernelEngine, KernelKind, KernelMatrix, KernelScale, MatrixError, MatrixOptions, Method,
};
use fathom_ntk::infinite::{PairInput, PairKernel, pair_kernel};
use fathom_ntk::spec::{Architecture, ArchitectureSpec, PerLayer};
use rand::{Rng, SeedableRng, rngs::StdRng};

const BOTH: MatrixOptions = MatrixOptions { kind: KernelKind::Both, scale: KernelScale::None, memory: usize::MAX };

fn network(activation: &str, depth: usize, weight_var: f64, bias_var: f64) -> Architecture {
    Architecture::try_from(ArchitectureSpec {
        depth: Some(depth),
        activation: Some(activation.parse().unwrap()),
        weight_var: Some(PerLayer::Uniform(weight_var)),
        bias_var: Some(PerLayer::Uniform(bias_var)),
        ..Default::default()
    })
    .unwrap()
}

/// Rows with a mean, so that their cosines are of order one.
fn random_rows(count: usize, features: usize, seed: u64) -> Vec<f64> {
    let mut rng = StdRng::seed_from_u64(seed);
    (0..count * features).map(|_| rng.random_range(-0.7..1.3)).collect()
}

/// Random rows; then close to the first one at angles from 10⁻¹ to 10⁻⁹, a duplicate, and the opposite of all of these.
fn difficult_rows(count: usize, features: usize, seed: u64) -> Vec<f64> {
    let mut rows = random_rows(count, features, seed);
    let first = rows[..features].to_vec();
    for noise in [1e-1, 1e-2, 3e-3, 1e-4, 1e-6, 1e-9, 0.0] {
        let noisy = random_rows(1, features, seed + 1).into_iter().zip(&first).map(|(r, x)| x + noise * r);
        rows.extend(noisy);
    }
    let opposite: Vec<f64> = rows[count.saturating_sub(2) * features..].iter().map(|x| -x).collect();
    rows.extend(opposite);
    rows
}

fn on_sphere(mut rows: Vec<f64>, features: usize, mean_square: f64) -> Vec<f64> {
    for row in rows.chunks_mut(features) {
        let norm = (row.iter().map(|x| x * x).sum::<f64>() / features as f64).sqrt();
        row.iter_mut().for_each(|x| *x *= mean_square.sqrt() / norm);
    }
    rows
}

fn matrices(arch: &Architecture, rows: &[f64], features: usize) -> (Method, Vec<KernelMatrix<f64>>) {
    let engine = KernelEngine::new(arch, rows, features, None, &BOTH).unwrap();
    (engine.method(), engine.matrices().unwrap())
}

/// About so many wide pairs of every matrix are compared, and half as many that are nearly parallel or opposite.
const COMPARED: usize = 20;
/// Rows whose matrix is worth a table.
const MANY: usize = 260;

/// Entries chosen over the whole matrix against the recursion of their pairs.
#[track_caller]
fn assert_equal_to_pairs(arch: &Architecture, rows: &[f64], features: usize, method: Method, tolerance: f64) {
    let (used, found) = matrices(arch, rows, features);
    assert_eq!(used, method, "{arch:?}");
    let inputs: Vec<&[f64]> = rows.chunks(features).collect();
    let pairs = (0..inputs.len()).flat_map(|i| (0..=i).map(move |j| (i, j)));
    let input = |(i, j): (usize, usize)| PairInput::from_vectors(inputs[i], inputs[j]).unwrap();
    let distance = |input: &PairInput| input.gap().min(2.0 - input.gap());
    let (near, wide): (Vec<_>, Vec<_>) = pairs.partition(|pair| distance(&input(*pair)) < 1.0 / 256.0);
    let some = |pairs: Vec<(usize, usize)>, count: usize| {
        let step = pairs.len().div_ceil(count).max(1);
        pairs.into_iter().step_by(step)
    };
    for (i, j) in some(wide, COMPARED).chain(some(near, COMPARED / 2)) {
        let input = input((i, j));
        let PairKernel { nngp, ntk, .. } = pair_kernel(arch, &input).unwrap();
        for (matrix, want) in found.iter().zip([nngp[2], ntk[2]]) {
            let kind = usize::from(matrix.kind() == KernelKind::Ntk);
            let error = (Scaled::from(matrix.values()[i * inputs.len() + j]).times_power_of_two(matrix.exponent())
                - want)
                .abs();
            let close = error <= want.abs() * tolerance
                || error <= want.abs() * tolerance + rounding_of_the_cosine(arch, &input, kind)
                || (want.times_power_of_two(-matrix.exponent()).abs() < Scaled::from(1e-300)
                    && matrix.values()[i * inputs.len() + j].abs() < 1e-300);
            assert!(
                close,
                "{:?} {} L={}: ({i}, {j}) gap {:e}: want {want:?}, relative error {:?}",
                matrix.kind(),
                arch.activation().name(),
                arch.depth(),
                input.gap(),
                error / want,
            );
        }
    }
}

/// Both ways know the cosine of wide pairs to some ε, which the kernel's slope magnifies; of near ones they know the angle.
fn rounding_of_the_cosine(arch: &Architecture, input: &PairInput, kind: usize) -> Scaled {
    if input.gap().min(2.0 - input.gap()) < 1.0 / 256.0 {
        return Scaled::ZERO;
    }
    let [xx, yy] = input.mean_squares();
    let at = |factor: f64| {
        let kernel = pair_kernel(arch, &PairInput::from_gap(xx, yy, input.gap() * factor).unwrap()).unwrap();
        [kernel.nngp[2], kernel.ntk[2]][kind]
    };
    ((at(1.0 - 1e-6) - at(1.0)) * (1e6 / input.gap())).abs() * (8.0 * f64::EPSILON)
}

fn tolerance(depth: usize) -> f64 {
    if depth < 100 { 1e-12 } else { 1e-11 }
}

#[test]
fn without_bias_piecewise_linear_kernels_are_those_of_their_pairs_at_any_norms() {
    // Matrices of few entries are made without a table.
    for (count, method) in [(6, Method::PiecewiseLinear), (MANY, Method::Angle)] {
        let rows = difficult_rows(count, 7, 1);
        for name in ["relu", "leaky-relu:0.3", "abs", "linear"] {
            for (depth, weight_var) in [(1, 2.0), (2, 1.0), (3, 4.0), (10, 1.0), (10, 2.0), (10, 4.0), (1000, 2.0)] {
                let arch = network(name, depth, weight_var, 0.0);
                assert_equal_to_pairs(&arch, &rows, 7, method, tolerance(depth));
            }
        }
    }
}

#[test]
fn on_the_sphere_kernels_of_any_activation_are_those_of_their_pairs_in_every_phase() {
    let rows = on_sphere(difficult_rows(5, 7, 2), 7, 0.8);
    // Ordered, critical (or nearly), chaotic.
    let phases: [(&str, &[(f64, f64)]); 5] = [
        ("tanh", &[(1.0, 0.1), (1.760_954_639_6, 0.05), (3.0, 0.2), (2.0, 0.0)]),
        ("erf", &[(0.8, 0.3), (1.233_672_505_839_02 * 1.233_672_505_839_02, 0.09), (4.0, 0.3)]),
        ("gelu", &[(1.5, 0.1), (1.959_631_580_1, 0.25)]),
        ("relu", &[(1.0, 0.3), (2.0, 0.1), (3.0, 0.1)]),
        ("sin", &[(1.0, 0.2), (3.0, 0.0)]),
    ];
    for (name, phases) in phases {
        for &(weight_var, bias_var) in phases {
            // The reference takes integrals in chaotic tanh networks.
            let depths = if name == "tanh" && weight_var > 1.9 { [2, 4] } else { [2, 30] };
            for depth in depths {
                let arch = network(name, depth, weight_var, bias_var);
                let method = if name == "relu" { Method::PiecewiseLinear } else { Method::Angle };
                assert_equal_to_pairs(&arch, &rows, 7, method, tolerance(depth));
                if name == "relu" {
                    let many = on_sphere(difficult_rows(MANY, 7, 2), 7, 0.8);
                    assert_equal_to_pairs(&arch, &many, 7, Method::Angle, tolerance(depth));
                }
            }
        }
    }
}

#[test]
fn at_depth_1000_the_sphere_keeps_its_digits() {
    for (count, name, weight_var, bias_var) in
        [(3, "erf", 1.521_948_051_7, 0.09), (3, "erf", 4.0, 0.3), (MANY, "relu", 1.0, 0.1)]
    {
        let rows = on_sphere(difficult_rows(count, 5, 3), 5, 1.0);
        assert_equal_to_pairs(&network(name, 1000, weight_var, bias_var), &rows, 5, Method::Angle, 1e-11);
    }
}

#[test]
fn activations_without_series_have_tables_on_the_sphere() {
    let rows = on_sphere(difficult_rows(2, 5, 4), 5, 1.0);
    for (name, depth) in [("elu", 3), ("softsign", 2)] {
        assert_equal_to_pairs(&network(name, depth, 1.5, 0.1), &rows, 5, Method::Angle, 1e-12);
    }
}

#[test]
fn with_bias_piecewise_linear_kernels_are_those_of_their_pairs_at_any_norms() {
    let mut rows = difficult_rows(6, 7, 5);
    // Very different norms, and a zero vector.
    rows[7..14].iter_mut().for_each(|x| *x *= 30.0);
    rows[14..21].iter_mut().for_each(|x| *x *= 1e-3);
    rows[21..28].fill(0.0);
    for name in ["relu", "leaky-relu:0.3", "abs", "linear"] {
        for depth in [1, 2, 3, 10, 300] {
            for (weight_var, bias_var) in [(1.0, 0.3), (2.0, 0.05), (4.0, 1.0), (1.5, 1e-6)] {
                let arch = network(name, depth, weight_var, bias_var);
                assert_equal_to_pairs(&arch, &rows, 7, Method::PiecewiseLinear, tolerance(depth));
            }
        }
    }
}

/// Rows of different norms, enough of them for expectations to be interpolated in the variance.
fn rows_of_many_norms(features: usize, seed: u64) -> Vec<f64> {
    let mut rows = difficult_rows(20, features, seed);
    for (i, row) in rows.chunks_mut(features).take(15).enumerate() {
        let factor = 0.3 + 0.11 * i as f64;
        row.iter_mut().for_each(|x| *x *= factor);
    }
    rows
}

#[test]
fn by_series_kernels_are_those_of_their_pairs_at_any_norms() {
    let rows = rows_of_many_norms(7, 6);
    // The reference is quick at depth for closed forms only.
    let (shallow, deep): (&[usize], &[usize]) = (&[1, 2, 5], &[2, 30, 120]);
    for (name, weight_var, bias_var, depths) in [
        ("tanh", 0.4, 0.1, shallow),
        ("tanh", 1.760_954_639_6, 0.05, shallow),
        ("tanh", 2.5, 0.0, shallow),
        ("gelu", 1.5, 0.1, deep),
        ("silu", 1.5, 0.1, shallow),
        ("sin", 1.2, 0.1, deep),
        ("gaussian", 1.5, 0.1, deep),
        ("softplus", 0.5, 0.1, shallow),
    ] {
        for &depth in depths {
            let arch = network(name, depth, weight_var, bias_var);
            let method = if depth == 1 { Method::PiecewiseLinear } else { Method::Series };
            assert_equal_to_pairs(&arch, &rows, 7, method, tolerance(depth));
        }
    }
}

#[test]
fn by_arcsines_kernels_are_those_of_their_pairs_at_any_norms() {
    let mut rows = rows_of_many_norms(7, 16);
    // Saturated in the first layer, all but linear in it, and zero.
    rows[7..14].iter_mut().for_each(|x| *x *= 1e4);
    rows[14..21].iter_mut().for_each(|x| *x *= 1e-4);
    rows[21..28].fill(0.0);
    for (name, weight_var, bias_var) in [
        ("erf", 0.8, 0.3),
        ("erf", 1.521_948_051_7, 0.09),
        ("erf", 4.0, 0.3),
        ("erf", 15.0, 1e-3),
        ("erf", 2.0, 0.0),
        ("probit", 3.0, 0.1),
        ("probit", 30.0, 0.0),
    ] {
        let depths: &[usize] = if weight_var == 1.521_948_051_7 { &[99, 200] } else { &[2, 3, 20] };
        for &depth in depths {
            let arch = network(name, depth, weight_var, bias_var);
            assert_equal_to_pairs(&arch, &rows, 7, Method::Arcsine, tolerance(depth));
        }
    }
    // Where the closed recursion would lose digits, it is not used.
    let rows = &rows[28..91];
    assert_equal_to_pairs(&network("erf", 4, 1.0, 30.0), rows, 7, Method::Arcsine, 1e-12);
    assert_equal_to_pairs(&network("erf", 4, 1.0, 3000.0), rows, 7, Method::Pairwise, 1e-12);
    assert_equal_to_pairs(&network("erf", 250, 1.521_948_051_7, 0.09), &rows[..35], 7, Method::Series, 1e-11);
}

#[test]
fn kernels_beyond_the_range_come_scaled() {
    let (rows, many) = (difficult_rows(2, 5, 7), difficult_rows(MANY, 5, 7));
    let arch = network("relu", 1500, 4.0, 0.0);
    assert_equal_to_pairs(&arch, &many, 5, Method::Angle, 1e-11);
    assert_equal_to_pairs(&arch, &rows, 5, Method::PiecewiseLinear, 1e-11);
    assert!(matrices(&arch, &rows, 5).1[0].exponent() > 500);
    assert_equal_to_pairs(&network("relu", 1500, 4.0, 0.5), &rows, 5, Method::PiecewiseLinear, 1e-11);
    let vanishing = network("relu", 1500, 1.0, 0.0);
    assert_equal_to_pairs(&vanishing, &many, 5, Method::Angle, 1e-11);
    assert_equal_to_pairs(&vanishing, &rows, 5, Method::PiecewiseLinear, 1e-11);
    assert!(matrices(&vanishing, &rows, 5).1[0].exponent() < -1400);
    let chaotic = network("erf", 1200, 4.0, 0.3);
    assert_equal_to_pairs(&chaotic, &rows[..20], 5, Method::Series, 1e-11);
    let huge = |rows: &[f64]| -> Vec<f64> { rows.iter().map(|x| x * 1e150).collect() };
    let (huge, many) = (huge(&rows), huge(&many));
    assert_equal_to_pairs(&network("relu", 3, 2.0, 0.0), &many, 5, Method::Angle, 1e-12);
    assert_equal_to_pairs(&network("relu", 3, 2.0, 0.0), &huge, 5, Method::PiecewiseLinear, 1e-12);
    assert_equal_to_pairs(&network("relu", 3, 2.0, 0.1), &huge, 5, Method::PiecewiseLinear, 1e-12);
}

/// Bands, two equal sets of inputs, and any number of threads give the bits of the whole matrix.
#[test]
fn the_bits_do_not_depend_on_threads_or_bands() {
    let (count, features) = (1100, 12);
    let rows = on_sphere(random_rows(count, features, 8), features, 1.0);
    let mixed = random_rows(count, features, 9);
    for (arch, rows) in [
        (network("relu", 20, 2.0, 0.0), &mixed),
        (network("relu", 5, 2.0, 0.1), &mixed),
        (network("tanh", 3, 1.5, 0.1), &mixed),
        (network("tanh", 20, 1.5, 0.1), &rows),
    ] {
        let engine = KernelEngine::new(&arch, rows, features, None, &BOTH).unwrap();
        let whole = engine.matrices::<f64>().unwrap();
        let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        assert!(one.install(|| {
            let engine = KernelEngine::new(&arch, rows, features, None, &BOTH).unwrap();
            engine.matrices::<f64>().unwrap() == whole
        }));
        let mut seen = [vec![0_u8; count * count], vec![0_u8; count * count]];
        assert_eq!(engine.bands(), 2);
        for band in (0..engine.bands()).rev() {
            for (kind, block) in engine.band::<f64>(band).unwrap().blocks() {
                let kind = usize::from(kind == KernelKind::Ntk);
                let [row, col] = block.place();
                for (i, values) in block.values().chunks(block.cols()).enumerate() {
                    let place = (row + i) * count + col;
                    assert_eq!(values, &whole[kind].values()[place..place + values.len()]);
                    seen[kind][place..place + values.len()].iter_mut().for_each(|x| *x += 1);
                }
            }
        }
        assert!(seen.iter().flatten().all(|x| *x == 1));
        for matrix in &whole {
            let symmetric =
                (0..count).all(|i| (0..i).all(|j| matrix.values()[i * count + j] == matrix.values()[j * count + i]));
            assert!(symmetric);
        }
    }
}

#[test]
fn two_sets_of_inputs_give_a_rectangle() {
    let features = 6;
    let (rows, others) = (difficult_rows(300, features, 10), random_rows(270, features, 11));
    let all: Vec<f64> = rows.iter().chain(&others).copied().collect();
    let (n, m) = (rows.len() / features, others.len() / features);
    for arch in [network("relu", 10, 2.0, 0.0), network("relu", 3, 2.0, 0.1), network("erf", 3, 2.0, 0.1)] {
        let square = matrices(&arch, &all, features).1;
        let engine = KernelEngine::new(&arch, &rows, features, Some(&others), &BOTH).unwrap();
        let rectangle = engine.matrices::<f64>().unwrap();
        for (square, rectangle) in square.iter().zip(&rectangle) {
            assert_eq!((rectangle.rows(), rectangle.cols()), (n, m));
            for (i, row) in rectangle.values().chunks(m).enumerate() {
                let expected = &square.values()[i * (n + m) + n..(i + 1) * (n + m)];
                for (got, want) in row.iter().zip(expected) {
                    // Products in tiles of other shapes round differently.
                    assert!((got / want - 1.0).abs() < 1e-12);
                }
            }
        }
    }
}

/// Random inputs need not be smooth for kernels to be positive: eigenvalues of Gram matrices are not negative.
#[test]
fn matrices_are_positive_semi_definite() {
    let rows = difficult_rows(30, 9, 14);
    let sphere = on_sphere(rows.clone(), 9, 1.0);
    for (arch, rows) in [
        (network("relu", 10, 2.0, 0.0), &rows),
        (network("relu", 5, 1.5, 0.2), &rows),
        (network("erf", 4, 4.0, 0.1), &rows),
        (network("tanh", 10, 3.0, 0.1), &sphere),
    ] {
        for matrix in matrices(&arch, rows, 9).1 {
            let values = matrix.eigenvalues().unwrap();
            // Entries are known to 1e-12 relative, and so is the matrix to n times that.
            let allowed = values.len() as f64 * 1e-12 * values.last().unwrap();
            assert!(values[0] > -allowed, "{} {:e} {:e}", arch.activation(), values[0], allowed);
            let spectrum = matrix.spectrum(&values).unwrap();
            assert!(spectrum.condition.is_none(), "there are duplicates");
        }
    }
}

#[test]
fn kernels_agree_with_neural_tangents_to_its_own_precision() {
    let document: serde_json::Value = serde_json::from_str(include_str!("../golden/peer.json")).unwrap();
    let flat = |key: &str| -> Vec<f64> {
        let rows = document[key].as_array().unwrap().iter().flat_map(|row| row.as_array().unwrap());
        rows.map(|x| x.as_f64().unwrap()).collect()
    };
    let (x1, x2) = (flat("x1"), flat("x2"));
    let features = document["x1"][0].as_array().unwrap().len();
    let mut compared = 0;
    for network in document["networks"].as_array().unwrap() {
        let arch = crate::peer::architecture(network, features);
        let kind = if arch.activation().name() == "step" { KernelKind::Nngp } else { KernelKind::Both };
        let options = MatrixOptions { kind, ..BOTH };
        let engine = KernelEngine::new(&arch, &x1, features, Some(&x2), &options).unwrap();
        for matrix in engine.matrices::<f64>().unwrap() {
            let key = if matrix.kind() == KernelKind::Nngp { "nngp" } else { "ntk" };
            let scale = matrix.values().iter().fold(0.0_f64, |m, v| m.max(v.abs()));
            for (place, got) in matrix.values().iter().enumerate() {
                let (i, j) = (place / matrix.cols(), place % matrix.cols());
                let Some(want) = network[key][i][j].as_f64() else { continue };
                // As in `peer`: pairs that are nearly parallel, and its numerical activations, have fewer digits.
                assert!((got - want).abs() < 1e-3 * scale, "{} {key} ({i}, {j}) {got} {want}", network["name"]);
                let input = PairInput::from_vectors(&x1[i * features..][..features], &x2[j * features..][..features]);
                let gap = input.unwrap().gap();
                if network["numerical"] != true && gap.min(2.0 - gap) > 1e-3 {
                    assert!((got - want).abs() < 1e-11 * scale, "{} {key} ({i}, {j}) {got} {want}", network["name"]);
                    compared += 1;
                }
            }
        }
    }
    assert!(compared > 1000, "{compared}");
}

#[test]
fn single_precision_agrees_to_six_digits() {
    let features = 30;
    let rows = difficult_rows(60, features, 12);
    for arch in [network("relu", 20, 2.0, 0.0), network("relu", 3, 2.0, 0.1), network("tanh", 3, 1.5, 0.1)] {
        let engine = KernelEngine::new(&arch, &rows, features, None, &BOTH).unwrap();
        let (double, single) = (engine.matrices::<f64>().unwrap(), engine.matrices::<f32>().unwrap());
        for (double, single) in double.iter().zip(&single) {
            for (d, s) in double.values().iter().zip(single.values()) {
                // Cosines of products of 30 numbers in f32, at 1 − |c| ≥ 1/32 relative to that: 32 · 30 · 6e-8 at worst.
                assert!((f64::from(*s) / d - 1.0).abs() < 2e-5, "{d} {s}");
            }
        }
    }
}

#[test]
fn scales_divide_by_what_they_say() {
    let features = 5;
    let rows = difficult_rows(4, features, 13);
    let n = rows.len() / features;
    for arch in [network("relu", 8, 3.0, 0.0), network("relu", 8, 1.5, 0.2), network("erf", 4, 1.5, 0.2)] {
        let plain = matrices(&arch, &rows, features).1;
        let scaled = |scale| {
            let options = MatrixOptions { scale, ..BOTH };
            KernelEngine::new(&arch, &rows, features, None, &options).unwrap().matrices::<f64>().unwrap()
        };
        let unit = pair_kernel(&arch, &PairInput::from_gap(1.0, 1.0, 0.0).unwrap()).unwrap();
        let (cosine, depth) = (scaled(KernelScale::Cosine), scaled(KernelScale::Depth));
        for kind in 0..2 {
            let reference = [unit.nngp[0], unit.ntk[0]][kind].to_f64();
            for i in 0..n {
                for j in 0..n {
                    let k = |i: usize, j: usize| plain[kind].values()[i * n + j];
                    let place = i * n + j;
                    let want = k(i, j) / (k(i, i) * k(j, j)).sqrt();
                    assert!((cosine[kind].values()[place] / want - 1.0).abs() < 1e-13);
                    assert!((depth[kind].values()[place] * reference / k(i, j) - 1.0).abs() < 1e-13);
                }
                assert_eq!(cosine[kind].values()[i * n + i], 1.0);
            }
        }
    }
}

#[test]
fn bad_input_is_an_error() {
    let arch = network("relu", 3, 2.0, 0.0);
    let engine = |rows: &[f64], features, options: &MatrixOptions| {
        KernelEngine::new(&arch, rows, features, None, options).map(|_| ()).unwrap_err()
    };
    assert!(matches!(engine(&[1.0, 2.0, 3.0], 2, &BOTH), MatrixError::Shape { features: 2, got: 3 }));
    assert!(matches!(engine(&[], 2, &BOTH), MatrixError::Shape { .. }));
    assert!(matches!(engine(&[1.0], 0, &BOTH), MatrixError::Shape { .. }));
    assert!(matches!(engine(&[1.0, 2.0, 3.0, f64::NAN], 2, &BOTH), MatrixError::Input { second: false, row: 1, .. }));
    assert!(matches!(engine(&[1e200, 0.0], 2, &BOTH), MatrixError::Input { row: 0, .. }));
    let cosine = MatrixOptions { scale: KernelScale::Cosine, ..BOTH };
    assert!(matches!(engine(&[1.0, 2.0, 0.0, 0.0], 2, &cosine), MatrixError::ZeroDiagonal { second: false, row: 1 }));
    let widths = ArchitectureSpec { widths: Some("3,10,1".parse().unwrap()), ..Default::default() };
    let narrow = Architecture::try_from(widths).unwrap();
    let error = KernelEngine::new(&narrow, &[1.0, 2.0], 2, None, &BOTH).map(|_| ()).unwrap_err();
    assert_eq!(error, MatrixError::Features { network: 3, data: 2 });
    let small = MatrixOptions { memory: 1000, ..BOTH };
    let engine = KernelEngine::new(&arch, &[1.0, 2.0], 2, None, &small).unwrap();
    assert!(matches!(engine.matrices::<f64>(), Err(MatrixError::Memory { rows: 1, cols: 1, allowed: 1000, .. })));
    assert!(matches!(engine.band::<f32>(1), Err(MatrixError::NoBand { bands: 1, band: 1 })));
    let step = network("step", 3, 2.0, 0.1);
    assert!(matches!(KernelEngine::new(&step, &[1.0], 1, None, &BOTH).map(|_| ()), Err(MatrixError::Kernel(_))));
}
