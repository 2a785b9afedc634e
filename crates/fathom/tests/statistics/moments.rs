//! Moments and standard errors against exact rationals (`golden/moments.py`).

use fathom_ntk::Scaled;
use fathom_ntk::statistics::{Estimate, Observables};
use serde_json::Value;

use super::{ledger, power_of_two};

/// The exponents of all draws are shifted by these: inside and far outside of the range of `f64`.
const SHIFTS: [i64; 3] = [0, 5_000, -70_001];

fn number(value: &Value) -> Scaled {
    Scaled::from(value[0].as_f64().unwrap()) * power_of_two(value[1].as_i64().unwrap())
}

/// An estimate whose value has the unit $2^{\text{unit}}$.
///
/// A squared standard error is a difference of terms of size (se² + value²/n), so this is what its error is relative to.
fn check(name: &str, got: Estimate, case: &Value, unit: i64, tolerance: f64) {
    let (n, power) = (case["n"].as_f64().unwrap(), power_of_two(unit));
    let (value, error) = (number(&case[name][0]) * power, number(&case[name][1]) * power);
    let off = ((got.value - value).abs() / value.abs()).to_f64();
    assert!(off <= tolerance, "{name}, n = {n}: relative error {off:e}, allowed {tolerance:e}");
    let got_error = got.standard_error.unwrap();
    let size = error * error + value * value * n.recip();
    let off = ((got_error * got_error - error * error).abs() / size).to_f64();
    assert!(off <= 4.0 * tolerance, "error of {name}, n = {n}: relative error {off:e}, allowed {:e}", 4.0 * tolerance);
}

#[test]
fn estimates_and_standard_errors_agree_with_exact_rationals() {
    let golden: Value = serde_json::from_str(include_str!("../golden/moments.json")).unwrap();
    let observables = Observables::new(["x", "y"]).unwrap().with_joint(&[0, 1]).unwrap();
    let cases = golden["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 8);
    for case in cases {
        let [n, offset, octaves] = ["n", "offset", "octaves"].map(|name| case[name].as_i64().unwrap());
        for shift in SHIFTS {
            let powers: Vec<Scaled> = (0..41).map(|k| power_of_two(octaves * k + shift)).collect();
            let draw = |i: u64| {
                let i = i as i64;
                let x = Scaled::from(((i * 7919) % 1009 + offset) as f64) * powers[((i * 31) % 41) as usize];
                let y = Scaled::from(((i * i * 17) % 733 - 300) as f64);
                vec![(i % 13 != 5).then_some(x), Some(y)]
            };
            let total = ledger(&observables, n as u64, draw).total().unwrap();
            let x = total.marginal(0).unwrap();
            let undefined = (0..n).filter(|i| i % 13 == 5).count() as u64;
            assert_eq!((x.count(), x.undefined()), (n as u64 - undefined, undefined));

            // Means and deviations are off by some rounding errors of the largest number; what is computed from them is
            // so, relative to deviations that are 1e6/300 smaller where the offset is 1e6, and for the mean relative to
            // itself, which is some hundred times smaller than the deviations where signs cancel.
            let tolerance = 32.0 * f64::EPSILON * if offset == 1_000_000 { 1e6 / 300.0 } else { 100.0 };
            check("mean", x.mean().unwrap(), case, shift, tolerance);
            check("variance", x.variance().unwrap(), case, 2 * shift, tolerance);
            check("second_moment", x.second_moment().unwrap(), case, 2 * shift, tolerance);
            check("relative_variance", x.relative_variance().unwrap(), case, 0, tolerance);
            check("covariance", total.covariance(1, 0).unwrap().unwrap(), case, shift, tolerance);
            check("correlation", total.correlation(0, 1).unwrap().unwrap(), case, 0, tolerance);
            // Third and fourth powers multiply relative errors; skewness may be small beside its terms of order one.
            let skewness = number(&case["skewness"]).to_f64();
            assert!((x.skewness().unwrap() - skewness).abs() <= 4.0 * tolerance * skewness.abs().max(1.0));
            let kurtosis = number(&case["kurtosis"]).to_f64();
            assert!((x.kurtosis().unwrap() - kurtosis).abs() <= 4.0 * tolerance * kurtosis);
        }
    }
}

#[test]
fn moments_of_a_scale_factor_scale_exactly() {
    let observables = Observables::new(["x"]).unwrap();
    let of = |factor: Scaled| {
        let value = |i: u64| (i as f64 * 0.37).sin() * (i as f64 * 0.11).exp();
        ledger(&observables, 700, |i| vec![Some(Scaled::from(value(i)) * factor)]).total().unwrap()
    };
    let (one, far) = (of(Scaled::ONE), of(power_of_two(256 * 9)));
    let (one, far) = (one.marginal(0).unwrap(), far.marginal(0).unwrap());
    // Multiplication by 2^256 changes no mantissa, so nothing rounds otherwise.
    assert_eq!(one.kurtosis(), far.kurtosis());
    assert_eq!(one.dispersion(), far.dispersion());
    assert_eq!(one.variance().unwrap().value * power_of_two(512 * 9), far.variance().unwrap().value);
}

#[test]
fn log_moments_agree_with_the_draws_logarithms() {
    // ln x = 30000 + 100 z_i with z = -2, -1, 0, 1, 2 repeated: variance of z is 2 n / (n - 1).
    let observables = Observables::new(["x"]).unwrap();
    let draw = |i: u64| vec![Some(Scaled::exp(30_000.0 + 100.0 * ((i % 5) as f64 - 2.0)))];
    let total = ledger(&observables, 1_000, draw).total().unwrap();
    let (mean, variance) = total.marginal(0).unwrap().log_moments().unwrap();
    // Logarithms of size 3e4 round by 4e-12, and exp of them loses as much.
    assert!((mean - 30_000.0).abs() < 3e-11, "{mean}");
    assert!((variance - 1e4 * 2.0 * 1_000.0 / 999.0).abs() < 1e-7, "{variance}");
}
