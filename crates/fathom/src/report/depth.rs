//! What depth does to a kernel, in words.

use super::format::{Lines, Part, number, scaled};
use crate::Scaled;
use crate::analysis::depth::{
    CircularFacts, ConvolutionalFacts, DataRow, DepthClass, DepthConstants, DepthDataReport, DepthNetwork, DepthRate,
    DepthReport, DepthRow, Distance, KernelLimit, LimitOrigin, TrainedRow,
};
use crate::spec::{BranchScaling, CnnEnding, Padding};

/// Entries of a predictor that are listed.
const LISTED: usize = 4;

/// Networks of every depth in a few words.
pub fn depth_network_words(network: &DepthNetwork) -> String {
    let kind = match network.scaling() {
        None => "fully connected".to_owned(),
        Some(BranchScaling::Constant(lambda_sq)) => format!("residual, λ² = {}", number(lambda_sq)),
        Some(scaling) => format!("residual, λ² = {scaling}"),
    };
    format!("{}, {kind}", network.activation())
}

/// The networks of a report in a few words.
pub fn depth_pair_words(report: &DepthReport) -> String {
    words_with_places(&report.network, report.circular.as_ref())
}

/// The networks of a report on data in a few words.
pub fn depth_data_words(report: &DepthDataReport) -> String {
    let Some(ConvolutionalFacts { padding, ending, .. }) = &report.convolutional else {
        return words_with_places(&report.network, report.circular.as_ref());
    };
    let edges = match padding {
        Padding::Same => "zero padding",
        Padding::Valid => "no padding",
        Padding::Circular => "circular padding",
    };
    let behind = match ending {
        CnnEnding::GlobalAveragePool => "global average pooling",
        CnnEnding::Flatten => "all places read out",
        CnnEnding::None => "no read-out",
    };
    let layers = match report.network.scaling() {
        None => report.network.activation().to_string(),
        Some(_) => depth_network_words(&report.network),
    };
    format!("{layers}, convolutions with {edges}, {behind}")
}

fn words_with_places(network: &DepthNetwork, circular: Option<&CircularFacts>) -> String {
    match (circular, network.scaling()) {
        (None, _) => depth_network_words(network),
        (Some(_), None) => format!("{}, circular convolutions", network.activation()),
        (Some(_), Some(_)) => format!("{}, circular convolutions", depth_network_words(network)),
    }
}

fn sizes_words(sizes: &[usize]) -> String {
    sizes.iter().map(usize::to_string).collect::<Vec<_>>().join("×")
}

/// Places, windows, and how soon patterns fade.
fn image_rows(lines: &mut Lines, circular: &CircularFacts) {
    let (images, window) = (sizes_words(&circular.sizes), sizes_words(&circular.filter));
    lines.row("images", format!("{images} places, windows of {window} that wrap around"));
    let fades = match circular.pattern_layers {
        Some(layers) => {
            format!("by e in {} layers: one convolution keeps {}", number(layers), number(circular.slowest_pattern))
        }
        None if circular.slowest_pattern >= 1.0 => "never: windows of one place mix nothing".into(),
        None => "like a power of the depth, or not at all: branches grow weak before places agree".into(),
    };
    lines.row("the slowest pattern fades", fades);
}

/// What a class says about great depth.
fn class_words(class: DepthClass) -> &'static str {
    match class {
        DepthClass::ReluLike => {
            "variances keep their ratios, so that correlations ignore the weight variance: they tend to 1 like 1/L², and the NTK \
             off the diagonal to a quarter of the diagonal"
        }
        DepthClass::GrowingReluLike => {
            "edge of chaos with a bias: variances grow linearly, and the NTK off the diagonal tends to 4/7 of the diagonal for \
             equal norms, less for others"
        }
        DepthClass::Kinked => "edge of chaos, φ has kinks: the NTK off the diagonal tends to a quarter of the diagonal",
        DepthClass::CurvatureJump => {
            "edge of chaos, φ″ jumps: the NTK off the diagonal tends to a third of the diagonal, more slowly than for smooth φ"
        }
        DepthClass::Smooth => "edge of chaos, smooth φ: the NTK off the diagonal tends to a third of the diagonal",
        DepthClass::VanishingOdd => {
            "edge of chaos without bias, odd smooth φ: variances fall like 1/L, correlations freeze, and the kernel keeps the data"
        }
        DepthClass::Ordered => "ordered: all entries of the NTK tend to one number, exponentially",
        DepthClass::Chaotic => {
            "chaotic: the diagonal of the NTK grows exponentially, and the rest tends to a number that counts for nothing beside it"
        }
        DepthClass::ResidualRelu => {
            "residual branches whose shares of the variance add up without bound: the NTK off the diagonal tends to a quarter of the \
             diagonal"
        }
        DepthClass::ResidualReluInverseDepth => {
            "residual branches of 1/L: the kernel tends to the solution of a differential equation, which keeps the data"
        }
        DepthClass::ResidualReluSummable => {
            "residual branches whose shares add up to a finite number: the kernel converges and keeps the data"
        }
        DepthClass::FirstLayer => {
            "branches with λ² = 0 add nothing: the kernel is that of the first layer at every depth, and keeps the data"
        }
        DepthClass::NotCovered => {
            "no statement about the rate is published or derived for this network: the table shows the recursion alone"
        }
    }
}

