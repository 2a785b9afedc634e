//! The same bits for every number of threads and every memory budget.

use fathom_ntk::network::{KernelForm, KernelOptions, NetworkError, Precision};

use crate::{Numbers, network};

const FORMS: [KernelForm; 3] = [KernelForm::Trace, KernelForm::PerOutput, KernelForm::Full];

/// 40 outputs make tiles of 16 inputs, so 50 inputs are four tiles, the last one cut.
#[test]
fn budgets_and_threads_change_no_bit() {
    let network = network("tanh", &[6, 70, 530, 40], true, 4);
    let (inputs, others) = (Numbers(2).list(6 * 50, 1.0), Numbers(5).list(6 * 20, 1.0));
    for (form, precision) in FORMS.into_iter().flat_map(|f| [(f, Precision::F64), (f, Precision::F32)]) {
        let with = |threads: usize, memory: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let options = KernelOptions { form, precision, memory };
            pool.install(|| {
                let square = network.empirical_ntk(&inputs, &options);
                square.and_then(|square| Ok((square, network.empirical_ntk_between(&inputs, &others, &options)?)))
            })
        };
        let reference = with(1, usize::MAX).unwrap();
        let Err(NetworkError::Budget { needed, got: 0 }) = with(1, 0) else { panic!("no budget is too little") };
        assert!(matches!(with(1, needed - 1), Err(NetworkError::Budget { .. })));
        for (threads, memory) in [(1, needed), (1, 2 * needed), (2, usize::MAX), (3, usize::MAX)] {
            assert!(with(threads, memory).unwrap() == reference, "{form:?} {precision:?} {threads} {memory}");
        }
    }
}

#[test]
fn rows_of_a_batch_do_not_depend_on_the_other_rows_beyond_rounding() {
    let network = network("gelu", &[6, 33, 20, 3], true, 4);
    let inputs = Numbers(2).list(6 * 700, 1.0);
    let all = network.forward(&inputs).unwrap();
    for row in [0, 255, 256, 699] {
        let one = network.forward(&inputs[row * 6..(row + 1) * 6]).unwrap();
        for (a, b) in one.outputs().iter().zip(&all.outputs()[row * 3..]) {
            assert!((a - b).abs() < 1e-13, "{row}: {a} {b}");
        }
    }
}
