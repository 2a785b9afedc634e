//! What depth and initialisation make of learning real images.

use crate::analysis::sweep::{Job, Task, TrainTask};
use crate::analysis::{edge_of_chaos, phase};
use crate::infinite::matrix::{self, Network, Watch};
use crate::network::Precision;
use crate::predict::{Distinct, Kernels, PredictOptions, Targets, TestBlock, accuracy, one_hot, predict};
use crate::spec::{Architecture, ArchitectureSpec, BranchScaling, Composition, PerLayer, ResNetSpec};
use crate::studies::choice::Chosen;
use crate::studies::job::{of_width, outcome, value};
use crate::studies::{Labelled, Piece, Scale, Split, StudyError, Table, Value};
use crate::train::{Examples, Schedule, Stop, TrainOptions};

pub(super) const REGRESSION: &str = "regression";
pub(super) const TRAINED: &str = "trained";

/// Images to learn from and to be tested on.
const IMAGES: [usize; 2] = [200, 200];

pub(super) fn regression_table() -> Table {
    Table::new(
        REGRESSION,
        "Infinitely wide networks trained to the end on 200 images, tested on 200 others.",
        &[
            ("network", "activation and initialisation"),
            ("depth", "weight layers, L"),
            ("accuracy", "share of the test images whose class is right"),
            ("signal", "root of the mean square of the mean prediction over that of the targets"),
        ],
    )
}

pub(super) fn trained_table() -> Table {
    Table::new(
        TRAINED,
        "Networks of width 64 trained by gradient descent on 200 images at half the largest stable rate, tested on 200 others.",
        &[
            ("network", "activation and phase"),
            ("phase", "of the infinitely wide network"),
            ("depth", "weight layers, L"),
            ("seed", "of the initialisation"),
            ("steps", "steps made"),
            ("initial_loss", "training loss before the first"),
            ("loss", "training loss at the end; nothing if the training diverged"),
            ("train_accuracy", "share of the training images whose class is right"),
            ("test_accuracy", "share of the test images whose class is right"),
            ("drift", "change of the NTK on 30 images over its norm at the start"),
        ],
    )
}

/// An initialisation, fully connected.
struct Init {
    name: &'static str,
    activation: &'static str,
    weight_var: f64,
    bias_var: f64,
}

/// Both sides of the edge of chaos, and the edge.
fn initialisations() -> Result<Vec<Init>, StudyError> {
    let edge = edge_of_chaos(&"tanh".parse()?, 0.05)?;
    let of = |name, activation, weight_var, bias_var| Init { name, activation, weight_var, bias_var };
    Ok(vec![
        of("relu, ordered", "relu", 1.0, 0.05),
        of("relu, edge of chaos", "relu", 2.0, 0.0),
        of("tanh, ordered", "tanh", 0.5, 0.05),
        of("tanh, edge of chaos", "tanh", edge.weight_var, edge.bias_var),
        of("tanh, chaotic", "tanh", 4.0, 0.05),
    ])
}

impl Init {
    fn spec(&self) -> Result<ArchitectureSpec, StudyError> {
        Ok(ArchitectureSpec {
            activation: Some(self.activation.parse()?),
            weight_var: Some(PerLayer::Uniform(self.weight_var)),
            bias_var: Some(PerLayer::Uniform(self.bias_var)),
            ..ArchitectureSpec::default()
        })
    }
}

pub(super) fn regression<'a>(scale: Scale, images: &Labelled<'a>) -> Result<Vec<Piece<'a>>, StudyError> {
    let depths = scale.pick(&[2, 10][..], &[2, 5, 10, 30, 100, 300], &[2, 5, 10, 30, 100, 300, 1_000]);
    let split = images.split(scale.pick([60, 40], IMAGES, IMAGES))?;
    let mut pieces = Vec::new();
    for init in initialisations()? {
        for &depth in depths {
            let architecture = Architecture::try_from(ArchitectureSpec { depth: Some(depth), ..init.spec()? })?;
            let network = move |split: &Split| regressed(&architecture, split);
            pieces.push(of_kernel(init.name, depth, split.clone(), images.name, network));
        }
    }
    for (name, scaling) in
        [("residual relu", BranchScaling::Constant(1.0)), ("residual relu, λ² = 1/l", BranchScaling::Power(1.0))]
    {
        for &depth in depths {
            let network = Composition::try_from(ResNetSpec {
                features: images.features,
                depth,
                activation: "relu".parse()?,
                weight_var: 2.0,
                bias_var: 0.0,
                scaling,
            })?;
            let network = move |split: &Split| regressed(&network, split);
            pieces.push(of_kernel(name, depth, split.clone(), images.name, network));
        }
    }
    Ok(pieces)
}

