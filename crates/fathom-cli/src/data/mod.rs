//! Inputs for kernels: one row is one input, in `f64`, row after row.
//!
//! [`load()`] reads a file. A file is recognised by its first bytes, then by its name:
//!
//! | format | recognised by | read as |
//! |---|---|---|
//! | NumPy array | `\x93NUMPY` | real numbers of any NumPy width up to 64 bits, C or Fortran order |
//! | NumPy archive | `PK` | the array asked for, or the only one, or the one with a usual name; labels if present |
//! | MNIST's IDX | `00 00 type dims` | images, flattened |
//! | separated values | UTF-8 text | commas, semicolons or tabs; a header and a label column are found by themselves |
//!
//! Each may be wrapped in gzip once. An array of more than two dimensions is flattened to (first, all others); one
//! dimension is an error, because it could be one input or one feature. Integers beyond $2^{53}$ are rounded to `f64`.
//!
//! [`load_tensors()`] reads all arrays of a NumPy archive or of a `.safetensors` file, by name.
//!
//! A file is never trusted: sizes in headers are compared with the bytes that are there before anything is allocated,
//! at most 4 GiB of a compressed file are unpacked, and every value must be finite. The header of a NumPy array is parsed
//! here and not by `npyz` 0.9, which multiplies the dimensions of a shape unchecked (a panic where overflow is checked)
//! and knows no half precision without a further dependency. It writes files for the tests instead.

mod csv;
mod dataset;
mod element;
mod error;
mod idx;
mod lists;
mod load;
mod npy;
mod npy_header;
mod npy_rows;
mod npy_write;
mod npz;
mod pytorch;
mod targets;
mod tensors;

#[cfg(test)]
mod robustness;

pub(crate) use dataset::{Dataset, Inputs};
pub(crate) use error::DataError;
pub(crate) use lists::{Content, NamedList, read_content, tensor_file};
pub(crate) use load::{LoadOptions, load};
pub(crate) use npy_rows::MatrixRows;
pub(crate) use npy_write::{npy_file, npy_header};
pub(crate) use pytorch::pytorch_file;
pub(crate) use targets::load_targets;
pub(crate) use tensors::load_tensors;
