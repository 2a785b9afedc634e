//! Grids of networks: each sampled, trained or judged, as one table.
//!
//! A [`Sweep`] is a command, a [`Template`] of a network, and axes: keys of the network with the values they take. Every
//! combination of values is a [`Cell`], the last axis varying fastest. A shape is either `widths`, or `inputs`, `depth`
//! (weight layers $L$), `width` (of all hidden layers, $n$) and `outputs`; of `depth`, `width` and `ratio` $= L/n$ any two
//! give the third.
//!
//! A [`Job`] is a cell with what it is to be done with; [`run_jobs`] runs many of them, each on threads of its own, and
//! gives an [`Outcome`] for each: numbers with their standard errors, or why there are none. A cell that diverges or fails
//! is a row of the [`Table`] like any other. The same cell gives the same bits on any number of threads, in any order.
//!
//! * [`Key`], [`Setting`], [`Axis`]: what varies.
//! * [`Sweep`]: the description, also from a TOML document.
//! * [`Table`]: the outcomes as columns; [`Table::over_seeds`] gives means and standard errors over initialisations.

mod axis;
mod cell;
mod document;
mod error;
mod job;
mod judged;
mod key;
mod outcome;
mod run;
mod sampled;
mod setting;
mod table;
mod template;
mod trained;

pub use crate::parallel::Event;
pub use axis::{Axis, Range};
pub use cell::{Cell, MAX_CELLS, Sweep, SweepCommand};
pub use document::OptionValue;
pub use error::SweepError;
pub use job::{Job, Task};
pub use key::Key;
pub use outcome::{Outcome, Quantity, Status};
pub use run::run_jobs;
pub use sampled::SampleTask;
pub use setting::Setting;
pub use table::{Column, Row, Table, TableCell};
pub use template::Template;
pub use trained::TrainTask;
