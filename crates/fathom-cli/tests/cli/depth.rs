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
        (vec!["depth", "digits", "--architecture", "cnn", "--cosine", "0.5"], vec!["--cosine", "those of a file"]),
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
    refuses(&["depth", "digits", "--architecture", "cnn", "--shape", "16,1"], &["64 features", "16 numbers"]);
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
    let found = pair(cnn, &["digits", "--pair", "3,7", "--rows", "5", "--hold-out", "2"]);
    assert_eq!((&found["class"], &found["circular"]["filter"][1]), (&"relu_like".into(), &3.into()));
    let blocks = "input = [8, 8, 1]\n[[block]]\ntype = \"conv\"\nfilter = [3, 3]\npadding = \"circular\"\n\
                  [[block]]\ntype = \"activation\"\nfunction = \"relu\"\n[[block]]\ntype = \"flatten\"\n\
                  [[block]]\ntype = \"dense\"\n";
    // One convolution of three by three and a dense layer on all places: the same networks.
    assert_eq!(pair(blocks, &["digits", "--pair", "3,7", "--rows", "5", "--hold-out", "2"])["rows"], found["rows"]);
    let residual = pair(&(cnn.replace("[8, 8, 1]", "[6, 1]") + "scaling = \"1/l\"\n"), &[]);
    assert_eq!(residual["class"], "residual_relu");
    assert_eq!(pair("[resnet]\nfeatures = 3\ndepth = 9\nscaling = \"l^-2\"\n", &[])["class"], "residual_relu_summable");
    fs::write(&path, cnn.replace("circular", "same")).unwrap();
    refuses(&["depth", "--network", file], &["circular padding"]);
    fs::write(&path, blocks.replace("filter", "fliter")).unwrap();
    refuses(&["depth", "--network", file], &["line 2, block 1: unknown field `fliter`"]);
}

#[test]
fn images_are_learnt_from_at_every_depth() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let inputs = file("x.csv", "1,2,0,-1\n0,1,3,1\n2,-1,1,0\n-1,0,2,2\n1,1,0,1\n0,2,-1,1\n");
    let targets = file("y.csv", "1\n-2\n0.5\n3\n0\n1\n");
    let base = ["depth", &inputs, "--targets", &targets, "--architecture", "cnn", "--hold-out", "2"];
    let ask = |more: &[&str]| json(&[&base, more].concat())["networks"][0].clone();
    let found = ask(&["--shape", "4,1", "--window", "3", "--depths", "3,30000", "--normalise"]);
    let data = &found["data"];
    assert_eq!((&data["equal_norms"], &data["circular"]["sizes"][0]), (&true.into(), &4.into()));
    // Both inputs of the pair were scaled too.
    assert!((found["pair"]["mean_squares"][0].as_f64().unwrap() - 1.0).abs() < 1e-14);
    // Σy/(n + 3), and 3/8 ln L/L of the ratio from it.
    assert!((data["predictor_limit"][0].as_f64().unwrap() - 2.5 / 7.0).abs() < 1e-14);
    assert!(data["rows"][1]["trained"]["from_limit"]["max"].as_f64().unwrap() < 1e-3);
    // Four numbers are an image of two by two where nothing is said, and windows of two make all places equal at once.
    let square = ask(&["--window", "2,2", "--depths", "3"]);
    assert_eq!(square["data"]["circular"]["sizes"], serde_json::json!([2, 2]));
    assert!(square["data"]["circular"]["slowest_pattern"].as_f64().unwrap() < 1e-15);
    // Without targets there is nothing to learn, but two images to look at.
    assert!(
        json(&["depth", &inputs, "--architecture", "cnn", "--window", "1,1", "--depths", "3"])["networks"][0]["data"]
            .is_null()
    );
}

#[test]
fn a_picture_and_a_page_show_images_in_three_phases() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("depth.html");
    let report = path.to_str().unwrap();
    let arguments =
        ["depth", "digits", "--architecture", "cnn", "--phases", "--activation", "erf", "--bias-var", "0.1"];
    let more = ["--rows", "6", "--hold-out", "2", "--depths", "5,20", "--report", report];
    let text = stdout(&fathom(&[&arguments[..], &more].concat()));
    for words in ["8×8 places", "ordinary kriging", "erf, circular convolutions", "4 for training, 2 for test"] {
        assert!(text.contains(words), "no {words:?} in\n{text}");
    }
    let page = fs::read_to_string(&path).unwrap();
    for words in ["Kernel and predictor on the data", "Deep networks on data", "windows of 3×3"] {
        assert!(page.contains(words), "no {words:?}");
    }
}

/// The file of a convolutional network in a folder that is kept.
fn cnn(more: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cnn.toml");
    fs::write(&path, format!("[cnn]\nshape = [8, 8, 1]\ndepth = 3\n{more}")).unwrap();
    let file = path.to_str().unwrap().to_owned();
    (folder, file)
}

