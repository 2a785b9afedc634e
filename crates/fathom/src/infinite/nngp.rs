//! The NNGP of two inputs, without the NTK.

use serde::Serialize;

use super::general::Detail;
use super::pair::PairRecursion;
use super::{KernelError, PairInput};
use crate::Scaled;
use crate::spec::Architecture;

/// NNGP Σ of two inputs, one output unit.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct NngpPair {
    /// $\Sigma(x, x)$, $\Sigma(x', x')$, $\Sigma(x, x')$.
    pub nngp: [Scaled; 3],
    /// $1 - \Sigma(x, x')/\sqrt{\Sigma(x, x)\Sigma(x', x')}$, to full relative accuracy near 0.
    pub gap: Scaled,
}

/// NNGP of an infinitely wide network on a pair of inputs, for any activation: the part of
/// [`pair_kernel`](super::pair_kernel) that needs neither a slope of φ nor a parameterization.
///
/// A discontinuous activation has an NNGP but no NTK. For the step function, with θ the angle whose cosine is the
/// correlation,
///
/// $$\Sigma^{l+1} = \sigma_w^2\, \frac{\pi - \theta^l}{2\pi} + \sigma_b^2$$
///
/// (Cho & Saul 2009, arc-cosine kernel of degree 0). Its gap grows like a square root, $u^{l+1} \propto \theta^l \approx
/// \sqrt{2 u^l}$: any two inputs that differ at all separate within a few layers.
///
/// # Arguments
/// * `arch`: the network; widths and parameterization do not matter.
/// * `input`: norms and angle of the two inputs, $|x|^2$ divided by the number of features.
///
/// # Errors
/// [`KernelError::Diverges`] as for [`pair_kernel`](super::pair_kernel).
///
/// # Accuracy and cost
/// As for [`pair_kernel`](super::pair_kernel).
///
/// # Example
/// Inputs at a right angle agree in sign half of the time, so that both are active with probability 1/4:
/// ```
/// use fathom_ntk::infinite::{PairInput, nngp_pair};
/// use fathom_ntk::spec::{Architecture, ArchitectureSpec};
/// let spec = ArchitectureSpec { depth: Some(2), activation: Some("step".parse()?), ..Default::default() };
/// let arch = Architecture::try_from(spec)?;
/// let kernel = nngp_pair(&arch, &PairInput::from_inner_products(1.0, 1.0, 0.0)?)?;
/// assert!((kernel.nngp[2].to_f64() - 0.5).abs() < 1e-15);
/// assert!((kernel.gap.to_f64() - 0.5).abs() < 1e-15);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn nngp_pair(arch: &Architecture, input: &PairInput) -> Result<NngpPair, KernelError> {
    let recursion = PairRecursion::new(arch, Detail::NngpOnly)?;
    let [xx, yy] = input.mean_squares();
    let kernel = recursion.run(input, [&recursion.chain(xx), &recursion.chain(yy)])?;
    Ok(NngpPair { nngp: kernel.nngp, gap: kernel.gap })
}

#[cfg(test)]
mod tests {
    use std::f64::consts::{PI, TAU};

    use super::*;
    use crate::infinite::pair_kernel;
    use crate::spec::{ArchitectureSpec, Parameterization, PerLayer};

    fn network(name: &str, depth: usize, weight_var: f64, bias_var: f64) -> Architecture {
        Architecture::try_from(ArchitectureSpec {
            depth: Some(depth),
            activation: Some(name.parse().unwrap()),
            weight_var: Some(PerLayer::Uniform(weight_var)),
            bias_var: Some(PerLayer::Uniform(bias_var)),
            ..Default::default()
        })
        .unwrap()
    }

    #[track_caller]
    fn close(got: Scaled, want: f64, tolerance: f64) {
        let got = got.to_f64();
        assert!((got - want).abs() <= tolerance * want.abs(), "got {got:e}, want {want:e}");
    }

