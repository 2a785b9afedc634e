//! Which networks are compared, and on which two inputs.

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use fathom_ntk::analysis::depth::{
    CircularNetwork, DepthData, DepthDataReport, DepthError, DepthNetwork, DepthOptions, DepthReport, ImagePair,
    circular_depth_data_report, circular_depth_report, convolutional_depth_data_report, depth_data_report,
    depth_report,
};
use fathom_ntk::analysis::nearest_edge_of_chaos;
use fathom_ntk::infinite::PairInput;
use fathom_ntk::infinite::matrix::Watch;
use fathom_ntk::random::Stream;
use fathom_ntk::spec::{Architecture, ArchitectureSpec, BranchScaling, CnnEnding, Composition, NetworkFile, Padding};

use super::convolutional::{self, Convolutional};
use super::{DataArgs, DepthArgs, normalise};
use crate::error::CommandError;
use crate::flags::{NetworkArgs, data_named, usage};
use crate::output::{protect, read_text};
use crate::runs::watched;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ArchitectureArg {
    Mlp,
    Resnet,
    Cnn,
}

/// Convolutional networks.
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "Images")]
pub(super) struct ImageArgs {
    /// Size of the images of a cnn: length,channels or height,width,channels [default: squares of one channel for DATA, else 16,1]
    #[arg(long, value_name = "N,…", value_delimiter = ',')]
    shape: Vec<usize>,
    /// Size of the window of its convolutions, which wrap around the edges [default: 3 in every dimension]
    #[arg(long, value_name = "N,…", value_delimiter = ',')]
    window: Vec<usize>,
    /// Rows of DATA that are the two images [default: 0,1]
    #[arg(long, value_name = "ROW,ROW", value_delimiter = ',', requires = "data")]
    pair: Vec<usize>,
    /// Seed of the two images that are drawn where there are no data
    #[arg(long, value_name = "SEED", default_value_t = 0)]
    seed: u64,
}

/// Bias variance without which the ordered phase is no phase for most activations.
const ORDERED_BIAS: f64 = 0.05;
/// Images where nothing is said.
const SHAPE: [usize; 2] = [16, 1];

/// Networks of one kind, and two inputs.
pub(super) struct Subject {
    /// The networks, and where they stand in a comparison.
    pub(super) networks: Vec<(&'static str, DepthNetwork)>,
    /// The depth that was asked for.
    pub(super) own: Option<usize>,
    /// Of images, which they are.
    pub(super) source: Option<String>,
    inputs: Inputs,
}

enum Inputs {
    Lists(PairInput),
    Images {
        filter: Vec<usize>,
        pair: ImagePair,
    },
    /// Of data alone.
    Convolutional(Convolutional),
}

impl Subject {
    /// From the flags, or from a file.
    pub(super) fn new(
        network: &NetworkArgs,
        depth: &DepthArgs,
        images: &ImageArgs,
        data: &DataArgs,
    ) -> Result<Self, CommandError> {
        match &depth.network {
            Some(path) => Self::of_file(path, depth, images, data),
            None => Self::of_flags(network, depth, images, data),
        }
    }

    fn of_flags(
        network: &NetworkArgs,
        depth: &DepthArgs,
        images: &ImageArgs,
        data: &DataArgs,
    ) -> Result<Self, CommandError> {
        let spec = network.spec()?;
        let own = spec.depth.or_else(|| spec.widths.as_ref().map(|widths| widths.as_slice().len() - 1));
        let of_spec = if spec.widths.is_none() { spec.depth.or(Some(2)) } else { spec.depth };
        let arch = Architecture::try_from(ArchitectureSpec { depth: of_spec, ..spec })?;
        let networks = depth.networks(&arch)?;
        let inputs = if depth.architecture == ArchitectureArg::Cnn {
            let shape = images.shape(data)?;
            let filter = if images.window.is_empty() { vec![3; shape.len() - 1] } else { images.window.clone() };
            Inputs::Images { filter, pair: images.pair(&shape, depth, data)? }
        } else {
            images.refuse("--architecture cnn")?;
            Inputs::Lists(depth.input()?)
        };
        let source = matches!(inputs, Inputs::Images { .. }).then(|| images.words(data));
        Ok(Self { networks, own, source, inputs })
    }

