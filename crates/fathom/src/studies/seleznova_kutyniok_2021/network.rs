//! The networks of the study.

use crate::activation::Activation;
use crate::analysis::phase;
use crate::spec::{Architecture, ArchitectureSpec, PerLayer};
use crate::studies::job::of_width;
use crate::studies::{StudyError, Value};

/// $\sigma_b^2$.
const BIAS_VAR: f64 = 0.05;
/// $\sigma_w^2$ of tanh on the edge of chaos at this $\sigma_b^2$.
const TANH_EDGE: f64 = 1.760_954_639_606_739;
/// Activations with weight variances at which gradients vanish (for tanh fast and slowly), keep their size and explode.
pub(super) const TRAINED: [(&str, &[f64]); 2] = [("relu", &[1.0, 2.0, 3.0]), ("tanh", &[0.5, 1.0, TANH_EDGE, 3.0])];
/// The logistic sigmoid with weight variances at which gradients vanish fast and less fast.
pub(super) const SIGMOID: (&str, [f64; 2]) = ("sigmoid", [4.0, 25.0]);

/// A network and what the theory of infinite width says of its gradients.
#[derive(Clone, Debug)]
pub(super) struct Cell {
    pub(super) activation: &'static str,
    pub(super) weight_var: f64,
    pub(super) chi: f64,
}

impl Cell {
    pub(super) fn new(activation: &'static str, weight_var: f64) -> Result<Self, StudyError> {
        let report = phase(&self::activation(activation)?, weight_var, BIAS_VAR, None)?;
        let unmeasured = || StudyError::Unmeasured { what: "χ₁".into(), reason: "no fixed point is reached".into() };
        // Of relu, without a fixed point at large variances.
        let homogeneous = (activation == "relu").then_some(0.5 * weight_var);
        Ok(Self { activation, weight_var, chi: homogeneous.or(report.chi1).ok_or_else(unmeasured)? })
    }

    /// All with their activations.
    pub(super) fn all(sigmoid: bool) -> Result<Vec<Self>, StudyError> {
        let trained = TRAINED.iter().flat_map(|(activation, all)| all.iter().map(move |var| (*activation, *var)));
        let sigmoid = SIGMOID.1.into_iter().filter(|_| sigmoid).map(|var| (SIGMOID.0, var));
        trained.chain(sigmoid).map(|(activation, weight_var)| Self::new(activation, weight_var)).collect()
    }

    /// What gradients do with depth.
    pub(super) fn gradients(&self) -> &'static str {
        match self.chi {
            chi if chi < 1.0 - 1e-6 => "vanish",
            chi if chi > 1.0 + 1e-6 => "explode",
            _ => "stay",
        }
    }

    /// The first columns of all tables.
    pub(super) fn values(&self) -> Vec<Value> {
        vec![self.activation.into(), self.gradients().into(), self.weight_var.into(), self.chi.into()]
    }

    /// # Arguments
    /// * `shape`: features, width, depth, outputs.
    pub(super) fn network(&self, shape: [usize; 4]) -> Result<Architecture, StudyError> {
        let [features, width, depth, outputs] = shape;
        let spec = ArchitectureSpec {
            activation: Some(activation(self.activation)?),
            weight_var: Some(PerLayer::Uniform(self.weight_var)),
            bias_var: Some(PerLayer::Uniform(BIAS_VAR)),
            ..ArchitectureSpec::default()
        };
        of_width(features, width, depth, outputs, spec)
    }
}

fn activation(name: &str) -> Result<Activation, StudyError> {
    name.parse().map_err(|_| StudyError::Missing { what: "activation", name: name.into() })
}

/// The first columns of all tables.
pub(super) const COLUMNS: [(&str, &str); 4] = [
    ("activation", "φ"),
    ("gradients", "whether they vanish, stay or explode with depth, by χ_1 below, at or above 1"),
    ("weight_var", "σ_w²"),
    ("chi", "χ_1, the factor by which a layer multiplies squares of gradients"),
];

/// Columns after the first ones.
pub(super) fn columns(more: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
    COLUMNS.into_iter().chain(more.iter().copied()).collect()
}

/// Seeds of different pieces, so that they are independent.
pub(super) fn seed_of(seed: u64, table: u64, piece: usize) -> u64 {
    seed.wrapping_mul(1_000_000).wrapping_add(100_000 * (table + 3)).wrapping_add(piece as u64)
}
