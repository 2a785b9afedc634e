//! Straight lines through measured points, and the largest of some numbers.

/// A straight line through points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Line {
    pub(super) slope: f64,
    /// The standard error of the slope that the errors of the points leave it.
    pub(super) slope_error: f64,
}

/// The least-squares line through points x, y with the standard error of y as weight; not a number for less than two x.
pub(super) fn line(points: &[[f64; 3]]) -> Line {
    let weight = |error: f64| error.powi(-2);
    let total: f64 = points.iter().map(|[.., error]| weight(*error)).sum();
    let centre = points.iter().map(|[x, _, error]| x * weight(*error)).sum::<f64>() / total;
    let spread: f64 = points.iter().map(|[x, _, error]| (x - centre).powi(2) * weight(*error)).sum();
    let rise: f64 = points.iter().map(|[x, y, error]| (x - centre) * y * weight(*error)).sum();
    Line { slope: rise / spread, slope_error: spread.sqrt().recip() }
}

/// The line through the logarithms of positive points x, y with the standard error of y: its slope is an exponent.
pub(super) fn power_law(points: &[[f64; 3]]) -> Line {
    let logarithms: Vec<_> = points.iter().map(|[x, y, error]| [x.ln(), y.ln(), error / y]).collect();
    line(&logarithms)
}

/// The largest; not a number if there are none.
pub(super) fn largest(values: impl IntoIterator<Item = f64>) -> f64 {
    values.into_iter().fold(f64::NAN, f64::max)
}

/// The smallest; not a number if there are none.
pub(super) fn smallest(values: impl IntoIterator<Item = f64>) -> f64 {
    values.into_iter().fold(f64::NAN, f64::min)
}

/// Mean and standard error; not numbers for less than one and two.
pub(super) fn mean(values: &[f64]) -> [f64; 2] {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let square = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (count - 1.0);
    [mean, (square / count).sqrt()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exact_power_has_its_exponent() {
        let points: Vec<_> = [1.0_f64, 2.0, 5.0].map(|x| [x, 3.0 * x.powf(-0.5), 0.1]).to_vec();
        assert!((power_law(&points).slope + 0.5).abs() < 1e-14);
    }

    #[test]
    fn the_error_of_a_slope_is_known_by_hand() {
        // Σ (x − 1)² = 2 at equal errors.
        let fitted = line(&[[0.0, 1.0, 0.2], [1.0, 2.0, 0.2], [2.0, 4.0, 0.2]]);
        assert!((fitted.slope - 1.5).abs() < 1e-14);
        assert!((fitted.slope_error - 0.2 / 2.0_f64.sqrt()).abs() < 1e-14);
        assert!(line(&[[1.0, 1.0, 0.1]]).slope.is_nan());
    }

    #[test]
    fn nothing_has_no_mean() {
        assert_eq!(mean(&[1.0, 3.0]), [2.0, 1.0]);
        assert!(mean(&[])[0].is_nan() && mean(&[1.0])[1].is_nan() && largest([]).is_nan());
        assert_eq!((largest([1.0, 3.0]), smallest([1.0, 3.0])), (3.0, 1.0));
    }
}
