//! Networks as files describe them: blocks one by one, or a shorthand.

use serde::Deserialize;
use serde::de::IntoDeserializer;
use toml::{Spanned, Value};

use super::{
    Block, BranchScaling, CnnEnding, CnnSpec, Composition, CompositionError, CompositionSpec, Padding, ResNetSpec,
};
use crate::activation::Activation;
use crate::spec::{Biases, Parameterization, line_of, toml_message};

/// What a TOML document says: `input` with `[[block]]` tables, a table `[resnet]`, or a table `[cnn]`.
///
/// Shorthands have the keys of [`ResNetSpec`] and of [`CnnSpec`]. Keys that may be missing: `activation` (relu), `weight_var` (2),
/// `bias_var` (0), `scaling` (1 in `[resnet]`, no residual connections in `[cnn]`), and in `[cnn]` `window` (three places in
/// every dimension), `padding` (same) and `ending` (global-average-pool). `shape` and `window` may be called `input` and
/// `filter`, as in blocks.
///
/// # Example
/// ```
/// use fathom_ntk::spec::NetworkFile;
/// let file = NetworkFile::from_toml("[cnn]\nshape = [8, 8, 3]\ndepth = 3\npadding = \"circular\"\nending = \"flatten\"\n")?;
/// assert_eq!(file.composition()?.depth(), 4);
/// let error = NetworkFile::from_toml("input = [3]\n\n[[block]]\ntype = \"dense\"\nwdith = 3\n").unwrap_err();
/// assert!(error.to_string().starts_with("line 3, block 1: unknown field `wdith`"));
/// # Ok::<(), fathom_ntk::spec::CompositionError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum NetworkFile {
    /// Blocks.
    Blocks(CompositionSpec),
    /// `[resnet]`.
    ResNet(ResNetSpec),
    /// `[cnn]`, and how it ends.
    Cnn(CnnSpec, CnnEnding),
}

impl NetworkFile {
    /// Reads a TOML document.
    ///
    /// # Errors
    /// [`CompositionError::Toml`] for bad syntax, unknown keys and values that do not parse, with the line, and the number of the
    /// block they are in.
    pub fn from_toml(text: &str) -> Result<Self, CompositionError> {
        let document: Document = parse(text)?;
        let wrong = |message: &str| CompositionError::Toml { message: message.into() };
        match (document.resnet, document.cnn, document.is_of_blocks()) {
            (None, None, _) => parse::<ListOfBlocks>(text)?.spec(text).map(Self::Blocks),
            (Some(()), None, false) => Ok(Self::ResNet(parse::<OneResNet>(text)?.resnet.spec())),
            (None, Some(()), false) => {
                let cnn = parse::<OneCnn>(text)?.cnn;
                let ending = cnn.ending;
                Ok(Self::Cnn(cnn.spec(), ending))
            }
            _ => {
                Err(wrong("a network is either blocks (input and [[block]]), or [resnet], or [cnn]: give one of them"))
            }
        }
    }

    /// The network itself.
    ///
    /// # Errors
    /// [`CompositionError`] for blocks that do not fit, and values out of range.
    pub fn composition(&self) -> Result<Composition, CompositionError> {
        match self {
            Self::Blocks(spec) => Composition::try_from(spec.clone()),
            Self::ResNet(spec) => Composition::try_from(spec.clone()),
            Self::Cnn(spec, ending) => spec.clone().with_ending(*ending),
        }
    }
}

fn parse<'de, T: Deserialize<'de>>(text: &'de str) -> Result<T, CompositionError> {
    toml::from_str(text).map_err(|error| CompositionError::Toml { message: toml_message(text, &error) })
}

/// Which tables there are, whatever is in them.
#[derive(Deserialize)]
struct Document {
    #[serde(default, deserialize_with = "there")]
    resnet: Option<()>,
    #[serde(default, deserialize_with = "there")]
    cnn: Option<()>,
    #[serde(default, deserialize_with = "there")]
    input: Option<()>,
    #[serde(default, deserialize_with = "there")]
    block: Option<()>,
}

impl Document {
    fn is_of_blocks(&self) -> bool {
        self.input.is_some() || self.block.is_some()
    }
}

