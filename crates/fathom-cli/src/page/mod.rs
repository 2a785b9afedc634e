//! Results as one page that can be sent to a colleague: `--report FILE.html|md|json`.
//!
//! A command composes a `Page` of words, tables and figures; `file` writes it in one of three forms. The HTML form is one
//! file: pictures are in it, with the numbers behind them, and nothing is fetched from elsewhere.

mod depth;
mod document;
mod drawn;
mod file;
mod kernel;
mod moments;
mod numbers;
mod phase;
mod predict;
mod references;
mod story;
mod studies;
mod sweep;
#[cfg(test)]
mod tests;
mod train;
mod verdict;

pub(crate) use depth::depth_page;
pub(crate) use document::{Answer, Block, Link, Page, Section, Tone};
pub(crate) use drawn::{blocks_verdict_page, empirical_page, sample_page};
pub(crate) use file::{Form, ReportArgs, command_line, page_title, quoted, render};
pub(crate) use kernel::kernel_page;
pub(crate) use moments::moments_page;
pub(crate) use phase::phase_page;
pub(crate) use predict::{prediction_page, selection_page};
pub(crate) use studies::{conclusion, expected, study_page, title};
pub(crate) use sweep::sweep_page;
pub(crate) use train::training_page;
pub(crate) use verdict::verdict_page;
