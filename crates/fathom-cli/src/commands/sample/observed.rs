//! The list of observables on the command line.

use fathom_ntk::sample::{Entry, Observable, ObservableError};
use fathom_ntk::spec::Architecture;

/// The long help of `--observe`.
pub(super) const OBSERVABLES: &str = "\
What to record of each network [default: ntk]; any of
  ntk           Θ of the first output at all pairs of inputs
  ntk(A,B)      Θ of the first output at inputs A and B, counted from 0
  ntk(A,B;C,D)  Θ of outputs C and D
  log_ntk(A,B)  its natural logarithm
  layers        what each weight layer contributes to Θ at the first input
  layer(L)      one of them, counted from 1
  outputs       the first output at all inputs
  output(A)     one of them; output(A;C) for output C
  trace         trace of Θ over all inputs and outputs
  eigenvalues   all eigenvalues of Θ, the largest first
  eigenvalue(I) one of them, counted from 1
  condition     largest over smallest eigenvalue
  update(A,B)   change of Θ in the first gradient step on ½(f − y)² at input 0, for each unit of learning rate:
                the derivative, with activations that neither switch on nor off
  step(A,B)     the same for a real step of size --step";

/// Without `--observe`.
impl Default for Observed {
    fn default() -> Self {
        Self(vec![Group::Ntk])
    }
}

/// A list of observables; groups stand for all of their members.
#[derive(Clone, Debug)]
pub(super) struct Observed(Vec<Group>);

#[derive(Clone, Copy, Debug)]
enum Group {
    One(Observable),
    Ntk,
    Layers,
    Outputs,
    Eigenvalues,
}

pub(super) fn parse_observables(text: &str) -> Result<Observed, String> {
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
        _ => part
            .parse()
            .map(Group::One)
            .map_err(|e: ObservableError| format!("{e}; or all of ntk, layers, outputs, eigenvalues")),
    };
    parts.iter().map(group).collect::<Result<_, _>>().map(Observed)
}

impl Observed {
    /// The observables themselves.
    pub(super) fn members(&self, arch: &Architecture, inputs: usize) -> Vec<Observable> {
        let outputs = arch.widths().and_then(<[usize]>::last).copied().unwrap_or(1);
        let of = |group: &Group| match *group {
            Group::One(observable) => vec![observable],
            Group::Ntk => {
                let pairs = (0..inputs).flat_map(|a| (a..inputs).map(move |b| (a, b)));
                pairs.map(|(a, b)| Observable::Ntk(Entry::of_inputs(a, b))).collect()
            }
            Group::Layers => (1..=arch.depth()).map(Observable::Layer).collect(),
            Group::Outputs => (0..inputs).map(|input| Observable::Output { output: 0, input }).collect(),
            Group::Eigenvalues => (1..=inputs * outputs).map(Observable::Eigenvalue).collect(),
        };
        self.0.iter().flat_map(of).collect()
    }
}
