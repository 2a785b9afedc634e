//! `fathom train`.

use serde_json::Value;

use super::{fathom, json, refuses, stderr, stdout};

fn write(folder: &std::path::Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().into()
}

fn path(folder: &tempfile::TempDir, name: &str) -> String {
    folder.path().join(name).to_str().unwrap().into()
}

fn array(path: &str) -> (Vec<u64>, Vec<f64>) {
    let file = npyz::NpyFile::new(std::fs::File::open(path).unwrap()).unwrap();
    (file.shape().to_vec(), file.into_vec().unwrap())
}

const SMALL: [&str; 11] =
    ["train", "--widths", "64,32x2,10", "--rows", "100", "--hold-out", "50", "--probe", "20", "--precision", "f32"];

/// Orthonormal inputs and σ_w² = n₀: Θ is the identity, and a step of rate ½ halves what is left to learn.
#[test]
fn a_linear_network_halves_its_residuals() {
    let folder = tempfile::tempdir().unwrap();
    let data = write(folder.path(), "x.csv", "1,0\n0,1\n");
    let targets = write(folder.path(), "y.csv", "3\n-1\n");
    let table = path(&folder, "t.csv");
    let common = ["train", "--data", &data, "--targets", &targets, "--widths", "2,1", "--precision", "f64"];
    let run = ["--steps", "3", "--learning-rate", "0.5", "--record-at", "every:1", "--table", &table];
    let answer = json(&[&common[..], &run].concat());
    let loss = |step: usize| answer["records"][step]["train"]["loss"].as_f64().unwrap();
    for step in 0..3 {
        assert!((loss(step + 1) / loss(step) - 0.25).abs() < 1e-12);
    }
    assert_eq!((&answer["ending"], &answer["records"][3]["time"]), (&Value::from("steps"), &Value::from(1.5)));
    let kernel = &answer["records"][3]["kernel"];
    assert_eq!((&kernel["drift"], &kernel["trace"]), (&Value::from(0.0), &Value::from(2.0)));
    assert!((kernel["alignment_reference"].as_f64().unwrap() - 1.0).abs() < 1e-12);
    let table = std::fs::read_to_string(table).unwrap();
    let lines: Vec<Vec<&str>> = table.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!((lines.len(), &lines[0][..3]), (5, &["step", "time", "train_loss"][..]));
    assert!(lines.iter().all(|line| line.len() == lines[0].len()));
    assert_eq!(lines[4][2].parse::<f64>().unwrap(), loss(3));
    // λ_max = 1, so the rate is a quarter of 2.
    let relative = json(&[&common[..], &["--steps", "1", "--relative-rate", "0.25"]].concat());
    assert!((relative["learning_rate"].as_f64().unwrap() - 0.5).abs() < 1e-12);
    let stopped = json(&[&common[..], &["--until-loss", "1e-6", "--relative-rate", "0.25"]].concat());
    assert_eq!(stopped["ending"], "loss");
}

/// The weights that are saved are those of the last kernel: `fathom entk` finds the same, summed over ten outputs.
#[test]
fn weights_kernels_and_pictures_are_of_the_trained_network() {
    let folder = tempfile::tempdir().unwrap();
    let files = ["w.safetensors", "k.npy", "p.svg", "e.npy"].map(|name| path(&folder, name));
    let [weights, kernels, plot, entk] = &files;
    let outputs = ["--save-weights", weights, "--keep-ntk", kernels, "--plot", plot];
    let more = ["--steps", "160", "--record-at", "0,10", "--parameterization", "standard", "--biases", "zero-init"];
    let answer = json(&[&SMALL[..], &more, &outputs].concat());
    let records = answer["records"].as_array().unwrap();
    let steps: Vec<u64> = records.iter().map(|record| record["step"].as_u64().unwrap()).collect();
    assert_eq!(steps, [0, 10, 160]);
    let fits = |at: usize, what: &str| records[at][what]["loss"].as_f64().unwrap();
    assert!(fits(2, "train") < 0.5 * fits(0, "train") && fits(2, "test") < fits(0, "test"));
    assert!(records[2]["test"]["accuracy"].as_f64().unwrap() > 0.3);
    let (shape, values) = array(kernels);
    assert_eq!(shape, [3, 20, 20]);
    let drift = |from: &[f64], to: &[f64]| {
        let change: f64 = from.iter().zip(to).map(|(a, b)| (a - b).powi(2)).sum();
        (change / from.iter().map(|a| a * a).sum::<f64>()).sqrt()
    };
    let recorded = records[2]["kernel"]["drift"].as_f64().unwrap();
    assert!((drift(&values[..400], &values[800..]) - recorded).abs() < 1e-12 && recorded > 0.01);
    let run = fathom(&["entk", "--weights", weights, "--data", "digits", "--rows", "20", "--save", entk]);
    assert_eq!(run.status.code(), Some(0), "{}", stderr(&run));
    let (_, summed) = array(entk);
    let largest = summed.iter().copied().fold(0.0, f64::max);
    for (mean, sum) in values[800..].iter().zip(&summed) {
        // Two sums of some thousand products.
        assert!((10.0 * mean - sum).abs() < 1e-11 * largest, "{mean} {sum}");
    }
    let picture = std::fs::read_to_string(plot).unwrap();
    for words in ["Loss", "Movement since initialisation", "Alignment of the NTK", "NTK after 160 steps"] {
        assert!(picture.contains(words), "{words}");
    }
}

