//! The activation of a function that is known by its values.

use std::sync::Arc;

use super::SampledError;
use super::cells::{CONTINUED, Cell, ORDERS, cells};
use crate::activation::{Activation, Breakpoint, Homogeneous, Jet, Nonlinearity, Parity, Regularity};

/// Power of two up to which functions are sampled in any case.
const CERTAIN: i32 = 12;
/// And those that do not oscillate.
const POWERS: i32 = 60;
/// Jumps of φ, φ′ and φ″ below these are rounding errors, relative to the size of the derivative.
const JUMPS: [f64; 3] = [1e-9, 1e-8, 1e-5];
/// Places at which symmetry is looked for.
const PROBES: usize = 64;
/// Relative differences that are rounding errors.
const ROUNDING: f64 = 4.0 * f64::EPSILON;

/// Values of a function at some places, and of its derivative if that is known.
#[derive(Clone, Debug, PartialEq)]
pub struct Samples {
    /// φ.
    pub values: Vec<f64>,
    /// φ′.
    pub slopes: Option<Vec<f64>>,
}

/// An activation of the user's own, from values on arrays of places: $|z| \le 4096$ is divided into intervals, halved until
/// a polynomial of degree 23 through Chebyshev nodes holds to rounding on each; beyond, up to $2^{60}$, octaves on which one
/// such polynomial holds follow.
///
/// The function is evaluated some ten times, on whole arrays, and never again: everything that takes an [`Activation`]
/// then takes this one, at full speed and on any thread.
///
/// # Arguments
/// * `name`: how results call it; not a name of the catalogue.
/// * `breakpoints`: where φ, φ′ or φ″ jumps; at 0 and ±1 this is found.
/// * `sample`: φ, and φ′ if it is known, at the given places; `None` to give up.
///
/// # Errors
/// [`SampledError`] for a function that is not finite near 0, jumps elsewhere than at the breakpoints, or whose derivative
/// is another.
///
/// # Accuracy and cost
/// φ to about $10^{-15}$, φ′ likewise if it is given, else $10^{-12}$; each further derivative loses two digits, so that
/// kernels and phases keep 12 digits, corrections in 1/width about six. Beyond the last interval polynomials of degree up
/// to 8 (constants and straight lines among them) are continued; other functions, such as those that oscillate, are not a
/// number there, and kernels that reach there an error. About 50 ns an evaluation.
///
/// # Example
/// ```
/// use fathom_ntk::activation::{Samples, sampled_activation};
/// let tanh = sampled_activation("my-tanh", &[], |z| {
///     let values: Vec<f64> = z.iter().map(|z| z.tanh()).collect();
///     let slopes = values.iter().map(|t| 1.0 - t * t).collect();
///     Some(Samples { values, slopes: Some(slopes) })
/// })?;
/// assert!((tanh.value(0.3) - 0.3_f64.tanh()).abs() < 1e-15);
/// assert!((tanh.jet(0.3)[2] + 2.0 * 0.3_f64.tanh() / 0.3_f64.cosh().powi(2)).abs() < 1e-12);
/// # Ok::<(), fathom_ntk::activation::SampledError>(())
/// ```
pub fn sampled_activation(
    name: &str,
    breakpoints: &[f64],
    mut sample: impl FnMut(&[f64]) -> Option<Samples>,
) -> Result<Activation, SampledError> {
    if name.parse::<Activation>().is_ok() {
        return Err(SampledError::Name { got: name.into() });
    }
    let reach = 2_f64.powi(CERTAIN);
    if let Some(&got) = breakpoints.iter().find(|b| b.is_nan() || b.abs() >= reach) {
        return Err(SampledError::Breakpoint { reach, got });
    }
    let mut checked = |places: &[f64]| {
        let samples = sample(places).ok_or(SampledError::Stopped)?;
        for (quantity, values) in
            [("the activation", Some(&samples.values)), ("the derivative", samples.slopes.as_ref())]
        {
            if let Some(got) = values.map(Vec::len).filter(|got| *got != places.len()) {
                return Err(SampledError::Count { quantity, expected: places.len(), got });
            }
        }
        Ok(samples)
    };
    let (parity, unit) = symmetry(&mut checked)?;
    let mut edges: Vec<f64> = (0..=POWERS).map(|k| 2_f64.powi(k)).collect();
    edges.push(0.0);
    edges.extend(breakpoints.iter().copied());
    if parity == Parity::Neither {
        edges.extend((0..=POWERS).map(|k| -(2_f64.powi(k))));
    } else {
        edges.extend(breakpoints.iter().map(|b| -b));
        edges.retain(|edge| *edge >= 0.0);
    }
    // Adding 0 turns −0 into 0.
    let mut edges: Vec<f64> = edges.iter().map(|edge| edge + 0.0).collect();
    edges.sort_by(f64::total_cmp);
    edges.dedup();
    let cells = cells(&edges, reach, unit, checked)?;
    let function = Sampled::new(name, parity, cells, breakpoints, unit);
    Ok(Activation::custom(Arc::new(function)))
}

