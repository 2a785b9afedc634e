//! Inputs of different norm, from the first steps of training to the last, in every phase.

use fathom_ntk::infinite::{PairInput, PairKernel, pair_kernel};
use fathom_ntk::predict::{
    Covariance, Kernel, KernelKind, PredictOptions, Prediction, Solver, TestBlock, Time, predict,
};
use fathom_ntk::spec::{Architecture, ArchitectureSpec, PerLayer};
use serde_json::Value;

use super::different;

struct Case {
    value: Value,
    pairs: Vec<PairKernel>,
    inputs: usize,
    training: usize,
}

fn number(value: &Value) -> f64 {
    value.as_str().unwrap().parse().unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().flat_map(|v| if v.is_array() { numbers(v) } else { vec![number(v)] }).collect()
}

fn cases() -> Vec<Case> {
    let file: Value = serde_json::from_str(include_str!("../golden/predict.json")).unwrap();
    let list = file["norms"]["list"].as_array().unwrap();
    list.iter()
        .map(|value| {
            let arch = Architecture::try_from(ArchitectureSpec {
                depth: value["L"].as_u64().map(|l| l as usize),
                activation: Some(value["act"].as_str().unwrap().parse().unwrap()),
                weight_var: Some(PerLayer::Uniform(number(&value["sw2"]))),
                bias_var: Some(PerLayer::Uniform(number(&value["sb2"]))),
                ..Default::default()
            });
            let x = numbers(&value["x"]);
            let rows: Vec<&[f64]> = x.chunks_exact(3).collect();
            let arch = arch.unwrap();
            let pair =
                |i: usize, j: usize| pair_kernel(&arch, &PairInput::from_vectors(rows[i], rows[j]).unwrap()).unwrap();
            let pairs = (0..rows.len()).flat_map(|j| (0..=j).map(move |i| (i, j))).map(|(i, j)| pair(i, j)).collect();
            Case {
                value: value.clone(),
                pairs,
                inputs: rows.len(),
                training: value["train"].as_u64().unwrap() as usize,
            }
        })
        .collect()
}

impl Case {
    fn predict(&self, times: &[Time], ridge: f64) -> Prediction {
        let pair = |i: usize, j: usize| self.pairs[j * (j + 1) / 2 + i];
        let kernel = |kind| Kernel::from_pairs(self.inputs, self.training, kind, TestBlock::Full, pair).unwrap();
        let (ntk, nngp) = (kernel(KernelKind::Ntk), kernel(KernelKind::Nngp));
        let options = PredictOptions {
            times: times.to_vec(),
            covariance: Covariance::Full,
            ridge: fathom_ntk::predict::Ridge::Absolute(ridge),
            ..Default::default()
        };
        predict(Some(&ntk), Some(&nngp), &different(&numbers(&self.value["y"]), 2), &options).unwrap()
    }
}

#[test]
fn means_and_covariances_agree_with_many_digits_at_every_time() {
    let mut bordered = 0;
    for case in cases() {
        let answers = case.value["answers"].as_array().unwrap();
        let time = |a: &Value| if a["time"] == "inf" { Time::Infinite } else { Time::Flow(number(&a["time"])) };
        let times: Vec<Time> = answers.iter().map(time).collect();
        let prediction = case.predict(&times, 0.0);
        bordered += usize::from(prediction.solvers.contains(&Solver::Bordered));
        let name = format!("{} L = {}", case.value["act"], case.value["L"]);
        let relative = |got: f64, want: &Value| (got / number(want) - 1.0).abs();
        // Both the largest and the smallest eigenvalue to L ε, whatever their ratio.
        let digits = 1e-11;
        assert!(relative(prediction.lambda_max.to_f64(), &case.value["lambda_max"]) < digits, "{name}");
        assert!(relative(prediction.lambda_min.unwrap().to_f64(), &case.value["lambda_min"]) < digits, "{name}");
        for (got, want) in prediction.at.iter().zip(answers) {
            let scale = numbers(&want["mean"]).into_iter().fold(0.0_f64, |s, v| s.max(v.abs()));
            for (got, want) in got.mean.iter().zip(numbers(&want["mean"])) {
                assert!((got - want).abs() < digits * scale, "{name}, {:?}: {got:e} {want:e}", time(&answers[0]));
            }
            for (got, want) in got.train_mean.iter().zip(numbers(&want["train"])) {
                assert!((got - want).abs() < digits * 3.0, "{name}: {got:e} {want:e}");
            }
            // Differences of diagonals, which are known to ε, enter divided by gaps: worst where the gaps are √ε.
            let covariance_digits = digits.max(2e-8);
            let want_covariance = numbers(&want["covariance"]);
            let size = want_covariance[0].max(want_covariance[3]);
            for (got, want) in got.covariance.as_ref().unwrap().iter().zip(want_covariance) {
                assert!((got - want).abs() < covariance_digits * size, "{name}: {got:e} {want:e}");
            }
        }
    }
    assert!(bordered >= 5, "{bordered} systems were nearly constant");
}

/// With a ridge the answer at infinite time is that of a long flow, and the same from the bordered as from the plain system.
#[test]
fn ridge_is_the_end_of_a_long_flow() {
    for case in cases() {
        let prediction = case.predict(&[Time::Infinite, Time::Flow(1e7)], 1e-3);
        let [end, flow] = &prediction.at[..] else { panic!() };
        // e^{-ρt} is 0. The eigenvectors and the factorization each lose ε times the condition number λ/ρ < 10⁷.
        super::close(&end.mean, &flow.mean, 1e-8);
        super::close(&end.train_mean, &flow.train_mean, 1e-8);
        super::close(end.covariance.as_ref().unwrap(), flow.covariance.as_ref().unwrap(), 1e-8);
    }
}
