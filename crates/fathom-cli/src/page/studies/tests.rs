//! The pages of studies on a trial scale.

use std::sync::atomic::AtomicBool;

use fathom_data::DIGITS;
use fathom_ntk::studies::{Labelled, Material, Measured, Scale, Study, judge};

use super::study_page;
use crate::commands::Reproduced;
use crate::page::document::Tone;
use crate::page::file::{Form, render};

/// A trial with its claims, which it is too small for.
fn trial(study: Study) -> Reproduced {
    let (values, classes) = (DIGITS.pixels(), DIGITS.classes());
    let digits = Labelled { name: DIGITS.name, features: DIGITS.features, values: &values, classes: &classes };
    let mut results = study.tables();
    let pieces = study.pieces(Scale::Trial, 0, &Material { digits, images: digits }).unwrap();
    for piece in &pieces {
        results.add(piece.table, piece.run(&AtomicBool::new(false)).unwrap().unwrap()).unwrap();
    }
    let claims = judge(study, &study.quantities(&results).unwrap()).unwrap();
    let (pieces, scale) = (pieces.len(), Scale::Trial);
    Reproduced {
        version: "0",
        study,
        scale,
        seed: 0,
        claims,
        pieces,
        seconds: 1.0,
        images: None,
        command: String::new(),
        results,
    }
}

fn check_page(study: Study) {
    let done = trial(study);
    let page = study_page(&done).unwrap();
    for form in [Form::Html, Form::Markdown, Form::Json] {
        let text = render(&page, form).unwrap();
        for table in &done.results.tables {
            assert!(text.contains(&format!("{}. ", table.name)), "{study}: {}", table.name);
        }
        for claim in &done.claims {
            assert!(text.contains(&claim.claim.id), "{study}: {}", claim.claim.id);
        }
        assert!(!text.contains("nothing to draw") && !text.contains("NaN"), "{study}");
    }
}

#[test]
fn the_page_of_hanin_and_nica_is_whole() {
    check_page(Study::HaninNica);
}

#[test]
fn the_page_of_trust_in_the_theory_is_whole() {
    check_page(Study::SeleznovaKutyniok2021);
}

#[test]
fn the_page_of_the_three_phases_is_whole() {
    check_page(Study::SeleznovaKutyniok2022);
}

#[test]
fn the_page_of_great_depth_is_whole() {
    check_page(Study::Hayou);
}

#[test]
fn the_page_of_the_deep_predictor_is_whole() {
    check_page(Study::StArnaud);
}

/// A study in which nothing was measured.
#[test]
fn claims_that_fail_are_red_in_every_form() {
    for study in Study::ALL {
        let results = study.tables();
        let claims = judge(study, &Measured::default()).unwrap();
        let scale = Scale::Quick;
        let done = Reproduced {
            version: "0",
            study,
            scale,
            seed: 0,
            claims,
            pieces: 0,
            seconds: 0.0,
            images: None,
            command: String::new(),
            results,
        };
        assert!(!done.holds());
        let page = study_page(&done).unwrap();
        assert_eq!(page.answer.tone, Tone::Bad);
        let html = render(&page, Form::Html).unwrap();
        assert!(html.contains("<p class=\"answer bad\">") && html.contains("<td class=\"bad\">not reproduced</td>"));
        assert!(render(&page, Form::Markdown).unwrap().contains("not reproduced"), "{study}");
    }
}
