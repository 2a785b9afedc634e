//! The page of the study of St-Arnaud, Carvalho & Farnadi.

use fathom_ntk::studies::{Results, Row, StudyError, Table};

use super::About;
use super::chart::{Chart, figure};
use crate::page::document::{Block, Section};
use crate::page::references::{JACOT, RATES, ST_ARNAUD};
use crate::plot::Scale;

pub(super) fn about() -> About {
    About {
        title: "Revisiting the NTK: the role of large width and depth (St-Arnaud, Carvalho & Farnadi)",
        question: "Infinitely wide networks that are trained to the end predict by kernel regression with the NTK: f(x) = Θ(x, X) \
                   Θ(X, X)⁻¹ y. What becomes of the kernel and of this prediction as depth L grows, how much depth does it \
                   take to see it, and does anything of the data survive? The answer depends on the phase of the \
                   initialisation: ordered, where inputs become alike from layer to layer; chaotic, where neighbours are torn \
                   apart; and the edge of chaos between the two.",
        papers: vec![&ST_ARNAUD, &RATES, &JACOT],
    }
}

pub(super) fn sections(results: &Results) -> Result<Vec<Section>, StudyError> {
    let kernel = results.table("kernel")?;
    Ok(vec![
        normalised(kernel)?,
        predictor(kernel)?,
        conditioning(kernel)?,
        needed(results.table("depth-needed")?)?,
        activations(results.table("hidden-activations")?)?,
        stopping(results.table("stopping-time")?)?,
    ])
}

fn is(row: &Row<'_>, column: &str, word: &str) -> bool {
    row.word(column) == Some(word)
}

/// The sets of inputs with the headings of their panels.
const DATA: [(&str, &str); 2] = [("sphere 1", "random points on the sphere"), ("digits", "handwritten digits")];

fn normalised(table: &Table) -> Result<Section, StudyError> {
    let mut charts = Vec::new();
    for (data, heading) in DATA {
        let mut chart =
            Chart::new(format!("NTK, {heading}"), ("depth L", Scale::Log), ("normalised entries", Scale::Linear));
        for (style, regime) in table.words("regime")?.into_iter().enumerate() {
            let rows =
                table.numbers(["depth", "below_one_rms"], |row| is(row, "regime", &regime) && is(row, "data", data))?;
            let rows: Vec<_> = rows.iter().map(|[depth, below]| [*depth, 1.0 - below]).collect();
            chart = chart.line(style, regime, &rows);
        }
        charts.push(chart.level("", 0.25));
    }
    let mut chart =
        Chart::new("NNGP, random points on the sphere", ("depth L", Scale::Log), ("1 − entries, largest", Scale::Log));
    for (style, regime) in table.words("regime")?.into_iter().enumerate() {
        let rows = table.numbers(["depth", "nngp_below_one_max"], |row| {
            is(row, "regime", &regime) && is(row, "data", "sphere 1") && row.number("nngp_below_one_max") > Some(1e-16)
        })?;
        chart = chart.line(style, regime, &rows);
    }
    charts.push(chart);
    let text = "Divided by its diagonal, the kernel has ones there and numbers between −1 and 1 elsewhere. Does it approach the \
                matrix of ones? The covariance of the network itself, the NNGP, does, in the ordered phase and on the edge of \
                chaos. The NTK does so in the ordered phase only, which for ReLU needs biases. A ReLU network without biases has \
                entries that tend to 1/4 at every weight variance, because the norm is all that the variance changes: the \
                limit is ¾I + ¼11ᵀ. Smooth activations on the edge of chaos have 1/3, and in the chaotic phase what \
                is left is the identity. That all inputs look alike to the deep network is not enough for ones: its NTK sums \
                over layers, and the first of these, in which inputs differ, keep their share.";
    let drawn = figure(
        "Normalised kernels against depth",
        "One less the root mean square distance of the off-diagonal entries of the NTK from 1, for random points and for \
         digits (the horizontal line is 1/4; the three curves of ReLU without biases are one), and the largest distance from 1 \
         of those of the NNGP.",
        charts,
    );
    Ok(Section::new("The normalised kernel", vec![Block::text(text), drawn]))
}

