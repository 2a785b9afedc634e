//! The numbers that a rate is made of.

use serde::Serialize;

/// Constants of the rate at which depth brings the kernel to its limit; `None` where a class has no such constant.
///
/// The correlation map at $c = 1$ is $f(1-u) = 1 - \chi_1 u + s u^{3/2} + \zeta u^2$ for φ with kinks, $+ \beta u^2 - \eta
/// u^{5/2}$ where φ″ jumps, $+ \beta u^2 - \gamma u^3$ for smoother φ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct DepthConstants {
    /// $q^*$, at which the variance rests.
    pub q_star: Option<f64>,
    /// $\chi_1$.
    pub chi1: Option<f64>,
    /// $\lambda_q$.
    pub lambda_q: Option<f64>,
    /// $c^*$.
    pub c_star: Option<f64>,
    /// $\chi(c^*)$ in the chaotic phase.
    pub chi_star: Option<f64>,
    /// $f''$ at the correlation that is approached.
    pub curvature: Option<f64>,
    /// $s$.
    pub s: Option<f64>,
    /// ζ.
    pub zeta: Option<f64>,
    /// β.
    pub beta: Option<f64>,
    /// γ.
    pub gamma: Option<f64>,
    /// η.
    pub eta: Option<f64>,
    /// $\epsilon = 2\eta\beta^{-3/2}$.
    pub epsilon: Option<f64>,
    /// κ.
    pub kappa: Option<f64>,
    /// $\delta_0$.
    pub delta0: Option<f64>,
    /// $C$, measured: the only constant to this order that depends on the pair.
    pub c: Option<f64>,
    /// $D = \lim \sqrt{t_L(x, x)\, t_L(x', x')} - \tau_L$, measured; 0 where the variance rests from the first layer on.
    pub diagonal: Option<f64>,
    /// ψ: $\lim u_L \chi_1^{-L}$ in the ordered phase, $\lim (c_L - c^*) \chi(c^*)^{-L}$ in the chaotic one; measured.
    pub psi: Option<f64>,
    /// ρ, the share of the variance that each branch adds.
    pub rho: Option<f64>,
    /// $X \ge 1$ of ReLU-like networks on the edge of chaos with a bias.
    pub x: Option<f64>,
}
