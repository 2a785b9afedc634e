//! Files and flags of `fathom sample` that cannot be used.

use std::fs;

use crate::{fathom, json, refuses, stderr, stdout};

const SMALL: [&str; 5] = ["sample", "--widths", "3,5,1", "--draws", "300"];

fn small<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&SMALL[..], more].concat()
}

#[test]
fn observables_and_rows_that_do_not_exist_are_refused() {
    for (arguments, words) in [
        (&["--observe", "foo"][..], &["unknown observable", "foo", "ntk(A,B)", "eigenvalues"][..]),
        (&["--observe", ""], &["unknown observable"]),
        (&["--observe", "ntk,"], &["unknown observable"]),
        (&["--observe", "ntk(0,1"], &["unknown observable", "ntk(0,1"]),
        (&["--observe", "ntk(-1,0)"], &["unknown observable"]),
        (&["--observe", "ntk(0,1)"], &["ntk(0,1)", "input must be 0 to 0, got 1"]),
        (&["--observe", "ntk(0,0;0,1)"], &["output must be 0 to 0, got 1"]),
        (&["--observe", "layer(0)"], &["layer must be 1 to 2, got 0"]),
        (&["--observe", "eigenvalue(2)"], &["eigenvalue must be 1 to 1, got 2"]),
        (&["--observe", "ntk,ntk(0,0)"], &["must differ", "ntk(0,0)"]),
        (&["--rows", "5"], &["--rows", "no data"]),
        (&["--cosine", "2"], &["--cosine must be between -1 and 1, got 2"]),
        (&["--cosine", "nan"], &["--cosine", "NaN"]),
        (&["--cosine", "0.5", "--rows", "1"], &["--cosine", "--rows"]),
        (&["--input-sq-norm", "-1"], &["--input-sq-norm", "-1"]),
        (&["--observe", "update(0,0)", "--target", "nan"], &["target must be finite", "NaN"]),
        (&["--observe", "step(0,0)", "--step", "0"], &["step must be positive", "got 0"]),
        (&["--observe", "update(0,0)", "--sampler", "chain"], &["direct sampler", "chain"]),
        (&["--sampler", "chain", "--activation", "tanh"], &["chain", "relu", "tanh"]),
        (&["--sampler", "foo"], &["unknown sampler", "foo", "projected"]),
        (&["--activation", "step"], &["step", "NTK"]),
        (&["--target-error", "0"], &["--target-error must be positive", "got 0"]),
        (&["--target-error", "NaN"], &["--target-error", "NaN"]),
        (&["--target-error", "-1"], &["--target-error", "-1"]),
        (&["--max-time", "-1"], &["--max-time", "-1"]),
        (&["--max-time", "0"], &["--max-time", "0"]),
        (&["--threads", "0"], &["--threads", "0"]),
        (&["--seed", "-1"], &["--seed", "-1"]),
        (&["--resume"], &["--checkpoint"]),
        (&["--shard", "1/3"], &["--checkpoint"]),
        (&["--shard", "4/3", "--checkpoint", "x"], &["I/K", "4/3"]),
        (&["--shard", "0/3", "--checkpoint", "x"], &["I/K", "0/3"]),
        (&["--shard", "1/3", "--checkpoint", "x"], &["shard 1/3 of 300 draws is empty", "at most 2 shards"]),
        (&["--shard", "1/2", "--checkpoint", "x", "--target-error", "1"], &["--shard", "--target-error"]),
    ] {
        refuses(&small(arguments), words);
    }
    refuses(&["sample", "--widths", "3,5,1", "--draws", "0"], &["--draws", "0"]);
    refuses(&["sample", "--widths", "3,5,1", "--draws", "-5"], &["--draws", "-5"]);
    refuses(&["sample", "--widths", "3,5,1", "--draws", "35184372088833"], &["--draws", "35184372088832"]);
    refuses(&["sample", "--widths", "64,5,1", "--rows", "1797"], &["rows 0 to 1796", "1797"]);
    refuses(&["sample", "--widths", "64,5,1", "--rows", "0-1796"], &["at most 10000 observables", "--observe"]);
    let wide = ["sample", "--widths", "64,5,1", "--rows", "0-50", "--covariances"];
    refuses(&wide, &["at most 1000 observables", "--covariances"]);
    refuses(&["sample", "--depth", "3"], &["sampling needs widths"]);
    refuses(&["sample", "--widths", "1,4,1", "--cosine", "0.5"], &["--cosine", "at least 2"]);
    let large = ["sample", "--widths", "64,1000000,1000000,1", "--sampler", "direct"];
    refuses(&large, &["direct sampler needs", "bytes"]);
}

