//! `fathom sweep`.

use serde_json::Value;

use super::{fathom, json, refuses, stderr, stdout};

fn path(folder: &tempfile::TempDir, name: &str) -> String {
    folder.path().join(name).to_str().unwrap().into()
}

fn write(folder: &tempfile::TempDir, name: &str, text: &str) -> String {
    let path = path(folder, name);
    std::fs::write(&path, text).unwrap();
    path
}

fn numbers(answer: &Value, column: &str) -> Vec<f64> {
    let values = answer["columns"][column].as_array().unwrap();
    values.iter().map(|value| value.as_f64().unwrap()).collect()
}

/// The table without the last column, which is the time.
fn without_seconds(table: &str) -> String {
    let text = std::fs::read_to_string(table).unwrap();
    assert!(text.lines().next().unwrap().ends_with(",seconds"), "{text}");
    text.lines().map(|line| line.rsplit_once(',').unwrap().0.to_owned() + "\n").collect()
}

const TRAIN: [&str; 9] =
    ["sweep", "train", "--grid", "depth=2,3", "--grid", "weight-var=1,2", "--grid", "seed=0,4", "--set"];
const OPTIONS: [&str; 15] = [
    "width=12",
    "--set",
    "rows=40",
    "--set",
    "hold-out=20",
    "--set",
    "probe=10",
    "--set",
    "steps=30",
    "--set",
    "record-at=log:2",
    "--set",
    "activation=tanh",
    "--set",
    "bias_var=0.1",
];

fn train(more: &[&str]) -> Vec<String> {
    TRAIN.iter().chain(&OPTIONS).chain(more).map(|text| (*text).to_owned()).collect()
}

