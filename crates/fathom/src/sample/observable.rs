//! What is recorded of every draw.

use std::fmt;
use std::str::FromStr;

use super::update::Changes;
use super::{Change, Draw, FirstStep, SampleError, Sampler, Worker};
use crate::Scaled;
use crate::linalg::symmetric_eigenvalues;
use crate::spec::NetworkRef;
use crate::statistics::{Observables, StatisticsError};

/// A number that each drawn network has.
///
/// Inputs and outputs are counted from 0, weight layers and eigenvalues from 1. The text form is the name of the
/// observable in results: `ntk(0,1)` is Θ of the first output at inputs 0 and 1, `ntk(0,1;2,3)` that of outputs 2 and 3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Observable {
    /// $\Theta_{c d}(x_a, x_b)$.
    Ntk(Entry),
    /// $\ln \Theta_{c d}(x_a, x_b)$; undefined where Θ is not positive.
    LogNtk(Entry),
    /// How $\Theta_{c d}(x_a, x_b)$ changes in the first gradient step, for each unit of learning rate.
    Update(Change, Entry),
    /// $f_c(x_a)$.
    Output {
        /// $c$.
        output: usize,
        /// $a$.
        input: usize,
    },
    /// The part of Θ of the first output at the first input that the parameters of weight layer $l$ contribute.
    Layer(usize),
    /// Trace of Θ over all inputs and outputs.
    Trace,
    /// The $i$-th largest eigenvalue of Θ over all inputs and outputs.
    Eigenvalue(usize),
    /// Largest over smallest eigenvalue of Θ; undefined where the smallest is zero to rounding.
    Condition,
}

/// An entry of the NTK.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Entry {
    /// Inputs $a$ and $b$.
    pub inputs: (usize, usize),
    /// Outputs $c$ and $d$.
    pub outputs: (usize, usize),
}

impl Entry {
    /// The entry of the first output at two inputs.
    pub const fn of_inputs(a: usize, b: usize) -> Self {
        Self { inputs: (a, b), outputs: (0, 0) }
    }

    fn of(self, draw: &Draw) -> Scaled {
        draw.ntk((self.outputs.0, self.inputs.0), (self.outputs.1, self.inputs.1))
    }
}

impl Observable {
    /// Whether no other output matters.
    pub(super) fn sees_first_output_alone(&self) -> bool {
        match self {
            Self::Ntk(entry) | Self::LogNtk(entry) => entry.outputs == (0, 0),
            Self::Output { output, .. } => *output == 0,
            Self::Layer(_) => true,
            _ => false,
        }
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ((a, b), (c, d)) = (self.inputs, self.outputs);
        if (c, d) == (0, 0) { write!(f, "({a},{b})") } else { write!(f, "({a},{b};{c},{d})") }
    }
}

impl fmt::Display for Observable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ntk(entry) => write!(f, "ntk{entry}"),
            Self::LogNtk(entry) => write!(f, "log_ntk{entry}"),
            Self::Update(Change::Derivative, entry) => write!(f, "update{entry}"),
            Self::Update(Change::RealStep, entry) => write!(f, "step{entry}"),
            Self::Output { output: 0, input } => write!(f, "output({input})"),
            Self::Output { output, input } => write!(f, "output({input};{output})"),
            Self::Layer(l) => write!(f, "layer({l})"),
            Self::Trace => f.write_str("trace"),
            Self::Eigenvalue(i) => write!(f, "eigenvalue({i})"),
            Self::Condition => f.write_str("condition"),
        }
    }
}