#[test]
fn extreme_networks_have_an_answer() {
    for network in [
        &["--widths", "3,1", "--draws", "1"][..],
        &["--widths", "3,1x100,1", "--draws", "300"],
        &["--widths", "3,1000000x3,1", "--draws", "20"],
        &["--widths", "3,100x100000,1", "--draws", "2"],
        &["--widths", "3,2x1000,1", "--draws", "20", "--activation", "tanh"],
        &["--widths", "64,10,1", "--rows", "0-49", "--activation", "tanh", "--draws", "5", "--observe", "eigenvalues"],
        &["--widths", "64,10,1", "--rows", "0,0", "--draws", "5", "--observe", "eigenvalues,condition,log_ntk(0,1)"],
        &["--widths", "3,10,1", "--input-sq-norm", "0", "--draws", "5", "--observe", "ntk,log_ntk(0,0)"],
        &["--widths", "3,10,1", "--input-sq-norm", "1e300", "--draws", "5"],
        &["--widths", "3,10,1", "--cosine", "-1", "--draws", "5", "--observe", "condition"],
    ] {
        let arguments = [&["sample"], network].concat();
        let output = fathom(&arguments);
        assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""), "{network:?}");
        let text = stdout(&output);
        assert!(!text.contains("NaN") && !text.contains("inf "), "{text}");
        json(&arguments);
    }
    let zero = ["sample", "--widths", "3,10,1", "--input-sq-norm", "0", "--draws", "5", "--observe", "log_ntk(0,0)"];
    assert!(stdout(&fathom(&zero)).contains("undefined in all 5 draws"));
}

#[test]
fn pictures_of_a_wide_distribution_are_logarithmic_even_with_dead_networks() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("picture.svg").to_str().unwrap().to_owned();
    // Of 3000 networks with 30 layers of width 6, about 1 - (1 - 2^-6)^30 = 38 % have a dead layer, so that Θ = 0.
    let wide = ["sample", "--widths", "3,6x30,1", "--draws", "3000", "--plot", &path];
    let answer = json(&wide);
    let theta = &answer["observables"][0];
    assert!(theta["histogram"]["outside"].as_u64().unwrap() > 900);
    let ratio = |i: usize| {
        let bin = &theta["histogram"]["bins"][i];
        bin["high"]["log"].as_f64().unwrap() - bin["low"]["log"].as_f64().unwrap()
    };
    assert!((ratio(3) / ratio(40) - 1.0).abs() < 1e-6);
    assert!(fs::read_to_string(&path).unwrap().contains("probability density per decade"));
    // The errors of dispersion D and of std/mean r = √(D − 1) are of one size: dr = dD/2r.
    let number = |key: &str, of: &str| theta[key][of]["log"].as_f64().unwrap();
    let expected = number("dispersion", "standard_error") - number("relative_std", "value") - 2.0_f64.ln();
    assert!((number("relative_std", "standard_error") - expected).abs() < 1e-12);
}

#[test]
fn places_that_cannot_be_written_are_found_before_the_work() {
    let folder = tempfile::tempdir().unwrap();
    let plain = folder.path().join("old").to_str().unwrap().to_owned();
    fs::write(&plain, "old").unwrap();
    // Work that would take years.
    let long = ["sample", "--widths", "3,500x50,1", "--activation", "tanh", "--draws", "35184372088832"];
    let refuses = |more: &[&str], words: &[&str]| refuses(&[&long[..], more].concat(), words);
    for flag in ["--checkpoint", "--keep", "--out"] {
        refuses(&[flag, "/no/such/folder/x"], &["cannot write", "/no/such/folder/x"]);
        refuses(&[flag, folder.path().to_str().unwrap()], &[folder.path().to_str().unwrap()]);
    }
    refuses(&["--plot", "/no/such/folder/x.png"], &["cannot write", "/no/such/folder/x.png"]);
    refuses(&["--plot", "x.png", "--observe", "trace"], &["record ntk(A,A)"]);
    refuses(&["--plot", "x.png", "--cosine", "0", "--observe", "ntk(0,1)"], &["record ntk(A,A)"]);
    refuses(&["--checkpoint", &plain], &["old exists", "--resume"]);
    refuses(&["--checkpoint", &plain, "--resume"], &["old: not a complete run file"]);
    refuses(&["--checkpoint", "/no/such/file", "--resume"], &["cannot read /no/such/file"]);
    refuses(&["--checkpoint", "x", "--keep", "x"], &["--checkpoint and --keep", "different files"]);
    refuses(&["--out", "x", "--checkpoint", "x"], &["--out and --checkpoint", "different files"]);
    assert_eq!(fs::read_to_string(&plain).unwrap(), "old");
    #[cfg(unix)]
    {
        refuses(&["--keep", "/dev/null"], &["plain file", "/dev/null"]);
        refuses(&["--checkpoint", "/dev/zero", "--resume"], &["/dev/zero is a device"]);
    }
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["old"], "nothing stays behind");
}

