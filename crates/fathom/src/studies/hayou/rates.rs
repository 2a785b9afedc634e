//! Ratio of off-diagonal to diagonal at great depth, on the edge of chaos and in residual networks.

use crate::activation::Activation;
use crate::analysis::depth::{DepthNetwork, DepthOptions, DepthRow, depth_report};
use crate::analysis::edge_of_chaos;
use crate::infinite::PairInput;
use crate::infinite::matrix::Watch;
use crate::spec::BranchScaling;
use crate::studies::{Piece, Scale, StudyError, Table, Value};

pub(super) const RATES: &str = "rates";

pub(super) fn table() -> Table {
    Table::new(
        RATES,
        "The NTK of two orthogonal inputs of equal norm against depth, with weights and biases on the edge of chaos, and in \
         residual networks.",
        &[
            ("network", "activation, and the scaling of residual branches"),
            ("class", "which statement about great depth applies"),
            ("depth", "weight layers, L"),
            ("ratio", "Θ(x, x′) / Θ(x, x)"),
            ("limit", "what it tends to, by the theory; nothing where that depends on the data"),
            ("diagonal", "Θ(x, x) / Σ(x, x)"),
            ("excess", "(ratio − limit) × diagonal"),
            ("predicted_ratio", "the ratio by the theory: limit and leading terms"),
            ("coefficient", "factor of the leading term of ratio − limit, by the theory"),
        ],
    )
}

/// A network of the table.
struct Case {
    name: &'static str,
    network: DepthNetwork,
    /// Mean square of the inputs, such that variances do not change with depth where they can.
    mean_square: f64,
}

fn critical(name: &'static str, bias_var: f64) -> Result<Case, StudyError> {
    let activation: Activation = name.parse()?;
    let point = edge_of_chaos(&activation, bias_var)?;
    let network = DepthNetwork::mlp(&activation, point.weight_var, point.bias_var)?;
    let reason = "the variance has no limit".to_owned();
    let q = point.q_star.ok_or_else(|| StudyError::Unmeasured { what: format!("the rate of {name}"), reason })?;
    Ok(Case { name, network, mean_square: (q - point.bias_var) / point.weight_var })
}

fn residual(name: &'static str, weight_var: f64, scaling: BranchScaling) -> Result<Case, StudyError> {
    let network = DepthNetwork::resnet(&"relu".parse()?, weight_var, 0.0, scaling)?;
    Ok(Case { name, network, mean_square: 1.0 })
}

fn cases() -> Result<Vec<Case>, StudyError> {
    let relu = DepthNetwork::mlp(&"relu".parse()?, 2.0, 0.0)?;
    Ok(vec![
        Case { name: "relu", network: relu, mean_square: 1.0 },
        critical("tanh", 0.05)?,
        critical("erf", 0.05)?,
        critical("elu", 0.05)?,
        residual("residual relu, σ_w² = 1", 1.0, BranchScaling::Constant(1.0))?,
        residual("residual relu, σ_w² = 2", 2.0, BranchScaling::Constant(1.0))?,
        residual("residual relu, σ_w² = 4", 4.0, BranchScaling::Constant(1.0))?,
        residual("residual relu, λ² = l^-1/2", 2.0, BranchScaling::Power(0.5))?,
        residual("residual relu, λ² = 1/l", 2.0, BranchScaling::Power(1.0))?,
        residual("residual relu, λ² = 1/L", 2.0, BranchScaling::InverseDepth)?,
    ])
}

pub(super) fn pieces<'a>(scale: Scale) -> Result<Vec<Piece<'a>>, StudyError> {
    let deepest = scale.pick(1_000, 100_000, 1_000_000);
    let mut pieces = Vec::new();
    for Case { name, network, mean_square } in cases()? {
        // Depths of 1, 2.5 and 5 times a power of ten.
        let tens = std::iter::successors(Some(100_usize), |ten| Some(ten * 10)).take_while(|ten| *ten <= 10 * deepest);
        let depths: Vec<usize> =
            tens.flat_map(|ten| [ten / 10, ten / 4, ten / 2]).filter(|depth| *depth <= deepest).collect();
        let description = format!("{name}, orthogonal inputs, depths to {deepest}");
        let seconds = deepest as f64 * if name == "elu" { 4e-6 } else { 1e-6 };
        pieces.push(Piece::new(RATES, description, seconds, move |_| {
            let input = PairInput::from_gap(mean_square, mean_square, 1.0)?;
            let options = DepthOptions { depths: depths.clone(), epsilon: 0.01 };
            let report = depth_report(&network, &input, &options, &Watch::default())?;
            let class = serde_json::to_value(report.class).ok();
            let class = class.as_ref().and_then(|class| class.as_str()).unwrap_or_default();
            let coefficient = report.rate.map(|rate| rate.coefficient());
            Ok(Some(report.rows.iter().map(|at| row(name, class, at, report.ratio_limit, coefficient)).collect()))
        }));
    }
    Ok(pieces)
}

fn row(name: &str, class: &str, at: &DepthRow, limit: Option<f64>, coefficient: Option<f64>) -> Vec<Value> {
    let [first, second, both] = at.ntk;
    // Θ/q of the diagonal from that of the pair.
    let diagonal = (at.normalised * (first.sqrt() * second.sqrt()) / both).to_f64();
    let predicted = limit.zip(at.predicted).map(|(limit, error)| limit + error.to_f64());
    vec![
        name.into(),
        class.into(),
        at.depth.into(),
        at.ratio.into(),
        limit.into(),
        diagonal.into(),
        limit.map(|limit| at.normalised.to_f64() - limit * diagonal).into(),
        predicted.into(),
        coefficient.into(),
    ]
}
