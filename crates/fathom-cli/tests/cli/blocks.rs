//! Networks of blocks of finite width: drawn, measured, judged.

use std::path::PathBuf;

use serde_json::Value;
use tempfile::TempDir;

use super::{fathom, json, refuses, stderr, stdout};

const CNN: &str = "\
input = [4, 4, 1]
[[block]]
type = \"conv\"
filter = [3, 3]
[[block]]
type = \"activation\"
function = \"relu\"
[[block]]
type = \"flatten\"
[[block]]
type = \"dense\"
";

/// A folder with the network, and three images of it.
fn files() -> (TempDir, String, String) {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (network, data) = (path("cnn.toml"), path("images.csv"));
    std::fs::write(&network, CNN).unwrap();
    let pixel = |i: usize, j: usize| ((i * 31 + j * 17 + i * i * j) % 23) as f64 / 11.0 - 1.0;
    let rows = (0..3).map(|i| (0..16).map(|j| pixel(i + 1, j).to_string()).collect::<Vec<_>>().join(","));
    std::fs::write(&data, rows.collect::<Vec<_>>().join("\n") + "\n").unwrap();
    (folder, network, data)
}

/// A number, also of those that may leave the range of `f64`.
fn number(value: &Value) -> f64 {
    let plain = value.get("value").unwrap_or(value);
    plain.as_f64().unwrap_or_else(|| unreachable!("{value}"))
}

