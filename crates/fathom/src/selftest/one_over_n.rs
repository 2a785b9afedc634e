//! Kinds of vectors about corrections in 1 / width.

use super::fields::{Evaluation, Fields, MAX_LAYERS, activation, check_depth, reason};
use crate::Scaled;
use crate::activation::Activation;
use crate::analysis;
use crate::moments::first_order::{
    FirstOrder, MovementTensors, chaotic_slope, first_order, half_stable_point, per_layer, relu_crossing,
};
use crate::moments::{InputNorm, relu_moments};
use crate::spec::{Architecture, ArchitectureSpec, PerLayer, Widths};

/// A network of one input and one output around the hidden layers.
fn network(activation: Activation, hidden: &[usize], weight_var: f64, bias_var: f64) -> Result<Architecture, String> {
    let widths = Widths::new([&[1], hidden, &[1]].concat()).map_err(reason)?;
    let spec = ArchitectureSpec {
        widths: Some(widths),
        activation: Some(activation),
        weight_var: Some(PerLayer::Uniform(weight_var)),
        bias_var: Some(PerLayer::Uniform(bias_var)),
        ..ArchitectureSpec::default()
    };
    Architecture::try_from(spec).map_err(reason)
}

/// A critical relu network of hidden layers of width one.
fn unit_relu(depth: usize) -> Result<Architecture, String> {
    network(Activation::relu(), &vec![1; depth - 1], 2.0, 0.0)
}

/// A depth that is the name of a field.
fn depth_of(name: &str) -> Result<usize, String> {
    check_depth("L", name.parse().map_err(|_| format!("{name:?} is not a number of weight layers"))?, MAX_LAYERS)
}

fn movement(result: &FirstOrder) -> Result<MovementTensors, String> {
    result.movement_tensors.ok_or_else(|| "the activation has no movement tensors".into())
}

/// $E[dH^2]$, formal for kinked activations.
fn dh_squared(result: &FirstOrder) -> Result<Scaled, String> {
    match (&result.movement, &result.formal_movement) {
        (Ok(movement), _) => Ok(movement.dh_squared),
        (Err(_), Some(formal)) => Ok(formal.formal_dh_squared),
        (Err(error), None) => Err(reason(error)),
    }
}

/// `single_input`: every tensor at one input.
pub(super) fn single_input(v: &mut Fields<'_>) -> Evaluation {
    let (activation, hidden) = (v.activation("activation")?, v.counts("widths")?);
    if v.depth("L")? != hidden.len() + 1 {
        return Err("widths must list L - 1 hidden layers".into());
    }
    let arch = network(activation, &hidden, v.number("sw2")?, v.number("sb2")?)?;
    let result = first_order(&arch, v.number("q0")?).map_err(reason)?;
    let (s, m) = (&result.tensors, movement(&result)?);
    let statics = [
        ("K", s.nngp),
        ("Th", s.ntk),
        ("v", s.v),
        ("d", s.d),
        ("a", s.a),
        ("f", s.f),
        ("b", s.b),
        ("k1", s.k1),
        ("t1", s.t1),
    ];
    let moving = [
        ("p", m.p),
        ("q", m.q),
        ("r", m.r),
        ("s", m.s),
        ("t", m.t),
        ("u", m.u),
        ("aa", m.aa),
        ("ax", m.ax),
        ("ae", m.ae),
        ("xx", m.xx),
        ("xe", m.xe),
        ("ee", m.ee),
        ("I", m.i_sum),
        ("II", m.ii_sum),
        ("dH2", dh_squared(&result)?),
    ];
    v.compare_group("values", &[&statics[..], &moving[..]].concat())?;
    if v.has("derived") {
        let derived = [
            ("var_theta", result.ntk_variance),
            ("cov_theta_z2", result.cov_ntk_output_sq),
            ("E_z_dH", m.p + m.q * 2.0),
            ("E_ddI", m.r * 3.0),
            ("E_ddII", m.s + m.t + m.u),
            ("mean_theta_correction", result.ntk_mean_shift),
        ];
        v.compare_group("derived", &derived)?;
    }
    Ok(())
}

