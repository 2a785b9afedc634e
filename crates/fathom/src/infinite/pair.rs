//! NNGP and NTK of two inputs.

use rayon::prelude::*;
use serde::Serialize;

use super::general::{Chain, Detail, General, Use};
use super::state::{Layer, State};
use super::{KernelError, PairInput, piecewise_linear};
use crate::Scaled;
use crate::activation::{Homogeneous, Parity, Regularity};
use crate::spec::Architecture;

/// Variances above this are handled by the activation's asymptote, from which it differs by less than rounding.
pub(super) const LARGE: f64 = 1e60;

/// NNGP Σ and NTK Θ of two inputs, one output unit.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct PairKernel {
    /// $\Sigma(x, x)$, $\Sigma(x', x')$, $\Sigma(x, x')$.
    pub nngp: [Scaled; 3],
    /// $\Theta(x, x)$, $\Theta(x', x')$, $\Theta(x, x')$.
    pub ntk: [Scaled; 3],
    /// $1 - \Sigma(x, x')/\sqrt{\Sigma(x, x)\Sigma(x', x')}$, to full relative accuracy near 0.
    pub gap: Scaled,
    /// $\frac12(\Sigma(x, x) + \Sigma(x', x')) - \Sigma(x, x')$, to full relative accuracy near 0.
    pub nngp_gap: Scaled,
    /// $\Gamma = \frac12(\Theta(x, x) + \Theta(x', x')) - \Theta(x, x')$, to full relative accuracy near 0.
    pub ntk_gap: Scaled,
}

/// NNGP and NTK of an infinitely wide network on a pair of inputs, by the gap recursion of the
/// [module page](crate::infinite).
///
/// # Arguments
/// * `arch`: the network; widths, if given, matter only in the standard parameterization.
/// * `input`: norms and angle of the two inputs, $|x|^2$ divided by the number of features.
///
/// # Returns
/// One output unit: several outputs are independent, with the same kernel. No learning rate is included.
///
/// # Errors
/// * [`KernelError::NeedsWidths`] in the standard parameterization without widths.
/// * [`KernelError::NoNtk`] for a discontinuous activation of more than one layer; [`nngp_pair`](super::nngp_pair) has
///   its NNGP.
/// * [`KernelError::Diverges`] if a variance leaves the range in which the activation can be integrated.
///
/// # Accuracy and cost
/// Relative error of order $L\,\varepsilon$ or better for every entry and for both gaps, at any depth, in every phase.
/// On the edge of chaos a susceptibility within $2\cdot10^{-14}$ of one is taken as one. In the chaotic phase
/// $\chi_1^L$ carries the relative error $L\,\varepsilon$ of $\chi_1$: that is how well $\sigma_w^2$ determines it. About
/// 0.2 µs a layer for piecewise linear activations, 1 µs for closed forms and series at converged variances, and a
/// fraction of a millisecond where the polar rule is needed.
///
/// # Example
/// On a critical ReLU network every layer adds the same amount, so $\Theta(x, x) = 2L$ when $|x|^2 = n_0$:
/// ```
/// use fathom_ntk::infinite::{PairInput, pair_kernel};
/// use fathom_ntk::spec::{Architecture, ArchitectureSpec};
/// let arch = Architecture::try_from(ArchitectureSpec { depth: Some(1000), ..Default::default() })?;
/// let kernel = pair_kernel(&arch, &PairInput::from_inner_products(1.0, 1.0, 0.0)?)?;
/// assert_eq!(kernel.ntk[0].to_f64(), 2000.0);
/// assert!((kernel.ntk[2].to_f64() - 506.586_842_918_452_9).abs() < 1e-9);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn pair_kernel(arch: &Architecture, input: &PairInput) -> Result<PairKernel, KernelError> {
    let recursion = PairRecursion::new(arch, Detail::Full)?;
    let [xx, yy] = input.mean_squares();
    recursion.run(input, [&recursion.chain(xx), &recursion.chain(yy)])
}

