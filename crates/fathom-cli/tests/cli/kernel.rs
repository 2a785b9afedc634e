//! `fathom kernel`: what is in the file, what is said of it, and what is refused.

use std::fs;

use crate::{fathom, json, refuses, stderr, stdout};

/// Rows (3, 0), (0, 1), (1, 1).
fn data(folder: &tempfile::TempDir) -> String {
    let path = folder.path().join("x.csv");
    fs::write(&path, "a,b\n3,0\n0,1\n1,1\n").unwrap();
    path.display().to_string()
}

fn read<T: npyz::Deserialize>(path: &str) -> (Vec<u64>, Vec<T>) {
    let file = npyz::NpyFile::new(fs::File::open(path).unwrap()).unwrap();
    (file.shape().to_vec(), file.into_vec().unwrap())
}

/// A critical ReLU network of two layers: Σ = |x||x'|/2 · 2 (sin θ + (π − θ) cos θ)/π · ½ · 2 and Θ = Σ + (π − θ)/π · x·x'.
#[test]
fn the_file_holds_the_kernels() {
    let folder = tempfile::tempdir().unwrap();
    let (data, out) = (data(&folder), folder.path().join("K.npy").display().to_string());
    let answer = json(&["kernel", &data, "--depth", "2", "--kind", "both", "--out", &out]);
    let (shape, values) = read::<f64>(&out);
    assert_eq!(shape, [2, 3, 3]);
    // |x|² over two features is 4.5, 0.5 and 1; both kernels have their closed form at right angles and on the diagonal.
    let pi = std::f64::consts::PI;
    for (place, want) in [(0, 9.0), (4, 1.0), (8, 2.0), (1, 3.0 / pi), (9, 18.0), (10, 3.0 / pi)] {
        assert!((values[place] / want - 1.0).abs() < 1e-12, "{place} {} {want}", values[place]);
    }
    assert_eq!((&answer["rows"], &answer["method"]), (&3.into(), &"piecewise_linear".into()));
    let mean = answer["kernels"][1]["mean_diagonal"]["value"].as_f64().unwrap();
    assert!((mean - 8.0).abs() < 1e-14 * 8.0);
    let condition = answer["kernels"][1]["spectrum"]["condition"].as_f64().unwrap();
    assert!(condition > 1.0);
    assert!(!folder.path().join("K.npy.partial").exists());

    let single = json(&["kernel", &data, &data, "--depth", "2", "--precision", "f32", "--out", &out]);
    assert_eq!((&single["symmetric"], &single["precision"]), (&false.into(), &"f32".into()));
    let (shape, single) = read::<f32>(&out);
    assert_eq!(shape, [3, 3]);
    assert!(single.iter().zip(&values[9..]).all(|(s, d)| (f64::from(*s) / d - 1.0).abs() < 1e-5));
}

