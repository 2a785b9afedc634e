//! Bad input: one line on stderr, status 2, never a panic.

use std::fs;

use crate::refuses;

#[test]
fn networks_that_do_not_exist_are_refused() {
    for (arguments, words) in [
        (vec!["verdict", "--depth", "0"], vec!["depth", "between 1 and", "got 0"]),
        (vec!["verdict", "--widths", "64,0,1"], vec!["width", "at least 1", "position 1"]),
        (vec!["verdict", "--widths", "64"], vec!["at least an input and an output"]),
        (vec!["verdict", "--widths", "64,x,1"], vec!["widths", "\"x\""]),
        (vec!["verdict", "--widths", "1x99999999999999999999"], vec!["widths"]),
        (vec!["verdict", "--widths", "5x99999999999"], vec!["at most"]),
        (vec!["verdict", "--weight-var", "-1"], vec!["weight_var", "positive", "-1"]),
        (vec!["verdict", "--weight-var", "0"], vec!["weight_var", "positive", "got 0"]),
        (vec!["verdict", "--weight-var", "NaN"], vec!["weight_var", "finite", "NaN"]),
        (vec!["verdict", "--weight-var", "inf"], vec!["weight_var", "finite", "inf"]),
        (vec!["verdict", "--bias-var", "-0.1"], vec!["bias_var", "at least 0", "-0.1"]),
        (vec!["verdict", "--bias-var", "-inf"], vec!["bias_var", "finite"]),
        (vec!["verdict", "--activation", "rleu"], vec!["unknown activation", "rleu", "relu", "tanh"]),
        (vec!["verdict", "--activation", "leaky-relu:nan"], vec!["leaky-relu"]),
        (vec!["verdict", "--activation", "step"], vec!["step", "NTK"]),
        (vec!["verdict", "--weight-var", "1,2"], vec!["weight_var", "2 values", "5 weight layers"]),
        (vec!["verdict", "--biases", "none", "--bias-var", "0.1"], vec!["bias_var must be 0"]),
        (vec!["verdict", "--depth", "5", "--parameterization", "standard"], vec!["standard", "widths"]),
        (vec!["verdict", "--depth", "3", "--widths", "3,4,1"], vec!["2 weight layers", "depth is 3"]),
        (vec!["phase", "--weight-var", "1,2", "--widths", "3,4,1"], vec!["one weight_var"]),
        (vec!["verdict", "--activation", "leaky-relu:1e300"], vec!["range"]),
        (vec!["verdict", "--activation", "polynomial:0,1e300"], vec!["range"]),
        (vec!["verdict", "--weight-law", "cauchy"], vec!["weight law", "cauchy", "gaussian"]),
    ] {
        refuses(&arguments, &words);
    }
}

