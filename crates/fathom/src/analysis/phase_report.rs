//! What [`phase`](super::phase) reports, and the limits that follow from where the variance ends.

use serde::{Serialize, Serializer};

use super::fixed_points::{FixedPoint, Stability, is_kinked_at_zero};
use super::mean_field::MeanField;
use crate::activation::{Activation, Parity, Regularity};
use crate::spec::{Architecture, Biases, Parameterization};

/// $\chi_1$ counts as 1 within this distance.
///
/// Variances rounded to `f64` and integrals accurate to $10^{-14}$ put a critical network within about $10^{-12}$ of 1,
/// or $10^{-10}$ where the fixed point is nearly half-stable; 1.001 is ordinary chaos with $\xi_c \approx 1000$ layers.
pub const CRITICAL_TOLERANCE: f64 = 1e-9;
/// A critical fixed point with $\lambda_q$ this close to 1 is approached like $1/L$, which changes the limits.
const HALF_STABLE_MARGIN: f64 = 1e-6;

/// What becomes of signals in a deep network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// $\chi_1 < 1$: all inputs become alike, gradients vanish.
    Ordered,
    /// $\chi_1 = 1$, the edge of chaos.
    Critical,
    /// $\chi_1 > 1$: nearby inputs separate, gradients explode.
    Chaotic,
    /// The variance grows without bound.
    Divergent,
    /// The variance goes to zero exponentially, and the output and the NTK with it.
    Collapsing,
}

impl Phase {
    /// The phase of a network whose variance rests at `q` with slope `chi1`.
    pub(super) fn at(q: f64, chi1: f64) -> Self {
        if (chi1 - 1.0).abs() <= CRITICAL_TOLERANCE {
            Self::Critical
        } else if chi1 > 1.0 {
            Self::Chaotic
        } else if q == 0.0 {
            Self::Collapsing
        } else {
            Self::Ordered
        }
    }
}

/// Something about a phase that its numbers do not show.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "note")]
#[non_exhaustive]
pub enum Note {
    /// Which fixed point is reached depends on the first-layer variance; see the basins.
    DependsOnNorm,
    /// φ is $az + b|z|$ and the network critical without bias: every variance is kept.
    EveryVarianceIsFixed,
    /// φ is $az + b|z|$ without bias: correlations do not depend on the weight variance, and chaos never occurs.
    CorrelationIgnoresWeightVar,
    /// The fixed point reached attracts like $1/L$ or from one side only; the generic critical limits do not apply.
    HalfStable,
    /// Correlations freeze at a value that depends on the data, and so does the limit of the NTK.
    DataDependentLimit,
    /// No limit of the NTK ratio is known for this case.
    LimitNotCovered,
    /// The limits of the NTK are those of trained biases in the NTK parameterization, which this network has not.
    OtherNtk,
    /// The ratio given holds for inputs of equal norm; otherwise it depends on the norms.
    EqualNormsOnly,
    /// $|\lambda_q| > \chi_1$: differences of norm die out later than differences of direction, and set the rates.
    NormsSettleLast,
    /// A critical fixed point exists, but the variance does not go there.
    CriticalPointNotReached {
        /// Its variance.
        q: f64,
    },
}

/// An interval of first-layer variances with one fate.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Basin {
    /// Lower end.
    pub from: f64,
    /// Upper end; infinite for the last (written `"inf"`).
    #[serde(serialize_with = "extended")]
    pub to: f64,
    /// Phase that networks fed from this interval end in.
    pub phase: Phase,
    /// Index of the fixed point reached; `None` if the variance grows without bound.
    pub fixed_point: Option<usize>,
}

impl PhaseReport {
    /// The same for a network as described by `arch`: without the limits of the NTK, which are those of trained biases in
    /// the NTK parameterization, if the network has another.
    #[must_use]
    pub fn for_network(self, arch: &Architecture) -> Self {
        let unbiased = (1..=arch.depth()).all(|l| arch.bias_var(l) == 0.0);
        let same = match (arch.parameterization(), arch.biases()) {
            (Parameterization::Ntk, Biases::Trained) => true,
            (Parameterization::Ntk, Biases::None | Biases::Untrained) => unbiased,
            _ => false,
        };
        if same {
            return self;
        }
        let mut notes = self.notes;
        notes.push(Note::OtherNtk);
        Self { ntk_diag_limit: None, ntk_offdiag_limit: None, ntk_ratio_limit: None, notes, ..self }
    }
}

