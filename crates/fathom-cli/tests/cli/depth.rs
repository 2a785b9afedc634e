//! `fathom depth`.

use std::fs;

use crate::{fathom, json, refuses, stdout};

#[test]
fn without_arguments_it_shows_critical_relu_to_a_million_layers() {
    let text = stdout(&fathom(&["depth"]));
    for words in ["0.25 (by a formula)", "0.375 ln L/L", "1000000", "C 3.39", "from 286 layers on by the rate"] {
        assert!(text.contains(words), "no {words:?} in\n{text}");
    }
}

#[test]
fn the_json_form_has_the_table_and_the_constants() {
    let found =
        json(&["depth", "--activation", "erf", "--weight-var", "4", "--bias-var", "0.3", "--depths", "10,1000"]);
    let pair = &found["networks"][0]["pair"];
    assert_eq!(pair["class"], "chaotic");
    assert_eq!(pair["rows"].as_array().unwrap().len(), 2);
    assert_eq!(pair["rows"][1]["depth"], 1000);
    assert_eq!(found["networks"][0]["data"], serde_json::Value::Null);
    // T∞ = q* c*/(1 − χ(c*)), the limit off the diagonal.
    let entry = pair["rows"][1]["ntk"][2]["value"].as_f64().unwrap();
    assert!((entry - 6.772_686_003_006_11).abs() < 1e-9, "{entry}");
}

#[test]
fn residual_networks_take_their_scaling() {
    let class = |scaling: &str| {
        let arguments = ["depth", "--architecture", "resnet", "--scaling", scaling, "--depths", "10"];
        json(&arguments)["networks"][0]["pair"]["class"].clone()
    };
    assert_eq!(class("none"), "residual_relu");
    assert_eq!(class("1/l"), "residual_relu");
    assert_eq!(class("l^-2"), "residual_relu_summable");
}

#[test]
fn phases_are_compared_on_data() {
    let arguments =
        ["depth", "digits", "--phases", "--activation", "erf", "--rows", "12", "--hold-out", "2", "--depths", "5,50"];
    let found = json(&arguments);
    let networks = found["networks"].as_array().unwrap();
    let phases: Vec<_> = networks.iter().map(|one| (one["place"].clone(), one["pair"]["class"].clone())).collect();
    assert_eq!(
        phases,
        [
            ("ordered".into(), "ordered".into()),
            ("critical".into(), "vanishing_odd".into()),
            ("chaotic".into(), "chaotic".into())
        ]
    );
    for one in networks {
        assert_eq!(one["data"]["training_inputs"], 10);
        assert!(one["data"]["rows"][0]["trained"]["lambda_max"]["log"].is_number());
    }
}

#[test]
fn a_picture_shows_rate_predictor_and_training() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("depth.svg");
    let plot = path.to_str().unwrap();
    let arguments = ["depth", "digits", "--rows", "8", "--hold-out", "2", "--depths", "2,10,100", "--plot", plot];
    assert!(fathom(&arguments).status.success());
    let picture = fs::read_to_string(&path).unwrap();
    for words in ["Kernel and predictor on the data", "Training by gradient descent", "ln L/L"] {
        assert!(picture.contains(words), "no {words:?}");
    }
}

#[test]
fn what_cannot_be_deep_is_refused() {
    for (arguments, words) in [
        (vec!["depth", "--depths", "5,3"], vec!["increase", "5, 3"]),
        (vec!["depth", "--depths", "0"], vec!["between 1"]),
        (vec!["depth", "--depths", "99999999999"], vec!["10000000"]),
        (vec!["depth", "--epsilon", "0"], vec!["epsilon", "got 0"]),
        (vec!["depth", "--epsilon", "nan"], vec!["epsilon", "NaN"]),
        (vec!["depth", "--cosine", "2"], vec!["--cosine", "got 2"]),
        (vec!["depth", "--input-mean-square", "1,2,3"], vec!["one number or two"]),
        (vec!["depth", "--input-mean-square=-1"], vec!["-1"]),
        (vec!["depth", "--scaling", "1/l"], vec!["--architecture resnet"]),
        (vec!["depth", "--architecture", "resnet", "--scaling", "2/l"], vec!["1/l", "2/l"]),
        (vec!["depth", "--weight-var", "1,2", "--depth", "2"], vec!["one weight_var"]),
        (vec!["depth", "--parameterization", "standard", "--widths", "3,4,1"], vec!["ntk parameterization"]),
        (vec!["depth", "--activation", "step"], vec!["step", "NTK"]),
        (vec!["depth", "--phases", "--activation", "softplus"], vec!["no edge of chaos"]),
        (vec!["depth", "--rows", "5"], vec!["DATA"]),
        (vec!["depth", "digits", "--rows", "1"], vec!["--rows", "got 1"]),
        (vec!["depth", "digits", "--rows", "5", "--hold-out", "5"], vec!["held out", "got 5"]),
        (vec!["depth", "nowhere.csv"], vec!["nowhere.csv"]),
    ] {
        refuses(&arguments, &words);
    }
}

