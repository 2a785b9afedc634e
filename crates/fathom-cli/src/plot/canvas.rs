//! The one door to the drawing library: shapes in pixels, and the files made of them.

use kuva::backend::png::PngBackend;
use kuva::backend::svg::SvgBackend;
use kuva::render::color::Color;
use kuva::render::render::{PathData, Primitive, Scene, TextAnchor};

use super::style::{Colour, Dash};

/// Pixels of the PNG for each pixel of the SVG.
const PNG_SCALE: f32 = 2.0;
/// DejaVu Sans is in PNG files themselves; for SVG files the viewer needs it or something like it.
const FONTS: &str = "DejaVu Sans, Verdana, Helvetica, Arial, sans-serif";

/// A sheet that is drawn on; x to the right, y downwards.
pub(super) struct Canvas {
    scene: Scene,
    /// Places that have something to say.
    spots: Vec<([f64; 2], String)>,
}

/// How a line is drawn.
#[derive(Clone, Copy)]
pub(super) struct Pen {
    pub(super) colour: Colour,
    pub(super) width: f64,
    pub(super) dash: Dash,
}

/// Which part of a text is at its place.
#[derive(Clone, Copy)]
pub(super) enum Align {
    Left,
    Centre,
    Right,
}

impl From<Colour> for Color {
    fn from(Colour([r, g, b]): Colour) -> Self {
        Self::Rgb(r, g, b)
    }
}

impl Pen {
    pub(super) fn solid(colour: Colour, width: f64) -> Self {
        Self { colour, width, dash: Dash::Solid }
    }
}

impl Canvas {
    pub(super) fn new(width: f64, height: f64) -> Self {
        let mut scene = Scene::new(width, height);
        scene.font_family = Some(FONTS.into());
        Self { scene, spots: Vec::new() }
    }

    /// A line through points. Dashes run on through the corners, which they do not in the drawing library.
    pub(super) fn line(&mut self, points: &[[f64; 2]], pen: Pen) {
        for points in dashes(points, pen.dash.pattern()) {
            self.scene.add(Primitive::PolyLine {
                points,
                stroke: pen.colour.into(),
                stroke_width: pen.width,
                stroke_dasharray: None,
            });
        }
    }

    pub(super) fn polygon(&mut self, corners: &[[f64; 2]], fill: Colour, edge: Option<Pen>) {
        let mut outline = String::new();
        for (i, [x, y]) in corners.iter().enumerate() {
            outline += &format!("{} {x:.2} {y:.2} ", if i == 0 { "M" } else { "L" });
        }
        outline.push('Z');
        let stroke = edge.map_or(Color::None, |pen| pen.colour.into());
        self.scene.add(Primitive::Path(Box::new(PathData {
            d: outline,
            fill: Some(fill.into()),
            stroke,
            stroke_width: edge.map_or(0.0, |pen| pen.width),
            opacity: None,
            stroke_dasharray: None,
        })));
    }

    /// A rectangle with this upper left corner; `opacity` from 0 to 1.
    pub(super) fn rectangle(&mut self, [x, y]: [f64; 2], [width, height]: [f64; 2], fill: Colour, opacity: f64) {
        self.scene.add(Primitive::Rect {
            x,
            y,
            width,
            height,
            fill: fill.into(),
            stroke: None,
            stroke_width: None,
            opacity: (opacity < 1.0).then_some(opacity),
        });
    }

    pub(super) fn circle(&mut self, [cx, cy]: [f64; 2], r: f64, fill: Colour, edge: Pen) {
        self.scene.add(Primitive::Circle {
            cx,
            cy,
            r,
            fill: fill.into(),
            fill_opacity: None,
            stroke: Some(edge.colour.into()),
            stroke_width: Some(edge.width),
        });
    }

    /// Text whose baseline is at `y`.
    pub(super) fn text(&mut self, [x, y]: [f64; 2], text: &str, size: u32, align: Align) {
        let anchor = match align {
            Align::Left => TextAnchor::Start,
            Align::Centre => TextAnchor::Middle,
            Align::Right => TextAnchor::End,
        };
        // A dollar sign would start a formula.
        let content = text.replace('$', "\\$").chars().filter(|c| !c.is_control()).collect();
        self.scene.add(Primitive::Text { x, y, content, size, anchor, rotate: None, bold: false, color: None });
    }

