//! Data sets of images in circular convolutional networks: against the recursion of all pairs of places, against fully connected
//! networks, and against the limits.

use faer::{Mat, Side};
use fathom_ntk::analysis::depth::{
    CircularNetwork, DataRow, DepthClass, DepthData, DepthDataReport, DepthError, DepthNetwork, KernelLimit,
    TrainedRow, circular_depth_data_report, depth_data_report,
};
use fathom_ntk::infinite::matrix::{KernelEngine, KernelKind, MatrixOptions, Watch};
use fathom_ntk::predict::{Distinct, Targets};
use fathom_ntk::random::Stream;
use fathom_ntk::spec::{BranchScaling, CnnSpec, Composition, Padding};

use super::{activation, relu};

const TARGETS: [f64; 4] = [1.0, -2.0, 0.5, 3.0];
const TEST_TARGETS: [f64; 2] = [0.0, 1.0];

/// Six images of normal numbers, four to learn from.
pub(super) fn images(numbers: usize) -> Vec<f64> {
    let mut images = vec![0.0; 6 * numbers];
    Stream::new(3, 0).fill_normals(&mut images);
    images
}

/// The same scaled to these mean squares over all numbers.
fn of_norms(numbers: usize, squares: [f64; 6]) -> Vec<f64> {
    let mut images = images(numbers);
    for (image, square) in images.chunks_mut(numbers).zip(squares) {
        let own = image.iter().map(|x| x * x).sum::<f64>() / numbers as f64;
        image.iter_mut().for_each(|x| *x *= (square / own).sqrt());
    }
    images
}

