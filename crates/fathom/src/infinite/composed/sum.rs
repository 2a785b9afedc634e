//! Sums of independent contributions, and normalisation, with the gaps carried along.

use crate::Scaled;
use crate::infinite::state::State;

/// Above this share of the mean the NTK gap is a plain difference.
const WIDE_GAP: f64 = 0.3;

impl State {
    /// The state of $z + \lambda y$ for independent $z$ (`self`) and $y$ (`branch`).
    ///
    /// With $A = q + \lambda^2 p$ of either input, $P = \sqrt{A A'}$ and $S = \sqrt{q q'} + \lambda^2 \sqrt{p p'}$,
    ///
    /// $$u = \frac{1}{P}\left[\frac{\lambda^2 (\sqrt{q p'} - \sqrt{p q'})^2}{P + S} + \sqrt{q q'}\,u_z +
    ///   \lambda^2 \sqrt{p p'}\,u_y\right] :$$
    ///
    /// no term is negative.
    pub fn plus(&self, lambda_sq: f64, branch: &Self) -> Self {
        if lambda_sq == 0.0 {
            return *self;
        }
        let (q1, q2) = (self.q1 + branch.q1 * lambda_sq, self.q2 + branch.q2 * lambda_sq);
        let (g, h) = (self.g(), branch.g() * lambda_sq);
        let (root1, root2) = (q1.sqrt(), q2.sqrt());
        let p = root1 * root2;
        let roots = |state: &Self| (state.q1.sqrt(), state.q2.sqrt());
        let ((a1, a2), (b1, b2)) = (roots(self), roots(branch));
        // √q₁ √p₂ − √p₁ √q₂, from the differences of the roots, which are known better than they are.
        let cross = a2 * (branch.shift * -1.0) + b2 * self.shift;
        let difference = self.shift * (a1 + a2) + branch.shift * (b1 + b2) * lambda_sq;
        let shift =
            if self.shift.is_zero() && branch.shift.is_zero() { Scaled::ZERO } else { difference / (root1 + root2) };
        let mut sum = Self {
            q1,
            q2,
            shift,
            ntk1: self.ntk1 + branch.ntk1 * lambda_sq,
            ntk2: self.ntk2 + branch.ntk2 * lambda_sq,
            ntk12: self.ntk12 + branch.ntk12 * lambda_sq,
            ntk_gap: self.ntk_gap + branch.ntk_gap * lambda_sq,
            ..*self
        };
        if p.is_zero() {
            sum.correlate(Scaled::ONE, 0.0);
            return sum;
        }
        let gap = (cross * cross * lambda_sq / (p + g + h) + g * self.gap + h * branch.gap) / p;
        let covariance = g * self.cosine + h * branch.cosine;
        sum.correlate(gap, (covariance / p).to_f64());
        if sum.cogap < 0.5 {
            // Nearly opposite in both parts: the same sum with c → −c.
            let cogap = (cross * cross * lambda_sq / (p + g + h) + g * self.cogap + h * branch.cogap) / p;
            sum.cogap = cogap.to_f64();
        }
        sum
    }

    /// The state of $z/\sqrt q$. Zero inputs stay zero.
    pub fn normalised(&self) -> Self {
        let over = |x: Scaled, q: Scaled| if q.is_zero() { Scaled::ZERO } else { x / q };
        let unit = |q: Scaled| if q.is_zero() { Scaled::ZERO } else { Scaled::ONE };
        let g = self.g();
        let (ntk1, ntk2, ntk12) = (over(self.ntk1, self.q1), over(self.ntk2, self.q2), over(self.ntk12, g));
        let mean = (ntk1 + ntk2) * 0.5;
        let ntk_gap = if mean - ntk12 > mean * WIDE_GAP || g.is_zero() {
            mean - ntk12
        } else {
            // Θ₁₁/q₁ − Θ₁₁/g = −δ Θ₁₁/(g √q₁), and of the other input +δ Θ₂₂/(g √q₂).
            let (root1, root2) = (self.q1.sqrt(), self.q2.sqrt());
            self.ntk_gap / g + self.shift / g * (self.ntk2 / root2 - self.ntk1 / root1) * 0.5
        };
        let (one, two) = (unit(self.q1), unit(self.q2));
        Self { q1: one, q2: two, shift: one - two, ntk1, ntk2, ntk12, ntk_gap, ..*self }
    }
}
