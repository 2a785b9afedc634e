//! Of arXiv:1909.05989.

use fathom_ntk::studies::{Results, Row, Scale, Study};

use super::{a_trial_is_whole, check_fails_when, results};

const STUDY: Study = Study::HaninNica;

#[test]
fn a_trial_has_all_numbers() {
    // So few draws leave some dispersions without an error.
    a_trial_is_whole(STUDY, &[("", "dispersion_error")]);
}

/// Cheap pieces of a quick run.
fn some() -> Results {
    results(STUDY, Scale::Quick, 5, |piece| match piece.table {
        "constant-width" => ["\"4,20x", "\"4,20,"].iter().any(|width| piece.description.contains(width)),
        "shapes" => piece.description.contains("\"4,48x"),
        "first-update" => ["\"4,16,1\"", "\"4,32,1\"", "\"4,64,1\""].iter().any(|w| piece.description.contains(w)),
        table => table.ends_with("exact"),
    })
}

#[test]
fn wrong_formulas_turn_claims_red() {
    let right = some();
    for (quantity, table, column, factor) in [
        ("mean_off_linear", "constant-width", "mean", 1.03),
        ("mean_off_at_any_widths", "shapes", "mean", 0.97),
        ("dispersion_off", "constant-width", "dispersion_exact", 1.05),
        ("growth_at_small_ratio", "exact", "log_dispersion", 1.05),
        ("growth_at_large_ratio", "exact", "log_dispersion", 0.95),
        ("largest_share", "exact", "share", 1.05),
        ("derivative_off", "first-update", "derivative_exact", 1.05),
        ("update_at_small_ratio", "exact", "log_update", 1.05),
        ("crossing_over_law", "first-update", "real", 1.2),
        ("approach_of_limit", "exact", "log_limit", 1.01),
    ] {
        check_fails_when(STUDY, &right, quantity, (table, column, factor));
    }
}

/// The second number of the exact table at L = n = 1000 is that of the formula, evaluated here: g ∏(1 + 5/n).
#[test]
fn the_exact_table_is_that_of_the_formula() {
    let results = results(STUDY, Scale::Quick, 0, |piece| piece.table == "exact");
    let at = |row: &Row<'_>| row.has("width", 1_000.0) && row.has("depth", 1_000.0);
    let found = results.table("exact").unwrap().numbers(["log_dispersion", "log_limit"], at).unwrap();
    let rho: f64 = (1.0 - 1e-3) / (1.0 + 5e-3);
    let (mut kept, mut total) = (0.0, 0.0);
    for _ in 1..1_000 {
        kept = rho * (kept + 1.0);
        total += kept;
    }
    let g: f64 = 1.0 / 3.0 + 2.0 / 3e3 + 4.0 / 3e6 * total;
    assert!((found[0][0] - 999.0 * 1.005_f64.ln() - g.ln()).abs() < 1e-11);
    // 76.968597 at L/n = 1, from the closed form.
    assert!((found[0][1] - 76.968_597_f64.ln()).abs() < 1e-8);
}
