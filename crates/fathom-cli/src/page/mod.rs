//! Results as one page that can be sent to a colleague: `--report FILE.html|md|json`.
//!
//! A command composes a `Page` of words, tables and figures; `file` writes it in one of three forms. The HTML form is one
//! file: pictures are in it, with the numbers behind them, and nothing is fetched from elsewhere.

mod document;
mod file;
mod numbers;
mod references;
mod studies;
#[cfg(test)]
mod tests;
mod verdict;

pub(crate) use document::{Answer, Block, Link, Page, Section, Tone};
pub(crate) use file::{Form, ReportArgs, command_line, page_title, render};
pub(crate) use studies::{conclusion, expected, study_page, title};
pub(crate) use verdict::verdict_page;
