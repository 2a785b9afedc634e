//! Convolutional networks of any padding and ending: which depths a table of data has, and how long it takes.

use fathom_ntk::analysis::depth::ConvolutionalNetwork;
use fathom_ntk::spec::{CnnEnding, CnnSpec, NetworkFile};

use crate::error::CommandError;
use crate::flags::usage;

/// Deepest where nothing is said, unless that takes too long.
pub(super) const DEEPEST: [usize; 4] = [32, 16, 8, 4];

/// Seconds of a layer of one place of one pair of images: piecewise linear functions, and others.
const PLACE: [f64; 2] = [0.2e-6, 60e-6];
/// The same of a pair of places, where they are pooled.
const PAIR_OF_PLACES: [f64; 2] = [0.03e-6, 12e-6];

/// The networks of a `[cnn]` table; `None` for blocks and for lists of features.
pub(super) fn of_file(file: &NetworkFile, has_data: bool) -> Result<Option<Convolutional>, CommandError> {
    let NetworkFile::Cnn(spec, ending) = file else { return Ok(None) };
    if !has_data {
        return Err(usage(
            "limits at great depth are known for circular padding without pooling alone (in [cnn]: padding = \"circular\", \
             ending = \"flatten\" or \"none\"); other networks are followed on data, depth by depth: give DATA with labels or \
             --targets",
        ));
    }
    Ok(Some(Convolutional { network: ConvolutionalNetwork::new(spec, *ending)?, cost: cost(spec, *ending) }))
}

/// Networks without limits, and what a layer of a pair of images takes.
pub(super) struct Convolutional {
    pub(super) network: ConvolutionalNetwork,
    cost: f64,
}

impl Convolutional {
    /// Depths in ratios of two and the network's own, and which of them leave nothing of the image.
    pub(super) fn depths(&self, deepest: usize, own: Option<usize>) -> (Vec<usize>, Vec<usize>) {
        let mut depths: Vec<usize> = (1..).map(|power| 1 << power).take_while(|depth| *depth <= deepest).collect();
        depths.extend(own);
        depths.sort_unstable();
        depths.dedup();
        depths.into_iter().partition(|depth| self.network.composition(*depth).is_ok())
    }

    /// Seconds of one core for a pair of images at all these depths.
    pub(super) fn seconds_of_pair(&self, depths: &[usize]) -> f64 {
        self.cost * depths.iter().map(|depth| *depth as f64).sum::<f64>()
    }
}

fn cost(spec: &CnnSpec, ending: CnnEnding) -> f64 {
    let places: f64 = spec.input.iter().rev().skip(1).map(|size| *size as f64).product();
    let integrated = usize::from(spec.activation.homogeneous().is_none());
    if ending == CnnEnding::GlobalAveragePool {
        PAIR_OF_PLACES[integrated] * places * places
    } else {
        PLACE[integrated] * places
    }
}
