//! The page of the study of Hayou, Doucet & Rousseau.

use fathom_ntk::studies::{Results, StudyError, Table};

use super::About;
use super::chart::{Chart, figure};
use crate::page::document::{Block, Section};
use crate::page::references::{JACOT, RATES};
use crate::plot::Scale;

pub(super) fn about() -> About {
    About {
        title: "Exact convergence rates of the NTK at great depth (Hayou, Doucet & Rousseau)",
        question: "An infinitely wide network has a kernel that does not move, but what kernel is it if the network is also deep? \
                   Off its diagonal the NTK tends to a number that hardly depends on the data: a kernel from which nothing can \
                   be learned. The paper says how fast, for fully connected, convolutional and residual networks, and that \
                   the initialisation decides. Here the recursion is followed to great depth, its rates are measured and held \
                   against the predicted ones, and networks are trained on images.",
        papers: vec![&RATES, &JACOT],
    }
}

pub(super) fn sections(results: &Results) -> Result<Vec<Section>, StudyError> {
    Ok(vec![
        edge(results.table("rates")?)?,
        residual(results.table("rates")?)?,
        convolutional(results.table("convolution")?)?,
        phases(results.table("exponential")?)?,
        regression(results.table("regression")?)?,
        trained(results.table("trained")?)?,
    ])
}

/// Ratio − limit times the diagonal against depth, measured; and by the coefficient of ln L/L.
fn excess(table: &Table, names: &[String], heading: &str) -> Result<Chart, StudyError> {
    let axes = [("depth L", Scale::Log), ("(ratio − limit) × diagonal", Scale::Linear)];
    let mut chart = Chart::new(heading, axes[0], axes[1]);
    for (style, name) in names.iter().enumerate() {
        let points = table.numbers(["depth", "excess"], |row| row.word("network") == Some(name.as_str()))?;
        chart = chart.line(style, name, &points);
    }
    Ok(chart)
}

fn ratios(table: &Table, names: &[String], heading: &str) -> Result<Chart, StudyError> {
    let axes = [("depth L", Scale::Log), ("Θ(x, x′) / Θ(x, x)", Scale::Linear)];
    let mut chart = Chart::new(heading, axes[0], axes[1]);
    for (style, name) in names.iter().enumerate() {
        let of = |row: &fathom_ntk::studies::Row<'_>| row.word("network") == Some(name.as_str());
        let exact: Vec<[f64; 3]> =
            table.numbers(["depth", "ratio"], of)?.into_iter().map(|[depth, ratio]| [depth, ratio, 0.0]).collect();
        chart = chart.points(style, format!("{name}, recursion"), &exact);
        let predicted = table.numbers(["depth", "predicted_ratio"], of)?;
        let shown: Vec<[f64; 2]> = predicted.into_iter().filter(|[_, ratio]| (0.0..=1.0).contains(ratio)).collect();
        chart = chart.line(style, format!("{name}, theory"), &shown);
    }
    Ok(chart)
}

fn edge(table: &Table) -> Result<Section, StudyError> {
    let names: Vec<String> = table.words("network")?.into_iter().filter(|name| !name.starts_with("residual")).collect();
    let straight: Vec<String> = names.iter().filter(|name| *name != "elu").cloned().collect();
    let text = "On the edge of chaos the diagonal of the NTK grows like the depth L, and off the diagonal it grows at a quarter of \
                that speed (activations with a kink) or at a third (smooth ones). What remains is a logarithm: the ratio of the \
                two exceeds its limit by a multiple of ln L/L. Multiplied by the diagonal, the excess is therefore a straight \
                line over the logarithm of the depth, whose slope is the coefficient: 3/8 for ReLU, κ/3 for smooth activations \
                with a constant κ of the activation. For elu, whose second derivative jumps, it is a multiple of √L instead.";
    let drawn = figure(
        "The edge of chaos",
        "Above: the ratio against depth, by the recursion and by the theory with its leading terms. Below: what remains of it, \
         which is straight where the error is of order ln L/L (elu is left out: its excess grows like √L).",
        vec![ratios(table, &names, "Ratio")?, excess(table, &straight, "What remains")?],
    );
    Ok(Section::new("On the edge of chaos", vec![Block::text(text), drawn]))
}

fn residual(table: &Table) -> Result<Section, StudyError> {
    let names: Vec<String> = table.words("network")?.into_iter().filter(|name| name.starts_with("residual")).collect();
    let text = "A residual layer adds λ times a layer to its input, with λ = 1 if nothing else is said. Whatever the variance of \
                the weights, the ratio tends to 1/4 as on the edge of chaos, with the same 3/8 ln L/L. Branches that are scaled \
                down slow the clock: with λ² = l^-1/2 the error falls like L^-1/2, with λ² = 1/l only like 1/ln L, which is still \
                visible after a million layers. With λ² = 1/L, the limit is a genuine kernel that depends on the data.";
    let mut chart = Chart::new("Ratio", ("depth L", Scale::Log), ("Θ(x, x′) / Θ(x, x)", Scale::Linear));
    for (style, name) in names.iter().enumerate() {
        let points = table.numbers(["depth", "ratio"], |row| row.word("network") == Some(name.as_str()))?;
        chart = chart.line(style, name, &points);
    }
    let drawn =
        figure("Residual networks of ReLU", "The ratio of off-diagonal to diagonal against depth.", vec![chart]);
    Ok(Section::new("Residual networks", vec![Block::text(text), drawn]))
}