pub(super) fn with_data<T>(inputs: &[f64], of: impl FnOnce(&DepthData<'_>) -> T) -> T {
    let features = inputs.len() / 6;
    let targets = Targets::new(&TARGETS, 1, &Distinct::all(4)).unwrap();
    let (train, test) = inputs.split_at(4 * features);
    of(&DepthData { train, test, features, targets: &targets, test_targets: Some(&TEST_TARGETS) })
}

fn on(layers: &DepthNetwork, filter: &[usize], sizes: &[usize], inputs: &[f64], depths: &[usize]) -> DepthDataReport {
    let network = CircularNetwork::new(layers.clone(), filter).unwrap();
    let report = |data: &DepthData<'_>| circular_depth_data_report(&network, sizes, data, depths, &Watch::default());
    with_data(inputs, report).unwrap()
}

fn trained(report: &DepthDataReport, row: usize) -> &TrainedRow {
    report.rows[row].trained.as_ref().unwrap()
}

/// Σ and Θ of all six images by the recursion of images, which shares no formula with that of gaps.
fn matrices(layers: &DepthNetwork, filter: &[usize], input: &[usize], inputs: &[f64], depth: usize) -> [Mat<f64>; 2] {
    let spec = CnnSpec {
        input: input.to_vec(),
        depth,
        filter: filter.to_vec(),
        padding: Padding::Circular,
        activation: layers.activation().clone(),
        weight_var: layers.weight_var(),
        bias_var: layers.bias_var(),
        scaling: layers.scaling(),
    };
    matrices_of(&Composition::try_from(spec).unwrap(), inputs)
}

/// Σ and Θ of all six images in a network of blocks.
pub(super) fn matrices_of(network: &Composition, inputs: &[f64]) -> [Mat<f64>; 2] {
    let options = MatrixOptions { kind: KernelKind::Both, ..Default::default() };
    let engine = KernelEngine::new(network, inputs, inputs.len() / 6, None, &options).unwrap();
    let matrices = engine.matrices::<f64>().unwrap();
    [0, 1].map(|kind| {
        let (values, unit) = (matrices[kind].values(), 2_f64.powi(matrices[kind].exponent() as i32));
        Mat::from_fn(6, 6, |i, j| unit * values[6 * i + j])
    })
}

/// $\Theta(x, X)\Theta(X, X)^{-1}$, a row for each test image, by elimination.
fn weights(theta: &Mat<f64>) -> Mat<f64> {
    use faer::linalg::solvers::Solve;
    let across = theta.submatrix(0, 4, 4, 2).to_owned();
    theta.submatrix(0, 0, 4, 4).to_owned().partial_piv_lu().solve(&across).transpose().to_owned()
}

/// Whether a row has spectrum, predictor and distances of these kernels, by elimination and sums written out.
#[track_caller]
pub(super) fn row_is_that_of(row: &DataRow, sigma: &Mat<f64>, theta: &Mat<f64>, network: &str) {
    let close = |got: f64, want: f64, what: &str| {
        // Condition numbers up to 100 multiply the 1e-13 of the entries.
        assert!((got - want).abs() < 1e-11 * want.abs().max(1.0), "{what}, {network}: {got} {want}");
    };
    let found = row.trained.as_ref().unwrap();
    let own = theta.submatrix(0, 0, 4, 4).to_owned().self_adjoint_eigenvalues(Side::Lower).unwrap();
    close(found.lambda_max.to_f64(), own[3], "largest eigenvalue");
    close(found.lambda_min.to_f64(), own[0], "smallest eigenvalue");
    let w = weights(theta);
    let mut error = 0.0;
    let mut variance = 0.0;
    for x in 0..2 {
        let mean = (0..4).map(|i| w[(x, i)] * TARGETS[i]).sum::<f64>();
        close(found.mean[x], mean, "mean");
        error += 0.5 * (mean - TEST_TARGETS[x]).powi(2);
        let linear = (0..4).map(|i| w[(x, i)] * sigma[(i, 4 + x)]).sum::<f64>();
        let square = (0..16).map(|k| w[(x, k / 4)] * sigma[(k / 4, k % 4)] * w[(x, k % 4)]).sum::<f64>();
        variance += 0.5 * (sigma[(4 + x, 4 + x)] - 2.0 * linear + square);
    }
    close(found.test_error.unwrap(), error, "test error");
    close(found.variance, variance, "variance");
    let below = |k: &Mat<f64>, i: usize, j: usize| 1.0 - k[(i, j)] / (k[(i, i)] * k[(j, j)]).sqrt();
    let pairs = || (0..4).flat_map(|i| (i + 1..4).map(move |j| (i, j)));
    let ones = pairs().map(|(i, j)| below(theta, i, j)).fold(0.0, f64::max);
    close(row.from_ones.max, ones, "distance from ones");
    let ones = pairs().map(|(i, j)| below(sigma, i, j)).fold(0.0, f64::max);
    close(row.nngp_from_ones.max, ones, "distance of the NNGP from ones");
}

#[test]
fn rows_are_those_of_the_kernels_place_by_place() {
    let tanh = DepthNetwork::mlp(&activation("tanh"), 1.4, 0.1).unwrap();
    let residual = DepthNetwork::resnet(&activation("relu"), 2.0, 0.1, BranchScaling::Constant(0.5)).unwrap();
    let cases: [(DepthNetwork, &[usize], &[usize]); 4] = [
        (relu(2.0, 0.0), &[3], &[5, 2]),
        (relu(1.5, 0.2), &[2, 3], &[3, 4, 1]),
        (tanh, &[3], &[4, 2]),
        (residual, &[3], &[5, 2]),
    ];
    for (layers, filter, input) in cases {
        let inputs = images(input.iter().product());
        let report = on(&layers, filter, &input[..input.len() - 1], &inputs, &[2, 7]);
        for (row, depth) in [2, 7].into_iter().enumerate() {
            let [sigma, theta] = matrices(&layers, filter, input, &inputs, depth);
            row_is_that_of(&report.rows[row], &sigma, &theta, &format!("{layers:?}, L = {depth}"));
        }
    }
}

#[test]
fn images_of_one_place_are_lists_of_features() {
    for layers in [relu(2.0, 0.0), relu(1.0, 0.1), DepthNetwork::mlp(&activation("tanh"), 3.0, 0.1).unwrap()] {
        let inputs = images(3);
        let circular = on(&layers, &[1, 1], &[1, 1], &inputs, &[2, 40]);
        let dense = with_data(&inputs, |data| depth_data_report(&layers, data, &[2, 40], &Watch::default())).unwrap();
        assert_eq!(serde_json::to_string(&circular).unwrap(), serde_json::to_string(&dense).unwrap());
    }
}

#[test]
fn images_of_equal_places_are_lists_of_features_to_rounding() {
    // Every place of an image holds the same two channels.
    let lists = images(2);
    let repeated: Vec<f64> = lists.chunks(2).flat_map(|image| [image; 4].concat()).collect();
    for layers in [relu(2.5, 0.3), DepthNetwork::mlp(&activation("erf"), 1.0, 0.1).unwrap()] {
        let circular = on(&layers, &[3], &[4], &repeated, &[30]);
        let dense = with_data(&lists, |data| depth_data_report(&layers, data, &[30], &Watch::default())).unwrap();
        let close = |got: f64, want: f64| assert!((got / want - 1.0).abs() < 1e-9, "{layers:?}: {got} {want}");
        // Relative to gaps of 1e-4 and more, thirty layers of rounding.
        close(trained(&circular, 0).lambda_min.to_f64(), trained(&dense, 0).lambda_min.to_f64());
        close(trained(&circular, 0).mean[1], trained(&dense, 0).mean[1]);
        assert_eq!((circular.class, circular.kernel_limit), (dense.class, dense.kernel_limit));
        for (got, want) in circular.predictor_limit.unwrap().into_iter().zip(dense.predictor_limit.unwrap()) {
            close(got, want);
        }
    }
}

#[test]
fn critical_relu_predicts_the_sum_of_labels_over_norms_at_great_depth() {
    let squares = [1.0, 4.0, 0.25, 2.0, 9.0, 0.5];
    let report = on(&relu(2.0, 0.0), &[3], &[6], &of_norms(12, squares), &[100, 100_000]);
    assert_eq!((report.class, report.ratio_limit, report.equal_norms), (DepthClass::ReluLike, Some(0.25), false));
    let sum: f64 = TARGETS.iter().zip(squares).map(|(y, square)| y / square.sqrt()).sum();
    let limit = report.predictor_limit.as_ref().unwrap();
    for ((limit, square), at) in limit.iter().zip(&squares[4..]).zip(&trained(&report, 1).mean) {
        assert!((limit - square.sqrt() * sum / 7.0).abs() < 1e-13, "{limit}");
        // r is off by 3/8 ln L/L = 4.3e-5 and C/L of the same order; its derivative is Σy times the norm over (1 − r + nr)².
        assert!((at - limit).abs() < 1e-3 * square.sqrt(), "{at} {limit}");
    }
    assert!(report.rows[1].depth_normalised.unwrap().max < 2e-4 && report.rows[1].cosine.unwrap().max < 2e-4);
    // Mean over the test images of 2|x|²/n₀ (3/7)²·(4/3)²/…: 9q/(n + 3)² with q = 2·4.75.
    assert!((report.variance_limit.unwrap() - 9.0 * 9.5 / 49.0).abs() < 1e-12, "{:?}", report.variance_limit);
    assert!((trained(&report, 1).variance - report.variance_limit.unwrap()).abs() < 2e-3);
}

#[test]
fn smooth_and_growing_networks_have_the_limits_of_lists() {
    let erf = activation("erf");
    let (weight_var, bias_var) = {
        let edge = fathom_ntk::analysis::nearest_edge_of_chaos(&erf, 1.5, 0.05).unwrap();
        (edge.weight_var, edge.bias_var)
    };
    let layers = DepthNetwork::mlp(&erf, weight_var, bias_var).unwrap();
    let report = on(&layers, &[2], &[3], &images(3), &[100_000]);
    assert_eq!((report.class, report.kernel_limit), (DepthClass::Smooth, KernelLimit::Constant));
    for (limit, at) in report.predictor_limit.as_ref().unwrap().iter().zip(&trained(&report, 0).mean) {
        // Σy/(n + 2); an error of order ln L/L.
        assert!((limit - 2.5 / 6.0).abs() < 1e-13 && (at - limit).abs() < 5e-3, "{limit} {at}");
    }
    let report = on(&relu(2.0, 0.1), &[3], &[6], &of_norms(6, [1.5; 6]), &[10_000]);
    assert_eq!((report.class, report.ratio_limit), (DepthClass::GrowingReluLike, Some(4.0 / 7.0)));
    for (limit, at) in report.predictor_limit.as_ref().unwrap().iter().zip(&trained(&report, 0).mean) {
        // 4Σy/(4n + 3); an error of order L^{−1/2}.
        assert!((limit - 10.0 / 19.0).abs() < 1e-13 && (at - limit).abs() < 0.02, "{limit} {at}");
    }
    // Mean squares that differ leave the ratio to each pair.
    let report = on(&relu(2.0, 0.1), &[3], &[6], &images(6), &[20]);
    assert_eq!((report.ratio_limit, report.predictor_limit), (None, None));
}

#[test]
fn ordered_networks_become_kriging_with_the_mean_gap() {
    // A kink halves the exponent: at L = 160 the transient of χ₁^{L/2} = 2^{-80} has gone, and patterns of 3/5 a layer too.
    let report = on(&relu(1.0, 0.1), &[3], &[5], &images(10), &[160, 400]);
    assert_eq!((report.class, report.kernel_limit), (DepthClass::Ordered, KernelLimit::Ones));
    let limit = report.predictor_limit.clone().unwrap();
    for row in 0..2 {
        for (at, limit) in trained(&report, row).mean.iter().zip(&limit) {
            assert!((at - limit).abs() < 1e-10, "{at} {limit}");
        }
    }
    assert!((trained(&report, 0).condition_over_limit.unwrap() - 1.0).abs() < 1e-8);
    // Smooth: a correction of order 1/L.
    let erf = DepthNetwork::mlp(&activation("erf"), 1.0, 0.1).unwrap();
    let report = on(&erf, &[3], &[5], &images(10), &[400, 4000]);
    let limit = report.predictor_limit.clone().unwrap();
    let apart = |row: usize| trained(&report, row).mean.iter().zip(&limit).map(|(at, l)| (at - l).abs()).sum::<f64>();
    let ratio = apart(0) / apart(1);
    assert!((9.0..11.5).contains(&ratio) && apart(1) < 0.01, "ten times nearer at ten times the depth: {ratio}");
}

#[test]
fn chaotic_networks_predict_zero() {
    let report = on(&DepthNetwork::mlp(&activation("erf"), 4.0, 0.3).unwrap(), &[3], &[5], &images(5), &[400]);
    assert_eq!((report.kernel_limit, report.predictor_limit.clone()), (KernelLimit::Identity, Some(vec![0.0; 2])));
    assert!(trained(&report, 0).mean.iter().all(|f| f.abs() < 1e-30));
    assert!((trained(&report, 0).variance / report.variance_limit.unwrap() - 1.0).abs() < 1e-10);
}

#[test]
fn what_is_not_derived_is_not_claimed() {
    // Windows of one place leave every place its own limit.
    let report = on(&relu(2.0, 0.0), &[1], &[5], &images(5), &[10]);
    assert_eq!((report.class, report.ratio_limit, report.predictor_limit), (DepthClass::NotCovered, None, None));
    assert_eq!(report.circular.unwrap().pattern_layers, None);
    let residual = DepthNetwork::resnet(&activation("tanh"), 1.5, 0.1, BranchScaling::Constant(1.0)).unwrap();
    assert_eq!(on(&residual, &[3], &[4], &images(4), &[3]).ratio_limit, None);
}

#[test]
fn data_that_are_no_images_are_refused() {
    let network = CircularNetwork::new(relu(2.0, 0.0), &[3]).unwrap();
    let ask = |sizes: &[usize], inputs: &[f64], watch: &Watch| {
        with_data(inputs, |data| circular_depth_data_report(&network, sizes, data, &[3], watch)).err()
    };
    let unwatched = Watch::default();
    assert!(matches!(ask(&[2], &images(2), &unwatched), Some(DepthError::Image { .. })));
    assert!(matches!(ask(&[4, 4], &images(16), &unwatched), Some(DepthError::Image { .. })));
    assert!(matches!(ask(&[4], &images(6), &unwatched), Some(DepthError::Image { got: 6, .. })));
    let mut broken = images(4);
    broken[9] = f64::NAN;
    assert!(matches!(ask(&[4], &broken, &unwatched), Some(DepthError::Input { row: 2, .. })));
    let stopped = Watch::default();
    stopped.stop();
    assert_eq!(ask(&[4], &images(4), &stopped), Some(DepthError::Stopped));
}