fn origin_words(origin: LimitOrigin) -> &'static str {
    match origin {
        LimitOrigin::Formula => "by a formula",
        LimitOrigin::Equation => "by a differential equation",
        LimitOrigin::Measured => "measured: the recursion, extrapolated",
        LimitOrigin::Unknown => "unknown",
    }
}

/// A rate as a formula.
pub fn depth_rate_words(rate: &DepthRate) -> String {
    let factor = number(rate.coefficient());
    match rate {
        DepthRate::LogOverDepth { .. } => format!("{factor} ln L/L"),
        DepthRate::Power { exponent, .. } => format!("{factor} L^−{}", number(*exponent)),
        DepthRate::InverseLog { .. } => format!("{factor}/ln L"),
        DepthRate::Exponential { layers, times_depth, .. } => {
            let depth = if *times_depth { " L" } else { "" };
            format!("{factor}{depth} exp(−L/{})", number(*layers))
        }
    }
}

fn constants_words(c: &DepthConstants) -> String {
    let named = [
        ("q*", c.q_star),
        ("χ₁", c.chi1),
        ("λ_q", c.lambda_q),
        ("c*", c.c_star.filter(|c| *c != 1.0)),
        ("χ(c*)", c.chi_star.filter(|_| c.c_star != Some(1.0))),
        ("s", c.s),
        ("ζ", c.zeta.filter(|zeta| *zeta != 0.0)),
        ("β", c.beta),
        ("γ", c.gamma),
        ("η", c.eta),
        ("ε", c.epsilon),
        ("ρ", c.rho),
        ("X", c.x),
        ("κ", c.kappa),
        ("δ₀", c.delta0),
        ("C", c.c),
        ("D", c.diagonal.filter(|d| *d != 0.0)),
        ("f″", c.curvature),
        ("ψ", c.psi),
    ];
    let known: Vec<String> =
        named.iter().filter_map(|(name, value)| Some(format!("{name} {}", number((*value)?)))).collect();
    known.join(", ")
}

/// What depth does to the kernel of a pair of inputs, as text.
pub fn depth_text(report: &DepthReport) -> String {
    depth_lines(report).finish()
}

/// The same as headings, labels, values and tables.
pub fn depth_parts(report: &DepthReport) -> Vec<Part> {
    depth_lines(report).parts()
}

fn depth_lines(report: &DepthReport) -> Lines {
    let mut lines = Lines::default();
    lines.heading("Depth");
    lines.row("networks", depth_pair_words(report));
    head(&mut lines, &report.network, report.class);
    let [first, second] = report.mean_squares;
    lines.row(
        "inputs",
        format!("|x|²/n₀ {} and {}, cosine {}", number(first), number(second), number(1.0 - report.input_gap)),
    );
    let limit = report
        .ratio_limit
        .map_or("unknown".into(), |limit| format!("{} ({})", number(limit), origin_words(report.origin)));
    let limit = match report.input_gap {
        0.0 => "1: parallel inputs belong to the diagonal, and what is said above is of others".into(),
        _ => limit,
    };
    lines.row("limit of Θ(x, x′)/Θ(x, x)", limit);
    if let Some(rate) = &report.rate {
        let words = match rate.coefficient() {
            0.0 => "it is there from the first layer on".into(),
            _ => depth_rate_words(rate),
        };
        lines.row("approached as", words);
    }
    let constants = constants_words(&report.constants);
    if !constants.is_empty() {
        lines.row("constants", constants);
    }
    if let Some(circular) = &report.circular {
        image_rows(&mut lines, circular);
    }
    if let Some(onset) = report.onset {
        lines.row("layers before the rate applies", format!("several times {}", number(onset)));
    }
    let needed = &report.needed;
    if report.ratio_limit.is_some() {
        let by_rate = match needed.predicted {
            _ if report.class == DepthClass::FirstLayer => "at every depth".into(),
            Some(depth) => format!("from {} layers on by the rate", number(depth)),
            None if report.rate.is_some() => "beyond 10^18 layers by the rate".into(),
            None => "no rate known".into(),
        };
        let by_recursion = needed.verified.map_or(String::new(), |depth| format!("; from {depth} on by the recursion"));
        lines.row(&format!("within {} of the limit", number(needed.epsilon)), by_rate + &by_recursion);
    }
    pair_table(&mut lines, report);
    lines
}

