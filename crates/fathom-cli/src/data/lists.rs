//! Lists of numbers and a text in one `.safetensors` file: what a training continues from.

use std::collections::HashMap;
use std::path::Path;

use safetensors::tensor::{Dtype, TensorView};
use safetensors::{SafeTensorError, SafeTensors};

use super::element::{Element, Endian};
use crate::error::CommandError;
use crate::output::read_bytes;

/// The key of the text in the header.
const TEXT: &str = "fathom";

/// Numbers under a name.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct NamedList {
    pub(crate) name: String,
    pub(crate) values: Vec<f64>,
}

/// What is in a file.
pub(crate) struct Content {
    /// `None` if another program wrote it.
    pub(crate) text: Option<String>,
    pub(crate) lists: Vec<NamedList>,
}

/// The bytes of a file; why there are none.
pub(crate) fn tensor_file(lists: &[NamedList], text: &str) -> Result<Vec<u8>, String> {
    let bytes: Vec<Vec<u8>> =
        lists.iter().map(|list| list.values.iter().flat_map(|value| value.to_le_bytes()).collect()).collect();
    let views: Result<Vec<_>, SafeTensorError> = lists
        .iter()
        .zip(&bytes)
        .map(|(list, bytes)| Ok((&list.name, TensorView::new(Dtype::F64, vec![list.values.len()], bytes)?)))
        .collect();
    let about = HashMap::from([(TEXT.to_owned(), text.to_owned())]);
    let views = views.map_err(|error| error.to_string())?;
    safetensors::serialize(views, Some(about)).map_err(|error| error.to_string())
}

/// What a file holds.
pub(crate) fn read_content(path: &Path) -> Result<Content, CommandError> {
    let bytes = read_bytes(path)?;
    let failed = |error: SafeTensorError| CommandError::RunFile { path: path.into(), reason: error.to_string() };
    let (_, header) = SafeTensors::read_metadata(&bytes).map_err(failed)?;
    let text = header.metadata().as_ref().and_then(|about| about.get(TEXT).cloned());
    let file = SafeTensors::deserialize(&bytes).map_err(failed)?;
    let lists = file.iter().filter(|(_, view)| view.dtype() == Dtype::F64).map(|(name, view)| NamedList {
        name: name.to_owned(),
        values: Element::F64.decode(view.data(), Endian::Little),
    });
    Ok(Content { text, lists: lists.collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_to_the_bit() {
        let lists = [
            NamedList { name: "b".into(), values: vec![0.1, -0.0, f64::MIN_POSITIVE, 1e300] },
            NamedList { name: "a".into(), values: vec![3.0] },
        ];
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lists");
        std::fs::write(&path, tensor_file(&lists, "{\"x\": \"ü\"}").unwrap()).unwrap();
        let content = read_content(&path).unwrap();
        assert_eq!(content.text.as_deref(), Some("{\"x\": \"ü\"}"));
        for list in lists {
            let read = content.lists.iter().find(|other| other.name == list.name).unwrap();
            let bits = |values: &[f64]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
            assert_eq!(bits(&read.values), bits(&list.values));
        }
    }
}