fn predictor(table: &Table) -> Result<Section, StudyError> {
    let mut charts = Vec::new();
    let columns = ["depth", "prediction_1", "prediction_2", "prediction_3", "prediction_4"];
    for regime in ["relu ordered, bias", "relu critical", "tanh critical", "tanh chaotic"] {
        let mut chart = Chart::new(regime, ("depth L", Scale::Log), ("prediction", Scale::Linear));
        for (style, data) in ["sphere 1", "sphere 2", "digits"].into_iter().enumerate() {
            let rows = table.numbers(columns, |row| is(row, "regime", regime) && is(row, "data", data))?;
            for place in 1..columns.len() {
                let label = if place == 1 { data } else { "" };
                chart = chart.line(style, label, &rows.iter().map(|row| [row[0], row[place]]).collect::<Vec<_>>());
            }
        }
        let counts = table.numbers(["inputs", "label_sum"], |row| is(row, "regime", regime))?;
        if let Some([n, sum]) = counts.first() {
            chart = match regime {
                "relu critical" => chart.level("Σy/(n + 3)", sum / (n + 3.0)),
                "tanh critical" => chart.level("Σy/(n + 2)", sum / (n + 2.0)),
                "tanh chaotic" => chart.level("0", 0.0),
                _ => chart,
            };
        }
        charts.push(chart);
    }
    let text = "Four test inputs of each of three data sets that share nothing but their labels. With off-diagonal entries r the \
                prediction tends to r Σy/(1 − r + nr), whatever the inputs: Σy/(n + 3) for ReLU and Σy/(n + 2) for tanh on \
                the edge of chaos, and to zero in the chaotic phase. A deep network says the same everywhere, and nothing of \
                the data. In the ordered phase the limit is another one: ordinary kriging with a semivariogram that depends on \
                the data, and every data set keeps its own predictions. There the kernel approaches the matrix of ones so evenly \
                that the small differences go on counting; in floating point they do only if they are computed as \
                differences.";
    let drawn = figure(
        "Kernel regression against depth",
        "Predictions at four test inputs of three data sets with the same labels, against depth: they meet at one constant on the \
         edge of chaos and in the chaotic phase, and stay apart in the ordered phase.",
        charts,
    );
    Ok(Section::new("The closed-form solution", vec![Block::text(text), drawn]))
}

fn conditioning(table: &Table) -> Result<Section, StudyError> {
    let mut left =
        Chart::new("Condition number", ("depth L", Scale::Log), ("log₁₀ of the condition number", Scale::Linear));
    let mut right = Chart::new("Distance to the limit", ("depth L", Scale::Log), ("distance", Scale::Log));
    for (style, regime) in table.words("regime")?.into_iter().enumerate() {
        let of = |row: &Row<'_>| is(row, "regime", &regime) && is(row, "data", "digits");
        let rows =
            table.numbers(["depth", "log_condition"], |row| of(row) && row.number("log_condition") < Some(70.0))?;
        let rows: Vec<_> = rows.iter().map(|[depth, log]| [*depth, log / std::f64::consts::LN_10]).collect();
        left = left.line(style, regime.clone(), &rows);
        let rows =
            table.numbers(["depth", "limit_distance"], |row| of(row) && row.number("limit_distance") > Some(1e-12))?;
        right = right.line(style, regime.clone(), &rows);
    }
    let text = "Gradient descent needs about as many steps as the condition number of the kernel to fit the last of the labels. On the \
                edge of chaos it tends to (n + 3)/3 for ReLU and (n + 2)/2 for tanh: depth makes it better, not worse. In the \
                chaotic phase it tends to 1. In the ordered phase it grows exponentially with depth: what separates two \
                predictions there is learnt last, and soon never.";
    let drawn = figure(
        "Conditioning, and how fast the limit is reached",
        "First panel: logarithm of the condition number of the NTK of the digits against depth (left out beyond 10³⁰). Second \
         panel: distance of the predictions from their limit.",
        vec![left, right],
    );
    Ok(Section::new("Conditioning", vec![Block::text(text), drawn]))
}

