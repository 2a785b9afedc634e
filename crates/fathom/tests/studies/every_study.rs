//! What holds for all studies.

use std::collections::BTreeSet;

use fathom_ntk::studies::{Scale, Study};

use super::with_pieces;

#[test]
fn pieces_have_descriptions_of_their_own() {
    for study in Study::ALL {
        for scale in [Scale::Trial, Scale::Quick] {
            with_pieces(study, scale, 0, |pieces| {
                let different: BTreeSet<_> = pieces.iter().map(|piece| (piece.table, &piece.description)).collect();
                assert_eq!(different.len(), pieces.len(), "{study}");
                assert!(pieces.iter().all(|piece| piece.seconds > 0.0 && piece.seconds.is_finite()), "{study}");
            });
        }
    }
}
