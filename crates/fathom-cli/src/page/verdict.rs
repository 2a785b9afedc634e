//! The page of `fathom verdict`.

use fathom_ntk::analysis::verdict::{
    Class, DepthAdvice, Finding, Level, Movement, MovementMethod, Question, Randomness, RandomnessMethod, Reliability,
    Verdict,
};
use fathom_ntk::moments::InputNorm;
use fathom_ntk::report::{number, scaled};

use super::document::{Answer, Block, Page, Picture, Section, Table, Tone};
use super::references::{BEYOND, HANIN_NICA, JACOT, RATES, TRUST};
use crate::plot::{SampleFigure, described, sample_figure, verdict_figure};

/// What was found, with what each number means.
///
/// # Arguments
/// * `source`: where the inputs come from.
/// * `command`: how it was asked.
pub(crate) fn verdict_page(verdict: &Verdict, source: &str, command: &str) -> Page {
    let [network, law] = described(&verdict.architecture);
    let mut sections = vec![findings(verdict)];
    sections.extend(verdict.randomness.as_ref().map(|randomness| random(verdict, randomness)));
    sections.extend(verdict.movement.as_ref().and_then(|movement| moves(verdict, movement)));
    sections.push(kernel(verdict));
    sections.extend(phase(verdict));
    sections.push(advice(verdict));
    let options = &verdict.options;
    let limits = |name: &str, t: fathom_ntk::analysis::verdict::Threshold| {
        [format!("limits of “{name}”"), format!("fine up to {}, bad from {}", number(t.within), number(t.outside))]
    };
    let parameters = vec![
        ["command".into(), command.into()],
        ["network".into(), network.clone()],
        ["law of the weights".into(), law],
        ["inputs".into(), source.into()],
        limits("random", options.random),
        limits("moves", options.moves),
        limits("steps", options.steps),
        ["target of the gradient step".into(), number(options.target)],
        ["seed of the choice of rows".into(), options.seed.to_string()],
    ];
    Page {
        title: format!("Does NTK theory describe this network? {network}"),
        answer: answer(verdict.class),
        sections,
        parameters,
        references: vec![&JACOT, &HANIN_NICA, &BEYOND, &TRUST, &RATES],
    }
}

pub(super) fn answer(class: Class) -> Answer {
    let (tone, text) = match class {
        Class::InRegime => (Tone::Good, "Yes. NTK theory describes this network, and it can be trained."),
        Class::InRegimeUntrainable => {
            (Tone::Doubtful, "Yes, but the theory says that gradient descent will not train this network.")
        }
        Class::Borderline => (Tone::Doubtful, "Roughly. At least one of the numbers below is neither fine nor bad."),
        Class::Outside => (Tone::Bad, "No. NTK theory does not describe this network."),
    };
    Answer { tone, text: text.into() }
}

fn tone(level: Level) -> (Tone, &'static str) {
    match level {
        Level::Good => (Tone::Good, "fine"),
        Level::Borderline => (Tone::Doubtful, "doubtful"),
        Level::Bad => (Tone::Bad, "bad"),
        Level::Unknown => (Tone::Neutral, "not known"),
    }
}

fn findings(verdict: &Verdict) -> Section {
    let row = |finding: &Finding| {
        let (question, quantity) = match finding.question {
            Question::Random => ("Is the kernel random?", "std Θ / E Θ over initialisations"),
            Question::Moves => ("Does it move in training?", "relative change of Θ in one gradient step"),
            Question::Trainable => ("Can gradient descent fit data?", "steps to fit a typical direction"),
        };
        let value = match (finding.value, &finding.unknown_because) {
            (Some(value), _) => number(value),
            (None, Some(reason)) => reason.clone(),
            (None, None) => "∞".into(),
        };
        let limits = [finding.threshold.within, finding.threshold.outside].map(number);
        let [fine, bad] = limits;
        vec![question.into(), quantity.into(), value, fine, bad, tone(finding.level).1.into()]
    };
    let headings = ["question", "number", "value", "fine up to", "bad from", "this is"].map(String::from);
    Section::new(
        "The answer in three numbers",
        vec![
            Block::text(
                "NTK theory takes the kernel Θ(x, x′) of a network, the inner product of its gradients at two inputs, to be a \
                 fixed matrix. That is true if all layers are infinitely wide. It is a good approximation if Θ hardly \
                 depends on the draw of the weights, and hardly changes in training; and it is of use if gradient descent \
                 fits data in a number of steps that one can make.",
            ),
            Block::Table(Table {
                caption: "The three findings, with the limits they are held against".into(),
                headings: headings.to_vec(),
                rows: verdict.findings.iter().map(row).collect(),
                tones: verdict.findings.iter().map(|finding| tone(finding.level).0).collect(),
            }),
            Block::Figure(Picture {
                caption: "Each number against its limits: below the dashed line it is fine, beyond the solid one bad."
                    .into(),
                figure: verdict_figure(verdict),
            }),
        ],
    )
}

