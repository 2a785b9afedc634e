//! `fathom kernel`.

use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use clap::ValueEnum;
use fathom_ntk::infinite::matrix::{
    Entry, KernelEngine, KernelInputs, KernelKind, KernelScale, KernelSummary, MatrixOptions, MatrixSpectrum,
};
use fathom_ntk::report::{kernel_parts, kernel_text};
use serde::Serialize;
use serde_json::json;

use crate::data::Inputs;
use crate::error::CommandError;
use crate::exit_status::ExitStatus;
use crate::flags::{AnyNetwork, BlocksArgs, NetworkArgs, check_rows, data_named, network_for, usage};
use crate::output::{Format, note, print};
use crate::page::{ReportArgs, command_line, kernel_page};
use crate::plot::{Figure, KERNEL_CELLS, KernelFigure, PlotArgs, kernel_figure};
use crate::runs::{ArrayShape, MatrixFile, Progress, fingerprint, stop_requested, watched};

/// Weight layers from which preparing the table over the angle takes seconds.
const DEEP: usize = 10_000;

/// Flags of `fathom kernel`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Inputs, one a row: .npy, .npz, .csv, or MNIST's IDX format, gzipped or not; `digits` and `fashion` are built in
    #[arg(value_name = "DATA")]
    data: PathBuf,
    /// Inputs that index the columns [default: the same, for a symmetric matrix]
    #[arg(value_name = "DATA2")]
    others: Option<PathBuf>,
    #[command(flatten)]
    network: NetworkArgs,
    #[command(flatten)]
    blocks: BlocksArgs,
    #[command(flatten)]
    kernel: KernelArgs,
    #[command(flatten)]
    plot: PlotArgs,
    #[command(flatten)]
    report: ReportArgs,
    /// How to write what is said of the matrix: for people, or complete for programs
    #[arg(long, value_enum, default_value = "text", help_heading = "Output")]
    format: Format,
}

