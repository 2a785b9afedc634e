//! Of arXiv:2012.04477.

use fathom_ntk::studies::{Scale, Study};

use super::common::{check_fails_when, check_full, check_names, results};

const STUDY: Study = Study::SeleznovaKutyniok2021;

#[test]
fn a_trial_fills_all_tables_and_gives_all_quantities() {
    let trial = results(STUDY, Scale::Trial, |_| true);
    // Relu has exact moments, the others an expansion; eigenvalues may be lost in rounding; before training the mean of
    // infinite width is 0, and nothing is relative to it.
    let may_be_empty = [
        ("initial", "dispersion_exact"),
        ("initial", "dispersion_first_order"),
        ("conditioning", "smallest"),
        ("ensembles", "mean_excess"),
    ];
    check_full(&trial, &may_be_empty);
    check_names(STUDY, &trial);
}

#[test]
fn a_wrong_susceptibility_turns_the_claim_on_conditioning_red() {
    let quick = results(STUDY, Scale::Quick, |piece| piece.table == "conditioning");
    for quantity in ["conditioning_relu", "conditioning_tanh"] {
        check_fails_when(STUDY, &quick, quantity, ("conditioning", "chi", 1.2));
    }
}

#[test]
fn a_wrong_dispersion_turns_its_claim_red() {
    let wanted = |description: &str| description.contains("relu") && description.contains("depth 5,");
    let quick = results(STUDY, Scale::Quick, |piece| piece.table == "initial" && wanted(&piece.description));
    check_fails_when(STUDY, &quick, "relu_off_exact", ("initial", "dispersion_exact", 1.05));
}
