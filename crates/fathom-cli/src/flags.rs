//! Flags that mean the same in every command.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::Args;
use fathom_data::{DIGITS, FASHION, Images};
use fathom_ntk::activation::Activation;
use fathom_ntk::spec::{
    Architecture, ArchitectureSpec, Biases, Composition, NetworkFile, NetworkRef, Parameterization, PerLayer,
    WeightLaw, Widths,
};

pub(crate) use fathom_ntk::spec::AnyNetwork;

use crate::data::{Dataset, LoadOptions, load};
use crate::error::CommandError;
use crate::output::{protect, read_text};

/// Which network.
#[derive(Args, Debug, Default)]
#[command(next_help_heading = "Network")]
pub(crate) struct NetworkArgs {
    /// Widths from input to output; 512x19 stands for nineteen layers of width 512 [default, without --depth: as many
    /// inputs as the data, 256x4, 10 outputs]
    #[arg(long, value_name = "N,NxTIMES,…")]
    pub(crate) widths: Option<Widths>,
    /// Number of weight layers of an infinitely wide network
    #[arg(long, value_name = "L")]
    pub(crate) depth: Option<usize>,
    /// Activation function, for example relu, tanh, gelu, leaky-relu:0.1 [default: relu]
    #[arg(long, value_name = "NAME", long_help = activation_help())]
    pub(crate) activation: Option<Activation>,
    /// Variance σ_w² of the weights times fan-in; one value, or one for each weight layer [default: 2]
    #[arg(long, value_name = "VAR", allow_hyphen_values = true)]
    pub(crate) weight_var: Option<PerLayer>,
    /// Variance σ_b² of the biases; one value, or one for each weight layer [default: 0]
    #[arg(long, value_name = "VAR", allow_hyphen_values = true)]
    pub(crate) bias_var: Option<PerLayer>,
    /// none, untrained, trained or zero-init [default: trained; zero-init with hanin-nica]
    #[arg(long, value_name = "KIND")]
    pub(crate) biases: Option<Biases>,
    /// What gradients are taken with respect to: ntk, standard (as in PyTorch) or hanin-nica [default: ntk]
    #[arg(long, value_name = "NAME")]
    pub(crate) parameterization: Option<Parameterization>,
    /// gaussian, uniform, laplace or fourth-moment:M [default: gaussian]
    #[arg(long, value_name = "LAW")]
    pub(crate) weight_law: Option<WeightLaw>,
    /// Read the network from a TOML file with the names of these flags (weight_var = 2); flags given here win
    #[arg(long, value_name = "FILE.toml")]
    pub(crate) arch: Option<PathBuf>,
}

impl NetworkArgs {
    /// What the file and the flags say together.
    pub(crate) fn spec(&self) -> Result<ArchitectureSpec, CommandError> {
        let flags = ArchitectureSpec {
            widths: self.widths.clone(),
            depth: self.depth,
            activation: self.activation.clone(),
            weight_var: self.weight_var.clone(),
            bias_var: self.bias_var.clone(),
            biases: self.biases,
            parameterization: self.parameterization,
            weight_law: self.weight_law,
        };
        match &self.arch {
            Some(path) => Ok(read_spec(path)?.overridden_by(flags)),
            None => Ok(flags),
        }
    }
}

fn read_spec(path: &Path) -> Result<ArchitectureSpec, CommandError> {
    protect(path);
    let text = read_text(path)?;
    ArchitectureSpec::from_toml(&text).map_err(|source| CommandError::ArchitectureFile { path: path.into(), source })
}

/// A network of blocks, instead of fully connected layers.
#[derive(Args, Debug, Default)]
#[command(next_help_heading = "Network")]
pub(crate) struct BlocksArgs {
    /// Read a network of blocks (convolutions, residual connections, pooling, …) from a TOML file with `input` and `[[block]]`
    /// tables, or a shorthand `[resnet]` or `[cnn]`; instead of the other flags of networks
    #[arg(long, value_name = "FILE.toml", conflicts_with_all = NETWORK_FLAGS)]
    network: Option<PathBuf>,
}

