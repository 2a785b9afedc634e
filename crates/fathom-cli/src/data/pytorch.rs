//! Weights as PyTorch loads them.

use std::collections::HashMap;

use fathom_ntk::network::{Network, Precision};
use safetensors::tensor::{Dtype, TensorView};

use crate::error::CommandError;
use crate::flags::usage;

/// A `.safetensors` file whose arrays are the `state_dict` of `torch.nn.Sequential(Linear, activation, Linear, …)`:
/// `0.weight` of shape (out, in), `0.bias`, `2.weight`, and so on.
///
/// The weights are the effective ones: any factor of the parameterization is part of them, so the PyTorch network computes the
/// same function. Layers without biases have none in the file.
pub(crate) fn pytorch_file(network: &Network, precision: Precision) -> Result<Vec<u8>, CommandError> {
    let mut arrays: Vec<(String, Vec<usize>, Vec<u8>)> = Vec::new();
    for (i, layer) in network.layers().iter().enumerate() {
        let place = 2 * i;
        let weights = bytes(layer.weights(), precision);
        arrays.push((format!("{place}.weight"), vec![layer.outputs(), layer.inputs()], weights));
        if let Some(biases) = layer.biases() {
            arrays.push((format!("{place}.bias"), vec![layer.outputs()], bytes(biases, precision)));
        }
    }
    let dtype = match precision {
        Precision::F64 => Dtype::F64,
        Precision::F32 => Dtype::F32,
    };
    let views = arrays.iter().map(|(name, shape, data)| Ok((name, TensorView::new(dtype, shape.clone(), data)?)));
    let views: Vec<_> = views.collect::<Result<_, safetensors::SafeTensorError>>().map_err(usage)?;
    // One entry only: several would come in any order, and the same weights must give the same bytes.
    let about = HashMap::from([("format".to_owned(), "pt".to_owned())]);
    safetensors::serialize(views, Some(about)).map_err(usage)
}

/// Little-endian numbers of this precision.
fn bytes(values: &[f64], precision: Precision) -> Vec<u8> {
    match precision {
        Precision::F64 => values.iter().flat_map(|value| value.to_le_bytes()).collect(),
        // Training in single precision made these numbers, so nothing is rounded.
        Precision::F32 => values.iter().flat_map(|value| (*value as f32).to_le_bytes()).collect(),
    }
}
