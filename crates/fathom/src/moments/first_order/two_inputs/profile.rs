//! The infinitely wide network that the corrections at two inputs are taken around.

use super::averages::PairAverages;
use super::pairs::ByPair;
use super::statics::{PairTensors, Surroundings};
use crate::Scaled;
use crate::activation::{Covariance, Homogeneous};
use crate::infinite::PairInput;
use crate::moments::first_order::FirstOrderError;
use crate::moments::first_order::profile::{REMEMBERED, finite_widths};
use crate::spec::Architecture;

/// One network at two inputs, layer by layer.
#[derive(Debug)]
pub(super) struct PairProfile<'a> {
    arch: &'a Architecture,
    widths: &'a [usize],
    homogeneous: Option<Homogeneous>,
    /// $x^\top x'/n_0$ for each pair.
    gram: [f64; 3],
    /// Averages at the last distinct kernels: deep networks reach fixed points.
    known: Vec<([f64; 3], PairAverages)>,
}

impl<'a> PairProfile<'a> {
    /// Checks the network.
    pub(super) fn new(arch: &'a Architecture, input: &PairInput) -> Result<Self, FirstOrderError> {
        let widths = finite_widths(arch)?;
        let homogeneous = arch.activation().homogeneous();
        if arch.depth() > 1 && homogeneous.is_none() && arch.activation().strip() <= 0.0 {
            return Err(FirstOrderError::NotAnalytic { activation: arch.activation().name() });
        }
        let [xx, yy] = input.mean_squares();
        Ok(Self { arch, widths, homogeneous, gram: [xx, input.inner_product(), yy], known: Vec::new() })
    }

    /// $L$.
    pub(super) fn depth(&self) -> usize {
        self.arch.depth()
    }

    /// Whether the network has one output.
    pub(super) fn has_one_output(&self) -> bool {
        self.widths.last() == Some(&1)
    }

    fn coefficients(&self, layer: usize) -> Result<(f64, f64), FirstOrderError> {
        self.arch.ntk_coefficients(layer).ok_or(FirstOrderError::InfiniteWidth)
    }

    /// Layer 1: nothing fluctuates yet.
    pub(super) fn start(&self) -> Result<PairTensors, FirstOrderError> {
        let (alpha, beta) = self.coefficients(1)?;
        let c = self.arch.weight_var(1);
        let nngp = self.gram.map(|q| Scaled::from(c) * q + self.arch.bias_var(1));
        let ntk = self.gram.map(|q| Scaled::from(alpha * c) * q + beta);
        Ok(PairTensors::start(nngp, ntk))
    }

    /// The constants of the weight layer above hidden layer `layer`.
    pub(super) fn surroundings(&self, layer: usize) -> Result<Surroundings, FirstOrderError> {
        let (alpha, beta) = self.coefficients(layer + 1)?;
        Ok(Surroundings {
            weight_var: self.arch.weight_var(layer + 1),
            bias_var: self.arch.bias_var(layer + 1),
            alpha,
            beta,
            inverse_width: 1.0 / self.widths[layer] as f64,
        })
    }

    /// The averages over hidden layer `layer`, whose kernel is `nngp`, stored in `place`.
    pub(super) fn averages<'p>(
        &'p mut self,
        layer: usize,
        nngp: &ByPair,
        place: &'p mut Option<PairAverages>,
    ) -> Result<&'p PairAverages, FirstOrderError> {
        if let Some(parts) = self.homogeneous {
            if nngp[0].is_zero() || nngp[2].is_zero() {
                return Err(FirstOrderError::ZeroKernel { layer });
            }
            if !nngp.iter().all(|k| k.is_finite()) {
                return Err(FirstOrderError::NotFinite { layer });
            }
            let averages = PairAverages::homogeneous(parts, nngp);
            return Ok(place.insert(averages.map_err(|gap| FirstOrderError::Parallel { layer, gap })?));
        }
        if nngp[0].is_zero() && nngp[2].is_zero() {
            return Err(FirstOrderError::ZeroKernel { layer });
        }
        let not_finite = || FirstOrderError::NotFinite { layer };
        let mut key = [0.0; 3];
        for (number, k) in key.iter_mut().zip(nngp) {
            *number = k.to_finite().ok_or_else(not_finite)?;
        }
        let known = self.known.iter().position(|(seen, _)| *seen == key);
        let index = match known {
            Some(index) => index,
            None => {
                let averages = self.integrate(key).ok_or_else(not_finite)?;
                if self.known.len() == REMEMBERED {
                    self.known.remove(0);
                }
                self.known.push((key, averages));
                self.known.len() - 1
            }
        };
        Ok(&self.known[index].1)
    }

    fn integrate(&self, [xx, xy, yy]: [f64; 3]) -> Option<PairAverages> {
        // The covariance of parallel preactivations may exceed their variances by rounding.
        let bound = (xx * yy).sqrt();
        let covariance = Covariance::new(xx, yy, xy.clamp(-bound, bound)).ok()?;
        PairAverages::integrate(&**self.arch.activation(), &covariance)
    }
}
