//! The page of the study of Hanin & Nica.

use fathom_ntk::studies::{Results, Row, StudyError, Table};

use super::About;
use super::chart::{Chart, figure};
use crate::page::document::{Block, Section};
use crate::page::references::{HANIN_NICA, JACOT};
use crate::plot::Scale;

pub(super) fn about() -> About {
    About {
        title: "Finite depth and width corrections to the NTK (Hanin & Nica)",
        question: "How random is the kernel of a ReLU network that is neither infinitely wide nor shallow, and how soon does it \
                   move in training? The kernel Θ(x, x′) is the inner product of the gradients of the output at two inputs. \
                   Where all layers are infinitely wide it is the same for every draw of the weights, and stays what it is \
                   in training. Here L is the number of weight layers, n the width, and β the sum of 1/n over hidden layers: \
                   about L/n.",
        papers: vec![&HANIN_NICA, &JACOT],
    }
}

pub(super) fn sections(results: &Results) -> Result<Vec<Section>, StudyError> {
    Ok(vec![
        mean(results.table("constant-width")?)?,
        dispersion(results.table("constant-width")?, results.table("exact")?)?,
        shapes(results.table("shapes")?, results.table("shapes-exact")?)?,
        laws(results.table("laws")?)?,
        first_update(results.table("first-update")?, results.table("exact")?)?,
        features(results.table("features")?)?,
    ])
}

fn biases(row: &Row<'_>, which: &str) -> bool {
    row.word("biases") == Some(which)
}

fn mean(table: &Table) -> Result<Section, StudyError> {
    let mut chart = Chart::new("Mean of Θ(x, x) over L", ("depth L", Scale::Log), ("mean / L", Scale::Linear));
    for (style, width) in table.distinct("width")?.into_iter().enumerate() {
        let rows =
            table.numbers(["depth", "mean", "mean_error"], |row| row.has("width", width) && biases(row, "trained"))?;
        let rows: Vec<_> = rows.iter().map(|[depth, mean, error]| [*depth, mean / depth, error / depth]).collect();
        chart = chart.points(style, format!("n = {width}"), &rows);
    }
    let chart = chart.level("2(1/2 + |x|²/n₀) = 1.5", 1.5);
    let text = "The mean over initialisations grows linearly with depth, and does not depend on the widths: each layer adds the \
                same. With a weight variance of 2/fan-in in every layer and biases that start at zero and are trained, the \
                mean is 2L(1/2 + |x|²/n₀); other conventions for the last layer or for the biases change the number and not \
                the line. Points are networks that were drawn, with one standard error; the error grows with depth because \
                the kernel becomes random.";
    let drawn = figure(
        "The mean of the kernel",
        "Mean of Θ(x, x) over depth against depth for several widths: all points lie on one level.",
        vec![chart],
    );
    Ok(Section::new("The mean", vec![Block::text(text), drawn]))
}

fn dispersion(sampled: &Table, exact: &Table) -> Result<Section, StudyError> {
    let mut left = Chart::new("Dispersion, without biases", ("L/n", Scale::Log), ("E Θ² / (E Θ)²", Scale::Log));
    for (style, width) in sampled.distinct("width")?.into_iter().enumerate() {
        let of_width = |row: &Row<'_>| row.has("width", width) && biases(row, "none");
        let rows = sampled.numbers(["depth", "dispersion", "dispersion_error"], of_width)?;
        let rows: Vec<_> = rows.iter().map(|[depth, d, error]| [depth / width, *d, *error]).collect();
        let curve = sampled.numbers(["depth", "dispersion_exact"], of_width)?;
        let curve: Vec<_> = curve.iter().map(|[depth, d]| [depth / width, *d]).collect();
        left = left.line(style, format!("n = {width}"), &curve).points(style, "", &rows);
    }
    let curve = |name: &str| {
        let rows = exact.numbers(["ratio", name], |row| {
            row.has("width", 10_000.0) && row.number("ratio").is_some_and(|ratio| ratio <= 1.0)
        })?;
        Ok::<_, StudyError>(rows.iter().map(|[ratio, log]| [*ratio, log.exp()]).collect::<Vec<_>>())
    };
    left = left.line(4, "limit of infinite width", &curve("log_limit")?);
    left = left.line(5, "exp(5β)", &curve("log_envelope")?);

    let mut right = Chart::new("Dispersion over exp(5β)", ("L/n", Scale::Log), ("share", Scale::Linear));
    for (style, width) in exact.distinct("width")?.into_iter().rev().take(4).enumerate() {
        let rows = exact.numbers(["ratio", "log_dispersion", "log_envelope"], |row| row.has("width", width))?;
        let rows: Vec<_> = rows.iter().map(|[ratio, log, envelope]| [*ratio, (log - envelope).exp()]).collect();
        right = right.line(style, format!("exact, n = {width}"), &rows);
    }
    right = right.level("1/3", 1.0 / 3.0);
    let text = "The dispersion E Θ²/(E Θ)² is 1 if all draws of the weights have the same kernel; its excess over 1 is the squared \
                relative spread. It depends on depth and width through their ratio, and exp(5β) bounds it from above. How \
                loose that bound is can be said exactly: without biases the dispersion is g ∏(1 + 5/n), with g between 1/3 \
                and 1. For shallow networks it begins with (11/3) L/n where the exponential has 5 L/n; for networks deeper \
                than wide it is a third of ∏(1 + 5/n), which itself lags behind the exponential in narrow networks, by \
                12.5 L/n² in the exponent.";
    let limit = "Read along the widths, the first panel says what happens when depth and width grow together: at a fixed ratio the \
                 points do not fall towards 1. They rise to a limit, exp(5λ) (1/3 + 2/(9λ) − (1 − exp(−6λ))/(27λ²)) at λ = L/n. \
                 The kernel of such networks is random at any size.";
    let drawn = figure(
        "How random the kernel is",
        "First panel: dispersion against depth over width, drawn networks (points) on the exact curves of their widths, below \
         exp(5β). Second panel: the share of exp(5β) that the exact dispersion has, from 1 down to a third and less.",
        vec![left, right],
    );
    Ok(Section::new("The spread", vec![Block::text(text), drawn, Block::text(limit)]))
}

