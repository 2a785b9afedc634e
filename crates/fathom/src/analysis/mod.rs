//! What depth does to a network, and whether NTK theory describes it: phases, the edge of chaos, the verdict.
//!
//! In a wide network the variance of the pre-activations follows $q^{l+1} = V(q^l) = \sigma_w^2 E[\phi(\sqrt{q^l}Z)^2] +
//! \sigma_b^2$ and the correlation of two inputs follows its own map, whose slope at correlation 1 is
//! $\chi_1 = \sigma_w^2 E[\phi'^2]$. Where $q$ comes to rest, $\chi_1$ decides:
//!
//! | | name | correlations | NTK off the diagonal / on the diagonal |
//! |---|---|---|---|
//! | $\chi_1 < 1$ | ordered | → 1 exponentially | → 1 |
//! | $\chi_1 = 1$ | critical, on the edge of chaos | → 1 like $1/L$ or $1/L^2$ | → 1/3 (smooth φ) or 1/4 (φ with a kink) |
//! | $\chi_1 > 1$ | chaotic | → $c^* < 1$ | → 0 |
//!
//! * [`phase`]: which of these a network is in, with every fixed point, depth scale and limit; [`PhaseReport`].
//! * [`edge_of_chaos`], [`edge_of_chaos_start`], [`edge_of_chaos_curve`], [`nearest_edge_of_chaos`]: critical variances.
//! * [`phase_diagram`]: a grid of phases; [`susceptibility_diagram`]: only phase and $\chi_1$, much faster.
//! * [`MeanField`]: the maps themselves.
//! * [`depth`]: limits of the kernel at great depth, and the exact rates at which they are reached.
//! * [`moments_report`]: all finite-width moments of one network.
//! * [`empirical`]: the kernel of a network whose weights are given, beside the infinite-width one.
//! * [`sampled`]: a simulation beside the theory.
//! * [`training`]: a training beside the linearised network, infinite width and the spread over initialisations.
//! * [`sweep`]: grids of networks, each sampled, trained or judged, as one table.
//! * [`verdict`]: does NTK theory describe this network, and can it be trained?
//!
//! Phases hold for fully connected networks with all widths infinite, all layers drawn alike, and trained weights and biases.
//!
//! Sources: Poole et al. (2016), arXiv:1606.05340; Schoenholz et al. (2017), arXiv:1611.01232; Hayou, Doucet & Rousseau
//! (2019), arXiv:1902.06853; Xiao, Pennington & Schoenholz (2020), arXiv:1912.13053. Reachability, relu-like phases and
//! the limits 4/7 and 1/4 beyond the edge of chaos are derived in docs/theory.

pub mod depth;
mod diagram;
mod edge_of_chaos;
pub mod empirical;
mod fixed_points;
mod homogeneous;
mod mean_field;
mod moments_report;
mod phase;
mod phase_report;
mod roots;
pub mod sampled;
pub mod sweep;
pub mod training;
pub mod verdict;

pub use diagram::{DiagramCell, PhaseDiagram, SusceptibilityCell, phase_diagram, susceptibility_diagram};
pub use edge_of_chaos::{
    CurveRange, EocError, EocPoint, edge_of_chaos, edge_of_chaos_curve, edge_of_chaos_start, nearest_edge_of_chaos,
};
pub use fixed_points::{FixedPoint, Stability};
pub use mean_field::MeanField;
pub use moments_report::{Available, MomentsOptions, MomentsReport, PairReport, moments_report};
pub use phase::{PhaseError, phase};
pub use phase_report::{Basin, CRITICAL_TOLERANCE, Note, Phase, PhaseReport};