/// What is computed.
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "Kernel")]
struct KernelArgs {
    /// Write the matrix to a NumPy file, (rows, columns); of both kernels (2, rows, columns), NNGP first
    #[arg(long, value_name = "FILE.npy")]
    out: Option<PathBuf>,
    /// The NTK, the NNGP (covariance of the outputs), or both
    #[arg(long, value_enum, default_value = "ntk")]
    kind: KindArg,
    /// Divide by nothing, by √(K(x,x) K(x′,x′)), or by K(x₀,x₀) of an input with |x₀|² = number of features
    #[arg(long, value_enum, default_value = "none")]
    scale: ScaleArg,
    /// Precision of products and entries
    #[arg(long, value_enum, default_value = "f64")]
    precision: PrecisionArg,
    /// Which array of .npz files holds the inputs
    #[arg(long, value_name = "NAME")]
    array: Option<String>,
    /// Use the first N rows only, of DATA2 at most so many
    #[arg(long, value_name = "N")]
    rows: Option<usize>,
    /// Most rows of a symmetric matrix for which eigenvalues are computed; 0 for none
    #[arg(long, value_name = "N", default_value_t = 2000)]
    spectrum_rows: usize,
    /// Most memory in MiB beside the file of inputs; matrices are written in bands of rows, and only bands are held
    #[arg(long, value_name = "MIB")]
    memory: Option<usize>,
    /// Continue an interrupted file
    #[arg(long, requires = "out")]
    resume: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum KindArg {
    Ntk,
    Nngp,
    Both,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ScaleArg {
    None,
    Cosine,
    Depth,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum PrecisionArg {
    F64,
    F32,
}

impl KernelArgs {
    fn options(&self) -> MatrixOptions {
        let kind = match self.kind {
            KindArg::Ntk => KernelKind::Ntk,
            KindArg::Nngp => KernelKind::Nngp,
            KindArg::Both => KernelKind::Both,
        };
        let scale = match self.scale {
            ScaleArg::None => KernelScale::None,
            ScaleArg::Cosine => KernelScale::Cosine,
            ScaleArg::Depth => KernelScale::Depth,
        };
        MatrixOptions { kind, scale, memory: self.memory.map_or(usize::MAX, |mib| mib.saturating_mul(1 << 20)) }
    }
}

/// The JSON form.
#[derive(Serialize)]
struct Output<'a> {
    version: &'static str,
    source: &'a str,
    architecture: &'a AnyNetwork,
    file: Option<String>,
    #[serde(flatten)]
    summary: &'a KernelSummary,
}

/// A number as NumPy files hold it.
trait FileNumber: Entry {
    const DESCR: &'static str;

    fn bytes(values: &[Self]) -> Vec<u8>;
}

impl FileNumber for f64 {
    const DESCR: &'static str = "<f8";

    fn bytes(values: &[Self]) -> Vec<u8> {
        let mut bytes = vec![0; size_of_val(values)];
        for (out, value) in bytes.as_chunks_mut().0.iter_mut().zip(values) {
            *out = value.to_le_bytes();
        }
        bytes
    }
}

impl FileNumber for f32 {
    const DESCR: &'static str = "<f4";

    fn bytes(values: &[Self]) -> Vec<u8> {
        let mut bytes = vec![0; size_of_val(values)];
        for (out, value) in bytes.as_chunks_mut().0.iter_mut().zip(values) {
            *out = value.to_le_bytes();
        }
        bytes
    }
}

/// Both sets of inputs, and where they come from.
struct Sets {
    inputs: Inputs,
    others: Option<Inputs>,
    source: String,
}

impl Args {
    fn sets(&self) -> Result<Sets, CommandError> {
        let read = |path: &PathBuf| {
            let (data, name) = data_named(path, self.kernel.array.as_deref())?;
            let mut inputs = data.inputs;
            if let Some(rows) = self.kernel.rows {
                if path == &self.data {
                    check_rows(rows, inputs.rows)?;
                }
                inputs.rows = inputs.rows.min(rows);
                inputs.values.truncate(inputs.rows * inputs.cols);
            }
            Ok::<_, CommandError>((inputs, name))
        };
        let (inputs, mut source) = read(&self.data)?;
        let Some(path) = &self.others else { return Ok(Sets { inputs, others: None, source }) };
        let (others, name) = read(path)?;
        if others.cols != inputs.cols {
            let (first, second) = (inputs.cols, others.cols);
            return Err(usage(format!("{source} has {first} features, but {name} has {second}")));
        }
        source = format!("{source} against {name}");
        Ok(Sets { inputs, others: Some(others), source })
    }
}

pub(crate) fn run(args: &Args) -> Result<ExitStatus, CommandError> {
    args.report.check()?;
    let sets = args.sets()?;
    let features = sets.inputs.cols;
    let network = args.blocks.network_or(features, || network_for(&args.network, features))?;
    match args.kernel.precision {
        PrecisionArg::F64 => run_in::<f64>(args, &sets, &network),
        PrecisionArg::F32 => run_in::<f32>(args, &sets, &network),
    }
}

fn run_in<T: FileNumber>(args: &Args, sets: &Sets, network: &AnyNetwork) -> Result<ExitStatus, CommandError> {
    let options = args.kernel.options();
    let others = sets.others.as_ref().map(|o| o.values.as_slice());
    if let AnyNetwork::Layers(arch) = network
        && arch.depth() >= DEEP
    {
        note(&format!("following the kernel through {} layers first", arch.depth()));
    }
    let inputs = KernelInputs::new(&sets.inputs.values, sets.inputs.cols, others)?;
    let engine = watched("images", |watch| KernelEngine::watched(network, inputs, &options, watch))??;
    check_memory::<T>(args, &engine)?;
    if let Some(path) = &args.kernel.out {
        write::<T>(&engine, path, identity::<T>(args, sets, network)?, args.kernel.resume)?;
    }
    let spectra = spectra(&engine, args.kernel.spectrum_rows)?;
    let eigenvalues = spectra.last().map(|(values, _)| values.clone());
    args.plot.write(|| figure(args, sets, network, eigenvalues.as_deref()))?;
    let ends: Vec<_> = spectra.into_iter().map(|(_, ends)| ends).collect();
    let summary = engine.summary::<T>(&ends);
    args.report.write(|| {
        let drawn = figure(args, sets, network, eigenvalues.as_deref()).ok();
        let (title, parts) = (title(network), kernel_parts(&summary, network, &sets.source));
        let parameters = vec![["network".into(), title.clone()], ["inputs".into(), sets.source.clone()]];
        kernel_page(&title, parts, drawn, &command_line(), parameters)
    })?;
    let file = args.kernel.out.as_ref().map(|path| path.display().to_string());
    let output = Output {
        version: env!("CARGO_PKG_VERSION"),
        source: &sets.source,
        architecture: network,
        file,
        summary: &summary,
    };
    let content = match args.format {
        Format::Text => kernel_text(&summary, network, &sets.source),
        Format::Json => serde_json::to_string_pretty(&output)? + "\n",
    };
    print(&content)?;
    Ok(ExitStatus::Answered)
}

/// Refuses what the memory allowed does not suffice for, before anything is written.
fn check_memory<T: FileNumber>(args: &Args, engine: &KernelEngine<'_>) -> Result<(), CommandError> {
    let band = if args.kernel.out.is_some() { engine.band_memory::<T>() } else { 0 };
    let spectrum = if has_spectrum(engine, args.kernel.spectrum_rows) { engine.memory::<f64>() } else { 0 };
    let needs = [
        ("a band of the matrix", band, "--precision f32 halves that, as do fewer inputs (--rows)"),
        ("the matrix for its eigenvalues", spectrum, "--spectrum-rows 0 leaves them out"),
    ];
    for (what, needed, remedy) in needs {
        if needed > engine.options().memory {
            let (needed, allowed) = (needed.div_ceil(1 << 20), engine.options().memory >> 20);
            return Err(usage(format!("{what} needs {needed} MiB, but --memory allows {allowed}: {remedy}")));
        }
    }
    Ok(())
}

/// What the matrix is of, down to the bits of the inputs.
fn identity<T: FileNumber>(args: &Args, sets: &Sets, network: &AnyNetwork) -> Result<serde_json::Value, CommandError> {
    let options = args.kernel.options();
    let print = |inputs: &Inputs| json!([inputs.rows, inputs.cols, format!("{:016x}", fingerprint(&inputs.values))]);
    Ok(json!({
        "version": env!("CARGO_PKG_VERSION"),
        "architecture": serde_json::to_value(network)?,
        "kind": serde_json::to_value(options.kind)?,
        "scale": serde_json::to_value(options.scale)?,
        "numbers": T::DESCR,
        "inputs": print(&sets.inputs),
        "others": sets.others.as_ref().map(print),
    }))
}

/// Bytes that are made ready for the file at a time, or one row.
const BYTES: usize = 1 << 20;
/// Time between notes of how far the file is.
const BETWEEN_NOTES: Duration = Duration::from_secs(10);

fn write<T: FileNumber>(
    engine: &KernelEngine<'_>,
    path: &std::path::Path,
    identity: serde_json::Value,
    resume: bool,
) -> Result<(), CommandError> {
    let stop = stop_requested()?;
    let [rows, cols] = engine.shape();
    let kinds = engine.options().kind.each();
    let array = ArrayShape { descr: T::DESCR, size: size_of::<T>() as u64, shape: [kinds.len(), rows, cols] };
    let (mut file, done) = MatrixFile::open(path, array, identity, resume)?;
    let bands = engine.bands();
    let mut progress = Progress::new("bands", Some(bands as u64), done as u64, None);
    let mut noted = Instant::now();
    for band in done..bands {
        for (kind, block) in engine.band::<T>(band)?.blocks() {
            let matrix = kinds.iter().position(|k| *k == kind).unwrap_or(0);
            let ([row, col], cols) = (block.place(), block.cols());
            let together = BYTES.div_ceil(cols * size_of::<T>());
            for (i, rows) in block.values().chunks(together * cols).enumerate() {
                file.write(matrix, [row + i * together, col], cols, &T::bytes(rows))?;
            }
        }
        progress.add(1);
        let stopped = stop.load(Ordering::Relaxed) && band + 1 < bands;
        if stopped || noted.elapsed() > BETWEEN_NOTES {
            file.keep(band + 1)?;
            noted = Instant::now();
        }
        if stopped {
            let message = format!("interrupted after {} of {bands} bands of rows: --resume continues", band + 1);
            return Err(CommandError::Usage(message));
        }
    }
    file.finish()
}

/// Eigenvalues of every kernel and their ends, where the matrix is symmetric and not too large.
type Spectra = Vec<(Vec<f64>, Option<MatrixSpectrum>)>;

fn has_spectrum(engine: &KernelEngine<'_>, most: usize) -> bool {
    engine.is_symmetric() && engine.shape()[0] <= most
}

fn spectra(engine: &KernelEngine<'_>, most: usize) -> Result<Spectra, CommandError> {
    if !has_spectrum(engine, most) {
        return Ok(Vec::new());
    }
    let with_spectrum = |matrix: fathom_ntk::infinite::matrix::KernelMatrix<f64>| {
        let values = matrix.eigenvalues().unwrap_or_default();
        let ends = matrix.spectrum(&values);
        (values, ends)
    };
    Ok(engine.matrices::<f64>()?.into_iter().map(with_spectrum).collect())
}

/// The picture, of the NTK if there are both: entries of evenly chosen rows and columns.
fn figure(args: &Args, sets: &Sets, network: &AnyNetwork, eigenvalues: Option<&[f64]>) -> Result<Figure, CommandError> {
    let chosen = |inputs: &Inputs| {
        let count = inputs.rows.min(KERNEL_CELLS);
        let places: Vec<usize> = (0..count).map(|i| i * (inputs.rows - 1) / (count - 1).max(1)).collect();
        let values: Vec<f64> =
            places.iter().flat_map(|p| &inputs.values[p * inputs.cols..(p + 1) * inputs.cols]).copied().collect();
        (places, values)
    };
    let (rows, values) = chosen(&sets.inputs);
    let others = sets.others.as_ref().map(chosen);
    let options = MatrixOptions { memory: usize::MAX, ..args.kernel.options() };
    let other_values = others.as_ref().map(|(_, values)| values.as_slice());
    let engine = KernelEngine::new(network, &values, sets.inputs.cols, other_values, &options)?;
    let Some(matrix) = engine.matrices::<f64>()?.pop() else { return Err(usage("there is no kernel to draw")) };
    let symbol = if matrix.kind() == KernelKind::Nngp { "NNGP Σ(x, x′)" } else { "NTK Θ(x, x′)" };
    let scale = match options.scale {
        KernelScale::None => "",
        KernelScale::Cosine => ", cosine",
        KernelScale::Depth => ", over that of a unit input",
    };
    let exponent = if matrix.exponent() == 0 { String::new() } else { format!(" / 2^{}", matrix.exponent()) };
    Ok(kernel_figure(&KernelFigure {
        title: title(network),
        quantity: format!("{symbol}{scale}{exponent}"),
        values: matrix.values(),
        columns: others.as_ref().map_or(&rows, |(places, _)| places),
        rows: &rows,
        eigenvalues: eigenvalues.filter(|values| !values.is_empty()),
    }))
}

/// The network in a few words.
pub(super) fn title(network: &AnyNetwork) -> String {
    match network {
        AnyNetwork::Layers(arch) => {
            format!("Infinitely wide {} network with {} weight layers", arch.activation(), arch.depth())
        }
        AnyNetwork::Blocks(blocks) => {
            format!("Infinitely wide network of blocks on {} with {} weight layers", blocks.input(), blocks.depth())
        }
    }
}
