//! As much of the ZIP format as NumPy archives use: stored and deflated entries, with 64-bit sizes.
//!
//! Source: PKWARE, APPNOTE.TXT 6.3.10, sections 4.3.7 (local header), 4.3.12 (central directory), 4.3.14 to 4.3.16 (its
//! end) and 4.5.3 (64-bit sizes). Only the central directory is believed; of the local header only its length is used.

use std::io::Read;
use std::ops::Range;

use flate2::Crc;
use flate2::read::DeflateDecoder;

use super::error::Problem;
use super::load::read_up_to;

const FORMAT: &str = "NumPy archive";
const LOCAL: &[u8] = b"PK\x03\x04";
const CENTRAL: &[u8] = b"PK\x01\x02";
const END: &[u8] = b"PK\x05\x06";
const END_64: &[u8] = b"PK\x06\x06";
const LOCATOR_64: &[u8] = b"PK\x06\x07";
/// Bytes of the end of the central directory without its comment, which has at most 65535 bytes.
const END_SIZE: usize = 22;
const LOCATOR_SIZE: usize = 20;
const CENTRAL_SIZE: usize = 46;
const LOCAL_SIZE: usize = 30;

/// Whether these are the first bytes of an archive, perhaps an empty one.
pub(super) fn begins_archive(bytes: &[u8]) -> bool {
    bytes.starts_with(LOCAL) || bytes.starts_with(END)
}

/// One file of an archive.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) name: String,
    encrypted: bool,
    method: u16,
    crc: u32,
    compressed_size: u64,
    size: u64,
    offset: u64,
}

/// The files listed in the central directory.
pub(super) fn entries(bytes: &[u8]) -> Result<Vec<Entry>, Problem> {
    let end = find_end(bytes).ok_or_else(|| damaged("the directory at its end is missing"))?;
    let directory = directory(bytes, end).ok_or_else(|| damaged("the directory lies outside the file"))?;
    let mut rest = directory;
    let mut entries = Vec::new();
    while !rest.is_empty() {
        let (entry, size) = central_entry(rest).ok_or_else(|| damaged("an entry of the directory is broken"))?;
        rest = &rest[size..];
        entries.push(entry);
    }
    Ok(entries)
}

impl Entry {
    /// The file's contents, with length and checksum verified.
    pub(super) fn read(&self, archive: &[u8], limit: u64) -> Result<Vec<u8>, Problem> {
        if self.encrypted {
            return Err(damaged("it is encrypted"));
        }
        let data = self.compressed(archive).ok_or_else(|| damaged("its data lie outside the file"))?;
        let contents = match self.method {
            0 => data.to_vec(),
            8 => read_up_to(DeflateDecoder::new(data).take(self.size.saturating_add(1)), limit)
                .map_err(|problem| if matches!(problem, Problem::Io(_)) { damaged(problem) } else { problem })?,
            method => return Err(damaged(format_args!("compression method {method} is not known"))),
        };
        if contents.len() as u64 != self.size {
            return Err(damaged("its length is not what the directory says"));
        }
        let mut crc = Crc::new();
        crc.update(&contents);
        if crc.sum() == self.crc { Ok(contents) } else { Err(damaged("its checksum is wrong")) }
    }

    fn compressed<'a>(&self, archive: &'a [u8]) -> Option<&'a [u8]> {
        let header = archive.get(usize::try_from(self.offset).ok()?..)?;
        header.starts_with(LOCAL).then_some(())?;
        let start = LOCAL_SIZE + usize::from(u16_at(header, 26)?) + usize::from(u16_at(header, 28)?);
        header.get(range(start as u64, self.compressed_size)?)
    }
}

fn damaged(what: impl std::fmt::Display) -> Problem {
    Problem::damaged(FORMAT, what)
}

/// Place of the end record: the last one whose comment reaches exactly to the end of the file.
fn find_end(bytes: &[u8]) -> Option<usize> {
    let last = bytes.len().checked_sub(END_SIZE)?;
    (last.saturating_sub(usize::from(u16::MAX))..=last).rev().find(|&place| {
        bytes[place..].starts_with(END)
            && u16_at(bytes, place + 20).is_some_and(|comment| place + END_SIZE + usize::from(comment) == bytes.len())
    })
}

fn directory(bytes: &[u8], end: usize) -> Option<&[u8]> {
    let (size, offset) = (u32_at(bytes, end + 12)?, u32_at(bytes, end + 16)?);
    if size != u32::MAX && offset != u32::MAX {
        return bytes.get(range(offset.into(), size.into())?);
    }
    let locator = end.checked_sub(LOCATOR_SIZE)?;
    bytes[locator..].starts_with(LOCATOR_64).then_some(())?;
    let end_64 = bytes.get(usize::try_from(u64_at(bytes, locator + 8)?).ok()?..)?;
    end_64.starts_with(END_64).then_some(())?;
    bytes.get(range(u64_at(end_64, 48)?, u64_at(end_64, 40)?)?)
}

