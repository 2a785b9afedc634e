//! The sampler of networks of blocks against the networks that it draws.

use fathom_ntk::analysis::verdict::{
    BlocksVerdict, Class, Inputs, Level, VerdictError, VerdictOptions, blocks_verdict,
};
use fathom_ntk::network::{ComposedNetwork, KernelForm};
use fathom_ntk::sample::{FirstStep, Observable, ObservableError, ObservableList, Recorder, SampleError, Sampler};
use fathom_ntk::spec::{Block, Composition, CompositionSpec, Padding};

use super::{composition, conv, dense, function, normals};

const MEMORY: usize = 1 << 28;

fn network(outputs: usize) -> Composition {
    let branch = vec![function("tanh"), conv(&[3], &[], Padding::Same)];
    let blocks = vec![
        conv(&[2], &[], Padding::Circular),
        Block::residual(0.5, branch),
        function("erf"),
        Block::Flatten,
        dense(),
    ];
    composition(&[4, 1], blocks).with_widths(6, outputs).unwrap()
}

#[test]
fn draws_are_those_of_the_networks_with_explicit_weights() {
    let inputs = normals(3 * 4, 21);
    let blocks = network(2);
    let observables: ObservableList =
        "ntk,ntk(0,2;1,0),outputs,output(2;1),layers,trace,step(1,2;0,1)".parse().unwrap();
    let observables = observables.members(&blocks, 3);
    let sampler = Sampler::of_blocks(&blocks, &inputs, &observables).unwrap();
    let step = FirstStep { target: 0.4, step: 1e-3 };
    let recorder = Recorder::new(&sampler, &observables).unwrap().with_first_step(step).unwrap();
    let mut worker = sampler.worker();
    for index in [0, 5] {
        let drawn = ComposedNetwork::draw(&blocks, 9, index).unwrap();
        let kernel = |network: &ComposedNetwork| {
            let full = network.empirical_ntk(&inputs, KernelForm::Full, MEMORY).unwrap();
            full.into_matrices().remove(0)
        };
        let theta = kernel(&drawn);
        let f = drawn.forward(&inputs).unwrap();
        let cotangents = [f[0] - step.target, f[1] - step.target];
        let moved = kernel(&drawn.gradient_step(&inputs[..4], &cotangents, step.step).unwrap());
        let mut row = Vec::new();
        recorder.record(&mut worker, 9, index, &mut row).unwrap();
        let found: Vec<f64> = row.into_iter().map(|value| value.unwrap().to_f64()).collect();
        let at = |(i, a): (usize, usize), (j, b): (usize, usize)| (i * 2 + a) * 6 + j * 2 + b;
        let pairs = [(0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)].map(|(i, j)| theta[at((i, 0), (j, 0))]);
        let place = at((1, 0), (2, 1));
        let trace: f64 = (0..6).map(|i| theta[i * 7]).sum();
        let expected = [&pairs[..], &[theta[at((0, 1), (2, 0))], f[0], f[2], f[4], f[5]]].concat();
        // The same operations in tiles of another shape: rounding of sums of some hundred products.
        let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-12 * theta[0], "{a} and {b}");
        expected.iter().zip(&found).for_each(|(a, b)| near(*a, *b));
        near(found[11..14].iter().sum(), theta[0]);
        assert!(found[11..14].iter().all(|layer| *layer > 0.0));
        near(found[14], trace);
        near(found[15] * step.step, moved[place] - theta[place]);
    }
}

/// The derivatives of one output are followed back where only that is observed; the numbers are the same.
#[test]
fn a_single_output_is_observed_alone() {
    let inputs = normals(2 * 4, 22);
    let blocks = network(3);
    let entry: Observable = "ntk(0,1)".parse().unwrap();
    let one = Sampler::of_blocks(&blocks, &inputs, &[entry]).unwrap();
    let all = Sampler::of_blocks(&blocks, &inputs, &[entry, Observable::Trace]).unwrap();
    assert_eq!((one.outputs(), all.outputs()), (1, 3));
    assert!(one.nanoseconds() < all.nanoseconds() && one.bytes() < all.bytes());
    let value = |sampler: &Sampler| sampler.worker().draw(1, 2).unwrap().ntk((0, 0), (0, 1)).to_f64();
    assert!((value(&one) / value(&all) - 1.0).abs() < 1e-12);
}

