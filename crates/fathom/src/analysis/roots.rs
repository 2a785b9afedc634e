//! Roots of a function of one variable: a scan for all of them, and the refinement of each.

/// Values below this are rounding: a function of order one that comes out smaller is zero.
const ROUNDING: f64 = 1e-14;
/// An extremum whose sampled value is below this may hide two roots between the samples.
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

/// All roots of `g` on the grid `xs`, where `gs` are its values: changes of sign, and places where it touches zero.
///
/// Touching within [`ROUNDING`] counts as one root, with equal signs on both sides. Zeros of the samples at either end
/// of the grid are not reported: they continue a root that lies outside.
pub(super) fn roots(xs: &[f64], gs: &[f64], g: impl Fn(f64) -> f64) -> Vec<Root> {
    let clear: Vec<usize> = (0..gs.len()).filter(|&i| gs[i].abs() > ROUNDING).collect();
    let mut found = Vec::new();
    for (n, pair) in clear.windows(2).enumerate() {
        let (i, j) = (pair[0], pair[1]);
        let (below, above) = (gs[i] > 0.0, gs[j] > 0.0);
        if below != above {
            let x = brent(&g, (xs[i], gs[i]), (xs[j], gs[j]));
            found.push(Root { x, positive_below: below, positive_above: above });
        } else if j > i + 1 {
            let flattest = (i + 1..j).min_by(|&a, &b| gs[a].abs().total_cmp(&gs[b].abs())).unwrap_or(i + 1);
            found.push(Root { x: xs[flattest], positive_below: below, positive_above: above });
        } else if let Some(&k) = clear.get(n + 2)
            && is_shallow_extremum(gs, [i, j, k])
        {
            around_extremum(&g, [i, j, k].map(|m| (xs[m], gs[m])), &mut found);
        }
    }
    found
}

/// Whether three neighbouring samples of one sign come close to zero in the middle.
fn is_shallow_extremum(gs: &[f64], [i, j, k]: [usize; 3]) -> bool {
    let (a, b, c) = (gs[i], gs[j], gs[k]);
    k == j + 1 && a * b > 0.0 && b * c > 0.0 && b.abs() <= a.abs().min(c.abs()) && b.abs() < SHALLOW
}

/// Two roots, one, or none near an extremum bracketed by three samples of one sign.
fn around_extremum(g: &impl Fn(f64) -> f64, [a, b, c]: [(f64, f64); 3], found: &mut Vec<Root>) {
    let sign = b.1.signum();
    let (x, height) = minimum(|x| sign * g(x), a.0, c.0);
    let outside = sign > 0.0;
    if height < -ROUNDING {
        let inside = (x, sign * height);
        let left = brent(g, a, inside);
        let right = brent(g, inside, c);
        found.push(Root { x: left, positive_below: outside, positive_above: !outside });
        found.push(Root { x: right, positive_below: !outside, positive_above: outside });
    } else if height <= 10.0 * ROUNDING {
        found.push(Root { x, positive_below: outside, positive_above: outside });
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

    fn scan(g: impl Fn(f64) -> f64 + Copy) -> Vec<Root> {
        let xs: Vec<f64> = (0..=40).map(|i| -2.0 + 0.1 * f64::from(i) + 0.013).collect();
        let gs: Vec<f64> = xs.iter().map(|&x| g(x)).collect();
        roots(&xs, &gs, g)
    }

    #[test]
    fn finds_simple_roots_to_the_last_digit() {
        let found = scan(|x| x * x - 2.0);
        let at: Vec<f64> = found.iter().map(|r| r.x).collect();
        assert_eq!(at.len(), 2);
        // Brent stops when the bracket is one unit in the last place wide.
        assert!((at[0] + 2_f64.sqrt()).abs() < 5e-16 && (at[1] - 2_f64.sqrt()).abs() < 5e-16, "{at:?}");
        assert!(found[0].positive_below && !found[0].positive_above);
    }

    #[test]
    fn finds_two_roots_between_two_samples_and_one_that_only_touches() {
        let close = scan(|x| (x - 0.02) * (x - 0.03));
        assert_eq!(close.len(), 2);
        assert!((close[0].x - 0.02).abs() < 1e-15 && (close[1].x - 0.03).abs() < 1e-15, "{close:?}");
        let touching = scan(|x| (x - 0.05) * (x - 0.05));
        assert_eq!(touching.len(), 1);
        // A quadratic minimum is located to the square root of rounding.
        assert!((touching[0].x - 0.05).abs() < 1e-7 && touching[0].positive_below && touching[0].positive_above);
        assert!(scan(|x| x * x + 0.01).is_empty());
    }
}
