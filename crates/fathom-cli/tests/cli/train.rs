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
    refuses(&[&other[..], &["--seed", "1"]].concat(), &["saved training differs from this one in: options"]);
    refuses(&[&other[..], &["--weight-var", "1"]].concat(), &["in: architecture"]);
    let fewer = ["train", "--widths", "64,32x2,10", "--rows", "99", "--hold-out", "50", "--probe", "20"];
    let fewer = [&fewer[..], &common, &["--checkpoint", &checkpoint, "--resume"]].concat();
    refuses(&fewer, &["in: training data"]);
    std::fs::write(&checkpoint, "something else").unwrap();
    refuses(&other, &["c: "]);
}

/// The answer is complete, but the exit status says that training was not.
#[test]
fn divergence_is_an_answer() {
    let run = ["--relative-rate", "40", "--format"];
    let output = fathom(&[&SMALL[..], &run, &["text"]].concat());
    assert_eq!(output.status.code(), Some(1));
    assert!(stdout(&output).contains("diverged after"), "{}", stdout(&output));
    let output = fathom(&[&SMALL[..], &run, &["json"]].concat());
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(answer["ending"]["diverged"]["step"].as_u64().unwrap() < 20);
    let output = fathom(&[&SMALL[..], &run, &["json", "--ensemble", "2"]].concat());
    assert_eq!(output.status.code(), Some(1));
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&answer["members"], &answer["diverged"]), (&2.into(), &2.into()));
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