/// The parity of the values, and their size near 0.
fn symmetry(sample: &mut impl FnMut(&[f64]) -> Result<Samples, SampledError>) -> Result<(Parity, f64), SampledError> {
    // Irrational places, so that no zero is met.
    let right: Vec<f64> = (1..=PROBES).map(|i| (i as f64 / PROBES as f64).powi(2) * 6.0 * 2_f64.sqrt()).collect();
    let left: Vec<f64> = right.iter().map(|z| -z).collect();
    let (right_values, left_values) = (sample(&right)?.values, sample(&left)?.values);
    let pairs = || right_values.iter().zip(&left_values);
    let near = right.iter().zip(pairs()).filter(|(z, _)| **z < 1.0);
    let unit = near.fold(0.0_f64, |m, (_, (r, l))| m.max(r.abs()).max(l.abs()));
    let same = |sign: f64| pairs().all(|(r, l)| (r - sign * l).abs() <= ROUNDING * r.abs());
    let parity = match (same(1.0), same(-1.0)) {
        (true, false) => Parity::Even,
        (false, true) => Parity::Odd,
        _ => Parity::Neither,
    };
    Ok((parity, if unit > 0.0 && unit.is_finite() { unit } else { 1.0 }))
}

/// Polynomials on intervals; of even and odd functions, on the right half.
#[derive(Debug)]
struct Sampled {
    name: String,
    parity: Parity,
    cells: Vec<Cell>,
    breakpoints: Vec<Breakpoint>,
    regularity: Regularity,
    strip: f64,
}

impl Sampled {
    fn new(name: &str, parity: Parity, cells: Vec<Cell>, breakpoints: &[f64], unit: f64) -> Self {
        let mut function = Self {
            name: name.into(),
            parity,
            cells,
            breakpoints: Vec::new(),
            regularity: Regularity::Smooth,
            strip: 0.0,
        };
        // Intervals end at 0 and at powers of two in any case, so jumps there show nowhere else.
        let mut places: Vec<f64> = (0..=CERTAIN).map(|k| 2_f64.powi(k)).chain(breakpoints.iter().copied()).collect();
        places.extend((0..=CERTAIN).map(|k| -(2_f64.powi(k))));
        places.push(0.0);
        if parity != Parity::Neither {
            places.extend(breakpoints.iter().map(|b| -b));
        }
        let mut places: Vec<f64> = places.iter().map(|place| place + 0.0).collect();
        places.sort_by(f64::total_cmp);
        places.dedup();
        function.breakpoints = places.into_iter().filter_map(|at| function.jump(at, unit)).collect();
        function.regularity = match function.breakpoints.iter().map(|b| b.order).min() {
            None => Regularity::Smooth,
            Some(0) => Regularity::Discontinuous,
            Some(1) => Regularity::Kinked,
            Some(_) => Regularity::CurvatureJump,
        };
        if function.breakpoints.is_empty() {
            // The ellipse in which the coefficients say that the function is analytic; less at its ends.
            let minor = |cell: &Cell| 0.25 * (cell.right - cell.left) * (cell.decay - cell.decay.recip());
            function.strip = function.cells.iter().map(minor).fold(f64::INFINITY, f64::min) * 0.7;
        }
        function
    }

