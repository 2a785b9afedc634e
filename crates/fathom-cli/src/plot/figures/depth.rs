//! What depth does: the scaled error against depth, the predictor, and trainability.

use fathom_ntk::Scaled;
use fathom_ntk::analysis::depth::{DepthDataReport, DepthReport};
use fathom_ntk::report::{depth_rate_words, number};

use crate::commands::Compared;
use crate::error::CommandError;
use crate::plot::figure::{At, Axis, Figure, Mark, Panel, Point, Scale};
use crate::plot::style::{Colour, Dash, Marker};

const HEIGHT: f64 = 300.0;

/// A column for each network; on data, rows for the predictor and for training below the rate, if there is one.
///
/// # Errors
/// [`CommandError::Usage`] if there is nothing to draw.
pub(crate) fn depth_figure(compared: &[Compared]) -> Result<Figure, CommandError> {
    let Some(first) = compared.first() else {
        return Err(CommandError::Usage("there is no network to draw".into()));
    };
    let mut panels: Vec<Panel> = compared.iter().filter_map(|one| one.pair.as_ref()).map(rate).collect();
    let data: Vec<&DepthDataReport> = compared.iter().filter_map(|one| one.data.as_ref()).collect();
    panels.extend(data.iter().map(|data| predictor(data)));
    panels.extend(data.iter().map(|data| training(data)));
    let variances = |one: &Compared| {
        let [weight_var, bias_var] = one.variances()?;
        let place = if one.place == "given" { String::new() } else { format!("{}: ", one.place) };
        Some(format!("{place}σ_w² = {}, σ_b² = {}", number(weight_var), number(bias_var)))
    };
    Ok(Figure {
        title: format!("What depth does to the kernel: {}", first.words()),
        subtitle: compared.iter().filter_map(variances).collect::<Vec<_>>().join("; "),
        panels,
        columns: compared.len(),
    })
}

fn log(depth: usize) -> f64 {
    (depth as f64).log10()
}

fn log_of(x: Scaled) -> f64 {
    x.abs().ln() / std::f64::consts::LN_10
}

/// The error over the rate, or the ratio itself where there is no rate.
fn rate(report: &DepthReport) -> Panel {
    let points = |value: &dyn Fn(usize) -> Option<f64>| -> Vec<[f64; 2]> {
        let at = |i: usize| Some([log(report.rows[i].depth), value(i)?]);
        (0..report.rows.len()).filter_map(at).collect()
    };
    let x = Axis::new("weight layers L", Scale::Log);
    let dots = |label: &str, places: Vec<[f64; 2]>| Mark::Points {
        label: label.into(),
        colour: Colour::BLUE,
        marker: Marker::Circle,
        points: places.into_iter().map(|[x, y]| Point { x, y, error: None }).collect(),
    };
    let Some(rate) = report.rate else {
        let marks = vec![dots("recursion", points(&|i| Some(report.rows[i].ratio)))];
        let y = Axis::new("ratio Θ(x, x′)/√(Θ(x, x) Θ(x′, x′))", Scale::Linear);
        return Panel { heading: "No rate known: the ratio itself".into(), x, y, height: HEIGHT, marks };
    };
    let marks = vec![
        dots("recursion", points(&|i| report.rows[i].scaled_error)),
        Mark::Line {
            label: "rate with its constants".into(),
            colour: Colour::VERMILLION,
            dash: Dash::Solid,
            points: points(&|i| report.rows[i].scaled_predicted),
        },
        Mark::Reference {
            label: "leading coefficient".into(),
            colour: Colour::BLACK,
            dash: Dash::Dashed,
            at: At::Y(rate.coefficient()),
        },
    ];
    let limit = report.ratio_limit.map_or_else(String::new, |limit| format!(" from {}", number(limit)));
    let y = Axis::new(format!("error of the ratio{limit}, over the rate"), Scale::Linear);
    Panel { heading: format!("Error ≈ {}", depth_rate_words(&rate)), x, y, height: HEIGHT, marks }
}

/// Distances of kernel and predictor from their limits.
fn predictor(report: &DepthDataReport) -> Panel {
    let line = |label: &str, colour, dash, value: &dyn Fn(usize) -> Option<f64>| Mark::Line {
        label: label.into(),
        colour,
        dash,
        points: (0..report.rows.len())
            .filter_map(|i| Some([log(report.rows[i].depth), value(i)?.log10()]))
            .filter(|point| point[1].is_finite())
            .collect(),
    };
    let of_rows = &report.rows;
    let marks = vec![
        line("kernel from its limit", Colour::BLUE, Dash::Solid, &|i| Some(of_rows[i].cosine?.rms)),
        line("kernel from ones", Colour::BLACK, Dash::Dotted, &|i| Some(of_rows[i].from_ones.rms)),
        line("predictor from its limit", Colour::VERMILLION, Dash::Dashed, &|i| {
            Some(of_rows[i].trained.as_ref()?.from_limit?.rms)
        }),
        line("variance over initialisations", Colour::GREEN, Dash::Mixed, &|i| {
            Some(of_rows[i].trained.as_ref()?.variance)
        }),
    ];
    Panel {
        heading: "Kernel and predictor on the data".into(),
        x: Axis::new("weight layers L", Scale::Log),
        y: Axis::new("rms distance; variance", Scale::Log),
        height: HEIGHT,
        marks,
    }
}

/// Eigenvalues and their ratio.
fn training(report: &DepthDataReport) -> Panel {
    let line = |label: &str, colour, dash, value: &dyn Fn(usize) -> Option<Scaled>| Mark::Line {
        label: label.into(),
        colour,
        dash,
        points: (0..report.rows.len())
            .filter_map(|i| Some([log(report.rows[i].depth), log_of(value(i)?)]))
            .filter(|point| point[1].is_finite())
            .collect(),
    };
    let trained = |i: usize| report.rows[i].trained.as_ref();
    let marks = vec![
        line("largest eigenvalue", Colour::BLUE, Dash::Solid, &|i| Some(trained(i)?.lambda_max)),
        line("smallest eigenvalue", Colour::GREEN, Dash::Dashed, &|i| Some(trained(i)?.lambda_min)),
        line("condition number, steps to fit", Colour::VERMILLION, Dash::Dotted, &|i| Some(trained(i)?.condition)),
    ];
    Panel {
        heading: "Training by gradient descent".into(),
        x: Axis::new("weight layers L", Scale::Log),
        y: Axis::new("eigenvalues of Θ; their ratio", Scale::Log),
        height: HEIGHT,
        marks,
    }
}
