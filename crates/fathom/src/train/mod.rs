//! Finite networks, trained by gradient descent, and how their NTK moves.
//!
//! With outputs $f(x_i)$ and targets $y_i$ of $n$ training inputs, what is minimised is a **sum** over inputs,
//!
//! $$\mathcal L = \sum_{i=1}^n \ell(f(x_i), y_i), \qquad
//!   \ell = \tfrac12 |f - y|^2 \quad\text{or}\quad \ell = -\sum_c y_c \ln \operatorname{softmax}(f)_c ,$$
//!
//! so that gradient flow on the squared loss is $\dot f = -\Theta_t (f - y)$, as in [`predict`](crate::predict), and
//! gradient descent on a linearised network is stable for rates below $2/\lambda_{\max}(\Theta_0)$. A mini-batch of $b$
//! inputs stands for all of them: its sum is multiplied by $n/b$. Time is $t = \eta \cdot$ steps. Losses that are
//! *reported* are means over inputs, $\mathcal L/n$.
//!
//! What descends are the parameters ω of the [parameterization](crate::spec::Parameterization). In the effective weights
//! $W = c\,\omega$, which a [`Network`](crate::network::Network) holds, a step is
//! $W \leftarrow W - \eta\, c^2\, \partial\mathcal L/\partial W$ with the factors $c^2$ of its
//! [`GradientScale`](crate::network::GradientScale).
//!
//! A [`Trainer`] makes the steps, in single or double precision; a [`Recorder`] looks at the network between them, always
//! in double precision; [`train`](train()) does both. The same seed gives the same bits on any number of threads, also
//! when a run is interrupted and continued from its [`TrainerState`].
//!
//! Derived in docs/theory/training.md.

mod classes;
mod engine;
mod error;
mod examples;
mod kernel_record;
mod largest_eigenvalue;
mod loss;
mod movement;
mod optimizer;
mod options;
mod parameters;
mod pointwise;
mod quantities;
mod record;
mod report;
mod run;
mod schedule;
mod shuffle;
mod trainer;

pub use error::TrainError;
pub use examples::Examples;
pub use kernel_record::KernelRecord;
pub use largest_eigenvalue::largest_eigenvalue;
pub use loss::Loss;
pub use movement::LayerRecord;
pub use optimizer::Optimizer;
pub use options::{LearningRate, Stop, TrainOptions};
pub use record::{Fit, Outputs, Probe, Record, Recorder, Snapshot};
pub use report::TrainReport;
pub use run::{Ending, Event, train};
pub use schedule::{Schedule, ScheduleError};
pub(crate) use shuffle::Batches;
pub use trainer::{Step, Trainer, TrainerState};
