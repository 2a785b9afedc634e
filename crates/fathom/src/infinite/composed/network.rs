//! NNGP and NTK of two inputs of a network of blocks.

use super::program::{run, steps};
use crate::infinite::state::State;
use crate::infinite::{KernelError, PairInput, PairKernel};
use crate::spec::Composition;

/// NNGP and NTK of an infinitely wide network of blocks on a pair of inputs that are lists of features.
///
/// # Arguments
/// * `network`: its input must be a plain list.
/// * `input`: norms and angle of the two inputs, $|x|^2$ divided by the number of features.
///
/// # Errors
/// * [`KernelError::Images`] for networks on images.
/// * [`KernelError::NeedsWidths`] in the standard parameterization without widths.
/// * [`KernelError::NoNtk`] for functions that jump.
/// * [`KernelError::Diverges`] if a variance leaves the range in which a function can be integrated.
///
/// # Accuracy and cost
/// As [`pair_kernel`](crate::infinite::pair_kernel): all gaps are carried as sums of terms that are not negative.
///
/// # Example
/// A residual ReLU network whose branches double the variance, $\Theta(x, x) = q_1 2^{L-1} (1 + \frac{L-1}{2})$ (Hayou,
/// Doucet & Rousseau (2019), Lemma 5, with the normalising factor as in `docs/theory`):
/// ```
/// use fathom_ntk::infinite::{PairInput, composed_pair_kernel};
/// use fathom_ntk::spec::{BranchScaling, Composition, ResNetSpec};
/// let network = Composition::try_from(ResNetSpec {
///     features: 1,
///     depth: 5,
///     activation: "relu".parse()?,
///     weight_var: 2.0,
///     bias_var: 0.0,
///     scaling: BranchScaling::Constant(1.0),
/// })?;
/// let kernel = composed_pair_kernel(&network, &PairInput::from_inner_products(1.0, 1.0, 0.5)?)?;
/// assert_eq!(kernel.ntk[0].to_f64(), 2.0 * 16.0 * 3.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn composed_pair_kernel(network: &Composition, input: &PairInput) -> Result<PairKernel, KernelError> {
    let steps = steps(network, true)?;
    let state = run(&steps, State::of_inputs(input), &mut 0, network.depth())?;
    Ok(state.kernel())
}
