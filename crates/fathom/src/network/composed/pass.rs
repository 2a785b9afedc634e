//! Some inputs on their way through a network, and derivatives on their way back.

use super::parts::Part;
use super::windows::Windows;
use crate::linalg::{multiply, rows, rows_mut};
use crate::network::{Layer, NetworkError};

/// What a forward pass leaves behind.
#[derive(Clone, Debug, Default)]
pub(super) struct Pass {
    /// Number of inputs.
    pub rows: usize,
    /// What comes into each layer of weights, one input after the other; nothing where only outputs were asked for.
    pub inputs: Vec<Vec<f64>>,
    /// What is needed on the way back, in the order of the data.
    kept: Vec<Kept>,
    /// The outputs, one row for each input.
    pub outputs: Vec<f64>,
}

#[derive(Clone, Debug)]
enum Kept {
    /// What went into φ.
    Arguments(Vec<f64>),
    /// Normalised numbers, and what they were divided by.
    Normalised { values: Vec<f64>, sizes: Vec<f64> },
}

/// The parts of a network and its weights.
#[derive(Clone, Copy)]
pub(super) struct Parts<'n> {
    pub parts: &'n [Part],
    pub layers: &'n [Layer],
}

fn all_finite(values: &[f64]) -> bool {
    values.iter().all(|x| x.is_finite())
}

impl Parts<'_> {
    /// Sends `rows` inputs through the network.
    ///
    /// # Arguments
    /// * `keep`: whether derivatives will be asked for.
    pub fn forward(&self, inputs: Vec<f64>, rows: usize, keep: bool) -> Result<Pass, NetworkError> {
        let layers = if keep { vec![Vec::new(); self.layers.len()] } else { Vec::new() };
        let pass = Pass { rows, inputs: layers, ..Pass::default() };
        let mut forward = Forward { layers: self.layers, pass, keep, reached: 0 };
        let outputs = forward.all(self.parts, inputs)?;
        Ok(Pass { outputs, ..forward.pass })
    }

    /// The derivatives of some functions of the outputs with respect to the sums of each layer of weights.
    ///
    /// # Arguments
    /// * `cotangents`: their derivatives with respect to the outputs, `per_input` rows for each input.
    pub fn backward(
        &self,
        mut pass: Pass,
        cotangents: Vec<f64>,
        per_input: usize,
    ) -> Result<(Pass, Vec<Vec<f64>>), NetworkError> {
        let kept = std::mem::take(&mut pass.kept);
        let deltas = vec![Vec::new(); self.layers.len()];
        let mut backward = Backward { layers: self.layers, rows: pass.rows, kept, deltas, per_input };
        backward.all(self.parts, cotangents, false)?;
        Ok((pass, backward.deltas))
    }
}

struct Forward<'n> {
    layers: &'n [Layer],
    pass: Pass,
    keep: bool,
    /// Layers of weights passed so far.
    reached: usize,
}