    fn of_file(path: &Path, depth: &DepthArgs, images: &ImageArgs, data: &DataArgs) -> Result<Self, CommandError> {
        if !(images.shape.is_empty() && images.window.is_empty()) {
            return Err(usage("--shape and --window are those of --network: leave them out"));
        }
        protect(path);
        let text = read_text(path)?;
        let failed = |source| CommandError::BlocksFile { path: PathBuf::from(path), source };
        let file = NetworkFile::from_toml(&text).map_err(failed)?;
        let network = file.composition().map_err(failed)?;
        let own = Some(network.depth());
        if let NetworkFile::ResNet(spec) = &file {
            images.refuse("a network on images")?;
            let network = DepthNetwork::resnet(&spec.activation, spec.weight_var, spec.bias_var, spec.scaling)?;
            return Ok(Self {
                networks: vec![("given", network)],
                own,
                source: None,
                inputs: Inputs::Lists(depth.input()?),
            });
        }
        let circular = match circular(&file, &network) {
            Err(CommandError::Depth(DepthError::NotCircular)) => {
                let known = convolutional::of_file(&file, data.data.is_some())?;
                let convolutional = known.ok_or(DepthError::NotCircular)?;
                images.refuse("a network on images with circular padding and no pooling")?;
                let networks = vec![("given", convolutional.network.layers().clone())];
                return Ok(Self { networks, own, source: None, inputs: Inputs::Convolutional(convolutional) });
            }
            circular => circular?,
        };
        let input = network.to_spec().input;
        let pair = images.pair(&input, depth, data)?;
        let inputs = Inputs::Images { filter: circular.filter().to_vec(), pair };
        let source = Some(images.words(data));
        Ok(Self { networks: vec![("given", circular.layers().clone())], own, source, inputs })
    }

    /// Whether the inputs are images.
    pub(super) fn is_of_images(&self) -> bool {
        matches!(self.inputs, Inputs::Images { .. })
    }

    /// Networks that only data can tell something of.
    pub(super) fn convolutional(&self) -> Option<&Convolutional> {
        match &self.inputs {
            Inputs::Convolutional(convolutional) => Some(convolutional),
            Inputs::Lists(_) | Inputs::Images { .. } => None,
        }
    }

    /// Of images, the number of places, and the layers in which the slowest pattern fades by a factor e.
    pub(super) fn places(&self) -> Option<(f64, Option<f64>)> {
        let Inputs::Images { filter, pair } = &self.inputs else { return None };
        let network = CircularNetwork::new(self.networks.first()?.1.clone(), filter).ok()?;
        let places = pair.sizes().iter().map(|size| *size as f64).product();
        Some((places, network.fading_layers(pair.sizes()).ok()?))
    }

    /// What depth does to two inputs; `None` where only data can tell.
    pub(super) fn report(
        &self,
        network: &DepthNetwork,
        options: &DepthOptions,
    ) -> Result<Option<DepthReport>, CommandError> {
        Ok(Some(match &self.inputs {
            Inputs::Convolutional(_) => return Ok(None),
            Inputs::Lists(input) => watched("layers", |watch| depth_report(network, input, options, watch))??,
            Inputs::Images { filter, pair } => {
                let network = CircularNetwork::new(network.clone(), filter)?;
                watched("layers", |watch| circular_depth_report(&network, pair, options, watch))??
            }
        }))
    }

    pub(super) fn on_data(
        &self,
        network: &DepthNetwork,
        data: &DepthData<'_>,
        depths: &[usize],
        watch: &Watch,
    ) -> Result<DepthDataReport, DepthError> {
        match &self.inputs {
            Inputs::Lists(_) => depth_data_report(network, data, depths, watch),
            Inputs::Convolutional(of) => convolutional_depth_data_report(&of.network, data, depths, watch),
            Inputs::Images { filter, pair } => {
                let network = CircularNetwork::new(network.clone(), filter)?;
                circular_depth_data_report(&network, pair.sizes(), data, depths, watch)
            }
        }
    }
}

/// The circular network of a file: a residual one keeps the law of its branches.
fn circular(file: &NetworkFile, network: &Composition) -> Result<CircularNetwork, CommandError> {
    match file {
        NetworkFile::Cnn(spec, CnnEnding::None) if spec.padding == Padding::Circular => {
            let layers = match spec.scaling {
                Some(scaling) => DepthNetwork::resnet(&spec.activation, spec.weight_var, spec.bias_var, scaling)?,
                None => DepthNetwork::mlp(&spec.activation, spec.weight_var, spec.bias_var)?,
            };
            Ok(CircularNetwork::new(layers, &spec.filter)?)
        }
        _ => Ok(CircularNetwork::of(network)?),
    }
}

impl DepthArgs {
    fn scaling(&self) -> Result<Option<BranchScaling>, CommandError> {
        match (self.architecture, &self.scaling) {
            (ArchitectureArg::Mlp, Some(_)) => Err(usage("--scaling needs --architecture resnet or cnn")),
            (ArchitectureArg::Mlp | ArchitectureArg::Cnn, None) => Ok(None),
            (ArchitectureArg::Resnet, None) => Ok(Some(BranchScaling::Constant(1.0))),
            (_, Some(text)) => {
                let text = if text == "none" { "1" } else { text };
                Ok(Some(text.parse().map_err(DepthError::Composition)?))
            }
        }
    }