    /// Words for when the pointer is here, where pictures can have them.
    pub(super) fn spot(&mut self, at: [f64; 2], words: String) {
        self.spots.push((at, words));
    }

    pub(super) fn to_svg(&self) -> String {
        SvgBackend::new().with_pretty(true).render_scene(&self.scene)
    }

    /// The picture as a part of a page: as wide as there is room, described by `label`, with words shown when the pointer is
    /// over a place.
    pub(super) fn to_inline_svg(&self, label: &str) -> String {
        let (width, height) = (self.scene.width, self.scene.height);
        let sized = format!(r#"width="{width}" height="{height}""#);
        let label = escaped(label);
        let fitted = format!(r#"viewBox="0 0 {width} {height}" role="img" aria-label="{label}""#);
        let svg = self.to_svg().replacen(&sized, &fitted, 1);
        let mut spots = String::new();
        for ([x, y], words) in &self.spots {
            let words = escaped(words);
            spots +=
                &format!(r#"<circle cx="{x:.1}" cy="{y:.1}" r="7" fill-opacity="0"><title>{words}</title></circle>"#);
            spots.push('\n');
        }
        svg.replacen("</svg>", &(spots + "</svg>"), 1)
    }

    pub(super) fn to_png(&self) -> Result<Vec<u8>, String> {
        PngBackend::new().with_scale(PNG_SCALE).render_scene(&self.scene)
    }
}

/// A text inside markup.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Cuts a line into the pieces that a pattern of drawn and left-out lengths leaves.
fn dashes(points: &[[f64; 2]], pattern: &[f64]) -> Vec<Vec<(f64, f64)>> {
    let whole = |points: &[[f64; 2]]| points.iter().map(|&[x, y]| (x, y)).collect::<Vec<_>>();
    let Some(&first) = points.first().filter(|_| points.len() > 1) else { return Vec::new() };
    if pattern.is_empty() {
        return vec![whole(points)];
    }
    let (mut pieces, mut piece) = (Vec::new(), vec![(first[0], first[1])]);
    let (mut turn, mut left) = (0, pattern[0]);
    for pair in points.windows(2) {
        let ([x0, y0], [x1, y1]) = (pair[0], pair[1]);
        let length = (x1 - x0).hypot(y1 - y0);
        let mut done = 0.0;
        while length - done > left {
            done += left;
            let at = (x0 + (x1 - x0) * done / length, y0 + (y1 - y0) * done / length);
            if turn % 2 == 0 {
                piece.push(at);
                pieces.push(std::mem::take(&mut piece));
            } else {
                piece = vec![at];
            }
            turn += 1;
            left = pattern[turn % pattern.len()];
        }
        left -= length - done;
        if turn % 2 == 0 {
            piece.push((x1, y1));
        }
    }
    pieces.extend(Some(piece).filter(|p| p.len() > 1));
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dashes_run_on_through_corners() {
        let corner = [[0.0, 0.0], [5.0, 0.0], [5.0, 7.0]];
        assert_eq!(
            dashes(&corner, &[4.0, 2.0]),
            [vec![(0.0, 0.0), (4.0, 0.0)], vec![(5.0, 1.0), (5.0, 5.0)]],
            "twelve pixels: four drawn, two left out, four drawn, two left out"
        );
        assert_eq!(dashes(&corner, &[6.0, 1.0])[0], [(0.0, 0.0), (5.0, 0.0), (5.0, 1.0)]);
        assert_eq!(dashes(&corner, &[]).len(), 1);
        assert!(dashes(&corner[..1], &[4.0, 2.0]).is_empty() && dashes(&[], &[]).is_empty());
    }

    #[test]
    fn text_is_not_taken_for_a_formula_or_for_markup() {
        let mut canvas = Canvas::new(10.0, 10.0);
        canvas.text([1.0, 1.0], "a<b & $x$\u{7}", 12, Align::Left);
        assert!(canvas.to_svg().contains("a&lt;b &amp; $x$<"), "{}", canvas.to_svg());
    }
}
