//! From named arrays to the layers of a network.

use std::fmt;
use std::str::FromStr;

use super::ArraysError;
use super::naming::{Role, natural_order, parse};
use crate::spec::OptionError;

/// A named array of any shape.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedArray {
    /// As in the file or mapping it comes from.
    pub name: String,
    /// Its dimensions.
    pub shape: Vec<usize>,
    /// Its values, last index fastest.
    pub values: Vec<f64>,
}

/// What the rows and columns of a matrix are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Orientation {
    /// One row for each output (PyTorch).
    OutIn,
    /// One row for each input (Flax, Keras).
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

impl fmt::Display for Orientation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OutIn => "out-in",
            Self::InOut => "in-out",
        })
    }
}

impl FromStr for Orientation {
    type Err = OptionError;

    fn from_str(text: &str) -> Result<Self, OptionError> {
        match text.trim().to_lowercase().replace('_', "-").as_str() {
            "out-in" => Ok(Self::OutIn),
            "in-out" => Ok(Self::InOut),
            _ => Err(OptionError { what: "orientation", got: text.into(), allowed: "out-in, in-out" }),
        }
    }
}

/// What is said of the arrays beyond their names and shapes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LayerChoice {
    /// Names of the layers in their order; empty for all.
    pub layers: Vec<String>,
    /// The orientation of all matrices.
    pub orientation: Option<Orientation>,
}

/// One layer: $W$, one row for each output, and $b$.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedLayer {
    /// The name of its matrix.
    pub name: String,
    /// Columns of $W$.
    pub inputs: usize,
    /// Rows of $W$.
    pub outputs: usize,
    /// $W$, row after row.
    pub weights: Vec<f64>,
    /// $b$.
    pub biases: Option<Vec<f64>>,
}

/// All layers, and which arrays were left out.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedLayers {
    /// The layers, first to last.
    pub layers: Vec<NamedLayer>,
    /// Names of the other arrays.
    pub unused: Vec<String>,
}

/// The layers of a network whose inputs have `features` features.
///
/// # Errors
/// [`ArraysError`] for arrays that are no fully connected layers, layers that do not follow one another, values that are
/// not finite, and matrices whose orientation is not clear.
///
/// # Example
/// ```
/// use fathom_ntk::network::arrays::{LayerChoice, NamedArray, assemble};
/// let array = |name: &str, shape: &[usize]| {
///     NamedArray { name: name.into(), shape: shape.to_vec(), values: vec![1.0; shape.iter().product()] }
/// };
/// let arrays = vec![array("fc10.weight", &[1, 3]), array("fc2.weight", &[3, 2]), array("fc2.bias", &[3])];
/// let layers = assemble(arrays, &LayerChoice::default(), 2)?.layers;
/// assert_eq!((layers[0].name.as_str(), layers[0].inputs, layers[0].outputs), ("fc2.weight", 2, 3));
/// # Ok::<(), fathom_ntk::network::arrays::ArraysError>(())
/// ```
pub fn assemble(arrays: Vec<NamedArray>, choice: &LayerChoice, features: usize) -> Result<NamedLayers, ArraysError> {
    let all = arrays.iter().map(|t| t.name.clone()).collect();
    let (parts, mut unused) = group(arrays);
    if parts.is_empty() {
        return Err(ArraysError::NoLayers { names: all });
    }
    let parts = if choice.layers.is_empty() {
        if !unused.is_empty() {
            return Err(ArraysError::Unknown { names: unused });
        }
        parts
    } else {
        select(parts, &choice.layers, &mut unused)?
    };
    check(&parts)?;
    let orientation = orient(&parts, choice.orientation, features)?;
    let layers = parts.into_iter().map(|part| layer(part, orientation)).collect();
    Ok(NamedLayers { layers, unused })
}

/// The arrays of one layer.
struct Parts {
    name: String,
    weights: NamedArray,
    named: Option<Orientation>,
    biases: Option<NamedArray>,
}