    fn cosine_checked(&self) -> Result<f64, CommandError> {
        if (-1.0..=1.0).contains(&self.cosine) {
            return Ok(self.cosine);
        }
        Err(usage(format!("--cosine must be between -1 and 1, got {}", self.cosine)))
    }

    fn squares(&self) -> Result<[f64; 2], CommandError> {
        match self.input_mean_square[..] {
            [both] => Ok([both, both]),
            [first, second] => Ok([first, second]),
            _ => Err(usage("--input-mean-square takes one number or two")),
        }
    }

    fn input(&self) -> Result<PairInput, CommandError> {
        let ([first, second], cosine) = (self.squares()?, self.cosine_checked()?);
        PairInput::from_gaps(first, second, 1.0 - cosine, 1.0 + cosine).map_err(usage)
    }

    /// The networks to look at, and where they stand.
    fn networks(&self, arch: &Architecture) -> Result<Vec<(&'static str, DepthNetwork)>, CommandError> {
        let plain = DepthNetwork::of(arch)?;
        let scaling = self.scaling()?;
        let activation = plain.activation();
        if !self.phases {
            let (weight_var, bias_var) = (plain.weight_var(), plain.bias_var());
            let given = match scaling {
                None => plain,
                Some(scaling) => DepthNetwork::resnet(activation, weight_var, bias_var, scaling)?,
            };
            return Ok(vec![("given", given)]);
        }
        if scaling.is_some() {
            return Err(usage("--phases compares networks without shortcuts: residual networks have no such phases"));
        }
        if activation.homogeneous().is_some() {
            return Err(usage(format!(
                "--phases needs an activation that saturates or bends, such as tanh or gelu: correlations of {activation} \
                 networks without bias are the same at every weight variance, so that there are no phases to compare"
            )));
        }
        let critical = nearest_edge_of_chaos(activation, plain.weight_var(), plain.bias_var())?;
        let (weight_var, bias_var) = (critical.weight_var, critical.bias_var);
        Ok(vec![
            ("ordered", DepthNetwork::mlp(activation, 0.5 * weight_var, bias_var.max(ORDERED_BIAS))?),
            ("critical", DepthNetwork::mlp(activation, weight_var, bias_var)?),
            ("chaotic", DepthNetwork::mlp(activation, 2.0 * weight_var, bias_var)?),
        ])
    }
}

impl ImageArgs {
    /// That nothing was said of images.
    fn refuse(&self, needed: &str) -> Result<(), CommandError> {
        let given = [("--shape", &self.shape), ("--window", &self.window), ("--pair", &self.pair)];
        match given.iter().find(|(_, values)| !values.is_empty()) {
            Some((flag, _)) => Err(usage(format!("{flag} needs {needed}"))),
            None => Ok(()),
        }
    }

    /// The size of an image, from the flag, or from the data.
    fn shape(&self, data: &DataArgs) -> Result<Vec<usize>, CommandError> {
        let Some(path) = data.data.as_ref().filter(|_| self.shape.is_empty()) else {
            return Ok(if self.shape.is_empty() { SHAPE.to_vec() } else { self.shape.clone() });
        };
        let (data, name) = data_named(path, data.array.as_deref())?;
        let numbers = data.inputs.cols;
        let side = numbers.isqrt();
        if side * side != numbers {
            return Err(usage(format!(
                "{name} has {numbers} features, which are no square: give the --shape of an image"
            )));
        }
        Ok(vec![side, side, 1])
    }

