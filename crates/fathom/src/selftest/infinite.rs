//! Kinds of vectors about infinitely wide networks.

use super::decimal::Decimal;
use super::fields::{Evaluation, Fields, activation, reason};
use crate::Scaled;
use crate::activation::{Activation, Covariance};
use crate::infinite::{
    Expectations, PairInput, PairKernel, composed_pair_kernel, location_kernels, nngp_pair, pair_kernel,
};
use crate::spec::{Architecture, ArchitectureSpec, BranchScaling, CnnSpec, Composition, Padding, PerLayer, ResNetSpec};

/// $1 - c$ and $1 + c$ of three exact numbers.
fn gaps(xx: Decimal, yy: Decimal, xy: Decimal) -> (f64, f64) {
    let g = (xx * yy).sqrt();
    if g.to_f64() == 0.0 {
        return (1.0, 1.0);
    }
    let one = Decimal::from(1.0);
    let c = xy / g;
    ((one - c).to_f64().clamp(0.0, 2.0), (one + c).to_f64().clamp(0.0, 2.0))
}

/// `dual`: $F$ and $\dot F$ at one covariance.
pub(super) fn dual(v: &mut Fields<'_>) -> Evaluation {
    let activation = v.activation("act")?;
    let (q1, q2, k) = (v.decimal("q1")?, v.decimal("q2")?, v.decimal("k")?);
    let (gap, cogap) = gaps(q1, q2, k);
    let covariance = Covariance::from_gaps(q1.to_f64(), q2.to_f64(), gap, cogap).map_err(reason)?;
    let covariance =
        if k.to_f64() == 0.0 { Covariance::new(q1.to_f64(), q2.to_f64(), 0.0).map_err(reason)? } else { covariance };
    let moments = Expectations::new(&activation).at(&covariance);
    v.compare("value", moments.value);
    v.compare("deriv", moments.slope);
    Ok(())
}

pub(super) fn network(
    activation: Activation,
    depth: usize,
    weight_var: f64,
    bias_var: f64,
) -> Result<Architecture, String> {
    let spec = ArchitectureSpec {
        depth: Some(depth),
        activation: Some(activation),
        weight_var: Some(PerLayer::Uniform(weight_var)),
        bias_var: Some(PerLayer::Uniform(bias_var)),
        ..ArchitectureSpec::default()
    };
    Architecture::try_from(spec).map_err(reason)
}

fn kernel(arch: &Architecture, input: &PairInput) -> Result<PairKernel, String> {
    pair_kernel(arch, input).map_err(reason)
}

/// A pair from exact inner products.
fn pair_input(v: &mut Fields<'_>) -> Result<PairInput, String> {
    let (xx, yy, xy) = (v.decimal("xx")?, v.decimal("yy")?, v.decimal("xy")?);
    let (gap, cogap) = gaps(xx, yy, xy);
    if xy.to_f64() == 0.0 {
        return PairInput::from_inner_products(xx.to_f64(), yy.to_f64(), 0.0).map_err(reason);
    }
    PairInput::from_gaps(xx.to_f64(), yy.to_f64(), gap, cogap).map_err(reason)
}

/// $\sqrt{K_{11} K_{22}}$, by which an entry $K_{12}$ is measured.
fn scale(entries: &[Scaled; 3]) -> Scaled {
    entries[0].sqrt() * entries[1].sqrt()
}

/// `resnet_relu`: NNGP and NTK of a pair of a residual network.
pub(super) fn resnet(v: &mut Fields<'_>) -> Evaluation {
    let input = pair_input(v)?;
    let network = Composition::try_from(ResNetSpec {
        features: 1,
        depth: v.depth("L")?,
        activation: Activation::relu(),
        weight_var: v.number("sw2")?,
        bias_var: v.number("sb2")?,
        scaling: v.text("lambda_sq")?.parse().map_err(reason)?,
    });
    let k = composed_pair_kernel(&network.map_err(reason)?, &input).map_err(reason)?;
    v.compare_list("nngp", &k.nngp, scale(&k.nngp));
    v.compare_list("ntk", &k.ntk, scale(&k.ntk));
    Ok(())
}

/// Most numbers of an image in a vector: its kernels hold as many pairs.
const MOST_NUMBERS: usize = 10_000;

/// An image written as a list of places, each a list of channels.
fn image(v: &mut Fields<'_>, name: &str) -> Result<Vec<Vec<f64>>, String> {
    let text = v.text(name)?;
    let places: Vec<Vec<f64>> = serde_json::from_str(text).map_err(|e| format!("the field {name} is no image: {e}"))?;
    let channels = places.first().map_or(0, Vec::len);
    if channels == 0 || places.iter().any(|place| place.len() != channels) || places.len() * channels > MOST_NUMBERS {
        return Err(format!(
            "the field {name} needs places with as many channels each, at most {MOST_NUMBERS} numbers"
        ));
    }
    Ok(places)
}

