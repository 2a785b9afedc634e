//! From named arrays to the layers of a network.

use std::path::Path;

use clap::ValueEnum;

use super::error::{WeightsError, WeightsProblem};
use super::naming::{Role, natural_order, parse};
use crate::data::{Names, Quoted, Shape, Tensor, load_tensors};

/// What the rows and columns of a matrix are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Orientation {
    /// One row for each output (PyTorch)
    OutIn,
    /// One row for each input (Flax, Keras)
    InOut,
}

impl Orientation {
    fn words(self) -> &'static str {
        match self {
            Self::OutIn => "[out, in]",
            Self::InOut => "[in, out]",
        }
    }
}

/// What the user says of the file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selection {
    /// Names of the layers in their order; empty for all.
    pub(crate) layers: Vec<String>,
    /// The orientation of all matrices.
    pub(crate) orientation: Option<Orientation>,
}

/// One layer: $W$, one row for each output, and $b$.
#[derive(Debug, PartialEq)]
pub(crate) struct RawLayer {
    pub(crate) name: String,
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
    pub(crate) weights: Vec<f64>,
    pub(crate) biases: Option<Vec<f64>>,
}

/// All layers, and what of the file was left out.
#[derive(Debug, PartialEq)]
pub(crate) struct RawNetwork {
    pub(crate) layers: Vec<RawLayer>,
    pub(crate) unused: Vec<String>,
}

/// Loads the layers of a network whose inputs have `features` features.
pub(crate) fn load_network(path: &Path, selection: &Selection, features: usize) -> Result<RawNetwork, WeightsError> {
    let tensors = load_tensors(path)?;
    assemble(tensors, selection, features).map_err(|problem| WeightsError::Network { path: path.into(), problem })
}

/// The arrays of one layer.
struct Parts {
    name: String,
    weights: Tensor,
    named: Option<Orientation>,
    biases: Option<Tensor>,
}

fn assemble(tensors: Vec<Tensor>, selection: &Selection, features: usize) -> Result<RawNetwork, WeightsProblem> {
    let all = Names(tensors.iter().map(|t| t.name.clone()).collect());
    let (parts, mut unused) = group(tensors);
    if parts.is_empty() {
        return Err(WeightsProblem::NoLayers { names: all });
    }
    let parts = if selection.layers.is_empty() {
        if !unused.is_empty() {
            return Err(WeightsProblem::Unknown { names: Names(unused) });
        }
        parts
    } else {
        select(parts, &selection.layers, &mut unused)?
    };
    check(&parts)?;
    let orientation = orient(&parts, selection.orientation, features)?;
    let layers = parts.into_iter().map(|part| layer(part, orientation)).collect();
    Ok(RawNetwork { layers, unused })
}

/// Arrays grouped to layers in natural order, and the names of all others.
fn group(tensors: Vec<Tensor>) -> (Vec<Parts>, Vec<String>) {
    let mut unused = Vec::new();
    let (mut parts, mut biases): (Vec<Parts>, Vec<(String, Tensor)>) = (Vec::new(), Vec::new());
    for tensor in tensors {
        match parse(&tensor.name) {
            // A vector called weight is the scale of a normalisation.
            Some((name, Role::Weights(named))) if tensor.shape.len() >= 2 => {
                parts.push(Parts { name, weights: tensor, named, biases: None });
            }
            Some((name, Role::Biases)) => biases.push((name, tensor)),
            _ => unused.push(tensor.name),
        }
    }
    parts.sort_by(|a, b| natural_order(&a.name, &b.name));
    for (name, tensor) in biases {
        match parts.iter_mut().find(|part| part.name == name && part.biases.is_none()) {
            Some(part) => part.biases = Some(tensor),
            None => unused.push(tensor.name),
        }
    }
    unused.sort_by(|a, b| natural_order(a, b));
    (parts, unused)
}

/// The layers asked for; `asked` names a layer or its matrix.
fn select(mut parts: Vec<Parts>, asked: &[String], unused: &mut Vec<String>) -> Result<Vec<Parts>, WeightsProblem> {
    let names = Names(parts.iter().map(|part| part.name.clone()).collect());
    let mut chosen: Vec<Parts> = Vec::with_capacity(asked.len());
    for name in asked {
        let matches = |part: &Parts| part.name == *name || part.weights.name == *name;
        if let Some(place) = parts.iter().position(matches) {
            chosen.push(parts.remove(place));
        } else if chosen.iter().any(matches) {
            return Err(WeightsProblem::Twice { name: Quoted::new(name) });
        } else {
            return Err(WeightsProblem::NoSuchLayer { name: Quoted::new(name), names });
        }
    }
    for part in parts {
        unused.push(part.weights.name);
        unused.extend(part.biases.map(|biases| biases.name));
    }
    unused.sort_by(|a, b| natural_order(a, b));
    Ok(chosen)
}

