//! Against tensors of 20 digits from two quadratures in multiple precision, and closed forms for relu.

use fathom_ntk::moments::first_order::{FirstOrder, NoMovement, first_order, per_layer, relu_crossing};
use serde_json::Value;

use crate::{apart, network};

fn golden() -> Value {
    serde_json::from_str(include_str!("../golden/one-over-n.json")).unwrap()
}

fn number(value: &Value) -> f64 {
    value.as_f64().or_else(|| value.as_str().and_then(|s| s.parse().ok())).unwrap()
}

fn tensors(o: &FirstOrder) -> Vec<(&'static str, f64)> {
    let (s, m) = (&o.tensors, o.movement_tensors.unwrap());
    let movement = o.movement.as_ref().unwrap();
    [
        ("K", s.nngp),
        ("Th", s.ntk),
        ("v", s.v),
        ("d", s.d),
        ("a", s.a),
        ("f", s.f),
        ("b", s.b),
        ("k1", s.k1),
        ("t1", s.t1),
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
        ("dH2", movement.dh_squared),
        ("var_theta", o.ntk_variance),
        ("cov_theta_z2", o.cov_ntk_output_sq),
        ("E_z_dH", movement.mean_gradient),
        ("E_ddI", m.r * 3.0),
        ("E_ddII", m.s + m.t + m.u),
        ("mean_theta_correction", o.ntk_mean_shift),
    ]
    .map(|(name, value)| (name, value.to_f64()))
    .to_vec()
}

/// The tensors are sums of terms of both signs that cancel to about 1 % at worst, of averages good to 1e-15.
#[test]
fn single_input_tensors_agree_to_eleven_digits() {
    for case in golden()["single_input"].as_array().unwrap() {
        let name = case["activation"].as_str().unwrap();
        let hidden: Vec<String> = case["widths"].as_array().unwrap().iter().map(ToString::to_string).collect();
        let arch = network(name, &format!("1,{},1", hidden.join(",")), number(&case["sw2"]), number(&case["sb2"]));
        let result = tensors(&first_order(&arch, number(&case["q0"])).unwrap());
        let expected = ["values", "derived"].iter().flat_map(|group| case[*group].as_object().unwrap());
        let mut compared = 0;
        for (key, value) in expected {
            let got = result.iter().find(|(name, _)| name == key).unwrap().1;
            assert!(apart(got, number(value)) < 1e-11, "{name} {key}: {got} {value}");
            compared += 1;
        }
        assert_eq!(compared, result.len());
    }
}

#[test]
fn per_layer_coefficients_agree_and_add_up_at_unequal_widths() {
    let golden = &golden()["per_layer_coefficients"];
    let arch = network("tanh", "1,40,30,50,20,1", number(&golden["sw2"]), number(&golden["sb2"]));
    let costs = per_layer(&arch, 1.0).unwrap();
    for (l, expected) in golden["C_var_theta"].as_array().unwrap().iter().enumerate() {
        assert!(apart(costs.variance[l].to_f64(), number(expected)) < 1e-11, "C_{}", l + 1);
        // The last shift is 0; the golden value is a rounding error of 1e-301.
        let shift = number(&golden["T_mean_theta"][l]);
        let got = costs.mean_shift[l].to_f64();
        assert!(if l == 3 { got == 0.0 } else { apart(got, shift) < 1e-11 }, "T_{}: {got} {shift}", l + 1);
    }
    let whole = first_order(&arch, 1.0).unwrap();
    let sum = |terms: &[fathom_ntk::Scaled]| {
        terms.iter().zip([40.0, 30.0, 50.0, 20.0]).map(|(c, n)| c.to_f64() / n).sum::<f64>()
    };
    // Two orders of the same sums: rounding errors only.
    assert!(apart(sum(&costs.variance), whole.ntk_variance.to_f64()) < 1e-13);
    assert!(apart(sum(&costs.mean_shift), whole.ntk_mean_shift.to_f64()) < 1e-12);
    assert!(apart(sum(&costs.kernel_variance), whole.kernel_variance.to_f64()) < 1e-13);
    assert!((costs.best_shares().iter().sum::<f64>() - 1.0).abs() < 1e-14);
    let [c1, c2] = [0, 1].map(|l| costs.variance[l].to_f64());
    assert!(apart(costs.best_shares()[0] / costs.best_shares()[1], (c1 / c2).sqrt()) < 1e-13);
}

#[test]
fn relu_closed_forms_hold() {
    for case in golden()["relu_closed_forms_sw2_2_sb2_0_q0_1"].as_array().unwrap() {
        let depth = case["L"].as_u64().unwrap() as usize;
        let arch = network("relu", &format!("1,1x{},1", depth - 1), 2.0, 0.0);
        let o = first_order(&arch, 1.0).unwrap();
        let moving = o.movement_tensors.unwrap();
        // Sums of positive terms.
        assert!(apart(o.relative_variance, number(&case["closed_form_n_relvar"])) < 1e-13);
        let formal = o.formal_movement.unwrap();
        assert!(apart(formal.formal_mean_gradient.to_f64(), number(&case["closed_form_p_plus_2q"])) < 1e-13);
        let curvature = (moving.r * 3.0 + moving.s + moving.t + moving.u).to_f64();
        assert!(apart(curvature, number(&case["closed_form_ddH"])) < 1e-13);
        assert!(apart(o.kernel_dispersion, 5.0 * (depth - 1) as f64) < 1e-13);
        assert_eq!(o.ntk_mean_shift.to_f64(), 0.0);
        assert_eq!(o.movement.err(), Some(NoMovement::Kinked));
    }
    for (depth, expected) in golden()["relu_E_dH2_unit_widths"].as_object().unwrap() {
        let hidden = depth.parse::<usize>().unwrap() - 1;
        let arch = network("relu", &format!("1,1x{hidden},1"), 2.0, 0.0);
        let formal = first_order(&arch, 1.0).unwrap().formal_movement.unwrap();
        assert!(apart(formal.formal_dh_squared.to_f64(), number(expected)) < 1e-13, "L = {depth}");
    }
}

#[test]
fn relu_crossing_coefficients_agree() {
    for (depth, expected) in golden()["relu_crossing_coefficient_sw2_2_sb2_0_q0_1_y0"].as_object().unwrap() {
        let hidden = depth.parse::<usize>().unwrap() - 1;
        let arch = network("relu", &format!("1,64x{hidden},1"), 2.0, 0.0);
        let sum: f64 = relu_crossing(&arch, 1.0).unwrap().iter().map(|cx| cx.to_f64()).sum();
        // The bracket of each term cancels to about a tenth.
        assert!(apart(sum, number(expected)) < 1e-13, "L = {depth}: {sum}");
        let formal = first_order(&arch, 1.0).unwrap().formal_movement.unwrap();
        let step = formal.mean_step(0.5).unwrap().to_f64();
        let by_hand = -formal.formal_mean_gradient.to_f64() - 0.5 * sum / 8.0;
        assert!(apart(step, by_hand) < 1e-13);
    }
}
