//! The two passes behind the exact ReLU moments: numbers of the backward signals, numbers of the forward signals.
//!
//! Derived in docs/theory. Both passes carry the *excess* of second moments over products of first moments instead of
//! the second moments themselves. Every term is then non-negative, and a variance that is a tiny part of the squared
//! mean keeps its digits.

use super::input::{InputNorm, MomentsError};
use crate::Scaled;
use crate::spec::Constants;

/// Which product of two NTK entries is averaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pair {
    /// $\Theta_{aa}^2$.
    Same,
    /// $\Theta_{aa} \Theta_{bb}$, $a \ne b$.
    TwoDiagonal,
    /// $\Theta_{ab}^2$, $a \ne b$.
    OffDiagonal,
}

impl Pair {
    /// 1 if the factors have nonzero means, else 0.
    pub(super) fn has_mean(self) -> f64 {
        if self == Self::OffDiagonal { 0.0 } else { 1.0 }
    }
}

/// $x_l$ for $l = 1, \dots, L$ (at index $l - 1$) in
/// $E \langle\delta^l,\delta^l\rangle\langle\delta^l,\delta^l\rangle = b_l^2 (\mu + x_l)$, where
/// $b_l = \prod_{j=l}^{L-1} \sigma_{w,j+1}^2/2$ is the mean of $|\delta^l_a|^2$ and μ is [`Pair::has_mean`].
pub(super) fn backward_excess(widths: &[usize], kurtosis: f64, pair: Pair) -> Vec<Scaled> {
    let depth = widths.len() - 1;
    let mu = Scaled::from(pair.has_mean());
    // Pairings (aa)(cc) less its mean, (ac)(ac), (ac)(ca), and the sum of fourth powers.
    let (mut x1, mut x2, mut x3, mut fourth) = match pair {
        Pair::Same => (Scaled::ZERO, Scaled::ONE, Scaled::ONE, Scaled::ONE),
        Pair::TwoDiagonal => (Scaled::ZERO, Scaled::ZERO, Scaled::ZERO, Scaled::ZERO),
        Pair::OffDiagonal => (Scaled::ZERO, Scaled::ONE, Scaled::ZERO, Scaled::ZERO),
    };
    let mut excess = vec![Scaled::ZERO; depth];
    excess[depth - 1] = x1;
    for l in (1..depth).rev() {
        let inverse = 1.0 / widths[l] as f64;
        let mut others = x2 + x3;
        if kurtosis != 0.0 {
            others += fourth * kurtosis;
        }
        let first = mu + x1;
        fourth = (first + others) * (2.0 * inverse);
        x1 += (first + others * 2.0) * inverse;
        let kept = 1.0 - inverse;
        x2 = x2 * kept + fourth;
        x3 = x3 * kept + fourth;
        excess[l - 1] = x1;
    }
    excess
}

/// How neurons of an entirely inactive layer are treated by the layers above it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Masks {
    /// $\phi'(0) = 0$: preactivations that are exactly 0 pass nothing back.
    Network,
    /// Every neuron is active with probability 1/2 even if its preactivation is exactly 0.
    Coins,
}

/// What layer $l$ contributes to the sums over layers, in units of $b_l$ or $b_l^2$.
pub(super) struct Terms {
    /// $\sigma_{w,l}^2/2$, the factor of all earlier terms (once for a mean, twice for a second moment).
    pub(super) half_var: f64,
    /// To the mean of $\Theta_{aa}$.
    pub(super) mean: Scaled,
    /// To the square of that mean.
    pub(super) square: Scaled,
    /// To the excess of the second moment through fluctuations below $\delta^l$.
    pub(super) spread: Scaled,
    /// $\alpha_{l-1} R_{l-1}$, for the sum $S$ of the first update.
    pub(super) update: Scaled,
}

/// Probability that the preactivations of a layer are not all exactly zero.
#[derive(Clone, Copy)]
struct Alive {
    alive: Scaled,
    dead: f64,
}

impl Alive {
    const SURE: Self = Self { alive: Scaled::ONE, dead: 0.0 };
    const NEVER: Self = Self { alive: Scaled::ZERO, dead: 1.0 };

    /// After a layer of `width` fair coins.
    fn through(self, width: usize) -> Self {
        let inactive = (-(width as f64)).exp2();
        Self { alive: self.alive * (1.0 - inactive), dead: self.dead + self.alive.to_f64() * inactive }
    }
}

/// The constants of weight layer $l$ and of the hidden layer above it.
struct Layer {
    alpha: f64,
    beta: f64,
    bias_var: f64,
    /// $\sigma_{w,l+1}^2/2$.
    half_var: f64,
    inverse_width: f64,
    reached: Alive,
}

/// Numbers of the forward signals at layer $l - 1$; see docs/theory for the letters.
struct Forward {
    kurtosis: f64,
    bias_kurtosis: f64,
    /// $E w$ and its variance.
    w: Scaled,
    w_var: Scaled,
    /// $(\sigma^2/n)^2 E \sum_i h_i^4$.
    fourth: Scaled,
    /// $\sum_k E[c_{k-1} g]$, the part of the mean that earlier layers send through.
    a: Scaled,
    /// $\sum_k \mathrm{Cov}(c_{k-1} g, w)$.
    p: Scaled,
    /// $\sum_k E[c_{k-1} h^\top G h]$ and $\sum_k E[c_{k-1} \sum_i h_i^2 G_{ii}]$, scaled like $w^2$.
    r: Scaled,
    q: Scaled,
}