fn random(verdict: &Verdict, randomness: &Randomness) -> Section {
    let mut blocks = Vec::new();
    if randomness.method == RandomnessMethod::Deterministic {
        blocks.push(Block::text("Not at all: the width is infinite, or there is no hidden layer."));
        return Section::new("How random is the kernel?", blocks);
    }
    let method = match randomness.reliability {
        Reliability::Exact => "The moments are exact at these widths.",
        Reliability::Quantitative => "The numbers are of first order in 1/width, reliable to about 5 %.",
        Reliability::Indicative => "The numbers are of first order in 1/width, reliable to about 20 %.",
        Reliability::BeyondFirstOrder => {
            "The network is beyond the first order in 1/width: it is at least this random. Sampled networks say more."
        }
    };
    blocks.push(Block::text(format!(
        "Every draw of the weights has its own kernel. The dispersion E[Θ²]/E[Θ]² is 1 if all are equal, and grows like the \
         exponential of depth over width in networks of ReLU: the ratio of depth and width counts, not the width alone \
         (Hanin & Nica). {method}"
    )));
    let mut rows = vec![
        ["mean E Θ(x, x)".into(), scaled(randomness.mean)],
        ["std Θ / E Θ".into(), scaled(randomness.relative_std)],
        ["dispersion E Θ² / (E Θ)²".into(), scaled(fathom_ntk::Scaled::exp(randomness.log_dispersion))],
    ];
    if let Some(range) = randomness.log_range {
        let [low, high] = range.map(|end| scaled(fathom_ntk::Scaled::exp(end)));
        rows.push(["nine networks of ten (log-normal)".into(), format!("Θ between {low} and {high}")]);
    }
    blocks.push(Block::values("Θ(x, x) of a typical input over initialisations", rows));
    let input = InputNorm::new(verdict.input.typical_sq_norm, None);
    let drawn = input.ok().and_then(|input| {
        let architecture = &verdict.architecture;
        sample_figure(&SampleFigure { architecture, input: &input, bins: None, measured: Vec::new() }).ok()
    });
    if let Some(figure) = drawn {
        let caption = "Above: the spread of Θ(x, x) if the network had fewer layers. Below: its distribution over initialisations.".into();
        blocks.push(Block::Figure(Picture { caption, figure }));
    }
    Section::new("How random is the kernel?", blocks)
}

fn moves(verdict: &Verdict, movement: &Movement) -> Option<Section> {
    if movement.method == MovementMethod::Constant {
        return None;
    }
    let bound = if movement.is_lower_bound() {
        " What neurons add by switching is not known here: it is a lower bound."
    } else {
        ""
    };
    let mut rows = vec![
        ["learning rate η".into(), scaled(movement.learning_rate)],
        ["target y".into(), number(verdict.options.target)],
        ["mean of ΔΘ / E Θ".into(), scaled(movement.mean)],
    ];
    rows.extend(movement.rms.map(|rms| ["rms of ΔΘ / E Θ".into(), scaled(rms)]));
    let text = format!(
        "One step of gradient descent on ½(f − y)² at one input, at the rate that brings the output to its target in a network \
         whose kernel does not move. Where Θ changes by a good part of itself in that step, the network learns features, and \
         its kernel after training is another one.{bound}"
    );
    Some(Section::new(
        "Does the kernel move?",
        vec![Block::text(text), Block::values("Θ(x, x) after one gradient step", rows)],
    ))
}

