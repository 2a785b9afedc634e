//! Grids of networks: their cells, what becomes of them, and the table.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod cells;
mod document;
mod outcomes;
mod table;