fn head(lines: &mut Lines, network: &DepthNetwork, class: DepthClass) {
    lines.row("weight_var σ_w², bias_var σ_b²", format!("{}; {}", network.weight_var(), network.bias_var()));
    lines.row("at great depth", class_words(class));
}

fn pair_table(lines: &mut Lines, report: &DepthReport) {
    lines.heading("Recursion, and error of the rate beside it");
    let headings = ["L", "gap u", "Θ₁₂/√(q₁q₂)", "ratio", "error", "by the rate", "residual"];
    let row = |row: &DepthRow| {
        let optional = |x: Option<Scaled>| x.map_or("—".into(), |x| if x.is_zero() { "0".into() } else { scaled(x) });
        // Less than what is shown has no sign.
        let ratio = if row.ratio.abs() < 5e-8 { 0.0 } else { row.ratio };
        [
            row.depth.to_string(),
            scaled(row.gap),
            scaled(row.normalised),
            format!("{ratio:.7}"),
            optional(row.error),
            optional(row.predicted),
            row.residual.map_or("—".into(), |x| format!("{x:.6}")),
        ]
    };
    columns(lines, headings, [10, 11, 12, 11, 12, 12, 12], report.rows.iter().map(row));
    if let Some(delta) = report.constants.delta0 {
        lines.raw(&format!("  The residual Θ₁₂/√(q₁q₂) − Y/n, with Y from the gap, tends to δ₀ = {delta:.6}."));
    }
}

/// A table whose columns have these widths.
fn columns<const N: usize>(
    lines: &mut Lines,
    headings: [&str; N],
    widths: [usize; N],
    rows: impl Iterator<Item = [String; N]>,
) {
    let rows: Vec<Vec<String>> = std::iter::once(headings.map(String::from)).chain(rows).map(Vec::from).collect();
    for row in &rows {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:>width$}"));
        lines.raw(&cells.collect::<Vec<_>>().join(" "));
    }
    lines.keep_table(rows.into_iter());
}

/// What depth makes of regression on a data set, as text.
///
/// # Arguments
/// * `source`: where the data comes from, in a few words.
pub fn depth_data_text(report: &DepthDataReport, source: &str) -> String {
    depth_data_lines(report, source).finish()
}

/// The same as headings, labels, values and tables.
pub fn depth_data_parts(report: &DepthDataReport, source: &str) -> Vec<Part> {
    depth_data_lines(report, source).parts()
}

fn depth_data_lines(report: &DepthDataReport, source: &str) -> Lines {
    let mut lines = Lines::default();
    lines.heading("Deep networks on data");
    lines.row("networks", depth_data_words(report));
    head(&mut lines, &report.network, report.class);
    let norms = if report.equal_norms { "of one norm" } else { "of different norms" };
    let (n, m) = (report.training_inputs, report.test_inputs);
    lines.row("inputs", format!("{n} for training, {m} for test, {norms}; {source}"));
    if let Some(circular) = &report.circular {
        image_rows(&mut lines, circular);
    }
    if let Some(ConvolutionalFacts { sizes, filter, .. }) = &report.convolutional {
        lines.row("images", format!("{} places, windows of {}", sizes_words(sizes), sizes_words(filter)));
    }
    lines.row("kernel over its diagonal", kernel_words(report));
    lines.row("predictor", predictor_words(report));
    if let Some(variance) = report.variance_limit {
        lines.row("variance over initialisations", format!("tends to {}", number(variance)));
    }
    if let Some(condition) = report.condition_limit {
        let words = match report.kernel_limit {
            KernelLimit::Ones => format!("grows like {} over the exponential of the rate", number(condition)),
            _ => format!("tends to {}", number(condition)),
        };
        lines.row("condition number", words);
    }
    distances(&mut lines, report);
    training(&mut lines, report);
    lines
}

