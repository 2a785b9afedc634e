//! Claims of Hayou, Doucet & Rousseau.

use fathom_ntk::studies::{Results, Scale, Study};

use crate::{judged, results_of, scaled};

fn pieces_that_begin(beginning: &str) -> Results {
    results_of(Study::Hayou, Scale::Quick, 0, |piece| piece.description.starts_with(beginning))
}

fn passes(results: &Results, claim: &str) -> bool {
    judged(Study::Hayou, results, claim).passed
}

/// A wrong ratio of one in a thousand shifts the limit of 0.25 by five times its bound of 5e-5.
#[test]
fn the_claim_on_relu_fails_if_the_recursion_is_wrong() {
    let results = pieces_that_begin("relu, orthogonal");
    assert!(passes(&results, "edge-of-chaos-relu"));
    for factor in [0.9, 1.1] {
        assert!(!passes(&scaled(&results, "rates", "excess", factor), "edge-of-chaos-relu"), "{factor}");
    }
    assert!(!passes(&scaled(&results, "rates", "limit", 1.001), "edge-of-chaos-relu"));
}

#[test]
fn the_claim_on_elu_fails_if_its_coefficient_is_wrong() {
    let results = pieces_that_begin("elu");
    assert!(passes(&results, "edge-of-chaos-every-activation"));
    assert!(!passes(&scaled(&results, "rates", "coefficient", 1.05), "edge-of-chaos-every-activation"));
}

#[test]
fn the_claim_on_exponents_fails_if_one_is_wrong() {
    let results = results_of(Study::Hayou, Scale::Quick, 0, |piece| piece.table == "exponential");
    assert!(passes(&results, "exponential-phases"));
    assert!(!passes(&scaled(&results, "exponential", "slope", 1.02), "exponential-phases"));
    // As if the exponent were that of the covariance.
    assert!(!passes(&scaled(&results, "exponential", "log_error", 2.0), "exponential-phases"));
}

#[test]
fn claims_without_their_numbers_fail() {
    let results = pieces_that_begin("relu, orthogonal");
    assert!(!passes(&results, "residual-any-initialisation") && !passes(&results, "training-on-the-edge"));
}
