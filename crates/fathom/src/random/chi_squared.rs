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
    // Of a negative v the logarithm is not a number, and the comparison fails.
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
