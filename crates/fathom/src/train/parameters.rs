//! All parameters of a network in one list.

use std::ops::Range;

use crate::linalg::Real;
use crate::network::{Layer, Network};

/// Where a layer stands in the list.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) inputs: usize,
    pub(super) outputs: usize,
    pub(super) weights: Range<usize>,
    /// Empty for a layer without biases.
    pub(super) biases: Range<usize>,
    /// Squares of the factors before weights and biases.
    pub(super) weight_scale: f64,
    pub(super) bias_scale: f64,
}

/// The places of all layers, weights before biases, first layer first.
pub(super) fn places(network: &Network) -> Vec<Place> {
    let mut end = 0;
    let mut next = |count: usize| {
        end += count;
        end - count..end
    };
    let place = |layer: &Layer| Place {
        inputs: layer.inputs(),
        outputs: layer.outputs(),
        weights: next(layer.weights().len()),
        biases: next(layer.biases().map_or(0, <[f64]>::len)),
        weight_scale: layer.scale().weights,
        bias_scale: layer.scale().biases,
    };
    network.layers().iter().map(place).collect()
}

/// Number of parameters.
pub(super) fn count(places: &[Place]) -> usize {
    places.last().map_or(0, |place| place.biases.end)
}

/// The effective parameters of a network, rounded to this precision.
pub(super) fn read<T: Real>(network: &Network) -> Vec<T> {
    let layers = network.layers().iter();
    let values = layers.flat_map(|layer| layer.weights().iter().chain(layer.biases().unwrap_or_default()));
    values.map(|w| T::from_f64(*w)).collect()
}

/// Puts parameters into a network of the same shape.
pub(super) fn write<T: Real>(parameters: &[T], network: &mut Network) {
    let mut values = parameters.iter().map(|w| w.to_f64());
    let mut fill = |to: &mut [f64]| to.iter_mut().zip(&mut values).for_each(|(to, from)| *to = from);
    for layer in network.layers_mut() {
        fill(layer.weights_mut());
        if let Some(biases) = layer.biases_mut() {
            fill(biases);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::activation::Activation;
    use crate::network::GradientScale;

    #[test]
    fn what_is_read_is_written_back() {
        let layer = |inputs: usize, outputs: usize, biases: bool, first: f64| {
            let weights = (0..inputs * outputs).map(|i| first + i as f64).collect();
            let biases = biases.then(|| vec![-first; outputs]);
            Layer::new(inputs, outputs, weights, biases, GradientScale::STANDARD).unwrap()
        };
        let network =
            Network::new(Activation::relu(), vec![layer(2, 3, true, 10.0), layer(3, 1, false, 20.0)]).unwrap();
        let places = places(&network);
        assert_eq!((places[0].biases.clone(), places[1].weights.clone(), count(&places)), (6..9, 9..12, 12));
        let parameters: Vec<f32> = read(&network);
        assert_eq!(parameters[5..10], [15.0, -10.0, -10.0, -10.0, 20.0]);
        let mut other =
            Network::new(Activation::relu(), vec![layer(2, 3, true, 0.0), layer(3, 1, false, 0.0)]).unwrap();
        write(&parameters, &mut other);
        assert_eq!(other, network);
    }
}
