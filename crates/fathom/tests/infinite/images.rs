//! Networks on images: against another library, every pair of places by the definition, and limits at great depth.

use fathom_ntk::Scaled;
use fathom_ntk::infinite::matrix::{KernelEngine, KernelKind, KernelScale, MatrixError, MatrixOptions, Method};
use fathom_ntk::infinite::{KernelError, PairInput, composed_pair_kernel, location_kernels};
use fathom_ntk::spec::{
    Block, BranchScaling, CnnSpec, Composition, CompositionError, CompositionSpec, Padding, Parameterization,
};
use serde_json::Value;

use super::Numbers;
use super::images_reference::reference;

const BOTH: MatrixOptions = MatrixOptions { kind: KernelKind::Both, scale: KernelScale::None, memory: usize::MAX };

fn composition(input: &[usize], blocks: Vec<Block>) -> Result<Composition, CompositionError> {
    Composition::try_from(CompositionSpec { input: input.to_vec(), blocks, ..Default::default() })
}

fn blocks(list: &[&str]) -> Vec<Block> {
    list.iter().map(|text| block(text)).collect()
}

/// A block in a few words: `conv same 3x3 /2`, `pool valid 2x2`, `relu`, `gap`, `flatten`, `dense`, `norm`.
fn block(text: &str) -> Block {
    let words: Vec<&str> = text.split(' ').collect();
    let padding = |word: &str| match word {
        "same" => Padding::Same,
        "valid" => Padding::Valid,
        "circular" => Padding::Circular,
        word => unreachable!("{word}"),
    };
    let sizes = |word: &str| -> Vec<usize> { word.split('x').map(|n| n.parse().unwrap()).collect() };
    let stride = |window: &[usize]| words.get(3).map_or(Vec::new(), |s| vec![s[1..].parse().unwrap(); window.len()]);
    match words[0] {
        "conv" => {
            let filter = sizes(words[2]);
            let stride = stride(&filter);
            let (padding, weight_var, bias_var) = (padding(words[1]), 1.7, 0.3);
            Block::Conv { filter, stride, padding, weight_var, bias_var, channels: None }
        }
        "pool" => {
            let window = sizes(words[2]);
            Block::AveragePool { stride: stride(&window), window, padding: padding(words[1]) }
        }
        "gap" => Block::GlobalAveragePool,
        "flatten" => Block::Flatten,
        "norm" => Block::LayerNorm,
        "dense" => Block::dense(1.3, 0.2),
        name => Block::activation(name.parse().unwrap()),
    }
}

fn residual(lambda_sq: f64, branch: &[&str], shortcut: &[&str]) -> Block {
    Block::Residual { lambda_sq, branch: blocks(branch), shortcut: blocks(shortcut) }
}

/// Σ and Θ of the rows of a matrix, as `f64`.
fn matrices(network: &Composition, rows: &[f64], others: Option<&[f64]>) -> [Vec<f64>; 2] {
    let engine = KernelEngine::new(network, rows, network.features(), others, &BOTH).unwrap();
    assert_eq!(engine.method(), Method::Blocks);
    let mut values = engine.matrices::<f64>().unwrap().into_iter().map(|m| {
        let factor = Scaled::ONE.times_power_of_two(m.exponent()).to_f64();
        m.into_values().into_iter().map(|x| factor * x).collect()
    });
    [values.next().unwrap(), values.next().unwrap()]
}

fn flat(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(list) => list.iter().flat_map(flat).collect(),
        other => vec![other.as_f64().unwrap()],
    }
}