impl Forward<'_> {
    fn all(&mut self, parts: &[Part], mut x: Vec<f64>) -> Result<Vec<f64>, NetworkError> {
        for part in parts {
            x = self.one(part, x)?;
            if !all_finite(&x) {
                return Err(NetworkError::ForwardOverflow { layer: self.reached, depth: self.layers.len() });
            }
        }
        Ok(x)
    }

    fn one(&mut self, part: &Part, mut x: Vec<f64>) -> Result<Vec<f64>, NetworkError> {
        match part {
            Part::Weights { layer, windows } => {
                let z = self.weights(&self.layers[*layer], windows, &x);
                self.reached = layer + 1;
                if self.keep {
                    self.pass.inputs[*layer] = x;
                }
                Ok(z)
            }
            Part::Activation(function) => {
                if !self.keep {
                    x.iter_mut().for_each(|z| *z = function.value(*z));
                    return Ok(x);
                }
                let y = x.iter().map(|z| function.value(*z)).collect();
                self.pass.kept.push(Kept::Arguments(x));
                Ok(y)
            }
            Part::Residual { lambda, branch, shortcut } => {
                let added = self.all(branch, x.clone())?;
                let mut sum = self.all(shortcut, x)?;
                sum.iter_mut().zip(&added).for_each(|(z, g)| *z += lambda * g);
                Ok(sum)
            }
            Part::Pool { windows, channels } => {
                let mut y = vec![0.0; self.pass.rows * windows.count * channels];
                let images = x.chunks_exact(windows.places * channels);
                for (y, image) in y.chunks_exact_mut(windows.count * channels).zip(images) {
                    windows.mean(image, *channels, y);
                }
                Ok(y)
            }
            Part::Normalise { channels } => self.normalise(x, *channels),
        }
    }

    fn weights(&self, layer: &Layer, windows: &Windows, x: &[f64]) -> Vec<f64> {
        let (fan_in, outputs) = (layer.inputs(), layer.outputs());
        let sums = self.pass.rows * windows.count;
        let weights = rows(layer.weights(), outputs, fan_in).transpose();
        let mut z = vec![0.0; sums * outputs];
        if windows.is_each() {
            multiply(rows_mut(&mut z, sums, outputs), rows(x, sums, fan_in), weights);
        } else {
            let channels = fan_in / windows.size;
            let mut patches = vec![0.0; windows.count * fan_in];
            let images = x.chunks_exact(windows.places * channels);
            for (z, image) in z.chunks_exact_mut(windows.count * outputs).zip(images) {
                windows.gather(image, channels, &mut patches);
                let patches = rows(&patches, windows.count, fan_in);
                multiply(rows_mut(z, windows.count, outputs), patches, weights);
            }
        }
        if let Some(biases) = layer.biases() {
            z.chunks_exact_mut(outputs).for_each(|z| z.iter_mut().zip(biases).for_each(|(z, b)| *z += b));
        }
        z
    }

    fn normalise(&mut self, mut x: Vec<f64>, channels: usize) -> Result<Vec<f64>, NetworkError> {
        let mut sizes = Vec::with_capacity(x.len() / channels);
        for z in x.chunks_exact_mut(channels) {
            // Divided by the largest first, so that no square leaves the range.
            let largest = z.iter().fold(0.0_f64, |m, z| m.max(z.abs()));
            if largest == 0.0 {
                return Err(NetworkError::ZeroNorm { layer: self.reached, depth: self.layers.len() });
            }
            let mean_square = z.iter().map(|z| (z / largest).powi(2)).sum::<f64>() / channels as f64;
            let size = largest * mean_square.sqrt();
            z.iter_mut().for_each(|z| *z /= size);
            sizes.push(size);
        }
        if self.keep {
            self.pass.kept.push(Kept::Normalised { values: x.clone(), sizes });
        }
        Ok(x)
    }
}

struct Backward<'n> {
    layers: &'n [Layer],
    rows: usize,
    kept: Vec<Kept>,
    deltas: Vec<Vec<f64>>,
    per_input: usize,
}

