//! Networks of blocks on images: convolutions, pooling, residual connections, layer normalisation.
//!
//! For every pair of places $(p, p')$ of two images, with $\mathcal A$ the mean over the places of a window,
//!
//! $$\Sigma' = \sigma_w^2\,\mathcal A[F] + \sigma_b^2, \qquad \Theta' = \Sigma' + \sigma_w^2\,\mathcal A[\dot F\,\Theta] .$$
//!
//! Windows keep the offset $p' - p$, so that a group of offsets goes through all layers by itself, and without pooling the
//! offset 0 is enough. Pooling mixes offsets, and ends a stage; residual blocks with pooling on one of their ways are stages that
//! begin with the same pairs of places.
//!
//! In place of the covariance, the **spread** $\mathcal E = 2(\sqrt{q q'} - k) = E[(z - z')^2] - (\sqrt q - \sqrt{q'})^2$ is
//! carried. Sums of independent parts $i$ with weights $w_i$ and roots of variances $a_i$, $b_i$ have
//!
//! $$\mathcal E' = \sum_i w_i \mathcal E_i + \frac1r \sum_i w_i (a_i - r b_i)^2, \qquad r = \sqrt{q/q'} :$$
//!
//! no term is negative, and nothing cancels. Means of places that are correlated (pooling) have no such form; after them the
//! spread is the difference of the entries. Derived in `docs/theory`.

mod activate;
mod axis;
mod between;
mod compile;
mod ends;
mod grid;
mod image;
mod kept;
mod locations;
mod offsets;
mod pixels;
mod profile;
mod program;
mod run;
mod windows;

pub use locations::{LocationKernels, location_kernels};

pub(super) use image::Image;
pub(super) use kept::check_pairs_of_places;
pub(super) use program::Program;
pub(super) use run::Scratch;
