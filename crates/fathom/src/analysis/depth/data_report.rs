//! What great depth makes of kernel regression on a data set, and whether networks can be trained there.

use serde::Serialize;

use super::along_rows::AlongRows;
use super::family::Family;
use super::kernel_limit::{KernelLimit, LimitOnData};
use super::network::check_depths;
use super::pair_report::CircularFacts;
use super::tau::Tau;
use super::{CircularNetwork, ConvolutionalFacts, ConvolutionalNetwork, DepthClass, DepthError, DepthNetwork};
use crate::Scaled;
use crate::analysis::Phase;
use crate::infinite::PairKernel;
use crate::infinite::matrix::Watch;
use crate::predict::{Covariance, KernelKind, PredictError, PredictOptions, Prediction, Targets, Time, predict};

/// A regression task.
#[derive(Clone, Copy, Debug)]
pub struct DepthData<'a> {
    /// Training inputs, row after row, all different.
    pub train: &'a [f64],
    /// Test inputs, row after row.
    pub test: &'a [f64],
    /// Features of an input.
    pub features: usize,
    /// Targets of the training inputs.
    pub targets: &'a Targets,
    /// Targets of the test inputs ($m \times k$), if they are known.
    pub test_targets: Option<&'a [f64]>,
}

/// A distance between matrices or vectors, entry by entry.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Distance {
    /// Largest difference.
    pub max: f64,
    /// Root of the mean squared difference.
    pub rms: f64,
}

impl Distance {
    fn of(differences: impl Iterator<Item = f64>) -> Self {
        let (mut max, mut sum, mut count) = (0.0_f64, 0.0, 0.0_f64);
        for difference in differences {
            max = max.max(difference.abs());
            sum += difference * difference;
            count += 1.0;
        }
        Self { max, rms: (sum / count.max(1.0)).sqrt() }
    }
}

/// Kernel regression at one depth.
#[derive(Clone, Debug, Serialize)]
pub struct DataRow {
    /// $L$.
    pub depth: usize,
    /// Of $\Theta_{ij}/\sqrt{\Theta_{ii}\Theta_{jj}}$ off the diagonal from its limit.
    pub cosine: Option<Distance>,
    /// Of the same from the matrix of ones.
    pub from_ones: Distance,
    /// Of the correlations of the NNGP from the matrix of ones.
    pub nngp_from_ones: Distance,
    /// Of $\Theta_{ij}/(\tau_L \sqrt{q_i q_j})$ (critical; $\tau_L = L$ without residual branches) or $(1 - \chi_1) \Theta_{ij}/q^*$
    /// (ordered) from the limiting matrix, diagonal included.
    pub depth_normalised: Option<Distance>,
    /// What training makes of it; `None` where the kernel is singular.
    pub trained: Option<TrainedRow>,
}

/// Training at one depth.
#[derive(Clone, Debug, Serialize)]
pub struct TrainedRow {
    /// $\lambda_{\max}$ of Θ on the training inputs.
    pub lambda_max: Scaled,
    /// $\lambda_{\min}$.
    pub lambda_min: Scaled,
    /// $\lambda_{\max}/\lambda_{\min}$.
    pub condition: Scaled,
    /// Condition number over its limit; in the ordered phase over its asymptotic form.
    pub condition_over_limit: Option<f64>,
    /// $2/\lambda_{\max}$, above which gradient descent on $\frac12\sum|f - y|^2$ diverges.
    pub max_learning_rate: Scaled,
    /// $1/(\eta\lambda_{\min})$ at $\eta = 1/\lambda_{\max}$, half of the largest: steps in which the slowest error falls by e.
    pub steps_to_fit: Scaled,
    /// Mean prediction on the test inputs at infinite time, $m \times k$.
    pub mean: Vec<f64>,
    /// Mean over test inputs of the variance over initialisations at infinite time.
    pub variance: f64,
    /// Of the mean from the predictor of the limit.
    pub from_limit: Option<Distance>,
    /// Mean squared error of the mean on the test inputs.
    pub test_error: Option<f64>,
}