/// What depth does to a network: result of [`phase`](super::phase()).
///
/// A quantity that is infinite is `f64::INFINITY` (written `"inf"`); one that does not exist, depends on the data, or is
/// not known is `None`, and a [`Note`] says which.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PhaseReport {
    /// Canonical name of the activation.
    pub activation: String,
    /// $\sigma_w^2$.
    pub weight_var: f64,
    /// $\sigma_b^2$.
    pub bias_var: f64,
    /// First-layer variance the orbit was followed from; `None`: from arbitrarily large ones.
    pub q0: Option<f64>,
    /// The phase.
    pub phase: Phase,
    /// All resting points of the variance, increasing.
    pub fixed_points: Vec<FixedPoint>,
    /// Index of the fixed point that is reached; `None` if there is none, or every variance is one.
    pub reached: Option<usize>,
    /// Whether another first-layer variance could lead elsewhere.
    pub depends_on_norm: bool,
    /// The unstable fixed points, which separate the basins.
    pub basin_boundaries: Vec<f64>,
    /// What each interval of first-layer variances leads to. Exact where $V$ is increasing.
    pub basins: Vec<Basin>,
    /// $q^*$, the limit of the variance: 0 and ∞ possible; `None` if every variance is kept and none was given.
    #[serde(serialize_with = "extended_option")]
    pub q_star: Option<f64>,
    /// $\chi_1$ at the limit.
    #[serde(serialize_with = "extended_option")]
    pub chi1: Option<f64>,
    /// $\lambda_q = V'$ at the limit.
    #[serde(serialize_with = "extended_option")]
    pub lambda_q: Option<f64>,
    /// $c^*$, the correlation that distinct inputs approach.
    pub c_star: Option<f64>,
    /// Slope of the correlation map at $c^*$.
    pub chi_at_c_star: Option<f64>,
    /// $\xi_c = -1/\ln \chi(c^*)$: layers in which a difference of direction fades by a factor e.
    #[serde(serialize_with = "extended_option")]
    pub xi_c: Option<f64>,
    /// $\xi_q = -1/\ln |\lambda_q|$: layers in which a difference of norm fades by a factor e.
    #[serde(serialize_with = "extended_option")]
    pub xi_q: Option<f64>,
    /// Limit of $\Theta^L(x, x)$.
    #[serde(serialize_with = "extended_option")]
    pub ntk_diag_limit: Option<f64>,
    /// Limit of $\Theta^L(x, x')$ for inputs that are not parallel.
    #[serde(serialize_with = "extended_option")]
    pub ntk_offdiag_limit: Option<f64>,
    /// Limit of $\Theta^L(x, x') / \sqrt{\Theta^L(x, x) \Theta^L(x', x')}$ for inputs that are not parallel.
    pub ntk_ratio_limit: Option<f64>,
    /// Remarks.
    pub notes: Vec<Note>,
}

impl PhaseReport {
    /// A report in which nothing is known yet.
    pub(super) fn empty(activation: &Activation, weight_var: f64, bias_var: f64, q0: Option<f64>) -> Self {
        Self {
            activation: activation.name(),
            weight_var,
            bias_var,
            q0,
            phase: Phase::Divergent,
            fixed_points: Vec::new(),
            reached: None,
            depends_on_norm: false,
            basin_boundaries: Vec::new(),
            basins: Vec::new(),
            q_star: None,
            chi1: None,
            lambda_q: None,
            c_star: None,
            chi_at_c_star: None,
            xi_c: None,
            xi_q: None,
            ntk_diag_limit: None,
            ntk_offdiag_limit: None,
            ntk_ratio_limit: None,
            notes: Vec::new(),
        }
    }

    fn settle_at(&mut self, point: &FixedPoint) {
        self.phase = point.phase;
        self.q_star = Some(point.q);
        self.chi1 = Some(point.chi1);
        self.lambda_q = Some(point.lambda_q);
        self.xi_q = Some(depth_scale(point.lambda_q));
    }

    /// Sets $c^*$ and what follows from it.
    pub(super) fn correlate(&mut self, c_star: f64, slope: f64) {
        self.c_star = Some(c_star);
        self.chi_at_c_star = Some(slope);
        self.xi_c = Some(depth_scale(slope));
    }

    /// Sets the limits of the NTK.
    pub(super) fn limits(&mut self, diag: f64, offdiag: f64, ratio: Option<f64>) {
        self.ntk_diag_limit = Some(diag);
        self.ntk_offdiag_limit = Some(offdiag);
        self.ntk_ratio_limit = ratio;
    }

