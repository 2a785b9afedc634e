//! Pages are whole, alone and safe.

use fathom_ntk::analysis::verdict::{Inputs, VerdictOptions, verdict};
use fathom_ntk::spec::{Architecture, ArchitectureSpec};

use super::document::{Answer, Block, Page, Picture, Section, Table, Tone};
use super::file::{Form, render};
use super::numbers::numbers;
use super::{depth_page, kernel_page, moments_page, phase_page, prediction_page, selection_page, verdict_page};
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
fn a_line_with_marks_at_its_points_has_one_row_for_each_point() {
    let mut figure = figure();
    let points = |error| [[0.0, -1.0], [2.0, 1.0]].map(|[x, y]| crate::plot::Point { x, y, error }).to_vec();
    let marks = |label: &str, points| Mark::Points {
        label: label.into(),
        colour: Colour::BLUE,
        marker: crate::plot::Marker::Circle,
        points,
    };
    figure.panels[0].marks.push(marks("", points(Some([-2.0, 2.0]))));
    let rows = "h,\"a, \"\"b\"\"\",1,-1,-2,2,\nh,\"a, \"\"b\"\"\",100,1,-2,2,\n";
    assert_eq!(numbers(&figure), format!("panel,mark,x,y,low,high,value\n{rows}"));
    // Points of their own keep their rows and their label.
    figure.panels[0].marks.push(marks("c", points(None)));
    assert_eq!(numbers(&figure), format!("panel,mark,x,y,low,high,value\n{rows}h,c,1,-1,,,\nh,c,100,1,,,\n"));
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

/// Every form of a page holds these words, and nothing undefined.
#[track_caller]
fn told(page: &Page, expected: &[&str]) {
    for form in [Form::Html, Form::Markdown, Form::Json] {
        let text = render(page, form).unwrap();
        for words in expected {
            assert!(text.contains(words), "no {words:?} in\n{text}");
        }
        assert!(!text.contains("undefined") && !text.contains("NaN"), "{text}");
    }
}

#[test]
fn a_phase_has_its_numbers_and_the_edge_of_chaos() {
    let activation = "erf".parse().unwrap();
    let report = fathom_ntk::analysis::phase(&activation, 4.0, 0.3, None).unwrap();
    let edge = fathom_ntk::analysis::edge_of_chaos(&activation, 0.3);
    let chi = fathom_ntk::report::number(report.chi1.unwrap());
    let page = phase_page(&report, fathom_ntk::report::edge_of_chaos_parts(0.3, &edge), Some(figure()), "fathom phase");
    told(&page, &["Chaotic", "susceptibility χ₁", &chi, "Edge of chaos at bias_var 0.3", "1611.01232", "fathom phase"]);
}

#[test]
fn depth_has_limit_rate_and_the_recursion() {
    use fathom_ntk::analysis::depth::{DepthNetwork, DepthOptions, depth_report};
    let network = DepthNetwork::mlp(&"relu".parse().unwrap(), 2.0, 0.0).unwrap();
    let input = fathom_ntk::infinite::PairInput::from_gap(1.0, 1.0, 1.0).unwrap();
    let options = DepthOptions { depths: vec![10, 1000], epsilon: 0.01 };
    let pair = depth_report(&network, &input, &options, &Default::default()).unwrap();
    let page =
        depth_page(&[crate::commands::Compared { place: "given", pair: Some(pair), data: None }], None, "fathom depth");
    // The residual of §4.1 at 1000 layers, and where the limit is reached to 0.01.
    told(&page, &["tends to 0.25", "0.375 ln L/L", "-0.14878", "from 277 layers on", "2511.07272"]);
}

#[test]
fn moments_have_spread_and_reliability() {
    let spec = ArchitectureSpec { widths: Some("4,30,30,1".parse().unwrap()), ..Default::default() };
    let arch = Architecture::try_from(spec).unwrap();
    let options = fathom_ntk::analysis::MomentsOptions { target: 0.0, first_order: true, per_layer: true };
    let report = fathom_ntk::analysis::moments_report(&arch, 4.0, None, options).unwrap();
    let spread = fathom_ntk::report::scaled(report.exact.get().unwrap().relative_std);
    let page = moments_page(&report, "squared norm 4", Some(figure()), "fathom moments");
    told(&page, &[&format!("varies by {spread} of its mean"), "First order in 1", "hidden layer 2", "1909.05989"]);
}

#[test]
fn kernels_predictions_and_selections_have_what_their_texts_have() {
    let part = |heading: &str| fathom_ntk::report::Part {
        heading: heading.into(),
        rows: vec![["matrix".into(), "3 × 3, symmetric".into()], [String::new(), "more".into()]],
        table: vec![vec!["depth".into(), "error".into()], vec!["2".into(), "0.25".into()]],
    };
    let parameters = || vec![["data".into(), "digits".into()]];
    let kernel = kernel_page("relu", vec![part("Kernel matrix of")], Some(figure()), "fathom kernel", parameters());
    told(&kernel, &["3 × 3, symmetric; more", "inner product of its gradients", "1711.00165"]);
    let parts = vec![part("Prediction of")];
    let predicted = prediction_page("relu", "It is so.".into(), parts, None, "fathom predict", parameters());
    told(&predicted, &["It is so.", "kernel regression", "digits", "1902.06720"]);
    let selected =
        selection_page(Some("The best.".into()), vec![part("Networks by")], None, "fathom select", parameters());
    told(&selected, &["The best.", "0.25", "marginal likelihood"]);
    let nothing = selection_page(None, Vec::new(), None, "fathom select", Vec::new());
    told(&nothing, &["No candidate has a score."]);
}
