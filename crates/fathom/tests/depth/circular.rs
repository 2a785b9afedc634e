//! Circular convolutional networks against the recursion of all pairs of places, and against fully connected networks.

use fathom_ntk::analysis::depth::{
    CircularNetwork, DepthClass, DepthError, DepthNetwork, DepthOptions, DepthRate, DepthReport, ImagePair,
    circular_depth_report, circular_limit,
};
use fathom_ntk::infinite::location_kernels;
use fathom_ntk::infinite::matrix::Watch;
use fathom_ntk::spec::{BranchScaling, CnnSpec, Composition, Padding};

use super::{activation, normalised, printed, relu};

/// Two images of six places and three channels, drawn from the normal distribution.
const FIRST: [f64; 18] = [
    0.1257302210933933,
    -0.1321048632913019,
    0.6404226504432821,
    0.10490011715303971,
    -0.535669373161111,
    0.36159505490948474,
    1.3040000451301372,
    0.9470809631292422,
    -0.7037352358069926,
    -1.2654214710460525,
    -0.6232744625373522,
    0.0413259793472436,
    -2.3250307746388343,
    -0.21879166393254573,
    -1.2459109472530652,
    -0.7322673547034516,
    -0.544_258_882_957_31,
    -0.31630015636915454,
];
const SECOND: [f64; 18] = [
    0.4116305363741328,
    1.0425133694426776,
    -0.12853466294403426,
    1.3664634705496859,
    -0.6651946734866135,
    0.3515100700930197,
    0.9034701816518086,
    0.09401229776087457,
    -0.7434992493538084,
    -0.9217253762584194,
    -0.45772582566733916,
    0.2201951234700494,
    -1.009618183538736,
    -0.20917557487171307,
    -0.15922500991447772,
    0.5408455846858077,
    0.2146591225063409,
    0.3553727090399214,
];

fn line() -> ImagePair {
    ImagePair::new(&[6], 3, &FIRST, &SECOND).unwrap()
}

fn windows(layers: &DepthNetwork, filter: &[usize]) -> CircularNetwork {
    CircularNetwork::new(layers.clone(), filter).unwrap()
}

fn report(network: &CircularNetwork, images: &ImagePair, depths: &[usize]) -> DepthReport {
    let options = DepthOptions { depths: depths.to_vec(), epsilon: 0.01 };
    circular_depth_report(network, images, &options, &Watch::default()).unwrap()
}

fn resnet(scaling: BranchScaling) -> DepthNetwork {
    DepthNetwork::resnet(&activation("relu"), 2.0, 0.0, scaling).unwrap()
}

/// Means over places of $\Sigma(x,x)$, $\Sigma(x',x')$, $\Sigma(x,x')$ and the same of Θ, by the recursion of images.
fn by_places(
    network: &CircularNetwork,
    sizes: &[usize],
    channels: usize,
    images: [&[f64]; 2],
    depth: usize,
) -> [f64; 6] {
    let layers = network.layers();
    let blocks = Composition::try_from(CnnSpec {
        input: sizes.iter().copied().chain([channels]).collect(),
        depth,
        filter: network.filter().to_vec(),
        padding: Padding::Circular,
        activation: layers.activation().clone(),
        weight_var: layers.weight_var(),
        bias_var: layers.bias_var(),
        scaling: layers.scaling(),
    })
    .unwrap();
    if layers.scaling().is_none() && depth > 1 {
        assert_eq!(CircularNetwork::of(&blocks).unwrap(), *network);
    }
    let mut means = [0.0; 6];
    for (entry, [one, two]) in [[images[0]; 2], [images[1]; 2], images].into_iter().enumerate() {
        let kernels = location_kernels(&blocks, one, two).unwrap();
        let places = kernels.places();
        for place in 0..places {
            means[entry] += kernels.nngp(place, place).unwrap().to_f64() / places as f64;
            means[3 + entry] += kernels.ntk(place, place).unwrap().to_f64() / places as f64;
        }
    }
    means
}

