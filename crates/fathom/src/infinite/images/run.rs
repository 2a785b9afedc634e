//! Two images on their way through a stage.

use super::activate::{general, piecewise_linear};
use super::grid::Grid;
use super::kept::{Kept, Layout};
use super::offsets::Class;
use super::pixels::Pixels;
use super::profile::{StageProfile, power};
use super::program::{Op, Program, Stage};
use super::windows::{After, Before, Planes, Sum};
use crate::infinite::Side;

/// What a stage begins with.
#[derive(Clone, Copy)]
pub(super) enum Source<'a> {
    Pixels([&'a Pixels; 2]),
    Kept(&'a Kept, &'a Layout),
}

/// Spreads and Θ of one value.
#[derive(Default)]
pub(super) struct Pairs {
    pub spread: Vec<f64>,
    pub ntk: Vec<f64>,
}

/// Memory of one thread: the tile is one group of offsets, as many pairs as an image has places.
#[derive(Default)]
pub(in crate::infinite) struct Scratch {
    values: Vec<Pairs>,
    roots: [Vec<f64>; 6],
    planes: Planes,
}

/// One group of offsets of a stage.
#[derive(Clone, Copy)]
pub(super) struct Group<'a> {
    pub stage: &'a Stage,
    pub classes: [&'a Class; 2],
}

impl<'a> Group<'a> {
    /// The pairs of a value.
    pub fn grid(&self, value: usize) -> Grid<'a> {
        let [down, across] = [0, 1].map(|i| self.stage.offsets.axes[i].sets[self.classes[i].sets[value]].as_slice());
        let [height, width] = self.stage.sizes[value];
        Grid { down, across, height, width }
    }
}

/// Two images in one stage.
#[derive(Clone, Copy)]
pub(super) struct Pass<'a> {
    pub program: &'a Program,
    pub stage: &'a Stage,
    pub images: [&'a StageProfile; 2],
}

impl<'a> Pass<'a> {
    pub fn roots(&self, value: usize) -> [&'a [f64]; 2] {
        self.images.map(|image| image.of(self.stage, value))
    }

    /// Binary exponents of the spreads and of Θ of a value.
    pub fn units(&self, value: usize) -> [i64; 2] {
        let [one, two] = self.images.map(|image| image.units[value]);
        [one.root + two.root, one.ntk + two.ntk]
    }

