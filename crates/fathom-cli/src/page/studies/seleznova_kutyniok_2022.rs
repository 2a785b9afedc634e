//! The page of the study of Seleznova & Kutyniok on the NTK beyond the infinite-width limit.

use fathom_ntk::report::number;
use fathom_ntk::studies::{Results, Row, StudyError, Table};

use super::About;
use super::chart::{Chart, figure, matrix};
use crate::page::document::{Block, Section};
use crate::page::references::{BEYOND, HANIN_NICA, JACOT};
use crate::plot::Scale;

const RATIO: (&str, Scale) = ("depth over width, L/n", Scale::Linear);
const PHASES: [(&str, &str); 3] =
    [("ordered", "ordered, σ_w² = 1"), ("critical", "critical, σ_w² = 2"), ("chaotic", "chaotic, σ_w² = 3")];

pub(super) fn about() -> About {
    About {
        title: "The NTK beyond the infinite-width limit: depth and initialisation (Seleznova & Kutyniok 2022)",
        question: "The theory of the neural tangent kernel lets the width n grow at fixed depth L; then the kernel Θ is the same \
                   number for every initialisation, and stays what it is in training. What becomes of both statements if depth \
                   and width grow together, and does the variance σ_w² of the weights decide? The networks here are those of the \
                   paper's published script: ReLU, gradients with respect to the weights and biases themselves, weights of \
                   variance σ_w²/n, biases zero at initialisation and trained, inputs of norm 1.",
        papers: vec![&BEYOND, &HANIN_NICA, &JACOT],
    }
}

pub(super) fn sections(results: &Results) -> Result<Vec<Section>, StudyError> {
    Ok(vec![
        initial(results.table("initial")?, results.table("limits")?)?,
        limits(results.table("limits")?)?,
        pairs(results.table("pairs")?)?,
        training(results.table("training")?)?,
        structure(results.table("kernels")?)?,
    ])
}

fn initial(sampled: &Table, exact: &Table) -> Result<Section, StudyError> {
    let width = 100.0;
    let nearest = sampled.distinct("width")?.into_iter().fold(f64::NAN, f64::max);
    let mut charts = Vec::new();
    for (biases, heading, weight_vars) in
        [("trained", "biases trained", &[1.0, 1.5, 2.0, 2.5, 3.5][..]), ("none", "no biases", &[0.5, 2.0, 3.5])]
    {
        let y = ("dispersion, E Θ²/(E Θ)²", Scale::Log);
        let mut chart = Chart::new(heading, RATIO, y);
        for (style, weight_var) in weight_vars.iter().enumerate() {
            let of = |row: &Row<'_>| row.word("biases") == Some(biases) && row.has("weight_var", *weight_var);
            let curve = exact.numbers(["ratio", "log_dispersion"], |row| of(row) && row.has("width", width))?;
            let curve: Vec<_> = curve.into_iter().map(|[x, y]| [x, y.exp()]).collect();
            chart = chart.line(style, format!("σ_w² = {weight_var}"), &curve);
            let points = sampled.numbers(["ratio", "dispersion", "dispersion_error"], |row| {
                of(row) && row.has("width", nearest) && row.number("ratio").is_some_and(|ratio| ratio < 0.6)
            })?;
            chart = chart.points(style, String::new(), &points);
        }
        charts.push(chart);
    }
    let mut typical = Chart::new(
        "how far typical kernels lie below the mean",
        RATIO,
        ("−2 E ln(Θ/E Θ): ln(dispersion) if log-normal", Scale::Linear),
    );
    for (style, weight_var) in [1.0, 2.0, 3.0].into_iter().enumerate() {
        let of = |row: &Row<'_>| row.word("biases") == Some("trained") && row.has("weight_var", weight_var);
        let points = sampled
            .numbers(["ratio", "log_typical", "log_typical_error"], |row| of(row) && row.has("width", nearest))?;
        let points: Vec<_> = points.into_iter().map(|[x, y, error]| [x, -2.0 * y, 2.0 * error]).collect();
        typical = typical.points(style, format!("sampled, σ_w² = {weight_var}"), &points);
        let curve = exact.numbers(["ratio", "log_dispersion"], |row| of(row) && row.has("width", width))?;
        typical = typical.line(style, format!("ln(dispersion), σ_w² = {weight_var}"), &curve);
    }
    charts.push(typical);
    let text = "The dispersion is 1 if all initialisations have the same kernel. With trained biases there are three phases. \
                Below σ_w² = 2 signals and gradients shrink from layer to layer: the gradients of the last few biases make \
                nearly all of Θ, and these hardly vary. Above 2 the gradients of the weights of all layers grow, and Θ is a \
                product of as many random factors as there are layers. Without biases only the weights are left, and σ_w² \
                multiplies Θ by a constant: the same dispersion for all σ_w², so that the curves lie on each other. Curves are \
                exact, points are sampled with their standard errors, up to L/n = 0.5: beyond that the second moment is carried \
                by draws too rare to be met. The third panel therefore shows the mean of the logarithm, which many draws do \
                give. In the chaotic phase Θ is nearly log-normal and both agree. At the critical point they do not: the \
                gradient of the last bias is 1 in every network, so that a typical kernel cannot become small, while rare large \
                ones go on to grow.";
    let caption = format!(
        "Exact dispersion against L/n at n = 100 (curves) and sampled at n = {nearest} (points): below σ_w² = 2 it stays near \
         1, above it grows by about e^(5 L/n); without biases all σ_w² agree."
    );
    Ok(Section::new(
        "How random the kernel is at initialisation",
        vec![Block::text(text), figure("Randomness at initialisation", caption, charts)],
    ))
}

