//! Numbers and lines.

use crate::Scaled;
use crate::infinite::matrix::Network;
use crate::spec::{Architecture, Composition};

/// A number to four significant digits, in plain or scientific notation.
///
/// # Example
/// ```
/// use fathom_ntk::report::number;
/// assert_eq!([number(1234.567), number(0.25), number(1.5e-9), number(2e6)], ["1235", "0.25", "1.5e-9", "2e6"]);
/// ```
pub fn number(x: f64) -> String {
    if x.is_nan() {
        return "undefined".into();
    }
    if x.is_infinite() {
        return if x > 0.0 { "∞".into() } else { "−∞".into() };
    }
    let rounded: f64 = format!("{x:.3e}").parse().unwrap_or(x);
    if rounded == 0.0 || (1e-3..1e6).contains(&rounded.abs()) { format!("{rounded}") } else { format!("{rounded:e}") }
}

/// A number of any size: beyond `f64` as a power of ten.
///
/// # Example
/// ```
/// use fathom_ntk::{Scaled, report::scaled};
/// assert_eq!(scaled(Scaled::from(0.5)), "0.5");
/// assert_eq!(scaled(Scaled::exp(10_000.0)), "10^4343");
/// ```
pub fn scaled(x: Scaled) -> String {
    match x.to_finite() {
        Some(value) => number(value),
        None if x.is_finite() => {
            let sign = if x < Scaled::ZERO { "−" } else { "" };
            format!("{sign}{}", power_of_ten(x.abs().ln()))
        }
        None => number(x.to_f64()),
    }
}

/// The number whose natural logarithm is `ln`.
pub(super) fn from_log(ln: f64) -> String {
    if ln.abs() < 600.0 { number(ln.exp()) } else { power_of_ten(ln) }
}

fn power_of_ten(ln: f64) -> String {
    format!("10^{}", (ln / std::f64::consts::LN_10).round())
}

/// A part of a report: a heading, labels with their values, and a table.
///
/// # Example
/// ```
/// use fathom_ntk::analysis::phase;
/// use fathom_ntk::report::phase_parts;
/// let parts = phase_parts(&phase(&"relu".parse()?, 2.0, 0.0, None)?);
/// assert_eq!(parts[0].heading, "Phase: edge of chaos (critical)");
/// assert_eq!(parts[0].rows[0], ["activation".to_owned(), "relu".to_owned()]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// What it is about.
    pub heading: String,
    /// Labels and values. A label that is empty continues the row above.
    pub rows: Vec<[String; 2]>,
    /// A table, headings first; empty if there is none.
    pub table: Vec<Vec<String>>,
}

/// Lines of a report: headings, and labels with their values in one column.
#[derive(Default)]
pub(super) struct Lines {
    text: String,
    parts: Vec<Part>,
}

/// Where values begin.
const COLUMN: usize = 34;
/// Where long lines break.
const WIDTH: usize = 110;

impl Lines {
    pub fn heading(&mut self, title: &str) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.begin(title);
    }

    /// A heading without an empty line above.
    pub fn begin(&mut self, title: &str) {
        self.raw(title);
        self.parts.push(Part { heading: title.to_owned(), ..Part::default() });
    }

    pub fn row(&mut self, label: &str, value: impl AsRef<str>) {
        if let Some(part) = self.parts.last_mut() {
            part.rows.push([label.to_owned(), value.as_ref().to_owned()]);
        }
        let padding = COLUMN.saturating_sub(2 + label.chars().count()).max(2);
        let mut line = format!("  {label}{:padding$}", "");
        for (i, word) in value.as_ref().split(' ').enumerate() {
            if i > 0 && line.chars().count() + 1 + word.chars().count() > WIDTH {
                self.raw(&line);
                line = " ".repeat(COLUMN);
            } else if i > 0 {
                line.push(' ');
            }
            line.push_str(word);
        }
        self.raw(&line);
    }

    /// Columns under their headings: numbers to the right, and what may be long, last, to the left.
    pub fn table<const N: usize>(&mut self, headings: [&str; N], rows: &[[String; N]]) {
        let width = |column: usize| {
            let cells = rows.iter().map(|row| row[column].chars().count());
            cells.chain([headings[column].chars().count()]).max().unwrap_or(0)
        };
        let widths: [usize; N] = std::array::from_fn(width);
        self.keep_table(
            std::iter::once(headings.map(String::from).to_vec()).chain(rows.iter().map(|row| row.to_vec())),
        );
        for row in [headings.map(String::from)].iter().chain(rows) {
            let mut line = String::new();
            for (i, (cell, width)) in row.iter().zip(widths).enumerate() {
                let padding = " ".repeat(width - cell.chars().count());
                line += &if i + 1 == N { format!("  {cell}") } else { format!("  {padding}{cell}") };
            }
            self.raw(&line);
        }
    }

    /// Keeps the cells of a table, headings first, for those who lay it out themselves.
    pub fn keep_table(&mut self, rows: impl Iterator<Item = Vec<String>>) {
        if let Some(part) = self.parts.last_mut() {
            part.table = rows.collect();
        }
    }

    pub fn raw(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    pub fn finish(self) -> String {
        self.text
    }

    /// Headings, labels, values and tables.
    pub fn parts(self) -> Vec<Part> {
        self.parts
    }
}

