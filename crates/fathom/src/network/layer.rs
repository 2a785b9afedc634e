//! One weight layer.

use super::NetworkError;
use crate::spec::Architecture;

/// Squares of the factors between the parameters of a layer and their effective values: $g_w$ and $g_b$.
///
/// If the effective weight is $W = c\,\omega$ and ω is what gradient descent changes, then $g_w = c^2$. A layer or a bias
/// that is not trained has 0.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct GradientScale {
    /// $g_w$.
    pub weights: f64,
    /// $g_b$.
    pub biases: f64,
}

impl GradientScale {
    /// Gradients with respect to the effective weights and biases themselves: the standard parameterization.
    pub const STANDARD: Self = Self { weights: 1.0, biases: 1.0 };
    /// Nothing is trained.
    pub const FROZEN: Self = Self { weights: 0.0, biases: 0.0 };

    /// The factors of weight layer `layer` = $l$ (1 to $L$) of an architecture: $g_w = \alpha\,\sigma_w^2/n_{l-1}$ and
    /// $g_b = \beta$ with the constants of [`Architecture::ntk_coefficients`]; `None` if its widths are infinite or it
    /// has no such layer.
    ///
    /// # Example
    /// ```
    /// use fathom_ntk::network::GradientScale;
    /// use fathom_ntk::spec::{Architecture, ArchitectureSpec};
    /// let spec = ArchitectureSpec { widths: Some("3,8,1".parse()?), ..Default::default() };
    /// let scale = GradientScale::of(&Architecture::try_from(spec)?, 2);
    /// assert_eq!(scale, Some(GradientScale { weights: 0.25, biases: 0.0 }));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn of(arch: &Architecture, layer: usize) -> Option<Self> {
        let fan_in = *arch.widths()?.get(layer.checked_sub(1)?)?;
        if layer > arch.depth() {
            return None;
        }
        let (alpha, biases) = arch.ntk_coefficients(layer)?;
        Some(Self { weights: alpha * (arch.weight_var(layer) / fan_in as f64), biases })
    }
}

/// One weight layer, $z = W h + b$ with effective weights. Shapes fit and values are finite when it is built.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    inputs: usize,
    outputs: usize,
    weights: Vec<f64>,
    biases: Option<Vec<f64>>,
    scale: GradientScale,
}

impl Layer {
    /// From its effective weights.
    ///
    /// # Arguments
    /// * `inputs`, `outputs`: shape of the matrix.
    /// * `weights`: $W$, one row of `inputs` values for each output, row after row.
    /// * `biases`: one for each output; `None` for a layer without biases, whose $g_b$ is then taken as 0.
    /// * `scale`: what gradients are taken with respect to.
    ///
    /// # Errors
    /// [`NetworkError`] for shapes that do not fit, values that are not finite, and negative scales.
    ///
    /// # Example
    /// ```
    /// use fathom_ntk::network::{GradientScale, Layer};
    /// let layer = Layer::new(2, 1, vec![3.0, 4.0], None, GradientScale::STANDARD)?;
    /// assert_eq!(layer.weights()[1], 4.0);
    /// assert_eq!(layer.scale().biases, 0.0);
    /// # Ok::<(), fathom_ntk::network::NetworkError>(())
    /// ```
    pub fn new(
        inputs: usize,
        outputs: usize,
        weights: Vec<f64>,
        biases: Option<Vec<f64>>,
        scale: GradientScale,
    ) -> Result<Self, NetworkError> {
        if inputs == 0 || outputs == 0 {
            return Err(NetworkError::EmptyLayer { inputs, outputs });
        }
        if inputs.checked_mul(outputs) != Some(weights.len()) {
            return Err(NetworkError::WeightCount { inputs, outputs, got: weights.len() });
        }
        if let Some(place) = weights.iter().position(|w| !w.is_finite()) {
            let (output, input) = (place / inputs, place % inputs);
            return Err(NetworkError::WeightNotFinite { input, output, got: weights[place] });
        }
        if let Some(biases) = &biases {
            if biases.len() != outputs {
                return Err(NetworkError::BiasCount { outputs, got: biases.len() });
            }
            if let Some(output) = biases.iter().position(|b| !b.is_finite()) {
                return Err(NetworkError::BiasNotFinite { output, got: biases[output] });
            }
        }
        Self { inputs, outputs, weights, biases, scale }.with_scale(scale)
    }

    /// The same layer with gradients taken with respect to other parameters.
    ///
    /// # Errors
    /// [`NetworkError::Scale`] for a scale that is negative or not finite.
    pub fn with_scale(self, scale: GradientScale) -> Result<Self, NetworkError> {
        let GradientScale { weights, biases } = scale;
        if ![weights, biases].iter().all(|g| g.is_finite() && *g >= 0.0) {
            return Err(NetworkError::Scale { weights, biases });
        }
        let scale = if self.biases.is_some() { scale } else { GradientScale { biases: 0.0, ..scale } };
        Ok(Self { scale, ..self })
    }

    /// $n_{l-1}$.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// $n_l$.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// $W$, one row for each output.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// $W$, to be changed by training. Values that are not finite show up as an overflow of the forward pass.
    pub fn weights_mut(&mut self) -> &mut [f64] {
        &mut self.weights
    }

    /// $b$.
    pub fn biases(&self) -> Option<&[f64]> {
        self.biases.as_deref()
    }

    /// $b$, to be changed by training.
    pub fn biases_mut(&mut self) -> Option<&mut [f64]> {
        self.biases.as_deref_mut()
    }

    /// $g_w$ and $g_b$.
    pub fn scale(&self) -> GradientScale {
        self.scale
    }
}
