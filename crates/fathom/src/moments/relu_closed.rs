//! The closed form of the dispersion without biases.

use serde::Serialize;

use super::input::{MomentsError, check_widths};

/// Dispersion of the ReLU NTK of a network without biases; made by [`weights_only`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct WeightsOnly {
    /// $\log P = \sum_{l=1}^{L-1} \log(1 + 5/n_l)$.
    pub log_p: f64,
    /// $g$, more than 1/3 and at most 1.
    pub g: f64,
    /// $\log(P g)$, the natural logarithm of $E\Theta^2/(E\Theta)^2$.
    pub log_dispersion: f64,
    /// $\log\bigl(S/(E\Theta)^2\bigr)$, where $-4S$ is the mean of $d\Theta/d\eta$ at fixed activation pattern;
    /// $-\infty$ for $L = 1$.
    pub log_update_ratio: f64,
}

/// Dispersion of the ReLU NTK without biases, for Gaussian weights and one output, every weight layer trained with
/// $\alpha = 1$.
///
/// $$\frac{E\Theta^2}{(E\Theta)^2} = P g, \quad P = \prod_{l=1}^{L-1}\Bigl(1 + \frac{5}{n_l}\Bigr), \quad
///   g = 1 - \frac{4U}{3L^2}, \quad U = \sum_{k<j} \Bigl(1 - \prod_{l=k}^{j-1} \rho_l\Bigr), \quad
///   \rho_l = \frac{n_l - 1}{n_l + 5},$$
///
/// and $S = (E\Theta)^2 P U / (3 L^2)$. It does not depend on $\sigma_w^2$, $|x|$ and $n_0$. Derived in docs/theory.
///
/// # Arguments
/// * `widths`: $n_0, \dots, n_L$; the first and the last do not matter.
///
/// # Errors
/// [`MomentsError::NoLayers`] for fewer than two widths, [`MomentsError::ZeroWidth`].
///
/// # Accuracy and cost
/// A few $\varepsilon$ relative in every field, also for wide networks, where `log_dispersion` is small. $O(L)$.
///
/// # Example
/// One hidden layer of width $n$ has dispersion $1 + 3/n$:
/// ```
/// use fathom_ntk::moments::weights_only;
/// let dispersion = weights_only(&[3, 4, 1])?.log_dispersion.exp();
/// assert!((dispersion - 1.75).abs() < 1e-15);
/// # Ok::<(), fathom_ntk::moments::MomentsError>(())
/// ```
pub fn weights_only(widths: &[usize]) -> Result<WeightsOnly, MomentsError> {
    check_widths(widths)?;
    let depth = (widths.len() - 1) as f64;
    let mut log_p = Compensated::ZERO;
    // Sums over k of the products of ρ from k to l, and of one less them.
    let (mut kept, mut lost) = (Compensated::ZERO, Compensated::ZERO);
    let mut total = Compensated::ZERO;
    for &n in &widths[1..widths.len() - 1] {
        let n = n as f64;
        log_p.add((5.0 / n).ln_1p());
        let before = kept.value() + 1.0;
        let gone = before * (6.0 / (n + 5.0));
        kept.add(1.0);
        kept.add(-gone);
        lost.add(gone);
        total.add(lost.value());
    }
    let (log_p, share) = (log_p.value(), total.value() / (depth * depth));
    Ok(WeightsOnly {
        log_p,
        g: 1.0 - 4.0 / 3.0 * share,
        log_dispersion: log_p + (-4.0 / 3.0 * share).ln_1p(),
        log_update_ratio: log_p + (share / 3.0).ln(),
    })
}

/// A sum whose rounding error does not grow with the number of terms (Neumaier's).
struct Compensated {
    sum: f64,
    rest: f64,
}

impl Compensated {
    const ZERO: Self = Self { sum: 0.0, rest: 0.0 };

    fn add(&mut self, term: f64) {
        let sum = self.sum + term;
        let (large, small) = if self.sum.abs() >= term.abs() { (self.sum, term) } else { (term, self.sum) };
        self.rest += (large - sum) + small;
        self.sum = sum;
    }

    fn value(&self) -> f64 {
        self.sum + self.rest
    }
}
