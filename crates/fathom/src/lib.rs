//! Fathom: what the neural tangent kernel (NTK) of a network is, how much of it is luck, how it moves, what depth does
//! to it, and whether NTK theory can be trusted for it.
//!
//! Everything starts from one description of a network:
//!
//! 1. [`activation`]: φ, its derivatives, and its Gaussian expectations.
//! 2. [`spec`]: [`Architecture`], the only way to say which network is meant.
//! 3. [`network`]: networks whose weights are given, and their empirical NTK.
//! 4. [`infinite`]: kernels of infinitely wide networks at any depth.
//! 5. [`moments`]: mean, variance and first update of the NTK at finite width.
//! 6. [`predict`]: what infinitely wide networks predict after training.
//! 7. [`sample`]: networks drawn at random, and the distribution of their NTK.
//! 8. [`train`]: finite networks trained by gradient descent, and how their NTK moves.
//! 9. [`analysis`]: phases, the edge of chaos, and the verdict; simulations and given networks beside the theory.
//! 10. [`studies`]: five papers, their claims as data, and what becomes of these when they are measured.
//! 11. [`report`]: results as text.
//! 12. [`selftest`]: test vectors, to check all of this on the user's own hardware.
//!
//! [`random`] numbers are addressed, [`statistics`] turns draws into estimates with error bars; [`quadrature`] and
//! [`Scaled`] serve all of them. The library neither prints nor reads files, clock or environment.

pub mod activation;
pub mod analysis;
pub mod infinite;
mod linalg;
pub mod moments;
pub mod network;
mod parallel;
pub mod predict;
pub mod quadrature;
pub mod random;
pub mod report;
pub mod sample;
mod scaled;
pub mod selftest;
pub mod spec;
pub mod statistics;
pub mod studies;
pub mod train;

pub use scaled::Scaled;
pub use spec::Architecture;

/// The examples of the README are tests.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
