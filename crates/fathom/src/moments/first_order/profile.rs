//! The infinitely wide network that the corrections are taken around: variances and averages of every layer.

use super::FirstOrderError;
use super::averages::Averages;
use super::statics::Tensors;
use super::transition::{Surroundings, Transition};
use crate::Scaled;
use crate::activation::{Homogeneous, Regularity};
use crate::spec::{Architecture, Parameterization, WeightLaw};

/// How many of the last distinct variances are looked up before integrating again: fixed points that are reached only
/// up to rounding alternate between a few neighbouring numbers.
pub(super) const REMEMBERED: usize = 8;

/// Widths of the hidden layers.
#[derive(Clone, Copy, Debug)]
pub(super) enum HiddenWidths {
    /// Those of the network.
    Own,
    /// The same in all hidden layers.
    Equal(f64),
}

/// Averages over the layers of one network at one input; they depend neither on the widths nor on the training.
#[derive(Debug)]
pub(super) struct Profile<'a> {
    arch: &'a Architecture,
    widths: &'a [usize],
    sq_norm: f64,
    homogeneous: Option<Homogeneous>,
    /// $K^1, \dots, K^{L-1}$ if φ is homogeneous.
    variances: Vec<Scaled>,
    /// Averages at the distinct variances otherwise, in the order of their first layer.
    distinct: Vec<Averages>,
    /// For hidden layers $1, \dots, L-1$, the place in `distinct`.
    index: Vec<u32>,
}

/// $n_0, \dots, n_L$ of a network that corrections in 1 / width apply to.
pub(super) fn finite_widths(arch: &Architecture) -> Result<&[usize], FirstOrderError> {
    let widths = arch.widths().ok_or(FirstOrderError::InfiniteWidth)?;
    let law = arch.weight_law();
    if law != WeightLaw::Gaussian && law != WeightLaw::FourthMoment(3.0) {
        return Err(FirstOrderError::WeightLaw { got: law });
    }
    if arch.activation().regularity() == Regularity::Discontinuous {
        return Err(FirstOrderError::NoNtk { activation: arch.activation().name() });
    }
    Ok(widths)
}

impl<'a> Profile<'a> {
    /// Checks the input and integrates over every hidden layer.
    pub(super) fn new(arch: &'a Architecture, sq_norm: f64) -> Result<Self, FirstOrderError> {
        let widths = finite_widths(arch)?;
        if !(sq_norm.is_finite() && sq_norm >= 0.0) {
            return Err(FirstOrderError::SquaredNorm { got: sq_norm });
        }
        let homogeneous = arch.activation().homogeneous();
        let mut profile =
            Self { arch, widths, sq_norm, homogeneous, variances: Vec::new(), distinct: Vec::new(), index: Vec::new() };
        match homogeneous {
            Some(parts) => profile.scale(parts)?,
            None => profile.integrate()?,
        }
        Ok(profile)
    }

    /// $w_0 = \sigma_{w,1}^2 |x|^2 / n_0$.
    fn input(&self) -> Scaled {
        Scaled::from(self.sq_norm) * (self.arch.weight_var(1) / self.widths[0] as f64)
    }

    fn first_variance(&self) -> Result<Scaled, FirstOrderError> {
        let k = self.input() + self.arch.bias_var(1);
        if k.is_zero() { Err(FirstOrderError::ZeroKernel { layer: 1 }) } else { Ok(k) }
    }

    fn scale(&mut self, parts: Homogeneous) -> Result<(), FirstOrderError> {
        let mut k = self.first_variance()?;
        self.variances.reserve_exact(self.depth() - 1);
        for layer in 1..self.depth() {
            self.variances.push(k);
            k = k * (parts.mean_square() * self.arch.weight_var(layer + 1)) + self.arch.bias_var(layer + 1);
            if k.is_zero() {
                return Err(FirstOrderError::ZeroKernel { layer: layer + 1 });
            }
        }
        Ok(())
    }