/// One weight layer is linear: its linearised network is itself; its infinitely wide course from its own start too.
#[test]
fn a_linear_network_is_its_own_linearisation_and_its_own_infinite_width() {
    let folder = tempfile::tempdir().unwrap();
    let data = write(folder.path(), "x.csv", "1,0.5\n-0.3,1\n");
    let targets = write(folder.path(), "y.csv", "3\n-1\n");
    let (table, plot) = (path(&folder, "t.csv"), path(&folder, "p.svg"));
    let run =
        ["train", "--data", &data, "--targets", &targets, "--widths", "2,1", "--precision", "f64", "--steps", "20"];
    let answer = json(&[&run[..], &["--compare", "all", "--table", &table, "--plot", &plot]].concat());
    let comparison = &answer["comparison"];
    let last = comparison["at"].as_array().unwrap().last().unwrap();
    let number = |value: &Value| value.as_f64().unwrap();
    assert!(number(&last["train"]["movement"]) > 0.5 && last["test"].is_null());
    assert!(number(&last["train"]["linearised"]["relative"]) < 1e-12);
    assert!(number(&last["train"]["infinite_width"]["from_own"]["relative"]) < 1e-12);
    let first = &comparison["at"][0]["train"]["infinite_width"];
    assert!(number(&first["from_mean"]["rms"]) > 0.1 && first["from_own"]["rms"] == 0.0);
    for question in ["kernel_stayed", "linearised_held", "infinite_width_held"] {
        assert_eq!(comparison["verdict"][question]["holds"], "yes", "{question}");
    }
    assert_eq!(comparison["first_step"]["mean"], 0.0);
    let table = std::fs::read_to_string(table).unwrap();
    let lines: Vec<Vec<&str>> = table.lines().map(|line| line.split(',').collect()).collect();
    let column = lines[0].iter().position(|name| *name == "train_movement").unwrap();
    assert_eq!(lines.last().unwrap()[column].parse::<f64>().unwrap(), number(&last["train"]["movement"]));
    assert!(lines.iter().all(|line| line.len() == lines[0].len()));
    let picture = std::fs::read_to_string(plot).unwrap();
    assert!(picture.contains("Beside theory, training inputs") && picture.contains("at the left edge"));
    let output = fathom(&[&run[..], &["--format", "text"]].concat());
    let text = stdout(&output);
    for words in ["Did theory hold?", "linearised network", "yes: ", "predict reports |f − y|²"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let none = json(&[&run[..], &["--compare", "none"]].concat());
    assert_eq!(none["comparison"], Value::Null);
}

#[test]
fn a_resumed_training_is_compared_as_one_that_was_not_interrupted() {
    let folder = tempfile::tempdir().unwrap();
    let checkpoint = path(&folder, "c");
    let run =
        |steps: &str, more: &[&str]| json(&[&SMALL[..], &["--steps", steps], more].concat())["comparison"].clone();
    let whole = run("20", &[]);
    let long = ["--checkpoint", &checkpoint, "--resume"];
    run("7", &long);
    let resumed = run("20", &long);
    // The first run ends with a record that the whole one does not have.
    let without: Vec<&Value> = resumed["at"].as_array().unwrap().iter().filter(|at| at["step"] != 7).collect();
    assert_eq!(without, whole["at"].as_array().unwrap().iter().filter(|at| at["step"] != 7).collect::<Vec<_>>());
    assert_eq!(resumed["verdict"]["linearised_held"], whole["verdict"]["linearised_held"]);
}

const ENSEMBLE: [&str; 15] = [
    "train",
    "--widths",
    "64,16x2,10",
    "--rows",
    "40",
    "--hold-out",
    "10",
    "--probe",
    "8",
    "--steps",
    "12",
    "--relative-rate",
    "0.3",
    "--precision",
    "f64",
];

/// Members are the draws of the seed: means and variances of what each of them does by itself.
#[test]
fn an_ensemble_is_made_of_the_draws_of_the_seed() {
    let folder = tempfile::tempdir().unwrap();
    let (outputs, table, plot) = (path(&folder, "o.npy"), path(&folder, "t.csv"), path(&folder, "p.svg"));
    let files = ["--ensemble", "6", "--keep-outputs", &outputs, "--table", &table, "--plot", &plot];
    let answer = json(&[&ENSEMBLE[..], &files].concat());
    assert_eq!((&answer["members"], &answer["complete"], &answer["diverged"]), (&6.into(), &true.into(), &0.into()));
    let at = answer["at"].as_array().unwrap();
    let (shape, values) = array(&outputs);
    assert_eq!(shape, [at.len() as u64, 4, 50, 10]);
    // The variance on the test inputs, from the file and in the answer; rounding of a mean over 100 numbers.
    let last = (at.len() - 1) * 4 * 500;
    let variance = values[last + 500 + 400..last + 1000].iter().sum::<f64>() / 100.0;
    let test = &at[at.len() - 1]["test"]["outputs"];
    assert!((variance / test["variance"]["mean"].as_f64().unwrap() - 1.0).abs() < 1e-12);
    let wide = values[last + 1500 + 400..last + 2000].iter().sum::<f64>() / 100.0;
    assert!((wide / test["infinite_width"]["variance"].as_f64().unwrap() - 1.0).abs() < 1e-12);
    // The first network by itself has the same rate and so the same losses as an ensemble of one.
    let one = json(&[&ENSEMBLE[..], &["--ensemble", "1"]].concat());
    let alone = json(&ENSEMBLE);
    for (ensemble, record) in one["at"].as_array().unwrap().iter().zip(alone["records"].as_array().unwrap()) {
        assert_eq!(ensemble["train"]["loss"]["mean"], record["train"]["loss"]);
        assert_eq!(ensemble["drift"]["mean"], record["kernel"]["drift"]);
    }
    assert_eq!(one["at"][0]["train"]["outputs"]["variance"], Value::Null);
    let table = std::fs::read_to_string(table).unwrap();
    let lines: Vec<Vec<&str>> = table.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!((lines.len(), lines[0].len()), (at.len() + 1, 2 + 2 * 14 + 4));
    assert!(lines.iter().all(|line| line.len() == lines[0].len()));
    let picture = std::fs::read_to_string(plot).unwrap();
    for words in ["infinite width, mean ± 2 std", "Variance over networks, test inputs", "Movement of the NTK"] {
        assert!(picture.contains(words), "{words}");
    }
    let text = stdout(&fathom(&[&ENSEMBLE[..], &["--ensemble", "3"]].concat()));
    assert!(text.contains("3: draws 0 to 2 of the seed; none diverged") && text.contains("s²/σ_∞²"), "{text}");
}

#[test]
fn an_ensemble_is_continued_with_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    let checkpoint = path(&folder, "c.json");
    let run = |networks: &str, more: &[&str]| {
        let output = fathom(&[&ENSEMBLE[..], &["--format", "json", "--ensemble", networks], more].concat());
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        output.stdout
    };
    let whole = run("5", &[]);
    let long = ["--checkpoint", &checkpoint, "--resume"];
    run("2", &long);
    assert!(whole == run("5", &long));
    assert!(whole == run("5", &long), "an ensemble that is complete stays as it is");
    let with = |networks: &'static str, more: &[&str], words: &[&str]| {
        refuses(&[&ENSEMBLE[..], &["--ensemble", networks], &long, more].concat(), words);
    };
    with("4", &[], &["holds 5 networks"]);
    with("6", &["--seed", "1"], &["differs from this one in: options"]);
    with("6", &["--weight-var", "1"], &["in: architecture"]);
}

