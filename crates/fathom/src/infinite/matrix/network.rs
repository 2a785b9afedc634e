//! Either way of saying which network is meant.

use serde::Serialize;

use crate::spec::{Architecture, Composition};

/// A network whose kernel is asked for: layer after layer, or put together from blocks.
///
/// # Example
/// ```
/// use fathom_ntk::infinite::matrix::{KernelEngine, MatrixOptions, Network};
/// use fathom_ntk::spec::{Composition, CompositionSpec};
/// let network = Composition::try_from(CompositionSpec::from_toml(
///     "input = [2, 2, 1]\n[[block]]\ntype = \"flatten\"\n[[block]]\ntype = \"dense\"",
/// )?)?;
/// let image = [1.0, 2.0, 3.0, 4.0];
/// let engine = KernelEngine::new(Network::Blocks(&network), &image, 4, None, &MatrixOptions::default())?;
/// // σ_w² |x|²/4.
/// assert!((engine.matrices::<f64>()?[0].values()[0] - 15.0).abs() < 1e-13);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(untagged)]
pub enum Network<'a> {
    /// Fully connected layers.
    Layers(&'a Architecture),
    /// Blocks.
    Blocks(&'a Composition),
}

impl<'a> From<&'a Architecture> for Network<'a> {
    fn from(arch: &'a Architecture) -> Self {
        Self::Layers(arch)
    }
}

impl<'a> From<&'a Composition> for Network<'a> {
    fn from(network: &'a Composition) -> Self {
        Self::Blocks(network)
    }
}