    /// Plain recursion in the correlation, which keeps its digits while the correlation is not near one.
    #[test]
    fn step_follows_its_closed_recursion() {
        for (weight_var, bias_var, [xx, yy, xy]) in
            [(2.0, 0.0, [1.0, 2.0, 0.5]), (1.5, 0.3, [1.0, 1.0, -0.9]), (0.7, 0.01, [0.01, 4.0, 0.1])]
        {
            let first = |k: f64| weight_var * k + bias_var;
            let (mut q1, mut q2, mut k) = (first(xx), first(yy), first(xy));
            for depth in 1..=12 {
                let arch = network("step", depth, weight_var, bias_var);
                let kernel = nngp_pair(&arch, &PairInput::from_inner_products(xx, yy, xy).unwrap()).unwrap();
                // The angle loses at most a digit at correlations up to 0.99; a dozen layers.
                for (got, want) in kernel.nngp.into_iter().zip([q1, q2, k]) {
                    close(got, want, 1e-13);
                }
                let c = k / (q1.sqrt() * q2.sqrt());
                close(kernel.gap, 1.0 - c, 1e-12);
                k = weight_var * (PI - c.acos()) / TAU + bias_var;
                (q1, q2) = (0.5 * weight_var + bias_var, 0.5 * weight_var + bias_var);
            }
        }
    }

    /// $F(g) - F(k) = \theta/(2\pi)$ for equal and for different norms, across the change to the linearised rule at 1e-33;
    /// the second layer's correlation map is then $u' = \sigma_w^2 \theta / (2\pi q)$.
    #[test]
    fn step_keeps_the_digits_of_tiny_gaps() {
        let (weight_var, bias_var) = (1.5_f64, 0.25_f64);
        let q = 0.5 * weight_var + bias_var;
        for u0 in [1e-3_f64, 1e-12, 1.5e-33, 0.7e-33, 1e-100, 1e-290] {
            // Inputs of the same norm: the first layer multiplies the gap by σ_w² |x|²/(σ_w² |x|² + σ_b²).
            let mut u = u0 * weight_var / (weight_var + bias_var);
            for depth in 2..=6 {
                let theta = 2.0 * (0.5 * u).sqrt().asin();
                u = weight_var * theta / (TAU * q);
                let arch = network("step", depth, weight_var, bias_var);
                let kernel = nngp_pair(&arch, &PairInput::from_gap(1.0, 1.0, u0).unwrap()).unwrap();
                close(kernel.gap, u, 1e-14);
            }
            // Without bias the angle does not depend on the norms.
            let theta = 2.0 * (0.5 * u0).sqrt().asin();
            let parallel = nngp_pair(&network("step", 2, 2.0, 0.0), &PairInput::from_gap(1.0, 3.0, u0).unwrap());
            close(parallel.unwrap().gap, theta / PI, 1e-14);
        }
    }

    #[test]
    fn parallel_and_zero_inputs_of_a_step_network() {
        let arch = network("step", 5, 2.0, 0.1);
        let same = nngp_pair(&arch, &PairInput::from_gap(1.0, 1.0, 0.0).unwrap()).unwrap();
        assert!(same.gap.is_zero());
        // φ(0) = 0: without bias a zero input stays zero.
        let zero = nngp_pair(&network("step", 3, 2.0, 0.0), &PairInput::from_inner_products(0.0, 1.0, 0.0).unwrap());
        let [n1, n2, n12] = zero.unwrap().nngp;
        assert!(n1.is_zero() && n12.is_zero());
        close(n2, 1.0, 1e-15);
    }

    #[test]
    fn every_other_activation_has_the_nngp_of_its_pair_kernel() {
        for name in ["relu", "tanh", "gelu", "elu", "sin", "softplus", "hard-tanh"] {
            let arch = network(name, 4, 1.5, 0.1);
            for input in [PairInput::from_gap(1.0, 2.0, 0.3).unwrap(), PairInput::from_gap(1.0, 1.0, 1e-40).unwrap()] {
                let (nngp, both) = (nngp_pair(&arch, &input).unwrap(), pair_kernel(&arch, &input).unwrap());
                assert_eq!((nngp.nngp, nngp.gap), (both.nngp, both.gap), "{name}");
            }
        }
    }

    #[test]
    fn widths_are_not_needed_and_the_ntk_of_a_step_stays_refused() {
        let spec = ArchitectureSpec {
            parameterization: Some(Parameterization::Standard),
            ..network("relu", 3, 2.0, 0.0).to_spec()
        };
        let arch = Architecture::try_from(spec).unwrap();
        let input = PairInput::from_gap(1.0, 1.0, 0.5).unwrap();
        assert!(matches!(pair_kernel(&arch, &input), Err(KernelError::NeedsWidths)));
        close(nngp_pair(&arch, &input).unwrap().nngp[0], 2.0, 1e-15);
        assert!(matches!(pair_kernel(&network("step", 3, 2.0, 0.0), &input), Err(KernelError::NoNtk { .. })));
    }
}
