//! All finite-width moments of one network at one input.

use serde::Serialize;

use crate::Scaled;
use crate::analysis::verdict::MOSTLY_ALIVE;
use crate::infinite::PairInput;
use crate::moments::first_order::{
    FirstOrder, FirstOrderError, PerLayerCosts, TwoInputs, first_order, per_layer, two_inputs,
};
use crate::moments::{
    FirstUpdate, InputNorm, MomentsError, ReluLimit, ReluMoments, crossing_update, lognormal_range, mean_first_update,
    relu_limit_for, relu_moments,
};
use crate::spec::Architecture;

/// A result, or the reason why there is none.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Available<T> {
    /// The result.
    Yes(T),
    /// Why there is none.
    No {
        /// The reason.
        not_available: String,
    },
}

impl<T> Available<T> {
    fn from<E: std::fmt::Display>(result: Result<T, E>) -> Self {
        match result {
            Ok(value) => Self::Yes(value),
            Err(reason) => Self::No { not_available: reason.to_string() },
        }
    }

    pub(super) fn no(reason: &str) -> Self {
        Self::No { not_available: reason.into() }
    }

    /// The result, if there is one.
    pub fn get(&self) -> Option<&T> {
        match self {
            Self::Yes(value) => Some(value),
            Self::No { .. } => None,
        }
    }

    /// Why there is none, if so.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Yes(_) => None,
            Self::No { not_available } => Some(not_available),
        }
    }
}

/// What [`moments_report`] is to compute beyond the default.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct MomentsOptions {
    /// Target $y$ of the first update. Default 0.
    pub target: f64,
    /// Also the first-order expansion where exact moments exist.
    pub first_order: bool,
    /// Also the coefficient of each hidden layer.
    pub per_layer: bool,
}

impl Default for MomentsOptions {
    fn default() -> Self {
        Self { target: 0.0, first_order: false, per_layer: false }
    }
}

/// Finite-width moments of the NTK $\Theta(x, x)$.
#[derive(Clone, Debug, Serialize)]
pub struct MomentsReport {
    /// The network.
    pub architecture: Architecture,
    /// $|x|^2$.
    pub sq_norm: f64,
    /// Exact moments (relu).
    pub exact: Available<ReluMoments>,
    /// ln of the ends of the range that holds Θ in nine networks of ten (log-normal approximation).
    pub log_range: Option<[f64; 2]>,
    /// Limit of the dispersion at this ratio of depth to width (relu).
    pub limit: Available<ReluLimit>,
    /// $E[d\Theta/d\eta]$ of one step on $\frac12(f - y)^2$ at fixed activation pattern: $-4S$, exact (relu).
    pub update_fixed_pattern: Available<Scaled>,
    /// The same for a real step, with what neurons add that switch on or off (relu).
    pub update_real_step: Available<FirstUpdate>,
    /// First order in 1/width.
    pub first_order: Available<FirstOrder>,
    /// $\mathrm{Var}\,\Theta = \sum_l C_l/n_l$ and the like, layer by layer.
    pub per_layer: Option<Available<PerLayerCosts>>,
    /// The NTK between two inputs, if there are two.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub two_inputs: Option<PairReport>,
    /// What was asked for.
    pub options: MomentsOptions,
}

/// Finite-width moments of the NTK at two inputs $x$, $x'$.
#[derive(Clone, Debug, Serialize)]
pub struct PairReport {
    /// $|x|^2/n_0$ and $|x'|^2/n_0$.
    pub mean_squares: [f64; 2],
    /// $\cos\angle(x, x')$; 0 if one of them is zero.
    pub cosine: f64,
    /// First order in 1/width.
    pub first_order: Available<TwoInputs>,
}

