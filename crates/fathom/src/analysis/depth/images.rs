//! Two images, and circular convolutional networks that differ in depth alone.

use serde::Serialize;

use super::circular::slowest_pattern;
use super::network::check_depths;
use super::pair_report::CircularFacts;
use super::{DepthError, DepthNetwork};
use crate::infinite::{CircularDepth, Detail, PairInput, PairKernel};
use crate::spec::{Biases, Block, BranchScaling, Composition, Padding, Parameterization};

/// Two images of one size.
///
/// # Example
/// ```
/// use fathom_ntk::analysis::depth::ImagePair;
/// let pair = ImagePair::new(&[4], 1, &[1.0, 0.0, 2.0, 1.0], &[1.0, 1.0, 1.0, 1.0])?;
/// assert_eq!(pair.mean_squares(), [1.5, 1.0]);
/// assert!((pair.gap() - (1.0 - 4.0 / 24.0_f64.sqrt())).abs() < 1e-15);
/// # Ok::<(), fathom_ntk::analysis::depth::DepthError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ImagePair {
    sizes: Vec<usize>,
    /// The channels of both images at every place.
    places: Vec<PairInput>,
    whole: PairInput,
}

impl ImagePair {
    /// # Arguments
    /// * `sizes`: `[length]` or `[height, width]`.
    /// * `channels`: numbers at each place.
    /// * `first`, `second`: height × width × channels numbers, channels last.
    ///
    /// # Errors
    /// [`DepthError::Image`] for sizes and images that do not fit, [`DepthError::Input`] for numbers that are not finite.
    pub fn new(sizes: &[usize], channels: usize, first: &[f64], second: &[f64]) -> Result<Self, DepthError> {
        let image = |quantity, allowed, got| DepthError::Image { quantity, allowed, got };
        if !(1..=2).contains(&sizes.len()) {
            return Err(image("the number of dimensions of an image", "1 or 2", sizes.len()));
        }
        let numbers = sizes.iter().try_fold(channels, |product, size| product.checked_mul(*size)).unwrap_or(0);
        if numbers == 0 {
            return Err(image("every size of an image", "at least 1", 0));
        }
        if let Some(wrong) = [first, second].into_iter().find(|image| image.len() != numbers) {
            return Err(image("the numbers of an image", "height × width × channels", wrong.len()));
        }
        let pair = |(one, two): (&[f64], &[f64])| {
            PairInput::from_vectors(one, two).map_err(|source| DepthError::Input { row: 0, source })
        };
        let places = first.chunks(channels).zip(second.chunks(channels)).map(pair).collect::<Result<_, _>>()?;
        Ok(Self { sizes: sizes.to_vec(), places, whole: pair((first, second))? })
    }

    /// `[length]` or `[height, width]`.
    pub fn sizes(&self) -> &[usize] {
        &self.sizes
    }

    /// $|x|^2/n_0$ of both images, with all their numbers.
    pub fn mean_squares(&self) -> [f64; 2] {
        self.whole.mean_squares()
    }

    /// $1 - \cos\angle(x, x')$ of the images as lists of numbers.
    pub fn gap(&self) -> f64 {
        self.whole.gap()
    }

    /// The channels of both images at every place.
    pub(super) fn places(&self) -> &[PairInput] {
        &self.places
    }

    /// Smallest and largest mean square at any place of either image.
    pub(super) fn range(&self) -> [f64; 2] {
        let squares = self.places.iter().flat_map(PairInput::mean_squares);
        squares.fold([f64::INFINITY, 0.0_f64], |[low, high], square| [low.min(square), high.max(square)])
    }
}

/// Convolutional networks of one window with circular padding and stride 1, without pooling, at every depth.
///
/// $L - 1$ convolutions with φ after each and a dense layer on all places, or $L$ convolutions: the mean over places of their
/// kernels is the same. With the scaling of the [layers](Self::layers), all but the first are branches of residual blocks.
///
/// # Example
/// The diagonal of a critical ReLU network grows by the mean variance a layer, wherever it is in the image:
/// ```
/// use fathom_ntk::analysis::depth::{CircularNetwork, DepthNetwork, ImagePair};
/// let relu = DepthNetwork::mlp(&"relu".parse()?, 2.0, 0.0)?;
/// let network = CircularNetwork::new(relu, &[3])?;
/// let images = ImagePair::new(&[4], 1, &[1.0, 0.0, 2.0, 1.0], &[1.0, 1.0, 1.0, 1.0])?;
/// let kernels = network.kernels(&images, &[10, 1000])?;
/// assert!((kernels[1].ntk[0].to_f64() / 3000.0 - 1.0).abs() < 1e-12);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CircularNetwork {
    layers: DepthNetwork,
    filter: Vec<usize>,
}