fn limits(table: &Table) -> Result<Section, StudyError> {
    let widths = table.distinct("width")?;
    let ratios = table.distinct("ratio")?;
    let at = ratios.into_iter().filter(|ratio| *ratio <= 1.0).fold(f64::NAN, f64::max);
    let axis = ("weight variance, σ_w²", Scale::Linear);
    let mut sweep = Chart::new(format!("L/n = {at}"), axis, ("dispersion, E Θ²/(E Θ)²", Scale::Log));
    let ends = [widths.first(), widths.last()];
    for (style, width) in ends.into_iter().flatten().enumerate() {
        let of = |row: &Row<'_>| row.has("ratio", at) && row.has("width", *width);
        for (shift, biases) in ["trained", "none"].into_iter().enumerate() {
            let points =
                table.numbers(["weight_var", "log_dispersion"], |row| of(row) && row.word("biases") == Some(biases))?;
            let points: Vec<_> = points.into_iter().map(|[x, y]| [x, y.exp()]).collect();
            sweep = sweep.line(style + 2 * shift, format!("biases {biases}, n = {width}"), &points);
        }
    }
    let mut rate = Chart::new(
        format!("distance to the limit, L/n = {at}"),
        ("width n", Scale::Log),
        ("|ln(dispersion) − ln(limit)|", Scale::Log),
    );
    for (style, weight_var) in [1.0, 2.0, 3.0].into_iter().enumerate() {
        let points = table.numbers(["width", "log_dispersion", "log_limit"], |row| {
            row.word("biases") == Some("trained") && row.has("weight_var", weight_var) && row.has("ratio", at)
        })?;
        let points: Vec<_> = points.into_iter().map(|[x, y, limit]| [x, (y - limit).abs()]).collect();
        rate = rate.line(style, format!("σ_w² = {weight_var}"), &points);
        let marks: Vec<_> = points.into_iter().map(|[x, y]| [x, y, 0.0]).collect();
        rate = rate.points(style, String::new(), &marks);
    }
    let mut movement =
        Chart::new("how fast the first step moves the kernel", RATIO, ("−(dE Θ/dη)/(E Θ)², n = widest", Scale::Log));
    let widest = widths.last().copied().unwrap_or(f64::NAN);
    for (style, weight_var) in [1.5, 2.0, 3.0].into_iter().enumerate() {
        let points = table.numbers(["ratio", "movement"], |row| {
            row.word("biases") == Some("trained") && row.has("weight_var", weight_var) && row.has("width", widest)
        })?;
        let points: Vec<_> = points.into_iter().filter(|[_, y]| *y > 1e-9).collect();
        movement = movement.line(style, format!("σ_w² = {weight_var}"), &points);
    }
    let text = "As L and n grow at a fixed ratio λ = L/n, the dispersion tends to 1 below σ_w² = 2 and to \
                D_w(λ) = e^(5λ)(1/3 + (4/3)ψ(6λ)) with ψ(a) = (a − 1 + e^(−a))/a² above; at σ_w² = 2, where weights and biases \
                contribute equally much to the mean here, to (D_w + 2C + D_b)/4. The step from one to the other is sharp only in \
                the limit: at n = 100 the curve is still rounded. Exact moments approach the limits at rate 1/n. In the third \
                panel: the mean derivative of Θ along the first gradient step on (f − y)²/2, with the activation pattern held \
                fixed, over (E Θ)²: the relative change of Θ in a step of rate 1/E Θ, half the largest stable one. It grows with L/n at the critical point \
                and in the chaotic phase, and falls to zero in the ordered phase (values below 10⁻⁹ are left out).";
    let caption = "First panel: exact dispersion against σ_w²; a step at 2 with trained biases, none without. Second: the distance to the \
                   limit falls like 1/n. Third: the first movement grows with L/n except in the ordered phase.";
    Ok(Section::new(
        "The limits in the three phases",
        vec![Block::text(text), figure("Limits", caption, vec![sweep, rate, movement])],
    ))
}

