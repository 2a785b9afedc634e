//! The NTK of random networks: its distribution, and how it depends on depth.

use fathom_ntk::Scaled;
use fathom_ntk::moments::InputNorm;
use fathom_ntk::spec::Architecture;

use super::depths::{subtitle, title};
use super::dispersion::dispersion_panel;
use super::distribution::{Surrogate, distribution_panel};
use super::first_order::first_order_panel;
use crate::error::CommandError;
use crate::plot::figure::{Figure, Scale};

/// What is to be drawn of one network at one input.
pub(crate) struct SampleFigure<'a> {
    pub(crate) architecture: &'a Architecture,
    pub(crate) input: &'a InputNorm,
    /// Draws of Θ(x, x) over their mean; without them, only the log-normal surrogate is drawn.
    pub(crate) bins: Option<Bins>,
    /// Dispersions found by Monte Carlo.
    pub(crate) measured: Vec<Measured>,
}

/// A histogram of $\Theta/E\Theta$.
pub(crate) struct Bins {
    /// `Linear`: edges and statistics are of $\Theta/E\Theta$; `Log`: of its decimal logarithm.
    pub(crate) scale: Scale,
    /// Boundaries of the bins, increasing; one more than `counts`.
    pub(crate) edges: Vec<f64>,
    /// Draws in each bin.
    pub(crate) counts: Vec<u64>,
    /// All draws, those outside the bins included.
    pub(crate) draws: u64,
    /// $\Theta/E\Theta$ of the mean and of the median draw (their decimal logarithms if `scale` is `Log`).
    pub(crate) mean: f64,
    pub(crate) median: f64,
}

/// $E\Theta^2/(E\Theta)^2$ of the first `depth` layers, by Monte Carlo.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measured {
    pub(crate) depth: usize,
    pub(crate) dispersion: Scaled,
    /// One standard error of the dispersion.
    pub(crate) standard_error: Scaled,
}

/// Two panels: a measure of randomness against depth (the dispersion for relu, first-order std/mean otherwise), and the
/// distribution of $\Theta/E\Theta$.
///
/// # Errors
/// [`CommandError::Usage`] for a network without widths, and what the moments refuse.
pub(crate) fn sample_figure(data: &SampleFigure<'_>) -> Result<Figure, CommandError> {
    let arch = data.architecture;
    if arch.widths().is_none() {
        return Err(CommandError::Usage(
            "a picture of the moments needs --widths: at infinite width Θ is not random".into(),
        ));
    }
    let exact = arch.activation().name() == "relu" || arch.depth() == 1;
    let (against_depth, surrogate) = if exact {
        dispersion_panel(arch, data.input, &data.measured)?
    } else {
        first_order_panel(arch, data.input.sq_norm(), &data.measured)?
    };
    let mut panels = vec![against_depth];
    panels.extend(distribution_panel(surrogate, data.bins.as_ref()));
    Ok(Figure { title: title(arch), subtitle: subtitle(arch), panels, columns: 2 })
}

impl Surrogate {
    /// The log-normal law with this relative variance $D - 1$.
    pub(super) fn new(relative_variance: Scaled, exact: bool) -> Self {
        let small = relative_variance.to_f64();
        let log_dispersion = if small < 1.0 { small.ln_1p() } else { (relative_variance + 1.0).ln() };
        Self { log_dispersion, exact }
    }
}