/// Why observables cannot be recorded.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ObservableError {
    /// A text that names none.
    #[error(
        "unknown observable {got:?}; allowed: ntk(A,B), ntk(A,B;C,D), log_ntk(A,B), update(A,B), step(A,B), output(A), output(A;C), layer(L), \
         trace, eigenvalue(I), condition"
    )]
    Unknown {
        /// The text.
        got: String,
    },
    /// An index that the networks do not have.
    #[error("{observable}: {what} must be {first} to {last}, got {got}")]
    Range {
        /// The observable.
        observable: Observable,
        /// What is counted.
        what: &'static str,
        /// Smallest index.
        first: usize,
        /// Largest index.
        last: usize,
        /// The index given.
        got: usize,
    },
    /// Eigenvalues of a matrix that is too large to take them of every draw.
    #[error("eigenvalues of every draw need at most {allowed} rows of Θ (inputs × outputs), got {got}")]
    TooManyRows {
        /// Most rows.
        allowed: usize,
        /// Rows of Θ.
        got: usize,
    },
    /// A first step that is not one.
    #[error("first step: {name} must be {allowed}, got {got}")]
    FirstStep {
        /// Which number.
        name: &'static str,
        /// What is allowed.
        allowed: &'static str,
        /// The value.
        got: f64,
    },
    /// A derivative that is not known of networks of blocks.
    #[error("{observable}: the derivative of Θ is not known of networks of blocks; step, a real step, is")]
    OfBlocks {
        /// The observable.
        observable: Observable,
    },
    /// Too many, twice the same, or none.
    #[error(transparent)]
    Statistics(#[from] StatisticsError),
}

impl FromStr for Observable {
    type Err = ObservableError;

    fn from_str(text: &str) -> Result<Self, ObservableError> {
        parse(&text.trim().to_lowercase().replace('-', "_"))
            .ok_or_else(|| ObservableError::Unknown { got: text.trim().into() })
    }
}

fn parse(text: &str) -> Option<Observable> {
    let (name, list) = match text.split_once('(') {
        Some((name, rest)) => (name.trim(), Some(rest.strip_suffix(')')?)),
        None => (text, None),
    };
    let numbers = |list: &str| list.split(',').map(|n| n.trim().parse().ok()).collect::<Option<Vec<usize>>>();
    let groups = list.unwrap_or("").split(';').filter(|group| !group.trim().is_empty());
    let groups = groups.map(numbers).collect::<Option<Vec<_>>>()?;
    let groups: Vec<&[usize]> = groups.iter().map(Vec::as_slice).collect();
    match (name, groups.as_slice()) {
        ("ntk", entry) => self::entry(entry).map(Observable::Ntk),
        ("log_ntk", entry) => self::entry(entry).map(Observable::LogNtk),
        ("update", entry) => self::entry(entry).map(|entry| Observable::Update(Change::Derivative, entry)),
        ("step", entry) => self::entry(entry).map(|entry| Observable::Update(Change::RealStep, entry)),
        ("output", [[input]]) => Some(Observable::Output { output: 0, input: *input }),
        ("output", [[input], [output]]) => Some(Observable::Output { output: *output, input: *input }),
        ("layer", [[l]]) => Some(Observable::Layer(*l)),
        ("eigenvalue", [[i]]) => Some(Observable::Eigenvalue(*i)),
        ("trace", []) => Some(Observable::Trace),
        ("condition", []) => Some(Observable::Condition),
        _ => None,
    }
}

fn entry(groups: &[&[usize]]) -> Option<Entry> {
    match groups {
        [[a, b]] => Some(Entry::of_inputs(*a, *b)),
        [[a, b], [c, d]] => Some(Entry { inputs: (*a, *b), outputs: (*c, *d) }),
        _ => None,
    }
}

/// Rows of Θ up to which its eigenvalues may be taken of every draw.
pub const MAX_EIGEN_ROWS: usize = 2048;

