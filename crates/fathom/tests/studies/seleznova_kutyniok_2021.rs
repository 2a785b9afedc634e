//! Of arXiv:2012.04477.

use fathom_ntk::studies::{Scale, Study};

use super::{a_trial_is_whole, check_fails_when, results};

const STUDY: Study = Study::SeleznovaKutyniok2021;

#[test]
fn a_trial_fills_all_tables_and_gives_all_quantities() {
    // Relu has exact moments, the others an expansion; eigenvalues may be lost in rounding; before training the mean of
    // infinite width is 0, and nothing is relative to it.
    let may_be_empty = [
        ("initial", "dispersion_exact"),
        ("initial", "dispersion_first_order"),
        ("conditioning", "smallest"),
        ("ensembles", "mean_excess"),
    ];
    a_trial_is_whole(STUDY, &may_be_empty);
}

#[test]
fn a_wrong_susceptibility_turns_the_claim_on_conditioning_red() {
    let quick = results(STUDY, Scale::Quick, 0, |piece| piece.table == "conditioning");
    for quantity in ["conditioning_relu", "conditioning_tanh"] {
        check_fails_when(STUDY, &quick, quantity, ("conditioning", "chi", 1.2));
    }
}

#[test]
fn a_wrong_dispersion_turns_its_claim_red() {
    let wanted = |description: &str| description.contains("relu") && description.contains("depth 5,");
    let quick = results(STUDY, Scale::Quick, 0, |piece| piece.table == "initial" && wanted(&piece.description));
    check_fails_when(STUDY, &quick, "relu_off_exact", ("initial", "dispersion_exact", 1.05));
}
