//! What a simulation says of the NTK, beside what is known without one.
//!
//! Every number comes with its standard error, which allows for heavy tails ([`Tails`](crate::statistics::Tails)), and
//! with the theory of the same quantity where there is one: exact moments (relu, one input), infinite width, first order
//! in 1/width, the mean of the first gradient step. `deviation` is the distance in standard errors.

mod blocks;
mod one_input;
mod report;
mod theory;

pub use one_input::dispersion_at_one_input;
pub use report::{Covariances, Deviation, ObservableReport, SampleReport, Simulation, Source, sample_report};
pub use theory::log_dispersion;
