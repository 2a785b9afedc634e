//! Roots of a function of one variable: a scan for all of them, and the refinement of each.

/// Values below this are rounding: a function of order one that comes out smaller is zero.
const ROUNDING: f64 = 1e-14;
/// An extremum this close to zero touches it: two roots so close could not be told from one.
const TOUCHING: f64 = 1e-13;
/// Between samples below this, an extremum may reach zero.
const SHALLOW: f64 = 0.1;
/// Golden-section steps: 0.618⁶⁰ of a sampling interval is below rounding.
const GOLDEN_STEPS: usize = 60;

/// A root and the sign of the function next to it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Root {
    /// Where.
    pub(super) x: f64,
    /// Whether the function is positive just below.
    pub(super) positive_below: bool,
    /// Whether the function is positive just above.
    pub(super) positive_above: bool,
}

/// The roots of `g` on the grid `xs`, where `gs` are its values, that show in the samples: changes of sign, and runs of
/// zeros between clear values.
///
/// Zeros of the samples at either end of the grid are not reported: they continue a root that lies outside.
pub(super) fn crossings(xs: &[f64], gs: &[f64], g: impl Fn(f64) -> f64) -> Vec<Root> {
    let clear: Vec<usize> = (0..gs.len()).filter(|&i| gs[i].abs() > ROUNDING).collect();
    let mut found = Vec::new();
    for pair in clear.windows(2) {
        let (i, j) = (pair[0], pair[1]);
        let (below, above) = (gs[i] > 0.0, gs[j] > 0.0);
        let x = if below != above {
            brent(&g, (xs[i], gs[i]), (xs[j], gs[j]))
        } else if j > i + 1 {
            xs[i.midpoint(j)]
        } else {
            continue;
        };
        found.push(Root { x, positive_below: below, positive_above: above });
    }
    found
}

/// All roots, those included that hide between two samples of one sign: `slope` is the derivative of `g`.
///
/// Where the slopes show an extremum towards zero in between, there may be two roots, or one where `g` touches zero
/// (within [`ROUNDING`]), which the slope locates to the last digit and the values only to half of the digits.
pub(super) fn roots(xs: &[f64], gs: &[f64], g: impl Fn(f64) -> f64, slope: impl Fn(f64) -> f64) -> Vec<Root> {
    let mut found = crossings(xs, gs, &g);
    let shallow = |i: usize| gs[i].abs() > ROUNDING && gs[i].abs() < SHALLOW;
    for i in 1..xs.len() {
        let outside = gs[i] > 0.0;
        if !(shallow(i - 1) && shallow(i) && (gs[i - 1] > 0.0) == outside) {
            continue;
        }
        let (left, right) = (slope(xs[i - 1]), slope(xs[i]));
        if (left < 0.0) == outside && (right > 0.0) == outside && left * right < 0.0 {
            let x = brent(&slope, (xs[i - 1], left), (xs[i], right));
            around_extremum(&g, [(xs[i - 1], gs[i - 1]), (x, g(x)), (xs[i], gs[i])], &mut found);
        }
    }
    found.sort_by(|a, b| a.x.total_cmp(&b.x));
    found
}

/// Two roots, one, or none at an extremum between two samples of one sign.
fn around_extremum(g: &impl Fn(f64) -> f64, [a, extremum, b]: [(f64, f64); 3], found: &mut Vec<Root>) {
    let outside = a.1 > 0.0;
    let height = extremum.1 * a.1.signum();
    if height.abs() <= TOUCHING {
        found.push(Root { x: extremum.0, positive_below: outside, positive_above: outside });
    } else if height < 0.0 {
        let (left, right) = (brent(g, a, extremum), brent(g, extremum, b));
        found.push(Root { x: left, positive_below: outside, positive_above: !outside });
        found.push(Root { x: right, positive_below: !outside, positive_above: outside });
    }
}

/// The minimum of a function that has one on `[low, high]`, by golden section: where, and how low.
pub(super) fn minimum(f: impl Fn(f64) -> f64, mut low: f64, mut high: f64) -> (f64, f64) {
    let ratio = 0.5 * (5_f64.sqrt() - 1.0);
    let (mut x1, mut x2) = (high - ratio * (high - low), low + ratio * (high - low));
    let (mut f1, mut f2) = (f(x1), f(x2));
    for _ in 0..GOLDEN_STEPS {
        if f1 <= f2 {
            (high, x2, f2) = (x2, x1, f1);
            x1 = high - ratio * (high - low);
            f1 = f(x1);
        } else {
            (low, x1, f1) = (x1, x2, f2);
            x2 = low + ratio * (high - low);
            f2 = f(x2);
        }
    }
    if f1 <= f2 { (x1, f1) } else { (x2, f2) }
}