/// `relu_exact_finite_width`: exact moments, and the first order beside them.
pub(super) fn relu_exact_finite_width(v: &mut Fields<'_>) -> Evaluation {
    let hidden = v.counts("widths")?;
    let arch = network(Activation::relu(), &hidden, v.number("sw2")?, v.number("sb2")?)?;
    let sq_norm = v.number("q0")?;
    let constants = arch.constants().ok_or("the network has no widths")?;
    let input = InputNorm::new(sq_norm, None).map_err(reason)?;
    let exact = relu_moments(&constants, &input).map_err(reason)?;
    v.compare("E_Theta", exact.mean);
    v.compare("E_Theta2_exact", exact.second_moment);
    v.compare("relvar_exact", exact.relative_variance);
    v.compare("relvar_first_order", first_order(&arch, sq_norm).map_err(reason)?.relative_variance);
    Ok(())
}

/// `relu_closed_forms_sw2_2_sb2_0_q0_1`: critical relu networks of any depth.
pub(super) fn relu_closed_forms(v: &mut Fields<'_>) -> Evaluation {
    let result = first_order(&unit_relu(v.depth("L")?)?, 1.0).map_err(reason)?;
    let m = movement(&result)?;
    for source in ["closed_form", "recursion"] {
        v.compare(&format!("{source}_n_relvar"), result.relative_variance);
        v.compare(&format!("{source}_p_plus_2q"), m.p + m.q * 2.0);
        v.compare(&format!("{source}_ddH"), m.r * 3.0 + m.s + m.t + m.u);
    }
    Ok(())
}

/// `per_layer_coefficients`: what each hidden layer contributes.
pub(super) fn per_layer_coefficients(v: &mut Fields<'_>) -> Evaluation {
    let activation = v.activation("activation")?;
    let depth = v.depth_for("L", &activation)?;
    let arch = network(activation, &vec![1; depth - 1], v.number("sw2")?, v.number("sb2")?)?;
    let costs = per_layer(&arch, v.number("q0")?).map_err(reason)?;
    v.compare_list("C_var_theta", &costs.variance, costs.ntk * costs.ntk);
    v.compare_list("T_mean_theta", &costs.mean_shift, costs.ntk);
    Ok(())
}

/// `relu_crossing_coefficient_sw2_2_sb2_0_q0_1_y0`: by depth.
pub(super) fn relu_crossing_coefficient(v: &mut Fields<'_>) -> Evaluation {
    for (name, expected) in v.entries(None)? {
        let terms = relu_crossing(&unit_relu(depth_of(name)?)?, 1.0).map_err(reason)?;
        let sum = terms.into_iter().fold(Scaled::ZERO, |sum, term| sum + term);
        v.compare_value(name, sum, expected, 0.0);
    }
    Ok(())
}

/// `relu_E_dH2_unit_widths`: by depth.
pub(super) fn relu_dh_squared(v: &mut Fields<'_>) -> Evaluation {
    for (name, expected) in v.entries(None)? {
        let result = first_order(&unit_relu(depth_of(name)?)?, 1.0).map_err(reason)?;
        v.compare_value(name, dh_squared(&result)?, expected, 0.0);
    }
    Ok(())
}

/// `half_stable_points`: by activation.
pub(super) fn half_stable_points(v: &mut Fields<'_>) -> Evaluation {
    for (name, expected) in v.entries(None)? {
        let point = half_stable_point(&activation(name)?).map_err(reason)?;
        let Some(expected) = expected.as_object() else { return Err(format!("{name} is not an object")) };
        for (key, expected) in expected {
            let path = format!("{name}.{key}");
            match key.as_str() {
                "c" => v.compare_value(&path, point.weight_var, expected, 0.0),
                "beta" => v.compare_value(&path, point.bias_var, expected, 0.0),
                "Kstar" => v.compare_value(&path, point.nngp, expected, 0.0),
                _ => v.not_evaluated(&path, expected, "vectors of this kind have no such field"),
            }
        }
    }
    Ok(())
}

/// `chaotic_slopes`: growth of the relative variance with depth / width.
pub(super) fn chaotic_slopes(v: &mut Fields<'_>) -> Evaluation {
    let activation = v.activation("activation")?;
    let (weight_var, bias_var) = (v.number("sw2")?, v.number("sb2")?);
    let q_star = analysis::phase(&activation, weight_var, bias_var, None).map_err(reason)?.q_star;
    let q_star = q_star.ok_or("the variance of this network has no single fixed point")?;
    v.compare("SL", chaotic_slope(&activation, weight_var, bias_var, q_star).map_err(reason)?);
    Ok(())
}
