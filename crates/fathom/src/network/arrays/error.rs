//! Why arrays do not make a network.

/// Most characters of a name that a message shows.
const QUOTED: usize = 40;
/// Most names that a message lists.
const SHOWN: usize = 12;

/// Why named arrays are not a fully connected network. Every message is one line.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ArraysError {
    /// No array is a matrix of weights.
    #[error("no weights of fully connected layers; the arrays are {}", listed(names))]
    NoLayers {
        /// All arrays.
        names: Vec<String>,
    },
    /// Arrays that belong to no layer, while no layers are chosen.
    #[error(
        "only fully connected layers are supported, and these arrays are no weights or biases of such layers: {}; \
         name the layers to be used",
        listed(names)
    )]
    Unknown {
        /// These arrays.
        names: Vec<String>,
    },
    /// A layer that is not there.
    #[error("no layer {}: expected one of {}", quoted(name), listed(names))]
    NoSuchLayer {
        /// The layer asked for.
        name: String,
        /// All layers.
        names: Vec<String>,
    },
    /// A layer chosen twice.
    #[error("layer {} is named twice", quoted(name))]
    Twice {
        /// The layer.
        name: String,
    },
    /// An array whose values do not fill its shape.
    #[error("an array of shape {} needs other than {values} values: {}", tuple(shape), quoted(name))]
    Values {
        /// The array.
        name: String,
        /// Its shape.
        shape: Vec<usize>,
        /// How many values it has.
        values: usize,
    },
    /// Weights that are no matrix.
    #[error(
        "weights must have two dimensions, got {} of shape {}: only fully connected layers are supported",
        quoted(name),
        tuple(shape)
    )]
    NotAMatrix {
        /// The array.
        name: String,
        /// Its shape.
        shape: Vec<usize>,
    },
    /// Biases that are no vector.
    #[error("biases must have one dimension, got {} of shape {}", quoted(name), tuple(shape))]
    NotAVector {
        /// The array.
        name: String,
        /// Its shape.
        shape: Vec<usize>,
    },
    /// NaN or infinity.
    #[error("every weight and bias must be finite, got {value} in {}", quoted(name))]
    NotFinite {
        /// The array.
        name: String,
        /// The value.
        value: f64,
    },
    /// Widths that do not follow one another.
    #[error(
        "read as {orientation}, the layers do not follow one another: {} has {got} inputs where {expected} are \
         expected (order: {})",
        quoted(name),
        listed(order)
    )]
    Chain {
        /// How the matrices are read.
        orientation: &'static str,
        /// The array that does not fit.
        name: String,
        /// Outputs of the layer before, or features of the data.
        expected: usize,
        /// Its inputs.
        got: usize,
        /// The matrices in their order.
        order: Vec<String>,
    },
    /// Another number of biases than outputs.
    #[error("{} has {got} biases for {outputs} outputs", quoted(name))]
    BiasCount {
        /// The array.
        name: String,
        /// Outputs of its layer.
        outputs: usize,
        /// How many biases there are.
        got: usize,
    },
    /// Names and shapes say different things.
    #[error("the shapes only fit matrices of orientation {fitting}, but the names say {named}: give the orientation")]
    Contradiction {
        /// What fits.
        fitting: &'static str,
        /// What the names say.
        named: &'static str,
    },
    /// Neither names nor shapes say anything.
    #[error("the orientation of the matrices is clear neither from names nor from shapes: give it")]
    Unclear,
}

/// A name, escaped and cut, so that it fits in one line.
fn quoted(name: &str) -> String {
    let mut cut: String = name.chars().take(QUOTED).collect();
    if cut.len() < name.len() {
        cut.push('…');
    }
    format!("{cut:?}")
}

fn listed(names: &[String]) -> String {
    let shown: Vec<String> = names.iter().take(SHOWN).map(|name| quoted(name)).collect();
    match names.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// Dimensions as NumPy writes them.
fn tuple(shape: &[usize]) -> String {
    match shape {
        [one] => format!("({one},)"),
        dimensions => {
            let shown: Vec<String> = dimensions.iter().map(ToString::to_string).collect();
            format!("({})", shown.join(", "))
        }
    }
}
