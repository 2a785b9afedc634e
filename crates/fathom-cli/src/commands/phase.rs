//! `fathom phase`.

use std::str::FromStr;

use fathom_ntk::analysis::{
    CurveRange, EocPoint, PhaseDiagram, PhaseReport, edge_of_chaos, edge_of_chaos_curve, phase, phase_diagram,
};
use fathom_ntk::report::{curve_text, diagram_text, edge_of_chaos_parts, edge_of_chaos_text, phase_text};
use fathom_ntk::spec::{Architecture, ArchitectureSpec};
use serde::Serialize;

use crate::error::CommandError;
use crate::exit_status::ExitStatus;
use crate::flags::NetworkArgs;
use crate::output::OutputArgs;
use crate::page::{ReportArgs, command_line, phase_page};
use crate::plot::{PlotArgs, phase_figure};

/// Flags of `fathom phase`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[command(flatten)]
    network: NetworkArgs,
    #[command(flatten)]
    phase: PhaseArgs,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    plot: PlotArgs,
    #[command(flatten)]
    report: ReportArgs,
}

/// What to compute.
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "Phase")]
struct PhaseArgs {
    /// |x|² of an input (needs --widths); without it, or --input-mean-square, large inputs are followed
    #[arg(long, value_name = "NUMBER", allow_hyphen_values = true, conflicts_with = "input_mean_square")]
    input_sq_norm: Option<f64>,
    /// |x|²/n₀ of an input
    #[arg(long, value_name = "NUMBER", allow_hyphen_values = true)]
    input_mean_square: Option<f64>,
    /// The edge of chaos: this many points of the curve, over the range of --bias-vars
    #[arg(long, value_name = "POINTS")]
    curve: Option<usize>,
    /// A phase diagram over the grids of --weight-vars and --bias-vars
    #[arg(long)]
    diagram: bool,
    /// Weight variances of the diagram, FROM:TO:STEPS
    #[arg(long, value_name = "GRID", default_value = "0.5:4:36", allow_hyphen_values = true)]
    weight_vars: Grid,
    /// Bias variances of the diagram and the curve, FROM:TO:STEPS
    #[arg(long, value_name = "GRID", default_value = "0:1:21", allow_hyphen_values = true)]
    bias_vars: Grid,
}

/// Equally spaced numbers, `FROM:TO:STEPS`.
#[derive(Clone, Copy, Debug)]
struct Grid {
    from: f64,
    to: f64,
    steps: usize,
}

/// Most points of an axis or curve.
const MOST_POINTS: usize = 100_000;
/// Most cells of a diagram.
const MOST_CELLS: usize = 1_000_000;

impl FromStr for Grid {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts: Vec<&str> = text.split(':').collect();
        let [from, to, steps] = parts[..] else { return Err("expected FROM:TO:STEPS, for example 0.5:4:36".into()) };
        let number = |part: &str| {
            part.parse::<f64>().ok().filter(|x| x.is_finite()).ok_or(format!("{part:?} is not a finite number"))
        };
        let (from, to) = (number(from)?, number(to)?);
        let steps = steps.parse().map_err(|_| format!("{steps:?} is not a number of steps"))?;
        if !(1..=MOST_POINTS).contains(&steps) || to < from || (steps == 1 && to != from) {
            return Err(format!("needs FROM ≤ TO and 1 to {MOST_POINTS} steps (1 only if FROM = TO)"));
        }
        Ok(Self { from, to, steps })
    }
}

impl Grid {
    fn values(self) -> Vec<f64> {
        let last = (self.steps - 1).max(1) as f64;
        (0..self.steps).map(|i| self.from + (self.to - self.from) * i as f64 / last).collect()
    }
}

/// The JSON form.
#[derive(Serialize)]
struct Output {
    version: &'static str,
    phase: PhaseReport,
    /// At the same bias variance; `null` with the reason in `no_edge_of_chaos` if there is none.
    edge_of_chaos: Option<EocPoint>,
    no_edge_of_chaos: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    curve: Option<Vec<EocPoint>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    diagram: Option<PhaseDiagram>,
}

pub(crate) fn run(args: &Args) -> Result<ExitStatus, CommandError> {
    args.report.check()?;
    let spec = args.network.spec()?;
    // The phase is that of any depth.
    let depth = if spec.widths.is_none() { spec.depth.or(Some(2)) } else { spec.depth };
    let arch = Architecture::try_from(ArchitectureSpec { depth, ..spec })?;
    let Some((weight_var, bias_var)) = arch.uniform_variances() else {
        return Err(CommandError::Usage("the phase needs one weight_var and one bias_var for all layers".into()));
    };
    let options = &args.phase;
    let mean_square = match (options.input_sq_norm, arch.widths()) {
        (Some(norm), Some(widths)) => Some(norm / widths[0] as f64),
        (Some(_), None) => {
            return Err(CommandError::Usage("--input-sq-norm needs --widths; give --input-mean-square".into()));
        }
        (None, _) => options.input_mean_square,
    };
    if let Some(got) = mean_square.filter(|m| !(m.is_finite() && *m >= 0.0)) {
        return Err(CommandError::Usage(format!(
            "the squared norm of the input must be finite and at least 0, got {got}"
        )));
    }
    let q0 = mean_square.map(|m| weight_var * m + bias_var);
    let activation = arch.activation();
    let report = phase(activation, weight_var, bias_var, q0)?.for_network(&arch);
    let critical = edge_of_chaos(activation, bias_var);
    let curve = match options.curve {
        Some(points) if !(1..=MOST_POINTS).contains(&points) => {
            return Err(CommandError::Usage(format!("the curve needs 1 to {MOST_POINTS} points, got {points}")));
        }
        Some(points) => {
            let Grid { from, to, .. } = options.bias_vars;
            Some(edge_of_chaos_curve(activation, CurveRange::BiasVar { from, to }, points)?)
        }
        None => None,
    };
    let cells = options.weight_vars.steps * options.bias_vars.steps;
    if options.diagram && cells > MOST_CELLS {
        return Err(CommandError::Usage(format!("the diagram may have at most {MOST_CELLS} cells, got {cells}")));
    }
    let diagram = match options.diagram {
        true => Some(phase_diagram(activation, &options.weight_vars.values(), &options.bias_vars.values(), q0)?),
        false => None,
    };
    let figure = || {
        let ends = |grid: Grid| [grid.from, grid.to];
        phase_figure(&arch, &report, ends(options.weight_vars), ends(options.bias_vars))
    };
    args.plot.write(figure)?;
    args.report
        .write(|| phase_page(&report, edge_of_chaos_parts(bias_var, &critical), figure().ok(), &command_line()))?;
    let text = {
        let mut text = phase_text(&report) + "\n" + &edge_of_chaos_text(bias_var, &critical);
        for part in [curve.as_deref().map(curve_text), diagram.as_ref().map(diagram_text)].into_iter().flatten() {
            text = text + "\n" + &part;
        }
        text
    };
    let no_edge_of_chaos = critical.as_ref().err().map(ToString::to_string);
    let version = env!("CARGO_PKG_VERSION");
    let output = Output { version, phase: report, edge_of_chaos: critical.ok(), no_edge_of_chaos, curve, diagram };
    args.output.write(&output, || text)?;
    Ok(ExitStatus::Answered)
}