#[test]
fn states_of_places_are_the_recursion_of_images() {
    let networks = [
        (DepthNetwork::mlp(&activation("relu"), 2.0, 0.0).unwrap(), vec![3]),
        (DepthNetwork::mlp(&activation("relu"), 1.5, 0.1).unwrap(), vec![4]),
        (DepthNetwork::mlp(&activation("erf"), 1.3, 0.2).unwrap(), vec![3]),
        (resnet(BranchScaling::Constant(1.0)), vec![3]),
        (resnet(BranchScaling::Power(1.0)), vec![2]),
        (resnet(BranchScaling::InverseDepth), vec![5]),
        (DepthNetwork::mlp(&activation("relu"), 2.0, 0.0).unwrap(), vec![2, 3]),
    ];
    for (layers, filter) in networks {
        let network = windows(&layers, &filter);
        let (sizes, channels): (&[usize], _) = if filter.len() == 2 { (&[2, 3], 3) } else { (&[6], 3) };
        let images = ImagePair::new(sizes, channels, &FIRST, &SECOND).unwrap();
        let depths = [1, 2, 5, 70];
        for (kernel, depth) in network.kernels(&images, &depths).unwrap().iter().zip(depths) {
            let want = by_places(&network, sizes, channels, [&FIRST, &SECOND], depth);
            for (got, want) in kernel.nngp.iter().chain(&kernel.ntk).zip(want) {
                let apart = (got.to_f64() / want - 1.0).abs();
                // Two recursions of 70 layers with some ten roundings each; the first inner product cancels by a factor 6.
                assert!(apart < 2e-13, "{layers:?} {filter:?} {depth}: {got:?} {want} {apart:e}");
            }
        }
    }
}

/// The same number in other words, to the digits that were published with the theory: with images as above,
/// $t_L - L/4 - \frac38 \ln L$ at $10^4$ and $10^5$ layers, and of residual networks
/// $t_L/\rho - L/4 - \frac38 \ln L$ with ρ = ½.
#[test]
fn what_is_left_beside_the_logarithm_is_a_constant_of_the_images() {
    let rest = |scale: f64, row: &fathom_ntk::analysis::depth::DepthRow| {
        let depth = row.depth as f64;
        normalised(row) * scale - depth / 4.0 - 0.375 * depth.ln()
    };
    let plain = report(&windows(&relu(2.0, 0.0), &[3]), &line(), &[10_000, 100_000]);
    printed(rest(1.0, &plain.rows[0]), 1.27566, 5);
    printed(rest(1.0, &plain.rows[1]), 1.27726, 5);
    let residual = report(&windows(&resnet(BranchScaling::Constant(1.0)), &[3]), &line(), &[10_000, 100_000]);
    printed(rest(2.0, &residual.rows[0]), 3.48722, 5);
    printed(rest(2.0, &residual.rows[1]), 3.49509, 5);
    assert_eq!(residual.rate, Some(DepthRate::LogOverDepth { coefficient: 0.375 }));
}

#[test]
fn residuals_tend_to_the_constant_of_fully_connected_networks() {
    let found = report(&windows(&relu(2.0, 0.0), &[3]), &line(), &[1000, 10_000, 100_000, 1_000_000]);
    assert_eq!((found.class, found.ratio_limit), (DepthClass::ReluLike, Some(0.25)));
    // Of fully connected networks: −0.14878, −0.12741, −0.12524, −0.125025, for every pair but for terms of order 1/L.
    printed(found.rows[1].residual.unwrap(), -0.12741, 4);
    printed(found.rows[2].residual.unwrap(), -0.12524, 5);
    // A difference of numbers near 2.5e5, which a million layers know to 1e-11.
    printed(found.rows[3].residual.unwrap(), -0.12502, 5);
    let facts = found.circular.clone().unwrap();
    assert!((facts.slowest_pattern - 2.0 / 3.0).abs() < 1e-15, "(1 + 2 cos 60°)/3");
    assert!((facts.pattern_layers.unwrap() - 1.0 / 1.5_f64.ln()).abs() < 1e-12);
    // The law with the measured constant C against the recursion: what is left is of order ln²L/L² over L.
    for (row, tolerance) in found.rows.iter().zip([3e-5, 5e-7, 1e-8, 2e-10]) {
        let apart = (row.error.unwrap().to_f64() - row.predicted.unwrap().to_f64()).abs();
        assert!(apart < tolerance, "{} {apart:e}", row.depth);
    }
    let needed = (found.needed.predicted.unwrap(), found.needed.verified.unwrap() as f64);
    // Near 350 layers the terms that the law leaves out, of order ln²L/L², are 1e-3 of ε = 0.01 times a few.
    assert!((needed.0 / needed.1 - 1.0).abs() < 0.03, "{needed:?}");
}