#[test]
fn damaged_and_foreign_checkpoints_are_refused_and_stay_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.json").to_str().unwrap().to_owned();
    let files = ["--checkpoint", &path];
    assert!(fathom(&small(&[&files[..], &["--observe", "ntk,output(0)"]].concat())).status.success());
    let saved = fs::read_to_string(&path).unwrap();
    let resume = ["--observe", "ntk,output(0)", "--checkpoint", &path, "--resume"];

    for cut in [0, 1, saved.len() / 3, saved.len() / 2, saved.len() - 1] {
        fs::write(&path, &saved[..cut]).unwrap();
        refuses(&small(&resume), &["run.json: not a complete run file"]);
        refuses(&["merge", &path], &["run.json: not a complete run file"]);
        assert_eq!(fs::read_to_string(&path).unwrap(), saved[..cut]);
    }
    for (from, to, words) in [
        ("format 1", "format 2", "its format is \"fathom sample, format 2\""),
        ("\"draws\":300", "\"draws\":200", "draws that are not of this run"),
        ("\"draws\":300", "\"draws\":0", "draws must be 1 to"),
        ("\"index\":1,\"count\":1", "\"index\":2,\"count\":2", "draws that are not of this run"),
        ("\"index\":1,\"count\":1", "\"index\":0,\"count\":0", "shard 0/0 does not exist"),
        ("\"inputs\":[1.0,1.0,1.0]", "\"inputs\":[1.0,1.0]", "inputs must be rows of 3"),
        ("\"inputs\":[1.0,1.0,1.0]", "\"inputs\":[]", "inputs must be rows of 3"),
        ("[\"ntk(0,0)\",\"output(0)\"]", "[\"ntk(0,7)\",\"output(0)\"]", "input must be 0 to 0, got 7"),
        ("\"method\":\"chain\"", "\"method\":\"projected\"", "the sampler is projected, here chain"),
        ("\"step\":0.001", "\"step\":-1.0", "step must be positive"),
        ("\"seed\":0", "\"seed\":0,\"sneed\":1", "sneed"),
    ] {
        assert!(saved.contains(from), "{from}");
        // Everywhere, as somebody would who wants to be believed.
        let edited = saved.replace(from, to);
        fs::write(&path, &edited).unwrap();
        refuses(&small(&resume), &["run.json: ", words]);
        assert_eq!(fs::read_to_string(&path).unwrap(), edited);
    }
    fs::write(&path, &saved).unwrap();
    for (arguments, words) in [
        (&["--widths", "3,6,1"][..], "widths is 3,5,1, here 3,6,1"),
        (&["--seed", "1"], "the seed is 0, here 1"),
        (&["--input-sq-norm", "2"], "the inputs are all features equal, |x|² = 3, here others: all"),
        (&["--observe", "ntk"], "the observables are ntk(0,0), output(0), here ntk(0,0)"),
        (&["--observe", "ntk,output(0)", "--covariances"], "without --covariances"),
        (&["--target", "1"], "the first step is --target 0 --step 0.001, here --target 1"),
        (&["--sampler", "direct"], "the sampler is chain, here direct"),
        (&["--shard", "1/2"], "not a shard of 300 draws"),
    ] {
        let observe: &[&str] = if arguments[0] == "--observe" { &[] } else { &["--observe", "ntk,output(0)"] };
        let widths: &[&str] = if arguments[0] == "--widths" { &[] } else { &["--widths", "3,5,1"] };
        let run =
            [&["sample", "--draws", "300", "--checkpoint", &path, "--resume"], widths, observe, arguments].concat();
        refuses(&run, &["run.json: of another run: ", words]);
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), saved);
    refuses(&small(&[&resume[..], &["--keep", "/tmp/fathom-no-such.npy"]].concat()), &["resume without --keep"]);
}

#[cfg(unix)]
#[test]
fn a_full_disk_is_one_line_and_leaves_the_checkpoint() {
    // Where no disk may be mounted, a limit on the size of files does the same.
    let folder = tempfile::tempdir().unwrap();
    let program = assert_cmd::cargo::cargo_bin!("fathom").to_str().unwrap().to_owned();
    let (checkpoint, keep) = (folder.path().join("run.json"), folder.path().join("draws.npy"));
    let script = format!(
        "trap '' XFSZ; ulimit -f 32; exec {program} sample --widths 3,5,1 --draws 100000 --threads 2 --keep {} --checkpoint {}",
        keep.display(),
        checkpoint.display()
    );
    let output = std::process::Command::new("bash").args(["-c", &script]).output().unwrap();
    let message = stderr(&output);
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert_eq!(message.lines().count(), 1, "{message}");
    assert!(message.starts_with("error: cannot write ") && message.contains("draws.npy.partial"), "{message}");
    assert!(!keep.exists());
    let (checkpoint, keep) = (checkpoint.to_str().unwrap(), keep.to_str().unwrap());
    // With room again, the run goes on.
    let whole = folder.path().join("whole.npy").to_str().unwrap().to_owned();
    let run = ["sample", "--widths", "3,5,1", "--draws", "100000"];
    let resumed = fathom(&[&run[..], &["--keep", keep, "--checkpoint", checkpoint, "--resume"]].concat());
    assert_eq!(resumed.status.code(), Some(0), "{}", stderr(&resumed));
    assert!(fathom(&[&run[..], &["--keep", &whole]].concat()).status.success());
    assert!(fs::read(keep).unwrap() == fs::read(&whole).unwrap());
}