/// The recursion for one network, reusable for many pairs.
pub(super) struct PairRecursion<'a> {
    arch: &'a Architecture,
    layers: Vec<Layer>,
    general: General<'a>,
}

impl<'a> PairRecursion<'a> {
    pub fn new(arch: &'a Architecture, detail: Detail) -> Result<Self, KernelError> {
        let with_ntk = detail != Detail::NngpOnly;
        if with_ntk && arch.activation().regularity() == Regularity::Discontinuous && arch.depth() > 1 {
            return Err(KernelError::NoNtk { activation: arch.activation().name() });
        }
        let layers = (1..=arch.depth()).map(|l| {
            let coefficients = if with_ntk { arch.ntk_coefficients(l) } else { Some((0.0, 0.0)) };
            let (alpha, beta) = coefficients.ok_or(KernelError::NeedsWidths)?;
            Ok(Layer { weight_var: arch.weight_var(l), bias_var: arch.bias_var(l), alpha, beta })
        });
        Ok(Self { arch, layers: layers.collect::<Result<_, _>>()?, general: General::new(arch.activation(), detail) })
    }

    /// The chain of an input with $|x|^2/n_0$ = `mean_square`; empty for piecewise linear activations.
    pub fn chain(&self, mean_square: f64) -> Chain {
        self.chain_for(mean_square, Use::Few)
    }

    /// The same, prepared for a purpose.
    pub fn chain_for(&self, mean_square: f64, purpose: Use) -> Chain {
        let layers = if self.arch.activation().homogeneous().is_some() { &[] } else { self.layers.as_slice() };
        let first = self.layers[0];
        self.general.chain(first.weight_var * mean_square + first.bias_var, layers, LARGE, purpose)
    }

    /// The same for the first `most` layers at most: beyond, what depends on one input alone is computed again.
    pub fn chain_of_first(&self, mean_square: f64, most: usize) -> Chain {
        if self.arch.activation().homogeneous().is_some() {
            return Chain::default();
        }
        let (first, layers) = (self.layers[0], &self.layers[..self.layers.len().min(most)]);
        self.general.chain(first.weight_var * mean_square + first.bias_var, layers, LARGE, Use::Few)
    }

    /// The chains of many inputs.
    pub fn chains_for(&self, mean_squares: &[f64], purpose: Use) -> Vec<Chain> {
        let first = self.layers[0];
        if self.arch.activation().homogeneous().is_some() || !self.general.integrates(purpose) {
            return mean_squares.par_iter().map(|q| self.chain_for(*q, purpose)).collect();
        }
        let variances = mean_squares.iter().map(|q| first.weight_var * q + first.bias_var).collect();
        self.general.chains(variances, &self.layers, LARGE, purpose)
    }

    /// Whether expectations take integrals, for want of closed forms.
    pub fn integrates(&self) -> bool {
        self.arch.activation().homogeneous().is_none() && self.general.integrates(Use::Few)
    }

    /// Whether pairs of this chain cost no two-dimensional integral.
    pub fn is_cheap(&self, chain: &Chain) -> bool {
        chain.sides().iter().all(|side| self.general.is_cheap(side))
    }