    /// Which images, in a few words.
    fn words(&self, data: &DataArgs) -> String {
        match &data.data {
            None => format!("two images of normal pixels, drawn with seed {}", self.seed),
            Some(path) => {
                let rows: Vec<String> = self.pair.iter().map(usize::to_string).collect();
                let rows = if rows.is_empty() { "0 and 1".into() } else { rows.join(" and ") };
                format!("rows {rows} of {}", path.display())
            }
        }
    }

    /// Two rows of data, or two images that are drawn, of the norms and the angle that were asked for.
    fn pair(&self, shape: &[usize], depth: &DepthArgs, data: &DataArgs) -> Result<ImagePair, CommandError> {
        let Some((channels, sizes)) = shape.split_last().filter(|(_, sizes)| !sizes.is_empty()) else {
            return Err(usage("--shape is length,channels or height,width,channels"));
        };
        let numbers = shape.iter().try_fold(1_usize, |product, n| product.checked_mul(*n)).unwrap_or(usize::MAX);
        if numbers > MOST_NUMBERS {
            return Err(usage(format!("an image has at most {MOST_NUMBERS} numbers, got --shape of {numbers}")));
        }
        let [first, second] = match &data.data {
            Some(_) if depth.cosine != 0.0 || depth.input_mean_square != [1.0] => {
                return Err(usage(
                    "--cosine and --input-mean-square are for images that are drawn: those of a file have their own",
                ));
            }
            Some(path) => self.rows(path, data, numbers)?,
            None => drawn(numbers, depth.squares()?, depth.cosine_checked()?, self.seed)?,
        };
        Ok(ImagePair::new(sizes, *channels, &first, &second)?)
    }

    fn rows(&self, path: &Path, flags: &DataArgs, numbers: usize) -> Result<[Vec<f64>; 2], CommandError> {
        let (mut data, name) = data_named(path, flags.array.as_deref())?;
        let (count, cols) = (data.inputs.rows, data.inputs.cols);
        if flags.normalise {
            normalise(&mut data.inputs)?;
        }
        if cols != numbers {
            return Err(usage(format!("{name} has {cols} features, but an image has {numbers} numbers")));
        }
        let rows = if self.pair.is_empty() { vec![0, 1] } else { self.pair.clone() };
        let [first, second] = rows[..] else { return Err(usage("--pair takes two rows")) };
        if let Some(got) = rows.iter().find(|row| **row >= count) {
            return Err(usage(format!("{name} has rows 0 to {}, got --pair with row {got}", count.saturating_sub(1))));
        }
        Ok([first, second].map(|row| data.inputs.values[row * cols..(row + 1) * cols].to_vec()))
    }
}

/// Most numbers of an image.
const MOST_NUMBERS: usize = 1 << 20;

/// Two images of independent normal pixels, turned and scaled to these mean squares and this cosine.
fn drawn(numbers: usize, squares: [f64; 2], cosine: f64, seed: u64) -> Result<[Vec<f64>; 2], CommandError> {
    if numbers == 0 {
        return Err(usage("--shape must hold sizes of at least 1, got 0"));
    }
    if numbers < 2 && cosine.abs() < 1.0 {
        return Err(usage("images of one number are parallel: --cosine 1 or -1"));
    }
    let normals = |stream| {
        let mut image = vec![0.0; numbers];
        Stream::new(seed, stream).fill_normals(&mut image);
        image
    };
    let dot = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| x * y).sum::<f64>();
    let unit = |mut image: Vec<f64>| {
        let norm = (dot(&image, &image) / numbers as f64).sqrt();
        image.iter_mut().for_each(|x| *x /= norm);
        image
    };
    let first = unit(normals(0));
    let mut across = normals(1);
    // Twice: what is left of the first image after once is its rounding.
    for _ in 0..2 {
        let share = dot(&first, &across) / numbers as f64;
        across.iter_mut().zip(&first).for_each(|(y, x)| *y -= share * x);
    }
    let across = if cosine.abs() < 1.0 { unit(across) } else { across };
    let sine = ((1.0 - cosine) * (1.0 + cosine)).sqrt();
    let turned = |(x, y): (&f64, &f64)| squares[1].sqrt() * (cosine * x + sine * y);
    let second = first.iter().zip(&across).map(turned).collect();
    Ok([first.iter().map(|x| squares[0].sqrt() * x).collect(), second])
}
