//! `fathom predict --solver cg`.

use super::{fathom, json, refuses};

const PROBLEM: [&str; 13] = [
    "predict",
    "--train",
    "digits",
    "--hold-out",
    "40",
    "--rows",
    "300",
    "--classify",
    "--depth",
    "3",
    "--relative-ridge",
    "1e-3",
    "--tolerance=1e-8",
];

fn with(more: &[&str]) -> serde_json::Value {
    json(&[&PROBLEM[..], more].concat())
}

fn means(answer: &serde_json::Value) -> Vec<f64> {
    answer["at"][0]["mean"].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

#[test]
fn every_way_to_hold_the_kernel_predicts_what_a_factorization_predicts() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("k.npy");
    let file = file.to_str().unwrap();
    let direct = with(&["--solver", "direct", "--covariance", "none"]);
    assert_eq!(direct["solvers"][0], "cholesky");
    let want = means(&direct);
    let kernel = ["kernel", "digits", "--rows", "300", "--depth", "3", "--out", file, "--precision", "f32"];
    assert!(fathom(&kernel).status.success());
    let ways: [(&[&str], &str); 4] = [
        (&["--hold", "memory"], "packed"),
        (&["--hold", "tiles"], "recomputed"),
        (&["--kernel-file", file], "given"),
        (&["--kernel-file", file, "--hold", "tiles"], "given"),
    ];
    for (way, held) in ways {
        let answer = with(&[&["--solver", "cg", "--rank", "60"], way].concat());
        assert_eq!(answer["iterative"]["held"], held);
        assert_eq!(answer["solvers"][0], "conjugate-gradients");
        for residual in answer["iterative"]["residuals"].as_array().unwrap() {
            assert!(residual.as_f64().unwrap() <= 1e-8);
        }
        for (got, want) in means(&answer).into_iter().zip(&want) {
            // 1e-8 |y|, divided by 1e-3 and multiplied by kernels of 300 inputs: far from reached, as residuals are along
            // small eigenvalues.
            assert!((got - want).abs() < 1e-5, "{way:?}: {got} {want}");
        }
    }
}

#[test]
fn an_interrupted_run_goes_on_to_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state.json");
    let state = state.to_str().unwrap();
    let cg = ["--solver", "cg", "--rank", "20", "--checkpoint", state];
    refuses(&[&PROBLEM[..], &cg, &["--max-iterations", "7"]].concat(), &["after 7 steps"]);
    let whole = with(&["--solver", "cg", "--rank", "20"]);
    let rest = with(&[&cg[..], &["--resume"]].concat());
    assert_eq!(whole, rest);
    let other = [&PROBLEM[..], &cg, &["--resume", "--seed", "5"]].concat();
    refuses(&other, &["another problem", "--resume"]);
}

#[test]
fn what_cannot_be_done_is_refused_with_a_remedy() {
    let refused = |more: &[&str], words: &[&str]| refuses(&[&PROBLEM[..], more].concat(), words);
    refused(&["--solver", "cg", "--covariance", "diagonal"], &["--covariance", "direct"]);
    refused(&["--solver", "cg", "--time", "3"], &["infinite time"]);
    refused(&["--solver", "cg", "--memory", "1"], &["MiB", "--rank"]);
    refused(&["--solver", "cg", "--memory", "1", "--hold", "memory"], &["MiB", "--hold tiles"]);
    refused(&["--solver", "direct", "--memory", "1"], &["memory", "bytes"]);
    let negative = [&PROBLEM[..PROBLEM.len() - 1], &["--solver", "cg", "--tolerance=-1"]].concat();
    refuses(&negative, &["tolerance", "-1"]);
    refused(&["--solver", "cg", "--kernel-file", "no-such-file.npy"], &["no-such-file.npy"]);
}