fn shape(value: &Value) -> Vec<usize> {
    match value {
        Value::Array(list) => std::iter::once(list.len()).chain(shape(&list[0])).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn networks_on_images_agree_with_neural_tangents() {
    let document: Value = serde_json::from_str(include_str!("../golden/peer-composed.json")).unwrap();
    let (mut networks, mut numbers) = (0, 0);
    for peer in document["networks"].as_array().unwrap() {
        let input = |key: &str| &document["inputs"][peer[key].as_str().unwrap()];
        let size = shape(input("x1"))[1..].to_vec();
        if size.len() < 2 {
            continue;
        }
        let network = Composition::try_from(CompositionSpec {
            input: size,
            blocks: serde_json::from_value(peer["blocks"].clone()).unwrap(),
            parameterization: (peer["parameterization"] == "standard").then_some(Parameterization::Standard),
            ..Default::default()
        })
        .unwrap();
        let (x1, x2) = (flat(input("x1")), flat(input("x2")));
        let across = matrices(&network, &x1, Some(&x2));
        let own = matrices(&network, &x1, None);
        networks += 1;
        let name = peer["name"].as_str().unwrap();
        for (kind, key) in ["nngp", "ntk"].into_iter().enumerate() {
            for (computed, key, tolerance) in
                [(&across[kind], key.to_owned(), 1e-12), (&own[kind], format!("{key}_self"), 1e-6)]
            {
                // The peer takes arccosines of rounded numbers: 1e-8 a layer for places with themselves.
                let expected = flat(&peer[&key]);
                assert_eq!(computed.len(), expected.len());
                for (computed, expected) in computed.iter().zip(&expected) {
                    let error = (computed / expected - 1.0).abs();
                    assert!(error < tolerance, "{name} {key}: {computed} {expected} {error:e}");
                    numbers += 1;
                }
            }
        }
    }
    assert_eq!((networks, numbers), (7, 7 * 2 * 15));
}

#[test]
fn networks_that_pool_in_residual_blocks_agree_with_neural_tangents() {
    let document: Value = serde_json::from_str(include_str!("../golden/peer-pooled.json")).unwrap();
    let networks = document["networks"].as_array().unwrap();
    for peer in networks {
        let network = Composition::try_from(CompositionSpec {
            input: serde_json::from_value(peer["input"].clone()).unwrap(),
            blocks: serde_json::from_value(peer["blocks"].clone()).unwrap(),
            ..Default::default()
        })
        .unwrap();
        let computed = matrices(&network, &flat(&peer["x1"]), Some(&flat(&peer["x2"])));
        for (computed, key) in computed.iter().zip(["nngp", "ntk"]) {
            let expected = flat(&peer[key]);
            assert_eq!((computed.len(), expected.len()), (6, 6));
            for (computed, expected) in computed.iter().zip(&expected) {
                let error = (computed / expected - 1.0).abs();
                assert!(error < 1e-12, "{} {key}: {computed} {expected} {error:e}", peer["name"]);
            }
        }
    }
    assert_eq!(networks.len(), 4);
}

/// The recursion of the reference takes arccosines of quotients, which for inputs like these loses three digits at most.
const TOLERANCE: f64 = 1e-12;

fn assert_equal_to_reference(input: &[usize], blocks: Vec<Block>, seed: u64) {
    let network = composition(input, blocks).unwrap();
    let features = network.features();
    let mut numbers = Numbers(seed);
    let rows = numbers.vector(3 * features);
    let others = numbers.vector(2 * features);
    for others in [None, Some(others.as_slice())] {
        let computed = matrices(&network, &rows, others);
        let columns = others.unwrap_or(&rows);
        let count = columns.len() / features;
        for (i, x) in rows.chunks(features).enumerate() {
            for (j, y) in columns.chunks(features).enumerate() {
                let expected = reference(&network, x, y);
                let scale = reference(&network, x, x);
                for kind in 0..2 {
                    let error = (computed[kind][i * count + j] - expected[kind]).abs() / scale[kind];
                    let tolerance = if std::ptr::eq(x, y) { 1e-6 } else { TOLERANCE };
                    assert!(error < tolerance, "{:?} [{i}][{j}] {kind}: {error:e}", network.blocks());
                }
            }
        }
    }
}

#[test]
fn kernels_of_images_are_those_of_all_pairs_of_places() {
    let cases: &[(&[usize], &[&str])] = &[
        (&[5, 2], &["conv same 3", "relu", "conv same 3", "flatten", "dense"]),
        (&[5, 2], &["conv circular 3", "relu", "conv circular 3", "relu", "gap", "dense"]),
        (&[5, 4, 2], &["conv same 3x3", "relu", "conv same 3x3", "relu", "gap", "dense"]),
        (&[5, 4, 2], &["conv circular 3x2", "relu", "conv circular 3x3", "relu", "gap", "dense"]),
        (&[6, 5, 1], &["conv valid 3x2", "relu", "conv valid 2x3", "relu", "gap", "dense"]),
        (&[7, 6, 1], &["conv same 3x3 /2", "relu", "conv same 3x3", "relu", "gap", "dense"]),
        (&[7, 6, 1], &["conv circular 3x3 /2", "relu", "conv circular 3x3", "relu", "gap", "dense"]),
        (&[7, 6, 1], &["conv circular 3x3", "relu", "conv circular 3x3 /3", "relu", "flatten", "dense"]),
        (&[7, 7, 2], &["conv valid 3x3 /2", "relu", "conv same 2x2", "relu", "pool valid 2x2 /1", "conv same 2x2"]),
        (&[6, 6, 2], &["conv same 3x3", "relu", "pool valid 2x2", "conv same 3x3", "relu", "gap", "dense"]),
        (&[6, 6, 2], &["conv same 3x3", "relu", "pool same 3x3 /2", "conv circular 3x3", "relu", "gap", "dense"]),
        (
            &[6, 5, 2],
            &["conv circular 3x3", "relu", "pool circular 3x2 /2", "conv valid 2x2", "relu", "flatten", "dense"],
        ),
        (&[4, 4, 2], &["conv circular 3x3", "relu", "conv same 3x3", "relu", "gap", "dense", "relu", "dense"]),
        // One window that does not cover the image, or not once, and one that does.
        (&[3, 3, 1], &["conv same 3x3", "relu", "pool valid 2x2", "flatten", "dense"]),
        (&[7, 2], &["conv same 3", "relu", "pool valid 2", "conv same 1", "relu", "pool valid 2", "flatten", "dense"]),
        (&[3, 2], &["conv same 3", "relu", "pool same 2 /3", "flatten", "dense"]),
        (&[5, 1], &["conv same 3", "relu", "pool circular 2 /5", "flatten", "dense"]),
        (&[3, 4, 1], &["conv same 3x3", "relu", "pool valid 3x4", "flatten", "dense", "relu", "dense"]),
        (&[4, 4, 2], &["conv same 3x3", "norm", "relu", "conv same 3x3", "norm", "relu", "gap", "dense"]),
        (&[3, 3, 2], &["conv same 3x3", "erf", "conv same 3x3", "tanh", "gap", "dense"]),
        (
            &[6, 6, 2],
            &["pool valid 2x2", "conv same 3x3", "leaky-relu:0.3", "conv same 1x3", "abs", "flatten", "dense"],
        ),
        (&[3, 3, 2], &["dense", "relu", "dense", "gelu", "flatten", "dense"]),
    ];
    for (seed, (input, list)) in cases.iter().enumerate() {
        assert_equal_to_reference(input, blocks(list), seed as u64);
    }
}

#[test]
fn residual_networks_on_images_are_those_of_all_pairs_of_places() {
    let branch = || residual(0.6, &["relu", "conv same 3x3"], &[]);
    let strided = residual(1.0, &["relu", "conv same 3x3 /2", "relu", "conv same 3x3"], &["conv same 1x1 /2"]);
    let circular =
        residual(0.5, &["conv circular 3x3 /2", "relu", "conv circular 3x3"], &["relu", "conv circular 1x1 /2"]);
    for (i, list) in
        [vec![branch(), branch()], vec![branch(), strided, branch()], vec![circular, branch()]].into_iter().enumerate()
    {
        for (j, end) in [&["relu", "gap", "dense"][..], &["norm", "flatten", "dense"]].into_iter().enumerate() {
            let all = [blocks(&["conv same 3x3"]), list.clone(), blocks(end)].concat();
            assert_equal_to_reference(&[5, 6, 2], all, (10 * i + j) as u64);
        }
    }
}

/// Two functions of what the block begins with: each has expectations of its own.
#[test]
fn a_shortcut_may_have_another_function_than_its_branch() {
    let both = residual(0.6, &["tanh", "conv same 2x2", "erf", "conv same 1x1"], &["erf", "conv same 1x1"]);
    let list = vec![block("conv same 2x2"), both, block("gap"), block("dense")];
    assert_equal_to_reference(&[3, 2, 2], list, 8);
}

#[test]
fn pooling_in_branches_and_shortcuts_is_that_of_all_pairs_of_places() {
    let nested = Block::Residual {
        lambda_sq: 0.8,
        branch: vec![
            block("relu"),
            block("conv same 3x3"),
            residual(0.5, &["relu", "conv circular 3x3", "pool same 3x3 /1"], &[]),
            block("pool valid 2x2"),
        ],
        shortcut: blocks(&["pool valid 2x2", "conv same 1x1"]),
    };
    let cases: &[(&[usize], Vec<Block>)] = &[
        (&[5, 4, 2], vec![residual(0.6, &["relu", "pool same 2x2 /1", "conv same 3x3"], &[])]),
        (&[6, 5, 2], vec![residual(0.7, &["relu", "conv same 3x3 /2"], &["pool same 2x2"])]),
        (&[6, 7, 1], vec![residual(1.5, &["relu", "conv same 3x3", "pool valid 2x2"], &["pool valid 2x2"])]),
        (&[5, 6, 2], vec![residual(1.0, &["abs", "pool circular 3x3 /2", "conv same 3x3"], &["conv same 1x1 /2"])]),
        (&[6, 6, 1], vec![nested, residual(0.6, &["relu", "conv same 2x2"], &[])]),
        // Blocks that keep offsets apart before and after, and two that pool in a row.
        (
            &[4, 6, 2],
            vec![
                residual(0.6, &["relu", "conv same 3x3"], &["conv same 1x1"]),
                residual(0.7, &["relu", "pool same 3x3 /1", "conv same 3x3"], &[]),
                residual(0.4, &["leaky-relu:0.3", "conv same 2x2 /2"], &["pool valid 2x2"]),
                residual(1.0, &["norm", "relu", "conv circular 2x3"], &[]),
            ],
        ),
        // One dimension, and a branch that squeezes the image.
        (&[5, 2], vec![residual(0.9, &["erf", "conv same 3", "pool same 2 /1"], &["pool circular 3 /1"])]),
        (&[4, 3, 2], vec![residual(0.9, &["relu", "conv same 3x3", "gap", "dense"], &["gap"])]),
    ];
    for (i, (input, list)) in cases.iter().enumerate() {
        let (first, last) = if input.len() == 2 { ("conv same 3", "dense") } else { ("conv same 3x3", "dense") };
        let squeezed =
            list.iter().any(|b| matches!(b, Block::Residual { shortcut, .. } if shortcut == &blocks(&["gap"])));
        let ends: &[&[&str]] =
            if squeezed { &[&["relu", last]] } else { &[&["relu", "gap", last], &["norm", "relu", "flatten", last]] };
        for (j, end) in ends.iter().enumerate() {
            let all = [blocks(&[first]), list.clone(), blocks(end)].concat();
            assert_equal_to_reference(input, all, (10 * i + j) as u64);
        }
    }
    // At the beginning of a network, and at its end: the mean over all places.
    let first = residual(0.6, &["pool same 2x2 /1", "conv same 3x3"], &["conv same 1x1"]);
    assert_equal_to_reference(&[4, 4, 2], vec![first.clone()], 5);
    let last = residual(0.6, &["relu", "pool same 2x2 /1", "conv same 3x3"], &[]);
    assert_equal_to_reference(&[4, 4, 2], vec![first, last], 6);
}

#[test]
fn residual_blocks_on_flattened_images_add_independent_features_at_all_places() {
    let cases = [
        vec![residual(0.6, &["relu", "dense"], &[])],
        vec![residual(0.6, &["dense", "relu", "dense"], &[]), residual(1.3, &["norm", "erf", "dense"], &[])],
        vec![residual(0.7, &["relu", "dense"], &["dense"]), residual(0.7, &["relu", "dense"], &[])],
        vec![Block::Residual {
            lambda_sq: 0.8,
            branch: vec![block("relu"), block("dense"), residual(0.5, &["relu", "dense"], &[])],
            shortcut: Vec::new(),
        }],
        vec![Block::Residual {
            lambda_sq: 0.8,
            branch: vec![residual(0.5, &["relu", "dense"], &[]), block("norm"), block("relu"), block("dense")],
            shortcut: vec![residual(0.5, &["relu", "dense"], &[])],
        }],
    ];
    for (i, list) in cases.into_iter().enumerate() {
        for (j, end) in [&[][..], &["relu", "dense"], &["norm", "relu", "dense"]].into_iter().enumerate() {
            let all =
                [blocks(&["conv same 3x3", "relu", "conv same 2x3", "flatten"]), list.clone(), blocks(end)].concat();
            assert_equal_to_reference(&[4, 3, 2], all, (10 * i + j) as u64);
        }
    }
    // Flattened inside the block; with pooling beside it.
    for shortcut in [&["flatten", "dense"][..], &["pool valid 2x2", "flatten", "dense"]] {
        let inside = residual(0.6, &["relu", "conv same 3x3", "flatten", "relu", "dense"], shortcut);
        let all = vec![block("conv same 3x3"), inside, block("relu"), block("dense")];
        assert_equal_to_reference(&[4, 4, 2], all, 3);
    }
    let lists = residual(0.6, &["relu", "conv same 3x3", "flatten"], &["flatten"]);
    assert_equal_to_reference(&[4, 3, 2], vec![block("conv same 3x3"), lists, block("relu"), block("dense")], 4);
}

#[test]
fn untrained_biases_and_standard_parameters_are_those_of_the_definition() {
    for parameterization in [Parameterization::Standard, Parameterization::Ntk] {
        for biases in ["untrained", "trained"] {
            let mut list = blocks(&["conv same 3x3", "relu", "conv valid 2x2", "relu", "flatten", "dense"]);
            for block in &mut list {
                if let Block::Conv { channels, .. } = block {
                    *channels = Some(7);
                }
            }
            let network = Composition::try_from(CompositionSpec {
                input: vec![4, 4, 2],
                blocks: list,
                biases: Some(biases.parse().unwrap()),
                parameterization: Some(parameterization),
            })
            .unwrap();
            let mut numbers = Numbers(4);
            let (x, y) = (numbers.vector(32), numbers.vector(32));
            let computed = matrices(&network, &x, Some(&y));
            let expected = reference(&network, &x, &y);
            for kind in 0..2 {
                assert!((computed[kind][0] / expected[kind] - 1.0).abs() < 1e-12, "{kind} {computed:?} {expected:?}");
            }
        }
    }
}

/// A window of one and places that are all alike: a network on lists, whose kernel the pair recursion knows.
#[test]
fn images_of_one_place_are_lists_of_features() {
    let mut numbers = Numbers(9);
    for end in [&["relu", "dense"][..], &["gelu", "dense", "norm", "erf", "dense"]] {
        let list = [blocks(&["dense"]), blocks(end)].concat();
        let (image, plain) = (composition(&[1, 1, 6], list.clone()).unwrap(), composition(&[6], list).unwrap());
        let rows = numbers.vector(4 * 6);
        let (a, b) = (matrices(&image, &rows, None), matrices(&plain, &rows, None));
        for (a, b) in a.iter().flatten().zip(b.iter().flatten()) {
            assert!((a / b - 1.0).abs() < 1e-12, "{a} {b}");
        }
        let pair = PairInput::from_vectors(&rows[..6], &rows[6..12]).unwrap();
        let expected = composed_pair_kernel(&plain, &pair).unwrap().ntk[2].to_f64();
        assert!((b[1][1] / expected - 1.0).abs() < 1e-14);
    }
}

fn circular_network(depth: usize, scaling: Option<BranchScaling>, weight_var: f64) -> Composition {
    Composition::try_from(CnnSpec {
        input: vec![4, 2],
        depth,
        filter: vec![3],
        padding: Padding::Circular,
        activation: "relu".parse().unwrap(),
        weight_var,
        bias_var: 0.0,
        scaling,
    })
    .unwrap()
}

const X: [f64; 8] = [1.0, 0.0, 2.0, -1.0, 0.0, 1.0, -1.0, 1.0];
const Y: [f64; 8] = [1.0, 1.0, 0.0, 2.0, -1.0, 0.0, 1.0, -2.0];

/// Six places of three channels: the data of the constants in docs/theory.
const NORMAL: [[f64; 18]; 2] = [
    [
        0.125_730_221_093_393_3,
        -0.132_104_863_291_301_9,
        0.640_422_650_443_282_1,
        0.104_900_117_153_039_71,
        -0.535_669_373_161_111,
        0.361_595_054_909_484_74,
        1.304_000_045_130_137_2,
        0.947_080_963_129_242_2,
        -0.703_735_235_806_992_6,
        -1.265_421_471_046_052_5,
        -0.623_274_462_537_352_2,
        0.041_325_979_347_243_6,
        -2.325_030_774_638_834_3,
        -0.218_791_663_932_545_73,
        -1.245_910_947_253_065_2,
        -0.732_267_354_703_451_6,
        -0.544_258_982_857_309_9,
        -0.316_300_156_369_154_54,
    ],
    [
        0.411_630_536_374_132_8,
        1.042_513_369_442_677_6,
        -0.128_534_662_944_034_26,
        1.366_463_470_549_685_9,
        -0.665_194_673_486_613_5,
        0.351_510_070_093_019_7,
        0.903_470_181_651_808_6,
        0.094_012_297_760_874_57,
        -0.743_499_249_353_808_4,
        -0.921_725_376_258_419_4,
        -0.457_725_825_667_339_16,
        0.220_195_123_470_049_4,
        -1.009_618_183_538_736,
        -0.209_175_574_871_713_07,
        -0.159_225_009_914_477_72,
        0.540_845_584_685_807_7,
        0.214_659_122_506_340_9,
        0.355_372_709_039_921_4,
    ],
];

/// The diagonal of circular critical networks is L times the mean variance of the first layer once all places have forgotten
/// their own; off it, r L − L/4 − ⅜ ln L has a limit that the data decide, and the same at all places: 1.27566 at L = 10⁴ and
/// 1.27726 at 10⁵ by the recursion of one offset in another form (pairwise differences of all channels). Of
/// residual networks, the same of r/ρ with ρ = ½ is 3.48722 and 3.49509.
#[test]
fn deep_circular_networks_reach_their_limits() {
    let mean = |x: &[f64]| x.iter().map(|v| v * v).sum::<f64>() / 18.0 * 2.0;
    let [x, y] = NORMAL;
    let cases = [
        (10_000, None, 1.275_66),
        (100_000, None, 1.277_26),
        (10_000, Some(BranchScaling::Constant(1.0)), 3.487_22),
        (100_000, Some(BranchScaling::Constant(1.0)), 3.495_09),
    ];
    for (depth, scaling, expected) in cases {
        let rho = if scaling.is_some() { 0.5 } else { 1.0 };
        let network = Composition::try_from(CnnSpec {
            input: vec![6, 3],
            depth,
            filter: vec![3],
            padding: Padding::Circular,
            activation: "relu".parse().unwrap(),
            weight_var: 2.0,
            bias_var: 0.0,
            scaling,
        })
        .unwrap();
        let engine = KernelEngine::new(&network, &x, 18, Some(&y), &BOTH).unwrap();
        let [first, second] = [mean(&x), mean(&y)];
        let growth = if scaling.is_some() { 2.0_f64.ln() * (depth - 1) as f64 } else { 0.0 };
        let over = |k: Scaled, q: f64| (k.ln() - growth).exp() / q;
        let [own, _] = engine.diagonals(KernelKind::Ntk);
        let length = rho * depth as f64;
        // e^growth has the rounding of an exponent of 7·10⁴: 10⁻¹¹; with ρ = ½ the diagonal is ½ (L + 1).
        let diagonal = if scaling.is_some() { 0.5 * (depth + 1) as f64 } else { length };
        assert!((over(own[0], first) / diagonal - 1.0).abs() < 2.0 / length, "{depth} {}", over(own[0], first));
        let matrix = &engine.matrices::<f64>().unwrap()[1];
        let entry = Scaled::from(matrix.values()[0]).times_power_of_two(matrix.exponent());
        let residual = over(entry, (first * second).sqrt()) / rho - 0.25 * depth as f64 - 0.375 * (depth as f64).ln();
        assert!((residual - expected).abs() < 1e-5, "{depth} {residual}");
    }
}

#[test]
fn a_million_layers_on_images_neither_over_nor_underflow() {
    let network = circular_network(1_000_000, None, 3.0);
    let k = location_kernels(&network, &X, &Y).unwrap();
    // All places share (3/2)^(L−1) of the mean variance of the first layer, 3 · 9/8 and 3 · 12/8.
    let expected = 0.5 * (27.0 / 8.0_f64 * 36.0 / 8.0).ln() + 999_999.0 * 1.5_f64.ln();
    // The gap closes like 9π²/2 L^-2.
    assert!((k.nngp(0, 1).unwrap().ln() - expected).abs() < 1e-9 * expected, "{}", k.nngp(0, 1).unwrap().ln());
    let ratio = (k.ntk(0, 1).unwrap() / k.nngp(0, 1).unwrap()).to_f64();
    assert!((ratio / 1e6 - 0.25).abs() < 1e-5, "{ratio}");
}

/// Images that are the same, or differ by 10⁻⁹ of themselves: gaps are sums that do not cancel, so that the smallest changes
/// of an image change its kernel by the right amount. For one φ = relu and small differences, Σ₁₁ + Σ₂₂ − 2 Σ₁₂ is half of
/// σ_w² times the mean squared difference before to first order in the difference.
#[test]
fn nearly_equal_images_keep_their_digits() {
    let network =
        composition(&[6, 6, 2], blocks(&["conv same 3x3", "relu", "conv same 3x3", "relu", "flatten", "dense"]))
            .unwrap();
    let mut numbers = Numbers(3);
    let x = numbers.vector(72);
    let noise = numbers.vector(72);
    let kernels = |size: f64| {
        let y: Vec<f64> = x.iter().zip(&noise).map(|(x, e)| x + size * e).collect();
        matrices(&network, &[x.clone(), y].concat(), None)
    };
    // The NTK loses the angle: Γ is linear in the difference.
    let gap = |k: &[f64]| 0.5 * (k[0] + k[3]) - k[1];
    let (wide, narrow) = (gap(&kernels(1e-4)[1]), gap(&kernels(1e-6)[1]));
    assert!((wide / narrow / 100.0 - 1.0).abs() < 2e-3, "{wide} {narrow}");
    let same = kernels(0.0);
    for entries in &same {
        // √q √q instead of q.
        assert!((entries[1] / entries[0] - 1.0).abs() < 1e-14);
    }
}

#[test]
fn sizes_of_inputs_do_not_matter_without_biases() {
    let mut list = blocks(&[
        "conv same 3x3",
        "relu",
        "conv circular 3x3",
        "relu",
        "pool valid 2x2",
        "conv same 3x3",
        "relu",
        "gap",
        "dense",
    ]);
    for block in &mut list {
        if let Block::Conv { bias_var, .. } | Block::Dense { bias_var, .. } = block {
            *bias_var = 0.0;
        }
    }
    let network = composition(&[6, 6, 2], list).unwrap();
    let mut numbers = Numbers(3);
    let (x, y) = (numbers.vector(72), numbers.vector(72));
    let plain = matrices(&network, &x, Some(&y));
    for exponent in [-900, -30, 500] {
        let factor = 2.0_f64.powi(exponent);
        let large: Vec<f64> = x.iter().map(|v| factor * v).collect();
        let scaled = matrices(&network, &large, Some(&y));
        for kind in 0..2 {
            assert!((scaled[kind][0] / factor / plain[kind][0] - 1.0).abs() < 1e-13, "{exponent}");
        }
    }
    let zeros = matrices(&network, &[0.0; 72], Some(&y));
    assert_eq!([zeros[0][0], zeros[1][0]], [0.0, 0.0]);
}

#[test]
fn bands_and_threads_change_no_bit() {
    let network =
        composition(&[6, 5, 1], blocks(&["conv same 3x3", "relu", "conv circular 3x3", "relu", "gap", "dense"]))
            .unwrap();
    let rows = Numbers(1).vector(19 * 30);
    let engine = KernelEngine::new(&network, &rows, 30, None, &BOTH).unwrap();
    let whole = engine.matrices::<f64>().unwrap();
    assert_eq!(engine.bands(), 2);
    for band in 0..engine.bands() {
        for (kind, block) in engine.band::<f64>(band).unwrap().blocks() {
            let matrix = whole.iter().find(|m| m.kind() == kind).unwrap();
            let [row, col] = block.place();
            for (i, line) in block.values().chunks(block.cols()).enumerate() {
                assert_eq!(line, &matrix.values()[(row + i) * 19 + col..][..block.cols()]);
            }
        }
    }
    let alone = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    assert_eq!(alone.install(|| engine.matrices::<f64>().unwrap()), whole);
}

#[test]
fn what_does_not_fit_is_refused() {
    let conv = blocks(&["conv same 3x3", "relu", "flatten", "dense"]);
    let network = composition(&[4, 4, 2], conv).unwrap();
    let of = |rows: &[f64], options: &MatrixOptions| {
        KernelEngine::new(&network, rows, rows.len(), None, options).map(|_| ()).unwrap_err()
    };
    assert_eq!(of(&[1.0; 31], &BOTH), MatrixError::Features { network: 32, data: 31 });
    assert!(matches!(of(&[f64::NAN; 32], &BOTH), MatrixError::Input { .. }));
    let little = MatrixOptions { memory: 100, ..BOTH };
    assert!(matches!(of(&[1.0; 32], &little), MatrixError::Memory { .. }));
    // Global pooling asks the block before it for all pairs of its 64 places: 64² · 16 bytes a thread, once; images take less.
    let pools = residual(1.0, &["relu", "conv same 3x3"], &["pool same 2x2 /1"]);
    let pools =
        composition(&[8, 8, 1], vec![block("conv same 3x3"), pools, block("relu"), block("gap"), block("dense")]);
    let (pools, small) = (pools.unwrap(), MatrixOptions { memory: 60_000, ..BOTH });
    let refused = KernelEngine::new(&pools, &[1.0; 64], 64, None, &small).map(|_| ()).unwrap_err();
    assert!(matches!(refused, MatrixError::PairsOfPlaces { needed } if needed >= 64 * 64 * 16), "{refused}");
    let lists = residual(1.0, &["relu", "conv same 3x3 /2", "flatten"], &["flatten"]);
    let lists = composition(&[4, 4, 2], vec![block("conv same 3x3"), lists, block("dense")]).unwrap();
    let refused = KernelEngine::new(&lists, &[1.0; 32], 32, None, &BOTH).map(|_| ());
    assert_eq!(refused, Err(MatrixError::Kernel(KernelError::FlattenedSizes { branch: 4, shortcut: 16 })));
    let jump = composition(&[4, 1], blocks(&["conv same 3", "step", "flatten", "dense"])).unwrap();
    let refused = KernelEngine::new(&jump, &[1.0; 4], 4, None, &BOTH).map(|_| ());
    assert!(matches!(refused, Err(MatrixError::Kernel(KernelError::NoNtk { .. }))));
    let nngp = MatrixOptions { kind: KernelKind::Nngp, ..BOTH };
    let entries = KernelEngine::new(&jump, &[1.0; 4], 4, None, &nngp).unwrap().matrices::<f64>().unwrap();
    // E[step²] = 1/2: 1.3 · 1/2 + 0.2.
    assert!((entries[0].values()[0] - 0.85).abs() < 1e-15);
    let list = composition(&[4], blocks(&["dense"])).unwrap();
    assert!(matches!(location_kernels(&list, &[1.0; 4], &[1.0; 4]), Err(MatrixError::Kernel(KernelError::NoImages))));
    assert!(matches!(location_kernels(&network, &[1.0; 31], &[1.0; 32]), Err(MatrixError::Shape { got: 31, .. })));
}