fn of_kernel<'a>(
    name: &'static str,
    depth: usize,
    split: Split,
    source: &str,
    work: impl Fn(&Split) -> Result<[f64; 2], StudyError> + Send + Sync + 'a,
) -> Piece<'a> {
    let description =
        format!("{name}, depth {depth}, {} and {} of {source}", split.train.classes.len(), split.test.classes.len());
    let seconds = 0.2 + 0.02 * depth as f64;
    Piece::new(REGRESSION, description, seconds, move |_| {
        let [accuracy, signal] = work(&split)?;
        Ok(Some(vec![vec![name.into(), depth.into(), accuracy.into(), signal.into()]]))
    })
}

/// Test accuracy, and the size of the predictions relative to the targets.
fn regressed<'n>(network: impl Into<Network<'n>>, split: &Split) -> Result<[f64; 2], StudyError> {
    let Split { train, test, count } = split;
    let (kind, block) = (matrix::KernelKind::Ntk, TestBlock::Diagonal);
    let kernels =
        Kernels::compute(network, &train.inputs, &test.inputs, train.features, kind, block, &Watch::default())?;
    let distinct = Distinct::rows(&train.inputs, train.features)?;
    let targets = Targets::new(&one_hot(&train.classes, *count)?, *count, &distinct)?;
    let prediction = predict(kernels.ntk.as_ref(), None, &targets, &PredictOptions::default())?;
    let mean = prediction.at.first().map(|at| at.mean.as_slice()).unwrap_or_default();
    let square = |values: &[f64]| values.iter().map(|v| v * v).sum::<f64>() / values.len().max(1) as f64;
    let signal = (square(mean) / square(&one_hot(&test.classes, *count)?)).sqrt();
    Ok([accuracy(mean, *count, &test.classes)?, signal])
}

pub(super) fn trained<'a>(scale: Scale, seed: u64, images: &Labelled<'a>) -> Result<Vec<Piece<'a>>, StudyError> {
    let split = images.split(scale.pick([60, 40], IMAGES, IMAGES))?;
    let depths = scale.pick(&[3][..], &[3, 10, 30], &[3, 10, 30, 60]);
    let steps = scale.pick(5, 200, 2_000);
    let mut pieces = Vec::new();
    for init in initialisations()? {
        for &depth in depths {
            for of in 0..scale.pick(1, 3, 10) {
                pieces.push(training(&init, depth, [seed, of], steps, &split, images.name)?);
            }
        }
    }
    Ok(pieces)
}

fn training<'a>(
    init: &Init,
    depth: usize,
    [seed, of]: [u64; 2],
    steps: u64,
    split: &Split,
    source: &str,
) -> Result<Piece<'a>, StudyError> {
    let (name, width) = (init.name, 64);
    let count = split.count;
    let architecture = of_width(split.train.features, width, depth, count, init.spec()?)?;
    let found = phase(architecture.activation(), init.weight_var, init.bias_var, None)?;
    let phase = format!("{:?}", found.phase).to_lowercase();
    let examples = |Chosen { inputs, features, classes }: &Chosen| {
        let targets = one_hot(classes, count)?;
        Ok::<_, StudyError>(Examples::new(inputs.clone(), *features, targets, count)?.with_classes(classes.clone())?)
    };
    let (train, test) = (examples(&split.train)?, examples(&split.test)?);
    let options = TrainOptions {
        precision: Precision::F32,
        stop: Stop { steps: Some(steps), ..Stop::default() },
        ..TrainOptions::default()
    };
    let description = format!(
        "{name}, width {width}, depth {depth}, {steps} steps on {} of {source}, seed {seed}, network {of}",
        train.rows()
    );
    let seconds = steps as f64 * depth as f64 * 1e-3;
    // Streams of different initialisations never meet: networks of one depth and phase are numbered.
    let seed = seed.wrapping_mul(1_000).wrapping_add(of);
    Ok(Piece::new(TRAINED, description, seconds, move |stop| {
        let task = TrainTask {
            examples: &train,
            test: Some(&test),
            options: options.clone(),
            schedule: Schedule::At(Vec::new()),
            probe: 30,
            threshold: 0.1,
        };
        let job = Job { architecture: architecture.clone(), seed, task: Task::Train(task) };
        let Some(found) = outcome(&job, stop)? else { return Ok(None) };
        let row: Vec<Value> = vec![
            name.into(),
            phase.as_str().into(),
            depth.into(),
            (of as f64).into(),
            value(&found, "steps"),
            value(&found, "initial_train_loss"),
            value(&found, "train_loss"),
            value(&found, "train_accuracy"),
            value(&found, "test_accuracy"),
            value(&found, "ntk_drift"),
        ];
        Ok(Some(vec![row]))
    }))
}
