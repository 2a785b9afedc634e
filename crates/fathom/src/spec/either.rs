//! Either way of saying which network is meant.

use serde::Serialize;

use super::{Architecture, Composition};

/// A network: layer after layer, or put together from blocks.
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
pub enum NetworkRef<'a> {
    /// Fully connected layers.
    Layers(&'a Architecture),
    /// Blocks.
    Blocks(&'a Composition),
}

impl<'a> From<&'a Architecture> for NetworkRef<'a> {
    fn from(arch: &'a Architecture) -> Self {
        Self::Layers(arch)
    }
}

impl<'a> From<&'a Composition> for NetworkRef<'a> {
    fn from(network: &'a Composition) -> Self {
        Self::Blocks(network)
    }
}

impl<'a> From<&'a AnyNetwork> for NetworkRef<'a> {
    fn from(network: &'a AnyNetwork) -> Self {
        match network {
            AnyNetwork::Layers(arch) => Self::Layers(arch),
            AnyNetwork::Blocks(blocks) => Self::Blocks(blocks),
        }
    }
}

impl NetworkRef<'_> {
    /// Numbers of an input; `None` for layers of infinite width.
    pub fn features(self) -> Option<usize> {
        match self {
            Self::Layers(arch) => arch.widths().map(|widths| widths[0]),
            Self::Blocks(blocks) => Some(blocks.features()),
        }
    }

    /// Layers of weights, all branches counted.
    pub fn weight_layers(self) -> usize {
        match self {
            Self::Layers(arch) => arch.depth(),
            Self::Blocks(blocks) => blocks.weight_layers(),
        }
    }

    /// Numbers of an output; `None` where widths are not given.
    pub fn outputs(self) -> Option<usize> {
        match self {
            Self::Layers(arch) => arch.widths().and_then(<[usize]>::last).copied(),
            Self::Blocks(blocks) => blocks.output().channels().map(|n| n * blocks.output().locations()),
        }
    }
}

/// A network of either kind.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum AnyNetwork {
    /// Fully connected layers.
    Layers(Architecture),
    /// Blocks.
    Blocks(Composition),
}

impl From<NetworkRef<'_>> for AnyNetwork {
    fn from(network: NetworkRef<'_>) -> Self {
        match network {
            NetworkRef::Layers(arch) => Self::Layers(arch.clone()),
            NetworkRef::Blocks(blocks) => Self::Blocks(blocks.clone()),
        }
    }
}
