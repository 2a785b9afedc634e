//! The list of observables on the command line.

use fathom_ntk::sample::{ObservableError, ObservableList};

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

pub(super) fn parse_observables(text: &str) -> Result<ObservableList, String> {
    text.parse().map_err(|e: ObservableError| format!("{e}; or all of ntk, layers, outputs, eigenvalues"))
}
