//! What is followed through the layers: two lists of features, or two images.

use super::{CircularNetwork, DepthError, DepthNetwork, ImagePair};
use crate::infinite::matrix::Watch;
use crate::infinite::{PairInput, PairKernel};
use crate::spec::BranchScaling;

/// A network of every depth and its two inputs, watched.
#[derive(Clone, Copy)]
pub(super) struct Subject<'a> {
    pair: Pair<'a>,
    watch: &'a Watch,
}

#[derive(Clone, Copy)]
enum Pair<'a> {
    Lists(&'a DepthNetwork, &'a PairInput),
    Images(&'a CircularNetwork, &'a ImagePair),
}

/// How far places of images differ, and how slowly that fades.
#[derive(Clone, Copy, Debug)]
pub(super) struct Places {
    /// Smallest and largest mean square that any place begins with.
    pub range: [f64; 2],
    /// What the slowest spatial pattern keeps a layer.
    pub pattern: f64,
}

impl<'a> Subject<'a> {
    pub fn lists(network: &'a DepthNetwork, input: &'a PairInput, watch: &'a Watch) -> Self {
        Self { pair: Pair::Lists(network, input), watch }
    }

    pub fn images(network: &'a CircularNetwork, images: &'a ImagePair, watch: &'a Watch) -> Self {
        Self { pair: Pair::Images(network, images), watch }
    }

    /// φ, variances, scaling of branches.
    pub fn network(self) -> &'a DepthNetwork {
        match self.pair {
            Pair::Lists(network, _) => network,
            Pair::Images(network, _) => network.layers(),
        }
    }

    /// One pass through the layers, which the watch counts.
    pub fn kernels(self, depths: &[usize]) -> Result<Vec<PairKernel>, DepthError> {
        let deepest = depths.last().copied().unwrap_or_default();
        self.watch.report(0, deepest);
        let goes_on = |done: usize| {
            self.watch.report(done, deepest);
            !self.watch.is_stopped()
        };
        let kernels = match self.pair {
            Pair::Lists(network, input) => network.kernels_while(input, depths, &goes_on)?,
            Pair::Images(network, images) => network.kernels_while(images, depths, &goes_on)?,
        };
        if kernels.len() < depths.len() || self.watch.is_stopped() {
            return Err(DepthError::Stopped);
        }
        Ok(kernels)
    }

    /// $|x|^2/n_0$ of both inputs.
    pub fn mean_squares(self) -> [f64; 2] {
        match self.pair {
            Pair::Lists(_, input) => input.mean_squares(),
            Pair::Images(_, images) => images.mean_squares(),
        }
    }

    /// $1 - \cos\angle(x, x')$.
    pub fn gap(self) -> f64 {
        match self.pair {
            Pair::Lists(_, input) => input.gap(),
            Pair::Images(_, images) => images.gap(),
        }
    }

    /// What images add to lists of features.
    pub fn places(self) -> Option<Places> {
        match self.pair {
            Pair::Lists(..) => None,
            Pair::Images(network, images) => {
                Some(Places { range: images.range(), pattern: network.pattern(images.sizes()) })
            }
        }
    }

    /// Whether all places keep their own kernels at all depths: shortcuts too strong for patterns to fade soon.
    pub fn keeps_places(self) -> bool {
        let strong = matches!(self.network().scaling(), Some(BranchScaling::Power(_) | BranchScaling::InverseDepth));
        matches!(self.pair, Pair::Images(..)) && strong
    }
}