impl MomentsReport {
    /// The report with the moments at two inputs, first of which should be the one that the rest is about.
    ///
    /// # Example
    /// ```
    /// use fathom_ntk::analysis::{MomentsOptions, moments_report};
    /// use fathom_ntk::infinite::PairInput;
    /// use fathom_ntk::spec::{Architecture, ArchitectureSpec};
    /// let spec = ArchitectureSpec { widths: Some("3,400,1".parse()?), ..Default::default() };
    /// let report = moments_report(&Architecture::try_from(spec)?, 3.0, None, MomentsOptions::default())?;
    /// let report = report.with_two_inputs(&PairInput::from_inner_products(1.0, 1.0, 0.0)?);
    /// let pair = report.two_inputs.as_ref().and_then(|pair| pair.first_order.get()).ok_or("relu has a first order")?;
    /// // 2 E[max(0, u)] E[max(0, v)] with independent u, v of variance 2; the NTK of the first layer is 0.
    /// assert!((pair.ntk[1].to_f64() - 2.0 / std::f64::consts::PI).abs() < 1e-14);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn with_two_inputs(mut self, input: &PairInput) -> Self {
        let mean_squares = input.mean_squares();
        let size = mean_squares[0].sqrt() * mean_squares[1].sqrt();
        let cosine = if size > 0.0 { (input.inner_product() / size).clamp(-1.0, 1.0) } else { 0.0 };
        let first_order = Available::from(two_inputs(&self.architecture, input));
        self.two_inputs = Some(PairReport { mean_squares, cosine, first_order });
        self
    }
}

/// Collects what is known of the moments of `arch` at an input.
///
/// # Arguments
/// * `arch`: the network, with widths.
/// * `sq_norm`, `fourth_power_sum`: $|x|^2$ and, if known, $\sum_i x_i^4$ (matters for weights that are not Gaussian).
/// * `options`: what else to compute.
///
/// # Errors
/// [`MomentsError`] for numbers out of range. What is not known for this network is no error: its place holds the reason.
///
/// # Accuracy and cost
/// Those of [`relu_moments`] (0.2 s for a million layers) and
/// [`first_order`](crate::moments::first_order::first_order()).
///
/// # Example
/// ```
/// use fathom_ntk::analysis::{MomentsOptions, moments_report};
/// use fathom_ntk::spec::{Architecture, ArchitectureSpec};
/// let spec = ArchitectureSpec { widths: Some("3,4,1".parse()?), ..Default::default() };
/// let report = moments_report(&Architecture::try_from(spec)?, 3.0, None, MomentsOptions::default())?;
/// let exact = report.exact.get().ok_or("relu has exact moments")?;
/// assert_eq!((exact.mean.to_f64(), exact.second_moment.to_f64()), (4.0, 28.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn moments_report(
    arch: &Architecture,
    sq_norm: f64,
    fourth_power_sum: Option<f64>,
    options: MomentsOptions,
) -> Result<MomentsReport, MomentsError> {
    let norm = InputNorm::new(sq_norm, fourth_power_sum)?;
    if !options.target.is_finite() {
        return Err(MomentsError::Value { name: "target", allowed: "finite", got: options.target });
    }
    let mut report = MomentsReport {
        architecture: arch.clone(),
        sq_norm,
        exact: Available::no("exact moments are known for relu"),
        log_range: None,
        limit: Available::no("the limit is known for relu"),
        update_fixed_pattern: Available::no("the exact first update is known for relu"),
        update_real_step: Available::no("sign changes matter for relu; smooth activations have none"),
        first_order: Available::no("not asked for: exact moments are known"),
        per_layer: options.per_layer.then(|| Available::from(per_layer(arch, sq_norm))),
        two_inputs: None,
        options,
    };
    let Some(constants) = arch.constants() else {
        let reason = FirstOrderError::InfiniteWidth.to_string();
        (report.exact, report.limit) = (Available::no(&reason), Available::no(&reason));
        report.first_order = Available::no(&reason);
        return Ok(report);
    };
    let relu = arch.activation().name() == "relu" || arch.depth() == 1;
    if relu {
        let exact = relu_moments(&constants, &norm)?;
        if exact.alive_probability.to_f64() >= MOSTLY_ALIVE {
            let range = lognormal_range(exact.mean, exact.log_dispersion, 0.9).ok();
            report.log_range = range.map(|(low, high)| [low, high]);
        }
        report.exact = Available::Yes(exact);
        report.limit = Available::from(relu_limit_for(&constants, &norm));
        report.update_fixed_pattern = Available::from(mean_first_update(&constants, &norm));
        report.update_real_step = Available::from(crossing_update(&constants, &norm, options.target));
    }
    if !relu || options.first_order {
        report.first_order = Available::from(first_order(arch, sq_norm));
    }
    Ok(report)
}
