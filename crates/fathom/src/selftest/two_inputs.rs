//! Kinds of vectors about corrections in 1 / width at two inputs.

use super::fields::{Evaluation, Fields, activation, check_depth, reason};
use crate::Scaled;
use crate::activation::Activation;
use crate::infinite::PairInput;
use crate::moments::first_order::{PairMovement, TwoInputs, two_inputs};
use crate::spec::{Architecture, ArchitectureSpec, Biases, Parameterization, PerLayer, Widths};

/// Most weight layers of a vector: each may cost a two-dimensional integral.
const MAX_LAYERS: usize = 10_000;
/// The inputs of all vectors of the kind `one_over_n`: norm 3 in three dimensions, cosine 1/2.
const SIXTY_DEGREES: &str = "columns sqrt(3)*(1,0,0) and sqrt(3)*(1/2,sqrt(3)/2,0)";
/// Rounding errors that vectors of double precision hold where a quantity is zero, relative to Θ.
const DOUBLE_NOISE: f64 = 1e-13;

fn network(
    activation: Activation,
    widths: Vec<usize>,
    weight_var: f64,
    bias_var: f64,
    biases: Biases,
) -> Result<Architecture, String> {
    check_depth("L", widths.len().saturating_sub(1), MAX_LAYERS)?;
    let spec = ArchitectureSpec {
        widths: Some(Widths::new(widths).map_err(reason)?),
        activation: Some(activation),
        weight_var: Some(PerLayer::Uniform(weight_var)),
        bias_var: Some(PerLayer::Uniform(bias_var)),
        biases: Some(biases),
        parameterization: Some(Parameterization::Ntk),
        ..ArchitectureSpec::default()
    };
    Architecture::try_from(spec).map_err(reason)
}

/// The result for `gram`, `widths` (hidden), `sw2` and `sb2` of a vector.
fn evaluate(v: &mut Fields<'_>) -> Result<TwoInputs, String> {
    let (activation, hidden) = (v.activation("activation")?, v.counts("widths")?);
    if v.depth("L")? != hidden.len() + 1 {
        return Err("widths must list L - 1 hidden layers".into());
    }
    let widths = [&[1], hidden.as_slice(), &[1]].concat();
    let arch = network(activation, widths, v.number("sw2")?, v.number("sb2")?, Biases::Trained)?;
    let [[xx, xy], [yx, yy]] = gram(v)?;
    if xy != yx {
        return Err("the field gram is not symmetric".into());
    }
    let input = PairInput::from_inner_products(xx, yy, xy).map_err(reason)?;
    two_inputs(&arch, &input).map_err(reason)
}

fn gram(v: &mut Fields<'_>) -> Result<[[f64; 2]; 2], String> {
    let rows = v.rows("gram")?;
    match rows.as_slice() {
        [first, second] => match (first.as_slice(), second.as_slice()) {
            (&[a, b], &[c, d]) => Ok([[a, b], [c, d]]),
            _ => Err("the field gram is not a 2 by 2 matrix".into()),
        },
        _ => Err("the field gram is not a 2 by 2 matrix".into()),
    }
}