fn run(arguments: &[String]) -> std::process::Output {
    fathom(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
}

#[test]
fn every_cell_has_the_numbers_of_the_command() {
    let all = train(&[]);
    let sweep = json(&all.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!((&sweep["planned_cells"], &sweep["complete"]), (&Value::from(8), &Value::from(true)));
    assert_eq!(sweep["axes"], serde_json::json!(["depth", "weight_var", "seed"]));
    let single = |widths: &str, weight_var: &str, seed: &str| {
        let network = ["--widths", widths, "--weight-var", weight_var, "--activation", "tanh", "--bias-var", "0.1"];
        let data = ["--rows", "40", "--hold-out", "20", "--probe", "10", "--steps", "30", "--record-at", "log:2"];
        json(&[&["train"][..], &network, &data, &["--seed", seed]].concat())
    };
    for (cell, widths, weight_var, seed) in [(0, "64,12,10", "1", "0"), (7, "64,12x2,10", "2", "4")] {
        let answer = single(widths, weight_var, seed);
        let last = answer["records"].as_array().unwrap().last().unwrap().clone();
        assert_eq!(numbers(&sweep, "train_loss")[cell], last["train"]["loss"].as_f64().unwrap());
        assert_eq!(numbers(&sweep, "test_accuracy")[cell], last["test"]["accuracy"].as_f64().unwrap());
        assert_eq!(numbers(&sweep, "ntk_drift")[cell], last["kernel"]["drift"].as_f64().unwrap());
        assert_eq!(numbers(&sweep, "learning_rate")[cell], answer["learning_rate"].as_f64().unwrap());
    }
    assert_eq!(sweep["over_seeds"]["seeds"], serde_json::json!([2, 2, 2, 2]));
    let losses = numbers(&sweep, "train_loss");
    let mean = sweep["over_seeds"]["train_loss"][1].as_f64().unwrap();
    assert!((mean - 0.5 * (losses[2] + losses[3])).abs() < 1e-15 * mean.abs().max(1.0));
}

#[test]
fn samples_and_verdicts_are_those_of_the_commands() {
    let grid = ["--grid", "width=8,16", "--grid", "depth=3"];
    let sweep = json(&[&["sweep", "sample"][..], &grid, &["--set", "draws=400", "--set", "seed=2"]].concat());
    let answer = json(&["sample", "--widths", "64,16x2,1", "--draws", "400", "--seed", "2"]);
    let dispersion = &answer["observables"][0]["dispersion"];
    let number = |value: &Value| value.get("value").unwrap_or(value).as_f64().unwrap();
    assert_eq!(numbers(&sweep, "dispersion")[1], number(&dispersion["value"]));
    assert_eq!(numbers(&sweep, "dispersion_se")[1], number(&dispersion["standard_error"]));

    let sweep = json(&[&["sweep", "verdict"][..], &grid, &["--set", "input_sq_norm=3"]].concat());
    let answer = json(&["verdict", "--widths", "64,16x2,1", "--input-sq-norm", "3"]);
    assert_eq!(sweep["columns"]["verdict"][1], answer["class"]);
    assert_eq!(numbers(&sweep, "random")[1], answer["findings"][0]["value"].as_f64().unwrap());
    assert_eq!(numbers(&sweep, "moves")[1], answer["findings"][1]["value"].as_f64().unwrap());
}

#[test]
fn threads_shards_and_restarts_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let [whole, merged, resumed] = ["whole.csv", "merged.csv", "resumed.csv"].map(|name| path(&folder, name));
    let [a, b, c] = ["a.run", "b.run", "c.run"].map(|name| path(&folder, name));
    let answered = |more: &[&str]| {
        let output = run(&train(more));
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    };
    answered(&["--threads", "3", "--out", &whole]);
    answered(&["--shard", "1/2", "--checkpoint", &a, "--threads", "1"]);
    let partial = run(&train(&["--merge", &a, "--out", &merged]));
    assert!(stderr(&partial).contains("4 of 8 cells are missing"), "{}", stderr(&partial));
    answered(&["--shard", "2/2", "--checkpoint", &b]);
    answered(&["--merge", &a, &b, "--out", &merged]);
    assert_eq!(without_seconds(&whole), without_seconds(&merged));
    // Half of the cells are there; the others are done now.
    std::fs::copy(&a, &c).unwrap();
    answered(&["--checkpoint", &c, "--resume", "--out", &resumed]);
    assert_eq!(without_seconds(&whole), without_seconds(&resumed));
    // Nothing is left to do: also the times are those that were kept.
    let again = path(&folder, "again.csv");
    answered(&["--checkpoint", &c, "--resume", "--out", &again]);
    assert_eq!(std::fs::read(&again).unwrap(), std::fs::read(&resumed).unwrap());
    refuses(
        &train(&["--checkpoint", &c]).iter().map(String::as_str).collect::<Vec<_>>(),
        &["c.run exists: --resume continues it"],
    );
    refuses(&["sweep", "verdict", "--grid", "depth=2", "--merge", &a], &["its command is train, here verdict"]);
}

#[test]
fn the_examples_run_and_are_drawn() {
    let folder = tempfile::tempdir().unwrap();
    for (command, less) in [("train", "steps=3"), ("sample", "draws=300"), ("verdict", "tolerance=0.2")] {
        let example = fathom(&["sweep", "--example", command]);
        let file = write(&folder, &format!("{command}.toml"), &stdout(&example));
        let [table, means, plot] = ["table.csv", "means.csv", "plot.svg"].map(|name| path(&folder, name));
        let run = fathom(&["sweep", &file, "--set", less, "--out", &table, "--over-seeds", &means, "--plot", &plot]);
        assert_eq!(run.status.code(), Some(0), "{}", stderr(&run));
        assert!(stdout(&run).starts_with(&format!("Sweep of fathom {command}\n")), "{}", stdout(&run));
        let lines = |file: &str| std::fs::read_to_string(file).unwrap().lines().count();
        let cells = [("train", 36, 12), ("sample", 12, 12), ("verdict", 15, 15)];
        let (_, all, over_seeds) = cells.into_iter().find(|(name, ..)| *name == command).unwrap();
        assert_eq!((lines(&table), lines(&means)), (all + 1, over_seeds + 1));
        let picture = std::fs::read_to_string(&plot).unwrap();
        assert!(picture.contains("depth over width L/n") && picture.contains("Sweep of fathom"), "{command}");
    }
}

#[test]
fn cells_that_fail_are_rows_with_a_reason() {
    let grid = ["--grid", "activation=relu,step", "--grid", "depth=2"];
    let more = ["--set", "width=10", "--set", "steps=2", "--set", "rows=30", "--set", "probe=0"];
    let answer = json(&[&["sweep", "train"][..], &grid, &more].concat());
    assert_eq!(answer["columns"]["status"], serde_json::json!(["done", "failed"]));
    assert!(answer["columns"]["reason"][0].is_null() && answer["columns"]["train_loss"][1].is_null());
    assert!(answer["columns"]["reason"][1].as_str().unwrap().contains("step"));
}

#[test]
fn descriptions_without_a_meaning_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |text: &str, words: &[&str]| {
        let file = write(&folder, "s.toml", text);
        refuses(&["sweep", &file], words);
    };
    refused("command = \"train\"\n[grid]\ndepht = [2]\n", &["s.toml", "[grid] has no key depht", "weight_law, seed"]);
    refused(
        "command = \"train\"\n[grid]\ndepth = [2]\n[train]\nstpes = 3\n",
        &["[train] has no key stpes", "threshold"],
    );
    refused("command = \"train\"\n[grid]\ndepth = [2]\n[train]\nloss = \"cubic\"\n", &["[train]", "cubic", "--loss"]);
    refused("command = \"train\"\n[grid]\ndepth = [2]\n[train]\nplot = \"x.svg\"\n", &["[train] has no key plot"]);
    refused("command = \"train\"\n[grid]\ndepth = [2]\n[train]\nthreshold = -1\n", &["threshold must be positive"]);
    refused("command = \"train\"\n[grid]\ndepth = [2]\n[train]\nsteps = true\n", &["steps takes a number"]);
    refused("command = \"verdict\"\n[grid]\nwidth = [2]\n", &["cell 0 (width = 2)", "needs depth"]);
    refused("command = \n", &["s.toml", "line 1"]);
    refuses(&["sweep", "/nowhere.toml"], &["cannot read /nowhere.toml"]);
    refuses(&["sweep"], &["FILE.toml|COMMAND"]);
    refuses(&["sweep", "verdict", "--grid", "depth=2", "--grid", "depth=3"], &["depth is an axis of the grid twice"]);
    refuses(&["sweep", "verdict", "--grid", "depth"], &["an axis is KEY=VALUE"]);
    refuses(&["sweep", "verdict", "--set", "depth"], &["--set takes KEY=VALUE"]);
    refuses(&["sweep", "verdict", "--grid", "depth=2", "--shard", "1/2"], &["--checkpoint"]);
    let plot = path(&folder, "p.svg");
    refuses(
        &["sweep", "verdict", "--grid", "depth=2", "--set", "width=9", "--plot", &plot, "--show", "loss"],
        &["loss is no number of this sweep", "random"],
    );
}

