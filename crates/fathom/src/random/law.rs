//! Symmetric laws of variance one.

use super::normal::ln;
use super::{Stream, uniform};
use crate::spec::WeightLaw;

/// Fills `out` with independent numbers of mean 0 and variance 1.
///
/// A word gives its upper 52 bits to a uniform number $u$ and its lowest bit to a sign:
/// Laplace is $\pm \ln(u) / \sqrt 2$; a law of fourth moment $M$ is $\pm \sqrt{2a + 1}\, u^a$ with
/// $a = (M - 1 + \sqrt{M (M - 1)})/2$, so that $E W^4 = (2a + 1)^2/(4a + 1) = M$: signs at $M = 1$, uniform at $9/5$.
pub(crate) fn fill(law: WeightLaw, stream: &mut Stream, out: &mut [f64]) {
    match law {
        WeightLaw::Gaussian | WeightLaw::Orthogonal => stream.fill_normals(out),
        WeightLaw::Uniform => from_words(stream, out, |u| 3.0_f64.sqrt() * u),
        WeightLaw::Laplace => from_words(stream, out, |u| -ln(u) * std::f64::consts::FRAC_1_SQRT_2),
        WeightLaw::FourthMoment(m) => {
            let a = 0.5 * (m - 1.0 + (m * (m - 1.0)).sqrt());
            let scale = (2.0 * a + 1.0).sqrt();
            from_words(stream, out, |u| scale * libm::pow(u, a));
        }
    }
}

/// Sizes by `size` of a uniform number, with random signs.
fn from_words(stream: &mut Stream, out: &mut [f64], size: impl Fn(f64) -> f64) {
    let mut words = [0; 256];
    for out in out.chunks_mut(words.len()) {
        let words = &mut words[..out.len()];
        stream.fill_words(words);
        for (out, word) in out.iter_mut().zip(words) {
            *out = size(uniform(*word)).copysign(if *word & 1 == 0 { 1.0 } else { -1.0 });
        }
    }
}
