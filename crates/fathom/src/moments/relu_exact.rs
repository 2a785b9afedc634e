//! Exact first and second moments of the ReLU NTK at one input.

use serde::Serialize;

use super::input::{InputNorm, MomentsError, check};
use super::relu_recursion::{Masks, Pair, Terms, alive_probability, backward_excess, dead_layers_matter, walk};
use crate::Scaled;
use crate::spec::Constants;

/// Moments of $\Theta(x, x)$ over random ReLU networks; made by [`relu_moments`].
///
/// Units: those of $|x|^2$ where weights are trained, no learning rate included.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ReluMoments {
    /// $E\,\Theta_{aa}$.
    pub mean: Scaled,
    /// $E\,\Theta_{aa}^2$.
    pub second_moment: Scaled,
    /// $\mathrm{Var}\,\Theta_{aa}$, with its own digits even where it is a tiny part of the second moment.
    pub variance: Scaled,
    /// $E\,\Theta_{aa}^2 / (E\,\Theta_{aa})^2 \ge 1$; 1 if $\Theta$ is surely 0.
    pub dispersion: Scaled,
    /// $\mathrm{Var}\,\Theta_{aa} / (E\,\Theta_{aa})^2$, the dispersion less one, with its own digits.
    pub relative_variance: Scaled,
    /// Natural logarithm of the dispersion.
    pub log_dispersion: f64,
    /// Standard deviation of $\Theta_{aa}$ divided by its mean.
    pub relative_std: Scaled,
    /// Moments of several entries; `None` for one output.
    pub outputs: Option<OutputMoments>,
    /// $S = -\tfrac14 E\,d\Theta_{aa}/d\eta$ for the loss $\tfrac12 (f_a - y)^2$ of one output at the same input, with
    /// the activation pattern held fixed (see [`mean_first_update`](super::mean_first_update)).
    pub update_sum: Scaled,
    /// Probability that no hidden layer is entirely inactive, $\prod_{l<L} (1 - 2^{-n_l})$; 0 if the first
    /// preactivations are zero.
    pub alive_probability: Scaled,
    /// Moments as they would be if an inactive layer did not cut off the trained biases above it; `None` where that
    /// makes no difference.
    pub without_dead_layers: Option<UncorrectedMoments>,
}

/// Joint moments of the entries $\Theta_{ab}(x, x)$, $a \ne b$, of a network with several outputs.
///
/// $E\,\Theta_{ab} = 0$.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OutputMoments {
    /// $E\,\Theta_{aa} \Theta_{bb}$.
    pub diagonal_product: Scaled,
    /// $E\,\Theta_{ab}^2$.
    pub off_diagonal_square: Scaled,
    /// $E\,\mathrm{tr}\,\Theta$.
    pub trace_mean: Scaled,
    /// $E\,(\mathrm{tr}\,\Theta)^2$.
    pub trace_second_moment: Scaled,
    /// $\mathrm{Var}(\mathrm{tr}\,\Theta) / (E\,\mathrm{tr}\,\Theta)^2$, with its own digits.
    pub trace_relative_variance: Scaled,
    /// $E\,|\Theta|_F^2$.
    pub frobenius_second_moment: Scaled,
}

/// Moments under the rule that a neuron of preactivation exactly 0 is active with probability 1/2.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct UncorrectedMoments {
    /// $E\,\Theta_{aa}$.
    pub mean: Scaled,
    /// $E\,\Theta_{aa}^2$.
    pub second_moment: Scaled,
}