/// The root of `g` between two points where it has opposite signs (Brent 1973, chapter 4), to the last digit of x.
pub(super) fn brent(g: impl Fn(f64) -> f64, (mut a, mut fa): (f64, f64), (mut b, mut fb): (f64, f64)) -> f64 {
    let (mut c, mut fc) = (a, fa);
    let mut step = b - a;
    let mut previous = step;
    for _ in 0..200 {
        if (fb > 0.0) == (fc > 0.0) {
            (c, fc) = (a, fa);
            step = b - a;
            previous = step;
        }
        if fc.abs() < fb.abs() {
            (a, b, c) = (b, c, b);
            (fa, fb, fc) = (fb, fc, fb);
        }
        let tolerance = f64::EPSILON * b.abs().max(f64::EPSILON);
        let half = 0.5 * (c - b);
        if half.abs() <= tolerance || fb == 0.0 {
            break;
        }
        match interpolated_step([(a, fa), (b, fb), (c, fc)]) {
            Some(next) if previous.abs() >= tolerance && fa.abs() > fb.abs() && acceptable(next, half, previous) => {
                previous = step;
                step = next;
            }
            _ => {
                step = half;
                previous = half;
            }
        }
        (a, fa) = (b, fb);
        b += if step.abs() > tolerance { step } else { tolerance.copysign(half) };
        fb = g(b);
    }
    b
}

/// Whether an interpolated step stays well inside the bracket and shrinks fast enough.
fn acceptable(next: f64, half: f64, previous: f64) -> bool {
    next * half > 0.0 && next.abs() < 1.5 * half.abs() && next.abs() < 0.5 * previous.abs()
}

/// From `b`, by the secant through a and b or the inverse parabola through all three.
fn interpolated_step([(a, fa), (b, fb), (c, fc)]: [(f64, f64); 3]) -> Option<f64> {
    let s = fb / fa;
    let (p, q) = if a == c {
        ((c - b) * s, 1.0 - s)
    } else {
        let (r, t) = (fb / fc, fa / fc);
        (s * ((c - b) * t * (t - r) - (b - a) * (r - 1.0)), (t - 1.0) * (r - 1.0) * (s - 1.0))
    };
    let step = -p / q;
    step.is_finite().then_some(step)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(g: impl Fn(f64) -> f64 + Copy, slope: impl Fn(f64) -> f64) -> Vec<Root> {
        let xs: Vec<f64> = (0..=40).map(|i| -2.0 + 0.1 * f64::from(i) + 0.013).collect();
        let gs: Vec<f64> = xs.iter().map(|&x| g(x)).collect();
        roots(&xs, &gs, g, slope)
    }

    #[test]
    fn finds_simple_roots_to_the_last_digit() {
        let found = scan(|x| x * x - 2.0, |x| 2.0 * x);
        let at: Vec<f64> = found.iter().map(|r| r.x).collect();
        assert_eq!(at.len(), 2);
        // Brent stops when the bracket is one unit in the last place wide.
        assert!((at[0] + 2_f64.sqrt()).abs() < 5e-16 && (at[1] - 2_f64.sqrt()).abs() < 5e-16, "{at:?}");
        assert!(found[0].positive_below && !found[0].positive_above);
    }

    #[test]
    fn finds_two_roots_between_two_samples_and_one_that_only_touches() {
        let close = scan(|x| (x - 0.02) * (x - 0.03), |x| 2.0 * x - 0.05);
        assert_eq!(close.len(), 2);
        assert!((close[0].x - 0.02).abs() < 1e-15 && (close[1].x - 0.03).abs() < 1e-15, "{close:?}");
        let touching = scan(|x| (x - 0.05) * (x - 0.05), |x| 2.0 * x - 0.1);
        assert_eq!(touching.len(), 1);
        assert!((touching[0].x - 0.05).abs() < 1e-15 && touching[0].positive_below && touching[0].positive_above);
        assert!(scan(|x| x * x + 0.01, |x| 2.0 * x).is_empty());
    }
}
