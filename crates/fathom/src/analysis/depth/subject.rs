//! What is followed through the layers: two lists of features, or two images.

use super::{CircularNetwork, DepthError, DepthNetwork, ImagePair};
use crate::infinite::{PairInput, PairKernel};
use crate::spec::BranchScaling;

/// A network of every depth, and its two inputs.
#[derive(Clone, Copy)]
pub(super) enum Subject<'a> {
    Lists(&'a DepthNetwork, &'a PairInput),
    Images(&'a CircularNetwork, &'a ImagePair),
}

impl<'a> Subject<'a> {
    /// φ, variances, scaling of branches.
    pub fn network(self) -> &'a DepthNetwork {
        match self {
            Self::Lists(network, _) => network,
            Self::Images(network, _) => network.layers(),
        }
    }

    pub fn kernels(self, depths: &[usize]) -> Result<Vec<PairKernel>, DepthError> {
        match self {
            Self::Lists(network, input) => network.kernels(input, depths),
            Self::Images(network, images) => network.kernels(images, depths),
        }
    }

    /// $|x|^2/n_0$ of both inputs.
    pub fn mean_squares(self) -> [f64; 2] {
        match self {
            Self::Lists(_, input) => input.mean_squares(),
            Self::Images(_, images) => images.mean_squares(),
        }
    }

    /// $1 - \cos\angle(x, x')$.
    pub fn gap(self) -> f64 {
        match self {
            Self::Lists(_, input) => input.gap(),
            Self::Images(_, images) => images.gap(),
        }
    }

    /// What the slowest spatial pattern keeps a layer; 0 without places.
    pub fn pattern(self) -> f64 {
        match self {
            Self::Lists(..) => 0.0,
            Self::Images(network, images) => network.pattern(images),
        }
    }

    /// Smallest and largest mean square that anything begins with.
    pub fn range(self) -> [f64; 2] {
        match self {
            Self::Lists(_, input) => {
                let [first, second] = input.mean_squares();
                [first.min(second), first.max(second)]
            }
            Self::Images(_, images) => images.range(),
        }
    }

    /// Whether all places keep their own kernels at all depths: shortcuts too strong for patterns to fade soon.
    pub fn keeps_places(self) -> bool {
        let strong = matches!(self.network().scaling(), Some(BranchScaling::Power(_) | BranchScaling::InverseDepth));
        matches!(self, Self::Images(..)) && strong
    }

    /// Whether there are places that could differ.
    pub fn has_places(self) -> bool {
        matches!(self, Self::Images(..))
    }
}
