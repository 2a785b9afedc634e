//! Networks that differ in depth alone.

use serde::Serialize;

use super::DepthError;
use crate::activation::Activation;
use crate::analysis::PhaseError;
use crate::infinite::{AlongDepth, PairInput, PairKernel};
use crate::spec::{
    Architecture, ArchitectureSpec, Biases, BranchScaling, Composition, MAX_DEPTH, Parameterization, PerLayer,
    ResNetSpec,
};

/// Networks of one activation and one pair of variances at every depth: fully connected, or residual.
///
/// Residual networks are $z^l = z^{l-1} + \lambda_l\,[\sigma_w n^{-1/2} W^l \phi(z^{l-1}) + \sigma_b b^l]$ for
/// $l = 2, \dots, L$ on a first dense layer $z^1$, with output $z^L$.
///
/// # Example
/// ```
/// use fathom_ntk::analysis::depth::DepthNetwork;
/// use fathom_ntk::infinite::PairInput;
/// let relu = DepthNetwork::mlp(&"relu".parse()?, 2.0, 0.0)?;
/// let kernels = relu.kernels(&PairInput::from_gap(1.0, 1.0, 1.0)?, &[10, 1000])?;
/// assert_eq!([kernels[0].ntk[0].to_f64(), kernels[1].ntk[0].to_f64()], [20.0, 2000.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DepthNetwork {
    activation: Activation,
    weight_var: f64,
    bias_var: f64,
    scaling: Option<BranchScaling>,
}

impl DepthNetwork {
    /// Fully connected networks.
    ///
    /// # Errors
    /// [`DepthError`] for variances out of range and activations that jump.
    pub fn mlp(activation: &Activation, weight_var: f64, bias_var: f64) -> Result<Self, DepthError> {
        let network = Self { activation: activation.clone(), weight_var, bias_var, scaling: None };
        network.architecture(1)?;
        crate::analysis::phase::check(activation, weight_var, bias_var, None)?;
        Ok(network)
    }

    /// Residual networks.
    ///
    /// # Arguments
    /// * `scaling`: $\lambda_l^2$.
    ///
    /// # Errors
    /// As [`Self::mlp`], and [`DepthError::Composition`] for a scaling out of range.
    pub fn resnet(
        activation: &Activation,
        weight_var: f64,
        bias_var: f64,
        scaling: BranchScaling,
    ) -> Result<Self, DepthError> {
        let plain = Self::mlp(activation, weight_var, bias_var)?;
        let activation = activation.clone();
        Composition::try_from(ResNetSpec { features: 1, depth: 2, activation, weight_var, bias_var, scaling })?;
        Ok(Self { scaling: Some(scaling), ..plain })
    }

    /// The networks that share all but the depth with a description.
    ///
    /// # Errors
    /// [`DepthError::LayersDiffer`] if layers have variances of their own, [`DepthError::OtherNtk`] if biases are not trained or
    /// gradients are taken in another parameterization.
    pub fn of(arch: &Architecture) -> Result<Self, DepthError> {
        let (weight_var, bias_var) = arch.uniform_variances().ok_or(DepthError::LayersDiffer)?;
        match (arch.parameterization(), arch.biases()) {
            (Parameterization::Ntk, Biases::Trained) => {}
            (Parameterization::Ntk, Biases::None | Biases::Untrained) if bias_var == 0.0 => {}
            _ => return Err(DepthError::OtherNtk),
        }
        Self::mlp(arch.activation(), weight_var, bias_var)
    }

    /// φ.
    pub fn activation(&self) -> &Activation {
        &self.activation
    }

    /// $\sigma_w^2$.
    pub fn weight_var(&self) -> f64 {
        self.weight_var
    }

    /// $\sigma_b^2$.
    pub fn bias_var(&self) -> f64 {
        self.bias_var
    }

    /// $\lambda_l^2$ of residual networks; `None` for fully connected ones.
    pub fn scaling(&self) -> Option<BranchScaling> {
        self.scaling
    }

    /// NNGP and NTK of two inputs at several depths, in one pass through the layers.
    ///
    /// # Arguments
    /// * `input`: norms and angle of the two inputs.
    /// * `depths`: increasing, from 1 to $10^7$.
    ///
    /// # Errors
    /// [`DepthError::Depths`], and [`DepthError::Kernel`] where the activation cannot be integrated.
    ///
    /// # Accuracy and cost
    /// As [`pair_kernel`](crate::infinite::pair_kernel) of the deepest; residual networks with $\lambda^2 = 1/L$ take a pass for
    /// each depth.
    pub fn kernels(&self, input: &PairInput, depths: &[usize]) -> Result<Vec<PairKernel>, DepthError> {
        self.kernels_while(input, depths, &|_| true)
    }