/// What great depth makes of a regression task: result of [`depth_data_report`], [`circular_depth_data_report`] and
/// [`convolutional_depth_data_report`].
#[derive(Clone, Debug, Serialize)]
pub struct DepthDataReport {
    /// The networks.
    pub network: DepthNetwork,
    /// Of images in circular networks, what their places do; `None` for others.
    pub circular: Option<CircularFacts>,
    /// Of networks of any padding and ending, which they are; `None` for others.
    pub convolutional: Option<ConvolutionalFacts>,
    /// Different training inputs $n$.
    pub training_inputs: usize,
    /// Test inputs $m$.
    pub test_inputs: usize,
    /// Outputs $k$.
    pub outputs: usize,
    /// Whether all inputs have one norm.
    pub equal_norms: bool,
    /// Which statement applies.
    pub class: DepthClass,
    /// What the kernel tends to.
    pub kernel_limit: KernelLimit,
    /// $r$ of the limiting kernel.
    pub ratio_limit: Option<f64>,
    /// What the predictor tends to on the test inputs, $m \times k$; `None` if it depends on the data in an unknown way.
    pub predictor_limit: Option<Vec<f64>>,
    /// What the mean variance over initialisations tends to; `None` if unknown or infinite.
    pub variance_limit: Option<f64>,
    /// Limit of the condition number; in the ordered phase the factor of $1/(L\chi_1^L)$, or of $\chi_1^{-L/2}$ with kinks.
    pub condition_limit: Option<f64>,
    /// Depth by depth.
    pub rows: Vec<DataRow>,
}

/// Kernels, predictors and trainability at several depths, with their limits.
///
/// On inputs of one norm, with $n$ of them to learn from, the predictor of infinite time tends to $r \sum y/(1 - r + nr)$ where the
/// kernel tends to $(1-r) I + r 11^\top$, to ordinary kriging with the semivariogram ψ (smooth φ) or $\sqrt\psi$ (φ with kinks) in
/// the ordered phase, and to zero in the chaotic one. Norms survive in ReLU-like networks without bias:
/// $|x| \sum (y_i/|x_i|)/(n + 3)$. Derived in docs/theory.
///
/// # Arguments
/// * `network`: fully connected or residual networks.
/// * `data`: what is learnt.
/// * `depths`: increasing.
/// * `watch`: counts pairs, and can stop the recursion.
///
/// # Errors
/// [`DepthError::Input`], [`DepthError::Depths`], [`DepthError::Kernel`] as [`super::depth_report`]; [`DepthError::Predict`] for
/// sizes that do not fit; [`DepthError::Stopped`].
///
/// # Accuracy and cost
/// Gaps and predictors to nearly full relative accuracy at every depth. $O((n + m)^2 L)$, and $O(n^3)$ a depth;
/// $72 (n + m)^2$ bytes a depth.
///
/// # Example
/// Two inputs of a deep, critical ReLU network: the predictor is nearly $(1 + 4)/(2 + 3)$ everywhere else.
/// ```
/// use fathom_ntk::analysis::depth::{DepthData, DepthNetwork, depth_data_report};
/// use fathom_ntk::infinite::matrix::Watch;
/// use fathom_ntk::predict::{Distinct, Targets};
/// let targets = Targets::new(&[1.0, 4.0], 1, &Distinct::all(2))?;
/// let data = DepthData {
///     train: &[1.0, 0.0, 0.0, 1.0],
///     test: &[0.6, 0.8],
///     features: 2,
///     targets: &targets,
///     test_targets: None,
/// };
/// let relu = DepthNetwork::mlp(&"relu".parse()?, 2.0, 0.0)?;
/// let report = depth_data_report(&relu, &data, &[10_000], &Watch::default())?;
/// assert!((report.predictor_limit.unwrap()[0] - 1.0).abs() < 1e-14);
/// assert!((report.rows[0].trained.as_ref().unwrap().mean[0] - 1.0).abs() < 0.01);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn depth_data_report(
    network: &DepthNetwork,
    data: &DepthData<'_>,
    depths: &[usize],
    watch: &Watch,
) -> Result<DepthDataReport, DepthError> {
    report(Family::Lists(network), data, depths, watch)
}

