//! The function $o + f\,\mathrm{erf}(s z)$.

/// A function of the form $o + f\,\mathrm{erf}(s z)$, whose kernel is made of arcsines (Williams 1997):
///
/// $$F = o^2 + \tfrac 2\pi f^2 \arcsin(k r_1 r_2), \qquad
///   \dot F = \tfrac 2\pi f^2\, \frac{r_1 r_2}{\sqrt{1 - (k r_1 r_2)^2}}, \qquad r_i = \frac{\sqrt 2\, s}{\sqrt{1 + 2 s^2 q_i}}.$$
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct ScaledErf {
    /// $o$.
    pub offset: f64,
    /// $f$.
    pub factor: f64,
    /// $s > 0$.
    pub scale: f64,
}

impl ScaledErf {
    /// $r$ of an input of variance `q`.
    ///
    /// # Example
    /// ```
    /// use fathom_ntk::activation::ScaledErf;
    /// let erf = ScaledErf { offset: 0.0, factor: 1.0, scale: 1.0 };
    /// assert_eq!(erf.ratio(0.5), 1.0);
    /// ```
    pub fn ratio(self, q: f64) -> f64 {
        std::f64::consts::SQRT_2 * self.scale / (1.0 + 2.0 * (self.scale * self.scale * q)).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use crate::activation::Activation;

    #[test]
    fn activations_that_name_an_error_function_are_one() {
        let mut found = 0;
        for entry in Activation::catalogue() {
            let Ok(activation) = entry.name.parse::<Activation>() else { continue };
            let Some(erf) = activation.scaled_erf() else { continue };
            found += 1;
            for z in [-3.0, -0.4, 0.0, 0.1, 2.5] {
                let want = erf.offset + erf.factor * libm::erf(erf.scale * z);
                assert!((activation.value(z) - want).abs() < 4.0 * f64::EPSILON, "{} {z}", entry.name);
            }
        }
        assert_eq!(found, 2);
    }
}
