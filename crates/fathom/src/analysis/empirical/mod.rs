//! What the empirical NTK of a network with explicit weights looks like, how it differs from the kernel of the infinitely
//! wide network, and how it changed between two checkpoints.
//!
//! Kernels are compared by the Frobenius inner product $\langle A, B\rangle = \sum_{ij} A_{ij} B_{ij}$ and its norm:
//!
//! $$\text{distance} = \frac{|A - B|}{|B|}, \qquad \text{alignment} = \frac{\langle A, B\rangle}{|A||B|} .$$
//!
//! The alignment does not see a change of scale, the distance does. Neither is centred.
//!
//! Source: alignment as in Cortes, Mohri & Rostamizadeh (2012), arXiv:1203.0550, Definition 4, without centring.

mod change;
mod comparison;
mod composed;
mod measure;
mod report;
mod spectrum;

pub use change::{CheckpointChange, LayerChange, SpectrumChange, checkpoint_change};
pub use comparison::{KernelComparison, compare_kernels};
pub use composed::{ComposedComparison, ComposedReport, composed_report};
pub use measure::{LayerMeasures, OutputMeasures, measured_spec};
pub use report::{EmpiricalError, EmpiricalOptions, EmpiricalReport, InfiniteComparison, empirical_report};
pub use spectrum::{SPECTRUM_LIMIT, Spectrum};
