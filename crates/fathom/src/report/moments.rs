//! Finite-width moments in words.

use super::format::{Lines, Part, describe, from_log, number, scaled};
use crate::analysis::{Available, MomentsReport, PairReport};
use crate::moments::first_order::{FirstOrder, PerLayerCosts, Reliability, TwoInputs};
use crate::moments::{ReluLimit, ReluMoments};

/// Finite-width moments of the NTK at one input, or two, as text.
pub fn moments_text(report: &MomentsReport) -> String {
    moments_lines(report).finish()
}

/// The same as headings, labels, values and tables.
pub fn moments_parts(report: &MomentsReport) -> Vec<Part> {
    moments_lines(report).parts()
}

fn moments_lines(report: &MomentsReport) -> Lines {
    let mut lines = Lines::default();
    lines.heading("Moments of the NTK Θ(x, x) over initialisations, one output");
    describe(&mut lines, &report.architecture);
    lines.row("squared norm |x|²", number(report.sq_norm));
    if let Some(exact) = section(&mut lines, "Exact, at these widths", &report.exact) {
        exact_rows(&mut lines, exact, report.log_range);
    }
    if let Some(limit) = section(&mut lines, "Limit of depth and width growing at this ratio", &report.limit) {
        limit_rows(&mut lines, limit);
    }
    update_rows(&mut lines, report);
    if let Some(first) = section(&mut lines, "First order in 1/width", &report.first_order) {
        first_order_rows(&mut lines, first);
    }
    if let Some(costs) = &report.per_layer
        && let Some(costs) = section(&mut lines, "Layer by layer: Var Θ = Σ C_l/n_l, E Θ − Θ∞ = Σ T_l/n_l", costs)
    {
        per_layer_rows(&mut lines, costs);
    }
    if let Some(pair) = &report.two_inputs {
        pair_rows(&mut lines, pair);
    }
    lines
}

/// The heading of a part; its content, or the reason why there is none.
fn section<'a, T>(lines: &mut Lines, title: &str, part: &'a Available<T>) -> Option<&'a T> {
    lines.heading(title);
    if let Some(reason) = part.reason() {
        lines.row("not available", reason);
    }
    part.get()
}

fn exact_rows(lines: &mut Lines, m: &ReluMoments, log_range: Option<[f64; 2]>) {
    lines.row("mean E Θ", scaled(m.mean));
    lines.row("second moment E Θ²", scaled(m.second_moment));
    lines.row("variance", scaled(m.variance));
    lines.row("dispersion E Θ²/(E Θ)²", format!("{} (ln {})", scaled(m.dispersion), number(m.log_dispersion)));
    lines.row("std / mean", scaled(m.relative_std));
    if let Some([low, high]) = log_range {
        lines.row("nine networks of ten (log-normal)", format!("{} to {}", from_log(low), from_log(high)));
    }
    if let Some(o) = &m.outputs {
        lines.row("two outputs: E Θ_aa Θ_bb", scaled(o.diagonal_product));
        lines.row("two outputs: E Θ_ab²", scaled(o.off_diagonal_square));
        lines.row("trace: mean", scaled(o.trace_mean));
        lines.row("trace: second moment", scaled(o.trace_second_moment));
    }
    if m.alive_probability.to_f64() < 1.0 - 1e-12 {
        lines.row("probability that no layer is dead", scaled(m.alive_probability));
    }
}

fn limit_rows(lines: &mut Lines, limit: &ReluLimit) {
    lines.row("λ = depth/width", number(limit.lambda));
    lines.row("dispersion", scaled(limit.dispersion));
}

