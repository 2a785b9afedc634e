//! What is known of one image by itself: the variances at every place after every block.

use super::program::{Function, Op, Program, Stage, area};
use crate::Scaled;
use crate::infinite::pair::LARGE;
use crate::infinite::state::Layer;
use crate::infinite::{KernelError, Side};

/// Roots of variances stay within this power of two and its inverse.
const RANGE: i64 = 60;

/// Powers of two that the numbers of a value stand for.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Unit {
    /// Of $\sqrt{\Sigma(x, x)}$.
    pub root: i64,
    /// Of $\sqrt{\Theta(x, x)}$.
    pub ntk: i64,
}

/// $2^n$; 0 or ∞ beyond the range.
pub(super) fn power(n: i64) -> f64 {
    if n == 0 { 1.0 } else { Scaled::ONE.times_power_of_two(n).to_f64() }
}

/// Half the binary exponent of a number; `None` of zero.
fn half_order(x: f64) -> Option<i64> {
    (x > 0.0 && x.is_finite()).then(|| (x.log2().floor() as i64).div_euclid(2))
}

/// $\Sigma(x, x)$ and $\Theta(x, x)$ at every place.
#[derive(Clone, Debug, Default)]
pub(super) struct Own {
    pub variances: Vec<f64>,
    pub ntk: Vec<f64>,
}

impl Own {
    fn push(&mut self, variance: f64, ntk: f64) {
        self.variances.push(variance);
        self.ntk.push(ntk);
    }
}

/// One image on its way through one stage.
#[derive(Clone, Debug)]
pub(super) struct StageProfile {
    /// $\sqrt{\Sigma(x, x)}$ at the places of every value.
    pub roots: Vec<f64>,
    /// Of every value.
    pub units: Vec<Unit>,
    /// Of every value that a function without closed pass has made, what was known of every place before.
    sides: Vec<(usize, Vec<Side>)>,
    /// Of the last value.
    pub own: Own,
}

impl StageProfile {
    /// $\sqrt{\Sigma(x, x)}$ of a value.
    pub fn of(&self, stage: &Stage, value: usize) -> &[f64] {
        &self.roots[stage.starts[value]..][..area(stage.sizes[value])]
    }

    /// What was known of the places before a function made a value.
    pub fn sides_before(&self, made: usize) -> &[Side] {
        let found = self.sides.binary_search_by_key(&made, |(value, _)| *value);
        found.map_or(&[], |i| &self.sides[i].1)
    }

    /// The unit of the last value.
    pub fn unit(&self) -> Unit {
        self.units.last().copied().unwrap_or_default()
    }

    /// Bytes that it takes.
    pub fn bytes(&self) -> usize {
        let of = |side: &Side| size_of::<Side>() + side.series().map_or(0, size_of_val);
        let sides: usize = self.sides.iter().flat_map(|(_, sides)| sides).map(of).sum();
        size_of_val(&*self.roots) + size_of_val(&*self.units) + sides
    }
}

/// The variances of an image through the operations of a stage.
struct Walk<'p> {
    program: &'p Program,
    stage: &'p Stage,
    profile: StageProfile,
    /// Of the values in their slots.
    own: Vec<Own>,
}

impl StageProfile {
    /// From what is known of the values that the stage begins with.
    pub fn new(program: &Program, stage: &Stage, begin: Vec<(Own, Unit)>) -> Result<Self, KernelError> {
        let places = stage.starts.last().map_or(0, |start| start + area(stage.sizes[stage.output()]));
        let profile = Self {
            roots: Vec::with_capacity(places),
            units: Vec::with_capacity(stage.sizes.len()),
            sides: Vec::new(),
            own: Own::default(),
        };
        let mut walk = Walk { program, stage, profile, own: vec![Own::default(); stage.slot_count()] };
        for (slot, (own, unit)) in begin.into_iter().enumerate() {
            walk.profile.roots.extend(own.variances.iter().map(|q| q.sqrt()));
            walk.profile.units.push(unit);
            walk.own[slot] = own;
        }
        let mut layer = 0;
        for (i, op) in stage.ops.iter().enumerate() {
            let made = stage.made(i);
            let mut own = std::mem::take(&mut walk.own[stage.slots[made]]);
            own.variances.clear();
            own.ntk.clear();
            let unit = match *op {
                Op::Activate { from, function } => {
                    walk.activate([from, made], &program.functions[function], &mut own, layer)?
                }
                Op::Weights { from, geometry, layer: weights } => {
                    layer += 1;
                    walk.weights(from, geometry, weights, &mut own)
                }
                Op::Normalise { from, together } => walk.normalise(from, together, &mut own),
                Op::Repeat { from } => walk.repeat(from, area(stage.sizes[made]), &mut own),
                Op::Add { base, branch, lambda_sq } => walk.add(base, branch, lambda_sq, &mut own),
            };
            walk.keep(stage.slots[made], unit, own);
        }
        walk.profile.own = std::mem::take(&mut walk.own[stage.slots[stage.output()]]);
        Ok(walk.profile)
    }
}