fn kernel(verdict: &Verdict) -> Section {
    let kernel = &verdict.kernel;
    let mut blocks = vec![Block::text(
        "What training on these inputs would be like if the kernel were that of infinite width. An eigenvalue λ of the kernel \
         matrix is the speed at which the error along its eigenvector falls: by the factor 1 − ηλ in a step at the rate η. \
         Rates above 2/λ_max diverge, so the ratio of the eigenvalues says how many steps it takes.",
    )];
    let mut rows = vec![
        ["Θ(x, x) of a typical input".into(), scaled(kernel.ntk)],
        ["Σ(x, x), the variance of its output".into(), scaled(kernel.nngp)],
    ];
    if let Some(spread) = &kernel.ntk_correlation {
        let [mean, min, max] = [spread.mean, spread.min, spread.max].map(number);
        rows.push(["correlation of Θ between two inputs".into(), format!("mean {mean}, from {min} to {max}")]);
    }
    rows.extend(kernel.ntk_correlation_limit.map(|r| ["its limit at great depth".into(), number(r)]));
    if let Some(c) = &kernel.conditioning {
        let below = if c.resolved { "" } else { "below " };
        rows.extend([
            [format!("largest eigenvalue on {} inputs", c.inputs), scaled(c.lambda_max)],
            ["median (centred kernel)".into(), scaled(c.lambda_median)],
            ["smallest (centred kernel)".into(), format!("{below}{}", scaled(c.lambda_min))],
            ["largest stable learning rate, ½ Σ (f − y)²".into(), scaled(c.max_learning_rate)],
            ["steps to fit a typical direction, at half of it".into(), scaled(c.steps_typical)],
            ["steps to fit the slowest".into(), scaled(c.steps_slowest)],
        ]);
    }
    blocks.push(Block::values("The kernel of the infinitely wide network on the data", rows));
    blocks.extend(kernel.undefined.iter().map(|reason| Block::text(format!("Not defined: {reason}."))));
    Section::new("Can it be trained?", blocks)
}

fn phase(verdict: &Verdict) -> Option<Section> {
    let phase = verdict.phase.as_ref()?;
    let meaning = "Far from its input layer, a network either maps all inputs to the same direction (ordered phase), or nearly \
                   equal inputs to unrelated ones (chaotic), unless its variances lie on the edge of chaos between the two. The \
                   slope χ₁ of the map of correlations at 1 decides: below 1 ordered, above 1 chaotic.";
    let mut rows = vec![["phase".into(), format!("{:?}", phase.phase).to_lowercase()]];
    rows.extend(phase.chi1.map(|chi| ["χ₁".into(), number(chi)]));
    rows.extend(phase.xi_c.map(|xi| ["depth scale of correlations ξ_c".into(), number(xi)]));
    Some(Section::new("Phase", vec![Block::text(meaning), Block::values("Where the variances lie", rows)]))
}

fn advice(verdict: &Verdict) -> Section {
    let advice = &verdict.advice;
    let tolerance = number(advice.tolerance);
    let mut rows = Vec::new();
    if let Some(width) = advice.width {
        rows.push([format!("width for std/mean ≤ {tolerance}"), format!("{width} in every hidden layer")]);
    }
    rows.extend(advice.depth.map(|depth| {
        let depth = match depth {
            DepthAdvice::UpTo(depth) => format!("at most {depth} at this width"),
            DepthAdvice::MoreThan(depth) => format!("any up to {depth} and more"),
        };
        [format!("depth for std/mean ≤ {tolerance}"), depth]
    }));
    rows.extend(advice.edge_of_chaos.as_ref().map(|point| {
        let at = format!("σ_w² = {}, σ_b² = {}", number(point.weight_var), number(point.bias_var));
        ["nearest point on the edge of chaos".into(), at]
    }));
    let mut blocks = Vec::new();
    if !rows.is_empty() {
        blocks.push(Block::values("What would bring the kernel closer to that of infinite width", rows));
    }
    blocks.extend(advice.missing.iter().map(|reason| Block::text(format!("Not available: {reason}."))));
    Section::new("Advice", blocks)
}
