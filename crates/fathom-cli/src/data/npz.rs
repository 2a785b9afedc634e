//! NumPy archives (`.npz`), compressed or not.

use std::io::Cursor;

use fathom_ntk::network::arrays::NamedArray;
use zip::ZipArchive;

use super::dataset::Content;
use super::error::{Names, Problem, Quoted};
use super::load::{MAX_BYTES, read_up_to};
use super::npy;

const FORMAT: &str = "NumPy archive";
/// Most files of an archive whose directory is not of the 64-bit form.
const MAX_FILES: u64 = u16::MAX as u64;

/// Usual names of inputs, compared without regard to case.
const INPUT_NAMES: [&str; 4] = ["x", "data", "inputs", "x_train"];
/// Usual names of labels. `y_train` belongs to `x_train` alone.
const LABEL_NAMES: [&str; 3] = ["y", "labels", "target"];

/// Whether these are the first bytes of an archive, perhaps an empty one.
pub(super) fn begins_archive(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06")
}

/// An array of an archive.
struct Member {
    name: String,
    /// Place in the archive's directory.
    index: usize,
}

/// Inputs from the array asked for, or else from the only one, or the one with a usual name; labels where present.
pub(super) fn read(bytes: &[u8], asked: Option<&str>) -> Result<Content, Problem> {
    if claims_many_files(bytes) {
        return Err(damaged(format_args!("its directory claims more than {MAX_FILES} files")));
    }
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?;
    let members = members(&archive)?;
    let inputs = choose_inputs(&members, asked)?;
    let mut content = inputs.read(&mut archive, npy::read)?;
    if let Some(labels) = choose_labels(&members, inputs)? {
        content.labels = Some(labels.read(&mut archive, |array| npy::read_labels(array, content.inputs.rows))?);
    }
    Ok(content)
}

/// Every array of an archive, in the order of its directory.
pub(super) fn read_all(bytes: &[u8]) -> Result<Vec<NamedArray>, Problem> {
    if claims_many_files(bytes) {
        return Err(damaged(format_args!("its directory claims more than {MAX_FILES} files")));
    }
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?;
    let members = members(&archive)?;
    if members.is_empty() {
        return Err(Problem::NoArrays);
    }
    let mut room = MAX_BYTES;
    let mut tensors = Vec::with_capacity(members.len());
    for member in members {
        let (shape, values) = member.read(&mut archive, |array| {
            room = room.checked_sub(array.len() as u64).ok_or(Problem::TooManyBytes { limit: MAX_BYTES })?;
            npy::read_array(array)
        })?;
        // The values are in memory, so their number and its factors are within usize.
        let shape = shape.iter().map(|&size| size as usize).collect();
        tensors.push(NamedArray { name: member.name, shape, values });
    }
    Ok(tensors)
}

type Archive<'a> = ZipArchive<Cursor<&'a [u8]>>;

fn damaged(what: impl std::fmt::Display) -> Problem {
    Problem::damaged(FORMAT, what)
}

/// Whether a 64-bit end of a directory (PKWARE, APPNOTE.TXT 6.3.10, section 4.3.14: the count is at offset 32) claims
/// more than [`MAX_FILES`]: `zip` 9.4 allocates some hundred bytes for each, up to one for each byte of the file, before
/// it looks for them.
fn claims_many_files(bytes: &[u8]) -> bool {
    bytes.windows(40).filter(|window| window.starts_with(b"PK\x06\x06")).any(|window| {
        let count = window.last_chunk().map_or(0, |&count| u64::from_le_bytes(count));
        (MAX_FILES + 1..=bytes.len() as u64).contains(&count)
    })
}

/// The arrays in the order of the directory.
fn members(archive: &Archive<'_>) -> Result<Vec<Member>, Problem> {
    let mut members = Vec::new();
    for (index, name) in archive.file_names().enumerate() {
        let name = name.map_err(damaged)?;
        members.extend(name.strip_suffix(".npy").map(|name| Member { name: name.to_owned(), index }));
    }
    Ok(members)
}