#[test]
fn options_out_of_range_are_refused() {
    for (arguments, words) in [
        (vec!["verdict", "--input-sq-norm", "-1"], vec!["squared norm", "-1"]),
        (vec!["verdict", "--input-sq-norm", "NaN"], vec!["squared norm", "NaN"]),
        (vec!["moments", "--input-sq-norm", "inf"], vec!["sq_norm", "inf"]),
        (vec!["verdict", "--learning-rate", "0"], vec!["learning rate", "positive"]),
        (vec!["verdict", "--learning-rate", "NaN"], vec!["learning rate", "NaN"]),
        (vec!["verdict", "--target", "inf"], vec!["target", "finite"]),
        (vec!["verdict", "--tolerance", "-1"], vec!["tolerance", "positive"]),
        (vec!["verdict", "--random", "1,0.5"], vec!["random", "in order"]),
        (vec!["verdict", "--random", "1"], vec!["two numbers"]),
        (vec!["verdict", "--sample", "1"], vec!["at least 2 rows"]),
        (vec!["moments", "--row", "1797"], vec!["rows 0 to 1796", "1797"]),
        (vec!["phase", "--diagram", "--weight-vars", "1:2"], vec!["FROM:TO:STEPS"]),
        (vec!["phase", "--diagram", "--bias-vars", "0:1:0"], vec!["steps"]),
        (
            vec!["phase", "--diagram", "--weight-vars", "0.5:4:100000", "--bias-vars", "0:1:100000"],
            vec!["at most 1000000 cells"],
        ),
        (vec!["moments", "--target", "NaN"], vec!["target", "finite", "NaN"]),
        (vec!["phase", "--curve", "0"], vec!["curve", "got 0"]),
        (vec!["phase", "--input-mean-square", "-1"], vec!["squared norm", "-1"]),
        (vec!["moments", "--cosine", "1.5"], vec!["cosine", "between -1 and 1", "1.5"]),
        (vec!["moments", "--cosine", "NaN"], vec!["cosine", "between -1 and 1"]),
        (vec!["moments", "--pair", "0"], vec!["two row numbers", "0"]),
        (vec!["moments", "--pair", "0,99999"], vec!["rows 0 to 1796", "99999"]),
        (vec!["moments", "--pair", "0,1", "--widths", "3,4,1"], vec!["--pair", "no data"]),
        (vec!["moments", "--pair", "0,1", "--cosine", "0"], vec!["--pair", "--cosine"]),
        (vec!["verdict", "--no-such-flag"], vec!["--no-such-flag"]),
        (vec!["divine"], vec!["divine"]),
    ] {
        refuses(&arguments, &words);
    }
}

#[test]
fn unusable_files_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let npy = {
        let mut bytes = b"\x93NUMPY\x01\x00\x46\x00".to_vec();
        let header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2), }";
        bytes.extend_from_slice(header);
        bytes.resize(10 + 0x46 - 1, b' ');
        bytes.push(b'\n');
        bytes.extend(2.0_f64.to_le_bytes());
        bytes
    };
    for (name, content, words) in [
        ("nan.csv", "1,2\n3,nan\n".as_bytes(), vec!["nan.csv", "row 1"]),
        ("infinite.csv", b"1,2\n-inf,4\n", vec!["row 1"]),
        ("empty.csv", b"", vec!["empty.csv"]),
        ("header-only.csv", b"a,b\n", vec!["header-only.csv"]),
        ("ragged.csv", b"1,2\n3,4,5\n", vec!["line 2", "3"]),
        ("text.csv", b"1,2\n3,four\n", vec!["line 2", "four"]),
        ("garbage.npy", b"\x00\x01\x02garbage", vec!["garbage.npy"]),
        ("short.npy", &npy, vec!["short.npy"]),
        ("wrong-width.csv", b"1,2,3\n4,5,6\n", vec!["3 features", "64 inputs"]),
    ] {
        let path = file(name, content);
        refuses(&["verdict", "--widths", "64,8,1", "--data", &path], &words);
    }
    refuses(&["verdict", "--data", folder.path().to_str().unwrap()], &["directory"]);
    refuses(&["verdict", "--data", "/no/such/file.npy"], &["/no/such/file.npy"]);
    let unknown_key = file("unknown.toml", b"widths = [3, 4, 1]\nwieght_var = 2\n");
    refuses(&["verdict", "--arch", &unknown_key], &["line 2", "wieght_var", "weight_var"]);
    let not_toml = file("bad.toml", b"widths = \n");
    refuses(&["verdict", "--arch", &not_toml], &["line 1"]);
    let wrong_type = file("type.toml", b"depth = \"three\"\n");
    refuses(&["verdict", "--arch", &wrong_type], &["line 1"]);
    refuses(&["verdict", "--arch", "/no/such.toml"], &["/no/such.toml"]);
    let not_vectors = file("vectors.json", b"{\"a\": 1}");
    refuses(&["selftest", "--vectors", &not_vectors], &["vectors.json", "no vectors"]);
}

#[test]
fn data_without_an_answer_says_which_quantity_is_undefined() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("zero.csv");
    fs::write(&path, "0,0\n0,0\n").unwrap();
    refuses(&["verdict", "--data", path.to_str().unwrap()], &["every row of the data is zero"]);
}