fn pairs(table: &Table) -> Result<Section, StudyError> {
    let axis = ("⟨x_0, x_k⟩", Scale::Linear);
    let mut charts = Vec::new();
    for (phase, name) in PHASES {
        let mut chart = Chart::new(name, axis, ("1 + Var Θ(x_0, x_k)/(E Θ)²", Scale::Linear));
        for (style, ratio) in table.distinct("ratio")?.into_iter().enumerate() {
            let of = |row: &Row<'_>| row.word("phase") == Some(phase) && row.has("ratio", ratio);
            let points = table.numbers(["cosine", "dispersion"], of)?;
            let points: Vec<_> = points.into_iter().map(|[x, y]| [x, y, 0.0]).collect();
            chart = chart.points(style, format!("sampled, L/n = {}", number(ratio)), &points);
            if ratio < 0.2 {
                let theory = table.numbers(["cosine", "dispersion_first_order"], of)?;
                chart = chart.line(style, format!("first order in 1/n, L/n = {}", number(ratio)), &theory);
            }
        }
        charts.push(chart);
    }
    let mut mean = Chart::new("mean over infinite width", axis, ("E Θ(x_0, x_k)/Θ_∞(x_0, x_k)", Scale::Linear));
    let deepest = table.distinct("ratio")?.into_iter().fold(f64::NAN, f64::max);
    for (style, (phase, name)) in PHASES.into_iter().enumerate() {
        let rows = table.numbers(["cosine", "mean", "mean_error", "mean_infinite"], |row| {
            row.word("phase") == Some(phase) && row.has("ratio", deepest)
        })?;
        let points: Vec<_> = rows.into_iter().map(|[x, y, error, wide]| [x, y / wide, error / wide]).collect();
        mean = mean.points(style, format!("{name}, L/n = {}", number(deepest)), &points);
    }
    charts.push(mean.level("", 1.0));
    let text = "Eleven inputs on the unit sphere, x_0 to x_10, with ⟨x_0, x_k⟩ = 1 − k/10. The entries of the kernel between \
                different inputs fluctuate in the same phases as those of one input, and somewhat more. No closed form is known \
                for them; where L/n is small, an expansion to first order in 1/n describes them. Not only do they fluctuate: \
                their mean is larger than at infinite width, while that at one input is the same at every width.";
    let caption = "Dispersion of Θ(x_0, x_k) against the inner product of the inputs in the three phases, and the mean beside \
                   that of infinite width at the largest L/n.";
    Ok(Section::new(
        "Entries between different inputs",
        vec![Block::text(text), figure("Eleven correlated inputs", caption, charts)],
    ))
}

