//! Kernel regression on images as depth, the number of images and the time of training grow together.

use super::super::{Labelled, Piece, Scale, StudyError, Table, Value};
use super::STOPPING;
use crate::infinite::matrix::{KernelKind, Watch};
use crate::predict::{Distinct, Kernels, PredictOptions, Targets, TestBlock, Time, predict};
use crate::spec::{Architecture, ArchitectureSpec};

/// Times in units of 1/Θ(x, x), which falls like 1/L.
const TIMES: [f64; 4] = [0.03, 0.3, 3.0, f64::INFINITY];
/// Test images of each class, the first of the data.
const TESTS: usize = 30;

pub(super) fn table() -> Table {
    Table::new(
        STOPPING,
        "Infinitely wide critical ReLU networks on the digits 3 and 8 with labels ±1, stopped at times that fall like 1/L.",
        &[
            ("family", "what is fixed"),
            ("inputs", "training inputs, n"),
            ("depth", "weight layers, L"),
            ("time", "training time in units of 1/Θ(x, x), if finite"),
            ("spread", "standard deviation of the prediction over test images"),
            ("error", "mean squared error on the test images"),
            ("accuracy", "share of the test images told right"),
        ],
    )
}

pub(super) fn pieces<'a>(scale: Scale, digits: Labelled<'a>) -> Result<Vec<Piece<'a>>, StudyError> {
    let fixed = scale.pick(
        &[(20, 20), (20, 60)][..],
        &[(20, 20), (20, 60), (20, 200), (20, 600), (20, 2_000), (20, 6_000)],
        &[(20, 20), (20, 60), (20, 200), (20, 600), (20, 2_000), (20, 6_000), (20, 20_000)],
    );
    let both = scale.pick(
        &[(20, 20)][..],
        &[(20, 20), (40, 40), (80, 80), (160, 160), (280, 280)],
        &[(20, 20), (40, 40), (80, 80), (160, 160), (280, 280)],
    );
    let mut pieces = Vec::new();
    for (family, sizes) in [("n = 20", fixed), ("n = L", both)] {
        for &(inputs, depth) in sizes {
            let description = format!("stopped training: {family}, n {inputs}, L {depth}, 3 and 8 of {}", digits.name);
            let seconds = 0.1 + (inputs * inputs * inputs) as f64 * 3e-8;
            pieces.push(Piece::new(STOPPING, description, seconds, move |_| {
                rows(family, inputs, depth, &digits).map(Some)
            }));
        }
    }
    Ok(pieces)
}

fn rows(
    family: &'static str,
    inputs: usize,
    depth: usize,
    digits: &Labelled<'_>,
) -> Result<Vec<Vec<Value>>, StudyError> {
    let architecture = Architecture::try_from(ArchitectureSpec { depth: Some(depth), ..ArchitectureSpec::default() })?;
    let (test, train) = (digits.of_classes(&[3.0, 8.0], 0, TESTS)?, digits.of_classes(&[3.0, 8.0], TESTS, inputs / 2)?);
    let signs = |classes: &[usize]| classes.iter().map(|class| 2.0 * *class as f64 - 1.0).collect::<Vec<_>>();
    let (labels, expected) = (signs(&train.classes), signs(&test.classes));
    let kernels = Kernels::compute(
        &architecture,
        &train.inputs,
        &test.inputs,
        train.features,
        KernelKind::Ntk,
        TestBlock::Diagonal,
        &Watch::default(),
    )?;
    // Θ(x, x) = 2L at |x|² = n₀.
    let time = |units: f64| {
        if units.is_finite() { Time::Flow(units / (2.0 * depth as f64)) } else { Time::Infinite }
    };
    let options = PredictOptions { times: TIMES.map(time).to_vec(), ..PredictOptions::default() };
    let targets = Targets::new(&labels, 1, &Distinct::all(labels.len()))?;
    let prediction = predict(kernels.ntk.as_ref(), None, &targets, &options)?;
    let row = |(units, at): (f64, &crate::predict::AtTime)| {
        let count = at.mean.len() as f64;
        let mean = at.mean.iter().sum::<f64>() / count;
        let spread = (at.mean.iter().map(|f| (f - mean).powi(2)).sum::<f64>() / count).sqrt();
        let error = at.mean.iter().zip(&expected).map(|(f, y)| (f - y).powi(2)).sum::<f64>() / count;
        let right = at.mean.iter().zip(&expected).filter(|(f, y)| **f * **y > 0.0).count() as f64;
        vec![
            family.into(),
            inputs.into(),
            depth.into(),
            // Infinite time is no number.
            units.into(),
            spread.into(),
            error.into(),
            (right / count).into(),
        ]
    };
    Ok(TIMES.into_iter().zip(&prediction.at).map(row).collect())
}
