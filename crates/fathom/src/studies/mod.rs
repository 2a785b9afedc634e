//! Five papers on the NTK of networks that are not infinitely wide or not shallow: what they claim, and what comes out when
//! it is measured.
//!
//! A [`Study`] is divided into [`Piece`]s, each of which gives rows of a numerical [`Table`]; everything that is reported is
//! computed from these tables. A [`Claim`] is a statement of a paper as data: what is measured to test it, and in which
//! bounds that must lie. [`judge`] holds the quantities of a study against the bounds of its claims.
//!
//! * [`Study::pieces`] and [`run_pieces`]: the work.
//! * [`Results`]: the tables.
//! * [`Study::quantities`]: the numbers that claims are about, each with the table it comes from.
//! * [`claims`], [`judge`]: the verdicts.

mod choice;
mod claim;
mod data;
mod error;
mod fit;
mod hanin_nica;
mod hayou;
mod job;
mod piece;
mod seleznova_kutyniok_2021;
mod seleznova_kutyniok_2022;
mod st_arnaud;
mod study;
mod table;

pub use crate::parallel::Event;
pub use claim::{Bound, Check, Claim, Conclusion, JudgedCheck, JudgedClaim, claims, judge};
use data::Split;
pub use data::{Labelled, Material};
pub use error::StudyError;
pub use piece::{Piece, run_pieces};
pub use study::{Scale, Study};
pub use table::{Column, Measured, Results, Row, Table, Value};
