//! Of arXiv:2202.00553.

use fathom_ntk::studies::{Scale, Study};

use super::{a_trial_is_whole, check_fails_when, results};

const STUDY: Study = Study::SeleznovaKutyniok2022;

#[test]
fn a_trial_fills_all_tables_and_gives_all_quantities() {
    // Dispersions of entries of both signs have no standard error, equal inputs no expansion, and no limit is known at 2.
    let may_be_empty =
        [("pairs", "dispersion_error"), ("pairs", "dispersion_first_order"), ("limits", "movement_limit")];
    a_trial_is_whole(STUDY, &may_be_empty);
}

#[test]
fn wrong_limits_turn_claims_red() {
    let quick = results(STUDY, Scale::Quick, 0, |piece| piece.table == "limits");
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
    let quick = results(STUDY, Scale::Quick, 0, |piece| {
        piece.table == "limits" || piece.table == "initial" && wanted(&piece.description)
    });
    check_fails_when(STUDY, &quick, "sampled_off_exact", ("initial", "dispersion_exact", 1.05));
}