fn training(table: &Table) -> Result<Section, StudyError> {
    let width = table.distinct("width")?.first().copied().unwrap_or(f64::NAN);
    let panel = |heading: &str, label: &'static str, scale, column: &str| -> Result<Chart, StudyError> {
        let mut chart = Chart::new(heading, RATIO, (label, scale));
        for (style, (phase, name)) in PHASES.into_iter().enumerate() {
            let of = |row: &Row<'_>| row.word("phase") == Some(phase) && row.has("width", width);
            chart = chart.means(style, name, &table.numbers(["ratio", column], of)?);
        }
        Ok(chart)
    };
    let charts = vec![
        panel("change of the kernel", "|Θ_t − Θ_0|/|Θ_0|", Scale::Linear, "drift")?,
        panel("change of its shape", "1 − alignment of Θ_t with Θ_0", Scale::Log, "shape")?,
        panel("what is learnt", "loss after over loss before", Scale::Log, "loss_ratio")?,
        panel("alignment with the labels", "after training", Scale::Linear, "labels_after")?,
    ];
    let text = "Networks trained on digits of four classes by gradient descent at half the largest stable rate, with one output \
                for each class; the kernel is looked at on twenty of the images. At small L/n all phases learn, and all kernels \
                move: the kernel of the ordered phase, whose gradients live in the last layers, even more in shape than the \
                others. As the ratio grows they part: at the critical point and in the chaotic phase the kernel becomes another; \
                in the ordered phase it keeps its shape, because the outputs of all inputs are nearly the same and no step can \
                tell them apart. That a deep network has a constant kernel is thus bought by its learning nothing.";
    let caption = format!(
        "Means over networks with standard errors, width {width}: relative change of the kernel, change of its shape, loss and \
         alignment with the labels, against L/n in the three phases."
    );
    Ok(Section::new(
        "What training does to the kernel",
        vec![Block::text(text), figure("Training on digits", caption, charts)],
    ))
}

fn structure(table: &Table) -> Result<Section, StudyError> {
    let mut charts = Vec::new();
    let mut shape = String::new();
    for (phase, name) in PHASES {
        for when in ["before", "after"] {
            let of = |row: &Row<'_>| row.word("phase") == Some(phase) && row.word("when") == Some(when);
            let mut rows = Vec::new();
            for [input] in table.numbers(["input"], of)? {
                rows.push(entries(table, |row| of(row) && row.has("input", input))?);
            }
            let largest = rows.iter().flatten().fold(f64::NEG_INFINITY, |a: f64, b| a.max(*b));
            rows.iter_mut().flatten().for_each(|entry| *entry /= largest);
            let least = rows.iter().flatten().fold(1.0, |a: f64, b| a.min(*b));
            charts.push(matrix(format!("{name}, {when} training"), "Θ over its largest entry", &rows, [least, 1.0]));
        }
        if let Some([width, depth]) = table.numbers(["width", "depth"], |row| row.word("phase") == Some(phase))?.first()
        {
            shape = format!("width {width}, depth {depth}");
        }
    }
    let text = "The kernel itself, of one network of each phase, on five images each of the digits 0, 1, 2 and 3. Squares along \
                the diagonal are classes. Each picture has its own colours: entries are divided by the largest.";
    let caption = format!(
        "The kernel on twenty digits sorted by class, before and after training, in three phases ({shape}). At the critical point \
         blocks of classes appear in training."
    );
    Ok(Section::new(
        "The structure of the kernel matrix",
        vec![Block::text(text), figure("Kernel matrices", caption, charts)],
    ))
}

/// The entries of a row of the kernel.
fn entries(table: &Table, keep: impl Fn(&Row<'_>) -> bool) -> Result<Vec<f64>, StudyError> {
    let mut found = Vec::new();
    for column in table.columns.iter().filter(|column| column.name.starts_with('k')) {
        found.extend(table.numbers([column.name], &keep)?.iter().map(|[entry]| *entry));
    }
    Ok(found)
}
