//! The covariance of two pre-activations, with its distance from degeneracy kept to full relative accuracy.

/// Why two numbers are not the covariance of two inputs.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CovarianceError {
    /// A variance that is negative or not finite.
    #[error("a variance must be finite and at least 0, got {got}")]
    Variance {
        /// The offending value.
        got: f64,
    },
    /// A covariance larger than the geometric mean of the variances.
    #[error("a covariance must lie within ±√(q1 q2) = ±{bound}, got {got}")]
    TooLarge {
        /// $\sqrt{q_1 q_2}$.
        bound: f64,
        /// The offending value.
        got: f64,
    },
    /// A correlation gap outside [0, 2].
    #[error("a correlation gap 1 − c must lie in [0, 2], got {got}")]
    Gap {
        /// The offending value.
        got: f64,
    },
}

/// Covariance $\begin{pmatrix} q_1 & k \\ k & q_2\end{pmatrix}$ of two jointly normal numbers $u, v$.
///
/// The correlation $c = k/\sqrt{q_1 q_2}$ is held as the **gap** $1 - c$ and the **cogap** $1 + c$, each to full
/// relative accuracy: a correlation next to ±1 has lost the digits that matter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Covariance {
    q1: f64,
    q2: f64,
    k: f64,
    gap: f64,
    cogap: f64,
}

impl Covariance {
    /// From the two variances and the covariance.
    ///
    /// # Errors
    /// [`CovarianceError`] for variances that are negative or not finite, or $|k|$ above $\sqrt{q_1 q_2}$ by more than
    /// rounding (then it is clipped).
    ///
    /// # Accuracy
    /// $1 \mp c = (q_1 q_2 - k^2) / (g (g \pm k))$ with an error-free numerator: the gap is as accurate as the three
    /// numbers given.
    ///
    /// # Example
    /// ```
    /// use fathom_ntk::activation::Covariance;
    /// let c = Covariance::new(1.0, 4.0, 1.0)?;
    /// assert_eq!((c.gap(), c.cogap()), (0.5, 1.5));
    /// # Ok::<(), fathom_ntk::activation::CovarianceError>(())
    /// ```
    pub fn new(q1: f64, q2: f64, k: f64) -> Result<Self, CovarianceError> {
        for q in [q1, q2] {
            if !(q.is_finite() && q >= 0.0) {
                return Err(CovarianceError::Variance { got: q });
            }
        }
        let g = (q1 * q2).sqrt();
        if k.is_nan() || k.abs() > g * (1.0 + 1e-14) {
            return Err(CovarianceError::TooLarge { bound: g, got: k });
        }
        if g == 0.0 {
            return Ok(Self { q1, q2, k: 0.0, gap: 1.0, cogap: 1.0 });
        }
        let k = k.clamp(-g, g);
        // q1 q2 − k² with one rounding of each product's error.
        let product = q1 * q2;
        let square = k * k;
        let determinant = ((product - square) + (q1.mul_add(q2, -product) - k.mul_add(k, -square))).max(0.0);
        let (gap, cogap) = if k >= 0.0 {
            (determinant / (g * (g + k)), 1.0 + k / g)
        } else {
            (1.0 - k / g, determinant / (g * (g - k)))
        };
        Ok(Self { q1, q2, k, gap, cogap })
    }

    /// From the two variances and the gap $1 - c \in [0, 2]$.
    ///
    /// # Errors
    /// [`CovarianceError`] for bad variances or a gap outside [0, 2].
    pub fn from_gap(q1: f64, q2: f64, gap: f64) -> Result<Self, CovarianceError> {
        if !(0.0..=2.0).contains(&gap) {
            return Err(CovarianceError::Gap { got: gap });
        }
        Self::from_gaps(q1, q2, gap, 2.0 - gap)
    }

