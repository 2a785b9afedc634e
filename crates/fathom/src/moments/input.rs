//! What the moments need of an input, and the checks that all of them share.

use crate::spec::Constants;

/// Why moments of the NTK could not be computed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum MomentsError {
    /// No weight layer.
    #[error("a network needs at least one weight layer, got none")]
    NoLayers,
    /// A list of constants whose length does not fit the depth.
    #[error("{name} must list {expected} values for {depth} weight layers, got {got}")]
    Length {
        /// Which list.
        name: &'static str,
        /// How many values it needs.
        expected: usize,
        /// Weight layers.
        depth: usize,
        /// How many values it has.
        got: usize,
    },
    /// A layer without neurons.
    #[error("every width must be at least 1, got 0 at position {position} (counted from 0, the input)")]
    ZeroWidth {
        /// Index in the list of widths.
        position: usize,
    },
    /// A constant of a layer out of range.
    #[error("{name} must be {allowed}, got {got} at position {position} (counted from 0)")]
    LayerValue {
        /// Which quantity.
        name: &'static str,
        /// The values allowed.
        allowed: &'static str,
        /// Index in its list.
        position: usize,
        /// The value given.
        got: f64,
    },
    /// A single number out of range.
    #[error("{name} must be {allowed}, got {got}")]
    Value {
        /// Which quantity.
        name: &'static str,
        /// The values allowed.
        allowed: &'static str,
        /// The value given.
        got: f64,
    },
    /// A $\sum_i x_i^4 / |x|^4$ that no input of this dimension has.
    #[error("fourth_power_sum must be at least {least} of sq_norm² for {inputs} inputs, got {got} of it")]
    Concentration {
        /// $1/n_0$.
        least: f64,
        /// $n_0$.
        inputs: usize,
        /// The value given.
        got: f64,
    },
    /// Orthogonal weights.
    #[error(
        "moments at finite width are known for independent weights; networks with orthogonal weights can be sampled"
    )]
    DependentWeights,
    /// The first update is known for one output.
    #[error("the first update of the NTK is known for 1 output, got {outputs}")]
    SeveralOutputs {
        /// $n_L$.
        outputs: usize,
    },
    /// The crossing term is known for Gaussian weights and biases.
    #[error(
        "the crossing term is known for Gaussian {name} (excess kurtosis 0), got excess kurtosis {excess_kurtosis}"
    )]
    NotGaussian {
        /// Weights or biases.
        name: &'static str,
        /// $E W^4 - 3$.
        excess_kurtosis: f64,
    },
    /// Preactivations that are exactly zero never cross zero at a finite rate.
    #[error(
        "the preactivations of layer {layer} are zero: the crossing term needs a nonzero input or a bias_var there"
    )]
    ZeroPreactivation {
        /// Weight layer, counted from 1.
        layer: usize,
    },
}

/// The norms of an input $x$ that the moments at $(x, x)$ depend on.
///
/// # Example
/// ```
/// use fathom_ntk::moments::InputNorm;
/// let norm = InputNorm::of(&[1.0, -2.0])?;
/// assert_eq!((norm.sq_norm(), norm.concentration()), (5.0, Some(17.0 / 25.0)));
/// # Ok::<(), fathom_ntk::moments::MomentsError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct InputNorm {
    sq_norm: f64,
    concentration: Option<f64>,
}

impl InputNorm {
    /// From $|x|^2$ and $\sum_i x_i^4$.
    ///
    /// `fourth_power_sum` matters only for weights that are not Gaussian. `None` stands for $|x|^4/n_0$, the value of
    /// an input whose entries have equal size.
    ///
    /// # Errors
    /// [`MomentsError::Value`] for a negative or non-finite number, and for $\sum_i x_i^4 > |x|^4$.
    pub fn new(sq_norm: f64, fourth_power_sum: Option<f64>) -> Result<Self, MomentsError> {
        if !at_least(sq_norm, 0.0) {
            return Err(MomentsError::Value { name: "sq_norm", allowed: NON_NEGATIVE, got: sq_norm });
        }
        let Some(got) = fourth_power_sum else { return Ok(Self { sq_norm, concentration: None }) };
        if !at_least(got, 0.0) {
            return Err(MomentsError::Value { name: "fourth_power_sum", allowed: NON_NEGATIVE, got });
        }
        if sq_norm == 0.0 && got == 0.0 {
            return Ok(Self { sq_norm, concentration: None });
        }
        // Divided one after the other, so that |x|⁴ cannot overflow.
        let ratio = got / sq_norm / sq_norm;
        if ratio.is_nan() || ratio > 1.0 + SLACK {
            return Err(MomentsError::Value { name: "fourth_power_sum", allowed: "at most sq_norm²", got });
        }
        Ok(Self { sq_norm, concentration: Some(ratio) })
    }

