//! Networks of blocks: residual connections and layer normalisation between fully connected layers.
//!
//! Blocks act on the [state](super::state) of a pair. What a weight block adds to a sum is independent of what was there
//! before, so covariances add, and so do NTKs:
//!
//! $$\Sigma' = \Sigma + \lambda^2 \Sigma_g, \qquad \Theta' = \Theta + \lambda^2 \Theta_g .$$
//!
//! Layer normalisation divides by the root of the variance, which does not fluctuate at infinite width, so that it
//! contributes nothing to the derivative: $\Sigma' = \Sigma/\sqrt{q_1 q_2}$, $\Theta' = \Theta/\sqrt{q_1 q_2}$.

mod network;
mod program;
mod sum;

pub use network::composed_pair_kernel;

pub(super) use program::{Step, nonlinear, run, steps};
