//! What infinitely wide networks predict after training, and how to choose between them.
//!
//! Trained by gradient descent on the squared loss, an infinitely wide network moves in a straight line of functions:
//! $\dot f_t(x) = -\Theta_{xX} (f_t(X) - y)$ with a kernel Θ that stands still. Started from random weights it is a
//! Gaussian process at every time, and [`predict`] gives its mean and covariance: gradient flow, gradient descent with
//! steps, infinite time, ridge, or the Bayesian posterior of the NNGP.
//!
//! In the ordered phase and at great depth all entries of a kernel are equal but for a part that `f64` cannot hold beside
//! them, and its condition number may be $10^{60}$. [`Kernel`] then holds the gaps $\frac12(K_{ii} + K_{jj}) - K_{ij}$
//! instead, and the solvers separate the constant direction from the rest before anything can cancel.
//!
//! Squared loss without momentum; kernels do not change during training, which holds for width much larger than depth
//! (see [`crate::moments`]).
//!
//! Sources: Jacot, Gabriel & Hongler (2018), arXiv:1806.07572; Lee et al. (2019), arXiv:1902.06720; Rasmussen & Williams
//! (2006), Gaussian Processes for Machine Learning, chapters 2 and 5; what is not found there is derived in `docs/theory`.

mod assemble;
mod centred;
mod conjugate;
mod direct;
mod ensemble;
mod error;
mod iterative;
mod kernel;
mod lanczos;
mod memory;
mod metrics;
mod modes;
mod operator;
mod packed;
mod precondition;
mod prediction;
mod recomputed;
mod refine;
mod select;
mod spectral;
mod targets;
mod time;
mod training_spread;
mod weights;

pub use assemble::{Kernels, training_kernel, training_kernel_watched};
pub use conjugate::{ConjugateOptions, Progress, Regression, conjugate_gradients};
pub use direct::Solver;
pub use ensemble::{predict, predict_owned};
pub use error::PredictError;
pub use iterative::{FastKernel, Held, Iterations, IterativeOptions, LargeProblem, Stage, predict_iteratively};
pub use kernel::{Kernel, KernelKind, TestBlock};
pub use memory::{memory_in_all, memory_needed};
pub use metrics::{LossSpread, Metrics, loss_spread};
pub use operator::{DenseKernel, KernelOperator, TiledKernel};
pub use packed::PackedKernel;
pub use precondition::Preconditioner;
pub use prediction::{AtTime, Covariance, Method, PredictOptions, Prediction, Ridge};
pub use recomputed::RecomputedKernel;
pub use refine::{Iterate, refine};
pub use select::{Candidate, Criterion, Outcome, Selection, select};
pub use spectral::{Scores, SpectralFit, accuracy, one_hot};
pub use targets::{Distinct, Targets};
pub use time::Time;
