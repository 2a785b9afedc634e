//! Networks with explicit weights, and their empirical NTK.
//!
//! $$z^l = W^l h^{l-1} + b^l, \qquad h^l = \phi(z^l), \qquad h^0 = x, \qquad f = z^L,$$
//!
//! with the **effective** weights: whatever factor the parameterization puts in front of a weight is part of $W^l$ here.
//! With $\delta^l_a = \partial f_a/\partial z^l$, the empirical NTK of outputs $a, b$ at inputs $x, x'$ is
//!
//! $$\Theta_{ab}(x, x') = \sum_{l=1}^{L} \left(g_w^l \langle h^{l-1}, h'^{l-1}\rangle + g_b^l\right)
//!   \langle \delta^l_a, \delta'^l_b\rangle .$$
//!
//! The factors $g_w^l$, $g_b^l$ ([`GradientScale`]) are the squares of the factors between a parameter and its effective
//! value; they express the parameterization and which parameters are trained. The gradients themselves, one number for
//! each parameter, input and output, are never formed: over a batch the sum is
//! $\sum_l (g_w^l H H^\top + g_b^l) \circ (D D^\top)$, matrix products of the size of the layers.
//!
//! # Networks of blocks
//! In a [`ComposedNetwork`] a layer of weights is applied at every window $p$ of an image, to the numbers $P_p$ under it
//! (a list of features has one window):
//!
//! $$\Theta_{ab}(x, x') = \sum_l \sum_{p, p'} \left(g_w^l \langle P_p, P'_{p'}\rangle + g_b^l\right)
//!   \langle \delta^l_{a,p}, \delta'^l_{b,p'}\rangle .$$
//!
//! Where there are many windows, the gradients $\sum_p \delta_{a,p} P_p^\top$ of a slice of the channels are formed, and
//! their inner products added: never more than some $10^5$ numbers for each input and output at a time.
//!
//! At a kink of φ its derivative is the one from the left (relu′(0) = 0), as in every formula of this library. A step has
//! no derivative that gradient descent could use: its networks have outputs but no NTK.
//!
//! Source: the layer structure is the chain rule; derived in `docs/theory`, with the constants of each parameterization.

pub mod arrays;
mod composed;
mod error;
mod layer;
mod model;
mod ntk;
mod pass;
mod tiles;

pub use composed::ComposedNetwork;
pub(crate) use composed::{ComposedCost, Evaluation};
pub use error::NetworkError;
pub use layer::{GradientScale, Layer};
pub use model::{Backward, Forward, Network};
pub use ntk::{EmpiricalKernel, KernelForm, KernelOptions, Precision};
