//! The network that varies.

use super::{Key, Setting, SweepError};
use crate::spec::{Architecture, ArchitectureSpec, Widths};

/// A network of which some things may still be open.
///
/// # Example
/// Twice as wide as deep:
/// ```
/// use fathom_ntk::analysis::sweep::{Setting, Template};
/// let mut template = Template::default();
/// for setting in [Setting::Inputs(5), Setting::Outputs(1), Setting::Depth(4), Setting::Ratio(0.5)] {
///     template.set(&setting);
/// }
/// assert_eq!(template.architecture()?.widths(), Some(&[5, 8, 8, 8, 1][..]));
/// # Ok::<(), fathom_ntk::analysis::sweep::SweepError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Template {
    /// Everything but the shape, and all widths if they are given.
    spec: ArchitectureSpec,
    inputs: Option<usize>,
    outputs: Option<usize>,
    depth: Option<usize>,
    width: Option<usize>,
    ratio: Option<f64>,
    seed: Option<u64>,
}

impl Template {
    /// Of a network as it is described; its depth without widths is that of infinite width.
    pub fn of(spec: ArchitectureSpec) -> Self {
        let depth = if spec.widths.is_some() { None } else { spec.depth };
        Self { spec: ArchitectureSpec { depth: None, ..spec }, depth, ..Self::default() }
    }

    /// Sets one value.
    pub fn set(&mut self, setting: &Setting) {
        match setting {
            Setting::Widths(widths) => self.spec.widths = Some(widths.clone()),
            Setting::Inputs(n) => self.inputs = Some(*n),
            Setting::Outputs(n) => self.outputs = Some(*n),
            Setting::Depth(depth) => self.depth = Some(*depth),
            Setting::Width(width) => self.width = Some(*width),
            Setting::Ratio(ratio) => self.ratio = Some(*ratio),
            Setting::Activation(activation) => self.spec.activation = Some(activation.clone()),
            Setting::WeightVar(variance) => self.spec.weight_var = Some(variance.clone()),
            Setting::BiasVar(variance) => self.spec.bias_var = Some(variance.clone()),
            Setting::Biases(biases) => self.spec.biases = Some(*biases),
            Setting::Parameterization(parameterization) => self.spec.parameterization = Some(*parameterization),
            Setting::WeightLaw(law) => self.spec.weight_law = Some(*law),
            Setting::Seed(seed) => self.seed = Some(*seed),
        }
    }

    /// The seed, if one was set.
    pub fn seed(&self) -> Option<u64> {
        self.seed
    }

    /// $n_0$, if it is known.
    pub fn inputs(&self) -> Option<usize> {
        self.inputs.or_else(|| self.spec.widths.as_ref().map(|widths| widths.as_slice()[0]))
    }

    /// Inputs and outputs where nothing is said of them; a list of widths says it.
    pub fn complete(&mut self, inputs: usize, outputs: usize) {
        if self.spec.widths.is_none() {
            self.inputs.get_or_insert(inputs);
            self.outputs.get_or_insert(outputs);
        }
    }

    /// The network.
    ///
    /// # Errors
    /// [`SweepError::Missing`] and [`SweepError::Contradiction`] for too little and too much about the shape,
    /// [`SweepError::Ratio`], and [`SweepError::Architecture`] for what is no network.
    pub fn architecture(&self) -> Result<Architecture, SweepError> {
        let mut spec = self.spec.clone();
        let parts = [
            (Key::Inputs, self.inputs.is_some()),
            (Key::Outputs, self.outputs.is_some()),
            (Key::Depth, self.depth.is_some()),
            (Key::Width, self.width.is_some()),
            (Key::Ratio, self.ratio.is_some()),
        ];
        match parts.into_iter().find(|(_, given)| *given) {
            Some((other, _)) if spec.widths.is_some() => {
                return Err(SweepError::Contradiction { key: Key::Widths, other });
            }
            _ if spec.widths.is_some() => {}
            _ => match self.depth_and_width()? {
                (depth, Some(width)) => spec.widths = Some(self.widths(depth, width)?),
                (depth, None) => spec.depth = Some(depth),
            },
        }
        Ok(Architecture::try_from(spec)?)
    }

    fn depth_and_width(&self) -> Result<(usize, Option<usize>), SweepError> {
        let divided = |exact: f64, ratio: f64, key: Key, value: usize, missing: Key| {
            let whole = exact.round();
            if whole < 1.0 { Err(SweepError::Ratio { ratio, key, value, missing }) } else { Ok(whole as usize) }
        };
        match (self.depth, self.width, self.ratio) {
            (Some(_), Some(_), Some(_)) => Err(SweepError::Contradiction { key: Key::Ratio, other: Key::Width }),
            (Some(depth), None, Some(ratio)) => {
                Ok((depth, Some(divided(depth as f64 / ratio, ratio, Key::Depth, depth, Key::Width)?)))
            }
            (None, Some(width), Some(ratio)) => {
                Ok((divided(width as f64 * ratio, ratio, Key::Width, width, Key::Depth)?, Some(width)))
            }
            (Some(depth), width, None) => Ok((depth, width)),
            (None, ..) => Err(SweepError::Missing { key: Key::Depth }),
        }
    }

    fn widths(&self, depth: usize, width: usize) -> Result<Widths, SweepError> {
        let missing = |key| move || SweepError::Missing { key };
        let inputs = self.inputs.ok_or_else(missing(Key::Inputs))?;
        let outputs = self.outputs.ok_or_else(missing(Key::Outputs))?;
        // The length is checked before anything of it is allocated.
        let text = match depth {
            1 => format!("{inputs},{outputs}"),
            depth => format!("{inputs},{width}x{},{outputs}", depth - 1),
        };
        text.parse()
            .map_err(|e: crate::spec::WidthsError| SweepError::Value { key: Key::Widths, reason: e.to_string() })
    }
}