fn update_rows(lines: &mut Lines, report: &MomentsReport) {
    let (fixed, real) = (&report.update_fixed_pattern, &report.update_real_step);
    if fixed.get().is_none() && real.get().is_none() && report.first_order.get().is_some() {
        return;
    }
    lines.heading("First gradient step on ½(f − y)², mean change of Θ for each unit of learning rate");
    match (fixed.get(), fixed.reason()) {
        (Some(value), _) => lines.row("derivative, fixed activations", format!("{} (exact)", scaled(*value))),
        (_, reason) => lines.row("derivative, fixed activations", reason.unwrap_or_default()),
    }
    match (real.get(), real.reason()) {
        (Some(update), _) => {
            lines.row("neurons switching on and off", format!("{} (leading order)", scaled(update.crossing)));
            lines.row("real step", scaled(update.finite_step));
        }
        (_, reason) => lines.row("real step", reason.unwrap_or_default()),
    }
}

fn first_order_rows(lines: &mut Lines, m: &FirstOrder) {
    lines.row("infinite width: Θ∞, Σ∞", format!("{}, {}", scaled(m.ntk), scaled(m.nngp)));
    lines.row("mean shift E Θ − Θ∞", scaled(m.ntk_mean_shift));
    lines.row("variance", scaled(m.ntk_variance));
    lines.row("std / mean", number(m.relative_variance.sqrt()));
    lines.row("covariance of Θ and f²", scaled(m.cov_ntk_output_sq));
    lines.row("reliability", reliability_words(m.reliability));
    match &m.movement {
        Ok(movement) => {
            lines.row("first step: E ΔΘ/η", scaled(movement.mean_gradient * -2.0));
            lines.row("first step: rms ΔΘ/η (y = 0)", scaled(movement.rms_step(1.0, 0.0)));
        }
        Err(reason) => lines.row("first step", reason.to_string()),
    }
}

fn reliability_words(reliability: Reliability) -> &'static str {
    use crate::moments::first_order::Trust;
    match reliability.statistics {
        _ if reliability.kernel_fluctuates => "beyond first order: the forward kernel itself fluctuates",
        Trust::Quantitative => "quantitative, about 5 %",
        Trust::Indicative => "indicative, about 20 %",
        Trust::Beyond => "beyond first order: sample networks to know more",
    }
}

/// The moments at two inputs.
fn pair_rows(lines: &mut Lines, pair: &PairReport) {
    let Some(m) = section(lines, "Two inputs x, x′: first order in 1/width", &pair.first_order) else { return };
    let [first, second] = pair.mean_squares.map(number);
    lines.row("|x|²/n₀, |x′|²/n₀, cosine", format!("{first}, {second}, {}", number(pair.cosine)));
    lines.row("infinite width: Θ∞(x, x′)", scaled(m.ntk[1]));
    lines.row("mean shift E Θ(x, x′) − Θ∞", scaled(m.ntk_mean_shift[1]));
    let variance = m.ntk_covariance[1][1];
    lines.row("variance of Θ(x, x′)", scaled(variance));
    lines.row("std / mean", number(m.relative_variance.sqrt()));
    lines.row("correlation with Θ(x, x)", number(m.ntk_correlation(1, 0)));
    lines.row("covariance with f(x) f(x′)", scaled(m.ntk_output_covariance[1][1]));
    lines.row("reliability", if m.exact { "exact at any width" } else { reliability_words(m.reliability) });
    pair_movement_rows(lines, m);
}

fn pair_movement_rows(lines: &mut Lines, m: &TwoInputs) {
    match &m.movement {
        Ok(movement) => {
            let [by_first, by_second] = movement.mean_gradient.map(|row| row[1] * -1.0);
            lines.row("first step on x: E ΔΘ(x, x′)/η", scaled(by_first));
            lines.row("first step on x and x′", scaled(by_first + by_second));
        }
        Err(reason) => lines.row("first step", reason.to_string()),
    }
}

fn per_layer_rows(lines: &mut Lines, costs: &PerLayerCosts) {
    for (l, (c, t)) in costs.variance.iter().zip(&costs.mean_shift).enumerate() {
        lines.row(&format!("hidden layer {}", l + 1), format!("C = {}, T = {}", scaled(*c), scaled(*t)));
    }
}