/// The same for images in circular convolutional networks: kernels are means over places.
///
/// Where all but the constant spatial pattern fade, the limits are those of the fully connected network, with $\bar q$, the mean
/// over places of the first layer's variances, in place of $q_1$: ratio, predictor, variance and condition number follow. In the
/// ordered phase ψ is the mean over places too. Derived in docs/theory.
///
/// # Arguments
/// * `network`: one window, circular padding, no pooling.
/// * `sizes`: `[length]` or `[height, width]` of the images, no smaller than the window; rows of data hold their numbers,
///   channels last.
/// * `data`: what is learnt.
/// * `depths`: increasing.
/// * `watch`: counts pairs, and can stop the recursion.
///
/// # Errors
/// As [`depth_data_report`], and [`DepthError::Image`] for images that do not fit.
///
/// # Accuracy and cost
/// As [`depth_data_report`], every pair as [`CircularNetwork::kernels`]; gaps to ten digits where φ has no closed form.
///
/// # Example
/// Two images of three places: the predictor of a deep, critical ReLU network is nearly $(1 + 4)/(2 + 3)$ on every other image of
/// their norm.
/// ```
/// use fathom_ntk::analysis::depth::{CircularNetwork, DepthData, DepthNetwork, circular_depth_data_report};
/// use fathom_ntk::infinite::matrix::Watch;
/// use fathom_ntk::predict::{Distinct, Targets};
/// let targets = Targets::new(&[1.0, 4.0], 1, &Distinct::all(2))?;
/// let data = DepthData {
///     train: &[1.0, 0.0, 0.0, -1.0, 0.0, 0.0],
///     test: &[0.6, 0.0, 0.8],
///     features: 3,
///     targets: &targets,
///     test_targets: None,
/// };
/// let network = CircularNetwork::new(DepthNetwork::mlp(&"relu".parse()?, 2.0, 0.0)?, &[2])?;
/// let report = circular_depth_data_report(&network, &[3], &data, &[10_000], &Watch::default())?;
/// assert!((report.predictor_limit.unwrap()[0] - 1.0).abs() < 1e-14);
/// assert!((report.rows[0].trained.as_ref().unwrap().mean[0] - 1.0).abs() < 0.01);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn circular_depth_data_report(
    network: &CircularNetwork,
    sizes: &[usize],
    data: &DepthData<'_>,
    depths: &[usize],
    watch: &Watch,
) -> Result<DepthDataReport, DepthError> {
    report(Family::images(network, sizes)?, data, depths, watch)
}

/// The same for images in convolutional networks of any padding and ending, whose limits are not known.
///
/// Every depth is a network of its own: the kernels are those of
/// [`KernelEngine`](crate::infinite::matrix::KernelEngine) on [its blocks](ConvolutionalNetwork::composition).
///
/// # Arguments
/// * `network`: its images have as many numbers as rows of data have features.
/// * `data`: what is learnt.
/// * `depths`: increasing, and so that something is left of the image.
/// * `watch`: counts rows and pairs of all depths, weighed by their layers, and can stop between any two.
///
/// # Errors
/// [`DepthError::Depths`], [`DepthError::Input`], [`DepthError::Kernel`] and [`DepthError::Predict`] as [`depth_data_report`];
/// [`DepthError::Composition`] for depths that leave no convolution, or nothing of the image; [`DepthError::Matrix`] for images
/// that do not fit, or that vanish in networks without bias; [`DepthError::Stopped`].
///
/// # Accuracy and cost
/// Entries as those of the engine, $10^{-12}$ of them; what is solved with them loses as many digits as the condition number has.
/// $O((n + m)^2 P L)$ a depth for $P$ places, $P^2$ with pooling, and $O(n^3)$; $144 (n + m)^2$ bytes a depth.
///
/// # Example
/// Two images that share no place, windows of one place, ReLU without bias: the mean over places leaves them uncorrelated, of
/// variance 1 and with it Θ = 2 after the dense layer.
/// ```
/// use fathom_ntk::analysis::depth::{ConvolutionalNetwork, DepthData, convolutional_depth_data_report};
/// use fathom_ntk::infinite::matrix::Watch;
/// use fathom_ntk::predict::{Distinct, Targets};
/// use fathom_ntk::spec::{CnnEnding, CnnSpec, Padding};
/// let targets = Targets::new(&[1.0, 4.0], 1, &Distinct::all(2))?;
/// let data = DepthData {
///     train: &[1.0, 0.0, 0.0, 1.0],
///     test: &[1.0, 0.0],
///     features: 2,
///     targets: &targets,
///     test_targets: None,
/// };
/// let spec = CnnSpec {
///     input: vec![2, 1],
///     depth: 1,
///     filter: vec![1],
///     padding: Padding::Same,
///     activation: "relu".parse()?,
///     weight_var: 2.0,
///     bias_var: 0.0,
///     scaling: None,
/// };
/// let network = ConvolutionalNetwork::new(&spec, CnnEnding::Flatten)?;
/// let report = convolutional_depth_data_report(&network, &data, &[2], &Watch::default())?;
/// let row = report.rows[0].trained.as_ref().unwrap();
/// assert!((row.lambda_max.to_f64() - 2.0).abs() < 1e-14 && (row.condition.to_f64() - 1.0).abs() < 1e-14);
/// assert!((row.mean[0] - 1.0).abs() < 1e-14);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn convolutional_depth_data_report(
    network: &ConvolutionalNetwork,
    data: &DepthData<'_>,
    depths: &[usize],
    watch: &Watch,
) -> Result<DepthDataReport, DepthError> {
    report(Family::Convolutional(network), data, depths, watch)
}