/// Draws networks and reads chosen observables off them.
///
/// # Example
/// ```
/// use fathom_ntk::sample::{Observable, Recorder, Sampler};
/// use fathom_ntk::spec::{Architecture, ArchitectureSpec};
/// let spec = ArchitectureSpec { widths: Some("2,5,1".parse()?), ..Default::default() };
/// let sampler = Sampler::new(&Architecture::try_from(spec)?, &[1.0, -0.5, 0.0, 1.0], None)?;
/// let recorder = Recorder::new(&sampler, &["ntk(0,0)".parse()?, "ntk(1,1)".parse()?, Observable::Trace])?;
/// let mut row = Vec::new();
/// recorder.record(&mut sampler.worker(), 7, 0, &mut row)?;
/// let [a, b, trace] = row.as_slice() else { unreachable!() };
/// assert_eq!(a.unwrap().to_f64() + b.unwrap().to_f64(), trace.unwrap().to_f64());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Recorder {
    observables: Vec<Observable>,
    names: Observables,
    eigenvalues: bool,
    derivative: bool,
    real_step: bool,
    first_step: FirstStep,
}

impl Recorder {
    /// A recorder of these observables of the draws of a sampler.
    ///
    /// # Errors
    /// [`ObservableError`] for indices that the networks do not have, eigenvalues of more than [`MAX_EIGEN_ROWS`] rows,
    /// an empty list, and observables given twice.
    pub fn new(sampler: &Sampler, observables: &[Observable]) -> Result<Self, ObservableError> {
        let rows = sampler.inputs() * sampler.outputs();
        for &observable in observables {
            check(observable, sampler, rows)?;
        }
        let any = |of: fn(&Observable) -> bool| observables.iter().any(of);
        let eigenvalues = any(|o| matches!(o, Observable::Eigenvalue(_) | Observable::Condition));
        if eigenvalues && rows > MAX_EIGEN_ROWS {
            return Err(ObservableError::TooManyRows { allowed: MAX_EIGEN_ROWS, got: rows });
        }
        Ok(Self {
            observables: observables.to_vec(),
            names: Observables::new(observables.iter().map(Observable::to_string))?,
            eigenvalues,
            derivative: any(|o| matches!(o, Observable::Update(Change::Derivative, _))),
            real_step: any(|o| matches!(o, Observable::Update(Change::RealStep, _))),
            first_step: FirstStep::default(),
        })
    }

    /// The recorder, with this first step in place of the default one.
    ///
    /// # Errors
    /// [`ObservableError::FirstStep`] for a target that is not finite or a step that is not positive and finite.
    pub fn with_first_step(self, first_step: FirstStep) -> Result<Self, ObservableError> {
        let FirstStep { target, step } = first_step;
        if !target.is_finite() {
            return Err(ObservableError::FirstStep { name: "the target", allowed: "finite", got: target });
        }
        if !(step.is_finite() && step > 0.0) {
            return Err(ObservableError::FirstStep { name: "the step", allowed: "positive and finite", got: step });
        }
        Ok(Self { first_step, ..self })
    }

    /// The recorder, with the covariances of the observables at these places as well.
    ///
    /// # Errors
    /// [`ObservableError::Statistics`] for places out of range or too many.
    pub fn with_joint(mut self, joint: &[usize]) -> Result<Self, ObservableError> {
        self.names = self.names.with_joint(joint)?;
        Ok(self)
    }

    /// What is recorded, in order.
    pub fn observables(&self) -> &[Observable] {
        &self.observables
    }

    /// Their names, for the statistics.
    pub fn names(&self) -> &Observables {
        &self.names
    }

    /// The first gradient step of [`Observable::Update`].
    pub fn first_step(&self) -> FirstStep {
        self.first_step
    }