    /// From the two variances and both $1 - c$ and $1 + c$, which must add up to 2.
    ///
    /// # Errors
    /// [`CovarianceError`] for bad variances or gaps.
    pub fn from_gaps(q1: f64, q2: f64, gap: f64, cogap: f64) -> Result<Self, CovarianceError> {
        for q in [q1, q2] {
            if !(q.is_finite() && q >= 0.0) {
                return Err(CovarianceError::Variance { got: q });
            }
        }
        if !(gap >= 0.0 && cogap >= 0.0 && (gap + cogap - 2.0).abs() <= 1e-15 * 4.0) {
            return Err(CovarianceError::Gap { got: gap });
        }
        Ok(Self::unchecked(q1, q2, gap, cogap))
    }

    /// The same from numbers known to be right.
    pub(crate) fn unchecked(q1: f64, q2: f64, gap: f64, cogap: f64) -> Self {
        let g = q1.sqrt() * q2.sqrt();
        let k = if gap <= 1.0 { g * (1.0 - gap) } else { g * (cogap - 1.0) };
        Self { q1, q2, k, gap, cogap }
    }

    /// Unit variances, from the correlation and its gaps, each to full relative accuracy.
    pub(crate) fn unit(cosine: f64, gap: f64, cogap: f64) -> Self {
        Self { q1: 1.0, q2: 1.0, k: cosine, gap, cogap }
    }

    /// The same with $k$ from a correlation known to full relative accuracy.
    pub(crate) fn with_cosine(self, cosine: f64) -> Self {
        Self { k: self.g() * cosine, ..self }
    }

    /// The same pair with the sign of the second number turned.
    pub(crate) fn reflected(self) -> Self {
        Self { k: -self.k, gap: self.cogap, cogap: self.gap, ..self }
    }

    /// The covariance of $\sqrt f u$ and $\sqrt f v$, `factor` being $f$.
    pub(crate) fn scaled(self, factor: f64) -> Self {
        Self { q1: factor * self.q1, q2: factor * self.q2, k: factor * self.k, ..self }
    }

    /// The same variances with correlation 1.
    pub(crate) fn aligned(self) -> Self {
        Self { k: self.g(), gap: 0.0, cogap: 2.0, ..self }
    }

    /// $\frac 12 (\sqrt{q_1} - \sqrt{q_2})^2$, without cancellation: the part of $\frac 12 E[(u - v)^2]$ that no
    /// correlation removes.
    pub(crate) fn half_square_offset(&self) -> f64 {
        let sum = self.q1.sqrt() + self.q2.sqrt();
        let offset = if sum > 0.0 { (self.q1 - self.q2) / sum } else { 0.0 };
        0.5 * offset * offset
    }

    /// $q_1 = E[u^2]$.
    pub fn q1(&self) -> f64 {
        self.q1
    }

    /// $q_2 = E[v^2]$.
    pub fn q2(&self) -> f64 {
        self.q2
    }

    /// $k = E[u v]$.
    pub fn k(&self) -> f64 {
        self.k
    }

    /// $g = \sqrt{q_1 q_2}$.
    pub fn g(&self) -> f64 {
        self.q1.sqrt() * self.q2.sqrt()
    }

    /// $1 - c$.
    pub fn gap(&self) -> f64 {
        self.gap
    }

    /// $1 + c$.
    pub fn cogap(&self) -> f64 {
        self.cogap
    }

    /// $q_1 q_2 - k^2$, without cancellation.
    pub fn determinant(&self) -> f64 {
        self.q1 * self.q2 * self.gap * self.cogap
    }

    /// $\theta = \arccos c \in [0, \pi]$, to full relative accuracy near 0.
    pub fn angle(&self) -> f64 {
        if self.gap <= self.cogap { half_angle(self.gap) } else { std::f64::consts::PI - half_angle(self.cogap) }
    }

    /// $\pi - \theta$, to full relative accuracy near 0.
    pub fn coangle(&self) -> f64 {
        if self.gap <= self.cogap { std::f64::consts::PI - half_angle(self.gap) } else { half_angle(self.cogap) }
    }
}

/// $\arccos(1 - u)$ for $u \le 1$.
fn half_angle(u: f64) -> f64 {
    2.0 * (0.5 * u).sqrt().asin()
}