/// The flags of [`NetworkArgs`].
pub(crate) const NETWORK_FLAGS: [&str; 9] =
    ["widths", "depth", "activation", "weight_var", "bias_var", "biases", "parameterization", "weight_law", "arch"];

impl BlocksArgs {
    /// Whether a network of blocks is asked for.
    pub(crate) fn is_given(&self) -> bool {
        self.network.is_some()
    }

    /// The network of blocks if one is asked for, which the data must fit; else the other one.
    pub(crate) fn network_or(
        &self,
        features: usize,
        other: impl FnOnce() -> Result<Architecture, CommandError>,
    ) -> Result<AnyNetwork, CommandError> {
        match &self.network {
            Some(path) => Ok(AnyNetwork::Blocks(read_blocks(path, features)?)),
            None => other().map(AnyNetwork::Layers),
        }
    }
}

/// A network of blocks of finite width, instead of fully connected layers.
#[derive(Args, Debug, Default)]
#[command(next_help_heading = "Network")]
pub(crate) struct FiniteBlocksArgs {
    #[command(flatten)]
    blocks: BlocksArgs,
    /// Width of dense and channels of conv blocks of --network that name none; the last of them has one output
    #[arg(long, value_name = "N", default_value_t = 64, requires = "network", value_parser = clap::value_parser!(u32).range(1..))]
    width: u32,
}

impl FiniteBlocksArgs {
    /// The network of blocks if one is asked for, with its widths.
    pub(crate) fn network(&self) -> Result<Option<Composition>, CommandError> {
        self.blocks.network.as_deref().map(|path| with_widths(path, self.width)).transpose()
    }

    /// Either network with its inputs.
    pub(crate) fn and_source(
        &self,
        network: &NetworkArgs,
        input: &InputArgs,
    ) -> Result<(AnyNetwork, Source), CommandError> {
        match self.network()? {
            Some(blocks) => {
                let source = input.source(Some(blocks.features()))?;
                if let Some(features) = source.features() {
                    check_features(&blocks, features)?;
                }
                Ok((AnyNetwork::Blocks(blocks), source))
            }
            None => network_and_source(network, input).map(|(arch, source)| (AnyNetwork::Layers(arch), source)),
        }
    }
}

/// A network from its file, with a width for the blocks that name none, and one output.
pub(crate) fn with_widths(path: &Path, width: u32) -> Result<Composition, CommandError> {
    let named = read_composition(path)?.with_widths(width as usize, 1);
    named.map_err(|source| CommandError::BlocksFile { path: path.into(), source })
}

/// A network from its file, for data of so many features.
pub(crate) fn read_blocks(path: &Path, features: usize) -> Result<Composition, CommandError> {
    let network = read_composition(path)?;
    check_features(&network, features)?;
    Ok(network)
}

fn read_composition(path: &Path) -> Result<Composition, CommandError> {
    protect(path);
    let text = read_text(path)?;
    let spec = NetworkFile::from_toml(&text).and_then(|file| file.composition());
    spec.map_err(|source| CommandError::BlocksFile { path: path.into(), source })
}

/// The data must fit the network.
pub(crate) fn check_features(network: &Composition, features: usize) -> Result<(), CommandError> {
    if network.features() != features {
        let (input, own) = (network.input(), network.features());
        return Err(usage(format!(
            "the data has {features} features, but the network works on {input}: {own} numbers"
        )));
    }
    Ok(())
}

/// The catalogue of activations.
fn activation_help() -> String {
    let mut help = String::from("Activation function [default: relu]; one of\n");
    for entry in Activation::catalogue() {
        help += &format!("  {:<58} {}\n", entry.form, entry.formula);
    }
    help
}

/// What the network is fed with.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Input")]
pub(crate) struct InputArgs {
    /// Inputs, one a row: .npy, .npz, .csv, or MNIST's IDX format, gzipped or not; `digits` and `fashion` are built in
    #[arg(long, value_name = "FILE", conflicts_with = "input_sq_norm")]
    pub(crate) data: Option<PathBuf>,
    /// Which array of an .npz file holds the inputs
    #[arg(long, value_name = "NAME", requires = "data")]
    pub(crate) array: Option<String>,
    /// Squared norm |x|² of a typical input, where there is no data [default: the number of inputs]
    #[arg(long, value_name = "NUMBER", allow_hyphen_values = true)]
    pub(crate) input_sq_norm: Option<f64>,
}

