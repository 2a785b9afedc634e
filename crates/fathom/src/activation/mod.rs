//! Activation functions: φ, its derivatives, where it is not smooth, and its Gaussian expectations in closed form.
//!
//! Every activation is one file of this folder and implements [`Nonlinearity`]. The type that the rest of the library
//! passes around is [`Activation`], which is parsed from text such as `tanh` or `leaky-relu:0.1`; the table of names is
//! [`Activation::catalogue`]. The Gaussian expectations that every theory here is made of are the *dual* functions
//!
//! $$F(q_1, q_2, k) = E[\phi(u)\phi(v)], \qquad \dot F = E[\phi'(u)\phi'(v)] = \partial F/\partial k, \qquad
//!   (u, v) \sim \mathcal N\left(0, \begin{pmatrix} q_1 & k \\ k & q_2 \end{pmatrix}\right).$$
//!
//! An activation that knows them in closed form says so in [`Nonlinearity::dual`]; all others are integrated by the
//! rules of [`crate::quadrature`].
//!
//! Sources: Cho & Saul (2009) for the rectified powers; Williams (1997) for erf and Φ; Plackett (1954) for hard-tanh; the
//! others follow from Gaussian integrals. All are checked against quadrature and 20-digit values.

mod catalogue;
mod covariance;
mod homogeneous;
mod jet;
mod nonlinearity;
mod sampled;
mod scaled_erf;

mod arctan;
mod elu;
mod erf;
mod exponential;
mod gaussian;
mod gelu;
mod hard_tanh;
mod linear;
mod logistic;
mod mish;
mod normal;
mod polynomial;
mod probit;
mod rectified_power;
mod relu;
mod sigmoid;
mod silu;
mod sine;
mod softplus;
mod softsign;
mod step;
mod tanh;

pub use catalogue::{Activation, ActivationError, CatalogueEntry};
pub use covariance::{Covariance, CovarianceError};
pub use homogeneous::Homogeneous;
pub use jet::Jet;
pub use nonlinearity::{Breakpoint, Dual, Nonlinearity, Parity, Regularity};
pub use sampled::{SampledError, Samples, sampled_activation};
pub use scaled_erf::ScaledErf;