    /// The variance rests at a positive fixed point.
    pub(super) fn rest_at(&mut self, map: &MeanField<'_>, point: &FixedPoint, activation: &Activation) {
        self.settle_at(point);
        match point.phase {
            Phase::Chaotic => {
                let stable = map.chaotic_correlation(point.q);
                self.correlate(stable.correlation, stable.slope);
                let offdiag = point.q * stable.correlation / (1.0 - stable.slope);
                self.limits(f64::INFINITY, offdiag, Some(0.0));
            }
            Phase::Critical => {
                self.correlate(1.0, 1.0);
                let half_stable = point.stability != Stability::Stable || point.lambda_q > 1.0 - HALF_STABLE_MARGIN;
                let ratio = if activation.regularity() == Regularity::Kinked { 0.25 } else { 1.0 / 3.0 };
                self.limits(f64::INFINITY, f64::INFINITY, (!half_stable).then_some(ratio));
                if half_stable {
                    self.notes.push(Note::HalfStable);
                }
            }
            Phase::Ordered | Phase::Collapsing | Phase::Divergent => {
                self.correlate(1.0, point.chi1);
                let limit = point.q / (1.0 - point.chi1);
                self.limits(limit, limit, Some(1.0));
                if point.lambda_q.abs() > point.chi1 {
                    self.notes.push(Note::NormsSettleLast);
                }
            }
        }
    }

    /// The variance decays to zero (φ(0) = 0 and no bias): all that counts in the end is φ near 0.
    pub(super) fn rest_at_zero(&mut self, point: &FixedPoint, activation: &Activation) {
        self.settle_at(point);
        let kinked = is_kinked_at_zero(activation);
        if kinked {
            self.correlate(1.0, 1.0);
        }
        if point.phase == Phase::Collapsing {
            self.limits(0.0, 0.0, kinked.then_some(0.25));
        }
        if point.phase == Phase::Critical && activation.parity() == Parity::Odd {
            // q ~ 1/(A L) with A = |φ‴(0)/φ′(0)|, and Θ(x, x) → 1/A.
            let jet = activation.jet(0.0);
            let smooth = activation.regularity() == Regularity::Smooth && jet[3] != 0.0;
            self.ntk_diag_limit = smooth.then(|| (jet[1] / jet[3]).abs());
        }
        match (kinked, point.phase) {
            (true, Phase::Collapsing) => {}
            (true, _) => self.notes.push(Note::LimitNotCovered),
            (false, _) if point.chi1 > 0.0 => self.notes.push(Note::DataDependentLimit),
            (false, _) => self.notes.push(Note::LimitNotCovered),
        }
    }

    /// The variance grows without bound: all that counts in the end is φ far out.
    pub(super) fn diverge(&mut self, activation: &Activation) {
        self.phase = Phase::Divergent;
        self.q_star = Some(f64::INFINITY);
        self.limits(f64::INFINITY, f64::INFINITY, None);
        let (Some(parts), Some(growth)) = (activation.asymptote(), far_growth(activation, self.weight_var)) else {
            self.notes.push(Note::LimitNotCovered);
            return;
        };
        self.chi1 = Some(growth);
        self.lambda_q = Some(growth);
        self.xi_q = Some(depth_scale(growth));
        if parts.b == 0.0 {
            self.notes.push(Note::DataDependentLimit);
            return;
        }
        self.correlate(1.0, 1.0);
        if growth > 1.0 + CRITICAL_TOLERANCE {
            self.ntk_ratio_limit = Some(0.25);
        } else {
            self.notes.push(Note::LimitNotCovered);
        }
    }
}

/// $\chi_1$ of a variance that grows without bound; `None` if φ has no asymptotes.
pub(super) fn far_growth(activation: &Activation, weight_var: f64) -> Option<f64> {
    activation.asymptote().map(|parts| weight_var * parts.mean_square())
}

/// $-1/\ln|x|$: layers in which a factor `x` per layer amounts to e; infinite if nothing fades.
pub(super) fn depth_scale(x: f64) -> f64 {
    if x.abs() >= 1.0 { f64::INFINITY } else { -1.0 / x.abs().ln() }
}

/// Writes a number that may be infinite; JSON has none such, so it becomes the text `inf`.
pub(super) fn extended<S: Serializer>(x: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    if *x == f64::INFINITY { serializer.serialize_str("inf") } else { serializer.serialize_f64(*x) }
}

/// The same for a number that may be missing.
pub(super) fn extended_option<S: Serializer>(x: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
    match x {
        Some(x) => extended(x, serializer),
        None => serializer.serialize_none(),
    }
}
