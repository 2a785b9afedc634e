//! Arcsines without branches, for loops over many pairs.

use std::f64::consts::FRAC_PI_2;

/// $s$, $p$ and $q$ with $\arcsin s = s + s\,p/q$, by the rational approximation of fdlibm: for $s = \sqrt{w/2}$ if
/// $w = 1 - c \le 1/2$, so that $\arccos c = 2\arcsin s$, else for $s = c$.
#[inline(always)]
pub(super) fn arcsine_fraction(w: f64, cosine: f64) -> (f64, f64, f64) {
    let small = w <= 0.5;
    let square = if small { 0.5 * w } else { cosine * cosine };
    let sine = if small { square.sqrt() } else { cosine };
    let p = square
        * (1.666_666_666_666_666_6e-1
            + square
                * (-3.255_658_186_224_009e-1
                    + square
                        * (2.012_125_321_348_629_3e-1
                            + square
                                * (-4.005_553_450_067_941e-2
                                    + square * (7.915_349_942_898_145e-4 + square * 3.479_331_075_960_212e-5)))));
    let q = 1.0
        + square
            * (-2.403_394_911_734_414
                + square
                    * (2.020_945_760_233_505_7
                        + square * (-6.882_839_716_054_533e-1 + square * 7.703_815_055_590_194e-2)));
    (sine, p, q)
}

/// $\arccos c$ for $c = 1 - w \ge 0$, within an ulp.
#[inline(always)]
pub(in crate::infinite) fn angle(w: f64, cosine: f64) -> f64 {
    let (sine, p, q) = arcsine_fraction(w, cosine);
    let arcsine = sine + sine * (p / q);
    if w <= 0.5 { 2.0 * arcsine } else { FRAC_PI_2 - arcsine }
}