impl Walk<'_> {
    fn known(&self, value: usize) -> (&Own, Unit) {
        (&self.own[self.stage.slots[value]], self.profile.units[value])
    }

    fn activate(
        &mut self,
        [from, made]: [usize; 2],
        function: &Function,
        own: &mut Own,
        layer: usize,
    ) -> Result<Unit, KernelError> {
        let (before, unit) = self.known(from);
        if let Some(parts) = function.parts {
            let factor = parts.mean_square();
            own.variances.extend(before.variances.iter().map(|q| q * factor));
            own.ntk.extend(before.ntk.iter().map(|t| t * factor));
            return Ok(unit);
        }
        let scale = power(2 * unit.root);
        let mut sides: Vec<Side> = Vec::with_capacity(before.variances.len());
        for (variance, ntk) in before.variances.iter().zip(&before.ntk) {
            let q = variance * scale;
            if !q.is_finite() || q > LARGE {
                let activation = function.activation.name();
                return Err(KernelError::Diverges { layer, depth: self.program.depth, activation });
            }
            // Neighbours of equal variance share what is known of it.
            let side = match sides.last() {
                Some(last) if last.variance() == q => last.clone(),
                _ => function.expectations.side(q),
            };
            own.push(side.value_sq().max(0.0), if self.program.with_ntk { ntk * side.slope_sq() } else { 0.0 });
            sides.push(side);
        }
        self.profile.sides.push((made, sides));
        Ok(Unit { root: 0, ..unit })
    }

    fn weights(&self, from: usize, geometry: usize, layer: Layer, own: &mut Own) -> Unit {
        let (known, before) = self.known(from);
        let Layer { weight_var, bias_var, alpha, beta } = layer;
        // The unit grows with the biases, and that of Θ with Σ.
        let root = half_order(bias_var).map_or(before.root, |n| before.root.max(n));
        let ntk = half_order(alpha).map_or(before.ntk, |n| before.ntk.max(root + n));
        let unit = Unit { root, ntk: half_order(beta).map_or(ntk, |n| ntk.max(n)) };
        let scale = power(2 * (before.root - unit.root));
        let bias = if bias_var == 0.0 { 0.0 } else { bias_var * power(-2 * unit.root) };
        let ntk_scale = power(2 * (before.ntk - unit.ntk));
        let own_scale = alpha * power(2 * (unit.root - unit.ntk));
        let beta = if beta == 0.0 { 0.0 } else { beta * power(-2 * unit.ntk) };
        let [rows, cols] = &self.program.geometries[geometry];
        let weight = weight_var / (rows.window * cols.window) as f64;
        let width = self.stage.sizes[from][1];
        for i in 0..rows.out {
            for j in 0..cols.out {
                let (mut square, mut slope) = (0.0, 0.0);
                for y in rows.window_places(i).iter().flatten() {
                    for x in cols.window_places(j).iter().flatten() {
                        square += known.variances[y * width + x];
                        slope += known.ntk[y * width + x];
                    }
                }
                let product = weight * scale * square;
                own.push(product + bias, own_scale * product + beta + weight * ntk_scale * slope);
            }
        }
        unit
    }

    fn normalise(&self, from: usize, together: bool, own: &mut Own) -> Unit {
        let (known, unit) = self.known(from);
        let mean = known.variances.iter().sum::<f64>() / known.variances.len() as f64;
        for (q, t) in known.variances.iter().zip(&known.ntk) {
            let divisor = if together { mean } else { *q };
            if divisor > 0.0 { own.push(q / divisor, t / divisor) } else { own.push(0.0, 0.0) }
        }
        Unit { root: 0, ntk: unit.ntk - unit.root }
    }

    fn repeat(&self, from: usize, places: usize, own: &mut Own) -> Unit {
        let (known, unit) = self.known(from);
        for (q, t) in known.variances.iter().zip(&known.ntk).cycle().take(places) {
            own.push(*q, *t);
        }
        unit
    }

    fn add(&self, base: usize, branch: usize, lambda_sq: f64, own: &mut Own) -> Unit {
        let ((z, one), (y, two)) = (self.known(base), self.known(branch));
        let unit = Unit { root: one.root.max(two.root), ntk: one.ntk.max(two.ntk) };
        let [a, b] = [one, two].map(|from| power(2 * (from.root - unit.root)));
        let [s, t] = [one, two].map(|from| power(2 * (from.ntk - unit.ntk)));
        for at in 0..z.variances.len() {
            let variance = a * z.variances[at] + lambda_sq * (b * y.variances[at]);
            own.push(variance, s * z.ntk[at] + lambda_sq * (t * y.ntk[at]));
        }
        unit
    }

    /// Brings a new value into range and keeps it.
    fn keep(&mut self, slot: usize, mut unit: Unit, mut own: Own) {
        for (numbers, unit) in [(&mut own.variances, &mut unit.root), (&mut own.ntk, &mut unit.ntk)] {
            let largest = numbers.iter().fold(0.0_f64, |m, x| m.max(*x));
            if let Some(n) = half_order(largest).filter(|n| n.abs() > RANGE) {
                let factor = power(-2 * n);
                numbers.iter_mut().for_each(|x| *x *= factor);
                *unit += n;
            }
        }
        self.profile.roots.extend(own.variances.iter().map(|q| q.sqrt()));
        self.profile.units.push(unit);
        self.own[slot] = own;
    }
}
