//! Input files of every format, and output files.

use std::fs;

use crate::{fathom, json, refuses, stdout};

#[test]
fn rows_from_separated_values_are_used() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.csv");
    fs::write(&path, "a,b\n3,4\n0,0\n3,4\n-4,3\n").unwrap();
    let verdict = json(&["verdict", "--widths", "2,100x2,1", "--data", path.to_str().unwrap()]);
    assert_eq!(verdict["input"]["rows"], 4);
    assert_eq!(verdict["input"]["zero_rows"], 1);
    assert_eq!(verdict["input"]["repeated_rows"], 1);
    assert_eq!(verdict["input"]["typical_sq_norm"], 25.0);
    assert_eq!(verdict["input"]["sampled_rows"], 2);
    // Two orthogonal inputs of norm 25 under bias-free critical relu, three layers: Θ = 3·25, and by hand
    // κ₁(0) = 1/π, then θ = arccos(1/π): Θ₁₂ = 25 [κ₁(θ) + (1 − θ/π) κ₁(0)].
    let theta = (1.0 / std::f64::consts::PI).acos();
    let kappa = (theta.sin() + (std::f64::consts::PI - theta) * theta.cos()) / std::f64::consts::PI;
    let off = kappa + (1.0 - theta / std::f64::consts::PI) / std::f64::consts::PI;
    let ratio = verdict["kernel"]["ntk_correlation"]["mean"].as_f64().unwrap();
    assert!((ratio - off / 3.0).abs() < 1e-14, "{ratio} {}", off / 3.0);
}

#[test]
fn a_single_row_gets_what_can_be_said_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("one.csv");
    fs::write(&path, "3,4\n").unwrap();
    let verdict = json(&["verdict", "--widths", "2,100x2,1", "--data", path.to_str().unwrap()]);
    assert_eq!(verdict["findings"][0]["level"], "good");
    assert_eq!(verdict["findings"][2]["level"], "unknown");
    let reason = verdict["kernel"]["undefined"][0].as_str().unwrap();
    assert!(reason.contains("eigenvalues") && reason.contains("two"), "{reason}");
}

#[test]
fn the_result_file_is_replaced_only_when_complete() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("verdict.json");
    fs::write(&path, "old").unwrap();
    let out = path.to_str().unwrap();
    refuses(&["verdict", "--depth", "0", "--out", out], &["depth"]);
    assert_eq!(fs::read_to_string(&path).unwrap(), "old");
    let output = fathom(&["verdict", "--format", "json", "--out", out]);
    assert!(output.status.success() && stdout(&output).is_empty());
    let written: serde_json::Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    assert_eq!(written["class"], "in_regime");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file stays behind");
    refuses(&["verdict", "--out", "/no/such/folder/x.json"], &["cannot write", "/no/such/folder/x.json"]);
}

#[cfg(unix)]
#[test]
fn links_and_permissions_of_result_files_are_kept_and_pipes_are_written_to() {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let folder = tempfile::tempdir().unwrap();
    let (file, link) = (folder.path().join("result.txt"), folder.path().join("link.txt"));
    fs::write(&file, "old").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    symlink(&file, &link).unwrap();
    assert!(fathom(&["phase", "--out", link.to_str().unwrap()]).status.success());
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert!(fs::read_to_string(&file).unwrap().starts_with("Phase"));
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);

    let pipe = folder.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let reader = std::thread::spawn({
        let pipe = pipe.clone();
        move || fs::read_to_string(pipe).unwrap()
    });
    assert!(fathom(&["phase", "--out", pipe.to_str().unwrap()]).status.success());
    assert!(reader.join().unwrap().starts_with("Phase"));
    assert!(!fs::metadata(&pipe).unwrap().is_file());
}

#[cfg(unix)]
#[test]
fn devices_are_not_data() {
    refuses(&["verdict", "--data", "/dev/zero"], &["device"]);
    refuses(&["selftest", "--vectors", "/dev/zero"], &["larger than"]);
}

/// Two results in one file would leave one of them.
#[test]
fn results_of_one_command_go_to_different_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("both.svg");
    let name = path.to_str().unwrap();
    for command in [
        &["verdict", "--plot", name, "--out", name][..],
        &["kernel", "digits", "--rows", "5", "--plot", name, "--out", name],
        &["depth", "--out", name, "--plot", name],
        &["phase", "--plot", name, "--out", name],
    ] {
        refuses(command, &["must name different files"]);
        assert!(!path.exists());
    }
}

#[test]
fn reports_are_pages_that_stand_alone() {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("verdict.html");
    let output = fathom(&["verdict", "--widths", "4,20,1", "--input-sq-norm", "4", "--report", page.to_str().unwrap()]);
    assert!(output.status.success());
    let html = fs::read_to_string(&page).unwrap();
    assert!(
        html.starts_with("<!doctype html>")
            && html.contains("--input-sq-norm 4")
            && html.contains("@article{hanin2019finite")
    );
    refuses(&["verdict", "--report", "verdict.pdf"], &[".html, .md or .json"]);
}