/// $q^*/(1 - \chi_1)$ and $T_\infty$ of erf networks, which no image changes.
#[test]
fn ordered_and_chaotic_limits_are_those_of_fully_connected_networks() {
    let erf = |weight_var, bias_var| DepthNetwork::mlp(&activation("erf"), weight_var, bias_var).unwrap();
    let ordered = report(&windows(&erf(1.0, 0.1), &[3]), &line(), &[40, 200]);
    assert_eq!((ordered.class, ordered.ratio_limit), (DepthClass::Ordered, Some(1.0)));
    printed(ordered.rows[1].ntk[2].to_f64(), 1.911748, 6);
    let chaotic = report(&windows(&erf(4.0, 0.3), &[3]), &line(), &[100, 200]);
    assert_eq!((chaotic.class, chaotic.ratio_limit), (DepthClass::Chaotic, Some(0.0)));
    printed(chaotic.rows[1].ntk[2].to_f64(), 6.772686, 6);
    for (found, tolerance) in [(ordered, 0.05), (chaotic, 1e-6)] {
        let row = found.rows[1];
        let ratio = (row.error.unwrap() / row.predicted.unwrap()).to_f64();
        // The ordered rate is a leading order with corrections of order 1/L.
        assert!((ratio - 1.0).abs() < tolerance, "{:?} {ratio}", found.class);
    }
}

#[test]
fn images_become_one_pair_and_their_recursion_that_of_lists() {
    // Places that are equal from the start: a fully connected network, whatever the window.
    let repeat = |channels: [f64; 2]| channels.repeat(12);
    let (one, two) = ([1.0, -0.5], [0.3, 0.8]);
    let images = ImagePair::new(&[3, 4], 2, &repeat(one), &repeat(two)).unwrap();
    let input = fathom_ntk::infinite::PairInput::from_vectors(&one, &two).unwrap();
    for (name, variances) in [("relu", [2.0, 0.0]), ("tanh", [1.2, 0.1]), ("gelu", [2.5, 0.0])] {
        let layers = DepthNetwork::mlp(&activation(name), variances[0], variances[1]).unwrap();
        let depths = [1, 3, 40, 300];
        let found = windows(&layers, &[3, 2]).kernels(&images, &depths).unwrap();
        for (got, want) in found.iter().zip(layers.kernels(&input, &depths).unwrap()) {
            for (got, want) in [(got.gap, want.gap), (got.ntk[0], want.ntk[0]), (got.ntk_gap, want.ntk_gap)] {
                let apart = ((got - want) / want).to_f64().abs();
                // Roundings of 300 layers, which chaos and order multiply by the depth.
                assert!(apart < 1e-11, "{name} {got:?} {want:?} {apart:e}");
            }
        }
    }
}

#[test]
fn windows_that_mix_nothing_are_not_covered() {
    let found = report(&windows(&relu(2.0, 0.0), &[1]), &line(), &[10]);
    assert_eq!((found.class, found.ratio_limit), (DepthClass::NotCovered, None));
    assert_eq!(found.circular.unwrap().pattern_layers, None);
    let limit = circular_limit(&relu(2.0, 0.0), [&[1.0, 2.0], &[1.0, 1.0]], 0).unwrap();
    assert_eq!(limit.slowest_pattern, 1.0);
}

