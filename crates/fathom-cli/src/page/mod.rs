//! Results as one page that can be sent to a colleague: `--report FILE.html|md|json`.
//!
//! A command composes a `Page` of words, tables and figures; `file` writes it in one of three forms. The HTML form is one
//! file: pictures are in it, with the numbers behind them, and nothing is fetched from elsewhere.

mod document;
mod file;
mod numbers;
mod references;
#[cfg(test)]
mod tests;
mod verdict;

pub(crate) use file::{ReportArgs, command_line};
pub(crate) use verdict::verdict_page;
