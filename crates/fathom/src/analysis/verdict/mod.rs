//! Does NTK theory describe this network?
//!
//! [`verdict`] answers three questions with numbers, and draws one conclusion from them:
//!
//! * **Is the kernel random?** The standard deviation of $\Theta(x, x)$ over initialisations, relative to its mean:
//!   exact for relu ([`crate::moments`]), first order in 1/width for other activations.
//! * **Does it move?** The relative change of $\Theta(x, x)$ in one gradient step.
//! * **Is the network trainable?** Gradient steps that the infinitely wide network needs at its largest stable learning
//!   rate, from the spectrum of Θ on data.
//!
//! Of networks of blocks ([`blocks_verdict`]) the first two are measured on drawn networks.
//!
//! NTK theory describes a network when the first two numbers are small; it is of use when the third is not too large.
//! All thresholds are fields of [`VerdictOptions`].

mod advice;
mod blocks;
mod conditioning;
mod error;
mod findings;
mod inputs;
mod judge;
mod movement;
mod options;
mod randomness;

pub use advice::{Advice, DepthAdvice};
pub use blocks::{BlocksVerdict, SampledMovement, SampledRandomness, blocks_verdict};
pub use conditioning::{Conditioning, KernelOnData, Spread};
pub use error::VerdictError;
pub use findings::{Class, Finding, Level, Question};
pub use inputs::{InputSummary, Inputs};
pub use judge::{Verdict, verdict};
pub use movement::{Movement, MovementMethod};
pub use options::{Threshold, VerdictOptions};
pub(in crate::analysis) use randomness::MOSTLY_ALIVE;
pub use randomness::{Randomness, RandomnessMethod, Reliability};