#[test]
fn inputs_that_are_zero_have_no_ratio() {
    refuses(&["depth", "--input-mean-square", "1,0"], &["must be positive and finite, got 0"]);
}

#[test]
fn circular_networks_have_rates_and_residuals_of_two_images() {
    let arguments = ["depth", "--architecture", "cnn", "--shape", "6,3", "--depths", "10,10000", "--cosine", "0.2"];
    let pair = json(&arguments)["networks"][0]["pair"].clone();
    assert_eq!((&pair["class"], &pair["ratio_limit"]), (&"relu_like".into(), &0.25.into()));
    assert!((pair["circular"]["slowest_pattern"].as_f64().unwrap() - 2.0 / 3.0).abs() < 1e-15);
    assert!((pair["input_gap"].as_f64().unwrap() - 0.8).abs() < 1e-14, "{}", pair["input_gap"]);
    // −0.12741 at 10⁴ layers of any ReLU network.
    assert!((pair["rows"][1]["residual"].as_f64().unwrap() + 0.12741).abs() < 1e-4);
    let text = stdout(&fathom(&arguments));
    for words in ["6 places, windows of 3", "the slowest pattern fades", "0.375 ln L/L"] {
        assert!(text.contains(words), "no {words:?} in\n{text}");
    }
    refuses(&["depth", "--architecture", "cnn", "--shape", "2,1"], &["window"]);
    refuses(&["depth", "--shape", "8,1"], &["--architecture cnn"]);
    refuses(&["depth", "digits", "--architecture", "cnn"], &["64 features"]);
}

#[test]
fn files_of_networks_are_followed_in_depth() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("net.toml");
    let file = path.to_str().unwrap();
    let pair = |text: &str, more: &[&str]| {
        fs::write(&path, text).unwrap();
        json(&[&["depth", "--network", file, "--depths", "5,50"], more].concat())["networks"][0]["pair"].clone()
    };
    let cnn = "[cnn]\nshape = [8, 8, 1]\ndepth = 20\npadding = \"circular\"\nending = \"none\"\n";
    let found = pair(cnn, &["digits", "--pair", "3,7"]);
    assert_eq!((&found["class"], &found["circular"]["filter"][1]), (&"relu_like".into(), &3.into()));
    let blocks = "input = [8, 8, 1]\n[[block]]\ntype = \"conv\"\nfilter = [3, 3]\npadding = \"circular\"\n\
                  [[block]]\ntype = \"activation\"\nfunction = \"relu\"\n[[block]]\ntype = \"flatten\"\n\
                  [[block]]\ntype = \"dense\"\n";
    // One convolution of three by three and a dense layer on all places: the same networks.
    assert_eq!(pair(blocks, &["digits", "--pair", "3,7"])["rows"], found["rows"]);
    let residual = pair(&(cnn.replace("[8, 8, 1]", "[6, 1]") + "scaling = \"1/l\"\n"), &[]);
    assert_eq!(residual["class"], "residual_relu");
    assert_eq!(pair("[resnet]\nfeatures = 3\ndepth = 9\nscaling = \"l^-2\"\n", &[])["class"], "residual_relu_summable");
    fs::write(&path, cnn.replace("circular", "same")).unwrap();
    refuses(&["depth", "--network", file], &["circular padding"]);
    fs::write(&path, blocks.replace("filter", "fliter")).unwrap();
    refuses(&["depth", "--network", file], &["line 2, block 1: unknown field `fliter`"]);
}

#[test]
fn phases_are_refused_where_there_are_none() {
    refuses(&["depth", "--phases"], &["no phases to compare"]);
    refuses(&["depth", "--phases", "--activation", "tanh", "--architecture", "resnet"], &["residual networks"]);
}

/// Inputs that are orthogonal stay so in odd networks without bias: what the recursion has is rounding, which has no rate.
#[test]
fn orthogonal_inputs_of_odd_networks_have_no_limit_made_of_rounding() {
    let found = json(&["depth", "--phases", "--activation", "tanh", "--depths", "10,100"]);
    let pair = |i: usize| found["networks"][i]["pair"].clone();
    assert_eq!((&pair(1)["ratio_limit"], &pair(1)["rate"]), (&0.0.into(), &serde_json::Value::Null));
    assert_eq!(pair(2)["constants"]["psi"], 0.0);
}

#[test]
fn a_page_explains_what_depth_does() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("depth.html");
    let report = path.to_str().unwrap();
    assert!(
        fathom(&["depth", "--architecture", "cnn", "--depths", "10,100,1000", "--report", report]).status.success()
    );
    let page = fs::read_to_string(&path).unwrap();
    for words in ["The rate, tested", "<svg", "2511.07272", "0.375 ln L/L", "windows of 3"] {
        assert!(page.contains(words), "no {words:?}");
    }
}