#[test]
fn a_sweep_of_which_nothing_is_done_is_no_answer() {
    let output = fathom(&["sweep", "train", "--grid", "depth=2,3", "--set", "width=5", "--set", "learning-rate=nan"]);
    assert_eq!(output.status.code(), Some(2));
}

/// Of widths 8 and 16 at two seeds: what the answer has over seeds, once for each point of the figure.
#[test]
fn a_page_has_each_point_of_its_figure_once() {
    let folder = tempfile::tempdir().unwrap();
    let page = path(&folder, "page.html");
    let grid = ["--grid", "width=8,16", "--grid", "depth=2", "--grid", "seed=0,1", "--set", "draws=400"];
    let sweep = json(&[&["sweep", "sample"][..], &grid, &["--report", &page]].concat());
    let html = std::fs::read_to_string(&page).unwrap();
    for words in ["Sweep of fathom sample", "Cells: 4 done, 0 diverged, 0 failed, 0 missing.", "<svg", "1909.05989"] {
        assert!(html.contains(words), "no {words:?}");
    }
    let (_, rest) = html.split_once("data:text/csv;charset=utf-8,").unwrap();
    let (link, _) = rest.split_once('"').unwrap();
    let table = link.replace("%2C", ",").replace("%0A", "\n").replace("%20", " ");
    let rows: Vec<Vec<&str>> = table.lines().skip(1).map(|line| line.split(',').collect()).collect();
    assert_eq!(rows.len(), 2, "{table}");
    for (place, row) in rows.iter().enumerate() {
        let mean = sweep["over_seeds"]["relative_std"].as_array().unwrap();
        let (shown, found): (f64, Vec<f64>) =
            (row[3].parse().unwrap(), mean.iter().map(|value| value.as_f64().unwrap()).collect());
        // A curve for each width; twelve digits survive the logarithm of an axis.
        assert!((shown / found[place] - 1.0).abs() < 1e-11, "{shown} {found:?}");
        assert!(!row[4].is_empty() && !row[5].is_empty(), "standard errors: {row:?}");
    }
}