/// Ctrl-C: what was trained is saved and shown, the exit status says that it is not all, and the rest follows with the same bits.
#[cfg(unix)]
#[test]
fn interrupted_trainings_say_so_and_go_on() {
    use std::process::{Command, Stdio};
    use std::time::{Duration, Instant};

    let folder = tempfile::tempdir().unwrap();
    let checkpoint = path(&folder, "c");
    let run = |steps: &str, more: &[&str]| -> Vec<String> {
        let all =
            [&SMALL[..], &["--steps", steps, "--record-at", "every:50", "--format", "json", "--compare", "none"], more];
        all.concat().into_iter().map(String::from).collect()
    };
    let long = ["--checkpoint", checkpoint.as_str(), "--resume"];
    let command = |arguments: &[String]| {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("fathom"));
        command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    };
    let child = command(&run("100000000", &long)).spawn().unwrap();
    // It listens from the beginning; by then it has taken some steps, and trained some networks below.
    std::thread::sleep(Duration::from_millis(2500));
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let begun = Instant::now();
    let output = child.wait_with_output().unwrap();
    assert!(begun.elapsed() < Duration::from_secs(20));
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(stderr(&output).contains("note: interrupted after "), "{}", stderr(&output));
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answer["ending"], "interrupted");
    let held = answer["records"].as_array().unwrap().last().unwrap()["step"].as_u64().unwrap();
    assert!(held > 0);
    let more = (held + 100).to_string();
    let resumed = command(&run(&more, &long)).output().unwrap();
    let whole = command(&run(&more, &[])).output().unwrap();
    assert_eq!((resumed.status.code(), whole.status.code()), (Some(0), Some(0)), "{}", stderr(&resumed));
    assert!(resumed.stdout == whole.stdout);

    let many = [&ENSEMBLE[..], &["--ensemble", "1000000", "--format", "json"]].concat();
    let child = command(&many.into_iter().map(String::from).collect::<Vec<_>>()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(2500));
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answer["complete"], false);
    assert!((1..1_000_000).contains(&answer["members"].as_u64().unwrap()));
}

#[test]
fn comparisons_that_cannot_be_are_refused_before_training() {
    let small = |more: &[&str], words: &[&str]| refuses(&[&SMALL[..], more].concat(), words);
    small(&["--ensemble", "0"], &["at least 1 network, got 0"]);
    small(&["--ensemble", "x"], &["--ensemble"]);
    small(&["--ensemble", "2", "--until-loss", "0.1"], &["cannot stop at a loss"]);
    small(&["--ensemble", "2", "--save-weights", "w.safetensors"], &["--save-weights", "without --ensemble"]);
    small(&["--ensemble", "2", "--keep-ntk", "k.npy"], &["--keep-ntk", "without --ensemble"]);
    small(&["--ensemble", "2", "--compare", "linearised"], &["--compare linearised", "without --ensemble"]);
    small(&["--ensemble", "2", "--learning-rate", "0"], &["learning rate must be positive"]);
    refuses(&["train", "--rows", "50", "--probe", "51", "--ensemble", "2"], &["between 1 and 50", "51"]);
    small(&["--keep-outputs", "o.npy"], &["--ensemble"]);
    small(&["--compare", "linearised", "--optimizer", "adam"], &["Adam", "no course in the space of functions"]);
    small(&["--compare", "infinite-width", "--batch", "10"], &["not for batches of 10"]);
    small(&["--compare", "all", "--loss", "cross-entropy"], &["cross-entropy"]);
    small(&["--compare", "linearised", "--memory", "1"], &["1000 numbers", "needs 12000000 bytes", "1048576"]);
    small(&["--ensemble", "2", "--memory", "0"], &["MiB", "--record-at"]);
    small(&["--compare", "everything"], &["--compare"]);
}

#[test]
fn a_page_tells_what_became_of_the_kernel() {
    let folder = tempfile::tempdir().unwrap();
    let page = path(&folder, "page.html");
    let answer = json(&[&SMALL[..], &["--steps", "20", "--record-at", "every:5", "--report", &page]].concat());
    let html = std::fs::read_to_string(&page).unwrap();
    for words in
        ["Training of relu network", "<svg", "1806.07572", "--record-at every:5", "Its relative change is", "run time"]
    {
        assert!(html.contains(words), "no {words:?}");
    }
    assert!(!html.contains("NaN") && !html.contains("undefined"));
    // The numbers behind the figures are in the units of the answer.
    let markdown = path(&folder, "page.md");
    json(&[&SMALL[..], &["--steps", "20", "--record-at", "every:5", "--report", &markdown]].concat());
    let text = std::fs::read_to_string(&markdown).unwrap();
    let drift = answer["records"].as_array().unwrap().last().unwrap()["kernel"]["drift"].as_f64().unwrap();
    assert!(text.contains(&format!("{drift:.4}")), "{drift} is not in\n{text}");
}