/// Most blocks that are named.
const NAMED: usize = 40;

/// What the network is.
pub(super) fn describe<'a>(lines: &mut Lines, network: impl Into<Network<'a>>) {
    match network.into() {
        Network::Layers(arch) => describe_layers(lines, arch),
        Network::Blocks(blocks) => describe_blocks(lines, blocks, "infinitely wide"),
    }
}

/// What the network is, where that of blocks has the widths they name.
pub(super) fn describe_finite<'a>(lines: &mut Lines, network: impl Into<Network<'a>>) {
    match network.into() {
        Network::Layers(arch) => describe_layers(lines, arch),
        Network::Blocks(blocks) => {
            describe_blocks(lines, blocks, &widths_words(blocks));
        }
    }
}

fn describe_blocks(lines: &mut Lines, network: &Composition, widths: &str) {
    let [shape, names, law] = words(network, widths);
    lines.row("network", shape);
    lines.row("blocks", names);
    lines.row("", law);
}

/// A network of blocks of finite width in words: its shape, its blocks in order, and how its weights are drawn.
///
/// # Example
/// ```
/// use fathom_ntk::report::composition_words;
/// use fathom_ntk::spec::{Composition, CompositionSpec};
/// let spec = "input = [4]\n[[block]]\ntype = \"dense\"\nwidth = 7\n[[block]]\ntype = \"dense\"\nwidth = 1";
/// let network = Composition::try_from(CompositionSpec::from_toml(spec)?)?;
/// assert_eq!(composition_words(&network)[0], "blocks on a list of 4 features: widths 7,1, 2 weight layers");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn composition_words(network: &Composition) -> [String; 3] {
    words(network, &widths_words(network))
}

fn words(network: &Composition, widths: &str) -> [String; 3] {
    let layers = match network.depth() {
        1 => "1 weight layer".into(),
        depth => format!("{depth} weight layers"),
    };
    let names = network.blocks().iter().map(ToString::to_string);
    [
        format!("blocks on {}: {widths}, {layers}", network.input()),
        repeated(names, |name, times| format!("{times} times {name}")).join(", "),
        format!("biases {}, parameterization {}", network.biases(), network.parameterization()),
    ]
}

fn widths_words(network: &Composition) -> String {
    let widths = network.widths().into_iter().map(|width| width.to_string());
    format!("widths {}", repeated(widths, |width, times| format!("{width}x{times}")).join(","))
}

/// Names, those that repeat in short; not more than can be read.
fn repeated(names: impl Iterator<Item = String>, times: impl Fn(&str, usize) -> String) -> Vec<String> {
    let mut counted: Vec<(String, usize)> = Vec::new();
    for name in names {
        match counted.last_mut() {
            Some((last, count)) if *last == name => *count += 1,
            _ => counted.push((name, 1)),
        }
    }
    let more = counted.len().saturating_sub(NAMED);
    let written = |(name, count): (String, usize)| if count > 1 { times(&name, count) } else { name };
    let mut names: Vec<String> = counted.into_iter().take(NAMED).map(written).collect();
    if more > 0 {
        names.push(format!("and {more} more"));
    }
    names
}

/// The network in two rows.
fn describe_layers(lines: &mut Lines, arch: &Architecture) {
    let spec = arch.to_spec();
    let layers = match arch.depth() {
        1 => "1 weight layer".into(),
        depth => format!("{depth} weight layers"),
    };
    let shape = match &spec.widths {
        Some(widths) => format!("widths {widths}: {layers}"),
        None => format!("infinitely wide, {layers}"),
    };
    lines.row("network", format!("{shape}, {}", arch.activation()));
    if let (Some(weight_var), Some(bias_var)) = (&spec.weight_var, &spec.bias_var) {
        lines.row("weight_var σ_w², bias_var σ_b²", format!("{weight_var}; {bias_var}"));
    }
    let biases = arch.biases();
    let (parameterization, law) = (arch.parameterization(), arch.weight_law());
    lines.row("", format!("biases {biases}, parameterization {parameterization}, weights {law}"));
}
