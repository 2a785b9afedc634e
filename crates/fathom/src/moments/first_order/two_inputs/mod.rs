//! Leading corrections in 1 / width to the NTK at two inputs.
//!
//! With $K$, Θ indexed by inputs $a, b \in \{x, x'\}$ and $c = \sigma_w^2$, the correlators of one input become tensors:
//! the kernel's covariance $v_{ab,gd}$, the NTK's $a_{ab,gd}$, the off-diagonal $b_{ab;gd} = E[H_{ij}(a,b) H_{ij}(g,d)]$ and so
//! on. One layer adds the covariance over one neuron of $\phi_a\phi_b$ and $\omega_{ab} = c(\alpha\phi_a\phi_b +
//! \phi'_a\phi'_b\Theta_{ab})$, and carries on what is below by the derivatives of Gaussian averages in $K$:
//!
//! $$v^+ = \tfrac{c^2}n \mathrm{Cov}(\phi\phi, \phi\phi) + G v G^\top, \qquad
//!   b^+_{ab;gd} = \tfrac{c^2}n \langle\phi'_a\phi'_b\phi'_g\phi'_d\rangle \Theta_{ab}\Theta_{gd} + h_{ag} h_{bd}\, b_{ab;gd},$$
//!
//! with $G = c\,\partial\langle\phi\phi\rangle/\partial K$, $h = c\langle\phi'\phi'\rangle$. The averages are two-dimensional
//! integrals for analytic φ and elementary for $az + b|z|$. Recursions: docs/theory.

mod averages;
mod homogeneous;
mod movement;
mod pairs;
mod profile;
mod result;
mod smooth;
mod statics;

pub use result::{PairMovement, TwoInputs, two_inputs};