impl Member {
    fn read<T>(
        &self,
        archive: &mut Archive<'_>,
        parse: impl FnOnce(&[u8]) -> Result<T, Problem>,
    ) -> Result<T, Problem> {
        self.unpack(archive)
            .and_then(|array| parse(&array))
            .map_err(|problem| Problem::InArray { name: Quoted::new(&self.name), problem: Box::new(problem) })
    }

    /// The file's contents, with length and checksum verified.
    fn unpack(&self, archive: &mut Archive<'_>) -> Result<Vec<u8>, Problem> {
        let file = archive.by_index(self.index).map_err(damaged)?;
        let size = file.size();
        let contents = read_up_to(file, MAX_BYTES).map_err(|problem| match problem {
            Problem::Io(error) => damaged(error),
            other => other,
        })?;
        if contents.len() as u64 == size {
            Ok(contents)
        } else {
            Err(damaged("its length is not what the directory says"))
        }
    }

    fn is_one_of(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.name.eq_ignore_ascii_case(name))
    }
}

fn names<'a>(members: impl IntoIterator<Item = &'a Member>) -> Names {
    Names(members.into_iter().map(|member| member.name.clone()).collect())
}

fn choose_inputs<'a>(members: &'a [Member], asked: Option<&str>) -> Result<&'a Member, Problem> {
    if members.is_empty() {
        return Err(Problem::NoArrays);
    }
    if let Some(asked) = asked {
        let found = members.iter().find(|member| member.name == asked);
        return found.ok_or_else(|| Problem::NoSuchArray { asked: Quoted::new(asked), names: names(members) });
    }
    if let [only] = members {
        return Ok(only);
    }
    let not_labels: Vec<_> = members.iter().filter(|member| !member.is_one_of(&LABEL_NAMES)).collect();
    let usual: Vec<_> = members.iter().filter(|member| member.is_one_of(&INPUT_NAMES)).collect();
    match (usual.as_slice(), not_labels.as_slice()) {
        ([one], _) | ([], [one]) => Ok(one),
        ([], _) => Err(Problem::WhichArray { names: names(members) }),
        (several, _) => Err(Problem::WhichArray { names: names(several.iter().copied()) }),
    }
}

