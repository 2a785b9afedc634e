//! Sums of squares of normals.

use pulp::{Arch, NullaryFnOnce};

use super::normal::ln;
use super::{Stream, uniform};

/// $\chi^2$ variables with `degrees[i]` degrees of freedom (0 gives 0), by Marsaglia & Tsang, "A simple method for
/// generating gamma variables" (2000).
///
/// Each uses its normal and its word. The few that are rejected (one in twenty at 2 degrees, one in a thousand at 100)
/// take more from the stream, in order. All slices have the same length.
pub(crate) fn chi_squared(degrees: &[f64], normals: &[f64], words: &[u64], stream: &mut Stream, out: &mut [f64]) {
    Arch::new().dispatch(Propose { degrees, normals, words, out });
    for (degrees, out) in degrees.iter().zip(out) {
        while *out < 0.0 {
            *out = propose(*degrees, stream.normal(), stream.word());
        }
    }
}

/// An accepted variable, or $-1$.
#[inline(always)]
fn propose(degrees: f64, normal: f64, word: u64) -> f64 {
    let d = 0.5 * degrees - 1.0 / 3.0;
    let root = 1.0 + normal / (9.0 * d).sqrt();
    let v = root * root * root;
    // For a negative v the logarithm is meaningless, hence the last condition.
    let accepted = ln(uniform(word)) < 0.5 * normal * normal + d * (1.0 - v + ln(v)) && root > 0.0;
    let gamma = if accepted { 2.0 * d * v } else { -1.0 };
    let one = if degrees == 1.0 { normal * normal } else { gamma };
    if degrees == 0.0 { 0.0 } else { one }
}

struct Propose<'a> {
    degrees: &'a [f64],
    normals: &'a [f64],
    words: &'a [u64],
    out: &'a mut [f64],
}

impl NullaryFnOnce for Propose<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let sources = self.degrees.iter().zip(self.normals).zip(self.words);
        for (out, ((degrees, normal), word)) in self.out.iter_mut().zip(sources) {
            *out = propose(*degrees, *normal, *word);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::chi_squared;
    use crate::random::Stream;
    use crate::random::kolmogorov::follows;

    /// The regularised lower incomplete gamma function: its power series, or Lentz's continued fraction of the upper one.
    fn gamma_p(a: f64, x: f64) -> f64 {
        if x <= 0.0 {
            return 0.0;
        }
        let front = (a * x.ln() - x - libm::lgamma(a)).exp();
        if x < a + 1.0 {
            let (mut term, mut sum, mut n) = (1.0 / a, 1.0 / a, a);
            while term > 1e-16 * sum {
                n += 1.0;
                term *= x / n;
                sum += term;
            }
            return front * sum;
        }
        let mut b = x + 1.0 - a;
        let (mut c, mut d) = (1e300, 1.0 / b);
        let mut fraction = d;
        for i in 1..10_000 {
            let i = f64::from(i);
            let numerator = -i * (i - a);
            b += 2.0;
            d = 1.0 / (numerator * d + b);
            c = b + numerator / c;
            fraction *= d * c;
            if (d * c - 1.0).abs() < 1e-15 {
                break;
            }
        }
        1.0 - front * fraction
    }

    #[test]
    fn the_reference_is_right() {
        // χ² with two degrees is exponential, with one the square of a normal.
        for x in [0.01, 0.7, 1.3, 5.0, 30.0] {
            assert!((gamma_p(1.0, x) - (1.0 - (-x).exp())).abs() < 1e-14);
            assert!((gamma_p(0.5, x) - libm::erf(x.sqrt())).abs() < 1e-14);
        }
    }

    fn draw(degrees: f64, count: usize, stream: u64) -> Vec<f64> {
        let mut stream = Stream::new(17, stream);
        let mut out = Vec::with_capacity(count);
        let (mut normals, mut words, mut some) = ([0.0; 50], [0; 50], [0.0; 50]);
        while out.len() < count {
            stream.fill_normals(&mut normals);
            stream.fill_words(&mut words);
            chi_squared(&[degrees; 50], &normals, &words, &mut stream, &mut some);
            out.extend_from_slice(&some);
        }
        out
    }

    #[test]
    fn sums_of_squares_follow_the_gamma_distribution() {
        for degrees in [1.0, 2.0, 3.0, 4.0, 10.0, 51.0, 1000.0, 100_000.0] {
            let drawn = draw(degrees, 200_000, degrees as u64);
            follows(&format!("{degrees} degrees"), drawn, |x| gamma_p(0.5 * degrees, 0.5 * x));
        }
    }

    #[test]
    fn no_degrees_give_zero() {
        assert!(draw(0.0, 1000, 0).iter().all(|x| *x == 0.0));
    }

    /// Different degrees in one call do not disturb each other: the first four moments about the mean of a sum over
    /// degrees would show it; here the law of each place.
    #[test]
    fn degrees_may_differ_from_place_to_place() {
        let degrees = [0.0, 5.0, 1.0, 2.0, 0.0, 300.0];
        let mut stream = Stream::new(19, 1);
        let mut places = vec![Vec::new(); degrees.len()];
        let (mut normals, mut words, mut out) = ([0.0; 6], [0; 6], [0.0; 6]);
        for _ in 0..50_000 {
            stream.fill_normals(&mut normals);
            stream.fill_words(&mut words);
            chi_squared(&degrees, &normals, &words, &mut stream, &mut out);
            places.iter_mut().zip(out).for_each(|(place, x)| place.push(x));
        }
        for (degrees, place) in degrees.into_iter().zip(places) {
            if degrees == 0.0 {
                assert!(place.iter().all(|x| *x == 0.0));
            } else {
                follows(&format!("{degrees} degrees"), place, |x| gamma_p(0.5 * degrees, 0.5 * x));
            }
        }
    }
}
