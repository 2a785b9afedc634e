//! Pages are whole, alone and safe.

use fathom_ntk::analysis::verdict::{Inputs, VerdictOptions, verdict};
use fathom_ntk::spec::{Architecture, ArchitectureSpec};
use fathom_ntk::studies::{Labelled, Material, Scale as Amount, Study, judge};

use super::document::{Answer, Block, Page, Picture, Section, Table, Tone};
use super::file::{Form, render};
use super::numbers::numbers;
use super::{study_page, verdict_page};
use crate::commands::Reproduced;
use crate::data::digits;
use crate::plot::{Axis, Colour, Dash, Figure, Mark, Panel, Scale};

fn figure() -> Figure {
    let points = vec![[0.0, -1.0], [2.0, 1.0]];
    let label = "a, \"b\"".into();
    let panel = Panel {
        heading: "h".into(),
        x: Axis::new("depth", Scale::Log),
        y: Axis::new("v", Scale::Linear),
        height: 200.0,
        marks: vec![Mark::Line { label, colour: Colour::BLUE, dash: Dash::Solid, points }],
    };
    Figure { title: "t".into(), subtitle: String::new(), panels: vec![panel], columns: 1 }
}

fn page() -> Page {
    let table = Table {
        caption: "<b>c</b>".into(),
        headings: vec!["x & y".into(), "z".into()],
        rows: vec![vec!["1".into(), "fine".into()]],
        tones: vec![Tone::Good],
    };
    let picture = Picture { caption: "shows \"it\"".into(), figure: figure() };
    Page {
        title: "a <script>alert(1)</script>".into(),
        answer: Answer { tone: Tone::Bad, text: "no".into() },
        sections: vec![Section::new("S", vec![Block::text("t < u"), Block::Table(table), Block::Figure(picture)])],
        parameters: vec![["seed".into(), "0".into()]],
        references: Vec::new(),
    }
}

#[test]
fn numbers_of_a_figure_are_in_the_units_of_its_axes() {
    assert_eq!(
        numbers(&figure()),
        "panel,mark,x,y,low,high,value\nh,\"a, \"\"b\"\"\",1,-1,,,\nh,\"a, \"\"b\"\"\",100,1,,,\n"
    );
}

#[test]
fn html_escapes_words_and_loads_nothing() {
    let html = render(&page(), Form::Html).unwrap();
    for expected in
        ["a &lt;script&gt;", "t &lt; u", "&lt;b&gt;c", "x &amp; y", "<title>a, &quot;b&quot;: (100, 1)</title>"]
    {
        assert!(html.contains(expected), "{expected} is not in\n{html}");
    }
    assert!(!html.contains("<script") && !html.contains(" src="), "scripts and files from elsewhere");
    let addresses = html.matches("http").count();
    assert_eq!(addresses, html.matches("xmlns=\"http://www.w3.org/2000/svg\"").count());
    assert!(html.contains("role=\"img\" aria-label=\"shows &quot;it&quot;\""));
    assert!(html.contains("<td class=\"good\">fine</td>") && html.contains("data:text/csv;charset=utf-8,panel%2C"));
}

#[test]
fn a_verdict_has_its_numbers_in_every_form() {
    let spec = ArchitectureSpec { widths: Some("4,30,30,1".parse().unwrap()), ..Default::default() };
    let verdict =
        verdict(&Architecture::try_from(spec).unwrap(), Inputs::SquaredNorm(4.0), &VerdictOptions::default()).unwrap();
    let page = verdict_page(&verdict, "squared norm 4", "fathom verdict");
    let spread = fathom_ntk::report::number(verdict.findings[0].value.unwrap());
    for form in [Form::Html, Form::Markdown, Form::Json] {
        let text = render(&page, form).unwrap();
        assert!(text.contains(&spread) && text.contains("1909.05989"), "{text}");
        assert!(!text.contains("undefined") && !text.contains("none,"), "{text}");
    }
}

/// The trial of a study, with its claims, which it is too short for.
fn trial(study: Study) -> Reproduced {
    let data = digits();
    let classes = data.labels.clone().unwrap();
    let images =
        Labelled { name: "digits", features: data.inputs.cols, values: &data.inputs.values, classes: &classes };
    let material = Material { digits: images, fashion: images };
    let pieces = study.pieces(Amount::Trial, 0, &material).unwrap();
    let mut results = study.tables();
    for piece in &pieces {
        let rows = piece.run(&std::sync::atomic::AtomicBool::new(false)).unwrap().unwrap();
        results.add(piece.table, rows).unwrap();
    }
    let claims = judge(study, &study.quantities(&results).unwrap()).unwrap();
    Reproduced {
        version: "0",
        study,
        scale: Amount::Trial,
        seed: 0,
        claims,
        pieces: pieces.len(),
        seconds: 1.0,
        results,
    }
}

#[test]
fn pages_of_studies_name_every_table_and_claim() {
    for study in [Study::HaninNica, Study::StArnaud] {
        let done = trial(study);
        let page = study_page(&done).unwrap();
        for form in [Form::Html, Form::Markdown, Form::Json] {
            let text = render(&page, form).unwrap();
            for table in &done.results.tables {
                assert!(text.contains(table.name), "{study}: {} is not on the page", table.name);
            }
            assert!(done.claims.iter().all(|judged| text.contains(&judged.claim.id)));
            assert!(!text.contains("NaN"), "{study}");
        }
    }
}