/// With one hidden layer means have no bias of finite width.
#[test]
fn sampled_networks_agree_with_infinite_width() {
    let (_folder, network, data) = files();
    let common = ["sample", "--network", &network, "--data", &data, "--rows", "0,1", "--width", "16"];
    let answer = json(&[&common[..], &["--observe", "ntk,outputs,trace", "--draws", "2000", "--seed", "3"]].concat());
    assert_eq!(answer["architecture"]["block"][0]["channels"], 16);
    let observables = answer["observables"].as_array().unwrap();
    let names: Vec<&str> = observables.iter().map(|o| o["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["ntk(0,0)", "ntk(0,1)", "ntk(1,1)", "output(0)", "output(1)", "trace"]);
    for observable in observables {
        for theory in ["mean_theory", "variance_theory"] {
            for deviation in observable[theory].as_array().unwrap() {
                // Each false alarm has probability 7e-6, and the seed is fixed.
                assert!(number(&deviation["deviation"]).abs() < 4.5, "{observable}");
            }
        }
        assert_eq!(observable["mean_theory"].as_array().unwrap().len(), 1, "{observable}");
    }
}

#[test]
fn runs_are_resumed_sharded_and_merged_to_the_same_numbers() {
    let (folder, network, data) = files();
    let path = |name: &str| PathBuf::from(folder.path()).join(name).to_str().unwrap().to_owned();
    let common =
        ["sample", "--network", &network, "--data", &data, "--width", "4", "--observe", "ntk,step(0,0),layers"];
    let numbers = |answer: &Value| answer["observables"].clone();
    let whole = numbers(&json(&[&common[..], &["--draws", "700", "--threads", "2"]].concat()));
    let checkpoint = path("run.json");
    for (draws, more) in [("300", &[][..]), ("700", &["--resume"][..])] {
        let arguments = [&common[..], &["--draws", draws, "--checkpoint", &checkpoint], more].concat();
        let answer = json(&arguments);
        assert_eq!(answer["draws"], draws.parse::<u64>().unwrap());
        if draws == "700" {
            assert_eq!(numbers(&answer), whole);
        }
    }
    let shards: Vec<String> = (1..=2).map(|i| path(&format!("part{i}.json"))).collect();
    for (i, shard) in (1..).zip(&shards) {
        let part = format!("{i}/2");
        json(&[&common[..], &["--draws", "700", "--checkpoint", shard, "--shard", &part]].concat());
    }
    assert_eq!(numbers(&json(&["merge", &shards[0], &shards[1]])), whole);
}

#[test]
fn a_drawn_network_has_its_empirical_kernel_beside_infinite_width() {
    let (folder, network, data) = files();
    let saved = folder.path().join("kernel.npy").to_str().unwrap().to_owned();
    let narrow = json(&["entk", "--network", &network, "--data", &data, "--width", "8", "--save", &saved]);
    let wide = json(&["entk", "--network", &network, "--data", &data, "--width", "2048", "--seed", "1"]);
    assert_eq!(narrow["shape"], serde_json::json!([1, 3, 3]));
    // Channels of 9 weights each, and 16 places of each channel at the end.
    assert_eq!((&narrow["parameters"], &wide["seed"]), (&(8 * 9 + 8 * 16 + 9).into(), &1.into()));
    let distance = |answer: &Value| number(&answer["infinite"]["relative_distance"]);
    // A relative spread of some 5/√n of each entry.
    assert!(distance(&wide) < 0.2, "{}", distance(&wide));
    assert!(distance(&wide) < distance(&narrow));
    assert_eq!(std::fs::metadata(saved).unwrap().len(), 128 + 9 * 8);
}

#[test]
fn the_verdict_samples_what_is_not_known_exactly() {
    let (_folder, network, data) = files();
    let judged = |width| {
        json(&["verdict", "--network", &network, "--data", &data, "--width", width, "--draws", "200", "--seed", "5"])
    };
    let (narrow, wide) = (judged("4"), judged("256"));
    for (verdict, level) in [(&narrow, "bad"), (&wide, "good")] {
        assert_eq!(verdict["randomness"]["draws"], 200);
        let std = number(&verdict["randomness"]["relative_std"]["value"]);
        assert_eq!(number(&verdict["findings"][0]["value"]), std);
        assert!(number(&verdict["randomness"]["relative_std"]["standard_error"]) < 0.2 * std, "{verdict}");
        assert!(number(&verdict["kernel"]["conditioning"]["steps_typical"]) > 1.0, "{verdict}");
        if level == "good" {
            assert_eq!(
                (&verdict["findings"][0]["level"], &verdict["findings"][1]["level"]),
                (&level.into(), &level.into())
            );
        }
    }
    // Both fall like 1/√n, the movement at least: eightfold over the widths, with the errors of 200 draws.
    for place in 0..2 {
        let ratio = number(&narrow["findings"][place]["value"]) / number(&wide["findings"][place]["value"]);
        assert!(ratio > 4.0, "{place}: {ratio}");
    }
    let text = stdout(&fathom(&["verdict", "--network", &network, "--data", &data, "--draws", "64"]));
    assert!(text.contains("64 networks drawn") && text.contains("widths 64,1"), "{text}");
}

#[test]
fn pictures_of_blocks_show_the_draws_beside_infinite_width_and_the_findings_beside_their_limits() {
    let (folder, network, data) = files();
    let drawn = |command: &[&str]| {
        let path = folder.path().join("picture.svg");
        let common = ["--network", &network, "--data", &data, "--width", "8", "--plot", path.to_str().unwrap()];
        let output = fathom(&[command, &common].concat());
        assert!(output.status.success(), "{}", stderr(&output));
        std::fs::read_to_string(path).unwrap()
    };
    let sampled = drawn(&["sample", "--draws", "300"]);
    let judged = drawn(&["verdict", "--draws", "64"]);
    for (figure, words) in [
        (&sampled, &["blocks on an image of 4×4", "widths 8,1", "300 draws", "infinite width", "median of the draws"][..]),
        (&judged, &["blocks on an image of 4×4", "How random is the kernel?", "fine up to 0.5", "gradient steps"]),
    ] {
        for word in words {
            assert!(figure.contains(word), "{word}");
        }
    }
}

#[test]
fn what_is_not_known_of_blocks_is_said_in_one_line() {
    let (_folder, network, data) = files();
    let with = |command: &'static str, more: &[&'static str]| {
        let mut arguments = vec![command.to_owned(), "--network".into(), network.clone()];
        arguments.extend(more.iter().map(ToString::to_string));
        arguments
    };
    let cases = [
        (with("moments", &[]), &["fathom sample --network"][..]),
        (with("sample", &["--observe", "update(0,0)"]), &["update(0,0)", "step"]),
        (with("sample", &["--sampler", "chain"]), &["chain", "blocks"]),
        (with("sample", &["--data", "digits"]), &["64", "16"]),
        (with("sample", &["--observe", "output(0)", "--plot", "draws.svg"]), &["ntk(A,A)"]),
        (with("entk", &["--data", "digits"]), &["64", "16"]),
    ];
    for (arguments, words) in cases {
        refuses(&arguments.iter().map(String::as_str).collect::<Vec<_>>(), words);
    }
    let both = fathom(&["sample", "--network", &network, "--widths", "16,4,1", "--data", &data]);
    assert_eq!(both.status.code(), Some(2), "{}", stderr(&both));
}