fn report(
    family: Family<'_>,
    data: &DepthData<'_>,
    depths: &[usize],
    watch: &Watch,
) -> Result<DepthDataReport, DepthError> {
    check_depths(depths)?;
    let network = family.network();
    let task = Task::new(family, data)?;
    let limit = family.limit(&task.rows, &task.mean_squares)?;
    let mut followed = depths.to_vec();
    followed.extend(limit.psi_depth);
    followed.sort_unstable();
    followed.dedup();
    let along = AlongRows::new(family, &task.rows, &followed, watch)?;
    let place = |depth: usize| followed.iter().position(|d| *d == depth).unwrap_or(0);
    let limiting = Limiting::new(&task, &limit, limit.psi_depth.map(|depth| (&along, place(depth))))?;
    let tau = tau_of(network, &limit);
    let mut rows = Vec::with_capacity(depths.len());
    for &depth in depths {
        if watch.is_stopped() {
            return Err(DepthError::Stopped);
        }
        let pair = |i: usize, j: usize| along.pair(place(depth), i, j);
        rows.push(task.row(depth, &pair, &limit, &limiting, tau.as_ref())?);
    }
    let n = task.n;
    let equal = task.mean_squares.windows(2).all(|pair| (pair[0] - pair[1]).abs() <= 1e-12 * pair[0]);
    Ok(DepthDataReport {
        network: network.clone(),
        circular: family.facts(),
        convolutional: family.convolutional(),
        training_inputs: n,
        test_inputs: task.rows.len() - n,
        outputs: data.targets.outputs(),
        equal_norms: equal,
        class: limit.class,
        kernel_limit: limit.kind,
        ratio_limit: limit.ratio,
        predictor_limit: limiting.mean,
        variance_limit: limiting.variance,
        condition_limit: limiting.condition,
        rows,
    })
}

/// The depth that counts on the edge of chaos.
fn tau_of(network: &DepthNetwork, limit: &LimitOnData) -> Option<Tau> {
    match (limit.class, limit.classified.constants.rho, network.scaling()) {
        (DepthClass::ReluLike | DepthClass::Kinked | DepthClass::Smooth | DepthClass::CurvatureJump, ..) => {
            Some(Tau::Depth)
        }
        (DepthClass::ResidualRelu, Some(rho), _) => Some(Tau::Constant(rho)),
        _ => None,
    }
}

/// Inputs and targets, checked.
struct Task<'a> {
    family: Family<'a>,
    data: &'a DepthData<'a>,
    n: usize,
    rows: Vec<&'a [f64]>,
    mean_squares: Vec<f64>,
}