    /// Of the input `x`, its $n_0$ entries.
    ///
    /// # Errors
    /// [`MomentsError::Value`] if $|x|^2$ is not finite.
    pub fn of(x: &[f64]) -> Result<Self, MomentsError> {
        let sq_norm = x.iter().map(|v| v * v).sum();
        let norm = Self::new(sq_norm, None)?;
        let largest = x.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
        if largest == 0.0 {
            return Ok(norm);
        }
        let power = |k: i32| x.iter().map(|v| (v / largest).powi(k)).sum::<f64>();
        Ok(Self { sq_norm, concentration: Some(power(4) / power(2).powi(2)) })
    }

    /// $|x|^2$.
    pub fn sq_norm(&self) -> f64 {
        self.sq_norm
    }

    /// $\sum_i x_i^4 / |x|^4$, if known and $x \ne 0$; between $1/n_0$ and 1.
    pub fn concentration(&self) -> Option<f64> {
        self.concentration
    }

    /// The concentration, $1/n_0$ where not known.
    pub(super) fn concentration_among(&self, inputs: usize) -> Result<f64, MomentsError> {
        let least = 1.0 / inputs as f64;
        match self.concentration {
            Some(got) if got < least * (1.0 - SLACK) => Err(MomentsError::Concentration { least, inputs, got }),
            Some(got) => Ok(got),
            None => Ok(least),
        }
    }
}

/// Allowance for sums over the input that the caller rounded.
const SLACK: f64 = 1e-6;
const NON_NEGATIVE: &str = "at least 0 and finite";
const POSITIVE: &str = "positive and finite";

fn at_least(value: f64, least: f64) -> bool {
    value.is_finite() && value >= least
}

/// Checks everything that [`Constants`] promise.
pub(super) fn check(c: &Constants) -> Result<(), MomentsError> {
    let depth = c.depth();
    if depth == 0 {
        return Err(MomentsError::NoLayers);
    }
    if c.widths.len() != depth + 1 {
        return Err(MomentsError::Length { name: "widths", expected: depth + 1, depth, got: c.widths.len() });
    }
    check_widths(&c.widths)?;
    check_layers("weight_var", &c.weight_var, depth, POSITIVE, |v| v.is_finite() && v > 0.0)?;
    for (name, values) in [("bias_var", &c.bias_var), ("alpha", &c.alpha), ("beta", &c.beta)] {
        check_layers(name, values, depth, NON_NEGATIVE, |v| at_least(v, 0.0))?;
    }
    if c.weight_kurtosis.is_nan() {
        return Err(MomentsError::DependentWeights);
    }
    for (name, got) in [("weight_kurtosis", c.weight_kurtosis), ("bias_kurtosis", c.bias_kurtosis)] {
        if !at_least(got, -2.0) {
            return Err(MomentsError::Value { name, allowed: "an excess kurtosis, at least -2 and finite", got });
        }
    }
    Ok(())
}

/// Checks a list of widths from input to output.
pub(super) fn check_widths(widths: &[usize]) -> Result<(), MomentsError> {
    if widths.len() < 2 {
        return Err(MomentsError::NoLayers);
    }
    match widths.iter().position(|&n| n == 0) {
        Some(position) => Err(MomentsError::ZeroWidth { position }),
        None => Ok(()),
    }
}

fn check_layers(
    name: &'static str,
    values: &[f64],
    depth: usize,
    allowed: &'static str,
    valid: impl Fn(f64) -> bool,
) -> Result<(), MomentsError> {
    if values.len() != depth {
        return Err(MomentsError::Length { name, expected: depth, depth, got: values.len() });
    }
    match values.iter().position(|v| !valid(*v)) {
        Some(position) => Err(MomentsError::LayerValue { name, allowed, position, got: values[position] }),
        None => Ok(()),
    }
}