/// Inputs after reading.
pub(crate) enum Source {
    /// Data, and where it comes from.
    Data(Dataset, String),
    /// $|x|^2$.
    SquaredNorm(f64),
    /// Nothing was said: $|x|^2 = n_0$.
    Unit,
}

impl Source {
    /// In a few words.
    pub(crate) fn words(&self) -> String {
        match self {
            Self::Data(_, name) => name.clone(),
            Self::SquaredNorm(_) => "orthogonal inputs of this norm".into(),
            Self::Unit => "no data given: orthogonal inputs with |x|² = number of inputs".into(),
        }
    }

    /// Features of each row of data.
    pub(crate) fn features(&self) -> Option<usize> {
        match self {
            Self::Data(data, _) => Some(data.inputs.cols),
            Self::SquaredNorm(_) | Self::Unit => None,
        }
    }
}

impl InputArgs {
    /// Reads the inputs. Without a flag, the built-in digits if they fit a network of `inputs` inputs.
    pub(crate) fn source(&self, inputs: Option<usize>) -> Result<Source, CommandError> {
        if let Some(norm) = self.input_sq_norm {
            return Ok(Source::SquaredNorm(norm));
        }
        match &self.data {
            Some(path) => {
                let (data, name) = data_named(path, self.array.as_deref())?;
                Ok(Source::Data(data, name))
            }
            None => {
                let (digits, name) = built_in(&DIGITS);
                let fits = inputs.is_none_or(|inputs| inputs == digits.inputs.cols);
                Ok(if fits { Source::Data(digits, name) } else { Source::Unit })
            }
        }
    }
}

/// The data of a file, or the built-in ones, and where they come from.
pub(crate) fn data_named(path: &Path, array: Option<&str>) -> Result<(Dataset, String), CommandError> {
    match path.to_str() {
        Some("digits") => return Ok(built_in(&DIGITS)),
        Some("fashion") => return Ok(built_in(&FASHION)),
        _ => {}
    }
    let data = load(path, &LoadOptions { array: array.map(Into::into) })?;
    Ok((data, path.display().to_string()))
}

/// Built-in images, and what they are.
fn built_in(images: &Images) -> (Dataset, String) {
    (Dataset::built_in(images), images.name.to_owned())
}

/// The network where nothing is said of its shape: four hidden layers of width 256, as many inputs as the data has.
const DEFAULT_HIDDEN: &str = "256x4";

/// The network and its inputs, with defaults for what was left out.
pub(crate) fn network_and_source(
    network: &NetworkArgs,
    input: &InputArgs,
) -> Result<(Architecture, Source), CommandError> {
    let mut spec = network.spec()?;
    let inputs = spec.widths.as_ref().map(|w| w.as_slice()[0]);
    let source = input.source(inputs)?;
    let features = source.features().unwrap_or(DIGITS.features);
    fill_shape(&mut spec, features)?;
    Ok((Architecture::try_from(spec)?, source))
}

/// The default shape, where none is given.
fn fill_shape(spec: &mut ArchitectureSpec, features: usize) -> Result<(), CommandError> {
    if spec.widths.is_none() && spec.depth.is_none() {
        spec.widths = Some(format!("{features},{DEFAULT_HIDDEN},10").parse().map_err(usage)?);
    }
    Ok(())
}

/// The network for data of so many features, with the default shape where none is given.
pub(crate) fn network_for(network: &NetworkArgs, features: usize) -> Result<Architecture, CommandError> {
    let mut spec = network.spec()?;
    fill_shape(&mut spec, features)?;
    Ok(Architecture::try_from(spec)?)
}

/// An error about the command line as a whole.
pub(crate) fn usage(error: impl std::fmt::Display) -> CommandError {
    CommandError::Usage(error.to_string())
}

