//! The numbers that finite-width formulas are written in.

/// Widths, variances and NTK coefficients of every layer.
///
/// The finite-width NTK at one input is
/// $$\Theta_{ab} = \sum_{l=1}^{L} c_{l-1} \langle \delta^l_a, \delta^l_b\rangle, \qquad
///   c_l = \alpha_l w_l + \beta_l, \qquad w_l = \frac{\sigma_{w,l+1}^2}{n_l} |h^l|^2,$$
/// with $\delta^l_a = \partial f_a/\partial z^l$. The coefficients $\alpha, \beta$ express the parameterization and
/// which parameters are trained; [`Architecture::constants`](super::Architecture::constants) sets them.
#[derive(Clone, Debug, PartialEq)]
pub struct Constants {
    /// $n_0, \dots, n_L$.
    pub widths: Vec<usize>,
    /// $\sigma_w^2$ of weight layers $1, \dots, L$.
    pub weight_var: Vec<f64>,
    /// Variance of the biases of layers $1, \dots, L$ at initialisation.
    pub bias_var: Vec<f64>,
    /// $\alpha_0, \dots, \alpha_{L-1}$.
    pub alpha: Vec<f64>,
    /// $\beta_0, \dots, \beta_{L-1}$.
    pub beta: Vec<f64>,
    /// $E W^4 - 3$ of the weights; NaN where they depend on each other, which every formula refuses.
    pub weight_kurtosis: f64,
    /// $E b^4 - 3$ of the biases.
    pub bias_kurtosis: f64,
}

impl Constants {
    /// $L$, the number of weight layers.
    pub fn depth(&self) -> usize {
        self.weight_var.len()
    }
}
