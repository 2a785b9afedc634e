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

/// Endings that are not weights: a residual block, whose mean kernel has no bias of finite width here (its branch adds squares
/// of independent weights), pooled and flattened images. Cross terms vanish at infinite width, or exactly.
#[test]
fn sampled_networks_with_other_endings_agree_with_infinite_width() {
    let (folder, _, data) = files();
    let list = "input = [16]\n[[block]]\ntype = \"dense\"\n";
    let image = "input = [4, 4, 1]\n[[block]]\ntype = \"conv\"\nfilter = [3, 3]\n";
    let relu = "[[block]]\ntype = \"activation\"\nfunction = \"relu\"\n";
    let conv = "[[block]]\ntype = \"conv\"\nchannels = 2\nfilter = [3, 3]\n";
    let branch = "[[block]]\ntype = \"residual\"\nlambda_sq = 0.5\n[[block.branch]]\ntype = \"activation\"\nfunction = \"relu\"\n\
                  [[block.branch]]\ntype = \"dense\"\n";
    let of = |kind: &str| format!("[[block]]\ntype = \"{kind}\"\n");
    for (name, text, cross) in [
        ("residual", format!("{list}{branch}"), "infinite_width"),
        ("pooled", format!("{image}{relu}{conv}{}", of("global-average-pool")), "exact"),
        ("flat", format!("{image}{relu}{conv}{}", of("flatten")), "exact"),
        ("image", format!("{image}{relu}{conv}"), "exact"),
    ] {
        let network = folder.path().join(format!("{name}.toml"));
        let widths = text
            .replace("\"dense\"\n", "\"dense\"\nwidth = 24\n")
            .replace("\"conv\"\nfilter", "\"conv\"\nchannels = 24\nfilter");
        std::fs::write(&network, widths).unwrap();
        let network = network.to_str().unwrap();
        // Outputs 0 and 1 are different channels of one place.
        let observe = "ntk(0,0),ntk(0,1),ntk(0,0;0,1),output(0),output(1;1)";
        let common = ["sample", "--network", network, "--data", &data, "--rows", "0,1", "--seed", "8"];
        let answer = json(&[&common[..], &["--observe", observe, "--draws", "1500"]].concat());
        for observable in answer["observables"].as_array().unwrap() {
            let theory = observable["mean_theory"].as_array().unwrap();
            assert_eq!(theory.len(), 1, "{name}: {observable}");
            for deviation in theory {
                // Each false alarm has probability 7e-6, and the seed is fixed.
                assert!(number(&deviation["deviation"]).abs() < 4.5, "{name}: {observable}");
            }
        }
        assert_eq!(answer["observables"][2]["mean_theory"][0]["source"], cross, "{name}");
        assert_eq!(answer["observables"][3]["mean_theory"][0]["source"], "exact", "{name}");
        let variance = &answer["observables"][3]["variance_theory"][0];
        assert!(number(&variance["value"]) > 0.0 && number(&variance["deviation"]).abs() < 4.5, "{name}: {variance}");
    }
}

/// Reading many blocks takes time in proportion to their number: a line is looked for only where a block is wrong.
#[test]
fn many_blocks_are_read_at_once() {
    let (folder, ..) = files();
    let network = folder.path().join("deep.toml");
    let block = "[[block]]\ntype = \"dense\"\nwidth = 1\n";
    std::fs::write(&network, format!("input = [1]\n{}", block.repeat(40_000))).unwrap();
    let network = network.to_str().unwrap();
    let start = std::time::Instant::now();
    assert_eq!(json(&["sample", "--network", network, "--draws", "2"])["draws"], 2);
    // Seconds; with the square of the number, more than a minute.
    assert!(start.elapsed().as_secs() < 30);
    std::fs::write(network, format!("input = [1]\n{}[[block]]\ntype = \"cube\"\n", block.repeat(3))).unwrap();
    refuses(&["sample", "--network", network], &["line 11", "cube"]);
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
    let narrower: Vec<&str> = [&common[..], &["--checkpoint", &checkpoint, "--resume"]].concat();
    let narrower: Vec<&str> = narrower.into_iter().map(|word| if word == "4" { "3" } else { word }).collect();
    refuses(&narrower, &["of its network, block.1.channels is 4, here 3"]);
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
        (
            &sampled,
            &["blocks on an image of 4×4", "widths 8,1", "300 draws", "infinite width", "median of the draws"][..],
        ),
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
        (with("sample", &["--width", "4000000000"]), &["direct sampler", "bytes", "allowed"]),
        (with("sample", &["--width", "5000000", "--threads", "1024", "--draws", "1e6"]), &["1024 threads", "MiB"]),
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
