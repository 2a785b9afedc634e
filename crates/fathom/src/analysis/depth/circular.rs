//! Circular convolutional networks: their kernels become those of fully connected ones.

use std::f64::consts::PI;

use serde::Serialize;

use super::classify::Classified;
use super::{DepthClass, DepthError, DepthNetwork};

/// What great depth makes of a one-dimensional convolutional network with circular padding and without pooling.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct CircularLimit {
    /// Which statement applies: that of the fully connected network.
    pub class: DepthClass,
    /// $\bar q$ of the two images: first-layer variances, averaged over locations.
    pub mean_variances: [f64; 2],
    /// Limit of the ratio of off-diagonal to diagonal, also between locations of one image; `None` if it depends on the data or
    /// is not known.
    pub ratio_limit: Option<f64>,
    /// Limits of $\Theta(x, x)/(L \bar q)$ on ReLU-like edges of chaos (1), of $\Theta(x, x)/(L q^*)$ on others.
    pub diagonal_per_layer: Option<f64>,
    /// Factor by which the slowest spatial pattern fades a layer, $\max_{j \ne 0} |\frac1{2k+1} \sum_\beta e^{2\pi i j\beta/M}|$.
    pub slowest_pattern: f64,
}

/// The limit of a circular convolutional network at great depth.
///
/// Covariances at a fixed offset between locations are averaged over the window in every layer. All but the constant spatial
/// pattern fade exponentially; then every pair of locations behaves as a pair of inputs of a fully connected network, with the
/// same phases, ratios and coefficients of logarithms. Derived in docs/theory.
///
/// # Arguments
/// * `network`: φ and variances; not residual.
/// * `mean_squares`: mean square of the channels at each location of the two images, in any order.
/// * `half_window`: $k$; a window covers $2k + 1$ locations.
///
/// # Errors
/// [`DepthError::Image`] for images without locations, of different sizes, or smaller than the window.
///
/// # Example
/// Windows of three on four locations halve no pattern: the slowest, a quarter turn, keeps a third.
/// ```
/// use fathom_ntk::analysis::depth::{DepthNetwork, circular_limit};
/// let relu = DepthNetwork::mlp(&"relu".parse()?, 2.0, 0.0)?;
/// let limit = circular_limit(&relu, [&[1.0, 0.0, 2.0, 1.0], &[1.0, 1.0, 1.0, 1.0]], 1)?;
/// assert_eq!((limit.ratio_limit, limit.mean_variances), (Some(0.25), [2.0, 2.0]));
/// assert!((limit.slowest_pattern - 1.0 / 3.0).abs() < 1e-15);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn circular_limit(
    network: &DepthNetwork,
    mean_squares: [&[f64]; 2],
    half_window: usize,
) -> Result<CircularLimit, DepthError> {
    let [first, second] = mean_squares.map(<[f64]>::len);
    let image = |quantity, allowed, got| DepthError::Image { quantity, allowed, got };
    if first == 0 || second != first {
        return Err(image("the number of locations of the second image", "that of the first, at least 1", second));
    }
    if half_window >= first.div_ceil(2) + first % 2 || 2 * half_window + 1 > first {
        return Err(image("the window", "no larger than the image", 2 * half_window + 1));
    }
    let means = mean_squares.map(|squares| squares.iter().sum::<f64>() / first as f64);
    let position = mean_squares.iter().flat_map(|squares| squares.iter()).position(|x| !(x.is_finite() && *x >= 0.0));
    if let Some(position) = position {
        return Err(image("position of the first mean square that is negative or not finite", "none", position));
    }
    let classified = Classified::new(network, means)?;
    let ratio_limit = match classified.class {
        DepthClass::ReluLike | DepthClass::Kinked => Some(0.25),
        DepthClass::Smooth | DepthClass::CurvatureJump => Some(1.0 / 3.0),
        DepthClass::GrowingReluLike if means[0] == means[1] => Some(4.0 / 7.0),
        DepthClass::Ordered => Some(1.0),
        DepthClass::Chaotic => Some(0.0),
        _ => None,
    };
    let critical = classified.phase.as_ref().is_some_and(|phase| phase.phase == crate::analysis::Phase::Critical);
    Ok(CircularLimit {
        class: classified.class,
        mean_variances: means.map(|mean| network.first_variance(mean)),
        ratio_limit,
        diagonal_per_layer: (critical && ratio_limit.is_some()).then_some(1.0),
        slowest_pattern: slowest_pattern(&[first], &[2 * half_window + 1]),
    })
}

/// What a mean over windows keeps of the slowest pattern that is not constant, 0 on one place.
///
/// $\max_{j \ne 0} \prod_i |\frac1{w_i} \sum_{\beta < w_i} e^{2\pi i j_i\beta/M_i}|$: a wave along one axis alone is as slow as
/// any, since no factor is above 1.
pub(super) fn slowest_pattern(sizes: &[usize], filter: &[usize]) -> f64 {
    let axis = |(size, window): (&usize, &usize)| {
        if *window == 1 {
            return if *size > 1 { 1.0 } else { 0.0 };
        }
        let kept = |j: usize| {
            let turn = |b: usize| 2.0 * PI * (j * b % size) as f64 / *size as f64;
            let (real, imaginary) = (0..*window).fold((0.0, 0.0), |(x, y), b| (x + turn(b).cos(), y + turn(b).sin()));
            f64::hypot(real, imaginary) / *window as f64
        };
        (1..*size).map(kept).fold(0.0, f64::max)
    };
    sizes.iter().zip(filter).map(axis).fold(0.0, f64::max)
}
