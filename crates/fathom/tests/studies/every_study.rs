//! What holds for all studies.

use std::collections::BTreeSet;

use fathom_ntk::studies::{Scale, Study, claims};

use crate::results_of;

fn names_agree(study: Study) {
    let results = results_of(study, Scale::Trial, 0, |_| true);
    for table in &results.tables {
        assert!(!table.rows.is_empty(), "{study}: {} has no rows", table.name);
    }
    let measured = study.quantities(&results).unwrap();
    let given: BTreeSet<&str> = measured.names().collect();
    let claims = claims(study).unwrap();
    let asked: BTreeSet<&str> =
        claims.iter().flat_map(|c| c.checks.iter().map(|check| check.quantity.as_str())).collect();
    assert_eq!(given, asked, "{study}");
    for name in given {
        let (_, table) = measured.get(name).unwrap();
        assert!(results.table(table).is_ok(), "{study}: {name} names a table that is not there");
    }
}

#[test]
fn a_trial_of_hayou_fills_every_table_and_measures_what_claims_ask_for() {
    names_agree(Study::Hayou);
}

#[test]
fn pieces_have_descriptions_of_their_own() {
    for study in Study::ALL {
        for scale in [Scale::Trial, Scale::Quick, Scale::Full] {
            let (digits, images) = (crate::Images::new(8, 600), crate::Images::new(14, 600));
            let material = fathom_ntk::studies::Material { digits: digits.labelled(), images: images.labelled() };
            let pieces = study.pieces(scale, 0, &material).unwrap();
            let different: BTreeSet<_> = pieces.iter().map(|piece| (piece.table, &piece.description)).collect();
            assert_eq!(different.len(), pieces.len(), "{study}");
        }
    }
}
