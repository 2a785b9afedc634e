//! Predictions and selections in words.

use super::format::{Lines, Part, describe, number, scaled};
use crate::Scaled;
use crate::infinite::matrix::Network;
use crate::predict::{
    Candidate, Criterion, Held, Iterations, Method, Metrics, Prediction, Ridge, Selection, Solver, Time,
};

/// Candidates that are listed.
const LISTED: usize = 20;

/// A time in a few words.
pub fn time_words(time: Time) -> String {
    match time {
        Time::Infinite => "∞".into(),
        Time::Flow(t) => number(t),
        Time::Steps { learning_rate, steps } => format!("{steps} steps of {}", number(learning_rate)),
    }
}

fn solver_words(solver: Solver) -> &'static str {
    match solver {
        Solver::Cholesky => "Cholesky factorization of the kernel",
        Solver::Bordered => "bordered system of gaps: the kernel is nearly constant",
        Solver::Eigen => "eigenvectors of the kernel",
        Solver::ConjugateGradients => "preconditioned conjugate gradients",
        Solver::BorderedEigen => "eigenvectors of the gaps beside the constant vector: the kernel is nearly constant",
    }
}

/// What infinitely wide networks predict, as text.
///
/// # Arguments
/// * `metrics`: one for each time of the prediction, if test targets are known.
/// * `source`: where training and test inputs come from, in a few words.
pub fn prediction_text<'a>(
    network: impl Into<Network<'a>>,
    prediction: &Prediction,
    metrics: Option<&[Metrics]>,
    source: &str,
) -> String {
    prediction_lines(network, prediction, metrics, source).finish()
}

/// The same as headings, labels, values and tables.
pub fn prediction_parts<'a>(
    network: impl Into<Network<'a>>,
    prediction: &Prediction,
    metrics: Option<&[Metrics]>,
    source: &str,
) -> Vec<Part> {
    prediction_lines(network, prediction, metrics, source).parts()
}

fn prediction_lines<'a>(
    network: impl Into<Network<'a>>,
    prediction: &Prediction,
    metrics: Option<&[Metrics]>,
    source: &str,
) -> Lines {
    let mut lines = Lines::default();
    lines.heading("Prediction of infinitely wide networks after training");
    describe(&mut lines, network);
    let p = prediction;
    let repeated = match p.repeated_inputs {
        0 => String::new(),
        repeated => format!("; {repeated} repeat an earlier one and were merged with it"),
    };
    let inputs = p.training_inputs + p.repeated_inputs;
    lines.row("inputs", format!("{inputs} for training, {} for test{repeated}; {source}", p.test_inputs));
    lines.row("outputs", p.outputs.to_string());
    lines.row(
        "trained",
        match p.method {
            Method::Ntk => "all layers (NTK)",
            Method::Nngp => "the last layer (NNGP); at infinite time the Bayesian posterior",
        },
    );
    lines.row("ridge ρ", scaled(p.ridge));
    for solver in &p.solvers {
        lines.row("solved by", solver_words(*solver));
    }
    if let Some(iterative) = &p.iterative {
        iterations(&mut lines, iterative);
    }
    match (p.lambda_min, p.condition_estimate) {
        (Some(least), _) if least + p.ridge > Scaled::ZERO => {
            lines.row("condition number", scaled((p.lambda_max + p.ridge) / (least + p.ridge)));
        }
        (_, Some(condition)) => lines.row("condition number", format!("at least {}", number(condition))),
        _ => {}
    }
    let least = p.lambda_min.map_or_else(String::new, |least| format!(", smallest {}", scaled(least)));
    lines.row("eigenvalues of the kernel", format!("largest {}{least}", scaled(p.lambda_max)));
    lines.row("stable learning rates", format!("below {}", scaled(p.max_learning_rate)));
    for (i, at) in p.at.iter().enumerate() {
        lines.heading(&format!("At time {}", time_words(at.time)));
        if at.time.learning_rate().is_some_and(|rate| Scaled::from(rate) > p.max_learning_rate) {
            lines.row("note", "gradient descent diverges: the learning rate is above the stable ones");
        }
        lines.row("squared error, training inputs", number(at.train_error));
        if let Some(m) = metrics.and_then(|metrics| metrics.get(i)) {
            lines.row("squared error, test inputs", number(m.error));
            if let Some(error) = m.error_of_one_network {
                lines.row("the same of one network", number(error));
            }
            if let Some(within) = m.within_two_std {
                lines.row("targets within 2 std", number(within));
            }
            if let Some(accuracy) = m.accuracy {
                lines.row("accuracy, test inputs", number(accuracy));
            }
        }
        if let Some(variance) = at.variance.as_ref().filter(|v| !v.is_empty()) {
            let (low, high) = variance.iter().fold((f64::INFINITY, 0.0_f64), |(l, h), v| (l.min(*v), h.max(*v)));
            lines.row("std over initialisations", format!("{} to {}", number(low.sqrt()), number(high.sqrt())));
        }
        let shown: Vec<String> = at.mean.chunks(p.outputs).take(5).map(row_words).collect();
        if !shown.is_empty() {
            let more = if p.test_inputs > shown.len() { "; …" } else { "" };
            lines.row("mean on the first test inputs", shown.join("; ") + more);
        }
    }
    lines
}

