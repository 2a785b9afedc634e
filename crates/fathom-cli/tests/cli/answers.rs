//! What the commands answer.

use crate::{fathom, json, stdout};

#[test]
fn the_default_verdict_is_on_the_built_in_digits() {
    let verdict = json(&["verdict"]);
    assert_eq!(verdict["class"], "in_regime");
    assert_eq!(verdict["input"]["rows"], 1797);
    assert_eq!(verdict["architecture"]["widths"], "64,256x4,10");
    // Exact dispersion of weights-only relu, n = 256, L = 5: ∏(1 + 5/n)·g with T = Σ_{k<j} ρ^{j−k}.
    let (n, depth) = (256.0_f64, 5);
    let rho = (1.0 - 1.0 / n) / (1.0 + 5.0 / n);
    let sum: f64 = (1..depth).map(|gap| f64::from(depth - gap) * rho.powi(gap)).sum();
    let l = f64::from(depth);
    let g = 1.0 / 3.0 + 2.0 / (3.0 * l) + 4.0 / (3.0 * l * l) * sum;
    let dispersion = (1.0 + 5.0 / n).powi(depth - 1) * g;
    let found = verdict["findings"][0]["value"].as_f64().unwrap();
    assert!((found / (dispersion - 1.0).sqrt() - 1.0).abs() < 1e-10, "{found}");
}

#[test]
fn a_users_own_network_gets_its_own_verdict() {
    let class = |arguments: &[&str]| json(&[&["verdict"], arguments].concat())["class"].clone();
    assert_eq!(class(&["--widths", "100,100x4,1"]), "in_regime");
    assert_eq!(class(&["--widths", "100,100x99,1"]), "outside");
    let ordered = ["--widths", "64,500x79,1", "--weight-var", "1", "--bias-var", "0.1"];
    assert_eq!(class(&ordered), "in_regime_untrainable");
    let chaotic = ["--widths", "64,50x29,1", "--activation", "tanh", "--weight-var", "4", "--bias-var", "0.05"];
    assert_eq!(class(&chaotic), "outside");
}

#[test]
fn check_turns_the_class_into_the_exit_status() {
    let status = |arguments: &[&str]| fathom(&[&["verdict", "--check"], arguments].concat()).status.code();
    assert_eq!(status(&[]), Some(0));
    assert_eq!(status(&["--widths", "100,100x99,1"]), Some(1));
    assert_eq!(status(&["--random", "1e-3,2e-3"]), Some(1));
    assert_eq!(status(&["--depth", "0"]), Some(2));
    // Nothing is known of what a network makes of a single input.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("one.csv");
    std::fs::write(&path, "3,4\n").unwrap();
    assert_eq!(status(&["--widths", "2,100x2,1", "--data", path.to_str().unwrap()]), Some(1));
}

#[test]
fn the_same_network_from_flags_and_from_a_file_is_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("net.toml");
    std::fs::write(&path, "widths = \"20,30x3,1\"\nactivation = \"tanh\"\nweight_var = 1.5\nbias_var = 0.1\n").unwrap();
    let file = path.to_str().unwrap();
    let flags = ["--widths", "20,30x3,1", "--activation", "tanh", "--weight-var", "1.5", "--bias-var", "0.1"];
    assert_eq!(json(&["moments", "--arch", file]), json(&[&["moments"], &flags[..]].concat()));
    let over = json(&["moments", "--arch", file, "--weight-var", "2"]);
    assert_eq!(over["architecture"]["weight_var"], 2.0);
}

#[test]
fn moments_are_exact_for_relu() {
    let moments = json(&["moments", "--widths", "3,4,5,1", "--input-sq-norm", "3"]);
    let value = |key: &str| moments["exact"][key]["value"].as_f64().unwrap();
    // E Θ = 6, E Θ² = 110.8, S = 12.8: rational arithmetic.
    assert!((value("mean") - 6.0).abs() < 1e-13);
    assert!((value("second_moment") - 110.8).abs() < 1e-11);
    assert!((value("update_sum") - 12.8).abs() < 1e-12);
}

