//! `fathom predict` and `fathom select`.

use super::{fathom, json, refuses, stdout};

/// Two inputs at a right angle with a linear network of depth 1: Θ = 2 x·x′/2 = identity.
fn write(folder: &std::path::Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().into()
}

#[test]
fn a_linear_network_learns_its_targets() {
    let folder = tempfile::tempdir().unwrap();
    let train = write(folder.path(), "x.csv", "1,0\n0,1\n");
    let targets = write(folder.path(), "y.csv", "3\n-1\n");
    let test = write(folder.path(), "t.csv", "2,1\n1,1\n");
    let test_targets = write(folder.path(), "ty.csv", "5\n2\n");
    let saved = folder.path().join("p.npy");
    let plot = folder.path().join("p.svg");
    let data = ["--train", &train, "--targets", &targets, "--test", &test, "--test-targets", &test_targets];
    let more = ["--depth", "1", "--time", "0.5,2,inf", "--save", saved.to_str().unwrap()];
    let answer = json(&[&["predict"], &data[..], &more, &["--plot", plot.to_str().unwrap()]].concat());
    // f_t(x) = (1 − e^{-t}) x·y.
    let learnt = |t: f64| 1.0 - (-t).exp();
    for (i, share) in [learnt(0.5), learnt(2.0), 1.0].into_iter().enumerate() {
        let mean = &answer["at"][i]["mean"];
        assert!((mean[0].as_f64().unwrap() - 5.0 * share).abs() < 1e-14, "{mean}");
        assert!((mean[1].as_f64().unwrap() - 2.0 * share).abs() < 1e-14, "{mean}");
        // All that is left of the initial network, whose prior variance is |x|², is along what was not learnt.
        let variance = answer["at"][i]["variance"][0].as_f64().unwrap();
        assert!((variance - 5.0 * (1.0 - share).powi(2)).abs() < 1e-14, "{variance}");
    }
    assert!(answer["metrics"][2]["error"].as_f64().unwrap() < 1e-28);
    assert!((answer["max_learning_rate"]["value"].as_f64().unwrap() - 2.0).abs() < 1e-14);
    assert_eq!(answer["solvers"], serde_json::json!(["cholesky", "eigen"]));
    let file = npyz::NpyFile::new(std::fs::File::open(saved).unwrap()).unwrap();
    assert_eq!(file.shape(), [3, 2, 1]);
    assert!(std::fs::read_to_string(plot).unwrap().contains("Squared error in the course of training"));
    // Two steps of rate 1/2 leave a quarter.
    let steps = json(&[&["predict"], &data[..], &["--depth", "1", "--steps", "2", "--learning-rate", "0.5"]].concat());
    assert!((steps["at"][0]["mean"][0].as_f64().unwrap() - 3.75).abs() < 1e-14);
}

#[test]
fn digits_are_classified_also_where_the_kernel_is_nearly_constant() {
    let common =
        ["predict", "--train", "digits", "--hold-out", "60", "--rows", "150", "--classify", "--weight-var", "1"];
    for (depth, solver) in [("3", "cholesky"), ("80", "bordered")] {
        let answer = json(&[&common[..], &["--bias-var", "0.1", "--depth", depth]].concat());
        assert_eq!(answer["solvers"][0], solver);
        assert_eq!(answer["labels"].as_array().unwrap().len(), 10);
        assert!(answer["metrics"][0]["accuracy"].as_f64().unwrap() > 0.7, "{}", answer["metrics"]);
    }
}

/// Every activation has a panel, and the best combination of variances comes first in its legend.
#[test]
fn select_draws_scores_against_depth() {
    let folder = tempfile::tempdir().unwrap();
    let plot = folder.path().join("s.svg");
    let grid = ["--activation", "relu,erf", "--depth", "1,2,4", "--weight-var", "1,2", "--relative-ridge", "1e-2"];
    let data = ["select", "--train", "digits", "--rows", "60", "--classify", "--plot", plot.to_str().unwrap()];
    json(&[&data[..], &grid[..]].concat());
    let picture = std::fs::read_to_string(plot).unwrap();
    for words in ["leave-one-out accuracy", "weight layers L", ">relu<", ">erf<", "σ_w² = 1, σ_b² = 0.1"] {
        assert!(picture.contains(words), "{words}");
    }
}

#[test]
fn select_orders_candidates_and_names_those_without_scores() {
    let grid = ["--depth", "2,4", "--activation", "relu,erf,step", "--bias-var", "0.1"];
    let arguments = [&["select", "--train", "digits", "--rows", "60", "--classify"], &grid[..]].concat();
    let answer = json(&arguments);
    let candidates = answer["candidates"].as_array().unwrap();
    assert_eq!(candidates.len(), 18);
    let best = answer["best"].as_u64().unwrap() as usize;
    let of = |i: usize| candidates[i]["scores"]["loo_accuracy"].as_f64();
    assert!((0..18).all(|i| of(i).is_none_or(|accuracy| accuracy <= of(best).unwrap())));
    assert!(candidates[17]["not_available"].as_str().unwrap().contains("no NTK"));
    let text = stdout(&fathom(&arguments));
    assert!(text.contains("12 with scores, 6 without"), "{text}");
}

#[test]
fn bad_requests_are_refused_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let train = write(folder.path(), "x.csv", "1,0\n0,1\n");
    let targets = write(folder.path(), "y.csv", "3\n-1\n");
    let short = write(folder.path(), "s.csv", "3\n");
    let with = |more: &[&str]| -> Vec<String> {
        let data = ["predict", "--train", &train, "--targets", &targets, "--test", &train, "--depth", "2"];
        data.iter().chain(more).map(ToString::to_string).collect()
    };
    let refused = |more: &[&str], words: &[&str]| {
        let arguments = with(more);
        refuses(&arguments.iter().map(String::as_str).collect::<Vec<_>>(), words);
    };
    refused(&["--ridge", "-1"], &["ridge", "-1"]);
    refused(&["--time", "-2"], &["time", "-2"]);
    refused(&["--memory", "0"], &["memory", "0 are allowed"]);
    refused(&["--test-targets", &short], &["2 inputs", "targets for 1"]);
    refuses(&["predict", "--train", &train, "--targets", &short, "--test", &train], &["2 inputs", "targets for 1"]);
    refuses(&["predict", "--train", &train, "--test", &train], &["no labels", "--targets"]);
    refuses(&["predict", "--train", "digits"], &["--hold-out"]);
    refuses(&["select", "--train", "digits", "--criterion", "accuracy"], &["--classify"]);
}