impl CircularNetwork {
    /// # Arguments
    /// * `layers`: φ, variances, and the scaling of branches if there are any.
    /// * `filter`: size of the window in each dimension of the images.
    ///
    /// # Errors
    /// [`DepthError::Image`] for windows without size.
    pub fn new(layers: DepthNetwork, filter: &[usize]) -> Result<Self, DepthError> {
        if !(1..=2).contains(&filter.len()) || filter.contains(&0) {
            let (quantity, allowed) = ("the window", "one size of at least 1 for each of one or two dimensions");
            let got = if filter.contains(&0) { 0 } else { filter.len() };
            return Err(DepthError::Image { quantity, allowed, got });
        }
        Ok(Self { layers, filter: filter.to_vec() })
    }

    /// The networks that share all but the depth with a network of blocks; branches must have one λ.
    ///
    /// # Errors
    /// [`DepthError::NotCircular`] for networks that are no convolutions of one circular window with one activation and one pair
    /// of variances, and [`DepthError::OtherNtk`] as [`DepthNetwork::of`].
    pub fn of(network: &Composition) -> Result<Self, DepthError> {
        let trained = network.biases() == Biases::Trained || biases_vanish(network.blocks());
        if network.parameterization() != Parameterization::Ntk || !trained {
            return Err(DepthError::OtherNtk);
        }
        let found = Pattern::of(network.blocks()).ok_or(DepthError::NotCircular)?;
        let [weight_var, bias_var] = found.variances;
        let activation = found.activation.ok_or(DepthError::NotCircular)?;
        let layers = match found.lambda_sq {
            None => DepthNetwork::mlp(activation, weight_var, bias_var)?,
            Some(lambda_sq) => {
                DepthNetwork::resnet(activation, weight_var, bias_var, BranchScaling::Constant(lambda_sq))?
            }
        };
        Self::new(layers, found.filter)
    }

    /// φ, variances and scaling.
    pub fn layers(&self) -> &DepthNetwork {
        &self.layers
    }

    /// Size of the window in each dimension.
    pub fn filter(&self) -> &[usize] {
        &self.filter
    }

    /// NNGP and NTK of two images at several depths, mean over places, in one pass through the layers.
    ///
    /// # Arguments
    /// * `images`: of as many dimensions as the window, and no smaller.
    /// * `depths`: increasing, from 1 to $10^7$.
    ///
    /// # Errors
    /// [`DepthError::Image`] for images that do not fit, [`DepthError::Depths`], and [`DepthError::Kernel`] where the activation
    /// cannot be integrated.
    ///
    /// # Accuracy and cost
    /// As [`pair_kernel`](crate::infinite::pair_kernel). Every place costs what a pair of inputs does, until all agree to
    /// $10^{-9}$; from there on the images cost one pair. What is left of their difference then counts at second order.
    pub fn kernels(&self, images: &ImagePair, depths: &[usize]) -> Result<Vec<PairKernel>, DepthError> {
        self.kernels_while(images, depths, &|_| true)
    }

    /// The same, up to where `goes_on` is false of the number of layers done.
    pub(super) fn kernels_while(
        &self,
        images: &ImagePair,
        depths: &[usize],
        goes_on: &dyn Fn(usize) -> bool,
    ) -> Result<Vec<PairKernel>, DepthError> {
        check_depths(depths)?;
        self.check(images.sizes())?;
        Ok(self.recursion(images.sizes(), Detail::Full)?.pair(&images.places, depths, goes_on)?)
    }

