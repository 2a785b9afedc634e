//! Ensembles of trained networks.

use fathom_ntk::Architecture;
use fathom_ntk::analysis::training::{
    ComparisonError, Ensemble, EnsembleReport, Holds, Member, Setting, ensemble_report, infinite_width, train_member,
};
use fathom_ntk::spec::ArchitectureSpec;
use fathom_ntk::train::{Ending, Examples, Probe, Schedule, Stop, TrainOptions};
use rayon::prelude::*;

use crate::{examples, network, options};

const WIDE: &str = "widths = '4,128,128,1'\nactivation = 'tanh'\nweight_var = 1.5\nbias_var = 0.1";
const RATE: f64 = 0.05;

fn setting<'a>(train: &'a Examples, test: &'a Examples, options: &'a TrainOptions) -> Setting<'a> {
    Setting { train, test: Some(test), options, learning_rate: RATE }
}

fn members(toml: &str, seeds: std::ops::Range<u64>, setting: &Setting<'_>) -> Vec<Member> {
    let schedule: Schedule = "0,4,12".parse().unwrap();
    let probe = Probe { rows: 3, ..Default::default() };
    let one = |seed| train_member(&network(toml, seed), setting, &schedule, Some(&probe), || false).unwrap().unwrap();
    seeds.into_par_iter().map(one).collect()
}

fn gathered<'a>(members: impl IntoIterator<Item = &'a Member>) -> Ensemble {
    let mut ensemble = Ensemble::default();
    members.into_iter().for_each(|member| ensemble.push(member).unwrap());
    ensemble
}

fn reported(toml: &str, ensemble: &Ensemble, setting: &Setting<'_>) -> EnsembleReport {
    let arch = Architecture::try_from(ArchitectureSpec::from_toml(toml).unwrap()).unwrap();
    let wide = infinite_width(&arch, setting, &ensemble.steps(), None, 1 << 30).unwrap();
    ensemble_report(&arch, setting, ensemble, Ok(&wide), 3).unwrap()
}

/// Corrections are of order L/n = 2 %. Against another weight variance, the same networks are found not to agree.
#[test]
fn wide_ensembles_are_those_of_infinite_width_and_of_no_other() {
    let (train, test, options) = (examples(5, 4, 1), examples(8, 4, 1), options(RATE, 12));
    let setting = setting(&train, &test, &options);
    let ensemble = gathered(&members(WIDE, 0..400, &setting));
    let report = reported(WIDE, &ensemble, &setting);
    for at in &report.at {
        for data in [Some(&at.train), at.test.as_ref()].into_iter().flatten() {
            let wide = data.outputs.infinite_width.unwrap();
            let ratio = wide.variance_ratio.unwrap();
            let error = ratio.standard_error.unwrap();
            assert!((ratio.mean - 1.0).abs() < 4.0 * error + 0.04 && error < 0.1, "{} {ratio:?}", at.step);
            // Few inputs that go together: z of all of them is that of a few normal numbers.
            assert!(wide.rms_z.unwrap() < 2.5 && wide.mean_distance < 3.0 * wide.mean_noise.unwrap(), "{wide:?}");
        }
    }
    let verdict = report.verdict;
    assert_eq!(verdict.mean_held.map(|a| a.holds), Some(Holds::Yes), "{verdict:?}");
    assert_eq!(verdict.variance_held.map(|a| a.holds), Some(Holds::Yes), "{verdict:?}");
    assert!(
        report.at[2].drift.unwrap().mean > report.at[1].drift.unwrap().mean && report.at[0].drift.unwrap().mean == 0.0
    );
    assert!(report.at[2].train.loss.unwrap().mean < 0.5 * report.at[0].train.loss.unwrap().mean);

    let other = reported(&WIDE.replace("weight_var = 1.5", "weight_var = 2.2"), &ensemble, &setting).verdict;
    assert_eq!(other.variance_held.map(|a| a.holds), Some(Holds::No), "{other:?}");
}

