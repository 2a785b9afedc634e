//! The page of the study of Seleznova & Kutyniok on when NTK theory can be trusted.

use fathom_ntk::report::number;
use fathom_ntk::studies::{Results, Row, StudyError, Table};

use super::About;
use super::chart::{Chart, figure};
use crate::page::document::{Block, Section};
use crate::page::references::{HANIN_NICA, JACOT, TRUST};
use crate::plot::Scale;

const DEPTH: (&str, Scale) = ("depth, L", Scale::Log);
const ACTIVATIONS: [&str; 3] = ["relu", "tanh", "sigmoid"];

pub(super) fn about() -> About {
    About {
        title: "Analyzing finite neural networks: can we trust NTK theory? (Seleznova & Kutyniok 2020)",
        question: "The theory of the neural tangent kernel is exact for infinitely wide networks. Which networks of ordinary width \
                   follow it? Whether the squares of gradients shrink or grow from layer to layer is said by one number, \
                   χ_1 = σ_w² E φ′(z)²: below 1 they vanish with depth, above 1 they explode. Networks here are in the NTK \
                   parameterization, with trained biases of variance 0.05.",
        papers: vec![&TRUST, &HANIN_NICA, &JACOT],
    }
}

pub(super) fn sections(results: &Results) -> Result<Vec<Section>, StudyError> {
    Ok(vec![
        initial(results.table("initial")?)?,
        training(results.table("training")?, results.table("conditioning")?)?,
        ensembles(results.table("ensembles")?)?,
    ])
}

/// The networks of an activation: weight variance and what their gradients do.
fn networks(table: &Table, activation: &str) -> Result<Vec<(f64, String)>, StudyError> {
    let mut found: Vec<(f64, String)> = Vec::new();
    let rows = table.numbers(["weight_var", "chi"], |row| row.word("activation") == Some(activation))?;
    for [weight_var, chi] in rows {
        if !found.iter().any(|(known, _)| *known == weight_var) {
            found.push((weight_var, format!("σ_w² = {}, χ_1 = {}", number(weight_var), number(chi))));
        }
    }
    Ok(found)
}

