//! The native module `fathom_ntk._core`: conversion between Python objects and the library, and no mathematics.
//!
//! Everything public in Python lives in the package `fathom_ntk`, which is a thin layer over this module: it checks the
//! kinds of arguments and names results. Functions here take arrays that are contiguous and of the right type, without a
//! copy, and return reports as dictionaries with the keys of the command's JSON, each with its text.

mod activation;
mod blocks;
mod convert;
mod depth;
mod empirical;
mod errors;
mod kernel;
mod moments;
mod network;
mod phase;
mod predict;
mod reproduce;
mod sample;
mod selftest;
mod sweep;
mod train;
mod verdict;
mod work;

use pyo3::prelude::pymodule;

/// Native part of the package `fathom_ntk`.
#[pymodule]
mod _core {
    #[pymodule_export]
    use super::activation::{CustomActivation, activations};
    #[pymodule_export]
    use super::blocks::Blocks;
    #[pymodule_export]
    use super::depth::{depth, depth_of_images, depth_on_data, log_depths};
    #[pymodule_export]
    use super::empirical::{drawn_ntk, empirical_ntk};
    #[pymodule_export]
    use super::kernel::kernels;
    #[pymodule_export]
    use super::moments::moments;
    #[pymodule_export]
    use super::network::Architecture;
    #[pymodule_export]
    use super::phase::{edge_of_chaos, edge_of_chaos_curve, phase, phase_diagram};
    #[pymodule_export]
    use super::predict::{class_targets, predict, predict_iteratively, select};
    #[pymodule_export]
    use super::reproduce::reproduce;
    #[pymodule_export]
    use super::sample::sample;
    #[pymodule_export]
    use super::selftest::selftest;
    #[pymodule_export]
    use super::sweep::sweep;
    #[pymodule_export]
    use super::train::train;
    #[pymodule_export]
    use super::verdict::verdict;

    /// The version of Fathom.
    #[pymodule_export]
    const VERSION: &str = env!("CARGO_PKG_VERSION");
}
