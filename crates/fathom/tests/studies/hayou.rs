//! Of arXiv:1905.13654.

use fathom_ntk::studies::{Results, Scale, Study};

use super::{a_trial_is_whole, check, check_fails_when, results};

const STUDY: Study = Study::Hayou;

fn pieces_that_begin(beginning: &str) -> Results {
    results(STUDY, Scale::Quick, 0, |piece| piece.description.starts_with(beginning))
}

#[test]
fn a_trial_has_all_numbers() {
    // λ² = 1/L has a limit that depends on the data; what is that of a rate that is not known at small depth?
    let rates = ["limit", "excess", "predicted_ratio", "coefficient"].map(|column| ("rates", column));
    a_trial_is_whole(STUDY, &[&rates[..], &[("exponential", "log_predicted")]].concat());
}

#[test]
fn wrong_rates_of_relu_turn_claims_red() {
    let right = pieces_that_begin("relu, orthogonal");
    check_fails_when(STUDY, &right, "relu_coefficient", ("rates", "excess", 1.02));
    // One in a thousand shifts the limit of 0.25 by five times its bound.
    check_fails_when(STUDY, &right, "relu_limit", ("rates", "limit", 1.001));
}

#[test]
fn a_wrong_coefficient_of_elu_turns_its_claim_red() {
    check_fails_when(STUDY, &pieces_that_begin("elu"), "elu_over_predicted", ("rates", "coefficient", 1.05));
}

#[test]
fn wrong_exponents_turn_claims_red() {
    let right = results(STUDY, Scale::Quick, 0, |piece| piece.table == "exponential");
    check_fails_when(STUDY, &right, "exponential_slopes_off", ("exponential", "slope", 1.02));
    // As if the exponent were that of the covariance.
    check_fails_when(STUDY, &right, "relu_ordered_exponent", ("exponential", "log_error", 2.0));
}

#[test]
fn claims_without_their_numbers_fail() {
    let right = pieces_that_begin("relu, orthogonal");
    for quantity in ["residual_1_coefficient", "edge_train_accuracy", "chaotic_signal"] {
        assert!(!check(STUDY, &right, quantity).passed, "{quantity}");
    }
}
