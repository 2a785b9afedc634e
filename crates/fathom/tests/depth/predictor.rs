//! Deep kernel regression: four training inputs on a circle at angles 0, 1, 2.5, 4 with targets 1, −2, 1/2, 3, and test inputs at
//! 0.4 and 5.2. Reference values from arithmetic in 60 to 150 digits.

use fathom_ntk::analysis::depth::{
    DepthClass, DepthData, DepthDataReport, DepthError, DepthNetwork, KernelLimit, depth_data_report,
};
use fathom_ntk::analysis::phase;
use fathom_ntk::infinite::matrix::Watch;
use fathom_ntk::predict::{Distinct, Targets};

use super::{activation, critical, printed, relu};

const TARGETS: [f64; 4] = [1.0, -2.0, 0.5, 3.0];
const ANGLES: [f64; 6] = [0.0, 1.0, 2.5, 4.0, 0.4, 5.2];

/// Rows of two features with $|x|^2/2$ the square of each norm.
fn circle(norms: [f64; 6]) -> Vec<f64> {
    let point = |(angle, norm): (&f64, f64)| [angle.cos(), angle.sin()].map(|x| x * norm * 2_f64.sqrt());
    ANGLES.iter().zip(norms).flat_map(point).collect()
}

fn on(network: &DepthNetwork, inputs: &[f64], depths: &[usize]) -> DepthDataReport {
    let targets = Targets::new(&TARGETS, 1, &Distinct::all(4)).unwrap();
    let (train, test) = inputs.split_at(8);
    let data = DepthData { train, test, features: 2, targets: &targets, test_targets: Some(&[0.0, 1.0]) };
    depth_data_report(network, &data, depths, &Watch::default()).unwrap()
}

fn means(report: &DepthDataReport, row: usize) -> [f64; 2] {
    report.rows[row].trained.as_ref().unwrap().mean[..].try_into().unwrap()
}

fn limit(report: &DepthDataReport) -> [f64; 2] {
    report.predictor_limit.as_ref().unwrap()[..].try_into().unwrap()
}

const UNIT: [f64; 6] = [1.0; 6];

#[test]
fn kernel_regression_is_that_of_high_precision_at_every_depth() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/infinite.json")).unwrap();
    let vectors: serde_json::Value = serde_json::from_str(&text).unwrap();
    let mut seen = 0;
    for vector in vectors["vectors"].as_array().unwrap().iter().filter(|vector| vector["kind"] == "krr") {
        let number = |value: &serde_json::Value| value.as_str().unwrap().parse::<f64>().unwrap();
        let depth = vector["L"].as_u64().unwrap() as usize;
        let name = vector["act"].as_str().unwrap();
        let network = DepthNetwork::mlp(&activation(name), number(&vector["sw2"]), number(&vector["sb2"])).unwrap();
        let report = on(&network, &circle(UNIT), &[depth]);
        for (got, want) in means(&report, 0).into_iter().zip(vector["ntk_pred"].as_array().unwrap().iter().map(number))
        {
            assert!((got - want).abs() < 1e-11, "{name}, L = {depth}: {got} against {want}");
        }
        let condition = report.rows[0].trained.as_ref().unwrap().condition.to_f64() / number(&vector["cond_ntk"]);
        // The smallest eigenvalue of n gaps is known to their rounding times their spread.
        assert!((condition - 1.0).abs() < 1e-10, "{name}, L = {depth}: {condition}");
        seen += 1;
    }
    assert!(seen > 9);
}

#[test]
fn critical_relu_predicts_the_sum_of_labels_over_n_plus_three() {
    let report = on(&relu(2.0, 0.0), &circle(UNIT), &[100, 4000, 40_000]);
    assert_eq!(
        (report.class, report.kernel_limit, report.ratio_limit),
        (DepthClass::ReluLike, KernelLimit::Constant, Some(0.25))
    );
    for value in limit(&report) {
        assert!((value - 2.5 / 7.0).abs() < 1e-14, "{value}");
    }
    let at = means(&report, 1);
    printed(at[0], 0.35708, 5);
    printed(at[1], 0.35851, 5);
    // 9q/(n + 3)² with q = 2, and (n + 3)/3.
    assert!((report.variance_limit.unwrap() - 18.0 / 49.0).abs() < 1e-14);
    assert!((report.condition_limit.unwrap() - 7.0 / 3.0).abs() < 1e-13);
    let trained = report.rows[1].trained.as_ref().unwrap();
    assert!((trained.variance - 0.5 * (0.3640 + 0.3651)).abs() < 1e-4, "{}", trained.variance);
    // λ_max over depth: 3.636 at L = 100, 3.5 at infinity; the largest rate is 2 over that.
    let shallow = report.rows[0].trained.as_ref().unwrap();
    printed(shallow.lambda_max.to_f64() / 100.0, 3.636, 3);
    assert!((shallow.max_learning_rate * shallow.lambda_max).to_f64() == 2.0);
    let deep = report.rows[2].trained.as_ref().unwrap();
    // (3/8 ln L + 1)/L of the ratio, times the derivative of 1 + nr/(1 − r), which is 4/(3/4)² = 7.1.
    assert!((deep.condition.to_f64() - 7.0 / 3.0).abs() < 7.1 * 1.5e-4 && deep.condition_over_limit.is_some());
    let [cosine, ones] = [report.rows[2].cosine.unwrap().max, report.rows[2].from_ones.max];
    assert!(cosine < 1.5e-4 && (ones - 0.75).abs() < 1.5e-4, "{cosine} {ones}: three quarters from the matrix of ones");
    assert!(report.rows[2].nngp_from_ones.max < 45.0 / 1.5e9, "u ≈ 44.4/L²");
    assert!(report.rows[2].depth_normalised.unwrap().max < 1.5e-4);
}