fn shapes(sampled: &Table, exact: &Table) -> Result<Section, StudyError> {
    let mut chart = Chart::new("Twelve hidden layers", ("β", Scale::Log), ("dispersion over exp(5β)", Scale::Linear));
    for (style, shape) in exact.words("shape")?.into_iter().enumerate() {
        let of_shape = |row: &Row<'_>| row.word("shape") == Some(shape.as_str());
        let rows = exact.numbers(["beta", "dispersion"], of_shape)?;
        let rows: Vec<_> = rows.iter().map(|[beta, d]| [*beta, d * (-5.0 * beta).exp()]).collect();
        chart = chart.line(style, shape.clone(), &rows);
        let rows = sampled.numbers(["beta", "dispersion", "dispersion_error", "envelope"], of_shape)?;
        let rows: Vec<_> =
            rows.iter().map(|[beta, d, error, envelope]| [*beta, d / envelope, error / envelope]).collect();
        chart = chart.points(style, "", &rows);
    }
    let text = "Widths that grow from half to one and a half of their mean, that shrink in the same way, and a bottleneck of two \
                layers in the middle with a sixth of the width: what counts is β, in which narrow layers weigh most. Order \
                hardly matters: widths read backwards have exactly the same dispersion, and the exact curves of growing and \
                shrinking networks are one. At equal β a network with a bottleneck has a somewhat smaller dispersion: \
                a layer multiplies it by about 1 + 5/n, which in narrow layers is well below exp(5/n).";
    let drawn = figure(
        "Widths that vary",
        "Share of exp(5β) that the dispersion has, against β, for four shapes: curves exact, points drawn.",
        vec![chart],
    );
    Ok(Section::new("Widths that vary with depth", vec![Block::text(text), drawn]))
}

fn laws(table: &Table) -> Result<Section, StudyError> {
    let mut left =
        Chart::new("Mean over that of normal weights", ("width n (L = n/4)", Scale::Log), ("ratio", Scale::Linear));
    let mut right = Chart::new("Dispersion", ("width n (L = n/4)", Scale::Log), ("E Θ² / (E Θ)²", Scale::Linear));
    for (style, law) in table.words("law")?.into_iter().enumerate() {
        let of_law = |row: &Row<'_>| row.word("law") == Some(law.as_str());
        let rows = table.numbers(["width", "mean", "mean_error", "mean_exact"], of_law)?;
        let rows: Vec<_> = rows.iter().map(|[n, mean, error, exact]| [*n, mean / exact, error / exact]).collect();
        left = left.points(style, law.clone(), &rows);
        if law != "signs" {
            right = right.line(style, law.clone(), &table.numbers(["width", "dispersion_exact"], of_law)?);
        }
        let label = if law == "signs" { law.as_str() } else { "" };
        right = right.points(style, label, &table.numbers(["width", "dispersion", "dispersion_error"], of_law)?);
    }
    let text = "The theorems hold for every symmetric law of the weights without atoms. The exact moments know the law through its \
                fourth moment E W⁴ alone: 1.8 for uniform, 3 for normal, 6 for two-sided exponential weights. The mean does not \
                depend on it, and the dispersion less and less as width grows at the same L/n. That the law must have no \
                atoms is no formality: weights of ±1 make preactivations exactly zero, where ReLU has no slope, and the mean \
                of the kernel falls short.";
    let drawn = figure(
        "Other laws of the weights",
        "First panel: the mean is that of normal weights for all laws but signs. Second panel: dispersions (curves exact, points \
         drawn) approach each other as width grows.",
        vec![left, right],
    );
    Ok(Section::new("Other laws of the weights", vec![Block::text(text), drawn]))
}