fn convolutional(table: &Table) -> Result<Section, StudyError> {
    let mut chart = Chart::new("What remains", ("depth L", Scale::Log), ("(ratio − 1/4) × diagonal", Scale::Linear));
    let mut style = 0;
    for network in table.words("network")? {
        for places in table.words("places")? {
            let keep = |row: &fathom_ntk::studies::Row<'_>| {
                row.word("network") == Some(network.as_str()) && row.word("places") == Some(places.as_str())
            };
            chart = chart.line(style, format!("{network}, {places}"), &table.numbers(["depth", "excess"], keep)?);
            style += 1;
        }
    }
    let text = "Convolutions over windows that wrap around the edges average covariances over places. After some layers every \
                pair of places, of one image or of two, behaves like a pair of inputs of a fully connected network: the same \
                limit, the same 3/8.";
    let drawn = figure("Circular convolutions on images", "The excess over 1/4, times the diagonal.", vec![chart]);
    Ok(Section::new("Convolutional networks", vec![Block::text(text), drawn]))
}

fn phases(table: &Table) -> Result<Section, StudyError> {
    let mut charts = Vec::new();
    for phase in table.words("phase")? {
        let heading = format!("{phase} phase");
        let mut chart = Chart::new(heading, ("depth L", Scale::Linear), ("ln |ratio − limit|", Scale::Linear));
        for (style, name) in table.words("network")?.into_iter().enumerate() {
            let keep = |row: &fathom_ntk::studies::Row<'_>| {
                row.word("network") == Some(name.as_str()) && row.word("phase") == Some(phase.as_str())
            };
            let recursion = table.numbers(["depth", "log_error"], keep)?;
            if recursion.is_empty() {
                continue;
            }
            let thin = recursion.iter().step_by(4).map(|[depth, error]| [*depth, *error, 0.0]);
            chart = chart.points(style, format!("{name}, recursion"), &thin.collect::<Vec<_>>());
            chart = chart.line(style, "theory", &table.numbers(["depth", "log_predicted"], keep)?);
        }
        charts.push(chart);
    }
    let text = "Away from the edge of chaos the approach is exponential. In the ordered phase all entries become equal, in the \
                chaotic phase the diagonal outgrows all others. The factor a layer is χ₁ for smooth activations, and its root for \
                ReLU in the ordered phase: there the kernel remembers the data twice as long as the covariance does.";
    let caption = "Logarithm of the distance from the limit: straight lines, whose slopes the theory predicts.";
    Ok(Section::new("Ordered and chaotic", vec![Block::text(text), figure("Exponential rates", caption, charts)]))
}

fn regression(table: &Table) -> Result<Section, StudyError> {
    let mut accuracy = Chart::new("Accuracy", ("depth L", Scale::Log), ("share of test images", Scale::Linear));
    let mut signal =
        Chart::new("Size of the prediction", ("depth L", Scale::Log), ("relative to the targets", Scale::Log));
    for (style, name) in table.words("network")?.into_iter().enumerate() {
        let of = |row: &fathom_ntk::studies::Row<'_>| row.word("network") == Some(name.as_str());
        accuracy = accuracy.line(style, &name, &table.numbers(["depth", "accuracy"], of)?);
        let sizes = table.numbers(["depth", "signal"], of)?.into_iter().filter(|[_, size]| *size > 0.0);
        signal = signal.line(style, &name, &sizes.collect::<Vec<_>>());
    }
    let text = "The mean prediction of an infinitely wide network trained to the end is kernel regression with the NTK. As the \
                classes are balanced, what the kernel makes of a constant vanishes, and the class is decided by what the kernel \
                still knows of the data: that fades like 1/L on the edge of chaos, so that its order survives although its size \
                does not, and exponentially in the chaotic phase. In the ordered phase the prediction tends to kriging, which \
                keeps the data.";
    let caption =
        "Above: accuracy on test images. Below: root mean square of the mean prediction, relative to the targets.";
    let drawn = figure("Infinitely wide networks on images", caption, vec![accuracy, signal]);
    Ok(Section::new("Learning with the kernel", vec![Block::text(text), drawn]))
}

fn trained(table: &Table) -> Result<Section, StudyError> {
    let mut charts = Vec::new();
    for (heading, column) in [("Training images", "train_accuracy"), ("Test images", "test_accuracy")] {
        let mut chart = Chart::new(heading, ("depth L", Scale::Linear), ("share with the right class", Scale::Linear));
        for (style, name) in table.words("network")?.into_iter().enumerate() {
            let mut means = Vec::new();
            for depth in table.distinct("depth")? {
                let keep = |row: &fathom_ntk::studies::Row<'_>| {
                    row.word("network") == Some(name.as_str()) && row.has("depth", depth)
                };
                let values: Vec<f64> = table.numbers([column], keep)?.into_iter().map(|[value]| value).collect();
                let count = values.len() as f64;
                let mean = values.iter().sum::<f64>() / count;
                let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (count - 1.0);
                means.push([depth, mean, (variance / count).sqrt()]);
            }
            chart = chart.points(style, &name, &means);
            chart = chart.line(style, "", &means.iter().map(|[depth, mean, _]| [*depth, *mean]).collect::<Vec<_>>());
        }
        charts.push(chart);
    }
    let text = "Networks of finite width, all trained for the same number of steps at half of the largest learning rate at which \
                their own kernel would be stable. In the ordered phase gradients vanish with depth and nothing is learned; in the \
                chaotic phase what is learned does not carry over to other images; on the edge of chaos both is possible at \
                greater depth.";
    let caption = "Accuracy after training, mean over initialisations with standard errors.";
    Ok(Section::new("Training networks", vec![Block::text(text), figure("Trained networks", caption, charts)]))
}