fn choose_labels<'a>(members: &'a [Member], inputs: &Member) -> Result<Option<&'a Member>, Problem> {
    let wanted: &[&str] = if inputs.is_one_of(&["x_train"]) { &["y_train"] } else { &LABEL_NAMES };
    let found: Vec<_> =
        members.iter().filter(|member| member.is_one_of(wanted) && member.name != inputs.name).collect();
    match found.as_slice() {
        [] => Ok(None),
        [one] => Ok(Some(one)),
        several => Err(Problem::SeveralLabels { names: names(several.iter().copied()) }),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::io::Write;

    use zip::write::{SimpleFileOptions, ZipWriter};

    use super::*;

    /// An archive of deflated arrays; each has a name, a shape and the values 0, 1, 2, ...
    pub(crate) fn archive(arrays: &[(&str, &[u64])]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, shape) in arrays {
            let values: Vec<f64> = (0..shape.iter().product()).map(|value| value as f64).collect();
            writer.start_file(format!("{name}.npy"), SimpleFileOptions::default()).unwrap();
            writer.write_all(&npy::tests::written(shape, npyz::Order::C, &values)).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn the_only_array_is_taken_whatever_its_name() {
        let inputs = read(&archive(&[("arr_0", &[2, 2])]), None).unwrap().inputs;
        assert_eq!(inputs.values, [0.0, 1.0, 2.0, 3.0]);
    }

    #[test]
    fn usual_names_are_found_with_their_labels() {
        let cases: [(&str, &str, &str); 4] = [
            ("X", "y", "weights"),
            ("data", "target", "names"),
            ("inputs", "labels", "z"),
            ("x_train", "y_train", "y"),
        ];
        for (x, y, other) in cases {
            let bytes = archive(&[(other, &[3, 5]), (y, &[2]), (x, &[2, 4])]);
            let content = read(&bytes, None).unwrap();
            assert_eq!((content.inputs.rows, content.inputs.cols), (2, 4), "{x}");
            assert_eq!(content.labels, Some(vec![0.0, 1.0]), "{x}");
        }
    }

    #[test]
    fn an_unclear_choice_lists_the_names() {
        let problem = read(&archive(&[("a", &[1, 1]), ("b", &[1, 1])]), None).unwrap_err();
        assert_eq!(problem.to_string(), "the archive has several arrays: name one of \"a\", \"b\"");
        let problem = read(&archive(&[("x", &[1, 1]), ("data", &[1, 1]), ("c", &[1, 1])]), None).unwrap_err();
        assert_eq!(problem.to_string(), "the archive has several arrays: name one of \"x\", \"data\"");
        let problem = read(&archive(&[("a", &[1, 1])]), Some("q")).unwrap_err();
        assert_eq!(problem.to_string(), "the archive has no array \"q\": expected one of \"a\"");
        assert!(matches!(read(&archive(&[]), None), Err(Problem::NoArrays)));
    }

    #[test]
    fn the_array_asked_for_is_read() {
        let bytes = archive(&[("a", &[1, 1]), ("b", &[1, 2])]);
        assert_eq!(read(&bytes, Some("b")).unwrap().inputs.cols, 2);
    }

    #[test]
    fn encrypted_entries_unknown_methods_and_wrong_checksums_are_refused() {
        let archive = archive(&[("x", &[2, 2])]);
        let central = archive.windows(4).position(|window| window == b"PK\x01\x02").unwrap();
        for (place, flip, expected) in [(8, 1, "decrypt"), (10, 99, "ompression"), (16, 1, "checksum")] {
            let mut changed = archive.clone();
            changed[central + place] ^= flip;
            let message = read(&changed, None).unwrap_err().to_string();
            assert!(message.contains(expected), "{message}");
        }
    }

    #[test]
    fn a_claim_of_many_files_is_refused_before_memory_is_taken_for_them() {
        let mut bytes = archive(&[("x", &[200_000])]);
        bytes.resize(300_000, 0);
        let start = bytes.len() as u64;
        let claimed = 250_000_u64.to_le_bytes();
        bytes.extend(b"PK\x01\x02");
        let end = bytes.len() as u64;
        bytes.extend([b"PK\x06\x06", &44_u64.to_le_bytes()[..], &[0; 12], &claimed, &claimed].concat());
        bytes.extend([(1_u64 << 40).to_le_bytes(), start.to_le_bytes()].concat());
        bytes.extend([b"PK\x06\x07", &[0; 4][..], &end.to_le_bytes(), &[1, 0, 0, 0]].concat());
        bytes.extend([b"PK\x05\x06", &[0; 4][..], &[0xff; 12], &[0; 2]].concat());
        assert!(ZipArchive::new(Cursor::new(bytes.as_slice())).is_err());
        let problem = read(&bytes, None).unwrap_err();
        assert_eq!(
            problem.to_string(),
            "damaged or truncated NumPy archive: its directory claims more than 65535 files"
        );
    }

    #[test]
    fn problems_name_the_array() {
        let problem = read(&archive(&[("x", &[3])]), None).unwrap_err();
        assert_eq!(problem.to_string(), "array \"x\": expected 2 dimensions (rows, features), got shape (3,)");
        let problem = read(&archive(&[("x", &[3, 1]), ("y", &[2])]), None).unwrap_err();
        assert_eq!(
            problem.to_string(),
            "array \"y\": expected one label for each of the 3 rows, got labels of shape (2,)"
        );
    }
}