    /// Takes one group through all operations; the result is that of the last value.
    pub fn run<'s>(&self, group: Group<'a>, sources: &[Source<'_>], scratch: &'s mut Scratch) -> &'s Pairs {
        let stage = self.stage;
        if scratch.values.len() < stage.slot_count() {
            scratch.values.resize_with(stage.slot_count(), Pairs::default);
        }
        for (value, source) in sources.iter().enumerate() {
            self.begin(group, value, *source, scratch);
        }
        for (i, op) in stage.ops.iter().enumerate() {
            let made = stage.made(i);
            let mut out = std::mem::take(&mut scratch.values[stage.slots[made]]);
            match *op {
                Op::Activate { from, function } => self.activate(group, [from, made], function, scratch, &mut out),
                Op::Weights { from, .. } => self.weights(group, i, from, scratch, &mut out),
                Op::Normalise { from, .. } => self.normalise(group, [from, made], scratch, &mut out),
                Op::Repeat { from } => self.repeat(group, [from, made], scratch, &mut out),
                Op::Add { base, branch, lambda_sq } => {
                    self.add(group, made, [base, branch], lambda_sq, scratch, &mut out);
                }
            }
            scratch.values[stage.slots[made]] = out;
        }
        &scratch.values[stage.slots[stage.output()]]
    }

    fn begin(&self, group: Group<'a>, value: usize, source: Source<'_>, scratch: &mut Scratch) {
        let grid = group.grid(value);
        let count = grid.count();
        let Scratch { values, roots: [one, two, x, y, ..], .. } = scratch;
        let Pairs { spread, ntk } = &mut values[self.stage.slots[value]];
        match source {
            Source::Pixels([first, second]) => {
                grid.gather(self.roots(value), [one, two]);
                spread.resize(count, 0.0);
                first.spread(second, grid, [one, two], [x, y], spread);
                ntk.clear();
                ntk.resize(count, 0.0);
            }
            Source::Kept(kept, layout) => {
                spread.clear();
                ntk.clear();
                for offset in grid.offsets() {
                    let Some(start) = layout.start(offset) else { continue };
                    let pairs = start..start + grid.count_at(offset);
                    spread.extend_from_slice(&kept.spread[pairs.clone()]);
                    ntk.extend_from_slice(&kept.ntk[pairs]);
                }
                debug_assert_eq!(spread.len(), count, "all offsets that are needed are kept");
            }
        }
    }

    fn activate(
        &self,
        group: Group<'a>,
        [from, to]: [usize; 2],
        function: usize,
        scratch: &mut Scratch,
        out: &mut Pairs,
    ) {
        let (function, grid) = (&self.program.functions[function], group.grid(from));
        let Scratch { values, roots: [one, two, ..], .. } = scratch;
        copy_into(&values[self.stage.slots[from]], out);
        let (before, after) = (self.units(from), self.units(to));
        if let Some(parts) = function.parts {
            grid.gather(self.roots(from), [one, two]);
            piecewise_linear(parts, [one, two], &mut out.spread, &mut out.ntk);
            out.scale([before[0] - after[0], before[1] - after[1]]);
            return;
        }
        let [first, second] = self.images.map(|image| image.sides_before(to));
        let places = |second: bool| {
            grid.rectangles().flat_map(move |r| {
                let start = if second { r.second } else { r.first };
                (0..r.rows).flat_map(move |i| (0..r.cols).map(move |j| start + i * grid.width + j))
            })
        };
        let one: Vec<&Side> = places(false).map(|p| &first[p]).collect();
        let two: Vec<&Side> = places(true).map(|p| &second[p]).collect();
        general(function, [&one, &two], power(before[0]), self.program.with_ntk, &mut out.spread, &mut out.ntk);
        out.scale([-after[0], before[1] - after[1]]);
    }

    fn weights(&self, group: Group<'a>, i: usize, from: usize, scratch: &mut Scratch, out: &mut Pairs) {
        let Op::Weights { geometry, layer, .. } = self.stage.ops[i] else { return };
        let [rows, cols] = &self.program.geometries[geometry];
        let made = self.stage.made(i);
        let [before, after] = [from, made].map(|value| self.images.map(|image| image.units[value]));
        let root_shifts = [0, 1].map(|k| before[k].root - after[k].root);
        let ntk_unit = after[0].ntk + after[1].ntk;
        let bias_root = |k: usize| {
            if layer.bias_var == 0.0 { 0.0 } else { layer.bias_var.sqrt() * power(-after[k].root) }
        };
        let sum = Sum {
            weight: layer.weight_var / (rows.window * cols.window) as f64,
            spread_scale: power(root_shifts[0] + root_shifts[1]),
            ntk_scale: power(before[0].ntk + before[1].ntk - ntk_unit),
            root_scales: root_shifts.map(power),
            bias_roots: [bias_root(0), bias_root(1)],
            alpha: layer.alpha * power(after[0].root + after[1].root - ntk_unit),
            beta: if layer.beta == 0.0 { 0.0 } else { layer.beta * power(-ntk_unit) },
            height: rows.window,
            width: cols.window,
            stride: [rows.stride, cols.stride],
        };
        let grid = group.grid(made);
        let count = grid.count();
        out.spread.resize(count, 0.0);
        out.ntk.resize(count, 0.0);
        let Scratch { values, planes, .. } = scratch;
        let known = &values[self.stage.slots[from]];
        let before = Before { grid: group.grid(from), spread: &known.spread, ntk: &known.ntk, roots: self.roots(from) };
        let [down, across] = [0, 1].map(|k| &self.stage.offsets.axes[k].tables[group.classes[k].tables[i]]);
        let roots = self.roots(made);
        for (y, down) in down.iter().enumerate() {
            for (x, across) in across.iter().enumerate() {
                let (rectangle, width) = (grid.rectangle(y, x), grid.width);
                let mut after = After { rectangle, width, roots, spread: &mut out.spread, ntk: &mut out.ntk };
                planes.sum(&sum, [down, across], &before, &mut after);
            }
        }
    }

    /// Division by the roots of the variances, which do not fluctuate; the roots after tell by how much they were.
    fn normalise(&self, group: Group<'a>, [from, to]: [usize; 2], scratch: &mut Scratch, out: &mut Pairs) {
        let Scratch { values, roots: [one, two, a, b, ..], .. } = scratch;
        copy_into(&values[self.stage.slots[from]], out);
        let grid = group.grid(from);
        grid.gather(self.roots(from), [one, two]);
        grid.gather(self.roots(to), [a, b]);
        for i in 0..out.spread.len() {
            let before = one[i] * two[i];
            let factor = if before > 0.0 { a[i] * b[i] / before } else { 0.0 };
            out.spread[i] *= factor;
            out.ntk[i] *= factor;
        }
        let (before, after) = (self.units(from), self.units(to));
        out.scale([0, before[1] - before[0] + after[0] - after[1]]);
    }

    /// Independent features of equal kernels: without covariance, the spread is $2 \sqrt{q q'}$.
    fn repeat(&self, group: Group<'a>, [from, to]: [usize; 2], scratch: &mut Scratch, out: &mut Pairs) {
        let Scratch { values, roots: [a, b, ..], .. } = scratch;
        let (known, grid) = (&values[self.stage.slots[from]], group.grid(to));
        grid.gather(self.roots(to), [a, b]);
        out.spread.clear();
        out.spread.extend(a.iter().zip(&*b).map(|(a, b)| 2.0 * a * b));
        out.ntk.clear();
        out.ntk.resize(grid.count(), 0.0);
        let (before, after) = (self.units(from), self.units(to));
        if let (Some(r), [spread], [ntk]) = (grid.rectangle_at([0, 0]), &known.spread[..], &known.ntk[..]) {
            let places = r.start..r.start + r.rows * r.cols;
            out.spread[places.clone()].fill(spread * power(before[0] - after[0]));
            out.ntk[places].fill(ntk * power(before[1] - after[1]));
        }
    }

    /// $\mathcal E' = \mathcal E_z + \lambda^2 \mathcal E_y + \sqrt{q_2'/q_1'}\,[(a_z - r b_z)^2 + \lambda^2 (a_y - r b_y)^2]$.
    fn add(
        &self,
        group: Group<'a>,
        to: usize,
        from: [usize; 2],
        lambda_sq: f64,
        scratch: &mut Scratch,
        out: &mut Pairs,
    ) {
        let grid = group.grid(to);
        let Scratch { values, roots: [a, b, c, d, e, f], .. } = scratch;
        grid.gather(self.roots(to), [a, b]);
        grid.gather(self.roots(from[0]), [c, d]);
        grid.gather(self.roots(from[1]), [e, f]);
        let units = from.map(|value| {
            let shift = |k: usize| self.images[k].units[value].root - self.images[k].units[to].root;
            let ntk = self.units(value)[1] - self.units(to)[1];
            ([power(shift(0)), power(shift(1))], power(ntk))
        });
        out.spread.resize(grid.count(), 0.0);
        out.ntk.resize(grid.count(), 0.0);
        out.spread.fill(0.0);
        out.ntk.fill(0.0);
        let parts = [(from[0], [&*c, &*d], 1.0), (from[1], [&*e, &*f], lambda_sq)];
        for ((value, [left, right], factor), ([one, two], ntk_scale)) in parts.into_iter().zip(units) {
            let (known, pairs) = (group.grid(value), &values[self.stage.slots[value]]);
            for (i, j) in (0..grid.down.len()).flat_map(|i| (0..grid.across.len()).map(move |j| (i, j))) {
                let r = grid.rectangle(i, j);
                let Some(from) = known.rectangle_at([grid.down[i], grid.across[j]]) else { continue };
                for k in 0..r.rows * r.cols {
                    let (at, from) = (r.start + k, from.start + k);
                    if a[at] > 0.0 && b[at] > 0.0 {
                        let shift = one * left[at] - a[at] / b[at] * (two * right[at]);
                        out.spread[at] += factor * (one * two * pairs.spread[from] + shift * shift * b[at] / a[at]);
                    }
                    out.ntk[at] += factor * ntk_scale * pairs.ntk[from];
                }
            }
        }
    }
}

impl Pairs {
    /// Multiplies spreads and Θ by powers of two.
    fn scale(&mut self, exponents: [i64; 2]) {
        for (list, n) in [(&mut self.spread, exponents[0]), (&mut self.ntk, exponents[1])] {
            if n != 0 {
                let factor = power(n);
                list.iter_mut().for_each(|x| *x *= factor);
            }
        }
    }
}

fn copy_into(from: &Pairs, to: &mut Pairs) {
    to.spread.clone_from(&from.spread);
    to.ntk.clone_from(&from.ntk);
}