/// Mean and second moment of the ReLU NTK $\Theta(x, x)$ at initialisation, exact at any widths and depth.
///
/// The dispersion does not depend on $\sigma_w^2$ and $|x|$ when there are no biases (see
/// [`weights_only`](super::weights_only)). Trained biases above an entirely inactive layer receive no gradient unless a
/// layer between has random biases; this is included, and matters for widths below about 20.
///
/// Derived in docs/theory.
///
/// # Arguments
/// * `c`: the constants of a network whose activation is ReLU.
/// * `input`: norms of $x$.
///
/// # Errors
/// [`MomentsError`] for constants that do not fit together or are out of range.
///
/// # Accuracy and cost
/// Relative error of every number about $\varepsilon \sqrt L$, also of variances far below the squared mean, since no
/// step subtracts comparable numbers (for a negative excess kurtosis a few digits may go at widths of a few neurons).
/// Nothing overflows. $O(L)$: some hundred nanoseconds a layer, 16 bytes a layer; three times that for several outputs.
///
/// # Example
/// With one hidden layer of width $n$ and $|x|^2 = n_0$, the mean is 4 and the second moment
/// $16\,(1 + 3/n)$:
/// ```
/// use fathom_ntk::moments::{InputNorm, relu_moments};
/// use fathom_ntk::spec::{Architecture, ArchitectureSpec};
/// let spec = ArchitectureSpec { widths: Some("3,4,1".parse()?), ..Default::default() };
/// let constants = Architecture::try_from(spec)?.constants().ok_or("infinite width")?;
/// let moments = relu_moments(&constants, &InputNorm::new(3.0, None)?)?;
/// assert_eq!((moments.mean.to_f64(), moments.second_moment.to_f64()), (4.0, 28.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn relu_moments(c: &Constants, input: &InputNorm) -> Result<ReluMoments, MomentsError> {
    check(c)?;
    let same = backward_excess(&c.widths, c.weight_kurtosis, Pair::Same);
    let mut sums = Sums::NONE;
    walk(c, input, Masks::Network, |l, terms| sums.add(same[l - 1], terms))?;

    let without_dead_layers = if dead_layers_matter(c, input) {
        let mut coins = Sums::NONE;
        walk(c, input, Masks::Coins, |l, terms| coins.add(same[l - 1], terms))?;
        Some(UncorrectedMoments { mean: coins.mean, second_moment: coins.second_moment() })
    } else {
        None
    };
    let outputs = match c.widths[c.depth()] {
        1 => None,
        outputs => Some(several_outputs(c, input, outputs, &sums)?),
    };
    let relative_variance = relative(sums.variance, sums.mean);
    let dispersion = relative_variance + 1.0;
    let small = relative_variance.to_f64();
    Ok(ReluMoments {
        mean: sums.mean,
        second_moment: sums.second_moment(),
        variance: sums.variance,
        dispersion,
        relative_variance,
        log_dispersion: if small < 1.0 { small.ln_1p() } else { dispersion.ln() },
        relative_std: relative_variance.sqrt(),
        outputs,
        update_sum: sums.update,
        alive_probability: alive_probability(c, input),
        without_dead_layers,
    })
}

/// `variance / mean²`, 0 for a number that is surely 0.
fn relative(variance: Scaled, mean: Scaled) -> Scaled {
    if mean.is_zero() { Scaled::ZERO } else { variance / mean / mean }
}

/// Sums over layers, by Horner's rule in the factors $\sigma_w^2/2$ of the backward pass.
struct Sums {
    mean: Scaled,
    variance: Scaled,
    update: Scaled,
}

impl Sums {
    const NONE: Self = Self { mean: Scaled::ZERO, variance: Scaled::ZERO, update: Scaled::ZERO };

    fn add(&mut self, excess: Scaled, terms: &Terms) {
        let half_var = Scaled::from(terms.half_var);
        let moment = excess + 1.0;
        self.mean = self.mean * half_var + terms.mean;
        self.variance = self.variance * half_var * half_var + moment * terms.spread + excess * terms.square;
        self.update = self.update * half_var * half_var + moment * terms.update;
    }

    fn second_moment(&self) -> Scaled {
        self.mean * self.mean + self.variance
    }
}

fn several_outputs(
    c: &Constants,
    input: &InputNorm,
    outputs: usize,
    same: &Sums,
) -> Result<OutputMoments, MomentsError> {
    let two_diagonal = backward_excess(&c.widths, c.weight_kurtosis, Pair::TwoDiagonal);
    let off_diagonal = backward_excess(&c.widths, c.weight_kurtosis, Pair::OffDiagonal);
    let mut product = Sums::NONE;
    let mut off_diagonal_square = Scaled::ZERO;
    walk(c, input, Masks::Network, |l, terms| {
        product.add(two_diagonal[l - 1], terms);
        let half_var = Scaled::from(terms.half_var);
        off_diagonal_square =
            off_diagonal_square * half_var * half_var + off_diagonal[l - 1] * (terms.spread + terms.square);
    })?;
    let outputs = outputs as f64;
    let trace_mean = same.mean * outputs;
    let trace_variance = (same.variance + product.variance * (outputs - 1.0)) * outputs;
    Ok(OutputMoments {
        diagonal_product: product.second_moment(),
        off_diagonal_square,
        trace_mean,
        trace_second_moment: trace_mean * trace_mean + trace_variance,
        trace_relative_variance: relative(trace_variance, trace_mean),
        frobenius_second_moment: (same.second_moment() + off_diagonal_square * (outputs - 1.0)) * outputs,
    })
}
