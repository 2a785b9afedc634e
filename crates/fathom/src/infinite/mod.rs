//! Kernels of infinitely wide, fully connected networks, at any depth and to full relative accuracy.
//!
//! For two inputs with $\Sigma^1(x, x') = \Theta^1(x, x') = \sigma_w^2\, x^\top x'/n_0 + \sigma_b^2$ and
//! $(u, v) \sim \mathcal N(0, \Sigma^l)$,
//!
//! $$\Sigma^{l+1} = \sigma_w^2\, E[\phi(u)\phi(v)] + \sigma_b^2, \qquad
//!   \Theta^{l+1} = \Sigma^{l+1} + \sigma_w^2\, E[\phi'(u)\phi'(v)]\, \Theta^l .$$
//!
//! Σ is the NNGP (the covariance of the outputs), Θ the NTK. Other parameterizations and untrained biases change the
//! first term of Θ to $\alpha\,\sigma_w^2 E[\phi\phi] + \beta$ (see [`crate::spec::Constants`]).
//!
//! Correlations near one carry all that depth does, so the recursion never forms $1 - c$ by subtraction: it carries the
//! **gap** $u = 1 - c$ and the **NTK gap** $\Gamma = \frac12(\Theta_{11} + \Theta_{22}) - \Theta_{12}$ themselves, as
//! sums of non-negative terms, in [`Scaled`](crate::Scaled) numbers. Near-duplicate inputs and depth 100,000 keep their digits.
//!
//! Holds as all widths go to infinity at fixed depth. Where depth/width is not small, see [`crate::moments`].
//!
//! Sources: Jacot, Gabriel & Hongler (2018), arXiv:1806.07572, Theorem 1, with $\sigma_w^2$ inserted and depth counted in
//! weight layers; the gap form is derived in `docs/theory`.

mod along_depth;
mod chains;
mod circular;
mod composed;
mod difference;
mod error;
mod expectations;
mod general;
mod gram;
mod images;
mod input;
pub mod matrix;
mod nngp;
mod pair;
mod piecewise_linear;
mod side;
mod state;
mod table;

pub(crate) use along_depth::AlongDepth;
pub(crate) use circular::CircularDepth;
pub use composed::composed_pair_kernel;
pub use error::KernelError;
pub use expectations::{Expectations, Moments};
pub(crate) use general::Detail;
pub use gram::{Gram, GramError, gram};
pub use images::{LocationKernels, location_kernels};
pub use input::{InputError, PairInput};
pub use nngp::{NngpPair, nngp_pair};
pub use pair::{PairKernel, pair_kernel};
pub use side::Side;