/// `cnn_relu_circular`: NNGP and NTK at places of two images of a circular convolutional network, as `order` says.
pub(super) fn circular(v: &mut Fields<'_>) -> Evaluation {
    let (x, y) = (image(v, "X")?, image(v, "Y")?);
    let depth = v.depth("L")?;
    let half_width = v.count("kernel_half_width")?;
    if half_width >= x.len() {
        return Err("the field kernel_half_width must be less than the number of places".into());
    }
    let residual = v.get("residual")?.as_bool().ok_or("the field residual is not true or false")?;
    let network = Composition::try_from(CnnSpec {
        input: vec![x.len(), x[0].len()],
        depth,
        filter: vec![2 * half_width + 1],
        padding: Padding::Circular,
        activation: Activation::relu(),
        weight_var: v.number("sw2")?,
        bias_var: v.number("sb2")?,
        scaling: residual.then_some(BranchScaling::Constant(1.0)),
    })
    .map_err(reason)?;
    let (x, y) = (x.concat(), y.concat());
    let of = |other: &[f64]| location_kernels(&network, &x, other).map_err(reason);
    let (own, across) = (of(&x)?, of(&y)?);
    let entries = v.text("order")?.split(';').flat_map(|part| {
        let (kind, list) = part.trim().split_once(' ').unwrap_or((part, ""));
        list.split("],").map(move |entry| (kind, entry.trim().trim_end_matches(']')))
    });
    let entry = |(kind, entry): (&str, &str)| {
        let (pair, places) = entry.split_once('[')?;
        let (i, j) = places.split_once(',')?;
        let (i, j) = (i.trim().parse().ok()?, j.trim().parse().ok()?);
        let kernels = match pair {
            "xx" => &own,
            "xy" => &across,
            _ => return None,
        };
        match kind {
            "nngp" => kernels.nngp(i, j),
            "ntk" => kernels.ntk(i, j),
            _ => None,
        }
    };
    let computed: Option<Vec<Scaled>> = entries.map(entry).collect();
    let computed =
        computed.ok_or("the field order does not name entries like \"nngp xy[0,1], xx[0,2]; ntk xy[0,0]\"")?;
    let scale = own.ntk(0, 0).unwrap_or(Scaled::ZERO);
    v.compare_list("values", &computed, scale);
    Ok(())
}

/// `mlp`: NNGP and NTK of a pair given by inner products.
pub(super) fn mlp(v: &mut Fields<'_>) -> Evaluation {
    let input = pair_input(v)?;
    let activation = v.activation("act")?;
    let depth = v.depth_for("L", &activation)?;
    let arch = network(activation, depth, v.number("sw2")?, v.number("sb2")?)?;
    if !v.has("ntk") {
        // Activations that jump have no NTK.
        let nngp = nngp_pair(&arch, &input).map_err(reason)?.nngp;
        v.compare_list("nngp", &nngp, scale(&nngp));
        return Ok(());
    }
    let k = kernel(&arch, &input)?;
    v.compare_list("nngp", &k.nngp, scale(&k.nngp));
    v.compare_list("ntk", &k.ntk, scale(&k.ntk));
    Ok(())
}

/// `relu_gap`: variances, gap and NTK gap of a pair whose first-layer variances and gap are given.
pub(super) fn relu_gap(v: &mut Fields<'_>) -> Evaluation {
    let start = v.numbers("q_start")?;
    let [q1, q2] = start[..] else { return Err("q_start needs two numbers".into()) };
    let (weight_var, bias_var) = (v.number("sw2")?, v.number("sb2")?);
    // The vector starts after the first weight layer; a first layer of weight variance 1 without bias leads there.
    let depth = v.depth("L")?;
    let list =
        |first: f64, rest: f64| PerLayer::Layers((0..depth).map(|l| if l == 0 { first } else { rest }).collect());
    let spec = ArchitectureSpec {
        depth: Some(depth),
        weight_var: Some(list(1.0, weight_var)),
        bias_var: Some(list(0.0, bias_var)),
        ..ArchitectureSpec::default()
    };
    let arch = Architecture::try_from(spec).map_err(reason)?;
    let input = PairInput::from_gap(q1, q2, v.number("u0")?).map_err(reason)?;
    let k = kernel(&arch, &input)?;
    v.compare_list("var", &k.nngp[..2], 0.0);
    v.compare("u", k.gap);
    v.compare_list("ntk", &k.ntk, k.ntk[0].sqrt() * k.ntk[1].sqrt());
    v.compare("ntk_gap", k.ntk_gap);
    Ok(())
}

/// `depth_limit_relu_eoc`: gap and NTK at $\sigma_w^2 = 2$ from a first-layer variance `q` and gap `u0`.
pub(super) fn depth_limit_relu(v: &mut Fields<'_>) -> Evaluation {
    let depth = v.depth("L")?;
    let (weight_var, norm) = (v.number("sw2")?, v.number("q")? / v.number("sw2")?);
    let input = PairInput::from_gap(norm, norm, v.number("u0")?).map_err(reason)?;
    let k = kernel(&network(Activation::relu(), depth, weight_var, v.number("sb2")?)?, &input)?;
    v.compare("u", k.gap);
    v.compare("ntk_offdiag", k.ntk[2]);
    v.compare("ntk_offdiag_over_L", k.ntk[2] / Scaled::from(depth as f64));
    Ok(())
}

/// `depth_limit_erf_eoc`: the same for erf on its edge of chaos, from the fixed point `qstar` and gap `u0`.
pub(super) fn depth_limit_erf(v: &mut Fields<'_>) -> Evaluation {
    let activation = activation("erf")?;
    let depth = v.depth_for("L", &activation)?;
    let (q, u0) = (v.number("qstar")?, v.number("u0")?);
    let (weight_var, bias_var) = (v.number("sw2")?, v.number("sb2")?);
    // First-layer variance qstar and gap u0: undo the first weight layer.
    let inner = |c: f64| (q * c - bias_var) / weight_var;
    let norm = inner(1.0);
    let gap = q * u0 / (weight_var * norm);
    let input = PairInput::from_gap(norm, norm, gap).map_err(reason)?;
    let k = kernel(&network(activation, depth, weight_var, bias_var)?, &input)?;
    // The rate at which the gap falls: it follows from the other fields.
    v.ignore("beta");
    v.compare("u", k.gap);
    v.compare("ntk_offdiag", k.ntk[2]);
    v.compare("ntk_offdiag_over_qL", k.ntk[2] / Scaled::from(q * depth as f64));
    Ok(())
}