/// Dimensions and values of every array.
fn check(parts: &[Parts]) -> Result<(), WeightsProblem> {
    for part in parts {
        let shape = |tensor: &Tensor| (Quoted::new(&tensor.name), Shape(tensor.shape.clone()));
        if part.weights.shape.len() != 2 || part.weights.values.is_empty() {
            let (name, shape) = shape(&part.weights);
            return Err(WeightsProblem::NotAMatrix { name, shape });
        }
        if let Some(biases) = part.biases.as_ref().filter(|biases| biases.shape.len() != 1) {
            let (name, shape) = shape(biases);
            return Err(WeightsProblem::NotAVector { name, shape });
        }
        for tensor in std::iter::once(&part.weights).chain(&part.biases) {
            if let Some(&value) = tensor.values.iter().find(|value| !value.is_finite()) {
                return Err(WeightsProblem::NotFinite { name: Quoted::new(&tensor.name), value });
            }
        }
    }
    Ok(())
}

/// Inputs and outputs of a matrix.
fn widths(part: &Parts, orientation: Orientation) -> (usize, usize) {
    // The values are in memory, so their number and its factors are within usize.
    let (rows, cols) = (part.weights.shape[0] as usize, part.weights.shape[1] as usize);
    match orientation {
        Orientation::OutIn => (cols, rows),
        Orientation::InOut => (rows, cols),
    }
}

/// The one orientation that names and shapes allow.
fn orient(parts: &[Parts], forced: Option<Orientation>, features: usize) -> Result<Orientation, WeightsProblem> {
    if let Some(orientation) = forced {
        return fits(parts, orientation, features).map(|()| orientation);
    }
    let named = parts[0].named.filter(|named| parts.iter().all(|part| part.named == Some(*named)));
    let both = [Orientation::OutIn, Orientation::InOut];
    let fitting: Vec<Orientation> = both.into_iter().filter(|&o| fits(parts, o, features).is_ok()).collect();
    match (named, fitting.as_slice()) {
        (Some(named), fitting) if fitting.contains(&named) => Ok(named),
        (Some(named), []) => fits(parts, named, features).map(|()| named),
        (Some(named), [other, ..]) => {
            Err(WeightsProblem::Contradiction { fitting: other.words(), named: named.words() })
        }
        (None, [only]) => Ok(*only),
        (None, []) => fits(parts, Orientation::OutIn, features).map(|()| Orientation::OutIn),
        (None, _) => Err(WeightsProblem::Unclear),
    }
}

/// Whether the layers follow one another from the features on, and biases fit.
fn fits(parts: &[Parts], orientation: Orientation, features: usize) -> Result<(), WeightsProblem> {
    let mut expected = features;
    for part in parts {
        let (inputs, outputs) = widths(part, orientation);
        if inputs != expected {
            let order = Names(parts.iter().map(|part| part.weights.name.clone()).collect());
            let name = Quoted::new(&part.weights.name);
            return Err(WeightsProblem::Chain { orientation: orientation.words(), name, expected, got: inputs, order });
        }
        if let Some(biases) = part.biases.as_ref().filter(|biases| biases.values.len() != outputs) {
            let (name, got) = (Quoted::new(&biases.name), biases.values.len());
            return Err(WeightsProblem::BiasCount { name, outputs, got });
        }
        expected = outputs;
    }
    Ok(())
}

