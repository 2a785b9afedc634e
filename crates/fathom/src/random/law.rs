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
            let a = 0.5 * (m - 1.0 + m.sqrt() * (m - 1.0).sqrt());
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

#[cfg(test)]
mod tests {
    use super::fill;
    use crate::random::Stream;
    use crate::random::kolmogorov::follows;
    use crate::spec::WeightLaw;

    const COUNT: usize = 400_000;

    fn draw(law: WeightLaw) -> Vec<f64> {
        let mut out = vec![0.0; COUNT];
        // In portions that do not fit the inner ones.
        let mut stream = Stream::new(23, 1);
        out.chunks_mut(999).for_each(|part| fill(law, &mut stream, part));
        out
    }

    /// The distribution function of each law, written down from its density.
    fn distribution(law: WeightLaw, x: f64) -> f64 {
        let of_size = |p: f64| 0.5 + 0.5 * p.copysign(x);
        match law {
            WeightLaw::Gaussian | WeightLaw::Orthogonal => 0.5 * libm::erfc(-x * std::f64::consts::FRAC_1_SQRT_2),
            WeightLaw::Uniform => of_size(x.abs() / 3.0_f64.sqrt()),
            WeightLaw::Laplace => of_size(1.0 - (-x.abs() * 2.0_f64.sqrt()).exp()),
            // |w| = √(2a + 1) uᵃ, where (2a + 1)²/(4a + 1) = m.
            WeightLaw::FourthMoment(m) => {
                let a = 0.5 * (m - 1.0 + (m * (m - 1.0)).sqrt());
                assert!(((2.0 * a + 1.0).powi(2) / (4.0 * a + 1.0) - m).abs() < 1e-12 * m);
                of_size((x.abs() / (2.0 * a + 1.0).sqrt()).powf(1.0 / a))
            }
        }
    }

    const LAWS: [WeightLaw; 7] = [
        WeightLaw::Gaussian,
        WeightLaw::Orthogonal,
        WeightLaw::Uniform,
        WeightLaw::Laplace,
        WeightLaw::FourthMoment(1.2),
        WeightLaw::FourthMoment(1.8),
        WeightLaw::FourthMoment(5.762),
    ];

    #[test]
    fn numbers_follow_the_distribution_function_of_their_law() {
        for law in LAWS {
            follows(&law.to_string(), draw(law), |x| distribution(law, x));
        }
    }

    /// Within 5 standard errors (false alarm 6e-7 each, and the seed is fixed), estimated from the next even moment.
    #[test]
    fn numbers_have_variance_one_their_fourth_moment_and_no_odd_ones() {
        for law in LAWS {
            let drawn = draw(law);
            let moment = |k: i32| drawn.iter().map(|x| x.powi(k)).sum::<f64>() / COUNT as f64;
            let fourth = law.fourth_moment().unwrap_or(3.0);
            for (k, exact) in [(1, 0.0), (2, 1.0), (3, 0.0), (4, fourth)] {
                let error = ((moment(2 * k) - exact * exact) / COUNT as f64).sqrt();
                assert!(error < 0.05 * fourth, "{law}: moment {k} is too noisy to tell, ± {error}");
                assert!((moment(k) - exact).abs() < 5.0 * error, "{law}: moment {k} is {} ± {error}", moment(k));
            }
        }
    }

    #[test]
    fn signs_are_independent_of_sizes_and_of_each_other() {
        for law in LAWS {
            let drawn = draw(law);
            let neighbours = drawn.windows(2).map(|w| w[0].signum() * w[1].signum()).sum::<f64>();
            let sizes = drawn.windows(2).map(|w| w[0].signum() * (w[1].abs() - w[0].abs())).sum::<f64>();
            assert!(neighbours.abs() < 5.0 * (COUNT as f64).sqrt(), "{law}: {neighbours}");
            // E (|w'| − |w|)² ≤ 2.
            assert!(sizes.abs() < 5.0 * (2.0 * COUNT as f64).sqrt(), "{law}: {sizes}");
        }
    }

    #[test]
    fn a_fourth_moment_of_one_gives_signs() {
        assert!(draw(WeightLaw::FourthMoment(1.0)).iter().all(|x| x.abs() == 1.0));
    }

    #[test]
    fn extreme_fourth_moments_give_finite_numbers() {
        for m in [1e30, 1e100, 1e200] {
            assert!(draw(WeightLaw::FourthMoment(m)).iter().all(|x| x.is_finite()), "{m}");
        }
    }
}
