//! Moments of the NTK at finite width: how random it is at initialisation, and how it starts to move.
//!
//! # ReLU, any finite widths and depth: exact
//! At one input the NTK of a ReLU network is (see [`Constants`](crate::spec::Constants))
//!
//! $$\Theta_{ab} = \sum_{l=1}^{L} c_{l-1} \langle \delta^l_a, \delta^l_b\rangle, \qquad
//!   c_l = \alpha_l w_l + \beta_l, \qquad w_l = \frac{\sigma_{w,l+1}^2}{n_l} |h^l|^2.$$
//!
//! For symmetric weights without atoms the activation pattern at one input has the law of fair coins that are
//! independent of all parameters, so the first two moments of $\Theta$ close on a few numbers a layer.
//!
//! * [`relu_moments`]: mean, second moment and dispersion $E\Theta^2/(E\Theta)^2$; trace and Frobenius norm for several
//!   outputs; biases, layer-dependent variances, non-Gaussian weights; the correction for entirely inactive layers.
//! * [`weights_only`]: the closed form without biases,
//!   $E\Theta^2/(E\Theta)^2 = \prod_{l=1}^{L-1}(1 + 5/n_l) \cdot g$ with $1/3 < g \le 1$.
//! * [`relu_limits`], [`relu_limit_for`]: the limits as depth and width grow at a fixed ratio $\lambda = L/n$; without
//!   biases the dispersion tends to
//!   $e^{5\lambda}\bigl(\tfrac13 + \tfrac43 \psi(6\lambda)\bigr)$, $\psi(a) = (a - 1 + e^{-a})/a^2$.
//! * [`mean_first_update`]: the mean of the derivative of the NTK along the gradient, activation pattern held fixed;
//!   [`crossing_update`]: the mean change in a real gradient step, which has a further term because neurons switch.
//! * [`lognormal_range`]: where $\Theta$ lies, by the log-normal surrogate.
//!
//! # Any activation: first order in 1/width
//! [`first_order`](mod@first_order): mean, variance and movement at one input, with the coefficient of each layer.
//!
//! # Limits of validity of the exact moments
//! One input; $\phi(z) = \max(z, 0)$ with $\phi'(0) = 0$ (the caller checks the activation); weights and biases
//! symmetric, without atoms. Two inputs have no closed form beyond one hidden layer. The size of a typical $\Theta$ is
//! not its mean once the dispersion is large: by the log-normal surrogate, half of the draws lie below the mean divided
//! by the square root of the dispersion.
//!
//! Sources: Hanin & Nica (2020), arXiv:1909.05989, show that the dispersion is of order $\exp(5 \sum_l 1/n_l)$; the
//! exact values are derived in docs/theory.

pub mod first_order;
mod input;
mod relu_closed;
mod relu_exact;
mod relu_law;
mod relu_limits;
mod relu_phase;
mod relu_recursion;
mod relu_update;

pub use input::{InputNorm, MomentsError};
pub use relu_closed::{WeightsOnly, weights_only};
pub use relu_exact::{OutputMoments, ReluMoments, UncorrectedMoments, relu_moments};
pub use relu_law::lognormal_range;
pub use relu_limits::{ReluLimits, relu_limits};
pub use relu_phase::{LimitFormula, NoLimit, ReluLimit, relu_limit_for};
pub use relu_update::{FirstUpdate, crossing_update, mean_first_update};
