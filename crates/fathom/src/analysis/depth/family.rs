//! Networks of every depth, and the kind of input that a data set holds for them.

use rayon::prelude::*;

use super::along_rows::pair_index;
use super::convolutional::{ConvolutionalFacts, kernel_of_entries};
use super::kernel_limit::LimitOnData;
use super::network::check_depths;
use super::pair_report::CircularFacts;
use super::subject::Places;
use super::{CircularNetwork, ConvolutionalNetwork, DepthError, DepthNetwork, ImagePair};
use crate::infinite::matrix::Watch;
use crate::infinite::{Detail, PairInput, PairKernel};
use crate::predict::{Kernel, KernelKind, PredictError, TestBlock};

/// Networks that differ in depth alone, on rows of numbers.
#[derive(Clone, Copy)]
pub(super) enum Family<'a> {
    /// Rows are lists of features.
    Lists(&'a DepthNetwork),
    /// Rows are images of this size.
    Images(&'a CircularNetwork, &'a [usize]),
    /// Rows are images, of which every depth is a network of its own.
    Convolutional(&'a ConvolutionalNetwork),
}

impl<'a> Family<'a> {
    /// Images of this size, with any number of channels; those of one place are lists of features.
    pub fn images(network: &'a CircularNetwork, sizes: &'a [usize]) -> Result<Self, DepthError> {
        network.check(sizes)?;
        let one = sizes.iter().all(|size| *size == 1);
        Ok(if one { Self::Lists(network.layers()) } else { Self::Images(network, sizes) })
    }

    /// φ, variances, scaling of branches.
    pub fn network(self) -> &'a DepthNetwork {
        match self {
            Self::Lists(network) => network,
            Self::Images(network, _) => network.layers(),
            Self::Convolutional(network) => network.layers(),
        }
    }

    /// Numbers of which a row holds a multiple.
    pub fn places_of_row(self) -> usize {
        match self {
            Self::Lists(_) => 1,
            Self::Images(_, sizes) => sizes.iter().product(),
            Self::Convolutional(network) => network.sizes().iter().product(),
        }
    }

    /// How soon places agree.
    pub fn facts(self) -> Option<CircularFacts> {
        match self {
            Self::Images(network, sizes) => Some(CircularFacts::of(network, sizes)),
            Self::Lists(_) | Self::Convolutional(_) => None,
        }
    }

    /// Padding and ending, where every depth is a network of its own.
    pub fn convolutional(self) -> Option<ConvolutionalFacts> {
        match self {
            Self::Convolutional(network) => Some(network.facts()),
            Self::Lists(_) | Self::Images(..) => None,
        }
    }

    /// What is known of great depth on rows of these mean squares.
    pub fn limit(self, rows: &[&[f64]], mean_squares: &[f64]) -> Result<LimitOnData, DepthError> {
        match self {
            Self::Convolutional(_) => Ok(LimitOnData::unknown()),
            Self::Lists(_) | Self::Images(..) => LimitOnData::new(self.network(), mean_squares, self.places(rows)),
        }
    }

    /// The kernel of $n$ training inputs, the first of so many.
    pub fn kernel(
        self,
        inputs: usize,
        n: usize,
        kind: KernelKind,
        pair: impl Fn(usize, usize) -> PairKernel,
    ) -> Result<Kernel, PredictError> {
        match self {
            Self::Convolutional(_) => kernel_of_entries(inputs, n, kind, pair),
            Self::Lists(_) | Self::Images(..) => Kernel::from_pairs(inputs, n, kind, TestBlock::Diagonal, pair),
        }
    }

    /// What images add to lists of features.
    fn places(self, rows: &[&[f64]]) -> Option<Places> {
        let Self::Images(network, sizes) = self else { return None };
        let square = |place: &[f64]| place.iter().map(|x| x * x).sum::<f64>() / place.len() as f64;
        let squares = rows.iter().flat_map(|row| row.chunks(self.channels(row)).map(square));
        let range = squares.fold([f64::INFINITY, 0.0_f64], |[low, high], square| [low.min(square), high.max(square)]);
        Some(Places { range, pattern: network.pattern(sizes) })
    }

    fn channels(self, row: &[f64]) -> usize {
        (row.len() / self.places_of_row()).max(1)
    }

    /// The kernels of so many pairs of rows, which `map` asks for in any order and from any thread.
    ///
    /// # Arguments
    /// * `map`: given a function from a pair of rows to its kernels at `depths`.
    /// * `watch`: counts rows, where they are followed alone first, and pairs.
    pub fn follow<T>(
        self,
        rows: &[&[f64]],
        depths: &[usize],
        watch: &Watch,
        map: impl FnOnce(&OfPair<'_>) -> Result<T, DepthError>,
    ) -> Result<T, DepthError> {
        let deepest = check_depths(depths)?;
        let goes_on = |_| !watch.is_stopped();
        let wrong = |row| move |source| DepthError::Input { row, source };
        let pairs = rows.len() * (rows.len() + 1) / 2;
        match self {
            Self::Lists(network) => network.with_recursion(deepest, |recursion| {
                watch.begin(rows.len() + pairs);
                let alone = |(i, row): (usize, &&[f64])| {
                    let input = PairInput::from_vectors(row, row).map_err(wrong(i))?;
                    let prepared = (!watch.is_stopped()).then(|| recursion.prepare(input.mean_squares()[0]));
                    watch.advance();
                    prepared.ok_or(DepthError::Stopped)
                };
                let prepared = rows.par_iter().enumerate().map(alone).collect::<Result<Vec<_>, _>>()?;
                map(&|i, j| {
                    let input = PairInput::from_vectors(rows[i], rows[j]).map_err(wrong(j))?;
                    Ok(recursion.pair(&input, [&prepared[i], &prepared[j]], depths, &goes_on)?)
                })
            }),
            Self::Images(network, sizes) => {
                watch.begin(pairs);
                let recursion = network.recursion(sizes, Detail::Bulk)?;
                map(&|i, j| {
                    let images = ImagePair::new(sizes, self.channels(rows[i]), rows[i], rows[j])
                        .map_err(|error| of_row(error, j))?;
                    Ok(recursion.pair(images.places(), depths, &goes_on)?)
                })
            }
            Self::Convolutional(network) => {
                let kernels = network.kernels(rows, depths, pairs, watch)?;
                map(&|i, j| Ok(kernels.iter().map(|of_pairs| of_pairs[pair_index(rows.len(), i, j)]).collect()))
            }
        }
    }
}

/// The kernels of two rows at all depths; too few if it was stopped.
pub(super) type OfPair<'a> = dyn Fn(usize, usize) -> Result<Vec<PairKernel>, DepthError> + Sync + 'a;

/// Says which row of the data is meant.
fn of_row(error: DepthError, row: usize) -> DepthError {
    match error {
        DepthError::Input { source, .. } => DepthError::Input { row, source },
        other => other,
    }
}
