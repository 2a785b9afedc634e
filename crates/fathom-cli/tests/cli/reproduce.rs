//! `fathom reproduce`.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::{fathom, refuses, stderr, stdout};

fn trial(folder: &Path, more: &[&str]) -> std::process::Output {
    let folder = folder.to_str().unwrap();
    let output = fathom(&[&["reproduce", "hayou", "--trial", "--folder", folder], more].concat());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    output
}

fn read(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).unwrap()
}

/// Files of pieces that are done.
fn kept(folder: &Path) -> Vec<std::path::PathBuf> {
    let builds: Vec<_> = fs::read_dir(folder.join("cache")).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(builds.len(), 1);
    let mut files: Vec<_> = fs::read_dir(&builds[0]).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// All tables, without times.
fn tables(folder: &Path) -> Value {
    serde_json::from_str::<Value>(&read(folder, "hayou.json")).unwrap()["tables"].clone()
}

#[test]
fn a_trial_writes_reports_and_an_index_and_goes_on_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let text = stdout(&trial(folder.path(), &[]));
    assert!(text.contains("hayou: a trial, claims not judged"), "{text}");
    let first = ["hayou.html", "hayou.md", "hayou.json"].map(|name| read(folder.path(), name));
    assert!(first[0].contains("<svg") && first[0].contains("data:text/csv") && first[1].contains("## Tables"));
    let index = read(folder.path(), "index.html");
    assert!(index.contains("<a href=\"hayou.html\">Exact convergence rates"), "{index}");

    // Nothing is computed again, so that even the times are the same.
    trial(folder.path(), &["--threads", "1"]);
    assert_eq!(first, ["hayou.html", "hayou.md", "hayou.json"].map(|name| read(folder.path(), name)));

    // A piece that is missing, and one that is not whole.
    let pieces = kept(folder.path());
    fs::remove_file(&pieces[0]).unwrap();
    let bytes = fs::read(&pieces[1]).unwrap();
    fs::write(&pieces[1], &bytes[..bytes.len() / 2]).unwrap();
    let before = tables(folder.path());
    trial(folder.path(), &[]);
    assert_eq!((kept(folder.path()).len(), tables(folder.path())), (pieces.len(), before));
}

#[test]
fn the_seed_decides_what_is_drawn_and_threads_do_not() {
    let folders = [(); 3].map(|()| tempfile::tempdir().unwrap());
    trial(folders[0].path(), &["--threads", "1"]);
    trial(folders[1].path(), &["--threads", "3"]);
    trial(folders[2].path(), &["--seed", "1"]);
    let [one, three, other] = folders.each_ref().map(|folder| tables(folder.path()));
    assert_eq!(one, three);
    assert_ne!(one, other);
}

#[test]
fn other_pages_in_the_folder_are_listed() {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("mine.html");
    let verdict = fathom(&["verdict", "--widths", "4,20,20,1", "--report", page.to_str().unwrap()]);
    assert_eq!(verdict.status.code(), Some(0), "{}", stderr(&verdict));
    fs::write(folder.path().join("foreign.html"), "<title>foreign</title>").unwrap();
    trial(folder.path(), &[]);
    let index = read(folder.path(), "index.html");
    assert!(index.contains("<a href=\"mine.html\">Does NTK theory describe this network?"), "{index}");
    assert!(!index.contains("foreign"), "{index}");
}

#[test]
fn wrong_arguments_are_refused() {
    refuses(&["reproduce", "jacot"], &["there is no study \"jacot\"", "hanin-nica", "st-arnaud", "all"]);
    refuses(&["reproduce", "hayou", "--quick", "--full"], &["--quick", "--full"]);
    refuses(&["reproduce"], &["STUDY"]);
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    fs::write(path("few.csv"), "a,b,label\n1,2,0\n2,3,1\n").unwrap();
    fs::write(path("bare.csv"), "1,2\n2,3\n").unwrap();
    let reports = path("reports");
    let with =
        |file: &str| ["reproduce", "hayou", "--trial", "--folder", &reports, "--images", &path(file)].map(String::from);
    let refused = |file: &str, words: &[&str]| refuses(&with(file).each_ref().map(String::as_str), words);
    refused("few.csv", &["few.csv", "at least 100", "got 2"]);
    let rows: String = (0..200).map(|i| format!("{i},{},{},{}\n", i * i % 7, i % 3, i % 10 - 1)).collect();
    fs::write(path("negative.csv"), "a,b,c,label\n".to_owned() + &rows).unwrap();
    refused("negative.csv", &["whole numbers from 0 to 999", "got -1e0 in row 0"]);
    refuses(&["reproduce", "st-arnaud", "--images", &path("few.csv")], &["--images is for hayou"]);
    let clash = path("reports") + "/hayou.json";
    fs::create_dir_all(path("reports")).unwrap();
    refuses(
        &["reproduce", "hayou", "--trial", "--folder", &reports, "--out", &clash],
        &["--out", "one of the reports"],
    );
    refused("bare.csv", &["bare.csv", "has no classes", "--image-classes"]);
    refused("missing.csv", &["missing.csv"]);
    fs::write(path("file"), "").unwrap();
    refuses(&["reproduce", "hayou", "--trial", "--folder", &path("file")], &["cannot write", "file"]);
}

/// Pages of networks that are drawn, merged, given or judged say what their texts say.
#[test]
fn networks_of_finite_width_have_pages() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let net = path("net.toml");
    fs::write(&net, "[resnet]\nfeatures = 4\ndepth = 3\n").unwrap();
    let run = path("run");
    let sampled = ["sample", "--widths", "4,9,9,1", "--draws", "300", "--observe", "ntk(0,0)", "--checkpoint", &run];
    let few =
        ["sample", "--network", &net, "--width", "9", "--draws", "40", "--observe", "ntk,outputs,trace,log_ntk(0,0)"];
    let merged = ["merge", &run];
    let drawn = ["entk", "--network", &net, "--data", "digits"];
    let judged = ["verdict", "--network", &net, "--width", "9", "--draws", "64"];
    for (arguments, words) in [
        (&sampled[..], &["300 networks were drawn", "dispersion E Θ²", "<svg", "1909.05989"][..]),
        (&few[..], &["40 networks were drawn", "Observables", "<td>", "trace"][..]),
        (&merged[..], &["300 networks were drawn", "dispersion"][..]),
        (&judged[..], &["NTK theory", "Randomness of Θ(x, x)", "64 networks drawn", "Random?"][..]),
    ] {
        let page = path("page.html");
        let output = fathom(&[arguments, &["--report", &page]].concat());
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", stderr(&output));
        let html = fs::read_to_string(&page).unwrap();
        for word in words {
            assert!(html.contains(word), "{arguments:?}: no {word:?}");
        }
        assert!(html.contains("run time") && !html.contains("NaN"), "{arguments:?}");
        fs::remove_file(page).unwrap();
    }
    refuses(&[&drawn[..], &["--report", &path("page.html")]].concat(), &["64"]);
    assert!(!folder.path().join("page.html").exists());
}
