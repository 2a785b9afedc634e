//! Of arXiv:2202.00553.

use fathom_ntk::studies::{Scale, Study};

use super::common::{check_fails_when, check_full, check_names, results};

const STUDY: Study = Study::SeleznovaKutyniok2022;

#[test]
fn a_trial_fills_all_tables_and_gives_all_quantities() {
    let trial = results(STUDY, Scale::Trial, |_| true);
    // Dispersions of entries of both signs have no standard error, equal inputs no expansion, and no limit is known at 2.
    let may_be_empty =
        [("pairs", "dispersion_error"), ("pairs", "dispersion_first_order"), ("limits", "movement_limit")];
    check_full(&trial, &may_be_empty);
    check_names(STUDY, &trial);
}

#[test]
fn wrong_limits_turn_claims_red() {
    let quick = results(STUDY, Scale::Quick, |piece| piece.table == "limits");
    for (quantity, column, factor) in [
        ("limit_critical", "log_limit", 1.01),
        ("limit_chaotic", "log_limit", 0.99),
        ("limit_chaotic", "log_dispersion", 1.01),
        ("movement_chaotic", "movement", 1.02),
        ("growth_chaotic", "log_dispersion", 1.05),
    ] {
        check_fails_when(STUDY, &quick, quantity, ("limits", column, factor));
    }
}

#[test]
fn a_wrong_dispersion_turns_its_claim_red() {
    let wanted = |description: &str| description.contains("weight_var 3,") && description.contains("width 20,");
    let quick = results(STUDY, Scale::Quick, |piece| {
        piece.table == "limits" || piece.table == "initial" && wanted(&piece.description)
    });
    check_fails_when(STUDY, &quick, "sampled_off_exact", ("initial", "dispersion_exact", 1.05));
}
