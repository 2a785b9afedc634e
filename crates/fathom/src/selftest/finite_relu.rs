//! Kinds of vectors about relu networks of finite width.

use super::fields::{Evaluation, Fields, reason};
use crate::moments::{
    InputNorm, ReluMoments, crossing_update, mean_first_update, relu_limits, relu_moments, weights_only,
};
use crate::spec::{Constants, PerLayer};

fn layers(v: &mut Fields<'_>, name: &str, depth: usize) -> Result<Vec<f64>, String> {
    match v.per_layer(name)? {
        PerLayer::Uniform(value) => Ok(vec![value; depth]),
        PerLayer::Layers(list) if list.len() == depth => Ok(list),
        PerLayer::Layers(list) => Err(format!("{name} lists {} values for {depth} weight layers", list.len())),
    }
}

fn input(v: &mut Fields<'_>) -> Result<InputNorm, String> {
    let fourth = if v.has("x4") { Some(v.number("x4")?) } else { None };
    InputNorm::new(v.number("x2")?, fourth).map_err(reason)
}

/// `moments`: exact mean, second moment and first update.
pub(super) fn moments(v: &mut Fields<'_>) -> Evaluation {
    let widths = v.counts("widths")?;
    let depth = widths.len().saturating_sub(1);
    let constants = Constants {
        widths,
        weight_var: layers(v, "sw2", depth)?,
        bias_var: layers(v, "sb2", depth)?,
        alpha: layers(v, "alpha", depth)?,
        beta: layers(v, "beta", depth)?,
        weight_kurtosis: v.number("kap")?,
        bias_kurtosis: v.number("kapb")?,
    };
    let input = input(v)?;
    let m = relu_moments(&constants, &input).map_err(reason)?;
    v.compare("mean", m.mean);
    v.compare("second_moment", m.second_moment);
    v.compare("dispersion", m.dispersion);
    match &m.outputs {
        Some(outputs) => {
            v.compare("E_Taa_Tbb", outputs.diagonal_product);
            v.compare("E_Tab_sq", outputs.off_diagonal_square);
        }
        None => {
            v.compare("S", m.update_sum);
            v.compare("dK_ae_over_eta", mean_first_update(&constants, &input).map_err(reason)?);
        }
    }
    compare_without_dead_layers(v, &m);
    Ok(())
}

fn compare_without_dead_layers(v: &mut Fields<'_>, m: &ReluMoments) {
    let (mean, second_moment) = match m.without_dead_layers {
        Some(coins) => (coins.mean, coins.second_moment),
        None => (m.mean, m.second_moment),
    };
    v.compare("mean_without_dead_correction", mean);
    v.compare("second_moment_without_dead_correction", second_moment);
}

/// `log_scaled`: logarithms of the moments of very deep networks without biases.
pub(super) fn log_scaled(v: &mut Fields<'_>) -> Evaluation {
    let depth = v.depth("L")?;
    let mut widths = vec![v.count("n_hidden")?; depth + 1];
    (widths[0], widths[depth]) = (v.count("n0")?, v.count("nL")?);
    let constants = Constants {
        weight_var: layers(v, "sw2", depth)?,
        bias_var: vec![0.0; depth],
        alpha: vec![1.0; depth],
        beta: vec![0.0; depth],
        weight_kurtosis: 0.0,
        bias_kurtosis: 0.0,
        widths,
    };
    let m = relu_moments(&constants, &input(v)?).map_err(reason)?;
    let closed = weights_only(&constants.widths).map_err(reason)?;
    v.compare_log("log_mean", m.mean.ln());
    v.compare_log("log_P", closed.log_p);
    v.compare("g", closed.g);
    v.compare_log("log_dispersion", m.log_dispersion);
    v.compare_log("log_second_moment", m.second_moment.ln());
    v.compare_log("log_S", m.update_sum.ln());
    Ok(())
}

/// `limits`: depth and width to infinity at a fixed ratio.
pub(super) fn limits(v: &mut Fields<'_>) -> Evaluation {
    let limits = relu_limits(v.number("lam")?).map_err(reason)?;
    v.compare("D_w", limits.d_w);
    v.compare("C", limits.cross);
    v.compare("D_b", limits.d_b);
    v.compare("sigma", limits.sigma);
    Ok(())
}

/// `kink`: what neurons that switch add to the first step.
pub(super) fn kink(v: &mut Fields<'_>) -> Evaluation {
    let widths = v.counts("widths")?;
    let depth = widths.len().saturating_sub(1);
    let constants = Constants {
        widths,
        weight_var: layers(v, "sw2", depth)?,
        bias_var: vec![v.number_or("sb2", 0.0)?; depth],
        alpha: vec![1.0; depth],
        beta: vec![v.number_or("beta", 0.0)?; depth],
        weight_kurtosis: 0.0,
        bias_kurtosis: 0.0,
    };
    let update = crossing_update(&constants, &input(v)?, v.number("y")?).map_err(reason)?;
    v.compare("kink_leading_over_eta", update.crossing);
    Ok(())
}
