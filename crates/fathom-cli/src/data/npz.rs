//! NumPy archives (`.npz`), compressed or not.

use super::dataset::Content;
use super::error::{Names, Problem, Quoted};
use super::load::MAX_BYTES;
use super::npy;
use super::zip::{self, Entry};

/// Usual names of inputs, compared without regard to case.
const INPUT_NAMES: [&str; 4] = ["x", "data", "inputs", "x_train"];
/// Usual names of labels. `y_train` belongs to `x_train` alone.
const LABEL_NAMES: [&str; 3] = ["y", "labels", "target"];

/// An array of an archive.
struct Member<'a> {
    name: &'a str,
    entry: &'a Entry,
}

/// Inputs from the array asked for, or else from the only one, or the one with a usual name; labels where present.
pub(super) fn read(bytes: &[u8], asked: Option<&str>) -> Result<Content, Problem> {
    let entries = zip::entries(bytes)?;
    let members: Vec<Member<'_>> =
        entries.iter().filter_map(|entry| entry.name.strip_suffix(".npy").map(|name| Member { name, entry })).collect();
    let inputs = choose_inputs(&members, asked)?;
    let mut content = inputs.read(bytes, npy::read)?;
    if let Some(labels) = choose_labels(&members, inputs)? {
        content.labels = Some(labels.read(bytes, |array| npy::read_labels(array, content.inputs.rows))?);
    }
    Ok(content)
}

impl Member<'_> {
    fn read<T>(&self, archive: &[u8], parse: impl FnOnce(&[u8]) -> Result<T, Problem>) -> Result<T, Problem> {
        let contents = self.entry.read(archive, MAX_BYTES);
        contents
            .and_then(|array| parse(&array))
            .map_err(|problem| Problem::InArray { name: Quoted::new(self.name), problem: Box::new(problem) })
    }

    fn is_one_of(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.name.eq_ignore_ascii_case(name))
    }
}

fn names<'a>(members: impl IntoIterator<Item = &'a Member<'a>>) -> Names {
    Names(members.into_iter().map(|member| member.name.to_owned()).collect())
}

fn choose_inputs<'a>(members: &'a [Member<'a>], asked: Option<&str>) -> Result<&'a Member<'a>, Problem> {
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

fn choose_labels<'a>(members: &'a [Member<'a>], inputs: &Member<'_>) -> Result<Option<&'a Member<'a>>, Problem> {
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
    use std::io::Cursor;

    use npyz::WriterBuilder;
    use npyz::npz::NpzWriter;

    use super::*;

    /// An archive written by `npyz`; each array has a name, a shape and the values 0, 1, 2, ...
    pub(crate) fn archive(arrays: &[(&str, &[u64])]) -> Vec<u8> {
        let mut cursor = Cursor::new(Vec::new());
        let mut writer = NpzWriter::new(&mut cursor);
        for (name, shape) in arrays {
            let mut array =
                writer.array::<f64>(name, Default::default()).unwrap().default_dtype().shape(shape).begin_nd().unwrap();
            array.extend((0..shape.iter().product()).map(|value| value as f64)).unwrap();
            array.finish().unwrap();
        }
        drop(writer);
        cursor.into_inner()
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
            assert_eq!(content.labels, Some(vec![0, 1]), "{x}");
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