#[test]
fn images_that_do_not_fit_are_refused() {
    let network = windows(&relu(2.0, 0.0), &[3]);
    let two = |sizes: &[usize], channels, numbers: usize| {
        ImagePair::new(sizes, channels, &vec![1.0; numbers], &vec![1.0; numbers])
    };
    assert!(matches!(two(&[4], 1, 3), Err(DepthError::Image { got: 3, .. })));
    assert!(matches!(two(&[4, 0], 1, 0), Err(DepthError::Image { .. })));
    assert!(matches!(two(&[], 1, 1), Err(DepthError::Image { .. })));
    assert!(matches!(two(&[usize::MAX, 2], 2, 4), Err(DepthError::Image { .. })));
    assert!(matches!(network.kernels(&two(&[2], 1, 2).unwrap(), &[3]), Err(DepthError::Image { got: 3, .. })));
    assert!(matches!(network.kernels(&two(&[2, 3], 1, 6).unwrap(), &[3]), Err(DepthError::Image { got: 2, .. })));
    assert!(CircularNetwork::new(relu(2.0, 0.0), &[0]).is_err());
    let same = CnnSpec {
        input: vec![6, 3],
        depth: 3,
        filter: vec![3],
        padding: Padding::Same,
        activation: activation("relu"),
        weight_var: 2.0,
        bias_var: 0.0,
        scaling: None,
    };
    let blocks = Composition::try_from(same).unwrap();
    assert_eq!(CircularNetwork::of(&blocks), Err(DepthError::NotCircular));
}

#[test]
fn reports_of_pairs_count_layers_and_can_be_stopped() {
    let (images, options) = (line(), DepthOptions { depths: vec![10, 100], epsilon: 0.01 });
    let watch = Watch::default();
    let network = windows(&relu(2.0, 0.0), &[3]);
    circular_depth_report(&network, &images, &options, &watch).unwrap();
    let (done, total) = watch.progress();
    assert!(total > 100 && done + 1 >= total, "{done} of {total} layers of the last pass");
    watch.stop();
    assert_eq!(circular_depth_report(&network, &images, &options, &watch).err(), Some(DepthError::Stopped));
    let input = fathom_ntk::infinite::PairInput::from_gap(1.0, 1.0, 1.0).unwrap();
    let tanh = DepthNetwork::mlp(&activation("tanh"), 1.5, 0.1).unwrap();
    let stopped = fathom_ntk::analysis::depth::depth_report(&tanh, &input, &options, &watch);
    assert_eq!(stopped.err(), Some(DepthError::Stopped));
}

#[test]
fn images_whose_places_take_days_to_agree_are_refused() {
    let places = 1 << 18;
    let image = vec![1.0; places];
    let images = ImagePair::new(&[places], 1, &image, &image).unwrap();
    let options = DepthOptions { depths: vec![100_000], epsilon: 0.01 };
    let network = windows(&relu(2.0, 0.0), &[3]);
    let refused = circular_depth_report(&network, &images, &options, &Watch::default()).err();
    assert!(matches!(refused, Some(DepthError::TooManyPlaces { places: 262_144, layers: 100_000, .. })), "{refused:?}");
}

#[test]
fn branches_of_nothing_leave_the_kernel_of_the_first_layer() {
    // Three places of one channel: Σ and Θ of one circular convolution are means of products over windows, and so over places.
    let images = ImagePair::new(&[3], 1, &[1.0, 2.0, -1.0], &[0.5, 1.0, 3.0]).unwrap();
    for name in ["relu", "tanh"] {
        let layers = DepthNetwork::resnet(&activation(name), 1.5, 0.2, BranchScaling::Constant(0.0)).unwrap();
        let found = report(&windows(&layers, &[3]), &images, &[2, 500]);
        // (σ_w² x·x′/3 + σ_b²) over the roots of the same of each: x·x′ = −1/2, |x|² = 6, |x′|² = 41/4.
        let want = (1.5 * -0.5 / 3.0 + 0.2) / ((1.5 * 2.0 + 0.2_f64) * (1.5 * 10.25 / 3.0 + 0.2)).sqrt();
        assert_eq!(found.class, DepthClass::FirstLayer);
        assert!((found.ratio_limit.unwrap() - want).abs() < 1e-15, "{:?}", found.ratio_limit);
        assert!((found.rows[1].ratio - want).abs() < 1e-15 && found.rate.is_none());
    }
}