fn needed(table: &Table) -> Result<Section, StudyError> {
    let mut chart = Chart::new("Depth needed", ("ε", Scale::Log), ("depth L", Scale::Log));
    let mut style = 0;
    for regime in table.words("regime")? {
        for gap in table.distinct("gap")? {
            let of = |row: &Row<'_>| is(row, "regime", &regime) && row.has("gap", gap);
            let rows = table.numbers(["epsilon", "verified"], of)?;
            if !rows.is_empty() {
                chart = chart.line(
                    style,
                    format!("{regime}, 1 − cos = {gap}"),
                    &table.numbers(["epsilon", "predicted"], of)?,
                );
                chart = chart.points(style, "", &rows.iter().map(|[x, y]| [*x, *y, 0.0]).collect::<Vec<_>>());
                style += 1;
            }
        }
    }
    let text = "The normalised entry of two inputs is within ε of its limit from L ≈ (⅜ ln L + C/4 − 1/8)/ε on for critical ReLU \
                networks, where C depends on the angle alone: 3.39 for orthogonal inputs, 24 for inputs whose cosine is 0.95. One \
                digit more takes ten times the depth and somewhat more. Networks of the depths in use are far from the limit: \
                at L = 30 the entry of orthogonal inputs is still 0.06 off.";
    let drawn = figure(
        "How deep is deep",
        "Depth from which on the entry is within ε of its limit: curves by the formula, points by the recursion.",
        vec![chart],
    );
    Ok(Section::new("The depth that is needed", vec![Block::text(text), drawn]))
}

fn activations(table: &Table) -> Result<Section, StudyError> {
    let mut left = Chart::new("One activation", ("width n", Scale::Log), ("change", Scale::Log));
    let mut right = Chart::new("All of them", ("width n", Scale::Log), ("norm", Scale::Log));
    for (style, regime) in table.words("regime")?.into_iter().enumerate() {
        let of = |name: &str| table.numbers(["width", name], |row| is(row, "regime", &regime));
        left = left.means(style, format!("{regime}, root mean square"), &of("single")?);
        left = left.means(style + 2, format!("{regime}, largest"), &of("largest")?);
        right = right.means(style, format!("{regime}, change"), &of("norm")?);
        right = right.means(style + 2, format!("{regime}, before training"), &of("size")?);
    }
    let text = "Networks of finite width, trained until their outputs are within 0.1 of the labels. A single activation of the last \
                hidden layer changes by order n^(-1/2): to each neuron of a wide network training is invisible. There are n of \
                them, so the norm of the change of all together stays what it is, while the norm of the activations grows like \
                n^(1/2). That the output moves at all is the work of these many small changes together.";
    let drawn = figure(
        "Hidden activations",
        "Change of a single activation in training, its root mean square and its largest value, and the norm of the change of all \
         activations of the layer beside their norm before training, against width.",
        vec![left, right],
    );
    Ok(Section::new("Single activations and all of them", vec![Block::text(text), drawn]))
}

fn stopping(table: &Table) -> Result<Section, StudyError> {
    let mut charts = Vec::new();
    for (family, heading) in [("n = 20", "20 training images"), ("n = L", "as many training images as layers")] {
        let mut chart = Chart::new(heading, ("depth L", Scale::Log), ("spread of the prediction", Scale::Log));
        let times = table.distinct("time")?;
        let all = times.iter().map(|time| Some(*time)).chain([None]);
        for (style, time) in all.enumerate() {
            let rows =
                table.numbers(["depth", "spread"], |row| is(row, "family", family) && row.number("time") == time)?;
            let label = time.map_or("trained to the end".into(), |time| format!("t = {time}/Θ(x, x)"));
            chart = chart.line(style, label, &rows);
        }
        charts.push(chart);
    }
    let text = "Critical ReLU networks learn 3 and 8, with labels ±1 of sum zero, so that the constant that deep networks say is 0: the \
                standard deviation of the prediction over test images says what is left of the data. With a fixed number of \
                images it falls like 1/L, whether training goes to the end or is stopped at a time that falls like 1/L with the \
                growing kernel. With the number of images growing like the depth it does not fall: what depth takes from a \
                single entry, of order 1/L, many images give back, and training that is stopped in time learns this common part \
                and none of the noise of single images.";
    let drawn = figure(
        "Depth and stopping time together",
        "Spread of the prediction over test images against depth, for several stopping times: with 20 images, and with as many as \
         layers.",
        charts,
    );
    Ok(Section::new("Depth, data and stopping time together", vec![Block::text(text), drawn]))
}
