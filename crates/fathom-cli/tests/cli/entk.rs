//! `fathom entk`: weights of every convention, what is said of them, and files that are no networks.

use std::fs;
use std::io::{Cursor, Write};
use std::path::Path;

use npyz::WriterBuilder;
use serde_json::{Value, json};

use crate::{fathom, json, refuses, stderr, stdout};

/// A `.safetensors` file by the description of the format: length of the header, header, `f32` data.
fn safetensors(tensors: &[(&str, &[usize], &[f32])]) -> Vec<u8> {
    let (mut header, mut data) = (serde_json::Map::new(), Vec::new());
    for (name, shape, values) in tensors {
        let start = data.len();
        data.extend(values.iter().flat_map(|v| v.to_le_bytes()));
        let entry = json!({"dtype": "F32", "shape": shape, "data_offsets": [start, data.len()]});
        header.insert((*name).into(), entry);
    }
    let header = Value::Object(header).to_string();
    [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &data].concat()
}

fn npz(tensors: &[(&str, &[u64], npyz::Order, &[f64])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, shape, order, values) in tensors {
        let mut bytes = Vec::new();
        let options = npyz::WriteOptions::new().default_dtype().shape(shape).order(*order);
        let mut writer = options.writer(&mut bytes).begin_nd().unwrap();
        writer.extend(values.iter().copied()).unwrap();
        writer.finish().unwrap();
        archive.start_file(format!("{name}.npy"), zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(&bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// z = (1, −2), h = (1, 0), f = 3 at x = (1, 2): Θ = |h|² + |x|² 3² = 46, with trained biases 1 + 9 more.
const FIRST: [f32; 4] = [1.0, 0.0, 0.0, -1.0];
const SECOND: [f32; 2] = [3.0, 5.0];

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        folder.write("x.csv", b"a,b\n1,2\n-2,1\n");
        folder.write(
            "net.safetensors",
            &safetensors(&[("fc1.weight", &[2, 2], &FIRST), ("fc2.weight", &[1, 2], &SECOND)]),
        );
        folder
    }

    fn write(&self, name: &str, bytes: &[u8]) -> String {
        fs::write(self.path(name), bytes).unwrap();
        self.path(name)
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    fn arguments<'a>(&self, weights: &'a str, more: &[&'a str]) -> Vec<String> {
        let fixed = ["entk".to_owned(), "--weights".into(), self.path(weights), "--data".into(), self.path("x.csv")];
        fixed.into_iter().chain(more.iter().map(|&m| m.to_owned())).collect()
    }

    fn json(&self, weights: &str, more: &[&str]) -> Value {
        let arguments = self.arguments(weights, more);
        json(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
    }

    fn refuses(&self, weights: &str, more: &[&str], words: &[&str]) {
        let arguments = self.arguments(weights, more);
        refuses(&arguments.iter().map(String::as_str).collect::<Vec<_>>(), words);
    }
}

fn saved(path: &str) -> (Vec<u64>, Vec<f64>) {
    let file = npyz::NpyFile::new(fs::File::open(path).map(std::io::BufReader::new).unwrap()).unwrap();
    (file.shape().to_vec(), file.into_vec().unwrap())
}

#[test]
fn every_convention_gives_the_same_kernel() {
    let folder = Folder::new();
    folder.write(
        "net.10.safetensors",
        &safetensors(&[
            ("net.10.bias", &[1], &[0.0]),
            ("net.10.weight", &[1, 2], &SECOND),
            ("net.2.weight", &[2, 2], &FIRST),
            ("net.2.bias", &[2], &[0.0, 0.0]),
        ]),
    );
    let (first, second) = (FIRST.map(f64::from), SECOND.map(f64::from));
    let [c, f] = [npyz::Order::C, npyz::Order::Fortran];
    folder.write(
        "flax.npz",
        &npz(&[
            ("params/Dense_1/kernel", &[2, 1], c, &second),
            ("params/Dense_0/kernel", &[2, 2], f, &first),
            ("params/Dense_0/bias", &[2], c, &[0.0, 0.0]),
            ("params/Dense_1/bias", &[1], c, &[0.0]),
        ]),
    );
    // x = (1, 2): 46 without biases, 56 with. x′ = (−2, 1): z = (−2, −1), all dead: 0, with biases 1.
    assert_eq!(folder.json("net.safetensors", &[])["trace"], 46.0);
    for file in ["net.10.safetensors", "flax.npz"] {
        let answer = folder.json(file, &[]);
        assert_eq!((&answer["trace"], &answer["mean_diagonal"]), (&json!(57.0), &json!(28.5)), "{file}");
        assert_eq!(answer["layers"][0]["dead"], 1);
        assert_eq!(folder.json(file, &["--untrained-biases"])["trace"], 46.0);
        assert_eq!(folder.json(file, &["--rows", "1"])["trace"], 56.0);
    }
    assert_eq!(folder.json("net.10.safetensors", &[])["layer_names"], json!(["net.2.weight", "net.10.weight"]));
}

/// [[1, 2], [3, 4]] read either way: relu of (5, 11) or (7, 10) at x = (1, 2).
#[test]
fn orientation_and_order_can_be_forced() {
    let folder = Folder::new();
    let square = [("a.weight", &[2_usize, 2][..], &[1.0_f32, 2.0, 3.0, 4.0][..]), ("b.weight", &[1, 2], &[1.0, 1.0])];
    folder.write("square.safetensors", &safetensors(&square));
    let outputs = |more: &[&str]| {
        folder.json("square.safetensors", &[&["--rows", "1"], more].concat())["outputs"]["mean"].clone()
    };
    assert_eq!(outputs(&[]), 16.0);
    assert_eq!(outputs(&["--layers", "a.weight,b"]), 16.0);
    folder.refuses(
        "square.safetensors",
        &["--layers", "b,a"],
        &["a.weight", "2 inputs where 1 are expected", "--orientation"],
    );
    folder.refuses("square.safetensors", &["--orientation", "in-out"], &["b.weight", "1 inputs where 2 are expected"]);
    let answer = folder.json("square.safetensors", &["--layers", "a", "--orientation", "in-out", "--rows", "1"]);
    assert_eq!((&answer["outputs"]["mean"], &answer["unused"]), (&json!(8.5), &json!(["b.weight"])));
}

#[test]
fn kernels_are_saved_in_every_form() {
    let folder = Folder::new();
    let w = [1.0_f32, 2.0, 3.0, 4.0, 5.0, 6.0];
    folder.write("linear.safetensors", &safetensors(&[("weight", &[3, 2], &w)]));
    let out = folder.path("k.npy");
    let save = |more: &[&str]| {
        folder.json("linear.safetensors", &[more, &["--save", &out]].concat());
        saved(&out)
    };
    // Orthogonal inputs with |x|² = 5, no biases.
    assert_eq!(save(&[]), (vec![2, 2], vec![15.0, 0.0, 0.0, 15.0]));
    assert_eq!(save(&["--precision", "f32"]), (vec![2, 2], vec![15.0, 0.0, 0.0, 15.0]));
    let each = [5.0, 0.0, 0.0, 5.0];
    assert_eq!(save(&["--form", "per-output"]), (vec![3, 2, 2], [each, each, each].concat()));
    let (shape, full) = save(&["--form", "full"]);
    assert_eq!(shape, [6, 6]);
    let diagonal = |i: usize| if i.is_multiple_of(7) { 5.0 } else { 0.0 };
    assert_eq!(full, (0..36).map(diagonal).collect::<Vec<_>>());
    let answer = folder.json("linear.safetensors", &["--form", "full"]);
    assert_eq!(
        (&answer["infinite"]["relative_distance"], &answer["infinite"]["alignment"]),
        (&json!(0.0), &json!(1.0))
    );
    folder.refuses("linear.safetensors", &["--save", "/no/such/folder/k.npy"], &["cannot write", "/no/such/folder"]);
}

/// In the ntk parameterization g_w = σ_w²/n, n = 2 in both layers: Θ = |h|² + |x|²·9 times σ_w²/2.
#[test]
fn parameterizations_scale_the_gradients() {
    let folder = Folder::new();
    let trace = |more: &[&str]| folder.json("net.safetensors", more)["trace"].as_f64().unwrap();
    assert_eq!(trace(&["--parameterization", "ntk", "--weight-var", "4"]), 92.0);
    assert_eq!(trace(&["--parameterization", "ntk", "--weight-var", "2,4"]), 2.0 + 45.0);
    // Estimated: layer 1 has mean square 1/2, layer 2 has 17.
    assert_eq!(trace(&["--parameterization", "ntk"]), 17.0 + 0.5 * 45.0);
    let answer = folder.json("net.safetensors", &[]);
    assert_eq!(answer["infinite"]["architecture"]["weight_var"], json!([1.0, 34.0]));
    assert_eq!(answer["infinite"]["architecture"]["biases"], "none");
}

#[test]
fn checkpoints_are_compared() {
    let folder = Folder::new();
    let later = folder.write(
        "later.safetensors",
        &safetensors(&[("fc1.weight", &[2, 2], &FIRST), ("fc2.weight", &[1, 2], &[6.0, 10.0])]),
    );
    let answer = folder.json("net.safetensors", &["--compare", &later, "--rows", "1"]);
    let change = &answer["compare"]["change"];
    // From 46 to 1 + 5·36 = 181.
    assert!((change["relative_distance"].as_f64().unwrap() - 135.0 / 46.0).abs() < 1e-14);
    assert_eq!(change["layers"], json!([{"weights": 0.0, "biases": null}, {"weights": 1.0, "biases": null}]));
    assert_eq!(answer["compare"]["report"]["trace"], 181.0);
    let arguments = folder.arguments("net.safetensors", &["--compare", &later]);
    let output = fathom(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(output.status.success(), "{}", stderr(&output));
    for words in ["fc1.weight", "alignment", "Change to the later checkpoint", "|Θ₁ − Θ₀|/|Θ₀|", "dead 1 of 2"]
    {
        assert!(stdout(&output).contains(words), "{words}: {}", stdout(&output));
    }
    let other = folder.write("other.safetensors", &safetensors(&[("fc1.weight", &[1, 2], &[1.0, 1.0])]));
    folder.refuses("net.safetensors", &["--compare", &other], &["widths", "[2, 2, 1]", "[2, 1]"]);
}

#[test]
fn files_that_are_no_networks_are_refused() {
    let folder = Folder::new();
    let whole = fs::read(folder.path("net.safetensors")).unwrap();
    for length in [4, 8, 20, whole.len() - 1] {
        folder.write("cut.safetensors", &whole[..length]);
        folder.refuses("cut.safetensors", &[], &["cut.safetensors", "cannot load"]);
    }
    let archive = npz(&[("fc.weight", &[1, 2], npyz::Order::C, &[1.0, 2.0])]);
    folder.write("cut.npz", &archive[..archive.len() / 2]);
    folder.refuses("cut.npz", &[], &["damaged or truncated"]);
    folder.write("nan.safetensors", &safetensors(&[("fc1.weight", &[1, 2], &[1.0, f32::NAN])]));
    folder.refuses("nan.safetensors", &[], &["finite", "NaN", "fc1.weight"]);
    let image: &[(&str, &[usize], &[f32])] = &[("conv.weight", &[1, 1, 1, 2], &[1.0; 2]), ("conv.bias", &[1], &[0.0])];
    folder.write("conv.safetensors", &safetensors(image));
    folder.refuses("conv.safetensors", &[], &["conv.weight", "(1, 1, 1, 2)", "fully connected"]);
    let norm: &[(&str, &[usize], &[f32])] =
        &[("fc.weight", &[1, 2], &[1.0; 2]), ("bn.weight", &[1], &[1.0]), ("bn.running_var", &[1], &[1.0])];
    folder.write("norm.safetensors", &safetensors(norm));
    folder.refuses("norm.safetensors", &[], &["bn.running_var", "bn.weight", "--layers"]);
    assert_eq!(folder.json("norm.safetensors", &["--layers", "fc"])["unused"], json!(["bn.running_var", "bn.weight"]));
    folder.write(
        "large.safetensors",
        &safetensors(&[("a.weight", &[2, 2], &[3e38; 4]), ("b.weight", &[1, 2], &[1.0; 2])]),
    );
    folder.refuses("large.safetensors", &["--precision", "f32"], &["overflows at layer 1 of 2"]);
    folder.refuses("x.csv", &[], &["neither", ".npz", ".safetensors"]);
    folder.refuses("missing.npz", &[], &["missing.npz", "no such file"]);
    assert!(!Path::new(&folder.path("k.npy")).exists());
}

#[test]
fn flags_that_cannot_be_met_are_refused() {
    let folder = Folder::new();
    folder.refuses("net.safetensors", &["--rows", "0"], &["--rows", "at least 1"]);
    folder.refuses("net.safetensors", &["--memory", "0"], &["memory budget", "at least", "got 0"]);
    folder.refuses("net.safetensors", &["--activation", "step"], &["step", "no NTK"]);
    folder.refuses("net.safetensors", &["--parameterization", "ntk", "--weight-var", "1,2,3"], &["3 values"]);
    folder.refuses("net.safetensors", &["--layers", "fc1,fc9"], &["fc9", "fc2"]);
    folder.write("x.csv", b"1,2,3\n4,5,6\n");
    folder.refuses("net.safetensors", &[], &["fc1.weight", "2 inputs where 3 are expected"]);
}
