//! Weights of a fully connected network from a file of named arrays.

use std::path::{Path, PathBuf};

use fathom_ntk::network::arrays::{ArraysError, LayerChoice, NamedLayers, assemble};

use crate::data::{DataError, load_tensors};

/// Why a file of weights is not a fully connected network. Every message is one line.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WeightsError {
    #[error(transparent)]
    File(#[from] DataError),
    #[error("{}: {problem}{}", .path.display(), hint(problem))]
    Network { path: PathBuf, problem: ArraysError },
}

/// The flags that help.
fn hint(problem: &ArraysError) -> &'static str {
    match problem {
        ArraysError::Unknown { .. } => " with --layers",
        ArraysError::Chain { .. } => "; --layers gives another order, --orientation another orientation",
        ArraysError::Contradiction { .. } | ArraysError::Unclear => " with --orientation",
        _ => "",
    }
}

/// Loads the layers of a network whose inputs have `features` features.
pub(crate) fn load_network(path: &Path, choice: &LayerChoice, features: usize) -> Result<NamedLayers, WeightsError> {
    let arrays = load_tensors(path)?;
    assemble(arrays, choice, features).map_err(|problem| WeightsError::Network { path: path.into(), problem })
}
