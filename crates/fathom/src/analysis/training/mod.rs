//! A training beside the theories that say how it should go: the network linearised at its start, the infinitely wide one, the
//! first step, and the spread over initialisations.
//!
//! With the NTK $\Theta_0$ of all training inputs and outputs at the start, a network that is linear in its parameters and
//! trained on the squared loss by gradient descent has the outputs
//!
//! $$f^{\text{lin}}_t(x) = f_0(x) - \Theta_0(x, X)\, \frac{1 - (1 - \eta\Theta_0)^t}{\Theta_0}\, (f_0(X) - y),$$
//!
//! and an infinitely wide one the same with $\Theta_\infty$. Distances are root mean squares over inputs and outputs,
//!
//! $$\operatorname{rms}(f) = \Big(\tfrac{1}{nC} \sum_{i,a} f_a(x_i)^2\Big)^{1/2},$$
//!
//! and relative distances are shares of how far training has brought the network, $\operatorname{rms}(f_t - f_0)$.
//!
//! * [`initial_network`], [`probe`]: what a training begins with.
//! * [`linearised`]: $f^{\text{lin}}$ at chosen steps, for gradient descent and momentum, any loss and batch.
//! * [`infinite_width`]: mean and standard deviation over initialisations as widths grow, and the course from the same $f_0$.
//! * [`compare`]: a recorded training beside both; [`Verdict`]: whether they held.
//! * [`first_step_change`]: the relative change of the NTK in the first step, measured and expected.
//! * [`EnsembleTraining`], [`Ensemble`], [`EnsembleReport`]: the mean and the variance over initialisations, beside
//!   those of infinite width.
//!
//! Limits of validity: the linearised network of Adam has no course in the space of functions, as its steps depend on each
//! parameter by itself; the infinitely wide one is known for gradient descent with full batches on the squared loss.
//!
//! Sources: Lee et al. (2019), arXiv:1902.06720, eqs. 8 to 16; momentum, batches and cross-entropy in the space of functions are
//! derived in docs/theory/training.md.

mod comparison;
mod ensemble;
mod ensemble_report;
mod error;
mod first_step;
mod infinite_width;
mod linearised;
mod member;
mod setting;
mod start;
mod tangent;
mod verdict;

pub use comparison::{Comparison, ComparisonOptions, Distance, InfiniteDistance, OnData, StepComparison, compare};
pub use ensemble::Ensemble;
pub use ensemble_report::{EnsembleFit, EnsembleReport, EnsembleStep, InfiniteSpread, OutputSpread, ensemble_report};
pub use error::ComparisonError;
pub use first_step::{ExpectedChange, FirstStepChange, first_step_change};
pub use infinite_width::{InfiniteOutputs, InfiniteWidth, check_infinite_width, infinite_width};
pub use linearised::{check_linearised, linearised};
pub use member::{EnsembleTraining, Member, train_member};
pub use setting::Setting;
pub use start::{InitialError, initial_network, probe};
pub use verdict::{Answer, EnsembleVerdict, Holds, Verdict};
