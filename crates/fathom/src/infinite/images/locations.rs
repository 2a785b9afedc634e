//! Kernels of single places of the outputs.

use super::image::{Image, output_places};
use super::kept::check_pairs_of_places;
use super::program::Program;
use super::run::Scratch;
use crate::Scaled;
use crate::infinite::KernelError;
use crate::infinite::matrix::{KernelInputs, MatrixError};
use crate::spec::Composition;

/// Σ and Θ of the outputs of two images at every pair of places.
#[derive(Clone, Debug)]
pub struct LocationKernels {
    places: usize,
    nngp: Vec<Scaled>,
    ntk: Vec<Scaled>,
}

impl LocationKernels {
    /// Places of the output of one image.
    pub fn places(&self) -> usize {
        self.places
    }

    /// $\Sigma$ of place `i` of the first image and place `j` of the second; `None` if there is no such place.
    pub fn nngp(&self, i: usize, j: usize) -> Option<Scaled> {
        self.at(&self.nngp, i, j)
    }

    /// The same of Θ.
    pub fn ntk(&self, i: usize, j: usize) -> Option<Scaled> {
        self.at(&self.ntk, i, j)
    }

    fn at(&self, values: &[Scaled], i: usize, j: usize) -> Option<Scaled> {
        (i < self.places && j < self.places).then(|| values.get(i * self.places + j).copied()).flatten()
    }
}

/// NNGP and NTK of the outputs of an infinitely wide network on images, place by place.
///
/// # Arguments
/// * `network`: works on images of one or two dimensions.
/// * `x`, `other`: one image each, with the channels of each place together (height × width × channels).
///
/// # Errors
/// [`MatrixError::Shape`], [`MatrixError::Input`], [`MatrixError::Kernel`], and [`MatrixError::PairsOfPlaces`] where the memory of
/// the machine does not suffice.
///
/// # Accuracy and cost
/// As [`KernelEngine`](crate::infinite::matrix::KernelEngine); all pairs of places are followed, at any
/// depth and without overflow.
///
/// # Example
/// One convolution of three circular places: $\Sigma = \frac23 \sum_\beta x_{\alpha+\beta} x_{\alpha'+\beta}$.
/// ```
/// use fathom_ntk::infinite::location_kernels;
/// use fathom_ntk::spec::{Composition, CompositionSpec};
/// let network = Composition::try_from(CompositionSpec::from_toml(
///     "input = [4, 1]\n[[block]]\ntype = \"conv\"\nfilter = [3]\npadding = \"circular\"",
/// )?)?;
/// let kernels = location_kernels(&network, &[1.0, 2.0, 3.0, 4.0], &[1.0, 0.0, 0.0, 0.0])?;
/// // Places 3, 0 and 1 of both.
/// assert!(kernels.nngp(0, 0).is_some_and(|k| (k.to_f64() - 2.0 / 3.0).abs() < 1e-15));
/// // Place 1 of the first image is next to places 0, 1 and 2; place 0 of the second to 3, 0 and 1.
/// assert!(kernels.nngp(1, 0).is_some_and(|k| (k.to_f64() - 4.0 / 3.0).abs() < 1e-15));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn location_kernels(network: &Composition, x: &[f64], other: &[f64]) -> Result<LocationKernels, MatrixError> {
    let features = network.features();
    if let Some(image) = [x, other].into_iter().find(|image| image.len() != features) {
        return Err(MatrixError::Shape { features, got: image.len() });
    }
    let inputs = KernelInputs::new(x, features, Some(other))?;
    if network.input().space().is_empty() {
        return Err(KernelError::NoImages.into());
    }
    let program = Program::new(network, true, true)?;
    let places = output_places(&program);
    let outputs = places.saturating_mul(places).saturating_mul(2 * size_of::<Scaled>());
    check_pairs_of_places(outputs.saturating_add(program.bytes_of_pair()), usize::MAX)?;
    let mut scratch = Scratch::default();
    let images = [0, 1].map(|set| Image::new(&program, inputs.scaled_row(set, 0), &mut scratch));
    let [one, two] = images;
    let (one, two) = (one?, two?);
    let mut kernels =
        LocationKernels { places, nngp: vec![Scaled::ZERO; places * places], ntk: vec![Scaled::ZERO; places * places] };
    one.outputs(&two, &program, &mut scratch, |[i, j], values, units| {
        let entry = |k: usize| Scaled::from(values[k]).times_power_of_two(units[k]);
        kernels.nngp[i * places + j] = entry(0);
        kernels.ntk[i * places + j] = entry(1);
    });
    Ok(kernels)
}