impl Forward {
    fn new(c: &Constants, input: &InputNorm) -> Result<Self, MomentsError> {
        let w = Scaled::from(c.weight_var[0]) * (input.sq_norm() / c.widths[0] as f64);
        Ok(Self {
            kurtosis: c.weight_kurtosis,
            bias_kurtosis: c.bias_kurtosis,
            w,
            w_var: Scaled::ZERO,
            fourth: w * w * input.concentration_among(c.widths[0])?,
            a: Scaled::ZERO,
            p: Scaled::ZERO,
            r: Scaled::ZERO,
            q: Scaled::ZERO,
        })
    }

    /// Mean of $c_{l-1}$ where layer $l$ is reached.
    fn mean(&self, alpha: f64, beta: f64, reached: Alive) -> Scaled {
        self.w * alpha + reached.alive * beta
    }

    fn terms(&self, alpha: f64, beta: f64, half_var: f64, reached: Alive) -> Terms {
        let mean = self.mean(alpha, beta, reached);
        let mut spread = (self.w_var * alpha + self.p * 2.0) * alpha;
        if reached.dead > 0.0 {
            spread += (self.w * (2.0 * alpha) + reached.alive * beta + self.a * 2.0) * beta * reached.dead;
        }
        Terms { half_var, mean, square: mean * (mean + self.a * 2.0), spread, update: self.r * alpha }
    }

    /// From layer $l - 1$ to layer $l$.
    fn step(&mut self, layer: &Layer) {
        let Layer { alpha, beta, inverse_width: inverse, .. } = *layer;
        let half_var = Scaled::from(layer.half_var);
        // Twice by σ²/2: the rounding of (σ²/2)² itself would add up over the layers.
        let squared = |value: Scaled| value * half_var * half_var;
        let bias_var = Scaled::from(layer.bias_var);
        let v = self.w + bias_var;
        let v_square = self.w_var + v * v;
        let mut fourth_excess = Scaled::ZERO;
        let mut q_excess = Scaled::ZERO;
        if self.kurtosis != 0.0 {
            fourth_excess = self.fourth * self.kurtosis;
            q_excess = self.q * self.kurtosis;
        }
        if self.bias_kurtosis != 0.0 {
            fourth_excess += bias_var * bias_var * self.bias_kurtosis;
        }
        let covariance = self.w_var * alpha;
        let cv = (self.w * alpha + beta) * v + covariance;
        let through = self.p + self.a * v;
        // Every pairing of the new row of weights, the new term among them.
        let pairings = through + cv + self.r * 2.0 + q_excess;
        let unreached = v * (beta * layer.reached.dead);
        let mean = self.mean(alpha, beta, layer.reached);

        self.p = squared(self.p + covariance + unreached + (pairings * 2.0 - through - cv) * inverse);
        self.r = squared(self.r * (1.0 - inverse) + pairings * (2.0 * inverse));
        self.q = squared(pairings * (2.0 * inverse));
        self.a = half_var * (self.a + mean);
        self.w_var = squared(self.w_var + (v_square * 5.0 + fourth_excess * 2.0) * inverse);
        self.fourth = squared((v_square * 3.0 + fourth_excess) * (2.0 * inverse));
        self.w = half_var * v;
    }
}

/// Walks up the layers and shows the terms of each to `visit`, first layer first.
pub(super) fn walk(
    c: &Constants,
    input: &InputNorm,
    masks: Masks,
    mut visit: impl FnMut(usize, &Terms),
) -> Result<(), MomentsError> {
    let depth = c.depth();
    let mut forward = Forward::new(c, input)?;
    let mut alive = if input.sq_norm() > 0.0 { Alive::SURE } else { Alive::NEVER };
    for l in 1..=depth {
        let (alpha, beta, bias_var) = (c.alpha[l - 1], c.beta[l - 1], c.bias_var[l - 1]);
        if bias_var > 0.0 || masks == Masks::Coins {
            alive = Alive::SURE;
        }
        // The output has no mask.
        let reached = if l == depth { Alive::SURE } else { alive };
        visit(l, &forward.terms(alpha, beta, 0.5 * c.weight_var[l - 1], reached));
        if l < depth {
            let (half_var, inverse_width) = (0.5 * c.weight_var[l], 1.0 / c.widths[l] as f64);
            forward.step(&Layer { alpha, beta, bias_var, half_var, inverse_width, reached });
            alive = alive.through(c.widths[l]);
        }
    }
    Ok(())
}

/// Whether a layer with trained biases may be cut off by an entirely inactive layer below it.
pub(super) fn dead_layers_matter(c: &Constants, input: &InputNorm) -> bool {
    // The first hidden layer is cut off only at a zero input; the output never is.
    let first = if input.sq_norm() > 0.0 { 1 } else { 0 };
    (first..c.depth().saturating_sub(1)).any(|i| c.beta[i] > 0.0 && c.bias_var[i] == 0.0)
}

/// Probability that no hidden layer is entirely inactive.
pub(super) fn alive_probability(c: &Constants, input: &InputNorm) -> Scaled {
    let hidden = &c.widths[1..c.depth()];
    let silent = input.sq_norm() == 0.0 && c.bias_var[0] == 0.0 && !hidden.is_empty();
    let start = if silent { Alive::NEVER } else { Alive::SURE };
    hidden.iter().fold(start, |alive, &n| alive.through(n)).alive
}