fn kernel_words(report: &DepthDataReport) -> String {
    match (report.kernel_limit, report.ratio_limit) {
        (KernelLimit::Constant, Some(ratio)) => {
            format!(
                "tends to {} I + {} 11ᵀ, not to ones; the correlations of the NNGP do tend to ones",
                number(1.0 - ratio),
                number(ratio)
            )
        }
        (KernelLimit::Ones, _) => "tends to the matrix of ones, as the correlations of the NNGP do".into(),
        (KernelLimit::Identity, _) => "tends to the identity".into(),
        _ if report.convolutional.is_some() => "its limit is not known for this padding and ending".into(),
        _ => "keeps the data, or its limit is not known".into(),
    }
}

fn predictor_words(report: &DepthDataReport) -> String {
    let Some(limit) = &report.predictor_limit else {
        if report.convolutional.is_some() {
            return "its limit is not known: the table has it depth by depth".into();
        }
        return "no limit known: it keeps the data, or transients outlast the depths that can be followed".into();
    };
    let what = match report.kernel_limit {
        KernelLimit::Constant if report.equal_norms => "one number for all inputs, r Σy/(1 − r + nr)",
        KernelLimit::Constant => "one number for all directions, r Σy/(1 − r + nr) with the norms that survive",
        KernelLimit::Ones => "ordinary kriging",
        KernelLimit::Identity => "zero",
        KernelLimit::Unknown => "unknown",
    };
    let shown: Vec<String> = limit.iter().take(LISTED).map(|x| number(*x)).collect();
    let more = if limit.len() > LISTED { ", …" } else { "" };
    if report.kernel_limit == KernelLimit::Identity {
        "tends to zero".into()
    } else {
        format!("tends to {what}: {}{more}", shown.join(", "))
    }
}

fn distances(lines: &mut Lines, report: &DepthDataReport) {
    lines.heading("Distance of the kernel from its limit: largest, rms");
    let words = |d: Option<Distance>| d.map_or("—".into(), |d| format!("{}, {}", number(d.max), number(d.rms)));
    let row = |row: &DataRow| {
        let distances = [row.cosine, row.depth_normalised, Some(row.from_ones), Some(row.nngp_from_ones)].map(words);
        let [cosine, depth_normalised, from_ones, nngp_from_ones] = distances;
        [row.depth.to_string(), cosine, depth_normalised, from_ones, nngp_from_ones]
    };
    let headings = ["L", "over the diagonal", "over depth", "NTK from ones", "NNGP from ones"];
    columns(lines, headings, [10, 23, 23, 23, 23], report.rows.iter().map(row));
}

fn training(lines: &mut Lines, report: &DepthDataReport) {
    lines.heading("Training and prediction");
    let row = |row: &DataRow| {
        let depth = row.depth.to_string();
        let Some(TrainedRow {
            lambda_max,
            lambda_min,
            condition,
            max_learning_rate,
            variance,
            from_limit,
            test_error,
            ..
        }) = &row.trained
        else {
            // The kernel is singular to rounding: inputs are parallel, or forgotten.
            let [a, b, c, d, e, f] = ["singular", "0", "∞", "—", "—", "—"].map(String::from);
            return [depth, a, b, c, d, e, f, "—".into()];
        };
        [
            depth,
            scaled(*lambda_max),
            scaled(*lambda_min),
            scaled(*condition),
            scaled(*max_learning_rate),
            from_limit.map_or("—".into(), |d| number(d.max)),
            number(*variance),
            test_error.map_or("—".into(), number),
        ]
    };
    let headings = ["L", "λ_max", "λ_min", "condition", "2/λ_max", "from limit", "variance", "test error"];
    columns(lines, headings, [10, 10, 10, 10, 10, 11, 10, 10], report.rows.iter().map(row));
    if report.rows.iter().any(|row| row.trained.is_none()) {
        lines.raw("  Singular: to rounding, inputs are parallel, or forgotten.");
    }
    lines.raw("  Gradient descent is stable below 2/λ_max; at half of that, the slowest error falls by e in as many steps as the");
    lines.raw(
        "  condition number. From limit: largest difference between the predictor and its limit on the test inputs.",
    );
}
