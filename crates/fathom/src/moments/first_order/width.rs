//! How wide a network must be.

use serde::Serialize;

use super::FirstOrderError;
use super::profile::{HiddenWidths, Profile};
use crate::Scaled;
use crate::spec::{Architecture, Parameterization};

/// Widths beyond this are not given.
const WIDEST: f64 = 1e15;

/// The smallest equal hidden widths that meet a tolerance on the NTK.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct WidthAdvice {
    /// For std Θ / E Θ ≤ ε, with the variance resummed, $n \ge C / \ln(1 + \varepsilon^2)$; the one to use.
    pub spread: u64,
    /// The same at plain first order, $n \ge C / \varepsilon^2$.
    pub spread_plain: u64,
    /// For $|E\,\Theta - \Theta_\infty| \le \varepsilon\, \Theta_\infty$.
    pub mean: u64,
    /// For both `spread` and `mean`.
    pub width: u64,
}

/// Equal hidden widths at which the NTK of one random network is within a relative `eps` of its infinitely wide limit
/// (derived in docs/theory; $\mathrm{Var}/E^2 \approx e^{C/n} - 1$ is an empirical resummation that halves the error of
/// first order).
///
/// # Arguments
/// * `arch`: the network; its own hidden widths do not matter, $n_0$ does. In the standard parameterization α follows
///   the width.
/// * `sq_norm`: $|x|^2$.
/// * `eps`: relative standard deviation and relative mean shift allowed, positive.
///
/// # Errors
/// [`FirstOrderError::Tolerance`], [`FirstOrderError::TooWide`], and those of [`first_order`](super::first_order()).
///
/// # Accuracy and cost
/// The width is right to about 10 % for `eps` up to 0.6. As [`first_order`](super::first_order()) without the movement;
/// some fifty recursions, but one set of integrals, in the standard parameterization.
///
/// # Example
/// ```
/// use fathom_ntk::moments::first_order::width_for;
/// use fathom_ntk::spec::{Architecture, ArchitectureSpec};
/// let arch = Architecture::try_from(ArchitectureSpec { widths: Some("4,64x9,1".parse()?), ..Default::default() })?;
/// // C = (L − 1)(11 L − 4) / (3 L) = 31.8 at L = 10
/// assert_eq!(width_for(&arch, 4.0, 0.1)?.spread_plain, 3180);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn width_for(arch: &Architecture, sq_norm: f64, eps: f64) -> Result<WidthAdvice, FirstOrderError> {
    if !(eps.is_finite() && eps > 0.0) {
        return Err(FirstOrderError::Tolerance { got: eps });
    }
    let profile = Profile::new(arch, sq_norm)?;
    let square = eps * eps;
    let least = |needed: &dyn Fn(Coefficients) -> Scaled| -> Result<u64, FirstOrderError> {
        let needed = |n: f64| Ok(needed(coefficients(&profile, n)?).to_f64());
        let n = if arch.parameterization() == Parameterization::Standard {
            least_consistent(needed)?
        } else {
            needed(1.0)?
        };
        // A width that is whole but for rounding is met.
        let whole = (n * (1.0 - 1e-12)).ceil().max(1.0);
        if whole <= WIDEST { Ok(whole as u64) } else { Err(FirstOrderError::TooWide { eps }) }
    };
    let spread = least(&|c| c.variance * (1.0 / square.ln_1p()))?;
    let spread_plain = least(&|c| c.variance * (1.0 / square))?;
    let mean = least(&|c| c.shift.abs() * (1.0 / eps))?;
    Ok(WidthAdvice { spread, spread_plain, mean, width: spread.max(mean) })
}

/// $n \mathrm{Var}\,\Theta/\Theta^2$ and $n (E\,\Theta - \Theta)/\Theta$ at equal hidden widths.
#[derive(Clone, Copy)]
struct Coefficients {
    variance: Scaled,
    shift: Scaled,
}

/// At first order they depend on the width through α only.
fn coefficients(profile: &Profile<'_>, n: f64) -> Result<Coefficients, FirstOrderError> {
    let tensors = profile.statics(HiddenWidths::Equal(n))?;
    let ntk = tensors.ntk;
    Ok(Coefficients { variance: tensors.variance() * n / (ntk * ntk), shift: tensors.t1 * n / ntk })
}

/// The smallest whole $n$ with `needed(n)` ≤ $n$, if `needed` changes slowly; more than [`WIDEST`] if there is none.
fn least_consistent(needed: impl Fn(f64) -> Result<f64, FirstOrderError>) -> Result<f64, FirstOrderError> {
    let (mut low, mut high) = (0.0, 1.0);
    while needed(high)? > high {
        if high > WIDEST {
            return Ok(f64::INFINITY);
        }
        (low, high) = (high, 2.0 * high);
    }
    while high - low > 1.0 {
        let middle = ((low + high) / 2.0_f64).floor();
        if needed(middle)? > middle { low = middle } else { high = middle }
    }
    Ok(high)
}
