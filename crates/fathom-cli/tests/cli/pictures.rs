//! `--plot`.

use std::fs;
use std::path::Path;

use crate::{fathom, refuses, stderr, stdout};

/// Runs a command with a picture, and gives the picture and what was printed.
fn picture(arguments: &[&str], path: &Path) -> (Vec<u8>, String) {
    let output = fathom(&[arguments, &["--plot", path.to_str().unwrap()]].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    (fs::read(path).unwrap(), stdout(&output))
}

fn svg(arguments: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    String::from_utf8(picture(arguments, &folder.path().join("picture.svg")).0).unwrap()
}

#[test]
fn pictures_come_beside_the_answer_in_the_format_of_their_name() {
    let folder = tempfile::tempdir().unwrap();
    for command in [
        &["phase", "--activation", "tanh"][..],
        &["moments", "--widths", "3,20x9,1"],
        &["moments", "--widths", "3,20x9,2", "--activation", "gelu"],
        &["verdict", "--widths", "64,30x3,1"],
    ] {
        let (svg, text) = picture(command, &folder.path().join("picture.SVG"));
        assert!(svg.starts_with(b"<svg") && svg.ends_with(b"</svg>\n"), "{command:?}");
        let (png, same) = picture(command, &folder.path().join("picture.png"));
        assert!(png.starts_with(b"\x89PNG\r\n\x1a\n") && png.len() > 10_000, "{command:?}");
        assert_eq!(text, stdout(&fathom(command)), "the answer is the same with and without a picture");
        assert_eq!(text, same);
        let (again, _) = picture(command, &folder.path().join("picture.SVG"));
        assert!(svg == again, "{command:?}: the same bytes twice");
        let (again, _) = picture(command, &folder.path().join("picture.png"));
        assert!(png == again, "{command:?}: the same bytes twice");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "no temporary file stays behind");
}

#[test]
fn the_phase_diagram_marks_the_network_and_the_edge_of_chaos() {
    let figure = svg(&["phase", "--activation", "tanh", "--weight-var", "3.5", "--bias-var", "0.2"]);
    for words in ["tanh networks", "edge of chaos, χ₁ = 1", "this network: chaotic", ">ordered<", ">chaotic<"] {
        assert!(figure.contains(words), "{words}");
    }
    // One marked point: a diamond in the diagram, one in the legend.
    assert_eq!(figure.lines().filter(|l| l.contains("<path") && l.contains("#d55e00")).count(), 2);
    let relu = svg(&["phase"]);
    assert!(relu.contains("edge of chaos only at σ_b² = 0") && relu.contains(">divergent<"));
    // Far outside the default ranges; and an activation without any edge of chaos.
    assert!(svg(&["phase", "--activation", "tanh", "--weight-var", "1e6", "--bias-var", "1e5"]).contains("10⁶"));
    assert!(svg(&["phase", "--activation", "softplus"]).contains("this network"));
}

#[test]
fn every_activation_has_its_pictures() {
    for activation in ["sin", "linear", "sigmoid", "leaky-relu:0.1", "abs", "exp"] {
        assert!(svg(&["moments", "--widths", "3,20x5,1", "--activation", activation]).contains("first order"));
        assert!(svg(&["phase", "--activation", activation]).contains("this network"));
    }
}

#[test]
fn depths_and_widths_of_any_size_can_be_drawn() {
    for widths in ["3,1", "3,1,1", "3,1x30,1", "5,100x9999,1", "1000000,1000000x3,1"] {
        assert!(svg(&["moments", "--widths", widths]).contains("exact"), "{widths}");
    }
    for variance in ["1e300", "1e-300"] {
        svg(&["moments", "--widths", "3,10x9,1", "--weight-var", variance]);
        svg(&["verdict", "--widths", "3,10x9,1", "--weight-var", variance]);
        for activation in ["relu", "tanh"] {
            svg(&["phase", "--activation", activation, "--weight-var", variance, "--bias-var", variance]);
        }
    }
}

#[test]
fn a_verdict_shows_its_numbers_against_their_thresholds() {
    let figure = svg(&["verdict", "--random", "0.3,0.9"]);
    for words in [
        ">NTK theory describes this network: relu",
        "std Θ / E Θ",
        "fine up to 0.3",
        "bad from 0.9",
        "fine up to 10000",
        "gradient steps",
    ] {
        assert!(figure.contains(words), "{words}");
    }
}

#[test]
fn pictures_of_other_formats_are_refused() {
    for name in ["picture.pdf", "picture", "svg", ".png", ""] {
        refuses(&["phase", "--plot", name], &["--plot"]);
    }
    refuses(&["phase", "--plot", "picture.jpeg"], &[".svg", ".png", "picture.jpeg"]);
}

#[test]
fn pictures_that_cannot_be_drawn_or_written_leave_the_old_one() {
    refuses(&["moments", "--widths", "3,9,1", "--plot", "/no/such/folder/x.svg"], &["cannot write", "/no/such/folder"]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("old.svg");
    fs::write(&path, "old").unwrap();
    let plot = path.to_str().unwrap();
    refuses(&["moments", "--depth", "7", "--plot", plot], &["--widths"]);
    refuses(&["phase", "--weight-var", "-1", "--plot", plot], &["weight_var"]);
    refuses(&["phase", "--activation", "step", "--plot", plot], &["jumps"]);
    assert_eq!(fs::read_to_string(&path).unwrap(), "old");
}
