//! The same bits after an interruption and on any number of threads.

use fathom_ntk::network::{Network, Precision};
use fathom_ntk::train::{Examples, TrainOptions, Trainer};

use crate::{OPTIMIZERS, examples, losses, network, options};

fn bits(network: &Network) -> Vec<u64> {
    let layers = network.layers().iter();
    let values = layers.flat_map(|layer| layer.weights().iter().chain(layer.biases().unwrap_or_default()));
    values.map(|value| value.to_bits()).collect()
}

fn cases() -> Vec<TrainOptions> {
    let mut cases = Vec::new();
    for optimizer in OPTIMIZERS {
        for precision in [Precision::F64, Precision::F32] {
            for batch in [None, Some(7)] {
                cases.push(TrainOptions { optimizer, precision, batch, seed: 3, ..options(1e-3, 23) });
            }
        }
    }
    cases
}

fn start() -> (Network, Examples) {
    (network("widths = '6,40x2,3'\nactivation = 'tanh'\nbias_var = 0.1", 4), examples(30, 6, 3))
}

#[test]
fn a_continued_training_has_the_bits_of_an_uninterrupted_one() {
    let (network, data) = start();
    for options in cases() {
        let mut whole = Trainer::new(&network, &data, &options).unwrap();
        let all = losses(&mut whole);
        let mut first = Trainer::new(&network, &data, &options).unwrap();
        for _ in 0..11 {
            first.advance();
        }
        let state = first.state();
        let mut second = Trainer::new(&network, &data, &options).unwrap();
        second.restore(&state).unwrap();
        assert_eq!(second.state(), state);
        assert_eq!(losses(&mut second), all[11..], "{options:?}");
        assert_eq!(bits(&second.network()), bits(&whole.network()), "{options:?}");
    }
}

/// Large enough that products are cut into several tiles.
#[test]
fn threads_do_not_change_bits() {
    let network = network("widths = '20,300x2,3'\nactivation = 'relu'\nbiases = 'zero-init'", 4);
    let data = examples(1300, 20, 3);
    for precision in [Precision::F64, Precision::F32] {
        for batch in [None, Some(400)] {
            let on = |threads| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                pool.install(|| {
                    let options = TrainOptions { precision, batch, ..options(1e-4, 3) };
                    let mut trainer = Trainer::new(&network, &data, &options).unwrap();
                    losses(&mut trainer);
                    bits(&trainer.network())
                })
            };
            let one = on(1);
            assert!(one == on(2) && one == on(3), "{precision:?} {batch:?}");
        }
    }
}

#[test]
fn another_seed_gives_other_batches() {
    let (network, data) = start();
    let with = |seed| {
        let options = TrainOptions { batch: Some(7), seed, ..options(1e-3, 5) };
        losses(&mut Trainer::new(&network, &data, &options).unwrap())
    };
    assert_ne!(with(1), with(2));
}
