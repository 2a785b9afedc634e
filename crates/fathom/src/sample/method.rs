//! Which way of drawing to use.

use std::fmt;
use std::str::FromStr;

use super::shape::Shape;
use crate::spec::{Architecture, OptionError, WeightLaw};

/// A way to draw the NTK of a random network. All have the same law; equal seeds do not give equal networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// Two numbers a layer: relu, one input, one output, Gaussian weights. Cost independent of the widths.
    Chain,
    /// The action of Gaussian weights on the vectors that meet them: cost linear in the widths.
    Projected,
    /// Every weight: any law.
    Direct,
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Chain => "chain",
            Self::Projected => "projected",
            Self::Direct => "direct",
        })
    }
}

impl FromStr for Method {
    type Err = OptionError;

    fn from_str(text: &str) -> Result<Self, OptionError> {
        match text.trim().to_lowercase().as_str() {
            "chain" => Ok(Self::Chain),
            "projected" => Ok(Self::Projected),
            "direct" => Ok(Self::Direct),
            _ => Err(OptionError { what: "sampler", got: text.into(), allowed: "chain, projected, direct" }),
        }
    }
}

/// What stands against a method: what it needs, and what the network has.
pub(super) type Obstacle = (&'static str, String);

impl Method {
    /// Whether the method can draw this network on `k` inputs.
    pub(super) fn check(self, arch: &Architecture, shape: &Shape, k: usize) -> Result<(), Obstacle> {
        let gaussian = || match arch.weight_law() {
            WeightLaw::Gaussian => Ok(()),
            law => Err(("Gaussian weights", law.to_string())),
        };
        match self {
            Self::Direct => Ok(()),
            Self::Projected => gaussian(),
            Self::Chain if k != 1 => Err(("one input", k.to_string())),
            Self::Chain if shape.outputs() != 1 => Err(("one output", shape.outputs().to_string())),
            Self::Chain if shape.activation.name() != "relu" => Err(("relu", shape.activation.name())),
            Self::Chain => gaussian(),
        }
    }

    /// The fastest method for this network on `k` inputs by [`nanoseconds`](Self::nanoseconds).
    pub(super) fn fastest(arch: &Architecture, shape: &Shape, k: usize) -> Self {
        let possible = [Self::Chain, Self::Projected, Self::Direct].into_iter();
        let cost = |method: &Self| method.nanoseconds(arch, shape, k);
        let possible = possible.filter(|method| method.check(arch, shape, k).is_ok());
        possible.min_by(|a, b| cost(a).total_cmp(&cost(b))).unwrap_or(Self::Direct)
    }

    /// Time of a draw on one core, roughly: the constants were fitted to `benches/sample.rs`, and only their ratios
    /// matter.
    pub(super) fn nanoseconds(self, arch: &Architecture, shape: &Shape, k: usize) -> f64 {
        const NORMAL: f64 = 1.9;
        const OTHER_LAW: f64 = 4.0;
        // Operations a nanosecond: of narrow factorisations, of narrow and of large products.
        const FACTORISATIONS: f64 = 6.0;
        const NARROW: f64 = 20.0;
        const LARGE: f64 = 40.0;
        const CALL: f64 = 600.0;
        let columns = (k * shape.outputs()) as f64;
        let k = k as f64;
        let gaussian = arch.weight_law() == WeightLaw::Gaussian;
        shape.layers.iter().enumerate().fold(0.0, |sum, (l, layer)| {
            let (rows, outputs) = (layer.rows() as f64, layer.outputs as f64);
            let inner = if l == 0 { 0.0 } else { 1.0 };
            sum + match self {
                Self::Chain => 40.0,
                Self::Projected => {
                    let (rank, known) = (rows.min(k), outputs.min(columns));
                    let normals = outputs * rank + inner * (rows - rank) * known;
                    let factorisations = 2.0 * inner * rows * k * rank
                        + if columns < outputs { 2.0 * outputs * columns * columns } else { 0.0 };
                    let products = 2.0 * outputs * rank * k
                        + inner * (4.0 * rows * rank * columns + 2.0 * rows * rank * rank)
                        + 2.0 * inner * (outputs * rank * columns + (rows - rank) * known * columns);
                    normals * NORMAL + factorisations / FACTORISATIONS + products / NARROW + CALL
                }
                Self::Direct => {
                    let normals = outputs * rows;
                    let each = if gaussian { NORMAL } else { OTHER_LAW };
                    // Matrices that fall out of the cache are read from memory on the way back.
                    normals * (each + 1.0) + 2.0 * normals * (k + inner * columns) / LARGE + CALL
                }
            }
        })
    }

    /// Bytes that one thread needs.
    pub(super) fn bytes(self, arch: &Architecture, shape: &Shape, k: usize) -> u64 {
        let product = |factors: &[usize]| factors.iter().fold(8_u64, |p, &f| p.saturating_mul(f as u64));
        let columns = k.saturating_mul(shape.outputs());
        let widest = shape.layers.iter().map(|l| l.rows().max(l.outputs)).max().unwrap_or(0);
        let shared = product(&[2, columns, columns]).saturating_add(product(&[5, widest, columns]));
        if self == Self::Chain {
            return product(&[32, shape.layers.len()]);
        }
        shape.layers.iter().fold(shared, |sum, layer| {
            let (rows, outputs) = (layer.rows(), layer.outputs);
            let matrix = product(&[rows, outputs]);
            let own = match self {
                Self::Projected => product(&[rows.saturating_add(outputs), k.saturating_mul(2)]),
                // The reflectors of an orthogonal matrix and their application; squares of its shorter side.
                _ if arch.weight_law() == WeightLaw::Orthogonal => {
                    let short = rows.min(outputs);
                    matrix.saturating_mul(4).saturating_add(product(&[3, short, short]))
                }
                _ => matrix,
            };
            let signals = if self == Self::Direct { product(&[rows, k]) } else { 0 };
            let grams = product(&[outputs, k]).saturating_add(product(&[k, k]));
            sum.saturating_add(own).saturating_add(signals).saturating_add(grams)
        })
    }
}
