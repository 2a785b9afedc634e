//! What depth does to the kernel.

use fathom_ntk::analysis::depth::{
    CircularNetwork, DepthData, DepthError, DepthNetwork, DepthOptions, ImagePair, circular_depth_data_report,
    circular_depth_report, depth_data_report, depth_report, log_spaced_depths,
};
use fathom_ntk::infinite::PairInput;
use fathom_ntk::predict::{Distinct, Targets};
use fathom_ntk::report::{depth_data_text, depth_text};
use fathom_ntk::spec::Composition;
use numpy::{PyReadonlyArray1, PyReadonlyArray2};
use pyo3::prelude::*;
use serde_json::json;

use crate::blocks::{AnyNetwork, Blocks};
use crate::convert::{self, Report, Supervised};
use crate::errors::{raise, refused};
use crate::network::Architecture;
use crate::work::{Progress, watched};

/// The kind of network, layers of one law without a given depth.
fn of(network: &Architecture, scaling: Option<&str>) -> PyResult<DepthNetwork> {
    let plain = DepthNetwork::of(&network.0).map_err(raise)?;
    let Some(scaling) = scaling else { return Ok(plain) };
    let scaling = scaling.parse().map_err(|error| raise(DepthError::Composition(error)))?;
    DepthNetwork::resnet(plain.activation(), plain.weight_var(), plain.bias_var(), scaling).map_err(raise)
}

/// Two inputs through many depths.
#[pyfunction]
#[pyo3(signature = (network, scaling, mean_squares, cosine, epsilon, depths, progress))]
#[expect(clippy::too_many_arguments, reason = "checked and named in Python")]
pub(crate) fn depth(
    py: Python<'_>,
    network: &Architecture,
    scaling: Option<&str>,
    mean_squares: (f64, f64),
    cosine: f64,
    epsilon: f64,
    depths: Vec<usize>,
    progress: Option<Py<PyAny>>,
) -> PyResult<Report> {
    let network = of(network, scaling)?;
    if !(-1.0..=1.0).contains(&cosine) {
        return Err(refused(format!("cosine must be between -1 and 1, got {cosine}")));
    }
    let input = PairInput::from_gaps(mean_squares.0, mean_squares.1, 1.0 - cosine, 1.0 + cosine).map_err(raise)?;
    let options = DepthOptions { depths, epsilon };
    let report = watched(py, &Progress(progress), move |watch| depth_report(&network, &input, &options, watch))?
        .map_err(raise)?;
    convert::report(py, None, convert::json(&report)?, depth_text(&report))
}

/// Two images through many depths.
#[pyfunction]
#[pyo3(signature = (network, x, y, epsilon, depths, progress))]
pub(crate) fn depth_of_images(
    py: Python<'_>,
    network: &Blocks,
    x: PyReadonlyArray1<'_, f64>,
    y: PyReadonlyArray1<'_, f64>,
    epsilon: f64,
    depths: Vec<usize>,
    progress: Option<Py<PyAny>>,
) -> PyResult<Report> {
    let circular = CircularNetwork::of(&network.0).map_err(raise)?;
    let (sizes, channels) = shape(&network.0);
    let images = ImagePair::new(&sizes, channels, x.as_slice()?, y.as_slice()?).map_err(raise)?;
    let options = DepthOptions { depths, epsilon };
    let work = move |watch: &_| circular_depth_report(&circular, &images, &options, watch);
    let report = watched(py, &Progress(progress), work)?.map_err(raise)?;
    convert::report(py, None, convert::json(&report)?, depth_text(&report))
}

/// Places and channels of an input.
fn shape(network: &Composition) -> (Vec<usize>, usize) {
    let places = network.input().space().to_vec();
    let count: usize = places.iter().product();
    (places, network.features() / count.max(1))
}

/// Networks of lists, or of images of this size.
enum Family {
    Lists(DepthNetwork),
    Images(CircularNetwork, Vec<usize>),
}

impl Family {
    fn of(network: &AnyNetwork<'_>, scaling: Option<&str>) -> PyResult<Self> {
        match network {
            AnyNetwork::Layers(network) => of(network.get(), scaling).map(Self::Lists),
            AnyNetwork::Blocks(network) => {
                let network = &network.get().0;
                Ok(Self::Images(CircularNetwork::of(network).map_err(raise)?, shape(network).0))
            }
        }
    }
}

/// Regression and training on data through many depths.
#[pyfunction]
#[pyo3(signature = (network, scaling, x_train, targets, x_test, test_targets, depths, progress))]
#[expect(clippy::too_many_arguments, reason = "checked and named in Python")]
pub(crate) fn depth_on_data(
    py: Python<'_>,
    network: AnyNetwork<'_>,
    scaling: Option<&str>,
    x_train: PyReadonlyArray2<'_, f64>,
    targets: PyReadonlyArray2<'_, f64>,
    x_test: PyReadonlyArray2<'_, f64>,
    test_targets: Option<PyReadonlyArray2<'_, f64>>,
    depths: Vec<usize>,
    progress: Option<Py<PyAny>>,
) -> PyResult<Report> {
    let family = Family::of(&network, scaling)?;
    let Supervised { train, test, features, given, outputs, test_targets } =
        Supervised::new(&x_train, &targets, &x_test, test_targets.as_ref())?;
    let distinct = Distinct::rows(train, features).map_err(raise)?;
    let targets = Targets::new(given, outputs, &distinct).map_err(raise)?;
    let row = |&i: &usize| &train[i * features..][..features];
    let train: Vec<f64> = distinct.representatives().iter().flat_map(row).copied().collect();
    let test = test.to_vec();
    let report = watched(py, &Progress(progress), move |watch| {
        let data = DepthData {
            train: &train,
            test: &test,
            features,
            targets: &targets,
            test_targets: test_targets.as_deref(),
        };
        match &family {
            Family::Lists(network) => depth_data_report(network, &data, &depths, watch),
            Family::Images(network, sizes) => circular_depth_data_report(network, sizes, &data, &depths, watch),
        }
    })?
    .map_err(raise)?;
    let text = depth_data_text(&report, "x_train, x_test");
    convert::report(py, Some("x_train, x_test"), json!(convert::json(&report)?), text)
}

/// Depths in about equal ratios.
#[pyfunction]
#[pyo3(signature = (first, last, per_decade))]
pub(crate) fn log_depths(first: usize, last: usize, per_decade: usize) -> Vec<usize> {
    log_spaced_depths(first, last, per_decade)
}