/// The first rows of data that has them.
pub(crate) fn check_rows(asked: usize, there: usize) -> Result<(), CommandError> {
    if (1..=there).contains(&asked) {
        return Ok(());
    }
    Err(usage(format!("--rows must be between 1 and {there}, the rows there are, got {asked}")))
}

/// Which rows of the data.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Rows(Vec<usize>);

/// Most rows that a list may name.
const MOST_ROWS: usize = 100_000;

impl FromStr for Rows {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("rows are numbers and ranges, such as 0,3,5-9, got {text:?}");
        let mut rows = Vec::new();
        for part in text.split(',') {
            let number = |text: &str| text.trim().parse::<usize>().map_err(|_| wrong());
            let (first, last) = match part.split_once('-') {
                Some((first, last)) => (number(first)?, number(last)?),
                None => (number(part)?, number(part)?),
            };
            if first > last {
                return Err(wrong());
            }
            if rows.len().saturating_add(last - first) >= MOST_ROWS {
                return Err(format!("at most {MOST_ROWS} rows can be listed, got {text:?}"));
            }
            rows.extend(first..=last);
        }
        Ok(Self(rows))
    }
}

/// The inputs themselves, row after row, and what they are.
pub(crate) fn chosen_inputs<'a>(
    network: impl Into<NetworkRef<'a>>,
    source: &Source,
    rows: Option<&Rows>,
    cosine: Option<f64>,
) -> Result<(Vec<f64>, String), CommandError> {
    let first = [0];
    let features = match (network.into().features(), source) {
        (Some(features), _) => features,
        (None, Source::Data(data, _)) => data.inputs.cols,
        (None, _) => 1,
    };
    let sq_norm = match source {
        // A cosine excludes data that are asked for; these are the built-in ones.
        Source::Data(..) if cosine.is_some() => features as f64,
        Source::Data(data, name) => {
            let (count, cols) = (data.inputs.rows, data.inputs.cols);
            if cols != features {
                return Err(usage(format!("the data has {cols} features, but the network has {features} inputs")));
            }
            let rows = rows.map_or(&first[..], |rows| &rows.0);
            if let Some(got) = rows.iter().find(|&&row| row >= count) {
                return Err(usage(format!("{name} has rows 0 to {}, got row {got}", count - 1)));
            }
            let values = rows.iter().flat_map(|row| &data.inputs.values[row * cols..(row + 1) * cols]).copied();
            let list: Vec<String> = rows.iter().take(12).map(usize::to_string).collect();
            let more = if rows.len() > 12 { ", …" } else { "" };
            let word = if rows.len() == 1 { "row" } else { "rows" };
            return Ok((values.collect(), format!("{name}, {word} {}{more}", list.join(", "))));
        }
        _ if rows.is_some() => return Err(usage("--rows chooses rows of --data, and there is no data")),
        Source::SquaredNorm(norm) => *norm,
        Source::Unit => features as f64,
    };
    if !(sq_norm.is_finite() && sq_norm >= 0.0) {
        return Err(usage(format!("--input-sq-norm must be at least 0 and finite, got {sq_norm}")));
    }
    let entry = (sq_norm / features as f64).sqrt();
    let mut inputs = vec![entry; features];
    let words = format!("all features equal, |x|² = {sq_norm}");
    let Some(cosine) = cosine else { return Ok((inputs, words)) };
    if !(-1.0..=1.0).contains(&cosine) {
        return Err(usage(format!("--cosine must be between -1 and 1, got {cosine}")));
    }
    if features < 2 {
        return Err(usage(format!("--cosine needs a network of at least 2 inputs, got {features}")));
    }
    // Orthogonal to the constant vector, of the same norm.
    let half = features / 2;
    let other = |i: usize| {
        if i < half {
            1.0
        } else if i < 2 * half {
            -1.0
        } else {
            0.0
        }
    };
    let (size, sine) = ((features as f64 / (2 * half) as f64).sqrt(), (1.0 - cosine * cosine).sqrt());
    inputs.extend((0..features).map(|i| entry * (cosine + sine * size * other(i))));
    Ok((inputs, format!("two inputs, |x|² = {sq_norm}, cosine {cosine}")))
}
