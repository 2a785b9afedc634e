//! Whole pictures from made-up numbers.

use std::io::Read;

use fathom_ntk::Scaled;
use fathom_ntk::moments::InputNorm;
use fathom_ntk::spec::{Architecture, ArchitectureSpec};

use super::figure::{At, Axis, Figure, HeatMap, Mark, Panel, Point, Scale};
use super::figures::sample::{Bins, Measured, SampleFigure, sample_figure};
use super::render::render;
use super::style::{Colour, Dash, Marker};

fn network(widths: &str, activation: &str) -> Architecture {
    let spec = ArchitectureSpec {
        widths: Some(widths.parse().unwrap()),
        activation: Some(activation.parse().unwrap()),
        ..Default::default()
    };
    Architecture::try_from(spec).unwrap()
}

/// A made-up sample of 1000 draws with a histogram of five bins and four measured depths.
fn made_up(arch: &Architecture, scale: Scale) -> Figure {
    let bins = Bins {
        scale,
        edges: vec![-1.0, -0.6, -0.2, 0.2, 0.6, 1.0],
        counts: vec![40, 260, 480, 190, 20],
        draws: 1000,
        mean: 0.0,
        median: -0.05,
    };
    let measured = [2, 6, 11, 16].map(|depth| Measured {
        depth,
        dispersion: Scaled::from(1.0 + 0.06 * depth as f64),
        standard_error: Scaled::from(0.004 * depth as f64),
    });
    let input = InputNorm::new(10.0, None).unwrap();
    let data = SampleFigure { architecture: arch, input: &input, bins: Some(bins), measured: measured.to_vec() };
    sample_figure(&data).unwrap()
}

/// Asserts that tags nest, attributes are quoted, and nothing is left unescaped; gives the names of all elements.
fn elements(xml: &str) -> Vec<String> {
    let (mut open, mut all) = (Vec::new(), Vec::new());
    for part in xml.split('<').skip(1) {
        let (tag, text) = part.split_once('>').expect("every < has its >");
        assert!(text.split('&').skip(1).all(|t| t.split_once(';').is_some_and(|(e, _)| e.len() <= 4)), "{text}");
        if tag.starts_with("!--") {
            assert!(tag.ends_with("--"), "{tag}");
        } else if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name));
        } else {
            let name = tag.split([' ', '/']).next().unwrap().to_string();
            assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
            assert!(!tag.contains("NaN") && !tag.contains("inf"), "{tag}");
            all.push(name.clone());
            if !tag.ends_with('/') {
                open.push(name);
            }
        }
    }
    assert!(open.is_empty(), "left open: {open:?}");
    all
}

fn count(xml: &str, element: &str) -> usize {
    elements(xml).iter().filter(|e| *e == element).count()
}

/// Width and height of a PNG whose pixels are complete.
fn png_size(png: &[u8]) -> [u32; 2] {
    let number = |bytes: &[u8]| u32::from_be_bytes(bytes.try_into().unwrap());
    assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n");
    let (mut at, mut packed, mut size) = (8, Vec::new(), [0, 0]);
    while at < png.len() {
        let length = number(&png[at..at + 4]) as usize;
        let content = &png[at + 8..at + 8 + length];
        match &png[at + 4..at + 8] {
            b"IHDR" => size = [number(&content[..4]), number(&content[4..8])],
            b"IDAT" => packed.extend_from_slice(content),
            b"IEND" => assert_eq!(at + 12, png.len()),
            _ => {}
        }
        at += 12 + length;
    }
    let mut pixels = Vec::new();
    flate2::read::ZlibDecoder::new(&packed[..]).read_to_end(&mut pixels).unwrap();
    // Each line: one byte of filter, then red, green, blue, and perhaps opacity.
    let lines = pixels.len() / size[1] as usize;
    assert!(lines == 1 + 4 * size[0] as usize || lines == 1 + 3 * size[0] as usize, "{lines} bytes a line");
    size
}

fn panel(marks: Vec<Mark>) -> Figure {
    let (x, y) = (Axis::new("x", Scale::Linear), Axis::new("y", Scale::Linear));
    let panel = Panel { heading: "heading".into(), x, y, height: 200.0, marks };
    Figure { title: "title".into(), subtitle: String::new(), panels: vec![panel], columns: 1 }
}

fn points(values: &[[f64; 2]]) -> Mark {
    Mark::Points {
        label: "points".into(),
        colour: Colour::BLUE,
        marker: Marker::Circle,
        points: values.iter().map(|&[x, y]| Point { x, y, error: Some([y - 1.0, f64::INFINITY]) }).collect(),
    }
}

#[test]
fn a_sample_shows_its_draws_its_measurements_and_the_exact_curve() {
    let arch = network("10,100x15,1", "relu");
    let svg = render(&made_up(&arch, Scale::Log)).to_svg();
    // Five bars on the background.
    assert_eq!(count(&svg, "rect"), 6);
    // Four measured squares, and one in the legend; a swatch of the bars beside them.
    let squares = svg.lines().filter(|l| l.contains("<path") && l.contains("fill=\"#d55e00\"")).count();
    assert_eq!(squares, 5, "{svg}");
    for words in
        ["1000 draws", "exact", "Monte Carlo, ± one standard error", "log-normal surrogate", "median of the draws"]
    {
        assert!(svg.contains(words), "{words}");
    }
    assert!(svg.contains("relu network, widths 10,100x15,1") && svg.contains("dispersion E Θ² / (E Θ)²"));
}