#[test]
fn norms_survive_in_the_predictor_of_relu() {
    let norms = [1.0, 2.0, 0.5, 1.5, 3.0, 0.7];
    let report = on(&relu(2.0, 0.0), &circle(norms), &[4000]);
    let sum: f64 = TARGETS.iter().zip(norms).map(|(y, norm)| y / norm).sum();
    for (value, norm) in limit(&report).into_iter().zip(&norms[4..]) {
        assert!((value - norm * sum / 7.0).abs() < 1e-13, "{value}");
    }
    let at = means(&report, 0);
    printed(at[0], 1.28759, 5);
    printed(at[1], 0.30089, 5);
    assert!(!report.equal_norms);
}

#[test]
fn smooth_networks_predict_the_sum_over_n_plus_two() {
    let (erf, input) = critical("erf", 0.5, 0.5);
    let norm = input.mean_squares()[0].sqrt();
    let report = on(&erf, &circle([norm; 6]), &[4000]);
    for value in limit(&report) {
        assert!((value - 2.5 / 6.0).abs() < 1e-14, "{value}");
    }
    // 4 q*/(n + 2)² and (n + 2)/2.
    assert!((report.variance_limit.unwrap() - 2.0 / 36.0).abs() < 1e-12, "{:?}", report.variance_limit);
    assert!((report.condition_limit.unwrap() - 3.0).abs() < 1e-13);
    let variance = report.rows[0].trained.as_ref().unwrap().variance;
    // The values are of another first layer, which changes C: 1/L of the limit, times a few.
    assert!((variance - 0.5 * (0.0553 + 0.0567)).abs() < 2e-4, "{variance}");
    // Norms are forgotten.
    let other = on(&erf, &circle([0.5, 2.0, 1.0, 0.3, 1.0, 3.0]), &[40_000]);
    for (value, at) in limit(&other).into_iter().zip(means(&other, 0)) {
        assert!((value - 2.5 / 6.0).abs() < 1e-14 && (at - value).abs() < 5e-3, "{value} {at}");
    }
}

#[test]
fn four_sevenths_make_four_over_four_n_plus_three() {
    let report = on(&relu(2.0, 0.1), &circle(UNIT), &[10, 10_000]);
    let deep = means(&report, 1);
    for (value, at) in limit(&report).into_iter().zip(deep) {
        assert!((value - 10.0 / 19.0).abs() < 1e-14, "{value}");
        // The error falls like L^{−1/2}.
        assert!((at - value).abs() < 0.02, "{at}");
    }
    assert!((report.condition_limit.unwrap() - (1.0 + 4.0 * 4.0 / 3.0)).abs() < 1e-13);
}

/// Ordinary kriging by elimination of the bordered system, nothing like the library's solver.
fn kriging(variogram: impl Fn(usize, usize) -> f64) -> [f64; 2] {
    let mut a: Vec<Vec<f64>> = (0..5)
        .map(|i| {
            let entry = |j: usize| match (i, j) {
                (4, 4) => 0.0,
                (4, _) | (_, 4) => 1.0,
                _ => -variogram(i, j),
            };
            (0..5).map(entry).chain([if i == 4 { 0.0 } else { TARGETS[i] }]).collect()
        })
        .collect();
    for k in 0..5 {
        let pivot = (k..5).max_by(|&i, &j| a[i][k].abs().total_cmp(&a[j][k].abs())).unwrap();
        a.swap(k, pivot);
        let above = a[k].clone();
        for (_, row) in a.iter_mut().enumerate().filter(|(i, _)| *i != k) {
            let share = row[k] / above[k];
            row.iter_mut().zip(&above).skip(k).for_each(|(x, above)| *x -= share * above);
        }
    }
    let solution: Vec<f64> = (0..5).map(|i| a[i][5] / a[i][i]).collect();
    [4, 5].map(|x| solution[4] - (0..4).map(|i| variogram(x, i) * solution[i]).sum::<f64>())
}