fn layer(part: Parts, orientation: Orientation) -> RawLayer {
    let (inputs, outputs) = widths(&part, orientation);
    let weights = match orientation {
        Orientation::OutIn => part.weights.values,
        Orientation::InOut => {
            let values = &part.weights.values;
            (0..outputs).flat_map(|out| (0..inputs).map(move |input| values[input * outputs + out])).collect()
        }
    };
    RawLayer { name: part.weights.name, inputs, outputs, weights, biases: part.biases.map(|biases| biases.values) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tensor(name: &str, shape: &[u64]) -> Tensor {
        let count = shape.iter().product::<u64>();
        Tensor { name: name.into(), shape: shape.to_vec(), values: (0..count).map(|x| x as f64).collect() }
    }

    fn read(tensors: &[(&str, &[u64])], selection: &Selection, features: usize) -> Result<RawNetwork, WeightsProblem> {
        assemble(tensors.iter().map(|(name, shape)| tensor(name, shape)).collect(), selection, features)
    }

    fn shapes(network: &RawNetwork) -> Vec<(&str, usize, usize)> {
        network.layers.iter().map(|layer| (layer.name.as_str(), layer.inputs, layer.outputs)).collect()
    }

    #[test]
    fn pytorch_and_flax_matrices_end_up_alike() {
        let torch =
            read(&[("l.10.weight", &[1, 3]), ("l.2.weight", &[3, 2]), ("l.2.bias", &[3])], &default(), 2).unwrap();
        assert_eq!(shapes(&torch), [("l.2.weight", 2, 3), ("l.10.weight", 3, 1)]);
        assert_eq!(torch.layers[0].weights, [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
        assert_eq!(torch.layers[0].biases, Some(vec![0.0, 1.0, 2.0]));
        let flax = read(&[("p/Dense_0/kernel", &[2, 3]), ("p/Dense_1/kernel", &[3, 1])], &default(), 2).unwrap();
        assert_eq!(shapes(&flax), [("p/Dense_0/kernel", 2, 3), ("p/Dense_1/kernel", 3, 1)]);
        assert_eq!(flax.layers[0].weights, [0.0, 3.0, 1.0, 4.0, 2.0, 5.0]);
    }

    fn default() -> Selection {
        Selection::default()
    }

    fn forced(orientation: Orientation) -> Selection {
        Selection { orientation: Some(orientation), ..default() }
    }

    #[test]
    fn square_matrices_follow_their_names_and_flags_win() {
        let square: [(&str, &[u64]); 1] = [("fc.weight", &[2, 2])];
        assert_eq!(read(&square, &default(), 2).unwrap().layers[0].weights, [0.0, 1.0, 2.0, 3.0]);
        let network = read(&square, &forced(Orientation::InOut), 2).unwrap();
        assert_eq!(network.layers[0].weights, [0.0, 2.0, 1.0, 3.0]);
        assert_eq!(read(&[("W1", &[2, 2])], &default(), 2), Err(WeightsProblem::Unclear));
        let by_shape = read(&[("W1", &[2, 3]), ("W2", &[3, 1]), ("b1", &[3])], &default(), 2).unwrap();
        assert_eq!(shapes(&by_shape), [("W1", 2, 3), ("W2", 3, 1)]);
    }

    #[test]
    fn names_and_shapes_that_contradict_are_not_guessed_about() {
        let transposed: [(&str, &[u64]); 2] = [("fc1.weight", &[2, 3]), ("fc2.weight", &[3, 1])];
        let problem = read(&transposed, &default(), 2).unwrap_err();
        assert_eq!(problem, WeightsProblem::Contradiction { fitting: "[in, out]", named: "[out, in]" });
        assert!(read(&transposed, &forced(Orientation::InOut), 2).is_ok());
        let problem = read(&transposed, &default(), 7).unwrap_err().to_string();
        assert!(problem.contains("\"fc1.weight\" has 3 inputs where 7 are expected"), "{problem}");
    }

    #[test]
    fn arrays_of_other_layers_are_named() {
        let mixed: [(&str, &[u64]); 5] = [
            ("fc.weight", &[3, 2]),
            ("bn.weight", &[3]),
            ("bn.bias", &[3]),
            ("bn.running_mean", &[3]),
            ("out.weight", &[1, 3]),
        ];
        let problem = read(&mixed, &default(), 2).unwrap_err().to_string();
        assert!(problem.contains("\"bn.bias\", \"bn.running_mean\", \"bn.weight\""), "{problem}");
        let chosen = Selection { layers: vec!["fc".into(), "out.weight".into()], ..default() };
        let network = read(&mixed, &chosen, 2).unwrap();
        assert_eq!(network.unused, ["bn.bias", "bn.running_mean", "bn.weight"]);
        assert_eq!(shapes(&network), [("fc.weight", 2, 3), ("out.weight", 3, 1)]);
        let problem = read(&[("conv.weight", &[3, 2, 5, 5])], &default(), 2).unwrap_err();
        assert!(matches!(problem, WeightsProblem::NotAMatrix { .. }), "{problem}");
        assert!(matches!(read(&[("x", &[2, 2])], &default(), 2), Err(WeightsProblem::NoLayers { .. })));
    }

    #[test]
    fn layers_are_taken_in_the_order_asked_for() {
        let tensors: [(&str, &[u64]); 2] = [("b.weight", &[2, 2]), ("a.weight", &[2, 2])];
        let asked = |layers: &[&str]| Selection { layers: layers.iter().map(|&l| l.into()).collect(), ..default() };
        let network = read(&tensors, &asked(&["b", "a"]), 2).unwrap();
        assert_eq!(shapes(&network), [("b.weight", 2, 2), ("a.weight", 2, 2)]);
        assert!(matches!(read(&tensors, &asked(&["b", "b"]), 2), Err(WeightsProblem::Twice { .. })));
        assert!(matches!(read(&tensors, &asked(&["c"]), 2), Err(WeightsProblem::NoSuchLayer { .. })));
    }

    #[test]
    fn biases_and_values_are_checked() {
        let wrong = read(&[("a.weight", &[3, 2]), ("a.bias", &[2])], &default(), 2).unwrap_err();
        assert!(matches!(wrong, WeightsProblem::BiasCount { outputs: 3, got: 2, .. }), "{wrong}");
        let wrong = read(&[("a.weight", &[3, 2]), ("a.bias", &[3, 1])], &default(), 2).unwrap_err();
        assert!(matches!(wrong, WeightsProblem::NotAVector { .. }), "{wrong}");
        let mut tensor = tensor("a.weight", &[1, 2]);
        tensor.values[1] = f64::NAN;
        let problem = assemble(vec![tensor], &default(), 2).unwrap_err();
        assert_eq!(problem.to_string(), "every weight and bias must be finite, got NaN in \"a.weight\"");
    }
}
