//! Against another library, in double precision.

use fathom_ntk::infinite::gram;
use fathom_ntk::predict::{Covariance, Kernel, KernelKind, Method, PredictOptions, Ridge, TestBlock, Time, predict};
use fathom_ntk::spec::{Architecture, ArchitectureSpec, PerLayer};
use serde_json::Value;

use super::{close, different};

fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(list) => list.iter().flat_map(numbers).collect(),
        other => vec![other.as_f64().unwrap()],
    }
}

fn architecture(block: &Value) -> Architecture {
    let layers = block["spec"].as_array().unwrap();
    let dense: Vec<&Value> = layers.iter().filter(|layer| layer["type"] == "dense").collect();
    let name = layers.iter().find(|layer| layer["type"] == "act").unwrap()["name"].as_str().unwrap();
    let square = |key: &str| Some(PerLayer::Uniform(dense[0][key].as_f64().unwrap().powi(2)));
    Architecture::try_from(ArchitectureSpec {
        depth: Some(dense.len()),
        activation: Some(name.to_lowercase().parse().unwrap()),
        weight_var: square("W_std"),
        bias_var: square("b_std"),
        ..Default::default()
    })
    .unwrap()
}

#[test]
fn ensembles_and_posteriors_are_those_of_the_peer() {
    let file: Value = serde_json::from_str(include_str!("../golden/peer-predictions.json")).unwrap();
    let (x, xt, y) = (numbers(&file["xtr"]), numbers(&file["xte"]), numbers(&file["ytr"]));
    let n = y.len() / 2;
    let features = x.len() / n;
    let mut compared = 0;
    for block in file["predictions"].as_array().unwrap() {
        let arch = architecture(block);
        let rows: Vec<&[f64]> = x.chunks_exact(features).chain(xt.chunks_exact(features)).collect();
        let gram = gram(&arch, &rows).unwrap();
        let kernel = |kind| Kernel::from_gram(&gram, n, kind, TestBlock::Full).unwrap();
        let (ntk, nngp) = (kernel(KernelKind::Ntk), kernel(KernelKind::Nngp));
        let value = block["diag_reg"].as_f64().unwrap();
        let ridge = if block["absolute"] == true { Ridge::Absolute(value) } else { Ridge::Relative(value) };
        let run = |method, time| {
            let options =
                PredictOptions { method, times: vec![time], ridge, covariance: Covariance::Full, memory: None };
            predict(Some(&ntk), Some(&nngp), &different(&y, 2), &options).unwrap()
        };
        // The peer clips cosines, so its NTK of relu is wrong by 1e-8; all else agrees to a few hundred roundings.
        let digits = |method| if block["arch"] == "relu_L2" && method == Method::Ntk { 3e-8 } else { 1e-12 };
        for entry in block["ensemble"].as_array().unwrap() {
            // The peer's loss is a mean over all targets.
            let time = entry["t"].as_f64().map_or(Time::Infinite, |t| Time::Flow(t / (2 * n) as f64));
            for (method, key) in [(Method::Ntk, "test_ntk"), (Method::Nngp, "test_nngp")] {
                let got = run(method, time);
                close(&got.at[0].mean, &numbers(&entry[key]["mean"]), digits(method));
                // With a ridge and at finite times the peer's covariance of the NNGP is not that of trained networks.
                if method == Method::Ntk || time == Time::Infinite || value == 0.0 {
                    close(got.at[0].covariance.as_ref().unwrap(), &numbers(&entry[key]["cov"]), digits(method));
                }
                compared += 1;
            }
        }
        let posterior = run(Method::Nngp, Time::Infinite);
        close(&posterior.at[0].mean, &numbers(&block["gp_inference"]["nngp"]["mean"]), digits(Method::Nngp));
        close(
            posterior.at[0].covariance.as_ref().unwrap(),
            &numbers(&block["gp_inference"]["nngp"]["cov"]),
            digits(Method::Nngp),
        );
    }
    assert!(compared > 40, "{compared}");
}