    /// The lowest derivative that jumps at a place.
    fn jump(&self, at: f64, unit: f64) -> Option<Breakpoint> {
        for (order, tolerance) in JUMPS.into_iter().enumerate() {
            let (left, right) = (self.one_sided(at, order, false), self.one_sided(at, order, true));
            let jump = right - left;
            if jump.abs() > tolerance * left.abs().max(right.abs()).max(unit) {
                return Some(Breakpoint { at, order: order as u8, jump });
            }
        }
        None
    }

    /// The limit of a derivative from the left or the right.
    fn one_sided(&self, z: f64, order: usize, from_right: bool) -> f64 {
        let mirrored = self.parity != Parity::Neither && (z < 0.0 || (z == 0.0 && !from_right));
        let (place, from_right) = if mirrored { (-z, !from_right) } else { (z, from_right) };
        let odd = (self.parity == Parity::Odd) != (order % 2 == 1);
        let sign = if mirrored && odd { -1.0 } else { 1.0 };
        let index = if from_right {
            self.cells.partition_point(|cell| cell.right <= place)
        } else {
            self.cells.partition_point(|cell| cell.right < place)
        };
        match self.cells.get(index).or(self.cells.last()) {
            Some(cell) => sign * self.in_cell(cell, order, place),
            None => f64::NAN,
        }
    }

    /// Inside, or by continuation where that is exact.
    fn in_cell(&self, cell: &Cell, order: usize, z: f64) -> f64 {
        let inside = cell.left <= z && z <= cell.right;
        if inside || cell.degree() <= CONTINUED { cell.at(order, z) } else { f64::NAN }
    }

    /// A derivative at any place; at a jump, the value from the left.
    fn derivative(&self, order: usize, z: f64) -> f64 {
        if z.is_nan() {
            return z;
        }
        let vanishes = match self.parity {
            Parity::Odd => order.is_multiple_of(2),
            Parity::Even => order % 2 == 1,
            Parity::Neither => false,
        };
        if z == 0.0 && vanishes && self.breakpoints.iter().all(|b| b.at != 0.0) {
            return 0.0;
        }
        self.one_sided(z, order, false)
    }

    /// The slope at the end of one side, if φ is a straight line there.
    fn tail_slope(&self, cell: Option<&Cell>) -> Option<f64> {
        let cell = cell.filter(|cell| cell.degree() <= 1)?;
        Some(cell.at(1, cell.right))
    }
}

impl Nonlinearity for Sampled {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn value(&self, z: f64) -> f64 {
        self.derivative(0, z)
    }

    fn slope(&self, z: f64) -> f64 {
        self.derivative(1, z)
    }

    fn jet(&self, z: f64) -> Jet {
        let mut jet = [0.0; ORDERS];
        for (order, value) in jet.iter_mut().enumerate() {
            *value = self.derivative(order, z);
        }
        jet
    }

    fn regularity(&self) -> Regularity {
        self.regularity
    }

    fn parity(&self) -> Parity {
        self.parity
    }

    fn breakpoints(&self) -> Vec<Breakpoint> {
        self.breakpoints.clone()
    }

    fn reach(&self) -> f64 {
        let end = |cell: Option<&Cell>| match cell {
            Some(cell) if cell.degree() <= CONTINUED => f64::INFINITY,
            Some(cell) => cell.left.abs().max(cell.right.abs()),
            None => 0.0,
        };
        let right = end(self.cells.last());
        if self.parity == Parity::Neither { right.min(end(self.cells.first())) } else { right }
    }

    fn asymptote(&self) -> Option<Homogeneous> {
        let right = self.tail_slope(self.cells.last())?;
        let left = match self.parity {
            Parity::Neither => self.tail_slope(self.cells.first())?,
            Parity::Odd => right,
            Parity::Even => -right,
        };
        // Constants are sampled with a slope of rounding errors.
        let [right, left] = [right, left].map(|slope| if slope.abs() < 1e-12 { 0.0 } else { slope });
        let asymptote = Homogeneous { a: 0.5 * (right + left), b: 0.5 * (right - left) };
        (right != 0.0 || left != 0.0).then_some(asymptote)
    }

    fn strip(&self) -> f64 {
        self.strip
    }
}
