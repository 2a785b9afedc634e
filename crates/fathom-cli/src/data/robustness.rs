//! Tests of whole files: those written by NumPy, and damaged ones of every format.

use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;

use super::error::Problem;
use super::load::{parse, read_up_to};
use super::npz::tests::archive;
use super::{DataError, Dataset, LoadOptions, load};

const TABLE: [f64; 6] = [0.5, -1.25, 2.0, 3.0, 4.0, -5.5];

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

fn load_golden(name: &str) -> Result<Dataset, DataError> {
    load(&golden(name), &LoadOptions::default())
}

#[test]
fn files_written_by_numpy_are_read() {
    for name in [
        "c_order_f8.npy",
        "fortran_order_f8.npy",
        "big_endian_f4.npy",
        "half.npy",
        "stored.npz",
        "compressed.npz",
        "table.csv",
        "table.csv.gz",
    ] {
        let data = load_golden(name).unwrap();
        assert_eq!((data.inputs.rows, data.inputs.cols), (2, 3), "{name}");
        assert_eq!(data.inputs.values, TABLE, "{name}");
        assert_eq!(data.name, name);
        let labels = match name {
            "stored.npz" => Some(vec![1.0, 0.0]),
            "compressed.npz" => Some(vec![3.0, 4.0]),
            _ => None,
        };
        assert_eq!(data.labels, labels, "{name}");
    }
    assert_eq!(load_golden("booleans.npy").unwrap().inputs.values, [1.0, 0.0, 1.0, 1.0, 1.0, 0.0]);
    assert_eq!(load_golden("version_2_u8.npy").unwrap().inputs.values, [1.0, 2.0, 3.0, 2_f64.powi(63)]);
    let images = load_golden("fortran_images_i2.npy").unwrap().inputs;
    assert_eq!((images.rows, images.cols), (2, 12));
    assert!(images.values.iter().copied().eq((0..24).map(f64::from)));
}

#[test]
fn files_written_by_numpy_that_are_no_inputs_are_refused() {
    let message = |name: &str| load_golden(name).unwrap_err().problem.to_string();
    assert_eq!(message("vector.npy"), "expected 2 dimensions (rows, features), got shape (3,)");
    assert_eq!(
        message("complex.npy"),
        "element type \"<c16\" cannot be read: expected booleans, integers, or real numbers of up to 64 bits"
    );
    assert!(message("structured.npy").starts_with("element type"), "{}", message("structured.npy"));
    assert_eq!(message("unnamed.npz"), "the archive has several arrays: name one of \"arr_0\", \"arr_1\"");
    let options = LoadOptions { array: Some("arr_1".to_owned()) };
    assert_eq!(load(&golden("unnamed.npz"), &options).unwrap().inputs.values, TABLE.map(|value| 2.0 * value));
    let problem = load(&golden("table.csv"), &options).unwrap_err().problem;
    assert!(matches!(problem, Problem::NotAnArchive { .. }), "{problem}");
}

#[test]
fn what_is_no_file_of_data_is_an_error_with_its_path() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let cases = [
        (folder.path().join("none.csv"), "no such file"),
        (folder.path().to_owned(), "this is a directory, not a file"),
        (write("empty.csv", b""), "the file is empty"),
        (
            write("short.npy", b"\x93NUM"),
            "the name says a NumPy array, but the contents do not begin like a NumPy array",
        ),
        (
            write("text.NPZ", b"1,2\n"),
            "the name says a NumPy archive, but the contents do not begin like a NumPy archive",
        ),
        (
            write("images-idx3-ubyte", b"\0\0\x07\x03"),
            "the name says an IDX file, but the contents do not begin like an IDX file",
        ),
        (write("table.csv.gz", b"1,2\n"), "the name says a gzip file, but the contents do not begin like a gzip file"),
        (
            write("latin1.csv", b"a,b\n1,\xe9\n"),
            "neither UTF-8 text nor a known binary format (invalid byte at offset 6, counted from 0)",
        ),
        (
            write("zeros", &[b'1', 0, 0]),
            "neither UTF-8 text nor a known binary format (invalid byte at offset 1, counted from 0)",
        ),
        (write("prose.txt", b"no numbers here\n"), "no rows of data"),
    ];
    for (path, expected) in cases {
        let error = load(&path, &LoadOptions::default()).unwrap_err();
        assert_eq!(error.to_string(), format!("cannot load {}: {expected}", path.display()));
    }
}

#[test]
fn contents_decide_before_the_name_does() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table.csv");
    std::fs::copy(golden("c_order_f8.npy"), &path).unwrap();
    assert_eq!(load(&path, &LoadOptions::default()).unwrap().inputs.values, TABLE);
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn idx() -> Vec<u8> {
    [&[0, 0, 0x0d, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 3][..], &TABLE.map(|v| (v as f32).to_be_bytes()).concat()]
        .concat()
}

