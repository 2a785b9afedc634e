//! The plane of weight and bias variance: how deep signals reach, the edge of chaos, and the user's network.

use fathom_ntk::analysis::{
    CurveRange, EocPoint, Phase, PhaseReport, SusceptibilityCell, edge_of_chaos_curve, susceptibility_diagram,
};
use fathom_ntk::report::number;
use fathom_ntk::spec::Architecture;

use crate::error::CommandError;
use crate::plot::figure::{At, Axis, Figure, HeatMap, Mark, Panel, Point, Scale};
use crate::plot::style::{Colour, Dash, Marker};

const COLUMNS: usize = 54;
const ROWS: usize = 40;
/// Ratio of weight variances from which their axis is logarithmic.
const WIDE: f64 = 30.0;
/// Points of the edge of chaos, over variances $q^*$ of all sizes.
const CURVE_POINTS: usize = 800;
const CURVE_VARIANCES: [f64; 2] = [1e-8, 1e8];
/// Decimal logarithms of the depth scales at the ends of the colour bar.
const DEPTH_SCALES: [f64; 2] = [0.0, 3.0];
/// A region is named if a square of this many cells fits into it.
const LEAST_ROOM: i64 = 2;

/// The phase diagram around a network.
///
/// # Arguments
/// * `report`: the phase of the network, at the point to mark.
/// * `weight_vars`, `bias_vars`: ranges to cover; extended so that the point is inside.
pub(crate) fn phase_figure(
    arch: &Architecture,
    report: &PhaseReport,
    weight_vars: [f64; 2],
    bias_vars: [f64; 2],
) -> Result<Figure, CommandError> {
    let grid = Grid::around(report, weight_vars, bias_vars);
    let centres = |edges: &[f64]| edges.windows(2).map(|w| 0.5 * (w[0] + w[1])).collect::<Vec<_>>();
    let columns: Vec<f64> = centres(&grid.x).into_iter().map(|x| grid.weight_var(x)).collect();
    let diagram = susceptibility_diagram(arch.activation(), &columns, &centres(&grid.y), report.q0)?;
    // An activation without an edge of chaos has a diagram all the same.
    let [from, to] = CURVE_VARIANCES;
    let curve = edge_of_chaos_curve(arch.activation(), CurveRange::Variance { from, to }, CURVE_POINTS);
    let curve = curve.unwrap_or_default();
    let here = [grid.coordinate(report.weight_var), report.bias_var];

    let mut marks = vec![heat_map(&diagram, &grid)];
    marks.extend(edge_of_chaos_marks(&curve, &grid));
    marks.extend(region_names(&diagram, &grid, here));
    marks.push(Mark::Points {
        label: format!("this network: {}", short_name(report.phase)),
        colour: Colour::VERMILLION,
        marker: Marker::Diamond,
        points: vec![Point { x: here[0], y: here[1], error: None }],
    });
    let [left, right] = grid.ends(&grid.x);
    let [bottom, top] = grid.ends(&grid.y);
    let panel = Panel {
        heading: String::new(),
        x: Axis::new("weight variance σ_w² (times fan-in)", grid.scale).over(left, right),
        y: Axis::new("bias variance σ_b²", Scale::Linear).over(bottom, top),
        height: 440.0,
        marks,
    };
    let (weight_var, bias_var) = (number(report.weight_var), number(report.bias_var));
    Ok(Figure {
        title: format!("Phase diagram of {} networks", arch.activation()),
        subtitle: format!("marked: σ_w² = {weight_var}, σ_b² = {bias_var}, {}", name(report.phase)),
        panels: vec![panel],
        columns: 1,
    })
}

/// Cells of the diagram, in the coordinates of its axes.
struct Grid {
    scale: Scale,
    x: Vec<f64>,
    y: Vec<f64>,
}

impl Grid {
    fn around(report: &PhaseReport, weight_vars: [f64; 2], bias_vars: [f64; 2]) -> Self {
        // The point is not at the margin.
        let low = weight_vars[0].max(f64::MIN_POSITIVE).min(0.8 * report.weight_var).max(1e-300);
        let high = weight_vars[1].max(1.25 * report.weight_var).min(1e300);
        let top = bias_vars[1].max(1.25 * report.bias_var).min(1e300);
        let bottom = bias_vars[0].min(0.8 * report.bias_var);
        let top = if top > bottom { top } else { bottom + 1.0 };
        let scale = if high / low > WIDE { Scale::Log } else { Scale::Linear };
        let ends = if scale == Scale::Log { [low.log10(), high.log10()] } else { [low, high] };
        let edges = |[from, to]: [f64; 2], cells: usize| {
            (0..=cells).map(|i| from + (to - from) * (i as f64 / cells as f64)).collect::<Vec<_>>()
        };
        Self { scale, x: edges(ends, COLUMNS), y: edges([bottom, top], ROWS) }
    }

    fn coordinate(&self, weight_var: f64) -> f64 {
        if self.scale == Scale::Log { weight_var.log10() } else { weight_var }
    }

    fn weight_var(&self, coordinate: f64) -> f64 {
        if self.scale == Scale::Log { 10_f64.powf(coordinate) } else { coordinate }
    }

    fn ends(&self, edges: &[f64]) -> [f64; 2] {
        [edges[0], edges[edges.len() - 1]]
    }
}