#[test]
fn an_ensemble_is_the_same_bits_in_pieces_and_on_any_threads() {
    let (train, test, options) = (examples(5, 4, 2), examples(3, 4, 2), options(RATE, 12));
    let setting = setting(&train, &test, &options);
    let toml = "widths = '4,30x2,2'";
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| members(toml, 0..9, &setting))
    };
    let all = on(1);
    assert!(all == on(3));
    let whole = gathered(&all);
    let saved = serde_json::to_string(&gathered(&all[..4])).unwrap();
    let mut resumed: Ensemble = serde_json::from_str(&saved).unwrap();
    all[4..].iter().for_each(|member| resumed.push(member).unwrap());
    assert!(whole == resumed);
    let report = reported(toml, &whole, &setting);
    assert!(report == reported(toml, &resumed, &setting));
    let json: serde_json::Value = serde_json::from_str(&serde_json::to_string(&report).unwrap()).unwrap();
    assert_eq!(json["at"][2]["step"], 12);
    let mean: f64 = all.iter().map(|m| m.outputs[2].test[1]).sum::<f64>() / 9.0;
    assert!((whole.mean(2).unwrap().1[1] - mean).abs() < 1e-14);
    let variance = json["at"][2]["test"]["outputs"]["variance"]["mean"].as_f64().unwrap();
    let variances = whole.variances(2).unwrap().1;
    assert!((variance - variances.iter().sum::<f64>() / 6.0).abs() < 1e-13);
}

#[test]
fn networks_that_diverge_are_counted_and_left_out() {
    let (train, test, options) = (examples(5, 4, 1), examples(3, 4, 1), options(RATE, 12));
    let setting = setting(&train, &test, &options);
    let good = members(WIDE, 0..3, &setting);
    let fast = Setting { learning_rate: 50.0, ..setting };
    let steep = TrainOptions { divergence: 1e3, ..options.clone() };
    let bad = members(WIDE, 3..4, &Setting { options: &steep, ..fast });
    assert!(matches!(bad[0].ending, Ending::Diverged { .. }));
    let mixed = gathered(bad.iter().chain(&good));
    assert_eq!((mixed.members(), mixed.diverged()), (4, 1));
    assert_eq!(mixed.mean(2), gathered(&good).mean(2));
    let report = reported(WIDE, &mixed, &setting);
    assert_eq!((report.members, report.diverged), (4, 1));
}

#[test]
fn what_is_no_ensemble_is_refused() {
    let (train, test) = (examples(5, 4, 1), examples(3, 4, 1));
    let normal = options(RATE, 12);
    let until = TrainOptions { stop: Stop { loss: Some(0.1), ..normal.stop }, ..normal.clone() };
    let schedule: Schedule = "0".parse().unwrap();
    let train_with = |options: &TrainOptions, stop: bool| {
        train_member(&network(WIDE, 0), &setting(&train, &test, options), &schedule, None, || stop)
    };
    assert_eq!(train_with(&until, false), Err(ComparisonError::OwnSteps));
    assert_eq!(train_with(&normal, true), Ok(None));
    let setting = setting(&train, &test, &normal);
    let arch = Architecture::try_from(ArchitectureSpec::from_toml(WIDE).unwrap()).unwrap();
    let empty = ensemble_report(&arch, &setting, &Ensemble::default(), Err(ComparisonError::NotAskedFor), 0);
    assert_eq!(empty, Err(ComparisonError::NoMembers));
    let mut ensemble = gathered(&members(WIDE, 0..1, &setting));
    let mut member = members(WIDE, 1..2, &setting).swap_remove(0);
    member.records[1].step = 5;
    assert_eq!(ensemble.push(&member), Err(ComparisonError::Steps { got: 5, before: 4 }));
    member.records.pop();
    assert!(matches!(ensemble.push(&member), Err(ComparisonError::Length { .. })));
    assert_eq!(ensemble.members(), 1);
}