impl<'a> Task<'a> {
    fn new(family: Family<'a>, data: &'a DepthData<'a>) -> Result<Self, DepthError> {
        let features = data.features.max(1);
        if !features.is_multiple_of(family.places_of_row()) {
            let quantity = "the numbers of an image";
            return Err(DepthError::Image { quantity, allowed: "a multiple of its places", got: features });
        }
        let n = data.train.len() / features;
        let wrong = |name, expected, got| DepthError::Predict(PredictError::Length { name, expected, got });
        for (name, values) in [("the training inputs", data.train), ("the test inputs", data.test)] {
            if !values.len().is_multiple_of(features) {
                return Err(wrong(name, values.len() / features * features, values.len()));
            }
        }
        if n != data.targets.distinct_inputs() {
            return Err(wrong("the targets (different training inputs)", n, data.targets.distinct_inputs()));
        }
        if n == 0 {
            return Err(PredictError::NoInputs.into());
        }
        let expected = data.test.len() / features * data.targets.outputs();
        if let Some(got) = data.test_targets.map(<[f64]>::len).filter(|got| *got != expected) {
            return Err(wrong("the targets of the test inputs", expected, got));
        }
        let rows: Vec<&[f64]> = data.train.chunks(features).chain(data.test.chunks(features)).collect();
        let mean_squares = rows.iter().map(|row| row.iter().map(|x| x * x).sum::<f64>() / features as f64).collect();
        Ok(Self { family, data, n, rows, mean_squares })
    }

    fn row<'k>(
        &self,
        depth: usize,
        pair: &impl Fn(usize, usize) -> &'k PairKernel,
        limit: &LimitOnData,
        limiting: &Limiting,
        tau: Option<&Tau>,
    ) -> Result<DataRow, DepthError> {
        let n = self.n;
        let off_diagonal = || (0..n).flat_map(|i| (i + 1..n).map(move |j| (i, j)));
        let ones = |(i, j): (usize, usize)| super::pair_report::below_one(pair(i, j)).to_f64();
        let cosine =
            limit.ratio.map(|_| Distance::of(off_diagonal().map(|(i, j)| limit.error(pair(i, j)).unwrap_or(f64::NAN))));
        let depth_normalised = limit.ratio.and_then(|ratio| {
            let all = (0..n).flat_map(|i| (i..n).map(move |j| (i, j)));
            let differences: Option<Vec<f64>> = all
                .map(|(i, j)| Some(depth_normalised(pair(i, j), depth, limit, tau)? - if i == j { 1.0 } else { ratio }))
                .collect();
            differences.map(|differences| Distance::of(differences.into_iter()))
        });
        Ok(DataRow {
            depth,
            cosine,
            from_ones: Distance::of(off_diagonal().map(ones)),
            nngp_from_ones: Distance::of(off_diagonal().map(|(i, j)| pair(i, j).gap.to_f64())),
            depth_normalised,
            trained: self.trained(depth, pair, limit, limiting)?,
        })
    }

    /// Spectrum and predictor of one depth.
    fn trained<'k>(
        &self,
        depth: usize,
        pair: &impl Fn(usize, usize) -> &'k PairKernel,
        limit: &LimitOnData,
        limiting: &Limiting,
    ) -> Result<Option<TrainedRow>, DepthError> {
        let all = self.rows.len();
        let kernel = |kind| self.family.kernel(all, self.n, kind, |i, j| *pair(i, j));
        let (ntk, nngp) = (kernel(KernelKind::Ntk)?, kernel(KernelKind::Nngp)?);
        let options = PredictOptions { covariance: Covariance::Diagonal, ..both_times() };
        let prediction = match predict(Some(&ntk), Some(&nngp), self.data.targets, &options) {
            Err(PredictError::Singular { .. }) => return Ok(None),
            other => other?,
        };
        let Some((lambda_max, lambda_min)) = extremes(&prediction) else { return Ok(None) };
        let mean = prediction.at.into_iter().next().map(|at| (at.mean, at.variance.unwrap_or_default()));
        let Some((mean, variance)) = mean else { return Ok(None) };
        let condition = lambda_max / lambda_min;
        let condition_over_limit = limiting.condition.map(|limiting| match limit.kind {
            KernelLimit::Ones => (condition * limit.shape(depth)).to_f64() / limiting,
            _ => condition.to_f64() / limiting,
        });
        let from_limit = limiting.mean.as_ref().map(|limit| Distance::of(mean.iter().zip(limit).map(|(f, l)| f - l)));
        let test_error =
            self.data.test_targets.filter(|targets| !targets.is_empty()).map(|targets| {
                mean.iter().zip(targets).map(|(f, y)| (f - y).powi(2)).sum::<f64>() / targets.len() as f64
            });
        Ok(Some(TrainedRow {
            lambda_max,
            lambda_min,
            condition,
            condition_over_limit,
            max_learning_rate: Scaled::from(2.0) / lambda_max,
            steps_to_fit: condition,
            variance: variance.iter().sum::<f64>() / variance.len().max(1) as f64,
            mean,
            from_limit,
            test_error,
        }))
    }
}