fn of<'a>(activation: &'a str, weight_var: f64) -> impl Fn(&Row<'_>) -> bool + 'a {
    move |row| row.word("activation") == Some(activation) && row.has("weight_var", weight_var)
}

fn initial(table: &Table) -> Result<Section, StudyError> {
    let width = table.distinct("width")?.into_iter().fold(f64::NAN, f64::max);
    let mut charts = Vec::new();
    for activation in ACTIVATIONS {
        let y = ("standard deviation over mean of Θ(x, x)", Scale::Log);
        let mut chart = Chart::new(format!("{activation}, n = {width}"), DEPTH, y);
        for (style, (weight_var, name)) in networks(table, activation)?.into_iter().enumerate() {
            let of = of(activation, weight_var);
            let points =
                table.numbers(["depth", "spread", "spread_error"], |row| of(row) && row.has("width", width))?;
            chart = chart.points(style, name, &points);
            for theory in ["dispersion_exact", "dispersion_first_order"] {
                let curve = table.numbers(["depth", theory], |row| of(row) && row.has("width", width))?;
                let curve: Vec<_> = curve.into_iter().map(|[x, y]| [x, (y - 1.0).max(0.0).sqrt()]).collect();
                chart = chart.line(style, String::new(), &curve);
            }
        }
        charts.push(chart);
    }
    let text = "In the theory the kernel is the same number for every initialisation, and its standard deviation is 0. Points are \
                sampled; curves are exact for relu and of first order in 1/n for the others. Where gradients vanish, the kernel \
                is made by the last few layers, and its spread is of order n^(−1/2) however deep the network. Where they \
                explode, all layers take part, and the spread grows with depth until it is larger than the mean.";
    let caption = "Relative spread of the kernel over initialisations against depth: constant where gradients vanish, growing \
                   where they explode.";
    Ok(Section::new(
        "Is the kernel the same for all initialisations?",
        vec![Block::text(text), figure("Randomness at initialisation", caption, charts)],
    ))
}

fn training(table: &Table, conditioning: &Table) -> Result<Section, StudyError> {
    let mut shapes = Vec::new();
    let mut losses = Vec::new();
    let mut eigenvalues = Vec::new();
    for activation in ACTIVATIONS {
        let y = ("1 − alignment of Θ_t with Θ_0", Scale::Log);
        let mut shape = Chart::new(format!("{activation}: change of shape"), DEPTH, y);
        let mut loss = Chart::new(
            format!("{activation}: what is learnt"),
            DEPTH,
            ("loss over that of constant outputs", Scale::Log),
        );
        for (style, (weight_var, name)) in networks(table, activation)?.into_iter().enumerate() {
            let of = of(activation, weight_var);
            shape = shape.means(style, name.clone(), &table.numbers(["depth", "shape"], &of)?);
            loss = loss.means(style, name, &table.numbers(["depth", "loss_left"], &of)?);
        }
        shapes.push(shape);
        losses.push(loss);
        let y = ("λ_min/λ_max of Θ at infinite width", Scale::Log);
        let mut chart = Chart::new(format!("{activation}: conditioning"), ("depth, L", Scale::Linear), y);
        for (style, (weight_var, name)) in networks(conditioning, activation)?.into_iter().enumerate() {
            let points = conditioning.numbers(["depth", "smallest"], of(activation, weight_var))?;
            let marks: Vec<_> = points.iter().map(|[x, y]| [*x, *y, 0.0]).collect();
            chart = chart.line(style, name, &points).points(style, String::new(), &marks);
        }
        eigenvalues.push(chart);
    }
    let charts: Vec<Chart> = shapes.into_iter().zip(losses).flat_map(|(shape, loss)| [shape, loss]).collect();
    let text = "Networks of width 50 trained on digits of four classes at half the largest stable rate. Where gradients explode, \
                the kernel of a deep network becomes another while it is trained. Where they vanish, the kernel of a deep \
                network keeps its shape, as the theory wants, but the loss stays where it was: all inputs have nearly the same \
                kernel entries, and the directions in which they could be told apart belong to eigenvalues that fall \
                exponentially with depth.";
    let first = "Change of the shape of the kernel in training, and the loss that is left, against depth.";
    let second = "Smallest over largest eigenvalue of the kernel of infinite width on eight digits: it falls exponentially where \
                  gradients vanish, by χ_1 a layer for smooth activations and by its root for relu.";
    Ok(Section::new(
        "Does it stay in training, and is anything learnt?",
        vec![
            Block::text(text),
            figure("Training on digits", first, charts),
            figure("Conditioning", second, eigenvalues),
        ],
    ))
}

fn ensembles(table: &Table) -> Result<Section, StudyError> {
    let last = table.distinct("step")?.into_iter().fold(f64::NAN, f64::max);
    let mut charts = Vec::new();
    for activation in &ACTIVATIONS[..2] {
        for (step, when) in [(0.0, "before training"), (last, "after training")] {
            let y = ("variance of the outputs over that of infinite width", Scale::Log);
            let mut chart = Chart::new(format!("{activation}, {when}"), DEPTH, y);
            for (style, (weight_var, name)) in networks(table, activation)?.into_iter().enumerate() {
                let of = of(activation, weight_var);
                let names = ["depth", "variance_ratio", "variance_ratio_error"];
                let points = table.numbers(names, |row| of(row) && row.has("step", step))?;
                let curve: Vec<_> = points.iter().map(|[x, y, _]| [*x, *y]).collect();
                chart = chart.line(style, name, &curve).points(style, String::new(), &points);
            }
            charts.push(chart.level("", 1.0));
        }
    }
    let text = "The theory also says how much the outputs of trained networks differ between initialisations. Here ensembles of \
                networks are trained on forty digits and looked at on forty others, beside infinitely wide networks after the \
                same number of steps at the same rate. A ratio of 1 means that the theory holds. Before training it does \
                at every depth. After training it does within tens of per cent at small depth, and for tanh on the edge of chaos \
                at every depth here. Where gradients explode, trained deep networks vary much less than the theory says. Where \
                they vanish, the theory has hardly any variance left, because all outputs follow the mean of the targets, and \
                what finite networks learn beyond it, which the theory does not have, makes their variance many times larger.";
    let caption = "Variance of the outputs over initialisations, divided by that of infinite width, before and after training, \
                   against depth.";
    Ok(Section::new(
        "Does the variance of the outputs follow?",
        vec![Block::text(text), figure("Ensembles of trained networks", caption, charts)],
    ))
}