    /// Draws a network and appends its observables to `row`; `None` where it does not define one.
    ///
    /// The first gradient step needs explicit weights: with it, Θ and the outputs are those of the same network only if
    /// the sampler is direct.
    ///
    /// # Errors
    /// As [`Worker::draw`].
    pub fn record(
        &self,
        worker: &mut Worker<'_>,
        seed: u64,
        index: u64,
        row: &mut Vec<Option<Scaled>>,
    ) -> Result<(), SampleError> {
        let (derivative, real_step) = self.changes(worker.sampler(), seed, index)?;
        let draw = worker.draw(seed, index)?;
        let rows = draw.rows();
        let eigenvalues = if self.eigenvalues { symmetric_eigenvalues(rows, |i, j| draw.entry(i, j)) } else { None };
        let scaled = |mantissa: f64| Scaled::from(mantissa).times_power_of_two(draw.exponent());
        row.extend(self.observables.iter().map(|observable| match *observable {
            Observable::Ntk(entry) => Some(entry.of(draw)),
            Observable::LogNtk(entry) => {
                let theta = entry.of(draw);
                (theta > Scaled::ZERO).then(|| Scaled::from(theta.ln()))
            }
            Observable::Update(change, entry) => {
                let changes = if change == Change::Derivative { &derivative } else { &real_step };
                let (inputs, outputs) = (entry.inputs, entry.outputs);
                let change = changes.as_ref()?.of((outputs.0, inputs.0), (outputs.1, inputs.1));
                Some(Scaled::from(change))
            }
            Observable::Output { output, input } => Some(draw.output(output, input)),
            Observable::Layer(l) => Some(draw.layer(l)),
            Observable::Trace => Some(scaled((0..rows).map(|i| draw.entry(i, i)).sum())),
            Observable::Eigenvalue(i) => eigenvalues.as_ref().map(|values| scaled(values[rows - i])),
            Observable::Condition => {
                let values = eigenvalues.as_ref()?;
                let (least, largest) = (values[0], values[rows - 1]);
                (least > largest * rows as f64 * f64::EPSILON).then(|| Scaled::from(largest / least))
            }
        }));
        Ok(())
    }

    fn changes(
        &self,
        sampler: &Sampler,
        seed: u64,
        index: u64,
    ) -> Result<(Option<Changes>, Option<Changes>), SampleError> {
        if !self.derivative && !self.real_step {
            return Ok((None, None));
        }
        let inputs = sampler.input_values();
        if let Some(network) = sampler.composed_network(seed, index)? {
            return Ok((None, Some(Changes::composed_step(&network, &inputs, self.first_step)?)));
        }
        let network = sampler.network(seed, index)?;
        let derivative =
            self.derivative.then(|| Changes::derivative(&network, &inputs, self.first_step)).transpose()?;
        let real_step = self.real_step.then(|| Changes::real_step(&network, &inputs, self.first_step)).transpose()?;
        Ok((derivative, real_step))
    }
}

fn check(observable: Observable, sampler: &Sampler, rows: usize) -> Result<(), ObservableError> {
    let within = |what, first: usize, count: usize, got: usize| {
        let last = first + count - 1;
        if (first..=last).contains(&got) {
            Ok(())
        } else {
            Err(ObservableError::Range { observable, what, first, last, got })
        }
    };
    let (inputs, outputs) = (sampler.inputs(), sampler.outputs());
    match observable {
        Observable::Update(Change::Derivative, _) if matches!(sampler.description(), NetworkRef::Blocks(_)) => {
            Err(ObservableError::OfBlocks { observable })
        }
        Observable::Ntk(entry) | Observable::LogNtk(entry) | Observable::Update(_, entry) => {
            let Entry { inputs: (a, b), outputs: (c, d) } = entry;
            within("input", 0, inputs, a)?;
            within("input", 0, inputs, b)?;
            within("output", 0, outputs, c)?;
            within("output", 0, outputs, d)
        }
        Observable::Output { output, input } => {
            within("input", 0, inputs, input)?;
            within("output", 0, outputs, output)
        }
        Observable::Layer(l) => within("layer", 1, sampler.description().weight_layers(), l),
        Observable::Eigenvalue(i) => within("eigenvalue", 1, rows, i),
        Observable::Trace | Observable::Condition => Ok(()),
    }
}
