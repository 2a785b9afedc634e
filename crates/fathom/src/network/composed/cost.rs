//! What it takes to draw a network of blocks and to compute its kernel.

use super::ComposedNetwork;
use super::parts::Plan;
use crate::network::NetworkError;
use crate::spec::Composition;

/// Time and memory of a draw with its kernel on some inputs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ComposedCost {
    /// Outputs that are followed back.
    pub(crate) outputs: usize,
    /// Roughly, on one core.
    pub(crate) nanoseconds: f64,
    pub(crate) bytes: u64,
}

impl ComposedNetwork {
    /// The cost of a draw and of the kernel of its first outputs, `outputs` of them or all, on so many inputs.
    ///
    /// # Errors
    /// [`NetworkError::MissingWidth`], [`NetworkError::TooManyWeights`], [`NetworkError::NoNtk`].
    pub(crate) fn cost(network: &Composition, inputs: usize, outputs: usize) -> Result<ComposedCost, NetworkError> {
        // A normal; operations of a product in a nanosecond; a layer.
        const NORMAL: f64 = 6.0;
        const PRODUCT: f64 = 12.0;
        const CALL: f64 = 2000.0;
        // What is known of a layer besides its numbers: its sizes, and where the numbers are.
        const LAYER: f64 = 1024.0;
        let plan = Plan::new(network)?;
        if let Some(activation) = plan.jump {
            return Err(NetworkError::NoNtk { activation });
        }
        let outputs = outputs.min(plan.outputs);
        let rows = inputs.saturating_mul(outputs) as f64;
        let mut nanoseconds = 0.0;
        let mut bytes = 0.0;
        let mut largest = 0.0_f64;
        plan.visit(&mut |layer, windows| {
            let layer = plan.layers[layer];
            let weights = layer.inputs as f64 * layer.outputs as f64;
            let sums = windows.count as f64;
            // Forward, back, and the gradients; their inner products.
            let passes = 2.0 * sums * weights * (inputs as f64 + 2.0 * rows);
            let products = if windows.count == 1 { 0.0 } else { weights * rows * rows };
            nanoseconds += NORMAL * weights + (passes + products) / PRODUCT + CALL;
            bytes += 8.0 * 2.0 * weights + LAYER;
            largest = largest.max(8.0 * sums * layer.inputs as f64);
        });
        bytes += 8.0 * inputs as f64 * plan.signals as f64 + 8.0 * 2.0 * rows * plan.derivatives as f64;
        bytes += 8.0 * rows * (rows + super::ntk::GRADIENT_NUMBERS as f64) + largest;
        Ok(ComposedCost { outputs, nanoseconds, bytes: bytes as u64 })
    }
}
