//! NNGP and NTK of all pairs of rows of a data matrix, at a cost that hardly depends on depth.
//!
//! One product of matrices gives every cosine; what is left is a function of one number a pair wherever the kernel is
//! one: for $\phi(z) = a z + b|z|$ without biases, $K(x, x') = |x||x'|\,\kappa(c)/n_0$, and for inputs of equal norm, with any
//! φ, $K(x, x') = \kappa(c)$. Then κ of any depth is a table, filled once from the accurate recursion of
//! [`pair_kernel`](super::pair_kernel).
//!
//! The table is polynomial on cells that halve towards $c = 1$ and $c = -1$. Since $E[\phi(u)\phi(v)]$ at equal variances is
//! a power series in $c$ with non-negative coefficients, κ is analytic in the disc $|c| < 1$ **at every depth and in every
//! phase**, and on the disc no larger than at $|c|$: on cells whose length is a fixed fraction of their distance from ±1,
//! interpolation of one degree converges alike for all of them. How sharp depth makes κ does not matter.
//!
//! Otherwise (norms that differ, with biases or an inhomogeneous φ) the recursion runs over many pairs at once, by closed
//! forms for $a z + b|z|$ and for error functions, and by Hermite series elsewhere.
//!
//! Pairs within about five degrees of parallel or opposite get $1 \mp c$ from the difference of the vectors, so that
//! duplicates with noise $10^{-9}$ keep their digits; diagonals are exact.
//!
//! Derived in `docs/theory`.

mod angle;
mod arcs;
mod arcsine;
mod batch;
mod blocks;
mod cells;
mod engine;
mod error;
mod jobs;
mod look_up;
mod method;
mod options;
mod pairs;
mod piecewise;
mod plan;
mod result;
mod rows;
mod series;
mod steps;
mod summary;
mod watch;

pub use crate::spec::NetworkRef as Network;
pub use engine::{KernelEngine, KernelInputs};
pub use error::MatrixError;
pub use method::Method;
pub use options::{Entry, KernelKind, KernelScale, MatrixOptions};
pub use result::{Band, Block, KernelMatrix};
pub use summary::{KernelSummary, MatrixSpectrum, MatrixSummary};
pub use watch::Watch;

pub(crate) use pairs::BlockPairs;

pub(super) use arcs::angle;
pub(super) use piecewise::sine_defect;