/// How conjugate gradients went.
fn iterations(lines: &mut Lines, went: &Iterations) {
    let times = if went.corrections == 1 { "once" } else { "several times, the last time" };
    let largest = went.residuals.iter().copied().fold(0.0, f64::max);
    lines.row(
        "steps",
        format!(
            "{}; residual computed with the kernel in double precision {times}: at most {} of the targets",
            went.iterations,
            number(largest)
        ),
    );
    lines.row(
        "kernel of the steps",
        match went.held {
            Held::Packed => "in memory, four bytes a pair",
            Held::Recomputed => "computed again for every step",
            Held::Given => "from a file",
        },
    );
    let rest = number(went.unexplained);
    lines.row("preconditioner", format!("{} inputs, which leave {rest} of the trace of the kernel", went.rank));
}

fn row_words(row: &[f64]) -> String {
    let shown: Vec<String> = row.iter().take(10).map(|x| number(*x)).collect();
    shown.join(", ")
}

/// A grid of candidates, the best first, as text.
///
/// # Arguments
/// * `source`: where the inputs come from.
pub fn selection_text<T>(selection: &Selection<T>, source: &str) -> String
where
    for<'a> &'a T: Into<Network<'a>>,
{
    selection_lines(selection, source).finish()
}

/// The same as headings, labels, values and tables.
pub fn selection_parts<T>(selection: &Selection<T>, source: &str) -> Vec<Part>
where
    for<'a> &'a T: Into<Network<'a>>,
{
    selection_lines(selection, source).parts()
}

fn selection_lines<T>(selection: &Selection<T>, source: &str) -> Lines
where
    for<'a> &'a T: Into<Network<'a>>,
{
    let mut lines = Lines::default();
    lines.heading("Networks by what their kernel makes of the training data");
    lines.row("inputs", source);
    let by = match selection.criterion {
        Criterion::LeaveOneOut => "leave-one-out squared error",
        Criterion::Accuracy => "leave-one-out accuracy",
        Criterion::MarginalLikelihood => "log marginal likelihood",
    };
    lines.row("best by", by);
    let mut order: Vec<usize> = (0..selection.candidates.len()).collect();
    order.sort_by(|&a, &b| selection.compare(a, b));
    let scored = order.iter().filter(|&&i| selection.candidates[i].outcome.scores().is_some()).count();
    lines.row("candidates", format!("{} with scores, {} without", scored, order.len() - scored));
    lines.heading("Leave-one-out squared error and accuracy, and log marginal likelihood");
    let listed = &order[..order.len().min(LISTED)];
    let rows: Vec<_> = listed.iter().map(|&i| candidate_row(&selection.candidates[i])).collect();
    let headings = [
        "depth",
        "σ_w²",
        "σ_b²",
        "ridge",
        "of",
        "loo error",
        "accuracy",
        "likelihood",
        "network; why there is no score",
    ];
    lines.table(headings, &rows);
    if order.len() > LISTED {
        lines.row("", format!("and {} more, in the JSON form", order.len() - LISTED));
    }
    lines
}

/// A network of the grid and its scores.
fn candidate_row<T>(candidate: &Candidate<T>) -> [String; 9]
where
    for<'a> &'a T: Into<Network<'a>>,
{
    let scores = candidate.outcome.scores();
    let (depth, [weight_var, bias_var], network) = match (&candidate.network).into() {
        Network::Layers(arch) => {
            let variances = match arch.uniform_variances() {
                Some((weight_var, bias_var)) => [weight_var, bias_var].map(number),
                None => ["by layer", "by layer"].map(String::from),
            };
            (arch.depth(), variances, arch.activation().to_string())
        }
        Network::Blocks(blocks) => {
            let name = format!("{} blocks on {}", blocks.blocks().len(), blocks.input());
            (blocks.depth(), ["by block", "by block"].map(String::from), name)
        }
    };
    let (ridge, of) = match candidate.ridge {
        Ridge::Absolute(ridge) => (number(ridge), ""),
        Ridge::Relative(share) => (number(share), "diagonal"),
    };
    let score = |value: Option<f64>| value.map_or("—".into(), number);
    [
        depth.to_string(),
        weight_var,
        bias_var,
        ridge,
        of.into(),
        score(scores.map(|s| s.loo_error)),
        score(scores.and_then(|s| s.loo_accuracy)),
        score(scores.map(|s| s.log_marginal_likelihood)),
        candidate.outcome.reason().map_or(network.clone(), |why| format!("{network}; {why}")),
    ]
}