#[test]
fn what_cannot_be_drawn_or_recorded_is_refused() {
    let inputs = normals(4, 23);
    let blocks = network(1);
    let sampler = Sampler::of_blocks(&blocks, &inputs, &[]).unwrap();
    let update: Observable = "update(0,0)".parse().unwrap();
    assert!(
        matches!(Recorder::new(&sampler, &[update]), Err(ObservableError::OfBlocks { observable }) if observable == update)
    );
    let layer: Observable = "layer(4)".parse().unwrap();
    assert!(matches!(Recorder::new(&sampler, &[layer]), Err(ObservableError::Range { last: 3, .. })));
    let short = Sampler::of_blocks(&blocks, &inputs[..3], &[]).unwrap_err();
    assert_eq!(short, SampleError::InputShape { expected: 4, got: 3 });
    let open = composition(&[4, 1], vec![conv(&[2], &[], Padding::Same)]);
    assert!(matches!(Sampler::of_blocks(&open, &inputs, &[]), Err(SampleError::Network(_))));
    let huge = open.with_widths(1 << 33, 1).unwrap();
    let wide = composition(&[4, 1], vec![dense(), function("relu"), dense()]).with_widths(1 << 31, 1).unwrap();
    assert!(Sampler::of_blocks(&huge, &inputs, &[]).is_ok(), "its only layer has one output");
    assert!(matches!(Sampler::of_blocks(&wide, &inputs, &[]), Err(SampleError::Memory { .. })));
    let step = composition(&[4, 1], vec![dense(), function("step"), dense()]).with_widths(4, 1).unwrap();
    assert!(Sampler::of_blocks(&step, &inputs, &[]).is_err());
    assert!(sampler.network(0, 0).is_err());
}

#[test]
fn verdicts_refuse_inputs_that_say_nothing() {
    let judge =
        |blocks: &Composition, inputs: Inputs<'_>| blocks_verdict(blocks, inputs, Some(64), &VerdictOptions::default());
    let zeros = Inputs::Rows { values: &[0.0; 8], features: 4 };
    let unbiased = vec![Block::dense(2.0, 0.0), function("relu"), Block::Flatten, Block::dense(2.0, 0.0)];
    let without = composition(&[4, 1], unbiased).with_widths(8, 1).unwrap();
    assert_eq!(judge(&without, zeros).unwrap_err(), VerdictError::AllZero);
    let narrow = Inputs::Rows { values: &[1.0; 6], features: 3 };
    assert_eq!(judge(&network(1), narrow).unwrap_err(), VerdictError::Features { features: 3, inputs: 4 });
    let found = judge(&network(1), Inputs::Unit).unwrap();
    assert!(found.kernel.conditioning.is_none() && found.randomness.is_some() && found.movement.is_some());
    assert!(found.findings[2].unknown_because.is_some());
}

#[test]
fn a_step_beyond_all_numbers_moves_the_kernel_and_leaves_its_randomness_known() {
    let blocks = vec![dense(), function("relu"), dense(), function("relu"), dense()];
    let network = composition(&[4], blocks).with_widths(8, 1).unwrap();
    let judge = |rate| {
        let options = VerdictOptions { learning_rate: Some(rate), ..VerdictOptions::default() };
        blocks_verdict(&network, Inputs::Unit, Some(64), &options).unwrap()
    };
    let [far, beyond] = [1e10, 1e300].map(judge);
    assert_eq!((far.class, beyond.class), (Class::Outside, Class::Outside));
    assert_eq!(beyond.findings[1].level, Level::Bad);
    let spread = |found: &BlocksVerdict| found.randomness.as_ref().unwrap().relative_std.value;
    assert_eq!(spread(&far), spread(&beyond));
    assert!(beyond.movement.is_none());
}

#[test]
fn inputs_of_too_many_numbers_are_refused() {
    for sizes in [vec![1 << 25], vec![1 << 32, 1 << 32, 1], vec![100_000, 100_000, 1], vec![usize::MAX, 2]] {
        let spec = CompositionSpec { input: sizes, blocks: vec![dense()], ..Default::default() };
        let error = Composition::try_from(spec).unwrap_err().to_string();
        assert!(error.contains("at most 16777216 numbers in all"), "{error}");
    }
}
