//! The first step, as the sampler of first updates takes it.

use fathom_ntk::Architecture;
use fathom_ntk::network::{KernelForm, KernelOptions};
use fathom_ntk::sample::{FirstStep, Method, Recorder, Sampler};
use fathom_ntk::spec::ArchitectureSpec;
use fathom_ntk::train::{Examples, Trainer};

use crate::options;

/// Θ after a step of the trainer minus Θ before it is η times the observable `step` of the same draw.
#[test]
fn a_step_changes_the_ntk_as_the_sampler_says() {
    for toml in [
        "widths = '3,20,15,2'",
        "widths = '3,20,15,2'\nactivation = 'tanh'\nbias_var = 0.2\nparameterization = 'standard'",
        "widths = '3,12,1'\nparameterization = 'hanin-nica'\nactivation = 'gelu'",
    ] {
        let arch = Architecture::try_from(ArchitectureSpec::from_toml(toml).unwrap()).unwrap();
        let inputs = [0.7, -1.1, 0.4];
        let sampler = Sampler::new(&arch, &inputs, Some(Method::Direct)).unwrap();
        let rule = FirstStep { target: 0.6, step: 0.01 };
        let recorder = Recorder::new(&sampler, &["step(0,0)".parse().unwrap()]).unwrap().with_first_step(rule).unwrap();
        let mut row = Vec::new();
        recorder.record(&mut sampler.worker(), 9, 4, &mut row).unwrap();
        let expected = row[0].unwrap().to_f64();

        let network = sampler.network(9, 4).unwrap();
        let outputs = network.outputs();
        let examples = Examples::new(inputs.to_vec(), 3, vec![rule.target; outputs], outputs).unwrap();
        let mut trainer = Trainer::new(&network, &examples, &options(rule.step, 1)).unwrap();
        trainer.advance();
        let kernel = KernelOptions { form: KernelForm::PerOutput, ..Default::default() };
        let theta =
            |network: &fathom_ntk::network::Network| network.empirical_ntk(&inputs, &kernel).unwrap().matrices()[0][0];
        let (before, after) = (theta(&network), theta(&trainer.network()));
        // Both differences round Θ, of order 10, by some ε.
        let allowed = 100.0 * f64::EPSILON * before / rule.step;
        assert!(((after - before) / rule.step - expected).abs() < allowed, "{toml}: {after} {before} {expected}");
        assert!(expected.abs() > 1e3 * allowed, "{toml}: nothing changes");
    }
}
