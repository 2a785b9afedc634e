//! Leading corrections in 1 / width to the NTK at one input, for any activation, and at two.
//!
//! At widths $n_1, \dots, n_{L-1}$ the NTK $\Theta(x, x)$ of a random network has
//!
//! $$E\,\Theta = \Theta_\infty + \sum_l T_l / n_l + O(n^{-2}), \qquad \mathrm{Var}\,\Theta = \sum_l C_l / n_l + O(n^{-2}),$$
//!
//! and one step of gradient descent at learning rate η on $\frac12 (z - y)^2$ moves it by
//!
//! $$E\,\Delta\Theta = -2\eta\, E[z\, dH] + \eta^2 (K + y^2)\, D + O(\eta^3, n^{-2}),$$
//!
//! where $dH$ is the second derivative of the output applied twice to its gradient. All coefficients follow from linear
//! recursions over the layers whose ingredients are Gaussian averages of φ and its derivatives, one-dimensional at one input.
//!
//! * [`first_order`]: all of it at the widths of one network, with the [`Reliability`] whether it can be trusted.
//! * [`two_inputs`](two_inputs()): $\Theta(x, x')$ with all covariances, for analytic activations and those of relu's kind; the
//!   movement when $x$, $x'$ or both are trained on, for analytic ones.
//! * [`per_layer`]: $C_l$ and $T_l$, what each hidden layer contributes.
//! * [`width_for`]: the width at which the NTK is as sure as asked for.
//! * [`relu_crossing`]: the larger, $O(n^{-1/2})$, movement of relu networks through sign changes.
//! * [`chaotic_slope`], [`half_stable_point`]: constants of whole classes of networks.
//!
//! With $\Theta^l$, $K^l$ the infinitely wide kernels, $c = \sigma_w^2$, and layer $l + 1$ contributing
//! $\alpha w + \beta$ to the NTK ([`Constants`](crate::spec::Constants)), the leading recursions are
//!
//! $$K^+ = c\langle\phi^2\rangle + \sigma_b^2, \qquad
//!   \Theta^+ = \alpha c \langle\phi^2\rangle + \beta + c \langle\phi'^2\rangle \Theta,$$
//! $$b^+ = \tfrac{c^2}{n} \langle\phi'^4\rangle \Theta^2 + (c\langle\phi'^2\rangle)^2\, b, \qquad
//!   a^+ = \tfrac 1n \mathrm{Var}[c(\alpha\phi^2 + \phi'^2\Theta)] + \dots, \qquad \mathrm{Var}\,\Theta = a + 2b.$$
//!
//! Limits of validity: Gaussian weights; depth / width small ([`FirstOrder::reliability`] says how small); one or two
//! inputs. A kinked activation has no smooth movement. All-inactive layers of relu networks are not seen at any order in 1 / width.
//!
//! Source: derived in docs/theory; the relu values agree with the exact moments of Hanin & Nica (2020).

mod averages;
mod classes;
mod crossing;
mod error;
mod movement;
mod per_layer;
mod profile;
mod reliability;
mod result;
mod statics;
mod transition;
mod two_inputs;
mod width;

pub use classes::{HalfStablePoint, chaotic_slope, half_stable_point};
pub use crossing::{NoCrossing, relu_crossing};
pub use error::FirstOrderError;
pub use movement::MovementTensors;
pub use per_layer::{PerLayerCosts, per_layer};
pub(crate) use profile::variance_by_depth;
pub use reliability::{Reliability, Trust};
pub use result::{FirstOrder, FormalMovement, Movement, NoMovement, first_order};
pub use statics::Tensors;
pub use two_inputs::{PairMovement, TwoInputs, two_inputs};
pub use width::{WidthAdvice, width_for};