#[test]
fn every_format_may_be_wrapped_in_gzip() {
    let read = |name: &str| std::fs::read(golden(name)).unwrap();
    let files = [
        ("a.npy.gz", read("c_order_f8.npy")),
        ("a.npz.GZ", read("stored.npz")),
        ("a.csv.gz", read("table.csv")),
        ("a-idx3-ubyte.gz", idx()),
        ("no extension", idx()),
    ];
    for (name, bytes) in files {
        let content = parse(name, &gzip(&bytes), &LoadOptions::default()).unwrap();
        assert_eq!(content.inputs.values, TABLE, "{name}");
    }
    let twice = parse("a.csv.gz", &gzip(&gzip(b"1,2\n")), &LoadOptions::default());
    assert!(matches!(twice, Err(Problem::NotText { .. })));
}

#[test]
fn decompression_stops_at_the_limit() {
    let packed = gzip(&vec![b'1'; 1 << 20]);
    assert!(packed.len() < 2_000);
    let unpacked = read_up_to(flate2::read::MultiGzDecoder::new(packed.as_slice()), 1 << 16);
    assert!(matches!(unpacked, Err(Problem::TooManyBytes { limit: 65_536 })));
    assert_eq!(read_up_to(&[7_u8; 9][..], 9).unwrap().len(), 9);
}

/// Small valid files of all formats.
fn valid_files() -> Vec<(&'static str, Vec<u8>)> {
    let read = |name: &str| std::fs::read(golden(name)).unwrap();
    vec![
        ("a.npy", read("c_order_f8.npy")),
        ("b.npy", read("fortran_images_i2.npy")),
        ("c.npy", read("version_2_u8.npy")),
        ("d.npz", read("stored.npz")),
        ("e.npz", read("compressed.npz")),
        ("f.npz", archive(&[("x", &[2, 2]), ("y", &[2])])),
        ("g.csv", read("table.csv")),
        ("h.csv.gz", read("table.csv.gz")),
        ("i.csv", b"\"a\";y;b\r\n1;2;3\r\n\r\n4;5;6e-1\r\n".to_vec()),
        ("j-ubyte", idx()),
        ("k-ubyte.gz", gzip(&idx())),
    ]
}

/// Loading gives inputs that keep every promise, or an error of one line.
fn check(name: &str, bytes: &[u8]) -> bool {
    match parse(name, bytes, &LoadOptions::default()) {
        Ok(content) => {
            let inputs = content.inputs;
            assert!(inputs.rows > 0 && inputs.cols > 0, "{name}");
            assert_eq!(inputs.values.len(), inputs.rows * inputs.cols, "{name}");
            assert!(inputs.values.iter().all(|value| value.is_finite()), "{name}");
            assert!(content.labels.is_none_or(|labels| labels.len() == inputs.rows), "{name}");
            true
        }
        Err(problem) => {
            let message = problem.to_string();
            assert!(!message.is_empty() && !message.contains(['\n', '\r']), "{name}: {message:?}");
            assert!(message.len() < 1_000, "{name}: {message:?}");
            false
        }
    }
}

#[test]
fn truncated_files_are_errors() {
    for (name, bytes) in valid_files() {
        assert!(check(name, &bytes), "{name} should be valid");
        for length in 0..bytes.len() {
            let loaded = check(name, &bytes[..length]);
            // Text that ends early may be a shorter table.
            assert!(!loaded || name.ends_with(".csv"), "{name} cut to {length} of {} bytes", bytes.len());
        }
    }
}

#[test]
fn files_with_one_wrong_byte_never_panic() {
    for (name, bytes) in valid_files() {
        let mut damaged = bytes.clone();
        for place in 0..bytes.len() {
            for flip in [0x01, 0x02, 0x08, 0x20, 0x40, 0x80, 0xff, 0x7f, bytes[place], !bytes[place]] {
                damaged[place] = bytes[place] ^ flip;
                check(name, &damaged);
            }
            damaged[place] = bytes[place];
        }
    }
}

#[test]
fn files_with_many_wrong_bytes_never_panic() {
    let mut state = 1_u64;
    let mut random = |below: usize| {
        // Multiplier of Knuth's MMIX; the high bits are good enough to place damage.
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    for (name, bytes) in valid_files() {
        for _ in 0..3_000 {
            let mut damaged = bytes.clone();
            for _ in 0..1 + random(8) {
                let place = random(damaged.len());
                match random(4) {
                    0 => damaged[place] = random(256) as u8,
                    1 => damaged[place] = bytes[random(bytes.len())],
                    2 => damaged.insert(place, random(256) as u8),
                    _ => damaged.truncate(place.max(1)),
                }
            }
            check(name, &damaged);
        }
    }
}
