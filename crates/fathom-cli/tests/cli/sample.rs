//! `fathom sample` and `fathom merge`: the same bits however a run is divided.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::{fathom, json, refuses, stderr, stdout};

/// A network that takes some microseconds a draw.
const NETWORK: [&str; 7] = ["sample", "--widths", "8,60x4,1", "--activation", "tanh", "--seed", "3"];

fn with<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&NETWORK[..], more].concat()
}

/// The JSON answer as it was printed.
fn bytes(arguments: &[&str]) -> Vec<u8> {
    let output = fathom(&[arguments, &["--format", "json"]].concat());
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", stderr(&output));
    output.stdout
}

fn in_folder(folder: &TempDir, name: &str) -> String {
    folder.path().join(name).to_str().unwrap().to_owned()
}

/// Starts a run that keeps its draws, and sends it a signal once the file has more than `length` bytes.
fn signalled(arguments: &[&str], partial: &str, length: u64, signal: &str) -> Output {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("fathom"));
    let child: Child = command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let begun = Instant::now();
    while fs::metadata(partial).map_or(0, |file| file.len()) < length {
        assert!(begun.elapsed() < Duration::from_secs(60), "the run does not begin");
        std::thread::sleep(Duration::from_millis(1));
    }
    assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
    child.wait_with_output().unwrap()
}

/// The numbers of a NumPy file, and how many there are in a row.
fn npy(path: impl AsRef<Path>) -> (Vec<f64>, u64) {
    let file = npyz::NpyFile::new(fs::File::open(path).unwrap()).unwrap();
    assert_eq!(file.shape().len(), 2);
    let columns = file.shape()[1];
    (file.into_vec().unwrap(), columns)
}

#[cfg(unix)]
#[test]
fn interrupted_and_killed_runs_end_with_the_bits_of_one_that_was_not() {
    let folder = tempfile::tempdir().unwrap();
    let (keep, checkpoint) = (in_folder(&folder, "draws.npy"), in_folder(&folder, "run.json"));
    let (partial, whole) = (in_folder(&folder, "draws.npy.partial"), in_folder(&folder, "whole.npy"));
    let effort = ["--draws", "150000", "--observe", "ntk,outputs"];
    let reference = bytes(&with(&[&effort[..], &["--keep", &whole]].concat()));

    let run = with(&[&effort[..], &["--threads", "2", "--checkpoint", &checkpoint, "--keep", &keep]].concat());
    let interrupted = signalled(&[&run[..], &["--format", "json"]].concat(), &partial, 128 + 10_000 * 16, "-INT");
    let message = stderr(&interrupted);
    assert_eq!(interrupted.status.code(), Some(0), "{message}");
    assert!(message.starts_with("note: interrupted after ") && message.contains(" of 150000 draws\n"), "{message}");
    assert!(message.contains("draws.npy.partial; --resume with --keep"), "{message}");
    let answer: Value = serde_json::from_slice(&interrupted.stdout).unwrap();
    assert_eq!(answer["complete"], false);
    let held = answer["draws"].as_u64().unwrap();
    assert!((10_000..150_000).contains(&held), "{held}");
    assert!(!Path::new(&keep).exists());

    let saved = fs::read(&checkpoint).unwrap();
    let resume = [&run[..], &["--resume"]].concat();
    signalled(&resume, &partial, 128 + (held + 20_000) * 16, "-KILL");
    assert!(saved == fs::read(&checkpoint).unwrap(), "the checkpoint is not touched until the next save");

    // Without --draws: as many as before.
    let without = with(&["--observe", "ntk,outputs", "--checkpoint", &checkpoint, "--keep", &keep, "--resume"]);
    assert!(bytes(&without) == reference);
    assert!(fs::read(&keep).unwrap() == fs::read(&whole).unwrap());
    assert!(!Path::new(&partial).exists());
    // A run that is complete answers again, and can be made longer.
    assert!(bytes(&without) == reference);
    let longer = ["--draws", "150900", "--observe", "ntk,outputs", "--keep"];
    let continued = bytes(&with(&[&longer[..], &[&keep, "--checkpoint", &checkpoint, "--resume"]].concat()));
    assert!(continued == bytes(&with(&[&longer[..], &[&whole]].concat())));
    assert!(fs::read(&keep).unwrap() == fs::read(&whole).unwrap());
    refuses(&with(&[&effort[..], &["--checkpoint", &checkpoint, "--resume"]].concat()), &["holds 150900 draws"]);
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_without_a_checkpoint_keeps_its_first_draws() {
    let folder = tempfile::tempdir().unwrap();
    let (keep, partial) = (in_folder(&folder, "draws.npy"), in_folder(&folder, "draws.npy.partial"));
    let run = with(&["--draws", "1000000000", "--threads", "2", "--keep", &keep]);
    let output = signalled(&run, &partial, 128 + 5000 * 8, "-TERM");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).contains("ntk(0,0)"));
    let (values, _) = npy(&keep);
    // The last blocks of the other thread may have been missing before the end of the file.
    assert!(!values.is_empty() && values.iter().all(|theta| *theta > 0.0), "{}", values.len());
    let whole = in_folder(&folder, "whole.npy");
    bytes(&with(&["--draws", &values.len().to_string(), "--keep", &whole]));
    assert_eq!(values, npy(&whole).0);
}

