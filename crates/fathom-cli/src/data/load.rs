//! From a path to a dataset: read the file, unwrap gzip, recognise the format.

use std::borrow::Cow;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;

use super::dataset::{Content, Dataset};
use super::error::{DataError, Problem, Quoted};
use super::{csv, idx, npy, npz};
use crate::output::protect;

/// Most bytes read from one file, before and after decompression: 4 GiB.
pub(super) const MAX_BYTES: u64 = 1 << 32;
const GZIP: &[u8] = &[0x1f, 0x8b];

/// What to load from a file that holds several things.
#[derive(Debug, Clone, Default)]
pub(crate) struct LoadOptions {
    /// Array of a NumPy archive; without it the only one, or the one with a usual name.
    pub(crate) array: Option<String>,
}

/// Loads inputs from a file; the [module page](crate::data) lists the formats.
///
/// # Errors
/// [`DataError`] names the path and says what is wrong in one line.
///
/// # Cost
/// The file is held in memory beside the values.
pub(crate) fn load(path: &Path, options: &LoadOptions) -> Result<Dataset, DataError> {
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    protect(path);
    let content = read_file(path).and_then(|bytes| parse(&name, &bytes, options));
    match content {
        Ok(Content { inputs, labels }) => Ok(Dataset { name, inputs, labels }),
        Err(problem) => Err(DataError { path: path.to_owned(), problem }),
    }
}

pub(super) fn read_file(path: &Path) -> Result<Vec<u8>, Problem> {
    let io = |error: std::io::Error| match error.kind() {
        ErrorKind::NotFound => Problem::Missing,
        ErrorKind::IsADirectory => Problem::Directory,
        _ => Problem::Io(error),
    };
    let file = File::open(path).map_err(io)?;
    if file.metadata().map_err(io)?.is_dir() {
        return Err(Problem::Directory);
    }
    #[cfg(unix)]
    if std::os::unix::fs::FileTypeExt::is_char_device(&file.metadata().map_err(io)?.file_type()) {
        return Err(Problem::Device);
    }
    read_up_to(file, MAX_BYTES)
}

/// Everything `reader` gives, if that is not more than `limit` bytes.
pub(super) fn read_up_to(reader: impl Read, limit: u64) -> Result<Vec<u8>, Problem> {
    let mut bytes = Vec::new();
    reader.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(Problem::Io)?;
    if bytes.len() as u64 > limit { Err(Problem::TooManyBytes { limit }) } else { Ok(bytes) }
}

/// The contents without gzip around them.
pub(super) fn unpacked(bytes: &[u8]) -> Result<Cow<'_, [u8]>, Problem> {
    if !bytes.starts_with(GZIP) {
        return Ok(Cow::Borrowed(bytes));
    }
    let unpacked = read_up_to(MultiGzDecoder::new(bytes), MAX_BYTES).map_err(|problem| match problem {
        Problem::Io(error) => Problem::damaged("gzip file", error),
        other => other,
    })?;
    Ok(Cow::Owned(unpacked))
}

/// Recognises and reads the contents of a file with this name.
pub(super) fn parse(name: &str, bytes: &[u8], options: &LoadOptions) -> Result<Content, Problem> {
    if !bytes.starts_with(GZIP) {
        return parse_plain(name, bytes, options);
    }
    parse_plain(strip_extension(name, ".gz"), &unpacked(bytes)?, options)
}

fn parse_plain(name: &str, bytes: &[u8], options: &LoadOptions) -> Result<Content, Problem> {
    let asked = options.array.as_deref();
    if bytes.is_empty() {
        return Err(Problem::Empty);
    }
    if npz::begins_archive(bytes) {
        return npz::read(bytes, asked);
    }
    if let Some(asked) = asked {
        return Err(Problem::NotAnArchive { asked: Quoted::new(asked) });
    }
    if bytes.starts_with(npy::MAGIC) {
        return npy::read(bytes);
    }
    if idx::begins_idx(bytes) {
        return idx::read(bytes);
    }
    if let Some(format) = binary_format_by_name(name) {
        return Err(Problem::WrongFormat { format });
    }
    let offset = match str::from_utf8(bytes) {
        Ok(text) => match text.find('\0') {
            None => return csv::read(text),
            Some(offset) => offset,
        },
        Err(error) => error.valid_up_to(),
    };
    Err(Problem::NotText { offset })
}

fn binary_format_by_name(name: &str) -> Option<&'static str> {
    let ends = |extension: &str| strip_extension(name, extension).len() < name.len();
    let formats = [
        (".npy", "a NumPy array"),
        (".npz", "a NumPy archive"),
        ("-ubyte", "an IDX file"),
        (".idx", "an IDX file"),
        (".gz", "a gzip file"),
    ];
    formats.into_iter().find(|(extension, _)| ends(extension)).map(|(_, format)| format)
}

/// `name` without `extension`, whatever the case of its letters.
fn strip_extension<'a>(name: &'a str, extension: &str) -> &'a str {
    let split = name.len().checked_sub(extension.len()).and_then(|place| name.split_at_checked(place));
    match split {
        Some((stem, end)) if end.eq_ignore_ascii_case(extension) => stem,
        _ => name,
    }
}
