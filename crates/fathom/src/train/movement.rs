//! How far the weights of each layer, and the pattern of its activations, have moved.

use serde::{Deserialize, Serialize};

use crate::network::{Forward, Layer, Network};

/// How far one weight layer has moved since initialisation.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LayerRecord {
    /// $|W_t - W_0|_F/|W_0|_F$; `None` if $W_0 = 0$.
    pub weight_change: Option<f64>,
    /// Share of the neurons, over the inputs of the probe, whose pre-activation has changed its sign (positive or not); `None`
    /// for the last layer and without a probe.
    pub pattern_change: Option<f64>,
}

/// Which pre-activations of each hidden layer are positive.
pub(super) fn signs(forward: &Forward<'_>, depth: usize) -> Vec<Vec<bool>> {
    (1..depth).map(|layer| forward.pre_activations(layer).iter().map(|z| *z > 0.0).collect()).collect()
}

/// The movement of every layer; patterns are empty without a probe.
pub(super) fn movement(
    initial: &Network,
    now: &Network,
    initial_signs: &[Vec<bool>],
    signs: &[Vec<bool>],
) -> Vec<LayerRecord> {
    let pairs = initial.layers().iter().zip(now.layers()).enumerate();
    let record = |(i, (initial, now)): (usize, (&Layer, &Layer))| {
        let size = initial.weights().iter().map(|w| w * w).sum::<f64>().sqrt();
        let moved = initial.weights().iter().zip(now.weights()).map(|(then, now)| (now - then).powi(2)).sum::<f64>();
        let pattern = initial_signs.get(i).zip(signs.get(i)).map(|(then, now)| {
            let changed = then.iter().zip(now).filter(|(then, now)| then != now).count();
            changed as f64 / then.len() as f64
        });
        LayerRecord { weight_change: (size > 0.0).then(|| moved.sqrt() / size), pattern_change: pattern }
    };
    pairs.map(record).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::activation::Activation;
    use crate::network::GradientScale;

    #[test]
    fn movement_is_known_by_hand() {
        let network = |first: Vec<f64>| {
            let layers = vec![
                Layer::new(2, 2, first, None, GradientScale::STANDARD).unwrap(),
                Layer::new(2, 1, vec![1.0, 1.0], None, GradientScale::STANDARD).unwrap(),
            ];
            Network::new(Activation::relu(), layers).unwrap()
        };
        let (then, now) = (network(vec![3.0, 0.0, 0.0, 4.0]), network(vec![3.0, 0.0, 0.0, -1.0]));
        let inputs = [1.0, 1.0, 1.0, -1.0, 0.0, 1.0, 1.0, 0.0];
        let signs = |network: &Network| signs(&network.forward(&inputs).unwrap(), 2);
        let layers = movement(&then, &now, &signs(&then), &signs(&now));
        // Of 8 pre-activations, the second neuron's changes sign on the first three inputs.
        assert_eq!(layers[0], LayerRecord { weight_change: Some(1.0), pattern_change: Some(0.375) });
        assert_eq!(layers[1], LayerRecord { weight_change: Some(0.0), pattern_change: None });
    }
}