/// Arrays grouped to layers in natural order, and the names of all others.
fn group(tensors: Vec<NamedArray>) -> (Vec<Parts>, Vec<String>) {
    let mut unused = Vec::new();
    let (mut parts, mut biases): (Vec<Parts>, Vec<(String, NamedArray)>) = (Vec::new(), Vec::new());
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
fn select(mut parts: Vec<Parts>, asked: &[String], unused: &mut Vec<String>) -> Result<Vec<Parts>, ArraysError> {
    let names = parts.iter().map(|part| part.name.clone()).collect();
    let mut chosen: Vec<Parts> = Vec::with_capacity(asked.len());
    for name in asked {
        let matches = |part: &Parts| part.name == *name || part.weights.name == *name;
        if let Some(place) = parts.iter().position(matches) {
            chosen.push(parts.remove(place));
        } else if chosen.iter().any(matches) {
            return Err(ArraysError::Twice { name: name.clone() });
        } else {
            return Err(ArraysError::NoSuchLayer { name: name.clone(), names });
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
fn check(parts: &[Parts]) -> Result<(), ArraysError> {
    for part in parts {
        for tensor in std::iter::once(&part.weights).chain(&part.biases) {
            // Not more values than are there, so their number and its factors are within usize.
            let needed = tensor.shape.iter().try_fold(1_usize, |product, size| product.checked_mul(*size));
            if needed != Some(tensor.values.len()) {
                let (shape, values) = (tensor.shape.clone(), tensor.values.len());
                return Err(ArraysError::Values { name: tensor.name.clone(), shape, values });
            }
        }
        let shape = |tensor: &NamedArray| (tensor.name.clone(), tensor.shape.clone());
        if part.weights.shape.len() != 2 || part.weights.values.is_empty() {
            let (name, shape) = shape(&part.weights);
            return Err(ArraysError::NotAMatrix { name, shape });
        }
        if let Some(biases) = part.biases.as_ref().filter(|biases| biases.shape.len() != 1) {
            let (name, shape) = shape(biases);
            return Err(ArraysError::NotAVector { name, shape });
        }
        for tensor in std::iter::once(&part.weights).chain(&part.biases) {
            if let Some(&value) = tensor.values.iter().find(|value| !value.is_finite()) {
                return Err(ArraysError::NotFinite { name: tensor.name.clone(), value });
            }
        }
    }
    Ok(())
}

/// Inputs and outputs of a matrix.
fn widths(part: &Parts, orientation: Orientation) -> (usize, usize) {
    let (rows, cols) = (part.weights.shape[0], part.weights.shape[1]);
    match orientation {
        Orientation::OutIn => (cols, rows),
        Orientation::InOut => (rows, cols),
    }
}

/// The one orientation that names and shapes allow.
fn orient(parts: &[Parts], forced: Option<Orientation>, features: usize) -> Result<Orientation, ArraysError> {
    if let Some(orientation) = forced {
        return fits(parts, orientation, features).map(|()| orientation);
    }
    let named = parts[0].named.filter(|named| parts.iter().all(|part| part.named == Some(*named)));
    let both = [Orientation::OutIn, Orientation::InOut];
    let fitting: Vec<Orientation> = both.into_iter().filter(|&o| fits(parts, o, features).is_ok()).collect();
    match (named, fitting.as_slice()) {
        (Some(named), fitting) if fitting.contains(&named) => Ok(named),
        (Some(named), []) => fits(parts, named, features).map(|()| named),
        (Some(named), [other, ..]) => Err(ArraysError::Contradiction { fitting: other.words(), named: named.words() }),
        (None, [only]) => Ok(*only),
        (None, []) => fits(parts, Orientation::OutIn, features).map(|()| Orientation::OutIn),
        (None, _) => Err(ArraysError::Unclear),
    }
}

/// Whether the layers follow one another from the features on, and biases fit.
fn fits(parts: &[Parts], orientation: Orientation, features: usize) -> Result<(), ArraysError> {
    let mut expected = features;
    for part in parts {
        let (inputs, outputs) = widths(part, orientation);
        if inputs != expected {
            let order = parts.iter().map(|part| part.weights.name.clone()).collect();
            let name = part.weights.name.clone();
            return Err(ArraysError::Chain { orientation: orientation.words(), name, expected, got: inputs, order });
        }
        if let Some(biases) = part.biases.as_ref().filter(|biases| biases.values.len() != outputs) {
            let (name, got) = (biases.name.clone(), biases.values.len());
            return Err(ArraysError::BiasCount { name, outputs, got });
        }
        expected = outputs;
    }
    Ok(())
}

fn layer(part: Parts, orientation: Orientation) -> NamedLayer {
    let (inputs, outputs) = widths(&part, orientation);
    let weights = match orientation {
        Orientation::OutIn => part.weights.values,
        Orientation::InOut => {
            let values = &part.weights.values;
            (0..outputs).flat_map(|out| (0..inputs).map(move |input| values[input * outputs + out])).collect()
        }
    };
    NamedLayer { name: part.weights.name, inputs, outputs, weights, biases: part.biases.map(|biases| biases.values) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tensor(name: &str, shape: &[usize]) -> NamedArray {
        let count = shape.iter().product::<usize>();
        NamedArray { name: name.into(), shape: shape.to_vec(), values: (0..count).map(|x| x as f64).collect() }
    }

    fn read(
        tensors: &[(&str, &[usize])],
        selection: &LayerChoice,
        features: usize,
    ) -> Result<NamedLayers, ArraysError> {
        assemble(tensors.iter().map(|(name, shape)| tensor(name, shape)).collect(), selection, features)
    }

    fn shapes(network: &NamedLayers) -> Vec<(&str, usize, usize)> {
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

    fn default() -> LayerChoice {
        LayerChoice::default()
    }

    fn forced(orientation: Orientation) -> LayerChoice {
        LayerChoice { orientation: Some(orientation), ..default() }
    }

    #[test]
    fn square_matrices_follow_their_names_and_flags_win() {
        let square: [(&str, &[usize]); 1] = [("fc.weight", &[2, 2])];
        assert_eq!(read(&square, &default(), 2).unwrap().layers[0].weights, [0.0, 1.0, 2.0, 3.0]);
        let network = read(&square, &forced(Orientation::InOut), 2).unwrap();
        assert_eq!(network.layers[0].weights, [0.0, 2.0, 1.0, 3.0]);
        assert_eq!(read(&[("W1", &[2, 2])], &default(), 2), Err(ArraysError::Unclear));
        let by_shape = read(&[("W1", &[2, 3]), ("W2", &[3, 1]), ("b1", &[3])], &default(), 2).unwrap();
        assert_eq!(shapes(&by_shape), [("W1", 2, 3), ("W2", 3, 1)]);
    }

    #[test]
    fn names_and_shapes_that_contradict_are_not_guessed_about() {
        let transposed: [(&str, &[usize]); 2] = [("fc1.weight", &[2, 3]), ("fc2.weight", &[3, 1])];
        let problem = read(&transposed, &default(), 2).unwrap_err();
        assert_eq!(problem, ArraysError::Contradiction { fitting: "[in, out]", named: "[out, in]" });
        assert!(read(&transposed, &forced(Orientation::InOut), 2).is_ok());
        let problem = read(&transposed, &default(), 7).unwrap_err().to_string();
        assert!(problem.contains("\"fc1.weight\" has 3 inputs where 7 are expected"), "{problem}");
    }

    #[test]
    fn arrays_of_other_layers_are_named() {
        let mixed: [(&str, &[usize]); 5] = [
            ("fc.weight", &[3, 2]),
            ("bn.weight", &[3]),
            ("bn.bias", &[3]),
            ("bn.running_mean", &[3]),
            ("out.weight", &[1, 3]),
        ];
        let problem = read(&mixed, &default(), 2).unwrap_err().to_string();
        assert!(problem.contains("\"bn.bias\", \"bn.running_mean\", \"bn.weight\""), "{problem}");
        let chosen = LayerChoice { layers: vec!["fc".into(), "out.weight".into()], ..default() };
        let network = read(&mixed, &chosen, 2).unwrap();
        assert_eq!(network.unused, ["bn.bias", "bn.running_mean", "bn.weight"]);
        assert_eq!(shapes(&network), [("fc.weight", 2, 3), ("out.weight", 3, 1)]);
        let problem = read(&[("conv.weight", &[3, 2, 5, 5])], &default(), 2).unwrap_err();
        assert!(matches!(problem, ArraysError::NotAMatrix { .. }), "{problem}");
        assert!(matches!(read(&[("x", &[2, 2])], &default(), 2), Err(ArraysError::NoLayers { .. })));
    }

    #[test]
    fn layers_are_taken_in_the_order_asked_for() {
        let tensors: [(&str, &[usize]); 2] = [("b.weight", &[2, 2]), ("a.weight", &[2, 2])];
        let asked = |layers: &[&str]| LayerChoice { layers: layers.iter().map(|&l| l.into()).collect(), ..default() };
        let network = read(&tensors, &asked(&["b", "a"]), 2).unwrap();
        assert_eq!(shapes(&network), [("b.weight", 2, 2), ("a.weight", 2, 2)]);
        assert!(matches!(read(&tensors, &asked(&["b", "b"]), 2), Err(ArraysError::Twice { .. })));
        assert!(matches!(read(&tensors, &asked(&["c"]), 2), Err(ArraysError::NoSuchLayer { .. })));
    }

    #[test]
    fn biases_and_values_are_checked() {
        let wrong = read(&[("a.weight", &[3, 2]), ("a.bias", &[2])], &default(), 2).unwrap_err();
        assert!(matches!(wrong, ArraysError::BiasCount { outputs: 3, got: 2, .. }), "{wrong}");
        let wrong = read(&[("a.weight", &[3, 2]), ("a.bias", &[3, 1])], &default(), 2).unwrap_err();
        assert!(matches!(wrong, ArraysError::NotAVector { .. }), "{wrong}");
        let mut tensor = tensor("a.weight", &[1, 2]);
        tensor.values[1] = f64::NAN;
        let problem = assemble(vec![tensor], &default(), 2).unwrap_err();
        assert_eq!(problem.to_string(), "every weight and bias must be finite, got NaN in \"a.weight\"");
    }
}