    /// The same, up to where `goes_on` is false of the number of layers done.
    pub(super) fn kernels_while(
        &self,
        input: &PairInput,
        depths: &[usize],
        goes_on: &dyn Fn(usize) -> bool,
    ) -> Result<Vec<PairKernel>, DepthError> {
        let deepest = check_depths(depths)?;
        self.with_recursion(deepest, |recursion| {
            let [first, second] = input.mean_squares();
            let first = recursion.prepare(first);
            if input.mean_squares()[0] == second {
                return Ok(recursion.pair(input, [&first, &first], depths, goes_on)?);
            }
            Ok(recursion.pair(input, [&first, &recursion.prepare(second)], depths, goes_on)?)
        })
    }

    /// Variance of the first pre-activations of an input with $|x|^2/n_0$ = `mean_square`.
    pub(super) fn first_variance(&self, mean_square: f64) -> f64 {
        self.weight_var * mean_square + self.bias_var
    }

    /// Calls `work` with the recursion for depths up to `deepest`.
    pub(super) fn with_recursion<T>(
        &self,
        deepest: usize,
        work: impl FnOnce(&AlongDepth<'_>) -> Result<T, DepthError>,
    ) -> Result<T, DepthError> {
        match self.scaling {
            None => work(&AlongDepth::plain(&self.architecture(deepest)?)?),
            Some(scaling) => work(&AlongDepth::residual(&self.activation, self.weight_var, self.bias_var, scaling)?),
        }
    }

    fn architecture(&self, depth: usize) -> Result<Architecture, DepthError> {
        // The same complaint as of a phase, which names the variance and no layer.
        let (weight_var, bias_var) = (self.weight_var, self.bias_var);
        if !(weight_var.is_finite() && weight_var > 0.0) {
            return Err(PhaseError::WeightVar { got: weight_var }.into());
        }
        Ok(Architecture::try_from(ArchitectureSpec {
            depth: Some(depth),
            activation: Some(self.activation.clone()),
            weight_var: Some(PerLayer::Uniform(weight_var)),
            bias_var: Some(PerLayer::Uniform(bias_var)),
            ..ArchitectureSpec::default()
        })?)
    }
}

/// The deepest of a list of depths that can be followed.
pub(super) fn check_depths(depths: &[usize]) -> Result<usize, DepthError> {
    let increasing = depths.windows(2).all(|pair| pair[0] < pair[1]);
    match (depths.first(), depths.last()) {
        (Some(1..), Some(&deepest @ ..=MAX_DEPTH)) if increasing => Ok(deepest),
        _ => Err(DepthError::Depths { most: MAX_DEPTH, got: depths.iter().take(8).copied().collect() }),
    }
}

/// Depths from `first` to `last`, both included, in about equal ratios.
///
/// # Arguments
/// * `per_decade`: how many for a factor of ten.
///
/// # Example
/// ```
/// use fathom_ntk::analysis::depth::log_spaced_depths;
/// assert_eq!(log_spaced_depths(1, 1000, 1), [1, 10, 100, 1000]);
/// assert_eq!(log_spaced_depths(1, 20, 3), [1, 2, 5, 10, 20]);
/// ```
pub fn log_spaced_depths(first: usize, last: usize, per_decade: usize) -> Vec<usize> {
    let per_decade = per_decade.max(1) as f64;
    let place = |depth: usize| (depth.max(1) as f64).log10() * per_decade;
    let (from, to) = (place(first).ceil() as i64, place(last).floor() as i64);
    let rounded = |i: i64| {
        let exact = 10_f64.powf(i as f64 / per_decade);
        // Two digits, so that tables read well: 1, 2, 5, 10 with three a decade.
        let unit = if per_decade <= 3.0 { 10_f64.powf(exact.log10().floor()) } else { 1.0 };
        ((exact / unit).round() * unit) as usize
    };
    let mut depths: Vec<usize> =
        std::iter::once(first.max(1)).chain((from..=to).map(rounded)).chain([last.max(1)]).collect();
    depths.retain(|depth| (first.max(1)..=last.max(1)).contains(depth));
    depths.sort_unstable();
    depths.dedup();
    depths
}
