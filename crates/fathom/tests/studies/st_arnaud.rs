//! Of arXiv:2511.07272.

use fathom_ntk::studies::{Scale, Study};

use super::{a_trial_is_whole, check_fails_when, results};

const STUDY: Study = Study::StArnaud;

#[test]
fn a_trial_has_all_numbers() {
    // Infinite time is no number, and a predictor may have no known limit.
    a_trial_is_whole(STUDY, &[("", "time"), ("", "limit_distance")]);
}

#[test]
fn wrong_formulas_turn_claims_red() {
    let right = results(STUDY, Scale::Quick, 5, |piece| {
        piece.description.contains("relu σ_w² 2 σ_b² 0") && ["kernel", "depth-needed"].contains(&piece.table)
    });
    for (quantity, table, column, factor) in [
        ("relu_excess_least", "kernel", "below_one_rms", 1.03),
        ("relu_excess_most", "kernel", "below_one_rms", 0.97),
        ("relu_from_label_sum", "kernel", "prediction_1", 1.05),
        ("relu_condition_off", "kernel", "log_condition", 1.05),
        ("depth_formula_off", "depth-needed", "verified", 1.1),
        ("depth_for_one_per_cent", "depth-needed", "verified", 1.1),
    ] {
        check_fails_when(STUDY, &right, quantity, (table, column, factor));
    }
}