#[test]
fn a_large_matrix_is_written_band_by_band_with_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (once, again) = (path("a.npy"), path("b.npy"));
    let arguments = ["kernel", "digits", "--depth", "3", "--bias-var", "0.1", "--rows", "1200", "--spectrum-rows", "0"];
    let text = stdout(&fathom(&[&arguments[..], &["--out", &once]].concat()));
    assert!(text.contains("1200 × 1200, symmetric"), "{text}");
    // Without an unfinished file there is nothing to continue, and the run starts from the beginning.
    let output = fathom(&[&arguments[..], &["--out", &again, "--resume", "--memory", "64"]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(fs::read(&once).unwrap(), fs::read(&again).unwrap());
    let (shape, values) = read::<f64>(&once);
    assert_eq!(shape, [1200, 1200]);
    assert!((0..1200).all(|i| (0..i).all(|j| values[i * 1200 + j] == values[j * 1200 + i])));
}

/// One file of four bands, from a run that is interrupted and one that continues it.
#[cfg(unix)]
#[test]
fn an_interrupted_file_is_continued_with_the_same_bits() {
    use std::process::{Command, Stdio};
    use std::time::Duration;

    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (whole, parts) = (path("whole.npy"), path("parts.npy"));
    let arguments = ["kernel", "digits", "--activation", "gelu", "--bias-var", "0.1", "--spectrum-rows", "0"];
    let deep = [&arguments[..], &["--depth", "40", "--rows", "1000", "--out", &parts]].concat();
    let command = || Command::new(assert_cmd::cargo::cargo_bin!("fathom"));
    let child = command().args(&deep).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // The file appears before its first band is computed; the interrupt then falls into one of the bands.
    while !fs::exists(format!("{parts}.partial")).unwrap() && !fs::exists(&parts).unwrap() {
        std::thread::sleep(Duration::from_millis(1));
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    let message = stderr(&output);
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert!(message.contains("interrupted after 1 of 2 bands") && message.contains("--resume"), "{message}");
    let other = [&arguments[..], &["--depth", "39", "--rows", "1000", "--resume", "--out", &parts]].concat();
    refuses(&other, &["of another matrix"]);
    assert_eq!(fathom(&[&deep[..], &["--resume"]].concat()).status.code(), Some(0));
    let in_one = [&arguments[..], &["--depth", "40", "--rows", "1000", "--out", &whole]].concat();
    assert_eq!(fathom(&in_one).status.code(), Some(0));
    assert!(fs::read(&whole).unwrap() == fs::read(&parts).unwrap());
    assert!(!fs::exists(format!("{parts}.partial.json")).unwrap());
}

/// The same of a network on images, from the shorthand in its file.
#[cfg(unix)]
#[test]
fn an_interrupted_file_of_images_is_continued_with_the_same_bits() {
    use std::process::{Command, Stdio};
    use std::time::Duration;

    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (whole, parts, network) = (path("whole.npy"), path("parts.npy"), path("net.toml"));
    fs::write(&network, "[cnn]\nshape = [8, 8, 1]\ndepth = 2\nending = \"flatten\"\n").unwrap();
    let arguments = ["kernel", "digits", "--network", &network, "--spectrum-rows", "0", "--rows", "1000", "--out"];
    let command = || Command::new(assert_cmd::cargo::cargo_bin!("fathom"));
    let child = command().args(arguments).arg(&parts).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    while !fs::exists(format!("{parts}.partial")).unwrap() && !fs::exists(&parts).unwrap() {
        std::thread::sleep(Duration::from_millis(1));
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let message = stderr(&child.wait_with_output().unwrap());
    assert!(message.contains("interrupted after") && message.contains("--resume"), "{message}");
    assert_eq!(fathom(&[&arguments[..], &[&parts, "--resume"]].concat()).status.code(), Some(0));
    assert_eq!(fathom(&[&arguments[..], &[&whole]].concat()).status.code(), Some(0));
    assert!(fs::read(&whole).unwrap() == fs::read(&parts).unwrap());
}

#[test]
fn an_unfinished_file_of_another_matrix_is_not_continued() {
    let folder = tempfile::tempdir().unwrap();
    let (data, out) = (data(&folder), folder.path().join("K.npy").display().to_string());
    fs::write(format!("{out}.partial.json"), r#"{"bands_done": 1, "matrix": {"version": "0"}}"#).unwrap();
    refuses(&["kernel", &data, "--depth", "2", "--out", &out, "--resume"], &["of another matrix"]);
}

#[test]
fn pictures_show_entries_and_spectrum() {
    let folder = tempfile::tempdir().unwrap();
    let picture = folder.path().join("K.svg").display().to_string();
    let output = fathom(&["kernel", "digits", "--rows", "150", "--scale", "cosine", "--plot", &picture]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let svg = fs::read_to_string(&picture).unwrap();
    assert!(svg.contains("spectrum") && svg.contains("NTK Θ"), "{}", &svg[..300]);
}

#[test]
fn bad_requests_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let data = data(&folder);
    refuses(&["kernel", &data, "digits", "--depth", "2"], &["2 features", "64"]);
    refuses(&["kernel", &data, "--widths", "3,10,1"], &["3 inputs", "2 features"]);
    refuses(&["kernel", &data, "--depth", "2", "--rows", "0"], &["--rows"]);
    refuses(&["kernel", &data, "--depth", "2", "--resume"], &["--out"]);
    refuses(&["kernel", &data, "--depth", "2", "--activation", "step"], &["no NTK"]);
    let narrow = ["kernel", &data, "--depth", "2", "--memory", "0"];
    refuses(&narrow, &["eigenvalues", "1 MiB", "--memory allows 0", "--spectrum-rows 0"]);
    let out = folder.path().join("K.npy").display().to_string();
    refuses(&[&narrow[..], &["--out", &out]].concat(), &["a band", "1 MiB", "--precision f32"]);
    assert!(!fs::exists(format!("{out}.partial")).unwrap(), "refused before anything is written");
    let inside = folder.path().join("none").join("K.npy").display().to_string();
    refuses(&["kernel", &data, "--depth", "2", "--out", &inside], &["cannot write", "none"]);
    let name = folder.path().display().to_string();
    refuses(&["kernel", &data, "--depth", "2", "--out", &name], &["not a regular file"]);
    let text = folder.path().join("nan.csv").display().to_string();
    fs::write(&text, "a,b\n1,0\n0,nan\n").unwrap();
    refuses(&["kernel", &text, "--depth", "2"], &["finite", "row 1", "column 1"]);
    refuses(&["kernel", &data, &text, "--depth", "2"], &["finite", "row 1", "column 1"]);
    let zero = folder.path().join("zero.csv").display().to_string();
    fs::write(&zero, "a,b\n1,0\n0,0\n").unwrap();
    refuses(&["kernel", &zero, "--depth", "2", "--scale", "cosine"], &["row 1", "zero vector"]);
}

/// One convolution 1×1 of a grey image, flattened: Σ = Θ/2 = σ_w⁴ x·x'/64 without biases.
#[test]
fn networks_of_blocks_are_read_from_their_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (file, out) = (path("cnn.toml"), path("K.npy"));
    let conv = "[[block]]\ntype = \"conv\"\nfilter = [1, 1]\n";
    let network = format!("input = [8, 8, 1]\n{conv}[[block]]\ntype = \"flatten\"\n[[block]]\ntype = \"dense\"\n");
    fs::write(&file, network).unwrap();
    let arguments = ["kernel", "digits", "--rows", "3", "--network", &file, "--kind", "both", "--out", &out];
    let answer = json(&arguments);
    assert_eq!((&answer["method"], &answer["architecture"]["input"][0]), (&"blocks".into(), &8.into()));
    let (shape, values) = read::<f64>(&out);
    assert_eq!(shape, [2, 3, 3]);
    let plain = path("plain.npy");
    json(&[
        "kernel",
        "digits",
        "--rows",
        "3",
        "--depth",
        "2",
        "--activation",
        "linear",
        "--kind",
        "both",
        "--out",
        &plain,
    ]);
    let (_, expected) = read::<f64>(&plain);
    assert!(values.iter().zip(&expected).all(|(a, b)| (a / b - 1.0).abs() < 1e-13), "{values:?} {expected:?}");
    let text = stdout(&fathom(&arguments));
    assert!(text.contains("conv 1×1, flatten, dense") && text.contains("8×8"), "{text}");

    let chosen = json(&["select", "--train", "digits", "--rows", "30", "--classify", "--network", &file]);
    assert_eq!(chosen["candidates"].as_array().unwrap().len(), 3);
    let predicted =
        json(&["predict", "--train", "digits", "--rows", "30", "--hold-out", "5", "--classify", "--network", &file]);
    assert!(predicted["metrics"][0]["accuracy"].as_f64().is_some(), "{predicted}");
}

#[test]
fn networks_of_blocks_that_do_not_fit_are_refused_with_the_block_and_its_shapes() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cnn.toml").display().to_string();
    let block =
        |text: &str| fs::write(&file, format!("input = [8, 8, 1]\n[[block]]\ntype = \"dense\"\n{text}")).unwrap();
    let refused = |words: &[&str]| refuses(&["kernel", "digits", "--network", &file], words);
    block("[[block]]\ntype = \"conv\"\nfilter = [9, 3]\n");
    refused(&["block 2 (conv 9×3)", "window of 9", "8×8"]);
    block("[[block]]\ntype = \"conv\"\nfilter = [3, 3]\nstride = [0, 1]\n");
    refused(&["block 2 (conv 3×3)", "every stride must be at least 1, got 0"]);
    block("[[block]]\ntype = \"average-pool\"\nwindow = [9, 9]\n");
    refused(&["block 2 (average-pool 9×9)", "window of 9", "8×8"]);
    block("[[block]]\ntype = \"pool\"\n");
    refused(&["cnn.toml", "pool"]);
    fs::write(&file, "input = [7]\n[[block]]\ntype = \"dense\"\n").unwrap();
    refused(&["the data has 64 features", "7"]);
    refuses(&["kernel", "digits", "--network", &file, "--depth", "3"], &["--depth"]);
}
