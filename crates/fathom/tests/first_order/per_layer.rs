//! The coefficient of each layer, against a published vector and the sum at unequal widths.

use fathom_ntk::moments::first_order::{first_order, per_layer};
use serde_json::Value;

use crate::{apart, network};

fn golden() -> Value {
    serde_json::from_str(include_str!("../golden/one-over-n.json")).unwrap()
}

fn number(value: &Value) -> f64 {
    value.as_f64().or_else(|| value.as_str().and_then(|s| s.parse().ok())).unwrap()
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
