//! Activations by name; gelu, swish and elu with derivatives written out by hand if the catalogue lacks them.

use std::f64::consts::{FRAC_1_SQRT_2, PI};
use std::sync::Arc;

use fathom_ntk::activation::{Activation, Breakpoint, Jet, Nonlinearity, Parity, Regularity};

#[derive(Debug)]
struct ByHand {
    name: &'static str,
    jet: fn(f64) -> Jet,
    breaks: &'static [Breakpoint],
}

impl Nonlinearity for ByHand {
    fn name(&self) -> String {
        format!("by-hand-{}", self.name)
    }
    fn value(&self, z: f64) -> f64 {
        (self.jet)(z)[0]
    }
    fn slope(&self, z: f64) -> f64 {
        (self.jet)(z)[1]
    }
    fn jet(&self, z: f64) -> Jet {
        (self.jet)(z)
    }
    fn regularity(&self) -> Regularity {
        match self.breaks {
            [] => Regularity::Smooth,
            [first, ..] if first.order == 1 => Regularity::Kinked,
            _ => Regularity::CurvatureJump,
        }
    }
    fn parity(&self) -> Parity {
        Parity::Neither
    }
    fn breakpoints(&self) -> Vec<Breakpoint> {
        self.breaks.to_vec()
    }
    fn strip(&self) -> f64 {
        if self.breaks.is_empty() { PI } else { 0.0 }
    }
}

fn gelu(z: f64) -> Jet {
    let cdf = 0.5 * libm::erfc(-z * FRAC_1_SQRT_2);
    let p = (-0.5 * z * z).exp() / (2.0 * PI).sqrt();
    let z2 = z * z;
    [
        z * cdf,
        cdf + z * p,
        p * (2.0 - z2),
        p * z * (z2 - 4.0),
        p * (-z2 * z2 + 7.0 * z2 - 4.0),
        p * z * (z2 * z2 - 11.0 * z2 + 18.0),
        0.0,
    ]
}

fn swish(z: f64) -> Jet {
    let s = 1.0 / (1.0 + (-z).exp());
    // Derivatives of the logistic function as polynomials in it.
    let d = [
        s,
        s * (1.0 - s),
        s * (1.0 - s) * (1.0 - 2.0 * s),
        s * (1.0 - s) * (1.0 - 6.0 * s + 6.0 * s * s),
        s * (1.0 - s) * (1.0 - 2.0 * s) * (1.0 - 12.0 * s + 12.0 * s * s),
        s * (1.0 - s) * (1.0 - 30.0 * s + 150.0 * s * s - 240.0 * s.powi(3) + 120.0 * s.powi(4)),
    ];
    let leibniz = |k: usize| z * d[k] + k as f64 * d[k - 1];
    [z * d[0], leibniz(1), leibniz(2), leibniz(3), leibniz(4), leibniz(5), 0.0]
}

fn elu(z: f64) -> Jet {
    if z > 0.0 {
        return [z, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0];
    }
    let e = z.exp();
    [z.exp_m1(), e, e, e, e, e, e]
}

fn hard_tanh(z: f64) -> Jet {
    [z.clamp(-1.0, 1.0), if z > -1.0 && z <= 1.0 { 1.0 } else { 0.0 }, 0.0, 0.0, 0.0, 0.0, 0.0]
}

/// The activation of that name.
pub(crate) fn activation(name: &str) -> Activation {
    let by_hand = |name, jet, breaks| {
        let by_hand = || Activation::custom(Arc::new(ByHand { name, jet, breaks }));
        name.parse().unwrap_or_else(|_| by_hand())
    };
    match name {
        "gelu" => by_hand("gelu", gelu, &[]),
        "swish" => by_hand("swish", swish, &[]),
        "elu" => by_hand("elu", elu, &[Breakpoint { at: 0.0, order: 2, jump: -1.0 }]),
        "hard-tanh" => by_hand(
            "hard-tanh",
            hard_tanh,
            &[Breakpoint { at: -1.0, order: 1, jump: 1.0 }, Breakpoint { at: 1.0, order: 1, jump: -1.0 }],
        ),
        _ => name.parse().unwrap(),
    }
}
