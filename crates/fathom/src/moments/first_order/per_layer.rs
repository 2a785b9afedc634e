//! What each hidden layer contributes.

use serde::Serialize;

use super::FirstOrderError;
use super::profile::{HiddenWidths, Profile};
use super::transition::Transition;
use crate::Scaled;
use crate::spec::Architecture;

/// Coefficients of $1/n_1, \dots, 1/n_{L-1}$: $\mathrm{Var}\,\Theta = \sum_l C_l/n_l$, $E\,\Theta - \Theta_\infty =
/// \sum_l T_l/n_l$.
///
/// In the standard parameterization they are taken at the α of the actual widths.
#[derive(Clone, Debug, Serialize)]
pub struct PerLayerCosts {
    /// $\Theta_\infty$.
    pub ntk: Scaled,
    /// $C_1, \dots, C_{L-1}$, none negative.
    pub variance: Vec<Scaled>,
    /// $T_1, \dots, T_{L-1}$; the last is 0.
    pub mean_shift: Vec<Scaled>,
    /// The same for `kernel_variance` of [`FirstOrder`](super::FirstOrder).
    pub kernel_variance: Vec<Scaled>,
}

impl PerLayerCosts {
    /// Shares of a total number of hidden neurons that make the variance of the NTK smallest: $n_l \propto \sqrt{C_l}$.
    ///
    /// They sum to one; empty without hidden layers, all equal if no layer makes the NTK vary.
    pub fn best_shares(&self) -> Vec<f64> {
        let roots: Vec<Scaled> = self.variance.iter().map(|c| c.max(Scaled::ZERO).sqrt()).collect();
        let total = roots.iter().fold(Scaled::ZERO, |sum, &root| sum + root);
        if total.is_zero() {
            return vec![1.0 / roots.len() as f64; roots.len()];
        }
        roots.iter().map(|&root| (root / total).to_f64()).collect()
    }
}

/// Sensitivities of Var Θ at layer $L$ to $v$, $d$, $a$, $b$ of the present layer, and of $K$'s own variance to $v$.
struct VarianceAdjoint {
    kernel: Scaled,
    v: Scaled,
    d: Scaled,
    a: Scaled,
    b: Scaled,
}

impl VarianceAdjoint {
    fn back(&mut self, step: &Transition) {
        let Transition { g1, h, m, .. } = *step;
        self.kernel *= g1 * g1;
        self.v = self.v * g1 * g1 + self.d * g1 * m + self.a * m * m;
        self.d = self.d * g1 * h + self.a * m * h * 2.0;
        self.a *= h * h;
        self.b *= h * h;
    }

    fn cost(&self, step: &Transition) -> Scaled {
        let new = &step.innovation;
        self.v * new.v + self.d * new.d + self.a * new.a + self.b * new.b
    }
}

/// Sensitivities of the mean shift at layer $L$ to $t_1$, $k_1$, $v$, $d$, $f$ of the present layer.
struct ShiftAdjoint {
    t1: Scaled,
    k1: Scaled,
    v: Scaled,
    d: Scaled,
    f: Scaled,
}

impl ShiftAdjoint {
    fn back(&mut self, step: &Transition) {
        let Transition { alpha, ntk, g1, g2, h, h1, h2, m, .. } = *step;
        let t1 = self.t1;
        // t1⁺ contains α k1⁺.
        let k1 = self.k1 + t1 * alpha;
        self.v = self.v * g1 * g1 + self.d * g1 * m + k1 * g2 * 0.5 + t1 * h2 * ntk * 0.5;
        self.d = self.d * g1 * h + t1 * h1;
        self.f = self.f * g1 * g1 + t1 * h1 * 2.0;
        self.k1 = k1 * g1 + t1 * h1 * ntk;
        self.t1 = t1 * h;
    }

    fn cost(&self, step: &Transition) -> Scaled {
        let new = &step.innovation;
        self.v * new.v + self.d * new.d + self.f * new.f
    }
}

/// The coefficients $C_l$, $T_l$ of every hidden layer (recursions of the [module page](super) run backwards; derived in
/// docs/theory).
///
/// # Arguments
/// As for [`first_order`](super::first_order()).
///
/// # Errors
/// As for [`first_order`](super::first_order()).
///
/// # Accuracy and cost
/// As for [`first_order`](super::first_order()); one pass forward and one back, half a kilobyte of memory a layer.
///
/// # Example
/// All layers of a critical relu network contribute to the variance, but not alike:
/// ```
/// use fathom_ntk::moments::first_order::per_layer;
/// use fathom_ntk::spec::{Architecture, ArchitectureSpec};
/// let arch = Architecture::try_from(ArchitectureSpec { widths: Some("4,64x2,1".parse()?), ..Default::default() })?;
/// let costs = per_layer(&arch, 4.0)?;
/// let total: f64 = costs.variance.iter().map(|c| c.to_f64()).sum();
/// // (L − 1)(11 L − 4) / (3 L) Θ² with L = 3, Θ = 6
/// assert!((total - 58.0 / 9.0 * 36.0).abs() < 1e-11);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn per_layer(arch: &Architecture, sq_norm: f64) -> Result<PerLayerCosts, FirstOrderError> {
    costs(&Profile::new(arch, sq_norm)?)
}

fn costs(profile: &Profile<'_>) -> Result<PerLayerCosts, FirstOrderError> {
    let hidden = profile.depth() - 1;
    let mut steps = Vec::with_capacity(hidden);
    let mut ntk = profile.start()?.ntk;
    for layer in 1..=hidden {
        let step = profile.transition(layer, HiddenWidths::Own, ntk)?;
        ntk = step.next_ntk;
        steps.push(step);
    }
    let (zero, one) = (Scaled::ZERO, Scaled::ONE);
    let mut spread = VarianceAdjoint { kernel: one, v: zero, d: zero, a: one, b: Scaled::from(2.0) };
    let mut shift = ShiftAdjoint { t1: one, k1: zero, v: zero, d: zero, f: zero };
    let mut result = PerLayerCosts {
        ntk,
        variance: vec![zero; hidden],
        mean_shift: vec![zero; hidden],
        kernel_variance: vec![zero; hidden],
    };
    for (i, step) in steps.iter().enumerate().rev() {
        result.variance[i] = spread.cost(step);
        result.mean_shift[i] = shift.cost(step);
        result.kernel_variance[i] = spread.kernel * step.innovation.v;
        spread.back(step);
        shift.back(step);
    }
    let finite = |values: &[Scaled]| values.iter().all(|x| x.is_finite());
    if !(finite(&result.variance) && finite(&result.mean_shift) && ntk.is_finite()) {
        return Err(FirstOrderError::NotFinite { layer: profile.depth() });
    }
    Ok(result)
}