#[test]
fn threads_do_not_change_a_bit() {
    for network in [
        &["--widths", "5,9x3,2", "--observe", "ntk,trace,layers,condition", "--covariances"][..],
        &["--widths", "5,9x30,1"],
        &["--widths", "4,7,7,1", "--cosine", "0.5", "--observe", "update(0,1),step(0,0)", "--activation", "erf"],
    ] {
        let run = [&["sample", "--draws", "1500"], network].concat();
        let one = bytes(&[&run[..], &["--threads", "1"]].concat());
        for threads in ["2", "4"] {
            assert!(one == bytes(&[&run[..], &["--threads", threads]].concat()), "{network:?}, {threads} threads");
        }
    }
}

#[test]
fn shards_put_together_are_one_run() {
    let folder = tempfile::tempdir().unwrap();
    // Blocks of 256 draws: four, of which the last has 232.
    let effort = ["--draws", "1000", "--cosine", "0.3", "--covariances"];
    let whole = bytes(&with(&effort));
    let shard = |index: usize, more: &[&str]| {
        let (path, part) = (in_folder(&folder, &format!("{index}.json")), format!("{index}/3"));
        (bytes(&with(&[&effort[..], &["--shard", &part, "--checkpoint", &path], more].concat())), path)
    };
    let rows: Vec<f64> = (1..=3)
        .flat_map(|index| {
            let keep = in_folder(&folder, &format!("{index}.npy"));
            let (answer, _) = shard(index, &["--keep", &keep]);
            let answer: Value = serde_json::from_slice(&answer).unwrap();
            let (values, columns) = npy(&keep);
            assert_eq!(answer["draws"], values.len() as u64 / columns);
            assert_eq!(columns, 3);
            values
        })
        .collect();
    let keep = in_folder(&folder, "whole.npy");
    bytes(&with(&[&effort[..], &["--keep", &keep]].concat()));
    assert_eq!(rows, npy(&keep).0, "the rows of shards follow each other");

    let paths: Vec<String> = (1..=3).map(|index| in_folder(&folder, &format!("{index}.json"))).collect();
    let [one, two, three] = [&paths[0], &paths[1], &paths[2]].map(String::as_str);
    let merged = in_folder(&folder, "merged.json");
    assert!(whole == bytes(&["merge", three, one, two, "--checkpoint", &merged]));
    assert!(whole == bytes(&["merge", &merged]));
    assert!(whole == bytes(&with(&[&effort[..], &["--checkpoint", &merged, "--resume"]].concat())));

    refuses(&["merge", one, two], &["of 1000 draws are missing", "--partial"]);
    let part = fathom(&["merge", one, three, "--partial", "--format", "json"]);
    assert!(stderr(&part).starts_with("note: ") && stderr(&part).contains("of 1000 draws are missing"));
    assert_eq!(serde_json::from_slice::<Value>(&part.stdout).unwrap()["complete"], false);
    refuses(&["merge", one, one], &["1.json", "block 0", "there already"]);
    refuses(&["merge", one, two, &merged], &["merged.json", "there already"]);
    refuses(&["merge", one, two, three, "--checkpoint", one], &["--checkpoint would replace", "1.json"]);
    refuses(&["merge", one, two, three, "--checkpoint", "/no/such/folder/x"], &["cannot write /no/such/folder/x"]);

    let other = |name: &str, run: &[&str]| {
        let path = in_folder(&folder, name);
        bytes(&[run, &["--checkpoint", &path, "--shard", "2/3"]].concat());
        path
    };
    let seed = other("seed.json", &[&with(&effort)[..5], &["--seed", "4"], &effort].concat());
    refuses(&["merge", one, &seed], &["seed.json", "of another run than", "1.json", "seed is 4, here 3"]);
    let longer = other("longer.json", &with(&["--draws", "2000", "--cosine", "0.3", "--covariances"]));
    refuses(&["merge", one, &longer], &["longer.json", "2000 draws, here 1000 draws"]);
    let plain = other("plain.json", &with(&["--draws", "1000", "--cosine", "0.3"]));
    refuses(&["merge", one, &plain], &["plain.json", "joint"]);
}