fn there<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<()>, D::Error> {
    serde::de::IgnoredAny::deserialize(deserializer).map(|_| Some(()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListOfBlocks {
    input: Vec<usize>,
    #[serde(rename = "block", default)]
    blocks: Vec<Spanned<Value>>,
    biases: Option<Biases>,
    parameterization: Option<Parameterization>,
}

impl ListOfBlocks {
    fn spec(self, text: &str) -> Result<CompositionSpec, CompositionError> {
        let read = |(i, value): (usize, Spanned<Value>)| {
            let start = value.span().start;
            // Lines are counted for errors alone: counting them for every block takes the square of their number.
            let wrong = |message| format!("line {}, {message}", line_of(text, start));
            block(value.into_inner(), &(i + 1).to_string())
                .map_err(|message: String| CompositionError::Toml { message: wrong(message) })
        };
        let blocks = self.blocks.into_iter().enumerate().map(read).collect::<Result<_, _>>()?;
        Ok(CompositionSpec { input: self.input, blocks, biases: self.biases, parameterization: self.parameterization })
    }
}

/// A block, and what is wrong with it or the innermost block in it.
fn block(value: Value, place: &str) -> Result<Block, String> {
    for (key, prefix) in [("branch", ""), ("shortcut", "shortcut.")] {
        let Some(Value::Array(inner)) = value.get(key) else { continue };
        for (i, inner) in inner.iter().enumerate() {
            block(inner.clone(), &format!("{place}.{prefix}{}", i + 1))?;
        }
    }
    Block::deserialize(value.into_deserializer())
        .map_err(|error: toml::de::Error| format!("block {place}: {}", error.message().replace('\n', ", ")))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OneResNet {
    resnet: ResNetTable,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OneCnn {
    cnn: CnnTable,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ResNetTable {
    features: usize,
    depth: usize,
    #[serde(default)]
    activation: Option<Activation>,
    #[serde(default = "default_weight_var")]
    weight_var: f64,
    #[serde(default)]
    bias_var: f64,
    #[serde(default = "default_scaling")]
    scaling: BranchScaling,
}

impl ResNetTable {
    fn spec(self) -> ResNetSpec {
        let Self { features, depth, activation, weight_var, bias_var, scaling } = self;
        ResNetSpec {
            features,
            depth,
            activation: activation.unwrap_or_else(Activation::relu),
            weight_var,
            bias_var,
            scaling,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CnnTable {
    #[serde(alias = "input")]
    shape: Vec<usize>,
    depth: usize,
    #[serde(alias = "filter", default)]
    window: Option<Vec<usize>>,
    #[serde(default)]
    padding: Padding,
    #[serde(default)]
    activation: Option<Activation>,
    #[serde(default = "default_weight_var")]
    weight_var: f64,
    #[serde(default)]
    bias_var: f64,
    #[serde(default)]
    scaling: Option<BranchScaling>,
    #[serde(default)]
    ending: CnnEnding,
}

impl CnnTable {
    fn spec(self) -> CnnSpec {
        let Self { shape, depth, window, padding, activation, weight_var, bias_var, scaling, .. } = self;
        CnnSpec {
            filter: window.unwrap_or_else(|| vec![3; shape.len().saturating_sub(1)]),
            input: shape,
            depth,
            padding,
            activation: activation.unwrap_or_else(Activation::relu),
            weight_var,
            bias_var,
            scaling,
        }
    }
}

fn default_weight_var() -> f64 {
    2.0
}

fn default_scaling() -> BranchScaling {
    BranchScaling::Constant(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> String {
        NetworkFile::from_toml(text).and_then(|file| file.composition()).unwrap_err().to_string()
    }

    #[test]
    fn shorthands_are_the_networks_of_their_blocks() {
        let file = NetworkFile::from_toml("[resnet]\nfeatures = 3\ndepth = 4\nscaling = \"1/l\"\n").unwrap();
        let spec = ResNetSpec {
            features: 3,
            depth: 4,
            activation: "relu".parse().unwrap(),
            weight_var: 2.0,
            bias_var: 0.0,
            scaling: BranchScaling::Power(1.0),
        };
        assert_eq!(file.composition().unwrap(), Composition::try_from(spec).unwrap());
        let text = "[cnn]\ninput = [9, 2]\ndepth = 2\nactivation = \"erf\"\nbias_var = 0.1\nending = \"none\"\n";
        let network = NetworkFile::from_toml(text).unwrap().composition().unwrap();
        assert_eq!(
            (network.depth(), network.blocks().len(), network.output().to_string()),
            (2, 3, "an image of 9".into())
        );
        let pooled = NetworkFile::from_toml(&text.replace("none", "flatten")).unwrap().composition().unwrap();
        assert_eq!((pooled.depth(), pooled.blocks().len()), (3, 6));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line_and_block() {
        let head = "input = [4, 1]\n[[block]]\ntype = \"dense\"\n\n[[block]]\n";
        for (text, expected) in [
            (format!("{head}type = \"desne\"\n"), "line 5, block 2: unknown variant `desne`"),
            (format!("{head}type = \"dense\"\nwdith = 3\n"), "line 5, block 2: unknown field `wdith`"),
            (format!("{head}type = \"activation\"\nfunction = \"rleu\"\n"), "line 5, block 2: "),
            (
                format!(
                    "{head}type = \"residual\"\nbranch = [{{ type = \"dense\" }}, {{ type = \"dense\", x = 1 }}]\n"
                ),
                "line 5, block 2.2: unknown field `x`",
            ),
            ("[cnn]\nshape = [8, 1]\ndepth = 2\nstride = 2\n".into(), "line 4, column 1: unknown field `stride`"),
            ("[resnet]\nfeatures = 8\ndepth = 0\n".into(), "depth (number of weight layers)"),
            ("[resnet]\nfeatures = 8\ndepth = 2\n[cnn]\nshape = [8, 1]\ndepth = 2\n".into(), "give one of them"),
            ("input = [8]\n[resnet]\nfeatures = 8\ndepth = 2\n".into(), "give one of them"),
            ("input = [8]\n".into(), "at least one block"),
            ("depth = 3\n".into(), "unknown field `depth`"),
        ] {
            let found = message(&text);
            assert!(found.contains(expected), "{found}");
        }
    }
}