impl Backward<'_> {
    /// Derivatives before some parts from those after them; empty where neither they nor anything before them has use
    /// for them.
    ///
    /// # Arguments
    /// * `wanted`: whether there are weights before these parts.
    fn all(&mut self, parts: &[Part], mut delta: Vec<f64>, wanted: bool) -> Result<Vec<f64>, NetworkError> {
        let first = parts.iter().position(Part::has_weights).unwrap_or(parts.len());
        for (i, part) in parts.iter().enumerate().rev() {
            if !wanted && i < first {
                return Ok(Vec::new());
            }
            delta = self.one(part, delta, wanted || i > first)?;
        }
        Ok(delta)
    }

    fn one(&mut self, part: &Part, mut delta: Vec<f64>, wanted: bool) -> Result<Vec<f64>, NetworkError> {
        match part {
            Part::Weights { layer, windows } => {
                if !all_finite(&delta) {
                    let (layer, depth) = (layer + 1, self.layers.len());
                    return Err(NetworkError::BackwardOverflow { layer, depth });
                }
                let below = if wanted { self.weights(&self.layers[*layer], windows, &delta) } else { Vec::new() };
                self.deltas[*layer] = delta;
                Ok(below)
            }
            Part::Activation(function) => {
                let Some(Kept::Arguments(mut z)) = self.kept.pop() else { return Ok(delta) };
                z.iter_mut().for_each(|z| *z = function.slope(*z));
                let width = z.len() / self.rows;
                for (rows, slopes) in delta.chunks_exact_mut(width * self.per_input).zip(z.chunks_exact(width)) {
                    for row in rows.chunks_exact_mut(width) {
                        row.iter_mut().zip(slopes).for_each(|(d, s)| *d *= s);
                    }
                }
                Ok(delta)
            }
            Part::Residual { lambda, branch, shortcut } => {
                // What was kept last is needed first: the branch went before the shortcut.
                let scaled = delta.iter().map(|d| lambda * d).collect();
                let mut sum = self.all(shortcut, delta, wanted)?;
                let branch = self.all(branch, scaled, wanted)?;
                sum.iter_mut().zip(&branch).for_each(|(s, b)| *s += b);
                Ok(sum)
            }
            Part::Pool { windows, channels } => {
                let mut below = vec![0.0; self.rows * self.per_input * windows.places * channels];
                let images = below.chunks_exact_mut(windows.places * channels);
                for (image, delta) in images.zip(delta.chunks_exact(windows.count * channels)) {
                    windows.mean_back(delta, *channels, image);
                }
                Ok(below)
            }
            Part::Normalise { channels } => {
                self.normalise(&mut delta, *channels);
                Ok(delta)
            }
        }
    }

    fn weights(&self, layer: &Layer, windows: &Windows, delta: &[f64]) -> Vec<f64> {
        let (fan_in, outputs) = (layer.inputs(), layer.outputs());
        let (count, images) = (windows.count, self.rows * self.per_input);
        let weights = rows(layer.weights(), outputs, fan_in);
        if windows.is_each() {
            let mut below = vec![0.0; images * count * fan_in];
            let delta = rows(delta, images * count, outputs);
            multiply(rows_mut(&mut below, images * count, fan_in), delta, weights);
            return below;
        }
        let channels = fan_in / windows.size;
        let mut below = vec![0.0; images * windows.places * channels];
        let mut patches = vec![0.0; count * fan_in];
        let each = below.chunks_exact_mut(windows.places * channels).zip(delta.chunks_exact(count * outputs));
        for (image, delta) in each {
            multiply(rows_mut(&mut patches, count, fan_in), rows(delta, count, outputs), weights);
            windows.scatter(&patches, channels, image);
        }
        below
    }

    /// $\dot z = (\dot y - y\,\overline{y \dot y})/r$ of $y = z/r$, $r^2 = \overline{z^2}$.
    fn normalise(&mut self, delta: &mut [f64], channels: usize) {
        let Some(Kept::Normalised { values, sizes }) = self.kept.pop() else { return };
        let places = sizes.len() / self.rows;
        let width = places * channels;
        for (input, rows) in delta.chunks_exact_mut(width * self.per_input).enumerate() {
            let (values, sizes) = (&values[input * width..][..width], &sizes[input * places..][..places]);
            for row in rows.chunks_exact_mut(width) {
                for ((d, y), size) in row.chunks_exact_mut(channels).zip(values.chunks_exact(channels)).zip(sizes) {
                    let along = d.iter().zip(y).map(|(d, y)| d * y).sum::<f64>() / channels as f64;
                    d.iter_mut().zip(y).for_each(|(d, y)| *d = (*d - y * along) / size);
                }
            }
        }
    }
}