#[test]
fn other_activations_are_shown_to_first_order() {
    let arch = network("10,40x7,1", "tanh");
    let svg = render(&made_up(&arch, Scale::Linear)).to_svg();
    elements(&svg);
    for words in ["first order in 1/width", "right to about 20 % only", "std Θ / E Θ", "first-order variance"] {
        assert!(svg.contains(words), "{words}");
    }
}

#[test]
fn the_same_figure_gives_the_same_bytes_and_its_png_is_complete() {
    let arch = network("10,100x15,1", "relu");
    let [first, second] = [(); 2].map(|()| render(&made_up(&arch, Scale::Linear)));
    assert_eq!(first.to_svg(), second.to_svg());
    let png = first.to_png().unwrap();
    assert_eq!(png, second.to_png().unwrap());
    let svg = first.to_svg();
    let side = |name: &str| -> u32 { svg.split(name).nth(1).unwrap().split('"').nth(1).unwrap().parse().unwrap() };
    assert_eq!(png_size(&png), [2 * side(" width="), 2 * side(" height=")]);
}

#[test]
fn numbers_that_cannot_be_drawn_are_left_out() {
    let (nan, inf) = (f64::NAN, f64::INFINITY);
    let values = [[0.0, 1.0], [1.0, nan], [nan, 2.0], [inf, 3.0], [2.0, -inf], [3.0, 1e308], [4.0, 5.0]];
    let line = Mark::Line { label: "line".into(), colour: Colour::BLACK, dash: Dash::Mixed, points: values.to_vec() };
    let edges = values.iter().map(|&[x, y]| [x, y, y + 1.0]).collect();
    let band = Mark::Band { label: "band".into(), colour: Colour::ORANGE, edges };
    let bars = Mark::Histogram {
        label: "bars".into(),
        colour: Colour::GREEN,
        edges: vec![0.0, 1.0, nan, 2.0],
        heights: vec![1.0, 2.0, nan],
    };
    let reference = |at| Mark::Reference { label: String::new(), colour: Colour::BLACK, dash: Dash::Dotted, at };
    let marks =
        vec![band, bars, line, points(&values), reference(At::X(nan)), reference(At::Y(inf)), reference(At::Y(1.5))];
    let canvas = render(&panel(marks));
    // The first and the last point, and one in the legend.
    assert_eq!(count(&canvas.to_svg(), "circle"), 3);
    assert_eq!(png_size(&canvas.to_png().unwrap())[0], 2 * 788);
}

#[test]
fn empty_figures_say_so() {
    for marks in [vec![], vec![points(&[])], vec![points(&[[f64::NAN, 1.0]])]] {
        let canvas = render(&panel(marks));
        assert!(canvas.to_svg().contains("nothing to draw"));
        png_size(&canvas.to_png().unwrap());
    }
    let nothing = render(&Figure::default());
    elements(&nothing.to_svg());
    png_size(&nothing.to_png().unwrap());
}

#[test]
fn single_numbers_and_huge_ones_have_an_axis() {
    for values in [vec![[1.0, 0.0]], vec![[1e299, -1e299], [-1e299, 1e299]], vec![[1e-300, 2e-300], [2e-300, 1e-300]]] {
        let svg = render(&panel(vec![points(&values)])).to_svg();
        assert_eq!(count(&svg, "circle"), values.len() + 1, "{values:?}");
        assert!(svg.matches("<text").count() >= 6, "ticks on both axes: {values:?}");
    }
}

#[test]
fn cells_without_a_number_are_grey_and_in_the_legend() {
    let map = HeatMap {
        x: vec![0.0, 1.0, 2.0],
        y: vec![0.0, 1.0, 2.0],
        values: vec![vec![Some(0.0), Some(7.0)], vec![None, Some(f64::NAN)]],
        bar: Axis::new("bar", Scale::Linear).over(0.0, 1.0),
        missing: "no number".into(),
    };
    let svg = render(&panel(vec![Mark::HeatMap(map)])).to_svg();
    let rectangles = |colour: &str| svg.lines().filter(|l| l.contains("<rect") && l.contains(colour)).count();
    assert_eq!(rectangles("#b8b8b8"), 2);
    // The colour of the ends, in the cells; the bar has shades in between.
    assert_eq!([rectangles("#440154"), rectangles("#fde725")], [1, 1]);
    assert!(svg.contains("no number") && svg.contains(">bar<"));
}

#[test]
fn long_words_stay_on_the_sheet() {
    let long = "a long explanation that goes on and on ".repeat(12) + &"withoutanyspace".repeat(40);
    let mut figure = panel(vec![points(&[[0.0, 0.0], [1.0, 1.0]])]);
    figure.title = long.clone();
    figure.subtitle = long.clone();
    let panel = &mut figure.panels[0];
    panel.heading = long.clone();
    (panel.x.label, panel.y.label) = (long.clone(), long.clone());
    panel.marks.push(Mark::Line {
        label: long,
        colour: Colour::BLACK,
        dash: Dash::Solid,
        points: vec![[0.0, 0.0], [1.0, 1.0]],
    });
    let svg = render(&figure).to_svg();
    let texts: Vec<&str> = svg.lines().filter(|l| l.contains("<text")).map(|l| l.split_once('>').unwrap().1).collect();
    assert!(texts.iter().all(|t| t.chars().count() < 140), "{texts:?}");
    assert_eq!(texts.iter().filter(|t| t.contains('…')).count(), 6, "each is cut once: {texts:?}");
}