#[test]
fn a_target_is_reached_after_the_same_draws_by_any_threads_and_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let target = ["--target-error", "0.003"];
    let one = bytes(&with(&[&target[..], &["--threads", "1"]].concat()));
    let answer: Value = serde_json::from_slice(&one).unwrap();
    assert_eq!((&answer["complete"], &answer["planned_draws"]), (&Value::Bool(true), &Value::Null));
    let mean = &answer["observables"][0]["mean"];
    let relative = mean["standard_error"]["value"].as_f64().unwrap() / mean["value"]["value"].as_f64().unwrap();
    // Between check points, which are at most 1/8 apart, the error falls by at most the root of that, 6 %.
    assert!(relative <= 0.003 && relative > 0.003 * 0.92, "{relative}");
    for threads in ["2", "4"] {
        assert!(one == bytes(&with(&[&target[..], &["--threads", threads]].concat())));
    }
    // Begun with another number of draws, between two check points.
    let checkpoint = in_folder(&folder, "run.json");
    for draws in [300, 4500, answer["draws"].as_u64().unwrap() - 1] {
        let draws = &draws.to_string();
        let _ = fs::remove_file(&checkpoint);
        bytes(&with(&["--draws", draws, "--checkpoint", &checkpoint]));
        assert!(one == bytes(&with(&[&target[..], &["--checkpoint", &checkpoint, "--resume"]].concat())), "{draws}");
    }
    refuses(&with(&["--checkpoint", &checkpoint, "--resume"]), &["no end", "--draws", "--target-error"]);

    let short = fathom(&with(&["--target-error", "1e-5", "--draws", "500"]));
    assert_eq!(short.status.code(), Some(0));
    assert!(stderr(&short).contains("--target-error 0.00001 is not reached"), "{}", stderr(&short));
}

#[test]
fn a_run_that_is_out_of_time_answers_with_what_it_has() {
    let output = fathom(&with(&["--max-time", "0.2", "--format", "json"]));
    assert_eq!(output.status.code(), Some(0));
    assert!(stderr(&output).starts_with("note: out of time after "), "{}", stderr(&output));
    assert!(!stderr(&output).contains('\x1b'), "no escape codes where there is no terminal");
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answer["complete"], false);
    assert!(answer["draws"].as_u64().unwrap() > 0);
    // In time: nothing on stderr.
    let output = fathom(&with(&["--max-time", "1e300", "--draws", "300"]));
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""));
}

#[test]
fn kept_draws_have_the_reported_statistics() {
    let folder = tempfile::tempdir().unwrap();
    let keep = in_folder(&folder, "draws.npy");
    let observed = ["--observe", "ntk(0,0),output(0),layer(2)", "--keep", &keep];
    let answer = json(&[&["sample", "--widths", "3,20x3,1", "--draws", "700"], &observed[..]].concat());
    let (values, columns) = npy(&keep);
    assert_eq!((values.len(), columns), (2100, 3));
    for (column, observable) in answer["observables"].as_array().unwrap().iter().enumerate() {
        let draws: Vec<f64> = values.iter().skip(column).step_by(3).copied().collect();
        let mean = draws.iter().sum::<f64>() / 700.0;
        let variance = draws.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 699.0;
        let reported = |key: &str| observable[key]["value"]["value"].as_f64().unwrap();
        // Sums of 700 terms: 700 ε of their absolute values, which are no larger than the standard deviations here.
        let allowed = 700.0 * f64::EPSILON * (variance.sqrt() + mean.abs());
        assert!((mean - reported("mean")).abs() < allowed, "{mean} {}", reported("mean"));
        assert!((variance / reported("variance") - 1.0).abs() < 1e-11, "{variance}");
        let least = draws.iter().copied().fold(f64::INFINITY, f64::min);
        assert_eq!(observable["range"][0]["value"].as_f64().unwrap(), least);
    }
}
