//! Estimates from many draws, the same bits however the draws were divided.
//!
//! A run draws $i = 0, 1, \dots, N - 1$; each draw gives one number, or none, for each of $m$ [`Observables`]. Draws
//! $256\,b$ to $256\,b + 255$ are block $b$. A block becomes a [`Summary`] by [`BlockDraws`], and summaries meet in a
//! [`Ledger`], which merges them along one binary tree: the node $(l, j)$ covers the blocks from $j\,2^l$ up to
//! $(j + 1)\,2^l$ and is always the merger of its two halves, left before right. The order in which blocks arrive,
//! threads, shards and restarts therefore change nothing.
//!
//! What a summary knows of an observable ([`Marginal`]) is its number of draws, mean, central moments up to the fourth,
//! extremes, moments of its logarithm, and a histogram on a logarithmic scale ([`Sketch`]); of a pair, the co-moment
//! ([`Joint`]). Moments merge by the formulas of Chan, Golub & LeVeque (1983), "Algorithms for computing the sample
//! variance", for the second, and Pébay (2008), "Formulas for robust, one-pass parallel computation of covariances and
//! arbitrary-order statistical moments", Sandia report SAND2008-6212, §§2–3, for the others.
//!
//! [`Running`] and [`RunningList`] take plain numbers one after the other and know less: mean and variance.
//!
//! Kernels of deep networks have heavy tails: $N$ draws may not contain what carries the mean. [`Tails`] says when, and
//! gives standard errors that allow for it. It cannot see a tail that neither the draws nor a log-normal law show.

mod block;
mod column;
mod cumulative;
mod error;
mod estimate;
mod exact;
mod histogram;
mod joint;
mod ledger;
mod log_normal;
mod marginal;
mod observables;
mod quantile;
mod running;
mod sketch;
mod stopping;
mod summary;
mod tails;
mod warning;

pub use block::{BlockDraws, DRAWS_PER_BLOCK};
pub use error::StatisticsError;
pub use estimate::Estimate;
pub use histogram::{Histogram, HistogramBin, HistogramScale};
pub use joint::{Joint, MAX_JOINT};
pub use ledger::{Ledger, MAX_BLOCKS};
pub use marginal::Marginal;
pub use observables::Observables;
pub use quantile::Quantile;
pub use running::{MeanWithError, Running, RunningList};
pub use sketch::{MAX_CELLS, Sketch};
pub use stopping::check_points;
pub use summary::Summary;
pub use tails::Tails;
pub use warning::{Moment, TailWarning};