    /// The constants of the layers.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// The network.
    pub fn arch(&self) -> &'a Architecture {
        self.arch
    }

    /// The kernel of a pair, from the chains of its two inputs.
    pub fn run(&self, input: &PairInput, chains: [&Chain; 2]) -> Result<PairKernel, KernelError> {
        let depth = self.layers.len();
        let mut last = State::of_inputs(input).kernel();
        self.follow(input, chains, &[depth], &|_| true, |kernel| last = kernel)?;
        Ok(last)
    }

    /// The kernels of the first so many layers, each given to `visit`; `depths` increase and are at most the network's. Ends
    /// early where `goes_on` is false of the number of layers done.
    pub fn follow(
        &self,
        input: &PairInput,
        chains: [&Chain; 2],
        depths: &[usize],
        goes_on: &dyn Fn(usize) -> bool,
        mut visit: impl FnMut(PairKernel),
    ) -> Result<(), KernelError> {
        let covariance = input.0;
        // Without any bias an odd network is odd in its input: work with the nearer of x' and −x'.
        let odd = self.arch.activation().parity() == Parity::Odd
            && self.layers.iter().all(|l| l.bias_var == 0.0 && l.beta == 0.0);
        if odd && covariance.k() < 0.0 {
            return self.follow_layers(&PairInput(covariance.reflected()), chains, depths, goes_on, |kernel| {
                visit(kernel.reflected());
            });
        }
        self.follow_layers(input, chains, depths, goes_on, visit)
    }

    fn follow_layers(
        &self,
        input: &PairInput,
        chains: [&Chain; 2],
        depths: &[usize],
        goes_on: &dyn Fn(usize) -> bool,
        mut visit: impl FnMut(PairKernel),
    ) -> Result<(), KernelError> {
        let activation = self.arch.activation();
        // The first weight layer is one step of a linear network.
        let mut state = piecewise_linear::advance(&State::of_inputs(input), Homogeneous::IDENTITY, self.layers[0]);
        let diverges = |layer| KernelError::Diverges { layer, depth: self.layers.len(), activation: activation.name() };
        let mut wanted = depths.iter().copied().peekable();
        for (l, &layer) in self.layers.iter().enumerate() {
            if l > 0 {
                state = match activation.homogeneous() {
                    Some(parts) => piecewise_linear::advance(&state, parts, layer),
                    None if state.q1.max(state.q2) <= Scaled::from(LARGE) => {
                        self.general.advance(&state, layer, l + 1, chains)
                    }
                    None => match activation.asymptote() {
                        Some(parts) => piecewise_linear::advance(&state, parts, layer),
                        None => return Err(diverges(l)),
                    },
                };
            }
            if !state.is_finite() {
                return Err(diverges(l + 1));
            }
            if wanted.next_if_eq(&(l + 1)).is_some() {
                visit(state.kernel());
            }
            if wanted.peek().is_none() || !goes_on(l + 1) {
                break;
            }
        }
        Ok(())
    }
}

impl PairKernel {
    /// The kernel of $x$ and $-x'$ of an odd network.
    fn reflected(self) -> Self {
        let ([n1, n2, n12], [t1, t2, t12]) = (self.nngp, self.ntk);
        Self {
            nngp: [n1, n2, -n12],
            ntk: [t1, t2, -t12],
            gap: Scaled::from(2.0) - self.gap,
            nngp_gap: (n1 + n2) * 0.5 + n12,
            ntk_gap: (t1 + t2) * 0.5 + t12,
        }
    }
}

impl State {
    /// What is known of the outputs.
    pub fn kernel(&self) -> PairKernel {
        let g = self.g();
        let covariance = if self.gap < Scaled::from(0.5) { g * (Scaled::ONE - self.gap) } else { g * self.cosine };
        PairKernel {
            nngp: [self.q1, self.q2, covariance],
            ntk: [self.ntk1, self.ntk2, self.ntk12],
            gap: self.gap,
            nngp_gap: self.shift * self.shift * 0.5 + g * self.gap,
            ntk_gap: self.ntk_gap,
        }
    }

    /// The inputs themselves, which have no NTK yet.
    pub fn of_inputs(input: &PairInput) -> Self {
        let c = input.0;
        let (root1, root2) = (c.q1().sqrt(), c.q2().sqrt());
        let shift = if c.q1() == c.q2() { 0.0 } else { (c.q1() - c.q2()) / (root1 + root2) };
        Self {
            q1: Scaled::from(c.q1()),
            q2: Scaled::from(c.q2()),
            shift: Scaled::from(shift),
            gap: Scaled::from(c.gap()),
            cogap: c.cogap(),
            cosine: if c.g() == 0.0 { 0.0 } else { c.k() / c.g() },
            ntk1: Scaled::ZERO,
            ntk2: Scaled::ZERO,
            ntk12: Scaled::ZERO,
            ntk_gap: Scaled::ZERO,
        }
    }
}