#[test]
fn networks_of_any_padding_and_ending_are_followed_on_data() {
    let (folder, file) = cnn("activation = \"erf\"\nbias_var = 0.1\n");
    let data = ["digits", "--rows", "6", "--hold-out", "2"];
    let found = json(&[&["depth", "--network", &file, "--depths", "3,5"], &data[..]].concat());
    let network = &found["networks"][0];
    assert!(network["pair"].is_null() && network["data"]["predictor_limit"].is_null());
    assert_eq!(
        (&network["data"]["class"], &network["data"]["convolutional"]["padding"]),
        (&"not_covered".into(), &"same".into())
    );
    // Two and four convolutions, the mean over places and a dense layer, block by block.
    let blocks = folder.path().join("blocks.toml");
    let conv = "[[block]]\ntype = \"conv\"\nfilter = [3, 3]\npadding = \"same\"\nbias_var = 0.1\n\
                [[block]]\ntype = \"activation\"\nfunction = \"erf\"\n";
    let end = "[[block]]\ntype = \"global-average-pool\"\n[[block]]\ntype = \"dense\"\nbias_var = 0.1\n";
    for (row, convolutions) in [2, 4].into_iter().enumerate() {
        fs::write(&blocks, format!("input = [8, 8, 1]\n{}{end}", conv.repeat(convolutions))).unwrap();
        let kernel = json(&["kernel", "digits", "--rows", "4", "--network", blocks.to_str().unwrap()]);
        let spectrum = &kernel["kernels"][0]["spectrum"];
        let trained = &network["data"]["rows"][row]["trained"];
        for (name, expected) in [("lambda_max", "largest"), ("lambda_min", "smallest")] {
            let [got, want] =
                [&trained[name], &spectrum[expected]].map(|x| x["value"].as_f64().or(x.as_f64()).unwrap());
            // Rounding of the largest eigenvalue.
            let unit = trained["lambda_max"]["value"].as_f64().unwrap();
            assert!((got - want).abs() < 1e-12 * unit, "{name}: {got} {want}");
        }
    }
}

#[test]
fn a_picture_and_a_page_show_networks_without_limits() {
    let (folder, file) = cnn("");
    let page = folder.path().join("depth.html");
    let arguments = ["depth", "digits", "--rows", "6", "--hold-out", "2", "--network", &file];
    let text = stdout(&fathom(&[&arguments[..], &["--report", page.to_str().unwrap()]].concat()));
    for words in [
        "relu, convolutions with zero padding, global average pooling",
        "8×8 places",
        "not known for this padding",
        "\n        32 ",
    ] {
        assert!(text.contains(words), "no {words:?} in\n{text}");
    }
    let page = fs::read_to_string(&page).unwrap();
    for words in ["No limit is known for this padding", "The data at every depth", "<svg"] {
        assert!(page.contains(words), "no {words:?}");
    }
}

#[test]
fn depths_that_leave_nothing_of_an_image_are_left_out_or_refused() {
    let (_folder, file) = cnn("padding = \"valid\"\nending = \"flatten\"\n");
    let arguments = ["depth", "digits", "--rows", "6", "--hold-out", "2", "--network", &file];
    let output = fathom(&[&arguments[..], &["--format", "json"]].concat());
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let rows = found["networks"][0]["data"]["rows"].as_array().unwrap();
    // 8, 6, 4, 2 places: at most three windows of three, and the dense layer. The network's own depth is 4.
    assert_eq!(rows.iter().map(|row| row["depth"].as_u64().unwrap()).collect::<Vec<_>>(), [2, 4]);
    assert!(crate::stderr(&output).contains("left out: 8, 16, 32 layers"), "{}", crate::stderr(&output));
    refuses(&[&arguments[..], &["--depths", "4,5"]].concat(), &["block"]);
}

#[test]
fn networks_without_limits_need_data_with_labels_and_have_no_pair() {
    let (folder, file) = cnn("");
    refuses(&["depth", "--network", &file], &["circular padding without pooling", "give DATA"]);
    refuses(
        &["depth", "digits", "--network", &file, "--pair", "0,1"],
        &["--pair needs a network on images with circular"],
    );
    let unlabelled = folder.path().join("x.npy");
    let unlabelled = unlabelled.to_str().unwrap();
    assert!(fathom(&["kernel", "digits", "--rows", "64", "--out", unlabelled]).status.success());
    refuses(&["depth", unlabelled, "--network", &file], &["targets"]);
    let blocks = folder.path().join("blocks.toml");
    fs::write(&blocks, "input = [8, 8, 1]\n[[block]]\ntype = \"conv\"\nfilter = [3, 3]\n").unwrap();
    refuses(&["depth", "digits", "--network", blocks.to_str().unwrap()], &["a [cnn] table", "can vary in depth"]);
}

#[test]
fn branches_of_nothing_leave_the_first_layer() {
    let arguments = ["depth", "--architecture", "resnet", "--scaling", "0", "--cosine", "0.3", "--depths", "2,50"];
    let pair = json(&arguments)["networks"][0]["pair"].clone();
    assert_eq!((&pair["class"], &pair["needed"]["verified"]), (&"first_layer".into(), &1.into()));
    assert!((pair["ratio_limit"].as_f64().unwrap() - 0.3).abs() < 1e-15);
    assert!((pair["rows"][1]["ratio"].as_f64().unwrap() - 0.3).abs() < 1e-15);
    assert!(stdout(&fathom(&arguments)).contains("at every depth"));
}

#[test]
fn images_that_would_take_days_are_refused() {
    refuses(&["depth", "--architecture", "cnn", "--shape", "1000000,1"], &["1000000 places", "smaller images"]);
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
