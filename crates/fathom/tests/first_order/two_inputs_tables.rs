//! Sampled networks of the theory's own verification, with standard errors, at Gram numbers 1, 0.3, 0.8.

use fathom_ntk::infinite::PairInput;
use fathom_ntk::moments::first_order::{TwoInputs, two_inputs};

use crate::{apart, network};

fn at(name: &str, depth: usize, weight_var: f64, bias_var: f64) -> TwoInputs {
    let arch = network(name, &format!("1,1x{},1", depth - 1), weight_var, bias_var);
    two_inputs(&arch, &PairInput::from_inner_products(1.0, 0.8, 0.3).unwrap()).unwrap()
}

/// `n` times a quantity, sampled at two widths (value, standard error), and its limit.
struct Row {
    what: &'static str,
    limit: f64,
    printed: f64,
    coarse: (f64, f64),
    fine: (f64, f64),
}

/// The limit has the printed digits; going from width $n$ to $2n$ halves the distance of the samples from it, up to four
/// standard errors and a quarter of it for the next order.
fn check(name: &str, rows: &[Row]) {
    for &Row { what, limit, printed, coarse, fine } in rows {
        assert!(apart(limit, printed) < 5e-4, "{name} {what}: {limit} {printed}");
        let distance = (fine.0 - limit) - 0.5 * (coarse.0 - limit);
        let noise = (fine.1.powi(2) + 0.25 * coarse.1.powi(2)).sqrt();
        let allowed = 4.0 * noise + 0.25 * 0.5 * (coarse.0 - limit).abs();
        assert!(distance.abs() < allowed, "{name} {what}: {distance} beyond {allowed}");
        assert!((fine.0 - limit).abs() < 0.12 * limit.abs(), "{name} {what}: {} {limit}", fine.0);
    }
}

/// Standard errors given for the last width only are taken √2 larger at the one before, where widths are smaller too.
#[test]
fn sampled_variances_and_steps_approach_the_theory_like_one_over_the_width() {
    let tanh = at("tanh", 4, 1.5, 0.1);
    let gelu = at("gelu", 3, 2.0, 0.05);
    let variance = |t: &TwoInputs, p: usize, q: usize| t.ntk_covariance[p][q].to_f64();
    let step = |t: &TwoInputs, p: usize| t.movement.as_ref().unwrap().mean_gradient[0][p].to_f64();
    let second = |t: &TwoInputs, p: usize| 0.5 * t.movement.as_ref().unwrap().mean_curvature[0][0][p].to_f64();
    let row = |what, limit, printed, coarse, fine| Row { what, limit, printed, coarse, fine };
    check(
        "tanh",
        &[
            row("Var Θ01", variance(&tanh, 1, 1), 2.549, (2.622, 0.012), (2.595, 0.011)),
            row("Cov(Θ00, Θ11)", variance(&tanh, 0, 2), 7.420, (7.49, 0.06), (7.47, 0.05)),
            row("step Θ01", step(&tanh, 1), -1.000, (-1.057, 0.017), (-1.024, 0.012)),
            row("step Θ11", step(&tanh, 2), 2.798, (2.777, 0.033), (2.775, 0.023)),
            row("second step Θ01", second(&tanh, 1), -7.457, (-8.38, 0.03), (-7.89, 0.02)),
            row("second step Θ11", second(&tanh, 2), 1.264, (1.192, 0.014), (1.235, 0.010)),
        ],
    );
    check(
        "gelu",
        &[
            row("Var Θ01", variance(&gelu, 1, 1), 36.07, (39.4, 0.2), (37.8, 0.2)),
            row("step Θ01", step(&gelu, 1), 39.85, (45.1, 0.3), (42.4, 0.2)),
            row("step Θ11", step(&gelu, 2), 52.26, (57.8, 0.4), (55.0, 0.3)),
            row("second step Θ01", second(&gelu, 1), 12.67, (14.9, 0.07), (13.89, 0.05)),
            row("second step Θ11", second(&gelu, 2), 32.92, (37.1, 0.14), (35.1, 0.1)),
        ],
    );
    for (name, depth, c, b, printed, coarse, fine) in [
        ("erf", 4, 1.2, 0.1, 2.173, (2.237, 0.010), (2.214, 0.010)),
        ("sin", 5, 0.8, 0.2, 0.5492, (0.551, 0.002), (0.557, 0.002)),
        ("relu", 4, 2.0, 0.0, 100.03, (109.4, 0.5), (104.6, 0.4)),
        ("relu", 5, 1.8, 0.2, 165.9, (185.6, 0.9), (176.9, 0.8)),
    ] {
        check(name, &[row("Var Θ01", variance(&at(name, depth, c, b), 1, 1), printed, coarse, fine)]);
    }
}

/// The mean off the diagonal, sampled with everything after layer 1 integrated exactly (L = 3), and by plain sampling.
#[test]
fn sampled_mean_shifts_agree_with_the_theory() {
    for (name, depth, c, b, printed, sampled, error) in [
        ("gelu", 3, 2.0, 0.05, 0.8808, 0.897, 0.017),
        ("tanh", 3, 1.5, 0.1, 0.01870, 0.0157, 0.0014),
        ("erf", 3, 1.2, 0.1, 0.0269, 0.0252, 0.0015),
        ("sigmoid", 3, 6.0, 0.1, -0.0816, -0.0808, 0.0008),
        ("tanh", 4, 1.5, 0.1, 0.0592, 0.052, 0.013),
        ("relu", 4, 2.0, 0.0, 1.8746, 1.87, 0.11),
    ] {
        let shift = at(name, depth, c, b).ntk_mean_shift[1].to_f64();
        // Three digits in places.
        assert!(apart(shift, printed) < 2.5e-3, "{name}: {shift} {printed}");
        assert!((sampled - shift).abs() < 4.0 * error && error < 0.25 * shift.abs(), "{name}: {shift} {sampled}");
    }
}