/// Vectors of 64-bit precision: relu, L = 3, width 64, |x|² = 3, 60 degrees.
#[test]
fn moments_between_two_inputs_have_known_numbers() {
    let network = ["moments", "--widths", "3,64x2,1"];
    let check = |answer: &serde_json::Value| {
        let pair = &answer["two_inputs"]["first_order"];
        for (key, expected) in [("ntk", 2.702_959_122_246_976), ("ntk_mean_shift", 0.014_301_205_853_138_065)] {
            assert!((pair[key][1]["value"].as_f64().unwrap() - expected).abs() < 1e-13, "{key}");
        }
        let variance = pair["ntk_covariance"][1][1]["value"].as_f64().unwrap();
        assert!((variance - 1.106_294_671_005_396_2).abs() < 1e-12);
        assert!((answer["two_inputs"]["cosine"].as_f64().unwrap() - 0.5).abs() < 1e-15);
        assert_eq!(answer["sq_norm"].as_f64().map(f64::round), Some(3.0));
    };
    check(&json(&[&network[..], &["--cosine", "0.5"]].concat()));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("two.csv");
    let (side, height) = (3.0_f64.sqrt(), 1.5);
    std::fs::write(&path, format!("9,9,9\n{side:?},0,0\n{:?},{height},0\n", side / 2.0)).unwrap();
    let data = path.to_str().unwrap();
    check(&json(&[&network[..], &["--data", data, "--pair", "1,2"]].concat()));
    let text = stdout(&fathom(&["moments", "--widths", "3,64,1", "--activation", "tanh", "--cosine", "-0.2"]));
    for words in ["Two inputs x, x′", "exact at any width", "first step on x and x′"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    // A square network of inputs does not take the built-in digits instead of the two inputs asked for.
    assert_eq!(json(&["moments", "--cosine", "0.5"])["sq_norm"], 64.0);
}

#[test]
fn phases_have_known_numbers() {
    let phase = json(&["phase", "--activation", "erf", "--weight-var", "1", "--bias-var", "0.1"]);
    // 20-digit reference: χ₁ = 0.79716452703381559158, q* = 0.38777033724219469446.
    assert!((phase["phase"]["chi1"].as_f64().unwrap() - 0.797_164_527_033_815_6).abs() < 1e-12);
    assert!((phase["phase"]["q_star"].as_f64().unwrap() - 0.387_770_337_242_194_7).abs() < 1e-12);
    let curve = json(&["phase", "--activation", "tanh", "--curve", "3", "--bias-vars", "0.04:0.09:2"]);
    let points = curve["curve"].as_array().unwrap();
    // σ_b = 0.2: σ_w = 1.3041458400565114307.
    assert!((points[0]["weight_var"].as_f64().unwrap() - 1.304_145_840_056_511_4_f64.powi(2)).abs() < 1e-11);
}

#[test]
fn completions_and_manual_pages_are_complete() {
    for shell in ["bash", "zsh", "fish"] {
        let script = stdout(&fathom(&["completions", shell]));
        assert!(script.contains("weight-var"), "{shell}");
    }
    let folder = tempfile::tempdir().unwrap();
    assert!(fathom(&["man", "--out", folder.path().to_str().unwrap()]).status.success());
    let page = std::fs::read_to_string(folder.path().join("fathom-verdict.1")).unwrap();
    assert!(page.contains("weight"));
    assert!(stdout(&fathom(&["man"])).contains("fathom"));
}

#[test]
fn help_names_every_activation() {
    let help = stdout(&fathom(&["verdict", "--help"]));
    for entry in fathom_ntk::activation::Activation::catalogue() {
        assert!(help.contains(entry.name), "{}", entry.name);
    }
}

#[test]
fn the_selftest_passes_and_a_wrong_vector_fails_it() {
    let output = fathom(&["selftest"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(stdout(&output).contains(", 0 failed."));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wrong.json");
    let vector = r#"{"dual": [{"act": "relu", "q1": "1", "q2": "1", "k": "0", "value": "0.16", "deriv": "0.25"}]}"#;
    std::fs::write(&path, vector).unwrap();
    let output = fathom(&["selftest", "--format", "json", "--vectors", path.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    let lines: Vec<serde_json::Value> =
        stdout(&output).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0]["kind"], "dual");
    assert_eq!(lines[0]["index"], 0);
    assert_eq!(lines[0]["field"], "value");
    assert_eq!(lines[0]["expected"], "0.16");
    // 1/(2π) against 0.16.
    let error = 1.0 - 1.0 / (0.32 * std::f64::consts::PI);
    assert!((lines[0]["relative_error"].as_f64().unwrap() - error).abs() < 1e-12);
    assert!(lines[1]["relative_error"].as_f64().unwrap() < 1e-15);
}

#[test]
fn limits_of_the_ntk_are_those_of_the_network_or_left_out() {
    let limit = |arguments: &[&str]| {
        let base = ["phase", "--activation", "tanh", "--weight-var", "1", "--bias-var", "0.1", "--widths", "9,9,1"];
        json(&[&base[..], arguments].concat())["phase"]["ntk_diag_limit"].clone()
    };
    assert!(limit(&[]).is_number());
    assert!(limit(&["--parameterization", "standard"]).is_null());
    assert!(limit(&["--biases", "untrained"]).is_null());
}
