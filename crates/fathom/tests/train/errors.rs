//! Bad input.

use fathom_ntk::network::Network;
use fathom_ntk::train::{
    Examples, LearningRate, Loss, Optimizer, Probe, Recorder, TrainError, TrainOptions, Trainer, TrainerState,
};

use crate::{examples, network, options};

#[track_caller]
fn refused(toml: &str, examples: &Examples, options: &TrainOptions) -> String {
    Trainer::new(&network(toml, 0), examples, options).err().unwrap().to_string()
}

#[test]
fn data_must_fit_the_network() {
    let data = examples(5, 4, 3);
    assert_eq!(
        refused("widths = '5,8,3'", &data, &options(0.1, 1)),
        "the network has 5 inputs, but the training data have 4"
    );
    assert_eq!(
        refused("widths = '4,8,2'", &data, &options(0.1, 1)),
        "the network has 2 outputs, but the training data have 3"
    );
    let network = network("widths = '4,8,3'", 0);
    let test = examples(5, 4, 2);
    let recorder = Recorder::new(&network, &data, Some(&test), Loss::Squared, None);
    assert_eq!(recorder.err().unwrap().to_string(), "the network has 3 outputs, but the test data have 2");
}

#[test]
fn options_must_have_a_meaning() {
    let data = examples(5, 4, 3);
    let toml = "widths = '4,8,3'";
    for rate in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert_eq!(
            refused(toml, &data, &options(rate, 1)),
            format!("the learning rate must be positive and finite, got {rate}")
        );
    }
    let with = |change: fn(&mut TrainOptions)| {
        let mut options = options(0.1, 1);
        change(&mut options);
        refused(toml, &data, &options)
    };
    assert_eq!(with(|o| o.batch = Some(6)), "a batch must have between 1 and 5 inputs (the training data), got 6");
    assert_eq!(with(|o| o.stop.steps = None), "training needs a number of steps or a time to stop at, got neither");
    assert!(
        with(|o| o.optimizer = Optimizer::Adam { beta1: 0.9, beta2: 1.0, epsilon: 1e-8 }).starts_with("beta2 of Adam")
    );
    assert!(
        with(|o| o.optimizer = Optimizer::Adam { beta1: 0.9, beta2: 0.9, epsilon: 0.0 }).starts_with("epsilon of Adam")
    );
}

#[test]
fn cross_entropy_needs_probabilities_and_a_step_has_no_gradient() {
    let data = Examples::new(vec![1.0; 4], 4, vec![0.5, 0.2, 0.2], 3).unwrap();
    let options = TrainOptions { loss: Loss::CrossEntropy, ..options(0.1, 1) };
    assert!(refused("widths = '4,8,3'", &data, &options).starts_with("cross-entropy needs targets"));
    let smooth = network("widths = '4,8,3'", 0);
    let jumping = Network::new("step".parse().unwrap(), smooth.layers().to_vec()).unwrap();
    let error = Trainer::new(&jumping, &examples(5, 4, 3), &crate::options(0.1, 1)).err().unwrap();
    assert_eq!(error.to_string(), "step jumps, so its networks have outputs but no NTK");
}

#[test]
fn a_network_without_trained_parameters_has_no_relative_rate() {
    // Without biases, and inputs that are all zero, nothing depends on the parameters.
    let data = Examples::new(vec![0.0; 8], 4, vec![1.0; 2], 1).unwrap();
    let options = TrainOptions { learning_rate: LearningRate::Relative(0.5), ..options(0.1, 1) };
    let network = network("widths = '4,8,1'\nbiases = 'none'", 0);
    assert_eq!(Trainer::new(&network, &data, &options).err(), Some(TrainError::NoKernel));
}

#[test]
fn probes_are_part_of_the_training_data() {
    let (network, data) = (network("widths = '4,8,3'", 0), examples(5, 4, 3));
    let with = |probe| Recorder::new(&network, &data, None, Loss::Squared, Some(probe)).err();
    for rows in [0, 6] {
        assert_eq!(with(Probe { rows, ..Default::default() }), Some(TrainError::Probe { rows: 5, got: rows }));
    }
    let small = Probe { rows: 3, reference: Some(vec![1.0; 8]), keep: false };
    assert!(matches!(with(small), Some(TrainError::Length { rows: 3, cols: 3, got: 8, .. })));
}

#[test]
fn states_of_other_trainings_are_refused() {
    let (network, data) = (network("widths = '4,8,3'", 0), examples(5, 4, 3));
    let mut trainer = Trainer::new(&network, &data, &options(0.1, 1)).unwrap();
    let state = trainer.state();
    let short = TrainerState { parameters: vec![0.0; 3], ..state.clone() };
    assert_eq!(
        trainer.restore(&short).unwrap_err().to_string(),
        "the saved state has 3 parameters, but this training has 56"
    );
    let momentum = TrainerState { moments: [state.parameters.clone(), Vec::new()], ..state };
    assert!(matches!(trainer.restore(&momentum), Err(TrainError::State { what: "first moments", .. })));
}