fn first_update(table: &Table, exact: &Table) -> Result<Section, StudyError> {
    let mut charts = Vec::new();
    for depth in table.distinct("depth")? {
        let heading = format!("L = {depth}, y = 0, without biases");
        let mut chart = Chart::new(heading, ("width n", Scale::Log), ("−change of Θ / η", Scale::Log));
        let rows = table.numbers(
            ["width", "derivative", "derivative_error", "derivative_exact", "real", "real_error", "real_predicted"],
            |row| row.has("depth", depth) && row.has("target", 0.0) && biases(row, "none"),
        )?;
        let curve = |place: usize| rows.iter().map(|row| [row[0], -row[place]]).collect::<Vec<_>>();
        let points = |place: usize| rows.iter().map(|row| [row[0], -row[place], row[place + 1]]).collect::<Vec<_>>();
        chart = chart.line(0, "4S, exact", &curve(3)).points(0, "derivative, drawn", &points(1));
        chart = chart.line(1, "4S and crossing law", &curve(6)).points(1, "real step, drawn", &points(4));
        charts.push(chart);
    }
    let mut ratio = Chart::new("4S/E Θ over Lβ exp(5β), |x|² = n₀", ("L/n", Scale::Log), ("ratio", Scale::Log));
    for (style, width) in exact.distinct("width")?.into_iter().rev().take(4).enumerate() {
        let rows = exact.numbers(["ratio", "log_update", "log_update_envelope"], |row| row.has("width", width))?;
        let rows: Vec<_> = rows.iter().map(|[ratio, log, envelope]| [*ratio, (log - envelope).exp()]).collect();
        ratio = ratio.line(style, format!("exact, n = {width}"), &rows);
    }
    charts.push(ratio.level("8/3", 8.0 / 3.0));
    let text = "A gradient step of learning rate η on ½(f(x) − y)² changes Θ(x, x). Its derivative along the step, at a fixed pattern \
                of active neurons, is what automatic differentiation sees; its mean over initialisations is −4S exactly, \
                whatever y, and −8 · 4/n at two layers and |x|² = n₀. A real step, however small, is another matter: a step \
                moves every preactivation by order η/√n, so that of order η√n neurons of a wide layer cross zero, and the \
                kernel jumps with each. The mean of these jumps is of order η n^(-1/2). It goes on mattering where the \
                derivative has long vanished.";
    let order = "The last panel holds the exact derivative against (Lβ/n₀) exp(5β). For depths well below the width the ratio is 8/3. \
                 For depths beyond it falls like 4/(3β): the exponential is right, and the factor β before it belongs to \
                 small β only.";
    let drawn = figure(
        "The first gradient step",
        "Mean change of Θ in the first step for each unit of learning rate against width: derivative and real step, drawn and \
         predicted; and the exact derivative over the order that is claimed.",
        charts,
    );
    Ok(Section::new("The first update", vec![Block::text(text), drawn, Block::text(order)]))
}

fn features(table: &Table) -> Result<Section, StudyError> {
    let mut left = Chart::new("Change of the kernel", ("width n", Scale::Log), ("|Θ − Θ₀| / |Θ₀|", Scale::Log));
    let mut right =
        Chart::new("Alignment with the labels", ("width n", Scale::Log), ("gain in training", Scale::Linear));
    for (style, family) in table.words("family")?.into_iter().enumerate() {
        let of_family = |row: &Row<'_>| row.word("family") == Some(family.as_str());
        let drift = table.numbers(["width", "drift"], of_family)?;
        let gain = table.numbers(["width", "labels", "labels_first"], of_family)?;
        let gain: Vec<_> = gain.iter().map(|[n, after, before]| [*n, after - before]).collect();
        left = left.means(style, family.clone(), &drift);
        right = right.means(style, family, &gain);
    }
    let text = "If kernel and features stay as they are, training is kernel regression: the lazy regime, in which wide networks are at \
                small learning rates. Networks are trained here on two classes of handwritten digits until their outputs are \
                within 0.1 of the labels ±1, at a quarter of the largest stable rate. At a depth of four the kernel moves \
                the less the wider the network. With depth an eighth of the width it moves as much in wide networks as in \
                narrow ones, and towards the labels: the share of the centred kernel that is aligned with them grows. Points \
                are means over draws with one standard error.";
    let drawn = figure(
        "Features",
        "Relative change of the kernel in training, and gain in its alignment with the labels, against width: at depth 4 and at a \
         fixed ratio of depth and width.",
        vec![left, right],
    );
    Ok(Section::new("Features in the lazy regime", vec![Block::text(text), drawn]))
}