/// The names that vectors give to statics; digits count inputs from 0.
fn statics(t: &TwoInputs) -> Vec<(&'static str, Scaled)> {
    let covariance = &t.ntk_covariance;
    vec![
        ("K00", t.nngp[0]),
        ("K01", t.nngp[1]),
        ("K11", t.nngp[2]),
        ("Theta00", t.ntk[0]),
        ("Theta01", t.ntk[1]),
        ("Theta11", t.ntk[2]),
        ("k1_01", t.nngp_mean_shift[1]),
        ("mean_corr_Theta00", t.ntk_mean_shift[0]),
        ("mean_corr_Theta01", t.ntk_mean_shift[1]),
        ("mean_corr_Theta11", t.ntk_mean_shift[2]),
        ("Var_Theta00", covariance[0][0]),
        ("Var_Theta01", covariance[1][1]),
        ("Var_Theta11", covariance[2][2]),
        ("Cov_Theta00_Theta01", covariance[0][1]),
        ("Cov_Theta00_Theta11", covariance[0][2]),
        ("Cov_Theta01_Theta11", covariance[1][2]),
        ("Cov_Theta01_z0z0", t.ntk_output_covariance[1][0]),
        ("Cov_Theta01_z0z1", t.ntk_output_covariance[1][1]),
        ("Cov_Theta01_z1z1", t.ntk_output_covariance[1][2]),
        ("V_00_00", t.kernel_covariance[0][0]),
        ("V_01_01", t.kernel_covariance[1][1]),
        ("V_00_11", t.kernel_covariance[0][2]),
    ]
}

/// The names that vectors give to the movement when input 0 or 1 is trained on.
fn movement(m: &PairMovement) -> Vec<(&'static str, Scaled)> {
    let (first, second) = (&m.mean_gradient, [0, 1].map(|a| m.mean_curvature[a][a].map(|x| x * 0.5)));
    vec![
        ("step1_Theta00_train0", first[0][0]),
        ("step1_Theta01_train0", first[0][1]),
        ("step1_Theta11_train0", first[0][2]),
        ("step1_Theta00_train1", first[1][0]),
        ("step1_Theta01_train1", first[1][1]),
        ("step1_Theta11_train1", first[1][2]),
        ("step2_Theta00_train0", second[0][0]),
        ("step2_Theta01_train0", second[0][1]),
        ("step2_Theta11_train0", second[0][2]),
        ("step2_Theta00_train1", second[1][0]),
        ("step2_Theta01_train1", second[1][1]),
        ("step2_Theta11_train1", second[1][2]),
    ]
}

/// `two_input_smooth`: statics and movement of an analytic activation.
pub(super) fn smooth(v: &mut Fields<'_>) -> Evaluation {
    // How well two grids of the reference agree.
    v.ignore("quadrature_rel_agreement");
    let result = evaluate(v)?;
    let moving = result.movement.as_ref().map_err(reason)?;
    v.compare_group("values", &[statics(&result), movement(moving)].concat())
}

/// `two_input_relu`: statics alone.
pub(super) fn relu(v: &mut Fields<'_>) -> Evaluation {
    let result = evaluate(v)?;
    v.compare_group("values", &statics(&result))
}

/// `one_over_n`: mean and variance at two inputs of equal norm at sixty degrees.
pub(super) fn one_over_n(v: &mut Fields<'_>) -> Evaluation {
    for (name, expected) in [("X", SIXTY_DEGREES), ("entry_order", "[11,12,22]")] {
        if v.text(name)? != expected {
            return Err(format!("the field {name} is not {expected:?}"));
        }
    }
    v.ignore("precision");
    let widths = v.counts("widths")?;
    if widths.first() != Some(&3) {
        return Err("the inputs have 3 features, so widths must begin with 3".into());
    }
    let (bias_var, beta) = (v.number("sb2")?, v.number("beta")?);
    let biases = match beta {
        _ if beta == bias_var => Biases::Trained,
        0.0 => Biases::Untrained,
        _ => return Err(format!("beta must be sb2 or 0 here, got {beta}")),
    };
    let arch = network(activation(v.text("act")?)?, widths, v.number("sw2")?, bias_var, biases)?;
    let result = two_inputs(&arch, &PairInput::from_gap(1.0, 1.0, 0.5).map_err(reason)?).map_err(reason)?;
    let size = result.ntk[0];
    v.compare_list("theta_inf", &result.ntk, size);
    v.compare_noisy_list("mean_correction", &result.ntk_mean_shift, size * DOUBLE_NOISE);
    v.compare_list("variance", &[0, 1, 2].map(|p| result.ntk_covariance[p][p]), size * size);
    Ok(())
}