/// An entry over what the diagonal grows to; `None` where that is not known.
fn depth_normalised(kernel: &PairKernel, depth: usize, limit: &LimitOnData, tau: Option<&Tau>) -> Option<f64> {
    let entry = kernel.ntk[2];
    if let Some(tau) = tau {
        let norms = kernel.nngp[0].sqrt() * kernel.nngp[1].sqrt();
        return Some((entry / (norms * Scaled::from(tau.at(depth as f64)))).to_f64());
    }
    let constants = limit.classified.constants;
    match (limit.kind, constants.q_star, constants.chi1) {
        (KernelLimit::Ones, Some(q), Some(chi1)) => Some((entry / Scaled::from(q / (1.0 - chi1))).to_f64()),
        _ => None,
    }
}

/// The end of training, and a finite time for the spectrum.
fn both_times() -> PredictOptions {
    PredictOptions { times: vec![Time::Infinite, Time::Flow(0.0)], ..PredictOptions::default() }
}

fn extremes(prediction: &Prediction) -> Option<(Scaled, Scaled)> {
    let least = prediction.lambda_min.filter(|least| *least > Scaled::ZERO)?;
    Some((prediction.lambda_max, least))
}

/// Predictor, variance and condition number at infinite depth.
#[derive(Default)]
struct Limiting {
    mean: Option<Vec<f64>>,
    variance: Option<f64>,
    condition: Option<f64>,
}

impl Limiting {
    fn new(task: &Task<'_>, limit: &LimitOnData, psi: Option<(&AlongRows, usize)>) -> Result<Self, DepthError> {
        let (n, m, outputs) = (task.n, task.rows.len() - task.n, task.data.targets.outputs());
        let q_star = limit.classified.constants.q_star;
        if limit.kind == KernelLimit::Identity {
            return Ok(Self { mean: Some(vec![0.0; m * outputs]), variance: q_star, condition: Some(1.0) });
        }
        if !limit.knows_norms(task.family.network()) {
            return Ok(Self::default());
        }
        let weights: Vec<f64> = task.mean_squares.iter().map(|x| limit.weight(task.family.network(), *x)).collect();
        let Some(kernel) = limit.kernel(n, &weights, psi) else { return Ok(Self::default()) };
        let kernel = kernel?;
        let prediction = match predict(Some(&kernel), None, task.data.targets, &both_times()) {
            Err(PredictError::Singular { .. }) => return Ok(Self::default()),
            other => other?,
        };
        let condition = extremes(&prediction).map(|(most, least)| most / least);
        let mean = prediction.at.into_iter().next().map(|at| at.mean);
        if limit.kind == KernelLimit::Ones {
            let condition = condition.map(|condition| (condition * LimitOnData::vanishing()).to_f64());
            return Ok(Self { mean, variance: Some(0.0), condition });
        }
        let variance = constant_variance(limit, &weights, n, q_star);
        Ok(Self { mean, variance, condition: condition.map(Scaled::to_f64) })
    }
}

/// $q_x (w_x - \sum_i \omega_i w_i)^2/w_x^2$, averaged: with all correlations one, networks differ by one random number. From
/// $\omega = K^{-1} k$ for $K_{ij} = w_i w_j (r + (1 - r)\delta_{ij})$, $\omega \cdot w/w_x = nr/(1 - r + nr)$.
fn constant_variance(limit: &LimitOnData, weights: &[f64], n: usize, q_star: Option<f64>) -> Option<f64> {
    let ratio = limit.ratio?;
    let left = (1.0 - ratio) / (1.0 - ratio + n as f64 * ratio);
    let tests = weights.get(n..)?;
    let critical = limit.classified.phase.as_ref().is_some_and(|phase| phase.phase == Phase::Critical);
    let own = |weight: &f64| match (limit.class, q_star) {
        (DepthClass::ReluLike, _) if critical => Some(weight * weight),
        (DepthClass::Kinked | DepthClass::Smooth | DepthClass::CurvatureJump, q) => q,
        _ => None,
    };
    let variances = tests.iter().map(own).collect::<Option<Vec<f64>>>()?;
    (!variances.is_empty()).then(|| left * left * variances.iter().sum::<f64>() / variances.len() as f64)
}
