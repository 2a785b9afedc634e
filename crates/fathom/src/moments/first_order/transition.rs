//! The numbers that take one layer to the next.

use super::averages::{Averages, Curved};
use crate::Scaled;

/// What surrounds hidden layer $l$ on the way to layer $l + 1$.
#[derive(Clone, Copy, Debug)]
pub(super) struct Surroundings {
    /// $c = \sigma_w^2$ of layer $l + 1$.
    pub(super) weight_var: f64,
    /// Variance of the biases of layer $l + 1$ at initialisation.
    pub(super) bias_var: f64,
    /// Layer $l + 1$ contributes $\alpha w + \beta$ to the NTK.
    pub(super) alpha: f64,
    /// See `alpha`.
    pub(super) beta: f64,
    /// $1 / n_l$.
    pub(super) inverse_width: f64,
}

/// One step of the recursions: everything that depends on $K$ and Θ of layer $l$ but not on the corrections.
#[derive(Clone, Copy, Debug)]
pub(super) struct Transition {
    /// α.
    pub(super) alpha: f64,
    /// $1 / n_l$.
    pub(super) iv: f64,
    /// $c^3$.
    pub(super) c3: f64,
    /// $\Theta^l$.
    pub(super) ntk: Scaled,
    /// $K^{l+1}$.
    pub(super) next_nngp: Scaled,
    /// $\Theta^{l+1}$.
    pub(super) next_ntk: Scaled,
    /// $g' = \partial_K c\langle\phi^2\rangle$.
    pub(super) g1: Scaled,
    /// $g''$.
    pub(super) g2: Scaled,
    /// $h = c \langle\phi'^2\rangle$.
    pub(super) h: Scaled,
    /// $h'$.
    pub(super) h1: Scaled,
    /// $h''$.
    pub(super) h2: Scaled,
    /// $h / c$.
    pub(super) slope: Scaled,
    /// $\langle\phi'^4\rangle$.
    pub(super) slope_4: Scaled,
    /// $g' / c$.
    pub(super) g1_over_c: Scaled,
    /// $h' / c$.
    pub(super) h1_over_c: Scaled,
    /// $M = \alpha g' + h' \Theta$, the response of Θ to the kernel below.
    pub(super) m: Scaled,
    /// What one layer adds, times its width: to $v$, $d$, $a$, $f$, $b$.
    pub(super) innovation: Innovation,
    /// Averages with φ″.
    pub(super) curved: Curved,
    /// $c$.
    pub(super) c: f64,
}

/// The fluctuations that one hidden layer of width 1 adds to each correlation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Innovation {
    /// $c^2 \mathrm{Var}\,\phi^2$.
    pub(super) v: Scaled,
    /// $\mathrm{Cov}(c\phi^2, \omega)$ with $\omega = c(\alpha\phi^2 + \phi'^2\Theta)$.
    pub(super) d: Scaled,
    /// $\mathrm{Var}\,\omega$.
    pub(super) a: Scaled,
    /// $c^2\langle\phi^2\phi'^2\rangle\Theta$.
    pub(super) f: Scaled,
    /// $c^2\langle\phi'^4\rangle\Theta^2$.
    pub(super) b: Scaled,
    /// $c^2\langle\phi^2\phi'^2\rangle$.
    pub(super) value_slope: Scaled,
}

impl Transition {
    /// From the averages over hidden layer $l$ and $\Theta^l$.
    pub(super) fn new(averages: &Averages, around: &Surroundings, ntk: Scaled) -> Self {
        let Surroundings { weight_var: c, bias_var, alpha, beta, inverse_width: iv } = *around;
        let [g, g1, g2] = averages.value.map(|x| x * c);
        let [h, h1, h2] = averages.slope.map(|x| x * c);
        Self {
            alpha,
            iv,
            c,
            c3: c * c * c,
            ntk,
            next_nngp: g + bias_var,
            next_ntk: g * alpha + beta + h * ntk,
            g1,
            g2,
            h,
            h1,
            h2,
            slope: averages.slope[0],
            slope_4: averages.slope_4,
            g1_over_c: averages.value[1],
            h1_over_c: averages.slope[1],
            m: g1 * alpha + h1 * ntk,
            innovation: Innovation::new(averages, c, alpha, ntk),
            curved: averages.curved,
        }
    }
}

impl Innovation {
    fn new(averages: &Averages, c: f64, alpha: f64, ntk: Scaled) -> Self {
        let square = c * c;
        let (value, cov) = (averages.var_value * square, averages.cov * square);
        let slope = averages.var_slope * square;
        let value_slope = averages.value_slope * square;
        Self {
            v: value,
            d: value * alpha + cov * ntk,
            a: value * (alpha * alpha) + cov * ntk * (2.0 * alpha) + slope * ntk * ntk,
            f: value_slope * ntk,
            b: averages.slope_4 * square * ntk * ntk,
            value_slope,
        }
    }
}