fn heat_map(diagram: &[Vec<SusceptibilityCell>], grid: &Grid) -> Mark {
    // At χ₁ = 1 this is ∞, which has the brightest colour.
    let depth_scale = |chi1: Option<f64>| chi1.filter(|c| *c > 0.0).map(|chi1| -chi1.ln().abs().log10());
    let [from, to] = DEPTH_SCALES;
    Mark::HeatMap(HeatMap {
        x: grid.x.clone(),
        y: grid.y.clone(),
        values: diagram.iter().map(|row| row.iter().map(|cell| depth_scale(cell.chi1)).collect()).collect(),
        bar: Axis::new("depth scale 1/|ln χ₁| of gradients (layers; ends: ≤ 1, ≥ 1000)", Scale::Log).over(from, to),
        missing: "χ₁ does not exist or is 0".into(),
    })
}

/// The curve, or for relu-like activations the single point and the line above it.
fn edge_of_chaos_marks(curve: &[EocPoint], grid: &Grid) -> Vec<Mark> {
    let place = |p: &EocPoint| [grid.coordinate(p.weight_var), p.bias_var];
    let line = |label: &str, colour, dash, points| Mark::Line { label: label.into(), colour, dash, points };
    if let [point @ EocPoint { q_star: None, .. }] = curve {
        let [x, y] = place(point);
        let label = "χ₁ = 1; edge of chaos only at σ_b² = 0";
        return vec![
            Mark::Reference { label: String::new(), colour: Colour::WHITE, dash: Dash::Solid, at: At::X(x) },
            Mark::Reference { label: label.into(), colour: Colour::BLACK, dash: Dash::Dashed, at: At::X(x) },
            Mark::Points {
                label: "edge of chaos".into(),
                colour: Colour::BLACK,
                marker: Marker::Circle,
                points: vec![Point { x, y, error: None }],
            },
        ];
    }
    let pieces = |reachable: bool| -> Vec<[f64; 2]> {
        let gap = [f64::NAN, f64::NAN];
        curve.iter().map(|p| if p.reachable == reachable { place(p) } else { gap }).collect()
    };
    let mut marks = Vec::new();
    for (reachable, label, dash) in [
        (true, "edge of chaos, χ₁ = 1", Dash::Solid),
        (false, "χ₁ = 1 at a variance that does not attract", Dash::Dotted),
    ] {
        if curve.iter().any(|p| p.reachable == reachable) {
            marks.push(line("", Colour::WHITE, Dash::Solid, pieces(reachable)));
            marks.push(line(label, Colour::BLACK, dash, pieces(reachable)));
        }
    }
    marks
}

fn name(phase: Phase) -> &'static str {
    match phase {
        Phase::Ordered => "ordered",
        Phase::Critical => "edge of chaos",
        Phase::Chaotic => "chaotic",
        Phase::Divergent => "divergent: the variance grows without bound",
        Phase::Collapsing => "collapsing: the variance goes to zero",
    }
}

fn short_name(phase: Phase) -> &'static str {
    name(phase).split(':').next().unwrap_or_default()
}

/// A name in the roomiest place of each region, clear of the marked point.
fn region_names(diagram: &[Vec<SusceptibilityCell>], grid: &Grid, here: [f64; 2]) -> Vec<Mark> {
    let cell_of = |edges: &[f64], v: f64| edges.iter().filter(|e| **e <= v).count() as i64 - 1;
    let obstacle = (cell_of(&grid.y, here[1]), cell_of(&grid.x, here[0]));
    let phases = [Phase::Ordered, Phase::Chaotic, Phase::Divergent, Phase::Collapsing];
    let names = phases.into_iter().filter_map(|phase| {
        let mut best = (LEAST_ROOM, None);
        for row in 0..ROWS {
            for column in 0..COLUMNS {
                let room = room(diagram, phase, (row, column), obstacle, best.0);
                if room > best.0 {
                    best = (room, Some((row, column)));
                }
            }
        }
        let (row, column) = best.1?;
        let centre = |edges: &[f64], i: usize| 0.5 * (edges[i] + edges[i + 1]);
        let text = short_name(phase).into();
        Some(Mark::Text { at: [centre(&grid.x, column), centre(&grid.y, row)], text })
    });
    names.collect()
}

/// How many cells a place is away from other phases and from the marked point; 0 if that is no more than `known`.
///
/// Words are wide: cells to the side count for less.
fn room(
    diagram: &[Vec<SusceptibilityCell>],
    phase: Phase,
    (row, column): (usize, usize),
    obstacle: (i64, i64),
    known: i64,
) -> i64 {
    const SIDEWAYS: i64 = 3;
    let clear = |reach: i64| {
        let (row, column) = (row as i64, column as i64);
        (row - reach..=row + reach).all(|i| {
            (column - SIDEWAYS * reach..=column + SIDEWAYS * reach).all(|j| {
                let cell = diagram.get(i as usize).and_then(|cells| cells.get(j as usize));
                cell.is_some_and(|cell| cell.phase == phase) && (i, j) != obstacle
            })
        })
    };
    if !clear(known + 1) {
        return 0;
    }
    let mut reach = known + 1;
    while reach < ROWS as i64 && clear(reach + 1) {
        reach += 1;
    }
    reach
}