#[test]
fn ordered_networks_become_kriging() {
    let report = on(&relu(1.0, 0.1), &circle(UNIT), &[80, 400]);
    assert_eq!(report.kernel_limit, KernelLimit::Ones);
    for (value, want) in limit(&report).into_iter().zip([-0.040_109_654_978_9, 1.363_132_796_76]) {
        assert!((value - want).abs() < 1e-11, "{value}");
    }
    for (at, value) in means(&report, 0).into_iter().chain(means(&report, 1)).zip(limit(&report).into_iter().cycle()) {
        assert!((at - value).abs() < 2e-11, "{at} {value}");
    }
    let trained = report.rows[0].trained.as_ref().unwrap();
    assert!((trained.condition_over_limit.unwrap() - 1.0).abs() < 1e-9, "{:?}", trained.condition_over_limit);

    let report = on(&DepthNetwork::mlp(&activation("erf"), 1.0, 0.1).unwrap(), &circle(UNIT), &[320, 4000]);
    for (value, want) in limit(&report).into_iter().zip([-0.339_487_602_217, 2.569_936_246_67]) {
        assert!((value - want).abs() < 1e-11, "{value}");
    }
    let at = means(&report, 0);
    printed(at[0], -0.33862, 5);
    printed(at[1], 2.56152, 5);
    // Condition number times L χ₁^L.
    printed(report.condition_limit.unwrap(), 28.9, 1);
    // Corrections of order 1/L.
    let over = report.rows[1].trained.as_ref().unwrap().condition_over_limit.unwrap();
    assert!((over - 1.0).abs() < 4e-3, "{over}");
}

#[test]
fn kriging_takes_the_root_of_the_gap_where_there_is_a_kink() {
    // ψ from the gaps of the NNGP themselves, at a depth at which they have settled.
    let (network, inputs) = (relu(1.0, 0.1), circle([1.0, 2.0, 0.5, 1.5, 3.0, 0.7]));
    let report = on(&network, &inputs, &[160]);
    let gap = |i: usize, j: usize| {
        let row = |i: usize| &inputs[2 * i..2 * i + 2];
        let pair = fathom_ntk::infinite::PairInput::from_vectors(row(i), row(j)).unwrap();
        network.kernels(&pair, &[160]).unwrap()[0].gap.to_f64() * 2_f64.powi(160)
    };
    for ((value, want), at) in limit(&report).into_iter().zip(kriging(|i, j| gap(i, j).sqrt())).zip(means(&report, 0)) {
        assert!((value - want).abs() < 1e-11 && (at - value).abs() < 1e-11, "{value} {want} {at}");
    }
}

#[test]
fn chaotic_networks_predict_zero_and_forget_nothing() {
    let erf = activation("erf");
    let network = DepthNetwork::mlp(&erf, 4.0, 0.3).unwrap();
    let q = phase(&erf, 4.0, 0.3, None).unwrap().q_star.unwrap();
    let report = on(&network, &circle(UNIT), &[20, 200, 2000]);
    assert_eq!((limit(&report), report.kernel_limit), ([0.0; 2], KernelLimit::Identity));
    assert_eq!((report.variance_limit, report.condition_limit), (Some(q), Some(1.0)));
    let deep = report.rows[2].trained.as_ref().unwrap();
    assert!(deep.mean.iter().all(|f| f.abs() < 1e-200) && (deep.variance / q - 1.0).abs() < 1e-12);
    assert!((deep.condition.to_f64() - 1.0).abs() < 1e-14);
    assert!(report.rows[1].cosine.unwrap().max < 1e-20);
    // f = (0, 0) against the test targets (0, 1).
    assert!((deep.test_error.unwrap() - 0.5).abs() < 1e-12);
}

#[test]
fn bad_data_is_named() {
    let targets = Targets::new(&TARGETS, 1, &Distinct::all(4)).unwrap();
    let inputs = circle(UNIT);
    let data =
        DepthData { train: &inputs[..8], test: &inputs[8..], features: 2, targets: &targets, test_targets: None };
    let ask =
        |data: &DepthData<'_>, depths: &[usize]| depth_data_report(&relu(2.0, 0.0), data, depths, &Watch::default());
    assert!(matches!(ask(&data, &[]), Err(DepthError::Depths { .. })));
    assert!(matches!(ask(&data, &[3, 3]), Err(DepthError::Depths { .. })));
    assert!(matches!(ask(&DepthData { train: &inputs[..6], ..data }, &[3]), Err(DepthError::Predict(_))));
    assert!(matches!(ask(&DepthData { test: &inputs[..3], ..data }, &[3]), Err(DepthError::Predict(_))));
    assert!(matches!(ask(&DepthData { test_targets: Some(&[1.0]), ..data }, &[3]), Err(DepthError::Predict(_))));
    let broken = [f64::NAN; 8];
    assert!(ask(&DepthData { train: &broken, ..data }, &[3]).is_err());
    let stopped = Watch::default();
    stopped.stop();
    assert_eq!(depth_data_report(&relu(2.0, 0.0), &data, &[3], &stopped).err(), Some(DepthError::Stopped));
}