#[test]
fn a_resumed_training_gives_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    let checkpoint = path(&folder, "c");
    let common = ["--optimizer", "adam", "--batch", "30", "--record-at", "every:5"];
    let run = |steps: &str, name: &str, more: &[&str]| {
        let (weights, table) = (path(&folder, &format!("{name}.safetensors")), path(&folder, &format!("{name}.csv")));
        let kernels = path(&folder, &format!("{name}.npy"));
        let files = ["--save-weights", &weights, "--table", &table, "--keep-ntk", &kernels];
        let output = fathom(&[&SMALL[..], &common, &["--steps", steps], &files, more].concat());
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        [weights, table, kernels].map(|file| std::fs::read(file).unwrap())
    };
    let whole = run("25", "whole", &[]);
    run("10", "first", &["--checkpoint", &checkpoint, "--resume"]);
    let resumed = run("25", "second", &["--checkpoint", &checkpoint, "--resume"]);
    assert!(whole == resumed);
    let again = run("25", "third", &["--checkpoint", &checkpoint, "--resume"]);
    assert!(whole == again, "a finished training stays as it is");
    let other = [&SMALL[..], &common, &["--steps", "9", "--checkpoint", &checkpoint, "--resume"]].concat();
    refuses(&[&other[..], &["--seed", "1"]].concat(), &["saved training has another options"]);
    refuses(&[&other[..], &["--weight-var", "1"]].concat(), &["another architecture"]);
    let fewer = ["train", "--widths", "64,32x2,10", "--rows", "99", "--hold-out", "50", "--probe", "20"];
    let fewer = [&fewer[..], &common, &["--checkpoint", &checkpoint, "--resume"]].concat();
    refuses(&fewer, &["another training data"]);
    std::fs::write(&checkpoint, "something else").unwrap();
    refuses(&other, &["c: "]);
}

#[test]
fn divergence_is_an_answer() {
    let run = ["--relative-rate", "40", "--format", "text"];
    let output = fathom(&[&SMALL[..], &run].concat());
    assert_eq!(output.status.code(), Some(0));
    assert!(stdout(&output).contains("diverged after"), "{}", stdout(&output));
    let answer = json(&[&SMALL[..], &run[..2]].concat());
    assert!(answer["ending"]["diverged"]["step"].as_u64().unwrap() < 20);
}

#[test]
fn cross_entropy_and_labels_are_learnt() {
    let answer = json(&[&SMALL[..], &["--loss", "cross-entropy", "--optimizer", "momentum", "--steps", "60"]].concat());
    let records = answer["records"].as_array().unwrap();
    let accuracy = records[records.len() - 1]["train"]["accuracy"].as_f64().unwrap();
    assert!(accuracy > 0.9, "{accuracy}");
    let numbers = ["train", "--targets", "labels", "--widths", "64,20,1", "--rows", "50", "--steps", "20"];
    let answer = json(&numbers);
    assert_eq!(answer["labels"], Value::Null);
    assert_eq!(answer["records"][0]["train"]["accuracy"], Value::Null);
}

#[test]
fn bad_input_is_refused_in_one_line() {
    let small = |more: &[&str], words: &[&str]| refuses(&[&SMALL[..], more].concat(), words);
    small(&["--learning-rate", "0"], &["learning rate must be positive and finite, got 0"]);
    small(&["--learning-rate", "NaN"], &["learning rate", "NaN"]);
    small(&["--relative-rate", "-1"], &["fraction of 2/λ_max", "-1"]);
    small(&["--batch", "101"], &["between 1 and 100", "101"]);
    small(&["--batch", "0"], &["--batch"]);
    small(&["--optimizer", "momentum", "--momentum", "1"], &["momentum", "below 1"]);
    small(&["--record-at", "every:0"], &["every:N"]);
    small(&["--activation", "step"], &["step"]);
    small(&["--time", "-1"], &["training time"]);
    small(&["--until-loss", "-1"], &["loss to stop at"]);
    small(&["--table", "x.csv", "--out", "x.csv"], &["different files"]);
    small(&["--keep-ntk", "/nonexistent/k.npy"], &["/nonexistent/k.npy"]);
    small(&["--resume"], &["--checkpoint"]);
    refuses(&["train", "--rows", "50", "--probe", "51"], &["probe", "between 1 and 50", "51"]);
    refuses(&["train", "--widths", "64,20,9", "--rows", "50"], &["9 outputs", "10"]);
    refuses(&["train", "--widths", "60,20,10", "--rows", "50"], &["training data have 64", "60 inputs"]);
    refuses(&["train", "--depth", "4"], &["--widths"]);
    refuses(&["train", "--probe", "0", "--keep-ntk", "k.npy"], &["--probe"]);
    refuses(&["train", "--hold-out", "1797"], &["held out"]);
}