    fn integrate(&mut self) -> Result<(), FirstOrderError> {
        let mut k = self.first_variance()?;
        let mut known: Vec<f64> = Vec::new();
        self.index.reserve_exact(self.depth() - 1);
        for layer in 1..self.depth() {
            let not_finite = FirstOrderError::NotFinite { layer };
            let variance = k.to_finite().ok_or(not_finite.clone())?;
            let recent = known.len().saturating_sub(REMEMBERED);
            let place = match known[recent..].iter().rposition(|&seen| seen == variance) {
                Some(i) => recent + i,
                None => {
                    known.push(variance);
                    let averages = Averages::integrate(&**self.arch.activation(), variance);
                    self.distinct.push(averages.ok_or(not_finite)?);
                    known.len() - 1
                }
            };
            // At most 10⁷ layers, so the place fits.
            self.index.push(place as u32);
            k = self.distinct[place].value[0] * self.arch.weight_var(layer + 1) + self.arch.bias_var(layer + 1);
            if k.is_zero() {
                return Err(FirstOrderError::ZeroKernel { layer: layer + 1 });
            }
        }
        Ok(())
    }

    /// $L$.
    pub(super) fn depth(&self) -> usize {
        self.arch.depth()
    }

    /// The network.
    pub(super) fn arch(&self) -> &'a Architecture {
        self.arch
    }

    /// $n_0, \dots, n_L$.
    pub(super) fn widths(&self) -> &'a [usize] {
        self.widths
    }

    fn averages(&self, layer: usize) -> Averages {
        match self.homogeneous {
            Some(parts) => Averages::homogeneous(parts, self.variances[layer - 1]),
            None => self.distinct[self.index[layer - 1] as usize],
        }
    }

    /// $(\alpha, \beta)$ of weight layer `layer`.
    fn coefficients(&self, layer: usize, hidden: HiddenWidths) -> Result<(f64, f64), FirstOrderError> {
        let (alpha, beta) = self.arch.ntk_coefficients(layer).ok_or(FirstOrderError::InfiniteWidth)?;
        match (hidden, self.arch.parameterization()) {
            (HiddenWidths::Equal(n), Parameterization::Standard) if layer > 1 => {
                Ok((n / self.arch.weight_var(layer), beta))
            }
            _ => Ok((alpha, beta)),
        }
    }

    /// Layer 1: nothing fluctuates yet.
    pub(super) fn start(&self) -> Result<Tensors, FirstOrderError> {
        let (alpha, beta) = self.coefficients(1, HiddenWidths::Own)?;
        Ok(Tensors::start(self.first_variance()?, self.input() * alpha + beta))
    }

    /// From hidden layer `layer` to the next, given $\Theta$ there.
    pub(super) fn transition(
        &self,
        layer: usize,
        hidden: HiddenWidths,
        ntk: Scaled,
    ) -> Result<Transition, FirstOrderError> {
        let (alpha, beta) = self.coefficients(layer + 1, hidden)?;
        let width = match hidden {
            HiddenWidths::Own => self.widths[layer] as f64,
            HiddenWidths::Equal(n) => n,
        };
        let around = Surroundings {
            weight_var: self.arch.weight_var(layer + 1),
            bias_var: self.arch.bias_var(layer + 1),
            alpha,
            beta,
            inverse_width: 1.0 / width,
        };
        Ok(Transition::new(&self.averages(layer), &around, ntk))
    }

    /// The tensors of 1.1 at layer $L$.
    pub(super) fn statics(&self, hidden: HiddenWidths) -> Result<Tensors, FirstOrderError> {
        let mut tensors = self.start()?;
        for layer in 1..self.depth() {
            tensors = tensors.next(&self.transition(layer, hidden, tensors.ntk)?);
        }
        tensors.checked(self.depth())
    }
}

/// $\mathrm{Var}\,\Theta/\Theta^2$ of the networks that end after weight layer $1, 2, \dots, L$ of `arch`.
///
/// # Errors
/// [`FirstOrderError`] where the network itself has no first order.
pub(crate) fn variance_by_depth(arch: &Architecture, sq_norm: f64) -> Result<Vec<f64>, FirstOrderError> {
    let profile = Profile::new(arch, sq_norm)?;
    let mut tensors = profile.start()?;
    let mut variances = Vec::with_capacity(profile.depth());
    variances.push(0.0);
    for layer in 1..profile.depth() {
        tensors = tensors.next(&profile.transition(layer, HiddenWidths::Own, tensors.ntk)?);
        variances.push((tensors.variance() / (tensors.ntk * tensors.ntk)).to_f64());
    }
    Ok(variances)
}
