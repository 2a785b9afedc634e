//! What one layer of the pair recursion knows.

use crate::Scaled;

/// The constants of one weight layer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layer {
    /// $\sigma_w^2$.
    pub weight_var: f64,
    /// $\sigma_b^2$ at initialisation.
    pub bias_var: f64,
    /// Factor of the layer's own weight term in the NTK.
    pub alpha: f64,
    /// The layer's own bias term in the NTK.
    pub beta: f64,
}

impl Layer {
    /// Whether the other layer's parameters have the same variances.
    pub fn same_variances(self, other: Self) -> bool {
        self.weight_var == other.weight_var && self.bias_var == other.bias_var
    }
}

/// NNGP and NTK of two inputs at one layer.
#[derive(Clone, Copy, Debug)]
pub(super) struct State {
    /// $\Sigma(x, x)$.
    pub q1: Scaled,
    /// $\Sigma(x', x')$.
    pub q2: Scaled,
    /// $\sqrt{q_1} - \sqrt{q_2}$.
    pub shift: Scaled,
    /// $1 - c$.
    pub gap: Scaled,
    /// $1 + c$.
    pub cogap: f64,
    /// $c$, to full relative accuracy.
    pub cosine: f64,
    /// $\Theta(x, x)$.
    pub ntk1: Scaled,
    /// $\Theta(x', x')$.
    pub ntk2: Scaled,
    /// $\Theta(x, x')$.
    pub ntk12: Scaled,
    /// $\Gamma = \frac12(\Theta_{11} + \Theta_{22}) - \Theta_{12}$.
    pub ntk_gap: Scaled,
}

impl State {
    /// $\sqrt{q_1 q_2}$.
    pub fn g(&self) -> Scaled {
        self.q1.sqrt() * self.q2.sqrt()
    }

    /// Whether every entry is a number.
    pub fn is_finite(&self) -> bool {
        [self.q1, self.q2, self.ntk1, self.ntk2, self.ntk12, self.ntk_gap, self.gap].iter().all(|x| x.is_finite())
    }

    /// Sets correlation, cosine and gaps of a new layer from its gap and its covariance over $\sqrt{q_1 q_2}$.
    pub fn correlate(&mut self, gap: Scaled, cosine: f64) {
        self.gap = gap;
        let narrow = gap.to_f64();
        self.cosine = if narrow < 0.5 { 1.0 - narrow } else { cosine };
        self.cogap = if narrow <= 1.0 { 2.0 - narrow } else { 1.0 + cosine };
    }
}