    /// The recursion for images of this size, which must fit.
    pub(super) fn recursion(&self, sizes: &[usize], detail: Detail) -> Result<CircularDepth<'_>, DepthError> {
        let variances = [self.layers.weight_var(), self.layers.bias_var()];
        let windows = self.windows(sizes);
        Ok(CircularDepth::new(self.layers.activation(), variances, self.layers.scaling(), windows, detail)?)
    }

    /// Layers in which the slowest spatial pattern fades by a factor e; `None` if it does not, or like a power of the depth.
    ///
    /// # Arguments
    /// * `sizes`: `[length]` or `[height, width]` of the images.
    ///
    /// # Errors
    /// [`DepthError::Image`] for images that do not fit.
    ///
    /// # Example
    /// Windows of two on four places keep $\cos(\pi/4)$ of a wave, half of it after two layers:
    /// ```
    /// use fathom_ntk::analysis::depth::{CircularNetwork, DepthNetwork};
    /// let network = CircularNetwork::new(DepthNetwork::mlp(&"relu".parse()?, 2.0, 0.0)?, &[2])?;
    /// assert!((network.fading_layers(&[4])?.unwrap() - 2.0 / 2_f64.ln()).abs() < 1e-13);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn fading_layers(&self, sizes: &[usize]) -> Result<Option<f64>, DepthError> {
        self.check(sizes)?;
        Ok(CircularFacts::of(self, sizes).pattern_layers)
    }

    /// Factor by which the slowest spatial pattern fades a layer, without shortcuts.
    pub(super) fn pattern(&self, sizes: &[usize]) -> f64 {
        slowest_pattern(sizes, &self.filter)
    }

    /// Whether the window fits images of this size.
    pub(super) fn check(&self, sizes: &[usize]) -> Result<(), DepthError> {
        let image = |quantity, allowed, got| DepthError::Image { quantity, allowed, got };
        if sizes.len() != self.filter.len() {
            let quantity = "the number of dimensions of the images";
            return Err(image(quantity, "that of the window", sizes.len()));
        }
        match sizes.iter().zip(&self.filter).find(|(size, window)| window > size) {
            Some((_, window)) => Err(image("the window", "no larger than the image", *window)),
            None => Ok(()),
        }
    }

    /// For every axis, and for every place, the places of its window along that axis.
    fn windows(&self, sizes: &[usize]) -> Vec<Vec<Vec<usize>>> {
        let places: usize = sizes.iter().product();
        let axis = |axis: usize| {
            let (size, window) = (sizes[axis], self.filter[axis]);
            let stride: usize = sizes[axis + 1..].iter().product();
            let of = |place: usize| {
                let at = place / stride % size;
                let line = place - at * stride;
                (0..window).map(move |b| line + (at + size + b - (window - 1) / 2) % size * stride).collect()
            };
            (0..places).map(of).collect()
        };
        (0..sizes.len()).map(axis).collect()
    }
}

fn biases_vanish(blocks: &[Block]) -> bool {
    blocks.iter().all(|block| match block {
        Block::Dense { bias_var, .. } | Block::Conv { bias_var, .. } => *bias_var == 0.0,
        Block::Residual { branch, shortcut, .. } => biases_vanish(branch) && biases_vanish(shortcut),
        _ => true,
    })
}

/// What all layers of a circular network have in common.
struct Pattern<'a> {
    filter: &'a [usize],
    variances: [f64; 2],
    activation: Option<&'a crate::activation::Activation>,
    lambda_sq: Option<f64>,
}

impl<'a> Pattern<'a> {
    /// `None` if the layers do not have it in common.
    fn of(blocks: &'a [Block]) -> Option<Self> {
        let (first, mut rest) = blocks.split_first()?;
        let (filter, variances) = circular(first)?;
        let mut found = Self { filter, variances, activation: None, lambda_sq: None };
        loop {
            rest = match rest {
                [] => return Some(found),
                [Block::Activation { function }, Block::Flatten, Block::Dense { weight_var, bias_var, .. }]
                    if found.lambda_sq.is_none() =>
                {
                    return (found.joins(function) && found.variances == [*weight_var, *bias_var]).then_some(found);
                }
                [Block::Activation { function }, conv, rest @ ..] if found.lambda_sq.is_none() => {
                    (found.joins(function) && circular(conv)? == (filter, variances)).then_some(rest)?
                }
                [Block::Residual { lambda_sq, branch, shortcut }, rest @ ..] if shortcut.is_empty() => {
                    let [Block::Activation { function }, conv] = &branch[..] else { return None };
                    let same = found.lambda_sq.is_none_or(|known| known == *lambda_sq)
                        && (found.lambda_sq.is_some() || found.activation.is_none());
                    let fits = same && circular(conv)? == (filter, variances) && found.joins(function);
                    found.lambda_sq = Some(*lambda_sq);
                    fits.then_some(rest)?
                }
                _ => return None,
            };
        }
    }

    /// Whether φ is that of the layers before.
    fn joins(&mut self, function: &'a crate::activation::Activation) -> bool {
        **self.activation.get_or_insert(function) == *function
    }
}

/// Window and variances of a circular convolution of stride 1.
fn circular(block: &Block) -> Option<(&[usize], [f64; 2])> {
    match block {
        Block::Conv { filter, stride, padding: Padding::Circular, weight_var, bias_var, .. }
            if stride.iter().all(|stride| *stride == 1) =>
        {
            Some((filter, [*weight_var, *bias_var]))
        }
        _ => None,
    }
}