/// The first entry of the rest of the directory, and the bytes it takes there.
fn central_entry(bytes: &[u8]) -> Option<(Entry, usize)> {
    bytes.starts_with(CENTRAL).then_some(())?;
    let length_at = |place| u16_at(bytes, place).map(usize::from);
    let name_end = CENTRAL_SIZE + length_at(28)?;
    let extra_end = name_end + length_at(30)?;
    let size = extra_end + length_at(32)?;
    let name = bytes.get(CENTRAL_SIZE..name_end)?;
    let mut entry = Entry {
        name: String::from_utf8_lossy(name).into_owned(),
        encrypted: u16_at(bytes, 8)? & 1 == 1,
        method: u16_at(bytes, 10)?,
        crc: u32_at(bytes, 16)?,
        compressed_size: u32_at(bytes, 20)?.into(),
        size: u32_at(bytes, 24)?.into(),
        offset: u32_at(bytes, 42)?.into(),
    };
    widen(&mut entry, bytes.get(name_end..extra_end)?)?;
    bytes.get(..size).map(|_| (entry, size))
}

/// Replaces sizes that did not fit 32 bits by those of the extra field with id 1; they come in a fixed order.
fn widen(entry: &mut Entry, extra: &[u8]) -> Option<()> {
    let fields = [&mut entry.size, &mut entry.compressed_size, &mut entry.offset];
    let mut narrow = fields.into_iter().filter(|field| **field == u64::from(u32::MAX)).peekable();
    if narrow.peek().is_none() {
        return Some(());
    }
    let mut rest = extra;
    while u16_at(rest, 0)? != 1 {
        rest = rest.get(4 + usize::from(u16_at(rest, 2)?)..)?;
    }
    let sizes = rest.get(4..4 + usize::from(u16_at(rest, 2)?))?;
    for (index, field) in narrow.enumerate() {
        *field = u64_at(sizes, 8 * index)?;
    }
    Some(())
}

fn range(start: u64, length: u64) -> Option<Range<usize>> {
    let end = start.checked_add(length)?;
    Some(usize::try_from(start).ok()?..usize::try_from(end).ok()?)
}

fn bytes_at<const N: usize>(bytes: &[u8], place: usize) -> Option<[u8; N]> {
    bytes.get(place..)?.first_chunk().copied()
}

fn u16_at(bytes: &[u8], place: usize) -> Option<u16> {
    bytes_at(bytes, place).map(u16::from_le_bytes)
}

fn u32_at(bytes: &[u8], place: usize) -> Option<u32> {
    bytes_at(bytes, place).map(u32::from_le_bytes)
}

fn u64_at(bytes: &[u8], place: usize) -> Option<u64> {
    bytes_at(bytes, place).map(u64::from_le_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An archive with one stored file `a`, all of whose sizes and places are in 64-bit fields.
    fn wide_archive(contents: &[u8]) -> Vec<u8> {
        let mut crc = Crc::new();
        crc.update(contents);
        let (crc, size) = (crc.sum().to_le_bytes(), contents.len() as u64);
        let mut bytes = b"junk before".to_vec();
        let local = bytes.len() as u64;
        bytes.extend([LOCAL, &[0; 22], &[1, 0, 0, 0], b"a", contents].concat());
        let central = bytes.len() as u64;
        let other_field = [7, 0, 2, 0, 9, 9];
        let wide = [&[1, 0, 24, 0][..], &size.to_le_bytes(), &size.to_le_bytes(), &local.to_le_bytes()].concat();
        let lengths = [1, 0, 34, 0, 0, 0];
        bytes.extend([CENTRAL, &[0; 12], &crc, &[0xff; 8], &lengths, &[0; 8], &[0xff; 4], b"a"].concat());
        bytes.extend([&other_field[..], &wide].concat());
        let end = bytes.len() as u64;
        bytes.extend([END_64, &[0; 36], &(end - central).to_le_bytes(), &central.to_le_bytes()].concat());
        bytes.extend([LOCATOR_64, &[0; 4], &end.to_le_bytes(), &[0; 4]].concat());
        bytes.extend([END, &[0; 8], &[0xff; 8], &[3, 0], b"end"].concat());
        bytes
    }

    #[test]
    fn sizes_of_64_bits_are_read() {
        let archive = wide_archive(b"contents");
        let entries = entries(&archive).unwrap();
        assert_eq!(entries.len(), 1);
        assert_eq!(entries[0].name, "a");
        assert_eq!(entries[0].read(&archive, 100).unwrap(), b"contents");
    }

    #[test]
    fn damage_anywhere_in_a_wide_archive_never_panics() {
        let archive = wide_archive(b"contents");
        for place in 0..archive.len() {
            for value in [0, 1, 2, 0x7f, 0x80, 0xfe, 0xff] {
                let mut damaged = archive.clone();
                damaged[place] = value;
                for entry in entries(&damaged).unwrap_or_default() {
                    if let Ok(contents) = entry.read(&damaged, 100) {
                        assert_eq!(contents, b"contents", "byte {place} set to {value}");
                    }
                }
            }
        }
    }

    #[test]
    fn encrypted_entries_and_unknown_methods_are_refused() {
        let archive = wide_archive(b"contents");
        let central = archive.windows(4).position(|window| window == CENTRAL).unwrap();
        for (place, value, expected) in [(8, 1, "encrypted"), (10, 99, "compression method 99"), (16, 1, "checksum")] {
            let mut changed = archive.clone();
            changed[central + place] ^= value;
            let problem = entries(&changed).unwrap()[0].read(&changed, 100).unwrap_err();
            assert!(problem.to_string().contains(expected), "{problem}");
        }
    }
}
