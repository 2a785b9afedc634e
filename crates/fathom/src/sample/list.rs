//! Lists of observables as they are written, and the sampler that suits them.

use std::str::FromStr;

use super::{Entry, Method, Observable, ObservableError, SampleError, Sampler};
use crate::spec::{Architecture, ArchitectureSpec, NetworkRef, Widths};

/// A list of observables, in which groups stand for all of their members.
///
/// Text form: observables separated by commas, and `ntk` (all pairs of inputs), `layers`, `outputs`, `eigenvalues`.
///
/// # Example
/// ```
/// use fathom_ntk::sample::ObservableList;
/// use fathom_ntk::spec::{Architecture, ArchitectureSpec};
/// let arch = Architecture::try_from(ArchitectureSpec { widths: Some("2,8,8,1".parse()?), ..Default::default() })?;
/// let list: ObservableList = "ntk, layer(2), ntk(0,1;0,0)".parse()?;
/// let names: Vec<String> = list.members(&arch, 2).iter().map(ToString::to_string).collect();
/// assert_eq!(names, ["ntk(0,0)", "ntk(0,1)", "ntk(1,1)", "layer(2)", "ntk(0,1)"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ObservableList(Vec<Group>);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Group {
    One(Observable),
    Ntk,
    Layers,
    Outputs,
    Eigenvalues,
}

impl Default for ObservableList {
    /// Θ at all pairs of inputs.
    fn default() -> Self {
        Self(vec![Group::Ntk])
    }
}

impl FromStr for ObservableList {
    type Err = ObservableError;

    fn from_str(text: &str) -> Result<Self, ObservableError> {
        // Commas inside parentheses belong to an observable.
        let mut parts = vec![String::new()];
        let mut depth = 0_usize;
        for c in text.chars() {
            depth = match c {
                '(' => depth + 1,
                ')' => depth.saturating_sub(1),
                _ => depth,
            };
            match (c, parts.last_mut()) {
                (',', _) if depth == 0 => parts.push(String::new()),
                (c, Some(part)) => part.push(c),
                (_, None) => {}
            }
        }
        let group = |part: &String| match part.trim().to_lowercase().as_str() {
            "ntk" => Ok(Group::Ntk),
            "layers" => Ok(Group::Layers),
            "outputs" => Ok(Group::Outputs),
            "eigenvalues" => Ok(Group::Eigenvalues),
            _ => part.parse().map(Group::One),
        };
        parts.iter().map(group).collect::<Result<_, _>>().map(Self)
    }
}

impl ObservableList {
    /// The observables themselves, for so many inputs.
    pub fn members<'a>(&self, network: impl Into<NetworkRef<'a>>, inputs: usize) -> Vec<Observable> {
        let network = network.into();
        let outputs = network.outputs().unwrap_or(1);
        let of = |group: &Group| match *group {
            Group::One(observable) => vec![observable],
            Group::Ntk => {
                let pairs = (0..inputs).flat_map(|a| (a..inputs).map(move |b| (a, b)));
                pairs.map(|(a, b)| Observable::Ntk(Entry::of_inputs(a, b))).collect()
            }
            Group::Layers => (1..=network.weight_layers()).map(Observable::Layer).collect(),
            Group::Outputs => (0..inputs).map(|input| Observable::Output { output: 0, input }).collect(),
            Group::Eigenvalues => (1..=inputs * outputs).map(Observable::Eigenvalue).collect(),
        };
        self.0.iter().flat_map(of).collect()
    }
}

impl Sampler {
    /// The fastest sampler of what the observables see, or that of a method.
    ///
    /// A network whose first output alone is observed is drawn without the others, whose number does not change its law.
    ///
    /// # Errors
    /// As [`Sampler::new`]; [`SampleError::Method`] also if another method than [`Method::Direct`] is asked for and an
    /// observable is a gradient step, which needs explicit weights.
    ///
    /// # Example
    /// ```
    /// use fathom_ntk::sample::{Method, Sampler};
    /// use fathom_ntk::spec::{Architecture, ArchitectureSpec};
    /// let arch = Architecture::try_from(ArchitectureSpec { widths: Some("2,8,8,5".parse()?), ..Default::default() })?;
    /// let sampler = Sampler::observing(&arch, &[1.0, 1.0], &["ntk(0,0)".parse()?], None)?;
    /// assert_eq!((sampler.method(), sampler.outputs()), (Method::Chain, 1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn observing<'a>(
        network: impl Into<NetworkRef<'a>>,
        inputs: &[f64],
        observables: &[Observable],
        method: Option<Method>,
    ) -> Result<Self, SampleError> {
        let arch = match network.into() {
            NetworkRef::Layers(arch) => arch,
            NetworkRef::Blocks(_) if method.is_some_and(|method| method != Method::Direct) => {
                let method = method.unwrap_or(Method::Direct);
                return Err(SampleError::Method { method, needs: "fully connected layers", got: "blocks".into() });
            }
            NetworkRef::Blocks(blocks) => return Self::of_blocks(blocks, inputs, observables),
        };
        let step = observables.iter().find(|o| matches!(o, Observable::Update(..)));
        let method = match (method, step) {
            (Some(method), Some(step)) if method != Method::Direct => {
                let needs = "observables other than update and step, which need the direct sampler";
                return Err(SampleError::Method { method, needs, got: step.to_string() });
            }
            (None, Some(_)) => Some(Method::Direct),
            (method, _) => method,
        };
        match first_output_alone(arch, observables) {
            Some(first) => Self::new(&first, inputs, method),
            None => Self::new(arch, inputs, method),
        }
    }
}

/// The network with its first output alone, if the observables see no other.
fn first_output_alone(arch: &Architecture, observables: &[Observable]) -> Option<Architecture> {
    if !observables.iter().all(Observable::sees_first_output_alone) {
        return None;
    }
    let mut widths = arch.widths()?.to_vec();
    *widths.last_mut()? = 1;
    let spec = ArchitectureSpec { widths: Some(Widths::new(widths).ok()?), depth: None, ..arch.to_spec() };
    Architecture::try_from(spec).ok()
}
